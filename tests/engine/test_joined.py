"""People built part by part are the people built in one go."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from matching.engine import People, Policy, rank
from tests.engine import worlds


def _parts(cuts: tuple[int, ...]) -> tuple[People, list[People]]:
    records = worlds.crowd(random.Random(5), 60)
    ends = (0, *cuts, len(records))
    return worlds.people_of(records), [worlds.people_of(records[a:b]) for a, b in pairwise(ends)]


@pytest.mark.parametrize("size", [60, 0, 500])
@pytest.mark.parametrize("cuts", [(), (1,), (0, 30, 30), (59,)])
def test_ranked_alike_then_edited_alike(cuts: tuple[int, ...], size: int) -> None:
    whole, parts = _parts(cuts)
    joined = People.joined(worlds.VOCABULARY, size, parts)
    assert np.array_equal(joined.word_counts, whole.word_counts)
    draw = random.Random(6)
    gone = whole.ids[[0, 7]].tolist()
    edited = worlds.person(draw, int(whole.ids[3]))
    for change in (lambda people: None, lambda people: people.upsert([edited]), lambda people: people.remove(gone)):
        change(whole)
        change(joined)
        for _ in range(5):
            offer = worlds.offer(draw)
            one, other = (
                rank(people, offer, Policy(), today=worlds.TODAY, seed=1, occupations=worlds.occupations())
                for people in (whole, joined)
            )
            assert one.matches == other.matches


def test_nobody_twice() -> None:
    _, parts = _parts((30,))
    with pytest.raises(ValueError, match="twice"):
        People.joined(worlds.VOCABULARY, 60, [*parts, parts[0]])


def test_nobody_at_all() -> None:
    assert len(People.joined(worlds.VOCABULARY, 0, [])) == 0
