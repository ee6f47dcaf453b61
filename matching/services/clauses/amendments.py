"""Amendments found in what a buyer publishes: they wait until a person says whether hours change.

DECP publishes the new total, never hours. A price alone changes nothing; the contract's own amount is never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.published import proposed_change
from matching.clauses.terms import EventKind, Support
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.events import EventInput, write_event
from matching.services.context import Context
from matching.services.paging import page_count
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, Contract, ContractAmendment
from matching.store.tables.organisations import Organisation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import Labelled
from matching.text import written_day

PER_PAGE = 25


class AmendmentDecision(Labelled):
    APPLY = "apply", "Appliquer cet avenant"
    SET_ASIDE = "set_aside", "Écarter cet avenant"


_STATE = {AmendmentDecision.APPLY: "applied", AmendmentDecision.SET_ASIDE: "set_aside"}


@dataclass(frozen=True)
class AffectedCommitment:
    """A commitment of the contract: minutes due in all, and the change in proportion of the totals, None for none."""

    id: int
    label: str
    lot: str
    minutes_due: int
    proposed: int | None


@dataclass(frozen=True)
class PublishedAmendment:
    """An amendment as published: totals in cents, None when not published.

    `old_cents`: what the contract was worth before it, the last amendment applied or the contract's own amount.
    `earlier`: another amendment of this contract, published before, still waits.
    """

    id: int
    version: int
    contract_id: int
    contract_number: str
    contract_object: str
    buyer: str
    number: int | None
    notified_on: date | None
    old_cents: int | None
    new_cents: int | None
    months: int | None
    holders: tuple[str, ...]
    state: str
    decided_by: str
    decided_at: datetime | None
    earlier: bool
    framework: bool
    commitments: tuple[AffectedCommitment, ...]


@dataclass(frozen=True)
class WaitingPage:
    rows: tuple[PublishedAmendment, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class DecidedAmendment:
    """What was decided, and how many commitments changed."""

    contract_id: int
    decision: AmendmentDecision
    events: int


# --- reading


def list_amendments(ctx: Context, actor: Actor, page: int = 1) -> WaitingPage:
    """The amendments waiting, contract by contract, in the order they were notified."""
    require(actor, Permission.EDIT_CLAUSES)
    waiting = (ContractAmendment.state == "proposed", scope.contracts(actor))
    with ctx.read() as session:
        count = select(func.count(ContractAmendment.id)).join(Contract).where(*waiting)
        total = session.execute(count).scalar_one()
        pages = page_count(total, PER_PAGE)
        page = min(max(1, page), pages)
        query = (
            select(ContractAmendment).join(Contract).where(*waiting)
            .order_by(Contract.number, Contract.id, *_ORDER).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
        )  # fmt: skip
        rows = list(session.execute(query).scalars())
        return WaitingPage(_shown(session, rows, ctx.clock.today()), total, page, pages)


def get_amendment(ctx: Context, actor: Actor, amendment_id: int) -> PublishedAmendment:
    """One amendment, waiting or decided, of a contract in reach. Raises `NotFound`."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        row = _fetch(session, actor, amendment_id)
        return _shown(session, [row], ctx.clock.today())[0]


def count_waiting(ctx: Context, actor: Actor) -> int:
    """How many amendments wait for a decision."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        query = select(func.count(ContractAmendment.id)).where(ContractAmendment.state == "proposed")
        return session.execute(query).scalar_one()


_ORDER = (
    ContractAmendment.notified_on.is_(None),
    ContractAmendment.notified_on,
    ContractAmendment.number,
    ContractAmendment.id,
)


def _place(row: ContractAmendment) -> tuple[date, int, int]:
    """The order of a contract's amendments: by day, those without a day last."""
    return row.notified_on or date.max, row.number or 0, row.id


def _fetch(session: Session, actor: Actor, amendment_id: int) -> ContractAmendment:
    row = session.get(ContractAmendment, amendment_id) if 0 < amendment_id < 2**31 else None
    if row is None:
        raise NotFound()
    scope.fetch(session, actor, Contract, row.contract_id)
    return row


def _shown(session: Session, rows: Iterable[ContractAmendment], today: date) -> tuple[PublishedAmendment, ...]:
    rows = list(rows)
    keys = {row.contract_id for row in rows}
    contracts = {
        row.id: (row, buyer)
        for row, buyer in session.execute(
            select(Contract, Organisation.name)
            .join(Organisation, Organisation.id == Contract.buyer_id)
            .where(Contract.id.in_(keys))
        )
    }
    siblings: dict[int, list[ContractAmendment]] = {}
    for one in session.execute(select(ContractAmendment).where(ContractAmendment.contract_id.in_(keys))).scalars():
        siblings.setdefault(one.contract_id, []).append(one)
    commitments: dict[int, list[Commitment]] = {}
    query = select(Commitment).where(Commitment.contract_id.in_(keys)).order_by(Commitment.lot, Commitment.id)
    for commitment in session.execute(query).scalars():
        commitments.setdefault(commitment.contract_id, []).append(commitment)
    due = minutes_due_of(session, [c.id for group in commitments.values() for c in group], date.max, today)
    people = {row.decided_by_id for row in rows if row.decided_by_id}
    names = {key: name for key, name in session.execute(  # noqa: C416
        select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(people))
    )}  # fmt: skip
    return tuple(
        _one(row, *contracts[row.contract_id], siblings[row.contract_id], commitments.get(row.contract_id, []), due,
             names.get(row.decided_by_id or 0, ""))
        for row in rows
    )  # fmt: skip


def _one(
    row: ContractAmendment, contract: Contract, buyer: str, siblings: list[ContractAmendment],
    commitments: list[Commitment], due: Mapping[int, int], decided_by: str,
) -> PublishedAmendment:  # fmt: skip
    old = _total_before(row, contract, siblings)
    framework = contract.support is Support.FRAMEWORK_AGREEMENT
    return PublishedAmendment(
        id=row.id,
        version=row.version,
        contract_id=contract.id,
        contract_number=contract.number,
        contract_object=contract.object,
        buyer=buyer,
        number=row.number,
        notified_on=row.notified_on,
        old_cents=old,
        new_cents=row.amount_cents,
        months=row.months,
        holders=tuple(row.holders.split()),
        state=row.state,
        decided_by=decided_by,
        decided_at=row.decided_at,
        earlier=any(one.state == "proposed" and _place(one) < _place(row) for one in siblings),
        framework=framework,
        commitments=tuple(
            AffectedCommitment(
                one.id, one.label, one.lot, due[one.id],
                # Hours of a framework follow its orders, never its maximum; what is closed no longer moves.
                None if framework or one.order_rate or one.closed_on
                else proposed_change(due[one.id], old, row.amount_cents) or None,
            )
            for one in commitments
        ),
    )  # fmt: skip


def _total_before(row: ContractAmendment, contract: Contract, siblings: list[ContractAmendment]) -> int | None:
    applied = [
        one for one in siblings
        if one.state == "applied" and one.amount_cents is not None and one.id != row.id and _place(one) <= _place(row)
    ]  # fmt: skip
    return max(applied, key=_place).amount_cents if applied else contract.amount_cents


# --- deciding


def decide_amendment(
    ctx: Context,
    actor: Actor,
    amendment_id: int,
    version: int,
    decision: AmendmentDecision,
    minutes: Mapping[int, int | None],
    effective_on: date | None,
) -> DecidedAmendment:
    """Apply an amendment, with the minutes it adds to or takes from each commitment (none: a price alone), or set it
    aside. All in one transaction.

    Raises `Invalid` (fields `effective_on`, `minutes-<commitment>`), `RuleRefused` when hours would go below zero,
    `Conflict` when somebody decided before: it says what they decided.
    """
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = _fetch(work.session, actor, amendment_id)
        changes = {key: one for key, one in minutes.items() if one} if decision is AmendmentDecision.APPLY else {}
        _take(work, row, version, decision)
        events = [_change(work, actor, row, key, one, effective_on) for key, one in sorted(changes.items())]
        work.session.refresh(row)
        row.event_id = events[0] if events else None
        work.record(
            f"amendment.{_STATE[decision]}", "contract_amendment", row.id,
            contract=row.contract_id, events=len(events), amount_cents=row.amount_cents,
        )  # fmt: skip
        return DecidedAmendment(row.contract_id, decision, len(events))


def _take(work: UnitOfWork, row: ContractAmendment, version: int, decision: AmendmentDecision) -> None:
    """One statement compares and moves the version: of two officers, the second finds it moved and is told."""
    session = work.session
    taken = session.execute(
        update(ContractAmendment)
        .where(
            ContractAmendment.id == row.id,
            ContractAmendment.version == version,
            ContractAmendment.state == "proposed",
        )
        .values(
            state=_STATE[decision], decided_by_id=work.actor_id, decided_at=work.at,
            version=ContractAmendment.version + 1,
        )
        .returning(ContractAmendment.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()  # fmt: skip
    if taken is None:
        session.refresh(row)
        raise Conflict(_what_happened(session, row))


def _what_happened(session: Session, row: ContractAmendment) -> str:
    if row.state == "proposed":
        return "Cet avenant a changé pendant ce temps. Rouvrez la page avant de décider."
    who = session.execute(select(UserAccount.name).where(UserAccount.id == row.decided_by_id)).scalar_one_or_none()
    done = "appliqué" if row.state == "applied" else "écarté"
    return f"{who or 'Une autre personne'} a déjà {done} cet avenant. Rouvrez la page pour voir les heures dues."


def _change(
    work: UnitOfWork, actor: Actor, row: ContractAmendment, commitment_id: int, minutes: int, effective_on: date | None
) -> int:
    if effective_on is None:
        message = "Indiquez le jour où les heures changent."
        raise Invalid(message, [FieldError("effective_on", message)])
    commitment = scope.fetch(work.session, actor, Commitment, commitment_id)
    if commitment.contract_id != row.contract_id:
        raise NotFound()
    label = f"Avenant{f' nº {row.number}' if row.number else ''} publié"
    if row.notified_on:
        label += f", notifié le {written_day(row.notified_on)}"
    try:
        return write_event(work, commitment, EventInput(EventKind.AMENDMENT, effective_on, minutes, label=label)).id
    except Invalid as error:
        problems = Problems()
        for one in error.errors:
            name = f"minutes-{commitment_id}" if one.field == "minutes" else one.field
            problems.add(name, one.message, one.value)
        raise Invalid(error.message, problems.errors or [FieldError("", error.message)]) from None
