"""One server process of the product, for the tests of races: prints its port, serves until its input closes.

`unguarded` is the control of races: the check is a plain read before the write, as one would write it without
thinking. `early` is the control of kills: the answer leaves before the hours are written.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from werkzeug.serving import make_server

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, LineState
from matching.clock import FixedClock
from matching.errors import Conflict
from matching.services.clauses import validating
from matching.services.clauses.entering import take_turn
from matching.services.context import Context, open_context
from matching.settings import Settings
from matching.store.tables.declarations import HourDeclaration
from matching.store.unit_of_work import UnitOfWork
from matching.web.app import create_app

NEVER = 3600
"""Seconds: later than any kill."""
PATIENCE = 120
"""Seconds given to the other officer's server to answer too."""


def remove_the_guard(folder: Path) -> None:
    """Read, check, write: each officer sees the declaration open, both decide."""
    checked = folder / "checked"
    checked.mkdir(exist_ok=True)
    guarded = validating.decide_lines

    def naive(
        ctx: Context, actor: Actor, declaration_id: int, version: int, decisions: Mapping[int, validating.Decision]
    ) -> validating.Saved:
        with ctx.read() as session:
            row = session.get_one(HourDeclaration, declaration_id)
            if row.version != version or row.state is not DeclarationState.SUBMITTED:
                raise Conflict("Déjà décidée.")
        (checked / str(os.getpid())).touch()
        end = time.monotonic() + PATIENCE
        while len(list(checked.iterdir())) < 2 and time.monotonic() < end:
            time.sleep(0.01)  # the other officer checks before either writes
        return guarded(ctx, actor, declaration_id, version, decisions)

    def trusting(work: UnitOfWork, actor: Actor, declaration_id: int, version: int) -> HourDeclaration:
        take_turn(work.session)
        declaration = validating.load(work.session, declaration_id)
        for line in declaration.lines:
            line.state = LineState.PENDING
        return declaration

    validating.decide_lines = naive
    validating.claim = trusting
    validating.take = lambda work, declaration: None


def answer_before_writing() -> None:
    """Acknowledge at once, write later: what a queue in memory does. Here, the kill comes before."""
    whole = validating.decide_lines

    def early(
        ctx: Context, actor: Actor, declaration_id: int, version: int, decisions: Mapping[int, validating.Decision]
    ) -> validating.Saved:
        threading.Timer(NEVER, whole, (ctx, actor, declaration_id, version, decisions)).start()
        return validating.Saved(len(decisions), 0, 0, 0, DeclarationState.VALIDATED)

    validating.decide_lines = early


def main(url: str, now: str, folder: str, guard: str = "guarded") -> None:
    if guard == "unguarded":
        remove_the_guard(Path(folder))
    if guard == "early":
        answer_before_writing()
    settings = Settings(
        database_url=url,
        secret_key="only for tests",
        argon2_time_cost=1,
        argon2_memory_kib=8,
        https=False,
        evidence_dir=Path(folder),
    )
    ctx = open_context(settings, FixedClock(datetime.fromisoformat(now)))
    server = make_server("127.0.0.1", 0, create_app(ctx), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()
    ctx.engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
