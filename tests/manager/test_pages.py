"""The unit manager's pages, over the Flask application."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from matching.access.permissions import Actor
from matching.services import portfolios, units
from matching.services.context import Context
from matching.services.policy import weights_for
from matching.services.reference import load_embedded
from matching.store.tables.people import Candidate
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
        data = {"email": factories.email_of(actor), "password": factories.PASSWORD}
        assert client.post("/connexion", data=data).status_code == 303
        return client

    return enter


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


READ = ["/unite", "/unite/portefeuille/personne", "/unite/portefeuille/1", "/unite/poids", "/unite/fermer"]


def test_pages_open_for_a_manager_and_not_for_others(ctx: Context, login: Login) -> None:
    load_embedded(ctx)
    manager = factories.manager(ctx)
    factories.candidate(ctx, manager.unit_id)
    factories.candidate(ctx, manager.unit_id, manager.user_id)
    client = login(manager)
    others = [login(a) for a in (factories.adviser(ctx, manager.unit_id), factories.employer(ctx))]
    for path in [*READ, "/unite/portefeuille/999999999999999999999", "/unite?page=x"]:
        assert client.get(path).status_code == 200, path
    for path in READ:
        for other in others:
            assert other.get(path).status_code == 403, path
    for path in ("/unite/confier", "/unite/fermer", "/unite/poids"):
        assert others[0].post(path).status_code == 403, path


def test_people_are_ticked_shown_then_confided(ctx: Context, login: Login) -> None:
    unit = factories.unit(ctx)
    manager, adviser = factories.manager(ctx, unit), factories.adviser(ctx, unit)
    person = factories.candidate(ctx, unit)
    client = login(manager)
    assert "sans conseiller" in client.get("/unite").text
    preview = client.get(f"/unite/confier?p={person}&a={adviser.user_id}")
    assert preview.status_code == 200
    assert "changera de portefeuille" in preview.text
    form = {name: _hidden(preview.text, name) for name in ("to", "seen")}
    answer = client.post("/unite/confier", data=form)
    assert answer.status_code == 303
    assert portfolios.list_people(ctx, manager, adviser_id=adviser.user_id).total == 1
    again = client.post("/unite/confier", data=form)
    assert again.status_code == 409, "the page was old"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("suivi=personne&p={person}", "Choisissez à qui confier"),
        ("suivi=personne&a={adviser}", "Cochez au moins une personne"),
        ("suivi=personne&p={person}&a={stranger}", "personne de votre unité"),
    ],
)
def test_an_incomplete_choice_is_shown_again(ctx: Context, login: Login, query: str, words: str) -> None:
    unit = factories.unit(ctx)
    manager, adviser = factories.manager(ctx, unit), factories.adviser(ctx, unit)
    person, stranger = factories.candidate(ctx, unit), factories.adviser(ctx)
    path = query.format(person=person, adviser=adviser.user_id, stranger=stranger.user_id)
    answer = login(manager).get(f"/unite/confier?{path}")
    assert answer.status_code == 422
    assert words in answer.text
    assert ("checked" in answer.text) == ("p=" in query), "what was ticked stays ticked"


def test_another_units_person_is_not_found(ctx: Context, login: Login) -> None:
    manager = factories.manager(ctx)
    stranger = factories.candidate(ctx, given_name="Canari")
    client = login(manager)
    answer = client.get(f"/unite/confier?p={stranger}&a={manager.user_id}")
    assert answer.status_code == 404
    assert "Canari" not in answer.text
    answer = client.post("/unite/confier", data={"to": manager.user_id, "seen": f"{stranger}:"})
    assert answer.status_code == 404


@pytest.mark.parametrize("seen", ["", "x", "1:x", ",,", "²:", "1" * 30])
def test_a_forged_confirmation_is_refused(ctx: Context, login: Login, seen: str) -> None:
    manager = factories.manager(ctx)
    answer = login(manager).post("/unite/confier", data={"to": str(manager.user_id), "seen": seen})
    assert answer.status_code == 422


def test_the_unit_closes_into_another(ctx: Context, login: Login) -> None:
    manager, other = factories.manager(ctx), factories.unit(ctx, "Unité qui reste")
    person = factories.candidate(ctx, manager.unit_id)
    client = login(manager)
    page = client.get("/unite/fermer")
    assert "une personne suivie" in page.text
    version = _hidden(page.text, "version")
    refused = client.post("/unite/fermer", data={"target": "", "version": version})
    assert refused.status_code == 422
    assert "Choisissez l’unité qui prend la suite" in refused.text
    answer = client.post("/unite/fermer", data={"target": other, "version": version})
    assert answer.status_code == 303
    assert "Unité qui reste" in client.get("/unite").text, "the manager went with the people"
    with ctx.read() as session:
        assert session.get_one(Candidate, person).unit_id == other
    admin = factories.administrator(ctx)
    assert not units.get_unit(ctx, admin, manager.unit_id or 0).is_open


def test_two_managers_closing_at_once(ctx: Context, login: Login) -> None:
    unit, other = factories.unit(ctx), factories.unit(ctx)
    first, second = login(factories.manager(ctx, unit)), login(factories.manager(ctx, unit))
    version = _hidden(first.get("/unite/fermer").text, "version")
    data = {"target": other, "version": version}
    assert first.post("/unite/fermer", data=data).status_code == 303
    # The second one now belongs to the unit that took over, and closes nothing by mistake.
    assert second.post("/unite/fermer", data=data).status_code == 422
    assert units.get_unit(ctx, factories.administrator(ctx), other).is_open


def test_the_units_own_weights(ctx: Context, login: Login) -> None:
    load_embedded(ctx)
    manager = factories.manager(ctx)
    client = login(manager)
    page = client.get("/unite/poids").text
    form = dict(re.findall(r'<input[^>]*name="((?:weight|cost)_[a-z_]+)"[^>]*value="([^"]*)"', page))
    form["revision"] = _hidden(page, "revision")
    assert "Les mots de l’offre, comparés à ceux des projets" in page
    assert client.post("/unite/poids", data=form | {"weight_pay": "7"}).status_code == 303
    with ctx.read() as session:
        assert weights_for(session, manager.unit_id)[Criterion.PAY] == (0.07, 0.0)
        assert weights_for(session, None)[Criterion.PAY] == (0.01, 0.0)
    assert "choisi par l’unité" in client.get("/unite/poids").text
    assert client.post("/unite/poids/defaut").status_code == 303
    assert "choisi par l’unité" not in client.get("/unite/poids").text
