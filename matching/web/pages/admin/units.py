"""Employment units."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from matching.access.permissions import Permission
from matching.services import units as service
from matching.web.forms import Form, VersionField
from matching.web.guard import requires
from matching.web.pages.admin.common import ASKED, Attempt, attempt, blueprint, options, version_of
from matching.web.session import actor, context


class UnitForm(Form):
    name = StringField("Nom", ASKED)
    code = StringField("Code", ASKED, description="Court, unique, comme UE-NORD.")
    commune = StringField("Commune", description="Un nom ou un code postal. Facultatif.")
    version = VersionField()

    def read(self) -> service.UnitForm:
        return service.UnitForm(self.code.data or "", self.name.data or "", self.commune.data or "")


class ClosingForm(Form):
    """Closing a unit: `target` is the unit that takes over, or nothing when nobody is left in it."""

    target = SelectField("Unité qui prend la suite", ASKED, default="")
    version = VersionField()

    def fill(self, choices: service.ClosingChoices) -> None:
        nobody = [] if choices.must_be_taken_over else [("", "Aucune : il n’y a plus personne")]
        some = [("", "Choisissez…")] if choices.must_be_taken_over else nobody
        self.target.choices = options([*some, *((str(unit.id), unit.name) for unit in choices.takers)])


def try_closing(choices: service.ClosingChoices, form: ClosingForm) -> Attempt:
    """Merge or close the unit, as the form says."""
    form.fill(choices)
    unit_id = choices.unit.id

    def act() -> None:
        target = form.target.data or ""
        if target:
            service.merge_units(context(), actor(), unit_id, int(target), version_of(form))
        else:
            service.close_unit(context(), actor(), unit_id, version_of(form))

    return attempt(form, act)


@blueprint.get("/administration/unites")
@requires(Permission.ADMINISTER)
def units() -> str:
    """Units, open first."""
    return render_template("admin/units.html", units=service.list_units(context(), actor()))


@blueprint.route("/administration/unites/nouvelle", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_unit() -> Response | tuple[str, int]:
    """Open a unit."""
    form = UnitForm()
    tried = attempt(form, lambda: service.create_unit(context(), actor(), form.read()))
    if tried.done:
        flash("L’unité est ouverte.")
        return redirect(url_for("admin.units"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ouvrir une unité",
        save="Ouvrir l’unité",
        crumbs=[("Unités emploi", url_for("admin.units"))],
    )
    return page, tried.status


@blueprint.route("/administration/unites/<int:unit_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_unit(unit_id: int) -> Response | tuple[str, int]:
    """Rename a unit."""
    line = service.get_unit(context(), actor(), unit_id)
    form = UnitForm(data={"name": line.name, "code": line.code, "commune": line.commune, "version": line.version})
    tried = attempt(form, lambda: service.change_unit(context(), actor(), unit_id, version_of(form), form.read()))
    if tried.done:
        flash("L’unité est à jour.")
        return redirect(url_for("admin.units"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title=f"Modifier l’unité {line.name}",
        save="Enregistrer",
        crumbs=[("Unités emploi", url_for("admin.units"))],
    )
    return page, tried.status


@blueprint.route("/administration/unites/<int:unit_id>/fermer", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def close_unit(unit_id: int) -> Response | tuple[str, int]:
    """Close a unit, or merge it into another."""
    choices = service.read_closing(context(), actor(), unit_id)
    form = ClosingForm(data={"version": choices.unit.version})
    tried = try_closing(choices, form)
    if tried.done:
        flash(f"L’unité {choices.unit.name} est fermée. Son histoire est gardée.")
        return redirect(url_for("admin.units"), 303)
    page = render_template(
        "admin/close_unit.html",
        form=form,
        choices=choices,
        crumbs=[("Administration", url_for("admin.index")), ("Unités emploi", url_for("admin.units"))],
    )
    return page, tried.status
