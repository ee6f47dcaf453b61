"""Pairs of people and offers, judged in one vectorised pass by the rules that rank people for one offer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.book import Group, OfferBook
from matching.engine.checks import Floats, Number, Statuses, Verdict, word_worth
from matching.engine.evaluation import tiers_of
from matching.engine.offer import Places
from matching.engine.people import WORD_IDS, People, Selection
from matching.engine.policy import PARTS, Policy
from matching.engine.statuses import CRITERIA, NOT_ASKED, UNKNOWN
from matching.terms import Importance

Rows = npt.NDArray[np.int64]
Judged = tuple[Group, Rows, Rows, Verdict]
"""A group, the positions of its pairs, the position of the offer of each in the group, what its rule says."""


@dataclass
class Pairs:
    """`rows` (of the people) and `offers` (positions in the book), int64[n] each: the pairs to judge."""

    people: People
    book: OfferBook
    rows: Rows
    offers: Rows
    _words: tuple[Rows, Floats] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: npt.NDArray[Any]) -> Pairs:
        """Some of the pairs: mask or positions."""
        return Pairs(self.people, self.book, self.rows[which], self.offers[which], self._words)

    def of(self, people: People) -> Pairs:
        """The same rows and offers with other facts of the people."""
        return Pairs(people, self.book, self.rows, self.offers, self._words)

    def judge(self, groups: Sequence[Group]) -> Iterator[Judged]:
        """What each group says of the pairs whose offer asks for it; groups nobody's offer asks for are left out."""
        local = np.full(len(self.book), -1, np.int64)
        for group in groups:
            local[group.offers] = np.arange(len(group.offers))
            place = local[self.offers]
            local[group.offers] = -1
            mine = np.flatnonzero(place >= 0)
            if len(mine):
                place = place[mine]
                yield group, mine, place, self._verdict(group, mine, place)

    def _verdict(self, group: Group, mine: Rows, place: Rows) -> Verdict:
        asked = _Asked(self, self.offers[mine], group)
        numbers = {name: values[place] for name, values in group.numbers.items()}
        who = Selection(self.people, self.rows[mine])
        return group.check.rule(asked, who, **dict(group.check.constants), **numbers)

    @property
    def words(self) -> tuple[Rows, Floats]:
        """Each (offer, word) as one number, in order, and what finding it is worth."""
        if self._words is None:
            keys, worth = [np.zeros(0, np.int64)], [np.zeros(0)]
            for position, offer in enumerate(self.book.offers):
                asked, value = word_worth(self.people, offer.words)
                keys.append(asked + position * WORD_IDS)
                worth.append(value)
            self._words = np.concatenate(keys), np.concatenate(worth)
        return self._words


@dataclass(frozen=True)
class _Asked:
    """What the rules read of the offers, a pair each. `offers`: position in the book of each pair judged."""

    pairs: Pairs
    offers: Rows
    group: Group

    @property
    def people(self) -> People:
        return self.pairs.people

    @property
    def policy(self) -> Policy:
        return self.pairs.book.policy

    @property
    def today(self) -> int:
        return self.pairs.book.today

    @property
    def start(self) -> Number:
        return self.pairs.book.start[self.offers]

    @property
    def title(self) -> Number:
        return self.pairs.book.title[self.offers]

    @property
    def places(self) -> Sequence[Places]:
        return [places.take(self.offers) for places in self.pairs.book.places]

    @property
    def unplaced(self) -> npt.NDArray[np.bool_]:
        return self.pairs.book.unplaced[self.offers]

    @property
    def need(self) -> npt.NDArray[np.uint64]:
        return self.pairs.book.need[:, self.offers]

    def levels(self, codes: npt.NDArray[Any]) -> Statuses:
        levels: Statuses = self.pairs.book.levels[self.pairs.book.rome_row[self.offers], codes]
        return levels

    def word_scale(self) -> Callable[[npt.NDArray[Any]], Floats]:
        keys, worth = self.pairs.words
        base = self.offers * WORD_IDS

        def scale(words: npt.NDArray[Any]) -> Floats:
            wanted = base + words
            if not len(keys):
                return np.zeros(len(wanted))
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            return np.where(keys[place] == wanted, worth[place], 0.0)

        return scale

    def eligible_to(self, who: Selection) -> Statuses:
        if self.group.eligible is None:
            return np.full(len(who), -1, np.int8)
        return self.group.eligible[who.rows]


@dataclass(frozen=True)
class PairEvaluation:
    """As `Evaluation`, a column a pair."""

    tiers: npt.NDArray[np.int8]
    fit: npt.NDArray[np.float64]
    parts: npt.NDArray[np.float64]
    costs: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.int8]
    delays: npt.NDArray[np.int16]


def evaluate_pairs(pairs: Pairs) -> PairEvaluation:
    """Judge everything each offer asks of its person; the same numbers as `evaluate` gives pair by pair."""
    book, policy, n = pairs.book, pairs.book.policy, len(pairs)
    parts, costs = np.zeros((len(PARTS), n)), np.zeros((len(PARTS), n))
    statuses = np.full((len(CRITERIA), n), NOT_ASKED, np.int8)
    delays = np.zeros((len(CRITERIA), n), np.int16)
    for group, mine, _, verdict in pairs.judge(book.groups):
        check = group.check
        row = CRITERIA.index(check.criterion)
        share = policy.weight(check.criterion) / book.totals[row, pairs.offers[mine]]
        statuses[row, mine] = np.maximum(statuses[row, mine], verdict.status)
        delays[row, mine] = np.maximum(delays[row, mine], verdict.delay)
        parts[row, mine] += verdict.value * (share * check.factor(policy))
        if check.importance is Importance.ESSENTIAL:
            costs[row, mine] += (verdict.status == UNKNOWN) * (share * policy.cost(check.criterion))
    parts -= costs
    proposed = np.maximum(pairs.people.column("open_proposals")[pairs.rows], 0)
    parts[-1] = -policy.spread_lambda * policy.spread_scale * np.log1p(proposed.astype(np.float64))
    fit = np.zeros(n)
    for part in parts:  # in the order of PARTS, as in `evaluate`
        fit += part
    tiers = tiers_of(statuses, delays, book.lift_days[pairs.offers])
    return PairEvaluation(tiers, fit, parts, costs, statuses, delays)
