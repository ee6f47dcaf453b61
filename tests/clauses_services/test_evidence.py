"""Documents: what is taken, what is refused and in which words, where it lies, who opens it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.exchange.tables import write_xlsx
from matching.services.clauses import evidence
from matching.services.context import Context
from matching.store.tables.declarations import Evidence
from matching.store.tables.exposure import ReadLog
from tests.support import clauses
from tests.support import factories as make

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
XLSX = write_xlsx(["Code", "Heures"], [["H-0001", "7h30"]])


def zipped(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


ODS = zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet")


def store(ctx: Context, content: bytes, filename: str, **links: int) -> int:
    with ctx.write(None) as work:
        return evidence.store_evidence(ctx, work, content, filename, evidence.TIMESHEET, **links)


def files(ctx: Context) -> list[Path]:
    return [path for path in ctx.settings.evidence_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "filename", "kept"),
    [
        (PDF, "relevé mai.pdf", "relevé mai.pdf"),
        (PNG, "photo.PNG", "photo.png"),
        (JPEG, "IMG_2041.jpeg", "IMG_2041.jpeg"),
        (XLSX, "heures.xlsx", "heures.xlsx"),
        (ODS, "heures.ods", "heures.ods"),
        (JPEG, "image", "image.jpg"),
        (PDF, "", "justificatif.pdf"),
        (PDF, "../../etc/passwd.pdf", "passwd.pdf"),
        (PDF, "C:\\Users\\moi\\fiche.pdf", "fiche.pdf"),
        (PDF, "fiche\u202efdp.pdf", "fichefdp.pdf"),
        (PDF, 'a"b\r\nSet-Cookie:x.pdf', "a_bSet-Cookie_x.pdf"),
        (PDF, "e" * 300 + ".pdf", "e" * 156 + ".pdf"),
        (PDF, "..pdf", "pdf.pdf"),
    ],
)
def test_what_is_taken_and_under_which_name(ctx: Context, content: bytes, filename: str, kept: str) -> None:
    key = store(ctx, content, filename)
    opened = evidence.open_evidence(ctx, clauses.officer(ctx), key)
    assert (opened.filename, opened.content) == (kept, content)
    digest = hashlib.sha256(content).hexdigest()
    assert files(ctx) == [ctx.settings.evidence_dir / digest[:2] / digest]


@pytest.mark.parametrize(
    ("content", "filename", "words"),
    [
        (b"", "vide.pdf", "vide"),
        (PNG, "releve.pdf", "c’est une image PNG. Renommez-le en .png"),
        (PDF, "photo.jpg", "c’est un PDF. Renommez-le en .pdf"),
        (PDF, "contrat.docx", "c’est un PDF"),
        (b"<html><script>alert(1)</script></html>", "releve.pdf", "son contenu dit autre chose"),
        (b" %PDF-1.7", "releve.pdf", "ni un PDF"),
        (b"GIF89a", "photo.gif", "Envoyez un PDF, une photo"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(20), "IMG_1.HEIC", "capture d’écran"),
        (b"MZ\x90\x00", "programme.exe", "ni un PDF"),
        (zipped(**{"word__document.xml": b"<a/>"}), "releve.xlsx", "ni un PDF"),
        (b"PK\x03\x04broken", "releve.xlsx", "ni un PDF"),
        (zipped(**{"xl__workbook.xml": b"<a/>", "xl__vbaProject.bin": b"x"}), "releve.xlsx", "macros"),
        (PDF + b"0" * evidence.MAX_BYTES, "lourd.pdf", "dépasse 10\u00a0Mo"),
    ],
)
def test_what_is_refused_says_why_and_what_to_do(ctx: Context, content: bytes, filename: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        store(ctx, content, filename)
    assert [error.field for error in refused.value.errors] == ["file"]
    assert files(ctx) == []


def test_ten_megabytes_are_taken(ctx: Context) -> None:
    assert store(ctx, PDF.ljust(evidence.MAX_BYTES, b"0"), "lourd.pdf")


def test_a_workbook_that_unfolds_without_end_is_refused(ctx: Context) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    with pytest.raises(Invalid, match="volumineux"):
        store(ctx, out.getvalue(), "bombe.xlsx")


def test_the_row_says_what_it_belongs_to_and_the_same_content_is_one_file(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    first = store(any_ctx, PDF, "un.pdf", commitment_id=commitment)
    second = store(any_ctx, PDF, "deux.pdf", commitment_id=commitment)
    with any_ctx.read() as session:
        found = evidence.evidence_of(session, commitment_id=commitment)
        assert [(row.id, row.filename, row.size) for row in found] == [
            (first, "un.pdf", len(PDF)),
            (second, "deux.pdf", len(PDF)),
        ]
    assert len(files(any_ctx)) == 1


def test_a_transaction_that_fails_leaves_no_row(any_ctx: Context) -> None:
    with pytest.raises(Conflict):
        store(any_ctx, PDF, "un.pdf", commitment_id=987_654)  # of no commitment: the database refuses
    with any_ctx.read() as session:
        assert session.execute(select(Evidence.id)).all() == []


def test_each_opening_is_logged(ctx: Context) -> None:
    officer = clauses.officer(ctx)
    key = store(ctx, PDF, "un.pdf")
    evidence.open_evidence(ctx, officer, key)
    with ctx.read() as session:
        logged = session.execute(select(ReadLog)).scalars().one()
        assert (logged.actor_id, logged.subject_type, logged.subject_id) == (officer.user_id, "evidence", key)


def test_nobody_but_an_officer_opens_it(ctx: Context) -> None:
    key = store(ctx, PDF, "un.pdf")
    for actor in (clauses.buyer(ctx), clauses.company(ctx), make.administrator(ctx)):
        with pytest.raises(Forbidden):
            evidence.open_evidence(ctx, actor, key)
    with pytest.raises(NotFound):
        evidence.open_evidence(ctx, clauses.officer(ctx), key + 1)


@pytest.mark.parametrize("damage", [b"", b"%PDF-other"])
def test_a_file_changed_on_disk_is_not_served(ctx: Context, damage: bytes) -> None:
    key = store(ctx, PDF, "un.pdf")
    (path,) = files(ctx)
    path.chmod(0o600)
    path.write_bytes(damage)
    with pytest.raises(RuleRefused, match="sauvegarde"):
        evidence.open_evidence(ctx, clauses.officer(ctx), key)
