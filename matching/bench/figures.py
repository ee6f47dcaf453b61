"""The table of speed: each figure measured, with the least it must be and what is hoped for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from matching.bench.baselines import CscWords, TfidfCosine, fit, fit_tokens, refit
from matching.bench.criteria import Crowd
from matching.bench.crowds import RankingPool, measure_alone
from matching.bench.timing import Duel, Work, duel
from matching.bench.world import TODAY, World, build, record_of
from matching.engine import Offer, Ranking, rank, shortlist, tie_hash, warm_up
from matching.engine.checks import Context
from matching.engine.evaluation import evaluate
from matching.engine.people import Selection

SIZE = 33_000
"""People of a Département; the floors and aims are for this size."""
FRANCE = 1_900_000
OFFERS = 61
"""One more than the rounds of the longest measure: the first round warms up."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ratio` is held to `floor` and `aim`: at least, or at most when `lower_is_better`.

    `ours` and `theirs`: what was measured, in `unit`; None where there is nothing to compare with. `detail`: other
    numbers of the same measure.
    """

    figure: str
    label: str
    size: int
    ratio: float
    floor: float
    aim: float | None
    unit: str
    ours: float
    theirs: float | None
    detail: dict[str, float]
    lower_is_better: bool = False

    @property
    def passed(self) -> bool:
        """The floor is held."""
        return self.ratio <= self.floor if self.lower_is_better else self.ratio >= self.floor

    def as_data(self) -> dict[str, Any]:
        """Plain data, `passed` among it."""
        return asdict(self) | {"passed": self.passed}


def measure(size: int = SIZE) -> Iterator[Figure]:
    """Every figure, one after the other, for `size` people, ten times as many, and as many times more as France has.

    Below 33 000 people everything is measured all the same, on crowds in proportion: quick, but the floors are meant
    for 33 000.
    """
    warm_up()
    world = build(size, OFFERS, texts=True)
    baselines = Baselines(world)
    yield against_rapidfuzz(world)
    yield against_scikit_learn(world, baselines, 10, 25, rounds=41)
    yield _scikit_learn_at_ten_times(size)
    yield against_scipy(world, baselines)
    yield from growth_and_memory(size)
    yield batch_against_cdist(world, size)
    yield edited_profile(build(size, OFFERS, texts=True))
    yield same_ids(world, baselines)


def run(size: int = SIZE, *, say: Callable[[str], None] = lambda _: None) -> list[Figure]:
    """Every figure; `say` is told each as it comes."""
    found = []
    for figure in measure(size):
        found.append(figure)
        say(line_of(figure))
    return found


def line_of(figure: Figure) -> str:
    """One figure in French, with what was measured."""
    versus = "" if figure.theirs is None else f" contre {_number(figure.theirs)}"
    return f"{figure.label}\u00a0: {_number(figure.ratio)} ({_number(figure.ours)}{versus} {figure.unit})"


def table(figures: Sequence[Figure]) -> str:
    """One line a figure: what is measured, what it must be, what is hoped for."""
    lines = [f"{'Mesure':60} {'Personnes':>10} {'Mesuré':>9} {'Plancher':>9} {'Visé':>9}"]
    for figure in figures:
        limits = f"{_limit(figure, figure.floor):>9} {_limit(figure, figure.aim):>9}"
        verdict = "tenu" if figure.passed else "MANQUÉ"
        lines.append(f"{figure.label:60} {figure.size:>10} {_number(figure.ratio):>9} {limits}  {verdict}")
    return "\n".join(lines)


def _limit(figure: Figure, value: float | None) -> str:
    sign = "≤" if figure.lower_is_better else "≥"
    return "" if value is None else f"{sign} {value:.3g}".replace(".", ",")


def _number(value: float) -> str:
    """Three figures that count, a French comma."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 3
    return f"{value:.{digits}f}".replace(".", ",")


class Baselines:
    """What the figures of one world are held against, prepared once."""

    def __init__(self, world: World) -> None:
        self.crowd = Crowd(world)
        self.cosine = TfidfCosine(world, self.crowd, fit_tokens(world.people.column("words").T.tolist()))
        self.csc = CscWords(world, self.crowd)


def ours(world: World, offer: Offer) -> Ranking:
    """The engine, as everybody calls it: the first 50 with their reasons."""
    return rank(world.people, offer, world.policy, **world.setting)


def our_ids(world: World, offer: Offer) -> Any:
    """The same first 50 without reasons: what the baselines that compute the same score give."""
    return shortlist(world.people, offer, world.policy, **world.setting)


# --- one offer -------------------------------------------------------------------------------------------------


def against_rapidfuzz(world: World) -> Figure:
    """First 50 with reasons, against the 50 nearest texts by `token_set_ratio`."""
    from rapidfuzz import fuzz, process

    choices = list(world.texts)

    def theirs(text: str) -> object:
        return process.extract(text, choices, scorer=fuzz.token_set_ratio, limit=50)

    pairs = zip(world.offers[:8], world.offer_texts, strict=False)
    found = duel((partial(ours, world, offer), partial(theirs, text)) for offer, text in pairs)
    return _faster("rapidfuzz_extract", "50 premières, contre rapidfuzz process.extract", world, found, 100, 300)


def against_scikit_learn(world: World, baselines: Baselines, floor: float, aim: float, *, rounds: int) -> Figure:
    """Against TF-IDF and cosine, the same score, ids alone on both sides; by the plain product, and when we add the
    reasons of the 50, in the detail."""
    cosine = baselines.cosine
    pairs = list(zip(world.offers[:rounds], world.offer_texts, strict=False))
    found = duel((partial(our_ids, world, o), partial(cosine.rank, o, text)) for o, text in pairs)
    product = duel((partial(our_ids, world, o), partial(cosine.rank_by_product, o, text)) for o, text in pairs)
    told = duel((partial(ours, world, o), partial(cosine.rank, o, text)) for o, text in pairs)
    detail = {"ratio_linear_kernel": product.ratio, "ratio_with_reasons": told.ratio}
    label = "50 premières, contre scikit-learn (TF-IDF, cosinus) + NumPy"
    return _faster("scikit_learn", label, world, found, floor, aim, detail)


def _scikit_learn_at_ten_times(size: int) -> Figure:
    world = build(10 * size, OFFERS)
    return against_scikit_learn(world, Baselines(world), 20, 60, rounds=11)


def against_scipy(world: World, baselines: Baselines) -> Figure:
    """Against the columns of the offer's words in a CSC matrix, the same score, ids alone on both sides; when we add
    the reasons of the 50, in the detail."""
    csc = baselines.csc
    found = duel((partial(our_ids, world, offer), partial(csc.rank, offer)) for offer in world.offers)
    told = duel((partial(ours, world, offer), partial(csc.rank, offer)) for offer in world.offers)
    detail = {"ratio_with_reasons": told.ratio}
    return _faster("scipy", "50 premières, contre SciPy (CSC) + NumPy", world, found, 2.5, 6, detail)


def edited_profile(world: World) -> Figure:
    """A profile typed again, until its person is in a ranking, against a refit of TF-IDF and its ranking.

    The refit reads the texts as scikit-learn does by itself, three times faster than by the words of the engine.
    Detail: by the words of the engine, and from every text already cut in words.
    """
    found = duel(_edits(world, 6, lambda texts, _: refit(texts)))
    same = duel(_edits(world, 3, lambda texts, _: fit(texts)))
    ready = duel(_edits(world, 6, lambda _, tokens: fit_tokens(tokens)))
    detail = {"ratio_same_words": same.ratio, "ratio_words_ready": ready.ratio}
    label = "Profil modifié, contre un nouveau calcul du TF-IDF"
    return _faster("edited_profile", label, world, found, 100, 400, detail)


def _edits(
    world: World, rounds: int, fitted: Callable[[list[str], list[list[int]]], Any]
) -> Iterator[tuple[Work, Work]]:
    """At each round somebody far from an offer becomes like the first of its list: both must then show them.

    `fitted`: the model learnt from the texts of everybody, or from their words.
    """
    people, texts = world.people, list(world.texts)
    tokens = people.column("words").T.tolist()
    for offer, text in zip(world.offers[:rounds], world.offer_texts, strict=False):
        shown = ours(world, offer).ids.tolist()
        first = people.row_of(shown[0])
        row = next(row for row in people.looking.tolist() if int(people.ids[row]) not in shown)
        edited = int(people.ids[row])
        before, after = record_of(people, row, edited), record_of(people, first, edited)
        tokens[row], texts[row] = tokens[first], texts[first]
        world.eligible[row] = world.eligible[first]
        people.upsert([after])
        crowd = Crowd(world)  # their columns are up to date before their time starts
        people.upsert([before])

        def engine(offer: Offer = offer, record: Any = after, edited: int = edited) -> None:
            people.upsert([record])
            assert edited in ours(world, offer).ids

        def again(offer: Offer = offer, text: str = text, crowd: Crowd = crowd, edited: int = edited) -> None:
            assert edited in TfidfCosine(world, crowd, fitted(texts, tokens)).rank(offer, text)

        yield engine, again


# --- many people, many offers ----------------------------------------------------------------------------------


def growth_and_memory(size: int) -> list[Figure]:
    """Two figures of a process of its own: time against the number of people, and the memory they hold."""
    sizes = (size, 10 * size, round(size * FRANCE / SIZE))
    alone = measure_alone(sizes)
    growth = Figure(
        "growth",
        "Exposant de croissance (le plus grand des pas)",
        sizes[-1],
        max(alone.exponents),
        1.05,
        0.95,
        "ms",
        alone.seconds[-1] * 1e3,
        None,
        {f"ms_{n}": s * 1e3 for n, s in zip(sizes, alone.seconds, strict=True)}
        | {f"exponent_{n}": e for n, e in zip(sizes[1:], alone.exponents, strict=True)},
        lower_is_better=True,
    )
    share, gigabytes = sizes[-1] / FRANCE, alone.resident_bytes / 1e9
    memory = Figure(
        "resident",
        "Mémoire après construction, en Go",
        sizes[-1],
        gigabytes,
        2 * share,
        1 * share,
        "Go",
        gigabytes,
        None,
        {"build_seconds": alone.build_seconds},
        lower_is_better=True,
    )
    return [growth, memory]


def batch_against_cdist(world: World, size: int, rounds: int = 4) -> Figure:
    """Pairs a second over many offers, every core on both sides; when we add the reasons of each 50, in the detail."""
    from rapidfuzz import fuzz, process

    many, few = 40, 2
    looking = len(world.people.looking)
    choices = list(world.texts)

    def theirs(number: int) -> object:
        asked = [world.offer_texts[(number * few + i) % OFFERS] for i in range(few)]
        return process.cdist(asked, choices, scorer=fuzz.token_set_ratio, workers=-1, dtype=np.uint8)

    with RankingPool(size, OFFERS) as pool:
        found = duel((partial(pool.rank, many, reasons=False), partial(theirs, n)) for n in range(rounds))
        told = duel((partial(pool.rank, many), partial(theirs, number)) for number in range(rounds))
    pairs, theirs_pairs = looking * many, len(choices) * few
    detail = {"workers": float(pool.workers), "ratio_with_reasons": told.ratio * pairs / theirs_pairs}
    return Figure(
        "batch",
        "Lot, en paires par seconde, contre rapidfuzz cdist",
        size,
        found.ratio * pairs / theirs_pairs,
        200,
        800,
        "paires/s",
        pairs / found.our_seconds,
        theirs_pairs / found.their_seconds,
        detail,
    )


# --- the same people -------------------------------------------------------------------------------------------


def same_ids(world: World, baselines: Baselines) -> Figure:
    """Part of the ids of the first 50, in order, that are those of the float64 references.

    Two references: the criteria written apart (`criteria.py`) over a float64 matrix, and the engine's own NumPy
    evaluation of the whole crowd. Detail: the same part for the float32 baselines, where near ties may fall apart.
    """
    reference = CscWords(world, Crowd(world, np.float64))
    plain, own, float32 = [], [], []
    for offer, text in zip(world.offers, world.offer_texts, strict=True):
        ids = ours(world, offer).ids
        plain.append(_same(ids, reference.rank(offer)))
        own.append(_same(ids, evaluated_ids(world, offer)))
        float32 += [_same(ids, baselines.csc.rank(offer)), _same(ids, baselines.cosine.rank(offer, text))]
    shares = {"plain": float(np.mean(plain)), "evaluate": float(np.mean(own)), "baselines": float(np.mean(float32))}
    worst = min(shares["plain"], shares["evaluate"])
    label = "Mêmes personnes que la référence en float64"
    return Figure("same_ids", label, len(world.people), worst, 1.0, None, "part", worst, None, shares)


def evaluated_ids(world: World, offer: Offer, top: int = 50) -> Any:
    """The first by `evaluate` over everybody at once, sorted plainly."""
    context = Context(world.people, offer, world.policy, world.occupations, TODAY, world.eligible)
    who = Selection(world.people, world.people.looking)
    seen = evaluate(context, who)
    ties = tie_hash(world.setting["seed"], who.ids)
    return who.ids[np.lexsort((ties, -np.rint(seen.fit * 1e9), seen.tiers))[:top]]


def _same(ids: Any, others: Any) -> float:
    return float(np.mean(ids == others)) if len(ids) == len(others) else 0.0


def _faster(
    name: str, label: str, world: World, found: Duel, floor: float, aim: float, detail: dict[str, float] | None = None
) -> Figure:
    ours_ms, theirs_ms = found.our_seconds * 1e3, found.their_seconds * 1e3
    return Figure(name, label, len(world.people), found.ratio, floor, aim, "ms", ours_ms, theirs_ms, detail or {})
