"""Commitments, from a spreadsheet: contracts, lots, companies and opening balances, written as the page writes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.ledger import Entry
from matching.clauses.terms import EntryKind
from matching.errors import FieldError, Invalid, RuleRefused
from matching.exchange.importing import Record
from matching.exchange.values import show_cents
from matching.services.clauses.commitment_inputs import ContractInput, tidy
from matching.services.clauses.commitments import MAX_LOTS, write_contract, write_lots
from matching.services.clauses.entering import enter_lines
from matching.services.clauses.importing.commitment_known import Known, KnownContract, read_known
from matching.services.clauses.importing.commitment_lines import (
    COLUMNS,
    CONTRACT_FIELDS,
    LotItem,
    read_contract,
    read_lot,
)
from matching.services.clauses.importing.keys import organisations_of
from matching.services.clauses.importing.mending import NOTHING, Mending
from matching.services.clauses.importing.reading import (
    ODD_KEY,
    Import,
    ImportReport,
    Planned,
    PlannedRow,
    Reader,
    counted,
    odd_key,
    run_import,
)
from matching.services.context import Context
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Contract
from matching.store.unit_of_work import UnitOfWork
from matching.terms import Role
from matching.text import NBSP, written_hours

__all__ = ["COLUMNS", "import_commitments"]

OPENING = "opening_balance"


def import_commitments(
    ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool, mending: Mending = NOTHING
) -> ImportReport:
    """Take over the commitments of a CSV or XLSX file, all its lines or none. Lines already there change nothing.

    Raises `Invalid` with one `FieldError` (line, column, value, remedy) per thing to mend. `dry_run` keeps nothing.
    """
    require(actor, Permission.IMPORT_CLAUSES)
    kind = Import(lambda: COLUMNS, _plan, _write, rehearsed=True)
    return run_import(ctx, actor, content, filename, kind, dry_run, mending)


@dataclass(frozen=True)
class ContractItem:
    """The lines of one contract. `contract_id` None: it is written with its lots."""

    contract_id: int | None
    wanted: ContractInput
    lots: tuple[LotItem, ...]
    readers: tuple[Reader, ...]


# --- reading -----------------------------------------------------------------------------------------------


def _plan(session: Session, records: Sequence[Record], today: date) -> Planned[ContractItem]:
    lines = [Reader(record) for record in records]
    groups: dict[tuple[str, str], list[Reader]] = defaultdict(list)
    for line in lines:
        groups[line.text("buyer")[:9], tidy(line.text("number"))].append(line)
    known, officers = read_known(session, groups), _officers(session)
    contracts: list[ContractItem] = []
    rows: list[PlannedRow] = []
    for key, of_contract in groups.items():
        item, same = _contract(of_contract, known.contracts.get(key), known, officers, today)
        rows += same
        if item.lots:
            contracts.append(item)
            rows += [_row(item, lot) for lot in item.lots]
    errors = tuple(error for line in lines for error in line.errors)
    facts = _facts(session, contracts)
    return Planned(tuple(contracts), tuple(sorted(rows, key=lambda row: row.line)), facts, errors)


def _officers(session: Session) -> dict[str, int]:
    query = select(UserAccount.email, UserAccount.id).where(UserAccount.role == Role.CLAUSE_OFFICER, UserAccount.active)
    return {row.email.lower(): row.id for row in session.execute(query)}


def _contract(
    lines: list[Reader],
    known: KnownContract | None,
    everything: Known,
    officers: Mapping[str, int],
    today: date,
) -> tuple[ContractItem, list[PlannedRow]]:
    """The lines of one contract: its new lots, and rows for those already there."""
    said = _said_together(lines, known)
    wanted = read_contract(lines[0], said)
    new: list[LotItem] = []
    readers: list[Reader] = []
    same: list[PlannedRow] = []
    seen: dict[str, int] = {}
    for line in lines:
        lot = read_lot(line, wanted, officers, today)
        above = seen.setdefault(lot.wanted.lot, line.line)
        if above != line.line:
            message = f"La ligne {above} écrit déjà cet engagement. Donnez un autre lot, ou gardez une seule ligne."
            line.error("lot", message, lot.wanted.lot)
        elif known is not None and lot.wanted.lot in known.lots:
            differing = everything.compare(line, lot, known.lots[lot.wanted.lot])
            if not differing:
                name = _name(wanted, lot)
                same.append(PlannedRow(line.line, name, lot.wanted.label, "Déjà là. Rien ne change.", same=True))
        else:
            new.append(replace(lot, note=_note(line)))
            readers.append(line)
    contract_id = known.id if known is not None else None
    return ContractItem(contract_id, wanted, tuple(new), tuple(readers)), same


def _said_together(lines: Iterable[Reader], known: KnownContract | None) -> dict[str, Any]:
    """What the lines say of their contract; two of them never contradict one another, nor what is recorded."""
    said: dict[str, Any] = dict(known.values) if known is not None else {}
    where: dict[str, int] = {}
    for line in lines:
        for name in CONTRACT_FIELDS:
            value = line.get(name)
            if value in (None, ""):
                continue
            kept = said.get(name)
            if kept in (None, "") and not (known is not None and name in known.values):
                said[name], where[name] = value, line.line
            elif kept != value and name != "commune":
                source = f"la ligne {where[name]}" if name in where else "ce contrat, déjà enregistré,"
                shown = f" ({_shown(name, kept)})" if kept not in (None, "") else ""
                message = (
                    f"{source[0].upper()}{source[1:]} dit autre chose{shown}. Écrivez la même chose, ou laissez vide."
                )
                line.error(name, message, _shown(name, value))
    return said


def _shown(name: str, value: Any) -> str:
    if name.endswith("_cents"):
        return f"{show_cents(value)}{NBSP}€"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(getattr(value, "label", value))[:80]


def _note(line: Reader) -> str:
    odd = [number for name in ("buyer", "holder") if (number := line.text(name)) and odd_key(number)]
    return ODD_KEY if odd else ""


def _name(contract: ContractInput, lot: LotItem) -> str:
    return f"{contract.number}, lot {lot.wanted.lot}" if lot.wanted.lot else contract.number


def _row(item: ContractItem, lot: LotItem) -> PlannedRow:
    minutes = lot.wanted.signed_minutes
    due = f"{written_hours(minutes)} dues" if minutes is not None else "heures dues selon les commandes"
    opening = f", {written_hours(lot.opening.minutes)} déjà validées" if lot.opening else ""
    return PlannedRow(lot.line, _name(item.wanted, lot), f"{lot.wanted.label}{NBSP}: {due}{opening}", lot.note)


def _facts(session: Session, contracts: Sequence[ContractItem]) -> tuple[str, ...]:
    lots = [lot for item in contracts for lot in item.lots]
    due = sum(lot.wanted.signed_minutes or 0 for lot in lots)
    opening = sum(lot.opening.minutes for lot in lots if lot.opening)
    numbers = {item.wanted.buyer.number[:9] for item in contracts}
    numbers |= {party.organisation.number[:9] for lot in lots for party in lot.wanted.parties}
    organisations = len(numbers - organisations_of(session, numbers).keys())
    new = sum(item.contract_id is None for item in contracts)
    facts = [counted(len(lots), "engagement"), f"{written_hours(due)} dues"]
    if new:
        facts.append("1\u00a0contrat nouveau" if new == 1 else f"{new}\u00a0contrats nouveaux")
    if organisations:
        one = organisations == 1
        facts.append("1\u00a0organisation nouvelle" if one else f"{organisations}\u00a0organisations nouvelles")
    if opening:
        facts.append(f"{written_hours(opening)} déjà validées")
    return tuple(facts)


# --- writing -------------------------------------------------------------------------------------------------


def _write(work: UnitOfWork, planned: Planned[ContractItem], filename: str) -> Sequence[FieldError]:
    """Contract by contract, each within a savepoint, so that every contract refused is told at once."""
    errors: list[FieldError] = []
    for item in planned.items:
        try:
            with work.session.begin_nested():
                _write_one(work, item)
        except (Invalid, RuleRefused) as error:
            errors += _told(item, error)
    lots = [lot for item in planned.items for lot in item.lots]
    work.record(
        "commitments.imported",
        "user_account",
        work.actor_id or 0,
        filename[:200],
        count=len(lots),
        contracts=sum(item.contract_id is None for item in planned.items),
        minutes=sum(lot.wanted.signed_minutes or 0 for lot in lots),
        opening_minutes=sum(lot.opening.minutes for lot in lots if lot.opening),
        already=sum(row.same for row in planned.rows),
    )
    return errors


def _write_one(work: UnitOfWork, item: ContractItem) -> None:
    wanted = [lot.wanted for lot in item.lots]
    if item.contract_id is None:
        contract_id, keys = write_contract(work, item.wanted, wanted[:MAX_LOTS])
        rest = wanted[MAX_LOTS:]
    else:
        contract_id, keys, rest = item.contract_id, (), wanted
    if rest:
        contract = work.session.get_one(Contract, contract_id)
        for start in range(0, len(rest), MAX_LOTS):
            keys += write_lots(work, contract, rest[start : start + MAX_LOTS])
    for key, lot in zip(keys, item.lots, strict=True):
        if lot.opening is not None:
            opening = lot.opening
            entry = Entry(
                EntryKind.OPENING, key, opening.minutes, opening.worked_from, opening.worked_to, reason=OPENING
            )
            enter_lines(work, (), [entry])


_CONTRACT_COLUMN = {"lots": "number"}
_LOT_COLUMN = {
    "amount_cents": "lot_amount_cents",
    "facilitator_id": "facilitator",
    "parties": "others",
    "targets": "publics",
}


def _told(item: ContractItem, error: Invalid | RuleRefused) -> list[FieldError]:
    """The errors of the writing under the line and the column they come from."""
    found = []
    for one in getattr(error, "errors", ()) or (FieldError("number", error.message),):
        position, name = _place(one.field)
        lot = item.lots[min(position, len(item.lots) - 1)]
        known = {column.name for column in COLUMNS}
        column = _party_column(name, lot) or name
        found.append(FieldError(column if column in known else "number", one.message, one.value, lot.line))
    return found


def _place(field: str) -> tuple[int, str]:
    """« c3-label » is the fourth lot's label; a field without a number is the contract's."""
    head, dash, rest = field.partition("-")
    if dash and head[:1] == "c" and head[1:].isdecimal():
        return int(head[1:]), _LOT_COLUMN.get(rest, rest)
    return 0, _CONTRACT_COLUMN.get(field, field)


def _party_column(name: str, lot: LotItem) -> str:
    """« p0-number_name » → the name of the holder; any other company is in one column."""
    head, dash, rest = name.partition("-")
    if not dash or head[:1] != "p" or not head[1:].isdecimal():
        return ""
    party = lot.wanted.parties[int(head[1:])]
    if party.role.value not in ("holder", "lead_holder") or int(head[1:]) > 0:
        return "others"
    return "holder_name" if rest.endswith("_name") else "holder"
