"""The audit trail: append-only, hash-chained, guarded by triggers on both engines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import Base, BigKey

GUARDED_TABLES: dict[str, tuple[str, ...]] = {
    "audit_event": ("id", "hash"),
    "ledger_entry": ("id", "hash"),
    "commitment_event": ("id",),
    "annual_snapshot": ("id",),
    "snapshot_line": ("id",),
}
"""Append-only tables, with the columns by which `INSERT OR REPLACE` could take a row's place."""


class AuditEvent(Base):
    """Who did what to which object, when. `details` is canonical JSON of codes, identifiers and amounts only."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject_type", "subject_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(48))
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    details: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditNote(Base):
    """Names and free text that go with an event: outside the chain, so that they can be erased."""

    __tablename__ = "audit_note"

    event_id: Mapped[int] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class ChainHead(Base):
    """The last link: one row, locked while a transaction adds to the chain."""

    __tablename__ = "chain_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[str] = mapped_column(String(64))


class DataClock(Base):
    """A counter a stream, raised in the transaction that changes the stream.

    Its row stays locked until that transaction ends, so versions are seen in the order they are committed:
    a reader that saw version n can never miss a change numbered below n.
    """

    __tablename__ = "data_clock"

    stream: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(BigKey)
