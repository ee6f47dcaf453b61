"""The calculator: the worked examples of the trade, its roundings, what it refuses, and what a figure means."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses import brackets, sizing
from matching.clauses.meaning import SuggestedModality, meaning, sourcing_hint
from matching.clauses.rounding import Rounding
from matching.errors import Invalid
from matching.reference.embedded import embedded_brackets, embedded_trades
from matching.reference.model import HoursBracket

D = Decimal
MILLION = 100_000_000
"""One million euros, in cents."""
TABLE = brackets.table_on(embedded_brackets(), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("rate", "rounding", "hours", "minutes"),
    [
        (5, Rounding.NONE, "833.33", 50_000),
        (5, Rounding.DOWN, "833", 833 * 60),
        (5, Rounding.NEAREST, "833", 833 * 60),
        (5, Rounding.UP, "834", 834 * 60),
        (10, Rounding.NONE, "1666.67", 100_000),
        (10, Rounding.DOWN, "1666", 1666 * 60),
        (10, Rounding.NEAREST, "1667", 1667 * 60),
    ],
)
def test_by_amount_the_two_published_guides(rate: int, rounding: Rounding, hours: str, minutes: int) -> None:
    sized = sizing.from_amount(MILLION, D(50), D(rate), D(30), rounding)
    assert (sized.hours, sized.minutes, sized.rounding) == (D(hours), minutes, rounding)
    assert abs(sized.exact - D(MILLION) * D(rate) / D(6000) / 100) < D("1e-20")


def test_half_an_hour_goes_up_and_only_then() -> None:
    half = sizing.from_total_hours(50 * 60, D(5), Rounding.NEAREST)
    below = sizing.from_total_hours(50 * 60 - 1, D(5), Rounding.NEAREST)
    assert (half.exact, half.hours, below.hours) == (D("2.5"), 3, 2)


def test_a_whole_result_is_not_rounded_up() -> None:
    assert sizing.from_amount(MILLION, D(30), D(7), D(35), Rounding.UP).hours == 600


def test_by_hours_worked_with_and_without_the_staff_taken_over() -> None:
    assert sizing.from_total_hours(20_000 * 60, D(5)).hours == 1000
    assert sizing.from_total_hours(20_000 * 60, D(10)).hours == 2000
    assert sizing.without_transferred(20_000 * 60, 12_000 * 60, D(10)).hours == 800


def test_by_purchase_orders_shows_each_of_them() -> None:
    sized = sizing.from_orders([5_000_000, 12_000_000, 3_000_000], D(40), D(7), D(35))
    assert (sized.exact, sized.hours, sized.minutes) == (160, 160, 160 * 60)
    shown = "\n".join(sized.working).replace("\u00a0", " ")
    assert all(f"= {hours} h" in shown for hours in (40, 96, 24, 160))


def test_the_rounding_of_orders_applies_to_their_sum() -> None:
    """Three orders of 833,33 h: 2 500 h, where each rounded down would give 2 499."""
    orders = [MILLION] * 3
    assert sizing.orders_minutes_due(orders, D(50), D(5), D(30), Rounding.DOWN) == 2500 * 60
    assert sizing.orders_minutes_due(orders[:1], D(50), D(5), D(30), Rounding.DOWN) == 833 * 60
    assert sizing.orders_minutes_due([], D(50), D(5), D(30), Rounding.UP) == 0


@given(
    st.lists(st.integers(0, 10**10), max_size=6),
    st.decimals(0, 100, places=2),
    st.decimals(0, 100, places=2),
    st.decimals(1, 1000, places=2),
    st.sampled_from(Rounding),
)
def test_orders_due_never_fall_and_agree_with_the_calculator(
    orders: list[int], share: Decimal, rate: Decimal, cost: Decimal, rounding: Rounding
) -> None:
    due = [sizing.orders_minutes_due(orders[:n], share, rate, cost, rounding) for n in range(len(orders) + 1)]
    exact = Fraction(share) * Fraction(rate) / Fraction(cost) * sum(orders) / 1_000_000
    assert due == sorted(due)
    assert abs(due[-1] - exact * 60) <= (Fraction(1, 2) if rounding is Rounding.NONE else 60)
    if exact <= sizing.MAX_HOURS:
        assert due[-1] == sizing.from_orders(orders, share, rate, cost, rounding).minutes


@pytest.mark.parametrize(
    ("euros", "hours"),
    [(0, 150), (99_999, 150), (100_000, 300), (199_999, 300), (200_000, 450), (250_000, 450), (400_000, 900)],
)
def test_by_bracket_the_beginning_belongs_to_it(euros: int, hours: int) -> None:
    assert sizing.from_brackets(euros * 100, TABLE).hours == hours


def test_one_cent_below_a_bracket_is_still_the_one_before() -> None:
    assert sizing.from_brackets(39_999_999, TABLE).hours == 450


def test_the_table_of_the_day_replaces_the_one_before() -> None:
    new = HoursBracket(date(2027, 1, 1), 0, 60)
    rows = [new, *embedded_brackets()]
    assert brackets.table_on(rows, date(2026, 12, 31)) == TABLE
    assert brackets.table_on(rows, date(2027, 1, 1)) == (new,)
    assert brackets.table_on(rows, date(2000, 1, 1)) == ()


@pytest.mark.parametrize("table", [(), TABLE[1:2], (TABLE[0], TABLE[0])])
def test_a_table_that_cannot_answer_is_refused(table: tuple[HoursBracket, ...]) -> None:
    with pytest.raises(Invalid, match="barème"):
        sizing.from_brackets(100, table)


@pytest.mark.parametrize(
    ("amount", "share", "rate", "cost", "fields"),
    [
        (-1, "50", "5", "30", {"amount"}),
        (10**15, "50", "5", "30", {"amount"}),
        (MILLION, "101", "-1", "30", {"labour_share", "rate"}),
        (MILLION, "50", "100.01", "0", {"rate", "hourly_cost"}),
        (MILLION, "50", "5", "-30", {"hourly_cost"}),
        (MILLION, "50", "5", "1001", {"hourly_cost"}),
        (MILLION, "NaN", "Infinity", "sNaN", {"labour_share", "rate", "hourly_cost"}),
        (MILLION, "50", "5", "0.0000001", {"hourly_cost"}),
        (MILLION, "50", "5", "1e-999999", {"hourly_cost"}),
        (MILLION, "50", "1e999999", "30", {"rate"}),
        (10**12, "100", "100", "0.01", {"hours"}),
    ],
)
def test_absurd_figures_are_refused_field_by_field(
    amount: int, share: str, rate: str, cost: str, fields: set[str]
) -> None:
    for size in (sizing.from_amount, lambda cents, *k: sizing.from_orders([0, cents], *k)):
        with pytest.raises(Invalid) as refused:
            size(amount, D(share), D(rate), D(cost))
        named = {error.field.replace("orders", "amount") for error in refused.value.errors}
        assert named == fields


@pytest.mark.parametrize(
    ("total", "transferred", "fields"),
    [(-1, 0, {"total_hours"}), (60, 61, {"transferred_hours"}), (10**9, -1, {"total_hours", "transferred_hours"})],
)
def test_absurd_times_are_refused(total: int, transferred: int, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        sizing.without_transferred(total, transferred, D(5))
    assert {error.field for error in refused.value.errors} == fields


def test_full_time_equivalents_never_go_without_their_base() -> None:
    said = meaning(160_700 * 60 // 100, (1607, 1820), 180 * 60, MILLION)
    assert [(item.fte, item.base_hours) for item in said.full_time] == [(D("1.00"), 1607), (D("0.88"), 1820)]
    assert (said.people, said.hours_per_1000_euros) == (9, D("1.61"))
    assert all("base" in line for line in said.lines[:2])


def test_what_is_not_known_is_not_guessed() -> None:
    said = meaning(600, (1607,))
    assert (said.people, said.hours_per_1000_euros, len(said.lines)) == (None, None, 1)
    assert meaning(1, (1607,), 180 * 60).people == 1
    assert meaning(1, (1607,)).lines[0].startswith("moins de 0,01\u00a0ETP")
    assert meaning(0, (1607,)).lines[0].startswith("0\u00a0ETP")
    assert meaning(0, (1607,), 180 * 60).people == 0


@pytest.mark.parametrize(
    ("suppliers", "budget", "turnover", "modality"),
    [
        (31, 29, 100, SuggestedModality.RESERVE),
        (31, 30, 100, SuggestedModality.RESERVE_LOT),
        (30, 1, 100, SuggestedModality.RESERVE_LOT),
        (31, 1, None, SuggestedModality.RESERVE_LOT),
        (11, 1, 100, SuggestedModality.RESERVE_LOT),
        (10, 1, 100, SuggestedModality.CLAUSE),
        (2, 500, 100, SuggestedModality.CLAUSE),
        (1, 1, 100, SuggestedModality.NONE),
        (0, 1, 0, SuggestedModality.NONE),
    ],
)
def test_the_sourcing_hint(suppliers: int, budget: int, turnover: int | None, modality: SuggestedModality) -> None:
    assert sourcing_hint(suppliers, budget, turnover).modality is modality


def test_a_sourcing_hint_of_negative_figures_is_refused() -> None:
    with pytest.raises(Invalid):
        sourcing_hint(-1, 1, 1)


def test_the_embedded_tables_say_what_is_to_check() -> None:
    shares = {trade.name: trade.labour_share for trade in embedded_trades()}
    assert shares["Peinture intérieure"] == 70
    assert shares["Maçonnerie"] == 50
    assert all(row.to_check and row.source for row in (*embedded_trades(), *embedded_brackets()))
