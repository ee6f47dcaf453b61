"""Accounts kept by an administrator: creating, changing role or unit, closing, giving a new password."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, NotFound, Problems, RuleRefused
from matching.services.accounts import NewAccount, add_account, revoke_sessions
from matching.services.context import Context
from matching.services.paging import page_shown
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
from matching.store.tables.people import Candidate
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.terms import OF_AN_ESTABLISHMENT, CandidateState, Role
from matching.text import fold

PAGE_SIZE = 50
STAFF = (Role.ADVISER, Role.UNIT_MANAGER)
_CONSONANTS, _VOWELS = "bdfgjklmnprstv", "aeiou"


@dataclass(frozen=True)
class UserLine:
    """An account and where it belongs: `belongs_to` names the unit or the establishment."""

    id: int
    version: int
    name: str
    email: str
    role: Role
    unit_id: int | None
    establishment_id: int | None
    belongs_to: str
    active: bool
    created_at: datetime
    people: int = 0


@dataclass(frozen=True)
class UserPage:
    lines: tuple[UserLine, ...]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True)
class UserForm:
    """What can be changed of an account. Staff need a unit, an employer an establishment."""

    name: str
    role: Role
    unit_id: int | None = None
    establishment_id: int | None = None


@dataclass(frozen=True)
class EstablishmentChoice:
    id: int
    label: str


def temporary_password() -> str:
    """Five groups of two syllables, easy to read out on the phone: about 61 bits."""

    def group() -> str:
        return "".join(secrets.choice(letters) for letters in (_CONSONANTS, _VOWELS) * 2)

    return "-".join(group() for _ in range(5))


def list_users(
    ctx: Context,
    actor: Actor,
    *,
    words: str = "",
    role: Role | None = None,
    unit_id: int | None = None,
    active: bool | None = None,
    page: int = 1,
) -> UserPage:
    """Accounts by name; `words` are looked for in the name and the address, without accents or case."""
    require(actor, Permission.ADMINISTER)
    where: list[ColumnElement[bool]] = []
    if role is not None:
        where.append(UserAccount.role == role)
    if unit_id is not None:
        where.append(UserAccount.unit_id == unit_id)
    if active is not None:
        where.append(UserAccount.active == active)
    with ctx.read() as session:
        names = session.execute(select(UserAccount.id, UserAccount.name, UserAccount.email).where(*where)).all()
        wanted = fold(words).split()
        found = [(fold(name), key) for key, name, email in names if _matches(wanted, f"{name} {email}")]
        page = page_shown(page, len(found), PAGE_SIZE)
        ids = [key for _, key in sorted(found)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
        lines = {line.id: line for line in _lines(session, ids)}
    return UserPage(tuple(lines[key] for key in ids), len(found), page, PAGE_SIZE)


def _matches(wanted: list[str], text: str) -> bool:
    folded = fold(text)
    return all(word in folded for word in wanted)


def _lines(session: Session, ids: list[int]) -> list[UserLine]:
    query = (
        select(UserAccount, EmploymentUnit.name, Establishment.name)
        .outerjoin(EmploymentUnit, EmploymentUnit.id == UserAccount.unit_id)
        .outerjoin(Establishment, Establishment.id == UserAccount.establishment_id)
        .where(UserAccount.id.in_(ids))
    )
    people = _followed(session, ids)
    return [
        UserLine(
            row.id,
            row.version,
            row.name,
            row.email,
            row.role,
            row.unit_id,
            row.establishment_id,
            unit or establishment or "",
            row.active,
            row.created_at,
            people.get(row.id, 0),
        )
        for row, unit, establishment in session.execute(query)
    ]


def _followed(session: Session, ids: list[int]) -> dict[int | None, int]:
    query = select(Candidate.adviser_id, func.count()).where(
        Candidate.adviser_id.in_(ids), Candidate.state != CandidateState.ARCHIVED
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Candidate.adviser_id))}


def get_user(ctx: Context, actor: Actor, user_id: int) -> UserLine:
    """One account."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        lines = _lines(session, [user_id])
    if not lines:
        raise NotFound()
    return lines[0]


def list_establishment_choices(ctx: Context, actor: Actor) -> tuple[EstablishmentChoice, ...]:
    """Open establishments, to attach an employer's account to."""
    require(actor, Permission.ADMINISTER)
    query = (
        select(Establishment.id, Organisation.name, Establishment.name, Establishment.siret)
        .join(Organisation)
        .where(Establishment.active, Organisation.active)
        .order_by(Organisation.name_search, Establishment.name_search)
    )
    with ctx.read() as session:
        rows = session.execute(query).all()
    return tuple(
        EstablishmentChoice(key, f"{owner} – {name} ({siret})" if name != owner else f"{owner} ({siret})")
        for key, owner, name, siret in rows
    )


# --- Creating and changing


def create_user(ctx: Context, actor: Actor, email: str, form: UserForm) -> tuple[int, str]:
    """Open an account; returns its id and its temporary password, which is stored nowhere in clear."""
    require(actor, Permission.ADMINISTER)
    form = _belonging(form)
    with ctx.read() as session:
        problems = Problems()
        _check_form(session, form, problems, None)
        _check_email(session, email, problems)
        problems.raise_if_any("Le compte n’a pas été créé.")
    password = temporary_password()
    new = NewAccount(email, form.name, form.role, password, form.unit_id, form.establishment_id)
    return add_account(ctx, actor, new), password


def _belonging(form: UserForm) -> UserForm:
    """Only what the role needs is kept: a unit for staff, an establishment for an employer or a buyer."""
    return UserForm(
        form.name.strip(),
        form.role,
        form.unit_id if form.role in STAFF else None,
        form.establishment_id if form.role in OF_AN_ESTABLISHMENT else None,
    )


def _check_form(session: Session, form: UserForm, problems: Problems, current: UserAccount | None) -> None:
    if not 1 <= len(form.name) <= 120:
        problems.add("name", "Écrivez le prénom et le nom.", form.name)
    if form.role in STAFF:
        unit = session.get(EmploymentUnit, form.unit_id) if form.unit_id is not None else None
        kept = current is not None and current.unit_id == form.unit_id
        if unit is None or (unit.closed_on is not None and not kept):
            problems.add("unit_id", "Choisissez une unité emploi ouverte.")
    if form.role in OF_AN_ESTABLISHMENT:
        home = session.get(Establishment, form.establishment_id) if form.establishment_id is not None else None
        kept = current is not None and current.establishment_id == form.establishment_id
        if home is None or (not home.active and not kept):
            problems.add("establishment_id", "Choisissez un établissement ouvert.")


def _check_email(session: Session, email: str, problems: Problems) -> None:
    address = email.strip().lower()
    name, at, domain = address.partition("@")
    if not (name and at and "." in domain.strip(".")) or " " in address or "@" in domain or len(address) > 254:
        problems.add("email", "Écrivez une adresse comme prenom.nom@departement.example.", email)
    elif session.execute(select(UserAccount.id).where(UserAccount.email == address)).first():
        problems.add("email", "Un compte porte déjà cette adresse : cherchez-le dans la liste.", email)


def change_user(ctx: Context, actor: Actor, user_id: int, version: int, form: UserForm) -> None:
    """Correct a name, change a role, a unit or an establishment: then every session of the account is closed."""
    require(actor, Permission.ADMINISTER)
    form = _belonging(form)
    with ctx.write(actor) as work:
        account = _account(work.session, user_id, version)
        problems = Problems()
        _check_form(work.session, form, problems, account)
        problems.raise_if_any("Le compte n’a pas été changé.")
        before = (account.role, account.unit_id, account.establishment_id)
        after = (form.role, form.unit_id, form.establishment_id)
        if before[:2] != after[:2]:
            _check_hands_are_free(work.session, account)
        if account.role is Role.ADMINISTRATOR and form.role is not Role.ADMINISTRATOR:
            _check_another_administrator(work.session, account)
        account.name = form.name
        account.role, account.unit_id, account.establishment_id = after
        if before != after:
            revoke_sessions(work, account.id)
        work.record(
            "account.changed",
            "user_account",
            account.id,
            from_role=before[0].value,
            role=form.role.value,
            from_unit=before[1],
            unit=form.unit_id,
            establishment=form.establishment_id,
        )


def _account(session: Session, user_id: int, version: int) -> UserAccount:
    account = session.get(UserAccount, user_id)
    if account is None:
        raise NotFound()
    if account.version != version:
        raise Conflict(CHANGED_MEANWHILE)
    return account


def _check_hands_are_free(session: Session, account: UserAccount) -> None:
    people = _followed(session, [account.id]).get(account.id, 0)
    if people:
        raise RuleRefused(
            f"Cette personne suit encore {people} personne{'s' if people > 1 else ''} de son unité. Demandez d’abord "
            "à la personne responsable de l’unité de les confier à quelqu’un d’autre.",
            people=people,
        )


def _check_another_administrator(session: Session, account: UserAccount) -> None:
    others = session.execute(
        # Held, so that two administrators cannot close each other's account at the same instant.
        select(UserAccount.id)
        .where(UserAccount.role == Role.ADMINISTRATOR, UserAccount.active, UserAccount.id != account.id)
        .order_by(UserAccount.id)
        .with_for_update()
    ).all()
    if not others:
        raise RuleRefused(
            "C’est le dernier compte d’administration ouvert. Ouvrez-en un autre avant de changer celui-ci."
        )


def deactivate_user(ctx: Context, actor: Actor, user_id: int, version: int) -> None:
    """Close an account: its sessions end at their next request. The people it followed stay in its name
    until the unit hands them over."""
    require(actor, Permission.ADMINISTER)
    if user_id == actor.user_id:
        raise RuleRefused("Vous ne pouvez pas fermer votre propre compte : demandez-le à une autre administration.")
    with ctx.write(actor) as work:
        account = _account(work.session, user_id, version)
        if account.role is Role.ADMINISTRATOR:
            _check_another_administrator(work.session, account)
        account.active = False
        revoke_sessions(work, account.id)
        work.record("account.deactivated", "user_account", account.id)


def reactivate_user(ctx: Context, actor: Actor, user_id: int, version: int) -> None:
    """Open a closed account again, with the password it had."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        account = _account(work.session, user_id, version)
        unit = work.session.get(EmploymentUnit, account.unit_id) if account.unit_id is not None else None
        if unit is not None and unit.closed_on is not None:
            raise RuleRefused(f"L’unité « {unit.name} » est fermée : donnez d’abord une autre unité à ce compte.")
        home = work.session.get(Establishment, account.establishment_id or 0)
        if home is not None and not home.active:
            raise RuleRefused(f"L’établissement « {home.name} » est fermé : rouvrez-le d’abord, ou donnez-en un autre.")
        account.active = True
        work.record("account.reactivated", "user_account", account.id)


def reset_password(ctx: Context, actor: Actor, user_id: int, version: int) -> str:
    """Give a new temporary password, returned once; every session of the account is closed."""
    require(actor, Permission.ADMINISTER)
    password = temporary_password()
    with ctx.write(actor) as work:
        account = _account(work.session, user_id, version)
        account.password_hash = ctx.passwords.hash(password)
        revoke_sessions(work, account.id)
        work.record("account.password_reset", "user_account", account.id)
    return password
