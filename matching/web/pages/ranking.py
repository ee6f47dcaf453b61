"""The ranked people of an offer: reasons, what would change it, why not somebody, whom to propose."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for

from matching.access.permissions import Permission
from matching.errors import NotFound
from matching.services.ranking import RankedList, Simulation, explain_person, rank_candidates
from matching.services.ranking.mapping import map_points
from matching.terms import Importance, MatchStatus
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("ranking", __name__)

_STEP = 50
_MOST = 500
_KEPT = re.compile(r"toutes|sans|avec|[in][0-9]{1,3}", re.ASCII)
"""What an address of the list may say, for the same list to be opened again longer."""
_NOBODY_NAMED = "Écrivez le nom ou le code d’une personne de votre unité."


@blueprint.get("/offres/<int:offer_id>/personnes")
@requires(Permission.RANK_CANDIDATES)
def people(offer_id: int) -> str:
    simulation = read_simulation()
    top = min(_MOST, max(_STEP, request.args.get("jusqu", _STEP, int)))
    everyone = request.args.get("toutes") == "oui"
    ranked = rank_candidates(context(), actor(), offer_id, simulation=simulation, everyone=everyone, top=top)
    return render_template(
        "ranking/people.html",
        ranked=ranked,
        tiers=[(tier, list(group)) for tier, group in groupby(ranked.people, key=lambda person: person.tier)],
        points=map_points(context(), ranked),
        statuses=[s for s in MatchStatus if s is not MatchStatus.NOT_ASKED],
        importances=list(Importance),
        more=_more(offer_id, ranked, top),
        tried=bool(simulation),
    )


def _more(offer_id: int, ranked: RankedList, top: int) -> str:
    """The same list, longer, opened where this one ends; empty when everybody is shown."""
    if not len(ranked.people) == top < min(_MOST, ranked.considered):
        return ""
    here: dict[str, Any] = {name: values for name, values in request.args.lists() if _KEPT.fullmatch(name)}
    last = f"p{ranked.people[-1].candidate_id}"
    return url_for("ranking.people", offer_id=offer_id, jusqu=min(_MOST, top + _STEP), _anchor=last, **here)


@blueprint.route("/offres/<int:offer_id>/personnes/pourquoi", methods=["GET", "POST"])
@requires(Permission.RANK_CANDIDATES)
def why(offer_id: int) -> str | tuple[str, int]:
    """Why not somebody. Posted: a name must never stand in an address, which is kept and passed on."""
    who = request.form.get("qui", "").replace("\x00", "").strip()[:100]
    try:
        found = explain_person(context(), actor(), offer_id, who)
    except NotFound as error:
        # The offer itself may be out of reach: only the person not found is answered on the page.
        if "Personne" not in error.message:
            raise
        return render_template("ranking/why.html", offer_id=offer_id, who=who, found=(), message=error.message), 404
    told = "" if who or request.method == "GET" else _NOBODY_NAMED
    page = render_template("ranking/why.html", offer_id=offer_id, who=who, found=found, message=told)
    return page, 422 if told else 200


def read_simulation() -> Simulation:
    """The changes asked in the address: what is ticked is dropped, what is said otherwise is changed."""
    importance: dict[int, Importance] = {}
    amount: dict[int, int] = {}
    for name, value in request.args.items():
        position = name[1:]
        if not _is_number(position) or len(position) > 3:
            continue
        if name[0] == "i" and value in set(Importance):
            importance[int(position)] = Importance(value)
        elif name[0] == "n" and _is_number(value) and len(value) < 6:
            amount[int(position)] = int(value)
    return Simulation(
        dropped=tuple(dict.fromkeys(request.args.getlist("sans"))),
        variants=tuple(dict.fromkeys(request.args.getlist("avec"))),
        importance=importance,
        amount=amount,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
