"""What would open most offers over the whole Département, as a pilot may read it: rounded, small cells left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from matching.access.permissions import Actor, Permission, require
from matching.errors import NotFound
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.ranking import LeverLine, NearLine, UnitLevers, levers_counted, levers_of_unit
from matching.terms import Role

ROUNDED_TO: Final = 10
"""Figures of one day are read again the next: exact, their difference would be the few who came or left."""


@dataclass(frozen=True)
class RoundedLine:
    """A lever, or what alone stands in the way, for `people` of the Département: figures rounded."""

    label: str
    who: str
    delay: str
    pairs: int
    people: int


@dataclass(frozen=True)
class TerritoryLevers:
    """`people` and the lines are rounded; `without`: people with something blocking everywhere, None when too few.

    Lines about fewer people than `threshold` are left out.
    """

    people: int
    offers: int
    without: int | None
    lines: tuple[RoundedLine, ...]
    near: tuple[RoundedLine, ...]
    threshold: int
    computed_at: datetime


def levers_of_territory(ctx: Context, actor: Actor, *, count: bool) -> TerritoryLevers | None:
    """Today's count over everybody, or None until somebody asks for it with `count`: it is long for many people.

    Counted once a day, never again on demand. Raises `NotFound` for whoever follows one unit: they have their own.
    """
    require(actor, Permission.READ_FAIRNESS)
    if actor.role is not Role.PILOT:
        raise NotFound()
    found = levers_of_unit(ctx, None, None) if count else levers_counted(ctx, None)
    if found is None:
        return None
    with ctx.read() as session:
        threshold = thresholds_on(session, ctx.clock.today()).small_cell
    return publishable(found, threshold)


def publishable(found: UnitLevers, threshold: int) -> TerritoryLevers:
    """The figures that may be told; the questions to ask are for those who meet the people."""
    lines = [line for line in found.lines if line.pairs and not line.question]
    return TerritoryLevers(
        rounded(found.people),
        found.offers,
        None if 0 < found.without < threshold else rounded(found.without),
        tuple(_large_enough(lines, threshold)),
        tuple(_large_enough(found.near, threshold)),
        threshold,
        found.computed_at,
    )


def rounded(number: int) -> int:
    """To the nearest ten, halves up."""
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def _large_enough(lines: Iterable[LeverLine | NearLine], threshold: int) -> Iterable[RoundedLine]:
    for line in lines:
        if line.people >= threshold:
            who, delay = (line.who, line.delay) if isinstance(line, LeverLine) else ("", "")
            yield RoundedLine(line.label, who, delay, rounded(line.pairs), rounded(line.people))
