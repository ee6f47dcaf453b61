"""Lots that identifiers seem to hide: confirmed or refused, a page at once or one by one."""

from __future__ import annotations

from flask import flash, request, url_for

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid
from matching.services.clauses import published_lots as service
from matching.services.clauses.commitments import get_contract
from matching.services.clauses.published_lots import LotDecision
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go
from matching.web.pages.decp.common import blueprint, page_asked, render
from matching.web.session import actor, context
from matching.web.typed import Typed

_MOST = 200


@blueprint.route("/lots", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def lots() -> Page:
    """The guesses of a page, decided together."""
    form = Typed(request.form)
    if request.method == "GET":
        return _list(form)
    tried = attempt(form, lambda: _decide(form))
    if not tried.done:
        return _list(form), tried.status
    many = tried.result
    flash(_said(many, refused=form.text("decision") == "no"), "success")
    return go(url_for("decp.lots"))


def _said(many: int, *, refused: bool) -> str:
    if many == 1:
        return "Ce marché n’est pas un lot : c’est noté." if refused else "Un lot est confirmé."
    return f"{many} marchés ne sont pas des lots : c’est noté." if refused else f"{many} lots sont confirmés."


def _decide(form: Typed) -> int:
    every = form.text("decision") == "all"
    keys = [int(text) for text in form.values("listed" if every else "chosen")[:_MOST] if _is_key(text)]
    if not keys:
        message = "Cochez au moins un marché."
        raise Invalid(message, [FieldError("", message)])
    refused = form.text("decision") == "no"
    decisions = [
        LotDecision(
            key,
            form.key(f"version-{key}") or 0,
            "" if refused else form.text(f"of-{key}"),
            "" if refused else form.text(f"lot-{key}"),
        )
        for key in keys
    ]
    return service.decide_lots(context(), actor(), decisions)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _list(form: Typed) -> str:
    found = service.list_possible_lots(context(), actor(), page_asked())
    return render("lots.html", "decp.lots", form=form, found=found)


@blueprint.route("/lots/<int:contract_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def lot(contract_id: int) -> Page:
    """One contract: the lot it is, or that it is none, and the others of the same purchase."""
    sheet = get_contract(context(), actor(), contract_id)
    known = service.lot_of_contract(context(), actor(), contract_id)
    of, number = f"lot_of-{contract_id}", f"lot_number-{contract_id}"
    if request.method == "GET":
        guess = known.guessed
        texts = {of: known.lot_of or (guess.lot_of if guess else ""), "version": str(sheet.version)}
        texts[number] = known.lot_number or (guess.lot_number if guess else "")
        return render("lot.html", "decp.lots", form=Typed(texts), sheet=sheet, known=known, of=of, number=number)
    form = Typed(request.form)

    def act() -> None:
        refused = form.text("decision") == "no"
        if not refused and not (form.text(of) and form.text(number)):
            message = "Indiquez le marché et le numéro du lot, ou dites que ce n’est pas un lot."
            raise Invalid(message, [FieldError(of if not form.text(of) else number, message)])
        lot_of, lot_number = ("", "") if refused else (form.text(of), form.text(number))
        decision = LotDecision(contract_id, form.key("version") or 0, lot_of, lot_number)
        service.decide_lots(context(), actor(), [decision])

    tried = attempt(form, act)
    if not tried.done:
        page = render("lot.html", "decp.lots", form=form, sheet=sheet, known=known, of=of, number=number)
        return page, tried.status
    flash(f"Le marché {sheet.input.number} est à jour.", "success")
    return go(url_for("decp.lots"))
