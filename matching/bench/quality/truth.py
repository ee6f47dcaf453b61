"""What a person and a job are truly worth to each other, and what makes the job impossible.

Written without the engine: other speeds, other shapes, other constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.bench.quality.landscape import Floats, Landscape
from matching.bench.quality.world import DONE, GOALS, MODES, TODAY, Bools, Crowd, Facts, Job
from matching.engine import Requirement, RequirementKind
from matching.terms import Importance, TravelMode

WEEK, ELIGIBLE, PATH = "week", "eligible", "path"
"""What a rule reads, beside facts; the path (trades done) is always known."""
_MOST_BENT_WEEK, _MOST_BENT_MINUTES, _MOST_PATIENT, _LEAST_STRICT = 0.2, 240.0, 21.0, 0.3
_KM_A_DEGREE = 111.2
_FASTEST = 1.5  # how much faster than usual nobody goes
_BUS_ELSEWHERE = 0.15
_LEVELS = {
    RequirementKind.FRENCH_ORAL: "french_oral",
    RequirementKind.FRENCH_READ: "french_read",
    RequirementKind.FRENCH_WRITTEN: "french_written",
    RequirementKind.DEGREE: "degree",
    RequirementKind.LOAD: "max_load",
}


@dataclass(frozen=True)
class Rule:
    """A hard rule of one job. `broken`: truly impossible. `surely`: impossible whatever is latent, which anybody who
    knows the facts in `reads` can tell."""

    name: str
    reads: tuple[str, ...]
    broken: Bools
    surely: Bools


@dataclass(frozen=True)
class Truth:
    """Of one job: `worth` float64[n] in [0, 1], 0 for whoever cannot hold it; its rules; `skills` bool[asked, n]."""

    worth: Floats
    rules: tuple[Rule, ...]
    skills: Bools

    @property
    def possible(self) -> Bools:
        """Who can hold the job."""
        return np.asarray(~np.any([rule.broken for rule in self.rules], axis=0), np.bool_)


def truth_of(land: Landscape, crowd: Crowd, job: Job) -> Truth:
    """Worth = chance that the employer keeps the person × chance that the person keeps the job; 0 if a rule breaks."""
    rng = np.random.default_rng(job.seed)
    near = np.append(land.nearness(job.offer.rome), 0.0)
    known_how = near[crowd.done] * (1 - np.exp(-crowd.months / 12))
    practised = known_how.max(axis=0)
    skills = _skills(crowd, job, practised)
    minutes = _minutes(land, crowd, job, rng)
    rules = tuple(_rules(crowd, job, near, minutes, land))
    chance = _logistic(_chance(land, crowd, job, near, practised, skills) + rng.normal(0, 0.5, len(crowd)))
    keeps = _logistic(_wish(crowd, job, near, minutes) + rng.normal(0, 0.5, len(crowd)))
    broken = np.any([rule.broken for rule in rules], axis=0)
    return Truth(np.where(broken, 0.0, chance * keeps), rules, skills)


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), np.float64)


# --- worth --------------------------------------------------------------------------------------------------


def _skills(crowd: Crowd, job: Job, practised: Floats) -> Bools:
    """Who masters each skill asked: mostly those who practised."""
    asked = [r.index for r in job.offer.requirements if r.kind is RequirementKind.SKILL]
    luck = [np.random.default_rng([crowd.seed, 5, skill]).random(len(crowd)) for skill in asked]
    return np.array([one < 0.04 + 0.8 * practised for one in luck], np.bool_).reshape(len(asked), len(crowd))


def _chance(land: Landscape, crowd: Crowd, job: Job, near: Floats, practised: Floats, skills: Bools) -> Floats:
    """The employer's side, on the scale of log-odds: practice, speciality, skills, what can be learnt on the job."""
    learning = 0.4 * near[crowd.goals].max(axis=0)
    senses = np.vstack([land.sense, np.zeros(land.sense.shape[1])])
    speciality = (senses[np.vstack([crowd.titles, crowd.done_titles])] @ land.sense[job.title]).max(axis=0)
    found = -4.0 + 4.5 * np.maximum(practised, learning) + 1.0 * np.clip(speciality, 0, 1)
    if len(skills):
        found = found + 1.2 * skills.mean(axis=0)
    for asked in job.offer.requirements:
        if asked.kind is RequirementKind.CAPABILITY and asked.importance is not Importance.ESSENTIAL:
            has = crowd.facts[asked.code] >= _start(job)
            found = found + np.where(has, 0.0, -0.6 if asked.importance is Importance.TRAINABLE else -0.3)
    return np.asarray(found + 0.08 * (crowd.facts["french_oral"] - 3), np.float64)


def _wish(crowd: Crowd, job: Job, near: Floats, minutes: Floats) -> Floats:
    """The person's side: the trade wished, taste, the way there, pay, hours, the week."""
    order = np.array([1.0, 0.9, 0.8])[:, None]
    wished = (near[crowd.goals] * order[:GOALS]).max(axis=0)
    before = near[crowd.done].max(axis=0) if DONE else 0.0
    pay = (job.offer.pay_cents or 0) / crowd.facts["pay_wished"].astype(np.float64)
    hours = (job.offer.weekly_minutes_min or 0) - crowd.facts["hours_min"].astype(np.float64)
    road = np.where(np.isfinite(minutes), minutes, 90.0) / 30
    missing = _missing_share(crowd, job)
    return np.asarray(
        -0.6
        + 2.0 * np.maximum(wished, 0.6 * before)
        + 0.9 * (crowd.taste @ job.taste) / np.sqrt(2.0 * len(job.taste))
        + 3.0 * np.log(pay)
        - 0.5 * road**1.3
        - 0.8 * np.clip(-hours / 600, 0, 2)
        - 3.0 * missing,
        np.float64,
    )


# --- hard rules ---------------------------------------------------------------------------------------------


def _start(job: Job) -> int:
    return TODAY if job.offer.start_day is None else job.offer.start_day


def _rules(crowd: Crowd, job: Job, near: Floats, minutes: Floats, land: Landscape) -> Iterator[Rule]:
    facts, offer, start = crowd.facts, job.offer, _start(job)

    def plain(name: str, code: str, broken: Bools) -> Rule:
        return Rule(name, (code,), broken, broken)

    yield plain("right_to_work", "right_to_work", facts["right_to_work"] < start)
    yield plain("contract", f"contract_{offer.contract}", facts[f"contract_{offer.contract}"] <= 0)
    for flag in sorted(offer.flags):
        yield plain("limit", flag, facts[flag] <= 0)
    for asked in offer.requirements:
        if asked.importance is Importance.ESSENTIAL:
            yield _required(crowd, job, asked, near)
    if offer.reserved:
        yield plain("reserved", ELIGIBLE, crowd.eligible <= 0)
    over = (offer.weekly_minutes_min or 0) - facts["hours_max"].astype(np.float64)
    yield Rule("hours", ("hours_max",), over > job.bends_minutes, over > _MOST_BENT_MINUTES)
    missing = _missing_share(crowd, job)
    yield Rule("week", (WEEK,), missing > job.bends_week, missing > _MOST_BENT_WEEK)
    if offer.start_day is not None:
        late = facts["available_from"].astype(np.float64) - start
        yield Rule("start", ("available_from",), late > job.patience_days, late > _MOST_PATIENT)
    reads = tuple(f"mode_{mode}" for mode in MODES)
    yield Rule("travel", reads, ~np.isfinite(minutes), _surely_too_far(land, crowd, job))


def _required(crowd: Crowd, job: Job, asked: Requirement, near: Floats) -> Rule:
    """Skills are never a hard rule here: what a person does not say they can do is learnt or shown."""
    if asked.kind is RequirementKind.EXPERIENCE:
        months = (crowd.months * near[crowd.done]).sum(axis=0)
        total = crowd.months.sum(axis=0)
        broken = months < job.strictness * asked.amount
        return Rule("experience", (PATH,), broken, total < _LEAST_STRICT * asked.amount)
    if asked.kind in _LEVELS:
        code = _LEVELS[asked.kind]
        broken = crowd.facts[code] < asked.amount
        return Rule(str(asked.kind), (code,), broken, broken)
    broken = crowd.facts[asked.code] < _start(job)
    return Rule("certificate", (asked.code,), broken, broken)


def _missing_share(crowd: Crowd, job: Job) -> Floats:
    need = np.array(job.offer.windows, np.uint64)[:, None]
    total = int(np.bitwise_count(need).sum())
    missing = np.bitwise_count(need & ~crowd.week).sum(axis=0)
    return np.asarray(missing / max(1, total), np.float64)


def _km(lat: Floats, lon: Floats, to_lat: float, to_lon: float) -> Floats:
    """Flat enough over a Département."""
    east = (lon - to_lon) * np.cos(np.radians(to_lat))
    return np.asarray(np.hypot(lat - to_lat, east) * _KM_A_DEGREE, np.float64)


def _minutes(land: Landscape, crowd: Crowd, job: Job, rng: np.random.Generator) -> Floats:
    """From door to door by the quickest way the person truly has and bears; inf without any."""
    km = _km(crowd.lat, crowd.lon, job.lat, job.lon) * job.detour
    network = land.communes["network"].astype(np.int64)[crowd.commune]
    served = (network & job.offer.places[0].network) != 0
    bus = served | (rng.random(len(crowd)) < _BUS_ELSEWHERE)
    best = np.full(len(crowd), np.inf)
    for mode, (_, _, _, speed) in MODES.items():
        takes = km / speed * 60 * crowd.pace + (6 if mode is TravelMode.PUBLIC_TRANSPORT else 0)
        can = takes <= crowd.facts[f"mode_{mode}"]
        if mode is TravelMode.PUBLIC_TRANSPORT:
            can &= bus
        elif mode is TravelMode.LIFT:
            can &= crowd.lift_real
        best = np.where(can, np.minimum(best, takes), best)
    return best


def _surely_too_far(land: Landscape, crowd: Crowd, job: Job) -> Bools:
    """Too far by every mode the person has, from the near edge of one commune to that of the other, at full speed."""
    place = job.offer.places[0]
    home = {name: land.communes[name][crowd.commune] for name in ("lat", "lon", "radius_km")}
    km = np.maximum(0, _km(home["lat"], home["lon"], place.lat, place.lon) - home["radius_km"] - place.radius_km)
    near = np.zeros(len(crowd), np.bool_)
    for mode, (_, _, _, speed) in MODES.items():
        minutes: Facts = crowd.facts[f"mode_{mode}"]
        near |= (minutes > 0) & (km / (speed * _FASTEST) * 60 <= minutes)
    return ~near
