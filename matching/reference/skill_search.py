"""Skills suggested from words: those whose label looks like them, and those usual in the occupations they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.reference.lexical import Floats, LexicalIndex
from matching.reference.model import OccupationSkill, Skill
from matching.reference.query_words import Word, title_words

_USUAL_SHARE = 0.28  # a skill usual in the occupation meant, beside one whose label covers the words (1)
_VAGUE = 0.3  # likeness of labels that share syllables only
_LEAST = 0.15  # below, a skill has too little to do with the words
# What people say around a skill.
_SAID_TEXT = """
je j sais savoir faire fait ai deja su peux pouvoir connais connaissance bien capable aime ca
"""
_SAID = frozenset(_SAID_TEXT.split())


@dataclass(frozen=True, slots=True)
class SkillSuggestion:
    """A skill proposed for words; `score`, above 0, only orders the skills of one search."""

    id: str
    label: str
    score: float


class SkillSearch:
    """The skills of the reference. Read-only once made."""

    def __init__(self, ids: Sequence[str], labels: Sequence[str], index: LexicalIndex) -> None:
        self._ids, self._labels, self._index = list(ids), list(labels), index
        self._families = np.zeros(0, np.int32)
        self._skills = np.zeros(0, np.int32)
        self._share: Floats = np.zeros(0, np.float32)

    @classmethod
    def of(
        cls, skills: Iterable[Skill], links: Iterable[OccupationSkill], family: Mapping[str, int]
    ) -> SkillSearch | None:
        """Learn the labels and which families (numbered, by occupation or family code) use them; None without any."""
        kept = [skill for skill in skills if title_words(skill.label)]
        if not kept:
            return None
        index = LexicalIndex([" ".join(title_words(skill.label)) for skill in kept]).learn()
        made = cls([skill.id for skill in kept], [skill.label for skill in kept], index)
        place = {skill.id: i for i, skill in enumerate(kept)}
        known = (link for link in links if link.code in family and link.skill_id in place)
        found = {(family[link.code], place[link.skill_id]) for link in known}
        pairs = np.array(sorted(found), np.int32).reshape(-1, 2)
        made._link(pairs[:, 0], pairs[:, 1])
        return made

    def _link(self, families: NDArray[np.int32], skills: NDArray[np.int32]) -> None:
        """A skill of few families says more of the occupation than one of all."""
        self._families, self._skills = families, skills
        spread = np.bincount(skills, minlength=len(self._ids)).astype(np.float32)
        self._share = (1 / np.sqrt(np.sqrt(np.maximum(spread, 1)))).astype(np.float32)

    def find(self, words: Sequence[Word], chances: Floats, top: int) -> list[SkillSuggestion]:
        """The `top` skills for these words, best first; `chances` of each family that the words mean it."""
        said = [word for word in words if word.text not in _SAID] or list(words)
        scores = np.zeros(len(self._ids), np.float32)
        np.add.at(scores, self._skills, chances[self._families])
        scores = _USUAL_SHARE * scores * self._share
        if said and (like := self._index.compare(self._index.repaired(said))) is not None:
            scores += np.maximum(like.scores - _VAGUE, 0) / (1 - _VAGUE) + like.same
        order = np.argsort(-scores, kind="stable")[:top].tolist()
        return [SkillSuggestion(self._ids[i], self._labels[i], float(scores[i])) for i in order if scores[i] >= _LEAST]

    def examples(self, most: int) -> list[tuple[str, int, float]]:
        """(words, family, share) of the skills that at most so many families use: they tell the families apart."""
        spread = Counter(self._skills.tolist())
        return [
            (self._index.texts[skill], family, 1 / spread[skill])
            for family, skill in zip(self._families.tolist(), self._skills.tolist(), strict=True)
            if spread[skill] <= most
        ]

    def kept(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        """What a file must hold to make it again: lists of words, and arrays."""
        words, arrays = self._index.kept()
        return words | {"ids": self._ids, "labels": self._labels}, arrays | {
            "families": self._families,
            "skills": self._skills,
        }

    @classmethod
    def again(cls, words: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> SkillSearch:
        """The search of what `kept` gave. Raises `KeyError` when something is missing."""
        made = cls(words["ids"], words["labels"], LexicalIndex.again(words, arrays))
        made._link(arrays["families"], arrays["skills"])
        return made
