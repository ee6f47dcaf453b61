"""French cells: what is read, what is refused, and that nothing else than BadValue ever comes out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.exchange.values import (
    BadValue,
    guard,
    parse_cents,
    parse_date,
    parse_decimal,
    parse_integer,
    parse_known,
    parse_list,
    parse_minutes,
    parse_text,
    show,
    show_cents,
    show_minutes,
)
from matching.terms import Known

READ: list[tuple[Callable[[str], Any], str, Any]] = [
    (parse_known, "Oui", Known.YES),
    (parse_known, " NON ", Known.NO),
    (parse_known, "", Known.UNKNOWN),
    (parse_known, "?", Known.UNKNOWN),
    (parse_known, "ne sait pas", Known.UNKNOWN),
    (parse_known, "à confirmer", Known.UNKNOWN),
    (parse_date, "05/09/2026", date(2026, 9, 5)),
    (parse_date, "5/9/2026", date(2026, 9, 5)),
    (parse_date, "2026-09-05", date(2026, 9, 5)),
    (parse_date, "2026-09-05 00:00:00", date(2026, 9, 5)),
    (parse_date, "46270", date(2026, 9, 5)),
    (parse_date, "  ", None),
    (parse_decimal, "12,50", Decimal("12.50")),
    (parse_decimal, "1 234,5", Decimal("1234.5")),
    (parse_decimal, "1\u202f234,5", Decimal("1234.5")),
    (parse_decimal, "-3", Decimal(-3)),
    (parse_integer, "3,0", 3),
    (parse_integer, "1\u00a0200", 1200),
    (parse_minutes, "35h", 2100),
    (parse_minutes, "7h30", 450),
    (parse_minutes, "35", 2100),
    (parse_minutes, "17,5", 1050),
    (parse_minutes, "07:30", 450),
    (parse_minutes, "24 h 30 min", 1470),
    (parse_cents, "12,31", 1231),
    (parse_cents, "1 867,02 €", 186702),
    (parse_cents, "12 euros", 1200),
    (parse_list, "balai | aspirateur|balai", ("balai", "aspirateur")),
    (parse_list, "CACES 1, CACES 3", ("CACES 1", "CACES 3")),
    (parse_list, "", ()),
    (parse_text, "  deux   mots ", "deux mots"),
    (parse_text, "'=1+1", "=1+1"),
    (parse_text, "", None),
]

REFUSED: list[tuple[Callable[[str], Any], str]] = [
    (parse_known, "peut-être"),
    (parse_known, "***"),
    (parse_date, "31/02/2026"),
    (parse_date, "05/09/26"),
    (parse_date, "septembre"),
    (parse_date, "05/09/0026"),
    (parse_decimal, "12,5,0"),
    (parse_decimal, "douze"),
    (parse_decimal, "1e9"),
    (parse_decimal, "١٢"),
    (parse_integer, "2,5"),
    (parse_integer, "99999999999"),
    (parse_minutes, "7h75"),
    (parse_minutes, "7h5"),
    (parse_minutes, "200h"),
    (parse_minutes, "-3"),
    (parse_cents, "12,345"),
    (parse_cents, "-1"),
    (parse_cents, "€"),
]


@pytest.mark.parametrize(("parser", "text", "value"), READ)
def test_reads(parser: Callable[[str], Any], text: str, value: object) -> None:
    assert parser(text) == value


@pytest.mark.parametrize(("parser", "text"), REFUSED)
def test_refuses_with_a_remedy(parser: Callable[[str], Any], text: str) -> None:
    with pytest.raises(BadValue) as caught:
        parser(text)
    assert caught.value.message.endswith(".")


PARSERS = (
    parse_known,
    parse_date,
    parse_decimal,
    parse_integer,
    parse_minutes,
    parse_cents,
    parse_list,
    parse_text,
)


@given(text=st.one_of(st.text(), st.text(alphabet="0123456789 ,.-/:h€eE+|'=?\u00a0²١")))
@pytest.mark.parametrize("parser", PARSERS)
def test_never_raises_anything_else(parser: Callable[[str], Any], text: str) -> None:
    with suppress(BadValue):
        parser(text)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_dates_come_back(day: date) -> None:
    assert parse_date(show(day)) == day
    assert parse_date(day.isoformat()) == day


@given(st.decimals(-999_999_999, 999_999_999, places=4))
def test_decimals_come_back(number: Decimal) -> None:
    assert parse_decimal(show(number)) == number


@given(st.integers(0, 168 * 60))
def test_durations_come_back(minutes: int) -> None:
    assert parse_minutes(show_minutes(minutes)) == minutes


@given(st.integers(0, 10**9))
def test_amounts_come_back(cents: int) -> None:
    assert parse_cents(show_cents(cents)) == cents


@given(st.sampled_from(Known))
def test_three_values_come_back(known: Known) -> None:
    assert parse_known(show(known)) is known


@pytest.mark.parametrize("text", ["=1+1", "+33 6", "-2+3", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_formula_starts_are_guarded(text: str) -> None:
    assert guard(text).startswith("'")


@pytest.mark.parametrize(("text", "safe"), [("-12,5", "-12,5"), ("a\x07b", "ab"), ("\x00=1", "'=1"), ("ok", "ok")])
def test_guard_keeps_what_is_harmless(text: str, safe: str) -> None:
    assert guard(text) == safe


@given(st.text())
def test_guarded_text_never_starts_a_formula(text: str) -> None:
    safe = guard(text)
    assert not safe.startswith(("=", "+", "@", "\t", "\r"))
    assert not safe.startswith("-") or parse_decimal(safe) is not None
