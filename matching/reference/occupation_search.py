"""Finding an occupation from anybody's words, typos and advertisements included; and the skills they suggest.

Two halves. Lexical, after repair of the words that no title has: every form of every title beside the words
(`lexical`). Supervised: a classifier of the V3 families learnt from all the titles and skills of each
(`classifier`), on the words as they were written, since a repair would turn an unseen word into another trade. The
lexical half wins on noise and known titles, the supervised half on wordings never seen. Their sum, in logarithms
of chances, ranks the occupations; the lexical half counts for more when a word is damaged (ADR 10).
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from matching.errors import Invalid
from matching.reference.certainty import may_be_taken, telling_places
from matching.reference.classifier import TextClassifier
from matching.reference.lexical import Floats, LexicalIndex, Likeness, alike
from matching.reference.model import JobTitle, Occupation, OccupationSkill, Skill, Synonym
from matching.reference.query_words import Word, only_link_words, query_words, title_words
from matching.reference.skill_search import SkillSearch, SkillSuggestion

FORMAT = 5
# Logarithms of chance for a title that covers the words and is covered by them. More when the classifier read the
# words damaged: one is cut, or had to be repaired; a repair that makes no title is of a word never met, not a slip.
_LEXICAL, _LEXICAL_REPAIRED, _LEXICAL_CUT = 3.0, 15.0, 40.0
_SAME, _SAME_DAMAGED = 2.0, 16.0  # more for one that says nearly the same
_LEAST_CHANCE = -8.0  # the classifier alone never rules a family out
_OWN = 16.0  # words added by an administrator that are the whole text: before the nearest title by so much
_FOUND = 0.62  # likeness from which a word of the text is a word of an added expression
_PARTLY = 0.8  # confidence at most when an added expression is only a part of the text
_KNOWN = 0.15  # likeness under which the words are those of no trade, nor an everyday wording of one
_SHORT = 5  # letters at most of a word that may be the beginning of another, though it is one itself
_NEAR = 20  # occupations among which those that begin with the words come first
_LIKELY = 0.5  # chance of the first family from which a second occupation of it is worth more than another family
_SKILL_SHARE = 0.5  # weight of a skill among the examples, beside a title (1), shared between its families
_TELLING = 20  # families at most that use a skill which tells them apart
# Logistic regression of "the family is right" on (1, log-odds of the family, 1 when a word is cut or was repaired),
# measured on noisy and unseen titles.
_CALIBRATION = (0.04, 0.61, -0.61)
_LONGEST_LEAD = 8.0  # log-odds beyond which nothing more is learnt

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


@dataclass(frozen=True, slots=True)
class _Read:
    """What a text says: `scores` of each occupation and `lexical` of each form, both in logarithms of chance.

    `own`: how much of the text each occupation's added expressions explain, 0 to 1. `damaged`: a word of the text is
    cut, or had to be repaired; `guessed`: it is read as a beginning with a slip. `likeness`: of the nearest form, 0 to
    1. `said`: the words as repaired.
    """

    scores: Floats
    lexical: Floats
    own: Floats
    damaged: bool
    guessed: bool
    likeness: float
    said: tuple[str, ...]


class OccupationSearch:
    """Learns from titles, everyday words and skills, then finds. Read-only once fitted: share it freely."""

    def __init__(self) -> None:
        self._codes: list[str] = []
        self._families: list[str] = []
        self._labels: list[str] = []
        self._title_ids: list[int] = []
        self._title_labels: list[str] = []
        self._form_code = np.zeros(0, np.int32)
        self._form_title = np.zeros(0, np.int32)
        self._forms = LexicalIndex([])
        self._classifier = TextClassifier()
        self._skills: SkillSearch | None = None
        self._own: tuple[tuple[tuple[str, ...], int], ...] = ()

    # Learning ---------------------------------------------------------------------------------------------

    def fit(
        self,
        titles: Iterable[JobTitle],
        synonyms: Iterable[Synonym],
        occupations: Iterable[Occupation],
        skills: Iterable[Skill] = (),
        links: Iterable[OccupationSkill] = (),
    ) -> OccupationSearch:
        """Learn every form of every title, the synonyms and the skills; returns itself. Without a title, a label does.

        Titles and synonyms whose occupation is not given are left out.
        """
        kept = sorted(occupations, key=lambda occupation: occupation.code)
        if not kept:
            raise Invalid("Aucun métier à apprendre : chargez d’abord le référentiel des métiers.")
        self._codes = [occupation.code for occupation in kept]
        self._families = [occupation.family for occupation in kept]
        self._labels = [occupation.label for occupation in kept]
        self._prepare()
        self._learn_forms(list(titles), list(synonyms))
        place = {code: int(at) for code, at in zip(self._codes, self._family_of, strict=True)}
        place |= {family: at for at, family in enumerate(self._family_names)}
        self._skills = SkillSearch.of(skills, links, place)
        self._learn_families()
        return self

    def _prepare(self) -> None:
        """What is made from the lists, after learning or loading."""
        self._family_names, self._family_of = np.unique(self._families, return_inverse=True)
        self._place = {code: at for at, code in enumerate(self._codes)}
        self._first_form = np.searchsorted(self._form_code, np.arange(len(self._codes)))

    def _learn_forms(self, titles: Sequence[JobTitle], synonyms: Sequence[Synonym]) -> None:
        """Every distinct (words, occupation), sorted by occupation, with the title it comes from."""
        place = self._place
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
        self._form_code = np.array([at for (at, _), _ in ordered], np.int32)
        self._form_title = np.array([number for _, number in ordered], np.int32)
        self._first_form = np.searchsorted(self._form_code, np.arange(len(self._codes)))
        self._forms = LexicalIndex([words for (_, words), _ in ordered]).learn()

    def _learn_families(self) -> None:
        """The classifier, from every form, and from the skills that few families use."""
        told = self._skills.examples(_TELLING) if self._skills else []
        texts = [*self._forms.texts, *(words for words, _, _ in told)]
        classes = np.concatenate([self._family_of[self._form_code], np.array([f for _, f, _ in told], np.int64)])
        weights = [1.0] * len(self._forms.texts) + [_SKILL_SHARE * share for _, _, share in told]
        self._classifier = TextClassifier().learn(
            texts, classes.astype(np.int64), np.array(weights, np.float32), len(self._family_names)
        )

    def with_words(self, synonyms: Iterable[Synonym]) -> OccupationSearch:
        """The same search, with words added since: nothing is learnt again, this one does not change."""
        more = copy.copy(self)
        read = (
            (tuple(word.text for word in query_words(synonym.words, self._forms.known)), self._place[synonym.rome_code])
            for synonym in synonyms
            if synonym.rome_code in self._place
        )
        more._own = tuple((expression, at) for expression, at in read if expression)
        return more

    # Keeping ----------------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Write the model in one file (NumPy's npz, no pickled object), replaced at once when complete."""
        parts = {"titles": self._forms.kept(), "classifier": self._classifier.kept()}
        if self._skills:
            parts["skills"] = self._skills.kept()
        texts = {"": {name: getattr(self, name) for name in _TEXTS}} | {name: part[0] for name, part in parts.items()}
        arrays: dict[str, Any] = {"form_code": self._form_code, "form_title": self._form_title}
        arrays |= {f"{name}.{key}": array for name, (_, held) in parts.items() for key, array in held.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")  # two workers may learn at once
        try:
            with partial.open("wb") as stream:
                np.savez(
                    stream,
                    format=np.array(FORMAT),
                    texts=np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8),
                    **arrays,
                )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> OccupationSearch:
        """Read a saved model; `Invalid` when the file is not one, or was written by another version."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
                if int(held["format"]) != FORMAT:
                    raise ValueError("another format")
                return cls()._take(json.loads(held["texts"].tobytes()), held)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise Invalid(
                f"Le modèle de recherche de métiers {path.name} ne peut pas être lu. Rechargez le référentiel des "
                "métiers pour le refaire."
            ) from error

    def _take(self, texts: dict[str, Any], held: Any) -> OccupationSearch:
        for name in _TEXTS:
            setattr(self, name, texts[""][name])

        def arrays(part: str) -> dict[str, NDArray[Any]]:
            return {name.partition(".")[2]: held[name] for name in held.files if name.startswith(part + ".")}

        self._form_code, self._form_title = held["form_code"], held["form_title"]
        self._forms = LexicalIndex.again(texts["titles"], arrays("titles"))
        self._classifier = TextClassifier.again(texts["classifier"], arrays("classifier"))
        self._skills = SkillSearch.again(texts["skills"], arrays("skills")) if "skills" in texts else None
        self._prepare()
        return self

    # Finding ----------------------------------------------------------------------------------------------

    def search(self, text: str, top: int = 5) -> list[Suggestion]:
        """The `top` occupations nearest to a text, best first; empty when nothing in it can be a trade.

        One of each family, two of the first when it is likely, so that five leave a choice. A ROME code finds its
        occupation alone, or its family.
        """
        if coded := self._coded(text):
            return coded[:top]
        return self._found(self._understood(query_words(text, self._forms.known)), top)

    def _understood(self, words: Sequence[Word]) -> _Read | None:
        """What the words say; None when nothing in them can be a trade."""
        read = None if only_link_words(words) else self._read(words)
        return read if read is not None and (read.likeness >= _KNOWN or read.own.any()) else None

    def _found(self, read: _Read | None, top: int) -> list[Suggestion]:
        if read is None:
            return []
        order = self._begun_first(np.argsort(-read.scores, kind="stable"), read)
        chances = self._chances(read)[self._family_of]
        order = self._varied(order, top, likely=bool(chances[order[0]] >= _LIKELY))
        confidences = self._confidences(read, chances[order], order)
        return [self._suggestion(int(at), read, sure) for at, sure in zip(order.tolist(), confidences, strict=True)]

    def _begun_first(self, order: NDArray[np.int64], read: _Read) -> NDArray[np.int64]:
        """This order, the occupations that begin with the very words before others: "commercial" is not an aide's."""
        if read.damaged or read.own.any() or len(read.said) > 1:
            return order
        near = order[:_NEAR]
        begun = np.array([bool(self._begun(int(at), read)) for at in near.tolist()], np.bool_)
        return np.concatenate([near[begun], near[~begun], order[_NEAR:]])

    def _coded(self, text: str) -> list[Suggestion]:
        """The occupation of this code, or those of this family: nothing is sure among several."""
        code = text.strip().upper()
        codes = (
            [code]
            if code in self._place
            else [c for c, f in zip(self._codes, self._families, strict=True) if f == code]
        )
        sure = 1.0 if len(codes) == 1 else _PARTLY
        places = [self._place[one] for one in codes]
        return [Suggestion(self._codes[at], self._families[at], self._labels[at], None, sure) for at in places]

    def decide(self, text: str, top: int = 5) -> Decision:
        """The occupation when there is hardly a doubt, else `top` to choose from."""
        if coded := self._coded(text):
            return Decision(coded[0] if coded[0].confidence >= SURE else None, tuple(coded[:top]))
        words = query_words(text, self._forms.known)
        read = self._understood(words)
        found = tuple(self._found(read, top))
        taken = read is not None and self._may_be_taken(words, read, found[0])
        return Decision(found[0] if taken else None, found)

    def _may_be_taken(self, words: Sequence[Word], read: _Read, best: Suggestion) -> bool:
        """Whether the words mean this occupation alone, or those that tell do without the others."""
        if best.confidence < SURE:
            return False
        at = self._place[best.code]
        written = [word.text for word in words]
        title = self._forms.words_of[self._nearest_form(at, read)]
        if read.own[at] == 1:
            return True
        places = telling_places(written, read.said)
        if may_be_taken(written, read.said, title):
            return len(places) > 1 or self._names(read.said[places[0]], best)
        telling = [words[place] for place in places]
        again = self._understood(telling) if len(telling) < len(words) else None
        first = self._found(again, 1)
        return again is not None and first[0].code == best.code and self._may_be_taken(telling, again, first[0])

    def _names(self, word: str, best: Suggestion) -> bool:
        """Whether a word alone names the trade: it is the title, or begins most that hold it, or most mean this family.

        "Bureau" and "cuisine" are everyday words for one trade, and stand in the titles of many others.
        """
        if any(title_words(half) == [word] for half in best.label.split(" / ")):
            return True
        holding = [form for form, words in enumerate(self._forms.words_of) if word in words]
        same = sum(self._families[int(self._form_code[form])] == best.family for form in holding)
        first = sum(self._forms.words_of[form][0] == word for form in holding)
        return 2 * max(same, first) >= len(holding)

    def skills(self, text: str, top: int = 5) -> list[SkillSuggestion]:
        """The `top` skills for words that tell a skill or a trade; empty when none has to do with them."""
        words = query_words(text, self._forms.known)
        if self._skills is None or not words:
            return []
        read = self._understood(words)
        chances = np.zeros(len(self._family_names), np.float32)
        if read is not None:
            chances = np.sqrt(self._chances(read))  # the skills of the second trade meant are suggested too
        return self._skills.find(words, chances, top)

    def knows(self, text: str) -> bool:
        """Whether a title or an everyday word is these very words."""
        return " ".join(title_words(text)) in self._forms.texts

    def _read(self, words: Sequence[Word]) -> _Read | None:
        words, repaired, like = self._compared(words)
        own = self._own_cover(words)
        if like is None and not own.any():
            return None
        damaged = any(word.cut or word.text not in self._forms.known for word in words)
        guessed = any(word.cut and word.trust < 1 for word in repaired)
        share, same = self._trust(repaired, like, damaged)
        told = self._classifier.log_chances(words)[self._family_of]
        scores = np.maximum(told, _LEAST_CHANCE) + (2 * (share + same) + _OWN) * own * own
        lexical = np.zeros(len(self._form_code), np.float32)
        likeness = 0.0
        if like is not None:
            likeness = float(like.scores.max())
            lexical = share * like.scores + same * like.same
            scores += np.maximum.reduceat(lexical, self._first_form)
        said = tuple(word.text for word in repaired)
        return _Read(scores.astype(np.float32), lexical, own, damaged, guessed, likeness, said)

    def _compared(self, words: Sequence[Word]) -> tuple[Sequence[Word], list[Word], Likeness | None]:
        """(words, repaired, what they are like): the short ones read as beginnings when only so they make a title.

        Words whose likeliest repair makes no title are read in the other ways too: each counts.
        """
        ways = self._forms.repairs(words)
        like = self._forms.compare(ways[0])
        if like is not None and like.same.any():
            return words, ways[0], like
        cut = [self._perhaps_cut(word) for word in words]
        other = self._forms.repaired(cut)
        again = self._forms.compare(other) if other != ways[0] else None
        if again is not None and again.same.any():
            return cut, other, again
        if like is None:
            return words, ways[0], None
        return words, *self._forms.nearest(ways, like)

    def _perhaps_cut(self, word: Word) -> Word:
        """A short word as the beginning of a longer one, unless titles begin with it: a hôte is no hôtel."""
        short = len(word.text) <= _SHORT and word.text not in self._forms.leading
        return Word(word.text, True, word.usual) if short else word

    @staticmethod
    def _trust(repaired: Sequence[Word], like: Likeness | None, damaged: bool) -> tuple[float, float]:
        """What the lexical half counts for, and what a title nearly the same counts for."""
        if not damaged:
            return _LEXICAL, _SAME
        if any(word.cut for word in repaired):
            return _LEXICAL_CUT, _SAME_DAMAGED
        told = like is not None and bool(like.same.any())
        return _LEXICAL_REPAIRED if told else _LEXICAL, _SAME_DAMAGED

    def _varied(self, order: NDArray[np.int64], top: int, likely: bool) -> NDArray[np.int64]:
        """The first `top` of this order, one of each family, and one more of the first when it is `likely` right."""
        families = self._family_of[order].tolist()
        left = dict.fromkeys(families, 1) | {families[0]: 1 + likely}
        kept: list[int] = []
        for at, family in zip(order.tolist(), families, strict=True):
            if left[family] and len(kept) < top:
                kept.append(at)
            left[family] -= bool(left[family])
        return np.array(kept, np.int64)

    def _own_cover(self, words: Sequence[Word]) -> Floats:
        """For each occupation, 0 to 1: the share of the words that an added expression, found whole, explains."""
        cover = np.zeros(len(self._codes), np.float32)
        for expression, at in self._own if words else ():
            table = [[alike(word, other) for other in expression] for word in words]
            if all(max(column) >= _FOUND for column in zip(*table, strict=True)):
                explained = sum(max(row) >= _FOUND for row in table) / len(table)
                cover[at] = max(cover[at], explained)
        return cover

    def _chances(self, read: _Read) -> Floats:
        """The chance of each family, by its best occupation, before calibration."""
        best = np.full(len(self._family_names), -np.inf, np.float32)
        np.maximum.at(best, self._family_of, read.scores)
        shares = np.exp(best - best.max())
        return np.asarray(shares / shares.sum(), np.float32)

    def _confidences(self, read: _Read, chances: Floats, order: NDArray[np.int64]) -> list[float]:
        """The chance that the family of each is right, going down the list; `chances` before calibration."""
        chances = np.clip(chances, 1e-9, 1 - 1e-6)
        lead = np.minimum(np.log(chances / (1 - chances)), _LONGEST_LEAD)
        asked = _CALIBRATION[0] + _CALIBRATION[1] * lead + _CALIBRATION[2] * read.damaged
        found = np.minimum.accumulate(1 / (1 + np.exp(-asked)))
        if read.guessed:
            found = np.minimum(found, _PARTLY)
        if read.own[order[0]] > 0:  # words added since: sure when they are the whole text and mean one occupation
            whole = read.own[order[0]] == 1 and np.count_nonzero(read.own == 1) == 1
            found = np.minimum(found, _PARTLY)
            found[0] = 1.0 if whole else found[0]
        return [round(float(chance), 4) for chance in found]

    def _suggestion(self, at: int, read: _Read, confidence: float) -> Suggestion:
        if read.own[at] == 1:  # the words are no title: the occupation itself
            return Suggestion(self._codes[at], self._families[at], self._labels[at], None, confidence)
        title = int(self._form_title[self._nearest_form(at, read)])
        return Suggestion(
            self._codes[at],
            self._families[at],
            self._title_labels[title] if title >= 0 else self._labels[at],
            self._title_ids[title] if title >= 0 else None,
            confidence,
        )

    def _nearest_form(self, at: int, read: _Read) -> int:
        """The form of an occupation to name it by: one that begins with the very words, else the nearest.

        "Électricien" is said "Électricien du bâtiment" rather than "Aide-électricien", which is shorter.
        """
        forms = self._begun(at, read) or self._forms_of(at)
        return max(forms, key=lambda form: float(read.lexical[form]))

    def _begun(self, at: int, read: _Read) -> list[int]:
        """The forms of an occupation that begin with the very words."""
        words = self._forms.words_of
        return [form for form in self._forms_of(at) if words[form][: len(read.said)] == read.said]

    def _forms_of(self, at: int) -> range:
        last = self._first_form[at + 1] if at + 1 < len(self._first_form) else len(self._form_code)
        return range(int(self._first_form[at]), int(last))


_TEXTS = ("_codes", "_families", "_labels", "_title_ids", "_title_labels")
