"""Hours as typed: one reading is read, two readings are refused with both, nothing typed is unknown."""

from __future__ import annotations

from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.hours import BadHours, parse_hours
from matching.exchange.values import show_minutes
from matching.text import written_hours

READ = [
    ("7h30", 450),
    ("7H30", 450),
    ("7:30", 450),
    ("7 h 05", 425),
    ("7h", 420),
    ("7", 420),
    ("7 heures 30", 450),
    ("7h5min", 425),
    ("45 min", 45),
    ("07:30:00", 450),
    ("7h0", 420),
    ("7,5", 450),
    ("7.5", 450),
    ("7.30", 438),
    ("7,30 h", 438),
    ("0,125", 8),  # 7,5 minutes: the half goes up
    ("0,375", 23),  # 22,5 minutes: up again, not to the even one
    ("0,0083", 0),
    ("1 607 h", 96_420),
    ("1\u00a0607", 96_420),
    ("1\u202f607\u202fh\u202f30", 96_450),
    ("1607,5", 96_450),
    ("12 345 h", 740_700),
    ("0", 0),
    ("00:00", 0),
    ("", None),
    (" \u00a0\t", None),
]

TWO_READINGS = [
    ("7h5", ("7h05", "7h50")),
    ("7 h 5", ("7h05", "7h50")),
    ("7:5", ("7h05", "7h50")),
    ("7h8", ("7h08", "7h48")),
    ("7 30", ("7h30", "730h")),
    ("7 75", ("7h45", "775h")),
    ("7 5", ("7h05", "7h50", "75h")),
    ("1.607 h", ("1h36", "1607h")),
    ("1,607", ("1h36", "1607h")),
    ("7.500", ("7h30", "7500h")),
]

UNREADABLE = [
    *("²", "7²", "٣", "７h", "sept", "7h60", "7:99", "7h30,5", "7,", ",5", "1.607,5", "1,607.5", "1 60 7", "0 607"),
    *("-3", "−3", "-0", "+7", "=7", "7-8", "1e3", "7_0", "7\x0030", "-", "?"),
    *("99999999", "9" * 41, "7" * 5000, "0," + "1" * 60),
]


@pytest.mark.parametrize(("typed", "minutes"), READ)
def test_one_reading_is_read(typed: str, minutes: int | None) -> None:
    assert parse_hours(typed) == minutes


@pytest.mark.parametrize(("typed", "readings"), TWO_READINGS)
def test_two_readings_are_refused_with_each_way_to_write_it(typed: str, readings: tuple[str, ...]) -> None:
    with pytest.raises(BadHours) as caught:
        parse_hours(typed)
    said = caught.value.message.split("Écrivez")[1]
    assert all(reading in said for reading in readings), said
    for reading in readings:
        assert parse_hours(reading) is not None, "what we tell people to type must be accepted"


@pytest.mark.parametrize("typed", UNREADABLE)
def test_the_rest_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(BadHours) as caught:
        parse_hours(typed)
    assert "par exemple 35, 7h30 ou 17,5" in caught.value.message
    assert len(caught.value.message) < 200, "the message never repeats a page of text"


def test_what_is_typed_is_never_negative_in_silence() -> None:
    with pytest.raises(BadHours, match="négative"):
        parse_hours("-1h30")


@given(st.one_of(st.text(), st.text(alphabet="0123456789 ,.:h-+minures\u00a0\u202f²٣")))
def test_nothing_else_is_ever_raised(typed: str) -> None:
    with suppress(BadHours):
        minutes = parse_hours(typed)
        assert minutes is None or minutes >= 0


@given(st.integers(0, 9_999_999 * 60 + 59))
def test_what_we_write_is_read_back(minutes: int) -> None:
    assert parse_hours(written_hours(minutes)) == minutes
    assert parse_hours(show_minutes(minutes)) == minutes


@given(st.integers(0, 99_999), st.integers(0, 99), st.sampled_from(",."))
def test_decimals_go_to_the_nearest_minute_a_half_up(whole: int, hundredths: int, mark: str) -> None:
    exact = (Decimal(whole) + Decimal(hundredths) / 100) * 60
    expected = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert parse_hours(f"{whole}{mark}{hundredths:02d}") == expected
