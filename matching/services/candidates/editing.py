"""What every change to a person's file shares: scope, concurrent edits, the words the ranking reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor, Permission, require
from matching.errors import Conflict, FieldError, Invalid
from matching.services.context import Context
from matching.store.scope import fetch
from matching.store.tables.people import Candidate
from matching.store.tables.reference import JobTitle, RomeOccupation
from matching.store.unit_of_work import CHANGED_MEANWHILE, UnitOfWork
from matching.text import fold


@dataclass(frozen=True)
class Edit:
    """A file open for change, within one transaction."""

    work: UnitOfWork
    candidate: Candidate

    def record(self, action: str, note: str = "", **details: str | int | bool | list[int] | list[str] | None) -> None:
        """Say what happened to this person's file: codes here, words in `note`."""
        self.work.record(action, "candidate", self.candidate.id, note, **details)


@contextmanager
def editing(ctx: Context, actor: Actor, candidate_id: int, version: int | None) -> Iterator[Edit]:
    """Open a file of the actor's unit for change. Raises `Conflict` when `version` is no longer the file's."""
    require(actor, Permission.EDIT_CANDIDATE)
    with ctx.write(actor) as work:
        candidate = fetch(work.session, actor, Candidate, candidate_id)
        if version is not None and candidate.version != version:
            raise Conflict(CHANGED_MEANWHILE)
        yield Edit(work, candidate)
        touch(work, candidate)


def touch(work: UnitOfWork, candidate: Candidate) -> None:
    """Mark the file as changed now: its version moves even when only its goals or facts did."""
    candidate.updated_at = work.at
    flag_modified(candidate, "updated_at")


def refresh_words(session: Session, candidate: Candidate) -> None:
    """Recompute what the ranking compares with offers: own words and titles, folded."""
    parts: list[str] = []
    for goal in candidate.goals:
        parts += [goal.own_words, title_label(session, goal.rome_code, goal.title_id)]
    for experience in candidate.experiences:
        parts += [experience.own_words, title_label(session, experience.rome_code, None)]
    candidate.ranking_words = " ".join(dict.fromkeys(fold(part) for part in parts if part.strip()))


def title_label(session: Session, rome_code: str, title_id: int | None) -> str:
    """The job title, or the occupation when no title was chosen; empty when the code is not known here."""
    if title_id is not None:
        label = session.execute(select(JobTitle.label).where(JobTitle.id == title_id)).scalar_one_or_none()
        if label:
            return label
    return session.execute(select(RomeOccupation.label).where(RomeOccupation.code == rome_code)).scalar() or ""


@dataclass(frozen=True)
class Occupation:
    """An occupation chosen for somebody: `title_id` when one of its titles was."""

    rome_code: str
    version: str
    title_id: int | None
    label: str


def resolve_occupation(session: Session, rome_code: str, title_id: int | None, field: str = "rome_code") -> Occupation:
    """The occupation of a code, with its ROME version. Raises `Invalid` for an unknown code or a foreign title."""
    found = session.get(RomeOccupation, rome_code.strip().upper())
    if found is None:
        raise Invalid(
            "Le métier n’est pas choisi.",
            [FieldError(field, "Écrivez le métier avec les mots de la personne, puis choisissez-le.", rome_code)],
        )
    title = session.get(JobTitle, title_id) if title_id is not None else None
    if title is None or title.rome_code != found.code:
        return Occupation(found.code, found.version, None, found.label)
    return Occupation(found.code, found.version, title.id, title.label)
