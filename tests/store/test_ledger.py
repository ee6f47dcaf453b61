"""The ledger: its totals are its folds, its chain holds, nothing in it changes, on both engines."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from matching.clauses.ledger import GENESIS, link_hash, reversal_of, sealed_fields
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.contracts import Commitment
from matching.store.tables.ledger import CommitmentMonth, LedgerEntry
from matching.store.tables.participations import Participation
from tests.support import clauses


def _reverse(ctx: Context, number: int) -> int:
    with ctx.write(None) as work:
        entry = ledger.as_entry(work.session.get_one(LedgerEntry, number))
        return ledger.append(work, [reversal_of(number, entry, "test")])[0]


def test_totals_follow_entries_and_reversals(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    person = clauses.participation(any_ctx, commitment)
    clauses.validated(any_ctx, commitment, person, 600)
    second = clauses.validated(any_ctx, commitment, person, 300, month=date(2026, 9, 1))
    _reverse(any_ctx, second)
    with any_ctx.read() as session:
        assert session.get_one(Commitment, commitment).validated_minutes == 600
        row = session.get_one(Participation, person)
        assert (row.validated_minutes, row.first_worked_on) == (600, date(2026, 10, 1))
        months = session.execute(select(CommitmentMonth).order_by(CommitmentMonth.month)).scalars()
        assert [(month.month.month, month.validated_minutes) for month in months] == [(9, 0), (10, 600)]


def test_the_chain_covers_every_field(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    person = clauses.participation(any_ctx, commitment)
    clauses.validated(any_ctx, commitment, person, 600)
    _reverse(any_ctx, 1)
    previous = GENESIS
    with any_ctx.read() as session:
        for row in session.execute(select(LedgerEntry).order_by(LedgerEntry.id)).scalars():
            fields = sealed_fields(ledger.as_entry(row), row.recorded_at, row.by_id)
            assert row.hash == link_hash(previous, row.id, *fields)
            previous = row.hash


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET minutes = 1",
        "DELETE FROM ledger_entry",
        "UPDATE commitment_event SET minutes = 1",
        "DELETE FROM commitment_event",
    ],
)
def test_nothing_in_it_changes(any_ctx: Context, statement: str) -> None:
    commitment = clauses.commitment(any_ctx)
    clauses.validated(any_ctx, commitment, clauses.participation(any_ctx, commitment), 600)
    with pytest.raises(DatabaseError, match="append-only"), any_ctx.engine.begin() as connection:
        connection.execute(text(statement))


def test_an_entry_is_reversed_once(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    number = clauses.validated(any_ctx, commitment, clauses.participation(any_ctx, commitment), 600)
    _reverse(any_ctx, number)
    from matching.errors import Conflict

    with pytest.raises(Conflict):
        _reverse(any_ctx, number)
