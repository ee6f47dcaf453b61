"""Hours that may be the same hours, across commitments and companies."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.lines import WorkedLine
from matching.clauses.overlap import (
    Duplicate,
    DuplicateKind,
    day_total_excess,
    period_total_excess,
    possible_duplicates,
    week_total_excess,
)
from matching.clauses.terms import Route

H = 60
START = date(2026, 5, 1)


def may(day: int) -> date:
    return START + timedelta(days=day - 1)


def line(
    number: int, first: int, last: int, minutes: int | None = 21 * H, days: dict[int, int] | None = None, **more: Any
) -> WorkedLine:
    facts = {"person_id": 1, "commitment_id": 1, "declarant_id": number} | more
    breakdown = tuple((may(day), of_day) for day, of_day in (days or {}).items())
    total = sum(days.values()) if days else minutes
    return WorkedLine(
        id=number,
        participation_id=number,
        route=Route.ETTI,
        from_on=may(first),
        to_on=may(last),
        minutes=total,
        days=breakdown,
        **facts,
    )


def kinds(*lines: WorkedLine, **more: Any) -> list[DuplicateKind]:
    return [double.kind for double in possible_duplicates(lines, **more)]


def test_the_agency_and_the_company_declare_the_same_three_days() -> None:
    (double,) = possible_duplicates([line(2, 1, 31), line(1, 4, 6)])
    assert double.pair == (1, 2)
    assert (double.kind, double.from_on, double.to_on) == (DuplicateKind.SAME_PERIOD, may(4), may(6))
    assert double.message == (
        "Deux lignes de cette personne se recouvrent du 4 au 6\u00a0mai\u00a02026 sur cet engagement (21\u00a0h et "
        "21\u00a0h, deux entreprises). Les heures sont les mêmes\u00a0: sans doute un doublon. Demandez les jours, "
        "rejetez l’une des deux, ou notez pourquoi ce ne sont pas les mêmes heures."
    )


WITH_DAYS = {4: 7 * H, 5: 7 * H}
CASES: list[tuple[str, WorkedLine, WorkedLine, DuplicateKind | None]] = [
    ("same day, two companies", line(1, 1, 31, days=WITH_DAYS), line(2, 5, 9, days={5: H}), DuplicateKind.SAME_DAY),
    ("same company twice", line(1, 1, 31), line(2, 1, 31, declarant_id=1), DuplicateKind.SAME_PERIOD),
    ("days that differ", line(1, 1, 31, days=WITH_DAYS), line(2, 1, 31, days={6: H}), None),
    ("a zero day is not worked", line(1, 1, 31, days=WITH_DAYS), line(2, 1, 31, days={5: 0, 6: H}), None),
    ("days and a period around them", line(1, 1, 31, days=WITH_DAYS), line(2, 5, 9), DuplicateKind.SAME_PERIOD),
    ("days and a period beside them", line(1, 1, 31, days=WITH_DAYS), line(2, 6, 9), None),
    ("one day without breakdown", line(1, 4, 4, 7 * H), line(2, 4, 4, 7 * H), DuplicateKind.SAME_DAY),
    ("two commitments", line(1, 1, 31), line(2, 5, 9, commitment_id=2), DuplicateKind.TWO_COMMITMENTS),
    (
        "two commitments, one with days",
        line(1, 1, 31, days=WITH_DAYS),
        line(2, 5, 9, commitment_id=2),
        DuplicateKind.TWO_COMMITMENTS,
    ),
    (
        "two commitments, both with days",
        line(1, 1, 31, days=WITH_DAYS),
        line(2, 1, 31, days=WITH_DAYS, commitment_id=2),
        None,
    ),
    ("one day each on two commitments", line(1, 4, 4, 7 * H), line(2, 4, 4, H, commitment_id=2), None),
    ("another person", line(1, 1, 31), line(2, 1, 31, person_id=2), None),
    ("one after the other", line(1, 1, 4), line(2, 5, 9), None),
    ("the shared last day", line(1, 1, 5), line(2, 5, 9), DuplicateKind.SAME_PERIOD),
    ("no hours yet", line(1, 1, 31), line(2, 1, 31, None), None),
    ("did not work", line(1, 1, 31), line(2, 1, 31, 0), None),
    ("reversed dates", line(1, 1, 31), line(2, 9, 5), None),
]


@pytest.mark.parametrize(("a", "b", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_two_lines(a: WorkedLine, b: WorkedLine, kind: DuplicateKind | None) -> None:
    assert kinds(a, b) == kinds(b, a) == ([] if kind is None else [kind])


def test_a_breakdown_that_does_not_make_the_total_is_not_believed() -> None:
    wrong = WorkedLine(1, 1, 1, 1, 1, Route.ETTI, may(1), may(31), 21 * H, 0, ((may(4), H),))
    assert kinds(wrong, line(2, 20, 21)) == [DuplicateKind.SAME_PERIOD]


def test_what_an_officer_resolved_is_left_out_whichever_way_it_is_written() -> None:
    lines = line(1, 1, 31), line(2, 5, 9), line(3, 8, 10)
    assert [double.pair for double in possible_duplicates(lines)] == [(1, 2), (2, 3), (1, 3)]
    assert [double.pair for double in possible_duplicates(lines, resolved={(2, 1), (2, 3)})] == [(1, 3)]


def test_a_pooling_agreement_answers_two_commitments_and_nothing_else() -> None:
    lines = line(1, 1, 31), line(2, 1, 31, commitment_id=2), line(3, 1, 31)
    assert kinds(*lines, pooled=[frozenset({1, 2, 9})]) == [DuplicateKind.SAME_PERIOD]
    assert kinds(*lines, pooled=[frozenset({1, 9}), frozenset({2, 9})]).count(DuplicateKind.TWO_COMMITMENTS) == 2


def test_more_than_a_day_over_all_lines_is_refused() -> None:
    lines = [line(n, 4, 5, days={4: 8 * H, 5: 9 * H}, commitment_id=n) for n in (3, 1, 2)]
    assert kinds(*lines) == []
    (excess,) = day_total_excess(lines)
    assert (excess.person_id, excess.day, excess.minutes, excess.line_ids) == (1, may(5), 27 * H, (1, 2, 3))
    assert excess.message == (
        "27\u00a0h pour cette personne le 5\u00a0mai\u00a02026 (3 lignes réunies)\u00a0: un jour compte 24\u00a0h. "
        "Rejetez la ligne en trop ou renvoyez-la pour correction."
    )
    assert day_total_excess(lines[:2]) == ()
    assert day_total_excess([line(1, 4, 4, 12 * H), line(2, 4, 4, 12 * H, commitment_id=2)]) == (), "24 h exactly fit"


def test_lines_without_days_do_not_hold_more_than_their_days() -> None:
    lines = [line(1, 1, 31, 500 * H), line(2, 1, 31, 500 * H, commitment_id=2)]
    assert kinds(*lines, pooled=[frozenset({1, 2})]) == [], "an agreement lets them stand side by side"
    (excess,) = period_total_excess(lines)
    assert (excess.day, excess.last, excess.minutes, excess.line_ids) == (may(1), may(31), 1000 * H, (1, 2))
    assert excess.message == (
        "1\u00a0000\u00a0h pour cette personne du 1er au 31\u00a0mai\u00a02026 (2 lignes réunies), où 24\u00a0h par "
        "jour font 744\u00a0h. Rejetez la ligne en trop ou renvoyez-la pour correction."
    )


@pytest.mark.parametrize(
    ("lines", "periods"),
    [
        ([line(1, 1, 31, 372 * H), line(2, 1, 31, 372 * H)], []),
        ([line(1, 1, 31, 372 * H), line(2, 1, 31, 373 * H, person_id=2)], []),
        ([line(1, 1, 10, 120 * H), line(2, 1, 10, 121 * H), line(3, 11, 31, H)], [(1, 10)]),
        ([line(1, 1, 10, 200 * H), line(2, 6, 15, 200 * H)], [(1, 15)]),
        ([line(1, 1, 10, 180 * H), line(2, 6, 15, 180 * H)], []),
        ([line(1, 4, 5, 40 * H), line(2, 1, 31, days={4: 9 * H})], [(4, 5)]),
        ([line(1, 4, 5, 40 * H), line(2, 1, 31, days={4: 8 * H, 6: 9 * H})], []),
    ],
    ids=["fits", "two people", "within", "across", "across fits", "with days", "with days fits"],
)
def test_which_periods_are_overfilled(lines: list[WorkedLine], periods: list[tuple[int, int]]) -> None:
    found = [(one.day, one.last) for one in period_total_excess(lines)]
    assert found == [(may(first), may(last)) for first, last in periods]


def test_a_week_that_two_months_share() -> None:
    # Monday 27 April to Sunday 3 May: 30 h declared in April, 20 h in May
    april = line(1, -3, 0, days={-3: 10 * H, -2: 10 * H, -1: 10 * H})
    (excess,) = week_total_excess([april, line(2, 1, 3, days={1: 10 * H, 2: 10 * H})])
    assert (excess.day, excess.minutes, excess.line_ids) == (date(2026, 4, 27), 50 * H, (1, 2))
    assert "semaine du 27\u00a0avril\u00a02026 (2 lignes réunies), au-delà de 48\u00a0h" in excess.message
    assert week_total_excess([april]) == ()


@st.composite
def some_lines(draw: st.DrawFn) -> list[WorkedLine]:
    return [draw(a_line(number)) for number in range(1, draw(st.integers(1, 9)) + 1)]


@st.composite
def a_line(draw: st.DrawFn, number: int) -> WorkedLine:
    first = draw(st.integers(1, 12))
    last = first + draw(st.integers(0, 6))
    days = draw(st.one_of(st.none(), st.dictionaries(st.integers(first, last), st.integers(0, 1440), min_size=1)))
    minutes = draw(st.sampled_from([None, 0, 300, 600]))
    return line(
        number,
        first,
        last,
        minutes,
        days,
        person_id=draw(st.integers(1, 2)),
        commitment_id=draw(st.integers(1, 2)),
        declarant_id=draw(st.integers(1, 2)),
    )


def by_definition(lines: list[WorkedLine]) -> set[tuple[tuple[int, int], DuplicateKind, date, date]]:
    """Day by day, pair by pair: every day on which each of two lines may hold hours."""
    found = set()
    for a, b in combinations(sorted(lines, key=lambda one: one.id), 2):
        shared = sorted(set(may_hold(a)) & set(may_hold(b)))
        if a.person_id != b.person_id or not shared:
            continue
        both_dated = dated(a) and dated(b)
        if a.commitment_id == b.commitment_id:
            kind = DuplicateKind.SAME_DAY if both_dated else DuplicateKind.SAME_PERIOD
        elif both_dated:
            continue
        else:
            kind = DuplicateKind.TWO_COMMITMENTS
        found.add(((a.id, b.id), kind, shared[0], shared[-1]))
    return found


def dated(one: WorkedLine) -> bool:
    return bool(one.days) or one.from_on == one.to_on


def may_hold(one: WorkedLine) -> list[date]:
    if not one.minutes:
        return []
    if one.days:
        return [day for day, minutes in one.days if minutes]
    return [one.from_on + timedelta(days=n) for n in range(one.length_days)]


def told(doubles: tuple[Duplicate, ...]) -> set[tuple[tuple[int, int], DuplicateKind, date, date]]:
    return {(double.pair, double.kind, double.from_on, double.to_on) for double in doubles}


@given(some_lines())
def test_the_sweep_finds_what_the_definition_finds(lines: list[WorkedLine]) -> None:
    doubles = possible_duplicates(lines)
    assert told(doubles) == by_definition(lines)
    assert len(doubles) == len(told(doubles)), "never twice"


@given(some_lines(), st.randoms())
def test_the_order_of_the_lines_changes_nothing(lines: list[WorkedLine], chance: random.Random) -> None:
    shuffled = chance.sample(lines, len(lines))
    assert possible_duplicates(lines) == possible_duplicates(shuffled)
    assert day_total_excess(lines) == day_total_excess(shuffled)
    assert week_total_excess(lines) == week_total_excess(shuffled)


@given(a_line(1))
def test_two_identical_lines_are_always_found(one: WorkedLine) -> None:
    twin = WorkedLine(**(vars(one) | {"id": 2}))
    assert len(possible_duplicates([one, twin])) == (1 if one.minutes else 0)


@given(a_line(1), a_line(2))
def test_periods_apart_are_never_found(a: WorkedLine, b: WorkedLine) -> None:
    later = b.from_on > a.to_on or a.from_on > b.to_on
    assert not (later and possible_duplicates([a, b]))


@given(some_lines())
def test_day_totals_are_plain_sums(lines: list[WorkedLine]) -> None:
    totals: dict[tuple[int, date], int] = {}
    for one in lines:
        of_days = one.days or (((one.from_on, one.minutes or 0),) if dated(one) else ())
        for day, minutes in of_days:
            totals[one.person_id, day] = totals.get((one.person_id, day), 0) + minutes
    expected = sorted((person, day, minutes) for (person, day), minutes in totals.items() if minutes > 1440)
    assert [(excess.person_id, excess.day, excess.minutes) for excess in day_total_excess(lines)] == expected


def test_thousands_of_lines_of_many_people_take_no_time() -> None:
    lines = [line(n, 1 + 31 * (n % 12), 31 + 31 * (n % 12), person_id=n // 12) for n in range(24_000)]
    assert possible_duplicates(lines) == ()
