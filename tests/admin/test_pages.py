"""The administrator's pages, over the Flask application."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from matching.access.permissions import Actor
from matching.services import journal, users
from matching.services.context import Context
from matching.services.parameters import list_synonyms
from matching.services.policy import weights_for
from matching.services.reference import load_embedded
from matching.terms import Criterion
from matching.web.app import create_app
from tests.support import factories

Login = Callable[[Actor], FlaskClient]


@pytest.fixture
def login(ctx: Context) -> Login:
    app = create_app(ctx)
    app.config["WTF_CSRF_ENABLED"] = False

    def enter(actor: Actor) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/connexion", data={"email": factories.email_of(actor), "password": factories.PASSWORD})
        assert answer.status_code == 303, answer.status_code
        return client

    return enter


@pytest.fixture
def admin(ctx: Context) -> Actor:
    load_embedded(ctx)
    return factories.administrator(ctx)


def _version(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page)
    assert found
    return found[1]


READ = [
    "/administration",
    "/administration/organisations",
    "/administration/organisations?q=rien&nature=aci",
    "/administration/organisations/1",
    "/administration/organisations/1/modifier",
    "/administration/organisations/1/etablissement",
    "/administration/organisations/nouvelle",
    "/administration/etablissements/1",
    "/administration/comptes",
    "/administration/comptes?q=zzz&role=adviser&unite=1&etat=fermes",
    "/administration/comptes/nouveau",
    "/administration/comptes/1",
    "/administration/unites",
    "/administration/unites/nouvelle",
    "/administration/unites/1",
    "/administration/unites/1/fermer",
    "/administration/poids",
    "/administration/poids/1",
    "/administration/reglages",
    "/administration/solutions",
    "/administration/solutions/nouvelle",
    "/administration/solutions/1",
    "/administration/montants",
    "/administration/montants?a-verifier=1",
    "/administration/montants/nouveau?code=smic_hourly&unite=EUR_PER_HOUR",
    "/administration/montants/1",
    "/administration/reseaux",
    "/administration/reseaux/nouveau",
    "/administration/reseaux/1",
    "/administration/mots",
    "/administration/mots?q=plongeur&ajoutes=1",
    "/administration/mots?page=2",
    "/administration/faits",
    "/administration/faits/nouveau",
    "/administration/faits/licence_b",
    "/administration/journal",
    "/administration/journal?verifier=1&action=account.added&du=01/01/2026&au=hier",
]


def test_every_page_opens_for_an_administrator_and_for_nobody_else(ctx: Context, admin: Actor, login: Login) -> None:
    factories.employer(ctx)
    unit = factories.unit(ctx)
    others = [factories.adviser(ctx, unit), factories.manager(ctx, unit), factories.employer(ctx)]
    client = login(admin)
    strangers = [login(other) for other in others]
    for path in READ:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "no-store" in answer.headers["Cache-Control"], path
        for stranger in strangers:
            assert stranger.get(path).status_code == 403, path


POST = [
    "/administration/organisations/nouvelle",
    "/administration/comptes/nouveau",
    "/administration/comptes/1/fermer",
    "/administration/comptes/1/mot-de-passe",
    "/administration/unites/1/fermer",
    "/administration/poids/1/defaut",
    "/administration/reseaux/1/retirer",
    "/administration/mots/1/retirer",
]


def test_no_other_role_writes(ctx: Context, admin: Actor, login: Login) -> None:
    unit = factories.unit(ctx)
    for actor in (factories.adviser(ctx, unit), factories.manager(ctx, unit), factories.employer(ctx)):
        client = login(actor)
        for path in POST:
            assert client.post(path).status_code == 403, path


@pytest.mark.parametrize(
    "path",
    [
        "/administration/comptes/999",
        "/administration/organisations/999",
        "/administration/unites/999",
        "/administration/montants/999",
        "/administration/reseaux/999",
        "/administration/solutions/999",
        "/administration/faits/rien",
        "/administration/comptes/99999999999999999999",
    ],
)
def test_what_does_not_exist_is_not_found(ctx: Context, admin: Actor, login: Login, path: str) -> None:
    assert login(admin).get(path).status_code == 404


def test_a_wrong_siret_is_shown_again_with_all_that_was_typed(ctx: Context, admin: Actor, login: Login) -> None:
    organisation = factories.organisation(ctx)
    client = login(admin)
    path = f"/administration/organisations/{organisation}/etablissement"
    answer = client.post(path, data={"siret": "1234", "name": "Quai Inventé", "commune": "Nulle part"})
    assert answer.status_code == 422
    for words in ("<title>Erreur", "Quai Inventé", "celui-ci en a 4", "Nulle part", "Aucune commune à ce nom"):
        assert words in answer.text, words


def test_an_account_is_opened_used_and_closed(ctx: Context, admin: Actor, login: Login) -> None:
    unit = factories.unit(ctx)
    client = login(admin)
    form = {"name": "Zoé Exemple", "email": "zoe@exemple.test", "role": "adviser", "unit_id": str(unit)}
    answer = client.post("/administration/comptes/nouveau", data=form)
    assert answer.status_code == 200
    password = re.search(r"<code>([a-z-]+)</code>", answer.text)
    assert password
    cookies = str(answer.headers.getlist("Set-Cookie"))
    assert password[1] not in cookies, "the password must not travel in a cookie"

    theirs = create_app(ctx).test_client()
    theirs.application.config["WTF_CSRF_ENABLED"] = False
    theirs.post("/connexion", data={"email": "zoe@exemple.test", "password": password[1]})
    assert theirs.get("/compte/mot-de-passe").status_code == 200

    user = users.list_users(ctx, admin, words="zoe").lines[0]
    answer = client.post(f"/administration/comptes/{user.id}/fermer", data={"version": user.version})
    assert answer.status_code == 303
    gone = theirs.get("/compte/mot-de-passe")
    assert gone.status_code == 302
    assert "/connexion" in gone.headers["Location"]


def test_an_old_form_is_a_conflict_and_changes_nothing(ctx: Context, admin: Actor, login: Login) -> None:
    adviser = factories.adviser(ctx)
    client = login(admin)
    path = f"/administration/comptes/{adviser.user_id}"
    old = _version(client.get(path).text)
    data = {"name": "Premier Nom", "role": "adviser", "unit_id": str(adviser.unit_id), "version": old}
    assert client.post(path, data=data).status_code == 303
    answer = client.post(path, data=data | {"name": "Second Nom"})
    assert answer.status_code == 409
    assert "Une autre personne a modifié" in answer.text
    assert "Second Nom" in answer.text
    assert users.get_user(ctx, admin, adviser.user_id).name == "Premier Nom"


def _weights_form(page: str) -> dict[str, str]:
    form = dict(re.findall(r'<input[^>]*name="((?:weight|cost)_[a-z_]+)"[^>]*value="([^"]*)"', page))
    revision = re.search(r'name="revision"[^>]*value="([^"]*)"', page)
    assert revision
    return form | {"revision": revision[1]}


def test_weights_are_read_and_written_in_points(ctx: Context, admin: Actor, login: Login) -> None:
    client = login(admin)
    form = _weights_form(client.get("/administration/poids").text)
    assert len(form) == 2 * len(Criterion) + 1
    assert form["weight_occupation"] == "25"
    assert client.post("/administration/poids", data=form | {"weight_travel": "20,5"}).status_code == 303
    with ctx.read() as session:
        assert weights_for(session, None)[Criterion.TRAVEL] == (0.205, 0.25)
    assert client.post("/administration/poids", data=form | {"weight_travel": "30"}).status_code == 409
    form = _weights_form(client.get("/administration/poids").text)
    for typed in ("beaucoup", "101", "", "-3"):
        answer = client.post("/administration/poids", data=form | {"weight_travel": typed})
        assert answer.status_code == 422, typed
        assert f'value="{typed}"' in answer.text
        assert "aria-invalid" in answer.text


def test_posting_a_setting_a_remedy_an_amount_a_network_words_and_a_certificate(
    ctx: Context, admin: Actor, login: Login
) -> None:
    client = login(admin)
    page = client.get("/administration/reglages").text
    form = dict(re.findall(r'<input[^>]*name="([a-z_]+)"[^>]*value="([^"]*)"', page))
    steps = [
        ("/administration/reglages", form | {"walk_speed_kmh": "4,5"}, "setting.changed"),
        (
            "/administration/solutions/nouvelle",
            {"label": "Scooter prêté", "kind": "vehicle_loan", "lifts": "travel", "delay_days": "7", "active": "y"},
            "remedy.added",
        ),
        (
            "/administration/montants/nouveau",
            {"code": "smic_hourly", "amount": "12,60", "unit": "EUR_PER_HOUR", "valid_from": "01/01/2027"}
            | {"source": "décret"},
            "parameter.added",
        ),
        ("/administration/reseaux/nouveau", {"name": "Cars d’essai", "speed_kmh": "22,5"}, "network.saved"),
        ("/administration/reseaux/1/communes", {"commune": "Clisson"}, "network.commune_added"),
        ("/administration/mots", {"words": "laveur de vitres du soir", "rome_code": "K2204"}, "synonym.added"),
        (
            "/administration/faits/nouveau",
            {"code": "caces_r484", "label": "CACES R484", "question": "Avez-vous un CACES R484 ?"},
            "fact_kind.added",
        ),
    ]
    for path, data, action in steps:
        answer = client.post(path, data=data)
        assert answer.status_code == 303, (path, answer.text)
        assert journal.read_trail(ctx, admin, action=action).total == 1, path


def test_words_that_lead_elsewhere_ask_for_a_box_to_be_ticked(admin: Actor, login: Login) -> None:
    client = login(admin)
    assert 'name="replace"' not in client.get("/administration/mots").text
    data = {"words": "Plongeur  RESTO", "rome_code": "F1703"}
    refused = client.post("/administration/mots", data=data)
    assert (refused.status_code, 'name="replace"' in refused.text) == (422, True)
    assert "Plongeur / Plongeuse en restauration" in refused.text
    assert client.post("/administration/mots", data=data | {"replace": "y"}).status_code == 303


def test_words_added_are_changed_and_those_of_the_reference_are_not(ctx: Context, admin: Actor, login: Login) -> None:
    client = login(admin)
    client.post("/administration/mots", data={"words": "zinzin du soir", "rome_code": "K2204"})
    listed = client.get("/administration/mots?ajoutes=1").text
    (path,) = re.findall(r'href="(/administration/mots/\d+)"', listed)
    assert 'value="zinzin du soir"' in client.get(path).text
    refused = client.post(path, data={"words": "zinzin du soir", "rome_code": "Z9999"})
    assert refused.status_code == 422
    assert "Aucun métier n’a le code" in refused.text
    assert 'value="Z9999"' in refused.text
    twice = client.post("/administration/mots", data={"words": "ZINZIN du soir", "rome_code": "K2204"})
    assert (twice.status_code, "mènent déjà à ce métier" in twice.text) == (422, True)
    assert client.post(path, data={"words": "zinzin du soir", "rome_code": "D1202"}).status_code == 303
    assert journal.read_trail(ctx, admin, action="synonym.changed").total == 1
    embedded = list_synonyms(ctx, admin).lines[0]
    assert client.get(f"/administration/mots/{embedded.id}").status_code == 422


def test_refused_forms_never_break(ctx: Context, admin: Actor, login: Login) -> None:
    client = login(admin)
    for path in (path for path in READ if path.endswith(("nouvelle", "nouveau", "/mots", "/reglages"))):
        for data in ({"x": "1"}, {"name": "x" * 5000, "kind": "?", "amount": "?", "valid_from": "31/02/2026"}):
            answer = client.post(path, data=data)
            assert answer.status_code == 422, path
            assert 'class="errors"' in answer.text, path
