"""« Sans proposition depuis 30 jours »: one rule, the same number wherever it is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from matching.services.candidates import CandidateFilter, list_candidates
from matching.services.candidates.directory import MINE
from matching.services.context import Context
from matching.services.portfolios import list_people, read_portfolio
from matching.services.ranking import people_without_proposal
from matching.services.today import read_today
from matching.store.tables.people import Candidate
from matching.terms import CandidateState
from matching.terms import ProposalState as S
from tests.support import factories as make
from tests.support.pages import client_of


def test_every_page_counts_the_same_people(any_ctx: Context) -> None:
    ctx = any_ctx
    unit = make.unit(ctx)
    me, chief = make.adviser(ctx, unit), make.manager(ctx, unit)
    waiting, under_way, recent, just_opened, closed = (make.candidate(ctx, unit, me.user_id) for _ in range(5))
    paused = make.candidate(ctx, unit, me.user_id, state=CandidateState.PAUSED)
    unfollowed = make.candidate(ctx, unit)
    make.proposal(ctx, None, under_way, me.user_id, S.SENT)
    make.proposal(ctx, None, closed, me.user_id, S.WITHDRAWN)
    with ctx.write(None) as work:
        for key in (waiting, under_way, recent, closed, paused, unfollowed):
            row = work.session.get_one(Candidate, key)
            row.created_at, row.last_proposed_on = work.at - timedelta(days=90), None
        for key, days in ((under_way, 60), (recent, 29), (closed, 30)):
            work.session.get_one(Candidate, key).last_proposed_on = make.today(ctx) - timedelta(days=days)
        work.record("test.dates", "candidate", just_opened)
    mine = {waiting, closed}

    assert {p.candidate_id for p in people_without_proposal(ctx, me, mine=True).people} == mine
    assert {line.id for line in list_candidates(ctx, me, CandidateFilter(adviser=MINE, idle_days=30)).lines} == mine
    assert {line.id for line in list_people(ctx, chief, adviser_id=me.user_id, idle=True).lines} == mine
    home = next(block for block in read_today(ctx, me).blocks if block.title.startswith("Sans proposition"))
    assert ({task.key for task in home.tasks}, home.total) == (mine, 2)
    portfolio = read_portfolio(ctx, chief)
    assert {line.id: line.without_proposal for line in portfolio.advisers}[me.user_id] == 2
    assert portfolio.figures.without_proposal == people_without_proposal(ctx, chief).total == 3


def test_a_manager_opens_on_the_unit_and_an_empty_portfolio_says_so(ctx: Context, app: Flask) -> None:
    unit = make.unit(ctx)
    person = make.candidate(ctx, unit, family_name="Patiente")
    with ctx.write(None) as work:
        work.session.get_one(Candidate, person).created_at = work.at - timedelta(days=90)
        work.record("test.dates", "candidate", person)
    chief, me = client_of(app, make.manager(ctx, unit)), client_of(app, make.adviser(ctx, unit))
    assert "Patiente" in chief.get("/personnes/sans-proposition").get_data(as_text=True)
    for client, address in ((chief, "?qui=moi"), (me, "")):
        page = client.get(f"/personnes/sans-proposition{address}").get_data(as_text=True)
        assert "Vous ne suivez personne" in page
        assert "Voir l’unité" in page
        assert "Personne n’attend" not in page


def test_somebody_with_a_proposal_under_way_is_not_said_to_wait(ctx: Context, app: Flask) -> None:
    me = make.adviser(ctx)
    people = [make.candidate(ctx, me.unit_id, me.user_id) for _ in range(2)]
    make.proposal(ctx, None, people[0], me.user_id, S.SENT)
    with ctx.write(None) as work:
        for key in people:
            row = work.session.get_one(Candidate, key)
            row.created_at, row.last_proposed_on = work.at - timedelta(days=90), None
        work.record("test.dates", "candidate", people[0])
    pages = [client_of(app, me).get(f"/personnes/{key}").get_data(as_text=True) for key in people]
    assert ["90 jours sans proposition" in page for page in pages] == [False, True]


@pytest.mark.parametrize(("offers", "told"), [(1, "reste ouverte."), (2, "reste ouverte pour chacune.")])
def test_one_offer_is_told_in_the_singular(ctx: Context, app: Flask, offers: int, told: str) -> None:
    me = make.adviser(ctx)
    person = make.candidate(ctx, me.unit_id, me.user_id, facts={"mode_walk": 60}, windows=make.WEEK)
    shop = make.establishment(ctx)
    for _ in range(offers):
        make.offer(ctx, shop)
    with ctx.write(None) as work:
        work.session.get_one(Candidate, person).created_at = work.at - timedelta(days=90)
        work.record("test.dates", "candidate", person)
    page = client_of(app, me).get("/personnes/sans-proposition").get_data(as_text=True)
    assert f"mais une question essentielle {told}" in page
