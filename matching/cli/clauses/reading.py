"""Options as typed, read or refused in French by their own name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import click

from matching.clauses.hours import BadHours, parse_hours
from matching.errors import FieldError, Invalid
from matching.exchange.values import BadValue, parse_cents, parse_date, parse_decimal

T = TypeVar("T")


def decimal(option: str, text: str) -> Decimal:
    """ "12,5", "1 000", "5 %": a number with a comma or a point."""
    return _read(option, text, lambda: parse_decimal(_without(text, "%")))


def cents(option: str, text: str) -> int:
    """ "1 000 000", "12,50 €": euros into cents."""
    return _read(option, text, lambda: parse_cents(text))


def minutes(option: str, text: str) -> int:
    """ "87h30", "87:30", "87,5": hours into minutes."""
    return _read(option, text, lambda: parse_hours(text))


def day(option: str, text: str) -> date:
    """ "2026-03-31", "31/03/2026"."""
    return _read(option, text, lambda: parse_date(text))


def _read(option: str, text: str, parse: Callable[[], T | None]) -> T:
    try:
        value = parse()
    except (BadValue, BadHours) as error:
        raise refused(option, error.message, text) from None
    if value is None:
        raise refused(option, "Écrivez une valeur, ou retirez l’option.")
    return value


def _without(text: str, sign: str) -> str:
    tidy = text.strip()
    return tidy[: -len(sign)].rstrip() if tidy.endswith(sign) else tidy


def refused(option: str, message: str, value: str = "") -> Invalid:
    """One option that cannot be taken."""
    shown = value[:60]
    return Invalid("La commande est à reprendre.", [FieldError(option, f"{option} : {message}", shown)])


def all_refused(messages: Mapping[str, str]) -> Invalid:
    """Several options to mend, each with its message."""
    return Invalid(
        "La commande est à reprendre.", [FieldError(option, f"{option} : {text}") for option, text in messages.items()]
    )


@contextmanager
def named(options: Mapping[str, str]) -> Iterator[None]:
    """Errors of the rules (by field) come out under the name of the option that was typed."""
    try:
        yield
    except Invalid as error:
        raise Invalid(
            error.message,
            [
                FieldError(options.get(item.field, item.field), f"{options[item.field]} : {item.message}")
                if item.field in options
                else item
                for item in error.errors
            ],
        ) from None


def write_json(data: Mapping[str, Any]) -> None:
    """Pure JSON on the standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
