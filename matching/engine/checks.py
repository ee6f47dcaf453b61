"""One thing asked, judged for many people and one offer, or for many pairs: the rules do not see the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from matching.engine.occupations import Occupations
from matching.engine.offer import Offer, Place, Places, Requirement
from matching.engine.people import People, Selection
from matching.engine.policy import Policy, Remedy
from matching.engine.statuses import BLOCKING, LIFTABLE, MET, PARTLY, UNKNOWN
from matching.terms import Criterion, Importance

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Statuses = npt.NDArray[np.int8]
Days = npt.NDArray[np.int16]
Number = int | npt.NDArray[np.int64]
"""Of the offer: one for everybody judged, or one a pair."""
NO_REMEDY = -1
_MET, _UNKNOWN = np.int8(MET), np.int8(UNKNOWN)
LONGEST_DELAY = 32_000


class Asked(Protocol):
    """What a rule may read of the offer, besides its own numbers: one offer for all, or the offer of each pair.

    Single values and `need` (7 days, then 1) are those of one offer; an array holds a value a pair, pairs last.
    """

    @property
    def people(self) -> People: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def today(self) -> int: ...
    @property
    def start(self) -> Number: ...
    @property
    def title(self) -> Number: ...
    @property
    def places(self) -> Sequence[Place | Places]: ...
    @property
    def unplaced(self) -> bool | Bools:
        """Whether one of the places of work is not known: nobody can then be said to be too far."""
        ...

    @property
    def need(self) -> npt.NDArray[np.uint64]: ...
    def levels(self, codes: npt.NDArray[Any]) -> Statuses:
        """`OccupationLevel` of codes (person last) to the occupation of the job."""
        ...

    def word_scale(self) -> Callable[[npt.NDArray[Any]], Floats]:
        """What finding a word is worth: a function of the word of each person."""
        ...

    def eligible_to(self, who: Selection) -> Statuses:
        """1, 0 or -1 (unknown) for each: belongs to the public the offer is reserved to."""
        ...


@dataclass(frozen=True)
class Context:
    """What every check may read besides the people."""

    people: People
    offer: Offer
    policy: Policy
    occupations: Occupations
    today: int
    eligible: npt.NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        if self.eligible is not None and self.eligible.shape != (len(self.people),):
            raise ValueError("`eligible` says one thing of each person")

    @property
    def start(self) -> int:
        """Day the job starts; today when as soon as possible."""
        return self.today if self.offer.start_day is None else self.offer.start_day

    @property
    def lift_days(self) -> int:
        """Days left to lift something in time."""
        return LONGEST_DELAY if self.offer.start_day is None else max(0, self.offer.start_day - self.today)

    @property
    def title(self) -> int:
        return self.offer.title

    @property
    def places(self) -> Sequence[Place]:
        return self.offer.places

    @property
    def unplaced(self) -> bool:
        return self.offer.unplaced

    @property
    def need(self) -> npt.NDArray[np.uint64]:
        return np.array(self.offer.windows, np.uint64)[:, None]

    def levels(self, codes: npt.NDArray[Any]) -> Statuses:
        """`OccupationLevel` of each code to the job's."""
        levels: Statuses = self.occupations.levels_to(self.offer.rome)[codes]
        return levels

    def word_scale(self) -> Callable[[npt.NDArray[Any]], Floats]:
        """Worth of each word for this offer; 0 for a word it does not use."""
        asked, worth = word_worth(self.people, self.offer.words)
        scale = np.zeros(self.people.word_counts.shape[0])
        scale[asked] = worth
        return lambda words: scale[words]

    def eligible_to(self, who: Selection) -> Statuses:
        """Unknown for everybody when nobody said."""
        if self.eligible is None:
            return np.full(len(who), -1, np.int8)
        answers: Statuses = self.eligible[who.rows]
        return answers


def word_worth(people: People, words: Sequence[int]) -> tuple[npt.NDArray[np.int64], Floats]:
    """The offer's distinct words and their idf² over the people, summing to one."""
    asked = np.array(sorted(set(words) - {0}), np.int64)
    idf = np.log((1.0 + len(people)) / (1.0 + people.word_counts[asked])) + 0.1
    square = idf**2
    return asked, square / square.sum() if len(asked) else square


class Verdict(NamedTuple):
    """What a check says of m people.

    `status` int8[m], `value` float64[m] in [0, 1], `delay` int16[m] days when liftable, `fact` the person's
    value compared, `remedy` an index in `remedies` (-1 none), `detail` more columns (person last).
    """

    status: Statuses
    value: Floats
    delay: Days
    fact: npt.NDArray[Any] | None = None
    remedy: Statuses | None = None
    remedies: tuple[Remedy, ...] = ()
    detail: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})


Rule = Callable[..., Verdict]
"""(asked, who, **constants, **numbers) → what it says of each."""


class Check(NamedTuple):
    """One thing asked: where it counts, how much it is held to, and how it is judged.

    `code` is a fact code, "skill:<id>" or a criterion. `rule` is given `constants` (the same for all the offers
    judged together) and `numbers` (one an offer). `lifts`: the keys under which a remedy for it is looked up;
    `reads`: the facts it reads. `relaxable`: the employer could do without.
    """

    criterion: Criterion
    code: str
    rule: Rule
    importance: Importance = Importance.ESSENTIAL
    requirement: Requirement | None = None
    asked: int | None = None
    relaxable: bool = True
    constants: tuple[tuple[str, Any], ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    lifts: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()

    def judge(self, asked: Asked, who: Selection) -> Verdict:
        """Judge the people of a selection for the offer of a context."""
        return self.rule(asked, who, **dict(self.constants), **dict(self.numbers))

    @property
    def essential(self) -> bool:
        """An unknown counts only here."""
        return self.importance is Importance.ESSENTIAL

    def factor(self, policy: Policy) -> float:
        """What meeting it is worth beside an essential requirement."""
        if self.importance is Importance.ESSENTIAL:
            return 1.0
        learnt = self.importance is Importance.TRAINABLE
        return min(1.0, max(0.0, policy.trainable_factor if learnt else policy.desirable_factor))


def graded(status: Statuses, value: Floats, fact: npt.NDArray[Any] | None = None) -> Verdict:
    """A verdict where nothing is to lift."""
    return Verdict(status, value, np.zeros(len(status), np.int16), fact)


def when_missing(importance: Importance, remedy: Remedy | None) -> tuple[int, int, Remedy | None]:
    """Status, days and remedy of who is known not to have what is asked.

    Essential: liftable when a remedy exists, else blocking. Trainable: learnt on the job, liftable at once.
    Desirable: partly, worth nothing.
    """
    if importance is Importance.DESIRABLE:
        return PARTLY, 0, remedy
    if importance is Importance.TRAINABLE:
        return LIFTABLE, 0, None
    if remedy is None:
        return BLOCKING, 0, None
    return LIFTABLE, min(max(0, remedy.delay_days), LONGEST_DELAY), remedy


def settle(
    importance: Importance,
    yes: Bools,
    unknown: Bools,
    remedy: Remedy | None,
    fact: npt.NDArray[Any] | None = None,
) -> Verdict:
    """Met, unknown, and for the rest what its importance says (`when_missing`). `fact`: the person's value."""
    missing, delay_days, remedy = when_missing(importance, remedy)
    status = np.where(yes, _MET, np.where(unknown, _UNKNOWN, np.int8(missing)))
    lifted = status == LIFTABLE
    delay = lifted * np.int16(delay_days)
    if remedy is None:
        return Verdict(status, yes.astype(np.float64), delay, fact)
    which = np.where(lifted, np.int8(0), np.int8(NO_REMEDY))
    return Verdict(status, yes.astype(np.float64), delay, fact, which, (remedy,))
