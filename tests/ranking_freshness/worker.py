"""Another worker of the product, for the tests: an offer's number in, its ranked people out, a line each."""

from __future__ import annotations

import json
import sys
from datetime import datetime

from matching.clock import FixedClock
from matching.services.context import open_context
from matching.services.ranking import rank_candidates
from matching.settings import Settings


def main(url: str, now: str) -> None:
    ctx = open_context(Settings(database_url=url), FixedClock(datetime.fromisoformat(now)))
    for line in sys.stdin:
        ranked = rank_candidates(ctx, None, int(line))
        people = [[person.candidate_id, person.tier.value, person.fit] for person in ranked.people]
        sys.stdout.write(json.dumps(people) + "\n")
        sys.stdout.flush()
    ctx.engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
