"""Accounts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from matching.access.permissions import Permission
from matching.services import users as service
from matching.services.units import list_units
from matching.terms import Role
from matching.web.forms import Form, VersionField
from matching.web.guard import requires
from matching.web.pages.admin.common import (
    ASKED,
    ASKED_OF_SOME,
    attempt,
    blueprint,
    chosen_id,
    options,
    page_number,
    version_of,
    whole,
)
from matching.web.session import actor, context

_ROLES = [(role.value, role.label) for role in Role]


class UserForm(Form):
    name = StringField("Prénom et nom", ASKED)
    role = SelectField("Rôle", ASKED, choices=options(_ROLES))
    unit_id = SelectField("Unité emploi", ASKED_OF_SOME, description="Pour une personne de l’unité.", default="")
    establishment_id = SelectField(
        "Établissement", ASKED_OF_SOME, description="Pour un employeur partenaire.", default=""
    )
    version = VersionField()

    def fill(self, now: service.UserLine | None = None) -> None:
        """Give the lists their choices; a closed unit or establishment stays only where it already is."""
        units = list_units(context(), actor())
        kept = [unit for unit in units if unit.is_open or (now and unit.id == now.unit_id)]
        self.unit_id.choices = options([("", "Aucune"), *((str(unit.id), unit.name) for unit in kept)])
        homes = service.list_establishment_choices(context(), actor())
        choices = [("", "Aucun"), *((str(home.id), home.label) for home in homes)]
        if now and now.establishment_id and str(now.establishment_id) not in dict(choices):
            choices.append((str(now.establishment_id), f"{now.belongs_to} (fermé)"))
        self.establishment_id.choices = options(choices)

    def read(self) -> service.UserForm:
        return service.UserForm(
            self.name.data or "",
            Role(self.role.data),
            whole(self.unit_id.data or ""),
            whole(self.establishment_id.data or ""),
        )


class NewUserForm(UserForm):
    email = StringField("Adresse de courriel", ASKED, description="Elle sert à se connecter.")


class ActionForm(Form):
    """A button: nothing but the version of what it acts on."""

    version = VersionField()


@blueprint.get("/administration/comptes")
@requires(Permission.ADMINISTER)
def users() -> str:
    """Accounts, filtered by words, role, unit and state."""
    words, code, state = (request.args.get(name, "") for name in ("q", "role", "etat"))
    role = next((role for role in Role if role.value == code), None)
    found = service.list_users(
        context(),
        actor(),
        words=words,
        role=role,
        unit_id=chosen_id("unite"),
        active={"ouverts": True, "fermes": False}.get(state),
        page=page_number(),
    )
    return render_template(
        "admin/users.html",
        found=found,
        words=words,
        role=role,
        roles=_ROLES,
        units=list_units(context(), actor()),
        unit_id=chosen_id("unite"),
        state=state,
    )


@blueprint.route("/administration/comptes/nouveau", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_user() -> tuple[str, int]:
    """Open an account. The temporary password is on the answer itself: it must not travel in a cookie."""
    form = NewUserForm()
    form.fill()
    tried = attempt(form, lambda: service.create_user(context(), actor(), form.email.data or "", form.read()))
    if tried.done:
        user_id, password = tried.result
        user = service.get_user(context(), actor(), user_id)
        return render_template("admin/password.html", user=user, password=password, created=True), 200
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ouvrir un compte",
        save="Ouvrir le compte",
        crumbs=[("Comptes", url_for("admin.users"))],
        order=("name", "email", "role", "unit_id", "establishment_id"),
    )
    return page, tried.status


@blueprint.route("/administration/comptes/<int:user_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def user(user_id: int) -> Response | tuple[str, int]:
    """One account: correct it, or act on it."""
    line = service.get_user(context(), actor(), user_id)
    values = {"name": line.name, "role": line.role.value, "version": line.version}
    values |= {"unit_id": str(line.unit_id or ""), "establishment_id": str(line.establishment_id or "")}
    form = UserForm(data=values)
    form.fill(line)
    tried = attempt(form, lambda: service.change_user(context(), actor(), user_id, version_of(form), form.read()))
    if tried.done:
        flash("Le compte est à jour.")
        return redirect(url_for("admin.user", user_id=user_id), 303)
    return render_template("admin/user.html", user=line, form=form), tried.status


@blueprint.post("/administration/comptes/<int:user_id>/fermer")
@requires(Permission.ADMINISTER)
def close_user(user_id: int) -> Response:
    """Close an account: its sessions end at their next request."""
    service.deactivate_user(context(), actor(), user_id, version_of(ActionForm()))
    flash("Le compte est fermé. Ses connexions sont terminées.")
    return redirect(url_for("admin.user", user_id=user_id), 303)


@blueprint.post("/administration/comptes/<int:user_id>/rouvrir")
@requires(Permission.ADMINISTER)
def reopen_user(user_id: int) -> Response:
    """Open a closed account again."""
    service.reactivate_user(context(), actor(), user_id, version_of(ActionForm()))
    flash("Le compte est rouvert.")
    return redirect(url_for("admin.user", user_id=user_id), 303)


@blueprint.post("/administration/comptes/<int:user_id>/mot-de-passe")
@requires(Permission.ADMINISTER)
def reset_password(user_id: int) -> str:
    """A new temporary password, on the answer itself: it must not travel in a cookie."""
    password = service.reset_password(context(), actor(), user_id, version_of(ActionForm()))
    line = service.get_user(context(), actor(), user_id)
    return render_template("admin/password.html", user=line, password=password, created=False)
