"""Employers as staff read them: organisations, their establishments, their contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import NotFound
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.tables.reference import Commune
from matching.terms import OfferState, OrganisationKind, Role
from matching.text import fold

PER_PAGE = 25


@dataclass(frozen=True)
class EmployerFilter:
    """What is asked of the list; `with_offers`: only those with an offer online."""

    words: str = ""
    kind: OrganisationKind | None = None
    commune: str = ""
    with_offers: bool = False
    page: int = 1


@dataclass(frozen=True)
class EmployerRow:
    id: int
    name: str
    siren: str
    kind: OrganisationKind
    active: bool
    establishments: int
    communes: str
    online: int
    to_check: int


@dataclass(frozen=True)
class EmployerPage:
    """A page of the list: `total` with the filters, `everything` without any."""

    rows: tuple[EmployerRow, ...]
    total: int
    everything: int
    page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, PER_PAGE)


@dataclass(frozen=True)
class EstablishmentView:
    id: int
    name: str
    siret: str
    commune: str
    address: str
    active: bool
    contacts: tuple[tuple[str, str], ...]
    """Name and e-mail of the accounts of this establishment."""


@dataclass(frozen=True)
class EmployerSheet:
    id: int
    name: str
    siren: str
    kind: OrganisationKind
    active: bool
    establishments: tuple[EstablishmentView, ...]


def find_employers(ctx: Context, actor: Actor, wanted: EmployerFilter) -> EmployerPage:
    """One page of the organisations that fit the filters, by name."""
    require(actor, Permission.READ_EMPLOYER)
    with ctx.read() as session:
        conditions = _conditions(actor, wanted)
        everything = session.execute(select(func.count(Organisation.id))).scalar_one()
        total = session.execute(select(func.count(Organisation.id)).where(*conditions)).scalar_one()
        page = page_shown(wanted.page, total, PER_PAGE)
        found = (
            session.execute(
                select(Organisation)
                .where(*conditions)
                .order_by(Organisation.name_search, Organisation.id)
                .limit(PER_PAGE)
                .offset((page - 1) * PER_PAGE)
            )
            .scalars()
            .all()
        )
        return EmployerPage(_rows(session, actor, found), total, everything, page)


def _conditions(actor: Actor, wanted: EmployerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    digits = wanted.words.replace(" ", "")
    if digits.isdecimal() and len(digits) >= 9:
        found.append(Organisation.siren == digits[:9])
    else:
        found += [
            or_(
                Organisation.name_search.contains(word),
                Organisation.establishments.any(Establishment.name_search.contains(word)),
            )
            for word in fold(wanted.words).split()
        ]
    if wanted.kind is not None:
        found.append(Organisation.kind == wanted.kind)
    if wanted.commune:
        found.append(Organisation.establishments.any(Establishment.commune_insee == wanted.commune))
    if wanted.with_offers:
        online = (
            select(Establishment.organisation_id)
            .join(Offer, Offer.establishment_id == Establishment.id)
            .where(Offer.state == OfferState.PUBLISHED, scope.offers(actor))
        )
        found.append(Organisation.id.in_(online))
    return found


def _rows(session: Session, actor: Actor, found: Sequence[Organisation]) -> tuple[EmployerRow, ...]:
    ids = [organisation.id for organisation in found]
    places = _places(session, ids)
    counts = _offer_counts(session, actor, ids)
    return tuple(
        EmployerRow(
            id=o.id,
            name=o.name,
            siren=o.siren,
            kind=o.kind,
            active=o.active,
            establishments=len(places.get(o.id, [])),
            communes=", ".join(sorted({name for name in places.get(o.id, []) if name})),
            online=counts.get((o.id, OfferState.PUBLISHED), 0),
            to_check=counts.get((o.id, OfferState.TO_CHECK), 0),
        )
        for o in found
    )


def _places(session: Session, ids: list[int]) -> dict[int, list[str]]:
    rows = session.execute(
        select(Establishment.organisation_id, Commune.name)
        .outerjoin(Commune, Commune.insee == Establishment.commune_insee)
        .where(Establishment.organisation_id.in_(ids))
    )
    places: dict[int, list[str]] = {}
    for organisation_id, name in rows:
        places.setdefault(organisation_id, []).append(name or "")
    return places


def _offer_counts(session: Session, actor: Actor, ids: list[int]) -> dict[tuple[int, Any], int]:
    rows = session.execute(
        select(Establishment.organisation_id, Offer.state, func.count(Offer.id))
        .join(Offer, Offer.establishment_id == Establishment.id)
        .where(Establishment.organisation_id.in_(ids), scope.offers(actor))
        .group_by(Establishment.organisation_id, Offer.state)
    )
    return {(organisation_id, state): count for organisation_id, state, count in rows}


def get_employer(ctx: Context, actor: Actor, organisation_id: int) -> EmployerSheet:
    """An organisation with its establishments and contacts; raises `NotFound`."""
    require(actor, Permission.READ_EMPLOYER)
    with ctx.read() as session:
        organisation = session.get(Organisation, organisation_id)
        if organisation is None:
            raise NotFound()
        return EmployerSheet(
            organisation.id,
            organisation.name,
            organisation.siren,
            organisation.kind,
            organisation.active,
            _establishments(session, organisation.id),
        )


def _establishments(session: Session, organisation_id: int) -> tuple[EstablishmentView, ...]:
    rows = session.execute(
        select(Establishment, Commune.name)
        .outerjoin(Commune, Commune.insee == Establishment.commune_insee)
        .where(Establishment.organisation_id == organisation_id)
        .order_by(Establishment.name_search, Establishment.id)
    ).all()
    contacts = _contacts(session, [row[0].id for row in rows])
    return tuple(
        EstablishmentView(e.id, e.name, e.siret, commune or "", e.address, e.active, contacts.get(e.id, ()))
        for e, commune in rows
    )


def _contacts(session: Session, ids: list[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    rows = session.execute(
        select(UserAccount.establishment_id, UserAccount.name, UserAccount.email)
        .where(and_(UserAccount.establishment_id.in_(ids), UserAccount.active, UserAccount.role == Role.EMPLOYER))
        .order_by(UserAccount.name)
    )
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for establishment_id, name, email in rows:
        if establishment_id is not None:
            found[establishment_id] = (*found.get(establishment_id, ()), (name, email))
    return found
