"""The small reference written for the project: enough to work and to learn before the official files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from matching.reference.model import (
    Commune,
    CriterionDefault,
    DurationRuleDefault,
    FactKind,
    HoursBracket,
    JobTitle,
    LegalParameter,
    Mobility,
    MobilityKind,
    Network,
    Occupation,
    OccupationSkill,
    ProofRuleDefault,
    Reference,
    RemedyDefault,
    Skill,
    Synonym,
    Trade,
)
from matching.reference.titles import searchable_forms, split_gendered
from matching.terms import ContractKind, Criterion, FactGroup, FactUnit, RemedyKind
from matching.text import fold

VERSION = "4.0-60"
"""The ROME version the embedded codes were taken from."""

_TITLE_ID_BASE = 90_000_000  # far above the national identifiers, so that both can live in one table
_TITLES_PER_OCCUPATION = 100


@cache
def load_embedded() -> Reference:
    """Everything embedded, read once a process. Titles keep their id as long as lines are only appended."""
    rows = list(_rows("occupations"))
    skills: dict[str, Skill] = {}
    links: list[OccupationSkill] = []
    for row in rows:
        for label in _list(row["skills"]):
            skill = skills.setdefault(label, Skill("own-" + fold(label).replace(" ", "-"), label))
            links.append(OccupationSkill(row["code"], skill.id))
    return Reference(
        version=VERSION,
        occupations=tuple(Occupation(row["code"], row["label"], row["family"], VERSION) for row in rows),
        titles=tuple(title for line, row in enumerate(rows) for title in _titles(line, row)),
        mobilities=tuple(Mobility(r["source"], r["target"], MobilityKind(r["kind"])) for r in _rows("mobilities")),
        skills=tuple(skills.values()),
        occupation_skills=tuple(links),
        communes=tuple(_commune(row) for row in _rows("communes")),
        synonyms=tuple(Synonym(words, row["code"]) for row in rows for words in _list(row["synonyms"])),
        legal_parameters=tuple(_legal(row) for row in _rows("legal_parameters")),
        fact_kinds=tuple(_fact_kind(row) for row in _rows("fact_kinds")),
        remedies=tuple(_remedy(row) for row in _rows("remedies")),
        networks=tuple(
            Network(r["code"], r["name"], int(r["speed_kmh"]), _list(r["communes"])) for r in _rows("networks")
        ),
        criteria=tuple(
            CriterionDefault(Criterion(r["criterion"]), float(r["weight"]), float(r["unknown_cost"]))
            for r in _rows("criteria")
        ),
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    path = resources.files(__package__).joinpath(f"{name}.csv")
    with path.open("r", encoding="utf-8") as stream:
        yield from csv.DictReader(stream, delimiter="|")


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _titles(line: int, row: dict[str, str]) -> Iterator[JobTitle]:
    first = _TITLE_ID_BASE + line * _TITLES_PER_OCCUPATION
    for number, label in enumerate((row["label"], *_list(row["titles"]))):
        forms = split_gendered(label)
        yield JobTitle(
            first + number, row["code"], label, forms.masculine, forms.feminine, searchable_forms(label), number == 0
        )


def _commune(row: dict[str, str]) -> Commune:
    return Commune(
        row["insee"],
        row["name"],
        _list(row["postal_codes"]),
        float(row["lat"]),
        float(row["lon"]),
        float(row["area_km2"]),
        int(row["population"]),
        row["departement"],
    )


def _legal(row: dict[str, str]) -> LegalParameter:
    return LegalParameter(
        row["code"],
        date.fromisoformat(row["valid_from"]),
        Decimal(row["amount"]),
        row["unit"],
        row["label"],
        row["source"],
        row["to_check"] == "yes",
    )


def _fact_kind(row: dict[str, str]) -> FactKind:
    return FactKind(row["code"], FactGroup(row["group"]), FactUnit(row["unit"]), row["label"], row["question"])


def _remedy(row: dict[str, str]) -> RemedyDefault:
    return RemedyDefault(
        row["code"], RemedyKind(row["kind"]), row["label"], row["lifts"], int(row["delay_days"]), row["who"]
    )


@cache
def embedded_trades() -> tuple[Trade, ...]:
    """The part of labour of a few trades, to start from: each Département edits its own table."""
    return tuple(
        Trade(
            row["trade"],
            Decimal(row["labour_share"]),
            date.fromisoformat(row["valid_from"]),
            row["source"],
            row["to_check"] == "yes",
        )
        for row in _rows("trades")
    )


@cache
def embedded_brackets() -> tuple[HoursBracket, ...]:
    """An example of a table of hours by amount, to start from: each Département edits its own."""
    return tuple(
        HoursBracket(
            date.fromisoformat(row["valid_from"]),
            int(row["from_euros"]) * 100,
            int(row["hours"]) * 60,
            row["source"],
            row["to_check"] == "yes",
        )
        for row in _rows("brackets")
    )


@cache
def embedded_eligibility_rules() -> tuple[DurationRuleDefault, ...]:
    """How long a person counts, to start from: local charters differ and every row is to be checked."""
    return tuple(
        DurationRuleDefault(
            row["public"],
            ContractKind(row["contract_kind"]) if row["contract_kind"] else None,
            row["start_event"],
            _months(row["months"]),
            int(row["extension_months"]),
            _months(row["maximum_months"]),
            date.fromisoformat(row["valid_from"]),
            row["source"],
            row["to_check"] == "yes",
        )
        for row in _rows("eligibility_rules")
    )


@cache
def embedded_proof_rules() -> tuple[ProofRuleDefault, ...]:
    """How old a proof may be for each public."""
    return tuple(
        ProofRuleDefault(
            row["public"],
            _months(row["months"]),
            row["at_hire"] == "yes",
            date.fromisoformat(row["valid_from"]),
            row["source"],
            row["to_check"] == "yes",
        )
        for row in _rows("proof_rules")
    )


def _months(cell: str) -> int | None:
    return int(cell) if cell else None


def completed(official: Reference) -> Reference:
    """The national reference with what only the embedded one holds: synonyms, amounts, facts, remedies, networks.

    Synonyms whose occupation left the ROME are dropped.
    """
    own = load_embedded()
    known = official.occupation_by_code
    return replace(
        official,
        synonyms=tuple(synonym for synonym in own.synonyms if synonym.rome_code in known),
        legal_parameters=own.legal_parameters,
        fact_kinds=own.fact_kinds,
        remedies=own.remedies,
        networks=own.networks,
        criteria=own.criteria,
    )
