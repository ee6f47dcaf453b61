"""Filling a person's file: scope, unknown as no row, the trail, concurrent edits."""

from datetime import date

import pytest
from sqlalchemy import select

from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services import candidates
from matching.services.candidates import BarrierAnswer, Experience, FactAnswer, ProtectedAnswer, Situation, Source, week
from matching.services.candidates.file import WHAT
from matching.services.reference import load_embedded
from matching.store.tables.exposure import ReadLog
from matching.store.tables.people import Candidate, CandidateFact, PortfolioAssignment
from matching.store.tables.trail import AuditEvent
from matching.terms import Barrier, BarrierState, CandidateState, FactSource, Known, Orientation
from tests.support import factories as make

TODAY = date(2026, 11, 23)
HEARD = Source(FactSource.DECLARED, TODAY)
YES = Known.YES


@pytest.fixture
def me(ctx):
    load_embedded(ctx)
    return make.adviser(ctx)


def _file(ctx, actor, key):
    return candidates.read_candidate(ctx, actor, key, how="")


def _row(ctx, key):
    with ctx.read() as session:
        return session.get_one(Candidate, key)


EDITS = [
    lambda c, a, k, v: candidates.edit_identity(c, a, k, v, candidates.Identity("Zoé", "Essai")),
    lambda c, a, k, v: candidates.edit_situation(c, a, k, v, Situation("Rezé")),
    lambda c, a, k, v: candidates.assign_adviser(c, a, k, v, None),
    lambda c, a, k, v: candidates.set_protected(c, a, k, v, [ProtectedAnswer("rsa", "yes")]),
    lambda c, a, k, v: candidates.add_goal(c, a, k, v, "plonge", "G1605"),
    lambda c, a, k, v: candidates.add_experience(c, a, k, v, Experience("cuisine", "G1602", 6)),
    lambda c, a, k, v: candidates.set_facts(c, a, k, v, {"night": FactAnswer(YES)}, HEARD),
    lambda c, a, k, v: candidates.set_week(c, a, k, v, [week.Window(0, 480, 720, YES)], HEARD),
    lambda c, a, k, v: candidates.fill_week(c, a, k, v, [1], ["morning"], Known.NO, HEARD),
    lambda c, a, k, v: candidates.set_barriers(c, a, k, v, [BarrierAnswer(Barrier.FRENCH, BarrierState.YES)]),
]


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_scoped_recorded_and_refuses_an_old_version(ctx, me, edit):
    key = make.candidate(ctx, me.unit_id, me.user_id)
    with pytest.raises(NotFound):
        edit(ctx, make.adviser(ctx), key, 1)
    with pytest.raises(Forbidden):
        edit(ctx, make.employer(ctx), key, 1)
    before = _row(ctx, key)
    edit(ctx, me, key, before.version)
    after = _row(ctx, key)
    assert after.version > before.version
    assert after.data_version > before.data_version
    assert _file(ctx, me, key).events[0].what in WHAT.values()
    with pytest.raises(Conflict):
        edit(ctx, me, key, before.version)


def test_the_trail_holds_no_name_and_no_protected_value(ctx, me):
    key = make.candidate(ctx, me.unit_id, given_name="Barnabé", family_name="Quatrefages")
    for edit in EDITS:
        edit(ctx, me, key, None)
    candidates.edit_identity(ctx, me, key, None, candidates.Identity("Zoé", "Quatrefages"))
    with ctx.read() as session:
        details = " ".join(session.execute(select(AuditEvent.details)).scalars())
    assert "night" in details
    assert not any(word in details for word in ("Quatrefages", "Barnab", "Zo"))


def test_unknown_is_no_row(ctx, me):
    key = make.candidate(ctx, me.unit_id, facts={"licence_b": True, "night": False})
    candidates.set_facts(ctx, me, key, None, {"licence_b": None, "weekend": FactAnswer(Known.NO)}, HEARD)
    with ctx.read() as session:
        rows = dict(session.execute(select(CandidateFact.fact, CandidateFact.value)).all())
    assert rows == {"night": Known.NO, "weekend": Known.NO}
    lines = {line.code: line for section in _file(ctx, me, key).sections for line in section.lines}
    assert lines["licence_b"].said == "à confirmer"
    assert lines["licence_b"].source is None


def test_an_answer_unchanged_keeps_its_source_unless_confirmed(ctx, me):
    key = make.candidate(ctx, me.unit_id, facts={"night": True})
    seen = Source(FactSource.CERTIFIED, TODAY)
    assert candidates.set_facts(ctx, me, key, None, {"night": FactAnswer(YES)}, seen) == 0
    assert candidates.set_facts(ctx, me, key, None, {"night": FactAnswer(YES)}, seen, confirmed=["night"]) == 1
    line = next(x for s in _file(ctx, me, key).sections for x in s.lines if x.code == "night")
    assert line.source is FactSource.CERTIFIED


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"hours_min": FactAnswer(YES, 2100), "hours_max": FactAnswer(YES, 1200)}, "amount-hours_max"),
        ({"invented": FactAnswer(YES)}, "invented"),
    ],
)
def test_facts_that_cannot_be_are_refused_whole(ctx, me, answers, field):
    key = make.candidate(ctx, me.unit_id)
    with pytest.raises(Invalid) as refused:
        candidates.set_facts(ctx, me, key, None, {"night": FactAnswer(YES)} | answers, HEARD)
    assert [error.field for error in refused.value.errors] == [field]
    assert not [line for s in _file(ctx, me, key).sections for line in s.known]


def test_goals_keep_their_order_and_their_words_reach_the_ranking(ctx, me):
    key = make.candidate(ctx, me.unit_id, goals=())
    for words, code in (("serveuse", "G1803"), ("plonge", "G1605"), ("magasin", "N1103")):
        candidates.add_goal(ctx, me, key, None, words, code)
    last = _file(ctx, me, key).goals[2]
    assert last.rome_version
    candidates.raise_goal(ctx, me, key, None, last.id)
    candidates.raise_goal(ctx, me, key, None, _file(ctx, me, key).goals[0].id)
    found = _file(ctx, me, key)
    assert [goal.own_words for goal in found.goals] == ["serveuse", "magasin", "plonge"]
    candidates.remove_goal(ctx, me, key, None, found.goals[0].id)
    words = _row(ctx, key).ranking_words
    assert "plonge" in words
    assert "serveuse" not in words
    with pytest.raises(RuleRefused):
        candidates.add_goal(ctx, me, key, None, "encore", "G1605")
    with pytest.raises(Invalid):
        candidates.add_goal(ctx, me, key, None, "rien", "Z9999")


def test_a_goal_of_someone_else_is_not_found(ctx, me):
    mine, other = make.candidate(ctx, me.unit_id), make.candidate(ctx, me.unit_id)
    with pytest.raises(NotFound):
        candidates.remove_goal(ctx, me, mine, None, _file(ctx, me, other).goals[0].id)


def test_skills_come_from_the_goals_and_from_words(ctx, me):
    key = make.candidate(ctx, me.unit_id, goals=("A1203",))
    offered = candidates.search_skills(ctx, me, key)
    assert "Débroussailler" in [skill.label for skill in offered]
    assert candidates.search_skills(ctx, me, key, "debroussail")[0].label == "Débroussailler"
    chosen = offered[0].id
    assert candidates.set_skills(ctx, me, key, None, {chosen: YES, 12: YES}, FactSource.OBSERVED) == 1
    assert candidates.set_skills(ctx, me, key, None, {chosen: Known.NO}) == 1
    assert [(skill.id, skill.value) for skill in _file(ctx, me, key).skills] == [(chosen, Known.NO)]
    candidates.set_skills(ctx, me, key, None, {chosen: Known.UNKNOWN})
    assert _file(ctx, me, key).skills == ()


def test_a_barrier_not_discussed_is_no_row(ctx, me):
    key = make.candidate(ctx, me.unit_id)
    candidates.set_barriers(ctx, me, key, None, [BarrierAnswer(Barrier.MONEY, BarrierState.YES, note="dossier")])
    candidates.set_barriers(ctx, me, key, None, [BarrierAnswer(Barrier.MONEY)])
    assert all(line.state is BarrierState.NOT_DISCUSSED for line in _file(ctx, me, key).barriers)


def test_the_week_is_replaced_as_said(ctx, me):
    key = make.candidate(ctx, me.unit_id, windows=make.WEEK)
    candidates.fill_week(ctx, me, key, None, [0], ["morning"], Known.NO, HEARD)
    assert week.type_day(_file(ctx, me, key).week, 0, YES) == "12h-17h"
    clash = [week.Window(0, 480, 720, YES), week.Window(0, 500, 700, Known.NO)]
    with pytest.raises(Invalid):
        candidates.set_week(ctx, me, key, None, clash, HEARD)


def test_assigning_keeps_the_history_and_stays_in_the_unit(ctx, me):
    key = make.candidate(ctx, me.unit_id, me.user_id)
    colleague, stranger = make.adviser(ctx, me.unit_id), make.adviser(ctx)
    candidates.assign_adviser(ctx, me, key, None, colleague.user_id)
    with ctx.read() as session:
        rows = session.execute(select(PortfolioAssignment.adviser_id, PortfolioAssignment.to_on)).all()
    assert rows == [(me.user_id, TODAY), (colleague.user_id, None)]
    with pytest.raises(Invalid):
        candidates.assign_adviser(ctx, me, key, None, stranger.user_id)


def test_protected_facts_live_apart_and_reading_is_logged(ctx, me):
    key = make.candidate(ctx, me.unit_id)
    answers = [ProtectedAnswer("rsa", "yes", FactSource.CERTIFIED, "attestation"), ProtectedAnswer("sex", "f")]
    assert candidates.set_protected(ctx, me, key, None, answers) == 2
    lines = {line.kind: line for line in candidates.read_protected(ctx, me, key).lines}
    assert (lines["rsa"].said, lines["rsa"].proof, lines["rqth"].value) == ("oui", "attestation", "")
    candidates.set_protected(ctx, me, key, None, [ProtectedAnswer("rsa", "")])
    assert {line.kind: line.value for line in candidates.read_protected(ctx, me, key).lines}["rsa"] == ""
    with pytest.raises(Invalid):
        candidates.set_protected(ctx, me, key, None, [ProtectedAnswer("sex", "yes")])
    with pytest.raises(Invalid):
        candidates.set_protected(ctx, me, key, None, [ProtectedAnswer("birth_date", "hier")])
    candidates.read_candidate(ctx, me, key)
    with ctx.read() as session:
        logged = session.execute(select(ReadLog.actor_id, ReadLog.subject_id, ReadLog.how)).all()
    assert set(logged) == {(me.user_id, key, "protected"), (me.user_id, key, "file")}


def test_situation_is_kept(any_ctx):
    load_embedded(any_ctx)
    me = make.adviser(any_ctx)
    key = make.candidate(any_ctx, me.unit_id)
    wanted = Situation("44143", Orientation.SOCIAL, CandidateState.PAUSED, 600, None, TODAY, "Ponctuelle.")
    candidates.edit_situation(any_ctx, me, key, None, wanted)
    found = _file(any_ctx, me, key)
    assert (found.commune, found.orientation, found.state) == (
        "Rezé (44400)",
        Orientation.SOCIAL,
        CandidateState.PAUSED,
    )
    candidates.fill_week(any_ctx, me, key, None, [0, 6], ["night"], YES, HEARD)
    candidates.set_facts(any_ctx, me, key, None, {"max_load": FactAnswer(YES, 15)}, HEARD)
    assert len(_file(any_ctx, me, key).week) == 4
    with pytest.raises(Invalid):
        candidates.edit_situation(any_ctx, me, key, None, Situation("Trifouilly"))
