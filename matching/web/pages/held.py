"""A commitment as the company that holds it, or works on it, reads it."""

from __future__ import annotations

from flask import Blueprint

from matching.access.permissions import Permission
from matching.services.clauses.buyer_views import holder_view
from matching.web import papers
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("held", __name__, url_prefix="/heures/engagements")


@blueprint.get("/<int:commitment_id>")
@requires(Permission.DECLARE_HOURS)
def show(commitment_id: int) -> str:
    return papers.page("held/show.html", found=holder_view(context(), actor(), commitment_id))
