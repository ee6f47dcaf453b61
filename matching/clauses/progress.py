"""How far a commitment is: rate, alert, forecast at the end, points of its chart, and the sentences that say it.

Everything in integer minutes and exact fractions; days are given, both ends of a window count. Source: the
specification of clauses, « progress, warning, recovery, penalty ».
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from matching.clauses.terms import AlertLevel
from matching.errors import FieldError, Invalid
from matching.text import NBSP, written_day, written_hours

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Thresholds:
    """When a delay is told: points of `realisation - elapsed`, strictly below; red too when nothing is validated once
    that share of the window (percent) has gone. Defaults of the specification; the dated table of the Département wins.

    `grace_days`: in the first days of the window nothing is measured.
    """

    information: int = -10
    orange: int = -20
    red: int = -30
    nothing_validated_at: int = 25
    grace_days: int = 30


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Standing:
    """Where a commitment stands on a day.

    `realisation`, `elapsed`: shares, None when they have no meaning; realisation above 1 is a surplus, shown as such.
    `index_points`: their difference in points, to 0.1 (the level is read on the exact figure). `reason`: French.
    """

    realisation: Fraction | None
    elapsed: Fraction | None
    index_points: Decimal | None
    level: AlertLevel
    reason: str


def standing(
    due_minutes: int,
    validated_minutes: int,
    window_from: date | None,
    window_to: date | None,
    on: date,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Standing:
    """The rate, the time gone by and the level of alert on the evening of `on`.

    Nothing due: no rate, no alert. A window without one of its ends: not assessed, it is to be asked for. The window is
    the lot's own, not the contract's (painters come last). Invalid when it ends before it begins.
    """
    if due_minutes <= 0:
        return _unmeasured(None, "Aucune heure n’est due à cette date : rien à mesurer.")
    realisation = Fraction(validated_minutes, due_minutes)
    if window_from is None or window_to is None:
        return _unmeasured(
            realisation,
            "La période de travaux du lot n’est pas connue : demandez au titulaire quand il commence et finit.",
        )
    _check_window(window_from, window_to)
    if on < window_from:
        return _unmeasured(realisation, f"Les travaux du lot commencent le {written_day(window_from)}.")
    measured_from = window_from + timedelta(days=thresholds.grace_days)
    if on < measured_from and on <= window_to:
        begin = f"Le lot commence : l’avancement se mesure à partir du {written_day(measured_from)}."
        return _unmeasured(realisation, begin)
    elapsed = elapsed_share(window_from, window_to, on)
    level, reason = _level(realisation, elapsed, thresholds)
    return Standing(realisation, elapsed, _tenth(100 * (realisation - elapsed)), level, reason)


def elapsed_share(window_from: date, window_to: date, on: date) -> Fraction:
    """Days of the window up to `on` included ÷ days of the window, both ends counted: 1 from its last day on."""
    gone = (min(on, window_to) - window_from).days + 1
    return Fraction(max(0, gone), (window_to - window_from).days + 1)


def missing_minutes(due: int, validated: int) -> int:
    """Minutes still to validate, never below zero."""
    return max(0, due - validated)


def surplus_minutes(due: int, validated: int) -> int:
    """Minutes validated beyond what is due: shown, and never carried to another contract without pooling."""
    return max(0, validated - due)


def _unmeasured(realisation: Fraction | None, reason: str) -> Standing:
    return Standing(realisation, None, None, AlertLevel.NOT_ASSESSED, _spaced(reason))


def _level(realisation: Fraction, elapsed: Fraction, thresholds: Thresholds) -> tuple[AlertLevel, str]:
    points = 100 * (realisation - elapsed)
    said = written_delay_points(points)
    if realisation <= 0 and 100 * elapsed >= thresholds.nothing_validated_at:
        gone = _whole(100 * elapsed)
        return AlertLevel.RED, _spaced(f"Aucune heure validée alors que {gone} % de la période est passée.")
    if points < thresholds.red:
        return AlertLevel.RED, said
    if points < thresholds.orange:
        return AlertLevel.ORANGE, said
    if points < thresholds.information:
        return AlertLevel.INFORMATION, said
    return AlertLevel.ON_TRACK, said


def _check_window(window_from: date, window_to: date) -> None:
    if window_to < window_from:
        message = "La période de travaux finit avant de commencer. Corrigez l’une des deux dates."
        raise Invalid(message, [FieldError("window_to", message, window_to.isoformat())])


# --- forecast ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlannedHours:
    """What a running participation should still bring, from the first day that no declaration covers.

    One of `minutes_left` (from `from_on` to `to_on`) and `weekly_minutes` (per seven calendar days), else Invalid.
    `eligible_until`: last day of eligibility, None when not known.
    """

    participation_id: str
    from_on: date
    to_on: date
    minutes_left: int | None = None
    weekly_minutes: int | None = None
    eligible_until: date | None = None

    def __post_init__(self) -> None:
        given = [n for n in (self.minutes_left, self.weekly_minutes) if n is not None]
        if len(given) != 1 or given[0] < 0:
            message = "Donnez soit les heures restantes, soit les heures par semaine, sans valeur négative."
            raise Invalid(message, [FieldError("weekly_minutes", message)])

    @property
    def minutes(self) -> int:
        """All the minutes planned, weeks counted by calendar days, to the nearest minute."""
        days = max(0, (self.to_on - self.from_on).days + 1)
        if self.weekly_minutes is None:
            return self.minutes_left or 0 if days else 0
        return _nearest(Fraction(self.weekly_minutes * days, 7))


@dataclass(frozen=True)
class MonthForecast:
    """Minutes planned in a month (its first day): `sure`, `at_risk` after the end of eligibility, `to_confirm`."""

    month: date
    sure: int
    at_risk: int
    to_confirm: int

    @property
    def planned(self) -> int:
        return self.sure + self.at_risk + self.to_confirm


@dataclass(frozen=True)
class Forecast:
    """What the end of the window would bring. Minutes.

    `submitted`: declared and not yet validated, shown apart. `at_risk`: planned after the end of eligibility.
    `to_confirm`: nobody knows yet, so neither sure nor lost: the end of eligibility is not known, or the days ended
    before last month began and nobody declared them. `after_window`: planned later, counted nowhere else.
    """

    validated: int
    submitted: int
    sure: int
    at_risk: int
    to_confirm: int
    after_window: int
    by_month: tuple[MonthForecast, ...]

    @property
    def at_least(self) -> int:
        """Validated and sure."""
        return self.validated + self.sure

    @property
    def at_most(self) -> int:
        """All that is declared or planned."""
        return self.at_least + self.submitted + self.at_risk + self.to_confirm


def forecast(
    validated: int, submitted: int, participations: Iterable[PlannedHours], window_to: date | None, today: date
) -> Forecast:
    """Validated, submitted and planned minutes at the end of the window (None: no end known, nothing is cut)."""
    months: dict[date, list[int]] = {}
    after_window = 0
    for planned in participations:
        for month, kind, minutes in _shares(planned, window_to, today):
            if kind == AFTER:
                after_window += minutes
            else:
                months.setdefault(month, [0, 0, 0])[kind] += minutes
    by_month = tuple(MonthForecast(month, *months[month]) for month in sorted(months))
    return Forecast(
        validated,
        submitted,
        sum(m.sure for m in by_month),
        sum(m.at_risk for m in by_month),
        sum(m.to_confirm for m in by_month),
        after_window,
        by_month,
    )


SURE, AT_RISK, TO_CONFIRM, AFTER = range(4)


def _shares(planned: PlannedHours, window_to: date | None, today: date) -> list[tuple[date, int, int]]:
    """(first day of the month, kind, minutes): the minutes of a participation spread by calendar days."""
    # A month is declared at the beginning of the next one: what is older than last month is no longer just waiting.
    forgotten_before = month_start(month_start(today) - ONE_DAY)
    days: dict[tuple[date, int], int] = {}
    for first, last in _pieces(planned, window_to, forgotten_before):
        if window_to is not None and first > window_to:
            kind = AFTER
        elif planned.eligible_until is not None and first > planned.eligible_until:
            kind = AT_RISK
        elif planned.eligible_until is None or first < forgotten_before:
            kind = TO_CONFIRM
        else:
            kind = SURE
        key = (month_start(first), kind)
        days[key] = days.get(key, 0) + (last - first).days + 1
    minutes = spread(planned.minutes, list(days.values()))
    return [(month, kind, share) for (month, kind), share in zip(days, minutes, strict=True)]


def _pieces(planned: PlannedHours, window_to: date | None, forgotten_before: date) -> Iterator[tuple[date, date]]:
    """The planned days cut at each month, and at each day where their kind changes."""
    cuts = {forgotten_before}
    cuts |= {day + ONE_DAY for day in (window_to, planned.eligible_until) if day is not None}
    first = planned.from_on
    while first <= planned.to_on:
        nexts = [month_end(first) + ONE_DAY, planned.to_on + ONE_DAY, *(cut for cut in cuts if cut > first)]
        last = min(nexts) - ONE_DAY
        yield first, last
        first = last + ONE_DAY


def spread(minutes: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`minutes` shared by weight in whole minutes whose sum is exact: largest remainders first, then the first."""
    whole = sum(weights)
    if whole <= 0:
        return tuple(0 for _ in weights)
    shares = [minutes * weight // whole for weight in weights]
    remainders = [minutes * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -remainders[i])
    for i in order[: minutes - sum(shares)]:
        shares[i] += 1
    return tuple(shares)


# --- the chart ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """The end of a month, cumulated minutes; None where the line does not go.

    `sure` and `with_risk` (submitted and to confirm included) begin where `validated` stops. `pace`: the hours due,
    spread evenly over the window.
    """

    month: date
    due: int | None
    validated: int | None
    sure: int | None
    with_risk: int | None
    pace: int | None


def series(
    window_from: date | None,
    window_to: date | None,
    due_steps: Iterable[tuple[date, int]],
    validated_by_month: Mapping[date, int],
    expected: Forecast,
    today: date,
) -> tuple[Point, ...]:
    """The points of a commitment's chart, month by month, every month of the window present.

    `due_steps`: (day it takes effect, minutes due from then on). `validated_by_month`: first day of the month worked →
    minutes (an opening balance in its own month). Without a window: from the first to the last month known.
    """
    steps = sorted(due_steps)
    known = [*validated_by_month, *(m.month for m in expected.by_month)]
    ends = [day for day in (window_from, window_to) if day is not None] or [day for day, _ in steps]
    months = months_between(min([*known, *ends], default=today), max([*known, *ends], default=today))
    stop = _validated_until(validated_by_month, expected, today)
    due_at_end = steps[-1][1] if steps else None
    return tuple(
        Point(
            month=month,
            due=next((due for day, due in reversed(steps) if day <= month_end(month)), None),
            validated=_sum_until(validated_by_month, month) if month <= stop else None,
            sure=_at(expected, month, with_risk=False) if month > stop else None,
            with_risk=_at(expected, month, with_risk=True) if month > stop else None,
            pace=_pace(window_from, window_to, month, due_at_end),
        )
        for month in months
    )


def _validated_until(validated_by_month: Mapping[date, int], expected: Forecast, today: date) -> date:
    """The last month where the line of validated hours goes: the last validated, or the one before the forecast."""
    firsts = [m.month for m in expected.by_month]
    before_forecast = month_start(min([*firsts, month_start(today)]) - ONE_DAY)
    return max([before_forecast, *(month for month, minutes in validated_by_month.items() if minutes)])


def _sum_until(by_month: Mapping[date, int], month: date) -> int:
    return sum(minutes for worked, minutes in by_month.items() if worked <= month)


def _at(expected: Forecast, month: date, *, with_risk: bool) -> int:
    so_far = [m for m in expected.by_month if m.month <= month]
    sure = expected.validated + sum(m.sure for m in so_far)
    return sure + expected.submitted + sum(m.at_risk + m.to_confirm for m in so_far) if with_risk else sure


def _pace(window_from: date | None, window_to: date | None, month: date, due: int | None) -> int | None:
    if window_from is None or window_to is None or due is None or month_end(month) < window_from:
        return None
    return _nearest(due * elapsed_share(window_from, window_to, month_end(month)))


def month_start(day: date) -> date:
    return day.replace(day=1)


def month_end(day: date) -> date:
    return month_start(month_start(day) + timedelta(days=31)) - ONE_DAY


def months_between(first: date, last: date) -> tuple[date, ...]:
    """First days of the months from that of `first` to that of `last`, both included."""
    months, month = [], month_start(first)
    while month <= last:
        months.append(month)
        month = month_end(month) + ONE_DAY
    return tuple(months)


# --- what people read --------------------------------------------------------------------------------------------


def written_points(points: Decimal | Fraction) -> str:
    """« −26 points », « +4 points », « 0 point »: to the point, with a true minus sign."""
    whole = _whole(points)
    sign = "\u2212" if whole < 0 else "+" if whole > 0 else ""
    return f"{sign}{abs(whole)}{NBSP}{'points' if abs(whole) > 1 else 'point'}"


def written_delay_points(points: Decimal | Fraction) -> str:
    """« 26 points de retard », « 4 points d’avance », « Au rythme prévu »."""
    whole = _whole(points)
    if not whole:
        return "Au rythme prévu"
    name = "points" if abs(whole) > 1 else "point"
    return f"{abs(whole)}{NBSP}{name} {'de retard' if whole < 0 else 'd’avance'}"


def written_missing(due: int, expected: Forecast) -> str:
    """« Manqueraient 130 à 250 h selon les heures à risque » : what the end of the window would lack."""
    least, most = due - expected.at_most, due - expected.at_least
    if due <= 0:
        return "Aucune heure n’est due"
    if most <= 0:
        return "Les heures dues seraient atteintes" + _surplus(-most)
    doubt = _doubt(expected)
    if least == most:
        return f"Manqueraient {written_hours(most)}"
    if least <= 0:
        return f"Manqueraient jusqu’à {written_hours(most)} selon {doubt}"
    low = written_hours(least)
    if least % 60 == 0 and most % 60 == 0:
        low = low.removesuffix(f"{NBSP}h")
    return f"Manqueraient {low} à {written_hours(most)} selon {doubt}"


def _surplus(minutes: int) -> str:
    return f", avec {written_hours(minutes)} de plus" if minutes else ""


def _doubt(expected: Forecast) -> str:
    """Which hours make the difference."""
    named = [
        (expected.at_risk, "à risque"),
        (expected.to_confirm, "à confirmer"),
        (expected.submitted, "à valider"),
    ]
    names = [name for minutes, name in named if minutes]
    return "les heures " + " et ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _spaced(text: str) -> str:
    """Unbreakable space before the signs that ask for one in French."""
    for sign in ":;?!%":
        text = text.replace(f" {sign}", f"{NBSP}{sign}")
    return text


def _whole(points: Decimal | Fraction) -> int:
    """To the nearest, a half away from zero."""
    sign = -1 if points < 0 else 1
    return sign * _nearest(abs(Fraction(points)))


def _tenth(points: Fraction) -> Decimal:
    return Decimal(_whole(points * 10)).scaleb(-1)


def _nearest(value: Fraction) -> int:
    """A half goes up (`value` is never below zero)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
