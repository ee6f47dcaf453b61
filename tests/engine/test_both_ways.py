"""A person and an offer are judged alike whichever is asked about: same parts, statuses, tier, to the last bit."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from matching.engine import Offer, OfferBook, People, PersonRecord, Policy, rank, rank_offers, tie_hash
from matching.engine.interest import CHANCE, SURPLUS
from matching.engine.pairs import Pairs, evaluate_pairs
from matching.engine.statuses import TIERS
from matching.terms import Criterion
from tests.engine import worlds
from tests.engine.plain import Plain

COMMON: dict[str, Any] = {"today": worlds.TODAY, "occupations": worlds.occupations()}


def board(draw: random.Random, n: int, policy: Policy, people: People) -> OfferBook:
    offers = [worlds.offer(draw) for _ in range(n)]
    offers = [Offer(**(vars(offer) | {"id": number})) for number, offer in enumerate(offers, 1)]
    eligible = {o.id: np.array([draw.choice((-1, 0, 1)) for _ in range(len(people))], np.int8) for o in offers}
    return (
        OfferBook(offers, Policy(remedies=policy.remedies), vocabulary=worlds.VOCABULARY, **COMMON)
        .under(policy)
        .told(eligible)
    )


def world(seed: int, n: int = 30) -> tuple[list[PersonRecord], People, OfferBook]:
    draw = random.Random(seed)
    records = worlds.crowd(draw, n)
    people = worlds.people_of(records)
    return records, people, board(draw, 25, worlds.policy(draw), people)


def all_pairs(people: People, book: OfferBook) -> Pairs:
    rows, offers = np.divmod(np.arange(len(people) * len(book)), len(book))
    return Pairs(people, book, rows, offers)


@pytest.mark.parametrize("seed", range(12))
def test_every_pair_is_judged_the_same_both_ways(seed: int) -> None:
    """750 pairs a seed, 9 000 in all."""
    _, people, book = world(seed)
    seen = evaluate_pairs(all_pairs(people, book))
    for position, offer in enumerate(book.offers):
        whole = rank(people, offer, book.policy, seed=1, top=99, eligible=book.eligible[offer.id], **COMMON)
        for place, person in enumerate(whole.ids):
            pair = people.row_of(int(person)) * len(book) + position
            assert seen.tiers[pair] == whole.tiers[place]
            np.testing.assert_array_equal(seen.statuses[:, pair], whole.statuses[place])
            np.testing.assert_array_equal(seen.delays[:, pair], whole.delays[place])
            np.testing.assert_array_equal(seen.parts[:, pair], whole.parts[place])
            assert seen.fit[pair] == whole.fit[place]


@pytest.mark.parametrize("seed", range(12))
def test_the_offers_of_a_person_agree_with_the_plain_reference(seed: int) -> None:
    records, people, book = world(100 + seed)
    for record in records[:6]:
        ranking = rank_offers(people, book, record.id, seed=seed, top=99)
        plain = {
            o.id: Plain(record, o, book.policy, records, int(book.eligible[o.id][people.row_of(record.id)]))
            for o in book.offers
        }
        assert sorted(m.offer_id for m in ranking.matches) == sorted(plain)
        for found in ranking.matches:
            expected = plain[found.offer_id]
            assert found.match.tier is TIERS[expected.tier]
            assert found.match.statuses == {c: expected.status(c) for c in Criterion}
            assert [found.match.parts[c] for c in Criterion] == pytest.approx(
                [expected.part(c) for c in Criterion], abs=1e-5
            )
            assert abs(sum(found.match.parts.values()) - found.match.fit) <= 1e-9
            assert found.chance == pytest.approx(plain_share(expected, CHANCE), abs=1e-4)
            assert found.surplus == pytest.approx(plain_share(expected, SURPLUS), abs=1e-4)


def plain_share(pair: Plain, criteria: tuple[Criterion, ...]) -> float:
    asked = {answer.criterion for answer in pair.answers}
    most = sum(pair.policy.weights[c] for c in criteria if c in asked)
    return min(1.0, max(0.0, sum(pair.part(c) for c in criteria) / most)) if most else 1.0


@pytest.mark.parametrize("by_interest", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_order_is_tier_then_interest_then_the_hash(seed: int, by_interest: bool) -> None:
    records, people, book = world(200 + seed)
    twins = OfferBook(
        [Offer(**(vars(o) | {"id": o.id + more})) for o in book.offers for more in (0, 1000, 2000)],
        book.policy,
        vocabulary=worlds.VOCABULARY,
        **COMMON,
    )
    ranking = rank_offers(people, twins, records[0].id, seed=seed, top=99, by_interest=by_interest)
    hashed = tie_hash(seed, np.array([m.offer_id for m in ranking.matches])).tolist()
    keys = [
        (TIERS.index(m.match.tier), -round(m.interest if by_interest else m.match.fit, 9), tie)
        for m, tie in zip(ranking.matches, hashed, strict=True)
    ]
    assert keys == sorted(keys)
    assert [m.match.rank for m in ranking.matches] == list(range(1, 76))
    short = rank_offers(people, twins, records[0].id, seed=seed, top=7, by_interest=by_interest)
    assert short.matches == ranking.matches[:7]
    assert short.tier_counts == ranking.tier_counts
    assert short.considered == sum(short.tier_counts.values()) == 75


def test_only_some_offers_and_an_offer_given_twice() -> None:
    records, people, book = world(1)
    only = np.arange(len(book)) % 3 == 0
    ranking = rank_offers(people, book, records[0].id, seed=1, only=only)
    assert {m.offer_id for m in ranking.matches} == set(book.ids[only].tolist())
    with pytest.raises(ValueError, match="twice"):
        OfferBook([Offer(id=1), Offer(id=1)], Policy(), vocabulary=worlds.VOCABULARY, **COMMON)
    empty = OfferBook([], Policy(), vocabulary=worlds.VOCABULARY, **COMMON)
    assert rank_offers(people, empty, records[0].id, seed=1).matches == ()
