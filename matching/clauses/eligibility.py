"""Who counts: whether a person is eligible, on which proof, and until when their hours count.

The rules are dated rows (`proof_rule`, `eligibility_rule`) passed in; only the ages are written here, because the
publics themselves are named after them. A decision is `unknown`, not `no`, while something is missing: it then says
what to ask. A person's PASS IAE is another clock (2 × 365 days, suspended and extended by its own rules): nothing here
reads it and nothing here may stand for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from matching.clauses.dates import accepted_until, age_on, last_day_included
from matching.clauses.terms import BY_STATUS, EligiblePublic, ProofKind, RejectReason
from matching.reference.model import DurationRuleDefault, ProofRuleDefault
from matching.terms import ContractKind, Known, Labelled
from matching.text import NBSP, written_day

UNDER = 26
"""« Moins de 26 ans » : read on the day of the decision."""
FROM = 50
"""« 50 ans et plus » : read on the day of the decision."""

_YOUNG = frozenset({EligiblePublic.YOUNG_UNQUALIFIED, EligiblePublic.YOUNG_OUT_OF_WORK})


class StartEvent(Labelled):
    """What starts the clock of eligibility."""

    FIRST_VALIDATED_HOUR = "first_validated_hour", "Première heure validée, tous employeurs confondus"
    HIRE = "hire", "Embauche"


@dataclass(frozen=True)
class Proof:
    """A paper that was seen. `without_end`: it says itself that it has no end (some RQTH); None is unknown."""

    kind: ProofKind
    dated_on: date | None = None
    valid_until: date | None = None
    without_end: bool = False


@dataclass(frozen=True)
class ProofRule:
    """How old a proof may be on the day of the decision, in months (None: any age).

    `at_hire`: it must be valid on the day of hire instead.
    """

    public: EligiblePublic
    months: int | None
    at_hire: bool
    valid_from: date
    to_check: bool = False


@dataclass(frozen=True)
class DurationRule:
    """How long somebody counts. `public` and `contract_kind` None: any. `months` None: the whole contract.

    `extension_months`: the length of one extension; `maximum_months` caps the first months and all the extensions
    together (None: one extension at most).
    """

    public: EligiblePublic | None
    contract_kind: ContractKind | None
    start_event: StartEvent
    months: int | None
    extension_months: int
    maximum_months: int | None
    valid_from: date
    to_check: bool = False


@dataclass(frozen=True)
class Decision:
    """What the rules say. `reasons` are French, with the remedy. `proof_until`: last day this proof is accepted."""

    granted: Known
    reasons: tuple[str, ...]
    proof_until: date | None = None


def duration_rules(rows: Iterable[DurationRuleDefault]) -> tuple[DurationRule, ...]:
    """The embedded rows as rules."""
    return tuple(
        DurationRule(
            EligiblePublic(row.public) if row.public else None,
            row.contract_kind,
            StartEvent(row.start_event),
            row.months,
            row.extension_months,
            row.maximum_months,
            row.valid_from,
            row.to_check,
        )
        for row in rows
    )


def proof_rules(rows: Iterable[ProofRuleDefault]) -> tuple[ProofRule, ...]:
    """The embedded rows as rules."""
    return tuple(
        ProofRule(EligiblePublic(row.public), row.months, row.at_hire, row.valid_from, row.to_check) for row in rows
    )


# --- the decision


def choose_proof_rule(rules: Iterable[ProofRule], public: EligiblePublic, on: date) -> ProofRule | None:
    """The rule of this public in force on a day, None when nobody has set one yet."""
    in_force = [rule for rule in rules if rule.public is public and rule.valid_from <= on]
    return max(in_force, key=lambda rule: rule.valid_from, default=None)


def decide(
    public: EligiblePublic,
    allowed: Collection[EligiblePublic],
    proof: Proof | None,
    birth_on: date | None,
    decided_on: date,
    hired_on: date | None,
    rules: Iterable[ProofRule],
) -> Decision:
    """Whether a person counts as `public` on a contract that allows `allowed` (empty: every public).

    The contract's list prevails, for the staff of an SIAE too. Ages and the age of the proof are read on `decided_on`;
    what must be valid at hire is read on `hired_on`.
    """
    firm = [*_allowed(public, allowed), *_age(public, birth_on, decided_on)]
    refused = tuple(text for granted, text in firm if granted is Known.NO)
    if refused:
        return Decision(Known.NO, refused)
    rule = choose_proof_rule(rules, public, decided_on)
    granted, text, until = _judge(public, proof, rule, decided_on, hired_on)
    every = [(granted, text), *firm]
    if all(one is Known.YES for one, _ in every):
        return Decision(Known.YES, (text,), until)
    worst = Known.NO if granted is Known.NO else Known.UNKNOWN
    return Decision(worst, tuple(said for one, said in every if one is not Known.YES), until)


_Said = tuple[Known, str]
_Judged = tuple[Known, str, date | None]


def _allowed(public: EligiblePublic, allowed: Collection[EligiblePublic]) -> Iterator[_Said]:
    if allowed and public not in allowed:
        yield (
            Known.NO,
            f"Ce contrat ne prévoit pas ce public{NBSP}: {_quoted(public.label)}. Choisissez un autre public de sa "
            "liste si la personne en relève, ou demandez l’accord écrit de l’acheteur.",
        )


def _age(public: EligiblePublic, birth_on: date | None, decided_on: date) -> Iterator[_Said]:
    if public not in _YOUNG and public is not EligiblePublic.SENIOR:
        return
    if birth_on is None:
        yield Known.UNKNOWN, f"Date de naissance inconnue{NBSP}: demandez-la, ce public dépend de l’âge."
        return
    age = age_on(birth_on, decided_on)
    if age < 0:
        yield Known.UNKNOWN, f"La date de naissance est après la décision{NBSP}: vérifiez-la."
    elif public in _YOUNG and age >= UNDER:
        yield Known.NO, _wrong_age(age, decided_on, f"moins de {UNDER} ans")
    elif public is EligiblePublic.SENIOR and age < FROM:
        yield Known.NO, _wrong_age(age, decided_on, f"{FROM} ans et plus")


def _wrong_age(age: int, decided_on: date, wanted: str) -> str:
    return (
        f"{age} ans le {written_day(decided_on)}, jour de la décision{NBSP}: ce public demande {wanted}. Choisissez un "
        "autre public si la personne en relève."
    )


def _judge(
    public: EligiblePublic, proof: Proof | None, rule: ProofRule | None, decided_on: date, hired_on: date | None
) -> _Judged:
    if rule is None:
        text = "Aucune règle de preuve n’est en vigueur pour ce public à cette date. Faites-la ajouter aux paramètres."
        return Known.UNKNOWN, text, None
    if proof is None:
        return Known.UNKNOWN, f"Justificatif manquant{NBSP}: demandez {_wanted(public, rule)}.", None
    if not _proves(public, proof.kind):
        text = f"{_quoted(proof.kind.label)} ne justifie pas ce public{NBSP}: demandez {_wanted(public, rule)}."
        return Known.UNKNOWN, text, None
    if rule.at_hire:
        return _valid_at_hire(proof, hired_on, _wanted(public, rule))
    return _fresh(public, proof, rule, decided_on)


def _valid_at_hire(proof: Proof, hired_on: date | None, wanted: str) -> _Judged:
    """RQTH, residence permit: valid on the day of hire, that day included."""
    until = proof.valid_until
    if hired_on is None:
        text = f"Jour d’embauche inconnu{NBSP}: indiquez-le, ce justificatif doit être valable ce jour-là."
        return Known.UNKNOWN, text, until
    hire = written_day(hired_on)
    if proof.dated_on is not None and proof.dated_on > hired_on:
        text = (
            f"Le titre est daté du {written_day(proof.dated_on)}, après l’embauche ({hire}){NBSP}: demandez {wanted}."
        )
        return Known.UNKNOWN, text, until
    if until is None and not proof.without_end:
        return (
            Known.UNKNOWN,
            f"Fin de validité inconnue{NBSP}: relevez-la sur le titre, ou notez qu’il n’en a pas.",
            None,
        )
    if until is not None and until < hired_on:
        text = f"Titre valable jusqu’au {written_day(until)}, avant l’embauche ({hire}){NBSP}: demandez {wanted}."
        return Known.NO, text, until
    return Known.YES, f"Titre valable le jour de l’embauche ({hire}).", until


def _fresh(public: EligiblePublic, proof: Proof, rule: ProofRule, decided_on: date) -> _Judged:
    """A proof by its age on the day of the decision, the last day included. Identity proves an age even expired."""
    ends = [] if public is EligiblePublic.SENIOR else [proof.valid_until]
    if rule.months is not None:
        if proof.dated_on is None:
            return (
                Known.UNKNOWN,
                f"Date du justificatif inconnue{NBSP}: relevez-la, elle dit s’il est assez récent.",
                None,
            )
        ends.append(accepted_until(proof.dated_on, rule.months))
    until = min((end for end in ends if end is not None), default=None)
    if proof.dated_on is not None and proof.dated_on > decided_on:
        text = (
            f"Le justificatif est daté du {written_day(proof.dated_on)}, après la décision{NBSP}: vérifiez cette date."
        )
        return Known.UNKNOWN, text, until
    if until is None:
        return Known.YES, "Justificatif vu.", None
    if decided_on > until:
        text = (
            f"Justificatif accepté jusqu’au {written_day(until)}, et la décision est du {written_day(decided_on)}. "
            f"Demandez {_wanted(public, rule)}."
        )
        return Known.NO, text, until
    return Known.YES, f"Justificatif accepté jusqu’au {written_day(until)} inclus.", until


def _only(public: EligiblePublic) -> ProofKind | None:
    """The one kind of proof of some publics: by status, by age, by opinion."""
    if public in BY_STATUS:
        return ProofKind.STRUCTURE_ATTESTATION
    if public is EligiblePublic.SENIOR:
        return ProofKind.IDENTITY
    return ProofKind.PRESCRIBER_OPINION if public is EligiblePublic.PRESCRIBER else None


def _proves(public: EligiblePublic, kind: ProofKind) -> bool:
    only = _only(public)
    if only is not None:
        return kind is only
    return kind not in {ProofKind.IDENTITY, ProofKind.STRUCTURE_ATTESTATION}


_WANTED = {
    ProofKind.STRUCTURE_ATTESTATION: "l’attestation de la structure d’insertion",
    ProofKind.IDENTITY: "une pièce d’identité",
    ProofKind.PRESCRIBER_OPINION: "l’avis motivé d’un prescripteur",
}


def _wanted(public: EligiblePublic, rule: ProofRule) -> str:
    only = _only(public)
    if only is not None:
        paper = _WANTED[only]
    elif rule.at_hire:
        return "un titre ou une notification valable le jour de l’embauche"
    elif public in _YOUNG:
        paper = "une attestation sur l’honneur"
    else:
        paper = "un justificatif"
    return paper if rule.months is None else f"{paper} de {rule.months} mois au plus"


def _quoted(label: str) -> str:
    return f"«{NBSP}{label}{NBSP}»"


# --- how long


def choose_rule(
    rules: Iterable[DurationRule], public: EligiblePublic | None, contract_kind: ContractKind | None, on: date
) -> DurationRule | None:
    """The rule in force on a day: the most specific, then the latest `valid_from`.

    Public and contract together win over the contract alone, the contract over the public, the public over neither.
    For a clock that starts with the first validated hour, `on` is that day; with the hire, the day of hire.
    The rule of a direct CDI is for direct hires: for staff sent by another employer pass no `contract_kind`.
    """
    fitting = [
        rule
        for rule in rules
        if rule.valid_from <= on and rule.public in (None, public) and rule.contract_kind in (None, contract_kind)
    ]
    return max(
        fitting,
        key=lambda rule: (rule.contract_kind is not None, rule.public is not None, rule.valid_from),
        default=None,
    )


def rule_of_clock(
    rules: Iterable[DurationRule],
    public: EligiblePublic | None,
    contract_kind: ContractKind | None,
    first_validated_on: date | None,
    hired_on: date | None,
) -> DurationRule | None:
    """The rule in force on the day that starts its own clock.

    While neither clock runs, the rule in force on the day of hire, whose clock will start; None when no day is known.
    """
    known = list(rules)
    rule = None
    for start, on in ((StartEvent.HIRE, hired_on), (StartEvent.FIRST_VALIDATED_HOUR, first_validated_on)):
        rule = (choose_rule(known, public, contract_kind, on) if on is not None else None) or rule
        if rule is not None and rule.start_event is start:
            return rule
    return rule


def extension_left(rule: DurationRule, extensions_months: int) -> int:
    """Months that can still be added to those already granted; 0 for a rule of the whole contract."""
    if rule.months is None:
        return 0
    return max(0, _most_added(rule, rule.months) - extensions_months)


def eligible_until(
    rule: DurationRule,
    first_validated_on: date | None,
    hired_on: date | None,
    contract_end: date | None,
    extensions_months: int = 0,
) -> date | None:
    """The last day of eligibility; None while the clock has not started or the end of the contract is unknown.

    `first_validated_on`: the first hour worked that was validated under any clause, all employers together.
    `contract_end`: end of the work contract. Extensions above what the rule allows are not counted.
    """
    start = hired_on if rule.start_event is StartEvent.HIRE else first_validated_on
    if start is None:
        return None
    if rule.months is None:
        return contract_end
    added = min(max(0, extensions_months), _most_added(rule, rule.months))
    return last_day_included(start, rule.months + added)


def _most_added(rule: DurationRule, months: int) -> int:
    if rule.maximum_months is None:
        return rule.extension_months
    return max(0, rule.maximum_months - months)


def verdict_on(
    day: date,
    decided_on: date | None,
    until: date | None,
    notified_on: date | None,
    contract_end: date | None,
) -> RejectReason | None:
    """Why the hours of a day are rejected by default, None when they count.

    `decided_on` None: not decided. The day of the decision, of the notification and both ends count. An unknown bound
    rejects nothing: `until` None is a clock that has not started, which the first validated hour starts.
    """
    if (notified_on is not None and day < notified_on) or (contract_end is not None and day > contract_end):
        return RejectReason.OUTSIDE_CONTRACT
    if decided_on is None or day < decided_on:
        return RejectReason.NOT_DECIDED
    if until is not None and day > until:
        return RejectReason.OUTSIDE_ELIGIBILITY
    return None
