"""Ranking people for an offer: one vectorised pass, then the reasons of the rows shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Context
from matching.engine.criteria import checks_of
from matching.engine.evaluation import evaluate
from matching.engine.occupations import Occupations
from matching.engine.offer import Offer
from matching.engine.order import first_of, in_order, sort_keys, tie_hash
from matching.engine.passes import Pass, best_pass
from matching.engine.people import People, Selection
from matching.engine.policy import Policy
from matching.engine.reasons import matches_of
from matching.engine.results import PersonMatch, Ranking
from matching.engine.standing import Rows
from matching.engine.statuses import TIERS

__all__ = ["considered", "explain", "first_of", "rank", "shortlist", "sort_keys", "tie_hash"]


def rank(
    people: People,
    offer: Offer,
    policy: Policy,
    *,
    today: int,
    seed: int,
    occupations: Occupations,
    top: int = 50,
    rows: npt.NDArray[Any] | None = None,
    eligible: npt.NDArray[np.int8] | None = None,
    judge: Pass | None = None,
) -> Ranking:
    """The first `top` people for an offer, with their reasons.

    `today`: day number. `rows`: mask or indices to restrict to (a unit); inactive people are left out anyway.
    `eligible` int8[len(people)] (1, 0, -1 unknown) is read only when the offer is reserved. `judge`: how people are
    judged (`passes`), the same result in any case; the fastest ready when not given.
    """
    context = Context(people, offer, policy, occupations, today, eligible)
    kept = considered(people, rows)
    checks = checks_of(context)
    by = (judge or best_pass())(context, checks)
    standing = by.standing(kept)
    near = standing.within(top)
    best = in_order(people.ids, near, by.keys(near), seed, top)
    shown = evaluate(context, Selection(people, best), checks)
    matches = matches_of(context, best, shown, np.arange(1, len(best) + 1))
    return Ranking(
        ids=people.ids[best],
        tiers=shown.tiers,
        fit=shown.fit,
        parts=np.ascontiguousarray(shown.parts.T),
        statuses=np.ascontiguousarray(shown.statuses.T),
        delays=np.ascontiguousarray(shown.delays.T),
        matches=matches,
        considered=len(kept),
        tier_counts=dict(zip(TIERS, standing.counts, strict=True)),
    )


def shortlist(
    people: People,
    offer: Offer,
    policy: Policy,
    *,
    today: int,
    seed: int,
    occupations: Occupations,
    top: int = 50,
    rows: npt.NDArray[Any] | None = None,
    eligible: npt.NDArray[np.int8] | None = None,
    judge: Pass | None = None,
) -> npt.NDArray[np.int64]:
    """The ids that `rank` would give, in the same order, without their reasons."""
    context = Context(people, offer, policy, occupations, today, eligible)
    by = (judge or best_pass())(context, checks_of(context))
    return people.ids[by.first(considered(people, rows), seed, top)]


def explain(
    people: People,
    offer: Offer,
    policy: Policy,
    person_id: int,
    *,
    today: int,
    seed: int,
    occupations: Occupations,
    rows: npt.NDArray[Any] | None = None,
    eligible: npt.NDArray[np.int8] | None = None,
    judge: Pass | None = None,
) -> PersonMatch:
    """ "Why not this person?": the same match for anybody, with the rank they have or would have.

    KeyError when the person is not in the snapshot.
    """
    context = Context(people, offer, policy, occupations, today, eligible)
    row = people.row_of(person_id)
    kept = considered(people, rows)
    checks = checks_of(context)
    here = np.array([row], np.int64)
    seen = evaluate(context, Selection(people, here), checks)
    own_tier, own_tie = seen.tiers[0], tie_hash(seed, people.ids[here])[0]
    by = (judge or best_pass())(context, checks)
    standing = by.standing(kept)
    rivals = standing.of_tier(own_tier)
    rivals = rivals[rivals != row]
    keys, own_key = by.keys(rivals), sort_keys(seen.tiers, seen.fit)[0]
    even = rivals[keys == own_key]
    ahead = sum(standing.counts[:own_tier]) + np.count_nonzero(keys < own_key)
    ahead += np.count_nonzero(tie_hash(seed, people.ids[even]) < own_tie)
    return matches_of(context, here, seen, np.array([int(ahead) + 1]))[0]


def considered(people: People, rows: npt.NDArray[Any] | None) -> Rows:
    """Rows of the active people among those asked for (mask or indices; None = all), in order.

    IndexError for a row that is not there; a negative one is not counted from the end.
    """
    if rows is None:
        return people.looking
    chosen = np.asarray(rows)
    if chosen.dtype == np.bool_:
        return np.flatnonzero(chosen & people.active)
    chosen = np.unique(chosen.astype(np.int64))
    if len(chosen) and chosen[0] < 0:
        raise IndexError("a row is not negative")
    looking: Rows = chosen[people.active[chosen]]
    return looking
