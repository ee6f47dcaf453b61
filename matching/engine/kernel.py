"""The compiled pass: everybody judged block by block, one criterion after the other, without leaving the cache.

The one place where the rules of `criteria.py` are written a second time, in the same order of operations, so that
keys and tiers are those of `evaluate`. Held to it, and to the plain reference, by tests/engine. Importing it needs
numba (extra `fast`). Numba notices a change of this file, and only of this one: what is compiled stands here, and the
numbers of the rules come with `Asked`. Who changes the codes of statuses or of `plan.py` changes the version below.
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
from matching.engine.order import ROUNDING, TIER_SHIFT
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
    Asked,
    Columns,
    Trade,
    Way,
    asked_of,
    columns_of,
)
from matching.engine.policy import OccupationLevel, Policy
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

Array = Any
"""An array; numba works out of what."""
F = TypeVar("F", bound=Callable[..., Any])

VERSION = 1
"""Of the codes read here and written elsewhere."""
BLOCK = 16384
"""People judged together: what is read and added up of them fits in the cache of a processor."""
_DENSE = 0.4
_SAME_TITLE = np.int8(OccupationLevel.SAME_TITLE)
_MODES = len(MODES)
# What a rule says of somebody: a status, or one of these, which the step turns into a tier.
_MISSING, _IN_TIME, _LATE = np.int8(BLOCKING + 1), np.int8(BLOCKING + 2), np.int8(BLOCKING + 3)
_MET, _PARTLY, _UNKNOWN, _BLOCKING = np.int8(MET), np.int8(PARTLY), np.int8(UNKNOWN), np.int8(BLOCKING)
# Sums of bits two by two, four by four, eight by eight: a count of bits without a table.
_ODD, _PAIRS, _NIBBLES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES, _1, _2, _4, _56 = np.uint64(0x0101010101010101), np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_NONE = np.uint64(0)


def compiled(function: F) -> F:
    """Machine code, while which the other threads of Python run."""
    return cast(F, numba.njit(nogil=True, error_model="numpy")(function))


def kept_on_disk(function: F) -> F:
    """The same, compiled once for all the processes to come, when there is a folder to keep it in."""
    try:
        return cast(F, numba.njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # none can be written
        return compiled(function)


class Block(NamedTuple):
    """`m` people judged together: neighbours from `low` when `dense`, else those of `rows`."""

    rows: Array
    m: int
    low: int
    dense: bool


class Desk(NamedTuple):
    """Room to judge a block. A rule writes `said` and `value`; `part` and `cost` add up the criterion at hand, `fit`
    and `tier` all of them. `rows`, `place`: who is still in, and where their answer goes. The rest is scratch, and
    where columns are gathered."""

    said: Array
    value: Array
    part: Array
    cost: Array
    fit: Array
    tier: Array
    rows: Array
    place: Array
    order: Array
    found: Array
    flags: Array
    levels: Array
    counts: Array
    km: Array
    pace: Array
    margin: Array
    facts: Array
    ints: Array
    tokens: Array
    floats: Array
    bits: Array


@compiled
def _desk(size: int) -> Desk:
    return Desk(
        said=np.empty(size, np.int8),
        value=np.empty(size),
        part=np.empty(size),
        cost=np.empty(size),
        fit=np.empty(size),
        tier=np.empty(size, np.int8),
        rows=np.empty(size, np.int64),
        place=np.empty(size, np.int64),
        order=np.empty(size, np.int32),
        found=np.empty(size, np.int32),
        flags=np.empty(size, np.int8),
        levels=np.empty(size, np.int8),
        counts=np.empty((2, size), np.int32),
        km=np.empty(size),
        pace=np.empty(size),
        margin=np.empty(size),
        facts=np.empty((2, size), np.int16),
        ints=np.empty(size, np.int32),
        tokens=np.empty(size, np.uint16),
        floats=np.empty((3, size), np.float32),
        bits=np.empty((2, size), np.uint64),
    )


@kept_on_disk
def judge(people: Columns, asked: Asked, rows: Array, top: int, tiers: Array, keys: Array) -> None:
    """Of each of `rows` (int64, increasing): the sort key in `keys` (int64) when it has room, else the tier in `tiers`
    (int8), as far as it takes to tell the tiers of the first `top`; the others are only said to be beyond."""
    desk = _desk(min(BLOCK, int(len(rows) / _DENSE) + 1))  # neighbours nobody asked about are judged too
    found = np.zeros(BLOCKED + 1, np.int64)
    last_tier: Any = LIFTABLE_LATE
    first = 0
    while first < len(rows):
        last = min(first + BLOCK, len(rows))
        near = first + np.searchsorted(rows[first:last], rows[first] + BLOCK)
        span = rows[near - 1] - rows[first] + 1
        dense = near - first >= _DENSE * span
        if dense:
            last = near
        block = Block(rows[first:last], span if dense else last - first, rows[first], dense)
        if len(keys):
            _judge_block(people, asked, block, desk)
            _key(block, desk.tier, desk.fit, keys[first:last])
        else:
            _screen_block(people, asked, block, last_tier, desk, tiers[first:last], found)
            last_tier = min(last_tier, np.searchsorted(np.cumsum(found), top))
        first = last


@compiled
def _judge_block(people: Columns, asked: Asked, block: Block, desk: Desk) -> None:
    """Everything asked: `fit` and `tier`."""
    m, steps = block.m, asked.steps
    desk.fit[:m] = 0.0
    desk.tier[:m] = CLEAR
    for position in range(len(steps)):
        criterion = steps[position].criterion
        if position == 0 or steps[position - 1].criterion != criterion:
            desk.part[:m] = 0.0
            desk.cost[:m] = 0.0
        _judge_step(people, asked, steps[position], block, desk)
        _add_step(steps[position], m, desk.said, desk.value, desk.part, desk.cost)
        _worsen(steps[position], m, desk.said, desk.tier)
        if position + 1 == len(steps) or steps[position + 1].criterion != criterion:
            _add_criterion(m, desk.fit, desk.part, desk.cost)
    _step_back(m, _read(people.open_proposals, block, desk.facts[0]), asked.spread, asked.logs, desk.fit)


@compiled
def _screen_block(
    people: Columns, asked: Asked, block: Block, last_tier: int, desk: Desk, tiers: Array, found: Array
) -> None:
    """The tier of each, and how many have it in `found`; who is beyond the last is asked nothing more."""
    tiers[:] = BLOCKED
    _mark(block, desk.tier, desk.order)
    for step in asked.screen[: asked.thresholds]:
        _screen_threshold(_fact(people, step.fact, block, desk.facts[0]), step, desk.tier)
    here = Block(desk.rows, _find(block, last_tier, desk), 0, False)
    for step in asked.screen[asked.thresholds :]:
        _judge_step(people, asked, step, here, desk)
        _worsen(step, here.m, desk.said, desk.tier)
        here = Block(desk.rows, _keep(here.m, last_tier, desk.tier, desk.rows, desk.place), 0, False)
    for i in range(here.m):
        tiers[desk.place[i]] = desk.tier[i]
        found[desk.tier[i]] += 1


@compiled
def _screen_threshold(fact: Array, step: Any, tier: Array) -> None:
    """As `_threshold`, for the tier alone."""
    low, vague, missing = np.int32(step.low), np.int32(step.vague), np.int8(step.tier)
    for i in range(len(fact)):
        held = np.int32(fact[i])
        without = (held >= 0) & (held < low) & (held != vague)
        tier[i] = max(tier[i], missing if without else np.int8(CLEAR))


@compiled
def _mark(block: Block, tier: Array, order: Array) -> None:
    """The place of each among those asked about; a neighbour nobody asked about is out."""
    tier[: block.m] = BLOCKED
    for k in range(len(block.rows)):
        i = block.rows[k] - block.low if block.dense else k
        tier[i], order[i] = CLEAR, k


@compiled
def _find(block: Block, last_tier: int, desk: Desk) -> Any:
    """Bring together who is still in; how many they are."""
    tier, found, last = desk.tier, desk.found, np.int8(last_tier)
    m: Any = 0
    for i in range(block.m):
        found[m] = i
        m += np.int64(tier[i] <= last)
    for k in range(m):
        i = found[k]
        desk.rows[k] = block.low + i if block.dense else block.rows[i]
        tier[k], desk.place[k] = tier[i], desk.order[i]
    return m


@compiled
def _keep(m: int, last_tier: int, tier: Array, rows: Array, place: Array) -> Any:
    kept: Any = 0
    for i in range(m):
        rows[kept], tier[kept], place[kept] = rows[i], tier[i], place[i]
        kept += np.int64(tier[i] <= last_tier)
    return kept


@compiled
def _judge_step(people: Columns, asked: Asked, step: Any, block: Block, desk: Desk) -> None:
    kind = step.kind
    if kind == THRESHOLD:
        _threshold(_fact(people, step.fact, block, desk.facts[0]), step, desk.said, desk.value)
    elif kind == SKILL:
        _skill(people, step.low, block, desk)
    elif kind == EXPERIENCE:
        _experience(people, asked.trade, step.low, block, desk)
    elif kind == OCCUPATION:
        _occupation(people, asked.trade, block, desk)
    elif kind == WORDS:
        _words(people, asked.words, asked.word_worth, asked.words_met_share, block, desk)
    elif kind == TRAVEL:
        _travel(people, asked.way, asked.lift_days, block, desk)
    elif kind == SCHEDULE:
        _schedule(people, asked.need, asked.schedule_share, block, desk)
    elif kind == START:
        _start(_fact(people, step.fact, block, desk.facts[0]), asked, desk.said, desk.value)
    elif kind == HOURS:
        fewest, most = _fact(people, step.fact, block, desk.facts[0]), _fact(people, step.other, block, desk.facts[1])
        _hours(fewest, most, step.low, step.high, asked.hours_grace, desk.said, desk.value)
    elif kind == PAY:
        _pay(_fact(people, step.fact, block, desk.facts[0]), step.low, asked.pay_limit, desk.said, desk.value)


# --- reading -----------------------------------------------------------------------------------------------


@compiled
def _read(column: Array, block: Block, room: Array) -> Array:
    """A column for the block: in place for neighbours, gathered in `room` otherwise."""
    if block.dense:
        return column[block.low : block.low + block.m]
    for i in range(block.m):
        room[i] = column[block.rows[i]]
    return room[: block.m]


@compiled
def _fact(people: Columns, row: int, block: Block, room: Array) -> Array:
    if row >= 0:
        return _read(people.facts[row], block, room)
    if row == ELIGIBLE:
        for i in range(block.m):
            room[i] = people.eligible[block.low + i if block.dense else block.rows[i]]
    else:
        room[: block.m] = UNKNOWN_FACT
    return room[: block.m]


# --- adding up ---------------------------------------------------------------------------------------------


@compiled
def _add_step(step: Any, m: int, said: Array, value: Array, part: Array, cost: Array) -> None:
    worth, unknown = step.worth, step.cost
    for i in range(m):
        part[i] += value[i] * worth
        cost[i] += unknown if said[i] == _UNKNOWN else 0.0


@compiled
def _worsen(step: Any, m: int, said: Array, tier: Array) -> None:
    """One thing in the way makes a tier, the worst is kept: as `tiers_of`."""
    missing = np.int8(step.tier)
    for i in range(m):
        code, worst = said[i], np.int8(CLEAR)
        if code == _MISSING:
            worst = missing
        elif code == _IN_TIME:
            worst = np.int8(LIFTABLE_IN_TIME)
        elif code == _LATE:
            worst = np.int8(LIFTABLE_LATE)
        elif code == _BLOCKING:
            worst = np.int8(BLOCKED)
        tier[i] = max(tier[i], worst)


@compiled
def _add_criterion(m: int, fit: Array, part: Array, cost: Array) -> None:
    for i in range(m):
        fit[i] += part[i] - cost[i]


@compiled
def _step_back(m: int, proposed: Array, spread: float, logs: Array, fit: Array) -> None:
    for i in range(m):
        fit[i] += spread * logs[max(np.int64(proposed[i]), 0)]


@compiled
def _key(block: Block, tier: Array, fit: Array, keys: Array) -> None:
    """As `order.sort_keys`."""
    for k in range(len(block.rows)):
        i = block.rows[k] - block.low if block.dense else k
        keys[k] = (np.int64(tier[i]) << TIER_SHIFT) - np.int64(np.rint(fit[i] * ROUNDING))


# --- the rules: `said` and `value` of each -----------------------------------------------------------------


@compiled
def _settled(met: Any, unknown: Any) -> Any:
    """As `checks.settle`."""
    return _MET if met else (_UNKNOWN if unknown else _MISSING)


@compiled
def _threshold(fact: Array, step: Any, said: Array, value: Array) -> None:
    """A fact that must reach a level: capabilities, limits, levels, contracts, right to work, reserved public."""
    low, vague = np.int32(step.low), np.int32(step.vague)
    for i in range(len(fact)):
        held = np.int32(fact[i])
        met = (held >= low) & (held != vague)
        said[i] = _settled(met, (held < 0) | (held == vague))
        value[i] = 1.0 if met else 0.0


@compiled
def _skill(people: Columns, skill: int, block: Block, desk: Desk) -> None:
    found, said, value = desk.flags, desk.said, desk.value  # found: 0 not mentioned, 1 no, 2 yes
    found[: block.m] = 0
    for slot in range(people.skill_id.shape[0]):
        held = _read(people.skill_id[slot], block, desk.ints)
        _look_for(held, _read(people.skill_value[slot], block, desk.levels), np.int32(skill), found)
    for i in range(block.m):
        said[i] = _settled(found[i] == 2, found[i] == 0)
        value[i] = 1.0 if found[i] == 2 else 0.0


@compiled
def _look_for(held: Array, answer: Array, skill: Any, found: Array) -> None:
    for i in range(len(held)):
        said = np.int8(2) if answer[i] > 0 else (np.int8(1) if answer[i] == 0 else np.int8(0))
        found[i] = max(found[i], said if held[i] == skill else np.int8(0))


@compiled
def _occupation(people: Columns, trade: Trade, block: Block, desk: Desk) -> None:
    m, said, best, level, known = block.m, desk.said, desk.value, desk.levels, desk.flags
    best[:m] = 0.0
    level[:m] = 0
    known[:m] = 0
    for slot in range(people.goal_rome.shape[0]):
        codes = _read(people.goal_rome[slot], block, desk.facts[0])
        titles = _read(people.goal_title[slot], block, desk.ints)
        _nearest_goal(codes, titles, trade.title, trade.levels, trade.worth[slot], best, level, known)
    for slot in range(people.experience_rome.shape[0]):
        codes = _read(people.experience_rome[slot], block, desk.facts[0])
        _nearest_done(codes, trade.levels, trade.worth[-1], best, level, known)
    for i in range(m):
        if level[i] >= trade.met_level:
            said[i] = _MET
        elif level[i] > 0:
            said[i] = _PARTLY
        else:
            said[i] = _BLOCKING if known[i] > 0 else _UNKNOWN


@compiled
def _nearest_goal(
    codes: Array, titles: Array, title: int, levels: Array, worth: Array, best: Array, level: Array, known: Array
) -> None:
    for i in range(len(codes)):
        here = _SAME_TITLE if (titles[i] == title) & (title >= 0) else levels[np.uint16(codes[i])]
        known[i] |= (codes[i] >= 0) | (titles[i] >= 0)
        if worth[here] > best[i]:
            best[i], level[i] = worth[here], here


@compiled
def _nearest_done(codes: Array, levels: Array, worth: Array, best: Array, level: Array, known: Array) -> None:
    for i in range(len(codes)):
        here = levels[np.uint16(codes[i])]
        known[i] |= codes[i] >= 0
        if worth[here] > best[i]:
            best[i], level[i] = worth[here], here


@compiled
def _words(people: Columns, places: Array, worth: Array, enough: float, block: Block, desk: Desk) -> None:
    m, said, found, present = block.m, desk.said, desk.value, desk.flags
    found[:m] = 0.0
    present[:m] = 0
    for slot in range(people.words.shape[0]):
        _add_words(_read(people.words[slot], block, desk.tokens), places, worth, found, present)
    for i in range(m):
        found[i] = min(max(found[i], 0.0), 1.0)
        said[i] = _MET if found[i] >= enough else (_PARTLY if present[i] > 0 else _UNKNOWN)


@compiled
def _add_words(held: Array, places: Array, worth: Array, found: Array, present: Array) -> None:
    for i in range(len(held)):
        found[i] += worth[places[held[i]]]
        present[i] |= held[i] > 0


@compiled
def _experience(people: Columns, trade: Trade, asked: int, block: Block, desk: Desk) -> None:
    m, said, value, total, listed, vague = block.m, desk.said, desk.value, desk.counts[0], desk.flags, desk.levels
    total[:m] = 0
    listed[:m] = 0
    vague[:m] = 0
    for slot in range(people.experience_rome.shape[0]):
        codes = _read(people.experience_rome[slot], block, desk.facts[0])
        months = _read(people.experience_months[slot], block, desk.facts[1])
        _add_months(codes, months, trade.levels, trade.family_level, total, listed, vague)
    half = asked * trade.partly_share
    for i in range(m):
        unsure = vague[i] > 0 or listed[i] == 0
        met = total[i] >= asked
        said[i], value[i] = _settled(met, unsure), 1.0 if met else 0.0
        if not met and not unsure and total[i] >= half:
            said[i], value[i] = _PARTLY, total[i] / asked * 0.9


@compiled
def _add_months(
    codes: Array, months: Array, levels: Array, family: int, total: Array, listed: Array, vague: Array
) -> None:
    for i in range(len(codes)):
        near = (codes[i] >= 0) & (levels[np.uint16(codes[i])] >= family)
        total[i] += np.int32(max(months[i], np.int16(0))) if near else np.int32(0)
        vague[i] |= near & (months[i] < 0)
        listed[i] |= codes[i] >= 0


@compiled
def _schedule(people: Columns, need: Array, partly_share: float, block: Block, desk: Desk) -> None:
    m, said, value, missing, unsure = block.m, desk.said, desk.value, desk.counts[0], desk.counts[1]
    missing[:m] = 0
    unsure[:m] = 0
    total: Any = 0
    for day in range(7):
        if need[day] != _NONE:
            total += np.int64(_bit_count(need[day]))
            can, cannot = _read(people.can[day], block, desk.bits[0]), _read(people.cannot[day], block, desk.bits[1])
            _add_hours(can, cannot, need[day], missing, unsure)
    for i in range(m):
        share = missing[i] / total
        small = share <= partly_share
        unknown = unsure[i] > 0 and small
        met = missing[i] == 0 and not unknown
        said[i], value[i] = _settled(met, unknown), 1.0 if met else 0.0
        if small and not unknown and not met:
            said[i], value[i] = _PARTLY, (1.0 - share) * 0.9


@compiled
def _add_hours(can: Array, cannot: Array, need: Any, missing: Array, unsure: Array) -> None:
    for i in range(len(can)):
        missing[i] += np.int32(_bit_count(need & cannot[i]))
        unsure[i] += np.int32(_bit_count(need & ~can[i] & ~cannot[i]))


@compiled
def _bit_count(x: Any) -> Any:
    x = x - ((x >> _1) & _ODD)
    x = (x & _PAIRS) + ((x >> _2) & _PAIRS)
    x = (x + (x >> _4)) & _NIBBLES
    return (x * _BYTES) >> _56


@compiled
def _start(fact: Array, asked: Asked, said: Array, value: Array) -> None:
    start, today, grace, lift_days = asked.start, asked.today, asked.start_grace, asked.lift_days
    for i in range(len(fact)):
        free = np.int64(fact[i])
        late = (0 if free == YES_FACT else free) - start
        if free <= 0 or late <= 0:
            said[i], value[i] = _settled(free > 0, free < 0), 1.0 if free > 0 else 0.0
        elif late <= grace:
            said[i], value[i] = _PARTLY, 1.0 - late / (2.0 * max(1, grace))
        else:
            wait: Any = min(max(free - today, 0), LONGEST_DELAY)
            said[i], value[i] = _LATE if wait > lift_days else _IN_TIME, 0.0


@compiled
def _hours(fewest: Array, most: Array, low: int, high: int, grace: int, said: Array, value: Array) -> None:
    for i in range(len(most)):
        least, top = np.int64(fewest[i]), np.int64(most[i])
        too_long: Any = 0 if top < 0 else max(0, low - top)
        too_short: Any = 0 if least < 0 or least == YES_FACT else max(0, least - high)
        gap: Any = max(too_long, too_short)
        over = too_long > grace
        unknown = (top < 0 or least < 0) and not over
        met = gap == 0 and not unknown
        said[i], value[i] = _settled(met, unknown), 1.0 if met else 0.0
        if not met and not unknown and not over:
            said[i], value[i] = _PARTLY, min(max(1.0 - gap / max(1, low), 0.0), 1.0) * 0.9


@compiled
def _pay(fact: Array, offered: int, limit: float, said: Array, value: Array) -> None:
    close = offered * limit
    for i in range(len(fact)):
        wished = np.int64(0 if fact[i] == YES_FACT else fact[i])
        met = fact[i] >= 0 and wished <= offered
        said[i] = _MET if met else (_UNKNOWN if fact[i] < 0 else _PARTLY)
        value[i] = 1.0 if met else (0.5 if fact[i] >= 0 and wished <= close else 0.0)


# --- the way there -----------------------------------------------------------------------------------------


@compiled
def _travel(people: Columns, way: Way, lift_days: int, block: Block, desk: Desk) -> None:
    m, said, minutes, doubt, delay = block.m, desk.said, desk.value, desk.flags, desk.counts[0]
    lat, lon = _read(people.lat, block, desk.floats[0]), _read(people.lon, block, desk.floats[1])
    radius, network = _read(people.radius_km, block, desk.floats[2]), _read(people.network, block, desk.bits[0])
    minutes[:m] = math.inf
    doubt[:m] = 0
    delay[:m] = LONGEST_DELAY
    for place in range(len(way.places)):
        desk.margin[:m] = radius
        desk.margin[:m] += way.places[place, 2]
        _roads(lat, lon, way.places[place], way, desk.margin, desk.km)
        _share_networks(network, way.networks[place], desk.bits[1])
        for mode in range(_MODES):
            if way.speed[mode] > 0:
                _paces(way, mode, m, desk.bits[1], desk.pace)
                fact = _fact(people, way.fact[mode], block, desk.facts[0])
                _by_mode(way, mode, fact, desk.bits[1], desk.km, desk.pace, desk.margin, minutes, doubt)
        for k in range(len(way.lent)):
            mode, needs = way.lent[k, 0], way.lent[k, 1]
            if way.speed[mode] > 0:
                fact = _fact(people, way.fact[mode], block, desk.facts[0])
                needed = _fact(people, needs, block, desk.facts[1])
                _lend(way, mode, needs == ANYBODY, way.lent[k, 2], fact, needed, desk.km, delay)
    for i in range(m):
        if math.isnan(lat[i]) or math.isnan(lon[i]):
            said[i] = _UNKNOWN
        elif minutes[i] < math.inf:
            said[i] = _MET
        elif doubt[i] > 0 or way.unplaced:
            said[i] = _UNKNOWN
        elif delay[i] < LONGEST_DELAY:
            said[i] = _LATE if delay[i] > lift_days else _IN_TIME
        else:
            said[i] = _BLOCKING
    for i in range(m):
        nearness = 1.0 - way.cost * min(max(minutes[i] / way.longest, 0.0), 1.0)
        minutes[i] = nearness if said[i] == _MET else 0.0


@compiled
def _roads(lat: Array, lon: Array, place: Array, way: Way, margin: Array, km: Array) -> None:
    """km by road, as `travel.distance_km` and the detour; infinite where the meridian alone is farther than any mode
    goes, which spares most people the sines."""
    phi0, theta0 = math.radians(place[0]), math.radians(place[1])
    earth, detour, farthest = way.earth_km, way.detour, way.farthest
    for i in range(len(lat)):
        phi, theta = math.radians(np.float64(lat[i])), math.radians(np.float64(lon[i]))
        if abs(phi - phi0) * earth * detour * (1 - 1e-9) > farthest + max(margin[i], 0.0):
            km[i] = math.inf
            continue
        half = math.sin((phi - phi0) / 2) ** 2 + math.cos(phi) * math.cos(phi0) * math.sin((theta - theta0) / 2) ** 2
        km[i] = 2 * earth * math.asin(math.sqrt(min(half, 1.0))) * detour


@compiled
def _share_networks(network: Array, served: Any, shared: Array) -> None:
    for i in range(len(network)):
        shared[i] = network[i] & served


@compiled
def _paces(way: Way, mode: int, m: int, shared: Array, pace: Array) -> None:
    """Minutes a km: of the mode, or of the fastest network that serves both ends."""
    usual, speeds = way.speed[mode], way.speeds
    pace[:m] = 60.0 / usual
    if mode != PUBLIC_TRANSPORT:
        return
    for i in range(m):
        best = 0.0
        for bit in range(len(speeds)):
            if (shared[i] >> np.uint64(bit)) & _1 != _NONE:
                best = max(best, speeds[bit])
        if best > 0:
            pace[i] = 60.0 / best


@compiled
def _by_mode(
    way: Way,
    mode: int,
    fact: Array,
    shared: Array,
    km: Array,
    pace: Array,
    margin: Array,
    minutes: Array,
    doubt: Array,
) -> None:
    """Minutes of the fastest sure mode so far, and whether another mode could reach."""
    farthest, usual = way.range_km[mode], way.usual_minutes
    never, with_network = mode == LIFT, mode == PUBLIC_TRANSPORT
    for i in range(len(fact)):
        limit = np.float64(fact[i]) if (fact[i] > 0) & (fact[i] != YES_FACT) else usual
        here = km[i] * pace[i]
        reach = (km[i] <= farthest) & (here <= limit)
        edge = (km[i] <= farthest + margin[i]) & (here <= limit + margin[i] * pace[i])
        sure = reach & (fact[i] > 0) & (not never) & ((not with_network) | (shared[i] != _NONE))
        doubt[i] |= (fact[i] != 0) & edge & (not sure)
        minutes[i] = min(minutes[i], here if sure else math.inf)


@compiled
def _lend(way: Way, mode: int, anybody: bool, days: int, fact: Array, needed: Array, km: Array, delay: Array) -> None:
    """Days before the soonest vehicle that could be lent and would reach."""
    farthest, usual, pace, offered = way.range_km[mode], way.usual_minutes, 60.0 / way.speed[mode], np.int32(days)
    for i in range(len(fact)):
        limit = np.float64(fact[i]) if (fact[i] > 0) & (fact[i] != YES_FACT) else usual
        reach = (km[i] <= farthest) & (km[i] * pace <= limit) & (anybody | (needed[i] > 0))
        delay[i] = min(delay[i], offered if reach else np.int32(LONGEST_DELAY))


def prepare() -> None:
    """Compile, or read from disk what was compiled before, for the arrays `rank` gives."""
    people = People(FactVocabulary(()), 1)
    people.upsert([PersonRecord(id=1)])
    context = Context(people, Offer(id=1), Policy(), Occupations(()), today=0)
    one = np.zeros(1, np.int64)
    judge(columns_of(context), asked_of(context, ()), one, 1, np.zeros(1, np.int8), np.zeros(1, np.int64))
