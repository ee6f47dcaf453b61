"""The few people shown: their names where the actor may read them, their facts with source and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.services.ranking.phrases import KnownPerson, Provenance, Words
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit, Establishment
from matching.store.tables.people import (
    Candidate,
    CandidateExperience,
    CandidateFact,
    CandidateGoal,
    CandidateSkill,
    CandidateWindow,
    Person,
)
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.store.tables.reference import Commune, FactKind, RomeOccupation, Skill
from matching.terms import ProposalState, RequirementKind


@dataclass(frozen=True)
class Shown:
    """A person as the list may show them; `name` is None for another unit's people."""

    code: str
    name: str | None
    unit: str
    adviser: str
    commune: str
    commune_insee: str | None
    known: KnownPerson
    notices: tuple[str, ...]


def load_words(session: Session, offer: Offer) -> Words:
    """The labels that the reasons of this offer need."""
    asked = [r for r in offer.requirements if r.kind is RequirementKind.SKILL]
    facts = session.execute(select(FactKind.code, FactKind.label, FactKind.question)).all()
    places = session.execute(
        select(Commune.name).where(Commune.insee.in_([place.commune_insee for place in offer.places]))
    ).scalars()
    return Words(
        occupations=dict(
            session.execute(
                select(RomeOccupation.code, RomeOccupation.label).where(RomeOccupation.code == offer.rome_code)
            ).all()
        ),
        skills=dict(
            session.execute(select(Skill.id, Skill.label).where(Skill.id.in_([int(r.code) for r in asked]))).all()
        ),
        facts={row.code: row.label for row in facts},
        questions={row.code: row.question for row in facts},
        places=tuple(places),
    )


def load_people(session: Session, actor: Actor | None, ids: Sequence[int], offer: Offer) -> dict[int, Shown]:
    """The people of `ids`; only those of the actor's unit carry their name."""
    rows = session.execute(
        select(
            Candidate.id,
            Candidate.code,
            Candidate.unit_id,
            Candidate.commune_insee,
            Person.given_name,
            Person.family_name,
            EmploymentUnit.name.label("unit"),
            UserAccount.name.label("adviser"),
            Commune.name.label("commune"),
        )
        .join(Person, Person.id == Candidate.person_id)
        .join(EmploymentUnit, EmploymentUnit.id == Candidate.unit_id)
        .outerjoin(UserAccount, UserAccount.id == Candidate.adviser_id)
        .outerjoin(Commune, Commune.insee == Candidate.commune_insee)
        .where(Candidate.id.in_(ids))
    ).all()
    known = _known(session, ids)
    notices = _notices(session, ids, offer)
    found = {}
    for row in rows:
        own = actor is not None and row.unit_id == actor.unit_id
        found[row.id] = Shown(
            code=row.code,
            name=f"{row.given_name} {row.family_name}" if own else None,
            unit=row.unit,
            adviser=row.adviser or "sans conseiller",
            commune=row.commune or "",
            commune_insee=row.commune_insee,
            known=known[row.id],
            notices=notices.get(row.id, ()),
        )
    return found


def _known(session: Session, ids: Sequence[int]) -> dict[int, KnownPerson]:
    facts: dict[int, dict[str, Provenance]] = {i: {} for i in ids}
    query = select(CandidateFact.candidate_id, CandidateFact.fact, CandidateFact.source, CandidateFact.known_on)
    for person, fact, source, on in session.execute(query.where(CandidateFact.candidate_id.in_(ids))):
        facts[person][fact] = Provenance(source, on)
    skills: dict[int, dict[int, Provenance]] = {i: {} for i in ids}
    held = select(CandidateSkill.candidate_id, CandidateSkill.skill_id, CandidateSkill.source, CandidateSkill.known_on)
    for person, skill, source, on in session.execute(held.where(CandidateSkill.candidate_id.in_(ids))):
        skills[person][skill] = Provenance(source, on)
    goals = _labels(session, CandidateGoal, CandidateGoal.position, ids)
    experiences = _labels(session, CandidateExperience, CandidateExperience.id, ids)
    windows = dict(
        session.execute(
            select(CandidateWindow.candidate_id, CandidateWindow.known_on).where(CandidateWindow.candidate_id.in_(ids))
        ).all()
    )
    return {
        i: KnownPerson(facts[i], skills[i], tuple(goals.get(i, ())), tuple(experiences.get(i, ())), windows.get(i))
        for i in ids
    }


def _labels(
    session: Session, table: type[CandidateGoal] | type[CandidateExperience], order: object, ids: Sequence[int]
) -> dict[int, list[str]]:
    """Own words, or the label of the occupation, in the order the engine was given them."""
    query = (
        select(table.candidate_id, table.own_words, RomeOccupation.label)
        .outerjoin(RomeOccupation, RomeOccupation.code == table.rome_code)
        .where(table.candidate_id.in_(ids))
        .order_by(table.candidate_id, order)  # type: ignore[arg-type]
    )
    found: dict[int, list[str]] = {}
    for person, own_words, label in session.execute(query):
        found.setdefault(person, []).append(own_words or label or "Métier")
    return found


def _notices(session: Session, ids: Sequence[int], offer: Offer) -> dict[int, tuple[str, ...]]:
    """What else is going on: proposed for this offer, in interview, refused by this employer before."""
    query = (
        select(Proposal.candidate_id, Proposal.offer_id, Proposal.state, Offer.title, Establishment.organisation_id)
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(Proposal.candidate_id.in_(ids))
    )
    found: dict[int, list[str]] = {}
    elsewhere: dict[int, int] = {}
    organisation = offer.establishment.organisation_id
    for person, offer_id, state, title, employer in session.execute(query):
        notes = found.setdefault(person, [])
        if offer_id == offer.id and state in OPEN_STATES:
            notes.append(f"Déjà proposée pour cette offre\u00a0: {state.label.lower()}.")
        elif state is ProposalState.INTERVIEW:
            notes.append(f"En entretien pour « {title} ».")
        elif state is ProposalState.REFUSED and employer == organisation:
            notes.append("Cet employeur a déjà répondu non pour cette personne.")
        elif state in OPEN_STATES:
            elsewhere[person] = elsewhere.get(person, 0) + 1
    for person, count in elsewhere.items():
        plural = "s" if count > 1 else ""
        found[person].append(f"Déjà proposée pour {count} autre{plural} offre{plural}\u00a0: recule un peu.")
    return {person: tuple(notes) for person, notes in found.items()}
