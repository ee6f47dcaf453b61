"""Forty sentences of real job advertisements that must stop, forty that must pass."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.offers.wording import (
    AGE_LIMIT_ARTICLE,
    GENERAL_ARTICLE,
    SEX_ARTICLE,
    Ground,
    find_prohibited,
)

G = Ground

# (sentence, ground, words that are marked)
MUST_STOP = [
    ("Nous recherchons une personne de moins de 35 ans, motivée et ponctuelle.", G.AGE, "de moins de 35 ans"),
    ("Profil : entre 25 et 40 ans, première expérience en restauration.", G.AGE, "entre 25 et 40 ans"),
    ("Vous êtes âgé(e) de 20 à 30 ans et vous aimez le contact.", G.AGE, "de 20 à 30 ans"),
    ("Âge maximum 45 ans.", G.AGE, "Âge maximum 45 ans"),
    ("Petite brasserie cherche jeune serveur pour la saison.", G.AGE, "jeune serveur"),
    ("Vous êtes jeune et dynamique, rejoignez-nous !", G.AGE, "jeune et dynamique"),
    ("Idéal pour un jeune retraité souhaitant un complément de revenu.", G.AGE, "jeune retraité"),
    ("Le candidat idéal a la trentaine et connaît le secteur.", G.AGE, "la trentaine"),
    ("Seniors s’abstenir.", G.AGE, "Seniors s’abstenir"),
    ("Urgent : recherche une serveuse pour le service du midi.", G.SEX, "serveuse"),
    ("Vendeuse en boulangerie souhaitée, temps partiel le matin.", G.SEX, "Vendeuse"),
    ("Particulier recherche femme sérieuse pour ménage et repassage.", G.SEX, "femme"),
    ("Poste physique réservé aux hommes.", G.SEX, "Poste physique réservé aux hommes"),
    ("De préférence un homme, charges lourdes.", G.SEX, "De préférence un homme"),
    ("Camping cherche homme à tout faire du 1er mai au 30 septembre.", G.SEX, "homme à tout faire"),
    ("Hôtesse d’accueil", G.SEX, "Hôtesse"),
    ("Profil féminin apprécié pour ce poste d’accueil.", G.SEX, "Profil féminin"),
    ("Cabinet médical recrute une secrétaire à mi-temps.", G.SEX, "une secrétaire"),
    ("Personne célibataire de préférence car déplacements fréquents.", G.FAMILY, "célibataire"),
    ("Disponible le week-end, sans enfant.", G.FAMILY, "sans enfant"),
    ("Le poste conviendrait à une mère de famille.", G.FAMILY, "mère de famille"),
    ("Domaine viticole recherche couple de gardiens, logement fourni.", G.FAMILY, "couple"),
    ("Candidate sans projet de grossesse dans les deux ans.", G.PREGNANCY, "sans projet de grossesse"),
    ("Femmes enceintes s'abstenir, port de charges.", G.PREGNANCY, "Femmes enceintes s'abstenir"),
    ("Nationalité française exigée.", G.ORIGIN, "Nationalité française exigée"),
    (
        "Le français doit être votre langue maternelle : langue maternelle française.",
        G.ORIGIN,
        "langue maternelle française",
    ),
    ("Élocution parfaite, sans accent.", G.ORIGIN, "sans accent"),
    ("Nous cherchons un vendeur européen pour notre boutique.", G.ORIGIN, "européen"),
    ("Gens du voyage s’abstenir.", G.ORIGIN, "Gens du voyage s’abstenir"),
    ("Famille recherche garde d’enfants, personne catholique pratiquante.", G.RELIGION, "catholique"),
    ("Pas de voile au comptoir.", G.RELIGION, "Pas de voile"),
    ("Être en bonne santé, le poste est physique.", G.HEALTH, "en bonne santé"),
    ("Manutention : sans problème de dos.", G.HEALTH, "sans problème de dos"),
    ("Poste non accessible aux personnes handicapées.", G.DISABILITY, "non accessible aux personnes handicapées"),
    ("RQTH s’abstenir.", G.DISABILITY, "RQTH s’abstenir"),
    ("Bonne présentation exigée, sens du commerce.", G.APPEARANCE, "Bonne présentation exigée"),
    ("Accueil VIP : physique agréable et sourire.", G.APPEARANCE, "physique agréable"),
    ("CV avec photo obligatoire à envoyer par mail.", G.APPEARANCE, "CV avec photo obligatoire"),
    ("Agent de production non syndiqué.", G.OPINION, "non syndiqué"),
    ("Vous devez habiter Saint-Nazaire impérativement.", G.RESIDENCE, "habiter Saint-Nazaire impérativement"),
    ("Pas de RSA, merci.", G.ECONOMIC, "Pas de RSA"),
    ("On recherche une nounou non fumeuse.", G.MORES, "non fumeuse"),
]

MUST_PASS = [
    "Vous aidez des personnes âgées à domicile pour le lever, la toilette et les repas.",
    "Aide à la personne âgée de plus de 60 ans, secteur de Châteaubriant.",
    "Auxiliaire auprès de jeunes enfants en micro-crèche (H/F).",
    "Accueil d’enfants de 3 à 6 ans sur le temps périscolaire.",
    "Agent d’entretien pour un centre de santé, 20 h par semaine.",
    "Femme de chambre / valet (H/F) en hôtel 3 étoiles.",
    "Femme de chambre en résidence hôtelière, chambres et parties communes.",
    "La maternité recrute : sage-femme, CDI à temps plein.",
    "Vente de vêtements femme et homme, tenue du rayon et de la caisse.",
    "Conseil en prêt-à-porter féminin, encaissement, réassort.",
    "Serveur/serveuse en brasserie, coupures possibles.",
    "Nous recherchons un·e serveur·se pour la saison.",
    "Notre équipe recherche une assistante ou un assistant de direction (H/F).",
    "Coiffure homme et femme, coupe et couleur.",
    "Expérience de 2 ans souhaitée sur un poste identique.",
    "Permis B depuis plus de 3 ans exigé pour conduire le véhicule de service.",
    "Entreprise familiale fondée il y a plus de 30 ans, ambiance conviviale.",
    "Avoir 18 ans minimum : conduite d’engins.",
    "Vous encadrez des jeunes de 16 à 25 ans en chantier éducatif.",
    "Vous rejoignez une équipe jeune et dynamique d’une trentaine de salariés.",
    "Foyer de jeunes travailleurs cherche veilleur ou veilleuse de nuit.",
    "Accompagnement de jeunes femmes en difficulté au sein du foyer.",
    "Maison de retraite : agent de service hôtelier (H/F).",
    "Mutuelle santé et retraite complémentaire, panier repas.",
    "Garde d’enfants au domicile des parents, sorties d’école.",
    "Remplacement d’un congé maternité de septembre à janvier.",
    "Suivi de femmes enceintes et de jeunes mères au centre de PMI.",
    "Bonne présentation des plats et des buffets, respect de la chaîne du froid.",
    "Vous soignez la présentation du rayon fruits et légumes.",
    "Tenue correcte exigée, uniforme fourni.",
    "Maîtrise du français à l’oral, anglais apprécié.",
    "Cuisine italienne, produits d’origine française, pâtes fraîches.",
    "Accueil d’un public de toutes nationalités, langues étrangères bienvenues.",
    "Agent polyvalent à l’école catholique Saint-Joseph, cantine et ménage.",
    "Moniteur de voile diplômé d’État, base nautique de Pornichet.",
    "Poste ouvert aux personnes en situation de handicap, aménagement possible.",
    "Aide auprès d’enfants handicapés en institut médico-éducatif.",
    "Vous veillez à la santé et à la sécurité au travail de votre équipe.",
    "Contact régulier avec les habitants et les bailleurs du quartier.",
    "Interventions au domicile des bénéficiaires, permis B et véhicule.",
    "Secrétariat d’un syndicat de copropriété, dialogue avec les organisations syndicales.",
    "Taille de haies de 1m80, tonte et désherbage.",
    "Offre ouverte aux bénéficiaires du RSA, contrat en insertion.",
    "Poste réservé aux habitants des quartiers prioritaires (clause d’insertion).",
    "Débutants acceptés, formation de jeunes diplômés ou non par nos soins.",
]


def test_the_tables_are_long_enough() -> None:
    assert len(MUST_STOP) >= 40
    assert len(MUST_PASS) >= 40


@pytest.mark.parametrize(("sentence", "ground", "words"), MUST_STOP)
def test_stops_with_the_words_marked(sentence: str, ground: Ground, words: str) -> None:
    found = find_prohibited(sentence)
    assert (ground, words) in [(f.ground, f.words) for f in found]


@pytest.mark.parametrize("sentence", MUST_PASS)
def test_passes(sentence: str) -> None:
    assert find_prohibited(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "article"),
    [
        ("Recherche une serveuse.", SEX_ARTICLE),
        ("Célibataire de préférence.", SEX_ARTICLE),
        ("Moins de 30 ans.", AGE_LIMIT_ARTICLE),
        ("Bonne présentation.", GENERAL_ARTICLE),
    ],
)
def test_cites_the_article(sentence: str, article: str) -> None:
    (finding,) = find_prohibited(sentence)
    assert finding.article == article
    assert finding.advice


@pytest.mark.parametrize(
    "text",
    [
        "Cœur de ville – œnologie.\nBonne présentation, et « sans\u00a0enfant ».",
        "E\u0301locution… BONNE PRE\u0301SENTATION\u00a0! Serveuse souhaitée",
        "ﬁnition ½ journée, moins de 30 ans",
    ],
)
def test_offsets_are_those_of_the_text_as_written(text: str) -> None:
    found = find_prohibited(text)
    assert found
    assert all(text[f.start : f.end] == f.words for f in found)


def test_every_finding_of_a_long_text_is_given_in_order() -> None:
    text = "Recherche une vendeuse. Bonne présentation. Moins de 30 ans. Nationalité française."
    assert [f.ground for f in find_prohibited(text)] == [G.SEX, G.APPEARANCE, G.AGE, G.ORIGIN]


def test_a_text_open_to_both_may_use_a_feminine_title() -> None:
    assert find_prohibited("Poste H/F. Nous recherchons une vendeuse.") == ()
    assert find_prohibited("De préférence une femme (H/F).") != ()


@given(st.text(max_size=300))
def test_any_text_is_read_without_error(text: str) -> None:
    for finding in find_prohibited(text):
        assert text[finding.start : finding.end] == finding.words
        assert finding.words


def test_a_very_long_text_is_read_quickly() -> None:
    text = "recherche une personne de " * 2_000
    begin = time.process_time()
    find_prohibited(text)
    assert time.process_time() - begin < 5
