"""From rows of the database to the pure rules of `matching.offers`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.errors import FieldError, Invalid
from matching.offers.lifecycle import OfferFacts, Stop, missing_to_publish, pay_verdict
from matching.offers.pay import Pay, PayPeriod, PayVerdict, ScaleRow, SmicRow
from matching.services.offers.model import OfferInput
from matching.store.tables.offers import Offer
from matching.store.tables.reference import LegalParameter
from matching.terms import ContractKind

_SCALE_CODE = re.compile(r"(apprenticeship|professional_training)_(\d+)_(\d+|plus)(?:_year(\d))?(?:_\w+)?")


@dataclass(frozen=True)
class PayRules:
    """The dated amounts that a pay is held against."""

    smic: tuple[SmicRow, ...]
    scale: tuple[ScaleRow, ...]


def read_pay_rules(session: Session) -> PayRules:
    """The SMIC and the scales of training contracts, as the administrator keeps them."""
    code = LegalParameter.code
    query = select(LegalParameter.code, LegalParameter.valid_from, LegalParameter.amount, LegalParameter.to_check)
    wanted = or_(
        code == "smic_hourly",
        code.startswith("apprenticeship", autoescape=True),
        code.startswith("professional_training", autoescape=True),
    )
    smic: list[SmicRow] = []
    scale: list[ScaleRow] = []
    for name, valid_from, amount, to_check in session.execute(query.where(wanted)):
        if name == "smic_hourly":
            smic.append(SmicRow(valid_from, int((Decimal(amount) * 100).to_integral_value())))
        elif line := _scale_row(name, valid_from, amount, to_check):
            scale.append(line)
    return PayRules(tuple(smic), tuple(scale))


def _scale_row(name: str, valid_from: date, amount: str, to_check: bool) -> ScaleRow | None:
    found = _SCALE_CODE.fullmatch(name)
    if found is None:
        return None
    contract, age_from, age_to, year = found.groups()
    return ScaleRow(
        contract=ContractKind(contract),
        valid_from=valid_from,
        age_from=int(age_from),
        age_to=None if age_to == "plus" else int(age_to),
        year=int(year) if year else None,
        percent=Decimal(amount),
        to_check=to_check,
    )


def pay_of(offer: Offer) -> Pay | None:
    """The gross pay as it was written."""
    if offer.pay_cents is None or offer.pay_period is None:
        return None
    return Pay(Decimal(offer.pay_cents) / 100, PayPeriod(offer.pay_period))


def facts_of(offer: Offer) -> OfferFacts:
    """What the rules read of a stored offer."""
    return OfferFacts(
        title=offer.title,
        rome_code=offer.rome_code or "",
        description=offer.description,
        seats=offer.seats,
        contract=offer.contract_kind,
        weekly_minutes=offer.weekly_minutes,
        start_on=offer.starts_on,
        end_on=offer.ends_on,
        pay=pay_of(offer),
        place_count=len(offer.places),
        window_count=len(offer.windows),
        schedule_flag_count=len(offer.schedule_flags),
        wording_override=offer.wording_override,
    )


def stops_of(offer: Offer, rules: PayRules, today: date) -> tuple[Stop, ...]:
    """Everything that stops the publication of a stored offer."""
    return missing_to_publish(facts_of(offer), today=today, smic=rules.smic, scale=rules.scale)


def stops_of_input(data: OfferInput, rules: PayRules, today: date) -> tuple[Stop, ...]:
    """What would stop an offer as it was typed."""
    facts = OfferFacts(
        title=data.title,
        rome_code=data.rome_code,
        description=data.description,
        seats=data.seats or 1,
        contract=data.contract,
        weekly_minutes=data.weekly_minutes,
        start_on=data.start_on,
        end_on=data.end_on,
        pay=data.pay,
        place_count=len(data.communes),
        window_count=len(data.windows),
        schedule_flag_count=len(data.flags),
    )
    return missing_to_publish(facts, today=today, smic=rules.smic, scale=rules.scale)


def verdict_of(offer: Offer, rules: PayRules) -> PayVerdict | None:
    """The pay held against its floor; None while it cannot be."""
    return pay_verdict(facts_of(offer), smic=rules.smic, scale=rules.scale)


def refuse_stops(stops: Iterable[Stop], message: str) -> None:
    """Raise `Invalid`, one error a stop; `data["findings"]` holds the words to mark, by field."""
    stops = tuple(stops)
    if stops:
        errors = [FieldError(stop.field, stop.message) for stop in stops]
        findings = {stop.field: stop.findings for stop in stops if stop.findings}
        raise Invalid(message, errors, findings=findings)
