"""Which figures about groups of people may be read when figures narrow one another step by step.

A reading counts people in steps: those looking for a job, among them those shown, among them those proposed… each
within the one before, along several axes (sex, age band…), each of which sorts everybody into groups, and by unit.
`matching.clauses.small_cells` protects one table with its totals; here each step is a table whose differences from the
steps above are counts of people too (« shown and not proposed »), so each figure is decided with them.

**The rule.** At each step the groups of an axis are put together in blocks, the units closed are put together, and only
sums over whole blocks are shown. A block, in each unit that is open, in those closed together and in all units, holds
0 people or `threshold` at least, and so does each difference between it and a step above. Going down the steps, blocks
and closed units only grow. A group in a block with others is hidden: at least two are. A unit is closed for all axes
at once; an axis in which some unit would be closed from the first step is not shown by unit at all.

**What is guaranteed** against a reader who adds and subtracts every figure shown: no group of 1 to `threshold` − 1
people can be isolated. Why: take a set of people whose number is a sum of shown figures, and go down the steps, which
are one chain. From one to the next those who enter or leave the set do so by whole blocks, since the members of a block
are in the same figures from there on. So the set is made of whole blocks, whole differences of blocks, and, for an axis
not shown by unit, whole units or whole groups: each is 0 or `threshold` at least, so their sum is too.

**What is not**: other periods, since people shown in a month may be the difference between two readings; somebody who
already knows one of the people; a figure within a person of the truth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Numbers = tuple[int, ...]
Block = frozenset[str]
Table = Mapping[tuple[int, str], Numbers]
"""By (unit, group), the numbers of people that a figure stands for: its own, and what is left of each step above."""


@dataclass(frozen=True)
class Step:
    """The tables of a step, by axis: each holds everybody once, and as many numbers in every cell."""

    name: str
    tables: Mapping[str, Table]


@dataclass(frozen=True)
class Allowed:
    """What may be shown of a step: nothing unless `whole`; `by_unit`: the axes shown in the units that are open."""

    whole: bool = False
    blocks: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    by_unit: frozenset[str] = frozenset()

    def total(self, unit: int | None = None) -> bool:
        """Whether the figure of everybody, in a unit or in all (None), may be shown."""
        return self.whole and unit not in self.closed

    def group(self, axis: str, group: str, unit: int | None = None) -> bool:
        """Whether the figure of a group, in a unit or in all (None), may be shown."""
        alone = frozenset([group]) in self.blocks.get(axis, ())
        return alone and self.total(unit) and (unit is None or axis in self.by_unit)


def publishable(steps: Sequence[Step], threshold: int) -> dict[str, Allowed]:
    """What may be shown of each step; each narrows the one before: two that narrowed the same could be subtracted.

    One that cannot be shown at all is passed over: those after it narrow the last that is shown.
    """
    found: dict[str, Allowed] = {}
    last: Allowed | None = None
    for step in steps:
        tables = _Tables(step, threshold)
        last = last or tables.start()
        found[step.name] = tables.allowed(last)
        last = found[step.name] if found[step.name].whole else last
    return found


class _Tables:
    """The tables of one step, read by blocks of groups and by sets of units."""

    def __init__(self, step: Step, threshold: int) -> None:
        self.tables, self.threshold = step.tables, threshold
        self.units = list(dict.fromkeys(unit for table in self.tables.values() for unit, _ in table))
        self.groups = {axis: list(dict.fromkeys(group for _, group in table)) for axis, table in self.tables.items()}

    def start(self) -> Allowed:
        """Before anything is hidden: each group by itself; the axes in which every unit large enough can be shown."""
        blocks = {axis: tuple(frozenset([group]) for group in groups) for axis, groups in self.groups.items()}
        merged = {axis: self._merged(axis, parts) or () for axis, parts in blocks.items()}
        large = [unit for unit in self.units if self._safe_total([unit])]
        by_unit = [axis for axis in blocks if all(self._safe(axis, [u], b) for u in large for b in merged[axis])]
        return Allowed(True, blocks, frozenset(), frozenset(by_unit))

    def allowed(self, start: Allowed) -> Allowed:
        if not self._safe_total(self.units):
            return Allowed()
        blocks = {axis: self._merged(axis, start.blocks[axis]) for axis in self.tables}
        return Allowed(True, blocks, self._closed(blocks, start), start.by_unit)

    def _merged(self, axis: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """The blocks, each too small one joined to the smallest other."""
        parts = list(blocks)
        while len(parts) > 1 and (small := next((b for b in parts if not self._safe(axis, self.units, b)), None)):
            others = [block for block in parts if block != small]
            nearest = min(others, key=lambda block: self._size(axis, block, self.units))
            parts = [block | small if block == nearest else block for block in others]
        return tuple(parts)

    def _closed(self, blocks: Mapping[str, Sequence[Block]], start: Allowed) -> frozenset[int]:
        """The units too small in some block, and the next smallest while subtraction would give those back."""

        def safe(units: Collection[int]) -> bool:
            shown = [(axis, block) for axis in start.by_unit for block in blocks[axis]]
            return self._safe_total(units) and all(self._safe(axis, units, block) for axis, block in shown)

        closed = start.closed | {unit for unit in self.units if not safe([unit])}
        while closed and not safe(closed):
            rest = [unit for unit in self.units if unit not in closed]
            closed |= {min(rest, key=lambda unit: self._size(*self._any_axis(), [unit]))}
        return closed

    def _any_axis(self) -> tuple[str, list[str]]:
        return next(iter(self.groups.items()))

    def _safe_total(self, units: Collection[int]) -> bool:
        axis, groups = self._any_axis()
        return self._safe(axis, units, groups)

    def _safe(self, axis: str, units: Collection[int], groups: Collection[str]) -> bool:
        return all(number == 0 or number >= self.threshold for number in self._numbers(axis, units, groups))

    def _size(self, axis: str, groups: Collection[str], units: Collection[int]) -> tuple[bool, int]:
        people = sum(self._numbers(axis, units, groups))
        return people == 0, people  # a zero beside a small number would not hide it

    def _numbers(self, axis: str, units: Collection[int], groups: Collection[str]) -> Iterator[int]:
        table = self.tables[axis]
        cells = [table[unit, group] for unit in units for group in groups if (unit, group) in table]
        return map(sum, zip(*cells, strict=True))
