"""Gross pay of an offer: brought to cents per hour, held against the floor known for the start date.

Amounts are Decimal euros in, integer cents per hour out. The dated figures are handed in: none is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from matching.errors import RuleRefused
from matching.terms import ContractKind, Labelled

MAX_HOURLY_CENTS = 50_000
SCALED_CONTRACTS = frozenset({ContractKind.APPRENTICESHIP, ContractKind.PROFESSIONAL_TRAINING})


class PayPeriod(Labelled):
    """What a gross amount pays."""

    HOUR = "hour", "de l’heure"
    MONTH = "month", "par mois"
    YEAR = "year", "par an"


@dataclass(frozen=True)
class Pay:
    """Gross pay as written: euros per period."""

    amount: Decimal
    period: PayPeriod


@dataclass(frozen=True)
class SmicRow:
    """The gross hourly minimum, in cents, from a day on."""

    valid_from: date
    cents: int


@dataclass(frozen=True)
class ScaleRow:
    """One line of the dated scale of a training contract: per cent of the SMIC.

    `age_from` to `age_to` included (None: no upper age), `year` of the contract (None: all years).
    `to_check`: the figure was not verified at the official source.
    """

    contract: ContractKind
    valid_from: date
    age_from: int
    age_to: int | None
    year: int | None
    percent: Decimal
    to_check: bool = True


@dataclass(frozen=True)
class PayVerdict:
    """`hourly_cents` None when there is no pay or it cannot be computed; `stops` refuse, `warnings` tell."""

    hourly_cents: int | None
    floor_cents: int | None = None
    stops: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.stops


def hourly_cents(pay: Pay, weekly_minutes: int | None) -> int:
    """Cents per hour, rounded half up: month × 12 ⁄ 52 ⁄ weekly hours, year ⁄ 52 ⁄ weekly hours.

    Raises RuleRefused for an amount that is not positive, or a period that needs weekly hours not given.
    """
    if not pay.amount.is_finite() or pay.amount <= 0:
        raise RuleRefused("Le salaire doit être un montant positif, en euros bruts.", rule="pay_amount")
    if pay.period is PayPeriod.HOUR:
        return _cents(pay.amount)
    if not weekly_minutes or weekly_minutes <= 0:
        raise RuleRefused(
            f"Un salaire {pay.period.label} se vérifie avec la durée hebdomadaire. "
            "Indiquez-la, ou donnez le salaire de l’heure.",
            rule="pay_hours",
        )
    months = 12 if pay.period is PayPeriod.MONTH else 1
    return _cents(pay.amount * months * 60 / (52 * Decimal(weekly_minutes)))


def _cents(euros: Decimal) -> int:
    # Half a cent of tolerance: a monthly amount written to the euro must find its hourly rate again.
    if euros > MAX_HOURLY_CENTS:
        return MAX_HOURLY_CENTS + 1
    return int((euros * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def smic_on(rows: Sequence[SmicRow], day: date) -> SmicRow | None:
    """The SMIC known for that day: the latest row that has begun; None before the first."""
    begun = [row for row in rows if row.valid_from <= day]
    return max(begun, key=lambda row: row.valid_from) if begun else None


def check_pay(
    pay: Pay | None,
    *,
    contract: ContractKind,
    weekly_minutes: int | None,
    start_on: date,
    smic: Sequence[SmicRow],
    scale: Sequence[ScaleRow] = (),
    age: int | None = None,
    year: int | None = None,
) -> PayVerdict:
    """Hold a pay against the floor of its contract on its start date. Never raises: problems are `stops`."""
    if contract is ContractKind.IMMERSION:
        return _immersion(pay)
    if pay is None:
        return PayVerdict(
            None,
            stops=(
                "Indiquez le salaire brut : une offre se publie avec un salaire de l’heure, du mois ou de l’année.",
            ),
        )
    try:
        cents = hourly_cents(pay, weekly_minutes)
    except RuleRefused as refused:
        return PayVerdict(None, stops=(refused.message,))
    if cents > MAX_HOURLY_CENTS:
        return PayVerdict(
            cents,
            stops=("Ce salaire paraît trop élevé. Vérifiez s’il est donné de l’heure, par mois ou par an.",),
        )
    row = smic_on(smic, start_on)
    if row is None:
        return PayVerdict(
            cents,
            warnings=(
                "Le SMIC en vigueur à la date de début n’est pas enregistré : ce salaire n’a pas pu être vérifié.",
            ),
        )
    if contract in SCALED_CONTRACTS:
        return _scaled(cents, contract, start_on, row, scale, age, year)
    if cents < row.cents:
        return PayVerdict(cents, row.cents, stops=(_below_smic(cents, row, weekly_minutes),))
    return PayVerdict(cents, row.cents)


def _immersion(pay: Pay | None) -> PayVerdict:
    if pay is None:
        return PayVerdict(None)
    return PayVerdict(
        None,
        stops=(
            "Une immersion n’est pas rémunérée par l’entreprise : la personne garde son statut et ses "
            "droits. "
            "Retirez le salaire, ou choisissez un autre contrat.",
        ),
    )


def _below_smic(cents: int, row: SmicRow, weekly_minutes: int | None) -> str:
    monthly = ""
    if weekly_minutes:
        # Rounded up to the cent, so that the amount given as a remedy is accepted.
        due = -(-row.cents * weekly_minutes * 52 // (60 * 12))
        monthly = f" ou {euros(due)} par mois pour {_hours(weekly_minutes)} par semaine"
    return (
        f"Ce salaire revient à {euros(cents)} brut de l’heure, sous le SMIC connu à la date de début "
        f"({euros(row.cents)} depuis le {row.valid_from:%d/%m/%Y}). "
        f"Portez-le à {euros(row.cents)} de l’heure{monthly} au moins, ou vérifiez la durée hebdomadaire."
    )


def _scaled(
    cents: int,
    contract: ContractKind,
    start_on: date,
    smic: SmicRow,
    scale: Sequence[ScaleRow],
    age: int | None,
    year: int | None,
) -> PayVerdict:
    rows = scale_on(scale, contract, start_on)
    if not rows:
        return PayVerdict(
            cents,
            warnings=(f"Le barème « {contract.label} » n’est pas enregistré à cette date : salaire à vérifier.",),
        )
    known = [row for row in rows if _covers(row, age, year)]
    lowest = min(known or rows, key=lambda row: row.percent)
    floor = int((smic.cents * lowest.percent / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    mark = " (barème à vérifier)" if lowest.to_check else ""
    if age is None or year is None or not known:
        return PayVerdict(cents, floor, warnings=(_scale_warning(cents, floor, contract, mark),))
    if cents < floor:
        return PayVerdict(
            cents,
            floor,
            stops=(
                f"Ce salaire revient à {euros(cents)} brut de l’heure, sous le barème « {contract.label} » "
                f"pour cet âge et cette année de contrat{mark}. Portez-le à {euros(floor)} de l’heure au "
                f"moins.",
            ),
        )
    return PayVerdict(cents, floor, warnings=(f"Barème « {contract.label} » à vérifier.",) if mark else ())


def _scale_warning(cents: int, floor: int, contract: ContractKind, mark: str) -> str:
    begin = f"Le salaire « {contract.label} » dépend de l’âge et de l’année du contrat : à vérifier à la signature"
    if cents < floor:
        return f"{begin}. {euros(cents)} de l’heure est sous le plus bas du barème, {euros(floor)}{mark}."
    return f"{begin} (au plus bas {euros(floor)} de l’heure{mark})."


def scale_on(rows: Sequence[ScaleRow], contract: ContractKind, day: date) -> tuple[ScaleRow, ...]:
    """The scale of a contract in force that day: all the lines of its latest date."""
    begun = [row for row in rows if row.contract is contract and row.valid_from <= day]
    latest = max((row.valid_from for row in begun), default=None)
    return tuple(row for row in begun if row.valid_from == latest)


def _covers(row: ScaleRow, age: int | None, year: int | None) -> bool:
    in_age = age is None or (row.age_from <= age and (row.age_to is None or age <= row.age_to))
    return in_age and (year is None or row.year is None or row.year == year)


def euros(cents: int) -> str:
    """1231 → "12,31 €", 186702 → "1 867,02 €" (unbreakable spaces)."""
    whole = f"{cents // 100:,}".replace(",", "\u202f")
    return f"{whole},{cents % 100:02d}\u00a0€"


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours}\u00a0h\u00a0{rest:02d}" if rest else f"{hours}\u00a0h"
