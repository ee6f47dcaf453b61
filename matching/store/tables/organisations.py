"""Employers of every kind, their establishments, and the Département's employment units."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.store.tables.base import Base, code_column
from matching.terms import OrganisationKind


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(160))
    name_search: Mapped[str] = mapped_column(String(200), index=True)
    siren: Mapped[str] = mapped_column(String(9), unique=True)
    kind: Mapped[OrganisationKind] = code_column(OrganisationKind)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    establishments: Mapped[list[Establishment]] = relationship(back_populates="organisation")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Establishment(Base):
    __tablename__ = "establishment"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    siret: Mapped[str] = mapped_column(String(14), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    name_search: Mapped[str] = mapped_column(String(200), index=True)
    commune_insee: Mapped[str | None] = mapped_column(ForeignKey("commune.insee"))
    address: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(back_populates="establishments")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class EmploymentUnit(Base):
    """A unit closes or merges and stays on record, with the unit that took over."""

    __tablename__ = "employment_unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    commune_insee: Mapped[str | None] = mapped_column(ForeignKey("commune.insee"))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("employment_unit.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
