"""What a verification tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """The first row that breaks a rule: which rule, which table and number, what was read."""

    rule: str
    table: str
    number: int
    told: str


@dataclass(frozen=True)
class CheckReport:
    """`entries` and `events` were read; `breaches` is empty when everything holds."""

    entries: int
    events: int
    breaches: tuple[Breach, ...]
