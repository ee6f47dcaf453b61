"""The measure of the occupation search: nothing seen is asked, no table is shared, floors are held."""

from __future__ import annotations

import ast
import random
from dataclasses import replace
from pathlib import Path

import pytest

from matching.bench import noise, occupations
from matching.bench.everyday import WORDINGS
from matching.bench.occupations import Figure
from matching.reference.embedded import load_embedded
from matching.reference.occupation_search import SURE, OccupationSearch
from matching.text import fold

pytestmark = pytest.mark.long

TITLE = "Conducteur / Conductrice d'engins agricoles"


def _forms(titles: list) -> set[str]:
    return {fold(form) for title in titles for form in title.searchable}


def test_each_title_is_held_out_once_and_none_of_its_forms_is_learnt() -> None:
    reference = load_embedded()
    asked = []
    for number in range(occupations.FOLDS):
        learnt, kept = occupations.held_out(reference, 3, number)
        assert not _forms(learnt) & _forms(kept)
        assert not {fold(text) for text, _ in occupations.unseen_queries(reference, kept)} & _forms(learnt)
        asked += kept
    assert sorted(title.id for title in asked) == sorted(title.id for title in reference.titles)


def test_titles_that_share_a_form_are_held_out_together() -> None:
    reference = load_embedded()
    first, *rest = reference.titles
    twin = replace(rest[40], searchable=(*rest[40].searchable, first.masculine.upper()))
    joined = replace(reference, titles=(first, *rest[:40], twin, *rest[41:]))
    for number in range(occupations.FOLDS):
        _, kept = occupations.held_out(joined, 3, number)
        assert ({first.id, twin.id} <= {title.id for title in kept}) is (first in kept)


def test_the_noise_shares_no_table_with_the_search() -> None:
    tree = ast.parse(Path(noise.__file__).read_text(encoding="utf-8"))
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.startswith("matching")]


def test_together_stacks_two_noises_at_least() -> None:
    dice = random.Random(1)
    told = [noise.together(TITLE, dice) for _ in range(60)]
    clean = {noise.masculine(TITLE), noise.feminine(TITLE)}
    assert not clean & set(told)
    assert len(set(told)) > 40


@pytest.fixture(scope="module")
def search() -> OccupationSearch:
    """Learnt once: it is read-only."""
    return occupations.learn(load_embedded(), load_embedded().titles)


def test_everyday_wordings_are_not_known_words(search: OccupationSearch) -> None:
    assert [text for text, _ in WORDINGS if search.knows(text)] == []
    assert search.knows("Plongeur resto")


def test_taken_alone_is_what_the_product_takes_not_only_what_is_likely(search: OccupationSearch) -> None:
    asked = occupations._Asked(search)
    asked.first_and_five([("poids lourd", "N4101"), ("chauffeur poids lourd", "N4101")])
    assert search.search("poids lourd")[0].confidence >= SURE
    assert (asked.sure, asked.sure_right) == (1, 1)


def test_a_small_measure_has_every_figure() -> None:
    found = {f.figure: f for f in occupations.measure(load_embedded(), seed=2, sample=60, folds=1)}
    assert set(found) == {
        "training_s", "model_mb", "typos", "abbreviations", "together", "all_four", "advertisement", "no_accents",
        "everyday_first", "everyday_five", "query_ms", "sure", "sure_right", "unseen_first", "unseen_five",
        "unseen_sure", "unseen_sure_right",
    }  # fmt: skip
    assert found["typos"].value >= 0.9
    assert 0.2 <= found["unseen_first"].value < found["typos"].value
    assert found["everyday_first"].size == len(WORDINGS)


@pytest.mark.parametrize(
    ("figure", "passed", "verdict"),
    [
        (Figure("typos", "Fautes", 10, 0.95, 0.96, 0.985), False, "MANQUÉ"),
        (Figure("typos", "Fautes", 10, 0.96, 0.96, 0.985), True, "tenu"),
        (Figure("training_s", "Apprentissage", 10, 121, 120, lower_is_better=True), False, "MANQUÉ"),
        (Figure("sure", "Pris seul", 10, 0.2), True, "0,200"),
    ],
)
def test_a_figure_says_whether_its_floor_is_held(figure: Figure, passed: bool, verdict: str) -> None:
    assert figure.passed is passed
    assert figure.as_data()["passed"] is passed
    assert verdict in occupations.table([figure])


@pytest.mark.reference
def test_the_floors_are_held_on_the_national_titles(official_dir: Path) -> None:
    """Sizes and times are left to the measure itself: a machine that tests is busy."""
    found = occupations.run(official_dir, sample=400, folds=1)
    missed = {figure.figure: figure.value for figure in found if not figure.passed and not figure.lower_is_better}
    assert missed == {}
    everyday = {figure.figure: figure.value for figure in found if figure.figure.startswith("everyday")}
    assert everyday["everyday_first"] >= 0.7
    assert everyday["everyday_five"] >= 0.85
