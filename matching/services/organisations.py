"""Employers of every kind and their establishments, with numbers that are checked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems
from matching.services.accounts import revoke_sessions
from matching.services.context import Context
from matching.services.paging import page_shown
from matching.services.places import commune_label, resolve_commune
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.terms import OrganisationKind
from matching.text import fold

PAGE_SIZE = 50
_SEPARATORS = str.maketrans("", "", " .-\u00a0\u202f\t")


def check_siren(text: str) -> str:
    """The nine digits of a SIREN; raises `Invalid` with the remedy."""
    return _digits(text, 9, "SIREN", "siren")


def check_siret(text: str) -> str:
    """The fourteen digits of a SIRET; raises `Invalid` with the remedy.

    The key is Luhn's. La Poste has run out of such numbers: its establishments but the head office
    (35600000000048) count on the sum of their digits being a multiple of five.
    """
    return _digits(text, 14, "SIRET", "siret")


def _digits(text: str, length: int, name: str, field: str) -> str:
    number = text.translate(_SEPARATORS)
    problem = ""
    if not number:
        problem = f"Écrivez le {name} : {length} chiffres, sur l’avis de situation de l’Insee."
    elif not (number.isascii() and number.isdigit()):
        problem = f"Un {name} n’a que des chiffres : retirez les lettres et les signes."
    elif len(number) != length:
        problem = f"Un {name} a {length} chiffres : celui-ci en a {len(number)}."
        if field == "siret" and len(number) == 9:
            problem += " C’est un SIREN : ajoutez les cinq chiffres de l’établissement."
        if field == "siren" and len(number) == 14:
            problem += " C’est un SIRET : gardez les neuf premiers chiffres."
    elif not number.strip("0"):
        problem = f"Ce {name} n’a que des zéros : écrivez le vrai numéro."
    elif not _key_holds(number, length):
        problem = f"Ce {name} n’existe pas : un chiffre est sans doute mal recopié. Comparez-le avec le document."
    if problem:
        raise Invalid(f"Le {name} est à reprendre.", [FieldError(field, problem, text.strip())])
    return number


def _key_holds(number: str, length: int) -> bool:
    try:
        (siren_rule if length == 9 else siret_rule).validate(number)
    except InvalidChecksum:
        return False
    except ValidationError:  # pragma: no cover - length and digits are checked before
        return False
    return True


# --- Reading


@dataclass(frozen=True)
class OrganisationLine:
    id: int
    version: int
    name: str
    siren: str
    kind: OrganisationKind
    active: bool
    establishments: int


@dataclass(frozen=True)
class EstablishmentLine:
    id: int
    version: int
    organisation_id: int
    siret: str
    name: str
    commune: str
    address: str
    active: bool
    accounts: int


@dataclass(frozen=True)
class OrganisationSheet:
    line: OrganisationLine
    establishments: tuple[EstablishmentLine, ...]


@dataclass(frozen=True)
class OrganisationPage:
    lines: tuple[OrganisationLine, ...]
    total: int
    page: int
    page_size: int


@dataclass(frozen=True)
class OrganisationForm:
    name: str
    siren: str
    kind: OrganisationKind
    active: bool = True


@dataclass(frozen=True)
class EstablishmentForm:
    """`commune`: a name, a postal code or an INSEE code; may be empty."""

    siret: str
    name: str
    commune: str = ""
    address: str = ""
    active: bool = True


def list_organisations(
    ctx: Context, actor: Actor, *, words: str = "", kind: OrganisationKind | None = None, page: int = 1
) -> OrganisationPage:
    """Organisations by name; `words` are a part of the name, or the beginning of a SIREN or SIRET."""
    require(actor, Permission.ADMINISTER)
    query = select(Organisation)
    number = words.translate(_SEPARATORS)
    if number.isdigit():
        owners = select(Establishment.organisation_id).where(Establishment.siret.startswith(number))
        query = query.where(Organisation.siren.startswith(number[:9]))
        query = query.where(Organisation.id.in_(owners)) if len(number) > 9 else query
    else:
        for word in fold(words).split():
            query = query.where(Organisation.name_search.contains(word))
    if kind is not None:
        query = query.where(Organisation.kind == kind)
    with ctx.read() as session:
        total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        page = page_shown(page, total, PAGE_SIZE)
        ordered = query.order_by(Organisation.name_search, Organisation.id)
        rows = list(session.execute(ordered.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).scalars())
        counts = _establishment_counts(session, [row.id for row in rows])
    lines = tuple(_line(row, counts.get(row.id, 0)) for row in rows)
    return OrganisationPage(lines, total, page, PAGE_SIZE)


def _establishment_counts(session: Session, ids: list[int]) -> dict[int, int]:
    query = select(Establishment.organisation_id, func.count()).where(Establishment.organisation_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(Establishment.organisation_id))}


def _line(row: Organisation, establishments: int) -> OrganisationLine:
    return OrganisationLine(row.id, row.version, row.name, row.siren, row.kind, row.active, establishments)


def get_organisation(ctx: Context, actor: Actor, organisation_id: int) -> OrganisationSheet:
    """An organisation and its establishments."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(Organisation, organisation_id)
        if row is None:
            raise NotFound()
        query = select(Establishment).where(Establishment.organisation_id == row.id)
        found = session.execute(query.order_by(Establishment.name_search, Establishment.siret)).scalars()
        establishments = tuple(_establishment_line(session, each) for each in found)
    return OrganisationSheet(_line(row, len(establishments)), establishments)


def _establishment_line(session: Session, row: Establishment) -> EstablishmentLine:
    accounts = session.execute(
        select(func.count()).select_from(UserAccount).where(UserAccount.establishment_id == row.id, UserAccount.active)
    ).scalar_one()
    return EstablishmentLine(
        row.id,
        row.version,
        row.organisation_id,
        row.siret,
        row.name,
        commune_label(session, row.commune_insee),
        row.address,
        row.active,
        accounts,
    )


def get_establishment(ctx: Context, actor: Actor, establishment_id: int) -> EstablishmentLine:
    """One establishment."""
    require(actor, Permission.ADMINISTER)
    with ctx.read() as session:
        row = session.get(Establishment, establishment_id)
        if row is None:
            raise NotFound()
        return _establishment_line(session, row)


# --- Writing


def create_organisation(ctx: Context, actor: Actor, form: OrganisationForm) -> int:
    """Add an organisation and return its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        siren = _check_organisation(work.session, form, None)
        name = form.name.strip()
        row = Organisation(name=name, name_search=fold(name), siren=siren, kind=form.kind, created_at=work.at)
        work.session.add(row)
        work.session.flush()
        work.record("organisation.created", "organisation", row.id, kind=form.kind.value, siren=siren)
    return row.id


def change_organisation(ctx: Context, actor: Actor, organisation_id: int, version: int, form: OrganisationForm) -> None:
    """Correct an organisation, or close it: then its accounts can no longer log in."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(Organisation, organisation_id)
        if row is None:
            raise NotFound()
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        siren = _check_organisation(work.session, form, row)
        closing = row.active and not form.active
        row.name, row.siren, row.kind, row.active = form.name.strip(), siren, form.kind, form.active
        row.name_search = fold(row.name)
        if closing:
            owned = select(Establishment).where(Establishment.organisation_id == row.id, Establishment.active)
            for establishment in work.session.execute(owned).scalars():
                _close(work, establishment)
        work.record(
            "organisation.changed", "organisation", row.id, kind=form.kind.value, siren=siren, active=form.active
        )


def _check_organisation(session: Session, form: OrganisationForm, row: Organisation | None) -> str:
    problems, siren = Problems(), ""
    if not 1 <= len(form.name.strip()) <= 160:
        problems.add("name", "Écrivez le nom de l’organisation, en 160 caractères au plus.", form.name)
    try:
        siren = check_siren(form.siren)
    except Invalid as error:
        problems.errors.extend(error.errors)
    else:
        own_id = row.id if row is not None else 0
        twin = session.execute(
            select(Organisation.name).where(Organisation.siren == siren, Organisation.id != own_id)
        ).scalar_one_or_none()
        if twin is not None:
            problems.add("siren", f"« {twin} » porte déjà ce SIREN : ouvrez sa fiche.", form.siren)
        elif row is not None and siren != row.siren and _establishment_counts(session, [row.id]):
            problems.add("siren", "Ses établissements portent l’ancien SIREN : créez plutôt une organisation.", siren)
    problems.raise_if_any("L’organisation n’a pas été enregistrée.")
    return siren


def create_establishment(ctx: Context, actor: Actor, organisation_id: int, form: EstablishmentForm) -> int:
    """Add an establishment to an organisation and return its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        owner = work.session.get(Organisation, organisation_id)
        if owner is None:
            raise NotFound()
        siret, insee = _check_establishment(work.session, form, owner, None)
        name = form.name.strip() or owner.name
        row = Establishment(
            organisation_id=owner.id,
            siret=siret,
            name=name,
            name_search=fold(name),
            commune_insee=insee,
            address=form.address.strip(),
        )
        work.session.add(row)
        work.session.flush()
        work.record("establishment.created", "establishment", row.id, organisation=owner.id, siret=siret)
    return row.id


def change_establishment(
    ctx: Context, actor: Actor, establishment_id: int, version: int, form: EstablishmentForm
) -> None:
    """Correct an establishment, or close it: then the sessions of its accounts end."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        row = work.session.get(Establishment, establishment_id)
        if row is None:
            raise NotFound()
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        owner = work.session.get_one(Organisation, row.organisation_id)
        siret, insee = _check_establishment(work.session, form, owner, row)
        closing = row.active and not form.active
        row.siret, row.commune_insee, row.address = siret, insee, form.address.strip()
        row.name, row.active = form.name.strip() or owner.name, form.active
        row.name_search = fold(row.name)
        if closing:
            _close(work, row)
        work.record("establishment.changed", "establishment", row.id, siret=siret, active=form.active)


def _close(work: UnitOfWork, establishment: Establishment) -> None:
    """Close an establishment: its accounts are closed with it, and their sessions."""
    establishment.active = False
    query = select(UserAccount).where(UserAccount.establishment_id == establishment.id, UserAccount.active)
    for account in work.session.execute(query).scalars():
        account.active = False
        revoke_sessions(work, account.id)
        work.record("account.deactivated", "user_account", account.id)
    work.record("establishment.closed", "establishment", establishment.id)


def _check_establishment(
    session: Session, form: EstablishmentForm, owner: Organisation, row: Establishment | None
) -> tuple[str, str | None]:
    problems, siret, insee = Problems(), "", None
    try:
        siret = check_siret(form.siret)
    except Invalid as error:
        problems.errors.extend(error.errors)
    else:
        _check_owner(session, siret, owner, row, problems)
    try:
        insee = resolve_commune(session, form.commune)
    except Invalid as error:
        problems.errors.extend(error.errors)
    if len(form.name.strip()) > 160:
        problems.add("name", "Raccourcissez le nom : 160 caractères au plus.", form.name)
    if len(form.address.strip()) > 200:
        problems.add("address", "Raccourcissez l’adresse : 200 caractères au plus.")
    problems.raise_if_any("L’établissement n’a pas été enregistré.")
    return siret, insee


def _check_owner(
    session: Session, siret: str, owner: Organisation, row: Establishment | None, problems: Problems
) -> None:
    if not siret.startswith(owner.siren):
        problems.add("siret", f"Ce SIRET n’est pas de cette organisation : il commence par son SIREN {owner.siren}.")
    own_id = row.id if row is not None else 0
    twin = session.execute(
        select(Establishment.name).where(Establishment.siret == siret, Establishment.id != own_id)
    ).scalar_one_or_none()
    if twin is not None:
        problems.add("siret", f"L’établissement « {twin} » porte déjà ce SIRET.", siret)
