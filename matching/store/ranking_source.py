"""What the ranking is given to read, and nothing else.

`GuardedReader` refuses any statement that names a table not marked `RANKING_INPUT`: names, birth dates, sex,
addresses and statuses live in tables without that mark, so they cannot reach the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from math import nan, pi, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnClause, Integer, Select, TableClause, TextClause, case, cast, extract, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from matching.engine import FactVocabulary, People, PersonRecord, encode_fact
from matching.engine.words import fold_words, hash_tokens
from matching.store import written_numbers
from matching.store.tables.people import (
    Candidate,
    CandidateExperience,
    CandidateFact,
    CandidateGoal,
    CandidateSkill,
    CandidateWindow,
)
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.store.tables.reference import Commune, FactKind, RomeOccupation, TransitNetwork, TransitNetworkCommune
from matching.terms import CandidateState, Known

AnySelect = Select[*tuple[Any, ...]]
Columns = npt.NDArray[np.int64]
SLOT_MINUTES = 30
_CHUNK = 500


class ForbiddenRead(RuntimeError):
    """The ranking tried to read a table that is not an input of ranking: a fault of the program."""


class GuardedReader:
    """Runs selects over ranking inputs only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, statement: AnySelect) -> Sequence[Any]:
        """The rows of `statement`; raises `ForbiddenRead` when it names another table or raw SQL."""
        self._check(statement)
        return self._session.execute(statement).all()

    def many(self, statement: AnySelect) -> Sequence[Any]:
        """As `rows`, without the ORM's passage over each: for the reads of everybody."""
        self._check(statement)
        return self._session.connection().execute(statement).all()

    def numbers(self, statement: AnySelect) -> Columns:
        """The columns of a statement of whole numbers, none NULL, in no order: a row of the answer a column.

        Written by the database as one text (`written_numbers`).
        """
        self._check(statement)
        columns = statement.subquery().c
        text = self._session.connection().execute(select(written_numbers.written(*columns))).scalar()
        return written_numbers.read(text).reshape(-1, len(columns)).T

    @staticmethod
    def _check(statement: AnySelect) -> None:
        for element in visitors.iterate(statement):
            if isinstance(element, TextClause) or (isinstance(element, ColumnClause) and element.is_literal):
                raise ForbiddenRead("raw SQL in a ranking read")
            # A table made on the spot by its name carries no mark, and is refused too.
            if isinstance(element, TableClause) and not getattr(element, "info", {}).get("ranking_input"):
                raise ForbiddenRead(f"{element.name} is not an input of ranking")


@dataclass(frozen=True)
class Site:
    """A commune as the engine needs it: degrees, radius in km, bits of its transport networks."""

    lat: float
    lon: float
    radius_km: float
    network: int


NOWHERE = Site(nan, nan, 0.0, 0)


@dataclass(frozen=True)
class Catalogue:
    """What codes mean in the arrays: facts, occupations and communes, in a stable order."""

    vocabulary: FactVocabulary
    rome_codes: tuple[str, ...]
    rome_index: dict[str, int]
    sites: dict[str, Site]
    network_speeds: tuple[float, ...] = ()
    """km/h of each transport network, by its bit in `Site.network`."""

    def site(self, insee: str | None) -> Site:
        return self.sites.get(insee, NOWHERE) if insee else NOWHERE


def read_catalogue(reader: GuardedReader) -> Catalogue:
    """The catalogue of the reference now in the database."""
    facts = [row.code for row in reader.rows(select(FactKind.code).order_by(FactKind.code))]
    codes = tuple(row.code for row in reader.rows(select(RomeOccupation.code).order_by(RomeOccupation.code)))
    networks: dict[str, int] = {}
    speeds: list[float] = []
    bit_of: dict[int, int] = {}
    # Beyond 64 networks, those of the last bit are taken for one, as slow as the slowest.
    for network_id, speed in reader.rows(
        select(TransitNetwork.id, TransitNetwork.speed_kmh).order_by(TransitNetwork.id)
    ):
        bit = bit_of[network_id] = min(len(bit_of), 63)
        speeds[bit:] = [min([speed, *speeds[bit:]])]
    query = select(TransitNetworkCommune.network_id, TransitNetworkCommune.commune_insee)
    for network_id, insee in reader.rows(query):
        bit = bit_of[network_id]
        networks[insee] = networks.get(insee, 0) | 1 << bit
    sites = {
        insee: Site(
            nan if lat is None else lat,
            nan if lon is None else lon,
            sqrt((area or 0.0) / pi),
            networks.get(insee, 0),
        )
        for insee, lat, lon, area in reader.rows(select(Commune.insee, Commune.lat, Commune.lon, Commune.area_km2))
    }
    return Catalogue(FactVocabulary(facts), codes, {code: i for i, code in enumerate(codes)}, sites, tuple(speeds))


_PROFILE = select(Candidate.id, Candidate.unit_id, Candidate.commune_insee, Candidate.state, Candidate.ranking_words)
_FACTS = select(
    CandidateFact.candidate_id,
    CandidateFact.fact,
    CandidateFact.value,
    CandidateFact.amount,
    CandidateFact.valid_until,
)
_GOALS = select(CandidateGoal.candidate_id, CandidateGoal.rome_code, CandidateGoal.title_id)
_EXPERIENCE = select(CandidateExperience.candidate_id, CandidateExperience.rome_code, CandidateExperience.months)
_SKILLS = select(CandidateSkill.candidate_id, CandidateSkill.skill_id, CandidateSkill.value)
_WINDOWS = select(
    CandidateWindow.candidate_id,
    CandidateWindow.weekday,
    CandidateWindow.start_minute,
    CandidateWindow.end_minute,
    CandidateWindow.value,
)
_OPEN = (
    select(Proposal.candidate_id, func.count(Proposal.id).label("open"))
    .where(Proposal.state.in_(OPEN_STATES))
    .group_by(Proposal.candidate_id)
)


def slots(start_minute: int, end_minute: int, *, inside: bool) -> int:
    """Half-hours of a day as bits: those wholly `inside` the window, or every one it touches.

    What a person can do is counted inside; what an offer needs, or a person cannot, is counted outwards.
    """
    if inside:
        first, last = -(-start_minute // SLOT_MINUTES), end_minute // SLOT_MINUTES
    else:
        first, last = start_minute // SLOT_MINUTES, -(-end_minute // SLOT_MINUTES)
    return ((1 << max(0, last - first)) - 1) << first


def word_ids(text: str, known: dict[str, list[int]]) -> list[int]:
    """Hashed genderless words of a folded text; `known` remembers words already seen."""
    ids: list[int] = []
    for word in text.split():
        if word not in known:
            known[word] = [int(i) for i in hash_tokens(fold_words(word))]
        ids.extend(known[word])
    return ids


# The same for everybody at once, in whole numbers made by the database.
_FACT_POSITION = select(
    FactKind.code, (func.row_number().over(order_by=FactKind.code) - 1).label("position")
).subquery()
_NO, _YES, _AMOUNT, _UNTIL = range(4)
_UNTIL_DAY = (
    extract("year", CandidateFact.valid_until) * 10_000
    + extract("month", CandidateFact.valid_until) * 100
    + extract("day", CandidateFact.valid_until)
)
_ALL_FACTS = select(
    CandidateFact.candidate_id,
    _FACT_POSITION.c.position,
    case(
        (CandidateFact.value != Known.YES, _NO),
        (CandidateFact.amount.is_not(None), _AMOUNT),
        (CandidateFact.valid_until.is_not(None), _UNTIL),
        else_=_YES,
    ).label("kind"),
    case(
        (CandidateFact.value != Known.YES, 0),
        (CandidateFact.amount.is_not(None), CandidateFact.amount),
        (CandidateFact.valid_until.is_not(None), cast(_UNTIL_DAY, Integer)),
        else_=0,
    ).label("number"),
).join(_FACT_POSITION, _FACT_POSITION.c.code == CandidateFact.fact)
_ALL_SKILLS = select(
    CandidateSkill.candidate_id,
    CandidateSkill.skill_id,
    case((CandidateSkill.value == Known.YES, 1), else_=0).label("held"),
)
_ALL_WINDOWS = select(
    CandidateWindow.candidate_id,
    CandidateWindow.weekday,
    CandidateWindow.start_minute,
    CandidateWindow.end_minute,
    case((CandidateWindow.value == Known.YES, 1), else_=0).label("can"),
)


def read_everyone(reader: GuardedReader, catalogue: Catalogue) -> People:
    """Everybody, as columns: a few large reads, no loop over people for facts, goals and skills."""
    profiles = reader.rows(_PROFILE.order_by(Candidate.id))
    ids = np.array([profile.id for profile in profiles], np.int64)
    sites = [catalogue.site(profile.commune_insee) for profile in profiles]
    open_counts = np.zeros(len(ids), np.int16)
    person, count = reader.numbers(_OPEN)
    open_counts[np.searchsorted(ids, person)] = count
    can, cannot = _all_weeks(reader.numbers(_ALL_WINDOWS), ids)
    person, skill, held = _sorted(reader.numbers(_ALL_SKILLS))
    rome = catalogue.rome_index
    return People.from_columns(
        catalogue.vocabulary,
        ids,
        facts=_all_facts(reader, ids),
        goals=_columns(
            (
                (c, rome.get(code, -1), title or -1)
                for c, code, title in reader.many(_GOALS.order_by(CandidateGoal.candidate_id, CandidateGoal.position))
            ),
            ids,
        ),
        experience=_columns(
            (
                (c, rome.get(code, -1), -1 if months is None else months)
                for c, code, months in reader.many(_EXPERIENCE.order_by(CandidateExperience.id))
            ),
            ids,
        ),
        skills=(np.searchsorted(ids, person), skill, held),
        words=_all_words(profiles),
        can=can,
        cannot=cannot,
        unit=[profile.unit_id for profile in profiles],
        lat=[site.lat for site in sites],
        lon=[site.lon for site in sites],
        radius_km=[site.radius_km for site in sites],
        network=np.array([site.network for site in sites], np.uint64),
        open_proposals=open_counts,
        active=[profile.state is CandidateState.ACTIVE for profile in profiles],
    )


def _all_words(profiles: Sequence[Any]) -> tuple[list[int], list[int]]:
    known: dict[str, list[int]] = {}
    rows: list[int] = []
    words: list[int] = []
    for row, profile in enumerate(profiles):
        found = word_ids(profile.ranking_words, known)
        rows += [row] * len(found)
        words += found
    return rows, words


def _columns(entries: Iterator[tuple[int, int, int]], ids: Columns) -> tuple[Columns, Columns, Columns]:
    """(person, …) as columns, the person as a row of `ids`."""
    person, first, second = np.fromiter(chain.from_iterable(entries), np.int64).reshape(-1, 3).T
    return np.searchsorted(ids, person), first, second


def _sorted(columns: Columns) -> Columns:
    """By the first column, then the second."""
    return columns[:, np.lexsort((columns[1], columns[0]))]


def _all_facts(reader: GuardedReader, ids: Columns) -> tuple[Columns, Columns, Columns]:
    """Facts as (row, index in the vocabulary, value): each answer is encoded once, however many gave it."""
    person, fact, kind, number = reader.numbers(_ALL_FACTS)
    answers, which = np.unique(number * 4 + kind, return_inverse=True)
    values = np.array([_encode(answer % 4, answer // 4) for answer in answers.tolist()], np.int64)
    return np.searchsorted(ids, person), fact, values[which]


def _encode(kind: int, number: int) -> int:
    if kind == _UNTIL:
        return encode_fact(yes=True, valid_until=date(number // 10_000, number // 100 % 100, number % 100))
    return encode_fact(yes=kind != _NO, amount=number if kind == _AMOUNT else None)


def _fact_value(value: Known, amount: int | None, valid_until: Any) -> int:
    return encode_fact(yes=value is Known.YES, amount=amount, valid_until=valid_until)


def _all_weeks(windows: Columns, ids: Columns) -> tuple[Any, Any]:
    """Bits of the half-hours that each can, and cannot, a row a person: [n, 7] twice."""
    person, weekday, start, end, value = windows
    row = np.searchsorted(ids, person)
    kinds, which = np.unique((start * 10_000 + end) * 2 + value, return_inverse=True)
    masks = np.array([slots(k // 2 // 10_000, k // 2 % 10_000, inside=bool(k % 2)) for k in kinds.tolist()], np.uint64)
    week = np.zeros((2, len(ids), 7), np.uint64)
    np.bitwise_or.at(week, (value, row, weekday), masks[which])
    # A half-hour said both ways is one that cannot be counted on.
    return week[1] & ~week[0], week[0]


def _weeks(windows: Sequence[Any], row_of: dict[int, int], n: int) -> tuple[Any, Any]:
    can, cannot = np.zeros((n, 7), np.uint64), np.zeros((n, 7), np.uint64)
    masks: dict[tuple[int, int, bool], np.uint64] = {}
    for candidate_id, weekday, start, end, value in windows:
        yes = value is Known.YES
        key = (start, end, yes)
        if key not in masks:
            masks[key] = np.uint64(slots(start, end, inside=yes))
        (can if yes else cannot)[row_of[candidate_id], weekday] |= masks[key]
    # A half-hour said both ways is one that cannot be counted on.
    return can & ~cannot, cannot


def read_changed(reader: GuardedReader, catalogue: Catalogue, since: int) -> list[PersonRecord]:
    """The profiles changed after data version `since`, as the engine takes them."""
    ids = [row.id for row in reader.rows(select(Candidate.id).where(Candidate.data_version > since))]
    return [
        record
        for start in range(0, len(ids), _CHUNK)
        for record in _read(reader, catalogue, ids[start : start + _CHUNK])
    ]


def _read(reader: GuardedReader, catalogue: Catalogue, ids: list[int]) -> list[PersonRecord]:
    def grouped(statement: AnySelect, column: Any) -> dict[int, list[Any]]:
        groups: dict[int, list[Any]] = {}
        for row in reader.rows(statement.where(column.in_(ids))):
            groups.setdefault(row[0], []).append(row)
        return groups

    profiles = reader.rows(_PROFILE.where(Candidate.id.in_(ids)))
    facts = grouped(_FACTS, CandidateFact.candidate_id)
    goals = grouped(_GOALS.order_by(CandidateGoal.position), CandidateGoal.candidate_id)
    experience = grouped(_EXPERIENCE.order_by(CandidateExperience.id), CandidateExperience.candidate_id)
    skills = grouped(_SKILLS.order_by(CandidateSkill.skill_id), CandidateSkill.candidate_id)
    windows = grouped(_WINDOWS, CandidateWindow.candidate_id)
    opened = {row[0]: row[1] for row in reader.rows(_OPEN.where(Proposal.candidate_id.in_(ids)))}
    rome = catalogue.rome_index
    records = []
    for profile in profiles:
        person, site = profile.id, catalogue.site(profile.commune_insee)
        can, cannot = _weeks(windows.get(person, []), {person: 0}, 1)
        records.append(
            PersonRecord(
                id=person,
                unit=profile.unit_id,
                facts={f: _fact_value(v, amount, until) for _, f, v, amount, until in facts.get(person, [])},
                can=can[0].tolist(),
                cannot=cannot[0].tolist(),
                goals=[(rome.get(code, -1), title or -1) for _, code, title in goals.get(person, [])],
                experience=[
                    (rome.get(code, -1), -1 if months is None else months)
                    for _, code, months in experience.get(person, [])
                ],
                skills=[(skill, int(value is Known.YES)) for _, skill, value in skills.get(person, [])],
                words=word_ids(profile.ranking_words, {}),
                lat=site.lat,
                lon=site.lon,
                radius_km=site.radius_km,
                network=site.network,
                open_proposals=opened.get(person, 0),
                active=profile.state is CandidateState.ACTIVE,
            )
        )
    return records
