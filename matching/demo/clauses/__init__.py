"""Clauses of the demonstration: two years of twenty-five commitments, written month by month as in life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.demo.clauses import follow, hours, treatments
from matching.demo.clauses.commitments import record_event, register
from matching.demo.clauses.companies import add_accounts, add_companies, company_accounts
from matching.demo.clauses.months import Months
from matching.demo.clauses.participants import add_crew, read_candidates
from matching.demo.clauses.published import add_published
from matching.demo.clauses.services import SERVICES
from matching.demo.clauses.stage import Stage, actor_of
from matching.demo.clauses.works import WORKS
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.eligibility_clock import refresh_until
from matching.services.clauses.rules import duration_rules
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.organisations import Establishment

SEED = 25
FIRST_MONTH = -24
"""The first contract was registered that many months ago."""


@dataclass(frozen=True)
class ClauseCounts:
    """What was built, or is there. Minutes due and validated today."""

    commitments: int
    minutes_due: int
    minutes_validated: int


def add_clauses(ctx: Context, password_hash: str) -> None:
    """Companies, accounts, contracts, people, declarations and the ledger, from two years ago to today."""
    contracts = tuple(sorted((*WORKS, *SERVICES), key=lambda contract: contract.notified))
    stage = Stage(ctx, Months(ctx.clock.now(), ctx.clock.today()), Random(SEED), contracts)
    _settle_in(stage, password_hash)
    stage.candidates = read_candidates(stage)
    for month in range(FIRST_MONTH, 1):
        for officer in stage.officers:
            _open_month(stage, month, officer)
        hours.submit(stage, month - 1)
        for officer in stage.officers:
            hours.decide(stage, month - 1, officer)
        follow.do_acts(stage, month)
        follow.freeze_last_year(stage, month)
    _recent(stage)
    add_published(stage)


def count_clauses(ctx: Context) -> ClauseCounts:
    """The commitments of the database and their hours today."""
    today = ctx.clock.today()
    with ctx.read() as session:
        ids = session.execute(select(Commitment.id)).scalars().all()
        due = minutes_due_of(session, ids, today, today)
        validated = session.execute(select(func.sum(Commitment.validated_minutes))).scalar_one()
    return ClauseCounts(len(ids), sum(due.values()), int(validated or 0))


def _settle_in(stage: Stage, password_hash: str) -> None:
    at = stage.months.at(stage.months.eve(FIRST_MONTH - 1), 9)
    with stage.acting(at) as work:
        session = work.session
        stage.companies = add_companies(work, stage.dice)
        stage.officers = [
            actor_of(account) for account in add_accounts(work, stage.dice, stage.companies, password_hash)
        ]
        towns = session.execute(select(Establishment.commune_insee).order_by(Establishment.id)).scalars()
        stage.towns = [town for town in towns if town]
        stage.accounts = company_accounts(work, stage.companies)
        stage.rules = duration_rules(session)
        work.record("demonstration.built", "commitment", 0, commitments=len(stage.contracts))


def _open_month(stage: Stage, month: int, officer: Actor) -> None:
    """On the eve of a month: what begins in it, and what was said since the last one."""
    contracts = stage.contracts_of(officer)
    with stage.acting(stage.months.at(stage.months.eve(month), 10, 30), officer) as work:
        for contract in contracts:
            if contract.notified + 1 == month:
                register(stage, work, contract)
        people: list[int] = []
        for contract in contracts:
            for plan in contract.commitments:
                for event in plan.events:
                    if event.recorded == month:
                        record_event(stage, work, plan, event)
                for crew in plan.crews:
                    if crew.opening == month:
                        people += add_crew(stage, work, plan, crew)
        refresh_until(work, people)
        follow.note_exchanges(stage, work, officer, month)


def _recent(stage: Stage) -> None:
    """The last days: people to come, declarations that wait, the last exchanges."""
    for officer in stage.officers:
        with stage.acting(stage.ctx.clock.now() - timedelta(hours=30), officer) as work:
            for _, plan in stage.commitments_of(officer):
                for crew in plan.crews:
                    if crew.opening == 1:
                        add_crew(stage, work, plan, crew)
            follow.note_last_exchanges(stage, work, officer)
    beginning = stage.months.at(stage.months.first(0), 8)
    for place, (key, state) in enumerate(treatments.OPEN.items()):
        at = max(beginning, stage.ctx.clock.now() - timedelta(days=7 - place, hours=place))
        with stage.acting(at, stage.accounts.get(key[2])) as work:
            hours.declare(stage, work, key, state)
    with stage.acting(stage.ctx.clock.now() - timedelta(hours=50), stage.accounts["quais"]) as work:
        follow.ask_correction(stage, work)
