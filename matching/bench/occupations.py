"""Quality of the occupation search on the official titles: `matching bench --occupations FOLDER`.

**Right**: the ROME V3 family of the title comes first (or among the five shown).

**Noise**: the search has learnt every title; what it is asked is a title damaged by `noise`, which shares no table
with it. Titles are drawn at random, apart for each noise.

**Unseen titles**: held out by appellation. Appellations that share a form (a gender, a short form, an acronym) make
one group; the groups, shuffled by the seed, are dealt family by family into five folds, so that a fold is a fifth of
each family. The search learns the four others, without everyday words, and without the occupations that keep no
title, whose label is a title; then it is asked both genders of the titles of the fold, none of which it has seen.

**Everyday wordings**: a list written by hand (`everyday`), none of which is known; the search has learnt everything.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matching.bench import noise
from matching.bench.everyday import WORDINGS
from matching.reference.embedded import completed
from matching.reference.model import JobTitle, Reference
from matching.reference.occupation_search import OccupationSearch
from matching.reference.official import read_official
from matching.text import fold

SAMPLE = 2000
FOLDS = 5
Query = tuple[str, str]
"""What is asked, and the family that is right."""

_NOISES = {
    "typos": ("Fautes de frappe", 0.96, 0.985),
    "abbreviations": ("Mots abrégés", 0.92, 0.96),
    "together": ("Plusieurs bruits à la fois", 0.90, 0.94),
    "all_four": ("Les quatre bruits sur chaque intitulé", None, None),
    "advertisement": ("Dans une annonce", None, None),
    "no_accents": ("Sans accents", None, None),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: `value` is held to `floor` and `aim`, at least (at most when `lower_is_better`); None: only told."""

    figure: str
    label: str
    size: int
    value: float
    floor: float | None = None
    aim: float | None = None
    lower_is_better: bool = False

    @property
    def passed(self) -> bool:
        """The floor is held."""
        if self.floor is None:
            return True
        return self.value <= self.floor if self.lower_is_better else self.value >= self.floor

    def as_data(self) -> dict[str, Any]:
        """Plain data, `passed` among it."""
        return asdict(self) | {"passed": self.passed}


def run(
    folder: Path,
    *,
    seed: int = 1,
    sample: int = SAMPLE,
    folds: int = FOLDS,
    say: Callable[[str], None] = lambda _line: None,
) -> list[Figure]:
    """Every figure, on the official files of `folder`. `folds`, 1 to 5: how many fifths are held out, in turn.

    `sample`: queries drawn for each noise, and for each fold. `say` is told each figure as it comes.
    """
    found = []
    for figure in measure(completed(read_official(folder)), seed=seed, sample=sample, folds=folds):
        found.append(figure)
        say(line_of(figure))
    return found


def measure(reference: Reference, *, seed: int, sample: int, folds: int) -> Iterator[Figure]:
    """As `run`, on a reference already read."""
    started = time.perf_counter()
    search = learn(reference, reference.titles)
    yield _at_most("training_s", "Apprentissage (s)", len(reference.titles), time.perf_counter() - started, 120)
    search, megabytes = _reloaded(search)
    yield _at_most("model_mb", "Modèle sur le disque (Mo)", len(reference.titles), megabytes, 100)
    asked = _Asked(search)
    for kind, (label, floor, aim) in _NOISES.items():
        queries = noisy_queries(reference, kind, sample, seed)
        yield Figure(kind, label, len(queries), asked.first_and_five(queries)[0], floor, aim)
    yield _at_most("query_ms", "Une recherche, médiane (ms)", len(asked.times), asked.median_ms(), 50)
    yield Figure("sure", "Pris seul, des intitulés bruités", len(asked.times), asked.sure / len(asked.times))
    yield Figure("sure_right", "Juste, quand il est pris seul", asked.sure, asked.sure_right / max(1, asked.sure), 0.98)
    yield from _everyday(_Asked(search))
    yield from _unseen(reference, seed, sample, folds)


def learn(reference: Reference, titles: Sequence[JobTitle], everyday: bool = True) -> OccupationSearch:
    """The search as the product learns it, from these titles only; occupations without one are left out."""
    codes = {title.code for title in titles}
    occupations = [occupation for occupation in reference.occupations if occupation.code in codes]
    synonyms = reference.synonyms if everyday else ()
    return OccupationSearch().fit(titles, synonyms, occupations, reference.skills, reference.occupation_skills)


def noisy_queries(reference: Reference, kind: str, sample: int, seed: int) -> list[Query]:
    """Titles drawn at random, each damaged by this noise."""
    dice = _dice(seed, kind)
    titles = dice.sample(reference.titles, min(sample, len(reference.titles)))
    return [(noise.KINDS[kind](title.label, dice), _family(reference, title)) for title in titles]


def held_out(reference: Reference, seed: int, fold_number: int) -> tuple[list[JobTitle], list[JobTitle]]:
    """(titles to learn, titles never seen): no form of the second is a form of the first."""
    groups = _groups(reference.titles)
    _dice(seed, "folds").shuffle(groups)
    groups.sort(key=lambda group: _family(reference, group[0]))
    parts: tuple[list[JobTitle], list[JobTitle]] = ([], [])
    for place, group in enumerate(groups):
        parts[place % FOLDS == fold_number].extend(group)
    return parts


def unseen_queries(reference: Reference, titles: Iterable[JobTitle]) -> list[Query]:
    """Both genders of each title, once when they are the same."""
    return [
        (form, _family(reference, title))
        for title in titles
        for form in dict.fromkeys((noise.masculine(title.label), noise.feminine(title.label)))
    ]


def table(figures: Sequence[Figure]) -> str:
    """One line a figure: what is measured, what it must be, what is hoped for."""
    lines = [f"{'Mesure':45} {'Demandes':>9} {'Mesuré':>8} {'Plancher':>9} {'Visé':>8}"]
    for figure in figures:
        limits = f"{_limit(figure, figure.floor):>9} {_limit(figure, figure.aim):>8}"
        verdict = "" if figure.floor is None else "  tenu" if figure.passed else "  MANQUÉ"
        lines.append(f"{figure.label:45} {figure.size:>9} {_number(figure.value):>8} {limits}{verdict}")
    return "\n".join(lines)


def line_of(figure: Figure) -> str:
    """One figure in French."""
    return f"{figure.label}\u00a0: {_number(figure.value)} ({figure.size} demandes)"


class _Asked:
    """A search, and what it was asked so far."""

    def __init__(self, search: OccupationSearch) -> None:
        self.search = search
        self.times: list[float] = []
        self.sure = self.sure_right = 0

    def first_and_five(self, queries: Sequence[Query]) -> tuple[float, float]:
        """The shares of queries whose right family comes first, and among the five; what is taken alone is counted."""
        first = five = 0
        for text, family in queries:
            began = time.perf_counter()
            decided = self.search.decide(text)
            self.times.append(time.perf_counter() - began)
            families = [one.family for one in decided.choices]
            sure, good = decided.sure is not None, families[:1] == [family]
            first, five = first + good, five + (family in families)
            self.sure, self.sure_right = self.sure + sure, self.sure_right + (sure and good)
        return first / max(1, len(queries)), five / max(1, len(queries))

    def median_ms(self) -> float:
        return 1000 * statistics.median(self.times)


def _everyday(asked: _Asked) -> Iterator[Figure]:
    queries = [(text, family) for text, family in WORDINGS if not asked.search.knows(text)]
    first, five = asked.first_and_five(queries)
    yield Figure("everyday_first", "Mots de tous les jours, le premier", len(queries), first)
    yield Figure("everyday_five", "Mots de tous les jours, dans les cinq", len(queries), five)


def _unseen(reference: Reference, seed: int, sample: int, folds: int) -> Iterator[Figure]:
    """Each fold counts for as much as it has queries."""
    firsts = fives = 0.0
    size = sure = sure_right = 0
    for number in range(folds):
        learnt, kept = held_out(reference, seed, number)
        queries = unseen_queries(reference, kept)
        queries = _dice(seed, f"unseen {number}").sample(queries, min(sample, len(queries)))
        asked = _Asked(learn(reference, learnt, everyday=False))
        first, five = asked.first_and_five(queries)
        firsts, fives, size = firsts + first * len(queries), fives + five * len(queries), size + len(queries)
        sure, sure_right = sure + asked.sure, sure_right + asked.sure_right
    yield Figure("unseen_first", "Intitulés jamais vus, le premier", size, firsts / size, 0.70, 0.75)
    yield Figure("unseen_five", "Intitulés jamais vus, dans les cinq", size, fives / size, 0.87, 0.92)
    yield Figure("unseen_sure", "Pris seul, des intitulés jamais vus", size, sure / size)
    yield Figure("unseen_sure_right", "Juste, quand il est pris seul", sure, sure_right / max(1, sure))


def _groups(titles: Sequence[JobTitle]) -> list[list[JobTitle]]:
    """Titles joined when they share a form, whatever its case, accents or gender."""
    of: dict[str, list[JobTitle]] = {}
    for title in titles:
        forms = [fold(form) for form in title.searchable]
        group = [title]
        for known in {id(of[form]): of[form] for form in forms if form in of}.values():
            group += known
        for member in group:
            of.update((fold(form), group) for form in member.searchable)
    return list({id(group): group for group in of.values()}.values())


def _reloaded(search: OccupationSearch) -> tuple[OccupationSearch, float]:
    """The search as a worker has it, saved then loaded, and its size."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        search.save(path)
        return OccupationSearch.load(path), path.stat().st_size / 1e6


def _dice(seed: int, name: str) -> random.Random:
    return random.Random(f"{seed} {name}")  # noqa: S311


def _family(reference: Reference, title: JobTitle) -> str:
    return reference.occupation_by_code[title.code].family


def _at_most(figure: str, label: str, size: int, value: float, most: float) -> Figure:
    return Figure(figure, label, size, value, most, lower_is_better=True)


def _limit(figure: Figure, value: float | None) -> str:
    return "" if value is None else ("≤ " if figure.lower_is_better else "≥ ") + _number(value)


def _number(value: float) -> str:
    return f"{value:.{3 if value <= 1 else 1}f}".replace(".", ",")
