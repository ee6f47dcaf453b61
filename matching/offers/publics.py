"""The publics a job may be reserved to (insertion clauses, IAE): eligibility to a scheme, never a rank.

An offer only names the public. Who belongs to it is decided outside the ranking, from facts kept apart.
"""

from __future__ import annotations

from matching.terms import Labelled


class ReservedPublic(Labelled):
    """A public named by the rules of insertion; `minimum_income` and the next two are national allowances."""

    MINIMUM_INCOME = "rsa", "Bénéficiaires du RSA"
    SPECIFIC_SOLIDARITY = "ass", "Bénéficiaires de l’ASS"
    DISABILITY_ALLOWANCE = "aah", "Bénéficiaires de l’AAH"
    RECOGNISED_DISABLED_WORKER = "rqth", "Personnes ayant une RQTH"
    LONG_TERM = "long_term_unemployed", "Sans emploi depuis plus d’un an"
    PRIORITY_AREA = "qpv", "Habitants d’un quartier prioritaire"
    UNDER_26 = "under_26", "Moins de 26 ans en parcours d’insertion"
    OVER_50 = "over_50", "50 ans et plus"
