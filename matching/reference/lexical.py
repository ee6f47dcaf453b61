"""Comparing words with many short texts: cosine of character n-grams first, then word by word for the nearest.

The n-grams find the texts that look like the words, typos included; a cut or damaged word is then judged better
beside the word it stands for.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.reference.query_words import Word

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

NEARLY_SAME = 0.85
"""Mutual cover from which a text says nearly the same as the words."""

_LENGTHS = (2, 3, 4, 5)
_NEAREST = 80
_REPAIR_CUTOFF = 0.72
_LONG = 8  # letters from which a word is often cut: "carr." is a "carreleur" rather than a "carrier"
_CUT, _CUT_SHORT = 0.95, 0.88  # likeness of a cut word to a long word that it begins, and to a short one
_DAMAGED_START = 0.9
_HEARD = 0.95  # trust of a word found by its sound
_GUESSED = 0.9  # trust of a beginning with a slip
_BEGINNINGS = range(3, 7)  # letters of the beginning of a word that is still known with a slip
_REPAIRS, _WAYS = 5, 6  # repairs tried of one word, and of all the words together
_SURE_REPAIR = 0.8  # one slip in five letters; "quoi" is no sure "quai"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How near each text is, one number each: `scores` 0 to 1; `same` 0 to 1, above 0 if it says nearly the same."""

    scores: Floats
    same: Floats


class LexicalIndex:
    """Texts, each a few folded words apart by spaces, and what it takes to compare words with them all."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self.words_of = [tuple(text.split()) for text in self.texts]
        seen = Counter(word for words in self.words_of for word in set(words))
        self.rarity = {word: math.log(1 + len(self.texts) / count) for word, count in seen.items()}
        self.known = frozenset(self.rarity)
        self.leading = frozenset(words[0] for words in self.words_of if words)
        self._sorted = sorted(self.rarity)
        self._begun = Counter(word[:n] for word in self.rarity for n in _BEGINNINGS if n <= len(word))
        self._grams: dict[str, int] = {}
        self._idf: Floats = np.zeros(0, np.float32)
        self._starts: NDArray[np.int64] = np.zeros(1, np.int64)
        self._places: Ints = np.zeros(0, np.int32)
        self._weights: Floats = np.zeros(0, np.float32)

    def learn(self) -> LexicalIndex:
        """Weigh the n-grams of the texts (TF-IDF, norm 1), kept as one posting list per n-gram; returns itself."""
        from scipy.sparse import csr_matrix

        of_word = {word: grams(word) for word in self.rarity}
        counts = Counter(gram for words in self.words_of for gram in {g for word in words for g in of_word[word]})
        self._grams = {gram: i for i, gram in enumerate(sorted(counts))}
        total = len(self.texts)
        frequency = np.array([counts[gram] for gram in self._grams], np.float32)
        self._idf = (np.log((1 + total) / (1 + frequency)) + 1).astype(np.float32)
        place = {word: [self._grams[gram] for gram in parts] for word, parts in of_word.items()}
        rows = [[column for word in words for column in place[word]] for words in self.words_of]
        flat = np.fromiter((column for row in rows for column in row), np.int32)
        pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        matrix = csr_matrix((np.ones(len(flat), np.float32), flat, pointers), shape=(total, len(self._grams)))
        matrix.sum_duplicates()
        matrix.data = (1 + np.log(matrix.data)) * self._idf[matrix.indices]
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(norms, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
        postings = matrix.tocsc()
        self._starts = postings.indptr.astype(np.int64)
        self._places = postings.indices.astype(np.int32)
        self._weights = as_saved(postings.data)
        return self

    def kept(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        """What a file must hold to make it again: lists of words, and arrays."""
        arrays: dict[str, NDArray[Any]] = {"idf": self._idf, "starts": self._starts, "places": self._places}
        arrays["weights"] = self._weights.astype(np.float16)
        return {"texts": self.texts, "grams": list(self._grams)}, arrays

    @classmethod
    def again(cls, words: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> LexicalIndex:
        """The index of what `kept` gave. Raises `KeyError` when something is missing."""
        index = cls(words["texts"])
        index._grams = {gram: i for i, gram in enumerate(words["grams"])}
        index._idf, index._starts, index._places = arrays["idf"], arrays["starts"], arrays["places"]
        index._weights = arrays["weights"].astype(np.float32)
        return index

    def repairs(self, words: Iterable[Word]) -> list[list[Word]]:
        """The words in each way they may be repaired, never empty, the likeliest of each word first.

        A word that no text has is brought back to one of the nearest that one has, or marked as a beginning.
        """
        ways = product(*(self._repairs(word) for word in words))
        return [list(way) for way in islice(ways, _WAYS)]

    def repaired(self, words: Iterable[Word]) -> list[Word]:
        """The words, each repaired in the likeliest way."""
        return self.repairs(words)[0]

    def _repairs(self, word: Word) -> list[Word]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if word.text in self.rarity and not word.cut:
            return [word]
        if word.usual or (len(word.text) >= 2 and self._begins_a_word(word.text)):
            return [Word(word.text, True, word.usual)]
        if word.cut:
            return self._mended_starts(word) or [word]
        if len(word.text) < 4:  # whole as it stands: "été" is no slip
            return [word]
        heard = word.text.replace("ss", "c")  # a "ç" written as it is heard: "masson"
        if heard in self.rarity:
            return [Word(heard, trust=_HEARD)]
        near = process.extract(
            word.text, self._sorted, scorer=OSA.normalized_similarity, score_cutoff=_REPAIR_CUTOFF, limit=_REPAIRS
        )
        near.sort(key=lambda hit: (-hit[1], self.rarity[hit[0]]))
        whole = [Word(text, trust=1.0 if score >= _SURE_REPAIR else score) for text, score, _ in near]
        return [*whole, *self._mended_starts(word)] or [word]

    def _begins_a_word(self, start: str) -> bool:
        at = bisect_left(self._sorted, start)
        return at < len(self._sorted) and self._sorted[at].startswith(start)

    def _mended_starts(self, word: Word) -> list[Word]:
        """The beginnings of known words that it is with a slip after the first letter, those of most words first."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if len(word.text) not in _BEGINNINGS:
            return []
        begun = [start for start in self._begun if start[0] == word.text[0]]
        near = process.extract(word.text, begun, scorer=OSA.distance, score_cutoff=1, limit=None)
        starts = sorted((start for start, _, _ in near), key=lambda start: (-self._begun[start], start))
        return [Word(start, cut=True, trust=_GUESSED) for start in starts[:_REPAIRS]]

    def nearest(self, ways: Sequence[list[Word]], first: Likeness) -> tuple[list[Word], Likeness]:
        """(the way that is nearest to a text, what any of them is like); `first` is what the first is like."""
        read = [(ways[0], first)]
        read += [(way, like) for way in ways[1:] if (like := self.compare(way)) is not None]
        said, _ = max(read, key=lambda one: (float(one[1].same.max()), float(one[1].scores.max())))
        scores, same = np.array([like.scores for _, like in read]), np.array([like.same for _, like in read])
        return said, Likeness(scores.max(axis=0), same.max(axis=0))

    def compare(self, words: Sequence[Word]) -> Likeness | None:
        """How near every text is to these words, repaired first; None when they share nothing with any."""
        columns, weights = self._weigh(words)
        if not len(columns):
            return None
        cosines = self._cosines(columns, weights)
        count = min(_NEAREST, len(cosines))
        nearest = np.argpartition(-cosines, count - 1)[:count]
        covers = self._covers(words, nearest.tolist())
        scores, same = cosines * np.float32(0.5), np.zeros_like(cosines)
        scores[nearest] += 0.5 * covers
        same[nearest] = np.clip((covers - NEARLY_SAME) / (1 - NEARLY_SAME), 0, 1)
        return Likeness(scores, same)

    def _weigh(self, words: Sequence[Word]) -> tuple[Ints, Floats]:
        """The columns of the words' n-grams and their weights, of norm 1, less for what no text has."""
        read = [gram for word in words for gram in readings(word)]
        found = [self._grams[gram] for gram in read if gram in self._grams]
        if not found:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        columns, counts = np.unique(np.array(found, np.int32), return_counts=True)
        weights = ((1 + np.log(counts)) * self._idf[columns]).astype(np.float32)
        strange = (len(read) - len(found)) * float(self._idf.max()) ** 2
        return columns, weights / math.sqrt(float(weights @ weights) + strange)

    def _cosines(self, columns: Ints, weights: Floats) -> Floats:
        scores = np.zeros(len(self.texts), np.float32)
        for column, weight in zip(columns.tolist(), weights.tolist(), strict=True):
            part = slice(self._starts[column], self._starts[column + 1])
            scores[self._places[part]] += weight * self._weights[part]
        return scores

    def _covers(self, words: Sequence[Word], places: Sequence[int]) -> Floats:
        """How well each text and the words cover one another, word by word, rare words counting more."""
        likeness: dict[tuple[Word, str], float] = {}

        def like(word: Word, other: str) -> float:
            key = (word, other)
            if key not in likeness:
                likeness[key] = alike(word, other)
            return likeness[key]

        usual = math.log(1 + len(self.texts) / 20)
        rarity = [self.rarity.get(word.text, usual) for word in words]
        scores = np.zeros(len(places), np.float32)
        for at, place in enumerate(places):
            others = self.words_of[place]
            table = [[like(word, other) for other in others] for word in words]
            asked = sum(r * max(row) for r, row in zip(rarity, table, strict=True)) / sum(rarity)
            weights = [self.rarity[other] for other in others]
            held = sum(w * max(row[j] for row in table) for j, w in enumerate(weights)) / sum(weights)
            scores[at] = 0.6 * asked + 0.4 * held
        return scores


def grams(word: str, cut: bool = False) -> list[str]:
    """The character n-grams of a word between its edges; a cut word has no end."""
    padded = f" {word}" if cut else f" {word} "
    return [padded[i : i + n] for n in _LENGTHS for i in range(len(padded) - n + 1)]


def readings(word: Word) -> list[str]:
    """The n-grams of a word and of what it usually stands for."""
    return grams(word.text, word.cut) + [gram for part in word.usual.split() for gram in grams(part)]


def alike(word: Word, other: str) -> float:
    """0 to 1: 1 for the same word, near 1 for its beginning when cut, less for a damaged or related word."""
    from rapidfuzz.distance import OSA

    if word.text == other:
        return word.trust
    if word.usual and other in word.usual.split():
        return 0.97
    if other.startswith(word.text) and len(word.text) >= 2:
        return (_CUT if len(other) >= _LONG else _CUT_SHORT) * word.trust if word.cut else 0.8
    near = float(OSA.normalized_similarity(word.text, other))
    if word.cut:  # a slip in the beginning that is left
        near = max(near, _DAMAGED_START * float(OSA.normalized_similarity(word.text, other[: len(word.text)])))
    related = 0.6 if len(word.text) >= 6 and other[:6] == word.text[:6] else 0.0
    return max(related, near * near if near >= 0.6 else 0.0)


def as_saved(values: Any) -> Floats:
    """Half precision is enough: rounding at once makes a saved index answer exactly as the learnt one."""
    return np.asarray(values, np.float16).astype(np.float32)
