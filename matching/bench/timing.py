"""Timing two ways of doing the same thing, in turn, in one run."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Work = Callable[[], object]


@dataclass(frozen=True)
class Duel:
    """Seconds of each round, ours and theirs: one of each, one after the other."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median of the rounds, not a ratio of medians."""
        return median(theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def our_seconds(self) -> float:
        return median(self.ours)

    @property
    def their_seconds(self) -> float:
        return median(self.theirs)


TIMES = 3
"""How often each works when its turn comes; the median counts. The first time finds the memory of the processor full of
what the other one read, which is no part of either."""


def duel(
    rounds: Iterable[tuple[Work, Work]],
    *,
    warm_up: int = 1,
    times: int = TIMES,
    clock: Callable[[], float] = perf_counter,
) -> Duel:
    """Time (ours, theirs) for each round, in turn; what `rounds` does to prepare the next one is not timed.

    The first `warm_up` rounds are run and forgotten. ValueError when nothing is left.
    """

    def turn(work: Work) -> float:
        return median(seconds(work, clock) for _ in range(times))

    found = [(turn(ours), turn(theirs)) for ours, theirs in rounds][warm_up:]
    if not found:
        raise ValueError("no round is left to time")
    return Duel(tuple(ours for ours, _ in found), tuple(theirs for _, theirs in found))


def seconds(work: Work, clock: Callable[[], float] = perf_counter) -> float:
    """How long it takes, the garbage collector asleep."""
    with _no_collection():
        began = clock()
        work()
        return clock() - began


@contextmanager
def _no_collection() -> Iterator[None]:
    asleep = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not asleep:
            gc.enable()
