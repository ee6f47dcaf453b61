"""A person proposed for an offer, step by step."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.store.tables.base import RANKING_INPUT, Base, code_column
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.terms import AgreementChannel, ProposalState, RefusalSide

OPEN_STATES = (
    ProposalState.PROPOSED,
    ProposalState.AGREED,
    ProposalState.SENT,
    ProposalState.SEEN,
    ProposalState.INTERVIEW,
    ProposalState.IMMERSION,
    ProposalState.OFFERED,
)
_OPEN = "state IN ('proposed', 'agreed', 'sent', 'seen', 'interview', 'immersion', 'offered')"


class Proposal(Base):
    __tablename__ = "proposal"
    __table_args__ = (
        # One open proposal of a person for an offer, whatever two advisers do at once.
        Index(
            "uq_proposal_open",
            "offer_id",
            "candidate_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index("ix_proposal_state_changed", "state", "state_changed_at"),
        {"info": RANKING_INPUT},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id"), index=True)
    adviser_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[ProposalState] = code_column(ProposalState, default=ProposalState.PROPOSED)
    agreed_on: Mapped[date | None]
    agreement_channel: Mapped[AgreementChannel | None] = code_column(AgreementChannel)
    interview_on: Mapped[date | None]
    hired_on: Mapped[date | None]
    refusal_side: Mapped[RefusalSide | None] = code_column(RefusalSide)
    refusal_reason: Mapped[str | None] = mapped_column(String(48))
    exposure_id: Mapped[int | None] = mapped_column(ForeignKey("exposure_log.id"))
    created_at: Mapped[datetime]
    state_changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    offer: Mapped[Offer] = relationship()
    candidate: Mapped[Candidate] = relationship()
    steps: Mapped[list[ProposalStep]] = relationship(cascade="all, delete-orphan", order_by="ProposalStep.id")

    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012


class ProposalStep(Base):
    """Who moved it, when, on which day it happened, why."""

    __tablename__ = "proposal_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    state: Mapped[ProposalState] = code_column(ProposalState)
    at: Mapped[datetime]
    happened_on: Mapped[date]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason_side: Mapped[RefusalSide | None] = code_column(RefusalSide)
    reason_code: Mapped[str | None] = mapped_column(String(48))
    note: Mapped[str] = mapped_column(Text, default="")
