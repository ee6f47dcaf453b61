"""The few people shown: their names where the actor may read them, the facts compared with source and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.engine import PersonMatch
from matching.services.ranking.phrases import KnownPerson, Provenance, Words, fact_compared, skill_compared
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


def load_people(
    session: Session, actor: Actor | None, matches: Sequence[PersonMatch], offer: Offer
) -> dict[int, Shown]:
    """The people matched, by id; only those of the actor's unit carry their name."""
    ids = list(dict.fromkeys(match.id for match in matches))
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
    known = _known(session, ids, matches)
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


def _known(session: Session, ids: Sequence[int], matches: Sequence[PersonMatch]) -> dict[int, KnownPerson]:
    """What the page tells of each; of facts and skills, only those that a match compares are read."""
    results = [result for match in matches for result in match.requirements]
    codes = {fact_compared(result) for result in results}
    numbers = {skill for result in results if (skill := skill_compared(result)) is not None}
    facts = _learnt(
        session,
        select(CandidateFact.candidate_id, CandidateFact.fact, CandidateFact.source, CandidateFact.known_on).where(
            CandidateFact.candidate_id.in_(ids), CandidateFact.fact.in_(codes)
        ),
    )
    skills = _learnt(
        session,
        select(
            CandidateSkill.candidate_id, CandidateSkill.skill_id, CandidateSkill.source, CandidateSkill.known_on
        ).where(CandidateSkill.candidate_id.in_(ids), CandidateSkill.skill_id.in_(numbers)),
    )
    goals = _labels(session, CandidateGoal, CandidateGoal.position, ids)
    experiences = _labels(session, CandidateExperience, CandidateExperience.id, ids)
    windows = _weeks_known_on(session, ids)
    return {
        i: KnownPerson(
            facts.get(i, {}), skills.get(i, {}), tuple(goals.get(i, ())), tuple(experiences.get(i, ())), windows.get(i)
        )
        for i in ids
    }


def _learnt(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, dict[Any, Provenance]]:
    """By person, then by what was learnt. Read without the ORM: hundreds of people have thousands of facts."""
    found: dict[int, dict[Any, Provenance]] = {}
    for person, what, source, on in session.connection().execute(query):
        found.setdefault(person, {})[what] = Provenance(source, on)
    return found


def _weeks_known_on(session: Session, ids: Sequence[int]) -> dict[int, date]:
    """When the hours of each were last noted."""
    last = select(CandidateWindow.candidate_id, func.max(CandidateWindow.known_on))
    rows = session.execute(last.where(CandidateWindow.candidate_id.in_(ids)).group_by(CandidateWindow.candidate_id))
    return dict(rows.all())


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
