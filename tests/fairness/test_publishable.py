"""What may be shown of nested counts: nothing that stands for 1 to 10 people, even by adding and subtracting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.placements.publishable import Allowed, Step, publishable

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
        found.append(Step(name, NAMES[depth - 1] if depth else "", tables))
    return found


def shown_sums(cells: Cells) -> Iterator[Callable[[Atom], bool]]:
    """Which atoms (unit, sex, age, where they stopped) each shown figure counts."""
    allowed = publishable(steps_of(cells), T)
    units = [None, *dict.fromkeys(unit for unit, _, _ in cells)]
    for depth, name in enumerate(NAMES):
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
    """By brute force: the sizes, 1 to 10, of every set of atoms whose number is a combination of shown figures."""
    atoms: list[Atom] = [(*cell, stop) for cell in cells for stop in range(depths)]
    sizes = np.array([cells[atom[:3]][atom[3]] for atom in atoms])
    shown = np.array([[counts(atom) for atom in atoms] for counts in shown_sums(cells)], float)
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
