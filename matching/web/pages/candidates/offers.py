"""The nearest offers of a person, what would open more; people whom nobody proposed for a while, and why."""

from __future__ import annotations

from itertools import groupby

from flask import request, url_for

from matching.access.permissions import Permission
from matching.services import candidates
from matching.services.ranking import levers_of_person, levers_of_portfolio, people_without_proposal, rank_offers
from matching.services.ranking.forgotten import DAYS, follows_somebody
from matching.services.ranking.offer_lists import TOP
from matching.terms import MatchStatus, Role
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.session import actor, context

_MOST = 500


@blueprint.get("/<int:candidate_id>/offres")
@requires(Permission.RANK_CANDIDATES)
def offers(candidate_id: int) -> str:
    """Open offers in order, with their reasons, and the levers."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="offers")
    top = min(_MOST, max(TOP, request.args.get("jusqu", TOP, int)))
    ranked = rank_offers(context(), actor(), candidate_id, top=top)
    return forms.render(
        "offers.html",
        file=file,
        ranked=ranked,
        tiers=[(tier, list(group)) for tier, group in groupby(ranked.offers, key=lambda offer: offer.person.tier)],
        levers=levers_of_person(context(), actor(), candidate_id),
        statuses=[status for status in MatchStatus if status is not MatchStatus.NOT_ASKED],
        tab="offers",
        step=TOP,
        more=min(_MOST, top + TOP) if len(ranked.offers) == top < min(_MOST, ranked.considered) else None,
    )


@blueprint.get("/leviers")
@requires(Permission.RANK_CANDIDATES)
def levers() -> str:
    """What would open most offers to the people that the reader follows, and to whom."""
    return forms.render("levers.html", levers=levers_of_portfolio(context(), actor()))


@blueprint.get("/sans-proposition")
@requires(Permission.RANK_CANDIDATES)
def forgotten() -> str:
    """The unit's people without any proposal for some days, and why for each."""
    days = request.args.get("jours", DAYS[0], int)
    found = people_without_proposal(
        context(),
        actor(),
        days=days if days in DAYS else DAYS[0],
        mine=_only_mine(),
        page=max(1, min(request.args.get("page", 1, int), 10_000)),
    )

    def address(page: int) -> str:
        here = "moi" if found.mine else "unite"
        return url_for("candidates.forgotten", jours=found.days, qui=here, page=page)

    return forms.render(
        "forgotten.html",
        found=found,
        choices=DAYS,
        address=address,
        follows_nobody=found.mine and not found.total and not follows_somebody(context(), actor()),
    )


def _only_mine() -> bool:
    """As asked; a manager looks at the whole unit unless they say otherwise."""
    asked = request.args.get("qui")
    return asked == "moi" if asked in ("moi", "unite") else actor().role is not Role.UNIT_MANAGER
