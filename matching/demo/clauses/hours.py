"""What companies declared month after month, what was decided, and the ledger that follows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from matching.access.permissions import Actor
from matching.clauses.ledger import Entry
from matching.clauses.line_rules import training_counted
from matching.clauses.terms import DeclarationState, EntryKind, LineState, RejectReason
from matching.demo.clauses import treatments
from matching.demo.clauses.model import REFUSED, WAITING, CommitmentPlan
from matching.demo.clauses.months import worked_days
from matching.demo.clauses.stage import Declared, Stage, Worker
from matching.services.clauses.eligibility_clock import clock_of, refresh_until
from matching.services.clauses.participations import acted_on
from matching.store import ledger
from matching.store.tables.declarations import DeclarationLine, DuplicateResolution, HourDeclaration, LineDay
from matching.store.unit_of_work import UnitOfWork

State = DeclarationState
_QUARTER = 15


def submit(stage: Stage, month: int) -> None:
    """Everything declared for a month, sent at the beginning of the next one; what still waits is left for later."""
    at = stage.months.at(stage.months.working_day(stage.months.day(month + 1, 4)), 11, 20)
    keys = [key for key in _expected(stage, month) if key not in treatments.MISSING | treatments.OPEN.keys()]
    if keys:
        with stage.acting(at) as work:
            for key in keys:
                declare(stage, work, key, State.SUBMITTED)


def declare(stage: Stage, work: UnitOfWork, key: tuple[str, int, str], state: State) -> Declared:
    """One company's month on a commitment, kept or sent."""
    commitment, month, organisation = key
    sent, sender = state is State.SUBMITTED, stage.accounts.get(organisation)
    row = HourDeclaration(
        commitment_id=stage.ids[commitment],
        organisation_id=stage.companies[organisation],
        month=stage.months.first(month),
        state=state,
        submitted_at=work.at if sent else None,
        # Companies without an account answer by the link they receive.
        submitted_by_id=sender.user_id if sent and sender else None,
        source="file" if organisation in treatments.BY_FILE else "page",
        created_at=work.at,
    )
    made = Declared(row, commitment, month, organisation)
    for worker in _workers(stage, commitment, month, organisation):
        line = _line(stage, worker, key)
        if line is not None:
            row.lines.append(line)
            made.lines.append((line, worker, _counted(stage.plan(commitment), line)))
    work.session.add(row)
    work.session.flush()
    stage.declared[key] = made
    minutes = sum(line.minutes or 0 for line in row.lines)
    action = "declaration.submitted" if sent else "declaration.kept"
    work.record(action, "hour_declaration", row.id, lines=len(row.lines), minutes=minutes)
    return made


def _expected(stage: Stage, month: int) -> list[tuple[str, int, str]]:
    """Who has a month to declare: the companies with somebody at work whose hours still count."""
    found: dict[tuple[str, int, str], None] = {}
    for worker in stage.workers:
        key = (worker.commitment, month, worker.organisation)
        if _works(stage, worker, month) and (key in treatments.OPEN or _span(stage, worker, key) is not None):
            found[key] = None
    return list(found)


def _workers(stage: Stage, commitment: str, month: int, organisation: str) -> list[Worker]:
    # A refused person is declared all the same in a month that waits: an officer will see it.
    waits = (commitment, month, organisation) in treatments.OPEN
    return [
        worker
        for worker in stage.workers
        if (worker.commitment, worker.organisation) == (commitment, organisation)
        and (_works(stage, worker, month) or (waits and worker.crew.decision == REFUSED and worker.crew.first <= month))
    ]


def _works(stage: Stage, worker: Worker, month: int) -> bool:
    if worker.crew.decision in (WAITING, REFUSED):
        return False
    begun = worker.started_on <= stage.months.last(month)
    return begun and (worker.ended_on is None or worker.ended_on >= stage.months.first(month))


def _span(stage: Stage, worker: Worker, key: tuple[str, int, str]) -> tuple[date, date] | None:
    """The days of the month that the company declares: those that count, or the whole month where nobody cut it."""
    first = max(stage.months.first(key[1]), worker.started_on)
    last = min(stage.months.last(key[1]), worker.ended_on or date.max)
    until = until_of(stage, worker)
    if until is not None and key not in treatments.UNCUT:
        last = min(last, until)
    return (first, last) if first <= last and worked_days(first, last) else None


def until_of(stage: Stage, worker: Worker) -> date | None:
    """The last day of eligibility, by the rules in force."""
    crew = worker.crew
    hired, first_hour = worker.started_on, worker.human.first_hour
    clock = clock_of(stage.rules, crew.route, crew.kind, crew.public, first_hour, hired, worker.ended_on)
    return clock.ends_on


def _line(stage: Stage, worker: Worker, key: tuple[str, int, str]) -> DeclarationLine | None:
    span = _span(stage, worker, key)
    if span is None:
        return None
    days, dice = worked_days(*span), stage.dice
    absent = dice.choice((0, 0, 1, 1, 2)) if len(days) > 10 else 0
    minutes = worker.crew.hours * 12 * (len(days) - absent) // _QUARTER * _QUARTER
    line = DeclarationLine(
        participation_id=worker.participation_id,
        from_on=span[0],
        to_on=span[1],
        minutes=minutes,
        training_minutes=minutes * worker.crew.training // 100 // _QUARTER * _QUARTER,
    )
    if key in treatments.BY_DAY:
        line.days = _by_day(line, days, long_week=key in treatments.LONG_WEEK)
    return line


def _by_day(line: DeclarationLine, days: list[date], *, long_week: bool) -> list[LineDay]:
    """The breakdown; with a long week, ten hours and a half a day for a whole week."""
    usual, left = divmod(line.minutes or 0, len(days))
    by_day = {day: usual + (left if day == days[0] else 0) for day in days}
    if long_week:
        monday = next(day for day in days[5:] if day.weekday() == 0)
        by_day |= {monday + timedelta(days=n): 630 for n in range(5) if monday + timedelta(days=n) in by_day}
        line.minutes = sum(by_day.values())
    return [LineDay(day=day, minutes=minutes) for day, minutes in by_day.items()]


def _counted(plan: CommitmentPlan, line: DeclarationLine) -> int:
    """The minutes that the contract counts: all but the training it leaves out."""
    total, training = line.minutes or 0, line.training_minutes
    return total - training + (training_counted(total, training, plan.training, plan.training_cap) or 0)


def decide(stage: Stage, month: int, officer: Actor) -> None:
    """An officer's decisions on the month, a few days after it was sent."""
    own = {plan.key for _, plan in stage.commitments_of(officer)}
    sent = [
        d
        for d in stage.declared.values()
        if d.month == month and d.commitment in own and d.row.state is State.SUBMITTED
    ]
    if not sent:
        return
    day = stage.months.day(month + 1, 9 + 2 * stage.officers.index(officer))
    with stage.acting(stage.months.at(stage.months.working_day(day), 15, 40), officer) as work:
        # A clock moves with its first hours only: the others need not be read again.
        new = {worker.human.person_id for d in sent for _, worker, _ in d.lines if worker.human.first_hour is None}
        for declared in sent:
            work.session.add(declared.row)
            _settle(stage, work, declared)
        refresh_until(work, new)


def _settle(stage: Stage, work: UnitOfWork, declared: Declared) -> None:
    key = (declared.commitment, declared.month, declared.organisation)
    row = declared.row
    acted_on(work, row.commitment_id)
    if key in treatments.RETURNED:
        row.state, row.return_reason = State.RETURNED, treatments.RETURNED[key]
        work.record("declaration.returned", "hour_declaration", row.id, note=row.return_reason)
        return
    _cut(stage, work, declared, key)
    _resolve(stage, work, declared, key)
    rejected = treatments.REJECTED.get(key)
    entries = []
    for position, (line, worker, counted) in enumerate(declared.lines):
        line.decided_by_id, line.decided_at = work.actor_id, work.at
        if rejected is not None and rejected.position in (None, position):
            line.state, line.reject_reason, line.reason_note = LineState.REJECTED, rejected.reason, rejected.note
            continue
        line.state = LineState.VALIDATED
        _override(work, line, worker)
        worker.human.first_hour = min(worker.human.first_hour or line.from_on, line.from_on)
        entries.append(entry_of(row.commitment_id, line, counted))
    row.decided_at, row.decided_by_id = work.at, work.actor_id
    row.state = _state(row.lines)
    work.session.flush()
    ledger.append(work, entries)
    minutes = sum(entry.minutes for entry in entries)
    work.record("declaration.decided", "hour_declaration", row.id, state=row.state.value, minutes=minutes)


def _cut(stage: Stage, work: UnitOfWork, declared: Declared, key: tuple[str, int, str]) -> None:
    """Eligibility ended within the month: the line is split by day, what follows becomes a rejected line."""
    if key not in treatments.CUT:
        return
    line, worker, _ = declared.lines[0]
    until = until_of(stage, worker)
    assert until is not None
    out = [day for day in line.days if day.day > until]
    rest = DeclarationLine(
        participation_id=line.participation_id,
        from_on=until + timedelta(days=1),
        to_on=line.to_on,
        minutes=sum(day.minutes for day in out),
        state=LineState.REJECTED,
        reject_reason=RejectReason.OUTSIDE_ELIGIBILITY,
        decided_by_id=work.actor_id,
        decided_at=work.at,
        days=[LineDay(day=day.day, minutes=day.minutes) for day in out],
    )
    line.days = [day for day in line.days if day.day <= until]
    line.to_on, line.minutes = until, sum(day.minutes for day in line.days)
    declared.row.lines.append(rest)
    declared.lines[0] = (line, worker, _counted(stage.plan(declared.commitment), line))
    work.session.flush()
    work.record("line.cut", "declaration_line", line.id, kept=line.minutes, out=rest.minutes)


def _resolve(stage: Stage, work: UnitOfWork, declared: Declared, key: tuple[str, int, str]) -> None:
    """Two companies declared the same person: an officer said why these are not the same hours."""
    if key not in treatments.RESOLVED:
        return
    other, reason = treatments.RESOLVED[key]
    line, worker, _ = declared.lines[0]
    there = stage.declared[key[0], key[1], other].lines
    same = next(one for one, who, _ in there if who.human is worker.human)
    assert work.actor_id is not None
    first, second = sorted((line.id, same.id))
    row = DuplicateResolution(
        first_line_id=first, second_line_id=second, reason=reason, by_id=work.actor_id, at=work.at
    )
    work.session.add(row)
    work.record("duplicate.resolved", "declaration_line", second, note=reason, other=first)


def _override(work: UnitOfWork, line: DeclarationLine, worker: Worker) -> None:
    """Hours before the decision count only because an officer said why."""
    if worker.decided_on is not None and line.from_on < worker.decided_on:
        line.override_code = "not_decided"
        line.override_reason = "Attestation de la structure reçue le premier jour, décision notée en fin de mois."
        work.record("line.overridden", "declaration_line", line.id, note=line.override_reason, rule="not_decided")


def entry_of(commitment_id: int, line: DeclarationLine, minutes: int) -> Entry:
    """The ledger's entry of a validated line."""
    days = [day.day for day in line.days if day.minutes] or [line.from_on, line.to_on]
    return Entry(EntryKind.ENTRY, commitment_id, minutes, min(days), max(days), line.participation_id, line_id=line.id)


def _state(lines: Iterable[DeclarationLine]) -> State:
    states = {line.state for line in lines}
    if LineState.VALIDATED not in states:
        return State.REJECTED
    return State.PARTLY_VALIDATED if LineState.REJECTED in states else State.VALIDATED
