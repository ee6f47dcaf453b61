"""A database for each game: a game played again must begin where it began."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from matching.access.passwords import Passwords
from matching.clock import FixedClock
from matching.services.context import Context
from matching.settings import Settings
from tests.conftest import connect_sharing

NewContext = Callable[[], Context]
_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)]


@pytest.fixture(params=_ENGINES)
def any_new_ctx(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[NewContext]:
    """Gives a context on another fresh migrated database each time it is called, on each engine in turn."""
    yield from _contexts(request, tmp_path, clock, str(request.param))


@pytest.fixture
def new_ctx(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[NewContext]:
    """The same on SQLite alone."""
    yield from _contexts(request, tmp_path, clock, "sqlite")


def _contexts(
    request: pytest.FixtureRequest, folder: Path, clock: FixedClock, engine_name: str
) -> Iterator[NewContext]:
    numbers = itertools.count(1)

    def url() -> str:
        if engine_name != "sqlite":
            return str(request.getfixturevalue("_postgres_database")(True))
        file = folder / f"game-{next(numbers)}.sqlite3"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), file)
        return f"sqlite:///{file}"

    with ExitStack() as at_the_end:

        def another() -> Context:
            address = url()
            engine = connect_sharing(address)
            at_the_end.callback(engine.dispose)
            settings = Settings(
                database_url=address, secret_key="only for tests", https=False, evidence_dir=folder / "justificatifs"
            )
            return Context(engine, clock, settings, Passwords(1, 8))

        yield another
