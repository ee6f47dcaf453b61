"""Facts as small integers: one int16 says yes, no or unknown, and how much or until when.

``-1`` unknown, ``0`` no (or level 0), ``> 0`` yes: an amount, or the last valid day (days since 2000-01-01),
or ``YES`` (32767) when nothing limits it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

UNKNOWN_FACT = -1
NO_FACT = 0
YES_FACT = 32767
_LARGEST = YES_FACT - 1
_EPOCH = date(2000, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 2000-01-01, the only dates the engine knows."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(number + _EPOCH)


def encode_fact(*, yes: bool, amount: int | None = None, valid_until: date | None = None) -> int:
    """One known fact as the engine holds it; an unknown fact is simply not given.

    >>> encode_fact(yes=True), encode_fact(yes=False), encode_fact(yes=True, amount=45)
    (32767, 0, 45)
    """
    if not yes:
        return NO_FACT
    if amount is not None:
        return max(0, min(amount, _LARGEST))
    if valid_until is not None:
        return max(1, min(day_number(valid_until), _LARGEST))
    return YES_FACT


@dataclass(frozen=True)
class FactVocabulary:
    """The fact codes, in the order of the rows of the fact matrix."""

    codes: tuple[str, ...]
    index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __init__(self, codes: Iterable[str]) -> None:
        ordered = tuple(codes)
        if len(set(ordered)) != len(ordered):
            raise ValueError("a fact code is given twice")
        object.__setattr__(self, "codes", ordered)
        object.__setattr__(self, "index", {code: i for i, code in enumerate(ordered)})

    def __len__(self) -> int:
        return len(self.codes)
