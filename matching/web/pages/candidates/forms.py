"""What was typed and what is to mend, for forms generated from the registry of questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import flash, redirect, render_template, request
from werkzeug.wrappers import Response

from matching.errors import Conflict, FieldError, Invalid, MatchingError, Problems, RuleRefused
from matching.exchange.values import BadValue, parse_date, parse_integer, parse_minutes
from matching.services.candidates import Source
from matching.terms import FactSource, Labelled
from matching.web.errors import STATUS

Page = Response | str | tuple[str, int]
E = TypeVar("E", bound=StrEnum)


@dataclass
class Typed:
    """The fields of a form as typed, and the errors beside them."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    message: str = ""
    conflict: bool = False

    def value(self, name: str, default: object = "") -> str:
        """What was typed in a field, or what is known before anything was."""
        return self.values[name] if name in self.values else ("" if default is None else str(default))

    def error(self, name: str) -> str:
        """What is to mend in a field; empty when nothing is."""
        return " ".join(error.message for error in self.errors if error.field == name)

    def ticked(self, name: str, value: str) -> bool:
        """Whether a box of a group was ticked."""
        return value in request.form.getlist(name) if self.values else False


def typed() -> Typed:
    """The fields of this request."""
    return Typed(request.form.to_dict())


def version() -> int | None:
    """The version of the file when the form was drawn; a form without it is never the latest."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def submit(action: Callable[[], object], done: str, next_url: str, again: Callable[[Typed], Page]) -> Page:
    """Run a use case: 303 to `next_url` with a word of success, or the form again with what to mend."""
    try:
        action()
    except (Invalid, RuleRefused, Conflict) as error:
        return refused(error, again)
    flash(done, "success")
    return redirect(next_url, 303)


def refused(error: MatchingError, again: Callable[[Typed], Page]) -> Page:
    """The form again, everything kept as typed, with the status of the error."""
    form = typed()
    form.errors = tuple(getattr(error, "errors", ())) or (FieldError("", error.message),)
    form.message = error.message
    form.conflict = isinstance(error, Conflict)
    drawn = again(form)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 422)
    return (drawn, status) if isinstance(drawn, str) else drawn


def render(template: str, form: Typed | None = None, **values: object) -> str:
    """A page of this subject with its form."""
    return render_template(f"candidates/{template}", form=form or Typed(), pairs=pairs, **values)


def pairs(kind: Iterable[Labelled], empty: str | None = None) -> list[tuple[str, str]]:
    """The codes and labels of a list of terms, for a select; `empty` is the choice of nothing."""
    found = [(one.value, one.label) for one in kind]
    return found if empty is None else [("", empty), *found]


def text(name: str) -> str:
    """A field of the form, without the spaces around."""
    return request.form.get(name, "").replace("\x00", "").strip()


def day(name: str, problems: Problems) -> date | None:
    """A day of the form; None when empty."""
    try:
        return parse_date(text(name))
    except BadValue as bad:
        problems.add(name, bad.message, text(name))
        return None


def whole(name: str, problems: Problems) -> int | None:
    """A whole number of the form; None when empty."""
    try:
        return parse_integer(text(name))
    except BadValue as bad:
        problems.add(name, bad.message, text(name))
        return None


def minutes(name: str, problems: Problems) -> int | None:
    """Hours of the form, in minutes; None when empty."""
    try:
        return parse_minutes(text(name))
    except BadValue as bad:
        problems.add(name, bad.message, text(name))
        return None


def choice(name: str, kind: type[E], problems: Problems) -> E | None:
    """One of the codes of `kind`; None when empty."""
    code = text(name)
    if not code:
        return None
    try:
        return kind(code)
    except ValueError:
        problems.add(name, "Choisissez une des réponses proposées.", code)
        return None


def number(name: str) -> int | None:
    """An identifier of the form; None when it is not one."""
    code = text(name)
    return int(code) if code.isdecimal() and len(code) < 12 else None


def source(problems: Problems, today: date) -> Source:
    """How and when the answers of this form were learnt."""
    kind = choice("source", FactSource, problems) or FactSource.DECLARED
    known_on = day("known_on", problems) or today
    if known_on > today:
        problems.add("known_on", "Cette date n’est pas encore passée : corrigez-la.", text("known_on"))
    return Source(kind, known_on)
