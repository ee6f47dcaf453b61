"""What is already known of a person for each eligible public: yes, no or unknown, with source, date and proof.

Read from the protected facts, for eligibility only; what is unknown comes with the question to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.dates import age_on
from matching.clauses.eligibility import FROM, UNDER, Proof, ProofRule, decide
from matching.clauses.terms import BY_STATUS, EligiblePublic, ProofKind
from matching.store.tables.protected import ProtectedFact
from matching.terms import FactSource, Known, OrganisationKind
from matching.text import NBSP, written_day

Facts = Mapping[str, ProtectedFact]

_PLAIN = {
    EligiblePublic.RSA: "rsa",
    EligiblePublic.ASS: "ass",
    EligiblePublic.AAH: "aah",
    EligiblePublic.RQTH: "rqth",
    EligiblePublic.QPV: "qpv",
    EligiblePublic.JUSTICE: "justice",
}
_LONG = (EligiblePublic.LONG_TERM_12, EligiblePublic.LONG_TERM_24)
_YOUNG = (EligiblePublic.YOUNG_UNQUALIFIED, EligiblePublic.YOUNG_OUT_OF_WORK)
_STATUS_OF = {
    OrganisationKind.EI: EligiblePublic.EI,
    OrganisationKind.EITI: EligiblePublic.EI,
    OrganisationKind.ACI: EligiblePublic.ACI,
    OrganisationKind.AI: EligiblePublic.AI,
    OrganisationKind.ETTI: EligiblePublic.ETTI,
    OrganisationKind.EA: EligiblePublic.EA,
    OrganisationKind.EATT: EligiblePublic.EATT,
    OrganisationKind.ESAT: EligiblePublic.ESAT,
    OrganisationKind.GEIQ: EligiblePublic.GEIQ,
}
QUESTIONS = {
    EligiblePublic.RSA: "Touchez-vous le RSA en ce moment\u00a0?",
    EligiblePublic.ASS: "Touchez-vous l’allocation de solidarité spécifique\u00a0?",
    EligiblePublic.AAH: "Touchez-vous l’allocation aux adultes handicapés\u00a0?",
    EligiblePublic.OTHER_MINIMA: "Touchez-vous une autre allocation\u00a0: veuvage, minimum vieillesse\u00a0?",
    EligiblePublic.LONG_TERM_12: "Depuis quand êtes-vous inscrit·e à France Travail sans interruption\u00a0?",
    EligiblePublic.LONG_TERM_24: "Depuis quand êtes-vous inscrit·e à France Travail sans interruption\u00a0?",
    EligiblePublic.RQTH: "Avez-vous une reconnaissance de travailleur handicapé, et jusqu’à quand\u00a0?",
    EligiblePublic.YOUNG_UNQUALIFIED: "Avez-vous obtenu un diplôme, CAP, BEP ou plus\u00a0?",
    EligiblePublic.YOUNG_OUT_OF_WORK: "Depuis votre diplôme, combien de temps êtes-vous resté·e sans emploi\u00a0?",
    EligiblePublic.SENIOR: "Quelle est votre date de naissance\u00a0?",
    EligiblePublic.QPV: "Quelle est votre adresse\u00a0? (à vérifier sur la carte des quartiers prioritaires)",
    EligiblePublic.ASE: "Avez-vous été suivi·e par l’aide sociale à l’enfance\u00a0?",
    EligiblePublic.REFUGEE: "Avez-vous une protection internationale, et jusqu’à quand\u00a0?",
    EligiblePublic.JUSTICE: "Êtes-vous suivi·e par le SPIP ou la PJJ\u00a0?",
    EligiblePublic.PACEA: "Suivez-vous un PACEA ou un contrat d’engagement jeune\u00a0?",
    EligiblePublic.LONE_PARENT: "Élevez-vous seul·e un ou plusieurs enfants\u00a0?",
    EligiblePublic.NO_HOUSING: "Avez-vous un logement à vous\u00a0?",
    EligiblePublic.FRENCH_BELOW_A1: "Un organisme a-t-il évalué votre niveau de français\u00a0?",
    EligiblePublic.MOBILITY: "Comment venez-vous au travail\u00a0? Un prescripteur l’a-t-il constaté\u00a0?",
    EligiblePublic.PRESCRIBER: "Quel prescripteur peut écrire un avis motivé\u00a0?",
    EligiblePublic.E2C: "Êtes-vous stagiaire d’une école de la 2e chance\u00a0?",
    EligiblePublic.EPIDE: "Êtes-vous volontaire d’un EPIDE\u00a0?",
}
_STATUS_QUESTION = "La structure qui vous emploie est-elle de ce type\u00a0? (son attestation suffit)"


@dataclass(frozen=True)
class PublicLine:
    """One allowed public: what is known, how, and what is missing.

    `fresh_until` is the last day the proof noted on file would be accepted; `fresh` says whether it is today.
    `ask` is the question for the person when something is unknown; `wanted` the paper to ask for.
    """

    public: EligiblePublic
    known: Known
    said: str
    source: FactSource | None
    known_on: date | None
    proof: str
    fresh: Known
    fresh_until: date | None
    ask: str
    wanted: str


def read_facts(session: Session, person_id: int) -> dict[str, ProtectedFact]:
    """The protected facts of a person, by kind; for use cases that log the reading."""
    rows = session.execute(select(ProtectedFact).where(ProtectedFact.person_id == person_id)).scalars()
    return {row.kind: row for row in rows}


def birth_of(facts: Facts) -> date | None:
    """The birth date on file."""
    row = facts.get("birth_date")
    return date.fromisoformat(row.value) if row else None


def default_proof(public: EligiblePublic) -> ProofKind:
    """The usual paper for a public, chosen beforehand in the form."""
    if public in BY_STATUS:
        return ProofKind.STRUCTURE_ATTESTATION
    if public is EligiblePublic.SENIOR:
        return ProofKind.IDENTITY
    if public is EligiblePublic.PRESCRIBER:
        return ProofKind.PRESCRIBER_OPINION
    if public in _YOUNG:
        return ProofKind.SWORN_STATEMENT
    if public in (EligiblePublic.RQTH, EligiblePublic.REFUGEE):
        return ProofKind.TITLE
    return ProofKind.ATTESTATION


def public_lines(
    facts: Facts,
    allowed: Collection[EligiblePublic],
    employer: OrganisationKind | None,
    rules: Sequence[ProofRule],
    today: date,
    hired_on: date | None,
) -> tuple[PublicLine, ...]:
    """The publics that this contract allows (`allowed` empty: all), those known first."""
    order = {Known.YES: 0, Known.UNKNOWN: 1, Known.NO: 2}
    lines = [
        _line(public, facts, employer, rules, today, hired_on)
        for public in EligiblePublic
        if not allowed or public in allowed
    ]
    return tuple(sorted(lines, key=lambda line: order[line.known]))


def _line(
    public: EligiblePublic,
    facts: Facts,
    employer: OrganisationKind | None,
    rules: Sequence[ProofRule],
    today: date,
    hired_on: date | None,
) -> PublicLine:
    known, said, fact = _known(public, facts, employer, today)
    seen = fact is not None and (fact.proof != "" or fact.source is FactSource.CERTIFIED)
    proof = Proof(default_proof(public), fact.known_on) if fact is not None and seen else None
    birth = birth_of(facts)
    judged = decide(public, (), proof, birth, today, hired_on, rules)
    missing = decide(public, (), None, birth, today, hired_on, rules)
    return PublicLine(
        public=public,
        known=known,
        said=said,
        source=fact.source if fact else None,
        known_on=fact.known_on if fact else None,
        proof=fact.proof if fact else "",
        fresh=judged.granted if seen and known is Known.YES else Known.UNKNOWN,
        fresh_until=judged.proof_until if seen else None,
        ask=_question(public) if known is Known.UNKNOWN else "",
        wanted="" if known is Known.NO else " ".join((judged if seen else missing).reasons),
    )


def _question(public: EligiblePublic) -> str:
    return QUESTIONS.get(public, _STATUS_QUESTION)


_Answer = tuple[Known, str, ProtectedFact | None]


def _known(public: EligiblePublic, facts: Facts, employer: OrganisationKind | None, today: date) -> _Answer:
    if public in _PLAIN:
        fact = facts.get(_PLAIN[public])
        value = Known(fact.value) if fact and fact.value in ("yes", "no") else Known.UNKNOWN
        return value, value.label, fact
    if public in _LONG:
        return _long_term(facts.get("long_term_unemployed"))
    if public in _YOUNG or public is EligiblePublic.SENIOR:
        return _by_age(public, facts.get("birth_date"), today)
    if public is EligiblePublic.LONE_PARENT:
        fact = facts.get("family_situation")
        return _coded(fact, yes=("lone_parent",), no=("alone", "couple"))
    if public is EligiblePublic.NO_HOUSING:
        fact = facts.get("housing_situation")
        return _coded(fact, yes=("none", "shelter"), no=("stable",))
    if public in BY_STATUS:
        return _by_status(public, employer)
    return Known.UNKNOWN, Known.UNKNOWN.label, None


def _coded(fact: ProtectedFact | None, yes: tuple[str, ...], no: tuple[str, ...]) -> _Answer:
    value = fact.value if fact else ""
    known = Known.YES if value in yes else Known.NO if value in no else Known.UNKNOWN
    return known, known.label, fact


def _long_term(fact: ProtectedFact | None) -> _Answer:
    """The file says « longue durée » without how long: yes is not enough to know which of the two publics."""
    if fact is not None and fact.value == "yes":
        return Known.UNKNOWN, "longue durée, ancienneté à confirmer", fact
    known = Known.NO if fact is not None and fact.value == "no" else Known.UNKNOWN
    return known, known.label, fact


def _by_age(public: EligiblePublic, fact: ProtectedFact | None, today: date) -> _Answer:
    if fact is None:
        return Known.UNKNOWN, "date de naissance à demander", None
    age = age_on(date.fromisoformat(fact.value), today)
    said = f"{age}{NBSP}ans le {written_day(today)}"
    if public is EligiblePublic.SENIOR:
        return (Known.YES if age >= FROM else Known.NO), said, fact
    # Young enough is half of it: the rest is asked.
    return (Known.UNKNOWN if age < UNDER else Known.NO), said, fact


def _by_status(public: EligiblePublic, employer: OrganisationKind | None) -> _Answer:
    status = _STATUS_OF.get(employer) if employer else None
    if status is public:
        return Known.YES, "par statut, son employeur est de ce type", None
    if employer is None or public in (EligiblePublic.E2C, EligiblePublic.EPIDE, EligiblePublic.REGIE):
        return Known.UNKNOWN, Known.UNKNOWN.label, None
    return Known.NO, "son employeur n’est pas de ce type", None
