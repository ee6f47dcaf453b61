"""Certificates of performance and statements, as clause officers make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.progress import month_start
from matching.errors import Invalid
from matching.services.clauses import documents, statements
from matching.services.clauses.statements import Period, Side
from matching.web import papers
from matching.web.guard import requires
from matching.web.session import actor, context

blueprint = Blueprint("certificates", __name__)


# --- the certificate of a commitment -------------------------------------------------------------------------------


@blueprint.get("/engagements/<int:commitment_id>/attestation")
@requires(Permission.READ_CLAUSES)
def show(commitment_id: int) -> str:
    paper = documents.preview_certificate(context(), actor(), commitment_id)
    return papers.page("certificates/show.html", paper=paper)


@blueprint.get("/engagements/<int:commitment_id>/attestation.pdf")
@requires(Permission.READ_CLAUSES)
def certificate_pdf(commitment_id: int) -> Response:
    documents.preview_certificate(context(), actor(), commitment_id)  # out of reach is told before a missing library
    return papers.pdf_answer(
        "certificates/certificate_print.html",
        f"attestation-{commitment_id}",
        url_for("certificates.show", commitment_id=commitment_id),
        lambda: documents.issue_certificate(context(), actor(), commitment_id, "pdf"),
    )


@blueprint.get("/engagements/<int:commitment_id>/attestation.xlsx")
@requires(Permission.READ_CLAUSES)
def certificate_xlsx(commitment_id: int) -> Response:
    paper = documents.issue_certificate(context(), actor(), commitment_id, "xlsx")
    return papers.attachment(documents.certificate_workbook(paper), f"attestation-{commitment_id}.xlsx", papers.XLSX)


# --- statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the address asks of a statement. `problem`: what was typed and cannot be read."""

    side: Side | None
    period: Period
    coded: bool
    first: str
    last: str
    problem: str = ""

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address's pairs, changed."""
        pairs = {
            "cote": self.side.value if self.side else "",
            "du": self.first,
            "au": self.last,
            "version": "a-remettre" if self.coded else "",
        } | changes
        return {name: value for name, value in pairs.items() if value}

    @property
    def since_start(self) -> dict[str, Any]:
        """Said by an empty first month: without any, the address means the current year."""
        return self.query(du="", au="") | {"du": ""}


def _asked() -> Asked:
    """Without any month in the address: the current year."""
    side = next((one for one in Side if one.value == request.args.get("cote")), None)
    year = month_start(context().clock.today()).replace(month=1)
    given = "du" in request.args or "au" in request.args
    first = request.args.get("du", "" if given else f"{year:%Y-%m}").strip()[:20]
    last = request.args.get("au", "" if given else f"{year:%Y}-12").strip()[:20]
    coded = request.args.get("version") == "a-remettre"
    try:
        period = Period(_month(first), _month(last))
    except (Invalid, ValueError) as error:
        message = error.message if isinstance(error, Invalid) else "Écrivez les mois comme 2026-10, année puis mois."
        return Asked(side, Period(year, year.replace(month=12)), coded, first, last, message)
    return Asked(side, period, coded, first, last)


def _month(text: str) -> date | None:
    """« 2026-10 » → its first day. ValueError for anything else but nothing."""
    if not text:
        return None
    if len(text) != 7 or not text.isascii():
        raise ValueError(text)
    return date.fromisoformat(f"{text}-01")


@blueprint.get("/bilans")
@requires(Permission.READ_CLAUSES)
def index() -> str:
    side = next((one for one in Side if one.value == request.args.get("cote")), None)
    words, page = request.args.get("q", "").strip()[:100], request.args.get("page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 9 else 1

    def address(**changes: Any) -> str:
        pairs = {"q": words, "cote": side.value if side else "", "page": ""} | changes
        return url_for("certificates.index", **{name: value for name, value in pairs.items() if value})

    chips = [(f"«\u00a0{words}\u00a0»", address(q=""))] if words else []
    chips += [(side.label, address(cote=""))] if side else []
    found = statements.find_subjects(context(), actor(), words, side, number)
    return papers.page(
        "certificates/index.html", page=found, words=words, side=side, sides=tuple(Side), chips=chips, address=address
    )


@blueprint.get("/bilans/<int:organisation_id>")
@requires(Permission.READ_CLAUSES)
def statement(organisation_id: int) -> str:
    asked = _asked()
    paper = statements.read_statement(context(), actor(), organisation_id, asked.side, asked.period, coded=asked.coded)

    def address(endpoint: str = "certificates.statement", **changes: Any) -> str:
        return url_for(endpoint, organisation_id=organisation_id, **asked.query(**changes))

    return papers.page(
        "certificates/statement.html",
        paper=paper,
        asked=asked,
        address=address,
        since_start=url_for("certificates.statement", organisation_id=organisation_id, **asked.since_start),
        sides=[(one.value, one.label) for one in (paper.sides or (paper.side,))],
    )


@blueprint.get("/bilans/<int:organisation_id>/bilan.pdf")
@requires(Permission.READ_CLAUSES)
def statement_pdf(organisation_id: int) -> Response:
    asked = _asked()
    statements.read_statement(context(), actor(), organisation_id, asked.side, asked.period, coded=asked.coded)
    return papers.pdf_answer(
        "certificates/statement_print.html",
        f"bilan-{organisation_id}",
        url_for("certificates.statement", organisation_id=organisation_id, **asked.query()),
        lambda: _issued(organisation_id, asked, "pdf"),
    )


@blueprint.get("/bilans/<int:organisation_id>/bilan.xlsx")
@requires(Permission.READ_CLAUSES)
def statement_xlsx(organisation_id: int) -> Response:
    paper = _issued(organisation_id, _asked(), "xlsx")
    return papers.attachment(statements.statement_workbook(paper), f"bilan-{organisation_id}.xlsx", papers.XLSX)


def _issued(organisation_id: int, asked: Asked, kind: str) -> statements.Statement:
    if asked.problem:
        raise Invalid(asked.problem)
    return statements.issue_statement(
        context(), actor(), organisation_id, asked.side, asked.period, kind, coded=asked.coded
    )
