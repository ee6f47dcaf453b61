"""Noisy versions of job titles, from general principles of how people type.

Written before the occupation search and apart from it: no table, list or function is shared, so that what is
measured with these is not what was taught. Everything is reproducible from a seed.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence

AZERTY = ("azertyuiop", "qsdfghjklm", "wxcvbn")
VOWELS = set("aeiouyàâäéèêëîïôöùûüœæ")


def _neighbours() -> dict[str, str]:
    """The keys that touch each key of a French keyboard."""
    near: dict[str, set[str]] = {}
    for row, keys in enumerate(AZERTY):
        for column, key in enumerate(keys):
            for other_row in (row - 1, row, row + 1):
                if 0 <= other_row < len(AZERTY):
                    for other in (column - 1, column, column + 1):
                        if 0 <= other < len(AZERTY[other_row]) and (other_row, other) != (row, column):
                            near.setdefault(key, set()).add(AZERTY[other_row][other])
    return {key: "".join(sorted(found)) for key, found in near.items()}


NEIGHBOURS = _neighbours()


def masculine(title: str) -> str:
    """The words before the slash, then what the feminine has in excess."""
    before, slash, after = title.partition(" / ")
    if not slash:
        return title
    return " ".join([before, *after.split()[len(before.split()) :]])


def feminine(title: str) -> str:
    """The words after the slash."""
    return title.partition(" / ")[2] or title


def one_of_both(title: str, rng: random.Random) -> str:
    return rng.choice((masculine, feminine))(title)


def without_accents(title: str, rng: random.Random) -> str:
    text = one_of_both(title, rng).replace("œ", "oe").replace("æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return rng.choice((str.lower, str.upper, str))(bare)


def _one_slip(text: str, rng: random.Random) -> str:
    """Drop, double, swap or miss one letter; the first letter of the text is left alone."""
    places = [i for i, c in enumerate(text) if i and c.isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    kind = rng.choice(("drop", "double", "swap", "neighbour"))
    if kind == "drop":
        return text[:i] + text[i + 1 :]
    if kind == "double":
        return text[:i] + text[i] + text[i:]
    if kind == "swap" and i + 1 < len(text) and text[i + 1].isalpha():
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    key = unicodedata.normalize("NFD", text[i].lower())[0]
    return text[:i] + rng.choice(NEIGHBOURS.get(key, "e")) + text[i + 1 :]


def typos(title: str, rng: random.Random) -> str:
    """One slip, two from twelve letters on."""
    text = one_of_both(title, rng)
    for _ in range(1 if len(text) < 12 else rng.choice((1, 2))):
        text = _one_slip(text, rng)
    return text


def abbreviations(title: str, rng: random.Random) -> str:
    """One or two long words cut after a consonant, between the third and the fifth letter, with a dot or not."""
    words = one_of_both(title, rng).split()
    long_words = [i for i, word in enumerate(words) if len(re.sub(r"\W", "", word)) >= 8]
    for i in rng.sample(long_words, min(len(long_words), rng.choice((1, 1, 2)))):
        cuts = [n for n in (3, 4, 5) if words[i][n - 1].isalpha() and words[i][n - 1].lower() not in VOWELS]
        words[i] = words[i][: rng.choice(cuts or [4])] + rng.choice((".", ".", ""))
    return " ".join(words)


def advertisement(title: str, rng: random.Random) -> str:
    """The title inside the words of a job advertisement."""
    frames = (
        "{} H/F",
        "{} (F/H) - CDI temps plein",
        "Recherche {} pour CDD de 6 mois",
        "URGENT {} 35h/semaine",
        "{} débutant accepté 12,50€/h",
        "Nous recrutons un(e) {} à Nantes (44)",
    )
    return rng.choice(frames).format(one_of_both(title, rng))


def together(title: str, rng: random.Random) -> str:
    """Several of the noises on the same query: each one time in two, at least two of the four."""
    layers = [noisy for noisy in _LAYERS if rng.random() < 0.5]
    while len(layers) < 2:
        layers = [noisy for noisy in _LAYERS if rng.random() < 0.5]
    return _through(layers, title, rng)


def all_four(title: str, rng: random.Random) -> str:
    """The four noises on every query: what is left of a short title cut then mistyped is often nobody's word."""
    return _through(_LAYERS, title, rng)


def _through(layers: Sequence[Noise], title: str, rng: random.Random) -> str:
    text = one_of_both(title, rng)
    for noisy in layers:
        text = noisy(text, rng)
    return text


Noise = Callable[[str, random.Random], str]
_LAYERS: tuple[Noise, ...] = (without_accents, abbreviations, typos, advertisement)

KINDS: dict[str, Noise] = {
    "typos": typos,
    "no_accents": without_accents,
    "feminine": lambda title, _rng: feminine(title),
    "masculine": lambda title, _rng: masculine(title),
    "abbreviations": abbreviations,
    "advertisement": advertisement,
    "together": together,
    "all_four": all_four,
}
