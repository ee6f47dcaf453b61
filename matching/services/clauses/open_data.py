"""Open data of one's own clauses: commitments, hours due and validated by month. No person, no code, no headcount.

What is published are codes, numbers of contracts and companies, dates and minutes: no free text, in which a name could
stand. Holders are given for public procurement only, where their numbers are published already (DECP); private works
are left out, being no public act. The number of people is not published at all: beside the hours of each month, a small
one would tell what one person worked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import PartyRole, Support
from matching.errors import Invalid
from matching.services.clauses.due import minutes_due_of
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.ledger import CommitmentMonth
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OrganisationKind

VERSION = "1"
_BATCH = 500
_HOLDING = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER, PartyRole.CO_CONTRACTOR)
_PROCUREMENT = frozenset(
    {Support.PUBLIC_CONTRACT, Support.FRAMEWORK_AGREEMENT, Support.CALL_OFF_CONTRACT, Support.CONCESSION}
)


@dataclass(frozen=True)
class OpenDataChoice:
    """What the page offers: a buyer, and how many commitments of it would be published. `own`: of the Département."""

    buyer_id: int
    name: str
    commitments: int
    own: bool


def open_data_choices(ctx: Context, actor: Actor) -> tuple[OpenDataChoice, ...]:
    """Buyers with commitments to publish; the Département first, then the one with most."""
    require(actor, Permission.READ_CLAUSES)
    counts: dict[int, list[Any]] = {}
    query = select(Organisation.id, Organisation.name, Organisation.kind).select_from(Commitment)
    with ctx.read() as session:
        for row in session.execute(_published(query)):
            counts.setdefault(row.id, [row.name, 0, row.kind is OrganisationKind.DEPARTEMENT])[1] += 1
    found = [OpenDataChoice(key, name, count, own) for key, (name, count, own) in counts.items()]
    return tuple(sorted(found, key=lambda one: (not one.own, -one.commitments, one.name)))


def issue_open_data(ctx: Context, actor: Actor, kind: str, buyer_id: int | None = None) -> dict[str, Any]:
    """The document, its issue recorded. `kind`: `csv` or `json`. `buyer_id` None: the Département's own contracts."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.write(actor) as work:
        return _issue(work, ctx, kind, buyer_id)


def open_data_from_shell(ctx: Context, kind: str, buyer_id: int | None = None) -> dict[str, Any]:
    """The same for the command, in the system's own name."""
    with ctx.write(None) as work:
        return _issue(work, ctx, kind, buyer_id)


def buyer_by_number(ctx: Context, number: str) -> int:
    """For the command: the buyer of a SIREN or of a SIRET (its SIREN). Raises `Invalid`."""
    digits = "".join(number.split())
    with ctx.read() as session:
        query = select(Organisation.id).where(Organisation.siren == digits[:9])
        found = session.execute(query).scalar_one_or_none() if len(digits) in (9, 14) else None
    if found is None:
        raise Invalid("Cet acheteur n’est pas connu ici. Donnez le SIREN ou le SIRET d’un acheteur déjà enregistré.")
    return found


def _issue(work: UnitOfWork, ctx: Context, kind: str, buyer_id: int | None) -> dict[str, Any]:
    document = _document(work.session, ctx, buyer_id)
    work.record("open_data.issued", "organisation", buyer_id or 0, kind=kind, commitments=len(document["engagements"]))
    return document


# --- the document --------------------------------------------------------------------------------------------------


def _document(session: Session, ctx: Context, buyer_id: int | None) -> dict[str, Any]:
    today = ctx.clock.today()
    engagements = []
    rows = session.execute(_commitments(buyer_id)).all()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        ids = [row.id for row in batch]
        due, months = minutes_due_of(session, ids, today, today), _months(session, ids)
        holders = _holders(session, ids)
        engagements += [_engagement(row, due[row.id], months.get(row.id, []), holders.get(row.id, [])) for row in batch]
    producer = ctx.settings.departement
    return {"version": VERSION, "producteur": producer, "etabli_le": today.isoformat(), "engagements": engagements}


def _published(query: Any) -> Any:
    return (
        query.join(Contract, Contract.id == Commitment.contract_id)
        .join(Organisation, Organisation.id == Contract.buyer_id)
        .where(Contract.support != Support.PRIVATE_WORKS)
    )


def _commitments(buyer_id: int | None) -> Any:
    query = _published(
        select(
            Commitment.id, Commitment.lot, Commitment.modality, Contract.number, Contract.support, Contract.buyer_siret,
            Contract.notified_on, Contract.start_on, Contract.end_on, Contract.holders, Organisation.siren,
        ).select_from(Commitment)
    )  # fmt: skip
    own = Organisation.kind == OrganisationKind.DEPARTEMENT if buyer_id is None else Organisation.id == buyer_id
    return query.where(own).order_by(Organisation.siren, Contract.number, Commitment.lot, Commitment.id)


def _engagement(row: Any, due: int, months: list[tuple[date, int]], holders: list[str]) -> dict[str, Any]:
    published = row.support in _PROCUREMENT
    return {
        "marche": row.number,
        "lot": row.lot or None,
        "acheteur_siren": row.siren,
        "acheteur_siret": row.buyer_siret or None,
        "titulaires": _numbers(holders, row.holders or "") if published else [],
        "support": row.support.value,
        "modalite": row.modality.value,
        "notifie_le": _day(row.notified_on),
        "debut": _day(row.start_on),
        "fin": _day(row.end_on),
        "minutes_dues": due,
        "minutes_validees": sum(minutes for _, minutes in months),
        "mois": [{"mois": f"{month:%Y-%m}", "minutes_validees": minutes} for month, minutes in months],
    }


def _numbers(holders: list[str], published: str) -> list[str]:
    """The published SIRET of each holder known here by its SIREN; those of the publication when none is known here."""
    by_siren = {siret[:9]: siret for siret in published.split() if len(siret) == 14 and siret.isdecimal()}
    if not holders:
        return list(by_siren.values())
    return list(dict.fromkeys(by_siren.get(number[:9], number) for number in holders))


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _months(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    query = (
        select(CommitmentMonth.commitment_id, CommitmentMonth.month, CommitmentMonth.validated_minutes)
        .where(CommitmentMonth.commitment_id.in_(ids), CommitmentMonth.validated_minutes != 0)
        .order_by(CommitmentMonth.commitment_id, CommitmentMonth.month)
    )
    found: dict[int, list[tuple[date, int]]] = {}
    for commitment_id, month, minutes in session.execute(query):
        found.setdefault(commitment_id, []).append((month, minutes))
    return found


def _holders(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """The SIRET of each holder when it has one establishment here, else its SIREN."""
    parties = (
        select(CommitmentParty.commitment_id, Organisation.id, Organisation.siren)
        .join(Organisation, Organisation.id == CommitmentParty.organisation_id)
        .where(CommitmentParty.commitment_id.in_(ids), CommitmentParty.role.in_(_HOLDING))
        .order_by(CommitmentParty.id)
    )
    rows = session.execute(parties).all()
    sirets: dict[int, list[str]] = {}
    companies = sorted({row.id for row in rows})
    for start in range(0, len(companies), _BATCH):
        batch = companies[start : start + _BATCH]
        query = select(Establishment.organisation_id, Establishment.siret)
        for organisation_id, siret in session.execute(query.where(Establishment.organisation_id.in_(batch))):
            sirets.setdefault(organisation_id, []).append(siret)
    found: dict[int, list[str]] = {}
    for row in rows:
        known = sirets.get(row.id, [])
        number = known[0] if len(known) == 1 else row.siren
        if number not in found.setdefault(row.commitment_id, []):
            found[row.commitment_id].append(number)
    return found
