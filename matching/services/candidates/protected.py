"""Protected facts: kept with date and proof for eligibility to schemes, on a page of their own.

They never enter a ranking: nothing of the ranking can name their table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from matching.access.permissions import Actor, Permission, require
from matching.errors import Problems
from matching.exchange.values import BadValue, parse_date
from matching.services.candidates.editing import editing
from matching.services.context import Context
from matching.services.reading import note_read
from matching.store.scope import fetch
from matching.store.tables.people import Candidate
from matching.store.tables.protected import PROTECTED_KINDS, ProtectedFact
from matching.terms import FactSource

_YES_NO = {"yes": "oui", "no": "non"}
__all__ = [
    "PROTECTED_KINDS",
    "ProtectedAnswer",
    "ProtectedLine",
    "ProtectedSheet",
    "choices_of",
    "read_protected",
    "set_protected",
]
CHOICES: dict[str, dict[str, str]] = {
    "sex": {"f": "Femme", "m": "Homme", "x": "Autre"},
    "nationality": {"fr": "Française", "eu": "Union européenne", "other": "Autre"},
    "family_situation": {"alone": "Seule", "couple": "En couple", "lone_parent": "Parent isolé"},
    "housing_situation": {
        "stable": "Logement stable",
        "hosted": "Hébergée chez un tiers",
        "shelter": "En hébergement",
        "none": "Sans logement",
    },
}
"""What can be answered to each kind; the others are yes or no, and the birth date a day."""


@dataclass(frozen=True)
class ProtectedAnswer:
    """One answer typed; an empty `value` forgets it (unknown)."""

    kind: str
    value: str
    source: FactSource = FactSource.DECLARED
    proof: str = ""


@dataclass(frozen=True)
class ProtectedLine:
    """One protected fact as shown; `value` empty when unknown. `choices` empty for a date."""

    kind: str
    label: str
    value: str
    said: str
    source: FactSource | None
    known_on: date | None
    proof: str
    choices: dict[str, str]


@dataclass(frozen=True)
class ProtectedSheet:
    """The page of protected facts."""

    id: int
    code: str
    name: str
    version: int
    lines: tuple[ProtectedLine, ...]


def choices_of(kind: str) -> dict[str, str]:
    """Codes and labels that answer a kind; empty for a date."""
    return {} if kind == "birth_date" else CHOICES.get(kind, _YES_NO)


def read_protected(ctx: Context, actor: Actor, candidate_id: int) -> ProtectedSheet:
    """The protected facts of a person of the unit; the reading is logged."""
    require(actor, Permission.EDIT_CANDIDATE)
    with ctx.read() as session:
        candidate = fetch(session, actor, Candidate, candidate_id)
        person = candidate.person
        rows = session.execute(select(ProtectedFact).where(ProtectedFact.person_id == person.id)).scalars()
        known = {row.kind: row for row in rows}
        lines = tuple(_line(kind, label, known.get(kind)) for kind, label in PROTECTED_KINDS.items())
        name = f"{person.given_name} {person.family_name}"
        sheet = ProtectedSheet(candidate.id, candidate.code, name, candidate.version, lines)
    note_read(ctx, actor, "candidate", candidate_id, "protected")
    return sheet


def _line(kind: str, label: str, row: ProtectedFact | None) -> ProtectedLine:
    choices = choices_of(kind)
    if row is None:
        return ProtectedLine(kind, label, "", "", None, None, "", choices)
    said = choices.get(row.value, row.value)
    return ProtectedLine(kind, label, row.value, said, row.source, row.known_on, row.proof, choices)


def set_protected(
    ctx: Context, actor: Actor, candidate_id: int, version: int | None, answers: list[ProtectedAnswer]
) -> int:
    """Note protected answers; returns how many changed. The trail names the kinds, never the values."""
    with editing(ctx, actor, candidate_id, version) as edit:
        session, today = edit.work.session, ctx.clock.today()
        problems = Problems()
        cleaned = [(answer, _clean(answer, problems, today)) for answer in answers]
        problems.raise_if_any()
        changed = []
        for answer, value in cleaned:
            row = session.get(ProtectedFact, (edit.candidate.person_id, answer.kind))
            before = (row.value, row.source, row.proof) if row else None
            after = (value, answer.source, answer.proof.strip()) if value else None
            if before == after:
                continue
            changed.append(answer.kind)
            if row is not None and after is None:
                session.delete(row)
                continue
            if row is None:
                row = ProtectedFact(person_id=edit.candidate.person_id, kind=answer.kind)
                session.add(row)
            row.value, row.source, row.proof = value, answer.source, answer.proof.strip()
            row.known_on = today
        edit.record("candidate.protected_edited", kinds=changed)
    return len(changed)


def _clean(answer: ProtectedAnswer, problems: Problems, today: date) -> str:
    """The value to store, checked against its kind."""
    value = answer.value.strip()
    if answer.kind not in PROTECTED_KINDS:
        problems.add(answer.kind, "Cette information n’est pas prévue.", value)
        return ""
    if len(answer.proof) > 120:
        problems.add(f"proof-{answer.kind}", "Raccourcissez : 120 caractères au plus.", answer.proof)
    if not value:
        return ""
    if answer.kind == "birth_date":
        return _birth(value, problems, today)
    if value not in choices_of(answer.kind):
        problems.add(f"value-{answer.kind}", "Choisissez une des réponses proposées.", value)
    return value


def _birth(text: str, problems: Problems, today: date) -> str:
    try:
        day = parse_date(text)
    except BadValue as bad:
        problems.add("value-birth_date", bad.message, text)
        return ""
    if day is None or not date(today.year - 110, 1, 1) <= day < today:
        problems.add("value-birth_date", "Vérifiez la date de naissance.", text)
        return ""
    return day.isoformat()
