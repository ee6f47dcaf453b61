"""A reading of fairness: what each group is shown and what follows, with intervals, as far as it may be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any, Final

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import NotFound
from matching.placements.fairness import (
    FIFTY,
    FIRST,
    Bools,
    Interval,
    Ratio,
    Reading,
    exposure_ratio,
    read_ratio,
    selection_ratio,
    wilson,
)
from matching.placements.publishable import Allowed, Numbers, Step, publishable
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.fairness.gathering import Gathered, gather
from matching.services.fairness.groups import GROUPS, Axis, Group
from matching.services.fairness.periods import check_period
from matching.services.fairness.words import sentence
from matching.services.units import unit_name
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate
from matching.terms import Labelled, Role
from matching.text import NBSP


class Measure(Labelled):
    """What is compared between groups."""

    FIRST = "first", "Part de l’exposition, 10 premières places"
    FIFTY = "fifty", "Part de l’exposition, 50 premières places"
    PROPOSED = "proposed", "Proposées, parmi celles des 10 premières places"
    AGREED = "agreed", "D’accord, parmi les personnes proposées"
    HIRED = "hired", "Embauchées, parmi les personnes proposées"


EXPOSURE: Final = {Measure.FIRST: (FIRST, "shown"), Measure.FIFTY: (FIFTY, "fifty")}
"""Each measure of exposure, its depth, and the step whose people it counts: a zero's upper end gives their number."""
SELECTION: Final = {Measure.PROPOSED: "shown", Measure.AGREED: "proposed", Measure.HIRED: "proposed"}
"""Each measure of selection, and the step its people are taken from."""
TOTALS: Final = ("looking", "shown", "proposed", "agreed", "hired")


@dataclass(frozen=True)
class Compared:
    """A group on one measure; None where nothing may be told or there is nothing to compare.

    `people`: how many, out of `base` (selection only). `share`: of all exposure, or of the base, with its interval.
    """

    measure: Measure
    reading: Reading
    words: str
    subject: str
    ratio: Ratio | None = None
    share: float | None = None
    people: int | None = None
    base: int | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class GroupLine:
    """A group: how many are looking, their share of everybody, and each measure."""

    group: Group
    people: int | None
    share: float | None
    compared: tuple[Compared, ...]


@dataclass(frozen=True)
class AxisReading:
    """`told` False: no group of this axis can be told without telling of a small one, here or in another unit."""

    axis: Axis
    lines: tuple[GroupLine, ...]
    told: bool = True

    def of(self, measure: Measure) -> tuple[tuple[Group, Compared], ...]:
        """Each group on one measure; nothing when all are hidden."""
        found = [(line.group, one) for line in self.lines for one in line.compared if one.measure is measure]
        return () if all(one.reading is Reading.HIDDEN for _, one in found) else tuple(found)


@dataclass(frozen=True)
class FairnessReading:
    """`unit_id` None: the Département. `totals`: by step, how many people, None when hidden."""

    unit_id: int | None
    unit_name: str
    first: date
    last: date
    lists: int
    offers: int
    threshold: int
    read_at: datetime
    totals: dict[str, int | None]
    axes: tuple[AxisReading, ...]

    @property
    def judged(self) -> int:
        """How many comparisons say something, standing out or not."""
        return sum(one.reading is Reading.NOTHING or one.reading.stands_out for one in self._compared())

    @property
    def standing_out(self) -> tuple[Compared, ...]:
        return tuple(one for one in self._compared() if one.reading.stands_out)

    @property
    def nothing_told(self) -> str:
        """Why nothing stands out, as a sentence; empty when something does."""
        if self.standing_out:
            return ""
        if not self.lists:
            return "Aucune liste montrée sur cette période."
        if not self.judged:
            return "Pas assez de données pour dire quoi que ce soit sur cette période."
        where = "la seule comparaison lisible" if self.judged == 1 else f"les {self.judged} comparaisons lisibles"
        told = f"Aucun écart ne dépasse ce que le hasard explique, dans {where}."
        unread = sum(1 for _ in self._compared()) - self.judged
        if not unread:
            return told
        others = f"Les {unread} autres ont" if unread > 1 else "L’autre a"
        return f"{told} {others} trop peu de chiffres pour conclure."

    def _compared(self) -> Iterator[Compared]:
        return (one for axis in self.axes for line in axis.lines for one in line.compared)


@dataclass(frozen=True)
class UnitChoice:
    id: int
    name: str


def read_fairness(
    ctx: Context, actor: Actor | None, first: date, last: date, unit_id: int | None = None
) -> FairnessReading:
    """How each group was shown and chosen from `first` to `last`, both counted: whole finished months.

    A pilot reads the Département (`unit_id` None) and each unit; a manager the own unit, asked for or not.
    `actor` None is the machine's own shell, where small groups are hidden too. The reading is noted in the trail.
    Raises `NotFound` for a unit out of reach, `Invalid` for a period that cannot be read.
    """
    if actor is not None:
        require(actor, Permission.READ_FAIRNESS)
    own = own_unit(actor)
    unit_id = own if unit_id is None else unit_id
    if own is not None and unit_id != own:
        raise NotFound()
    check_period(first, last, ctx.clock.today())
    with ctx.read() as session:
        found = read_groups(ctx, session, first, last, own=own, unit_id=unit_id)
    if actor is not None:
        with ctx.write(actor) as work:
            work.record(
                "fairness.read", "employment_unit", unit_id or 0, first=first.isoformat(), last=last.isoformat()
            )
    return found


def read_groups(
    ctx: Context, session: Session, first: date, last: date, *, own: int | None = None, unit_id: int | None = None
) -> FairnessReading:
    """The same for somebody whose right to it was checked; `own`: the only unit that they know of, None: all."""
    name = unit_name(session, unit_id)
    threshold = thresholds_on(session, ctx.clock.today()).small_cell
    gathered = gather(ctx, session, first, last)
    return _Reader(gathered, threshold, own, unit_id).reading(name, first, last)


def own_unit(actor: Actor | None) -> int | None:
    """The only unit that the actor may read; None: all of them."""
    if actor is None or actor.role is Role.PILOT:
        return None
    if actor.unit_id is None:
        raise NotFound()
    return actor.unit_id


def list_units_read(ctx: Context, actor: Actor) -> tuple[UnitChoice, ...]:
    """The units that the actor may read one by one: those open, and those closed that still have people."""
    require(actor, Permission.READ_FAIRNESS)
    own = own_unit(actor)
    with ctx.read() as session:
        return tuple(unit for unit in units_read(session) if own in (None, unit.id))


def units_read(session: Session) -> tuple[UnitChoice, ...]:
    """Every unit that may have something to read."""
    people = select(Candidate.id).where(Candidate.unit_id == EmploymentUnit.id).exists()
    query = select(EmploymentUnit.id, EmploymentUnit.name).where(or_(EmploymentUnit.closed_on.is_(None), people))
    rows = session.execute(query.order_by(EmploymentUnit.name, EmploymentUnit.id))
    return tuple(UnitChoice(row.id, row.name) for row in rows)


class _Reader:
    """Reads what was gathered for a unit or for all; `own`: the reader knows of no other unit than this one."""

    def __init__(self, gathered: Gathered, threshold: int, own: int | None, unit_id: int | None) -> None:
        self.all, self.threshold, self.unit_id = gathered, threshold, unit_id
        self.reach = np.ones(len(gathered.unit), np.bool_) if own is None else gathered.unit == own
        self.base = self.reach if unit_id is None else gathered.unit == unit_id
        # One chain: each step is within the one before, as `publishable` needs.
        self.steps: dict[str, Bools] = {
            "looking": np.ones(len(gathered.unit), np.bool_),
            "fifty": gathered.first | gathered.beyond,
            "shown": gathered.first,
            "proposed": gathered.proposed,
            "agreed": gathered.agreed,
            "hired": gathered.hired,
        }
        self.allowed: dict[str, Allowed] = publishable([self._step(name) for name in self.steps], threshold)
        self.single = own is not None

    # --- what may be told

    def _step(self, name: str) -> Step:
        own = self.steps[name]
        above = takewhile(lambda step: step != name, self.steps)
        told = [own, *(self.steps[step] & ~own for step in above)]
        if name == "fifty":  # the exposure of both depths differs by that of these people
            told.append(self.all.beyond)
        return Step(name, {axis: self._table(axis, told) for axis in Axis})

    def _table(self, axis: Axis, told: list[Bools]) -> dict[tuple[int, str], Numbers]:
        units, groups = np.unique(self.all.unit[self.reach]), GROUPS[axis]
        place = np.searchsorted(units, self.all.unit) * len(groups) + self.all.group[axis]
        size = len(units) * len(groups)
        counts = [np.bincount(place[self.reach & people], minlength=size) for people in told]
        return {
            (int(unit), group.key): tuple(int(count[u * len(groups) + g]) for count in counts)
            for u, unit in enumerate(units)
            for g, group in enumerate(groups)
        }

    def _may(self, step: str, group: Group) -> bool:
        unit = None if self.single else self.unit_id
        return self.allowed[step].group(group.axis, group.key, unit)

    # --- what is told

    def reading(self, name: str, first: date, last: date) -> FairnessReading:
        unit = None if self.single else self.unit_id
        totals = {
            step: int((self.steps[step] & self.base).sum()) if self.allowed[step].total(unit) else None
            for step in TOTALS
        }
        axes = tuple(AxisReading(axis, tuple(self._lines(axis)), self._told(axis)) for axis in Axis)
        return FairnessReading(
            self.unit_id, name, first, last, self.all.lists, self.all.offers, self.threshold, self.all.at, totals, axes
        )

    def _told(self, axis: Axis) -> bool:
        return any(self._may("looking", group) for group in GROUPS[axis])

    def _lines(self, axis: Axis) -> Iterator[GroupLine]:
        for place, group in enumerate(GROUPS[axis]):
            inside = self.base & (self.all.group[axis] == place)
            people = int(inside.sum())
            if not people and self._may("looking", group):
                continue  # nobody there, and it may be known: no line
            told = people if self._may("looking", group) else None
            share = people / int(self.base.sum()) if told else None
            yield GroupLine(group, told, share, tuple(self._compared(group, inside)))

    def _compared(self, group: Group, inside: Bools) -> Iterator[Compared]:
        for measure, (depth, step) in EXPOSURE.items():
            if self._may(step, group):
                ratio = exposure_ratio(self.all.seen[depth], self.base, inside)
                yield _said(group, measure, ratio, share=self._part(depth, inside))
            else:
                yield _hidden(group, measure)
        for measure, above in SELECTION.items():
            if self._may(above, group) and self._may(measure.value, group):
                yield self._selected(group, measure, self.steps[above] & self.base, inside)
            else:
                yield _hidden(group, measure)

    def _part(self, depth: int, inside: Bools) -> float | None:
        """The group's part of all exposure."""
        exposure = self.all.seen[depth].by_person(len(self.base))
        total = float(exposure[self.base].sum())
        return float(exposure[inside].sum()) / total if total else None

    def _selected(self, group: Group, measure: Measure, base: Bools, inside: Bools) -> Compared:
        chosen = self.steps[measure.value] & base
        ratio = selection_ratio(chosen, base, inside)
        people, size = int((chosen & inside).sum()), int((base & inside).sum())
        if not size:
            return _said(group, measure, ratio, people=people, base=size)
        interval = wilson(people, size)
        return _said(group, measure, ratio, share=people / size, people=people, base=size, interval=interval)


def _said(group: Group, measure: Measure, ratio: Ratio | None, **figures: Any) -> Compared:
    reading = read_ratio(ratio)
    words = sentence(group, measure.value, reading, ratio)
    return Compared(measure, reading, words, _subject(group), ratio, **figures)


def _subject(group: Group) -> str:
    return f"{group.axis.label}{NBSP}: {group.label}"


def _hidden(group: Group, measure: Measure) -> Compared:
    words = sentence(group, measure.value, Reading.HIDDEN)
    return Compared(measure, Reading.HIDDEN, words, _subject(group))
