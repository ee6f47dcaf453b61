"""Invented people, offers and occupations, drawn from a seed."""

from __future__ import annotations

import random
from math import nan
from typing import Any

import numpy as np

from matching.engine import (
    YES_FACT,
    FactVocabulary,
    Occupations,
    Offer,
    People,
    PersonRecord,
    Place,
    Policy,
    Remedy,
    Requirement,
)
from matching.engine.passes import Judge
from matching.terms import ContractKind, Importance, RequirementKind, TravelMode

TODAY = 9800
CERTIFICATES = ("licence_b", "haccp", "caces_r489_3")
MODES = tuple(f"mode_{mode}" for mode in TravelMode)
CONTRACTS = tuple(f"contract_{kind}" for kind in (ContractKind.PERMANENT, ContractKind.FIXED_TERM))
AMOUNTS: dict[str, tuple[int, ...]] = {
    "french_oral": (0, 1, 2, 3, 6, YES_FACT),
    "degree": (0, 3, 5),
    "available_from": (0, TODAY - 5, TODAY + 12, TODAY + 35, TODAY + 70, YES_FACT),
    "hours_min": (0, 600, 1200, 2100, YES_FACT),
    "hours_max": (600, 1200, 1260, 2000, 2100, YES_FACT),
    "pay_wished": (0, 1100, 1210, 1400, YES_FACT),
    "max_load": (0, 5, 20, YES_FACT),
    "right_to_work": (0, TODAY + 10, TODAY + 400, YES_FACT),
    **dict.fromkeys(CERTIFICATES, (0, TODAY - 3, TODAY + 40, YES_FACT, YES_FACT)),
    **dict.fromkeys(MODES, (0, 20, 45, YES_FACT)),
}
FLAGS = ("night", "weekend", "3x8", "variable", "split", "2x8")
LIMITS = ("night", "standing", "height_ok", "outdoor_ok", "cold_ok", "driving_ok", "2x8", "variable")
YES_OR_NO = ("vehicle", *sorted({*FLAGS, *LIMITS}), *CONTRACTS)
CODES = (*AMOUNTS, *YES_OR_NO)
VOCABULARY = FactVocabulary(CODES)
ROMES = ("A1101", "A1102", "A1203", "A1411", "B1101", "B1205", "K1302", "K2204", "K2205", "N1101")
FAMILIES = (0, 0, 1, 2, 3, 4, 5, 6, 6, 7)
CLOSE = ((0, 3), (6, 9))
EVOLUTION = ((2, 7), (4, 8), (0, 3))
SHARED = ((0, 1), (0, 2), (5, 1), (5, 2), (5, 3), (9, 9), (7, 9), (7, 4), (7, 5), (7, 6), (7, 7))
REMEDIES = {
    "caces_r489_3": Remedy(1, 20),
    "licence_b": Remedy(2, 180),
    "vehicle": Remedy(3, 10),
    "mode_moped": Remedy(4, 7),
    "childcare": Remedy(5, 45),
    "skills": Remedy(6, 60),
    "language": Remedy(7, 90),
    "hours": Remedy(8, 5),
    "night": Remedy(9, 30),
}


def occupations() -> Occupations:
    return Occupations(ROMES, family=FAMILIES, close=CLOSE, evolution=EVOLUTION, skills=SHARED)


def policy(draw: random.Random) -> Policy:
    kept = {code: remedy for code, remedy in REMEDIES.items() if draw.random() < 0.6}
    return Policy(remedies=kept, network_speeds=draw.choice(((), (12.0,), (12.0, 30.0))))


def facts(draw: random.Random, known: float = 0.75) -> dict[str, int]:
    values = {code: draw.choice(amounts) for code, amounts in AMOUNTS.items()}
    values |= {code: draw.choice((0, YES_FACT, YES_FACT)) for code in YES_OR_NO}
    return {code: value for code, value in values.items() if draw.random() < known}


def week(draw: random.Random) -> tuple[int, ...]:
    return tuple(((1 << 48) - 1) if draw.random() < 0.6 else draw.getrandbits(48) for _ in range(7))


def person(draw: random.Random, number: int, **changes: Any) -> PersonRecord:
    can = week(draw)
    some = draw.random
    values: dict[str, Any] = {
        "unit": draw.randrange(3),
        "facts": facts(draw),
        "can": can if some() < 0.8 else (0,) * 7,
        "cannot": tuple(draw.choice((~day & draw.getrandbits(48), 0)) & ((1 << 48) - 1) for day in can),
        "goals": [(draw.randrange(-1, 10), draw.randrange(-1, 4)) for _ in range(draw.randrange(7))],
        "experience": [(draw.randrange(10), draw.randrange(-1, 40)) for _ in range(draw.randrange(4))],
        "skills": [(s, draw.randrange(2)) for s in draw.sample(range(6), draw.randrange(5))],
        "words": [draw.randrange(1, 30) for _ in range(draw.randrange(9))],
        "lat": 47.2 + draw.random() / 2 if some() < 0.9 else float("nan"),
        "lon": -1.6 + draw.random() / 2,
        "radius_km": draw.random() * 4,
        "network": draw.randrange(4),
        "open_proposals": draw.randrange(4),
        "active": some() < 0.9,
    }
    return PersonRecord(id=number, **(values | changes))


def requirement(draw: random.Random) -> Requirement:
    kind = draw.choice(tuple(RequirementKind))
    importance = draw.choice((Importance.ESSENTIAL, Importance.ESSENTIAL, *Importance))
    if kind is RequirementKind.CAPABILITY:
        code = draw.choice((*CERTIFICATES, "vehicle", *LIMITS))
        return Requirement(kind, code, importance=importance)
    if kind is RequirementKind.SKILL:
        return Requirement(kind, index=draw.randrange(6), importance=importance)
    amount = draw.choice((10, 24) if kind in (RequirementKind.LOAD, RequirementKind.EXPERIENCE) else (0, 2, 3))
    return Requirement(kind, amount=amount, importance=importance)


def offer(draw: random.Random, **changes: Any) -> Offer:
    places = [Place(47.2 + draw.random() / 2, -1.6 + draw.random() / 2, 2.0, draw.randrange(4)) for _ in "ab"]
    if draw.random() < 0.1:
        places[0] = Place(nan, nan)  # a commune without coordinates
    days = draw.choice((0x3C0000, 0xFFFF0000, 0))
    values: dict[str, Any] = {
        "rome": draw.randrange(-1, 10),
        "title": draw.randrange(-1, 4),
        "words": tuple(draw.sample(range(1, 30), draw.randrange(6))),
        "places": tuple(places[: draw.randrange(3)]),
        "start_day": draw.choice((None, TODAY + 5, TODAY + 30, TODAY + 60)),
        "contract": draw.choice(("", ContractKind.PERMANENT.value, ContractKind.FIXED_TERM.value)),
        "weekly_minutes_min": draw.choice((None, 1200, 2100)),
        "weekly_minutes_max": draw.choice((None, 2100)),
        "pay_cents": draw.choice((None, 1180, 1300)),
        "windows": (days, days, days, days, days, 0, 0),
        "flags": frozenset(draw.sample(FLAGS, draw.randrange(3))),
        "requirements": tuple(requirement(draw) for _ in range(draw.randrange(6))),
        "reserved": draw.random() < 0.2,
        "needs_right_to_work": draw.random() < 0.8,
    }
    return Offer(id=draw.randrange(1000), **(values | changes))


def crowd(draw: random.Random, n: int) -> list[PersonRecord]:
    return [person(draw, number) for number in draw.sample(range(1, 10 * n), n)]


def people_of(records: list[PersonRecord]) -> People:
    people = People(VOCABULARY)
    people.upsert(records)
    return people


def tiers_of(judge: Judge, kept: np.ndarray) -> np.ndarray:
    """Of each of `kept`, as `Standing` says them in its several ways."""
    standing = judge.standing(kept)
    tiers = np.full(len(kept), 3, np.int8)
    tiers[np.searchsorted(kept, standing.rows)] = standing.tiers
    assert standing.counts == np.bincount(tiers, minlength=4).tolist()
    for tier in range(4):
        np.testing.assert_array_equal(standing.of_tier(tier), kept[tiers == tier])
    return tiers
