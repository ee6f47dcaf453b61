"""The first screen, opened by each role: its links lead to pages that open."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.services.context import Context
from matching.store.tables.people import Person
from matching.terms import OfferState
from matching.terms import ProposalState as S
from tests.proposals.office import build_office
from tests.support import clauses
from tests.support import factories as make
from tests.support.pages import client_of


def _actors(ctx: Context) -> dict[str, Actor]:
    """Everybody, with something to do."""
    here = build_office(ctx)
    make.candidate(ctx, here.unit_id, here.adviser.user_id)
    make.proposal(ctx, here.offer_id, here.candidate_id, here.adviser.user_id, S.AGREED)
    make.offer(ctx, state=OfferState.TO_CHECK)
    employer = make.employer(ctx)
    make.offer(ctx, employer.establishment_id)
    manager = make.manager(ctx, here.unit_id)
    make.unit(ctx, "Unité sans responsable")
    return {"adviser": here.adviser, "manager": manager, "employer": employer, "admin": make.administrator(ctx)}


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("adviser", "Transmettre à l’employeur"),
        ("manager", "À vérifier avant d’être publiée"),
        ("employer", "Vos offres"),
        ("admin", "Unité sans responsable"),
    ],
)
def test_each_role_and_where_its_links_lead(ctx: Context, app: Flask, who: str, told: str) -> None:
    client = client_of(app, _actors(ctx)[who])
    page = unescape(client.get("/aujourdhui").get_data(as_text=True))
    assert told in page
    main = page[page.index("<main") : page.index("</main>")]
    links = set(re.findall(r'href="(/[^"]*)"', main))
    assert links
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_pilot_reads_that_no_file_is_opened(ctx: Context, app: Flask) -> None:
    client = client_of(app, make.pilot(ctx))
    page = unescape(client.get("/aujourdhui").get_data(as_text=True))
    assert "jamais un dossier individuel" in page
    refused = client.get("/personnes")
    assert (refused.status_code, "jamais un dossier." in unescape(refused.get_data(as_text=True))) == (403, True)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("officer", "1 déclaration à valider, 1 engagement en retard."),
        ("company", "Heures d’insertion à déclarer"),
        ("buyer", "1 engagement en retard."),
    ],
)
def test_the_first_screens_of_clauses_and_where_their_links_lead(ctx: Context, app: Flask, who: str, told: str) -> None:
    actors = _around_a_clause(ctx)
    client = client_of(app, actors[who])
    page = unescape(client.get("/aujourdhui").get_data(as_text=True)).replace("\u00a0", " ")
    assert told in page
    main = page[page.index("<main") : page.index("</main>")]
    links = set(re.findall(r'href="(/[^"]*)"', main))
    assert links
    for link in links:
        assert client.get(link, follow_redirects=True).status_code == 200, link
    if who != "company":
        assert 'aria-label="0 h validées sur 1 000 h"' in main
    names = {given for given, _ in _names(ctx)} | {family for _, family in _names(ctx)}
    assert not [name for name in names if name in main]  # codes only: a first screen is seen over the shoulder


def _around_a_clause(ctx: Context) -> dict[str, Actor]:
    """A late commitment with a declaration sent, a month to declare, and an eligibility that ends."""
    holder, buyer_id = make.organisation(ctx, "Vasseur Peinture"), clauses.buyer_organisation(ctx)
    key = clauses.commitment(ctx, clauses.contract(ctx, buyer_id), holder_id=holder)
    dates: dict[str, Any] = {"started_on": date(2026, 9, 1), "eligible_until": date(2026, 12, 1)}
    worker = clauses.participation(ctx, key, organisation_id=holder, **dates)
    clauses.declaration(ctx, key, holder, {worker: 60})
    officer, company = clauses.officer(ctx, "Julien Maurel"), clauses.company(ctx, holder, "Aïcha Vasseur")
    return {"officer": officer, "company": company, "buyer": clauses.buyer(ctx, buyer_id, "Zoé Acheteuse")}


def _names(ctx: Context) -> list[tuple[str, str]]:
    with ctx.read() as session:
        return [(row.given_name, row.family_name) for row in session.execute(select(Person)).scalars()]


def test_nothing_to_do_is_said(ctx: Context, app: Flask) -> None:
    page = unescape(client_of(app, make.adviser(ctx)).get("/aujourdhui").get_data(as_text=True))
    assert page.count("Rien n’attend ici") == 3
    assert "Aucune action à regarder" in page


def test_the_root_leads_there(ctx: Context, app: Flask) -> None:
    answer = client_of(app, make.adviser(ctx)).get("/")
    assert (answer.status_code, answer.location) == (302, "/aujourdhui")


def test_a_visitor_logs_in_and_comes_back(ctx: Context, app: Flask) -> None:
    actor = make.adviser(ctx)
    client = client_of(app)
    answer = client.get("/propositions?qui=unite")
    assert answer.status_code == 302
    where = urlsplit(answer.location)
    assert parse_qs(where.query)["next"] == ["/propositions?qui=unite"]
    hidden = re.search(r'name="next"[^>]*value="([^"]*)"', client.get(answer.location).get_data(as_text=True))
    assert hidden is not None
    form = {"email": make.email_of(actor), "password": make.PASSWORD, "next": unescape(hidden[1])}
    done = client.post("/connexion", data=form)
    assert (done.status_code, done.location) == (303, "/propositions?qui=unite")


def test_a_manager_goes_on_to_the_whole_units_list(ctx: Context, app: Flask) -> None:
    here = build_office(ctx)
    for _ in range(9):
        make.proposal(ctx, here.offer_id, make.candidate(ctx, here.unit_id, commune=None), here.adviser.user_id)
    page = client_of(app, make.manager(ctx, here.unit_id)).get("/aujourdhui").get_data(as_text=True)
    assert 'href="/propositions?qui=unite"' in page
    page = client_of(app, here.adviser).get("/aujourdhui").get_data(as_text=True)
    assert 'href="/propositions"' in page
