"""The ledger of insertion hours: append-only, hash-chained, guarded by triggers; and the totals written with it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from matching.clauses.terms import EntryKind
from matching.store.tables.base import Base, BigKey, code_column

_IS_ENTRY = "kind = 'entry'"


class LedgerEntry(Base):
    """Minutes that count, or stop counting. Never changed, never deleted: `hash` covers the row and the one before.

    `month` is the first day of the month worked; `recorded_at` is when the entry was written.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        # One validated line, one entry; one entry, one reversal: whatever two officers do at once.
        Index(
            "uq_ledger_entry_line",
            "line_id",
            unique=True,
            sqlite_where=text(_IS_ENTRY),
            postgresql_where=text(_IS_ENTRY),
        ),
        Index("ix_ledger_entry_commitment", "commitment_id", "month"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        CheckConstraint("kind <> 'entry' OR (line_id IS NOT NULL AND minutes > 0)", name="entry"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    kind: Mapped[EntryKind] = code_column(EntryKind)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"))
    participation_id: Mapped[int | None] = mapped_column(ForeignKey("participation.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("declaration_line.id"), index=True)
    allocation_id: Mapped[int | None] = mapped_column(ForeignKey("allocation.id"), index=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    minutes: Mapped[int]
    month: Mapped[date]
    worked_from: Mapped[date]
    worked_to: Mapped[date]
    reason: Mapped[str] = mapped_column(String(48), default="")
    recorded_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class LedgerHead(Base):
    """The last entry: one row, locked while a transaction adds to the ledger."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[str] = mapped_column(String(64))


class CommitmentMonth(Base):
    """Minutes validated on a commitment by month worked: a fold of the ledger, written with each entry."""

    __tablename__ = "commitment_month"

    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    validated_minutes: Mapped[int] = mapped_column(default=0)


class Allocation(Base):
    """A part of one validated line that counts for another commitment of the same pooling agreement."""

    __tablename__ = "allocation"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("pooling_agreement.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("declaration_line.id"), index=True)
    to_commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), index=True)
    minutes: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
