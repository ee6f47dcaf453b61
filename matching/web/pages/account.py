"""Logging in and out, and changing one's password."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from matching.access.permissions import Permission
from matching.errors import Invalid
from matching.services import accounts
from matching.web import session
from matching.web.forms import Form
from matching.web.guard import public, requires

blueprint = Blueprint("account", __name__)


class LoginForm(Form):
    email = StringField("Adresse électronique", [InputRequired("Saisissez votre adresse électronique.")])
    password = PasswordField("Mot de passe", [InputRequired("Saisissez votre mot de passe.")])
    next = HiddenField()


class PasswordForm(Form):
    current = PasswordField("Mot de passe actuel", [InputRequired("Saisissez votre mot de passe actuel.")])
    password = PasswordField("Nouveau mot de passe", [InputRequired("Saisissez le nouveau mot de passe.")])


def safe_next(target: str | None) -> str:
    """A path of this site, or the first page: never another site."""
    # Browsers drop tabs and line breaks from an address, and read « \ » as « / »: « /<tab>/site » leads to //site.
    if not target or not target.startswith("/") or not target.isprintable():
        return "/"
    return "/" if target.startswith(("//", "/\\")) else target


@blueprint.get("/connexion")
@public
def login() -> str | Response:
    if g.actor:
        return redirect("/")
    form = LoginForm(data={"next": request.args.get("next", "")})
    return render_template("account/login.html", form=form)


@blueprint.post("/connexion")
@public
def log_in() -> str | Response | tuple[str, int]:
    form = LoginForm()
    if not form.validate():
        return render_template("account/login.html", form=form), 422
    try:
        token = accounts.log_in(session.context(), form.email.data or "", form.password.data or "")
    except Invalid as error:
        form.take_errors(error)
        return render_template("account/login.html", form=form), 422
    session.begin(token)
    return redirect(safe_next(form.next.data), 303)


@blueprint.post("/deconnexion")
@public
def logout() -> Response:
    session.end()
    flash("Vous êtes déconnecté.")
    return redirect(url_for("account.login"), 303)


@blueprint.route("/compte/mot-de-passe", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def password() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    if request.method == "GET":
        return render_template("account/password.html", form=form)
    if form.validate():
        try:
            accounts.change_password(
                session.context(), session.actor(), form.current.data or "", form.password.data or ""
            )
        except Invalid as error:
            form.take_errors(error)
        else:
            session.end()
            flash("Mot de passe changé. Connectez-vous avec le nouveau.")
            return redirect(url_for("account.login"), 303)
    return render_template("account/password.html", form=form), 422
