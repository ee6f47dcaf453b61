"""The embedded reference holds together, and agrees with the national codes."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from matching.reference.embedded import completed, load_embedded
from matching.reference.legal import amount_on
from matching.reference.official import read_official
from matching.terms import Barrier, ContractKind, Criterion, TravelMode

REFERENCE = load_embedded()
CODES = {occupation.code for occupation in REFERENCE.occupations}
FACTS = {fact.code for fact in REFERENCE.fact_kinds}


def test_the_promised_amounts_of_data() -> None:
    assert len(REFERENCE.occupations) >= 150
    assert 30 <= len(REFERENCE.communes) <= 80
    assert len({title.id for title in REFERENCE.titles}) == len(REFERENCE.titles)
    per_code = Counter(synonym.rome_code for synonym in REFERENCE.synonyms)
    assert all(per_code[code] >= 2 for code in CODES)


def test_every_occupation_has_skills_and_most_are_shared() -> None:
    per_code = Counter(link.code for link in REFERENCE.occupation_skills)
    assert {code: per_code[code] for code in CODES if not 4 <= per_code[code] <= 8} == {}
    uses = Counter(link.skill_id for link in REFERENCE.occupation_skills)
    assert set(uses) == {skill.id for skill in REFERENCE.skills}
    assert sum(count > 1 for count in uses.values()) > len(uses) / 2


def test_references_point_to_something() -> None:
    assert all(move.source in CODES and move.target in CODES for move in REFERENCE.mobilities)
    assert all(title.code in CODES for title in REFERENCE.titles)
    communes = {commune.insee for commune in REFERENCE.communes}
    assert all(set(network.communes) <= communes for network in REFERENCE.networks)
    lifted = {remedy.lifts for remedy in REFERENCE.remedies}
    assert lifted <= FACTS | {c.value for c in Criterion} | {b.value for b in Barrier}


def test_facts_cover_modes_and_contracts() -> None:
    assert {f"mode_{mode}" for mode in TravelMode} <= FACTS
    assert {f"contract_{kind}" for kind in ContractKind} <= FACTS
    assert len(FACTS) == len(REFERENCE.fact_kinds)
    assert all(fact.question.endswith("\u00a0?") for fact in REFERENCE.fact_kinds)


def test_every_criterion_has_one_default() -> None:
    assert [default.criterion for default in REFERENCE.criteria] == list(Criterion)
    assert all(default.weight >= 0 and 0 <= default.unknown_cost <= 1 for default in REFERENCE.criteria)


@pytest.mark.parametrize(
    ("code", "day", "amount"),
    [
        ("smic_hourly", date(2024, 10, 31), "11.65"),
        ("smic_hourly", date(2024, 11, 1), "11.88"),
        ("smic_hourly", date(2026, 12, 1), "12.31"),
        ("rsa_base_single", date(2025, 3, 31), "635.71"),
        ("threshold_works", date(2026, 8, 22), "5404000"),
        ("apprenticeship_18_20_year1", date(2026, 9, 1), "43"),
    ],
)
def test_the_amount_in_force(code: str, day: date, amount: str) -> None:
    row = amount_on(REFERENCE.legal_parameters, code, day)
    assert row is not None
    assert row.amount == Decimal(amount)


def test_no_amount_before_the_first_and_scales_are_to_check() -> None:
    assert amount_on(REFERENCE.legal_parameters, "smic_hourly", date(2019, 12, 31)) is None
    scales = [r for r in REFERENCE.legal_parameters if r.code.startswith(("apprenticeship_", "professional_"))]
    assert scales
    assert all(row.to_check for row in scales)


@pytest.mark.reference
def test_embedded_codes_are_national_codes(official_dir: Path) -> None:
    path = next(official_dir.rglob("unix_referentiel_code_rome_v*.csv"))
    with path.open(encoding="utf-8", newline="") as stream:
        families = {row["code_rome"]: row["code_rome_parent"] for row in csv.DictReader(stream)}
    wrong = [o.code for o in REFERENCE.occupations if families.get(o.code) != o.family]
    assert wrong == []


@pytest.mark.reference
def test_embedded_communes_are_the_official_ones(official_dir: Path) -> None:
    whole = completed(read_official(official_dir))
    official = {commune.insee: commune for commune in whole.communes}
    for own in REFERENCE.communes:
        other = official[own.insee]
        assert (own.name, own.postal_codes) == (other.name, other.postal_codes)
        assert own.lat == pytest.approx(other.lat, abs=0.001)
        assert own.lon == pytest.approx(other.lon, abs=0.001)
    assert len(whole.synonyms) == len(REFERENCE.synonyms)
