"""Certificates and statements as files: the words their templates share, and the answers that carry them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template
from werkzeug.wrappers import Response

from matching.exchange import pdf
from matching.services.clauses.coded import TITLES
from matching.services.clauses.documents import hidden_words, withheld_words, written_average, written_month
from matching.services.context import Context

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
WORDS: dict[str, Any] = {
    "average": written_average,
    "month_name": written_month,
    "hidden_words": hidden_words,
    "withheld_words": withheld_words,
    "list_titles": TITLES,
}
"""What the templates of certificates, statements and coded pages call."""


def page(template: str, **values: Any) -> str:
    """A page, or a document to print, with those words."""
    return render_template(template, **WORDS, **values)


def pdf_answer(template: str, name: str, instead: str, issue: Callable[[], Any]) -> Response:
    """The PDF of what `issue` returns (`paper` in the template); back to `instead` with the remedy where none is made.

    Asked first, so that no issue is recorded of a document that could not be written.
    """
    try:
        pdf.check_available()
    except pdf.PdfUnavailable as missing:
        flash(missing.message, "error")
        return redirect(instead, 303)
    return attachment(pdf.write_pdf(page(template, paper=issue())), f"{name}.pdf", "application/pdf")


def pdf_outside(ctx: Context, template: str, paper: Any) -> bytes:
    """The PDF of a document for a command, outside any request. Raises `PdfUnavailable`."""
    from matching.web.app import create_app  # the application imports the pages, and they import this module

    pdf.check_available()
    with create_app(ctx).test_request_context("/"):
        return pdf.write_pdf(page(template, paper=paper))


def attachment(content: bytes, name: str, kind: str) -> Response:
    """A file handed over under an ASCII name without anybody's name in it."""
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
