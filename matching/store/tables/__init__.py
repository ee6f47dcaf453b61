"""Every table, one module a subject. Importing this package registers them all on `Base.metadata`."""

from matching.store.tables import (
    accounts,
    exposure,
    offers,
    organisations,
    people,
    proposals,
    protected,
    reference,
    trail,
)
from matching.store.tables.base import Base

__all__ = [
    "Base",
    "accounts",
    "exposure",
    "offers",
    "organisations",
    "people",
    "proposals",
    "protected",
    "reference",
    "trail",
]
