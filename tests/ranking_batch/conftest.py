"""A small Département with something of everything: a reserved offer, one full, one not published, proposals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from matching.services.context import Context
from matching.services.ranking.batch.pools import OpenPool, in_line, processes
from matching.services.reference import load_embedded
from matching.terms import OfferState
from tests.support import factories
from tests.support.factories import Want

_FACTS: tuple[dict[str, factories.Fact], ...] = ({"licence_b": True}, {"licence_b": False}, {}, {"sst": True})
_GOALS = (factories.CLEANING, factories.COOKING, factories.WAREHOUSE)
_PROTECTED: tuple[dict[str, str], ...] = ({"rsa": "yes"}, {"rsa": "no", "birth_date": "2004-02-01"}, {})


@dataclass
class World:
    ctx: Context
    unit: int
    people: list[int]
    offers: list[int]

    @property
    def url(self) -> str:
        return self.ctx.engine.url.render_as_string(hide_password=False)

    def here(self) -> OpenPool:
        return partial(in_line, self.url)

    def two_processes(self) -> OpenPool:
        return partial(processes, self.url, 2)


@pytest.fixture
def make_world() -> Callable[..., World]:
    def make(ctx: Context, offers: int = 9) -> World:
        load_embedded(ctx)
        unit = factories.unit(ctx)
        people = [
            factories.candidate(
                ctx,
                unit,
                goals=[_GOALS[i % 3]],
                facts=_FACTS[i % 4],
                windows=factories.WEEK if i % 5 else (),
                protected=_PROTECTED[i % 3],
            )
            for i in range(14)
        ]
        kinds = [[], [Want("capability", "licence_b")], [Want("capability", "sst", importance="desirable")]]
        made = [factories.offer(ctx, rome=_GOALS[i % 3], wants=kinds[i % 2 + i % 3 // 2]) for i in range(offers)]
        factories.offer(ctx, state=OfferState.SUSPENDED)
        _change(ctx, made[0], reserved_publics=["rsa", "under_26"])
        _change(ctx, made[1], seats=1, filled_seats=1)
        for person in people[:3]:
            factories.proposal(ctx, made[2], person)
        return World(ctx, unit, people, [made[0], *made[2:]])

    return make


def _change(ctx: Context, offer_id: int, **columns: object) -> None:
    from matching.store.tables.offers import Offer

    with ctx.write(None) as work:
        offer = work.session.get_one(Offer, offer_id)
        for name, value in columns.items():
            setattr(offer, name, value)
        work.record("test.offer", "offer", offer_id)


@pytest.fixture
def world(any_ctx: Context, make_world: Callable[..., World]) -> World:
    return make_world(any_ctx)
