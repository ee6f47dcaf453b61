"""The periods that may be read: whole months, finished ones only.

Days chosen freely would give one day away: the figures up to 30 June less those up to 29 June are who was met between.
Two periods a month apart still differ by a month, which holds far more people.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from matching.clauses.dates import add_months
from matching.clauses.follow import written_month
from matching.clauses.progress import month_end, month_start, months_between
from matching.errors import FieldError, Invalid
from matching.exchange.values import BadValue, clean, parse_date
from matching.text import NBSP

USUAL_MONTHS: Final = 6
"""Half a year: long enough for lists of most trades, short enough to be about now."""
LONGEST_MONTHS: Final = 36
REFUSED: Final = "Cette période n’est pas lisible."
_YEAR_FIRST: Final = re.compile(r"(?P<year>20\d\d)-(?P<month>0?[1-9]|1[0-2])", re.ASCII)
_MONTH_FIRST: Final = re.compile(r"(?P<month>0?[1-9]|1[0-2])[/.\- ](?P<year>20\d\d)", re.ASCII)


def usual_period(today: date) -> tuple[date, date]:
    """The period read when nobody chose one: first and last day of the last months that are finished."""
    last = last_finished(today)
    return add_months(month_start(last), 1 - USUAL_MONTHS), last


def last_finished(today: date) -> date:
    """The last day of the last month that is finished."""
    return month_start(today) - timedelta(days=1)


def chosen_period(first: str, last: str, today: date) -> tuple[date, date]:
    """First and last day of the months typed, « 2026-05 » or « 05/2026 »; as usual where nothing was.

    Raises `Invalid`, by field, for what is no month; `check_period` says which months may be read.
    """
    months, errors = [], []
    for field, text in (("du", first), ("au", last)):
        try:
            months.append(_month(text))
        except BadValue as bad:
            errors.append(FieldError(field, bad.message, text))
    if errors:
        raise Invalid(REFUSED, errors)
    start, end = months
    until = month_end(end) if end else last_finished(today)
    return start or add_months(month_start(until), 1 - USUAL_MONTHS), until


def check_period(first: date, last: date, today: date) -> None:
    """Raises `Invalid`, by field, unless `first` to `last` are whole finished months, in order and not too many."""
    if errors := list(_problems(first, last, today)):
        raise Invalid(REFUSED, errors)


def _problems(first: date, last: date, today: date) -> list[FieldError]:
    finished = last_finished(today)
    whole = {"du": first == month_start(first), "au": last == month_end(last)}
    if not all(whole.values()):
        return [FieldError(field, _A_DAY) for field, one in whole.items() if not one]
    if late := [field for field, day in (("du", first), ("au", last)) if day > finished]:
        latest = f"Choisissez {written_month(finished)} au plus tard{NBSP}: un mois se lit une fois fini."
        return [FieldError(field, latest) for field in late]
    if first > last:
        return [FieldError("au", "Choisissez une fin qui suit le début.")]
    if len(months_between(first, last)) > LONGEST_MONTHS:
        return [FieldError("du", "Choisissez trois ans au plus.")]
    return []


_A_DAY: Final = "Une période se choisit par mois entiers, plus par jours. Écrivez le mois, par exemple 2026-05."
_NO_MONTH: Final = "Ce mois n’est pas lisible. Écrivez-le 2026-05 ou 05/2026."


def _month(text: str) -> date | None:
    """The first day of the month typed, None for nothing. BadValue for anything else, a day too."""
    tidy = clean(text)
    if not tidy:
        return None
    if found := _YEAR_FIRST.fullmatch(tidy) or _MONTH_FIRST.fullmatch(tidy):
        return date(int(found["year"]), int(found["month"]), 1)
    raise BadValue(_A_DAY if _is_day(tidy) else _NO_MONTH)


def _is_day(text: str) -> bool:
    try:
        return parse_date(text) is not None
    except BadValue:
        return False
