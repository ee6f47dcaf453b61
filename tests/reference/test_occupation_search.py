"""An occupation from anybody's words, on the embedded reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matching.errors import Invalid
from matching.reference.embedded import load_embedded
from matching.reference.lexical import LexicalIndex, alike
from matching.reference.model import Synonym
from matching.reference.occupation_search import SURE, OccupationSearch
from matching.reference.query_words import Word, query_words
from matching.text import fold


@pytest.fixture(scope="module")
def search() -> OccupationSearch:
    reference = load_embedded()
    return OccupationSearch().fit(
        reference.titles,
        reference.synonyms,
        reference.occupations,
        reference.skills,
        reference.occupation_skills,
    )


WORDS = [
    ("plongeur resto", "G1605"),
    ("AVS", "K1302"),
    ("serveuse H/F CDI 35h", "G1803"),
    ("Serveur (F/H) à Nantes - urgent", "G1803"),
    ("cariste caces 3", "N1101"),
    ("cariste CACES R489 cat 3 H/F", "N1101"),
    ("CARISTE", "N1101"),
    ("atsem", "K1308"),
    ("AESH", "K2113"),
    ("agent de tri", "K2304"),
    ("agente de tri des dechets", "K2304"),
    ("femme de ménage", "K2205"),
    ("agent d'entretien", "K2205"),
    ("aide soign.", "J1501"),
    ("aide soignante de nuit", "J1501"),
    ("mécano", "I1604"),
    ("mecanicien auto", "I1604"),
    ("élec bâtiment", "F1602"),
    ("electricienne", "F1602"),
    ("plombiere", "F1603"),
    ("plombié chauffagiste", "F1603"),
    ("maçone", "F1703"),
    ("manoeuvre BTP", "F1704"),
    ("peintre bat.", "F1606"),
    ("couvreure", "F1619"),
    ("chauffeur PL", "N4101"),
    ("chaufeur livreur", "N4105"),
    ("livreuse", "N4105"),
    ("préparatrice de comandes", "N1103"),
    ("prep. de commandes", "N1103"),
    ("magasinière", "N1110"),
    ("manutentionaire", "N1105"),
    ("caissiere", "D1505"),
    ("ELS", "D1507"),
    ("mise en rayon 35h/semaine", "D1507"),
    ("vendeuse boulangerie", "D1106"),
    ("Recherche cuisinière pour CDD de 6 mois", "G1602"),
    ("commis de cuisine débutant accepté 12,50 €/h", "G1602"),
    ("cantine scolaire", "G1607"),
    ("femme de chambre", "G1501"),
    ("nounou", "K1303"),
    ("assistante maternelle", "K1310"),
    ("jardinier", "A1203"),
    ("agent espaces verts", "A1203"),
    ("vendanges", "A1401"),
    ("soudeuse TIG", "H2913"),
    ("éboueur", "K2303"),
    ("vigile", "K2503"),
    ("Agent·e d'accueil", "M1601"),
    ("secrétaire médicale", "M1609"),
    ("facteur", "M1603"),
    ("conditionneuse", "H3302"),
]


@pytest.mark.parametrize(("text", "code"), WORDS)
def test_everyday_words(search: OccupationSearch, text: str, code: str) -> None:
    found = search.search(text)
    assert found[0].code == code, [(s.code, s.label, s.confidence) for s in found]


@pytest.mark.parametrize(("one", "other"), [("serveur", "serveuse"), ("Maçon", "maconne"), ("plombier", "PLOMBIÈRE")])
def test_gender_case_and_accents_do_not_change_the_occupation(search: OccupationSearch, one: str, other: str) -> None:
    assert search.search(one)[0].code == search.search(other)[0].code


def test_sure_alone_or_five_to_choose_from(search: OccupationSearch) -> None:
    sure = search.decide("Cariste")
    assert sure.sure is not None
    assert sure.sure.code == "N1101"
    assert sure.sure.confidence >= SURE
    unsure = search.decide("agent")
    assert unsure.sure is None
    assert len(unsure.choices) == 5
    assert len({choice.code for choice in unsure.choices}) == 5


@pytest.mark.parametrize("text", ["n'importe quoi", "ménage", "bâtiment", "boulot d'été", "chauffeur"])
def test_vague_words_are_never_decided_alone(search: OccupationSearch, text: str) -> None:
    assert search.decide(text).sure is None


def test_confidence_goes_down_the_list(search: OccupationSearch) -> None:
    for text in ("agent polyvalent", "conducteur", "aide", "boulot"):
        confidences = [s.confidence for s in search.search(text, 10)]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 <= confidence <= 1 for confidence in confidences)


@pytest.mark.parametrize("text", ["xyzzy", "a" * 300, "qsdf wxcv", "bonjour", "blabla", "12345", "le", "de la"])
def test_words_of_no_trade_find_nothing(search: OccupationSearch, text: str) -> None:
    assert search.search(text) == []


@pytest.mark.parametrize(
    ("text", "code", "label"),
    [
        ("électricien", "F1602", "Electricien / Electricienne du bâtiment"),
        ("electrcien", "F1602", "Electricien / Electricienne du bâtiment"),
        ("peintre", "F1606", "Peintre en bâtiment"),
        ("masson", "F1703", "Maçon / Maçonne"),
    ],
)
def test_the_title_that_begins_with_the_words_is_named(
    search: OccupationSearch, text: str, code: str, label: str
) -> None:
    first = search.search(text)[0]
    assert (first.code, first.label) == (code, label)


def test_the_first_word_of_a_title_finds_a_trade_that_begins_with_it(search: OccupationSearch) -> None:
    begun: dict[str, set[str]] = {}
    reference = load_embedded()
    for form, code in [(t.masculine, t.code) for t in reference.titles] + [
        (s.words, s.rome_code) for s in reference.synonyms
    ]:
        begun.setdefault(fold(form).split()[0], set()).add(code)
    words = {fold(title.masculine).split()[0] for title in reference.titles}
    lost = {word: search.search(word)[:1] for word in words if len(word) > 3}
    assert [word for word, found in lost.items() if not found or found[0].code not in begun[word]] == []


@pytest.mark.parametrize("text", ["G1605", " g1605 "])
def test_a_code_finds_its_trade(search: OccupationSearch, text: str) -> None:
    (found,) = search.search(text)
    assert (found.code, found.confidence) == ("G1605", 1.0)


def test_a_family_finds_its_trades_without_choosing() -> None:
    reference = load_embedded()
    two = [replace(one, family="Z1234") for one in reference.occupations[:2]]
    made = OccupationSearch().fit(reference.titles, (), [*two, *reference.occupations[2:]])
    found = made.search("Z1234")
    assert [one.code for one in found] == [one.code for one in two]
    assert all(one.confidence < SURE for one in found)


@pytest.mark.parametrize("text", ["", "   ", "?!", "12", "€", "\x00", "日本"])
def test_nothing_to_find_is_an_empty_list(search: OccupationSearch, text: str) -> None:
    decision = search.decide(text)
    assert decision.sure is None
    assert search.search(text) == list(decision.choices)


def test_a_page_pasted_by_mistake_is_answered(search: OccupationSearch) -> None:
    assert search.search("Soudeur " + "A-" * 20_000)[0].code == "H2913"


@pytest.mark.parametrize(("text", "code"), [("pllomb.", "F1603"), ("soudd", "H2913"), ("cuissi", "G1602")])
def test_a_beginning_with_a_slip_is_proposed_and_never_taken_alone(
    search: OccupationSearch, text: str, code: str
) -> None:
    decision = search.decide(text)
    assert code in [found.code for found in decision.choices]
    assert decision.sure is None


def test_a_word_that_begins_titles_is_no_beginning_of_another(search: OccupationSearch) -> None:
    assert search.search("hôte")[0].label.startswith("Hôte ")


def test_five_are_of_four_families_at_least(search: OccupationSearch) -> None:
    for text, _ in WORDS:
        found = search.search(text)
        families = [one.family for one in found]
        assert len(found) == 5
        assert families.count(families[0]) <= 2
        assert len(set(families)) >= 4


@pytest.mark.parametrize(("text", "families"), [("chauffeur", 4), ("ménage", 4), ("agent", 5), ("vente", 5)])
def test_a_second_trade_of_the_first_family_takes_the_place_of_another_when_it_is_likely(
    search: OccupationSearch, text: str, families: int
) -> None:
    assert len({one.family for one in search.search(text)}) == families


@pytest.mark.parametrize(
    ("start", "nearer", "other"), [("carr", "carreleur", "carrier"), ("bard", "bardeaux", "bardage")]
)
def test_a_cut_word_stands_for_a_long_one_before_a_short_one(start: str, nearer: str, other: str) -> None:
    assert alike(Word(start, cut=True), nearer) > alike(Word(start, cut=True), other) > alike(Word(start), other)


INDEX = LexicalIndex(["livreur colis", "livraison repas", "physicien", "psychologue", "maire", "mairie ville"]).learn()


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        (Word("lirv", cut=True), ["liv.", "livr."]),
        (Word("pys", cut=True), ["phys.", "psy."]),
        (Word("mairee"), ["maire", "mairie", "maire.", "mairie."]),
        (Word("pys"), ["pys"]),
        (Word("ville"), ["ville"]),
    ],
)
def test_a_damaged_word_may_be_repaired_in_several_ways(word: Word, ways: list[str]) -> None:
    assert [one.text + "." * one.cut for (one,) in INDEX.repairs([word])] == ways


def test_the_other_words_choose_among_the_repairs() -> None:
    ways = INDEX.repairs([Word("mairee"), Word("ville")])
    first = INDEX.compare(ways[0])
    assert first is not None
    said, like = INDEX.nearest(ways, first)
    assert [word.text for word in said] == ["mairie", "ville"]
    assert (like.scores >= first.scores).all()
    assert like.same.any()
    assert not first.same.any()


def test_one_query_has_few_ways() -> None:
    assert len(INDEX.repairs([Word("lirv", cut=True)] * 5)) <= 6


def test_a_title_is_named_with_its_identifier(search: OccupationSearch) -> None:
    (found,) = search.search("conductrice de chariot élévateur", top=1)
    titles = {title.id: title for title in load_embedded().titles}
    assert found.title_id is not None
    assert titles[found.title_id].label == found.label == "Conducteur / Conductrice de chariot élévateur"


def test_saved_and_loaded_answers_the_same(search: OccupationSearch, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    search.save(path)
    loaded = OccupationSearch.load(path)
    texts = [text for text, _ in WORDS]
    assert [loaded.search(text) for text in texts] == [search.search(text) for text in texts]
    assert loaded.skills("je sais souder") == search.skills("je sais souder") != []
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]


def test_a_model_that_cannot_be_written_leaves_nothing_beside(
    search: OccupationSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_named: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("numpy.savez", full)
    with pytest.raises(OSError, match="space"):
        search.save(tmp_path / "new folder" / "model.npz")
    assert list((tmp_path / "new folder").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 cut"])
def test_a_broken_model_is_refused_with_the_remedy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="Rechargez le référentiel"):
        OccupationSearch.load(path)


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(Invalid, match="référentiel"):
        OccupationSearch().fit([], [], [])


def test_one_occupation_without_a_title_is_found_by_its_label() -> None:
    (only, *_) = load_embedded().occupations
    search = OccupationSearch().fit([], [], [only])
    assert search.search("bucheronne")[0].code == only.code


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Serveur H/F CDI 35h", "serveur"),
        ("URGENT plombier (F/H) 12,50 €/h temps plein à Saint-Nazaire (44)", "plombier"),
        ("Nous recrutons un(e) cuisinier(ère) pour 6 mois", "cuisinier"),
        ("Poste de maçon débutant accepté", "macon"),
        ("Chargé de mission emploi", "charge mission emploi"),
        ("aide à domicile", "aide domicile"),
        ("Aide à Domicile à Nantes", "aide domicile"),
        ("Chercheuse en histoire", "chercheuse histoire"),
        ("Recherchons chercheur", "chercheur"),
        ("agent d'en", "agent en"),
        ("agent de", "agent"),
        ("CDI", "cdi"),
    ],
)
def test_words_of_advertisement_are_dropped(text: str, words: str) -> None:
    assert " ".join(word.text for word in query_words(text, frozenset({"domicile", "mission"}))) == words


ADDED = [  # words added, their occupation, a text, whether it is then taken alone
    ("homme à tout faire", "F1704", "homme a tout faire", True),
    ("homme à tout faire", "F1704", "Cherche home à tout faire à Nantes (44)", True),
    ("plongeur resto", "G1602", "plongeur resto", True),
    ("plongeur resto", "G1602", "plongeur resto chez Paul", False),
    ("zinzin", "D1202", "zinzin du soir", False),
    ("urgence zinzin", "D1202", "Zinzin - URGENCE", True),
]


@pytest.mark.parametrize(("words", "code", "text", "alone"), ADDED)
def test_words_added_come_first_and_alone_only_when_they_are_all_the_text(
    search: OccupationSearch, words: str, code: str, text: str, alone: bool
) -> None:
    assert code not in [found.code for found in search.search(text, 1)]
    decision = search.with_words([Synonym(words, code)]).decide(text)
    assert decision.choices[0].code == code
    assert (decision.sure is not None) is alone


@pytest.mark.parametrize("text", ["plongeur", "serveur resto", "cariste"])
def test_words_added_change_nothing_for_a_text_without_all_of_them(search: OccupationSearch, text: str) -> None:
    assert search.with_words([Synonym("plongeur resto", "G1602")]).search(text) == search.search(text)


@pytest.mark.parametrize("text", ["", "?!"])
def test_words_added_find_nothing_in_no_words(search: OccupationSearch, text: str) -> None:
    assert search.with_words([Synonym("zinzin", "D1202"), Synonym("?", "D1202")]).search(text) == []


def test_words_added_for_two_occupations_are_never_taken_alone(search: OccupationSearch) -> None:
    both = search.with_words([Synonym("zinzin", "D1202"), Synonym("zinzin", "G1602")])
    decision = both.decide("zinzin")
    assert decision.sure is None
    assert {choice.code for choice in decision.choices[:2]} == {"D1202", "G1602"}


SKILLS = [
    ("je sais souder", "Souder"),
    ("soudure tig", "Souder"),
    ("cariste caces 3", "Conduire un chariot élévateur"),
    ("ménage", "Nettoyer des locaux"),
    ("tronconeuse", "Utiliser une tronçonneuse"),
    ("taille de haies", "Tondre et tailler"),
    ("garder des enfants", "Veiller à la sécurité des enfants"),
]


@pytest.mark.parametrize(("text", "label"), SKILLS)
def test_words_tell_skills_by_their_label_or_by_the_occupation(search: OccupationSearch, text: str, label: str) -> None:
    assert label in [skill.label for skill in search.skills(text)]


@pytest.mark.parametrize("text", ["", "xyzabc", "?!", "12"])
def test_words_that_tell_no_skill_suggest_none(search: OccupationSearch, text: str) -> None:
    assert search.skills(text) == []
