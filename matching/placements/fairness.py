"""Exposure and selection by group: how much each group is shown in ranked lists, and what follows, with intervals.

Read after the fact and apart from the ranking, which never sees any of this.

**Exposure.** Nobody reads a list evenly: rank r weighs 1 / log2(1 + r), so 1 at the first rank, 0.63 at the second,
0.29 at the tenth, 0.18 at the fiftieth. It is the position discount of nDCG (Järvelin and Kekäläinen, 2002), used as
exposure by Singh and Joachims (« Fairness of Exposure in Rankings », 2018). A person's exposure is the sum over the
lists that showed them; a group's ratio is its part of all exposure divided by its part of the people looking for a job:
1 when it is shown as much as its part.

**Selection.** Among people shown at the top, those proposed; among those proposed, those who agreed, those hired.
Shares have Wilson's interval (1927; Newcombe, 1998); ratios compare a group's share with everybody's.

**Intervals of ratios** are log-normal: exp(log R ± t s), s by linearisation (the delta method). For a person i of a
group g, with x what is counted (exposure, or proposed) and n the base (looking, or shown), the influence on log R is
x_i [i in g] / X_g − x_i / X − n_i [i in g] / N_g + n_i / N. Appearances are independent neither within a person, who
comes back in list after list, nor within an offer, which always shows the same trade. So exposure is clustered twice,
by person and by offer: V = V_person + V_offer − V_both (Cameron, Gelbach and Miller, 2011), never less than either
alone; t is Student's with as many degrees of freedom as clusters of the fewer kind, less one, since twenty offers know
less than their lists. A bootstrap by person would miss the second, and the same reading must give the same figures
each time it is opened. Selection is clustered by person. A group with a zero gets 0 and, as upper end, Wilson's upper
bound of its share over everybody's share.

A ratio that differs from 1 says neither why, nor that somebody did wrong; one interval in twenty misses by chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from matching.terms import Labelled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Z95: Final = 1.959963984540054
"""Of the normal distribution, for 95 % between both ends."""
FIRST, FIFTY = 10, 50
"""How deep lists are read: what is seen without scrolling, and the whole page."""
FAR_LESS, FAR_MORE = 0.8, 1.25
"""Beyond these a ratio is far from 1 (the « four fifths », 29 CFR 1607.4 D, and its inverse)."""


@dataclass(frozen=True)
class Interval:
    """Both ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """A group compared with everybody: 1 when alike. `low`–`high`: 95 %."""

    value: float
    low: float
    high: float


class Reading(Labelled):
    """What a ratio says, read on its two written decimals."""

    FAR_LESS = "far_less", "nettement moins"
    LESS = "less", "un peu moins"
    NOTHING = "nothing", "rien à signaler"
    MORE = "more", "un peu plus"
    FAR_MORE = "far_more", "nettement plus"
    NOT_ENOUGH = "not_enough", "pas assez de données"
    HIDDEN = "hidden", "masqué, petit nombre"

    @property
    def stands_out(self) -> bool:
        return self in (Reading.FAR_LESS, Reading.LESS, Reading.MORE, Reading.FAR_MORE)


@dataclass(frozen=True)
class Seen:
    """What people were shown for, in one line a person and offer: their rows, and the exposure gained there."""

    person: Ints
    offer: Ints
    weight: Floats

    @classmethod
    def of(cls, person: Ints, offer: Ints, rank: Ints, depth: int) -> Seen:
        """From every appearance in a list (rank from 1), those in the first `depth` ranks."""
        kept = rank <= depth
        person, offer, rank = person[kept], offer[kept], rank[kept]
        offers = int(offer.max()) + 1 if len(offer) else 1
        pair, place = np.unique(person * offers + offer, return_inverse=True)
        return cls(pair // offers, pair % offers, _sums(place, exposure_weight(rank), len(pair)))

    def among(self, base: Bools) -> Seen:
        """Only of the people of `base`, shape (people,)."""
        kept = base[self.person]
        return Seen(self.person[kept], self.offer[kept], self.weight[kept])

    def by_person(self, people: int) -> Floats:
        """Each person's exposure; shape (people,)."""
        return _sums(self.person, self.weight, people)


def _sums(places: Ints, weights: Floats, count: int) -> Floats:
    return np.bincount(places, weights, count).astype(np.float64)


def exposure_weight(rank: Ints) -> Floats:
    """What an appearance at each rank (from 1) weighs: 1 / log2(1 + rank)."""
    weight: Floats = 1.0 / np.log2(1.0 + rank)
    return weight


def wilson(chosen: int, base: int) -> Interval:
    """The 95 % score interval of `chosen` among `base` people. ValueError without a base, or with more chosen."""
    if base <= 0 or not 0 <= chosen <= base:
        raise ValueError(f"{chosen} of {base} people is no share")
    share, z2 = chosen / base, Z95 * Z95
    middle = share + z2 / (2 * base)
    half = Z95 * sqrt(share * (1 - share) / base + z2 / (4 * base * base))
    scale = 1 + z2 / base
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def exposure_ratio(seen: Seen, base: Bools, inside: Bools) -> Ratio | None:
    """A group's part of the exposure of `base` over its part of these people; shapes (people,).

    `base`: everybody looking for a job; `inside`: the group. None when there is nothing to compare: nobody or everybody
    is of the group, or people were shown for one offer at most, which says nothing of the next.
    """
    own = seen.among(base)
    offers = len(np.unique(own.offer))
    return (
        _ratio(own.by_person(len(base)), base, inside, offers, lambda: _by_offer(own, inside)) if offers > 1 else None
    )


def selection_ratio(chosen: Bools, base: Bools, inside: Bools) -> Ratio | None:
    """The share of `chosen` among the `base` of a group over the same share of everybody; shapes (people,).

    None when there is nothing to compare: nobody was chosen, nobody or everybody is of the group.
    """
    return _ratio((chosen & base).astype(np.float64), base, inside, int(base.sum()), lambda: (0.0, 0.0))


def _ratio(
    x: Floats, base: Bools, inside: Bools, clusters: int, others: Callable[[], tuple[float, float]]
) -> Ratio | None:
    """`clusters`: the fewest that vary on their own; `others`: the variances of log R by offer, and by both."""
    total, own = float(x.sum()), float(x[inside].sum())
    size, own_size = int(base.sum()), int((base & inside).sum())
    if total <= 0 or own_size in (0, size):
        return None
    if own <= 0:
        shown = int(np.count_nonzero(x[base]))
        return Ratio(0.0, 0.0, wilson(0, own_size).high * size / shown)
    value = (own / total) / (own_size / size)
    influence = x * inside / own - x / total - base * inside / own_size + base / size
    by_person = float((influence**2).sum()) * size / (size - 1)
    by_offer, by_both = others()
    variance = max(by_person, by_offer, by_person + by_offer - by_both)
    half = float(stdtrit(min(clusters, size) - 1, 0.975)) * sqrt(variance)
    return Ratio(value, value * exp(-half), value * exp(half))


def _by_offer(seen: Seen, inside: Bools) -> tuple[float, float]:
    """Variances of log R clustered by offer, and by person and offer together."""
    own = inside[seen.person]
    influence = seen.weight * (own / seen.weight[own].sum() - 1.0 / seen.weight.sum())
    offers = len(np.unique(seen.offer))
    by_offer = float((np.bincount(seen.offer, influence) ** 2).sum()) * offers / (offers - 1)
    return by_offer, float((influence**2).sum())


def read_ratio(ratio: Ratio | None) -> Reading:
    """What may be said of a ratio: nothing, when it holds 1 and is wider than from four fifths to five quarters."""
    if ratio is None:
        return Reading.NOT_ENOUGH
    value, low, high = round(ratio.value, 2), round(ratio.low, 2), round(ratio.high, 2)
    if high < 1:
        return Reading.FAR_LESS if value < FAR_LESS else Reading.LESS
    if low > 1:
        return Reading.FAR_MORE if value > FAR_MORE else Reading.MORE
    narrow = low > 0 and high / low <= FAR_MORE / FAR_LESS
    return Reading.NOTHING if narrow else Reading.NOT_ENOUGH
