"""A declared line, what is known when it is read, and what is said about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from matching.clauses.terms import RejectReason, Route, TrainingHours
from matching.terms import Known, Labelled
from matching.text import NBSP, written_day

DAY_MINUTES = 24 * 60


class Severity(Labelled):
    """`blocks`: mended before anything is decided. `rejects`: out by default, an override needs a reason and a name."""

    BLOCKS = "blocks", "À corriger"
    REJECTS = "rejects", "Rejetée par défaut"
    FLAG = "flag", "À regarder"


class FindingCode(Labelled):
    """The rule that speaks. Codes that are also reasons of rejection have the same value."""

    REVERSED_DATES = "reversed_dates", "Dates inversées"
    OUTSIDE_MONTH = "outside_month", "Hors du mois déclaré"
    MONTH_CLOSED = "month_closed", "Mois déjà décidé"
    FUTURE = "future", "Jours à venir"
    HOURS_UNKNOWN = "hours_unknown", "Heures à indiquer"
    NEGATIVE_HOURS = "negative_hours", "Heures négatives"
    TOO_MANY_HOURS = "too_many_hours", "Plus d’heures que le jour n’en compte"
    DAY_OUTSIDE_LINE = "day_outside_line", "Jour hors de la période de la ligne"
    DAYS_DIFFER = "days_differ", "Total différent de la somme des jours"
    TRAINING_ABOVE_LINE = "training_above_line", "Plus d’heures de formation que d’heures"
    BEFORE_NOTIFICATION = "before_notification", "Avant la notification"
    OUTSIDE_CONTRACT = "outside_contract", "Hors des dates du contrat"
    OUTSIDE_PARTICIPATION = "outside_participation", "Hors des dates de travail de la personne"
    NOT_DECIDED = "not_decided", "Heures avant la décision d’éligibilité"
    OUTSIDE_ELIGIBILITY = "outside_eligibility", "Hors de la période d’éligibilité"
    PUBLIC_NOT_ALLOWED = "public_not_allowed", "Public non prévu par ce contrat"
    TRAINING_NOT_COUNTED = "training_not_counted", "Heures de formation, non comptées par ce contrat"
    TRAINING_ABOVE_CAP = "training_above_cap", "Heures de formation au-delà du plafond"
    MISSING_EVIDENCE = "missing_evidence", "Justificatif manquant ou illisible"
    DATES_UNKNOWN = "dates_unknown", "Dates du contrat à compléter"
    PUBLIC_UNKNOWN = "public_unknown", "Public à confirmer"
    TRAINING_CAP_UNKNOWN = "training_cap_unknown", "Plafond de formation à compléter"
    TRAINING_ROUTE = "training_route", "Formation inhabituelle pour ce contrat de travail"
    LONG_WEEK = "long_week", "Longue semaine"
    MORE_THAN_LAST_MONTH = "more_than_last_month", "Bien plus que le mois précédent"


_REASONS = {
    FindingCode.BEFORE_NOTIFICATION: RejectReason.OUTSIDE_CONTRACT,
    FindingCode.OUTSIDE_PARTICIPATION: RejectReason.OUTSIDE_CONTRACT,
    FindingCode.TRAINING_ABOVE_CAP: RejectReason.TRAINING_NOT_COUNTED,
}


@dataclass(frozen=True)
class WorkedLine:
    """Hours declared for one person. Ids are only compared; `declarant_id` is the organisation that declares.

    `minutes` is the whole line, training included; None is unknown. `training_minutes` is the part of it spent in
    training or tutoring. `days` is the breakdown (day, minutes, training included), empty when there is none.
    """

    id: int
    participation_id: int
    person_id: int
    commitment_id: int
    declarant_id: int | None
    route: Route
    from_on: date
    to_on: date
    minutes: int | None
    training_minutes: int = 0
    days: tuple[tuple[date, int], ...] = ()

    @property
    def length_days(self) -> int:
        """Days of the period, both ends counted; not positive when the dates are reversed."""
        return (self.to_on - self.from_on).days + 1


@dataclass(frozen=True, kw_only=True)
class LineContext:
    """What is known on the day the line is read. A date None is not known, but for `eligible_until`: no end.

    `month` is any day of the declared month. `month_closed_on` is the day the month was decided, None while it is
    open. `eligible`, `decided_on`: the last decision. `public_allowed`: is the person's public in the contract's list.
    The three last fields are customary: 48 h a week is article L3121-20 of the Code du travail; a month stands out
    when it exceeds the one before both by `surge_percent` and by `surge_minutes`.
    """

    today: date
    month: date
    month_closed_on: date | None = None
    notified_on: date | None = None
    start_on: date | None = None
    end_on: date | None = None
    participation_start: date | None = None
    participation_end: date | None = None
    eligible: Known = Known.UNKNOWN
    decided_on: date | None = None
    eligible_from: date | None = None
    eligible_until: date | None = None
    public_allowed: Known = Known.UNKNOWN
    training: TrainingHours = TrainingHours.NONE
    training_cap_percent: int | None = None
    evidence_required: bool = False
    has_evidence: bool = False
    last_month_minutes: int | None = None
    weekly_limit_minutes: int = 48 * 60
    surge_percent: int = 50
    surge_minutes: int = 10 * 60


@dataclass(frozen=True)
class Finding:
    """One thing to say about a line: `message` is French, says why and what to do.

    `day` is the date the rule turns on (last or first day that counts, long week's Monday…), None when there is none.
    `minutes` are those the rule leaves out, None when they must be asked or when the rule leaves none out.
    """

    code: FindingCode
    severity: Severity
    message: str
    day: date | None = None
    minutes: int | None = None

    @property
    def reject_reason(self) -> RejectReason | None:
        """What is written on the line when this finding rejects it; None when it does not reject."""
        if self.severity is not Severity.REJECTS:
            return None
        return _REASONS.get(self.code) or RejectReason(self.code.value)


def french(text: str) -> str:
    """The text with unbreakable spaces where French wants them."""
    return re.sub(r" (?=[:;?!%»])|(?<=«) |(?<=[0-9]) (?=h\b)", NBSP, text)


def written_period(first: date, last: date) -> str:
    """« le 4 mai 2026 », « du 4 au 6 mai 2026 », « du 28 avril 2026 au 6 mai 2026 »."""
    if first == last:
        return f"le {written_day(last)}"
    same_month = (first.year, first.month) == (last.year, last.month)
    start = ("1er" if first.day == 1 else str(first.day)) if same_month else written_day(first)
    return f"du {start} au {written_day(last)}"


def minutes_by_day(line: WorkedLine) -> dict[date, int]:
    """The breakdown by day in order of days; a day typed twice is added up."""
    by_day: dict[date, int] = {}
    for day, minutes in sorted(line.days):
        by_day[day] = by_day.get(day, 0) + minutes
    return by_day


def minutes_within(line: WorkedLine, first: date | None, last: date | None) -> int | None:
    """The line's minutes from `first` to `last` included (None: no bound); None when they must be asked."""
    inside_from, inside_to = max(first or line.from_on, line.from_on), min(last or line.to_on, line.to_on)
    if line.days:
        return sum(minutes for day, minutes in line.days if inside_from <= day <= inside_to)
    if inside_to < inside_from:
        return 0
    return line.minutes if (inside_from, inside_to) == (line.from_on, line.to_on) else None


def weeks(days: Iterable[tuple[date, int]]) -> dict[date, int]:
    """Minutes from Monday to Sunday, by Monday, in order."""
    totals: dict[date, int] = {}
    for day, minutes in sorted(days):
        monday = day - timedelta(days=day.weekday())
        totals[monday] = totals.get(monday, 0) + minutes
    return totals
