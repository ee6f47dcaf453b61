"""The unit's portfolio: who follows whom, handing people over, plain figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, FieldError, Invalid, NotFound
from matching.services.context import Context
from matching.services.idle import is_idle
from matching.services.paging import page_shown
from matching.services.units import STAFF
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, Person, PortfolioAssignment
from matching.store.tables.proposals import Proposal
from matching.terms import CandidateState, ProposalState

PAGE_SIZE = 50
_FOLLOWED = Candidate.state != CandidateState.ARCHIVED


@dataclass(frozen=True)
class AdviserLine:
    """Somebody of the unit and how many people they follow. `active` False: the account is closed."""

    id: int
    name: str
    role_label: str
    active: bool
    people: int
    without_proposal: int


@dataclass(frozen=True)
class Figures:
    """Plain counts over the unit's people; each opens to the list behind it."""

    people: int
    by_state: Mapping[CandidateState, int]
    without_proposal: int
    proposals: Mapping[ProposalState, int]
    hires: int


@dataclass(frozen=True)
class Portfolio:
    unit_id: int
    unit_name: str
    closed_on: date | None
    advisers: tuple[AdviserLine, ...]
    without_adviser: int
    figures: Figures


@dataclass(frozen=True)
class PersonLine:
    """One of the unit's people. `adviser_id` None: nobody follows them yet."""

    id: int
    code: str
    name: str
    state: CandidateState
    adviser_id: int | None
    adviser_name: str
    last_proposed_on: date | None


@dataclass(frozen=True)
class PeoplePage:
    lines: tuple[PersonLine, ...]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True)
class Preview:
    """What a handover would do: who moves, and who stays because they already follow them."""

    to_id: int
    to_name: str
    moving: tuple[PersonLine, ...]
    staying: tuple[PersonLine, ...]


def read_portfolio(ctx: Context, actor: Actor) -> Portfolio:
    """The manager's unit: advisers, people without adviser, figures."""
    require(actor, Permission.MANAGE_UNIT)
    with ctx.read() as session:
        unit = _unit(session, actor)
        today = ctx.clock.today()
        return Portfolio(
            unit.id,
            unit.name,
            unit.closed_on,
            _advisers(session, actor, today),
            session.execute(_count(actor, Candidate.adviser_id.is_(None), _FOLLOWED)).scalar_one(),
            _figures(session, actor, today),
        )


def _unit(session: Session, actor: Actor) -> EmploymentUnit:
    unit = session.get(EmploymentUnit, actor.unit_id) if actor.unit_id is not None else None
    if unit is None:
        raise NotFound("Votre compte n’est rattaché à aucune unité. Demandez-le à l’administration.")
    return unit


def _count(actor: Actor, *where: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(Candidate).where(scope.candidates(actor), *where)


def _advisers(session: Session, actor: Actor, today: date) -> tuple[AdviserLine, ...]:
    def by_adviser(where: ColumnElement[bool]) -> dict[int | None, int]:
        query = select(Candidate.adviser_id, func.count()).where(scope.candidates(actor), where)
        return {row[0]: row[1] for row in session.execute(query.group_by(Candidate.adviser_id))}

    people, idle = by_adviser(_FOLLOWED), by_adviser(is_idle(today))
    own_staff = (UserAccount.unit_id == actor.unit_id) & UserAccount.active & UserAccount.role.in_(STAFF)
    followers = UserAccount.id.in_([key for key in people if key is not None])
    rows = session.execute(select(UserAccount).where(or_(own_staff, followers)).order_by(UserAccount.name)).scalars()
    return tuple(
        AdviserLine(
            row.id, row.name, row.role.label, _can_follow(row, actor), people.get(row.id, 0), idle.get(row.id, 0)
        )
        for row in rows
    )


def _can_follow(account: UserAccount, actor: Actor) -> bool:
    return account.active and account.role in STAFF and account.unit_id == actor.unit_id


def _figures(session: Session, actor: Actor, today: date) -> Figures:
    states = session.execute(
        select(Candidate.state, func.count()).where(scope.candidates(actor)).group_by(Candidate.state)
    )
    by_state = {row[0]: row[1] for row in states}
    rows = session.execute(select(Proposal.state, func.count()).where(scope.proposals(actor)).group_by(Proposal.state))
    proposals = {row[0]: row[1] for row in rows}
    return Figures(
        sum(count for state, count in by_state.items() if state is not CandidateState.ARCHIVED),
        {state: by_state.get(state, 0) for state in CandidateState},
        session.execute(_count(actor, is_idle(today))).scalar_one(),
        {state: proposals[state] for state in ProposalState if state in proposals},
        proposals.get(ProposalState.HIRED, 0),
    )


def list_people(
    ctx: Context, actor: Actor, *, adviser_id: int | None = None, idle: bool = False, page: int = 1
) -> PeoplePage:
    """The unit's people still followed: of one adviser, or of nobody yet (`adviser_id` None)."""
    require(actor, Permission.MANAGE_UNIT)
    where = [_FOLLOWED]
    where.append(Candidate.adviser_id.is_(None) if adviser_id is None else Candidate.adviser_id == adviser_id)
    if idle:
        where.append(is_idle(ctx.clock.today()))
    with ctx.read() as session:
        total = session.execute(_count(actor, *where)).scalar_one()
        page = page_shown(page, total, PAGE_SIZE)
        lines = _people(session, actor, *where, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return PeoplePage(lines, total, page, PAGE_SIZE)


def _people(
    session: Session, actor: Actor, *where: ColumnElement[bool], offset: int = 0, limit: int | None = None
) -> tuple[PersonLine, ...]:
    query = (
        select(Candidate, Person.given_name, Person.family_name, UserAccount.name)
        .join(Person, Person.id == Candidate.person_id)
        .outerjoin(UserAccount, UserAccount.id == Candidate.adviser_id)
        .where(scope.candidates(actor), *where)
        .order_by(Person.family_name, Person.given_name, Candidate.id)
    )
    return tuple(
        PersonLine(
            row.id, row.code, f"{given} {family}", row.state, row.adviser_id, adviser or "", row.last_proposed_on
        )
        for row, given, family, adviser in session.execute(query.offset(offset).limit(limit))
    )


# --- Handing over


def preview_reassignment(
    ctx: Context, actor: Actor, to_id: int, *, people: Sequence[int] = (), from_id: int | None = None
) -> Preview:
    """Who would go to `to_id`: the people ticked, or everybody that `from_id` follows. Writes nothing.

    People out of the unit are not found. Raises `Invalid` when nobody is chosen.
    """
    require(actor, Permission.MANAGE_UNIT)
    with ctx.read() as session:
        to = _receiver(session, actor, to_id)
        lines = _chosen(session, actor, people, from_id)
    if not lines:
        raise Invalid("Rien n’a été changé.", [FieldError("people", "Cochez au moins une personne à confier.")])
    moving = tuple(line for line in lines if line.adviser_id != to_id)
    return Preview(to_id, to.name, moving, tuple(line for line in lines if line.adviser_id == to_id))


def _receiver(session: Session, actor: Actor, to_id: int) -> UserAccount:
    account = session.get(UserAccount, to_id)
    if account is None or not _can_follow(account, actor):
        message = "Choisissez une personne de votre unité, dont le compte est ouvert."
        raise Invalid("Rien n’a été changé.", [FieldError("to", message)])
    return account


def _chosen(session: Session, actor: Actor, people: Sequence[int], from_id: int | None) -> tuple[PersonLine, ...]:
    if from_id is not None:
        return _people(session, actor, _FOLLOWED, Candidate.adviser_id == from_id)
    wanted = sorted(set(people))
    lines: list[PersonLine] = []
    for start in range(0, len(wanted), 500):
        lines.extend(_people(session, actor, Candidate.id.in_(wanted[start : start + 500])))
    if len(lines) != len(wanted):
        raise NotFound(
            "Une des personnes choisies n’est plus dans votre unité. Rouvrez la page et refaites votre choix."
        )
    return tuple(lines)


def reassign(ctx: Context, actor: Actor, to_id: int, seen: Mapping[int, int | None]) -> int:
    """Confide people to `to_id`; returns how many moved.

    `seen` gives, by person, the adviser shown in the preview: if anybody was handed over since, nothing is
    done and `Conflict` says so. The former assignment is closed today, never erased.
    """
    require(actor, Permission.MANAGE_UNIT)
    if not seen:
        raise Invalid("Rien n’a été changé.", [FieldError("people", "Cochez au moins une personne à confier.")])
    today = ctx.clock.today()
    with ctx.write(actor) as work:
        to = _receiver(work.session, actor, to_id)
        people = _locked_people(work.session, actor, sorted(seen))
        if any(person.adviser_id != seen[person.id] for person in people):
            raise Conflict(
                "Une des personnes vient d’être confiée à quelqu’un d’autre. Rien n’a été changé : rouvrez le "
                "portefeuille pour voir qui suit qui, puis refaites votre choix."
            )
        moving = [person for person in people if person.adviser_id != to_id]
        _close_open(work.session, [person.id for person in moving], today)
        for person in moving:
            before, person.adviser_id, person.updated_at = person.adviser_id, to.id, work.at
            work.session.add(
                PortfolioAssignment(candidate_id=person.id, unit_id=person.unit_id, adviser_id=to.id, from_on=today)
            )
            work.record("candidate.assigned", "candidate", person.id, from_adviser_id=before, adviser_id=to.id)
    return len(moving)


def _locked_people(session: Session, actor: Actor, ids: Sequence[int]) -> list[Candidate]:
    found: list[Candidate] = []
    for start in range(0, len(ids), 500):
        query = select(Candidate).where(scope.candidates(actor), Candidate.id.in_(ids[start : start + 500]))
        found.extend(session.execute(query.order_by(Candidate.id).with_for_update()).scalars())
    if len(found) != len(ids):
        raise NotFound(
            "Une des personnes choisies n’est plus dans votre unité. Rouvrez la page et refaites votre choix."
        )
    return found


def _close_open(session: Session, ids: Sequence[int], today: date) -> None:
    for start in range(0, len(ids), 500):
        query = select(PortfolioAssignment).where(
            PortfolioAssignment.candidate_id.in_(ids[start : start + 500]), PortfolioAssignment.to_on.is_(None)
        )
        for assignment in session.execute(query).scalars():
            assignment.to_on = today
