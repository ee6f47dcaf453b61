"""What is said of each line of a declaration: its own rules, and what the person's other lines make of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from matching.clauses.dates import add_months
from matching.clauses.lines import Finding, FindingCode, LineContext, Severity, WorkedLine, check_line, counted_minutes
from matching.clauses.overlap import (
    Duplicate,
    DuplicateKind,
    Excess,
    day_total_excess,
    period_total_excess,
    possible_duplicates,
    week_total_excess,
)
from matching.clauses.terms import DeclarationState, LineState
from matching.services.clauses.namesakes import Alike, alike_among, may_be_one, told_of
from matching.store.tables.contracts import Commitment, Contract, PoolingAgreement, PoolingMember
from matching.store.tables.declarations import DeclarationLine, DuplicateResolution, Evidence, HourDeclaration
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.terms import Known

COUNTING = (LineState.PENDING, LineState.VALIDATED)
"""Lines whose hours may count, or count already: a line rejected or reversed doubles nothing."""
UNSENT = (DeclarationState.DRAFT, DeclarationState.RETURNED)
DECIDED = (DeclarationState.VALIDATED, DeclarationState.PARTLY_VALIDATED, DeclarationState.REJECTED)
_CHUNK = 500


@dataclass(frozen=True)
class OtherLine:
    """The line that may be the same hours, and where to read it."""

    line_id: int
    declaration_id: int
    company: str
    commitment: str
    state: LineState
    minutes: int


@dataclass(frozen=True)
class Double:
    """Two lines that may be the same hours; `resolvable`: an officer may say with a reason that they are not.

    `namesakes`: under two files, that may be one person's.
    """

    first_line_id: int
    second_line_id: int
    kind: DuplicateKind
    message: str
    other: OtherLine
    namesakes: bool = False

    @property
    def resolvable(self) -> bool:
        # Two commitments need the days or a written agreement, not an opinion; that these are two people is one.
        return self.namesakes or self.kind is not DuplicateKind.TWO_COMMITMENTS


@dataclass(frozen=True)
class LineFindings:
    """One line as it is judged now. `counted`: minutes its rules leave, None when they must be asked."""

    line: WorkedLine
    context: LineContext
    findings: tuple[Finding, ...]
    doubles: tuple[Double, ...]
    counted: int | None


@dataclass(frozen=True)
class _Known:
    """A line of one of these people, with what surrounds it."""

    line: WorkedLine
    declaration_id: int
    state: LineState
    company: str
    commitment: str
    alike: Alike


def findings_of(
    session: Session, declaration: HourDeclaration, today: date, leaving_out: Collection[int] = frozenset()
) -> dict[int, LineFindings]:
    """What is said of each line still to decide, by line id: used at submission and at the decision.

    The person's other lines are read from the month before to the month after, across participations, commitments
    and companies, without those that another company has not sent, and so are those of namesakes: a company and an
    agency that each describe a person make two files. `leaving_out`: lines about to be rejected, which
    double nothing any more. Flush new lines first.
    """
    rows = [line for line in declaration.lines if line.state is LineState.PENDING]
    people = _participations(session, [line.participation_id for line in rows])
    commitment = session.get_one(Commitment, declaration.commitment_id)
    contract = session.get_one(Contract, commitment.contract_id)
    known = _known_lines(session, {one.person_id for one in people.values()}, declaration)
    doubles, more = _between_lines(session, known, leaving_out)
    sheet = _has_sheet(session, declaration.id)
    last_month = _last_month(known.values(), declaration.month)
    found = {}
    for row in rows:
        one = people[row.participation_id]
        line = worked_line(row, one, declaration)
        context = _context(row, one, declaration, commitment, contract, today, sheet, last_month.get(one.id))
        findings = _ordered((*check_line(line, context), *more.get(row.id, ())))
        pairs = tuple(_double(pair, row.id, known) for pair in doubles if row.id in pair.pair)
        found[row.id] = LineFindings(line, context, findings, pairs, counted_minutes(line, context))
    return found


def worked_line(row: DeclarationLine, participation: Participation, declaration: HourDeclaration) -> WorkedLine:
    """The rules' view of a stored line."""
    return WorkedLine(
        row.id,
        participation.id,
        participation.person_id,
        declaration.commitment_id,
        declaration.organisation_id,
        participation.route,
        row.from_on,
        row.to_on,
        row.minutes,
        row.training_minutes,
        tuple((day.day, day.minutes) for day in row.days),
    )


def duplicates_of(session: Session, declaration: HourDeclaration) -> list[Duplicate]:
    """The unresolved possible duplicates of a declaration's people."""
    people = _participations(session, [line.participation_id for line in declaration.lines])
    known = _known_lines(session, {one.person_id for one in people.values()}, declaration)
    return _between_lines(session, known, frozenset())[0]


def _participations(session: Session, ids: Iterable[int]) -> dict[int, Participation]:
    wanted, found = sorted(set(ids)), {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(Participation).where(Participation.id.in_(wanted[start : start + _CHUNK]))
        found.update({one.id: one for one in session.execute(query).scalars()})
    return found


def _known_lines(session: Session, people: Collection[int], declaration: HourDeclaration) -> dict[int, _Known]:
    """The lines of these people that count or may, a month on each side: weeks and assignments cross months."""
    first = add_months(declaration.month, -1)
    last = add_months(declaration.month, 2) - timedelta(days=1)
    alike = alike_among(session, people)
    ordered, found = sorted(alike), {}
    for start in range(0, len(ordered), _CHUNK):
        query = (
            select(DeclarationLine, Participation, HourDeclaration, Organisation.name, Commitment.label)
            .join(Participation, Participation.id == DeclarationLine.participation_id)
            .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
            .join(Organisation, Organisation.id == HourDeclaration.organisation_id)
            .join(Commitment, Commitment.id == HourDeclaration.commitment_id)
            .where(
                Participation.person_id.in_(ordered[start : start + _CHUNK]),
                DeclarationLine.from_on <= last,
                DeclarationLine.to_on >= first,
                DeclarationLine.state.in_(COUNTING),
                or_(HourDeclaration.id == declaration.id, HourDeclaration.state.not_in(UNSENT)),
            )
            .options(selectinload(DeclarationLine.days))
            .order_by(DeclarationLine.id)
        )
        for row, one, of, company, commitment in session.execute(query):
            line = worked_line(row, one, of)
            found[row.id] = _Known(line, of.id, row.state, company, commitment, alike[one.person_id])
    return found


def _between_lines(
    session: Session, known: dict[int, _Known], leaving_out: Collection[int]
) -> tuple[list[Duplicate], dict[int, tuple[Finding, ...]]]:
    """Possible duplicates, and by line what only several lines together show: days over 24 h, long weeks."""
    kept = [one for key, one in known.items() if key not in leaving_out]
    lines = [one.line for one in kept]
    agreements = _agreements(session, {line.commitment_id for line in lines})
    # Namesakes are compared as one person; days and weeks are added up by file: two people may fill the same day.
    as_one = [replace(one.line, person_id=one.alike.group) for one in kept]
    doubles = [
        _as_filed(double, known)
        for double in possible_duplicates(as_one, _resolved(session, known))
        if not (double.kind is DuplicateKind.TWO_COMMITMENTS and _pooled(double, agreements))
        and _one_person(double, known)
    ]
    more: dict[int, tuple[Finding, ...]] = {}
    for severity, code, excesses in (
        (Severity.BLOCKS, FindingCode.TOO_MANY_HOURS, day_total_excess(lines)),
        (Severity.BLOCKS, FindingCode.TOO_MANY_HOURS, period_total_excess(lines)),
        (Severity.FLAG, FindingCode.LONG_WEEK, week_total_excess(lines)),
    ):
        for excess in excesses:
            _tell_each(more, excess, code, severity)
    return doubles, more


def _tell_each(more: dict[int, tuple[Finding, ...]], excess: Excess, code: FindingCode, severity: Severity) -> None:
    if len(excess.line_ids) < 2:
        return  # `check_line` says it of the line alone
    day = excess.day if excess.last is None else None
    for line_id in excess.line_ids:
        more[line_id] = (*more.get(line_id, ()), Finding(code, severity, excess.message, day))


def _one_person(double: Duplicate, known: dict[int, _Known]) -> bool:
    a, b = (known[key] for key in double.pair)
    return may_be_one(a.alike, b.alike, same_commitment=a.line.commitment_id == b.line.commitment_id)


def _as_filed(double: Duplicate, known: dict[int, _Known]) -> Duplicate:
    """The double with its lines under their own files; it says so when there are two."""
    a, b = (known[key] for key in double.pair)
    message = told_of(a.alike, b.alike, double.message)
    return replace(double, line_a=a.line, line_b=b.line, message=message)


def _resolved(session: Session, ids: Iterable[int]) -> set[tuple[int, int]]:
    wanted = sorted(ids)
    found: set[tuple[int, int]] = set()
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        query = select(DuplicateResolution.first_line_id, DuplicateResolution.second_line_id).where(
            DuplicateResolution.second_line_id.in_(part)
        )
        found.update((first, second) for first, second in session.execute(query))
    return found


_Agreement = tuple[frozenset[int], date, date]


def _agreements(session: Session, commitment_ids: set[int]) -> list[_Agreement]:
    if len(commitment_ids) < 2:
        return []
    touching = select(PoolingMember.agreement_id).where(PoolingMember.commitment_id.in_(sorted(commitment_ids)))
    query = (
        select(PoolingAgreement)
        .where(PoolingAgreement.id.in_(touching))
        .options(selectinload(PoolingAgreement.members))
        .order_by(PoolingAgreement.id)
    )
    return [
        (frozenset(member.commitment_id for member in row.members), row.from_on, row.to_on or date.max)
        for row in session.execute(query).scalars()
    ]


def _pooled(double: Duplicate, agreements: Sequence[_Agreement]) -> bool:
    """A written agreement links the two commitments over all the days the two lines share."""
    both = {double.line_a.commitment_id, double.line_b.commitment_id}
    return any(
        both <= members and first <= double.from_on and double.to_on <= last for members, first, last in agreements
    )


def _double(pair: Duplicate, line_id: int, known: dict[int, _Known]) -> Double:
    first, second = pair.pair
    other = known[second if line_id == first else first]
    shown = OtherLine(
        other.line.id, other.declaration_id, other.company, other.commitment, other.state, other.line.minutes or 0
    )
    return Double(first, second, pair.kind, pair.message, shown, pair.line_a.person_id != pair.line_b.person_id)


def _last_month(known: Iterable[_Known], month: date) -> dict[int, int]:
    """Minutes of each participation the month before."""
    before = add_months(month, -1)
    totals: dict[int, int] = {}
    for one in known:
        if one.line.from_on.replace(day=1) == before:
            key = one.line.participation_id
            totals[key] = totals.get(key, 0) + (one.line.minutes or 0)
    return totals


def _has_sheet(session: Session, declaration_id: int) -> bool:
    query = select(Evidence.id).where(Evidence.declaration_id == declaration_id).limit(1)
    return session.execute(query).first() is not None


def _context(
    row: DeclarationLine,
    one: Participation,
    declaration: HourDeclaration,
    commitment: Commitment,
    contract: Contract,
    today: date,
    sheet: bool,
    last_month: int | None,
) -> LineContext:
    return LineContext(
        today=today,
        month=declaration.month,
        notified_on=contract.notified_on,
        start_on=contract.start_on,
        end_on=contract.end_on,
        participation_start=one.started_on,
        participation_end=one.ended_on,
        eligible=one.eligible,
        decided_on=one.eligible_decided_on,
        eligible_until=one.eligible_until,
        public_allowed=_public_allowed(one, commitment),
        training=commitment.training,
        training_cap_percent=commitment.training_cap_percent,
        evidence_required=commitment.evidence_required,
        has_evidence=sheet or row.evidence_id is not None,
        last_month_minutes=last_month,
    )


def _public_allowed(one: Participation, commitment: Commitment) -> Known:
    """An empty list allows every public."""
    allowed = {item.public for item in commitment.publics}
    if not allowed:
        return Known.YES
    if one.eligible_public is None:
        return Known.UNKNOWN
    return Known.YES if one.eligible_public in allowed else Known.NO


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What blocks first, then what rejects, then what to look at."""
    rank = list(Severity)
    return tuple(sorted(findings, key=lambda found: rank.index(found.severity)))
