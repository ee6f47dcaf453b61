"""The Flask application: made from a context, with its guards in the order they must run."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter, ValidationError

from matching.services.context import Context
from matching.web import errors, formats, guard, navigation, session, theme
from matching.web.pages import BLUEPRINTS

csrf = CSRFProtect()

FORM_BYTES = 512 * 1024
"""What a form may weigh beside its file: a file of exactly the size allowed comes with its fields."""
FORM_FIELDS = 10_000
"""A company declares six fields a person; the framework's own limit stops at 166 people."""


def create_app(ctx: Context) -> Flask:
    """The application over `ctx`. Pages that are not there are left out of the menu."""
    app = Flask(__name__)
    app.url_map.converters["int"] = _Key
    app.config.update(
        SECRET_KEY=ctx.settings.secret_key or _own_secret(ctx),
        MAX_CONTENT_LENGTH=ctx.settings.upload_max_bytes + FORM_BYTES,
        MAX_FORM_PARTS=FORM_FIELDS,
        SESSION_COOKIE_NAME="matching",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=ctx.settings.https,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=ctx.settings.session_absolute_minutes),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=ctx.settings.https,
    )
    app.extensions["matching"] = ctx
    # The nonce and the actor must be known before CSRF can refuse, or its error page could not be drawn.
    app.before_request(_new_nonce)
    app.before_request(session.load_actor)
    csrf.init_app(app)
    app.before_request(_refuse_nul)
    app.before_request(guard.check)
    app.after_request(_headers)
    errors.register(app)
    formats.register(app)
    navigation.register(app)
    theme.register(app, ctx.settings)
    for name in BLUEPRINTS:
        module = f"matching.web.pages.{name}"
        if find_spec(module):
            app.register_blueprint(import_module(module).blueprint)
    return app


def _own_secret(ctx: Context) -> str:
    """A secret kept beside an embedded database, so that a restart logs nobody out; else one for this run."""
    database = ctx.engine.url.database
    if ctx.engine.dialect.name != "sqlite" or not database or database == ":memory:":
        return secrets.token_hex(32)
    path = Path(f"{database}-secret")
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    except FileExistsError:
        pass
    except OSError:
        return hashlib.sha256(str(path.resolve()).encode() + secrets.token_bytes(32)).hexdigest()
    return path.read_text() or secrets.token_hex(32)


class _Key(IntegerConverter):
    """A number that a row may have: a longer one is a page that does not exist, not an error of the database."""

    def to_python(self, value: str) -> int:
        number = int(super().to_python(value))
        if number >= 1 << 31:
            raise ValidationError
        return number


def _refuse_nul() -> None:
    """No keyboard types it, and no text of PostgreSQL holds it."""
    for values in (request.args, request.form):
        if any("\x00" in name or "\x00" in value for name, value in values.items(multi=True)):
            raise BadRequest


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _headers(response: Response) -> Response:
    nonce = getattr(g, "nonce", "")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "same-origin")  # a page may ask for less
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("HX-Request")
    return response
