"""One vectorised pass: statuses, parts, fit and tier of many people for one offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context, Number, Verdict
from matching.engine.criteria import checks_of
from matching.engine.people import Selection
from matching.engine.policy import PARTS, Policy
from matching.engine.statuses import (
    BLOCKED,
    BLOCKING,
    CLEAR,
    CRITERIA,
    LIFTABLE,
    LIFTABLE_IN_TIME,
    LIFTABLE_LATE,
    NOT_ASKED,
    POSITION,
    UNKNOWN,
)


@dataclass(frozen=True)
class Evaluation:
    """A pass over a selection: one column a person.

    `parts` float64[len(PARTS), m], `costs` the same, `statuses` int8 and `delays` int16 [len(Criterion), m].
    """

    checks: tuple[Check, ...]
    verdicts: tuple[Verdict, ...]
    tiers: npt.NDArray[np.int8]
    fit: npt.NDArray[np.float64]
    parts: npt.NDArray[np.float64]
    costs: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.int8]
    delays: npt.NDArray[np.int16]


def evaluate(context: Context, who: Selection, checks: Sequence[Check] | None = None) -> Evaluation:
    """Judge everything the offer asks, for the people selected."""
    asked = tuple(checks_of(context) if checks is None else checks)
    m, k = len(who), len(CRITERIA)
    parts, costs = np.zeros((len(PARTS), m)), np.zeros((len(PARTS), m))
    statuses = np.full((k, m), NOT_ASKED, np.int8)
    delays = np.zeros((k, m), np.int16)
    verdicts = tuple(check.judge(context, who) for check in asked)
    policy = context.policy
    for check, share, verdict in zip(asked, shares_of(asked, policy), verdicts, strict=True):
        row = POSITION[check.criterion]
        np.maximum(statuses[row], verdict.status, out=statuses[row])
        np.maximum(delays[row], verdict.delay, out=delays[row])
        parts[row] += verdict.value * (share * check.factor(policy))
        if check.essential:
            costs[row] += (verdict.status == UNKNOWN) * (share * policy.cost(check.criterion))
    parts -= costs
    proposed = np.maximum(who.column("open_proposals"), 0)
    parts[-1] = -policy.spread_lambda * policy.spread_scale * np.log1p(proposed.astype(np.float64))
    fit = np.zeros(m)
    for part in parts:  # in the order of PARTS, so that whoever adds them up finds the same number
        fit += part
    tiers = tiers_of(statuses, delays, context.lift_days)
    return Evaluation(asked, verdicts, tiers, fit, parts, costs, statuses, delays)


def shares_of(checks: Sequence[Check], policy: Policy) -> list[float]:
    """What each check can add to the fit: the weight of its criterion, shared by all that the criterion asks."""
    criteria = [check.criterion for check in checks]
    shares = {criterion: policy.weight(criterion) / criteria.count(criterion) for criterion in set(criteria)}
    return [shares[criterion] for criterion in criteria]


def tiers_of(statuses: npt.NDArray[np.int8], delays: npt.NDArray[np.int16], lift_days: Number) -> npt.NDArray[np.int8]:
    """Tier of each column: nothing in the way, to lift in time, to lift too late, blocked.

    `lift_days`: days left to lift something, one for all or one a column.
    """
    lift = statuses == LIFTABLE
    late = (lift & (delays > lift_days)).any(axis=0)
    blocked = (statuses == BLOCKING).any(axis=0)
    # A criterion that is blocking hides its liftable ones: the tier is the last one anyway.
    tiers = np.where(late, LIFTABLE_LATE, np.where(lift.any(axis=0), LIFTABLE_IN_TIME, CLEAR))
    return np.where(blocked, BLOCKED, tiers).astype(np.int8)


def tiers_from(verdict: Verdict, lift_days: int) -> npt.NDArray[np.int8]:
    """The tier that one check alone puts each in: the tier of somebody is the worst of those of their checks."""
    late = np.where(verdict.delay > lift_days, np.int8(LIFTABLE_LATE), np.int8(LIFTABLE_IN_TIME))
    lift = np.where(verdict.status == LIFTABLE, late, np.int8(CLEAR))
    return np.where(verdict.status == BLOCKING, np.int8(BLOCKED), lift)
