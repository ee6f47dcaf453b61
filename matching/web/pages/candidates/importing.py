"""Importing people: a file, its errors in a table or what it will change, then the import."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import Response, flash, redirect, request, url_for

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid
from matching.services.import_candidates import candidate_template, import_candidates
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.forms import Page, Typed
from matching.web.pages.candidates.listing import table_file
from matching.web.session import actor, context

_KEPT_FOR = timedelta(minutes=30)
_MOST_FILES = 20


@dataclass(frozen=True)
class Upload:
    """A file waiting to be confirmed by the one who sent it."""

    user_id: int
    name: str
    content: bytes
    until: datetime


def _shelf() -> dict[str, Upload]:
    """The files waiting in this process, those too old taken away."""
    shelf = cast(dict[str, Upload], context().memory.setdefault("candidate_uploads", {}))
    now = context().clock.now()
    for token in [token for token, upload in shelf.items() if upload.until <= now]:
        del shelf[token]
    return shelf


def _keep(name: str, content: bytes) -> str:
    shelf = _shelf()
    while len(shelf) >= _MOST_FILES:
        del shelf[min(shelf, key=lambda token: shelf[token].until)]
    token = secrets.token_urlsafe(24)
    shelf[token] = Upload(actor().user_id, name, content, context().clock.now() + _KEPT_FOR)
    return token


@blueprint.get("/importer")
@requires(Permission.IMPORT_CANDIDATES)
def upload() -> Page:
    """Choose a file."""
    return forms.render("import.html")


@blueprint.get("/importer/modele.<any(csv, xlsx):kind>")
@requires(Permission.IMPORT_CANDIDATES)
def template(kind: str) -> Response:
    """The file to fill, with one example line."""
    headers, rows = candidate_template()
    return table_file("modele-personnes", kind, headers, rows)


@blueprint.post("/importer")
@requires(Permission.IMPORT_CANDIDATES)
def preview() -> Page:
    """The errors of the file, or what importing it will change."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        missing = (FieldError("file", "Choisissez un fichier CSV ou Excel (.xlsx)."),)
        return forms.render("import.html", Typed(errors=missing)), 422
    content = sent.read()
    try:
        report = import_candidates(context(), actor(), content, sent.filename, dry_run=True)
    except Invalid as error:
        return _errors(error, sent.filename)
    return forms.render("preview.html", report=report, name=sent.filename, token=_keep(sent.filename, content))


def _errors(error: Invalid, name: str) -> Page:
    form = Typed(errors=error.errors or (FieldError("file", error.message),), message=error.message)
    lines = [item for item in error.errors if item.line is not None]
    return forms.render("import.html", form, name=name, lines=lines), 422


@blueprint.post("/importer/confirmer")
@requires(Permission.IMPORT_CANDIDATES)
def confirm() -> Page:
    """Import the file that was previewed: it is checked again, all of it or nothing."""
    kept = _shelf().get(forms.text("token"))
    if kept is None or kept.user_id != actor().user_id:
        late = (FieldError("file", "Le fichier n’est plus gardé : choisissez-le de nouveau."),)
        return forms.render("import.html", Typed(errors=late)), 422
    try:
        report = import_candidates(context(), actor(), kept.content, kept.name, dry_run=False)
    except Invalid as error:
        return _errors(error, kept.name)
    del _shelf()[forms.text("token")]
    flash(report.message, "success")
    return redirect(url_for("candidates.index", sort="updated", sens="desc"), 303)
