"""The file of a run: a line an offer. Written beside while it is made, put in place at once when it is whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from matching.errors import Invalid
from matching.services.ranking.batch.plan import Basis
from matching.terms import Tier

_OWNER_ONLY = 0o600
"""Codes, but of people: the file is born readable by its owner alone, as the database is."""


@dataclass(frozen=True, slots=True)
class RankedPerson:
    """Somebody of a list. `fit` to 9 decimals; `open_proposals` under way elsewhere; `proposed`: once at least."""

    rank: int
    code: str
    tier: Tier
    fit: float
    open_proposals: int
    proposed: bool


_ABOUT = tuple(one.name for one in fields(RankedPerson))


@dataclass(frozen=True)
class OfferLine:
    """The people ranked for an offer, with all that is needed to find the same list again; codes, never names."""

    offer: str
    basis: Basis
    weights: str
    seed: int
    considered: int
    tiers: Mapping[Tier, int]
    people: tuple[RankedPerson, ...]

    def written(self, shortlist: tuple[str, ...] | None = None, at_most: int | None = None) -> str:
        """The line of the file. `at_most`: the lists that a person could be on when `shortlist` was chosen."""
        basis = self.basis
        data: dict[str, Any] = {
            "offer": self.offer,
            "day": basis.day.isoformat(),
            "versions": dict(sorted(basis.versions.items())),
            "engine": basis.engine,
            "top": basis.top,
            "weights": self.weights,
            "seed": self.seed,
            "considered": self.considered,
            "tiers": {tier.value: self.tiers[tier] for tier in Tier},
            "people": [{name: getattr(person, name) for name in _ABOUT} for person in self.people],
        }
        if shortlist is not None:
            data["shortlist"] = list(shortlist)
            if at_most is not None:
                data["at_most"] = at_most
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, line: str) -> OfferLine:
        """The line of a file. Raises `ValueError` when it is not one."""
        try:
            data = json.loads(line)
            basis = Basis(data["versions"], date.fromisoformat(data["day"]), data["engine"], data["top"])
            people = tuple(RankedPerson(**{**person, "tier": Tier(person["tier"])}) for person in data["people"])
            tiers = {Tier(name): count for name, count in data["tiers"].items()}
            rest = {name: data[name] for name in ("offer", "weights", "seed", "considered")}
            return cls(basis=basis, tiers=tiers, people=people, **rest)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from None


class Sheet:
    """The file asked, and the one beside it that grows during the run. Raises `Invalid` where it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.with_name(f"{path.name}.partiel")
        self._file = -1
        self._sure = 0

    def done(self) -> dict[str, OfferLine]:
        """What an earlier run left, by offer: cut short, else whole. Its end may be torn: unreadable lines go."""
        for path in (self.beside, self.path):
            try:
                text = path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                continue
            except OSError:
                raise _unwritable(self.path) from None
            return {line.offer: line for line in _readable(text)}
        return {}

    @property
    def cut_short(self) -> bool:
        """Whether a run was left unfinished."""
        return self.beside.exists()

    def digest(self) -> str:
        """Of what is in place; empty when there is nothing, or nothing that can be read."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""

    def begin(self, kept: Iterable[OfferLine]) -> None:
        """Start the file beside with the lines kept; what was there goes."""
        self.close()
        self._replace(self.beside, [line.written() for line in kept])
        try:
            self._file = os.open(self.beside, os.O_WRONLY | os.O_APPEND)
            self._sure = os.fstat(self._file).st_size
        except OSError:
            raise _unwritable(self.path) from None

    def add(self, lines: Iterable[OfferLine]) -> None:
        """These lines, all or none: a write cut short is taken back, by `close` if not here."""
        data = "".join(f"{line.written()}\n" for line in lines).encode()
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError("no room left")
            self._sure += written
            os.fsync(self._file)
        except OSError:
            raise _unwritable(self.path) from None

    def close(self) -> None:
        """Leave the file beside as it is, ready to be taken up again: whole lines only."""
        if self._file >= 0:
            file, self._file = self._file, -1
            with suppress(OSError):
                os.ftruncate(file, self._sure)
            os.close(file)

    def finish(self, lines: Iterable[str]) -> None:
        """Put the whole file in place, in this order, in one move; nothing stays beside."""
        self.close()
        self._replace(self.path, lines)
        self.beside.unlink(missing_ok=True)

    def _replace(self, path: Path, lines: Iterable[str]) -> None:
        fresh = self.path.with_name(f"{self.path.name}.nouveau")
        try:
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
            with open(file, "w", encoding="utf-8") as stream:
                stream.writelines(f"{line}\n" for line in lines)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(path)
        except OSError:
            raise _unwritable(self.path) from None
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)


def _readable(text: str) -> Iterable[OfferLine]:
    for line in text.splitlines():
        with suppress(ValueError):
            yield OfferLine.read(line)


def _unwritable(path: Path) -> Invalid:
    return Invalid(f"Le fichier « {path} » ne peut pas être écrit. Vérifiez le dossier et la place, puis recommencez.")
