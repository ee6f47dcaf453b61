"""The year that no longer moves: its figures, and what stood behind each of them on the day it was frozen."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matching.clauses.terms import EligiblePublic, Modality, Route, Support
from matching.store.tables.base import Base, BigKey, code_column
from matching.terms import ContractKind


class AnnualSnapshot(Base):
    """Hours of a year as known on a day. The entries behind it: those of the year up to `head_entry_id`, for ever.

    `digest` is the SHA-256 of its lines: append-only, and `matching check` reads them again.
    """

    __tablename__ = "annual_snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(index=True)
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    head_entry_id: Mapped[int] = mapped_column(BigKey)
    head_hash: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int]
    people: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")


class SnapshotLine(Base):
    """One participation on one commitment in the year, with what was known of it then. Empty text is unknown."""

    __tablename__ = "snapshot_line"
    __table_args__ = (Index("ix_snapshot_line_snapshot", "snapshot_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("annual_snapshot.id"))
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"))
    participation_id: Mapped[int | None] = mapped_column(ForeignKey("participation.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    minutes: Mapped[int]
    support: Mapped[Support] = code_column(Support)
    modality: Mapped[Modality] = code_column(Modality)
    route: Mapped[Route | None] = code_column(Route)
    public: Mapped[EligiblePublic | None] = code_column(EligiblePublic)
    sex: Mapped[str] = mapped_column(String(16), default="")
    age_band: Mapped[str] = mapped_column(String(16), default="")
    sector: Mapped[str] = mapped_column(String(80), default="")
    territory: Mapped[str] = mapped_column(String(120), default="")
    contract_kind: Mapped[ContractKind | None] = code_column(ContractKind)
    outcome: Mapped[str] = mapped_column(String(32), default="")
    worked_from: Mapped[date]
    worked_to: Mapped[date]
