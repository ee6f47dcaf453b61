"""How many hours a clause asks: five methods, what the figure means, and the hint for the choice of modality.

Amounts are integer cents excl. VAT, times integer minutes, shares and rates Decimal percentages (5 for 5 %), hourly
costs Decimal euros. Everything is computed exactly and rounded once at the end. The calculator only proposes: the
signed figure is authoritative. Absurd input raises Invalid, one FieldError per thing to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from matching.clauses import brackets, figures
from matching.clauses.rounding import Rounding, nearest, round_hours
from matching.errors import Problems
from matching.reference.model import HoursBracket
from matching.terms import Labelled
from matching.text import NBSP, written_hours

MAX_HOURS = 9_999_999
"""What `hours.parse_hours` reads at most: a whole nation's yearly clauses are about 13 million hours."""
MAX_CENTS = 1_000_000_000_000
"""Ten billion euros: above, an amount in public contracts is a typing mistake (clauses.md, 9)."""
MAX_HOURLY_COST = 1_000
_MAX_DECIMALS = 6
_REFUSED = "Le calcul ne peut pas se faire avec ces chiffres. Corrigez-les, puis recommencez."
_CENTIHOUR = Decimal("0.01")


class SizingMethod(Labelled):
    AMOUNT = "amount", "Selon le montant et la part de main-d’œuvre"
    TOTAL_HOURS = "total_hours", "Selon le total des heures de travail"
    TRANSFERRED_STAFF = "transferred_staff", "Selon le total des heures, personnel repris déduit"
    PURCHASE_ORDERS = "purchase_orders", "Selon les bons de commande"
    BRACKETS = "brackets", "Selon un barème par montant"


@dataclass(frozen=True)
class Sizing:
    """What a method gives. `exact` has 28 significant digits; `hours` is rounded by `rounding`, or to two decimals
    for display without rounding; `minutes` is what is proposed for signature, from the exact figure."""

    method: SizingMethod
    exact: Decimal
    rounding: Rounding
    hours: Decimal
    minutes: int
    working: tuple[str, ...]


def from_amount(
    amount_cents: int, labour_share: Decimal, rate: Decimal, hourly_cost: Decimal, rounding: Rounding = Rounding.NONE
) -> Sizing:
    """F1: amount × labour share × insertion rate ÷ loaded hourly cost."""
    problems = Problems()
    _check_amount(problems, "amount", amount_cents, "Le montant")
    _check_coefficients(problems, labour_share, rate, hourly_cost)
    problems.raise_if_any(_REFUSED)
    amount = Fraction(amount_cents, 100)
    labour = amount * Fraction(labour_share) / 100
    insertion = labour * Fraction(rate) / 100
    exact = insertion / Fraction(hourly_cost)
    lines = (
        f"Montant hors taxes {figures.euros(amount)} × part de main-d’œuvre {figures.percent(labour_share)}"
        f" = {figures.euros(labour)} de main-d’œuvre",
        f"{figures.euros(labour)} × taux d’insertion {figures.percent(rate)} = {figures.euros(insertion)}",
        f"{figures.euros(insertion)} ÷ coût horaire chargé {figures.euros(hourly_cost)}"
        f" {figures.equals(exact)} {figures.hours(exact)}",
    )
    return _sizing(SizingMethod.AMOUNT, exact, rounding, lines)


def from_total_hours(total_minutes: int, rate: Decimal, rounding: Rounding = Rounding.NONE) -> Sizing:
    """F2: hours worked in all × rate."""
    problems = Problems()
    _check_minutes(problems, "total_hours", total_minutes, "Le total des heures")
    _check_percent(problems, "rate", rate, "Le taux d’insertion")
    problems.raise_if_any(_REFUSED)
    exact, line = _rated(total_minutes, rate)
    return _sizing(SizingMethod.TOTAL_HOURS, exact, rounding, [line])


def without_transferred(
    total_minutes: int, transferred_minutes: int, rate: Decimal, rounding: Rounding = Rounding.NONE
) -> Sizing:
    """F3: (hours worked in all − hours of the staff taken over) × rate."""
    problems = Problems()
    _check_minutes(problems, "total_hours", total_minutes, "Le total des heures")
    _check_minutes(problems, "transferred_hours", transferred_minutes, "Le nombre d’heures du personnel repris")
    _check_percent(problems, "rate", rate, "Le taux d’insertion")
    if not problems.errors and transferred_minutes > total_minutes:
        problems.add(
            "transferred_hours",
            f"Le personnel repris fait plus d’heures ({written_hours(transferred_minutes)}) que le total"
            f" ({written_hours(total_minutes)}). Corrigez l’un des deux.",
        )
    problems.raise_if_any(_REFUSED)
    base = total_minutes - transferred_minutes
    first = (
        f"{written_hours(total_minutes)} en tout − {written_hours(transferred_minutes)} du personnel repris"
        f" = {written_hours(base)}"
    )
    exact, line = _rated(base, rate)
    return _sizing(SizingMethod.TRANSFERRED_STAFF, exact, rounding, [first, line])


def from_orders(
    orders_cents: Sequence[int],
    labour_share: Decimal,
    rate: Decimal,
    hourly_cost: Decimal,
    rounding: Rounding = Rounding.NONE,
) -> Sizing:
    """F4: sum of the purchase orders × labour share × rate ÷ hourly cost. A framework's maximum is not spend."""
    _check_orders(orders_cents, labour_share, rate, hourly_cost)
    hours_per_euro = _hours_per_cent(labour_share, rate, hourly_cost) * 100
    exact = _orders_hours(orders_cents, labour_share, rate, hourly_cost)
    factors = (
        f"{figures.percent(labour_share)} × {figures.percent(rate)} ÷ {figures.euros(hourly_cost)}"
        f" {figures.equals(hours_per_euro * 1000)} {figures.hours(hours_per_euro * 1000)} pour 1\u202f000{NBSP}€"
    )
    lines = [f"Part de main-d’œuvre × taux d’insertion ÷ coût horaire chargé{NBSP}: {factors}"]
    for position, cents in enumerate(orders_cents, start=1):
        due = cents * hours_per_euro / 100
        lines.append(f"Bon de commande {position}, {figures.cents(cents)} {figures.equals(due)} {figures.hours(due)}")
    lines.append(f"Total {figures.cents(sum(orders_cents))} {figures.equals(exact)} {figures.hours(exact)}")
    return _sizing(SizingMethod.PURCHASE_ORDERS, exact, rounding, lines)


def orders_minutes_due(
    orders_cents: Iterable[int], labour_share: Decimal, rate: Decimal, hourly_cost: Decimal, rounding: Rounding
) -> int:
    """Minutes due for all these orders together: the rounding applies to their sum, never to each."""
    orders = list(orders_cents)
    _check_orders(orders, labour_share, rate, hourly_cost)
    return proposed_minutes(_orders_hours(orders, labour_share, rate, hourly_cost), rounding)


def from_brackets(amount_cents: int, table: Sequence[HoursBracket], rounding: Rounding = Rounding.NONE) -> Sizing:
    """F5: the hours of the bracket of the amount. `table` is one table, as `brackets.table_on` gives it."""
    problems = Problems()
    _check_amount(problems, "amount", amount_cents, "Le montant")
    problems.raise_if_any(_REFUSED)
    found = brackets.find(table, amount_cents)
    span = f"à partir de {figures.cents(found.line.from_cents)}"
    if found.below_cents is not None:
        span = f"de {figures.cents(found.line.from_cents)} à moins de {figures.cents(found.below_cents)}"
    line = f"{figures.cents(amount_cents)}{NBSP}: tranche {span}, soit {written_hours(found.line.minutes)}"
    return _sizing(SizingMethod.BRACKETS, Fraction(found.line.minutes, 60), rounding, [line])


def proposed_minutes(exact: Fraction, rounding: Rounding) -> int:
    """Whole minutes of an exact number of hours: by the hour with a rounding, to the nearest minute without."""
    if rounding is Rounding.NONE:
        return nearest(exact * 60)
    return int(round_hours(figures.as_decimal(exact, 60), rounding)) * 60


def _rated(base_minutes: int, rate: Decimal) -> tuple[Fraction, str]:
    exact = Fraction(base_minutes, 60) * Fraction(rate) / 100
    line = (
        f"{written_hours(base_minutes)} de travail × taux d’insertion {figures.percent(rate)}"
        f" {figures.equals(exact)} {figures.hours(exact)}"
    )
    return exact, line


def _hours_per_cent(labour_share: Decimal, rate: Decimal, hourly_cost: Decimal) -> Fraction:
    return Fraction(labour_share) * Fraction(rate) / Fraction(hourly_cost) / 1_000_000


def _orders_hours(orders_cents: Sequence[int], labour_share: Decimal, rate: Decimal, hourly_cost: Decimal) -> Fraction:
    return sum(orders_cents) * _hours_per_cent(labour_share, rate, hourly_cost)


def _sizing(method: SizingMethod, exact: Fraction, rounding: Rounding, lines: Sequence[str]) -> Sizing:
    """The last step of every method: the one rounding, and the figure refused when nobody could mean it."""
    problems = Problems()
    if exact > MAX_HOURS:
        problems.add(
            "hours",
            f"Le résultat ({figures.hours(exact)}) est trop grand pour une clause. Vérifiez les zéros.",
        )
    problems.raise_if_any(_REFUSED)
    minutes = proposed_minutes(exact, rounding)
    wide = figures.as_decimal(exact, 60)
    if rounding is Rounding.NONE:
        shown = wide.quantize(_CENTIHOUR, rounding=ROUND_HALF_UP)
        last = f"Sans arrondi{NBSP}: {figures.hours(exact)}, soit {written_hours(minutes)} à signer"
    else:
        shown = round_hours(wide, rounding)
        last = f"Arrondi {rounding.label.lower()}{NBSP}: {figures.hours(Fraction(shown))}"
    return Sizing(method, figures.as_decimal(exact), rounding, shown, minutes, (*lines, last))


# What is refused ------------------------------------------------------------------------------------------------


def _check_amount(problems: Problems, field: str, amount_cents: int, name: str) -> None:
    if amount_cents < 0:
        problems.add(field, f"{name} ne peut pas être négatif.")
    elif amount_cents > MAX_CENTS:
        problems.add(field, f"{name} dépasse {figures.cents(MAX_CENTS)}. Vérifiez les zéros.")


def _check_minutes(problems: Problems, field: str, minutes: int, name: str) -> None:
    if minutes < 0:
        problems.add(field, f"{name} ne peut pas être négatif.")
    elif minutes > MAX_HOURS * 60 + 59:
        problems.add(field, f"{name} est trop grand{NBSP}: {figures.number(MAX_HOURS)}{NBSP}h au plus.")


def _check_number(problems: Problems, field: str, value: Decimal, name: str) -> bool:
    """Whether the number can be used at all; what is wrong is noted."""
    if not value.is_finite():
        problems.add(field, f"{name} n’est pas un nombre. Écrivez par exemple 12,5.")
        return False
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and (-exponent > _MAX_DECIMALS or value.adjusted() > 15):
        problems.add(field, f"{name} a trop de chiffres{NBSP}: {_MAX_DECIMALS} décimales au plus.")
        return False
    return True


def _check_percent(problems: Problems, field: str, value: Decimal, name: str) -> None:
    if _check_number(problems, field, value, name) and not 0 <= value <= 100:
        problems.add(field, f"{name} va de 0 à 100{NBSP}%{NBSP}: écrivez 5 pour 5{NBSP}%.")


def _check_coefficients(problems: Problems, labour_share: Decimal, rate: Decimal, hourly_cost: Decimal) -> None:
    _check_percent(problems, "labour_share", labour_share, "La part de main-d’œuvre")
    _check_percent(problems, "rate", rate, "Le taux d’insertion")
    name = "Le coût horaire chargé"
    if not _check_number(problems, "hourly_cost", hourly_cost, name):
        return
    if hourly_cost <= 0:
        problems.add("hourly_cost", f"{name} doit être plus grand que zéro, par exemple 30.")
    elif hourly_cost > MAX_HOURLY_COST:
        problems.add("hourly_cost", f"{name} dépasse {figures.euros(Decimal(MAX_HOURLY_COST))}. Vérifiez-le.")


def _check_orders(orders_cents: Sequence[int], labour_share: Decimal, rate: Decimal, hourly_cost: Decimal) -> None:
    problems = Problems()
    for position, cents in enumerate(orders_cents, start=1):
        _check_amount(problems, "orders", cents, f"Le montant du bon de commande {position}")
    _check_coefficients(problems, labour_share, rate, hourly_cost)
    problems.raise_if_any(_REFUSED)
