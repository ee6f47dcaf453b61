"""Buyers and companies named by their SIREN, their SIRET or their name: found, or created once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.terms import PartyRole
from matching.errors import FieldError, Invalid, Problems
from matching.services.organisations import check_siren, check_siret
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OrganisationKind
from matching.text import NBSP, fold

_SEPARATORS = str.maketrans("", "", " .-\u00a0\u202f\t")


@dataclass(frozen=True)
class OrganisationInput:
    """Who is meant: `number` is a SIREN, a SIRET, or the name of an organisation already known.

    `name` and `kind` serve to create it. `accept_key`: take a number whose key does not hold (never letters, a wrong
    length or zeros): some official numbers are like that.
    """

    number: str = ""
    name: str = ""
    kind: OrganisationKind = OrganisationKind.COMPANY
    accept_key: bool = False


@dataclass(frozen=True)
class PartyInput:
    """Who holds or works a commitment, and as what."""

    role: PartyRole
    organisation: OrganisationInput


@dataclass(frozen=True)
class FoundOrganisation:
    """`siret` is empty when only the SIREN is known."""

    row: Organisation
    siret: str


def check_organisation(wanted: OrganisationInput, field: str, problems: Problems) -> None:
    """Notes a number that cannot be read, before anything is looked up: all that is to mend is said at once."""
    text = wanted.number.strip()
    if not text:
        problems.add(field, "Écrivez son SIRET, son SIREN, ou le nom d’une organisation déjà connue.")
    elif not any(character.isalpha() for character in text):
        try:
            read_number(text, wanted.accept_key, field)
        except Invalid as error:
            problems.errors.extend(error.errors)


def resolve_organisation(work: UnitOfWork, wanted: OrganisationInput, field: str) -> FoundOrganisation:
    """The organisation meant, created with its establishment when nobody knew it.

    Raises `Invalid` on `field` (`<field>_name` for the missing name, `<field>_accept` beside a wrong key).
    """
    problems = Problems()
    check_organisation(wanted, field, problems)
    problems.raise_if_any()
    text = wanted.number.strip()
    if any(character.isalpha() for character in text):
        return FoundOrganisation(_by_name(work.session, text, field), "")
    number = read_number(text, wanted.accept_key, field)
    row = work.session.execute(select(Organisation).where(Organisation.siren == number[:9])).scalar_one_or_none()
    if row is None:
        row = _create(work, number[:9], wanted, field)
    siret = number if len(number) == 14 else ""
    if siret:
        _ensure_establishment(work, row, siret)
    return FoundOrganisation(row, siret)


def read_number(text: str, accept_key: bool, field: str) -> str:
    """The digits of a SIREN or a SIRET. A wrong key is refused unless `accept_key`; everything else always."""
    digits = text.translate(_SEPARATORS)
    try:
        return (check_siren if len(digits) == 9 else check_siret)(text)
    except Invalid as error:
        only_key = digits.isascii() and digits.isdigit() and len(digits) in (9, 14) and bool(digits.strip("0"))
        if only_key and accept_key:
            return digits
        messages = [item.message for item in error.errors]
        if only_key:
            messages.append("Si c’est bien le numéro écrit sur le document, cochez la case pour le garder tel quel.")
        found = [FieldError(field, " ".join(messages), text[:40])]
        raise Invalid(error.message, found, accept=f"{field}_accept" if only_key else "") from None


def _by_name(session: Session, text: str, field: str) -> Organisation:
    """The one organisation that bears this name, whole or in part."""
    words = fold(text)
    exact = list(session.execute(select(Organisation).where(Organisation.name_search == words)).scalars())
    if len(exact) == 1:
        return exact[0]
    query = select(Organisation)
    for word in words.split():
        query = query.where(Organisation.name_search.contains(word))
    found = exact or list(session.execute(query.order_by(Organisation.name_search).limit(6)).scalars())
    if len(found) == 1 and words:
        return found[0]
    if found and words:
        shown = ", ".join(f"{row.name} ({row.siren})" for row in found[:5])
        message = f"Plusieurs organisations conviennent{NBSP}: {shown}. Écrivez le SIREN de la bonne."
    else:
        message = "Aucune organisation connue à ce nom. Écrivez son SIRET, et son nom à côté."
    raise Invalid("L’organisation est à préciser.", [FieldError(field, message, text[:80])])


def _create(work: UnitOfWork, siren: str, wanted: OrganisationInput, field: str) -> Organisation:
    name = " ".join(wanted.name.split())
    if not name or len(name) > 160:
        message = f"Le SIREN {siren} n’est pas encore connu ici{NBSP}: écrivez le nom de l’organisation (160 lettres)."
        raise Invalid("Une organisation est à compléter.", [FieldError(f"{field}_name", message)])
    row = Organisation(name=name, name_search=fold(name), siren=siren, kind=wanted.kind, created_at=work.at)
    work.session.add(row)
    work.session.flush()
    work.record("organisation.created", "organisation", row.id, kind=wanted.kind.value, siren=siren)
    return row


def _ensure_establishment(work: UnitOfWork, owner: Organisation, siret: str) -> None:
    """Keep the SIRET beside those already known: a company changes establishment, its SIREN stays."""
    if work.session.execute(select(Establishment.id).where(Establishment.siret == siret)).first() is not None:
        return
    row = Establishment(organisation_id=owner.id, siret=siret, name=owner.name, name_search=owner.name_search)
    work.session.add(row)
    work.session.flush()
    work.record("establishment.created", "establishment", row.id, organisation=owner.id, siret=siret)


_LEADING = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)


def check_roles(roles: list[PartyRole], has_liability: bool, field: str, problems: Problems) -> None:
    """A lot has one holder, or a group with one lead; `field` gets what is wrong."""
    leads, holders = roles.count(PartyRole.LEAD_HOLDER), roles.count(PartyRole.HOLDER)
    members = roles.count(PartyRole.CO_CONTRACTOR)
    if leads > 1:
        problems.add(field, "Un groupement n’a qu’un mandataire. Les autres membres sont cotraitants.")
    if holders > 1:
        message = "Un lot n’a qu’un titulaire. Pour un groupement, choisissez un mandataire et des cotraitants."
        problems.add(field, message)
    if leads and holders:
        problems.add(field, "Un lot a soit un titulaire seul, soit un groupement avec son mandataire, pas les deux.")
    if members and not leads:
        problems.add(field, "Un cotraitant suppose un groupement\u00a0: indiquez qui en est le mandataire.")
    if has_liability and not (leads or members):
        problems.add("liability", "Conjoint ou solidaire ne se dit que d’un groupement\u00a0: indiquez son mandataire.")
