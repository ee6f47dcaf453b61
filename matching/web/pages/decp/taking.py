"""Taking over what a buyer publishes: choose the file and the buyer, read the report, confirm."""

from __future__ import annotations

import io
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid
from matching.exchange.decp import Outcome
from matching.exchange.tables import write_csv
from matching.services.clauses.commitments import known_organisations
from matching.services.clauses.decp_import import DecpReport, import_decp
from matching.terms import OrganisationKind
from matching.web.commitment_form import BUYER_KINDS, read_organisation
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go
from matching.web.pages.decp.common import blueprint, render
from matching.web.session import actor, context
from matching.web.typed import Typed

_KEPT_FOR = timedelta(minutes=30)
_MOST_FILES = 10
_SHOWN = 200
_ORDER = (Outcome.REFUSED, Outcome.WARNED, Outcome.ACCEPTED)


@dataclass(frozen=True)
class Upload:
    """A file waiting for its buyer or its confirmation, compressed: JSON shrinks tenfold."""

    user_id: int
    name: str
    packed: bytes
    until: datetime


@blueprint.get("")
@requires(Permission.IMPORT_CLAUSES)
def index() -> Page:
    """Choose a file and its buyer."""
    return _choose(Typed({}))


@blueprint.post("/verifier")
@requires(Permission.IMPORT_CLAUSES)
def preview() -> Page:
    """The report of the file, record by record; nothing is written."""
    form = Typed(request.form)
    token = _received()
    if token is None:
        _ask_file(form)
        return _choose(form), 422
    tried = attempt(form, lambda: _import(form, token, dry_run=True))
    if not tried.done:
        # The buyer is to mend: the file itself is kept, unless it is the one that cannot be read.
        bad_file = "" in form.errors
        return _choose(form, "" if bad_file else token), tried.status
    report: DecpReport = tried.result
    told = sorted((one for one in report.reported if one.outcome in _ORDER), key=lambda one: _ORDER.index(one.outcome))
    return render(
        "preview.html",
        "decp.index",
        form=form,
        token=token,
        name=_shelf()[token].name,
        report=report,
        told=[one for one in told if one.outcome is not Outcome.ACCEPTED][:_SHOWN],
        accepted=[one for one in told if one.outcome is Outcome.ACCEPTED][:_SHOWN],
        outcomes=[(outcome, report.outcomes[outcome]) for outcome in Outcome],
        most=_SHOWN,
    )


@blueprint.post("/importer")
@requires(Permission.IMPORT_CLAUSES)
def confirm() -> Page:
    """Take over the file that was looked at: it is read again, all of it or nothing."""
    form, token = Typed(request.form), _kept()
    if token is None:
        _ask_file(form)
        return _choose(form), 422
    tried = attempt(form, lambda: _import(form, token, dry_run=False))
    if not tried.done:
        return _choose(form, token), tried.status
    report: DecpReport = tried.result
    _shelf().pop(token, None)
    flash(report.message, "success")
    return go(url_for("decp.amendments" if report.amendments else "decp.index"))


@blueprint.post("/rapport")
@requires(Permission.IMPORT_CLAUSES)
def report_file() -> Page:
    """Every record with what became of it, as a file."""
    form, token = Typed(request.form), _kept()
    if token is None:
        _ask_file(form)
        return _choose(form), 422
    tried = attempt(form, lambda: _import(form, token, dry_run=True))
    if not tried.done:
        return _choose(form, token), tried.status
    answer = Response(write_csv(_HEADERS, _lines(tried.result)), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="rapport-decp.csv"'
    return answer


_HEADERS = ("Fiche", "Identifiant", "Résultat", "Champ", "Lu", "Remarque")


def _lines(report: DecpReport) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for one in report.reported:
        head = (str(one.number), one.id, one.outcome.label)
        found += [(*head, item.field, item.read, item.message) for item in one.warnings] or [
            (*head, "", "", one.reason)
        ]
    return found


def _import(form: Typed, token: str, *, dry_run: bool) -> DecpReport:
    content = zlib.decompress(_shelf()[token].packed)
    file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig")
    buyer = read_organisation(form, "buyer", OrganisationKind.LOCAL_AUTHORITY)
    return import_decp(context(), actor(), file, buyer, dry_run=dry_run)


def _choose(form: Typed, token: str = "") -> str:
    kept = _shelf().get(token)
    return render(
        "index.html",
        "decp.index",
        form=form,
        token=token if kept else "",
        name=kept.name if kept else "",
        most=context().settings.upload_max_bytes,
        kinds=[(kind.value, kind.label) for kind in BUYER_KINDS],
        organisations=known_organisations(context(), actor()),
    )


def _ask_file(form: Typed) -> None:
    message = "Choisissez le fichier JSON publié par l’acheteur. Un fichier déjà envoyé n’est gardé qu’une demi-heure."
    form.fail(Invalid(message, [FieldError("file", message)]))


# --- the files that wait -------------------------------------------------------------------------------------


def _shelf() -> dict[str, Upload]:
    """The files waiting in this process, those too old taken away."""
    shelf = cast(dict[str, Upload], context().memory.setdefault("decp_uploads", {}))
    now = context().clock.now()
    for token in [token for token, upload in list(shelf.items()) if upload.until <= now]:
        shelf.pop(token, None)
    return shelf


def _received() -> str | None:
    """The file just sent, or the one already kept."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _kept()
    shelf = _shelf()
    while len(shelf) >= _MOST_FILES:
        shelf.pop(min(shelf, key=lambda token: shelf[token].until), None)
    token = secrets.token_urlsafe(24)
    packed = zlib.compress(sent.read(), 1)
    shelf[token] = Upload(actor().user_id, sent.filename[:160], packed, context().clock.now() + _KEPT_FOR)
    return token


def _kept() -> str | None:
    """The file that the form speaks of; None when it is no longer kept, or is somebody else's."""
    token = request.form.get("token", "")
    found = _shelf().get(token)
    return token if found is not None and found.user_id == actor().user_id else None
