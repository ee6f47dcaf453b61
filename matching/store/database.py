"""Connecting to SQLite or PostgreSQL, with what each needs to be safe."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from matching.errors import Invalid

WRITE_OPTION = "matching_write"
"""Execution option of connections that will write: SQLite then takes its lock at once."""


def connect(url: str) -> Engine:
    """An engine for `url` (`sqlite:///file` or `postgresql://…`).

    Raises `Invalid` when the address cannot be used.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Invalid(
            "L’adresse de la base de données n’est pas lisible. Écrivez MATCHING_DATABASE_URL comme "
            "sqlite:///fichier.sqlite3 ou postgresql://utilisateur@hôte/base."
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url)
    if backend == "postgresql":
        return _postgresql(url)
    raise Invalid(f"La base « {backend} » n’est pas prise en charge : choisissez SQLite ou PostgreSQL.")


def _postgresql(url: str) -> Engine:
    try:
        return create_engine(
            make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True
        )
    except ModuleNotFoundError:
        raise Invalid("PostgreSQL demande un paquet de plus : pip install 'matching[postgres]'.") from None


def _only_for_its_owner(url: str) -> None:
    """Create the file of a new database readable by its owner alone: people's files are in it."""
    name = make_url(url).database
    if not name or name == ":memory:" or name.startswith("file:"):
        return
    with suppress(OSError):
        # An existing file keeps the rights its owner gave it; one that cannot be made is told when opened.
        Path(name).touch(mode=0o600, exist_ok=False)


def _sqlite(url: str) -> Engine:
    _only_for_its_owner(url)
    engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        # The driver must not begin transactions by itself: `begin` below does, with the right lock.
        connection.isolation_level = None
        for pragma in ("foreign_keys = ON", "journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that writes after having read fails when another wrote meanwhile.
        writes = connection.get_execution_options().get(WRITE_OPTION, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
