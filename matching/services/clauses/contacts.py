"""Whom to call about a commitment: several people, some of them gone, and what was exchanged with them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.follow import silent_days
from matching.errors import Conflict, NotFound, Problems
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentContact, CommitmentParty, ContactExchange
from matching.store.tables.organisations import Organisation
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.terms import Labelled


class ExchangeChannel(Labelled):
    CALL = "call", "Appel"
    MAIL = "mail", "Courriel"
    VISIT = "visit", "Visite ou réunion"


MAX_NOTE: Final = 2000


@dataclass(frozen=True)
class ContactInput:
    """A contact as typed. `organisation_id`: one of the commitment's companies, or its buyer."""

    name: str
    job: str = ""
    email: str = ""
    phone: str = ""
    organisation_id: int | None = None
    active: bool = True


@dataclass(frozen=True)
class ExchangeInput:
    """A call, a mail, a visit. `contact_id` None: with nobody in particular."""

    channel: ExchangeChannel | None
    happened_on: date | None
    answered: bool = True
    contact_id: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ContactLine:
    """`silent_days` counts from the last answer; None while there is none, or for a contact who has left."""

    id: int
    version: int
    input: ContactInput
    organisation: str
    last_heard_on: date | None
    silent_days: int | None
    silent: bool


@dataclass(frozen=True)
class ExchangeLine:
    id: int
    happened_on: date
    channel: str
    answered: bool
    contact: str
    note: str
    by: str


@dataclass(frozen=True)
class ContactBook:
    """The contacts of a commitment, active ones first, and the exchanges, latest first.

    `silent_since`: the last answer of anybody, when it is older than the threshold of the day.
    """

    commitment_id: int
    label: str
    contacts: tuple[ContactLine, ...]
    exchanges: tuple[ExchangeLine, ...]
    organisations: tuple[tuple[int, str], ...]
    last_heard_on: date | None
    silent: bool


def list_contacts(ctx: Context, actor: Actor, commitment_id: int) -> ContactBook:
    """The contacts of a commitment and what was exchanged with them; raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        limit = thresholds_on(session, today).silent_days
        organisations = _organisations(session, row)
        names = dict(organisations)
        contacts = tuple(_contact_line(contact, names, limit, today) for contact in _contacts(session, row.id))
        exchanges = _exchanges(session, row.id)
        heard = last_heard_of(session, [row.id]).get(row.id)
    silent = (silent_days(heard, today) or 0) >= limit
    return ContactBook(row.id, row.label, contacts, exchanges, organisations, heard, silent)


def last_heard_of(session: Session, commitment_ids: Collection[int]) -> dict[int, date]:
    """The last answer of anybody about each commitment; those that never had one are left out."""
    answered = (
        select(ContactExchange.commitment_id, func.max(ContactExchange.happened_on))
        .where(ContactExchange.commitment_id.in_(commitment_ids), ContactExchange.answered)
        .group_by(ContactExchange.commitment_id)
    )
    heard = (
        select(CommitmentContact.commitment_id, func.max(CommitmentContact.last_heard_on))
        .where(CommitmentContact.commitment_id.in_(commitment_ids), CommitmentContact.last_heard_on.is_not(None))
        .group_by(CommitmentContact.commitment_id)
    )
    found: dict[int, date] = {}
    for query in (answered, heard):
        for key, day in session.execute(query):
            if day is not None:
                found[key] = max(day, found.get(key, day))
    return found


def _contacts(session: Session, commitment_id: int) -> list[CommitmentContact]:
    query = select(CommitmentContact).where(CommitmentContact.commitment_id == commitment_id)
    ordered = query.order_by(CommitmentContact.active.desc(), CommitmentContact.name, CommitmentContact.id)
    return list(session.execute(ordered).scalars())


def _contact_line(row: CommitmentContact, names: dict[int, str], limit: int, today: date) -> ContactLine:
    days = silent_days(row.last_heard_on, today) if row.active else None
    return ContactLine(
        row.id,
        row.version,
        ContactInput(row.name, row.job, row.email, row.phone, row.organisation_id, row.active),
        names.get(row.organisation_id or 0, ""),
        row.last_heard_on,
        days,
        days is not None and days >= limit,
    )


def _exchanges(session: Session, commitment_id: int) -> tuple[ExchangeLine, ...]:
    query = (
        select(ContactExchange, CommitmentContact.name, UserAccount.name)
        .outerjoin(CommitmentContact, CommitmentContact.id == ContactExchange.contact_id)
        .outerjoin(UserAccount, UserAccount.id == ContactExchange.by_id)
        .where(ContactExchange.commitment_id == commitment_id)
        .order_by(ContactExchange.happened_on.desc(), ContactExchange.id.desc())
        .limit(200)
    )
    labels = {channel.value: channel.label for channel in ExchangeChannel}
    return tuple(
        ExchangeLine(
            row.id,
            row.happened_on,
            labels.get(row.channel, row.channel),
            row.answered,
            contact or "",
            row.note,
            by or "",
        )
        for row, contact, by in session.execute(query)
    )


def _organisations(session: Session, row: Commitment) -> tuple[tuple[int, str], ...]:
    """Those a contact can belong to: the buyer and the companies of the commitment."""
    parties = select(CommitmentParty.organisation_id).where(CommitmentParty.commitment_id == row.id)
    query = select(Organisation.id, Organisation.name).where(
        (Organisation.id == row.contract.buyer_id) | Organisation.id.in_(parties)
    )
    return tuple((one.id, one.name) for one in session.execute(query.order_by(Organisation.name_search)))


# --- writing


def add_contact(ctx: Context, actor: Actor, commitment_id: int, wanted: ContactInput) -> int:
    """Add a contact to a commitment; its id."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        _check_contact(work.session, row, wanted)
        contact = CommitmentContact(commitment_id=row.id, created_at=work.at)
        _fill(contact, wanted)
        work.session.add(contact)
        row.last_action_at = work.at
        work.session.flush()
        work.record("contact.added", "commitment_contact", contact.id, commitment=row.id)
    return contact.id


def change_contact(
    ctx: Context, actor: Actor, commitment_id: int, contact_id: int, version: int, wanted: ContactInput
) -> None:
    """Correct a contact, or say that they have left (`active` False): what was exchanged stays."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        contact = _own_contact(work.session, row, contact_id)
        if contact.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        _check_contact(work.session, row, wanted)
        _fill(contact, wanted)
        row.last_action_at = work.at
        active = int(wanted.active)
        work.record("contact.changed", "commitment_contact", contact.id, commitment=row.id, active=active)


def _own_contact(session: Session, row: Commitment, contact_id: int) -> CommitmentContact:
    contact = session.get(CommitmentContact, contact_id) if 0 < contact_id < 2**31 else None
    if contact is None or contact.commitment_id != row.id:
        raise NotFound()
    return contact


def _fill(contact: CommitmentContact, wanted: ContactInput) -> None:
    contact.name, contact.job = " ".join(wanted.name.split()), wanted.job.strip()
    contact.email, contact.phone = wanted.email.strip(), wanted.phone.strip()
    contact.organisation_id, contact.active = wanted.organisation_id, wanted.active


def _check_contact(session: Session, row: Commitment, wanted: ContactInput) -> None:
    problems = Problems()
    if not 1 <= len(" ".join(wanted.name.split())) <= 120:
        problems.add("name", "Écrivez le nom de la personne, en 120 caractères au plus.")
    if len(wanted.job.strip()) > 120:
        problems.add("job", "Raccourcissez la fonction\u00a0: 120 caractères au plus.")
    email = wanted.email.strip()
    if email and (len(email) > 254 or " " in email or not all(email.partition("@")) or "." not in email.split("@")[-1]):
        problems.add("email", "Cette adresse n’est pas complète. Écrivez-la comme prenom.nom@entreprise.fr.")
    if len(wanted.phone.strip()) > 30:
        problems.add("phone", "Raccourcissez le téléphone\u00a0: 30 caractères au plus.")
    if wanted.organisation_id is not None and wanted.organisation_id not in dict(_organisations(session, row)):
        problems.add("organisation_id", "Choisissez l’acheteur ou une entreprise de cet engagement.")
    problems.raise_if_any("Le contact n’a pas été enregistré.")


def note_exchange(ctx: Context, actor: Actor, commitment_id: int, wanted: ExchangeInput) -> int:
    """Note a call, a mail or a visit; an answer ends the contact's silence. Its id."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        contact = None if wanted.contact_id is None else _own_contact(work.session, row, wanted.contact_id)
        _check_exchange(wanted, ctx.clock.today())
        assert wanted.channel is not None  # checked just above
        assert wanted.happened_on is not None  # checked just above
        exchange = ContactExchange(
            commitment_id=row.id,
            contact_id=contact.id if contact else None,
            happened_on=wanted.happened_on,
            channel=wanted.channel.value,
            answered=wanted.answered,
            note=wanted.note.strip(),
            by_id=work.actor_id,
            at=work.at,
        )
        work.session.add(exchange)
        if contact is not None and wanted.answered:
            contact.last_heard_on = max(wanted.happened_on, contact.last_heard_on or wanted.happened_on)
        row.last_action_at = work.at
        work.session.flush()
        work.record(
            "contact.exchange_noted",
            "contact_exchange",
            exchange.id,
            note=exchange.note,
            commitment=row.id,
            channel=exchange.channel,
            answered=int(exchange.answered),
        )
    return exchange.id


def _check_exchange(wanted: ExchangeInput, today: date) -> None:
    problems = Problems()
    if wanted.channel is None:
        problems.add("channel", "Choisissez un appel, un courriel ou une visite.")
    if wanted.happened_on is None:
        problems.add("happened_on", "Indiquez le jour de l’échange.")
    elif wanted.happened_on > today:
        problems.add("happened_on", "Ce jour n’est pas encore venu. Notez un échange qui a eu lieu.")
    elif wanted.happened_on.year < 2000:
        problems.add("happened_on", "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.")
    if len(wanted.note) > MAX_NOTE:
        problems.add("note", f"Raccourcissez la note\u00a0: {MAX_NOTE} caractères au plus.")
    problems.raise_if_any("L’échange n’a pas été noté.")
