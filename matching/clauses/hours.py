"""Hours as people type them, read into whole minutes. The one place where the rule lives.

One reading: it is accepted. Two readings ("7h5", "7 30", "1.607 h"): it is refused, and the message gives both with
how to write each. A comma or a point is the decimal mark: 7.30 is 7 h 18. Nothing typed is unknown, never zero.
"""

from __future__ import annotations

import re

from matching.text import NBSP, written_hours

_EXAMPLES = "Écrivez une durée en heures, par exemple 35, 7h30 ou 17,5."
_MAX_TYPED = 40  # characters: the longest sensible duration, spaces included, is far shorter
_MAX_WHOLE = 7  # digits of hours: a nation's yearly total is some 13 million, one commitment far less
_MINUS = "-−‐‑‒–—"

_UNIT = r"(?:h|heures?)"
_WHOLE = r"(?P<whole>[0-9]+|[1-9][0-9]{0,2}(?: [0-9]{3})+)"
_CLOCK = re.compile(_WHOLE + r" ?(?:h|heures?|:) ?(?P<minutes>[0-9]{1,2}) ?(?P<word>min(?:utes?)?|mn|m)?")
_CLOCK_SECONDS = re.compile(r"(?P<whole>[0-9]+):(?P<minutes>[0-9]{2}):00")  # how spreadsheets show a duration
_ONLY_MINUTES = re.compile(r"(?P<minutes>[0-9]{1,4}) ?(?:min(?:utes?)?|mn)")
_NUMBER = re.compile(_WHOLE + r"(?:[.,](?P<part>[0-9]+))? ?" + _UNIT + "?")
_THOUSANDS_OR_DECIMALS = re.compile(r"(?P<whole>[1-9][0-9]{0,2})[.,](?P<part>[0-9]{3}) ?" + _UNIT + "?")
_TWO_NUMBERS = re.compile(r"(?P<whole>[0-9]{1,3}) (?P<minutes>[0-9]{1,2}) ?" + _UNIT + "?")


class BadHours(ValueError):
    """A duration that cannot be read, or can be read twice: `message` (French) says how to write it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse_hours(text: str) -> int | None:
    """Hours as typed → whole minutes, never negative; None when nothing is typed (unknown is not zero).

    Reads "7h30", "7:30", "7 h 05", "7h", "45 min", "7,5", "7.5", "1 607 h" (any kind of space), "07:30:00"; decimals
    go to the nearest minute, a half up. Raises BadHours, and nothing else.
    """
    typed = " ".join(text.strip("\ufeff\u200b").split()) if len(text) <= 10 * _MAX_TYPED else text
    if not typed:
        return None
    if len(typed) > _MAX_TYPED:
        raise BadHours(f"Cette durée est trop longue pour être lue. {_EXAMPLES}")
    if typed[0] in _MINUS:
        raise BadHours(f"Une durée ne peut pas être négative. {_EXAMPLES}")
    low = typed.lower() if typed.isascii() else ""  # "²" and the digits of other scripts are not read
    _refuse_two_readings(typed, low)
    if found := _CLOCK_SECONDS.fullmatch(low) or _CLOCK.fullmatch(low):
        return _clock(found["whole"], found["minutes"])
    if found := _ONLY_MINUTES.fullmatch(low):
        return int(found["minutes"])
    if found := _NUMBER.fullmatch(low):
        return _decimal(found["whole"], found["part"] or "")
    raise BadHours(f"Cette durée n’est pas lisible. {_EXAMPLES}")


def _refuse_two_readings(typed: str, low: str) -> None:
    if found := _THOUSANDS_OR_DECIMALS.fullmatch(low):
        short = _decimal(found["whole"], found["part"])
        _refuse(typed, f"{_compact(short)} (décimales)", f"{found['whole']}{found['part']}h (milliers)")
    if found := _TWO_NUMBERS.fullmatch(low):
        _refuse(typed, *_with_minutes(found["whole"], found["minutes"]), f"{int(found['whole'] + found['minutes'])}h")
    found = _CLOCK.fullmatch(low)
    if found and len(found["minutes"]) == 1 and found["minutes"] != "0" and not found["word"]:
        _refuse(typed, *_with_minutes(found["whole"].replace(" ", ""), found["minutes"]))


def _with_minutes(whole: str, digits: str) -> tuple[str, ...]:
    """What « 7 … 5 », « 7 … 8 », « 7 … 30 » and « 7 … 75 » may mean: minutes, tens of minutes, decimals of an hour."""
    hours, value = int(whole), int(digits)
    if len(digits) == 2:
        return (f"{hours}h{digits}",) if value <= 59 else (_compact(_decimal(whole, digits)),)
    tens = f"{hours}h{value}0" if value <= 5 else _compact(_decimal(whole, digits))
    return (f"{hours}h{value:02d}", tens)


def _refuse(typed: str, *readings: str) -> None:
    several = tuple(dict.fromkeys(readings))
    ways = "deux façons" if len(several) == 2 else "plusieurs façons"
    choice = f"{', '.join(several[:-1])} ou {several[-1]}"
    raise BadHours(f"«{NBSP}{typed}{NBSP}» peut se lire de {ways}. Écrivez {choice}.")


def _clock(whole: str, digits: str) -> int:
    minutes = int(digits)
    if minutes > 59:
        raise BadHours(f"Les minutes vont de 00 à 59. {_EXAMPLES}")
    return _hours(whole) * 60 + minutes


def _decimal(whole: str, part: str) -> int:
    """Nearest minute, a half up, in integers: no binary fraction ever sees a duration."""
    scale: int = 10 ** len(part)
    return _hours(whole) * 60 + (int(part or 0) * 120 + scale) // (2 * scale)


def _hours(whole: str) -> int:
    digits = whole.replace(" ", "")
    if len(digits) > _MAX_WHOLE:
        raise BadHours(f"Ce nombre d’heures est trop grand. {_EXAMPLES}")
    return int(digits)


def _compact(minutes: int) -> str:
    """The way to type it back: « 7h30 »."""
    return written_hours(minutes).replace(NBSP, "")
