"""Undoing validated hours, and correcting them: an exact reversal, then a new line. History stays."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.ledger import Entry, reversal_of
from matching.clauses.terms import LineState
from matching.clock import PARIS
from matching.errors import Conflict, FieldError, Invalid, Problems
from matching.services.clauses.duplicates import keep_resolutions, line_in_reach
from matching.services.clauses.entering import Counted, enter_lines, settled_state, take_turn
from matching.services.clauses.findings import findings_of
from matching.services.clauses.validating import LONGEST_NOTE, load, written_instant
from matching.services.clauses.verdicts import minutes_validated
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.accounts import UserAccount
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import UnitOfWork
from matching.terms import Labelled
from matching.text import NBSP


class ReversalReason(Labelled):
    """Why validated hours no longer count."""

    TYPING_ERROR = "typing_error", "Erreur de saisie"
    ALREADY_COUNTED = "already_counted", "Heures comptées deux fois"
    NOT_WORKED = "not_worked", "Heures non travaillées sur cet engagement"
    NOT_ELIGIBLE = "not_eligible", "Personne ou période non éligible"
    EVIDENCE = "evidence", "Justificatif démenti"
    ASKED = "asked", "Correction demandée par l’entreprise"
    OTHER = "other", "Autre, à préciser"


@dataclass(frozen=True)
class Reversed:
    """The line undone, its declaration, the minutes taken back, and the line that replaces it (if any)."""

    line_id: int
    declaration_id: int
    minutes: int
    new_line_id: int | None = None


def reverse_line(ctx: Context, actor: Actor, line_id: int, reason: ReversalReason, note: str) -> Reversed:
    """Take back every standing minute of a validated line, shared ones too. Raises `Invalid`, `Conflict`."""
    require(actor, Permission.DECIDE_HOURS)
    _check_words(reason, note)
    with ctx.write(actor) as work:
        return undo(work, actor, line_id, reason, note)


def correct_line(
    ctx: Context,
    actor: Actor,
    line_id: int,
    new_minutes: int | None,
    reason: ReversalReason,
    note: str = "",
    override_reason: str = "",
) -> Reversed:
    """Replace the minutes of a validated line: reversal, new line and its entry in one transaction.

    The new line keeps the period, not the days; the rules are read again. Raises `Invalid`, `RuleRefused`, `Conflict`.
    """
    require(actor, Permission.DECIDE_HOURS)
    _check_words(reason, note)
    with ctx.write(actor) as work:
        return replace_line(work, actor, line_id, new_minutes, reason, note, override_reason)


def undo(work: UnitOfWork, actor: Actor, line_id: int, reason: ReversalReason, note: str) -> Reversed:
    """`reverse_line` within a transaction."""
    line, entries = _take_back(work, actor, line_id, reason, note)
    declaration = load(work.session, line.declaration_id)
    _settle(work, declaration)
    enter_lines(work, (), entries)
    return Reversed(line.id, declaration.id, _taken(entries))


def replace_line(
    work: UnitOfWork,
    actor: Actor,
    line_id: int,
    new_minutes: int | None,
    reason: ReversalReason,
    note: str,
    override_reason: str = "",
) -> Reversed:
    """`correct_line` within a transaction."""
    before = line_in_reach(work.session, actor, line_id)
    _check_minutes(before, new_minutes)
    line, entries = _take_back(work, actor, line_id, reason, note)
    declaration = load(work.session, line.declaration_id)
    new = DeclarationLine(
        participation_id=line.participation_id,
        from_on=line.from_on,
        to_on=line.to_on,
        minutes=new_minutes,
        training_minutes=min(line.training_minutes, new_minutes or 0),
        evidence_id=line.evidence_id,
        corrects_id=line.id,
        state=LineState.PENDING,
        reason_note=note.strip(),
    )
    declaration.lines.append(new)
    work.session.flush()
    keep_resolutions(work, line.id, new.id)
    counted = _judge(work, declaration, new, override_reason.strip() or line.override_reason)
    _settle(work, declaration)
    enter_lines(work, [counted], entries)
    work.record("line.corrected", "declaration_line", new.id, corrects=line.id, before=line.minutes, after=new_minutes)
    return Reversed(line.id, declaration.id, _taken(entries), new.id)


def _judge(work: UnitOfWork, declaration: HourDeclaration, new: DeclarationLine, override_reason: str) -> Counted:
    found = findings_of(work.session, declaration, work.at.astimezone(PARIS).date())[new.id]
    minutes, code = minutes_validated(found, override_reason)
    new.state, new.decided_by_id, new.decided_at = LineState.VALIDATED, work.actor_id, work.at
    if code:
        new.override_code, new.override_reason = code, override_reason
    return Counted(new, declaration.commitment_id, minutes)


def _take_back(
    work: UnitOfWork, actor: Actor, line_id: int, reason: ReversalReason, note: str
) -> tuple[DeclarationLine, list[Entry]]:
    """Mark the line and prepare the opposites of its standing entries: compared and set, so that one officer wins."""
    session = work.session
    take_turn(session)
    line = line_in_reach(session, actor, line_id)
    session.refresh(line)
    if line.state is not LineState.VALIDATED:
        raise Conflict(_not_standing(session, line))
    taken = session.execute(
        update(DeclarationLine)
        .where(DeclarationLine.id == line.id, DeclarationLine.state == LineState.VALIDATED)
        .values(state=LineState.REVERSED, reason_note=note.strip())
        .returning(DeclarationLine.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        raise Conflict(_not_standing(session, line))
    session.refresh(line)
    standing = ledger.standing_entries(session, line.id)
    entries = [reversal_of(row.id, ledger.as_entry(row), reason.value) for row in standing]
    minutes = -sum(entry.minutes for entry in entries)
    work.record("line.reversed", "declaration_line", line.id, note=note.strip(), reason=reason.value, minutes=minutes)
    return line, entries


def _not_standing(session: Session, line: DeclarationLine) -> str:
    last = session.execute(
        select(AuditEvent.at, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
        .where(
            AuditEvent.subject_type == "declaration_line",
            AuditEvent.subject_id == line.id,
            AuditEvent.action == "line.reversed",
        )
    ).first()
    if last is not None:
        return f"{last.name or 'Une autre personne'} a déjà annulé cette ligne {written_instant(last.at)}."
    return "Cette ligne n’est pas validée : il n’y a rien à annuler. Rouvrez la page pour voir où elle en est."


def _settle(work: UnitOfWork, declaration: HourDeclaration) -> None:
    declaration.state = settled_state(declaration.lines)
    work.session.flush()


def _taken(entries: list[Entry]) -> int:
    return -sum(entry.minutes for entry in entries)


def _check_words(reason: ReversalReason, note: str) -> None:
    problems = Problems()
    if reason is ReversalReason.OTHER and not note.strip():
        problems.add("note", "Précisez pourquoi ces heures ne comptent plus.")
    if len(note.strip()) > LONGEST_NOTE:
        problems.add("note", f"Raccourcissez ce texte{NBSP}: {LONGEST_NOTE} caractères au plus.")
    problems.raise_if_any()


def _check_minutes(line: DeclarationLine, new_minutes: int | None) -> None:
    told = ""
    if not new_minutes or new_minutes < 0:
        told = "Écrivez les heures qui doivent compter, par exemple 63h30. Si aucune ne compte, annulez la ligne."
    elif new_minutes == line.minutes:
        told = "Ce sont déjà les heures de cette ligne. Écrivez les heures qui doivent compter."
    if told:
        raise Invalid(told, [FieldError("new_minutes", told)])
