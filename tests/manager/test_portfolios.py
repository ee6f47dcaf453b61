"""The unit's portfolio: who follows whom, handing over, figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matching.errors import Conflict, Forbidden, Invalid, NotFound
from matching.services.context import Context
from matching.services.portfolios import list_people, preview_reassignment, read_portfolio, reassign
from matching.store.tables.people import Candidate, PortfolioAssignment
from matching.store.tables.trail import AuditEvent
from matching.terms import CandidateState, ProposalState
from tests.support import factories


def test_portfolio_counts_each_adviser_and_the_people_of_nobody(any_ctx: Context) -> None:
    ctx = any_ctx
    unit = factories.unit(ctx)
    manager, adviser = factories.manager(ctx, unit), factories.adviser(ctx, unit)
    mine = [factories.candidate(ctx, unit, adviser.user_id) for _ in range(3)]
    factories.candidate(ctx, unit)
    factories.candidate(ctx, unit, adviser.user_id, state=CandidateState.ARCHIVED)
    factories.candidate(ctx)
    factories.proposal(ctx, None, mine[0], adviser.user_id, ProposalState.HIRED)
    factories.proposal(ctx, None, mine[1], adviser.user_id)
    with ctx.write(None) as work:
        today = ctx.clock.today()
        work.session.get_one(Candidate, mine[0]).last_proposed_on = today - timedelta(days=29)
        work.session.get_one(Candidate, mine[1]).last_proposed_on = today - timedelta(days=31)  # one is under way
        work.session.get_one(Candidate, mine[2]).last_proposed_on = today - timedelta(days=30)
        work.record("test.dates", "candidate", 0)

    portfolio = read_portfolio(ctx, manager)

    assert {line.id: line.people for line in portfolio.advisers} == {manager.user_id: 0, adviser.user_id: 3}
    assert portfolio.without_adviser == 1
    figures = portfolio.figures
    assert (figures.people, figures.without_proposal, figures.hires) == (4, 1, 1)
    assert figures.proposals == {ProposalState.HIRED: 1, ProposalState.PROPOSED: 1}
    assert figures.by_state[CandidateState.ARCHIVED] == 1
    assert list_people(ctx, manager, adviser_id=adviser.user_id, idle=True).total == 1


def test_handing_over_closes_one_assignment_and_opens_another(any_ctx: Context) -> None:
    ctx = any_ctx
    unit = factories.unit(ctx)
    manager = factories.manager(ctx, unit)
    leaving, staying = factories.adviser(ctx, unit), factories.adviser(ctx, unit)
    person = factories.candidate(ctx, unit, leaving.user_id)
    already = factories.candidate(ctx, unit, staying.user_id)

    preview = preview_reassignment(ctx, manager, staying.user_id, people=[person, already])
    assert [line.id for line in preview.moving] == [person]
    assert [line.id for line in preview.staying] == [already]
    with ctx.read() as session:
        assert session.get_one(Candidate, person).adviser_id == leaving.user_id, "a preview writes nothing"

    seen = {person: leaving.user_id, already: staying.user_id}
    assert reassign(ctx, manager, staying.user_id, seen) == 1
    with ctx.read() as session:
        rows = session.execute(
            select(PortfolioAssignment.adviser_id, PortfolioAssignment.to_on)
            .where(PortfolioAssignment.candidate_id == person)
            .order_by(PortfolioAssignment.id)
        ).all()
        assert [tuple(row) for row in rows] == [(leaving.user_id, ctx.clock.today()), (staying.user_id, None)]
        assert session.get_one(Candidate, person).adviser_id == staying.user_id
        events = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "candidate.assigned")
        assert session.execute(events).scalar_one() == 1


def test_a_whole_portfolio_goes_at_once(ctx: Context) -> None:
    unit = factories.unit(ctx)
    manager, leaving = factories.manager(ctx, unit), factories.adviser(ctx, unit)
    people = [factories.candidate(ctx, unit, leaving.user_id) for _ in range(3)]
    preview = preview_reassignment(ctx, manager, manager.user_id, from_id=leaving.user_id)
    assert sorted(line.id for line in preview.moving) == people


def test_somebody_handed_over_since_the_preview_stops_everything(any_ctx: Context) -> None:
    ctx = any_ctx
    unit = factories.unit(ctx)
    manager = factories.manager(ctx, unit)
    one, two = factories.adviser(ctx, unit), factories.adviser(ctx, unit)
    people = [factories.candidate(ctx, unit, one.user_id) for _ in range(2)]
    reassign(ctx, manager, manager.user_id, {people[0]: one.user_id})
    with pytest.raises(Conflict):
        reassign(ctx, manager, two.user_id, dict.fromkeys(people, one.user_id))
    with ctx.read() as session:
        assert session.get_one(Candidate, people[1]).adviser_id == one.user_id


def test_only_people_and_advisers_of_the_unit(ctx: Context) -> None:
    manager = factories.manager(ctx)
    stranger, their_adviser = factories.candidate(ctx), factories.adviser(ctx)
    own = factories.candidate(ctx, manager.unit_id)
    with pytest.raises(NotFound):
        preview_reassignment(ctx, manager, manager.user_id, people=[own, stranger])
    with pytest.raises(NotFound):
        reassign(ctx, manager, manager.user_id, {stranger: None})
    with pytest.raises(Invalid):
        reassign(ctx, manager, their_adviser.user_id, {own: None})
    with pytest.raises(Invalid):
        reassign(ctx, manager, manager.user_id, {})
    with pytest.raises(Forbidden):
        read_portfolio(ctx, their_adviser)
