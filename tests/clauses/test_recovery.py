"""Recovery plans: size, dates, suggestions, progress."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.recovery import (
    RecoveryPlan,
    closes,
    ends_on,
    follow,
    minutes_of,
    still_missing,
    suggest,
    weeks_left,
    written_cover,
    written_dates,
    written_plan,
    written_progress,
)
from matching.errors import Invalid

H = 60
MONDAY = date(2026, 6, 15)
PLAN = RecoveryPlan(2, 35 * H, 9, MONDAY)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_two_people_nine_weeks_close_630_hours() -> None:
    assert minutes_of(PLAN) == 630 * H
    assert [closes(PLAN, 630 * H), closes(PLAN, 630 * H + 1)] == [True, False]
    assert [still_missing(PLAN, 630 * H + 1), still_missing(PLAN, 10)] == [1, 0]
    assert plain(written_plan(PLAN)) == "2 personnes × 35 h × 9 semaines = 630 h"
    assert plain(written_plan(RecoveryPlan(1, 28 * H, 1, MONDAY))) == "1 personne × 28 h × 1 semaine = 28 h"
    assert plain(written_dates(PLAN)) == "du 15 juin 2026 au 16 août 2026"


@pytest.mark.parametrize(
    ("missing", "said"),
    [(250 * H, "Couvre les 250 h manquantes"), (650 * H, "Laisse 20 h manquantes"), (0, "Il ne manque aucune heure")],
)
def test_what_it_covers(missing: int, said: str) -> None:
    assert plain(written_cover(PLAN, missing)) == said


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ((0, 2100, 9), ["people"]),
        ((1, 0, 9), ["weekly_minutes"]),
        ((1, 48 * H + 1, 9), ["weekly_minutes"]),
        ((-1, -1, 0), ["people", "weekly_minutes", "weeks"]),
        ((501, 2100, 261), ["people", "weeks"]),
    ],
)
def test_impossible_plan_is_refused_field_by_field(wrong: tuple[int, int, int], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        RecoveryPlan(*wrong, MONDAY)
    assert [error.field for error in refused.value.errors] == fields


@pytest.mark.parametrize(
    ("missing", "weeks", "expected"),
    [
        (630, 9, [(2, 9), (3, 6), (4, 5)]),
        (35, 9, [(1, 1)]),  # more people would not end sooner
        (631, 9, [(3, 7), (4, 5), (5, 4)]),
        (0, 9, []),
        (630, 0, []),
        (10**7, 1, []),
    ],
)
def test_suggestions(missing: int, weeks: int, expected: list[tuple[int, int]]) -> None:
    assert [(p.people, p.weeks) for p in suggest(missing * H, 35 * H, weeks, MONDAY)] == expected


@given(st.integers(1, 10**6), st.integers(60, 2400), st.integers(1, 104))
def test_suggestions_close_and_are_the_least(missing: int, weekly: int, weeks: int) -> None:
    plans = suggest(missing, weekly, weeks, MONDAY)
    for plan in plans:
        assert closes(plan, missing)
        assert plan.weeks <= weeks
        assert plan.people * weekly * (plan.weeks - 1) < missing
    if plans:
        assert (plans[0].people - 1) * weekly * weeks < missing


def test_weeks_left_count_both_ends() -> None:
    assert weeks_left(MONDAY, ends_on(PLAN)) == 9
    assert [weeks_left(MONDAY, MONDAY + timedelta(days=n)) for n in (-9, 5, 6, 13)] == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("day", "validated", "expected", "said"),
    [
        (MONDAY - timedelta(days=1), 0, 0, "0 h validées pour 0 h attendues : le plan est tenu"),
        (MONDAY + timedelta(days=6), 60, 70, "60 h validées pour 70 h attendues : 10 h de retard"),
        (MONDAY + timedelta(days=6), 80, 70, "80 h validées pour 70 h attendues : le plan est tenu"),
        (ends_on(PLAN), 600, 630, "600 h validées pour 630 h attendues : 30 h de retard"),
        (date(2026, 9, 1), 600, 630, "600 h validées pour 630 h attendues : le plan est fini, il manque 30 h"),
    ],
)
def test_followed_to_its_end(day: date, validated: int, expected: int, said: str) -> None:
    now = follow(PLAN, validated * H, day)
    assert (now.expected, now.planned, now.ahead) == (expected * H, 630 * H, (validated - expected) * H)
    assert plain(written_progress(now, day)) == said
