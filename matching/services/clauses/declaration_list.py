"""The declarations of all commitments, with what to look at in those that wait."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clauses.lines import Severity
from matching.clauses.terms import DeclarationState, LineState
from matching.services.clauses.findings import DECIDED, LineFindings, findings_of
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.store import scope
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.organisations import Organisation
from matching.text import fold

PER_PAGE = 25
TO_DECIDE, WAITING, DONE, ALL = "to_decide", "waiting", "done", ""
_STATES: dict[str, tuple[DeclarationState, ...]] = {
    TO_DECIDE: (DeclarationState.SUBMITTED,),
    WAITING: (DeclarationState.DRAFT, DeclarationState.RETURNED),
    DONE: DECIDED,
}


@dataclass(frozen=True)
class DeclarationFilter:
    """`show`: to decide, with the company, decided, or all. `words` of a company, a commitment or a contract."""

    show: str = TO_DECIDE
    words: str = ""
    month: date | None = None
    commitment_id: int | None = None
    mine: bool = False
    page: int = 1


@dataclass(frozen=True)
class DeclarationRow:
    """A declaration in the list; `remarks` is what to look at, empty when nothing or when it is not to decide."""

    id: int
    month: date
    number: int
    state: DeclarationState
    company: str
    commitment_id: int
    commitment: str
    contract: str
    lines: int
    left: int
    minutes: int
    submitted_at: datetime | None
    quiet: int
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class DeclarationPage:
    """`total` with the filters, `to_decide` without any."""

    rows: tuple[DeclarationRow, ...]
    total: int
    to_decide: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, PER_PAGE)


def list_declarations(ctx: Context, actor: Actor, wanted: DeclarationFilter) -> DeclarationPage:
    """One page of declarations: those to decide oldest first, the others latest month first."""
    require(actor, Permission.DECIDE_HOURS)
    with ctx.read() as session:
        conditions = _conditions(actor, wanted)
        total = _count(session, conditions)
        waiting = _count(session, [scope.declarations(actor), HourDeclaration.state == DeclarationState.SUBMITTED])
        page = page_shown(wanted.page, total, PER_PAGE)
        oldest_first = (HourDeclaration.submitted_at, HourDeclaration.id)
        latest_first = (HourDeclaration.month.desc(), HourDeclaration.id.desc())
        query = (
            select(HourDeclaration, Commitment, Contract.object, Organisation.name)
            .join(Commitment, Commitment.id == HourDeclaration.commitment_id)
            .join(Contract, Contract.id == Commitment.contract_id)
            .join(Organisation, Organisation.id == HourDeclaration.organisation_id)
            .where(*conditions)
            .options(selectinload(HourDeclaration.lines).selectinload(DeclarationLine.days))
            .order_by(*(oldest_first if wanted.show == TO_DECIDE else latest_first))
            .limit(PER_PAGE)
            .offset((page - 1) * PER_PAGE)
        )
        today = ctx.clock.today()
        rows = tuple(_row(session, *found, today) for found in session.execute(query).all())
        return DeclarationPage(rows, total, waiting, page)


def _conditions(actor: Actor, wanted: DeclarationFilter) -> list[ColumnElement[bool]]:
    found = [scope.declarations(actor)]
    if wanted.show in _STATES:
        found.append(HourDeclaration.state.in_(_STATES[wanted.show]))
    found += [
        or_(
            Organisation.name_search.contains(word),
            Commitment.label_search.contains(word),
            Contract.object_search.contains(word),
        )
        for word in fold(wanted.words).split()
    ]
    if wanted.month is not None:
        found.append(HourDeclaration.month == wanted.month.replace(day=1))
    if wanted.commitment_id is not None:
        found.append(HourDeclaration.commitment_id == wanted.commitment_id)
    if wanted.mine:
        found.append(Commitment.facilitator_id == actor.user_id)
    return found


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    query = (
        select(func.count(HourDeclaration.id))
        .join(Commitment, Commitment.id == HourDeclaration.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .join(Organisation, Organisation.id == HourDeclaration.organisation_id)
        .where(*conditions)
    )
    return session.execute(query).scalar_one()


def _row(
    session: Session, row: HourDeclaration, commitment: Commitment, contract: str, company: str, today: date
) -> DeclarationRow:
    judged = findings_of(session, row, today) if row.state is DeclarationState.SUBMITTED else {}
    standing = [line for line in row.lines if line.state is not LineState.REVERSED]
    return DeclarationRow(
        row.id,
        row.month,
        row.number,
        row.state,
        company,
        commitment.id,
        commitment.label,
        contract,
        len(standing),
        len(judged),
        sum(line.minutes or 0 for line in standing),
        row.submitted_at,
        sum(not one.findings and not one.doubles for one in judged.values()),
        _remarks(judged.values()),
    )


def _remarks(judged: Collection[LineFindings]) -> tuple[str, ...]:
    """Each kind of remark once, what blocks or rejects first."""
    rank = list(Severity)
    findings = sorted((one for line in judged for one in line.findings), key=lambda one: rank.index(one.severity))
    words = [one.code.label for one in findings]
    words = ["Possible doublon" for line in judged if line.doubles][:1] + words
    return tuple(dict.fromkeys(words))
