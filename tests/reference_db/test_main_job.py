"""The main job on the national files: they are loaded whole or not at all, and everything works on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from matching.cli import main
from matching.demo import build
from matching.errors import Invalid
from matching.reference.titles import split_gendered
from matching.services.candidates import Identity, add_candidate, add_goal
from matching.services.context import Context
from matching.services.occupations import suggest
from matching.services.ranking import RankedList, rank_candidates
from matching.services.reference import load_official
from matching.store.tables import reference as tables
from matching.store.tables.offers import Offer
from matching.store.tables.people import CandidateGoal
from matching.store.tables.trail import AuditEvent
from matching.terms import Criterion, MatchStatus, OfferState
from tests.support import factories

pytestmark = [pytest.mark.reference, pytest.mark.long]

VERSION = "4.0-60"
TABLES = (
    tables.RomeOccupation,
    tables.JobTitle,
    tables.RomeMobility,
    tables.Skill,
    tables.RomeSkill,
    tables.Commune,
    tables.OccupationSynonym,
    tables.FactKind,
    tables.LegalParameter,
    tables.Remedy,
    tables.TransitNetwork,
    tables.TransitNetworkCommune,
    tables.CriterionWeight,
    tables.ReferenceLoad,
)


def _load(ctx: Context, folder: Path) -> None:
    load_official(ctx, None, folder, lambda *_: None)


def _counts(ctx: Context) -> dict[str, int]:
    with ctx.read() as session:
        return {t.__tablename__: session.execute(select(func.count()).select_from(t)).scalar_one() for t in TABLES}


def test_loaded_whole_then_again_changes_nothing(any_ctx: Context, official_dir: Path) -> None:
    _load(any_ctx, official_dir)
    counts = _counts(any_ctx)
    assert (counts["job_title"], counts["commune"], counts["reference_load"]) == (13_120, 34_976, 1)
    with any_ctx.write(None) as work:
        # What the Département decided is its own: loading again does not take it back.
        work.session.execute(update(tables.CriterionWeight).values(weight=0.125))
        work.record("test.weights", "criterion_weight", 0)
    _load(any_ctx, official_dir)
    assert _counts(any_ctx) == counts
    with any_ctx.read() as session:
        versions = session.execute(select(tables.RomeOccupation.version).distinct()).scalars().all()
        weights = session.execute(select(tables.CriterionWeight.weight).distinct()).scalars().all()
    assert (versions, weights) == ([VERSION], [0.125])


@pytest.fixture
def national(ctx: Context, official_dir: Path, tmp_path: Path) -> Context:
    """The national files, loaded. Learning from them takes half a minute: once for these tests (`ctx` keeps it)."""
    ctx.settings = ctx.settings.model_copy(update={"model_dir": tmp_path})
    _load(ctx, official_dir)
    return ctx


def test_the_national_titles_are_found(national: Context) -> None:
    with national.read() as session:
        rows = session.execute(select(tables.JobTitle.label, tables.JobTitle.rome_code).order_by(tables.JobTitle.id))
        sample = [(split_gendered(label).feminine, code) for label, code in rows][::60]
        family = dict(session.execute(select(tables.RomeOccupation.code, tables.RomeOccupation.family)).all())
    right = sum(suggest(national, said, top=1).suggestions[0].family == family[code] for said, code in sample)
    assert right / len(sample) >= 0.97


def test_somebody_says_a_job_in_their_own_words_and_is_ranked_for_it(national: Context) -> None:
    ctx = national
    adviser = factories.adviser(ctx, factories.unit(ctx))
    choice = suggest(ctx, "plongeur resto")
    best = choice.suggestions[0]
    assert (best.family, choice.version) == ("G1605", VERSION)
    person = add_candidate(ctx, adviser, Identity(given_name="Awa", family_name="Essai"))
    add_goal(ctx, adviser, person, None, "plongeur resto", best.code, best.title_id)
    with ctx.read() as session:
        goal = session.execute(select(CandidateGoal)).scalar_one()
    assert (goal.rome_code, goal.rome_version, goal.title_id) == (best.code, VERSION, best.title_id)
    ranked = rank_candidates(ctx, adviser, factories.offer(ctx, rome=best.code))
    (row,) = ranked.people
    assert row.candidate_id == person
    assert {mark.criterion: mark.status for mark in row.marks}[Criterion.OCCUPATION] is MatchStatus.MET


def _assert_explained(ranked: RankedList) -> None:
    assert ranked.people
    for person in ranked.people:
        assert person.fit == pytest.approx(sum(value for _, value in person.parts), abs=1e-9)
        assert person.pairs
        assert person.sentence


def test_the_demonstration_goes_on_when_the_national_files_arrive(ctx: Context, official_dir: Path) -> None:
    build(ctx)
    with ctx.read() as session:
        offers = session.execute(select(Offer.id).where(Offer.state == OfferState.PUBLISHED)).scalars().all()
    before = rank_candidates(ctx, None, offers[0])
    _load(ctx, official_dir)
    after = rank_candidates(ctx, None, offers[0])
    assert after.considered == before.considered
    for offer in offers:
        _assert_explained(rank_candidates(ctx, None, offer, top=10))


# --- what is refused, and that nothing is left of it ---------------------------------------------


@pytest.fixture
def copy(official_dir: Path, tmp_path: Path) -> Path:
    """The official files, free to be spoilt."""
    folder = tmp_path / "official"
    shutil.copytree(official_dir, folder, copy_function=shutil.copyfile)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    return folder


def _spoil(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = next(folder.rglob(name))
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    return spoil


REFUSED: list[tuple[Callable[[Path], Any], str]] = [
    (_spoil("*appellation*", "libelle_appellation_court", "court"), "libelle_appellation_court"),
    (_spoil("*code_rome_v*", "code_rome_parent", "parent"), "code_rome_parent"),
    (_spoil("*mobilite*", "code_rome_cible", "cible"), "code_rome_cible"),
    (_spoil("communes.csv", "superficie_km2", "surface"), "superficie_km2"),
    (lambda folder: next(folder.rglob("*competence*")).unlink(), "competence"),
    (lambda folder: shutil.rmtree(folder), "n’existe pas"),
]


@pytest.mark.parametrize(("spoil", "named"), REFUSED, ids=[named for _, named in REFUSED])
def test_a_wrong_file_is_refused_by_name_and_nothing_is_written(
    ctx: Context, copy: Path, spoil: Callable[[Path], Any], named: str
) -> None:
    spoil(copy)
    with pytest.raises(Invalid) as refusal:
        _load(ctx, copy)
    told = str(refusal.value) + " ".join(error.message for error in refusal.value.errors)
    assert named in told
    assert not any(_counts(ctx).values())


def test_the_shell_says_which_column_is_missing(
    sqlite_url: str, copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _spoil("communes.csv", "superficie_km2", "surface")(copy)
    monkeypatch.setenv("MATCHING_DATABASE_URL", sqlite_url)
    monkeypatch.setattr("sys.argv", ["matching", "reference", "load", str(copy)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert "superficie_km2" in capsys.readouterr().err


def test_a_load_cut_short_leaves_nothing(any_ctx: Context, official_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("matching.services.reference._write_settings", cut)
    with pytest.raises(KeyboardInterrupt):
        _load(any_ctx, official_dir)
    with any_ctx.read() as session:
        assert session.execute(select(func.count(AuditEvent.id))).scalar_one() == 0
    assert not any(_counts(any_ctx).values())
