"""How everybody is judged: by NumPy, or by a compiled pass when numba is installed (extra `fast`) and warmed up.

Both give the same keys and counts; `rank` takes the compiled pass as soon as it is ready. Neither keeps anything
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
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import Check, Context
from matching.engine.evaluation import evaluate
from matching.engine.order import sort_keys
from matching.engine.people import Selection
from matching.engine.plan import asked_of, columns_of, has_compiled_form
from matching.engine.statuses import BLOCKING, CRITERIA, TIERS

Rows = npt.NDArray[np.int64]

CHUNK = 1 << 16
"""People judged at once by NumPy."""
SHARE = 1 << 13
"""People for whom another thread is worth starting."""
_DENSE = 0.6
_STATUSES = BLOCKING + 2


@dataclass(frozen=True)
class Judged:
    """`keys` int64[m]: sort key of each row, the smallest first. How many have each tier, int64[len(TIERS)], and each
    status of each criterion, int64[len(CRITERIA), 6]: not asked, met, partly, unknown, liftable, blocking."""

    keys: npt.NDArray[np.int64]
    tier_counts: npt.NDArray[np.int64]
    status_counts: npt.NDArray[np.int64]


Pass = Callable[[Context, Sequence[Check], Rows], Judged]
"""(context, everything the offer asks, rows int64[m] increasing) → what is found."""


def best_pass() -> Pass:
    """The fastest that is ready."""
    return numpy_pass if _kernel is None else compiled_pass


# --- NumPy -------------------------------------------------------------------------------------------------


def numpy_pass(context: Context, checks: Sequence[Check], kept: Rows) -> Judged:
    """The rules as they are written, many people at once."""
    found = Judged(np.empty(len(kept), np.int64), *_no_counts())
    done = 0
    for rows, inside in _chunks(kept, len(context.people)):
        seen = evaluate(context, Selection(context.people, rows), checks)
        keys = sort_keys(seen.tiers, seen.fit)[inside]
        found.keys[done : done + len(keys)] = keys
        done += len(keys)
        found.tier_counts[:] += np.bincount(seen.tiers[inside], minlength=len(TIERS))
        for row in range(len(CRITERIA)):
            found.status_counts[row] += np.bincount(seen.statuses[row][inside] + 1, minlength=_STATUSES)
    return found


def _chunks(kept: Rows, n: int) -> Iterator[tuple[slice | Rows, Any]]:
    """The rows to judge, a chunk at a time, and which of those judged are `kept`, in their order.

    When nearly everybody is kept, neighbours are judged and the others dropped after: a slice of a column is
    read in place, while indices copy it.
    """
    if len(kept) < _DENSE * n:
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
_warming = Lock()


def warm_up() -> bool:
    """Make the compiled pass ready, and say whether it is: False when numba is not installed.

    Some seconds the first time on a machine, a fraction of one after; until it returns, `rank` uses NumPy. To be
    called once, at the start of a process, in a thread when somebody is waiting.
    """
    global _kernel
    with _warming:
        if _kernel is None:
            try:
                from matching.engine import kernel
            except ImportError:
                return False
            kernel.prepare()
            _kernel = kernel
    return True


def compiled_pass(context: Context, checks: Sequence[Check], kept: Rows) -> Judged:
    """The compiled rules, on every processor. By NumPy when one of the rules has no compiled form."""
    return _compiled(context, checks, kept, min(os.cpu_count() or 1, len(kept) // SHARE))


def compiled_pass_alone(context: Context, checks: Sequence[Check], kept: Rows) -> Judged:
    """The same on one processor: for who already works on all of them."""
    return _compiled(context, checks, kept, 1)


def _compiled(context: Context, checks: Sequence[Check], kept: Rows, threads: int) -> Judged:
    if not has_compiled_form(checks) or not warm_up():
        return numpy_pass(context, checks, kept)
    assert _kernel is not None
    people, asked, judge = columns_of(context), asked_of(context, checks), _kernel.judge
    keys = np.empty(len(kept), np.int64)

    def share(first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        tiers, statuses = _no_counts()
        judge(people, asked, kept[first:last], keys[first:last], statuses, tiers)
        return tiers, statuses

    limits = np.linspace(0, len(kept), max(1, threads) + 1).astype(np.int64).tolist()
    shares = list(pairwise(limits))
    if len(shares) == 1:
        counts = [share(0, len(kept))]
    else:
        with ThreadPoolExecutor(len(shares) - 1) as pool:
            others = [pool.submit(share, *one) for one in shares[1:]]
            counts = [share(*shares[0]), *(other.result() for other in others)]
    tiers, statuses = (sum(part) for part in zip(*counts, strict=True))
    not_asked = statuses.sum(axis=1) == 0
    statuses[not_asked, 0] = len(kept)
    return Judged(keys, tiers, statuses)


def _no_counts() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return np.zeros(len(TIERS), np.int64), np.zeros((len(CRITERIA), _STATUSES), np.int64)
