"""Many offers as columns, so that pairs of people and offers are judged together by the rules that judge one offer.

The checks of all the offers are put in groups that one call of a rule can judge: same criterion, same place among
the checks of that criterion, same constants. The numbers of each offer (an amount, a skill, hours) become arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context
from matching.engine.criteria import checks_of
from matching.engine.facts import FactVocabulary
from matching.engine.occupations import Occupations
from matching.engine.offer import Offer, Place, Places
from matching.engine.people import People
from matching.engine.policy import Policy
from matching.engine.statuses import CRITERIA

Array = npt.NDArray[Any]
RESERVED = "reserved_public"
_NOWHERE = Place(float("nan"), float("nan"))


@dataclass(frozen=True)
class Group:
    """Checks of several offers that one call judges; `offers` int64[k] sorted, `numbers` int64[k] each.

    `check` is that of the first offer: its criterion, importance, constants, and, but for skills, its code.
    """

    check: Check
    offers: npt.NDArray[np.int64]
    numbers: Mapping[str, npt.NDArray[np.int64]]
    eligible: npt.NDArray[np.int8] | None = None


class OfferBook:
    """The offers of a board, ready to be judged with anybody. Does not follow later changes of the offers.

    `eligible`: for a reserved offer, by its id, int8 a row of the people it will be judged with (1, 0, -1 unknown).
    ValueError when two offers have the same id.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        policy: Policy,
        *,
        today: int,
        occupations: Occupations,
        vocabulary: FactVocabulary,
        eligible: Mapping[int, npt.NDArray[np.int8]] | None = None,
    ) -> None:
        self.offers = tuple(offers)
        self.policy, self.today, self.occupations = policy, today, occupations
        self.eligible = dict(eligible or {})
        self.ids = np.array([offer.id for offer in offers], np.int64)
        if len(set(self.ids.tolist())) != len(offers):
            raise ValueError("an offer is given twice")
        self.index = {int(key): position for position, key in enumerate(self.ids)}
        nobody = People(vocabulary, 1)
        contexts = [Context(nobody, offer, policy, occupations, today) for offer in offers]
        self.checks = tuple(checks_of(context) for context in contexts)
        self.start = np.array([context.start for context in contexts], np.int64)
        self.lift_days = np.array([context.lift_days for context in contexts], np.int64)
        self.title = np.array([offer.title for offer in offers], np.int64)
        self.need = np.array([offer.windows for offer in offers], np.uint64).reshape(-1, 7).T
        self.places = _places(offers)
        self.unplaced = np.array([offer.unplaced for offer in offers], np.bool_)
        romes = sorted({offer.rome for offer in offers})
        self.levels = np.array([occupations.levels_to(rome) for rome in romes], np.int8).reshape(
            -1, len(occupations) + 1
        )
        self.rome_row = np.searchsorted(np.array(romes, np.int64), [offer.rome for offer in offers])
        self.groups = _groups(self.offers, self.checks, self.eligible)
        self.totals = np.zeros((len(CRITERIA), len(offers)))
        for group in self.groups:
            self.totals[CRITERIA.index(group.check.criterion), group.offers] += 1

    def __len__(self) -> int:
        return len(self.offers)

    def under(self, policy: Policy) -> OfferBook:
        """The same offers under other weights. The remedies must be the same: they are part of the groups."""
        other = copy(self)
        other.policy = policy
        return other

    def told(self, eligible: Mapping[int, npt.NDArray[np.int8]]) -> OfferBook:
        """The same offers, knowing who belongs to the publics they are reserved to."""
        other = copy(self)
        other.eligible = dict(eligible)
        reserved = [[check for check in asked if check.code == RESERVED] for asked in self.checks]
        other.groups = (
            *(group for group in self.groups if group.check.code != RESERVED),
            *_groups(self.offers, reserved, other.eligible),
        )
        return other


def _places(offers: Sequence[Offer]) -> tuple[Places, ...]:
    """The first place of every offer, the second…; an offer with fewer is nowhere, which no way reaches."""
    columns = []
    for position in range(max((len(offer.places) for offer in offers), default=0)):
        here = [o.places[position] if position < len(o.places) else _NOWHERE for o in offers]
        columns.append(
            Places(
                np.array([place.lat for place in here]),
                np.array([place.lon for place in here]),
                np.array([place.radius_km for place in here]),
                np.array([place.network for place in here], np.uint64),
            )
        )
    return tuple(columns)


def _groups(
    offers: Sequence[Offer], checks: Sequence[Sequence[Check]], eligible: Mapping[int, npt.NDArray[np.int8]]
) -> tuple[Group, ...]:
    """In the order of the criteria, then of the checks in them: parts are added up as for one offer alone."""
    found: dict[tuple[Any, ...], list[tuple[int, Check]]] = {}
    for position, (offer, asked) in enumerate(zip(offers, checks, strict=True)):
        seen: dict[Any, int] = {}
        for check in asked:
            place = seen[check.criterion] = seen.get(check.criterion, -1) + 1
            said = id(eligible.get(offer.id)) if check.code == RESERVED else 0
            names = tuple(name for name, _ in check.numbers)
            key = (CRITERIA.index(check.criterion), place, check.rule, check.importance, check.constants, names, said)
            found.setdefault(key, []).append((position, check))
    groups = []
    for key in sorted(found, key=lambda key: key[:2]):
        entries = found[key]
        first = entries[0][1]
        values = np.array([[value for _, value in check.numbers] for _, check in entries], np.int64)
        groups.append(
            Group(
                first,
                np.array([position for position, _ in entries], np.int64),
                {name: values[:, column] for column, (name, _) in enumerate(first.numbers)},
                eligible.get(offers[entries[0][0]].id) if first.code == RESERVED else None,
            )
        )
    return tuple(groups)
