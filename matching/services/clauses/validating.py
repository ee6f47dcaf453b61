"""The officer's decision on a declaration: line by line, in one transaction, and exactly one officer wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import DeclarationState, LineState, RejectReason
from matching.clock import PARIS
from matching.errors import Conflict, FieldError, Invalid, Problems, RuleRefused
from matching.services.clauses.duplicates import forget_resolutions
from matching.services.clauses.entering import Counted, enter_lines, settled_state, take_turn
from matching.services.clauses.findings import LineFindings, findings_of
from matching.services.clauses.history_lines import Appended, HistoryLine, append_validated
from matching.services.clauses.participations import acted_on
from matching.services.clauses.verdicts import (
    Cut,
    Decision,
    Pieces,
    Reject,
    Validate,
    after_cut,
    minutes_validated,
    pieces_of,
)
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP, written_day, written_hours

__all__ = [
    "Appended",
    "Cut",
    "Decision",
    "HistoryLine",
    "Reject",
    "Saved",
    "Validate",
    "append_validated",
    "decide_lines",
    "return_for_correction",
]

NOT_SAVED = "Rien n’a été enregistré. Quelques lignes sont à reprendre."
LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Saved:
    """What was written: how many lines, the minutes that entered the ledger, how many lines are left."""

    validated: int
    rejected: int
    minutes: int
    left: int
    state: DeclarationState


def decide_lines(
    ctx: Context, actor: Actor, declaration_id: int, version: int, decisions: Mapping[int, Decision]
) -> Saved:
    """Validate, reject or cut lines of a declaration, all together; lines not named are left without decision.

    The rules are read again inside the transaction. Raises `Invalid` (fields `line-<id>`) when a line cannot be
    decided so, `Conflict` when another officer, or the company, was faster: it says what they did.
    """
    require(actor, Permission.DECIDE_HOURS)
    if not decisions:
        raise Invalid("Aucune décision n’est choisie. Choisissez « Valider » ou « Rejeter » sur une ligne au moins.")
    with ctx.write(actor) as work:
        declaration = claim(work, actor, declaration_id, version)
        chosen = _pending(work.session, declaration, decisions)
        out = [key for key, decision in decisions.items() if isinstance(decision, Reject)]
        found = findings_of(work.session, declaration, ctx.clock.today(), leaving_out=out)
        counted, rejected = _apply(work, declaration, chosen, decisions, found)
        take(work, declaration)
        _settle(work, declaration)
        enter_lines(work, counted)
        acted_on(work, declaration.commitment_id)
        _record(work, declaration, counted, rejected)
        return _saved(declaration, counted, rejected)


def claim(work: UnitOfWork, actor: Actor, declaration_id: int, version: int) -> HourDeclaration:
    """The declaration as this officer read it, once whoever was writing is done. Nothing is written yet.

    Raises `Conflict` with what another decided, `NotFound`.
    """
    session = work.session
    take_turn(session)
    scope.fetch(session, actor, HourDeclaration, declaration_id)
    declaration = load(session, declaration_id)
    if declaration.version != version or declaration.state is not DeclarationState.SUBMITTED:
        raise Conflict(what_happened(session, declaration))
    return declaration


def take(work: UnitOfWork, declaration: HourDeclaration) -> None:
    """The first write: one statement compares the version and the state read by `claim`, and moves the version.

    Whoever comes second finds another version: `Conflict`, with what the first decided.
    """
    session, version = work.session, declaration.version
    taken = session.execute(
        update(HourDeclaration)
        .where(
            HourDeclaration.id == declaration.id,
            HourDeclaration.version == version,
            HourDeclaration.state == DeclarationState.SUBMITTED,
        )
        .values(version=version + 1)
        .returning(HourDeclaration.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if taken is None:
        raise Conflict(what_happened(session, load(session, declaration.id)))
    set_committed_value(declaration, "version", version + 1)


def load(session: Session, declaration_id: int) -> HourDeclaration:
    """The declaration as it is now, with its lines and their days."""
    query = (
        select(HourDeclaration)
        .where(HourDeclaration.id == declaration_id)
        .options(selectinload(HourDeclaration.lines).selectinload(DeclarationLine.days))
        .execution_options(populate_existing=True)
    )
    return session.execute(query).scalar_one()


def _pending(
    session: Session, declaration: HourDeclaration, decisions: Mapping[int, Decision]
) -> dict[int, DeclarationLine]:
    chosen = {line.id: line for line in declaration.lines if line.id in decisions}
    if len(chosen) < len(decisions):
        raise Invalid("Une ligne choisie n’est plus dans cette déclaration. Rouvrez la page, puis recommencez.")
    if any(line.state is not LineState.PENDING for line in chosen.values()):
        raise Conflict(what_happened(session, declaration))
    return chosen


def _apply(
    work: UnitOfWork,
    declaration: HourDeclaration,
    chosen: Mapping[int, DeclarationLine],
    decisions: Mapping[int, Decision],
    found: Mapping[int, LineFindings],
) -> tuple[list[Counted], list[DeclarationLine]]:
    """Write each decision on its line; every line that cannot be decided so is told at once."""
    problems = Problems()
    counted: list[Counted] = []
    rejected: list[DeclarationLine] = []
    for key, line in sorted(chosen.items()):
        decision = decisions[key]
        try:
            if isinstance(decision, Reject):
                _reject(work, line, decision)
                rejected.append(line)
                continue
            judged = found[key]
            if isinstance(decision, Cut):
                pieces = pieces_of(judged)
                judged = after_cut(judged, pieces.kept)
                minutes, code = minutes_validated(judged, decision.override_reason.strip())
                rejected += _cut(work, declaration, line, pieces)
            else:
                minutes, code = minutes_validated(judged, decision.override_reason.strip())
            _validate(work, line, code, decision.override_reason.strip())
            counted.append(Counted(line, declaration.commitment_id, minutes))
        except RuleRefused as error:
            problems.add(f"line-{key}", error.message)
    problems.raise_if_any(NOT_SAVED)
    return counted, rejected


def _decided(work: UnitOfWork, line: DeclarationLine, state: LineState) -> None:
    line.state, line.decided_by_id, line.decided_at = state, work.actor_id, work.at


def _reject(work: UnitOfWork, line: DeclarationLine, decision: Reject) -> None:
    note = decision.note.strip()
    if decision.reason is RejectReason.OTHER and not note:
        raise RuleRefused("Précisez le motif : l’entreprise le lira.")
    _check_length(note)
    _decided(work, line, LineState.REJECTED)
    line.reject_reason, line.reason_note = decision.reason, note


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NOTE:
        raise RuleRefused(f"Raccourcissez ce texte{NBSP}: {LONGEST_NOTE} caractères au plus.")


def _validate(work: UnitOfWork, line: DeclarationLine, code: str, reason: str) -> None:
    _check_length(reason)
    _decided(work, line, LineState.VALIDATED)
    if code:
        line.override_code, line.override_reason = code, reason
        work.record("line.overridden", "declaration_line", line.id, note=reason, rule=code)


def _cut(
    work: UnitOfWork, declaration: HourDeclaration, line: DeclarationLine, pieces: Pieces
) -> list[DeclarationLine]:
    """The line keeps the days that count; each other part becomes a rejected line of its own."""
    made = []
    for part, reason in pieces.out:
        new = DeclarationLine(
            participation_id=line.participation_id,
            from_on=part.from_on,
            to_on=part.to_on,
            minutes=part.minutes,
            training_minutes=part.training_minutes,
            evidence_id=line.evidence_id,
            reject_reason=reason,
            days=[LineDay(day=day, minutes=minutes) for day, minutes in part.days],
        )
        _decided(work, new, LineState.REJECTED)
        declaration.lines.append(new)
        made.append(new)
    kept, days = pieces.kept, {day for day, _ in pieces.kept.days}
    line.from_on, line.to_on, line.minutes = kept.from_on, kept.to_on, kept.minutes
    line.training_minutes = kept.training_minutes
    line.days = [day for day in line.days if day.day in days]
    work.record(
        "line.cut", "declaration_line", line.id, kept=kept.minutes, out=sum(p.minutes or 0 for p, _ in pieces.out)
    )
    return made


def _settle(work: UnitOfWork, declaration: HourDeclaration) -> None:
    declaration.state = settled_state(declaration.lines)
    if declaration.state is not DeclarationState.SUBMITTED:
        declaration.decided_at, declaration.decided_by_id = work.at, work.actor_id
    work.session.flush()


def _record(
    work: UnitOfWork, declaration: HourDeclaration, counted: Sequence[Counted], rejected: Sequence[DeclarationLine]
) -> None:
    work.record(
        "declaration.decided",
        "hour_declaration",
        declaration.id,
        state=declaration.state.value,
        validated=[one.line.id for one in counted],
        rejected=[line.id for line in rejected],
        minutes=sum(one.minutes for one in counted),
    )


def _saved(declaration: HourDeclaration, counted: Sequence[Counted], rejected: Sequence[DeclarationLine]) -> Saved:
    left = sum(line.state is LineState.PENDING for line in declaration.lines)
    minutes = sum(one.minutes for one in counted)
    return Saved(len(counted), len(rejected), minutes, left, declaration.state)


# --- sending it back ------------------------------------------------------------------------------------


def return_for_correction(ctx: Context, actor: Actor, declaration_id: int, version: int, reason: str) -> None:
    """Send the declaration back to the company with what to mend; only while nothing in it is validated.

    Lines already rejected are open again, with doubles to settle anew: their hours may change. A line taken back stays
    so, for its entries name it. Raises `Invalid`, `RuleRefused`, `Conflict`.
    """
    require(actor, Permission.DECIDE_HOURS)
    text = reason.strip()
    if not text:
        told = "Écrivez ce que l’entreprise doit corriger : elle le lira."
        raise Invalid(told, [FieldError("return_reason", told)])
    if len(text) > LONGEST_NOTE:
        told = f"Raccourcissez ce texte{NBSP}: {LONGEST_NOTE} caractères au plus."
        raise Invalid(told, [FieldError("return_reason", told)])
    with ctx.write(actor) as work:
        declaration = claim(work, actor, declaration_id, version)
        if any(line.state is LineState.VALIDATED for line in declaration.lines):
            raise RuleRefused(
                "Des lignes de cette déclaration sont déjà validées : elle ne peut plus être renvoyée. Rejetez les "
                "lignes à reprendre avec leur motif ; l’entreprise déclarera à part ce qui manque."
            )
        take(work, declaration)
        declaration.state, declaration.return_reason = DeclarationState.RETURNED, text
        again = [line for line in declaration.lines if line.state is not LineState.REVERSED]
        for line in again:
            line.state, line.reject_reason, line.reason_note = LineState.PENDING, None, ""
            line.decided_at = line.decided_by_id = None
        forget_resolutions(work.session, [line.id for line in again])
        acted_on(work, declaration.commitment_id)
        work.record("declaration.returned", "hour_declaration", declaration.id, note=text)


# --- what the other did -----------------------------------------------------------------------------------


def what_happened(session: Session, declaration: HourDeclaration) -> str:
    """What was done to a declaration since it was read: who, when, which lines."""
    last = session.execute(
        select(AuditEvent.at, AuditEvent.action, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == AuditEvent.actor_id)
        .where(AuditEvent.subject_type == "hour_declaration", AuditEvent.subject_id == declaration.id)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).first()
    kept = "Rien n’a été compté deux fois. Vos choix restent affichés pour les lignes encore sans décision."
    if last is None or last.action not in ("declaration.decided", "declaration.returned"):
        return f"Cette déclaration a changé depuis que vous l’avez ouverte. Relisez-la, puis recommencez. {kept}"
    who, when = last.name or "Une autre personne", written_instant(last.at)
    if last.action == "declaration.returned":
        return f"{who} a renvoyé cette déclaration à l’entreprise {when}. Rien n’a été validé."
    return f"{who} a enregistré ses décisions {when}{NBSP}: {_lines_decided(session, declaration, last.at)}. {kept}"


def _lines_decided(session: Session, declaration: HourDeclaration, at: datetime) -> str:
    ids = [line.participation_id for line in declaration.lines]
    rows = session.execute(select(Participation.id, Participation.code).where(Participation.id.in_(ids)))
    codes = {row.id: row.code for row in rows}
    words = []
    for state, word in ((LineState.VALIDATED, "validée"), (LineState.REJECTED, "rejetée")):
        names = [codes[line.participation_id] for line in declaration.lines if _is(line, state, at)]
        if names:
            words.append(f"{', '.join(names)} {word}{'s' if len(names) > 1 else ''}")
    return "\u00a0; ".join(words) or "aucune ligne"


def _is(line: DeclarationLine, state: LineState, at: datetime) -> bool:
    return line.state is state and line.decided_at == at


def written_instant(at: datetime) -> str:
    """« le 9 juin 2026 à 14 h 30 », in French time."""
    local = at.astimezone(PARIS)
    return f"le {written_day(local.date())} à {written_hours(local.hour * 60 + local.minute)}"
