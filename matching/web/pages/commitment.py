"""The page of a commitment, its ledger and its history, as clause officers follow it."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.progress import written_missing, written_points
from matching.exchange.tables import write_csv
from matching.exchange.values import show_minutes
from matching.exchange.workbook import CellValue, Minutes, Sheet, write_workbook
from matching.services.clauses import progress
from matching.services.clauses.documents import written_month
from matching.services.clauses.history import read_history
from matching.services.clauses.progress import EntryLine
from matching.web import papers
from matching.web.charts import NARROW, WIDE, draw_progress
from matching.web.guard import requires
from matching.web.pages.admin.actions import action_label
from matching.web.session import actor, context

blueprint = Blueprint("commitment", __name__, url_prefix="/engagements/<int:commitment_id>")

MONTHS_SHOWN, PEOPLE_SHOWN, EVENTS_SHOWN = 6, 20, 6
_HEADS = ("Écriture", "Nature", "Code", "Mois travaillé", "Du", "Au", "Heures", "Enregistrée le", "Par", "Annule")


@blueprint.get("")
@requires(Permission.READ_CLAUSES)
def show(commitment_id: int) -> str:
    page = progress.read_follow_up(context(), actor(), commitment_id)
    view = page.view
    drawings = [(name, draw_progress(view.points, view.today, frame)) for name, frame in _FRAMES]
    return render_template(
        "commitment/show.html",
        page=page,
        view=view,
        drawings=[(name, drawing) for name, drawing in drawings if drawing],
        missing=written_missing(view.due_at_end, view.forecast),
        gap=written_points(view.standing.index_points) if view.standing.index_points is not None else "",
        month_name=written_month,
        action=action_label,
        shown={"months": MONTHS_SHOWN, "people": PEOPLE_SHOWN, "events": EVENTS_SHOWN},
    )


_FRAMES = (("wide", WIDE), ("narrow", NARROW))


@blueprint.get("/historique")
@requires(Permission.READ_CLAUSES)
def history(commitment_id: int) -> str:
    typed = request.args.get("avant", "")
    before = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None
    page = read_history(context(), actor(), commitment_id, before)
    return render_template("commitment/history.html", page=page, action=action_label)


@blueprint.get("/grand-livre")
@requires(Permission.READ_CLAUSES)
def ledger(commitment_id: int) -> str:
    typed = request.args.get("depuis", "")
    since = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    page = progress.list_entries(context(), actor(), commitment_id, since)
    return render_template("commitment/ledger.html", page=page, since=since, month_name=written_month)


@blueprint.get("/grand-livre.csv")
@requires(Permission.READ_CLAUSES)
def ledger_csv(commitment_id: int) -> Response:
    lines = progress.export_entries(context(), actor(), commitment_id)
    rows = [[show_minutes_signed(cell) if isinstance(cell, Minutes) else cell for cell in _cells(one)] for one in lines]
    return papers.attachment(write_csv(_HEADS, rows), f"grand-livre-{commitment_id}.csv", papers.CSV)


@blueprint.get("/grand-livre.xlsx")
@requires(Permission.READ_CLAUSES)
def ledger_xlsx(commitment_id: int) -> Response:
    lines = progress.export_entries(context(), actor(), commitment_id)
    book = write_workbook([Sheet("Grand livre", _HEADS, [_cells(one) for one in lines])])
    return papers.attachment(book, f"grand-livre-{commitment_id}.xlsx", papers.XLSX)


def show_minutes_signed(cell: Minutes) -> str:
    """« -12h30 »: as a spreadsheet reads a duration taken back."""
    return f"-{show_minutes(-cell.minutes)}" if cell.minutes < 0 else show_minutes(cell.minutes)


def _cells(one: EntryLine) -> list[CellValue]:
    return [
        one.number,
        one.kind,
        one.code,
        one.month,
        one.worked_from,
        one.worked_to,
        Minutes(one.minutes),
        one.recorded_at.date(),
        one.by,
        one.reverses,
    ]
