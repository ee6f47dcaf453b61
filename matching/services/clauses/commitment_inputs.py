"""What an officer writes of a contract and its commitments, and what is checked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from matching.clauses.due import OrderTerms
from matching.clauses.penalty import PenaltyTerms, check_terms
from matching.clauses.rounding import Rounding
from matching.clauses.terms import (
    EligiblePublic,
    GroupLiability,
    Modality,
    Procedure,
    PurchaseNature,
    Support,
    TrainingHours,
)
from matching.errors import Invalid, Problems
from matching.services.clauses.parties import OrganisationInput, PartyInput, check_organisation, check_roles
from matching.services.places import resolve_commune
from matching.store.tables.accounts import UserAccount
from matching.terms import Role
from matching.text import NBSP, written_hours

MAX_CENTS = 1_000_000_000_000
MAX_MINUTES = 9_999_999 * 60
TARGETS = ("women", "under_26", *(public.value for public in EligiblePublic))
"""What a sub-target can be about."""
TARGET_LABELS = {"women": "Femmes", "under_26": "Moins de 26 ans", **{p.value: p.label for p in EligiblePublic}}
_CPV = re.compile(r"[0-9]{8}(-[0-9])?")


@dataclass(frozen=True)
class ContractInput:
    """A contract as typed and read. Amounts in cents excl. VAT; `commune` a name, postal code or INSEE code.

    `parent_number`: of the framework agreement, of the same buyer, that a call-off contract comes from.
    """

    support: Support | None = None
    buyer: OrganisationInput = field(default_factory=OrganisationInput)
    number: str = ""
    object: str = ""
    cpv: str = ""
    nature: PurchaseNature | None = None
    procedure: Procedure | None = None
    estimate_cents: int | None = None
    amount_cents: int | None = None
    launched_on: date | None = None
    notified_on: date | None = None
    start_on: date | None = None
    end_on: date | None = None
    commune: str = ""
    parent_number: str = ""


@dataclass(frozen=True)
class CommitmentInput:
    """The hours of a lot (`lot` empty: of the whole contract). Minutes are what was signed; None is unknown."""

    lot: str = ""
    label: str = ""
    modality: Modality | None = None
    sector: str = ""
    commune: str = ""
    window_from: date | None = None
    window_to: date | None = None
    amount_cents: int | None = None
    required_minutes: int | None = None
    promised_minutes: int | None = None
    order_labour_share: Decimal | None = None
    order_rate: Decimal | None = None
    order_hourly_cost: Decimal | None = None
    order_rounding: Rounding = Rounding.NONE
    sizing_working: str = ""
    sizing_rounding: str = ""
    facilitator_id: int | None = None
    liability: GroupLiability | None = None
    parties: tuple[PartyInput, ...] = ()
    publics: tuple[EligiblePublic, ...] = ()
    targets: Mapping[str, int] = field(default_factory=dict)
    training: TrainingHours = TrainingHours.NONE
    training_cap_percent: int | None = None
    evidence_required: bool = False
    penalty: PenaltyTerms = field(default_factory=PenaltyTerms)

    @property
    def has_orders(self) -> bool:
        """Whether anything was said of how purchase orders make hours."""
        return any(value is not None for value in (self.order_labour_share, self.order_rate, self.order_hourly_cost))

    @property
    def signed_minutes(self) -> int | None:
        """What is due from the start: what the offer promised, else what the contract asks."""
        return self.required_minutes if self.promised_minutes is None else self.promised_minutes


def prefixed(problems: Problems, prefix: str, found: Problems | Invalid) -> None:
    """Add the errors of a part of the form under the names of that part's fields."""
    for item in found.errors:
        problems.add(f"{prefix}{item.field}", item.message, item.value)


def tidy(text: str) -> str:
    """Without surplus spaces."""
    return " ".join(text.split())


def check_contract(session: Session, wanted: ContractInput, problems: Problems) -> str | None:
    """Notes what is missing or absurd; returns the INSEE code of the place."""
    if wanted.support is None:
        problems.add("support", "Choisissez ce qui porte l’engagement\u00a0: marché, accord-cadre, subvention…")
    if not 1 <= len(tidy(wanted.number)) <= 40:
        problems.add("number", "Écrivez le numéro du contrat, en 40 caractères au plus.", wanted.number[:60])
    if not 1 <= len(tidy(wanted.object)) <= 500:
        problems.add("object", "Écrivez l’objet du contrat, en 500 caractères au plus.")
    if wanted.cpv.strip() and not _CPV.fullmatch(wanted.cpv.strip()):
        problems.add("cpv", "Un code CPV a huit chiffres, comme 45442100 ou 45442100-8.", wanted.cpv[:20])
    for name in ("estimate_cents", "amount_cents"):
        _check_cents(getattr(wanted, name), name, problems)
    _check_dates(wanted, problems)
    check_organisation(wanted.buyer, "buyer", problems)
    try:
        return resolve_commune(session, wanted.commune)
    except Invalid as error:
        problems.errors.extend(error.errors)
        return None


def _check_cents(cents: int | None, name: str, problems: Problems) -> None:
    if cents is not None and not 0 <= cents <= MAX_CENTS:
        problems.add(name, "Ce montant dépasse dix milliards d’euros. Vérifiez les zéros.")


def _check_dates(wanted: ContractInput, problems: Problems) -> None:
    for name in ("launched_on", "notified_on", "start_on", "end_on"):
        day = getattr(wanted, name)
        if day is not None and not 2000 <= day.year <= 2100:
            problems.add(name, "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.", day)
    if wanted.launched_on and wanted.notified_on and wanted.notified_on < wanted.launched_on:
        problems.add("notified_on", "La notification ne peut pas précéder le lancement de la consultation.")
    if wanted.start_on and wanted.end_on and wanted.end_on < wanted.start_on:
        problems.add("end_on", "La fin du contrat précède son début. Corrigez l’une des deux dates.")


def check_commitment(session: Session, wanted: CommitmentInput, problems: Problems, *, sign: bool = True) -> str | None:
    """Notes what is missing or absurd; `sign`: its hours are written now. Returns the INSEE code of the place."""
    if len(tidy(wanted.lot)) > 20:
        problems.add("lot", "Écrivez le numéro du lot, en 20 caractères au plus.", wanted.lot[:40])
    if not 1 <= len(tidy(wanted.label)) <= 200:
        problems.add("label", "Donnez un nom à l’engagement, comme «\u00a0Peinture, collège Jean-Zay\u00a0».")
    if wanted.modality is None:
        problems.add("modality", "Choisissez la modalité de la clause.")
    if len(wanted.sector.strip()) > 80:
        problems.add("sector", "Raccourcissez le secteur\u00a0: 80 caractères au plus.")
    if wanted.window_from and wanted.window_to and wanted.window_to < wanted.window_from:
        problems.add("window_to", "La fin des travaux du lot précède leur début. Corrigez l’une des deux dates.")
    _check_cents(wanted.amount_cents, "amount_cents", problems)
    if sign:
        _check_hours(wanted, problems)
    _check_orders(wanted, problems)
    _check_counting(wanted, problems)
    check_terms(wanted.penalty, problems)
    for position, party in enumerate(wanted.parties):
        check_organisation(party.organisation, f"p{position}-number", problems)
    roles = [party.role for party in wanted.parties]
    check_roles(roles, wanted.liability is not None, "parties", problems)
    _check_facilitator(session, wanted.facilitator_id, problems)
    try:
        return resolve_commune(session, wanted.commune)
    except Invalid as error:
        problems.errors.extend(error.errors)
        return None


def _check_hours(wanted: CommitmentInput, problems: Problems) -> None:
    for name in ("required_minutes", "promised_minutes"):
        if (minutes := getattr(wanted, name)) is not None and not 0 <= minutes <= MAX_MINUTES:
            problems.add(name, f"Ce nombre d’heures est trop grand{NBSP}: 9\u202f999\u202f999{NBSP}h au plus.")
    if wanted.signed_minutes is None and not wanted.has_orders:
        problems.add(
            "required_minutes",
            "Indiquez les heures signées au contrat. Pour un accord-cadre à bons de commande, remplissez plutôt ce "
            "qui transforme les commandes en heures.",
        )
    required, promised = wanted.required_minutes, wanted.promised_minutes
    if required is not None and promised is not None and promised < required:
        problems.add(
            "promised_minutes",
            f"L’offre promet moins ({written_hours(promised)}) que ce que le contrat demande "
            f"({written_hours(required)}). Corrigez l’un des deux.",
        )


def _check_orders(wanted: CommitmentInput, problems: Problems) -> None:
    share, rate, cost = wanted.order_labour_share, wanted.order_rate, wanted.order_hourly_cost
    if not wanted.has_orders:
        return
    if share is None or rate is None or cost is None:
        problems.add(
            "order_hourly_cost",
            "Les commandes donnent des heures par trois chiffres\u00a0: part de main-d’œuvre, taux et coût horaire. "
            "Remplissez les trois, ou aucun.",
        )
        return
    try:
        OrderTerms(share, rate, cost, wanted.order_rounding)
    except Invalid as error:
        names = {"labour_share_percent": "order_labour_share", "rate_percent": "order_rate"}
        for item in error.errors:
            problems.add(names.get(item.field, "order_hourly_cost"), item.message)


def _check_counting(wanted: CommitmentInput, problems: Problems) -> None:
    capped = wanted.training is TrainingHours.CAPPED
    if capped and not (wanted.training_cap_percent and 0 < wanted.training_cap_percent <= 100):
        problems.add("training_cap_percent", f"Indiquez le plafond des heures de formation, de 1 à 100{NBSP}%.")
    if not capped and wanted.training_cap_percent is not None:
        problems.add(
            "training_cap_percent", "Un plafond ne sert que si les heures comptent «\u00a0jusqu’à un plafond\u00a0»."
        )
    for target, percent in wanted.targets.items():
        if target not in TARGET_LABELS:
            problems.add("targets", "Choisissez le public de la cible dans la liste.", target[:32])
        elif not 1 <= percent <= 100:
            problems.add(f"target_{target}", f"Une part va de 1 à 100{NBSP}%.", percent)


def _check_facilitator(session: Session, user_id: int | None, problems: Problems) -> None:
    if user_id is None:
        return
    user = session.get(UserAccount, user_id)
    if user is None or user.role is not Role.CLAUSE_OFFICER or not user.active:
        problems.add("facilitator_id", "Choisissez un facilitateur ou une facilitatrice dans la liste.")
