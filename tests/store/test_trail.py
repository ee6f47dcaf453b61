"""The trail cannot be rewritten through the database, and a rewriting by other means shows."""

import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from matching.services.context import Context
from matching.store import trail
from matching.store.tables.trail import AuditEvent, AuditNote
from tests.support import factories as make

REWRITINGS = [
    "UPDATE audit_event SET action = 'nothing' WHERE id = 1",
    "UPDATE audit_event SET id = 99 WHERE id = 1",
    "DELETE FROM audit_event WHERE id = 2",
    "DELETE FROM audit_event",
]
ONLY = {
    "sqlite": ["INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE id = 1", "REPLACE INTO audit_event "
               "SELECT 99, at, actor_id, action, subject_type, subject_id, details, previous_hash, hash "
               "FROM audit_event WHERE id = 1"],
    "postgresql": ["TRUNCATE audit_event CASCADE"],
}  # fmt: skip


def _some_events(ctx: Context) -> None:
    for number in range(6):
        with ctx.write(None) as work:
            work.record("test", "nothing", number, seats=number)


def _broken(ctx: Context) -> int | None:
    with ctx.engine.connect() as connection:
        return trail.first_broken_link(connection)


def test_the_database_refuses_to_rewrite_the_trail(any_ctx: Context) -> None:
    _some_events(any_ctx)
    for statement in REWRITINGS + ONLY[any_ctx.engine.dialect.name]:
        with pytest.raises(DBAPIError, match="append-only"), any_ctx.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert _broken(any_ctx) is None


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE audit_event SET subject_id = 7 WHERE id = 2", 2),
        ("UPDATE audit_event SET actor_id = 7 WHERE id = 1", 1),
        ("UPDATE audit_event SET details = '{\"seats\":9}' WHERE id = 3", 3),
        ("DELETE FROM audit_event WHERE id = 2", 2),
        ("DELETE FROM audit_event WHERE id > 2", 3),
        ("DELETE FROM chain_head", 7),
    ],
)
def test_a_link_changed_behind_the_guards_is_found(any_ctx: Context, tampering: str, found: int) -> None:
    _some_events(any_ctx)
    assert _broken(any_ctx) is None
    with any_ctx.engine.begin() as connection:
        trail.remove_guards(connection)
        connection.exec_driver_sql(tampering)
    assert _broken(any_ctx) == found


def test_an_event_tells_who_what_and_when(any_ctx: Context) -> None:
    actor = make.adviser(any_ctx)
    with any_ctx.write(actor) as work:
        work.record("offer.seats_changed", "offer", 12, note="À la demande de Mme Essai", seats=3, before=2)
    with any_ctx.read() as session:
        row = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).scalar_one()
        note = session.get_one(AuditNote, row.id).text
    told: Any = (row.at, row.actor_id, row.action, row.subject_type, row.subject_id, json.loads(row.details))
    assert told == (
        any_ctx.clock.now(),
        actor.user_id,
        "offer.seats_changed",
        "offer",
        12,
        {"before": 2, "seats": 3},
    )
    assert note == "À la demande de Mme Essai"
    assert "Essai" not in row.details


def test_a_note_can_be_erased_and_the_chain_still_holds(any_ctx: Context) -> None:
    with any_ctx.write(None) as work:
        work.record("test", "person", 1, note="Un nom à oublier")
    with any_ctx.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_note")
    assert _broken(any_ctx) is None
