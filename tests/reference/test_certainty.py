"""What is taken for a trade without asking, and what never is, however near a title says it is."""

from __future__ import annotations

import pytest

from matching.reference.certainty import COMPLEMENTS, CONDITIONS, may_be_taken
from matching.reference.embedded import load_embedded
from matching.reference.model import Synonym
from matching.reference.occupation_search import OccupationSearch
from matching.text import fold


@pytest.mark.parametrize(
    ("words", "said", "title", "taken"),
    [
        ("permis", "permis", "permis", False),
        ("permis b", "permis b", "livreur permis b", False),
        ("caces 3", "caces 3", "caces 3", False),
        ("cdi temps partiel matin", "cdi temps partiel matin", "aide menage matin", False),
        ("matin", "maintenance", "maintenance", False),
        ("voitures", "voitures", "laveur voitures", False),
        ("handicap", "handicap", "accompagnant eleves situation handicap", False),
        ("permis cariste", "permis cariste", "cariste", True),
        ("permis b livraison", "permis b livraison", "permis b livraison", True),
        ("veilleur nuit", "veilleur nuit", "veilleur nuit", True),
        ("aide domicile", "aide domicile", "aide domicile aupres personnes dependantes", True),
        ("accueil", "accueil", "charge accueil", False),
        ("accueil", "accueil", "accueil", True),
        ("charge accueil", "charge accueil", "charge accueil", True),
        ("plomb", "plombier", "plombier chauffagiste sanitaire", True),
        ("permis bateau", "permis bateau", "permis", False),
        ("permis canoe", "permis canoe", "permis", False),
        ("canoe kayak", "canoe kayak", "permis", False),
        ("permis c poids lourd", "permis c poids lourd", "permis c", False),
        ("poids lourds", "poids lourds", "conducteur poids lourds", False),
        ("chauffeur poids lourd", "chauffeur poids lourd", "chauffeur poids lourd", True),
        ("conducteur spl", "conducteur spl", "spl", True),
        ("air", "air", "airbus", False),
        ("plomb", "plomb", "plombier", False),
        ("animaux", "animaux", "toiletteur animaux", False),
        ("toiletteur", "toiletteur", "toiletteur animaux", True),
        ("accompagnement handicap", "accompagnement handicap", "accompagnant eleves situation handicap", False),
        ("accompagnement eleves", "accompagnement eleves", "accompagnant eleves situation handicap", True),
    ],
)
def test_words_that_may_be_taken(words: str, said: str, title: str, taken: bool) -> None:
    assert may_be_taken(words.split(), said.split(), title.split()) is taken


def test_the_words_are_written_as_they_are_read() -> None:
    assert [word for word in CONDITIONS | COMPLEMENTS if fold(word) != word] == []


@pytest.fixture(scope="module")
def search() -> OccupationSearch:
    reference = load_embedded()
    return OccupationSearch().fit(
        reference.titles, reference.synonyms, reference.occupations, reference.skills, reference.occupation_skills
    )


@pytest.mark.parametrize(
    "text",
    [
        *("permis", "permis B", "permis c", "permis d", "permis de conduire", "Permis exigé", "caces", "CACES 3"),
        *("cdi", "temps partiel", "matin", "le soir", "voiture", "vélo", "diplôme", "formation", "bafa", "urgent"),
        *("handicap", "permis bateau", "permis be", "permis remorque", "permis poids lourd", "permis C poids lourd"),
        *(
            "fimo poids lourd",
            "fimo voyageurs",
            "poids lourd",
            "super poids lourd",
            "pl",
            "spl",
            "carte vtc",
            "conduite",
        ),
        *(
            "saisonnier",
            "Saisonnière",
            "plein air",
            "animaux",
            "ordinateur",
            "bricolage",
            "garde",
            "remorque",
            "bateau",
        ),
        *("informatique", "public", "technique", "nature", "personnes âgées"),
        *("boulangerie", "cantine", "maintenance", "électricité", "hôtellerie"),
    ],
)
def test_a_licence_a_condition_or_a_word_of_several_trades_is_never_sure(search: OccupationSearch, text: str) -> None:
    decided = search.decide(text)
    assert decided.sure is None
    assert decided.choices == tuple(search.search(text, 5))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cariste caces 3", "N1101"),
        ("conducteur de bus", "N4103"),
        ("plombier", "F1603"),
        ("aide soignante", "J1501"),
        ("aide soign.", "J1501"),
        ("chauffeur poids lourd", "N4101"),
        ("chauffeur PL permis C", "N4101"),
        ("conducteur spl", "N4115"),
        ("plombier permis B", "F1603"),
        ("livreur permis B", "N4105"),
        ("chauffeur VTC", "N4102"),
        ("garde d’enfants", "K1303"),
        ("maçon saisonnier", "F1703"),
        ("accueil", "M1601"),
        ("vendanges", "A1401"),
        ("plongeur", "G1605"),
        ("aide à domicile", "K1304"),
        ("AVS", "K1302"),
        ("N4103", "N4103"),
        ("conducteur de transport en commun", "N4103"),
    ],
)
def test_a_trade_stays_sure(search: OccupationSearch, text: str, code: str) -> None:
    sure = search.decide(text).sure
    assert sure is not None
    assert sure.code == code


def test_an_administrator_may_give_such_words_a_trade(search: OccupationSearch) -> None:
    taught = search.with_words([Synonym("permis d", "N4103")])
    sure = taught.decide("permis d").sure
    assert sure is not None
    assert sure.code == "N4103"
