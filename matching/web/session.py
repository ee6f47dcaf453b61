"""Who is acting in this request, from the session kept on the server."""

from __future__ import annotations

from typing import cast

from flask import current_app, g, request, session

from matching.access.permissions import Actor
from matching.services import accounts
from matching.services.context import Context

_TOKEN = "token"  # noqa: S105 - the name of a key, not a secret


def context() -> Context:
    """The context of this application."""
    return cast(Context, current_app.extensions["matching"])


def actor() -> Actor:
    """Who is logged in; only for pages that require a permission."""
    found = g.actor
    assert found is not None
    return cast(Actor, found)


def load_actor() -> None:
    """Read the session at every request: revoked, idle or deactivated ends at once."""
    # A page brings five static files: they are the same for all and ask the database nothing.
    token = session.get(_TOKEN) if request.endpoint != "static" else None
    g.actor = accounts.find_actor(context(), token) if token else None


def begin(token: str) -> None:
    """Start afresh: nothing of an earlier visitor stays in the cookie."""
    session.clear()
    session.permanent = True
    session[_TOKEN] = token


def end() -> None:
    """Close the session on the server and empty the cookie."""
    token = session.get(_TOKEN)
    if token:
        accounts.log_out(context(), token)
    session.clear()
