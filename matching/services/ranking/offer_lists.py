"""Which jobs for this person: open offers in order, why each stands there; the list shown is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from matching import engine
from matching.access.permissions import Actor, Permission, require
from matching.errors import NotFound
from matching.services.context import Context
from matching.services.ranking import phrases
from matching.services.ranking.boards import reachable, told_book
from matching.services.ranking.crowd import Shown, load_people
from matching.services.ranking.lists import ENGINE_VERSION, RankedPerson, facts_of, row_of
from matching.services.ranking.snapshot import snapshot_of
from matching.store import scope
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.store.tables.reference import Commune, FactKind, Remedy, RomeOccupation, Skill
from matching.terms import Criterion, RequirementKind, Tier

TOP = 20


@dataclass(frozen=True)
class RankedOffer:
    """One offer, and the person as the offer's own list shows them. `proposed`: the state of a proposal under way."""

    offer_id: int
    code: str
    title: str
    employer: str
    facts: tuple[str, ...]
    person: RankedPerson
    proposed: str


@dataclass(frozen=True)
class OfferList:
    """Everything the section « Offres les plus proches » shows."""

    candidate_id: int
    offers: tuple[RankedOffer, ...]
    tier_counts: dict[Tier, int]
    considered: int


def rank_offers(ctx: Context, actor: Actor, candidate_id: int, *, top: int = TOP) -> OfferList:
    """The first `top` open offers for a person of the actor's unit, by tier then interest; logged.

    Raises `NotFound` outside the actor's reach.
    """
    require(actor, Permission.RANK_CANDIDATES)
    with ctx.read() as session:
        candidate = scope.fetch(session, actor, Candidate, candidate_id)
        with snapshot_of(ctx).current(session) as snap:
            if candidate_id not in snap.people:
                raise NotFound()
            policy = snap.policy(session, actor.unit_id)
            book = told_book(ctx, session, snap, policy, Candidate.id == candidate_id)
            seed = candidate.id * 100_003 + book.today
            only = reachable(session, actor, book)
            found = engine.rank_offers(snap.people, book, candidate_id, seed=seed, top=top, only=only)
            version = snap.data_version
        result = OfferList(
            candidate_id, _rows(session, actor, candidate, found), dict(found.tier_counts), found.considered
        )
    _log(ctx, actor, candidate_id, found, policy, (version, seed))
    return result


def _rows(session: Session, actor: Actor, candidate: Candidate, found: engine.OfferRanking) -> tuple[RankedOffer, ...]:
    ids = [match.offer_id for match in found.matches]
    relations = (Offer.requirements, Offer.windows, Offer.places, Offer.establishment)
    query = select(Offer).where(Offer.id.in_(ids)).options(*(selectinload(relation) for relation in relations))
    offers = {offer.id: offer for offer in session.execute(query).scalars()}
    if not offers:
        return ()
    words = _words(session, list(offers.values()))
    remedies = {row.id: row for row in session.execute(select(Remedy)).scalars()}
    told = [match.match for match in found.matches]
    shown = load_people(session, actor, told, next(iter(offers.values())))[candidate.id]
    proposed = _proposed(session, candidate.id, ids)
    return tuple(
        _row(match, offers[match.offer_id], shown, words, remedies, proposed.get(match.offer_id, ""))
        for match in found.matches
        if match.offer_id in offers
    )


def _row(
    found: engine.OfferMatch,
    offer: Offer,
    shown: Shown,
    words: phrases.Words,
    remedies: dict[int, Remedy],
    proposed: str,
) -> RankedOffer:
    towns = {place.commune_insee for place in offer.places}
    here = replace(words, places=tuple(name for insee, name in words.towns.items() if insee in towns))
    person = row_of(found.match, replace(shown, notices=()), offer, here, remedies, False)
    facts = facts_of(offer, here)
    return RankedOffer(offer.id, offer.code, offer.title, offer.establishment.name, facts, person, proposed)


def _words(session: Session, offers: Sequence[Offer]) -> phrases.Words:
    """The labels that the reasons of these offers need, read once for all."""
    skills = {int(r.code) for offer in offers for r in offer.requirements if r.kind is RequirementKind.SKILL}
    communes = {place.commune_insee for offer in offers for place in offer.places}
    codes = {offer.rome_code for offer in offers if offer.rome_code}
    facts = session.execute(select(FactKind.code, FactKind.label, FactKind.question)).all()
    trades = select(RomeOccupation.code, RomeOccupation.label).where(RomeOccupation.code.in_(codes))
    towns = select(Commune.insee, Commune.name).where(Commune.insee.in_(communes)).order_by(Commune.name)
    return phrases.Words(
        occupations=dict(session.execute(trades).all()),
        skills=dict(session.execute(select(Skill.id, Skill.label).where(Skill.id.in_(skills))).all()),
        facts={row.code: row.label for row in facts},
        questions={row.code: row.question for row in facts},
        places=(),
        towns=dict(session.execute(towns).all()),
    )


def _proposed(session: Session, candidate_id: int, offers: Sequence[int]) -> dict[int, str]:
    """The label of the proposal under way for each offer."""
    query = select(Proposal.offer_id, Proposal.state).where(
        Proposal.candidate_id == candidate_id, Proposal.offer_id.in_(offers), Proposal.state.in_(OPEN_STATES)
    )
    return {row.offer_id: row.state.label for row in session.execute(query)}


def _log(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    found: engine.OfferRanking,
    policy: engine.Policy,
    stamp: tuple[int, int],
) -> None:
    """Keep what was shown: version, seed, weights, order, tiers; in the trail, since it is about one person."""
    with ctx.write(actor) as work:
        work.record(
            "offers.shown",
            "candidate",
            candidate_id,
            engine=ENGINE_VERSION,
            data_version=stamp[0],
            seed=stamp[1],
            considered=found.considered,
            weights=[f"{c.value}:{policy.weight(c):g}:{policy.cost(c):g}" for c in Criterion],
            shown=[
                f"{m.offer_id}:{m.match.tier.value}:{m.match.fit:.9f}:{m.chance:.9f}:{m.surplus:.9f}"
                for m in found.matches
            ],
        )
