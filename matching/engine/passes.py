"""How everybody is judged: by NumPy, or by a compiled pass when numba is installed (extra `fast`) and warmed up.

Both give the same tiers and keys; `rank` takes the compiled pass as soon as it is ready. Neither keeps anything
between two calls: they can be called from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context
from matching.engine.evaluation import Evaluation, evaluate, tiers_from
from matching.engine.order import sort_keys
from matching.engine.people import Selection
from matching.engine.plan import Asked, Columns, asked_of, columns_of, has_compiled_form, screening
from matching.engine.statuses import BLOCKED

Rows = npt.NDArray[np.int64]

CHUNK = 1 << 16
"""People judged at once by NumPy."""
SHARE = 1 << 16
"""People for whom another thread is worth starting."""
_DENSE = 0.6


class Judge(Protocol):
    """Judges people for one offer; `rows` int64[m], increasing."""

    def tiers(self, rows: Rows) -> npt.NDArray[np.int8]:
        """Position in `TIERS` of each."""
        ...

    def nearest(self, rows: Rows, top: int) -> npt.NDArray[np.int8]:
        """The same as far as it takes to tell the tiers of the first `top`; the others are only known to be beyond."""
        ...

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Sort key of each, the smallest first."""
        ...


Pass = Callable[[Context, Sequence[Check]], Judge]
"""(context, everything the offer asks) → who judges."""


def best_pass() -> Pass:
    """The fastest that is ready."""
    return numpy_pass if _kernel is None else compiled_pass


# --- NumPy -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Numpy:
    """The rules as they are written, many people at once."""

    context: Context
    checks: Sequence[Check]

    def tiers(self, rows: Rows) -> npt.NDArray[np.int8]:
        stops = [self.checks[position] for position in screening(self.context, self.checks)]
        parts = [self._screen(rows[first : first + CHUNK], stops) for first in range(0, len(rows), CHUNK)]
        return np.concatenate([np.zeros(0, np.int8), *parts])

    def _screen(self, rows: Rows, stops: Sequence[Check]) -> npt.NDArray[np.int8]:
        """Who is blocked is asked nothing more."""
        tiers, left = np.zeros(len(rows), np.int8), np.arange(len(rows))
        for check in stops:
            who = Selection(self.context.people, as_slice(rows[left]))
            found = tiers_from(check.judge(self.context, who), self.context.lift_days)
            tiers[left] = np.maximum(tiers[left], found)
            left = left[found < BLOCKED]
        return tiers

    def nearest(self, rows: Rows, top: int) -> npt.NDArray[np.int8]:
        return self.tiers(rows)

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        found = [sort_keys(seen.tiers, seen.fit)[inside] for seen, inside in self._evaluations(rows, self.checks)]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def _evaluations(self, rows: Rows, checks: Sequence[Check]) -> Iterator[tuple[Evaluation, Any]]:
        for part, inside in _chunks(rows, len(self.context.people)):
            yield evaluate(self.context, Selection(self.context.people, part), checks), inside


def numpy_pass(context: Context, checks: Sequence[Check]) -> Judge:
    """By the rules as they are written."""
    return _Numpy(context, checks)


def _chunks(kept: Rows, n: int) -> Iterator[tuple[slice | Rows, Any]]:
    """The rows to judge, a chunk at a time, and which of those judged are `kept`, in their order.

    When nearly everybody is kept, neighbours are judged and the others dropped after: a slice of a column is
    read in place, while indices copy it.
    """
    if len(kept) < _DENSE * n or not len(kept):
        for first in range(0, len(kept), CHUNK):
            yield as_slice(kept[first : first + CHUNK]), slice(None)
        return
    wanted = np.zeros(n, np.bool_)
    wanted[kept] = True
    for first in range(0, n, CHUNK):
        yield slice(first, min(n, first + CHUNK)), wanted[first : first + CHUNK]


def as_slice(rows: Rows) -> slice | Rows:
    """Neighbouring rows as a slice: columns are then read in place, not copied."""
    if len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


# --- compiled ----------------------------------------------------------------------------------------------

_kernel: ModuleType | None = None
_missing = False
"""numba was looked for and is not there: not to be looked for again at each offer."""
_warming = Lock()


def warm_up() -> bool:
    """Make the compiled pass ready, and say whether it is: False when numba is not installed.

    Some seconds the first time on a machine, a fraction of one after; until it returns, `rank` uses NumPy. To be
    called once, at the start of a process, in a thread when somebody is waiting.
    """
    global _kernel, _missing
    with _warming:
        if _kernel is None:
            if _missing:
                return False
            try:
                from matching.engine import kernel
            except ImportError:
                _missing = True
                return False
            kernel.prepare()
            _kernel = kernel
    return True


@dataclass(frozen=True)
class _Compiled:
    kernel: ModuleType
    people: Columns
    asked: Asked
    processors: int

    def tiers(self, rows: Rows) -> npt.NDArray[np.int8]:
        return self.nearest(rows, len(rows) + 1)

    def nearest(self, rows: Rows, top: int) -> npt.NDArray[np.int8]:
        tiers, no_keys = np.empty(len(rows), np.int8), np.empty(0, np.int64)
        self._share(len(rows), lambda part: (rows[part], top, tiers[part], no_keys))
        return tiers

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        keys, no_tiers = np.empty(len(rows), np.int64), np.empty(0, np.int8)
        self._share(len(rows), lambda part: (rows[part], 0, no_tiers, keys[part]))
        return keys

    def _share(self, n: int, given: Callable[[slice], tuple[Any, ...]]) -> None:
        """Judge n people, each processor its part."""
        parts = max(1, min(self.processors, n // SHARE))
        limits = [n * k // parts for k in range(parts + 1)]
        first, *others = (given(slice(*two)) for two in pairwise(limits))
        if not others:
            self.kernel.judge(self.people, self.asked, *first)
            return
        with ThreadPoolExecutor(len(others)) as pool:
            running = [pool.submit(self.kernel.judge, self.people, self.asked, *other) for other in others]
            self.kernel.judge(self.people, self.asked, *first)
            for one in running:
                one.result()  # what went wrong there is told here: half a judgement is none


def compiled_pass(context: Context, checks: Sequence[Check]) -> Judge:
    """By the compiled rules, on every processor; by NumPy when one of the rules has no compiled form."""
    return _compiled(context, checks, processors())


def compiled_pass_alone(context: Context, checks: Sequence[Check]) -> Judge:
    """The same on one processor: for who already works on all of them."""
    return _compiled(context, checks, 1)


def processors() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _compiled(context: Context, checks: Sequence[Check], processors: int) -> Judge:
    if not has_compiled_form(checks) or not warm_up():
        return numpy_pass(context, checks)
    assert _kernel is not None
    return _Compiled(_kernel, columns_of(context), asked_of(context, checks), processors)
