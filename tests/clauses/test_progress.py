"""Rates, alerts, forecast and points of the chart."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.progress import (
    Forecast,
    MonthForecast,
    PlannedHours,
    Thresholds,
    elapsed_share,
    forecast,
    missing_minutes,
    months_between,
    series,
    spread,
    standing,
    surplus_minutes,
    written_delay_points,
    written_missing,
    written_points,
)
from matching.clauses.terms import AlertLevel as A
from matching.errors import Invalid

FROM, TO = date(2025, 9, 1), date(2026, 8, 31)
H = 60


def test_the_painting_lot_of_the_mock() -> None:
    now = standing(1260 * H, 640 * H, FROM, TO, date(2026, 6, 9))
    assert (now.level, now.reason) == (A.ORANGE, "26\u00a0points de retard")
    assert now.realisation == Fraction(640, 1260)
    assert now.elapsed == Fraction(282, 365)
    assert now.index_points == Decimal("-26.5")


# A window of 100 days: after day n, n points have gone.
HUNDRED = (date(2026, 1, 1), date(2026, 4, 10))


@pytest.mark.parametrize(
    ("validated", "day", "level"),
    [
        (400, 50, A.ON_TRACK),  # exactly -10: strictly below
        (399, 50, A.INFORMATION),
        (300, 50, A.INFORMATION),
        (299, 50, A.ORANGE),
        (200, 50, A.ORANGE),
        (199, 50, A.RED),
        (0, 30, A.NOT_ASSESSED),  # thirtieth day: nothing yet
        (0, 31, A.RED),  # nothing validated, 25 % gone
        (9, 31, A.RED),
        (10, 31, A.ORANGE),
        (21, 31, A.ORANGE),
        (1500, 50, A.ON_TRACK),
        (1000, 200, A.ON_TRACK),
        (890, 200, A.INFORMATION),  # after the window all its time has gone
        (0, 200, A.RED),
    ],
)
def test_levels_are_strictly_below(validated: int, day: int, level: A) -> None:
    assert standing(1000, validated, *HUNDRED, HUNDRED[0] + timedelta(days=day - 1)).level is level


def test_nothing_validated_is_red_from_a_quarter_on() -> None:
    loose = Thresholds(information=-90, orange=-95, red=-99, grace_days=0)
    levels = [standing(1000, 0, *HUNDRED, HUNDRED[0] + timedelta(days=n - 1), loose).level for n in (24, 25)]
    assert levels == [A.ON_TRACK, A.RED]


def test_thresholds_come_from_the_table() -> None:
    strict = Thresholds(information=-1, orange=-2, red=-3, grace_days=0)
    assert standing(1000, 80, *HUNDRED, HUNDRED[0] + timedelta(days=9), strict).level is A.INFORMATION
    assert standing(1000, 60, *HUNDRED, HUNDRED[0] + timedelta(days=9), strict).level is A.RED


def test_nothing_due_has_no_rate_and_no_alert() -> None:
    now = standing(0, 600, FROM, TO, TO)
    assert (now.realisation, now.elapsed, now.index_points, now.level) == (None, None, None, A.NOT_ASSESSED)


@pytest.mark.parametrize("window", [(None, None), (FROM, None), (None, TO)])
def test_without_window_it_is_asked_for(window: tuple[date | None, date | None]) -> None:
    now = standing(600, 300, *window, TO)
    assert (now.level, now.realisation, now.elapsed) == (A.NOT_ASSESSED, Fraction(1, 2), None)
    assert "demandez" in now.reason
    assert "n’est pas connue\u00a0:" in now.reason


def test_before_the_window_and_a_window_upside_down() -> None:
    assert standing(600, 0, FROM, TO, date(2025, 8, 1)).level is A.NOT_ASSESSED
    with pytest.raises(Invalid) as refused:
        standing(600, 0, TO, FROM, TO)
    assert refused.value.errors[0].field == "window_to"


def test_a_short_lot_is_measured_once_over() -> None:
    window = (date(2026, 3, 2), date(2026, 3, 13))
    assert standing(600, 0, *window, window[1]).level is A.NOT_ASSESSED
    assert standing(600, 0, *window, date(2026, 3, 14)).level is A.RED


def test_surplus_stays_visible() -> None:
    now = standing(1000, 1200, FROM, TO, TO)
    assert (now.realisation, now.index_points, now.level) == (Fraction(6, 5), Decimal("20.0"), A.ON_TRACK)
    assert now.reason == "20\u00a0points d’avance"
    assert (surplus_minutes(1000, 1200), missing_minutes(1000, 1200)) == (200, 0)
    assert (surplus_minutes(1000, 200), missing_minutes(1000, 200)) == (0, 800)


def test_both_ends_of_the_window_count() -> None:
    assert [elapsed_share(*HUNDRED, HUNDRED[0] + timedelta(days=n)) for n in (-1, 0, 99, 500)] == [
        0,
        Fraction(1, 100),
        1,
        1,
    ]


@given(st.integers(1, 10_000), st.integers(0, 20_000), st.integers(0, 20_000), st.integers(0, 900))
def test_more_hours_never_worsen_the_alert(due: int, one: int, other: int, day: int) -> None:
    order = [A.RED, A.ORANGE, A.INFORMATION, A.ON_TRACK]
    low, high = (standing(due, n, FROM, TO, FROM + timedelta(days=day)).level for n in sorted((one, other)))
    assert low is high is A.NOT_ASSESSED or order.index(low) <= order.index(high)


@pytest.mark.parametrize(
    ("points", "signed", "said"),
    [
        ("-26.5", "−27\u00a0points", "27\u00a0points de retard"),
        ("-26.4", "−26\u00a0points", "26\u00a0points de retard"),
        ("-1", "−1\u00a0point", "1\u00a0point de retard"),
        ("-0.4", "0\u00a0point", "Au rythme prévu"),
        ("4.2", "+4\u00a0points", "4\u00a0points d’avance"),
    ],
)
def test_points_are_written(points: str, signed: str, said: str) -> None:
    assert (written_points(Decimal(points)), written_delay_points(Decimal(points))) == (signed, said)


# --- forecast ------------------------------------------------------------------------------------------------------

TODAY = date(2026, 6, 9)


def planned(first: date, last: date, **kept: object) -> PlannedHours:
    return PlannedHours("p", first, last, **({"eligible_until": date(2027, 1, 1)} | kept))  # type: ignore[arg-type]


def test_hours_after_eligibility_are_at_risk() -> None:
    # 28 h a week for 4 weeks from 15 June; eligible up to and including 28 June.
    hours = planned(date(2026, 6, 15), date(2026, 7, 12), weekly_minutes=28 * H, eligible_until=date(2026, 6, 28))
    got = forecast(640 * H, 12 * H, [hours], TO, TODAY)
    assert (got.sure, got.at_risk, got.to_confirm, got.after_window) == (56 * H, 56 * H, 0, 0)
    june, july = got.by_month
    assert (june, july) == (
        MonthForecast(date(2026, 6, 1), 56 * H, 8 * H, 0),
        MonthForecast(date(2026, 7, 1), 0, 48 * H, 0),
    )
    assert (got.at_least, got.at_most) == (696 * H, 764 * H)


def test_unknown_end_of_eligibility_is_to_confirm_apart() -> None:
    got = forecast(0, 0, [planned(TODAY, TO, minutes_left=600, eligible_until=None)], TO, TODAY)
    assert (got.sure, got.at_risk, got.to_confirm) == (0, 0, 600)


def test_last_month_waits_for_its_declaration_but_older_days_are_to_confirm() -> None:
    got = forecast(0, 0, [planned(date(2026, 4, 1), date(2026, 6, 30), minutes_left=9100)], TO, TODAY)
    assert got.by_month == (
        MonthForecast(date(2026, 4, 1), 0, 0, 3000),
        MonthForecast(date(2026, 5, 1), 3100, 0, 0),
        MonthForecast(date(2026, 6, 1), 3000, 0, 0),
    )


def test_hours_after_the_window_are_told_apart() -> None:
    got = forecast(0, 0, [planned(date(2026, 8, 22), date(2026, 9, 10), minutes_left=2000)], TO, TODAY)
    assert (got.sure, got.after_window) == (1000, 1000)
    assert forecast(0, 0, [planned(date(2026, 8, 22), date(2026, 9, 10), minutes_left=2000)], None, TODAY).sure == 2000


def test_over_before_it_begins_or_two_measures() -> None:
    assert forecast(0, 0, [planned(TO, FROM, minutes_left=60)], TO, TODAY).by_month == ()
    for wrong in ({}, {"minutes_left": 1, "weekly_minutes": 1}, {"weekly_minutes": -1}):
        with pytest.raises(Invalid):
            planned(FROM, TO, **wrong)


@given(
    st.lists(
        st.tuples(
            st.integers(-200, 200), st.integers(0, 300), st.integers(0, 9000), st.integers(-200, 300), st.booleans()
        )
    ),
    st.integers(0, 200),
)
def test_no_minute_is_lost_or_made(rows: list[tuple[int, int, int, int, bool]], end: int) -> None:
    def day(n: int) -> date:
        return TODAY + timedelta(days=n)

    hours = [
        planned(day(a), day(a + n), **{"weekly_minutes" if weekly else "minutes_left": m}, eligible_until=day(e))
        for a, n, m, e, weekly in rows
    ]
    got = forecast(5, 7, hours, day(end), TODAY)
    assert got.sure + got.at_risk + got.to_confirm + got.after_window == sum(h.minutes for h in hours)
    assert got.at_most == 12 + sum(m.planned for m in got.by_month)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 400), min_size=1))
def test_spread_keeps_the_sum_and_the_shares(minutes: int, weights: list[int]) -> None:
    shares = spread(minutes, weights)
    whole = sum(weights)
    assert sum(shares) == (minutes if whole else 0)
    assert all(abs(s * whole - minutes * w) < whole for s, w in zip(shares, weights, strict=True) if whole)


def test_spread_gives_the_largest_remainders_first() -> None:
    assert spread(10, (1, 1, 1)) == (4, 3, 3)
    assert spread(10, (3, 1, 2)) == (5, 2, 3)


# --- chart and sentence --------------------------------------------------------------------------------------------


def hours(*pairs: tuple[int, int]) -> tuple[MonthForecast, ...]:
    return tuple(MonthForecast(date(2026, 5 + i, 1), s * H, r * H, 0) for i, (s, r) in enumerate(pairs))


MOCK = Forecast(640 * H, 0, 370 * H, 120 * H, 0, 0, hours((96, 0), (94, 40), (100, 40), (80, 40)))
VALIDATED = dict(
    zip(months_between(FROM, date(2026, 4, 1)), [0, 3720, 5160, 4080, 5040, 5880, 6840, 7680], strict=True)
)
STEPS = [(date(2026, 1, 12), 1260 * H), (date(2025, 8, 28), 1080 * H)]


def test_chart_of_the_mock() -> None:
    points = series(FROM, TO, STEPS, VALIDATED, MOCK, TODAY)
    assert [p.month for p in points] == list(months_between(FROM, TO))
    assert [p.due for p in points] == [1080 * H] * 4 + [1260 * H] * 8
    assert [p.validated for p in points] == [
        *(n * H for n in (0, 62, 148, 216, 300, 398, 512, 640)),
        *[None] * 4,
    ]
    assert [p.sure for p in points] == [*[None] * 8, *(n * H for n in (736, 830, 930, 1010))]
    assert [p.with_risk for p in points][8:] == [n * H for n in (736, 870, 1010, 1130)]
    assert (points[0].pace, points[-1].pace) == (round(1260 * H * 30 / 365), 1260 * H)


def test_months_without_hours_are_a_flat_line_not_a_hole() -> None:
    points = series(FROM, TO, STEPS, {FROM: 600}, Forecast(600, 0, 0, 0, 0, 0, ()), TODAY)
    assert [p.validated for p in points] == [600] * 9 + [None] * 3
    assert [p.sure for p in points] == [None] * 9 + [600] * 3


def test_months_before_the_step_and_without_window() -> None:
    points = series(None, None, [(date(2026, 2, 15), 60)], {date(2026, 1, 1): 5}, Forecast(5, 0, 0, 0, 0, 0, ()), TODAY)
    assert [(p.month.month, p.due, p.validated, p.pace) for p in points] == [(1, None, 5, None), (2, 60, 5, None)]
    empty = series(None, None, [], {}, Forecast(0, 0, 0, 0, 0, 0, ()), TODAY)
    assert [(p.due, p.pace) for p in empty] == [(None, None)]


def test_chart_ends_at_the_forecast() -> None:
    late = planned(date(2026, 5, 1), date(2026, 7, 31), minutes_left=9000)
    expected = forecast(4000, 300, [late], TO, TODAY)
    last = series(FROM, TO, STEPS, {date(2026, 5, 1): 4000}, expected, TODAY)[-1]
    assert (last.sure, last.with_risk) == (expected.at_least, expected.at_most)


def told(due: int, sure: int, risk: int = 0, confirm: int = 0, submitted: int = 0) -> str:
    got = Forecast(0, submitted * H, sure * H, risk * H, confirm * H, 0, ())
    return written_missing(due * H, got).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (written_missing(1260 * H, MOCK).replace("\u00a0", " "), "Manqueraient 130 à 250 h selon les heures à risque"),
        (told(100, 40), "Manqueraient 60 h"),
        (told(100, 40, 100), "Manqueraient jusqu’à 60 h selon les heures à risque"),
        (told(100, 40, 10, 10, 10), "Manqueraient 30 à 60 h selon les heures à risque, à confirmer et à valider"),
        (told(100, 100), "Les heures dues seraient atteintes"),
        (told(100, 112, 5), "Les heures dues seraient atteintes, avec 12 h de plus"),
        (told(0, 0), "Aucune heure n’est due"),
    ],
)
def test_what_would_be_missing(said: str, expected: str) -> None:
    assert said == expected
