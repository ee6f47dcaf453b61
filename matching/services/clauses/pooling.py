"""Pooling agreements: one company's worked hours shared between its commitments; an hour counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clauses.ledger import allocation_of, reversal_of
from matching.clauses.terms import EntryKind
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.services.clauses.duplicates import line_in_reach
from matching.services.clauses.entering import enter_lines, take_turn
from matching.services.clauses.evidence import DOCUMENT, store_evidence
from matching.services.clauses.participations import acted_on
from matching.services.clauses.reversing import ReversalReason
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract, PoolingAgreement, PoolingMember
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.ledger import Allocation, LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.text import NBSP, written_day, written_hours

LONGEST_LABEL = 200
NOT_SAVED = "Rien n’a été enregistré. Quelques points sont à reprendre."
_LINES_SHOWN = 200


@dataclass(frozen=True)
class Document:
    """The signed agreement, as received."""

    content: bytes
    filename: str


@dataclass(frozen=True)
class AgreementInput:
    """What is typed about an agreement. `to_on` None: until further notice."""

    organisation_id: int | None
    commitment_ids: Sequence[int]
    label: str
    signed_on: date | None
    from_on: date | None
    to_on: date | None = None


@dataclass(frozen=True)
class Member:
    """A commitment of an agreement."""

    commitment_id: int
    label: str
    contract: str


@dataclass(frozen=True)
class Shared:
    """A part of a line that counts elsewhere and stands."""

    allocation_id: int
    line_id: int
    code: str
    month: date
    from_label: str
    to_label: str
    minutes: int


@dataclass(frozen=True)
class Shareable:
    """A validated line with minutes left to share."""

    line_id: int
    declaration_id: int
    code: str
    commitment_id: int
    commitment: str
    first: date
    last: date
    worked: int
    left: int


@dataclass(frozen=True)
class AgreementRow:
    """An agreement in a list."""

    id: int
    label: str
    company: str
    signed_on: date
    from_on: date
    to_on: date | None
    members: tuple[Member, ...]
    evidence_id: int | None


@dataclass(frozen=True)
class AgreementSheet:
    """An agreement whole, what is shared under it, and the lines that can be (the latest ones)."""

    row: AgreementRow
    version: int
    shared: tuple[Shared, ...]
    lines: tuple[Shareable, ...]


@dataclass(frozen=True)
class Choices:
    """What the form of an agreement offers: companies that hold or work several commitments, and those."""

    companies: tuple[tuple[int, str], ...]
    commitments: tuple[Member, ...]


# --- agreements ------------------------------------------------------------------------------------------


def list_agreements(ctx: Context, actor: Actor) -> tuple[AgreementRow, ...]:
    """Every agreement, the latest signed first."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        query = (
            select(PoolingAgreement)
            .options(selectinload(PoolingAgreement.members))
            .order_by(PoolingAgreement.signed_on.desc(), PoolingAgreement.id.desc())
        )
        return _rows(session, session.execute(query).scalars().all())


def read_agreement(ctx: Context, actor: Actor, agreement_id: int) -> AgreementSheet:
    """An agreement with what is shared and what can be. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = _agreement(session, agreement_id)
        (shown,) = _rows(session, [row])
        labels = {member.commitment_id: member.label for member in shown.members}
        return AgreementSheet(shown, row.version, _shared(session, row, labels), _shareable(session, row, labels))


def register_choices(ctx: Context, actor: Actor, organisation_id: int | None = None) -> Choices:
    """The companies on at least two commitments and, for one of them, its commitments."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        pairs = session.execute(
            select(CommitmentParty.organisation_id, CommitmentParty.commitment_id, Organisation.name)
            .join(Organisation, Organisation.id == CommitmentParty.organisation_id)
            .order_by(Organisation.name_search)
        ).all()
        held: dict[int, set[int]] = {}
        for pair in pairs:
            held.setdefault(pair.organisation_id, set()).add(pair.commitment_id)
        companies = {pair.organisation_id: pair.name for pair in pairs if len(held[pair.organisation_id]) > 1}
        own = held.get(organisation_id or 0, set()) if organisation_id in companies else set()
        return Choices(tuple(companies.items()), _members(session, own))


def register_agreement(ctx: Context, actor: Actor, typed: AgreementInput, document: Document | None = None) -> int:
    """Write a signed agreement; returns its id. Raises `Invalid` with every point to mend."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        problems = Problems()
        _check_typed(work.session, typed, problems, ctx.clock.today())
        problems.raise_if_any(NOT_SAVED)
        row = PoolingAgreement(
            organisation_id=typed.organisation_id,
            label=typed.label.strip(),
            signed_on=typed.signed_on,
            from_on=typed.from_on,
            to_on=typed.to_on,
            created_at=work.at,
        )
        row.members = [PoolingMember(commitment_id=key) for key in sorted(set(typed.commitment_ids))]
        if document is not None:
            row.evidence_id = store_evidence(ctx, work, document.content, document.filename, DOCUMENT)
        work.session.add(row)
        work.session.flush()
        for member in row.members:
            acted_on(work, member.commitment_id)
        commitments = [member.commitment_id for member in row.members]
        work.record("pooling.registered", "pooling_agreement", row.id, commitments=commitments)
        return row.id


def end_agreement(ctx: Context, actor: Actor, agreement_id: int, version: int, to_on: date | None) -> None:
    """Note the last day of an agreement; hours already shared stay shared. Raises `Invalid`, `Conflict`."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        take_turn(work.session)
        row = _agreement(work.session, agreement_id)
        if row.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        told = ""
        if to_on is None or to_on < row.from_on:
            told = f"Écrivez un dernier jour à partir du {written_day(row.from_on)}."
        elif (last := _last_shared(work.session, row.id)) is not None and to_on < last:
            told = f"Des heures sont réparties jusqu’au {written_day(last)}. Annulez d’abord ces répartitions."
        if told:
            raise Invalid(told, [FieldError("to_on", told)])
        row.to_on = to_on
        work.record("pooling.closed", "pooling_agreement", row.id, to_on=str(to_on))


def _check_typed(session: Session, typed: AgreementInput, problems: Problems, today: date) -> None:
    if not typed.label.strip() or len(typed.label.strip()) > LONGEST_LABEL:
        problems.add("label", f"Écrivez l’objet de l’accord ({LONGEST_LABEL} caractères au plus).", typed.label)
    if typed.signed_on is None or typed.signed_on > today:
        problems.add("signed_on", "Écrivez le jour de la signature, déjà passé, par exemple 15/01/2026.")
    if typed.from_on is None:
        problems.add("from_on", "Écrivez le premier jour de l’accord, par exemple 01/01/2026.")
    elif typed.to_on is not None and typed.to_on < typed.from_on:
        problems.add("to_on", f"Le dernier jour vient avant le premier, le {written_day(typed.from_on)}.")
    if typed.organisation_id is None or session.get(Organisation, typed.organisation_id) is None:
        problems.add("organisation_id", "Choisissez l’entreprise de l’accord.")
        return
    if len(set(typed.commitment_ids)) < 2:
        problems.add("commitment_ids", "Choisissez au moins deux engagements : l’accord les relie.")
    elif not set(typed.commitment_ids) <= _held_by(session, typed.organisation_id):
        problems.add("commitment_ids", "Un accord ne relie que des engagements de la même entreprise.")


def _held_by(session: Session, organisation_id: int) -> set[int]:
    query = select(CommitmentParty.commitment_id).where(CommitmentParty.organisation_id == organisation_id)
    return set(session.execute(query).scalars())


def _agreement(session: Session, agreement_id: int) -> PoolingAgreement:
    query = (
        select(PoolingAgreement)
        .where(PoolingAgreement.id == agreement_id)
        .options(selectinload(PoolingAgreement.members))
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


# --- sharing ---------------------------------------------------------------------------------------------


def allocate(
    ctx: Context, actor: Actor, line_id: int, agreement_id: int, to_commitment_id: int, minutes: int | None
) -> int:
    """Count `minutes` of a validated line for another commitment of the agreement; returns the allocation's id.

    Two entries that sum to zero. Two officers at once never share more than was worked: they write one after the
    other. Raises `Invalid`, `RuleRefused`, `NotFound`.
    """
    require(actor, Permission.DECIDE_HOURS)
    if minutes is None or minutes <= 0:
        told = "Écrivez la durée à répartir, par exemple 35h ou 7h30."
        raise Invalid(told, [FieldError("minutes", told)])
    with ctx.write(actor) as work:
        session = work.session
        take_turn(session)
        agreement = _agreement(session, agreement_id)
        line = line_in_reach(session, actor, line_id)
        standing = ledger.standing_entries(session, line.id)
        worked = next((row for row in standing if row.kind is EntryKind.ENTRY), None)
        if worked is None:
            raise RuleRefused("Cette ligne n’est pas validée : il n’y a pas d’heures à répartir.")
        _check_agreement(session, agreement, worked, to_commitment_id)
        already, entry = shared_out(standing, worked.commitment_id), ledger.as_entry(worked)
        allocation_of(entry, 0, to_commitment_id, minutes, already)  # refused before anything is written
        row = Allocation(
            agreement_id=agreement.id,
            line_id=line.id,
            to_commitment_id=to_commitment_id,
            minutes=minutes,
            by_id=actor.user_id,
            at=work.at,
        )
        session.add(row)
        session.flush()
        enter_lines(work, (), allocation_of(entry, row.id, to_commitment_id, minutes, already))
        work.record("allocation.made", "declaration_line", line.id, to=to_commitment_id, minutes=minutes)
        return row.id


def cancel_allocation(ctx: Context, actor: Actor, allocation_id: int) -> int:
    """Give shared minutes back to the commitment where they were worked; returns the agreement's id."""
    require(actor, Permission.DECIDE_HOURS)
    with ctx.write(actor) as work:
        take_turn(work.session)
        row = work.session.get(Allocation, allocation_id)
        if row is None:
            raise NotFound()
        standing = ledger.standing_entries(work.session, row.line_id)
        entries = [
            reversal_of(one.id, ledger.as_entry(one), ReversalReason.OTHER.value)
            for one in standing
            if one.allocation_id == row.id
        ]
        if not entries:
            raise Conflict("Cette répartition a déjà été annulée. Rouvrez la page.")
        enter_lines(work, (), entries)
        work.record("allocation.cancelled", "declaration_line", row.line_id, allocation=row.id, minutes=row.minutes)
        return row.agreement_id


def shared_out(standing: Iterable[LedgerEntry], commitment_id: int) -> int:
    """Minutes of a line that count elsewhere than where they were worked."""
    return -sum(
        row.minutes for row in standing if row.kind is EntryKind.ALLOCATION and row.commitment_id == commitment_id
    )


def _check_agreement(session: Session, agreement: PoolingAgreement, worked: LedgerEntry, to_commitment_id: int) -> None:
    members = {member.commitment_id for member in agreement.members}
    if not {worked.commitment_id, to_commitment_id} <= members:
        raise RuleRefused("Ces deux engagements ne sont pas dans cet accord. Choisissez un engagement de l’accord.")
    if not {worked.commitment_id, to_commitment_id} <= _held_by(session, agreement.organisation_id):
        raise RuleRefused(
            "L’entreprise de l’accord ne travaille plus sur ces deux engagements. Vérifiez les titulaires."
        )
    if worked.worked_from < agreement.from_on or worked.worked_to > (agreement.to_on or date.max):
        until = f"au {written_day(agreement.to_on)}" if agreement.to_on else "sans fin"
        raise RuleRefused(
            f"L’accord vaut du {written_day(agreement.from_on)} {until}{NBSP}: ces heures ont été travaillées du "
            f"{written_day(worked.worked_from)} au {written_day(worked.worked_to)}."
        )


# --- what is shown ---------------------------------------------------------------------------------------


def _members(session: Session, commitment_ids: Iterable[int]) -> tuple[Member, ...]:
    query = (
        select(Commitment.id, Commitment.label, Contract.number)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(Commitment.id.in_(sorted(commitment_ids)))
        .order_by(Contract.number, Commitment.id)
    )
    return tuple(Member(row.id, row.label, row.number) for row in session.execute(query))


def _rows(session: Session, found: Sequence[PoolingAgreement]) -> tuple[AgreementRow, ...]:
    query = select(Organisation.id, Organisation.name).where(
        Organisation.id.in_({row.organisation_id for row in found})
    )
    names = {row.id: row.name for row in session.execute(query)}
    members = _members(session, {member.commitment_id for row in found for member in row.members})
    return tuple(
        AgreementRow(
            row.id,
            row.label,
            names[row.organisation_id],
            row.signed_on,
            row.from_on,
            row.to_on,
            tuple(one for one in members if one.commitment_id in {member.commitment_id for member in row.members}),
            row.evidence_id,
        )
        for row in found
    )


def _standing_allocations(session: Session, agreement_id: int) -> list[tuple[Allocation, LedgerEntry]]:
    """The allocations of an agreement that no reversal has undone, each with the entry where it counts."""
    undone = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    query = (
        select(Allocation, LedgerEntry)
        .join(LedgerEntry, LedgerEntry.allocation_id == Allocation.id)
        .where(
            Allocation.agreement_id == agreement_id,
            LedgerEntry.kind == EntryKind.ALLOCATION,
            LedgerEntry.minutes > 0,
            LedgerEntry.id.not_in(undone),
        )
        .order_by(Allocation.id.desc())
    )
    return [(row, entry) for row, entry in session.execute(query)]


def _last_shared(session: Session, agreement_id: int) -> date | None:
    return max((entry.worked_to for _, entry in _standing_allocations(session, agreement_id)), default=None)


def _shared(session: Session, agreement: PoolingAgreement, labels: dict[int, str]) -> tuple[Shared, ...]:
    rows = _standing_allocations(session, agreement.id)
    ids = {entry.participation_id for _, entry in rows}
    people = session.execute(
        select(Participation.id, Participation.code, Participation.commitment_id).where(Participation.id.in_(ids))
    ).all()
    by_id = {one.id: one for one in people}
    found = []
    for row, entry in rows:
        one = by_id[entry.participation_id or 0]
        target = labels.get(row.to_commitment_id, "")
        found.append(
            Shared(row.id, row.line_id, one.code, entry.month, labels.get(one.commitment_id, ""), target, row.minutes)
        )
    return tuple(found)


def _shareable(session: Session, agreement: PoolingAgreement, labels: dict[int, str]) -> tuple[Shareable, ...]:
    undone = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    query = (
        select(LedgerEntry, Participation.code, DeclarationLine.declaration_id)
        .join(DeclarationLine, DeclarationLine.id == LedgerEntry.line_id)
        .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
        .join(Participation, Participation.id == LedgerEntry.participation_id)
        .where(
            LedgerEntry.kind == EntryKind.ENTRY,
            LedgerEntry.commitment_id.in_(sorted(labels)),
            LedgerEntry.worked_from >= agreement.from_on,
            LedgerEntry.worked_to <= (agreement.to_on or date.max),
            LedgerEntry.id.not_in(undone),
        )
        .order_by(LedgerEntry.id.desc())
        .limit(_LINES_SHOWN)
    )
    rows = session.execute(query).all()
    out = _shared_by_line(session, [entry.line_id for entry, _, _ in rows])
    return tuple(
        Shareable(
            entry.line_id or 0,
            declaration_id,
            code,
            entry.commitment_id,
            labels[entry.commitment_id],
            entry.worked_from,
            entry.worked_to,
            entry.minutes,
            entry.minutes - out.get(entry.line_id, 0),
        )
        for entry, code, declaration_id in rows
        if out.get(entry.line_id, 0) < entry.minutes
    )


def _shared_by_line(session: Session, line_ids: Sequence[int | None]) -> dict[int | None, int]:
    undone = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    query = (
        select(LedgerEntry.line_id, func.sum(LedgerEntry.minutes).label("minutes"))
        .where(
            LedgerEntry.line_id.in_(line_ids),
            LedgerEntry.kind == EntryKind.ALLOCATION,
            LedgerEntry.minutes > 0,
            LedgerEntry.id.not_in(undone),
        )
        .group_by(LedgerEntry.line_id)
    )
    return {row.line_id: int(row.minutes) for row in session.execute(query)}


def line_words(line: Shareable) -> str:
    """« H-0004, octobre, lot 3 : 35 h à répartir sur 140 h »."""
    left, worked = written_hours(line.left), written_hours(line.worked)
    return f"{line.code}, {written_day(line.first)}, {line.commitment}{NBSP}: {left} sur {worked}"
