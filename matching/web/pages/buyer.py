"""A buyer's own commitments, by codes and totals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.services.clauses import buyer_views, documents
from matching.web import papers
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("buyer", __name__, url_prefix="/acheteur")


def _page() -> int:
    typed = request.args.get("page", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 9 else 1


@blueprint.get("")
@requires(Permission.READ_CODED_CLAUSES)
def index() -> str:
    words = request.args.get("q", "").strip()[:100]

    def address(**changes: Any) -> str:
        pairs = {"q": words, "page": ""} | changes
        return url_for("buyer.index", **{name: value for name, value in pairs.items() if value})

    found = buyer_views.list_commitments(context(), actor(), words, _page())
    chips = [(f"«\u00a0{words}\u00a0»", url_for("buyer.index"))] if words else []
    return papers.page("buyer/index.html", page=found, words=words, chips=chips, address=address)


@blueprint.get("/engagements/<int:commitment_id>")
@requires(Permission.READ_CODED_CLAUSES)
def show(commitment_id: int) -> str:
    found = buyer_views.read_commitment(context(), actor(), commitment_id)
    planned = {one.month: one.minutes for one in found.planned}
    return papers.page("buyer/show.html", found=found, paper=found.content, planned=planned)


@blueprint.get("/engagements/<int:commitment_id>/ecritures")
@requires(Permission.READ_CODED_CLAUSES)
def entries(commitment_id: int) -> str:
    found = buyer_views.list_entries(context(), actor(), commitment_id, _page())

    def address(**changes: Any) -> str:
        return url_for("buyer.entries", commitment_id=commitment_id, **changes)

    return papers.page("buyer/entries.html", page=found, address=address)


@blueprint.get("/engagements/<int:commitment_id>/attestation.pdf")
@requires(Permission.READ_CODED_CLAUSES)
def certificate_pdf(commitment_id: int) -> Response:
    buyer_views.read_commitment(context(), actor(), commitment_id)  # out of reach is told before a missing library
    return papers.pdf_answer(
        "certificates/certificate_print.html",
        f"attestation-{commitment_id}",
        url_for("buyer.show", commitment_id=commitment_id),
        lambda: buyer_views.issue_coded_certificate(context(), actor(), commitment_id, "pdf"),
    )


@blueprint.get("/engagements/<int:commitment_id>/attestation.xlsx")
@requires(Permission.READ_CODED_CLAUSES)
def certificate_xlsx(commitment_id: int) -> Response:
    paper = buyer_views.issue_coded_certificate(context(), actor(), commitment_id, "xlsx")
    return papers.attachment(documents.certificate_workbook(paper), f"attestation-{commitment_id}.xlsx", papers.XLSX)
