"""Pages about the people a unit follows: the list, a person's file, its sections, the import."""

from matching.web.pages.candidates import creation, importing, listing, profile, reading, sections
from matching.web.pages.candidates.blueprint import blueprint

__all__ = ["blueprint", "creation", "importing", "listing", "profile", "reading", "sections"]
