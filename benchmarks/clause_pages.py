"""Pages of clauses with 500 commitments and one million ledger entries: from the HTTP request to the page.

    python benchmarks/clause_pages.py --database sqlite:////tmp/years.sqlite3 [--database postgresql://…]

Each database is made by clause_years.py when it is empty. The product is served by `matching serve`, in a process of
its own for each database; requests to the databases and to the pages are interleaved. Prints one JSON object; the exit
code is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent))

from clause_years import COMMITMENTS, OFFICER, fill
from served import Browser, served

TARGET_MS = 300.0
PAGES = {
    "commitment": "/engagements/{n}",
    "dashboard": "/aujourdhui",
    "list": "/engagements?page={page}",
    "ledger": "/engagements/{n}/grand-livre",
}
HELD = ("commitment", "dashboard")
"""Those with a target; the others are told."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", action="append", required=True)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=40)
    options = parser.parse_args()
    for url in options.database:
        fill(url, options.entries)
    with ExitStack() as stack:
        browsers = {url.split(":")[0]: stack.enter_context(served(url))[0] for url in options.database}
        for browser in browsers.values():
            browser.log_in(OFFICER)
        figures = _measure(browsers, options.requests)
    passed = all(figures[name][page] <= TARGET_MS for name in figures for page in HELD)
    told = {"median_ms": figures, "target_ms": TARGET_MS, "entries": options.entries, "passed": passed}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    sys.exit(0 if passed else 1)


def _measure(browsers: dict[str, Browser], requests: int) -> dict[str, dict[str, float]]:
    dice = Random(11)
    times: dict[str, dict[str, list[float]]] = {name: {page: [] for page in PAGES} for name in browsers}
    for turn in range(requests + 2):
        for page, path in PAGES.items():
            address = path.format(n=dice.randint(1, COMMITMENTS), page=dice.randint(1, 10))
            for name, browser in browsers.items():
                began = time.perf_counter()
                browser.get(address)
                if turn >= 2:  # the first two warm the process
                    times[name][page].append(1000 * (time.perf_counter() - began))
    return {
        name: {page: round(statistics.median(found), 1) for page, found in pages.items()}
        for name, pages in times.items()
    }


if __name__ == "__main__":
    main()
