"""What goes into and comes out of the offers' use cases: plain frozen dataclasses, ready to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from matching.offers.lifecycle import Change, Freshness, Stop
from matching.offers.pay import Pay
from matching.offers.publics import ReservedPublic
from matching.services.paging import page_count
from matching.terms import ContractKind, FactGroup, Importance, OfferState, RequirementKind, ScheduleFlag


@dataclass(frozen=True)
class Window:
    """Hours of work of one day: `weekday` 0 is Monday, minutes from midnight, end excluded."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True)
class RequirementInput:
    """One thing asked. `code` is a fact code or a skill id; `amount` a level, months or kilograms."""

    kind: RequirementKind
    importance: Importance
    code: str = ""
    amount: int | None = None


@dataclass(frozen=True)
class OfferInput:
    """An offer as somebody writes it. None and empty mean "not said yet": a draft may be incomplete."""

    title: str
    establishment_id: int | None = None
    unit_id: int | None = None
    rome_code: str = ""
    title_id: int | None = None
    description: str = ""
    seats: int | None = 1
    contract: ContractKind | None = None
    weekly_minutes: int | None = None
    start_on: date | None = None
    end_on: date | None = None
    pay: Pay | None = None
    communes: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    flags: tuple[ScheduleFlag, ...] = ()
    requirements: tuple[RequirementInput, ...] = ()
    immersion_possible: bool = False
    commitment_reference: str = ""
    reserved_publics: tuple[ReservedPublic, ...] = ()


@dataclass(frozen=True)
class PlaceView:
    insee: str
    name: str
    postal_code: str


@dataclass(frozen=True)
class RequirementView:
    """A requirement and its words, such as "Français parlé : B1"."""

    kind: RequirementKind
    importance: Importance
    code: str
    amount: int | None
    label: str


@dataclass(frozen=True)
class EmployerRef:
    establishment_id: int
    establishment: str
    organisation_id: int
    organisation: str
    kind: str


@dataclass(frozen=True)
class OfferSheet:
    """Everything an actor may see of one offer, and what the actor may do with it now."""

    id: int
    code: str
    version: int
    state: OfferState
    employer: EmployerRef
    unit_id: int | None
    unit: str
    title: str
    rome_code: str
    occupation: str
    rome_version: str
    title_id: int | None
    description: str
    seats: int
    filled_seats: int
    contract: ContractKind | None
    weekly_minutes: int | None
    start_on: date | None
    end_on: date | None
    pay: Pay | None
    pay_hourly_cents: int | None
    pay_warnings: tuple[str, ...]
    places: tuple[PlaceView, ...]
    windows: tuple[Window, ...]
    flags: tuple[ScheduleFlag, ...]
    requirements: tuple[RequirementView, ...]
    immersion_possible: bool
    commitment_reference: str
    reserved_publics: tuple[ReservedPublic, ...]
    wording_override: str
    created_by: str
    checked_by: str
    created_at: datetime
    published_on: date | None
    refreshed_on: date | None
    freshness: Freshness | None
    off_on: date | None
    stops: tuple[Stop, ...]
    changes: tuple[Change, ...]
    may_edit: bool
    may_confirm: bool
    open_proposals: int | None

    @property
    def wording_stops(self) -> tuple[Stop, ...]:
        """The stops that name prohibited words: an adviser may set them aside with a reason."""
        return tuple(stop for stop in self.stops if stop.findings)

    @property
    def other_stops(self) -> tuple[Stop, ...]:
        return tuple(stop for stop in self.stops if not stop.findings)


@dataclass(frozen=True)
class HistoryLine:
    """Who, when, what, why. `note` is free text, shown to staff only."""

    at: datetime
    who: str
    what: str
    note: str = ""


@dataclass(frozen=True)
class OfferFilter:
    """What is asked of the list. `to_refresh`: offers to be confirmed again before they go off."""

    words: str = ""
    states: tuple[OfferState, ...] = ()
    rome_code: str = ""
    commune: str = ""
    contract: ContractKind | None = None
    unit_id: int | None = None
    establishment_id: int | None = None
    organisation_id: int | None = None
    to_refresh: bool = False
    sort: str = "recent"
    page: int = 1
    per_page: int = 25


@dataclass(frozen=True)
class OfferRow:
    """One line of the list."""

    id: int
    code: str
    title: str
    occupation: str
    establishment: str
    organisation: str
    establishment_id: int
    commune: str
    contract: ContractKind | None
    weekly_minutes: int | None
    start_on: date | None
    seats: int
    filled_seats: int
    state: OfferState
    refreshed_on: date | None
    freshness: Freshness | None
    off_on: date | None
    unit: str


@dataclass(frozen=True)
class OfferPage:
    """A page of the list: `total` with the filters, `everything` without any."""

    rows: tuple[OfferRow, ...]
    total: int
    everything: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, self.per_page)


@dataclass(frozen=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class CapabilityChoice:
    code: str
    group: FactGroup
    label: str


@dataclass(frozen=True)
class FormChoices:
    """What the form lets one choose. `skills` are those usual in the occupation, then those already asked."""

    establishments: tuple[Choice, ...] = ()
    units: tuple[Choice, ...] = ()
    capabilities: tuple[CapabilityChoice, ...] = ()
    skills: tuple[Choice, ...] = ()
    occupation: Choice | None = None
    places: tuple[PlaceView, ...] = ()


@dataclass(frozen=True)
class FilterChoices:
    """What the list can be filtered by: only what offers in reach really use."""

    occupations: tuple[Choice, ...] = ()
    communes: tuple[Choice, ...] = ()
    units: tuple[Choice, ...] = ()
    employers: tuple[Choice, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
