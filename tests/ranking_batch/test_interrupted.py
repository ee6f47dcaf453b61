"""A run that is cut, taken up again, overtaken by edits: the file is whole or usable, and of one state of the data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from matching.clock import FixedClock
from matching.errors import Conflict, Invalid, MatchingError
from matching.services.context import Context
from matching.services.ranking.batch import OfferLine, Pool, Sheet, in_line, rank_all
from matching.services.ranking.batch.pools import OpenPool, processes
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent
from tests.conftest import NOW
from tests.ranking_batch.conftest import World
from tests.support import factories

ENOUGH = 180
"""Seconds after which a command that did not answer never will."""


def lines_of(path: Path) -> list[OfferLine]:
    return [OfferLine.read(line) for line in path.read_text().splitlines()]


def whole(world: World, path: Path) -> bytes:
    rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path))
    return path.read_bytes()


def cut_after(world: World, path: Path, offers: int) -> None:
    def tell(done: int, total: int) -> None:
        if done >= offers:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), tell=tell)


def resumed(world: World, path: Path, **options: Any) -> tuple[int, str]:
    batch = rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), resume=True, **options)
    assert not Sheet(path).beside.exists()
    return batch.kept, batch.outdated


def test_taken_up_again_it_gives_the_same_file(world: World, tmp_path: Path) -> None:
    expected = whole(world, tmp_path / "whole.jsonl")
    path = tmp_path / "cut.jsonl"
    cut_after(world, path, 3)
    assert not path.exists()
    assert len(lines_of(Sheet(path).beside)) >= 3
    with Sheet(path).beside.open("a") as torn:
        torn.write('{"offer":"O-00009","day":"20')
    kept, outdated = resumed(world, path)
    assert (kept >= 3, outdated) == (True, "")
    assert path.read_bytes() == expected
    assert resumed(world, path) == (len(world.offers), "")
    assert path.read_bytes() == expected


def test_taken_up_again_with_another_limit_it_is_the_file_of_that_limit(world: World, tmp_path: Path) -> None:
    expected = {}
    for limit in (1, 2, None):
        path = tmp_path / f"{limit}.jsonl"
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), shortlist=3, at_most=limit)
        expected[limit] = path.read_bytes()
    assert len(set(expected.values())) == 3
    assert all(json.loads(line)["at_most"] == 2 for line in expected[2].splitlines())
    path, every = tmp_path / "cut.jsonl", len(world.offers)
    cut_after(world, path, 3)
    for limit in (2, None, None, 1):
        kept, outdated = resumed(world, path, shortlist=3, at_most=limit)
        assert (kept >= 3, outdated) == (True, "")
        assert path.read_bytes() == expected[limit]
    told = told_in_trail(world)
    assert (told[:3], sum(told[3:5]), told[5:]) == ([every] * 3, every, [0, 0])


def test_a_file_written_without_ranking_is_in_the_trail_once_it_is_there(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lists.jsonl"
    before = whole(world, path)
    with monkeypatch.context() as full:
        full.setattr(Sheet, "finish", refused)
        with pytest.raises(Invalid):
            rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), resume=True, shortlist=3)
    assert (path.read_bytes(), told_in_trail(world)) == (before, [len(world.offers)])
    resumed(world, path, shortlist=3)
    assert told_in_trail(world)[1:] == [0]
    path.unlink()
    finish = Sheet.finish

    def cut(sheet: Sheet, lines: Iterable[str]) -> None:
        finish(sheet, lines)
        raise KeyboardInterrupt

    Sheet(path).beside.write_bytes(before)
    monkeypatch.setattr(Sheet, "finish", cut)
    with pytest.raises(KeyboardInterrupt):
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), resume=True)
    assert (path.read_bytes(), told_in_trail(world)[2:]) == (before, [0])


def refused(sheet: Sheet, lines: Iterable[str]) -> None:
    raise Invalid("La place manque.")


def test_an_older_file_is_made_again_unless_forced(world: World, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    cut_after(world, path, 3)
    before = path.with_name("kept")
    Sheet(path).beside.rename(before)
    factories.candidate(world.ctx, world.unit, windows=factories.WEEK)
    for force, mixed in ((False, False), (True, True)):
        Sheet(path).beside.write_bytes(before.read_bytes())
        kept, outdated = resumed(world, path, force=force)
        assert (kept > 0, outdated == "") == (mixed, mixed)
        versions = {line.basis.versions["people"] for line in lines_of(path)}
        assert len(versions) == (2 if mixed else 1)
        assert len(lines_of(path)) == len(world.offers)


def test_a_whole_file_of_another_day_is_renewed_without_a_word(world: World, clock: FixedClock, tmp_path: Path) -> None:
    path = tmp_path / "lists.jsonl"
    before = whole(world, path)
    clock.instant += timedelta(days=1)
    assert resumed(world, path) == (0, "")
    assert {line.basis.day for line in lines_of(path)} == {world.ctx.clock.today()}
    assert path.read_bytes() != before
    cut_after(world, path, 3)
    clock.instant += timedelta(days=1)
    kept, outdated = resumed(world, path)
    assert kept == 0
    assert "autre jour" in outdated


def _answered(session: Session, person: int, on: date) -> None:
    session.add(ProtectedFact(person_id=person, kind="ass", value="yes", known_on=on))


def _corrected(session: Session, person: int, on: date) -> None:
    session.get_one(ProtectedFact, (person, "rsa")).value = "no"


def _forgotten(session: Session, person: int, on: date) -> None:
    session.delete(session.get_one(ProtectedFact, (person, "rsa")))


@pytest.mark.parametrize("write", [_answered, _corrected, _forgotten])
def test_a_protected_answer_written_without_its_profile_counts(
    world: World, tmp_path: Path, write: Callable[[Session, int, date], None]
) -> None:
    """Reserved offers rest on them, and the clauses' pages write them too."""
    path = tmp_path / "cut.jsonl"
    cut_after(world, path, 3)
    with world.ctx.write(None) as work:
        person = work.session.get_one(Candidate, world.people[0]).person_id
        write(work.session, person, factories.today(world.ctx))
        work.record("test.protected", "person", person)
    kept, outdated = resumed(world, path)
    assert kept == 0
    assert "données ont changé" in outdated


def edited_before(world: World, tasks: int) -> OpenPool:
    """In line, somebody arriving just before each of the first tasks is done."""

    @contextmanager
    def pool() -> Iterator[Pool]:
        with in_line(world.url) as plain:
            submit = plain.executor.submit
            left = tasks

            def overtaken(*task: Any) -> Future[Any]:
                nonlocal left
                left -= 1
                if left >= 0:
                    factories.candidate(world.ctx, world.unit, windows=factories.WEEK)
                return submit(*task)

            plain.executor.submit = overtaken  # type: ignore[method-assign, assignment]
            yield plain

    return pool


def test_edits_while_workers_open_make_it_begin_again(world: World, tmp_path: Path) -> None:
    path = tmp_path / "lists.jsonl"
    rank_all(world.ctx, edited_before(world, 1), top=10, sheet=Sheet(path))
    lines = lines_of(path)
    assert {line.considered for line in lines} == {len(world.people) + 1}
    assert path.read_bytes() == whole(world, tmp_path / "again.jsonl")


def told_in_trail(world: World) -> list[int]:
    """The offers of each event of a run."""
    with world.ctx.read() as session:
        events = session.query(AuditEvent).filter_by(action="offers.ranked").order_by(AuditEvent.id)
        return [json.loads(event.details)["offers"] for event in events]


def test_cut_after_it_began_again_the_trail_tells_the_lines_kept(world: World, tmp_path: Path) -> None:
    path = tmp_path / "lists.jsonl"

    def cut(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rank_all(world.ctx, edited_before(world, 1), top=10, sheet=Sheet(path), tell=cut)
    assert told_in_trail(world) == [len(lines_of(Sheet(path).beside))]


def test_cut_while_the_disk_writes_the_trail_tells_the_lines_kept(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lists.jsonl"
    plain, calls = os.fsync, []

    def cut(file: int) -> None:
        calls.append(file)
        plain(file)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("matching.services.ranking.batch.sheet.os.fsync", cut)
    with pytest.raises(KeyboardInterrupt):
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path))
    kept = len(lines_of(Sheet(path).beside))
    assert kept
    assert told_in_trail(world) == [kept]


def test_edits_without_end_are_told(world: World) -> None:
    with pytest.raises(Conflict, match="heure calme"):
        rank_all(world.ctx, edited_before(world, 1000), top=10)


def test_edits_once_begun_wait_for_the_next_run(world: World, tmp_path: Path) -> None:
    expected = whole(world, tmp_path / "before.jsonl")

    def tell(done: int, total: int) -> None:
        if done:
            factories.candidate(world.ctx, world.unit, windows=factories.WEEK)

    path = tmp_path / "lists.jsonl"
    rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path), tell=tell)
    assert path.read_bytes() == expected


def test_a_full_disk_leaves_whole_lines(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lists.jsonl"
    plain, calls = os.write, []

    def short(file: int, data: bytes) -> int:
        calls.append(file)
        return plain(file, data if len(calls) < 3 else data[:50])

    monkeypatch.setattr("matching.services.ranking.batch.sheet.os.write", short)
    with pytest.raises(Invalid, match="la place"):
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(path))
    monkeypatch.undo()
    text = Sheet(path).beside.read_text()
    assert text.endswith("}\n")
    assert lines_of(Sheet(path).beside)
    kept, _ = resumed(world, path)
    assert kept == text.count("\n")


def test_a_file_nobody_can_write_is_told_before_the_work(world: World, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="ne peut pas être écrit"):
        rank_all(world.ctx, world.here(), top=10, sheet=Sheet(tmp_path / "no" / "lists.jsonl"))


def test_a_worker_that_dies_is_told_with_what_to_do(make_world: Callable[..., World], ctx: Context) -> None:
    world = make_world(ctx)

    @contextmanager
    def pool() -> Iterator[Pool]:
        with processes(world.url, 1) as plain:
            submit = plain.executor.submit
            plain.executor.submit = lambda *task: submit(os._exit, 1)  # type: ignore[method-assign, assignment]
            yield plain

    with pytest.raises(MatchingError, match="--resume"):
        rank_all(world.ctx, pool, top=10)


# --- the command itself --------------------------------------------------------------------------------------


@contextmanager
def command(url: str, *words: object, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The command at the instant of the tests, ended with its workers if the test is."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ranking_batch.slow_command", "rank-all", *map(str, words)],
        env={**os.environ, "MATCHING_DATABASE_URL": url, "TESTS_NOW": NOW.isoformat(), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            yield run
        except BaseException:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
            raise


def ran(url: str, *words: object) -> str:
    """What a command that is left alone prints."""
    with command(url, *words) as run:
        told, said = run.communicate(timeout=ENOUGH)
    assert run.returncode == 0, said
    return told


def interrupted(url: str, path: Path, sent: signal.Signals) -> str:
    """Send the signal once a first packet is written; what is said then."""
    beside = Sheet(path).beside
    with command(url, "--workers", 2, "--output", path, TESTS_WRITTEN=str(beside)) as run:
        deadline = time.monotonic() + ENOUGH
        while not (beside.exists() and beside.stat().st_size):
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if sent is signal.SIGINT:
            # As a terminal does: to the whole group, the workers too.
            os.killpg(run.pid, sent)
        else:
            run.send_signal(sent)
        _, said = run.communicate(timeout=ENOUGH)
    assert run.returncode == 130
    return said


def test_interrupted_then_resumed_it_gives_the_same_file(
    make_world: Callable[..., World], ctx: Context, tmp_path: Path
) -> None:
    world = make_world(ctx, 50)
    path, expected = tmp_path / "lists.jsonl", tmp_path / "whole.jsonl"
    said = interrupted(world.url, path, signal.SIGINT)
    assert "--resume" in said
    assert "Traceback" not in said
    assert not path.exists()
    kept = len(lines_of(Sheet(path).beside))
    assert 0 < kept < len(world.offers)
    assert f"gardées : {kept}" in ran(world.url, "--workers", 2, "--output", path, "--resume")
    rank_all(ctx, world.here(), top=50, sheet=Sheet(expected))
    assert path.read_bytes() == expected.read_bytes()


def test_stopped_by_the_system_it_leaves_as_usable_a_file(
    make_world: Callable[..., World], ctx: Context, tmp_path: Path
) -> None:
    world = make_world(ctx, 50)
    said = interrupted(world.url, tmp_path / "lists.jsonl", signal.SIGTERM)
    assert "--resume" in said
    assert 0 < len(lines_of(Sheet(tmp_path / "lists.jsonl").beside)) < len(world.offers)
