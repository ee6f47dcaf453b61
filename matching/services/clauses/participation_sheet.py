"""One participation as its page shows it: the work, the person's other participations, the clock, the decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.eligibility import StartEvent
from matching.clauses.terms import EligiblePublic, Outcome, ProofKind, Route
from matching.services.clauses.eligibility_clock import EligibilityClock, clock_of, first_validated_of, last_grants
from matching.services.clauses.participation_list import Standing, standing_on
from matching.services.clauses.participations import ParticipationInput
from matching.services.clauses.rules import duration_rules, thresholds_on
from matching.services.context import Context
from matching.services.reading import note_read
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.people import Candidate
from matching.terms import ContractKind, Known
from matching.text import NBSP, written_day


@dataclass(frozen=True)
class DecisionLine:
    """One decision: who, when, on which proof. `decided_on` is its own day, `at` when it was written."""

    granted: Known
    public: EligiblePublic
    decided_on: date
    proof_kind: ProofKind | None
    proof_dated_on: date | None
    proof_valid_until: date | None
    evidence_id: int | None
    extension_months: int
    ends_on: date | None
    opinion: str
    override_reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class OtherParticipation:
    """A participation of the same person, this one included."""

    id: int
    code: str
    commitment_id: int
    commitment: str
    organisation: str
    route: Route
    started_on: date | None
    ended_on: date | None
    standing: Standing
    validated_minutes: int


@dataclass(frozen=True)
class ParticipationSheet:
    """A participation whole. `candidate_code` empty: no unit follows the person."""

    id: int
    version: int
    code: str
    name: str
    candidate_code: str
    commitment_id: int
    commitment: str
    contract_number: str
    notified_on: date | None
    organisation_id: int | None
    organisation: str
    route: Route
    contract_kind: ContractKind | None
    job: str
    started_on: date | None
    ended_on: date | None
    weekly_minutes: int | None
    outcome: Outcome | None
    from_hire: bool
    standing: Standing
    public: EligiblePublic | None
    decided_on: date | None
    validated_minutes: int
    first_worked_on: date | None
    clock: EligibilityClock
    clock_words: str
    decisions: tuple[DecisionLine, ...]
    others: tuple[OtherParticipation, ...]

    @property
    def person_minutes(self) -> int:
        """Hours validated of the person, every commitment together."""
        return sum(one.validated_minutes for one in self.others)

    def typed(self) -> ParticipationInput:
        """As its form takes it."""
        return ParticipationInput(
            self.route,
            self.organisation_id,
            self.contract_kind,
            self.job,
            self.started_on,
            self.ended_on,
            self.weekly_minutes,
        )


def get_participation(ctx: Context, actor: Actor, participation_id: int, how: str = "") -> ParticipationSheet:
    """The page of a participation; raises `NotFound`. The reading is logged as `how`, unless it only serves a form."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    today = ctx.clock.today()
    with ctx.read() as session:
        row = fetch(session, actor, Participation, participation_id)
        commitment = session.get_one(Commitment, row.commitment_id)
        contract = session.get_one(Contract, commitment.contract_id)
        employer = session.get(Organisation, row.organisation_id) if row.organisation_id else None
        clock = _clock(session, row)
        notice = thresholds_on(session, today).proof_notice_days
        sheet = ParticipationSheet(
            id=row.id,
            version=row.version,
            code=row.code,
            name=f"{row.person.given_name} {row.person.family_name}",
            candidate_code=_candidate_code(session, row.person_id),
            commitment_id=commitment.id,
            commitment=commitment.label,
            contract_number=contract.number,
            notified_on=contract.notified_on,
            organisation_id=row.organisation_id,
            organisation=employer.name if employer else "",
            route=row.route,
            contract_kind=row.contract_kind,
            job=row.job,
            started_on=row.started_on,
            ended_on=row.ended_on,
            weekly_minutes=row.weekly_minutes,
            outcome=Outcome(row.outcome) if row.outcome in list(Outcome) else None,
            from_hire=row.proposal_id is not None,
            standing=standing_on(today, notice, row.eligible, row.eligible_until, row.ended_on),
            public=row.eligible_public,
            decided_on=row.eligible_decided_on,
            validated_minutes=row.validated_minutes,
            first_worked_on=row.first_worked_on,
            clock=clock,
            clock_words=clock_words(clock, row.eligible),
            decisions=_decisions(session, row.id),
            others=_others(session, row.person_id, today, notice),
        )
    if how:
        note_read(ctx, actor, "participation", participation_id, how)
    return sheet


def _clock(session: Session, row: Participation) -> EligibilityClock:
    extension, cut = last_grants(session, [row.id]).get(row.id, (0, None))
    return clock_of(
        duration_rules(session),
        row.route,
        row.contract_kind,
        row.eligible_public,
        first_validated_of(session, [row.person_id]).get(row.person_id),
        row.started_on,
        row.ended_on,
        extension,
        cut,
    )


def clock_words(clock: EligibilityClock, eligible: Known) -> str:
    """The clock in a sentence: since when, by which rule, until when."""
    if eligible is not Known.YES:
        return "L’éligibilité n’est pas accordée\u00a0: aucun compte ne court."
    rule = clock.rule
    if rule is None or clock.started_on is None:
        cut = f" Fin décidée{NBSP}: {written_day(clock.ends_on)}." if clock.ends_on else ""
        return f"Le compte commencera avec la première heure validée, tous employeurs confondus.{cut}"
    start = "l’embauche" if rule.start_event is StartEvent.HIRE else "la première heure validée"
    since = f"Depuis {start}, le {written_day(clock.started_on)}"
    if rule.months is None:
        words = f"{since}{NBSP}: tout le contrat de travail."
    else:
        added = f" et {clock.extension_months}{NBSP}mois de prolongation" if clock.extension_months else ""
        words = f"{since}{NBSP}: {rule.months}{NBSP}mois{added}."
    if clock.ends_on is None:
        return f"{words} Le dernier jour du contrat n’est pas connu."
    cut = ", fin décidée plus tôt que la règle" if clock.cut_on == clock.ends_on else ""
    return f"{words} Jusqu’au {written_day(clock.ends_on)} inclus{cut}."


def _candidate_code(session: Session, person_id: int) -> str:
    query = select(Candidate.code).where(Candidate.person_id == person_id).order_by(Candidate.id.desc()).limit(1)
    return session.execute(query).scalar_one_or_none() or ""


def _decisions(session: Session, participation_id: int) -> tuple[DecisionLine, ...]:
    """The latest first."""
    rows = session.execute(
        select(EligibilityDecision, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == EligibilityDecision.by_id)
        .where(EligibilityDecision.participation_id == participation_id)
        .order_by(EligibilityDecision.id.desc())
    )
    return tuple(
        DecisionLine(
            one.granted,
            one.public,
            one.decided_on,
            one.proof_kind,
            one.proof_dated_on,
            one.proof_valid_until,
            one.evidence_id,
            one.extension_months,
            one.ends_on,
            one.opinion,
            one.override_reason,
            name or "",
            one.at,
        )
        for one, name in rows
    )


def _others(session: Session, person_id: int, today: date, notice_days: int) -> tuple[OtherParticipation, ...]:
    rows = session.execute(
        select(Participation, Commitment.label, Organisation.name)
        .join(Commitment, Commitment.id == Participation.commitment_id)
        .outerjoin(Organisation, Organisation.id == Participation.organisation_id)
        .where(Participation.person_id == person_id)
        .order_by(Participation.started_on, Participation.id)
    )
    return tuple(
        OtherParticipation(
            one.id,
            one.code,
            one.commitment_id,
            label,
            name or "",
            one.route,
            one.started_on,
            one.ended_on,
            standing_on(today, notice_days, one.eligible, one.eligible_until, one.ended_on),
            one.validated_minutes,
        )
        for one, label, name in rows
    )
