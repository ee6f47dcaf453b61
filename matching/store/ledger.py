"""Writing in the ledger: entries, their chain, the totals and the audit event, all in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matching.clauses.ledger import GENESIS, Entry, link_hash, sealed_fields
from matching.clauses.terms import EntryKind
from matching.store.bulk import insert_of
from matching.store.tables.contracts import Commitment
from matching.store.tables.ledger import CommitmentMonth, LedgerEntry, LedgerHead
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import UnitOfWork


def append(work: UnitOfWork, entries: Sequence[Entry]) -> list[int]:
    """Add `entries` at the end of the ledger, raise the totals they fold into, and record one event a commitment.

    The head's row stays locked until the transaction ends, so that two officers write one after the other.
    Returns the numbers of the entries.
    """
    if not entries:
        return []
    session = work.session
    session.flush()
    head = _locked_head(session)
    numbers = []
    for entry in entries:
        number = head.entry_id + 1
        head.hash = link_hash(head.hash, number, *sealed_fields(entry, work.at, work.actor_id))
        head.entry_id = number
        session.add(_row(entry, number, head.hash, work))
        numbers.append(number)
    session.flush()
    _raise_totals(session, entries)
    # The event carries the head's hash: the trail vouches for the ledger, and the other way round.
    work.record(
        "ledger.appended",
        "commitment",
        entries[0].commitment_id,
        first=numbers[0],
        last=numbers[-1],
        hash=head.hash,
        minutes=sum(entry.minutes for entry in entries),
    )
    return numbers


def as_entry(row: LedgerEntry) -> Entry:
    """The rule's view of a stored entry."""
    return Entry(
        row.kind,
        row.commitment_id,
        row.minutes,
        row.worked_from,
        row.worked_to,
        row.participation_id,
        row.line_id,
        row.allocation_id,
        row.reverses_id,
        row.reason,
    )


def standing_entries(session: Session, line_id: int) -> list[LedgerEntry]:
    """The entries of a line that no reversal has undone, oldest first."""
    undone = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None), LedgerEntry.line_id == line_id)
    query = (
        select(LedgerEntry)
        .where(
            LedgerEntry.line_id == line_id,
            LedgerEntry.kind != EntryKind.REVERSAL,
            LedgerEntry.id.not_in(undone),
        )
        .order_by(LedgerEntry.id)
    )
    return list(session.execute(query).scalars())


def _locked_head(session: Session) -> LedgerHead:
    first = insert_of(session)(LedgerHead).values(id=1, entry_id=0, hash=GENESIS)
    session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    query = select(LedgerHead).where(LedgerHead.id == 1).with_for_update().execution_options(populate_existing=True)
    return session.execute(query).scalar_one()


def _row(entry: Entry, number: int, digest: str, work: UnitOfWork) -> LedgerEntry:
    return LedgerEntry(
        id=number,
        kind=entry.kind,
        commitment_id=entry.commitment_id,
        participation_id=entry.participation_id,
        line_id=entry.line_id,
        allocation_id=entry.allocation_id,
        reverses_id=entry.reverses_id,
        minutes=entry.minutes,
        month=entry.month,
        worked_from=entry.worked_from,
        worked_to=entry.worked_to,
        reason=entry.reason,
        recorded_at=work.at,
        by_id=work.actor_id,
        hash=digest,
    )


def _raise_totals(session: Session, entries: Sequence[Entry]) -> None:
    """Added in SQL, never read then written: two transactions cannot lose each other's minutes."""
    by_commitment: dict[int, int] = defaultdict(int)
    by_month: dict[tuple[int, date], int] = defaultdict(int)
    by_person: dict[int, int] = defaultdict(int)
    for entry in entries:
        by_commitment[entry.commitment_id] += entry.minutes
        by_month[entry.commitment_id, entry.month] += entry.minutes
        if entry.participation_id is not None:
            by_person[entry.participation_id] += entry.minutes
    for commitment_id, minutes in sorted(by_commitment.items()):
        session.execute(
            update(Commitment)
            .where(Commitment.id == commitment_id)
            .values(validated_minutes=Commitment.validated_minutes + minutes)
            .execution_options(synchronize_session=False)
        )
    for (commitment_id, month), minutes in sorted(by_month.items()):
        new = insert_of(session)(CommitmentMonth).values(
            commitment_id=commitment_id, month=month, validated_minutes=minutes
        )
        session.execute(
            new.on_conflict_do_update(
                index_elements=["commitment_id", "month"],
                set_={"validated_minutes": CommitmentMonth.validated_minutes + minutes},
            )
        )
    for participation_id, minutes in sorted(by_person.items()):
        session.execute(
            update(Participation)
            .where(Participation.id == participation_id)
            .values(
                validated_minutes=Participation.validated_minutes + minutes,
                first_worked_on=_first_worked(participation_id),
            )
            .execution_options(synchronize_session=False)
        )


def _first_worked(participation_id: int) -> object:
    """The first day of the standing entries of a participation: when the clock of eligibility starts."""
    undone = select(LedgerEntry.reverses_id).where(
        LedgerEntry.participation_id == participation_id, LedgerEntry.reverses_id.is_not(None)
    )
    return (
        select(func.min(LedgerEntry.worked_from))
        .where(
            LedgerEntry.participation_id == participation_id,
            LedgerEntry.kind == EntryKind.ENTRY,
            LedgerEntry.id.not_in(undone),
        )
        .scalar_subquery()
    )
