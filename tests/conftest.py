"""Fixtures of all tests: a database a test on either engine, a context with a clock that stands still, a browser."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache

from matching.access.passwords import Passwords
from matching.clock import FixedClock
from matching.services.context import Context
from matching.settings import Settings
from matching.store import migrations
from matching.store.database import connect
from tests.support import needs
from tests.support.memory import memory_folder
from tests.support.served import served
from tests.support.templates import CompiledOnce

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, ten in the morning in Nantes."""

_numbers = itertools.count(1)
_learnt: dict[str, Any] = {}
"""The occupation search takes seconds to learn: once a process is enough."""
_dialects: dict[str, Dialect] = {}
"""One of each name, that has met its database (SQLAlchemy asks it its version once)."""
_compiled = LRUCache(2000)
# How long an example takes says how busy the machine is, and the same ones each time: a run is refused for what
# changed. To look further: `--hypothesis-profile=searching`.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", settings.get_profile("searching"), derandomize=True)
settings.load_profile("steady")
_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    needs.required()
    if folder := memory_folder():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)
    # Every application of the process, made by a fixture or by a test.
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledOnce()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a fixture carries its marker, so that `-m 'not browser'` means what it says.

    Long files begin: one begun last would be waited for by a worker that has nothing left to do.
    """
    for item in items:
        for name in getattr(item, "fixturenames", ()):
            if need := needs.NEED_OF_FIXTURE.get(name):
                item.add_marker(need)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for need in needs.HOW_TO_GET:
        if item.get_closest_marker(need) is not None:
            needs.check(need)


@pytest.fixture(scope="session")
def official_dir() -> Path:
    """The folder of the official files (rome/, geo/), read-only."""
    folder = needs.official_folder()
    assert folder is not None
    return folder


@pytest.fixture(scope="session")
def pdf_library() -> None:
    """Only says that the test writes a PDF: the library's own system libraries are needed."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A private server for this process: its address, with `{}` for the database's name."""
    from tests.support.postgres import private_server

    programs = needs.postgres_programs()
    assert programs is not None
    with private_server(programs) as url:
        yield url


def _migrate(url: str) -> None:
    engine = connect(url)
    try:
        migrations.upgrade(engine)
        _dialects.setdefault(engine.dialect.name, engine.dialect)
    finally:
        engine.dispose()


def connect_sharing(url: str) -> Engine:
    """The product's engine, and the statements that the engines of other tests compiled: none compiles them again."""
    engine = connect(url)
    if dialect := _dialects.get(engine.dialect.name):
        # What is compiled is kept by dialect: they must have the same.
        engine.dialect = dialect
        engine.update_execution_options(compiled_cache=_compiled)
    return engine


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def _postgres_template(postgres_url: str) -> str:
    from tests.support import postgres

    postgres.run(postgres_url, "CREATE DATABASE template_migrated")
    _migrate(postgres_url.format("template_migrated"))
    return "template_migrated"


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite file of this test's own."""
    file = tmp_path / "test.sqlite3"
    shutil.copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def _postgres_database(request: pytest.FixtureRequest) -> Iterator[Callable[[bool], str]]:
    """Makes databases for this test, dropped at its end: migrated (True) or empty (False)."""
    from tests.support import postgres

    made: list[str] = []

    def make(migrated: bool) -> str:
        name = f"test_{next(_numbers)}"
        template = request.getfixturevalue("_postgres_template") if migrated else "template1"
        postgres.run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return server.format(name)

    server: str = request.getfixturevalue("postgres_url")
    yield make
    postgres.run(server, *(f"DROP DATABASE {name} WITH (FORCE)" for name in made))


_ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.pg)]


@pytest.fixture(params=_ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, on each engine in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("_postgres_database")(True))


@pytest.fixture(params=_ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return str(request.getfixturevalue("_postgres_database")(False))


@pytest.fixture
def clock() -> FixedClock:
    """Monday 23 November 2026, 9:00 UTC; a test moves it by setting `clock.instant`."""
    return FixedClock(NOW)


def _context(url: str, clock: FixedClock, folder: Path) -> Iterator[Context]:
    settings = Settings(
        database_url=url,
        secret_key="only for tests",
        argon2_time_cost=1,
        argon2_memory_kib=8,
        https=False,
        evidence_dir=folder / "justificatifs",
    )
    engine = connect_sharing(url)
    ctx = Context(engine, clock, settings, Passwords(settings.argon2_time_cost, settings.argon2_memory_kib))
    ctx.memory.update(_learnt)
    yield ctx
    if found := ctx.memory.get("occupations"):
        # The next test finds it by the digest of its own reference, or learns again.
        _learnt["occupations"] = replace(found, reference_version=-1)
    engine.dispose()


@pytest.fixture
def ctx(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Context]:
    """What every use case is given, on a fresh SQLite database; its clock is the fixture `clock`."""
    yield from _context(sqlite_url, clock, tmp_path)


@pytest.fixture
def any_ctx(database_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Context]:
    """The same as `ctx`, on each engine in turn."""
    yield from _context(database_url, clock, tmp_path)


@pytest.fixture(scope="session")
def _demo_template(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from matching.demo import build

    file = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    shutil.copyfile(_sqlite_template, file)
    for ctx in _context(f"sqlite:///{file}", FixedClock(NOW), file.parent):
        build(ctx)
    return file


@pytest.fixture
def demo_ctx(_demo_template: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Context]:
    """A copy of the whole demonstration, of this test's own: 3 units, 400 people, 60 offers."""
    file = tmp_path / "demo.sqlite3"
    shutil.copyfile(_demo_template, file)
    yield from _context(f"sqlite:///{file}", clock, tmp_path)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program."""
    path = needs.chromium_path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """One Chromium a process (a playwright `Browser`)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=_CHROMIUM_ARGUMENTS, timeout=120_000)
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A playwright `Page` without cookies, in French, 1280 pixels wide."""
    context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def app(ctx: Context) -> Flask:
    """The Flask application on `ctx`'s database. `tests.support.pages.client_of(app, actor)` opens its pages."""
    from matching.web.app import create_app

    made = create_app(ctx)
    made.config["TESTING"] = True
    # In tests of pages a form is posted without asking for its token first; live_server keeps it on.
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture
def live_server(ctx: Context) -> Iterator[str]:
    """The product served in a thread on `ctx`'s database; gives its address, like http://127.0.0.1:41000."""
    from matching.web.app import create_app

    with served(create_app(ctx)) as port:
        yield f"http://127.0.0.1:{port}"
