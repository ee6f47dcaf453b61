"""What a reading of fairness is made from: the people looking, the lists logged, the proposals made in a period.

One pass over the lists. A list never changes once logged, so its people are kept in memory after the first reading;
and what half a year holds is kept for ten minutes, since a list more changes nothing that can be read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from threading import Lock
from typing import Any, Final

import numpy as np
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from matching.clock import PARIS
from matching.placements.fairness import FIFTY, FIRST, Bools, Ints, Seen
from matching.services.context import Context
from matching.services.fairness.groups import GROUPS, KIND_OF, UNKNOWN, Axis, group_key
from matching.store import written_numbers
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.store.tables.protected import ProtectedFact
from matching.terms import CandidateState, ProposalState

FRESH: Final = timedelta(minutes=10)
_BATCH: Final = 500
_LISTS_KEPT: Final = 50_000
_PERIODS_KEPT: Final = 6
_LINE: Final = re.compile(r'\[\s*(\d+)\s*,\s*"')
"""Where a person begins in the text of a list: `[id, "tier", …`."""
_NO_ONE: Final = np.zeros(0, np.int64)
_ONE_AT_A_TIME: Final = Lock()
"""Several threads serve pages from the same memory."""


@dataclass(frozen=True)
class Gathered:
    """People as rows, in the same order in every array of shape (people,).

    `at`: when this was gathered. `group`: by axis, the place in `GROUPS[axis]`. `proposed`, `agreed` and `hired` are
    among `first`, each within the one before. `seen`: by depth, who was shown for which offer.
    """

    at: datetime
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
    """The period from `first` to `last`, both counted; as it stood `FRESH` ago at most."""
    with _ONE_AT_A_TIME:
        return _kept(ctx, session, first, last)


def _kept(ctx: Context, session: Session, first: date, last: date) -> Gathered:
    now = ctx.clock.now()
    kept: dict[tuple[date, date], Gathered] = ctx.memory.setdefault("fairness", {})
    found = kept.pop((first, last), None)
    if found is None or not timedelta() <= now - found.at < FRESH:
        found = _gather(ctx, session, first, last)
    kept[first, last] = found
    while len(kept) > _PERIODS_KEPT:
        kept.pop(next(iter(kept)))
    return found


def _gather(ctx: Context, session: Session, first: date, last: date) -> Gathered:
    start, end = instant(first), instant(last + timedelta(days=1))
    offers, lists = _lists(ctx, session, start, end)
    proposals = session.execute(
        select(Proposal.candidate_id, Proposal.agreed_on, Proposal.state).where(
            Proposal.created_at >= start, Proposal.created_at < end
        )
    ).all()
    shown = np.concatenate([_NO_ONE, *lists])
    met = {*np.unique(shown).tolist(), *(row.candidate_id for row in proposals)}
    people = [row for row in _people(session, end) if row.state is CandidateState.ACTIVE or row.id in met]
    ids = np.array([row.id for row in people], np.int64)

    def among(keys: Collection[int]) -> Bools:
        return np.isin(ids, np.fromiter(keys, np.int64))

    person, offer, rank = _appearances(ids, offers, lists, shown)
    in_first, beyond = np.zeros((2, len(people)), np.bool_)
    in_first[person[rank <= FIRST]] = True
    beyond[person[rank > FIRST]] = True
    # Each step within the one before: somebody proposed whom no list put forward was chosen in another way. Fifty
    # ranks would hold nearly everybody of a unit, and tell nothing of what followed.
    proposed = among({row.candidate_id for row in proposals}) & in_first
    hired = {row.candidate_id for row in proposals if row.state is ProposalState.HIRED}
    agreed = {row.candidate_id for row in proposals if row.agreed_on is not None}
    return Gathered(
        at=ctx.clock.now(),
        unit=np.array([row.unit_id for row in people], np.int64),
        group=_groups(session, people, last),
        first=in_first,
        beyond=beyond,
        proposed=proposed,
        agreed=among(agreed | hired) & proposed,
        hired=among(hired) & proposed,
        seen={depth: Seen.of(person, offer, rank, depth) for depth in (FIRST, FIFTY)},
        lists=len(lists),
        offers=len(set(offers)),
    )


def instant(day: date) -> datetime:
    """The first instant of a day, in metropolitan France."""
    return datetime.combine(day, time(), PARIS)


def _people(session: Session, end: datetime) -> Sequence[Any]:
    """Everybody known by the end of the period, without the ORM's passage over each."""
    query = select(Candidate.id, Candidate.person_id, Candidate.unit_id, Candidate.state)
    return session.connection().execute(query.where(Candidate.created_at < end).order_by(Candidate.id)).all()


def _lists(ctx: Context, session: Session, start: datetime, end: datetime) -> tuple[list[int], list[Ints]]:
    """The offer and the people, in order, of each list shown.

    One that the same person opened again for the same offer on the same day counts once, as last seen.
    """
    query = select(ExposureLog.id, ExposureLog.at, ExposureLog.actor_id, ExposureLog.offer_id)
    last: dict[tuple[int, int, date], tuple[int, int]] = {}
    for row in session.execute(query.where(ExposureLog.at >= start, ExposureLog.at < end).order_by(ExposureLog.id)):
        last[row.actor_id, row.offer_id, row.at.astimezone(PARIS).date()] = (row.id, row.offer_id)
    kept: dict[int, Ints] = ctx.memory.setdefault("fairness lists", {})
    if len(kept) > _LISTS_KEPT:
        kept.clear()
    for batch in _batches([key for key, _ in last.values() if key not in kept]):
        read = session.execute(select(ExposureLog.id, cast(ExposureLog.shown, Text)).where(ExposureLog.id.in_(batch)))
        kept.update((key, people_of(shown)) for key, shown in read)
    return [offer_id for _, offer_id in last.values()], [kept[key] for key, _ in last.values()]


def people_of(shown: str) -> Ints:
    """The first people of a list as it is logged.

    Most of its text is reasons, left unread: 0.15 s for 5 000 lists, against 0.83 s to read all of them.
    """
    ids = (found[1] for found in islice(_LINE.finditer(shown), FIFTY))
    return np.fromiter(map(int, ids), np.int64)


def _appearances(ids: Ints, offers: Sequence[int], lists: Sequence[Ints], shown: Ints) -> tuple[Ints, Ints, Ints]:
    """The rows of people and offers, and the rank, of every appearance of somebody still known (`ids`, ascending)."""
    lengths = np.array([len(people) for people in lists], np.int64)
    ranks = np.arange(len(shown)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
    _, offer_rows = np.unique(np.array(offers, np.int64), return_inverse=True)
    rows = np.searchsorted(ids, shown)
    known = np.isin(shown, ids)
    return rows[known], np.repeat(offer_rows, lengths)[known], ranks[known]


def _groups(session: Session, people: Sequence[Any], day: date) -> dict[Axis, Ints]:
    """The group of each person along each axis; ages on the last day of the period."""
    persons = np.array([row.person_id for row in people], np.int64)
    return {axis: _places(session, axis, persons, day) for axis in KIND_OF}


def _places(session: Session, axis: Axis, persons: Ints, day: date) -> Ints:
    """The place in `GROUPS[axis]` of each of `persons`; who shares a value comes as one text (`written_numbers`)."""
    place = {group.key: number for number, group in enumerate(GROUPS[axis])}
    sharing = written_numbers.written(ProtectedFact.person_id)
    query = select(ProtectedFact.value, sharing).where(ProtectedFact.kind == KIND_OF[axis])
    rows = session.execute(query.group_by(ProtectedFact.value)).all()
    known = [written_numbers.read(people) for _, people in rows]
    found = np.full(1 + max((int(some.max()) for some in (persons, *known) if len(some)), default=0), place[UNKNOWN])
    for (value, _), some in zip(rows, known, strict=True):
        found[some] = place[group_key(axis, value, day)]
    return found[persons]


def _batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]
