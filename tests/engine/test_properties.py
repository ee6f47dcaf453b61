"""What must hold whatever the people and the offer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import (
    YES_FACT,
    Offer,
    People,
    PersonMatch,
    PersonRecord,
    Policy,
    Requirement,
    explain,
    rank,
    relaxations,
    tie_hash,
    variants_of,
    without,
    without_criterion,
)
from matching.engine.checks import Context
from matching.engine.criteria import checks_of
from matching.engine.people import _COLUMNS, _GROUP_OF
from matching.engine.statuses import TIERS
from matching.terms import Importance
from tests.engine import worlds

seeds = st.integers(0, 10**9)
quick = settings(max_examples=150, deadline=None, derandomize=True)
OPEN = set(TIERS[:2])


def match_of(record: PersonRecord, offer: Offer, policy: Policy) -> PersonMatch:
    return explain(worlds.people_of([record]), offer, policy, record.id, **common())


def common(seed: int = 1) -> dict[str, Any]:
    return {"today": worlds.TODAY, "seed": seed, "occupations": worlds.occupations()}


def order(match: PersonMatch) -> tuple[int, float]:
    return TIERS.index(match.tier), -round(match.fit, 9)


def best_value(code: str) -> int:
    """The value that suits any offer."""
    return {"available_from": worlds.TODAY - 100, "hours_min": 1, "pay_wished": 1, "french_oral": 6}.get(
        code, 8 if code == "degree" else YES_FACT
    )


@quick
@given(seed=seeds, code=st.sampled_from(worlds.CODES))
def test_meeting_one_more_thing_never_lowers(seed: int, code: str) -> None:
    draw = random.Random(seed)
    record, offer, policy = worlds.person(draw, 1), worlds.offer(draw), worlds.policy(draw)
    richer = replace(record, facts={**record.facts, code: best_value(code)})
    assert order(match_of(richer, offer, policy)) <= order(match_of(record, offer, policy))


@quick
@given(seed=seeds, skill=st.integers(0, 5))
def test_one_more_skill_never_lowers(seed: int, skill: int) -> None:
    draw = random.Random(seed)
    record, offer, policy = worlds.person(draw, 1), worlds.offer(draw), worlds.policy(draw)
    richer = replace(record, skills=[*[s for s in record.skills if s[0] != skill], (skill, 1)])
    assert order(match_of(richer, offer, policy)) <= order(match_of(record, offer, policy))


@quick
@given(seed=seeds, code=st.sampled_from(worlds.CODES))
def test_a_met_fact_that_becomes_unknown_never_raises(seed: int, code: str) -> None:
    draw = random.Random(seed)
    record, offer, policy = worlds.person(draw, 1), worlds.offer(draw), worlds.policy(draw)
    sure = replace(record, facts={**record.facts, code: best_value(code)})
    unsure = replace(record, facts={c: v for c, v in record.facts.items() if c != code})
    assert order(match_of(unsure, offer, policy)) >= order(match_of(sure, offer, policy))


@quick
@given(seed=seeds)
def test_dropping_or_softening_a_requirement_never_loses_anybody(seed: int) -> None:
    draw = random.Random(seed)
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    if not offer.requirements:
        return
    people = worlds.people_of(worlds.crowd(draw, 20))
    dropped = draw.choice(offer.requirements)
    softer = tuple(replace(r, importance=Importance.DESIRABLE) if r == dropped else r for r in offer.requirements)
    before = rank(people, offer, policy, **common())
    able = {m.id for m in before.matches if m.tier in OPEN}
    for other in (without(offer, dropped), replace(offer, requirements=softer)):
        assert able <= {m.id for m in rank(people, other, policy, **common()).matches if m.tier in OPEN}


@quick
@given(seed=seeds)
def test_relaxations_count_what_ranking_again_would_find(seed: int) -> None:
    draw = random.Random(seed)
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    people = worlds.people_of(worlds.crowd(draw, 40))
    told = {
        (r.change, r.code, r.requirement): r.gained
        for r in relaxations(people, offer, policy, today=worlds.TODAY, occupations=worlds.occupations())
    }
    found = {}
    for key, other in changes(people, offer, policy):
        more = able_count(people, other, policy) - able_count(people, offer, policy)
        if more > 0:
            found[key] = more
    assert told == found


def changes(
    people: People, offer: Offer, policy: Policy
) -> Iterator[tuple[tuple[str, str, Requirement | None], Offer]]:
    """The offer without each thing that it asks, and under each variant, by how a relaxation names it."""
    context = Context(people, offer, policy, worlds.occupations(), worlds.TODAY)
    for check in checks_of(context):
        if check.relaxable:
            other = without(offer, check.requirement) if check.requirement else without_criterion(offer, check.code)
            yield ("without", check.code, check.requirement), other
    criterion = {"starts_later": "start", "shorter_week": "contract"}
    for change, other in variants_of(offer).items():
        yield (change, criterion.get(change, "schedule"), None), other


def able_count(people: People, offer: Offer, policy: Policy) -> int:
    counts = rank(people, offer, policy, top=1, **common()).tier_counts
    return sum(counts[tier] for tier in OPEN)


@quick
@given(seed=seeds)
def test_parts_sum_to_the_fit(seed: int) -> None:
    draw = random.Random(seed)
    people = worlds.people_of(worlds.crowd(draw, 30))
    ranking = rank(people, worlds.offer(draw), worlds.policy(draw), **common())
    np.testing.assert_allclose(ranking.parts.sum(axis=1), ranking.fit, rtol=0, atol=1e-9)
    for match in ranking.matches:
        assert abs(sum(match.parts.values()) - match.fit) <= 1e-9


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=seeds)
def test_edits_row_by_row_equal_a_full_rebuild(seed: int) -> None:
    draw = random.Random(seed)
    records = {record.id: record for record in worlds.crowd(draw, 25)}
    edited = worlds.people_of(list(records.values()))
    for _ in range(40):
        person = draw.choice([*records, 9_000 + draw.randrange(60)])
        if draw.random() < 0.3:
            records.pop(person, None)
            edited.remove([person])
        else:
            records[person] = worlds.person(draw, person)
            edited.upsert([records[person]])
    for rebuilt in (worlds.people_of(list(records.values())), bulk(list(records.values()))):
        assert_same(edited, rebuilt)
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    assert (
        rank(edited, offer, policy, **common()).matches
        == rank(bulk(list(records.values())), offer, policy, **common()).matches
    )


def bulk(records: list[PersonRecord]) -> People:
    """The same people by the fast path."""
    rows = range(len(records))

    def flat(name: str, width: int) -> tuple[list[int], ...]:
        entries = [(row, *entry) for row in rows for entry in getattr(records[row], name)]
        return tuple([entry[i] for entry in entries] for i in range(width + 1))

    facts = [(r, worlds.VOCABULARY.index[c], v) for r in rows for c, v in records[r].facts.items()]
    words = [(row, word) for row in rows for word in records[row].words]
    scalars = ("unit", "lat", "lon", "radius_km", "network", "open_proposals", "active")
    return People.from_columns(
        worlds.VOCABULARY,
        [record.id for record in records],
        facts=tuple(np.array(facts, int).reshape(-1, 3).T),  # type: ignore[arg-type]
        goals=flat("goals", 2),  # type: ignore[arg-type]
        experience=flat("experience", 2),  # type: ignore[arg-type]
        skills=flat("skills", 2),  # type: ignore[arg-type]
        words=tuple(np.array(words, int).reshape(-1, 2).T),  # type: ignore[arg-type]
        can=np.array([r.can for r in records], np.uint64).reshape(-1, 7),
        cannot=np.array([r.cannot for r in records], np.uint64).reshape(-1, 7),
        **{name: [getattr(record, name) for record in records] for name in scalars},
    )


def assert_same(one: People, other: People) -> None:
    """Every column equal, person by person; the order of the rows is free."""
    rows, others = np.argsort(one.ids), np.argsort(other.ids)
    for name in ("facts", *_COLUMNS):
        left, right = one.column(name)[..., rows], other.column(name)[..., others]
        if name in _GROUP_OF:  # empty slots are those nobody else needed
            slots = min(len(left), len(right))
            assert (left[slots:] == _COLUMNS[name][2]).all()
            assert (right[slots:] == _COLUMNS[name][2]).all()
            left, right = left[:slots], right[:slots]
        np.testing.assert_array_equal(left, right, err_msg=name)
    np.testing.assert_array_equal(one.word_counts, other.word_counts)
    assert all(one.row_of(int(person)) == row for row, person in enumerate(one.ids))


def test_ties_follow_the_seed_and_nothing_else() -> None:
    twins = [PersonRecord(id=number) for number in range(1, 60)]
    offer = Offer(id=1, needs_right_to_work=False)

    def ids(seed: int, records: list[PersonRecord]) -> list[int]:
        return [m.id for m in rank(worlds.people_of(records), offer, Policy(), **common(seed)).matches]

    assert ids(1, twins) == ids(1, twins[::-1])
    assert ids(1, twins) != ids(2, twins)
    assert len({int(h) for h in tie_hash(5, np.arange(10_000))}) == 10_000


def test_the_same_crowd_in_chunks_ranks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    people = worlds.people_of(worlds.crowd(draw, 90))
    offer, policy = worlds.offer(draw, start_day=worlds.TODAY + 30), worlds.policy(draw)
    whole = rank(people, offer, policy, **common())
    monkeypatch.setattr("matching.engine.passes.CHUNK", 7)
    cut = rank(people, offer, policy, **common())
    assert cut.matches == whole.matches
    assert cut.tier_counts == whole.tier_counts


def test_nobody_to_rank_is_an_empty_list() -> None:
    ranking = rank(People(worlds.VOCABULARY), worlds.offer(random.Random(1)), Policy(), **common())
    assert len(ranking) == ranking.considered == 0


def test_somebody_given_twice_or_an_unknown_column_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        People.from_columns(worlds.VOCABULARY, [1, 2, 1])
    with pytest.raises(TypeError, match="age"):
        People.from_columns(worlds.VOCABULARY, [1, 2], age=[30, 40])


def test_who_is_looking_follows_every_edit() -> None:
    draw = random.Random(4)
    people = worlds.people_of(worlds.crowd(draw, 30))
    for number in range(40):
        assert people.looking.tolist() == np.flatnonzero(people.active).tolist()
        person = draw.choice(people.ids.tolist())
        if number % 3:
            people.upsert([replace(worlds.person(draw, person), active=draw.random() < 0.5)])
        else:
            people.remove([person])
            people.upsert([worlds.person(draw, 1000 + number)])
