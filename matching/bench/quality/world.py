"""The simulated people and jobs as they truly are: nothing here is masked, nothing here is read by the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.bench.quality.landscape import CERTIFICATES, TASTES, Floats, Ints, Landscape
from matching.engine import NO_FACT, YES_FACT, Offer, Place, Requirement, RequirementKind, words_of
from matching.terms import ContractKind, Importance, ScheduleFlag, TravelMode

Facts = npt.NDArray[np.int16]
Bools = npt.NDArray[np.bool_]
Weeks = npt.NDArray[np.uint64]

TODAY = 9800
GOALS, DONE = 3, 3
SMIC_CENTS = 1_202
CONTRACTS = {
    ContractKind.PERMANENT: (0.97, 0.35),
    ContractKind.FIXED_TERM: (0.90, 0.30),
    ContractKind.SEASONAL: (0.60, 0.10),
    ContractKind.TEMPORARY_AGENCY: (0.65, 0.15),
    ContractKind.INSERTION_FIXED_TERM: (0.85, 0.10),
}
"""Of each kind: share of the people who accept it, share of the offers."""
LIMITS = {
    "night": (0.40, 0.06),
    "weekend": (0.60, 0.25),
    "split": (0.50, 0.10),
    "2x8": (0.60, 0.08),
    "standing": (0.85, 0.35),
    "outdoor_ok": (0.80, 0.15),
    "cold_ok": (0.85, 0.05),
    "height_ok": (0.75, 0.06),
    "driving_ok": (0.70, 0.10),
}
"""Of each limit: share of the people who can, share of the offers that ask it."""
MODES = {
    TravelMode.WALK: (0.90, 15, 45, 4.5),
    TravelMode.BICYCLE: (0.35, 15, 40, 14.0),
    TravelMode.MOPED: (0.08, 20, 40, 32.0),
    TravelMode.PUBLIC_TRANSPORT: (0.80, 30, 75, 17.0),
    TravelMode.CAR: (0.90, 20, 60, 42.0),
    TravelMode.LIFT: (0.20, 20, 45, 42.0),
}
"""Share who use it (the car: of those with licence and vehicle), fewest and most minutes, usual km/h."""
_LEVELS = {
    "french_oral": (0.04, 0.08, 0.15, 0.18, 0.20, 0.15, 0.20),
    "french_read": (0.08, 0.10, 0.15, 0.17, 0.17, 0.15, 0.18),
    "french_written": (0.12, 0.12, 0.15, 0.16, 0.15, 0.14, 0.16),
}
_DEGREES = ((0, 3, 4, 5, 6), (0.40, 0.33, 0.17, 0.06, 0.04))
_HOURS = ((900, 1200, 1440, 1800, 2100, 2340), (0.04, 0.08, 0.09, 0.07, 0.52, 0.20))
_LOADS = ((5, 10, 15, 25, YES_FACT), (0.08, 0.12, 0.10, 0.15, 0.55))
HARD_FACTS: tuple[str, ...] = (
    *("licence_b", "vehicle", *CERTIFICATES, *(f"mode_{mode}" for mode in MODES), *LIMITS, "max_load"),
    *("available_from", "hours_max", *(f"contract_{kind}" for kind in CONTRACTS), *_LEVELS, "degree", "right_to_work"),
)
"""What can make a job impossible, besides the week and belonging to a reserved public: each may be unknown."""
SOFT_FACTS = ("hours_min", "pay_wished")


def slots(first_hour: float, last_hour: float) -> int:
    """Half-hours of a day, as bits."""
    return sum(1 << k for k in range(int(first_hour * 2), int(last_hour * 2)))


_WEEK_KINDS = (
    # share, hours of a working day, hours of Saturday and Sunday (None: not free)
    (0.40, (5, 22), (5, 22)),
    (0.15, (0, 24), (0, 24)),
    (0.15, (7, 20), None),
    (0.15, (8.5, 16.5), None),
    (0.07, (8, 13), None),
    (0.08, (9, 18), (9, 18)),
)
_SHIFTS = (
    # share of the offers, hours of a day, days worked
    (0.50, (9, 17), (0, 1, 2, 3, 4)),
    (0.15, (6, 13), (0, 1, 2, 3, 4)),
    (0.10, (13, 20), (0, 1, 2, 3, 4)),
    (0.15, (8.5, 12), (0, 1, 2, 3, 4)),
    (0.10, (10, 18), (1, 2, 3, 4, 5)),
)


@dataclass(frozen=True)
class Crowd:
    """n people as they are. `facts`: every fact known, in the engine's encoding. `lat`, `lon` are of the door;
    `commune` a position in the landscape's. `goals`, `titles`, `done`: int64[slots, n], −1 for none; `months` of each
    trade done. `taste` float[n, TASTES], `pace` (slower above 1) and `lift_real` are latent. `groups`: invented and
    protected, name → group of each; only the form of the words people use for themselves depends on one."""

    facts: dict[str, Facts]
    week: Weeks
    eligible: npt.NDArray[np.int8]
    commune: Ints
    lat: Floats
    lon: Floats
    goals: Ints
    titles: Ints
    done: Ints
    done_titles: Ints
    months: Ints
    taste: Floats
    pace: Floats
    lift_real: Bools
    groups: dict[str, npt.NDArray[np.int8]]
    seed: int

    def __len__(self) -> int:
        return len(self.lat)


@dataclass(frozen=True)
class Job:
    """A job. `offer` is what is published; the rest is latent: the door, how far each rule bends, the taste of the
    work, the detour of its roads, the meaning of its title (position of it)."""

    offer: Offer
    title: int
    lat: float
    lon: float
    taste: Floats
    bends_week: float
    bends_minutes: float
    patience_days: float
    strictness: float
    detour: float
    seed: int = field(repr=False, default=0)


def draw_crowd(land: Landscape, n: int, seed: int) -> Crowd:
    """n invented people."""
    rng = np.random.default_rng([seed, 4])
    taste = rng.normal(0, 1, (n, TASTES))
    goals, done = _paths(land, taste, rng)
    commune = rng.choice(len(land.communes["lat"]), n, p=land.communes["people"])
    lat, lon = _doors(land, commune, rng)
    sex = rng.integers(0, 2, n).astype(np.int8)
    quarter, age = (rng.random(n) < 0.3).astype(np.int8), rng.integers(0, 3, n).astype(np.int8)
    return Crowd(
        facts=_facts(land, done, rng),
        week=_weeks(n, rng),
        eligible=(rng.random(n) < 0.5).astype(np.int8),
        commune=commune,
        lat=lat,
        lon=lon,
        goals=goals,
        titles=_title_of(land, goals, rng),
        done=done,
        done_titles=_title_of(land, done, rng),
        months=np.where(done >= 0, np.clip(np.exp(rng.normal(2.7, 1.0, done.shape)), 1, 240), 0).astype(np.int64),
        taste=taste,
        pace=np.exp(rng.normal(0, 0.12, n)),
        lift_real=rng.random(n) < 0.5,
        groups={"sexe": sex, "quartier": quarter, "âge": age},
        seed=seed,
    )


def _paths(land: Landscape, taste: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Trades wished (by popularity and taste, later ones often near) and trades done (often those wished)."""
    n, count = len(taste), len(land.codes)
    with np.errstate(divide="ignore"):
        appeal = np.log(land.popularity)

    def wished() -> Ints:
        drawn: Ints = np.argmax(appeal + 0.5 * taste @ land.taste.T + rng.gumbel(0, 1, (n, count)), axis=1)
        return drawn

    first = wished()
    goals, done = np.full((GOALS, n), -1), np.full((DONE, n), -1)
    goals[0] = first
    for slot, share in ((1, 0.6), (2, 0.25)):
        other = np.where(rng.random(n) < 0.6, _neighbours(land, first, rng), wished())
        goals[slot] = np.where((rng.random(n) < share) & (goals[slot - 1] >= 0), other, -1)
    elsewhere = rng.choice(count, n, p=land.popularity)
    kept = rng.random(n)
    done[0] = np.where(kept < 0.5, first, np.where(kept < 0.7, _neighbours(land, first, rng), elsewhere))
    done[1] = np.where(rng.random(n) < 0.5, rng.choice(count, n, p=land.popularity), -1)
    done[2] = np.where((rng.random(n) < 0.5) & (done[1] >= 0), _neighbours(land, done[0], rng), -1)
    return goals, done


def _neighbours(land: Landscape, trades: Ints, rng: np.random.Generator) -> Ints:
    """A trade tied to each, the nearer and the more popular the likelier; itself when it has none."""
    found = trades.copy()
    for trade in np.unique(trades):
        row = land.ties[[trade]]
        worth = np.exp(-2 * row.data) * land.popularity[row.indices]
        here = np.flatnonzero(trades == trade)
        if worth.sum() > 0:
            found[here] = rng.choice(row.indices, len(here), p=worth / worth.sum())
    return found


def _title_of(land: Landscape, trades: Ints, rng: np.random.Generator) -> Ints:
    found = np.full(trades.shape, -1)
    for trade in np.unique(trades[trades >= 0]):
        where = trades == trade
        found[where] = rng.choice(land.titles[trade], int(where.sum()))
    return found


def _doors(land: Landscape, commune: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Somewhere in the commune: its centroid is all that is ever said."""
    far = land.communes["radius_km"][commune] * np.sqrt(rng.random(len(commune)))
    turn = rng.uniform(0, 2 * np.pi, len(commune))
    lat = land.communes["lat"][commune] + far * np.sin(turn) / 111.2
    return lat, land.communes["lon"][commune] + far * np.cos(turn) / (111.2 * np.cos(np.radians(lat)))


def _yes(share: float | Floats, n: int, rng: np.random.Generator) -> Facts:
    return np.where(rng.random(n) < share, YES_FACT, NO_FACT).astype(np.int16)


def _facts(land: Landscape, done: Ints, rng: np.random.Generator) -> dict[str, Facts]:
    n = done.shape[1]
    found = {"licence_b": _yes(0.55, n, rng)}
    found["vehicle"] = _yes(np.where(found["licence_b"] > 0, 0.75, 0.03), n, rng)
    asked = np.array([*land.certificate, ""])[done]
    for code in CERTIFICATES:
        yes = _yes(np.where((asked == code).any(axis=0), 0.65, 0.04), n, rng)
        dated = (yes > 0) & (rng.random(n) < 0.5)
        found[code] = np.where(dated, TODAY + rng.integers(-120, 900, n), yes).astype(np.int16)
    for mode, (share, fewest, most, _) in MODES.items():
        owns = (found["licence_b"] > 0) & (found["vehicle"] > 0) if mode is TravelMode.CAR else np.ones(n, np.bool_)
        minutes = rng.integers(fewest // 5, most // 5 + 1, n) * 5
        found[f"mode_{mode}"] = np.where(owns & (rng.random(n) < share), minutes, NO_FACT).astype(np.int16)
    found |= {code: _yes(share, n, rng) for code, (share, _) in LIMITS.items()}
    found |= {f"contract_{kind}": _yes(share, n, rng) for kind, (share, _) in CONTRACTS.items()}
    found |= {code: rng.choice(np.arange(len(p)), n, p=p).astype(np.int16) for code, p in _LEVELS.items()}
    found["degree"] = rng.choice(_DEGREES[0], n, p=_DEGREES[1]).astype(np.int16)
    found["max_load"] = rng.choice(_LOADS[0], n, p=_LOADS[1]).astype(np.int16)
    later = rng.random(n) < 0.3
    free = np.where(later, rng.integers(1, 90, n), rng.integers(-60, 1, n)) + TODAY
    found["available_from"] = free.astype(np.int16)
    found["hours_max"] = rng.choice(_HOURS[0], n, p=_HOURS[1]).astype(np.int16)
    found["hours_min"] = np.minimum(found["hours_max"], rng.choice([0, 600, 1200, 1800], n)).astype(np.int16)
    found["pay_wished"] = (SMIC_CENTS + np.round(rng.exponential(90, n), -1)).astype(np.int16)
    draw = rng.random(n)
    until = TODAY + rng.integers(-30, 500, n)
    found["right_to_work"] = np.where(draw < 0.03, NO_FACT, np.where(draw < 0.12, until, YES_FACT)).astype(np.int16)
    return found


def _weeks(n: int, rng: np.random.Generator) -> Weeks:
    """Half-hours free, uint64[7, n]; everything else is not."""
    kinds = np.array([[slots(*day)] * 5 + [slots(*rest) if rest else 0] * 2 for _, day, rest in _WEEK_KINDS], np.uint64)
    chosen = rng.choice(len(kinds), n, p=[share for share, *_ in _WEEK_KINDS])
    week: Weeks = kinds[chosen].T.copy()
    off = rng.random((5, n)) < 0.02  # a day of the week that is never free
    week[:5] = np.where(off, np.uint64(0), week[:5])
    return week


# --- jobs ---------------------------------------------------------------------------------------------------


def draw_job(land: Landscape, number: int, seed: int) -> Job:
    """One invented job, the same for the same number and seed."""
    rng = np.random.default_rng([seed, 3, number])
    trade = int(rng.choice(len(land.codes), p=land.popularity))
    title = int(rng.choice(land.titles[trade]))
    commune = int(rng.choice(len(land.communes["lat"]), p=land.communes["people"]))
    lat, lon = _doors(land, np.array([commune]), rng)
    return Job(
        offer=_offer(land, number, trade, title, commune, rng),
        title=title,
        lat=float(lat[0]),
        lon=float(lon[0]),
        taste=land.taste[trade] + rng.normal(0, 1, TASTES),
        bends_week=float(rng.uniform(0, 0.2)),
        bends_minutes=float(rng.uniform(60, 240)),
        patience_days=float(rng.uniform(3, 21)),
        strictness=float(rng.uniform(0.3, 0.9)),
        detour=float(rng.uniform(1.15, 1.5)),
        seed=int(rng.integers(1 << 31)),
    )


def _offer(land: Landscape, number: int, trade: int, title: int, commune: int, rng: np.random.Generator) -> Offer:
    flags = {code for code, (_, share) in LIMITS.items() if rng.random() < share}
    place = {name: column[commune] for name, column in land.communes.items()}
    windows = _windows(flags, rng)
    minutes = min(2_100, 30 * sum(day.bit_count() for day in windows))
    published = {flag.value for flag in ScheduleFlag}
    form = land.title_forms[title][0 if rng.random() < 0.8 else 1]
    return Offer(
        id=number + 1,
        rome=trade,
        title=int(land.title_ids[title]),
        words=words_of(form, land.labels[trade]),
        places=(Place(float(place["lat"]), float(place["lon"]), float(place["radius_km"]), int(place["network"])),),
        start_day=TODAY + int(rng.integers(0, 60)) if rng.random() < 0.8 else None,
        contract=str(rng.choice([kind.value for kind in CONTRACTS], p=[share for _, share in CONTRACTS.values()])),
        weekly_minutes_min=minutes,
        weekly_minutes_max=minutes,
        pay_cents=SMIC_CENTS + int(np.round(rng.exponential(110), -1)),
        windows=windows,
        flags=frozenset(flags & published),
        requirements=tuple(_requirements(land, trade, flags - published, rng)),
        reserved=bool(rng.random() < 0.08),
    )


def _windows(flags: set[str], rng: np.random.Generator) -> tuple[int, ...]:
    _, hours, days = _SHIFTS[int(rng.choice(len(_SHIFTS), p=[share for share, *_ in _SHIFTS]))]
    need = slots(*hours)
    if "night" in flags:
        need = slots(22, 24) | slots(0, 5)
    elif "split" in flags:
        need = slots(7, 11) | slots(16, 19)
    worked = {*days, 5} if "weekend" in flags else days
    return tuple(need if day in worked else 0 for day in range(7))


def _requirements(land: Landscape, trade: int, limits: set[str], rng: np.random.Generator) -> list[Requirement]:
    """What is asked, of every kind; what is asked by law or by the work itself is essential."""
    can, level = RequirementKind.CAPABILITY, Importance.ESSENTIAL
    found = [Requirement(can, code) for code in sorted(limits)]
    if rng.random() < 0.30:
        found.append(Requirement(can, "licence_b"))
        if rng.random() < 0.5:
            found.append(Requirement(can, "vehicle"))
    if land.certificate[trade]:
        held_to = rng.choice([level, Importance.TRAINABLE, Importance.DESIRABLE], p=[0.6, 0.2, 0.2])
        found.append(Requirement(can, land.certificate[trade], importance=Importance(held_to)))
    for kind, share, levels in (
        (RequirementKind.FRENCH_ORAL, 0.75, (1, 2, 2, 3, 4)),
        (RequirementKind.FRENCH_READ, 0.35, (1, 2, 3)),
        (RequirementKind.FRENCH_WRITTEN, 0.20, (1, 2, 3, 4)),
        (RequirementKind.DEGREE, 0.12, (3, 3, 4)),
        (RequirementKind.EXPERIENCE, 0.10, (6, 12, 24)),
        (RequirementKind.LOAD, 0.30, (5, 10, 15, 20)),
    ):
        if rng.random() < share:
            found.append(Requirement(kind, amount=int(rng.choice(levels))))
    mine = land.skills[trade]
    asked = rng.choice(mine, min(3, len(mine)), replace=False) if len(mine) else mine
    wished = Importance.DESIRABLE
    return [*found, *(Requirement(RequirementKind.SKILL, index=int(skill), importance=wished) for skill in asked)]
