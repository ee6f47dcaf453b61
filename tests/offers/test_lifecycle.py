"""The states of an offer, its freshness, and what stops its publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from matching.errors import RuleRefused
from matching.offers.lifecycle import (
    CHANGES,
    MAX_START_AGE_DAYS,
    REASON_LABELS,
    Freshness,
    OfferFacts,
    changes_for,
    find_change,
    freshness,
    missing_to_publish,
    off_on,
    why_not_proposed,
)
from matching.offers.pay import Pay, PayPeriod, SmicRow
from matching.terms import ContractKind, Role
from matching.terms import OfferState as O

SMIC = (SmicRow(date(2026, 6, 1), 1231),)
DAY = date(2026, 9, 1)
COMPLETE = OfferFacts(
    title="Plongeur / Plongeuse en restauration (H/F)",
    rome_code="G1605",
    description="Plonge et entretien de la cuisine, équipe de six.",
    seats=2,
    contract=ContractKind.FIXED_TERM,
    weekly_minutes=2100,
    start_on=DAY,
    end_on=date(2026, 12, 31),
    pay=Pay(Decimal("12.50"), PayPeriod.HOUR),
    place_count=1,
    window_count=5,
)


def test_a_complete_offer_has_nothing_missing() -> None:
    assert missing_to_publish(COMPLETE, today=DAY, smic=SMIC) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"rome_code": ""}, "rome_code"),
        ({"description": ""}, "description"),
        ({"description": "Bonne présentation exigée."}, "description"),
        ({"title": "Serveuse"}, "title"),
        ({"seats": 0}, "seats"),
        ({"seats": None}, "seats"),
        ({"seats": 501}, "seats"),
        ({"contract": None}, "contract"),
        ({"weekly_minutes": 49 * 60}, "weekly_minutes"),
        ({"start_on": None}, "start_on"),
        ({"start_on": DAY - timedelta(31)}, "start_on"),
        ({"end_on": None}, "end_on"),
        ({"end_on": date(2026, 8, 1)}, "end_on"),
        ({"contract": ContractKind.PERMANENT}, "end_on"),
        ({"pay": None}, "pay"),
        ({"pay": Pay(Decimal(11), PayPeriod.HOUR)}, "pay"),
        ({"contract": ContractKind.IMMERSION}, "pay"),
        ({"place_count": 0}, "place"),
        ({"window_count": 0}, "schedule"),
    ],
)
def test_each_missing_point_stops_alone(changes: dict[str, object], field: str) -> None:
    stops = missing_to_publish(replace(COMPLETE, **changes), today=DAY, smic=SMIC)  # type: ignore[arg-type]
    assert [stop.field for stop in stops] == [field]
    assert stops[0].message.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"start_on": DAY - timedelta(MAX_START_AGE_DAYS)},
        {"window_count": 0, "schedule_flag_count": 1},
        {"contract": ContractKind.PERMANENT, "end_on": None},
        {"contract": ContractKind.APPRENTICESHIP, "end_on": None, "pay": Pay(Decimal(6), PayPeriod.HOUR)},
        {"contract": ContractKind.IMMERSION, "pay": None},
        {"description": "Bonne présentation exigée.", "wording_override": "Citation d’un nom de produit"},
    ],
)
def test_what_may_be_absent(changes: dict[str, object]) -> None:
    assert missing_to_publish(replace(COMPLETE, **changes), today=DAY, smic=SMIC) == ()  # type: ignore[arg-type]


def test_an_empty_offer_is_told_everything_at_once() -> None:
    fields = [stop.field for stop in missing_to_publish(OfferFacts(), today=DAY, smic=SMIC)]
    assert fields == [
        "title", "rome_code", "description", "seats", "contract", "weekly_minutes", "start_on", "pay", "place",
        "schedule",
    ]  # fmt: skip


def test_the_stop_marks_the_words_and_the_article() -> None:
    (stop,) = missing_to_publish(replace(COMPLETE, description="Célibataire."), today=DAY, smic=SMIC)
    assert stop.findings[0].words == "Célibataire"
    assert "L1142-1" in stop.message


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, Freshness.FRESH),
        (82, Freshness.FRESH),
        (83, Freshness.TO_REMIND),
        (89, Freshness.TO_REMIND),
        (90, Freshness.OFF),
    ],
)
def test_freshness(days: int, expected: Freshness) -> None:
    assert freshness(DAY, DAY + timedelta(days)) is expected
    assert off_on(DAY) == DAY + timedelta(90)


@pytest.mark.parametrize(
    ("state", "target", "role", "allowed"),
    [
        (O.DRAFT, O.TO_CHECK, Role.EMPLOYER, True),
        (O.DRAFT, O.PUBLISHED, Role.EMPLOYER, False),
        (O.TO_CHECK, O.PUBLISHED, Role.EMPLOYER, False),
        (O.TO_CHECK, O.PUBLISHED, Role.ADVISER, True),
        (O.SUSPENDED, O.PUBLISHED, Role.EMPLOYER, False),
        (O.SUSPENDED, O.PUBLISHED, Role.UNIT_MANAGER, True),
        (O.PUBLISHED, O.EXPIRED, Role.ADVISER, False),
        (O.PUBLISHED, O.EXPIRED, None, True),
        (O.PUBLISHED, O.FILLED, None, True),
        (O.DRAFT, O.PUBLISHED, None, False),
        (O.CLOSED, O.PUBLISHED, Role.ADVISER, False),
    ],
)
def test_who_may_change_the_state(state: O, target: O, role: Role | None, allowed: bool) -> None:
    if allowed:
        assert find_change(state, target, role).target is target
    else:
        with pytest.raises(RuleRefused):
            find_change(state, target, role)


@pytest.mark.parametrize(("reason", "allowed"), [(None, False), ("rain", False), ("cancelled", True)])
def test_closing_needs_a_reason(reason: str | None, allowed: bool) -> None:
    if allowed:
        assert find_change(O.PUBLISHED, O.CLOSED, Role.ADVISER, reason=reason)
    else:
        with pytest.raises(RuleRefused):
            find_change(O.PUBLISHED, O.CLOSED, Role.ADVISER, reason=reason)


def test_the_table_is_sound() -> None:
    for change in CHANGES:
        assert set(change.reasons) <= set(REASON_LABELS)
        assert change.complete is (change.target in (O.TO_CHECK, O.PUBLISHED))
    assert changes_for(O.CLOSED, Role.ADVISER) == ()
    for state in set(O) - {O.CLOSED}:
        assert changes_for(state, Role.ADVISER)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (O.PUBLISHED, ""),
        (O.DRAFT, "« Publier »"),
        (O.TO_CHECK, "« Vérifier et publier »"),
        (O.SUSPENDED, "« Remettre en ligne »"),
        (O.FILLED, "avec plus de postes"),
        (O.EXPIRED, "« Confirmer et remettre en ligne »"),
        (O.CLOSED, "saisissez une nouvelle offre"),
    ],
)
def test_why_nobody_is_proposed_and_what_to_do(state: O, told: str) -> None:
    why = why_not_proposed(state).replace("\u00a0", " ")
    assert told in why
    assert bool(why) is bool(told)
