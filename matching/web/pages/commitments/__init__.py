"""Contracts and their commitments as officers keep them: list, forms, events, companies, contacts, calculator."""

from __future__ import annotations

from matching.web.pages.commitments import calculator, companies, events, listing, registering
from matching.web.pages.commitments.common import blueprint

__all__ = ["blueprint", "calculator", "companies", "events", "listing", "registering"]
