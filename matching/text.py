"""French text: folded for search and comparison, and days, hours and delays as they are written. One place."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'", "‘": "'", "ʼ": "'"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Lower case, without accents, ligatures opened, everything else than letters and digits one space.

    >>> fold("Plongeur·se  (H/F) – Œufs")
    'plongeur se h f oeufs'
    """
    opened = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    bare = "".join(c for c in opened if not unicodedata.combining(c)).lower()
    return _NOT_WORD.sub(" ", bare).strip()


NBSP = "\u00a0"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def written_day(day: date) -> str:
    """« 1er septembre 2026 »."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def written_hours(minutes: int) -> str:
    """« 14 h 30 », « 35 h », « 1 260 h »."""
    whole, rest = divmod(minutes, 60)
    return f"{whole:,}".replace(",", NBSP) + f"{NBSP}h" + (f"{NBSP}{rest:02d}" if rest else "")


def written_delay(days: int | None) -> str:
    """« 3 semaines », « 4 mois »; empty when there is nothing to wait for."""
    if not days:
        return ""
    if days < 14:
        return "1 jour" if days == 1 else f"{days} jours"
    return f"{round(days / 7)} semaines" if days < 63 else f"{round(days / 30.4)} mois"
