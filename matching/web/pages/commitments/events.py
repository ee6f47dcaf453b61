"""The events of a commitment: its history with two dates, and a form that asks only what each kind needs."""

from __future__ import annotations

from flask import flash, render_template, request, url_for

from matching.access.permissions import Permission
from matching.clauses.terms import EventKind, TerminationRule
from matching.errors import FieldError, Invalid
from matching.services.clauses import commitments, evidence
from matching.services.clauses import events as service
from matching.services.clauses.events import Document, EventInput
from matching.web.commitment_form import read_organisation
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, blueprint, go
from matching.web.session import actor, context
from matching.web.typed import Typed


@blueprint.route("/<int:commitment_id>/evenements", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def events(commitment_id: int) -> Page:
    if request.method == "GET":
        asked = Typed(request.args)
        kind = asked.choice("ajouter", EventKind)
        return _page(commitment_id, Typed({}), kind if kind in service.RECORDED_HERE else None, asked)
    form = Typed(request.form)
    kind = form.choice("kind", EventKind)
    if kind not in service.RECORDED_HERE:
        commitments.get_commitment(context(), actor(), commitment_id)
        return go(url_for("commitments.events", commitment_id=commitment_id))

    def act() -> None:
        wanted = _read(form, kind)
        form.stop_if_unreadable()
        service.record_event(context(), actor(), commitment_id, wanted, _document())

    tried = attempt(form, act)
    if not tried.done:
        return _page(commitment_id, form, kind, Typed({})), tried.status
    flash(f"Évènement enregistré\u00a0: {kind.label}. Les heures dues sont à jour.", "success")
    return go(url_for("commitments.events", commitment_id=commitment_id))


def _read(form: Typed, kind: EventKind) -> EventInput:
    signed = kind is EventKind.AMENDMENT
    return EventInput(
        kind=kind,
        effective_on=form.day("effective_on"),
        minutes=form.signed_minutes("minutes") if signed else form.minutes("minutes"),
        amount_cents=form.signed_cents("amount_cents"),
        rule=form.choice("rule", TerminationRule),
        executed_cents=form.cents("executed_cents"),
        total_cents=form.cents("total_cents"),
        whole=form.ticked("whole"),
        to_holder=read_organisation(form, "to_holder") if kind is EventKind.TRANSFER else None,
        label=form.text("label"),
    )


def _document() -> Document | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    content = sent.stream.read(evidence.MAX_BYTES + 1)
    if not content:
        message = "Ce fichier est vide. Choisissez-en un autre."
        raise Invalid(message, [FieldError("file", message)])
    return Document(content, sent.filename[:200])


def _page(commitment_id: int, form: Typed, kind: EventKind | None, asked: Typed) -> str:
    as_of, known_on = asked.day("au"), asked.day("connu")
    history = service.list_events(context(), actor(), commitment_id, as_of=as_of, known_on=known_on)
    return render_template(
        "commitments/events.html",
        form=form,
        asked=asked,
        kind=kind,
        fields=service.FIELDS[kind] if kind else (),
        kinds=service.RECORDED_HERE,
        rules=[("", "À choisir"), *((rule.value, rule.label) for rule in TerminationRule)],
        history=history,
        sheet=commitments.get_commitment(context(), actor(), commitment_id),
        organisations=commitments.known_organisations(context(), actor()) if kind is EventKind.TRANSFER else (),
        accepted=evidence.ACCEPTED,
    )
