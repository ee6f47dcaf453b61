"""`matching check` over one million ledger entries: time and memory, the command as it is delivered.

    python benchmarks/ledger_check.py [--database sqlite:////tmp/years.sqlite3] [--entries 1000000] [--runs 3]

The database is made by clause_years.py when it is empty. Prints one JSON object; the exit code is 1 when a target is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from clause_years import fill

TARGETS = {"seconds": 10.0, "peak_mb": 500.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default=f"sqlite:///{tempfile.gettempdir()}/matching-years.sqlite3")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    fill(options.database, options.entries)
    seconds, said = [], ""
    for _ in range(options.runs):
        began = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", "from matching.cli import main; main()", "check"],
            env=os.environ | {"MATCHING_DATABASE_URL": options.database},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds.append(round(time.perf_counter() - began, 2))
        said = run.stdout + run.stderr
        if run.returncode:
            break
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures = {"seconds": statistics.median(seconds), "peak_mb": round(peak), "runs": seconds, "said": said}
    passed = run.returncode == 0 and all(figures[name] <= target for name, target in TARGETS.items())
    sys.stdout.write(json.dumps(figures | {"targets": TARGETS, "passed": passed}, ensure_ascii=False, indent=1) + "\n")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
