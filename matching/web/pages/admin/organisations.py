"""Organisations and establishments."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, StringField

from matching.access.permissions import Permission
from matching.services import organisations as service
from matching.terms import OrganisationKind
from matching.web.forms import Form, VersionField
from matching.web.guard import requires
from matching.web.pages.admin.common import ASKED, attempt, blueprint, options, page_number, version_of
from matching.web.session import actor, context

_KINDS = [(kind.value, kind.label) for kind in OrganisationKind]


class OrganisationForm(Form):
    name = StringField("Nom", ASKED)
    siren = StringField("SIREN", ASKED, description="Neuf chiffres.")
    kind = SelectField("Nature", ASKED, choices=options(_KINDS))
    version = VersionField()

    def read(self, active: bool = True) -> service.OrganisationForm:
        return service.OrganisationForm(
            self.name.data or "", self.siren.data or "", OrganisationKind(self.kind.data), active
        )


class OrganisationEditForm(OrganisationForm):
    active = BooleanField(
        "Organisation ouverte", description="Fermée, ses établissements et leurs comptes sont fermés aussi."
    )


class EstablishmentForm(Form):
    siret = StringField("SIRET", ASKED, description="Quatorze chiffres ; il commence par le SIREN.")
    name = StringField("Nom", description="Vide : le nom de l’organisation.")
    address = StringField("Adresse")
    commune = StringField("Commune", description="Un nom ou un code postal.")
    version = VersionField()

    def read(self, active: bool = True) -> service.EstablishmentForm:
        return service.EstablishmentForm(
            self.siret.data or "", self.name.data or "", self.commune.data or "", self.address.data or "", active
        )


class EstablishmentEditForm(EstablishmentForm):
    active = BooleanField("Établissement ouvert", description="Fermé, ses comptes sont fermés aussi.")


@blueprint.get("/administration/organisations")
@requires(Permission.ADMINISTER)
def organisations() -> str:
    """Organisations, filtered by words and kind."""
    words, code = request.args.get("q", ""), request.args.get("nature", "")
    kind = next((kind for kind in OrganisationKind if kind.value == code), None)
    found = service.list_organisations(context(), actor(), words=words, kind=kind, page=page_number())
    return render_template("admin/organisations.html", found=found, words=words, kind=kind, kinds=_KINDS)


@blueprint.get("/administration/organisations/<int:organisation_id>")
@requires(Permission.ADMINISTER)
def organisation(organisation_id: int) -> str:
    """One organisation and its establishments."""
    sheet = service.get_organisation(context(), actor(), organisation_id)
    return render_template("admin/organisation.html", sheet=sheet)


@blueprint.route("/administration/organisations/nouvelle", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_organisation() -> Response | tuple[str, int]:
    """Add an organisation."""
    form = OrganisationForm()
    tried = attempt(form, lambda: service.create_organisation(context(), actor(), form.read()))
    if tried.done:
        flash("L’organisation est enregistrée. Ajoutez maintenant un établissement.")
        return redirect(url_for("admin.organisation", organisation_id=tried.result), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ajouter une organisation",
        save="Enregistrer",
        crumbs=[("Organisations", url_for("admin.organisations"))],
    )
    return page, tried.status


@blueprint.route("/administration/organisations/<int:organisation_id>/modifier", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_organisation(organisation_id: int) -> Response | tuple[str, int]:
    """Correct an organisation, or close it."""
    line = service.get_organisation(context(), actor(), organisation_id).line
    form = OrganisationEditForm(
        data={"name": line.name, "siren": line.siren, "kind": line.kind.value, "active": line.active}
        | {"version": line.version}
    )
    back = url_for("admin.organisation", organisation_id=organisation_id)
    tried = attempt(
        form,
        lambda: service.change_organisation(
            context(), actor(), organisation_id, version_of(form), form.read(bool(form.active.data))
        ),
    )
    if tried.done:
        flash("L’organisation est à jour.")
        return redirect(back, 303)
    crumbs = [("Organisations", url_for("admin.organisations")), (line.name, back)]
    page = render_template(
        "admin/form.html", form=form, title="Modifier l’organisation", save="Enregistrer", crumbs=crumbs
    )
    return page, tried.status


@blueprint.route("/administration/organisations/<int:organisation_id>/etablissement", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_establishment(organisation_id: int) -> Response | tuple[str, int]:
    """Add an establishment to an organisation."""
    line = service.get_organisation(context(), actor(), organisation_id).line
    form = EstablishmentForm(data={"siret": line.siren})
    back = url_for("admin.organisation", organisation_id=organisation_id)
    tried = attempt(form, lambda: service.create_establishment(context(), actor(), organisation_id, form.read()))
    if tried.done:
        flash("L’établissement est enregistré.")
        return redirect(back, 303)
    crumbs = [("Organisations", url_for("admin.organisations")), (line.name, back)]
    page = render_template(
        "admin/form.html", form=form, title="Ajouter un établissement", save="Enregistrer", crumbs=crumbs
    )
    return page, tried.status


@blueprint.route("/administration/etablissements/<int:establishment_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_establishment(establishment_id: int) -> Response | tuple[str, int]:
    """Correct an establishment, or close it."""
    line = service.get_establishment(context(), actor(), establishment_id)
    values = {"siret": line.siret, "name": line.name, "address": line.address, "commune": line.commune}
    form = EstablishmentEditForm(data=values | {"active": line.active, "version": line.version})
    back = url_for("admin.organisation", organisation_id=line.organisation_id)
    tried = attempt(
        form,
        lambda: service.change_establishment(
            context(), actor(), establishment_id, version_of(form), form.read(bool(form.active.data))
        ),
    )
    if tried.done:
        flash("L’établissement est à jour.")
        return redirect(back, 303)
    crumbs = [("Organisations", url_for("admin.organisations")), ("Organisation", back)]
    page = render_template(
        "admin/form.html", form=form, title="Modifier l’établissement", save="Enregistrer", crumbs=crumbs
    )
    return page, tried.status
