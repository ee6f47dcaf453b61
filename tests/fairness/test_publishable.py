"""What may be shown of nested counts: nothing that stands for 1 to 10 people, even by adding and subtracting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.placements.publishable import Allowed, Step, publishable
from matching.services.fairness.gathering import Gathered
from matching.services.fairness.groups import GROUPS, Axis
from matching.services.fairness.reading import EXPOSURE, _Reader

T = 11
NAMES = ("looking", "shown", "proposed")
Stops = tuple[int, ...]
Cells = dict[tuple[int, str, str], Stops]
"""By (unit, sex, age), how many people stopped at each step: not shown, shown and not proposed, proposed."""
Atom = tuple[int, str, str, int]


def steps_of(cells: Cells) -> list[Step]:
    """Three steps, each with what is left of those above, by sex and by age."""
    found = []
    for depth, name in enumerate(NAMES):
        tables: dict[str, dict[tuple[int, str], Stops]] = {"sex": {}, "age": {}}
        for (unit, sex, age), stops in cells.items():
            reach = [sum(stops[level:]) for level in range(depth + 1)]
            numbers = (reach[depth], *(above - reach[depth] for above in reach[:depth]))
            for axis, group in (("sex", sex), ("age", age)):
                old = tables[axis].get((unit, group), (0,) * len(numbers))
                tables[axis][unit, group] = tuple(a + b for a, b in zip(old, numbers, strict=True))
        found.append(Step(name, tables))
    return found


def shown_sums(
    cells: Cells, allowed: Mapping[str, Allowed], names: Sequence[str] = NAMES
) -> Iterator[Callable[[Atom], bool]]:
    """Which atoms (unit, sex, age, where they stopped) each shown figure counts."""
    units = [None, *dict.fromkeys(unit for unit, _, _ in cells)]
    for depth, name in enumerate(names):
        for unit in units:
            if allowed[name].total(unit):
                yield lambda atom, u=unit, d=depth: u in (None, atom[0]) and atom[3] >= d
            for axis, place in (("sex", 1), ("age", 2)):
                for group in dict.fromkeys(cell[place] for cell in cells):
                    if allowed[name].group(axis, group, unit):
                        yield (
                            lambda atom, u=unit, g=group, p=place, d=depth: (
                                u in (None, atom[0]) and atom[p] == g and atom[3] >= d
                            )
                        )


def small_sets(cells: Cells, depths: int = 3) -> list[int]:
    return small_among(cells, depths, shown_sums(cells, publishable(steps_of(cells), T)))


def small_among(cells: Cells, depths: int, figures: Iterator[Callable[[Atom], bool]]) -> list[int]:
    """By brute force: the sizes, 1 to 10, of every set of atoms whose number is a combination of shown figures."""
    atoms: list[Atom] = [(*cell, stop) for cell in cells for stop in range(depths)]
    sizes = np.array([cells[atom[:3]][atom[3]] for atom in atoms])
    shown = np.array([[counts(atom) for atom in atoms] for counts in figures], float)
    if not len(shown):
        return []
    sets = (np.arange(1 << len(atoms))[:, None] >> np.arange(len(atoms)) & 1).astype(np.float64)
    people = sets @ sizes
    sets = sets[(people > 0) & (people < T)]
    if not len(sets):
        return []
    _, scale, rows = np.linalg.svd(shown, full_matrices=False)
    basis = rows[scale > 1e-9]
    outside = np.abs(sets - (sets @ basis.T) @ basis).max(axis=1)
    return sorted({int(size) for size in (sets @ sizes)[outside < 1e-7]})


number = st.one_of(st.just(0), st.integers(1, 14), st.integers(30, 90))
stops = st.tuples(number, number, number)


def cells_of(found: list[Stops], units: int, sexes: int, ages: int) -> Cells:
    keys = product(range(units), "fmxy"[:sexes], "abc"[:ages])
    return dict(zip(keys, found, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([(1, 4, 1), (4, 1, 1), (2, 2, 1), (1, 2, 2)]))
def test_no_small_group_can_be_found(data: st.DataObject, shape: tuple[int, int, int]) -> None:
    found = data.draw(st.lists(stops, min_size=4, max_size=4))
    assert small_sets(cells_of(found, *shape)) == []


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([(2, 2, 2), (2, 4, 1), (4, 2, 1), (3, 2, 1)]))
def test_nor_over_more_units_groups_and_axes(data: st.DataObject, shape: tuple[int, int, int]) -> None:
    """Two steps, so that all sets can still be tried: 2^16."""
    many = shape[0] * shape[1] * shape[2]
    found = data.draw(st.lists(st.tuples(number, number, st.just(0)), min_size=many, max_size=many))
    assert small_sets(cells_of(found, *shape), 2) == []


READ = ("looking", "fifty", "shown", "proposed")
"""The steps that a reading is made of, and where people stop: not shown, shown further down only, first, proposed."""
SEXES = [group.key for group in GROUPS[Axis.SEX]]


def reader_of(cells: Cells, also_beyond: bool) -> _Reader:
    """A reading of these people; `also_beyond`: those of the first ranks were shown further down too."""
    rows = [(unit, SEXES.index(sex), stop) for (unit, sex, _), stops in cells.items() for stop in whole(stops)]
    unit, sex, stop = np.array(rows, np.int64).reshape(-1, 3).T
    alike, nobody = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    gathered = Gathered(
        at=datetime(2026, 11, 1, tzinfo=UTC), unit=unit,
        group={axis: sex if axis is Axis.SEX else alike for axis in Axis},
        first=stop >= 2, beyond=stop >= 1 if also_beyond else stop == 1,
        proposed=stop >= 3, agreed=nobody, hired=nobody, seen={}, lists=2, offers=2,
    )  # fmt: skip
    return _Reader(gathered, T, None, None)


def whole(stops: Stops) -> Iterator[int]:
    """Where each person stopped."""
    return (stop for stop, people in enumerate(stops) for _ in range(people))


def small_in_a_reading(cells: Cells, also_beyond: bool) -> list[int]:
    """An exposure counts as the number of people shown: a group with none gives it back, by its interval."""
    allowed = reader_of(cells, also_beyond).allowed
    assert {step for _, step in EXPOSURE.values()} < set(READ)
    return small_among(cells, len(READ), shown_sums(cells, allowed, READ))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.booleans(), st.sampled_from([(1, 4), (2, 2), (1, 2)]))
def test_nor_in_a_reading_with_its_exposure(data: st.DataObject, also_beyond: bool, shape: tuple[int, int]) -> None:
    units, sexes = shape
    many = units * sexes
    found = data.draw(st.lists(st.tuples(number, number, number, number), min_size=many, max_size=many))
    cells: Cells = dict(zip(product(range(units), SEXES[:sexes], "a"), found, strict=True))
    assert small_in_a_reading(cells, also_beyond) == []


@pytest.mark.parametrize("also_beyond", [False, True])
@pytest.mark.parametrize(
    ("women", "men"),
    [
        ((2, 0, 88, 0), (60, 0, 0, 0)),  # no man shown: the women's exposure tells that 2 of them were not
        ((60, 2, 60, 0), (60, 60, 60, 0)),  # 2 women shown further down only, between both depths
    ],
)
def test_exposure_tells_of_nobody_left_out(women: Stops, men: Stops, also_beyond: bool) -> None:
    cells: Cells = {(0, "f", "a"): women, (0, "m", "a"): men}
    assert small_in_a_reading(cells, also_beyond) == []
    reader = reader_of(cells, also_beyond)
    assert reader.allowed["looking"].group("sex", "f")
    assert not reader.allowed["shown"].group("sex", "f")


def test_control_figures_shown_without_care_would_give_a_small_group(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = cells_of([(4, 60, 20), (50, 50, 20)], 1, 2, 1)
    assert small_sets(cells) == []
    monkeypatch.setattr("matching.placements.publishable._Tables._safe", lambda *_: True)
    assert 4 in small_sets(cells)


def groups_of(found: dict[str, Allowed], unit: int | None = None) -> dict[str, str]:
    return {name: "".join(g for g in "fmxy" if one.group("sex", g, unit)) for name, one in found.items()}


@pytest.mark.parametrize(
    ("sexes", "shown"),
    [
        ([(60, 40, 20), (50, 50, 20)], ("fm", "fm", "fm")),
        # 4 women not shown: how many are shown would tell it, so both are hidden there and below.
        ([(4, 60, 20), (50, 50, 20)], ("fm", "", "")),
        # 3 men proposed: both are hidden at that step only.
        ([(60, 40, 20), (50, 50, 3)], ("fm", "fm", "")),
        # A small third group takes the smallest other with it.
        ([(60, 40, 20), (50, 30, 20), (1, 1, 0)], ("f", "f", "f")),
        # Nobody proposed of a group is a zero, and is shown.
        ([(60, 40, 20), (50, 50, 0)], ("fm", "fm", "fm")),
        # 5 proposed in all: nothing of that step.
        ([(60, 40, 3), (50, 50, 2)], ("fm", "fm", "")),
        ([(3, 2, 1), (1, 1, 1)], ("", "", "")),
    ],
)
def test_which_groups_are_shown(sexes: list[Stops], shown: tuple[str, str, str]) -> None:
    found = publishable(steps_of(cells_of(sexes, 1, len(sexes), 1)), T)
    assert tuple(groups_of(found).values()) == shown
    assert found["proposed"].total() == (sum(stops[2] for stops in sexes) >= T)


def test_units_hidden_together() -> None:
    big, small, middle = (60, 40, 30), (12, 12, 4), (20, 20, 15)
    found = publishable(steps_of(cells_of([big, big, small, small, middle, middle], 3, 2, 1)), T)
    assert found["shown"].closed == set()
    assert found["proposed"].closed == {1, 2}  # the second is too small, and would be what is left without the third
    assert groups_of(found)["proposed"] == "fm"  # together the Département still reads both
    assert groups_of(found, 2)["proposed"] == ""
    assert not found["proposed"].total(2)


def test_an_axis_that_one_unit_cannot_show_is_shown_in_none() -> None:
    found = publishable(steps_of(cells_of([(60, 40, 30), (50, 40, 30), (60, 40, 30), (1, 1, 0)], 2, 2, 1)), T)
    assert groups_of(found)["looking"] == "fm"
    assert groups_of(found, 0)["looking"] == ""
    assert found["looking"].total(0)
    assert found["looking"].total(1)
