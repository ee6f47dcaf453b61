"""Hours worked, from a spreadsheet: those validated before this register enter the ledger, the others wait to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.exchange.importing import Record
from matching.services.clauses.importing.hours_checks import apart, check_each, check_open, check_together
from matching.services.clauses.importing.hours_known import read_base
from matching.services.clauses.importing.hours_lines import COLUMNS, HoursItem, read_item
from matching.services.clauses.importing.hours_writing import write_hours
from matching.services.clauses.importing.keys import Commitments, organisations_of
from matching.services.clauses.importing.mending import NOTHING, Mending
from matching.services.clauses.importing.reading import (
    Import,
    ImportReport,
    Planned,
    PlannedRow,
    Reader,
    counted,
    run_import,
)
from matching.services.context import Context
from matching.text import NBSP, written_hours

__all__ = ["COLUMNS", "import_hours"]


def import_hours(
    ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool, mending: Mending = NOTHING
) -> ImportReport:
    """Take over the hours of a CSV or XLSX file, all its lines or none. Lines already there change nothing.

    Raises `Invalid` with one `FieldError` (line, column, value, remedy) per thing to mend. `dry_run` only reads.
    """
    require(actor, Permission.IMPORT_CLAUSES)
    return run_import(ctx, actor, content, filename, Import(lambda: COLUMNS, _plan, write_hours), dry_run, mending)


def _plan(session: Session, records: Sequence[Record], today: date) -> Planned[HoursItem]:
    commitments = Commitments(session)
    lines = [Reader(record) for record in records]
    known = organisations_of(session, {line.text("declarant")[:9] for line in lines} - {""})
    declarants = {siren: one.id for siren, one in known.items()}
    base = read_base(session, {line.text("code") for line in lines})
    read = [(line, item) for line in lines if (item := read_item(line, commitments.named_by(line), base, declarants))]
    base.read_lines(session, [item.work for _, item in read])
    new, same = apart(read, base)
    remarks = check_each(session, new, base, today)
    check_together(new, base)
    check_open(session, new)
    errors = tuple(error for line in lines for error in line.errors)
    items = tuple(item for _, item in new)
    rows = [_row(item, remarks.get(item.line, "")) for item in items] + [_row(item, note, True) for item, note in same]
    return Planned(items, tuple(sorted(rows, key=lambda row: row.line)), _facts(items), errors)


def _row(item: HoursItem, note: str = "", same: bool = False) -> PlannedRow:
    work = item.work
    when = f"{work.from_on:%d/%m/%Y} – {work.to_on:%d/%m/%Y}"
    state = "" if item.validated else ", à valider"
    detail = f"{item.commitment.name}, {when}{NBSP}: {written_hours(work.minutes or 0)}{state}"
    return PlannedRow(item.line, item.participation.code, detail, note, same)


def _facts(items: Sequence[HoursItem]) -> tuple[str, ...]:
    facts = []
    for validated, what in ((True, "au grand livre"), (False, "à valider")):
        chosen = [item for item in items if item.validated is validated]
        if chosen:
            total = written_hours(sum(item.work.minutes or 0 for item in chosen))
            facts.append(f"{total} {what} ({counted(len(chosen), 'ligne')})")
    return tuple(facts)
