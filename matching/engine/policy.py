"""What a Département decides: weights, costs, speeds, remedies. Data with defaults, all editable."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.terms import Criterion, TravelMode

SPREAD = "spread"
NETWORKS = 64
"""Bits of `Place.network`."""
PARTS: tuple[str, ...] = (*(c.value for c in Criterion), SPREAD)


class OccupationLevel(IntEnum):
    """How close two occupations are, the higher the closer."""

    NONE = 0
    SAME_LETTER = 1
    SAME_DOMAIN = 2
    SHARED_SKILLS = 3
    EVOLUTION = 4
    CLOSE = 5
    SAME_FAMILY = 6
    SAME_CODE = 7
    SAME_TITLE = 8


@dataclass(frozen=True)
class Remedy:
    """What lifts a missing fact: the reference of the catalogue and the usual delay in days."""

    id: int | str
    delay_days: int


@dataclass(frozen=True)
class ModeParameters:
    """Speed in km/h and the farthest the mode goes, in km of road."""

    speed_kmh: float
    range_km: float


_WEIGHTS = {
    Criterion.OCCUPATION: 0.25,
    Criterion.WORDS: 0.10,
    Criterion.SKILLS: 0.12,
    Criterion.CERTIFICATES: 0.08,
    Criterion.VEHICLE: 0.04,
    Criterion.TRAVEL: 0.12,
    Criterion.SCHEDULE: 0.08,
    Criterion.START: 0.03,
    Criterion.CONTRACT: 0.05,
    Criterion.PAY: 0.01,
    Criterion.LANGUAGE: 0.04,
    Criterion.EXPERIENCE: 0.04,
    Criterion.LIMITS: 0.02,
    Criterion.RIGHT_TO_WORK: 0.01,
    Criterion.RESERVED_PUBLIC: 0.01,
}
_UNKNOWN_COST = {c: 0.0 if c in (Criterion.WORDS, Criterion.PAY) else 0.25 for c in Criterion}
_MODES = {
    TravelMode.WALK: ModeParameters(5, 3),
    TravelMode.BICYCLE: ModeParameters(15, 12),
    TravelMode.MOPED: ModeParameters(35, 25),
    TravelMode.PUBLIC_TRANSPORT: ModeParameters(18, 40),
    TravelMode.CAR: ModeParameters(45, 40),
    TravelMode.LIFT: ModeParameters(45, 40),
}
_CLOSENESS = {
    OccupationLevel.NONE: 0.0,
    OccupationLevel.SAME_LETTER: 0.10,
    OccupationLevel.SAME_DOMAIN: 0.25,
    OccupationLevel.SHARED_SKILLS: 0.40,
    OccupationLevel.EVOLUTION: 0.55,
    OccupationLevel.CLOSE: 0.70,
    OccupationLevel.SAME_FAMILY: 0.85,
    OccupationLevel.SAME_CODE: 0.95,
    OccupationLevel.SAME_TITLE: 1.0,
}


@dataclass(frozen=True)
class Policy:
    """Everything the ranking can be tuned with.

    `weights`: what a criterion adds to the fit when fully met. `unknown_cost`: share of that weight taken away
    by each essential unknown (divided by the number of things the criterion asks). `trainable_factor` and
    `desirable_factor`: what meeting such a requirement is worth beside an essential one. `remedies`: by fact
    code ("caces_r489_3", "mode_car"…), by "skill:<id>", or by criterion ("skills", "schedule"…). `network_speeds`:
    km/h of each transport network by its bit in `Place.network`; without it, the speed of public transport.
    `spread_lambda` × `spread_scale` × log(1 + open proposals) is taken off the fit: somebody already proposed steps
    back a little. The scale is the one at which λ = 0.25 costs a list at most 0.01 of nDCG@10
    (`matching bench --quality`).
    """

    weights: Mapping[Criterion, float] = field(default_factory=lambda: MappingProxyType(_WEIGHTS))
    unknown_cost: Mapping[Criterion, float] = field(default_factory=lambda: MappingProxyType(_UNKNOWN_COST))
    trainable_factor: float = 0.6
    desirable_factor: float = 0.3
    remedies: Mapping[str, Remedy] = field(default_factory=dict)
    modes: Mapping[TravelMode, ModeParameters] = field(default_factory=lambda: MappingProxyType(_MODES))
    network_speeds: tuple[float, ...] = ()
    detour: float = 1.3
    default_travel_minutes: int = 60
    travel_time_cost: float = 0.4
    closeness: Mapping[OccupationLevel, float] = field(default_factory=lambda: MappingProxyType(_CLOSENESS))
    goal_decay: float = 0.95
    experience_closeness: float = 0.9
    occupation_met_level: OccupationLevel = OccupationLevel.SAME_FAMILY
    start_grace_days: int = 14
    hours_grace_minutes: int = 150
    pay_grace: float = 0.05
    schedule_partly_share: float = 0.10
    experience_partly_share: float = 0.5
    spread_lambda: float = 0.25
    spread_scale: float = 0.04

    def __post_init__(self) -> None:
        if len(self.network_speeds) > NETWORKS:
            raise ValueError(f"a place has room for {NETWORKS} networks")
        if self.detour <= 0 or self.start_grace_days < 0:
            raise ValueError("the detour of roads is positive, and the grace of a first day not negative")

    def weight(self, criterion: Criterion) -> float:
        """Weight of a criterion, 0 when the policy does not name it; never negative."""
        return max(0.0, float(self.weights.get(criterion, 0.0)))

    def cost(self, criterion: Criterion) -> float:
        """Cost of an essential unknown, as a share of the criterion's weight; never negative."""
        return max(0.0, float(self.unknown_cost.get(criterion, 0.0)))

    def remedy(self, *keys: str) -> Remedy | None:
        """The first remedy known under one of the keys."""
        for key in keys:
            found = self.remedies.get(key)
            if found is not None:
                return found
        return None

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """What a pass works out of it, to be kept with it from one offer to the next."""
        return {}

    @cached_property
    def speed_of_modes(self) -> npt.NDArray[np.float64]:
        """km/h of each `TravelMode`, in order; 0 when nobody is sent by it."""
        used = [self.modes.get(mode) for mode in TravelMode]
        return np.array([max(0.0, float(mode.speed_kmh)) if mode else 0.0 for mode in used])

    @cached_property
    def range_of_modes(self) -> npt.NDArray[np.float64]:
        """The farthest each `TravelMode` goes, in km of road, in order."""
        used = [self.modes.get(mode) for mode in TravelMode]
        return np.array([float(mode.range_km) if mode else 0.0 for mode in used])

    @cached_property
    def closeness_of_levels(self) -> npt.NDArray[np.float64]:
        """Worth of each `OccupationLevel`, in order."""
        return np.array([self.closeness.get(step, 0.0) for step in OccupationLevel], np.float64)
