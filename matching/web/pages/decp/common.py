"""What these pages share: the blueprint, its tabs with what waits behind each."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for

from matching.access.permissions import Permission
from matching.services.clauses.amendments import count_waiting
from matching.services.clauses.published_lots import count_possible_lots
from matching.web.session import actor, context

blueprint = Blueprint("decp", __name__, url_prefix="/marches-publies")


def render(template: str, here: str, **values: Any) -> str:
    """A page under its tab; `here` is the endpoint of the tab."""
    return render_template(f"decp/{template}", tabs=_tabs(here), **values)


def _tabs(here: str) -> list[tuple[str, str, bool]]:
    found = [("Importer", "decp.index", 0)]
    if actor().may(Permission.EDIT_CLAUSES):
        found += [
            ("Avenants à décider", "decp.amendments", count_waiting(context(), actor())),
            ("Lots à confirmer", "decp.lots", count_possible_lots(context(), actor())),
            ("Publier", "decp.publishing", 0),
        ]
    return [
        (f"{label} ({count})" if count else label, url_for(endpoint), endpoint == here)
        for label, endpoint, count in found
    ]


def page_asked() -> int:
    """The page number of the address; 1 for anything else."""
    text = request.args.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 8 else 1
