"""Closeness of occupations, from the official arrays; levels only, the policy says what each is worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from matching.engine.policy import OccupationLevel

Levels = npt.NDArray[np.int8]


class Occupations:
    """ROME codes by index, with what brings them together.

    `codes`: ROME codes ("K2204"). `family`: V3 family of each code, any integer, -1 for none. `close`,
    `evolution`: (from, to) pairs of the mobility tables. `skills`: (code index, skill id) pairs; two codes share
    skills when the Jaccard index of theirs reaches `shared_skills_from`.
    """

    def __init__(
        self,
        codes: Sequence[str],
        *,
        family: Sequence[int] | None = None,
        close: Iterable[tuple[int, int]] = (),
        evolution: Iterable[tuple[int, int]] = (),
        skills: Iterable[tuple[int, int]] = (),
        shared_skills_from: float = 0.2,
    ) -> None:
        self.codes = tuple(codes)
        self.index = {code: i for i, code in enumerate(self.codes)}
        self.shared_skills_from = shared_skills_from
        n = len(self.codes)
        self._family = np.asarray(family if family is not None else np.full(n, -1), np.int64)
        self._letter = np.array([code[:1] for code in self.codes])
        self._domain = np.array([code[:3] for code in self.codes])
        self._close = _links(close, n)
        self._evolution = _links(evolution, n)
        self._skills = _incidence(skills, n)
        self._skill_counts = np.asarray(self._skills.sum(axis=1)).ravel()
        self._cache: dict[int, Levels] = {}

    def __len__(self) -> int:
        return len(self.codes)

    def levels_to(self, rome: int) -> Levels:
        """`OccupationLevel` of every code to this one; one more cell at the end, NONE, for index -1."""
        if rome not in self._cache:
            self._cache[rome] = self._levels(rome)
        return self._cache[rome]

    def level_table(self, rome: int) -> Levels:
        """The same for whatever an int16 can hold, read as an uint16; -1 and what is no code are NONE."""
        table = np.zeros(1 << 16, np.int8)
        table[: len(self)] = self.levels_to(rome)[: len(self)]
        return table

    def _levels(self, rome: int) -> Levels:
        n = len(self.codes)
        levels = np.zeros(n + 1, np.int8)
        if not 0 <= rome < n:
            return levels
        inner = levels[:n]
        inner[self._letter == self._letter[rome]] = OccupationLevel.SAME_LETTER
        inner[self._domain == self._domain[rome]] = OccupationLevel.SAME_DOMAIN
        inner[self._jaccard(rome) >= self.shared_skills_from] = OccupationLevel.SHARED_SKILLS
        inner[self._evolution[rome].indices] = OccupationLevel.EVOLUTION
        inner[self._close[rome].indices] = OccupationLevel.CLOSE
        if self._family[rome] >= 0:
            inner[self._family == self._family[rome]] = OccupationLevel.SAME_FAMILY
        inner[rome] = OccupationLevel.SAME_CODE
        return levels

    def _jaccard(self, rome: int) -> npt.NDArray[np.float64]:
        shared = (self._skills @ self._skills[rome].T).toarray().ravel()
        either = self._skill_counts + self._skill_counts[rome] - shared
        similarity: npt.NDArray[np.float64] = np.divide(shared, either, out=np.zeros(len(self.codes)), where=either > 0)
        # A code without known skills shares none, even with itself.
        similarity[shared == 0] = -1.0
        return similarity


def _links(pairs: Iterable[tuple[int, int]], n: int) -> sparse.csr_matrix:
    """Both directions: the mobility of a person between two occupations is read from either end."""
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)
    ends = np.vstack([ends, ends[:, ::-1]])
    return sparse.csr_matrix((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(n, n))


def _incidence(pairs: Iterable[tuple[int, int]], n: int) -> sparse.csr_matrix:
    entries = np.array(sorted(set(pairs)), np.int64).reshape(-1, 2)
    width = int(entries[:, 1].max()) + 1 if len(entries) else 1
    return sparse.csr_matrix((np.ones(len(entries), np.float64), (entries[:, 0], entries[:, 1])), shape=(n, width))
