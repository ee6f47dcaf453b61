"""What is due: each event's effect, the two dates, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.due import (
    CommitmentEvent,
    DueTerms,
    OrderTerms,
    check_new_event,
    due_steps,
    effective_end,
    ended_by,
    minutes_by_holder,
    minutes_due,
    refuse_if_below_zero,
)
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import orders_minutes_due
from matching.clauses.terms import EventKind, TerminationRule
from matching.errors import Invalid, RuleRefused

K = EventKind
LATE = date(2030, 1, 1)
YEAR = DueTerms(date(2025, 1, 1), date(2025, 12, 31), first_holder=1)
ORDERS = OrderTerms(Decimal(40), Decimal(7), Decimal(35))


def event(kind: EventKind, day: str, hours: float | None = None, *, known: str = "", **more: Any) -> CommitmentEvent:
    """An event of so many hours, recorded the day it takes effect unless said otherwise."""
    on = date.fromisoformat(day)
    minutes = None if hours is None else round(hours * 60)
    return CommitmentEvent(kind, on, date.fromisoformat(known) if known else on, minutes=minutes, **more)


def hours_due(
    events: Sequence[CommitmentEvent], terms: DueTerms = YEAR, on: str = "2029-12-31", known: str = "2029-12-31"
) -> float:
    return minutes_due(events, terms, date.fromisoformat(on), date.fromisoformat(known)) / 60


INITIAL = event(K.INITIAL, "2025-01-01", 1000)


# --- the fold


def test_nothing_recorded_nothing_due() -> None:
    assert minutes_due([], YEAR, LATE, LATE) == 0
    assert due_steps([], YEAR, LATE, LATE) == ()


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (event(K.AMENDMENT, "2025-02-01", 180), 1180),
        (event(K.AMENDMENT, "2025-02-01", -200), 800),
        (event(K.AMENDMENT, "2025-02-01", amount_cents=5_000_000), 1000),  # on price alone
        (event(K.AMENDMENT, "2025-02-01", 0), 1000),
        (event(K.OPTIONAL_STAGE, "2025-02-01", 300), 1300),
        (event(K.RENEWAL, "2025-02-01", 500), 1500),
        (event(K.EXEMPTION, "2025-02-01", 100), 900),
        (event(K.EXEMPTION, "2025-02-01", whole=True), 0),
        (event(K.TRANSFER, "2025-02-01", 400, to_holder=2), 1000),
    ],
)
def test_effect_of_each_kind(change: CommitmentEvent, due: int) -> None:
    check_new_event([INITIAL], change, YEAR)
    assert hours_due([INITIAL, change]) == due
    assert hours_due([INITIAL, change], on="2025-01-31") == 1000


def test_both_dates_are_included_and_both_are_needed() -> None:
    late = event(K.AMENDMENT, "2025-06-01", 100, known="2026-01-15")
    events = [INITIAL, late]
    assert hours_due(events, on="2025-06-01", known="2026-01-15") == 1100
    assert hours_due(events, on="2025-05-31", known="2026-01-15") == 1000
    assert hours_due(events, on="2025-06-01", known="2026-01-14") == 1000
    assert hours_due(events, on="2025-12-31", known="2025-12-31") == 1000  # what we knew on 31 December


def test_an_exemption_of_everything_leaves_what_comes_later() -> None:
    events = [INITIAL, event(K.EXEMPTION, "2025-03-01", whole=True), event(K.AMENDMENT, "2025-04-01", 50)]
    assert hours_due(events) == 50
    before = event(K.AMENDMENT, "2025-02-01", 70, known="2025-09-01")
    assert hours_due([*events, before]) == 50  # in effect by then, whenever recorded


def test_on_one_day_the_order_is_of_recording_then_of_sequence() -> None:
    lifted = event(K.EXEMPTION, "2025-03-01", whole=True, known="2025-03-02", sequence=9)
    added = event(K.AMENDMENT, "2025-03-01", 50, known="2025-03-03", sequence=1)
    assert hours_due([added, lifted, INITIAL]) == 50
    assert hours_due([replace(added, recorded_on=date(2025, 3, 1)), lifted, INITIAL]) == 0
    assert hours_due([replace(added, recorded_on=date(2025, 3, 2)), lifted, INITIAL]) == 0


# --- termination

TERMINATIONS = [
    ("2025-12-31", TerminationRule.NONE, {}, 60_000),
    ("2025-03-31", TerminationRule.NONE, {}, 60_000),
    ("2025-12-31", TerminationRule.BY_TIME, {}, 60_000),
    ("2025-03-14", TerminationRule.BY_TIME, {}, 12_000),  # 73 days of 365: one fifth
    ("2025-07-01", TerminationRule.BY_TIME, {}, 29_918),  # 182 days of 365: 29 917,8
    ("2025-01-01", TerminationRule.BY_TIME, {}, 164),  # one day: 164,38
    ("2026-05-01", TerminationRule.BY_TIME, {}, 60_000),  # after the end: never more than everything
    ("2025-03-31", TerminationRule.BY_AMOUNT, {"executed_cents": 12_000_000, "total_cents": 20_000_000}, 36_000),
    ("2025-03-31", TerminationRule.BY_AMOUNT, {"executed_cents": 0, "total_cents": 20_000_000}, 0),
    ("2025-03-31", TerminationRule.BY_AMOUNT, {"executed_cents": 1, "total_cents": 3}, 20_000),
]


@pytest.mark.parametrize(("day", "rule", "amounts", "minutes"), TERMINATIONS)
def test_termination(day: str, rule: TerminationRule, amounts: dict[str, Any], minutes: int) -> None:
    end = event(K.TERMINATION, day, rule=rule, **amounts)
    check_new_event([INITIAL], end, YEAR)
    assert minutes_due([INITIAL, end], YEAR, LATE, LATE) == minutes


def test_a_half_minute_goes_up() -> None:
    end = event(K.TERMINATION, "2025-06-01", rule=TerminationRule.BY_AMOUNT, executed_cents=1, total_cents=2)
    assert minutes_due([replace(INITIAL, minutes=1001), end], YEAR, LATE, LATE) == 501


def test_days_before_the_contract_keep_nothing() -> None:
    end = event(K.TERMINATION, "2024-12-31", rule=TerminationRule.BY_TIME)
    early = replace(INITIAL, effective_on=date(2024, 11, 1), recorded_on=date(2024, 11, 1))
    assert minutes_due([early, end], YEAR, LATE, LATE) == 0


@pytest.mark.parametrize(
    "late",
    [
        event(K.AMENDMENT, "2025-02-01", 500, known="2025-10-01"),
        event(K.AMENDMENT, "2025-03-14", 500, known="2025-10-01"),  # the day of the termination itself
    ],
)
def test_a_termination_reduces_what_was_in_effect_whenever_recorded(late: CommitmentEvent) -> None:
    end = event(K.TERMINATION, "2025-03-14", rule=TerminationRule.BY_TIME)
    check_new_event([INITIAL, end], late, YEAR)
    assert hours_due([INITIAL, end]) == 200
    assert hours_due([INITIAL, end, late]) == 300  # a fifth of 1 500, not 200 + 500
    assert hours_due([INITIAL, end, late], known="2025-09-30") == 200


def test_without_its_dates_a_termination_by_time_keeps_the_hours() -> None:
    end = event(K.TERMINATION, "2025-03-14", rule=TerminationRule.BY_TIME)
    assert hours_due([INITIAL, end], DueTerms()) == 1000
    with pytest.raises(Invalid) as refused:
        check_new_event([INITIAL], end, DueTerms(start_on=date(2025, 1, 1)))
    assert refused.value.errors[0].field == "rule"


# --- purchase orders


def orders(*euros: int) -> list[CommitmentEvent]:
    days = ("2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01")
    return [event(K.PURCHASE_ORDER, day, amount_cents=sum_ * 100) for day, sum_ in zip(days, euros, strict=False)]


def test_orders_of_the_specification() -> None:
    terms = replace(YEAR, orders=ORDERS)
    steps = due_steps(orders(50_000, 120_000, 30_000), terms, LATE, LATE)
    assert [step.after for step in steps] == [40 * 60, 136 * 60, 160 * 60]
    assert [step.after - step.before for step in steps] == [40 * 60, 96 * 60, 24 * 60]


@pytest.mark.parametrize(
    ("rounding", "after_each"),
    [  # 1 000 € at 50 %, 10 %, 30 €/h: 1,666… h each
        (Rounding.NONE, [100, 200, 300]),
        (Rounding.DOWN, [60, 180, 300]),
        (Rounding.NEAREST, [120, 180, 300]),
        (Rounding.UP, [120, 240, 300]),
    ],
)
def test_rounding_applies_to_the_cumulative_sum(rounding: Rounding, after_each: list[int]) -> None:
    terms = replace(YEAR, orders=OrderTerms(Decimal(50), Decimal(10), Decimal(30), rounding))
    steps = due_steps(orders(1_000, 1_000, 1_000), terms, LATE, LATE)
    assert [step.after for step in steps] == after_each


def test_without_rounding_the_minutes_are_to_the_nearest_half_up() -> None:
    half = OrderTerms(Decimal(100), Decimal(100), Decimal(120))  # half a minute for an euro
    assert [half.minutes(euros * 100) for euros in (1, 2, 3)] == [1, 1, 2]
    assert replace(half, rounding=Rounding.NEAREST).minutes(60_00) == 60  # half an hour goes up


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.sampled_from(Rounding))
def test_the_calculator_and_the_fold_agree(amounts: list[int], rounding: Rounding) -> None:
    terms = replace(YEAR, orders=replace(ORDERS, rounding=rounding))
    events = [event(K.PURCHASE_ORDER, "2025-02-01", amount_cents=cents, sequence=n) for n, cents in enumerate(amounts)]
    sized = orders_minutes_due(amounts, Decimal(40), Decimal(7), Decimal(35), rounding)
    assert minutes_due(events, terms, LATE, LATE) == sized


def test_orders_add_to_the_initial_and_can_be_cancelled() -> None:
    terms = replace(YEAR, orders=ORDERS)
    cancelled = event(K.PURCHASE_ORDER, "2025-03-01", amount_cents=-50_000_00)
    events = [INITIAL, *orders(50_000)]
    check_new_event(events, cancelled, terms)
    assert hours_due(events, terms) == 1040
    assert hours_due([*events, cancelled], terms) == 1000


def test_an_order_without_coefficients_is_asked_for_them() -> None:
    (order,) = orders(50_000)
    assert hours_due([INITIAL, order]) == 1000
    assert "à renseigner" in due_steps([order], YEAR, LATE, LATE)[0].explanation
    with pytest.raises(Invalid):
        check_new_event([INITIAL], order, YEAR)


@pytest.mark.parametrize(
    ("share", "rate", "cost", "field"),
    [
        (-1, 5, 30, "labour_share_percent"),
        (101, 5, 30, "labour_share_percent"),
        (50, 100.5, 30, "rate_percent"),
        (50, 5, 0, "hourly_cost_euros"),
    ],
)
def test_impossible_coefficients(share: float, rate: float, cost: float, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        OrderTerms(Decimal(share), Decimal(rate), Decimal(cost))
    assert [error.field for error in refused.value.errors] == [field]


# --- holders


def shares(*events: CommitmentEvent, on: str = "2029-12-31") -> dict[int | None, float]:
    found = minutes_by_holder(events, YEAR, date.fromisoformat(on), LATE)
    return {holder: minutes / 60 for holder, minutes in found.items()}


TO_2 = event(K.TRANSFER, "2025-03-01", 400, to_holder=2)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (event(K.AMENDMENT, "2025-04-01", 100), {1: 660, 2: 440}),
        (event(K.EXEMPTION, "2025-04-01", 100), {1: 540, 2: 360}),
        (event(K.EXEMPTION, "2025-04-01", whole=True), {1: 0, 2: 0}),
        (event(K.TRANSFER, "2025-04-01", 400, to_holder=1), {1: 1000, 2: 0}),
        (event(K.TRANSFER, "2025-04-01", 500, to_holder=3), {1: 300, 2: 200, 3: 500}),
        (event(K.TRANSFER, "2025-04-01", whole=True, to_holder=3), {1: 0, 2: 0, 3: 1000}),
    ],
)
def test_who_holds_what(after: CommitmentEvent, expected: dict[int, int]) -> None:
    assert shares(INITIAL) == {1: 1000}
    assert shares(INITIAL, TO_2, after, on="2025-03-31") == {1: 600, 2: 400}
    assert shares(INITIAL, TO_2, after) == expected


def test_hours_added_after_a_whole_transfer_are_the_new_holders() -> None:
    passed = event(K.TRANSFER, "2025-03-01", whole=True, to_holder=2)
    assert shares(INITIAL, passed, event(K.AMENDMENT, "2025-04-01", 50)) == {1: 0, 2: 1050}


def test_no_more_is_passed_on_than_is_held() -> None:
    check_new_event([INITIAL, TO_2], event(K.TRANSFER, "2025-04-01", 600, to_holder=2), YEAR)
    with pytest.raises(RuleRefused) as refused:
        check_new_event([INITIAL, TO_2], event(K.TRANSFER, "2025-04-01", 601, to_holder=2), YEAR)
    assert refused.value.data["minutes"] == 60
    with pytest.raises(RuleRefused):  # a retroactive amendment would leave the first holder with less than they passed
        check_new_event([INITIAL, TO_2], event(K.AMENDMENT, "2025-02-01", -601, known="2025-05-01"), YEAR)


# --- what is refused


@pytest.mark.parametrize(
    ("events", "new"),
    [
        ([INITIAL], event(K.AMENDMENT, "2025-02-01", -1001)),
        ([INITIAL], event(K.EXEMPTION, "2025-02-01", 1001)),
        ([INITIAL], event(K.EXEMPTION, "2024-12-31", 1)),
        ([], event(K.AMENDMENT, "2025-02-01", -1)),
        # In the past, under what already happened since: the total would have been below zero on 1 June only.
        (
            [INITIAL, event(K.AMENDMENT, "2025-06-01", -900), event(K.RENEWAL, "2025-07-01", 900)],
            event(K.AMENDMENT, "2025-02-01", -101, known="2025-09-01"),
        ),
        # Enough hours today, but those that pay for it were not yet known when this is said to be recorded.
        (
            [INITIAL, event(K.AMENDMENT, "2025-02-01", 500, known="2025-08-01")],
            event(K.AMENDMENT, "2025-03-01", -1200, known="2025-04-01"),
        ),
    ],
)
def test_never_below_zero_on_any_day(events: list[CommitmentEvent], new: CommitmentEvent) -> None:
    with pytest.raises(RuleRefused) as refused:
        check_new_event(events, new, YEAR)
    assert "zéro" in refused.value.message or "de trop" in refused.value.message
    assert refused.value.data["minutes"] > 0
    with pytest.raises(RuleRefused):
        refuse_if_below_zero([*events, new], YEAR)


@pytest.mark.parametrize(
    "new",
    [
        event(K.AMENDMENT, "2025-02-01", -1000),
        event(K.EXEMPTION, "2025-02-01", 1000),
        event(K.AMENDMENT, "2025-01-01", -1000, sequence=1),
    ],
)
def test_down_to_zero_is_accepted(new: CommitmentEvent) -> None:
    check_new_event([INITIAL], new, YEAR)
    assert hours_due([INITIAL, new]) == 0


def test_a_history_never_checked_stops_at_zero_and_says_so() -> None:
    (_, step) = due_steps([INITIAL, event(K.EXEMPTION, "2025-02-01", 1200)], YEAR, LATE, LATE)
    assert (step.after, step.missing) == (0, 200 * 60)
    assert "ramené à zéro" in step.explanation


ENDED = event(K.TERMINATION, "2025-06-30", rule=TerminationRule.NONE)


@pytest.mark.parametrize(
    "new",
    [
        event(K.AMENDMENT, "2025-07-01", 10),
        event(K.RENEWAL, "2025-07-01", 10),
        event(K.OPTIONAL_STAGE, "2025-07-01", 10),
        event(K.PURCHASE_ORDER, "2025-07-01", 10),
        event(K.TERMINATION, "2025-07-01", rule=TerminationRule.NONE),
        event(K.TERMINATION, "2025-05-01", rule=TerminationRule.NONE),
        event(K.INITIAL, "2025-05-01", 10),
    ],
)
def test_refused_once_terminated(new: CommitmentEvent) -> None:
    with pytest.raises(RuleRefused):
        check_new_event([INITIAL, ENDED], new, YEAR)


@pytest.mark.parametrize(
    "new",
    [
        event(K.AMENDMENT, "2025-06-30", 10, known="2025-09-01"),
        event(K.AMENDMENT, "2025-07-01", amount_cents=100),
        event(K.EXEMPTION, "2025-07-01", 10),
        event(K.TRANSFER, "2025-07-01", 10, to_holder=2),
    ],
)
def test_accepted_once_terminated(new: CommitmentEvent) -> None:
    check_new_event([INITIAL, ENDED], new, YEAR)


def test_what_was_foreseen_after_a_termination_is_cancelled_first() -> None:
    foreseen = event(K.RENEWAL, "2025-12-01", 300, known="2025-01-15")
    with pytest.raises(RuleRefused) as refused:
        check_new_event([INITIAL, foreseen], ENDED, YEAR)
    assert "Reconduction" in refused.value.message
    cancelled = event(K.AMENDMENT, "2025-12-01", -300, known="2025-06-29")
    check_new_event([INITIAL, foreseen], cancelled, YEAR)
    check_new_event([INITIAL, foreseen, cancelled], ENDED, YEAR)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (event(K.INITIAL, "2025-01-01"), "minutes"),
        (event(K.INITIAL, "2025-01-01", -1), "minutes"),
        (event(K.OPTIONAL_STAGE, "2025-01-01"), "minutes"),
        (event(K.RENEWAL, "2025-01-01", -1), "minutes"),
        (event(K.PURCHASE_ORDER, "2025-01-01"), "amount_cents"),
        (event(K.EXEMPTION, "2025-01-01"), "minutes"),
        (event(K.EXEMPTION, "2025-01-01", 10, whole=True), "minutes"),
        (event(K.EXEMPTION, "2025-01-01", -10), "minutes"),
        (event(K.EXEMPTION, "2025-01-01", -10, whole=True), "minutes"),
        (event(K.TRANSFER, "2025-01-01", 10), "to_holder"),
        (event(K.TRANSFER, "2025-01-01", to_holder=2), "minutes"),
        (event(K.TERMINATION, "2025-01-01"), "rule"),
        (event(K.TERMINATION, "2025-01-01", rule=TerminationRule.BY_AMOUNT, executed_cents=1), "total_cents"),
        (event(K.TERMINATION, "2025-01-01", rule=TerminationRule.BY_AMOUNT, total_cents=1), "executed_cents"),
        (
            event(K.TERMINATION, "2025-01-01", rule=TerminationRule.BY_AMOUNT, executed_cents=2, total_cents=1),
            "executed_cents",
        ),
    ],
)
def test_what_an_event_lacks_is_named(new: CommitmentEvent, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new_event([], new, YEAR)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_framework_starts_with_nothing_due() -> None:
    check_new_event([], event(K.INITIAL, "2025-01-01"), replace(YEAR, orders=ORDERS))


# --- words


def test_each_step_is_explained() -> None:
    terms = replace(YEAR, orders=ORDERS)
    events = [
        event(K.INITIAL, "2025-01-01", 900),
        event(K.AMENDMENT, "2025-01-15", amount_cents=100),
        event(K.PURCHASE_ORDER, "2025-02-01", amount_cents=12_500_000),
        event(K.TRANSFER, "2025-02-15", 400, to_holder=2),
        event(K.EXEMPTION, "2025-03-01", 50.5),
        event(K.TERMINATION, "2025-03-14", rule=TerminationRule.BY_TIME),
    ]
    said = [
        step.explanation.replace("\u00a0", " ").replace("\u202f", " ") for step in due_steps(events, terms, LATE, LATE)
    ]
    assert said == [
        "+ 900 h, soit 900 h dues.",
        "Heures dues inchangées : 900 h.",
        "Commandes cumulées 125 000,00 € × 40 % × 7 % ÷ 35,00 € l’heure (sans arrondi) : + 100 h, soit 1 000 h dues.",
        "400 h passent au nouveau titulaire ; le total ne change pas.",
        "− 50 h 30, soit 949 h 30 dues.",
        "73 jours sur 365, premier et dernier jours comptés : 949 h 30 deviennent 189 h 54.",
    ]


# --- properties

DAYS = st.dates(date(2025, 1, 1), date(2025, 2, 10))
MINUTES = st.integers(-4_000, 6_000)
TERMS = DueTerms(date(2025, 1, 5), date(2025, 2, 5), OrderTerms(Decimal(50), Decimal(10), Decimal(30)), first_holder=1)


@st.composite
def any_events(draw: st.DrawFn) -> list[CommitmentEvent]:
    """Events nobody checked, of every kind, recorded before or after they take effect."""
    return [
        CommitmentEvent(
            draw(st.sampled_from(EventKind)),
            draw(DAYS),
            draw(DAYS),
            sequence,
            draw(st.none() | MINUTES),
            draw(st.none() | st.integers(-200_000, 900_000)),
            draw(st.none() | st.sampled_from(TerminationRule)),
            draw(st.none() | st.integers(0, 100)),
            draw(st.none() | st.integers(0, 100)),
            draw(st.booleans()),
            draw(st.sampled_from([1, 2, 3])),
        )
        for sequence in range(draw(st.integers(0, 8)))
    ]


@given(any_events(), DAYS, DAYS)
def test_never_negative_and_shared_to_the_minute(events: list[CommitmentEvent], as_of: date, known_on: date) -> None:
    due = minutes_due(events, TERMS, as_of, known_on)
    held = minutes_by_holder(events, TERMS, as_of, known_on)
    assert due >= 0
    assert sum(held.values()) == due
    assert all(minutes >= 0 for minutes in held.values())


@given(any_events(), DAYS, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_input_does_not_matter(
    events: list[CommitmentEvent], as_of: date, known_on: date, random: Any
) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    assert due_steps(shuffled, TERMS, as_of, known_on) == due_steps(events, TERMS, as_of, known_on)


@given(any_events(), DAYS, DAYS, DAYS)
def test_what_was_known_is_what_was_recorded(
    events: list[CommitmentEvent], as_of: date, one: date, other: date
) -> None:
    known_on, later = sorted((one, other))
    recorded = [e for e in events if e.recorded_on <= known_on]
    assert minutes_due(events, TERMS, as_of, known_on) == minutes_due(recorded, TERMS, as_of, date.max)
    if not any(known_on < e.recorded_on <= later for e in events):
        assert minutes_due(events, TERMS, as_of, later) == minutes_due(events, TERMS, as_of, known_on)


@given(any_events(), DAYS, DAYS)
def test_a_transfer_changes_no_total(events: list[CommitmentEvent], as_of: date, known_on: date) -> None:
    without = [e for e in events if e.kind is not K.TRANSFER]
    assert minutes_due(without, TERMS, as_of, known_on) == minutes_due(events, TERMS, as_of, known_on)


@given(any_events())
def test_what_passes_the_check_is_never_below_zero(events: list[CommitmentEvent]) -> None:
    """Recorded one by one, keeping those accepted: no day as known on any day had to be brought back to zero."""
    kept: list[CommitmentEvent] = []
    for new in sorted(events, key=lambda e: (e.recorded_on, e.sequence)):
        try:
            check_new_event(kept, new, TERMS)
        except (Invalid, RuleRefused):
            continue
        kept.append(new)
    refuse_if_below_zero(kept, TERMS)
    for known_on in {e.recorded_on for e in kept}:
        assert not any(step.missing for step in due_steps(kept, TERMS, date.max, known_on))


# --- the end that a termination brings


def test_a_termination_ends_the_commitment_from_its_day_once_known() -> None:
    ended = event(K.TERMINATION, "2025-06-30", known="2025-07-15", rule=TerminationRule.NONE)
    day, known, before = date(2025, 6, 30), date(2025, 7, 15), date(2025, 7, 14)
    assert ended_by([INITIAL, ended], day, known) == day
    assert ended_by([INITIAL, ended], date(2025, 6, 29), known) is None
    assert ended_by([INITIAL, ended], LATE, before) is None
    assert ended_by([INITIAL], LATE, LATE) is None


@pytest.mark.parametrize(
    ("last", "ended", "begin", "end"),
    [
        ("2025-12-31", "2025-06-30", "2025-01-01", "2025-06-30"),
        ("2025-12-31", "2026-06-30", "2025-01-01", "2025-12-31"),
        ("2025-12-31", "", "2025-01-01", "2025-12-31"),
        ("", "2025-06-30", "2025-01-01", "2025-06-30"),
        ("2025-12-31", "2025-06-30", "2025-09-01", "2025-09-01"),  # before its works began
        ("", "", "2025-01-01", ""),
        ("2024-12-31", "", "2025-01-01", "2024-12-31"),  # a window to mend stays as it is
    ],
)
def test_the_first_of_two_ends(last: str, ended: str, begin: str, end: str) -> None:
    days = [date.fromisoformat(day) if day else None for day in (last, ended, begin, end)]
    assert effective_end(*days[:3]) == days[3]
