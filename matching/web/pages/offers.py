"""Offers as staff work with them: list, sheet, form, states, poster, import."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid
from matching.exchange.tables import write_csv, write_xlsx
from matching.services import offers
from matching.services.import_offers import ImportReport, describe_columns, import_offers, offer_template
from matching.services.offers import FilterChoices, OfferFilter
from matching.terms import ContractKind, OfferState
from matching.web.guard import requires
from matching.web.offer_views import Page, change_page, confirm_page, edit_page, render_offer, sheet_page
from matching.web.session import actor, context

blueprint = Blueprint("offers", __name__, url_prefix="/offres")

_SHEETS = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
_MAX_CARRIED = 400_000
"""Characters of a file carried from the preview to the confirmation: Flask takes 500 kB of fields."""
_MAX_UNFOLDED = 20 * 2**20

VIEWS: tuple[tuple[str, dict[str, Any], OfferFilter], ...] = (
    ("Toutes", {}, OfferFilter()),
    ("Publiées", {"etat": "published"}, OfferFilter(states=(OfferState.PUBLISHED,))),
    ("À vérifier", {"etat": "to_check"}, OfferFilter(states=(OfferState.TO_CHECK,))),
    ("À confirmer", {"a_confirmer": "1"}, OfferFilter(to_refresh=True)),
    ("Mes brouillons", {"etat": "draft"}, OfferFilter(states=(OfferState.DRAFT,))),
)


# --- the list -----------------------------------------------------------------------------------------


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def read_filter() -> OfferFilter:
    """The filters of the address; what is not understood is left out."""
    states = tuple(state for state in OfferState if state.value in request.args.getlist("etat"))
    contract = next((kind for kind in ContractKind if kind.value == request.args.get("contrat")), None)
    sort = request.args.get("tri", "recent")
    return OfferFilter(
        words=request.args.get("q", "").strip()[:100],
        states=states,
        rome_code=request.args.get("metier", "")[:5],
        commune=request.args.get("commune", "")[:5],
        contract=contract,
        unit_id=_number("unite"),
        establishment_id=_number("employeur"),
        organisation_id=_number("organisation"),
        to_refresh=request.args.get("a_confirmer") == "1",
        sort=sort if sort.lstrip("-") in offers.SORTS else "recent",
        page=_number("page") or 1,
        per_page=_number("par_page") or 25,
    )


def query_of(wanted: OfferFilter) -> dict[str, Any]:
    """The address of a filter: the reverse of `read_filter`, what is usual left out."""
    usual = OfferFilter()
    pairs = {
        "q": wanted.words,
        "etat": [state.value for state in wanted.states],
        "metier": wanted.rome_code,
        "commune": wanted.commune,
        "contrat": wanted.contract.value if wanted.contract else "",
        "unite": wanted.unit_id,
        "employeur": wanted.establishment_id,
        "organisation": wanted.organisation_id,
        "a_confirmer": "1" if wanted.to_refresh else "",
        "tri": wanted.sort if wanted.sort != usual.sort else "",
        "par_page": wanted.per_page if wanted.per_page != usual.per_page else "",
        "page": wanted.page if wanted.page > 1 else "",
    }
    return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class Chip:
    """An active filter, and the list without it. `frees`: how many offers removing it would show."""

    label: str
    without: OfferFilter
    frees: int = 0


def chips_of(wanted: OfferFilter, lists: FilterChoices) -> list[Chip]:
    """One chip for each active filter."""
    first = replace(wanted, page=1)

    def named(choices: tuple[offers.Choice, ...], value: object) -> str:
        return next((choice.label for choice in choices if choice.value == str(value)), str(value))

    chips = []
    if wanted.words:
        chips.append(Chip(f"«\u00a0{wanted.words}\u00a0»", replace(first, words="")))
    for state in wanted.states:
        kept = tuple(other for other in wanted.states if other is not state)
        chips.append(Chip(state.label, replace(first, states=kept)))
    if wanted.rome_code:
        chips.append(Chip(named(lists.occupations, wanted.rome_code), replace(first, rome_code="")))
    if wanted.commune:
        chips.append(Chip(named(lists.communes, wanted.commune), replace(first, commune="")))
    if wanted.contract:
        chips.append(Chip(wanted.contract.label, replace(first, contract=None)))
    if wanted.unit_id:
        chips.append(Chip(named(lists.units, wanted.unit_id), replace(first, unit_id=None)))
    if wanted.establishment_id:
        chips.append(Chip(named(lists.employers, wanted.establishment_id), replace(first, establishment_id=None)))
    if wanted.organisation_id:
        chips.append(Chip("Une organisation", replace(first, organisation_id=None)))
    if wanted.to_refresh:
        chips.append(Chip("À confirmer", replace(first, to_refresh=False)))
    return chips


@blueprint.get("")
@requires(Permission.READ_OFFER)
def index() -> Page:
    wanted = read_filter()
    page = offers.find_offers(context(), actor(), wanted)
    lists = offers.filter_choices(context(), actor())
    chips = chips_of(wanted, lists)
    if chips and not page.rows:
        counts = offers.count_offers(context(), actor(), [chip.without for chip in chips])
        chips = [replace(chip, frees=count) for chip, count in zip(chips, counts, strict=True)]
    counts = offers.count_offers(context(), actor(), [view for _, _, view in VIEWS])
    here = query_of(replace(wanted, sort="recent", page=1, per_page=25))
    views = [
        {
            "label": label,
            "url": url_for("offers.index", **query),
            "count": count,
            "current": here == {k: [v] if k == "etat" else v for k, v in query.items()},
        }
        for (label, query, _), count in zip(VIEWS, counts, strict=True)
    ]
    return render_template(
        "offers/index.html",
        page=page,
        wanted=wanted,
        chips=chips,
        views=views,
        pairs={
            "states": [(state.value, state.label) for state in OfferState],
            "contracts": [(kind.value, kind.label) for kind in ContractKind],
            **{
                name: [(choice.value, choice.label) for choice in getattr(lists, name)]
                for name in ("occupations", "communes", "units", "employers")
            },
        },
        sizes=offers.PAGE_SIZES,
        address=lambda **changes: url_for("offers.index", **query_of(replace(wanted, **changes))),
        address_of=lambda other: url_for("offers.index", **query_of(other)),
        export=lambda kind: url_for("offers.export", kind=kind, **query_of(replace(wanted, page=1))),
    )


@blueprint.get("/export.<any(csv, xlsx):kind>")
@requires(Permission.READ_OFFER)
def export(kind: str) -> Response:
    content = offers.export_offers(context(), actor(), read_filter(), kind=kind)
    return _download(content, f"offres.{kind}", kind)


def _download(content: bytes, name: str, kind: str) -> Response:
    response = Response(content, mimetype=_SHEETS[kind][0])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- one offer ----------------------------------------------------------------------------------------


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@requires(Permission.EDIT_OFFER)
def new() -> Page:
    return edit_page("offers", None)


@blueprint.get("/<int:offer_id>")
@requires(Permission.READ_OFFER)
def show(offer_id: int) -> Page:
    return sheet_page("offers", offers.get_offer(context(), actor(), offer_id))


@blueprint.route("/<int:offer_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_OFFER)
def edit(offer_id: int) -> Page:
    sheet = offers.get_offer(context(), actor(), offer_id)
    if not sheet.may_edit:
        flash(f"L’offre est « {sheet.state.label} » : elle ne se modifie plus.", "error")
        return redirect(url_for("offers.show", offer_id=offer_id), 303)
    return edit_page("offers", sheet)


@blueprint.post("/<int:offer_id>/etat")
@requires(Permission.EDIT_OFFER)
def change_state(offer_id: int) -> Page:
    return change_page("offers", offer_id)


@blueprint.post("/<int:offer_id>/confirmer")
@requires(Permission.EDIT_OFFER)
def confirm(offer_id: int) -> Page:
    return confirm_page("offers", offer_id)


@blueprint.get("/<int:offer_id>/historique")
@requires(Permission.READ_OFFER)
def history(offer_id: int) -> Page:
    sheet = offers.get_offer(context(), actor(), offer_id)
    lines = offers.list_history(context(), actor(), offer_id)
    return render_offer("offers/history.html", offer=sheet, lines=lines, area="offers")


@blueprint.get("/<int:offer_id>/affiche")
@requires(Permission.READ_OFFER)
def poster(offer_id: int) -> Page:
    return render_offer("offers/poster.html", offer=offers.get_offer(context(), actor(), offer_id), area="offers")


# --- import -------------------------------------------------------------------------------------------


@blueprint.route("/importer", methods=["GET", "POST"])
@requires(Permission.IMPORT_OFFERS)
def import_file() -> Page:
    if request.method == "GET":
        return _import_page()
    confirmed = request.form.get("action") == "confirm"
    try:
        content, filename = _carried() if confirmed else _uploaded()
        publish = "publish" in request.form
        report = import_offers(context(), actor(), content, filename, not confirmed, publish=publish)
        carried = "" if confirmed else pack(content)
    except Invalid as error:
        return _import_page(error=error), 422
    if confirmed:
        flash(report.message, "success")
        return redirect(url_for("offers.index"), 303)
    return _import_page(report=report, carried=carried)


def _import_page(report: ImportReport | None = None, carried: str = "", error: Invalid | None = None) -> str:
    return render_template(
        "offers/import.html", report=report, carried=carried, error=error, columns=describe_columns()
    )


def _uploaded() -> tuple[bytes, str]:
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if sent is None or not sent.filename or not content:
        message = "Choisissez un fichier CSV ou Excel (.xlsx)."
        raise Invalid("Aucun fichier n’a été déposé.", [FieldError("file", message)])
    return content, sent.filename[:120]


def pack(content: bytes) -> str:
    """The file as text, carried by the page from the preview to the confirmation: nothing is kept meanwhile."""
    packed = base64.b64encode(zlib.compress(content, 9)).decode("ascii")
    if len(packed) > _MAX_CARRIED:
        raise Invalid("Ce fichier est trop gros pour un seul import. Découpez-le en deux, puis recommencez.")
    return packed


def _carried() -> tuple[bytes, str]:
    """The file that was previewed, as the page carried it; checked again like any file."""
    lost = Invalid("Le fichier n’a pas suivi. Déposez-le de nouveau.")
    try:
        packed = base64.b64decode(request.form.get("carried", ""), validate=True)
        unfolding = zlib.decompressobj()
        content = unfolding.decompress(packed, _MAX_UNFOLDED)
    except (binascii.Error, ValueError, zlib.error):
        raise lost from None
    if not content or not unfolding.eof:
        raise lost
    return content, request.form.get("filename", "")[:120] or "offres"


@blueprint.get("/importer/modele.<any(csv, xlsx):kind>")
@requires(Permission.IMPORT_OFFERS)
def import_template(kind: str) -> Response:
    headers, lines = offer_template()
    content = write_xlsx(headers, lines, sheet="Offres") if kind == "xlsx" else write_csv(headers, lines)
    return _download(content, f"modele-offres.{kind}", kind)
