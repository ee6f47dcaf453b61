"""Frozen years: their lines are those of the day they were frozen, and so is the ledger behind them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from matching.clauses.consolidation import digest
from matching.services.clauses.checking.report import Breach
from matching.services.clauses.snapshots import frozen_lines
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.snapshots import AnnualSnapshot


def check_frozen_years(connection: Connection) -> Iterator[Breach]:
    """The first frozen year whose lines, or whose place in the ledger, are not what was sealed."""
    with Session(connection) as session:
        for row in session.execute(select(AnnualSnapshot).order_by(AnnualSnapshot.id)).scalars():
            if digest(frozen_lines(session, row.id)) != row.digest:
                yield Breach(
                    "bilan figé", "annual_snapshot", row.id, "ses lignes ne sont plus celles qui furent figées"
                )
                return
            entry = session.get(LedgerEntry, row.head_entry_id)
            if entry is None or entry.hash != row.head_hash:
                yield Breach("bilan figé", "annual_snapshot", row.id, "le grand livre n’est plus celui de ce jour-là")
                return
