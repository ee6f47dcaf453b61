"""The hours of a year: by modality, route, public…, with people counted once, and what changed between two readings.

Hours count in the month they were worked. Somebody with hours that were all reversed is not counted. Opening balances
are hours without people: they stand apart, since nothing is known of who worked them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from matching.clauses.dates import age_on
from matching.clauses.small_cells import TOTAL, Cell, Shown, Total, protect_across
from matching.clauses.terms import EligiblePublic, Modality, Outcome, Route, Support
from matching.terms import ContractKind, Labelled

UNKNOWN = ""
"""The key of people of whom that is not known: a line of its own, never spread over the others."""


class Dimension(Labelled):
    """What the hours of a year are read by."""

    MODALITY = "modality", "Modalité"
    SUPPORT = "support", "Support"
    ROUTE = "route", "Voie"
    PUBLIC = "public", "Public"
    SEX = "sex", "Sexe"
    AGE_BAND = "age_band", "Âge"
    SECTOR = "sector", "Secteur"
    TERRITORY = "territory", "Territoire"
    CONTRACT_KIND = "contract_kind", "Type de contrat"
    OUTCOME = "outcome", "Situation après"


class AgeBand(Labelled):
    """Age on 31 December of the year."""

    UNDER_26 = "under_26", "Moins de 26 ans"
    FROM_26 = "from_26", "26 à 49 ans"
    FROM_50 = "from_50", "50 ans et plus"


@dataclass(frozen=True)
class YearLine:
    """One participation on one commitment in the year. None or empty text is unknown; no person: opening balance."""

    commitment_id: int
    participation_id: int | None
    person_id: int | None
    minutes: int
    worked_from: date
    worked_to: date
    support: Support
    modality: Modality
    route: Route | None = None
    public: EligiblePublic | None = None
    sex: str = UNKNOWN
    age_band: str = UNKNOWN
    sector: str = UNKNOWN
    territory: str = UNKNOWN
    contract_kind: ContractKind | None = None
    outcome: str = UNKNOWN

    def key(self, dimension: Dimension) -> str:
        """The code under which this line is counted; `UNKNOWN` when that is not known."""
        return str(getattr(self, dimension.value) or UNKNOWN)


@dataclass(frozen=True)
class Change:
    """A figure that moved between two readings of the same year."""

    dimension: Dimension | None
    key: str
    before: Cell
    after: Cell

    @property
    def minutes(self) -> int:
        return self.after.minutes - self.before.minutes

    @property
    def people(self) -> int:
        return self.after.people - self.before.people


def age_band(birth: date | None, year: int) -> str:
    """The band of somebody born on `birth`, on the last day of `year`; `UNKNOWN` when the birth is not known."""
    if birth is None:
        return UNKNOWN
    age = age_on(birth, date(year, 12, 31))
    return AgeBand.UNDER_26 if age < 26 else AgeBand.FROM_50 if age >= 50 else AgeBand.FROM_26


def total(lines: Iterable[YearLine]) -> Cell:
    """People, each counted once over all commitments, and their minutes. Opening balances are left out."""
    standing = [line for line in lines if line.minutes and line.person_id is not None]
    return Cell(len({line.person_id for line in standing}), sum(line.minutes for line in standing))


def opening_minutes(lines: Iterable[YearLine]) -> int:
    """Hours taken over from before the ledger, of which nothing more is known."""
    return sum(line.minutes for line in lines if line.person_id is None)


def breakdown(lines: Iterable[YearLine], dimension: Dimension) -> dict[str, Cell]:
    """People and minutes by code, largest first then by code; somebody may be in several."""
    people: dict[str, set[int]] = defaultdict(set)
    minutes: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.minutes and line.person_id is not None:
            key = line.key(dimension)
            people[key].add(line.person_id)
            minutes[key] += line.minutes
    cells = {key: Cell(len(people[key]), minutes[key]) for key in minutes}
    return dict(sorted(cells.items(), key=lambda item: (-item[1].minutes, item[0])))


def published(lines: list[YearLine], threshold: int) -> dict[Dimension, dict[str | Total, Shown]]:
    """Every breakdown as they may leave the Département on one sheet: when one must hide the total, all hide it."""
    whole = total(lines)
    if not whole.people:
        return {dimension: {TOTAL: whole} for dimension in Dimension}
    tables = {dimension.value: breakdown(lines, dimension) for dimension in Dimension}
    shown = protect_across(tables, threshold, total=whole)
    return {dimension: shown[dimension.value] for dimension in Dimension}


def average_hours(cell: Cell) -> Decimal | None:
    """Hours per person, to a tenth; None without anybody. Averages of contracts are never averaged."""
    if not cell.people:
        return None
    return (Decimal(cell.minutes) / 60 / cell.people).quantize(Decimal("0.1"), ROUND_HALF_UP)


def changes(before: list[YearLine], after: list[YearLine]) -> Iterator[Change]:
    """The total when it moved, then every figure that moved, in the order of dimensions."""
    first, last = total(before), total(after)
    if first != last:
        yield Change(None, UNKNOWN, first, last)
    for dimension in Dimension:
        yield from _moved(dimension, breakdown(before, dimension), breakdown(after, dimension))


def _moved(dimension: Dimension, before: Mapping[str, Cell], after: Mapping[str, Cell]) -> Iterator[Change]:
    nobody = Cell(0, 0)
    for key in sorted(before.keys() | after.keys()):
        change = Change(dimension, key, before.get(key, nobody), after.get(key, nobody))
        if change.before != change.after:
            yield change


def digest(lines: Iterable[YearLine]) -> str:
    """SHA-256 of the lines in their order: what is frozen can be shown not to have moved."""
    content = hashlib.sha256()
    for line in lines:
        fields = (
            line.commitment_id, line.participation_id, line.person_id, line.minutes, line.worked_from, line.worked_to,
            *(line.key(dimension) for dimension in Dimension),
        )  # fmt: skip
        content.update(("|".join(map(str, fields)) + "\n").encode())
    return content.hexdigest()


_TERMS = {
    Dimension.MODALITY: Modality,
    Dimension.SUPPORT: Support,
    Dimension.ROUTE: Route,
    Dimension.PUBLIC: EligiblePublic,
    Dimension.AGE_BAND: AgeBand,
    Dimension.CONTRACT_KIND: ContractKind,
    Dimension.OUTCOME: Outcome,
}
_SEX = {"f": "Femmes", "m": "Hommes", "x": "Autre"}


def label_of(dimension: Dimension, key: str) -> str:
    """What people read of a code."""
    if key == UNKNOWN:
        return "Non renseigné"
    if dimension is Dimension.SEX:
        return _SEX.get(key, key)
    terms = _TERMS.get(dimension)
    return terms(key).label if terms else key
