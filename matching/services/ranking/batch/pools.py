"""Where the work is done, behind one interface, `concurrent.futures.Executor`: here, processes, a cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any, ParamSpec, TypeVar

from matching.errors import Invalid, MatchingError
from matching.services.ranking.batch.worker import leave

_P = ParamSpec("_P")
_T = TypeVar("_T")
ANSWER_SECONDS = 5
"""How long a cluster's scheduler may take to answer before it is said to be absent."""


@dataclass(frozen=True)
class Pool:
    """An executor, how many tasks it does at once, and the database its workers open (empty: their own setting)."""

    executor: Executor
    width: int
    url: str


OpenPool = Callable[[], AbstractContextManager[Pool]]


# --- here ----------------------------------------------------------------------------------------------------


class _Here(Executor):
    """Does each task at once, in the caller's thread."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def in_line(url: str) -> Iterator[Pool]:
    """No other process."""
    try:
        yield Pool(_Here(), 1, url)
    finally:
        leave(url)


# --- processes -----------------------------------------------------------------------------------------------


@contextmanager
def processes(url: str, workers: int) -> Iterator[Pool]:
    """Processes of this machine, started afresh: a forked one would share the parent's connections and locks."""
    executor = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    try:
        with _deaf_to_interrupts():
            # A process inherits it: Ctrl-C is for the parent alone, which ends its workers itself.
            for _ in range(workers):
                executor.submit(os.getpid)
        yield Pool(executor, workers, url)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to answer to: it ends too."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# --- cluster -------------------------------------------------------------------------------------------------


@contextmanager
def cluster(address: str) -> Iterator[Pool]:
    """The workers of a Dask scheduler, each with its own MATCHING_DATABASE_URL: no password travels.

    Raises `Invalid` with the remedy when the extra is not installed, or nobody answers at `address`.
    """
    client = _client(address)
    try:
        threads = sum(client.nthreads().values())
        if not threads:
            raise Invalid(
                f"L’ordonnanceur « {address} » répond, mais aucun travailleur ne s’y est inscrit. Démarrez-en avec "
                f"« dask worker {address} », puis recommencez."
            )
        executor = client.get_executor(pure=False)
        try:
            yield Pool(executor, threads, "")
        finally:
            executor.shutdown(wait=False)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        library = import_module("distributed")
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "dask"):
            raise
        raise Invalid(
            "Un calcul réparti demande un paquet de plus\u00a0: pip install 'matching[cluster]'. Sans lui, "
            "« --workers » répartit le calcul sur les cœurs de cette machine."
        ) from None
    try:
        return library.Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise Invalid(
            f"Aucun ordonnanceur Dask ne répond à « {address} ». Vérifiez l’adresse, comme tcp://serveur:8786, et que "
            "« dask scheduler » y est démarré."
        ) from None


@contextmanager
def said() -> Iterator[None]:
    """A task that ended otherwise than by its own answer, said with its remedy; a fault of the program stays one."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MatchingError(
            f"Il manque « {error.name} » à un travailleur. Installez « matching », à la même version, sur chacun."
        ) from error
    except Exception as error:
        lost = isinstance(error, BrokenExecutor | CancelledError) or type(error).__module__.startswith("distributed")
        if not lost:
            raise
        raise MatchingError(
            "Un travailleur s’est arrêté avant la fin, faute de mémoire peut-être. Recommencez avec moins de "
            "travailleurs\u00a0; « --resume » reprend les offres déjà classées."
        ) from error
