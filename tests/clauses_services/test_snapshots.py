"""The year that no longer moves: frozen with its entries, corrected afterwards, compared."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from matching.clauses.consolidation import Dimension
from matching.clauses.ledger import Entry, reversal_of
from matching.clauses.small_cells import HIDDEN, TOTAL, Cell
from matching.clauses.terms import EligiblePublic, EntryKind, LineState, Route
from matching.errors import Invalid, NotFound, RuleRefused
from matching.services.clauses import snapshots
from matching.services.clauses.checking import check_everything
from matching.services.context import Context
from matching.store import ledger, trail
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact
from tests.support import clauses

JANUARY, LAST_YEAR = date(2026, 1, 1), date(2025, 12, 1)


def fill(ctx: Context, people: int = 12) -> list[int]:
    """`people` participants, one hour more each, every fourth by ETTI; the numbers of their entries."""
    commitment = clauses.commitment(ctx, sector="Bâtiment")
    numbers = []
    for place in range(people):
        agency = place % 4 == 3
        route = Route.ETTI if agency else Route.DIRECT_HIRE
        public = EligiblePublic.ETTI if agency else EligiblePublic.RSA
        one = clauses.participation(ctx, commitment, route=route, public=public)
        numbers.append(clauses.validated(ctx, commitment, one, 60 * (place + 1), month=JANUARY))
    return numbers


def reverse(ctx: Context, number: int) -> None:
    with ctx.write(None) as work:
        row = work.session.get_one(LedgerEntry, number)
        ledger.append(work, [reversal_of(number, ledger.as_entry(row), "already_declared")])
        work.session.get_one(DeclarationLine, row.line_id).state = LineState.REVERSED


def test_a_year_is_read_by_month_worked(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    commitment = clauses.commitment(any_ctx)
    one = clauses.participation(any_ctx, commitment)
    clauses.validated(any_ctx, commitment, one, 600, month=LAST_YEAR)
    clauses.validated(any_ctx, commitment, one, 60, month=JANUARY)
    assert snapshots.read_year(any_ctx, officer, 2025).whole == Cell(1, 600)
    assert snapshots.read_year(any_ctx, officer, 2026).whole == Cell(1, 60)


def test_every_dimension_sums_to_the_whole(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    fill(any_ctx)
    year = snapshots.read_year(any_ctx, officer, 2026)
    assert year.whole == Cell(12, 78 * 60)
    assert year.exact[Dimension.ROUTE] == {"direct_hire": Cell(9, 54 * 60), "etti": Cell(3, 24 * 60)}
    for dimension in Dimension:
        assert sum(cell.minutes for cell in year.exact[dimension].values()) == year.whole.minutes, dimension


def test_small_cells_leave_with_their_complements_hidden(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    fill(any_ctx, 16)
    shown = snapshots.read_year(any_ctx, officer, 2026).shown
    assert shown[Dimension.ROUTE] == {"direct_hire": HIDDEN, "etti": HIDDEN, TOTAL: Cell(16, 136 * 60)}
    assert shown[Dimension.SECTOR]["Bâtiment"] == Cell(16, 136 * 60)


def test_a_frozen_year_does_not_move_and_later_corrections_are_differences(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    numbers = fill(any_ctx)
    frozen = snapshots.freeze_year(any_ctx, officer, 2026, "Bilan voté")
    assert (frozen.people, frozen.minutes, frozen.entries_up_to) == (12, 78 * 60, 12)
    reverse(any_ctx, numbers[0])
    with any_ctx.write(None) as work:
        for person in work.session.query(Participation).filter(Participation.id > 1):
            person.route = Route.GEIQ
        work.record("test.changed", "participation", 0)
    row, kept = snapshots.read_snapshot(any_ctx, officer, frozen.id)
    assert (row.note, kept.whole) == ("Bilan voté", Cell(12, 78 * 60))
    assert kept.exact[Dimension.ROUTE] == {"direct_hire": Cell(9, 54 * 60), "etti": Cell(3, 24 * 60)}
    since = snapshots.compare_snapshot(any_ctx, officer, frozen.id)
    assert since.entries_since == 1
    first = since.changes[0]
    assert (first.dimension, first.people, first.minutes) == (None, -1, -60)
    assert {change.key for change in since.changes if change.dimension is Dimension.ROUTE} == {
        "direct_hire", "etti", "geiq",
    }  # fmt: skip


def test_two_frozen_readings_are_compared(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    numbers = fill(any_ctx)
    first = snapshots.freeze_year(any_ctx, officer, 2026)
    reverse(any_ctx, numbers[11])
    second = snapshots.freeze_year(any_ctx, officer, 2026)
    found = snapshots.compare_snapshot(any_ctx, officer, first.id, second.id)
    assert (found.entries_since, found.changes[0].minutes) == (1, -720)
    assert [row.id for row in snapshots.list_snapshots(any_ctx, officer, 2026)] == [second.id, first.id]


def test_opening_balances_are_hours_without_people(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    commitment = clauses.commitment(any_ctx)
    with any_ctx.write(None) as work:
        ledger.append(work, [Entry(EntryKind.OPENING, commitment, 6000, JANUARY, JANUARY)])
    year = snapshots.read_year(any_ctx, officer, 2026)
    assert (year.whole, year.opening_minutes) == (Cell(0, 0), 6000)
    assert snapshots.freeze_year(any_ctx, officer, 2026).minutes == 6000


def test_sex_and_age_are_unknown_until_known(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    fill(any_ctx, 2)
    with any_ctx.write(None) as work:
        person = work.session.get_one(Participation, 1).person_id
        for kind, value in (("sex", "f"), ("birth_date", "1970-05-05")):
            work.session.add(ProtectedFact(person_id=person, kind=kind, value=value, known_on=JANUARY))
        work.record("test.known", "person", person)
    year = snapshots.read_year(any_ctx, officer, 2026)
    assert year.exact[Dimension.SEX] == {"": Cell(1, 120), "f": Cell(1, 60)}
    assert year.exact[Dimension.AGE_BAND] == {"": Cell(1, 120), "from_50": Cell(1, 60)}


def test_what_is_frozen_cannot_be_changed_and_is_checked(any_ctx: Context) -> None:
    fill(any_ctx, 2)
    snapshots.freeze_year(any_ctx, clauses.officer(any_ctx), 2026)
    assert check_everything(any_ctx).breaches == ()
    with pytest.raises(DatabaseError, match="append-only"), any_ctx.engine.begin() as connection:
        connection.execute(text("UPDATE snapshot_line SET minutes = 1"))


def test_a_frozen_line_altered_by_hand_is_named(any_ctx: Context) -> None:
    fill(any_ctx, 2)
    snapshots.freeze_year(any_ctx, clauses.officer(any_ctx), 2026)
    with any_ctx.engine.begin() as connection:
        trail.remove_guards(connection)
        connection.execute(text("UPDATE snapshot_line SET minutes = 61 WHERE id = 1"))
        trail.install_guards(connection)
    assert [breach.rule for breach in check_everything(any_ctx).breaches] == ["bilan figé"]


def test_what_cannot_be_frozen_says_why(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    with pytest.raises(RuleRefused, match="2024"):
        snapshots.freeze_year(any_ctx, officer, 2024)
    with pytest.raises(Invalid):
        snapshots.read_year(any_ctx, officer, 2027)
    with pytest.raises(NotFound):
        snapshots.read_snapshot(any_ctx, officer, 5)
    fill(any_ctx, 1)
    frozen = snapshots.freeze_year(any_ctx, officer, 2026)
    commitment = clauses.commitment(any_ctx)
    clauses.validated(any_ctx, commitment, clauses.participation(any_ctx, commitment), 60, month=LAST_YEAR)
    other = snapshots.freeze_year(any_ctx, officer, 2025)
    with pytest.raises(RuleRefused, match="même année"):
        snapshots.compare_snapshot(any_ctx, officer, frozen.id, other.id)
