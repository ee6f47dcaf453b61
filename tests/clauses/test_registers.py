"""The law's registers: thresholds of their day, three values kept, denominators beside the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from matching.clauses.registers import (
    ContractFacts,
    ObligationState,
    considerations_of,
    obligation,
    spaser_indicators,
    threshold_cents,
)
from matching.clauses.terms import BuyerCategory, Modality, NoConditionGround, PurchaseNature, Support
from matching.reference.embedded import load_embedded
from matching.reference.model import LegalParameter
from matching.terms import Known

PARAMETERS: list[LegalParameter] = list(load_embedded().legal_parameters)
YES, NO, UNKNOWN = Known.YES, Known.NO, Known.UNKNOWN
S = ObligationState
EDGE = 216_000_00
FACTS = ContractFacts(
    id=1,
    support=Support.PUBLIC_CONTRACT,
    category=BuyerCategory.LOCAL_AUTHORITY,
    nature=PurchaseNature.SERVICES,
    launched_on=date(2026, 8, 22),
    notified_on=None,
    estimate_cents=EDGE,
    amount_cents=10_000_00,
    condition=NO,
    criterion=NO,
    reserved=NO,
)
WORKS = {"nature": PurchaseNature.WORKS}
CASES = [
    ({}, S.MISSING),
    ({"launched_on": date(2026, 8, 21)}, S.NOT_CONCERNED),
    ({"estimate_cents": EDGE - 1}, S.NOT_CONCERNED),
    ({"amount_cents": None}, S.MISSING),
    ({"condition": YES}, S.WITH_CONDITION),
    ({"condition": YES, "estimate_cents": None}, S.WITH_CONDITION),
    ({"condition": UNKNOWN}, S.TO_COMPLETE),
    ({"criterion": YES}, S.MISSING),
    ({"reserved": YES}, S.MISSING),
    ({"ground": NoConditionGround.NO_LINK}, S.WITH_GROUND),
    ({"launched_on": None}, S.TO_COMPLETE),
    ({"launched_on": None, "notified_on": date(2026, 8, 21)}, S.NOT_CONCERNED),
    ({"launched_on": None, "notified_on": date(2026, 9, 30)}, S.TO_COMPLETE),
    ({"estimate_cents": None}, S.TO_COMPLETE),
    ({"category": None}, S.TO_COMPLETE),
    ({"nature": None}, S.TO_COMPLETE),
    ({**WORKS, "estimate_cents": 540_400_000 - 1}, S.NOT_CONCERNED),
    ({**WORKS, "estimate_cents": 540_400_000}, S.MISSING),
    ({"support": Support.CONCESSION, "nature": None}, S.NOT_CONCERNED),
    ({"category": BuyerCategory.STATE, "estimate_cents": 140_000_00}, S.MISSING),
    ({"category": BuyerCategory.CONTRACTING_ENTITY, "estimate_cents": 432_000_00 - 1}, S.NOT_CONCERNED),
    ({"support": Support.SUBSIDY}, S.NOT_CONCERNED),
    ({"support": Support.LOAN_GUARANTEE}, S.NOT_CONCERNED),
]


@pytest.mark.parametrize(("changes", "state"), CASES)
def test_the_obligation(changes: dict[str, object], state: ObligationState) -> None:
    found = obligation(replace(FACTS, **changes), PARAMETERS)  # type: ignore[arg-type]
    assert found.state is state, found
    assert found.message
    assert (found.state is S.TO_COMPLETE) <= bool(found.missing)


def test_without_a_date_of_force_nothing_is_asked() -> None:
    older = [row for row in PARAMETERS if row.code != "l2112_2_1"]
    assert obligation(FACTS, older).state is S.NOT_CONCERNED


THRESHOLDS = [
    (date(2021, 12, 31), PurchaseNature.SERVICES, None),
    (date(2022, 1, 1), PurchaseNature.SERVICES, 215_000_00),
    (date(2023, 12, 31), PurchaseNature.SUPPLIES, 215_000_00),
    (date(2024, 1, 1), PurchaseNature.SUPPLIES, 221_000_00),
    (date(2026, 1, 1), PurchaseNature.WORKS, 540_400_000),
]


@pytest.mark.parametrize(("on", "nature", "cents"), THRESHOLDS)
def test_the_threshold_is_that_of_the_day(on: date, nature: PurchaseNature, cents: int | None) -> None:
    category = BuyerCategory.LOCAL_AUTHORITY
    assert threshold_cents(PARAMETERS, category, nature, Support.PUBLIC_CONTRACT, on) == cents


def test_modalities_say_the_three_considerations() -> None:
    assert considerations_of([]) == (NO, NO, NO)
    assert considerations_of([Modality.CONDITION_AND_CRITERION]) == (YES, YES, NO)
    assert considerations_of([Modality.RESERVED, Modality.AWARD_CRITERION]) == (NO, YES, YES)


def test_spaser_counts_over_all_contracts_and_tells_the_unknown_apart() -> None:
    year = [
        replace(FACTS, id=1, condition=YES, amount_cents=300),
        replace(FACTS, id=2, amount_cents=500),
        replace(FACTS, id=3, condition=UNKNOWN, criterion=UNKNOWN, reserved=UNKNOWN, amount_cents=200),
        replace(FACTS, id=4, reserved=YES, amount_cents=None, to_siae=YES),
        replace(FACTS, id=5, support=Support.SUBSIDY, condition=YES, amount_cents=900),
    ]
    found = {one.code: one for one in spaser_indicators(year)}
    whole = found["any"]
    assert (whole.contracts, whole.of_contracts, whole.unknown) == (2, 4, 1)
    assert (whole.cents, whole.of_cents, whole.amount_unknown) == (300, 1000, 1)
    assert (whole.percent, whole.percent_of_amount) == (Decimal("50.0"), Decimal("30.0"))
    assert (found["reserved"].contracts, found["siae"].contracts, found["adapted"].unknown) == (1, 1, 4)


def test_a_year_without_contracts_has_no_rate() -> None:
    assert {one.percent for one in spaser_indicators([])} == {None}
