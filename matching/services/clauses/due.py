"""The hours due on commitments, read in bulk: a fold of their events on a day, as known on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import (
    CommitmentEvent,
    DueStep,
    DueTerms,
    OrderTerms,
    due_steps,
    ended_by,
    minutes_by_holder,
    minutes_due,
)
from matching.clauses.rounding import Rounding
from matching.clauses.terms import PartyRole
from matching.errors import FieldError, Invalid, NotFound
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.contracts import CommitmentEvent as EventRow
from matching.text import NBSP

_BATCH = 500
"""Identifiers in one statement: below the variables that SQLite takes."""


@dataclass(frozen=True)
class Fold:
    """What the hours due of one commitment are computed from: its events and its own terms."""

    events: tuple[CommitmentEvent, ...]
    terms: DueTerms

    def minutes(self, as_of: date, known_on: date) -> int:
        """Minutes due on `as_of` from what was recorded by `known_on`, both days included."""
        return minutes_due(self.events, self.terms, as_of, known_on)

    def steps(self, as_of: date, known_on: date) -> tuple[DueStep, ...]:
        """The events that count, in the order of the fold, each with its effect."""
        return due_steps(self.events, self.terms, as_of, known_on)

    def ended(self, as_of: date, known_on: date) -> date | None:
        """The day of the termination in effect on `as_of` as known on `known_on`."""
        return ended_by(self.events, as_of, known_on)


_NO_EVENT = Fold((), DueTerms())


def minutes_due_of(session: Session, commitment_ids: Collection[int], as_of: date, known_on: date) -> dict[int, int]:
    """Minutes due of each of `commitment_ids` (0 for one without event), three statements whatever their number."""
    folds = folds_of(session, commitment_ids)
    return {key: folds.get(key, _NO_EVENT).minutes(as_of, known_on) for key in commitment_ids}


def due_steps_of(session: Session, commitment_id: int, as_of: date, known_on: date) -> tuple[DueStep, ...]:
    """The events of one commitment that count on `as_of` as known on `known_on`, before → after, with the reason."""
    return folds_of(session, [commitment_id]).get(commitment_id, _NO_EVENT).steps(as_of, known_on)


def minutes_by_holder_of(session: Session, commitment_id: int, as_of: date, known_on: date) -> dict[int | None, int]:
    """Minutes due by organisation id (None: no holder is known); their sum is the commitment's."""
    fold = folds_of(session, [commitment_id]).get(commitment_id, _NO_EVENT)
    return minutes_by_holder(fold.events, fold.terms, as_of, known_on)


def folds_of(session: Session, commitment_ids: Iterable[int]) -> dict[int, Fold]:
    """The events and terms of several commitments, to fold on as many days as wanted."""
    keys = sorted(set(commitment_ids))
    found: dict[int, Fold] = {}
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        events = _events(session, batch)
        found |= {key: Fold(tuple(events.get(key, ())), terms) for key, terms in _terms(session, batch)}
    return found


def as_event(row: EventRow) -> CommitmentEvent:
    """A stored event as the rules read it."""
    return CommitmentEvent(
        kind=row.kind,
        effective_on=row.effective_on,
        recorded_on=row.recorded_on,
        sequence=row.id or 0,
        minutes=row.minutes,
        amount_cents=row.amount_cents,
        rule=row.termination_rule,
        executed_cents=row.executed_cents,
        total_cents=row.total_cents,
        whole=row.whole,
        to_holder=row.to_organisation_id,
    )


def order_terms(
    share: str | None, rate: str | None, hourly_cost: str | None, rounding: str | None
) -> OrderTerms | None:
    """The terms that turn orders into hours; None while one of the three is not known, or cannot be used."""
    if not (share and rate and hourly_cost):
        return None
    try:
        mode = Rounding(rounding) if rounding else Rounding.NONE
        return OrderTerms(Decimal(share), Decimal(rate), Decimal(hourly_cost), mode)
    except (InvalidOperation, ValueError, Invalid):
        return None


def _events(session: Session, keys: list[int]) -> dict[int, list[CommitmentEvent]]:
    query = select(EventRow).where(EventRow.commitment_id.in_(keys)).order_by(EventRow.id)
    found: dict[int, list[CommitmentEvent]] = {}
    for row in session.execute(query).scalars():
        found.setdefault(row.commitment_id, []).append(as_event(row))
    return found


def _terms(session: Session, keys: list[int]) -> Iterator[tuple[int, DueTerms]]:
    """Begin and end are the contract's; the lot's own window stands in when the contract does not say."""
    columns = (
        Commitment.id,
        Commitment.window_from,
        Commitment.window_to,
        Commitment.order_labour_share,
        Commitment.order_rate,
        Commitment.order_hourly_cost,
        Commitment.order_rounding,
        Contract.start_on,
        Contract.end_on,
    )
    holders = _first_holders(session, keys)
    query = select(*columns).join(Contract, Contract.id == Commitment.contract_id).where(Commitment.id.in_(keys))
    for row in session.execute(query):
        orders = order_terms(row.order_labour_share, row.order_rate, row.order_hourly_cost, row.order_rounding)
        start, end = row.start_on or row.window_from, row.end_on or row.window_to
        yield row.id, DueTerms(start, end, orders, holders.get(row.id))


def _first_holders(session: Session, keys: list[int]) -> dict[int, int]:
    """Who held each commitment at the start: its first holder, or the lead of its group."""
    roles = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)
    columns = (CommitmentParty.commitment_id, CommitmentParty.organisation_id)
    query = select(*columns).where(CommitmentParty.commitment_id.in_(keys), CommitmentParty.role.in_(roles))
    found: dict[int, int] = {}
    for commitment_id, organisation_id in session.execute(query.order_by(CommitmentParty.id)):
        found.setdefault(commitment_id, organisation_id)
    return found


# --- the command


@dataclass(frozen=True)
class DueAnswer:
    """What `matching clauses due` says of one commitment."""

    commitment_id: int
    label: str
    minutes_due: int
    steps: tuple[DueStep, ...]


def read_due(ctx: Context, actor: Actor, commitment_id: int, as_of: date, known_on: date | None = None) -> DueAnswer:
    """The minutes due of a commitment in reach, with the events behind them. `known_on` None: as known today."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        return _answer(session, row, as_of, known_on or ctx.clock.today())


def due_by_name(ctx: Context, name: str, as_of: date, known_on: date | None = None) -> DueAnswer:
    """For the shell, in the system's own name: a commitment by its number, or « contract number/lot ».

    Raises `Invalid` when the name fits none, or several.
    """
    with ctx.read() as session:
        return _answer(session, _named(session, name.strip()), as_of, known_on or ctx.clock.today())


def _answer(session: Session, row: Commitment, as_of: date, known_on: date) -> DueAnswer:
    steps = due_steps_of(session, row.id, as_of, known_on)
    return DueAnswer(row.id, row.label, steps[-1].after if steps else 0, steps)


def _named(session: Session, name: str) -> Commitment:
    """A number alone is the commitment's own; « number/ » is the contract of that number, when it has no lot."""
    if name.isascii() and name.isdecimal() and len(name) < 10 and (row := session.get(Commitment, int(name))):
        return row
    found = _by_contract(session, name)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(
            f"Aucun engagement «{NBSP}{name[:80]}{NBSP}». Donnez son numéro, ou le numéro du marché et du lot, comme "
            "2026-TX-0214/9."
        )
    shown = ", ".join(f"{row.id} ({row.label})" for row in found[:8])
    message = f"Plusieurs engagements portent ce nom{NBSP}: {shown}. Donnez le numéro de l’un d’eux."
    raise Invalid(message, [FieldError("COMMITMENT", message, name[:80])])


def _by_contract(session: Session, name: str) -> list[Commitment]:
    """Of a contract's number alone, or of the number and the lot: a number may itself hold a slash."""
    base = select(Commitment).join(Contract, Contract.id == Commitment.contract_id)
    query = base.where(Contract.number == name)
    number, slash, lot = name.rpartition("/")
    found = list(session.execute(query.order_by(Commitment.id)).scalars())
    if not found and slash:
        query = base.where(Contract.number == number.strip(), Commitment.lot == lot.strip())
        found = list(session.execute(query.order_by(Commitment.id)).scalars())
    return found
