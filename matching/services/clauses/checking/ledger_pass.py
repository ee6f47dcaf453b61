"""One pass over the entries: the chain from the first to the head, and the fold of every stored total."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from matching.clauses.ledger import GENESIS
from matching.services.clauses.checking.report import Breach
from matching.store.tables.contracts import Commitment
from matching.store.tables.ledger import CommitmentMonth, LedgerHead
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent

_BATCH = 20_000


@dataclass
class Fold:
    """What one pass over the entries adds up."""

    seals: list[Seal]
    entries: int = 0
    commitments: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    months: dict[tuple[int, str], int] = field(default_factory=lambda: defaultdict(int))
    people: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    sealed: dict[int, str] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)


def read_ledger(connection: Connection) -> Fold:
    """The chain from the first entry to the head, and the folds of every total."""
    fold = Fold(seals=_seals(connection))
    sealing = {seal.last for seal in fold.seals}
    previous = GENESIS
    for number, kind, commitment, person, line, allocation, reverses, minutes, month, first, last, reason, at, by, digest in _rows(connection):  # fmt: skip  # noqa: E501
        fold.entries += 1
        content = (
            f"{previous}|{number}|{kind}|{commitment}|{person}|{line}|{allocation}|{reverses}|{minutes}|{month}|{first}"
            f"|{last}|{reason}|{_microseconds(at)}|{by}"
        )
        if number != fold.entries or hashlib.sha256(content.encode()).hexdigest() != digest:
            fold.breaches.append(
                Breach("chaîne du grand livre", "ledger_entry", fold.entries, "l’écriture ne suit pas la précédente")
            )
            return fold
        previous = digest
        fold.commitments[commitment] += minutes
        fold.months[commitment, str(month)] += minutes
        if person is not None:
            fold.people[person] += minutes
        if number in sealing:
            fold.sealed[number] = digest
    head = connection.execute(select(LedgerHead.entry_id, LedgerHead.hash)).first()
    if (head.entry_id, head.hash) != (fold.entries, previous) if head else fold.entries:
        number = fold.entries + 1
        fold.breaches.append(Breach("chaîne du grand livre", "ledger_entry", number, "la fin du grand livre manque"))
    return fold


def _rows(connection: Connection) -> Iterator[Any]:
    """Entries in order as the driver gives them: on SQLite days and instants stay text, which is what is sealed."""
    columns = (
        "id, kind, commitment_id, participation_id, line_id, allocation_id, reverses_id, minutes, month, worked_from, "
        "worked_to, reason, recorded_at, by_id, hash"
    )
    statement = f"SELECT {columns} FROM ledger_entry ORDER BY id"  # noqa: S608 - names of columns, written above
    # The driver's own cursor: a million rows need no other object around them (half the time). On PostgreSQL a named
    # one stays on the server, else the driver would hold the whole table.
    named = {"name": "ledger_pass"} if connection.dialect.name == "postgresql" else {}
    cursor: Any = connection.connection.cursor(**named)
    try:
        cursor.execute(statement)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch
    finally:
        cursor.close()


_instants: dict[str, int] = {}


def _microseconds(at: str | datetime) -> int:
    """The instant as it is sealed. Entries written together share it: the last one read is kept."""
    if isinstance(at, datetime):
        return int(at.timestamp() * 1_000_000)
    if at not in _instants:
        _instants.clear()
        _instants[at] = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1_000_000)
    return _instants[at]


def compare_totals(connection: Connection, fold: Fold) -> Iterator[Breach]:
    """Each stored total against the fold; a total without entries must be zero."""
    stored = connection.execute(select(Commitment.id, Commitment.validated_minutes).order_by(Commitment.id)).all()
    yield from _differences("total de l’engagement", "commitment", stored, fold.commitments)
    people = connection.execute(
        select(Participation.id, Participation.validated_minutes).order_by(Participation.id)
    ).all()
    yield from _differences("total de la participation", "participation", people, fold.people)
    months = connection.execute(
        select(CommitmentMonth.commitment_id, CommitmentMonth.month, CommitmentMonth.validated_minutes)
    ).all()
    kept = {(row.commitment_id, str(row.month)): row.validated_minutes for row in months}
    for key in sorted(kept.keys() | fold.months.keys()):
        if kept.get(key, 0) != fold.months.get(key, 0):
            told = f"{key[1][:7]} : {kept.get(key, 0)} min écrites, {fold.months.get(key, 0)} au grand livre"
            yield Breach("total du mois", "commitment_month", key[0], told)
            return


def _differences(rule: str, table: str, stored: Any, folded: dict[int, int]) -> Iterator[Breach]:
    for number, minutes in stored:
        if minutes != folded.get(number, 0):
            told = f"{minutes} min écrites, {folded.get(number, 0)} au grand livre"
            yield Breach(rule, table, number, told)
            return


@dataclass(frozen=True, slots=True)
class Seal:
    """One event of the trail that announces entries `first` to `last`; `hash` is that of the last."""

    event: int
    first: int
    last: int
    hash: str


def _seals(connection: Connection) -> list[Seal]:
    query = select(AuditEvent.id, AuditEvent.details).where(AuditEvent.action == "ledger.appended")
    # Options of this statement, not of the connection: all the following ones would go through a server-side cursor,
    # which PostgreSQL plans for its first rows only.
    with connection.execute(query.order_by(AuditEvent.id), execution_options={"yield_per": _BATCH}) as rows:
        return [_seal(row.id, json.loads(row.details)) for row in rows]


def _seal(event: int, details: dict[str, Any]) -> Seal:
    # An event without its numbers announces nothing: entry 0 does not exist.
    return Seal(event, details.get("first", 0), details.get("last", 0), details.get("hash", ""))


def compare_with_trail(fold: Fold) -> Iterator[Breach]:
    """Every entry was announced by one event of the trail, which carries the hash of the last one it announces."""
    expected = 1
    for seal in fold.seals:
        if seal.first != expected or fold.sealed.get(seal.last) != seal.hash:
            yield Breach("journal et grand livre", "audit_event", seal.event, "l’évènement ne scelle pas ses écritures")
            return
        expected = seal.last + 1
    if expected != fold.entries + 1:
        yield Breach("journal et grand livre", "ledger_entry", expected, "aucun évènement n’annonce cette écriture")
