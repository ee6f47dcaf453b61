"""What carries insertion hours: contracts, subsidies, guarantees, their lots, who holds them, what happened to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.clauses.terms import (
    BuyerCategory,
    EligiblePublic,
    EventKind,
    GroupLiability,
    Modality,
    NoConditionGround,
    PartyRole,
    Procedure,
    PurchaseNature,
    Support,
    TerminationRule,
    TrainingHours,
)
from matching.store.tables.base import Base, BigKey, code_column
from matching.store.tables.organisations import Organisation


class Contract(Base):
    """A public contract, a framework, a subsidy or a loan guarantee. Its number is unique for its buyer's SIREN.

    `source` is `typed`, `imported` (spreadsheet) or `decp`. `social`: codes of published considerations joined by a
    comma, `none` when it says that there are none, None when it says nothing. `holders`: SIRETs joined by a space.
    `lot_of` and `lot_number`: confirmed by a person; an empty `lot_number` says that the identifier hides no lot.
    `publication`: the other fields that the official format asks, as JSON.
    """

    __tablename__ = "contract"
    __table_args__ = (UniqueConstraint("buyer_id", "number"), Index("ix_contract_launched", "launched_on"))

    id: Mapped[int] = mapped_column(primary_key=True)
    support: Mapped[Support] = code_column(Support)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    buyer_siret: Mapped[str] = mapped_column(String(14), default="")
    number: Mapped[str] = mapped_column(String(40))
    object: Mapped[str] = mapped_column(String(500))
    object_search: Mapped[str] = mapped_column(String(560), index=True)
    cpv: Mapped[str] = mapped_column(String(10), default="")
    nature: Mapped[PurchaseNature | None] = code_column(PurchaseNature)
    procedure: Mapped[Procedure | None] = code_column(Procedure)
    estimate_cents: Mapped[int | None] = mapped_column(BigKey)
    amount_cents: Mapped[int | None] = mapped_column(BigKey)
    launched_on: Mapped[date | None]
    notified_on: Mapped[date | None]
    start_on: Mapped[date | None]
    end_on: Mapped[date | None]
    commune_insee: Mapped[str | None] = mapped_column(ForeignKey("commune.insee"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"))
    source: Mapped[str] = mapped_column(String(16), default="typed", server_default="typed")
    buyer_category: Mapped[BuyerCategory | None] = code_column(BuyerCategory)
    social: Mapped[str | None] = mapped_column(String(64))
    no_condition_ground: Mapped[NoConditionGround | None] = code_column(NoConditionGround)
    no_condition_note: Mapped[str | None] = mapped_column(Text)
    months: Mapped[int | None]
    published_on: Mapped[date | None]
    holders: Mapped[str | None] = mapped_column(Text)
    place_code: Mapped[str | None] = mapped_column(String(8))
    place_kind: Mapped[str | None] = mapped_column(String(30))
    lot_of: Mapped[str | None] = mapped_column(String(40))
    lot_number: Mapped[str | None] = mapped_column(String(20))
    publication: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    buyer: Mapped[Organisation] = relationship()
    commitments: Mapped[list[Commitment]] = relationship(back_populates="contract", order_by="Commitment.lot")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Commitment(Base):
    """The hours committed on one lot, or on the whole contract when it has none (`lot` empty).

    `validated_minutes` is the fold of the ledger's entries, written in the transaction of each entry.
    The four `order_*` columns are decimals as text: minutes due on a framework follow its purchase orders.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("contract_id", "lot"),
        CheckConstraint("window_from IS NULL OR window_to IS NULL OR window_from <= window_to", name="window"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    lot: Mapped[str] = mapped_column(String(20), default="")
    label: Mapped[str] = mapped_column(String(200))
    label_search: Mapped[str] = mapped_column(String(240), index=True)
    modality: Mapped[Modality] = code_column(Modality)
    liability: Mapped[GroupLiability | None] = code_column(GroupLiability)
    facilitator_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    sector: Mapped[str] = mapped_column(String(80), default="")
    commune_insee: Mapped[str | None] = mapped_column(ForeignKey("commune.insee"))
    window_from: Mapped[date | None]
    window_to: Mapped[date | None]
    amount_cents: Mapped[int | None] = mapped_column(BigKey)
    required_minutes: Mapped[int | None]
    promised_minutes: Mapped[int | None]
    order_labour_share: Mapped[str | None] = mapped_column(String(24))
    order_rate: Mapped[str | None] = mapped_column(String(24))
    order_hourly_cost: Mapped[str | None] = mapped_column(String(24))
    order_rounding: Mapped[str | None] = mapped_column(String(8))
    sizing_working: Mapped[str] = mapped_column(Text, default="")
    sizing_rounding: Mapped[str] = mapped_column(String(8), default="")
    training: Mapped[TrainingHours] = code_column(TrainingHours, default=TrainingHours.NONE)
    training_cap_percent: Mapped[int | None]
    evidence_required: Mapped[bool] = mapped_column(default=False)
    closed_on: Mapped[date | None]
    last_action_at: Mapped[datetime]
    validated_minutes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    contract: Mapped[Contract] = relationship(back_populates="commitments")
    publics: Mapped[list[CommitmentPublic]] = relationship(cascade="all, delete-orphan")
    targets: Mapped[list[CommitmentTarget]] = relationship(cascade="all, delete-orphan")
    parties: Mapped[list[CommitmentParty]] = relationship(cascade="all, delete-orphan", order_by="CommitmentParty.id")
    penalty: Mapped[PenaltyTermsRow | None] = relationship(cascade="all, delete-orphan", uselist=False)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CommitmentPublic(Base):
    """A public that this contract allows. No row at all: every public of the master list."""

    __tablename__ = "commitment_public"

    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    public: Mapped[EligiblePublic] = code_column(EligiblePublic, primary_key=True)


class CommitmentTarget(Base):
    """A part of the hours asked for some people: `target` is a public, `women` or `under_26`."""

    __tablename__ = "commitment_target"

    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    target: Mapped[str] = mapped_column(String(32), primary_key=True)
    percent: Mapped[int]


class CommitmentParty(Base):
    """Who holds or works the commitment. The organisation is kept by its SIREN; its SIRET may change."""

    __tablename__ = "commitment_party"
    __table_args__ = (UniqueConstraint("commitment_id", "organisation_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[PartyRole] = code_column(PartyRole)
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]

    organisation: Mapped[Organisation] = relationship()


class CommitmentContact(Base):
    """Somebody to call. They go stale: `last_heard_on` is the day of their last answer."""

    __tablename__ = "commitment_contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))
    job: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    active: Mapped[bool] = mapped_column(default=True)
    last_heard_on: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class ContactExchange(Base):
    """A call, a mail, a visit. `answered` False: we tried and nobody replied."""

    __tablename__ = "contact_exchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("commitment_contact.id"))
    happened_on: Mapped[date]
    channel: Mapped[str] = mapped_column(String(16))
    answered: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(Text, default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


class CommitmentEvent(Base):
    """What changes the hours due. Append-only: two dates, when it takes effect and when it was recorded."""

    __tablename__ = "commitment_event"
    __table_args__ = (Index("ix_commitment_event_fold", "commitment_id", "effective_on", "recorded_on", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"))
    kind: Mapped[EventKind] = code_column(EventKind)
    effective_on: Mapped[date]
    recorded_on: Mapped[date]
    recorded_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    minutes: Mapped[int | None]
    amount_cents: Mapped[int | None] = mapped_column(BigKey)
    termination_rule: Mapped[TerminationRule | None] = code_column(TerminationRule)
    executed_cents: Mapped[int | None] = mapped_column(BigKey)
    total_cents: Mapped[int | None] = mapped_column(BigKey)
    whole: Mapped[bool] = mapped_column(default=False)
    to_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    label: Mapped[str] = mapped_column(String(200), default="")
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))


class PenaltyTermsRow(Base):
    """The penalty as this contract words it. Decimals as text; None means the contract has no such term."""

    __tablename__ = "penalty_terms"

    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True)
    per_hour_cents: Mapped[int | None]
    index_code: Mapped[str | None] = mapped_column(String(16))
    index_multiple: Mapped[str | None] = mapped_column(String(24))
    index_moment: Mapped[str | None] = mapped_column(String(16))
    late_day_cents: Mapped[int | None]
    late_day_count: Mapped[str | None] = mapped_column(String(16))
    lump_cents: Mapped[int | None] = mapped_column(BigKey)
    cap_percent: Mapped[str | None] = mapped_column(String(24))
    cap_base_cents: Mapped[int | None] = mapped_column(BigKey)
    minimum_cents: Mapped[int | None] = mapped_column(BigKey)
    waived_below_cents: Mapped[int | None] = mapped_column(BigKey)
    notice_required: Mapped[bool] = mapped_column(default=False)
    notice_delay_days: Mapped[int] = mapped_column(default=0)
    notice_from: Mapped[str] = mapped_column(String(16), default="sent")
    best_efforts: Mapped[bool] = mapped_column(default=False)


class PoolingAgreement(Base):
    """A written agreement by which one company's hours are shared between several of its commitments."""

    __tablename__ = "pooling_agreement"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    label: Mapped[str] = mapped_column(String(200))
    signed_on: Mapped[date]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    members: Mapped[list[PoolingMember]] = relationship(cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class PoolingMember(Base):
    __tablename__ = "pooling_member"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("pooling_agreement.id", ondelete="CASCADE"), primary_key=True)
    commitment_id: Mapped[int] = mapped_column(ForeignKey("commitment.id"), primary_key=True)


class ContractAmendment(Base):
    """An amendment published with a contract: the new total, not the difference.

    `state` is `proposed` until a person decides: `applied` (with the event it made, if hours changed) or `set_aside`.
    `key` tells amendments apart: published numbers are missing or repeated.
    """

    __tablename__ = "contract_amendment"
    __table_args__ = (UniqueConstraint("contract_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contract.id"))
    key: Mapped[str] = mapped_column(String(64))
    number: Mapped[int | None]
    notified_on: Mapped[date | None]
    amount_cents: Mapped[int | None] = mapped_column(BigKey)
    months: Mapped[int | None]
    holders: Mapped[str] = mapped_column(Text, default="")
    published_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(16), default="proposed", index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("commitment_event.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
