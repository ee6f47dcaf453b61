"""Ranked lists as people get them: the parts, the log, other units' people, « pourquoi pas », simulations."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.errors import Forbidden, Invalid, NotFound
from matching.services.context import Context
from matching.services.ranking import RankedList, Simulation, explain_person, rank_candidates
from matching.services.ranking.phrases import Provenance
from matching.store.tables.accounts import UserAccount
from matching.store.tables.exposure import ExposureLog, ReadLog
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate, CandidateFact, CandidateSkill, CandidateWindow, Person
from matching.store.tables.trail import AuditEvent
from matching.terms import Criterion, Importance, Known, MatchStatus, OfferState, Role, Tier
from matching.text import written_day
from tests.support import factories as make
from tests.support.pages import client_of


@pytest.fixture
def me(demo_ctx: Context) -> Actor:
    """The first adviser of the demonstration."""
    return _account(demo_ctx, Role.ADVISER)


def _account(ctx: Context, role: Role) -> Actor:
    with ctx.read() as session:
        row = session.execute(select(UserAccount).where(UserAccount.role == role).order_by(UserAccount.id)).scalars()
        found = row.first()
    assert found is not None
    return Actor(found.id, found.name, found.role, found.unit_id, found.establishment_id)


OFFERS = range(1, 21)


def test_the_parts_sum_to_the_fit(demo_ctx: Context, me: Actor) -> None:
    for offer_id in OFFERS:
        ranked = rank_candidates(demo_ctx, me, offer_id, everyone=True, top=100)
        assert len(ranked.people) == 100
        for person in ranked.people:
            assert abs(sum(value for _, value in person.parts) - person.fit) <= 1e-9, (offer_id, person.code)


def test_order_is_tier_then_fit_and_ranks_follow(demo_ctx: Context, me: Actor) -> None:
    tiers = list(Tier)
    for offer_id in OFFERS:
        ranked = rank_candidates(demo_ctx, me, offer_id, everyone=True, top=400)
        keys = [(tiers.index(person.tier), -round(person.fit, 9)) for person in ranked.people]
        assert keys == sorted(keys)
        assert [person.rank for person in ranked.people] == list(range(1, len(keys) + 1))
        assert sum(ranked.tier_counts.values()) == ranked.considered == len(keys)


def test_the_same_list_twice(demo_ctx: Context, me: Actor) -> None:
    first = rank_candidates(demo_ctx, me, 3)
    again = rank_candidates(replace(demo_ctx, memory={}), me, 3)  # another worker
    assert replace(first, exposure_id=None) == replace(again, exposure_id=None)


def test_never_a_percentage_of_a_person(demo_ctx: Context, me: Actor) -> None:
    for person in rank_candidates(demo_ctx, me, 1).people:
        assert "%" not in person.sentence + "".join(pair.known + pair.asked for pair in person.pairs)


def test_counts_are_those_of_the_marks(demo_ctx: Context, me: Actor) -> None:
    for person in rank_candidates(demo_ctx, me, 2, everyone=True).people:
        for status in (MatchStatus.MET, MatchStatus.LIFTABLE, MatchStatus.UNKNOWN, MatchStatus.BLOCKING):
            assert person.counts[status] == sum(mark.status is status for mark in person.marks)
        if person.tier is Tier.CLEAR:
            assert person.counts[MatchStatus.BLOCKING] == person.counts[MatchStatus.LIFTABLE] == 0


def test_a_liftable_one_says_what_who_and_how_long(demo_ctx: Context, me: Actor) -> None:
    advised = [
        pair
        for offer_id in OFFERS
        for person in rank_candidates(demo_ctx, me, offer_id).people
        for pair in person.pairs
        if pair.status is MatchStatus.LIFTABLE
    ]
    assert advised
    assert all(pair.advice and pair.advice.label and pair.advice.who for pair in advised)


def test_each_fact_told_says_how_and_when_it_was_learnt(demo_ctx: Context, me: Actor) -> None:
    learnt: dict[tuple[int, str], set[str]] = {}
    with demo_ctx.read() as session:
        for fact in session.execute(select(CandidateFact)).scalars():
            learnt.setdefault((fact.candidate_id, "fact"), set()).add(Provenance(fact.source, fact.known_on).text())
        for skill in session.execute(select(CandidateSkill)).scalars():
            learnt.setdefault((skill.candidate_id, "skill"), set()).add(Provenance(skill.source, skill.known_on).text())
        weeks = dict(session.execute(select(CandidateWindow.candidate_id, CandidateWindow.known_on)).all())
    told = {"fact": 0, "skill": 0, "week": 0}
    for offer_id in OFFERS:
        for person in rank_candidates(demo_ctx, me, offer_id, everyone=True).people:
            for pair in person.pairs:
                kind = _LEARNT_AS.get(pair.criterion)
                if kind == "week":
                    noted = weeks.get(person.candidate_id)
                    assert pair.source == (f"Noté le {written_day(noted)}" if noted else "")
                elif kind and pair.status is MatchStatus.MET:
                    assert pair.source in learnt[person.candidate_id, kind], (offer_id, person.code, pair)
                else:
                    continue
                told[kind] += 1
    assert min(told.values()) > 100


_LEARNT_AS = {
    Criterion.SKILLS: "skill",
    Criterion.LANGUAGE: "fact",
    Criterion.CONTRACT: "fact",
    Criterion.SCHEDULE: "week",
}


def test_an_unknown_one_is_a_question_to_ask(demo_ctx: Context, me: Actor) -> None:
    unknown = [
        pair
        for person in rank_candidates(demo_ctx, me, 1, everyone=True, top=200).people
        for pair in person.pairs
        if pair.status is MatchStatus.UNKNOWN
    ]
    assert unknown
    assert [pair for pair in unknown if not pair.question.endswith("?")] == []


# --- what was shown ------------------------------------------------------------------------------


def test_the_log_reproduces_the_list(demo_ctx: Context, me: Actor) -> None:
    ranked = rank_candidates(demo_ctx, me, 4, simulation=Simulation(dropped=("travel",)), everyone=True)
    with demo_ctx.read() as session:
        kept = session.get_one(ExposureLog, ranked.exposure_id)
    assert (kept.actor_id, kept.offer_id, kept.unit_id) == (me.user_id, 4, me.unit_id)
    assert [(row[0], row[1], row[2]) for row in kept.shown] == [
        (person.candidate_id, person.tier.value, round(person.fit, 9)) for person in ranked.people
    ]
    statuses = [row[3] for row in kept.shown]
    for person, logged in zip(ranked.people, statuses, strict=True):
        assert {mark.criterion.value: mark.status.value for mark in person.marks}.items() <= logged.items()
    assert kept.changes["dropped"] == ["travel"]
    assert kept.changes["everyone"] is True
    assert kept.counts == {tier.value: count for tier, count in ranked.tier_counts.items()}
    assert kept.weights
    assert kept.engine_version
    assert kept.data_version > 0


def test_looking_at_a_list_is_an_event_without_a_name(demo_ctx: Context, me: Actor) -> None:
    ranked = rank_candidates(demo_ctx, me, 4)
    with demo_ctx.read() as session:
        event = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).scalar_one()
    assert (event.action, event.subject_id, event.actor_id) == ("list.shown", 4, me.user_id)
    written = str(event.__dict__)
    assert [person.name for person in ranked.people if person.name and person.name in written] == []


def test_the_shell_leaves_no_log_and_no_name(demo_ctx: Context) -> None:
    before = _lists_logged(demo_ctx)
    ranked = rank_candidates(demo_ctx, None, 4)
    assert ranked.people
    assert all(person.name is None for person in ranked.people)
    assert _lists_logged(demo_ctx) == before


def _lists_logged(ctx: Context) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count(ExposureLog.id))).scalar_one()


# --- whose people --------------------------------------------------------------------------------


def _units(ctx: Context, ranked: RankedList) -> dict[int, int]:
    with ctx.read() as session:
        query = select(Candidate.id, Candidate.unit_id).where(
            Candidate.id.in_([person.candidate_id for person in ranked.people])
        )
        return dict(session.execute(query).all())


def test_one_s_own_unit_by_default(demo_ctx: Context, me: Actor) -> None:
    ranked = rank_candidates(demo_ctx, me, 1, top=400)
    assert set(_units(demo_ctx, ranked).values()) == {me.unit_id}
    assert all(person.name for person in ranked.people)


def test_other_units_people_carry_no_name_but_the_adviser_to_ask(demo_ctx: Context, me: Actor) -> None:
    ranked = rank_candidates(demo_ctx, me, 1, everyone=True, top=400)
    units = _units(demo_ctx, ranked)
    others = [person for person in ranked.people if units[person.candidate_id] != me.unit_id]
    assert len(others) > 100
    assert all(person.name is None and person.adviser and person.unit for person in others)
    assert all(person.name for person in ranked.people if units[person.candidate_id] == me.unit_id)


def test_why_not_finds_by_code_and_by_name_and_is_logged(demo_ctx: Context, me: Actor) -> None:
    ranked = rank_candidates(demo_ctx, me, 1, top=400)
    last = ranked.people[-1]
    (found,) = explain_person(demo_ctx, me, 1, last.code.lower())
    assert found.person.candidate_id == last.candidate_id
    assert (found.person.rank, found.person.fit) == (last.rank, last.fit)
    assert found.person.pairs == last.pairs
    assert any(e.person.candidate_id == last.candidate_id for e in explain_person(demo_ctx, me, 1, last.name or ""))
    with demo_ctx.read() as session:
        query = select(ReadLog).where(ReadLog.subject_id == last.candidate_id, ReadLog.actor_id == me.user_id)
        assert {row.how for row in session.execute(query).scalars()} == {"why_not"}


@pytest.mark.parametrize("who", ["code", "name", "P-9999", "zzz", "%", "' OR 1=1 --"])
def test_why_not_somebody_of_another_unit_is_not_found(demo_ctx: Context, me: Actor, who: str) -> None:
    with demo_ctx.read() as session:
        code = session.execute(select(Candidate.code).where(Candidate.unit_id != me.unit_id)).scalars().first()
    with demo_ctx.write(None) as work:
        person = work.session.execute(
            select(Person).join(Candidate, Candidate.person_id == Person.id).where(Candidate.code == code)
        ).scalar_one()
        person.family_name, person.name_search = "Canari", "canari"
        work.record("test.named", "person", person.id)
    with pytest.raises(NotFound):
        explain_person(demo_ctx, me, 1, {"code": code, "name": "Canari"}.get(who, who))


def test_roles_without_the_permission(demo_ctx: Context) -> None:
    for role in (Role.EMPLOYER, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            rank_candidates(demo_ctx, _account(demo_ctx, role), 1)
        with pytest.raises(Forbidden):
            explain_person(demo_ctx, _account(demo_ctx, role), 1, "P-0001")


# --- what if -------------------------------------------------------------------------------------


def _hungry(ctx: Context) -> tuple[Actor, int]:
    """Five people; three without the licence that the offer demands and that nothing lifts in time."""
    me = make.adviser(ctx)
    for licence in (True, True, False, False, False):
        make.candidate(
            ctx,
            me.unit_id,
            facts={"caces_r489_5": licence, "mode_walk": 60, "right_to_work": True, "contract_fixed_term": True},
            windows=make.WEEK,
        )
    offer = make.offer(ctx, wants=[make.Want("capability", "caces_r489_5")], starts_in_days=3)
    return me, offer


def test_dropping_a_requirement_brings_people_in(ctx: Context) -> None:
    me, offer = _hungry(ctx)
    before = rank_candidates(ctx, me, offer)
    reach = (Tier.CLEAR, Tier.LIFTABLE_IN_TIME)
    assert sum(before.tier_counts[tier] for tier in reach) == 2
    (option,) = [option for option in before.relax if option.key == "r0"]
    assert option.gained == 3
    after = rank_candidates(ctx, me, offer, simulation=Simulation(dropped=("r0",)))
    assert after.entering == 3
    assert sum(after.tier_counts[tier] for tier in reach) == 5
    out = {person.candidate_id for person in before.people if person.tier not in reach}
    assert {person.candidate_id for person in after.people if person.enters} == out
    (option,) = [option for option in after.relax if option.key == "r0"]
    assert option.active


def test_what_the_panel_announces_is_what_a_trial_finds(ctx: Context) -> None:
    me, offer = _hungry(ctx)
    make.remedy(ctx, 20, "caces_r489_5", "Passer le CACES")
    # The date keeps out who is not free, and who has no time left to get the certificate.
    facts = {"mode_walk": 60, "right_to_work": True, "contract_fixed_term": True}
    for licence in (True, False):
        late = {"caces_r489_5": licence, "available_from": make.today(ctx) + timedelta(60)}
        make.candidate(ctx, me.unit_id, facts=facts | late, windows=make.WEEK)
    announced = {(option.key, option.variant): option.gained for option in rank_candidates(ctx, me, offer).relax}
    assert announced["available_from", False] == 5
    for (key, variant), gained in announced.items():
        tried = Simulation(variants=(key,)) if variant else Simulation(dropped=(key,))
        assert rank_candidates(ctx, me, offer, simulation=tried).entering == gained


def test_a_softer_requirement_and_the_offer_stays_as_published(ctx: Context) -> None:
    me, offer = _hungry(ctx)
    with ctx.read() as session:
        version = session.get_one(Offer, offer).version
    softer = rank_candidates(ctx, me, offer, simulation=Simulation(importance={0: Importance.DESIRABLE}))
    assert softer.entering == 3
    with ctx.read() as session:
        row = session.get_one(Offer, offer)
        assert (row.version, row.requirements[0].importance) == (version, Importance.ESSENTIAL)
    assert rank_candidates(ctx, me, offer).entering == 0


@pytest.mark.parametrize(
    "wanted",
    [
        Simulation(dropped=("r99",)),
        Simulation(dropped=("sex",)),
        Simulation(variants=("free",)),
        Simulation(importance={99: Importance.DESIRABLE}),
        Simulation(amount={1: 3}),
    ],
    ids=lambda s: str(s.logged()),
)
def test_a_change_the_offer_does_not_have(ctx: Context, wanted: Simulation) -> None:
    me, offer = _hungry(ctx)
    with pytest.raises(Invalid, match="offre"):
        rank_candidates(ctx, me, offer, simulation=wanted)


# --- fresh ---------------------------------------------------------------------------------------


def test_an_edited_profile_ranks_as_edited_at_the_next_request_of_every_worker(ctx: Context) -> None:
    me, offer = _hungry(ctx)
    workers = [replace(ctx, memory={}) for _ in range(2)]
    for worker in workers:
        assert rank_candidates(worker, me, offer).tier_counts[Tier.CLEAR] == 2
    with ctx.write(me) as work:
        row = work.session.get_one(CandidateFact, (5, "caces_r489_5"))
        row.value = Known.YES
        work.record("test.edited", "candidate", 5)
    for worker in workers:
        assert rank_candidates(worker, me, offer).tier_counts[Tier.CLEAR] == 3


# --- on the page ---------------------------------------------------------------------------------


def test_the_page_of_another_unit_s_person_is_a_404_without_their_name(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    make.candidate(ctx, family_name="Canari")
    client = client_of(app, me)
    answers = [client.post(f"/offres/{offer}/personnes/pourquoi", data={"qui": who}) for who in ("Canari", "Inconnu")]
    assert [answer.status_code for answer in answers] == [404, 404]
    once = re.compile(r'once"?[:=]"[^"]*"|Canari|Inconnu', re.IGNORECASE)
    bodies = [once.sub("", answer.get_data(as_text=True)) for answer in answers]
    assert bodies[0] == bodies[1]
    everyone = client.get(f"/offres/{offer}/personnes?toutes=oui").get_data(as_text=True)
    assert "C-00006" in everyone
    assert "Canari" not in everyone


def test_asking_about_nobody_says_what_to_write(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    client, path = client_of(app, me), f"/offres/{offer}/personnes/pourquoi"
    told = "Écrivez le nom ou le code d’une personne de votre unité."
    refused, opened = client.post(path, data={"qui": "  "}), client.get(path)
    assert (refused.status_code, told in refused.text, opened.status_code, told in opened.text) == (
        422,
        True,
        200,
        False,
    )
    assert client.post("/offres/987654/personnes/pourquoi", data={"qui": ""}).status_code == 404


def test_a_form_sent_as_it_is_tries_nothing(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    client, path = client_of(app, me), f"/offres/{offer}/personnes"
    gone = client.get(path, query_string="i99=desirable")
    assert (gone.status_code, "Cet essai ne correspond plus à l’offre." in gone.text) == (422, True)
    told = {}
    for query in ("", "i0=essential&n0=", "sans=r0", "i0=desirable"):
        page = client.get(path, query_string=query).text
        told[query] = ("<h2>Essai" in page, "cochez un point à assouplir" in page)
    assert list(told.values()) == [(False, False), (False, True), (True, False), (True, False)]
    with ctx.read() as session:
        logged = [log.changes for log in session.execute(select(ExposureLog).order_by(ExposureLog.id)).scalars()]
    assert logged[1] == logged[0] != logged[3]


def test_a_longer_list_is_the_same_list_opened_where_it_ended(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    for _ in range(60):
        make.candidate(ctx, me.unit_id, goals=[make.COOKING], windows=make.WEEK)
    client, path = client_of(app, me), f"/offres/{offer}/personnes"
    page = client.get(f"{path}?toutes=oui&sans=r0&i0=desirable&offer_id=7&_external=1").text
    (more,) = re.findall(rf'href="({path}\?[^"]*jusqu=100[^"]*)"', page)
    query, _, last = unescape(more).partition("?")[2].partition("#")
    assert parse_qs(query) == {"toutes": ["oui"], "sans": ["r0"], "i0": ["desirable"], "jusqu": ["100"]}
    assert re.findall(r'id="(p\d+)"', page)[-1] == last
    longer = client.get(unescape(more)).text
    assert "<h2>Essai" in longer
    assert re.findall(r'id="(p\d+)"', longer)[:50] == re.findall(r'id="(p\d+)"', page)


def test_a_name_is_sent_beside_the_address_and_never_read_from_it(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    make.candidate(ctx, me.unit_id, family_name="Pinson")
    client, path = client_of(app, me), f"/offres/{offer}/personnes/pourquoi"
    assert "Rang" in client.post(path, data={"qui": "Pinson"}).get_data(as_text=True)
    empty = client.get(f"{path}?qui=Pinson")
    assert empty.status_code == 200
    assert "Pinson" not in empty.get_data(as_text=True)
    assert f'method="post" action="{path}"' in client.get(f"/offres/{offer}/personnes").get_data(as_text=True)


@pytest.mark.parametrize("query", ["i²=essential", "n²=3", "n0=²", "i٣=essential", "sans=r²", "n0=٣"])
def test_a_figure_that_is_no_number_never_breaks_the_list(ctx: Context, app, query: str) -> None:  # type: ignore[no-untyped-def]
    me, offer = _hungry(ctx)
    assert client_of(app, me).get(f"/offres/{offer}/personnes?{query}").status_code < 500


def test_nobody_is_chosen_for_an_offer_that_is_filled(ctx: Context, app) -> None:  # type: ignore[no-untyped-def]
    me = make.adviser(ctx)
    make.candidate(ctx, me.unit_id)
    open_offer, filled = make.offer(ctx), make.offer(ctx, state=OfferState.FILLED)
    client = client_of(app, me)
    for offer, chosen in ((open_offer, True), (filled, False)):
        page = client.get(f"/offres/{offer}/personnes").get_data(as_text=True)
        assert ('name="candidate"' in page) is ("Proposer…" in page) is chosen
        assert ("on ne propose des personnes que sur une offre publiée" in page) is not chosen
