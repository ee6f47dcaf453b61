"""The run: what is left to do, handed out in small packets, kept as it comes back; then the whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from itertools import islice

from matching.errors import Conflict
from matching.services.context import Context
from matching.services.policy import policy_for
from matching.services.ranking.batch.plan import Asked, Basis, Plan, read_plan
from matching.services.ranking.batch.pools import OpenPool, Pool, said
from matching.services.ranking.batch.sheet import OfferLine, Sheet
from matching.services.ranking.batch.shortlist import shortlists
from matching.services.ranking.batch.worker import Moved, rank_chunk

Tell = Callable[[int, int], None]
"""Called with the offers ranked so far and their total."""

TRIES = 3
_PACKET = 16
_PACKETS_A_WORKER = 4


@dataclass(frozen=True)
class Batch:
    """A whole run. `kept`: offers taken from an earlier one; `outdated`: why others of an unfinished one were not, in
    French.

    `shortlists`: with those asked, `shortlist_size` codes at most for each offer, nobody on more than `at_most`.
    """

    plan: Plan
    lines: tuple[OfferLine, ...]
    kept: int
    outdated: str
    shortlists: tuple[tuple[str, ...], ...] | None
    shortlist_size: int = 0
    at_most: int | None = None


class _Moved(Exception):
    """A worker reads other data than announced."""


def rank_all(
    ctx: Context,
    pool: OpenPool,
    *,
    top: int,
    sheet: Sheet | None = None,
    resume: bool = False,
    force: bool = False,
    shortlist: int | None = None,
    at_most: int | None = None,
    tell: Tell = lambda done, total: None,
) -> Batch:
    """Rank people for every open offer, as `rank_candidates` does for the Département.

    One state of the data for all: edits made meanwhile wait for the next run. `resume` keeps the offers an earlier
    run ranked on this very state, `force` on any. With `sheet`, each packet is kept as soon as it is done, so that
    an interruption loses a few seconds of work, and the trail says that codes of people left the database: ranked, or
    only written otherwise (other short lists, an offer closed since).
    `shortlist`: choose as many people for each offer, evenly, `at_most` as many lists a person; always chosen over the
    whole run, so asking others of a file already ranked ranks nothing again. `pool` is opened only when something is
    left to do.
    Raises `Conflict` when the data never holds still long enough for the workers to read the same.
    """
    plan = read_plan(ctx, top)
    earlier = sheet.done() if sheet and resume else {}
    run = _Run(plan, sheet, tell, earlier, force, unfinished=bool(sheet and sheet.cut_short))
    before = sheet.digest() if sheet else ""
    try:
        if run.begin(plan):
            with pool() as workers:
                _through(ctx, workers, run)
        lines = run.in_order()
        chosen = None if shortlist is None else _chosen(ctx, lines, shortlist, at_most)
        if sheet:
            sheet.finish(line.written(chosen[i] if chosen else None, at_most) for i, line in enumerate(lines))
    finally:
        if sheet:
            sheet.close()
            if run.new or sheet.digest() != before:
                _record(ctx, run, shortlist, at_most)
    return Batch(run.plan, lines, len(lines) - run.new, run.outdated, chosen, shortlist or 0, at_most)


def _chosen(
    ctx: Context, lines: Sequence[OfferLine], shortlist: int, at_most: int | None
) -> tuple[tuple[str, ...], ...]:
    with ctx.read() as session:
        policy = policy_for(session, None)
    step = policy.spread_lambda * policy.spread_scale
    return shortlists([line.people for line in lines], shortlist, step, at_most)


def _through(ctx: Context, workers: Pool, run: _Run) -> None:
    """To the end; from the beginning again, on newer data, when a worker came too late for those announced."""
    for _ in range(TRIES):
        try:
            run.go(workers)
        except _Moved:
            run.begin(read_plan(ctx, run.plan.basis.top))
        else:
            return
    raise Conflict(
        "Les données ont changé à chaque essai pendant que les travailleurs les lisaient, ou l’un d’eux lit une autre "
        "base (MATCHING_DATABASE_URL). Relancez à une heure calme, la nuit par exemple."
    )


def _kept(plan: Plan, earlier: dict[str, OfferLine], force: bool) -> tuple[dict[str, OfferLine], str]:
    """The earlier lines that still stand, and why the others do not."""
    open_now = {asked.code for asked in plan.offers}
    usable = {code: line for code, line in earlier.items() if code in open_now}
    if force:
        return usable, ""
    same = {code: line for code, line in usable.items() if line.basis == plan.basis}
    other = next((line.basis for code, line in usable.items() if code not in same), None)
    return same, "" if other is None else _why(plan.basis, other)


def _why(now: Basis, then: Basis) -> str:
    if now.day != then.day:
        return "Le fichier commencé date d’un autre jour"
    if (now.engine, now.top) != (then.engine, then.top):
        return "Le fichier commencé vient d’une autre version ou d’un autre --top"
    return "Les données ont changé depuis le fichier commencé"


@dataclass
class _Run:
    """The offers done so far, by code. `earlier`: those of the file found, `unfinished` when that run was cut."""

    plan: Plan
    sheet: Sheet | None
    tell: Tell
    earlier: dict[str, OfferLine]
    force: bool
    unfinished: bool
    lines: dict[str, OfferLine] = field(default_factory=dict)
    outdated: str = ""
    new: int = 0

    def begin(self, plan: Plan) -> bool:
        """Start the file, from the beginning, with what is kept; whether something is left to rank."""
        lines, outdated = _kept(plan, self.earlier, self.force)
        if self.sheet:
            # Before the rest: if it fails, the lines of the try before are still there, and still to be told.
            self.sheet.begin(lines.values())
        self.plan, self.lines, self.new = plan, lines, 0
        # A whole file of another moment is simply renewed: only a run left unfinished is worth a word.
        self.outdated = outdated if self.unfinished else ""
        self.tell(len(lines), len(plan.offers))
        return len(lines) < len(plan.offers)

    def go(self, workers: Pool) -> None:
        todo = [asked for asked in self.plan.offers if asked.code not in self.lines]
        for found in _answers(workers, self.plan, todo):
            # Counted first: cut while writing, the trail may tell a packet more than the file holds, never less.
            self.lines.update((line.offer, line) for line in found)
            self.new += len(found)
            if self.sheet:
                self.sheet.add(found)
            self.tell(len(self.lines), len(self.plan.offers))

    def in_order(self) -> tuple[OfferLine, ...]:
        return tuple(self.lines[asked.code] for asked in self.plan.offers)


def _answers(pool: Pool, plan: Plan, todo: Sequence[Asked]) -> Iterator[list[OfferLine]]:
    """Each packet as soon as it is done, never more waiting than keeps the workers busy."""
    size = max(1, min(_PACKET, len(todo) // (pool.width * _PACKETS_A_WORKER)))
    packets = (tuple(todo[first : first + size]) for first in range(0, len(todo), size))
    handed = (pool.executor.submit(rank_chunk, pool.url, plan.basis, plan.publics, packet) for packet in packets)
    ahead = pool.width * 2 if pool.width > 1 else 1
    waiting: set[Future[list[OfferLine] | Moved]] = set(islice(handed, ahead))
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield _answer(future)
            waiting |= set(islice(handed, len(done)))
    finally:
        for future in waiting:
            future.cancel()


def _answer(future: Future[list[OfferLine] | Moved]) -> list[OfferLine]:
    with said():
        found = future.result()
    if isinstance(found, Moved):
        raise _Moved
    return found


def _record(ctx: Context, run: _Run, shortlist: int | None, at_most: int | None) -> None:
    """One event a run, interrupted or not: how many lists were ranked, and how many coded people are written down."""
    people = {person.code for line in run.lines.values() for person in line.people}
    with ctx.write(None) as work:
        work.record(
            "offers.ranked",
            "offer",
            0,
            engine=run.plan.basis.engine,
            offers=run.new,
            open_offers=len(run.plan.offers),
            people=len(people),
            top=run.plan.basis.top,
            shortlist=shortlist,
            at_most=at_most,
            versions=[f"{stream}:{version}" for stream, version in sorted(run.plan.basis.versions.items())],
        )
