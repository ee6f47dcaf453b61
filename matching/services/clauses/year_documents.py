"""A reading of a year as it may leave the Département: page to print, workbook, CSV, JSON. Small cells are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.consolidation import Dimension, average_hours, label_of
from matching.clauses.small_cells import HIDDEN, TOTAL, Cell, Shown, Total
from matching.clock import PARIS
from matching.exchange.tables import write_csv
from matching.exchange.workbook import CellValue, Minutes, Sheet, write_workbook
from matching.services.clauses.snapshots import (
    Consolidation,
    SnapshotRow,
    check_year,
    consolidate,
    find_snapshot,
    frozen_lines,
    in_year,
    ledger_head,
    read_lines,
    snapshot_row,
)
from matching.services.context import Context
from matching.store.tables.ledger import LedgerEntry
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP, written_day

HIDDEN_WORDS = "masqué, petit nombre"


@dataclass(frozen=True)
class PaperLine:
    """A line of a list; `people` and `minutes` None when hidden."""

    code: str
    label: str
    people: int | None
    minutes: int | None

    @property
    def hidden(self) -> bool:
        return self.people is None

    @property
    def average(self) -> Decimal | None:
        """Hours per person, to a tenth."""
        if self.people is None or self.minutes is None:
            return None
        return average_hours(Cell(self.people, self.minutes))


@dataclass(frozen=True)
class Section:
    """A list with its total. `overlapping`: somebody may be in several lines, so that they add up to more."""

    dimension: Dimension
    lines: tuple[PaperLine, ...]
    total: PaperLine

    @property
    def overlapping(self) -> bool:
        known = [line.people for line in self.lines if line.people is not None]
        return len(known) == len(self.lines) and self.total.people is not None and sum(known) > self.total.people


@dataclass(frozen=True)
class YearPaper:
    """What a reading says to anybody. `snapshot` None: not frozen, as of `made_on`. Minutes; months by their first day.

    `months` is empty when the total is hidden: it would be their sum.
    """

    year: int
    snapshot: SnapshotRow | None
    made_on: date
    total: PaperLine
    opening_minutes: int
    sections: tuple[Section, ...]
    months: tuple[tuple[date, int], ...]
    threshold: int
    entries_up_to: int
    entries_hash: str

    @property
    def title(self) -> str:
        return f"Bilan {self.year} des heures d’insertion"

    @property
    def state(self) -> str:
        if self.snapshot is None:
            return f"Lecture provisoire du {written_day(self.made_on)}, non figée"
        return f"Bilan figé le {written_day(_day(self.snapshot.made_at))} sous le numéro {self.snapshot.id}"

    @property
    def file_name(self) -> str:
        return f"bilan-{self.year}-fige-{self.snapshot.id}" if self.snapshot else f"bilan-{self.year}-provisoire"


def preview_year(ctx: Context, actor: Actor, year: int, snapshot_id: int | None = None) -> YearPaper:
    """What would be handed over. `snapshot_id` None: the year as of now (else `year` is that of the reading)."""
    require(actor, Permission.READ_CLAUSES)
    return preview_from_shell(ctx, year, snapshot_id)


def preview_from_shell(ctx: Context, year: int, snapshot_id: int | None = None) -> YearPaper:
    """The same for the command, in the system's own name: only figures that may leave the Département."""
    with ctx.read() as session:
        return _paper(session, ctx, year, snapshot_id)


def issue_year(ctx: Context, actor: Actor, year: int, kind: str, snapshot_id: int | None = None) -> YearPaper:
    """The same, its issue recorded. `kind`: `pdf`, `xlsx`, `csv` or `json`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.write(actor) as work:
        made = _paper(work.session, ctx, year, snapshot_id)
        _record(work, made, kind)
        return made


def record_from_shell(ctx: Context, paper: YearPaper, kind: str) -> None:
    """For the command, once the file is written."""
    with ctx.write(None) as work:
        _record(work, paper, kind)


def _record(work: UnitOfWork, paper: YearPaper, kind: str) -> None:
    frozen = paper.snapshot.id if paper.snapshot else 0
    work.record("year.issued", "year", paper.year, kind=kind, snapshot=frozen, entries=paper.entries_up_to)


# --- the content ---------------------------------------------------------------------------------------------------


def _paper(session: Session, ctx: Context, year: int, snapshot_id: int | None) -> YearPaper:
    row: SnapshotRow | None = None
    if snapshot_id is None:
        check_year(ctx, year)
        head = ledger_head(session)
        found = consolidate(session, ctx, year, read_lines(session, year, head.entry_id), head.entry_id)
        digest = head.hash
    else:
        frozen, by = find_snapshot(session, snapshot_id)
        lines = frozen_lines(session, frozen.id)
        found = consolidate(session, ctx, frozen.year, lines, frozen.head_entry_id)
        row, digest = snapshot_row(frozen, by), frozen.head_hash
    whole = _line(TOTAL, "Ensemble", found.shown[Dimension.MODALITY][TOTAL])
    return YearPaper(
        found.year, row, ctx.clock.today(), whole, found.opening_minutes, tuple(_sections(found)),
        () if whole.hidden else _months(session, found.year, found.entries_up_to), found.threshold,
        found.entries_up_to, digest,
    )  # fmt: skip


def _sections(found: Consolidation) -> Iterator[Section]:
    for dimension, shown in found.shown.items():
        lines = tuple(_line(key, label_of(dimension, key), cell) for key, cell in shown.items() if key is not TOTAL)
        yield Section(dimension, lines, _line(TOTAL, "Ensemble", shown[TOTAL]))


def _line(key: str | Total, label: str, cell: Shown) -> PaperLine:
    code = "" if key is TOTAL else str(key)
    return PaperLine(code, label, None, None) if cell is HIDDEN else PaperLine(code, label, cell.people, cell.minutes)


def _months(session: Session, year: int, up_to: int) -> tuple[tuple[date, int], ...]:
    query = (
        select(LedgerEntry.month, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.id <= up_to, *in_year(year))
        .group_by(LedgerEntry.month)
        .order_by(LedgerEntry.month)
    )
    return tuple((month, int(minutes)) for month, minutes in session.execute(query) if minutes)


def _day(moment: datetime) -> date:
    return moment.astimezone(PARIS).date()


# --- files ---------------------------------------------------------------------------------------------------------

_HEADINGS = ("Groupe", "Personnes", "Heures", "Moyenne par personne (h)")


def year_workbook(paper: YearPaper) -> bytes:
    """One sheet a dimension, after what the reading is and the hours by month worked."""
    sheets = [Sheet("Bilan", ("", ""), list(_summary(paper)))]
    if paper.months:
        sheets.append(Sheet("Mois travaillé", ("Mois", "Heures"), [[m, Minutes(value)] for m, value in paper.months]))
    for section in paper.sections:
        rows = [_cells(line) for line in (*section.lines, section.total)]
        sheets.append(Sheet(section.dimension.label, _HEADINGS, rows))
    return write_workbook(sheets)


def _summary(paper: YearPaper) -> Iterator[list[CellValue]]:
    yield ["Bilan", paper.title]
    yield ["Lecture", paper.state]
    yield ["Personnes, chacune comptée une fois", HIDDEN_WORDS if paper.total.people is None else paper.total.people]
    yield ["Heures", HIDDEN_WORDS if paper.total.minutes is None else Minutes(paper.total.minutes)]
    yield ["Heures reprises sans le détail des personnes", Minutes(paper.opening_minutes)]
    yield ["Écritures lues jusqu’au numéro", paper.entries_up_to]
    yield ["Empreinte du grand livre", paper.entries_hash]
    yield ["Comment lire", how_to_read(paper.threshold)]


def how_to_read(threshold: int) -> str:
    """What is counted and what is hidden, in words."""
    return (
        "Les heures sont comptées dans le mois où elles ont été travaillées, quelle que soit la date de validation. "
        "Une personne est comptée une fois dans l’ensemble ; elle peut être dans plusieurs groupes d’une liste. "
        f"Un groupe de 1 à {threshold - 1} personnes est masqué avec ses heures, et parfois un autre groupe pour "
        "qu’une soustraction ne le révèle pas."
    ).replace(" ;", f"{NBSP};")


def _cells(line: PaperLine) -> list[CellValue]:
    if line.people is None or line.minutes is None:
        return [line.label, HIDDEN_WORDS, HIDDEN_WORDS, None]
    return [line.label, line.people, Minutes(line.minutes), written_tenths(line.average)]


def written_tenths(hours: Decimal | None) -> str:
    """« 123,4 »; empty without anybody."""
    return "" if hours is None else str(hours).replace(".", ",")


CSV_COLUMNS = ("annee", "lecture", "dimension", "code", "libelle", "personnes", "heures", "minutes", "masque")


def year_csv(paper: YearPaper) -> bytes:
    """The whole, hours without people, then a line a group; people and hours are empty when hidden."""
    reading = str(paper.snapshot.id) if paper.snapshot else "provisoire"
    opening = PaperLine("", "Heures reprises sans le détail des personnes", None, paper.opening_minutes)
    lines = [("ensemble", paper.total), ("reprises", opening)]
    lines += [(section.dimension.value, line) for section in paper.sections for line in section.lines]
    return write_csv(
        CSV_COLUMNS,
        (
            [
                paper.year, reading, name, line.code, line.label, _number(line.people), _hours(line.minutes),
                _number(line.minutes), "oui" if line.minutes is None else "non",
            ]
            for name, line in lines
        ),
    )  # fmt: skip


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _hours(minutes: int | None) -> str:
    """Hours with two decimals, a comma: « 61,50 »."""
    return "" if minutes is None else f"{Decimal(minutes) / 60:.2f}".replace(".", ",")


def year_json(paper: YearPaper) -> dict[str, Any]:
    """The same content for a program; `people` and `minutes` null when hidden."""
    return {
        "year": paper.year,
        "snapshot": paper.snapshot.id if paper.snapshot else None,
        "frozen_at": paper.snapshot.made_at.isoformat() if paper.snapshot else None,
        "people": paper.total.people,
        "minutes": paper.total.minutes,
        "opening_minutes": paper.opening_minutes,
        "threshold": paper.threshold,
        "entries_up_to": paper.entries_up_to,
        "entries_hash": paper.entries_hash,
        "months": [{"month": month.isoformat()[:7], "minutes": minutes} for month, minutes in paper.months],
        "dimensions": {section.dimension.value: [_pairs(line) for line in section.lines] for section in paper.sections},
    }


def _pairs(line: PaperLine) -> dict[str, Any]:
    found = {"code": line.code, "label": line.label, "people": line.people, "minutes": line.minutes}
    return found | {"hidden": line.hidden}
