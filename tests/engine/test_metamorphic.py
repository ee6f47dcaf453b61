"""What must hold of whoever judges, the rules as written or compiled: everybody of a crowd at once, by their keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching.engine import (
    YES_FACT,
    Offer,
    People,
    PersonRecord,
    Policy,
    compiled_pass,
    numpy_pass,
    passes,
    rank,
    shortlist,
    warm_up,
    without,
)
from matching.engine.checks import Context
from matching.engine.criteria import checks_of
from matching.engine.statuses import LIFTABLE_IN_TIME
from matching.terms import Importance
from tests.engine import worlds
from tests.engine.test_properties import best_value, bulk, common

pytestmark = pytest.mark.long

SEEDS = range(12)
EVERY_HOUR = ((1 << 48) - 1,) * 7
HOURS = ("hours_min", "hours_max")
Change = Callable[[PersonRecord, Offer, random.Random], PersonRecord]


@pytest.fixture(params=[numpy_pass, compiled_pass], ids=["numpy", "compiled"])
def judge(request: pytest.FixtureRequest) -> Iterator[passes.Pass]:
    if request.param is compiled_pass:
        pytest.importorskip("numba")
        assert warm_up()
    yield request.param
    passes._kernel = None


def judged(by: passes.Pass, people: People, offer: Offer, policy: Policy) -> tuple[np.ndarray, np.ndarray]:
    """Keys (small is first) and tiers of everybody, in the order of the ids."""
    rows = np.argsort(people.ids)
    assert (rows == np.arange(len(rows))).all()
    context = Context(people, offer, policy, worlds.occupations(), worlds.TODAY)
    one = by(context, checks_of(context))
    return one.keys(rows), worlds.tiers_of(one, rows)


def drawn(seed: int) -> tuple[random.Random, list[PersonRecord], Offer, Policy]:
    draw = random.Random(seed)
    return draw, [worlds.person(draw, number) for number in range(1, 80)], worlds.offer(draw), worlds.policy(draw)


def with_fact(record: PersonRecord, _: Offer, draw: random.Random) -> PersonRecord:
    """Facts that each meet what is asked of them, whatever else is known: hours come by two, a mode is only a way."""
    codes = draw.sample([code for code in worlds.CODES if not code.startswith(("mode_", "hours_"))], 4)
    return replace(record, facts={**record.facts, **{code: best_value(code) for code in (*codes, *HOURS)}})


def with_home_there(record: PersonRecord, offer: Offer, _: random.Random) -> PersonRecord:
    if not offer.places:
        return record
    there = offer.places[-1]
    return replace(record, lat=there.lat, lon=there.lon, facts={**record.facts, "mode_walk": YES_FACT})


def with_skill(record: PersonRecord, offer: Offer, draw: random.Random) -> PersonRecord:
    skill = draw.choice([r.index for r in offer.requirements if r.index >= 0] or [3])
    return replace(record, skills=[*[s for s in record.skills if s[0] != skill], (skill, 1)])


def with_hours(record: PersonRecord, _: Offer, __: random.Random) -> PersonRecord:
    return replace(record, can=EVERY_HOUR, cannot=(0,) * 7)


def with_goal(record: PersonRecord, offer: Offer, _: random.Random) -> PersonRecord:
    return replace(record, goals=[(offer.rome, offer.title), *record.goals[1:5]] if offer.rome >= 0 else record.goals)


def without_proposals(record: PersonRecord, _: Offer, __: random.Random) -> PersonRecord:
    return replace(record, open_proposals=0)


CHANGES = [with_fact, with_skill, with_hours, with_goal, with_home_there, without_proposals]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("change", CHANGES)
def test_meeting_one_more_thing_never_lowers(judge: passes.Pass, change: Change, seed: int) -> None:
    draw, records, offer, policy = drawn(seed)
    richer = [change(record, offer, draw) for record in records]
    before, _ = judged(judge, worlds.people_of(records), offer, policy)
    after, _ = judged(judge, worlds.people_of(richer), offer, policy)
    assert (after <= before).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_met_and_becomes_unknown_never_raises(judge: passes.Pass, seed: int) -> None:
    draw, records, offer, policy = drawn(100 + seed)
    codes = [draw.sample(worlds.CODES, 6) for _ in records]
    sure = [
        replace(record, facts={**record.facts, **{code: best_value(code) for code in some}})
        for record, some in zip(records, codes, strict=True)
    ]
    unsure = [
        replace(record, facts={code: value for code, value in record.facts.items() if code not in some})
        for record, some in zip(sure, codes, strict=True)
    ]
    known, _ = judged(judge, worlds.people_of(sure), offer, policy)
    unknown, _ = judged(judge, worlds.people_of(unsure), offer, policy)
    assert (unknown >= known).all()
    assert (unknown > known).any() or not offer.requirements


@pytest.mark.parametrize("seed", SEEDS)
def test_asking_less_never_loses_anybody(judge: passes.Pass, seed: int) -> None:
    draw, records, offer, policy = drawn(200 + seed)
    offer = replace(offer, requirements=(*offer.requirements, *(worlds.requirement(draw) for _ in "abc")))
    people = worlds.people_of(records)
    _, tiers = judged(judge, people, offer, policy)
    for asked in dict.fromkeys(offer.requirements):
        softer = tuple(replace(r, importance=Importance.DESIRABLE) if r == asked else r for r in offer.requirements)
        for less in (without(offer, asked), replace(offer, requirements=softer)):
            _, now = judged(judge, people, less, policy)
            assert (now[tiers <= LIFTABLE_IN_TIME] <= LIFTABLE_IN_TIME).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_snapshot_edited_is_a_snapshot_rebuilt(judge: passes.Pass, seed: int) -> None:
    draw, first, offer, policy = drawn(300 + seed)
    edited, records = worlds.people_of(first), {record.id: record for record in first}
    for _ in range(60):
        number = draw.choice([*records, 500 + draw.randrange(40)])
        if draw.random() < 0.3:
            records.pop(number, None)
            edited.remove([number])
        else:
            records[number] = worlds.person(draw, number)
            edited.upsert([records[number]])
    setting: dict[str, Any] = {**common(), "judge": judge, "top": 200}
    expected = shortlist(bulk(list(records.values())), offer, policy, **setting)
    assert len(expected)
    np.testing.assert_array_equal(shortlist(edited, offer, policy, **setting), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_key_is_the_tier_and_the_sum_of_the_parts(judge: passes.Pass, seed: int) -> None:
    _, records, offer, policy = drawn(400 + seed)
    people = worlds.people_of(records)
    keys, tiers = judged(judge, people, offer, policy)
    ranking = rank(people, offer, policy, judge=judge, top=100, **common())
    rows = [people.row_of(int(person)) for person in ranking.ids]
    np.testing.assert_array_equal(tiers[rows], ranking.tiers)
    fits = ((tiers.astype(np.int64) << 56) - keys)[rows] / 1e9
    np.testing.assert_allclose(fits, ranking.parts.sum(axis=1), rtol=0, atol=1e-9)
