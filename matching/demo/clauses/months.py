"""Days and instants told in months from the current one, so that the demonstration stays fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from matching.clauses.calendar import public_holidays
from matching.clauses.dates import add_months
from matching.clock import PARIS

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Months:
    """`month(-1)` is last month. Nothing is ever written later than `now`."""

    now: datetime
    today: date

    def first(self, month: int) -> date:
        return add_months(self.today.replace(day=1), month)

    def last(self, month: int) -> date:
        return self.first(month + 1) - ONE_DAY

    def day(self, month: int, day: int) -> date:
        """This day of a month, or its last one."""
        return min(self.first(month) + timedelta(days=day - 1), self.last(month))

    def working_day(self, day: date, step: int = 1) -> date:
        """`day`, or the next day worked (the one before with -1)."""
        while not is_worked(day):
            day += step * ONE_DAY
        return day

    def eve(self, month: int) -> date:
        """The last day worked before a month: when what begins in it is registered."""
        return self.working_day(self.first(month) - ONE_DAY, -1)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """The instant of a day in France, never after now."""
        return min(datetime.combine(day, time(hour, minute), PARIS), self.now - ONE_DAY / 96)


def is_worked(day: date) -> bool:
    """Monday to Friday, without public holidays."""
    return day.weekday() < 5 and day not in public_holidays(day.year)


def worked_days(first: date, last: date) -> list[date]:
    """The days worked from `first` to `last`, both included."""
    days = [first + n * ONE_DAY for n in range((last - first).days + 1)]
    return [day for day in days if is_worked(day)]
