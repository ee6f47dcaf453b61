"""A partner employer's own offers: post, see what stops them, follow them. No person is shown in this version."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for

from matching.access.permissions import Permission
from matching.services import offers
from matching.services.offers import OfferFilter
from matching.terms import OfferState
from matching.web.guard import requires
from matching.web.offer_views import Page, change_page, confirm_page, edit_page, render_offer, sheet_page
from matching.web.session import actor, context

blueprint = Blueprint("employer", __name__, url_prefix="/employeur/offres")


@blueprint.get("")
@requires(Permission.POST_OWN_OFFER)
def index() -> Page:
    text = request.args.get("page", "")
    states = tuple(state for state in OfferState if state.value in request.args.getlist("etat"))
    wanted = OfferFilter(states=states, page=int(text) if text.isdecimal() and len(text) < 9 else 1)
    page = offers.find_offers(context(), actor(), wanted)
    return render_template("employer/index.html", page=page, wanted=wanted, states=tuple(OfferState))


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@requires(Permission.POST_OWN_OFFER)
def new() -> Page:
    return edit_page("employer", None)


@blueprint.get("/<int:offer_id>")
@requires(Permission.POST_OWN_OFFER)
def show(offer_id: int) -> Page:
    sheet = offers.get_offer(context(), actor(), offer_id)
    return sheet_page("employer", sheet)


@blueprint.route("/<int:offer_id>/modifier", methods=["GET", "POST"])
@requires(Permission.POST_OWN_OFFER)
def edit(offer_id: int) -> Page:
    sheet = offers.get_offer(context(), actor(), offer_id)
    if not sheet.may_edit:
        checking = sheet.state is OfferState.TO_CHECK
        flash(
            "Votre offre est en cours de vérification. Reprenez-la d’abord pour la modifier."
            if checking
            else f"L’offre est « {sheet.state.label} » : elle ne se modifie plus.",
            "error",
        )
        return redirect(url_for("employer.show", offer_id=offer_id), 303)
    return edit_page("employer", sheet)


@blueprint.post("/<int:offer_id>/etat")
@requires(Permission.POST_OWN_OFFER)
def change_state(offer_id: int) -> Page:
    return change_page("employer", offer_id)


@blueprint.post("/<int:offer_id>/confirmer")
@requires(Permission.POST_OWN_OFFER)
def confirm(offer_id: int) -> Page:
    return confirm_page("employer", offer_id)


@blueprint.get("/<int:offer_id>/historique")
@requires(Permission.POST_OWN_OFFER)
def history(offer_id: int) -> Page:
    sheet = offers.get_offer(context(), actor(), offer_id)
    lines = offers.list_history(context(), actor(), offer_id)
    return render_offer("employer/history.html", offer=sheet, lines=lines, area="employer")


@blueprint.get("/<int:offer_id>/affiche")
@requires(Permission.POST_OWN_OFFER)
def poster(offer_id: int) -> Page:
    return render_offer("offers/poster.html", offer=offers.get_offer(context(), actor(), offer_id), area="employer")
