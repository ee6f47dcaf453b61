"""Public holidays and the three ways of counting days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.calendar import DayCount, counts, days_counted, days_late, easter, public_holidays

CAL, FIVE, SIX = DayCount.CALENDAR, DayCount.MON_FRI, DayCount.MON_SAT


@pytest.mark.parametrize(
    "sunday",
    [
        date(1818, 3, 22),
        date(1943, 4, 25),
        date(2000, 4, 23),
        date(2008, 3, 23),
        date(2019, 4, 21),
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
        date(2027, 3, 28),
        date(2038, 4, 25),
    ],
)
def test_easter(sunday: date) -> None:
    assert easter(sunday.year) == sunday


@given(st.integers(1583, 4000))
def test_easter_is_a_sunday_between_its_two_limits(year: int) -> None:
    assert easter(year).weekday() == 6
    assert date(year, 3, 22) <= easter(year) <= date(year, 4, 25)


def test_the_eleven_holidays_of_2026() -> None:
    written = ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"]
    assert public_holidays(2026) == {date.fromisoformat(f"2026-{day}") for day in written}


@pytest.mark.parametrize(
    ("due", "done", "calendar", "five", "six"),
    [
        ("2026-06-05", "2026-06-05", 0, 0, 0),
        ("2026-06-05", "2026-06-04", 0, 0, 0),
        ("2026-06-05", "2026-06-08", 3, 1, 2),  # Friday to Monday
        ("2026-06-05", "2026-06-17", 12, 8, 10),
        ("2026-05-13", "2026-05-15", 2, 1, 2),  # over Ascension
        ("2025-12-24", "2026-01-02", 9, 5, 8),  # two holidays in two years
    ],
)
def test_days_late(due: str, done: str, calendar: int, five: int, six: int) -> None:
    late = [days_late(date.fromisoformat(due), date.fromisoformat(done), count) for count in (CAL, FIVE, SIX)]
    assert late == [calendar, five, six]


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 400), st.sampled_from(DayCount))
def test_a_span_is_the_sum_of_its_two_halves(first: date, length: int, count: DayCount) -> None:
    middle, last = first + timedelta(days=length // 2), first + timedelta(days=length)
    whole = days_counted(first, last, count)
    assert whole == days_counted(first, middle, count) + days_late(middle, last, count)
    assert days_counted(first, first, count) == counts(first, count)
    assert days_counted(first, last, FIVE) <= days_counted(first, last, SIX) <= length + 1
