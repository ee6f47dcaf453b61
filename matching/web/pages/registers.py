"""The law's registers: contracts that must carry a social condition, the SPASER's indicators, open data."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("registers", __name__, url_prefix="/registres")
