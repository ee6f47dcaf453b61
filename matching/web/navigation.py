"""The menu, by role: an entry shows when its page exists and the actor may open it."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request, url_for

from matching.access.permissions import Permission
from matching.web.session import context

ENTRIES: tuple[tuple[str, str, Permission], ...] = (
    ("Aujourd’hui", "today.show", Permission.SEE_TODAY),
    ("Personnes", "candidates.index", Permission.READ_CANDIDATE),
    ("Offres", "offers.index", Permission.READ_OFFER),
    ("Propositions", "proposals.index", Permission.PROPOSE),
    ("Employeurs", "employers.index", Permission.READ_EMPLOYER),
    ("Mes offres", "employer.index", Permission.POST_OWN_OFFER),
    ("Engagements", "commitments.index", Permission.READ_CLAUSES),
    ("Déclarations", "declarations.index", Permission.DECIDE_HOURS),
    ("Participants", "participants.index", Permission.DECIDE_ELIGIBILITY),
    ("Bilans", "certificates.index", Permission.READ_CLAUSES),
    ("Importer", "clauses_import.index", Permission.IMPORT_CLAUSES),
    ("Heures d’insertion", "declare.index", Permission.DECLARE_HOURS),
    ("Mes engagements", "buyer.index", Permission.READ_CODED_CLAUSES),
    ("Unité", "manager.index", Permission.MANAGE_UNIT),
    ("Équité", "fairness.index", Permission.READ_FAIRNESS),
    ("Administration", "admin.index", Permission.ADMINISTER),
)
# Subjects without an entry of their own: the entry shown as current while one reads their pages.
UNDER = {
    "ranking": "offers",
    "commitment": "commitments",
    "follow_up": "commitments",
    "declaration_links": "commitments",
    "held": "declare",
    "pooling": "commitments",
    "years": "certificates",
    "decp": "clauses_import",
    "registers": "certificates",
}


def register(app: Flask) -> None:
    """Give the templates the menu, the actor, today and the Département's name."""

    def menu() -> list[dict[str, Any]]:
        actor = getattr(g, "actor", None)
        if actor is None:
            return []
        subject = (request.blueprint or "").split(".")[0]
        here = UNDER.get(subject, subject)
        return [
            {"label": label, "url": url_for(endpoint), "current": endpoint.split(".")[0] == here}
            for label, endpoint, permission in ENTRIES
            if endpoint in app.view_functions and actor.may(permission)
        ]

    def may(permission: str) -> bool:
        actor = getattr(g, "actor", None)
        return bool(actor and actor.may(Permission(permission)))

    @app.context_processor
    def shared() -> dict[str, Any]:
        return {
            "menu": menu,
            "may": may,
            "actor": getattr(g, "actor", None),
            "nonce": getattr(g, "nonce", ""),
            "today": context().clock.today(),
            "departement": context().settings.departement,
            "has_page": lambda endpoint: endpoint in app.view_functions,
        }
