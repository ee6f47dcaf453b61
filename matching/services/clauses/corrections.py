"""A company asks to correct a month already decided; an officer accepts or refuses, with words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import DeclarationState, LineState
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.services.clauses.duplicates import forget_resolutions
from matching.services.clauses.entering import settled_state, take_turn
from matching.services.clauses.findings import DECIDED
from matching.services.clauses.participations import acted_on
from matching.services.clauses.reversing import ReversalReason, replace_line, undo
from matching.services.clauses.validating import load, written_instant
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import CorrectionRequest, DeclarationLine, HourDeclaration
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP

OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"
LONGEST = 2000


@dataclass(frozen=True)
class RequestRow:
    """A request as shown: `code` is the person's, empty when the whole month is meant."""

    id: int
    declaration_id: int
    line_id: int | None
    code: str
    minutes: int | None
    wanted_minutes: int | None
    message: str
    state: str
    answer: str
    company: str
    commitment: str
    month: date
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    version: int


def ask_correction(
    ctx: Context,
    actor: Actor,
    declaration_id: int,
    message: str,
    *,
    line_id: int | None = None,
    wanted_minutes: int | None = None,
) -> int:
    """Ask to correct one line (with the hours wanted, 0 to remove it) or the month; returns the request's id.

    Raises `Invalid`, `RuleRefused` while the month is not decided, `Conflict` when the same is already asked.
    """
    require(actor, Permission.DECLARE_HOURS)
    problems = Problems()
    if not message.strip() or len(message.strip()) > LONGEST:
        problems.add("message", f"Écrivez ce qui est à corriger et pourquoi ({LONGEST} caractères au plus).")
    if wanted_minutes is not None and wanted_minutes < 0:
        problems.add("wanted_minutes", "Écrivez les heures justes, ou 0 si la personne n’a pas travaillé ici.")
    problems.raise_if_any()
    with ctx.write(actor) as work:
        declaration = scope.fetch(work.session, actor, HourDeclaration, declaration_id)
        _check_asked(work.session, declaration, line_id, wanted_minutes)
        row = CorrectionRequest(
            declaration_id=declaration.id,
            line_id=line_id,
            wanted_minutes=wanted_minutes if line_id is not None else None,
            message=message.strip(),
            state=OPEN,
            asked_by_id=actor.user_id,
            asked_at=work.at,
        )
        work.session.add(row)
        work.session.flush()
        work.record("correction.asked", "correction_request", row.id, note=row.message, declaration=declaration.id)
        return row.id


def _check_asked(
    session: Session, declaration: HourDeclaration, line_id: int | None, wanted_minutes: int | None
) -> None:
    if declaration.state not in DECIDED:
        raise RuleRefused("Ce mois n’est pas encore décidé : corrigez-le directement, ou demandez qu’il vous revienne.")
    if line_id is not None:
        line = session.get(DeclarationLine, line_id)
        if line is None or line.declaration_id != declaration.id:
            raise NotFound()
        if line.state is LineState.REVERSED:
            raise RuleRefused("Cette ligne a déjà été annulée. Demandez la correction de celle qui la remplace.")
    same = select(CorrectionRequest.id).where(
        CorrectionRequest.declaration_id == declaration.id,
        CorrectionRequest.line_id.is_(None) if line_id is None else CorrectionRequest.line_id == line_id,
        CorrectionRequest.state == OPEN,
    )
    if session.execute(same.limit(1)).first() is not None:
        raise Conflict("Une correction est déjà demandée pour ces heures. Le facilitateur va vous répondre.")


def list_open(ctx: Context, actor: Actor) -> tuple[RequestRow, ...]:
    """Requests that wait for an answer, the oldest first."""
    require(actor, Permission.DECIDE_HOURS)
    with ctx.read() as session:
        return _rows(session, _query().where(CorrectionRequest.state == OPEN))


def requests_of(session: Session, declaration_id: int) -> tuple[RequestRow, ...]:
    """Every request on a declaration, the oldest first."""
    return _rows(session, _query().where(CorrectionRequest.declaration_id == declaration_id))


def count_open(session: Session) -> int:
    """How many requests wait for an officer."""
    query = select(func.count(CorrectionRequest.id)).where(CorrectionRequest.state == OPEN)
    return session.execute(query).scalar_one()


_Rows = Select[CorrectionRequest, HourDeclaration, str, str]


def _query() -> _Rows:
    return (
        select(CorrectionRequest, HourDeclaration, Organisation.name, Commitment.label)
        .join(HourDeclaration, HourDeclaration.id == CorrectionRequest.declaration_id)
        .join(Organisation, Organisation.id == HourDeclaration.organisation_id)
        .join(Commitment, Commitment.id == HourDeclaration.commitment_id)
        .order_by(CorrectionRequest.asked_at, CorrectionRequest.id)
    )


def _rows(session: Session, query: _Rows) -> tuple[RequestRow, ...]:
    rows = session.execute(query).all()
    lines = _lines(session, {row[0].line_id for row in rows if row[0].line_id is not None})
    names = _names(session, {row[0].asked_by_id for row in rows})
    found = []
    for request, declaration, company, commitment in rows:
        code, minutes = lines.get(request.line_id, ("", None))
        found.append(
            RequestRow(
                id=request.id,
                declaration_id=declaration.id,
                line_id=request.line_id,
                code=code,
                minutes=minutes,
                wanted_minutes=request.wanted_minutes,
                message=request.message,
                state=request.state,
                answer=request.answer,
                company=company,
                commitment=commitment,
                month=declaration.month,
                asked_by=names.get(request.asked_by_id, ""),
                asked_at=request.asked_at,
                answered_at=request.answered_at,
                version=request.version,
            )
        )
    return tuple(found)


def _lines(session: Session, ids: set[int]) -> dict[int | None, tuple[str, int | None]]:
    query = (
        select(DeclarationLine.id, Participation.code, DeclarationLine.minutes)
        .join(Participation, Participation.id == DeclarationLine.participation_id)
        .where(DeclarationLine.id.in_(sorted(ids)))
    )
    return {row.id: (row.code, row.minutes) for row in session.execute(query)}


def _names(session: Session, ids: set[int | None]) -> dict[int | None, str]:
    known = sorted(key for key in ids if key is not None)
    query = select(UserAccount.id, UserAccount.name).where(UserAccount.id.in_(known))
    return {row.id: row.name for row in session.execute(query)}


def answer_correction(
    ctx: Context,
    actor: Actor,
    declaration_id: int,
    request_id: int,
    version: int,
    *,
    accept: bool,
    answer: str,
    override_reason: str = "",
) -> str:
    """Accept or refuse a request; returns what was done, for the page.

    Accepted, a validated line takes the hours asked (0: it is undone) at once; otherwise the month is open again for
    the company: the same declaration while nothing in it stands, else another one beside it. A refusal needs its
    reason. Raises `Invalid`, `RuleRefused`, `Conflict`, `NotFound`.
    """
    require(actor, Permission.DECIDE_HOURS)
    text = answer.strip()
    if len(text) > LONGEST or (not accept and not text):
        told = f"Écrivez pourquoi, l’entreprise le lira ({LONGEST} caractères au plus)."
        raise Invalid(told, [FieldError("answer", told)])
    with ctx.write(actor) as work:
        take_turn(work.session)
        request = _open_request(work.session, actor, declaration_id, request_id, version)
        done = "La demande est refusée."
        if accept:
            done = _accept(work, actor, request, text, override_reason)
        request.state, request.answer = (ACCEPTED if accept else REFUSED), text
        request.answered_by_id, request.answered_at = actor.user_id, work.at
        code = "correction.accepted" if accept else "correction.refused"
        acted_on(work, work.session.get_one(HourDeclaration, declaration_id).commitment_id)
        work.record(code, "correction_request", request.id, note=text, declaration=declaration_id)
        return done


def _open_request(
    session: Session, actor: Actor, declaration_id: int, request_id: int, version: int
) -> CorrectionRequest:
    scope.fetch(session, actor, HourDeclaration, declaration_id)
    row = session.get(CorrectionRequest, request_id)
    if row is None or row.declaration_id != declaration_id:
        raise NotFound()
    if row.state != OPEN or row.version != version:
        who = _names(session, {row.answered_by_id}).get(row.answered_by_id, "Une autre personne")
        when = written_instant(row.answered_at) if row.answered_at else ""
        word = "accepté" if row.state == ACCEPTED else "refusé"
        raise Conflict(f"{who} a déjà {word} cette demande {when}.")
    return row


def _accept(work: UnitOfWork, actor: Actor, request: CorrectionRequest, text: str, override_reason: str) -> str:
    line = work.session.get(DeclarationLine, request.line_id) if request.line_id is not None else None
    if line is not None and line.state is LineState.VALIDATED and request.wanted_minutes is not None:
        note = text or request.message
        if request.wanted_minutes == 0:
            undo(work, actor, line.id, ReversalReason.ASKED, note)
            return "La ligne est annulée."
        replace_line(work, actor, line.id, request.wanted_minutes, ReversalReason.ASKED, note, override_reason)
        return "La ligne est corrigée : l’ancienne est annulée, la nouvelle est validée."
    return _reopen(work, request, text)


def _reopen(work: UnitOfWork, request: CorrectionRequest, text: str) -> str:
    """The company declares again: in the same declaration when nothing in it stands, else in another one beside."""
    declaration = load(work.session, request.declaration_id)
    if declaration.state not in DECIDED:
        raise RuleRefused(f"Cette déclaration est déjà «{NBSP}{declaration.state.label.lower()}{NBSP}».")
    undone = [line for line in declaration.lines if line.state is LineState.REVERSED]
    # Once another declaration was begun for the month, this one is only read: the company mends the last one.
    last = declaration.number == max(number for number, _ in _numbers(work.session, declaration))
    if settled_state(declaration.lines) is DeclarationState.REJECTED and not undone and last:
        declaration.state, declaration.return_reason = DeclarationState.RETURNED, text or request.message
        declaration.decided_at = declaration.decided_by_id = None
        for line in declaration.lines:
            line.state, line.decided_at, line.decided_by_id = LineState.PENDING, None, None
        forget_resolutions(work.session, [line.id for line in declaration.lines])
        work.record("declaration.reopened", "hour_declaration", declaration.id)
        return "La déclaration est rouverte : l’entreprise peut la corriger."
    number = _begin_another(work, declaration)
    return f"Une déclaration complémentaire (n°{NBSP}{number}) est ouverte à l’entreprise pour ce mois."


def _numbers(session: Session, declaration: HourDeclaration) -> list[tuple[int, DeclarationState]]:
    """Every declaration of the same month by the same company, with its state."""
    query = select(HourDeclaration.number, HourDeclaration.state).where(
        HourDeclaration.commitment_id == declaration.commitment_id,
        HourDeclaration.organisation_id == declaration.organisation_id,
        HourDeclaration.month == declaration.month,
    )
    return [(row.number, row.state) for row in session.execute(query)]


def _begin_another(work: UnitOfWork, declaration: HourDeclaration) -> int:
    known = _numbers(work.session, declaration)
    begun = next((number for number, state in known if state not in DECIDED), None)
    if begun is not None:
        return begun
    number = max(number for number, _ in known) + 1
    new = HourDeclaration(
        commitment_id=declaration.commitment_id,
        organisation_id=declaration.organisation_id,
        month=declaration.month,
        number=number,
        state=DeclarationState.DRAFT,
        created_at=work.at,
    )
    work.session.add(new)
    work.session.flush()
    work.record("declaration.reopened", "hour_declaration", new.id, number=number)
    return number
