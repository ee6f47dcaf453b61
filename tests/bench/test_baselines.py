"""The baselines rank as the engine does: the comparison is between equals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching.bench import criteria
from matching.bench.baselines import CscWords, TfidfCosine, fit, fit_tokens
from matching.bench.criteria import Crowd, judge, order
from matching.bench.figures import evaluated_ids
from matching.bench.world import World, build
from matching.engine import Policy, rank

pytest.importorskip("wordfreq", reason="the extra `bench` is not installed")

SEEDS = (1, 2, 3)


def _ids(world: World) -> list[list[int]]:
    return [rank(world.people, o, world.policy, **world.setting).ids.tolist() for o in world.offers]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_float64_reference_gives_the_engine_s_ids(seed: int) -> None:
    world = build(1500, 40, seed=seed)
    reference = CscWords(world, Crowd(world, np.float64))
    assert [reference.rank(offer).tolist() for offer in world.offers] == _ids(world)


def test_whatever_the_remedies_and_the_weights(world: World) -> None:
    """Other delays, no remedy at all, other weights: what the baselines read of the policy, they read right."""
    bare = Policy()
    weights = {criterion: weight * (1 + i % 3) for i, (criterion, weight) in enumerate(bare.weights.items())}
    late = {code: replace(remedy, delay_days=400) for code, remedy in world.policy.remedies.items()}
    for policy in (
        bare,
        Policy(weights=weights),
        replace(world.policy, remedies=late, network_speeds=(12.0, 40.0, 25.0)),
    ):
        other = replace(world, policy=policy)
        reference = CscWords(other, Crowd(other, np.float64))
        assert [reference.rank(offer).tolist() for offer in other.offers] == _ids(other)


def test_tiers_and_fit_of_everybody_are_the_engine_s(world: World) -> None:
    """Not only of the first 50."""
    whole = len(world.people)
    crowd = Crowd(world, np.float64)
    reference = CscWords(world, crowd)
    for offer in world.offers[:10]:
        found = rank(world.people, offer, world.policy, **world.setting, top=whole)
        tiers, fit_of = judge(crowd, offer, reference.share(offer))
        place = {int(key): i for i, key in enumerate(crowd.ids)}
        rows = [place[key] for key in found.ids.tolist()]
        assert tiers[rows].tolist() == found.tiers.tolist()
        assert np.abs(fit_of[rows] - found.fit).max() < 1e-9


def test_the_float32_baselines_give_the_same_first_50_but_for_near_ties(world: World) -> None:
    crowd = Crowd(world)
    csc, cosine = CscWords(world, crowd), TfidfCosine(world, crowd)
    same = []
    for offer, text, ids in zip(world.offers, world.offer_texts, _ids(world), strict=True):
        same += [csc.rank(offer).tolist() == ids, cosine.rank(offer, text).tolist() == ids]
        same.append(cosine.rank_by_product(offer, text).tolist() == ids)
    assert np.mean(same) >= 0.98


def test_the_engine_s_evaluation_sorted_plainly_gives_its_ids(world: World) -> None:
    assert [evaluated_ids(world, offer).tolist() for offer in world.offers] == _ids(world)


def test_a_wrong_reference_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a slower car changes the ids."""
    monkeypatch.setattr(criteria, "_EARTH_KM", 7000.0)
    reference = CscWords(world, Crowd(world, np.float64))
    assert [reference.rank(offer).tolist() for offer in world.offers] != _ids(world)


def test_tokens_and_texts_fit_the_same_matrix(world: World) -> None:
    (one, texts), (other, tokens) = fit(world.texts), fit_tokens(world.people.column("words").T.tolist())
    assert (texts != tokens).nnz == 0
    assert np.array_equal(one.idf_, other.idf_)
    assert texts.dtype == np.float32


def test_ties_are_cut_by_the_hash_of_the_seed(world: World) -> None:
    crowd = Crowd(world, np.float64)
    first = order(crowd, np.zeros(len(crowd), np.int8), np.zeros(len(crowd)), 20)
    assert first.tolist() == np.argsort(crowd.ties)[:20].tolist()
