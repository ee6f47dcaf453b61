"""From a decided line to the ledger: whose turn it is, the entries of lines, the state a declaration comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.ledger import Entry
from matching.clauses.terms import DeclarationState, EntryKind, LineState
from matching.services.clauses.eligibility_clock import refresh_until, wait_for_ledger
from matching.services.clauses.participations import acted_on
from matching.store import ledger
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import UnitOfWork

_CHUNK = 500


@dataclass(frozen=True)
class Counted:
    """A validated line and the minutes of it that count (training that the contract leaves out is not in them)."""

    line: DeclarationLine
    commitment_id: int
    minutes: int


def take_turn(session: Session) -> None:
    """Wait for whoever is writing in the ledger: always the first lock, so that nobody waits in a circle.

    What is read afterwards is what they left. Nothing is written: a refusal leaves no trace.
    """
    wait_for_ledger(session)


def enter_lines(work: UnitOfWork, counted: Sequence[Counted], more: Sequence[Entry] = ()) -> list[int]:
    """Write `more`, then the entries of validated lines; the clocks and the commitments follow. Numbers of all entries.

    A line of zero minutes has nothing to enter.
    """
    entries = [*more, *(_entry(one) for one in counted if one.minutes)]
    numbers = ledger.append(work, entries)
    participation_ids = {entry.participation_id for entry in entries if entry.participation_id is not None}
    refresh_until(work, people_of(work.session, participation_ids))
    for commitment_id in sorted({entry.commitment_id for entry in entries} | {one.commitment_id for one in counted}):
        acted_on(work, commitment_id)
    return numbers


def _entry(one: Counted) -> Entry:
    first, last = worked_days(one.line)
    line = one.line
    return Entry(EntryKind.ENTRY, one.commitment_id, one.minutes, first, last, line.participation_id, line_id=line.id)


def worked_days(line: DeclarationLine) -> tuple[date, date]:
    """First and last day with hours when the days are known, else the line's period."""
    days = [day.day for day in line.days if day.minutes]
    return (min(days), max(days)) if days else (line.from_on, line.to_on)


def people_of(session: Session, participation_ids: Iterable[int]) -> set[int]:
    """The people behind these participations."""
    ids, people = sorted(participation_ids), set[int]()
    for start in range(0, len(ids), _CHUNK):
        query = select(Participation.person_id).where(Participation.id.in_(ids[start : start + _CHUNK]))
        people.update(session.execute(query).scalars())
    return people


def settled_state(lines: Iterable[DeclarationLine]) -> DeclarationState:
    """The state the decisions on the lines come to. A reversed line that was corrected is its correction's affair.

    Lines of zero hours weigh only when there is nothing else.
    """
    known = list(lines)
    if any(line.state is LineState.PENDING for line in known):
        return DeclarationState.SUBMITTED
    corrected = {line.corrects_id for line in known}
    weighing = [line for line in known if line.id not in corrected]
    weighing = [line for line in weighing if line.minutes] or weighing
    validated = sum(line.state is LineState.VALIDATED for line in weighing)
    if not validated:
        return DeclarationState.REJECTED
    return DeclarationState.VALIDATED if validated == len(weighing) else DeclarationState.PARTLY_VALIDATED
