"""What the pages of staff and of employers do the same way with an offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.errors import Invalid, MatchingError, NotFound
from matching.exchange.values import show_minutes
from matching.offers.lifecycle import REASON_LABELS
from matching.services import offers
from matching.services.clauses.hires import commitments_of_offer
from matching.services.offers import OfferSheet, Window
from matching.terms import WEEKDAYS, Importance, OfferState, Role
from matching.web.errors import STATUS
from matching.web.offer_form import CHOICES, HELP_ACTIONS, OfferForm, marked_texts
from matching.web.session import actor, context

Page = str | Response | tuple[str, int]
_SAID = {
    OfferState.DRAFT: "L’offre est de nouveau un brouillon, chez la personne qui l’a écrite.",
    OfferState.TO_CHECK: "L’offre est envoyée : l’unité emploi la vérifie avant de la publier.",
    OfferState.PUBLISHED: "L’offre est publiée.",
    OfferState.SUSPENDED: "L’offre est suspendue.",
    OfferState.FILLED: "L’offre est notée pourvue.",
    OfferState.CLOSED: "L’offre est fermée.",
}


@dataclass(frozen=True)
class Day:
    """A day of the week with its windows in words."""

    name: str
    hours: tuple[str, ...]


def week_of(windows: tuple[Window, ...]) -> list[Day]:
    """The seven days, each with its windows, as « 8h – 12h »."""
    said: dict[int, list[str]] = {}
    for window in windows:
        said.setdefault(window.weekday, []).append(
            f"{show_minutes(window.start_minute)}\u00a0–\u00a0{show_minutes(window.end_minute)}"
        )
    return [Day(name, tuple(said.get(number, ()))) for number, name in enumerate(WEEKDAYS)]


def said_week(windows: tuple[Window, ...]) -> list[tuple[str, str]]:
    """The week in words, days alike together: [("Du lundi au vendredi", "8h – 12h, 13h – 17h")]."""
    runs: list[tuple[list[str], tuple[str, ...]]] = []
    for day in week_of(windows):
        if runs and runs[-1][1] == day.hours:
            runs[-1][0].append(day.name)
        else:
            runs.append(([day.name], day.hours))
    return [
        (days[0].capitalize() if len(days) == 1 else f"Du {days[0]} au {days[-1]}", ", ".join(hours))
        for days, hours in runs
        if hours
    ]


def render_offer(template: str, **values: Any) -> str:
    """A page about one offer, with the words its parts need."""
    return render_template(
        template,
        week_of=week_of,
        said_week=said_week,
        importances=tuple(Importance),
        reason_labels=REASON_LABELS,
        **values,
    )


def status_of(error: MatchingError) -> int:
    """The HTTP status of an error shown on the page it came from."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)


def edit_page(area: str, sheet: OfferSheet | None) -> Page:
    """Write an offer (`sheet` None: a new one), then show it. `area` is `offers` (staff) or `employer`."""
    if request.method == "GET":
        form = OfferForm.of_offer(offers.input_of(sheet), sheet.version) if sheet else OfferForm.empty()
        form.texts.setdefault("establishment_id", request.args.get("etablissement", ""))
        return _form_page(area, form, sheet)
    form = OfferForm.of_request(request.form)
    if form.action in HELP_ACTIONS:
        _help(form)
        return _form_page(area, form, sheet)
    try:
        offer_id, state = _save(form, sheet)
    except MatchingError as error:
        form.take(error)
        return _form_page(area, form, sheet), status_of(error)
    flash(_SAID[state] if form.action == "send" else "L’offre est enregistrée.", "success")
    return redirect(url_for(f"{area}.show", offer_id=offer_id), 303)


def _help(form: OfferForm) -> None:
    if form.action == "find_occupation":
        form.find_occupation(context())
    elif form.action == "add_place":
        form.add_place(context())
    elif form.action == "search":
        form.search(context(), actor())
    else:
        form.add_skills(context(), actor())


def _save(form: OfferForm, sheet: OfferSheet | None) -> tuple[int, OfferState]:
    ctx, who = context(), actor()
    sending = form.action == "send"
    data = form.read(ctx, who, complete=sending)
    target = OfferState.TO_CHECK if who.role is Role.EMPLOYER else OfferState.PUBLISHED
    then = target if sending and (sheet is None or sheet.state is not target) else None
    reason, keep = form.value("wording_reason"), form.keep_wording
    if sheet is None:
        made = offers.create_offer(ctx, who, data, then=then, wording_reason=reason, keep_wording=keep)
        return made, then or OfferState.DRAFT
    state = offers.edit_offer(
        ctx, who, sheet.id, form.version, data, then=then, wording_reason=reason, keep_wording=keep
    )
    return sheet.id, state


def _form_page(area: str, form: OfferForm, sheet: OfferSheet | None) -> str:
    form.prepare(context(), actor())
    return render_template(f"{area}/edit.html", form=form, offer=sheet, area=area, lists=CHOICES)


def change_page(area: str, offer_id: int) -> Page:
    """Move an offer to another state; what stops it is shown on its page."""
    sheet = offers.get_offer(context(), actor(), offer_id)
    sent = request.form
    target = next((state for state in OfferState if state.value == sent.get("target")), None)
    if target is None:
        return sheet_page(area, sheet, ("Choisissez une action sur cette page.",), 422)
    version = sent.get("version", "")
    return act(
        area,
        sheet,
        lambda: offers.change_state(
            context(),
            actor(),
            offer_id,
            int(version) if version.isdecimal() and len(version) < 10 else 0,
            target,
            reason=sent.get("reason") or None,
            note=sent.get("note", "")[:500],
            wording_reason=sent.get("wording_reason", "")[:1000],
            keep_wording="keep_wording" in sent,
        ),
        _SAID.get(target, "L’offre est mise à jour."),
    )


def confirm_page(area: str, offer_id: int) -> Page:
    """Say that an offer still stands."""
    sheet = offers.get_offer(context(), actor(), offer_id)
    return act(
        area,
        sheet,
        lambda: offers.confirm_offer(context(), actor(), offer_id),
        "C’est noté : l’offre est toujours d’actualité.",
    )


def act(area: str, sheet: OfferSheet, do: Callable[[], Any], said: str) -> Page:
    """Do something to an offer and go back to its page, or show there why not."""
    try:
        do()
    except MatchingError as error:
        return sheet_page(area, offers.get_offer(context(), actor(), sheet.id), messages_of(error), status_of(error))
    flash(said, "success")
    try:
        offers.get_offer(context(), actor(), sheet.id)
    except NotFound:
        # Sent back to its employer, an offer is a draft again: only its author sees it.
        return redirect(url_for(f"{area}.index"), 303)
    return redirect(url_for(f"{area}.show", offer_id=sheet.id), 303)


def messages_of(error: MatchingError) -> tuple[str, ...]:
    """What an error says, in order: the whole, then each thing to mend."""
    details = tuple(item.message for item in error.errors) if isinstance(error, Invalid) else ()
    return (error.message, *details)


def sheet_page(area: str, sheet: OfferSheet, problems: tuple[str, ...] = (), status: int = 200) -> Page:
    """The page of an offer; `problems` when something was just refused."""
    page = render_offer(
        f"{area}/show.html",
        offer=sheet,
        area=area,
        problems=problems,
        clauses=commitments_of_offer(context(), actor(), sheet.id) if area == "offers" else (),
        marked=marked_texts(sheet.title, sheet.description) if not sheet.wording_override else [],
        typed=request.form,
    )
    return page if status == 200 else (page, status)
