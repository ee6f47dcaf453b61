"""Walking a DECP file record by record, in either layout, without holding it whole.

Layouts: `{"marches": {"marche": […], "contrat-concession": […]}}`, `{"marches": […]}` of earlier years, or a bare list.
Python's own decoder is used: published files hold `NaN`, which stricter readers refuse.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from matching.errors import Invalid

_CHUNK = 1 << 20
_DECODER = json.JSONDecoder()
CONTRACTS, CONCESSIONS = "marche", "contrat-concession"


class UnreadableFile(Invalid):
    """The file is not DECP in JSON, or it is cut: nothing was taken from it."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Raw:
    """One record as published. `number` counts from 1; `kind` is `marche` or `contrat-concession`."""

    number: int
    kind: str
    content: Any


def read_raw(file: TextIO) -> Iterator[Raw]:
    """The records of `file`, opened as UTF-8 text. Raises `UnreadableFile` where it cannot go on."""
    text = _Text(file)
    try:
        yield from _number(_lists(text))
    except UnicodeDecodeError:
        raise UnreadableFile("Ce fichier n’est pas en UTF-8. Enregistrez-le en UTF-8, puis recommencez.") from None
    except (ValueError, RecursionError):
        raise UnreadableFile(
            f"Ce fichier JSON n’est pas lisible au-delà du caractère {text.place()} : il est peut-être coupé. "
            "Téléchargez-le à nouveau, puis recommencez."
        ) from None


def _number(found: Iterator[tuple[str, Any]]) -> Iterator[Raw]:
    for number, (kind, content) in enumerate(found, 1):
        # Earlier years put concessions in the same list: their own field tells.
        concession = isinstance(content, dict) and ("concessionnaires" in content) and ("titulaires" not in content)
        yield Raw(number, CONCESSIONS if concession else kind, content)


def _lists(text: _Text) -> Iterator[tuple[str, Any]]:
    if text.peek() == "[":
        yield from ((CONTRACTS, item) for item in text.items())
        return
    seen = False
    for key in text.members():
        if key != "marches":
            text.value()
        elif text.peek() == "[":
            seen = True
            yield from ((CONTRACTS, item) for item in text.items())
        elif text.peek() == "{":
            seen = True
            yield from _by_kind(text)
        else:
            text.value()
    if not seen:
        raise UnreadableFile(
            "Ce fichier n’a pas de liste « marches » : ce ne sont pas des données essentielles (DECP). "
            "Choisissez le fichier JSON publié par l’acheteur."
        )


def _by_kind(text: _Text) -> Iterator[tuple[str, Any]]:
    for kind in text.members():
        if text.peek() == "[":
            yield from ((kind if kind == CONCESSIONS else CONTRACTS, item) for item in text.items())
        else:
            text.value()


class _Text:
    """The characters not read yet, a chunk at a time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._buffer = ""
        self._at = 0
        self._dropped = 0
        self._ended = False

    def place(self) -> int:
        """How many characters were understood."""
        return self._dropped + self._at

    def peek(self) -> str:
        """The next character that is not a space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if not self._buffer[self._at].isspace():
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                return ""

    def items(self) -> Iterator[Any]:
        """The items of the list that begins here."""
        self._take("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self._take(",")
        self._take("]")

    def members(self) -> Iterator[str]:
        """The keys of the object that begins here; the caller reads each value before the next key."""
        self._take("{")
        while self.peek() != "}":
            key = self.value()
            self._take(":")
            yield str(key)
            if self.peek() != "}":
                self._take(",")
        self._take("}")

    def value(self) -> Any:
        """The value that begins here. Raises ValueError when the file ends inside it."""
        self.peek()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._buffer, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            # A number at the very end of the chunk may go on in the next one.
            if end < len(self._buffer) or not self._more():
                self._at = end
                return found

    def _take(self, wanted: str) -> None:
        if self.peek() != wanted:
            raise ValueError(wanted)
        self._at += 1

    def _more(self) -> bool:
        if self._ended:
            return False
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        self._dropped += self._at
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return not self._ended
