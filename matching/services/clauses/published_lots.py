"""Lots hidden in the identifiers of published contracts: proposed, confirmed by a person, one by one or together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.lots import guess_lot
from matching.errors import Conflict, Invalid, Problems
from matching.services.context import Context
from matching.services.paging import page_count
from matching.store import scope
from matching.store.tables.contracts import Contract
from matching.store.tables.organisations import Organisation
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork

PER_PAGE = 50
_LONGEST_CONTRACT, _LONGEST_LOT = 40, 20


@dataclass(frozen=True)
class PossibleLot:
    """A contract whose identifier seems to hide a lot: `lot_of` and `lot_number` are what is guessed.

    `together`: how many other contracts of this buyer seem to be lots of the same one.
    """

    contract_id: int
    version: int
    number: str
    object: str
    buyer: str
    lot_of: str
    lot_number: str
    together: int


@dataclass(frozen=True)
class PossibleLots:
    rows: tuple[PossibleLot, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class LotDecision:
    """What a person says of a contract: lot `lot_number` of `lot_of`, or, both empty, no lot at all."""

    contract_id: int
    version: int
    lot_of: str = ""
    lot_number: str = ""


@dataclass(frozen=True)
class SiblingLot:
    """Another contract that a person confirmed as of the same purchase; `lot` is empty for the contract itself."""

    contract_id: int
    number: str
    object: str
    lot: str


@dataclass(frozen=True)
class LotOfContract:
    """What is known of a contract's lot: None not looked at, empty no lot. `guessed`: what its identifier says."""

    lot_of: str
    lot_number: str | None
    guessed: PossibleLot | None
    siblings: tuple[SiblingLot, ...]


def list_possible_lots(ctx: Context, actor: Actor, page: int = 1) -> PossibleLots:
    """The contracts not yet looked at whose identifier seems to hide a lot, those of one contract together."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        found = _guessed(session, actor)
    pages = page_count(len(found), PER_PAGE)
    page = min(max(1, page), pages)
    return PossibleLots(tuple(found[(page - 1) * PER_PAGE : page * PER_PAGE]), len(found), page, pages)


def count_possible_lots(ctx: Context, actor: Actor) -> int:
    """How many contracts wait for a word about their lot."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.read() as session:
        numbers = session.execute(select(Contract.number).where(*_unseen(actor))).scalars()
        return sum(guess_lot(number) is not None for number in numbers)


def lot_of_contract(ctx: Context, actor: Actor, contract_id: int) -> LotOfContract:
    """The lot that a contract is, or may be, and the other contracts of the same purchase. Raises `NotFound`."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row = scope.fetch(session, actor, Contract, contract_id)
        guess = guess_lot(row.number) if row.lot_number is None else None
        guessed = (
            PossibleLot(row.id, row.version, row.number, row.object, row.buyer.name, guess.contract, guess.lot, 0)
            if guess
            else None
        )
        return LotOfContract(row.lot_of or "", row.lot_number, guessed, _siblings(session, row))


def decide_lots(ctx: Context, actor: Actor, decisions: Sequence[LotDecision]) -> int:
    """Confirm or refuse the lots of several contracts, all or nothing; how many.

    Raises `Invalid` (fields `lot_of-<contract>`, `lot_number-<contract>`), `Conflict` when one changed meanwhile.
    """
    require(actor, Permission.EDIT_CLAUSES)
    if not decisions:
        raise Invalid("Aucun marché n’est choisi. Cochez-en un au moins.")
    problems = Problems()
    for one in decisions:
        _check(one, problems)
    problems.raise_if_any()
    with ctx.write(actor) as work:
        for one in decisions:
            _decide(work, actor, one)
    return len(decisions)


def _check(one: LotDecision, problems: Problems) -> None:
    lot_of, lot = one.lot_of.strip(), one.lot_number.strip()
    if not lot_of and lot:
        problems.add(f"lot_of-{one.contract_id}", "Indiquez le marché dont c’est un lot, comme 202401.")
    if lot_of and not lot:
        problems.add(f"lot_number-{one.contract_id}", "Indiquez le numéro du lot, comme 4.")
    if len(lot_of) > _LONGEST_CONTRACT:
        problems.add(f"lot_of-{one.contract_id}", f"{_LONGEST_CONTRACT} caractères au plus.", lot_of)
    if len(lot) > _LONGEST_LOT:
        problems.add(f"lot_number-{one.contract_id}", f"{_LONGEST_LOT} caractères au plus.", lot)


def _decide(work: UnitOfWork, actor: Actor, one: LotDecision) -> None:
    row = scope.fetch(work.session, actor, Contract, one.contract_id)
    if row.version != one.version:
        raise Conflict(CHANGED_MEANWHILE)
    lot = one.lot_number.strip()
    row.lot_of, row.lot_number = one.lot_of.strip() or None, lot
    action = "contract.lot_confirmed" if lot else "contract.lot_refused"
    work.record(action, "contract", row.id, number=row.number, lot_of=row.lot_of, lot=lot)


def _unseen(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    # Every form that a lot takes holds an L: the others never leave the database.
    return Contract.lot_number.is_(None), func.upper(Contract.number).contains("L"), scope.contracts(actor)


def _guessed(session: Session, actor: Actor) -> list[PossibleLot]:
    query = (
        select(Contract.id, Contract.version, Contract.number, Contract.object, Contract.buyer_id, Organisation.name)
        .join(Organisation, Organisation.id == Contract.buyer_id)
        .where(*_unseen(actor))
    )
    found = [(row, guess) for row in session.execute(query) if (guess := guess_lot(row.number))]
    groups: dict[tuple[int, str], int] = {}
    for row, guess in found:
        groups[row.buyer_id, guess.contract] = groups.get((row.buyer_id, guess.contract), 0) + 1
    found.sort(key=lambda pair: (pair[0].name, pair[1].contract, int(pair[1].lot), pair[0].id))
    return [
        PossibleLot(
            row.id, row.version, row.number, row.object, row.name, guess.contract, guess.lot,
            groups[row.buyer_id, guess.contract] - 1,
        )
        for row, guess in found
    ]  # fmt: skip


def _siblings(session: Session, row: Contract) -> tuple[SiblingLot, ...]:
    """By what a person confirmed only: the other lots of the same contract, and the contract itself when it is here."""
    base = row.lot_of or row.number
    query = select(Contract.id, Contract.number, Contract.object, Contract.lot_number).where(
        Contract.buyer_id == row.buyer_id,
        Contract.id != row.id,
        or_(Contract.lot_of == base, Contract.number == base),
    )
    found = [SiblingLot(one.id, one.number, one.object, one.lot_number or "") for one in session.execute(query)]
    return tuple(sorted(found, key=lambda one: (one.lot.zfill(_LONGEST_LOT), one.number)))
