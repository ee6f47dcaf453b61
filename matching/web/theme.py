"""A Département's own colour over the product's theme, refused when white text would not be read on it."""

from __future__ import annotations

import re

from flask import Flask, Response

from matching.errors import Invalid
from matching.settings import Settings
from matching.web.guard import public

MINIMUM_CONTRAST = 4.5


def contrast_on_white(colour: str) -> float:
    """WCAG contrast of `#rrggbb` with white, from 1 to 21."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def stylesheet(colour: str) -> str:
    """The rules that replace the brand colours. Raises `Invalid` for a colour that cannot be read."""
    if not colour:
        return ""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise Invalid("MATCHING_BRAND_COLOUR s’écrit comme #1c4f8f.")
    if contrast_on_white(colour) < MINIMUM_CONTRAST:
        raise Invalid("Cette couleur est trop claire pour être lue sur du blanc : choisissez-en une plus foncée.")
    dark = "#" + "".join(f"{round(int(colour[i : i + 2], 16) * 0.72):02x}" for i in (1, 3, 5))
    return f":root{{--brand:{colour};--brand-dark:{dark}}}"


def register(app: Flask, settings: Settings) -> None:
    """Serve the Département's colours at `/couleurs.css`."""
    rules = stylesheet(settings.brand_colour)

    @app.get("/couleurs.css", endpoint="colours")
    @public
    def colours() -> Response:
        return Response(rules, mimetype="text/css")
