"""Gross pay brought to the hour and held against the floor of the start date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import RuleRefused
from matching.offers.pay import (
    Pay,
    PayPeriod,
    PayVerdict,
    ScaleRow,
    SmicRow,
    check_pay,
    euros,
    hourly_cents,
    scale_on,
    smic_on,
)
from matching.terms import ContractKind as C

SMIC = (SmicRow(date(2026, 1, 1), 1202), SmicRow(date(2026, 6, 1), 1231))
SCALE = tuple(
    ScaleRow(C.APPRENTICESHIP, date(2020, 1, 1), low, high, year, Decimal(percent))
    for low, high, year, percent in [(16, 17, 1, 27), (18, 20, 1, 43), (18, 20, 2, 51), (21, 25, 1, 53)]
)


def check(
    amount: str | None, period: PayPeriod = PayPeriod.HOUR, contract: C = C.PERMANENT, **more: object
) -> PayVerdict:
    pay = None if amount is None else Pay(Decimal(amount), period)
    given: dict[str, object] = {
        "contract": contract,
        "weekly_minutes": 2100,
        "start_on": date(2026, 9, 1),
        "smic": SMIC,
        "scale": SCALE,
    }
    return check_pay(pay, **(given | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "period", "weekly_minutes", "cents"),
    [
        ("12.31", PayPeriod.HOUR, None, 1231),
        ("1867.02", PayPeriod.MONTH, 2100, 1231),
        ("1867", PayPeriod.MONTH, 2100, 1231),
        ("1823.03", PayPeriod.MONTH, 2100, 1202),
        ("933.51", PayPeriod.MONTH, 1050, 1231),
        ("22404.20", PayPeriod.YEAR, 2100, 1231),
        ("2100", PayPeriod.MONTH, 2340, 1243),
    ],
)
def test_brings_to_cents_per_hour(amount: str, period: PayPeriod, weekly_minutes: int | None, cents: int) -> None:
    assert hourly_cents(Pay(Decimal(amount), period), weekly_minutes) == cents


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_an_amount_is_positive(amount: str) -> None:
    with pytest.raises(RuleRefused):
        hourly_cents(Pay(Decimal(amount), PayPeriod.HOUR), 2100)


def test_a_monthly_pay_needs_the_weekly_hours() -> None:
    verdict = check("1900", PayPeriod.MONTH, weekly_minutes=None)
    assert "durée hebdomadaire" in verdict.stops[0]


@pytest.mark.parametrize(
    ("amount", "start_on", "accepted"),
    [
        ("12.02", date(2026, 5, 31), True),
        ("12.02", date(2026, 6, 1), False),
        ("12.31", date(2026, 6, 1), True),
        ("12.30", date(2027, 1, 1), False),
    ],
)
def test_the_floor_is_the_one_known_for_the_start_date(amount: str, start_on: date, accepted: bool) -> None:
    assert check(amount, start_on=start_on).accepted is accepted


def test_the_refusal_gives_the_remedy() -> None:
    (message,) = check("1800", PayPeriod.MONTH).stops
    assert "12,31\u00a0€" in message
    assert "1\u202f867,02\u00a0€ par mois" in message


@given(st.integers(1, 2880), st.integers(900, 2000))
def test_the_monthly_remedy_is_accepted(weekly_minutes: int, floor: int) -> None:
    due = -(-floor * weekly_minutes * 52 // 720)
    rows = (SmicRow(date(2020, 1, 1), floor),)
    verdict = check(str(Decimal(due) / 100), PayPeriod.MONTH, weekly_minutes=weekly_minutes, smic=rows)
    assert verdict.accepted or due > 50_000 * 100


def test_before_the_first_known_smic_it_warns() -> None:
    verdict = check("5", start_on=date(2019, 1, 1))
    assert (verdict.accepted, len(verdict.warnings)) == (True, 1)


def test_a_yearly_pay_typed_as_hourly_is_told() -> None:
    assert "trop élevé" in check("24000").stops[0]
    assert not check("1" + "0" * 60).accepted


def test_an_immersion_has_no_pay() -> None:
    assert check(None, contract=C.IMMERSION) == PayVerdict(None)
    assert not check("12.31", contract=C.IMMERSION).accepted


def test_every_other_contract_has_one() -> None:
    assert not check(None).accepted


@pytest.mark.parametrize(
    ("amount", "age", "year", "accepted", "warned"),
    [
        ("6.00", None, None, True, True),
        ("2.00", None, None, True, True),
        ("5.29", 19, 1, True, True),
        ("5.28", 19, 1, False, False),
        ("6.00", 19, 2, False, False),
        ("6.00", 40, 1, True, True),
    ],
)
def test_an_apprenticeship_follows_its_scale(
    amount: str, age: int | None, year: int | None, accepted: bool, warned: bool
) -> None:
    verdict = check(amount, contract=C.APPRENTICESHIP, age=age, year=year)
    assert (verdict.accepted, bool(verdict.warnings)) == (accepted, warned)


def test_without_a_scale_it_warns() -> None:
    verdict = check("6", contract=C.PROFESSIONAL_TRAINING)
    assert (verdict.accepted, len(verdict.warnings)) == (True, 1)


def test_the_scale_in_force_replaces_the_older_one() -> None:
    newer = ScaleRow(C.APPRENTICESHIP, date(2026, 1, 1), 16, None, None, Decimal(50))
    assert scale_on((*SCALE, newer), C.APPRENTICESHIP, date(2026, 9, 1)) == (newer,)
    assert smic_on(SMIC, date(2025, 1, 1)) is None


@pytest.mark.parametrize(
    ("cents", "text"), [(1231, "12,31\u00a0€"), (186702, "1\u202f867,02\u00a0€"), (5, "0,05\u00a0€")]
)
def test_euros(cents: int, text: str) -> None:
    assert euros(cents) == text
