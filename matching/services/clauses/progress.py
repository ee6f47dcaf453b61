"""The page of a commitment: where it stands, what the end would bring, its months, its people, what happened.

Every total is stored (`commitment`, `commitment_month`, `participation`): nothing here sums the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses import figures
from matching.clauses.due import DueStep, effective_end
from matching.clauses.follow import NOTHING, ExpectedMonth, NextStep, all_steps
from matching.clauses.progress import ONE_DAY, Forecast, PlannedHours, Point, Standing, forecast, series, standing
from matching.clauses.terms import DeclarationState, LineState, Modality, Route
from matching.clock import PARIS
from matching.services.clauses.documents import ContractFacts, contract_facts, months_of, waiting_of
from matching.services.clauses.due import folds_of
from matching.services.clauses.evidence import EvidenceRow, evidence_of
from matching.services.clauses.following import facts_of
from matching.services.clauses.history import HistoryEntry, history_of
from matching.services.clauses.penalties import PenaltyView, penalty_today
from matching.services.clauses.recovery import PlanView, plans_of
from matching.services.clauses.rules import thresholds_on
from matching.services.clauses.targets import TargetLine, targets_of
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.terms import Known

ENTRIES_SHOWN = 100
HISTORY_SHOWN = 8


@dataclass(frozen=True)
class MonthLine:
    """One company's declaration of a month. Minutes; `declaration_id` opens it."""

    declaration_id: int
    month: date
    number: int
    company: str
    state: DeclarationState
    declared: int
    validated: int
    rejected: int
    last_on: date | None
    by: str


@dataclass(frozen=True)
class PersonLine:
    """A participant by code. `planned`: minutes still expected, None when weekly hours are not known."""

    participation_id: int
    code: str
    route: str
    employer: str
    eligible: Known
    eligible_until: date | None
    public: str
    ended_on: date | None
    validated: int
    planned: int | None
    at_risk: int

    @property
    def running(self) -> bool:
        return self.ended_on is None


@dataclass(frozen=True)
class CommitmentView:
    """What the page shows, in minutes; `due` is on the day read, `due_at_end` once all events have taken effect.

    `counted`: minutes of the ledger by month worked, openings and shared hours included. `waiting`: declarations sent
    and not decided, or sent back.
    """

    id: int
    version: int
    label: str
    facts: ContractFacts
    modality: Modality
    facilitator: str
    today: date
    due: int
    due_at_end: int
    validated: int
    standing: Standing
    forecast: Forecast
    points: tuple[Point, ...]
    steps: tuple[DueStep, ...]
    months: tuple[MonthLine, ...]
    counted: tuple[tuple[date, int], ...]
    people: tuple[PersonLine, ...]
    by_route: tuple[tuple[str, int], ...]
    by_public: tuple[tuple[str, int], ...]
    documents: tuple[EvidenceRow, ...]
    waiting: int

    @property
    def undeclared(self) -> tuple[tuple[date, int], ...]:
        """Months of the ledger that no declaration here explains: opening balances, hours shared by an agreement."""
        declared = {one.month for one in self.months if one.validated}
        return tuple((month, minutes) for month, minutes in self.counted if month not in declared)

    def counted_of(self, month: date) -> int:
        """Minutes of the ledger for a month worked: training left out by the contract is not in them."""
        return dict(self.counted).get(month, 0)

    @property
    def percent(self) -> Decimal | None:
        """Of the hours due, to a tenth; None when nothing is due. A surplus shows above 100."""
        return _percent(self.standing.realisation)

    @property
    def elapsed_percent(self) -> Decimal | None:
        """Of the days of the window, to a tenth; None when it is not measured."""
        return _percent(self.standing.elapsed)


def _percent(share: Fraction | None) -> Decimal | None:
    """Percent to 0.1, a half up: two of them subtract to the points of the alert."""
    if share is None:
        return None
    return figures.as_decimal(100 * share, 60).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class FollowUp:
    """What the page adds to the figures: who must act, the months nobody declared, plans, penalty, what happened."""

    view: CommitmentView
    step: NextStep
    others: tuple[NextStep, ...]
    history: tuple[HistoryEntry, ...]
    expected: tuple[ExpectedMonth, ...]
    plans: tuple[PlanView, ...]
    penalty: PenaltyView | None
    targets: tuple[TargetLine, ...]


@dataclass(frozen=True)
class EntryLine:
    """One entry of the ledger by code. Signed minutes."""

    number: int
    kind: str
    code: str
    participation_id: int | None
    line_id: int | None
    month: date
    worked_from: date
    worked_to: date
    minutes: int
    recorded_at: datetime
    by: str
    reverses: int | None


@dataclass(frozen=True)
class EntryPage:
    """Entries in the order written, from one number on; `following` begins the next page."""

    commitment_id: int
    label: str
    validated: int
    lines: tuple[EntryLine, ...]
    following: int | None


def read_commitment(ctx: Context, actor: Actor, commitment_id: int) -> CommitmentView:
    """One commitment as an officer follows it today."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        return _view(session, scope.fetch(session, actor, Commitment, commitment_id), today)


def read_follow_up(ctx: Context, actor: Actor, commitment_id: int) -> FollowUp:
    """The whole page of a commitment."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        view = _view(session, row, today)
        facts = facts_of(session, [row], today)[row.id]
        steps = all_steps(facts, today, thresholds_on(session, today).delays)
        history = history_of(session, row, HISTORY_SHOWN)
        return FollowUp(
            view,
            steps[0] if steps else NOTHING,
            steps[1:],
            history,
            facts.expected,
            plans_of(session, row.id, today),
            penalty_today(session, row, view.due, view.validated, today),
            targets_of(session, row.id),
        )


def _view(session: Session, row: Commitment, today: date) -> CommitmentView:
    thresholds = thresholds_on(session, today)
    fold = folds_of(session, [row.id])[row.id]
    steps = fold.steps(date.max, today)
    due = fold.minutes(today, today)
    submitted, waiting = waiting_of(session, row.id)
    facts = contract_facts(session, row)
    last_day = effective_end(facts.last_day, fold.ended(date.max, today))
    window_to = effective_end(row.window_to, fold.ended(today, today), row.window_from)
    planned = {one.participation_id: one for one in planned_hours(session, row.id, last_day)}
    expected = forecast(row.validated_minutes, submitted, planned.values(), last_day, today)
    people = _people(session, row.id, planned, last_day, today)
    facilitator = session.get(UserAccount, row.facilitator_id) if row.facilitator_id else None
    months = dict(months_of(session, row.id))
    due_steps = [(step.event.effective_on, step.after) for step in steps]
    return CommitmentView(
        id=row.id,
        version=row.version,
        label=row.label,
        facts=facts,
        modality=row.modality,
        facilitator=facilitator.name if facilitator else "",
        today=today,
        due=due,
        due_at_end=steps[-1].after if steps else 0,
        validated=row.validated_minutes,
        standing=standing(due, row.validated_minutes, row.window_from, window_to, today, thresholds.progress),
        forecast=expected,
        points=series(row.window_from, row.window_to, due_steps, months, expected, today),
        steps=steps,
        months=_months(session, row.id),
        counted=tuple(months.items()),
        people=people,
        by_route=_summed((one.route, one.validated) for one in people),
        by_public=_summed((one.public, one.validated) for one in people),
        documents=evidence_of(session, commitment_id=row.id),
        waiting=waiting,
    )


def planned_hours(session: Session, commitment_id: int, last_day: date | None) -> Iterator[PlannedHours]:
    """What running participations should bring: from the first day that no declaration sent covers, to their end.

    Somebody refused, or whose weekly hours are not known, promises nothing that can be counted. Found eligible without
    an end yet (the clock starts with the first hour, or lasts as the contract): sure up to the end.
    """
    p, line = Participation, DeclarationLine
    covered = (
        select(line.participation_id, func.max(line.to_on).label("to_on"))
        .join(HourDeclaration, HourDeclaration.id == line.declaration_id)
        .where(HourDeclaration.commitment_id == commitment_id, HourDeclaration.state != DeclarationState.DRAFT)
        .group_by(line.participation_id)
        .subquery()
    )
    query = (
        select(p.id, p.started_on, p.ended_on, p.weekly_minutes, p.eligible, p.eligible_until, covered.c.to_on)
        .outerjoin(covered, covered.c.participation_id == p.id)
        .where(p.commitment_id == commitment_id, p.weekly_minutes.is_not(None), p.eligible != Known.NO)
    )
    for row in session.execute(query.order_by(p.id)):
        start = row.to_on + ONE_DAY if row.to_on else row.started_on
        end = row.ended_on or last_day
        if start and end and start <= end:
            until = (row.eligible_until or end) if row.eligible is Known.YES else None
            yield PlannedHours(str(row.id), start, end, weekly_minutes=row.weekly_minutes, eligible_until=until)


def _months(session: Session, commitment_id: int) -> tuple[MonthLine, ...]:
    """Declarations of the commitment, the latest month first, counted over their own lines."""
    d, line = HourDeclaration, DeclarationLine
    said = line.state.in_((LineState.PENDING, LineState.VALIDATED, LineState.REJECTED))
    fixed = (
        d.id, d.month, d.number, d.state, d.submitted_at, d.decided_at, Organisation.name.label("company"),
        UserAccount.name.label("by"),
    )  # fmt: skip
    query = (
        select(
            *fixed,
            func.sum(case((said, line.minutes), else_=0)).label("declared"),
            func.sum(case((line.state == LineState.VALIDATED, line.minutes), else_=0)).label("validated"),
            func.sum(case((line.state == LineState.REJECTED, line.minutes), else_=0)).label("rejected"),
        )
        .join(Organisation, Organisation.id == d.organisation_id)
        .outerjoin(line, line.declaration_id == d.id)
        .outerjoin(UserAccount, UserAccount.id == func.coalesce(d.decided_by_id, d.submitted_by_id))
        .where(d.commitment_id == commitment_id)
        .group_by(d.id, d.month, d.number, d.state, d.submitted_at, d.decided_at, Organisation.name, UserAccount.name)
        .order_by(d.month.desc(), Organisation.name, d.number.desc())
    )
    return tuple(
        MonthLine(
            row.id,
            row.month,
            row.number,
            row.company,
            row.state,
            int(row.declared or 0),
            int(row.validated or 0),
            int(row.rejected or 0),
            _day(row.decided_at or row.submitted_at),
            row.by or "",
        )
        for row in session.execute(query)
    )


def _day(at: datetime | None) -> date | None:
    return at.astimezone(PARIS).date() if at else None


def _people(
    session: Session, commitment_id: int, planned: dict[str, PlannedHours], last_day: date | None, today: date
) -> tuple[PersonLine, ...]:
    query = (
        select(Participation, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Participation.organisation_id)
        .where(Participation.commitment_id == commitment_id)
        .order_by(Participation.ended_on.is_not(None), Participation.validated_minutes.desc(), Participation.id)
    )
    return tuple(
        _person(row, company or "", planned.get(str(row.id)), last_day, today)
        for row, company in session.execute(query)
    )


def _person(
    row: Participation, company: str, planned: PlannedHours | None, last_day: date | None, today: date
) -> PersonLine:
    brings = forecast(0, 0, [planned] if planned else [], last_day, today)
    known = row.weekly_minutes is not None or row.ended_on is not None
    return PersonLine(
        participation_id=row.id,
        code=row.code,
        route=Route(row.route).label,
        employer=company,
        eligible=row.eligible,
        eligible_until=row.eligible_until,
        public=row.eligible_public.label if row.eligible_public else "À décider",
        ended_on=row.ended_on if row.ended_on and row.ended_on < today else None,
        validated=row.validated_minutes,
        planned=brings.sure + brings.at_risk + brings.to_confirm if known else None,
        at_risk=brings.at_risk,
    )


def _summed(pairs: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Minutes by label, largest first; nothing for those without hours."""
    found: dict[str, int] = {}
    for label, minutes in pairs:
        if minutes:
            found[label] = found.get(label, 0) + minutes
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


# --- the ledger --------------------------------------------------------------------------------


def list_entries(ctx: Context, actor: Actor, commitment_id: int, since: int = 0) -> EntryPage:
    """Entries of one commitment from number `since` on, a page at a time: no count, no sum."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        lines = _entries(session, row.id, since, ENTRIES_SHOWN + 1)
        following = lines[-1].number if len(lines) > ENTRIES_SHOWN else None
        return EntryPage(row.id, row.label, row.validated_minutes, tuple(lines[:ENTRIES_SHOWN]), following)


def export_entries(ctx: Context, actor: Actor, commitment_id: int) -> list[EntryLine]:
    """Every entry of one commitment, in order."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        return _entries(session, row.id, 0, None)


def _entries(session: Session, commitment_id: int, since: int, most: int | None) -> list[EntryLine]:
    query = (
        select(LedgerEntry, Participation.code, UserAccount.name)
        .outerjoin(Participation, Participation.id == LedgerEntry.participation_id)
        .outerjoin(UserAccount, UserAccount.id == LedgerEntry.by_id)
        .where(LedgerEntry.commitment_id == commitment_id, LedgerEntry.id >= since)
        .order_by(LedgerEntry.id)
    )
    return [
        EntryLine(
            entry.id,
            entry.kind.label,
            code or "",
            entry.participation_id,
            entry.line_id,
            entry.month,
            entry.worked_from,
            entry.worked_to,
            entry.minutes,
            entry.recorded_at,
            by or "",
            entry.reverses_id,
        )
        for entry, code, by in session.execute(query if most is None else query.limit(most))
    ]
