"""Pages of certificates and statements: figures, files, addresses, what happens without the PDF library."""

from __future__ import annotations

import importlib
import io
import re
from datetime import date
from typing import Any

import pytest
import python_calamine
from flask import Flask

from matching.clauses.terms import EligiblePublic
from matching.services.context import Context
from matching.store.tables.trail import AuditEvent
from tests.support import clauses as make
from tests.support import factories
from tests.support.pages import client_of
from tests.support.pdf import title_bytes, unfolded

NBSP = "\u00a0"


def issued(ctx: Context, action: str) -> int:
    with ctx.read() as session:
        return session.query(AuditEvent).filter_by(action=action).count()


def text_of(body: str) -> str:
    """The words of a page, without marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", body).split(" ")).replace("\n", " ")


@pytest.fixture
def held(ctx: Context) -> tuple[int, int]:
    """A commitment of 100 h with 61 h 30 validated by one person, and its holder."""
    holder = factories.organisation(ctx, "Bati Essai")
    commitment = make.commitment(ctx, minutes=6000, holder_id=holder, label="Lot 4 Essai")
    person = make.participation(ctx, commitment, organisation_id=holder, public=EligiblePublic.JUSTICE)
    make.validated(ctx, commitment, person, 3690)
    return commitment, holder


def test_preview_says_and_records_nothing(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    client = client_of(app, make.officer(ctx))
    answer = client.get(f"/engagements/{held[0]}/attestation")
    body = text_of(answer.text)
    for words in ("Attestation provisoire", f"61{NBSP}h{NBSP}30", "61,5", "Lot 4 Essai", "H-0001", "Bati Essai"):
        assert words in body, words
    assert "justice" not in body
    assert issued(ctx, "certificate.issued") == 0
    assert client.get("/engagements/987/attestation").status_code == 404


@pytest.mark.usefixtures("pdf_library")
def test_pdf_is_handed_over_and_recorded(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    client = client_of(app, make.officer(ctx))
    answer = client.get(f"/engagements/{held[0]}/attestation.pdf")
    assert answer.data.startswith(b"%PDF-1.7")
    content = unfolded(answer.data)
    for mark in (b"/Marked true", b"/StructTreeRoot", b"/Lang (fr)", b"/TH", b"/H1", b"pdfuaid"):
        assert mark in content, mark
    assert title_bytes("Attestation provisoire d’exécution de la clause d’insertion") in content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="attestation-{held[0]}.pdf"'
    assert issued(ctx, "certificate.issued") == 1
    answer = client.get(f"/bilans/{held[1]}/bilan.pdf?cote=titulaire&version=a-remettre")
    assert answer.data.startswith(b"%PDF-1.7")
    assert issued(ctx, "statement.issued") == 1


@pytest.mark.parametrize("path", ["/engagements/{0}/attestation", "/bilans/{1}"])
def test_without_the_library_the_page_says_how_to_install_it(
    app: Flask, ctx: Context, held: tuple[int, int], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return known(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    client = client_of(app, make.officer(ctx))
    page = path.format(*held)
    answer = client.get(page + (".pdf" if "attestation" in page else "/bilan.pdf"))
    assert answer.status_code == 303
    body = client.get(answer.headers["Location"]).text
    assert "apt-get install -y libpango-1.0-0" in body
    assert "Tableau (XLSX)" in body
    assert issued(ctx, "certificate.issued") + issued(ctx, "statement.issued") == 0
    assert client.get(page + (".xlsx" if "attestation" in page else "/bilan.xlsx")).data.startswith(b"PK")


def test_statement_page_and_workbook_say_the_same(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    client = client_of(app, make.officer(ctx))
    page = client.get(f"/bilans/{held[1]}").text
    assert '<a href="/participants/1">H-0001</a>' in page
    assert "/participants/" not in client.get(f"/bilans/{held[1]}?version=a-remettre").text.partition("<main")[2]
    body = text_of(page)
    for words in (f"61{NBSP}h{NBSP}30", f"100{NBSP}h", f"61,5{NBSP}%", "Version interne", "Suivi·e par la justice"):
        assert words in body, words
    content = client.get(f"/bilans/{held[1]}/bilan.xlsx").data
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    row = book.get_sheet_by_name("Engagements").to_python()[1]
    assert [round(value.total_seconds() / 60) for value in row[3:6]] == [6000, 3690, 3690]
    assert row[6] == f"61,5{NBSP}%"


def test_version_to_hand_over_hides_small_groups_and_secrets(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    body = client_of(app, make.officer(ctx)).get(f"/bilans/{held[1]}?version=a-remettre").text
    assert "justice" not in text_of(body)
    assert f"Détail non montré{NBSP}: un groupe de moins de 11 personnes" in body


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("du=2026-10&au=2026-10", f"octobre{NBSP}2026"),
        ("du=2026-11&au=2026-12", "Aucune personne n’a d’heures validées sur la période"),
        ("du=", "depuis le début"),
        ("du=2026-05&au=2026-04", "Le dernier mois vient avant le premier"),
        ("du=mai", "Écrivez les mois comme 2026-10"),
        ("du=2026-13", "Écrivez les mois comme 2026-10"),
        ("du=2026-1٣", "Écrivez les mois comme 2026-10"),
        ("cote=acheteur", "Aucun engagement de ce côté"),
        ("cote=rien", "Titulaire"),
        ("", f"janvier{NBSP}2026 à décembre{NBSP}2026"),
    ],
)
def test_periods_and_sides(app: Flask, ctx: Context, held: tuple[int, int], query: str, words: str) -> None:
    answer = client_of(app, make.officer(ctx)).get(f"/bilans/{held[1]}?{query}")
    assert answer.status_code == 200
    assert words in text_of(answer.text)


def test_a_wrong_period_writes_no_file(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    client = client_of(app, make.officer(ctx))
    assert client.get(f"/bilans/{held[1]}/bilan.xlsx?du=2026-05&au=2026-04").status_code == 422
    assert issued(ctx, "statement.issued") == 0


def test_list_of_organisations(app: Flask, ctx: Context, held: tuple[int, int]) -> None:
    client = client_of(app, make.officer(ctx))
    assert "Bati Essai" in client.get("/bilans?q=bati&cote=titulaire").text
    assert "Aucune organisation avec ces filtres" in client.get("/bilans?q=personne").text
    assert client.get("/bilans/987").status_code == 404
    assert client.get("/bilans?page=12").status_code == 200


def test_final_certificate_has_no_provisional_word(app: Flask, ctx: Context) -> None:
    ended = make.commitment(ctx, make.contract(ctx, end_on=date(2026, 6, 30)), window_to=date(2026, 6, 30))
    body = client_of(app, make.officer(ctx)).get(f"/engagements/{ended}/attestation").text
    assert "Attestation définitive" in body
    assert "Provisoire" not in body
