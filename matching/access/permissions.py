"""The one table of who may do what. Which objects an actor reaches is `matching.store.scope`'s affair."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from matching.errors import Forbidden
from matching.terms import Role


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"
    SEE_TODAY = "see_today"
    READ_CANDIDATE = "read_candidate"
    EDIT_CANDIDATE = "edit_candidate"
    IMPORT_CANDIDATES = "import_candidates"
    READ_OFFER = "read_offer"
    EDIT_OFFER = "edit_offer"
    CHECK_OFFER = "check_offer"
    IMPORT_OFFERS = "import_offers"
    RANK_CANDIDATES = "rank_candidates"
    PROPOSE = "propose"
    FIND_OCCUPATION = "find_occupation"
    READ_EMPLOYER = "read_employer"
    POST_OWN_OFFER = "post_own_offer"
    MANAGE_UNIT = "manage_unit"
    EDIT_WEIGHTS = "edit_weights"
    ADMINISTER = "administer"
    READ_TRAIL = "read_trail"
    READ_CLAUSES = "read_clauses"
    EDIT_CLAUSES = "edit_clauses"
    DECIDE_ELIGIBILITY = "decide_eligibility"
    DECIDE_HOURS = "decide_hours"
    DECIDE_PENALTY = "decide_penalty"
    IMPORT_CLAUSES = "import_clauses"
    EDIT_CLAUSE_RULES = "edit_clause_rules"
    DECLARE_HOURS = "declare_hours"
    READ_CODED_CLAUSES = "read_coded_clauses"
    READ_FAIRNESS = "read_fairness"


_ADVISER = {
    Permission.OWN_ACCOUNT,
    Permission.SEE_TODAY,
    Permission.READ_CANDIDATE,
    Permission.EDIT_CANDIDATE,
    Permission.IMPORT_CANDIDATES,
    Permission.READ_OFFER,
    Permission.EDIT_OFFER,
    Permission.CHECK_OFFER,
    Permission.IMPORT_OFFERS,
    Permission.RANK_CANDIDATES,
    Permission.PROPOSE,
    Permission.FIND_OCCUPATION,
    Permission.READ_EMPLOYER,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADVISER: frozenset(_ADVISER),
    Role.UNIT_MANAGER: frozenset(
        _ADVISER | {Permission.MANAGE_UNIT, Permission.EDIT_WEIGHTS, Permission.READ_FAIRNESS}
    ),
    Role.EMPLOYER: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.SEE_TODAY,
            Permission.POST_OWN_OFFER,
            Permission.FIND_OCCUPATION,
            Permission.DECLARE_HOURS,
        }
    ),
    Role.CLAUSE_OFFICER: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.SEE_TODAY,
            Permission.FIND_OCCUPATION,
            Permission.READ_CLAUSES,
            Permission.EDIT_CLAUSES,
            Permission.DECIDE_ELIGIBILITY,
            Permission.DECIDE_HOURS,
            Permission.DECIDE_PENALTY,
            Permission.IMPORT_CLAUSES,
            Permission.EDIT_CLAUSE_RULES,
        }
    ),
    # A buyer reads its own commitments by codes and totals, and nobody's name.
    Role.BUYER: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.SEE_TODAY,
            Permission.FIND_OCCUPATION,
            Permission.READ_CODED_CLAUSES,
        }
    ),
    # A pilot reads figures of groups large enough, and opens nobody's file.
    Role.PILOT: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.SEE_TODAY,
            Permission.FIND_OCCUPATION,
            Permission.READ_FAIRNESS,
        }
    ),
    # An administrator keeps the house and opens nobody's file.
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.OWN_ACCOUNT,
            Permission.SEE_TODAY,
            Permission.ADMINISTER,
            Permission.EDIT_CLAUSE_RULES,
            Permission.EDIT_WEIGHTS,
            Permission.FIND_OCCUPATION,
            Permission.READ_TRAIL,
        }
    ),
}

_ROLE_HOLDS_NOT = "Votre rôle ne permet pas cette action."
REFUSALS: dict[Role, str] = {
    Role.ADVISER: f"{_ROLE_HOLDS_NOT} Demandez-la à votre responsable d’unité.",
    Role.UNIT_MANAGER: f"{_ROLE_HOLDS_NOT} Demandez-la à l’administration de l’outil.",
    Role.EMPLOYER: f"{_ROLE_HOLDS_NOT} Demandez-la à l’unité emploi qui suit vos offres, ou à la personne qui suit "
    "votre clause d’insertion.",
    Role.CLAUSE_OFFICER: "Votre rôle tient les clauses d’insertion. Pour un dossier ou une offre, demandez à l’unité "
    "emploi\u00a0; pour un réglage, à l’administration de l’outil.",
    Role.BUYER: "Votre rôle lit vos engagements en codes et en totaux, jamais un nom. Demandez le reste à la personne "
    "qui suit vos clauses d’insertion.",
    Role.PILOT: "Votre rôle lit des chiffres de groupes, jamais un dossier.",
    Role.ADMINISTRATOR: "Votre rôle tient les comptes et les réglages, jamais un dossier. Demandez cette action à "
    "l’unité emploi, ou à la personne qui suit la clause.",
}
"""What a refusal says to each role, with whom that role can turn to."""


@dataclass(frozen=True)
class Actor:
    """Who is acting, as known at the start of the request."""

    user_id: int
    name: str
    role: Role
    unit_id: int | None = None
    establishment_id: int | None = None

    def may(self, permission: Permission) -> bool:
        return allowed(self.role, permission)


def allowed(role: Role, permission: Permission) -> bool:
    """Whether `role` holds `permission`."""
    return permission in PERMISSIONS.get(role, frozenset())


def require(actor: Actor, permission: Permission) -> None:
    """Raises `Forbidden` unless the actor holds the permission: the first line of every use case."""
    if not actor.may(permission):
        raise Forbidden(REFUSALS.get(actor.role, _ROLE_HOLDS_NOT), permission=permission.value)
