"""Accounts and sessions: logging in and out, passwords, who is acting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from matching.access.passwords import check_new_password, digest, new_token, wait_before_next
from matching.access.permissions import Actor, Permission, require
from matching.errors import FieldError, Invalid, NotFound
from matching.services.context import Context
from matching.store.bulk import upsert
from matching.store.tables.accounts import LoginThrottle, UserAccount, WebSession
from matching.store.tables.organisations import EmploymentUnit, Establishment
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OF_AN_ESTABLISHMENT, Role

_WRONG = "Adresse ou mot de passe incorrect. Vérifiez les deux, puis réessayez."


def log_in(ctx: Context, email: str, password: str) -> str:
    """Open a session and return its token. Raises `Invalid`, the same way for an unknown address.

    From the fifth failed attempt on an address, the next ones wait longer and longer; nobody is locked out.
    """
    key = digest(email.strip().lower())
    _count_attempt(ctx, key)
    with ctx.read() as session:
        account = session.execute(
            select(UserAccount).where(UserAccount.email == email.strip().lower(), UserAccount.active)
        ).scalar_one_or_none()
    if not ctx.passwords.verify(account.password_hash if account else None, password) or account is None:
        with ctx.write(None) as work:
            work.record("login.failed", "user_account", account.id if account else 0)
        raise Invalid(_WRONG)
    return _open_session(ctx, key, account)


def _count_attempt(ctx: Context, key: str) -> None:
    """Count the attempt before trying it, its row locked: guesses sent together do not slip through."""
    with ctx.write(None) as work:
        upsert(
            work.session,
            LoginThrottle,
            [{"email_hash": key, "failures": 0, "last_failed_at": work.at}],
            ["email_hash"],
            keep=["failures", "last_failed_at"],
        )
        throttle = work.session.get_one(LoginThrottle, key, with_for_update=True)
        heard_at = wait_before_next(throttle.failures, throttle.last_failed_at)
        if heard_at > work.at:
            seconds = max(1, round((heard_at - work.at).total_seconds()))
            raise Invalid(
                f"Plusieurs essais n’ont pas abouti. Attendez {seconds} seconde{'s' if seconds > 1 else ''} "
                "avant de réessayer.",
                wait_seconds=seconds,
            )
        throttle.failures += 1
        throttle.last_failed_at = work.at
        work.record("login.attempted", "user_account", 0, attempt=throttle.failures)


def _open_session(ctx: Context, key: str, account: UserAccount) -> str:
    token = new_token()
    with ctx.write(None) as work:
        work.session.add(
            WebSession(token_hash=digest(token), user_id=account.id, created_at=work.at, last_seen_at=work.at)
        )
        throttle = work.session.get(LoginThrottle, key)
        if throttle is not None:
            work.session.delete(throttle)
        work.record("login.succeeded", "user_account", account.id)
    return token


def find_actor(ctx: Context, token: str) -> Actor | None:
    """Who holds this token now: None once logged out, idle too long, too old, revoked or deactivated."""
    now = ctx.clock.now()
    idle = timedelta(minutes=ctx.settings.session_idle_minutes)
    absolute = timedelta(minutes=ctx.settings.session_absolute_minutes)
    with ctx.read() as session:
        row = session.execute(
            select(WebSession, UserAccount)
            .join(UserAccount, UserAccount.id == WebSession.user_id)
            .where(WebSession.token_hash == digest(token))
        ).one_or_none()
        if row is None:
            return None
        web, account = row
        if web.revoked_at or not account.active or now - web.last_seen_at > idle or now - web.created_at > absolute:
            return None
        seen = now - web.last_seen_at > timedelta(minutes=1)
    if seen:
        _note_seen(ctx, web.id)
    return Actor(account.id, account.name, account.role, account.unit_id, account.establishment_id)


def _note_seen(ctx: Context, session_id: int) -> None:
    # Not a change of state: keeps the idle clock, at most once a minute, outside the trail.
    with ctx.engine.execution_options(matching_write=True).begin() as connection:
        connection.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=ctx.clock.now()))


def log_out(ctx: Context, token: str) -> None:
    """Close this session: its token is worth nothing from now on."""
    with ctx.write(None) as work:
        web = work.session.execute(
            select(WebSession).where(WebSession.token_hash == digest(token))
        ).scalar_one_or_none()
        if web is not None and web.revoked_at is None:
            web.revoked_at = work.at
            work.record("logout", "user_account", web.user_id)


def revoke_sessions(work: UnitOfWork, user_id: int) -> None:
    """Close every session of an account, within a use case that changes it."""
    work.session.execute(
        update(WebSession)
        .where(WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
        .values(revoked_at=work.at)
    )


def change_password(ctx: Context, actor: Actor, current: str, new: str) -> None:
    """Replace one's own password; every session is closed, this one too."""
    require(actor, Permission.OWN_ACCOUNT)
    with ctx.write(actor) as work:
        account = work.session.get_one(UserAccount, actor.user_id)
        if not ctx.passwords.verify(account.password_hash, current):
            raise Invalid("Rien n’a été changé.", [FieldError("current", "Ce n’est pas votre mot de passe actuel.")])
        check_new_password(new, name=account.name, email=account.email)
        account.password_hash = ctx.passwords.hash(new)
        revoke_sessions(work, account.id)
        work.record("account.password_changed", "user_account", account.id)


@dataclass(frozen=True)
class NewAccount:
    """What an account needs: a unit for staff, an establishment for an employer."""

    email: str
    name: str
    role: Role
    password: str
    unit_id: int | None = None
    establishment_id: int | None = None


def add_account(ctx: Context, actor: Actor | None, new: NewAccount) -> int:
    """Create an account and return its id. `actor` None is the command line of the machine itself."""
    if actor is not None:
        require(actor, Permission.ADMINISTER)
    email = new.email.strip().lower()
    _check_account(new)
    check_new_password(new.password, name=new.name, email=email)
    with ctx.write(actor) as work:
        if work.session.execute(select(UserAccount.id).where(UserAccount.email == email)).first():
            raise Invalid("Ce compte existe déjà.", [FieldError("email", "Un compte porte déjà cette adresse.", email)])
        _check_belonging(work, new)
        account = UserAccount(
            email=email,
            name=new.name.strip(),
            password_hash=ctx.passwords.hash(new.password),
            role=new.role,
            unit_id=new.unit_id,
            establishment_id=new.establishment_id,
            created_at=work.at,
        )
        work.session.add(account)
        work.session.flush()
        work.record("account.added", "user_account", account.id, role=new.role.value)
    return account.id


def _check_account(new: NewAccount) -> None:
    errors = []
    if "@" not in new.email or " " in new.email.strip():
        errors.append(FieldError("email", "Écrivez une adresse comme prenom.nom@departement.example.", new.email))
    if not new.name.strip():
        errors.append(FieldError("name", "Écrivez le prénom et le nom."))
    if new.role in (Role.ADVISER, Role.UNIT_MANAGER) and new.unit_id is None:
        errors.append(FieldError("unit_id", "Choisissez l’unité emploi de cette personne."))
    if new.role in OF_AN_ESTABLISHMENT and new.establishment_id is None:
        errors.append(FieldError("establishment_id", "Choisissez l’établissement de ce compte."))
    if errors:
        raise Invalid("Le compte n’a pas été créé.", errors)


def _check_belonging(work: UnitOfWork, new: NewAccount) -> None:
    if new.unit_id is not None and work.session.get(EmploymentUnit, new.unit_id) is None:
        raise NotFound("Cette unité emploi n’existe pas.")
    if new.establishment_id is not None and work.session.get(Establishment, new.establishment_id) is None:
        raise NotFound("Cet établissement n’existe pas.")


def unit_number(ctx: Context, code: str) -> int:
    """The id of an open unit by its code. Raises `NotFound` listing the codes."""
    with ctx.read() as session:
        rows = session.execute(
            select(EmploymentUnit.code, EmploymentUnit.id).where(EmploymentUnit.closed_on.is_(None))
        ).all()
    units = {row.code: row.id for row in rows}
    if code not in units:
        known = ", ".join(sorted(units)) or "aucune"
        raise NotFound(f"Aucune unité ouverte ne porte le code « {code} ». Unités : {known}.")
    return int(units[code])


def establishment_number(ctx: Context, siret: str) -> int:
    """The id of an establishment by its SIRET. Raises `NotFound`."""
    with ctx.read() as session:
        found = session.execute(select(Establishment.id).where(Establishment.siret == siret)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Aucun établissement ne porte le SIRET {siret}. Créez-le d’abord dans l’administration.")
    return found


def actor_of(ctx: Context, email: str | None) -> Actor:
    """The actor in whose name a command works. Raises `Invalid` when no active account has that address."""
    with ctx.read() as session:
        account = session.execute(
            select(UserAccount).where(UserAccount.email == (email or "").strip().lower(), UserAccount.active)
        ).scalar_one_or_none()
    if account is None:
        raise Invalid("Indiquez le compte au nom duquel travailler : --as adresse@departement.example.")
    return Actor(account.id, account.name, account.role, account.unit_id, account.establishment_id)
