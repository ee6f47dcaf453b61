"""Months, last days included and ages, on both sides of each boundary."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.dates import accepted_until, add_months, age_on, days_between, last_day_included

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
MONTHS = st.integers(1, 60)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2025-03-15", 24, "2027-03-15"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2025-12-31", 1, "2026-01-31"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2025-12-01", 0, "2025-12-01"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -13, "2024-12-15"),
    ],
)
def test_same_day_or_last_of_the_month(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2025-03-15", 24, "2027-03-14"),
        ("2025-08-31", 6, "2026-02-28"),  # not the 27th
        ("2025-08-30", 6, "2026-02-28"),
        ("2025-08-29", 6, "2026-02-28"),
        ("2025-08-28", 6, "2026-02-27"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2023-08-29", 6, "2024-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-28"),
        ("2025-01-01", 12, "2025-12-31"),
        ("2025-03-01", 12, "2026-02-28"),
        ("2025-03-31", 1, "2025-04-30"),
    ],
)
def test_last_day_included(start: str, months: int, expected: str) -> None:
    assert last_day_included(date.fromisoformat(start), months) == date.fromisoformat(expected)


@pytest.mark.parametrize("months", [0, -1])
def test_a_period_has_at_least_a_month(months: int) -> None:
    with pytest.raises(ValueError, match="at least one month"):
        last_day_included(date(2025, 1, 1), months)


def test_a_proof_is_accepted_up_to_and_including_the_same_day() -> None:
    assert accepted_until(date(2026, 1, 12), 3) == date(2026, 4, 12)
    assert accepted_until(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert accepted_until(date(2025, 11, 27), 3) == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("2000-06-10", "2026-06-09", 25),
        ("2000-06-10", "2026-06-10", 26),
        ("1976-01-01", "2025-12-31", 49),
        ("1976-01-01", "2026-01-01", 50),
        ("2000-02-29", "2026-02-28", 25),
        ("2000-02-29", "2026-03-01", 26),
        ("2000-02-29", "2028-02-28", 27),
        ("2000-02-29", "2028-02-29", 28),
        ("2026-06-10", "2026-06-09", -1),
    ],
)
def test_age(birth: str, day: str, age: int) -> None:
    assert age_on(date.fromisoformat(birth), date.fromisoformat(day)) == age


def test_both_ends_are_counted() -> None:
    assert days_between(date(2025, 1, 1), date(2025, 12, 31)) == 365
    assert days_between(date(2025, 1, 1), date(2025, 1, 1)) == 1
    assert days_between(date(2025, 1, 2), date(2025, 1, 1)) == 0


@given(DAYS, MONTHS)
def test_the_day_after_the_last_is_the_same_day_or_the_first_of_a_month(start: date, months: int) -> None:
    after = last_day_included(start, months) + timedelta(days=1)
    assert after.day in {start.day, 1}
    assert after >= add_months(start, months)


@given(DAYS, MONTHS)
def test_a_later_start_or_more_months_never_ends_earlier(start: date, months: int) -> None:
    end = last_day_included(start, months)
    assert last_day_included(start + timedelta(days=1), months) >= end
    assert last_day_included(start, months + 1) > end
