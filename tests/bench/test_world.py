"""The invented world: the same for a seed, every criterion on, words that are those of its texts."""

from __future__ import annotations

from statistics import mean

import numpy as np
import pytest

from matching.bench.baselines import tokens_of
from matching.bench.world import World, build, record_of
from matching.engine import People, rank, words_of
from matching.engine.checks import Context
from matching.engine.evaluation import evaluate
from matching.engine.people import Selection
from matching.engine.statuses import status_of
from matching.terms import Criterion, MatchStatus

pytest.importorskip("wordfreq", reason="the extra `bench` is not installed")

COLUMNS = ("ids", "can", "cannot", "goal_rome", "goal_title", "experience_rome", "words", "lat", "network", "active")


def _same(one: People, other: People) -> list[str]:
    return [
        name for name in COLUMNS if not np.array_equal(one.column(name), other.column(name), equal_nan=name == "lat")
    ]


def test_a_seed_is_a_world() -> None:
    one, again, other = build(300, 3, seed=4), build(300, 3, seed=4), build(300, 3, seed=5)
    assert _same(one.people, again.people) == []
    assert one.offers == again.offers
    assert "words" in _same_names(one.people, other.people)
    assert one.offers != other.offers


def _same_names(one: People, other: People) -> set[str]:
    return {name for name in COLUMNS if not np.array_equal(one.column(name)[..., :5], other.column(name)[..., :5])}


def test_texts_change_nothing_but_the_texts(world: World) -> None:
    silent = build(2000, 40, seed=7)
    assert silent.texts == ()
    assert _same(world.people, silent.people) == []


def test_the_words_held_are_those_of_the_texts(world: World) -> None:
    held = world.people.column("words").T
    for line, text in zip(held[:300], world.texts, strict=False):
        assert tuple(line[line > 0].tolist()) == tokens_of(text)
    for offer, text in zip(world.offers, world.offer_texts, strict=True):
        assert offer.words == words_of(text)


def test_texts_are_as_long_as_those_of_people_and_offers(world: World) -> None:
    people, offers = ([len(text.split()) for text in texts] for texts in (world.texts, world.offer_texts))
    assert (min(people) >= 38, max(people) <= 140, 60 <= mean(people) <= 100) == (True, True, True)
    assert (min(offers) >= 60, max(offers) <= 165, 80 <= mean(offers) <= 130) == (True, True, True)


def test_words_are_as_frequent_as_in_french(world: World) -> None:
    said = " ".join(world.texts).split()
    shares = {word: said.count(word) / len(said) for word in ("de", "la", "avec")}
    assert shares["de"] > shares["la"] > shares["avec"] > 0


def test_every_criterion_is_asked_and_answered_in_more_ways_than_one(world: World) -> None:
    seen: dict[Criterion, set[MatchStatus]] = {criterion: set() for criterion in Criterion}
    for offer in world.offers:
        setting = {name: world.setting[name] for name in ("occupations", "today", "eligible")}
        context = Context(world.people, offer, world.policy, **setting)
        statuses = evaluate(context, Selection(world.people, np.flatnonzero(world.people.active))).statuses
        for criterion, codes in zip(Criterion, statuses, strict=True):
            seen[criterion] |= {status_of(code) for code in np.unique(codes)}
            assert MatchStatus.NOT_ASKED not in seen[criterion], criterion
    # Half of an offer's words are never found in a profile.
    assert {criterion for criterion, statuses in seen.items() if len(statuses) < 2} == {Criterion.WORDS}
    everywhere = {criterion for criterion, statuses in seen.items() if MatchStatus.UNKNOWN in statuses}
    assert everywhere >= set(Criterion) - {Criterion.OCCUPATION, Criterion.WORDS}


def test_a_person_read_back_is_the_same_person(world: World) -> None:
    """Written again as read, nobody changes place: the edit that is timed is a real one."""
    twin = build(2000, 40, seed=7)
    twin.people.upsert([record_of(twin.people, row, int(twin.people.ids[row])) for row in range(400)])
    for offer in world.offers[:8]:
        one, other = (rank(w.people, offer, w.policy, **w.setting) for w in (world, twin))
        assert one.matches == other.matches


@pytest.mark.parametrize("size", [1, 70_000])
def test_any_size_can_be_built(size: int) -> None:
    made = build(size, 1)
    assert (len(made.people), len(made.eligible)) == (size, size)
    assert np.array_equal(np.sort(made.people.ids), np.arange(1, size + 1))
