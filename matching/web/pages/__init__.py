"""One module or package a subject; each exposes `blueprint`. Those listed here are registered."""

from __future__ import annotations

BLUEPRINTS: tuple[str, ...] = (
    "account",
    "today",
    "candidates",
    "offers",
    "ranking",
    "proposals",
    "occupations",
    "employers",
    "employer",
    "manager",
    "commitments",
    "commitment",
    "declarations",
    "participants",
    "pooling",
    "declare",
    "held",
    "declaration_links",
    "evidence",
    "certificates",
    "years",
    "registers",
    "buyer",
    "clauses_import",
    "decp",
    "clause_rules",
    "admin",
    "help",
)
