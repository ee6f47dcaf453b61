"""Weights of the criteria, other numbers of the ranking, remedies."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField

from matching.access.permissions import Permission
from matching.services import policy as service
from matching.services.units import list_units
from matching.terms import Criterion, RemedyKind
from matching.web.forms import Form, VersionField
from matching.web.guard import requires
from matching.web.pages.admin.common import (
    ASKED,
    Attempt,
    FrenchNumberField,
    address,
    attempt,
    blueprint,
    options,
    version_of,
)
from matching.web.session import actor, context

_KINDS = [(kind.value, kind.label) for kind in RemedyKind]


# --- Weights. People read points: a weight of 0.25 is 25, a cost of 0.25 is a quarter (25) of the weight.


class _WeightsForm(Form):
    revision = HiddenField()


def _make_weights_form() -> type[_WeightsForm]:
    fields: dict[str, object] = {}
    for criterion in Criterion:
        fields[f"weight_{criterion.value}"] = FrenchNumberField(f"{criterion.label} : poids")
        fields[f"cost_{criterion.value}"] = FrenchNumberField(f"{criterion.label} : coût d’une inconnue")
    return type("WeightsForm", (_WeightsForm,), fields)


WeightsForm = _make_weights_form()


def weights_form(table: service.WeightTable) -> _WeightsForm:
    """The form over a table of weights, in points."""
    values: dict[str, object] = {"revision": table.revision}
    for line in table.lines:
        values[f"weight_{line.criterion.value}"] = round(line.weight * 100, 1)
        values[f"cost_{line.criterion.value}"] = round(line.unknown_cost * 100, 1)
    return WeightsForm(data=values)


def try_weights(form: _WeightsForm, unit_id: int | None) -> Attempt:
    """Save what was typed, back from points."""

    def act() -> int:
        def number(name: str) -> float:
            typed = form[name].data
            return float("nan") if typed is None else typed / 100

        wanted = {c: (number(f"weight_{c.value}"), number(f"cost_{c.value}")) for c in Criterion}
        return service.change_weights(context(), actor(), unit_id, form.revision.data or "", wanted)

    return attempt(form, act)


@blueprint.route("/administration/poids", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def weights() -> Response | tuple[str, int]:
    """The Département's weights."""
    return _weights(None)


@blueprint.route("/administration/poids/<int:unit_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def unit_weights(unit_id: int) -> Response | tuple[str, int]:
    """A unit's own weights."""
    return _weights(unit_id)


def _weights(unit_id: int | None) -> Response | tuple[str, int]:
    table = service.read_weights(context(), actor(), unit_id)
    form = weights_form(table)
    tried = try_weights(form, unit_id)
    if tried.done:
        flash("Les poids sont à jour : les prochaines listes en tiennent compte.")
        return redirect(address(), 303)
    units = [unit for unit in list_units(context(), actor()) if unit.is_open or unit.id == unit_id]
    page = render_template("admin/weights.html", table=table, form=form, units=units, unit_id=unit_id)
    return page, tried.status


@blueprint.post("/administration/poids/<int:unit_id>/defaut")
@requires(Permission.ADMINISTER)
def reset_weights(unit_id: int) -> Response:
    """Give a unit back the Département's weights."""
    service.reset_weights(context(), actor(), unit_id)
    flash("Cette unité suit de nouveau les poids du Département.")
    return redirect(url_for("admin.unit_weights", unit_id=unit_id), 303)


# --- Other numbers


class _SettingsForm(Form):
    revision = HiddenField()


def _make_settings_form() -> type[_SettingsForm]:
    fields: dict[str, object] = {}
    for setting in service.SETTINGS:
        low, high = (f"{bound:g}".replace(".", ",") for bound in (setting.low, setting.high))
        unit = f"En {setting.unit}, de" if setting.unit else "De"
        fields[setting.name] = FrenchNumberField(setting.label, ASKED, description=f"{unit} {low} à {high}.")
    return type("SettingsForm", (_SettingsForm,), fields)


SettingsForm = _make_settings_form()


@blueprint.route("/administration/reglages", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def settings() -> Response | tuple[str, int]:
    """Speeds, ranges and accepted gaps."""
    table = service.read_settings(context(), actor())
    values = {line.setting.name: line.amount for line in table.lines}
    form = SettingsForm(data={**values, "revision": table.revision})

    def act() -> int:
        wanted = {name: float("nan") if form[name].data is None else form[name].data for name in values}
        return service.change_settings(context(), actor(), form.revision.data or "", wanted)

    tried = attempt(form, act)
    if tried.done:
        flash("Les réglages sont à jour : les prochaines listes en tiennent compte.")
        return redirect(url_for("admin.settings"), 303)
    return render_template("admin/settings.html", form=form, table=table), tried.status


# --- Remedies


class RemedyForm(Form):
    label = StringField("Nom de la solution", ASKED)
    kind = SelectField("Genre", ASKED, choices=options(_KINDS))
    lifts = SelectField("Ce qu’elle lève", ASKED)
    delay_days = IntegerField(
        "Délai habituel, en jours", ASKED, description="De la demande au jour où la personne peut commencer."
    )
    who = StringField("Qui s’en occupe")
    active = BooleanField("Proposée en ce moment", default=True)
    version = VersionField()

    def fill(self, current: str = "") -> None:
        """Give the list of what can be lifted its choices, by group."""
        groups: dict[str, dict[str, str]] = {}
        for lift in service.liftable(context()):
            groups.setdefault(lift.group, {})[lift.code] = lift.label
        if current and not any(current in group for group in groups.values()):
            groups["Autre"] = {current: current}
        self.lifts.choices = options(groups.items())

    def read(self) -> service.RemedyForm:
        delay = self.delay_days.data
        return service.RemedyForm(
            RemedyKind(self.kind.data),
            self.lifts.data or "",
            self.label.data or "",
            -1 if delay is None else delay,
            self.who.data or "",
            bool(self.active.data),
        )


@blueprint.get("/administration/solutions")
@requires(Permission.ADMINISTER)
def remedies() -> str:
    """The catalogue of remedies."""
    words = request.args.get("q", "")
    found = service.list_remedies(context(), actor(), words=words)
    return render_template("admin/remedies.html", remedies=found, words=words)


@blueprint.route("/administration/solutions/nouvelle", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_remedy() -> Response | tuple[str, int]:
    """Add a remedy."""
    form = RemedyForm()
    form.fill()
    tried = attempt(form, lambda: service.add_remedy(context(), actor(), form.read()))
    if tried.done:
        flash("La solution est ajoutée : les prochaines listes en tiennent compte.")
        return redirect(url_for("admin.remedies"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ajouter une solution",
        save="Enregistrer",
        crumbs=[("Solutions", url_for("admin.remedies"))],
    )
    return page, tried.status


@blueprint.route("/administration/solutions/<int:remedy_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_remedy(remedy_id: int) -> Response | tuple[str, int]:
    """Correct a remedy, or stop offering it."""
    line = service.get_remedy(context(), actor(), remedy_id)
    now = line.form
    values = {"label": now.label, "kind": now.kind.value, "lifts": now.lifts, "delay_days": now.delay_days}
    form = RemedyForm(data={**values, "who": now.who, "active": now.active, "version": line.version})
    form.fill(now.lifts)
    tried = attempt(
        form,
        lambda: service.change_remedy(context(), actor(), remedy_id, version_of(form), form.read()),
    )
    if tried.done:
        flash("La solution est à jour : les prochaines listes en tiennent compte.")
        return redirect(url_for("admin.remedies"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Modifier la solution",
        save="Enregistrer",
        crumbs=[("Solutions", url_for("admin.remedies"))],
    )
    return page, tried.status
