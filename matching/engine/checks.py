"""One thing an offer asks, judged for many people at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.occupations import Occupations
from matching.engine.offer import Offer, Requirement
from matching.engine.people import People, Selection
from matching.engine.policy import Policy, Remedy
from matching.engine.statuses import BLOCKING, LIFTABLE, MET, PARTLY, UNKNOWN
from matching.terms import Criterion, Importance

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Statuses = npt.NDArray[np.int8]
Days = npt.NDArray[np.int16]
NO_REMEDY = -1
LONGEST_DELAY = 32_000


@dataclass(frozen=True)
class Context:
    """What every check may read besides the people."""

    people: People
    offer: Offer
    policy: Policy
    occupations: Occupations
    today: int
    eligible: npt.NDArray[np.int8] | None = None

    @property
    def start(self) -> int:
        """Day the job starts; today when as soon as possible."""
        return self.today if self.offer.start_day is None else self.offer.start_day

    @property
    def lift_days(self) -> int:
        """Days left to lift something in time."""
        return LONGEST_DELAY if self.offer.start_day is None else max(0, self.offer.start_day - self.today)


@dataclass(frozen=True)
class Verdict:
    """What a check says of m people.

    `status` int8[m], `value` float64[m] in [0, 1], `delay` int16[m] days when liftable, `fact` the person's
    value compared, `remedy` an index in `remedies` (-1 none), `detail` more columns (person last).
    """

    status: Statuses
    value: Floats
    delay: Days
    fact: npt.NDArray[Any] | None = None
    remedy: Statuses | None = None
    remedies: tuple[Remedy, ...] = ()
    detail: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def with_fact(self, fact: npt.NDArray[Any]) -> Verdict:
        """The same with the person's value."""
        return replace(self, fact=fact)


Judge = Callable[[Context, Selection], Verdict]


@dataclass(frozen=True)
class Check:
    """One thing asked: where it counts, how much it is held to, and how it is judged.

    `code` is a fact code, "skill:<id>" or a criterion. `relaxable`: the employer could do without.
    """

    criterion: Criterion
    code: str
    judge: Judge
    importance: Importance = Importance.ESSENTIAL
    requirement: Requirement | None = None
    asked: int | None = None
    relaxable: bool = True

    @property
    def essential(self) -> bool:
        """An unknown counts only here."""
        return self.importance is Importance.ESSENTIAL

    def factor(self, policy: Policy) -> float:
        """What meeting it is worth beside an essential requirement."""
        factors = {
            Importance.ESSENTIAL: 1.0,
            Importance.TRAINABLE: policy.trainable_factor,
            Importance.DESIRABLE: policy.desirable_factor,
        }
        return min(1.0, max(0.0, factors[self.importance]))


def graded(status: Statuses, value: Floats) -> Verdict:
    """A verdict where nothing is to lift."""
    return Verdict(status, value, np.zeros(len(status), np.int16))


def settle(importance: Importance, yes: Bools, unknown: Bools, remedy: Remedy | None) -> Verdict:
    """Met, unknown, and for the rest what its importance says.

    Missing and essential: liftable when a remedy exists, else blocking. Missing and trainable: learnt on the
    job, liftable at once. Missing and desirable: partly, worth nothing.
    """
    missing, delay_days = BLOCKING, 0
    if importance is Importance.DESIRABLE:
        missing = PARTLY
    elif importance is Importance.TRAINABLE:
        missing, remedy = LIFTABLE, None
    elif remedy is not None:
        missing, delay_days = LIFTABLE, min(max(0, remedy.delay_days), LONGEST_DELAY)
    status = np.where(yes, MET, np.where(unknown, UNKNOWN, missing)).astype(np.int8)
    lifted = status == LIFTABLE
    delay = (lifted * np.int16(delay_days)).astype(np.int16)
    if remedy is None:
        return Verdict(status, yes.astype(np.float64), delay)
    which = np.where(lifted, 0, NO_REMEDY).astype(np.int8)
    return Verdict(status, yes.astype(np.float64), delay, remedy=which, remedies=(remedy,))
