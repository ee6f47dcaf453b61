"""The first screen of everybody."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.services.search import SHOWN, search_all
from matching.services.today import Task, read_today
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("today", __name__)

_KEYS = {
    "proposals": "proposal_id",
    "candidates": "candidate_id",
    "offers": "offer_id",
    "employer": "offer_id",
    "commitment": "commitment_id",
    "commitments": "commitment_id",
    "declarations": "declaration_id",
    "declare": "commitment_id",
    "participants": "participation_id",
    "certificates": "commitment_id",
    "buyer": "commitment_id",
    "fairness": "unit_id",
}


@blueprint.get("/")
@requires(Permission.SEE_TODAY)
def start() -> Response:
    return redirect(url_for("today.show"))


@blueprint.get("/aujourdhui")
@requires(Permission.SEE_TODAY)
def show() -> str:
    return render_template("today/show.html", today_work=read_today(context(), actor()), address=_address)


@blueprint.post("/recherche")
@requires(Permission.READ_CANDIDATE)
def search() -> str:
    """Posted: a name must never stand in an address, which is kept and passed on."""
    found = search_all(context(), actor(), request.form.get("mots", ""))
    groups = [
        ("Personnes", found.people, "candidates.show", "candidate_id"),
        ("Offres", found.offers, "offers.show", "offer_id"),
        ("Employeurs", found.employers, "employers.show", "organisation_id"),
    ]
    return render_template("today/found.html", found=found, groups=groups, most=SHOWN)


@blueprint.get("/recherche")
@requires(Permission.READ_CANDIDATE)
def search_again() -> Response:
    """A reloaded or shared address: back to the box."""
    return redirect(url_for("today.show"))


def _address(task: Task) -> str:
    """Where a task leads; the first page when that part of the product is not there."""
    if task.page not in current_app.view_functions:
        return url_for("today.show")
    if task.key is None:
        return url_for(task.page)
    values: dict[str, Any] = {_KEYS[task.page.split(".")[0]]: task.key}
    return url_for(task.page, **values)
