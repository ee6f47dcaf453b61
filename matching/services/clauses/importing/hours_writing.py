"""Writing a file of hours: history into the ledger, the rest as declarations that wait for an officer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select

from matching.clauses.line_model import WorkedLine
from matching.clauses.terms import DeclarationState
from matching.errors import FieldError
from matching.services.clauses.history_lines import IMPORT, HistoryLine, append_validated
from matching.services.clauses.importing.hours_lines import HoursItem
from matching.services.clauses.importing.reading import Planned
from matching.services.clauses.participations import acted_on
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.unit_of_work import UnitOfWork


def write_hours(work: UnitOfWork, planned: Planned[HoursItem], filename: str) -> tuple[FieldError, ...]:
    history = [item for item in planned.items if item.validated]
    waiting = [item for item in planned.items if not item.validated]
    if history:
        append_validated(work, [_history(item) for item in history])
    if waiting:
        _submit(work, waiting)
    work.record(
        "hours.imported",
        "user_account",
        work.actor_id or 0,
        filename[:200],
        validated=len(history),
        to_validate=len(waiting),
        already=sum(row.same for row in planned.rows),
        minutes=sum(item.work.minutes or 0 for item in history),
    )
    return ()


def _history(item: HoursItem) -> HistoryLine:
    work = item.work
    return HistoryLine(
        work.participation_id,
        work.from_on,
        work.to_on,
        work.minutes or 0,
        item.organisation_id,
        work.from_on,
        work.training_minutes,
        work.days,
        item.override_code,
        item.override_reason if item.override_code else "",
    )


def _submit(work: UnitOfWork, items: Iterable[HoursItem]) -> None:
    """Declarations sent in the company's place: an officer decides them like any other."""
    groups: dict[tuple[int, int, date], list[HoursItem]] = defaultdict(list)
    for item in items:
        groups[item.group].append(item)
    for key in sorted(groups):
        declaration = _declaration(work, *key)
        for item in groups[key]:
            declaration.lines.append(_line(item.work))
        work.session.flush()
        total = sum(item.work.minutes or 0 for item in groups[key])
        work.record(
            "declaration.submitted",
            "hour_declaration",
            declaration.id,
            commitment_id=key[0],
            month=key[2].isoformat(),
            number=declaration.number,
            people=len({item.participation.id for item in groups[key]}),
            minutes=total,
        )
    for commitment_id in sorted({key[0] for key in groups}):
        acted_on(work, commitment_id)


def _declaration(work: UnitOfWork, commitment_id: int, organisation_id: int, month: date) -> HourDeclaration:
    d = HourDeclaration
    same = (d.commitment_id == commitment_id, d.organisation_id == organisation_id, d.month == month)
    last = work.session.execute(select(func.coalesce(func.max(d.number), 0)).where(*same)).scalar_one()
    row = HourDeclaration(
        commitment_id=commitment_id,
        organisation_id=organisation_id,
        month=month,
        number=last + 1,
        state=DeclarationState.SUBMITTED,
        source=IMPORT,
        submitted_at=work.at,
        submitted_by_id=work.actor_id,
        created_at=work.at,
    )
    work.session.add(row)
    return row


def _line(work: WorkedLine) -> DeclarationLine:
    return DeclarationLine(
        participation_id=work.participation_id,
        from_on=work.from_on,
        to_on=work.to_on,
        minutes=work.minutes,
        training_minutes=work.training_minutes,
        days=[LineDay(day=day, minutes=minutes) for day, minutes in work.days],
    )
