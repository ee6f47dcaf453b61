"""Contracts, their commitments, who holds them, their terms, and what happened to them since."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from matching.clauses.penalty import PenaltyTerms
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import from_amount
from matching.clauses.terms import EventKind, PartyRole
from matching.demo import words
from matching.demo.clauses.model import CommitmentPlan, ContractPlan, EventPlan
from matching.demo.clauses.stage import Stage
from matching.services.clauses.penalty_terms import write_terms
from matching.store.tables.contracts import (
    Commitment,
    CommitmentContact,
    CommitmentEvent,
    CommitmentParty,
    CommitmentPublic,
    CommitmentTarget,
    Contract,
    PenaltyTermsRow,
)
from matching.store.tables.organisations import Establishment
from matching.store.unit_of_work import UnitOfWork
from matching.text import fold


def register(stage: Stage, work: UnitOfWork, contract: ContractPlan) -> None:
    """A contract with its commitments, as registered before its first month."""
    row = _contract(stage, work, contract)
    stage.contract_ids[contract.key] = row.id
    work.record("contract.created", "contract", row.id, support=row.support.value, buyer=row.buyer_id)
    for plan in contract.commitments:
        made = _commitment(stage, work, contract, plan, row)
        stage.ids[plan.key] = made.id
        work.record("commitment.created", "commitment", made.id, contract=row.id, lot=made.lot)
        _contacts(stage, work, contract, plan)
        # The hours of a framework come with its orders.
        hours = None if plan.orders else plan.promised or plan.hours
        record_event(stage, work, plan, EventPlan(EventKind.INITIAL, contract.start, hours, label="Engagement signé"))


def _contract(stage: Stage, work: UnitOfWork, plan: ContractPlan) -> Contract:
    months, buyer_id = stage.months, stage.companies[plan.buyer]
    places = select(Establishment.siret).where(Establishment.organisation_id == buyer_id).order_by(Establishment.id)
    notified = stage.notified_on(plan)
    row = Contract(
        support=plan.support,
        buyer_id=buyer_id,
        buyer_siret=work.session.execute(places.limit(1)).scalar_one(),
        number=f"{notified.year}-{plan.key}",
        object=plan.object,
        object_search=fold(plan.object),
        cpv=plan.cpv,
        nature=plan.nature,
        procedure=plan.procedure,
        estimate_cents=plan.euros * 105,
        amount_cents=plan.euros * 100,
        launched_on=months.working_day(months.day(plan.notified - 5, 10)) if plan.procedure else None,
        notified_on=notified,
        start_on=months.first(plan.start),
        end_on=months.last(plan.end),
        commune_insee=stage.dice.choice(stage.towns),
        parent_id=stage.contract_ids.get(plan.parent),
        created_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _commitment(
    stage: Stage, work: UnitOfWork, contract: ContractPlan, plan: CommitmentPlan, parent: Contract
) -> Commitment:
    months = stage.months
    share, rate, cost, rounding = plan.orders or (None, None, None, None)
    row = Commitment(
        contract_id=parent.id,
        lot=plan.lot,
        label=plan.label,
        label_search=fold(plan.label),
        modality=plan.modality,
        liability=plan.liability,
        facilitator_id=stage.officer_of(contract).user_id,
        sector=plan.sector,
        commune_insee=parent.commune_insee,
        window_from=months.day(plan.window[0], 2) if plan.window else None,
        window_to=months.last(plan.window[1]) if plan.window else None,
        amount_cents=(plan.euros or contract.euros) * 100,
        required_minutes=plan.hours * 60 or None,
        promised_minutes=plan.promised * 60 if plan.promised else None,
        order_labour_share=share,
        order_rate=rate,
        order_hourly_cost=cost,
        order_rounding=rounding,
        sizing_working=_working(plan),
        sizing_rounding=Rounding.NEAREST.value if plan.sized else "",
        training=plan.training,
        training_cap_percent=plan.training_cap,
        evidence_required=plan.evidence,
        closed_on=None,
        last_action_at=work.at,
        created_at=work.at,
    )
    row.publics = [CommitmentPublic(public=public) for public in plan.publics]
    row.targets = [CommitmentTarget(target=target, percent=percent) for target, percent in plan.targets]
    row.parties = [_party(stage, plan, key, role) for key, role in _roles(plan)]
    if plan.penalty is not None:
        row.penalty = _penalty(plan.penalty)
    work.session.add(row)
    work.session.flush()
    return row


def _working(plan: CommitmentPlan) -> str:
    """How the hours were computed before signature, when the calculator was used."""
    if plan.sized is None or plan.euros is None:
        return ""
    share, rate, cost = (Decimal(figure) for figure in plan.sized)
    return "\n".join(from_amount(plan.euros * 100, share, rate, cost, Rounding.NEAREST).working)


def _roles(plan: CommitmentPlan) -> list[tuple[str, PartyRole]]:
    """The holder leads when there are co-contractors; who receives a transfer holds from that day."""
    first = PartyRole.LEAD_HOLDER if plan.liability else PartyRole.HOLDER
    return [(plan.holder, first), *plan.parties]


def _party(stage: Stage, plan: CommitmentPlan, key: str, role: PartyRole) -> CommitmentParty:
    passed = next((event.month for event in plan.events if event.to == key), None)
    from_on = stage.months.first(passed) if passed is not None else None
    return CommitmentParty(organisation_id=stage.companies[key], role=role, from_on=from_on)


def _penalty(terms: PenaltyTerms) -> PenaltyTermsRow:
    row = PenaltyTermsRow()
    write_terms(row, terms)
    return row


def _contacts(stage: Stage, work: UnitOfWork, contract: ContractPlan, plan: CommitmentPlan) -> None:
    """Who to call at the holder's: the site first, then the office, which moves on."""
    dice, months = stage.dice, stage.months
    heard = months.last(plan.closed) if plan.closed else date.fromordinal(months.today.toordinal() - plan.answered)
    jobs = ("Conduite de travaux", "Assistance administrative") if contract.cpv.startswith("45") else ("Direction",)
    for place, job in enumerate(jobs):
        given, family = dice.choice(words.GIVEN_NAMES), dice.choice(words.FAMILY_NAMES)
        row = CommitmentContact(
            commitment_id=stage.ids[plan.key],
            organisation_id=stage.companies[plan.holder],
            name=f"{given} {family}",
            job=job,
            email=f"{fold(given)}.{fold(family).replace(' ', '-')}@{plan.holder}.example",
            # Numbers that the French numbering plan keeps for fiction.
            phone=f"02 61 91 {dice.randrange(100):02d} {dice.randrange(100):02d}",
            active=place == 0 or plan.closed is None,
            last_heard_on=heard if place == 0 else None,
            created_at=work.at,
        )
        work.session.add(row)
        work.session.flush()
        stage.contacts.setdefault(plan.key, row.id)
        work.record("contact.added", "commitment_contact", row.id, commitment=row.commitment_id)


def record_event(stage: Stage, work: UnitOfWork, plan: CommitmentPlan, event: EventPlan) -> None:
    """What changes the hours due, written on the day of the transaction."""
    months = stage.months
    row = CommitmentEvent(
        commitment_id=stage.ids[plan.key],
        kind=event.kind,
        effective_on=months.last(event.month) if event.at_end else months.first(event.month),
        recorded_on=stage.day_of(work),
        recorded_at=work.at,
        by_id=work.actor_id,
        minutes=None if event.hours is None else event.hours * 60,
        amount_cents=None if event.euros is None else event.euros * 100,
        to_organisation_id=stage.companies[event.to] if event.to else None,
        label=event.label,
        **event.more,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        "commitment.event_recorded", "commitment_event", row.id, commitment=row.commitment_id, kind=row.kind.value
    )
    if event.kind is EventKind.TERMINATION:
        work.session.get_one(Commitment, row.commitment_id).closed_on = row.effective_on
