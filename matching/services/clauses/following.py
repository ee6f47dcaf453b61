"""Who must act next on commitments, read in bulk: the facts behind `matching.clauses.follow`.

The number of statements does not grow with the commitments, but for lots of identifiers (500 in one statement);
the ledger is never read: what is validated is the fold kept on each commitment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from matching.clauses.due import effective_end
from matching.clauses.follow import Delays, ExpectedMonth, FollowFacts, NextStep, expected_months, next_step
from matching.clauses.progress import month_end, standing
from matching.clauses.terms import AlertLevel, DeclarationState, PartyRole
from matching.clock import PARIS
from matching.services.clauses.contacts import last_heard_of
from matching.services.clauses.corrections import OPEN
from matching.services.clauses.documents import last_issued_on
from matching.services.clauses.due import folds_of
from matching.services.clauses.rules import ClauseThresholds, thresholds_on
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import CorrectionRequest, HourDeclaration
from matching.store.tables.follow_through import RecoveryPlan
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent
from matching.terms import Known

_BATCH = 500
_HELD = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)
_RETURNED = "declaration.returned"


def next_steps_of(session: Session, commitments: Sequence[Commitment], today: date) -> dict[int, NextStep]:
    """Who must act next on each commitment, and why."""
    delays = thresholds_on(session, today).delays
    return {key: next_step(facts, today, delays) for key, facts in facts_of(session, commitments, today).items()}


def facts_of(session: Session, commitments: Sequence[Commitment], today: date) -> dict[int, FollowFacts]:
    """What is known of each commitment this evening.

    `duplicates` stays 0: possible doubles are found line by line, when a declaration is opened. A commitment ended and
    certified keeps only what its declarations ask: no alert, no silence, nothing else to claim.
    """
    rows = {row.id: row for row in commitments}
    known = _read(session, rows, today)
    return {key: _facts(row, known, today) for key, row in rows.items()}


def end_of(row: Commitment, contract_end: date | None) -> date | None:
    """The last day of a commitment: closed, else the end of its works, else of its contract; None: not known."""
    return row.closed_on or row.window_to or contract_end


# --- what is read --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bounds:
    """The days of a contract."""

    notified_on: date | None = None
    start_on: date | None = None
    end_on: date | None = None


@dataclass
class _Known:
    """By commitment id; absent: none."""

    thresholds: ClauseThresholds
    due: dict[int, int]
    terminated: dict[int, date | None]
    bounds: dict[int, _Bounds]
    parties: dict[int, list[tuple[int, PartyRole, str, date | None]]]
    submitted: dict[int, tuple[int, date]]
    returned: dict[int, list[tuple[int, date]]]
    declared: dict[tuple[int, int], set[date]]
    people: dict[tuple[int, int], list[tuple[date, date | None]]]
    corrections: dict[int, date]
    plans: dict[int, list[RecoveryPlan]]
    proofs: dict[int, list[date]]
    heard: dict[int, date]
    certified: dict[int, date]


def _read(session: Session, rows: dict[int, Commitment], today: date) -> _Known:
    keys = sorted(rows)
    thresholds = thresholds_on(session, today)
    folds = folds_of(session, keys)
    return _Known(
        thresholds=thresholds,
        due={key: fold.minutes(today, today) for key, fold in folds.items()},
        terminated={key: fold.ended(today, today) for key, fold in folds.items()},
        bounds=_bounds(session, {row.contract_id for row in rows.values()}),
        parties=_parties(session, keys),
        submitted=_submitted(session, keys),
        returned=_returned(session, keys),
        declared=_declared(session, keys),
        people=_people(session, keys),
        corrections=_corrections(session, keys),
        plans=_plans(session, keys),
        proofs=_proofs(session, keys, today, thresholds.delays),
        heard=heard_of(session, keys),
        certified=last_issued_on(session, keys, final=True),
    )


def _all(session: Session, query: Any, column: Any, keys: Collection[int]) -> Iterator[Any]:
    """The rows of `query` for these values of `column`, by lots below the variables that SQLite takes."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), _BATCH):
        yield from session.execute(query.where(column.in_(ordered[start : start + _BATCH])))


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _bounds(session: Session, keys: Collection[int]) -> dict[int, _Bounds]:
    query = select(Contract.id, Contract.notified_on, Contract.start_on, Contract.end_on)
    rows = _all(session, query, Contract.id, keys)
    return {row.id: _Bounds(row.notified_on, row.start_on, row.end_on) for row in rows}


def _parties(session: Session, keys: Collection[int]) -> dict[int, list[tuple[int, PartyRole, str, date | None]]]:
    p = CommitmentParty
    query = select(p.commitment_id, p.organisation_id, p.role, Organisation.name, p.to_on)
    query = query.join(Organisation, Organisation.id == p.organisation_id).order_by(p.id)
    found: dict[int, list[tuple[int, PartyRole, str, date | None]]] = {}
    for key, *party in _all(session, query, p.commitment_id, keys):
        found.setdefault(key, []).append(tuple(party))
    return found


def _submitted(session: Session, keys: Collection[int]) -> dict[int, tuple[int, date]]:
    d = HourDeclaration
    sent = func.min(func.coalesce(d.submitted_at, d.created_at, type_=d.created_at.type))
    query = (
        select(d.commitment_id, func.count(d.id), sent)
        .where(d.state == DeclarationState.SUBMITTED)
        .group_by(d.commitment_id)
    )
    rows = _all(session, query, d.commitment_id, keys)
    return {key: (count, _day(at)) for key, count, at in rows}


def _returned(session: Session, keys: Collection[int]) -> dict[int, list[tuple[int, date]]]:
    """(company, day) of each declaration sent back: the trail knows the day."""
    d = HourDeclaration
    last = func.max(AuditEvent.at)
    trail = (AuditEvent.subject_type == "hour_declaration", AuditEvent.action == _RETURNED)
    query = (
        select(d.commitment_id, d.organisation_id, d.created_at, last)
        .outerjoin(AuditEvent, (AuditEvent.subject_id == d.id) & trail[0] & trail[1])
        .where(d.state == DeclarationState.RETURNED)
        .group_by(d.id, d.commitment_id, d.organisation_id, d.created_at)
    )
    found: dict[int, list[tuple[int, date]]] = {}
    for key, company, made, at in _all(session, query, d.commitment_id, keys):
        found.setdefault(key, []).append((company, _day(at or made)))
    return found


def _declared(session: Session, keys: Collection[int]) -> dict[tuple[int, int], set[date]]:
    """The months sent by each company; a draft is still expected."""
    d = HourDeclaration
    query = select(d.commitment_id, d.organisation_id, d.month).where(d.state != DeclarationState.DRAFT)
    found: dict[tuple[int, int], set[date]] = {}
    for key, company, month in _all(session, query, d.commitment_id, keys):
        found.setdefault((key, company), set()).add(month)
    return found


def _people(session: Session, keys: Collection[int]) -> dict[tuple[int, int], list[tuple[date, date | None]]]:
    """When each company has people at work; with no known start, from the day they were added."""
    p = Participation
    added = case((p.started_on.is_(None), p.created_at))
    query = select(p.commitment_id, p.organisation_id, p.started_on, added, p.ended_on).distinct()
    query = query.where(p.organisation_id.is_not(None))
    found: dict[tuple[int, int], list[tuple[date, date | None]]] = {}
    for key, company, start, at, end in _all(session, query, p.commitment_id, keys):
        found.setdefault((key, company), []).append((start or at.date(), end))
    return found


def _corrections(session: Session, keys: Collection[int]) -> dict[int, date]:
    d, request = HourDeclaration, CorrectionRequest
    query = select(d.commitment_id, func.min(request.asked_at)).join(d, d.id == request.declaration_id)
    query = query.where(request.state == OPEN).group_by(d.commitment_id)
    return {key: _day(at) for key, at in _all(session, query, d.commitment_id, keys)}


def _plans(session: Session, keys: Collection[int]) -> dict[int, list[RecoveryPlan]]:
    query = select(RecoveryPlan).where(RecoveryPlan.state.in_(("proposed", "approved"))).order_by(RecoveryPlan.id)
    found: dict[int, list[RecoveryPlan]] = {}
    for (plan,) in _all(session, query, RecoveryPlan.commitment_id, keys):
        found.setdefault(plan.commitment_id, []).append(plan)
    return found


def _proofs(session: Session, keys: Collection[int], today: date, delays: Delays) -> dict[int, list[date]]:
    """Ends of eligibility about to come or just passed, of people who go on working; older ones ask nothing more."""
    p, notice = Participation, timedelta(days=delays.proof_notice)
    query = select(p.commitment_id, p.eligible_until).where(
        p.eligible == Known.YES,
        p.eligible_until.between(today - notice, today + notice),
        p.ended_on.is_(None) | ((p.ended_on > p.eligible_until) & (p.ended_on >= today)),
    )
    found: dict[int, list[date]] = {}
    for key, until in _all(session, query, p.commitment_id, keys):
        found.setdefault(key, []).append(until)
    return found


def heard_of(session: Session, keys: Sequence[int]) -> dict[int, date]:
    """The last answer of anybody about each commitment; without one, left out."""
    found: dict[int, date] = {}
    for start in range(0, len(keys), _BATCH):
        found |= last_heard_of(session, keys[start : start + _BATCH])
    return found


# --- what is told --------------------------------------------------------------------------------------------------


def _facts(row: Commitment, known: _Known, today: date) -> FollowFacts:
    key = row.id
    bounds = known.bounds.get(row.contract_id, _Bounds())
    end = effective_end(end_of(row, bounds.end_on), known.terminated.get(key))
    ended = end is not None and end < today
    over = ended and key in known.certified
    expected = {} if over else _expected(row, bounds, known, today)
    submitted, oldest = known.submitted.get(key, (0, None))
    returned, plans = known.returned.get(key, []), known.plans.get(key, [])
    proposed = [_day(plan.created_at) for plan in plans if plan.state == "proposed"]
    due = known.due.get(key, 0)
    return FollowFacts(
        level=AlertLevel.NOT_ASSESSED if over else _level(row, due, known, today),
        submitted=submitted,
        submitted_since=oldest,
        plan_to_approve_since=None if over else min(proposed, default=None),
        corrections_asked_since=known.corrections.get(key),
        returned_since=min((day for _, day in returned), default=None),
        expected=_oldest_of_each(expected.values()),
        has_plan=any(_runs(plan, today) for plan in plans),
        window_missing=not ended and due > 0 and None in (row.window_from, row.window_to),
        proofs_ending=() if ended else tuple(sorted(known.proofs.get(key, ()))),
        ended_on=end if ended and not over else None,
        last_heard_on=None if over else known.heard.get(key),
        holder=_holder(known.parties.get(key, [])),
        declarant=_declarant(known.parties.get(key, []), {*expected, *(company for company, _ in returned)}),
    )


def _level(row: Commitment, due: int, known: _Known, today: date) -> AlertLevel:
    end = effective_end(row.window_to, known.terminated.get(row.id), row.window_from)
    return standing(due, row.validated_minutes, row.window_from, end, today, known.thresholds.progress).level


def _expected(row: Commitment, bounds: _Bounds, known: _Known, today: date) -> dict[int, tuple[ExpectedMonth, ...]]:
    """By company, the months that nobody declared though somebody worked: the rule of the company's own page."""
    starts = [day for day in (bounds.notified_on, row.window_from or bounds.start_on) if day]
    first, last, due_day = max(starts, default=None), row.closed_on or bounds.end_on, known.thresholds.declare_by_day
    found: dict[int, tuple[ExpectedMonth, ...]] = {}
    for company in {party[0] for party in known.parties.get(row.id, ())}:
        people = known.people.get((row.id, company))
        if people:
            months = expected_months(first, last, today, known.declared.get((row.id, company), ()), due_day)
            waiting = tuple(one for one in months if any(_works(start, end, one.month) for start, end in people))
            found |= {company: waiting} if waiting else {}
    return found


def _works(start: date, end: date | None, month: date) -> bool:
    return start <= month_end(month) and (end is None or end >= month)


def _oldest_of_each(groups: Iterable[tuple[ExpectedMonth, ...]]) -> tuple[ExpectedMonth, ...]:
    """Each month once, whatever the number of companies that owe it."""
    return tuple(sorted({one for group in groups for one in group}, key=lambda one: one.month))


def _runs(plan: RecoveryPlan, today: date) -> bool:
    return plan.state == "approved" and today < plan.from_on + timedelta(weeks=plan.weeks)


def _holder(parties: Sequence[tuple[int, PartyRole, str, date | None]]) -> str:
    """Who answers for the commitment today: its last holder, or the lead of its group."""
    return next((name for _, role, name, left_on in reversed(parties) if role in _HELD and left_on is None), "")


def _declarant(parties: Sequence[tuple[int, PartyRole, str, date | None]], companies: Collection[int]) -> str:
    """The one company that must declare or mend; empty when several must: the holder answers for them."""
    if len(companies) != 1:
        return ""
    return next((name for company, _, name, _ in parties if company in companies), "")
