"""Ranking people for an offer: one vectorised pass, then the reasons of the rows shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Context
from matching.engine.criteria import checks_of
from matching.engine.evaluation import evaluate
from matching.engine.occupations import Occupations
from matching.engine.offer import Offer
from matching.engine.people import People, Selection
from matching.engine.policy import Policy
from matching.engine.reasons import Rows, matches_of
from matching.engine.results import PersonMatch, Ranking
from matching.engine.statuses import CRITERIA, TIERS, status_of
from matching.terms import MatchStatus

CHUNK = 1 << 16
_DENSE = 0.6
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def tie_hash(seed: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """splitmix64 of the seed and the id: the same order for the same seed, no favourite otherwise."""
    with np.errstate(over="ignore"):
        mixed = ids.astype(np.uint64) + _MIX[0] * np.uint64((seed % (1 << 63)) + 1)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
        return mixed ^ (mixed >> np.uint64(31))


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
) -> Ranking:
    """The first `top` people for an offer, with their reasons.

    `today`: day number. `rows`: mask or indices to restrict to (a unit); inactive people are left out anyway.
    `eligible` int8[len(people)] (1, 0, -1 unknown) is read only when the offer is reserved.
    """
    context = Context(people, offer, policy, occupations, today, eligible)
    kept = considered(people, rows)
    checks = checks_of(context)
    keys = np.empty(len(kept), np.int64)
    counts = np.zeros((len(CRITERIA), 8), np.int64)
    tier_counts = np.zeros(len(TIERS), np.int64)
    done = 0
    for rows_read, inside in _passes(kept, len(people)):
        seen = evaluate(context, Selection(people, rows_read), checks)
        found = sort_keys(seen.tiers, seen.fit)[inside]
        keys[done : done + len(found)] = found
        done += len(found)
        tier_counts += np.bincount(seen.tiers[inside], minlength=len(TIERS))
        for row in range(len(CRITERIA)):
            counts[row] += np.bincount(seen.statuses[row][inside] + 1, minlength=8)
    best = first_of(keys, tie_hash(seed, people.ids[kept]), top)
    shown = evaluate(context, Selection(people, kept[best]), checks)
    matches = matches_of(context, kept[best], shown, np.arange(1, len(best) + 1))
    return Ranking(
        ids=people.ids[kept[best]],
        tiers=shown.tiers,
        fit=shown.fit,
        parts=np.ascontiguousarray(shown.parts.T),
        statuses=np.ascontiguousarray(shown.statuses.T),
        delays=np.ascontiguousarray(shown.delays.T),
        matches=matches,
        considered=len(kept),
        tier_counts={tier: int(tier_counts[i]) for i, tier in enumerate(TIERS)},
        status_counts={c: _count_words(counts[i]) for i, c in enumerate(CRITERIA)},
    )


def _passes(kept: Rows, n: int) -> Iterator[tuple[slice | Rows, Any]]:
    """The rows to judge, a chunk at a time, and which of those judged are `kept`, in their order.

    When nearly everybody is kept, neighbours are judged and the others dropped after: a slice of a column is
    read in place, while indices copy it.
    """
    if len(kept) < _DENSE * n or not np.all(kept[:-1] < kept[1:]):
        for first in range(0, len(kept), CHUNK):
            yield as_slice(kept[first : first + CHUNK]), slice(None)
        return
    wanted = np.zeros(n, np.bool_)
    wanted[kept] = True
    for first in range(0, n, CHUNK):
        yield slice(first, min(n, first + CHUNK)), wanted[first : first + CHUNK]


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
    own_key, own_tie = sort_keys(seen.tiers, seen.fit)[0], tie_hash(seed, people.ids[here])[0]
    before = 0
    for first in range(0, len(kept), CHUNK):
        part = kept[first : first + CHUNK]
        others = Selection(people, as_slice(part))
        found = evaluate(context, others, checks)
        keys = sort_keys(found.tiers, found.fit)
        ahead = (keys < own_key) | ((keys == own_key) & (tie_hash(seed, others.ids) < own_tie))
        before += int(np.count_nonzero(ahead & (part != row)))
    return matches_of(context, here, seen, np.array([before + 1]))[0]


# --- order -------------------------------------------------------------------------------------------------


def sort_keys(tiers: npt.NDArray[np.int8], fit: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Tier first, then the fit down, rounded to 1e-9 so that noise of addition never orders two people."""
    rounded = np.rint(fit * 1e9).astype(np.int64)
    keys: npt.NDArray[np.int64] = (tiers.astype(np.int64) << 56) - rounded
    return keys


def first_of(keys: npt.NDArray[np.int64], ties: npt.NDArray[np.uint64], top: int) -> Rows:
    """Positions of the `top` smallest (key, tie), in order, without sorting the crowd."""
    top = max(0, top)
    if top < len(keys):
        last = np.partition(keys, top)[top]
        candidates = np.flatnonzero(keys <= last)
    else:
        candidates = np.arange(len(keys))
    order = np.lexsort((ties[candidates], keys[candidates]))[:top]
    first: Rows = candidates[order]
    return first


def considered(people: People, rows: npt.NDArray[Any] | None) -> Rows:
    """Rows of the active people among those asked for (mask or indices; None = all), in order."""
    if rows is None:
        return np.flatnonzero(people.active)
    chosen = np.asarray(rows)
    if chosen.dtype == np.bool_:
        return np.flatnonzero(chosen & people.active)
    chosen = np.unique(chosen.astype(np.int64))
    looking: Rows = chosen[people.active[chosen]]
    return looking


def as_slice(rows: Rows) -> slice | Rows:
    """Neighbouring rows as a slice: columns are then read in place, not copied."""
    if len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _count_words(counts: npt.NDArray[np.int64]) -> dict[MatchStatus, int]:
    return {status_of(i - 1): int(counts[i]) for i in range(6)}
