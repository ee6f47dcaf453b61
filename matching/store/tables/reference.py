"""Reference data and the Département's own settings: all dated, all editable."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from matching.store.tables.base import RANKING_INPUT, Base, code_column
from matching.terms import Criterion, FactGroup, FactUnit, RemedyKind


class RomeOccupation(Base):
    __tablename__ = "rome_occupation"
    __table_args__ = ({"info": RANKING_INPUT},)

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    label: Mapped[str] = mapped_column(String(200))
    family: Mapped[str] = mapped_column(String(5), index=True)
    version: Mapped[str] = mapped_column(String(16))


class JobTitle(Base):
    __tablename__ = "job_title"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rome_code: Mapped[str] = mapped_column(ForeignKey("rome_occupation.code"), index=True)
    label: Mapped[str] = mapped_column(String(250))
    label_search: Mapped[str] = mapped_column(String(250))


class OccupationSynonym(Base):
    """Everyday words for an occupation; an administrator can add some."""

    __tablename__ = "occupation_synonym"
    __table_args__ = (UniqueConstraint("words", "rome_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(String(120))
    rome_code: Mapped[str] = mapped_column(ForeignKey("rome_occupation.code"))
    embedded: Mapped[bool] = mapped_column(default=False)


class RomeMobility(Base):
    """`kind` is `close` or `evolution`."""

    __tablename__ = "rome_mobility"
    __table_args__ = ({"info": RANKING_INPUT},)

    source: Mapped[str] = mapped_column(String(5), primary_key=True)
    target: Mapped[str] = mapped_column(String(5), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))


class Skill(Base):
    __tablename__ = "skill"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(250))
    label_search: Mapped[str] = mapped_column(String(250), index=True)


class RomeSkill(Base):
    __tablename__ = "rome_skill"
    __table_args__ = ({"info": RANKING_INPUT},)

    rome_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skill.id"), primary_key=True)


class Commune(Base):
    """`area_km2`, `lat`, `lon` unknown for a few communes: then travel is unknown, not refused."""

    __tablename__ = "commune"
    __table_args__ = ({"info": RANKING_INPUT},)

    insee: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_search: Mapped[str] = mapped_column(String(120), index=True)
    departement: Mapped[str] = mapped_column(String(3), index=True)
    postal_codes: Mapped[str] = mapped_column(String(400))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    area_km2: Mapped[float | None]
    population: Mapped[int | None]


class TransitNetwork(Base):
    __tablename__ = "transit_network"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    speed_kmh: Mapped[float]


class TransitNetworkCommune(Base):
    __tablename__ = "transit_network_commune"
    __table_args__ = ({"info": RANKING_INPUT},)

    network_id: Mapped[int] = mapped_column(ForeignKey("transit_network.id", ondelete="CASCADE"), primary_key=True)
    commune_insee: Mapped[str] = mapped_column(ForeignKey("commune.insee"), primary_key=True)


class LegalParameter(Base):
    """An amount decided by law, from a date on. `to_check` is shown as « à vérifier »."""

    __tablename__ = "legal_parameter"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date]
    amount: Mapped[str] = mapped_column(String(32))
    unit: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(250), default="")
    to_check: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class FactKind(Base):
    """The registry of facts: what can be known of a candidate and asked by an offer."""

    __tablename__ = "fact_kind"
    __table_args__ = ({"info": RANKING_INPUT},)

    code: Mapped[str] = mapped_column(String(48), primary_key=True)
    group: Mapped[FactGroup] = code_column(FactGroup)
    unit: Mapped[FactUnit] = code_column(FactUnit)
    label: Mapped[str] = mapped_column(String(120))
    question: Mapped[str] = mapped_column(String(250))
    position: Mapped[int] = mapped_column(default=0)


class Remedy(Base):
    """What lifts an obstacle: `lifts` is a fact code or a criterion; delay in days."""

    __tablename__ = "remedy"
    __table_args__ = ({"info": RANKING_INPUT},)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RemedyKind] = code_column(RemedyKind)
    lifts: Mapped[str] = mapped_column(String(48), index=True)
    label: Mapped[str] = mapped_column(String(160))
    delay_days: Mapped[int]
    who: Mapped[str] = mapped_column(String(160), default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CriterionWeight(Base):
    """Weight and cost of an unknown, in points of fit; `unit_id` empty is the Département's default."""

    __tablename__ = "criterion_weight"
    __table_args__ = (
        UniqueConstraint("unit_id", "criterion"),
        Index("ix_criterion_weight_unit", "unit_id"),
        {"info": RANKING_INPUT},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("employment_unit.id"))
    criterion: Mapped[Criterion] = code_column(Criterion)
    weight: Mapped[float] = mapped_column(Numeric(8, 3, asdecimal=False))
    unknown_cost: Mapped[float] = mapped_column(Numeric(8, 3, asdecimal=False))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class RankingSetting(Base):
    """Other numbers of the ranking (speeds, ranges, spread…), by name."""

    __tablename__ = "ranking_setting"
    __table_args__ = ({"info": RANKING_INPUT},)

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    amount: Mapped[float]
    label: Mapped[str] = mapped_column(Text, default="")


class ReferenceLoad(Base):
    """Which reference was loaded when; the occupation search is trained again after each load."""

    __tablename__ = "reference_load"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(32))
    loaded_at: Mapped[datetime]
    titles: Mapped[int]
    communes: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
