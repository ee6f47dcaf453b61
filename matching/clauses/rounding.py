"""Rounding of sized hours, and of minutes and cents: one place, so that the calculator and the fold agree.

The mode is stored with a commitment and shown beside the figure. Rounding happens once, on the last figure.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from matching.terms import Labelled


class Rounding(Labelled):
    """How an exact number of hours becomes whole hours; `none` keeps it exact (rounded for display only)."""

    NONE = "none", "Sans arrondi"
    DOWN = "down", "À l’heure inférieure"
    NEAREST = "nearest", "À l’heure la plus proche"
    UP = "up", "À l’heure supérieure"


_MODES = {Rounding.DOWN: ROUND_FLOOR, Rounding.NEAREST: ROUND_HALF_UP, Rounding.UP: ROUND_CEILING}


def round_hours(exact: Decimal, rounding: Rounding) -> Decimal:
    """Whole hours by the stored mode, a half going up; `exact` itself without rounding.

    Hours are never negative here, so that up and away from zero are the same.
    """
    mode = _MODES.get(rounding)
    return exact if mode is None else exact.quantize(Decimal(1), rounding=mode)


def nearest(exact: Decimal | Fraction) -> int:
    """The nearest whole number (minutes, cents), a half going up: 2,5 → 3, and −2,5 → −2."""
    fraction = Fraction(exact)
    return (2 * fraction.numerator + fraction.denominator) // (2 * fraction.denominator)
