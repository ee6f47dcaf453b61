"""Ranking people for an offer: the snapshot kept in memory, the use case, and its reasons in French."""

from matching.services.ranking.lists import (
    Advice,
    Explanation,
    FactPair,
    RankedList,
    RankedPerson,
    Relax,
    explain_person,
    rank_candidates,
)
from matching.services.ranking.simulation import Simulation

__all__ = [
    "Advice",
    "Explanation",
    "FactPair",
    "RankedList",
    "RankedPerson",
    "Relax",
    "Simulation",
    "explain_person",
    "rank_candidates",
]
