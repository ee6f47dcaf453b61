"""Invented numbers that are valid all the same."""

from __future__ import annotations


def luhn(digits: str) -> str:
    """`digits` with the check digit that makes a SIREN or SIRET valid."""
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if position % 2 == 0 else int(digit)
        for position, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)
