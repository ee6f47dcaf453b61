"""The simulator says what it says it says, and its measures can fail."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matching.bench import quality
from matching.bench.quality import seen as seen_module
from matching.bench.quality.figures import (
    PROPOSED,
    against_unknown_as_fine,
    breaks_known_rule,
    exposed,
    hires,
    one_after_the_other,
    scores,
    shaken,
    spread,
    violations,
)
from matching.bench.quality.landscape import Landscape, landscape
from matching.bench.quality.measures import exposure_ratios, gini, ndcg
from matching.bench.quality.seen import holes
from matching.bench.quality.simulation import (
    FEWEST,
    WORTH_PROPOSING,
    Seen,
    World,
    draw_world,
    engine,
    hole_as_fine,
    oracle,
    unknown_as_fine,
)
from matching.bench.quality.truth import truth_of
from matching.bench.quality.world import HARD_FACTS, draw_job
from matching.engine import Policy
from matching.errors import Invalid
from matching.reference.embedded import load_embedded
from matching.reference.official import read_official
from matching.terms import Criterion

SEED, PEOPLE, OFFERS = 5, 1_500, 12


@pytest.fixture(scope="module")
def land() -> Landscape:
    return landscape(load_embedded(), SEED)


@pytest.fixture(scope="module")
def world(land: Landscape) -> World:
    return draw_world(land, PEOPLE, OFFERS, SEED)


# --- measures -----------------------------------------------------------------------------------------------


def test_ndcg_by_hand() -> None:
    gains = np.array([0.0, 1.0, 0.5])
    best, worst = 1.0 + 0.5 / np.log2(3), 0.5 / np.log2(3) + 1 / np.log2(4)
    assert ndcg(np.array([1, 2, 0]), gains) == 1.0
    assert ndcg(np.array([0, 2, 1]), gains) == pytest.approx(worst / best)
    assert ndcg(np.array([0]), gains) == 0.0
    assert ndcg(np.array([0, 1]), np.zeros(2)) == 1.0


@pytest.mark.parametrize(
    ("counts", "expected"), [([2, 2, 2, 2], 0.0), ([0, 0, 0, 8], 0.75), ([0, 0], 0.0), ([1, 3], 0.25)]
)
def test_gini_by_hand(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)


def test_exposure_ratio_by_hand() -> None:
    assert exposure_ratios(np.array([3.0, 1.0, 1.0]), np.array([0, 1, 1], np.int8)) == {0: 3.0, 1: pytest.approx(1 / 3)}


# --- the world ----------------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_world(land: Landscape, world: World) -> None:
    again, other = draw_world(land, PEOPLE, 3, SEED), draw_world(land, PEOPLE, 3, SEED + 1)
    assert [job.offer for job in again.jobs] == [job.offer for job in world.jobs[:3]]
    for one, two in zip(again.truths, world.truths, strict=False):
        np.testing.assert_array_equal(one.worth, two.worth)
    assert [job.offer for job in other.jobs] != [job.offer for job in again.jobs]


def test_every_job_has_people_worth_proposing_and_many_impossible(world: World) -> None:
    assert len(world.jobs) == OFFERS
    for truth in world.truths:
        assert (truth.worth >= WORTH_PROPOSING).sum() >= FEWEST
        assert not truth.worth[~truth.possible].any()
        assert (~truth.possible).mean() > 0.3


def test_each_kind_of_hard_rule_is_drawn_and_broken(land: Landscape) -> None:
    crowd = draw_world(land, 300, 0, SEED).crowd
    truths = [truth_of(land, crowd, draw_job(land, number, SEED)) for number in range(60)]
    broken = {rule.name for truth in truths for rule in truth.rules if rule.broken.any()}
    kinds = "right_to_work contract limit reserved hours week start travel experience degree load certificate"
    assert broken >= {*kinds.split(), "french_oral", "french_read", "french_written"}


def test_what_is_sure_is_true(world: World) -> None:
    """A rule that nothing latent can save is truly broken: known violations are violations."""
    for truth in world.truths:
        for rule in truth.rules:
            assert not (rule.surely & ~rule.broken).any(), rule.name


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.3])
def test_as_much_is_unknown_as_said(rate: float) -> None:
    unknown = holes(20_000, rate, SEED).unknown
    assert set(HARD_FACTS) < set(unknown)
    for name, here in unknown.items():
        assert here.mean() == pytest.approx(rate, abs=0.012), name


def test_what_is_hidden_is_hidden_and_nothing_else(world: World) -> None:
    seen = world.seen(0.3)
    for code in HARD_FACTS:
        told, unknown = seen.people.fact_row(code), seen.unseen.unknown[code]
        assert (told[unknown] == -1).all(), code
        np.testing.assert_array_equal(told[~unknown], world.crowd.facts[code][~unknown], err_msg=code)
    free = seen.people.column("can") | seen.people.column("cannot")
    np.testing.assert_array_equal((free == 0).all(axis=0), seen.unseen.unknown["week"])


def test_groups_are_independent_of_worth_and_never_told(land: Landscape) -> None:
    crowd = draw_world(land, 20_000, 0, SEED).crowd
    total = np.mean([truth_of(land, crowd, draw_job(land, i, SEED)).worth for i in range(8)], axis=0)
    for name, group in crowd.groups.items():
        for one in np.unique(group):
            inside, outside = total[group == one], total[group != one]
            error = np.hypot(inside.std() / len(inside) ** 0.5, outside.std() / len(outside) ** 0.5)
            assert abs(inside.mean() - outside.mean()) < 4 * error, name
    assert not set(crowd.groups) & set(seen_module.VOCABULARY.codes)


# --- rankings -----------------------------------------------------------------------------------------------


def test_the_oracle_is_perfect_chance_is_not_the_engine_between(world: World) -> None:
    seen = world.seen(0.03)
    rng = np.random.default_rng(SEED)

    def chance(_: Seen, __: int, top: int) -> np.ndarray:
        return rng.permutation(PEOPLE)[:top]

    assert scores(oracle, seen) == pytest.approx(1.0)
    assert scores(chance, seen).mean() < 0.1
    assert 0.35 < scores(engine, seen).mean() < 0.95


def test_nothing_unknown_leaves_the_stronger_baseline_with_the_engine_s_own_lists(world: World) -> None:
    """Control of both: baselines differ from the engine by unknown facts alone."""
    full, seen = world.seen(0.0), world.seen(0.3)
    same = [np.array_equal(engine(full, job, 10), hole_as_fine(full, job, 10)) for job in range(OFFERS)]
    assert all(same)
    assert any(not np.array_equal(engine(seen, job, 10), hole_as_fine(seen, job, 10)) for job in range(OFFERS))
    travel = [not np.array_equal(engine(full, job, 10), unknown_as_fine(full, job, 10)) for job in range(OFFERS)]
    assert any(travel)  # a lift or a bus to be checked stays unknown whatever is asked


def test_gain_is_the_difference_of_the_two_lists(world: World) -> None:
    found = against_unknown_as_fine(world, 0.3)
    assert [figure.figure for figure in found] == ["unknown_as_fine_30", "hole_as_fine_30"]
    for figure in found:
        assert figure.ratio == pytest.approx(figure.detail["moteur"] - figure.detail["base"])
        assert figure.detail["oracle"] == pytest.approx(1.0)


def test_a_broken_rule_is_noticed_when_it_is_known_and_only_then(world: World) -> None:
    seen = world.seen(0.3)
    for job, truth in enumerate(world.truths):
        rule = next(rule for rule in truth.rules if rule.name == "contract")
        known = seen.unseen.known(rule.reads)
        stopped = np.flatnonzero(rule.surely & known)
        assert breaks_known_rule(seen, job, stopped).all()
        assert not breaks_known_rule(seen, job, np.flatnonzero(truth.possible)).any()
    others = [rule for rule in world.truths[0].rules if rule.name != "right_to_work"]
    alone = np.flatnonzero(world.truths[0].rules[0].surely & ~np.any([rule.broken for rule in others], axis=0))
    hidden = replace(
        seen, unseen=replace(seen.unseen, unknown=seen.unseen.unknown | {"right_to_work": np.ones(PEOPLE, np.bool_)})
    )
    assert len(alone)
    assert not breaks_known_rule(hidden, 0, alone).any()


def test_no_known_violation_and_a_blind_ranking_has_some(world: World) -> None:
    assert violations(world).passed
    blind = world.seen(0.0)
    everything = blind.people.fact_row(f"contract_{world.jobs[0].offer.contract}")
    everything[:] = 1  # the engine is told that everybody accepts
    told = engine(blind, 0, 200)
    assert breaks_known_rule(blind, 0, told).any()


# --- weights, spread, exposure ------------------------------------------------------------------------------


def test_weights_move_by_no_more_than_two() -> None:
    rng = np.random.default_rng(SEED)
    factors = np.array([[shaken(Policy(), rng).weight(c) / Policy().weight(c) for c in Criterion] for _ in range(60)])
    assert factors.min() >= 0.5
    assert factors.max() <= 2
    assert abs(np.log2(factors).mean()) < 0.08
    assert factors.std(axis=0).min() > 0.2


def test_proposals_are_counted_and_closed_again(world: World) -> None:
    seen = world.seen(0.1)
    before = [engine(seen, job, 10).tolist() for job in range(OFFERS)]
    lists = one_after_the_other(seen)
    assert not seen.people.column("open_proposals").any()
    assert lists[0].tolist() == before[0]
    assert hires(world, lists[:, :PROPOSED]) <= OFFERS
    heavy = one_after_the_other(seen.under(replace(Policy(), spread_scale=5.0)))
    kept = one_after_the_other(seen.under(replace(Policy(), spread_lambda=0.0)))
    assert kept.tolist() == before
    assert len(np.unique(heavy[:, :PROPOSED])) > len(np.unique(kept[:, :PROPOSED]))


def test_spread_reports_both_ways(world: World) -> None:
    detail = spread(world).detail
    assert detail["lambda"] == 0.25
    assert detail["personnes avec"] >= detail["personnes sans"]
    assert detail["Gini avec"] <= detail["Gini sans"]


def test_exposure_shows_a_leak(world: World) -> None:
    """Were a group told to the engine, by whatever way, its ratio would say so."""
    seen, sex = world.seen(0.1), world.crowd.groups["sexe"]
    fair = exposure_ratios(exposed(seen), sex)[1]
    seen.people.column("open_proposals")[sex == 1] = 20
    assert exposure_ratios(exposed(seen), sex)[1] < 0.8 * fair


def test_only_the_form_of_words_depends_on_a_group(world: World) -> None:
    """Somebody who writes in the feminine is ranked as though they wrote in the masculine."""
    other = replace(world, crowd=replace(world.crowd, groups=world.crowd.groups | {"sexe": np.zeros(PEOPLE, np.int8)}))
    for job in range(OFFERS):
        assert engine(world.seen(0.1), job, 50).tolist() == engine(other.seen(0.1), job, 50).tolist()


# --- everything ---------------------------------------------------------------------------------------------


def test_run_gives_every_figure_the_same_twice_in_french() -> None:
    told: list[str] = []
    found = quality.run(400, SEED, offers=2, say=told.append)
    names = [figure.figure for figure in found]
    rates = [f"{kind}_{rate}" for rate in (0, 3, 10, 30) for kind in ("unknown_as_fine", "hole_as_fine")]
    assert names == [*rates, "violations", "weights", "spread", "exposure"]
    assert [figure.as_data() for figure in quality.run(400, SEED, offers=2)] == [figure.as_data() for figure in found]
    assert len(told) == len(found)
    text = quality.table(found)
    assert all(line in text for line in told)
    for wanted in ("tenu", "Gini avec", "au plus 0,07"):
        assert wanted in text


@pytest.mark.parametrize(
    ("value", "floor", "ceiling", "passed"),
    [
        (0.05, 0.05, None, True),
        (0.049, 0.05, None, False),
        (0.01, None, 0.01, True),
        (1, None, 0, False),
        (1, 0.9, 1.1, True),
    ],
)
def test_a_figure_is_held(value: float, floor: float | None, ceiling: float | None, passed: bool) -> None:
    figure = quality.QualityFigure("f", "F", 1, value, floor, ceiling)
    assert figure.passed is passed
    assert figure.as_data()["passed"] is passed


def test_trades_with_an_official_tie_are_nearer_than_the_others(land: Landscape) -> None:
    """The latent ties come from the mobility, not from the engine's levels."""
    reference = load_embedded()
    index = {code: i for i, code in enumerate(land.codes)}
    linked = [(index[m.source], index[m.target]) for m in reference.mobilities if {m.source, m.target} <= set(index)]
    near = {a: land.nearness(a) for a, _ in linked[:40]}
    tied = [near[a][b] for a, b in linked[:40]]
    assert np.mean(tied) > 3 * np.mean([row.mean() for row in near.values()])


def test_a_folder_without_the_official_files_is_refused_in_french(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="Téléchargez ces fichiers"):
        quality.run(400, SEED, tmp_path, offers=2)


@pytest.mark.reference
def test_the_official_files_make_a_world() -> None:
    land = landscape(read_official(Path(os.environ["MATCHING_REFERENCE_DATA"])), SEED)
    assert len(land.codes) > 1_000
    world = draw_world(land, PEOPLE, 5, SEED)
    assert len(world.jobs) == 5
    assert scores(engine, world.seen(0.03)).mean() > 0.2
