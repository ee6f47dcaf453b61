"""A private PostgreSQL for the tests of one process: in memory where it can, on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.memory import memory_folder

# Nothing here needs to survive the machine: no waiting on the disk, and little kept in memory.
_FAST = (
    *("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "max_connections=60"),
    "max_wal_size=128MB",
)
_START_SECONDS = _STOP_SECONDS = 120


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then Debian's own user runs it, as our direct child."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def private_server(programs: Path) -> Iterator[str]:
    """Start a server and give its address, without a database name: `postgresql://postgres@/{}?host=…`."""
    # Not under pytest's own folder: it is closed to other users, and too long for a socket's name.
    folder = Path(tempfile.mkdtemp(prefix="matching-pg-", dir=memory_folder()))
    owner = _as_user()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    server: subprocess.Popen[bytes] | None = None
    try:
        _make_cluster(programs, folder, owner)
        settings = [part for setting in _FAST for part in ("-c", setting)]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", *settings],
                stdout=log,
                stderr=log,
                cwd=folder,
                **owner,
            )
        _wait_until_ready(server, folder)
        yield "postgresql://postgres@/{}?host=" + str(folder)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=_STOP_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _make_cluster(programs: Path, folder: Path, owner: dict[str, Any]) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    # The C locale sorts like SQLite, byte by byte: an order that depends on the locale is then noticed nowhere else.
    made = subprocess.run([*command, "--no-locale"], capture_output=True, text=True, cwd=folder, check=False, **owner)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr}")


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(folder / 'server.log').read_text()}") from None
            time.sleep(0.05)
        else:
            return


def run(url: str, *statements: str) -> None:
    """Run statements that no transaction may hold (CREATE DATABASE …) on the server of `url`."""
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
