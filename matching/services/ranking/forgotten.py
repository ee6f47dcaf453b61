"""People without any proposal for a while: why, for each, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matching import engine
from matching.access.permissions import Actor, Permission, require
from matching.services.context import Context
from matching.services.idle import IDLE_DAYS, days_without_proposal, is_idle, longest_first
from matching.services.paging import page_shown
from matching.services.ranking.levers import Asked, code_labels, searching_and_followed_by
from matching.services.ranking.snapshot import snapshot_of
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.people import Candidate, Person
from matching.store.tables.reference import Remedy
from matching.text import written_delay

PAGE_SIZE = 20
DAYS = (IDLE_DAYS, 60, 90, 180)


class Why(StrEnum):
    """Why nothing was proposed, as far as the open offers tell."""

    READY = "ready"
    QUESTIONS = "questions"
    ONE_BLOCKER = "one_blocker"
    SEVERAL = "several"
    NO_OFFER = "no_offer"


@dataclass(frozen=True)
class ForgottenPerson:
    """One person. `offers` with nothing in the way, `questions` of them with an essential question open, `one_away`
    those a single requirement stops; `blocker` the one that stops most, `remedy` what lifts it."""

    candidate_id: int
    code: str
    name: str
    adviser: str
    days: int
    never: bool
    why: Why
    offers: int
    questions: int
    one_away: int
    blocker: str
    blocked_offers: int
    remedy: str
    delay: str


@dataclass(frozen=True)
class ForgottenPage:
    people: tuple[ForgottenPerson, ...]
    total: int
    page: int
    page_size: int
    days: int
    mine: bool


def people_without_proposal(
    ctx: Context, actor: Actor, *, days: int = IDLE_DAYS, mine: bool = False, page: int = 1
) -> ForgottenPage:
    """People of the actor's unit looking for a job, none of whose proposals is under way or younger than `days`.

    Those who have waited longest first. `mine`: only those the actor follows.
    """
    require(actor, Permission.RANK_CANDIDATES)
    today = ctx.clock.today()
    with ctx.read() as session:
        where = _forgotten(actor, today, days, mine)
        total = session.execute(select(func.count()).select_from(Candidate).where(*where)).scalar_one()
        page = page_shown(page, total, PAGE_SIZE)
        rows = _rows(session, where, (page - 1) * PAGE_SIZE)
        with snapshot_of(ctx).current(session) as snap:
            rows = [row for row in rows if row[0].id in snap.people]
            ids = [row[0].id for row in rows]
            asked = Asked(ctx, session, snap, actor, actor.unit_id, Candidate.id.in_(ids))
            found = asked.board(np.array([snap.people.row_of(i) for i in ids], np.int64), active=False, each=True)
        people = _people(session, rows, found, today)
    return ForgottenPage(people, total, page, PAGE_SIZE, days, mine)


def follows_somebody(ctx: Context, actor: Actor) -> bool:
    """Whether anybody in search is in the actor's own portfolio."""
    require(actor, Permission.RANK_CANDIDATES)
    own = select(Candidate.id).where(scope.candidates(actor), searching_and_followed_by(actor))
    with ctx.read() as session:
        return session.execute(own.limit(1)).first() is not None


def _forgotten(actor: Actor, today: date, days: int, mine: bool) -> list[ColumnElement[bool]]:
    where = [scope.candidates(actor), is_idle(today, days)]
    return [*where, Candidate.adviser_id == actor.user_id] if mine else where


def _rows(
    session: Session, where: list[ColumnElement[bool]], offset: int
) -> list[tuple[Candidate, str, str, str | None]]:
    query = (
        select(Candidate, Person.given_name, Person.family_name, UserAccount.name)
        .join(Person, Person.id == Candidate.person_id)
        .outerjoin(UserAccount, UserAccount.id == Candidate.adviser_id)
        .where(*where)
        .order_by(*longest_first())
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query.offset(offset).limit(PAGE_SIZE))]


def _people(
    session: Session, rows: list[tuple[Candidate, str, str, str | None]], found: engine.Board, today: date
) -> tuple[ForgottenPerson, ...]:
    labels = code_labels(session, list(found.nearest))
    remedies = {
        row.lifts: row
        for row in session.execute(select(Remedy).where(Remedy.active).order_by(Remedy.delay_days.desc())).scalars()
    }
    return tuple(_person(row, found, position, labels, remedies, today) for position, row in enumerate(rows))


def _person(
    row: tuple[Candidate, str, str, str | None],
    found: engine.Board,
    position: int,
    labels: dict[str, str],
    remedies: dict[str, Remedy],
    today: date,
) -> ForgottenPerson:
    candidate, given, family, adviser = row
    clear, sure, away = (int(column[position]) for column in (found.clear, found.sure, found.one_away))
    code = max(found.nearest, key=lambda code: (int(found.nearest[code][position]), code), default="")
    stopped = int(found.nearest[code][position]) if code else 0
    remedy = remedies.get(code) or (remedies.get("skills") if code.startswith("skill:") else None)
    return ForgottenPerson(
        candidate.id,
        candidate.code,
        f"{given} {family}",
        adviser or "",
        days_without_proposal(candidate.last_proposed_on, candidate.created_at, today),
        candidate.last_proposed_on is None,
        _why(clear, sure, stopped, int(found.near_trade[position])),
        clear,
        clear - sure,
        away,
        labels.get(code, "") if stopped else "",
        stopped,
        remedy.label if remedy and stopped else "",
        written_delay(remedy.delay_days) if remedy and stopped else "",
    )


def _why(clear: int, sure: int, stopped: int, near_trade: int) -> Why:
    if sure:
        return Why.READY
    if clear:
        return Why.QUESTIONS
    if stopped:
        return Why.ONE_BLOCKER
    return Why.SEVERAL if near_trade else Why.NO_OFFER
