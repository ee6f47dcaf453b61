"""Quality of the ranking on a simulator whose truth is known: `matching bench --quality`.

**The world.** Trades, titles, skills and the ties between trades are those of the official files when they are given,
else the embedded ones; communes and networks are those of one Département. A few trades are wished and offered a lot
(Zipf). Everybody and every employer is invented, the same for the same seed.

**What is recorded, hence what the engine reads**: trades wished and done with their months, titles and their words in
the form people use for themselves, part of the skills people have, the commune, and every hard fact except those left
unknown: licences, vehicle, certificates and their end, ways to move and the minutes of each, the week, start, hours,
contracts accepted, French, degree, limits, right to work, belonging to a reserved public.

**What is latent**: the door in the commune; how much of a trade serves in another (shortest way over the official
mobility, families and shared skills, each tie with a length drawn at random); the sense of a title; the taste of
people and of jobs; which buses and lifts really exist; pace and detours; how far each employer bends on hours, week,
start, experience; skills not said; noise on both sides.

**Worth** of a pair = chance that the employer keeps the person (practice of near trades, speciality, skills, what can
be learnt) × chance that the person keeps the job (trade wished, taste, road, pay, hours, week), two logistic curves
with noise; 0 when a hard rule is truly broken. The gain of a list is read from it. Neither its shape nor a constant
of it comes from the engine, whose fit is a weighted sum of judged criteria. A job with fewer than ten people worth at
least 0.1 is drawn again: it would say nothing of the first ten of a list.

**Unknown** facts are drawn at random, each at 3, 10 or 30 %, whatever they say. "Unknown as fine" ranks with the
engine's own criteria, weights and tiers, every unknown hard fact counted as met; a second, stronger baseline counts as
met only what was never asked. The oracle ranks by worth. A violation is a person of a first ten whose *known* facts
make the job impossible however far everything latent bends, and whom the list does not show as stopped or too late.

**Groups** (invented "protected" facts) are drawn apart from everything else; one of them sets the gender of the words
people use for themselves, most offers being in the masculine. One seed knows a ratio within 10 or 15 % only: the mean
over seeds is held to the band.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matching.bench.quality.figures import (
    RATES,
    QualityFigure,
    against_unknown_as_fine,
    exposure,
    other_weights,
    spread,
    violations,
)
from matching.bench.quality.landscape import landscape
from matching.bench.quality.simulation import draw_world
from matching.reference.embedded import load_embedded
from matching.reference.model import Reference
from matching.reference.official import read_official

SIZE, OFFERS = 4_000, 200

__all__ = ["OFFERS", "SIZE", "QualityFigure", "run", "table"]


def run(
    size: int = SIZE,
    seed: int = 1,
    reference: Path | Reference | None = None,
    *,
    offers: int = OFFERS,
    say: Callable[[str], None] = lambda _: None,
) -> list[QualityFigure]:
    """Every figure of quality; `size` people and `offers` offers a world. `say` is told each as it comes.

    `reference`: the folder of the official files, or what was read of them; else the embedded one. Invalid when the
    folder lacks one.
    """
    known = read_official(reference) if isinstance(reference, Path) else reference or load_embedded()
    land = landscape(known, seed)
    world = draw_world(land, size, offers, seed)

    def steps() -> Iterator[QualityFigure]:
        for rate in (0.0, *RATES):
            yield from against_unknown_as_fine(world, rate)
        yield violations(world)
        yield other_weights(world)
        yield spread(world)
        yield exposure(land, size, offers, seed)

    found = []
    for figure in steps():
        found.append(figure)
        say(line_of(figure))
    return found


def line_of(figure: QualityFigure) -> str:
    """One figure in French, with what it is held to."""
    held = [f"au moins {_number(figure.floor)}"] if figure.floor is not None else []
    held += [f"au plus {_number(figure.ceiling)}"] if figure.ceiling is not None else []
    verdict = "tenu" if figure.passed else "MANQUÉ"
    return f"{figure.label} : {_number(figure.ratio)} ({', '.join(held)}) : {verdict}"


def table(figures: Sequence[QualityFigure]) -> str:
    """Every figure with its detail, in French."""
    lines = []
    for figure in figures:
        lines.append(line_of(figure))
        lines += [f"    {name} : {_number(value)}" for name, value in figure.detail.items()]
    return "\n".join(lines)


def _number(value: float) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace(".", ",")
