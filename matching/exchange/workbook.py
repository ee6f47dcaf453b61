"""Workbooks of several sheets to hand over: durations as real durations, figures as figures, text never a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from matching.exchange.values import show

_NAME_LENGTH = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


@dataclass(frozen=True)
class Minutes:
    """A duration in minutes, written so that sums in the workbook stay durations (« 1 607:30 »)."""

    minutes: int


@dataclass(frozen=True)
class Cents:
    """An amount, written in euros."""

    cents: int


CellValue = str | int | date | Minutes | Cents | None


@dataclass(frozen=True)
class Sheet:
    """A name, a heading in bold, rows. None is an empty cell."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[CellValue]]


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """The XLSX of these sheets, in their order."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        formats = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "minutes": book.add_format({"num_format": "[h]:mm", "valign": "top"}),
            "euros": book.add_format({"num_format": '#,##0.00 "€"', "valign": "top"}),
            "day": book.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
        }
        for sheet in sheets:
            page = book.add_worksheet(sheet.name.translate(_FORBIDDEN)[:_NAME_LENGTH])
            _fill(page, sheet, formats)
    return out.getvalue()


def _fill(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, formats: dict[str, object]) -> None:
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, show(column), formats["head"])
        longest = max((len(cell) for row in sheet.rows if isinstance(cell := row[place], str)), default=0)
        page.set_column(place, place, min(60, max(14, len(column) + 2, longest + 2)))
    for line, row in enumerate(sheet.rows, start=1):
        for place, value in enumerate(row):
            _write(page, line, place, value, formats)
    page.freeze_panes(1, 0)


def _write(
    page: xlsxwriter.worksheet.Worksheet, line: int, place: int, value: CellValue, formats: dict[str, object]
) -> None:
    if value is None:
        return
    if isinstance(value, Minutes):
        page.write_number(line, place, value.minutes / 1440, formats["minutes"])
    elif isinstance(value, Cents):
        page.write_number(line, place, value.cents / 100, formats["euros"])
    elif isinstance(value, date):
        page.write_datetime(line, place, value, formats["day"])
    elif isinstance(value, int):
        page.write_number(line, place, value)
    else:
        page.write_string(line, place, show(value)[:32_000], formats["text"])
