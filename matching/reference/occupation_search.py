"""Finding an occupation from anybody's words, typos and advertisements included.

Half lexical (cosine of character n-grams with every form of every title), half supervised (a linear classifier
over the occupations, on the same n-grams reduced by truncated SVD), after repair of the words that no title
has. The lexical half wins on noise, the supervised half on wordings never seen; the nearest titles are then
compared word by word, because a cut or damaged word is judged better beside the word it stands for.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from matching.errors import Invalid
from matching.reference.model import JobTitle, Occupation, Synonym
from matching.reference.query_words import Word, query_words, title_words

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

FORMAT = 1
_LENGTHS = (2, 3, 4, 5)
_DIMENSIONS = 256
_RIDGE = 0.3
_LEXICAL_SHARE = 0.5
_NEAREST = 80
_NEARLY_SAME = 0.5  # added to the lexical half of a title that the words cover nearly whole
_REPAIR_CUTOFF = 0.72
_SURE_REPAIR = 0.8  # one slip in five letters; "quoi" is no sure "quai"
# Logistic regression of "the family is right" on (1, score, lead), measured on noisy, unseen and everyday words.
_CALIBRATION = (-2.77, 6.15, 3.70)

SURE = 0.9
"""Confidence from which an occupation is taken without asking."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An occupation proposed for a text. `confidence` is 0 to 1: the chance that its family is the right one.

    `title_id` and `label` are the job title nearest to the text in this occupation.
    """

    code: str
    family: str
    label: str
    title_id: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Either `sure` (take it), or five to choose from in `choices` (fewer when fewer come close)."""

    sure: Suggestion | None
    choices: tuple[Suggestion, ...]


class OccupationSearch:
    """Learns from titles and everyday words, then finds occupations. Read-only once fitted: share it freely."""

    def __init__(self) -> None:
        self._codes: list[str] = []
        self._families: list[str] = []
        self._labels: list[str] = []
        self._title_ids: list[int] = []
        self._title_labels: list[str] = []
        self._forms: list[str] = []
        self._form_code = np.zeros(0, np.int32)
        self._form_title = np.zeros(0, np.int32)
        self._gram_list: list[str] = []
        self._grams: dict[str, int] = {}
        self._idf: Floats = np.zeros(0, np.float32)
        self._starts: NDArray[np.int64] = np.zeros(1, np.int64)
        self._posting_forms = np.zeros(0, np.int32)
        self._posting_weights: Floats = np.zeros(0, np.float32)
        self._reduction: Floats = np.zeros((0, 0), np.float32)
        self._classifier: Floats = np.zeros((0, 0), np.float32)
        self._words: dict[str, float] = {}
        self._known: frozenset[str] = frozenset()
        self._sorted_words: list[str] = []
        self._first_form: NDArray[np.int64] = np.zeros(0, np.int64)
        self._form_words: list[tuple[str, ...]] = []

    # Learning ---------------------------------------------------------------------------------------------

    def fit(
        self, titles: Iterable[JobTitle], synonyms: Iterable[Synonym], occupations: Iterable[Occupation]
    ) -> OccupationSearch:
        """Learn every form of every title and the synonyms; returns itself. Without a title, a label does.

        Titles and synonyms whose occupation is not given are left out.
        """
        kept = sorted(occupations, key=lambda occupation: occupation.code)
        if not kept:
            raise Invalid("Aucun métier à apprendre : chargez d’abord le référentiel des métiers.")
        self._codes = [occupation.code for occupation in kept]
        self._families = [occupation.family for occupation in kept]
        self._labels = [occupation.label for occupation in kept]
        self._learn_forms(list(titles), list(synonyms))
        self._index_words()
        matrix = self._learn_grams()
        self._learn_classifier(matrix)
        return self

    def _learn_forms(self, titles: Sequence[JobTitle], synonyms: Sequence[Synonym]) -> None:
        """Every distinct (words, occupation), sorted by occupation, with the title it comes from."""
        place = {code: i for i, code in enumerate(self._codes)}
        held = [title for title in titles if title.code in place]
        self._title_ids = [title.id for title in held]
        self._title_labels = [title.label for title in held]
        found: dict[tuple[int, str], int] = {}
        for number, title in enumerate(held):
            for form in title.searchable:
                found.setdefault((place[title.code], " ".join(title_words(form))), number)
        principal = {place[t.code]: i for i, t in reversed(list(enumerate(held)))}
        principal |= {place[t.code]: i for i, t in enumerate(held) if t.principal}
        for synonym in synonyms:
            if synonym.rome_code in place:
                at = place[synonym.rome_code]
                found.setdefault((at, " ".join(title_words(synonym.words))), principal.get(at, -1))
        for at, label in enumerate(self._labels):
            if at not in principal:  # an occupation without a title is found by its label
                found.setdefault((at, " ".join(title_words(label))), -1)
        ordered = sorted((key, number) for key, number in found.items() if key[1])
        self._forms = [words for (_, words), _ in ordered]
        self._form_code = np.array([at for (at, _), _ in ordered], np.int32)
        self._form_title = np.array([number for _, number in ordered], np.int32)

    def _index_words(self) -> None:
        """Rarity of each word, and what queries need of the forms."""
        self._form_words = [tuple(form.split()) for form in self._forms]
        seen = Counter(word for words in self._form_words for word in set(words))
        total = len(self._forms)
        self._words = {word: math.log(1 + total / count) for word, count in seen.items()}
        self._known = frozenset(self._words)
        self._sorted_words = sorted(self._words)
        places = np.arange(len(self._codes))
        self._first_form = np.searchsorted(self._form_code, places)

    def _learn_grams(self) -> Any:
        """The TF-IDF matrix of the forms (CSR), kept as one posting list per n-gram."""
        from scipy.sparse import csr_matrix

        of_word = {word: _grams(word) for word in self._words}
        counts: Counter[str] = Counter()
        for words in self._form_words:
            counts.update({gram for word in words for gram in of_word[word]})
        self._gram_list = sorted(counts)
        self._grams = {gram: i for i, gram in enumerate(self._gram_list)}
        total = len(self._forms)
        frequency = np.array([counts[gram] for gram in self._grams], np.float32)
        self._idf = (np.log((1 + total) / (1 + frequency)) + 1).astype(np.float32)
        place = {word: [self._grams[gram] for gram in grams] for word, grams in of_word.items()}
        columns = [place[word] for words in self._form_words for word in words]
        flat = np.fromiter((column for part in columns for column in part), np.int32)
        sizes = [sum(len(place[word]) for word in words) for words in self._form_words]
        pointers = np.concatenate([[0], np.cumsum(sizes)])
        matrix = csr_matrix((np.ones(len(flat), np.float32), flat, pointers), shape=(total, len(self._grams)))
        matrix.sum_duplicates()
        matrix.data = (1 + np.log(matrix.data)) * self._idf[matrix.indices]
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(norms, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
        postings = matrix.tocsc()
        self._starts = postings.indptr.astype(np.int64)
        self._posting_forms = postings.indices.astype(np.int32)
        self._posting_weights = _as_saved(postings.data)
        return matrix

    def _learn_classifier(self, matrix: Any) -> None:
        """Truncated SVD of the forms, then a ridge regression of the occupation, balanced between occupations."""
        from sklearn.utils.extmath import randomized_svd

        size = max(1, min(_DIMENSIONS, min(matrix.shape) - 1))
        _, _, axes = randomized_svd(matrix, n_components=size, n_iter=2, random_state=0)
        self._reduction = _as_saved(np.ascontiguousarray(axes.T))
        reduced = _normalised(matrix @ self._reduction)
        per_code = np.bincount(self._form_code, minlength=len(self._codes)).astype(np.float32)
        weight = 1 / np.sqrt(per_code[self._form_code])
        weighted = reduced * weight[:, None]
        gram = weighted.T @ reduced + _RIDGE * np.eye(size, dtype=np.float32)
        target = np.zeros((len(self._codes), size), np.float32)
        np.add.at(target, self._form_code, weighted)
        self._classifier = np.linalg.solve(gram, target.T).astype(np.float32)

    # Keeping ----------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the model in one file (NumPy's npz, no pickled object), replaced at once when complete."""
        texts = {name: getattr(self, name) for name in _TEXTS}
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as stream:
            np.savez(
                stream,
                format=np.array(FORMAT),
                texts=np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8),
                **{name: getattr(self, name).astype(kind) for name, (kind, _) in _ARRAYS.items()},
            )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> OccupationSearch:
        """Read a saved model; `Invalid` when the file is not one, or was written by another version."""
        model = cls()
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
                if int(held["format"]) != FORMAT:
                    raise ValueError("another format")
                for name, values in json.loads(held["texts"].tobytes()).items():
                    setattr(model, name, values)
                for name, (_, kind) in _ARRAYS.items():
                    setattr(model, name, held[name].astype(kind))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise Invalid(
                f"Le modèle de recherche de métiers {path.name} ne peut pas être lu. Rechargez le référentiel des "
                "métiers pour le refaire."
            ) from error
        model._grams = {gram: i for i, gram in enumerate(model._gram_list)}
        model._index_words()
        return model

    # Finding ----------------------------------------------------------------------------------------------

    def search(self, text: str, top: int = 5) -> list[Suggestion]:
        """The `top` occupations nearest to a text, best first; empty when nothing in it can be a trade."""
        words = self._repair(query_words(text, self._known))
        columns, weights = self._weigh(words)
        if not len(columns):
            return []
        cosines = self._cosines(columns, weights)
        learnt = self._learnt(columns, weights)
        return self._suggest(words, cosines, learnt, top)

    def search_many(self, texts: Iterable[str], top: int = 5) -> list[list[Suggestion]]:
        """`search` of each text, in the order given."""
        return [self.search(text, top) for text in texts]

    def decide(self, text: str) -> Decision:
        """The occupation when there is hardly a doubt, else five to choose from."""
        found = tuple(self.search(text, 5))
        sure = found[0] if found and found[0].confidence >= SURE else None
        return Decision(sure, found)

    def _repair(self, words: Sequence[Word]) -> list[Word]:
        return [self._repaired(word) for word in words]

    def _repaired(self, word: Word) -> Word:
        """The word itself when known; the beginning of a known word is marked so; else its nearest word."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if word.text in self._words and not word.cut:
            return word
        if word.usual or (len(word.text) >= 2 and self._begins_a_word(word.text)):
            return Word(word.text, True, word.usual)
        if len(word.text) < 4:
            return word
        near = process.extract(
            word.text,
            self._sorted_words,
            scorer=OSA.normalized_similarity,
            score_cutoff=_REPAIR_CUTOFF,
            limit=3,
        )
        if not near:
            return word
        best = max(near, key=lambda hit: (hit[1], -self._words[hit[0]]))
        return Word(best[0], trust=1.0 if best[1] >= _SURE_REPAIR else best[1])

    def _begins_a_word(self, start: str) -> bool:
        at = bisect_left(self._sorted_words, start)
        return at < len(self._sorted_words) and self._sorted_words[at].startswith(start)

    def _weigh(self, words: Sequence[Word]) -> tuple[Ints, Floats]:
        """The columns of a query's n-grams and their weights, of norm 1, less for what no title has."""
        grams = [gram for word in words for gram in _readings(word)]
        found = [self._grams[gram] for gram in grams if gram in self._grams]
        if not found:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        columns, counts = np.unique(np.array(found, np.int32), return_counts=True)
        weights = ((1 + np.log(counts)) * self._idf[columns]).astype(np.float32)
        strange = (len(grams) - len(found)) * float(self._idf.max()) ** 2
        return columns, weights / math.sqrt(float(weights @ weights) + strange)

    def _cosines(self, columns: Ints, weights: Floats) -> Floats:
        scores = np.zeros(len(self._forms), np.float32)
        for column, weight in zip(columns.tolist(), weights.tolist(), strict=True):
            part = slice(self._starts[column], self._starts[column + 1])
            scores[self._posting_forms[part]] += weight * self._posting_weights[part]
        return scores

    def _learnt(self, columns: Ints, weights: Floats) -> Floats:
        reduced = weights @ self._reduction[columns]
        known = float(np.linalg.norm(weights))
        return np.asarray(_normalised(reduced[None, :])[0] @ self._classifier * known, np.float32)

    def _suggest(self, words: Sequence[Word], cosines: Floats, learnt: Floats, top: int) -> list[Suggestion]:
        """Compare the nearest forms word by word, then rank the occupations by both halves."""
        count = min(_NEAREST, len(cosines))
        nearest = np.argpartition(-cosines, count - 1)[:count]
        aligned = self._align(words, nearest.tolist())
        lexical = cosines * 0.5
        lexical[nearest] += 0.5 * aligned + _NEARLY_SAME * np.clip((aligned - 0.85) / 0.15, 0, 1)
        best = np.maximum.reduceat(lexical, self._first_form)
        scores = _LEXICAL_SHARE * best + (1 - _LEXICAL_SHARE) * np.clip(learnt, 0, 1)
        order = np.argsort(-scores, kind="stable")[:top]
        confidences = self._confidences(scores, order)
        return [self._suggestion(int(at), lexical, sure) for at, sure in zip(order.tolist(), confidences, strict=True)]

    def _confidences(self, scores: Floats, order: NDArray[np.int64]) -> list[float]:
        """The chance that the family of each is right: from its score and its lead on the other families."""
        best = int(np.argmax(scores))
        families = np.array(self._families)
        others = scores[families != families[best]]
        second = float(others.max()) if len(others) else 0.0
        found: list[float] = []
        for at in order.tolist():
            rival = second if families[at] == families[best] else float(scores[best])
            chance = 1 / (1 + math.exp(-float(np.dot(_CALIBRATION, (1.0, scores[at], scores[at] - rival)))))
            found.append(round(min([chance, *found[-1:]]), 4))
        return found

    def _suggestion(self, at: int, lexical: Floats, confidence: float) -> Suggestion:
        last = self._first_form[at + 1] if at + 1 < len(self._first_form) else len(lexical)
        form = int(self._first_form[at]) + int(np.argmax(lexical[self._first_form[at] : last]))
        title = int(self._form_title[form])
        return Suggestion(
            self._codes[at],
            self._families[at],
            self._title_labels[title] if title >= 0 else self._labels[at],
            self._title_ids[title] if title >= 0 else None,
            confidence,
        )

    def _align(self, words: Sequence[Word], forms: Sequence[int]) -> Floats:
        """How well each form and the query cover one another, word by word, rare words counting more."""
        likeness: dict[tuple[Word, str], float] = {}

        def alike(word: Word, other: str) -> float:
            key = (word, other)
            if key not in likeness:
                likeness[key] = _alike(word, other)
            return likeness[key]

        usual = math.log(1 + len(self._forms) / 20)
        rarity = [self._words.get(word.text, usual) for word in words]
        scores = np.zeros(len(forms), np.float32)
        for place, form in enumerate(forms):
            others = self._form_words[form]
            table = [[alike(word, other) for other in others] for word in words]
            asked = sum(r * max(row) for r, row in zip(rarity, table, strict=True)) / sum(rarity)
            weights = [self._words[other] for other in others]
            held = sum(w * max(row[j] for row in table) for j, w in enumerate(weights)) / sum(weights)
            scores[place] = 0.6 * asked + 0.4 * held
        return scores


_TEXTS = ("_codes", "_families", "_labels", "_title_ids", "_title_labels", "_forms", "_gram_list")
# Attribute → how it is saved, how it is used.
_ARRAYS: dict[str, tuple[Any, Any]] = {
    "_form_code": (np.int32, np.int32),
    "_form_title": (np.int32, np.int32),
    "_idf": (np.float32, np.float32),
    "_starts": (np.int64, np.int64),
    "_posting_forms": (np.int32, np.int32),
    "_posting_weights": (np.float16, np.float32),
    "_reduction": (np.float16, np.float32),
    "_classifier": (np.float32, np.float32),
}


def _grams(word: str, cut: bool = False) -> list[str]:
    """The character n-grams of a word between its edges; a cut word has no end."""
    padded = f" {word}" if cut else f" {word} "
    return [padded[i : i + n] for n in _LENGTHS for i in range(len(padded) - n + 1)]


def _readings(word: Word) -> list[str]:
    """The n-grams of a word and of what it usually stands for."""
    return _grams(word.text, word.cut) + [gram for part in word.usual.split() for gram in _grams(part)]


def _alike(word: Word, other: str) -> float:
    """0 to 1: 1 for the same word, near 1 for its beginning when cut, less for a damaged or related word."""
    from rapidfuzz.distance import OSA

    if word.text == other:
        return word.trust
    if word.usual and other in word.usual.split():
        return 0.97
    if other.startswith(word.text) and len(word.text) >= 2:
        return 0.95 if word.cut else 0.8
    near = float(OSA.normalized_similarity(word.text, other))
    related = 0.6 if len(word.text) >= 6 and other[:6] == word.text[:6] else 0.0
    return max(related, near * near if near >= 0.6 else 0.0)


def _as_saved(values: Any) -> Floats:
    """Half precision is enough: rounding at once makes a saved model answer exactly as the fitted one."""
    return np.asarray(values, np.float16).astype(np.float32)


def _normalised(rows: Any) -> Floats:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, 1e-9), np.float32)
