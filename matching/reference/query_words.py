"""From what somebody types, or pastes from a job advertisement, to the words of a trade."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matching.text import fold

# What an advertisement adds around a title; read before folding, because punctuation carries the meaning.
_ADVERTISEMENT = re.compile(
    r"""
    \b[hf]\s*[/.\-|&]\s*[hfx]\b(\s*/\s*[a-z]\b)?            # H/F, F-H, h/f/x
    | \b[mw]\s*/\s*[wfm](\s*/\s*[dx])?\b                    # m/f/d
    | \(\s*[hf]\s*\)                                        # (H)
    | \b\d+([.,]\d+)?\s*(€|euros?|eur|k€)(\s*(/|par|de\sl['’])\s*\w+)?   # 12,50 €/h
    | \b\d+\s*h(eures?)?\s*\d*(\s*(/|par)\s*(semaine|mois|jour|sem))?\b   # 35h/semaine
    | \bde\s+\d+\s*(mois|jours?|semaines?|ans?)\b
    | \b\d+\s*(mois|jours?|semaines?|ans?|postes?)\b
    | \(\s*\d+\s*\)                                         # (44)
    | ^\W*(je\s+|nous\s+)?(re)?cherch(e|ons)\b               # Recherche plombier, not a chercheur
    | \bpostes?\s+(d['’e]\s*|à\s+pourvoir)
    | \boffres?\s+d['’]emploi\b | \b(à\s+)?temps\s+(plein|partiel|complet)\b
    | \bcontrats?\s+(d['’]insertion|d['’]apprentissage|pro\b|de\s+professionnalisation|aidé|saisonnier)
    | \bpermis\s+[a-e]{1,2}1?\s+(exigé|obligatoire|souhaité|requis)\w*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_INCLUSIVE = re.compile(r"(?<=\w)(?:[·•]|\.(?=\w{1,5}(?:\.s)?\b)|\((?=\w{1,5}\)))(\w{1,6})\)?(?:[·•.]s)?")
_PLACE = re.compile(r"\b(?:à|sur|secteur|proche|près\s+d[e'’])\s+(?:[A-ZÉÈ][\w'’-]+)(?:[\s-][A-ZÉÈ][\w'’-]+)*")
_WORD = re.compile(r"[^\W_]+\.?")
_LONGEST = 200  # characters read of a query: a title is at most half of it

# Only words that no trade is made of: "emploi", "insertion" or "recrutement" are somebody's job.
_ADVERTISEMENT_TEXT = """
recherchons cherche cherchons recrute recrutons embauche urgent urgence
offre job cdi cdd cddi interim interimaire ctt plein partiel complet
mi debutant debutante debutants accepte acceptes acceptee experimente experimentee confirme confirmee junior
senior motive motivee serieux serieuse dynamique souhaite exige obligatoire
h f hf fh mf saisonnier saisonniere apprenti apprentie alternance alternant alternante
stagiaire immediat immediatement disponible des que nous je un une le la les du
de d l en au aux et ou pour avec sans dans par sur chez notre nos votre
"""
_ADVERTISEMENT_WORDS = frozenset(_ADVERTISEMENT_TEXT.split())
_EMPTY_TEXT = "un une le la les du de des d l n s qu en au aux et ou a pour avec dans par sur chez"
_EMPTY_WORDS = frozenset(_EMPTY_TEXT.split())
_ARTICLES = frozenset(["un", "une", "le", "la", "les", "du", "de", "des"])

# Short ways of writing that letters alone do not give back.
_ABBREVIATIONS = {
    "resto": "restauration",
    "restau": "restauration",
    "elec": "electricien",
    "meca": "mecanicien",
    "mecano": "mecanicien",
    "tech": "technicien",
    "techn": "technicien",
    "resp": "responsable",
    "respo": "responsable",
    "ass": "assistant",
    "assist": "assistant",
    "comm": "commercial",
    "cial": "commercial",
    "adm": "administratif",
    "admin": "administratif",
    "sec": "secretaire",
    "secr": "secretaire",
    "cond": "conducteur",
    "cdt": "conducteur",
    "prepa": "preparateur",
    "manut": "manutentionnaire",
    "maint": "maintenance",
    "nettoy": "nettoyage",
    "educ": "educateur",
    "spe": "specialise",
    "soign": "soignant",
    "anim": "animateur",
    "auxi": "auxiliaire",
    "aux": "auxiliaire",
    "infi": "infirmier",
    "compta": "comptable",
    "info": "informatique",
    "logis": "logistique",
    "chauf": "chauffeur",
    "liv": "livreur",
    "vend": "vendeur",
    "op": "operateur",
    "ope": "operateur",
    "ag": "agent",
    "agt": "agent",
    "emp": "employe",
    "ouv": "ouvrier",
    "ing": "ingenieur",
    "dir": "directeur",
    "ind": "industrie",
    "bat": "batiment",
    "sav": "apres vente",
    "pl": "poids lourd",
    "spl": "super poids lourd",
    "secu": "securite",
    "secur": "securite",
    "agro": "agroalimentaire",
    "elevage": "elevage",
    "asst": "assistant",
    "ts": "tous",
    "coll": "collectivite",
    "hosp": "hospitalier",
    "auto": "automobile",
    "expl": "exploitation",
    "serv": "service",
    "tp": "travaux publics",
    "vl": "vehicule leger",
    "cuis": "cuisine",
    "rest": "restauration",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word of a query; `cut` when it is, or may be, the beginning of a longer one.

    `usual` is what this short way of writing usually stands for, one reading among others. `trust`, 0 to 1, is
    below 1 when the word was repaired from something rather far.
    """

    text: str
    cut: bool = False
    usual: str = ""
    trust: float = 1.0


def title_words(form: str) -> list[str]:
    """The words of a title that carry meaning, folded."""
    words = fold(form).split()
    return [word for word in words if word not in _EMPTY_WORDS] or words


def only_link_words(words: Sequence[Word]) -> bool:
    """Whether the words are all like "le" or "de la", none of them cut or a usual short form."""
    return all(word.text in _EMPTY_WORDS and not word.cut and not word.usual for word in words)


def query_words(text: str, known: frozenset[str]) -> list[Word]:
    """The words of a query once the words of advertisement are gone; never empty if there was a letter.

    `known` is the vocabulary of the titles: a word of advertisement is kept when it is all there is.
    """
    text = text[:_LONGEST]

    def place(match: re.Match[str]) -> str:
        """A town goes, "à Domicile" stays."""
        return match.group() if known.issuperset(title_words(match.group())) else " "

    bare = _INCLUSIVE.sub(" ", _PLACE.sub(place, _ADVERTISEMENT.sub(" ", text)))
    words = _ended(_split(bare) or _split(text), text)
    kept = [word for word in words if not _noise(word)]
    if not kept:
        kept = [word for word in words if word.text in known] or words
    return [_opened(word, known) for word in kept]


def _ended(words: list[Word], text: str) -> list[Word]:
    """No text ends with "en" or "par": that is the beginning of a word ("agent d'en")."""
    last = words[-1].text if len(words) > 1 else ""
    if len(last) > 1 and last in _EMPTY_WORDS - _ARTICLES and fold(text).endswith(last):
        words[-1] = Word(last, cut=True)
    return words


def _noise(word: Word) -> bool:
    """Whether a word says nothing of the trade: "des", but not "des." which begins a "dessinateur"."""
    if word.text.isdigit():
        return True
    if word.text in _EMPTY_WORDS:
        return not word.cut
    return word.text in _ADVERTISEMENT_WORDS


def _opened(word: Word, known: frozenset[str]) -> Word:
    """A known word is itself, except when a dot says it was cut."""
    if word.text in known and not word.cut:
        return word
    return Word(word.text, word.cut, _ABBREVIATIONS.get(word.text, ""))


def _split(text: str) -> list[Word]:
    """Folded words; a dot ends a sentence after a long word and cuts a short one."""
    words: list[Word] = []
    for match in _WORD.finditer(text.replace("’", "'")):
        raw = match.group()
        last = match.end() >= len(text.rstrip())
        words += [Word(part, raw.endswith(".") and (not last or len(part) <= 6)) for part in fold(raw).split()]
    return words
