"""A document is handed over as an attachment, to clause officers only."""

from __future__ import annotations

import pytest
from flask import Flask

from matching.services.clauses import evidence
from matching.services.context import Context
from tests.support import clauses
from tests.support.pages import client_of

PDF = b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF\n"


@pytest.fixture
def key(ctx: Context) -> int:
    with ctx.write(None) as work:
        return evidence.store_evidence(ctx, work, PDF, "Relevé d’été.pdf", evidence.TIMESHEET)


def test_an_officer_receives_a_file_not_a_page(app: Flask, ctx: Context, key: int) -> None:
    answer = client_of(app, clauses.officer(ctx)).get(f"/justificatifs/{key}")
    assert (answer.status_code, answer.data, answer.content_type) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Relev%C3%A9%20d%E2%80%99%C3%A9t%C3%A9.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_others_do_not(app: Flask, ctx: Context, key: int) -> None:
    assert client_of(app, clauses.company(ctx)).get(f"/justificatifs/{key}").status_code == 403
    assert client_of(app).get(f"/justificatifs/{key}").status_code == 302
    assert client_of(app, clauses.officer(ctx)).get(f"/justificatifs/{key + 1}").status_code == 404
