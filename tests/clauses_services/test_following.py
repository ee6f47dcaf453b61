"""Who must act next, read in bulk: each fact from its rows, a fixed number of statements, never the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from matching.clauses.follow import FollowFacts, NextStep
from matching.clauses.terms import AlertLevel, DeclarationState, NextActor, PartyRole
from matching.services.clauses import validating
from matching.services.clauses.documents import ISSUED
from matching.services.clauses.following import facts_of, next_steps_of
from matching.services.context import Context
from matching.store.tables.base import Base
from matching.store.tables.contracts import Commitment, ContactExchange
from matching.store.tables.declarations import CorrectionRequest
from matching.store.tables.follow_through import RecoveryPlan
from tests.support import clauses as make
from tests.support import factories

TODAY = date(2026, 11, 23)
BEFORE = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


def facts(ctx: Context, commitment_id: int, today: date = TODAY) -> FollowFacts:
    with ctx.read() as session:
        return facts_of(session, [session.get_one(Commitment, commitment_id)], today)[commitment_id]


def step(ctx: Context, commitment_id: int, today: date = TODAY) -> NextStep:
    with ctx.read() as session:
        return next_steps_of(session, [session.get_one(Commitment, commitment_id)], today)[commitment_id]


def add(ctx: Context, row: Base, action: str = "test.row") -> None:
    with ctx.write(None) as work:
        factories._added(work, row, action)


def held(ctx: Context, **columns: Any) -> tuple[int, int]:
    """A commitment and its holder, Vasseur Peinture."""
    holder = factories.organisation(ctx, "Vasseur Peinture")
    return make.commitment(ctx, holder_id=holder, **columns), holder


def test_months_that_nobody_declared(any_ctx: Context) -> None:
    key, holder = held(any_ctx)
    assert facts(any_ctx, key).expected == ()  # nobody works there yet
    worker = make.participation(any_ctx, key, organisation_id=holder, started_on=date(2026, 8, 20))
    make.declaration(any_ctx, key, holder, {worker: 60}, month=date(2026, 9, 1), state=DeclarationState.VALIDATED)
    make.declaration(any_ctx, key, holder, {worker: 60}, state=DeclarationState.DRAFT)
    found = facts(any_ctx, key)
    assert [one.month for one in found.expected] == [date(2026, 8, 1), date(2026, 10, 1)]  # a draft is not sent
    assert (found.holder, found.declarant, found.level) == ("Vasseur Peinture", "Vasseur Peinture", AlertLevel.RED)
    said = step(any_ctx, key)
    assert said.actor is NextActor.HOLDER
    assert said.sentence.startswith("À Vasseur Peinture de déclarer août")


def test_the_company_that_owes_the_month_is_named(any_ctx: Context) -> None:
    key, holder = held(any_ctx)
    other = factories.organisation(any_ctx, "Sous-traitant Inventé")
    make.party(any_ctx, key, other)
    make.participation(any_ctx, key, organisation_id=other, started_on=date(2026, 10, 5))
    assert step(any_ctx, key).sentence.startswith("À Sous-traitant Inventé de déclarer octobre")
    make.participation(any_ctx, key, organisation_id=holder, started_on=date(2026, 10, 5))
    found = facts(any_ctx, key)
    assert (len(found.expected), found.declarant) == (1, "")  # both owe October: the holder answers
    assert step(any_ctx, key).sentence.startswith("À Vasseur Peinture de déclarer octobre")


def test_declarations_sent_and_sent_back(any_ctx: Context) -> None:
    key, holder = held(any_ctx)
    worker = make.participation(any_ctx, key, organisation_id=holder, started_on=date(2026, 10, 1))
    sent = make.declaration(any_ctx, key, holder, {worker: 600})
    found = facts(any_ctx, key)
    assert (found.submitted, found.expected) == (1, ())
    assert found.submitted_since is not None
    assert step(any_ctx, key).actor is NextActor.OFFICER
    validating.return_for_correction(any_ctx, make.officer(any_ctx), sent, 1, "Corrigez le total.")
    found = facts(any_ctx, key)
    assert (found.submitted, found.returned_since) == (0, any_ctx.clock.today())
    assert "de corriger la déclaration" in step(any_ctx, key).sentence


@pytest.mark.parametrize(("state", "waits"), [("open", True), ("accepted", False), ("refused", False)])
def test_correction_asked(any_ctx: Context, state: str, waits: bool) -> None:
    key, holder = held(any_ctx)
    sent = make.declaration(any_ctx, key, holder, state=DeclarationState.VALIDATED)
    add(any_ctx, CorrectionRequest(declaration_id=sent, message="8 h de trop", state=state, asked_at=BEFORE))
    assert facts(any_ctx, key).corrections_asked_since == (BEFORE.date() if waits else None)


@pytest.mark.parametrize(
    ("state", "from_on", "runs", "since"),
    [
        ("proposed", date(2026, 11, 16), False, BEFORE.date()),
        ("approved", date(2026, 11, 16), True, None),
        ("approved", date(2026, 9, 28), True, None),  # its last day is Sunday 22 November
        ("approved", date(2026, 9, 21), False, None),
        ("dropped", date(2026, 11, 16), False, None),
    ],
)
def test_plans(any_ctx: Context, state: str, from_on: date, runs: bool, since: date | None) -> None:
    key, _ = held(any_ctx)
    plan = RecoveryPlan(commitment_id=key, people=2, weekly_minutes=2100, weeks=8, from_on=from_on, minutes=33600)
    plan.state, plan.created_at = state, BEFORE
    add(any_ctx, plan)
    found = facts(any_ctx, key, date(2026, 11, 22))
    assert (found.has_plan, found.plan_to_approve_since) == (runs, since)


@pytest.mark.parametrize(
    ("until", "columns", "told"),
    [
        (date(2026, 12, 10), {}, True),
        (date(2026, 12, 24), {}, False),  # more than 30 days away
        (date(2026, 11, 20), {}, True),  # just passed, still at work
        (date(2026, 9, 1), {}, False),  # long known
        (date(2026, 12, 10), {"ended_on": date(2026, 12, 1)}, False),
        (date(2026, 11, 20), {"ended_on": date(2026, 11, 21)}, False),
    ],
)
def test_proofs_ending(any_ctx: Context, until: date, columns: dict[str, Any], told: bool) -> None:
    key, holder = held(any_ctx)
    make.participation(any_ctx, key, organisation_id=holder, eligible_until=until, **columns)
    assert facts(any_ctx, key).proofs_ending == ((until,) if told else ())


def test_silence_and_window(any_ctx: Context) -> None:
    key, _ = held(any_ctx, window_from=None, window_to=None, validated_minutes=60)
    found = facts(any_ctx, key)
    assert (found.last_heard_on, found.window_missing, found.level) == (None, True, AlertLevel.NOT_ASSESSED)
    heard = ContactExchange(commitment_id=key, happened_on=date(2026, 9, 1), channel="call", at=BEFORE)
    add(any_ctx, heard)
    assert facts(any_ctx, key).last_heard_on == date(2026, 9, 1)


def test_ended_then_certified(any_ctx: Context) -> None:
    key, holder = held(any_ctx, window_to=date(2026, 10, 31))
    make.participation(any_ctx, key, organisation_id=holder, eligible_until=date(2026, 12, 1))
    found = facts(any_ctx, key)
    assert (found.ended_on, found.level, found.proofs_ending) == (date(2026, 10, 31), AlertLevel.RED, ())
    with any_ctx.write(None) as work:
        work.record(ISSUED, "commitment", key, state="provisional")
    assert facts(any_ctx, key).ended_on == date(2026, 10, 31)
    with any_ctx.write(None) as work:
        work.record(ISSUED, "commitment", key, state="final")
    assert facts(any_ctx, key) == FollowFacts(holder="Vasseur Peinture")
    assert step(any_ctx, key).actor is NextActor.NOBODY


def test_the_holder_of_today_is_named(any_ctx: Context) -> None:
    key = make.commitment(any_ctx)
    assert facts(any_ctx, key).holder == ""
    make.party(any_ctx, key, factories.organisation(any_ctx, "Mandataire Inventé"), PartyRole.LEAD_HOLDER)
    make.party(any_ctx, key, factories.organisation(any_ctx, "Sous-traitant Inventé"))
    assert facts(any_ctx, key).holder == "Mandataire Inventé"


def test_as_many_statements_for_20_as_for_2_and_none_reads_the_ledger(any_ctx: Context) -> None:
    shared = make.contract(any_ctx)
    holder = factories.organisation(any_ctx)
    for lot in range(20):
        key = make.commitment(any_ctx, shared, lot=str(lot), holder_id=holder)
        make.participation(any_ctx, key, organisation_id=holder, eligible_until=date(2026, 12, 1))
        make.declaration(any_ctx, key, holder)
    counts = []
    for number in (2, 20):
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object, seen: list[str] = seen) -> None:
            seen.append(statement)

        with any_ctx.read() as session:
            rows = list(session.execute(select(Commitment).order_by(Commitment.id).limit(number)).scalars())
            sql_event.listen(any_ctx.engine, "before_cursor_execute", note)
            try:
                assert len(next_steps_of(session, rows, TODAY)) == number
            finally:
                sql_event.remove(any_ctx.engine, "before_cursor_execute", note)
        assert not [statement for statement in seen if "ledger_entry" in statement]
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 20
