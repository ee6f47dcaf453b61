"""Who opened whose file: written beside the trail, since nothing changes."""

from __future__ import annotations

from sqlalchemy import insert

from matching.access.permissions import Actor
from matching.services.context import Context
from matching.store.database import WRITE_OPTION
from matching.store.tables.exposure import ReadLog


def note_read(ctx: Context, actor: Actor, subject_type: str, subject_id: int, how: str) -> None:
    """Note that the actor read something about people, in a transaction of its own.

    `subject_type` and `subject_id` name the file, as in the trail; `how`: which part of it ("file", "protected"…).
    """
    values = {"actor_id": actor.user_id, "subject_type": subject_type, "subject_id": subject_id, "how": how}
    with ctx.engine.execution_options(**{WRITE_OPTION: True}).begin() as connection:
        connection.execute(insert(ReadLog).values(at=ctx.clock.now(), **values))
