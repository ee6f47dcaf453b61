"""From the rows of a table to records: all or nothing, one error per cell that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matching.errors import FieldError, Invalid
from matching.exchange.tables import Row, Table, match_columns
from matching.exchange.values import BadValue
from matching.text import NBSP

MAX_ERRORS = 200


@dataclass(frozen=True)
class Column:
    """One column of an import.

    `header` is written in the template; `aliases` are other headers accepted. `parser` turns the text of
    a cell into a value (None when empty) and raises BadValue. `required`: column and value must be there.
    `example` fills the template.
    """

    name: str
    header: str
    parser: Callable[[str], Any]
    aliases: tuple[str, ...] = ()
    required: bool = False
    example: str = ""


@dataclass(frozen=True)
class Record:
    """The values of one line, by column name; a column absent from the file is absent here."""

    line: int
    values: dict[str, Any]


def parse_rows(table: Table, spec: Sequence[Column]) -> tuple[tuple[Record, ...], tuple[FieldError, ...]]:
    """Records and errors of a table; import only when there is no error (see `refuse_errors`).

    Each error carries line, column (as written in the file), value and remedy. At most `MAX_ERRORS` are
    kept. Raises Invalid when a required column is missing.
    """
    places = match_columns(
        table,
        {column.name: (column.header, *column.aliases) for column in spec},
        [column.name for column in spec if column.required],
    )
    present = [(column, places[column.name]) for column in spec if column.name in places]
    records: list[Record] = []
    errors: list[FieldError] = []
    for row in table.rows:
        values = _parse_row(row, present, table.columns, errors)
        records.append(Record(row.line, values))
        if len(errors) >= MAX_ERRORS:
            break
    return tuple(records), tuple(errors[:MAX_ERRORS])


def refuse_errors(errors: Iterable[FieldError], headers: Mapping[str, str], reason: str = "") -> None:
    """Raise Invalid when there is anything to mend: the first `MAX_ERRORS` errors by line, and how many lines.

    `headers`: what the file calls each field, for the errors that do not name their column.
    """
    found = [replace(error, column=error.column or headers.get(error.field)) for error in errors]
    if not found:
        return
    lines = len({error.line for error in found})
    many = "Au moins " if len(found) >= MAX_ERRORS else ""
    message = f"{many}{lines}{NBSP}ligne{'s' if lines > 1 else ''} à corriger dans le fichier. Rien n’a été enregistré."
    raise Invalid(message, sorted(found, key=lambda error: error.line or 0)[:MAX_ERRORS], reason=reason)


def template_rows(spec: Sequence[Column]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headers and one example line, for `write_csv` or `write_xlsx`."""
    return tuple(c.header for c in spec), (tuple(c.example for c in spec),)


def unused_columns(table: Table, spec: Sequence[Column]) -> tuple[str, ...]:
    """The columns of the file that no column of the spec reads: shown before importing."""
    places = match_columns(table, {column.name: (column.header, *column.aliases) for column in spec})
    used = set(places.values())
    return tuple(name for index, name in enumerate(table.columns) if index not in used)


def _parse_row(
    row: Row, present: Sequence[tuple[Column, int]], columns: Sequence[str], errors: list[FieldError]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, place in present:
        text = row.cells[place]
        try:
            value = column.parser(text)
            if column.required and value in (None, "", ()):
                raise BadValue("Cette case est obligatoire. Complétez-la.")
        except BadValue as bad:
            errors.append(FieldError(column.name, bad.message, text[:200], row.line, columns[place]))
            continue
        values[column.name] = value
    return values
