"""The databases the tests themselves stand on."""

from sqlalchemy import inspect

from matching.services.context import Context
from matching.store import migrations


def test_each_test_starts_from_a_current_empty_database(any_ctx: Context) -> None:
    assert migrations.is_current(any_ctx.engine)
    assert "audit_event" in inspect(any_ctx.engine).get_table_names()
