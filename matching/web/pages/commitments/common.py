"""What the pages of commitments share: the blueprint, trying a use case from a form kept as typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from matching.errors import FieldError, Invalid, MatchingError
from matching.web.errors import STATUS
from matching.web.typed import Typed

blueprint = Blueprint("commitments", __name__, url_prefix="/engagements")
Page = str | Response | tuple[str, int]


class Outcome:
    """How a use case tried from a form went; `status` is that of the page shown again."""

    def __init__(self) -> None:
        self.done = False
        self.status = 200
        self.result: Any = None


def attempt(form: Typed, act: Callable[[], Any]) -> Outcome:
    """Try `act`; what is refused is written on the form, everything typed is kept."""
    tried = Outcome()
    try:
        tried.result = act()
    except Invalid as error:
        form.fail(error)
        tried.status = STATUS[Invalid]
    except MatchingError as error:
        if STATUS.get(type(error), 404) in (403, 404):
            raise
        form.fail(Invalid(error.message, [FieldError("", error.message)]))
        tried.status = STATUS[type(error)]
    else:
        tried.done = True
    return tried


def version_of(form: Typed) -> int:
    """The version of the row that the form was opened on."""
    return form.key("version") or 0


def home_of(commitment_id: int) -> str:
    """The page of a commitment: its own when it exists, else its events."""
    own = "commitment.show" if "commitment.show" in current_app.view_functions else "commitments.events"
    return url_for(own, commitment_id=commitment_id)


def go(address: str) -> Response:
    return redirect(address, 303)


def number_asked(name: str) -> int | None:
    """An identifier or a page of the address; None for anything else."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
