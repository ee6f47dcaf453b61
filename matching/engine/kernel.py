"""The compiled pass: the rules asked of one person after the other, only of those still in the running.

The one place where the rules of `criteria.py` are written a second time (a threshold a third, for everybody at
once), in the same order of operations, so that keys and tiers are those of `evaluate`. Held to it, and to the plain
reference, by tests/engine. Importing it needs numba (extra `fast`). Numba notices a change of this file, and only of
this one: but for `fetch`, what is compiled stands here, the numbers of the rules come with `Plan`, and who changes a
constant read here and written elsewhere changes the version below (a test says so).

A rule is given the people, the plan, its step and the row `i` of one person; it answers what it says of them (a
status, or one of `_MISSING`, `_IN_TIME`, `_LATE`) and what that is worth. Above it, `_fetch_…` asks the memory for what
the rule will read of somebody a little further on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np

from matching.engine.checks import LONGEST_DELAY, Context
from matching.engine.facts import UNKNOWN_FACT, YES_FACT, FactVocabulary
from matching.engine.occupations import Occupations
from matching.engine.offer import Offer
from matching.engine.order import MIX as _MIX
from matching.engine.order import ROUNDING, TIER_SHIFT, mixed
from matching.engine.people import People, PersonRecord
from matching.engine.plan import (
    ANYBODY,
    ELIGIBLE,
    EXPERIENCE,
    HOURS,
    LIFT,
    OCCUPATION,
    PAY,
    PUBLIC_TRANSPORT,
    SCHEDULE,
    SKILL,
    START,
    THRESHOLD,
    TRAVEL,
    WORDS,
    Columns,
    Modes,
    Plan,
    columns_of,
    plan_of,
)
from matching.engine.policy import OccupationLevel, Policy
from matching.engine.prefetch import fetch
from matching.engine.statuses import (
    BLOCKED,
    BLOCKING,
    CLEAR,
    LIFTABLE_IN_TIME,
    LIFTABLE_LATE,
    MET,
    PARTLY,
    UNKNOWN,
)
from matching.engine.travel import MODES

if vars(numba.config)["DISABLE_JIT"]:
    raise ImportError("numba is asked to compile nothing")

Array = Any
"""An array; numba works out of what."""
Number = Any
"""An integer of the machine; numba works out which."""
F = TypeVar("F", bound=Callable[..., Any])

VERSION = 5
"""Of the constants read here and written elsewhere."""
BLOCK = 8192
"""Neighbours whose thresholds are read together: their tiers fit in the cache of a processor."""
FIRST_BLOCK = 2048
"""Those who tell how far it is worth looking."""
FEW = 1024
"""People whose sums are kept together."""
AHEAD = 12
"""How much further on what will be read is asked for."""
_DENSE = 0.4
"""Part of the neighbours asked about from which all of them are read."""
_SAME_TITLE = np.int8(OccupationLevel.SAME_TITLE)
_MODES = len(MODES)
_MISSING, _IN_TIME, _LATE = np.int8(BLOCKING + 1), np.int8(BLOCKING + 2), np.int8(BLOCKING + 3)
_MET, _PARTLY, _UNKNOWN, _BLOCKING = np.int8(MET), np.int8(PARTLY), np.int8(UNKNOWN), np.int8(BLOCKING)
# Sums of bits two by two, four by four, eight by eight: a count of bits without a table.
_ODD, _PAIRS, _NIBBLES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES, _1, _2, _4, _56 = np.uint64(0x0101010101010101), np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_NONE = np.uint64(0)


class Step(NamedTuple):
    """A line of `plan.STEP`, read once for everybody it is asked of."""

    criterion: int
    fact: int
    other: int
    low: int
    high: int
    vague: int
    tier: int
    worth: float
    cost: float


_MACHINE: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# What makes no array and outlives no caller, which holds those it reads, need not count them: that would take longer
# than the rules do.
_PART_OF_CALLER = _MACHINE | {"forceinline": True, "_nrt": False}


def compiled(function: F) -> F:
    """Machine code, part of whoever calls it; it makes no array."""
    return cast(F, numba.njit(**_PART_OF_CALLER)(function))


def making_arrays(function: F) -> F:
    """Machine code that may make arrays."""
    return cast(F, numba.njit(**_MACHINE)(function))


def kept_on_disk(function: F) -> F:
    """Machine code called from Python, while which its other threads run; compiled once for all the processes to
    come, when there is a folder to keep it in.

    What another version kept is never opened: it names types that may be no more."""
    function.__qualname__ = f"{function.__qualname__}_{VERSION}"
    try:
        return cast(F, numba.njit(**_MACHINE, cache=True)(function))
    except RuntimeError:  # none can be written
        return making_arrays(function)


# --- who stands where --------------------------------------------------------------------------------------


class Desk(NamedTuple):
    """What a block is judged on. `rows`, `tiers`: who is still in, and the tier each has so far; `room` int8[BLOCK]: of
    neighbours; `worst` int8[tiers, said]: what a tier becomes."""

    rows: Array
    tiers: Array
    room: Array
    worst: Array


@kept_on_disk
def screen(people: Columns, plan: Plan, rows: Array, top: int, near: Array, tiers: Array) -> Any:
    """Write in `near` (int64) those of `rows` (int64, increasing) whom nothing stops, in `tiers` (int8) the tier of
    each, and answer how many they are, then the tier of the last of the first `top`.

    Who is beyond that tier may be left out. How far it is worth looking is guessed from the first people, and everybody
    asked again without a guess when it was wrong.
    """
    room, worst = np.empty(BLOCK, np.int8), np.empty((BLOCKED + 1, _LATE + 1), np.int8)
    counts, guessing = np.empty(BLOCKED, np.int64), True
    while True:
        counts[:] = 0
        kept, last_tier = _screen(people, plan, rows, top, Desk(near, tiers, room, worst), counts, guessing)
        if counts[: last_tier + 1].sum() >= top:
            return kept, last_tier
        if last_tier == LIFTABLE_LATE:  # nobody was left out
            return kept, np.int64(BLOCKED)
        guessing = False


@compiled
def _screen(people: Columns, plan: Plan, rows: Array, top: int, desk: Desk, counts: Array, guessing: bool) -> Any:
    """How many are kept, and the last tier looked for."""
    last_tier: Number = np.int64(LIFTABLE_LATE)
    first: Number = 0
    kept: Number = 0
    size: Number = FIRST_BLOCK
    while first < len(rows):
        last = _end_of_block(rows, first, size)
        here = Desk(desk.rows[kept:], desk.tiers[kept:], desk.room, desk.worst)
        m = _enter(people, plan, rows[first:last], last_tier, here)
        m = _sift_all(people, plan, m, last_tier, here)
        for k in range(m):
            counts[here.tiers[k]] += 1
        seen = last / len(rows) if guessing else 1.0
        while last_tier > 0 and _enough(counts[:last_tier].sum(), top, seen):
            last_tier -= 1
        first, kept, size = last, kept + m, BLOCK
    return kept, last_tier


@compiled
def _enough(found: Number, top: int, seen: float) -> Any:
    """Whether `top` people are found, or very likely will be: two standard deviations of a count of rare things."""
    return (found >= top) | (found - 2.0 * math.sqrt(found) >= top * seen)


@compiled
def _end_of_block(rows: Array, first: int, size: int) -> Any:
    last = min(first + size, len(rows))
    return first + np.searchsorted(rows[first:last], rows[first] + size)


@compiled
def _enter(people: Columns, plan: Plan, rows: Array, last_tier: Number, desk: Desk) -> Any:
    """How many are left once the thresholds are read."""
    span = rows[-1] - rows[0] + 1
    if len(rows) >= _DENSE * span:
        _thresholds(people, plan.screen[: plan.thresholds], rows[0], desk.room[:span])
        return _still_in(rows, last_tier, desk)
    m: Number = len(rows)
    for k in range(m):
        desk.rows[k], desk.tiers[k] = rows[k], CLEAR
    for line in plan.screen[: plan.thresholds]:
        m = _sift(_threshold, _fetch_fact, people, plan, _read(line), m, last_tier, desk)
    return m


@compiled
def _still_in(rows: Array, last_tier: Number, desk: Desk) -> Any:
    """Among neighbours, some of whom nobody asked about."""
    m: Number = 0
    for k in range(len(rows)):
        tier = desk.room[rows[k] - rows[0]]
        desk.rows[m], desk.tiers[m] = rows[k], tier
        m += np.int64(tier <= last_tier)
    return m


@compiled
def _thresholds(people: Columns, steps: Array, low: int, tier: Array) -> None:
    """The tier of neighbours, by what is only a fact to be read."""
    tier[:] = CLEAR
    for step in steps:
        if step.fact >= 0:
            _worsen(people.facts[step.fact, low : low + len(tier)], step, tier)
        elif step.fact == ELIGIBLE:
            _worsen(people.eligible[low : low + len(tier)], step, tier)


@compiled
def _worsen(fact: Array, step: Any, tier: Array) -> None:
    """As `_threshold`, for the tier alone."""
    low, vague, missing = np.int32(step.low), np.int32(step.vague), np.int8(step.tier)
    for i in range(len(fact)):
        held = np.int32(fact[i])
        without = (held >= 0) & (held < low) & (held != vague)
        tier[i] = max(tier[i], missing if without else np.int8(CLEAR))


@compiled
def _read(line: Any) -> Any:
    return Step(
        line.criterion, line.fact, line.other, line.low, line.high, line.vague, line.tier, line.worth, line.cost
    )


@compiled
def _sift_all(people: Columns, plan: Plan, m: Number, last_tier: Number, desk: Desk) -> Any:
    """How many are left of the first `m` once everything but the thresholds is asked."""
    for line in plan.screen[plan.thresholds :]:
        kind, step = line.kind, _read(line)
        if kind == HOURS:
            m = _sift(_hours, _fetch_hours, people, plan, step, m, last_tier, desk)
        elif kind == OCCUPATION:
            m = _sift(_occupation, _fetch_occupation, people, plan, step, m, last_tier, desk)
        elif kind == START:
            m = _sift(_start, _fetch_fact, people, plan, step, m, last_tier, desk)
        elif kind == SCHEDULE:
            m = _sift(_schedule, _fetch_schedule, people, plan, step, m, last_tier, desk)
        elif kind == EXPERIENCE:
            m = _sift(_experience, _fetch_experience, people, plan, step, m, last_tier, desk)
        elif kind == SKILL:
            m = _sift(_skill, _fetch_skill, people, plan, step, m, last_tier, desk)
        elif kind == TRAVEL:
            m = _sift(_travel, _fetch_travel, people, plan, step, m, last_tier, desk)
    return m


@compiled
def _sift(
    rule: Any, ahead: Any, people: Columns, plan: Plan, step: Step, m: Number, last_tier: Number, desk: Desk
) -> Any:
    """One thing in the way makes a tier, the worst is kept, as `tiers_of`; who is beyond the last leaves.

    Nothing foretells what a rule says of the next one: it is read in tables rather than asked.
    """
    rows, tiers, worst = desk.rows, desk.tiers, desk.worst
    for before in range(len(worst)):
        for said in range(worst.shape[1]):
            worst[before, said] = max(np.int8(before), _tier_of(said, step))
    kept: Number = 0
    for k in range(m):
        ahead(people, plan, step, np.uint64(rows[min(k + AHEAD, m - 1)]))
        i = np.uint64(rows[k])  # not negative: nothing to count from the end
        said, _ = rule(people, plan, step, i)
        tier = worst[np.uint64(tiers[k]), np.uint64(said)]
        rows[kept], tiers[kept] = i, tier
        kept += np.int64(tier <= last_tier)
    return kept


@compiled
def _tier_of(said: Any, step: Any) -> Any:
    if said == _MISSING:
        return np.int8(step.tier)
    if said == _IN_TIME:
        return np.int8(LIFTABLE_IN_TIME)
    if said == _LATE:
        return np.int8(LIFTABLE_LATE)
    return np.int8(BLOCKED) if said == _BLOCKING else np.int8(CLEAR)


# --- in what order -----------------------------------------------------------------------------------------


class Sums(NamedTuple):
    """Of each of a few people: `fit` and `tier`; `part` and `cost` of the criterion at hand."""

    fit: Array
    part: Array
    cost: Array
    tier: Array


@kept_on_disk
def order(people: Columns, plan: Plan, rows: Array, keys: Array) -> None:
    """Write in `keys` (int64) the sort key of each of `rows` (int64, increasing)."""
    sums = Sums(np.empty(FEW), np.empty(FEW), np.empty(FEW), np.empty(FEW, np.int8))
    first: Number = 0
    while first < len(rows):
        last = min(first + FEW, len(rows))
        _add_up(people, plan, rows[first:last], sums)
        for k in range(first, last):
            keys[k] = _key(sums.tier[k - first], sums.fit[k - first])
        first = last


@compiled
def _key(tier: Any, fit: float) -> Any:
    """As `order.sort_keys`."""
    return (np.int64(tier) << TIER_SHIFT) - np.int64(np.rint(fit * ROUNDING))


@compiled
def _add_up(people: Columns, plan: Plan, rows: Array, sums: Sums) -> None:
    """Everything asked, each criterion summed apart as in `evaluate`."""
    _begin(len(rows), sums)
    criterion = plan.steps[0].criterion if len(plan.steps) else 0
    for line in plan.steps:
        if line.criterion != criterion:
            _end_criterion(len(rows), sums)
            criterion = line.criterion
        _weigh_line(people, plan, line, rows, sums)
    _end_criterion(len(rows), sums)
    for k, i in enumerate(rows):
        sums.fit[k] += plan.decided.spread * plan.decided.logs[max(int(people.open_proposals[i]), 0)]


@compiled
def _begin(m: int, sums: Sums) -> None:
    for k in range(m):
        sums.fit[k], sums.part[k], sums.cost[k], sums.tier[k] = 0.0, 0.0, 0.0, CLEAR


@compiled
def _end_criterion(m: int, sums: Sums) -> None:
    for k in range(m):
        sums.fit[k] += sums.part[k] - sums.cost[k]
        sums.part[k], sums.cost[k] = 0.0, 0.0


@compiled
def _weigh_line(people: Columns, plan: Plan, line: Any, rows: Array, sums: Sums) -> None:
    kind, step = line.kind, _read(line)
    if kind == THRESHOLD:
        _weigh(_threshold, _fetch_fact, people, plan, step, rows, sums)
    elif kind == SKILL:
        _weigh(_skill, _fetch_skill, people, plan, step, rows, sums)
    elif kind == EXPERIENCE:
        _weigh(_experience, _fetch_experience, people, plan, step, rows, sums)
    elif kind == OCCUPATION:
        _weigh(_occupation, _fetch_occupation, people, plan, step, rows, sums)
    elif kind == WORDS:
        _weigh(_words, _fetch_words, people, plan, step, rows, sums)
    elif kind == TRAVEL:
        _weigh(_travel, _fetch_travel, people, plan, step, rows, sums)
    elif kind == SCHEDULE:
        _weigh(_schedule, _fetch_schedule, people, plan, step, rows, sums)
    elif kind == START:
        _weigh(_start, _fetch_fact, people, plan, step, rows, sums)
    elif kind == HOURS:
        _weigh(_hours, _fetch_hours, people, plan, step, rows, sums)
    elif kind == PAY:
        _weigh(_pay, _fetch_fact, people, plan, step, rows, sums)


@compiled
def _weigh(rule: Any, ahead: Any, people: Columns, plan: Plan, step: Step, rows: Array, sums: Sums) -> None:
    for k, i in enumerate(rows):
        ahead(people, plan, step, np.uint64(rows[min(k + AHEAD, len(rows) - 1)]))
        said, value = rule(people, plan, step, np.uint64(i))
        sums.part[k] += value * step.worth
        sums.cost[k] += step.cost if said == _UNKNOWN else 0.0
        sums.tier[k] = max(sums.tier[k], _tier_of(said, step))


@kept_on_disk
def first(people: Columns, plan: Plan, rows: Array, top: int, seed: Number) -> Any:
    """The first `top` of `rows` (int64, increasing), in order, and the sort key of each."""
    near, tiers = np.empty(len(rows), np.int64), np.empty(len(rows), np.int8)
    m, last_tier = screen(people, plan, rows, top, near, tiers)
    if last_tier == BLOCKED:  # too few of the others
        near[:] = rows
        m = len(rows)
    else:
        m = _up_to(last_tier, m, near, tiers)
    keys = np.empty(m, np.int64)
    order(people, plan, near[:m], keys)
    best = _smallest(keys, people.ids, near, top, seed)
    return near[best], keys[best]


@compiled
def _up_to(last_tier: Number, m: Number, near: Array, tiers: Array) -> Any:
    kept: Number = 0
    for k in range(m):
        near[kept] = near[k]
        kept += np.int64(tiers[k] <= last_tier)
    return kept


@making_arrays
def _smallest(keys: Array, ids: Array, rows: Array, top: int, seed: Number) -> Any:
    """Positions of the `top` smallest keys, the hash telling between equals: as `order.first_of`."""
    found = np.arange(len(keys))
    if 0 < top < len(keys):
        found = np.flatnonzero(keys <= np.partition(keys, top - 1)[top - 1])
    ties = np.empty(len(found), np.uint64)
    for k in range(len(found)):
        ties[k] = _tie(ids[rows[found[k]]], seed)
    found = found[np.argsort(ties, kind="mergesort")]
    return found[np.argsort(keys[found], kind="mergesort")][: max(0, top)]


@compiled
def _tie(person: Number, seed: Number) -> Any:
    """As `order.tie_hash`, of a seed already mixed."""
    mixed = np.uint64(person) + seed
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[1]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[2]
    return mixed ^ (mixed >> np.uint64(31))


# --- the rules ---------------------------------------------------------------------------------------------


@compiled
def _fetch_fact(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    _fetch_row(people, step.fact, i)


@compiled
def _fetch_row(people: Columns, row: int, i: Number) -> None:
    fetch(people.facts[row * np.int64(row >= 0)], i)


@compiled
def _fact(people: Columns, row: int, i: Number) -> Any:
    """Unknown when there is no such row; without a branch, so that there is none on the fact either."""
    told = np.int64(row >= 0)
    return np.int64(people.facts[row * told, i]) * told + UNKNOWN_FACT * (1 - told)


# What is said of who is (met, partly, unknown), and when none of them; read in a table, for nothing foretells which.
_SETTLED = np.array([_MISSING, _UNKNOWN, _PARTLY, _PARTLY, _MET, _MET, _MET, _MET], np.int8)


@compiled
def _settled(met: Any, partly: Any, unknown: Any) -> Any:
    """As `checks.settle`."""
    return _SETTLED[(np.int64(met) << 2) | (np.int64(partly) << 1) | np.int64(unknown)]


@compiled
def _threshold(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """A fact that must reach a level: capabilities, limits, levels, contracts, right to work, reserved public."""
    held = np.int64(people.eligible[i]) if step.fact == ELIGIBLE else _fact(people, step.fact, i)
    met = (held >= step.low) & (held != step.vague)
    return _settled(met, False, (held < 0) | (held == step.vague)), 1.0 if met else 0.0


@compiled
def _fetch_skill(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.skill_id, i)
    fetch(people.skill_value, i)


@compiled
def _skill(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """Held by any of the slots; a skill nobody mentioned is unknown."""
    yes, mentioned = False, False
    for slot in range(people.skill_id.shape[1]):
        answer = people.skill_value[i, slot]
        here = (people.skill_id[i, slot] == step.low) & (answer >= 0)
        mentioned |= here
        yes |= here & (answer > 0)
    return _settled(yes, False, not mentioned), 1.0 if yes else 0.0


@compiled
def _fetch_occupation(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.goal_rome, i)
    fetch(people.goal_title, i)
    fetch(people.experience_rome, i)


@compiled
def _occupation(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """The closest of the goals and of what was done."""
    worth, best, level, known = plan.decided.closeness, 0.0, np.int8(0), False
    for slot in range(people.goal_rome.shape[1]):
        code, title = people.goal_rome[i, slot], people.goal_title[i, slot]
        here = _SAME_TITLE if (title == plan.title) & (title >= 0) else plan.levels[np.uint16(code)]
        known |= (code >= 0) | (title >= 0)
        if worth[slot, here] > best:
            best, level = worth[slot, here], here
    for slot in range(people.experience_rome.shape[1]):
        code = people.experience_rome[i, slot]
        here = plan.levels[np.uint16(code)]
        known |= code >= 0
        if worth[-1, here] > best:
            best, level = worth[-1, here], here
    said = _settled(level >= plan.decided.met_level, level > 0, not known)
    return _BLOCKING if said == _MISSING else said, best


@compiled
def _fetch_words(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.words, i)


@compiled
def _words(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    found = 0.0
    for slot in range(people.words.shape[1]):
        word = people.words[i, slot]
        if word == 0:  # the last has been read
            break
        found += plan.word_worth[plan.words[word]]
    found = min(max(found, 0.0), 1.0)
    if found >= plan.decided.words_met_share:
        return _MET, found
    return _PARTLY if people.words.shape[1] > 0 and people.words[i, 0] > 0 else _UNKNOWN, found


@compiled
def _fetch_experience(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.experience_rome, i)
    fetch(people.experience_months, i)


@compiled
def _experience(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """Months in the family of the job, against those asked."""
    asked, total, listed, vague = step.low, np.int64(0), False, False
    for slot in range(people.experience_rome.shape[1]):
        code, months = people.experience_rome[i, slot], np.int64(people.experience_months[i, slot])
        near = (code >= 0) & (plan.levels[np.uint16(code)] >= plan.decided.family_level)
        total += months * np.int64(near & (months > 0))
        vague |= near & (months < 0)
        listed |= code >= 0
    unsure, met = vague | (not listed), total >= asked
    partly = (not unsure) & (total >= asked * plan.decided.partly_share)
    return _settled(met, partly, unsure), 1.0 if met else (total / asked * 0.9 if partly else 0.0)


@compiled
def _fetch_schedule(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.can, i)
    fetch(people.cannot, i)


@compiled
def _schedule(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """Half-hours the person cannot do, and those still to ask, of those needed."""
    need, total, missing, unsure = plan.need, np.int64(0), np.int64(0), np.int64(0)
    for day in range(7):
        if need[day] != _NONE:
            can, cannot = people.can[i, day], people.cannot[i, day]
            total += _bit_count(need[day])
            missing += _bit_count(need[day] & cannot)
            unsure += _bit_count(need[day] & ~can & ~cannot)
    share = missing / total
    small = share <= plan.decided.schedule_share
    unknown = (unsure > 0) & small
    met, partly = (missing == 0) & (not unknown), small & (not unknown)
    return _settled(met, partly, unknown), 1.0 if met else ((1.0 - share) * 0.9 if partly else 0.0)


@compiled
def _bit_count(x: Any) -> Any:
    x = x - ((x >> _1) & _ODD)
    x = (x & _PAIRS) + ((x >> _2) & _PAIRS)
    x = (x + (x >> _4)) & _NIBBLES
    return np.int64((x * _BYTES) >> _56)


@compiled
def _start(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """Free on the first day, a little after, or later."""
    free = _fact(people, step.fact, i)
    late = (0 if free == YES_FACT else free) - plan.start
    if (free <= 0) | (late <= 0):
        return _settled(free > 0, False, free < 0), 1.0 if free > 0 else 0.0
    if late <= plan.decided.start_grace:
        return _PARTLY, 1.0 - late / (2.0 * max(1, plan.decided.start_grace))
    wait = min(max(free - plan.today, 0), LONGEST_DELAY)
    return _LATE if wait > plan.lift_days else _IN_TIME, 0.0


@compiled
def _fetch_hours(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    _fetch_row(people, step.fact, i)
    _fetch_row(people, step.other, i)


@compiled
def _hours(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """Minutes a week wished, against those of the job."""
    fewest, most = _fact(people, step.fact, i), _fact(people, step.other, i)
    too_long = 0 if most < 0 else max(0, step.low - most)
    too_short = 0 if (fewest < 0) | (fewest == YES_FACT) else max(0, fewest - step.high)
    gap = max(too_long, too_short)
    over = too_long > plan.decided.hours_grace
    unknown = ((most < 0) | (fewest < 0)) & (not over)
    met, partly = (gap == 0) & (not unknown), (not unknown) & (not over)
    value = min(max(1.0 - gap / max(1, step.low), 0.0), 1.0) * 0.9 if partly else 0.0
    return _settled(met, partly, unknown), 1.0 if met else value


@compiled
def _pay(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    fact, offered = _fact(people, step.fact, i), step.low
    wished = 0 if fact == YES_FACT else fact
    if fact < 0:
        return _UNKNOWN, 0.0
    if wished <= offered:
        return _MET, 1.0
    return _PARTLY, 0.5 if wished <= offered * plan.decided.pay_limit else 0.0


# --- the way there -----------------------------------------------------------------------------------------


@compiled
def _fetch_travel(people: Columns, plan: Plan, step: Step, i: Number) -> None:
    fetch(people.lat, i)
    fetch(people.lon, i)
    fetch(people.radius_km, i)
    fetch(people.network, i)
    for mode in range(_MODES):
        _fetch_row(people, plan.decided.modes.fact[mode], i)


@compiled
def _travel(people: Columns, plan: Plan, step: Step, i: Number) -> Any:
    """The fastest sure mode to any of the places; else a mode that could reach; else a vehicle that could be lent."""
    modes = plan.decided.modes
    minutes, doubt, delay = math.inf, plan.unplaced, np.int64(LONGEST_DELAY)
    if math.isnan(people.lat[i]) or math.isnan(people.lon[i]):
        return _UNKNOWN, 0.0
    lat, lon = math.radians(np.float64(people.lat[i])), math.radians(np.float64(people.lon[i]))
    for place in range(len(plan.places)):
        margin = np.float64(people.radius_km[i]) + plan.places[place].radius_km
        if _beyond(lat, lon, margin, plan.places[place], modes):
            continue
        km = _road(lat, lon, plan.places[place], modes)
        shared = people.network[i] & plan.networks[place]
        for mode in range(_MODES):
            if modes.speed[mode] > 0 and km <= modes.range_km[mode] + max(margin, 0.0):
                here, edge = _by_mode(modes, mode, _fact(people, modes.fact[mode], i), shared, km, margin)
                minutes = min(minutes, here)
                doubt |= edge
        if minutes == math.inf and not doubt:
            delay = min(delay, _lent(people, modes, km, i))
    if minutes < math.inf:
        return _MET, 1.0 - modes.cost * min(max(minutes / modes.longest, 0.0), 1.0)
    if doubt:
        return _UNKNOWN, 0.0
    if delay < LONGEST_DELAY:
        return _LATE if delay > plan.lift_days else _IN_TIME, 0.0
    return _BLOCKING, 0.0


@compiled
def _beyond(lat: float, lon: float, margin: float, place: Any, modes: Modes) -> Any:
    """Farther, for sure, than any mode goes: by the meridian alone, or by the parallel alone, on a Earth that is never
    wider than the real one. Spares most people the sines."""
    north, east = abs(lat - place.lat), abs(lon - place.lon)
    reach = (modes.farthest + max(margin, 0.0)) / (modes.earth_km * modes.detour * (1 - 1e-9))
    # No cosine between the two is less than this one; nor the sine of half of `east`, squared, than the other.
    parallels, half = (place.cos_lat - north) * place.cos_lat, east * east * (1 - east * east / 12)
    return (north > reach) | ((parallels > 0) & (east < 1) & (parallels * half > reach * reach))


@compiled
def _road(lat: float, lon: float, place: Any, modes: Modes) -> Any:
    """km by road: as `travel.distance_km`, and the detour."""
    half = math.sin((lat - place.lat) / 2) ** 2
    half += math.cos(lat) * place.cos_lat * math.sin((lon - place.lon) / 2) ** 2
    return 2 * modes.earth_km * math.asin(math.sqrt(min(half, 1.0))) * modes.detour


@compiled
def _by_mode(modes: Modes, mode: int, fact: Any, shared: Any, km: float, margin: float) -> Any:
    """Minutes by a mode, infinite when it is not sure to reach; whether it could reach all the same."""
    pace = _pace(modes, mode, shared)
    limit = np.float64(fact) if (fact > 0) & (fact != YES_FACT) else modes.usual_minutes
    here, farthest = km * pace, modes.range_km[mode]
    reach = (km <= farthest) & (here <= limit)
    edge = (km <= farthest + margin) & (here <= limit + margin * pace)
    sure = reach & (fact > 0) & (mode != LIFT) & ((mode != PUBLIC_TRANSPORT) | (shared != _NONE))
    return here if sure else math.inf, edge & (fact != 0) & (not sure)


@compiled
def _pace(modes: Modes, mode: int, shared: Any) -> Any:
    """Minutes a km: of the mode, or of the fastest network that serves both ends."""
    best = 0.0
    if mode == PUBLIC_TRANSPORT:
        for bit in range(len(modes.networks)):
            if (shared >> np.uint64(bit)) & _1 != _NONE:
                best = max(best, modes.networks[bit])
    return 60.0 / (best if best > 0 else modes.speed[mode])


@compiled
def _lent(people: Columns, modes: Modes, km: float, i: Number) -> Any:
    """Days before the soonest vehicle that could be lent and would reach."""
    soonest = np.int64(LONGEST_DELAY)
    for k in range(len(modes.lent)):
        mode, needs, days = modes.lent[k, 0], modes.lent[k, 1], modes.lent[k, 2]
        if modes.speed[mode] > 0 and (needs == ANYBODY or _fact(people, needs, i) > 0):
            fact = _fact(people, modes.fact[mode], i)
            limit = np.float64(fact) if (fact > 0) & (fact != YES_FACT) else modes.usual_minutes
            if km <= modes.range_km[mode] and km * (60.0 / modes.speed[mode]) <= limit:
                soonest = min(soonest, days)
    return soonest


def prepare() -> None:
    """Compile, or read from disk what was compiled before, for the arrays `rank` gives."""
    people = People(FactVocabulary(()), 1)
    people.upsert([PersonRecord(id=1)])
    context = Context(people, Offer(id=1), Policy(), Occupations(()), today=0)
    one = np.zeros(1, np.int64)
    columns, plan = columns_of(context), plan_of(context, ())
    screen(columns, plan, one, 1, one.copy(), np.zeros(1, np.int8))
    order(columns, plan, one, one.copy())
    first(columns, plan, one, 1, mixed(0))
