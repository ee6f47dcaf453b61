"""Folding French text for search and comparison: one place, used on both databases and by the engine."""

from __future__ import annotations

import re
import unicodedata

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
