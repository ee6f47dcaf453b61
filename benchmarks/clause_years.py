"""A Département's clauses, invented: 500 commitments of 510 hours on average, two years, one million ledger entries.

About ninety times a Département's year: a size to strain the ledger, not to look real. Every entry has its line of
one day, its declaration, its place in the chain, its totals and its event in the trail, as the product writes them.

    python benchmarks/clause_years.py --database sqlite:////tmp/years.sqlite3 [--entries 1000000]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from matching.access.passwords import Passwords
from matching.clauses.ledger import GENESIS, Entry, link_hash, sealed_fields
from matching.clauses.terms import (
    DeclarationState,
    EligiblePublic,
    EntryKind,
    EventKind,
    LineState,
    Modality,
    PartyRole,
    Route,
    Support,
)
from matching.demo import DEMO_PASSWORD
from matching.services.context import open_context
from matching.services.reference import ensure_embedded
from matching.settings import Settings
from matching.store import migrations
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentEvent, CommitmentParty, Contract
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.ledger import CommitmentMonth, LedgerEntry, LedgerHead
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.store.tables.people import Person
from matching.store.tables.trail import AuditEvent, ChainHead
from matching.store.trail import link_hash as trail_hash
from matching.terms import Known, OrganisationKind, Role

COMMITMENTS, PEOPLE_EACH, HOURS_EACH = 500, 40, 510
FIRST = date(2024, 10, 1)
MONTHS = 25
OFFICER = "clauses@departement.example"
SEED = 500
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def fill(url: str, entries: int) -> None:
    """Fill an empty database. Leaves one already filled as it is."""
    ctx = open_context(Settings(database_url=url))
    migrations.upgrade(ctx.engine)
    ensure_embedded(ctx)
    with ctx.engine.begin() as connection:
        if connection.execute(LedgerHead.__table__.select()).first() is None:
            _Filling(connection, entries).run()


class _Filling:
    """Writes by large batches, in the order that foreign keys ask."""

    def __init__(self, connection: Connection, entries: int) -> None:
        self.connection = connection
        self.dice = Random(SEED)
        self.per_month = max(1, round(entries / (COMMITMENTS * MONTHS)))
        self.months = [_add_months(FIRST, n) for n in range(MONTHS)]
        self.people = range(1, COMMITMENTS * PEOPLE_EACH + 1)

    def run(self) -> None:
        self._accounts()
        self._commitments()
        self._participations()
        self._hours()

    def put(self, table: Any, rows: Iterator[dict[str, Any]]) -> None:
        for batch in batched_rows(rows):
            self.connection.execute(insert(table), batch)

    def _accounts(self) -> None:
        name = {"name_search": "invente", "active": True, "version": 1}
        kinds = [OrganisationKind.DEPARTEMENT] + [OrganisationKind.COMPANY] * 100
        self.put(
            Organisation,
            (
                {"id": n, "name": f"Organisation {n}", "siren": f"{n:09d}", "kind": kind, "created_at": NOW} | name
                for n, kind in enumerate(kinds, 1)
            ),
        )
        self.put(
            Establishment,
            (
                {"id": n, "organisation_id": n, "siret": f"{n:09d}00011", "name": f"Organisation {n}", "address": ""}
                | name
                for n in range(1, 102)
            ),
        )
        row = {"id": 1, "email": OFFICER, "name": "Julien Essai", "role": Role.CLAUSE_OFFICER, "active": True}
        row |= {"password_hash": Passwords(1, 8).hash(DEMO_PASSWORD), "created_at": NOW, "version": 1}
        self.put(UserAccount, iter([row]))

    def _commitments(self) -> None:
        ids = range(1, COMMITMENTS + 1)
        last = _add_months(FIRST, MONTHS + 3) - timedelta(days=1)
        self.put(
            Contract,
            (
                {
                    "id": n, "support": Support.PUBLIC_CONTRACT, "buyer_id": 1, "buyer_siret": "",
                    "number": f"M{n:04d}", "object": f"Travaux {n}", "object_search": f"travaux {n}", "cpv": "",
                    "notified_on": FIRST - timedelta(days=30), "start_on": FIRST, "end_on": last, "created_at": NOW,
                    "version": 1,
                }
                for n in ids
            ),
        )  # fmt: skip
        due = {n: round(self.dice.uniform(0.4, 1.6) * HOURS_EACH) * 60 for n in ids}
        self.put(
            Commitment,
            (
                {
                    "id": n, "contract_id": n, "lot": "", "label": f"Lot {n}", "label_search": f"lot {n}",
                    "modality": Modality.EXECUTION_CONDITION, "facilitator_id": 1, "sector": "Travaux",
                    "window_from": FIRST, "window_to": last, "required_minutes": due[n], "sizing_working": "",
                    "sizing_rounding": "", "evidence_required": False, "last_action_at": NOW, "created_at": NOW,
                    "version": 1, "training": "none",
                }
                for n in ids
            ),
        )  # fmt: skip
        self.put(
            CommitmentEvent,
            (
                {
                    "id": n, "commitment_id": n, "kind": EventKind.INITIAL, "effective_on": FIRST, "recorded_on": FIRST,
                    "recorded_at": NOW, "minutes": due[n], "whole": False, "label": "",
                }
                for n in ids
            ),
        )  # fmt: skip
        self.put(
            CommitmentParty,
            ({"id": n, "commitment_id": n, "organisation_id": 2 + n % 100, "role": PartyRole.HOLDER} for n in ids),
        )

    def _participations(self) -> None:
        self.put(
            Person,
            (
                {
                    "id": n, "given_name": "Personne", "family_name": f"Inventée {n}", "name_search": f"personne {n}",
                    "phone": "", "email": "", "created_at": NOW, "version": 1,
                }
                for n in self.people
            ),
        )  # fmt: skip
        routes = [Route.DIRECT_HIRE, Route.ETTI, Route.APPRENTICESHIP, Route.SUBCONTRACT_SIAE]
        publics = [EligiblePublic.RSA, EligiblePublic.LONG_TERM_24, EligiblePublic.QPV, EligiblePublic.ETTI]
        self.put(
            Participation,
            (
                {
                    "id": n, "code": f"H-{n:05d}", "person_id": n, "commitment_id": 1 + (n - 1) // PEOPLE_EACH,
                    "organisation_id": 2 + (1 + (n - 1) // PEOPLE_EACH) % 100, "route": routes[n % 4], "job": "",
                    "started_on": FIRST, "weekly_minutes": 35 * 60, "eligible": Known.YES,
                    "eligible_public": publics[n % 4], "eligible_decided_on": FIRST, "created_at": NOW, "version": 1,
                }
                for n in self.people
            ),
        )  # fmt: skip
        self.put(
            EligibilityDecision,
            (
                {
                    "id": n, "participation_id": n, "granted": Known.YES, "public": publics[n % 4],
                    "decided_on": FIRST, "extension_months": 0, "opinion": "", "override_reason": "", "at": NOW,
                }
                for n in self.people
            ),
        )  # fmt: skip

    def _hours(self) -> None:
        """Month by month, commitment by commitment: a declaration, its lines of one day, entries, one event."""
        head = self.connection.execute(ChainHead.__table__.select()).one()
        chain, event, ledger, number, declaration = head.hash, head.event_id, GENESIS, 0, 0
        by_commitment, by_person, by_month = dict[int, int](), dict[int, int](), dict[tuple[int, date], int]()
        mean = HOURS_EACH * 60 / (self.per_month * MONTHS)
        for month in self.months:
            declarations, lines, entries, events = [], [], [], []
            for commitment in range(1, COMMITMENTS + 1):
                declaration += 1
                declarations.append(_declaration(declaration, commitment, month))
                first = number + 1
                for place in range(self.per_month):
                    number += 1
                    person = (commitment - 1) * PEOPLE_EACH + place % PEOPLE_EACH + 1
                    day = month + timedelta(days=(place // PEOPLE_EACH) % 27)
                    minutes = max(1, round(self.dice.uniform(0.3, 1.7) * mean))
                    entry = Entry(EntryKind.ENTRY, commitment, minutes, day, day, person, number)
                    ledger = link_hash(ledger, number, *sealed_fields(entry, NOW, 1))
                    lines.append(_line(number, declaration, person, day, minutes))
                    entries.append(_entry(number, entry, ledger))
                    by_commitment[commitment] = by_commitment.get(commitment, 0) + minutes
                    by_person[person] = by_person.get(person, 0) + minutes
                    by_month[commitment, month] = by_month.get((commitment, month), 0) + minutes
                event += 1
                details = json.dumps(
                    {"first": first, "hash": ledger, "last": number, "minutes": 0},
                    sort_keys=True,
                    separators=(",", ":"),
                )
                subject = f"commitment:{commitment}"
                digest = trail_hash(chain, event, NOW, 1, "ledger.appended", subject, details)
                events.append(_event(event, commitment, details, chain, digest))
                chain = digest
            for table, rows in (
                (HourDeclaration, declarations), (DeclarationLine, lines), (LedgerEntry, entries), (AuditEvent, events),
            ):  # fmt: skip
                self.put(table, iter(rows))
        self.put(LedgerHead, iter([{"id": 1, "entry_id": number, "hash": ledger}]))
        self.connection.execute(ChainHead.__table__.update().values(event_id=event, hash=chain))
        self.put(
            CommitmentMonth,
            ({"commitment_id": c, "month": m, "validated_minutes": v} for (c, m), v in by_month.items()),
        )
        self._totals(Commitment, by_commitment, {})
        self._totals(Participation, by_person, {"first_worked_on": FIRST})

    def _totals(self, table: Any, totals: dict[int, int], more: dict[str, Any]) -> None:
        from sqlalchemy import bindparam

        statement = table.__table__.update().where(table.id == bindparam("key"))
        statement = statement.values(validated_minutes=bindparam("minutes"), **more)
        for batch in batched_rows({"key": key, "minutes": minutes} for key, minutes in totals.items()):
            self.connection.execute(statement, batch)


def batched_rows(rows: Any) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while batch := list(islice(rows, 20_000)):
        yield batch


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _declaration(number: int, commitment: int, month: date) -> dict[str, Any]:
    return {
        "id": number, "commitment_id": commitment, "organisation_id": 2 + commitment % 100, "month": month, "number": 1,
        "state": DeclarationState.VALIDATED, "source": "page", "submitted_at": NOW, "decided_at": NOW,
        "decided_by_id": 1, "return_reason": "", "created_at": NOW, "version": 1,
    }  # fmt: skip


def _line(number: int, declaration: int, person: int, day: date, minutes: int) -> dict[str, Any]:
    return {
        "id": number, "declaration_id": declaration, "participation_id": person, "from_on": day, "to_on": day,
        "minutes": minutes, "training_minutes": 0, "state": LineState.VALIDATED, "reason_note": "",
        "override_reason": "", "decided_by_id": 1, "decided_at": NOW,
    }  # fmt: skip


def _entry(number: int, entry: Entry, digest: str) -> dict[str, Any]:
    return {
        "id": number, "kind": entry.kind, "commitment_id": entry.commitment_id, "minutes": entry.minutes,
        "participation_id": entry.participation_id, "line_id": entry.line_id, "month": entry.month,
        "worked_from": entry.worked_from, "worked_to": entry.worked_to, "reason": "", "recorded_at": NOW, "by_id": 1,
        "hash": digest,
    }  # fmt: skip


def _event(number: int, commitment: int, details: str, previous: str, digest: str) -> dict[str, Any]:
    return {
        "id": number, "at": NOW, "actor_id": 1, "action": "ledger.appended", "subject_type": "commitment",
        "subject_id": commitment, "details": details, "previous_hash": previous, "hash": digest,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    began = time.perf_counter()
    fill(options.database, options.entries)
    sys.stdout.write(f"filled in {time.perf_counter() - began:.0f} s\n")


if __name__ == "__main__":
    main()
