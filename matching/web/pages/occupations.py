"""Occupations found from words, as a fragment for the forms that ask for one."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from matching.access.permissions import Permission
from matching.services.occupations import suggest
from matching.web.guard import requires
from matching.web.session import context

blueprint = Blueprint("occupations", __name__)


@blueprint.get("/metiers")
@requires(Permission.FIND_OCCUPATION)
def search() -> str:
    words = request.args.get("mots", "")[:200]
    template = "occupations/choices.html" if request.headers.get("HX-Request") else "occupations/search.html"
    return render_template(template, words=words, choice=suggest(context(), words) if words.strip() else None)
