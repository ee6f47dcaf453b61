"""What every use case of an offer begins with: permission, reach, version."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.terms import OfferState, Role

_EMPLOYER_EDITS = frozenset({OfferState.DRAFT, OfferState.PUBLISHED, OfferState.SUSPENDED, OfferState.EXPIRED})
_STAFF_EDITS = frozenset(OfferState) - {OfferState.CLOSED}


def require_read(actor: Actor) -> None:
    """An employer reads its own offers; staff read those of the territory."""
    require(actor, Permission.POST_OWN_OFFER if actor.role is Role.EMPLOYER else Permission.READ_OFFER)


def require_write(actor: Actor) -> None:
    """An employer writes its own offers; staff write everybody's."""
    require(actor, Permission.POST_OWN_OFFER if actor.role is Role.EMPLOYER else Permission.EDIT_OFFER)


def may_edit(actor: Actor, state: OfferState) -> bool:
    """Whether the actor may edit an offer in this state."""
    if actor.role is Role.EMPLOYER:
        return actor.may(Permission.POST_OWN_OFFER) and state in _EMPLOYER_EDITS
    return actor.may(Permission.EDIT_OFFER) and state in _STAFF_EDITS


def fetch_offer(session: Session, actor: Actor, offer_id: int) -> Offer:
    """The offer with its parts, within the actor's reach; raises `NotFound`."""
    parts = (selectinload(Offer.places), selectinload(Offer.windows), selectinload(Offer.requirements))
    employer = selectinload(Offer.establishment).selectinload(Establishment.organisation)
    return fetch(session, actor, Offer, offer_id, *parts, employer)


def expect_version(session: Session, actor: Actor, offer: Offer, version: int | None) -> None:
    """Raise `Conflict` when the offer is no longer the one that was on the page; says who changed it."""
    if version is None or version == offer.version:
        return
    last = session.execute(
        select(UserAccount.name, UserAccount.role)
        .join(AuditEvent, AuditEvent.actor_id == UserAccount.id)
        .where(AuditEvent.subject_type == "offer", AuditEvent.subject_id == offer.id)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        raise Conflict(CHANGED_MEANWHILE)
    hidden = actor.role is Role.EMPLOYER and last.role is not Role.EMPLOYER
    who = "L’unité emploi" if hidden else last.name
    raise Conflict(f"{who} a modifié cette offre pendant ce temps. Rouvrez-la pour voir ce qui a changé.")
