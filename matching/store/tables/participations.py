"""A person on a commitment by a route, and the decisions on who is eligible."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.clauses.terms import EligiblePublic, ProofKind, Route
from matching.store.tables.base import Base, code_column
from matching.store.tables.people import Person
from matching.terms import ContractKind, Known


class Participation(Base):
    """A participant of a clause. `code` is all that buyers and other companies read.

    `validated_minutes` and `first_worked_on` are folds of the ledger, written with each entry.
    `eligible_*` repeat the last decision, so that lists need not read them all.
    """

    __tablename__ = "participation"
    __table_args__ = (Index("ix_participation_commitment", "commitment_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    route: Mapped[Route] = code_column(Route)
    contract_kind: Mapped[ContractKind | None] = code_column(ContractKind)
    job: Mapped[str] = mapped_column(String(120), default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    weekly_minutes: Mapped[int | None]
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposal.id"), unique=True)
    outcome: Mapped[str | None] = mapped_column(String(32))
    eligible: Mapped[Known] = code_column(Known, default=Known.UNKNOWN)
    eligible_public: Mapped[EligiblePublic | None] = code_column(EligiblePublic)
    eligible_decided_on: Mapped[date | None]
    eligible_until: Mapped[date | None] = mapped_column(index=True)
    validated_minutes: Mapped[int] = mapped_column(default=0)
    first_worked_on: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class EligibilityDecision(Base):
    """Who decided what on which proof. The last one of a participation holds; the others stay."""

    __tablename__ = "eligibility_decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("participation.id"), index=True)
    granted: Mapped[Known] = code_column(Known)
    public: Mapped[EligiblePublic] = code_column(EligiblePublic)
    decided_on: Mapped[date]
    proof_kind: Mapped[ProofKind | None] = code_column(ProofKind)
    proof_dated_on: Mapped[date | None]
    proof_valid_until: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    extension_months: Mapped[int] = mapped_column(default=0)
    ends_on: Mapped[date | None]
    opinion: Mapped[str] = mapped_column(Text, default="")
    override_reason: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class EligibilityRule(Base):
    """How long somebody counts. `public` and `contract_kind` empty: any; `months` empty: the whole contract.

    `start_event` is `first_validated_hour` or `hire`.
    """

    __tablename__ = "eligibility_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[EligiblePublic | None] = code_column(EligiblePublic)
    contract_kind: Mapped[ContractKind | None] = code_column(ContractKind)
    start_event: Mapped[str] = mapped_column(String(32))
    months: Mapped[int | None]
    extension_months: Mapped[int] = mapped_column(default=0)
    maximum_months: Mapped[int | None]
    valid_from: Mapped[date]
    source: Mapped[str] = mapped_column(String(250), default="")
    to_check: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ProofRule(Base):
    """How old a proof may be at the decision. `at_hire`: valid on the day of hire instead of an age."""

    __tablename__ = "proof_rule"
    __table_args__ = (UniqueConstraint("public", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[EligiblePublic] = code_column(EligiblePublic)
    months: Mapped[int | None]
    at_hire: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    source: Mapped[str] = mapped_column(String(250), default="")
    to_check: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
