"""The yearly consolidation over a ledger of one million entries: read, frozen, compared, a figure opened, documents.

    python benchmarks/year_consolidation.py [--database sqlite:////tmp/years.sqlite3] [--year 2025]

Fills the database with `clause_years` when it is empty (minutes). Freezes a reading each time it runs.
Prints the figures in JSON and ends with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from clause_years import OFFICER, fill
from sqlalchemy import func, select

from matching.clauses.consolidation import Dimension
from matching.services.accounts import actor_of
from matching.services.clauses import snapshots, year_documents, year_figures
from matching.services.context import open_context
from matching.settings import Settings
from matching.store.tables.ledger import LedgerEntry

TARGETS = {"read_seconds": 10.0, "freeze_seconds": 10.0}
T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", default="sqlite:////tmp/years.sqlite3")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--year", type=int, default=2025)
    options = parser.parse_args()
    fill(options.database, options.entries)
    ctx = open_context(Settings(database_url=options.database))
    officer = actor_of(ctx, OFFICER)
    with ctx.read() as session:
        entries = session.execute(select(func.count()).select_from(LedgerEntry)).scalar_one()
    seconds: dict[str, float] = {}

    def timed(name: str, run: Callable[[], T]) -> T:
        began = time.perf_counter()
        found = run()
        seconds[f"{name}_seconds"] = round(time.perf_counter() - began, 2)
        return found

    year = timed("read", lambda: snapshots.read_year(ctx, officer, options.year))
    frozen = timed("freeze", lambda: snapshots.freeze_year(ctx, officer, options.year, "Mesure"))
    timed("read_frozen", lambda: snapshots.read_snapshot(ctx, officer, frozen.id))
    moved = timed("compare", lambda: snapshots.compare_snapshot(ctx, officer, frozen.id))
    route = next(iter(year.exact[Dimension.ROUTE]))
    asked = year_figures.Asked(options.year, None, Dimension.ROUTE, route)
    opened = timed("open_figure", lambda: year_figures.read_figure(ctx, officer, asked))
    behind = timed("open_entries", lambda: year_figures.read_entries(ctx, officer, asked, 3))
    paper = timed("paper", lambda: year_documents.preview_year(ctx, officer, options.year))
    timed("xlsx", lambda: year_documents.year_workbook(paper))
    figures = {
        "entries": entries,
        "people": year.whole.people,
        "hours": year.whole.minutes // 60,
        "moved": len(moved.changes),
        "participations_behind": opened.count,
        "entries_behind": behind.count,
        **seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    passed = all(seconds[name] <= most for name, most in TARGETS.items()) and not moved.changes
    sys.stdout.write(json.dumps(figures | {"targets": TARGETS, "passed": passed}, ensure_ascii=False, indent=1) + "\n")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
