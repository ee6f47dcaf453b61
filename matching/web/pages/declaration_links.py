"""The links an officer gives a company to declare a month without an account."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.follow import written_month
from matching.clauses.progress import month_end
from matching.errors import Invalid, NotFound
from matching.services.clauses import declaring, links
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("declaration_links", __name__, url_prefix="/engagements/<int:commitment_id>/liens")


@blueprint.get("")
@requires(Permission.EDIT_CLAUSES)
def index(commitment_id: int) -> str:
    return _page(commitment_id)


def _page(commitment_id: int, error: Invalid | None = None, made: dict[str, Any] | None = None) -> str:
    page = links.list_links(context(), actor(), commitment_id)
    today = context().clock.today()
    return render_template(
        "declaration_links/index.html",
        page=page,
        months=[("", "Choisir…"), *((f"{month:%Y-%m}", _named(month, today)) for month in page.months)],
        companies=[("", "Choisir…"), *page.companies] if len(page.companies) != 1 else page.companies,
        error=error,
        fields={item.field: item.message for item in error.errors} if error else {},
        typed=request.form or {"month": request.args.get("mois", "")},
        default_days=links.DEFAULT_DAYS,
        made=made,
        written_month=written_month,
    )


def _named(month: date, today: date) -> str:
    name = written_month(month)
    return f"{name} (pas encore fini)" if month_end(month) > today else name


@blueprint.post("")
@requires(Permission.EDIT_CLAUSES)
def create(commitment_id: int) -> Any:
    """Answers with the page itself, not elsewhere: the link is told this once and kept nowhere."""
    try:
        made = links.create_link(
            context(), actor(), commitment_id, _number("organisation_id"), _month(), _number("days")
        )
    except Invalid as error:
        return _page(commitment_id, error), 422
    address = url_for("declare.link_month", token=made.token, _external=True)
    subject, text = links.mail_of(made, address, context().settings.departement)
    return _page(commitment_id, made={"link": made, "address": address, "subject": subject, "text": text})


@blueprint.post("/retirer")
@requires(Permission.EDIT_CLAUSES)
def revoke(commitment_id: int) -> Response:
    links.revoke_link(context(), actor(), commitment_id, _number("link_id") or 0)
    flash("Le lien est retiré\u00a0: il n’ouvre plus rien.")
    return redirect(url_for("declaration_links.index", commitment_id=commitment_id), 303)


def _number(name: str) -> int | None:
    typed = request.form.get(name, "").strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None


def _month() -> Any:
    try:
        return declaring.read_month(request.form.get("month", ""))
    except NotFound:
        return None
