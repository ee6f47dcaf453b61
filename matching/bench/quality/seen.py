"""What the engine is given of a simulated world: facts with holes, communes instead of doors, titles and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.bench.quality.landscape import Ints, Landscape
from matching.bench.quality.truth import ELIGIBLE, PATH, WEEK, Truth
from matching.bench.quality.world import HARD_FACTS, SOFT_FACTS, Bools, Crowd, Job
from matching.engine import FactVocabulary, People, RequirementKind, words_of

_TOLD = 0.7
VOCABULARY = FactVocabulary((*HARD_FACTS, *SOFT_FACTS))


@dataclass(frozen=True)
class Holes:
    """What nobody asked: name of a hard fact, of the week or of the reserved public → bool[n], true where unknown."""

    unknown: dict[str, Bools]

    def known(self, reads: Iterable[str]) -> Bools:
        """Who has told all of these."""
        asked = [~self.unknown[name] for name in reads if name != PATH]
        size = len(next(iter(self.unknown.values())))
        return np.all(asked, axis=0) if asked else np.ones(size, np.bool_)


def holes(n: int, rate: float, seed: int) -> Holes:
    """Each hard fact of each person unknown with this probability, whatever the fact says and whoever it is of."""
    rng = np.random.default_rng([seed, 6, round(rate * 1000)])
    return Holes({name: rng.random(n) < rate for name in (*HARD_FACTS, WEEK, ELIGIBLE)})


def eligible_seen(crowd: Crowd, unseen: Holes) -> npt.NDArray[np.int8]:
    """1, 0, −1 unknown."""
    return np.where(unseen.unknown[ELIGIBLE], np.int8(-1), crowd.eligible)


def people_seen(land: Landscape, crowd: Crowd, jobs: list[Job], truths: list[Truth], unseen: Holes) -> People:
    """The people as recorded. Nothing latent and no group gets in; words keep the form people use for themselves."""
    n = len(crowd)
    values = np.array([crowd.facts[code] for code in VOCABULARY.codes])
    for row, code in enumerate(HARD_FACTS):
        values[row, unseen.unknown[code]] = -1
    fact, row_of_fact = np.nonzero(values >= 0)
    week = np.where(unseen.unknown[WEEK], np.uint64(0), crowd.week)
    refused = np.where(unseen.unknown[WEEK], np.uint64(0), ~crowd.week & np.uint64((1 << 48) - 1))
    goal_slot, goal_row = np.nonzero(crowd.goals >= 0)
    done_slot, done_row = np.nonzero(crowd.done >= 0)
    commune = {name: land.communes[name][crowd.commune] for name in ("lat", "lon", "radius_km", "network")}
    return People.from_columns(
        VOCABULARY,
        np.arange(1, n + 1),
        facts=(row_of_fact, fact, values[fact, row_of_fact]),
        goals=(goal_row, crowd.goals[goal_slot, goal_row], land.title_ids[crowd.titles[goal_slot, goal_row]]),
        experience=(done_row, crowd.done[done_slot, done_row], crowd.months[done_slot, done_row]),
        skills=_skills_told(crowd, jobs, truths),
        words=_words(land, crowd),
        can=week.T,
        cannot=refused.T,
        lat=commune["lat"],
        lon=commune["lon"],
        radius_km=commune["radius_km"],
        network=commune["network"].astype(np.uint64),
    )


def _skills_told(crowd: Crowd, jobs: list[Job], truths: list[Truth]) -> tuple[Ints, Ints, Ints]:
    """Most of the skills people have, never those they lack; (row, skill, 1)."""
    held: dict[int, Bools] = {}
    for job, truth in zip(jobs, truths, strict=True):
        asked = [r.index for r in job.offer.requirements if r.kind is RequirementKind.SKILL]
        for skill, who in zip(asked, truth.skills, strict=True):
            held[skill] = held.get(skill, np.zeros(len(crowd), np.bool_)) | who
    rng = np.random.default_rng([crowd.seed, 7])
    rows = [np.flatnonzero(who & (rng.random(len(crowd)) < _TOLD)) for who in held.values()]
    row = np.concatenate([*rows, np.zeros(0, np.int64)])
    which = np.repeat(np.array(list(held), np.int64), [len(mine) for mine in rows])
    order = rng.permutation(len(row))
    return row[order], which[order], np.ones(len(row), np.int64)


def _words(land: Landscape, crowd: Crowd) -> tuple[Ints, Ints]:
    """Words of the titles wished and done, in the masculine or the feminine."""
    found: list[tuple[int, int]] = []
    titles = np.vstack([crowd.titles, crowd.done_titles])
    for row, form in enumerate(crowd.groups["sexe"].tolist()):
        texts = (land.title_forms[title][form] for title in titles[:, row].tolist() if title >= 0)
        found.extend((row, word) for word in words_of(*texts))
    columns = np.array(found, np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]
