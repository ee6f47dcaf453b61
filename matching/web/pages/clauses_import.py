"""Taking over a register kept in a spreadsheet: choose, send, mend line by line, see what changes, confirm."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.errors import Conflict, FieldError, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services.clauses.importing import KINDS, FileKind, ImportReport
from matching.services.clauses.importing.mending import NOTHING, Mending, bad_rows, mended, to_mend
from matching.services.clauses.importing.reading import TO_MEND, read_within_limits
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("clauses_import", __name__, url_prefix="/reprise")
Page = Response | str | tuple[str, int]

_BY_SLUG = {kind.slug: kind for kind in KINDS.values()}
_KEPT_FOR = timedelta(minutes=30)
_MOST_FILES = 20
_SHOWN = 200
_CELL = re.compile(r"cell-([0-9]{1,6})-([0-9]{1,3})")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Upload:
    """A file being mended or waiting to be confirmed by the one who sent it."""

    user_id: int
    kind: FileKind
    name: str
    content: bytes
    mending: Mending
    until: datetime


# --- the files that wait -------------------------------------------------------------------------------------


def _shelf() -> dict[str, Upload]:
    """The files waiting in this process, those too old taken away."""
    shelf = cast(dict[str, Upload], context().memory.setdefault("clause_uploads", {}))
    now = context().clock.now()
    for token in [token for token, upload in list(shelf.items()) if upload.until <= now]:
        shelf.pop(token, None)
    return shelf


def _keep(upload: Upload) -> str:
    shelf = _shelf()
    while len(shelf) >= _MOST_FILES:
        shelf.pop(min(shelf, key=lambda token: shelf[token].until), None)
    token = secrets.token_urlsafe(24)
    shelf[token] = upload
    return token


def _waiting(kind: FileKind) -> tuple[str, Upload] | None:
    """The file that the form speaks of; None when it is no longer kept, or is somebody else's."""
    token = request.form.get("token", "")
    found = _shelf().get(token)
    if found is None or found.user_id != actor().user_id or found.kind is not kind:
        return None
    return token, found


def _kind(slug: str) -> FileKind:
    found = _BY_SLUG.get(slug)
    if found is None:
        abort(404)
    return found


# --- pages ---------------------------------------------------------------------------------------------------


@blueprint.get("")
@requires(Permission.IMPORT_CLAUSES)
def index() -> str:
    """Choose what to take over."""
    return render_template("clauses_import/index.html", kinds=KINDS.values())


@blueprint.get("/<any(engagements, participants, heures):slug>")
@requires(Permission.IMPORT_CLAUSES)
def upload(slug: str) -> Page:
    """Choose a file; what each column takes."""
    return _upload_page(_kind(slug))


def _upload_page(kind: FileKind, message: str = "", errors: tuple[FieldError, ...] = ()) -> Page:
    page = render_template("clauses_import/upload.html", kind=kind, message=message, errors=errors)
    return (page, 422) if message else page


@blueprint.get("/<any(engagements, participants, heures):slug>/modele.<any(csv, xlsx):kind>")
@requires(Permission.IMPORT_CLAUSES)
def template(slug: str, kind: str) -> Response:
    """The file to fill, with one example line."""
    return _file(f"modele-{slug}", kind, *_kind(slug).template())


def _file(name: str, ending: str, headers: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Response:
    content = write_csv(headers, rows) if ending == "csv" else write_xlsx(headers, rows)
    mime = "text/csv; charset=utf-8" if ending == "csv" else _XLSX
    answer = Response(content, mimetype=mime)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


@blueprint.post("/<any(engagements, participants, heures):slug>")
@requires(Permission.IMPORT_CLAUSES)
def check(slug: str) -> Page:
    """What is to mend in the file, or what taking it over will change."""
    kind = _kind(slug)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _upload_page(kind, "Choisissez un fichier CSV ou Excel (.xlsx).")
    until = context().clock.now() + _KEPT_FOR
    return _look(Upload(actor().user_id, kind, sent.filename[:160], sent.read(), NOTHING, until))


@blueprint.post("/<any(engagements, participants, heures):slug>/corriger")
@requires(Permission.IMPORT_CLAUSES)
def mend(slug: str) -> Page:
    """Cells written again on the page and lines left out, then everything checked again."""
    kind = _kind(slug)
    if (waiting := _waiting(kind)) is None:
        return _too_late(kind)
    token, found = waiting
    until = context().clock.now() + _KEPT_FOR
    again = replace(found, mending=found.mending.with_more(_typed_cells(), _dropped()), until=until)
    return _look(again, token)


def _typed_cells() -> dict[tuple[int, int], str]:
    found = {}
    for name, text in request.form.items():
        if place := _CELL.fullmatch(name):
            found[int(place[1]), int(place[2])] = text.replace("\x00", "")
    return found


def _dropped() -> set[int]:
    return {int(line) for line in request.form.getlist("drop") if line.isascii() and line.isdecimal() and len(line) < 7}


@blueprint.post("/<any(engagements, participants, heures):slug>/lignes")
@requires(Permission.IMPORT_CLAUSES)
def lines(slug: str) -> Page:
    """The lines to mend, as a file of their own."""
    kind = _kind(slug)
    if (waiting := _waiting(kind)) is None:
        return _too_late(kind)
    found = waiting[1]
    try:
        _run(found, dry_run=True)
    except Invalid as error:
        table = mended(read_within_limits(found.content), found.mending)
        return _file(f"a-corriger-{slug}", "csv", *bad_rows(table, error.errors))
    return _look(found, waiting[0])


@blueprint.post("/<any(engagements, participants, heures):slug>/confirmer")
@requires(Permission.IMPORT_CLAUSES)
def confirm(slug: str) -> Page:
    """Take over the file that was seen: it is checked again, all of it or nothing."""
    kind = _kind(slug)
    if (waiting := _waiting(kind)) is None:
        return _too_late(kind)
    token, found = waiting
    try:
        report = _run(found, dry_run=False)
    except Invalid:
        return _look(found, token)  # somebody changed something between the page and the confirmation
    except Conflict as conflict:
        return _upload_page(kind, conflict.message)
    _shelf().pop(token, None)
    flash(report.message, "success")
    return redirect(url_for("clauses_import.index"), 303)


def _too_late(kind: FileKind) -> Page:
    return _upload_page(kind, "Le fichier n’est plus gardé : choisissez-le de nouveau.")


# --- looking at a file ---------------------------------------------------------------------------------------


def _run(found: Upload, *, dry_run: bool) -> ImportReport:
    return found.kind.run(context(), actor(), found.content, found.name, dry_run, found.mending)


def _look(found: Upload, token: str = "") -> Page:
    """The page of what is to mend, or of what will change; the file is kept for the next step."""
    try:
        report = _run(found, dry_run=True)
    except Invalid as error:
        if error.data.get("reason") != TO_MEND:
            return _upload_page(found.kind, error.message, error.errors)
        return _mending(found, error, _kept(found, token)), 422
    rows = sorted(report.rows, key=lambda row: (row.same, not row.note, row.line))
    return render_template(
        "clauses_import/preview.html",
        kind=found.kind,
        name=found.name,
        report=report,
        rows=rows[:_SHOWN],
        hidden=max(0, len(rows) - _SHOWN),
        token=_kept(found, token),
        dropped=len(found.mending.dropped),
    )


def _kept(found: Upload, token: str) -> str:
    if not token:
        return _keep(found)
    _shelf()[token] = found
    return token


def _mending(found: Upload, error: Invalid, token: str) -> str:
    table = mended(read_within_limits(found.content), found.mending)
    wanted = to_mend(table, error.errors)
    bad = len({one.error.line for one in wanted})
    return render_template(
        "clauses_import/mend.html",
        kind=found.kind,
        name=found.name,
        message=error.message,
        wanted=wanted,
        ready=len(table.rows) - bad,
        bad=bad,
        token=token,
    )
