"""A person's nearest offers, what would open more, and those nobody proposed for a while: services and pages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.cli import cli
from matching.errors import Forbidden, NotFound
from matching.services.context import Context
from matching.services.ranking import (
    Why,
    count_levers,
    levers_counted,
    levers_of_person,
    levers_of_portfolio,
    levers_of_unit,
    people_without_proposal,
    rank_candidates,
    rank_offers,
)
from matching.store.tables.exposure import ReadLog
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate, CandidateFact
from matching.store.tables.trail import AuditEvent
from matching.terms import CandidateState, Known, OfferState, ProposalState, Tier
from tests.support import factories as make
from tests.support.pages import client_of

READY = {
    "mode_walk": 60,
    "right_to_work": True,
    "contract_fixed_term": True,
    "hours_min": 600,
    "hours_max": 2400,
    "available_from": date(2020, 1, 1),
}


def _board(ctx: Context) -> tuple[Actor, int, list[int]]:
    """Somebody without the licence; two offers ask nothing, three the licence, one is far from their trade."""
    me = make.adviser(ctx)
    person = make.candidate(ctx, me.unit_id, me.user_id, facts={**READY, "licence_b": False}, windows=make.WEEK)
    wants = [make.Want("capability", "licence_b")]
    offers = [make.offer(ctx), make.offer(ctx), *(make.offer(ctx, wants=wants) for _ in range(3))]
    offers.append(make.offer(ctx, rome="J1501"))
    return me, person, offers


def test_the_person_s_list_says_what_each_offer_s_list_says(demo_ctx: Context) -> None:
    with demo_ctx.read() as session:
        row = session.execute(select(ReadLog.id)).first()
        assert row is None
    me = make.adviser(demo_ctx, 1)
    seen = 0
    for candidate in [person.candidate_id for person in rank_candidates(demo_ctx, me, 1, top=4).people]:
        ranked = rank_offers(demo_ctx, me, candidate, top=8)
        assert ranked.offers
        for offer in ranked.offers:
            listed = rank_candidates(demo_ctx, me, offer.offer_id, top=500)
            same = next(person for person in listed.people if person.candidate_id == candidate)
            assert (offer.person.tier, offer.person.fit, offer.person.parts) == (same.tier, same.fit, same.parts)
            assert (offer.person.marks, offer.person.pairs) == (same.marks, same.pairs)
            seen += 1
    assert seen > 20


def test_order_log_and_scope(ctx: Context) -> None:
    me, person, offers = _board(ctx)
    ranked = rank_offers(ctx, me, person)
    assert {offer.offer_id for offer in ranked.offers} == set(offers)
    assert [offer.person.tier for offer in ranked.offers[:2]] == [Tier.CLEAR, Tier.CLEAR]
    assert ranked.tier_counts[Tier.CLEAR] == 2
    assert [offer.person.rank for offer in ranked.offers] == [1, 2, 3, 4, 5, 6]
    with ctx.read() as session:
        event = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).scalar_one()
    assert (event.action, event.subject_id, event.actor_id) == ("offers.shown", person, me.user_id)
    shown = json.loads(event.details)["shown"]
    assert [int(line.split(":")[0]) for line in shown] == [offer.offer_id for offer in ranked.offers]
    for other in (make.adviser(ctx), make.manager(ctx)):
        with pytest.raises(NotFound):
            rank_offers(ctx, other, person)
        with pytest.raises(NotFound):
            levers_of_person(ctx, other, person)
    with pytest.raises(Forbidden):
        rank_offers(ctx, make.administrator(ctx), person)


def test_only_open_offers_with_a_seat_and_fresh_at_the_next_request(ctx: Context) -> None:
    me, person, offers = _board(ctx)
    assert rank_offers(ctx, me, person).considered == 6
    with ctx.write(None) as work:
        work.session.get_one(Offer, offers[0]).state = OfferState.SUSPENDED
        work.session.get_one(Offer, offers[1]).filled_seats = 1
        work.record("test.offer", "offer", offers[0])
    draft = make.offer(ctx, state=OfferState.DRAFT)
    new = make.offer(ctx)
    shown = {offer.offer_id for offer in rank_offers(ctx, me, person).offers}
    assert shown == {*offers[2:], new}
    assert draft not in shown


def test_a_licence_opens_three_offers_and_its_delay_is_told(ctx: Context) -> None:
    me, person, _ = _board(ctx)
    levers = levers_of_person(ctx, me, person)
    assert (levers.clear, levers.one_away, levers.considered) == (2, 3, 6)
    line = next(line for line in levers.lines if line.key == "licence_b")
    assert (line.offers, line.pairs, line.question) == (3, 3, False)
    make.remedy(ctx, 120)
    line = next(line for line in levers_of_person(ctx, me, person).lines if line.label == "Aide au permis B")
    assert (line.offers, line.in_time) == (3, 0)
    with ctx.write(None) as work:
        work.session.get_one(CandidateFact, (person, "licence_b")).value = Known.YES
        work.record("test.edited", "candidate", person)
    levers = levers_of_person(ctx, me, person)
    assert (levers.clear, [line for line in levers.lines if line.pairs]) == (5, [])


def test_levers_of_a_unit_count_its_own_people(ctx: Context) -> None:
    me, _, _ = _board(ctx)
    chief = make.manager(ctx, me.unit_id)
    make.candidate(ctx, facts={**READY, "licence_b": False}, windows=make.WEEK)
    make.remedy(ctx, 3)
    own = count_levers(ctx, chief)
    line = own.lines[0]
    assert (own.people, line.label, line.pairs, line.people, line.offers, line.in_time) == (
        *(1, "Aide au permis B"),
        *(3, 1, 3, 3),
    )
    everybody = levers_of_unit(ctx, None)
    assert (everybody.people, everybody.lines[0].pairs, everybody.lines[0].people) == (2, 6, 2)
    with pytest.raises(NotFound):
        count_levers(ctx, replace(chief, unit_id=None))
    for use in (count_levers, levers_counted):
        with pytest.raises(Forbidden):
            use(ctx, me)


def test_levers_of_a_portfolio_say_to_whom(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, person, _ = _board(ctx)
    make.remedy(ctx, 3)
    without = {**READY, "licence_b": False}
    other = make.candidate(ctx, me.unit_id, me.user_id, facts=without, windows=make.WEEK)
    for adviser_id, state in ((None, CandidateState.ACTIVE), (me.user_id, CandidateState.PAUSED)):
        make.candidate(ctx, me.unit_id, adviser_id, facts=without, windows=make.WEEK, state=state)
    make.candidate(ctx, facts=without, windows=make.WEEK)
    found = levers_of_portfolio(ctx, me)
    line = found.lines[0]
    assert (found.people, found.offers, line.label, line.pairs, line.people) == (2, 6, "Aide au permis B", 6, 2)
    assert {number for number, _ in found.names[line.key]} == {person, other}
    page = client_of(app, me).get("/personnes/leviers").get_data(as_text=True)
    assert all(f'href="/personnes/{number}/offres">{name}' in page for number, name in found.names[line.key])
    alone = client_of(app, make.adviser(ctx, me.unit_id)).get("/personnes/leviers").get_data(as_text=True)
    assert "Vous ne suivez personne en recherche" in alone
    with pytest.raises(Forbidden):
        levers_of_portfolio(ctx, make.administrator(ctx))
    views = client_of(app, me).get("/personnes").get_data(as_text=True)
    assert all(f'href="{path}"' in views for path in ("/personnes/leviers", "/personnes/sans-proposition"))


def test_why_nobody_proposed_anything(ctx: Context) -> None:
    me, ready, _ = _board(ctx)
    far = make.candidate(ctx, me.unit_id, me.user_id, goals=["A1201"], facts=READY, windows=make.WEEK)
    asked = make.candidate(ctx, me.unit_id, me.user_id, facts={"mode_walk": 60, "licence_b": False}, windows=make.WEEK)
    held = make.candidate(ctx, me.unit_id, facts={**READY, "contract_fixed_term": False}, windows=make.WEEK)
    busy = make.candidate(ctx, me.unit_id, facts=READY, windows=make.WEEK)
    make.proposal(ctx, candidate_id=busy, adviser_id=me.user_id, state=ProposalState.PROPOSED)
    make.candidate(ctx, facts=READY)
    found = people_without_proposal(ctx, me, days=0)
    whys = {person.candidate_id: person.why for person in found.people}
    assert whys == {
        ready: Why.READY,
        far: Why.NO_OFFER,
        asked: Why.QUESTIONS,
        held: Why.ONE_BLOCKER,
    }
    blocked = next(person for person in found.people if person.candidate_id == held)
    assert (blocked.blocker, blocked.blocked_offers) == ("Contrat\u00a0: CDD", 6)  # licence unknown: no obstacle
    assert people_without_proposal(ctx, me, days=0, mine=True).total == 3
    assert people_without_proposal(ctx, me, days=30).total == 0


# --- pages ---------------------------------------------------------------------------------------


def test_the_page_of_a_person_s_offers(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, person, offers = _board(ctx)
    client = client_of(app, me)
    body = client.get(f"/personnes/{person}/offres").get_data(as_text=True)
    assert "Offres les plus proches" in body
    assert f'action="/offres/{offers[0]}/proposer"' in body
    assert "Permis B" in body
    assert "+3" in body
    assert "%" not in body.partition("<main")[2].partition("</main>")[0]
    assert client_of(app, make.adviser(ctx)).get(f"/personnes/{person}/offres").status_code == 404


def test_a_long_list_says_how_long_it_is_and_goes_on(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, person, offers = _board(ctx)
    shop = make.establishment(ctx)
    for _ in range(21 - len(offers)):
        make.offer(ctx, shop)
    client = client_of(app, me)
    body = client.get(f"/personnes/{person}/offres").get_data(as_text=True)
    assert "20 sur 21" in body
    last = re.findall(r'id="(o\d+)"', body)[-1]
    assert f'href="/personnes/{person}/offres?jusqu=40#{last}"' in body
    body = client.get(f"/personnes/{person}/offres?jusqu=40").get_data(as_text=True)
    assert "sur 21" not in body
    assert body.count('<li class="person"') == 21


def test_a_paused_person_is_not_offered_and_the_way_back_is_theirs(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, person, offers = _board(ctx)
    client = client_of(app, me)
    assert f'name="depuis" value="{person}"' in client.get(f"/personnes/{person}/offres").get_data(as_text=True)
    for came_from, back in (
        (person, f"/personnes/{person}/offres#o{offers[0]}"),
        (99, f"/offres/{offers[0]}/personnes"),
    ):
        form = {"candidate": person, "depuis": came_from}
        preview = client.post(f"/offres/{offers[0]}/proposer", data=form).get_data(as_text=True)
        assert f'href="{back}">Revenir' in preview
    with ctx.write(None) as work:
        work.session.get_one(Candidate, person).state = CandidateState.PAUSED
        work.record("test.paused", "candidate", person)
    body = client.get(f"/personnes/{person}/offres").get_data(as_text=True)
    assert "on ne propose rien" in body
    assert "/proposer" not in body


def test_the_pages_of_the_unit(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, _, _ = _board(ctx)
    client = client_of(app, make.manager(ctx, me.unit_id))
    assert "Compter maintenant" in client.get("/unite/leviers").get_data(as_text=True)
    counted = client.post("/unite/leviers", follow_redirects=True).get_data(as_text=True)
    assert "Permis B" in counted
    outside = re.sub(r"<details.*?</details>", "", counted, flags=re.DOTALL)
    assert "Une rencontre est une personne et une offre" in outside
    assert "Compté le" in counted
    assert client_of(app, me).get("/unite/leviers").status_code == 403
    for query in ("", "?qui=unite&jours=60", "?jours=²&page=-4"):
        assert client.get(f"/personnes/sans-proposition{query}").status_code == 200
    assert client.get("/personnes/sans-proposition?jours=30").status_code == 200


def test_levers_in_the_shell(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    me, _, _ = _board(ctx)
    monkeypatch.setattr("matching.cli.levers.ready_context", lambda: ctx)
    answer = CliRunner().invoke(cli, ["levers", "--unit", str(me.unit_id), "--json"])
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.output)
    assert (said["people"], said["lines"][0]["pairs"]) == (1, 3)
    text = CliRunner().invoke(cli, ["levers"]).output
    assert "Tout le Département" in text
    assert "Permis B" in text
