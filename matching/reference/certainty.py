"""What may be taken for a trade without asking: not a licence or a condition, nor one common word of a long title."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_LICENCES = """
permis conduire be ce caces habilitation habilite certificat attestation carte haccp sst ssiap fimo fco
"""
_DIPLOMAS = "diplome diplomee cap bep bac baccalaureat bts brevet licence master cqp bafa bafd bpjeps"
_TERMS = """
cdi cdd cddi contrat interim interimaire mission stage alternance apprentissage formation emploi travail metier
temps partiel plein complet mi horaire matin soir nuit jour journee week end weekend samedi dimanche semaine
heure mois salaire smic urgent urgence debutant debutante experience immediat disponible saison saisonnier saisonniere
"""
_MEANS = "voiture vehicule moto scooter mobylette velo trottinette transport train domicile francais anglais"
_RIGHTS = "rqth handicap titre sejour rsa chomage papiers nationalite age"
CONDITIONS = frozenset(f"{_LICENCES} {_DIPLOMAS} {_TERMS} {_MEANS} {_RIGHTS}".split())
"""Words, folded, that offers and people say of a job and that name none."""

_BESIDE = """
poids lourd super leger pl spl vl vtc remorque semi bateau conduite garde bricolage personne agee
"""
COMPLEMENTS = frozenset(_BESIDE.split())
"""Words, folded, that tell a trade beside another word only: "chauffeur poids lourd", not "permis poids lourd"."""


def may_be_taken(words: Sequence[str], said: Sequence[str], title: Sequence[str]) -> bool:
    """Whether words may mean this title without asking whoever wrote them.

    `words` are those written and `said` the same as they were understood, one for one; `title` those of the nearest
    title or everyday wording. All folded, without link words. A word that tells must be in the title, where one alone
    must come first: "plombier" is a "plombier chauffagiste", but "animaux" is no "toiletteur d'animaux".
    """
    telling = [said[place] for place in telling_places(words, said)]
    if all(_among(COMPLEMENTS, word) for word in telling):
        return False
    if len(telling) == 1 and tuple(said) != tuple(title):
        return telling[0] in title[:1]
    return any(word in title for word in telling)


def telling_places(words: Sequence[str], said: Sequence[str]) -> list[int]:
    """The places of the words that are no condition, read as `may_be_taken` reads them."""
    return [place for place, readings in enumerate(zip(words, said, strict=True)) if _tells(readings)]


def _tells(readings: Collection[str]) -> bool:
    """Not a condition however it is read, nor a letter or a number alone ("permis B", "CACES 3")."""
    return not any(_among(CONDITIONS, word) or word.isdigit() or len(word) == 1 for word in readings)


def _among(words: Collection[str], word: str) -> bool:
    """Whether it is one of these words, plural or not."""
    return word in words or word.removesuffix("s") in words
