"""What would open most offers to the people of a unit, as last counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import Base


class LeverCount(Base):
    """The last count of a unit: long for many people, so kept for all the workers. Numbers only, nobody is named.

    `counted` is what a version of the product wrote of `layout`; another layout is counted anew.
    """

    __tablename__ = "lever_count"

    unit_id: Mapped[int] = mapped_column(ForeignKey("employment_unit.id"), primary_key=True)
    counted_at: Mapped[datetime]
    layout: Mapped[int]
    counted: Mapped[dict[str, Any]] = mapped_column(JSON)
