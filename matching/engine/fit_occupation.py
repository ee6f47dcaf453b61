"""Occupation, words, months of experience: how near the person's path is to the job."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Asked, Floats, Number, Verdict, graded, settle
from matching.engine.people import Selection
from matching.engine.policy import OccupationLevel
from matching.engine.statuses import BLOCKING, MET, PARTLY, UNKNOWN
from matching.terms import Criterion, Importance

FROM_GOAL, FROM_EXPERIENCE = 0, 1
WORDS_MET_SHARE = 0.5


def occupation(context: Asked, who: Selection) -> Verdict:
    """Best closeness of the goals (a little less for the later ones) and of the experience.

    Met from the level the policy says, partly below, unknown without goal nor experience; no closeness at all
    ranks in the last tier, so its status is blocking.
    """
    policy, title = context.policy, context.title
    worth = policy.closeness_of_levels
    m = len(who)
    best, level = np.zeros(m), np.zeros(m, np.int8)
    source, slot = np.full(m, -1, np.int8), np.full(m, -1, np.int8)
    known = np.zeros(m, np.bool_)
    goals, titles = who.column("goal_rome"), who.column("goal_title")
    for position in range(goals.shape[0]):
        here = context.levels(goals[position])
        same = (titles[position] == title) & (title >= np.int32(0))
        here = np.where(same, np.int8(OccupationLevel.SAME_TITLE), here)
        known |= (goals[position] >= 0) | (titles[position] >= 0)
        _improve(best, level, source, slot, worth, here, policy.goal_decay**position, FROM_GOAL, position)
    done = who.column("experience_rome")
    for position in range(done.shape[0]):
        here = context.levels(done[position])
        known |= done[position] >= 0
        factor = policy.experience_closeness
        _improve(best, level, source, slot, worth, here, factor, FROM_EXPERIENCE, position)
    met = level >= policy.occupation_met_level
    status = np.where(met, MET, np.where(level > 0, PARTLY, np.where(known, BLOCKING, UNKNOWN)))
    verdict = graded(status.astype(np.int8), best)
    detail = {"level": level, "source": source, "slot": slot}
    return Verdict(verdict.status, verdict.value, verdict.delay, level, detail=detail)


def _improve(
    best: Floats,
    level: npt.NDArray[np.int8],
    source: npt.NDArray[np.int8],
    slot: npt.NDArray[np.int8],
    worth: Floats,
    here: npt.NDArray[np.int8],
    factor: float,
    kind: int,
    position: int,
) -> None:
    """Keep the better of what is known so far and one more goal or experience, in place."""
    value = (worth * factor)[here]
    better = np.flatnonzero(value > best)
    best[better] = value[better]
    level[better] = here[better]
    source[better], slot[better] = kind, position


def words(context: Asked, who: Selection) -> Verdict:
    """Share of the offer's informative words (idf² over the people) found in the person's; never a tier."""
    worth = context.word_scale()
    held = who.column("words")
    found = np.zeros(len(who))
    for position in range(held.shape[0]):
        found += worth(held[position])
    present = (held > 0).any(axis=0)
    share = np.clip(found, 0.0, 1.0)
    status = np.where(share >= WORDS_MET_SHARE, MET, np.where(present, PARTLY, UNKNOWN)).astype(np.int8)
    return graded(status, share)


def experience(context: Asked, who: Selection, *, importance: Importance, amount: Number) -> Verdict:
    """Months in the occupation or its V3 family; half of them is partly, none listed at all is unknown."""
    done, months = who.column("experience_rome"), who.column("experience_months").astype(np.int32)
    counted = (context.levels(done) >= OccupationLevel.SAME_FAMILY) & (done >= 0)
    total = (np.where(counted, np.maximum(months, 0), 0)).sum(axis=0)
    vague = (counted & (months < 0)).any(axis=0) | ~(done >= 0).any(axis=0)
    asked = np.maximum(1, amount)
    yes = total >= asked
    remedy = context.policy.remedy("experience", Criterion.EXPERIENCE)
    verdict = settle(importance, yes, vague & ~yes, remedy)
    partly = ~yes & ~vague & (total >= asked * context.policy.experience_partly_share)
    status = np.where(partly, PARTLY, verdict.status).astype(np.int8)
    value = np.where(partly, total / asked * 0.9, verdict.value)
    delay = np.where(partly, 0, verdict.delay).astype(np.int16)
    which = None if verdict.remedy is None else np.where(partly, -1, verdict.remedy).astype(np.int8)
    fact = np.where(vague & (total == 0), -1, total)
    return Verdict(status, value, delay, fact, which, verdict.remedies)
