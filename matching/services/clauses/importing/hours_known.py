"""What the database already holds of the people of a file of hours: participations, lines, agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from matching.clauses.line_model import WorkedLine
from matching.clauses.overlap import Duplicate
from matching.clauses.terms import DeclarationState, EligiblePublic, LineState, Route
from matching.services.clauses.eligibility_clock import first_validated_of
from matching.services.clauses.findings import COUNTING, UNSENT
from matching.services.clauses.importing.keys import CHUNK
from matching.store.tables.contracts import PoolingAgreement
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.participations import Participation
from matching.terms import ContractKind, Known


@dataclass(frozen=True)
class KnownParticipation:
    """A participant as lines of hours name it."""

    id: int
    code: str
    person_id: int
    commitment_id: int
    organisation_id: int | None
    route: Route
    contract_kind: ContractKind | None
    started_on: date | None
    ended_on: date | None
    eligible: Known
    public: EligiblePublic | None
    decided_on: date | None


@dataclass(frozen=True)
class KnownLine:
    """A line already there, whatever was decided of it."""

    work: WorkedLine
    declaration_id: int
    state: LineState
    declared: DeclarationState


@dataclass
class Base:
    """The participations by code, in lower case; the lines of their people around the days of the file."""

    by_code: dict[str, KnownParticipation]
    first_worked: dict[int, date]
    lines: dict[int, KnownLine] = field(default_factory=dict)
    _of_participation: dict[int, list[KnownLine]] = field(default_factory=lambda: defaultdict(list))
    _agreements: list[tuple[frozenset[int], date, date]] = field(default_factory=list)

    def read_lines(self, session: Session, works: Sequence[WorkedLine]) -> None:
        """The lines of these people between the first and the last day of the file, and the pooling agreements."""
        if not works:
            return
        first, last = min(work.from_on for work in works), max(work.to_on for work in works)
        people = sorted({work.person_id for work in works})
        for start in range(0, len(people), CHUNK):
            for known in _lines(session, people[start : start + CHUNK], first, last):
                self.lines[known.work.id] = known
                self._of_participation[known.work.participation_id].append(known)
        query = select(PoolingAgreement).options(selectinload(PoolingAgreement.members))
        for row in session.execute(query).scalars():
            members = frozenset(member.commitment_id for member in row.members)
            self._agreements.append((members, row.from_on, row.to_on or date.max))

    def same_as(self, work: WorkedLine, by_month: bool) -> KnownLine | None:
        """The line already there with the same participant, days and hours; of a month alone, within the month."""
        for known in self._of_participation.get(work.participation_id, ()):
            other = known.work
            if known.declared is DeclarationState.DRAFT or other.minutes != work.minutes:
                continue
            if (other.from_on, other.to_on) == (work.from_on, work.to_on):
                return known
            if by_month and (other.from_on.year, other.from_on.month) == (work.from_on.year, work.from_on.month):
                return known
        return None

    def counting(self) -> Iterator[WorkedLine]:
        """The lines whose hours count, or may."""
        for known in self.lines.values():
            if known.state in COUNTING and known.declared not in UNSENT:
                yield known.work

    def pooled(self, double: Duplicate) -> bool:
        """A written agreement links the two commitments over all the days the two lines share."""
        both = {double.line_a.commitment_id, double.line_b.commitment_id}
        return any(
            both <= members and first <= double.from_on and double.to_on <= last
            for members, first, last in self._agreements
        )

    def where(self, line_id: int) -> str:
        """« déclaration 12 »."""
        return f"déclaration {self.lines[line_id].declaration_id}"


def read_base(session: Session, codes: Iterable[str]) -> Base:
    """The participations of these codes, and the first validated day of their people."""
    wanted, found = sorted({code.lower() for code in codes}), dict[str, KnownParticipation]()
    p = Participation
    columns = (p.id, p.code, p.person_id, p.commitment_id, p.organisation_id, p.route, p.contract_kind)
    more = (p.started_on, p.ended_on, p.eligible, p.eligible_public, p.eligible_decided_on)
    for start in range(0, len(wanted), CHUNK):
        for row in session.execute(
            select(*columns, *more).where(func.lower(p.code).in_(wanted[start : start + CHUNK]))
        ):
            found[row.code.casefold()] = KnownParticipation(*tuple(row))
    people = sorted({one.person_id for one in found.values()})
    first: dict[int, date] = {}
    for start in range(0, len(people), CHUNK):
        first |= first_validated_of(session, people[start : start + CHUNK])
    return Base(found, first)


def _lines(session: Session, people: list[int], first: date, last: date) -> Iterator[KnownLine]:
    """Columns rather than objects: a file may meet tens of thousands of lines."""
    line, p, d = DeclarationLine, Participation, HourDeclaration
    query = (
        select(
            line.id,
            line.participation_id,
            p.person_id,
            d.commitment_id,
            d.organisation_id,
            p.route,
            line.from_on,
            line.to_on,
            line.minutes,
            line.training_minutes,
            line.state,
            d.id.label("declaration_id"),
            d.state.label("declared"),
        )
        .join(p, p.id == line.participation_id)
        .join(d, d.id == line.declaration_id)
        .where(p.person_id.in_(people), line.from_on <= last, line.to_on >= first - timedelta(days=31))
        .order_by(line.id)
    )
    rows = session.execute(query).all()
    days = _days(session, [row.id for row in rows])
    for row in rows:
        values: list[Any] = [*list(row)[:10], tuple(days.get(row.id, ()))]
        work = WorkedLine(*values)
        yield KnownLine(work, row.declaration_id, row.state, row.declared)


def _days(session: Session, line_ids: list[int]) -> dict[int, list[tuple[date, int]]]:
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for start in range(0, len(line_ids), CHUNK):
        query: Any = select(LineDay.line_id, LineDay.day, LineDay.minutes).where(
            LineDay.line_id.in_(line_ids[start : start + CHUNK])
        )
        for row in session.execute(query.order_by(LineDay.line_id, LineDay.day)):
            found[row.line_id].append((row.day, row.minutes))
    return found
