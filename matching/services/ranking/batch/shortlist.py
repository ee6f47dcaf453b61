"""A few people for each of many offers, so that the same ones are not on every list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log1p

from matching.services.ranking.batch.sheet import RankedPerson
from matching.terms import Tier

_ORDER = {tier: number for number, tier in enumerate(Tier)}
_IN_REACH = (Tier.CLEAR, Tier.LIFTABLE_IN_TIME)


def shortlists(
    lists: Sequence[Sequence[RankedPerson]], size: int, step: float, at_most: int | None = None
) -> tuple[tuple[str, ...], ...]:
    """At most `size` codes for each ranked list, in order; nobody whom something stops.

    Offers choose one after the other, those with the fewest people in reach first, then in their order. Being on a
    list steps a person back in the following ones, inside their tier, as one more open proposal would: `step` is
    the policy's `spread_lambda` × `spread_scale`. The last of two places or more goes to the first person in reach
    whom nobody ever proposed and who is on no list yet, when the others left such people out.

    `at_most`: somebody already on so many lists is on no other, even if a list stays short; no limit without it.
    """
    given: Counter[str] = Counter()
    chosen: list[tuple[str, ...]] = [()] * len(lists)
    scarce_first = sorted(range(len(lists)), key=lambda i: sum(one.tier in _IN_REACH for one in lists[i]))
    for position in scarce_first:
        free = [person for person in lists[position] if at_most is None or given[person.code] < at_most]
        chosen[position] = _choose(free, size, step, given)
        given.update(chosen[position])
    return tuple(chosen)


def _choose(people: Sequence[RankedPerson], size: int, step: float, given: Counter[str]) -> tuple[str, ...]:
    able = [person for person in people if person.tier is not Tier.BLOCKED]
    able.sort(key=lambda person: (_ORDER[person.tier], -_stepped_back(person, step, given[person.code]), person.rank))
    first = able[:size]
    never = [p for p in able if not p.proposed and not given[p.code] and p.tier in _IN_REACH]
    if size >= 2 and never and not any(person in never for person in first):
        first[-1] = never[0]
    return tuple(person.code for person in first)


def _stepped_back(person: RankedPerson, step: float, lists: int) -> float:
    """The fit as it would be with that many more open proposals; it already counts those there are."""
    return person.fit - step * (log1p(person.open_proposals + lists) - log1p(person.open_proposals))
