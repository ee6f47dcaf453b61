"""The pages of offers and employers, opened and posted as people do."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.services import offers
from matching.services.context import Context
from matching.services.offers import OfferFilter, OfferInput
from matching.terms import OfferState
from matching.web.pages.offers import pack
from tests.offers_pages.conftest import Town
from tests.offers_pages.test_import import file_of
from tests.support.pages import client_of

Draft = Callable[..., OfferInput]
PROHIBITED = "Nous cherchons une jeune femme de moins de 30 ans."
TYPED = {
    "title": "Plongeur en restauration",
    "rome": "G1605",
    "description": "Laver la vaisselle.\nRanger.",
    "seats": "2",
    "contract": "permanent",
    "weekly_minutes": "35h",
    "start_on": "04/01/2027",
    "pay": "12,50",
    "pay_period": "hour",
    "place": "44109",
    "week": "8h-12h, 13h-16h",
    "day5": "22h-6h",
    "ask-haccp": "trainable",
    "amount-french_oral": "2",
    "ask-french_oral": "essential",
    "amount-load": "15",
    "immersion": "1",
    "action": "send",
}


@pytest.fixture
def adviser(app: Flask, town: Town) -> FlaskClient:
    return client_of(app, town.adviser)


@pytest.fixture
def employer(app: Flask, town: Town) -> FlaskClient:
    return client_of(app, town.employer)


def words_of(html: str) -> str:
    """The page as it reads, without its tags."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))).replace("\u00a0", " ").replace("\u202f", " ")


def typed(town: Town, **changes: Any) -> dict[str, Any]:
    return {**TYPED, "establishment_id": town.establishment_id, **changes}


# --- writing -----------------------------------------------------------------------------------------


def test_an_adviser_publishes_an_offer_in_one_form(adviser: FlaskClient, ctx: Context, town: Town) -> None:
    assert adviser.get("/offres/nouvelle").status_code == 200
    answer = adviser.post("/offres/nouvelle", data=typed(town))
    assert (answer.status_code, answer.location) == (303, "/offres/1")
    sheet = offers.get_offer(ctx, town.adviser, 1)
    assert (sheet.state, sheet.seats, sheet.immersion_possible, sheet.description) == (
        OfferState.PUBLISHED,
        2,
        True,
        "Laver la vaisselle.\nRanger.",
    )
    assert [(w.weekday, w.start_minute, w.end_minute) for w in sheet.windows][-2:] == [(5, 1320, 1440), (6, 0, 360)]
    assert [(r.kind.value, r.importance.value, r.amount) for r in sheet.requirements] == [
        ("capability", "trainable", None),
        ("french_oral", "essential", 2),
        ("load", "essential", 15),
    ]
    shown = words_of(adviser.get("/offres/1").text)
    assert "L’offre est publiée." in shown
    assert "12,50 € de l’heure" in shown


def test_the_form_of_an_offer_gives_back_the_same_offer(adviser: FlaskClient, ctx: Context, town: Town) -> None:
    adviser.post("/offres/nouvelle", data=typed(town))
    before = offers.input_of(offers.get_offer(ctx, town.adviser, 1))
    page = adviser.get("/offres/1/modifier").text
    sent: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input(?=[^>]*name="([^"]+)")(?=[^>]*value="([^"]*)")(?![^>]*type="(?:checkbox|radio)")', page
    ):
        sent.setdefault(name, []).append(unescape(value))
    for tag in re.findall(r'<input[^>]*type="(?:checkbox|radio)"[^>]*checked[^>]*>', page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name
        assert value
        sent.setdefault(name[1], []).append(value[1])
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        if chosen := re.search(r'value="([^"]*)" selected', options):
            sent[name] = [chosen[1]]
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        sent[name] = [unescape(text)]
    answer = adviser.post("/offres/1/modifier", data={**sent, "action": "save"})
    assert answer.status_code == 303
    assert offers.input_of(offers.get_offer(ctx, town.adviser, 1)) == before
    assert offers.list_history(ctx, town.adviser, 1)[0].what == "Enregistrée sans changement"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "title", "Saisissez l’intitulé du poste"),
    ({"seats": "deux"}, "seats", "Écrivez un nombre"),
    ({"weekly_minutes": "beaucoup"}, "weekly_minutes", "par exemple 35, 7h30"),
    ({"start_on": "31/02/2027"}, "start_on", "Ce jour n’existe pas"),
    ({"pay": "douze"}, "pay", "par exemple 12,31"),
    ({"pay": "12,30"}, "pay", "12,31 € depuis le 01/06/2026"),
    ({"pay": "0"}, "pay", "montant positif"),
    ({"contract": ""}, "contract", "Choisissez le type de contrat"),
    ({"place": ""}, "place", "Indiquez la commune"),
    ({"place": "", "place_words": "Nulleville"}, "place", "code postal"),
    ({"week": "", "day5": ""}, "schedule", "Indiquez les horaires"),
    ({"week": "huit heures"}, "schedule", "8h-12h, 13h30-17h30"),
    ({"establishment_id": ""}, "establishment_id", "Choisissez l’établissement"),
    ({"amount-load": "200"}, "load", "de 1 à 55"),
    ({"ask-mode_car": "essential"}, "requirements", "Choisissez-la dans la liste"),
    ({"skill_words": "zzzz"}, "skills", "Aucune compétence"),
    ({"description": PROHIBITED}, "description", "L1142-1"),
    ({"rome": "Z9999"}, "rome_code", "Choisissez-le dans la liste"),
    ({"rome": "", "title": "qsdf wxcv"}, "rome_code", "Choisissez le métier"),
    ({"rome": "", "title": "qsdf wxcv", "action": "save"}, "rome_code", "Aucun métier avec ces mots"),
]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("xyzzy", "Aucun métier avec ces mots"),
        ("agent", "Les métiers les plus proches"),
        ("permis", "Les métiers les plus proches"),
        ("G1605", "Métier reconnu : Plongeur / Plongeuse en restauration"),
    ],
)
def test_the_page_of_occupations_says_what_it_found(adviser: FlaskClient, words: str, said: str) -> None:
    assert said in words_of(adviser.get("/metiers", query_string={"mots": words}).text)


def test_a_title_of_no_known_trade_can_be_kept_for_later(adviser: FlaskClient, town: Town) -> None:
    asked = {"rome": "", "title": "qsdf wxcv", "action": "find_occupation"}
    told = adviser.post("/offres/nouvelle", data=typed(town, **asked)).text
    assert "Aucun métier avec ces mots" in words_of(told)
    assert 'id="rome-later"' in told
    kept = adviser.post("/offres/nouvelle", data=typed(town, **asked | {"rome": "later", "action": "save"}))
    assert kept.status_code == 303


def test_a_search_in_the_form_comes_back_where_it_was(adviser: FlaskClient) -> None:
    page = adviser.get("/offres/nouvelle").text
    for anchor in re.findall(r'formaction="#(\w+)"', page):
        assert f'id="{anchor}"' in page
    assert set(re.findall(r'value="(\w+)" formaction', page)) == {"find_occupation", "add_place", "add_skill"}


@pytest.mark.parametrize(
    ("words", "focused"),
    [
        ({"skill_words": "xyzabc"}, "skills"),
        ({"place_words": "saint"}, "place"),
        ({"place_words": "reze", "skill_words": "xyzabc"}, "skills"),
        ({"place_words": "saint", "skill_words": "xyzabc"}, "place"),
    ],
)
def test_enter_looks_up_what_the_search_boxes_hold(
    adviser: FlaskClient, town: Town, words: dict[str, str], focused: str
) -> None:
    answer = adviser.post("/offres/nouvelle", data=typed(town, action="enter", **words))
    inputs = [tag for tag in re.findall(r"<(?:input|select)[^>]*>", answer.text) if "autofocus" in tag]
    assert (answer.status_code, len(inputs), f'id="{focused}"' in inputs[0]) == (200, 1, True)
    assert ('name="place" value="44143" checked' in answer.text) is ("reze" in words.values())
    assert adviser.post("/offres/nouvelle", data=typed(town, action="enter")).status_code == 303


@pytest.mark.parametrize(("changes", "anchor", "remedy"), REFUSED)
def test_a_refused_form_comes_back_whole(
    adviser: FlaskClient, ctx: Context, town: Town, changes: dict[str, Any], anchor: str, remedy: str
) -> None:
    answer = adviser.post("/offres/nouvelle", data=typed(town, **changes))
    assert answer.status_code == 422
    assert remedy in words_of(answer.text)
    assert f'href="#{anchor}"' in answer.text
    assert f'id="{anchor}"' in answer.text
    assert "<title>Erreur\u00a0:" in answer.text or "<title>Erreur :" in answer.text
    if "description" not in changes:
        assert "Laver la vaisselle.\nRanger." in answer.text
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0


def test_everything_to_mend_is_told_at_once(adviser: FlaskClient) -> None:
    page = adviser.post(
        "/offres/nouvelle", data={"title": "Agent polyvalent", "description": PROHIBITED, "action": "send"}
    )
    links = re.findall(r'<li><a href="#(\w+)"', page.text)
    assert links == [
        *("establishment_id", "rome_code", "description", "contract"),
        *("weekly_minutes", "start_on", "pay", "place", "schedule"),
    ]
    assert "<mark>" in page.text


def test_an_incomplete_draft_is_kept_and_says_what_is_missing(adviser: FlaskClient, town: Town) -> None:
    data = typed(town, action="save", contract="", pay="", description="", place="")
    assert adviser.post("/offres/nouvelle", data=data).status_code == 303
    shown = adviser.get("/offres/1")
    for field in ("contract", "pay", "description", "place"):
        assert f'href="/offres/1/modifier#{field}"' in shown.text


def test_the_words_of_the_title_find_the_occupation(adviser: FlaskClient, ctx: Context, town: Town) -> None:
    sure = adviser.post("/offres/nouvelle", data=typed(town, rome="", title="plongeur", action="find_occupation"))
    assert sure.status_code == 200
    assert re.search(r'name="rome" id="rome_code" value="G1605[^"]*" checked', sure.text)
    unsure = adviser.post("/offres/nouvelle", data=typed(town, rome="", title="agent polyvalent"))
    choices = re.findall(r'name="rome"[^>]*value="([A-Z]\d{4})', unsure.text)
    assert (unsure.status_code, len(choices)) == (422, 5)
    later = adviser.post("/offres/nouvelle", data=typed(town, rome="later", title="agent polyvalent", action="save"))
    assert later.status_code == 303


def test_places_and_skills_are_found_by_their_words(adviser: FlaskClient, town: Town) -> None:
    found = adviser.post("/offres/nouvelle", data=typed(town, place_words="reze", action="add_place"))
    assert re.search(r'id="place-44143" name="place" value="44143" checked', found.text)
    several = adviser.post("/offres/nouvelle", data=typed(town, place="", place_words="saint", action="add_place"))
    assert "Plusieurs communes conviennent" in several.text
    skills = adviser.post("/offres/nouvelle", data=typed(town, rome="", skill_words="tronconneuse", action="add_skill"))
    assert "Utiliser une tronçonneuse" in skills.text
    said = adviser.post("/offres/nouvelle", data=typed(town, rome="G1605", skill_words="cariste", action="add_skill"))
    found, others = said.text.split("Les autres")
    assert "Conduire un chariot élévateur" in found
    assert "Laver la vaisselle" in others


def test_prohibited_words_are_marked_and_an_adviser_may_keep_them(
    adviser: FlaskClient, ctx: Context, town: Town
) -> None:
    refused = adviser.post("/offres/nouvelle", data=typed(town, description=PROHIBITED))
    assert "<mark>" in refused.text
    assert 'name="wording_reason"' in refused.text
    kept = typed(town, description=PROHIBITED, wording_reason="Citation vue avec le service juridique.")
    assert adviser.post("/offres/nouvelle", data=kept).status_code == 303
    assert "Citation vue" in words_of(adviser.get("/offres/1").text)


def test_what_is_typed_never_runs(adviser: FlaskClient, town: Town) -> None:
    nasty = "<script>alert(1)</script> une jeune femme de moins de 30 ans"
    refused = adviser.post("/offres/nouvelle", data=typed(town, description=nasty, title=nasty))
    assert "<script>alert" not in refused.text
    adviser.post("/offres/nouvelle", data=typed(town, description=nasty, action="save"))
    for path in ("/offres", "/offres/1", "/offres/1/affiche", "/offres/1/historique"):
        assert "<script>alert" not in adviser.get(path).text


def test_two_editors_the_second_is_told_and_keeps_what_was_typed(
    adviser: FlaskClient, ctx: Context, town: Town, draft: Draft
) -> None:
    offer_id = offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    version = offers.get_offer(ctx, town.adviser, offer_id).version
    offers.edit_offer(ctx, town.colleague, offer_id, version, draft(seats=5))
    for stale in (version, ""):
        answer = adviser.post(f"/offres/{offer_id}/modifier", data=typed(town, version=stale, action="save"))
        assert answer.status_code == 409
        assert "Bo Témoin a modifié cette offre" in words_of(answer.text)
        assert "Plongeur en restauration" in answer.text
    assert offers.get_offer(ctx, town.adviser, offer_id).seats == 5


# --- states ------------------------------------------------------------------------------------------


def move(client: FlaskClient, path: str, version: int, target: str, **more: Any) -> Any:
    return client.post(path, data={"version": version, "target": target, **more})


def test_an_employer_posts_an_adviser_checks_and_publishes(
    adviser: FlaskClient, employer: FlaskClient, ctx: Context, town: Town
) -> None:
    assert "Aucune offre pour l’instant" in employer.get("/employeur/offres").text
    assert employer.post("/employeur/offres/nouvelle", data=dict(TYPED)).location == "/employeur/offres/1"
    assert "relit votre offre" in words_of(employer.get("/employeur/offres/1").text)
    version = offers.get_offer(ctx, town.adviser, 1).version
    assert "À vérifier (1)" in words_of(adviser.get("/offres").text)
    assert move(adviser, "/offres/1/etat", version, "to_check").status_code == 422
    assert move(adviser, "/offres/1/etat", version, "published").status_code == 303
    assert "en ligne" in words_of(employer.get("/employeur/offres/1").text)
    assert employer.post("/employeur/offres/1/confirmer").status_code == 303
    sheet = offers.get_offer(ctx, town.employer, 1)
    refused = move(employer, "/employeur/offres/1/etat", sheet.version, "closed")
    assert (refused.status_code, "Choisissez un motif" in refused.text) == (422, True)
    closed = move(employer, "/employeur/offres/1/etat", sheet.version, "closed", reason="cancelled")
    assert closed.status_code == 303
    history = words_of(employer.get("/employeur/offres/1/historique").text)
    assert "Fermée : le recrutement est abandonné" in history
    assert "Ada Essai" not in history


def test_an_employer_s_stopped_text_goes_to_the_adviser_only_when_asked(
    adviser: FlaskClient, employer: FlaskClient
) -> None:
    stopped = {**TYPED, "description": PROHIBITED}
    refused = employer.post("/employeur/offres/nouvelle", data=stopped)
    assert (refused.status_code, "<mark>" in refused.text) == (422, True)
    assert 'name="wording_reason"' not in refused.text
    assert employer.post("/employeur/offres/nouvelle", data={**stopped, "keep_wording": "1"}).status_code == 303
    page = adviser.get("/offres/1").text
    assert "<mark>" in page
    assert 'name="wording_reason"' in page


def test_old_offers_ask_to_be_confirmed(
    adviser: FlaskClient, ctx: Context, town: Town, draft: Draft, clock: FixedClock
) -> None:
    offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    clock.instant += timedelta(days=84)
    again = client_of(adviser.application, town.adviser)
    assert "À confirmer (1)" in words_of(again.get("/offres").text)
    assert again.get("/offres?a_confirmer=1").text.count("O-0001") >= 1
    assert again.post("/offres/1/confirmer").status_code == 303
    assert "À confirmer (0)" in words_of(again.get("/offres").text)


def test_what_cannot_be_edited_says_why(employer: FlaskClient, ctx: Context, town: Town, draft: Draft) -> None:
    offers.create_offer(ctx, town.employer, draft(), then=OfferState.TO_CHECK)
    assert employer.get("/employeur/offres/1/modifier").status_code == 303
    assert "en cours de vérification" in words_of(employer.get("/employeur/offres/1").text)


# --- who may -----------------------------------------------------------------------------------------

WALLS = [
    ("stranger", "GET", "/employeur/offres/1", 404),
    ("stranger", "GET", "/employeur/offres/1/modifier", 404),
    ("stranger", "GET", "/employeur/offres/1/historique", 404),
    ("stranger", "GET", "/employeur/offres/1/affiche", 404),
    ("stranger", "POST", "/employeur/offres/1/etat", 404),
    ("stranger", "POST", "/employeur/offres/1/confirmer", 404),
    ("employer", "GET", "/offres", 403),
    ("employer", "GET", "/offres/1", 403),
    ("employer", "GET", "/offres/export.csv", 403),
    ("employer", "POST", "/offres/1/etat", 403),
    ("employer", "GET", "/offres/importer", 403),
    ("employer", "GET", "/employeurs", 403),
    ("adviser", "GET", "/employeur/offres", 403),
    ("adviser", "GET", "/offres/99", 404),
    ("adviser", "GET", "/employeurs/99", 404),
    ("administrator", "GET", "/offres/1", 403),
    ("administrator", "GET", "/employeurs", 403),
    (None, "GET", "/offres/1", 302),
    (None, "POST", "/employeur/offres/1/etat", 302),
]


@pytest.mark.parametrize(("who", "method", "path", "status"), WALLS)
def test_walls(
    app: Flask, ctx: Context, town: Town, draft: Draft, who: str | None, method: str, path: str, status: int
) -> None:
    offers.create_offer(ctx, town.employer, draft(), then=OfferState.TO_CHECK)
    actor: Actor | None = getattr(town, who) if who else None
    answer = client_of(app, actor).open(path, method=method, data={"target": "closed", "reason": "cancelled"})
    assert answer.status_code == status
    assert offers.get_offer(ctx, town.adviser, 1).state is OfferState.TO_CHECK


# --- the list ----------------------------------------------------------------------------------------


def test_the_two_empty_lists_are_told_apart(adviser: FlaskClient, ctx: Context, town: Town, draft: Draft) -> None:
    assert "Aucune offre pour l’instant" in adviser.get("/offres").text
    offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    page = words_of(adviser.get("/offres?contrat=seasonal&metier=G1605").text)
    assert "Aucune offre avec ces filtres" in page
    assert "Sans « Saisonnier » : une offre" in page


def test_chips_take_their_own_filter_away(adviser: FlaskClient, ctx: Context, town: Town, draft: Draft) -> None:
    offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    page = adviser.get("/offres?etat=published&etat=draft&q=plongeur&tri=-title").text
    links = [unescape(link) for link in re.findall(r'class="chip" href="([^"]+)"', page)]
    assert links == [
        "/offres?etat=draft&etat=published&tri=-title",
        "/offres?q=plongeur&etat=published&tri=-title",
        "/offres?q=plongeur&etat=draft&tri=-title",
    ]
    assert 'aria-sort="descending"' in page


@pytest.mark.parametrize(
    "query",
    [
        "etat=x&contrat=y&unite=z&employeur=-1&page=0&par_page=7&tri=drop",
        "page=99999999999999",
        "q=%F0%9F%98%80'\"%25_",
    ],
)
def test_a_strange_address_still_opens(adviser: FlaskClient, query: str) -> None:
    assert adviser.get(f"/offres?{query}").status_code == 200
    assert adviser.get(f"/employeurs?{query}&type=x").status_code == 200


def test_the_export_holds_what_is_filtered(adviser: FlaskClient, ctx: Context, town: Town, draft: Draft) -> None:
    offers.create_offer(ctx, town.adviser, draft(title="=Plongeur"), then=OfferState.PUBLISHED)
    offers.create_offer(ctx, town.adviser, draft(title="Cariste"))
    answer = adviser.get("/offres/export.csv?etat=published")
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert (len(lines), "'=Plongeur" in lines[1], "attachment" in answer.headers["Content-Disposition"]) == (
        2,
        True,
        True,
    )
    assert adviser.get("/offres/export.xlsx").get_data()[:2] == b"PK"


@pytest.mark.parametrize(
    "path", ["/offres/1", "/offres/1/historique", "/offres/1/affiche", "/employeurs", "/employeurs/1"]
)
def test_pages_open(adviser: FlaskClient, ctx: Context, town: Town, draft: Draft, path: str) -> None:
    offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    answer = adviser.get(path)
    assert answer.status_code == 200
    assert "View(" not in answer.text


def test_the_sheet_of_an_employer_counts_its_establishments(adviser: FlaskClient) -> None:
    assert "Un établissement" in words_of(adviser.get("/employeurs/1").text)


def test_the_poster_is_neutral(adviser: FlaskClient, ctx: Context, town: Town, draft: Draft) -> None:
    offers.create_offer(ctx, town.adviser, draft(), then=OfferState.PUBLISHED)
    main = adviser.get("/offres/1/affiche").text.split("<main")[1].split("</main")[0]
    assert "O-0001" in main
    for word in ("RSA", "insertion", "Cantine Exemple", "Ada Essai"):
        assert word not in words_of(main)


# --- import ------------------------------------------------------------------------------------------


def test_a_file_is_previewed_then_confirmed(adviser: FlaskClient, ctx: Context, town: Town) -> None:
    content = file_of(ctx, town, {}, {"Intitulé du poste": "Aide de cuisine", "Description": ""})
    seen = adviser.post("/offres/importer", data={"file": (io.BytesIO(content), "offres.csv"), "action": "preview"})
    assert seen.status_code == 200
    assert "2 offres seront enregistrées" in words_of(seen.text)
    assert offers.find_offers(ctx, town.adviser, OfferFilter()).everything == 0
    carried = re.search(r'name="carried" value="([^"]+)"', seen.text)
    assert carried
    data = {"carried": unescape(carried[1]), "filename": "offres.csv", "publish": "1", "action": "confirm"}
    assert adviser.post("/offres/importer", data=data).status_code == 303
    assert "2 offres sont enregistrées : 1 en ligne, 1 en brouillon" in words_of(adviser.get("/offres").text)


def test_a_bad_file_shows_its_lines_and_a_lost_one_is_asked_again(
    adviser: FlaskClient, ctx: Context, town: Town
) -> None:
    content = file_of(ctx, town, {"Salaire brut": "12,30"})
    bad = adviser.post("/offres/importer", data={"file": (io.BytesIO(content), "offres.csv")})
    assert (bad.status_code, "SMIC connu à la date de début" in bad.text) == (422, True)
    for data in ({}, {"file": (io.BytesIO(b""), "")}, {"file": (io.BytesIO(b"\x89PNG"), "a.csv")}):
        assert adviser.post("/offres/importer", data=data).status_code == 422
    for carried in ("", "!!", "AAAA", pack(b"x")[:-4]):
        lost = adviser.post("/offres/importer", data={"action": "confirm", "carried": carried})
        assert (lost.status_code, "Déposez-le de nouveau" in lost.text) == (422, True)
    assert adviser.get("/offres/importer/modele.xlsx").get_data()[:2] == b"PK"
    assert "SIRET" in adviser.get("/offres/importer/modele.csv").text
