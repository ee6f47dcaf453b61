"""Published amendments waiting for a person: the totals, the hours they might change, the decision."""

from __future__ import annotations

from flask import flash, request, url_for

from matching.access.permissions import Permission
from matching.exchange.values import show, show_minutes
from matching.services.clauses import amendments as service
from matching.services.clauses.amendments import AmendmentDecision, PublishedAmendment
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go, version_of
from matching.web.pages.decp.common import blueprint, page_asked, render
from matching.web.session import actor, context
from matching.web.typed import Typed

_PRICE = "price"


@blueprint.get("/avenants")
@requires(Permission.EDIT_CLAUSES)
def amendments() -> Page:
    """The amendments that wait, contract by contract."""
    found = service.list_amendments(context(), actor(), page_asked())
    return render("amendments.html", "decp.amendments", found=found)


@blueprint.route("/avenants/<int:amendment_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def amendment(amendment_id: int) -> Page:
    """Decide one: with these hours, without any, or set aside."""
    row = service.get_amendment(context(), actor(), amendment_id)
    if request.method == "GET":
        return _page(row, Typed(_proposed(row)))
    form = Typed(request.form)

    def act() -> service.DecidedAmendment:
        asked = form.text("decision")
        decision = AmendmentDecision.SET_ASIDE if asked == "set_aside" else AmendmentDecision.APPLY
        minutes = {}
        if asked == AmendmentDecision.APPLY.value:
            minutes = {one.id: form.signed_minutes(f"minutes-{one.id}") for one in row.commitments}
        day = form.day("effective_on")
        form.stop_if_unreadable()
        return service.decide_amendment(
            context(), actor(), amendment_id, version_of(form), decision, minutes, day or row.notified_on
        )

    if form.text("decision") not in (_PRICE, *(one.value for one in AmendmentDecision)):
        return _page(row, Typed(_proposed(row))), 422
    tried = attempt(form, act)
    if not tried.done:
        return _page(service.get_amendment(context(), actor(), amendment_id), form), tried.status
    flash(_said(tried.result), "success")
    return go(url_for("decp.amendments"))


def _said(done: service.DecidedAmendment) -> str:
    if done.decision is AmendmentDecision.SET_ASIDE:
        return "L’avenant est écarté : il ne change rien et ne sera pas publié."
    if not done.events:
        return "L’avenant est appliqué. Aucune heure ne change."
    many = f"de {done.events} engagements" if done.events > 1 else "d’un engagement"
    return f"L’avenant est appliqué. Les heures dues {many} sont à jour."


def _proposed(row: PublishedAmendment) -> dict[str, str]:
    texts = {f"minutes-{one.id}": _signed(one.proposed) for one in row.commitments if one.proposed}
    return {**texts, "effective_on": show(row.notified_on) if row.notified_on else "", "version": str(row.version)}


def _signed(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{show_minutes(abs(minutes))}"


def _page(row: PublishedAmendment, form: Typed) -> str:
    return render("amendment.html", "decp.amendments", row=row, form=form)
