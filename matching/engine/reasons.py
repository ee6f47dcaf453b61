"""From columns to the reasons of each person shown: the two facts side by side, remedies, details."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import NO_REMEDY, Check, Context, Verdict
from matching.engine.evaluation import Evaluation
from matching.engine.facts import UNKNOWN_FACT
from matching.engine.people import Selection
from matching.engine.policy import PARTS, OccupationLevel, Remedy
from matching.engine.results import (
    OccupationDetail,
    PersonMatch,
    RequirementResult,
    ScheduleDetail,
    TravelDetail,
)
from matching.engine.statuses import BLOCKING, CRITERIA, LIFTABLE, NOT_ASKED, TIERS, status_of
from matching.engine.travel import MODES
from matching.terms import Criterion

Rows = npt.NDArray[np.int64]
_WORDS = {code: status_of(code) for code in range(NOT_ASKED, BLOCKING + 1)}


def matches_of(context: Context, rows: Rows, seen: Evaluation, ranks: Rows) -> tuple[PersonMatch, ...]:
    """One match a row, in the order of the rows, with the ranks given."""
    ids = context.people.ids[rows]
    results = [_results(check, verdict) for check, verdict in zip(seen.checks, seen.verdicts, strict=True)]
    details = _details(context, rows, seen)
    parts, costs = seen.parts.T.tolist(), seen.costs.T.tolist()
    statuses, delays = seen.statuses.T.tolist(), seen.delays.T.tolist()
    tiers, fit = seen.tiers.tolist(), seen.fit.tolist()
    everything = list(zip(*results, strict=True)) or [()] * len(rows)
    return tuple(
        PersonMatch(
            id=int(ids[i]),
            rank=int(ranks[i]),
            tier=TIERS[tiers[i]],
            fit=fit[i],
            parts=dict(zip(PARTS, parts[i], strict=True)),
            unknown_costs={name: cost for name, cost in zip(PARTS, costs[i], strict=True) if cost},
            statuses=dict(zip(CRITERIA, map(_WORDS.__getitem__, statuses[i]), strict=True)),
            delays=_delays(delays[i], statuses[i]) if LIFTABLE in statuses[i] else {},
            requirements=everything[i],
            **{name: column[i] for name, column in details.items()},
        )
        for i in range(len(rows))
    )


def _delays(delays: list[int], statuses: list[int]) -> dict[Criterion, int]:
    return {c: d for c, d, status in zip(CRITERIA, delays, statuses, strict=True) if status == LIFTABLE}


def _results(check: Check, verdict: Verdict) -> list[RequirementResult]:
    """One a person; those who say the same share one."""
    m = len(verdict.status)
    facts = [None] * m if verdict.fact is None else verdict.fact.tolist()
    remedies = [NO_REMEDY] * m if verdict.remedy is None else verdict.remedy.tolist()
    said = list(
        zip(verdict.status.tolist(), verdict.value.tolist(), verdict.delay.tolist(), facts, remedies, strict=True)
    )
    made = {one: _result(check, verdict.remedies, *one) for one in set(said)}
    return [made[one] for one in said]


def _result(
    check: Check, remedies: tuple[Remedy, ...], status: int, value: float, delay: int, fact: int | None, remedy: int
) -> RequirementResult:
    return RequirementResult(
        check.criterion,
        check.code,
        check.requirement,
        check.asked,
        _WORDS[status],
        None if fact is None or fact == UNKNOWN_FACT else int(fact),
        value,
        remedies[remedy].id if remedy >= 0 else None,
        delay if status == LIFTABLE else None,
    )


def _details(context: Context, rows: Rows, seen: Evaluation) -> dict[str, list[Any]]:
    makers: dict[Criterion, tuple[str, Callable[[Verdict], list[Any]]]] = {
        Criterion.TRAVEL: ("travel", _travel_details),
        Criterion.SCHEDULE: ("schedule", _schedule_details),
    }
    details: dict[str, list[Any]] = {}
    for check, verdict in zip(seen.checks, seen.verdicts, strict=True):
        if check.criterion in makers:
            name, make = makers[check.criterion]
            details[name] = make(verdict)
        elif check.criterion is Criterion.OCCUPATION:
            details["occupation"] = _occupation_details(context, rows, verdict)
    return details


def _travel_details(verdict: Verdict) -> list[TravelDetail]:
    columns = (verdict.detail[name].tolist() for name in ("mode", "minutes", "km"))
    return [
        TravelDetail(MODES[mode] if mode >= 0 else None, _number(minutes), _number(km))
        for mode, minutes, km in zip(*columns, strict=True)
    ]


def _schedule_details(verdict: Verdict) -> list[ScheduleDetail]:
    missing, unknown = verdict.detail["missing"].T.tolist(), verdict.detail["open"].T.tolist()
    return [ScheduleDetail(tuple(m), tuple(u)) for m, u in zip(missing, unknown, strict=True)]


def _occupation_details(context: Context, rows: Rows, verdict: Verdict) -> list[OccupationDetail]:
    who = Selection(context.people, rows)
    columns = {0: who.column("goal_rome"), 1: who.column("experience_rome")}
    found = []
    levels, sources, slots = (verdict.detail[name].tolist() for name in ("level", "source", "slot"))
    for i, (level, source, slot) in enumerate(zip(levels, sources, slots, strict=True)):
        if source < 0:
            found.append(OccupationDetail(OccupationLevel(level), None, None, None))
            continue
        name, rome = ("goal", "experience")[source], int(columns[source][slot, i])
        found.append(OccupationDetail(OccupationLevel(level), name, slot, rome if rome >= 0 else None))
    return found


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
