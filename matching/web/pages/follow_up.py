"""What is done about a commitment that falls behind: recovery plans, formal notices, the penalty and its decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for

from matching.access.permissions import Permission
from matching.clauses.terms import PenaltyDecisionKind
from matching.errors import FieldError, Invalid
from matching.services.clauses import penalties, progress, recovery
from matching.services.clauses.events import Document
from matching.services.clauses.evidence import ACCEPTED, MAX_BYTES
from matching.services.clauses.penalties import Asked, DecisionInput, PenaltySheet
from matching.services.clauses.recovery import PlanBook, PlanInput
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go, version_of
from matching.web.session import actor, context
from matching.web.typed import Typed, options

blueprint = Blueprint("follow_up", __name__, url_prefix="/engagements/<int:commitment_id>")


@blueprint.app_template_filter("typed_hours")
def typed_hours(minutes: int) -> str:
    """Minutes as a field takes them back: « 35h », « 7h30 »."""
    return f"{minutes // 60}h{minutes % 60:02d}" if minutes % 60 else f"{minutes // 60}h"


# --- recovery plans ----------------------------------------------------------------------------------------------


@blueprint.get("/plan")
@requires(Permission.READ_CLAUSES)
def plan(commitment_id: int) -> Page:
    """The plans, and some that would close the commitment; the address can fill the form with one of them."""
    return _plan_page(commitment_id, Typed(request.args))


@blueprint.post("/plan")
@requires(Permission.EDIT_CLAUSES)
def propose(commitment_id: int) -> Page:
    form = Typed(request.form)

    def keep() -> None:
        wanted = PlanInput(
            form.integer("people"),
            form.minutes("weekly_minutes"),
            form.integer("weeks"),
            form.day("from_on"),
            form.day("signed_on"),
            form.text("signed_by"),
            form.day("review_on"),
            form.text("note"),
        )
        form.stop_if_unreadable()
        recovery.propose_plan(context(), actor(), commitment_id, wanted)

    return _plan_done(commitment_id, form, keep, "Le plan est enregistré. Validez-le quand il est signé.")


@blueprint.post("/plan/<int:plan_id>/valider")
@requires(Permission.EDIT_CLAUSES)
def approve(commitment_id: int, plan_id: int) -> Page:
    form = Typed(request.form)
    mine = form.part(f"p{plan_id}-")

    def act() -> None:
        signed_on = mine.day("signed_on")
        form.stop_if_unreadable()
        try:
            recovery.approve_plan(
                context(),
                actor(),
                commitment_id,
                plan_id,
                version_of(form),
                signed_on=signed_on,
                signed_by=mine.text("signed_by"),
            )
        except Invalid as error:
            found = [FieldError(mine.name(item.field), item.message) for item in error.errors]
            raise Invalid(error.message, found) from None

    return _plan_done(commitment_id, form, act, "Le plan est validé. Il est suivi mois par mois.")


@blueprint.post("/plan/<int:plan_id>/abandonner")
@requires(Permission.EDIT_CLAUSES)
def drop(commitment_id: int, plan_id: int) -> Page:
    form = Typed(request.form)

    def act() -> None:
        recovery.drop_plan(context(), actor(), commitment_id, plan_id, version_of(form))

    return _plan_done(commitment_id, form, act, "Le plan est abandonné. Il reste dans l’historique.")


def _plan_done(commitment_id: int, form: Typed, act: Callable[[], None], said: str) -> Page:
    tried = attempt(form, act)
    if tried.done:
        flash(said, "success")
        return go(url_for("follow_up.plan", commitment_id=commitment_id))
    return _plan_page(commitment_id, form, tried.status)


def _plan_page(commitment_id: int, form: Typed, status: int = 200) -> Page:
    asked = Typed(request.args)
    expected = progress.read_commitment(context(), actor(), commitment_id).forecast

    def read() -> PlanBook:
        weekly, begin = asked.minutes("semaine"), asked.day("du")
        asked.stop_if_unreadable()
        try:
            return recovery.read_plans(context(), actor(), commitment_id, weekly, begin, sure=expected.sure)
        except Invalid as error:
            fields = {"weekly_minutes": "semaine", "from_on": "du"}
            found = [FieldError(fields.get(item.field, ""), item.message) for item in error.errors]
            raise Invalid(error.message, found) from None

    tried = attempt(asked, read)
    if not tried.done:
        status = tried.status
    book = tried.result or recovery.read_plans(context(), actor(), commitment_id, sure=expected.sure)
    return render_template("follow_up/plan.html", form=form, asked=asked, book=book, forecast=expected), status


# --- penalty -----------------------------------------------------------------------------------------------------


@blueprint.get("/penalite")
@requires(Permission.READ_CLAUSES)
def penalty(commitment_id: int) -> Page:
    """What the terms would give on a day, nothing decided: the day and the hours are in the address."""
    asked = Typed(request.args)
    tried = attempt(asked, lambda: _read(commitment_id, _asked(asked)))
    sheet = tried.result or _read(commitment_id, Asked())
    return _penalty_page(sheet, asked, Typed(), tried.status)


@blueprint.post("/penalite")
@requires(Permission.DECIDE_PENALTY)
def decide(commitment_id: int) -> Page:
    """Apply, reduce or waive what the page computed."""
    form = Typed(request.form)

    def keep() -> None:
        seen = form.text("seen_cents")
        wanted = DecisionInput(
            form.choice("kind", PenaltyDecisionKind),
            _asked(form),
            int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 15 else None,
            form.key("seen_decision") or 0,
            form.cents("amount_cents"),
            form.text("reason"),
        )
        form.stop_if_unreadable()
        penalties.decide_penalty(context(), actor(), commitment_id, wanted)

    return _penalty_done(commitment_id, form, keep, "La décision est enregistrée, avec son calcul du jour.")


@blueprint.post("/penalite/mise-en-demeure")
@requires(Permission.EDIT_CLAUSES)
def notice(commitment_id: int) -> Page:
    form = Typed(request.form)

    def keep() -> None:
        sent_on, received_on = form.day("sent_on"), form.day("received_on")
        form.stop_if_unreadable()
        penalties.register_notice(context(), actor(), commitment_id, sent_on, received_on, _document())

    return _penalty_done(commitment_id, form, keep, "La mise en demeure est enregistrée.")


@blueprint.post("/penalite/mise-en-demeure/<int:notice_id>/reception")
@requires(Permission.EDIT_CLAUSES)
def receipt(commitment_id: int, notice_id: int) -> Page:
    form = Typed(request.form)
    mine = form.part(f"n{notice_id}-")

    def keep() -> None:
        received_on = mine.day("received_on")
        form.stop_if_unreadable()
        try:
            penalties.note_receipt(context(), actor(), commitment_id, notice_id, received_on)
        except Invalid as error:
            raise Invalid(error.message, [FieldError(mine.name("received_on"), error.errors[0].message)]) from None

    return _penalty_done(commitment_id, form, keep, "La réception est notée.")


def _penalty_done(commitment_id: int, form: Typed, act: Callable[[], None], said: str) -> Page:
    tried = attempt(form, act)
    if tried.done:
        flash(said, "success")
        return go(url_for("follow_up.penalty", commitment_id=commitment_id))
    asked = Typed(request.form)
    again: Any = attempt(asked, lambda: _read(commitment_id, _asked(asked)))
    return _penalty_page(again.result or _read(commitment_id, Asked()), Typed(request.form), form, tried.status)


def _asked(form: Typed) -> Asked:
    found = Asked(form.day("on"), form.minutes("missing"), form.integer("late_days") or 0)
    form.stop_if_unreadable()
    return found


def _read(commitment_id: int, asked: Asked) -> PenaltySheet:
    expected = progress.read_commitment(context(), actor(), commitment_id).forecast
    return penalties.read_penalty(context(), actor(), commitment_id, asked, sure=expected.sure)


def _penalty_page(sheet: PenaltySheet, asked: Typed, form: Typed, status: int) -> Page:
    page = render_template(
        "follow_up/penalty.html",
        sheet=sheet,
        asked=asked,
        form=form if form.errors else asked,
        typed=form,
        kinds=options(PenaltyDecisionKind),
        accepted=ACCEPTED,
    )
    return page, status


def _document() -> Document | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    return Document(sent.stream.read(MAX_BYTES + 1), sent.filename[:200])
