"""The criteria of the engine in plain NumPy, as somebody would write them without it: one offer, every person.

Written from the specification, not from the engine: only what goes in (people, offer, policy) is shared. The same
code serves twice: in float32 it is the NumPy half of the baselines of speed, in float64 the reference the engine's
ids are compared with. It says no reason, counts nothing and keeps no status: less work than the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.bench.world import TODAY, World
from matching.engine import YES_FACT, OccupationLevel, Offer, Place, Remedy, Requirement, RequirementKind, tie_hash
from matching.terms import Criterion, Importance, TravelMode

CLEAR, IN_TIME, LATE, BLOCKED = range(4)
_ESSENTIAL, _DESIRABLE = Importance.ESSENTIAL, Importance.DESIRABLE
_FRENCH = {
    RequirementKind.FRENCH_ORAL: "french_oral",
    RequirementKind.FRENCH_READ: "french_read",
    RequirementKind.FRENCH_WRITTEN: "french_written",
}
_FLAGS = ("split", "night", "weekend", "2x8", "3x8", "variable")
_LIMITS = frozenset({*_FLAGS, "standing", "driving_ok", "height_ok", "outdoor_ok", "cold_ok"})
_LENT = (
    ("mode_bicycle", TravelMode.BICYCLE, ""),
    ("mode_moped", TravelMode.MOPED, ""),
    ("vehicle", TravelMode.CAR, "licence_b"),
    ("mode_car", TravelMode.CAR, ""),
    ("licence_b", TravelMode.CAR, ""),
    ("travel", TravelMode.CAR, ""),
)
_ONLY_REQUIRED = (
    Criterion.SKILLS,
    Criterion.CERTIFICATES,
    Criterion.VEHICLE,
    Criterion.LANGUAGE,
    Criterion.EXPERIENCE,
    Criterion.LIMITS,
)
"""Criteria that only requirements ask; an offer always asks the others, and the hours besides the contract."""
_EARTH_KM = 6371.0088

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]
Precision = type[np.float32] | type[np.float64]


class Crowd:
    """The people looking for a job, laid out for NumPy in a precision: built once, outside what is timed.

    Positions are those of `ids`; `rows` are the rows of the world they come from.
    """

    def __init__(self, world: World, precision: Precision = np.float32) -> None:
        people = world.people
        self.world, self.precision = world, precision
        self.rows = people.looking
        self.ids = people.ids[self.rows]
        self.ties = tie_hash(world.setting["seed"], self.ids)
        self._facts = {code: people.fact_row(code)[self.rows] for code in people.vocabulary.codes}
        self.eligible = world.eligible[self.rows]
        self.can, self.cannot = (self._line(name) for name in ("can", "cannot"))
        self.goal_rome, self.goal_title = (self._line(name) for name in ("goal_rome", "goal_title"))
        self.done, self.months = (self._line(f"experience_{name}") for name in ("rome", "months"))
        self.no_experience = (self.done < 0).all(axis=0)
        goals_known = np.logical_or((self.goal_rome >= 0).any(axis=0), (self.goal_title >= 0).any(axis=0))
        self.path_known: Bools = np.logical_or(goals_known, ~self.no_experience)
        self.skills = _postings(self._line("skill_id"), self._line("skill_value"))
        lat, lon = (np.radians(people.column(name)[self.rows].astype(np.float64)) for name in ("lat", "lon"))
        self.nowhere = np.isnan(lat) | np.isnan(lon)
        self.sphere = _on_sphere(lat, lon).astype(precision)
        self.radius_km = people.column("radius_km")[self.rows].astype(precision)
        self.network = people.column("network")[self.rows]
        self.ways = _ways(self)
        self.crowding = np.log1p(np.maximum(people.column("open_proposals")[self.rows], 0).astype(precision))

    def __len__(self) -> int:
        return len(self.ids)

    def _line(self, name: str) -> Array:
        """A column as NumPy reads it best: each slot of everybody, one after the other."""
        return np.ascontiguousarray(self.world.people.column(name)[:, self.rows])

    def fact(self, code: str) -> Array:
        """A fact of everybody, as `facts.encode_fact` gives it."""
        return self._facts[code]

    def road_km(self, place: Place) -> Array:
        """Great-circle distance to a place by the chord, times the detour of roads; NaN where home is not known."""
        there = _on_sphere(np.radians(place.lat), np.radians(place.lon)).astype(self.precision)
        x, y, z = (self.sphere[axis] - there[axis] for axis in range(3))
        chord = np.sqrt(x * x + y * y + z * z)
        km: Array = np.arcsin(chord * self.precision(0.5)) * self.precision(2 * _EARTH_KM * self.world.policy.detour)
        return km


@dataclass
class _Sheet:
    """What is found so far: the fit, and who is stopped or has something to lift."""

    fit: Array
    in_time: Bools
    late: Bools
    blocked: Bools

    @property
    def tiers(self) -> npt.NDArray[np.int8]:
        tiers = self.in_time.astype(np.int8)
        tiers[self.late] = LATE
        tiers[self.blocked] = BLOCKED
        return tiers


def judge(crowd: Crowd, offer: Offer, word_share: Array) -> tuple[npt.NDArray[np.int8], Array]:
    """Tier and fit of everybody for an offer that asks every criterion.

    `word_share`: part of the weight (idf²) of the offer's words found in each person's, from 0 to 1.
    """
    m = len(crowd)
    sheet = _Sheet(np.zeros(m, crowd.precision), np.zeros(m, np.bool_), np.zeros(m, np.bool_), np.zeros(m, np.bool_))
    _Judge(crowd, offer, sheet).everything(word_share)
    return sheet.tiers, sheet.fit


def order(crowd: Crowd, tiers: npt.NDArray[np.int8], fit: Array, top: int = 50) -> npt.NDArray[np.int64]:
    """Positions of the first `top`: tier, then fit down (to 1e-9), then the hash of the seed and the id."""
    enough = np.cumsum(np.bincount(tiers, minlength=4)) >= min(top, len(tiers))
    last_tier = int(np.argmax(enough))
    near = np.flatnonzero(tiers <= last_tier)
    keys = tiers[near] * 16.0 - fit[near]
    if len(near) > 2 * top:
        near = near[keys <= np.partition(keys, top)[top] + 1e-9]
    rounded = np.rint(fit[near].astype(np.float64) * 1e9)
    first: npt.NDArray[np.int64] = near[np.lexsort((crowd.ties[near], -rounded, tiers[near]))[:top]]
    return first


class _Judge:
    """One offer: each method adds what a criterion brings to the sheet."""

    def __init__(self, crowd: Crowd, offer: Offer, sheet: _Sheet) -> None:
        self.crowd, self.offer, self.sheet = crowd, offer, sheet
        self.policy = crowd.world.policy
        self.start = offer.start_day or TODAY
        self.days = self.start - TODAY
        self.asked = _asked(offer)

    def everything(self, word_share: Array) -> None:
        self.sheet.fit += word_share * self.share(Criterion.WORDS, _DESIRABLE)
        self.sheet.fit -= self.crowd.crowding * self.number(self.policy.spread_lambda * self.policy.spread_scale)
        self.occupation()
        self.travel()
        self.schedule()
        self.first_day()
        self.hours()
        self.pay()
        fact = self.crowd.fact
        accepted = fact(f"contract_{self.offer.contract}")
        remedy = self.remedy(f"contract_{self.offer.contract}", "contract")
        self.settle(Criterion.CONTRACT, _ESSENTIAL, accepted > 0, accepted < 0, remedy)
        for flag in self.offer.flags:
            self.settle(
                Criterion.LIMITS, _ESSENTIAL, fact(flag) > 0, fact(flag) < 0, self.remedy(flag, Criterion.LIMITS)
            )
        right = fact("right_to_work")
        self.settle(Criterion.RIGHT_TO_WORK, _ESSENTIAL, right >= self.start, right < 0, self.remedy("right_to_work"))
        belongs = self.crowd.eligible
        self.settle(Criterion.RESERVED_PUBLIC, _ESSENTIAL, belongs > 0, belongs < 0, None)
        for requirement in self.offer.requirements:
            self.requirement(requirement)

    def number(self, value: float) -> Any:
        """In the precision of the crowd, so that NumPy stays in it."""
        return self.crowd.precision(value)

    def remedy(self, *keys: str) -> Remedy | None:
        return next((self.policy.remedies[key] for key in keys if key in self.policy.remedies), None)

    def share(self, criterion: Criterion, importance: Importance) -> Any:
        """What meeting one thing asked brings to the fit."""
        factor = {
            Importance.ESSENTIAL: 1.0,
            Importance.TRAINABLE: self.policy.trainable_factor,
            Importance.DESIRABLE: self.policy.desirable_factor,
        }[importance]
        return self.number(self.policy.weights[criterion] / self.asked.count(criterion) * factor)

    def ask(self, criterion: Criterion, unknown: Bools) -> None:
        """An essential question is open."""
        cost = self.policy.weights[criterion] / self.asked.count(criterion) * self.policy.unknown_cost[criterion]
        if cost:
            self.sheet.fit -= unknown * self.number(cost)

    def settle(
        self,
        criterion: Criterion,
        importance: Importance,
        yes: Bools,
        unknown: Bools,
        remedy: Remedy | None,
        partly: Bools | None = None,
    ) -> None:
        """Met, unknown (of those not met), or missing: learnt on the job, to lift, or blocking.

        `partly`: neither met, nor a question, nor missing.
        """
        self.sheet.fit += yes * self.share(criterion, importance)
        if importance is _DESIRABLE:
            return
        settled = yes | unknown if partly is None else yes | unknown | partly
        if importance is _ESSENTIAL:
            self.ask(criterion, unknown & ~yes)
            self.miss(~settled, remedy)
        else:
            self.sheet.in_time |= ~settled

    def miss(self, missing: Bools, remedy: Remedy | None) -> None:
        if remedy is None:
            self.sheet.blocked |= missing
        elif remedy.delay_days > self.days:
            self.sheet.late |= missing
        else:
            self.sheet.in_time |= missing

    # --- the criteria ------------------------------------------------------------------------------------------

    def occupation(self) -> None:
        crowd, policy = self.crowd, self.policy
        levels = crowd.world.occupations.levels_to(self.offer.rome)
        worth = np.array([policy.closeness[level] for level in OccupationLevel], crowd.precision)
        best = np.zeros(len(crowd), crowd.precision)
        for place, (rome, title) in enumerate(zip(crowd.goal_rome, crowd.goal_title, strict=True)):
            level = levels[rome]
            level[title == self.offer.title] = OccupationLevel.SAME_TITLE
            np.maximum(best, (worth * self.number(policy.goal_decay**place))[level], out=best)
        for rome in crowd.done:
            np.maximum(best, (worth * self.number(policy.experience_closeness))[levels[rome]], out=best)
        self.sheet.fit += best * self.share(Criterion.OCCUPATION, _ESSENTIAL)
        self.ask(Criterion.OCCUPATION, ~crowd.path_known)
        self.sheet.blocked |= (best == 0) & crowd.path_known

    def schedule(self) -> None:
        crowd = self.crowd
        need = np.array(self.offer.windows, np.uint64)
        days = np.flatnonzero(need)
        missing, unsaid = np.zeros(len(crowd), np.int16), np.zeros(len(crowd), np.bool_)
        for day in days:
            missing += np.bitwise_count(need[day] & crowd.cannot[day])
            unsaid |= (need[day] & ~(crowd.can[day] | crowd.cannot[day])) != 0
        share = missing * self.number(1.0 / sum(int(n).bit_count() for n in need))
        # Compared as a count: a share that falls on the limit must not depend on the precision.
        most = int(self.policy.schedule_partly_share * sum(int(n).bit_count() for n in need) + 1e-9)
        small = missing <= most
        unknown: Bools = np.logical_and(unsaid, small)
        value = np.where(missing == 0, self.number(1), (1 - share) * self.number(0.9))
        value[unknown | ~small] = 0
        self.sheet.fit += value * self.share(Criterion.SCHEDULE, _ESSENTIAL)
        self.ask(Criterion.SCHEDULE, unknown)
        self.miss(~small, self.remedy("schedule", "childcare"))

    def first_day(self) -> None:
        free, grace = self.crowd.fact("available_from"), self.policy.start_grace_days
        late = free - np.int16(self.start)
        late[free == YES_FACT] = 0
        there, waits = (free > 0) & (late <= 0), (free > 0) & (late > grace)
        value = 1 - late * self.number(1 / (2 * grace))
        value[there] = 1
        value[waits | (free <= 0)] = 0
        self.sheet.fit += value * self.share(Criterion.START, _ESSENTIAL)
        self.ask(Criterion.START, free < 0)
        self.miss(free == 0, self.remedy("available_from", "start"))
        self.sheet.late |= waits

    def hours(self) -> None:
        low, high = self.offer.weekly_minutes_min or 0, self.offer.weekly_minutes_max or 0
        fewest, most = self.crowd.fact("hours_min"), self.crowd.fact("hours_max")
        too_long: Array = np.where(most < 0, 0, np.maximum(0, low - most))
        too_short = np.where((fewest < 0) | (fewest == YES_FACT), 0, np.maximum(0, fewest - high))
        over = too_long > self.policy.hours_grace_minutes
        unknown: Bools = ((most < 0) | (fewest < 0)) & ~over
        gap = np.maximum(too_long, too_short)
        value = np.where(gap == 0, self.number(1), np.maximum(0, 1 - gap * self.number(1 / low)) * self.number(0.9))
        value[over | unknown] = 0
        self.sheet.fit += value * self.share(Criterion.CONTRACT, _ESSENTIAL)
        self.ask(Criterion.CONTRACT, unknown)
        self.miss(over, self.remedy("hours", "hours_max"))

    def pay(self) -> None:
        wished, offered = self.crowd.fact("pay_wished"), self.offer.pay_cents or 0
        value = (wished <= offered * (1 + self.policy.pay_grace)) * self.number(0.5)
        value[(wished <= offered) | (wished == YES_FACT)] = 1
        value[wished < 0] = 0
        self.sheet.fit += value * self.share(Criterion.PAY, _DESIRABLE)

    def requirement(self, asked: Requirement) -> None:
        kind, fact = asked.kind, self.crowd.fact
        if kind is RequirementKind.SKILL:
            self.skill(asked)
        elif kind is RequirementKind.EXPERIENCE:
            self.experience(asked)
        elif kind is RequirementKind.LOAD:
            most, remedy = fact("max_load"), self.remedy("max_load", Criterion.LIMITS)
            self.settle(Criterion.LIMITS, asked.importance, most >= asked.amount, most < 0, remedy)
        elif kind is RequirementKind.DEGREE:
            self.level(asked, Criterion.EXPERIENCE, "degree", self.remedy("degree"))
        elif kind in _FRENCH:
            code = _FRENCH[kind]
            self.level(asked, Criterion.LANGUAGE, code, self.remedy(code, Criterion.LANGUAGE))
        elif asked.code not in self.offer.flags:
            self.capability(asked)

    def capability(self, asked: Requirement) -> None:
        criterion, fact = _criterion_of(asked), self.crowd.fact(asked.code)
        yes = fact > 0 if criterion is Criterion.LIMITS else fact >= self.start
        self.settle(criterion, asked.importance, yes, fact < 0, self.remedy(asked.code, criterion))

    def level(self, asked: Requirement, criterion: Criterion, code: str, remedy: Remedy | None) -> None:
        fact = self.crowd.fact(code)
        unknown = (fact < 0) | (fact == YES_FACT)
        self.settle(criterion, asked.importance, (fact >= asked.amount) & ~unknown, unknown, remedy)

    def skill(self, asked: Requirement) -> None:
        yes, no = (np.zeros(len(self.crowd), np.bool_) for _ in range(2))
        yes_of, no_of = self.crowd.skills.get(asked.index, ([], []))
        yes[yes_of] = True
        no[no_of] = True
        remedy = self.remedy(f"skill:{asked.index}", Criterion.SKILLS)
        self.settle(Criterion.SKILLS, asked.importance, yes, ~(yes | no), remedy)

    def experience(self, asked: Requirement) -> None:
        done, months = self.crowd.done, self.crowd.months
        near = self.crowd.world.occupations.levels_to(self.offer.rome)[done] >= OccupationLevel.SAME_FAMILY
        total = (near * np.maximum(months, 0)).sum(axis=0, dtype=np.int32).astype(self.crowd.precision)
        vague: Bools = np.logical_or((near & (months < 0)).any(axis=0), self.crowd.no_experience)
        enough = total >= asked.amount
        partly = (total >= asked.amount * self.policy.experience_partly_share) & ~enough & ~vague
        worth = self.number(0.9 / asked.amount) * self.share(Criterion.EXPERIENCE, asked.importance)
        self.sheet.fit += partly * total * worth
        remedy = self.remedy("experience", Criterion.EXPERIENCE)
        self.settle(Criterion.EXPERIENCE, asked.importance, enough, vague, remedy, partly)

    def travel(self) -> None:
        """The fastest sure way to the nearest place; else a way to ask about; else a vehicle to lend."""
        crowd, m = self.crowd, len(self.crowd)
        minutes = np.full(m, np.inf, crowd.precision)
        to_ask = crowd.nowhere.copy()
        lent: dict[int, Bools] = {}
        for place in self.offer.places:
            km = crowd.road_km(place)
            beyond = km - (crowd.radius_km + self.number(place.radius_km))
            speed = np.zeros(m, crowd.precision)
            for way in crowd.ways.values():
                shared = crowd.network & np.uint64(place.network)
                reach = way.reach(shared)
                inside = km <= reach
                sure = inside & way.sure(shared)
                np.maximum(speed, sure * way.speed(shared), out=speed)
                to_ask |= way.possible & (beyond <= reach)
                self._lend(way, inside, lent)
            with np.errstate(divide="ignore", invalid="ignore"):
                np.fmin(minutes, km * self.number(60) / speed, out=minutes)
        met = np.isfinite(minutes) & ~crowd.nowhere
        unknown = to_ask & ~met
        longest = self.number(1 / (2 * self.policy.default_travel_minutes))
        nearness = 1 - self.number(self.policy.travel_time_cost) * np.minimum(minutes * longest, 1)
        nearness[~met] = 0
        self.sheet.fit += nearness * self.share(Criterion.TRAVEL, _ESSENTIAL)
        self.ask(Criterion.TRAVEL, unknown)
        self._missing_way(~(met | unknown), lent)

    def _lend(self, way: _Way, inside: Bools, lent: dict[int, Bools]) -> None:
        """Note who a vehicle of this mode would bring there, by the days it takes to lend one."""
        for code, mode, needs in _LENT:
            remedy = self.remedy(code)
            if mode is way.mode and remedy is not None:
                found = inside & (self.crowd.fact(needs) > 0) if needs else inside
                before = lent.get(remedy.delay_days)
                lent[remedy.delay_days] = found if before is None else before | found

    def _missing_way(self, missing: Bools, lent: dict[int, Bools]) -> None:
        soon = late = np.zeros_like(missing)
        for delay, found in lent.items():
            if delay <= self.days:
                soon = soon | found
            else:
                late = late | found
        self.sheet.in_time |= missing & soon
        self.sheet.late |= missing & late & ~soon
        self.sheet.blocked |= missing & ~soon & ~late


@dataclass
class _Way:
    """A mode: how far each person goes by it, prepared once so that a place costs two comparisons."""

    mode: TravelMode
    fact: Array
    limit_hours: Array
    range_km: Any
    usual: Any
    by_network: Array | None

    def __post_init__(self) -> None:
        self.possible: Bools = self.fact != 0
        self._has: Bools = (self.fact > 0) & (self.mode is not TravelMode.LIFT)
        self._reach: Array = np.minimum(self.range_km, self.limit_hours * self.usual)

    def speed(self, shared: Array) -> Any:
        """km/h; that of the networks common to both ends for public transport."""
        return self.usual if self.by_network is None else self.by_network[shared]

    def reach(self, shared: Array) -> Array:
        """Farthest km of road within the person's minutes."""
        if self.by_network is None:
            return self._reach
        return np.asarray(np.minimum(self.range_km, self.limit_hours * self.speed(shared)))

    def sure(self, shared: Array) -> Bools:
        """Known to be possible: a lift is still to find, a bus without a common network still to check."""
        return self._has if self.mode is not TravelMode.PUBLIC_TRANSPORT else self._has & (shared != 0)


def _ways(crowd: Crowd) -> dict[TravelMode, _Way]:
    policy, ways = crowd.world.policy, {}
    for mode, parameters in policy.modes.items():
        fact = crowd.fact(f"mode_{mode}")
        limit = np.where((fact > 0) & (fact != YES_FACT), fact, policy.default_travel_minutes)
        usual = crowd.precision(parameters.speed_kmh)
        speeds = None
        if mode is TravelMode.PUBLIC_TRANSPORT and policy.network_speeds:
            speeds = _speeds_of_sets(policy.network_speeds, parameters.speed_kmh).astype(crowd.precision)
        hours = (limit / 60).astype(crowd.precision)
        ways[mode] = _Way(mode, fact, hours, crowd.precision(parameters.range_km), usual, speeds)
    return ways


def _speeds_of_sets(speeds: tuple[float, ...], otherwise: float) -> Array:
    """The fastest network of each set of networks, sets as bits."""
    sets = range(1 << len(speeds))
    return np.array([max((s for i, s in enumerate(speeds) if bits >> i & 1), default=otherwise) for bits in sets])


def _asked(offer: Offer) -> list[Criterion]:
    """The criterion of each thing asked: a weight is shared between the things its criterion asks."""
    always = [c for c in Criterion if c not in _ONLY_REQUIRED]
    implied = [Criterion.CONTRACT, *(Criterion.LIMITS for _ in offer.flags)]
    return always + implied + [_criterion_of(one) for one in offer.requirements if one.code not in offer.flags]


def _criterion_of(asked: Requirement) -> Criterion:
    if asked.kind is RequirementKind.SKILL:
        return Criterion.SKILLS
    if asked.kind in (RequirementKind.EXPERIENCE, RequirementKind.DEGREE):
        return Criterion.EXPERIENCE
    if asked.kind in _FRENCH:
        return Criterion.LANGUAGE
    if asked.kind is RequirementKind.LOAD or asked.code in _LIMITS:
        return Criterion.LIMITS
    return Criterion.VEHICLE if asked.code == "vehicle" else Criterion.CERTIFICATES


def _on_sphere(lat: Array, lon: Array) -> Array:
    """Points of the unit sphere, from radians."""
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _postings(skills: Array, values: Array) -> dict[int, tuple[Array, Array]]:
    """By skill, who has it and who said not to."""
    slot, who = np.nonzero(skills >= 0)
    number, value = skills[slot, who], values[slot, who]
    by_skill = np.lexsort((who, number))
    number, value, who = number[by_skill], value[by_skill], who[by_skill]
    found, first = np.unique(number, return_index=True)
    return {
        int(skill): (people[known > 0], people[known == 0])
        for skill, people, known in zip(found, np.split(who, first[1:]), np.split(value, first[1:]), strict=True)
    }
