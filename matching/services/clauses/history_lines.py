"""Hours validated before this register: taken over with a declaration, a line and an entry each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.clauses.terms import DeclarationState, LineState
from matching.errors import FieldError, Invalid
from matching.services.clauses.entering import Counted, enter_lines, take_turn
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import UnitOfWork
from matching.text import written_day

IMPORT = "import"
_CHUNK = 500


@dataclass(frozen=True)
class HistoryLine:
    """Hours of one participation, already validated elsewhere. `month` is any day of the month worked.

    `days`: the breakdown (day, minutes), when it is known; it makes `minutes`. `override_code`: the rule that says no,
    `override_reason`: why the hours were counted all the same.
    """

    participation_id: int
    from_on: date
    to_on: date
    minutes: int
    organisation_id: int
    month: date
    training_minutes: int = 0
    days: tuple[tuple[date, int], ...] = ()
    override_code: str = ""
    override_reason: str = ""


@dataclass(frozen=True)
class Appended:
    """What was written; `line_ids` in the order of the lines given."""

    declaration_ids: tuple[int, ...]
    line_ids: tuple[int, ...]
    minutes: int


def append_validated(work: UnitOfWork, lines: Sequence[HistoryLine]) -> Appended:
    """Write validated lines with their declarations (source `import`) and entries, within a transaction.

    For imports of history, which have checked what they read. Raises `Invalid` when dates are not of the month, or a
    participation does not exist.
    """
    take_turn(work.session)
    commitments = _commitments(work.session, lines)
    _check(lines, commitments)
    groups: dict[tuple[int, int, date], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        key = (commitments[line.participation_id], line.organisation_id, line.month.replace(day=1))
        groups[key].append(place)
    made: dict[int, DeclarationLine] = {}
    declarations = []
    for key in sorted(groups):
        declaration = _declaration(work, *key)
        declarations.append(declaration)
        for place in groups[key]:
            made[place] = _line(work, lines[place])
            declaration.lines.append(made[place])
    work.session.flush()
    counted = [
        Counted(made[place], commitments[line.participation_id], line.minutes) for place, line in enumerate(lines)
    ]
    enter_lines(work, counted)
    for declaration in declarations:
        work.record("declaration.imported", "hour_declaration", declaration.id, lines=len(declaration.lines))
    ids = tuple(declaration.id for declaration in declarations)
    return Appended(ids, tuple(one.line.id for one in counted), sum(line.minutes for line in lines))


def _commitments(session: Session, lines: Sequence[HistoryLine]) -> dict[int, int]:
    ids = sorted({line.participation_id for line in lines})
    found: dict[int, int] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(Participation.id, Participation.commitment_id).where(
            Participation.id.in_(ids[start : start + _CHUNK])
        )
        found.update((row.id, row.commitment_id) for row in session.execute(query))
    return found


def _check(lines: Sequence[HistoryLine], commitments: dict[int, int]) -> None:
    problems = []
    for place, line in enumerate(lines, 1):
        months = {(day.year, day.month) for day in (line.from_on, line.to_on, line.month)}
        if line.participation_id not in commitments:
            problems.append(FieldError("participation_id", "Ce participant n’est pas connu.", line=place))
        if len(months) > 1 or line.to_on < line.from_on:
            period = f"du {written_day(line.from_on)} au {written_day(line.to_on)}"
            problems.append(FieldError("from_on", f"Les jours ({period}) ne sont pas ceux du mois.", line=place))
        if line.minutes < 0:
            problems.append(FieldError("minutes", "Des heures ne peuvent pas être négatives.", line=place))
    if problems:
        raise Invalid("Des heures à reprendre ne se lisent pas. Rien n’a été enregistré.", problems)


def _declaration(work: UnitOfWork, commitment_id: int, organisation_id: int, month: date) -> HourDeclaration:
    last = select(func.coalesce(func.max(HourDeclaration.number), 0)).where(
        HourDeclaration.commitment_id == commitment_id,
        HourDeclaration.organisation_id == organisation_id,
        HourDeclaration.month == month,
    )
    row = HourDeclaration(
        commitment_id=commitment_id,
        organisation_id=organisation_id,
        month=month,
        number=work.session.execute(last).scalar_one() + 1,
        state=DeclarationState.VALIDATED,
        source=IMPORT,
        decided_at=work.at,
        decided_by_id=work.actor_id,
        created_at=work.at,
    )
    work.session.add(row)
    return row


def _line(work: UnitOfWork, line: HistoryLine) -> DeclarationLine:
    return DeclarationLine(
        participation_id=line.participation_id,
        from_on=line.from_on,
        to_on=line.to_on,
        minutes=line.minutes,
        training_minutes=line.training_minutes,
        state=LineState.VALIDATED,
        override_code=line.override_code or None,
        override_reason=line.override_reason,
        decided_by_id=work.actor_id,
        decided_at=work.at,
        days=[LineDay(day=day, minutes=minutes) for day, minutes in line.days],
    )
