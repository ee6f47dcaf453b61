"""An attacker, written apart from the rule, looks for what the shown figures give away."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from matching.clauses.small_cells import HIDDEN, TOTAL, Cell, Shown, protect, protect_across, protect_list

H = HIDDEN
Table = dict[tuple[str, str], Cell]


def people(*counts: int) -> dict[str, Cell]:
    return {chr(97 + i): Cell(n, n * 600) for i, n in enumerate(counts)}


def square(*rows: tuple[int, ...]) -> Table:
    return {(f"r{i}", f"c{j}"): Cell(n, n * 600) for i, row in enumerate(rows) for j, n in enumerate(row)}


def counts(shown: Mapping[Hashable, Shown]) -> list[object]:
    return [cell if cell is HIDDEN else cell.people for cell in shown.values()]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((20, 30), [20, 30, 50]),
        ((0, 30), [0, 30, 30]),
        ((3, 20, 30), [H, H, 30, 53]),  # the smallest of the others goes with it
        ((3, 0, 30), [H, 0, H, 33]),  # never a zero
        ((5, 9, 30), [H, H, 30, 44]),  # 14 together: enough
        ((5, 5, 30), [H, H, H, 40]),  # 10 together would be a small group
        ((1, 0, 11), [H, 0, H, 12]),
        ((3, 4), [H, H, H]),  # the total is small too
        ((3,), [H, H]),
        ((0, 0), [0, 0, 0]),
        ((), [0]),
        ((30, 3, 30), [H, H, 30, 63]),  # ties: the first
        ((1,) * 11, [H] * 12),  # eleven groups of one: the last resort
        ((1,) * 12, [H] * 13),
        ((1,) * 10 + (2,), [H] * 11 + [12]),
    ],
)
def test_list(lines: tuple[int, ...], expected: list[object]) -> None:
    assert counts(protect_list(people(*lines))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (((20, 30), (40, 50)), [[20, 30, 50], [40, 50, 90], [60, 80, 140]]),
        (((3, 30), (40, 50)), [[H, H, 33], [H, H, 90], [43, 80, 123]]),
        (((3, 30, 20), (40, 50, 60)), [[H, 30, H, 53], [H, 50, H, 150], [43, 80, 80, 203]]),
        (((3, 0), (0, 50)), [[H, 0, H], [0, H, H], [H, H, 53]]),
        (((0, 0), (0, 50)), [[0, 0, 0], [0, 50, 50], [0, 50, 50]]),
    ],
)
def test_table(rows: tuple[tuple[int, ...], ...], expected: list[list[object]]) -> None:
    shown = counts(protect(square(*rows)))  # type: ignore[arg-type]
    width = len(rows[0]) + 1
    assert [shown[i : i + width] for i in range(0, len(shown), width)] == expected


def test_hours_go_with_their_people_and_order_of_rows_is_kept() -> None:
    shown = protect({("b", "x"): Cell(12, 700), ("a", "y"): Cell(0, 0)})
    assert shown["b", "x"] == Cell(12, 700)
    assert shown["b", "y"] == Cell(0, 0)
    assert next(iter(shown)) == ("b", "x")
    assert shown[TOTAL, TOTAL] == Cell(12, 700)


def test_hours_that_could_be_found_hide_one_more() -> None:
    """Nobody among the first two worked yet: their sum of hours, zero, would tell both."""
    cells = {"a": Cell(3, 0), "b": Cell(20, 0), "c": Cell(30, 600), "d": Cell(40, 600)}
    assert counts(protect_list(cells)) == [H, H, H, 40, 93]  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [(-1, 0), (1, -1), (0, 60)])
def test_impossible_cell_is_refused(cell: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="cell"):
        Cell(*cell)


def test_a_total_hidden_in_one_list_cannot_be_found_in_another() -> None:
    ones = people(*([1] * 11))
    shown = protect_across({"public": ones, "sex": people(11)})
    assert all(set(counts(lines)) == {H} for lines in shown.values())  # type: ignore[arg-type]
    assert protect_list(people(11))[TOTAL] == Cell(11, 6600)


def test_lists_with_one_total_keep_it() -> None:
    shown = protect_across({"sex": people(25, 30), "age": people(5, 20, 30)})
    assert counts(shown["sex"]) == [25, 30, 55]  # type: ignore[arg-type]
    assert counts(shown["age"]) == [H, H, 30, 55]  # type: ignore[arg-type]


def test_lists_of_different_people_are_refused() -> None:
    with pytest.raises(ValueError, match="totals differ"):
        protect_across({"sex": people(25), "age": people(20)})
    with pytest.raises(ValueError, match="of their own"):
        protect_list(people(25), total=Cell(26, 25 * 600))
    with pytest.raises(ValueError, match="more than the total"):
        protect_list(people(25, 3), total=Cell(24, 24 * 600))


@pytest.mark.parametrize(
    ("lines", "total", "expected"),
    [
        ((25, 25), 40, [25, 25, 40]),
        ((20, 30), 40, [H, H, 40]),
        ((3, 20, 30), 50, [H, H, 30, 50]),
        ((6, 8), 12, [H, H, 12]),
        ((6, 8), 10, [H, H, H]),
        ((20, 39), 40, [H, H, 40]),  # all but the second line: one person and its hours
        ((20, 20), 20, [20, 20, 20]),
    ],
)
def test_lines_that_share_people(lines: tuple[int, ...], total: int, expected: list[object]) -> None:
    assert counts(protect_list(people(*lines), total=Cell(total, total * 600))) == expected  # type: ignore[arg-type]


# --- the attacker --------------------------------------------------------------------------------------------------


def equations(table: Table) -> tuple[list[tuple[Hashable, Hashable]], np.ndarray]:
    """The published figures and the matrix A with A·figures = 0."""
    rows, columns = list(dict.fromkeys(r for r, _ in table)), list(dict.fromkeys(c for _, c in table))
    keys: list[tuple[Hashable, Hashable]] = [(r, c) for r in [*rows, TOTAL] for c in [*columns, TOTAL]]
    sums: list[list[tuple[tuple[Hashable, Hashable], int]]] = []
    sums += [[((r, c), 1) for c in columns] + [((r, TOTAL), -1)] for r in [*rows, TOTAL]]
    sums += [[((r, c), 1) for r in rows] + [((TOTAL, c), -1)] for c in [*columns, TOTAL]]
    matrix = np.zeros((len(sums), len(keys)))
    for line, terms in enumerate(sums):
        for key, sign in terms:
            matrix[line, keys.index(key)] = sign
    return keys, matrix


def bounds(table: Table, hidden: set[Hashable], what: str, floor: int) -> dict[Hashable, tuple[float, float]]:
    """Least and most of each hidden figure, all shown ones known. The matrix is a network's: bounds are integers."""
    keys, matrix = equations(table)
    truth = full(table, what)
    limits = [(floor, None) if k in hidden else (truth[k], truth[k]) for k in keys]
    found: dict[Hashable, tuple[float, float]] = {}
    for key in hidden:
        aim = np.array([float(k == key) for k in keys])
        ends = [linprog(s * aim, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=limits) for s in (1, -1)]
        assert (ends[0].status, ends[1].status) in ((0, 0), (0, 3))
        found[key] = (ends[0].fun, -ends[1].fun if ends[1].status == 0 else float("inf"))
    return found


def full(table: Table, what: str) -> dict[Hashable, int]:
    keys, _ = equations(table)
    inside = {k: getattr(cell, what) for k, cell in table.items()}
    return {(r, c): sum(v for (i, j), v in inside.items() if r in (i, TOTAL) and c in (j, TOTAL)) for r, c in keys}


def leaks(table: Table, hidden: set[Hashable], threshold: int) -> list[str]:
    found = []
    for (what, floor), name in {("people", 1): "people", ("minutes", 0): "minutes"}.items():
        found += [f"{name} {k}" for k, (lo, hi) in bounds(table, hidden, what, floor).items() if hi - lo < 0.5]
    found += [f"group {k}" for k, (_, hi) in bounds(table, hidden, "people", 0).items() if hi < threshold - 0.5]
    shown = {k: n for k, n in full(table, "people").items() if k not in hidden}
    found += [f"shown {k}" for k, n in shown.items() if 0 < n < threshold]
    return found + [f"zero {k}" for k in hidden if full(table, "people")[k] == 0]


CELLS = st.one_of(
    st.just((0, 0)),
    st.tuples(st.integers(1, 14), st.integers(0, 300)),
    st.tuples(st.integers(11, 60), st.integers(600, 9000)),
).map(lambda pair: Cell(*pair))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return {(f"r{i}", f"c{j}"): draw(CELLS) for i in range(height) for j in range(width)}


@settings(max_examples=30, deadline=None)
@given(tables())
def test_the_attacker_finds_nothing(table: Table) -> None:
    shown = protect(table)
    assert leaks(table, {k for k, cell in shown.items() if cell is HIDDEN}, 11) == []
    assert shown == protect(dict(table))
    assert all(cell in (HIDDEN, Cell(full(table, "people")[k], full(table, "minutes")[k])) for k, cell in shown.items())


@pytest.mark.parametrize(
    "rows", [((3, 30), (40, 50)), ((5, 5, 30),), ((1,) * 11,), ((3, 4, 30, 40), (30, 40, 5, 6), (20, 20, 20, 20))]
)
def test_control_small_cells_alone_are_found(rows: tuple[tuple[int, ...], ...]) -> None:
    table = square(*rows)
    small: set[Hashable] = {k for k, n in full(table, "people").items() if 0 < n < 11}
    assert leaks(table, small, 11)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_every_list_a_reader_could_imagine(numbers: list[int]) -> None:
    """By enumeration, threshold 3: every hidden line has two readings with a small figure somewhere in what is hidden,
    and no set of shown figures leaves a group of one or two."""
    shown = protect_list(people(*numbers), 3)
    hidden = [i for i, n in enumerate(numbers) if shown[chr(97 + i)] is HIDDEN]
    if shown[TOTAL] is HIDDEN or not hidden:
        assert shown[TOTAL] is not HIDDEN or hidden or sum(numbers) == 0
        return
    rest = sum(numbers[i] for i in hidden)
    assert rest >= 3
    guesses = [g for g in itertools.product(range(1, rest + 1), repeat=len(hidden)) if sum(g) == rest and min(g) < 3]
    assert all(len({g[i] for g in guesses}) > 1 for i in range(len(hidden)))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=4))
def test_every_table_a_reader_could_imagine(numbers: list[int]) -> None:
    """Two rows, two columns, threshold 3, cells up to 8: every table with a small figure among the hidden ones."""
    table = square(tuple(numbers[:2]), tuple(numbers[2:]))
    shown = protect(table, 3)
    seen: dict[Hashable, set[int]] = {k: set() for k, cell in shown.items() if cell is HIDDEN}
    ranges = [range(1, 9) if k in seen else [cell.people] for k, cell in table.items()]
    for guess in itertools.product(*ranges):
        values = full(square(guess[:2], guess[2:]), "people")
        if all(cell is HIDDEN or cell.people == values[k] for k, cell in shown.items()) and any(
            values[k] < 3 for k in seen
        ):
            for key in seen:
                seen[key].add(values[key])
    assert all(len(readings) > 1 for readings in seen.values())


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.data())
def test_lists_across_never_give_the_total_back(numbers: list[int], data: st.DataObject) -> None:
    whole = sum(numbers)
    cut = data.draw(st.integers(0, whole))
    shown = protect_across({"first": people(*numbers), "second": people(cut, whole - cut)})
    totals = {lines[TOTAL] is HIDDEN for lines in shown.values()}
    assert len(totals) == 1
    if totals == {True}:
        assert all(any(c is HIDDEN for k, c in lines.items() if k is not TOTAL) for lines in shown.values())
