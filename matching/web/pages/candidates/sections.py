"""Identity, situation, follow-up and protected facts: one short form each."""

from __future__ import annotations

from flask import url_for

from matching.access.permissions import Permission
from matching.errors import Problems
from matching.services import candidates
from matching.services.candidates import ProtectedAnswer, Situation
from matching.services.candidates.protected import PROTECTED_KINDS
from matching.terms import CandidateState, FactSource, Orientation
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.creation import read_identity
from matching.web.pages.candidates.forms import Page, Typed
from matching.web.session import actor, context


def section_page(template: str, candidate_id: int, form: Typed, **values: object) -> str:
    """A section's form with the file it changes."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="")
    return forms.render(template, form, file=file, **values)


def file_url(candidate_id: int, anchor: str = "") -> str:
    """The synthesis, at the section just saved."""
    return url_for("candidates.show", candidate_id=candidate_id, _anchor=anchor or None)


@blueprint.get("/<int:candidate_id>/identite")
@requires(Permission.EDIT_CANDIDATE)
def identity(candidate_id: int) -> Page:
    """Name, phone, e-mail."""
    return section_page("identity.html", candidate_id, Typed())


@blueprint.post("/<int:candidate_id>/identite")
@requires(Permission.EDIT_CANDIDATE)
def save_identity(candidate_id: int) -> Page:
    """Correct name, phone, e-mail."""
    return forms.submit(
        lambda: candidates.edit_identity(context(), actor(), candidate_id, forms.version(), read_identity()),
        "L’identité est à jour.",
        file_url(candidate_id),
        lambda form: section_page("identity.html", candidate_id, form),
    )


@blueprint.get("/<int:candidate_id>/situation")
@requires(Permission.EDIT_CANDIDATE)
def situation(candidate_id: int) -> Page:
    """Commune, orientation, state, milestones."""
    return _situation(candidate_id, Typed())


def _situation(candidate_id: int, form: Typed) -> str:
    return section_page("situation.html", candidate_id, form, orientations=Orientation, states=CandidateState)


@blueprint.post("/<int:candidate_id>/situation")
@requires(Permission.EDIT_CANDIDATE)
def save_situation(candidate_id: int) -> Page:
    """Save commune, orientation, state, milestones."""

    def save() -> None:
        problems = Problems()
        found = Situation(
            commune=forms.text("commune"),
            orientation=forms.choice("orientation", Orientation, problems),
            state=forms.choice("state", CandidateState, problems) or CandidateState.ACTIVE,
            weekly_activity_minutes=forms.minutes("weekly_activity", problems),
            rights_opened_on=forms.day("rights_opened_on", problems),
            first_meeting_on=forms.day("first_meeting_on", problems),
            approved_sentence=forms.text("approved_sentence"),
        )
        problems.raise_if_any()
        candidates.edit_situation(context(), actor(), candidate_id, forms.version(), found)

    return forms.submit(
        save, "La situation est à jour.", file_url(candidate_id), lambda form: _situation(candidate_id, form)
    )


@blueprint.get("/<int:candidate_id>/suivi")
@requires(Permission.EDIT_CANDIDATE)
def assignment(candidate_id: int) -> Page:
    """Who follows the person."""
    return _assignment(candidate_id, Typed())


def _assignment(candidate_id: int, form: Typed) -> str:
    advisers = candidates.list_advisers(context(), actor())
    return section_page("assignment.html", candidate_id, form, advisers=advisers)


@blueprint.post("/<int:candidate_id>/suivi")
@requires(Permission.EDIT_CANDIDATE)
def save_assignment(candidate_id: int) -> Page:
    """Confide the person to somebody of the unit."""
    return forms.submit(
        lambda: candidates.assign_adviser(
            context(), actor(), candidate_id, forms.version(), forms.number("adviser_id")
        ),
        "Le suivi est à jour.",
        file_url(candidate_id),
        lambda form: _assignment(candidate_id, form),
    )


@blueprint.get("/<int:candidate_id>/informations-protegees")
@requires(Permission.EDIT_CANDIDATE)
def protected(candidate_id: int) -> Page:
    """Facts that never enter a ranking."""
    return _protected(candidate_id, Typed())


def _protected(candidate_id: int, form: Typed) -> str:
    sheet = candidates.read_protected(context(), actor(), candidate_id)
    return forms.render("protected.html", form, file=sheet, sources=FactSource)


@blueprint.post("/<int:candidate_id>/informations-protegees")
@requires(Permission.EDIT_CANDIDATE)
def save_protected(candidate_id: int) -> Page:
    """Note protected facts."""

    def save() -> None:
        problems = Problems()
        answers = [
            ProtectedAnswer(
                kind,
                forms.text(f"value-{kind}"),
                forms.choice(f"source-{kind}", FactSource, problems) or FactSource.DECLARED,
                forms.text(f"proof-{kind}"),
            )
            for kind in PROTECTED_KINDS
        ]
        problems.raise_if_any()
        candidates.set_protected(context(), actor(), candidate_id, forms.version(), answers)

    return forms.submit(
        save,
        "Les informations protégées sont à jour.",
        file_url(candidate_id),
        lambda form: _protected(candidate_id, form),
    )
