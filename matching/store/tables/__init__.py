"""Every table, one module a subject. Importing this package registers them all on `Base.metadata`."""

from matching.store.tables import (
    accounts,
    clause_settings,
    contracts,
    declarations,
    exposure,
    follow_through,
    ledger,
    levers,
    offers,
    organisations,
    participations,
    people,
    proposals,
    protected,
    reference,
    snapshots,
    trail,
)
from matching.store.tables.base import Base

__all__ = [
    "Base",
    "accounts",
    "clause_settings",
    "contracts",
    "declarations",
    "exposure",
    "follow_through",
    "ledger",
    "levers",
    "offers",
    "organisations",
    "participations",
    "people",
    "proposals",
    "protected",
    "reference",
    "snapshots",
    "trail",
]
