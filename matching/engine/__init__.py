"""Ranks people for an offer, and offers for a person.

Arrays in, ranking and reasons out: no database, no clock, no chance.

>>> facts = FactVocabulary(["licence_b"])
>>> people = People(facts)
>>> people.upsert([PersonRecord(id=1), PersonRecord(id=2, facts={"licence_b": 0})])
>>> offer = Offer(id=9, requirements=(Requirement(RequirementKind.CAPABILITY, "licence_b"),))
>>> ranking = rank(people, offer, Policy(), today=9000, seed=1, occupations=Occupations(["K2204"]))
>>> [(match.id, match.tier.value) for match in ranking.matches]
[(1, 'clear'), (2, 'blocked')]
"""

from __future__ import annotations

from matching.engine.book import OfferBook
from matching.engine.facts import (
    NO_FACT,
    UNKNOWN_FACT,
    YES_FACT,
    FactVocabulary,
    day_number,
    day_of,
    encode_fact,
)
from matching.engine.interest import OfferMatch, OfferRanking, rank_offers
from matching.engine.levers import Board, Gain, Lever, Near, board
from matching.engine.occupations import Occupations
from matching.engine.offer import NO_WINDOWS, Offer, Place, Requirement
from matching.engine.order import tie_hash
from matching.engine.passes import Pass, compiled_pass, compiled_pass_alone, numpy_pass, warm_up
from matching.engine.people import People, PersonRecord
from matching.engine.policy import PARTS, SPREAD, ModeParameters, OccupationLevel, Policy, Remedy
from matching.engine.ranking import explain, rank, shortlist
from matching.engine.relax import Relaxation, relaxations, variants_of, without, without_criterion
from matching.engine.results import (
    OccupationDetail,
    PersonMatch,
    Ranking,
    RequirementResult,
    ScheduleDetail,
    TravelDetail,
)
from matching.engine.words import fold_words, hash_tokens, words_of
from matching.terms import RequirementKind

__all__ = [
    "NO_FACT",
    "NO_WINDOWS",
    "PARTS",
    "SPREAD",
    "UNKNOWN_FACT",
    "YES_FACT",
    "Board",
    "FactVocabulary",
    "Gain",
    "Lever",
    "ModeParameters",
    "Near",
    "OccupationDetail",
    "OccupationLevel",
    "Occupations",
    "Offer",
    "OfferBook",
    "OfferMatch",
    "OfferRanking",
    "Pass",
    "People",
    "PersonMatch",
    "PersonRecord",
    "Place",
    "Policy",
    "Ranking",
    "Relaxation",
    "Remedy",
    "Requirement",
    "RequirementKind",
    "RequirementResult",
    "ScheduleDetail",
    "TravelDetail",
    "board",
    "compiled_pass",
    "compiled_pass_alone",
    "day_number",
    "day_of",
    "encode_fact",
    "explain",
    "fold_words",
    "hash_tokens",
    "numpy_pass",
    "rank",
    "rank_offers",
    "relaxations",
    "shortlist",
    "tie_hash",
    "variants_of",
    "warm_up",
    "without",
    "without_criterion",
    "words_of",
]
