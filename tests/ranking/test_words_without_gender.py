"""The words of a woman and of a man rank bit-identically."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matching.services import candidates
from matching.services.context import Context
from matching.services.ranking import lists
from matching.services.ranking.simulation import Simulation
from matching.services.ranking.snapshot import snapshot_of
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.text import fold
from tests.support import factories as make

PAIRS = [
    ("serveur", "serveuse"),
    ("Serveur en salle", "Serveuse en salle"),
    ("cuisinier", "cuisinière"),
    ("agent d’entretien", "agente d’entretien"),
    ("conducteur livreur", "conductrice livreuse"),
    ("vendeur en boulangerie", "vendeuse en boulangerie"),
    ("ouvrier maraîcher", "ouvrière maraîchère"),
    ("aide-soignant", "aide-soignante"),
    ("employé de ménage", "employée de ménage"),
    ("technicien de surface", "technicienne de surface"),
    ("animateur périscolaire", "animatrice périscolaire"),
    ("un homme toutes mains", "une femme toutes mains"),
]


@pytest.fixture
def dining_room(ctx: Context) -> int:
    """An offer of a restaurant and twelve people whose words differ."""
    offer = make.offer(ctx, rome="G1803", title="Serveur en salle, agent d’entretien, vendeur et cuisinier")
    unit = make.unit(ctx)
    for months in range(12):
        make.candidate(ctx, unit, goals=("G1803",), experience={"K2204": months}, facts={"mode_walk": 20})
    return offer


def _ranks(ctx: Context, offer_id: int) -> bytes:
    fresh = replace(ctx, memory={})
    with fresh.read() as session, snapshot_of(fresh).current(session) as snap:
        offer = lists._offer(session, None, offer_id)
        question = lists._question(fresh, session, snap, None, offer, Simulation(), True)
        ranked = question.rank(question.asked, 100)
    assert len(ranked.ids) == 12
    return b"".join(array.tobytes() for array in (ranked.ids, ranked.tiers, ranked.fit, ranked.parts, ranked.statuses))


def _say(ctx: Context, candidate_id: int, words: str) -> None:
    """The words as the product derives them, from what the person said."""
    with ctx.read() as session:
        row = session.get_one(Candidate, candidate_id)
        unit, version = row.unit_id, row.version
    me = make.adviser(ctx, unit)
    candidates.add_goal(ctx, me, candidate_id, version, words, "K2204")


@pytest.mark.parametrize(("his", "hers"), PAIRS)
def test_words_of_a_goal(ctx: Context, dining_room: int, his: str, hers: str) -> None:
    _say(ctx, 5, his)
    with ctx.read() as session:
        words = session.get_one(Candidate, 5).ranking_words
    as_he_says = _ranks(ctx, dining_room)
    with ctx.write(None) as work:
        row = work.session.get_one(Candidate, 5)
        row.ranking_words = words.replace(fold(his), fold(hers))
        assert row.ranking_words != words
        work.record("test.words", "candidate", 5)
    assert _ranks(ctx, dining_room) == as_he_says


@pytest.mark.parametrize(("his", "hers"), PAIRS)
def test_words_of_an_offer(ctx: Context, dining_room: int, his: str, hers: str) -> None:
    found = []
    for title in (his, hers):
        with ctx.write(None) as work:
            work.session.get_one(Offer, dining_room).title = title
            work.record("test.words", "offer", dining_room)
        found.append(_ranks(ctx, dining_room))
    assert found[0] == found[1]


def test_control_another_trade_ranks_otherwise(ctx: Context, dining_room: int) -> None:
    found = []
    for words in ("serveur", "soudeur"):
        with ctx.write(None) as work:
            work.session.get_one(Candidate, 5).ranking_words = words
            work.record("test.words", "candidate", 5)
        found.append(_ranks(ctx, dining_room))
    assert found[0] != found[1]
