"""The compiled pass says what NumPy says, to the last digit of the key, and what the plain reference says."""

from __future__ import annotations

import hashlib
import inspect
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from matching.engine import (
    ModeParameters,
    OccupationLevel,
    Offer,
    People,
    PersonRecord,
    Place,
    Policy,
    Remedy,
    Requirement,
    compiled_pass,
    compiled_pass_alone,
    criteria,
    explain,
    fit_occupation,
    numpy_pass,
    passes,
    plan,
    rank,
    schedule,
    shortlist,
    tie_hash,
    travel,
    warm_up,
)
from matching.engine.checks import Asked, Check, Context, Verdict, graded
from matching.engine.criteria import checks_of
from matching.engine.facts import NO_FACT, YES_FACT, FactVocabulary
from matching.engine.people import Selection
from matching.engine.ranking import considered
from matching.terms import Criterion, Importance, RequirementKind, TravelMode
from tests.engine import worlds
from tests.engine.plain import Plain
from tests.engine.worlds import tiers_of

pytest.importorskip("numba")
COMPILED = [compiled_pass, compiled_pass_alone]
COMMON: dict[str, Any] = {"today": worlds.TODAY, "seed": 1, "occupations": worlds.occupations()}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    """Compiling takes its time once; the other tests of the process keep the pass they had."""
    assert warm_up()
    yield
    passes._kernel = None


def asked(people: People, offer: Offer, policy: Policy, eligible: np.ndarray | None = None) -> Context:
    return Context(people, offer, policy, worlds.occupations(), worlds.TODAY, eligible)


def odd_policy(draw: random.Random) -> Policy:
    """Anything a Département could set, and some that none would."""
    some = draw.random
    modes = {mode: ModeParameters(draw.choice((0, 4, 15, 45)), draw.choice((0, 3, 20, 60))) for mode in TravelMode}
    closeness = {step: draw.choice((0.0, some())) for step in OccupationLevel if some() < 0.9}
    remedies = {key: Remedy(key, draw.choice((-3, 0, 10, 60, 40_000))) for key in REMEDY_KEYS if some() < 0.4}
    return replace(
        worlds.policy(draw),
        weights={c: draw.choice((-1.0, 0.0, some())) for c in Criterion if some() < 0.9},
        unknown_cost={c: some() for c in Criterion if some() < 0.9},
        trainable_factor=some(),
        desirable_factor=some() * 2,
        remedies=remedies,
        modes={mode: value for mode, value in modes.items() if some() < 0.9},
        detour=1 + some(),
        default_travel_minutes=draw.choice((0, 30, 90)),
        travel_time_cost=some(),
        closeness=closeness,
        goal_decay=some(),
        experience_closeness=some(),
        occupation_met_level=draw.choice(tuple(OccupationLevel)),
        start_grace_days=draw.choice((0, 14)),
        hours_grace_minutes=draw.choice((0, 150)),
        pay_grace=some() / 5,
        schedule_partly_share=some() / 2,
        experience_partly_share=some(),
        spread_lambda=some(),
    )


REMEDY_KEYS = (*worlds.REMEDIES, "mode_car", "mode_bicycle", "travel", "schedule", "start", "contract", "skill:2")
REMEDY_KEYS = (*REMEDY_KEYS, "experience", "degree", "right_to_work", "certificates", "limits", "max_load", "vehicle")


def odd_offer(draw: random.Random) -> Offer:
    """As `worlds.offer`, with what is seldom: several places, a place nowhere, unknown facts, no day, day one."""
    offer = worlds.offer(draw)
    odd = [
        Requirement(RequirementKind.CAPABILITY, "never_heard_of", importance=draw.choice(tuple(Importance))),
        Requirement(RequirementKind.CAPABILITY, "mode_car"),
        Requirement(RequirementKind.CAPABILITY, "right_to_work", importance=draw.choice(tuple(Importance))),
        Requirement(RequirementKind.LOAD, amount=draw.choice((-5, 0, 40_000))),
        Requirement(RequirementKind.FRENCH_READ, amount=draw.choice((0, 2))),
        Requirement(RequirementKind.SKILL, index=draw.choice((-1, 5, 700))),
        Requirement(RequirementKind.EXPERIENCE, amount=draw.choice((0, 3, 500))),
    ]
    places = [Place(draw.choice((47.3, float("nan"))), -1.5, draw.random() * 40, draw.randrange(8)) for _ in "abc"]
    changes: list[dict[str, Any]] = [
        {"requirements": (*offer.requirements, *draw.sample(odd, 3))},
        {"places": (*offer.places, *places)},
        {"title": draw.choice((-1, 0)), "rome": draw.choice((-1, 4))},
        {"pay_cents": 0, "weekly_minutes_min": 0, "weekly_minutes_max": 3000},
        {"reserved": True},
        {"words": (0,)},
        {"start_day": worlds.TODAY - 40},
    ]
    for change in draw.sample(changes, 3):
        offer = replace(offer, **change)
    return offer


def assert_alike(context: Context, kept: np.ndarray) -> None:
    checks = checks_of(context)
    expected = numpy_pass(context, checks)
    tiers, keys = tiers_of(expected, kept), expected.keys(kept)
    for judge in COMPILED:
        found = judge(context, checks)
        np.testing.assert_array_equal(found.keys(kept), keys)
        np.testing.assert_array_equal(tiers_of(found, kept), tiers)
        for top in (1, 7, 60):
            np.testing.assert_array_equal(found.first(kept, 3, top), expected.first(kept, 3, top))


@pytest.mark.parametrize("seed", range(60))
def test_both_passes_agree(seed: int) -> None:
    """400 people and 8 offers a seed: 190 000 pairs in all, half of them under odd rules."""
    draw = random.Random(seed)
    people = worlds.people_of(worlds.crowd(draw, 400))
    allowed = np.array([draw.choice((-1, 0, 1)) for _ in range(len(people))], np.int8)
    rows = considered(people, np.array([draw.random() < draw.choice((0.1, 0.9)) for _ in range(len(people))]))
    for kind in range(4):
        context = asked(people, worlds.offer(draw), worlds.policy(draw), allowed)
        assert_alike(context, considered(people, None))
        odd = asked(people, odd_offer(draw), odd_policy(draw), allowed if kind % 2 else None)
        assert_alike(odd, rows if kind > 1 else considered(people, None))


@pytest.mark.parametrize("judge", [numpy_pass, *COMPILED])
@pytest.mark.parametrize("seed", range(20))
def test_a_pass_agrees_with_the_plain_reference(judge: passes.Pass, seed: int) -> None:
    """Tiers and fits of 60 people a seed, one by one."""
    draw = random.Random(700 + seed)
    records = worlds.crowd(draw, 60)
    people = worlds.people_of(records)
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    allowed = np.array([draw.choice((-1, 0, 1)) for _ in records], np.int8)
    context, kept = asked(people, offer, policy, allowed), considered(people, None)
    found = judge(context, checks_of(context))
    plain = [Plain(records[row], offer, policy, records, int(allowed[row])) for row in kept]
    tiers = np.array([one.tier for one in plain], np.int64)
    fit = [sum(one.part(c) for c in Criterion) + one.spread for one in plain]
    assert tiers_of(found, kept).tolist() == tiers.tolist()
    np.testing.assert_allclose(((tiers << 56) - found.keys(kept)) / 1e9, fit, rtol=0, atol=1e-5)


def large(seed: int, n: int) -> People:
    """More people than a block holds, some not looking for a job."""
    draw = random.Random(seed)
    few = worlds.people_of(worlds.crowd(draw, 250))
    many = few.taken(np.random.default_rng(seed).integers(0, len(few), n))
    many.ids[:] = np.arange(n)
    return many


SELECTIONS: list[Callable[[np.random.Generator, int], np.ndarray | None]] = [
    lambda _, __: None,
    lambda rng, n: rng.random(n) < 0.5,
    lambda rng, n: rng.random(n) < 0.03,
    lambda rng, n: (np.arange(n) // 3000 % 2 == 0) | (rng.random(n) < 0.02),
    lambda rng, n: rng.permutation(n)[:900],
    lambda _, n: np.array([n - 1, 0, n // 2]),
    lambda _, __: np.arange(0),
]


@pytest.mark.parametrize("select", range(len(SELECTIONS)))
def test_any_rows_of_a_crowd(select: int) -> None:
    """Neighbours, scattered rows, both in turn: people of one record are ties, and the hash orders them alike."""
    people, rng = large(select, 21_000), np.random.default_rng(select)
    draw = random.Random(select)
    rows = SELECTIONS[select](rng, len(people))
    allowed = rng.integers(-1, 2, len(people)).astype(np.int8)
    for _ in range(4):
        offer, policy = worlds.offer(draw), worlds.policy(draw)
        assert_alike(asked(people, offer, policy, allowed), considered(people, rows))
        lists = [
            rank(people, offer, policy, rows=rows, eligible=allowed, top=200, judge=judge, **COMMON)
            for judge in (numpy_pass, *COMPILED)
        ]
        for other in lists[1:]:
            assert other.matches == lists[0].matches
            assert (other.tier_counts, other.considered) == (lists[0].tier_counts, lists[0].considered)
            assert other.considered == sum(other.tier_counts.values())
        for judge in (numpy_pass, *COMPILED):
            ids = shortlist(people, offer, policy, rows=rows, eligible=allowed, top=200, judge=judge, **COMMON)
            np.testing.assert_array_equal(ids, lists[0].ids)
        person = int(people.ids[draw.randrange(len(people))])
        found = [explain(people, offer, policy, person, rows=rows, judge=judge, **COMMON) for judge in COMPILED]
        assert found == [explain(people, offer, policy, person, rows=rows, judge=numpy_pass, **COMMON)] * 2


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("top", [0, 1, 7, 60, 400, 900])
def test_a_list_of_any_length_begins_the_whole_list(seed: int, top: int) -> None:
    """However few tiers are ordered to make it."""
    draw = random.Random(seed)
    people = worlds.people_of(worlds.crowd(draw, 450))
    offer, policy = worlds.offer(draw), worlds.policy(draw)
    context = asked(people, offer, policy)
    kept = considered(people, None)
    keys, ties = numpy_pass(context, checks_of(context)).keys(kept), tie_hash(1, people.ids[kept])
    whole = people.ids[kept[np.lexsort((ties, keys))]]
    for judge in (numpy_pass, *COMPILED):
        ids = shortlist(people, offer, policy, top=top, judge=judge, **COMMON)
        np.testing.assert_array_equal(ids, whole[:top])


@pytest.mark.parametrize("first", [0, 8, 12, 30, 59, 60, 61, 300])
@pytest.mark.parametrize("days", [10, 60])
def test_those_met_first_may_foretell_badly(first: int, days: int) -> None:
    """Nobody after the first ones has the licence: how far to look is guessed from them, and asked again."""
    n = 21_000
    has = np.where(np.arange(n) < first, YES_FACT, NO_FACT)
    licence = np.arange(n), np.zeros(n, np.int64), has
    people = People.from_columns(FactVocabulary(["licence_b"]), np.arange(n), facts=licence)
    offer = Offer(
        id=1,
        start_day=worlds.TODAY + 30,
        requirements=(Requirement(RequirementKind.CAPABILITY, "licence_b"),),
        needs_right_to_work=False,
    )
    context = asked(people, offer, Policy(remedies={"licence_b": Remedy(1, days)}))
    kept = considered(people, None)
    assert_alike(context, kept)
    found = compiled_pass_alone(context, checks_of(context)).first(kept, 3, 60)
    assert len(found) == 60
    assert np.count_nonzero(found < first) == min(first, 60)


def test_several_threads_at_once() -> None:
    people, draw = large(1, 21_000), random.Random(1)
    offers, policy = [worlds.offer(draw) for _ in range(12)], worlds.policy(draw)

    def one(offer: Offer) -> list[int]:
        found: list[int] = rank(people, offer, policy, judge=compiled_pass, **COMMON).ids.tolist()
        return found

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, offers)) == [one(offer) for offer in offers]


def test_a_part_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arrays of a part nobody judged hold anything: better no list than that one."""
    from matching.engine import kernel

    here = threading.get_ident()

    def screen(*given: Any) -> Any:
        if threading.get_ident() != here:
            raise MemoryError
        return kernel.screen(*given)

    people = large(1, 500)
    context, kept = asked(people, Offer(id=1), Policy()), considered(people, None)
    monkeypatch.setattr(passes, "SHARE", 100)
    monkeypatch.setattr(passes, "processors", lambda: 2)
    monkeypatch.setattr(passes, "_kernel", SimpleNamespace(screen=screen))
    with pytest.raises(MemoryError):
        compiled_pass(context, checks_of(context)).standing(kept)


def test_a_place_that_is_not_known_is_a_question() -> None:
    people = large(1, 500)
    offer = Offer(id=1, places=(Place(np.nan, np.nan),), needs_right_to_work=False)
    context = asked(people, offer, Policy())
    for judge in (numpy_pass, compiled_pass):
        assert set(tiers_of(judge(context, checks_of(context)), considered(people, None)).tolist()) == {0}


def test_a_policy_serves_people_whose_facts_stand_in_another_order() -> None:
    draw = random.Random(5)
    records, policy, offers = worlds.crowd(draw, 200), worlds.policy(draw), [worlds.offer(draw) for _ in range(20)]
    for codes in (worlds.CODES, worlds.CODES[::-1]):
        people = People(FactVocabulary(codes))
        people.upsert(records)
        for offer in offers:
            ids = [shortlist(people, offer, policy, judge=judge, **COMMON) for judge in (numpy_pass, compiled_pass)]
            np.testing.assert_array_equal(*ids)


def test_every_rule_has_a_compiled_form() -> None:
    """A rule is a public function of these modules that gives a verdict."""
    rules = {
        function
        for module in (criteria, fit_occupation, schedule, travel)
        for name, function in vars(module).items()
        if getattr(function, "__annotations__", {}).get("return") == "Verdict" and not name.startswith("_")
        if function.__module__ == module.__name__
    }
    assert set(plan.RULES) == rules
    assert len(rules) == 16


def test_a_rule_without_compiled_form_is_judged_by_numpy() -> None:
    def never(_: Asked, who: Selection) -> Verdict:
        return graded(np.full(len(who), 4, np.int8), np.zeros(len(who)))

    people = large(1, 500)
    context, kept = asked(people, Offer(id=1), Policy()), considered(people, None)
    checks = (*checks_of(context), Check(Criterion.START, "never", never))
    found = compiled_pass(context, checks)
    assert set(tiers_of(found, kept).tolist()) == {3}
    np.testing.assert_array_equal(found.keys(kept), numpy_pass(context, checks).keys(kept))


def test_the_kernel_is_compiled_once_for_all() -> None:
    """Whatever the offer and the people, the arrays are of the types that were compiled at the start."""
    from matching.engine import kernel

    draw = random.Random(3)
    for n in (1, 5000):
        people = large(2, n)
        for _ in range(5):
            rank(people, odd_offer(draw), odd_policy(draw), judge=compiled_pass, **COMMON)
            shortlist(people, odd_offer(draw), odd_policy(draw), judge=compiled_pass, **COMMON)
    eligible = np.ones(5000, np.int8)
    eligible.flags.writeable = False
    strange: Any = {"title": np.int32(3), "start_day": np.int32(worlds.TODAY), "reserved": True}
    graces: Any = {"start_grace_days": 14.0, "hours_grace_minutes": np.int16(30)}
    offer, policy = Offer(id=1, **strange), Policy(**graces)
    for used in (rank, shortlist):
        used(people, offer, policy, judge=compiled_pass, eligible=eligible, **COMMON)
    for function in (kernel.screen, kernel.order, kernel.first):
        assert len(function.signatures) == 1  # type: ignore[attr-defined]


def test_rank_takes_the_compiled_pass_when_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passes.best_pass() is compiled_pass
    monkeypatch.setattr(passes, "_kernel", None)
    assert passes.best_pass() is numpy_pass


def test_without_numba_everything_is_judged_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "_kernel", None)
    monkeypatch.delitem(sys.modules, "matching.engine.kernel")
    monkeypatch.delattr("matching.engine.kernel")
    monkeypatch.setattr(passes, "_missing", False)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not warm_up()
    people, offer = large(1, 500), worlds.offer(random.Random(1))
    lists = [rank(people, offer, Policy(), judge=judge, **COMMON).matches for judge in (None, compiled_pass)]
    assert lists[0] == lists[1] == rank(people, offer, Policy(), judge=numpy_pass, **COMMON).matches


def test_when_numba_compiles_nothing_everybody_is_judged_by_numpy() -> None:
    """As numba's own switch asks; read as plain Python, the kernel would stop at the first offer."""
    code = "import sys, matching.engine; sys.exit(matching.engine.warm_up())"
    off = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    assert subprocess.run([sys.executable, "-c", code], env=off, check=False).returncode == 0


def test_without_a_folder_to_write_in_it_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    from matching.engine import kernel

    wanted: list[bool] = []
    njit = numba.njit

    def nowhere(**options: Any) -> Any:
        wanted.append("cache" in options)
        if "cache" in options:
            raise RuntimeError("no locator available")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", nowhere)

    def twice(x: int) -> int:
        return 2 * x

    assert kernel.kept_on_disk(twice)(21) == 42
    assert wanted == [True, False]


def test_what_another_version_kept_is_not_opened() -> None:
    """It names types of then: an upgrade would stumble over those that are no more."""
    from matching.engine import kernel

    kept = {path.name.split("-")[0] for path in Path(kernel.screen.stats.cache_path).glob("kernel.*.nbi")}
    assert {f"kernel.{name}_{kernel.VERSION}" for name in ("screen", "order", "first")} <= kept


def test_importing_the_engine_does_not_import_numba() -> None:
    code = "import sys, matching.engine; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_compiled_in_is_that_of_the_version() -> None:
    """Numba does not see what is written in another file change: who changes it changes the version too. A column that
    takes the place of another would be read for it."""
    from matching.engine import kernel, prefetch

    here = vars(kernel).items()
    frozen: dict[str, Any] = {name: v for name, v in here if name.isupper() and isinstance(v, int | float)}
    frozen |= {"_MIX": kernel._MIX, "modes": [str(mode) for mode in TravelMode], "closest": kernel._SAME_TITLE}
    frozen |= {"steps": (plan.STEP.descr, plan.PLACE.descr), "fetch": inspect.getsource(prefetch)}
    frozen |= {kind.__name__: kind._fields for kind in (plan.Columns, plan.Plan, plan.Decided, plan.Modes)}
    digest = hashlib.sha256(repr(sorted(frozen.items())).encode()).hexdigest()[:12]
    assert digest == "fbf958c81695", "raise kernel.VERSION, then pin this digest"


@pytest.mark.parametrize("judge", [numpy_pass, *COMPILED])
def test_what_lies_outside_the_arrays_is_refused(judge: passes.Pass) -> None:
    """Before the kernel, which would read what is there."""
    people, offer, policy = large(1, 300), Offer(id=1, reserved=True), Policy()
    for used in (rank, shortlist):
        with pytest.raises(ValueError, match="of each person"):
            used(people, offer, policy, judge=judge, eligible=np.ones(1, np.int8), **COMMON)
        for rows in ([-1], [300]):
            with pytest.raises(IndexError):
                used(people, offer, policy, judge=judge, rows=np.array(rows), **COMMON)


@pytest.mark.parametrize(
    "strange",
    [
        lambda: Offer(id=1, windows=(1,)),
        lambda: Offer(id=1, weekly_minutes_max=-60),
        lambda: Policy(network_speeds=(20.0,) * 65),
        lambda: Policy(detour=0.0),
        lambda: Policy(start_grace_days=-1),
        lambda: PersonRecord(id=1, words=(3, 65_536)),
        lambda: PersonRecord(id=1, words=(-1,)),
    ],
)
def test_what_no_rule_foresees_is_refused(strange: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        strange()
