"""Participants of clauses, for officers: the list, a participation, its eligibility, hires to attach.

Names are searched by forms and kept in the session: they never stand in an address.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for

from matching.access.permissions import Permission
from matching.clauses.terms import EligiblePublic, Outcome, ProofKind, Route
from matching.errors import FieldError, Invalid, MatchingError, Problems
from matching.services.candidates.protected import choices_of
from matching.services.clauses.criteria import default_proof
from matching.services.clauses.eligibility import (
    Decided,
    DecisionInput,
    EligibilitySheet,
    decide_eligibility,
    read_eligibility,
)
from matching.services.clauses.evidence import ACCEPTED
from matching.services.clauses.hires import attach_hire, hires_to_attach
from matching.services.clauses.participation_list import (
    SORTS,
    ListChoices,
    ParticipationFilter,
    Standing,
    export_participations,
    list_choices,
    list_participations,
)
from matching.services.clauses.participation_sheet import ParticipationSheet, get_participation
from matching.services.clauses.participations import (
    ParticipationInput,
    Who,
    add_participation,
    adding_choices,
    edit_participation,
    end_participation,
)
from matching.services.clauses.people_search import PersonFound, find_people, find_same_people
from matching.terms import ContractKind, Known, Labelled
from matching.text import written_day
from matching.web.guard import requires
from matching.web.offer_views import messages_of, status_of
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.forms import Page, Typed
from matching.web.pages.candidates.listing import table_file
from matching.web.session import actor, context

blueprint = Blueprint("participants", __name__)
E = TypeVar("E", bound=Labelled)
WORDS_KEY = "participant_words"
FORGET = "sans-recherche"
NEW, ANOTHER = "new", "another"
"""Values of the choice of a person: names typed; names typed after having seen who looks like them."""
_PARAMETERS = {
    "code": "code",
    "standing": "etat",
    "commitment_id": "engagement",
    "route": "voie",
    "organisation_id": "employeur",
}
COLUMNS = (
    ("code", "Code", ""),
    ("name", "Personne", ""),
    ("commitment", "Engagement", ""),
    ("started", "Début", ""),
    ("until", "Éligibilité", ""),
    ("minutes", "Heures validées", "num"),
)


# --- the list ------------------------------------------------------------------------------------------


def _argument(name: str) -> str:
    return request.args.get(name, "").strip()[:100]


def _id_argument(name: str) -> int | None:
    text = _argument(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _coded(kind: type[E], name: str) -> E | None:
    return next((one for one in kind if one.value == _argument(name)), None)


def read_filter() -> ParticipationFilter:
    """The filters of this address and the words kept; what cannot be read restricts nothing."""
    return ParticipationFilter(
        words=str(session.get(WORDS_KEY, "")),
        code=_argument("code")[:16],
        standing=_coded(Standing, "etat"),
        commitment_id=_id_argument("engagement"),
        route=_coded(Route, "voie"),
        organisation_id=_id_argument("employeur"),
    )


def _order() -> dict[str, Any]:
    key = _argument("sort")
    return {"sort": key if key in SORTS else "code", "descending": _argument("sens") == "desc"}


def _query(wanted: ParticipationFilter, **changes: Any) -> dict[str, Any]:
    values = {_PARAMETERS[name]: getattr(wanted, name) for name in _PARAMETERS}
    values |= {name: _argument(name) for name in ("sort", "sens")} | changes
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def _url(wanted: ParticipationFilter, **changes: Any) -> str:
    return url_for("participants.index", **_query(wanted, **changes))


def _chips(wanted: ParticipationFilter, choices: ListChoices) -> list[tuple[str, str]]:
    """Each filter in words, with the list without it."""
    said = {
        "words": f"«\u00a0{wanted.words}\u00a0»",
        "code": f"Code {wanted.code}",
        "standing": wanted.standing.label if wanted.standing else "",
        "commitment_id": dict(choices.commitments).get(wanted.commitment_id or 0, "Un engagement"),
        "route": wanted.route.label if wanted.route else "",
        "organisation_id": dict(choices.employers).get(wanted.organisation_id or 0, "Un employeur"),
    }
    return [(said[name], _without(wanted, name)) for name in wanted.active()]


def _without(wanted: ParticipationFilter, name: str) -> str:
    if name == "words":
        return _url(wanted, **{FORGET: "1"})
    empty: dict[str, Any] = {name: "" if name == "code" else None}
    return _url(replace(wanted, **empty))


@blueprint.get("/participants")
@requires(Permission.DECIDE_ELIGIBILITY)
def index() -> Page:
    """Participants, filtered and ordered, after the hires that wait to be attached."""
    if FORGET in request.args:
        session.pop(WORDS_KEY, None)
        return redirect(_url(read_filter()), 303)
    return _index()


def _index(problems: tuple[str, ...] = ()) -> str:
    ctx, who, wanted = context(), actor(), read_filter()
    choices = list_choices(ctx, who)
    return render_template(
        "participants/index.html",
        page=list_participations(ctx, who, wanted, **_order(), page=_id_argument("page") or 1),
        hires=hires_to_attach(ctx, who),
        wanted=wanted,
        choices=choices,
        chips=_chips(wanted, choices),
        columns=COLUMNS,
        order=_order(),
        standings=tuple(Standing),
        routes=tuple(Route),
        pairs=forms.pairs,
        problems=problems,
        address=lambda **changes: _url(wanted, **changes),
        exports={kind: url_for("participants.export", kind=kind, **_query(wanted)) for kind in ("csv", "xlsx")},
    )


@blueprint.post("/participants/chercher")
@requires(Permission.DECIDE_ELIGIBILITY)
def search() -> Page:
    """Keep the words and show the list; a whole code goes straight to its page."""
    words = forms.text("mots")[:100]
    found = list_participations(context(), actor(), ParticipationFilter(code=words)) if words else None
    if found is not None and found.total and found.rows[0].code == words.upper():
        return redirect(url_for("participants.show", participation_id=found.rows[0].id), 303)
    session[WORDS_KEY] = words
    return redirect(_url(read_filter()), 303)


@blueprint.get("/participants/export.<any(csv, xlsx):kind>")
@requires(Permission.DECIDE_ELIGIBILITY)
def export(kind: str) -> Response:
    """What is filtered, by codes only."""
    columns, rows = export_participations(context(), actor(), read_filter(), **_order())
    return table_file("participants", kind, columns, rows)


@blueprint.post("/participants/embauches")
@requires(Permission.DECIDE_ELIGIBILITY)
def attach() -> Page:
    """Put a hire on a commitment, then decide eligibility."""
    try:
        made = attach_hire(context(), actor(), forms.number("proposal_id") or 0, forms.number("commitment_id") or 0)
    except MatchingError as error:
        return _index(messages_of(error)), status_of(error)
    flash(
        f"L’embauche est rattachée sous le code {made.code}. Il reste à décider de l’éligibilité."
        if made.created
        else f"La personne était déjà sur cet engagement ({made.code})\u00a0: l’embauche y est reliée.",
        "success",
    )
    return redirect(url_for("participants.eligibility", participation_id=made.participation_id), 303)


# --- adding somebody -----------------------------------------------------------------------------------


@blueprint.get("/engagements/<int:commitment_id>/participants/nouveau")
@requires(Permission.DECIDE_ELIGIBILITY)
def new(commitment_id: int) -> Page:
    """The form of a participant."""
    return _new_form(commitment_id, Typed())


@blueprint.post("/engagements/<int:commitment_id>/participants/nouveau")
@requires(Permission.DECIDE_ELIGIBILITY)
def add(commitment_id: int) -> Page:
    """Search somebody, or put them on the commitment."""
    if forms.text("action") == "find":
        return _new_form(commitment_id, forms.typed())
    try:
        who, typed = _read_who(), _read_work()
        likely = () if who.person_id or forms.text("person") == ANOTHER else find_same_people(context(), actor(), who)
        if likely:
            return _new_form(commitment_id, forms.typed(), likely), 422
        added = add_participation(context(), actor(), commitment_id, who, typed)
    except (Invalid, MatchingError) as error:
        return forms.refused(error, lambda form: _new_form(commitment_id, form))
    flash(
        f"La personne est sur l’engagement, sous le code {added.code}. Il reste à décider de l’éligibilité.", "success"
    )
    return redirect(url_for("participants.eligibility", participation_id=added.id), 303)


def _new_form(commitment_id: int, form: Typed, likely: tuple[PersonFound, ...] = ()) -> str:
    choices = adding_choices(context(), actor(), commitment_id)
    words = forms.text("mots")[:100]
    found = likely or (find_people(context(), actor(), words) if words else ())
    return render_template(
        "participants/new.html",
        form=form,
        choices=choices,
        found=found,
        likely=bool(likely),
        sexes=_sexes(),
        words=words,
        chosen=_chosen(form, found, bool(likely)),
        employers=_employers(choices.parties, choices.others),
        routes=tuple(Route),
        kinds=tuple(ContractKind),
        pairs=forms.pairs,
    )


def _chosen(form: Typed, found: tuple[PersonFound, ...], likely: bool) -> str:
    """Who is ticked: the only one just found, nobody among several, else what was ticked before."""
    if likely or (found and forms.text("action") == "find"):
        return str(found[0].person_id) if len(found) == 1 and not likely else ""
    return form.value("person", "" if found else NEW)


def _sexes() -> list[tuple[str, str]]:
    return [("", "À préciser"), *choices_of("sex").items()]


def _employers(parties: tuple[Any, ...], others: tuple[Any, ...]) -> list[tuple[str, str]]:
    return [
        ("", "Choisir…"),
        *((str(one.id), f"{one.name} ({one.role})") for one in parties),
        *((str(one.id), f"{one.name} ({one.kind}, pas encore sur cet engagement)") for one in others),
    ]


def _read_who() -> Who:
    chosen = forms.text("person")
    if chosen not in (NEW, ANOTHER, ""):
        return Who(person_id=forms.number("person") or 0)
    problems = Problems()
    given_name, family_name = forms.text("given_name"), forms.text("family_name")
    if not chosen and not given_name and not family_name:
        problems.add("person", "Choisissez une personne, ou décrivez-en une nouvelle.")
    birth = forms.day("birth_date", problems)
    problems.raise_if_any()
    return Who(None, given_name, family_name, birth, forms.text("sex"))


def _read_work() -> ParticipationInput:
    problems = Problems()
    typed = ParticipationInput(
        route=forms.choice("route", Route, problems),
        organisation_id=forms.number("organisation_id"),
        contract_kind=forms.choice("contract_kind", ContractKind, problems),
        job=forms.text("job"),
        started_on=forms.day("started_on", problems),
        ended_on=forms.day("ended_on", problems),
        weekly_minutes=forms.minutes("weekly_minutes", problems),
        overlap_confirmed="overlap_confirmed" in request.form,
    )
    problems.raise_if_any()
    return typed


# --- one participation ---------------------------------------------------------------------------------


@blueprint.get("/participants/<int:participation_id>")
@requires(Permission.DECIDE_ELIGIBILITY)
def show(participation_id: int) -> Page:
    """The work, the clock, the decisions and the person's other participations."""
    one = get_participation(context(), actor(), participation_id, "participation")
    return render_template("participants/show.html", one=one)


def _sheet(participation_id: int) -> ParticipationSheet:
    return get_participation(context(), actor(), participation_id)


@blueprint.get("/participants/<int:participation_id>/modifier")
@requires(Permission.DECIDE_ELIGIBILITY)
def edit(participation_id: int) -> Page:
    """Correct the work."""
    return _edit_form(participation_id, Typed())


def _edit_form(participation_id: int, form: Typed) -> str:
    sheet = _sheet(participation_id)
    choices = adding_choices(context(), actor(), sheet.commitment_id)
    employers = _employers(choices.parties, choices.others)
    if sheet.organisation_id and str(sheet.organisation_id) not in dict(employers):
        employers.append((str(sheet.organisation_id), sheet.organisation))
    return render_template(
        "participants/edit.html",
        one=sheet,
        form=form,
        choices=choices,
        employers=employers,
        routes=tuple(Route),
        kinds=tuple(ContractKind),
        pairs=forms.pairs,
    )


@blueprint.post("/participants/<int:participation_id>/modifier")
@requires(Permission.DECIDE_ELIGIBILITY)
def save(participation_id: int) -> Page:
    """Write what was corrected."""
    return forms.submit(
        lambda: edit_participation(context(), actor(), participation_id, forms.version() or 0, _read_work()),
        "La participation est à jour.",
        url_for("participants.show", participation_id=participation_id),
        lambda form: _edit_form(participation_id, form),
    )


@blueprint.get("/participants/<int:participation_id>/fin")
@requires(Permission.DECIDE_ELIGIBILITY)
def end(participation_id: int) -> Page:
    """The form of the end."""
    return _end_form(participation_id, Typed())


def _end_form(participation_id: int, form: Typed) -> str:
    sheet = _sheet(participation_id)
    return render_template("participants/end.html", one=sheet, form=form, outcomes=tuple(Outcome))


@blueprint.post("/participants/<int:participation_id>/fin")
@requires(Permission.DECIDE_ELIGIBILITY)
def finish(participation_id: int) -> Page:
    """Note the last day and what became of the person."""

    def write() -> None:
        problems = Problems()
        ended_on, outcome = forms.day("ended_on", problems), forms.choice("outcome", Outcome, problems)
        problems.raise_if_any()
        end_participation(context(), actor(), participation_id, forms.version() or 0, ended_on, outcome)

    return forms.submit(
        write,
        "La fin est notée.",
        url_for("participants.show", participation_id=participation_id),
        lambda form: _end_form(participation_id, form),
    )


# --- eligibility ---------------------------------------------------------------------------------------


@blueprint.get("/participants/<int:participation_id>/eligibilite")
@requires(Permission.DECIDE_ELIGIBILITY)
def eligibility(participation_id: int) -> Page:
    """What is known for each public, and the form of a decision. The reading is logged."""
    return _eligibility_form(participation_id, Typed())


def _eligibility_form(participation_id: int, form: Typed) -> str:
    sheet = _sheet(participation_id)
    known = read_eligibility(context(), actor(), participation_id)
    first = next((line for line in known.lines if line.known is Known.YES), None)
    public = sheet.public or (first.public if first else None)
    return render_template(
        "participants/eligibility.html",
        one=sheet,
        known=known,
        form=form,
        publics=_publics(known),
        proofs=tuple(ProofKind),
        public=public,
        proof=default_proof(public) if public else None,
        accepted=ACCEPTED,
        sexes=_sexes(),
        pairs=forms.pairs,
        ticked=lambda name: name in form.values,
    )


def _publics(known: EligibilitySheet) -> list[tuple[str, str]]:
    """The contract's own publics, then the others: an officer may count one of them, with a reason."""
    listed = [line.public for line in known.lines]
    others = [public for public in EligiblePublic if public not in listed]
    return [
        ("", "Choisir…"),
        *((public.value, public.label) for public in EligiblePublic if public in listed),
        *((public.value, f"{public.label} (hors de la liste du contrat)") for public in others),
    ]


@blueprint.post("/participants/<int:participation_id>/eligibilite")
@requires(Permission.DECIDE_ELIGIBILITY)
def decide(participation_id: int) -> Page:
    """Record a decision."""
    _sheet(participation_id)
    try:
        typed = _read_decision()
        made = decide_eligibility(context(), actor(), participation_id, forms.version() or 0, typed, _evidence_sent())
    except MatchingError as error:
        return forms.refused(error, lambda form: _eligibility_form(participation_id, form))
    flash(_said(made), "success")
    return redirect(url_for("participants.show", participation_id=participation_id), 303)


def _said(made: Decided) -> str:
    if made.granted is not Known.YES:
        return "C’est noté\u00a0: la personne n’est pas éligible sur cet engagement."
    if made.until is None:
        return "C’est noté\u00a0: la personne est éligible. Le compte commencera avec la première heure validée."
    return f"C’est noté\u00a0: la personne est éligible jusqu’au {written_day(made.until)} inclus."


def _read_decision() -> DecisionInput:
    problems = Problems()
    if forms.text("decision") not in ("yes", "no"):
        problems.add("decision", "Choisissez\u00a0: éligible, ou non éligible.")
    typed = DecisionInput(
        public=forms.choice("public", EligiblePublic, problems),
        refused=forms.text("decision") == "no",
        proof_kind=forms.choice("proof_kind", ProofKind, problems),
        proof_dated_on=forms.day("proof_dated_on", problems),
        proof_valid_until=forms.day("proof_valid_until", problems),
        without_end="without_end" in request.form,
        decided_on=forms.day("decided_on", problems),
        opinion=forms.text("opinion"),
        extension_months=forms.whole("extension_months", problems) or 0,
        ends_on=forms.day("ends_on", problems),
        override_reason=forms.text("override_reason"),
        birth_date=forms.day("birth_date", problems),
        sex=forms.text("sex"),
    )
    problems.raise_if_any()
    return typed


def _evidence_sent() -> tuple[bytes, str] | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    content = sent.read()
    if not content:
        raise Invalid("Ce fichier est vide.", [FieldError("file", "Ce fichier est vide. Choisissez-en un autre.")])
    return content, sent.filename
