"""One person under two files: a company and an agency that each describe somebody do not see each other's people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from matching.services.candidates.identity import search_name
from matching.store.tables.people import Person
from matching.store.tables.protected import ProtectedFact
from matching.text import NBSP

_CHUNK = 500


@dataclass(frozen=True)
class Alike:
    """A file of a person. `group`: the lowest number of those with the same name; `birth`: written, None unknown."""

    person_id: int
    group: int
    birth: str | None = None


def alike_among(session: Session, people: Collection[int]) -> dict[int, Alike]:
    """These people and whoever has the same name, given and family names in either order, by person."""
    own = _names(session, Person.id, people)
    spellings = {name for given, family in own.values() for name in _spellings(given, family)} - {""}
    groups: dict[str, list[int]] = {}
    for person_id, names in sorted((own | _names(session, Person.name_search, spellings)).items()):
        groups.setdefault(min(_spellings(*names)) or f"#{person_id}", []).append(person_id)
    births = _births(session, [key for group in groups.values() if len(group) > 1 for key in group])
    return {key: Alike(key, group[0], births.get(key)) for group in groups.values() for key in group}


def may_be_one(one: Alike, other: Alike, *, same_commitment: bool) -> bool:
    """Two births known decide. Else the same name on the same commitment is worth a look, elsewhere it is chance."""
    if one.person_id == other.person_id:
        return True
    if one.birth and other.birth:
        return one.birth == other.birth
    return same_commitment


def told_of(one: Alike, other: Alike, message: str) -> str:
    """The message of a possible double, that says when it is under two files."""
    if one.person_id == other.person_id:
        return message
    born = "" if not (one.birth and other.birth) else " et cette date de naissance"
    return f"Deux fiches portent ce nom{born}. Si c’est une seule personne{NBSP}: {message[0].lower()}{message[1:]}"


_Column = InstrumentedAttribute[int] | InstrumentedAttribute[str]


def _names(session: Session, column: _Column, values: Iterable[int | str]) -> dict[int, tuple[str, str]]:
    """Given and family names of the people whose `column` is one of these values."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in _chunks(values):
        query = select(Person.id, Person.given_name, Person.family_name).where(column.in_(chunk))
        found.update({row.id: (row.given_name, row.family_name) for row in session.execute(query)})
    return found


def _spellings(given: str, family: str) -> tuple[str, str]:
    return search_name(given, family), search_name(family, given)


def _births(session: Session, people: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for chunk in _chunks(people):
        query = select(ProtectedFact.person_id, ProtectedFact.value).where(
            ProtectedFact.person_id.in_(chunk), ProtectedFact.kind == "birth_date"
        )
        found.update({row.person_id: row.value for row in session.execute(query)})
    return found


def _chunks(values: Iterable[int | str]) -> Iterator[list[int | str]]:
    ordered = list(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
