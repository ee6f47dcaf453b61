"""The other pages that people wait for in a whole Département, from the HTTP request to the last byte.

    python benchmarks/every_page.py [--database FILE] [--requests 30] [--lists 5000] [--people 33000] [--offers 2000]

The database is made by population.py when it is empty (MATCHING_DATABASE_URL without --database); half a year of
lists, which the fairness pages read, is written once. An adviser, a manager and a pilot log in to one `matching serve`.
Prints a table: the first time in this worker, then median, 95th percentile, and the server's processor time a page
(the database's own, when it is PostgreSQL, is not in it). The exit code is 1 when a median is above 300 ms.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from population import actors, arguments, database_url, email_of, filled, open_offers
from served import Browser, processor_seconds, served, timed, wait_until_idle
from sqlalchemy import func, insert, select

from matching.access.permissions import Actor
from matching.services.context import Context, open_context
from matching.services.fairness.periods import usual_period
from matching.services.ranking import rank_candidates
from matching.settings import Settings
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.people import Candidate, Person
from matching.terms import CandidateState, Role

SEED = 7
TARGET_MS = 300.0
MODEL_LISTS = 100
LONGEST_S = 20.0


@dataclass(frozen=True)
class Measured:
    """Milliseconds; `processor` of the server, a page."""

    page: str
    first: float
    median: float
    p95: float
    processor: float | None
    kb: float


# --- half a year of lists ------------------------------------------------------------------------


def add_past_lists(ctx: Context, wanted: int) -> None:
    """Lists of the last finished half-year: some ranked by the product, the others the same ones on other days."""
    first, last = usual_period(ctx.clock.today())
    start, days = datetime.combine(first, hour(9), UTC), (last - first).days
    with ctx.read() as session:
        past = ExposureLog.at < start + timedelta(days=days)
        if session.execute(select(func.count(ExposureLog.id)).where(past)).scalar_one() >= wanted:
            return
    dice, advisers, offers = Random(SEED), actors(ctx, Role.ADVISER), open_offers(ctx)
    for _ in range(MODEL_LISTS):
        rank_candidates(ctx, dice.choice(advisers), dice.choice(offers))
    with ctx.write(None) as work:
        table = ExposureLog.__table__
        newest = select(table).order_by(table.c.id.desc()).limit(MODEL_LISTS)
        models = [dict(row) for row in work.session.execute(newest).mappings()]
        for model in models:
            del model["id"]
        for _ in range(wanted // MODEL_LISTS):
            moments = (start + timedelta(days=dice.randrange(days), minutes=dice.randrange(500)) for _ in models)
            rows = [model | {"at": at} for model, at in zip(models, moments, strict=True)]
            work.session.execute(insert(ExposureLog.__table__), rows)
        work.record("benchmark.listed", "employment_unit", 0, lists=wanted)


# --- pages ---------------------------------------------------------------------------------------

Ask = Callable[[int], str]
"""The page that a request of this number reads."""


@dataclass(frozen=True)
class Sample:
    """What requests are drawn from."""

    people: list[int]
    names: list[str]
    offers: list[int]


def draw(ctx: Context, adviser: Actor, requests: int) -> Sample:
    dice = Random(SEED)
    with ctx.read() as session:
        query = (
            select(Candidate.id, Person.family_name)
            .join(Person, Person.id == Candidate.person_id)
            .where(Candidate.unit_id == adviser.unit_id, Candidate.state == CandidateState.ACTIVE)
            .order_by(Candidate.id)
        )
        drawn = dice.choices(session.execute(query).all(), k=requests)
    offers = dice.choices(open_offers(ctx), k=requests)
    return Sample([row.id for row in drawn], [row.family_name for row in drawn], offers)


def adviser_pages(browser: Browser, sample: Sample) -> Iterator[tuple[str, Ask]]:
    """What an adviser of one unit opens."""
    people, names, offers = sample.people, sample.names, sample.offers
    token = browser.token("/aujourdhui")

    def search(i: int) -> str:
        return browser.post("/recherche", {"csrf_token": token, "mots": names[i]})

    def search_list(i: int) -> str:
        return browser.post("/personnes/chercher", {"csrf_token": token, "mots": names[i]})

    yield "first screen, adviser", lambda _: browser.get("/aujourdhui")
    yield "ranked people, own unit", lambda i: browser.get(f"/offres/{offers[i]}/personnes")
    yield "ranked people, everybody", lambda i: browser.get(f"/offres/{offers[i]}/personnes?toutes=oui")
    yield "ranked people, 100 shown", lambda i: browser.get(f"/offres/{offers[i]}/personnes?jusqu=100")
    yield "ranked people, 500 shown", lambda i: browser.get(f"/offres/{offers[i]}/personnes?jusqu=500")
    yield "person: offers and levers", lambda i: browser.get(f"/personnes/{people[i]}/offres")
    yield "person: offers, 40 shown", lambda i: browser.get(f"/personnes/{people[i]}/offres?jusqu=40")
    yield "person: synthesis", lambda i: browser.get(f"/personnes/{people[i]}")
    yield "forgotten people, own", lambda i: browser.get(f"/personnes/sans-proposition?qui=moi&page={i + 1}")
    yield "forgotten people, unit", lambda i: browser.get(f"/personnes/sans-proposition?qui=unite&page={i + 1}")
    yield "search everything", search
    yield "search, then the list", search_list
    browser.get("/personnes?sans-recherche=1")
    yield "list of people", lambda i: browser.get(f"/personnes?page={i + 1}")
    yield "list, without proposal", lambda i: browser.get(f"/personnes?sans=30&suivi=moi&page={i + 1}")
    yield "list, week never noted", lambda i: browser.get(f"/personnes?manque=week&suivi=moi&page={i + 1}")
    yield "list of offers", lambda i: browser.get(f"/offres?page={i + 1}")
    yield "offer", lambda i: browser.get(f"/offres/{offers[i]}")
    yield "proposals", lambda _: browser.get("/propositions")


def manager_pages(browser: Browser) -> Iterator[tuple[str, Ask]]:
    """What the manager of a unit opens."""
    yield "first screen, manager", lambda _: browser.get("/aujourdhui")
    yield "unit", lambda _: browser.get("/unite")
    yield "people nobody follows", lambda _: browser.get("/unite/portefeuille/personne")
    token = browser.token("/unite/leviers")
    yield "unit: levers, counted", lambda _: browser.post("/unite/leviers", {"csrf_token": token})
    yield "unit: levers, as counted", lambda _: browser.get("/unite/leviers")
    yield "fairness, own unit", lambda _: browser.get("/equite")


def pilot_pages(browser: Browser, months: list[str]) -> Iterator[tuple[str, Ask]]:
    """What a pilot opens."""
    yield "first screen, pilot", lambda _: browser.get("/aujourdhui")
    yield "fairness, Département", lambda _: browser.get("/equite")
    # More periods in turn than a worker keeps: each is gathered again.
    yield "fairness, gathered", lambda i: browser.get(f"/equite?du={months[i % len(months)]}&au={months[0]}")


def measured(name: str, ask: Ask, pid: int, requests: int) -> Measured:
    """The first request apart, then the others; three at least, and none begun after `LONGEST_S`."""
    times, sizes = [], []
    processor_before = None
    until = time.monotonic() + LONGEST_S
    for number in range(requests):
        if number > 2 and time.monotonic() > until:
            break
        spent, kb = timed(partial(ask, number))
        times.append(spent)
        sizes.append(kb)
        if number == 0:
            processor_before = processor_seconds(pid)
    first, rest = times[0], times[1:]
    processor = None
    if processor_before is not None:
        processor = ((processor_seconds(pid) or processor_before) - processor_before) * 1000 / len(rest)
    p95 = statistics.quantiles(rest, n=20)[-1]
    return Measured(name, first, statistics.median(rest), p95, processor, statistics.median(sizes))


def measure(url: str, requests: int, only: str) -> Iterator[Measured]:
    """Every page whose name holds `only`, against a filled database."""
    ctx = open_context(Settings(database_url=url))
    adviser = actors(ctx, Role.ADVISER)[0]
    sample = draw(ctx, adviser, requests)
    emails = {role: email_of(ctx, actors(ctx, role)[0]) for role in (Role.ADVISER, Role.UNIT_MANAGER, Role.PILOT)}
    ctx.engine.dispose()
    last = usual_period(ctx.clock.today())[1]
    months = [f"{day:%Y-%m}" for day in (last - timedelta(days=30 * back) for back in range(12))]
    with served(url) as (first, pid):
        browsers = {role: Browser(first.address) for role in emails}
        for role, browser in browsers.items():
            browser.log_in(emails[role])
        wait_until_idle(pid)
        pages: list[Any] = [
            adviser_pages(browsers[Role.ADVISER], sample),
            manager_pages(browsers[Role.UNIT_MANAGER]),
            pilot_pages(browsers[Role.PILOT], list(dict.fromkeys(months))),
        ]
        for name, ask in (page for some in pages for page in some):
            if only in name:
                yield measured(name, ask, pid, requests)


def main() -> int:
    """Fill if needed, measure, print."""
    parser = arguments("Les pages que l’on attend, mesurées de bout en bout.")
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--lists", type=int, default=5_000, help="listes du dernier semestre")
    parser.add_argument("--only", default="", help="les pages dont le nom contient ces mots")
    options = parser.parse_args()
    ctx = filled(options)
    add_past_lists(ctx, options.lists)
    ctx.engine.dispose()
    held = True
    print(f"{'page':28}{'first':>9}{'median':>9}{'p95':>9}{'processor':>11}{'kB':>7}   (ms)")
    for one in measure(database_url(options.database), options.requests, options.only):
        processor = "" if one.processor is None else f"{one.processor:.0f}"
        held = held and one.median <= TARGET_MS
        told = "" if one.median <= TARGET_MS else "   MISSED"
        print(
            f"{one.page:28}{one.first:9.0f}{one.median:9.0f}{one.p95:9.0f}{processor:>11}{one.kb:7.0f}{told}",
            flush=True,
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
