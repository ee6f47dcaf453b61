"""People as columns: compact arrays edited row by row or built in one go.

Facts lie one after the other, each of everybody: nearly all of them are read. What a person has several of (goals, days
of the week, skills, words) lies together, person by person: it is read of the few who are left. Either way a column is
seen with the person on its last axis. Nothing here can hold a protected fact.
Not thread-safe: who edits while others rank holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.facts import UNKNOWN_FACT, FactVocabulary

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.integer[Any]]

GOALS, EXPERIENCES, SKILLS, WORDS = 5, 8, 32, 48
WORD_IDS = 1 << 16

# name: (dtype, slots per person or 0 for one value, value of an empty cell)
_COLUMNS: dict[str, tuple[Any, int, Any]] = {
    "ids": (np.int64, 0, 0),
    "unit": (np.int32, 0, -1),
    "can": (np.uint64, 7, 0),
    "cannot": (np.uint64, 7, 0),
    "goal_rome": (np.int16, GOALS, -1),
    "goal_title": (np.int32, GOALS, -1),
    "experience_rome": (np.int16, EXPERIENCES, -1),
    "experience_months": (np.int16, EXPERIENCES, 0),
    "skill_id": (np.int32, SKILLS, -1),
    "skill_value": (np.int8, SKILLS, 0),
    "words": (np.uint16, WORDS, 0),
    "lat": (np.float32, 0, np.nan),
    "lon": (np.float32, 0, np.nan),
    "radius_km": (np.float32, 0, 0.0),
    "network": (np.uint64, 0, 0),
    "open_proposals": (np.int16, 0, 0),
    "active": (np.bool_, 0, True),
}
_SLOTTED = {
    "goals": ("goal_rome", "goal_title"),
    "experience": ("experience_rome", "experience_months"),
    "skills": ("skill_id", "skill_value"),
    "words": ("words",),
}
_GROUP_OF = {name: group for group, names in _SLOTTED.items() for name in names}
_NO_WEEK = (0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class PersonRecord:
    """One person, as given to `People.upsert`.

    `facts`: code → value as in `facts.encode_fact` (absent = unknown). `can`, `cannot`: 48 half-hour bits a
    day, Monday first; neither = unknown. `goals`: (ROME index, title id or -1) in order. `experience`: (ROME
    index, months, -1 when not known). `skills`: (skill id, 1 yes / 0 no). `words`: `words.hash_tokens` ids.
    """

    id: int
    unit: int = -1
    facts: Mapping[str, int] = field(default_factory=dict)
    can: Sequence[int] = _NO_WEEK
    cannot: Sequence[int] = _NO_WEEK
    goals: Sequence[tuple[int, int]] = ()
    experience: Sequence[tuple[int, int]] = ()
    skills: Sequence[tuple[int, int]] = ()
    words: Sequence[int] = ()
    lat: float = float("nan")
    lon: float = float("nan")
    radius_km: float = 0.0
    network: int = 0
    open_proposals: int = 0
    active: bool = True

    def __post_init__(self) -> None:
        if not 0 <= min(self.words, default=0) <= max(self.words, default=0) < WORD_IDS:
            raise ValueError(f"a word is a number below {WORD_IDS}")


_SCALARS = ("unit", "lat", "lon", "radius_km", "network", "open_proposals", "active")


class People:
    """The people of a snapshot, by column; `len(people)` of them.

    >>> people = People(FactVocabulary(["licence_b"]))
    >>> people.upsert([PersonRecord(id=7, facts={"licence_b": 32767})])
    >>> len(people), people.row_of(7)
    (1, 0)
    """

    def __init__(self, vocabulary: FactVocabulary, capacity: int = 64) -> None:
        self.vocabulary = vocabulary
        self.word_counts: npt.NDArray[np.int32] = np.zeros(WORD_IDS, np.int32)
        self._n = 0
        # Slots in use, and allocated: as many as the person who has most.
        self._used = dict.fromkeys(_SLOTTED, 0)
        self._rows: dict[int, int] | None = {}
        self._looking: npt.NDArray[np.int64] | None = None
        self._data: dict[str, Array] = {}
        self._allocate(max(1, capacity))

    def __len__(self) -> int:
        return self._n

    def column(self, name: str) -> Array:
        """A live view of a column, person on the last axis; there are as many slots as the fullest needs."""
        return self._data[name][: self._n].T

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """Ids in the order of the rows."""
        return self.column("ids")

    @property
    def units(self) -> npt.NDArray[np.int32]:
        """Units in the order of the rows."""
        return self.column("unit")

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Who is looking for a job, in the order of the rows."""
        return self.column("active")

    @property
    def looking(self) -> npt.NDArray[np.int64]:
        """Rows of who is looking for a job, in order; to be read only. Found once, until somebody is edited."""
        if self._looking is None:
            self._looking = np.flatnonzero(self.active)
        return self._looking

    @property
    def nbytes(self) -> int:
        """Bytes held by the columns."""
        return sum(array.nbytes for array in self._data.values()) + self.word_counts.nbytes

    def raw(self, names: Iterable[str]) -> list[Array]:
        """Whole columns as they lie in memory, contiguous, for the compiled pass: longer than `len(people)`; person
        first, but for the facts."""
        return [self._data[name].T if name == "facts" else self._data[name] for name in names]

    def row_of(self, person_id: int) -> int:
        """Row of a person; KeyError when not in the snapshot."""
        return self._row_index()[person_id]

    def __contains__(self, person_id: object) -> bool:
        return person_id in self._row_index()

    def rows_of_units(self, units: Iterable[int]) -> npt.NDArray[np.int64]:
        """Rows of the people of some units."""
        return np.flatnonzero(np.isin(self.units, list(units)))

    def taken(self, rows: Ints) -> People:
        """Some people apart, in the order of `rows`, not to be edited: words are counted as in the whole."""
        apart = People(self.vocabulary, 1)
        apart._used = dict(self._used)
        apart._data = {name: self._room(name, len(rows)) for name in self._data}
        for name, array in self._data.items():
            apart._data[name][:] = array[: self._n][rows]
        apart._n, apart._rows = len(rows), None
        apart.word_counts = self.word_counts
        return apart

    def to_change(self) -> People:
        """The same people with facts and weeks of their own, to be changed in place; the rest is shared, not to be
        edited."""
        other = copy(self)
        other._data = self._data | {name: self._data[name].copy(order="K") for name in ("facts", "can", "cannot")}
        return other

    def fact_row(self, code: str) -> npt.NDArray[np.int16]:
        """A live view of a fact of everybody. KeyError when the vocabulary does not have it."""
        facts: npt.NDArray[np.int16] = self._data["facts"][: self._n, self.vocabulary.index[code]]
        return facts

    # --- editing -------------------------------------------------------------------------------------------

    def upsert(self, records: Iterable[PersonRecord]) -> None:
        """Replace the rows of known people, add the others. Costs what the records cost, not the crowd."""
        index = self._row_index()
        for record in records:
            row = index.get(record.id)
            if row is None:
                row = self._append(record.id)
            else:
                self._forget_words(row)
            self._write(row, record)

    def remove(self, ids: Iterable[int]) -> None:
        """Forget people; the last row takes the place of the one that leaves. Unknown ids are ignored."""
        index = self._row_index()
        for person_id in ids:
            row = index.pop(person_id, None)
            if row is None:
                continue
            self._forget_words(row)
            self._looking, last = None, self._n - 1
            if row != last:
                for array in self._data.values():
                    array[row] = array[last]
                index[int(self._data["ids"][row])] = row
            self._n = last

    def _allocate(self, capacity: int) -> None:
        fresh = {name: self._room(name, capacity) for name in ("facts", *_COLUMNS)}
        for name, array in self._data.items():
            fresh[name][: self._n] = array[: self._n]
        self._data = fresh

    def _room(self, name: str, capacity: int) -> Array:
        """An empty column, person first."""
        if name == "facts":
            return np.full((capacity, len(self.vocabulary)), UNKNOWN_FACT, np.int16, order="F")
        dtype, slots, empty = _COLUMNS[name]
        used = self._used.get(_GROUP_OF.get(name, ""), slots)
        return np.full((capacity, used) if slots else capacity, empty, dtype)

    def _row_index(self) -> dict[int, int]:
        if self._rows is None:
            self._rows = {person: row for row, person in enumerate(self.ids.tolist())}
        return self._rows

    def _append(self, person_id: int) -> int:
        if self._n == self._data["ids"].shape[0]:
            self._allocate(self._n * 3 // 2 + 16)
        row = self._n
        self._n += 1
        self._row_index()[person_id] = row
        self._data["ids"][row] = person_id
        return row

    def _forget_words(self, row: int) -> None:
        held = self._data["words"][row]
        self.word_counts[held[held > 0]] -= 1

    def _write(self, row: int, record: PersonRecord) -> None:
        data, self._looking = self._data, None
        data["facts"][row] = UNKNOWN_FACT
        for code, value in record.facts.items():
            position = self.vocabulary.index.get(code)
            if position is not None:
                data["facts"][row, position] = value
        data["can"][row] = record.can
        data["cannot"][row] = record.cannot
        for name in _SCALARS:
            data[name][row] = getattr(record, name)
        words = list(dict.fromkeys(word for word in record.words if word > 0))[:WORDS]
        self._write_slots(row, "goals", record.goals)
        self._write_slots(row, "experience", record.experience)
        self._write_slots(row, "skills", record.skills)
        self._write_slots(row, "words", [(word,) for word in words])
        self.word_counts[words] += 1

    def _write_slots(self, row: int, group: str, entries: Sequence[tuple[int, ...]]) -> None:
        names = _SLOTTED[group]
        kept = entries[: _COLUMNS[names[0]][1]]
        self._make_room(group, len(kept))
        for position, name in enumerate(names):
            column = self._data[name]
            column[row] = _COLUMNS[name][2]
            column[row, : len(kept)] = [entry[position] for entry in kept]

    def _make_room(self, group: str, slots: int) -> None:
        more = slots - self._used[group]
        if more <= 0:
            return
        self._used[group] = slots
        for name in _SLOTTED[group]:
            held = self._data[name]
            self._data[name] = self._room(name, len(held))
            self._data[name][:, : held.shape[1]] = held

    # --- building in one go --------------------------------------------------------------------------------

    @classmethod
    def from_columns(
        cls,
        vocabulary: FactVocabulary,
        ids: npt.ArrayLike,
        *,
        facts: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
        goals: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
        experience: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
        skills: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] | None = None,
        words: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        can: npt.ArrayLike | None = None,
        cannot: npt.ArrayLike | None = None,
        **scalars: npt.ArrayLike,
    ) -> People:
        """Build from flat arrays, without a loop over people.

        `facts`: (row, index in the vocabulary, value). `goals`: (row, ROME index, title), `experience`: (row,
        ROME index, months), `skills`: (row, skill, 1 or 0), `words`: (row, token id): each in the order to keep.
        `can`, `cannot`: [n, 7] 48-bit integers. `scalars`: unit, lat, lon, radius_km, network, open_proposals,
        active, of length n. A row is a position in `ids`. ValueError when an id is given twice.
        """
        all_ids = np.asarray(ids, np.int64)
        n = all_ids.shape[0]
        if np.unique(all_ids).shape[0] != n:
            raise ValueError("an id is given twice")
        people = cls(vocabulary, n + max(16, n // 64))
        people._n, people._rows = n, None
        people._data["ids"][:n] = all_ids
        if facts is not None:
            row, fact, value = (np.asarray(column) for column in facts)
            people._data["facts"][row, fact] = value
        for name, week in (("can", can), ("cannot", cannot)):
            if week is not None:
                people._data[name][:n] = np.asarray(week, np.uint64)
        for name, values in scalars.items():
            if name not in _SCALARS:
                raise TypeError(f"unknown column {name}")
            people._data[name][:n] = np.asarray(values)
        for group, entries in (("goals", goals), ("experience", experience), ("skills", skills)):
            if entries is not None:
                people._fill(group, *(np.asarray(column) for column in entries))
        if words is not None:
            people._fill("words", *_distinct(np.asarray(words[0]), np.asarray(words[1])))
            people._recount_words()
        return people

    @classmethod
    def joined(cls, vocabulary: FactVocabulary, size: int, parts: Iterable[People]) -> People:
        """People built part by part, one after the other: no more memory than for `size` people and one part.

        Each part has this vocabulary. ValueError when an id is given twice.
        """
        people = cls(vocabulary, size + max(16, size // 64))
        people._rows = None
        for part in parts:
            first, last = people._n, people._n + len(part)
            if last > people._data["ids"].shape[0]:
                people._allocate(last)
            for group, slots in part._used.items():
                people._make_room(group, slots)
            for name, held in part._data.items():
                room = people._data[name][first:last]
                (room[:, : held.shape[1]] if held.ndim > 1 else room)[:] = held[: len(part)]
            people._n = last
            people.word_counts += part.word_counts
        if np.unique(people.ids).shape[0] != len(people):
            raise ValueError("an id is given twice")
        return people

    def _fill(self, group: str, row: Array, *columns: Array) -> None:
        names = _SLOTTED[group]
        order = np.argsort(row, kind="stable")
        row = row[order]
        slot = np.arange(row.shape[0]) - np.searchsorted(row, row, side="left")
        keep = slot < _COLUMNS[names[0]][1]
        self._make_room(group, int(slot[keep].max(initial=-1)) + 1)
        for name, values in zip(names, columns, strict=True):
            self._data[name][row[keep], slot[keep]] = values[order][keep]

    def _recount_words(self) -> None:
        counts = np.bincount(self.column("words").ravel(), minlength=WORD_IDS).astype(np.int32)
        counts[0] = 0
        self.word_counts = counts


def _distinct(row: Array, token: Array) -> tuple[Array, Array]:
    """Each (row, token) once, where it first stands, without the empty token."""
    present = token > 0
    row, token = row[present].astype(np.int64), token[present].astype(np.int64)
    first = np.sort(np.unique(row * WORD_IDS + token, return_index=True)[1])
    return row[first], token[first]


class Selection:
    """Some rows of the people (a slice or indices), read column by column."""

    def __init__(self, people: People, rows: slice | npt.NDArray[np.int64]) -> None:
        self.people = people
        self.rows = rows
        self.ids: npt.NDArray[np.int64] = people.ids[rows]
        # Indices copy a column: once for all the checks that read it.
        self._copies: dict[str, Array] = {}

    def __len__(self) -> int:
        return int(self.ids.shape[0])

    def column(self, name: str) -> Array:
        """A column (person last) restricted to the rows."""
        if name not in self._copies:
            column = self.people._data[name]
            some = column[self.rows] if isinstance(self.rows, slice) else column.take(self.rows, axis=0)
            self._copies[name] = np.ascontiguousarray(some.T)
        return self._copies[name]

    def fact(self, code: str) -> npt.NDArray[np.int16]:
        """A fact of everybody; unknown everywhere when the vocabulary does not have it."""
        position = self.people.vocabulary.index.get(code)
        if position is None:
            return np.full(len(self), UNKNOWN_FACT, np.int16)
        facts: npt.NDArray[np.int16] = self.people._data["facts"][:, position][self.rows]
        return facts
