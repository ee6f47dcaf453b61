"""A supervised classifier of short texts: which class the words belong to, learnt from examples.

Each text is the sum of vectors learnt for its features (character n-grams, words, pairs of words that follow one
another), and a linear softmax over the classes reads that sum. It learns from all the texts of a class together,
which is what finds a wording that no text has. Five of them, which trust words more or less beside n-grams, give
their opinion: the mean errs less than the best of them. The seed is fixed.

Most n-grams are hidden at each step, others each time, so that no text is known by one of them alone; and each text is
learnt once more as somebody in a hurry writes it, so that cut words count for what they usually begin.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.reference.lexical import Floats, as_saved, grams
from matching.reference.query_words import Word

_DIMENSIONS = 96
_PASSES = 12
_BATCH = 256
_STEP = 0.3
_HIDDEN_DROP = 0.3  # share of the sum hidden at each step, so that no dimension is relied on alone
_FEATURE_DROP = 0.7  # share of the features of a text hidden at each step: a wording never met has few that are known
_HURRIED = 0.5  # weight of a text written in a hurry, beside the text (1)
_CUT_FROM, _SLIP_FROM, _SLIPS = 6, 5, 0.25  # letters from which a word may be cut, or lose one; share of those that do
_WORD_SHARES = (0.5, 1.5, 1.0, 0.7, 0.3)  # of each member: length of the part "words and pairs" beside "n-grams" (1)


class TextClassifier:
    """Read-only once learnt. Classes are numbered from 0."""

    def __init__(self) -> None:
        self._features: dict[str, int] = {}
        self._idf: Floats = np.zeros(0, np.float32)
        self._is_word: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._vectors: NDArray[np.float16] = np.zeros((0, 0, 0), np.float16)
        self._classes: Floats = np.zeros((0, 0, 0), np.float32)

    def learn(self, texts: Sequence[str], classes: NDArray[np.int64], weights: Floats, total: int) -> TextClassifier:
        """Learn that each text (folded words) is of its class among `total`, counting for its weight (0 to 1)."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from threadpoolctl import threadpool_limits

        written = [[Word(word) for word in text.split()] for text in texts]
        dice = random.Random(0)  # noqa: S311
        hurried = [_hurried(words, dice) for words in written]
        reader = TfidfVectorizer(analyzer=features, sublinear_tf=True, norm=None, dtype=np.float32).fit(written)
        matrix = reader.transform(written + hurried)
        matrix.sort_indices()  # the same sums in the same order at every run
        classes, weights = np.tile(classes, 2), np.concatenate([weights, weights * np.float32(_HURRIED)])
        self._features = dict(sorted(reader.vocabulary_.items()))
        self._idf = reader.idf_.astype(np.float32)
        self._is_word = np.array([feature[0] == _WORD_MARK for feature in self._features])
        self._even(matrix)
        with threadpool_limits(1):  # the same sums in the same order on one machine, and no wait on a busy one
            members = [
                _descend(self._shared(matrix, share), classes, weights, total, seed)
                for seed, share in enumerate(_WORD_SHARES)
            ]
        self._vectors = np.asarray([vectors for vectors, _ in members], np.float16)
        self._classes = as_saved([outputs for _, outputs in members])
        return self

    def _even(self, matrix: Any) -> None:
        """Give the n-grams of each text norm 1, and its words norm 1, in place (CSR)."""
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        part = 2 * rows + self._is_word[matrix.indices]
        norms = np.sqrt(np.bincount(part, matrix.data * matrix.data, 2 * matrix.shape[0]))
        matrix.data /= np.maximum(norms, 1e-9).astype(np.float32)[part]

    def _shared(self, matrix: Any, share: float) -> Any:
        """The texts as one member reads them."""
        shared = matrix.copy()
        shared.data *= self._lengths(matrix.indices, share)
        return shared

    def _lengths(self, columns: NDArray[Any], share: float) -> Floats:
        lengths = np.where(self._is_word[columns], share, 1.0) / math.sqrt(1 + share * share)
        return np.asarray(lengths, np.float32)

    def _weigh(self, found: Iterable[str]) -> tuple[NDArray[np.int64], Floats]:
        """The columns of the features and their weights, norm 1 for the n-grams and norm 1 for the words."""
        known = Counter(self._features[feature] for feature in found if feature in self._features)
        columns = np.fromiter(sorted(known), np.int64, len(known))
        counts = np.array([known[int(column)] for column in columns], np.float32)
        values = ((1 + np.log(counts)) * self._idf[columns]).astype(np.float32)
        words = self._is_word[columns]
        for part in (words, ~words):
            values[part] /= max(float(np.linalg.norm(values[part])), 1e-9)
        return columns, values

    def log_chances(self, words: Sequence[Word]) -> Floats:
        """The logarithm of the chance of each class; the same for all when nothing in the words is known."""
        columns, values = self._weigh(features(words))
        told = np.zeros(self._classes.shape[2], np.float32)
        for share, vectors, outputs in zip(_WORD_SHARES, self._vectors, self._classes, strict=True):
            told += _log_softmax(
                (values * self._lengths(columns, share)) @ vectors[columns].astype(np.float32) @ outputs
            )
        return _log_softmax(told / np.float32(len(_WORD_SHARES)))

    def kept(self) -> tuple[dict[str, list[str]], dict[str, NDArray[Any]]]:
        """What a file must hold to make it again: lists of words, and arrays."""
        arrays = {"idf": self._idf, "is_word": self._is_word, "vectors": self._vectors}
        return {"features": list(self._features)}, arrays | {"classes": self._classes.astype(np.float16)}

    @classmethod
    def again(cls, words: Mapping[str, list[str]], arrays: Mapping[str, NDArray[Any]]) -> TextClassifier:
        """The classifier of what `kept` gave. Raises `KeyError` when something is missing."""
        made = cls()
        made._features = {feature: i for i, feature in enumerate(words["features"])}
        made._idf, made._is_word = arrays["idf"], arrays["is_word"]
        made._vectors, made._classes = arrays["vectors"], arrays["classes"].astype(np.float32)
        return made


_WORD_MARK = "="  # before a word or a pair, which no n-gram begins with


def features(words: Sequence[Word]) -> list[str]:
    """The n-grams of the words, the words whole, and the pairs that follow one another."""
    return list(_features(words))


def _features(words: Sequence[Word]) -> Iterator[str]:
    opened = [other for word in words for other in (word, *(Word(part) for part in word.usual.split()))]
    for word in opened:
        yield from grams(word.text, word.cut)
        yield _WORD_MARK + word.text
    for one, other in pairwise(opened):
        yield f"{_WORD_MARK}{one.text} {other.text}"


def _hurried(words: Sequence[Word], dice: random.Random) -> list[Word]:
    """The words as somebody in a hurry writes them: one or two of the long ones cut, a letter lost here and there."""
    long = [i for i, word in enumerate(words) if len(word.text) >= _CUT_FROM]
    cut = set(dice.sample(long, min(len(long), dice.choice((1, 1, 2)))))
    return [_cut(word, dice) if i in cut else _slipped(word, dice) for i, word in enumerate(words)]


def _cut(word: Word, dice: random.Random) -> Word:
    return Word(word.text[: dice.randint(2, 5)], cut=True)


def _slipped(word: Word, dice: random.Random) -> Word:
    if len(word.text) < _SLIP_FROM or dice.random() >= _SLIPS:
        return word
    lost = dice.randrange(1, len(word.text))
    return Word(word.text[:lost] + word.text[lost + 1 :])


def _descend(matrix: Any, classes: NDArray[np.int64], weights: Floats, total: int, seed: int) -> tuple[Floats, Floats]:
    """Vectors of the features and of the classes: cross-entropy, AdaGrad, a hidden layer partly dropped."""
    dice = np.random.default_rng(seed)
    size = matrix.shape[1]
    vectors = dice.normal(0, 1 / math.sqrt(_DIMENSIONS), (size, _DIMENSIONS)).astype(np.float32)
    outputs = np.zeros((_DIMENSIONS, total), np.float32)
    seen, seen_outputs = np.full(size, 1e-8, np.float32), np.full_like(outputs, 1e-8)
    step = _STEP / math.sqrt(_DIMENSIONS)
    for _ in range(_PASSES):
        order = dice.permutation(matrix.shape[0])
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            columns, texts = _narrowed(_partly_hidden(matrix[rows], dice))
            met = vectors[columns]
            kept = dice.random((len(rows), _DIMENSIONS), dtype=np.float32) > _HIDDEN_DROP
            hidden = (texts @ met) * kept / np.float32(1 - _HIDDEN_DROP)
            wrong = _softmax(hidden @ outputs)
            wrong[np.arange(len(rows)), classes[rows]] -= 1
            wrong *= weights[rows, None]
            back = (wrong @ outputs.T) * kept
            change = hidden.T @ wrong
            seen_outputs += change * change
            outputs -= _STEP * change / np.sqrt(seen_outputs)
            change = texts.T @ back
            seen[columns] += (change * change).mean(axis=1)
            vectors[columns] = met - step * change / np.sqrt(seen[columns])[:, None]
    return vectors, outputs


def _partly_hidden(texts: Any, dice: np.random.Generator) -> Any:
    """These rows (CSR, changed in place) with most of their features hidden, what is left counting for the whole."""
    texts.data *= (dice.random(len(texts.data), dtype=np.float32) > _FEATURE_DROP) / np.float32(1 - _FEATURE_DROP)
    texts.eliminate_zeros()
    return texts


def _narrowed(texts: Any) -> tuple[NDArray[Any], Any]:
    """(the columns that these rows have, in order; the rows on them alone), CSR."""
    from scipy.sparse import csr_matrix

    columns, places = np.unique(texts.indices, return_inverse=True)
    narrow = (texts.data, places.astype(np.int32), texts.indptr)
    return columns, csr_matrix(narrow, shape=(texts.shape[0], len(columns)))


def _softmax(scores: Floats) -> Floats:
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True), np.float32)


def _log_softmax(scores: Floats) -> Floats:
    scores = scores - scores.max()
    return np.asarray(scores - math.log(float(np.exp(scores).sum())), np.float32)
