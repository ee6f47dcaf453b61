"""Measures that need processes of their own: memory, growth, and every core at once."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from ctypes import CDLL
from dataclasses import dataclass
from functools import partial
from math import log
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from types import TracebackType

from matching.bench.timing import seconds
from matching.bench.world import World, build
from matching.engine import Pass, compiled_pass_alone, rank, shortlist, warm_up
from matching.engine.passes import processors

_ROUNDS = 10
_WARM_UP = 2


@dataclass(frozen=True)
class Alone:
    """What a process that only builds and ranks has measured.

    `resident_bytes`: what the largest crowd, built and ranked once, adds to the memory of the process.
    `seconds`: median time of a ranking at each size; `exponents`: growth from each size to the next.
    """

    resident_bytes: int
    build_seconds: float
    seconds: tuple[float, ...]
    exponents: tuple[float, ...]


def measure_alone(sizes: tuple[int, ...]) -> Alone:
    """Build crowds of these sizes (increasing) in a fresh process and rank the same offers in each, in turn."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_measure, sizes).result()


def resident_bytes() -> int:
    """Memory this process holds now. Linux only (`/proc`)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _give_back() -> None:
    """Return to the system what inventing the people used and freed: it is not the memory of the engine."""
    gc.collect()
    trim = getattr(CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _measure(sizes: tuple[int, ...]) -> Alone:
    warm_up()
    _rank(build(1000, 1), 0)  # what is imported, compiled or read once is not the memory of the people
    _give_back()
    before, began = resident_bytes(), perf_counter()
    largest = build(sizes[-1], _ROUNDS + _WARM_UP)
    took = perf_counter() - began
    _rank(largest, 0)  # what the engine keeps after a first ranking is held too
    _give_back()
    held = resident_bytes() - before
    worlds = [*(build(size, _ROUNDS + _WARM_UP) for size in sizes[:-1]), largest]
    numbers = range(_ROUNDS + _WARM_UP)
    rounds = [[seconds(partial(_rank, world, number)) for world in worlds] for number in numbers][_WARM_UP:]
    steps = range(len(sizes) - 1)
    return Alone(
        held,
        took,
        tuple(median(times) for times in zip(*rounds, strict=True)),
        tuple(median(log(r[i + 1] / r[i]) for r in rounds) / log(sizes[i + 1] / sizes[i]) for i in steps),
    )


class RankingPool:
    """The engine on every core: each worker holds the same crowd and ranks its part of the offers."""

    def __init__(self, size: int, offers: int) -> None:
        self.workers = processors()
        self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _open, (size, offers))

    def __enter__(self) -> RankingPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def rank(self, offers: int, *, reasons: bool = True) -> int:
        """Rank that many offers, each for everybody; how many people were shown in all."""
        shares = [range(first, offers, self.workers) for first in range(self.workers)]
        return sum(self._pool.map(partial(_rank_share, reasons=reasons), shares))


_world: World | None = None
"""The crowd of a worker."""


def _open(size: int, offers: int) -> None:
    global _world
    warm_up()
    _world = build(size, offers)


def _rank_share(numbers: range, *, reasons: bool) -> int:
    assert _world is not None
    # Every processor has its worker: none takes several.
    return sum(_rank(_world, number, compiled_pass_alone, reasons=reasons) for number in numbers)


def _rank(world: World, number: int, judge: Pass | None = None, *, reasons: bool = True) -> int:
    offer = world.offers[number % len(world.offers)]
    ranked = rank if reasons else shortlist
    return len(ranked(world.people, offer, world.policy, **world.setting, judge=judge))
