"""Connecting: what cannot be used is refused with its remedy, and SQLite takes its lock in time."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from matching.errors import Invalid
from matching.services.context import Context
from matching.store.bulk import upsert
from matching.store.database import WRITE_OPTION, connect
from matching.store.tables.reference import OccupationSynonym, RomeOccupation
from tests.support import factories as make


@pytest.mark.parametrize(
    ("url", "remedy"),
    [("n’importe quoi", "sqlite:///"), ("", "sqlite:///"), ("mysql://a@b/c", "SQLite ou PostgreSQL")],
)
def test_an_address_that_cannot_be_used_says_what_to_write(url: str, remedy: str) -> None:
    with pytest.raises(Invalid, match=remedy):
        connect(url)


def _read_then_write_while_another_writes(engine: Engine, **options: bool) -> None:
    with engine.execution_options(**options).connect() as slow, slow.begin():
        slow.execute(text("SELECT count(*) FROM employment_unit")).all()
        with engine.execution_options(matching_write=True).connect() as quick:
            quick.connection.cursor().execute("PRAGMA busy_timeout = 100")
            with quick.begin():
                quick.execute(text("UPDATE employment_unit SET name = 'Sud'"))
        slow.execute(text("UPDATE employment_unit SET name = 'Nord'"))


def test_a_deferred_transaction_that_writes_after_reading_fails(ctx: Context) -> None:
    """Control: why writers of SQLite take their lock at once."""
    make.unit(ctx)
    with pytest.raises(OperationalError, match="locked"):
        _read_then_write_while_another_writes(ctx.engine)
    with ctx.engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM employment_unit")).scalar_one() == "Sud"


def test_a_writer_that_took_its_lock_makes_the_other_wait(ctx: Context) -> None:
    make.unit(ctx, "Est")
    with pytest.raises(OperationalError, match="locked"):
        _read_then_write_while_another_writes(ctx.engine, **{WRITE_OPTION: True})
    with ctx.engine.connect() as connection:
        # It is the quick one that gave up, after waiting: nothing of the two was half done.
        assert connection.execute(text("SELECT name FROM employment_unit")).scalar_one() == "Est"


@pytest.mark.parametrize(
    ("pragma", "value"), [("foreign_keys", 1), ("journal_mode", "wal"), ("synchronous", 2), ("busy_timeout", 30000)]
)
def test_every_sqlite_connection_is_made_safe(ctx: Context, pragma: str, value: object) -> None:
    with ctx.engine.connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_writing_many_rows_again_replaces_all_but_what_is_kept(any_ctx: Context) -> None:
    make.occupation(any_ctx, "K2204")
    make.occupation(any_ctx, "G1605")

    def put(rows: list[dict[str, object]], **options: object) -> int:
        with any_ctx.write(None) as work:
            work.record("test", "synonym", 0)
            return upsert(work.session, OccupationSynonym, rows, ["words", "rome_code"], **options)  # type: ignore[arg-type]

    row = {"words": "plonge", "rome_code": "G1605", "embedded": True}
    assert put([row, row | {"rome_code": "K2204"}], chunk=1) == 2
    put([row | {"embedded": False}])
    put([row | {"rome_code": "K2204", "embedded": False}], keep=["embedded"])
    with any_ctx.read() as session:
        found = {s.rome_code: s.embedded for s in session.query(OccupationSynonym)}
        assert session.query(RomeOccupation).count() == 2
    assert found == {"G1605": False, "K2204": True}


def test_a_new_embedded_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "people.sqlite3"
    connect(f"sqlite:///{file}").dispose()
    assert file.stat().st_mode & 0o777 == 0o600
