"""Employment units: opening, renaming, and merging or closing them with their history kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.services.context import Context
from matching.services.places import commune_label, resolve_commune
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, PortfolioAssignment
from matching.store.unit_of_work import CHANGED_MEANWHILE, OFFERS, UnitOfWork
from matching.terms import CandidateState, OfferState, Role

OPEN_OFFERS = (OfferState.DRAFT, OfferState.TO_CHECK, OfferState.PUBLISHED, OfferState.SUSPENDED)
STAFF = (Role.ADVISER, Role.UNIT_MANAGER)
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}")
_CHUNK = 500


def unit_name(session: Session, unit_id: int | None) -> str:
    """The name of a unit, empty for all of them. Raises `NotFound` when there is none; whoever asks checks reach."""
    if unit_id is None:
        return ""
    unit = session.get(EmploymentUnit, unit_id)
    if unit is None:
        raise NotFound()
    return unit.name


@dataclass(frozen=True)
class UnitLine:
    """A unit and what it holds: people still followed, active staff accounts, open offers."""

    id: int
    version: int
    code: str
    name: str
    commune: str
    opened_on: date | None
    closed_on: date | None
    merged_into: str
    people: int
    staff: int
    offers: int

    @property
    def is_open(self) -> bool:
        return self.closed_on is None


@dataclass(frozen=True)
class UnitForm:
    """What an administrator writes. `commune`: a name, a postal code or an INSEE code; may be empty."""

    code: str
    name: str
    commune: str = ""


@dataclass(frozen=True)
class Moved:
    """What a merge moved, or would move."""

    people: int
    accounts: int
    offers: int


def require_keeper(actor: Actor, unit_id: int) -> None:
    """An administrator keeps every unit, a manager their own: another's is not found."""
    if actor.may(Permission.ADMINISTER):
        return
    require(actor, Permission.MANAGE_UNIT)
    if actor.unit_id != unit_id:
        raise NotFound()


def list_units(ctx: Context, actor: Actor) -> tuple[UnitLine, ...]:
    """Every unit, the open ones first."""
    if not actor.may(Permission.ADMINISTER):
        require(actor, Permission.MANAGE_UNIT)
    with ctx.read() as session:
        lines = _lines(session)
    return tuple(sorted(lines, key=lambda line: (not line.is_open, line.name)))


def get_unit(ctx: Context, actor: Actor, unit_id: int) -> UnitLine:
    """One unit, within the actor's reach."""
    require_keeper(actor, unit_id)
    with ctx.read() as session:
        line = next((line for line in _lines(session) if line.id == unit_id), None)
    if line is None:
        raise NotFound()
    return line


def _lines(session: Session) -> list[UnitLine]:
    people = _count_by_unit(session, _people_of())
    staff = _count_by_unit(session, _accounts_of())
    offers = _count_by_unit(session, _offers_of())
    units = list(session.execute(select(EmploymentUnit)).scalars())
    names = {unit.id: unit.name for unit in units}
    return [
        UnitLine(
            unit.id,
            unit.version,
            unit.code,
            unit.name,
            commune_label(session, unit.commune_insee),
            unit.opened_on,
            unit.closed_on,
            names.get(unit.merged_into_id or 0, ""),
            people.get(unit.id, 0),
            staff.get(unit.id, 0),
            offers.get(unit.id, 0),
        )
        for unit in units
    ]


def _people_of() -> Select[int | None, int]:
    count = select(Candidate.unit_id, func.count()).where(Candidate.state != CandidateState.ARCHIVED)
    return count.group_by(Candidate.unit_id)


def _accounts_of() -> Select[int | None, int]:
    count = select(UserAccount.unit_id, func.count()).where(UserAccount.active, UserAccount.role.in_(STAFF))
    return count.group_by(UserAccount.unit_id)


def _offers_of() -> Select[int | None, int]:
    return select(Offer.unit_id, func.count()).where(Offer.state.in_(OPEN_OFFERS)).group_by(Offer.unit_id)


def _count_by_unit(session: Session, query: Select[int | None, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(query) if row[0] is not None}


# --- Opening and renaming


def create_unit(ctx: Context, actor: Actor, form: UnitForm) -> int:
    """Open a unit today and return its id."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        insee = _checked(work.session, form, None)
        unit = EmploymentUnit(
            code=form.code.strip().upper(), name=form.name.strip(), commune_insee=insee, opened_on=ctx.clock.today()
        )
        work.session.add(unit)
        work.session.flush()
        work.record("unit.created", "employment_unit", unit.id, note=unit.name, code=unit.code)
    return unit.id


def change_unit(ctx: Context, actor: Actor, unit_id: int, version: int, form: UnitForm) -> None:
    """Rename a unit, or correct its code or commune."""
    require(actor, Permission.ADMINISTER)
    with ctx.write(actor) as work:
        unit = work.session.get(EmploymentUnit, unit_id)
        if unit is None:
            raise NotFound()
        if unit.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        insee = _checked(work.session, form, unit_id)
        unit.code, unit.name, unit.commune_insee = form.code.strip().upper(), form.name.strip(), insee
        work.record("unit.changed", "employment_unit", unit.id, note=unit.name, code=unit.code)


def _checked(session: Session, form: UnitForm, own_id: int | None) -> str | None:
    problems = Problems()
    code, name = form.code.strip().upper(), form.name.strip()
    if not _CODE.fullmatch(code):
        problems.add("code", "Écrivez un code de 1 à 16 lettres ou chiffres, comme UE-NANTES.", form.code)
    if not 1 <= len(name) <= 120:
        problems.add("name", "Écrivez le nom de l’unité, en 120 caractères au plus.", form.name)
    for unit in session.execute(select(EmploymentUnit).where(EmploymentUnit.id != (own_id or 0))).scalars():
        if unit.code == code:
            problems.add("code", f"L’unité « {unit.name} » porte déjà ce code : choisissez-en un autre.", form.code)
        if unit.name == name and unit.closed_on is None:
            problems.add("name", "Une unité ouverte porte déjà ce nom : choisissez-en un autre.", form.name)
    insee = None
    try:
        insee = resolve_commune(session, form.commune)
    except Invalid as error:
        problems.errors.extend(error.errors)
    problems.raise_if_any("L’unité n’a pas été enregistrée.")
    return insee


# --- Merging and closing


@dataclass(frozen=True)
class ClosingChoices:
    """What a unit still holds, and the open units that could take over."""

    unit: UnitLine
    takers: tuple[UnitLine, ...]

    @property
    def must_be_taken_over(self) -> bool:
        return bool(self.unit.people or self.unit.offers)


def read_closing(ctx: Context, actor: Actor, unit_id: int) -> ClosingChoices:
    """What to know before closing or merging the unit."""
    unit = get_unit(ctx, actor, unit_id)
    takers = (line for line in list_units(ctx, actor) if line.is_open and line.id != unit_id)
    return ClosingChoices(unit, tuple(takers))


def close_unit(ctx: Context, actor: Actor, unit_id: int, version: int) -> None:
    """Close a unit that holds nobody any more. Raises `RuleRefused` when people, offers or accounts remain."""
    require_keeper(actor, unit_id)
    with ctx.write(actor) as work:
        unit = _locked(work.session, [unit_id])[unit_id]
        _check_open(unit, version)
        people = _count_by_unit(work.session, _people_of()).get(unit_id, 0)
        offers = _count_by_unit(work.session, _offers_of()).get(unit_id, 0)
        if people or offers:
            raise RuleRefused(
                f"L’unité suit encore {_count(people, 'personne')} et {_count(offers, 'offre')} en cours. "
                "Choisissez l’unité qui prend la suite.",
                people=people,
                offers=offers,
            )
        _check_no_staff(work.session, unit_id, actor)
        unit.closed_on = ctx.clock.today()
        work.record("unit.closed", "employment_unit", unit_id)


def _check_no_staff(session: Session, unit_id: int, actor: Actor) -> None:
    others = session.execute(
        select(func.count())
        .select_from(UserAccount)
        .where(UserAccount.unit_id == unit_id, UserAccount.active, UserAccount.id != actor.user_id)
    ).scalar_one()
    if others:
        raise RuleRefused(
            f"Des comptes sont encore rattachés à cette unité ({others}). Choisissez l’unité qui prend la suite, "
            "ou faites d’abord changer ces comptes d’unité par l’administration.",
            accounts=others,
        )


def merge_units(ctx: Context, actor: Actor, source_id: int, target_id: int, version: int) -> Moved:
    """Close `source` into `target`: its people, accounts and open offers go there; who followed whom is kept.

    Raises `Conflict` when `source` changed since `version`, or when either unit was closed meanwhile.
    """
    require_keeper(actor, source_id)
    if source_id == target_id:
        raise Invalid("Rien n’a été changé.", [FieldError("target", "Choisissez une autre unité que celle qui ferme.")])
    with ctx.write(actor) as work:
        units = _locked(work.session, [source_id, target_id])
        source, target = units[source_id], units[target_id]
        _check_open(source, version)
        if target.closed_on is not None:
            raise Conflict(f"L’unité « {target.name} » vient d’être fermée. Choisissez-en une autre.")
        today = ctx.clock.today()
        moved = Moved(
            _move_people(work, source_id, target_id, today),
            _move_accounts(work, source_id, target_id),
            _move_offers(work, source_id, target_id),
        )
        source.closed_on, source.merged_into_id = today, target_id
        work.record(
            "unit.merged",
            "employment_unit",
            source_id,
            into=target_id,
            people=moved.people,
            accounts=moved.accounts,
            offers=moved.offers,
        )
    return moved


def _locked(session: Session, ids: Sequence[int]) -> dict[int, EmploymentUnit]:
    """The units, held until the end of the transaction; always in the same order, so that nobody waits in a ring."""
    query = select(EmploymentUnit).where(EmploymentUnit.id.in_(ids)).order_by(EmploymentUnit.id).with_for_update()
    units = {unit.id: unit for unit in session.execute(query).scalars()}
    if len(units) != len(set(ids)):
        raise NotFound("Cette unité n’existe pas.")
    return units


def _check_open(unit: EmploymentUnit, version: int) -> None:
    if unit.closed_on is not None:
        raise Conflict(f"L’unité « {unit.name} » est déjà fermée : rouvrez la page.")
    if unit.version != version:
        raise Conflict(CHANGED_MEANWHILE)


def _move_people(work: UnitOfWork, source_id: int, target_id: int, today: date) -> int:
    """Everybody changes unit, the finished files too: a person who comes back must be found by somebody.

    An assignment is opened in the new unit only for those still followed; all those of the old one are closed.
    """
    session = work.session
    query = select(Candidate.id, Candidate.adviser_id, Candidate.state, Candidate.created_at)
    people = session.execute(query.where(Candidate.unit_id == source_id).order_by(Candidate.id)).all()
    ids = [person.id for person in people]
    _close_assignments(session, ids, today)
    _keep_trace(session, source_id, people, today)
    followed = [person for person in people if person.state is not CandidateState.ARCHIVED]
    _insert_assignments(session, [(p.id, target_id, p.adviser_id, today, None) for p in followed])
    for chunk in _chunks(ids):
        session.execute(
            update(Candidate)
            .where(Candidate.id.in_(chunk))
            .values(unit_id=target_id, version=Candidate.version + 1, updated_at=work.at)
            .execution_options(synchronize_session=False)
        )
    work.touch_candidates(ids)
    for candidate_id in ids:
        work.record("candidate.unit_changed", "candidate", candidate_id, from_unit=source_id, to_unit=target_id)
    return len(followed)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _close_assignments(session: Session, ids: Sequence[int], today: date) -> None:
    for chunk in _chunks(ids):
        session.execute(
            update(PortfolioAssignment)
            .where(PortfolioAssignment.candidate_id.in_(chunk), PortfolioAssignment.to_on.is_(None))
            .values(to_on=today)
            .execution_options(synchronize_session=False)
        )


def _keep_trace(session: Session, unit_id: int, people: Sequence[Any], today: date) -> None:
    """People imported without an assignment get one, closed: otherwise their time in the unit would be lost."""
    known = set(
        session.execute(
            select(PortfolioAssignment.candidate_id).where(PortfolioAssignment.unit_id == unit_id)
        ).scalars()
    )
    unseen = [person for person in people if person.id not in known]
    _insert_assignments(
        session, [(p.id, unit_id, p.adviser_id, p.created_at.astimezone(PARIS).date(), today) for p in unseen]
    )


def _insert_assignments(session: Session, rows: Sequence[tuple[object, ...]]) -> None:
    names = ("candidate_id", "unit_id", "adviser_id", "from_on", "to_on")
    if rows:
        session.execute(insert(PortfolioAssignment), [dict(zip(names, row, strict=True)) for row in rows])


def _move_accounts(work: UnitOfWork, source_id: int, target_id: int) -> int:
    accounts = list(
        work.session.execute(
            select(UserAccount).where(UserAccount.unit_id == source_id).order_by(UserAccount.id)
        ).scalars()
    )
    for account in accounts:
        account.unit_id = target_id
        work.record("account.unit_changed", "user_account", account.id, from_unit=source_id, to_unit=target_id)
    return sum(account.active for account in accounts)


def _move_offers(work: UnitOfWork, source_id: int, target_id: int) -> int:
    """Offers that are over stay with the unit that had them."""
    query = select(Offer.id).where(Offer.unit_id == source_id, Offer.state.in_(OPEN_OFFERS)).order_by(Offer.id)
    ids = list(work.session.execute(query).scalars())
    for chunk in _chunks(ids):
        work.session.execute(
            update(Offer)
            .where(Offer.id.in_(chunk))
            .values(unit_id=target_id, version=Offer.version + 1, updated_at=work.at)
            .execution_options(synchronize_session=False)
        )
    for offer_id in ids:
        work.record("offer.unit_changed", "offer", offer_id, from_unit=source_id, to_unit=target_id)
    if ids:
        work.touch_stream(OFFERS)
    return len(ids)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}" if number else f"aucune {word}"
