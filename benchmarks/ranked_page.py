"""From the HTTP request to the page of ranked people, in a whole Département whose files are being edited.

    python benchmarks/ranked_page.py [--database FILE] [--requests 60] [--people 33000] [--offers 2000]

The database is made by population.py when it is empty (MATCHING_DATABASE_URL without --database). The product
is served by `matching serve` in a process of its own, as it is delivered; an adviser logs in over HTTP; another
process edits one profile a second. Prints one JSON object, then a table. The exit code is 1 when a target is
missed or when an edited profile does not rank as edited at the next request of each of two workers.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from population import actors, arguments, database_url, email_of, filled, open_offers
from served import Browser, peak_mb, served, timed
from sqlalchemy import select

from matching import engine
from matching.access.permissions import Actor
from matching.services.candidates import FactAnswer, Source, set_facts
from matching.services.candidates.editing import editing
from matching.services.context import Context, open_context
from matching.services.ranking.loading import engine_offer
from matching.services.ranking.snapshot import snapshot_of
from matching.settings import Settings
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.reference import RomeOccupation
from matching.terms import CandidateState, FactSource, Known, Role

TARGETS = {
    "unit_page_ms": 300.0,
    "everyone_page_ms": 300.0,
    "engine_ms": 25.0,
    "first_snapshot_s": 5.0,
    "server_peak_mb": 1000.0,
}
SEED = 7


# --- one profile edited every second -------------------------------------------------------------


def edit_every_second(url: str, stop: Any, edits: Any) -> None:
    """Another worker of the product: changes one answer of a random person of the unit, each second."""
    ctx = open_context(Settings(database_url=url))
    actor, dice = actors(ctx, Role.ADVISER)[0], Random(SEED)
    with ctx.read() as session:
        query = select(Candidate.id).where(Candidate.unit_id == actor.unit_id).order_by(Candidate.id)
        ids = list(session.execute(query).scalars())
    while not stop.wait(1.0):
        answer = FactAnswer(dice.choice([Known.YES, Known.NO]))
        set_facts(
            ctx, actor, dice.choice(ids), None, {"licence_b": answer}, Source(FactSource.DECLARED, ctx.clock.today())
        )
        edits.value += 1


@contextmanager
def edited_every_second(url: str) -> Iterator[Any]:
    """Runs the editing process; gives its count of edits."""
    spawn = multiprocessing.get_context("spawn")
    stop, edits = spawn.Event(), spawn.Value("i", 0)
    process = spawn.Process(target=edit_every_second, args=(url, stop, edits))
    process.start()
    try:
        yield edits
    finally:
        stop.set()
        process.join(30)


# --- measures ------------------------------------------------------------------------------------


def pages(browser: Browser, offers: list[int], query: str) -> dict[str, Any]:
    """Milliseconds from the request to the last byte of the page, an offer a request."""
    asked = (partial(browser.get, f"/offres/{offer}/personnes{query}") for offer in offers)
    times, sizes = zip(*map(timed, asked), strict=True)
    return {
        "requests": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "page_kb": round(statistics.median(sizes)),
    }


def engine_alone(ctx: Context, offers: list[int]) -> dict[str, Any]:
    """The first snapshot of a new worker, then the engine's own part over everybody, first 50 with reasons."""
    began = time.perf_counter()
    times = []
    with ctx.read() as session, snapshot_of(ctx).current(session) as snap:
        first_snapshot = time.perf_counter() - began
        today = engine.day_number(ctx.clock.today())
        for number in offers:
            offer = session.get_one(Offer, number)
            label = session.execute(select(RomeOccupation.label).where(RomeOccupation.code == offer.rome_code)).scalar()
            asked = engine_offer(offer, snap.catalogue, label or "")
            policy = snap.policy(session, None)
            began = time.perf_counter()
            engine.rank(snap.people, asked, policy, today=today, seed=number, occupations=snap.occupations, top=50)
            times.append((time.perf_counter() - began) * 1000)
        held = len(snap.people)
    return {
        "people": held,
        "first_snapshot_s": round(first_snapshot, 2),
        "engine_median_ms": round(statistics.median(times), 1),
        "engine_p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
    }


def fresh_everywhere(ctx: Context, actor: Actor, workers: list[Browser], offers: list[int]) -> int:
    """Pause the first person of a list, then resume: every worker shows it at its very next request.

    Returns how many lists were read. Raises SystemExit when one still shows the state of before.
    """
    read = 0
    for offer in offers:
        path = f"/offres/{offer}/personnes"
        found = re.search(r'id="p\d+"', workers[0].get(path))
        if found is None:
            raise SystemExit(f"Offre {offer} : aucune personne.")
        for state in (CandidateState.PAUSED, CandidateState.ACTIVE):
            with editing(ctx, actor, int(found[0][5:-1]), None) as edit:
                edit.candidate.state = state
                edit.record("candidate.situation_edited", state=state.value)
            for worker in workers:
                if (found[0] in worker.get(path)) is not (state is CandidateState.ACTIVE):
                    raise SystemExit(f"Offre {offer}, {found[0]} : « {state.label} » n’est pas encore lu.")
                read += 1
    return read


def measure(url: str, requests: int) -> dict[str, Any]:
    """Everything, against a filled database."""
    ctx = open_context(Settings(database_url=url))
    actor, offers = actors(ctx, Role.ADVISER)[0], open_offers(ctx)
    drawn = Random(SEED).choices(offers, k=2 * requests)
    report: dict[str, Any] = {"open_offers": len(offers), **engine_alone(ctx, drawn[:requests])}
    with served(url) as (browser, pid), served(url) as (other, _):
        for worker in (browser, other):
            worker.log_in(email_of(ctx, actor))
        began = time.perf_counter()
        browser.get(f"/offres/{drawn[0]}/personnes")
        report["first_page_s"] = round(time.perf_counter() - began, 2)
        report["fresh_lists_read"] = fresh_everywhere(ctx, actor, [browser, other], drawn[:3])
        with edited_every_second(url) as edits:
            report["unit_page"] = pages(browser, drawn[:requests], "")
            report["everyone_page"] = pages(browser, drawn[requests:], "?toutes=oui")
            report["edits"] = edits.value
        report["server_peak_mb"] = peak_mb(pid)
    return report


def verdicts(report: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """(what, measured, target, held) for each target."""
    measured = {
        "unit_page_ms": report["unit_page"]["median_ms"],
        "everyone_page_ms": report["everyone_page"]["median_ms"],
        "engine_ms": report["engine_median_ms"],
        "first_snapshot_s": report["first_snapshot_s"],
        "server_peak_mb": report["server_peak_mb"] or 0.0,
    }
    return [(name, measured[name], target, measured[name] <= target) for name, target in TARGETS.items()]


def main() -> int:
    """Fill if needed, measure, print."""
    parser = arguments("La page des personnes classées, mesurée de bout en bout.")
    parser.add_argument("--requests", type=int, default=60)
    options = parser.parse_args()
    ctx = filled(options)
    ctx.engine.dispose()
    report = {"engine": ctx.engine.dialect.name, **measure(database_url(options.database), options.requests)}
    print(json.dumps(report, indent=2))
    lines = verdicts(report)
    for name, value, target, held in lines:
        print(f"{name:18} {value:10.1f}   target {target:7.1f}   {'held' if held else 'MISSED'}")
    return 0 if all(held for *_, held in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
