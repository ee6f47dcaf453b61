"""The forms of a contract and of its commitments: from what was typed to what the services take, and back."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

from matching.clauses.calendar import DayCount
from matching.clauses.penalty import IndexMoment, NoticeFrom, PenaltyIndex, PenaltyTerms
from matching.clauses.rounding import Rounding
from matching.clauses.terms import (
    EligiblePublic,
    GroupLiability,
    Modality,
    PartyRole,
    Procedure,
    PurchaseNature,
    Support,
    TrainingHours,
)
from matching.exchange.values import show, show_cents, show_minutes
from matching.services.clauses.commitment_inputs import TARGET_LABELS, CommitmentInput, ContractInput
from matching.services.clauses.parties import OrganisationInput, PartyInput
from matching.terms import Labelled, OrganisationKind
from matching.web.typed import Typed, options

PARTIES = 4
"""Companies that can be written with a new commitment; others are added on its own page."""
TARGETS = ("women", "under_26", "rsa", "qpv", "senior", "rqth", "long_term_24")
BUYER_KINDS = (
    OrganisationKind.LOCAL_AUTHORITY,
    OrganisationKind.DEPARTEMENT,
    OrganisationKind.COMPANY,
    OrganisationKind.ASSOCIATION,
)


def choices() -> dict[str, list[tuple[str, str]]]:
    """The pairs of every select of the two forms."""
    return {
        "supports": options(Support),
        "natures": options(PurchaseNature, "À préciser"),
        "procedures": options(Procedure, "À préciser"),
        "modalities": options(Modality),
        "liabilities": options(GroupLiability, "Sans objet"),
        "trainings": [(item.value, item.label) for item in TrainingHours],
        "roundings": [(item.value, item.label) for item in Rounding],
        "roles": options(PartyRole, "Aucune"),
        "kinds": [(item.value, item.label) for item in OrganisationKind],
        "buyer_kinds": [(item.value, item.label) for item in BUYER_KINDS],
        "publics": [(item.value, item.label) for item in EligiblePublic],
        "targets": [(code, TARGET_LABELS[code]) for code in TARGETS],
        "indexes": options(PenaltyIndex, "Aucun indice"),
        "moments": options(IndexMoment, "À préciser"),
        "day_counts": options(DayCount, "À préciser"),
        "notices": [(item.value, item.label) for item in NoticeFrom],
    }


def read_organisation(form: Typed, field: str, kind: OrganisationKind = OrganisationKind.COMPANY) -> OrganisationInput:
    """Four fields: `<field>`, `<field>_name`, `<field>_kind`, `<field>_accept`."""
    return OrganisationInput(
        form.text(field),
        form.text(f"{field}_name"),
        form.choice(f"{field}_kind", OrganisationKind) or kind,
        form.ticked(f"{field}_accept"),
    )


def read_contract(form: Typed) -> ContractInput:
    return ContractInput(
        support=form.choice("support", Support),
        buyer=read_organisation(form, "buyer", OrganisationKind.LOCAL_AUTHORITY),
        number=form.text("number"),
        object=form.text("object"),
        cpv=form.text("cpv"),
        nature=form.choice("nature", PurchaseNature),
        procedure=form.choice("procedure", Procedure),
        estimate_cents=form.cents("estimate_cents"),
        amount_cents=form.cents("amount_cents"),
        launched_on=form.day("launched_on"),
        notified_on=form.day("notified_on"),
        start_on=form.day("start_on"),
        end_on=form.day("end_on"),
        commune=form.text("commune"),
        parent_number=form.text("parent_number"),
    )


def read_commitment(form: Typed) -> CommitmentInput:
    return CommitmentInput(
        lot=form.text("lot"),
        label=form.text("label"),
        modality=form.choice("modality", Modality),
        sector=form.text("sector"),
        commune=form.text("commune"),
        window_from=form.day("window_from"),
        window_to=form.day("window_to"),
        amount_cents=form.cents("amount_cents"),
        required_minutes=form.minutes("required_minutes"),
        promised_minutes=form.minutes("promised_minutes"),
        order_labour_share=form.decimal("order_labour_share"),
        order_rate=form.decimal("order_rate"),
        order_hourly_cost=form.decimal("order_hourly_cost"),
        order_rounding=form.choice("order_rounding", Rounding) or Rounding.NONE,
        sizing_working=form.text("sizing_working"),
        sizing_rounding=form.text("sizing_rounding"),
        facilitator_id=form.key("facilitator_id"),
        liability=form.choice("liability", GroupLiability),
        parties=tuple(_parties(form)),
        publics=form.choices("publics", EligiblePublic),
        targets=_targets(form),
        training=form.choice("training", TrainingHours) or TrainingHours.NONE,
        training_cap_percent=form.integer("training_cap_percent"),
        evidence_required=form.ticked("evidence_required"),
        penalty=read_penalty(form),
    )


def _parties(form: Typed) -> list[PartyInput]:
    """The rows that name a company; a role left alone is a row not filled."""
    found = []
    for position in range(PARTIES):
        row = form.part(f"p{position}-")
        if row.text("number") or row.text("number_name"):
            role = row.choice("role", PartyRole) or (PartyRole.HOLDER if position == 0 else PartyRole.SUBCONTRACTOR)
            found.append(PartyInput(role, read_organisation(row, "number")))
    return found


def _targets(form: Typed) -> dict[str, int]:
    read = {code: form.integer(f"target_{code}") for code in TARGET_LABELS if form.text(f"target_{code}")}
    return {code: percent for code, percent in read.items() if percent is not None}


def read_penalty(form: Typed) -> PenaltyTerms:
    return PenaltyTerms(
        per_hour_cents=form.cents("per_hour_cents"),
        index_code=form.choice("index_code", PenaltyIndex),
        index_multiple=form.decimal("index_multiple"),
        index_moment=form.choice("index_moment", IndexMoment),
        late_day_cents=form.cents("late_day_cents"),
        late_day_count=form.choice("late_day_count", DayCount),
        lump_cents=form.cents("lump_cents"),
        cap_percent=form.decimal("cap_percent"),
        cap_base_cents=form.cents("cap_base_cents"),
        minimum_cents=form.cents("minimum_cents"),
        waived_below_cents=form.cents("waived_below_cents"),
        notice_required=form.ticked("notice_required"),
        notice_delay_days=form.integer("notice_delay_days") or 0,
        notice_from=form.choice("notice_from", NoticeFrom) or NoticeFrom.SENT,
        best_efforts=form.ticked("best_efforts"),
    )


PENALTY_FIELDS = tuple(field.name for field in fields(PenaltyTerms))


def texts_of_contract(wanted: ContractInput) -> dict[str, str]:
    """The form of a contract as it would be typed."""
    texts = _texts(wanted, ("buyer",))
    texts["buyer"], texts["buyer_kind"] = wanted.buyer.number, wanted.buyer.kind.value
    return texts


def texts_of_commitment(wanted: CommitmentInput, prefix: str = "") -> dict[str, object]:
    """The form of a commitment as it would be typed, without its companies."""
    texts: dict[str, object] = dict(_texts(wanted, ("parties", "publics", "targets", "penalty")))
    texts |= {f"target_{code}": str(percent) for code, percent in wanted.targets.items()}
    texts |= _texts(wanted.penalty)
    texts["publics"] = [public.value for public in wanted.publics]
    return {f"{prefix}{name}": value for name, value in texts.items()}


def _texts(wanted: object, without: tuple[str, ...] = ()) -> dict[str, str]:
    names = [field.name for field in fields(wanted) if field.name not in without]  # type: ignore[arg-type]
    return {name: _text(name, getattr(wanted, name)) for name in names}


def _text(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Labelled):
        return value.value
    if value is True:
        return "1"
    if isinstance(value, Decimal):
        return show(value.normalize() if value else Decimal(0))
    if isinstance(value, int) and name.endswith("_cents"):
        return show_cents(value)
    if isinstance(value, int) and name.endswith("_minutes"):
        return show_minutes(value)
    return str(value) if isinstance(value, str) else show(value)
