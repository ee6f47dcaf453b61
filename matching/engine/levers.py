"""What would change it: for one person or many, how many more offers would have nothing in the way.

A lever is a change of what is known of people: a licence obtained, a vehicle lent, hours found for the children.
The whole board is judged once; each lever then judges again only the checks it touches, and only for the pairs that
nothing else stops. The answer is the one that changing the people and ranking again would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.book import Group, OfferBook
from matching.engine.facts import YES_FACT
from matching.engine.offer import NO_WINDOWS
from matching.engine.pairs import Pairs
from matching.engine.people import People
from matching.engine.ranking import considered
from matching.engine.statuses import BLOCKING, LIFTABLE, UNKNOWN
from matching.terms import Criterion, Importance

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
PAIRS_AT_ONCE = 1 << 20
_LEVELS = ("french_oral", "french_read", "french_written", "degree")


@dataclass(frozen=True)
class Lever:
    """A change to try. `facts`: raised to these values, never lowered; `needs`: only for whom this fact is yes.

    `week`: half-hours that become possible (48 bits a day, Monday first). `grants`: what is asked under one of these
    keys ("skills", "skill:12", "experience") is met. `unknown_only`: only for whom every fact is unknown: what a
    person has said no to (nights, a kind of contract) is not tried. `delay_days`: before it is obtained.
    """

    key: str
    facts: Mapping[str, int] = field(default_factory=dict)
    week: tuple[int, ...] = NO_WINDOWS
    grants: frozenset[str] = frozenset()
    needs: str = ""
    unknown_only: bool = False
    delay_days: int = 0

    def apply(self, people: People) -> Bools:
        """Change the people in place (but for what it grants); who it concerns."""
        who = np.ones(len(people), np.bool_)
        if self.needs:
            who &= people.fact_row(self.needs) > 0
        known = {code: value for code, value in self.facts.items() if code in people.vocabulary.index}
        if self.unknown_only:
            for code in known:
                who &= people.fact_row(code) < 0
        for code, value in known.items():
            held = people.fact_row(code)
            held[:] = np.where(who & _lower(code, held, value), np.int16(value), held)
        if any(self.week):
            given = np.where(who, np.array(self.week, np.uint64)[:, None], np.uint64(0))
            people.column("can")[:] |= given
            people.column("cannot")[:] &= ~given
        return who


def _lower(code: str, held: npt.NDArray[np.int16], value: int) -> Bools:
    """Whether what is held is less than what the lever gives. Minutes given for a mode stay the person's own."""
    lower: Bools = held < value
    if code.startswith("mode_"):
        lower = held <= 0
    elif code in _LEVELS:
        lower |= held == YES_FACT
    return lower


@dataclass(frozen=True)
class Gain:
    """What a lever brings. `pairs` of a person and an offer that would have nothing in the way and have something
    today, `in_time` those whose job starts late enough; `people` and `offers` in them. `settled`: pairs that would
    have neither anything in the way nor an essential question open, and have not today. `person_ids`, `offer_ids`:
    those in the `pairs`, in order.
    """

    lever: Lever
    pairs: int
    in_time: int
    people: int
    offers: int
    settled: int
    person_ids: tuple[int, ...] = ()
    offer_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Near:
    """Pairs one requirement away, by what it is: how many, people and offers among them, and lifted in time."""

    criterion: Criterion
    code: str
    pairs: int
    people: int
    offers: int
    in_time: int


@dataclass(frozen=True)
class Board:
    """People and offers together. Arrays have a cell a person of `rows`: offers of a trade that is not out of reach,
    those with nothing in the way, those also without an open question, those one requirement away. `nearest`: by
    what is asked, how many offers it alone keeps from each person (empty unless asked for)."""

    rows: Rows
    near_trade: npt.NDArray[np.int64]
    clear: npt.NDArray[np.int64]
    sure: npt.NDArray[np.int64]
    one_away: npt.NDArray[np.int64]
    gains: tuple[Gain, ...]
    near: tuple[Near, ...]
    nearest: Mapping[str, npt.NDArray[np.int64]]


@dataclass
class _Tally:
    pairs: int = 0
    in_time: int = 0
    settled: int = 0
    people: set[int] = field(default_factory=set)
    offers: set[int] = field(default_factory=set)

    def add(self, people: Rows, offers: Rows, in_time: Bools, settled: int = 0) -> None:
        self.pairs += len(people)
        self.in_time += int(np.count_nonzero(in_time))
        self.settled += settled
        self.people.update(np.unique(people).tolist())
        self.offers.update(np.unique(offers).tolist())


@dataclass(frozen=True)
class _Judged:
    """A group judged over the pairs `mine`: what it stops, what it leaves open, and how late it lifts."""

    group: Group
    mine: Rows
    codes: list[str] | None
    place: Rows
    stop: Bools
    open: Bools
    late: Bools


def board(
    people: People,
    book: OfferBook,
    levers: Sequence[Lever],
    *,
    rows: npt.NDArray[Any] | None = None,
    only: npt.NDArray[Any] | None = None,
    active: bool = True,
    each: bool = False,
) -> Board:
    """Judge people with offers, then try each lever. `rows`: mask or indices of people; `active`: only those looking
    for a job. `each`: also what stands alone before each person.

    `only`: mask or positions of the offers. Gains are in the order of the most pairs; a lever without any is left out.
    """
    kept = considered(people, rows) if active or rows is None else np.arange(len(people))[rows]
    offers = np.arange(len(book)) if only is None else np.arange(len(book))[only]
    counts = np.zeros((4, len(kept)), np.int64)
    tallies = {lever.key: _Tally() for lever in levers}
    near: dict[tuple[Criterion, str], _Tally] = {}
    apart = people.taken(kept)
    nearest: dict[str, npt.NDArray[np.int64]] = {}
    for local, part in _cross(people, book, kept, offers):
        seen = _Pass(part, local)
        for row, which in enumerate((None, seen.clear, seen.sure, seen.stops == 1)):
            counts[row] += np.bincount(local if which is None else local[which], minlength=len(kept))
        seen.count_near(near, nearest if each else None, len(kept))
        for lever in levers:
            seen.try_lever(lever, apart, tallies[lever.key])
    gains = [_gain(apart, book, lever, tallies[lever.key]) for lever in levers]
    return Board(
        kept,
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        tuple(sorted((g for g in gains if g.pairs or g.settled), key=lambda g: (-g.pairs, -g.settled, g.lever.key))),
        tuple(
            Near(criterion, code, t.pairs, len(t.people), len(t.offers), t.in_time)
            for (criterion, code), t in sorted(near.items(), key=lambda item: (-item[1].pairs, item[0]))
        ),
        nearest,
    )


def _gain(people: People, book: OfferBook, lever: Lever, tally: _Tally) -> Gain:
    persons = tuple(sorted(int(people.ids[row]) for row in tally.people))
    offers = tuple(sorted(int(book.ids[offer]) for offer in tally.offers))
    return Gain(lever, tally.pairs, tally.in_time, len(persons), len(offers), tally.settled, persons, offers)


def _cross(people: People, book: OfferBook, kept: Rows, offers: Rows) -> Iterator[tuple[Rows, Pairs]]:
    """Pairs whose trade is not out of reach, some offers at a time, with the position in `kept` of each person.

    No lever changes a trade: what it alone rules out need not be judged further.
    """
    trades = [group for group in book.groups if group.check.criterion is Criterion.OCCUPATION]
    step = max(1, PAIRS_AT_ONCE // max(1, len(kept)))
    for first in range(0, len(offers), step):
        some = offers[first : first + step]
        local = np.repeat(np.arange(len(kept)), len(some))
        pairs = Pairs(people, book, kept[local], np.tile(some, len(kept)))
        possible = np.ones(len(pairs), np.bool_)
        for _, mine, _, verdict in pairs.judge(trades):
            possible[mine] = verdict.status != BLOCKING
        yield local[possible], pairs.take(possible)


class _Pass:
    """One judgement of some pairs; `local`: the person of each, by position among those kept."""

    def __init__(self, pairs: Pairs, local: Rows) -> None:
        self.pairs, self.local = pairs, local
        self.lift_days = pairs.book.lift_days[pairs.offers]
        groups = [g for g in pairs.book.groups if g.check.importance is not Importance.DESIRABLE]
        self.judged = [self._judge(*found) for found in pairs.judge(groups)]
        self.stops, self.open = self._sum(self.judged)
        self.clear = self.stops == 0
        self.sure = self.clear & (self.open == 0)

    def _judge(self, group: Group, mine: Rows, place: Rows, verdict: Any) -> _Judged:
        lift = verdict.status == LIFTABLE
        late = (verdict.status == BLOCKING) | (lift & (verdict.delay > self.lift_days[mine]))
        unknown = (verdict.status == UNKNOWN) & (group.check.importance is Importance.ESSENTIAL)
        codes = [f"skill:{i}" for i in group.numbers["index"]] if "index" in group.numbers else None
        return _Judged(group, mine, codes, place, lift | (verdict.status == BLOCKING), unknown, late)

    def _sum(self, judged: Sequence[_Judged]) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
        stops, unknown = np.zeros(len(self.pairs), np.int16), np.zeros(len(self.pairs), np.int16)
        for one in judged:
            stops[one.mine] += one.stop
            unknown[one.mine] += one.open
        return stops, unknown

    def count_near(
        self, near: dict[tuple[Criterion, str], _Tally], nearest: dict[str, npt.NDArray[np.int64]] | None, n: int
    ) -> None:
        """Add the pairs that one check alone stops, by what it asks; and, for the `n` people, offers of each."""
        for one in self.judged:
            alone = one.stop & (self.stops[one.mine] == 1)
            if not alone.any():
                continue
            names = np.array(one.codes)[one.place[alone]] if one.codes else None
            for code in [one.group.check.code] if names is None else np.unique(names).tolist():
                here = alone.copy()
                if names is not None:
                    here[alone] = names == code
                mine = one.mine[here]
                tally = near.setdefault((one.group.check.criterion, code), _Tally())
                tally.add(self.local[mine], self.pairs.offers[mine], ~one.late[here])
                if nearest is not None:
                    nearest[code] = nearest.get(code, 0) + np.bincount(self.local[mine], minlength=n)

    def try_lever(self, lever: Lever, people: People, tally: _Tally) -> None:
        """Add what the lever opens and settles; `people`: those kept, as they are."""
        touched = [one for one in self.judged if _touches(lever, one)]
        if not touched:
            return
        parts = [_part(lever, one) for one in touched]
        stops, unknown = self._sum(parts)
        left = self.stops - stops
        free = np.flatnonzero((left == 0) & ((stops > 0) | (unknown > 0)))
        if not len(free):
            return
        people = people.to_change()
        free = free[lever.apply(people)[self.local[free]]]
        again = [one for one in touched if not _granted(lever, one)]
        stops_after, open_after = self._again(again, people, free)
        open_after += (self.open - unknown)[free]
        opened = free[(self.stops[free] > 0) & (stops_after == 0)]
        settled = (stops_after == 0) & (open_after == 0) & ~self.sure[free]
        in_time = lever.delay_days <= self.lift_days[opened]
        tally.add(self.local[opened], self.pairs.offers[opened], in_time, int(np.count_nonzero(settled)))

    def _again(
        self, judged: Sequence[_Judged], people: People, free: Rows
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
        """What still stops and what is still open of the checks touched, for the pairs `free`."""
        stops, unknown = np.zeros(len(free), np.int16), np.zeros(len(free), np.int16)
        pairs = Pairs(people, self.pairs.book, self.local[free], self.pairs.offers[free])
        for group, mine, _, verdict in pairs.judge([one.group for one in judged]):
            stops[mine] += (verdict.status == BLOCKING) | (verdict.status == LIFTABLE)
            unknown[mine] += (verdict.status == UNKNOWN) & (group.check.importance is Importance.ESSENTIAL)
        return stops, unknown


def _touches(lever: Lever, one: _Judged) -> bool:
    check = one.group.check
    if check.criterion is Criterion.SCHEDULE and any(lever.week):
        return True
    return bool(check.reads & lever.facts.keys()) or _granted(lever, one)


def _granted(lever: Lever, one: _Judged) -> bool:
    """Whether the lever meets some of the checks of the group by decree."""
    keys = set(one.group.check.lifts)
    return bool(keys & lever.grants) or bool(one.codes and lever.grants & set(one.codes))


def _part(lever: Lever, one: _Judged) -> _Judged:
    """The pairs of the group that the lever touches: for one skill, those that ask it."""
    if not one.codes or not lever.grants or Criterion.SKILLS in lever.grants:
        return one
    here = np.isin(np.array(one.codes), list(lever.grants))[one.place]
    return _Judged(
        one.group, one.mine[here], one.codes, one.place[here], one.stop[here], one.open[here], one.late[here]
    )
