"""A form kept as it was typed: values are read by kind, what cannot be read is noted beside its field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from matching.clauses.hours import BadHours, parse_hours
from matching.errors import FieldError, Invalid, Problems
from matching.exchange.values import BadValue, parse_cents, parse_date, parse_decimal, parse_integer
from matching.terms import Labelled

E = TypeVar("E", bound=Labelled)
T = TypeVar("T")
_LONGEST = 5000


class _AlreadyNoted(Invalid):
    """What could not be read is already beside its fields."""


class Typed:
    """`errors` are by field name, for the summary and beside each field; `part` reads the fields of a block."""

    def __init__(self, values: Mapping[str, object] | MultiDict[str, str] | None = None) -> None:
        given: MultiDict[str, Any] = values if isinstance(values, MultiDict) else MultiDict(values or {})
        self._values: MultiDict[str, Any] = given
        self._problems = Problems()
        self._prefix = ""

    def part(self, prefix: str) -> Typed:
        """The same form, whose fields are read with `prefix` before their names."""
        made = Typed(self._values)
        made._problems, made._prefix = self._problems, self._prefix + prefix
        return made

    # --- what the page shows

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by whole field name, in order."""
        found: dict[str, list[str]] = {}
        for item in self._problems.errors:
            messages = found.setdefault(item.field, [])
            if item.message not in messages:
                messages.append(item.message)
        return found

    def name(self, field: str) -> str:
        """The whole name of a field, also its id."""
        return self._prefix + field

    def value(self, field: str) -> str:
        """What was typed, to show it again."""
        return str(self._values.get(self.name(field)) or "")

    def values(self, field: str) -> list[str]:
        return [str(value) for value in self._values.getlist(self.name(field))]

    def error(self, field: str) -> str:
        return " ".join(self.errors.get(self.name(field), ()))

    def has_error(self, *fields: str) -> bool:
        """Whether one of these fields is to mend: its section is then shown open."""
        return any(self.name(field) in self.errors for field in fields)

    def fail(self, error: Invalid) -> None:
        """Put what a service refused beside the fields; a message of no field comes first."""
        if not isinstance(error, _AlreadyNoted):
            self._problems.errors.extend(error.errors or [FieldError("", error.message)])

    @property
    def unreadable(self) -> bool:
        """Whether something typed could not be read."""
        return bool(self._problems.errors)

    def stop_if_unreadable(self, others: Iterable[FieldError] = ()) -> None:
        """Raises `Invalid` when something typed could not be read; `others` is what else is to mend, if known.

        A field already named is not named again: what could not be read would also be called missing.
        """
        if self._problems.errors:
            named = {item.field for item in self._problems.errors}
            self._problems.errors.extend(item for item in others if item.field not in named)
            raise _AlreadyNoted("Quelques points sont à reprendre. Rien n’a été enregistré.")

    # --- what was typed, by kind

    def text(self, field: str) -> str:
        return self.value(field).strip()[:_LONGEST]

    def ticked(self, field: str) -> bool:
        return bool(self.value(field))

    def day(self, field: str) -> date | None:
        return self._read(field, parse_date)

    def cents(self, field: str) -> int | None:
        return self._read(field, parse_cents)

    def signed_cents(self, field: str) -> int | None:
        """An amount that can be taken away: « -12 000 »."""
        return self._read(field, lambda text: _signed(text, parse_cents))

    def minutes(self, field: str) -> int | None:
        return self._read(field, parse_hours)

    def signed_minutes(self, field: str) -> int | None:
        """Hours added or taken away: « 20 », « -7h30 »."""
        return self._read(field, lambda text: _signed(text, parse_hours))

    def decimal(self, field: str) -> Decimal | None:
        return self._read(field, lambda text: parse_decimal(text.strip().removesuffix("%").rstrip()))

    def integer(self, field: str) -> int | None:
        return self._read(field, lambda text: parse_integer(text.replace("−", "-")))

    def key(self, field: str) -> int | None:
        """An identifier chosen in a list; None for none."""
        text = self.text(field)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None

    def choice(self, field: str, among: type[E]) -> E | None:
        text = self.text(field)
        return next((member for member in among if member.value == text), None)

    def choices(self, field: str, among: type[E]) -> tuple[E, ...]:
        wanted = set(self.values(field))
        return tuple(member for member in among if member.value in wanted)

    def _read(self, field: str, parse: Callable[[str], T | None]) -> T | None:
        text = self.value(field)
        try:
            return parse(text)
        except (BadValue, BadHours) as error:
            self._problems.add(self.name(field), error.message, text[:60])
            return None


def _signed(text: str, parse: Callable[[str], int | None]) -> int | None:
    tidy = text.strip()
    if tidy[:1] in ("-", "−", "–"):
        found = parse(tidy[1:].strip())
        return None if found is None else -found
    return parse(tidy.removeprefix("+").strip())


def options(among: Iterable[Labelled], first: str = "À choisir") -> list[tuple[str, str]]:
    """The pairs of a select, beginning with an empty one."""
    return [("", first), *((member.value, member.label) for member in among)]
