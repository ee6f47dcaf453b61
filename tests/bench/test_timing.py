"""The harness: in turn, paired, the preparation left out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from statistics import median

import pytest

from matching.bench.timing import Duel, Work, duel


class Clock:
    """Moves only when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []

    def __call__(self) -> float:
        return self.now

    def work(self, name: str, lasting: float) -> Work:
        def run() -> None:
            self.done.append(name)
            self.now += lasting

        return run


def test_both_are_timed_in_turn_and_preparing_costs_nothing() -> None:
    clock = Clock()

    def rounds() -> Iterator[tuple[Work, Work]]:
        for number, lasting in enumerate((9.0, 2.0, 4.0)):
            clock.now += 1000
            yield clock.work(f"ours {number}", lasting), clock.work(f"theirs {number}", 3 * lasting)

    found = duel(rounds(), times=2, clock=clock)
    assert clock.done == [f"{side} {number}" for number in range(3) for side in ("ours", "theirs") for _ in "ab"]
    assert (found.ours, found.theirs) == ((2.0, 4.0), (6.0, 12.0))
    assert found.ratio == 3


def test_the_ratio_is_that_of_the_pairs() -> None:
    """A machine that slows down for one round slows both: the ratio of that round holds."""
    found = Duel((1.0, 10.0, 2.0), (5.0, 50.0, 8.0))
    assert found.ratio == median((5, 5, 4))
    assert (found.our_seconds, found.their_seconds) == (2.0, 8.0)


@pytest.mark.parametrize("asleep", [False, True])
def test_nothing_is_collected_while_timing_and_the_collector_is_left_as_found(asleep: bool) -> None:
    seen = []
    if asleep:
        gc.disable()
    try:
        duel([(lambda: seen.append(gc.isenabled()), lambda: seen.append(gc.isenabled()))], warm_up=0, times=1)
        assert gc.isenabled() is not asleep
    finally:
        gc.enable()
    assert seen == [False, False]


def test_the_collector_is_left_as_found_after_an_error() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        duel([(broken, broken)])
    assert gc.isenabled()


def test_a_warm_up_alone_measures_nothing() -> None:
    with pytest.raises(ValueError, match="no round"):
        duel([(lambda: None, lambda: None)])
