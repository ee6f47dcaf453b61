"""The audit trail: adding links, guarding them, checking the chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import Session

from matching.store.bulk import insert_of
from matching.store.tables.trail import GUARDED_TABLES, AuditEvent, AuditNote, ChainHead

GENESIS = "0" * 64
Detail = str | int | bool | None | list[int] | list[str]


@dataclass(frozen=True)
class Event:
    """One state change. `details` takes codes, identifiers and amounts; `note` takes names and free text."""

    action: str
    subject_type: str
    subject_id: int
    details: Mapping[str, Detail]
    note: str = ""


def link_hash(
    previous: str, number: int, at: datetime, actor_id: int | None, action: str, subject: str, details: str
) -> str:
    """SHA-256 over the link's content and the hash before it."""
    content = "\n".join(
        (previous, str(number), at.astimezone(UTC).isoformat(), str(actor_id), action, subject, details)
    )
    return hashlib.sha256(content.encode()).hexdigest()


def append(session: Session, at: datetime, actor_id: int | None, events: list[Event]) -> None:
    """Add `events` to the chain, in this transaction. The head's row is locked until it ends."""
    first = insert_of(session)(ChainHead).values(id=1, event_id=0, hash=GENESIS)
    session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    head = session.execute(select(ChainHead).where(ChainHead.id == 1).with_for_update()).scalar_one()
    for item in events:
        number = head.event_id + 1
        details = json.dumps(dict(item.details), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        subject = f"{item.subject_type}:{item.subject_id}"
        digest = link_hash(head.hash, number, at, actor_id, item.action, subject, details)
        session.add(
            AuditEvent(
                id=number,
                at=at,
                actor_id=actor_id,
                action=item.action,
                subject_type=item.subject_type,
                subject_id=item.subject_id,
                details=details,
                previous_hash=head.hash,
                hash=digest,
            )
        )
        if item.note:
            session.flush()
            session.add(AuditNote(event_id=number, text=item.note))
        head.event_id, head.hash = number, digest


def first_broken_link(connection: Connection) -> int | None:
    """The number of the first event that does not follow from the one before; None when all hold."""
    previous, expected = GENESIS, 1
    query = select(*AuditEvent.__table__.columns).order_by(AuditEvent.id)
    with connection.execute(query, execution_options={"yield_per": 2000}) as links:
        for row in links:
            subject = f"{row.subject_type}:{row.subject_id}"
            digest = link_hash(previous, row.id, row.at, row.actor_id, row.action, subject, row.details)
            if row.id != expected or row.previous_hash != previous or row.hash != digest:
                return expected
            previous, expected = row.hash, expected + 1
    head = connection.execute(select(ChainHead.event_id, ChainHead.hash)).one_or_none()
    # Links without a head, or a head further than the links: the end of the chain was cut.
    at_the_end = (head.event_id, head.hash) if head is not None else (0, GENESIS)
    return None if at_the_end == (expected - 1, previous) else expected


def install_guards(connection: Connection) -> None:
    """Make the engine itself refuse to change or delete a row of the append-only tables. Safe to call again."""
    for table in _guarded(connection):
        _INSTALL[connection.dialect.name](connection, table)


def missing_guards(connection: Connection) -> list[str]:
    """Names of the guards that are not in place; empty after `install_guards`."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    present = {row[0] for row in connection.execute(text(query))}
    return [name for table in _guarded(connection) for name in _names(connection, table) if name not in present]


def _guarded(connection: Connection) -> list[str]:
    """The append-only tables that this revision of the database has."""
    there = set(inspect(connection).get_table_names())
    return [table for table in GUARDED_TABLES if table in there]


def _names(connection: Connection, table: str) -> list[str]:
    verbs = ["update", "delete", "truncate" if connection.dialect.name == "postgresql" else "replace"]
    return [f"{table}_no_{verb}" for verb in verbs]


def _install_sqlite(connection: Connection, table: str) -> None:
    for verb in ("update", "delete"):
        connection.execute(
            text(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        )
    taken = " OR ".join(f"{column} = NEW.{column}" for column in GUARDED_TABLES[table])
    # INSERT OR REPLACE deletes the row that stands in its way without a word to the delete trigger.
    connection.execute(
        text(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    )


def _install_postgresql(connection: Connection, table: str) -> None:
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    )
    for verb in ("update", "delete", "truncate"):
        scope = "STATEMENT" if verb == "truncate" else "ROW"
        connection.execute(
            text(
                f"CREATE OR REPLACE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"FOR EACH {scope} EXECUTE FUNCTION refuse_change()"
            )
        )


_INSTALL = {"sqlite": _install_sqlite, "postgresql": _install_postgresql}


def remove_guards(connection: Connection) -> None:
    """Only for a downgrade that drops the guarded tables."""
    for table in _guarded(connection):
        for name in _names(connection, table):
            suffix = f" ON {table}" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{suffix}"))
