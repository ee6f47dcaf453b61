"""Rules between lines, entries and dates: one query each, which finds the first row that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from matching.clauses.terms import EntryKind, LineState
from matching.services.clauses.checking.report import Breach
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.ledger import Allocation, LedgerEntry
from matching.store.tables.participations import EligibilityDecision, Participation

Query = Any
"""A statement whose first column is the number of the row to name."""
DAY_MINUTES = 24 * 60

_ENTRY = LedgerEntry
_LINE = DeclarationLine


def _line_without_entry() -> Query:
    # EXISTS, not IN: PostgreSQL cannot turn NOT IN over a column that may be empty into a join.
    entered = select(_ENTRY.id).where(_ENTRY.line_id == _LINE.id, _ENTRY.kind == EntryKind.ENTRY).exists()
    decided = _LINE.state.in_((LineState.VALIDATED, LineState.REVERSED))
    return select(_LINE.id).where(decided, _LINE.minutes > 0, ~entered)


def _entry_without_line() -> Query:
    states = (LineState.VALIDATED, LineState.REVERSED)
    return (
        select(_ENTRY.id)
        .outerjoin(_LINE, _LINE.id == _ENTRY.line_id)
        .outerjoin(HourDeclaration, HourDeclaration.id == _LINE.declaration_id)
        .where(
            _ENTRY.kind == EntryKind.ENTRY,
            or_(
                _LINE.id.is_(None),
                _LINE.state.not_in(states),
                _LINE.participation_id != _ENTRY.participation_id,
                HourDeclaration.commitment_id != _ENTRY.commitment_id,
                _ENTRY.minutes > _LINE.minutes,
            ),
        )
    )


def _reversal_not_exact() -> Query:
    undone = aliased(_ENTRY)
    same = and_(
        undone.minutes == -_ENTRY.minutes,
        undone.commitment_id == _ENTRY.commitment_id,
        func.coalesce(undone.participation_id, 0) == func.coalesce(_ENTRY.participation_id, 0),
        func.coalesce(undone.line_id, 0) == func.coalesce(_ENTRY.line_id, 0),
        undone.month == _ENTRY.month,
        undone.kind != EntryKind.REVERSAL,
        undone.id < _ENTRY.id,
    )
    return (
        select(_ENTRY.id).join(undone, undone.id == _ENTRY.reverses_id).where(_ENTRY.kind == EntryKind.REVERSAL, ~same)
    )


def _line_state_and_entries_differ() -> Query:
    """A validated line stands; a reversed one sums to zero over all its entries, allocations included."""
    total = func.sum(_ENTRY.minutes)
    return (
        select(_LINE.id)
        .join(_ENTRY, _ENTRY.line_id == _LINE.id)
        .group_by(_LINE.id, _LINE.state)
        .having(
            or_(
                and_(_LINE.state == LineState.REVERSED, total != 0),
                and_(_LINE.state == LineState.VALIDATED, total <= 0),
            )
        )
    )


def _allocation_over_the_line() -> Query:
    """What is shared out of a line, and still stands, never exceeds the hour worked."""
    shared = func.sum(case((and_(_ENTRY.kind == EntryKind.ALLOCATION, _ENTRY.minutes > 0), _ENTRY.minutes), else_=0))
    worked = func.max(case((_ENTRY.kind == EntryKind.ENTRY, _ENTRY.minutes), else_=0))
    lines = select(Allocation.line_id)
    return (
        select(_ENTRY.line_id)
        .where(_ENTRY.line_id.in_(lines), _ENTRY.kind != EntryKind.REVERSAL, ~_undone())
        .group_by(_ENTRY.line_id)
        .having(shared > worked)
    )


def _undone() -> Any:
    later = aliased(_ENTRY)
    return select(later.id).where(later.reverses_id == _ENTRY.id).exists()


def _allocation_not_twice() -> Query:
    """An allocation is two entries that sum to zero, or none of its hours would count once."""
    return (
        select(_ENTRY.allocation_id)
        .where(_ENTRY.allocation_id.is_not(None))
        .group_by(_ENTRY.allocation_id)
        .having(func.sum(_ENTRY.minutes) != 0)
    )


def _day_over_24_hours() -> Query:
    """The minutes of one person on one day, all companies and commitments together."""
    return (
        select(func.min(LineDay.line_id), LineDay.day)
        .join(_LINE, _LINE.id == LineDay.line_id)
        .join(Participation, Participation.id == _LINE.participation_id)
        .where(_LINE.state == LineState.VALIDATED)
        .group_by(Participation.person_id, LineDay.day)
        .having(func.sum(LineDay.minutes) > DAY_MINUTES)
    )


def _days_do_not_sum() -> Query:
    return (
        select(_LINE.id)
        .join(LineDay, LineDay.line_id == _LINE.id)
        .where(_LINE.state == LineState.VALIDATED)
        .group_by(_LINE.id, _LINE.minutes)
        .having(func.sum(LineDay.minutes) != _LINE.minutes)
    )


def _outside_the_contract() -> Query:
    """Counted before notification or after the end, without the name of the officer who decided it."""
    return (
        select(_ENTRY.id)
        .join(_LINE, _LINE.id == _ENTRY.line_id)
        .join(Commitment, Commitment.id == _ENTRY.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(
            _ENTRY.kind == EntryKind.ENTRY,
            _LINE.state == LineState.VALIDATED,
            _LINE.override_code.is_(None),
            or_(_ENTRY.worked_from < Contract.notified_on, _ENTRY.worked_to > Contract.end_on),
        )
    )


def _outside_eligibility() -> Query:
    """Counted before the first favourable decision on the person, without an override."""
    first = (
        select(
            EligibilityDecision.participation_id.label("participation_id"),
            func.min(EligibilityDecision.decided_on).label("decided_on"),
        )
        .group_by(EligibilityDecision.participation_id)
        .subquery()
    )
    return (
        select(_ENTRY.id)
        .join(_LINE, _LINE.id == _ENTRY.line_id)
        .outerjoin(first, first.c.participation_id == _ENTRY.participation_id)
        .where(
            _ENTRY.kind == EntryKind.ENTRY,
            _LINE.state == LineState.VALIDATED,
            _LINE.override_code.is_(None),
            or_(first.c.decided_on.is_(None), _ENTRY.worked_from < first.c.decided_on),
        )
    )


def _after_eligibility() -> Query:
    return (
        select(_ENTRY.id)
        .join(_LINE, _LINE.id == _ENTRY.line_id)
        .join(Participation, Participation.id == _ENTRY.participation_id)
        .where(
            _ENTRY.kind == EntryKind.ENTRY,
            _LINE.state == LineState.VALIDATED,
            _LINE.override_code.is_(None),
            _ENTRY.worked_from > Participation.eligible_until,
        )
    )


def _told(text: str) -> Callable[[Any], str]:
    return lambda _row: text


def _told_day(row: Any) -> str:
    day: date = row[1]
    return f"plus de 24 heures le {day:%d/%m/%Y}"


_QUERIES: tuple[tuple[str, str, Callable[[], Query], Callable[[Any], str]], ...] = (
    ("ligne et écriture", "declaration_line", _line_without_entry, _told("validée, mais absente du grand livre")),
    ("ligne et écriture", "ledger_entry", _entry_without_line, _told("sans la ligne validée qui la porte")),
    ("ligne et écriture", "declaration_line", _line_state_and_entries_differ, _told("contredit ses écritures")),
    ("annulation exacte", "ledger_entry", _reversal_not_exact, _told("n’est pas l’opposé de l’écriture annulée")),
    ("répartition", "declaration_line", _allocation_over_the_line, _told("plus d’heures réparties que travaillées")),
    ("répartition", "allocation", _allocation_not_twice, _told("les deux écritures ne s’annulent pas")),
    ("jours", "declaration_line", _day_over_24_hours, _told_day),
    ("jours", "declaration_line", _days_do_not_sum, _told("le détail par jour ne fait pas le total")),
    ("dates", "ledger_entry", _outside_the_contract, _told("hors des dates du contrat, sans dérogation")),
    ("dates", "ledger_entry", _outside_eligibility, _told("avant la décision d’éligibilité, sans dérogation")),
    ("dates", "ledger_entry", _after_eligibility, _told("après la fin d’éligibilité, sans dérogation")),
)


def check_rules(connection: Connection) -> Iterator[Breach]:
    """The first row that breaks each rule."""
    for rule, table, query, told in _QUERIES:
        row = connection.execute(_first_of(query())).first()
        if row is not None:
            yield Breach(rule, table, int(row[0]), told(row))


def _first_of(query: Query) -> Query:
    # Nearly always there is no such row. Asked directly for the first one, PostgreSQL expects to meet it early and
    # chooses loops that never end on a million entries: the whole is read first, as it will be anyway.
    broken = query.cte("broken").prefix_with("MATERIALIZED", dialect="postgresql")
    return select(broken).order_by(broken.c[0]).limit(1)
