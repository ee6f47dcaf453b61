"""How everybody is judged: by NumPy, or by a compiled pass when numba is installed (extra `fast`) and warmed up.

Both give the same tiers and keys; `rank` takes the compiled pass as soon as it is ready. Neither keeps anything
of an offer or of the people between two calls: they can be called from several threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from types import ModuleType
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context
from matching.engine.evaluation import Evaluation, evaluate, tiers_from
from matching.engine.order import in_order, mixed, sort_keys
from matching.engine.people import Selection
from matching.engine.plan import Columns, Plan, columns_of, has_compiled_form, lacks_of, plan_of, screening
from matching.engine.standing import Rows, Standing
from matching.engine.statuses import BLOCKED

CHUNK = 1 << 16
"""People judged at once by NumPy."""
SHARE = 1 << 16
"""People for whom another thread is worth starting."""
_DENSE = 0.6


class Judge(Protocol):
    """Judges people for one offer; `rows` int64[m], increasing."""

    def standing(self, rows: Rows) -> Standing:
        """Their tiers."""
        ...

    def first(self, rows: Rows, seed: int, top: int) -> Rows:
        """The first `top` of them, in order."""
        ...

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        """Sort key of each, the smallest first."""
        ...


Tiered = tuple[Rows, npt.NDArray[np.int8]]
"""Rows whom nothing stops, and the tier of each."""
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

    def standing(self, rows: Rows) -> Standing:
        stops = [self.checks[position] for position in screening(self.checks, lacks_of(self.context, self.checks))]
        return _joined(rows, (self._screen(rows[first : first + CHUNK], stops) for first in range(0, len(rows), CHUNK)))

    def _screen(self, rows: Rows, stops: Sequence[Check]) -> Tiered:
        """Who is blocked is asked nothing more."""
        left, tiers = rows, np.zeros(len(rows), np.int8)
        for check in stops:
            who = Selection(self.context.people, as_slice(left))
            tiers = np.maximum(tiers, tiers_from(check.judge(self.context, who), self.context.lift_days))
            still = tiers < BLOCKED
            left, tiers = left[still], tiers[still]
        return left, tiers

    def first(self, rows: Rows, seed: int, top: int) -> Rows:
        near = self.standing(rows).within(top)
        return in_order(self.context.people.ids, near, self.keys(near), seed, top)

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        found = [sort_keys(seen.tiers, seen.fit)[inside] for seen, inside in self._evaluations(rows, self.checks)]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def _evaluations(self, rows: Rows, checks: Sequence[Check]) -> Iterator[tuple[Evaluation, Any]]:
        for part, inside in _chunks(rows, len(self.context.people)):
            yield evaluate(self.context, Selection(self.context.people, part), checks), inside


def numpy_pass(context: Context, checks: Sequence[Check]) -> Judge:
    """By the rules as they are written."""
    return _Numpy(context, checks)


def _joined(everybody: Rows, parts: Iterable[Tiered]) -> Standing:
    rows, tiers = zip((np.zeros(0, np.int64), np.zeros(0, np.int8)), *parts, strict=True)
    return Standing(everybody, np.concatenate(rows), np.concatenate(tiers))


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
"""numba was looked for and is not there, or compiles nothing: not to be looked for again at each offer."""
_warming = Lock()


def warm_up() -> bool:
    """Make the compiled pass ready, and say whether it is: False when numba is not installed, or compiles nothing
    (NUMBA_DISABLE_JIT).

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
    plan: Plan
    processors: int

    def standing(self, rows: Rows) -> Standing:
        return _joined(rows, self._share(rows, self._screen))

    def keys(self, rows: Rows) -> npt.NDArray[np.int64]:
        return np.concatenate(self._share(rows, self._order))

    def first(self, rows: Rows, seed: int, top: int) -> Rows:
        parts = self._share(rows, lambda part: self.kernel.first(self.people, self.plan, part, top, mixed(seed)))
        if len(parts) == 1:
            return cast(Rows, parts[0][0])
        best, keys = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return in_order(self.people.ids, best, keys, seed, top)

    def _screen(self, rows: Rows) -> Tiered:
        near, tiers = np.empty(len(rows), np.int64), np.empty(len(rows), np.int8)
        kept, _ = self.kernel.screen(self.people, self.plan, rows, len(rows) + 1, near, tiers)
        return near[:kept], tiers[:kept]

    def _order(self, rows: Rows) -> npt.NDArray[np.int64]:
        keys = np.empty(len(rows), np.int64)
        self.kernel.order(self.people, self.plan, rows, keys)
        return keys

    def _share(self, rows: Rows, judge: Callable[[Rows], Any]) -> list[Any]:
        """What `judge` says of the people, each processor its part, in order."""
        parts = max(1, min(self.processors, len(rows) // SHARE))
        if parts == 1:
            return [judge(rows)]
        limits = [len(rows) * k // parts for k in range(parts + 1)]
        first, *others = (rows[low:high] for low, high in pairwise(limits))
        with ThreadPoolExecutor(len(others)) as pool:
            running = [pool.submit(judge, other) for other in others]
            mine = judge(first)
            return [mine, *(one.result() for one in running)]  # what went wrong there is told here


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
    if not has_compiled_form(context, checks) or not warm_up():
        return numpy_pass(context, checks)
    assert _kernel is not None
    return _Compiled(_kernel, columns_of(context), plan_of(context, checks), processors)
