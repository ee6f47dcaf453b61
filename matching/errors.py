"""What can go wrong, said to the person who can mend it.

Every error carries a stable code (for logs and tests), a French message that says what happened and how
to mend it, and data. Only `matching.web.errors` knows HTTP and only `matching.cli` knows exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from traceback import format_tb
from typing import Any


class MatchingError(Exception):
    """Base of the errors shown to people: `code` is stable, `message` is French with its remedy."""

    code = "error"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFound(MatchingError):
    """The object does not exist, or not for this actor: the two are told the same way."""

    code = "not_found"

    def __init__(self, message: str = "Cette page n’existe pas, ou ne vous est pas ouverte.", **data: Any) -> None:
        super().__init__(message, **data)


class Forbidden(MatchingError):
    """The actor's role does not hold this permission."""

    code = "forbidden"

    def __init__(
        self,
        message: str = "Votre rôle ne permet pas cette action. Demandez-la à l’administration de l’outil.",
        **data: Any,
    ) -> None:
        super().__init__(message, **data)


class Conflict(MatchingError):
    """Somebody else was faster: the message says what they did."""

    code = "conflict"


class RuleRefused(MatchingError):
    """A rule of the trade says no: the message gives the rule and what to do."""

    code = "rule_refused"


@dataclass(frozen=True)
class FieldError:
    """One thing to mend in a form, a command or a file.

    `line` and `column` are set for files (line 1 is the header); `value` is what was read.
    """

    field: str
    message: str
    value: str = ""
    line: int | None = None
    column: str | None = None


class Invalid(MatchingError):
    """Input that cannot be taken: one `FieldError` per thing to mend; nothing was written."""

    code = "invalid"

    def __init__(self, message: str, errors: Sequence[FieldError] = (), **data: Any) -> None:
        super().__init__(message, **data)
        self.errors = tuple(errors)


@dataclass
class Problems:
    """Collects field errors, then raises them all at once."""

    errors: list[FieldError] = field(default_factory=list)

    def add(self, field_name: str, message: str, value: object = "") -> None:
        self.errors.append(FieldError(field_name, message, "" if value is None else str(value)))

    def raise_if_any(self, message: str = "Quelques points sont à reprendre. Rien n’a été enregistré.") -> None:
        if self.errors:
            raise Invalid(message, self.errors)


def raised_at(error: BaseException) -> str:
    """Where an error was raised, for the log: neither its message nor the values of variables, which quote people."""
    return "".join(format_tb(error.__traceback__))
