"""Who comes first: the tier, then the fit, then a hash that favours nobody."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

TIER_SHIFT: Final = 56
ROUNDING: Final = 1e9
_SAMPLE = 1 << 12
MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def tie_hash(seed: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """splitmix64 of the seed and the id: the same order for the same seed, no favourite otherwise."""
    with np.errstate(over="ignore"):
        one = ids.astype(np.uint64) + mixed(seed)
        one = (one ^ (one >> np.uint64(30))) * MIX[1]
        one = (one ^ (one >> np.uint64(27))) * MIX[2]
        return one ^ (one >> np.uint64(31))


def mixed(seed: int) -> np.uint64:
    """What the seed adds to every id."""
    return np.uint64(int(MIX[0]) * ((seed % (1 << 63)) + 1) % (1 << 64))


def in_order(
    ids: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], keys: npt.NDArray[np.int64], seed: int, top: int
) -> npt.NDArray[np.int64]:
    """The first `top` of `rows`, in order. `ids` of everybody; `keys` of the rows."""
    found = contenders(keys, top)
    ties = tie_hash(seed, ids[rows[found]])
    first: npt.NDArray[np.int64] = rows[found[first_of(keys[found], ties, top)]]
    return first


def sort_keys(tiers: npt.NDArray[np.int8], fit: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Tier first, then the fit down, rounded to 1e-9 so that noise of addition never orders two people."""
    rounded = np.rint(fit * ROUNDING).astype(np.int64)
    keys: npt.NDArray[np.int64] = (tiers.astype(np.int64) << TIER_SHIFT) - rounded
    return keys


def contenders(keys: npt.NDArray[np.int64], top: int) -> npt.NDArray[np.int64]:
    """Positions of the keys no larger than the `top`-th smallest: whom the hash has still to order."""
    if not 0 < top < len(keys):
        return np.arange(len(keys) if top > 0 else 0)
    found = np.arange(len(keys))
    if top <= _SAMPLE < len(keys):  # the last of the first among some is no nearer: most leave on one comparison
        found = np.flatnonzero(keys <= np.partition(keys[:_SAMPLE], top - 1)[top - 1])
    near = keys[found]
    return found[np.flatnonzero(near <= np.partition(near, top - 1)[top - 1])]


def first_of(keys: npt.NDArray[np.int64], ties: npt.NDArray[np.uint64], top: int) -> npt.NDArray[np.int64]:
    """Positions of the `top` smallest (key, tie), in order, without sorting the crowd."""
    found = contenders(keys, top)
    first: npt.NDArray[np.int64] = found[np.lexsort((ties[found], keys[found]))[: max(0, top)]]
    return first
