"""What a commitment of the demonstration is made of: days are counted in months from the current one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from matching.clauses.penalty import PenaltyTerms
from matching.clauses.terms import (
    EligiblePublic,
    EventKind,
    GroupLiability,
    Modality,
    PartyRole,
    Procedure,
    PurchaseNature,
    Route,
    Support,
    TrainingHours,
)
from matching.terms import ContractKind

GRANTED, LATER, REFUSED, WAITING = "granted", "later", "refused", "waiting"
"""When the eligibility of a crew is decided: before the first hour, a month late, refused, not yet."""


@dataclass(frozen=True)
class Crew:
    """`people` who come by the same route from month `first` to month `last` (None: still there).

    `employer` empty: the holder. `hours` a week. `known`: among the candidates of the units. `training`: percent of
    their hours. `start_day`: the day of the first month, else its first working day. `twin`: the same person as the
    crew before.
    """

    route: Route
    public: EligiblePublic
    first: int
    last: int | None
    hours: int
    job: str
    kind: ContractKind
    employer: str = ""
    people: int = 1
    known: bool = False
    training: int = 0
    start_day: int = 0
    decision: str = GRANTED
    twin: bool = False

    @property
    def opening(self) -> int:
        """The month whose opening writes it: the next one when the decision comes late."""
        return self.first + (self.decision == LATER)


@dataclass(frozen=True)
class EventPlan:
    """`month`: its first day is when it takes effect, its last day when `at_end`. Recorded in the month before it,
    or `late` months after. `hours` and `euros` in whole units; `more`: other columns."""

    kind: EventKind
    month: int
    hours: int | None = None
    euros: int | None = None
    label: str = ""
    late: int = 0
    at_end: bool = False
    to: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def recorded(self) -> int:
        """The month whose opening writes it."""
        return self.month + (1 if self.at_end else 0) + self.late


@dataclass(frozen=True)
class CommitmentPlan:
    """One lot, or a whole contract. `window`: first and last month, None when not known. `answers`: the age in days
    of the last answer of its contact. `sized`: part of labour and rate, in percent, and hourly cost in euros."""

    key: str
    label: str
    hours: int
    window: tuple[int, int] | None
    holder: str
    crews: tuple[Crew, ...] = ()
    lot: str = ""
    sector: str = ""
    modality: Modality = Modality.EXECUTION_CONDITION
    liability: GroupLiability | None = None
    parties: tuple[tuple[str, PartyRole], ...] = ()
    events: tuple[EventPlan, ...] = ()
    publics: tuple[EligiblePublic, ...] = ()
    targets: tuple[tuple[str, int], ...] = ()
    penalty: PenaltyTerms | None = None
    training: TrainingHours = TrainingHours.NONE
    training_cap: int | None = None
    evidence: bool = False
    promised: int | None = None
    orders: tuple[str, str, str, str] | None = None
    sized: tuple[int, int, int] | None = None
    euros: int | None = None
    closed: int | None = None
    answered: int = 12


@dataclass(frozen=True)
class ContractPlan:
    """`notified`, `start`, `end`: months; the start is a first day, the end a last day. `euros` excl. VAT."""

    key: str
    object: str
    commitments: tuple[CommitmentPlan, ...]
    notified: int
    start: int
    end: int
    euros: int
    cpv: str = ""
    buyer: str = "dep"
    support: Support = Support.PUBLIC_CONTRACT
    nature: PurchaseNature | None = PurchaseNature.WORKS
    procedure: Procedure | None = Procedure.OPEN
    parent: str = ""
