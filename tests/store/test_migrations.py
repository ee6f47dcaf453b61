"""Migrations run up and down with data in every table, and make exactly the tables of the code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    inspect,
    select,
    text,
)

from matching.errors import MatchingError
from matching.store import migrations, trail
from matching.store.database import connect
from matching.store.tables import Base
from matching.store.tables.trail import GUARDED_TABLES


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    made = connect(empty_database_url)
    yield made
    made.dispose()


def _revisions() -> list[str]:
    """From the first to the last."""
    scripts = ScriptDirectory(str(migrations.scripts_folder()))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _value(column: Column[Any]) -> Any:
    """The same for every column of a kind: then foreign keys find their row, and checks hold."""
    if column.table.name == "ledger_entry" and column.name == "kind":
        return "reversal"  # the only kind that may point to the entry it undoes
    if isinstance(column.type, String):
        return "yes"[: column.type.length]
    if isinstance(column.type, JSON):
        return []
    if isinstance(column.type, DateTime):
        return datetime(2026, 11, 23, tzinfo=UTC)
    if isinstance(column.type, Date):
        return date(2026, 11, 23)
    if isinstance(column.type, Boolean):
        return True
    return 2 if column.name == "end_minute" else 1


def _tables(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _fill(engine: Engine) -> None:
    """One row in every table that has none, every column filled."""
    with engine.begin() as connection:
        for table in _tables(engine):
            if connection.execute(select(table).limit(1)).first() is None:
                connection.execute(table.insert().values({column.name: _value(column) for column in table.columns}))


def _guards_missing(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return trail.missing_guards(connection)


def test_up_down_and_up_again_with_data_in_every_table(engine: Engine) -> None:
    for revision in _revisions():
        migrations.upgrade(engine, revision)
        assert _guards_missing(engine) == []
        _fill(engine)
    assert {table.name for table in _tables(engine)} == set(Base.metadata.tables)
    for revision in [*_revisions()[-2::-1], "base"]:
        migrations.downgrade(engine, revision)
        assert revision == "base" or _guards_missing(engine) == []
    assert _tables(engine) == []
    migrations.upgrade(engine)
    assert migrations.is_current(engine)
    assert _guards_missing(engine) == []
    _fill(engine)


def _differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)


def test_the_migrations_make_the_tables_of_the_code(engine: Engine) -> None:
    migrations.upgrade(engine)
    assert _differences(engine) == []


def test_the_comparison_notices_a_missing_index_and_a_foreign_column(engine: Engine) -> None:
    """Control of the test above."""
    migrations.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_proposal_open"))
        connection.execute(text("ALTER TABLE person ADD COLUMN surprise INTEGER"))
    assert sorted(difference[0] for difference in _differences(engine)) == ["add_index", "remove_column"]


def test_checks_of_the_code_are_in_the_database(engine: Engine) -> None:
    """Alembic does not compare CHECK constraints: compare their names."""
    migrations.upgrade(engine)
    for table in Base.metadata.sorted_tables:
        wanted = {str(check.name) for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {check["name"] for check in inspect(engine).get_check_constraints(table.name)} == wanted, table.name


def test_a_database_without_its_guards_gets_them_back(engine: Engine) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        trail.remove_guards(connection)
        assert len(trail.missing_guards(connection)) == 3 * len(GUARDED_TABLES)
    migrations.upgrade(engine)
    assert _guards_missing(engine) == []


def test_a_database_that_cannot_be_guarded_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    migrations.upgrade(engine)
    with engine.begin() as connection:
        trail.remove_guards(connection)
    monkeypatch.setattr(trail, "install_guards", lambda _connection: None)
    with pytest.raises(MatchingError, match="audit_event_no_update"):
        migrations.upgrade(engine)


def test_an_empty_database_is_not_current(engine: Engine) -> None:
    assert not migrations.is_current(engine)
