"""Writing many rows at once, the same on both engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matching.store.tables.base import Base

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_of(session: Session) -> Any:
    """The INSERT of the session's engine, which knows ON CONFLICT."""
    return _INSERT[session.get_bind().dialect.name]


def upsert(
    session: Session,
    table: type[Base],
    rows: Iterable[Mapping[str, Any]],
    keys: Sequence[str],
    *,
    keep: Sequence[str] = (),
    chunk: int = 5000,
) -> int:
    """Insert `rows`, replacing the columns of those whose `keys` exist, but for the columns in `keep`.

    All rows carry the same columns. Returns how many rows were given.
    """
    insert = insert_of(session)
    count, pending = 0, iter(rows)
    while batch := list(islice(pending, chunk)):
        statement = insert(table)
        changed = [name for name in batch[0] if name not in keys and name not in keep]
        if changed:
            statement = statement.on_conflict_do_update(
                index_elements=list(keys), set_={name: statement.excluded[name] for name in changed}
            )
        else:
            statement = statement.on_conflict_do_nothing(index_elements=list(keys))
        session.execute(statement, batch)
        count += len(batch)
    return count
