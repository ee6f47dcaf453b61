"""What a buyer reads of its commitments, and a company of those it holds or works on: totals, months, codes.

Nothing here carries a participant's name, but for a company the first name and initial of the people it employs.
Lists of codes are noted in the read log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.progress import ONE_DAY, forecast, month_start
from matching.clauses.terms import EntryKind
from matching.clock import PARIS
from matching.services.clauses.coded import CodedHours, rows_of
from matching.services.clauses.declaring import short_name
from matching.services.clauses.documents import (
    HOLDING,
    Certificate,
    ContractFacts,
    Progress,
    certificate_of,
    contract_facts,
    issue,
    months_of,
    waiting_of,
)
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.progress import planned_hours
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.services.reading import note_read
from matching.store import scope
from matching.store.scope import fetch
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.text import fold

PER_PAGE = 25
ENTRIES_PER_PAGE = 100


@dataclass(frozen=True)
class BuyerRow:
    """A commitment in the buyer's list. Minutes; `people`: distinct, with hours that stand."""

    id: int
    contract: str
    label: str
    holders: str
    last_day: date | None
    progress: Progress
    people: int


@dataclass(frozen=True)
class BuyerPage:
    """`total` with the words searched, `everything` without."""

    rows: tuple[BuyerRow, ...]
    total: int
    everything: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, PER_PAGE)


@dataclass(frozen=True)
class PlannedMonth:
    """Minutes planned by running participations in a month (its first day), not yet validated."""

    month: date
    minutes: int


@dataclass(frozen=True)
class BuyerCommitment:
    """One commitment as its buyer reads it: what the certificate would state today, and what is planned."""

    content: Certificate
    planned: tuple[PlannedMonth, ...]

    @property
    def planned_minutes(self) -> int:
        return sum(one.minutes for one in self.planned)

    @property
    def share(self) -> Fraction:
        """Validated ÷ due, 0 to 1, to draw a bar."""
        rate = self.content.progress.rate
        return Fraction(0) if rate is None else min(Fraction(1), max(Fraction(0), rate))


@dataclass(frozen=True)
class CodedEntry:
    """A line of the ledger by code. Signed minutes; `reverses`: the entry undone. No code: nobody named behind it."""

    number: int
    kind: str
    code: str
    month: date
    minutes: int
    recorded_on: date
    reverses: int | None


@dataclass(frozen=True)
class EntryPage:
    """`minutes`: the sum of all the entries, on every page."""

    commitment_id: int
    label: str
    rows: tuple[CodedEntry, ...]
    total: int
    minutes: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, ENTRIES_PER_PAGE)


# --- the buyer -----------------------------------------------------------------------------------------------------


def list_commitments(ctx: Context, actor: Actor, words: str = "", page: int = 1) -> BuyerPage:
    """The commitments of the buyer's own contracts, latest contract first."""
    require(actor, Permission.READ_CODED_CLAUSES)
    with ctx.read() as session:
        own = select(Commitment).join(Contract, Contract.id == Commitment.contract_id).where(scope.commitments(actor))
        found = own
        for word in fold(words).split():
            in_number = func.lower(Contract.number).contains(word)
            found = found.where(
                Commitment.label_search.contains(word) | Contract.object_search.contains(word) | in_number
            )
        total = _count(session, found)
        page = page_shown(page, total, PER_PAGE)
        newest = Contract.notified_on.desc().nulls_last(), Contract.id.desc(), Commitment.lot, Commitment.id
        rows = session.execute(found.order_by(*newest).limit(PER_PAGE).offset((page - 1) * PER_PAGE)).scalars()
        shown = _rows(session, list(rows), ctx.clock.today())
        return BuyerPage(shown, total, _count(session, own) if words else total, page)


def _count(session: Session, query: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def _rows(session: Session, found: list[Commitment], today: date) -> tuple[BuyerRow, ...]:
    ids = [row.id for row in found]
    due = minutes_due_of(session, ids, today, today)
    people: dict[int, set[int]] = {}
    for hours in rows_of(session, ids):
        people.setdefault(hours.commitment_id, set()).add(hours.person_id)
    shown = []
    for row in found:
        facts = contract_facts(session, row)
        progress = Progress(due[row.id], row.validated_minutes, 0)
        shown.append(
            BuyerRow(
                id=row.id,
                contract=facts.written_number,
                label=row.label,
                holders=", ".join(facts.holders),
                last_day=facts.last_day,
                progress=progress,
                people=len(people.get(row.id, ())),
            )
        )
    return tuple(shown)


def read_commitment(ctx: Context, actor: Actor, commitment_id: int) -> BuyerCommitment:
    """One commitment of the buyer, the read noted; raises `NotFound` for another buyer's."""
    require(actor, Permission.READ_CODED_CLAUSES)
    with ctx.read() as session:
        row = fetch(session, actor, Commitment, commitment_id)
        today = ctx.clock.today()
        found = BuyerCommitment(certificate_of(session, row, today), _planned(session, row, today))
    note_read(ctx, actor, "commitment", commitment_id, "coded")
    return found


def issue_coded_certificate(ctx: Context, actor: Actor, commitment_id: int, kind: str) -> Certificate:
    """The certificate with its number, its issue recorded. `kind`: `pdf` or `xlsx`. Raises `NotFound`."""
    require(actor, Permission.READ_CODED_CLAUSES)
    with ctx.write(actor) as work:
        return issue(work, fetch(work.session, actor, Commitment, commitment_id), kind)


def list_entries(ctx: Context, actor: Actor, commitment_id: int, page: int = 1) -> EntryPage:
    """The ledger of one commitment of the buyer by codes, in the order written, the read noted. Raises `NotFound`."""
    require(actor, Permission.READ_CODED_CLAUSES)
    with ctx.read() as session:
        row = fetch(session, actor, Commitment, commitment_id)
        own = LedgerEntry.commitment_id == commitment_id
        total = session.execute(select(func.count(LedgerEntry.id)).where(own)).scalar_one()
        page = page_shown(page, total, ENTRIES_PER_PAGE)
        query = select(LedgerEntry, Participation.code).where(own)
        query = query.outerjoin(Participation, Participation.id == LedgerEntry.participation_id)
        query = query.order_by(LedgerEntry.id).limit(ENTRIES_PER_PAGE).offset((page - 1) * ENTRIES_PER_PAGE)
        entries = tuple(_entry(entry, code) for entry, code in session.execute(query))
        found = EntryPage(row.id, row.label, entries, total, row.validated_minutes, page)
    note_read(ctx, actor, "commitment", commitment_id, "coded")
    return found


def _entry(entry: LedgerEntry, code: str | None) -> CodedEntry:
    recorded_on = entry.recorded_at.astimezone(PARIS).date()
    kind = EntryKind(entry.kind).label
    return CodedEntry(entry.id, kind, code or "", entry.month, entry.minutes, recorded_on, entry.reverses_id)


def _planned(session: Session, row: Commitment, today: date) -> tuple[PlannedMonth, ...]:
    """What participations should still bring from last month on; older days that nobody declared promise nothing.

    All certainties together: a buyer is not told who is at risk.
    """
    last_month = month_start(month_start(today) - ONE_DAY)
    last_day = contract_facts(session, row).last_day
    expected = forecast(0, 0, planned_hours(session, row.id, last_day), last_day, today)
    return tuple(
        PlannedMonth(one.month, one.planned) for one in expected.by_month if one.planned and one.month >= last_month
    )


# --- the company ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnPerson:
    """Somebody the company employs: code, first name and initial, minutes that stand."""

    code: str
    name: str
    minutes: int


@dataclass(frozen=True)
class HolderView:
    """A commitment as a company reads it.

    `holds`: it is a holder, so it reads the whole: `progress`, all the months, the codes of people employed by others.
    Else `progress` is None and the months are those of its own people. Minutes; months by their first day.
    """

    commitment_id: int
    contract: ContractFacts
    holds: bool
    progress: Progress | None
    months: tuple[tuple[date, int], ...]
    own: tuple[OwnPerson, ...]
    others: tuple[CodedHours, ...]

    @property
    def minutes(self) -> int:
        """Minutes validated of all the months shown."""
        return sum(minutes for _, minutes in self.months)


def holder_view(ctx: Context, actor: Actor, commitment_id: int) -> HolderView:
    """One commitment of the actor's company, the read noted. Raises `NotFound` for another company's."""
    require(actor, Permission.DECLARE_HOURS)
    with ctx.read() as session:
        row = fetch(session, actor, Commitment, commitment_id)
        company = session.execute(select(scope.own_organisation(actor))).scalar_one() or 0
        found = _holder_view(session, row, company, ctx.clock.today())
    note_read(ctx, actor, "commitment", commitment_id, "coded")
    return found


def _holder_view(session: Session, row: Commitment, company: int, today: date) -> HolderView:
    mine = select(CommitmentParty.id).where(
        CommitmentParty.commitment_id == row.id, CommitmentParty.organisation_id == company
    )
    holds = session.execute(mine.where(CommitmentParty.role.in_(HOLDING)).limit(1)).first() is not None
    own = _own_people(session, row.id, company)
    codes = {one.code for one in own}
    minutes: dict[str, int] = {}
    for hours in rows_of(session, [row.id]) if holds else ():
        if hours.code not in codes:
            minutes[hours.code] = minutes.get(hours.code, 0) + hours.minutes
    due = minutes_due_of(session, [row.id], today, today)[row.id]
    return HolderView(
        commitment_id=row.id,
        contract=contract_facts(session, row),
        holds=holds,
        progress=Progress(due, row.validated_minutes, waiting_of(session, row.id)[0]) if holds else None,
        months=months_of(session, row.id) if holds else _own_months(session, row.id, company),
        own=own,
        others=tuple(CodedHours(code, minutes[code]) for code in sorted(minutes)),
    )


def _own_people(session: Session, commitment_id: int, company: int) -> tuple[OwnPerson, ...]:
    """Those put on the commitment, with or without hours, and those whose hours came by pooling."""
    minutes = {row.participation_id: row.minutes for row in rows_of(session, [commitment_id], employer_id=company)}
    query = (
        select(Participation.id, Participation.code, Person)
        .join(Person, Person.id == Participation.person_id)
        .where(
            Participation.organisation_id == company,
            (Participation.commitment_id == commitment_id) | Participation.id.in_(minutes),
        )
        .order_by(Participation.id)
    )
    found = session.execute(query)
    return tuple(OwnPerson(code, short_name(person), minutes.get(key, 0)) for key, code, person in found)


def _own_months(session: Session, commitment_id: int, company: int) -> tuple[tuple[date, int], ...]:
    total = func.sum(LedgerEntry.minutes)
    query = (
        select(LedgerEntry.month, total)
        .join(Participation, Participation.id == LedgerEntry.participation_id)
        .where(LedgerEntry.commitment_id == commitment_id, Participation.organisation_id == company)
        .group_by(LedgerEntry.month)
        .having(total != 0)
        .order_by(LedgerEntry.month)
    )
    return tuple((month, int(minutes or 0)) for month, minutes in session.execute(query))
