"""Participants, from a spreadsheet: people recognised or asked about, their work, the decision taken on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.exchange.importing import Record
from matching.services.clauses.importing.keys import Commitments, organisations_of
from matching.services.clauses.importing.mending import NOTHING, Mending
from matching.services.clauses.importing.participation_lines import (
    COLUMNS,
    DecisionItem,
    WorkItem,
    read_decision,
    read_work,
)
from matching.services.clauses.importing.participation_people import People, There, WhoItem, name_key
from matching.services.clauses.importing.participation_writing import ParticipationItem, write_participations
from matching.services.clauses.importing.reading import (
    Import,
    ImportReport,
    Planned,
    PlannedRow,
    Reader,
    counted,
    run_import,
)
from matching.services.clauses.rules import proof_rules
from matching.services.context import Context

__all__ = ["COLUMNS", "import_participations"]


def import_participations(
    ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool, mending: Mending = NOTHING
) -> ImportReport:
    """Take over the participants of a CSV or XLSX file, all its lines or none. Lines already there change nothing.

    Raises `Invalid` with one `FieldError` (line, column, value, remedy) per thing to mend. `dry_run` only reads.
    """
    require(actor, Permission.IMPORT_CLAUSES)
    kind = Import(lambda: COLUMNS, _plan, write_participations)
    return run_import(ctx, actor, content, filename, kind, dry_run, mending)


def _plan(session: Session, records: Sequence[Record], today: date) -> Planned[ParticipationItem]:
    commitments, people, rules = Commitments(session), People(session), proof_rules(session)
    lines = [Reader(record) for record in records]
    employers = organisations_of(session, {line.text("employer")[:9] for line in lines} - {""})
    items: list[ParticipationItem] = []
    rows: list[PlannedRow] = []
    seen = _Seen()
    for line in lines:
        work = read_work(line, commitments.named_by(line), employers, today)
        if work is None:
            continue
        if (there := _already(line, work, people)) is not None:
            if seen.first(line, work):
                rows.append(PlannedRow(line.line, _name(work), work.commitment.name, _kept(there, work), same=True))
            continue
        who = people.find(line, work.identity)
        if who is None or not seen.first(line, work) or not seen.code(line, people):
            continue
        decision = read_decision(line, work, who.birth or work.identity.birth_date, rules, today)
        seen.overlap(line, work, who, people)
        items.append(ParticipationItem(line.line, who, line.text("code"), work, decision))
        rows.append(PlannedRow(line.line, _name(work), _detail(work, decision), _note(who, work, line.line)))
    errors = tuple(error for line in lines for error in line.errors)
    return Planned(tuple(items), tuple(rows), _facts(items), errors)


def _already(line: Reader, work: WorkItem, people: People) -> There | None:
    """The participation that this line is, when it is there: same name, commitment, route, employer, first day."""
    name, code = name_key(work.identity), line.text("code").casefold()
    for there in people.by_commitment.get(work.commitment.id, ()):
        same = (there.name, there.route, there.started_on) == (name, work.typed.route, work.typed.started_on)
        if not same or there.siren != work.employer.number[:9] or (code and code != there.code.casefold()):
            continue
        if people.is_somebody_else(line.text("person_code"), there.person_id):
            continue
        birth, known = work.identity.birth_date, people.births.get(there.person_id)
        if birth is None or known is None or birth == known:
            return there
    return None


def _kept(there: There, work: WorkItem) -> str:
    said = f"Déjà là, code {there.code}. Rien ne change."
    if work.typed.ended_on is not None and work.typed.ended_on != there.ended_on:
        said += " Le dernier jour diffère : notez-le sur sa page."
    return said


class _Seen:
    """What the lines above already said."""

    def __init__(self) -> None:
        self._lines: dict[tuple[object, ...], int] = {}
        self._codes: dict[str, int] = {}
        self._periods: dict[tuple[object, ...], list[tuple[date, date, str]]] = defaultdict(list)

    def first(self, line: Reader, work: WorkItem) -> bool:
        """False, with its error, for a line written twice."""
        typed = work.typed
        key = (
            work.commitment.id,
            name_key(work.identity),
            work.identity.birth_date,
            line.text("person_code"),
            line.text("code"),
            typed.route,
            typed.started_on,
            work.employer.number[:9],
        )
        above = self._lines.setdefault(key, line.line)
        if above != line.line:
            line.error("family_name", f"Même participant que la ligne {above}. Gardez une seule des deux lignes.")
        return above == line.line

    def code(self, line: Reader, people: People) -> bool:
        """False, with its error, for a code that is taken."""
        code = line.text("code").casefold()
        if not code:
            return True
        if code in people.codes:
            line.error("code", "Ce code est déjà pris. Donnez-en un autre, ou laissez vide.", line.text("code"))
            return False
        above = self._codes.setdefault(code, line.line)
        if above != line.line:
            line.error("code", f"La ligne {above} prend déjà ce code. Donnez-en un autre, ou laissez vide.", code)
        return above == line.line

    def overlap(self, line: Reader, work: WorkItem, who: WhoItem, people: People) -> None:
        """Twice on a commitment by the same route over the same days is a slip, as on the page."""
        start, end = work.typed.started_on or date.min, work.typed.ended_on or date.max
        key = (who.key, work.commitment.id, work.typed.route)
        known = [
            (one.started_on or date.min, one.ended_on or date.max, one.code)
            for one in people.by_commitment.get(work.commitment.id, ())
            if who.person_id == one.person_id and one.route is work.typed.route
        ]
        for first, last, where in [*known, *self._periods[key]]:
            if first <= end and start <= last:
                message = (
                    f"Cette personne est déjà sur cet engagement par la même voie et sur les mêmes jours ({where})."
                )
                line.error("started_on", f"{message} Corrigez les dates, ou retirez la ligne.", start)
                return
        self._periods[key].append((start, end, f"ligne {line.line}"))


def _name(work: WorkItem) -> str:
    return f"{work.identity.given_name} {work.identity.family_name}"


def _detail(work: WorkItem, decision: DecisionItem | None) -> str:
    route = work.typed.route.label if work.typed.route else ""
    end = f" – {work.typed.ended_on:%d/%m/%Y}" if work.typed.ended_on else ""
    decided = f"éligible, décidé le {decision.decided_on:%d/%m/%Y}" if decision else "éligibilité à décider"
    return f"{work.commitment.name}, {route}, {work.typed.started_on:%d/%m/%Y}{end}, {decided}"


def _note(who: WhoItem, work: WorkItem, line: int) -> str:
    notes = [work.note] if work.note else []
    if who.person_id is not None:
        notes.append(f"Déjà connue{f' ({who.code})' if who.code else ''} : la même personne est reprise.")
    elif who.line != line:
        notes.append(f"La même personne que la ligne {who.line}.")
    if work.employer.id is None:
        notes.append(f"{work.employer.name} est un employeur nouveau.")
    return " ".join(notes)


def _facts(items: Sequence[ParticipationItem]) -> tuple[str, ...]:
    people = len({item.who.key for item in items if item.who.person_id is None})
    employers = len({item.work.employer.number[:9] for item in items if item.work.employer.id is None})
    waiting = sum(item.decision is None for item in items)
    facts = [counted(len(items), "participant")]
    if people:
        facts.append("1\u00a0personne nouvelle" if people == 1 else f"{people}\u00a0personnes nouvelles")
    if employers:
        facts.append("1\u00a0employeur nouveau" if employers == 1 else f"{employers}\u00a0employeurs nouveaux")
    if waiting:
        facts.append(f"{waiting}\u00a0à décider")
    return tuple(facts)
