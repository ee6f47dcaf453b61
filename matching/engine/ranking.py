"""Ranking people for an offer: one vectorised pass, then the reasons of the rows shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context, Verdict
from matching.engine.criteria import checks_of
from matching.engine.facts import UNKNOWN_FACT
from matching.engine.occupations import Occupations
from matching.engine.offer import Offer, Requirement
from matching.engine.people import People, Selection
from matching.engine.policy import PARTS, OccupationLevel, Policy
from matching.engine.statuses import (
    BLOCKED,
    BLOCKING,
    CLEAR,
    CRITERIA,
    LIFTABLE,
    LIFTABLE_IN_TIME,
    LIFTABLE_LATE,
    NOT_ASKED,
    TIERS,
    UNKNOWN,
    status_of,
)
from matching.engine.travel import MODES
from matching.terms import Criterion, MatchStatus, Tier, TravelMode

Rows = npt.NDArray[np.int64]
CHUNK = 1 << 16
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_POSITION = {criterion: i for i, criterion in enumerate(CRITERIA)}


@dataclass(frozen=True)
class RequirementResult:
    """One thing asked and what is known of the person, side by side.

    `code`: fact code, "skill:<id>", "hours", or a criterion. `asked`: level, months, kilograms, day number,
    cents, minutes, ROME index or 1; None when the detail of the match says it (words, travel, schedule).
    `fact`: the person's value as in `facts.py`, None unknown. `delay_days` and `remedy_id` when liftable; a
    liftable one without remedy is learnt on the job (delay 0) or waits for the person to be free.
    """

    criterion: Criterion
    code: str
    requirement: Requirement | None
    asked: int | None
    status: MatchStatus
    fact: int | None
    value: float
    remedy_id: int | str | None = None
    delay_days: int | None = None


@dataclass(frozen=True)
class TravelDetail:
    """Mode used (None when no known mode reaches), its minutes, km of road (None when home is not known)."""

    mode: TravelMode | None
    minutes: float | None
    km: float | None


@dataclass(frozen=True)
class ScheduleDetail:
    """Needed half-hours the person cannot do, and those still to ask: 48 bits a day, Monday first."""

    missing: tuple[int, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True)
class OccupationDetail:
    """What is closest to the job: "goal" or "experience", its position and its ROME index, and how close."""

    level: OccupationLevel
    source: str | None
    position: int | None
    rome: int | None


@dataclass(frozen=True)
class PersonMatch:
    """One person for one offer: place in the list, tier, fit, and everything that led there.

    `parts` follows `PARTS` and sums to `fit`; `unknown_costs` (same order) is what open questions took away,
    already inside `parts`.
    """

    id: int
    rank: int
    tier: Tier
    fit: float
    parts: Mapping[str, float]
    unknown_costs: Mapping[str, float]
    statuses: Mapping[Criterion, MatchStatus]
    delays: Mapping[Criterion, int]
    requirements: tuple[RequirementResult, ...]
    travel: TravelDetail | None = None
    schedule: ScheduleDetail | None = None
    occupation: OccupationDetail | None = None

    @property
    def summary(self) -> dict[MatchStatus, int]:
        """How many things asked have each status ("9 met · 1 to lift · 2 to confirm")."""
        counts = dict.fromkeys(MatchStatus, 0)
        for result in self.requirements:
            counts[result.status] += 1
        return counts

    @property
    def delay_days(self) -> int | None:
        """Longest delay among what is to lift, None when nothing is."""
        delays = [r.delay_days for r in self.requirements if r.delay_days is not None]
        return max(delays) if delays else None


@dataclass(frozen=True)
class Ranking:
    """The first people of a list, as arrays (for the log) and as matches (for the page).

    `ids` int64[k], `tiers` int8[k], `fit` float64[k], `parts` float64[k, len(PARTS)], `statuses` int8[k,
    len(Criterion)] (`statuses.py`), `delays` int16[k, len(Criterion)]. `tier_counts` and `status_counts` count
    everybody considered.
    """

    ids: npt.NDArray[np.int64]
    tiers: npt.NDArray[np.int8]
    fit: npt.NDArray[np.float64]
    parts: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.int8]
    delays: npt.NDArray[np.int16]
    matches: tuple[PersonMatch, ...]
    considered: int
    tier_counts: Mapping[Tier, int]
    status_counts: Mapping[Criterion, Mapping[MatchStatus, int]]

    def __len__(self) -> int:
        return len(self.matches)


@dataclass(frozen=True)
class Evaluation:
    """A pass over a selection: one column a person.

    `parts` float64[len(PARTS), m], `costs` the same, `statuses` int8 and `delays` int16 [len(Criterion), m].
    """

    checks: tuple[Check, ...]
    verdicts: tuple[Verdict, ...]
    tiers: npt.NDArray[np.int8]
    fit: npt.NDArray[np.float64]
    parts: npt.NDArray[np.float64]
    costs: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.int8]
    delays: npt.NDArray[np.int16]


def evaluate(context: Context, who: Selection, checks: Sequence[Check] | None = None) -> Evaluation:
    """Judge everything the offer asks, for the people selected."""
    asked = tuple(checks_of(context) if checks is None else checks)
    m, k = len(who), len(CRITERIA)
    parts, costs = np.zeros((len(PARTS), m)), np.zeros((len(PARTS), m))
    statuses = np.full((k, m), NOT_ASKED, np.int8)
    delays = np.zeros((k, m), np.int16)
    verdicts = tuple(check.judge(context, who) for check in asked)
    totals = {c: sum(check.criterion is c for check in asked) for c in CRITERIA}
    policy = context.policy
    for check, verdict in zip(asked, verdicts, strict=True):
        row = _POSITION[check.criterion]
        share = policy.weight(check.criterion) / totals[check.criterion]
        np.maximum(statuses[row], verdict.status, out=statuses[row])
        np.maximum(delays[row], verdict.delay, out=delays[row])
        parts[row] += verdict.value * (share * check.factor(policy))
        if check.essential:
            costs[row] += (verdict.status == UNKNOWN) * (share * policy.cost(check.criterion))
    parts -= costs
    proposed = np.maximum(who.column("open_proposals"), 0)
    parts[-1] = -policy.spread_lambda * policy.spread_scale * np.log1p(proposed.astype(np.float64))
    fit = np.zeros(m)
    for part in parts:  # in the order of PARTS, so that whoever adds them up finds the same number
        fit += part
    tiers = tiers_of(statuses, delays, context.lift_days)
    return Evaluation(asked, verdicts, tiers, fit, parts, costs, statuses, delays)


def tiers_of(statuses: npt.NDArray[np.int8], delays: npt.NDArray[np.int16], lift_days: int) -> npt.NDArray[np.int8]:
    """Tier of each column: nothing in the way, to lift in time, to lift too late, blocked."""
    lift = statuses == LIFTABLE
    late = (lift & (delays > lift_days)).any(axis=0)
    blocked = (statuses == BLOCKING).any(axis=0)
    # A criterion that is blocking hides its liftable ones: the tier is the last one anyway.
    tiers = np.where(late, LIFTABLE_LATE, np.where(lift.any(axis=0), LIFTABLE_IN_TIME, CLEAR))
    return np.where(blocked, BLOCKED, tiers).astype(np.int8)


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
    for first in range(0, len(kept), CHUNK):
        part = kept[first : first + CHUNK]
        seen = evaluate(context, Selection(people, as_slice(part)), checks)
        keys[first : first + len(part)] = _sort_keys(seen)
        tier_counts += np.bincount(seen.tiers, minlength=len(TIERS))
        for row in range(len(CRITERIA)):
            counts[row] += np.bincount(seen.statuses[row] + 1, minlength=8)
    best = _first(keys, tie_hash(seed, people.ids[kept]), top)
    shown = evaluate(context, Selection(people, kept[best]), checks)
    matches = _matches(context, kept[best], shown, np.arange(1, len(best) + 1))
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
    own_key, own_tie = _sort_keys(seen)[0], tie_hash(seed, people.ids[here])[0]
    before = 0
    for first in range(0, len(kept), CHUNK):
        part = kept[first : first + CHUNK]
        others = Selection(people, as_slice(part))
        keys = _sort_keys(evaluate(context, others, checks))
        ahead = (keys < own_key) | ((keys == own_key) & (tie_hash(seed, others.ids) < own_tie))
        before += int(np.count_nonzero(ahead & (part != row)))
    return _matches(context, here, seen, np.array([before + 1]))[0]


# --- order -------------------------------------------------------------------------------------------------


def _sort_keys(seen: Evaluation) -> npt.NDArray[np.int64]:
    """Tier first, then the fit down, rounded to 1e-9 so that noise of addition never orders two people."""
    rounded = np.rint(seen.fit * 1e9).astype(np.int64)
    keys: npt.NDArray[np.int64] = (seen.tiers.astype(np.int64) << 56) - rounded
    return keys


def _first(keys: npt.NDArray[np.int64], ties: npt.NDArray[np.uint64], top: int) -> Rows:
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


# --- reasons -----------------------------------------------------------------------------------------------


def _matches(context: Context, rows: Rows, seen: Evaluation, ranks: Rows) -> tuple[PersonMatch, ...]:
    ids = context.people.ids[rows]
    results = [_results(check, verdict) for check, verdict in zip(seen.checks, seen.verdicts, strict=True)]
    details = _details(context, rows, seen)
    parts, costs = seen.parts.T.tolist(), seen.costs.T.tolist()
    statuses, delays = seen.statuses.T.tolist(), seen.delays.T.tolist()
    return tuple(
        PersonMatch(
            id=int(ids[i]),
            rank=int(ranks[i]),
            tier=TIERS[int(seen.tiers[i])],
            fit=float(seen.fit[i]),
            parts=dict(zip(PARTS, parts[i], strict=True)),
            unknown_costs={name: cost for name, cost in zip(PARTS, costs[i], strict=True) if cost},
            statuses={c: status_of(s) for c, s in zip(CRITERIA, statuses[i], strict=True)},
            delays={c: d for c, d, s in zip(CRITERIA, delays[i], statuses[i], strict=True) if s == LIFTABLE},
            requirements=tuple(column[i] for column in results),
            **{name: column[i] for name, column in details.items()},
        )
        for i in range(len(rows))
    )


def _results(check: Check, verdict: Verdict) -> list[RequirementResult]:
    m = len(verdict.status)
    facts = [None] * m if verdict.fact is None else verdict.fact.tolist()
    remedies = [-1] * m if verdict.remedy is None else verdict.remedy.tolist()
    columns = zip(verdict.status.tolist(), verdict.value.tolist(), verdict.delay.tolist(), facts, remedies, strict=True)
    return [
        RequirementResult(
            criterion=check.criterion,
            code=check.code,
            requirement=check.requirement,
            asked=check.asked,
            status=status_of(status),
            fact=None if fact is None or fact == UNKNOWN_FACT else int(fact),
            value=value,
            remedy_id=verdict.remedies[remedy].id if remedy >= 0 else None,
            delay_days=delay if status == LIFTABLE else None,
        )
        for status, value, delay, fact, remedy in columns
    ]


def _details(context: Context, rows: Rows, seen: Evaluation) -> dict[str, list[Any]]:
    makers: dict[Criterion, tuple[str, Callable[[Verdict], list[Any]]]] = {
        Criterion.TRAVEL: ("travel", _travel_details),
        Criterion.SCHEDULE: ("schedule", _schedule_details),
    }
    details: dict[str, list[Any]] = {}
    for check, verdict in zip(seen.checks, seen.verdicts, strict=True):
        if check.criterion in makers:
            name, make = makers[check.criterion]
            details[name] = make(verdict)
        elif check.criterion is Criterion.OCCUPATION:
            details["occupation"] = _occupation_details(context, rows, verdict)
    return details


def _travel_details(verdict: Verdict) -> list[TravelDetail]:
    columns = (verdict.detail[name].tolist() for name in ("mode", "minutes", "km"))
    return [
        TravelDetail(MODES[mode] if mode >= 0 else None, _number(minutes), _number(km))
        for mode, minutes, km in zip(*columns, strict=True)
    ]


def _schedule_details(verdict: Verdict) -> list[ScheduleDetail]:
    missing, unknown = verdict.detail["missing"].T.tolist(), verdict.detail["open"].T.tolist()
    return [ScheduleDetail(tuple(m), tuple(u)) for m, u in zip(missing, unknown, strict=True)]


def _occupation_details(context: Context, rows: Rows, verdict: Verdict) -> list[OccupationDetail]:
    who = Selection(context.people, rows)
    columns = {0: who.column("goal_rome"), 1: who.column("experience_rome")}
    found = []
    levels, sources, slots = (verdict.detail[name].tolist() for name in ("level", "source", "slot"))
    for i, (level, source, slot) in enumerate(zip(levels, sources, slots, strict=True)):
        if source < 0:
            found.append(OccupationDetail(OccupationLevel(level), None, None, None))
            continue
        name, rome = ("goal", "experience")[source], int(columns[source][slot, i])
        found.append(OccupationDetail(OccupationLevel(level), name, slot, rome if rome >= 0 else None))
    return found


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
