"""What a Département decides about clauses: trades, brackets, thresholds. Dated and editable."""

from __future__ import annotations

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import Base, BigKey


class Trade(Base):
    """The part of labour usual in a trade, in percent (decimal as text)."""

    __tablename__ = "trade"
    __table_args__ = (UniqueConstraint("name", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    labour_share: Mapped[str] = mapped_column(String(24))
    valid_from: Mapped[date]
    source: Mapped[str] = mapped_column(String(250), default="")
    to_check: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class HoursBracket(Base):
    """From this amount on (included), these hours; the table of a day is all rows of its latest `valid_from`."""

    __tablename__ = "hours_bracket"
    __table_args__ = (UniqueConstraint("valid_from", "from_cents"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    from_cents: Mapped[int] = mapped_column(BigKey)
    minutes: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ClauseSetting(Base):
    """A threshold or a delay by name: points of progress, days, months. The latest `valid_from` holds."""

    __tablename__ = "clause_setting"
    __table_args__ = (UniqueConstraint("name", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(48))
    label: Mapped[str] = mapped_column(String(160))
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(16), default="")
    valid_from: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
