"""Offers: writing them, checking them, putting them online, keeping them current, listing them."""

from matching.services.offers.listing import (
    PAGE_SIZES,
    SORTS,
    count_offers,
    export_offers,
    filter_choices,
    find_offers,
)
from matching.services.offers.model import (
    CapabilityChoice,
    Choice,
    FilterChoices,
    FormChoices,
    HistoryLine,
    OfferFilter,
    OfferInput,
    OfferPage,
    OfferRow,
    OfferSheet,
    PlaceView,
    RequirementInput,
    RequirementView,
    Window,
)
from matching.services.offers.reading import find_skills, form_choices, get_offer, input_of, list_history
from matching.services.offers.states import change_state, confirm_offer, expire_stale_offers
from matching.services.offers.writing import create_offer, edit_offer

__all__ = [
    "PAGE_SIZES",
    "SORTS",
    "CapabilityChoice",
    "Choice",
    "FilterChoices",
    "FormChoices",
    "HistoryLine",
    "OfferFilter",
    "OfferInput",
    "OfferPage",
    "OfferRow",
    "OfferSheet",
    "PlaceView",
    "RequirementInput",
    "RequirementView",
    "Window",
    "change_state",
    "confirm_offer",
    "count_offers",
    "create_offer",
    "edit_offer",
    "expire_stale_offers",
    "export_offers",
    "filter_choices",
    "find_offers",
    "find_skills",
    "form_choices",
    "get_offer",
    "input_of",
    "list_history",
]
