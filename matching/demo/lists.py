"""Lists that the demonstration's advisers looked at, ranked by the product itself, each on its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.services.context import Context
from matching.services.ranking import rank_candidates
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.terms import OfferState, Role

LISTS = 100
_OLDEST_DAYS = 60


def add_lists(ctx: Context, seed: int) -> None:
    """Advisers open the people of published offers over the last two months."""
    dice = Random(seed)
    with ctx.read() as session:
        accounts = session.execute(select(UserAccount).where(UserAccount.role == Role.ADVISER).order_by(UserAccount.id))
        advisers = [Actor(row.id, row.name, row.role, row.unit_id) for row in accounts.scalars()]
        published = select(Offer.id).where(Offer.state == OfferState.PUBLISHED).order_by(Offer.id)
        offers = session.execute(published).scalars().all()
    today = ctx.clock.today()
    days = sorted(today - timedelta(days=dice.randrange(1, _OLDEST_DAYS)) for _ in range(LISTS))
    for day in days:
        instant = datetime.combine(day, time(dice.randrange(8, 16), dice.randrange(60)), UTC)
        rank_candidates(replace(ctx, clock=FixedClock(instant)), dice.choice(advisers), dice.choice(offers))
