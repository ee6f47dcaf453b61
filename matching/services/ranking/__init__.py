"""Ranking people for an offer and offers for a person: what is kept in memory, the use cases, reasons in French."""

from matching.services.ranking.forgotten import ForgottenPage, ForgottenPerson, Why, people_without_proposal
from matching.services.ranking.levers import (
    LeverLine,
    NearLine,
    PersonLevers,
    PortfolioLevers,
    UnitLevers,
    levers_of_person,
    levers_of_portfolio,
    levers_of_unit,
    unit_number,
)
from matching.services.ranking.levers_kept import count_levers, count_levers_of_units, levers_counted
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
from matching.services.ranking.offer_lists import OfferList, RankedOffer, rank_offers
from matching.services.ranking.simulation import Simulation

__all__ = [
    "Advice",
    "Explanation",
    "FactPair",
    "ForgottenPage",
    "ForgottenPerson",
    "LeverLine",
    "NearLine",
    "OfferList",
    "PersonLevers",
    "PortfolioLevers",
    "RankedList",
    "RankedOffer",
    "RankedPerson",
    "Relax",
    "Simulation",
    "UnitLevers",
    "Why",
    "count_levers",
    "count_levers_of_units",
    "explain_person",
    "levers_counted",
    "levers_of_person",
    "levers_of_portfolio",
    "levers_of_unit",
    "people_without_proposal",
    "rank_candidates",
    "rank_offers",
    "unit_number",
]
