"""The vectorised engine and a plain reference agree on who, in which tier, with which statuses and parts."""

from __future__ import annotations

import random

import numpy as np
import pytest

from matching.engine import SPREAD, explain, rank
from matching.engine.statuses import TIERS
from matching.terms import Criterion
from tests.engine import worlds
from tests.engine.plain import LIFTABLE, Plain


@pytest.mark.parametrize("seed", range(60))
def test_engine_agrees_with_the_plain_reference(seed: int) -> None:
    draw = random.Random(seed)
    records = worlds.crowd(draw, 60)
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    eligible = np.array([draw.choice((-1, 0, 1)) for _ in records], np.int8)
    ranking = rank(
        worlds.people_of(records),
        offer,
        policy,
        today=worlds.TODAY,
        seed=seed,
        occupations=worlds.occupations(),
        top=100,
        eligible=eligible,
    )
    plain = {
        record.id: Plain(record, offer, policy, records, int(allowed))
        for record, allowed in zip(records, eligible, strict=True)
        if record.active
    }
    assert {m.id for m in ranking.matches} == set(plain)
    for match in ranking.matches:
        expected = plain[match.id]
        assert match.statuses == {c: expected.status(c) for c in Criterion}
        assert match.tier is TIERS[expected.tier]
        # Positions are float32 in the engine: travel minutes differ by a hair.
        assert [match.parts[c] for c in Criterion] == pytest.approx([expected.part(c) for c in Criterion], abs=1e-5)
        assert match.parts[SPREAD] == pytest.approx(expected.spread, abs=1e-12)
        assert match.fit == pytest.approx(sum(match.parts.values()), abs=1e-9)
        delays = [a.delay for a in expected.answers if a.status is LIFTABLE]
        assert match.delay_days == (max(delays) if delays else None)
    keys = [(TIERS.index(m.tier), -round(m.fit, 9)) for m in ranking.matches]
    assert keys == sorted(keys)
    assert [m.rank for m in ranking.matches] == list(range(1, len(plain) + 1))


@pytest.mark.parametrize("seed", range(15))
def test_top_restriction_and_explanation_are_the_same_list(seed: int) -> None:
    draw = random.Random(1000 + seed)
    people = worlds.people_of(worlds.crowd(draw, 80))
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    common = {"today": worlds.TODAY, "seed": seed, "occupations": worlds.occupations()}
    unit = people.rows_of_units([1])
    whole = rank(people, offer, policy, top=100, rows=unit, **common)  # type: ignore[arg-type]
    short = rank(people, offer, policy, top=5, rows=people.units == 1, **common)  # type: ignore[arg-type]
    assert short.matches == whole.matches[:5]
    assert short.tier_counts == whole.tier_counts
    assert sum(whole.tier_counts.values()) == whole.considered == len(whole)
    for match in whole.matches[::7]:
        assert explain(people, offer, policy, match.id, rows=unit, **common) == match  # type: ignore[arg-type]
