"""People on commitments: some of the units' candidates, others known here only; each decided on a dated proof."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from matching.clauses.dates import age_on
from matching.clauses.terms import BY_STATUS, EligiblePublic, Outcome, ProofKind
from matching.demo import words
from matching.demo.clauses.model import REFUSED, WAITING, CommitmentPlan, Crew
from matching.demo.clauses.stage import Human, Stage, Worker
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.people import Candidate, Person
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import UnitOfWork
from matching.terms import CandidateState, Known
from matching.text import fold

P = EligiblePublic
_FACT_OF = {P.RSA: "rsa", P.QPV: "qpv", P.RQTH: "rqth", P.LONG_TERM_12: "long_term_unemployed"}
_FACT_OF |= {P.LONG_TERM_24: "long_term_unemployed", P.ETTI: "rsa"}
_YOUNG = (P.YOUNG_UNQUALIFIED, P.YOUNG_OUT_OF_WORK, P.PACEA)
_OUTCOMES = (Outcome.DURABLE, Outcome.TRANSITION, Outcome.POSITIVE, Outcome.TRANSITION, Outcome.UNKNOWN)


def read_candidates(stage: Stage) -> list[Human]:
    """The candidates who may be on a commitment, those in a job first, with what is known of them."""
    with stage.ctx.read() as session:
        facts: dict[int, dict[str, str]] = {}
        for fact in session.execute(select(ProtectedFact)).scalars():
            facts.setdefault(fact.person_id, {})[fact.kind] = fact.value
        query = (
            select(Candidate.person_id)
            .where(
                Candidate.state.in_((CandidateState.ACTIVE, CandidateState.HIRED)), Candidate.adviser_id.is_not(None)
            )
            .order_by(Candidate.state.desc(), Candidate.id)
        )
        return [Human(key, facts.get(key, {})) for key in session.execute(query).scalars()]


def add_crew(stage: Stage, work: UnitOfWork, plan: CommitmentPlan, crew: Crew) -> list[int]:
    """The people of a crew, on the eve of their first month; returns their persons' ids."""
    people = []
    for _ in range(crew.people):
        human = _twin_of(stage, plan, crew) if crew.twin else _human(stage, work, crew)
        worker = _participation(stage, work, plan, crew, human)
        if crew.decision is not WAITING:
            _decide(stage, work, worker)
        stage.workers.append(worker)
        people.append(human.person_id)
    return people


def _twin_of(stage: Stage, plan: CommitmentPlan, crew: Crew) -> Human:
    before = plan.crews[plan.crews.index(crew) - 1]
    return next(worker.human for worker in stage.workers if worker.commitment == plan.key and worker.crew is before)


def _human(stage: Stage, work: UnitOfWork, crew: Crew) -> Human:
    if crew.known:
        fitting = [human for human in stage.candidates if _fits(human, crew.public, stage.months.first(crew.first))]
        stage.candidates.remove(fitting[0])
        return fitting[0]
    dice = stage.dice
    given, family = dice.choice(words.GIVEN_NAMES), dice.choice(words.FAMILY_NAMES)
    person = Person(
        given_name=given, family_name=family, name_search=fold(f"{given} {family}"), phone="", created_at=work.at
    )
    work.session.add(person)
    work.session.flush()
    facts = _facts(stage, crew.public, stage.day_of(work))
    for kind, value in facts.items():
        work.session.add(ProtectedFact(person_id=person.id, kind=kind, value=value, known_on=stage.day_of(work)))
    return Human(person.id, facts)


def _fits(human: Human, public: EligiblePublic, on: date) -> bool:
    """Whether what is known of a candidate agrees with this public."""
    if public is P.SENIOR:
        return age_on(date.fromisoformat(human.facts["birth_date"]), on) >= 50
    fact = _FACT_OF.get(public)
    return fact is None or human.facts.get(fact) == "yes"


def _facts(stage: Stage, public: EligiblePublic, on: date) -> dict[str, str]:
    youngest, oldest = (51, 60) if public is P.SENIOR else (18, 24) if public in _YOUNG else (21, 57)
    born = on - timedelta(days=stage.dice.randrange(youngest * 366, oldest * 365))
    facts = {"birth_date": born.isoformat(), "sex": stage.dice.choice("fm")}
    if fact := _FACT_OF.get(public):
        facts[fact] = "yes"
    if public is P.REGIE:
        facts["qpv"] = "yes"
    return facts


def _participation(stage: Stage, work: UnitOfWork, plan: CommitmentPlan, crew: Crew, human: Human) -> Worker:
    months, organisation = stage.months, crew.employer or plan.holder
    started = months.day(crew.first, crew.start_day or 1)
    ended = None if crew.last is None else months.last(crew.last)
    gone = crew.last is not None and crew.last < 0 and not _goes_on(plan, crew)
    row = Participation(
        code=f"H-{len(stage.workers) + 1:04d}",
        person_id=human.person_id,
        commitment_id=stage.ids[plan.key],
        organisation_id=stage.companies[organisation],
        route=crew.route,
        contract_kind=crew.kind,
        job=crew.job,
        started_on=months.working_day(started),
        ended_on=ended,
        weekly_minutes=crew.hours * 60,
        outcome=stage.dice.choice(_OUTCOMES).value if gone else None,
        created_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.record("participation.added", "participation", row.id, commitment_id=row.commitment_id, route=row.route.value)
    return Worker(row.id, human, crew, plan.key, organisation, months.working_day(started), ended, None)


def _goes_on(plan: CommitmentPlan, crew: Crew) -> bool:
    """Somebody hired by the holder after an assignment has not left."""
    following = plan.crews[plan.crews.index(crew) + 1 :]
    return bool(following) and following[0].twin


def _decide(stage: Stage, work: UnitOfWork, worker: Worker) -> None:
    day, public = stage.day_of(work), worker.crew.public
    granted = Known.NO if worker.crew.decision is REFUSED else Known.YES
    kind, dated, until = proof_of(public, day)
    decision = EligibilityDecision(
        participation_id=worker.participation_id,
        granted=granted,
        public=public,
        decided_on=day,
        proof_kind=kind,
        proof_dated_on=dated,
        proof_valid_until=until,
        opinion="Inscription trop récente le jour de la décision." if granted is Known.NO else "",
        by_id=work.actor_id,
        at=work.at,
    )
    work.session.add(decision)
    row = work.session.get_one(Participation, worker.participation_id)
    row.eligible, row.eligible_public, row.eligible_decided_on = granted, public, day
    worker.decided_on = day if granted is Known.YES else None
    work.record("participation.eligibility_decided", "participation", row.id, granted=granted.value)


def proof_of(public: EligiblePublic, day: date) -> tuple[ProofKind, date, date | None]:
    """A proof that is accepted on `day` for this public: its kind, its date, its end."""
    if public in BY_STATUS:
        return ProofKind.STRUCTURE_ATTESTATION, day - timedelta(days=9), None
    if public is P.SENIOR:
        return ProofKind.IDENTITY, day - timedelta(days=900), None
    if public in (P.RQTH, P.REFUGEE):
        return ProofKind.TITLE, day - timedelta(days=400), day + timedelta(days=700)
    if public is P.YOUNG_UNQUALIFIED:
        return ProofKind.SWORN_STATEMENT, day - timedelta(days=3), None
    return ProofKind.ATTESTATION, day - timedelta(days=24), None
