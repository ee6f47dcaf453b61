"""The open offers in the engine's words, kept in memory and read again when one of them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, selectinload

from matching import engine
from matching.access.permissions import Actor
from matching.services.context import Context
from matching.services.ranking.loading import eligibility, engine_offer
from matching.services.ranking.snapshot import Snapshot
from matching.store import scope
from matching.store.tables.offers import Offer
from matching.store.tables.reference import RomeOccupation
from matching.store.unit_of_work import OFFERS, POLICY, REFERENCE
from matching.terms import OfferState

_Key = tuple[object, ...]
_CHUNK = 500


class Shelf:
    """The published offers of one worker. Used inside `Snapshot.current`, whose lock it shares."""

    def __init__(self) -> None:
        self._key: _Key = ()
        self._known: dict[int, tuple[_Key, engine.Offer, tuple[str, ...]]] = {}
        self._reference: int | None = None
        self._book: engine.OfferBook | None = None

    def book(self, session: Session, snap: Snapshot, policy: engine.Policy, today: date) -> engine.OfferBook:
        """Every published offer, under this policy."""
        versions = snap.versions
        key = (versions.get(OFFERS), versions.get(POLICY), versions.get(REFERENCE), today)
        if self._book is None or key != self._key:
            self._load(session, snap, versions.get(REFERENCE))
            self._book = engine.OfferBook(
                [offer for _, offer, _ in self._known.values()],
                policy,
                today=engine.day_number(today),
                occupations=snap.occupations,
                vocabulary=snap.people.vocabulary,
            )
            self._key = key
        return self._book.under(policy)

    def publics(self) -> Mapping[int, tuple[str, ...]]:
        """By offer, the publics it is reserved to."""
        return {key: publics for key, (_, _, publics) in self._known.items() if publics}

    def _load(self, session: Session, snap: Snapshot, reference: int | None) -> None:
        if reference != self._reference:
            self._known, self._reference = {}, reference
        query = select(Offer.id, Offer.version, Offer.updated_at).where(Offer.state == OfferState.PUBLISHED)
        now: dict[int, tuple[int, datetime]] = {
            row.id: (row.version, row.updated_at) for row in session.execute(query.order_by(Offer.id))
        }
        labels = dict(session.execute(select(RomeOccupation.code, RomeOccupation.label)).all())
        changed = [key for key, stamp in now.items() if key not in self._known or self._known[key][0] != stamp]
        for first in range(0, len(changed), _CHUNK):
            for offer in read_offers(session, changed[first : first + _CHUNK]):
                asked = engine_offer(offer, snap.catalogue, labels.get(offer.rome_code or "", ""))
                self._known[offer.id] = now[offer.id], asked, tuple(sorted(offer.reserved_publics))
        self._known = {key: self._known[key] for key in now if key in self._known}


def read_offers(session: Session, ids: Sequence[int]) -> list[Offer]:
    """Offers with all that they ask, in the order of their numbers; a few hundred at a time."""
    options = [selectinload(relation) for relation in (Offer.requirements, Offer.windows, Offer.places)]
    return list(session.execute(select(Offer).where(Offer.id.in_(ids)).options(*options).order_by(Offer.id)).scalars())


def shelf_of(ctx: Context) -> Shelf:
    """The shelf of this worker."""
    found = ctx.memory.setdefault("offers", Shelf())
    assert isinstance(found, Shelf)
    return found


def told_book(
    ctx: Context, session: Session, snap: Snapshot, policy: engine.Policy, among: ColumnElement[bool] | None
) -> engine.OfferBook:
    """The published offers, knowing who of `among` (None: everybody) belongs to the publics they are reserved to."""
    shelf, today = shelf_of(ctx), ctx.clock.today()
    book = shelf.book(session, snap, policy, today)
    said: dict[tuple[str, ...], npt.NDArray[np.int8] | None] = {}
    eligible = {}
    for offer, publics in shelf.publics().items():
        if publics not in said:
            said[publics] = eligibility(session, snap.people, list(publics), today, among)
        answers = said[publics]
        if answers is not None:
            eligible[offer] = answers
    return book.told(eligible) if eligible else book


def with_a_seat() -> ColumnElement[bool]:
    """Offers that people can still be hired for: published, a seat left."""
    return and_(Offer.state == OfferState.PUBLISHED, Offer.filled_seats < Offer.seats)


def reachable(session: Session, actor: Actor | None, book: engine.OfferBook) -> npt.NDArray[np.int64]:
    """Positions in the book of the offers with a seat left that the actor may read."""
    query = select(Offer.id).where(with_a_seat())
    if actor is not None:
        query = query.where(scope.offers(actor))
    ids = [book.index[key] for key in session.execute(query.order_by(Offer.id)).scalars() if key in book.index]
    return np.array(ids, np.int64)
