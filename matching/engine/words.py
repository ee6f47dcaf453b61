"""Words without gender: "serveuse" and "serveur" become the same token, so that words cannot carry sex.

Tokens are only compared with each other, never shown: a stem need not be a French word.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from functools import lru_cache

from matching.text import fold

_STOP_WORDS = (
    "a ai au aux avec c ce ces cette d dans de des du e elle en ere ers es est et etre eur euse euses eurs f h "
    "fh hf h/f f/h il ils ainsi je j l la le les leur leurs ma mes m mon n ne nous on ou par pas plus pour qu "
    "que qui s sa se ses si son sous sur t ta te tes ton trice trices un une vos votre vous y x cdi cdd the "
    "rice ice ne nes niere iere ienne ive onne mme melle mr madame monsieur mademoiselle"
)
_STOP = frozenset(_STOP_WORDS.split())
# Words whose two forms share no ending: both become the first.
_PAIRS = {
    "femme": "homme",
    "fille": "garcon",
    "valet": "homme",
    "steward": "hote",
    "hotesse": "hote",
    "maitresse": "maitre",
    "contremaitresse": "contremaitre",
    "cheffe": "chef",
    "gouvernante": "gouvernant",
    "ambassadrice": "ambassadeur",
    "barmaid": "barman",
    "doctoresse": "docteur",
    "mairesse": "maire",
    "peintresse": "peintre",
    "designeuse": "designer",
    "reporteuse": "reporter",
    "dispatcheuse": "dispatcher",
    "bookeuse": "booker",
    "manageuse": "manager",
    "rewriteuse": "rewriter",
    "pizzaiola": "pizzaiolo",
    "copine": "copain",
    "compagne": "compagnon",
    "turque": "turc",
    "grecque": "grec",
    "publique": "public",
    "blanche": "blanc",
    "fraiche": "frais",
    "seche": "sec",
    "longue": "long",
    "douce": "doux",
    "vieille": "vieux",
    "belle": "beau",
    "nouvelle": "nouveau",
    "jumelle": "jumeau",
}
# Feminine ending → the masculine one, longest first.
_ENDINGS = (
    ("woman", "man"),
    ("trice", "teur"),
    ("euse", "eur"),
    ("eure", "eur"),
    ("enne", "en"),
    ("onne", "on"),
    ("anne", "an"),
    ("elle", "el"),
    ("ette", "et"),
    ("iere", "ier"),
    ("ere", "er"),
    ("ine", "in"),
)
_WORD = re.compile(r"[a-z0-9]+")
_BUCKETS = (1 << 16) - 1
_SHORTEST = 3


@lru_cache(maxsize=65_536)
def fold_word(word: str) -> str:
    """One folded word (lower case, no accent) without number nor gender.

    >>> fold_word("serveuses") == fold_word("serveur")
    True
    """
    word = _singular(_PAIRS.get(word, word))
    word = _PAIRS.get(word, word)
    for feminine, masculine in _ENDINGS:
        if word.endswith(feminine) and len(word) > len(feminine) + 1:
            word = word[: -len(feminine)] + masculine
            break
    # The mute e, and the consonant doubled before it or kept by it ("française"), end what is feminine.
    for ending in ("e", "s"):
        while len(word) > _SHORTEST and word.endswith(ending):
            word = word[:-1]
    if len(word) > _SHORTEST and word[-1] == word[-2]:
        word = word[:-1]
    # After the e, so that "motivé" and "motivée" meet like "sportif" and "sportive".
    return word[:-1] + "f" if word.endswith("iv") else word


def _singular(word: str) -> str:
    """ "sérieux" goes with "sérieuse", "municipaux" with "municipale"."""
    if len(word) > 5 and word.endswith("eux"):
        return word[:-1] + "r"
    if len(word) > 5 and word.endswith("aux") and not word.endswith("eaux"):
        return word[:-2] + "l"
    if len(word) > _SHORTEST and word[-1] in "sx":
        return word[:-1]
    return word


@lru_cache(maxsize=16_384)
def fold_words(text: str) -> tuple[str, ...]:
    """Distinct genderless tokens of a text, in order; stop words and single letters dropped.

    >>> fold_words("Serveuse H/F en restauration") == fold_words("Serveur en restauration")
    True
    """
    tokens = (fold_word(word) for word in _WORD.findall(fold(text)) if word not in _STOP and len(word) > 1)
    return tuple(dict.fromkeys(tokens))


def hash_tokens(tokens: Iterable[str]) -> tuple[int, ...]:
    """Stable ids 1…65535 of the tokens (CRC-32), distinct, in order. 0 is never given: it means no word."""
    return tuple(dict.fromkeys(zlib.crc32(token.encode()) % _BUCKETS + 1 for token in tokens))


def words_of(*texts: str) -> tuple[int, ...]:
    """Token ids of several texts together (goals, experience, an offer's title and description)."""
    return hash_tokens(token for text in texts for token in fold_words(text))
