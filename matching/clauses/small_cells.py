"""Counts of people that are too small to be shown, hidden so that totals do not give them away.

The rule of reading: a figure for 1 to 10 people is hidden with its hours, 0 may be shown, and another figure is
hidden wherever a total would give the first one back by subtraction. The threshold (11) is a dated parameter.

**What is guaranteed**, for one table or list with all its totals, against a reader who sees every shown figure, knows
the threshold and knows that a zero is never hidden:

1. no shown figure, totals included, stands for 1 to 10 people;
2. no hidden number of people and no hidden number of minutes can be found: each has at least two values that agree
   with everything shown;
3. no group of 1 to 10 people can be isolated by adding and subtracting shown figures, so neither can its hours.

Why: a hidden figure is kept only when another table, equal on everything shown, exists for it (2), and one where it
holds `threshold` people or more exists too. A sum of hidden figures that can be computed from shown ones is the same in
all these tables, so it is `threshold` or more (3). When a figure fails, the cheapest loop of non-zero figures that
frees it is hidden too. This ends: with every non-zero figure hidden, the total last, any of them could be larger with
its totals, so nothing fails. So a zero never needs to be hidden; a total of 11 or more is hidden only when no cell can
do (beside a small total; 11 groups of one person).

**What is not**: somebody who already knows the hours of a colleague; other dates or other crossings of the same people
(ask for one table); somebody who replays this code on every possible table; the one person who worked nearly all the
hours of a group of 11; figures within a minute or a person of the truth.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from typing import Final, Literal, TypeVar

DEFAULT_THRESHOLD = 11


class Hidden(Enum):
    """Stands where a figure is not shown."""

    HIDDEN = "hidden"

    @property
    def label(self) -> str:
        """What is read instead of the figure."""
        return "masqué, petit nombre"


class Total(Enum):
    """The key of a total: `(row, TOTAL)`, `(TOTAL, column)`, `(TOTAL, TOTAL)`; `TOTAL` in a list."""

    TOTAL = "total"


HIDDEN: Final = Hidden.HIDDEN
TOTAL: Final = Total.TOTAL


@dataclass(frozen=True)
class Cell:
    """People, each counted once, and the minutes they worked."""

    people: int
    minutes: int

    def __post_init__(self) -> None:
        if self.people < 0 or self.minutes < 0 or (self.people == 0 and self.minutes):
            raise ValueError(f"a cell holds people and their minutes, none below zero: {self}")

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.people + other.people, self.minutes + other.minutes)


NOBODY = Cell(0, 0)
Shown = Cell | Literal[Hidden.HIDDEN]
Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)


def protect(
    table: Mapping[tuple[Row, Column], Cell], threshold: int = DEFAULT_THRESHOLD
) -> dict[tuple[Row | Total, Column | Total], Shown]:
    """A table of rows and columns with its totals, small cells and their complements hidden.

    Each person is in one cell only (totals are sums). Cells not given are zero and shown as such. Rows and columns keep
    the order in which they first appear; that order breaks ties, so the same table always hides the same cells.
    """
    rows = list(dict.fromkeys(row for row, _ in table))
    columns = list(dict.fromkeys(column for _, column in table))
    filled: dict[Hashable, Cell] = {(r, c): table.get((r, c), NOBODY) for r in rows for c in columns}
    for row in rows:
        filled[row, TOTAL] = sum((filled[row, c] for c in columns), NOBODY)
    for column in [*columns, TOTAL]:
        filled[TOTAL, column] = sum((filled[r, column] for r in rows), NOBODY)
    all_rows: list[Row | Total] = [*rows, TOTAL]
    all_columns: list[Column | Total] = [*columns, TOTAL]
    keys = [(r, c) for r in all_rows for c in all_columns]
    figures = [_Figure((r, c), ("row", r), ("column", c), (r is TOTAL) + (c is TOTAL)) for r, c in keys]
    hidden = _hide(_Published(figures, filled), threshold, frozenset())
    return {key: HIDDEN if key in hidden else filled[key] for key in keys}


def protect_list(
    cells: Mapping[Key, Cell],
    threshold: int = DEFAULT_THRESHOLD,
    *,
    total: Cell | None = None,
    hide_total: bool = False,
) -> dict[Key | Total, Shown]:
    """A list with its total, small lines and their complements hidden.

    `total`: when somebody may be in several lines (routes, publics), with each person counted once. The guarantee is
    then weaker: two lines at least are hidden, one of them of `threshold` people by itself unless all are, and no line
    is shown when all the others together are 1 to 10 people; but a reader who knows that two lines share nobody may
    narrow a third. `hide_total`: the total is hidden elsewhere and must not be found here.
    ValueError when the total is more than the lines (people of whom nothing is known are a line of their own, or the
    difference would show them) or less than one of them.
    """
    summed = sum(cells.values(), NOBODY)
    total = summed if total is None else total
    if total.people > summed.people or total.minutes > summed.minutes:
        raise ValueError("people of whom nothing is known are counted in a line of their own")
    if any(cell.people > total.people or cell.minutes > total.minutes for cell in cells.values()):
        raise ValueError("a line cannot be more than the total")
    filled: dict[Hashable, Cell] = {TOTAL: total}
    for key, cell in cells.items():
        filled[key] = cell  # noqa: PERF403 – a mapping of Key is not one of Hashable
    if total == summed:
        figures = [_Figure(key, "list", "outside", 0) for key in cells]
        figures.append(_Figure(TOTAL, "list", "outside", 1))
        forced = frozenset[Hashable]({TOTAL} if hide_total and total.people else ())
        hidden = _hide(_Published(figures, filled), threshold, forced)
    else:
        hidden = _hide_overlapping(cells, total, threshold, hide_total)
    keys: list[Key | Total] = [*cells, TOTAL]
    return {key: HIDDEN if key in hidden else filled[key] for key in keys}


def protect_across(
    tables: Mapping[str, Mapping[Key, Cell]], threshold: int = DEFAULT_THRESHOLD, *, total: Cell | None = None
) -> dict[str, dict[Key | Total, Shown]]:
    """Several lists of the same people (by sex, by age band, by category), each with the same total.

    Each list is protected on its own; when one has to hide the total, all hide it, and hide a line with it, since a
    list shown whole would give it back. Then every hidden line can be larger together with the total and one hidden
    line of each other list: the lists together give no more than each alone. ValueError when totals differ and
    `total` is not given.
    """
    sums = {sum(cells.values(), NOBODY) for cells in tables.values()}
    if total is None and len(sums) > 1:
        raise ValueError("these lists are not of the same people: their totals differ")
    alone = {name: protect_list(cells, threshold, total=total) for name, cells in tables.items()}
    if all(shown[TOTAL] is not HIDDEN for shown in alone.values()):
        return alone
    return {name: protect_list(cells, threshold, total=total, hide_total=True) for name, cells in tables.items()}


# --- how it is decided -------------------------------------------------------------------------------------------

_Values = dict[Hashable, int]


@dataclass(frozen=True)
class _Figure:
    """One published figure. It stands in two sums, `line` and `across`; `level`: 0 cell, 1 total, 2 grand total.

    In a sum the figures of one level balance those of the other: cells = total, totals = grand total. So a table is a
    graph whose nodes are the sums and whose edges are the figures, and hidden figures can vary only round its loops.
    """

    key: Hashable
    line: Hashable
    across: Hashable
    level: int

    @property
    def sign(self) -> int:
        return -1 if self.level == 1 else 1


@dataclass(frozen=True)
class _Published:
    figures: list[_Figure]
    cells: Mapping[Hashable, Cell]

    def people(self) -> _Values:
        return {figure.key: self.cells[figure.key].people for figure in self.figures}

    def minutes(self) -> _Values:
        return {figure.key: self.cells[figure.key].minutes for figure in self.figures}


def _hide(published: _Published, threshold: int, forced: frozenset[Hashable]) -> set[Hashable]:
    """The keys to hide: the small figures, then others each time a hidden one could be found."""
    hidden = {key for key, count in published.people().items() if 0 < count < threshold} | forced
    graph = _Graph(published)
    while True:
        others = (graph.to_hide(figure, hidden, threshold) for figure in published.figures if figure.key in hidden)
        found = next((keys for keys in others if keys), None)
        if found is None:
            return hidden
        hidden |= found


class _Graph:
    """The sums as nodes, the figures that are not zero as edges."""

    def __init__(self, published: _Published) -> None:
        self.people, self.minutes = published.people(), published.minutes()
        self.edges: dict[Hashable, list[tuple[Hashable, _Figure, int]]] = {}
        for figure in published.figures:
            if self.people[figure.key]:
                # Leaving its line a signed value falls, coming to its line it rises.
                self.edges.setdefault(figure.line, []).append((figure.across, figure, -figure.sign))
                self.edges.setdefault(figure.across, []).append((figure.line, figure, figure.sign))

    def to_hide(self, figure: _Figure, hidden: set[Hashable], threshold: int) -> set[Hashable]:
        """What else must be hidden for this figure to be safe (the guarantees 2 and 3); empty when it is."""
        for values, floor in ((self.people, 1), (self.minutes, 0)):  # one person at least: zeros are never hidden
            needed = self._shift(values, figure, +1, 1, floor, hidden)
            if needed and self._shift(values, figure, -1, 1, floor, hidden) != set():
                return needed
        lacking = max(0, threshold - self.people[figure.key])
        needed = self._shift(self.people, figure, +1, lacking, 0, hidden)
        assert needed is not None, "a hidden figure can always rise with its totals"
        return needed

    def _shift(
        self, values: _Values, figure: _Figure, direction: int, amount: int, floor: int, hidden: set[Hashable]
    ) -> set[Hashable] | None:
        """What must be hidden for `figure` to move by `amount` up (+1) or down (-1), no value going under `floor`.

        Empty: another table with the same shown figures exists. None: no table. Going up there is always one: the
        totals can rise too. Each loop found is moved as far as it goes before the next (augmenting paths of a flow).
        """
        values = dict(values)
        if direction < 0 and values[figure.key] - amount < floor:
            return None
        while amount > 0:
            path = self._cheapest(values, figure, direction, floor, hidden)
            if path is None:
                return None
            shown = {other.key for other, _ in path} - hidden
            if shown:
                return shown
            step = min([amount, *(values[other.key] - floor for other, sign in path if sign < 0)])
            for other, sign in path:
                values[other.key] += sign * step
            amount -= step
        return set()

    def _cheapest(
        self, values: _Values, figure: _Figure, direction: int, floor: int, hidden: set[Hashable]
    ) -> list[tuple[_Figure, int]] | None:
        """The loop that closes on `figure` and costs least: what is hidden costs nothing, a cell its people, and any
        total more than all cells. Among equals, the first in the order of keys (Dijkstra)."""
        start, end = figure.line, figure.across
        if direction * figure.sign < 0:
            start, end = end, start
        turn = count()
        best: dict[Hashable, _Cost] = {start: (0, 0, 0)}
        came: dict[Hashable, tuple[Hashable, _Figure, int]] = {}
        queue: list[tuple[_Cost, int, Hashable]] = [(best[start], next(turn), start)]
        while queue:
            cost, _, node = heappop(queue)
            if node == end:
                return list(_back(came, start, end))
            if cost > best[node]:
                continue
            for neighbour, other, sign in self.edges[node]:
                if other is figure or (sign < 0 and values[other.key] <= floor):
                    continue
                total = cost if other.key in hidden else _plus(cost, other.level, self.people[other.key])
                if neighbour not in best or total < best[neighbour]:
                    best[neighbour], came[neighbour] = total, (node, other, sign)
                    heappush(queue, (total, next(turn), neighbour))
        return None


_Cost = tuple[int, int, int]  # people of grand totals, of totals, of cells: compared in that order


def _plus(cost: _Cost, level: int, people: int) -> _Cost:
    grand, totals, cells = cost
    return (grand + people * (level == 2), totals + people * (level == 1), cells + people * (level == 0))


def _back(
    came: Mapping[Hashable, tuple[Hashable, _Figure, int]], start: Hashable, end: Hashable
) -> Iterator[tuple[_Figure, int]]:
    node = end
    while node != start:
        node, figure, sign = came[node]
        yield figure, sign


def _hide_overlapping(cells: Mapping[Key, Cell], total: Cell, threshold: int, hide_total: bool) -> set[Hashable]:
    """Lines that share people: sums bind less, and so does the guarantee (see `protect_list`)."""
    small = {key for key, cell in cells.items() if 0 < cell.people < threshold}
    # Everybody but that line is a small group, and the difference is its hours.
    nearly_all = {key for key, cell in cells.items() if cell.people and 0 < total.people - cell.people < threshold}
    hidden: set[Hashable] = {*small, *nearly_all}
    if hide_total or 0 < total.people < threshold:
        hidden = {*small, TOTAL}
    others = [key for key in cells if cells[key].people and key not in hidden]
    waiting: list[Hashable] = [*sorted(others, key=lambda key: cells[key].people), TOTAL]
    while not _enough(cells, hidden, threshold):
        hidden.add(waiting.pop(0))
    return hidden


def _enough(cells: Mapping[Key, Cell], hidden: set[Hashable], threshold: int) -> bool:
    lines = [cell for key, cell in cells.items() if key in hidden]
    if not hidden or (TOTAL in hidden and lines):
        return True
    whole = len(lines) == sum(cell.people > 0 for cell in cells.values())
    large = whole or any(cell.people >= threshold for cell in lines)
    return large and len(lines) > 1 and any(cell.minutes for cell in lines)
