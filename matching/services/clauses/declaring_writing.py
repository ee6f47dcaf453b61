"""Keeping and sending a company's month: hours as typed, days, people added, documents; all or nothing each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.clauses.hours import BadHours, parse_hours
from matching.clauses.line_model import Finding, FindingCode, LineContext, Severity, WorkedLine
from matching.clauses.lines import check_line
from matching.clauses.progress import month_end
from matching.clauses.terms import DeclarationState, LineState, Route
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.exchange.values import BadValue, parse_date
from matching.services.candidates.identity import Identity, check_identity, new_person, search_name
from matching.services.clauses.declaring import (
    DECIDED_STATES,
    OPEN_STATES,
    Declarant,
    LineView,
    MonthView,
    current,
    expect,
    line_context,
    period_asked,
    read_view,
    still_allowed,
)
from matching.services.clauses.declaring_words import Remark, remarks_of
from matching.services.clauses.evidence import TIMESHEET, store_evidence
from matching.services.clauses.participations import insert_participation
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.declarations import DeclarationLine, DeclarationLink, Evidence, HourDeclaration, LineDay
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.store.tables.protected import ProtectedFact
from matching.store.trail import Detail
from matching.store.unit_of_work import UnitOfWork
from matching.terms import FactSource
from matching.text import written_day, written_hours

MOST_FILES = 20
"""Documents that one month may hold: beyond, something else than a timesheet is being sent."""
_KEPT = "Rien n’a été enregistré, tout ce que vous avez écrit est encore là."


@dataclass(frozen=True)
class TypedLine:
    """One person's fields as typed. `absent`: the box « N’a pas travaillé ici »."""

    hours: str = ""
    absent: bool = False
    training: str = ""
    from_on: str = ""
    to_on: str = ""


@dataclass(frozen=True)
class Upload:
    """A document as received."""

    content: bytes
    filename: str


@dataclass(frozen=True)
class NewPerson:
    """Somebody to add: a `code` given by the officer, or a person to describe."""

    code: str = ""
    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    route: Route | None = None
    started_on: str = ""


@dataclass(frozen=True)
class ReviewLine:
    line: LineView
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Review:
    """What is about to be sent: `blocked` when something must be mended first."""

    month: MonthView
    lines: tuple[ReviewLine, ...]
    people: int
    blocked: bool


@dataclass(frozen=True)
class _Read:
    """A line as understood, before it is kept."""

    view: LineView
    from_on: date
    to_on: date
    minutes: int | None
    training_minutes: int


@dataclass
class _Work:
    """What a change of the month works on."""

    work: UnitOfWork
    view: MonthView
    declaration: HourDeclaration | None
    changed: list[str] = field(default_factory=list)

    @property
    def session(self) -> Session:
        return self.work.session


@contextmanager
def _changing(ctx: Context, declarant: Declarant, version: int, source: str = "page") -> Iterator[_Work]:
    """The open month in a transaction; at its end the declaration's version rises whatever changed under it."""
    with ctx.write(declarant.actor) as work:
        still_allowed(work.session, declarant, work.at)
        found = expect(work.session, declarant, version)
        view = read_view(work.session, declarant, ctx.clock.today())
        doing = _Work(work, view, found)
        yield doing
        declaration = doing.declaration
        if declaration is not None and declaration is found:
            # Lines are other rows: without this, two people who each write a line would not see one another.
            flag_modified(declaration, "source")
        if declaration is not None and not doing.changed:
            declaration.source = "link" if declarant.link_id is not None else source
        _used(work, declarant)


def _used(work: UnitOfWork, declarant: Declarant) -> None:
    if declarant.link_id is not None:
        work.session.get_one(DeclarationLink, declarant.link_id).last_used_at = work.at


def _say(work: UnitOfWork, declarant: Declarant, what: str, row: HourDeclaration, **details: Detail) -> None:
    """One event of the trail; it names the link when somebody came by one."""
    work.record(f"declaration.{what}", "hour_declaration", row.id, "", **details, **declarant.trace)


def _begun(doing: _Work, declarant: Declarant, number: int = 1) -> HourDeclaration:
    """The declaration, written now when nothing was kept yet."""
    if doing.declaration is None:
        doing.declaration = HourDeclaration(
            commitment_id=declarant.commitment_id,
            organisation_id=declarant.organisation_id,
            month=declarant.month,
            number=number,
            state=DeclarationState.DRAFT,
            created_at=doing.work.at,
        )
        doing.session.add(doing.declaration)
        doing.session.flush()
    return doing.declaration


# --- hours -----------------------------------------------------------------------------------------------


def save_month(
    ctx: Context,
    declarant: Declarant,
    version: int,
    typed: Mapping[str, TypedLine],
    upload: Upload | None = None,
    *,
    complete: bool = False,
    source: str = "page",
) -> None:
    """Keep the hours typed, by key of line, and the document; people left out of `typed` stay as they are.

    `complete`: every person must have hours, for the month is about to be sent. Raises `Invalid` with fields `h<key>`
    (hours), `t<key>` (training), `d<key>` and `a<key>` (first and last day), `file`; then nothing is kept. `Conflict`
    when somebody of the company saved or sent it since.
    """
    with _changing(ctx, declarant, version, source) as doing:
        problems = Problems()
        read = [found for line in doing.view.lines if (found := _read(doing.view, line, typed, problems, complete))]
        if not problems.errors:
            _refuse_blocked(ctx, doing, declarant, read, complete, problems)
        problems.raise_if_any(_KEPT)
        declaration = _begun(doing, declarant)
        for one in read:
            line = _keep(declaration, one)
            if declaration.number > 1 and one.minutes is None:
                declaration.lines.remove(line)  # a complement holds only the hours that were forgotten
        doing.session.flush()
        if upload is not None:
            _attach(ctx, doing.work, declaration, upload)
        minutes = sum(one.minutes or 0 for one in read)
        _say(doing.work, declarant, "kept", declaration, lines=len(read), minutes=minutes)


def _read(
    view: MonthView, line: LineView, typed: Mapping[str, TypedLine], problems: Problems, complete: bool
) -> _Read | None:
    """One person's fields, understood; None for those not in the page, and for a blank line of a complement."""
    got = typed.get(line.key)
    if got is None or line.locked:
        return None
    first, last = _period(view.month, line, got, problems)
    if line.days:  # their total is the sum of the days: it changes on their own page
        return _Read(line, first, last, line.minutes, line.training_minutes)
    minutes = _minutes(got.hours, f"h{line.key}", problems)
    if got.absent and minutes:
        problems.add(f"h{line.key}", "Gardez les heures, ou cochez « N’a pas travaillé ici », pas les deux.", got.hours)
    elif got.absent:
        minutes = 0
    elif minutes is None and not got.hours.strip():
        if view.number > 1 and line.line_id is None:
            return None
        if complete and view.number == 1:
            text = "Écrivez les heures, par exemple 7h30, ou cochez « N’a pas travaillé ici »."
            problems.add(f"h{line.key}", text)
    training = _minutes(got.training, f"t{line.key}", problems) or 0
    if training and minutes is not None and training > minutes:
        problems.add(f"t{line.key}", "La formation fait partie des heures\u00a0: elle ne peut pas les dépasser.")
    return _Read(line, first, last, minutes, training)


def _minutes(text: str, name: str, problems: Problems) -> int | None:
    try:
        return parse_hours(text)
    except BadHours as bad:
        problems.add(name, bad.message, text)
        return None


def _period(month: date, line: LineView, got: TypedLine, problems: Problems) -> tuple[date, date]:
    """The days of the line; a date left empty keeps its own."""
    first = _day(got.from_on, f"d{line.key}", problems) or line.from_on
    last = _day(got.to_on, f"a{line.key}", problems) or line.to_on
    for name, day in ((f"d{line.key}", first), (f"a{line.key}", last)):
        if not month <= day <= month_end(month):
            within = f"entre le {written_day(month)} et le {written_day(month_end(month))}"
            problems.add(name, f"Choisissez un jour du mois déclaré, {within}.", day)
    if last < first:
        problems.add(f"a{line.key}", "Le dernier jour vient avant le premier. Corrigez l’un des deux.", last)
    return first, last


def _day(text: str, name: str, problems: Problems) -> date | None:
    try:
        return parse_date(text)
    except BadValue as bad:
        problems.add(name, bad.message, text)
        return None


# What is said beside the field at once. The rest waits for the summary: it does not stop anybody.
_AT_ONCE = {FindingCode.TOO_MANY_HOURS: "h", FindingCode.DAY_OUTSIDE_LINE: "a", FindingCode.FUTURE: "a"}


def _refuse_blocked(
    ctx: Context, doing: _Work, declarant: Declarant, read: list[_Read], complete: bool, problems: Problems
) -> None:
    for one in read:
        for found in _findings(ctx, doing.session, declarant, doing.view, one)[0]:
            # Days to come may be kept while the month runs; they cannot be sent.
            if found.code in _AT_ONCE and (complete or found.code is not FindingCode.FUTURE):
                problems.add(f"{_AT_ONCE[found.code]}{one.view.key}", found.message)


def _findings(
    ctx: Context, session: Session, declarant: Declarant, view: MonthView, one: _Read
) -> tuple[tuple[Finding, ...], LineContext]:
    """What the rules say of this line alone, and on what. Doubles with other companies are the officer's: told here,
    they would say who else employs the person."""
    participation = session.get_one(Participation, one.view.participation_id)
    commitment = session.get_one(Commitment, declarant.commitment_id)
    contract = session.get_one(Contract, commitment.contract_id)
    before = one.view.last_month_minutes
    has = bool(view.evidence)
    context = line_context(participation, commitment, contract, declarant.month, ctx.clock.today(), before, has)
    line = WorkedLine(
        id=one.view.line_id or 0,
        participation_id=participation.id,
        person_id=participation.person_id,
        commitment_id=declarant.commitment_id,
        declarant_id=declarant.organisation_id,
        route=participation.route,
        from_on=one.from_on,
        to_on=one.to_on,
        minutes=one.minutes,
        training_minutes=one.training_minutes,
        days=one.view.days,
    )
    return check_line(line, context), context


def _keep(declaration: HourDeclaration, one: _Read) -> DeclarationLine:
    known = one.view.line_id
    line = next((kept for kept in declaration.lines if known is not None and kept.id == known), None)
    if line is None:
        line = DeclarationLine(participation_id=one.view.participation_id, state=LineState.PENDING)
        declaration.lines.append(line)
    line.from_on, line.to_on = one.from_on, one.to_on
    line.minutes, line.training_minutes = one.minutes, one.training_minutes
    return line


# --- days ------------------------------------------------------------------------------------------------


def save_days(ctx: Context, declarant: Declarant, version: int, key: str, typed: Mapping[date, str]) -> None:
    """Keep one person's hours day by day; their sum becomes the line's hours. No day typed takes the detail away.

    Raises `Invalid` with a field `j<day of the month>` each; days outside the line's period are not asked.
    """
    with _changing(ctx, declarant, version) as doing:
        view = doing.view.line(key)
        if view.locked:
            raise RuleRefused("Ces heures sont déjà validées. Demandez une correction de ce mois.")
        problems = Problems()
        days = _typed_days(view, typed, problems)
        # Without a day any more, the hours are to be typed again: a sum of days is not a total that somebody gave.
        total = sum(days.values()) if days else None if view.days else view.minutes
        if total is not None and view.training_minutes > total:
            worked = written_hours(view.training_minutes)
            problems.add("days", f"Les jours font moins que la formation ({worked}). Corrigez l’un des deux.")
        problems.raise_if_any(_KEPT)
        declaration = _begun(doing, declarant)
        training = view.training_minutes if total is not None else 0
        line = _keep(declaration, _Read(view, view.from_on, view.to_on, total, training))
        doing.session.flush()
        _replace_days(doing.session, line, days)
        _say(doing.work, declarant, "days", declaration, line_id=line.id, days=len(days))


def _typed_days(view: LineView, typed: Mapping[date, str], problems: Problems) -> dict[date, int]:
    days: dict[date, int] = {}
    for day in sorted(typed):
        if not view.from_on <= day <= view.to_on:
            continue
        minutes = _minutes(typed[day], f"j{day.day}", problems)
        if minutes is not None and minutes > 24 * 60:
            problems.add(f"j{day.day}", "Un jour compte 24\u00a0h. Corrigez ce jour.", typed[day])
        elif minutes:
            days[day] = minutes
    return days


def _replace_days(session: Session, line: DeclarationLine, days: dict[date, int]) -> None:
    known = {day.day: day for day in line.days}
    for day in [one for one in known if one not in days]:
        line.days.remove(known[day])
    for day, minutes in days.items():
        if day in known:
            known[day].minutes = minutes
        else:
            line.days.append(LineDay(day=day, minutes=minutes))
    session.flush()


# --- people ----------------------------------------------------------------------------------------------


def add_person(ctx: Context, declarant: Declarant, version: int, typed: NewPerson) -> str:
    """Add somebody to the month, by the code the officer gave or as a new person; returns the code.

    A new person's eligibility is not known: the officer decides it. Raises `Invalid` with the fields of `NewPerson`.
    """
    with _changing(ctx, declarant, version) as doing:
        problems = Problems()
        participation = (
            _by_code(doing, declarant, typed.code, problems)
            if typed.code.strip()
            else _described(ctx, doing, declarant, typed, problems)
        )
        problems.raise_if_any(_KEPT)
        assert participation is not None
        declaration = _begun(doing, declarant)
        if all(line.participation_id != participation.id for line in declaration.lines):
            commitment = doing.session.get_one(Commitment, declarant.commitment_id)
            contract = doing.session.get_one(Contract, commitment.contract_id)
            today = ctx.clock.today()
            first, last = period_asked(line_context(participation, commitment, contract, declarant.month, today))
            line = DeclarationLine(participation_id=participation.id, state=LineState.PENDING)
            line.from_on, line.to_on = first, last
            declaration.lines.append(line)
            doing.session.flush()
        _say(doing.work, declarant, "person_added", declaration, participation_id=participation.id)
        return participation.code


def _by_code(doing: _Work, declarant: Declarant, code: str, problems: Problems) -> Participation | None:
    tidy = "".join(code.split()).upper()
    query = select(Participation).where(
        Participation.code == tidy,
        Participation.commitment_id == declarant.commitment_id,
        Participation.organisation_id == declarant.organisation_id,
    )
    found = doing.session.execute(query).scalar_one_or_none()
    if found is None:
        text = "Ce code n’est pas celui d’une personne de votre entreprise sur cet engagement."
        problems.add("code", f"{text} Vérifiez-le, ou ajoutez la personne par son nom.", code)
    elif any(line.participation_id == found.id for line in doing.view.lines):
        problems.add("code", "Cette personne est déjà dans le mois\u00a0: écrivez ses heures sur sa ligne.", code)
    return found


def _described(
    ctx: Context, doing: _Work, declarant: Declarant, typed: NewPerson, problems: Problems
) -> Participation | None:
    birth = _day(typed.birth_date, "birth_date", problems)
    start = _day(typed.started_on, "started_on", problems)
    identity = Identity(typed.given_name, typed.family_name, birth_date=birth)
    check_identity(identity, problems, ctx.clock.today())
    if typed.route is None:
        problems.add("route", "Choisissez comment elle travaille chez vous\u00a0: embauche directe, apprentissage…")
    if start is None and not typed.started_on.strip():
        problems.add("started_on", "Écrivez son premier jour sur ce chantier, par exemple 04/05/2026.")
    if start is not None and start > month_end(declarant.month):
        problems.add("started_on", "Ce premier jour vient après le mois déclaré. Vérifiez-le.", typed.started_on)
    if problems.errors:
        return None
    person = _known_here(doing.session, declarant, identity, problems)
    if problems.errors:
        return None
    person_id = person.id if person else _create(ctx, doing.work, identity)
    columns = {
        "person_id": person_id,
        "commitment_id": declarant.commitment_id,
        "organisation_id": declarant.organisation_id,
        "route": typed.route,
        "started_on": start,
    }
    added = insert_participation(doing.work, columns)
    doing.work.record(
        "participation.added",
        "participation",
        added.id,
        "",
        commitment_id=declarant.commitment_id,
        code=added.code,
        route=typed.route.value if typed.route else "",
        **declarant.trace,
    )
    return doing.session.get_one(Participation, added.id)


def _known_here(session: Session, declarant: Declarant, identity: Identity, problems: Problems) -> Person | None:
    """The same name and birth among this company's own people: one person, not two. Others are never looked at."""
    name = search_name(identity.given_name, identity.family_name)
    query = (
        select(Person, Participation, ProtectedFact.value)
        .join(Participation, Participation.person_id == Person.id)
        .outerjoin(ProtectedFact, (ProtectedFact.person_id == Person.id) & (ProtectedFact.kind == "birth_date"))
        .where(Participation.organisation_id == declarant.organisation_id, Person.name_search == name)
        .order_by(Participation.id.desc())
    )
    birth = identity.birth_date.isoformat() if identity.birth_date else None
    same = None
    for person, participation, known in session.execute(query):
        if birth and known and birth != known:
            continue
        if participation.commitment_id == declarant.commitment_id:
            problems.add(
                "family_name",
                f"Cette personne est déjà sur cet engagement, sous le code {participation.code}. Ajoutez-la par ce "
                "code, ou écrivez sa date de naissance si ce n’est pas elle.",
            )
            return None
        if birth and known == birth:
            same = person
    return same


def _create(ctx: Context, work: UnitOfWork, identity: Identity) -> int:
    person = new_person(work, identity)
    if identity.birth_date is not None:
        fact = ProtectedFact(person_id=person.id, kind="birth_date", value=identity.birth_date.isoformat())
        fact.source, fact.known_on, fact.proof = FactSource.DECLARED, ctx.clock.today(), ""
        work.session.add(fact)
    return person.id


# --- documents -------------------------------------------------------------------------------------------


def attach_evidence(ctx: Context, declarant: Declarant, upload: Upload) -> int:
    """Add a document to a month already begun and not yet decided, sent or not; returns its id."""
    with ctx.write(declarant.actor) as work:
        still_allowed(work.session, declarant, work.at)
        found = current(work.session, declarant)
        if found is None:
            raise RuleRefused("Indiquez d’abord les heures du mois, puis ajoutez le justificatif.")
        if found.state in DECIDED_STATES:
            text = "Ce mois a déjà reçu une décision. Demandez une correction et envoyez le justificatif par courriel."
            raise RuleRefused(text)
        key = _attach(ctx, work, found, upload)
        _used(work, declarant)
        _say(work, declarant, "evidence", found, evidence_id=key)
        return key


def _attach(ctx: Context, work: UnitOfWork, declaration: HourDeclaration, upload: Upload) -> int:
    held = work.session.execute(select(Evidence.id).where(Evidence.declaration_id == declaration.id)).all()
    if len(held) >= MOST_FILES:
        text = f"Ce mois a déjà {MOST_FILES} documents. Réunissez les suivants dans un seul PDF."
        raise Invalid(text, [FieldError("file", text)])
    return store_evidence(
        ctx,
        work,
        upload.content,
        upload.filename,
        TIMESHEET,
        commitment_id=declaration.commitment_id,
        declaration_id=declaration.id,
    )


# --- sending ---------------------------------------------------------------------------------------------


def review_month(ctx: Context, declarant: Declarant) -> Review:
    """What is about to be sent, with what the rules say of each line. Raises `RuleRefused` when nothing is kept."""
    with ctx.read() as session:
        view = read_view(session, declarant, ctx.clock.today())
        if not view.editable or view.declaration_id is None:
            raise RuleRefused("Rien n’est à envoyer pour ce mois. Rouvrez la page du mois pour voir où il en est.")
        return _review(ctx, session, declarant, view)


def _review(ctx: Context, session: Session, declarant: Declarant, view: MonthView) -> Review:
    lines, blocked = [], False
    for line in view.lines:
        if line.line_id is None and view.number > 1:
            continue
        # Somebody who joined since the month was saved is blocked: their hours are asked, never taken as zero.
        one = _Read(line, line.from_on, line.to_on, line.minutes, line.training_minutes)
        found, context = _findings(ctx, session, declarant, view, one)
        blocked = blocked or any(item.severity is Severity.BLOCKS for item in found)
        lines.append(ReviewLine(line, remarks_of(found, context)))
    people = len({item.line.participation_id for item in lines if item.line.minutes})
    return Review(view, tuple(lines), people, blocked or not lines)


def submit_month(ctx: Context, declarant: Declarant, version: int) -> int:
    """Send the month to the officer; returns the minutes declared.

    Raises `Conflict` when it was sent or changed since, `RuleRefused` when something must be mended first.
    """
    with _changing(ctx, declarant, version) as doing:
        doing.changed.append("state")  # the source stays that of the hours
        declaration = doing.declaration
        if declaration is None:
            raise RuleRefused("Rien n’est enregistré pour ce mois. Indiquez les heures de chaque personne.")
        review = _review(ctx, doing.session, declarant, doing.view)
        if review.blocked:
            text = "Cette déclaration n’est pas complète. Revenez au mois\u00a0: ce qui manque y est indiqué."
            raise RuleRefused(text if review.lines else "Ajoutez au moins une personne avant d’envoyer.")
        for line in declaration.lines:
            if line.state in (LineState.REJECTED, LineState.PENDING):  # returned, mended: to be looked at again
                line.state, line.reject_reason, line.reason_note = LineState.PENDING, None, ""
                line.decided_by_id = line.decided_at = None
        declaration.state = DeclarationState.SUBMITTED
        declaration.submitted_at, declaration.submitted_by_id = doing.work.at, declarant.user_id
        total = sum(line.minutes or 0 for line in declaration.lines)
        _say(
            doing.work,
            declarant,
            "submitted",
            declaration,
            commitment_id=declarant.commitment_id,
            month=declarant.month.isoformat(),
            number=declaration.number,
            people=review.people,
            minutes=total,
        )
        return total


def begin_complement(ctx: Context, declarant: Declarant) -> None:
    """Open a second declaration for hours forgotten, once the month was decided."""
    with ctx.write(declarant.actor) as work:
        still_allowed(work.session, declarant, work.at)
        found = current(work.session, declarant)
        if found is None or found.state not in DECIDED_STATES:
            raise Conflict("Ce mois n’a pas encore reçu de décision\u00a0: complétez la déclaration elle-même.")
        row = HourDeclaration(commitment_id=found.commitment_id, organisation_id=found.organisation_id)
        row.month, row.number, row.state = found.month, found.number + 1, DeclarationState.DRAFT
        row.created_at, row.source = work.at, "link" if declarant.link_id is not None else "page"
        work.session.add(row)
        work.session.flush()
        _used(work, declarant)
        _say(work, declarant, "complement", row, number=row.number)


def drop_complement(ctx: Context, declarant: Declarant, version: int) -> None:
    """Give up a complement not sent yet. The documents it had stay with the declaration before."""
    with ctx.write(declarant.actor) as work:
        still_allowed(work.session, declarant, work.at)
        found = expect(work.session, declarant, version)
        if found is None or found.number == 1 or found.state not in OPEN_STATES:
            raise NotFound()
        if found.submitted_at is not None or any(line.state is not LineState.PENDING for line in found.lines):
            raise RuleRefused(
                "Ce complément a déjà été envoyé une fois\u00a0: corrigez-le, puis envoyez-le de nouveau."
            )
        before = select(HourDeclaration.id).where(
            HourDeclaration.commitment_id == found.commitment_id,
            HourDeclaration.organisation_id == found.organisation_id,
            HourDeclaration.month == found.month,
            HourDeclaration.number == found.number - 1,
        )
        previous = work.session.execute(before).scalar_one()
        for row in work.session.execute(select(Evidence).where(Evidence.declaration_id == found.id)).scalars():
            row.declaration_id = previous
        work.session.flush()
        _say(work, declarant, "dropped", found, number=found.number)
        work.session.delete(found)
        _used(work, declarant)
