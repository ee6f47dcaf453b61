"""Months that did not go the usual way, by commitment, month and company; every other one was validated whole."""

from __future__ import annotations

from dataclasses import dataclass

from matching.clauses.terms import DeclarationState, RejectReason

Key = tuple[str, int, str]


@dataclass(frozen=True)
class Rejected:
    """`position`: the line, None for all of them."""

    position: int | None
    reason: RejectReason
    note: str


_WAITS = DeclarationState.SUBMITTED
OPEN: dict[Key, DeclarationState] = {
    ("gros-oeuvre", -1, "nova"): _WAITS,
    ("gros-oeuvre", -1, "erdrine"): _WAITS,
    ("chaussees", -1, "routes"): _WAITS,
    ("cantines", -1, "cuisine"): _WAITS,
    ("dechets", -1, "grand-large"): _WAITS,
    ("transport", -1, "erdrine-cars"): _WAITS,
    ("espaces-verts", -1, "marais"): _WAITS,
    ("demenagements", -1, "quais"): DeclarationState.DRAFT,
}
"""Not decided yet: the same days by holder and agency, a long week, an eligibility that ended, no document, nothing."""
MISSING = {("archives", -1, "quais")}
UNCUT = {("cantines", -1, "cuisine"), ("restaurant", -8, "brasserie")}
"""Declared for the whole month although somebody's eligibility ended within it."""
CUT = {("restaurant", -8, "brasserie")}
LONG_WEEK = {("chaussees", -1, "routes")}
BY_DAY = {("gros-oeuvre", -1, "nova"), ("gros-oeuvre", -1, "erdrine"), *UNCUT, *LONG_WEEK}
RESOLVED: dict[Key, tuple[str, str]] = {
    ("nettoyage", -10, "entraide"): ("net-avenir", "Le matin avec l’une, le soir avec l’autre, plannings reçus."),
}
"""The other company that declared the same person, and why these are not the same hours."""
BY_FILE = ("jardins", "marais", "geiq-batiment")
RETURNED: dict[Key, str] = {
    ("restaurant", -1, "brasserie"): (
        "Le total du mois comprend la semaine au centre de formation\u00a0: indiquez les heures de formation à part."
    ),
}
REJECTED: dict[Key, Rejected] = {
    ("dechets", -2, "grand-large"): Rejected(None, RejectReason.MISSING_EVIDENCE, "Relevé du mois à joindre."),
    ("sentiers", -7, "jardins"): Rejected(1, RejectReason.ALREADY_DECLARED, ""),
    ("espaces-verts", -10, "marais"): Rejected(
        1, RejectReason.OTHER, "Heures faites sur le chantier d’une commune, hors de ce marché."
    ),
}
