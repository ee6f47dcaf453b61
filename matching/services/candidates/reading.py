"""Who opened whose file: written beside the trail, since nothing changes."""

from __future__ import annotations

from sqlalchemy import insert

from matching.access.permissions import Actor
from matching.services.context import Context
from matching.store.database import WRITE_OPTION
from matching.store.tables.exposure import ReadLog


def log_read(ctx: Context, actor: Actor, candidate_id: int, how: str) -> None:
    """Note that the actor read this person's file: `how` is `file`, `protected`, `sheet` or `history`."""
    with ctx.engine.execution_options(**{WRITE_OPTION: True}).begin() as connection:
        connection.execute(
            insert(ReadLog).values(
                at=ctx.clock.now(),
                actor_id=actor.user_id,
                subject_type="candidate",
                subject_id=candidate_id,
                how=how,
            )
        )
