"""Pages about the people a unit follows: the list, a person's file, its sections, the import."""

from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.creation import new
from matching.web.pages.candidates.importing import upload
from matching.web.pages.candidates.listing import index
from matching.web.pages.candidates.offers import offers
from matching.web.pages.candidates.profile import facts
from matching.web.pages.candidates.reading import show
from matching.web.pages.candidates.sections import identity

# One view of each module: importing them is what plugs their pages into the blueprint.
__all__ = ["blueprint", "facts", "identity", "index", "new", "offers", "show", "upload"]
