"""What a reading of fairness is made from: the people looking, the lists logged, the proposals made in a period.

One pass over the lists. A list never changes once logged, so its people are kept in memory after the first reading;
a reading of a period is kept while nobody writes anything it would see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.clock import PARIS
from matching.placements.fairness import FIFTY, FIRST, Bools, Ints, Seen
from matching.services.context import Context
from matching.services.fairness.groups import GROUPS, KIND_OF, Axis, group_key
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import PEOPLE, current_versions
from matching.terms import CandidateState, ProposalState

_BATCH: Final = 500
_LISTS_KEPT: Final = 50_000
_PERIODS_KEPT: Final = 6


@dataclass(frozen=True)
class Gathered:
    """People as rows, in the same order in every array of shape (people,).

    `group`: by axis, the place in `GROUPS[axis]`. `proposed`, `agreed` and `hired` are among `first`, each within the
    one before. `seen`: by depth, who was shown for which offer.
    """

    unit: Ints
    group: dict[Axis, Ints]
    first: Bools
    beyond: Bools
    """Shown at least once in the first ranks, and at least once beyond them."""
    proposed: Bools
    agreed: Bools
    hired: Bools
    seen: dict[int, Seen]
    lists: int
    offers: int


def gather(ctx: Context, session: Session, first: date, last: date) -> Gathered:
    """The period from `first` to `last`, both counted."""
    stamp = _stamp(session, ctx.clock.today())
    kept: dict[tuple[date, date], tuple[Any, Gathered]] = ctx.memory.setdefault("fairness", {})
    known = kept.pop((first, last), None)
    if known is None or known[0] != stamp:
        known = stamp, _gather(ctx, session, first, last)
    kept[first, last] = known
    while len(kept) > _PERIODS_KEPT:
        kept.pop(next(iter(kept)))
    return known[1]


def _stamp(session: Session, today: date) -> Any:
    """What a reading depends on: people and proposals share a version, lists only grow."""
    last = session.execute(select(func.max(ExposureLog.id))).scalar_one()
    return today, last, current_versions(session).get(PEOPLE)


def _gather(ctx: Context, session: Session, first: date, last: date) -> Gathered:
    start, end = instant(first), instant(last + timedelta(days=1))
    lists = _lists(ctx, session, start, end)
    proposals = session.execute(
        select(Proposal.candidate_id, Proposal.agreed_on, Proposal.state).where(
            Proposal.created_at >= start, Proposal.created_at < end
        )
    ).all()
    met = {person for _, people in lists for person in people[:FIFTY]} | {row.candidate_id for row in proposals}
    people = [row for row in _people(session, end) if row.state is CandidateState.ACTIVE or row.id in met]
    row_of = {row.id: place for place, row in enumerate(people)}

    def rows(ids: Collection[int]) -> Bools:
        found = np.zeros(len(people), np.bool_)
        found[[row_of[key] for key in ids if key in row_of]] = True
        return found

    person, offer, rank = _appearances(lists, row_of)
    hired = [row.candidate_id for row in proposals if row.state is ProposalState.HIRED]
    agreed = [row.candidate_id for row in proposals if row.agreed_on is not None]
    in_first, beyond = np.zeros((2, len(people)), np.bool_)
    in_first[person[rank <= FIRST]] = True
    beyond[person[rank > FIRST]] = True
    # Each step within the one before: somebody proposed whom no list put forward was chosen in another way. Fifty
    # ranks would hold nearly everybody of a unit, and tell nothing of what followed.
    proposed = rows([row.candidate_id for row in proposals]) & in_first
    return Gathered(
        unit=np.array([row.unit_id for row in people], np.int64),
        group=_groups(session, people, last),
        first=in_first,
        beyond=beyond,
        proposed=proposed,
        agreed=rows([*agreed, *hired]) & proposed,
        hired=rows(hired) & proposed,
        seen={depth: Seen.of(person, offer, rank, depth) for depth in (FIRST, FIFTY)},
        lists=len(lists),
        offers=len({offer_id for offer_id, _ in lists}),
    )


def instant(day: date) -> datetime:
    """The first instant of a day, in metropolitan France."""
    return datetime.combine(day, time(), PARIS)


def _people(session: Session, end: datetime) -> Sequence[Any]:
    """Everybody known by the end of the period."""
    query = select(Candidate.id, Candidate.person_id, Candidate.unit_id, Candidate.state)
    return session.execute(query.where(Candidate.created_at < end).order_by(Candidate.id)).all()


def _lists(ctx: Context, session: Session, start: datetime, end: datetime) -> list[tuple[int, Sequence[int]]]:
    """Each list shown, as its offer and its people in order.

    One that the same person opened again for the same offer on the same day counts once, as last seen.
    """
    query = select(ExposureLog.id, ExposureLog.at, ExposureLog.actor_id, ExposureLog.offer_id)
    last: dict[tuple[int, int, date], tuple[int, int]] = {}
    for row in session.execute(query.where(ExposureLog.at >= start, ExposureLog.at < end).order_by(ExposureLog.id)):
        last[row.actor_id, row.offer_id, row.at.astimezone(PARIS).date()] = (row.id, row.offer_id)
    kept: dict[int, tuple[int, ...]] = ctx.memory.setdefault("fairness lists", {})
    if len(kept) > _LISTS_KEPT:
        kept.clear()
    missing = [key for key, _ in last.values() if key not in kept]
    for batch in _batches(missing):
        read = session.execute(select(ExposureLog.id, ExposureLog.shown).where(ExposureLog.id.in_(batch)))
        kept.update((key, tuple(line[0] for line in shown[:FIFTY])) for key, shown in read)
    return [(offer_id, kept[key]) for key, offer_id in last.values()]


def _appearances(lists: Sequence[tuple[int, Sequence[int]]], row_of: dict[int, int]) -> tuple[Ints, Ints, Ints]:
    """The rows of people and offers, and the rank, of every appearance of somebody still known."""
    offers = {offer_id: place for place, offer_id in enumerate(dict.fromkeys(offer_id for offer_id, _ in lists))}
    flat = chain.from_iterable(
        (row_of[person], offers[offer_id], rank)
        for offer_id, people in lists
        for rank, person in enumerate(people, 1)
        if person in row_of
    )
    person, offer, rank = np.fromiter(flat, np.int64).reshape(-1, 3).T
    return person, offer, rank


def _groups(session: Session, people: Sequence[Any], day: date) -> dict[Axis, Ints]:
    """The group of each person along each axis; ages on the last day of the period."""
    query = select(ProtectedFact.person_id, ProtectedFact.kind, ProtectedFact.value)
    rows = session.execute(query.where(ProtectedFact.kind.in_(KIND_OF.values())))
    facts = {(row.person_id, row.kind): row.value for row in rows}
    places = {axis: {group.key: place for place, group in enumerate(groups)} for axis, groups in GROUPS.items()}
    return {
        axis: np.array(
            [places[axis][group_key(axis, facts.get((row.person_id, kind)), day)] for row in people], np.int64
        )
        for axis, kind in KIND_OF.items()
    }


def _batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]
