"""A person's file as it is read: what is known with its source and date, what was never asked, what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.services import occupations
from matching.services.candidates import week
from matching.services.candidates.answers import FactAnswer, say_answer, type_amount
from matching.services.candidates.directory import OPEN_PROPOSALS
from matching.services.candidates.editing import title_label
from matching.services.candidates.profile import SkillChoice, read_week, suggest_skills
from matching.services.context import Context
from matching.services.idle import days_without_proposal
from matching.services.places import commune_label
from matching.services.reading import note_read
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit, Establishment
from matching.store.tables.people import Candidate, PortfolioAssignment
from matching.store.tables.proposals import Proposal
from matching.store.tables.reference import FactKind
from matching.store.tables.trail import AuditEvent, AuditNote
from matching.terms import (
    Barrier,
    BarrierProgress,
    BarrierState,
    CandidateState,
    FactGroup,
    FactSource,
    FactUnit,
    Known,
    Orientation,
    ProposalState,
)

SKILLS_SHOWN = 12
"""How many skills words suggest at once."""


@dataclass(frozen=True)
class GoalLine:
    id: int
    own_words: str
    rome_code: str
    rome_version: str
    label: str


@dataclass(frozen=True)
class ExperienceLine:
    id: int
    own_words: str
    rome_code: str
    label: str
    months: int | None
    ended_on: date | None
    source: FactSource
    known_on: date


@dataclass(frozen=True)
class FactLine:
    """One question of the registry; `answer` None is unknown. `typed` is the amount as written in a form."""

    code: str
    label: str
    question: str
    unit: FactUnit
    group: FactGroup
    answer: FactAnswer | None
    said: str
    typed: str
    source: FactSource | None
    known_on: date | None
    expired: bool

    @property
    def known(self) -> bool:
        return self.answer is not None


@dataclass(frozen=True)
class FactSection:
    """The questions of a group, those known first kept in the registry's order."""

    group: FactGroup
    lines: tuple[FactLine, ...]

    @property
    def known(self) -> tuple[FactLine, ...]:
        return tuple(line for line in self.lines if line.known)

    @property
    def to_ask(self) -> tuple[FactLine, ...]:
        return tuple(line for line in self.lines if not line.known)


@dataclass(frozen=True)
class BarrierLine:
    barrier: Barrier
    state: BarrierState
    progress: BarrierProgress
    note: str
    known_on: date | None


@dataclass(frozen=True)
class ProposalLine:
    id: int
    offer_id: int
    offer_code: str
    title: str
    establishment: str
    state: ProposalState
    since: datetime
    open: bool


@dataclass(frozen=True)
class EventLine:
    """One line of the history, as people read it."""

    at: datetime
    who: str
    what: str
    note: str


@dataclass(frozen=True)
class AssignmentLine:
    unit: str
    adviser: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True)
class CandidateFile:
    """Everything the pages of a person show. Nothing protected is here: see `read_protected`."""

    id: int
    code: str
    version: int
    given_name: str
    family_name: str
    phone: str
    email: str
    state: CandidateState
    unit: str
    adviser_id: int | None
    adviser: str
    commune: str
    orientation: Orientation | None
    weekly_activity_minutes: int | None
    approved_sentence: str
    rights_opened_on: date | None
    first_meeting_on: date | None
    opened_on: date
    updated_at: datetime
    last_proposed_on: date | None
    idle_days: int
    goals: tuple[GoalLine, ...]
    experiences: tuple[ExperienceLine, ...]
    skills: tuple[SkillChoice, ...]
    sections: tuple[FactSection, ...]
    week: tuple[week.Window, ...]
    week_source: FactSource | None
    week_known_on: date | None
    barriers: tuple[BarrierLine, ...]
    proposals: tuple[ProposalLine, ...]
    events: tuple[EventLine, ...]
    assignments: tuple[AssignmentLine, ...]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def open_proposals(self) -> int:
        return sum(line.open for line in self.proposals)

    @property
    def grid(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return week.grid(self.week)

    def section(self, group: FactGroup) -> FactSection:
        """The questions of one group, empty when the registry has none."""
        return next((s for s in self.sections if s.group is group), FactSection(group, ()))


def read_candidate(ctx: Context, actor: Actor, candidate_id: int, how: str = "file") -> CandidateFile:
    """The file of a person of the actor's unit. The reading is logged; `how` empty when it only serves a form."""
    require(actor, Permission.READ_CANDIDATE)
    with ctx.read() as session:
        candidate = fetch(session, actor, Candidate, candidate_id, *_EAGER)
        found = _file(session, candidate, ctx.clock.today())
    if how:
        note_read(ctx, actor, "candidate", candidate_id, how)
    return found


_EAGER = tuple(
    selectinload(relation)
    for relation in (
        Candidate.person,
        Candidate.facts,
        Candidate.goals,
        Candidate.experiences,
        Candidate.skills,
        Candidate.windows,
        Candidate.barriers,
    )
)


def _file(session: Session, row: Candidate, today: date) -> CandidateFile:
    adviser = session.get(UserAccount, row.adviser_id) if row.adviser_id else None
    opened_on = row.created_at.astimezone(PARIS).date()
    latest = max(row.windows, key=lambda window: window.known_on, default=None)
    return CandidateFile(
        id=row.id,
        code=row.code,
        version=row.version,
        given_name=row.person.given_name,
        family_name=row.person.family_name,
        phone=row.person.phone,
        email=row.person.email,
        state=row.state,
        unit=session.get_one(EmploymentUnit, row.unit_id).name,
        adviser_id=row.adviser_id,
        adviser=adviser.name if adviser else "",
        commune=commune_label(session, row.commune_insee),
        orientation=row.orientation,
        weekly_activity_minutes=row.weekly_activity_minutes,
        approved_sentence=row.approved_sentence,
        rights_opened_on=row.rights_opened_on,
        first_meeting_on=row.first_meeting_on,
        opened_on=opened_on,
        updated_at=row.updated_at,
        last_proposed_on=row.last_proposed_on,
        idle_days=days_without_proposal(row.last_proposed_on, row.created_at, today),
        goals=tuple(_goal_lines(session, row)),
        experiences=tuple(_experience_lines(session, row)),
        skills=tuple(skill for skill in suggest_skills(session, row, ()) if skill.value is not Known.UNKNOWN),
        sections=tuple(fact_sections(session, row, today)),
        week=tuple(read_week(row)),
        week_source=latest.source if latest else None,
        week_known_on=latest.known_on if latest else None,
        barriers=tuple(_barrier_lines(row)),
        proposals=tuple(_proposal_lines(session, row.id)),
        events=tuple(_event_lines(session, row.id)),
        assignments=tuple(_assignment_lines(session, row.id)),
    )


def _goal_lines(session: Session, row: Candidate) -> Iterable[GoalLine]:
    for goal in row.goals:
        label = title_label(session, goal.rome_code, goal.title_id) or goal.own_words
        yield GoalLine(goal.id, goal.own_words, goal.rome_code, goal.rome_version, label)


def _experience_lines(session: Session, row: Candidate) -> Iterable[ExperienceLine]:
    for one in row.experiences:
        label = title_label(session, one.rome_code, None) or one.own_words
        yield ExperienceLine(
            one.id, one.own_words, one.rome_code, label, one.months, one.ended_on, one.source, one.known_on
        )


def fact_sections(session: Session, row: Candidate, today: date) -> Iterable[FactSection]:
    """Every question of the registry by group, with the person's answer."""
    noted = {fact.fact: fact for fact in row.facts}
    kinds = session.execute(select(FactKind).order_by(FactKind.position, FactKind.code)).scalars().all()
    for group in FactGroup:
        lines = tuple(_fact_line(kind, noted.get(kind.code), today) for kind in kinds if kind.group is group)
        if lines:
            yield FactSection(group, lines)


def _fact_line(kind: FactKind, row: Any, today: date) -> FactLine:
    answer = FactAnswer(row.value, row.amount, row.valid_until) if row else None
    return FactLine(
        code=kind.code,
        label=kind.label,
        question=kind.question,
        unit=kind.unit,
        group=kind.group,
        answer=answer,
        said=say_answer(kind.unit, kind.group, answer),
        typed=type_amount(kind.unit, answer.amount if answer else None),
        source=row.source if row else None,
        known_on=row.known_on if row else None,
        expired=bool(answer and answer.valid_until and answer.valid_until < today),
    )


def _barrier_lines(row: Candidate) -> Iterable[BarrierLine]:
    noted = {one.barrier: one for one in row.barriers}
    for barrier in Barrier:
        one = noted.get(barrier)
        if one is None:
            yield BarrierLine(barrier, BarrierState.NOT_DISCUSSED, BarrierProgress.NOT_STARTED, "", None)
        else:
            yield BarrierLine(barrier, one.state, one.progress, one.note, one.known_on)


def _proposal_lines(session: Session, candidate_id: int) -> Iterable[ProposalLine]:
    rows = session.execute(
        select(Proposal, Offer.code, Offer.title, Establishment.name)
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(Proposal.candidate_id == candidate_id)
        .order_by(Proposal.state_changed_at.desc(), Proposal.id.desc())
    )
    for proposal, code, title, establishment in rows:
        yield ProposalLine(
            proposal.id,
            proposal.offer_id,
            code,
            title,
            establishment,
            proposal.state,
            proposal.state_changed_at,
            proposal.state in OPEN_PROPOSALS,
        )


WHAT = {
    "candidate.added": "Fiche ouverte",
    "candidate.imported": "Fiche reprise d’un fichier",
    "candidate.identity_edited": "Identité corrigée",
    "candidate.situation_edited": "Situation mise à jour",
    "candidate.assigned": "Confiée à quelqu’un de l’unité",
    "candidate.protected_edited": "Informations protégées mises à jour",
    "candidate.goal_added": "Projet ajouté",
    "candidate.goal_removed": "Projet retiré",
    "candidate.goals_ordered": "Ordre des projets changé",
    "candidate.experience_added": "Expérience ajoutée",
    "candidate.experience_removed": "Expérience retirée",
    "candidate.skills_edited": "Compétences notées",
    "candidate.facts_edited": "Réponses notées",
    "candidate.week_edited": "Semaine notée",
    "candidate.barriers_edited": "Freins notés",
}
"""What the actions recorded on a person's file are called."""


def _event_lines(session: Session, candidate_id: int) -> Iterable[EventLine]:
    rows = session.execute(
        select(AuditEvent.at, AuditEvent.action, UserAccount.name, AuditNote.text)
        .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
        .outerjoin(AuditNote, AuditNote.event_id == AuditEvent.id)
        .where(AuditEvent.subject_type == "candidate", AuditEvent.subject_id == candidate_id)
        .order_by(AuditEvent.id.desc())
        .limit(200)
    )
    for at, action, who, note in rows:
        yield EventLine(at, who or "Le service", WHAT.get(action, "Fiche mise à jour"), note or "")


def _assignment_lines(session: Session, candidate_id: int) -> Iterable[AssignmentLine]:
    rows = session.execute(
        select(PortfolioAssignment, EmploymentUnit.name, UserAccount.name)
        .join(EmploymentUnit, EmploymentUnit.id == PortfolioAssignment.unit_id)
        .outerjoin(UserAccount, UserAccount.id == PortfolioAssignment.adviser_id)
        .where(PortfolioAssignment.candidate_id == candidate_id)
        .order_by(PortfolioAssignment.from_on.desc(), PortfolioAssignment.id.desc())
    )
    for row, unit, adviser in rows:
        yield AssignmentLine(unit, adviser or "", row.from_on, row.to_on)


def search_skills(ctx: Context, actor: Actor, candidate_id: int, words: str = "") -> tuple[SkillChoice, ...]:
    """Skills noted, then those that `words` tell (a skill, or an occupation) or else those of the person's goals."""
    require(actor, Permission.READ_CANDIDATE)
    told = occupations.suggest_skills(ctx, words, SKILLS_SHOWN) if words.strip() else None
    with ctx.read() as session:
        return suggest_skills(session, fetch(session, actor, Candidate, candidate_id), told)
