"""The shapes of the reference: immutable rows, whatever they were read from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from matching.terms import ContractKind, Criterion, FactGroup, FactUnit, Labelled, RemedyKind


class MobilityKind(Labelled):
    """How far one occupation is from another."""

    CLOSE = "close", "Métier proche"
    EVOLUTION = "evolution", "Métier accessible en évoluant"


@dataclass(frozen=True, slots=True)
class Occupation:
    """A ROME occupation. `family` is the V3 code it comes from (itself for the 532 families).

    `version` is the ROME version of the code, such as `4.0-60`: codes change meaning between versions.
    """

    code: str
    label: str
    family: str
    version: str


@dataclass(frozen=True, slots=True)
class JobTitle:
    """A job title of an occupation. `masculine` and `feminine` are full forms (equal when epicene).

    `searchable` holds every distinct form somebody could type, the complement kept with each.
    """

    id: int
    code: str
    label: str
    masculine: str
    feminine: str
    searchable: tuple[str, ...]
    principal: bool = False


@dataclass(frozen=True, slots=True)
class Mobility:
    """People go from `source` to `target` (V3 codes in the official file)."""

    source: str
    target: str
    kind: MobilityKind


@dataclass(frozen=True, slots=True)
class Skill:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class OccupationSkill:
    """`code` is an occupation or, in the official files, its V3 family."""

    code: str
    skill_id: str


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune with its centroid in degrees and its area in km²; None when the source does not say."""

    insee: str
    name: str
    postal_codes: tuple[str, ...]
    lat: float | None
    lon: float | None
    area_km2: float | None
    population: int | None
    departement: str


@dataclass(frozen=True, slots=True)
class Synonym:
    """Everyday words or an abbreviation, and the occupation they mean."""

    words: str
    rome_code: str


@dataclass(frozen=True, slots=True)
class LegalParameter:
    """An amount that holds from `valid_from` until the next row of the same code.

    `amount` is in `unit` (such as `EUR_PER_HOUR`, `PERCENT`, `HOURS`); `to_check` says that nobody has yet
    compared it with the official source.
    """

    code: str
    valid_from: date
    amount: Decimal
    unit: str
    label: str
    source: str
    to_check: bool


@dataclass(frozen=True, slots=True)
class Trade:
    """The part of labour in the price of a trade, in percent, that a clause is sized with from `valid_from` on."""

    name: str
    labour_share: Decimal
    valid_from: date
    source: str
    to_check: bool


@dataclass(frozen=True, slots=True)
class HoursBracket:
    """From this amount excl. VAT on (included), these hours. A table is all the rows of one `valid_from`."""

    valid_from: date
    from_cents: int
    minutes: int
    source: str = ""
    to_check: bool = False


@dataclass(frozen=True, slots=True)
class DurationRuleDefault:
    """How long somebody counts on a clause. `public` and `contract_kind` empty: any; `months` None: all the contract.

    `public` is a code of `EligiblePublic`, `start_event` is `first_validated_hour` or `hire`.
    """

    public: str
    contract_kind: ContractKind | None
    start_event: str
    months: int | None
    extension_months: int
    maximum_months: int | None
    valid_from: date
    source: str
    to_check: bool


@dataclass(frozen=True, slots=True)
class ProofRuleDefault:
    """How many months a proof is accepted (None: any age). `at_hire`: valid on the day of hire instead."""

    public: str
    months: int | None
    at_hire: bool
    valid_from: date
    source: str
    to_check: bool


@dataclass(frozen=True, slots=True)
class FactKind:
    """A fact that can be yes, no or unknown of a person, and the question that settles it."""

    code: str
    group: FactGroup
    unit: FactUnit
    label: str
    question: str


@dataclass(frozen=True, slots=True)
class RemedyDefault:
    """A usual way to lift what is missing. `lifts` is a fact code, a criterion code or a barrier code."""

    code: str
    kind: RemedyKind
    label: str
    lifts: str
    delay_days: int
    who: str


@dataclass(frozen=True, slots=True)
class Network:
    """Communes that public transport joins, and its usual speed from door to door."""

    code: str
    name: str
    speed_kmh: int
    communes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriterionDefault:
    """Weight of a criterion in the fit and what an essential unknown costs there.

    `unknown_cost` is the share of the weight, 0 to 1, lost when the fact is essential and unknown.
    """

    criterion: Criterion
    weight: float
    unknown_cost: float


@dataclass(frozen=True)
class Reference:
    """Everything, in the order of the files. The tuples that a source lacks are empty."""

    version: str
    occupations: tuple[Occupation, ...] = ()
    titles: tuple[JobTitle, ...] = ()
    mobilities: tuple[Mobility, ...] = ()
    skills: tuple[Skill, ...] = ()
    occupation_skills: tuple[OccupationSkill, ...] = ()
    communes: tuple[Commune, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    legal_parameters: tuple[LegalParameter, ...] = ()
    fact_kinds: tuple[FactKind, ...] = ()
    remedies: tuple[RemedyDefault, ...] = ()
    networks: tuple[Network, ...] = ()
    criteria: tuple[CriterionDefault, ...] = ()

    @cached_property
    def occupation_by_code(self) -> dict[str, Occupation]:
        return {occupation.code: occupation for occupation in self.occupations}
