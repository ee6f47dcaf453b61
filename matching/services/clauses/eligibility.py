"""Who is eligible: what is known, the decision of an officer on a proof, and what ends soon.

A decision is added, never changed: the last one holds, the others stay readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.eligibility import Decision, Proof, choose_rule, decide, extension_left
from matching.clauses.terms import EligiblePublic, ProofKind
from matching.errors import FieldError, Invalid, Problems
from matching.services.clauses.criteria import PublicLine, birth_of, public_lines, read_facts
from matching.services.clauses.eligibility_clock import (
    first_validated_of,
    keep_hours_eligible,
    own_contract,
    refresh_until,
    wait_for_ledger,
)
from matching.services.clauses.evidence import PROOF, store_evidence
from matching.services.clauses.participations import (
    NOT_SAVED,
    acted_on,
    check_sex,
    declared_fact,
    expect_version,
    last_worked_on,
)
from matching.services.clauses.rules import duration_rules, proof_rules
from matching.services.context import Context
from matching.services.reading import note_read
from matching.store.scope import fetch
from matching.store.tables.contracts import Commitment, CommitmentPublic
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import UnitOfWork
from matching.terms import FactSource, Known
from matching.text import written_day

__all__ = [
    "Decided",
    "DecisionInput",
    "EligibilitySheet",
    "ExpiringProof",
    "decide_eligibility",
    "proofs_expiring",
    "read_eligibility",
    "refresh_until",
]
_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class DecisionInput:
    """What an officer decides. `refused`: not eligible, with the reason in `opinion`.

    `without_end`: the paper itself has no end. `extension_months` is what is added in all. `ends_on` cuts eligibility
    before the rule does. `override_reason`: why the person counts although the rules do not say yes. `birth_date` is
    kept when none is on file, the age being what some publics are; so is `sex`, for figures only.
    """

    public: EligiblePublic | None
    refused: bool = False
    proof_kind: ProofKind | None = None
    proof_dated_on: date | None = None
    proof_valid_until: date | None = None
    without_end: bool = False
    decided_on: date | None = None
    opinion: str = ""
    extension_months: int = 0
    ends_on: date | None = None
    override_reason: str = ""
    birth_date: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class Decided:
    """What was written. `until` None: the clock has not started, or has no end."""

    granted: Known
    until: date | None
    overridden: bool


def decide_eligibility(
    ctx: Context,
    actor: Actor,
    participation_id: int,
    version: int,
    typed: DecisionInput,
    evidence: tuple[bytes, str] | None = None,
) -> Decided:
    """Record a decision, with its proof (`evidence`: content and file name).

    What the rules refuse, or cannot tell for want of a paper, is refused here too unless `override_reason` says why.
    Raises `Invalid`, `RuleRefused` when hours would be left past the end, `Conflict`.
    """
    require(actor, Permission.DECIDE_ELIGIBILITY)
    today = ctx.clock.today()
    with ctx.write(actor) as work:
        wait_for_ledger(work.session)
        row = fetch(work.session, actor, Participation, participation_id)
        expect_version(work.session, row, version)
        decided_on = typed.decided_on or today
        _check(work.session, row, typed, decided_on, today)
        _keep_birth(work.session, row, typed, today)
        _keep_sex(work.session, row.person_id, typed.sex, today)
        before = row.eligible_until if row.eligible is Known.YES else date.min
        granted, overridden = Known.NO, False
        if not typed.refused:
            granted, overridden = _grant(work.session, row, typed, decided_on)
        evidence_id = _store(ctx, work, row, evidence)
        work.session.add(_decision(work, row, typed, decided_on, granted, overridden, evidence_id))
        _apply(row, typed, granted, decided_on)
        work.session.flush()
        refresh_until(work, [row.person_id])
        keep_hours_eligible(work.session, row.id, before, last_worked_on(work.session, row.id))
        acted_on(work, row.commitment_id)
        # The trail is read by administrators: it never says by which public.
        work.record(
            "participation.eligibility_decided",
            "participation",
            row.id,
            granted=granted.value,
            overridden=overridden,
            decided_on=decided_on.isoformat(),
            extension_months=typed.extension_months,
        )
        until = work.session.execute(
            select(Participation.eligible_until).where(Participation.id == row.id)
        ).scalar_one()
    return Decided(granted, until, overridden)


def _check(session: Session, row: Participation, typed: DecisionInput, decided_on: date, today: date) -> None:
    """Raise `Invalid` with everything that cannot be written whatever the rules of proof say."""
    problems = Problems()
    if typed.public is None:
        problems.add("public", "Choisissez le public dont la personne relève.")
    if decided_on > today:
        problems.add("decided_on", "La décision ne peut pas être datée d’un jour à venir.", decided_on)
    for name in ("opinion", "override_reason"):
        if len(getattr(typed, name)) > _LONGEST_TEXT:
            problems.add(name, f"Raccourcissez\u00a0: {_LONGEST_TEXT} caractères au plus.")
    if typed.refused and not typed.opinion.strip():
        problems.add("opinion", "Écrivez pourquoi la personne n’est pas éligible\u00a0: elle peut le demander.")
    elif typed.public is EligiblePublic.PRESCRIBER and not typed.opinion.strip():
        problems.add("opinion", "Écrivez l’avis motivé du prescripteur, avec son nom et sa structure.")
    if typed.birth_date is not None and not date(today.year - 110, 1, 1) <= typed.birth_date < today:
        problems.add("birth_date", "Vérifiez la date de naissance.", typed.birth_date)
    check_sex(typed.sex, problems)
    if typed.ends_on is not None and typed.ends_on < decided_on:
        problems.add("ends_on", f"La fin vient avant la décision du {written_day(decided_on)}.", typed.ends_on)
    _check_worked(session, row, typed, problems)
    _check_extension(session, row, typed, decided_on, problems)
    problems.raise_if_any(NOT_SAVED)


def _keep_birth(session: Session, row: Participation, typed: DecisionInput, today: date) -> None:
    if typed.birth_date is None or birth_of(read_facts(session, row.person_id)) is not None:
        return
    seen = typed.proof_kind is ProofKind.IDENTITY
    session.add(
        ProtectedFact(
            person_id=row.person_id,
            kind="birth_date",
            value=typed.birth_date.isoformat(),
            source=FactSource.CERTIFIED if seen else FactSource.DECLARED,
            known_on=today,
            proof="",
        )
    )
    session.flush()


def _keep_sex(session: Session, person_id: int, sex: str, today: date) -> None:
    # Declared whatever paper is seen: an identity card has no third answer.
    if sex and "sex" not in read_facts(session, person_id):
        session.add(declared_fact(person_id, "sex", sex, today))
        session.flush()


def _check_worked(session: Session, row: Participation, typed: DecisionInput, problems: Problems) -> None:
    """Hours that were validated are not left without the eligibility they rest on."""
    last = last_worked_on(session, row.id)
    if last is None:
        return
    if typed.refused and row.eligible is Known.YES:
        problems.add(
            "decision",
            f"Des heures sont validées jusqu’au {written_day(last)}. Notez plutôt une fin d’éligibilité à partir de ce "
            "jour, ou annulez d’abord ces heures.",
        )
    elif typed.ends_on is not None and typed.ends_on < last:
        problems.add(
            "ends_on", f"Des heures sont validées jusqu’au {written_day(last)}\u00a0: choisissez ce jour ou après."
        )


def _check_extension(
    session: Session, row: Participation, typed: DecisionInput, decided_on: date, problems: Problems
) -> None:
    months = typed.extension_months
    if months < 0:
        problems.add("extension_months", "Écrivez un nombre de mois, 0 s’il n’y a pas de prolongation.", months)
    if months <= 0:
        return
    first = first_validated_of(session, [row.person_id]).get(row.person_id)
    kind = own_contract(row.route, row.contract_kind)
    rule = choose_rule(duration_rules(session), typed.public, kind, first or row.started_on or decided_on)
    most = extension_left(rule, 0) if rule else 0
    if months > most:
        text = (
            f"La règle en vigueur permet {most} mois de prolongation au plus, en tout."
            if most
            else "La règle en vigueur ne prévoit pas de prolongation. Elle se change dans les réglages des clauses."
        )
        problems.add("extension_months", text, months)


def _grant(session: Session, row: Participation, typed: DecisionInput, decided_on: date) -> tuple[Known, bool]:
    """Yes by the rules, or by the officer's reason. Raises `Invalid` with what the rules say."""
    judged = judge(session, row, typed, decided_on)
    if judged.granted is Known.YES:
        return Known.YES, False
    if typed.override_reason.strip():
        return Known.YES, True
    # « kept apart »: a proof missing is not a refusal, the message says what to ask.
    title = "Les règles disent non." if judged.granted is Known.NO else "Il manque quelque chose pour décider."
    errors = [FieldError(_field_of(judged, typed), reason) for reason in judged.reasons]
    raise Invalid(f"{title} Rien n’a été enregistré.", errors, granted=judged.granted.value)


def _field_of(judged: Decision, typed: DecisionInput) -> str:
    if typed.proof_kind is None:
        return "proof_kind"
    return "public" if judged.granted is Known.NO and judged.proof_until is None else "proof_dated_on"


def judge(session: Session, row: Participation, typed: DecisionInput, decided_on: date) -> Decision:
    """What the rules say of a decision typed, on the facts and the contract of this participation."""
    if typed.public is None:
        raise ValueError("a public is needed")
    proof = (
        Proof(typed.proof_kind, typed.proof_dated_on, typed.proof_valid_until, typed.without_end)
        if typed.proof_kind is not None
        else None
    )
    birth = birth_of(read_facts(session, row.person_id))
    return decide(
        typed.public,
        allowed_publics(session, row.commitment_id),
        proof,
        birth,
        decided_on,
        row.started_on,
        proof_rules(session),
    )


def allowed_publics(session: Session, commitment_id: int) -> frozenset[EligiblePublic]:
    """The publics of the contract's list; empty means all."""
    query = select(CommitmentPublic.public).where(CommitmentPublic.commitment_id == commitment_id)
    return frozenset(session.execute(query).scalars())


def _store(ctx: Context, work: UnitOfWork, row: Participation, evidence: tuple[bytes, str] | None) -> int | None:
    if evidence is None:
        return None
    content, filename = evidence
    return store_evidence(ctx, work, content, filename, PROOF, participation_id=row.id)


def _decision(
    work: UnitOfWork,
    row: Participation,
    typed: DecisionInput,
    decided_on: date,
    granted: Known,
    overridden: bool,
    evidence_id: int | None,
) -> EligibilityDecision:
    return EligibilityDecision(
        participation_id=row.id,
        granted=granted,
        public=typed.public,
        decided_on=decided_on,
        proof_kind=typed.proof_kind,
        proof_dated_on=typed.proof_dated_on,
        proof_valid_until=typed.proof_valid_until,
        evidence_id=evidence_id,
        extension_months=typed.extension_months,
        ends_on=typed.ends_on,
        opinion=typed.opinion.strip(),
        override_reason=typed.override_reason.strip() if overridden else "",
        by_id=work.actor_id,
        at=work.at,
    )


def _apply(row: Participation, typed: DecisionInput, granted: Known, decided_on: date) -> None:
    """Repeat the decision on the participation. Renewed, eligibility goes on from the day it was first granted."""
    renewed = granted is Known.YES and row.eligible is Known.YES and row.eligible_decided_on is not None
    if renewed and row.eligible_decided_on is not None:
        decided_on = min(decided_on, row.eligible_decided_on)
    row.eligible, row.eligible_public, row.eligible_decided_on = granted, typed.public, decided_on


# --- reading -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EligibilitySheet:
    """What is known for each public of the contract. `candidate_code` empty: the person is no candidate.

    `every_public`: the contract has no list of its own.
    """

    participation_id: int
    version: int
    candidate_code: str
    every_public: bool
    birth_known: bool
    sex_known: bool
    lines: tuple[PublicLine, ...]


def read_eligibility(ctx: Context, actor: Actor, participation_id: int) -> EligibilitySheet:
    """The criteria of a participation with what the person's file says; the reading is logged. Raises `NotFound`."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.read() as session:
        row = fetch(session, actor, Participation, participation_id)
        candidate = session.execute(
            select(Candidate.id, Candidate.code)
            .where(Candidate.person_id == row.person_id)
            .order_by(Candidate.id.desc())
            .limit(1)
        ).one_or_none()
        allowed = allowed_publics(session, row.commitment_id)
        employer = session.get(Organisation, row.organisation_id) if row.organisation_id else None
        facts = read_facts(session, row.person_id)
        lines = public_lines(
            facts,
            allowed,
            employer.kind if employer else None,
            proof_rules(session),
            ctx.clock.today(),
            row.started_on,
        )
        sheet = EligibilitySheet(
            row.id,
            row.version,
            candidate.code if candidate else "",
            not allowed,
            birth_of(facts) is not None,
            "sex" in facts,
            lines,
        )
    if candidate is not None:
        note_read(ctx, actor, "candidate", candidate.id, "eligibility")
    else:
        note_read(ctx, actor, "participation", participation_id, "eligibility")
    return sheet


@dataclass(frozen=True)
class ExpiringProof:
    """A participation whose eligibility ends while the work goes on."""

    participation_id: int
    code: str
    commitment_id: int
    commitment: str
    until: date


def proofs_expiring(session: Session, on: date, days: int) -> tuple[ExpiringProof, ...]:
    """Eligibilities that end from `on` to `days` later while the person goes on working, the nearest first."""
    rows = session.execute(
        select(Participation.id, Participation.code, Commitment.id, Commitment.label, Participation.eligible_until)
        .join(Commitment, Commitment.id == Participation.commitment_id)
        .where(
            Participation.eligible == Known.YES,
            Participation.eligible_until >= on,
            Participation.eligible_until <= on + timedelta(days=days),
            or_(Participation.ended_on.is_(None), Participation.ended_on > Participation.eligible_until),
            or_(Commitment.closed_on.is_(None), Commitment.closed_on > on),
        )
        .order_by(Participation.eligible_until, Participation.id)
    )
    return tuple(ExpiringProof(*row[:4], until=row[4] or on) for row in rows)
