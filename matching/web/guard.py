"""Every page says which permission it needs, or that it is public; one that says nothing opens for nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission, require
from matching.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "matching_permission"
PUBLIC = "public"


def requires(permission: Permission) -> Callable[[View], View]:
    """The page opens for those whose role holds `permission`."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def public(view: View) -> View:
    """The page opens for anybody: no person's data there."""
    setattr(view, _MARK, PUBLIC)
    return view


def declared(endpoint: str) -> Permission | str | None:
    """What the view of `endpoint` declared; None when it forgot."""
    if endpoint == "static":
        return PUBLIC
    return getattr(current_app.view_functions.get(endpoint), _MARK, None)


def check() -> Response | None:
    """Before each request: send to the login page, or refuse, or let through."""
    if request.endpoint is None:
        return None
    asked = declared(request.endpoint)
    if asked == PUBLIC:
        return None
    if not isinstance(asked, Permission):
        raise NotFound()
    if g.actor is None:
        following = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("account.login", next=following))
    require(g.actor, asked)
    return None
