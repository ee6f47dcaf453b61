"""The insertion hours of a year: as of now, frozen, compared, and each figure opened down to its entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.consolidation import Change, Dimension, average_hours, label_of
from matching.clauses.small_cells import HIDDEN, Cell
from matching.clock import PARIS
from matching.errors import Invalid, MatchingError, RuleRefused
from matching.services.clauses import snapshots, year_documents, year_figures
from matching.services.clauses.snapshots import Consolidation, SnapshotRow
from matching.services.clauses.year_figures import Asked
from matching.text import NBSP, written_hours
from matching.web import papers
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("years", __name__, url_prefix="/bilans-annuels")
LONGEST_NOTE = 500


# --- lists and readings --------------------------------------------------------------------------------------------


@blueprint.get("")
@requires(Permission.READ_CLAUSES)
def index() -> str:
    return papers.page("years/index.html", years=year_figures.list_years(context(), actor()))


@blueprint.get("/<int:year>")
@requires(Permission.READ_CLAUSES)
def show(year: int) -> str:
    return _year_page(year)


def _year_page(year: int, error: MatchingError | None = None, note: str = "") -> str:
    found = snapshots.read_year(context(), actor(), year)
    readings = snapshots.list_snapshots(context(), actor(), year)
    return _reading_page("years/show.html", found, None, readings=readings, error=error, note=note)


@blueprint.post("/<int:year>/figer")
@requires(Permission.EDIT_CLAUSES)
def freeze(year: int) -> Response | tuple[str, int]:
    """Keep the year as it is known now."""
    note = request.form.get("note", "")
    try:
        if not request.form.get("confirm"):
            raise Invalid("Cochez la case pour figer : un bilan figé ne peut pas être retiré.")
        if len(note) > LONGEST_NOTE:
            raise Invalid(f"Raccourcissez la note : {LONGEST_NOTE} caractères au plus.")
        made = snapshots.freeze_year(context(), actor(), year, note)
    except (Invalid, RuleRefused) as error:
        return _year_page(year, error, note), 422
    flash(f"L’année {year} est figée sous le numéro {made.id}. Les corrections à venir se liront comme des écarts.")
    return redirect(url_for("years.frozen", snapshot_id=made.id), 303)


@blueprint.get("/figes/<int:snapshot_id>")
@requires(Permission.READ_CLAUSES)
def frozen(snapshot_id: int) -> str:
    row, found = snapshots.read_snapshot(context(), actor(), snapshot_id)
    readings = snapshots.list_snapshots(context(), actor(), row.year)
    return _reading_page("years/frozen.html", found, row, readings=readings)


def _reading_page(template: str, found: Consolidation, row: SnapshotRow | None, **values: Any) -> str:
    return papers.page(
        template, year=found.year, reading=found, row=row, lists=list(_lists(found)), dimensions=tuple(Dimension),
        figure=partial(_figure_address, row.id if row else None, found.year),
        opening_figure=_asked_address("years.figure", Asked(found.year, row.id if row else None, opening=True)),
        tenths=year_documents.written_tenths,
        mean=average_hours(found.whole), **values,
    )  # fmt: skip


@dataclass(frozen=True)
class ShownLine:
    """A line of a list on the officer's page: exact, with the mark of what documents hide."""

    key: str
    label: str
    cell: Cell
    width: float
    average: str
    hidden: bool


def _lists(found: Consolidation) -> list[tuple[Dimension, list[ShownLine]]]:
    lists = []
    for dimension, cells in found.exact.items():
        most = max((cell.minutes for cell in cells.values()), default=0) or 1
        lines = [
            ShownLine(
                key, label_of(dimension, key), cell, round(100 * max(0, cell.minutes) / most, 1),
                year_documents.written_tenths(average_hours(cell)), found.shown[dimension].get(key) is HIDDEN,
            )
            for key, cell in cells.items()
        ]  # fmt: skip
        lists.append((dimension, lines))
    return lists


# --- comparing -----------------------------------------------------------------------------------------------------


@blueprint.get("/figes/<int:snapshot_id>/comparaison")
@requires(Permission.READ_CLAUSES)
def compare(snapshot_id: int) -> str:
    """With now, or with another frozen reading of the same year (`avec`)."""
    other = _number("avec")
    found = snapshots.compare_snapshot(context(), actor(), snapshot_id, other)
    page = _number("page") or 1
    since = year_figures.entries_since(context(), actor(), snapshot_id, other, page)
    others = snapshots.list_snapshots(context(), actor(), found.earlier.year)
    return papers.page(
        "years/compare.html",
        found=found,
        rows=[_moved(change) for change in found.changes],
        since=since,
        signed=signed_hours,
        choices=[("", "Aujourd’hui"), *((str(row.id), reading_name(row)) for row in others if row.id != snapshot_id)],
        name=reading_name,
        other=other,
        address=_pages("years.compare", snapshot_id=snapshot_id, avec=other),
    )


@dataclass(frozen=True)
class Moved:
    """A figure that moved, in words."""

    subject: str
    label: str
    before: Cell
    after: Cell
    people: str
    minutes: str


def _moved(change: Change) -> Moved:
    subject = change.dimension.label if change.dimension else "Ensemble"
    label = label_of(change.dimension, change.key) if change.dimension else ""
    return Moved(subject, label, change.before, change.after, signed(change.people), signed_hours(change.minutes))


def signed(number: int) -> str:
    """« +3 », « −1 », « 0 »."""
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{abs(number)}"


def signed_hours(minutes: int) -> str:
    """« +12 h 30 », « −1 h »."""
    return ("+" if minutes > 0 else "−" if minutes < 0 else "") + written_hours(abs(minutes))


def reading_name(row: SnapshotRow) -> str:
    """« n° 3 du 12/01/2027 »."""
    return f"n°{NBSP}{row.id} du {row.made_at.astimezone(PARIS):%d/%m/%Y}"


# --- a figure, opened ----------------------------------------------------------------------------------------------


def _figure_address(snapshot_id: int | None, year: int, dimension: Dimension | None, key: str = "") -> str:
    asked = Asked(year, snapshot_id, dimension, key)
    return _asked_address("years.figure", asked)


def _asked_address(endpoint: str, asked: Asked, **more: Any) -> str:
    """The address of a page about a figure: codes only."""
    pairs: dict[str, Any] = {"annee": asked.year} if asked.snapshot_id is None else {"bilan": asked.snapshot_id}
    if asked.dimension is not None:
        pairs |= {"par": asked.dimension.value, "cle": asked.key}
    if asked.opening:
        pairs["par"] = "reprises"
    if asked.commitment_id is not None:
        pairs |= {"engagement": asked.commitment_id, "participation": asked.participation_id}
    return url_for(endpoint, **pairs, **{name: value for name, value in more.items() if value})


def _asked() -> Asked:
    by = request.args.get("par", "")
    dimension = next((one for one in Dimension if one.value == by), None)
    if by and by != "reprises" and dimension is None:
        abort(404)
    year = _number("annee")
    snapshot_id = _number("bilan")
    return Asked(
        year if year is not None else context().clock.today().year,
        snapshot_id,
        dimension,
        request.args.get("cle", "")[:120] if dimension else "",
        by == "reprises",
        _number("engagement"),
        _number("participation"),
    )


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


@blueprint.get("/chiffre")
@requires(Permission.READ_CLAUSES)
def figure() -> str:
    """The participations that a figure counts."""
    asked = _asked()
    found = year_figures.read_figure(context(), actor(), asked, _number("page") or 1)
    return papers.page(
        "years/figure.html",
        found=found,
        back=_back(found.of_snapshot, found.year),
        entries=_asked_address("years.entries", asked),
        workbook=_asked_address("years.entries_file", asked, kind="xlsx"),
        line=lambda line: _asked_address("years.entries", _of_line(asked, line.commitment_id, line.participation_id)),
        address=lambda page: _asked_address("years.figure", asked, page=page),
    )


def _of_line(asked: Asked, commitment_id: int | None, participation_id: int | None) -> Asked:
    return Asked(
        asked.year, asked.snapshot_id, asked.dimension, asked.key, asked.opening, commitment_id, participation_id
    )


@blueprint.get("/ecritures")
@requires(Permission.READ_CLAUSES)
def entries() -> str:
    """The ledger entries behind a figure."""
    asked = _asked()
    found = year_figures.read_entries(context(), actor(), asked, _number("page") or 1)
    return papers.page(
        "years/entries.html",
        found=found,
        back=_back(found.of_snapshot, found.year),
        figure=_asked_address("years.figure", _of_line(asked, None, None)),
        workbook=_asked_address("years.entries_file", asked, kind="xlsx"),
        signed=signed_hours,
        address=lambda page: _asked_address("years.entries", asked, page=page),
    )


@blueprint.get("/ecritures.<any(csv, xlsx):kind>")
@requires(Permission.READ_CLAUSES)
def entries_file(kind: str) -> Response:
    """All of them in a file with both dates, for the Département only."""
    content = year_figures.export_entries(context(), actor(), _asked(), kind)
    return papers.attachment(content, f"ecritures.{kind}", papers.XLSX if kind == "xlsx" else papers.CSV)


def _back(row: SnapshotRow | None, year: int) -> tuple[str, str]:
    if row is None:
        return f"Année {year}", url_for("years.show", year=year)
    return f"Bilan {year} figé, {reading_name(row)}", url_for("years.frozen", snapshot_id=row.id)


def _pages(endpoint: str, **values: Any) -> Callable[..., str]:
    kept = {name: value for name, value in values.items() if value is not None}
    return lambda page: url_for(endpoint, **kept, page=page)


# --- documents -----------------------------------------------------------------------------------------------------


@blueprint.get("/<int:year>/bilan.<any(csv, xlsx, pdf):kind>")
@requires(Permission.READ_CLAUSES)
def year_file(year: int, kind: str) -> Response:
    return _file(year, None, kind, url_for("years.show", year=year))


@blueprint.get("/figes/<int:snapshot_id>/bilan.<any(csv, xlsx, pdf):kind>")
@requires(Permission.READ_CLAUSES)
def frozen_file(snapshot_id: int, kind: str) -> Response:
    return _file(0, snapshot_id, kind, url_for("years.frozen", snapshot_id=snapshot_id))


def _file(year: int, snapshot_id: int | None, kind: str, instead: str) -> Response:
    """What may leave the Département: small cells are hidden in every file."""
    issue = partial(year_documents.issue_year, context(), actor(), year, kind, snapshot_id)
    if kind == "pdf":
        # Out of reach is told before a missing library.
        name = year_documents.preview_year(context(), actor(), year, snapshot_id).file_name
        return papers.pdf_answer("years/print.html", name, instead, issue)
    paper = issue()
    if kind == "csv":
        return papers.attachment(year_documents.year_csv(paper), f"{paper.file_name}.csv", papers.CSV)
    return papers.attachment(year_documents.year_workbook(paper), f"{paper.file_name}.xlsx", papers.XLSX)
