"""Fairness read apart from the ranking: the manager's own unit; the Département and each unit for a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any

from flask import Blueprint, render_template, request, url_for

from matching.access.permissions import Permission
from matching.errors import Invalid
from matching.placements.fairness import Ratio
from matching.services import fairness
from matching.web.errors import STATUS
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("fairness", __name__, url_prefix="/equite")


@blueprint.get("")
@requires(Permission.READ_FAIRNESS)
def index() -> tuple[str, int]:
    """The Département for a pilot, the own unit for a manager."""
    return _page(None)


@blueprint.get("/unites/<int:unit_id>")
@requires(Permission.READ_FAIRNESS)
def unit(unit_id: int) -> tuple[str, int]:
    """One unit."""
    return _page(unit_id)


def _page(unit_id: int | None) -> tuple[str, int]:
    typed = {"du": request.args.get("du", ""), "au": request.args.get("au", "")}
    reading, refused = None, None
    try:
        first, last = fairness.chosen_period(typed["du"], typed["au"], context().clock.today())
        reading = fairness.read_fairness(context(), actor(), first, last, unit_id)
        typed = {"du": f"{first:%Y-%m}", "au": f"{last:%Y-%m}"}
    except Invalid as error:
        refused = error
    whole = fairness.own_unit(actor()) is None
    page = render_template(
        "fairness/show.html",
        reading=reading,
        refused=refused,
        problems={error.field: error.message for error in refused.errors} if refused else {},
        typed=typed,
        tabs=_tabs(unit_id, typed) if whole else [],
        whole=whole,
        measures=tuple(fairness.Measure),
        place=place,
        percent=fairness.written_percent,
        ratio=fairness.written_ratio,
        decimals=fairness.written_decimals,
    )
    return page, STATUS[Invalid] if refused else 200


def _tabs(unit_id: int | None, period: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """The Département, then each unit: label, address, whether it is the one shown."""
    units = fairness.list_units_read(context(), actor())
    return [
        ("Département", url_for("fairness.index", **period), unit_id is None),
        *((one.name, url_for("fairness.unit", unit_id=one.id, **period), one.id == unit_id) for one in units),
    ]


@dataclass(frozen=True)
class Place:
    """Where a ratio and its interval stand on a drawing 200 wide, 1 in the middle; both ends of it are ½ and 2."""

    at: float
    low: float
    high: float


def place(ratio: Ratio) -> Place:
    """On a scale of logarithms: half as much is as far from the middle as twice as much."""
    at, low, high = (round(100 + 100 * log2(min(2.0, max(0.5, x))), 1) for x in (ratio.value, ratio.low, ratio.high))
    return Place(at, low, high)
