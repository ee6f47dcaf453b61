"""Opening pages as somebody, without going through the login form each time."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from matching.access.permissions import Actor
from matching.services import accounts
from matching.services.context import Context
from tests.support import factories


def client_of(app: Flask, actor: Actor | None = None) -> FlaskClient:
    """A test client logged in as `actor` (an account of the factories); nobody when None."""
    client = app.test_client()
    if actor is not None:
        ctx: Context = app.extensions["matching"]
        token = accounts.log_in(ctx, factories.email_of(actor), factories.PASSWORD)
        with client.session_transaction() as session:
            session["token"] = token
    return client


def log_in_page(page: Any, address: str, app: Flask, actor: Actor) -> None:
    """Give the browser's page the cookie of `actor`, for the server at `address` on the same database."""
    cookie = client_of(app, actor).get_cookie("matching")
    assert cookie is not None
    page.context.add_cookies([{"name": "matching", "value": cookie.value, "url": address}])
