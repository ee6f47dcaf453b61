"""What a run ranks: the open offers, read once at one moment, and the state of the data they were read at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from matching import engine
from matching.services.context import Context
from matching.services.ranking.boards import read_offers, with_a_seat
from matching.services.ranking.lists import ENGINE_VERSION
from matching.services.ranking.loading import engine_offer
from matching.store.ranking_source import GuardedReader, read_catalogue
from matching.store.tables.offers import Offer
from matching.store.tables.reference import RomeOccupation
from matching.store.unit_of_work import current_versions

_CHUNK = 500


@dataclass(frozen=True)
class Basis:
    """What two lists must share to be compared: the data's versions, the day, the engine, how many people.

    `versions` goes by stream: counters only. It is written down, so nothing in it is made from the data themselves.
    """

    versions: Mapping[str, int]
    day: date
    engine: str
    top: int


@dataclass(frozen=True)
class Asked:
    """An open offer in the engine's words. `publics`: those it is reserved to, sorted."""

    id: int
    code: str
    title: str
    publics: tuple[str, ...]
    offer: engine.Offer


@dataclass(frozen=True)
class Plan:
    """The open offers in the order of their numbers."""

    basis: Basis
    offers: tuple[Asked, ...]

    @property
    def publics(self) -> frozenset[tuple[str, ...]]:
        """Each set of publics that an offer is reserved to."""
        return frozenset(asked.publics for asked in self.offers if asked.publics)


def read_plan(ctx: Context, top: int) -> Plan:
    """Every open offer as of now."""
    with ctx.read() as session:
        versions = current_versions(session)
        catalogue = read_catalogue(GuardedReader(session))
        labels = dict(session.execute(select(RomeOccupation.code, RomeOccupation.label)).all())
        ids = list(session.execute(select(Offer.id).where(with_a_seat()).order_by(Offer.id)).scalars())
        offers: list[Asked] = []
        for first in range(0, len(ids), _CHUNK):
            offers += [
                Asked(
                    offer.id,
                    offer.code,
                    offer.title,
                    tuple(sorted(offer.reserved_publics)),
                    engine_offer(offer, catalogue, labels.get(offer.rome_code or "", "")),
                )
                for offer in read_offers(session, ids[first : first + _CHUNK])
            ]
            session.expunge_all()
    return Plan(Basis(versions, ctx.clock.today(), ENGINE_VERSION, top), tuple(offers))
