"""How long the engine takes for one offer among many people: the first 50 with their reasons, and their ids alone.

By NumPy and by the compiled pass (extra `fast`), in turn, offer after offer; on one processor and on all.

python benchmarks/engine_rank.py [people] [offers]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from matching.engine import (
    YES_FACT,
    FactVocabulary,
    Occupations,
    Offer,
    People,
    Place,
    Policy,
    Remedy,
    Requirement,
    RequirementKind,
    compiled_pass,
    compiled_pass_alone,
    numpy_pass,
    rank,
    relaxations,
    shortlist,
    warm_up,
)
from matching.terms import ContractKind, Importance, TravelMode

CODES = (
    *("licence_b", "vehicle", "caces_r489_3", "haccp", "sst", "right_to_work", "max_load", "night", "weekend"),
    *("french_oral", "french_read", "french_written", "degree", "available_from", "hours_min", "hours_max"),
    *("pay_wished", *(f"contract_{kind}" for kind in ContractKind), *(f"mode_{mode}" for mode in TravelMode)),
    *(f"certificate_{i}" for i in range(35)),
)
TODAY = 9500


def crowd(n: int, rng: np.random.Generator) -> People:
    """Invented people: 30 % of the facts unknown."""
    amounts = {"french": 7, "degree": 9, "max_load": 40, "available": TODAY + 60, "hours": 2100, "pay": 1500}
    values = np.full((len(CODES), n), -1, np.int16)
    for i, code in enumerate(CODES):
        top = next((v for k, v in amounts.items() if code.startswith(k)), 0)
        yes = rng.integers(1, top, n) if top else np.full(n, YES_FACT)
        draw = rng.random(n)
        values[i] = np.where(draw < 0.3, -1, np.where(draw < 0.6, 0, yes))
    fact, row = np.nonzero(values >= 0)

    def entries(per_person: int, high: int) -> tuple[np.ndarray, np.ndarray]:
        return np.repeat(np.arange(n), per_person), rng.integers(0, high, n * per_person)

    goals, done, skills, words = entries(3, 1500), entries(4, 1500), entries(12, 10000), entries(25, 3000)
    week = rng.integers(0, 1 << 48, (n, 7), dtype=np.uint64)
    return People.from_columns(
        FactVocabulary(CODES),
        rng.permutation(10 * n)[:n] + 1,
        facts=(row, fact, values[fact, row]),
        goals=(*goals, rng.integers(0, 11000, 3 * n)),
        experience=(*done, rng.integers(0, 120, 4 * n)),
        skills=(*skills, rng.integers(0, 2, 12 * n)),
        words=(words[0], words[1] + 1),
        can=week,
        cannot=~week & rng.integers(0, 1 << 48, (n, 7), dtype=np.uint64),
        lat=rng.uniform(47.5, 48.7, n),
        lon=rng.uniform(-2.3, -1.0, n),
        radius_km=rng.uniform(1, 4, n),
        network=rng.integers(0, 8, n),
        open_proposals=rng.integers(0, 4, n),
    )


def offers(count: int, rng: np.random.Generator) -> list[Offer]:
    """Invented offers that ask a good deal."""
    capability, skill = RequirementKind.CAPABILITY, RequirementKind.SKILL
    asked = (
        Requirement(capability, "licence_b"),
        Requirement(capability, "caces_r489_3"),
        Requirement(capability, "sst", importance=Importance.DESIRABLE),
        Requirement(capability, "vehicle"),
        Requirement(RequirementKind.FRENCH_ORAL, amount=2),
        Requirement(RequirementKind.EXPERIENCE, amount=6, importance=Importance.DESIRABLE),
        Requirement(RequirementKind.LOAD, amount=15),
    )
    return [
        Offer(
            id=i,
            rome=int(rng.integers(0, 1500)),
            title=int(rng.integers(0, 11000)),
            words=tuple(int(w) for w in rng.integers(1, 3000, 20)),
            places=(Place(float(rng.uniform(47.5, 48.7)), float(rng.uniform(-2.3, -1.0)), 2.0, 3),),
            start_day=TODAY + 30,
            contract="permanent",
            weekly_minutes_min=2100,
            weekly_minutes_max=2100,
            pay_cents=1250,
            windows=(0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0, 0),
            flags=frozenset({"weekend"}),
            requirements=(*asked, *(Requirement(skill, index=int(k)) for k in rng.integers(0, 10000, 4))),
        )
        for i in range(count)
    ]


def trades(rng: np.random.Generator) -> Occupations:
    """1 500 codes with links and skills."""
    codes = [f"{'ABCDEFGHIJKLMN'[i % 14]}{i % 9}{i % 7}{i:04}" for i in range(1500)]
    pairs = [tuple(int(k) for k in pair) for pair in rng.integers(0, 1500, (6000, 2))]
    links = [(int(a), int(b)) for a, b in zip(rng.integers(0, 1500, 45000), rng.integers(0, 9000, 45000), strict=True)]
    return Occupations(
        codes, family=[i // 3 for i in range(1500)], close=pairs[:3000], evolution=pairs[3000:], skills=links
    )


def main(n: int = 33_000, count: int = 60) -> None:
    """Print the build time, the medians, and the processor time, which a busy machine changes less."""
    rng = np.random.default_rng(1)
    began = time.perf_counter()
    people = crowd(n, rng)
    print(f"{n} people made in {time.perf_counter() - began:.2f} s, {people.nbytes / 1e6:.0f} MB")
    began = time.perf_counter()
    print(f"compiled pass ready: {warm_up()}, in {time.perf_counter() - began:.1f} s")
    policy = Policy(remedies={"caces_r489_3": Remedy(1, 20), "vehicle": Remedy(2, 10)})
    common: dict[str, Any] = {"today": TODAY, "occupations": trades(rng)}
    times: dict[str, list[tuple[float, float]]] = {}
    for offer in offers(count, rng):
        lists = set()
        rank(people, offer, policy, seed=1, top=1, **common)  # what is read once of an occupation
        for name, judge in PASSES.items():
            asked = partial(rank, people, offer, policy, seed=1, judge=judge, **common)
            lists.add(tuple(timed(times, f"rank, {name}", asked).ids.tolist()))
            asked = partial(shortlist, people, offer, policy, seed=1, judge=judge, **common)
            lists.add(tuple(timed(times, f"shortlist, {name}", asked).tolist()))
        assert len(lists) == 1
        timed(times, "relaxations", partial(relaxations, people, offer, policy, **common))
    for name, pairs in times.items():
        wall, processor = np.array(pairs).T * 1000
        print(
            f"{name:30} median {np.median(wall):7.2f} ms, p95 {np.quantile(wall, 0.95):7.2f} ms,"
            f" processor {np.median(processor):7.2f} ms"
        )


PASSES = {"NumPy": numpy_pass, "compiled": compiled_pass, "compiled, one processor": compiled_pass_alone}


def timed(times: dict[str, list[tuple[float, float]]], name: str, asked: Callable[[], Any]) -> Any:
    """What is asked, its time and its processor time noted under this name."""
    began, busy = time.perf_counter(), time.process_time()
    answer = asked()
    times.setdefault(name, []).append((time.perf_counter() - began, time.process_time() - busy))
    return answer


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
