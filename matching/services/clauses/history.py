"""What happened to a commitment and all it holds, from the audit trail, the latest first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.base import Base
from matching.store.tables.contracts import Commitment, CommitmentContact, CommitmentEvent, ContactExchange
from matching.store.tables.declarations import HourDeclaration
from matching.store.tables.follow_through import FormalNotice, PenaltyDecision, RecoveryPlan
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent, AuditNote

PAGE_SIZE = 50
_PARTS: Mapping[str, type[Base]] = {
    "hour_declaration": HourDeclaration,
    "participation": Participation,
    "commitment_event": CommitmentEvent,
    "commitment_contact": CommitmentContact,
    "contact_exchange": ContactExchange,
    "recovery_plan": RecoveryPlan,
    "formal_notice": FormalNotice,
    "penalty_decision": PenaltyDecision,
}
"""What an event can be about, beside the commitment and its contract: rows that name their commitment."""


@dataclass(frozen=True)
class HistoryEntry:
    """`who` is empty for the machine itself; `action` is a code whose French words are the pages' affair."""

    id: int
    at: datetime
    who: str
    action: str
    minutes: int | None
    note: str


@dataclass(frozen=True)
class History:
    """A page of entries; `older` asks for the next one, None at the end."""

    commitment_id: int
    label: str
    entries: tuple[HistoryEntry, ...]
    older: int | None


def read_history(ctx: Context, actor: Actor, commitment_id: int, before: int | None = None) -> History:
    """The events of a commitment in reach, `before` an event's number (None: from the last); raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        found = history_of(session, row, PAGE_SIZE + 1, before)
    shown = found[:PAGE_SIZE]
    older = shown[-1].id if len(found) > PAGE_SIZE else None
    return History(row.id, row.label, shown, older)


def history_of(session: Session, row: Commitment, limit: int, before: int | None = None) -> tuple[HistoryEntry, ...]:
    """The last `limit` events about a commitment, its contract, declarations, participants, plans and contacts."""
    about = [
        and_(AuditEvent.subject_type == "commitment", AuditEvent.subject_id == row.id),
        and_(AuditEvent.subject_type == "contract", AuditEvent.subject_id == row.contract_id),
    ]
    for name, table in _PARTS.items():
        mine = _ids(table, row.id)
        about.append(and_(AuditEvent.subject_type == name, AuditEvent.subject_id.in_(mine)))
    query = (
        select(AuditEvent, UserAccount.name, AuditNote.text)
        .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
        .outerjoin(AuditNote, AuditNote.event_id == AuditEvent.id)
        # Each line written in the ledger follows a decision that is told already.
        .where(or_(*about), AuditEvent.action != "ledger.appended")
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return tuple(_entry(*found) for found in session.execute(query))


def _ids(table: Any, commitment_id: int) -> Select[Any]:
    return select(table.id).where(table.commitment_id == commitment_id)


def _entry(event: AuditEvent, name: str | None, note: str | None) -> HistoryEntry:
    minutes = json.loads(event.details).get("minutes")
    known = minutes if isinstance(minutes, int) and not isinstance(minutes, bool) else None
    return HistoryEntry(event.id, event.at, name or "", event.action, known, note or "")
