"""What the administrator's pages share: the blueprint, fields, and trying a use case from a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from flask import Blueprint, request, url_for
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from matching.errors import Invalid, MatchingError, NotFound
from matching.exchange.values import BadValue, parse_decimal
from matching.web.errors import STATUS
from matching.web.forms import Form

blueprint = Blueprint("admin", __name__)


_LARGEST = 2**31 - 1


@blueprint.before_request
def _refuse_impossible_numbers() -> None:
    """No row bears a number that the databases cannot hold."""
    if any(isinstance(value, int) and value > _LARGEST for value in (request.view_args or {}).values()):
        raise NotFound()


@blueprint.context_processor
def _addresses() -> dict[str, Any]:
    return {"address": address, "pages": pages}


def options(pairs: Iterable[tuple[str, Any]]) -> Any:
    """Choices of a select, from pairs of code and label, or of group and {code: label}."""
    return dict(pairs)


class Asked:
    """Says that a field must be filled; the service words what is missing, all problems at once."""

    field_flags = {"required": True}  # noqa: RUF012 - read by WTForms

    def __call__(self, form: object, field: object) -> None:
        return None


ASKED = [Asked()]


class AskedOfSome(Asked):
    """Says that a field must be filled by some: neither « facultatif » nor always asked."""

    field_flags = {"some": True}  # noqa: RUF012 - read by WTForms


ASKED_OF_SOME = [AskedOfSome()]


class FrenchNumberField(StringField):
    """A number typed as 12,5 or 1 250; `data` is a float, or None when empty."""

    data: Any

    def process_formdata(self, values: list[str]) -> None:
        self.typed = (values[0] if values else "").strip()
        try:
            found = parse_decimal(self.typed)
        except BadValue as error:
            self.data = None
            raise ValidationError(str(error)) from None
        self.data = None if found is None else float(found)

    def _value(self) -> str:
        if isinstance(self.data, int | float | Decimal):
            return f"{self.data:g}".replace(".", ",")
        return getattr(self, "typed", "")


class Attempt:
    """How trying a use case from a form went: `status` is that of the page shown again."""

    def __init__(self) -> None:
        self.done = False
        self.status = 200
        self.result: Any = None


def attempt(form: Form, act: Callable[[], Any]) -> Attempt:
    """On POST, check the form and try `act`; a refusal is written on the form, with all that was typed kept."""
    tried = Attempt()
    if request.method != "POST":
        return tried
    tried.status = STATUS[Invalid]
    if not form.validate():
        return tried
    try:
        tried.result = act()
    except Invalid as error:
        form.take_errors(error)
    except MatchingError as error:
        if type(error) not in STATUS or STATUS[type(error)] in (403, 404):
            raise
        tried.status = STATUS[type(error)]
        form.form_errors.append(error.message)
    else:
        tried.done = True
    return tried


def typed_value(field: Field) -> Any:
    """What the field understood: a date, a number…, or None."""
    return field.data


def version_of(form: Form) -> int:
    """The version of the row that the form was opened on."""
    return int(form["version"].data or 0)


def page_number() -> int:
    """The page asked for in the address; the first one for anything else than a number."""
    return max(1, chosen_id("page") or 1)


def whole(text: str) -> int | None:
    """An identifier as it was sent; None for anything else, and for a number that no row can bear."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def chosen_id(name: str) -> int | None:
    """An identifier given in the address, or None."""
    return whole(request.args.get(name, ""))


def chosen_ids(name: str) -> list[int]:
    """The identifiers given in the address, without what is none."""
    return [found for text in request.args.getlist(name) if (found := whole(text)) is not None]


def address(**changes: Any) -> str:
    """The address of this page with some of its filters changed; None removes one."""
    kept = {name: value for name, value in request.args.items() if name != "page"}
    values = {**kept, **changes, **(request.view_args or {})}
    return url_for(str(request.endpoint), **{name: value for name, value in values.items() if value is not None})


def pages(total: int, page_size: int) -> int:
    """How many pages a list of `total` lines takes, at least one."""
    return -(-total // page_size) or 1
