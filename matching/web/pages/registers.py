"""The law's registers: contracts that must carry a social condition, the SPASER's indicators, open data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.clauses.registers import ObligationState
from matching.clauses.terms import BuyerCategory, NoConditionGround, PurchaseNature
from matching.errors import Conflict, Invalid
from matching.exchange.open_data import schema_text, write_open_csv, write_open_json
from matching.exchange.values import show_cents
from matching.services.clauses import open_data, register_documents, registers
from matching.services.clauses.registers import Completion, RegisterLine
from matching.terms import Known
from matching.web import papers
from matching.web.guard import requires
from matching.web.session import actor, context
from matching.web.typed import Typed, options

blueprint = Blueprint("registers", __name__, url_prefix="/registres")
PER_PAGE = 50
_STATES = tuple(state for state in ObligationState if state is not ObligationState.NOT_CONCERNED)
_TONES = {
    ObligationState.MISSING: "stop",
    ObligationState.TO_COMPLETE: "ask",
    ObligationState.WITH_GROUND: "lift",
    ObligationState.WITH_CONDITION: "good",
}


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


# --- L2112-2-1 -----------------------------------------------------------------------------------------------------


def _state() -> ObligationState | None:
    return next((one for one in _STATES if one.value == request.args.get("etat")), None)


@blueprint.get("")
@requires(Permission.READ_CLAUSES)
def index() -> str:
    buyer_id, state = _number("acheteur"), _state()
    buyers = registers.buyers_of_contracts(context(), actor())
    found = registers.read_register(context(), actor(), buyer_id, state)
    pages = max(1, -(-len(found.lines) // PER_PAGE))
    page = min(max(1, _number("page") or 1), pages)

    def address(endpoint: str = "registers.index", **changes: Any) -> str:
        pairs = {"acheteur": buyer_id, "etat": state.value if state else "", "page": ""} | changes
        return url_for(endpoint, **{name: value for name, value in pairs.items() if value})

    name = next((one[1] for one in buyers if one[0] == buyer_id), "")
    chips = [(name, address(acheteur=""))] if name else []
    chips += [(state.label, address(etat=""))] if state else []
    return render_template(
        "registers/index.html",
        lines=found.lines[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(found.lines),
        counts=found.counts,
        tones=_TONES,
        sources=register_documents.SOURCES,
        buyers=[("", "Tous"), *((key, buyer) for key, buyer, _ in buyers)],
        buyer_id=buyer_id,
        states=[("", "Tous"), *((one.value, one.label) for one in _STATES)],
        state=state,
        chips=chips,
        page=page,
        pages=pages,
        address=address,
    )


@blueprint.get("/marches.<any(csv, xlsx):kind>")
@requires(Permission.READ_CLAUSES)
def register_file(kind: str) -> Response:
    content = register_documents.issue_register(context(), actor(), kind, _number("acheteur"), _state())
    return _attached(content, "registre-l2112-2-1", kind)


def _attached(content: bytes, name: str, kind: str) -> Response:
    return papers.attachment(content, f"{name}.{kind}", papers.XLSX if kind == "xlsx" else papers.CSV)


@blueprint.get("/contrats/<int:contract_id>")
@requires(Permission.EDIT_CLAUSES)
def complete(contract_id: int) -> str:
    line = registers.read_register_line(context(), actor(), contract_id)
    return _form_page(line, Typed(_known(line)))


@blueprint.post("/contrats/<int:contract_id>")
@requires(Permission.EDIT_CLAUSES)
def save(contract_id: int) -> str | Response | tuple[str, int]:
    """Write what the register lacked."""
    typed = Typed(MultiDict(request.form))
    try:
        wanted = _completion(typed)
        typed.stop_if_unreadable()
        registers.complete_contract(context(), actor(), contract_id, typed.key("version") or 0, wanted)
    except (Invalid, Conflict) as error:
        typed.fail(error if isinstance(error, Invalid) else Invalid(error.message))
        line = registers.read_register_line(context(), actor(), contract_id)
        return _form_page(line, typed), 409 if isinstance(error, Conflict) else 422
    line = registers.read_register_line(context(), actor(), contract_id)
    flash(f"Le contrat {line.number} est complété. {line.obligation.state.label} : {line.obligation.message}")
    return redirect(url_for("registers.index"), 303)


def _completion(typed: Typed) -> Completion:
    return Completion(
        launched_on=typed.day("launched_on"),
        estimate_cents=typed.cents("estimate_cents"),
        category=typed.choice("category", BuyerCategory),
        nature=typed.choice("nature", PurchaseNature),
        ground=typed.choice("ground", NoConditionGround),
        note=typed.text("note"),
        condition=typed.choice("condition", Known) or Known.UNKNOWN,
    )


def _known(line: RegisterLine) -> Mapping[str, str]:
    facts = line.facts
    return {
        "version": str(line.version),
        "launched_on": f"{facts.launched_on:%d/%m/%Y}" if facts.launched_on else "",
        "estimate_cents": show_cents(facts.estimate_cents) if facts.estimate_cents is not None else "",
        "category": facts.category.value if facts.category else "",
        "nature": facts.nature.value if facts.nature else "",
        "ground": facts.ground.value if facts.ground else "",
        "condition": "" if facts.condition is Known.UNKNOWN else facts.condition.value,
        "note": line.note,
    }


def _form_page(line: RegisterLine, form: Typed) -> str:
    return render_template(
        "registers/contract.html",
        line=line,
        form=form,
        tones=_TONES,
        sources=register_documents.SOURCES,
        categories=options(BuyerCategory, "À préciser"),
        natures=options(PurchaseNature, "À préciser"),
        grounds=options(NoConditionGround, "Aucun motif noté"),
        conditions=[("", "À préciser"), (Known.YES.value, "Oui"), (Known.NO.value, "Non")],
    )


# --- SPASER --------------------------------------------------------------------------------------------------------


@blueprint.get("/spaser")
@requires(Permission.READ_CLAUSES)
def spaser() -> str:
    buyers = registers.buyers_of_contracts(context(), actor())
    buyer_id, year = _subject(buyers)
    found, problem = None, ""
    if buyer_id is not None:
        try:
            found = registers.read_spaser(context(), actor(), buyer_id, year)
        except Invalid as error:
            problem = error.message
    return render_template(
        "registers/spaser.html",
        found=found,
        buyers=[(key, f"{name} ({count})") for key, name, count in buyers],
        buyer_id=buyer_id,
        year=year,
        typed_year=request.args.get("annee", str(year))[:8],
        problem=problem,
        percent=register_documents.written_percent,
    )


def _subject(buyers: tuple[tuple[int, str, int], ...]) -> tuple[int | None, int]:
    """The buyer and year of the address; else the one with most contracts, this year."""
    known = {key for key, _, _ in buyers}
    wanted = _number("acheteur")
    buyer_id = wanted if wanted in known else next((key for key, _, _ in buyers), None)
    year = _number("annee")
    return buyer_id, context().clock.today().year if year is None else year


@blueprint.get("/spaser.<any(csv, xlsx):kind>")
@requires(Permission.READ_CLAUSES)
def spaser_file(kind: str) -> Response:
    buyer_id, year = _subject(registers.buyers_of_contracts(context(), actor()))
    if buyer_id is None:
        abort(404)
    content = register_documents.issue_spaser(context(), actor(), kind, buyer_id, year)
    return _attached(content, f"spaser-{year}", kind)


# --- open data -----------------------------------------------------------------------------------------------------


@blueprint.get("/donnees-ouvertes")
@requires(Permission.READ_CLAUSES)
def published() -> str:
    choices = open_data.open_data_choices(context(), actor())
    own = sum(one.commitments for one in choices if one.own)
    return render_template("registers/open_data.html", choices=choices, own=own)


@blueprint.get("/donnees-ouvertes.<any(csv, json, 'schema.json'):kind>")
@requires(Permission.READ_CLAUSES)
def open_file(kind: str) -> Response:
    """The data, or the schema that the JSON follows."""
    if kind == "schema.json":
        return papers.attachment(schema_text().encode(), "donnees-ouvertes.schema.json", "application/schema+json")
    document = open_data.issue_open_data(context(), actor(), kind, _number("acheteur"))
    if kind == "csv":
        return papers.attachment(write_open_csv(document), "clauses-donnees-ouvertes.csv", papers.CSV)
    return papers.attachment(write_open_json(document), "clauses-donnees-ouvertes.json", "application/json")
