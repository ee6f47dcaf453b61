"""Behind each figure of a year: the participations it counts, by their codes, and their ledger entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.consolidation import Dimension, YearLine, breakdown, label_of, total
from matching.clauses.small_cells import Cell
from matching.clauses.terms import EntryKind
from matching.errors import NotFound, RuleRefused
from matching.exchange.tables import write_csv
from matching.exchange.workbook import CellValue, Sheet, write_workbook
from matching.services.clauses.snapshots import (
    SnapshotRow,
    check_year,
    find_snapshot,
    frozen_lines,
    in_year,
    ledger_head,
    list_snapshots,
    read_lines,
    snapshot_row,
)
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.ledger import CommitmentMonth, LedgerEntry
from matching.store.tables.participations import Participation

PER_PAGE = 25
MOST_EXPORTED = 100_000
"""Entries in one workbook: above, the file is too heavy for the spreadsheets that open it."""
_BATCH = 500
_OPENING = "Heures reprises d’avant le grand livre, sans le détail des personnes"


@dataclass(frozen=True)
class YearRow:
    """A year with hours: minutes validated as of now, and its frozen readings, the latest first."""

    year: int
    minutes: int
    snapshots: tuple[SnapshotRow, ...]


@dataclass(frozen=True)
class Asked:
    """Which figure, of which reading. `dimension` None: everybody. `opening`: hours without people.

    `snapshot_id` None: the year as of now. `commitment_id` with `participation_id`: that line of the figure alone.
    """

    year: int
    snapshot_id: int | None = None
    dimension: Dimension | None = None
    key: str = ""
    opening: bool = False
    commitment_id: int | None = None
    participation_id: int | None = None

    @property
    def label(self) -> str:
        if self.opening:
            return _OPENING
        if self.dimension is None:
            return "Ensemble"
        return f"{self.dimension.label} : {label_of(self.dimension, self.key)}"

    def counts(self, line: YearLine) -> bool:
        """Whether this line of the year is in the figure."""
        if (line.person_id is None) is not self.opening:
            return False
        if self.dimension is not None and line.key(self.dimension) != self.key:
            return False
        if self.commitment_id is None:
            return True
        return (line.commitment_id, line.participation_id) == (self.commitment_id, self.participation_id)


@dataclass(frozen=True)
class FigureLine:
    """A participation behind a figure, by its code. Minutes that stand; the first and last day worked."""

    commitment_id: int
    commitment: str
    contract: str
    participation_id: int | None
    code: str
    minutes: int
    worked_from: date
    worked_to: date


@dataclass(frozen=True)
class Figure:
    """A figure with what it counts. `of_snapshot` None: the year as of now."""

    asked: Asked
    year: int
    of_snapshot: SnapshotRow | None
    cell: Cell
    lines: tuple[FigureLine, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.count, PER_PAGE)


@dataclass(frozen=True)
class EntryRow:
    """An entry of the ledger. Both dates: `worked_from`–`worked_to` when worked, `recorded_at` when written."""

    id: int
    kind: EntryKind
    commitment_id: int
    commitment: str
    contract: str
    participation_id: int | None
    code: str
    month: date
    worked_from: date
    worked_to: date
    minutes: int
    recorded_at: datetime
    by: str
    reverses_id: int | None
    declaration_id: int | None


@dataclass(frozen=True)
class Entries:
    """A page of entries, with how many there are."""

    asked: Asked
    year: int
    of_snapshot: SnapshotRow | None
    rows: tuple[EntryRow, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.count, PER_PAGE)


def list_years(ctx: Context, actor: Actor) -> tuple[YearRow, ...]:
    """Years with hours or with a frozen reading, the latest first."""
    require(actor, Permission.READ_CLAUSES)
    frozen: dict[int, list[SnapshotRow]] = {}
    for row in list_snapshots(ctx, actor):
        frozen.setdefault(row.year, []).append(row)
    minutes: dict[int, int] = dict.fromkeys(frozen, 0)
    query = select(CommitmentMonth.month, func.sum(CommitmentMonth.validated_minutes)).group_by(CommitmentMonth.month)
    with ctx.read() as session:
        for month, validated in session.execute(query):
            minutes[month.year] = minutes.get(month.year, 0) + int(validated)
    return tuple(YearRow(year, minutes[year], tuple(frozen.get(year, ()))) for year in sorted(minutes, reverse=True))


def read_figure(ctx: Context, actor: Actor, asked: Asked, page: int = 1) -> Figure:
    """The participations that a figure counts, by commitment then by code. Raises `NotFound` without any."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        reading = _reading(session, ctx, asked)
        page = _within(page, len(reading.lines))
        shown = reading.lines[(page - 1) * PER_PAGE : page * PER_PAGE]
        lines = tuple(_figure_lines(session, shown))
        cell = _cell(reading.lines, asked)
        return Figure(asked, reading.year, reading.snapshot, cell, lines, len(reading.lines), page)


def read_entries(ctx: Context, actor: Actor, asked: Asked, page: int = 1) -> Entries:
    """The entries behind a figure: of its year, up to the entry at which it was read. Raises `NotFound` without any."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        reading = _reading(session, ctx, asked)
        counted = _entries_by_pair(session, reading)
        count = sum(number for _, number in counted)
        page = _within(page, count)
        rows = tuple(_entry_rows(session, reading, counted, (page - 1) * PER_PAGE, PER_PAGE))
        return Entries(asked, reading.year, reading.snapshot, rows, count, page)


def entries_since(ctx: Context, actor: Actor, snapshot_id: int, with_id: int | None = None, page: int = 1) -> Entries:
    """Entries of the year written after a frozen reading: up to another one, or up to now."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        frozen, by = find_snapshot(session, snapshot_id)
        head = find_snapshot(session, with_id)[0].head_entry_id if with_id else ledger_head(session).entry_id
        wanted = and_(LedgerEntry.id > frozen.head_entry_id, LedgerEntry.id <= head, *in_year(frozen.year))
        count = int(session.execute(select(func.count()).select_from(LedgerEntry).where(wanted)).scalar_one())
        page = _within(page, count)
        query = _entry_query().where(wanted).order_by(LedgerEntry.id).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
        rows = tuple(_entry_row(row) for row in session.execute(query))
        asked = Asked(frozen.year, snapshot_id)
        return Entries(asked, frozen.year, snapshot_row(frozen, by), rows, count, page)


def export_entries(ctx: Context, actor: Actor, asked: Asked, kind: str) -> bytes:
    """The entries behind a figure, with both dates, as `csv` or `xlsx`. For the Département only: it tells codes."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.write(actor) as work:
        reading = _reading(work.session, ctx, asked)
        counted = _entries_by_pair(work.session, reading)
        count = sum(number for _, number in counted)
        if count > MOST_EXPORTED:
            raise RuleRefused(
                f"Ce chiffre compte {count} écritures, et un classeur en tient {MOST_EXPORTED}. "
                "Ouvrez un chiffre plus petit (un secteur, une voie), puis téléchargez ses écritures."
            )
        rows = list(_entry_rows(work.session, reading, counted, 0, count))
        work.record(
            "year.entries_exported", "year", reading.year, snapshot=asked.snapshot_id or 0, entries=count, kind=kind,
            dimension=asked.dimension.value if asked.dimension else "", key=asked.key,
        )  # fmt: skip
    cells = [_cells(row) for row in rows]
    return write_csv(_COLUMNS, cells) if kind == "csv" else write_workbook([Sheet("Écritures", _COLUMNS, cells)])


_COLUMNS = (
    "Écriture", "Nature", "Annule l’écriture", "Contrat", "Engagement", "Code de la personne", "Mois travaillé",
    "Travaillé du", "Travaillé au", "Minutes", "Enregistrée le", "Enregistrée par",
)  # fmt: skip


def _cells(row: EntryRow) -> list[CellValue]:
    return [
        row.id, row.kind.label, row.reverses_id, row.contract, row.commitment, row.code, row.month, row.worked_from,
        # Minutes as a number: a spreadsheet shows no duration below zero.
        row.worked_to, row.minutes, row.recorded_at.date(), row.by,
    ]  # fmt: skip


# --- the reading a figure belongs to -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    year: int
    snapshot: SnapshotRow | None
    up_to: int
    lines: list[YearLine]


def _reading(session: Session, ctx: Context, asked: Asked) -> _Reading:
    """The lines of the figure, in the order of commitments then participations."""
    if asked.snapshot_id is not None:
        frozen, by = find_snapshot(session, asked.snapshot_id)
        found, row = frozen_lines(session, frozen.id), snapshot_row(frozen, by)
        reading = _Reading(frozen.year, row, frozen.head_entry_id, [line for line in found if asked.counts(line)])
    else:
        check_year(ctx, asked.year)
        head = ledger_head(session).entry_id
        found = read_lines(session, asked.year, head)
        reading = _Reading(asked.year, None, head, [line for line in found if asked.counts(line)])
    if not reading.lines and (asked.dimension is not None or asked.opening or asked.commitment_id is not None):
        raise NotFound()
    return reading


def _cell(lines: list[YearLine], asked: Asked) -> Cell:
    if asked.opening:
        return Cell(0, 0)
    return total(lines) if asked.dimension is None else breakdown(lines, asked.dimension)[asked.key]


def _within(page: int, count: int) -> int:
    return page_shown(page, count, PER_PAGE)


def _figure_lines(session: Session, lines: Sequence[YearLine]) -> Iterator[FigureLine]:
    commitments = _commitments(session, {line.commitment_id for line in lines})
    ids = {line.participation_id for line in lines if line.participation_id is not None}
    codes = {
        row.id: row.code
        for row in session.execute(select(Participation.id, Participation.code).where(Participation.id.in_(ids)))
    }
    for line in lines:
        label, contract = commitments[line.commitment_id]
        yield FigureLine(
            line.commitment_id, label, contract, line.participation_id, codes.get(line.participation_id or 0, ""),
            line.minutes, line.worked_from, line.worked_to,
        )  # fmt: skip


def _commitments(session: Session, ids: set[int]) -> dict[int, tuple[str, str]]:
    query = (
        select(Commitment.id, Commitment.label, Commitment.lot, Contract.number)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(Commitment.id.in_(ids))
    )
    return {row.id: (row.label, _number(row.number, row.lot)) for row in session.execute(query)}


def _number(number: str, lot: str) -> str:
    return f"{number}, lot {lot}" if lot else number


# --- entries -------------------------------------------------------------------------------------------------------

_Pair = tuple[int, int | None]


def _entries_by_pair(session: Session, reading: _Reading) -> list[tuple[_Pair, int]]:
    """How many entries each line of the figure has, in the order of the lines."""
    query = (
        select(LedgerEntry.commitment_id, LedgerEntry.participation_id, func.count())
        .where(LedgerEntry.id <= reading.up_to, *in_year(reading.year))
        .group_by(LedgerEntry.commitment_id, LedgerEntry.participation_id)
    )
    counts = {(commitment, participation): count for commitment, participation, count in session.execute(query)}
    pairs = [(line.commitment_id, line.participation_id) for line in reading.lines]
    return [(pair, counts.get(pair, 0)) for pair in pairs]


def _entry_rows(
    session: Session, reading: _Reading, counted: list[tuple[_Pair, int]], first: int, wanted: int
) -> Iterator[EntryRow]:
    """The entries from place `first`, in the order of the lines then of their numbers."""
    pairs: list[_Pair] = []
    skipped = held = 0
    for pair, count in counted:
        if not pairs and skipped + count <= first:
            skipped += count
        elif held < first - skipped + wanted:
            pairs.append(pair)
            held += count
    place = skipped
    for start in range(0, len(pairs), _BATCH):
        for row in _entries_of(session, reading, pairs[start : start + _BATCH]):
            if first <= place < first + wanted:
                yield row
            place += 1


def _entries_of(session: Session, reading: _Reading, pairs: list[_Pair]) -> Iterator[EntryRow]:
    query = _entry_query().where(LedgerEntry.id <= reading.up_to, *in_year(reading.year), _any_of(pairs))
    order = {pair: place for place, pair in enumerate(pairs)}
    rows = [_entry_row(row) for row in session.execute(query)]
    yield from sorted(rows, key=lambda row: (order[row.commitment_id, row.participation_id], row.id))


def _any_of(pairs: list[_Pair]) -> ColumnElement[bool]:
    """A participation may have hours on several commitments (pooling): the pair, not either."""
    named: dict[int, list[int]] = {}
    openings = [commitment for commitment, participation in pairs if participation is None]
    for commitment, participation in pairs:
        if participation is not None:
            named.setdefault(commitment, []).append(participation)
    parts: list[ColumnElement[bool]] = [
        and_(LedgerEntry.commitment_id == commitment, LedgerEntry.participation_id.in_(people))
        for commitment, people in named.items()
    ]
    if openings:
        parts.append(and_(LedgerEntry.commitment_id.in_(openings), LedgerEntry.participation_id.is_(None)))
    return or_(*parts)


def _entry_query() -> Any:
    e = LedgerEntry
    return (
        select(
            e.id, e.kind, e.commitment_id, e.participation_id, e.month, e.worked_from, e.worked_to, e.minutes,
            e.recorded_at, e.reverses_id, Commitment.label, Commitment.lot, Contract.number, Participation.code,
            UserAccount.name.label("by"), DeclarationLine.declaration_id,
        )
        .join(Commitment, Commitment.id == e.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .outerjoin(Participation, Participation.id == e.participation_id)
        .outerjoin(UserAccount, UserAccount.id == e.by_id)
        .outerjoin(DeclarationLine, DeclarationLine.id == e.line_id)
    )  # fmt: skip


def _entry_row(row: Any) -> EntryRow:
    return EntryRow(
        row.id, row.kind, row.commitment_id, row.label, _number(row.number, row.lot), row.participation_id,
        row.code or "", row.month, row.worked_from, row.worked_to, row.minutes, row.recorded_at, row.by or "",
        row.reverses_id, row.declaration_id,
    )  # fmt: skip
