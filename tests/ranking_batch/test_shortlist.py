"""A few people for each offer, not always the same ones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.services.ranking.batch.sheet import RankedPerson
from matching.services.ranking.batch.shortlist import shortlists
from matching.terms import Tier

STEP = 0.05
_TIERS = list(Tier)


def people(*rows: tuple[str, float], tier: Tier = Tier.CLEAR, proposed: bool = True) -> list[RankedPerson]:
    return [RankedPerson(rank, code, tier, fit, 0, proposed) for rank, (code, fit) in enumerate(rows, 1)]


CLOSE = people(("A", 0.50), ("B", 0.49), ("C", 0.48), ("D", 0.47))
APART = people(("A", 0.90), ("B", 0.20), ("C", 0.10))


@pytest.mark.parametrize(
    ("lists", "size", "step", "expected"),
    [
        ([CLOSE, CLOSE], 2, STEP, [("A", "B"), ("C", "D")]),
        ([CLOSE, CLOSE], 2, 0.0, [("A", "B"), ("A", "B")]),
        ([APART, APART], 1, STEP, [("A",), ("A",)]),
        ([CLOSE, CLOSE[:1]], 1, STEP, [("B",), ("A",)]),
        ([CLOSE, people(("E", 0.9), tier=Tier.BLOCKED)], 1, STEP, [("A",), ()]),
        ([APART[:1] + people(("N", 0.1), proposed=False)], 2, STEP, [("A", "N")]),
        ([APART + people(("N", 0.05), proposed=False)], 2, STEP, [("A", "N")]),
        ([APART + people(("N", 0.05), proposed=False)], 1, STEP, [("A",)]),
        ([APART + people(("N", 0.05), tier=Tier.LIFTABLE_LATE, proposed=False)], 2, STEP, [("A", "B")]),
        ([], 3, STEP, []),
    ],
    ids=[
        "steps back",
        "nobody steps back",
        "far better stays",
        "scarce first",
        "blocked never",
        "never proposed is there",
        "never proposed takes the last place",
        "not the only place",
        "not out of reach",
        "no offer",
    ],
)
def test_who_is_chosen(
    lists: list[list[RankedPerson]], size: int, step: float, expected: list[tuple[str, ...]]
) -> None:
    assert shortlists(lists, size, step) == tuple(expected)


def test_one_more_proposal_and_one_more_list_weigh_the_same() -> None:
    twice = RankedPerson(1, "A", Tier.CLEAR, 0.50, 2, True)
    other = RankedPerson(2, "B", Tier.CLEAR, 0.49, 0, True)
    # log(4 ⁄ 3) × 0.05 = 0.0144: more than what sets them apart; log(2 ⁄ 1) would be 0.035.
    assert shortlists([[twice, other], [twice, other]], 1, STEP) == (("A",), ("B",))
    closer = RankedPerson(2, "B", Tier.CLEAR, 0.48, 0, True)
    assert shortlists([[twice, closer], [twice, closer]], 1, STEP) == (("A",), ("A",))


_ranked_person = st.tuples(st.sampled_from("ABCDEFGHIJ"), st.sampled_from(_TIERS), st.integers(0, 100), st.booleans())


@st.composite
def ranked(draw: st.DrawFn) -> list[RankedPerson]:
    rows = draw(st.lists(_ranked_person, max_size=10, unique_by=lambda row: row[0]))
    rows.sort(key=lambda row: (_TIERS.index(row[1]), -row[2]))
    return [
        RankedPerson(rank, code, tier, fit / 100, 0, known) for rank, (code, tier, fit, known) in enumerate(rows, 1)
    ]


@given(st.lists(ranked(), max_size=6), st.integers(1, 4))
def test_full_lists_of_different_people_nothing_stops(lists: list[list[RankedPerson]], size: int) -> None:
    chosen = shortlists(lists, size, STEP)
    assert chosen == shortlists(lists, size, STEP)
    for codes, everyone in zip(chosen, lists, strict=True):
        able = {person.code for person in everyone if person.tier is not Tier.BLOCKED}
        assert len(set(codes)) == len(codes) == min(size, len(able))
        assert set(codes) <= able


@pytest.mark.parametrize(
    ("lists", "size", "at_most", "expected"),
    [
        ([APART] * 3, 1, 1, [("A",), ("B",), ("C",)]),
        ([APART] * 3, 1, 2, [("A",), ("A",), ("B",)]),
        ([APART] * 3, 2, 2, [("A", "B"), ("A", "B"), ("C",)]),
        ([APART, APART[:1]], 1, 1, [("B",), ("A",)]),
        ([APART[:1], APART[:1]], 1, 1, [("A",), ()]),
        ([APART] * 3, 1, None, [("A",)] * 3),
    ],
    ids=["once", "twice", "short rather than over", "scarce first", "empty rather than over", "no limit"],
)
def test_nobody_is_on_more_lists_than_asked(
    lists: list[list[RankedPerson]], size: int, at_most: int | None, expected: list[tuple[str, ...]]
) -> None:
    assert shortlists(lists, size, STEP, at_most) == tuple(expected)


@given(st.lists(ranked(), max_size=8), st.integers(1, 4), st.integers(1, 8))
def test_the_limit_holds_and_leaves_nobody_out_for_nothing(
    lists: list[list[RankedPerson]], size: int, at_most: int
) -> None:
    chosen = shortlists(lists, size, STEP, at_most)
    taken = Counter(code for codes in chosen for code in codes)
    assert max(taken.values(), default=0) <= at_most
    for codes, everyone in zip(chosen, lists, strict=True):
        free = {p.code for p in everyone if p.tier is not Tier.BLOCKED and taken[p.code] < at_most} - set(codes)
        assert len(codes) == size or not free
    if at_most >= len(lists):
        assert chosen == shortlists(lists, size, STEP)


def test_more_people_are_seen_than_by_taking_the_first() -> None:
    lists = [[RankedPerson(i + 1, f"P{i}", Tier.CLEAR, 0.6 - i / 200, 0, True) for i in range(20)] for _ in range(10)]
    chosen = Counter(code for codes in shortlists(lists, 3, STEP) for code in codes)
    assert len(chosen) >= 10
    assert max(chosen.values()) <= 5
