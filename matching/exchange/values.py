"""Values as French spreadsheets write them, and the guard for what we write in one.

Parsers take the text of a cell and return a value, or None for an empty cell. They raise BadValue, whose
message is French and says how to write the value; nothing else.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from matching.clauses.hours import BadHours, parse_hours
from matching.terms import Known
from matching.text import fold

MAX_INTEGER = 2_000_000_000
MAX_WEEKLY_HOURS = 168
_MAX_CELL = 10_000


class BadValue(ValueError):
    """A cell that cannot be read: `message` says how to write it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def clean(text: str) -> str:
    """The text with every kind of space made plain and collapsed. Raises BadValue when far too long."""
    if len(text) > _MAX_CELL:
        raise BadValue(f"Ce texte est trop long : {_MAX_CELL} caractères au plus.")
    return " ".join(text.replace("\u200b", "").replace("\ufeff", "").replace("\x00", "").split())


def parse_text(text: str) -> str | None:
    """Text without surplus spaces; None when empty. The guard of our own exports is taken off."""
    tidy = clean(text)
    if len(tidy) > 1 and tidy[0] == "'" and tidy[1] in _FORMULA_STARTS:
        tidy = tidy[1:]
    return tidy or None


_YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "1", "x"})
_NO = frozenset({"non", "n", "no", "faux", "false", "0"})
_UNKNOWN = frozenset(
    {
        "",
        "nsp",
        "ne sait pas",
        "ne sais pas",
        "inconnu",
        "inconnue",
        "unknown",
        "a confirmer",
        "a preciser",
        "non renseigne",
        "non aborde",
        "pas demande",
        "nc",
        "nr",
    }
)


def parse_known(text: str) -> Known:
    """ "oui" / "non" / anything that says it is not known ("", "?", "ne sait pas") → the three values."""
    tidy = clean(text)
    word = fold(tidy)
    if word in _YES:
        return Known.YES
    if word in _NO:
        return Known.NO
    # "?" and "-" fold to nothing: only those stand for "not known", not any symbol.
    if word in _UNKNOWN and (word or not tidy.strip("?-–—./ ")):
        return Known.UNKNOWN
    raise BadValue("Écrivez « oui », « non », ou laissez vide si ce n’est pas connu.")


_DAY_FIRST = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})(?: 00:00(?::00)?)?")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_SERIAL = re.compile(r"(\d{5})(?:[.,]0+)?")
_EXCEL_ZERO = date(1899, 12, 30)
_DATE_HELP = "Écrivez la date JJ/MM/AAAA, par exemple 05/09/2026."


def parse_date(text: str) -> date | None:
    """JJ/MM/AAAA, AAAA-MM-JJ, or an Excel day number; years 1900 to 2199."""
    tidy = clean(text)
    if not tidy:
        return None
    if found := _DAY_FIRST.fullmatch(tidy):
        day, month, year = (int(part) for part in found.groups())
    elif found := _YEAR_FIRST.fullmatch(tidy):
        year, month, day = (int(part) for part in found.groups())
    elif found := _SERIAL.fullmatch(tidy):
        return _EXCEL_ZERO + timedelta(days=int(found[1]))
    else:
        raise BadValue(f"Cette date n’est pas lisible. {_DATE_HELP}")
    if not 1900 <= year <= 2199:
        raise BadValue(f"L’année de cette date paraît fausse. {_DATE_HELP}")
    try:
        return date(year, month, day)
    except ValueError:
        raise BadValue(f"Ce jour n’existe pas. {_DATE_HELP}") from None


_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?: \d{3})+)(?:[.,](\d+))?")


def parse_decimal(text: str) -> Decimal | None:
    """ "12,50", "12.5", "1 234,5" → Decimal. A comma or a point is always the decimal mark."""
    tidy = clean(text)
    if not tidy:
        return None
    found = _NUMBER.fullmatch(tidy) if tidy.isascii() else None
    if found is None:
        raise BadValue("Écrivez un nombre, par exemple 12,50 ou 1 234,5.")
    sign, whole, part = found.groups()
    digits = whole.replace(" ", "")
    if len(digits) > 12 or len(part or "") > 20:
        raise BadValue("Ce nombre est trop long.")
    return Decimal(f"{sign}{digits}.{part or 0}")


def parse_integer(text: str, *, minimum: int | None = None, maximum: int = MAX_INTEGER) -> int | None:
    """A whole number ("3", "3,0", "1 200") between the bounds."""
    number = parse_decimal(text)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise BadValue("Écrivez un nombre entier, sans virgule.")
    if minimum is not None and number < minimum:
        raise BadValue(f"Ce nombre est trop petit : {minimum} au moins.")
    if number > maximum or number < -MAX_INTEGER:
        raise BadValue(f"Ce nombre est trop grand : {maximum} au plus.")
    return int(number)


_EURO_SIGN = re.compile(r"\s*(?:€|euros?|eur)(?:\s*brut)?s?\s*$", re.IGNORECASE)


def parse_cents(text: str) -> int | None:
    """An amount in euros ("12,31", "1 867,02 €") → integer cents, not negative, at most two decimals."""
    tidy = _EURO_SIGN.sub("", clean(text))
    if not tidy:
        if clean(text):
            raise BadValue("Écrivez un montant en euros, par exemple 12,31.")
        return None
    try:
        amount = parse_decimal(tidy)
    except BadValue:
        raise BadValue("Écrivez un montant en euros, par exemple 12,31 ou 1 867,02.") from None
    if amount is None or amount < 0:
        raise BadValue("Un montant ne peut pas être négatif.")
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise BadValue("Un montant a deux décimales au plus, par exemple 12,31.")
    return int(cents)


def parse_minutes(text: str, *, maximum_hours: int = MAX_WEEKLY_HOURS) -> int | None:
    """Hours ("35h", "7h30", "35", "17,5", "07:30") → whole minutes. The rule is `matching.clauses.hours`."""
    try:
        minutes = parse_hours(text)
    except BadHours as bad:
        raise BadValue(bad.message) from None
    if minutes is not None and minutes > maximum_hours * 60:
        raise BadValue(
            f"Cette durée dépasse {maximum_hours} h. Écrivez une durée en heures, par exemple 35, 7h30 ou 17,5."
        )
    return minutes


def parse_list(text: str) -> tuple[str, ...]:
    """Items separated by "|" (or by "," when there is no "|"), tidy, without empties or repeats."""
    tidy = clean(text)
    parts = tidy.split("|") if "|" in tidy else tidy.split(",")
    return tuple(dict.fromkeys(item for item in (part.strip() for part in parts) if item))


# --- writing ------------------------------------------------------------------------------------------

_FORMULA_STARTS = frozenset("=+-@\t\r\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PLAIN_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


def guard(text: str) -> str:
    """Text a spreadsheet will never run: a formula start gets an apostrophe, control characters go.

    A plain negative number ("-12,5") stays a number.
    """
    safe = _CONTROL.sub("", text)
    if safe.lstrip()[:1] in _FORMULA_STARTS or safe[:1] in _FORMULA_STARTS:
        return safe if _PLAIN_NUMBER.fullmatch(safe) else "'" + safe
    return safe


def show(value: object) -> str:
    """A value as a French cell: dates JJ/MM/AAAA, decimal comma, oui/non, lists with "|"; guarded."""
    if value is None or value is Known.UNKNOWN:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Known):
        return value.label
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    if isinstance(value, (Decimal, float)):
        return format(value, "f").replace(".", ",")
    if isinstance(value, (tuple, list)):
        return guard("|".join(str(item) for item in value))
    return guard(str(value))


def show_minutes(minutes: int | None) -> str:
    """1050 → "17h30", 2100 → "35h", None → ""."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    return f"{hours}h{rest:02d}" if rest else f"{hours}h"


def show_cents(cents: int | None) -> str:
    """1231 → "12,31", None → ""."""
    return "" if cents is None else f"{cents // 100},{cents % 100:02d}"
