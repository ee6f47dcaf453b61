"""Companies of a commitment, and the people to call: who answers, who left, who has been silent."""

from __future__ import annotations

from flask import flash, render_template, request, url_for

from matching.access.permissions import Permission
from matching.clauses.terms import GroupLiability, PartyRole
from matching.errors import FieldError, Invalid, NotFound
from matching.services.clauses import commitments
from matching.services.clauses import contacts as service
from matching.services.clauses.contacts import ContactInput, ContactLine, ExchangeChannel, ExchangeInput
from matching.services.clauses.parties import PartyInput
from matching.web.commitment_form import choices, read_organisation
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, blueprint, go, version_of
from matching.web.session import actor, context
from matching.web.typed import Typed, options


@blueprint.route("/<int:commitment_id>/titulaires", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def parties(commitment_id: int) -> Page:
    """Holder or group, subcontractors: added, or said to have left."""
    sheet = commitments.get_commitment(context(), actor(), commitment_id)
    form = Typed(request.form)
    status = 200
    if request.method == "POST":
        tried = attempt(form, lambda: _change_parties(form, commitment_id))
        if tried.done:
            flash(str(tried.result), "success")
            return go(url_for("commitments.parties", commitment_id=commitment_id))
        status = tried.status
    page = render_template(
        "commitments/parties.html",
        form=form,
        sheet=sheet,
        roles=options(PartyRole),
        pairs=choices(),
        organisations=commitments.known_organisations(context(), actor()),
    )
    return page, status


def _change_parties(form: Typed, commitment_id: int) -> str:
    if party_id := form.key("party_id"):
        to_on = form.day(f"to_on_{party_id}")
        form.stop_if_unreadable()
        try:
            commitments.end_party(context(), actor(), commitment_id, party_id, to_on)
        except Invalid as error:
            found = [FieldError(f"to_on_{party_id}", item.message) for item in error.errors]
            raise Invalid(error.message, found) from None
        return "Son départ est noté. Ses heures et ses déclarations restent."
    role = form.choice("role", PartyRole)
    if role is None:
        message = "Choisissez le rôle de cette entreprise."
        raise Invalid(message, [FieldError("role", message)])
    from_on = form.day("from_on")
    form.stop_if_unreadable()
    party = PartyInput(role, read_organisation(form, "number"))
    liability = form.choice("liability", GroupLiability)
    commitments.add_party(context(), actor(), commitment_id, party, liability=liability, from_on=from_on)
    return "L’entreprise est ajoutée. Les heures de l’engagement ne changent pas."


@blueprint.route("/<int:commitment_id>/contacts", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def contacts(commitment_id: int) -> Page:
    """Contacts and exchanges; two forms, told apart by what they send."""
    form = Typed(request.form)
    status = 200
    if request.method == "POST":
        noting = form.text("form") == "exchange"
        tried = attempt(form, lambda: _note(form, commitment_id) if noting else _add(form, commitment_id))
        if tried.done:
            flash("L’échange est noté." if noting else "Le contact est ajouté.", "success")
            return go(url_for("commitments.contacts", commitment_id=commitment_id))
        status = tried.status
    book = service.list_contacts(context(), actor(), commitment_id)
    page = render_template(
        "commitments/contacts.html",
        form=form,
        book=book,
        sheet=commitments.get_commitment(context(), actor(), commitment_id),
        channels=options(ExchangeChannel),
        people=[("", "Personne en particulier"), *((one.id, one.input.name) for one in book.contacts)],
        companies=[("", "À préciser"), *book.organisations],
    )
    return page, status


def _add(form: Typed, commitment_id: int) -> int:
    return service.add_contact(context(), actor(), commitment_id, _contact(form))


def _contact(form: Typed) -> ContactInput:
    return ContactInput(
        name=form.text("name"),
        job=form.text("job"),
        email=form.text("email"),
        phone=form.text("phone"),
        organisation_id=form.key("organisation_id"),
        active=not form.ticked("left"),
    )


def _note(form: Typed, commitment_id: int) -> int:
    wanted = ExchangeInput(
        channel=form.choice("channel", ExchangeChannel),
        happened_on=form.day("happened_on") or (None if form.text("happened_on") else context().clock.today()),
        answered=form.text("answered") != "no",
        contact_id=form.key("contact_id"),
        note=form.text("note"),
    )
    form.stop_if_unreadable()
    return service.note_exchange(context(), actor(), commitment_id, wanted)


@blueprint.route("/<int:commitment_id>/contacts/<int:contact_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def edit_contact(commitment_id: int, contact_id: int) -> Page:
    book = service.list_contacts(context(), actor(), commitment_id)
    line = next((one for one in book.contacts if one.id == contact_id), None)
    if line is None:
        raise NotFound()
    form = Typed(request.form if request.method == "POST" else _texts(line))
    status = 200
    if request.method == "POST":
        version = version_of(form)
        tried = attempt(
            form,
            lambda: service.change_contact(context(), actor(), commitment_id, contact_id, version, _contact(form)),
        )
        if tried.done:
            flash("Le contact est modifié.", "success")
            return go(url_for("commitments.contacts", commitment_id=commitment_id))
        status = tried.status
    companies = [("", "À préciser"), *book.organisations]
    return render_template("commitments/contact.html", form=form, book=book, companies=companies), status


def _texts(line: ContactLine) -> dict[str, str]:
    wanted = line.input
    return {
        "name": wanted.name,
        "job": wanted.job,
        "email": wanted.email,
        "phone": wanted.phone,
        "organisation_id": str(wanted.organisation_id or ""),
        "left": "" if wanted.active else "1",
        "version": str(line.version),
    }
