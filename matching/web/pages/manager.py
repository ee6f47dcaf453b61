"""The unit manager's pages: who follows whom, handing people over, weights, closing the unit."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid, NotFound
from matching.services import policy, portfolios, units
from matching.services.ranking import count_levers, levers_counted
from matching.web.errors import STATUS
from matching.web.forms import Form
from matching.web.guard import requires
from matching.web.pages.admin.common import address, chosen_id, chosen_ids, page_number, pages, whole
from matching.web.pages.admin.policy import try_weights, weights_form
from matching.web.pages.admin.units import ClosingForm, try_closing
from matching.web.session import actor, context

blueprint = Blueprint("manager", __name__)

NOBODY = "personne"
"""In the address, instead of an adviser's number: the people that nobody follows yet."""


@blueprint.get("/unite")
@requires(Permission.MANAGE_UNIT)
def index() -> str:
    """The unit: figures, advisers, people without adviser."""
    return render_template("manager/index.html", portfolio=portfolios.read_portfolio(context(), actor()), nobody=NOBODY)


@blueprint.get("/unite/portefeuille/<suivi>")
@requires(Permission.MANAGE_UNIT)
def portfolio(suivi: str) -> str | tuple[str, int]:
    """The people of one adviser, or of nobody yet; tick some and choose to whom."""
    return _people(suivi, None)


def _people(suivi: str, refused: Invalid | None) -> tuple[str, int]:
    adviser_id = whole(suivi)
    idle = request.args.get("sans-proposition") == "1"
    unit = portfolios.read_portfolio(context(), actor())
    found = portfolios.list_people(context(), actor(), adviser_id=adviser_id, idle=idle, page=page_number())
    # Somebody who left may still have people here; a number of another unit, or of nobody, has none.
    if suivi != NOBODY and not found.total and adviser_id not in {line.id for line in unit.advisers}:
        raise NotFound()
    page = render_template(
        "manager/people.html",
        unit=unit,
        adviser=next((line for line in unit.advisers if line.id == adviser_id), None),
        found=found,
        idle=idle,
        suivi=suivi,
        nobody=NOBODY,
        refused=refused,
        ticked=chosen_ids("p"),
        address=address,
        pages=pages,
    )
    return page, STATUS[Invalid] if refused else 200


class HandoverForm(Form):
    """What was shown before confirming: `seen` is « person:adviser » pairs, the adviser empty for nobody."""

    to = HiddenField()
    seen = HiddenField()


@blueprint.get("/unite/confier")
@requires(Permission.MANAGE_UNIT)
def preview() -> tuple[str, int]:
    """Who would move, before anything does. `p` the people ticked, or `de` an adviser; `a` who receives."""
    from_id, to_id = chosen_id("de"), chosen_id("a")
    try:
        if to_id is None:
            raise Invalid("Rien n’a été changé.", [FieldError("a", "Choisissez à qui confier ces personnes.")])
        shown = portfolios.preview_reassignment(context(), actor(), to_id, people=chosen_ids("p"), from_id=from_id)
    except Invalid as error:
        return _people(str(from_id) if from_id else request.args.get("suivi", NOBODY), error)
    seen = ",".join(f"{line.id}:{line.adviser_id or ''}" for line in shown.moving)
    form = HandoverForm(formdata=None, data={"to": str(to_id), "seen": seen})
    return render_template("manager/preview.html", shown=shown, form=form), 200


@blueprint.post("/unite/confier")
@requires(Permission.MANAGE_UNIT)
def reassign() -> Response:
    """Confide the people shown in the preview."""
    form = HandoverForm()
    to = form.to.data or ""
    moved = portfolios.reassign(context(), actor(), whole(to) or 0, _read_seen(form.seen.data or ""))
    flash("Une personne est confiée." if moved == 1 else f"{moved} personnes sont confiées.")
    return redirect(url_for("manager.portfolio", suivi=to), 303)


def _read_seen(text: str) -> dict[int, int | None]:
    seen: dict[int, int | None] = {}
    for pair in filter(None, text.split(",")):
        person, _, adviser = pair.partition(":")
        key = whole(person)
        if key is None or (adviser and whole(adviser) is None):
            raise Invalid("Cette page n’est pas lisible : rouvrez le portefeuille et refaites votre choix.")
        seen[key] = whole(adviser)
    return seen


@blueprint.get("/unite/leviers")
@requires(Permission.MANAGE_UNIT)
def levers() -> str:
    """What would open most offers to the unit's people, as last counted."""
    return render_template("manager/levers.html", levers=levers_counted(context(), actor()))


@blueprint.post("/unite/leviers")
@requires(Permission.MANAGE_UNIT)
def count() -> Response:
    """Count again, and show it."""
    count_levers(context(), actor())
    return redirect(url_for("manager.levers"), 303)


@blueprint.route("/unite/poids", methods=["GET", "POST"])
@requires(Permission.EDIT_WEIGHTS)
def weights() -> Response | tuple[str, int]:
    """The unit's own weights."""
    unit_id = actor().unit_id
    table = policy.read_weights(context(), actor(), unit_id)
    form = weights_form(table)
    tried = try_weights(form, unit_id)
    if tried.done:
        flash("Les poids sont à jour : les prochaines listes en tiennent compte.")
        return redirect(url_for("manager.weights"), 303)
    return render_template("manager/weights.html", table=table, form=form), tried.status


@blueprint.post("/unite/poids/defaut")
@requires(Permission.EDIT_WEIGHTS)
def reset_weights() -> Response:
    """Follow the Département's weights again."""
    policy.reset_weights(context(), actor(), actor().unit_id or 0)
    flash("Votre unité suit de nouveau les poids du Département.")
    return redirect(url_for("manager.weights"), 303)


@blueprint.route("/unite/fermer", methods=["GET", "POST"])
@requires(Permission.MANAGE_UNIT)
def close() -> Response | tuple[str, int]:
    """Close the unit, or merge it into another."""
    choices = units.read_closing(context(), actor(), actor().unit_id or 0)
    form = ClosingForm(data={"version": choices.unit.version})
    tried = try_closing(choices, form)
    if tried.done:
        flash(f"L’unité {choices.unit.name} est fermée. Son histoire est gardée.")
        return redirect(url_for("manager.index"), 303)
    return render_template("manager/close.html", form=form, choices=choices), tried.status
