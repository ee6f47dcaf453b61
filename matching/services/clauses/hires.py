"""A hire made on one side becomes hours on the other: proposals that ended well, attached to a commitment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import EligiblePublic, PartyRole, Route
from matching.errors import Conflict, NotFound, RuleRefused
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.participations import (
    Added,
    ParticipationInput,
    acted_on,
    overlapping,
    store_participation,
)
from matching.services.context import Context
from matching.store.scope import fetch
from matching.store.tables.contracts import Commitment, CommitmentParty, CommitmentPublic, Contract
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate, Person
from matching.store.tables.proposals import Proposal
from matching.store.unit_of_work import UnitOfWork
from matching.terms import ContractKind, OrganisationKind, ProposalState

LOOK_BACK_DAYS = 366
"""A hire older than a year that nobody attached is no longer proposed: it was not one of a clause."""

_BY_CONTRACT = {
    ContractKind.APPRENTICESHIP: Route.APPRENTICESHIP,
    ContractKind.PROFESSIONAL_TRAINING: Route.PROFESSIONAL_TRAINING,
}
_BY_SENDER = {
    OrganisationKind.ETTI: Route.ETTI,
    OrganisationKind.AI: Route.AI,
    OrganisationKind.GEIQ: Route.GEIQ,
    OrganisationKind.EATT: Route.EATT,
}
_BY_SUBCONTRACTOR = {
    OrganisationKind.EI: Route.SUBCONTRACT_SIAE,
    OrganisationKind.EITI: Route.SUBCONTRACT_SIAE,
    OrganisationKind.ACI: Route.SUBCONTRACT_SIAE,
    OrganisationKind.EA: Route.SUBCONTRACT_EA,
    OrganisationKind.ESAT: Route.SUBCONTRACT_EA,
}
_HOLDERS = frozenset({PartyRole.HOLDER, PartyRole.LEAD_HOLDER, PartyRole.CO_CONTRACTOR})


@dataclass(frozen=True)
class HireTarget:
    """A commitment that the hire may count for. `known_code`: the person is already there under this code."""

    commitment_id: int
    label: str
    contract_number: str
    known_code: str


@dataclass(frozen=True)
class HireToAttach:
    """A hire whose employer works on a commitment; name, code and unit of the person, nothing else."""

    proposal_id: int
    name: str
    code: str
    unit: str
    employer: str
    title: str
    contract_kind: ContractKind | None
    hired_on: date | None
    targets: tuple[HireTarget, ...]


@dataclass(frozen=True)
class Attached:
    """What a hire became. `created` False: the person was already there, their participation was linked."""

    participation_id: int
    code: str
    created: bool


@dataclass(frozen=True)
class OfferCommitment:
    """A running clause of the employer of an offer. `publics` empty: every public of the master list."""

    commitment_id: int
    label: str
    contract_number: str
    missing_minutes: int
    publics: tuple[EligiblePublic, ...]


def hires_to_attach(ctx: Context, actor: Actor) -> tuple[HireToAttach, ...]:
    """Hires of the last year not yet on a commitment that their employer works on, the latest first."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    today = ctx.clock.today()
    with ctx.read() as session:
        rows = session.execute(
            select(
                Proposal.id,
                Proposal.hired_on,
                Candidate.code,
                Candidate.person_id,
                Person.given_name,
                Person.family_name,
                EmploymentUnit.name.label("unit"),
                Offer.title,
                Offer.contract_kind,
                Establishment.organisation_id,
                Organisation.name.label("employer"),
            )
            .join(Candidate, Candidate.id == Proposal.candidate_id)
            .join(Person, Person.id == Candidate.person_id)
            .join(EmploymentUnit, EmploymentUnit.id == Candidate.unit_id)
            .join(Offer, Offer.id == Proposal.offer_id)
            .join(Establishment, Establishment.id == Offer.establishment_id)
            .join(Organisation, Organisation.id == Establishment.organisation_id)
            .where(
                Proposal.state == ProposalState.HIRED,
                Proposal.hired_on >= today - timedelta(days=LOOK_BACK_DAYS),
                Establishment.organisation_id.in_(select(CommitmentParty.organisation_id)),
                ~select(Participation.id).where(Participation.proposal_id == Proposal.id).exists(),
            )
            .order_by(Proposal.hired_on.desc(), Proposal.id.desc())
        ).all()
        running = _running(session, {row.organisation_id for row in rows}, today)
        there = _codes_there(session, {row.person_id for row in rows})
        found = [
            HireToAttach(
                row.id,
                f"{row.given_name} {row.family_name}",
                row.code,
                row.unit,
                row.employer,
                row.title,
                row.contract_kind,
                row.hired_on,
                tuple(
                    HireTarget(one.id, one.label, number, there.get((row.person_id, one.id), ""))
                    for one, number in running.get(row.organisation_id, [])
                    if _in_time(one, row.hired_on)
                ),
            )
            for row in rows
        ]
        return tuple(hire for hire in found if hire.targets)


def _running(session: Session, organisation_ids: set[int], today: date) -> dict[int, list[tuple[Commitment, str]]]:
    """The commitments not closed that each organisation holds or works on, with the contract's number."""
    rows = session.execute(
        select(CommitmentParty.organisation_id, Commitment, Contract.number)
        .join(Commitment, Commitment.id == CommitmentParty.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(
            CommitmentParty.organisation_id.in_(organisation_ids),
            or_(Commitment.closed_on.is_(None), Commitment.closed_on > today),
            or_(CommitmentParty.to_on.is_(None), CommitmentParty.to_on >= today),
        )
        .order_by(Commitment.label_search, Commitment.id)
    )
    found: dict[int, list[tuple[Commitment, str]]] = {}
    for organisation_id, commitment, number in rows:
        known = found.setdefault(organisation_id, [])
        if all(one.id != commitment.id for one, _ in known):
            known.append((commitment, number))
    return found


def _in_time(commitment: Commitment, hired_on: date | None) -> bool:
    """Somebody hired after the planned window cannot work in it."""
    return commitment.window_to is None or hired_on is None or hired_on <= commitment.window_to


def _codes_there(session: Session, person_ids: set[int]) -> dict[tuple[int, int], str]:
    rows = session.execute(
        select(Participation.person_id, Participation.commitment_id, Participation.code)
        .where(Participation.person_id.in_(person_ids), Participation.proposal_id.is_(None))
        .order_by(Participation.id)
    )
    return {(person_id, commitment_id): code for person_id, commitment_id, code in rows}


def attach_hire(ctx: Context, actor: Actor, proposal_id: int, commitment_id: int) -> Attached:
    """Put a hire on a commitment, prefilled from the offer; eligibility is decided next.

    Somebody already there by the same route and days is linked, not written twice. Raises `NotFound`, `RuleRefused`,
    `Conflict` when a colleague attached it first.
    """
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.write(actor) as work:
        session = work.session
        commitment = fetch(session, actor, Commitment, commitment_id)
        proposal = session.get(Proposal, proposal_id) if 0 < proposal_id < 2**31 else None
        if proposal is None or proposal.state is not ProposalState.HIRED:
            raise NotFound("Cette embauche n’est plus proposée. Rouvrez la liste des participants.")
        _refuse_twice(session, proposal_id)
        employer = proposal.offer.establishment.organisation
        role = _role_of(session, commitment.id, employer.id)
        if role is None or (commitment.closed_on is not None and commitment.closed_on <= ctx.clock.today()):
            raise RuleRefused(
                f"{employer.name} ne travaille pas sur cet engagement, ou il est clos. Choisissez un autre engagement, "
                "ou ajoutez d’abord cette entreprise à ses titulaires et sous-traitants."
            )
        typed = _prefilled(proposal, employer, role)
        person_id = proposal.candidate.person_id
        known = overlapping(session, commitment.id, person_id, typed)
        if known is not None and known.proposal_id is None:
            return _link(work, known, proposal.id)
        added = store_participation(work, commitment.id, person_id, typed, proposal.id)
        _say_attached(work, added, proposal.id)
    return Attached(added.id, added.code, True)


def _refuse_twice(session: Session, proposal_id: int) -> None:
    code = session.execute(
        select(Participation.code).where(Participation.proposal_id == proposal_id)
    ).scalar_one_or_none()
    if code is not None:
        raise Conflict(f"Cette embauche est déjà rattachée, sous le code {code}.", code=code)


def _role_of(session: Session, commitment_id: int, organisation_id: int) -> PartyRole | None:
    query = select(CommitmentParty.role).where(
        CommitmentParty.commitment_id == commitment_id, CommitmentParty.organisation_id == organisation_id
    )
    return session.execute(query.order_by(CommitmentParty.id).limit(1)).scalar_one_or_none()


def _prefilled(proposal: Proposal, employer: Organisation, role: PartyRole) -> ParticipationInput:
    offer = proposal.offer
    started_on = max((day for day in (proposal.hired_on, offer.starts_on) if day is not None), default=None)
    ends_on = offer.ends_on
    return ParticipationInput(
        route=route_of(offer.contract_kind, employer.kind, role),
        organisation_id=employer.id,
        contract_kind=offer.contract_kind,
        job=offer.title[:120],
        started_on=started_on,
        # An offer that stayed open past its own end says nothing of when this contract ends.
        ended_on=None if started_on and ends_on and ends_on < started_on else ends_on,
        weekly_minutes=offer.weekly_minutes,
    )


def route_of(kind: ContractKind | None, employer: OrganisationKind, role: PartyRole) -> Route:
    """How the hours of a hire come to the commitment, from the contract, the employer and its place there."""
    if kind in _BY_CONTRACT:
        return _BY_CONTRACT[kind]
    if employer in _BY_SENDER:
        return _BY_SENDER[employer]
    if role not in _HOLDERS and employer in _BY_SUBCONTRACTOR:
        return _BY_SUBCONTRACTOR[employer]
    return Route.TEMPORARY_AGENCY if kind is ContractKind.TEMPORARY_AGENCY else Route.DIRECT_HIRE


def _link(work: UnitOfWork, row: Participation, proposal_id: int) -> Attached:
    row.proposal_id = proposal_id
    acted_on(work, row.commitment_id)
    _say_attached(work, Added(row.id, row.code), proposal_id)
    return Attached(row.id, row.code, False)


def _say_attached(work: UnitOfWork, added: Added, proposal_id: int) -> None:
    work.record("participation.hire_attached", "participation", added.id, code=added.code, proposal_id=proposal_id)


def commitments_of_offer(ctx: Context, actor: Actor, offer_id: int) -> tuple[OfferCommitment, ...]:
    """The running clauses of the employer of an offer that still look for hours, the most hours first.

    The contract's own list of publics, nothing about anybody.
    """
    require(actor, Permission.READ_OFFER)
    today = ctx.clock.today()
    with ctx.read() as session:
        offer = fetch(session, actor, Offer, offer_id)
        organisation_id = offer.establishment.organisation_id
        running = _running(session, {organisation_id}, today).get(organisation_id, [])
        running = [(one, number) for one, number in running if one.window_to is None or one.window_to >= today]
        due = minutes_due_of(session, [one.id for one, _ in running], today, today)
        publics = _publics(session, [one.id for one, _ in running])
        found = [
            OfferCommitment(one.id, one.label, number, due[one.id] - one.validated_minutes, publics.get(one.id, ()))
            for one, number in running
        ]
        return tuple(sorted((one for one in found if one.missing_minutes > 0), key=lambda one: -one.missing_minutes))


def _publics(session: Session, commitment_ids: Sequence[int]) -> dict[int, tuple[EligiblePublic, ...]]:
    rows = session.execute(
        select(CommitmentPublic.commitment_id, CommitmentPublic.public).where(
            CommitmentPublic.commitment_id.in_(commitment_ids)
        )
    )
    found: dict[int, set[EligiblePublic]] = {}
    for commitment_id, public in rows:
        found.setdefault(commitment_id, set()).add(public)
    return {key: tuple(one for one in EligiblePublic if one in chosen) for key, chosen in found.items()}


def count_hires_to_attach(session: Session, today: date) -> int:
    """How many hires of the last year wait to be attached, for a first screen; a few may have no commitment in time."""
    query = (
        select(func.count(func.distinct(Proposal.id)))
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .join(CommitmentParty, CommitmentParty.organisation_id == Establishment.organisation_id)
        .join(Commitment, Commitment.id == CommitmentParty.commitment_id)
        .where(
            Proposal.state == ProposalState.HIRED,
            Proposal.hired_on >= today - timedelta(days=LOOK_BACK_DAYS),
            or_(Commitment.closed_on.is_(None), Commitment.closed_on > today),
            or_(CommitmentParty.to_on.is_(None), CommitmentParty.to_on >= today),
            or_(Commitment.window_to.is_(None), Proposal.hired_on <= Commitment.window_to),
            ~select(Participation.id).where(Participation.proposal_id == Proposal.id).exists(),
        )
    )
    return session.execute(query).scalar_one()
