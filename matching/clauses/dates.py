"""Months and ages as the clauses count them: the 31st, the 29th of February, and which day is the last included."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), else the last day of that month.

    >>> add_months(date(2025, 8, 31), 6)
    datetime.date(2026, 2, 28)
    """
    year, month = _month_after(day, months)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_day_included(start: date, months: int) -> date:
    """The last day of a period of `months` (at least 1) of which `start` is the first day.

    The same day later minus one day; where that day does not exist, the last day of that month, not the day before.

    >>> last_day_included(date(2025, 3, 15), 24)
    datetime.date(2027, 3, 14)
    >>> last_day_included(date(2025, 8, 31), 6)
    datetime.date(2026, 2, 28)
    """
    if months < 1:
        raise ValueError("a period has at least one month")
    reached = add_months(start, months)
    return reached if reached.day < start.day else reached - timedelta(days=1)


def accepted_until(proof_day: date, months: int) -> date:
    """The last day a proof of `proof_day` is accepted: the same day `months` later, that day included."""
    return add_months(proof_day, months)


def age_on(birth: date, day: date) -> int:
    """Whole years on `day`, the birthday included; negative before the birth.

    Born on 29 February: a year older on 1 March of a common year, as the ranking reads it.
    """
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def days_between(first: date, last: date) -> int:
    """Days from `first` to `last`, both counted; 0 when `last` comes before."""
    return max(0, (last - first).days + 1)


def _month_after(day: date, months: int) -> tuple[int, int]:
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1
