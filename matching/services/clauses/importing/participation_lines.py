"""One line of a file of participants: its columns, and what it says of the work and of the decision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from matching.clauses.eligibility import Proof, ProofRule, decide
from matching.clauses.terms import EligiblePublic, Outcome, ProofKind, Route
from matching.errors import Problems
from matching.exchange.importing import Column
from matching.exchange.values import BadValue, clean, parse_date, parse_minutes, parse_text
from matching.services.candidates.identity import Identity, check_identity
from matching.services.clauses.criteria import default_proof
from matching.services.clauses.importing.keys import COMMITMENT_KEY, KnownCommitment, KnownOrganisation
from matching.services.clauses.importing.reading import (
    ODD_KEY,
    Reader,
    odd_key,
    one_of,
    parse_number,
    parse_short,
)
from matching.services.clauses.participations import ParticipationInput, check_typed
from matching.terms import ContractKind, Known, OrganisationKind
from matching.text import NBSP, fold

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
_SEXES = {"f": "f", "femme": "f", "m": "m", "h": "m", "homme": "m", "x": "x", "autre": "x"}
_OVERRIDE = "Éligible malgré la règle, motif"
_PUBLICS = {
    "RSA": EligiblePublic.RSA,
    "DELD": EligiblePublic.LONG_TERM_12,
    "DETLD": EligiblePublic.LONG_TERM_24,
    "BRSA": EligiblePublic.RSA,
    "TH": EligiblePublic.RQTH,
    "CEJ": EligiblePublic.PACEA,
    "Senior": EligiblePublic.SENIOR,
    "Parent isolé": EligiblePublic.LONE_PARENT,
}


def _parse_code(text: str) -> str | None:
    code = parse_text(text)
    if code is not None and not _CODE.fullmatch(code):
        raise BadValue("Un code a 16 lettres, chiffres ou tirets au plus, par exemple H-0042.")
    return code


def _parse_sex(text: str) -> str | None:
    word = fold(clean(text))
    if word and word not in _SEXES:
        raise BadValue("Écrivez « femme », « homme », « autre », ou laissez vide.")
    return _SEXES.get(word)


COLUMNS: tuple[Column, ...] = (
    *COMMITMENT_KEY,
    Column("given_name", "Prénom", parse_short(80), (), required=True, example="Camille"),
    Column("family_name", "Nom", parse_short(80), ("nom de famille",), required=True, example="Exemple"),
    Column("birth_date", "Date de naissance", parse_date, ("né le", "née le"), example="05/09/1998"),
    Column("sex", "Sexe", _parse_sex, ("genre",), example="femme"),
    Column("person_code", "Code d’une personne déjà connue", _parse_code, ("code de la personne",), example=""),
    Column("code", "Code du participant", _parse_code, ("code",), example="H-0042"),
    Column(
        "employer",
        "SIRET ou SIREN de l’employeur",
        parse_number,
        ("siret de l’employeur", "siret employeur", "employeur"),
        required=True,
        example="73282932000074",
    ),
    Column("employer_name", "Nom de l’employeur", parse_short(160), ("raison sociale",), example="Insertion Exemple"),
    Column("employer_kind", "Type de structure", one_of(OrganisationKind), ("type d’employeur",), example="ETTI"),
    Column("route", "Voie", one_of(Route), ("type de recours", "modalité"), required=True, example="ETTI"),
    Column("contract_kind", "Contrat de travail", one_of(ContractKind), ("type de contrat",), example="Intérim"),
    Column("job", "Poste", parse_short(120), ("métier", "emploi"), example="Peintre"),
    Column("started_on", "Premier jour", parse_date, ("début", "date de début"), required=True, example="02/03/2026"),
    Column("ended_on", "Dernier jour", parse_date, ("fin", "date de fin"), example=""),
    Column("outcome", "Issue", one_of(Outcome), ("sortie",), example=""),
    Column("weekly", "Heures par semaine", parse_minutes, ("durée hebdomadaire",), example="35h"),
    Column("public", "Public éligible", one_of(EligiblePublic, _PUBLICS), ("public", "critère"), example="RSA"),
    Column("decided_on", "Éligibilité décidée le", parse_date, ("date de décision",), example="25/02/2026"),
    Column("proof_kind", "Justificatif", one_of(ProofKind), ("type de justificatif",), example=""),
    Column("proof_dated_on", "Justificatif daté du", parse_date, ("date du justificatif",), example="10/02/2026"),
    Column("proof_until", "Justificatif valable jusqu’au", parse_date, (), example=""),
    Column("ends_on", "Fin d’éligibilité", parse_date, ("éligible jusqu’au",), example=""),
    Column("opinion", "Avis du prescripteur", parse_short(2000), (), example=""),
    Column("override", _OVERRIDE, parse_short(2000), ("motif de dérogation",), example=""),
)


@dataclass(frozen=True)
class DecisionItem:
    """A decision taken before this register."""

    public: EligiblePublic
    decided_on: date
    proof_kind: ProofKind | None
    proof_dated_on: date | None
    proof_until: date | None
    ends_on: date | None
    opinion: str
    override_reason: str


@dataclass(frozen=True)
class EmployerItem:
    """Who employs the person; `id` None: written with the file, under this name."""

    number: str
    id: int | None
    name: str
    kind: OrganisationKind


@dataclass(frozen=True)
class WorkItem:
    """What the line says of the work, once its commitment is known."""

    commitment: KnownCommitment
    identity: Identity
    sex: str
    employer: EmployerItem
    typed: ParticipationInput
    outcome: Outcome | None
    note: str


def read_work(
    line: Reader, commitment: KnownCommitment | None, employers: Mapping[str, KnownOrganisation], today: date
) -> WorkItem | None:
    """The person, the employer and the dates; None with its errors."""
    identity = Identity(line.text("given_name"), line.text("family_name"), birth_date=line.get("birth_date"))
    problems = Problems()
    check_identity(identity, problems, today)
    employer = _employer(line, employers)
    typed = ParticipationInput(
        line.get("route"),
        employer.id or 0 if employer else 0,  # one that is created with the file has no number yet
        line.get("contract_kind"),
        line.text("job"),
        line.get("started_on"),
        line.get("ended_on"),
        line.get("weekly"),
    )
    check_typed(typed, problems)
    for error in problems.errors:
        line.error(
            {"weekly_minutes": "weekly", "organisation_id": "employer"}.get(error.field, error.field), error.message
        )
    outcome = line.get("outcome")
    if outcome is not None and typed.ended_on is None:
        line.error("outcome", "Une issue demande le dernier jour : écrivez-le, ou laissez l’issue vide.")
    if commitment is None or employer is None or line.errors:
        return None
    note = ODD_KEY if odd_key(employer.number) else ""
    return WorkItem(commitment, identity, line.text("sex"), employer, typed, outcome, note)


def _employer(line: Reader, known: Mapping[str, KnownOrganisation]) -> EmployerItem | None:
    number, name = line.text("employer"), line.text("employer_name")
    kind = line.get("employer_kind") or OrganisationKind.COMPANY
    if (found := known.get(number[:9])) is not None:
        return EmployerItem(number, found.id, found.name, kind)
    if not name:
        line.error("employer", "Cet employeur n’est pas encore connu : écrivez son nom dans sa colonne.", number)
        return None
    return EmployerItem(number, None, name, kind)


def read_decision(
    line: Reader, item: WorkItem, birth: date | None, rules: Sequence[ProofRule], today: date
) -> DecisionItem | None:
    """The decision of the line, judged by the rules of its day; None when there is none, or with its errors."""
    public, decided_on = line.get("public"), line.get("decided_on")
    if public is None and decided_on is None:
        return None
    if public is None or decided_on is None:
        missing = "public" if public is None else "decided_on"
        line.error(missing, "Écrivez le public et le jour de la décision, ou laissez vides les deux.")
        return None
    if decided_on > today:
        line.error("decided_on", "La décision ne peut pas être datée d’un jour à venir.", decided_on)
    ends_on = line.get("ends_on")
    if ends_on is not None and ends_on < decided_on:
        line.error("ends_on", "La fin d’éligibilité vient avant la décision. Corrigez l’une des deux.", ends_on)
    found = DecisionItem(
        public,
        decided_on,
        line.get("proof_kind") or default_proof(public),
        line.get("proof_dated_on"),
        line.get("proof_until"),
        ends_on,
        line.text("opinion"),
        line.text("override"),
    )
    if public is EligiblePublic.PRESCRIBER and not found.opinion:
        line.error("opinion", "Écrivez l’avis motivé du prescripteur, avec son nom et sa structure.")
    if not found.override_reason:
        _judge(line, item, found, birth, rules)
    return found


def _judge(line: Reader, item: WorkItem, found: DecisionItem, birth: date | None, rules: Sequence[ProofRule]) -> None:
    proof = Proof(found.proof_kind, found.proof_dated_on, found.proof_until) if found.proof_kind else None
    hired_on = item.typed.started_on
    judged = decide(found.public, item.commitment.publics, proof, birth, found.decided_on, hired_on, rules)
    if judged.granted is Known.YES:
        return
    for reason in judged.reasons:
        column = "proof_dated_on"
        if "naissance" in reason:
            column = "birth_date"
        elif "Fin de validité" in reason or "Titre valable" in reason:
            column = "proof_until"
        elif "ne prévoit pas" in reason or "jour de la décision" in reason:
            column = "public"
        remedy = f" Sinon, écrivez pourquoi elle compte dans «{NBSP}{_OVERRIDE}{NBSP}»."
        line.error(column, reason + remedy, line.get(column))
