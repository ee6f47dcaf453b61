"""The blueprint of these pages, on its own so that each module can add to it."""

from flask import Blueprint

blueprint = Blueprint("candidates", __name__, url_prefix="/personnes")
