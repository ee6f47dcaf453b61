"""Invented people and offers, every criterion on, built without a loop over people: the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.bench.vocabulary import vocabulary
from matching.engine import (
    UNKNOWN_FACT,
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
    RequirementKind,
    words_of,
)
from matching.reference.embedded import load_embedded
from matching.reference.model import MobilityKind
from matching.terms import ContractKind, FactGroup, FactUnit, Importance

TODAY = 9800
UNITS = 8
_CHUNK = 1 << 16
_DEPARTEMENT = "44"
_DAY = (1 << 48) - 1
_KNOWN = {FactGroup.CERTIFICATE: 0.35, FactGroup.LICENCE: 0.6}
_YES = {FactGroup.CERTIFICATE: 0.4, FactGroup.LICENCE: 0.5, FactGroup.VEHICLE: 0.5, FactGroup.RIGHT: 0.97}
_AMOUNTS: dict[FactUnit, tuple[int, ...]] = {
    FactUnit.MINUTES: (15, 20, 30, 45, 60, 90, YES_FACT),
    FactUnit.KILOGRAMS: (5, 10, 15, 25, YES_FACT, YES_FACT),
    FactUnit.CENTS_PER_HOUR: (1190, 1210, 1250, 1300, 1400, YES_FACT),
    FactUnit.LEVEL: (1, 2, 3, 3, 4, 5, 6, 7),
    FactUnit.DAY: (TODAY - 90, TODAY - 5, TODAY + 10, TODAY + 35, TODAY + 50, TODAY + 120, YES_FACT),
    FactUnit.VALID_UNTIL: (TODAY - 40, TODAY + 20, TODAY + 400, TODAY + 900, *(YES_FACT,) * 8),
    FactUnit.NONE: (YES_FACT,),
}
_HOURS = {"hours_min": (0, 600, 900, 1200, 1440, 1800), "hours_max": (1200, 1440, 1560, 1800, 2100, 2340, YES_FACT)}
# From and to, in half-hours: a morning, school hours, a full day, an evening, everything.
_SPANS = ((12, 26), (17, 33), (14, 40), (32, 46), (0, 48))
_ASKED_CERTIFICATES = ("caces_r489_3", "sst", "haccp", "fimo", "electrical_clearance", "caces_r482")
_ASKED_LIMITS = ("standing", "outdoor_ok", "height_ok", "cold_ok", "driving_ok")
_FLAGS = ("weekend", "night", "split", "variable", "2x8")

Table = npt.NDArray[Any]


@dataclass(frozen=True)
class World:
    """People, offers, and what is needed to rank.

    `eligible` int8[len(people)]: of the public every offer is reserved to (1, 0, -1 unknown). `texts` of the people
    in the order of the rows, empty when not asked for; `offer_texts` in the order of the offers. The words of the
    people and of the offers are those of the texts.
    """

    people: People
    offers: tuple[Offer, ...]
    policy: Policy
    occupations: Occupations
    eligible: npt.NDArray[np.int8]
    texts: tuple[str, ...]
    offer_texts: tuple[str, ...]

    @property
    def setting(self) -> dict[str, Any]:
        """What `rank` is given besides the people, the offer and the policy."""
        return {"today": TODAY, "seed": 1, "occupations": self.occupations, "eligible": self.eligible}


def build(size: int, offers: int = 24, *, seed: int = 1, texts: bool = False) -> World:
    """`size` people and some offers. With `texts`, what each wrote is kept beside its words."""
    written: list[str] = []
    people, eligible = _crowd(size, seed, written if texts else None)
    made = tuple(_offers(offers, np.random.default_rng([seed, 2])))
    return World(
        people,
        tuple(offer for offer, _ in made),
        policy(),
        occupations(),
        eligible,
        tuple(written),
        tuple(text for _, text in made),
    )


def record_of(people: People, row: int, person_id: int) -> PersonRecord:
    """What is known of the person of a row, as somebody else's."""

    def pairs(first: str, second: str, empty: int = -1) -> list[tuple[int, int]]:
        both = zip(people.column(first)[:, row].tolist(), people.column(second)[:, row].tolist(), strict=True)
        return [pair for pair in both if pair[0] != empty]

    known = {code: int(people.fact_row(code)[row]) for code in people.vocabulary.codes}
    names = ("unit", "lat", "lon", "radius_km", "network", "open_proposals", "active")
    return PersonRecord(
        id=person_id,
        facts={code: value for code, value in known.items() if value != UNKNOWN_FACT},
        can=people.column("can")[:, row].tolist(),
        cannot=people.column("cannot")[:, row].tolist(),
        goals=pairs("goal_rome", "goal_title"),
        experience=pairs("experience_rome", "experience_months"),
        skills=pairs("skill_id", "skill_value"),
        words=people.column("words")[:, row].tolist(),
        **{name: people.column(name)[row].item() for name in names},
    )


# --- what a Département decides --------------------------------------------------------------------------------


@cache
def occupations() -> Occupations:
    """Those of the embedded reference, with their links."""
    reference = load_embedded()
    index = {occupation.code: i for i, occupation in enumerate(reference.occupations)}
    families = {family: i for i, family in enumerate(sorted({o.family for o in reference.occupations}))}
    skills = {skill.id: i for i, skill in enumerate(reference.skills)}
    links = [
        (m.kind, index[m.source], index[m.target]) for m in reference.mobilities if {m.source, m.target} <= {*index}
    ]
    return Occupations(
        list(index),
        family=[families[o.family] for o in reference.occupations],
        close=[(a, b) for kind, a, b in links if kind is MobilityKind.CLOSE],
        evolution=[(a, b) for kind, a, b in links if kind is MobilityKind.EVOLUTION],
        skills=[(index[link.code], skills[link.skill_id]) for link in reference.occupation_skills],
    )


@cache
def policy() -> Policy:
    """The default one, with the usual remedies and the speeds of the networks."""
    reference = load_embedded()
    remedies = {default.lifts: Remedy(default.code, default.delay_days) for default in reversed(reference.remedies)}
    return Policy(remedies=remedies, network_speeds=tuple(float(n.speed_kmh) for n in reference.networks))


@cache
def _communes() -> tuple[Table, Table, Table, Table]:
    """Latitude, longitude, radius in km, bits of the networks."""
    reference = load_embedded()
    kept = [c for c in reference.communes if c.departement == _DEPARTEMENT and c.lat is not None and c.lon is not None]
    bits = [sum(1 << i for i, n in enumerate(reference.networks) if c.insee in n.communes) for c in kept]
    return (
        np.array([c.lat for c in kept]),
        np.array([c.lon for c in kept]),
        np.array([sqrt((c.area_km2 or 1.0) / pi) for c in kept]),
        np.array(bits, np.uint64),
    )


@cache
def _titles() -> tuple[Table, Table]:
    """Occupation of each title; and for each occupation its first title and how many it has."""
    reference = load_embedded()
    index = {occupation.code: i for i, occupation in enumerate(reference.occupations)}
    of_title = np.array([index[title.code] for title in reference.titles], np.int32)
    first = np.searchsorted(of_title, np.arange(len(index)))
    return of_title, np.stack([first, np.bincount(of_title)])


@cache
def _skills() -> Table:
    """Skills of each occupation, repeated to the end of the line."""
    reference = load_embedded()
    number = {skill.id: i for i, skill in enumerate(reference.skills)}
    of_code: dict[str, list[int]] = {occupation.code: [] for occupation in reference.occupations}
    for link in reference.occupation_skills:
        of_code[link.code].append(number[link.skill_id])
    return np.array([np.resize(skills, 8) for skills in of_code.values()], np.int32)


# --- people ----------------------------------------------------------------------------------------------------


def _crowd(size: int, seed: int, written: list[str] | None) -> tuple[People, npt.NDArray[np.int8]]:
    """Built part by part, so that making many takes little more memory than holding them."""
    facts = FactVocabulary(kind.code for kind in load_embedded().fact_kinds)
    ids = np.random.default_rng([seed, 3]).permutation(size).astype(np.int64) + 1
    eligible = np.empty(size, np.int8)

    def parts() -> Iterator[People]:
        for number, first in enumerate(range(0, size, _CHUNK)):
            rng = np.random.default_rng([seed, 1, number])
            here = slice(first, min(size, first + _CHUNK))
            eligible[here] = rng.choice(np.array([1, 0, -1], np.int8), len(ids[here]), p=(0.6, 0.2, 0.2))
            yield People.from_columns(facts, ids[here], **_part(rng, len(ids[here]), written))

    return People.joined(facts, size, parts()), eligible


def _part(rng: np.random.Generator, m: int, written: list[str] | None) -> dict[str, Any]:
    """`m` people as `People.from_columns` takes them."""
    trade = rng.integers(0, len(_skills()), m, dtype=np.int32)
    titles, goals = _goals(rng, trade)
    return {
        "facts": _facts(rng, m),
        "goals": goals,
        "experience": _experience(rng, trade),
        "skills": _known_skills(rng, trade),
        "words": _words(rng, trade, titles, written),
        **_week(rng, m),
        **_home(rng, m),
    }


def _facts(rng: np.random.Generator, m: int) -> tuple[Table, ...]:
    rows, which, values = [], [], []
    for number, kind in enumerate(load_embedded().fact_kinds):
        known = np.flatnonzero(rng.random(m, np.float32) < _KNOWN.get(kind.group, 0.85)).astype(np.int32)
        amounts = np.array(_HOURS[kind.code] if kind.code in _HOURS else _AMOUNTS[kind.unit], np.int16)
        value = amounts[rng.integers(0, len(amounts), len(known))]
        if kind.code not in _HOURS:
            value[rng.random(len(known), np.float32) >= _YES.get(kind.group, 0.8)] = 0
        rows.append(known)
        which.append(np.full(len(known), number, np.uint8))
        values.append(value)
    return np.concatenate(rows), np.concatenate(which), np.concatenate(values)


def _goals(rng: np.random.Generator, trade: Table) -> tuple[Table, tuple[Table, ...]]:
    """One to three goals, the first in the person's trade; the titles they were said with [m, 3], -1 without."""
    m = len(trade)
    romes = rng.integers(0, len(_skills()), (m, 3), dtype=np.int32)
    romes[:, 0] = trade
    start, count = _titles()[1][:, romes]
    titles = (start + (rng.random((m, 3)) * count).astype(np.int32)).astype(np.int32)
    kept = np.arange(3) < rng.integers(1, 4, (m, 1))
    titles[rng.random((m, 3), np.float32) < 0.3] = -1
    row = np.broadcast_to(np.arange(m, dtype=np.int32)[:, None], kept.shape)
    return np.where(kept, titles, -1), (row[kept], romes[kept], titles[kept])


def _experience(rng: np.random.Generator, trade: Table) -> tuple[Table, ...]:
    m = len(trade)
    romes = rng.integers(0, len(_skills()), (m, 4), dtype=np.int32)
    romes[:, 0] = trade
    months = rng.choice(np.array([-1, 2, 6, 12, 24, 60, 120], np.int16), (m, 4))
    kept = np.arange(4) < rng.integers(0, 5, (m, 1))
    row = np.broadcast_to(np.arange(m, dtype=np.int32)[:, None], kept.shape)
    return row[kept], romes[kept], months[kept]


def _known_skills(rng: np.random.Generator, trade: Table) -> tuple[Table, ...]:
    """Two to sixteen, half of them of the trade; some said not to be known."""
    m, own = len(trade), 8
    table = np.empty((m, 16), np.int32)
    table[:, 0::2] = rng.permuted(_skills()[trade], axis=1)
    table[:, 1::2] = rng.integers(0, len(load_embedded().skills), (m, own))
    kept = np.arange(16) < rng.integers(2, 17, (m, 1))
    row = np.broadcast_to(np.arange(m, dtype=np.int32)[:, None], kept.shape)
    known = (rng.random((m, 16), np.float32) < 0.9).astype(np.int8)
    return row[kept], table[kept], known[kept]


def _words(rng: np.random.Generator, trade: Table, titles: Table, written: list[str] | None) -> tuple[Table, Table]:
    """40 to 120 words: the titles of the goals, words of the trade, a free paragraph."""
    said, m = vocabulary(), len(trade)
    goals = np.where((titles >= 0)[..., None], said.titles[titles], -1).reshape(m, -1)
    words = np.hstack([goals, _paragraph(rng, trade, (8, 20), (30, 90))])
    if written is not None:
        written.extend(said.text(line) for line in words)
    tokens = np.where(words >= 0, said.tokens[words], np.uint16(0))
    row, place = np.nonzero(tokens)
    return row, tokens[row, place]


def _paragraph(rng: np.random.Generator, trade: Table, of_trade: tuple[int, int], general: tuple[int, int]) -> Table:
    """Words of the trade then general ones, as many as drawn between the bounds given; -1 for none."""
    said, m = vocabulary(), len(trade)
    length = (said.trades >= 0).sum(axis=1)[trade]
    drawn = (rng.random((m, of_trade[1])) * length[:, None]).astype(np.int32)
    own = said.trades[trade[:, None], drawn]
    own[np.arange(of_trade[1]) >= rng.integers(*of_trade, (m, 1))] = -1
    free = said.general(rng, (m, general[1]))
    free[np.arange(general[1]) >= rng.integers(*general, (m, 1))] = -1
    return np.hstack([own, free])


def _week(rng: np.random.Generator, m: int) -> dict[str, Table]:
    """A span of hours that suits, five to seven days; part of the rest is known not to."""
    spans = np.array([_bits(start, end) for start, end in _SPANS], np.uint64)
    can = np.repeat(spans[rng.integers(0, len(spans), m)][:, None], 7, axis=1)
    can[:, 5:][rng.random((m, 2), np.float32) < 0.5] = 0
    can[rng.random(m, np.float32) < 0.1] = 0
    said = spans[rng.integers(0, len(spans), (m, 7))] * (rng.random((m, 7), np.float32) < 0.4)
    return {"can": can, "cannot": ~can & said}


def _home(rng: np.random.Generator, m: int) -> dict[str, Table]:
    lat, lon, radius, network = _communes()
    home = rng.integers(0, len(lat), m)
    where = np.where(rng.random(m) < 0.03, np.nan, lat[home] + rng.normal(0, 0.02, m))
    return {
        "lat": where.astype(np.float32),
        "lon": (lon[home] + rng.normal(0, 0.02, m)).astype(np.float32),
        "radius_km": radius[home].astype(np.float32),
        "network": network[home],
        "unit": (home % UNITS).astype(np.int32),
        "open_proposals": rng.poisson(0.4, m).astype(np.int16),
        "active": rng.random(m) < 0.92,
    }


def _bits(start: int, end: int) -> int:
    return ((1 << end) - 1) & ~((1 << start) - 1) & _DAY


# --- offers ----------------------------------------------------------------------------------------------------


def _offers(count: int, rng: np.random.Generator) -> Iterator[tuple[Offer, str]]:
    """Offers that ask something of every criterion, with 60 to 150 words."""
    lat, lon, radius, network = _communes()
    said, of_title = vocabulary(), _titles()[0]
    for number in range(1, count + 1):
        title = int(rng.integers(0, len(of_title)))
        trade = of_title[[title]]
        text = said.text(np.hstack([said.titles[[title]], _paragraph(rng, trade, (15, 40), (45, 110))])[0])
        towns = [int(town) for town in rng.choice(len(lat), rng.integers(1, 3), replace=False)]
        weekly = int(rng.choice((1200, 1440, 1800, 2100)))
        day = _bits(*_SPANS[int(rng.integers(0, 4))])
        yield (
            Offer(
                id=number,
                rome=int(trade[0]),
                title=title,
                words=words_of(text),
                places=tuple(Place(lat[t].item(), lon[t].item(), radius[t].item(), network[t].item()) for t in towns),
                start_day=TODAY + int(rng.choice((7, 21, 30, 60))),
                contract=str(rng.choice([ContractKind.PERMANENT.value, ContractKind.FIXED_TERM.value])),
                weekly_minutes_min=weekly,
                weekly_minutes_max=weekly + int(rng.choice((0, 300))),
                pay_cents=int(rng.choice((1190, 1250, 1320))),
                windows=(day, day, day, day, day, day if rng.random() < 0.3 else 0, 0),
                flags=frozenset(rng.choice(_FLAGS, rng.integers(1, 3), replace=False).tolist()),
                requirements=tuple(_requirements(rng, int(trade[0]))),
                reserved=True,
            ),
            text,
        )


def _requirements(rng: np.random.Generator, trade: int) -> Iterator[Requirement]:
    capability, importances = RequirementKind.CAPABILITY, tuple(Importance)

    def importance() -> Importance:
        return importances[int(rng.integers(0, 3))]

    certificates = rng.choice(_ASKED_CERTIFICATES, 2, replace=False).tolist()
    yield Requirement(capability, "licence_b", importance=importance())
    yield Requirement(capability, "vehicle", importance=importance())
    yield Requirement(capability, certificates[0])
    yield Requirement(capability, certificates[1], importance=Importance.DESIRABLE)
    yield Requirement(capability, str(rng.choice(_ASKED_LIMITS)))
    yield Requirement(RequirementKind.FRENCH_ORAL, amount=int(rng.integers(1, 4)))
    yield Requirement(RequirementKind.FRENCH_READ, amount=int(rng.integers(1, 3)), importance=importance())
    yield Requirement(RequirementKind.DEGREE, amount=3, importance=importance())
    yield Requirement(RequirementKind.EXPERIENCE, amount=int(rng.choice((6, 12, 24))), importance=importance())
    yield Requirement(RequirementKind.LOAD, amount=int(rng.choice((5, 10, 20))))
    own = list(dict.fromkeys(_skills()[trade].tolist()))
    for place, skill in enumerate(own[:4]):
        needed = Importance.ESSENTIAL if place < 2 else Importance.DESIRABLE
        yield Requirement(RequirementKind.SKILL, index=skill, importance=needed)
