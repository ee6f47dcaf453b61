"""Until when each participation counts: the rule in force, the day its clock started, what an officer added or cut.

The clock is the person's: it starts with the first hour validated under any clause, all employers together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matching.clauses.eligibility import DurationRule, StartEvent, eligible_until, rule_of_clock
from matching.clauses.terms import TRAINING_ROUTES, EligiblePublic, Route
from matching.errors import RuleRefused
from matching.services.clauses.rules import duration_rules
from matching.store.tables.ledger import LedgerHead
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import ContractKind, Known
from matching.text import written_day

_CHUNK = 500
_READ: tuple[Any, ...] = (
    Participation.id,
    Participation.person_id,
    Participation.route,
    Participation.contract_kind,
    Participation.started_on,
    Participation.ended_on,
    Participation.eligible,
    Participation.eligible_public,
    Participation.eligible_until,
)


@dataclass(frozen=True)
class EligibilityClock:
    """When eligibility started and ends, by which rule. `started_on` None: the clock has not started.

    `ends_on` None: no end yet (no hour validated, or a work contract without a last day). `cut_on` is an end that an
    officer decided, earlier than the rule's; `extension_months` what they added.
    """

    rule: DurationRule | None
    started_on: date | None
    ends_on: date | None
    extension_months: int = 0
    cut_on: date | None = None


def clock_of(
    rules: Sequence[DurationRule],
    route: Route,
    contract_kind: ContractKind | None,
    public: EligiblePublic | None,
    first_validated_on: date | None,
    hired_on: date | None,
    contract_end: date | None,
    extension_months: int = 0,
    cut_on: date | None = None,
) -> EligibilityClock:
    """The clock of one participation; `first_validated_on` is the person's, over all their participations."""
    kind = own_contract(route, contract_kind)
    rule = rule_of_clock(rules, public, kind, first_validated_on, hired_on)
    if rule is None:
        return EligibilityClock(None, None, cut_on, extension_months, cut_on)
    start = hired_on if rule.start_event is StartEvent.HIRE else first_validated_on
    ends = eligible_until(rule, first_validated_on, hired_on, contract_end, extension_months)
    known = [day for day in (ends, cut_on) if day is not None]
    return EligibilityClock(rule, start, min(known, default=None), extension_months, cut_on)


def own_contract(route: Route, contract_kind: ContractKind | None) -> ContractKind | None:
    """The contract kind that may have a rule of its own: a direct hire's, or a training contract.

    Somebody sent by another employer with a CDI is not a direct CDI: no kind, so the common rule.
    """
    if route is Route.APPRENTICESHIP:
        return ContractKind.APPRENTICESHIP
    if route is Route.PROFESSIONAL_TRAINING:
        return ContractKind.PROFESSIONAL_TRAINING
    return contract_kind if route is Route.DIRECT_HIRE or route in TRAINING_ROUTES else None


def refresh_until(work: UnitOfWork, person_ids: Iterable[int]) -> None:
    """Write again until when each participation of these people counts; call it after the ledger moved.

    Nothing is recorded here: the event of the hours, or of the decision, is the reason of the change.
    """
    ids = sorted(set(person_ids))
    rules = duration_rules(work.session) if ids else ()
    for start in range(0, len(ids), _CHUNK):
        _refresh(work.session, rules, ids[start : start + _CHUNK])


def refresh_everybody(work: UnitOfWork) -> None:
    """The same for all eligible people, after the rules of duration changed."""
    query = select(Participation.person_id).where(Participation.eligible == Known.YES).distinct()
    refresh_until(work, work.session.execute(query).scalars())


def _refresh(session: Session, rules: Sequence[DurationRule], person_ids: list[int]) -> None:
    session.flush()
    # Columns, not entities: the ledger's totals were written in SQL, and an entity already loaded would be stale.
    rows = session.execute(
        select(*_READ).where(Participation.person_id.in_(person_ids)).order_by(Participation.id)
    ).all()
    first = first_validated_of(session, person_ids)
    granted = last_grants(session, [row.id for row in rows if row.eligible is Known.YES])
    for row in rows:
        extension, cut = granted.get(row.id, (0, None))
        clock = clock_of(
            rules,
            row.route,
            row.contract_kind,
            row.eligible_public,
            first.get(row.person_id),
            row.started_on,
            row.ended_on,
            extension,
            cut,
        )
        until = clock.ends_on if row.eligible is Known.YES else None
        if until != row.eligible_until:
            session.execute(
                update(Participation)
                .where(Participation.id == row.id)
                .values(eligible_until=until)
                .execution_options(synchronize_session="evaluate")
            )


def first_validated_of(session: Session, person_ids: list[int]) -> dict[int, date]:
    """The first day of validated hours of each person, over all their participations."""
    rows = session.execute(
        select(Participation.person_id, func.min(Participation.first_worked_on).label("day"))
        .where(Participation.person_id.in_(person_ids), Participation.first_worked_on.is_not(None))
        .group_by(Participation.person_id)
    )
    return {row.person_id: row.day for row in rows}


def last_grants(session: Session, participation_ids: list[int]) -> dict[int, tuple[int, date | None]]:
    """Months added and end cut by the last decision of each participation."""
    latest = (
        select(func.max(EligibilityDecision.id))
        .where(EligibilityDecision.participation_id.in_(participation_ids))
        .group_by(EligibilityDecision.participation_id)
    )
    rows = session.execute(
        select(EligibilityDecision.participation_id, EligibilityDecision.extension_months, EligibilityDecision.ends_on)
        .where(EligibilityDecision.id.in_(latest))
        .order_by(EligibilityDecision.id)
    )
    return {row.participation_id: (row.extension_months, row.ends_on) for row in rows}


def keep_hours_eligible(session: Session, participation_id: int, before: date | None, last: date | None) -> None:
    """Raises `RuleRefused` when the end just moved before hours that were validated inside it.

    `before` is the end until now, `last` the last day of standing hours. Hours already past the end were counted by
    an officer with a reason: they stay.
    """
    query = select(Participation.eligible_until).where(Participation.id == participation_id)
    until = session.execute(query).scalar_one()
    if last is None or until is None or until >= last or (before is not None and before < last):
        return
    raise RuleRefused(
        f"Avec ce changement, l’éligibilité finirait le {written_day(until)}, alors que des heures sont validées "
        f"jusqu’au {written_day(last)}. Gardez une fin plus tardive, ou annulez d’abord ces heures."
    )


def wait_for_ledger(session: Session) -> None:
    """Wait for hours being validated: a decision and the ledger never overwrite each other's end of eligibility.

    The ledger's head is taken first here as it is there, so that two transactions never wait on each other.
    """
    session.execute(select(LedgerHead.id).where(LedgerHead.id == 1).with_for_update())
