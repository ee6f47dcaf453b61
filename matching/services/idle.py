"""Who waits for a proposal: one rule, for every page that counts these people or lists them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from matching.clock import PARIS
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.terms import CandidateState

IDLE_DAYS = 30


def is_idle(today: date, days: int = IDLE_DAYS) -> ColumnElement[bool]:
    """In search, no proposal under way, and none made for `days`; never proposed, one waits since the file opened."""
    since = today - timedelta(days=days)
    opened_before = datetime.combine(since + timedelta(days=1), time(0), PARIS).astimezone(UTC)
    under_way = select(Proposal.id).where(Proposal.candidate_id == Candidate.id, Proposal.state.in_(OPEN_STATES))
    return and_(
        Candidate.state == CandidateState.ACTIVE,
        or_(
            Candidate.last_proposed_on <= since,
            and_(Candidate.last_proposed_on.is_(None), Candidate.created_at < opened_before),
        ),
        ~under_way.exists(),
    )


def longest_first() -> tuple[ColumnElement[Any], ...]:
    """Never proposed first, then the oldest proposal."""
    return (
        func.coalesce(Candidate.last_proposed_on, date(1970, 1, 1)),
        Candidate.created_at.expression,
        Candidate.id.expression,
    )


def days_without_proposal(last_proposed_on: date | None, created_at: datetime, today: date) -> int:
    """Days since the last proposal, or since the file was opened when there was none."""
    return max(0, (today - (last_proposed_on or created_at.astimezone(PARIS).date())).days)
