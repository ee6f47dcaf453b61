"""Match statuses and tiers as small integers, for arrays; the words are those of `matching.terms`."""

from __future__ import annotations

from typing import Final

from matching.terms import Criterion, MatchStatus, Tier

MET: Final = 0
PARTLY: Final = 1
UNKNOWN: Final = 2
LIFTABLE: Final = 3
BLOCKING: Final = 4
NOT_ASKED: Final = -1

CLEAR: Final = 0
LIFTABLE_IN_TIME: Final = 1
LIFTABLE_LATE: Final = 2
BLOCKED: Final = 3

CRITERIA: Final = tuple(Criterion)
POSITION: Final = {criterion: i for i, criterion in enumerate(CRITERIA)}
"""Of each criterion, among the rows of statuses and parts."""
TIERS: Final = tuple(Tier)
_STATUSES: Final = {
    NOT_ASKED: MatchStatus.NOT_ASKED,
    MET: MatchStatus.MET,
    PARTLY: MatchStatus.PARTLY,
    UNKNOWN: MatchStatus.UNKNOWN,
    LIFTABLE: MatchStatus.LIFTABLE,
    BLOCKING: MatchStatus.BLOCKING,
}


def status_of(code: int) -> MatchStatus:
    """The word of a status code. Codes grow with how much is in the way, so the worst is the maximum."""
    return _STATUSES[int(code)]


def tier_of(status: int, late: bool) -> int:
    """Tier of who has nothing worse in the way than one thing of this status; `late`: it lifts too late."""
    if status == LIFTABLE:
        return LIFTABLE_LATE if late else LIFTABLE_IN_TIME
    return BLOCKED if status == BLOCKING else CLEAR
