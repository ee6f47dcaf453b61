"""Contracts and lots already recorded, as a file of commitments meets them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from matching.clauses.terms import EntryKind, PartyRole
from matching.services.clauses.importing.commitment_lines import LotItem
from matching.services.clauses.importing.keys import CHUNK
from matching.services.clauses.importing.reading import Reader
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.text import NBSP, written_day, written_hours

_CONTRACT = (
    "support",
    "object",
    "cpv",
    "nature",
    "procedure",
    "estimate_cents",
    "amount_cents",
    "launched_on",
    "notified_on",
    "start_on",
    "end_on",
)
_HOLDERS = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)


@dataclass(frozen=True)
class KnownContract:
    """`values`: what its columns would say; `lots`: its commitments by lot."""

    id: int
    values: Mapping[str, Any]
    lots: Mapping[str, Commitment]


@dataclass(frozen=True)
class Known:
    """The contracts of the file that are already there, by SIREN of the buyer and number."""

    contracts: Mapping[tuple[str, str], KnownContract]
    openings: Mapping[int, int] = field(default_factory=dict)

    def compare(self, line: Reader, lot: LotItem, row: Commitment) -> bool:
        """Note on the line what it says otherwise than the commitment already there; whether anything."""
        before = len(line.errors)
        for name, (kept, words) in self._kept(row).items():
            said = _said(line, lot, name)
            if said not in (None, "", ()) and said != kept:
                message = f"Cet engagement existe déjà, avec {words}. Retirez la ligne, ou changez-le sur sa page."
                line.error(name, message, line.get(name) if isinstance(said, str | int) else "")
        return len(line.errors) > before

    def _kept(self, row: Commitment) -> dict[str, tuple[Any, str]]:
        """By column: the value, and how it is said."""
        holders = sorted(party.organisation.siren for party in row.parties if party.role in _HOLDERS)
        holder = holders[0] if holders else ""
        opening = self.openings.get(row.id, 0)
        penalty = row.penalty.per_hour_cents if row.penalty else None
        return {
            "label": (row.label, f"«{NBSP}{row.label}{NBSP}»"),
            "modality": (row.modality, row.modality.label.lower()),
            "required_minutes": (row.required_minutes, _hours(row.required_minutes, "dues")),
            "promised_minutes": (row.promised_minutes, _hours(row.promised_minutes, "promises")),
            "lot_amount_cents": (row.amount_cents, "un autre montant"),
            "window_from": (row.window_from, _day(row.window_from, "un début prévu")),
            "window_to": (row.window_to, _day(row.window_to, "une fin prévue")),
            "holder": (holder, f"le titulaire {holder}" if holder else "aucun titulaire"),
            "publics": (frozenset(one.public for one in row.publics), "d’autres publics"),
            "training": (row.training, f"des heures de formation qui {row.training.label.lower()}"),
            "per_hour_cents": (penalty, "une autre pénalité"),
            "opening": (opening, f"{written_hours(opening)} déjà validées à l’ouverture"),
        }


def _said(line: Reader, lot: LotItem, name: str) -> Any:
    if name == "opening":
        return lot.opening.minutes if lot.opening else None
    value = line.get(name)
    if name == "holder":
        return (value or "")[:9]
    if name == "publics":
        return frozenset(value) if value else None
    return value


def _hours(minutes: int | None, word: str) -> str:
    return f"{written_hours(minutes)} {word}" if minutes is not None else f"aucune heure parmi les heures {word}"


def _day(day: Any, what: str) -> str:
    return f"{what} au {written_day(day)}" if day is not None else f"{what} à compléter"


def read_known(session: Session, keys: Collection[tuple[str, str]]) -> Known:
    """Those of these contracts that are there, with their lots."""
    numbers = sorted({number for _, number in keys})
    found: dict[tuple[str, str], KnownContract] = {}
    for start in range(0, len(numbers), CHUNK):
        query = (
            select(Contract, Organisation.siren)
            .join(Organisation, Organisation.id == Contract.buyer_id)
            .where(Contract.number.in_(numbers[start : start + CHUNK]))
            .options(
                selectinload(Contract.commitments).options(
                    selectinload(Commitment.publics),
                    selectinload(Commitment.penalty),
                    selectinload(Commitment.parties).selectinload(CommitmentParty.organisation),
                )
            )
        )
        for row, siren in session.execute(query):
            values = {name: getattr(row, name) for name in _CONTRACT}
            found[siren, row.number] = KnownContract(row.id, values, {one.lot: one for one in row.commitments})
    ids = [one.id for contract in found.values() for one in contract.lots.values()]
    return Known(found, _openings(session, ids))


def _openings(session: Session, ids: list[int]) -> dict[int, int]:
    totals: dict[int, int] = {}
    for start in range(0, len(ids), CHUNK):
        query = (
            select(LedgerEntry.commitment_id, func.sum(LedgerEntry.minutes))
            .where(LedgerEntry.commitment_id.in_(ids[start : start + CHUNK]), LedgerEntry.kind == EntryKind.OPENING)
            .group_by(LedgerEntry.commitment_id)
        )
        totals |= {row[0]: int(row[1]) for row in session.execute(query)}
    return totals
