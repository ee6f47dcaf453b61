"""Behind a figure: its participations and entries, page by page, now and frozen, on both engines."""

from __future__ import annotations

from datetime import date

import pytest

from matching.clauses.consolidation import Dimension
from matching.clauses.ledger import Entry
from matching.clauses.small_cells import Cell
from matching.clauses.terms import EntryKind, Route
from matching.errors import NotFound, RuleRefused
from matching.services.clauses import snapshots, year_documents, year_figures
from matching.services.clauses.year_figures import Asked
from matching.services.context import Context
from matching.store import ledger
from tests.support import clauses

JANUARY, FEBRUARY, LAST_YEAR = date(2026, 1, 1), date(2026, 2, 1), date(2025, 12, 1)
DIRECT = Asked(2026, None, Dimension.ROUTE, "direct_hire")


@pytest.fixture
def filled(any_ctx: Context) -> Context:
    """Three people by direct hire over two months, one by ETTI, hours of last year, an opening balance."""
    commitment = clauses.commitment(any_ctx)
    for _ in range(3):
        one = clauses.participation(any_ctx, commitment)
        clauses.validated(any_ctx, commitment, one, 60, month=JANUARY)
        clauses.validated(any_ctx, commitment, one, 90, month=FEBRUARY)
    clauses.validated(any_ctx, commitment, one, 999, month=LAST_YEAR)
    agency = clauses.participation(any_ctx, commitment, route=Route.ETTI)
    clauses.validated(any_ctx, commitment, agency, 600, month=JANUARY)
    with any_ctx.write(None) as work:
        ledger.append(work, [Entry(EntryKind.OPENING, commitment, 6000, JANUARY, JANUARY)])
    return any_ctx


def test_a_figure_counts_what_it_says(filled: Context) -> None:
    officer = clauses.officer(filled)
    found = year_figures.read_figure(filled, officer, DIRECT)
    assert (found.cell, found.count) == (Cell(3, 450), 3)
    assert [(line.code, line.minutes) for line in found.lines] == [("H-0001", 150), ("H-0002", 150), ("H-0003", 150)]
    entries = year_figures.read_entries(filled, officer, DIRECT)
    assert sum(row.minutes for row in entries.rows) == found.cell.minutes
    assert [row.id for row in entries.rows] == [1, 2, 3, 4, 5, 6]
    assert {row.declaration_id is not None for row in entries.rows} == {True}


def test_openings_stand_apart(filled: Context) -> None:
    officer = clauses.officer(filled)
    found = year_figures.read_figure(filled, officer, Asked(2026, opening=True))
    assert [(line.code, line.minutes) for line in found.lines] == [("", 6000)]
    assert [row.minutes for row in year_figures.read_entries(filled, officer, Asked(2026, opening=True)).rows] == [6000]
    assert year_figures.read_figure(filled, officer, Asked(2026)).cell == Cell(4, 1050)


def test_pages_of_entries_hold_each_entry_once(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = clauses.officer(filled)
    monkeypatch.setattr(year_figures, "PER_PAGE", 4)
    pages = [year_figures.read_entries(filled, officer, Asked(2026), page) for page in (1, 2, 9)]
    assert [page.page for page in pages] == [1, 2, 2]
    assert [[row.id for row in page.rows] for page in pages[:2]] == [[1, 2, 3, 4], [5, 6, 8]]


def test_a_frozen_figure_stays_on_its_entries(filled: Context) -> None:
    officer = clauses.officer(filled)
    frozen = snapshots.freeze_year(filled, officer, 2026)
    clauses.validated(filled, 1, 1, 60, month=date(2026, 3, 1))
    asked = Asked(2026, frozen.id, Dimension.ROUTE, "direct_hire")
    assert year_figures.read_figure(filled, officer, asked).cell == Cell(3, 450)
    assert len(year_figures.read_entries(filled, officer, asked).rows) == 6
    assert len(year_figures.read_entries(filled, officer, DIRECT).rows) == 7
    assert [row.id for row in year_figures.entries_since(filled, officer, frozen.id).rows] == [10]
    again = snapshots.freeze_year(filled, officer, 2026)
    assert year_figures.entries_since(filled, officer, frozen.id, again.id).count == 1
    assert year_figures.entries_since(filled, officer, again.id).count == 0


def test_years_with_their_readings(filled: Context) -> None:
    officer = clauses.officer(filled)
    snapshots.freeze_year(filled, officer, 2026)
    found = year_figures.list_years(filled, officer)
    assert [(row.year, row.minutes, len(row.snapshots)) for row in found] == [(2026, 7050, 1), (2025, 999, 0)]


def test_what_nobody_counts_is_not_found(filled: Context) -> None:
    officer = clauses.officer(filled)
    for asked in (Asked(2026, 9), Asked(2026, None, Dimension.ROUTE, "ai"), Asked(2025, opening=True)):
        with pytest.raises(NotFound):
            year_figures.read_figure(filled, officer, asked)


def test_too_many_entries_for_a_workbook_say_so(filled: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year_figures, "MOST_EXPORTED", 3)
    with pytest.raises(RuleRefused, match="6 écritures"):
        year_figures.export_entries(filled, clauses.officer(filled), DIRECT, "xlsx")


def test_the_paper_hides_what_is_small_and_counts_the_month_worked(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    for place in range(12):
        one = clauses.participation(any_ctx, commitment)
        clauses.validated(any_ctx, commitment, one, 60, month=FEBRUARY if place % 2 else JANUARY)
    paper = year_documents.preview_year(any_ctx, clauses.officer(any_ctx), 2026)
    assert paper.months == ((JANUARY, 360), (FEBRUARY, 360))
    assert (paper.total.people, paper.total.minutes) == (12, 720)
    data = year_documents.year_json(paper)
    assert data["dimensions"]["route"] == [
        {"code": "direct_hire", "label": "Embauche directe", "people": 12, "minutes": 720, "hidden": False}
    ]
    assert data["snapshot"] is None
