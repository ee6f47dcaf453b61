"""The people of the Département as columns in memory, kept as fresh as the database at each request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import RLock

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.engine import Occupations, People, Policy
from matching.services.context import Context
from matching.services.policy import policy_for
from matching.store.ranking_source import Catalogue, GuardedReader, read_catalogue, read_changed, read_everyone
from matching.store.tables.reference import RomeMobility, RomeOccupation, RomeSkill
from matching.store.unit_of_work import PEOPLE, POLICY, REFERENCE, current_versions


class Snapshot:
    """Columns, catalogue and policies of one worker, with the data versions they were read at.

    `current` re-reads only what changed since: a profile saved by anybody ranks as saved at the next request.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._versions: dict[str, int] = {}
        self._policies: dict[int | None, Policy] = {}
        self.catalogue: Catalogue
        self.people: People
        self.occupations: Occupations

    @contextmanager
    def current(self, session: Session) -> Iterator[Snapshot]:
        """Bring up to date, then hold still while the block ranks."""
        with self._lock:
            self._refresh(session)
            yield self

    @property
    def data_version(self) -> int:
        """The version of the people's data now in memory."""
        return self._versions.get(PEOPLE, 0)

    @property
    def versions(self) -> dict[str, int]:
        """The data versions of the last refresh, by stream."""
        return dict(self._versions)

    def policy(self, session: Session, unit_id: int | None) -> Policy:
        """The unit's weights and the Département's settings, as of the last refresh."""
        if unit_id not in self._policies:
            speeds = self.catalogue.network_speeds
            self._policies[unit_id] = replace(policy_for(session, unit_id), network_speeds=speeds)
        return self._policies[unit_id]

    def _refresh(self, session: Session) -> None:
        versions = current_versions(session)
        reader = GuardedReader(session)
        if not self._versions or versions.get(REFERENCE) != self._versions.get(REFERENCE):
            self.catalogue = read_catalogue(reader)
            self.occupations = read_occupations(reader, self.catalogue)
            self.people = read_everyone(reader, self.catalogue)
        elif versions.get(PEOPLE, 0) < self.data_version:
            # Another thread has read later than this session's moment: what it read stays, and its number with it.
            versions[PEOPLE] = self.data_version
        elif versions.get(PEOPLE) != self._versions.get(PEOPLE):
            self.people.upsert(read_changed(reader, self.catalogue, self.data_version))
        if versions.get(POLICY) != self._versions.get(POLICY) or versions.get(REFERENCE) != self._versions.get(
            REFERENCE
        ):
            self._policies.clear()
        self._versions = versions


def snapshot_of(ctx: Context) -> Snapshot:
    """The snapshot of this worker."""
    found = ctx.memory.setdefault("ranking", Snapshot())
    assert isinstance(found, Snapshot)
    return found


def read_occupations(reader: GuardedReader, catalogue: Catalogue) -> Occupations:
    """Closeness of occupations. Mobility is known between V3 families: it holds for each of their codes."""
    index = catalogue.rome_index
    members: dict[str, list[int]] = {}
    families = []
    for code, family in reader.rows(select(RomeOccupation.code, RomeOccupation.family).order_by(RomeOccupation.code)):
        members.setdefault(family, []).append(index[code])
        if code != family:
            members.setdefault(code, []).append(index[code])
        families.append(family)
    numbers = {family: number for number, family in enumerate(dict.fromkeys(families))}
    pairs: dict[str, list[tuple[int, int]]] = {"close": [], "evolution": []}
    for source, target, kind in reader.rows(select(RomeMobility.source, RomeMobility.target, RomeMobility.kind)):
        pairs[kind].extend((a, b) for a in members.get(source, ()) for b in members.get(target, ()))
    skills = [
        (code, skill)
        for key, skill in reader.rows(select(RomeSkill.rome_code, RomeSkill.skill_id))
        for code in members.get(key, ())
    ]
    # Skills are numbered from zero here: the national numbers leave large holes.
    position = {skill: i for i, skill in enumerate(sorted({skill for _, skill in skills}))}
    return Occupations(
        catalogue.rome_codes,
        family=[numbers[family] for family in families],
        close=pairs["close"],
        evolution=pairs["evolution"],
        skills=[(code, position[skill]) for code, skill in skills],
    )
