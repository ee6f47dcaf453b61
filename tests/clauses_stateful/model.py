"""What the games remember by themselves: minutes of standing lines, what was shared, lines told apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass
class Model:
    """Minutes of each standing line on its commitment (`lines`), what of them is shared out (`shared`, by allocation:
    line, target, minutes), and the pairs of lines an officer told apart."""

    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    shared: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    apart: set[frozenset[int]] = field(default_factory=set)

    def total(self, commitment_id: int) -> int:
        """What counts for a commitment: worked there, less what was shared out, plus what was shared in."""
        worked = sum(minutes for where, minutes in self.lines.values() if where == commitment_id)
        out = sum(m for line, _, m in self.shared.values() if self.lines[line][0] == commitment_id)
        into = sum(m for _, target, m in self.shared.values() if target == commitment_id)
        return worked - out + into

    def pick(self, place: int) -> int:
        """One of the standing lines; there is at least one."""
        return sorted(self.lines)[place % len(self.lines)]

    def forget(self, line_id: int) -> None:
        """A line taken back takes what was shared of it along."""
        del self.lines[line_id]
        self.shared = {key: value for key, value in self.shared.items() if value[0] != line_id}

    def replace(self, line_id: int, new_id: int, minutes: int) -> None:
        """A corrected line: the new one stands at the same place, nothing of it is shared, told apart as it was."""
        where = self.lines[line_id][0]
        self.forget(line_id)
        self.lines[new_id] = (where, minutes)
        self.apart |= {pair - {line_id} | {new_id} for pair in self.apart if line_id in pair}

    def came_back(self, line_ids: Collection[int]) -> None:
        """Lines sent back may change: whoever told them apart spoke of other hours."""
        self.apart = {pair for pair in self.apart if pair.isdisjoint(line_ids)}
