"""Pages of the registers: filters, completing a contract, the SPASER's denominators, open data; their files."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import jsonschema
import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient

from matching.clauses.terms import PurchaseNature, Support
from matching.reference.embedded import load_embedded
from matching.services.context import Context
from matching.store.tables.contracts import Contract
from matching.store.tables.reference import LegalParameter
from matching.store.tables.trail import AuditEvent
from tests.clauses_pages.test_years import text_of
from tests.support import clauses as make
from tests.support import factories
from tests.support.pages import client_of

BIG: dict[str, Any] = {
    "launched_on": date(2026, 9, 1), "nature": PurchaseNature.SERVICES, "estimate_cents": 30_000_000,
}  # fmt: skip
PUBLISHED: dict[str, Any] = {"source": "decp", "launched_on": None, "notified_on": date(2026, 10, 1)}
TYPED = {
    "version": "1",
    "launched_on": "01/09/2026",
    "estimate_cents": "300 000,00",
    "category": "local_authority",
    "nature": "services",
}


@pytest.fixture
def client(app: Flask, ctx: Context) -> FlaskClient:
    """An officer's: a contract with its condition, one with nothing, one published; another buyer's."""
    with ctx.write(None) as work:
        for row in load_embedded().legal_parameters:
            columns = {"code": row.code, "valid_from": row.valid_from, "unit": row.unit, "to_check": row.to_check}
            work.session.add(LegalParameter(**columns, amount=str(row.amount), source=row.source))
        work.record("test.law", "legal_parameter", 0)
    own, other = make.buyer_organisation(ctx), factories.organisation(ctx, "Ville Inventée")
    make.commitment(ctx, make.contract(ctx, own, number="AVEC-1", **BIG))
    make.contract(ctx, own, number="SANS-2", social="none", **BIG)
    make.contract(ctx, own, number="PUBLIE-3", **PUBLISHED)
    make.contract(ctx, other, number="AUTRE-4", **PUBLISHED)
    return client_of(app, make.officer(ctx))


def test_the_register_counts_and_filters(client: FlaskClient) -> None:
    body = client.get("/registres").text
    assert "Ni condition ni motif 1 : Ni condition ni motif À compléter 2" in text_of(body)
    order = [body.index(number) for number in ("SANS-2", "PUBLIE-3", "AVEC-1")]
    assert order == sorted(order)
    missing = client.get("/registres?etat=missing").text
    assert "SANS-2" in missing
    assert "PUBLIE-3" not in missing
    assert "AUTRE-4" not in client.get("/registres?acheteur=1").text
    assert "Aucun contrat avec ces filtres" in client.get("/registres?etat=with_ground").text
    assert "Publié (DECP)" in text_of(body)


def test_completing_says_where_the_contract_stands_then(client: FlaskClient, ctx: Context) -> None:
    assert 'value="300000,00"' in client.get("/registres/contrats/2").text
    answer = client.post("/registres/contrats/3", data=TYPED)
    assert answer.status_code == 303
    assert "Indiquez si le contrat porte une condition sociale" in client.get("/registres").text
    answer = client.post("/registres/contrats/3", data=TYPED | {"version": "2", "condition": "no", "ground": "no_link"})
    assert "Sans condition, motif indiqué" in text_of(client.get(answer.headers["Location"]).text)
    with ctx.read() as session:
        row = session.get_one(Contract, 3)
    assert (row.social, row.estimate_cents, row.launched_on) == ("none", 30_000_000, date(2026, 9, 1))
    client.post("/registres/contrats/3", data=TYPED | {"version": "3", "condition": "yes"})
    with ctx.read() as session:
        assert session.get_one(Contract, 3).social == "clause"


@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"launched_on": "32/13/2026"}, 422, "Ce jour n’existe pas"),
        ({"estimate_cents": "beaucoup"}, 422, "Écrivez un montant en euros"),
        ({"launched_on": "01/01/2031"}, 422, "paraît fausse"),
        ({"version": "7"}, 409, "autre"),
    ],
)
def test_what_cannot_be_written_is_shown_again_as_typed(
    client: FlaskClient, ctx: Context, typed: dict[str, str], status: int, told: str
) -> None:
    answer = client.post("/registres/contrats/3", data=TYPED | {"note": "Gardez ceci"} | typed)
    assert answer.status_code == status
    assert told in answer.text
    assert "Gardez ceci" in answer.text
    assert f'value="{typed.get("estimate_cents", "300 000,00")}"' in answer.text
    with ctx.read() as session:
        assert session.get_one(Contract, 3).launched_on is None


def test_files_hold_the_register(client: FlaskClient, ctx: Context) -> None:
    content = client.get("/registres/marches.xlsx?acheteur=1").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Registre L2112-2-1").to_python()
    found = {row[1]: row for row in rows[1:]}
    assert set(found) == {"SANS-2", "PUBLIE-3", "AVEC-1"}
    assert found["SANS-2"][8:11] == [300_000, 1_000_000, 216_000]
    assert found["PUBLIE-3"][11] == "non renseigné"
    lines = client.get("/registres/marches.csv?etat=missing").text.splitlines()
    assert len(lines) == 2
    assert ";300000,00;" in lines[1]
    with ctx.read() as session:
        assert session.query(AuditEvent).filter_by(action="register.issued").count() == 2


def test_spaser_shows_its_denominators(client: FlaskClient, ctx: Context) -> None:
    words = text_of(client.get("/registres/spaser?acheteur=1&annee=2026").text)
    assert "Contrats avec une considération sociale 0 sur 1 0 % " in words
    assert "Référence du PNAD 30 %" in words
    words = text_of(client.get("/registres/spaser?acheteur=1&annee=2025").text)
    assert "Contrats avec une considération sociale 1 sur 2 50 % 1 000 000,00 € 50 % 0" in words.replace("\u202f", " ")
    assert "ne dit pas que l’acheteur est en dessous" in words
    assert "Aucun contrat de cet acheteur n’a été notifié en 2020" in client.get("/registres/spaser?annee=2020").text
    assert "Écrivez une année" in client.get("/registres/spaser?annee=2050").text
    make.contract(ctx, 1, notified_on=date(2026, 3, 1), amount_cents=6_000_000_000)
    assert "le SPASER est obligatoire" in client.get("/registres/spaser?acheteur=1&annee=2026").text
    content = client.get("/registres/spaser.xlsx?acheteur=1&annee=2025").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_name("SPASER 2025").to_python()[1][1:6] == [1, 2, "50\u00a0%", 1_000_000, 2_000_000]
    assert client.get("/registres/spaser.csv").text.startswith("\ufeffIndicateur;")


def test_open_data_and_its_schema_are_downloaded(client: FlaskClient, ctx: Context) -> None:
    body = client.get("/registres/donnees-ouvertes").text
    for link in ("donnees-ouvertes.json", "donnees-ouvertes.csv", "donnees-ouvertes.schema.json"):
        assert link in body
    schema = json.loads(client.get("/registres/donnees-ouvertes.schema.json").data)
    found = json.loads(client.get("/registres/donnees-ouvertes.json").data)
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    assert [one["marche"] for one in found["engagements"]] == ["AVEC-1"]
    assert "AVEC-1" in client.get("/registres/donnees-ouvertes.csv").text
    assert client.get("/registres/donnees-ouvertes.xml").status_code == 404
    subsidy = make.contract(ctx, 2, number="SUB-9", support=Support.SUBSIDY)
    make.commitment(ctx, subsidy)
    assert "Ville Inventée" in client.get("/registres/donnees-ouvertes").text
    assert "SUB-9" in client.get("/registres/donnees-ouvertes.csv?acheteur=2").text


def test_without_anything_each_page_says_what_comes(app: Flask, ctx: Context) -> None:
    client = client_of(app, make.officer(ctx))
    for path, words in (
        ("/registres", "Aucun contrat concerné"),
        ("/registres/spaser", "Aucun contrat pour l’instant"),
        ("/registres/donnees-ouvertes", "Rien à publier pour l’instant"),
        ("/bilans-annuels", "Aucune heure validée pour l’instant"),
    ):
        assert words in client.get(path).text
    assert client.get("/registres/spaser.xlsx").status_code == 404
