"""Help, accessibility and personal data: short, true, open to all."""

from __future__ import annotations

from flask import Blueprint, render_template

from matching.web.guard import public

blueprint = Blueprint("help", __name__)


@blueprint.get("/aide")
@public
def show() -> str:
    return render_template("help/show.html")


@blueprint.get("/accessibilite")
@public
def accessibility() -> str:
    return render_template("help/accessibility.html")


@blueprint.get("/donnees-personnelles")
@public
def privacy() -> str:
    return render_template("help/privacy.html")
