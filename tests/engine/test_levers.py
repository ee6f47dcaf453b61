"""A lever brings what changing the person and ranking again brings: counted pair by pair, the slow way."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching.engine import YES_FACT, Gain, Lever, Offer, OfferBook, PersonRecord, RequirementKind, board
from matching.terms import Criterion, Importance, MatchStatus
from tests.engine import worlds
from tests.engine.plain import BLOCKING, LIFTABLE, Plain

COMMON: dict[str, Any] = {"today": worlds.TODAY, "occupations": worlds.occupations()}
_EARLY = (0xFFFFFFFFFFFF,) * 3 + (0,) * 4
LEVERS = (
    Lever("licence_b", {"licence_b": YES_FACT}),
    Lever("car", {"mode_car": YES_FACT, "vehicle": YES_FACT}, needs="licence_b", delay_days=14),
    Lever("licence and car", {"licence_b": YES_FACT, "mode_car": YES_FACT, "vehicle": YES_FACT}, delay_days=40),
    Lever("moped", {"mode_moped": YES_FACT}),
    Lever("french", {"french_oral": 2}),
    Lever("night", {"night": YES_FACT}, unknown_only=True),
    Lever("hours", week=_EARLY),
    Lever("hours wanted", {"hours_max": 2100}),
    Lever("skills", grants=frozenset({"skills"}), delay_days=10),
    Lever("one skill", grants=frozenset({"skill:3"})),
    Lever("experience", grants=frozenset({"experience"})),
    Lever("heavy", {"max_load": 24}, unknown_only=True),
)


def with_lever(record: PersonRecord, lever: Lever, offer: Offer) -> PersonRecord:
    """The person with the lever, written plainly; what is granted is given as this offer asks it."""
    facts = dict(record.facts)
    if lever.needs and not facts.get(lever.needs, -1) > 0:
        return record
    if lever.unknown_only and any(code in facts for code in lever.facts):
        return record
    for code, value in lever.facts.items():
        held = facts.get(code, -1)
        if code.startswith("mode_"):
            facts[code] = held if held > 0 else value
        elif code.startswith("french_") and held == YES_FACT:
            facts[code] = value
        else:
            facts[code] = max(held, value)
    can = [a | b for a, b in zip(record.can, lever.week, strict=True)]
    cannot = [a & ~b for a, b in zip(record.cannot, lever.week, strict=True)]
    changed = replace(record, facts=facts, can=can, cannot=cannot)
    for asked in offer.requirements:
        if asked.kind is RequirementKind.SKILL and lever.grants & {"skills", f"skill:{asked.index}"}:
            changed = replace(changed, skills=[*changed.skills, (asked.index, 1)])
    return changed


def standing(record: PersonRecord, offer: Offer, book: OfferBook, allowed: int, granted: bool) -> tuple[bool, bool]:
    """(nothing in the way, and no essential question either)."""
    pair = Plain(record, offer, book.policy, [record], allowed)
    answers = [a for a in pair.answers if not (granted and a.criterion is Criterion.EXPERIENCE)]
    if granted and not any(r.kind is RequirementKind.EXPERIENCE for r in offer.requirements):
        answers = pair.answers
    clear = not any(a.status in (LIFTABLE, BLOCKING) for a in answers)
    asked = any(a.status is MatchStatus.UNKNOWN and a.importance is Importance.ESSENTIAL for a in answers)
    return clear, clear and not asked


def no_degree(offer: Offer, number: int) -> Offer:
    """Degrees are of the criterion of experience: left out, so that granting experience can be written plainly."""
    kept = tuple(r for r in offer.requirements if r.kind is not RequirementKind.DEGREE)
    return replace(offer, id=number, requirements=kept)


@pytest.mark.parametrize("at_once", [1 << 20, 50])
@pytest.mark.parametrize("seed", range(8))
def test_levers_equal_brute_force(seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.engine.levers.PAIRS_AT_ONCE", at_once)
    draw = random.Random(seed)
    records = [r for r in worlds.crowd(draw, 22) if r.active]
    people = worlds.people_of(records)
    offers = [no_degree(worlds.offer(draw), number) for number in range(1, 15)]
    eligible = {o.id: np.array([draw.choice((-1, 0, 1)) for _ in records], np.int8) for o in offers}
    book = OfferBook(offers, worlds.policy(draw), vocabulary=worlds.VOCABULARY, eligible=eligible, **COMMON)
    found = board(people, book, LEVERS)
    gains = {gain.lever.key: gain for gain in found.gains}
    for lever in LEVERS:
        opened, settled, in_time = [], 0, 0
        for row, record in enumerate(records):
            for offer in offers:
                allowed = int(eligible[offer.id][row])
                before = standing(record, offer, book, allowed, False)
                changed = with_lever(record, lever, offer)
                after = standing(changed, offer, book, allowed, "experience" in lever.grants)
                days = 10**6 if offer.start_day is None else max(0, offer.start_day - worlds.TODAY)
                if after[0] and not before[0]:
                    opened.append((record.id, offer.id))
                    in_time += lever.delay_days <= days
                settled += after[1] and not before[1]
        persons, jobs = (sorted(set(ids)) for ids in (zip(*opened, strict=True) if opened else ((), ())))
        expected = Gain(lever, len(opened), in_time, len(persons), len(jobs), settled, tuple(persons), tuple(jobs))
        assert gains.get(lever.key, Gain(lever, 0, 0, 0, 0, 0)) == expected, lever.key
    assert any(gain.pairs for gain in gains.values())
    clear = [sum(standing(r, o, book, int(eligible[o.id][i]), False)[0] for o in offers) for i, r in enumerate(records)]
    assert found.clear.tolist() == clear


@pytest.mark.parametrize("seed", range(6))
def test_near_misses_are_the_pairs_one_requirement_away(seed: int) -> None:
    draw = random.Random(50 + seed)
    records = [r for r in worlds.crowd(draw, 25) if r.active]
    people = worlds.people_of(records)
    offers = [replace(worlds.offer(draw, reserved=False), id=number) for number in range(1, 15)]
    book = OfferBook(offers, worlds.policy(draw), vocabulary=worlds.VOCABULARY, **COMMON)
    found = board(people, book, ())
    expected: dict[Criterion, int] = {}
    for record in records:
        for offer in offers:
            stops = [
                a.criterion
                for a in Plain(record, offer, book.policy, records).answers
                if a.status in (LIFTABLE, BLOCKING)
            ]
            if len(stops) == 1 and stops != [Criterion.OCCUPATION]:
                expected[stops[0]] = expected.get(stops[0], 0) + 1
    got: dict[Criterion, int] = {}
    for near in found.near:
        got[near.criterion] = got.get(near.criterion, 0) + near.pairs
        assert 0 <= near.in_time <= near.pairs
    assert got == expected
    assert found.one_away.sum() == sum(expected.values())


def test_nobody_and_nothing() -> None:
    book = OfferBook([], worlds.policy(random.Random(1)), vocabulary=worlds.VOCABULARY, **COMMON)
    found = board(worlds.people_of([]), book, LEVERS)
    assert (found.gains, found.near, found.rows.tolist()) == ((), (), [])
