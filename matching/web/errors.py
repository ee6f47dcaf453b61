"""From the errors of the trade to answers people can act on. The only module that knows HTTP statuses."""

from __future__ import annotations

import structlog
from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from matching.errors import Conflict, Forbidden, Invalid, MatchingError, NotFound, RuleRefused, raised_at
from matching.web.formats import size
from matching.web.session import context

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
)
log = structlog.get_logger()

STATUS: dict[type[MatchingError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, RuleRefused: 422, Invalid: 422}
_TITLES = {
    400: "La demande n’a pas été comprise",
    403: "Cette page ne vous est pas ouverte",
    404: "Page introuvable",
    405: "Cette action n’existe pas ici",
    409: "Quelqu’un d’autre a été plus rapide",
    413: "Le fichier est trop lourd",
    422: "Ce n’est pas possible en l’état",
    500: "Une erreur est survenue",
}
_MESSAGES = {
    400: "Revenez à la page précédente, rechargez-la, puis recommencez.",
    404: "Cette page n’existe pas, ou ne vous est pas ouverte.",
    405: "Revenez à la page précédente et utilisez ses boutons.",
    500: "Rien n’a été enregistré. Réessayez dans un instant ; si cela continue, prévenez l’administration.",
}


def register(app: Flask) -> None:
    """Plug the pages of error into the application."""
    app.register_error_handler(MatchingError, _known)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unknown)


def _page(status: int, message: str, errors: tuple[object, ...] = ()) -> tuple[str, int]:
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    if not hasattr(g, "actor"):
        g.actor = None
    title = _TITLES.get(status, _TITLES[400])
    return render_template(template, title=title, message=message, errors=errors), status


def _known(error: MatchingError) -> tuple[str, int]:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return _page(status, error.message, tuple(getattr(error, "errors", ())))


def _csrf(error: CSRFError) -> tuple[str, int]:
    return _page(400, "Cette page a été ouverte il y a trop longtemps. Rechargez-la, puis recommencez votre envoi.")


def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    message = _MESSAGES.get(status, _MESSAGES[400])
    if status == 413:
        message = f"Choisissez un fichier de {size(context().settings.upload_max_bytes)} au plus."
    return _page(status, message)


def _unknown(error: Exception) -> tuple[str, int]:
    # The kind of error and where, never its message or the values of variables: what was typed is often quoted there.
    log.error("unexpected", endpoint=request.endpoint, kind=type(error).__name__, where=raised_at(error))
    return _page(500, _MESSAGES[500])
