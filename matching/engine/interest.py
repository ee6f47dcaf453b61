"""Ranking offers for a person: the same tiers, parts and reasons, ordered by what the person has to gain.

The domain asks for chance × surplus. Both are read from the parts of the fit, so that nothing is judged twice:

- chance: how far what the employer asks is met (`CHANCE`);
- surplus: how far the job is what the person asked for (`SURPLUS`): the trade wished, the way there, the hours,
  the contract, the pay, the day it starts.

Each is the sum of its parts over the most they could give for this offer, between 0 and 1; an offer that asks nothing
on a side is worth 1 there. The trade counts on both: an employer looks at it as much as the person. Open questions
cost what they cost in the fit, and the step back of somebody already proposed is the same for all their offers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.book import OfferBook
from matching.engine.checks import Context, Floats
from matching.engine.evaluation import evaluate
from matching.engine.order import first_of, sort_keys, tie_hash
from matching.engine.pairs import PairEvaluation, Pairs, evaluate_pairs
from matching.engine.people import People, Selection
from matching.engine.reasons import matches_of
from matching.engine.results import PersonMatch
from matching.engine.statuses import CRITERIA, TIERS
from matching.terms import Criterion, Tier

CHANCE = (
    Criterion.OCCUPATION,
    Criterion.WORDS,
    Criterion.SKILLS,
    Criterion.CERTIFICATES,
    Criterion.VEHICLE,
    Criterion.LANGUAGE,
    Criterion.EXPERIENCE,
    Criterion.LIMITS,
    Criterion.RIGHT_TO_WORK,
    Criterion.RESERVED_PUBLIC,
)
SURPLUS = (
    Criterion.OCCUPATION,
    Criterion.TRAVEL,
    Criterion.SCHEDULE,
    Criterion.START,
    Criterion.CONTRACT,
    Criterion.PAY,
)


@dataclass(frozen=True)
class OfferMatch:
    """One offer for the person. `match` is what the offer's own list says of them, its rank being that of this list;
    `chance`, `surplus` and `interest` (their product) are between 0 and 1 and are never shown as a percentage."""

    offer_id: int
    match: PersonMatch
    chance: float
    surplus: float

    @property
    def interest(self) -> float:
        return self.chance * self.surplus


@dataclass(frozen=True)
class OfferRanking:
    """The first offers for a person. `tier_counts` counts everything considered."""

    matches: tuple[OfferMatch, ...]
    considered: int
    tier_counts: Mapping[Tier, int]


def rank_offers(
    people: People,
    book: OfferBook,
    person_id: int,
    *,
    seed: int,
    top: int = 50,
    only: npt.NDArray[Any] | None = None,
    by_interest: bool = True,
) -> OfferRanking:
    """The first `top` offers of the book for a person: tier, then interest (or fit), then a hash of seed and id.

    `only`: mask or positions of the offers to consider. KeyError when the person is not in the snapshot.
    """
    row = people.row_of(person_id)
    offers = np.arange(len(book)) if only is None else np.arange(len(book))[only]
    pairs = Pairs(people, book, np.full(len(offers), row, np.int64), offers)
    seen = evaluate_pairs(pairs)
    chance, surplus = chance_and_surplus(pairs, seen)
    keys = sort_keys(seen.tiers, chance * surplus if by_interest else seen.fit)
    best = first_of(keys, tie_hash(seed, book.ids[offers]), top)
    counts = np.bincount(seen.tiers, minlength=len(TIERS))
    matches = tuple(
        OfferMatch(
            int(book.ids[offers[i]]),
            _reasons(people, book, int(offers[i]), row, rank),
            float(chance[i]),
            float(surplus[i]),
        )
        for rank, i in enumerate(best.tolist(), 1)
    )
    return OfferRanking(matches, len(offers), {tier: int(counts[i]) for i, tier in enumerate(TIERS)})


def chance_and_surplus(pairs: Pairs, seen: PairEvaluation) -> tuple[Floats, Floats]:
    """Of each pair, between 0 and 1; see the head of the module."""
    return _share(pairs, seen, CHANCE), _share(pairs, seen, SURPLUS)


def _share(pairs: Pairs, seen: PairEvaluation, criteria: tuple[Criterion, ...]) -> Floats:
    got, most = np.zeros(len(pairs)), np.zeros(len(pairs))
    for criterion in criteria:
        row = CRITERIA.index(criterion)
        got += seen.parts[row]
        most += (pairs.book.totals[row, pairs.offers] > 0) * pairs.book.policy.weight(criterion)
    share: Floats = np.clip(np.divide(got, most, out=np.ones(len(pairs)), where=most > 0), 0.0, 1.0)
    return share


def _reasons(people: People, book: OfferBook, offer: int, row: int, rank: int) -> PersonMatch:
    """What the list of this offer says of the person."""
    here = np.array([row], np.int64)
    context = Context(
        people, book.offers[offer], book.policy, book.occupations, book.today, book.eligible.get(int(book.ids[offer]))
    )
    seen = evaluate(context, Selection(people, here), book.checks[offer])
    return matches_of(context, here, seen, np.array([rank]))[0]
