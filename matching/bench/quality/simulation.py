"""A world ready to be ranked: people, jobs, truth, and the three rankings of a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from matching.bench.quality.landscape import Floats, Ints, Landscape
from matching.bench.quality.seen import Holes, eligible_seen, holes, people_seen
from matching.bench.quality.truth import ELIGIBLE, WEEK, Truth, truth_of
from matching.bench.quality.world import HARD_FACTS, TODAY, Bools, Crowd, Job, draw_crowd, draw_job
from matching.engine import People, Policy, Ranking, rank, tie_hash
from matching.engine.checks import Asked, Check, Context, Verdict
from matching.engine.criteria import checks_of
from matching.engine.evaluation import evaluate
from matching.engine.people import Selection
from matching.engine.ranking import first_of, sort_keys
from matching.engine.statuses import MET, UNKNOWN
from matching.terms import Criterion

FEWEST, WORTH_PROPOSING = 10, 0.1
"""A job with fewer people truly worth proposing says little of the first ten of a list: another is drawn."""
SOFT = frozenset({Criterion.OCCUPATION, Criterion.WORDS, Criterion.SKILLS, Criterion.PAY})
"""Criteria that no hard fact feeds."""
Ranked = Callable[["Seen", int, int], Ints]
"""(what is seen, position of the job, how many) → rows of the people, first to last."""


@dataclass(frozen=True)
class World:
    """People, jobs and the truth of each job."""

    land: Landscape
    crowd: Crowd
    jobs: list[Job]
    truths: list[Truth]
    seed: int

    def seen(self, rate: float, policy: Policy | None = None) -> Seen:
        """What is recorded when each hard fact is unknown at this rate."""
        unseen = holes(len(self.crowd), rate, self.seed)
        people = people_seen(self.land, self.crowd, self.jobs, self.truths, unseen)
        return Seen(self, people, unseen, policy or Policy())


@dataclass(frozen=True)
class Seen:
    """A world as recorded, and the policy it is ranked with. Everybody's row is their position in the crowd."""

    world: World
    people: People
    unseen: Holes
    policy: Policy

    def under(self, policy: Policy) -> Seen:
        """The same with another policy."""
        return replace(self, policy=policy)


def draw_world(land: Landscape, people: int, offers: int, seed: int) -> World:
    """People, and jobs that enough of them are worth proposing for; fewer jobs when the crowd is too small."""
    crowd = draw_crowd(land, people, seed)
    jobs: list[Job] = []
    truths: list[Truth] = []
    for number in range(20 * offers):
        job = draw_job(land, number, seed)
        truth = truth_of(land, crowd, job)
        if (truth.worth >= WORTH_PROPOSING).sum() >= FEWEST:
            jobs.append(job)
            truths.append(truth)
        if len(jobs) == offers:
            break
    return World(land, crowd, jobs, truths, seed)


def listed(seen: Seen, job: int, top: int) -> Ranking:
    """The public ranking of the engine."""
    offer = seen.world.jobs[job].offer
    return rank(
        seen.people,
        offer,
        seen.policy,
        today=TODAY,
        seed=seen.world.seed,
        occupations=seen.world.land.occupations,
        top=top,
        eligible=eligible_seen(seen.world.crowd, seen.unseen) if offer.reserved else None,
    )


def engine(seen: Seen, job: int, top: int) -> Ints:
    """Rows of the public ranking of the engine."""
    return np.asarray(listed(seen, job, top).ids - 1, np.int64)


def unknown_as_fine(seen: Seen, job: int, top: int) -> Ints:
    """The same criteria, weights and tiers, except that a hard fact nobody asked about counts as met."""
    return _baseline(seen, job, top, lambda check: np.ones(len(seen.people), np.bool_))


def hole_as_fine(seen: Seen, job: int, top: int) -> Ints:
    """A stronger baseline: as the engine, except that only what was never asked counts as met; a way that nobody can
    be sure of whatever is asked (a lift, a bus from elsewhere, the size of a commune) stays a question."""
    return _baseline(seen, job, top, lambda check: ~seen.unseen.known(_reads(check)))


def _reads(check: Check) -> frozenset[str]:
    if check.criterion is Criterion.SCHEDULE:
        return frozenset({WEEK})
    if check.criterion is Criterion.RESERVED_PUBLIC:
        return frozenset({ELIGIBLE})
    return check.reads & set(HARD_FACTS)


def _baseline(seen: Seen, job: int, top: int, where: Callable[[Check], Bools]) -> Ints:
    """What is not a hard fact (skills not said, words) is left as in the engine: the baseline is not made weaker."""
    offer = seen.world.jobs[job].offer
    eligible = eligible_seen(seen.world.crowd, seen.unseen)
    context = Context(seen.people, offer, seen.policy, seen.world.land.occupations, TODAY, eligible)
    checks = [
        check if check.criterion in SOFT else check._replace(rule=_fine(check, where(check)))
        for check in checks_of(context)
    ]
    found = evaluate(context, Selection(seen.people, slice(0, len(seen.people))), checks)
    return first_of(sort_keys(found.tiers, found.fit), tie_hash(seen.world.seed, seen.people.ids), top)


def _fine(check: Check, where: Bools) -> Callable[..., Verdict]:
    def rule(asked: Asked, who: Selection, **numbers: object) -> Verdict:
        verdict = check.rule(asked, who, **numbers)
        unknown = (verdict.status == UNKNOWN) & where
        status = np.where(unknown, MET, verdict.status).astype(np.int8)
        return verdict._replace(status=status, value=np.where(unknown, 1.0, verdict.value))

    return rule


def oracle(seen: Seen, job: int, top: int) -> Ints:
    """By true worth."""
    worth: Floats = seen.world.truths[job].worth
    return np.argsort(-worth, kind="stable")[:top]
