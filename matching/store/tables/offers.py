"""Offers, what they ask, and when the work takes place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.store.tables.base import RANKING_INPUT, Base, code_column
from matching.store.tables.organisations import Establishment
from matching.terms import ContractKind, Importance, OfferState, RequirementKind


class Offer(Base):
    """Money in cents, time in minutes. `filled_seats` is raised by a guarded update at each hire."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("seats >= 1", name="one_seat"),
        CheckConstraint("filled_seats >= 0 AND filled_seats <= seats", name="seats_not_exceeded"),
        Index("ix_offer_state_refreshed", "state", "refreshed_on"),
        {"info": RANKING_INPUT},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    establishment_id: Mapped[int] = mapped_column(ForeignKey("establishment.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("employment_unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    title_search: Mapped[str] = mapped_column(String(200), index=True)
    rome_code: Mapped[str | None] = mapped_column(String(5), index=True)
    rome_version: Mapped[str | None] = mapped_column(String(16))
    title_id: Mapped[int | None]
    description: Mapped[str] = mapped_column(Text, default="")
    seats: Mapped[int] = mapped_column(default=1)
    filled_seats: Mapped[int] = mapped_column(default=0)
    contract_kind: Mapped[ContractKind | None] = code_column(ContractKind)
    weekly_minutes: Mapped[int | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    pay_cents: Mapped[int | None]
    pay_period: Mapped[str | None] = mapped_column(String(8))
    pay_hourly_cents: Mapped[int | None]
    schedule_flags: Mapped[list[str]] = mapped_column(JSON, default=list)
    immersion_possible: Mapped[bool] = mapped_column(default=False)
    commitment_reference: Mapped[str] = mapped_column(String(60), default="")
    reserved_publics: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[OfferState] = code_column(OfferState, default=OfferState.DRAFT)
    wording_override: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    published_on: Mapped[date | None]
    refreshed_on: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    establishment: Mapped[Establishment] = relationship()
    places: Mapped[list[OfferPlace]] = relationship(cascade="all, delete-orphan", order_by="OfferPlace.position")
    windows: Mapped[list[OfferWindow]] = relationship(
        cascade="all, delete-orphan", order_by="OfferWindow.weekday, OfferWindow.start_minute"
    )
    requirements: Mapped[list[OfferRequirement]] = relationship(
        cascade="all, delete-orphan", order_by="OfferRequirement.id"
    )

    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012


class OfferPlace(Base):
    __tablename__ = "offer_place"
    __table_args__ = ({"info": RANKING_INPUT},)

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), primary_key=True)
    commune_insee: Mapped[str] = mapped_column(ForeignKey("commune.insee"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class OfferWindow(Base):
    """Hours of work of a usual week; `weekday` 0 is Monday, minutes from midnight, end excluded."""

    __tablename__ = "offer_window"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="minutes"),
        {"info": RANKING_INPUT},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class OfferRequirement(Base):
    """`code` names the fact (capability) or the skill id (skill); `amount` is the level, months or kilograms."""

    __tablename__ = "offer_requirement"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RequirementKind] = code_column(RequirementKind)
    code: Mapped[str] = mapped_column(String(48), default="")
    amount: Mapped[int | None]
    importance: Mapped[Importance] = code_column(Importance)
