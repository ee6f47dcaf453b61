"""The month of a company on a commitment: who may declare it, which months wait, and the month as its page shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clauses.dates import add_months
from matching.clauses.follow import expected_months, written_month
from matching.clauses.line_model import LineContext
from matching.clauses.lines import counting_window
from matching.clauses.progress import month_end, month_start
from matching.clauses.terms import TRAINING_ROUTES, DeclarationState, LineState, Route, TrainingHours
from matching.clock import PARIS
from matching.errors import Conflict, NotFound, RuleRefused
from matching.services.blocks import Block, Task
from matching.services.clauses.evidence import EvidenceRow, evidence_of
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import CorrectionRequest, DeclarationLine, DeclarationLink, HourDeclaration
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.terms import Known
from matching.text import written_day

OPEN_STATES = (DeclarationState.DRAFT, DeclarationState.RETURNED)
DECIDED_STATES = (DeclarationState.VALIDATED, DeclarationState.PARTLY_VALIDATED, DeclarationState.REJECTED)
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_ASK = "Voyez avec la personne qui suit la clause."


@dataclass(frozen=True)
class Declarant:
    """Who declares: a company's month on a commitment, by an account (`actor`) or by a link (`link_id`)."""

    organisation_id: int
    commitment_id: int
    month: date
    actor: Actor | None = None
    link_id: int | None = None

    @property
    def user_id(self) -> int | None:
        return self.actor.user_id if self.actor else None

    @property
    def trace(self) -> dict[str, int]:
        """What the trail keeps of somebody who came by a link."""
        return {} if self.link_id is None else {"link_id": self.link_id}


@dataclass(frozen=True)
class LineView:
    """One person's line, as typed last or as prefilled. `key` names its fields: participation, and « -2 » for a second.

    `line_id` is None while nothing is kept. `minutes` None: not known yet. `counts_from`, `counts_until`: the bounds
    inside the month, None when the month does not meet one. `decided` False: eligibility is not decided yet.
    """

    key: str
    participation_id: int
    line_id: int | None
    name: str
    code: str
    route: Route
    from_on: date
    to_on: date
    minutes: int | None
    training_minutes: int
    asks_training: bool
    last_month_minutes: int | None
    counts_from: date | None
    counts_until: date | None
    decided: bool
    days: tuple[tuple[date, int], ...]
    state: LineState
    reason: str
    note: str

    @property
    def whole_month(self) -> bool:
        return self.from_on.day == 1 and self.to_on == month_end(self.to_on)

    @property
    def locked(self) -> bool:
        """Counted already: it changes by a correction only."""
        return self.state in (LineState.VALIDATED, LineState.REVERSED)

    def goes_past(self, today: date) -> bool:
        """Whether the days asked go past today, which is refused: whoever declares says until when, nobody else."""
        return self.to_on > today and not self.days and not self.locked


@dataclass(frozen=True)
class MonthView:
    """A month. `state` None: nothing kept yet, `version` 0. `lines`: those kept, then the people to prefill."""

    commitment_id: int
    commitment: str
    contract: str
    number_of_contract: str
    company: str
    month: date
    number: int
    last: int
    """The highest number of the month: those before are only read."""
    state: DeclarationState | None
    version: int
    declaration_id: int | None
    lines: tuple[LineView, ...]
    evidence: tuple[EvidenceRow, ...]
    evidence_required: bool
    training: TrainingHours
    return_reason: str
    submitted_at: datetime | None
    submitted_by: str
    officer: str
    officer_email: str
    corrections: tuple[tuple[str, str], ...]
    """Corrections asked: state (`open`, `accepted`, `refused`) and the officer's answer."""

    @property
    def editable(self) -> bool:
        return self.number == self.last and (self.state is None or self.state in OPEN_STATES)

    @property
    def decided(self) -> bool:
        return self.state in DECIDED_STATES

    def unfinished(self, today: date) -> bool:
        """Whether the month is still going on for somebody here, or for those to add when nobody is."""
        if month_end(self.month) <= today:
            return False
        return not self.lines or any(line.goes_past(today) for line in self.lines)

    @property
    def total(self) -> int:
        """Minutes declared so far."""
        return sum(line.minutes or 0 for line in self.lines)

    def line(self, key: str) -> LineView:
        """The line of this key; raises `NotFound`."""
        found = next((line for line in self.lines if line.key == key), None)
        if found is None:
            raise NotFound()
        return found


@dataclass(frozen=True)
class MonthRow:
    """A month in a list; `state` None: to declare, nothing begun."""

    month: date
    number: int
    state: DeclarationState | None
    minutes: int
    due_on: date | None = None


@dataclass(frozen=True)
class CommitmentMonths:
    """A commitment of the company: months to declare or to mend first, then those sent, latest first."""

    commitment_id: int
    commitment: str
    contract: str
    number_of_contract: str
    to_do: tuple[MonthRow, ...]
    sent: tuple[MonthRow, ...]
    others: tuple[date, ...]
    """Months where nobody is expected, that may be declared all the same; latest first."""


# --- who declares what -----------------------------------------------------------------------------------


def read_month(text: str) -> date:
    """« 2026-05 » → its first day; raises `NotFound` for anything else."""
    found = _MONTH.fullmatch(text) if text.isascii() else None
    if found is None:
        raise NotFound()
    return date(int(found[1]), int(found[2]), 1)


def declarant_of(ctx: Context, actor: Actor, commitment_id: int, month: str) -> Declarant:
    """The actor's company for this month of one of its commitments; raises `NotFound` when it is not one."""
    require(actor, Permission.DECLARE_HOURS)
    first = read_month(month)
    with ctx.read() as session:
        found = scope.fetch(session, actor, Commitment, commitment_id)
        return Declarant(_organisation(session, actor), found.id, first, actor)


def _organisation(session: Session, actor: Actor) -> int:
    found = session.execute(select(scope.own_organisation(actor))).scalar_one()
    if found is None:
        raise NotFound()
    return int(found)


def still_allowed(session: Session, declarant: Declarant, at: datetime) -> None:
    """Raises `NotFound` when the link was revoked or the company left between the page and its answer."""
    party = select(CommitmentParty.id).where(
        CommitmentParty.commitment_id == declarant.commitment_id,
        CommitmentParty.organisation_id == declarant.organisation_id,
    )
    if session.execute(party.limit(1)).first() is None:
        raise NotFound()
    if declarant.link_id is not None:
        link = session.get(DeclarationLink, declarant.link_id)
        if link is None or link.revoked_at is not None or link.expires_at <= at:
            raise NotFound("Ce lien ne permet plus de déclarer. Demandez-en un autre à la personne qui suit la clause.")


def check_month(contract: Contract, commitment: Commitment, month: date, today: date) -> None:
    """Raises `RuleRefused` for a month to come, before the notification or after the end."""
    name = written_month(month)
    if month > today:
        raise RuleRefused(f"{name[0].upper()}{name[1:]} n’a pas commencé. Vous pourrez le déclarer une fois travaillé.")
    notified = contract.notified_on
    if notified is not None and month_end(month) < notified:
        said = f"Le contrat a été notifié le {written_day(notified)}"
        raise RuleRefused(f"{said}\u00a0: les heures d’avant ne comptent pas. Si cette date est fausse, {_ASK.lower()}")
    end = commitment.closed_on or contract.end_on
    if end is not None and month > end:
        raise RuleRefused(f"Le contrat a pris fin le {written_day(end)}. Si cette date est fausse, {_ASK.lower()}")


# --- months to declare -----------------------------------------------------------------------------------


def list_months(ctx: Context, actor: Actor) -> tuple[CommitmentMonths, ...]:
    """The commitments of the actor's company with their months, those with something to do first."""
    require(actor, Permission.DECLARE_HOURS)
    with ctx.read() as session:
        found = _months(session, actor, ctx.clock.today())
        return tuple(sorted(found, key=lambda one: (not one.to_do, one.commitment_id)))


def months_of(ctx: Context, actor: Actor, commitment_id: int) -> CommitmentMonths:
    """One commitment of the actor's company with its months; raises `NotFound`."""
    require(actor, Permission.DECLARE_HOURS)
    with ctx.read() as session:
        scope.fetch(session, actor, Commitment, commitment_id)
        return _months(session, actor, ctx.clock.today(), commitment_id)[0]


def month_tasks(session: Session, actor: Actor, day: date) -> Block:
    """For the first screen of a company: months to declare, declarations returned, the oldest first.

    A task's `page` is `declare.following` and its `key` the commitment: that page opens the first month that waits.
    """
    tasks = []
    for found in _months(session, actor, day):
        for row in found.to_do:
            name, late = written_month(row.month), row.due_on is not None and row.due_on < day
            returned = row.state is DeclarationState.RETURNED
            verb = "Corriger" if returned else "Terminer" if row.state else "Déclarer"
            why = "Renvoyée pour correction." if returned else "Commencée, à envoyer." if row.state else "À déclarer."
            when = f"Attendue le {written_day(row.due_on)}" if row.due_on else ""
            what = f"{name[0].upper()}{name[1:]}, {found.commitment}"
            where = ("declare.following", found.commitment_id)
            task = Task(what, f"{why} {found.contract}", when, verb, *where, returned or late)
            tasks.append((not returned, row.month, task))
    tasks.sort(key=lambda one: one[:2])
    shown = tuple(task for _, _, task in tasks)
    return Block("Heures d’insertion à déclarer", shown[:8], len(shown), "declare.index")


def _months(session: Session, actor: Actor, today: date, only: int | None = None) -> list[CommitmentMonths]:
    """By commitment of the actor's company, in four queries whatever their number."""
    company = _organisation(session, actor)
    query = select(Commitment, Contract).join(Contract, Contract.id == Commitment.contract_id)
    query = query.where(scope.commitments(actor)).order_by(Commitment.id)
    rows = session.execute(query if only is None else query.where(Commitment.id == only)).all()
    ids = [commitment.id for commitment, _ in rows]
    kept: dict[int, list[MonthRow]] = {}
    for commitment_id, row in _kept(session, company, ids):
        kept.setdefault(commitment_id, []).append(row)
    people: dict[int, list[Participation]] = {}
    for one in session.execute(_people(company, ids)).scalars():
        people.setdefault(one.commitment_id, []).append(one)
    due_day = thresholds_on(session, today).declare_by_day
    return [
        _commitment_months(
            commitment, contract, kept.get(commitment.id, []), people.get(commitment.id, []), today, due_day
        )
        for commitment, contract in rows
    ]


def _kept(session: Session, company: int, ids: Sequence[int]) -> Iterable[tuple[int, MonthRow]]:
    d = HourDeclaration
    minutes = func.coalesce(func.sum(DeclarationLine.minutes), 0)
    query = (
        select(d.commitment_id, d.month, d.number, d.state, minutes)
        .outerjoin(DeclarationLine, DeclarationLine.declaration_id == d.id)
        .where(d.organisation_id == company, d.commitment_id.in_(ids))
        .group_by(d.id, d.commitment_id, d.month, d.number, d.state)
        .order_by(d.month.desc(), d.number.desc())
    )
    for commitment_id, month, number, state, total in session.execute(query):
        yield commitment_id, MonthRow(month, number, state, int(total or 0))


def _people(company: int, ids: Sequence[int]) -> Select[Participation]:
    there = (Participation.organisation_id == company, Participation.commitment_id.in_(ids))
    return select(Participation).where(*there).order_by(Participation.id)


def _commitment_months(
    commitment: Commitment,
    contract: Contract,
    kept: list[MonthRow],
    people: list[Participation],
    today: date,
    due_day: int,
) -> CommitmentMonths:
    starts = [day for day in (contract.notified_on, commitment.window_from or contract.start_on) if day]
    end = commitment.closed_on or contract.end_on
    begun = {row.month for row in kept}
    expected = expected_months(max(starts, default=None), end, today, begun, due_day)
    waiting = [
        MonthRow(one.month, 1, None, 0, one.due_on) for one in expected if any(_works(p, one.month) for p in people)
    ]
    mending = [row for row in kept if row.state in OPEN_STATES]
    to_do = sorted([*mending, *waiting], key=lambda row: (row.state is not DeclarationState.RETURNED, row.month))
    named = {row.month for row in to_do} | begun
    return CommitmentMonths(
        commitment.id,
        commitment.label,
        contract.object,
        contract.number,
        tuple(to_do),
        tuple(row for row in kept if row.state not in OPEN_STATES),
        tuple(month for month in _declarable(contract, end, today) if month not in named),
    )


def _declarable(contract: Contract, end: date | None, today: date) -> Iterable[date]:
    """The months that `check_month` takes, latest first: two years back at most."""
    month = month_start(min(today, end) if end else today)
    for _ in range(24):
        if contract.notified_on is not None and month_end(month) < contract.notified_on:
            return
        yield month
        month = add_months(month, -1)


def _works(person: Participation, month: date) -> bool:
    """Whether the person is on the commitment that month; with no known start, from the month they were added."""
    start = person.started_on or person.created_at.date()
    return start <= month_end(month) and (person.ended_on is None or person.ended_on >= month)


# --- one month -------------------------------------------------------------------------------------------


def open_month(ctx: Context, declarant: Declarant, number: int | None = None) -> MonthView:
    """The month as its page shows it, or an earlier declaration of it by its `number`.

    Raises `RuleRefused` when this month cannot be declared, `NotFound` when nothing has this number.
    """
    with ctx.read() as session:
        return read_view(session, declarant, ctx.clock.today(), number)


def current(session: Session, declarant: Declarant, number: int | None = None) -> HourDeclaration | None:
    """The declaration of this month: the last one when hours forgotten were added, or the one of this number."""
    lines = selectinload(HourDeclaration.lines).selectinload(DeclarationLine.days)
    query = (
        select(HourDeclaration)
        .options(lines)
        .where(
            HourDeclaration.commitment_id == declarant.commitment_id,
            HourDeclaration.organisation_id == declarant.organisation_id,
            HourDeclaration.month == declarant.month,
        )
    )
    if number is not None:
        query = query.where(HourDeclaration.number == number)
    return session.execute(query.order_by(HourDeclaration.number.desc()).limit(1)).scalar_one_or_none()


def read_view(session: Session, declarant: Declarant, today: date, number: int | None = None) -> MonthView:
    """As `open_month`, in a session already open."""
    commitment = session.get_one(Commitment, declarant.commitment_id)
    contract = session.get_one(Contract, commitment.contract_id)
    newest = current(session, declarant)
    found = newest if number is None else current(session, declarant, number)
    if found is None and number is not None:
        raise NotFound()
    if found is None:
        check_month(contract, commitment, declarant.month, today)
    officer = session.get(UserAccount, commitment.facilitator_id) if commitment.facilitator_id else None
    sender = session.get(UserAccount, found.submitted_by_id) if found and found.submitted_by_id else None
    by = sender.name if sender else "le lien envoyé par courriel" if found and found.source == "link" else ""
    return MonthView(
        commitment.id,
        commitment.label,
        contract.object,
        contract.number,
        session.get_one(Organisation, declarant.organisation_id).name,
        declarant.month,
        found.number if found else 1,
        newest.number if newest else 1,
        found.state if found else None,
        found.version if found else 0,
        found.id if found else None,
        tuple(_lines(session, declarant, found, commitment, contract, today)),
        evidence_of(session, declaration_id=found.id) if found else (),
        commitment.evidence_required,
        commitment.training,
        found.return_reason if found else "",
        found.submitted_at if found else None,
        by,
        officer.name if officer else "",
        officer.email if officer else "",
        _corrections(session, found),
    )


def _corrections(session: Session, found: HourDeclaration | None) -> tuple[tuple[str, str], ...]:
    if found is None:
        return ()
    query = select(CorrectionRequest.state, CorrectionRequest.answer).where(
        CorrectionRequest.declaration_id == found.id
    )
    return tuple((row.state, row.answer) for row in session.execute(query.order_by(CorrectionRequest.id.desc())))


def _lines(
    session: Session,
    declarant: Declarant,
    found: HourDeclaration | None,
    commitment: Commitment,
    contract: Contract,
    today: date,
) -> Iterable[LineView]:
    kept = list(found.lines) if found else []
    before = minutes_before(session, declarant)
    editable = found is None or found.state in OPEN_STATES
    people = _people_of(session, declarant, {line.participation_id for line in kept}, set(before) if editable else None)
    context = {p.id: line_context(p, commitment, contract, declarant.month, today, before.get(p.id)) for p, _ in people}
    for participation, person in people:
        own = [line for line in kept if line.participation_id == participation.id]
        for place, line in enumerate(own or [None]):
            key = f"{participation.id}-{place + 1}" if place else str(participation.id)
            yield _view(key, participation, person, line, context[participation.id])


def _people_of(
    session: Session, declarant: Declarant, kept: set[int], before: set[int] | None
) -> list[tuple[Participation, Person]]:
    """Those who have a line; and, while the month is open (`before` given), last month's and those at work."""
    p, last = Participation, month_end(declarant.month)
    wanted: ColumnElement[bool] = p.id.in_(kept)
    if before is not None:
        own = p.organisation_id == declarant.organisation_id
        begun = or_(p.started_on <= last, p.started_on.is_(None) & (p.created_at < _instant(last)))
        here = or_(p.ended_on.is_(None), p.ended_on >= declarant.month)
        wanted = or_(wanted, here & (p.id.in_(before) | (own & begun)))
    query = select(p, Person).join(Person, Person.id == p.person_id).where(p.commitment_id == declarant.commitment_id)
    return [(row[0], row[1]) for row in session.execute(query.where(wanted).order_by(p.id))]


def _instant(last: date) -> datetime:
    """The end of this day in France."""
    return datetime.combine(last, time.max, PARIS)


def minutes_before(session: Session, declarant: Declarant) -> dict[int, int]:
    """Minutes by participation that this company sent for the month before; people who did not work are left out."""
    d, line = HourDeclaration, DeclarationLine
    query = (
        select(line.participation_id, func.sum(line.minutes))
        .join(d, d.id == line.declaration_id)
        .where(
            d.commitment_id == declarant.commitment_id,
            d.organisation_id == declarant.organisation_id,
            d.month == add_months(declarant.month, -1),
            d.state != DeclarationState.DRAFT,
            line.minutes > 0,
        )
        .group_by(line.participation_id)
    )
    return {row[0]: int(row[1] or 0) for row in session.execute(query)}


def line_context(
    participation: Participation,
    commitment: Commitment,
    contract: Contract,
    month: date,
    today: date,
    before: int | None = None,
    has_evidence: bool = False,
) -> LineContext:
    """What is known of a line for its declarant: never which public the person belongs to."""
    return LineContext(
        today=today,
        month=month,
        notified_on=contract.notified_on,
        start_on=contract.start_on,
        end_on=contract.end_on,
        participation_start=participation.started_on,
        participation_end=participation.ended_on,
        eligible=participation.eligible,
        decided_on=participation.eligible_decided_on,
        eligible_until=participation.eligible_until,
        public_allowed=Known.YES,
        training=commitment.training,
        training_cap_percent=commitment.training_cap_percent,
        evidence_required=commitment.evidence_required,
        has_evidence=has_evidence,
        last_month_minutes=before,
    )


def period_asked(context: LineContext) -> tuple[date, date]:
    """The days whose hours are asked: the month, cut where hours stop counting; the whole month when none counts."""
    first, last = context.month, month_end(context.month)
    start, end = counting_window(context)
    start = max(start or first, first)
    end = min(end or last, last)
    return (start, end) if start <= end else (first, last)


def short_name(person: Person) -> str:
    """« Samira B. »: all that a declarant's page shows of a name."""
    initial = person.family_name.strip()[:1].upper()
    return f"{person.given_name} {initial}." if initial else person.given_name


def _view(
    key: str, participation: Participation, person: Person, line: DeclarationLine | None, context: LineContext
) -> LineView:
    asked = period_asked(context)
    first, last = context.month, month_end(context.month)
    start, end = counting_window(context)
    return LineView(
        key,
        participation.id,
        line.id if line else None,
        short_name(person),
        participation.code,
        participation.route,
        line.from_on if line else asked[0],
        line.to_on if line else asked[1],
        line.minutes if line else None,
        line.training_minutes if line else 0,
        participation.route in TRAINING_ROUTES,
        context.last_month_minutes,
        start if start and start > first else None,
        end if end and end < last else None,
        participation.eligible is not Known.UNKNOWN,
        tuple((day.day, day.minutes) for day in line.days) if line else (),
        line.state if line else LineState.PENDING,
        line.reject_reason.label if line and line.reject_reason else "",
        line.reason_note if line else "",
    )


def expect(session: Session, declarant: Declarant, version: int) -> HourDeclaration | None:
    """The open declaration of this month, None when nothing is kept yet. Raises `Conflict` when it moved on."""
    found = current(session, declarant)
    if (found.version if found else 0) == version and (found is None or found.state in OPEN_STATES):
        return found
    raise Conflict(_what_happened(session, found))


def _what_happened(session: Session, found: HourDeclaration | None) -> str:
    reopen = "Rouvrez la page pour voir où elle en est."
    if found is None:
        return f"Cette déclaration n’existe plus. {reopen}"
    if found.state in OPEN_STATES:
        return (
            "Quelqu’un de votre entreprise a enregistré ce mois depuis l’ouverture de votre page. Ce qui était "
            "enregistré n’a pas été remplacé. Rouvrez la page, vérifiez les heures, puis complétez-les."
        )
    sender = session.get(UserAccount, found.submitted_by_id) if found.submitted_by_id else None
    if found.state is DeclarationState.SUBMITTED:
        by = f" par {sender.name}" if sender else ""
        return f"Cette déclaration a déjà été envoyée{by}\u00a0: elle n’est pas partie deux fois. {reopen}"
    return f"Cette déclaration a déjà reçu une décision ({found.state.label.lower()}). {reopen}"
