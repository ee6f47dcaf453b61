"""Finding somebody to put on a commitment, candidate of any unit or participant: name, code and unit, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.services.candidates.identity import Identity, likely_same
from matching.services.clauses.participations import Who
from matching.services.context import Context
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate, Person
from matching.text import fold

MOST_FOUND = 20


@dataclass(frozen=True)
class PersonFound:
    """Somebody known. `codes`: of their file and participations. `unit` empty: no unit follows them. `why`: why the
    person typed may be them; empty in a search."""

    person_id: int
    name: str
    codes: tuple[str, ...]
    unit: str
    why: str = ""


def find_people(ctx: Context, actor: Actor, words: str) -> tuple[PersonFound, ...]:
    """Those whose name holds every word typed, or whose code it is; nobody for less than two letters."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    folded = fold(words).split()
    if not any(len(word) > 1 for word in folded):
        return ()
    code = words.strip().upper()[:16]
    with ctx.read() as session:
        by_code = [
            *session.execute(select(Candidate.person_id).where(Candidate.code == code)).scalars(),
            *session.execute(select(Participation.person_id).where(Participation.code == code)).scalars(),
        ]
        query = select(Person.id).where(*(Person.name_search.contains(word, autoescape=True) for word in folded))
        by_name = session.execute(query.order_by(Person.name_search, Person.id).limit(MOST_FOUND)).scalars()
        ids = list(dict.fromkeys([*by_code, *by_name]))[:MOST_FOUND]
        return tuple(describe_people(session, ids))


def find_same_people(ctx: Context, actor: Actor, who: Who) -> tuple[PersonFound, ...]:
    """People already known who may be the one typed, most alike first."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.read() as session:
        identity = Identity(who.given_name, who.family_name, birth_date=who.birth_date)
        likely = likely_same(session, actor, identity)
        why = {one.person_id: one.why for one in likely}
        return tuple(describe_people(session, [one.person_id for one in likely], why))


def describe_people(
    session: Session, person_ids: Sequence[int], why: dict[int, str] | None = None
) -> list[PersonFound]:
    """Name, codes and unit of each, in the order given; a person's latest unit."""
    names = {
        row.id: f"{row.given_name} {row.family_name}"
        for row in session.execute(
            select(Person.id, Person.given_name, Person.family_name).where(Person.id.in_(person_ids))
        )
    }
    codes: dict[int, list[str]] = {}
    units: dict[int, str] = {}
    followed = (
        select(Candidate.person_id, Candidate.code, EmploymentUnit.name)
        .join(EmploymentUnit, EmploymentUnit.id == Candidate.unit_id)
        .where(Candidate.person_id.in_(person_ids))
        .order_by(Candidate.id)
    )
    for row in session.execute(followed):
        codes.setdefault(row.person_id, []).append(row.code)
        units[row.person_id] = row.name
    placed = (
        select(Participation.person_id, Participation.code)
        .where(Participation.person_id.in_(person_ids))
        .order_by(Participation.id)
    )
    for person_id, code in session.execute(placed):
        codes.setdefault(person_id, []).append(code)
    said = why or {}
    return [
        PersonFound(key, names[key], tuple(codes.get(key, ())), units.get(key, ""), said.get(key, ""))
        for key in person_ids
        if key in names
    ]
