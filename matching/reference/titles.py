"""Splitting gendered job titles into full masculine and feminine forms, the complement kept with each.

"Conducteur / Conductrice d'engins agricoles" is two titles, each with its engins: cutting at the slash alone
leaves a driver of nothing. Short forms ("Accastilleur(se)-monteur(se) de marine") are opened the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from matching.text import fold

_SLASH = re.compile(r"\s+/\s*|\s*/\s+")
_ENDING = re.compile(r"(?<=\w)\((?P<ending>[a-zéèêà]{1,6})\)")
_ACRONYM = re.compile(r"\((?P<round>[^()]{2,12})\)|(?<!\w)-\s*(?P<dash>[A-ZÉ][A-Za-zÉ&/. ]{1,10}?)\s*-(?!\w)")
_ACRONYM_LETTERS = re.compile(r"[A-ZÉ][A-Za-zÉ]*[A-ZÉ]")

# Masculine ending → feminine ending written in brackets, when the bracket replaces instead of adding.
_REPLACED = {
    "se": ("eur", "eux"),
    "euse": ("eur",),
    "rice": ("eur",),
    "trice": ("teur",),
    "ice": ("eur",),
    "ve": ("f",),
    "re": ("er",),
    "ère": ("er",),
    "ière": ("ier",),
    "ne": ("n",),
    "le": ("l",),
    "te": ("t",),
    "esse": ("e",),
    "sse": ("e",),
    "enne": ("en",),
    "elle": ("el",),
}

# Pairs whose feminine is another word altogether.
_OTHER_WORD = {"garcon fille", "homme femme", "monsieur dame", "steward hotesse", "valet femme", "traminot employee"}


@dataclass(frozen=True, slots=True)
class GenderedTitle:
    """Both full forms of a title; equal when the title has one form for everybody."""

    masculine: str
    feminine: str


def split_gendered(title: str) -> GenderedTitle:
    """The full masculine and feminine forms of a ROME title, long or short.

    >>> split_gendered("Conducteur / Conductrice d'engins agricoles").masculine
    "Conducteur d'engins agricoles"
    """
    text = " ".join(title.split())
    parts = [part for part in _SLASH.split(text) if part]
    both = _share_complement(parts[0], parts[1]) if len(parts) == 2 else None
    masculine, feminine = both or (text, text)
    return GenderedTitle(_open_endings(masculine, False), _open_endings(feminine, True))


def searchable_forms(label: str, short: str = "") -> tuple[str, ...]:
    """Every distinct form somebody could type: both genders, short forms, without acronyms, acronyms alone.

    Distinct means distinct once folded; the order is stable, the full forms first.
    """
    found: dict[str, str] = {}

    def add(form: str) -> None:
        folded = fold(form)
        if folded:
            found.setdefault(folded, " ".join(form.split()))

    full = split_gendered(label)
    forms = [full.masculine, full.feminine]
    if short:
        brief = split_gendered(short)
        forms += [brief.masculine, brief.feminine]
    for form in forms:
        add(form)
    for form in forms:
        add(_ACRONYM.sub(" ", form))
        for acronym in acronyms(form):
            add(acronym)
    return tuple(found.values())


def acronyms(title: str) -> tuple[str, ...]:
    """The acronyms a title gives between brackets or dashes, such as ASH or CIP."""
    inside = (match["round"] or match["dash"] for match in _ACRONYM.finditer(title))
    return tuple(text for text in inside if _ACRONYM_LETTERS.fullmatch(text))


def _share_complement(masculine: str, feminine: str) -> tuple[str, str] | None:
    """Both full forms, or None when the two sides of the slash are two trades and not two genders.

    "Conducteur" + "Conductrice d'engins": the complement is given to him. "Artiste plasticien" + "Plasticienne":
    the beginning is given to her.
    """
    his, hers = masculine.split(), feminine.split()
    start = next((i for i, word in enumerate(his) if _related(word, hers[0])), None)
    if fold(f"{his[0]} {hers[0]}") in _OTHER_WORD:
        start = 0
    if start is None:
        return None
    hers = his[:start] + hers
    return " ".join(his + hers[len(his) :]), " ".join(hers)


def _related(his: str, hers: str) -> bool:
    """Whether two words are genders of one another: the same first half of their first segment."""
    one, other = (fold(word).partition(" ")[0] for word in (his, hers))
    shorter = min(len(one), len(other))
    return bool(shorter) and one[: (shorter + 1) // 2] == other[: (shorter + 1) // 2]


def _open_endings(text: str, feminine: bool) -> str:
    """Replace "(se)", "(trice)"… by the masculine or the feminine ending."""
    if not feminine:
        return _ENDING.sub("", text)
    while match := _ENDING.search(text):
        stem = text[: match.start()]
        text = _feminine(stem, match["ending"]) + text[match.end() :]
    return text


def _feminine(stem: str, ending: str) -> str:
    if ending not in _REPLACED and len(ending) > 2 and ending[0] in stem:
        return stem[: stem.rindex(ending[0])] + ending  # "(tive)", "(teuse)": the ending overlaps the stem
    for masculine in _REPLACED.get(ending, ()):
        if stem.endswith(masculine):
            return stem[: len(stem) - len(masculine)] + _written_ending(masculine, ending)
    return stem + ending


def _written_ending(masculine: str, ending: str) -> str:
    if ending == "se":
        return "euse"
    if ending in {"rice", "ice"}:
        return "rice"
    if ending == "re":
        return "ère"
    if ending in {"ne", "le", "te"}:
        return masculine + ending
    if ending == "sse":
        return "esse"
    return ending
