"""The certificate of performance: its figures, its number, its PDF and its workbook."""

from __future__ import annotations

import importlib
import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import python_calamine
from sqlalchemy import select

from matching.clauses.ledger import reversal_of
from matching.clauses.terms import DeclarationState, EventKind, Route, TerminationRule
from matching.exchange import pdf
from matching.services.clauses import documents
from matching.services.clauses.coded import average_tenths
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.ledger import LedgerEntry, LedgerHead
from matching.store.tables.trail import AuditEvent
from tests.support import clauses as make
from tests.support import factories
from tests.support.pdf import title_bytes, unfolded

SEPTEMBER = date(2026, 9, 1)


def reverse(ctx: Context, entry_id: int) -> None:
    with ctx.write(None) as work:
        row = work.session.get_one(LedgerEntry, entry_id)
        ledger.append(work, [reversal_of(entry_id, ledger.as_entry(row), "other")])


def events(ctx: Context) -> list[dict[str, Any]]:
    with ctx.read() as session:
        found = session.execute(select(AuditEvent).where(AuditEvent.action == documents.ISSUED).order_by(AuditEvent.id))
        return [json.loads(row.details) | {"subject": row.subject_id} for row in found.scalars()]


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def minutes(value: Any) -> int:
    """What Excel shows of a duration, in minutes; a day is 24 h whichever way the reader gives it."""
    if isinstance(value, timedelta):
        return round(value.total_seconds() / 60)
    return round(float(value) * 1440)


def test_what_a_certificate_says(any_ctx: Context) -> None:
    ctx = any_ctx
    officer, company = make.officer(ctx, "Fatou Clause"), make.company(ctx)
    holder = make.organisation_of(ctx, company)
    commitment = make.commitment(
        ctx, lot="9", minutes=100 * 60, holder_id=holder, facilitator_id=officer.user_id, label="Lot 9 Peinture"
    )
    make.event(ctx, commitment, EventKind.AMENDMENT, minutes=20 * 60, effective_on=date(2026, 6, 1))
    make.event(ctx, commitment, EventKind.AMENDMENT, minutes=50 * 60, effective_on=date(2026, 12, 15))  # to come
    one = make.participation(ctx, commitment, organisation_id=holder)
    other = make.participation(ctx, commitment, organisation_id=holder)
    gone = make.participation(ctx, commitment, organisation_id=holder)
    make.validated(ctx, commitment, one, 60 * 60, SEPTEMBER)
    make.validated(ctx, commitment, one, 30 * 60)
    make.validated(ctx, commitment, other, 21 * 60)
    reverse(ctx, make.validated(ctx, commitment, gone, 40 * 60))
    made = documents.preview_certificate(ctx, officer, commitment)
    assert (made.progress.due, made.progress.validated) == (120 * 60, 111 * 60)
    assert (made.progress.written_rate, made.progress.missing) == ("92,5\u00a0%", 9 * 60)
    assert [line.after for line in made.due_lines] == [100 * 60, 120 * 60]
    assert made.months == ((SEPTEMBER, 60 * 60), (make.OCTOBER, 51 * 60))
    assert made.people.count == 2, "hours wholly reversed name nobody"
    assert [one.minutes for one in made.people.codes] == [90 * 60, 21 * 60]
    assert made.people.average_tenths == 555
    assert made.people.withheld
    assert (made.signed_by, made.contract.lot, made.number) == ("Fatou Clause", "9", "")
    assert made.why_provisional == "L’engagement court jusqu’au 31\u00a0décembre\u00a02026."
    with ctx.read() as session:
        head = session.get_one(LedgerHead, 1)
        assert (made.entry_number, made.entry_hash) == (head.entry_id, head.hash)


@pytest.mark.parametrize(
    ("minutes", "people", "expected"),
    [(0, 0, None), (60, 1, 10), (100, 3, 6), (63, 1, 11), (62, 1, 10), (57, 1, 10), (1607 * 60 + 30, 2, 8038)],
)
def test_average_is_to_a_tenth_half_up(minutes: int, people: int, expected: int | None) -> None:
    assert average_tenths(minutes, people) == expected


@pytest.mark.parametrize(
    ("due", "validated", "expected"),
    [(0, 60, "sans objet"), (600, 600, "100\u00a0%"), (60_000, 59_999, "99,9\u00a0%"), (600, 720, "120\u00a0%")],
)
def test_rate_never_says_more_than_what_is_done(due: int, validated: int, expected: str) -> None:
    assert documents.Progress(due, validated, 0).written_rate == expected


@pytest.mark.parametrize(
    ("end", "state", "expected"),
    [
        (date(2026, 11, 22), DeclarationState.DRAFT, ""),
        (date(2026, 11, 23), DeclarationState.DRAFT, "court jusqu’au"),
        (date(2026, 11, 22), DeclarationState.SUBMITTED, "attend encore une décision"),
        (date(2026, 11, 22), DeclarationState.RETURNED, "attend encore une décision"),
        (None, DeclarationState.DRAFT, "n’est pas connue"),
    ],
)
def test_final_once_ended_and_all_decided(
    ctx: Context, end: date | None, state: DeclarationState, expected: str
) -> None:
    contract = make.contract(ctx, end_on=end)
    commitment = make.commitment(ctx, contract, window_to=end)
    make.declaration(ctx, commitment, factories.organisation(ctx), state=state)
    made = documents.preview_certificate(ctx, make.officer(ctx), commitment)
    assert made.final == (expected == "")
    assert expected in made.why_provisional


def test_final_once_terminated(ctx: Context) -> None:
    key = make.commitment(ctx)
    rule: dict[str, Any] = {"termination_rule": TerminationRule.NONE, "effective_on": date(2026, 10, 31)}
    assert not documents.preview_certificate(ctx, make.officer(ctx), key).final
    make.event(ctx, key, EventKind.TERMINATION, **rule)
    assert documents.preview_certificate(ctx, make.officer(ctx), key).final


def test_each_issue_is_recorded_and_a_number_is_one_content(any_ctx: Context) -> None:
    ctx, officer = any_ctx, make.officer(any_ctx)
    commitment, elsewhere = make.commitment(ctx), make.commitment(ctx)
    person = make.participation(ctx, commitment)
    numbers = [documents.issue_certificate(ctx, officer, commitment, kind).number for kind in ("pdf", "xlsx")]
    make.validated(ctx, commitment, person, 600)
    numbers.append(documents.issue_certificate(ctx, officer, commitment, "pdf").number)
    numbers.append(documents.issue_certificate(ctx, officer, elsewhere, "pdf").number)
    assert numbers == [f"{commitment}-1", f"{commitment}-1", f"{commitment}-2", f"{elsewhere}-1"]
    assert [(one["subject"], one["number"], one["kind"]) for one in events(ctx)] == [
        (commitment, 1, "pdf"),
        (commitment, 1, "xlsx"),
        (commitment, 2, "pdf"),
        (elsewhere, 1, "pdf"),
    ]
    assert events(ctx)[2]["minutes_validated"] == 600
    with ctx.read() as session:
        assert documents.last_issued_on(session, [commitment, elsewhere, 99]) == {
            commitment: date(2026, 11, 23),
            elsewhere: date(2026, 11, 23),
        }
        assert documents.last_issued_on(session, [commitment], final=True) == {}


def test_workbook_says_what_the_page_says(ctx: Context) -> None:
    commitment = make.commitment(ctx, minutes=4000 * 60)
    for number in range(24):
        route = Route.ETTI if number % 2 else Route.DIRECT_HIRE
        person = make.participation(ctx, commitment, route=route)
        make.validated(ctx, commitment, person, 100 * 60 + number, SEPTEMBER)
    made = documents.issue_certificate(ctx, make.officer(ctx), commitment, "xlsx")
    book = sheets(documents.certificate_workbook(made))
    summary = {row[0]: row[1] for row in book["Attestation"]}
    assert minutes(summary["Heures dues"]) == made.progress.due
    assert minutes(summary["Heures validées"]) == made.progress.validated == 2400 * 60 + 276
    assert (summary["Personnes"], summary["Numéro"]) == (24, made.number)
    assert summary["Empreinte de cette écriture"] == made.entry_hash
    assert book["Heures dues"][1][2].startswith("Plus\u00a04")
    assert [(row[0], minutes(row[1])) for row in book["Personnes"][1:]] == [
        (one.code, one.minutes) for one in made.people.codes
    ]
    routes = next(one for one in made.people.breakdowns if one.key == "route")
    shown = [(row[1], row[2], minutes(row[3])) for row in book["Groupes"][1:] if row[0] == routes.title]
    assert shown == [(line.label, line.people, line.minutes) for line in (*routes.lines, routes.total)]
    assert len(shown) == 3


# --- PDF -----------------------------------------------------------------------------------------------------------

PAGE = (
    '<!doctype html><html lang="fr"><head><title>Attestation d’essai</title></head><body><h1>Attestation</h1>'
    '<img alt="Ailleurs" src="http://localhost:9/x.png"><img alt="Disque" src="file:///etc/hostname">'
    '<table><tr><th scope="col">Mois</th></tr><tr><td>mai</td></tr></table></body></html>'
)


@pytest.mark.usefixtures("pdf_library")
def test_pdf_is_tagged_in_french_with_its_title() -> None:
    content = unfolded(pdf.write_pdf(PAGE))
    assert b"/Marked true" in content
    assert b"/StructTreeRoot" in content
    assert b"pdfuaid" in content
    assert re.search(rb"/Lang ?\(fr\)", content)
    assert title_bytes("Attestation d’essai") in content
    assert b"/TH" in content


@pytest.mark.usefixtures("pdf_library")
def test_pdf_reads_neither_network_nor_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    library = importlib.import_module("weasyprint")
    fetch = library.urls.URLFetcher.fetch

    def watch(self: Any, url: str, headers: Any = None) -> Any:
        try:
            return fetch(self, url, headers)
        except ValueError:
            asked.append(url)
            raise

    monkeypatch.setattr(library.urls.URLFetcher, "fetch", watch)
    pdf.write_pdf(PAGE)
    assert asked == ["http://localhost:9/x.png", "file:///etc/hostname"]


def test_without_the_system_libraries_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return known(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(pdf.PdfUnavailable, match="apt-get install -y libpango") as raised:
        pdf.write_pdf(PAGE)
    assert "XLSX" in raised.value.message
