"""A file mended before it is taken over: cells written again, lines left out. The file itself never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from matching.errors import FieldError, Invalid
from matching.exchange.tables import MAX_CELL, Row, Table
from matching.text import fold


@dataclass(frozen=True)
class Mending:
    """`cells`: new text by line and place of the column (from 0). `dropped`: lines left out."""

    cells: Mapping[tuple[int, int], str] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()

    def with_more(self, cells: Mapping[tuple[int, int], str], dropped: Iterable[int]) -> Mending:
        """This mending and another one after it."""
        return Mending({**self.cells, **cells}, self.dropped | frozenset(dropped))


NOTHING = Mending()


@dataclass(frozen=True)
class ToMend:
    """One thing to mend: `place` of its cell in the line and the `text` there; None when the file has no such column.

    `first`: the first one of its line.
    """

    error: FieldError
    place: int | None
    text: str
    first: bool


def mended(table: Table, mending: Mending) -> Table:
    """The table as mended. Raises `Invalid` when every line is left out."""
    if not mending.cells and not mending.dropped:
        return table
    of_line: dict[int, dict[int, str]] = {}
    for (line, place), text in mending.cells.items():
        of_line.setdefault(line, {})[place] = text[:MAX_CELL]
    rows = tuple(_row(row, of_line.get(row.line, {})) for row in table.rows if row.line not in mending.dropped)
    if not rows:
        raise Invalid("Toutes les lignes sont laissées de côté : il ne reste rien à reprendre.", reason="no_rows")
    return replace(table, rows=rows)


def _row(row: Row, cells: Mapping[int, str]) -> Row:
    if not cells:
        return row
    return Row(row.line, tuple(cells.get(place, text) for place, text in enumerate(row.cells)))


def to_mend(table: Table, errors: Iterable[FieldError]) -> tuple[ToMend, ...]:
    """Each error of a line beside the cell it speaks of, as it is now."""
    places = {fold(name): place for place, name in enumerate(table.columns)}
    rows = {row.line: row for row in table.rows}
    found: list[ToMend] = []
    for error in errors:
        if error.line is None:
            continue
        row, place = rows.get(error.line), places.get(fold(error.column or ""))
        text = row.cells[place] if row is not None and place is not None else ""
        first = not found or found[-1].error.line != error.line
        found.append(ToMend(error, place if row is not None else None, text, first))
    return tuple(found)


def bad_rows(table: Table, errors: Iterable[FieldError]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The lines to mend as a file of their own, with what to do in a last column."""
    said: dict[int, list[str]] = {}
    for error in errors:
        if error.line is not None:
            said.setdefault(error.line, []).append(f"{error.column or ''} : {error.message}".lstrip(" :"))
    headers = (*table.columns, "À corriger")
    return headers, tuple((*row.cells, " ".join(said[row.line])) for row in table.rows if row.line in said)
