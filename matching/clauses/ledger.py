"""The ledger as rules: what an entry is, its place in the chain, what reverses it, what may be shared out of it.

An entry is never changed. A correction is the exact opposite of an entry, then a new entry. Every total is a fold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import starmap

from matching.clauses.terms import EntryKind
from matching.errors import RuleRefused
from matching.text import written_hours

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """Signed minutes on a commitment, for a month worked. `line_id` empty only for an opening balance."""

    kind: EntryKind
    commitment_id: int
    minutes: int
    worked_from: date
    worked_to: date
    participation_id: int | None = None
    line_id: int | None = None
    allocation_id: int | None = None
    reverses_id: int | None = None
    reason: str = ""

    @property
    def month(self) -> date:
        """The first day of the month worked: hours count in the month they were worked, not recorded."""
        return self.worked_from.replace(day=1)


def month_of(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def link_hash(previous: str, number: int, *fields: object) -> str:
    """SHA-256 over the hash before, the entry's number and its fields, in the order of `sealed_fields`."""
    content = "|".join((previous, str(number), *map(str, fields)))
    return hashlib.sha256(content.encode()).hexdigest()


def sealed_fields(entry: Entry, recorded_at: datetime, by_id: int | None) -> tuple[object, ...]:
    """What the hash of an entry covers: everything that is stored of it."""
    return (
        entry.kind.value,
        entry.commitment_id,
        entry.participation_id,
        entry.line_id,
        entry.allocation_id,
        entry.reverses_id,
        entry.minutes,
        entry.month,
        entry.worked_from,
        entry.worked_to,
        entry.reason,
        int(recorded_at.timestamp() * 1_000_000),
        by_id,
    )


def reversal_of(entry_id: int, entry: Entry, reason: str) -> Entry:
    """The exact opposite of `entry`, at the same place and the same month."""
    if entry.kind is EntryKind.REVERSAL:
        raise RuleRefused(
            "Une annulation ne s’annule pas. Déclarez à nouveau les heures : elles feront une nouvelle ligne."
        )
    return Entry(
        EntryKind.REVERSAL,
        entry.commitment_id,
        -entry.minutes,
        entry.worked_from,
        entry.worked_to,
        entry.participation_id,
        entry.line_id,
        entry.allocation_id,
        entry_id,
        reason,
    )


def allocation_of(entry: Entry, allocation_id: int, to_commitment_id: int, minutes: int, already: int) -> list[Entry]:
    """Share `minutes` of a validated line with another commitment of the same pooling agreement.

    `already` is what was shared out of this line before. Two entries that sum to zero: an hour counts once.
    """
    left = entry.minutes - already
    if to_commitment_id == entry.commitment_id:
        raise RuleRefused("Ces heures comptent déjà pour cet engagement. Choisissez un autre engagement de l’accord.")
    if not 0 < minutes <= left:
        raise RuleRefused(
            f"Il reste {written_hours(max(0, left))} à répartir sur cette ligne : une heure travaillée ne compte "
            "qu’une fois. Écrivez une durée entre 1 minute et ce reste."
        )
    return list(
        starmap(
            lambda commitment_id, amount: Entry(
                EntryKind.ALLOCATION,
                commitment_id,
                amount,
                entry.worked_from,
                entry.worked_to,
                entry.participation_id,
                entry.line_id,
                allocation_id,
            ),
            ((entry.commitment_id, -minutes), (to_commitment_id, minutes)),
        )
    )


def total(entries: Iterable[Entry]) -> int:
    """The fold: minutes that stand."""
    return sum(entry.minutes for entry in entries)
