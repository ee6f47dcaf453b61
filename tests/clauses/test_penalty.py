"""The penalty by a contract's own terms, its working, and the day it can be claimed from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.penalty import (
    Claimable,
    ClaimState,
    IndexMoment,
    NoticeFrom,
    PenaltyIndex,
    PenaltyTerms,
    claimable_from,
    compute_penalty,
)
from matching.errors import Invalid
from matching.reference.embedded import load_embedded
from matching.reference.legal import amount_on

D = Decimal
FIXED = PenaltyTerms(per_hour_cents=6000)
LATE = replace(FIXED, late_day_cents=10_000)
TWICE_SMIC = PenaltyTerms(index_code=PenaltyIndex.SMIC, index_multiple=D(2), index_moment=IndexMoment.BREACH)
CAPPED = replace(LATE, cap_percent=D(20), cap_base_cents=3_000_000)


def test_120_hours_at_60_euros_and_12_days_late() -> None:
    assert compute_penalty(FIXED, 120 * 60).amount_cents == 720_000
    assert compute_penalty(LATE, 120 * 60, 12).amount_cents == 840_000


def test_all_capped_at_20_percent_of_the_annual_amount() -> None:
    penalty = compute_penalty(CAPPED, 120 * 60, 12)
    assert (penalty.amount_cents, penalty.uncapped_cents) == (600_000, 840_000)
    assert any("Plafond" in line for line in penalty.working)
    assert [part.cents for part in penalty.parts] == [720_000, 120_000]


@pytest.mark.parametrize(
    ("day", "cents"),
    [(date(2026, 3, 31), 209_148), (date(2026, 5, 31), 209_148), (date(2026, 6, 1), 87 * 2 * 1231)],
)
def test_twice_the_smic_of_the_day_the_contract_says(day: date, cents: int) -> None:
    row = amount_on(load_embedded().legal_parameters, PenaltyIndex.SMIC.parameter, day)
    assert row is not None
    penalty = compute_penalty(TWICE_SMIC, 87 * 60, index_amount=row.amount)
    assert penalty.amount_cents == cents
    assert "au jour du manquement" in penalty.working[0]


@pytest.mark.parametrize(
    ("minutes", "per_hour", "cents"),
    [(1, 6000, 100), (87 * 60 + 30, 6000, 525_000), (1, 29, 0), (1, 30, 1), (1, 90, 2), (7, 1231, 144)],
)
def test_missing_time_counts_by_the_minute_and_a_half_cent_goes_up(minutes: int, per_hour: int, cents: int) -> None:
    assert compute_penalty(PenaltyTerms(per_hour_cents=per_hour), minutes).amount_cents == cents


@pytest.mark.parametrize(
    ("minimum", "waived", "cap", "amount", "uncapped"),
    [
        (None, None, None, 6000, 6000),
        (10_000, None, None, 10_000, 10_000),
        (6000, None, None, 6000, 6000),
        (None, 6001, None, 0, 6000),
        (None, 6000, None, 6000, 6000),
        (10_000, 8000, None, 10_000, 10_000),  # the minimum is charged first, then compared
        (10_000, 20_000, None, 0, 10_000),
        (10_000, None, 3000, 3000, 10_000),  # the cap wins over the minimum
        (None, 5000, 3000, 3000, 6000),
        (None, None, 6000, 6000, 6000),
        (None, None, 0, 0, 6000),
    ],
)
def test_minimum_then_waiver_then_cap_and_the_cap_wins(
    minimum: int | None, waived: int | None, cap: int | None, amount: int, uncapped: int
) -> None:
    terms = replace(FIXED, minimum_cents=minimum, waived_below_cents=waived)
    if cap is not None:
        terms = replace(terms, cap_percent=D(100), cap_base_cents=cap)
    penalty = compute_penalty(terms, 60)
    assert (penalty.amount_cents, penalty.uncapped_cents) == (amount, uncapped)


def test_a_cap_with_a_part_of_a_cent_is_not_exceeded() -> None:
    assert compute_penalty(replace(FIXED, cap_percent=D(20), cap_base_cents=103), 60).amount_cents == 20


def test_nothing_missing_and_nothing_late_owes_nothing() -> None:
    terms = replace(CAPPED, lump_cents=50_000, minimum_cents=10_000, best_efforts=True)
    penalty = compute_penalty(terms, 0)
    assert (penalty.amount_cents, penalty.uncapped_cents, sum(part.cents for part in penalty.parts)) == (0, 0, 0)


def test_a_lump_sum_is_owed_once_something_is_missing_or_late() -> None:
    terms = PenaltyTerms(lump_cents=50_000)
    owed = [compute_penalty(terms, *case).amount_cents for case in ((1, 0), (0, 3), (0, 0))]
    assert owed == [50_000, 50_000, 0]
    assert compute_penalty(terms, 0, lump_due=True).amount_cents == 50_000
    assert compute_penalty(terms, 60, lump_due=False).amount_cents == 0


def test_the_defence_of_best_efforts_is_recalled() -> None:
    assert "moyens" in compute_penalty(replace(FIXED, best_efforts=True), 60).working[-1]


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (replace(TWICE_SMIC, per_hour_cents=1), {"index_code"}),
        (PenaltyTerms(index_multiple=D(2)), {"index_multiple"}),
        (replace(TWICE_SMIC, index_multiple=D(0)), {"index_multiple"}),
        (replace(TWICE_SMIC, index_multiple=D("NaN")), {"index_multiple"}),
        (replace(FIXED, cap_percent=D(20)), {"cap_base_cents"}),
        (replace(FIXED, cap_base_cents=5), {"cap_base_cents"}),
        (replace(CAPPED, cap_percent=D(101)), {"cap_percent"}),
        (replace(CAPPED, cap_percent=D("Infinity")), {"cap_percent"}),
        (PenaltyTerms(per_hour_cents=-1, lump_cents=10**15), {"per_hour_cents", "lump_cents"}),
        (replace(FIXED, notice_delay_days=-1), {"notice_delay_days"}),
    ],
)
def test_absurd_terms_are_refused_field_by_field(terms: PenaltyTerms, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        compute_penalty(terms, 60, index_amount=D("12.02"))
    assert {error.field for error in refused.value.errors} == fields


@pytest.mark.parametrize(
    ("missing", "days", "index", "fields"),
    [
        (-1, -1, D(12), {"missing", "late_days"}),
        (10**10, 10**6, D(12), {"missing", "late_days"}),
        (60, 0, None, {"index_amount"}),
        (60, 0, D(0), {"index_amount"}),
        (60, 0, D("NaN"), {"index_amount"}),
    ],
)
def test_absurd_facts_are_refused(missing: int, days: int, index: Decimal | None, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        compute_penalty(TWICE_SMIC, missing, days, index)
    assert {error.field for error in refused.value.errors} == fields


_cents = st.none() | st.integers(0, 10**9)


@given(st.integers(0, 10**6), st.integers(0, 400), _cents, _cents, _cents, st.integers(1, 100), st.integers(0, 10**9))
def test_never_over_the_cap_nor_over_what_the_terms_give(
    missing: int, days: int, lump: int | None, minimum: int | None, waived: int | None, percent: int, base: int
) -> None:
    terms = replace(LATE, lump_cents=lump, minimum_cents=minimum, waived_below_cents=waived)
    free = compute_penalty(terms, missing, days)
    capped = compute_penalty(replace(terms, cap_percent=D(percent), cap_base_cents=base), missing, days)
    assert 0 <= capped.amount_cents <= free.amount_cents <= free.uncapped_cents == capped.uncapped_cents
    assert capped.amount_cents * 100 <= percent * base
    assert capped.amount_cents in (free.amount_cents, percent * base // 100)


@pytest.mark.parametrize(
    ("start", "sent", "received", "expected"),
    [
        ("sent", date(2026, 6, 1), None, Claimable(ClaimState.FROM_DAY, date(2026, 6, 17))),
        ("received", date(2026, 6, 1), date(2026, 6, 4), Claimable(ClaimState.FROM_DAY, date(2026, 6, 20))),
        ("received", date(2026, 6, 1), None, Claimable(ClaimState.RECEIPT_UNKNOWN)),
        ("sent", None, None, Claimable(ClaimState.NOTICE_NOT_SENT)),
    ],
)
def test_claimable_from_the_day_after_the_notice_and_its_delay(
    start: str, sent: date | None, received: date | None, expected: Claimable
) -> None:
    terms = replace(FIXED, notice_required=True, notice_delay_days=15, notice_from=NoticeFrom(start))
    claim = claimable_from(terms, sent, received)
    assert claim == expected
    assert claim.open_on(date(2026, 6, 16)) is False
    assert claim.open_on(date(2026, 6, 20)) is (expected.from_on is not None)


def test_without_formal_notice_it_can_be_claimed_at_once() -> None:
    assert claimable_from(FIXED, None, None).open_on(date(2026, 1, 1))
