"""How a line of a file names what is already there: a commitment, a company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.terms import EligiblePublic, TrainingHours
from matching.exchange.importing import Column
from matching.services.clauses.importing.reading import Reader, near, parse_number, parse_short
from matching.store.tables.contracts import Commitment, CommitmentParty, CommitmentPublic, Contract
from matching.store.tables.organisations import Organisation
from matching.text import NBSP

CHUNK = 500
"""Identifiers in one statement: below the variables that SQLite takes."""

COMMITMENT_KEY = (
    Column(
        "number",
        "Numéro du contrat",
        parse_short(40),
        ("contrat", "marché", "numéro du marché", "numéro de marché", "n° de marché", "référence du marché"),
        required=True,
        example="2026-TX-0214",
    ),
    Column("lot", "Lot", parse_short(20), ("numéro du lot", "n° du lot", "n° lot"), example="9"),
    Column(
        "buyer",
        "SIREN ou SIRET de l’acheteur",
        parse_number,
        ("SIRET ou SIREN de l’acheteur", "acheteur", "siren acheteur", "siret acheteur", "siren de l’acheteur"),
        example="",
    ),
)
"""The columns that name a commitment. The buyer is needed only when two buyers use the same number."""


@dataclass(frozen=True)
class KnownCommitment:
    """A commitment as the lines of a file meet it. `publics` empty: all; `parties`: organisation ids."""

    id: int
    number: str
    lot: str
    label: str
    siren: str
    notified_on: date | None
    start_on: date | None
    end_on: date | None
    training: TrainingHours
    training_cap_percent: int | None
    publics: frozenset[EligiblePublic]
    parties: frozenset[int]

    @property
    def name(self) -> str:
        """« 2026-TX-0214, lot 9 »."""
        return f"{self.number}, lot {self.lot}" if self.lot else self.number


class Commitments:
    """Every commitment, by the number of its contract."""

    def __init__(self, session: Session) -> None:
        self._by_number: dict[str, list[KnownCommitment]] = defaultdict(list)
        publics: dict[int, set[EligiblePublic]] = defaultdict(set)
        for public in session.execute(select(CommitmentPublic.commitment_id, CommitmentPublic.public)):
            publics[public.commitment_id].add(public.public)
        parties: dict[int, set[int]] = defaultdict(set)
        for party in session.execute(select(CommitmentParty.commitment_id, CommitmentParty.organisation_id)):
            parties[party.commitment_id].add(party.organisation_id)
        query = (
            select(
                Commitment.id,
                Contract.number,
                Commitment.lot,
                Commitment.label,
                Organisation.siren,
                Contract.notified_on,
                Contract.start_on,
                Contract.end_on,
                Commitment.training,
                Commitment.training_cap_percent,
            )
            .join(Contract, Contract.id == Commitment.contract_id)
            .join(Organisation, Organisation.id == Contract.buyer_id)
            .order_by(Commitment.id)
        )
        for row in session.execute(query):
            values: list[Any] = list(row)
            values += [frozenset(publics[row.id]), frozenset(parties[row.id])]
            found = KnownCommitment(*values)
            self._by_number[_key(row.number)].append(found)

    def named_by(self, line: Reader) -> KnownCommitment | None:
        """The commitment that a line names; None with its error when there is none, or several."""
        number, lot, buyer = line.text("number"), line.text("lot"), line.text("buyer")
        of_number = self._by_number.get(_key(number), [])
        if not of_number:
            close = near(number, {one.number for ones in self._by_number.values() for one in ones})
            line.error("number", f"Aucun engagement à ce numéro.{close} Importez d’abord les engagements.", number)
            return None
        of_buyer = [one for one in of_number if not buyer or one.siren == buyer[:9]]
        if not of_buyer:
            line.error("buyer", "Cet acheteur n’a pas de contrat à ce numéro. Vérifiez l’un des deux.", buyer)
            return None
        found = [one for one in of_buyer if _key(one.lot) == _key(lot)]
        if not found and not lot and len(of_buyer) == 1:
            found = of_buyer
        if len(found) == 1:
            return found[0]
        if found:
            line.error("buyer", f"{len(found)} acheteurs ont un contrat à ce numéro. Écrivez le SIREN du bon.", buyer)
            return None
        lots = ", ".join(one.lot or "sans lot" for one in of_buyer[:20])
        message = "Aucun engagement à ce lot." if lot else "Écrivez le lot."
        line.error("lot", f"{message} Ceux de ce contrat{NBSP}: {lots}.", lot)
        return None


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


@dataclass(frozen=True)
class KnownOrganisation:
    """A company or a buyer."""

    id: int
    name: str


def organisations_of(session: Session, sirens: Iterable[str]) -> dict[str, KnownOrganisation]:
    """Those already known among these SIRENs."""
    wanted, found = sorted(set(sirens)), dict[str, KnownOrganisation]()
    for start in range(0, len(wanted), CHUNK):
        query = select(Organisation.siren, Organisation.id, Organisation.name).where(
            Organisation.siren.in_(wanted[start : start + CHUNK])
        )
        found |= {row.siren: KnownOrganisation(row.id, row.name) for row in session.execute(query)}
    return found
