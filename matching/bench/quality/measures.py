"""Measures of lists: how much they are worth, whom they break a rule for, how evenly they show people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.bench.quality.landscape import Floats, Ints


def discount(count: int) -> Floats:
    """What each place is worth: 1 ⁄ log2(1 + rank)."""
    return np.asarray(1 / np.log2(np.arange(2, count + 2)), np.float64)


def ndcg(ranked: Ints, gains: Floats, places: int = 10) -> float:
    """Discounted gain of the first `places`, over that of the best order; 1 when nobody gains anything."""
    best = np.sort(gains)[::-1][:places]
    most = float(best @ discount(len(best)))
    got = gains[ranked[:places]]
    return float(got @ discount(len(got))) / most if most > 0 else 1.0


def gini(counts: npt.NDArray[np.int64]) -> float:
    """0 when everybody has as many, near 1 when one has them all."""
    ordered = np.sort(counts).astype(np.float64)
    n, total = len(ordered), float(ordered.sum())
    if total == 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def exposure_ratios(exposure: Floats, group: npt.NDArray[np.int8]) -> dict[int, float]:
    """Mean exposure of each group over the mean exposure of everybody else; 1 when nobody is shown."""
    if not exposure.any():
        return {int(one): 1.0 for one in np.unique(group)}
    return {int(one): float(exposure[group == one].mean() / exposure[group != one].mean()) for one in np.unique(group)}
