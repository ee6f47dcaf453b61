"""Links to declare a month without an account: made and revoked by an officer, known by their SHA-256 only."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.follow import written_month
from matching.clauses.progress import month_end, month_start
from matching.clock import PARIS
from matching.errors import NotFound, Problems, RuleRefused
from matching.services.clauses.declaring import Declarant, check_month
from matching.services.context import Context
from matching.store.scope import fetch
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.declarations import DeclarationLink
from matching.store.tables.organisations import Organisation

DEFAULT_DAYS, MOST_DAYS = 14, 60
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CLOSED = (
    "Ce lien ne permet pas de déclarer des heures\u00a0: il a expiré, il a été retiré ou il est incomplet. "
    "Demandez-en un nouveau à la personne qui suit la clause, ou déclarez depuis votre compte."
)


@dataclass(frozen=True)
class NewLink:
    """A link just made: `token` is told this once and kept nowhere."""

    id: int
    token: str
    company: str
    commitment: str
    month: date
    expires_at: datetime
    officer: str


@dataclass(frozen=True)
class LinkRow:
    """A link as the officer's list shows it. `live`: neither expired nor revoked."""

    id: int
    company: str
    month: date
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_by: str
    live: bool


@dataclass(frozen=True)
class LinksPage:
    """The links of a commitment, the companies and the months that a new one may be for."""

    commitment_id: int
    commitment: str
    contract: str
    companies: tuple[tuple[int, str], ...]
    months: tuple[date, ...]
    links: tuple[LinkRow, ...]


def list_links(ctx: Context, actor: Actor, commitment_id: int) -> LinksPage:
    """The links of a commitment, latest first; raises `NotFound`."""
    require(actor, Permission.EDIT_CLAUSES)
    now, today = ctx.clock.now(), ctx.clock.today()
    with ctx.read() as session:
        commitment = fetch(session, actor, Commitment, commitment_id)
        contract = session.get_one(Contract, commitment.contract_id)
        rows = session.execute(
            select(DeclarationLink, Organisation.name, UserAccount.name)
            .join(Organisation, Organisation.id == DeclarationLink.organisation_id)
            .join(UserAccount, UserAccount.id == DeclarationLink.created_by_id)
            .where(DeclarationLink.commitment_id == commitment_id)
            .order_by(DeclarationLink.id.desc())
        )
        links = tuple(_row(link, company, officer, now) for link, company, officer in rows)
        return LinksPage(
            commitment.id,
            commitment.label,
            contract.object,
            _companies(session, commitment_id),
            tuple(_months(contract, commitment, today)),
            links,
        )


def _row(link: DeclarationLink, company: str, officer: str, now: datetime) -> LinkRow:
    live = link.revoked_at is None and link.expires_at > now
    return LinkRow(link.id, company, link.month, link.expires_at, link.revoked_at, link.last_used_at, officer, live)


def _companies(session: Session, commitment_id: int) -> tuple[tuple[int, str], ...]:
    query = (
        select(Organisation.id, Organisation.name)
        .join(CommitmentParty, CommitmentParty.organisation_id == Organisation.id)
        .where(CommitmentParty.commitment_id == commitment_id)
        .order_by(Organisation.name_search, Organisation.id)
    )
    return tuple({row.id: row.name for row in session.execute(query)}.items())


def _months(contract: Contract, commitment: Commitment, today: date) -> list[date]:
    """The months that can be declared, a year back: those finished, latest first, then the one going on."""
    found, month = [], month_start(today)
    for _ in range(12):
        try:
            check_month(contract, commitment, month, today)
            found.append(month)
        except RuleRefused:
            pass
        month = month_start(month - timedelta(days=1))
    return sorted(found, key=lambda one: month_end(one) > today)


def create_link(
    ctx: Context, actor: Actor, commitment_id: int, organisation_id: int | None, month: date | None, days: int | None
) -> NewLink:
    """A link for one company and one month, good for `days` (1 to `MOST_DAYS`). Raises `Invalid`, `RuleRefused`."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        commitment = fetch(work.session, actor, Commitment, commitment_id)
        contract = work.session.get_one(Contract, commitment.contract_id)
        companies = dict(_companies(work.session, commitment_id))
        problems = Problems()
        if organisation_id not in companies:
            problems.add("organisation_id", "Choisissez une entreprise qui participe à cet engagement.")
        if month is None:
            problems.add("month", "Choisissez le mois à déclarer.")
        if days is None or not 1 <= days <= MOST_DAYS:
            problems.add("days", f"Écrivez un nombre de jours entre 1 et {MOST_DAYS}, par exemple {DEFAULT_DAYS}.")
        problems.raise_if_any()
        assert organisation_id is not None
        assert month is not None
        assert days is not None
        month = month_start(month)
        check_month(contract, commitment, month, ctx.clock.today())
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = DeclarationLink(token_hash=_hash(token), commitment_id=commitment_id, organisation_id=organisation_id)
        row.month, row.expires_at = month, work.at + timedelta(days=days)
        row.created_by_id, row.created_at = actor.user_id, work.at
        work.session.add(row)
        commitment.last_action_at = work.at
        work.session.flush()
        work.record(
            "declaration_link.created",
            "declaration_link",
            row.id,
            "",
            commitment_id=commitment_id,
            organisation_id=organisation_id,
            month=month.isoformat(),
            days=days,
        )
        company = companies[organisation_id]
        return NewLink(row.id, token, company, commitment.label, month, row.expires_at, actor.name)


def mail_of(link: NewLink, address: str, departement: str) -> tuple[str, str]:
    """The subject and the text of the mail to send with a link; nobody's name but the officer's."""
    name, until = written_month(link.month), f"{link.expires_at.astimezone(PARIS):%d/%m/%Y}"
    text = (
        "Bonjour,\n\n"
        f"Merci de déclarer les heures d’insertion de {name} pour {link.commitment}. Ce lien ouvre directement la page "
        f"du mois, sans compte\u00a0:\n\n{address}\n\n"
        "Indiquez les heures de chaque personne (7h30, par exemple), ajoutez la photo ou le PDF du relevé, puis "
        f"envoyez. Le lien ne sert qu’à {link.company}, pour ce seul mois, jusqu’au {until}. "
        "Ne le transmettez pas\u00a0: qui l’ouvre peut déclarer.\n\n"
        f"{link.officer}\n{departement}"
    )
    return f"Heures d’insertion de {name} à déclarer", text


def revoke_link(ctx: Context, actor: Actor, commitment_id: int, link_id: int) -> None:
    """The link opens nothing any more. Revoking twice changes nothing; raises `NotFound`."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        commitment = fetch(work.session, actor, Commitment, commitment_id)
        row = work.session.get(DeclarationLink, link_id)
        if row is None or row.commitment_id != commitment_id:
            raise NotFound()
        if row.revoked_at is not None:
            return
        row.revoked_at = commitment.last_action_at = work.at
        work.record("declaration_link.revoked", "declaration_link", row.id, "", commitment_id=commitment_id)


def declarant_by_token(ctx: Context, token: str) -> Declarant:
    """Who declares by this link. Unknown, expired or revoked: the same `NotFound`, which says to ask for another."""
    if not _TOKEN.fullmatch(token):
        raise NotFound(CLOSED)
    with ctx.read() as session:
        query = select(DeclarationLink).where(DeclarationLink.token_hash == _hash(token))
        row = session.execute(query).scalar_one_or_none()
        if row is None or row.revoked_at is not None or row.expires_at <= ctx.clock.now():
            raise NotFound(CLOSED)
        return Declarant(row.organisation_id, row.commitment_id, row.month, link_id=row.id)


def _hash(token: str) -> str:
    # 256 bits of chance need neither salt nor a slow hash: what the table holds opens nothing.
    return hashlib.sha256(token.encode()).hexdigest()
