"""What a number of hours means, and which modality the sourcing suggests. Documented figures come as arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from matching.clauses import figures
from matching.clauses.rounding import nearest
from matching.errors import FieldError, Invalid
from matching.terms import Labelled
from matching.text import NBSP, written_hours


@dataclass(frozen=True)
class FullTime:
    """Full-time equivalents over a year of `base_hours`: never one without the other. `fte` has two decimals."""

    fte: Decimal
    base_hours: int


@dataclass(frozen=True)
class Meaning:
    """`people` and `hours_per_1000_euros` are None when what they divide by is not known (or zero)."""

    full_time: tuple[FullTime, ...]
    people: int | None
    hours_per_1000_euros: Decimal | None
    lines: tuple[str, ...]


def meaning(
    minutes: int, fte_bases: Iterable[int], minutes_per_person: int | None = None, amount_cents: int | None = None
) -> Meaning:
    """What `minutes` mean: full-time equivalents for each base in hours a year, people, hours per 1 000 €.

    People are counted to the nearest, one at least as soon as there is an hour to work.
    """
    full_time = tuple(FullTime(_hundredths(Fraction(minutes, 60 * base)), base) for base in fte_bases if base > 0)
    lines = [
        f"{_written_fte(item.fte, minutes)}{NBSP}ETP, base {figures.number(item.base_hours)}{NBSP}h par an"
        for item in full_time
    ]
    people = None
    if minutes_per_person and minutes_per_person > 0:
        people = max(nearest(Fraction(minutes, minutes_per_person)), 1 if minutes > 0 else 0)
        noun = "personne" if people <= 1 else "personnes"
        lines.append(f"Environ {people} {noun}, à {written_hours(minutes_per_person)} par personne en moyenne")
    density = None
    if amount_cents and amount_cents > 0:
        density = _hundredths(Fraction(minutes * 100 * 1000, 60 * amount_cents))
        lines.append(f"{figures.number(density)}{NBSP}h pour 1\u202f000{NBSP}€ hors taxes")
    return Meaning(full_time, people, density, tuple(lines))


def _written_fte(fte: Decimal, minutes: int) -> str:
    """« 0 » only for no hour at all."""
    return "moins de 0,01" if not fte and minutes > 0 else figures.number(fte)


def _hundredths(exact: Fraction) -> Decimal:
    return figures.as_decimal(exact, 60).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


class SuggestedModality(Labelled):
    RESERVE = "reserve", "Réserver le marché"
    RESERVE_LOT = "reserve_lot", "Réserver un lot"
    CLAUSE = "clause", "Écrire une clause d’insertion"
    NONE = "none", "Ni clause ni réservation"


@dataclass(frozen=True)
class SourcingThresholds:
    """Defaults are those of the national marketplace of inclusion; « more than », never « at least »."""

    reserve_suppliers: int = 30
    reserve_dependency_percent: int = 30
    reserve_lot_suppliers: int = 10
    clause_suppliers: int = 1


@dataclass(frozen=True)
class SourcingHint:
    """`dependency_percent` (one decimal) is budget ÷ average turnover, None when the turnover is not known."""

    modality: SuggestedModality
    dependency_percent: Decimal | None
    sentence: str


_DEFAULT_THRESHOLDS = SourcingThresholds()


def sourcing_hint(
    suppliers: int,
    budget_cents: int,
    average_turnover_cents: int | None,
    thresholds: SourcingThresholds = _DEFAULT_THRESHOLDS,
) -> SourcingHint:
    """Which modality the number of possible suppliers and their economic dependency suggest. A hint, never a rule.

    An unknown turnover leaves the dependency unknown: the whole contract is then not suggested for reservation.
    Raises Invalid for negative figures.
    """
    if suppliers < 0 or budget_cents < 0 or (average_turnover_cents is not None and average_turnover_cents < 0):
        message = "Le nombre de fournisseurs, le budget et le chiffre d’affaires ne peuvent pas être négatifs."
        raise Invalid(message, [FieldError("suppliers", message)])
    dependency = Fraction(100 * budget_cents, average_turnover_cents) if average_turnover_cents else None
    low = dependency is not None and dependency < thresholds.reserve_dependency_percent
    if suppliers > thresholds.reserve_suppliers and low:
        modality = SuggestedModality.RESERVE
    elif suppliers > thresholds.reserve_lot_suppliers:
        modality = SuggestedModality.RESERVE_LOT
    elif suppliers > thresholds.clause_suppliers:
        modality = SuggestedModality.CLAUSE
    else:
        modality = SuggestedModality.NONE
    return SourcingHint(modality, _tenths(dependency), _sentence(modality, suppliers, dependency))


def _tenths(exact: Fraction | None) -> Decimal | None:
    if exact is None:
        return None
    return figures.as_decimal(exact, 60).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _sentence(modality: SuggestedModality, suppliers: int, dependency: Fraction | None) -> str:
    count = "aucun fournisseur possible" if suppliers == 0 else "1 fournisseur possible"
    if suppliers > 1:
        count = f"{suppliers} fournisseurs possibles"
    part = "à préciser" if dependency is None else f"{figures.number(dependency, 1)}{NBSP}%"
    return f"{modality.label}{NBSP}: {count}, dépendance économique {part} (budget ÷ chiffre d’affaires moyen)."
