"""Pages of the years: bars and figures, freezing, comparing, opening a figure, files that hide small cells."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
import python_calamine
from flask import Flask
from flask.testing import FlaskClient

from matching.clauses.ledger import reversal_of
from matching.clauses.terms import EligiblePublic, LineState, Route
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.trail import AuditEvent
from tests.support import clauses as make
from tests.support.pages import client_of
from tests.support.pdf import title_bytes, unfolded

NBSP = "\u00a0"
JANUARY = date(2026, 1, 1)


def text_of(body: str) -> str:
    """The words of a page, without marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace(NBSP, " ").split())


@pytest.fixture
def client(app: Flask, ctx: Context) -> FlaskClient:
    """An officer's, in a year of sixteen people of whom four by ETTI: those twelve and four are hidden outside."""
    commitment = make.commitment(ctx, sector="Bâtiment")
    for place in range(16):
        agency = place % 4 == 3
        route = Route.ETTI if agency else Route.DIRECT_HIRE
        public = EligiblePublic.ETTI if agency else EligiblePublic.RSA
        one = make.participation(ctx, commitment, route=route, public=public)
        make.validated(ctx, commitment, one, 60 * (place + 1), month=JANUARY)
    return client_of(app, make.officer(ctx))


def reverse(ctx: Context, number: int) -> None:
    with ctx.write(None) as work:
        row = work.session.get_one(LedgerEntry, number)
        ledger.append(work, [reversal_of(number, ledger.as_entry(row), "already_declared")])
        work.session.get_one(DeclarationLine, row.line_id).state = LineState.REVERSED


def freeze(client: FlaskClient) -> None:
    assert client.post("/bilans-annuels/2026/figer", data={"note": "Bilan voté", "confirm": "1"}).status_code == 303


def issued(ctx: Context, action: str) -> int:
    with ctx.read() as session:
        return session.query(AuditEvent).filter_by(action=action).count()


def test_the_list_leads_to_years_and_frozen_readings(client: FlaskClient) -> None:
    assert "136 h" in text_of(client.get("/bilans-annuels").text)
    freeze(client)
    body = client.get("/bilans-annuels").text
    assert 'href="/bilans-annuels/figes/1"' in body
    assert "Bilan voté" in body
    assert 'href="/bilans-annuels"' in client.get("/bilans").text


def test_the_officer_reads_exact_figures_with_the_mark_of_what_is_hidden_outside(client: FlaskClient) -> None:
    body = client.get("/bilans-annuels/2026").text
    words = text_of(body)
    assert "Embauche directe masqué dehors 96 h" in words
    assert "Mise à disposition, ETTI masqué dehors 40 h" in words
    assert "Bâtiment 136 h" in words
    assert 'rect width="41.7"' in body


def test_freezing_then_correcting_shows_the_difference(client: FlaskClient, ctx: Context) -> None:
    freeze(client)
    reverse(ctx, 16)
    assert "136 h" in text_of(client.get("/bilans-annuels/figes/1").text)
    words = text_of(client.get("/bilans-annuels/figes/1/comparaison").text)
    assert "Ensemble 136 h 120 h −16 h 16 → 15 (−1)" in words
    assert "Annulation de l’écriture n° 16" in words
    freeze(client)
    assert "−16 h" in text_of(client.get("/bilans-annuels/figes/1/comparaison?avec=2").text)
    assert "+16 h" in text_of(client.get("/bilans-annuels/figes/2/comparaison?avec=1").text)
    assert "Aucun chiffre n’a bougé" in client.get("/bilans-annuels/figes/2/comparaison").text


def test_a_figure_opens_on_codes_then_on_entries_with_both_dates(client: FlaskClient, ctx: Context) -> None:
    freeze(client)
    for reading in ("bilan=1", "annee=2026"):
        body = client.get(f"/bilans-annuels/chiffre?{reading}&par=route&cle=etti").text
        assert re.findall(r"H-\d{4}(?=</a>)", body) == ["H-0004", "H-0008", "H-0012", "H-0016"]
        words = text_of(client.get(f"/bilans-annuels/ecritures?{reading}&par=route&cle=etti").text)
        assert "n° 16 Heures validées H-0016" in words
        assert "du 01/01/2026 au 31/01/2026 16 h 23 novembre 2026" in words
    alone = client.get("/bilans-annuels/ecritures?bilan=1&par=route&cle=etti&engagement=1&participation=8").text
    assert re.findall(r"H-\d{4}(?=</a>)", alone) == ["H-0008"]
    assert client.get("/bilans-annuels/chiffre?annee=2026&par=route&cle=ai").status_code == 404
    assert client.get("/bilans-annuels/chiffre?annee=2026&par=nom").status_code == 404


def test_entries_go_out_in_a_workbook_with_both_dates(client: FlaskClient, ctx: Context) -> None:
    content = client.get("/bilans-annuels/ecritures.xlsx?annee=2026&par=route&cle=etti").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Écritures").to_python()
    assert rows[0][6:11] == ["Mois travaillé", "Travaillé du", "Travaillé au", "Minutes", "Enregistrée le"]
    assert rows[4][5:11] == ["H-0016", JANUARY, JANUARY, date(2026, 1, 31), 960, date(2026, 11, 23)]
    assert issued(ctx, "year.entries_exported") == 1
    assert client.get("/bilans-annuels/ecritures.csv?annee=2026").text.count("H-00") == 16


@pytest.mark.usefixtures("pdf_library")
def test_the_pdf_is_tagged_and_recorded(client: FlaskClient, ctx: Context) -> None:
    freeze(client)
    answer = client.get("/bilans-annuels/figes/1/bilan.pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    content = unfolded(answer.data)
    for mark in (b"/Marked true", b"/StructTreeRoot", b"/Lang (fr)", b"/TH", b"/H1", b"pdfuaid"):
        assert mark in content, mark
    assert title_bytes("Bilan 2026 des heures d’insertion") in content
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bilan-2026-fige-1.pdf"'
    assert issued(ctx, "year.issued") == 1
    assert client.get("/bilans-annuels/2026/bilan.pdf").data.startswith(b"%PDF-1.7")


@pytest.mark.parametrize("reading", ["2026", "figes/1"])
def test_files_hide_small_cells_with_their_complements(client: FlaskClient, reading: str) -> None:
    freeze(client)
    lines = client.get(f"/bilans-annuels/{reading}/bilan.csv").text.splitlines()
    assert lines[1].split(";")[2:] == ["ensemble", "", "Ensemble", "16", "136,00", "8160", "non"]
    assert [line.split(";")[5:] for line in lines if ";route;" in line] == [["", "", "", "oui"]] * 2
    content = client.get(f"/bilans-annuels/{reading}/bilan.xlsx").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_name("Voie").to_python()
    assert [row[1] for row in rows[1:]] == ["masqué, petit nombre", "masqué, petit nombre", 16]
    assert book.get_sheet_by_name("Mois travaillé").to_python()[1][0] == JANUARY


def test_a_total_too_small_is_hidden_everywhere(app: Flask, ctx: Context) -> None:
    commitment = make.commitment(ctx)
    make.validated(ctx, commitment, make.participation(ctx, commitment), 3690, month=JANUARY)
    client = client_of(app, make.officer(ctx))
    body = client.get("/bilans-annuels/2026/bilan.csv").text
    assert "61,50" not in body
    assert "3690" not in body
    content = client.get("/bilans-annuels/2026/bilan.xlsx").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert "Mois travaillé" not in book.sheet_names


def test_what_cannot_be_done_says_why(client: FlaskClient) -> None:
    answer = client.post("/bilans-annuels/2024/figer", data={"note": "essai", "confirm": "1"})
    assert answer.status_code == 422
    assert "Aucune heure validée n’a été travaillée en 2024" in answer.text
    answer = client.post("/bilans-annuels/2026/figer", data={"note": "x" * 501, "confirm": "1"})
    assert "500 caractères au plus" in answer.text
    answer = client.post("/bilans-annuels/2026/figer", data={"note": "Gardez ceci"})
    assert "Cochez la case" in answer.text
    assert "Gardez ceci" in answer.text
    assert client.get("/bilans-annuels/2050").status_code == 422
    assert client.get("/bilans-annuels/figes/9").status_code == 404
    assert "Aucune heure travaillée en 2020" in client.get("/bilans-annuels/2020").text
