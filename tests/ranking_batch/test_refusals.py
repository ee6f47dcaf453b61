"""What cannot be done is said in French with its remedy, quickly."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from matching.cli import main
from matching.errors import Invalid, MatchingError
from matching.services.context import Context
from matching.services.ranking.batch import cluster
from matching.services.ranking.batch.plan import Basis, read_plan
from matching.services.ranking.batch.worker import rank_chunk
from tests.ranking_batch.conftest import World
from tests.support import factories


def test_without_the_extra_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Invalid, match=r"pip install 'matching\[cluster\]'"), cluster("tcp://127.0.0.1:8786"):
        pass


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("matching.services.ranking.batch.pools.ANSWER_SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(Invalid, match="dask scheduler"), cluster("tcp://127.0.0.1:9"):
        pass
    assert time.monotonic() - began < 20  # the library itself would wait thirty


def test_a_scheduler_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("matching.services.ranking.batch.pools.ANSWER_SECONDS", 120)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as local,
        pytest.raises(Invalid, match="dask worker"),
        cluster(local.scheduler_address),
    ):
        pass


def test_a_worker_without_its_database(monkeypatch: pytest.MonkeyPatch, ctx: Context, tmp_path: Path) -> None:
    plan = read_plan(ctx, 5)
    monkeypatch.delenv("MATCHING_DATABASE_URL", raising=False)
    with pytest.raises(MatchingError, match="MATCHING_DATABASE_URL"):
        rank_chunk("", plan.basis, plan.publics, plan.offers)
    monkeypatch.setenv("MATCHING_DATABASE_URL", f"sqlite:///{tmp_path / 'another.sqlite3'}")
    with pytest.raises(MatchingError, match="n’arrive pas à lire"):
        rank_chunk("", plan.basis, plan.publics, plan.offers)


def test_a_worker_of_another_version(ctx: Context) -> None:
    basis = Basis({}, factories.today(ctx), "0", 5)
    with pytest.raises(MatchingError, match="même version"):
        rank_chunk("", basis, frozenset(), ())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--workers", "2", "--scheduler", "tcp://h:1"], "pas les deux"),
        (["--resume"], "--output"),
        (["--output", "x", "--force"], "--resume"),
        (["--top", "3", "--shortlist", "5"], "--top"),
        (["--at-most", "2"], "--shortlist"),
    ],
)
def test_options_that_do_not_go_together(
    words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["matching", "rank-all", *words])
    with pytest.raises(SystemExit):
        main()
    assert told in capsys.readouterr().err


def test_without_a_file_a_summary_is_printed(
    make_world: Callable[..., World],
    ctx: Context,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = make_world(ctx)
    monkeypatch.setattr("matching.cli.rank_all.ready_context", lambda: ctx)
    monkeypatch.setattr(sys, "argv", ["matching", "rank-all", "--workers", "1", "--shortlist", "3"])
    main()
    said = capsys.readouterr()
    assert f"Offres ouvertes : {len(world.offers)}. Personnes en recherche : {len(world.people)}." in said.out
    assert said.out.count("O-0") == len(world.offers)
    assert "Listes courtes" in said.out
    assert "laissées incomplètes" not in said.out
    assert said.err == ""
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--at-most", "1"])
    main()
    said = capsys.readouterr()
    # Eight offers, fourteen people, three each: four lists whole, one of two, three empty.
    assert ", 1 listes au plus" in said.out
    assert "laissées incomplètes par la limite de 1 par personne : 4." in said.out
