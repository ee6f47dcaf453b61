"""Publishing: what is complete as one official file, what is not with the form to complete it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from matching.access.permissions import Permission
from matching.exchange.decp import SocialConsideration
from matching.exchange.decp.format import PLACE_KINDS, Kind, PublishedField, fields_of
from matching.exchange.values import show, show_cents
from matching.services.clauses import decp_export as service
from matching.services.clauses.decp_export import PublicationChange, PublicationInput, PublicationSheet
from matching.text import fold
from matching.web.guard import requires
from matching.web.pages.commitments.common import Page, attempt, go, number_asked, version_of
from matching.web.pages.decp.common import blueprint, page_asked, render
from matching.web.session import actor, context
from matching.web.typed import Typed

PER_PAGE = 50
_YES, _NO = "oui", "non"


@blueprint.get("/publier")
@requires(Permission.EDIT_CLAUSES)
def publishing() -> Page:
    """A buyer's contracts of a year: how many can be published, what the others lack."""
    buyers = service.list_publication_buyers(context(), actor())
    keys = [key for key, _ in buyers]
    buyer_id = number_asked("acheteur")
    if buyer_id not in keys:
        buyer_id = keys[0] if len(keys) == 1 else None
    year = _year()
    found = service.prepare_export(context(), actor(), buyer_id, year) if buyer_id else None
    left = found.left_out if found else ()
    pages = max(1, -(-len(left) // PER_PAGE))
    page = min(page_asked(), pages)
    today = context().clock.today()
    return render(
        "publishing.html",
        "decp.publishing",
        buyers=buyers,
        buyer_id=buyer_id,
        year=year,
        years=[("toutes", "Toutes"), *((str(one), str(one)) for one in range(today.year, today.year - 8, -1))],
        found=found,
        left=left[(page - 1) * PER_PAGE : page * PER_PAGE],
        page=page,
        pages=pages,
        address=lambda **more: url_for("decp.publishing", acheteur=buyer_id, annee=year or "toutes", **more),
    )


def _year() -> int | None:
    """The year asked; this year when nothing is asked, None for all."""
    text = request.args.get("annee", "")
    if text == "toutes":
        return None
    asked = int(text) if len(text) == 4 and text.isascii() and text.isdecimal() else 0
    return asked if 2000 <= asked <= 2150 else context().clock.today().year


@blueprint.get("/publier/<int:buyer_id>/decp.<any(json):kind>")
@requires(Permission.EDIT_CLAUSES)
def official_file(buyer_id: int, kind: str) -> Response:
    """The official file; the trail keeps that it was taken."""
    year = _year()
    found = service.export_decp(context(), actor(), buyer_id, year)
    answer = Response(found.text, mimetype="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="decp-{year or "tout"}.{kind}"'
    return answer


@blueprint.route("/publier/<int:contract_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CLAUSES)
def completing(contract_id: int) -> Page:
    """The fields that the official format asks of one contract."""
    sheet = service.get_publication(context(), actor(), contract_id)
    if request.method == "GET":
        return _page(Typed(_texts(sheet)), sheet)
    form = Typed(request.form)

    def act() -> tuple[Any, ...]:
        wanted = _read(form, sheet)
        form.stop_if_unreadable()
        return service.save_publication(context(), actor(), contract_id, version_of(form), wanted)

    tried = attempt(form, act)
    if not tried.done:
        return _page(form, sheet), tried.status
    left = tried.result
    if left:
        flash(f"C’est enregistré. Il manque encore : {', '.join(one.label for one in left)}.", "success")
        return go(url_for("decp.completing", contract_id=contract_id))
    flash(f"Le marché {sheet.number} est complet : il sera dans le prochain fichier.", "success")
    return go(url_for("decp.publishing", acheteur=sheet.buyer_id, annee="toutes"))


# --- the form


def code_of(option: str) -> str:
    """An option as the value of a box: no space, no accent."""
    return fold(option).replace(" ", "-")


def _read(form: Typed, sheet: PublicationSheet) -> PublicationInput:
    fields = {field.name: _value(form, field) for field in fields_of(sheet.concession)}
    changes = tuple(
        PublicationChange(
            one.id, one.number, form.day(f"change-{one.id}-notified_on"), form.day(f"change-{one.id}-published_on")
        )
        for one in sheet.input.changes
    )
    return PublicationInput(
        buyer_siret=form.text("buyer_siret"),
        cpv=form.text("cpv"),
        amount_cents=form.cents("amount_cents"),
        notified_on=form.day("notified_on"),
        published_on=form.day("published_on"),
        months=form.integer("months"),
        place_code="".join(form.text("place_code").split()),
        place_kind=form.text("place_kind") if form.text("place_kind") in PLACE_KINDS else "",
        holders=form.text("holders"),
        social=frozenset(form.choices("social", SocialConsideration)),
        fields=fields,
        accept_key=form.ticked("accept_key"),
        changes=changes,
    )


def _value(form: Typed, field: PublishedField) -> Any:
    if field.kind is Kind.CHOICES:
        chosen = set(form.values(field.name))
        return [option for option in field.options if code_of(option) in chosen]
    if field.kind is Kind.DAY:
        day = form.day(field.name)
        return day.isoformat() if day else None
    return form.text(field.name) or None


def _texts(sheet: PublicationSheet) -> MultiDict[str, Any]:
    """The form as it would be typed."""
    wanted = sheet.input
    values: MultiDict[str, Any] = MultiDict()
    for name in ("buyer_siret", "cpv", "place_code", "place_kind", "holders"):
        values[name] = getattr(wanted, name)
    for name in ("notified_on", "published_on"):
        values[name] = _day(getattr(wanted, name))
    values["months"] = str(wanted.months or "")
    values["amount_cents"] = show_cents(wanted.amount_cents) if wanted.amount_cents is not None else ""
    values.setlist("social", [one.value for one in wanted.social])
    values["version"] = str(sheet.version)
    for field in fields_of(sheet.concession):
        values.setlist(field.name, _shown(field, (wanted.fields or {}).get(field.name)))
    for one in wanted.changes:
        values[f"change-{one.id}-notified_on"] = _day(one.notified_on)
        values[f"change-{one.id}-published_on"] = _day(one.published_on)
    return values


def _shown(field: PublishedField, value: Any) -> list[str]:
    if value is None:
        return [""]
    if field.kind is Kind.CHOICES:
        return [code_of(option) for option in value]
    if field.kind is Kind.YES_NO:
        return [_YES if value else _NO]
    if field.kind is Kind.DAY:
        return [_day(date.fromisoformat(value))]
    return [str(value).replace(".", ",") if field.kind in (Kind.SHARE, Kind.MONEY) else str(value)]


def _day(value: date | None) -> str:
    return show(value) if value else ""


def _page(form: Typed, sheet: PublicationSheet) -> str:
    return render(
        "completing.html",
        "decp.publishing",
        form=form,
        sheet=sheet,
        fields=fields_of(sheet.concession),
        kinds=Kind,
        code_of=code_of,
        places=[("", "À choisir"), *((one, one) for one in PLACE_KINDS)],
        social=[(one.value, one.label) for one in SocialConsideration],
        yes_no=[("", "À préciser"), (_YES, "Oui"), (_NO, "Non")],
        own_page={"number", "object"},
    )
