"""The clauses of the demonstration: every situation is there, and nothing contradicts the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.clauses.eligibility import Proof, decide
from matching.clauses.follow import DEFAULT_DELAYS, silent_days
from matching.clauses.progress import Standing, standing
from matching.clauses.terms import (
    AlertLevel,
    DeclarationState,
    EventKind,
    LineState,
    Modality,
    Route,
    Support,
    TerminationRule,
    TrainingHours,
)
from matching.clock import FixedClock
from matching.demo import build
from matching.demo.clauses import FIRST_MONTH, count_clauses
from matching.services.clauses.checking import check_everything
from matching.services.clauses.due import folds_of
from matching.services.clauses.eligibility_clock import refresh_until
from matching.services.clauses.findings import findings_of
from matching.services.clauses.rules import proof_rules
from matching.services.clauses.snapshots import compare_snapshot, list_snapshots, read_year
from matching.services.context import Context
from matching.store.tables import contracts, declarations, follow_through, ledger, participations
from matching.store.tables.accounts import UserAccount
from matching.store.tables.protected import ProtectedFact
from matching.terms import Known, Role


def _values(session: Session, column: Any) -> set[Any]:
    return set(session.execute(select(column).distinct()).scalars())


def _standings(session: Session, today: date) -> dict[str, Standing]:
    rows = session.execute(select(contracts.Commitment)).scalars().all()
    folds = folds_of(session, [row.id for row in rows])
    return {
        row.label: standing(
            folds[row.id].minutes(today, today), row.validated_minutes, row.window_from, row.window_to, today
        )
        for row in rows
    }


def test_twenty_five_commitments_of_about_twenty_thousand_hours(demo_ctx: Context) -> None:
    counts = count_clauses(demo_ctx)
    assert counts.commitments == 25
    assert 18_000 <= counts.minutes_due // 60 <= 22_000
    assert 12_000 <= counts.minutes_validated // 60 <= counts.minutes_due // 60


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (contracts.Contract.support, Support),
        (contracts.Commitment.modality, Modality),
        (contracts.Commitment.training, TrainingHours),
        (contracts.CommitmentEvent.kind, EventKind),
        (declarations.HourDeclaration.state, DeclarationState),
        (declarations.DeclarationLine.state, LineState),
        (participations.Participation.route, Route),
        (participations.Participation.eligible, Known),
    ],
)
def test_every_word_is_there(demo_ctx: Context, column: Any, wanted: Iterable[Any]) -> None:
    with demo_ctx.read() as session:
        assert _values(session, column) == set(wanted)


def test_each_rule_of_termination_is_there(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        assert _values(session, contracts.CommitmentEvent.termination_rule) == {None, *TerminationRule}


def test_nothing_breaks_the_rules_of_the_ledger(demo_ctx: Context) -> None:
    report = check_everything(demo_ctx)
    assert report.breaches == ()
    assert report.entries > 200


def test_the_hours_due_are_never_negative_on_any_day(demo_ctx: Context) -> None:
    today = demo_ctx.clock.today()
    with demo_ctx.read() as session:
        ids = session.execute(select(contracts.Commitment.id)).scalars().all()
        for fold in folds_of(session, ids).values():
            assert not any(step.missing for step in fold.steps(date.max, today))


def test_the_end_of_eligibility_is_the_one_of_the_rules(demo_ctx: Context) -> None:
    person, row = participations.Participation.person_id, participations.Participation
    with demo_ctx.read() as session:
        before = {one.id: one.eligible_until for one in session.execute(select(row)).scalars()}
        people = _values(session, person)
    with demo_ctx.write(None) as work:
        refresh_until(work, people)
        work.record("demonstration.built", "participation", 0)
    with demo_ctx.read() as session:
        assert before == {one.id: one.eligible_until for one in session.execute(select(row)).scalars()}
    assert sum(until is not None for until in before.values()) > 30


def test_every_decision_in_favour_is_one_that_the_rules_take(demo_ctx: Context) -> None:
    row, decision = participations.Participation, participations.EligibilityDecision
    with demo_ctx.read() as session:
        rules = proof_rules(session)
        born = dict(
            session.execute(
                select(ProtectedFact.person_id, ProtectedFact.value).where(ProtectedFact.kind == "birth_date")
            ).all()
        )
        allowed: dict[int, set[Any]] = {}
        for public in session.execute(select(contracts.CommitmentPublic)).scalars():
            allowed.setdefault(public.commitment_id, set()).add(public.public)
        for made, who in session.execute(select(decision, row).join(row, row.id == decision.participation_id)):
            if made.granted is Known.YES:
                assert made.proof_kind is not None
                proof = Proof(made.proof_kind, made.proof_dated_on, made.proof_valid_until)
                birth = date.fromisoformat(born[who.person_id])
                lists = allowed.get(who.commitment_id, set())
                judged = decide(made.public, lists, proof, birth, made.decided_on, who.started_on, rules)
                assert judged.granted is Known.YES, (made.public, judged.reasons)


def test_nothing_is_written_in_the_future(demo_ctx: Context) -> None:
    now = demo_ctx.clock.now()
    with demo_ctx.read() as session:
        for column in (
            ledger.LedgerEntry.recorded_at,
            declarations.HourDeclaration.submitted_at,
            declarations.HourDeclaration.decided_at,
            contracts.Commitment.last_action_at,
            contracts.ContactExchange.at,
            participations.EligibilityDecision.at,
        ):
            last = session.execute(select(func.max(column))).scalar_one()
            assert last is not None
            assert last <= now
        assert session.execute(select(func.max(contracts.ContactExchange.happened_on))).scalar_one() <= now.date()


def test_the_ledger_was_written_over_two_years_in_the_order_of_time(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        entry = ledger.LedgerEntry
        instants = session.execute(select(entry.recorded_at).order_by(entry.id)).scalars().all()
    assert instants == sorted(instants)
    assert instants[-1] - instants[0] > timedelta(days=30 * (-FIRST_MONTH - 8))


def test_the_alerts_of_today_are_there(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        found = _standings(session, demo_ctx.clock.today())
    levels = {one.level for one in found.values()}
    assert {AlertLevel.ORANGE, AlertLevel.RED, AlertLevel.ON_TRACK, AlertLevel.NOT_ASSESSED} <= levels
    assert any(one.realisation is not None and one.realisation > 1 for one in found.values())
    assert found["Extension de la clinique, gros œuvre et finitions"].reason.startswith("Aucune heure validée")
    assert "commence" in found["Lot 7 Peinture et sols souples"].reason
    assert "pas connue" in found["Collecte et tri des déchets de chantier"].reason


def test_one_contact_is_silent(demo_ctx: Context) -> None:
    contact, today = contracts.CommitmentContact, demo_ctx.clock.today()
    with demo_ctx.read() as session:
        query = select(contact).join(contracts.Commitment).where(contracts.Commitment.closed_on.is_(None))
        rows = session.execute(query).scalars().all()
    silent = [row for row in rows if (silent_days(row.last_heard_on, today) or 0) >= DEFAULT_DELAYS.silence]
    assert len(silent) == 1


def test_what_waits_for_the_officers_has_something_to_look_at(demo_ctx: Context) -> None:
    row = declarations.HourDeclaration
    codes: set[str] = set()
    doubles = 0
    with demo_ctx.read() as session:
        waiting = session.execute(select(row).where(row.state == DeclarationState.SUBMITTED)).scalars().all()
        for declaration in waiting:
            for one in findings_of(session, declaration, demo_ctx.clock.today()).values():
                codes |= {found.code.value for found in one.findings}
                doubles += len(one.doubles)
    assert len(waiting) == 7
    assert doubles == 2
    assert {"long_week", "outside_eligibility", "missing_evidence"} <= codes


def test_what_officers_did_is_there(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        assert _values(session, follow_through.RecoveryPlan.state) == {"proposed", "approved"}
        assert session.execute(select(func.count(follow_through.FormalNotice.id))).scalar_one() == 2
        waived = session.execute(select(follow_through.PenaltyDecision)).scalars().one()
        assert waived.amount_cents == 0 < waived.computed_cents
        assert waived.reason
        assert _values(session, declarations.CorrectionRequest.state) == {"open", "accepted"}
        assert session.execute(select(func.count(ledger.Allocation.id))).scalar_one() == 1
        assert session.execute(select(func.count(contracts.CommitmentTarget.target))).scalar_one() >= 4


def test_hours_taken_back_show_as_a_difference_with_the_year_frozen(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        account = session.execute(select(UserAccount).where(UserAccount.role == Role.CLAUSE_OFFICER)).scalars().first()
    assert account is not None
    officer = Actor(account.id, account.name, account.role)
    (frozen,) = list_snapshots(demo_ctx, officer)
    assert frozen.year == demo_ctx.clock.today().year - 1
    now = read_year(demo_ctx, officer, frozen.year)
    assert compare_snapshot(demo_ctx, officer, frozen.id).entries_since > 0
    assert now.whole.minutes < frozen.minutes


def test_a_double_was_resolved_with_a_reason(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        resolved = session.execute(select(declarations.DuplicateResolution)).scalars().one()
    assert resolved.reason


def test_the_same_day_gives_the_same_demonstration(demo_ctx: Context, ctx: Context) -> None:
    build(ctx)
    heads = []
    for one in (demo_ctx, ctx):
        with one.read() as session:
            heads.append(session.execute(select(ledger.LedgerHead.hash)).scalar_one())
    assert heads[0] == heads[1]


def test_it_holds_on_a_new_year_s_day_before_dawn(ctx: Context, clock: FixedClock) -> None:
    clock.instant = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    build(ctx)
    assert check_everything(ctx).breaches == ()
    with ctx.read() as session:
        states = _values(session, declarations.HourDeclaration.state)
        last = session.execute(select(func.max(declarations.HourDeclaration.created_at))).scalar_one()
    assert states == set(DeclarationState)
    assert last is not None
    assert last <= clock.instant


def test_each_role_of_clauses_has_an_account(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        rows = session.execute(select(UserAccount.email, UserAccount.role)).all()
    found = {row.email.partition("@")[0]: row.role for row in rows}
    assert found["clauses1"] is found["clauses2"] is Role.CLAUSE_OFFICER
    assert found["acheteur1"] is Role.BUYER
    assert found["etti1"] is found["employeur1"] is Role.EMPLOYER
