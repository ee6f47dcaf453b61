"""What a ranking answers: matches for the page, arrays for the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.engine.offer import Requirement
from matching.engine.policy import OccupationLevel
from matching.terms import Criterion, MatchStatus, Tier, TravelMode


class RequirementResult(NamedTuple):
    """One thing asked and what is known of the person, side by side.

    `code`: fact code, "skill:<id>", "hours", or a criterion. `asked`: level, months, kilograms, day number,
    cents, minutes, ROME index or 1; None when the detail of the match says it (words, travel, schedule).
    `fact`: the person's value as in `facts.py`, None unknown. `delay_days` and `remedy_id` when liftable; a
    liftable one without remedy is learnt on the job (delay 0) or waits for the person to be free.
    """

    criterion: Criterion
    code: str
    requirement: Requirement | None
    asked: int | None
    status: MatchStatus
    fact: int | None
    value: float
    remedy_id: int | str | None = None
    delay_days: int | None = None


class TravelDetail(NamedTuple):
    """Mode used (None when no known mode reaches), its minutes, km of road (None when home is not known)."""

    mode: TravelMode | None
    minutes: float | None
    km: float | None


class ScheduleDetail(NamedTuple):
    """Needed half-hours the person cannot do, and those still to ask: 48 bits a day, Monday first."""

    missing: tuple[int, ...]
    unknown: tuple[int, ...]


class OccupationDetail(NamedTuple):
    """What is closest to the job: "goal" or "experience", its position and its ROME index, and how close."""

    level: OccupationLevel
    source: str | None
    position: int | None
    rome: int | None


class PersonMatch(NamedTuple):
    """One person for one offer: place in the list, tier, fit, and everything that led there.

    `parts` follows `PARTS` and sums to `fit`; `unknown_costs` (same order) is what open questions took away,
    already inside `parts`.
    """

    id: int
    rank: int
    tier: Tier
    fit: float
    parts: Mapping[str, float]
    unknown_costs: Mapping[str, float]
    statuses: Mapping[Criterion, MatchStatus]
    delays: Mapping[Criterion, int]
    requirements: tuple[RequirementResult, ...]
    travel: TravelDetail | None = None
    schedule: ScheduleDetail | None = None
    occupation: OccupationDetail | None = None

    @property
    def summary(self) -> dict[MatchStatus, int]:
        """How many things asked have each status ("9 met · 1 to lift · 2 to confirm")."""
        counts = dict.fromkeys(MatchStatus, 0)
        for result in self.requirements:
            counts[result.status] += 1
        return counts

    @property
    def delay_days(self) -> int | None:
        """Longest delay among what is to lift, None when nothing is."""
        delays = [r.delay_days for r in self.requirements if r.delay_days is not None]
        return max(delays) if delays else None


@dataclass(frozen=True)
class Ranking:
    """The first people of a list, as arrays (for the log) and as matches (for the page).

    `ids` int64[k], `tiers` int8[k], `fit` float64[k], `parts` float64[k, len(PARTS)], `statuses` int8[k,
    len(Criterion)] (`statuses.py`), `delays` int16[k, len(Criterion)]. `tier_counts` counts everybody considered.
    """

    ids: npt.NDArray[np.int64]
    tiers: npt.NDArray[np.int8]
    fit: npt.NDArray[np.float64]
    parts: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.int8]
    delays: npt.NDArray[np.int16]
    matches: tuple[PersonMatch, ...]
    considered: int
    tier_counts: Mapping[Tier, int]

    def __len__(self) -> int:
        return len(self.matches)
