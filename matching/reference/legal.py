"""Dated legal parameters: which amount holds on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from matching.reference.model import LegalParameter


def amount_on(parameters: Iterable[LegalParameter], code: str, day: date) -> LegalParameter | None:
    """The row of `code` in force on `day`: the last `valid_from` not after it, None before the first."""
    in_force = [row for row in parameters if row.code == code and row.valid_from <= day]
    return max(in_force, key=lambda row: row.valid_from, default=None)
