"""Who the person is, where, followed by whom: creating a file, correcting it, confiding it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, Invalid, NotFound, Problems
from matching.services.candidates.editing import Edit, editing
from matching.services.context import Context
from matching.services.places import resolve_commune
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, Person, PortfolioAssignment
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import UnitOfWork
from matching.terms import CandidateState, FactSource, Orientation, Role
from matching.text import fold

_STAFF = (Role.ADVISER, Role.UNIT_MANAGER)
_SAME_NAME = 90.0
_SAME_NAME_AND_BIRTH = 75.0
_SWAPPED_BIRTH_NAME = 95.0


@dataclass(frozen=True)
class Identity:
    """What is typed about a person. `commune` is a name, a postal code or an INSEE code."""

    given_name: str
    family_name: str
    phone: str = ""
    email: str = ""
    birth_date: date | None = None
    commune: str = ""
    orientation: Orientation | None = None
    adviser_id: int | None = None


@dataclass(frozen=True)
class LikelySame:
    """Somebody already known who may be the same person.

    `candidate_id` is set when the actor's own unit already follows them; names are given only then.
    """

    person_id: int
    candidate_id: int | None
    name: str
    code: str
    unit: str
    why: str


def search_name(given_name: str, family_name: str) -> str:
    """The folded name that `person.name_search` holds."""
    return fold(f"{given_name} {family_name}")[:200]


def name_likeness(left: str, right: str) -> float:
    """How much two folded names look alike, 0 to 100, whatever the order of the words."""
    return float(fuzz.token_sort_ratio(left, right))


def looks_same(likeness: float, birth: date | None, other_birth: date | None) -> str:
    """Why two people may be one, in words; empty when nothing says so."""
    if birth and other_birth:
        if birth == other_birth and likeness >= _SAME_NAME_AND_BIRTH:
            return "même date de naissance et nom proche" if likeness < 100 else "même nom et même date de naissance"
        if likeness >= _SWAPPED_BIRTH_NAME and (birth.day, birth.month, birth.year) == (
            other_birth.month,
            other_birth.day,
            other_birth.year,
        ):
            return "même nom, jour et mois de naissance inversés"
        return ""
    if likeness >= _SAME_NAME:
        return "même nom, date de naissance à vérifier" if likeness == 100 else "nom très proche"
    return ""


def find_likely_same(ctx: Context, actor: Actor, identity: Identity) -> tuple[LikelySame, ...]:
    """People already known who may be the one typed, most alike first, five at most."""
    require(actor, Permission.EDIT_CANDIDATE)
    with ctx.read() as session:
        return likely_same(session, actor, identity)


def likely_same(session: Session, actor: Actor, identity: Identity) -> tuple[LikelySame, ...]:
    """As `find_likely_same`, in a session already open."""
    names = {row.id: row.name_search for row in session.execute(select(Person.id, Person.name_search))}
    query = search_name(identity.given_name, identity.family_name)
    close = process.extract(
        query, names, scorer=fuzz.token_sort_ratio, score_cutoff=_SAME_NAME_AND_BIRTH, limit=200, processor=None
    )
    births = _births(session, [person_id for _, _, person_id in close])
    found = []
    for _, likeness, person_id in close:
        why = looks_same(likeness, identity.birth_date, births.get(person_id))
        if why:
            found.append(_describe(session, actor, person_id, why))
    return tuple(found[:5])


def _births(session: Session, person_ids: list[int]) -> dict[int, date]:
    rows = session.execute(
        select(ProtectedFact.person_id, ProtectedFact.value).where(
            ProtectedFact.person_id.in_(person_ids), ProtectedFact.kind == "birth_date"
        )
    )
    return {row.person_id: date.fromisoformat(row.value) for row in rows}


def _describe(session: Session, actor: Actor, person_id: int, why: str) -> LikelySame:
    rows = session.execute(
        select(Candidate.id, Candidate.code, Candidate.unit_id, EmploymentUnit.name, Candidate.state)
        .join(EmploymentUnit, EmploymentUnit.id == Candidate.unit_id)
        .where(Candidate.person_id == person_id)
        .order_by(Candidate.id.desc())
    ).all()
    own = next((row for row in rows if row.unit_id == actor.unit_id), None)
    if own is None:
        return LikelySame(person_id, None, "", "", rows[0].name if rows else "", why)
    person = session.get_one(Person, person_id)
    name = f"{person.given_name} {person.family_name}"
    return LikelySame(person_id, own.id, name, own.code, own.name, why)


def check_identity(identity: Identity, problems: Problems, today: date) -> None:
    """Add to `problems` what is missing or unreadable in an identity."""
    if not identity.given_name.strip():
        problems.add("given_name", "Écrivez le prénom.")
    if not identity.family_name.strip():
        problems.add("family_name", "Écrivez le nom.")
    for field, label in (("given_name", "prénom"), ("family_name", "nom")):
        if len(getattr(identity, field).strip()) > 80:
            problems.add(field, f"Raccourcissez le {label} : 80 caractères au plus.", getattr(identity, field))
        elif getattr(identity, field).strip() and not fold(getattr(identity, field)):
            problems.add(field, f"Écrivez le {label} avec des lettres.", getattr(identity, field))
    email = identity.email.strip()
    if email and (len(email) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email)):
        problems.add("email", "Écrivez une adresse comme prenom.nom@exemple.fr, ou laissez vide.", email)
    phone = identity.phone.strip()
    if phone and not re.fullmatch(r"\+?[\d .()-]{6,30}", phone):
        problems.add("phone", "Écrivez un numéro comme 06 12 34 56 78, ou laissez vide.", phone)
    birth = identity.birth_date
    if birth is not None and not date(today.year - 110, 1, 1) <= birth < today:
        problems.add("birth_date", "Vérifiez la date de naissance.", birth.isoformat())


def add_candidate(ctx: Context, actor: Actor, identity: Identity, *, same_person: int | None = None) -> int:
    """Open a file in the actor's unit and return its id.

    `same_person`: the person confirmed to be the same (one of `find_likely_same`); None creates a person.
    """
    require(actor, Permission.EDIT_CANDIDATE)
    if actor.unit_id is None:
        raise Invalid("Votre compte n’est rattaché à aucune unité : demandez-le à l’administration.")
    with ctx.write(actor) as work:
        problems = Problems()
        check_identity(identity, problems, ctx.clock.today())
        commune = _commune(work.session, identity.commune, problems)
        adviser_id = identity.adviser_id
        _check_adviser(work.session, actor.unit_id, adviser_id, problems)
        problems.raise_if_any("La fiche n’a pas été créée. Quelques points sont à reprendre.")
        person = _person(work, actor, identity, same_person)
        candidate = new_candidate(work, person, actor.unit_id, adviser_id, ctx.clock.today())
        candidate.commune_insee = commune
        candidate.orientation = identity.orientation
        if identity.birth_date is not None and same_person is None:
            work.session.add(_birth_fact(person.id, identity.birth_date, ctx.clock.today()))
        name = f"{person.given_name} {person.family_name}"
        work.record("candidate.added", "candidate", candidate.id, name, unit_id=actor.unit_id, adviser_id=adviser_id)
    return candidate.id


def _birth_fact(person_id: int, birth: date, today: date) -> ProtectedFact:
    return ProtectedFact(
        person_id=person_id,
        kind="birth_date",
        value=birth.isoformat(),
        source=FactSource.DECLARED,
        known_on=today,
        proof="",
    )


def _person(work: UnitOfWork, actor: Actor, identity: Identity, same_person: int | None) -> Person:
    if same_person is None:
        return new_person(work, identity)
    likely = {same.person_id: same for same in likely_same(work.session, actor, identity)}
    if same_person not in likely:
        raise NotFound("Cette personne ne correspond plus à ce que vous avez saisi. Recommencez la création.")
    same = likely[same_person]
    if same.candidate_id is not None:
        own = work.session.get_one(Candidate, same.candidate_id)
        if own.state is not CandidateState.ARCHIVED:
            raise Conflict(f"Votre unité suit déjà cette personne : ouvrez sa fiche {own.code}.", candidate_id=own.id)
    person = work.session.get_one(Person, same_person)
    person.phone = person.phone or identity.phone.strip()
    person.email = person.email or identity.email.strip()
    return person


def new_person(work: UnitOfWork, identity: Identity) -> Person:
    """Add a person from a checked identity, within a transaction."""
    person = Person(
        given_name=identity.given_name.strip(),
        family_name=identity.family_name.strip(),
        name_search=search_name(identity.given_name, identity.family_name),
        phone=identity.phone.strip(),
        email=identity.email.strip(),
        created_at=work.at,
    )
    work.session.add(person)
    work.session.flush()
    return person


def new_candidate(work: UnitOfWork, person: Person, unit_id: int, adviser_id: int | None, today: date) -> Candidate:
    """Add a file for a person, with its code and its first assignment, within a transaction."""
    candidate = Candidate(
        code=f"~{secrets.token_hex(7)}",
        person_id=person.id,
        unit_id=unit_id,
        adviser_id=adviser_id,
        state=CandidateState.ACTIVE,
        created_at=work.at,
        updated_at=work.at,
    )
    work.session.add(candidate)
    work.session.flush()
    candidate.code = _free_code(work.session, candidate.id)
    work.touch_candidates([candidate.id])
    work.session.add(
        PortfolioAssignment(candidate_id=candidate.id, unit_id=unit_id, adviser_id=adviser_id, from_on=today)
    )
    work.session.flush()
    return candidate


def _free_code(session: Session, number: int) -> str:
    """« P-0988 » from the row's number; a letter more when a file brought in from elsewhere already has it."""
    for suffix in ("", *"ABCDEFGHJKLMNPQRSTUVWXYZ"):
        code = f"P-{number:04d}{suffix}"
        if session.execute(select(Candidate.id).where(Candidate.code == code)).first() is None:
            return code
    return f"P-{number:04d}{secrets.token_hex(2)}"


def _commune(session: Session, text: str, problems: Problems) -> str | None:
    try:
        return resolve_commune(session, text)
    except Invalid as error:
        problems.errors.extend(error.errors)
        return None


def _check_adviser(session: Session, unit_id: int, adviser_id: int | None, problems: Problems) -> None:
    if adviser_id is None:
        return
    if adviser_id not in {adviser.id for adviser in _advisers(session, unit_id)}:
        problems.add("adviser_id", "Choisissez une personne de votre unité.")


@dataclass(frozen=True)
class Adviser:
    """Somebody of the unit who can follow people."""

    id: int
    name: str


def list_advisers(ctx: Context, actor: Actor) -> tuple[Adviser, ...]:
    """The active advisers and managers of the actor's unit, by name."""
    require(actor, Permission.READ_CANDIDATE)
    if actor.unit_id is None:
        return ()
    with ctx.read() as session:
        return _advisers(session, actor.unit_id)


def _advisers(session: Session, unit_id: int) -> tuple[Adviser, ...]:
    rows = session.execute(
        select(UserAccount.id, UserAccount.name)
        .where(UserAccount.unit_id == unit_id, UserAccount.role.in_(_STAFF), UserAccount.active)
        .order_by(UserAccount.name, UserAccount.id)
    )
    return tuple(Adviser(row.id, row.name) for row in rows)


@dataclass(frozen=True)
class Situation:
    """Where the person stands. `weekly_activity_minutes`: hours of activity a week, in minutes."""

    commune: str = ""
    orientation: Orientation | None = None
    state: CandidateState = CandidateState.ACTIVE
    weekly_activity_minutes: int | None = None
    rights_opened_on: date | None = None
    first_meeting_on: date | None = None
    approved_sentence: str = ""


def edit_identity(ctx: Context, actor: Actor, candidate_id: int, version: int | None, identity: Identity) -> None:
    """Correct name, phone and e-mail. Birth date and commune have their own pages."""
    with editing(ctx, actor, candidate_id, version) as edit:
        problems = Problems()
        check_identity(identity, problems, ctx.clock.today())
        problems.raise_if_any()
        person = edit.work.session.get_one(Person, edit.candidate.person_id)
        before = {field: getattr(person, field) for field in ("given_name", "family_name", "phone", "email")}
        for field in before:
            setattr(person, field, getattr(identity, field).strip())
        person.name_search = search_name(person.given_name, person.family_name)
        changed = [field for field, value in before.items() if getattr(person, field) != value]
        said = ", ".join(before[field] for field in changed if before[field])
        edit.record("candidate.identity_edited", f"Avant : {said}" if said else "", fields=changed)


def edit_situation(ctx: Context, actor: Actor, candidate_id: int, version: int | None, situation: Situation) -> None:
    """Change commune, orientation, state, milestones and the sentence approved for the anonymous card."""
    with editing(ctx, actor, candidate_id, version) as edit:
        problems = Problems()
        commune = _commune(edit.work.session, situation.commune, problems)
        _check_situation(situation, problems, ctx.clock.today())
        problems.raise_if_any()
        candidate = edit.candidate
        values = {
            "commune_insee": commune,
            "orientation": situation.orientation,
            "state": situation.state,
            "weekly_activity_minutes": situation.weekly_activity_minutes,
            "rights_opened_on": situation.rights_opened_on,
            "first_meeting_on": situation.first_meeting_on,
            "approved_sentence": situation.approved_sentence.strip(),
        }
        changed = [field for field, value in values.items() if getattr(candidate, field) != value]
        for field in changed:
            setattr(candidate, field, values[field])
        edit.record("candidate.situation_edited", fields=changed, state=situation.state.value)


def _check_situation(situation: Situation, problems: Problems, today: date) -> None:
    minutes = situation.weekly_activity_minutes
    if minutes is not None and not 0 <= minutes <= 48 * 60:
        problems.add("weekly_activity", "Écrivez des heures par semaine, de 0 à 48.")
    if situation.first_meeting_on and situation.first_meeting_on > today:
        problems.add("first_meeting_on", "Le premier entretien a eu lieu : écrivez une date passée.")
    if len(situation.approved_sentence) > 500:
        problems.add("approved_sentence", "Raccourcissez la phrase : 500 caractères au plus.")


def assign_adviser(ctx: Context, actor: Actor, candidate_id: int, version: int | None, adviser_id: int | None) -> None:
    """Confide the person to an adviser of the unit, or to nobody yet; the former assignment is kept, closed."""
    with editing(ctx, actor, candidate_id, version) as edit:
        problems = Problems()
        _check_adviser(edit.work.session, edit.candidate.unit_id, adviser_id, problems)
        problems.raise_if_any()
        if adviser_id != edit.candidate.adviser_id:
            move_assignment(edit, adviser_id, ctx.clock.today())
        edit.record("candidate.assigned", adviser_id=adviser_id)


def move_assignment(edit: Edit, adviser_id: int | None, today: date) -> None:
    """Close the open assignment and open the new one, within a transaction."""
    candidate = edit.candidate
    for assignment in _open_assignments(edit.work.session, candidate.id):
        assignment.to_on = today
    candidate.adviser_id = adviser_id
    edit.work.session.add(
        PortfolioAssignment(candidate_id=candidate.id, unit_id=candidate.unit_id, adviser_id=adviser_id, from_on=today)
    )


def _open_assignments(session: Session, candidate_id: int) -> Iterable[PortfolioAssignment]:
    return session.execute(
        select(PortfolioAssignment).where(
            PortfolioAssignment.candidate_id == candidate_id, PortfolioAssignment.to_on.is_(None)
        )
    ).scalars()
