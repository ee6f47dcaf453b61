"""The words invented texts are made of: French as it is written (wordfreq), and the words of each trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine import words_of
from matching.reference.embedded import load_embedded
from matching.text import fold

GENERAL = 20_000
"""How many of the most frequent French words are drawn from."""
_DRAWS = 1 << 20

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """Words by number, as written and as the engine reads them.

    `written` object[w]; `tokens` uint16[w], 0 for what the engine drops. `draw` int32[2²⁰]: picked uniformly, it
    gives general words with their French frequencies. `titles`, `trades`: int32, a line a title of the reference, a
    line an occupation, in the reference's order; -1 beyond the end of a line.
    """

    written: npt.NDArray[Any]
    tokens: npt.NDArray[np.uint16]
    draw: Ints
    titles: Ints
    trades: Ints

    def text(self, words: Ints) -> str:
        """The words of a line as written, -1 left out."""
        return " ".join(self.written[words[words >= 0]].tolist())

    def general(self, rng: np.random.Generator, shape: tuple[int, int]) -> Ints:
        """General words, with their frequencies."""
        words: Ints = self.draw[rng.integers(0, _DRAWS, shape, dtype=np.int32)]
        return words


@cache
def vocabulary() -> Vocabulary:
    """Read once a process."""
    from wordfreq import top_n_list, word_frequency

    reference = load_embedded()
    general = [word for word in top_n_list("fr", GENERAL * 2) if _single(word)][:GENERAL]
    frequency = np.array([word_frequency(word, "fr") for word in general])
    steps = np.cumsum(frequency) / frequency.sum()
    draw = np.searchsorted(steps, (np.arange(_DRAWS) + 0.5) / _DRAWS).astype(np.int32)
    numbers = {word: number for number, word in enumerate(general)}

    def lines(texts: Iterable[str]) -> Ints:
        found = [[numbers.setdefault(word, len(numbers)) for word in fold(text).split()] for text in texts]
        return _rectangle(found)

    titles = lines(title.masculine for title in reference.titles)
    trades = lines(_words_of_trades().values())
    written = np.array(list(numbers), dtype=object)
    tokens = np.array([(words_of(word) or (0,))[0] for word in numbers], np.uint16)
    return Vocabulary(written, tokens, draw, titles, trades)


def _words_of_trades() -> dict[str, str]:
    """By occupation, everything the reference says in words about it."""
    reference = load_embedded()
    said = {occupation.code: [occupation.label] for occupation in reference.occupations}
    skills = {skill.id: skill.label for skill in reference.skills}
    for link in reference.occupation_skills:
        said[link.code].append(skills[link.skill_id])
    for synonym in reference.synonyms:
        said[synonym.rome_code].append(synonym.words)
    return {code: " ".join(texts) for code, texts in said.items()}


def _single(word: str) -> bool:
    """Read by the engine as one word at most, so that a text is the sum of its words."""
    return len(fold(word).split()) == 1


def _rectangle(lines: list[list[int]]) -> Ints:
    table = np.full((len(lines), max(len(line) for line in lines)), -1, np.int32)
    for row, line in enumerate(lines):
        table[row, : len(line)] = line
    return table
