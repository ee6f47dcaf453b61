"""The pages of people, through the test client: what they show, what they refuse, what they keep as typed."""

import io
import re

import pytest

from matching.services import candidates
from matching.services.reference import load_embedded
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.terms import FactGroup, Known
from tests.support import factories as make
from tests.support.pages import client_of

SECTIONS = [
    "identite",
    "situation",
    "suivi",
    "projets",
    "experiences",
    "competences",
    "semaine",
    "freins",
    "informations-protegees",
    *(f"reponses/{group.value}" for group in FactGroup),
]
READINGS = ["", "/propositions", "/historique", "/fiche"]


@pytest.fixture
def me(ctx):
    load_embedded(ctx)
    return make.adviser(ctx, name="Nadia Essai")


@pytest.fixture
def client(app, me):
    return client_of(app, me)


def _full(ctx, me):
    return make.candidate(
        ctx,
        me.unit_id,
        me.user_id,
        given_name="Émilie",
        family_name="Tanguy",
        goals=("N1103", "K2204"),
        experience={"K2204": 11},
        facts={"licence_b": False, "mode_walk": 20, "french_oral": 3, "available_from": 9800},
        windows=make.WEEK,
        skills={12: True},
        barriers={"mobility": "yes", "digital": "closed"},
        protected={"birth_date": "1990-09-05", "rsa": "yes"},
    )


def _text(response):
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def _version(ctx, me, key):
    return candidates.read_candidate(ctx, me, key, how="").version


def test_the_list_filters_and_says_so(ctx, me, client):
    key = _full(ctx, me)
    make.candidate(ctx, me.unit_id, given_name="Zoé", family_name="Autre", goals=())
    make.candidate(ctx, given_name="Hors", family_name="Unité")
    everybody = _text(client.get("/personnes"))
    assert "Émilie Tanguy" in everybody
    assert "Hors" not in everybody
    searched = client.post("/personnes/chercher?suivi=moi&sort=idle&sens=desc", data={"mots": "tanguy"})
    assert (searched.status_code, searched.location) == (303, "/personnes?suivi=moi&sort=idle&sens=desc")
    filtered = _text(client.get(searched.location))
    assert "tanguy" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', filtered)).lower()
    assert f'href="/personnes/{key}"' in filtered
    assert "Zoé" not in filtered
    assert "Mon portefeuille" in filtered
    nobody = _text(client.get("/personnes?commune=44143"))
    assert "Personne avec ces filtres" in nobody
    assert "une personne" in nobody


def test_the_words_searched_stay_until_taken_off(ctx, me, client):
    _full(ctx, me)
    make.candidate(ctx, me.unit_id, given_name="Zoé", family_name="Autre")
    client.post("/personnes/chercher", data={"mots": "TANGUY"})
    page = _text(client.get("/personnes?etat=active"))
    assert "Zoé" not in page
    without = "/personnes?etat=active&amp;sans-recherche=1"
    assert f'href="{without}"' in page
    answer = client.get(without.replace("&amp;", "&"))
    assert (answer.status_code, answer.location) == (303, "/personnes?etat=active")
    assert "Zoé" in _text(client.get("/personnes"))


def test_a_code_alone_goes_to_the_person_of_the_unit_only(ctx, me, client):
    key, other = make.candidate(ctx, me.unit_id), make.candidate(ctx)
    with ctx.read() as session:
        mine, theirs = (session.get_one(Candidate, number).code for number in (key, other))
    assert client.post("/personnes/chercher", data={"mots": f" {mine.lower()} "}).location == f"/personnes/{key}"
    assert client.post("/personnes/chercher", data={"mots": theirs}).location == "/personnes"
    assert "Personne avec ces filtres" in _text(client.get("/personnes"))


def test_the_words_go_with_their_token_only(app, client):
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/personnes/chercher", data={"mots": "tanguy"}).status_code == 400


def test_an_empty_unit_is_told_how_to_begin(client):
    page = _text(client.get("/personnes"))
    assert "ne suit encore personne" in page
    assert "/personnes/nouvelle" in page


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=99999999",
        "taille=abc",
        "sans=-4",
        "etat=xx",
        "sans=00000019999999999",
        "page=²",
        "sans=²",
        "suivi=²",
        "q=%27",
        "sort=1",
    ],
)
def test_an_address_written_by_hand_never_breaks_the_list(ctx, me, client, query):
    _full(ctx, me)
    assert client.get(f"/personnes?{query}").status_code == 200


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_export_holds_what_is_filtered(ctx, me, client, kind):
    from matching.exchange.tables import read_table

    _full(ctx, me)
    make.candidate(ctx, me.unit_id)
    client.post("/personnes/chercher", data={"mots": "tanguy"})
    table = read_table(client.get(f"/personnes/export.{kind}").data)
    assert [row.cells[1] for row in table.rows] == ["Émilie Tanguy"]


@pytest.mark.parametrize("path", READINGS + [f"/{section}" for section in SECTIONS])
def test_every_page_of_a_person_opens_and_another_units_is_not_found(ctx, app, me, client, path):
    key = _full(ctx, me)
    assert client.get(f"/personnes/{key}{path}").status_code == 200
    assert client_of(app, make.adviser(ctx)).get(f"/personnes/{key}{path}").status_code == 404
    assert client_of(app, make.employer(ctx)).get(f"/personnes/{key}{path}").status_code == 403
    assert client_of(app).get(f"/personnes/{key}{path}").status_code == 302


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_refuses_a_form_older_than_the_file(ctx, me, client, section):
    key = _full(ctx, me)
    answer = client.post(
        f"/personnes/{key}/{section}",
        data={
            "version": "0",
            "given_name": "Autre",
            "family_name": "Nom",
            "occupation": "G1605",
            "own_words": "plonge",
            "state": "active",
        },
    )
    assert answer.status_code == 409
    page = _text(answer)
    assert "modifié ces informations pendant ce temps" in page
    # Sent again as it is, the form would still be refused: nobody's answers are written over.
    assert 'name="version" value="0"' in page
    assert "Rouvrir la page" in page


def test_a_number_beyond_reason_is_not_found(client):
    assert client.get("/personnes/99999999999999999999999").status_code == 404


def test_the_synthesis_tells_unknown_from_no(ctx, me, client):
    page = _text(client.get(f"/personnes/{_full(ctx, me)}"))
    licence = page[page.index("Permis B</th>") :][:200]
    assert "non" in licence
    assert "Jamais demandé" not in licence
    vehicle = page[page.index("Véhicule disponible</th>") :][:400]
    assert "Jamais demandé" in vehicle
    assert "Poser la question" in vehicle
    assert "Non abordé" in page
    assert "1990" not in page
    assert "RSA" not in page


def test_a_file_is_opened_step_by_step(ctx, me, client):
    refused = client.post("/personnes/nouvelle", data={"given_name": "Zoé", "birth_date": "32/01/1990"})
    assert refused.status_code == 422
    assert 'value="Zoé"' in _text(refused)
    assert 'href="#birth_date"' in _text(refused)
    opened = client.post("/personnes/nouvelle", data={"given_name": "Zoé", "family_name": "Neuve"})
    assert opened.status_code == 303
    assert "La fiche est ouverte" in _text(client.get(opened.location))


def test_somebody_alike_is_asked_about_before_anything_is_written(ctx, app, me, client):
    other = make.adviser(ctx)
    make.candidate(ctx, other.unit_id, given_name="Emilie", family_name="Tanguy")
    typed = {"given_name": "Émilie", "family_name": "Tanguy"}
    asked = client.post("/personnes/nouvelle", data=typed)
    assert "C’est la même personne" in _text(asked)
    assert candidates.list_candidates(ctx, me, candidates.CandidateFilter()).everybody == 0
    assert client.post("/personnes/nouvelle", data=typed | {"same": "new"}).status_code == 303
    # Now the unit follows them too: taking them again opens the file that is there.
    (likely, *_) = candidates.find_likely_same(ctx, me, candidates.Identity("Émilie", "Tanguy"))
    again = client.post("/personnes/nouvelle", data=typed | {"same": str(likely.person_id)})
    assert again.status_code == 303


def test_questions_are_noted_with_source_and_date(ctx, me, client):
    key = _full(ctx, me)
    data = {
        "version": _version(ctx, me, key),
        "source": "certified",
        "known_on": "02/11/2026",
        "fact-licence_b": "yes",
        "until-licence_b": "01/06/2031",
        "next": "vehicle",
    }
    saved = client.post(f"/personnes/{key}/reponses/licence", data=data)
    assert (saved.status_code, saved.location) == (303, f"/personnes/{key}/reponses/vehicle")
    page = _text(client.get(f"/personnes/{key}"))
    assert "oui, jusqu’au 1er\u00a0juin\u00a02031".replace("\u00a0", " ") in page.replace("\u00a0", " ")
    assert "Justificatif vu, 2 novembre 2026" in page.replace("\u00a0", " ")


def test_a_bad_answer_is_given_back_with_all_that_was_typed(ctx, me, client):
    key = _full(ctx, me)
    data = {
        "version": _version(ctx, me, key),
        "fact-mode_walk": "yes",
        "amount-mode_walk": "longtemps",
        "fact-mode_car": "no",
    }
    refused = client.post(f"/personnes/{key}/reponses/mobility", data=data)
    page = _text(refused)
    assert refused.status_code == 422
    assert 'value="longtemps"' in page
    assert re.search(r'id="fact-mode_car-no" value="no" checked', page)
    assert "Erreur" in page[: page.index("</title>")]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"fact-mode_walk": "unknown", "amount-mode_walk": "20"}, "à confirmer"),
        ({"fact-mode_walk": "unknown", "amount-mode_walk": "35"}, "oui, 35\u00a0minutes au plus"),
        ({"fact-mode_walk": "no", "amount-mode_walk": "20"}, "non"),
        ({}, "à confirmer"),
    ],
)
def test_an_amount_typed_is_an_answer_and_one_left_there_is_not(ctx, me, client, typed, said):
    key = _full(ctx, me)
    client.post(f"/personnes/{key}/reponses/mobility", data={"version": _version(ctx, me, key)} | typed)
    section = candidates.read_candidate(ctx, me, key, how="").section(FactGroup.MOBILITY)
    assert next(line.said for line in section.lines if line.code == "mode_walk") == said


def test_the_week_is_filled_in_one_go_then_hour_by_hour(ctx, me, client):
    key = make.candidate(ctx, me.unit_id)
    data = {"version": 1, "action": "fill", "days": ["0", "1"], "moments": ["morning"], "value": "yes"}
    assert client.post(f"/personnes/{key}/semaine", data=data).status_code == 303
    page = _text(client.get(f"/personnes/{key}/semaine"))
    assert page.count('value="8h-12h"') == 2
    bad = client.post(f"/personnes/{key}/semaine", data={"version": _version(ctx, me, key), "yes-0": "le matin"})
    assert bad.status_code == 422
    assert "Lundi" in _text(bad)
    assert len(candidates.read_candidate(ctx, me, key, how="").week) == 2
    empty = client.post(f"/personnes/{key}/semaine", data={"version": _version(ctx, me, key), "action": "fill"})
    assert empty.status_code == 422


def test_a_goal_goes_from_words_to_an_occupation(ctx, me, client):
    key = make.candidate(ctx, me.unit_id, goals=())
    page = _text(client.get(f"/personnes/{key}/projets?mots=plongeur"))
    found = re.search(r'name="occupation" id="occupation-1" value="([A-Z]\d{4}[^"]*)"', page)
    assert found
    data = {"version": 1, "action": "add", "own_words": "plongeur"}
    missing = client.post(f"/personnes/{key}/projets", data=data)
    assert missing.status_code == 422
    assert "Choisissez le métier" in _text(missing)
    assert client.post(f"/personnes/{key}/projets", data=data | {"occupation": found[1]}).status_code == 303
    (goal,) = candidates.read_candidate(ctx, me, key, how="").goals
    assert (goal.own_words, goal.rome_code) == ("plongeur", found[1].split(":")[0])


def test_protected_facts_are_saved_apart(ctx, me, client):
    key = _full(ctx, me)
    data = {"version": _version(ctx, me, key), "value-birth_date": "05/09/1991", "value-rqth": "yes"}
    assert client.post(f"/personnes/{key}/informations-protegees", data=data).status_code == 303
    with ctx.read() as session:
        assert session.get_one(ProtectedFact, (1, "birth_date")).value == "1991-09-05"
        assert session.get(ProtectedFact, (1, "rsa")) is None
    page = _text(client.get(f"/personnes/{key}/informations-protegees"))
    assert "Jamais dans un classement" in page
    assert 'value="05/09/1991"' in page


def test_skills_are_found_with_the_words_people_use(ctx, me, client):
    key = make.candidate(ctx, me.unit_id, goals=("A1203",))
    for words, label in (("je sais souder", "Souder"), ("cariste", "Conduire un chariot élévateur")):
        page = _text(client.get(f"/personnes/{key}/competences?mots={words}"))
        assert re.search(rf"<legend[^>]*>{label}<", page), words
        assert ">Débroussailler<" not in page
    assert "Aucune compétence avec" in _text(client.get(f"/personnes/{key}/competences?mots=xyzabc"))


def test_answers_are_kept_by_the_next_search(ctx, me, client):
    key = make.candidate(ctx, me.unit_id, goals=("A1203",))
    chosen = candidates.search_skills(ctx, me, key)[0].id
    here = f"/personnes/{key}/competences"
    page = client.get(here).text
    assert page.index('value="search"') < page.index(f'name="skill-{chosen}"')  # Enter in the box searches
    data = {"version": 1, "mots": "souder", "action": "search", "source": "observed"}
    answer = client.post(here, data=data | {f"skill-{chosen}": "yes"})
    assert (answer.status_code, answer.location) == (303, f"{here}?mots=souder#mots")
    noted = candidates.read_candidate(ctx, me, key, how="")
    assert [(skill.id, skill.value) for skill in noted.skills] == [(chosen, Known.YES)]
    again = client.post(here, data=data | {"version": noted.version, f"skill-{chosen}": "yes"})
    assert again.status_code == 303
    assert candidates.read_candidate(ctx, me, key, how="").version == noted.version  # nothing new: nothing written
    refused = client.post(here, data=data | {f"skill-{chosen}": "no"})
    assert refused.status_code == 409
    assert re.search(rf'id="skill-{chosen}-no" value="no"\s+checked', refused.text)


def test_a_long_search_and_a_licence_say_so(ctx, me, client):
    here = f"/personnes/{make.candidate(ctx, me.unit_id)}/competences"
    sent = client.post(here, data={"version": 1, "mots": "a" * 300, "action": "search"})
    assert "100 premiers caractères" in _text(client.get(sent.location))
    for words, told in (("permis B", True), ("CACES 3", True), ("souder", False)):
        assert ("/reponses/licence" in client.get(here, query_string={"mots": words}).text) is told
    assert "premiers caractères" not in _text(client.get(f"{here}?mots=souder"))


def test_skills_and_barriers_are_noted(ctx, me, client):
    key = make.candidate(ctx, me.unit_id, goals=("A1203",))
    chosen = candidates.search_skills(ctx, me, key)[0].id
    client.post(f"/personnes/{key}/competences", data={"version": 1, f"skill-{chosen}": "yes", "source": "observed"})
    data = {"version": _version(ctx, me, key), "state-french": "yes", "progress-french": "in_progress"}
    assert client.post(f"/personnes/{key}/freins", data=data).status_code == 303
    found = candidates.read_candidate(ctx, me, key, how="")
    assert [skill.value for skill in found.skills] == [Known.YES]
    assert "En cours" in _text(client.get(f"/personnes/{key}"))


# --- import --------------------------------------------------------------------------------------


def _send(client, content, name="liste.csv"):
    return client.post(
        "/personnes/importer", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )


def test_importing_shows_what_will_change_then_does_it(ctx, app, me, client):
    preview = _text(_send(client, "Prénom;Nom;Projets\nZoé;Neuve;K2204\nNoé;Neuf;\n".encode()))
    assert "Ce qui va changer" in preview
    assert candidates.list_candidates(ctx, me, candidates.CandidateFilter()).everybody == 0
    token = re.search(r'name="token" value="([^"]+)"', preview)[1]
    stranger = client_of(app, make.adviser(ctx, me.unit_id)).post(
        "/personnes/importer/confirmer", data={"token": token}
    )
    assert stranger.status_code == 422
    done = client.post("/personnes/importer/confirmer", data={"token": token})
    assert done.status_code == 303
    assert "2 personnes sont ajoutées" in _text(client.get(done.location))
    assert client.post("/personnes/importer/confirmer", data={"token": token}).status_code == 422


def test_importing_a_bad_file_says_which_cells_to_mend(ctx, me, client):
    refused = _send(client, "Prénom;Nom;Permis B\nZoé;Neuve;peut-être\n".encode())
    page = _text(refused)
    assert refused.status_code == 422
    assert "une fin de validité" in page
    assert ">peut-être<" in page
    assert "1 ligne à corriger" in page


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"Nom\nSeul\n"])
def test_importing_something_else_is_refused_kindly(client, content):
    assert _send(client, content).status_code == 422


def test_an_upload_is_forgotten_after_a_while(ctx, clock, me, client):
    from datetime import timedelta

    preview = _text(_send(client, "Prénom;Nom\nZoé;Neuve\n".encode()))
    token = re.search(r'name="token" value="([^"]+)"', preview)[1]
    for _ in range(3):
        clock.instant += timedelta(minutes=11)
        client.get("/personnes/importer")
    late = client.post("/personnes/importer/confirmer", data={"token": token})
    assert late.status_code == 422
    assert "choisissez-le de nouveau" in _text(late)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_downloaded(client, kind):
    answer = client.get(f"/personnes/importer/modele.{kind}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
