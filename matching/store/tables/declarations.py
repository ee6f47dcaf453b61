"""The month of a commitment: what a company declares line by line, with its evidence, and the officer's decisions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.clauses.terms import DeclarationState, LineState, RejectReason
from matching.store.tables.base import Base, code_column


class Evidence(Base):
    """A document. Its content lies outside the web root under its SHA-256; what it is was read from the content."""

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(String(160))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    commitment_id: Mapped[int | None] = mapped_column(ForeignKey("commitment.id"), index=True)
    declaration_id: Mapped[int | None] = mapped_column(ForeignKey("hour_declaration.id"), index=True)
    participation_id: Mapped[int | None] = mapped_column(ForeignKey("participation.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class HourDeclaration(Base):
    """One company's month on one commitment. `month` is its first day.

    `number` is 1, then 2… when hours forgotten are declared after the month was decided.
    """

    __tablename__ = "hour_declaration"
    __table_args__ = (
        UniqueConstraint("commitment_id", "organisation_id", "month", "number"),
        Index("ix_hour_declaration_state", "state", "submitted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    month: Mapped[date]
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[DeclarationState] = code_column(DeclarationState, default=DeclarationState.DRAFT)
    source: Mapped[str] = mapped_column(String(16), default="page")
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    return_reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list[DeclarationLine]] = relationship(
        cascade="all, delete-orphan", order_by="DeclarationLine.id", back_populates="declaration"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DeclarationLine(Base):
    """Hours of one person. `minutes` None is not known yet; 0 is « n’a pas travaillé ici ce mois ».

    `override_code` is the rule that said no when an officer counted the line all the same, with a reason.
    """

    __tablename__ = "declaration_line"
    __table_args__ = (
        Index("ix_declaration_line_declaration", "declaration_id", "id"),
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes"),
        CheckConstraint("from_on <= to_on", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("hour_declaration.id", ondelete="CASCADE"))
    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), index=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    minutes: Mapped[int | None]
    training_minutes: Mapped[int] = mapped_column(default=0)
    state: Mapped[LineState] = code_column(LineState, default=LineState.PENDING)
    reject_reason: Mapped[RejectReason | None] = code_column(RejectReason)
    reason_note: Mapped[str] = mapped_column(Text, default="")
    override_code: Mapped[str | None] = mapped_column(String(48))
    override_reason: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("declaration_line.id"))

    declaration: Mapped[HourDeclaration] = relationship(back_populates="lines")
    days: Mapped[list[LineDay]] = relationship(cascade="all, delete-orphan", order_by="LineDay.day")


class LineDay(Base):
    __tablename__ = "line_day"
    __table_args__ = (CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),)

    line_id: Mapped[int] = mapped_column(ForeignKey("declaration_line.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    minutes: Mapped[int]


class DuplicateResolution(Base):
    """An officer looked at two lines that may be the same hours: `differ` says they are not. First id is smaller."""

    __tablename__ = "duplicate_resolution"
    __table_args__ = (UniqueConstraint("first_line_id", "second_line_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_line_id: Mapped[int] = mapped_column(ForeignKey("declaration_line.id"))
    second_line_id: Mapped[int] = mapped_column(ForeignKey("declaration_line.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class CorrectionRequest(Base):
    """A declarant asks to correct a month already decided. `state`: `open`, `accepted`, `refused`."""

    __tablename__ = "correction_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("hour_declaration.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("declaration_line.id"))
    wanted_minutes: Mapped[int | None]
    message: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DeclarationLink(Base):
    """A link to declare without an account: one commitment, one company, one month. Only its SHA-256 is kept."""

    __tablename__ = "declaration_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    month: Mapped[date]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
