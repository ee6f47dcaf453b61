"""Proposing people for an offer and following each proposal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from matching.access.permissions import Permission
from matching.errors import Conflict, FieldError, Invalid, MatchingError, RuleRefused
from matching.placements.reasons import reasons_of
from matching.services import proposals
from matching.terms import AgreementChannel, ProposalState
from matching.web.formats import count
from matching.web.forms import parse_day
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("proposals", __name__)

_LONGEST_NOTE = 2000
_WAITING = {"personne": "person", "employeur": "employer", "unite": "unit"}
_WAITING_LABELS = {"person": "La personne", "employer": "L’employeur", "unit": "L’unité emploi"}
_DAYS = (7, 15, 30)


@blueprint.get("/propositions")
@requires(Permission.PROPOSE)
def index() -> str:
    args = request.args
    offer_id, candidate_id = _number(args.get("offre")), _number(args.get("personne"))
    # Of one offer or one person, the closed ones too: that is the history one came for.
    state = args.get("etat", "open" if offer_id is candidate_id is None else "")
    filters = proposals.Filters(
        scope="unit" if args.get("qui") == "unite" else "mine",
        state=state if state in {"open", "", *ProposalState} else "open",
        offer_id=offer_id,
        candidate_id=candidate_id,
        page=_number(args.get("page")) or 1,
        waiting=_WAITING.get(args.get("attend", ""), ""),
        days=days if (days := _number(args.get("depuis"))) in _DAYS else None,
    )
    page = proposals.list_proposals(context(), actor(), filters)

    def address(**changes: object) -> str:
        kept: dict[str, Any] = {**args.to_dict(), **changes}
        return url_for("proposals.index", **{key: value for key, value in kept.items() if value is not None})

    return render_template(
        "proposals/index.html",
        page=page,
        filters=filters,
        address=address,
        states=[("open", "En cours"), ("", "Toutes"), *((s.value, s.label) for s in ProposalState)],
        waiting=[("", "Tout le monde"), *((word, _WAITING_LABELS[code]) for word, code in _WAITING.items())],
        waits_for=next((word for word, code in _WAITING.items() if code == filters.waiting), ""),
        days=[("", "Peu importe"), *((str(n), f"{n} jours ou plus") for n in _DAYS)],
        chips=_chips(filters, address),
    )


def _chips(filters: proposals.Filters, address: Callable[..., str]) -> list[tuple[str, str]]:
    chips = []
    if filters.offer_id is not None:
        chips.append(("Une offre", address(offre=None)))
    if filters.candidate_id is not None:
        chips.append(("Une personne", address(personne=None)))
    if filters.state in set(ProposalState):
        chips.append((ProposalState(filters.state).label, address(etat=None)))
    if filters.waiting:
        chips.append((f"Réponse attendue\u00a0: {_WAITING_LABELS[filters.waiting].lower()}", address(attend=None)))
    if filters.days is not None:
        chips.append((f"Depuis {filters.days} jours ou plus", address(depuis=None)))
    return chips


@blueprint.post("/offres/<int:offer_id>/proposer")
@requires(Permission.PROPOSE)
def propose(offer_id: int) -> str | Response | tuple[str, int]:
    """First a preview of who and what to know; with `confirm`, done."""
    numbers = map(_number, request.form.getlist("candidate"))
    chosen = [number for number in numbers if number is not None]
    exposure = _number(request.form.get("exposure"))
    # Come from the list of one person's offers: the way back leads there.
    came_from = _number(request.form.get("depuis"))
    person_id = came_from if came_from in chosen else None
    try:
        preview = proposals.preview_proposals(context(), actor(), offer_id, chosen)
    except Invalid:
        if chosen:
            raise
        flash("Cochez au moins une personne, puis « Proposer ».")
        return redirect(url_for("ranking.people", offer_id=offer_id), 303)
    if request.form.get("confirm") != "yes":
        return render_template("proposals/preview.html", preview=preview, exposure=exposure, person_id=person_id)
    note = request.form.get("note", "")
    try:
        made = proposals.propose_candidates(
            context(),
            actor(),
            offer_id,
            chosen,
            exposure_id=exposure,
            note=_note(),
        )
    except (Conflict, Invalid) as error:
        status = 409 if isinstance(error, Conflict) else 422
        page = render_template(
            "proposals/preview.html", preview=preview, exposure=exposure, person_id=person_id, error=error, note=note
        )
        return page, status
    flash(
        f"{count(len(made), 'personne', feminine=True).capitalize()} : proposition notée. "
        "Demandez maintenant l’accord de chaque personne pour cette offre."
    )
    return redirect(url_for("proposals.index", offre=offer_id), 303)


@blueprint.get("/propositions/<int:proposal_id>")
@requires(Permission.PROPOSE)
def show(proposal_id: int) -> str:
    return _sheet(proposal_id)


@blueprint.post("/propositions/<int:proposal_id>")
@requires(Permission.PROPOSE)
def move(proposal_id: int) -> str | Response | tuple[str, int]:
    try:
        wanted = _wanted()
        version = _number(request.form.get("version")) or 0
        closed = proposals.move_proposal(context(), actor(), proposal_id, version, wanted)
    except (Conflict, RuleRefused, Invalid) as error:
        return _sheet(proposal_id, error=error, typed=request.form), 409 if isinstance(error, Conflict) else 422
    flash(f"Noté : {wanted.target.label.lower()}.")
    if closed:
        closed_words = "Une autre proposition" if closed == 1 else f"{closed} autres propositions"
        flash(f"Embauche ailleurs : {closed_words} de cette personne {'est close' if closed == 1 else 'sont closes'}.")
    return redirect(url_for("proposals.show", proposal_id=proposal_id), 303)


def _wanted() -> proposals.Wanted:
    form = request.form
    if form.get("target") not in set(ProposalState):
        raise Invalid("Choisissez une étape.")
    channel = form.get("channel")
    return proposals.Wanted(
        target=ProposalState(form["target"]),
        agreed_on=_day(form.get("agreed_on"), "Date de l’accord", "agreement"),
        channel=AgreementChannel(channel) if channel in set(AgreementChannel) else None,
        step_date=_day(form.get("step_date"), "Date", "date"),
        reason=form.get("reason") or None,
        note=_note(),
        keep_others=form.get("keep_others") == "yes",
    )


def _day(text: str | None, label: str, rule: str) -> date | None:
    if not text or not text.strip():
        return None
    try:
        return parse_day(text)
    except ValidationError as error:
        raise Invalid(f"{label} : {error}", [FieldError(rule, str(error), text)], rule=rule) from None


def _note() -> str:
    return request.form.get("note", "").replace("\x00", "").strip()[:_LONGEST_NOTE]


_FIELD_OF_RULE = {"agreement": "agreed", "agreement_date": "agreed", "date": "date", "reason": "reason"}


def _sheet(proposal_id: int, error: MatchingError | None = None, typed: Mapping[str, str] | None = None) -> str:
    sheet = proposals.read_proposal(context(), actor(), proposal_id)
    part = _FIELD_OF_RULE.get(error.data.get("rule", "")) if error else ""
    return render_template(
        "proposals/show.html",
        sheet=sheet,
        error=error,
        field=f"{part}-{typed['target']}" if part and typed else "",
        typed=typed or {},
        reasons_of=reasons_of,
        channels=list(AgreementChannel),
        version=sheet.version,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
