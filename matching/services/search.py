"""One box for a person of one's unit, an offer or an employer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, func, or_, select

from matching.access.permissions import Actor, Permission, require
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.tables.people import Candidate, Person
from matching.terms import CandidateState, OfferState
from matching.text import fold

SHOWN = 8
LONGEST = 100
_MOST_WORDS = 6


@dataclass(frozen=True)
class Hit:
    """Somebody or something found: its key, what to read, and what tells it from its namesakes."""

    key: int
    label: str
    detail: str


@dataclass(frozen=True)
class Found:
    """Up to `SHOWN` of each kind; `words` is what was read of what was typed."""

    words: str
    people: tuple[Hit, ...] = ()
    offers: tuple[Hit, ...] = ()
    employers: tuple[Hit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.offers or self.employers)


def search_all(ctx: Context, actor: Actor, typed: str) -> Found:
    """Who and what carries all the words: people of the actor's unit only, offers within reach, employers."""
    require(actor, Permission.READ_CANDIDATE)
    words = typed.replace("\x00", "").strip()[:LONGEST]
    parts = fold(words).split()[:_MOST_WORDS]
    if not parts:
        return Found(words)
    people = (
        select(Candidate.id, Person.given_name, Person.family_name, Candidate.code, Candidate.state)
        .join(Person, Person.id == Candidate.person_id)
        .where(scope.candidates(actor), Candidate.state != CandidateState.ARCHIVED)
        .where(*_all(parts, Person.name_search, func.lower(Candidate.code)))
        .order_by(Person.name_search, Candidate.id)
        .limit(SHOWN)
    )
    offers = (
        select(Offer.id, Offer.title, Offer.code, Offer.state, Establishment.name)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(scope.offers(actor), Offer.state.not_in((OfferState.CLOSED, OfferState.EXPIRED)))
        .where(*_all(parts, Offer.title_search, func.lower(Offer.code), Establishment.name_search))
        .order_by(Offer.title_search, Offer.id)
        .limit(SHOWN)
    )
    employers = (
        select(Organisation.id, Organisation.name, Organisation.kind)
        .where(*_all(parts, Organisation.name_search))
        .order_by(Organisation.name_search, Organisation.id)
        .limit(SHOWN)
    )
    with ctx.read() as session:
        return Found(
            words,
            tuple(
                Hit(row.id, f"{row.given_name} {row.family_name}", f"{row.code}, {row.state.label.lower()}")
                for row in session.execute(people)
            ),
            tuple(
                Hit(row.id, row.title, f"{row.name}, {row.state.label.lower()}, {row.code}")
                for row in session.execute(offers)
            ),
            tuple(Hit(row.id, row.name, row.kind.label) for row in session.execute(employers)),
        )


def _all(parts: list[str], *columns: SQLColumnExpression[str]) -> list[ColumnElement[bool]]:
    return [or_(*(column.contains(part, autoescape=True) for column in columns)) for part in parts]
