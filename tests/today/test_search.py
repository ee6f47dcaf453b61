"""One box for people, offers and employers: within reach, and never a name in an address."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask

from matching.errors import Forbidden
from matching.services.context import Context
from matching.services.search import search_all
from matching.terms import CandidateState, OfferState
from tests.support import factories as make
from tests.support.pages import client_of


def test_all_words_within_reach(any_ctx: Context) -> None:
    unit = make.unit(any_ctx)
    actor = make.adviser(any_ctx, unit)
    mine = make.candidate(any_ctx, unit, given_name="Élise", family_name="Modèle")
    make.candidate(any_ctx, unit, given_name="Élise", family_name="Modèle", state=CandidateState.ARCHIVED)
    make.candidate(any_ctx, given_name="Élise", family_name="Modèle")
    house = make.organisation(any_ctx, "Modèle Services")
    place = make.establishment(any_ctx, house)
    offer = make.offer(any_ctx, place, title="Plongeur")
    make.offer(any_ctx, place, title="Plongeur", state=OfferState.DRAFT)
    make.offer(any_ctx, place, title="Plongeur", state=OfferState.CLOSED)
    found = search_all(any_ctx, actor, "modele")
    assert [hit.key for hit in found.people] == [mine]
    assert [hit.key for hit in found.offers] == [offer]
    assert [hit.key for hit in found.employers] == [house]
    assert [hit.key for hit in search_all(any_ctx, actor, " MODÈLE  elise ").people] == [mine]
    assert [hit.key for hit in search_all(any_ctx, actor, "c-00001").people] == [mine]
    assert [hit.key for hit in search_all(any_ctx, actor, "plongeur services").offers] == [offer]


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "%", "_", "zzz", "a" * 5000, "' OR 1=1 --"])
def test_nothing_found(any_ctx: Context, typed: str) -> None:
    unit = make.unit(any_ctx)
    make.candidate(any_ctx, unit)
    assert not search_all(any_ctx, make.adviser(any_ctx, unit), typed)


def test_the_box_and_its_results(ctx: Context, app: Flask) -> None:
    actor = make.adviser(ctx)
    person = make.candidate(ctx, actor.unit_id, given_name="Chloé", family_name="Fictif")
    client = client_of(app, actor)
    assert "Personne, offre ou employeur" in unescape(client.get("/aujourdhui").get_data(as_text=True))
    page = unescape(client.post("/recherche", data={"mots": "fictif"}).get_data(as_text=True))
    assert f'href="/personnes/{person}"' in page
    assert 'method="post"' in page
    assert "Rien ne correspond" in unescape(client.post("/recherche", data={"mots": "zzz"}).get_data(as_text=True))
    assert client.post("/recherche").status_code == 200
    assert client.get("/recherche").location == "/aujourdhui"


def test_not_for_employers(ctx: Context, app: Flask) -> None:
    for actor in (make.employer(ctx), make.administrator(ctx)):
        with pytest.raises(Forbidden):
            search_all(ctx, actor, "essai")
        client = client_of(app, actor)
        assert client.post("/recherche", data={"mots": "essai"}).status_code == 403
        assert "Personne, offre ou employeur" not in unescape(client.get("/aujourdhui").get_data(as_text=True))
