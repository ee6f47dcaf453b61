"""A month declared by spreadsheet: the template of this month, and its reading back; a wrong cell, nothing kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matching.errors import FieldError, Invalid
from matching.exchange.importing import Column, Record, parse_rows
from matching.exchange.tables import read_table, write_csv, write_xlsx
from matching.exchange.values import BadValue, clean, parse_date, parse_minutes, parse_text, show_minutes
from matching.services.clauses.declaring import Declarant, MonthView, open_month
from matching.services.clauses.declaring_writing import TypedLine, save_month
from matching.services.context import Context
from matching.text import written_day

MOST_ROWS = 2_000
MOST_HOURS = 24 * 31
"""Of one person in one month."""


@dataclass(frozen=True)
class FileRead:
    """What the file brought: lines kept, people of the month that it does not name."""

    lines: int
    left_out: tuple[str, ...]


def _hours(text: str) -> int | None:
    return parse_minutes(text, maximum_hours=MOST_HOURS)


def _code(text: str) -> str | None:
    tidy = "".join(clean(text).split()).upper()
    if len(tidy) > 16:
        raise BadValue("Ce code est trop long. Reprenez celui du modèle, par exemple H-2041.")
    return tidy or None


COLUMNS = (
    Column("code", "Code", _code, ("code participant", "participant"), True, "H-2041"),
    Column("person", "Personne", parse_text, ("nom",), example="Samira B."),
    Column("from_on", "Du", parse_date, ("debut",), example="01/05/2026"),
    Column("to_on", "Au", parse_date, ("fin",), example="31/05/2026"),
    Column("minutes", "Heures", _hours, ("heures du mois", "total"), True, "31h30"),
    Column("training", "Dont formation", _hours, ("formation",), example="7h"),
)


def template_of(ctx: Context, declarant: Declarant, kind: str) -> bytes:
    """This month's people with their codes, ready to fill: `kind` is `csv` or `xlsx`."""
    view = open_month(ctx, declarant)
    rows = [
        (
            line.code,
            line.name,
            line.from_on,
            line.to_on,
            show_minutes(line.minutes),
            show_minutes(line.training_minutes) if line.training_minutes else "",
        )
        for line in view.lines
        if not line.locked
    ]
    headers = tuple(column.header for column in COLUMNS)
    return write_csv(headers, rows) if kind == "csv" else write_xlsx(headers, rows, sheet="Heures du mois")


def save_file(ctx: Context, declarant: Declarant, version: int, content: bytes) -> FileRead:
    """Keep the hours of a spreadsheet as a draft, to check and send. Raises `Invalid` with line and column of each
    cell to mend (then nothing is kept), `Conflict` as `save_month`."""
    view = open_month(ctx, declarant)
    records, found = parse_rows(read_table(content, max_rows=MOST_ROWS), COLUMNS)
    errors = list(found)
    typed: dict[str, TypedLine] = {}
    places: dict[str, int] = {}
    for record in records:
        # A cell that could not be read is already told; the others of its row are looked at all the same.
        _check_days(view, record, errors)
        key = _key_of(view, record, places, errors) if "code" in record.values else None
        if key is not None:
            places[key] = record.line
            if "minutes" in record.values:
                typed[key] = _typed(record.values)
    _refuse(errors)
    try:
        save_month(ctx, declarant, version, typed, source="file")
    except Invalid as refused:
        raise _by_line(refused, places) from None
    named = {key.partition("-")[0] for key in typed}
    left = tuple(line.code for line in view.lines if str(line.participation_id) not in named)
    return FileRead(len(typed), left)


def _key_of(view: MonthView, record: Record, places: dict[str, int], errors: list[FieldError]) -> str | None:
    """The line that a row fills. A second row of the same code is refused: one total a person."""
    code = record.values["code"]
    found = next((line for line in view.lines if line.code == code), None)
    if found is None:
        text = "Ce code n’est pas dans votre mois. Vérifiez-le, ou ajoutez d’abord la personne sur la page du mois."
        errors.append(FieldError("code", text, code, record.line, "Code"))
        return None
    if found.key in places:
        text = f"Cette personne est déjà à la ligne {places[found.key]}. Gardez une seule ligne, avec le total du mois."
        errors.append(FieldError("code", text, code, record.line, "Code"))
        return None
    if found.locked:
        text = "Ces heures sont déjà validées. Retirez cette ligne, et demandez une correction."
        errors.append(FieldError("code", text, code, record.line, "Code"))
        return None
    if found.days:
        text = "Cette personne est détaillée jour par jour sur la page du mois. Retirez cette ligne, ou le détail."
        errors.append(FieldError("minutes", text, code, record.line, "Heures"))
    return found.key


def _check_days(view: MonthView, record: Record, errors: list[FieldError]) -> None:
    for name, header in (("from_on", "Du"), ("to_on", "Au")):
        day = record.values.get(name)
        if day is not None and (day.year, day.month) != (view.month.year, view.month.month):
            text = f"Le {written_day(day)} n’est pas dans le mois déclaré. Les heures se déclarent au mois travaillé."
            errors.append(FieldError(name, text, day.isoformat(), record.line, header))


def _typed(values: dict[str, Any]) -> TypedLine:
    return TypedLine(
        hours=show_minutes(values["minutes"]),
        absent=values["minutes"] == 0,
        training=show_minutes(values.get("training")),
        from_on=values["from_on"].isoformat() if values.get("from_on") else "",
        to_on=values["to_on"].isoformat() if values.get("to_on") else "",
    )


_COLUMN_OF = {"h": "Heures", "t": "Dont formation", "d": "Du", "a": "Au"}


def _by_line(refused: Invalid, places: dict[str, int]) -> Invalid:
    """The errors of the month's fields, told by line and column of the file."""
    errors = [
        FieldError(e.field, e.message, e.value, places.get(e.field[1:]), _COLUMN_OF.get(e.field[:1]))
        for e in refused.errors
    ]
    return _told(errors)


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise _told(errors)


def _told(errors: list[FieldError]) -> Invalid:
    errors = sorted(errors, key=lambda error: error.line or 0)
    count = f"{len(errors)} point{'s' if len(errors) > 1 else ''}"
    return Invalid(f"{count} à corriger dans le fichier. Rien n’a été enregistré.", errors, reason="cells")
