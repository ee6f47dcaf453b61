"""Which rows an actor reaches. Services fetch objects through `fetch`, so that another's object is not found."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, ScalarSelect, and_, false, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from matching.access.permissions import Actor
from matching.errors import NotFound
from matching.store.tables.base import Base
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import HourDeclaration
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.terms import OfferState, Role

T = TypeVar("T", bound=Base)
_LARGEST_ID = 2**31
_STAFF = (Role.ADVISER, Role.UNIT_MANAGER)


def candidates(actor: Actor) -> ColumnElement[bool]:
    """The people of the actor's own unit; nobody for anyone else."""
    if actor.role in _STAFF and actor.unit_id is not None:
        return Candidate.unit_id == actor.unit_id
    return false()


def offers(actor: Actor) -> ColumnElement[bool]:
    """Staff: every offer but the drafts of others. Employer: the establishment's own."""
    if actor.role in _STAFF:
        return or_(Offer.state != OfferState.DRAFT, Offer.created_by_id == actor.user_id)
    if actor.role is Role.EMPLOYER and actor.establishment_id is not None:
        return Offer.establishment_id == actor.establishment_id
    return false()


def proposals(actor: Actor) -> ColumnElement[bool]:
    """Proposals of the unit's people."""
    if actor.role in _STAFF and actor.unit_id is not None:
        own_people = select(Candidate.id).where(Candidate.unit_id == actor.unit_id)
        return and_(true(), Proposal.candidate_id.in_(own_people))
    return false()


def own_organisation(actor: Actor) -> ScalarSelect[int]:
    """The organisation behind the actor's establishment: rights follow the SIREN when a SIRET changes."""
    query = select(Establishment.organisation_id).where(Establishment.id == (actor.establishment_id or 0))
    return query.scalar_subquery()


def commitments(actor: Actor) -> ColumnElement[bool]:
    """Clause officers: all. Buyer: those of its contracts. Company: those it holds, works or sends people to."""
    if actor.role is Role.CLAUSE_OFFICER:
        return true()
    if actor.role is Role.BUYER:
        return Commitment.contract_id.in_(select(Contract.id).where(Contract.buyer_id == own_organisation(actor)))
    if actor.role is Role.EMPLOYER:
        held = select(CommitmentParty.commitment_id).where(CommitmentParty.organisation_id == own_organisation(actor))
        return Commitment.id.in_(held)
    return false()


def contracts(actor: Actor) -> ColumnElement[bool]:
    """Clause officers: all. Buyer: its own."""
    if actor.role is Role.CLAUSE_OFFICER:
        return true()
    if actor.role is Role.BUYER:
        return Contract.buyer_id == own_organisation(actor)
    return false()


def declarations(actor: Actor) -> ColumnElement[bool]:
    """Clause officers: all. Company: its own months, never those of its partners."""
    if actor.role is Role.CLAUSE_OFFICER:
        return true()
    if actor.role is Role.EMPLOYER:
        return HourDeclaration.organisation_id == own_organisation(actor)
    return false()


def participations(actor: Actor) -> ColumnElement[bool]:
    """Clause officers: all. Company: the people it employs."""
    if actor.role is Role.CLAUSE_OFFICER:
        return true()
    if actor.role is Role.EMPLOYER:
        return Participation.organisation_id == own_organisation(actor)
    return false()


_SCOPES: dict[type[Base], Any] = {
    Candidate: candidates,
    Offer: offers,
    Proposal: proposals,
    Contract: contracts,
    Commitment: commitments,
    HourDeclaration: declarations,
    Participation: participations,
}


def fetch(session: Session, actor: Actor, table: type[T], key: int, *options: ExecutableOption) -> T:
    """The row `key` of `table` within the actor's reach; raises `NotFound` whether absent or out of reach."""
    if not 0 < key < _LARGEST_ID:
        raise NotFound()  # an address written by hand: neither engine takes a larger number
    query = select(table).where(table.__table__.c.id == key, _SCOPES[table](actor)).options(*options)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found
