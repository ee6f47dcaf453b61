"""What was shown to whom: ranked lists, and reads of a person's file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import Base


class ExposureLog(Base):
    """A ranked list as it was shown, complete enough to be explained later.

    `shown` is a list of `[candidate_id, tier, fit, statuses]` in the order of the page.
    """

    __tablename__ = "exposure_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("employment_unit.id"))
    data_version: Mapped[int]
    engine_version: Mapped[str] = mapped_column(String(16))
    seed: Mapped[int]
    weights: Mapped[dict[str, Any]] = mapped_column(JSON)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    shown: Mapped[list[Any]] = mapped_column(JSON)


class ReadLog(Base):
    """Who opened whose file, when."""

    __tablename__ = "read_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    subject_type: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    how: Mapped[str] = mapped_column(String(32))
