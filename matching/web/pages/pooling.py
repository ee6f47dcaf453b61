"""Pooling agreements: the list, a new one, and the hours shared under each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from matching.access.permissions import Permission
from matching.clauses.hours import BadHours, parse_hours
from matching.errors import Conflict, FieldError, Invalid, MatchingError, RuleRefused
from matching.services.clauses import pooling
from matching.services.clauses.evidence import ACCEPTED
from matching.services.clauses.pooling import AgreementInput, Document
from matching.text import MONTHS
from matching.web.forms import parse_day
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("pooling", __name__, url_prefix="/mutualisation")


def month_words(month: date) -> str:
    """« octobre 2026 »."""
    return f"{MONTHS[month.month - 1]} {month.year}"


@blueprint.get("")
@requires(Permission.READ_CLAUSES)
def index() -> str:
    return render_template("pooling/index.html", agreements=pooling.list_agreements(context(), actor()))


@blueprint.get("/nouveau")
@requires(Permission.EDIT_CLAUSES)
def new() -> str:
    """First the company, then its commitments: without script, in two steps."""
    return _new_page(_number(request.args.get("entreprise")))


@blueprint.post("/nouveau")
@requires(Permission.EDIT_CLAUSES)
def create() -> str | Response | tuple[str, int]:
    form = request.form
    company = _number(form.get("organisation_id"))
    try:
        made = pooling.register_agreement(context(), actor(), _typed(form, company), _document())
    except (Invalid, RuleRefused) as error:
        return _new_page(company, error, form), 422
    flash("L’accord est enregistré. Vous pouvez répartir des heures.")
    return redirect(url_for("pooling.show", agreement_id=made), 303)


def _typed(form: Mapping[str, str], company: int | None) -> AgreementInput:
    errors: list[FieldError] = []
    days = {name: _day(form, name, errors) for name in ("signed_on", "from_on", "to_on")}
    if errors:
        raise Invalid(pooling.NOT_SAVED, errors)
    ids = [number for text in request.form.getlist("commitment_ids") if (number := _number(text)) is not None]
    return AgreementInput(company, ids, form.get("label", ""), days["signed_on"], days["from_on"], days["to_on"])


def _document() -> Document | None:
    file = request.files.get("document")
    if file is None or not file.filename:
        return None
    return Document(file.read(), file.filename)


def _new_page(company: int | None, error: MatchingError | None = None, typed: Mapping[str, str] | None = None) -> str:
    return render_template(
        "pooling/new.html",
        choices=pooling.register_choices(context(), actor(), company),
        company=company,
        typed=typed or {},
        picked=set(request.form.getlist("commitment_ids")),
        accepted=ACCEPTED,
        error=error,
        errors=_by_field(error),
    )


@blueprint.get("/<int:agreement_id>")
@requires(Permission.READ_CLAUSES)
def show(agreement_id: int) -> str:
    return _page(agreement_id)


@blueprint.post("/<int:agreement_id>")
@requires(Permission.DECIDE_HOURS)
def share(agreement_id: int) -> str | Response | tuple[str, int]:
    """Count minutes of a line for another commitment, or give them back."""
    form = request.form
    try:
        if form.get("cancel"):
            pooling.cancel_allocation(context(), actor(), _number(form["cancel"]) or 0)
            flash("La répartition est annulée : les heures reviennent où elles ont été travaillées.")
        else:
            _share(agreement_id, form)
            flash("Les heures sont réparties. Chaque heure compte une seule fois.")
    except (Conflict, Invalid, RuleRefused) as error:
        return _page(agreement_id, error, form), 409 if isinstance(error, Conflict) else 422
    return redirect(url_for("pooling.show", agreement_id=agreement_id), 303)


def _share(agreement_id: int, form: Mapping[str, str]) -> None:
    line, target = _number(form.get("line_id")), _number(form.get("to_commitment_id"))
    errors = []
    if line is None:
        errors.append(FieldError("line_id", "Choisissez les heures à répartir."))
    if target is None:
        errors.append(FieldError("to_commitment_id", "Choisissez l’engagement qui les reçoit."))
    minutes = None
    try:
        minutes = parse_hours(form.get("minutes", ""))
    except BadHours as error:
        errors.append(FieldError("minutes", error.message))
    if errors:
        raise Invalid(pooling.NOT_SAVED, errors)
    pooling.allocate(context(), actor(), line or 0, agreement_id, target or 0, minutes)


@blueprint.post("/<int:agreement_id>/fin")
@requires(Permission.EDIT_CLAUSES)
def end(agreement_id: int) -> str | Response | tuple[str, int]:
    form = request.form
    errors: list[FieldError] = []
    try:
        day = _day(form, "to_on", errors)
        if errors:
            raise Invalid(pooling.NOT_SAVED, errors)
        pooling.end_agreement(context(), actor(), agreement_id, _number(form.get("version")) or 0, day)
    except (Conflict, Invalid) as error:
        return _page(agreement_id, error, form), 409 if isinstance(error, Conflict) else 422
    flash("La fin de l’accord est notée.")
    return redirect(url_for("pooling.show", agreement_id=agreement_id), 303)


def _page(agreement_id: int, error: MatchingError | None = None, typed: Mapping[str, str] | None = None) -> str:
    sheet = pooling.read_agreement(context(), actor(), agreement_id)
    return render_template(
        "pooling/show.html",
        sheet=sheet,
        targets=[("", "Choisir…"), *((one.commitment_id, one.label) for one in sheet.row.members)],
        lines=[(line.line_id, pooling.line_words(line)) for line in sheet.lines],
        typed=typed or {},
        error=error,
        errors=_by_field(error),
        month_words=month_words,
    )


def _by_field(error: MatchingError | None) -> dict[str, str]:
    return {item.field: item.message for item in getattr(error, "errors", ())}


def _day(form: Mapping[str, str], name: str, errors: list[FieldError]) -> date | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_day(text)
    except ValidationError as error:
        errors.append(FieldError(name, str(error), text))
        return None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
