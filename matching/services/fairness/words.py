"""Readings as sentences: plain French, the figure after it, nothing that it does not prove."""

from __future__ import annotations

from typing import Final

from matching.placements.fairness import Ratio, Reading
from matching.services.fairness.groups import Group
from matching.text import NBSP

_DEGREE: Final = {
    Reading.FAR_LESS: "nettement moins",
    Reading.LESS: "un peu moins",
    Reading.MORE: "un peu plus",
    Reading.FAR_MORE: "nettement plus",
}
# The verb with its degree in the middle; {s} is the ending of a participle.
_STANDS_OUT: Final = {
    "first": "sont {degree} montré{s} que leur part dans les 10 premières places",
    "fifty": "sont {degree} montré{s} que leur part dans les 50 premières places",
    "proposed": "reçoivent {degree} souvent une proposition que l’ensemble, une fois en tête de liste",
    "agreed": "donnent {degree} souvent leur accord que l’ensemble, une fois une offre proposée",
    "hired": "sont {degree} souvent embauché{s} que l’ensemble, une fois une offre proposée",
}


def written_decimals(number: float) -> str:
    """« 0,93 »."""
    return f"{number:.2f}".replace(".", ",")


def written_percent(share: float, decimals: int = 0) -> str:
    """« 12 % »."""
    return f"{100 * share:.{decimals}f}".replace(".", ",") + f"{NBSP}%"


def written_ratio(ratio: Ratio) -> str:
    """« 0,93 (0,88–0,98) »."""
    low, high = written_decimals(ratio.low), written_decimals(ratio.high)
    return f"{written_decimals(ratio.value)} ({low}–{high})"


def sentence(group: Group, measure: str, reading: Reading, ratio: Ratio | None = None) -> str:
    """What a group's ratio says. Short where it says nothing: the line of the table already names the group."""
    if reading in _DEGREE and ratio is not None:
        says = _STANDS_OUT[measure].format(degree=_DEGREE[reading], s=group.e + "s")
        return f"{group.subject} {says}{NBSP}: {written_ratio(ratio)}."
    return reading.label[0].upper() + reading.label[1:]
