"""The list of offers: filters, sort, pages, counts, export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.exchange.tables import write_csv, write_xlsx
from matching.exchange.values import show_cents, show_minutes
from matching.offers.lifecycle import REMINDER_DAYS, freshness, off_on
from matching.services.context import Context
from matching.services.offers.common import require_read
from matching.services.offers.model import Choice, FilterChoices, OfferFilter, OfferPage, OfferRow
from matching.services.offers.states import CONFIRMABLE
from matching.services.paging import page_shown
from matching.store import scope
from matching.store.tables.offers import Offer, OfferPlace
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
from matching.store.tables.reference import Commune, RomeOccupation
from matching.terms import OfferState
from matching.text import fold

PAGE_SIZES = (25, 50, 100)
SORTS: dict[str, tuple[Any, ...]] = {
    "recent": (Offer.updated_at.desc(),),
    "title": (Offer.title_search,),
    "employer": (Establishment.name_search,),
    "start": (Offer.starts_on.is_(None), Offer.starts_on),
    "seats": ((Offer.seats - Offer.filled_seats).desc(),),
    "refresh": (Offer.refreshed_on.is_(None), Offer.refreshed_on),
    "state": (Offer.state,),
}
"""How the list can be sorted, by the name used in the address; `-` before it turns it round."""

_SUMMARY = (
    Offer.id,
    Offer.code,
    Offer.title,
    Offer.rome_code,
    Offer.establishment_id,
    Offer.contract_kind,
    Offer.weekly_minutes,
    Offer.starts_on,
    Offer.seats,
    Offer.filled_seats,
    Offer.state,
    Offer.refreshed_on,
    Establishment.name.label("establishment"),
    Organisation.name.label("organisation"),
    RomeOccupation.label.label("occupation"),
    EmploymentUnit.name.label("unit"),
)


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Offer)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .join(Organisation, Organisation.id == Establishment.organisation_id)
        .outerjoin(RomeOccupation, RomeOccupation.code == Offer.rome_code)
        .outerjoin(EmploymentUnit, EmploymentUnit.id == Offer.unit_id)
    )


def _conditions(wanted: OfferFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = list(_words(wanted.words))
    if wanted.states:
        found.append(Offer.state.in_(wanted.states))
    if wanted.rome_code:
        found.append(or_(Offer.rome_code == wanted.rome_code, RomeOccupation.family == wanted.rome_code))
    if wanted.commune:
        found.append(Offer.places.any(OfferPlace.commune_insee == wanted.commune))
    if wanted.contract is not None:
        found.append(Offer.contract_kind == wanted.contract)
    if wanted.unit_id is not None:
        found.append(Offer.unit_id == wanted.unit_id)
    if wanted.establishment_id is not None:
        found.append(Offer.establishment_id == wanted.establishment_id)
    if wanted.organisation_id is not None:
        found.append(Establishment.organisation_id == wanted.organisation_id)
    if wanted.to_refresh:
        found.append(_to_refresh(today))
    return found


def _to_refresh(today: date) -> ColumnElement[bool]:
    return Offer.state.in_(CONFIRMABLE) & (Offer.refreshed_on <= today - timedelta(days=REMINDER_DAYS))


def _words(text: str) -> list[ColumnElement[bool]]:
    if text.strip().upper().startswith("O-"):
        return [Offer.code == text.strip().upper()]
    return [
        or_(
            Offer.title_search.contains(word),
            Establishment.name_search.contains(word),
            Organisation.name_search.contains(word),
            func.lower(Offer.rome_code) == word,
        )
        for word in fold(text).split()
    ]


def _order(name: str) -> tuple[Any, ...]:
    turned = name.startswith("-")
    keys = SORTS.get(name.lstrip("-"), SORTS["recent"])
    if turned:
        last = keys[-1]
        keys = (*keys[:-1], last.element if getattr(last, "modifier", None) is not None else last.desc())
    return (*keys, Offer.id.desc())


def find_offers(ctx: Context, actor: Actor, wanted: OfferFilter) -> OfferPage:
    """One page of the offers in reach that fit the filters."""
    require_read(actor)
    today = ctx.clock.today()
    with ctx.read() as session:
        reach = scope.offers(actor)
        conditions = _conditions(wanted, today)
        everything = session.execute(select(func.count(Offer.id)).where(reach)).scalar_one()
        total = session.execute(_joined(func.count(Offer.id)).where(reach, *conditions)).scalar_one()
        per_page = wanted.per_page if wanted.per_page in PAGE_SIZES else PAGE_SIZES[0]
        page = page_shown(wanted.page, total, per_page)
        query = _joined(*_SUMMARY).where(reach, *conditions).order_by(*_order(wanted.sort))
        rows = session.execute(query.limit(per_page).offset((page - 1) * per_page)).all()
        return OfferPage(_rows(session, rows, today), total, everything, page, per_page)


def count_offers(ctx: Context, actor: Actor, wanted: Sequence[OfferFilter]) -> tuple[int, ...]:
    """How many offers fit each filter, in order: for the saved views, and for "which filter to remove"."""
    require_read(actor)
    today = ctx.clock.today()
    with ctx.read() as session:
        return tuple(
            session.execute(
                _joined(func.count(Offer.id)).where(scope.offers(actor), *_conditions(one, today))
            ).scalar_one()
            for one in wanted
        )


def _rows(session: Session, rows: Sequence[Any], today: date) -> tuple[OfferRow, ...]:
    communes = _communes(session, [row.id for row in rows])
    found = []
    for row in rows:
        dated = row.refreshed_on if row.state in CONFIRMABLE else None
        found.append(
            OfferRow(
                id=row.id,
                code=row.code,
                title=row.title,
                occupation=row.occupation or "",
                establishment=row.establishment,
                organisation=row.organisation,
                establishment_id=row.establishment_id,
                commune=communes.get(row.id, ""),
                contract=row.contract_kind,
                weekly_minutes=row.weekly_minutes,
                start_on=row.starts_on,
                seats=row.seats,
                filled_seats=row.filled_seats,
                state=row.state,
                refreshed_on=row.refreshed_on,
                freshness=freshness(dated, today) if dated else None,
                off_on=off_on(dated) if dated else None,
                unit=row.unit or "",
            )
        )
    return tuple(found)


def _communes(session: Session, offer_ids: list[int]) -> dict[int, str]:
    names: dict[int, list[str]] = {}
    for start in range(0, len(offer_ids), 500):
        query = (
            select(OfferPlace.offer_id, Commune.name)
            .join(Commune, Commune.insee == OfferPlace.commune_insee)
            .where(OfferPlace.offer_id.in_(offer_ids[start : start + 500]))
            .order_by(OfferPlace.offer_id, OfferPlace.position)
        )
        for offer_id, name in session.execute(query):
            names.setdefault(offer_id, []).append(name)
    return {offer_id: ", ".join(found) for offer_id, found in names.items()}


def filter_choices(ctx: Context, actor: Actor) -> FilterChoices:
    """The values that offers in reach really use."""
    require_read(actor)
    with ctx.read() as session:
        reach = scope.offers(actor)
        return FilterChoices(
            occupations=_choices(session, _joined(RomeOccupation.code, RomeOccupation.label), reach),
            communes=_choices(
                session,
                _joined(Commune.insee, Commune.name)
                .join(OfferPlace, OfferPlace.offer_id == Offer.id)
                .join(Commune, Commune.insee == OfferPlace.commune_insee),
                reach,
            ),
            units=_choices(session, _joined(EmploymentUnit.id, EmploymentUnit.name), reach),
            employers=_choices(session, _joined(Establishment.id, Establishment.name), reach),
        )


def _choices(session: Session, query: Select[Any], reach: ColumnElement[bool]) -> tuple[Choice, ...]:
    rows = session.execute(query.where(reach).distinct()).all()
    found = [Choice(str(code), label) for code, label in rows if code is not None]
    return tuple(sorted(found, key=lambda choice: (fold(choice.label), choice.value)))


EXPORT_COLUMNS = (
    "Code",
    "Intitulé",
    "Code ROME",
    "Métier",
    "Employeur",
    "Établissement",
    "Communes",
    "Contrat",
    "Durée hebdomadaire",
    "Début",
    "Fin",
    "Postes",
    "Postes pourvus",
    "Salaire brut de l’heure",
    "État",
    "Confirmée le",
    "Unité",
)


def export_offers(ctx: Context, actor: Actor, wanted: OfferFilter, *, kind: str = "csv") -> bytes:
    """Exactly the offers of these filters, all pages, as CSV or XLSX (`kind`); the export is on record."""
    require_read(actor)
    conditions = _conditions(replace(wanted, page=1), ctx.clock.today())
    columns = (*_SUMMARY, Offer.ends_on, Offer.pay_hourly_cents)
    with ctx.read() as session:
        query = _joined(*columns).where(scope.offers(actor), *conditions).order_by(*_order(wanted.sort))
        rows = session.execute(query).all()
        communes = _communes(session, [row.id for row in rows])
        lines = [_export_line(row, communes) for row in rows]
    with ctx.write(actor) as work:
        work.record("offer.exported", "offer_list", 0, count=len(lines))
    return write_xlsx(EXPORT_COLUMNS, lines, sheet="Offres") if kind == "xlsx" else write_csv(EXPORT_COLUMNS, lines)


def _export_line(row: Any, communes: dict[int, str]) -> tuple[object, ...]:
    return (
        row.code,
        row.title,
        row.rome_code,
        row.occupation,
        row.organisation,
        row.establishment,
        communes.get(row.id, ""),
        row.contract_kind.label if row.contract_kind else "",
        show_minutes(row.weekly_minutes),
        row.starts_on,
        row.ends_on,
        row.seats,
        row.filled_seats,
        show_cents(row.pay_hourly_cents),
        OfferState(row.state).label,
        row.refreshed_on,
        row.unit,
    )
