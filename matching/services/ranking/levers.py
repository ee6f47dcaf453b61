"""What would open more offers: for one person, for a unit, for the Département. Counts, never names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from matching import engine
from matching.access.permissions import Actor, Permission, require
from matching.engine.ranking import considered
from matching.errors import NotFound
from matching.services.context import Context
from matching.services.ranking.boards import reachable, told_book
from matching.services.ranking.lever_words import NamedLever, named_levers
from matching.services.ranking.snapshot import Snapshot, snapshot_of
from matching.services.units import unit_name
from matching.store import scope
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, Person
from matching.store.tables.reference import FactKind, Skill
from matching.terms import CandidateState, ContractKind, Criterion
from matching.text import NBSP

_CODES = {
    "travel": "Le trajet",
    "schedule": "Les horaires",
    "available_from": "La date de début",
    "hours": "Le nombre d’heures par semaine",
    "experience": "L’expérience demandée",
    "right_to_work": "Le droit de travailler",
    "reserved_public": "Le public réservé",
}


@dataclass(frozen=True)
class LeverLine:
    """What one lever would bring. `offers` and `people` are distinct; `in_time` of the `pairs` start late enough.

    `settled`: pairs that would have neither anything in the way nor an essential question open.
    """

    key: str
    label: str
    who: str
    delay: str
    question: bool
    pairs: int
    in_time: int
    people: int
    offers: int
    settled: int


@dataclass(frozen=True)
class NearLine:
    """What alone stands between people and offers."""

    label: str
    criterion: Criterion
    pairs: int
    people: int
    offers: int
    in_time: int


@dataclass(frozen=True)
class PersonLevers:
    """For one person: offers with nothing in the way today, those one requirement away, and what would open more."""

    candidate_id: int
    considered: int
    clear: int
    sure: int
    one_away: int
    lines: tuple[LeverLine, ...]
    near: tuple[NearLine, ...]


@dataclass(frozen=True)
class GroupLevers:
    """The same over people in search of a job; `without`: those who have something blocking in every offer."""

    people: int
    offers: int
    without: int
    lines: tuple[LeverLine, ...]
    near: tuple[NearLine, ...]

    @property
    def without_told(self) -> str:
        """How many people have something blocking in every offer, as a sentence; empty when nobody was counted."""
        if not self.people:
            return ""
        if not self.without:
            return "Chaque personne a au moins une offre sans point bloquant."
        whom = "une personne" if self.without == 1 else f"{self.without}{NBSP}personnes"
        return f"Pour {whom}, chaque offre a au moins un point bloquant."


@dataclass(frozen=True)
class UnitLevers(GroupLevers):
    """Of a unit (`unit_id` None: the Département). Numbers only."""

    unit_id: int | None
    unit_name: str
    computed_at: datetime


@dataclass(frozen=True)
class PortfolioLevers(GroupLevers):
    """Of those an adviser follows; `names`: by key of lever, the number and the name of each it would help."""

    names: Mapping[str, tuple[tuple[int, str], ...]]


def levers_of_person(ctx: Context, actor: Actor, candidate_id: int) -> PersonLevers:
    """What would open more offers to a person of the actor's unit. Raises `NotFound` outside the actor's reach."""
    require(actor, Permission.RANK_CANDIDATES)
    with ctx.read() as session:
        scope.fetch(session, actor, Candidate, candidate_id)
        with snapshot_of(ctx).current(session) as snap:
            if candidate_id not in snap.people:
                raise NotFound()
            row = snap.people.row_of(candidate_id)
            asked = Asked(ctx, session, snap, actor, actor.unit_id, Candidate.id == candidate_id)
            found = asked.board(np.array([row], np.int64), active=False)
        lines, near = _lines(found, asked.levers), _near(session, found)
        return PersonLevers(
            candidate_id,
            asked.considered,
            int(found.clear.sum()),
            int(found.sure.sum()),
            int(found.one_away.sum()),
            lines,
            near,
        )


def levers_of_unit(ctx: Context, unit_id: int | None) -> UnitLevers:
    """What would open most offers to the people of a unit; `unit_id` None: to everybody of the Département.

    Long for many people (`levers_kept` keeps it). Raises `NotFound` when there is no such unit.
    """
    with ctx.read() as session:
        name = unit_name(session, unit_id)
        with snapshot_of(ctx).current(session) as snap:
            among = None if unit_id is None else Candidate.unit_id == unit_id
            asked = Asked(ctx, session, snap, None, unit_id, among)
            # Set apart: it is long for many people, and the others' lists must not wait.
            asked.set_apart(snap, None if unit_id is None else snap.people.rows_of_units([unit_id]))
        found = asked.board(None)
        return UnitLevers(
            **_counts(session, found, asked), unit_id=unit_id, unit_name=name, computed_at=ctx.clock.now()
        )


def levers_of_portfolio(ctx: Context, actor: Actor) -> PortfolioLevers:
    """What would open most offers to the people that the actor follows, and to whom."""
    require(actor, Permission.RANK_CANDIDATES)
    own = searching_and_followed_by(actor)
    with ctx.read() as session:
        ids = list(session.execute(select(Candidate.id).where(scope.candidates(actor), own)).scalars())
        with snapshot_of(ctx).current(session) as snap:
            asked = Asked(ctx, session, snap, actor, actor.unit_id, own)
            asked.set_apart(snap, [snap.people.row_of(number) for number in ids if number in snap.people])
        found = asked.board(None)
        return PortfolioLevers(**_counts(session, found, asked), names=_names(session, found))


def searching_and_followed_by(actor: Actor) -> ColumnElement[bool]:
    """The actor's own people in search of a job."""
    return (Candidate.adviser_id == actor.user_id) & (Candidate.state == CandidateState.ACTIVE)


def _counts(session: Session, found: engine.Board, asked: Asked) -> dict[str, Any]:
    return {
        "people": len(found.rows),
        "offers": asked.considered,
        "without": int(np.count_nonzero(found.clear == 0)),
        "lines": _lines(found, asked.levers),
        "near": _near(session, found),
    }


def _names(session: Session, found: engine.Board) -> dict[str, tuple[tuple[int, str], ...]]:
    """Of whom each lever helps, in the order of the alphabet."""
    ids = {number for gain in found.gains for number in gain.person_ids}
    query = select(Candidate.id, Person.given_name, Person.family_name).join(Person).where(Candidate.id.in_(ids))
    rows = session.execute(query.order_by(Person.family_name, Person.given_name, Candidate.id)).all()
    return {
        gain.lever.key: tuple((row.id, f"{row.given_name} {row.family_name}") for row in rows if row.id in helped)
        for gain in found.gains
        if (helped := set(gain.person_ids))
    }


def unit_number(ctx: Context, text: str) -> int:
    """The id of a unit given by its number, its code or its name. Raises `NotFound` with what to type."""
    wanted = text.strip().casefold()
    with ctx.read() as session:
        units = session.execute(select(EmploymentUnit.id, EmploymentUnit.code, EmploymentUnit.name)).all()
    for unit in units:
        if wanted in (str(unit.id), unit.code.casefold(), unit.name.casefold()):
            return int(unit.id)
    raise NotFound(f"Aucune unité « {text} ». Écrivez son code, parmi : {', '.join(unit.code for unit in units)}.")


class Asked:
    """The open offers and the levers, ready for some people."""

    def __init__(
        self,
        ctx: Context,
        session: Session,
        snap: Snapshot,
        actor: Actor | None,
        unit_id: int | None,
        among: ColumnElement[bool] | None,
    ) -> None:
        self.people = snap.people
        self.book = told_book(ctx, session, snap, snap.policy(session, unit_id), among)
        self.only = reachable(session, actor, self.book)
        self.levers = named_levers(session, self.book)

    def set_apart(self, snap: Snapshot, rows: Any) -> None:
        """Copy the people looking for a job among `rows`, with what is said of their publics."""
        kept = considered(snap.people, rows)
        self.people = snap.people.taken(kept)
        self.book = self.book.told({key: said[kept] for key, said in self.book.eligible.items()})

    @property
    def considered(self) -> int:
        return len(self.only)

    def board(self, rows: Any, *, active: bool = True, each: bool = False) -> engine.Board:
        levers = [] if each else [one.lever for one in self.levers]
        return engine.board(self.people, self.book, levers, rows=rows, only=self.only, active=active, each=each)


def _lines(found: engine.Board, named: tuple[NamedLever, ...]) -> tuple[LeverLine, ...]:
    names = {one.lever.key: one for one in named}
    return tuple(
        LeverLine(
            gain.lever.key,
            names[gain.lever.key].label,
            names[gain.lever.key].who,
            names[gain.lever.key].delay,
            names[gain.lever.key].question,
            gain.pairs,
            gain.in_time,
            gain.people,
            gain.offers,
            gain.settled,
        )
        for gain in found.gains
        if not _said_already(gain, found.gains)
    )


def _said_already(gain: engine.Gain, gains: tuple[engine.Gain, ...]) -> bool:
    """Whether a smaller change, or a remedy of the catalogue for the same fact, brings as much."""
    own = gain.lever
    for other in gains:
        if other is gain or (other.pairs, other.settled) != (gain.pairs, gain.settled):
            continue
        facts, remedy = other.lever.facts.keys(), other.lever.key.startswith("remedy:")
        if facts and (facts < own.facts.keys() or (remedy and facts == own.facts.keys())):
            return not own.key.startswith("remedy:")
    return False


def _near(session: Session, found: engine.Board) -> tuple[NearLine, ...]:
    names = code_labels(session, [near.code for near in found.near])
    return tuple(
        NearLine(names[near.code], near.criterion, near.pairs, near.people, near.offers, near.in_time)
        for near in found.near
    )


def code_labels(session: Session, codes: list[str]) -> dict[str, str]:
    """What each code of a check is called."""
    facts = dict(session.execute(select(FactKind.code, FactKind.label)).all())
    ids = [int(code.partition(":")[2]) for code in codes if code.startswith("skill:")]
    skills = dict(session.execute(select(Skill.id, Skill.label).where(Skill.id.in_(ids))).all()) if ids else {}
    found = {}
    for code in codes:
        if code.startswith("skill:"):
            found[code] = skills.get(int(code.partition(":")[2]), "Compétence")
        elif code.startswith("contract_"):
            found[code] = f"Contrat{NBSP}: {ContractKind(code.removeprefix('contract_')).label}"
        else:
            found[code] = _CODES.get(code) or facts.get(code, code)
    return found
