"""The `matching` command on another day, which goes no further than its first packets: leaves time to interrupt it.

`TESTS_NOW` is the instant of its clock. Once the file `TESTS_WRITTEN`, if named, holds something, its workers rank
nobody until the run ends, however busy the machine is.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from matching import engine
from matching.cli import main
from matching.clock import SystemClock
from matching.services.ranking.batch import pools

_NOW = datetime.fromisoformat(os.environ["TESTS_NOW"])
_WRITTEN = os.environ.get("TESTS_WRITTEN", "")
_ENDING = Path(f"{_WRITTEN}.ending")
_rank = engine.rank


def _written() -> bool:
    try:
        return bool(_WRITTEN and Path(_WRITTEN).stat().st_size)
    except FileNotFoundError:
        return False


def _patiently(*args: Any, **options: Any) -> engine.Ranking:
    while _written() and not _ENDING.exists():
        time.sleep(0.01)
    return _rank(*args, **options)


class _Workers(ProcessPoolExecutor):
    """Tells the workers that the run ends."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if _WRITTEN:
            _ENDING.touch()
        super().shutdown(wait, cancel_futures=cancel_futures)


engine.rank = _patiently
pools.ProcessPoolExecutor = _Workers  # type: ignore[misc]
SystemClock.now = lambda self: _NOW  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
