"""Whoever does the work, every list is the one that the pages would show for the Département."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from matching import engine
from matching.services.ranking import rank_candidates
from matching.services.ranking.batch import OfferLine, Sheet, cluster, rank_all
from matching.services.ranking.batch.pools import OpenPool
from matching.services.ranking.batch.worker import weights_digest
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import current_versions
from matching.terms import Criterion, Tier
from tests.ranking_batch.conftest import World


def written(world: World, pool: OpenPool, path: Path, **options: Any) -> str:
    rank_all(world.ctx, pool, top=10, sheet=Sheet(path), **options)
    return path.read_text()


def test_each_line_is_the_list_of_that_offer(world: World) -> None:
    batch = rank_all(world.ctx, world.here(), top=10)
    assert [asked.id for asked in batch.plan.offers] == world.offers
    for asked, line in zip(batch.plan.offers, batch.lines, strict=True):
        shown = rank_candidates(world.ctx, None, asked.id, top=10)
        assert line.offer == shown.offer_code
        assert (line.considered, line.tiers) == (shown.considered, shown.tier_counts)
        expected = [(p.rank, p.code, p.tier, round(p.fit, 9)) for p in shown.people]
        assert [(p.rank, p.code, p.tier, p.fit) for p in line.people] == expected
    fits = {person.fit for line in batch.lines for person in line.people}
    assert len(fits) > 10
    assert {tier for line in batch.lines for tier in line.tiers if line.tiers[tier]} >= {Tier.CLEAR, Tier.BLOCKED}
    # The reserved offer is judged on its publics: nobody who is not of them stands first.
    assert batch.plan.offers[0].publics == ("rsa", "under_26")
    assert batch.lines[0].tiers != batch.lines[2].tiers


def test_two_processes_write_the_same_file(world: World, tmp_path: Path) -> None:
    one = written(world, world.here(), tmp_path / "one.jsonl")
    two = written(world, world.two_processes(), tmp_path / "two.jsonl")
    assert two == one
    assert one.count("\n") == len(world.offers)


def test_two_workers_of_a_cluster_write_the_same_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("MATCHING_DATABASE_URL", world.url)
    monkeypatch.setattr("matching.services.ranking.batch.pools.ANSWER_SECONDS", 120)
    one = written(world, world.here(), tmp_path / "one.jsonl")
    path = tmp_path / "two.jsonl"

    def cut(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
    ) as local:
        there = partial(cluster, local.scheduler_address)
        with pytest.raises(KeyboardInterrupt):
            written(world, there, path, tell=cut)
        assert 0 < Sheet(path).beside.read_text().count("\n") < len(world.offers)
        assert written(world, there, path, resume=True) == one
        assert written(world, there, path) == one


def test_a_line_says_how_to_find_the_list_again_and_names_nobody(world: World, tmp_path: Path) -> None:
    text = written(world, world.here(), tmp_path / "lists.jsonl", shortlist=2)
    first = OfferLine.read(text.splitlines()[0])
    with world.ctx.read() as session:
        # Counters and nothing else: a digest of protected answers would let them be guessed.
        assert first.basis.versions == current_versions(session)
    assert first.basis.versions.keys() >= {"people", "offers", "reference", "protected"}
    assert (first.basis.day, first.basis.top) == (world.ctx.clock.today(), 10)
    shortlist = json.loads(text.splitlines()[0])["shortlist"]
    assert [OfferLine.read(text.splitlines()[0]).written(tuple(shortlist))] == text.splitlines()[:1]
    assert set(shortlist) <= {person.code for person in first.people}
    assert "Modèle" not in text
    assert "personne" not in text
    assert (tmp_path / "lists.jsonl").stat().st_mode & 0o077 == 0


def test_nobody_saw_these_lists_but_the_trail_says_they_were_written(world: World, tmp_path: Path) -> None:
    rank_all(world.ctx, world.here(), top=10)
    written(world, world.here(), tmp_path / "lists.jsonl")
    written(world, world.here(), tmp_path / "lists.jsonl", resume=True)
    with world.ctx.read() as session:
        assert session.query(ExposureLog).count() == 0
        events = session.query(AuditEvent).filter_by(action="offers.ranked").all()
    assert len(events) == 1
    assert f'"offers":{len(world.offers)}' in events[0].details


@pytest.mark.parametrize(
    "other",
    [
        engine.Policy(weights={Criterion.TRAVEL: 0.9}),
        engine.Policy(spread_lambda=0.3),
        engine.Policy(remedies={"licence_b": engine.Remedy(1, 30)}),
        engine.Policy(network_speeds=(20.0,)),
    ],
)
def test_the_digest_tells_policies_apart(other: engine.Policy) -> None:
    assert weights_digest(other) != weights_digest(engine.Policy()) == weights_digest(engine.Policy())
