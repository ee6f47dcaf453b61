"""Which requirement excludes most people: how many more could come without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context
from matching.engine.criteria import checks_of
from matching.engine.occupations import Occupations
from matching.engine.offer import NO_WINDOWS, SLOTS_PER_DAY, Offer, Requirement
from matching.engine.passes import CHUNK, as_slice
from matching.engine.people import People, Selection
from matching.engine.policy import Policy
from matching.engine.ranking import considered
from matching.engine.reasons import Rows
from matching.engine.statuses import BLOCKING, LIFTABLE
from matching.terms import Criterion, ScheduleFlag

_DAY = (1 << SLOTS_PER_DAY) - 1
START_LATER_DAYS = 30
SHORTER_MINUTES = 300


_WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "travel": {"places": ()},
    "schedule": {"windows": NO_WINDOWS},
    "available_from": {"start_day": None},
    "hours": {"weekly_minutes_min": None, "weekly_minutes_max": None},
    "pay_wished": {"pay_cents": None},
}


@dataclass(frozen=True)
class Relaxation:
    """How many more people would have nothing in the way, or only what lifts in time: `gained`, above 0.

    `change`: "without" (the requirement or the criterion is dropped), "one_hour_later", "one_hour_earlier",
    "starts_later" (by `START_LATER_DAYS`), "shorter_week" (by `SHORTER_MINUTES`).
    """

    change: str
    criterion: Criterion
    code: str
    requirement: Requirement | None
    gained: int


def relaxations(
    people: People,
    offer: Offer,
    policy: Policy,
    *,
    today: int,
    occupations: Occupations,
    rows: npt.NDArray[Any] | None = None,
    eligible: npt.NDArray[np.int8] | None = None,
    variants: bool = True,
) -> tuple[Relaxation, ...]:
    """What would bring people in, the most first; a change that brings nobody is left out.

    Dropping a requirement is read from one pass, unless it changes what else is asked; each of the `variants`
    (hours, start) costs one more.
    """
    context = Context(people, offer, policy, occupations, today, eligible)
    kept = considered(people, rows)
    checks, gains, able = _without_each(context, kept)
    found = []
    for check, gain in zip(checks, gains.tolist(), strict=True):
        if check.relaxable:
            other = replace(context, offer=_offer_without(offer, check))
            gained = gain if _asks_one_less(context, other, check) else _able(other, kept) - able
            found.append(Relaxation("without", check.criterion, check.code, check.requirement, gained))
    for change, criterion, changed in _variants(offer) if variants else ():
        gained = _able(replace(context, offer=changed), kept) - able
        found.append(Relaxation(change, criterion, criterion.value, None, gained))
    found = [one for one in found if one.gained > 0]
    return tuple(sorted(found, key=lambda r: (-r.gained, r.criterion, r.code, r.change)))


def variants_of(offer: Offer) -> dict[str, Offer]:
    """The offer under each change of hours or start that it allows, by the name of the change."""
    return {change: other for change, _, other in _variants(offer)}


def without(offer: Offer, requirement: Requirement) -> Offer:
    """The offer without one of its requirements, to rank again."""
    return replace(offer, requirements=tuple(r for r in offer.requirements if r != requirement))


def without_criterion(offer: Offer, code: str) -> Offer:
    """The offer without what it asks beside its requirements. Raises `KeyError` for what no offer can do without.

    `code`: of the check, such as "travel", "hours", "contract_permanent" or a value of `ScheduleFlag`.
    """
    if code.startswith("contract_"):
        return replace(offer, contract="")
    if code in set(ScheduleFlag):
        return replace(offer, flags=offer.flags - {code})
    return replace(offer, **_WITHOUT[code])


def _offer_without(offer: Offer, check: Check) -> Offer:
    return without(offer, check.requirement) if check.requirement else without_criterion(offer, check.code)


def _asks_one_less(context: Context, other: Context, check: Check) -> bool:
    """All the rest is asked as before. A date that is dropped also leaves all the time there is to lift the rest."""
    rest = list(checks_of(context))
    rest.remove(check)
    return other.lift_days == context.lift_days and list(checks_of(other)) == rest


def _without_each(context: Context, kept: Rows) -> tuple[tuple[Check, ...], Rows, int]:
    """For each check, how many people it alone keeps out; and how many are able today."""
    checks = _stopping(context)
    gains = np.zeros(len(checks), np.int64)
    able = 0
    for part in _chunks(kept):
        stops = _stops(context, part, checks)
        together = np.zeros(len(part), np.int16)
        for stop in stops:
            together += stop
        able += int(np.count_nonzero(together == 0))
        alone = together == 1
        gains += np.array([np.count_nonzero(stop & alone) for stop in stops], np.int64)
    return checks, gains, able


def _able(context: Context, kept: Rows) -> int:
    """How many people have nothing in the way, or only what lifts in time."""
    able = 0
    checks = _stopping(context)
    for part in _chunks(kept):
        open_to = np.ones(len(part), np.bool_)
        for stop in _stops(context, part, checks):
            open_to &= ~stop
        able += int(np.count_nonzero(open_to))
    return able


def _stopping(context: Context) -> tuple[Check, ...]:
    """Only what is essential can keep somebody out: the rest need not be judged."""
    return tuple(check for check in checks_of(context) if check.essential)


def _stops(context: Context, part: Rows, checks: tuple[Check, ...]) -> list[npt.NDArray[np.bool_]]:
    who = Selection(context.people, as_slice(part))
    verdicts = (check.judge(context, who) for check in checks)
    return [(v.status == BLOCKING) | ((v.status == LIFTABLE) & (v.delay > context.lift_days)) for v in verdicts]


def _chunks(kept: Rows) -> Iterator[Rows]:
    for first in range(0, len(kept), CHUNK):
        yield kept[first : first + CHUNK]


def _variants(offer: Offer) -> Iterator[tuple[str, Criterion, Offer]]:
    if tuple(offer.windows) != NO_WINDOWS:
        later = tuple((day << 2) & _DAY for day in offer.windows)
        earlier = tuple(day >> 2 for day in offer.windows)
        if _same_length(later, offer.windows):
            yield "one_hour_later", Criterion.SCHEDULE, replace(offer, windows=later)
        if _same_length(earlier, offer.windows):
            yield "one_hour_earlier", Criterion.SCHEDULE, replace(offer, windows=earlier)
    if offer.start_day is not None:
        start = offer.start_day + START_LATER_DAYS
        yield "starts_later", Criterion.START, replace(offer, start_day=start)
    asked = [m for m in (offer.weekly_minutes_min, offer.weekly_minutes_max) if m is not None]
    if asked and min(asked) > 2 * SHORTER_MINUTES:
        shorter = min(asked) - SHORTER_MINUTES
        other = replace(offer, weekly_minutes_min=shorter, weekly_minutes_max=max(asked))
        yield "shorter_week", Criterion.CONTRACT, other


def _same_length(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """No half-hour fell off the day."""
    return sum(d.bit_count() for d in one) == sum(d.bit_count() for d in other)
