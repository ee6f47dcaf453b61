"""Days that count for a delay: every day, Monday to Friday without public holidays, or Monday to Saturday.

The public holidays are those of the Code du travail (L3133-1), without the two more of Alsace and Moselle.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from matching.terms import Labelled

_SATURDAY, _SUNDAY = 5, 6


class DayCount(Labelled):
    """Which days a contract counts. Monday to Saturday is taken as the contract says it, holidays included."""

    CALENDAR = "calendar", "Tous les jours du calendrier"
    MON_FRI = "mon_fri", "Du lundi au vendredi, sans les jours fériés"
    MON_SAT = "mon_sat", "Du lundi au samedi"


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


@cache
def public_holidays(year: int) -> frozenset[date]:
    """The eleven public holidays; ten days in the years when two fall together (1 May and Ascension, 2008)."""
    sunday = easter(year)
    moving = (sunday + timedelta(days=days) for days in (1, 39, 50))  # Easter Monday, Ascension, Whit Monday
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    return frozenset((*moving, *(date(year, month, day) for month, day in fixed)))


def counts(day: date, count: DayCount) -> bool:
    """Whether the contract counts this day."""
    if count is DayCount.CALENDAR:
        return True
    if count is DayCount.MON_SAT:
        return day.weekday() != _SUNDAY
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


def days_counted(first: date, last: date, count: DayCount) -> int:
    """Days from `first` to `last`, both included; 0 when `last` comes before."""
    span = (last - first).days + 1
    if span <= 0 or count is DayCount.CALENDAR:
        return max(0, span)
    return sum(counts(first + timedelta(days=days), count) for days in range(span))


def days_late(due_on: date, done_on: date, count: DayCount) -> int:
    """Days late: those after `due_on` up to `done_on` included; 0 when it was in time, on the last day included."""
    if done_on <= due_on:
        return 0
    return days_counted(due_on + timedelta(days=1), done_on, count)
