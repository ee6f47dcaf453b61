"""Entering a contract with its lots on one page, adding lots to it, correcting both."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from matching.access.permissions import Permission
from matching.clauses.sizing import SizingMethod
from matching.errors import Invalid
from matching.exchange.values import show_minutes
from matching.services.clauses import commitments as service
from matching.services.clauses.commitments import ContractSheet
from matching.services.clauses.published_lots import lot_of_contract
from matching.services.clauses.sizing import size_clause
from matching.web.commitment_form import (
    PARTIES,
    choices,
    read_commitment,
    read_contract,
    texts_of_commitment,
    texts_of_contract,
)
from matching.web.guard import requires
from matching.web.pages.commitments.calculator import read_sizing
from matching.web.pages.commitments.common import Page, attempt, blueprint, go, home_of, number_asked, version_of
from matching.web.session import actor, context
from matching.web.typed import Typed

MAX_BLOCKS = 12
_COPIED = ("lot", "label", "window_from", "window_to", "amount_cents", "required_minutes", "promised_minutes")
"""What a new lot does not take over from the one before it: companies and hours are its own."""


@blueprint.route("/nouveau", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def new() -> Page:
    """A contract and its lots, or more lots of the contract named by `marche`."""
    key = number_asked("marche")
    known = service.get_contract(context(), actor(), key) if key else None
    if request.method == "GET":
        return _new_page(Typed(_first_values()), 1, known)
    values = MultiDict(request.form)
    blocks = min(max(1, Typed(values).key("blocks") or 1), MAX_BLOCKS)
    if "add_lot" in values and blocks < MAX_BLOCKS:
        _copy_block(values, blocks)
        return _new_page(Typed(values), blocks + 1, known)
    if "drop_lot" in values and blocks > 1:
        return _new_page(Typed(values), blocks - 1, known)
    form = Typed(values)
    tried = attempt(form, lambda: _register(form, blocks, known))
    if not tried.done:
        return _new_page(form, blocks, known), tried.status
    keys: tuple[int, ...] = tried.result
    flash(_said(len(keys)), "success")
    return go(home_of(keys[0]) if len(keys) == 1 else url_for("commitments.index", q=_number(form, known)))


def _register(form: Typed, blocks: int, known: ContractSheet | None) -> tuple[int, ...]:
    contract = read_contract(form) if known is None else None
    lots = [read_commitment(form.part(f"c{position}-")) for position in range(blocks)]
    if form.unreadable:
        key = known.id if known else None
        form.stop_if_unreadable(service.review(context(), actor(), contract, lots, key))
    if contract is None:
        assert known is not None  # one of the two
        return service.add_commitments(context(), actor(), known.id, lots)
    return service.register_contract(context(), actor(), contract, lots)[1]


def _said(count: int) -> str:
    return "L’engagement est enregistré." if count == 1 else f"{count} engagements sont enregistrés, un par lot."


def _number(form: Typed, known: ContractSheet | None) -> str:
    return known.input.number if known else form.text("number")


def _first_values() -> MultiDict[str, Any]:
    """The first block, with the proposal of the calculator when one comes from there."""
    values: MultiDict[str, Any] = MultiDict({"c0-facilitator_id": str(actor().user_id)})
    if request.args.get("calcul") == "1":
        values.update(_proposal())
    return values


def _proposal() -> dict[str, str]:
    typed = Typed(request.args)
    try:
        wanted = read_sizing(typed)
        typed.stop_if_unreadable()
        if wanted is None:
            return {}
        found = size_clause(context(), actor(), wanted)
    except Invalid:
        return {}
    texts = {
        "c0-sizing_working": "\n".join(found.sizing.working),
        "c0-sizing_rounding": found.sizing.rounding.value,
    }
    if wanted.method is SizingMethod.PURCHASE_ORDERS:
        for name in ("labour_share", "rate", "hourly_cost"):
            texts[f"c0-order_{name}"] = typed.text(name)
        return texts | {"c0-order_rounding": found.sizing.rounding.value, "support": "framework_agreement"}
    texts["c0-required_minutes"] = show_minutes(found.sizing.minutes)
    return texts | {"c0-amount_cents": typed.text("amount")}


def _copy_block(values: MultiDict[str, Any], blocks: int) -> None:
    """A further lot begins with the terms of the one before: publics, targets, penalty, way of counting."""
    last, new_one = f"c{blocks - 1}-", f"c{blocks}-"
    for name in [name for name in values if name.startswith(last)]:
        bare = name.removeprefix(last)
        if bare not in _COPIED and not bare.startswith(("p0-", "p1-", "p2-", "p3-", "sizing_")):
            values.setlist(f"{new_one}{bare}", values.getlist(name))


def _new_page(form: Typed, blocks: int, known: ContractSheet | None) -> str:
    return render_template(
        "commitments/new.html",
        form=form,
        blocks=[form.part(f"c{position}-") for position in range(blocks)],
        known=known,
        most=MAX_BLOCKS,
        **_lists(),
    )


def _lists() -> dict[str, Any]:
    return {
        "pairs": choices(),
        "facilitators": [("", "Personne pour l’instant"), *service.list_facilitators(context(), actor())],
        "organisations": service.known_organisations(context(), actor()),
        "party_rows": range(PARTIES),
    }


@blueprint.route("/marches/<int:contract_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def edit_contract(contract_id: int) -> Page:
    sheet = service.get_contract(context(), actor(), contract_id)
    if request.method == "GET":
        return _contract_page(Typed({**texts_of_contract(sheet.input), "version": str(sheet.version)}), sheet)
    form = Typed(request.form)

    def act() -> None:
        wanted = read_contract(form)
        form.stop_if_unreadable()
        service.change_contract(context(), actor(), contract_id, version_of(form), wanted)

    tried = attempt(form, act)
    if not tried.done:
        return _contract_page(form, sheet), tried.status
    flash("Le contrat est modifié.", "success")
    return go(home_of(sheet.lots[0][0]) if sheet.lots else url_for("commitments.index"))


def _contract_page(form: Typed, sheet: ContractSheet) -> str:
    lots = lot_of_contract(context(), actor(), sheet.id)
    return render_template("commitments/contract.html", form=form, contract=sheet, known=lots, **_lists())


@blueprint.route("/<int:commitment_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def edit(commitment_id: int) -> Page:
    sheet = service.get_commitment(context(), actor(), commitment_id)
    if request.method == "GET":
        form = Typed(_repeated({**texts_of_commitment(sheet.input), "version": str(sheet.version)}))
        return render_template("commitments/edit.html", form=form, sheet=sheet, **_lists())
    form = Typed(request.form)

    def act() -> None:
        wanted = read_commitment(form)
        form.stop_if_unreadable()
        service.change_commitment(context(), actor(), commitment_id, version_of(form), wanted)

    tried = attempt(form, act)
    if not tried.done:
        return render_template("commitments/edit.html", form=form, sheet=sheet, **_lists()), tried.status
    flash("L’engagement est modifié.", "success")
    return go(home_of(commitment_id))


def _repeated(texts: dict[str, object]) -> MultiDict[str, Any]:
    """Lists become repeated fields, as a browser sends them."""
    values: MultiDict[str, Any] = MultiDict()
    for name, value in texts.items():
        values.setlist(name, value if isinstance(value, list) else [value])
    return values
