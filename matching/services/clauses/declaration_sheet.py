"""A declaration as the officer reads it: each line with what is said of it, and what saving would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.lines import Finding, FindingCode, Severity, default_reason
from matching.clauses.terms import DeclarationState, EntryKind, LineState, RejectReason
from matching.services.clauses import verdicts
from matching.services.clauses.corrections import RequestRow, requests_of
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.duplicates import line_in_reach
from matching.services.clauses.evidence import EvidenceRow, evidence_of
from matching.services.clauses.findings import Double, LineFindings, findings_of
from matching.services.clauses.validating import load
from matching.services.context import Context
from matching.services.reading import note_read
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.declarations import DeclarationLine, DuplicateResolution, HourDeclaration
from matching.store.tables.exposure import ReadLog
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.store.tables.trail import AuditEvent, AuditNote
from matching.text import NBSP, written_day

SUBJECT = "hour_declaration"
_OPEN_FOR = timedelta(minutes=30)
"""A page opened longer ago than this is not called open."""


@dataclass(frozen=True)
class LineSheet:
    """A line with its person. `counted`, `findings`… are empty once it is decided; `entered` is what stands."""

    id: int
    participation_id: int
    code: str
    person: str
    route: str
    contract: str
    from_on: date
    to_on: date
    minutes: int | None
    training_minutes: int
    days: tuple[tuple[date, int], ...]
    last_month_minutes: int | None
    evidence_id: int | None
    state: LineState
    findings: tuple[Finding, ...]
    doubles: tuple[Double, ...]
    resolutions: tuple[str, ...]
    preset: str
    preset_reason: RejectReason | None
    counted: int | None
    to_override: bool
    blocked: bool
    cut: str
    cut_minutes: int
    reject_reason: RejectReason | None
    note: str
    override: str
    override_reason: str
    decided_by: str
    decided_at: datetime | None
    corrects_id: int | None
    entered: int

    @property
    def quiet(self) -> bool:
        """Nothing to look at."""
        return not self.findings and not self.doubles


@dataclass(frozen=True)
class Step:
    """Something that happened to the declaration; `action` is a code of the trail."""

    at: datetime
    who: str
    action: str
    note: str


@dataclass(frozen=True)
class DeclarationSheet:
    """The whole page. `validated`, `due`: minutes of the commitment today. `colleague`: who has it open too."""

    id: int
    version: int
    state: DeclarationState
    month: date
    number: int
    source: str
    commitment_id: int
    commitment: str
    contract: str
    company: str
    submitted_at: datetime | None
    submitted_by: str
    return_reason: str
    asked: str
    lines: tuple[LineSheet, ...]
    evidence: tuple[EvidenceRow, ...]
    validated: int
    due: int
    colleague: tuple[str, datetime] | None
    steps: tuple[Step, ...]
    requests: tuple[RequestRow, ...]
    next_id: int | None
    waiting: int

    @property
    def minutes(self) -> int:
        return sum(line.minutes or 0 for line in self.lines if line.state is not LineState.REVERSED)

    @property
    def pending(self) -> tuple[LineSheet, ...]:
        if self.state is not DeclarationState.SUBMITTED:
            return ()
        return tuple(line for line in self.lines if line.state is LineState.PENDING)

    @property
    def can_return(self) -> bool:
        validated = any(line.state in (LineState.VALIDATED, LineState.REVERSED) for line in self.lines)
        return self.state is DeclarationState.SUBMITTED and not validated


def read_declaration(ctx: Context, actor: Actor, declaration_id: int) -> DeclarationSheet:
    """A declaration with everything to decide it; the reading is logged. Raises `NotFound`."""
    require(actor, Permission.DECIDE_HOURS)
    with ctx.read() as session:
        scope.fetch(session, actor, HourDeclaration, declaration_id)
        declaration = load(session, declaration_id)
        sheet = _sheet(ctx, session, actor, declaration)
    note_read(ctx, actor, SUBJECT, declaration_id, "decide")  # it names its people
    return sheet


def read_line(ctx: Context, actor: Actor, line_id: int) -> tuple[DeclarationSheet, LineSheet]:
    """One line with its declaration, to undo or correct it. Raises `NotFound`."""
    require(actor, Permission.DECIDE_HOURS)
    with ctx.read() as session:
        declaration_id = line_in_reach(session, actor, line_id).declaration_id
    sheet = read_declaration(ctx, actor, declaration_id)
    return sheet, next(line for line in sheet.lines if line.id == line_id)


def _sheet(ctx: Context, session: Session, actor: Actor, declaration: HourDeclaration) -> DeclarationSheet:
    today = ctx.clock.today()
    commitment = session.get_one(Commitment, declaration.commitment_id)
    contract = session.get_one(Contract, commitment.contract_id)
    company = session.get_one(Organisation, declaration.organisation_id)
    names = _names(session, declaration)
    next_id, waiting = _next(session, actor, declaration)
    lines = _lines(session, declaration, names, today)
    return DeclarationSheet(
        id=declaration.id,
        version=declaration.version,
        state=declaration.state,
        month=declaration.month,
        number=declaration.number,
        source=declaration.source,
        commitment_id=commitment.id,
        commitment=commitment.label,
        contract=contract.object,
        company=company.name,
        submitted_at=declaration.submitted_at,
        submitted_by=names.get(declaration.submitted_by_id, ""),
        return_reason=declaration.return_reason,
        asked=_what_to_ask(lines),
        lines=lines,
        evidence=evidence_of(session, declaration_id=declaration.id),
        validated=commitment.validated_minutes,
        due=minutes_due_of(session, [commitment.id], today, today)[commitment.id],
        colleague=_colleague(session, actor, declaration, ctx.clock.now()),
        steps=_steps(session, declaration),
        requests=requests_of(session, declaration.id),
        next_id=next_id,
        waiting=waiting,
    )


def _names(session: Session, declaration: HourDeclaration) -> dict[int | None, str]:
    ids = {declaration.submitted_by_id, declaration.decided_by_id, *(line.decided_by_id for line in declaration.lines)}
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_([key for key in ids if key is not None]))
    return {row.id: row.name for row in session.execute(query)}


def _lines(
    session: Session, declaration: HourDeclaration, names: dict[int | None, str], today: date
) -> tuple[LineSheet, ...]:
    open_now = declaration.state in (DeclarationState.SUBMITTED, DeclarationState.DRAFT, DeclarationState.RETURNED)
    found = findings_of(session, declaration, today) if open_now else {}
    ids = [line.participation_id for line in declaration.lines]
    people = {
        one.id: (one, person)
        for one, person in session.execute(
            select(Participation, Person)
            .join(Person, Person.id == Participation.person_id)
            .where(Participation.id.in_(ids))
        )
    }
    entered = _entered(session, [line.id for line in declaration.lines])
    resolved = _resolutions(session, [line.id for line in declaration.lines])
    made = [
        _line(line, *people[line.participation_id], found.get(line.id), names, entered, resolved)
        for line in declaration.lines
    ]
    return tuple(sorted(made, key=lambda line: (line.code, line.from_on, line.id)))


def _line(
    row: DeclarationLine,
    one: Participation,
    person: Person,
    found: LineFindings | None,
    names: dict[int | None, str],
    entered: dict[int, int],
    resolved: dict[int, list[str]],
) -> LineSheet:
    findings = found.findings if found else ()
    cuttable = found is not None and verdicts.can_cut(found)
    return LineSheet(
        id=row.id,
        participation_id=one.id,
        code=one.code,
        person=f"{person.given_name} {person.family_name}",
        route=one.route.label,
        contract=one.contract_kind.label if one.contract_kind else "",
        from_on=row.from_on,
        to_on=row.to_on,
        minutes=row.minutes,
        training_minutes=row.training_minutes,
        days=tuple((day.day, day.minutes) for day in row.days),
        last_month_minutes=found.context.last_month_minutes if found else None,
        evidence_id=row.evidence_id,
        state=row.state,
        findings=findings,
        doubles=found.doubles if found else (),
        resolutions=tuple(resolved.get(row.id, ())),
        preset=_preset(row, found),
        preset_reason=default_reason(findings),
        counted=_counted(found),
        to_override=found is not None and bool(verdicts.to_override(found)),
        blocked=any(one.severity is Severity.BLOCKS for one in findings),
        cut=verdicts.cut_words(found) if found and cuttable else "",
        cut_minutes=(verdicts.pieces_of(found).kept.minutes or 0) if found and cuttable else 0,
        reject_reason=row.reject_reason,
        note=row.reason_note,
        override=_rule(row.override_code),
        override_reason=row.override_reason,
        decided_by=names.get(row.decided_by_id, ""),
        decided_at=row.decided_at,
        corrects_id=row.corrects_id,
        entered=entered.get(row.id, 0),
    )


def _preset(row: DeclarationLine, found: LineFindings | None) -> str:
    """`validate` without a remark, `reject` when a rule puts every hour out; else the officer chooses."""
    if found is None or row.state is not LineState.PENDING:
        return ""
    if not found.findings and not found.doubles:
        return "validate"
    out = [one for one in verdicts.to_override(found) if one.minutes == row.minutes]
    return "reject" if out and row.minutes else ""


def _counted(found: LineFindings | None) -> int | None:
    """What « Valider » would enter, with a reason where one is needed; None when it cannot."""
    if found is None or any(one.severity is Severity.BLOCKS for one in found.findings):
        return None
    return verdicts.despite(found) if verdicts.to_override(found) else found.counted


def _rule(code: str | None) -> str:
    return FindingCode(code).label if code in set(FindingCode) else (code or "")


def _entered(session: Session, line_ids: Iterable[int]) -> dict[int, int]:
    """Minutes of each line that stand in the ledger."""
    undone = select(LedgerEntry.reverses_id).where(LedgerEntry.reverses_id.is_not(None))
    query = select(LedgerEntry.line_id, LedgerEntry.minutes).where(
        LedgerEntry.line_id.in_(list(line_ids)),
        LedgerEntry.kind == EntryKind.ENTRY,
        LedgerEntry.id.not_in(undone),
    )
    return {row.line_id or 0: row.minutes for row in session.execute(query)}


def _resolutions(session: Session, line_ids: list[int]) -> dict[int, list[str]]:
    """What officers wrote about possible doubles, by line."""
    query = (
        select(DuplicateResolution, UserAccount.name)
        .join(UserAccount, UserAccount.id == DuplicateResolution.by_id)
        .where(
            or_(
                DuplicateResolution.first_line_id.in_(line_ids),
                DuplicateResolution.second_line_id.in_(line_ids),
            )
        )
        .order_by(DuplicateResolution.id)
    )
    found: dict[int, list[str]] = {}
    for row, name in session.execute(query):
        for line_id in (row.first_line_id, row.second_line_id):
            found.setdefault(line_id, []).append(f"{row.reason} ({name})")
    return found


def _what_to_ask(lines: Iterable[LineSheet]) -> str:
    """Words to send back with: hours up to the end of eligibility, days of a line, missing evidence."""
    asked = []
    for line in lines:
        if line.state is not LineState.PENDING:
            continue
        for one in line.findings:
            if one.severity is Severity.FLAG and one.code is not FindingCode.LONG_WEEK:
                continue
            if one.severity is Severity.REJECTS and one.minutes is not None and one.code.value != "missing_evidence":
                continue
            asked.append(f"{line.code}{NBSP}: {_asked(one)}")
        asked += [f"{line.code}{NBSP}: {_asked_of_double(line)}" for _ in line.doubles[:1]]
    return "\n".join(dict.fromkeys(asked))


def _asked_of_double(line: LineSheet) -> str:
    """A line that already has its days is not asked for them again."""
    return (
        "des jours sont déclarés deux fois, vérifiez les vôtres." if line.days else "indiquez les heures jour par jour."
    )


def _asked(found: Finding) -> str:
    """For the company: never the reason of an eligibility."""
    if found.code is FindingCode.OUTSIDE_ELIGIBILITY and found.day:
        return f"indiquez les heures jusqu’au {written_day(found.day)} inclus, ou la répartition par jour."
    if found.code is FindingCode.LONG_WEEK:
        return "plus de 48 h par semaine, joignez le relevé par jour."
    if found.code is FindingCode.MISSING_EVIDENCE:
        return "joignez le relevé d’heures du mois."
    if found.severity is Severity.REJECTS and found.day:
        return f"indiquez les heures jour par jour autour du {written_day(found.day)}."
    return found.message[:1].lower() + found.message[1:]


def _colleague(
    session: Session, actor: Actor, declaration: HourDeclaration, now: datetime
) -> tuple[str, datetime] | None:
    """Who else opened this declaration in the last half hour, while it is to decide."""
    if declaration.state is not DeclarationState.SUBMITTED:
        return None
    row = session.execute(
        select(UserAccount.name, ReadLog.at)
        .join(UserAccount, UserAccount.id == ReadLog.actor_id)
        .where(
            ReadLog.subject_type == SUBJECT,
            ReadLog.subject_id == declaration.id,
            ReadLog.actor_id != actor.user_id,
            ReadLog.at > now - _OPEN_FOR,
        )
        .order_by(ReadLog.at.desc(), ReadLog.id.desc())
        .limit(1)
    ).first()
    return (row.name, row.at) if row else None


def _steps(session: Session, declaration: HourDeclaration) -> tuple[Step, ...]:
    """What the trail says of the declaration and its lines, the latest first."""
    lines = [line.id for line in declaration.lines]
    about = or_(
        (AuditEvent.subject_type == SUBJECT) & (AuditEvent.subject_id == declaration.id),
        (AuditEvent.subject_type == "declaration_line") & AuditEvent.subject_id.in_(lines),
    )
    query = (
        select(AuditEvent.at, AuditEvent.action, UserAccount.name, AuditNote.text)
        .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
        .outerjoin(AuditNote, AuditNote.event_id == AuditEvent.id)
        .where(about)
        .order_by(AuditEvent.id.desc())
        .limit(100)
    )
    return tuple(Step(row.at, row.name or "", row.action, row.text or "") for row in session.execute(query))


def _next(session: Session, actor: Actor, declaration: HourDeclaration) -> tuple[int | None, int]:
    """The next declaration to decide (the oldest after this one, then the oldest of all), and how many others wait."""
    query = (
        select(HourDeclaration.id, HourDeclaration.submitted_at)
        .where(
            HourDeclaration.state == DeclarationState.SUBMITTED,
            HourDeclaration.id != declaration.id,
            scope.declarations(actor),
        )
        .order_by(HourDeclaration.submitted_at, HourDeclaration.id)
    )
    others = session.execute(query).all()
    here = (declaration.submitted_at or declaration.created_at, declaration.id)
    after = [row.id for row in others if row.submitted_at and (row.submitted_at, row.id) > here]
    first = others[0].id if others else None
    return (after[0] if after else first), len(others)
