"""Invented proposals, so that the first screen has something to say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal, ProposalStep
from matching.terms import AgreementChannel, CandidateState, OfferState, ProposalState, RefusalSide

if TYPE_CHECKING:
    from matching.demo.build import Town

S = ProposalState
# The way each proposal went; the last state is where it stands.
_WAYS: tuple[tuple[ProposalState, ...], ...] = (
    (S.PROPOSED,),
    (S.PROPOSED, S.AGREED),
    (S.PROPOSED, S.AGREED, S.SENT),
    (S.PROPOSED, S.AGREED, S.SENT),
    (S.PROPOSED, S.AGREED, S.SENT, S.SEEN),
    (S.PROPOSED, S.AGREED, S.SENT, S.INTERVIEW),
    (S.PROPOSED, S.DECLINED),
    (S.PROPOSED, S.AGREED, S.SENT, S.REFUSED),
    (S.PROPOSED, S.AGREED, S.SENT, S.INTERVIEW, S.HIRED),
)


def add_proposals(town: Town) -> int:
    """About ninety proposals over the last two months, in every state; returns how many."""
    people = town.work.session.execute(select(Candidate).order_by(Candidate.id)).scalars().all()
    offers = town.work.session.execute(select(Offer).order_by(Offer.id)).scalars().all()
    published = [offer for offer in offers if offer.state is OfferState.PUBLISHED]
    followed = [p for p in people if p.state is CandidateState.ACTIVE and p.adviser_id is not None]
    taken: set[tuple[int, int]] = set()
    for number, candidate in enumerate(town.dice.sample(followed, 90)):
        way = _WAYS[number % len(_WAYS)]
        goals = {goal.rome_code[:3] for goal in candidate.goals}
        close = [offer for offer in published if offer.rome_code and offer.rome_code[:3] in goals] or published
        offer = town.dice.choice(close)
        if way[-1] is S.HIRED and offer.filled_seats >= offer.seats:
            way = way[:-1]
        if (offer.id, candidate.id) not in taken:
            taken.add((offer.id, candidate.id))
            _add(town, candidate, offer, way)
    return len(taken)


def _add(town: Town, candidate: Candidate, offer: Offer, way: tuple[ProposalState, ...]) -> None:
    dice = town.dice
    adviser_id = candidate.adviser_id
    assert adviser_id is not None
    day = town.days_ago(dice.randrange(2 + 4 * len(way), 58))
    proposal = Proposal(
        offer_id=offer.id,
        candidate_id=candidate.id,
        adviser_id=adviser_id,
        state=way[-1],
        created_at=_instant(day),
        state_changed_at=_instant(day),
    )
    candidate.last_proposed_on = day
    for state in way:
        step = ProposalStep(state=state, at=_instant(day), happened_on=day, by_id=adviser_id)
        _mark(proposal, step, day)
        proposal.steps.append(step)
        proposal.state_changed_at = _instant(day)
        day += timedelta(days=dice.randrange(1, 5))
    if way[-1] is S.HIRED:
        offer.filled_seats += 1
        candidate.state = CandidateState.HIRED
    town.add(proposal)


def _mark(proposal: Proposal, step: ProposalStep, day: date) -> None:
    if step.state is S.AGREED:
        proposal.agreed_on, proposal.agreement_channel = day, AgreementChannel.PHONE
    elif step.state is S.INTERVIEW:
        proposal.interview_on = day + timedelta(days=2)
    elif step.state is S.HIRED:
        proposal.hired_on = day
    elif step.state is S.DECLINED:
        _reason(proposal, step, RefusalSide.PERSON, "person_travel")
    elif step.state is S.REFUSED:
        _reason(proposal, step, RefusalSide.EMPLOYER, "employer_other_chosen")


def _reason(proposal: Proposal, step: ProposalStep, side: RefusalSide, code: str) -> None:
    proposal.refusal_side = step.reason_side = side
    proposal.refusal_reason = step.reason_code = code


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(10, 0), UTC)
