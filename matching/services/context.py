"""What every use case is given: the database, the clock, the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from matching.access.passwords import Passwords
from matching.access.permissions import Actor
from matching.clock import Clock, SystemClock
from matching.settings import Settings
from matching.store import unit_of_work
from matching.store.database import connect


@dataclass
class Context:
    """One per worker process. `memory` holds what is kept between requests (snapshot, search model)."""

    engine: Engine
    clock: Clock
    settings: Settings
    passwords: Passwords
    memory: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with unit_of_work.read(self.engine) as session:
            yield session

    @contextmanager
    def write(self, actor: Actor | None) -> Iterator[unit_of_work.UnitOfWork]:
        """The transaction of one use case, in the actor's name (None: the system itself)."""
        actor_id = actor.user_id if actor else None
        with unit_of_work.write(self.engine, self.clock.now(), actor_id) as work:
            yield work


def open_context(settings: Settings | None = None, clock: Clock | None = None) -> Context:
    """The context of this installation, from its settings."""
    settings = settings or Settings()
    return Context(
        engine=connect(settings.database_url),
        clock=clock or SystemClock(),
        settings=settings,
        passwords=Passwords(settings.argon2_time_cost, settings.argon2_memory_kib),
    )
