"""Opening a file: who the person is, and whether the service already knows them."""

from __future__ import annotations

from flask import flash, redirect, request, url_for

from matching.access.permissions import Permission
from matching.errors import Conflict, Invalid, Problems
from matching.services import candidates
from matching.services.candidates import Identity
from matching.services.candidates.identity import check_identity
from matching.terms import Orientation
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.forms import Page, Typed
from matching.web.session import actor, context


@blueprint.get("/nouvelle")
@requires(Permission.EDIT_CANDIDATE)
def new() -> Page:
    """The form of a new file."""
    return _form(Typed())


def _form(form: Typed) -> Page:
    advisers = [(str(one.id), one.name) for one in candidates.list_advisers(context(), actor())]
    return forms.render("new.html", form, advisers=advisers, orientations=Orientation, me=actor().user_id)


@blueprint.post("/nouvelle")
@requires(Permission.EDIT_CANDIDATE)
def create() -> Page:
    """Create the file, after asking when somebody known looks like the person typed."""
    try:
        identity = read_identity()
        check = Problems()
        check_identity(identity, check, context().clock.today())
        check.raise_if_any("La fiche n’a pas été créée. Quelques points sont à reprendre.")
        decision = forms.text("same")
        likely = candidates.find_likely_same(context(), actor(), identity)
        if likely and not decision:
            return forms.render("same.html", forms.typed(), likely=likely, identity=identity)
        same = forms.number("same")
        key = candidates.add_candidate(context(), actor(), identity, same_person=same)
    except Invalid as error:
        return forms.refused(error, _form)
    except Conflict as error:
        if "candidate_id" not in error.data:
            return forms.refused(error, _form)
        flash(error.message, "warning")
        return redirect(url_for("candidates.show", candidate_id=error.data["candidate_id"]), 303)
    flash("La fiche est ouverte. Notez ce que vous savez ; le reste se remplira petit à petit.", "success")
    return redirect(url_for("candidates.show", candidate_id=key), 303)


def read_identity() -> Identity:
    """The identity typed in the form. Raises `Invalid` for what cannot be read."""
    problems = Problems()
    identity = Identity(
        given_name=forms.text("given_name"),
        family_name=forms.text("family_name"),
        phone=forms.text("phone"),
        email=forms.text("email"),
        birth_date=forms.day("birth_date", problems),
        commune=forms.text("commune"),
        orientation=forms.choice("orientation", Orientation, problems),
        adviser_id=forms.number("adviser_id") if "adviser_id" in request.form else None,
    )
    problems.raise_if_any()
    return identity
