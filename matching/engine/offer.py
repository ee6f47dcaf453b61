"""What an offer asks, as the engine reads it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from matching.terms import Importance, RequirementKind

NO_WINDOWS = (0, 0, 0, 0, 0, 0, 0)
SLOTS_PER_DAY = 48


@dataclass(frozen=True)
class Requirement:
    """One thing asked.

    `code` names the fact of a capability; `index` the skill of a skill; `amount` is the level, months or
    kilograms of the other kinds (see `RequirementKind`).
    """

    kind: RequirementKind
    code: str = ""
    index: int = -1
    amount: int = 0
    importance: Importance = Importance.ESSENTIAL


@dataclass(frozen=True)
class Place:
    """A commune of work: degrees (NaN when not known), radius = √(area ⁄ π) in km, bits of the transport networks
    serving it."""

    lat: float
    lon: float
    radius_km: float = 0.0
    network: int = 0


@dataclass(frozen=True)
class Places:
    """As `Place`, one a pair of a person and an offer; nowhere (NaN) for an offer with fewer places."""

    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    radius_km: npt.NDArray[np.float64]
    network: npt.NDArray[np.uint64]

    def take(self, which: npt.NDArray[np.int64]) -> Places:
        """Some of them, by position."""
        return Places(self.lat[which], self.lon[which], self.radius_km[which], self.network[which])


@dataclass(frozen=True)
class Offer:
    """An offer as the ranking reads it.

    `rome` is an index in `Occupations` (-1 when not known), `title` a title id (-1 when none), `words` hashed
    tokens. `start_day` None means "as soon as somebody is found": nothing is then late. `windows` holds one
    48-bit integer a day (bit k = the half-hour starting at k⁄2 h), Monday first; all zero = no schedule asked.
    `flags` are `ScheduleFlag` values, each compared with the fact of the same name.
    """

    id: int
    rome: int = -1
    title: int = -1
    words: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    start_day: int | None = None
    contract: str = ""
    weekly_minutes_min: int | None = None
    weekly_minutes_max: int | None = None
    pay_cents: int | None = None
    windows: tuple[int, ...] = NO_WINDOWS
    flags: frozenset[str] = frozenset()
    requirements: tuple[Requirement, ...] = ()
    reserved: bool = False
    needs_right_to_work: bool = True

    def __post_init__(self) -> None:
        if len(self.windows) != len(NO_WINDOWS):
            raise ValueError("`windows` holds one integer a day, seven days")
        if min(self.weekly_minutes_min or 0, self.weekly_minutes_max or 0) < 0:
            raise ValueError("a week has no negative minutes")

    @property
    def unplaced(self) -> bool:
        """One of the places of work has no coordinates."""
        return any(isnan(place.lat) or isnan(place.lon) for place in self.places)
