"""Statements of an organisation over a period of months worked: as a buyer, as a holder, as the employer of people.

Clause officers read everything; a statement to hand over (`coded`) shows people by codes and in groups large enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import minutes_by_holder
from matching.clauses.terms import EventKind
from matching.errors import FieldError, Invalid, NotFound
from matching.exchange.workbook import CellValue, Minutes, Sheet, write_workbook
from matching.services.clauses.coded import HoursRow, People, batches, facts_of, people_of, rows_of
from matching.services.clauses.documents import (
    HOLDING,
    Progress,
    month_rows,
    people_sheets,
    written_average,
    written_month,
)
from matching.services.clauses.due import Fold, folds_of
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.ledger import CommitmentMonth, LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.terms import Labelled
from matching.text import fold

PER_PAGE = 25


class Side(Labelled):
    """As what an organisation is read."""

    BUYER = "acheteur", "Acheteur"
    HOLDER = "titulaire", "Titulaire"
    EMPLOYER = "employeur", "Employeur des personnes"


@dataclass(frozen=True)
class SubjectRow:
    """An organisation of which a statement can be made, and its commitments on each side."""

    id: int
    name: str
    siren: str
    commitments: dict[Side, int]


@dataclass(frozen=True)
class SubjectPage:
    rows: tuple[SubjectRow, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, PER_PAGE)


@dataclass(frozen=True)
class Period:
    """Months worked, by their first day, both included; None: since the beginning, until now."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            message = "Le dernier mois vient avant le premier. Corrigez l’un des deux."
            raise Invalid(message, [FieldError("au", message)])

    @property
    def written(self) -> str:
        if self.first and self.last:
            same = self.first == self.last
            return written_month(self.first) if same else f"{written_month(self.first)} à {written_month(self.last)}"
        if self.first:
            return f"depuis {written_month(self.first)}"
        return f"jusqu’à {written_month(self.last)}" if self.last else "depuis le début"


@dataclass(frozen=True)
class CommitmentLine:
    """A commitment of the statement. Minutes. `due`: as of today; None when the hours due are not this company's.

    `in_period`, `in_total`: validated, of its own people for an employer. `people`: distinct, in the period.
    `shared`: the hours due are those of several holders together.
    """

    id: int
    contract: str
    label: str
    buyer: str
    due: int | None
    in_period: int
    in_total: int
    people: int
    shared: bool

    @property
    def progress(self) -> Progress | None:
        return None if self.due is None else Progress(self.due, self.in_total, 0)


@dataclass(frozen=True)
class Statement:
    """What is handed over. `sides`: the sides on which this organisation has something to read.

    `without_people`: validated minutes of the period with nobody named behind them (opening balances).
    """

    organisation_id: int
    name: str
    siren: str
    side: Side
    sides: tuple[Side, ...]
    period: Period
    made_on: date
    coded: bool
    lines: tuple[CommitmentLine, ...]
    months: tuple[tuple[date, int], ...]
    people: People
    without_people: int

    @property
    def due(self) -> int:
        return sum(line.due or 0 for line in self.lines)

    @property
    def in_period(self) -> int:
        return sum(line.in_period for line in self.lines)

    @property
    def in_total(self) -> int:
        return sum(line.in_total for line in self.lines)

    @property
    def progress(self) -> Progress:
        return Progress(self.due, self.in_total, 0)

    @property
    def title(self) -> str:
        return f"Bilan des heures d’insertion, {self.name}"


# --- choosing ------------------------------------------------------------------------------------------------------


def find_subjects(ctx: Context, actor: Actor, words: str = "", side: Side | None = None, page: int = 1) -> SubjectPage:
    """Organisations with commitments on a side (any when None), by name or SIREN."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        query = select(Organisation.id, Organisation.name, Organisation.siren)
        sides = [side] if side else list(Side)
        query = query.where(or_(*(Organisation.id.in_(_ids_on(one)) for one in sides)))
        digits = words.replace(" ", "")
        if digits.isdecimal() and len(digits) >= 9:
            query = query.where(Organisation.siren == digits[:9])
        else:
            query = query.where(*(Organisation.name_search.contains(word) for word in fold(words).split()))
        total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        page = page_shown(page, total, PER_PAGE)
        query = query.order_by(Organisation.name_search, Organisation.id)
        rows = session.execute(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
        counts = _counts(session, [row.id for row in rows])
        shown = tuple(SubjectRow(row.id, row.name, row.siren, counts.get(row.id, {})) for row in rows)
        return SubjectPage(shown, total, page)


def _ids_on(side: Side) -> Select[int]:
    if side is Side.BUYER:
        return select(Contract.buyer_id).join(Commitment, Commitment.contract_id == Contract.id)
    if side is Side.HOLDER:
        return select(CommitmentParty.organisation_id).where(CommitmentParty.role.in_(HOLDING))
    return select(Participation.organisation_id).where(Participation.organisation_id.is_not(None))  # type: ignore[return-value]


def _counts(session: Session, ids: Sequence[int]) -> dict[int, dict[Side, int]]:
    bought = (
        select(Contract.buyer_id, func.count(Commitment.id))
        .join(Commitment, Commitment.contract_id == Contract.id)
        .where(Contract.buyer_id.in_(ids))
        .group_by(Contract.buyer_id)
    )
    held = (
        select(CommitmentParty.organisation_id, func.count(func.distinct(CommitmentParty.commitment_id)))
        .where(CommitmentParty.organisation_id.in_(ids), CommitmentParty.role.in_(HOLDING))
        .group_by(CommitmentParty.organisation_id)
    )
    employed = (
        select(Participation.organisation_id, func.count(func.distinct(Participation.commitment_id)))
        .where(Participation.organisation_id.in_(ids))
        .group_by(Participation.organisation_id)
    )
    found: dict[int, dict[Side, int]] = {}
    for side, query in ((Side.BUYER, bought), (Side.HOLDER, held), (Side.EMPLOYER, employed)):
        for organisation_id, count in session.execute(query):
            if organisation_id is not None:
                found.setdefault(organisation_id, {})[side] = count
    return found


# --- the statement -------------------------------------------------------------------------------------------------


def read_statement(
    ctx: Context, actor: Actor, organisation_id: int, side: Side | None, period: Period, *, coded: bool = False
) -> Statement:
    """The statement as the officer reads it, or (`coded`) as it would be handed over. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        return _statement(session, organisation_id, side, period, coded, ctx.clock.today())


def issue_statement(
    ctx: Context, actor: Actor, organisation_id: int, side: Side | None, period: Period, kind: str, *, coded: bool
) -> Statement:
    """The same, its issue recorded. `kind`: `pdf` or `xlsx`. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.write(actor) as work:
        made = _statement(work.session, organisation_id, side, period, coded, ctx.clock.today())
        work.record(
            "statement.issued",
            "organisation",
            organisation_id,
            kind=kind,
            side=made.side.value,
            coded=coded,
            first=str(period.first or ""),
            last=str(period.last or ""),
            minutes=made.in_period,
        )
        return made


def _statement(
    session: Session, organisation_id: int, side: Side | None, period: Period, coded: bool, today: date
) -> Statement:
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound()
    sides = tuple(one for one in Side if one in _counts(session, [organisation_id]).get(organisation_id, {}))
    side = side or (sides[0] if sides else Side.HOLDER)
    employer_id = organisation_id if side is Side.EMPLOYER else None
    ids = list(session.execute(_commitment_ids(organisation_id, side)).scalars())
    rows = rows_of(session, ids, first=period.first, last=period.last, employer_id=employer_id)
    threshold = thresholds_on(session, today).small_cell
    people = people_of(rows, facts_of(session, rows), coded=coded, threshold=threshold)
    by_month = _own_months(session, ids, employer_id) if employer_id else _all_months(session, ids)
    lines = _lines(session, organisation_id, side, ids, by_month, rows, period, today)
    made = Statement(
        organisation_id, organisation.name, organisation.siren, side, sides, period, today, coded,
        lines, _by_month(by_month, period), people, 0,
    )  # fmt: skip
    return replace(made, without_people=made.in_period - people.minutes)


def _commitment_ids(organisation_id: int, side: Side) -> Select[int]:
    if side is Side.BUYER:
        query = select(Commitment.id).join(Contract, Contract.id == Commitment.contract_id)
        return query.where(Contract.buyer_id == organisation_id)
    if side is Side.HOLDER:
        held = select(CommitmentParty.commitment_id).where(CommitmentParty.role.in_(HOLDING))
        return held.where(CommitmentParty.organisation_id == organisation_id).distinct()
    # Where its people's hours stand: by pooling, not always where they were put.
    worked = select(LedgerEntry.commitment_id).join(Participation, Participation.id == LedgerEntry.participation_id)
    own = worked.where(Participation.organisation_id == organisation_id)
    put = select(Participation.commitment_id).where(Participation.organisation_id == organisation_id)
    return select(Commitment.id).where(Commitment.id.in_(own) | Commitment.id.in_(put))


Months = dict[tuple[int, date], int]
"""Minutes validated by commitment and month worked."""


def _all_months(session: Session, ids: Sequence[int]) -> Months:
    found: Months = {}
    m = CommitmentMonth
    for batch in batches(ids):
        query = select(m.commitment_id, m.month, m.validated_minutes).where(m.commitment_id.in_(batch or []))
        found |= {(key, month): minutes for key, month, minutes in session.execute(query)}
    return found


def _own_months(session: Session, ids: Sequence[int], employer_id: int) -> Months:
    """Of the company's own people: the totals kept by month do not tell them apart, the ledger does."""
    found: Months = {}
    e = LedgerEntry
    for batch in batches(ids):
        query = (
            select(e.commitment_id, e.month, func.sum(e.minutes))
            .join(Participation, Participation.id == e.participation_id)
            .where(e.commitment_id.in_(batch or []), Participation.organisation_id == employer_id)
            .group_by(e.commitment_id, e.month)
        )
        found |= {(key, month): int(minutes or 0) for key, month, minutes in session.execute(query)}
    return found


def _within(period: Period, month: date) -> bool:
    return (period.first is None or period.first <= month) and (period.last is None or month <= period.last)


def _by_month(by_month: Months, period: Period) -> tuple[tuple[date, int], ...]:
    sums: dict[date, int] = {}
    for (_, month), minutes in by_month.items():
        if _within(period, month):
            sums[month] = sums.get(month, 0) + minutes
    return tuple((month, sums[month]) for month in sorted(sums) if sums[month])


def _lines(
    session: Session,
    organisation_id: int,
    side: Side,
    ids: Collection[int],
    by_month: Months,
    rows: Sequence[HoursRow],
    period: Period,
    today: date,
) -> tuple[CommitmentLine, ...]:
    people: dict[int, set[int]] = {}
    for row in rows:
        people.setdefault(row.commitment_id, set()).add(row.person_id)
    in_period, in_total = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
    for (key, month), minutes in by_month.items():
        in_total[key] += minutes
        in_period[key] += minutes if _within(period, month) else 0
    folds = {} if side is Side.EMPLOYER else folds_of(session, ids)
    holders = _holders(session, ids)
    return tuple(
        CommitmentLine(
            id=row.id,
            contract=f"{row.number}, lot {row.lot}" if row.lot else row.number,
            label=row.label,
            buyer=row.name,
            due=None if side is Side.EMPLOYER else _due(folds.get(row.id), organisation_id, side, today),
            in_period=in_period[row.id],
            in_total=in_total[row.id],
            people=len(people.get(row.id, ())),
            shared=side is Side.HOLDER and holders.get(row.id, 0) > 1,
        )
        for row in _named(session, ids)
    )


def _named(session: Session, ids: Collection[int]) -> list[_Named]:
    found = []
    for batch in batches(ids):
        query = (
            select(Commitment.id, Commitment.label, Commitment.lot, Contract.number, Organisation.name)
            .join(Contract, Contract.id == Commitment.contract_id)
            .join(Organisation, Organisation.id == Contract.buyer_id)
            .where(Commitment.id.in_(batch or []))
        )
        found += [_Named(*row) for row in session.execute(query)]
    return sorted(found, key=lambda row: (row.number, row.lot, row.id))


@dataclass(frozen=True)
class _Named:
    id: int
    label: str
    lot: str
    number: str
    name: str


def _due(fold: Fold | None, organisation_id: int, side: Side, today: date) -> int:
    """Of the commitment; once hours passed to another holder, only this holder's own."""
    if fold is None:
        return 0
    transferred = any(event.kind is EventKind.TRANSFER for event in fold.events)
    if side is Side.HOLDER and transferred:
        shares = minutes_by_holder(fold.events, fold.terms, today, today)
        return shares.get(organisation_id, 0)
    return fold.minutes(today, today)


def _holders(session: Session, ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    p = CommitmentParty
    for batch in batches(ids):
        query = select(p.commitment_id, func.count(func.distinct(p.organisation_id)))
        query = query.where(p.commitment_id.in_(batch or []), p.role.in_(HOLDING)).group_by(p.commitment_id)
        found |= dict(session.execute(query).all())
    return found


# --- as a workbook -------------------------------------------------------------------------------------------------


def statement_workbook(statement: Statement) -> bytes:
    """The same figures as the page, as an XLSX."""
    s = statement
    columns = ("Marché", "Engagement", "Acheteur", "Heures dues", "Validées sur la période", "Validées en tout")
    lines = [
        (
            line.contract,
            line.label,
            line.buyer,
            None if line.due is None else Minutes(line.due),
            Minutes(line.in_period),
            Minutes(line.in_total),
            line.progress.written_rate if line.progress else None,
            line.people,
        )
        for line in s.lines
    ]
    summary: list[tuple[str, CellValue]] = [
        ("Document", s.title),
        ("En tant que", s.side.label),
        ("SIREN", s.siren),
        ("Mois travaillés", s.period.written),
        ("Établi le", s.made_on),
        ("Engagements", len(s.lines)),
        ("Heures dues", None if s.side is Side.EMPLOYER else Minutes(s.due)),
        ("Heures validées sur la période", Minutes(s.in_period)),
        ("Heures validées en tout", Minutes(s.in_total)),
        ("Réalisation", None if s.side is Side.EMPLOYER else s.progress.written_rate),
        ("Heures reprises, sans détail des personnes", Minutes(s.without_people)),
        ("Personnes, chacune comptée une fois", s.people.count),
        ("Heures par personne en moyenne", written_average(s.people.average_tenths)),
    ]
    return write_workbook(
        [
            Sheet("Bilan", ("Rubrique", "Valeur"), summary),
            Sheet("Engagements", (*columns, "Réalisation", "Personnes sur la période"), lines),
            Sheet("Mois travaillés", ("Mois", "Heures validées"), month_rows(s.months)),
            *people_sheets(s.people),
        ]
    )
