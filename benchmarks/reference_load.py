"""Loading the official reference, then training the occupation search: seconds, memory, size of the model.

    MATCHING_REFERENCE_DATA=folder python benchmarks/reference_load.py

Each part runs in a process of its own, so that its peak memory is its own, on a new SQLite database; with
MATCHING_DATABASE_URL, on that database, which must be empty. Prints one JSON object; the exit code is 1 when a
target is missed.
"""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGETS = {
    "load_s": 30.0,
    "load_peak_mb": 500.0,
    "train_s": 120.0,
    "train_peak_mb": 1000.0,
    "model_mb": 100.0,
}


def part(name: str) -> None:
    """One part, in its own process: prints its figures."""
    from matching.services.context import open_context
    from matching.services.occupations import train
    from matching.services.reference import load_official
    from matching.store import migrations

    ctx = open_context()
    folder = Path(os.environ["MATCHING_REFERENCE_DATA"])
    began = time.perf_counter()
    figures: dict[str, Any] = {}
    if name == "migrate":
        migrations.upgrade(ctx.engine)
    elif name == "train":
        model = train(ctx)
        figures["model_mb"] = round(model.stat().st_size / 1e6, 1) if model else None
    else:
        steps: list[str] = []
        report = load_official(ctx, None, folder, lambda label, *_: steps.append(label))
        figures |= {"titles": report.titles, "communes": report.communes, "progress_steps": len(steps)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": round(time.perf_counter() - began, 1), "peak_mb": round(peak), **figures}))


def run(name: str, environment: dict[str, str]) -> dict[str, Any]:
    """The figures of one part."""
    command = [sys.executable, __file__, name]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def percentages(environment: dict[str, str]) -> list[int]:
    """What the progress bar of `matching reference load` says on a terminal, the model already learnt."""
    program = "from matching.cli import main; main()"
    command = [sys.executable, "-c", program, "reference", "load", environment["MATCHING_REFERENCE_DATA"]]
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        try:
            while data := os.read(ours, 4096):
                shown += data
        except OSError:
            # Linux says so when the other side of a terminal is closed.
            pass
        os.close(ours)
    return sorted({int(number) for number in re.findall(rb"(\d+)%", shown)})


def main() -> int:
    """Measure and print."""
    if "MATCHING_REFERENCE_DATA" not in os.environ:
        print("Indiquez le dossier des fichiers officiels : MATCHING_REFERENCE_DATA=dossier", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        environment = {"MATCHING_DATABASE_URL": f"sqlite:///{folder}/reference.sqlite3"} | dict(os.environ)
        environment["MATCHING_MODEL_DIR"] = folder
        run("migrate", environment)
        loaded, trained, again = (run(name, environment) for name in ("load", "train", "load"))
        report = {
            "engine": environment["MATCHING_DATABASE_URL"].partition(":")[0],
            "load_s": loaded["s"],
            "load_peak_mb": loaded["peak_mb"],
            "train_s": trained["s"],
            "train_peak_mb": trained["peak_mb"],
            "model_mb": trained["model_mb"],
            "load_again_s": again["s"],
            "titles": loaded["titles"],
            "communes": loaded["communes"],
            "same_counts_again": (again["titles"], again["communes"]) == (loaded["titles"], loaded["communes"]),
            "progress_bar": percentages(environment),
        }
    print(json.dumps(report, indent=2))
    missed = [name for name, target in TARGETS.items() if report[name] > target]
    print("targets held" if not missed else f"MISSED: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        part(sys.argv[1])
    else:
        sys.exit(main())
