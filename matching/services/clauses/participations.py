"""A person on a commitment by a route: adding them, correcting what was written, ending, with the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import Outcome, PartyRole, Route
from matching.errors import Conflict, NotFound, Problems
from matching.services.candidates.identity import Identity, check_identity, new_person
from matching.services.candidates.protected import choices_of
from matching.services.clauses.eligibility_clock import keep_hours_eligible, refresh_until, wait_for_ledger
from matching.services.context import Context
from matching.store.bulk import insert_of
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import ContractKind, FactSource, OrganisationKind
from matching.text import written_day

MOST_WEEKLY_MINUTES = 48 * 60
"""Code du travail, L3121-20: nobody is planned for more than 48 hours a week."""
NOT_SAVED = "Rien n’a été enregistré. Quelques points sont à reprendre."


@dataclass(frozen=True)
class Who:
    """The person: one already known (`person_id`), or names typed. `sex`: for figures only; empty, unknown."""

    person_id: int | None = None
    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class ParticipationInput:
    """What is typed about a participation. `overlap_confirmed`: the officer saw that the person is already there."""

    route: Route | None
    organisation_id: int | None
    contract_kind: ContractKind | None = None
    job: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    weekly_minutes: int | None = None
    overlap_confirmed: bool = False


@dataclass(frozen=True)
class Added:
    """The participation just written."""

    id: int
    code: str


def add_participation(
    ctx: Context,
    actor: Actor,
    commitment_id: int,
    who: Who,
    typed: ParticipationInput,
    *,
    proposal_id: int | None = None,
) -> Added:
    """Put a person on a commitment; eligibility is decided next. Raises `Invalid`.

    An employer that is not yet a party of the commitment becomes one, as employer of the people.
    """
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.write(actor) as work:
        commitment = fetch(work.session, actor, Commitment, commitment_id)
        problems = Problems()
        check_typed(typed, problems)
        _check_who(work.session, who, problems, ctx.clock.today())
        _check_employer(work.session, typed.organisation_id, problems)
        if who.person_id is not None and not problems.errors:
            _warn_of_overlap(work.session, commitment.id, who.person_id, typed, problems)
        problems.raise_if_any(NOT_SAVED)
        person_id = who.person_id or _new_person(work, who, ctx.clock.today())
        return store_participation(work, commitment.id, person_id, typed, proposal_id)


def store_participation(
    work: UnitOfWork, commitment_id: int, person_id: int, typed: ParticipationInput, proposal_id: int | None = None
) -> Added:
    """Write a checked participation within a transaction, with its code and its event."""
    make_party(work.session, commitment_id, typed.organisation_id)
    added = insert_participation(
        work, columns_of(typed) | {"commitment_id": commitment_id, "person_id": person_id, "proposal_id": proposal_id}
    )
    acted_on(work, commitment_id)
    route = typed.route.value if typed.route else ""
    work.record(
        "participation.added", "participation", added.id, commitment_id=commitment_id, code=added.code, route=route
    )
    return added


def columns_of(typed: ParticipationInput) -> dict[str, Any]:
    """The columns that a form writes."""
    return {
        "route": typed.route,
        "organisation_id": typed.organisation_id,
        "contract_kind": typed.contract_kind,
        "job": typed.job.strip(),
        "started_on": typed.started_on,
        "ended_on": typed.ended_on,
        "weekly_minutes": typed.weekly_minutes,
    }


def insert_participation(work: UnitOfWork, columns: Mapping[str, Any]) -> Added:
    """A row with the next free code, H-0001, H-0002…

    Two officers may reach for the same code at once: whoever comes second waits for the first, then takes the next.
    """
    insert_here = insert_of(work.session)
    number = next_number(work.session)
    while True:
        code = f"H-{number:04d}"
        row = insert_here(Participation).values(code=code, created_at=work.at, version=1, **columns)
        done = row.on_conflict_do_nothing(index_elements=["code"]).returning(Participation.id)
        key = work.session.execute(done).scalar_one_or_none()
        if key is not None:
            return Added(key, code)
        number = max(number + 1, next_number(work.session))


def next_number(session: Session) -> int:
    """The number after the highest code of the form H-0001."""
    longest = select(Participation.code).where(Participation.code.regexp_match("^H-[0-9]{4,9}$"))
    last = session.execute(
        longest.order_by(func.length(Participation.code).desc(), Participation.code.desc()).limit(1)
    ).scalar_one_or_none()
    return int(last[2:]) + 1 if last else 1


def make_party(session: Session, commitment_id: int, organisation_id: int | None) -> None:
    """The employer of the people is a party of the commitment: it will declare their hours."""
    if organisation_id is None:
        return
    there = select(CommitmentParty.id).where(
        CommitmentParty.commitment_id == commitment_id, CommitmentParty.organisation_id == organisation_id
    )
    if session.execute(there.limit(1)).first() is None:
        session.add(
            CommitmentParty(commitment_id=commitment_id, organisation_id=organisation_id, role=PartyRole.EMPLOYER)
        )
        session.flush()


def acted_on(work: UnitOfWork, commitment_id: int) -> None:
    """Note that the officer did something; the row's version stays, so that nobody's edit form is refused for it."""
    work.session.execute(
        update(Commitment)
        .where(Commitment.id == commitment_id)
        .values(last_action_at=work.at)
        .execution_options(synchronize_session=False)
    )


def edit_participation(
    ctx: Context, actor: Actor, participation_id: int, version: int, typed: ParticipationInput
) -> None:
    """Correct route, employer, contract, dates, hours or job. Raises `Invalid`, `RuleRefused`, `Conflict`.

    Validated hours stay inside the dates, and with the company that declared them.
    """
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.write(actor) as work:
        wait_for_ledger(work.session)
        row = fetch(work.session, actor, Participation, participation_id)
        expect_version(work.session, row, version)
        problems = Problems()
        check_typed(typed, problems)
        _check_employer(work.session, typed.organisation_id, problems)
        _check_worked(work.session, row, typed, problems)
        if not problems.errors:
            _warn_of_overlap(work.session, row.commitment_id, row.person_id, typed, problems, but=row.id)
        problems.raise_if_any(NOT_SAVED)
        before, last = row.eligible_until, last_worked_on(work.session, row.id)
        changed = [name for name, value in columns_of(typed).items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, columns_of(typed)[name])
        if row.ended_on is None:
            row.outcome = None
        make_party(work.session, row.commitment_id, typed.organisation_id)
        work.session.flush()
        refresh_until(work, [row.person_id])
        keep_hours_eligible(work.session, row.id, before, last)
        acted_on(work, row.commitment_id)
        work.record("participation.edited", "participation", row.id, fields=changed)


def end_participation(
    ctx: Context, actor: Actor, participation_id: int, version: int, ended_on: date | None, outcome: Outcome | None
) -> None:
    """Note the last day and what became of the person (unknown is an answer). Raises `Invalid`, `Conflict`."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.write(actor) as work:
        wait_for_ledger(work.session)
        row = fetch(work.session, actor, Participation, participation_id)
        expect_version(work.session, row, version)
        problems = Problems()
        if ended_on is None:
            problems.add("ended_on", "Écrivez le dernier jour, par exemple 31/12/2026.")
        elif row.started_on and ended_on < row.started_on:
            problems.add("ended_on", f"Le dernier jour vient avant le premier, le {written_day(row.started_on)}.")
        else:
            _check_last_worked(work.session, row, ended_on, problems)
        if outcome is None:
            problems.add(
                "outcome",
                "Choisissez ce que la personne est devenue\u00a0; «\u00a0À confirmer\u00a0» si vous l’ignorez.",
            )
        problems.raise_if_any(NOT_SAVED)
        row.ended_on, row.outcome = ended_on, outcome.value if outcome else None
        work.session.flush()
        refresh_until(work, [row.person_id])
        acted_on(work, row.commitment_id)
        work.record(
            "participation.ended", "participation", row.id, ended_on=str(ended_on), outcome=row.outcome or "unknown"
        )


def expect_version(session: Session, row: Participation, version: int) -> None:
    """Raises `Conflict` when somebody saved in between, saying who."""
    if version == row.version:
        return
    who = session.execute(
        select(UserAccount.name)
        .join(AuditEvent, AuditEvent.actor_id == UserAccount.id)
        .where(AuditEvent.subject_type == "participation", AuditEvent.subject_id == row.id)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    raise Conflict(
        f"{who} a modifié cette participation pendant ce temps. Rouvrez la page pour voir ce qui a changé."
        if who
        else CHANGED_MEANWHILE
    )


# --- checks ------------------------------------------------------------------------------------------


def check_typed(typed: ParticipationInput, problems: Problems) -> None:
    """Add to `problems` what is missing or cannot be in a participation typed."""
    if typed.route is None:
        problems.add("route", "Choisissez comment les heures arrivent\u00a0: embauche directe, mise à disposition…")
    if typed.organisation_id is None:
        problems.add("organisation_id", "Choisissez qui emploie la personne\u00a0: c’est qui déclarera ses heures.")
    if len(typed.job.strip()) > 120:
        problems.add("job", "Raccourcissez le poste\u00a0: 120 caractères au plus.", typed.job)
    if typed.started_on is None:
        problems.add("started_on", "Écrivez le premier jour du contrat, par exemple 01/09/2026.")
    elif typed.ended_on is not None and typed.ended_on < typed.started_on:
        problems.add("ended_on", f"Le dernier jour vient avant le premier, le {written_day(typed.started_on)}.")
    minutes = typed.weekly_minutes
    if minutes is not None and not 0 < minutes <= MOST_WEEKLY_MINUTES:
        problems.add("weekly_minutes", "Écrivez une durée par semaine entre 1 minute et 48 h, par exemple 35 h.")


def _check_who(session: Session, who: Who, problems: Problems, today: date) -> None:
    if who.person_id is None:
        check_identity(Identity(who.given_name, who.family_name, birth_date=who.birth_date), problems, today)
        check_sex(who.sex, problems)
    elif session.get(Person, who.person_id) is None:
        raise NotFound("Cette personne n’est plus connue. Cherchez-la de nouveau.")


def _check_employer(session: Session, organisation_id: int | None, problems: Problems) -> None:
    if organisation_id is None:
        return
    if session.get(Organisation, organisation_id) is None:
        problems.add("organisation_id", "Cette structure n’est plus connue. Choisissez-en une autre.")


def _check_worked(session: Session, row: Participation, typed: ParticipationInput, problems: Problems) -> None:
    if row.validated_minutes and typed.organisation_id != row.organisation_id:
        problems.add(
            "organisation_id",
            "Des heures sont déjà validées avec cet employeur. Notez la fin de cette participation, puis ajoutez la "
            "personne de nouveau avec le nouvel employeur.",
        )
    if row.first_worked_on and typed.started_on and typed.started_on > row.first_worked_on:
        problems.add(
            "started_on",
            f"Des heures sont validées depuis le {written_day(row.first_worked_on)}. Gardez un premier jour qui ne "
            "vient pas après, ou annulez d’abord ces heures.",
        )
    if typed.ended_on is not None:
        _check_last_worked(session, row, typed.ended_on, problems)


def _check_last_worked(session: Session, row: Participation, ended_on: date, problems: Problems) -> None:
    last = last_worked_on(session, row.id)
    if last is not None and ended_on < last:
        problems.add(
            "ended_on",
            f"Des heures sont validées jusqu’au {written_day(last)}. Choisissez ce jour ou un jour plus tardif, ou "
            "annulez d’abord ces heures.",
        )


def last_worked_on(session: Session, participation_id: int) -> date | None:
    """The last day of the standing entries of a participation; None when no hour stands."""
    undone = select(LedgerEntry.reverses_id).where(
        LedgerEntry.participation_id == participation_id, LedgerEntry.reverses_id.is_not(None)
    )
    query = select(func.max(LedgerEntry.worked_to)).where(
        LedgerEntry.participation_id == participation_id,
        LedgerEntry.reverses_id.is_(None),
        LedgerEntry.allocation_id.is_(None),
        LedgerEntry.id.not_in(undone),
    )
    return session.execute(query).scalar_one_or_none()


def _warn_of_overlap(
    session: Session,
    commitment_id: int,
    person_id: int,
    typed: ParticipationInput,
    problems: Problems,
    but: int | None = None,
) -> None:
    """Twice on a commitment by the same route over the same days is nearly always a slip."""
    if typed.overlap_confirmed:
        return
    found = overlapping(session, commitment_id, person_id, typed, but)
    if found is not None:
        problems.add(
            "overlap_confirmed",
            f"Cette personne est déjà sur cet engagement, par la même voie et sur les mêmes jours ({found.code}). "
            "Cochez la case si ce sont bien deux contrats différents.",
        )


def overlapping(
    session: Session, commitment_id: int, person_id: int, typed: ParticipationInput, but: int | None = None
) -> Participation | None:
    """A participation of the same person, commitment and route whose dates meet those typed."""
    rows = session.execute(
        select(Participation)
        .where(
            Participation.commitment_id == commitment_id,
            Participation.person_id == person_id,
            Participation.route == typed.route,
        )
        .order_by(Participation.id)
    ).scalars()
    start, end = typed.started_on or date.min, typed.ended_on or date.max
    for row in rows:
        if row.id != but and (row.started_on or date.min) <= end and start <= (row.ended_on or date.max):
            return row
    return None


def _new_person(work: UnitOfWork, who: Who, today: date) -> int:
    person = new_person(work, Identity(who.given_name, who.family_name))
    if who.birth_date is not None:
        work.session.add(declared_fact(person.id, "birth_date", who.birth_date.isoformat(), today))
    if who.sex:
        work.session.add(declared_fact(person.id, "sex", who.sex, today))
    return person.id


def check_sex(code: str, problems: Problems) -> None:
    """Add to `problems` a code that is none of the answers to « Sexe »; empty is unknown."""
    if code and code not in choices_of("sex"):
        problems.add("sex", "Choisissez une des réponses proposées.", code)


def declared_fact(person_id: int, kind: str, value: str, today: date) -> ProtectedFact:
    """A protected fact as the person said it, with no paper seen."""
    return ProtectedFact(
        person_id=person_id, kind=kind, value=value, source=FactSource.DECLARED, known_on=today, proof=""
    )


# --- what the forms offer ------------------------------------------------------------------------------

_SENDERS = (
    OrganisationKind.EI,
    OrganisationKind.ETTI,
    OrganisationKind.AI,
    OrganisationKind.ACI,
    OrganisationKind.EITI,
    OrganisationKind.GEIQ,
    OrganisationKind.EA,
    OrganisationKind.EATT,
    OrganisationKind.ESAT,
    OrganisationKind.EBE,
    OrganisationKind.ASSOCIATION,
)


@dataclass(frozen=True)
class EmployerChoice:
    """Who may employ the person: a party of the commitment (`role`), or a structure that would become one."""

    id: int
    name: str
    role: str
    kind: str


@dataclass(frozen=True)
class AddingChoices:
    """What the form of a participation offers, and the dates it prefills from the commitment."""

    commitment_id: int
    commitment: str
    contract_number: str
    notified_on: date | None
    window_from: date | None
    window_to: date | None
    parties: tuple[EmployerChoice, ...]
    others: tuple[EmployerChoice, ...]


def adding_choices(ctx: Context, actor: Actor, commitment_id: int) -> AddingChoices:
    """The employers that a participation of this commitment may have; raises `NotFound`."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.read() as session:
        commitment = fetch(session, actor, Commitment, commitment_id)
        contract = session.get_one(Contract, commitment.contract_id)
        parties = _parties(session, commitment_id)
        return AddingChoices(
            commitment.id,
            commitment.label,
            contract.number,
            contract.notified_on,
            commitment.window_from or contract.start_on,
            commitment.window_to or contract.end_on,
            parties,
            _senders(session, {one.id for one in parties}),
        )


def _parties(session: Session, commitment_id: int) -> tuple[EmployerChoice, ...]:
    rows = session.execute(
        select(Organisation.id, Organisation.name, Organisation.kind, CommitmentParty.role)
        .join(CommitmentParty, CommitmentParty.organisation_id == Organisation.id)
        .where(CommitmentParty.commitment_id == commitment_id)
        .order_by(CommitmentParty.id)
    )
    found: dict[int, EmployerChoice] = {}
    for row in rows:
        found.setdefault(row.id, EmployerChoice(row.id, row.name, row.role.label, row.kind.label))
    return tuple(found.values())


def _senders(session: Session, but: set[int]) -> tuple[EmployerChoice, ...]:
    rows = session.execute(
        select(Organisation.id, Organisation.name, Organisation.kind)
        .where(Organisation.kind.in_(_SENDERS), Organisation.active, Organisation.id.not_in(but))
        .order_by(Organisation.name_search, Organisation.id)
    )
    return tuple(EmployerChoice(row.id, row.name, "", row.kind.label) for row in rows)
