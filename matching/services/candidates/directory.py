"""The list of the unit's people: filters, order and pages in SQL, without loading profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import Invalid
from matching.services.context import Context
from matching.services.idle import days_without_proposal, is_idle
from matching.services.paging import page_count, page_shown
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.people import (
    Candidate,
    CandidateFact,
    CandidateGoal,
    CandidateWindow,
    Person,
)
from matching.store.tables.proposals import Proposal
from matching.store.tables.reference import Commune, FactKind, JobTitle, RomeOccupation
from matching.terms import CandidateState, ProposalState
from matching.text import fold

PAGE_SIZES = (25, 50, 100)
MISSING_GOAL, MISSING_WEEK = "goal", "week"
MISSING = {MISSING_GOAL: "Aucun projet noté", MISSING_WEEK: "Horaires jamais notés"}
"""What can be missing beside a fact of the registry."""

MINE, NOBODY = "moi", "personne"
OPEN_PROPOSALS = (
    ProposalState.PROPOSED,
    ProposalState.AGREED,
    ProposalState.SENT,
    ProposalState.SEEN,
    ProposalState.INTERVIEW,
    ProposalState.IMMERSION,
    ProposalState.OFFERED,
)
EXPORT_LIMIT = 50_000


@dataclass(frozen=True)
class CandidateFilter:
    """What the list is restricted to; an empty value restricts nothing.

    `adviser`: MINE, NOBODY or an account's id. `commune`: INSEE code. `goal`: ROME code. `idle_days`: waiting for a
    proposal for that many days (`services/idle.py`). `missing`: a key of MISSING or a fact code. `state`: a
    `CandidateState`, or `all`; empty is everybody still followed.
    """

    words: str = ""
    adviser: str = ""
    commune: str = ""
    goal: str = ""
    state: str = ""
    idle_days: int | None = None
    missing: str = ""

    def active(self) -> tuple[str, ...]:
        """Names of the filters that restrict something."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) not in ("", None))


@dataclass(frozen=True)
class Order:
    """`key` is one of SORTS."""

    key: str = "name"
    descending: bool = False


@dataclass(frozen=True)
class CandidateLine:
    """One person in the list. `idle_days` counts from the last proposal, or from the opening of the file."""

    id: int
    code: str
    name: str
    commune: str
    goals: tuple[str, ...]
    adviser: str
    state: CandidateState
    last_proposed_on: date | None
    idle_days: int
    open_proposals: int
    known_facts: int
    updated_at: datetime


@dataclass(frozen=True)
class CandidatePage:
    """`total` people match; `everybody` are in the unit; `freed` says what each filter removed would give."""

    lines: tuple[CandidateLine, ...]
    total: int
    everybody: int
    page: int
    size: int
    freed: dict[str, int]

    @property
    def pages(self) -> int:
        return page_count(self.total, self.size)


_first_goal = (
    select(RomeOccupation.label)
    .join(CandidateGoal, CandidateGoal.rome_code == RomeOccupation.code)
    .where(CandidateGoal.candidate_id == Candidate.id)
    .order_by(CandidateGoal.position)
    .limit(1)
    .scalar_subquery()
)
SORTS: dict[str, Any] = {
    "name": Person.name_search,
    "code": Candidate.code,
    "goal": _first_goal,
    "commune": Commune.name_search,
    "adviser": UserAccount.name,
    "idle": Candidate.last_proposed_on,
    "updated": Candidate.updated_at,
}


def list_candidates(
    ctx: Context, actor: Actor, wanted: CandidateFilter, order: Order | None = None, page: int = 1, size: int = 25
) -> CandidatePage:
    """One page of the actor's unit. A page beyond the last gives the last."""
    require(actor, Permission.READ_CANDIDATE)
    size = size if size in PAGE_SIZES else PAGE_SIZES[0]
    with ctx.read() as session:
        today = ctx.clock.today()
        total = _count(session, actor, wanted, today)
        everybody = _count(session, actor, CandidateFilter(state="all"), today)
        page = page_shown(page, total, size)
        query = _select(actor, wanted, order or Order(), today).limit(size).offset((page - 1) * size)
        lines = _lines(session, session.execute(query).all(), today)
        freed = {} if total else _freed(session, actor, wanted, today)
        return CandidatePage(tuple(lines), total, everybody, page, size, freed)


def find_code(ctx: Context, actor: Actor, text: str) -> int | None:
    """The person of the actor's unit whose code is exactly `text`; None when there is none."""
    require(actor, Permission.READ_CANDIDATE)
    with ctx.read() as session:
        query = select(Candidate.id).where(scope.candidates(actor), Candidate.code == text.strip().upper())
        return session.execute(query).scalar_one_or_none()


def _count(session: Session, actor: Actor, wanted: CandidateFilter, today: date) -> int:
    query = select(func.count()).select_from(Candidate).join(Person, Person.id == Candidate.person_id)
    return int(session.execute(query.where(*_conditions(actor, wanted, today))).scalar_one())


def _freed(session: Session, actor: Actor, wanted: CandidateFilter, today: date) -> dict[str, int]:
    """How many people each filter hides when it is the one taken off."""
    empty = CandidateFilter()
    without = {name: replace(wanted, **{name: getattr(empty, name)}) for name in wanted.active()}
    return {name: _count(session, actor, other, today) for name, other in without.items()}


def _select(actor: Actor, wanted: CandidateFilter, order: Order, today: date) -> Select[*tuple[Any, ...]]:
    column = SORTS.get(order.key, SORTS["name"])
    # Never proposed comes before the longest waiting; other empty values go last.
    if order.key == "idle":
        direction = column.desc().nulls_last() if order.descending else column.asc().nulls_first()
    else:
        direction = column.desc().nulls_last() if order.descending else column.asc().nulls_last()
    return (
        select(
            Candidate.id,
            Candidate.code,
            Person.given_name,
            Person.family_name,
            Commune.name.label("commune"),
            UserAccount.name.label("adviser"),
            Candidate.state,
            Candidate.last_proposed_on,
            Candidate.created_at,
            Candidate.updated_at,
        )
        .join(Person, Person.id == Candidate.person_id)
        .outerjoin(Commune, Commune.insee == Candidate.commune_insee)
        .outerjoin(UserAccount, UserAccount.id == Candidate.adviser_id)
        .where(*_conditions(actor, wanted, today))
        .order_by(direction, Candidate.id)
    )


def _conditions(actor: Actor, wanted: CandidateFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [scope.candidates(actor)]
    found += [_matches(word) for word in fold(wanted.words).split()[:6]]
    if wanted.adviser:
        found.append(_followed_by(actor, wanted.adviser))
    if wanted.commune:
        found.append(Candidate.commune_insee == wanted.commune)
    if wanted.goal:
        found.append(exists().where(CandidateGoal.candidate_id == Candidate.id, CandidateGoal.rome_code == wanted.goal))
    if wanted.state in {state.value for state in CandidateState}:
        found.append(Candidate.state == CandidateState(wanted.state))
    elif wanted.state != "all":
        found.append(Candidate.state != CandidateState.ARCHIVED)
    if wanted.idle_days is not None:
        found.append(is_idle(today, wanted.idle_days))
    if wanted.missing:
        found.append(_lacks(wanted.missing))
    return found


def _matches(word: str) -> ColumnElement[bool]:
    return or_(
        Person.name_search.contains(word, autoescape=True),
        func.lower(Candidate.code).contains(word, autoescape=True),
    )


def _followed_by(actor: Actor, adviser: str) -> ColumnElement[bool]:
    if adviser == NOBODY:
        return Candidate.adviser_id.is_(None)
    number = int(adviser) if adviser.isdecimal() and len(adviser) < 10 else actor.user_id
    return Candidate.adviser_id == number


def _lacks(what: str) -> ColumnElement[bool]:
    if what == MISSING_GOAL:
        return ~exists().where(CandidateGoal.candidate_id == Candidate.id)
    if what == MISSING_WEEK:
        return ~exists().where(CandidateWindow.candidate_id == Candidate.id)
    return ~exists().where(CandidateFact.candidate_id == Candidate.id, CandidateFact.fact == what)


def _lines(session: Session, rows: Iterable[Row[Any]], today: date) -> list[CandidateLine]:
    found = list(rows)
    ids = [row.id for row in found]
    goals, proposals, facts = _goals(session, ids), _open_proposals(session, ids), _known(session, ids)
    return [
        CandidateLine(
            id=row.id,
            code=row.code,
            name=f"{row.given_name} {row.family_name}",
            commune=row.commune or "",
            goals=tuple(goals.get(row.id, ())),
            adviser=row.adviser or "",
            state=row.state,
            last_proposed_on=row.last_proposed_on,
            idle_days=days_without_proposal(row.last_proposed_on, row.created_at, today),
            open_proposals=proposals.get(row.id, 0),
            known_facts=facts.get(row.id, 0),
            updated_at=row.updated_at,
        )
        for row in found
    ]


def _chunks(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + 500] for start in range(0, len(ids), 500))


def _goals(session: Session, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for some in _chunks(ids):
        rows = session.execute(
            select(CandidateGoal.candidate_id, RomeOccupation.label, JobTitle.label, CandidateGoal.own_words)
            .outerjoin(RomeOccupation, RomeOccupation.code == CandidateGoal.rome_code)
            .outerjoin(JobTitle, JobTitle.id == CandidateGoal.title_id)
            .where(CandidateGoal.candidate_id.in_(some))
            .order_by(CandidateGoal.candidate_id, CandidateGoal.position)
        )
        for key, occupation, title, words in rows:
            found.setdefault(key, []).append(title or occupation or words)
    return found


def _open_proposals(session: Session, ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _chunks(ids):
        query = (
            select(Proposal.candidate_id, func.count())
            .where(Proposal.candidate_id.in_(some), Proposal.state.in_(OPEN_PROPOSALS))
            .group_by(Proposal.candidate_id)
        )
        found.update(session.execute(query).all())
    return found


def _known(session: Session, ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in _chunks(ids):
        query = (
            select(CandidateFact.candidate_id, func.count())
            .where(CandidateFact.candidate_id.in_(some))
            .group_by(CandidateFact.candidate_id)
        )
        found.update(session.execute(query).all())
    return found


@dataclass(frozen=True)
class FilterChoices:
    """What the filters of the list offer: (value, label) pairs present in the unit."""

    advisers: tuple[tuple[str, str], ...]
    communes: tuple[tuple[str, str], ...]
    goals: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]


def filter_choices(ctx: Context, actor: Actor) -> FilterChoices:
    """The values that the filters of the list offer for the actor's unit."""
    require(actor, Permission.READ_CANDIDATE)
    mine = scope.candidates(actor)
    with ctx.read() as session:
        communes = session.execute(
            select(Commune.insee, Commune.name)
            .where(Commune.insee.in_(select(Candidate.commune_insee).where(mine)))
            .order_by(Commune.name_search)
        )
        goals = session.execute(
            select(RomeOccupation.code, RomeOccupation.label)
            .where(RomeOccupation.code.in_(_goal_codes(mine)))
            .order_by(RomeOccupation.label)
        )
        advisers = session.execute(
            select(UserAccount.id, UserAccount.name)
            .where(UserAccount.id.in_(select(Candidate.adviser_id).where(mine)))
            .order_by(UserAccount.name)
        )
        facts = session.execute(select(FactKind.code, FactKind.label).order_by(FactKind.position, FactKind.code))
        return FilterChoices(
            advisers=tuple((str(row.id), row.name) for row in advisers),
            communes=tuple((row.insee, row.name) for row in communes),
            goals=tuple((row.code, row.label) for row in goals),
            missing=(*MISSING.items(), *((row.code, f"{row.label} : à demander") for row in facts)),
        )


def _goal_codes(mine: ColumnElement[bool]) -> Select[str]:
    return select(CandidateGoal.rome_code).join(Candidate, Candidate.id == CandidateGoal.candidate_id).where(mine)


EXPORT_COLUMNS = (
    "Code",
    "Prénom et nom",
    "Commune",
    "Projets",
    "Suivi par",
    "État",
    "Dernière proposition",
    "Jours sans proposition",
    "Propositions en cours",
)


def export_candidates(
    ctx: Context, actor: Actor, wanted: CandidateFilter, order: Order | None = None
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Header and rows of exactly what is filtered; the extraction is in the trail, with its size."""
    require(actor, Permission.READ_CANDIDATE)
    today = ctx.clock.today()
    with ctx.read() as session:
        if _count(session, actor, wanted, today) > EXPORT_LIMIT:
            raise Invalid(f"Plus de {EXPORT_LIMIT} personnes : ajoutez un filtre avant d’exporter.")
        lines = _lines(session, session.execute(_select(actor, wanted, order or Order(), today)).all(), today)
    # Said before the file leaves, and apart from the reading: others can write meanwhile.
    with ctx.write(actor) as work:
        work.record(
            "candidates.exported", "employment_unit", actor.unit_id or 0, count=len(lines), filters=[*wanted.active()]
        )
    return EXPORT_COLUMNS, [
        (
            line.code,
            line.name,
            line.commune,
            line.goals,
            line.adviser,
            line.state.label,
            line.last_proposed_on,
            line.idle_days,
            line.open_proposals,
        )
        for line in lines
    ]
