"""The `matching` command with an engine that takes its time, in its workers too: leaves time to interrupt it."""

from __future__ import annotations

import time
from typing import Any

from matching import engine
from matching.cli import main

_rank = engine.rank


def _slowly(*args: Any, **options: Any) -> engine.Ranking:
    time.sleep(0.03)
    return _rank(*args, **options)


engine.rank = _slowly

if __name__ == "__main__":
    main()
