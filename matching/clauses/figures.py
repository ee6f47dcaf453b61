"""Figures as a working shows them: French decimals, unbreakable spaces, and « ≈ » where digits were left out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from matching.text import NBSP

_THOUSANDS = "\u202f"  # narrow and unbreakable
_WIDE = Context(prec=60)


def as_decimal(exact: Fraction, digits: int = 28) -> Decimal:
    """The number on `digits` significant digits; exact whenever it can be written so."""
    return Context(prec=digits).divide(Decimal(exact.numerator), Decimal(exact.denominator))


def number(value: Decimal | Fraction | int, places: int = 2) -> str:
    """« 1 666,67 », « 450 », « 12,5 »: at most `places` decimals, a half up, no useless zero."""
    exact = value if isinstance(value, Decimal) else as_decimal(Fraction(value), 60)
    shown = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_WIDE)
    whole, _, part = f"{shown:,f}".partition(".")
    part = part.rstrip("0")
    return whole.replace(",", _THOUSANDS) + (f",{part}" if part else "")


def percent(value: Decimal) -> str:
    """« 7,5 % »."""
    return f"{number(value, 6)}{NBSP}%"


def euros(value: Decimal | Fraction) -> str:
    """« 1 250,00 € »: two decimals at least, six at most."""
    whole, _, part = number(value, 6).partition(",")
    return f"{whole},{part:0<2}{NBSP}€"


def cents(amount: int) -> str:
    """209148 → « 2 091,48 € »."""
    return euros(Fraction(amount, 100))


def hours(exact: Fraction) -> str:
    """« 40 h », « 833,33 h »."""
    return f"{number(exact)}{NBSP}h"


def equals(exact: Fraction) -> str:
    """« = » when two decimals say it all, « ≈ » when they do not."""
    return "=" if (exact * 100).denominator == 1 else "≈"
