"""What a contract's own terms make of missing hours and late documents. The tool computes; a person decides.

Order of the computation: what the terms add up to, rounded once to the cent; the minimum charged; the amount under
which nothing is claimed; the cap, which wins over everything. Money is integer cents, time integer minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from matching.clauses import figures
from matching.clauses.calendar import DayCount
from matching.clauses.rounding import nearest
from matching.errors import Problems
from matching.terms import Labelled
from matching.text import NBSP, written_hours

MAX_CENTS = 1_000_000_000_000
"""Ten billion euros: more is a typing mistake."""
MAX_MINUTES = 10_000_000 * 60
MAX_DAYS = 36_500
MAX_MULTIPLE = 1_000
_REFUSED = "La pénalité ne peut pas être calculée avec ces chiffres. Corrigez-les, puis recommencez."


class PenaltyIndex(Labelled):
    """A dated amount of the law that an hour missing is worth, once multiplied."""

    SMIC = "smic", "SMIC horaire brut"
    PHSS = "phss", "Plafond horaire de la Sécurité sociale"

    @property
    def parameter(self) -> str:
        """The code of the dated legal parameter."""
        return f"{self.value}_hourly"


class IndexMoment(Labelled):
    """The day on which the contract reads the index: never today's."""

    CONTRACT_END = "contract_end", "à la fin du contrat"
    BREACH = "breach", "au jour du manquement"
    SIGNATURE = "signature", "à la signature"


class NoticeFrom(Labelled):
    SENT = "sent", "à partir de l’envoi"
    RECEIVED = "received", "à partir de la réception"


@dataclass(frozen=True)
class PenaltyTerms:
    """The penalty as one contract words it; None: the contract has no such term.

    A missing hour is worth `per_hour_cents`, or `index_multiple` × the index, never both. A lump sum is owed once,
    as soon as anything is missing or late. `cap_percent` is a percentage of `cap_base_cents`.
    """

    per_hour_cents: int | None = None
    index_code: PenaltyIndex | None = None
    index_multiple: Decimal | None = None
    index_moment: IndexMoment | None = None
    late_day_cents: int | None = None
    late_day_count: DayCount | None = None
    lump_cents: int | None = None
    cap_percent: Decimal | None = None
    cap_base_cents: int | None = None
    minimum_cents: int | None = None
    waived_below_cents: int | None = None
    notice_required: bool = False
    notice_delay_days: int = 0
    notice_from: NoticeFrom = NoticeFrom.SENT
    best_efforts: bool = False


class PenaltyPartKind(Labelled):
    MISSING_HOURS = "missing_hours", "Heures manquantes"
    LATE_DAYS = "late_days", "Jours de retard"
    LUMP = "lump", "Somme forfaitaire"


@dataclass(frozen=True)
class PenaltyPart:
    kind: PenaltyPartKind
    cents: int
    line: str


@dataclass(frozen=True)
class Penalty:
    """`uncapped_cents` is what the terms give, minimum included, before the waiver and the cap: never less than
    `amount_cents`. `working` is in French, one line a step."""

    amount_cents: int
    uncapped_cents: int
    working: tuple[str, ...]
    parts: tuple[PenaltyPart, ...]


def compute_penalty(
    terms: PenaltyTerms,
    missing_minutes: int,
    late_days: int = 0,
    index_amount: Decimal | None = None,
    *,
    lump_due: bool | None = None,
) -> Penalty:
    """The penalty of `missing_minutes` and `late_days` by these terms.

    `index_amount` is the index in euros on the day the contract says (`reference.legal.amount_on`). `lump_due` says
    that the lump sum is owed (or not) whatever is missing or late. With nothing owed there is no minimum either.
    Raises Invalid for absurd or incomplete terms.
    """
    _check(terms, missing_minutes, late_days, index_amount)
    breach = missing_minutes > 0 or late_days > 0
    parts = tuple(_parts(terms, missing_minutes, late_days, index_amount, breach if lump_due is None else lump_due))
    total = sum(part.cents for part in parts)
    lines = [part.line for part in parts]
    if total == 0:
        return Penalty(0, 0, (*lines, f"Rien à réclamer{NBSP}: {figures.cents(0)}"), parts)
    if len(parts) > 1:
        lines.append(f"Total{NBSP}: {figures.cents(total)}")
    uncapped = max(total, terms.minimum_cents or 0)
    if terms.minimum_cents is not None:
        kept = "appliqué" if uncapped > total else "déjà atteint"
        lines.append(f"Minimum prévu au contrat{NBSP}: {figures.cents(terms.minimum_cents)}, {kept}")
    amount = _after_waiver_and_cap(terms, uncapped, lines)
    if terms.best_efforts and amount:
        lines.append("Le contrat permet au titulaire de montrer les moyens qu’il a mis en œuvre avant toute décision")
    return Penalty(amount, uncapped, tuple(lines), parts)


def _parts(
    terms: PenaltyTerms, missing_minutes: int, late_days: int, index_amount: Decimal | None, lump_due: bool
) -> Iterator[PenaltyPart]:
    time = written_hours(missing_minutes)
    if terms.per_hour_cents is not None:
        cents = nearest(Fraction(missing_minutes * terms.per_hour_cents, 60))
        line = f"{time} × {figures.cents(terms.per_hour_cents)} = {figures.cents(cents)}"
        yield PenaltyPart(PenaltyPartKind.MISSING_HOURS, cents, f"Heures manquantes{NBSP}: {line}")
    elif terms.index_code is not None and index_amount is not None:
        multiple = Decimal(1) if terms.index_multiple is None else terms.index_multiple
        cents = nearest(Fraction(missing_minutes, 60) * Fraction(multiple) * Fraction(index_amount) * 100)
        name = terms.index_code.label + (f" {terms.index_moment.label}" if terms.index_moment else "")
        line = f"{time} × {figures.number(multiple, 4)} × {name} {figures.euros(index_amount)} = {figures.cents(cents)}"
        yield PenaltyPart(PenaltyPartKind.MISSING_HOURS, cents, f"Heures manquantes{NBSP}: {line}")
    if terms.late_day_cents is not None and late_days:
        cents = late_days * terms.late_day_cents
        days = f"{late_days} jour{'s' if late_days > 1 else ''}{_in_words(terms.late_day_count)}"
        line = f"Retard{NBSP}: {days} × {figures.cents(terms.late_day_cents)} = {figures.cents(cents)}"
        yield PenaltyPart(PenaltyPartKind.LATE_DAYS, cents, line)
    if terms.lump_cents is not None and lump_due:
        line = f"Somme forfaitaire{NBSP}: {figures.cents(terms.lump_cents)}"
        yield PenaltyPart(PenaltyPartKind.LUMP, terms.lump_cents, line)


def _in_words(count: DayCount | None) -> str:
    return "" if count is None else f" ({count.label[0].lower()}{count.label[1:]})"


def _after_waiver_and_cap(terms: PenaltyTerms, uncapped: int, lines: list[str]) -> int:
    amount = uncapped
    if terms.waived_below_cents is not None and amount < terms.waived_below_cents:
        lines.append(f"Sous {figures.cents(terms.waived_below_cents)}, le contrat ne réclame rien")
        return 0
    if terms.cap_percent is not None and terms.cap_base_cents is not None:
        # A maximum is never exceeded, not even by half a cent: what is left of a cent is dropped.
        cap = int(Fraction(terms.cap_percent) * terms.cap_base_cents / 100)
        kept = "appliqué" if cap < amount else "pas atteint"
        lines.append(
            f"Plafond{NBSP}: {figures.percent(terms.cap_percent)} de {figures.cents(terms.cap_base_cents)}"
            f" = {figures.cents(cap)}, {kept}"
        )
        amount = min(amount, cap)
    lines.append(f"Pénalité calculée{NBSP}: {figures.cents(amount)}")
    return amount


# When it can be claimed -------------------------------------------------------------------------------------------


class ClaimState(Labelled):
    AT_ONCE = "at_once", "Sans mise en demeure préalable"
    FROM_DAY = "from_day", "Après le délai de la mise en demeure"
    NOTICE_NOT_SENT = "notice_not_sent", "Mise en demeure à envoyer"
    RECEIPT_UNKNOWN = "receipt_unknown", "Date de réception de la mise en demeure à préciser"


@dataclass(frozen=True)
class Claimable:
    """`from_on` is the first day of a claim; None at once, or as long as the notice or its receipt is missing."""

    state: ClaimState
    from_on: date | None = None

    def open_on(self, day: date) -> bool:
        """Whether the penalty can be claimed that day."""
        return self.state is ClaimState.AT_ONCE or (self.from_on is not None and self.from_on <= day)


def claimable_from(terms: PenaltyTerms, sent_on: date | None, received_on: date | None) -> Claimable:
    """The day after the notice was sent (or received, as the contract says) + its delay in calendar days."""
    if not terms.notice_required:
        return Claimable(ClaimState.AT_ONCE)
    if sent_on is None:
        return Claimable(ClaimState.NOTICE_NOT_SENT)
    start = sent_on if terms.notice_from is NoticeFrom.SENT else received_on
    if start is None:
        return Claimable(ClaimState.RECEIPT_UNKNOWN)
    return Claimable(ClaimState.FROM_DAY, start + timedelta(days=terms.notice_delay_days + 1))


# What is refused ------------------------------------------------------------------------------------------------


def check_terms(terms: PenaltyTerms, problems: Problems) -> None:
    """Notes what is absurd or contradictory in the terms, field by field: for the form and before any computation."""
    for field, name in _AMOUNTS.items():
        cents: int | None = getattr(terms, field)
        if cents is not None and not 0 <= cents <= MAX_CENTS:
            problems.add(field, f"{name} va de 0 à {figures.cents(MAX_CENTS)}.")
    if terms.per_hour_cents is not None and terms.index_code is not None:
        problems.add("index_code", "Une heure manquante vaut un montant fixe ou un multiple d’un indice, pas les deux.")
    if terms.index_multiple is not None and terms.index_code is None:
        problems.add("index_multiple", "Le multiple ne sert qu’avec un indice. Indiquez lequel, ou retirez-le.")
    if terms.index_multiple is not None and not _between(terms.index_multiple, MAX_MULTIPLE):
        problems.add(
            "index_multiple", f"Le multiple est plus grand que 0 et va jusqu’à {figures.number(MAX_MULTIPLE)}."
        )
    if (terms.cap_percent is None) is not (terms.cap_base_cents is None):
        problems.add("cap_base_cents", "Un plafond demande un pourcentage et le montant dont il est calculé, les deux.")
    if terms.cap_percent is not None and not _between(terms.cap_percent, 100):
        problems.add("cap_percent", f"Le plafond est plus grand que 0 et va jusqu’à 100{NBSP}%.")
    if not 0 <= terms.notice_delay_days <= 366:
        problems.add("notice_delay_days", "Le délai de la mise en demeure va de 0 à 366 jours.")


_AMOUNTS = {
    "per_hour_cents": "Le montant par heure manquante",
    "late_day_cents": "Le montant par jour de retard",
    "lump_cents": "La somme forfaitaire",
    "cap_base_cents": "Le montant dont le plafond est calculé",
    "minimum_cents": "Le minimum",
    "waived_below_cents": "Le montant sous lequel rien n’est réclamé",
}


def _between(value: Decimal, maximum: int) -> bool:
    return value.is_finite() and 0 < value <= maximum


def _check(terms: PenaltyTerms, missing_minutes: int, late_days: int, index_amount: Decimal | None) -> None:
    problems = Problems()
    check_terms(terms, problems)
    if not 0 <= missing_minutes <= MAX_MINUTES:
        problems.add("missing", f"Les heures manquantes vont de 0 à {written_hours(MAX_MINUTES)}.")
    if not 0 <= late_days <= MAX_DAYS:
        problems.add("late_days", f"Les jours de retard vont de 0 à {figures.number(MAX_DAYS)}.")
    if terms.index_code is not None and missing_minutes and index_amount is None:
        problems.add(
            "index_amount", f"{terms.index_code.label}{NBSP}: aucune valeur connue à la date prévue au contrat."
        )
    if index_amount is not None and not (index_amount.is_finite() and 0 < index_amount <= 10_000):
        problems.add(
            "index_amount", "La valeur de l’indice n’est pas plausible. Vérifiez-la dans les montants de la loi."
        )
    problems.raise_if_any(_REFUSED)
