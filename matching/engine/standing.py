"""Where people stand for one offer: in which tier, before any order inside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.engine.statuses import BLOCKED, TIERS

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Standing:
    """Of `everybody` asked about (rows int64[m], increasing): the `rows` of those whom nothing stops, and the tier
    int8 of each (position in `TIERS`)."""

    everybody: Rows
    rows: Rows
    tiers: npt.NDArray[np.int8]

    @cached_property
    def counts(self) -> list[int]:
        """How many have each tier."""
        counts: list[int] = np.bincount(self.tiers, minlength=len(TIERS)).tolist()
        counts[BLOCKED] = len(self.everybody) - len(self.rows)
        return counts

    def within(self, top: int) -> Rows:
        """Those of the tiers where the first `top` are: the others need no order."""
        enough = np.cumsum(self.counts) >= min(top, len(self.everybody))
        last = int(np.argmax(enough))
        return self.everybody if last == BLOCKED else self.rows[self.tiers <= last]

    def of_tier(self, tier: int) -> Rows:
        """Those of one tier."""
        if tier == BLOCKED:
            return np.setdiff1d(self.everybody, self.rows, assume_unique=True)
        its: Rows = self.rows[self.tiers == tier]
        return its
