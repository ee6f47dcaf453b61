"""What the forms share: French messages, French dates and numbers, errors of the services beside their fields."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import ValidationError

from matching.errors import Invalid


class Form(FlaskForm):  # type: ignore[misc]
    """A form in French. `take_errors` puts what a service refused beside the fields, all kept as typed."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("fr_FR", "fr")

    def take_errors(self, error: Invalid) -> None:
        """Attach each `FieldError` to its field; those of no field, and the message alone, go to the top."""
        general = []
        for item in error.errors:
            target = self._fields.get(item.field)
            if target is None:
                general.append(item.message)
            else:
                target.errors = [*target.errors, item.message]
        if general or not error.errors:
            self.form_errors.extend(general or [error.message])


class FrenchDateField(StringField):
    """A day typed as 09/06/2026 or 2026-06-09; `data` is a date, or None when empty."""

    data: Any
    typed = ""

    def process_formdata(self, values: list[str]) -> None:
        self.typed = (values[0] if values else "").strip()
        self.data = parse_day(self.typed) if self.typed else None

    def _value(self) -> str:
        return self.data.strftime("%d/%m/%Y") if isinstance(self.data, date) else self.typed


def parse_day(text: str) -> date:
    """A day as people write it. Raises `ValidationError` with the remedy."""
    from matching.exchange.values import BadValue, parse_date

    try:
        found = parse_date(text)
    except BadValue as error:
        raise ValidationError(str(error)) from None
    if found is None:
        raise ValidationError("Écrivez une date comme 09/06/2026.")
    return found


class VersionField(HiddenField):
    """The version of the row being edited: the service refuses when somebody saved in between."""

    data: Any

    def process_formdata(self, values: list[str]) -> None:
        typed = values[0] if values else ""
        self.data = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
