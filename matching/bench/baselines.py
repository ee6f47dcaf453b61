"""What others would use to rank people for an offer, written as well as we know how, with the engine's own score.

All of them prepare everything they can beforehand (indexes, norms, float32 columns of the people looking for a job)
and answer ids alone: no reason, no status, no count. They are compared with ids alone (`shortlist`). The words part
of the engine's fit is the share of the offer's idf² found in a person's words: with binary TF-IDF vectors,
`offer · person ⁄ |offer|²`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.bench.criteria import Crowd, judge, order
from matching.bench.world import World
from matching.engine import Offer, words_of

_TOKENS = 1 << 16
_KEPT = 48
"""Distinct words that a profile keeps."""
_EXTRA = np.float32(0.9)
"""scikit-learn adds 1 to a logarithm where the engine adds 0.1."""

Ids = npt.NDArray[np.int64]
Array = npt.NDArray[Any]


def tokens_of(text: str) -> tuple[int, ...]:
    """The words of a text as the engine reads a profile: genderless, hashed, the first 48."""
    return words_of(text)[:_KEPT]


def vectorizer() -> Any:
    """A `TfidfVectorizer` whose product of vectors is the engine's words part, up to the norms."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    every = {token: token for token in range(_TOKENS)}
    return TfidfVectorizer(
        analyzer=words_of, vocabulary=every, binary=True, norm=None, dtype=np.float32, lowercase=False
    )


def fit(texts: Sequence[Any], analyzer: Any = tokens_of) -> tuple[Any, Any]:
    """The vectorizer fitted on the texts of everybody, and the TF-IDF matrix: [len(texts), 65 536] float32 CSR."""
    from scipy import sparse

    model = vectorizer().set_params(analyzer=analyzer)
    matrix = model.fit_transform(texts)
    model.set_params(analyzer=words_of)
    idf = model.idf_ - _EXTRA
    matrix = sparse.csr_matrix((idf[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)
    model.idf_ = idf
    return model, matrix


def fit_tokens(tokens: Any) -> tuple[Any, Any]:
    """The same from the token ids of each person (a line each, 0 for none), without reading any text."""
    return fit(tokens, _present)


def refit(texts: Sequence[str]) -> tuple[Any, Any]:
    """TF-IDF by the words scikit-learn finds by itself: quicker to learn, another score."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(binary=True, norm=None, dtype=np.float32)
    return model, model.fit_transform(texts)


def _present(line: Any) -> list[int]:
    return [token for token in line if token]


class TfidfCosine:
    """scikit-learn: TF-IDF of everybody prepared; an offer is vectorised, compared by cosine, then judged in NumPy.

    The cosine divides by the norm of the person's vector, which the engine's share does not: multiplied back.
    """

    def __init__(self, world: World, crowd: Crowd, fitted: tuple[Any, Any] | None = None) -> None:
        from sklearn.preprocessing import normalize

        self._crowd = crowd
        self.model, matrix = fitted or fit(world.texts)
        looking = matrix[crowd.rows]
        self._norms = np.sqrt(looking.multiply(looking).sum(axis=1)).A1.astype(crowd.precision)
        self._matrix = looking
        self._unit = normalize(looking)

    def rank(self, offer: Offer, text: str) -> Ids:
        """Ids of the first 50."""
        from sklearn.metrics.pairwise import cosine_similarity

        asked = self.model.transform([text])
        cosine = cosine_similarity(self._unit, asked)[:, 0]
        return self._ids(offer, cosine * self._norms / np.sqrt(_square(asked)))

    def rank_by_product(self, offer: Offer, text: str) -> Ids:
        """The same by `linear_kernel`, which leaves out the norms that cancel out."""
        from sklearn.metrics.pairwise import linear_kernel

        asked = self.model.transform([text])
        return self._ids(offer, linear_kernel(self._matrix, asked)[:, 0] / _square(asked))

    def _ids(self, offer: Offer, share: Array) -> Ids:
        return self._crowd.ids[order(self._crowd, *judge(self._crowd, offer, share))]


class CscWords:
    """SciPy: a binary CSC matrix of people by words; the columns of the offer's words, weighted, then NumPy.

    In float64 it is the reference the engine's ids are compared with.
    """

    def __init__(self, world: World, crowd: Crowd) -> None:
        from scipy import sparse

        self._crowd = crowd
        words = world.people.column("words")[:, crowd.rows]
        slot, who = np.nonzero(words)
        ones = np.ones(len(who), crowd.precision)
        self._columns = sparse.csc_matrix((ones, (who, words[slot, who])), shape=(len(crowd), _TOKENS))
        # The weight of a word comes from everybody known, looking for a job or not.
        everybody = world.people.column("words")
        counts = np.bincount(everybody[everybody > 0], minlength=_TOKENS)
        self._square = (np.log((1.0 + len(world.people)) / (1.0 + counts)) + 0.1) ** 2

    def rank(self, offer: Offer) -> Ids:
        """Ids of the first 50."""
        return self._crowd.ids[order(self._crowd, *judge(self._crowd, offer, self.share(offer)))]

    def share(self, offer: Offer) -> Array:
        """The words part of each person, from 0 to 1."""
        asked = np.unique(np.array(offer.words))
        worth = self._square[asked]
        share: Array = self._columns[:, asked] @ (worth / worth.sum()).astype(self._crowd.precision)
        return share


def _square(asked: Any) -> Any:
    return np.square(asked.data).sum()
