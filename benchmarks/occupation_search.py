"""Measure the occupation search on the national titles: training, size, speed, accuracy under noise.

    MATCHING_REFERENCE_DATA=folder python benchmarks/occupation_search.py [--sample 2000] [--seed 1]

Prints one JSON object. Accuracy is the share of queries whose right V3 family comes first.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import noise

from matching.reference.embedded import completed
from matching.reference.model import JobTitle, Reference
from matching.reference.occupation_search import OccupationSearch
from matching.reference.official import read_official

GATE = ("typos", "no_accents", "feminine", "masculine", "abbreviations")


def main() -> int:
    """Run the measurement and print it."""
    parser = argparse.ArgumentParser(description="Recherche de métiers : mesures sur les appellations officielles.")
    parser.add_argument("--sample", type=int, default=2000, help="appellations tirées par sorte de bruit")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = os.environ.get("MATCHING_REFERENCE_DATA")
    if not folder:
        print("Indiquez le dossier des fichiers officiels : MATCHING_REFERENCE_DATA=dossier", file=sys.stderr)
        return 2
    reference = completed(read_official(Path(folder)))
    started = time.perf_counter()
    search = OccupationSearch().fit(reference.titles, reference.synonyms, reference.occupations)
    report: dict[str, object] = {
        "titles": len(reference.titles),
        "training_seconds": round(time.perf_counter() - started, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    search, saved = _reload(search)
    print(json.dumps(report | saved | _accuracy(search, reference, options.sample, options.seed), indent=2))
    return 0


def _reload(search: OccupationSearch) -> tuple[OccupationSearch, dict[str, object]]:
    """The search as a worker has it: saved, then loaded."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        search.save(path)
        started = time.perf_counter()
        loaded = OccupationSearch.load(path)
        seconds = time.perf_counter() - started
        return loaded, {"model_mb": round(path.stat().st_size / 1e6, 1), "load_seconds": round(seconds, 2)}


def _accuracy(search: OccupationSearch, reference: Reference, sample: int, seed: int) -> dict[str, object]:
    family = {occupation.code: occupation.family for occupation in reference.occupations}
    accuracy: dict[str, float] = {}
    durations: list[float] = []
    sure = right = 0
    for kind, noisy in noise.KINDS.items():
        rng = random.Random(f"{seed} {kind}")
        titles: list[JobTitle] = rng.sample(reference.titles, min(sample, len(reference.titles)))
        found = 0
        for title in titles:
            query = noisy(title.label, rng)
            started = time.perf_counter()
            decision = search.decide(query)
            durations.append(time.perf_counter() - started)
            good = bool(decision.choices) and decision.choices[0].family == family[title.code]
            found += good
            sure += decision.sure is not None
            right += good and decision.sure is not None
        accuracy[kind] = round(found / len(titles), 4)
    return {
        "query_ms_median": round(statistics.median(durations) * 1000, 2),
        "query_ms_p99": round(statistics.quantiles(durations, n=100)[98] * 1000, 2),
        "family_first": accuracy,
        "family_first_overall": round(statistics.mean(accuracy[kind] for kind in GATE), 4),
        "sure_share": round(sure / len(durations), 4),
        "sure_right": round(right / max(1, sure), 4),
    }


if __name__ == "__main__":
    raise SystemExit(main())
