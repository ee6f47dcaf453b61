"""Employers as staff read them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for

from matching.access.permissions import Permission
from matching.services import offers
from matching.services.employers import EmployerFilter, find_employers, get_employer
from matching.services.offers import OfferFilter
from matching.terms import OrganisationKind
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("employers", __name__, url_prefix="/employeurs")


def _filter() -> EmployerFilter:
    page = request.args.get("page", "")
    return EmployerFilter(
        words=request.args.get("q", "").strip()[:100],
        kind=next((kind for kind in OrganisationKind if kind.value == request.args.get("type")), None),
        with_offers=request.args.get("avec_offre") == "1",
        page=int(page) if page.isdecimal() and len(page) < 9 else 1,
    )


def _query(wanted: EmployerFilter) -> dict[str, Any]:
    pairs = {
        "q": wanted.words,
        "type": wanted.kind.value if wanted.kind else "",
        "avec_offre": "1" if wanted.with_offers else "",
        "page": wanted.page if wanted.page > 1 else "",
    }
    return {name: value for name, value in pairs.items() if value}


@blueprint.get("")
@requires(Permission.READ_EMPLOYER)
def index() -> str:
    wanted = _filter()
    first = replace(wanted, page=1)
    chips = []
    if wanted.words:
        chips.append((f"«\u00a0{wanted.words}\u00a0»", replace(first, words="")))
    if wanted.kind:
        chips.append((wanted.kind.label, replace(first, kind=None)))
    if wanted.with_offers:
        chips.append(("Avec une offre en ligne", replace(first, with_offers=False)))
    return render_template(
        "employers/index.html",
        page=find_employers(context(), actor(), wanted),
        wanted=wanted,
        kinds=tuple(OrganisationKind),
        chips=[(label, url_for("employers.index", **_query(other))) for label, other in chips],
        address=lambda **changes: url_for("employers.index", **_query(replace(wanted, **changes))),
    )


@blueprint.get("/<int:organisation_id>")
@requires(Permission.READ_EMPLOYER)
def show(organisation_id: int) -> str:
    sheet = get_employer(context(), actor(), organisation_id)
    wanted = OfferFilter(organisation_id=organisation_id, per_page=50)
    return render_template("employers/show.html", employer=sheet, page=offers.find_offers(context(), actor(), wanted))
