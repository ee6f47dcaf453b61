"""Reading the audit trail: who did what, when; and checking that no link was touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.services.context import Context
from matching.services.paging import page_shown
from matching.store import trail
from matching.store.tables.accounts import UserAccount
from matching.store.tables.trail import AuditEvent

PAGE_SIZE = 100


@dataclass(frozen=True)
class EventLine:
    """One event. `who` is the name of the account, or empty for the machine itself; `details` are codes."""

    id: int
    at: datetime
    who: str
    action: str
    subject_type: str
    subject_id: int
    details: Mapping[str, Any]


@dataclass(frozen=True)
class EventPage:
    lines: tuple[EventLine, ...]
    total: int
    page: int
    page_size: int
    actions: tuple[str, ...]


@dataclass(frozen=True)
class ChainCheck:
    """`broken` is the first event that does not follow from the one before; None when all hold."""

    events: int
    broken: int | None


def read_trail(
    ctx: Context,
    actor: Actor,
    *,
    action: str = "",
    actor_id: int | None = None,
    subject_type: str = "",
    subject_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    page: int = 1,
) -> EventPage:
    """Events, the latest first. `since` and `until` are days in France, both included."""
    require(actor, Permission.READ_TRAIL)
    where: list[ColumnElement[bool]] = []
    if action:
        where.append(AuditEvent.action == action)
    if actor_id is not None:
        where.append(AuditEvent.actor_id == actor_id)
    if subject_type:
        where.append(AuditEvent.subject_type == subject_type)
    if subject_id is not None:
        where.append(AuditEvent.subject_id == subject_id)
    if since is not None:
        where.append(AuditEvent.at >= _midnight(since))
    if until is not None:
        where.append(AuditEvent.at < _midnight(until + timedelta(days=1)))
    with ctx.read() as session:
        total = session.execute(select(func.count()).select_from(AuditEvent).where(*where)).scalar_one()
        page = page_shown(page, total, PAGE_SIZE)
        query = (
            select(AuditEvent, UserAccount.name)
            .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
            .where(*where)
            .order_by(AuditEvent.id.desc())
        )
        rows = session.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
        actions = session.execute(select(AuditEvent.action).distinct().order_by(AuditEvent.action)).scalars()
        lines = tuple(_line(event, name) for event, name in rows)
        return EventPage(lines, total, page, PAGE_SIZE, tuple(actions))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def _line(event: AuditEvent, name: str | None) -> EventLine:
    details = json.loads(event.details)
    return EventLine(event.id, event.at, name or "", event.action, event.subject_type, event.subject_id, details)


def check_trail(ctx: Context, actor: Actor) -> ChainCheck:
    """Go through the whole chain, link by link."""
    require(actor, Permission.READ_TRAIL)
    with ctx.engine.connect() as connection:
        broken = trail.first_broken_link(connection)
        events = connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
    return ChainCheck(events, broken)
