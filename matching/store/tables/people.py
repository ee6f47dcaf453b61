"""A person, and the candidate profile that an adviser builds with them.

`person` holds the identity and is not readable by the ranking; the tables marked `RANKING_INPUT` are.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.store.tables.base import RANKING_INPUT, Base, BigKey, code_column
from matching.terms import (
    Barrier,
    BarrierProgress,
    BarrierState,
    CandidateState,
    FactSource,
    Known,
    Orientation,
)


class Person(Base):
    """One identity behind candidates and, later, participants of clauses."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    name_search: Mapped[str] = mapped_column(String(200), index=True)
    phone: Mapped[str] = mapped_column(String(30), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Candidate(Base):
    """A person followed by a unit. `data_version` orders changes for the ranking's snapshot.

    `ranking_words` is derived from the goals' and experiences' own words at every write.
    """

    __tablename__ = "candidate"
    __table_args__ = (Index("ix_candidate_unit_state", "unit_id", "state"), {"info": RANKING_INPUT})

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("employment_unit.id"))
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    state: Mapped[CandidateState] = code_column(CandidateState, default=CandidateState.ACTIVE)
    commune_insee: Mapped[str | None] = mapped_column(ForeignKey("commune.insee"), index=True)
    orientation: Mapped[Orientation | None] = code_column(Orientation)
    weekly_activity_minutes: Mapped[int | None]
    approved_sentence: Mapped[str] = mapped_column(Text, default="")
    rights_opened_on: Mapped[date | None]
    first_meeting_on: Mapped[date | None]
    last_proposed_on: Mapped[date | None] = mapped_column(index=True)
    ranking_words: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    data_version: Mapped[int] = mapped_column(BigKey, default=0, index=True)
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person] = relationship()
    facts: Mapped[list[CandidateFact]] = relationship(cascade="all, delete-orphan")
    goals: Mapped[list[CandidateGoal]] = relationship(cascade="all, delete-orphan", order_by="CandidateGoal.position")
    experiences: Mapped[list[CandidateExperience]] = relationship(
        cascade="all, delete-orphan", order_by="CandidateExperience.id"
    )
    skills: Mapped[list[CandidateSkill]] = relationship(cascade="all, delete-orphan")
    windows: Mapped[list[CandidateWindow]] = relationship(
        cascade="all, delete-orphan", order_by="CandidateWindow.weekday, CandidateWindow.start_minute"
    )
    barriers: Mapped[list[CandidateBarrier]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CandidateFact(Base):
    """One hard fact, yes or no, with its amount or end of validity. No row means unknown."""

    __tablename__ = "candidate_fact"
    __table_args__ = (
        CheckConstraint("value IN ('yes', 'no')", name="yes_or_no"),
        {"info": RANKING_INPUT},
    )

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    fact: Mapped[str] = mapped_column(ForeignKey("fact_kind.code"), primary_key=True)
    value: Mapped[Known] = code_column(Known)
    amount: Mapped[int | None]
    valid_until: Mapped[date | None]
    source: Mapped[FactSource] = code_column(FactSource, default=FactSource.DECLARED)
    known_on: Mapped[date]


class CandidateGoal(Base):
    __tablename__ = "candidate_goal"
    __table_args__ = (UniqueConstraint("candidate_id", "position"), {"info": RANKING_INPUT})

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    rome_code: Mapped[str] = mapped_column(String(5), index=True)
    rome_version: Mapped[str] = mapped_column(String(16))
    title_id: Mapped[int | None]
    own_words: Mapped[str] = mapped_column(String(200), default="")


class CandidateExperience(Base):
    __tablename__ = "candidate_experience"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), index=True)
    rome_code: Mapped[str] = mapped_column(String(5))
    rome_version: Mapped[str] = mapped_column(String(16))
    own_words: Mapped[str] = mapped_column(String(200), default="")
    months: Mapped[int | None]
    ended_on: Mapped[date | None]
    source: Mapped[FactSource] = code_column(FactSource, default=FactSource.DECLARED)
    known_on: Mapped[date]


class CandidateSkill(Base):
    __tablename__ = "candidate_skill"
    __table_args__ = (
        CheckConstraint("value IN ('yes', 'no')", name="yes_or_no"),
        {"info": RANKING_INPUT},
    )

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)
    value: Mapped[Known] = code_column(Known)
    source: Mapped[FactSource] = code_column(FactSource, default=FactSource.DECLARED)
    known_on: Mapped[date]


class CandidateWindow(Base):
    """A window of the week the person can (`yes`) or cannot (`no`) work; the rest is unknown.

    `weekday` 0 is Monday; minutes count from midnight, `end_minute` excluded, at most 1 440.
    """

    __tablename__ = "candidate_window"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="minutes"),
        CheckConstraint("value IN ('yes', 'no')", name="yes_or_no"),
        {"info": RANKING_INPUT},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    value: Mapped[Known] = code_column(Known)
    source: Mapped[FactSource] = code_column(FactSource, default=FactSource.DECLARED)
    known_on: Mapped[date]


class CandidateBarrier(Base):
    """An obstacle talked about with the person; never read by the ranking."""

    __tablename__ = "candidate_barrier"

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), primary_key=True)
    barrier: Mapped[Barrier] = code_column(Barrier, primary_key=True)
    state: Mapped[BarrierState] = code_column(BarrierState)
    progress: Mapped[BarrierProgress] = code_column(BarrierProgress, default=BarrierProgress.NOT_STARTED)
    note: Mapped[str] = mapped_column(Text, default="")
    known_on: Mapped[date]


class PortfolioAssignment(Base):
    """Who followed whom, in which unit, from when to when: kept when units merge."""

    __tablename__ = "portfolio_assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("employment_unit.id"))
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
