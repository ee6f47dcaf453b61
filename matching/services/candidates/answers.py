"""Reading and saying the answer to one question about a person, according to what its amount means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from matching.exchange.values import BadValue, parse_cents, parse_date, parse_integer, parse_minutes, show_cents
from matching.terms import DEGREE_LEVELS, FRENCH_LEVELS, FactGroup, FactSource, FactUnit, Known
from matching.text import NBSP, written_day, written_hours

_EPOCH = date(2000, 1, 1)
AMOUNT_ONLY = frozenset({FactUnit.DAY, FactUnit.WEEKLY_MINUTES, FactUnit.CENTS_PER_HOUR, FactUnit.LEVEL})
"""Units of facts that say nothing without their amount: the form asks for the amount alone."""


@dataclass(frozen=True)
class FactAnswer:
    """A known answer: `amount` in the unit of the fact (day number, minutes, cents, level, kilograms)."""

    value: Known
    amount: int | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class Source:
    """How and when something was learnt."""

    source: FactSource
    known_on: date


def day_number(day: date) -> int:
    """Days since 2000-01-01, as dates are kept in amounts."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a day number."""
    return _EPOCH + timedelta(days=number)


def read_amount(unit: FactUnit, group: FactGroup, text: str) -> int | None:
    """The amount typed for a fact of this unit; None when empty. Raises `BadValue`."""
    bare = text.strip()
    if not bare:
        return None
    if unit is FactUnit.DAY:
        day = parse_date(bare)
        return None if day is None else day_number(day)
    if unit is FactUnit.WEEKLY_MINUTES:
        return _within(parse_minutes(bare), 60, 48 * 60, "Écrivez des heures par semaine, de 1 à 48.")
    if unit is FactUnit.CENTS_PER_HOUR:
        return _within(parse_cents(bare), 100, 20_000, "Écrivez un salaire brut de l’heure, comme 12,50.")
    if unit is FactUnit.LEVEL:
        return _level(group, bare)
    if unit is FactUnit.MINUTES:
        return _whole(bare, 600, "Écrivez un nombre de minutes, de 1 à 600.")
    if unit is FactUnit.KILOGRAMS:
        return _whole(bare, 200, "Écrivez un nombre de kilos, de 1 à 200.")
    return None


def _whole(text: str, most: int, message: str) -> int:
    try:
        amount = parse_integer(text, minimum=1, maximum=most)
    except BadValue:
        raise BadValue(message) from None
    return amount or 1


def _within(amount: int | None, low: int, high: int, message: str) -> int | None:
    if amount is not None and not low <= amount <= high:
        raise BadValue(message)
    return amount


def levels(group: FactGroup) -> dict[int, str]:
    """The levels that can be chosen for a fact of this group, with their names."""
    return dict(DEGREE_LEVELS) if group is FactGroup.DEGREE else dict(enumerate(FRENCH_LEVELS))


def _level(group: FactGroup, text: str) -> int:
    known = levels(group)
    by_name = {name.lower(): number for number, name in known.items()}
    if text.lower() in by_name:
        return by_name[text.lower()]
    if text.isdecimal() and int(text) in known:
        return int(text)
    raise BadValue(f"Choisissez parmi : {', '.join(known.values())}.")


def read_answer(
    unit: FactUnit, group: FactGroup, value: str, amount: str = "", valid_until: str = ""
) -> FactAnswer | None:
    """The answer to a question from the fields of a form; None is unknown. Raises `BadValue`."""
    if unit in AMOUNT_ONLY:
        number = read_amount(unit, group, amount)
        return None if number is None else FactAnswer(Known.YES, number)
    if value == Known.YES.value:
        until = parse_date(valid_until) if unit is FactUnit.VALID_UNTIL else None
        return FactAnswer(Known.YES, read_amount(unit, group, amount), until)
    if value == Known.NO.value:
        return FactAnswer(Known.NO)
    return None


def say_day(day: date) -> str:
    """« 9 juin 2026 », « 1er mai 2026 », with unbreakable spaces."""
    return written_day(day)


def say_hours(minutes: int) -> str:
    """« 35 h », « 28 h 30 »."""
    return written_hours(minutes)


def say_amount(unit: FactUnit, group: FactGroup, amount: int) -> str:
    """An amount in words."""
    if unit is FactUnit.DAY:
        return say_day(day_of(amount))
    if unit is FactUnit.WEEKLY_MINUTES:
        return f"{say_hours(amount)} par semaine"
    if unit is FactUnit.CENTS_PER_HOUR:
        return f"{show_cents(amount)}{NBSP}€ brut de l’heure"
    if unit is FactUnit.LEVEL:
        return levels(group).get(amount, str(amount))
    if unit is FactUnit.MINUTES:
        return f"{amount}{NBSP}minutes au plus"
    if unit is FactUnit.KILOGRAMS:
        return f"{amount}{NBSP}kg au plus"
    return str(amount)


def say_answer(unit: FactUnit, group: FactGroup, answer: FactAnswer | None) -> str:
    """The answer in words; « à confirmer » when unknown, never read as a no."""
    if answer is None:
        return Known.UNKNOWN.label
    if answer.value is Known.NO:
        return "non"
    if answer.amount is not None:
        said = say_amount(unit, group, answer.amount)
        return said if unit in AMOUNT_ONLY else f"oui, {said}"
    if answer.valid_until is not None:
        return f"oui, jusqu’au {say_day(answer.valid_until)}"
    return "oui"


def type_amount(unit: FactUnit, amount: int | None) -> str:
    """An amount as it is written back in a form."""
    if amount is None:
        return ""
    if unit is FactUnit.DAY:
        return day_of(amount).isoformat()
    if unit is FactUnit.WEEKLY_MINUTES:
        hours, rest = divmod(amount, 60)
        return f"{hours}h{rest:02d}" if rest else str(hours)
    if unit is FactUnit.CENTS_PER_HOUR:
        return show_cents(amount)
    return str(amount)
