"""What one worker does: open the database once, keep one snapshot, rank the offers it is handed.

The only functions that travel to another process. A worker reads everything at its first task, not in an
initializer: one that fails there breaks a pool without saying why, and a cluster's executor has none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from matching import engine
from matching.errors import MatchingError
from matching.services.context import Context, open_context
from matching.services.ranking.batch.plan import Asked, Basis
from matching.services.ranking.batch.sheet import OfferLine, RankedPerson
from matching.services.ranking.lists import ENGINE_VERSION, seed_of
from matching.services.ranking.loading import eligibility
from matching.services.ranking.snapshot import Snapshot, snapshot_of
from matching.settings import Settings
from matching.store.tables.people import Candidate
from matching.terms import Tier

Publics = frozenset[tuple[str, ...]]
Answers = npt.NDArray[np.int8] | None


@dataclass(frozen=True)
class Moved:
    """The database is no longer (or not yet) as announced: nothing was ranked."""

    versions: Mapping[str, int]


@dataclass(frozen=True)
class _Desk:
    """All that ranking needs, read at one moment and still for the whole run: a profile edited meanwhile waits."""

    basis: Basis
    people: engine.People
    occupations: engine.Occupations
    policy: engine.Policy
    weights: str
    codes: dict[int, tuple[str, bool]]
    eligible: dict[tuple[str, ...], Answers]


@dataclass
class _Worker:
    """One a process and database. Threads of a cluster's worker take turns."""

    ctx: Context
    turn: Lock = field(default_factory=Lock)
    desk: _Desk | None = None


_workers: dict[str, _Worker] = {}
_opening = Lock()


def rank_chunk(url: str, basis: Basis, publics: Publics, offers: tuple[Asked, ...]) -> list[OfferLine] | Moved:
    """The line of each offer, or `Moved` when this worker cannot see the data announced.

    `url` empty: the database of this machine's own MATCHING_DATABASE_URL, so that no password travels.
    """
    if basis.engine != ENGINE_VERSION:
        raise MatchingError("Un travailleur n’a pas la même version de « matching ». Mettez-les à jour ensemble.")
    worker = _worker(url)
    with worker.turn:
        if worker.desk is None or worker.desk.basis != basis:
            # Dropped first: setting up again may change the very people it holds.
            worker.desk = None
            try:
                found = _set_up(worker.ctx, basis, publics)
            except SQLAlchemyError:
                # The error itself is not sent back: it may carry people's data.
                raise MatchingError(_CANNOT_READ) from None
            if isinstance(found, Moved):
                return found
            worker.desk = found
        return [_line(worker.desk, asked) for asked in offers]


def leave(url: str) -> None:
    """Forget what was read of a database and let its connections go."""
    with _opening:
        worker = _workers.pop(url, None)
    if worker:
        worker.ctx.engine.dispose()


_CANNOT_READ = (
    "Un travailleur n’arrive pas à lire la base de données. Vérifiez que chacun reçoit la même "
    "MATCHING_DATABASE_URL et joint le serveur, puis recommencez."
)


def _worker(url: str) -> _Worker:
    if not url and "MATCHING_DATABASE_URL" not in os.environ:
        raise MatchingError(
            "Un travailleur ne sait pas quelle base lire. Donnez à chacun la variable MATCHING_DATABASE_URL."
        )
    with _opening:
        if url not in _workers:
            _workers[url] = _Worker(open_context(Settings(database_url=url) if url else None))
        return _workers[url]


def _set_up(ctx: Context, basis: Basis, publics: Publics) -> _Desk | Moved:
    with ctx.read() as session, snapshot_of(ctx).current(session) as snap:
        if snap.versions != basis.versions:
            return Moved(snap.versions)
        return _desk(session, snap, basis, publics)


def _desk(session: Session, snap: Snapshot, basis: Basis, publics: Publics) -> _Desk:
    policy = snap.policy(session, None)
    # Past the ORM: a row a person of the Département.
    codes = session.connection().execute(select(Candidate.id, Candidate.code, Candidate.last_proposed_on))
    return _Desk(
        basis=basis,
        people=snap.people,
        occupations=snap.occupations,
        policy=policy,
        weights=weights_digest(policy),
        codes={row.id: (row.code, row.last_proposed_on is not None) for row in codes},
        eligible={one: eligibility(session, snap.people, list(one), basis.day) for one in sorted(publics)},
    )


def _line(desk: _Desk, asked: Asked) -> OfferLine:
    day = engine.day_number(desk.basis.day)
    seed = seed_of(asked.id, day)
    ranking = engine.rank(
        desk.people,
        asked.offer,
        desk.policy,
        today=day,
        seed=seed,
        occupations=desk.occupations,
        top=desk.basis.top,
        eligible=desk.eligible.get(asked.publics),
        # Every core already has a worker: one that started threads would only slow the others.
        judge=engine.compiled_pass_alone,
    )
    return OfferLine(
        offer=asked.code,
        basis=desk.basis,
        weights=desk.weights,
        seed=seed,
        considered=ranking.considered,
        tiers={tier: ranking.tier_counts[tier] for tier in Tier},
        people=tuple(_ranked_person(desk, match) for match in ranking.matches),
    )


def _ranked_person(desk: _Desk, match: engine.PersonMatch) -> RankedPerson:
    code, proposed = desk.codes[match.id]
    under_way = max(0, int(desk.people.column("open_proposals")[desk.people.row_of(match.id)]))
    return RankedPerson(match.rank, code, match.tier, round(match.fit, 9), under_way, proposed)


def weights_digest(policy: engine.Policy) -> str:
    """Sixteen digits that change with any number the ranking was tuned with."""
    content = [(one.name, _plain(getattr(policy, one.name))) for one in fields(policy)]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    return sorted((str(key), repr(item)) for key, item in value.items()) if isinstance(value, Mapping) else value
