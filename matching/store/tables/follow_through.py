"""What is done about a commitment that falls behind: recovery plans, formal notices, penalties decided."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from matching.clauses.terms import PenaltyDecisionKind
from matching.store.tables.base import Base, BigKey, code_column


class RecoveryPlan(Base):
    """People × hours a week × weeks, dated and followed. `state`: `proposed`, `approved`, `dropped`."""

    __tablename__ = "recovery_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), index=True)
    people: Mapped[int]
    weekly_minutes: Mapped[int]
    weeks: Mapped[int]
    from_on: Mapped[date]
    minutes: Mapped[int]
    signed_on: Mapped[date | None]
    signed_by: Mapped[str] = mapped_column(String(120), default="")
    review_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    note: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class FormalNotice(Base):
    __tablename__ = "formal_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), index=True)
    sent_on: Mapped[date]
    received_on: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class PenaltyDecision(Base):
    """A person decided; the working of that day stays with the decision. `working` is lines of text."""

    __tablename__ = "penalty_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), index=True)
    kind: Mapped[PenaltyDecisionKind] = code_column(PenaltyDecisionKind)
    missing_minutes: Mapped[int]
    late_days: Mapped[int] = mapped_column(default=0)
    computed_cents: Mapped[int] = mapped_column(BigKey)
    amount_cents: Mapped[int] = mapped_column(BigKey)
    working: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
