"""How long `matching demo --no-serve` takes in an empty folder, then in the same folder again.

    python benchmarks/demo_time.py

Prints one JSON object; the exit code is 1 when the first run takes more than 20 s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

TARGET_SECONDS = 20.0
COMMAND = [sys.executable, "-c", "from matching.cli import main; main()", "demo", "--no-serve"]


def run(folder: str) -> float:
    """Seconds of one run, installed program to last line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHING_")}
    began = time.perf_counter()
    subprocess.run(COMMAND, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - began, 1)


def main() -> int:
    """Measure both runs."""
    with tempfile.TemporaryDirectory() as folder:
        first, again = run(folder), run(folder)
    print(json.dumps({"first_run_s": first, "second_run_s": again, "target_s": TARGET_SECONDS}, indent=2))
    return 0 if first <= TARGET_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
