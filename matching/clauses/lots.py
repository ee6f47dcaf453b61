"""Lots hidden in the identifiers of published contracts: `202401L04` is lot 4 of `202401`. Proposed, never decided."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HIDDEN = re.compile(r"(?P<base>.*\d.*?)[-_/. ]*(?:LOT|L)[-_/. ]*0*(?P<lot>\d{1,3})", re.IGNORECASE | re.ASCII)
_SHORTEST = 4


@dataclass(frozen=True)
class GuessedLot:
    """The contract and the lot that an identifier seems to name."""

    contract: str
    lot: str


def guess_lot(identifier: str) -> GuessedLot | None:
    """What `identifier` seems to say; None when nothing looks like a lot. A person confirms.

    >>> guess_lot("202207LOT03")
    GuessedLot(contract='202207', lot='3')
    """
    found = _HIDDEN.fullmatch(identifier.strip())
    if found is None or len(found["base"]) < _SHORTEST:
        return None
    return GuessedLot(found["base"], found["lot"])
