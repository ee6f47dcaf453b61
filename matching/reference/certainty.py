"""What may be taken for a trade without asking: not a licence or a condition, nor one common word of a long title."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_LICENCES = """
permis conduire caces habilitation habilite certificat attestation carte haccp sst ssiap fimo fco
"""
_DIPLOMAS = "diplome diplomee cap bep bac baccalaureat bts brevet licence master cqp bafa bafd bpjeps"
_TERMS = """
cdi cdd cddi contrat interim interimaire mission stage alternance apprentissage formation emploi travail metier
temps partiel plein complet mi horaire matin soir nuit jour journee week end weekend samedi dimanche semaine
heure mois salaire smic urgent urgence debutant debutante experience immediat disponible saison
"""
_MEANS = "voiture vehicule moto scooter mobylette velo trottinette transport train domicile francais anglais"
_RIGHTS = "rqth handicap titre sejour rsa chomage papiers nationalite age"
CONDITIONS = frozenset(f"{_LICENCES} {_DIPLOMAS} {_TERMS} {_MEANS} {_RIGHTS}".split())
"""Words, folded, that offers and people say of a job and that name none."""

_SHORT_TITLE = 2  # words of a title that one of them tells: "agent d'accueil", "livreur à vélo"


def may_be_taken(words: Sequence[str], said: Sequence[str], title: Sequence[str]) -> bool:
    """Whether words may mean this title without asking whoever wrote them.

    `words` are those written and `said` the same as they were understood, one for one; `title` those of the nearest
    title or everyday wording. All folded, without link words.
    """
    telling = [understood for written, understood in zip(words, said, strict=True) if _tells({written, understood})]
    if not telling:
        return False
    alone = len(telling) == 1 and telling[0] not in title[:1] and len(title) > _SHORT_TITLE
    return not alone or tuple(said) == tuple(title)


def _tells(readings: Collection[str]) -> bool:
    """Not a condition however it is read, nor a letter or a number alone ("permis B", "CACES 3")."""
    return not any({word, word.removesuffix("s")} & CONDITIONS or word.isdigit() or len(word) == 1 for word in readings)
