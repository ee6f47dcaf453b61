"""Intervals against published values and simulations; a biased world is seen, an unbiased one is not."""

from __future__ import annotations

import numpy as np
import pytest

from matching.placements.fairness import (
    Bools,
    Ratio,
    Reading,
    Seen,
    exposure_ratio,
    exposure_weight,
    read_ratio,
    selection_ratio,
    wilson,
)


# R. G. Newcombe, « Two-sided confidence intervals for the single proportion », Statistics in Medicine 17 (1998), I.
@pytest.mark.parametrize(
    ("chosen", "base", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_the_published_interval(chosen: int, base: int, low: float, high: float) -> None:
    found = wilson(chosen, base)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("chosen", "base"), [(0, 0), (5, 4), (-1, 4)])
def test_wilson_refuses_what_is_no_share(chosen: int, base: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(chosen, base)


def test_weights_of_ranks() -> None:
    assert exposure_weight(np.array([1, 3, 7, 1023])) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 10])


def _flags(*numbers: int) -> Bools:
    return np.array(numbers, np.bool_)


def test_exposure_ratio_by_hand() -> None:
    """Two lists: ranks 1 and 3 of people 0 and 1, then the same the other way round, and nobody sees 2 and 3."""
    person, offer, rank = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1]), np.array([1, 3, 1, 3])
    seen, everybody = Seen.of(person, offer, rank, 50), _flags(1, 1, 1, 1)
    assert seen.by_person(4) == pytest.approx([1.5, 1.5, 0, 0])
    half = exposure_ratio(seen, everybody, _flags(1, 0, 1, 0))
    assert half is not None
    assert half.value == pytest.approx(1.0)
    both = exposure_ratio(seen, everybody, _flags(1, 1, 0, 0))
    assert both is not None
    assert both.value == pytest.approx(2.0)
    first = Seen.of(person, offer, rank, 1)
    assert first.by_person(4) == pytest.approx([1, 1, 0, 0])


def test_nothing_to_compare() -> None:
    seen = Seen.of(np.array([0, 0]), np.array([0, 1]), np.array([1, 1]), 10)
    everybody = _flags(1, 1, 1)
    one_offer = Seen.of(np.array([0, 0]), np.array([4, 4]), np.array([1, 1]), 10)
    assert exposure_ratio(seen, everybody, _flags(1, 1, 0)) is not None
    assert exposure_ratio(one_offer, everybody, _flags(1, 1, 0)) is None
    assert exposure_ratio(seen, everybody, everybody) is None
    assert exposure_ratio(seen, everybody, _flags(0, 0, 0)) is None
    assert exposure_ratio(seen, _flags(0, 1, 1), _flags(0, 1, 0)) is None
    assert selection_ratio(_flags(0, 0, 0), everybody, _flags(1, 0, 0)) is None


def test_a_group_never_shown_has_an_upper_end() -> None:
    seen = Seen.of(np.arange(20), np.arange(20) % 2, np.arange(1, 21), 50)
    base, inside = np.ones(40, np.bool_), np.arange(40) >= 20
    never = exposure_ratio(seen, base, inside)
    assert never is not None
    assert (never.value, never.low) == (0, 0)
    assert never.high == pytest.approx(0.1611 * 2, abs=1e-4)  # Wilson's 0 of 20, against half of everybody
    assert read_ratio(never) is Reading.FAR_LESS


def test_selection_ratio_by_hand() -> None:
    """30 of 100 against 50 of 200: R = 1.2; s² by sums of squared influences, written out again here."""
    inside = np.arange(200) < 100
    chosen = np.concatenate([np.arange(100) < 30, np.arange(100) < 20])
    found = selection_ratio(chosen, np.ones(200, np.bool_), inside)
    terms = 30 * (1 / 30 - 1 / 50 - 1 / 100 + 1 / 200) ** 2 + 70 * (-1 / 100 + 1 / 200) ** 2
    terms += 20 * (-1 / 50 + 1 / 200) ** 2 + 80 * (1 / 200) ** 2
    half = (
        1.971957
        * (  # Student's, 199 degrees of freedom
            terms * 200 / 199
        )
        ** 0.5
    )
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((1.2, 1.2 * np.exp(-half), 1.2 * np.exp(half)), 1e-6)


@pytest.mark.parametrize(
    ("ratio", "reading"),
    [
        (None, Reading.NOT_ENOUGH),
        (Ratio(0.93, 0.88, 0.98), Reading.LESS),
        (Ratio(0.7, 0.6, 0.9), Reading.FAR_LESS),
        (Ratio(1.1, 1.02, 1.2), Reading.MORE),
        (Ratio(1.4, 1.1, 1.9), Reading.FAR_MORE),
        (Ratio(0.97, 0.9, 1.04), Reading.NOTHING),
        (Ratio(0.97, 0.95, 0.997), Reading.NOTHING),  # written « 1,00 »
        (Ratio(1.0, 0.7, 1.4), Reading.NOT_ENOUGH),
        (Ratio(0.65, 0.37, 1.12), Reading.NOT_ENOUGH),
        (Ratio(0.0, 0.0, 1.1), Reading.NOT_ENOUGH),
        (Ratio(0.0, 0.0, 0.7), Reading.FAR_LESS),
    ],
)
def test_what_a_ratio_says(ratio: Ratio | None, reading: Reading) -> None:
    assert read_ratio(ratio) is reading


# --- worlds --------------------------------------------------------------------------------------------------------


def _world(seed: int, bias: float, people: int = 400, offers: int = 60) -> tuple[Seen, Bools]:
    """Each offer likes some trades more; it is looked at several times, and the first 50 by liking are shown.

    `bias` is added to the liking of the first half of the people.
    """
    dice = np.random.default_rng(seed)
    trade, wanted = dice.integers(0, 6, people), dice.integers(0, 6, offers)
    inside = np.arange(people) < people // 2
    rows: list[np.ndarray] = []
    for offer in range(offers):
        liking = (trade == wanted[offer]) + dice.normal(0, 1, people) + bias * inside
        shown = np.argsort(-liking)[:50]
        rows += [np.stack([shown, np.full(50, offer), np.arange(1, 51)])] * int(dice.integers(1, 6))
    person, offer_rows, rank = np.concatenate(rows, axis=1)
    return Seen.of(person, offer_rows, rank, 50), inside


def test_a_biased_world_is_seen_and_an_unbiased_one_is_not() -> None:
    for bias, expected in ((0.0, Reading.NOTHING), (0.6, Reading.FAR_MORE), (-0.6, Reading.FAR_LESS)):
        seen, inside = _world(5, bias)
        found = exposure_ratio(seen, np.ones(len(inside), np.bool_), inside)
        assert read_ratio(found) is expected, (bias, found)


def _covered(ratios: list[Ratio | None]) -> float:
    return sum(r is not None and r.low <= 1 <= r.high for r in ratios) / len(ratios)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """200 unbiased worlds: about 19 intervals in 20 hold 1. Small groups too, and people who share their trade."""
    halves, small = [], []
    for seed in range(200):
        seen, inside = _world(seed, 0.0)
        everybody = np.ones(len(inside), np.bool_)
        halves.append(exposure_ratio(seen, everybody, inside))
        small.append(exposure_ratio(seen, everybody, np.arange(len(inside)) % 20 == 0))
    assert 0.91 <= _covered(halves) <= 0.995
    assert 0.90 <= _covered(small) <= 0.995


def test_control_appearances_taken_for_independent_would_promise_too_much() -> None:
    """The group of one trade follows the offers of the month: only the clusters of offers know it."""
    missed = wrong = 0
    for seed in range(100):
        dice = np.random.default_rng(seed)
        offers, people = 12, 120
        trade = np.arange(people) % 2
        rows = [(p, o, 1 + k) for o in range(offers) for k, p in enumerate(np.flatnonzero(trade == dice.integers(2)))]
        person, offer, rank = np.array(rows).T
        seen, inside = Seen.of(person, offer, rank, 50), trade == 0
        found = exposure_ratio(seen, np.ones(people, np.bool_), inside)
        alone = exposure_ratio(Seen(seen.person, seen.person, seen.weight), np.ones(people, np.bool_), inside)
        missed += not _covered([found])
        wrong += not _covered([alone])
    assert missed <= 10
    assert wrong >= 25


def test_selection_holds_the_truth_as_often_as_it_says() -> None:
    dice = np.random.default_rng(3)
    inside, base = np.arange(300) < 80, np.ones(300, np.bool_)
    ratios = [selection_ratio(dice.random(300) < 0.2, base, inside) for _ in range(400)]
    assert 0.92 <= _covered(ratios) <= 0.98
