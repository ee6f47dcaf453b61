"""The audit trail, read and checked."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from wtforms.validators import ValidationError

from matching.access.permissions import Permission
from matching.services import journal as service
from matching.web.forms import parse_day
from matching.web.guard import requires
from matching.web.pages.admin.actions import action_label, subject_label
from matching.web.pages.admin.common import blueprint, chosen_id, page_number
from matching.web.session import actor, context


@blueprint.get("/administration/journal")
@requires(Permission.READ_TRAIL)
def journal() -> str:
    """Who did what, when: the latest first. `verifier=1` goes through the whole chain."""
    since, bad_since = _day("du")
    until, bad_until = _day("au")
    page = service.read_trail(
        context(),
        actor(),
        action=request.args.get("action", ""),
        actor_id=chosen_id("qui"),
        subject_type=request.args.get("objet", ""),
        subject_id=chosen_id("numero"),
        since=since,
        until=until,
        page=page_number(),
    )
    check = service.check_trail(context(), actor()) if request.args.get("verifier") == "1" else None
    return render_template(
        "admin/journal.html",
        found=page,
        check=check,
        bad={"du": bad_since, "au": bad_until},
        action_label=action_label,
        subject_label=subject_label,
    )


def _day(name: str) -> tuple[date | None, str]:
    """A day of the address, or what is wrong with it."""
    typed = request.args.get(name, "").strip()
    try:
        return (parse_day(typed), "") if typed else (None, "")
    except ValidationError as error:
        return None, str(error)
