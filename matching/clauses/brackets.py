"""Hours by bracket of amount: which table holds on a day, which line holds for an amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from matching.errors import FieldError, Invalid
from matching.reference.model import HoursBracket


@dataclass(frozen=True)
class FoundBracket:
    """The line that holds for an amount; `below_cents` is where the next one begins, None for the last."""

    line: HoursBracket
    below_cents: int | None


def table_on(rows: Iterable[HoursBracket], day: date) -> tuple[HoursBracket, ...]:
    """The table in force on `day`: every line of the latest `valid_from` not after it, by amount. Empty before."""
    begun = [row for row in rows if row.valid_from <= day]
    latest = max((row.valid_from for row in begun), default=None)
    return tuple(sorted((row for row in begun if row.valid_from == latest), key=lambda row: row.from_cents))


def find(table: Sequence[HoursBracket], amount_cents: int) -> FoundBracket:
    """The line whose bracket holds the amount: its beginning included, the next one's excluded.

    `table` comes from `table_on`. Raises Invalid when it is empty, begins above the amount, or says two things
    of one amount.
    """
    if any(low.from_cents == high.from_cents for low, high in pairwise(table)):
        raise _refused("Le barème donne deux fois la même borne. Gardez une seule ligne par montant.")
    reached = [row for row in table if row.from_cents <= amount_cents]
    if not reached:
        raise _refused("Le barème ne prévoit rien pour ce montant. Ajoutez-lui une tranche qui commence plus bas.")
    following = table[len(reached)].from_cents if len(reached) < len(table) else None
    return FoundBracket(reached[-1], following)


def _refused(message: str) -> Invalid:
    return Invalid(message, [FieldError("brackets", message)])
