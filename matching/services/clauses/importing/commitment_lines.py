"""One line of a file of commitments: a lot, with what its contract says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from matching.clauses.penalty import PenaltyTerms
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
from matching.exchange.importing import Column
from matching.exchange.values import BadValue, parse_cents, parse_date, parse_decimal, parse_text
from matching.services.clauses.commitment_inputs import CommitmentInput, ContractInput, tidy
from matching.services.clauses.importing.keys import COMMITMENT_KEY
from matching.services.clauses.importing.reading import (
    Reader,
    items,
    many_of,
    one_of,
    parse_many_hours,
    parse_number,
    parse_percent,
    parse_short,
    parse_yes_no,
)
from matching.services.clauses.parties import OrganisationInput, PartyInput
from matching.terms import OrganisationKind
from matching.text import NBSP, written_day

_ROLES = {
    "mandataire": PartyRole.LEAD_HOLDER,
    "sous-traitant": PartyRole.SUBCONTRACTOR,
    "employeur": PartyRole.EMPLOYER,
}
_role = one_of(PartyRole, _ROLES)
_TRAINING = {"non": TrainingHours.NONE, "oui": TrainingHours.ALL, "plafond": TrainingHours.CAPPED}
_SUPPORTS = {"marché": Support.PUBLIC_CONTRACT, "garantie": Support.LOAN_GUARANTEE}
_MODALITIES = {"clause d’exécution": Modality.EXECUTION_CONDITION, "critère": Modality.AWARD_CRITERION}
_GROUPS = {"conjoint": GroupLiability.JOINT, "solidaire": GroupLiability.SEVERAL}
_PARTIES_HELP = (
    f"Écrivez chaque entreprise «{NBSP}rôle : SIRET : nom{NBSP}», séparées par |, par exemple "
    f"«{NBSP}cotraitant : 73282932000074 : Peintures Exemple{NBSP}»."
)


def parse_parties(text: str) -> tuple[PartyInput, ...]:
    """ "cotraitant : 73282932000074 : Nom | sous-traitant : 552100554" → who else works the commitment."""
    return tuple(_party(item) for item in items(text))


def _party(text: str) -> PartyInput:
    parts = [part.strip() for part in text.split(":", 2)]
    if len(parts) < 2:
        raise BadValue(_PARTIES_HELP)
    role, number = _role(parts[0]), parse_number(parts[1])
    if role is None or number is None:
        raise BadValue(_PARTIES_HELP)
    name = (parse_text(parts[2]) or "") if len(parts) == 3 else ""
    return PartyInput(role, OrganisationInput(number, name, accept_key=True))


_NUMBER, _LOT, _BUYER = COMMITMENT_KEY
CONTRACT_COLUMNS: tuple[Column, ...] = (
    Column(
        "buyer",
        "SIRET ou SIREN de l’acheteur",
        parse_number,
        (_BUYER.header, *_BUYER.aliases),
        required=True,
        example="22330001300016",
    ),
    Column("buyer_name", "Nom de l’acheteur", parse_short(160), (), example="Département Exemple"),
    Column("buyer_kind", "Type d’acheteur", one_of(OrganisationKind), (), example="Département"),
    Column("support", "Support", one_of(Support, _SUPPORTS), ("type de support",), example="Marché public"),
    _NUMBER,
    Column("object", "Objet", parse_short(500), ("objet du marché",), example="Réhabilitation du collège Exemple"),
    Column("cpv", "CPV", parse_short(10), ("code cpv",), example="45442100"),
    Column("nature", "Nature", one_of(PurchaseNature), (), example="Travaux"),
    Column("procedure", "Procédure", one_of(Procedure), (), example="Appel d’offres ouvert"),
    Column("estimate_cents", "Estimation du besoin (€ HT)", parse_cents, ("estimation",), example="2 000 000"),
    Column(
        "amount_cents", "Montant du contrat (€ HT)", parse_cents, ("montant", "montant du marché"), example="1 850 000"
    ),
    Column("launched_on", "Lancement de la consultation", parse_date, ("consultation",), example="01/09/2025"),
    Column("notified_on", "Notification", parse_date, ("date de notification",), example="01/12/2025"),
    Column("start_on", "Début du contrat", parse_date, ("début",), example="05/01/2026"),
    Column("end_on", "Fin du contrat", parse_date, ("fin",), example="31/12/2026"),
    Column("commune", "Lieu", parse_short(120), ("lieu d’exécution", "commune"), example=""),
)
LOT_COLUMNS: tuple[Column, ...] = (
    _LOT,
    Column("label", "Intitulé", parse_short(200), ("intitulé du lot", "libellé"), example="Peinture"),
    Column("modality", "Modalité", one_of(Modality, _MODALITIES), (), example="Condition d’exécution"),
    Column("sector", "Secteur", parse_short(80), (), example="Bâtiment"),
    Column("lot_amount_cents", "Montant du lot (€ HT)", parse_cents, (), example="120 000"),
    Column("required_minutes", "Heures dues", parse_many_hours, ("heures d’insertion", "heures"), example="510"),
    Column("promised_minutes", "Heures promises", parse_many_hours, ("heures de l’offre",), example=""),
    Column("order_labour_share", "Part de main-d’œuvre (%)", parse_decimal, (), example=""),
    Column("order_rate", "Taux d’insertion (%)", parse_decimal, (), example=""),
    Column("order_hourly_cost", "Coût horaire (€)", parse_decimal, (), example=""),
    Column("window_from", "Début prévu du lot", parse_date, (), example="01/03/2026"),
    Column("window_to", "Fin prévue du lot", parse_date, (), example="30/09/2026"),
    Column(
        "holder",
        "SIRET ou SIREN du titulaire",
        parse_number,
        ("titulaire", "siret du titulaire"),
        example="73282932000074",
    ),
    Column("holder_name", "Nom du titulaire", parse_short(160), (), example="Peintures Exemple"),
    Column("others", "Autres entreprises", parse_parties, ("cotraitants", "sous-traitants"), example=""),
    Column("liability", "Groupement", one_of(GroupLiability, _GROUPS), (), example=""),
    Column("publics", "Publics autorisés", many_of(EligiblePublic), ("publics",), example="rsa|rqth|senior"),
    Column("training", "Heures de formation", one_of(TrainingHours, _TRAINING), (), example="Ne comptent pas"),
    Column("training_cap_percent", "Plafond de formation (%)", parse_percent, (), example=""),
    Column("evidence_required", "Justificatif exigé", parse_yes_no, (), example="oui"),
    Column("facilitator", "Courriel du facilitateur", parse_short(254), ("facilitateur",), example=""),
    Column("per_hour_cents", "Pénalité par heure manquante (€)", parse_cents, ("pénalité",), example="60"),
    Column(
        "opening", "Heures déjà validées", parse_many_hours, ("solde d’ouverture", "heures réalisées"), example="120h30"
    ),
    Column("opening_on", "Solde arrêté au", parse_date, ("date du solde",), example="30/06/2026"),
    Column("opening_from", "Travaillées du", parse_date, (), example=""),
    Column("opening_to", "Travaillées au", parse_date, (), example=""),
)
COLUMNS: tuple[Column, ...] = (*CONTRACT_COLUMNS, *LOT_COLUMNS)
CONTRACT_FIELDS = tuple(
    column.name for column in CONTRACT_COLUMNS if column.name not in ("buyer", "buyer_name", "buyer_kind", "number")
)
"""What a contract says of itself: the same on each of its lines, or said once."""


@dataclass(frozen=True)
class Opening:
    """Minutes validated before this register, worked between two days."""

    minutes: int
    worked_from: date
    worked_to: date


@dataclass(frozen=True)
class LotItem:
    """One line: the lot, as the page would write it, and its opening balance."""

    line: int
    wanted: CommitmentInput
    opening: Opening | None
    note: str = ""


def read_contract(first: Reader, said: Mapping[str, Any]) -> ContractInput:
    """The contract that several lines make together; `said`: the values of its columns."""
    kind = first.get("buyer_kind") or OrganisationKind.LOCAL_AUTHORITY
    buyer = OrganisationInput(first.text("buyer"), first.text("buyer_name"), kind, accept_key=True)
    values: dict[str, Any] = {name: said.get(name) for name in CONTRACT_FIELDS}
    for name in ("object", "cpv", "commune"):
        values[name] = values[name] or ""
    return ContractInput(buyer=buyer, number=tidy(first.text("number")), **values)


def read_lot(line: Reader, contract: ContractInput, officers: Mapping[str, int], today: date) -> LotItem:
    """The lot of a line; what is wrong is noted on the line."""
    lot = tidy(line.text("lot"))
    holder = _holder(line)
    wanted = CommitmentInput(
        lot=lot,
        label=line.text("label") or (f"Lot {lot}, {contract.object}" if lot else contract.object)[:200],
        modality=line.get("modality"),
        sector=line.text("sector"),
        commune=contract.commune,
        window_from=line.get("window_from"),
        window_to=line.get("window_to"),
        amount_cents=line.get("lot_amount_cents"),
        required_minutes=line.get("required_minutes"),
        promised_minutes=line.get("promised_minutes"),
        order_labour_share=_decimal(line, "order_labour_share"),
        order_rate=_decimal(line, "order_rate"),
        order_hourly_cost=_decimal(line, "order_hourly_cost"),
        facilitator_id=_officer(line, officers),
        liability=line.get("liability"),
        parties=(*holder, *(line.get("others") or ())),
        publics=line.get("publics") or (),
        training=line.get("training") or TrainingHours.NONE,
        training_cap_percent=line.get("training_cap_percent"),
        evidence_required=bool(line.get("evidence_required")),
        penalty=PenaltyTerms(per_hour_cents=line.get("per_hour_cents")),
    )
    return LotItem(line.line, wanted, _opening(line, contract, today))


def _decimal(line: Reader, name: str) -> Decimal | None:
    value: Decimal | None = line.get(name)
    return value


def _holder(line: Reader) -> tuple[PartyInput, ...]:
    """The holder, or the lead of a group when the line names its other members."""
    number = line.text("holder")
    if not number:
        if line.text("holder_name"):
            line.error("holder", "Écrivez le SIRET ou le SIREN du titulaire à côté de son nom.")
        return ()
    others: tuple[PartyInput, ...] = line.get("others") or ()
    group = line.get("liability") is not None or any(one.role is PartyRole.CO_CONTRACTOR for one in others)
    role = PartyRole.LEAD_HOLDER if group else PartyRole.HOLDER
    return (PartyInput(role, OrganisationInput(number, line.text("holder_name"), accept_key=True)),)


def _officer(line: Reader, officers: Mapping[str, int]) -> int | None:
    email = line.text("facilitator").lower()
    if email and email not in officers:
        message = "Aucun compte de facilitateur actif à cette adresse. Corrigez-la, ou laissez vide."
        line.error("facilitator", message, email)
    return officers.get(email)


def _opening(line: Reader, contract: ContractInput, today: date) -> Opening | None:
    minutes, on = line.get("opening"), line.get("opening_on")
    first, last = line.get("opening_from"), line.get("opening_to")
    if not minutes:
        if minutes is None and (on or first or last):
            line.error("opening", "Écrivez les heures déjà validées, ou retirez leurs dates.")
        return None
    if (first is None) != (last is None):
        missing = "opening_to" if last is None else "opening_from"
        line.error(missing, "Écrivez les deux dates entre lesquelles ces heures ont été travaillées, ou aucune.")
        return None
    first, last = first or on, last or on
    if first is None or last is None:
        line.error("opening_on", "Écrivez à quelle date ce solde est arrêté.")
        return None
    for name, wrong, message in (
        ("opening_to", last < first, "La fin vient avant le début. Corrigez l’une des deux dates."),
        ("opening_on", on is not None and last > on, "Le solde est arrêté avant le dernier jour travaillé."),
        ("opening_on" if line.get("opening_to") is None else "opening_to", last > today, "Ce jour n’est pas passé."),
        *_outside(contract, first, last),
    ):
        if wrong:
            line.error(name, message, written_day(last))
            return None
    return Opening(minutes, first, last)


def _outside(contract: ContractInput, first: date, last: date) -> tuple[tuple[str, bool, str], ...]:
    notified, end = contract.notified_on, contract.end_on
    return (
        (
            "opening_from",
            notified is not None and first < notified,
            "Ces heures viennent avant la notification du contrat : elles ne comptent pas. Corrigez la date.",
        ),
        (
            "opening_to",
            end is not None and last > end,
            "Le contrat a fini avant ce jour : écrivez entre quelles dates ces heures ont été travaillées.",
        ),
    )
