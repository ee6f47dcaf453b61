"""The figures of quality, each with what it is held to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from matching.bench.quality.landscape import Floats, Ints, Landscape
from matching.bench.quality.measures import discount, exposure_ratios, gini, ndcg
from matching.bench.quality.simulation import (
    Ranked,
    Seen,
    World,
    draw_world,
    engine,
    hole_as_fine,
    listed,
    oracle,
    unknown_as_fine,
)
from matching.bench.quality.world import Bools
from matching.engine import Policy
from matching.engine.statuses import LIFTABLE_LATE
from matching.terms import Criterion

RATES = (0.03, 0.10, 0.30)
PLACES, SHOWN = 10, 50
DRAWS, SEEDS, PROPOSED = 20, 10, 3
_GAIN = {0.0: 0.0, 0.03: 0.05, 0.10: 0.0, 0.30: 0.0}
_LOSS_OF_WEIGHTS, _LOSS_OF_SPREAD = 0.07, 0.01
_BAND = (0.90, 1.10)
_SPREAD_RATE = 0.10


@dataclass(frozen=True)
class QualityFigure:
    """One line: `ratio` is at least `floor` and at most `ceiling`, where there is one. `detail`: other numbers of the
    same measure. `size`: people in the simulation."""

    figure: str
    label: str
    size: int
    ratio: float
    floor: float | None = None
    ceiling: float | None = None
    aim: float | None = None
    detail: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Inside what it is held to."""
        return (self.floor is None or self.ratio >= self.floor) and (self.ceiling is None or self.ratio <= self.ceiling)

    def as_data(self) -> dict[str, Any]:
        """Plain data, `passed` among it."""
        return asdict(self) | {"passed": self.passed}


def scores(ranked: Ranked, seen: Seen) -> Floats:
    """nDCG of the first ten of each job."""
    truths = seen.world.truths
    return np.array([ndcg(ranked(seen, job, PLACES), truth.worth, PLACES) for job, truth in enumerate(truths)])


# --- unknown facts ------------------------------------------------------------------------------------------


def against_unknown_as_fine(world: World, rate: float) -> list[QualityFigure]:
    """The engine less each baseline, in nDCG of the first ten, with this rate of each hard fact unknown."""
    seen = world.seen(rate)
    ours, best = scores(engine, seen), scores(oracle, seen)
    found = []
    for name, label, baseline in (
        ("unknown_as_fine", "Inconnu tenu pour bon", unknown_as_fine),
        ("hole_as_fine", "Non demandé tenu pour bon, le reste comme le moteur", hole_as_fine),
    ):
        theirs = scores(baseline, seen)
        gain = ours - theirs
        floor = _GAIN[rate] if name == "unknown_as_fine" else 0.0
        detail = {"moteur": ours.mean(), "base": theirs.mean(), "oracle": best.mean(), "erreur_type": _error(gain)}
        label = f"{label}, {rate:.0%} de chaque fait inconnus : gain de nDCG@10 du moteur".replace("%", "\u00a0%")
        found.append(_figure(f"{name}_{rate * 100:.0f}", label, world, gain.mean(), detail, floor=floor, aim=0.05))
    return found


def violations(world: World) -> QualityFigure:
    """People of a first ten whose known facts make the job impossible and whom the list shows as possible.

    Detail, over the same lists: those at the end of a list that says they are stopped or too late, for want of ten
    others, and how many lists are concerned.
    """
    told, ending, short = 0, 0, 0
    for rate in (0.0, *RATES):
        seen = world.seen(rate)
        for job in range(len(world.jobs)):
            ranking = listed(seen, job, PLACES)
            broken = breaks_known_rule(seen, job, ranking.ids - 1)
            said = ranking.tiers >= LIFTABLE_LATE
            told += int((broken & ~said).sum())
            ending += int((broken & said).sum())
            short += bool((broken & said).any())
    detail = {"dits arrêtés ou trop tard, faute de dix autres": ending, "listes concernées": short}
    label = "Faits connus qui empêchent le poste, dans les 10 premiers, sans que la liste le dise"
    return _figure("violations", label, world, told, detail | {"listes": 4 * len(world.jobs)}, ceiling=0)


def breaks_known_rule(seen: Seen, job: int, rows: Ints) -> Bools:
    """Whose known facts make the job impossible, however far everything latent bends."""
    rules = seen.world.truths[job].rules
    broken = [rule.surely[rows] & seen.unseen.known(rule.reads)[rows] for rule in rules]
    return np.asarray(np.any(broken, axis=0), np.bool_)


# --- weights ------------------------------------------------------------------------------------------------


def other_weights(world: World, draws: int = DRAWS) -> QualityFigure:
    """Mean loss when each weight is multiplied by a factor between ½ and 2; the worst of the rates."""
    rng = np.random.default_rng([world.seed, 8])
    policies = [shaken(Policy(), rng) for _ in range(draws)]
    losses = {}
    for rate in RATES:
        seen = world.seen(rate)
        kept = scores(engine, seen).mean()
        losses[rate] = np.array([kept - scores(engine, seen.under(policy)).mean() for policy in policies])
    detail = {f"moyenne à {rate:.0%}": float(loss.mean()) for rate, loss in losses.items()}
    detail["pire tirage"] = max(float(loss.max()) for loss in losses.values())
    worst = max(float(loss.mean()) for loss in losses.values())
    label = f"Poids multipliés entre ½ et 2, {draws} tirages : perte moyenne de nDCG@10"
    return _figure("weights", label, world, worst, detail, ceiling=_LOSS_OF_WEIGHTS)


def shaken(policy: Policy, rng: np.random.Generator) -> Policy:
    """Every weight multiplied by a factor between ½ and 2, as likely to halve as to double."""
    factors = {criterion: float(2 ** rng.uniform(-1, 1)) for criterion in Criterion}
    return replace(policy, weights={c: policy.weight(c) * factors[c] for c in Criterion})


# --- spread -------------------------------------------------------------------------------------------------


def spread(world: World) -> QualityFigure:
    """Offers one after the other, the first people shown each getting an open proposal, with and without the step
    back of who is already proposed.

    The loss is counted list by list, as though everybody were still free. Hires, in the detail, are not: a person
    takes one job, a job one person.
    """
    policy = Policy()
    seen = world.seen(_SPREAD_RATE, policy)
    detail: dict[str, float] = {"lambda": policy.spread_lambda}
    for name, rule in (("sans", replace(policy, spread_lambda=0.0)), ("avec", policy)):
        lists = one_after_the_other(seen.under(rule))
        counts = np.bincount(lists[:, :PROPOSED].ravel(), minlength=len(world.crowd))
        found = [ndcg(rows, truth.worth, PLACES) for rows, truth in zip(lists, world.truths, strict=True)]
        detail[f"nDCG {name}"] = float(np.mean(found))
        detail[f"personnes {name}"] = float((counts > 0).sum())
        detail[f"propositions à la même personne, au plus, {name}"] = float(counts.max())
        detail[f"Gini {name}"] = gini(counts)
        detail[f"embauches {name}"] = hires(world, lists[:, :PROPOSED])
    loss = detail["nDCG sans"] - detail["nDCG avec"]
    label = f"Répartition, λ = {policy.spread_lambda:g} : perte de nDCG@10".replace(" :", "\u00a0:").replace(".", ",")
    return _figure("spread", label, world, loss, detail, ceiling=_LOSS_OF_SPREAD)


def one_after_the_other(seen: Seen) -> Ints:
    """Rows of the first ten of each job; the first of them are proposed, which the next lists know."""
    opened = seen.people.column("open_proposals")
    lists = []
    for job in range(len(seen.world.jobs)):
        lists.append(engine(seen, job, PLACES))
        opened[lists[-1][:PROPOSED]] += 1
    opened[:] = 0
    return np.array(lists)


def hires(world: World, proposed: Ints, draws: int = 100) -> float:
    """Mean number of jobs filled: each proposal comes off with the chance of its worth, for whoever is still free."""
    rng = np.random.default_rng([world.seed, 9])
    worth = np.array([truth.worth[rows] for truth, rows in zip(world.truths, proposed, strict=True)])
    filled = 0
    for _ in range(draws):
        free = np.ones(len(world.crowd), np.bool_)
        for job in rng.permutation(len(proposed)):
            comes = free[proposed[job]] & (rng.random(worth.shape[1]) < worth[job])
            if comes.any():
                free[proposed[job][np.argmax(comes)]] = False
                filled += 1
    return filled / draws


# --- groups -------------------------------------------------------------------------------------------------


def exposure(land: Landscape, people: int, offers: int, seed: int, seeds: int = SEEDS) -> QualityFigure:
    """Exposure of each invented protected group over that of the others, mean over worlds of different seeds.

    The farthest from 1 is held to the band; a group has nothing to do with worth and the engine is told none.
    """
    every: dict[str, list[float]] = {}
    for number in range(seeds):
        world = draw_world(land, people, offers, seed + number)
        shown = exposed(world.seen(_SPREAD_RATE))
        for name, group in world.crowd.groups.items():
            for one, ratio in exposure_ratios(shown, group).items():
                every.setdefault(f"{name} {one}", []).append(ratio)
    means = {name: float(np.mean(ratios)) for name, ratios in every.items()}
    farthest = max(means.values(), key=lambda ratio: abs(np.log(ratio)))
    extremes = [ratio for ratios in every.values() for ratio in ratios]
    detail = means | {"plus bas d’une graine": min(extremes), "plus haut d’une graine": max(extremes)}
    label = f"Exposition par groupe protégé (inventé), {seeds} graines : le rapport le plus loin de 1"
    return QualityFigure("exposure", label, people, farthest, *_BAND, detail=detail)


def exposed(seen: Seen) -> Floats:
    """What each person is shown over all the lists: places of the first fifty, discounted."""
    shown = np.zeros(len(seen.people))
    for job in range(len(seen.world.jobs)):
        first = engine(seen, job, SHOWN)
        shown[first] += discount(len(first))
    return shown


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _figure(
    name: str, label: str, world: World, value: float, detail: dict[str, Any], **held: float | None
) -> QualityFigure:
    numbers = {key: float(number) for key, number in detail.items()}
    return QualityFigure(name, label, len(world.crowd), float(value), detail=numbers, **held)
