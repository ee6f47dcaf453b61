"""Reading and saying answers, and the hours of a week."""

from datetime import date

import pytest

from matching.exchange.values import BadValue
from matching.services.candidates import week
from matching.services.candidates.answers import FactAnswer, day_number, read_answer, say_answer, type_amount
from matching.terms import FactGroup as G
from matching.terms import FactUnit as U
from matching.terms import Known

YES, NO = Known.YES, Known.NO


@pytest.mark.parametrize(
    ("unit", "group", "typed", "expected"),
    [
        (U.NONE, G.LIMIT, ("yes", "", ""), FactAnswer(YES)),
        (U.NONE, G.LIMIT, ("unknown", "", ""), None),
        (U.NONE, G.LIMIT, ("", "", ""), None),
        (U.VALID_UNTIL, G.CERTIFICATE, ("yes", "", "31/12/2027"), FactAnswer(YES, None, date(2027, 12, 31))),
        (U.VALID_UNTIL, G.CERTIFICATE, ("no", "", "31/12/2027"), FactAnswer(NO)),
        (U.MINUTES, G.MOBILITY, ("yes", "45", ""), FactAnswer(YES, 45)),
        (U.MINUTES, G.MOBILITY, ("yes", "", ""), FactAnswer(YES)),
        (U.MINUTES, G.MOBILITY, ("no", "45", ""), FactAnswer(NO)),
        (U.WEEKLY_MINUTES, G.AVAILABILITY, ("", "28h30", ""), FactAnswer(YES, 1710)),
        (U.CENTS_PER_HOUR, G.PAY, ("", "12,50", ""), FactAnswer(YES, 1250)),
        (U.LEVEL, G.LANGUAGE, ("", "0", ""), FactAnswer(YES, 0)),
        (U.LEVEL, G.DEGREE, ("", "bac", ""), FactAnswer(YES, 4)),
        (U.DAY, G.AVAILABILITY, ("", "01/12/2026", ""), FactAnswer(YES, day_number(date(2026, 12, 1)))),
        (U.DAY, G.AVAILABILITY, ("yes", "", ""), None),
    ],
)
def test_an_answer_is_read_as_typed(unit, group, typed, expected):
    assert read_answer(unit, group, *typed) == expected


@pytest.mark.parametrize(
    ("unit", "group", "typed"),
    [
        (U.MINUTES, G.MOBILITY, "0"),
        (U.MINUTES, G.MOBILITY, "longtemps"),
        (U.WEEKLY_MINUTES, G.AVAILABILITY, "80"),
        (U.CENTS_PER_HOUR, G.PAY, "2000"),
        (U.LEVEL, G.DEGREE, "2"),
        (U.DAY, G.AVAILABILITY, "31/02/2026"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_with_a_remedy(unit, group, typed):
    with pytest.raises(BadValue) as refused:
        read_answer(unit, group, "yes", typed)
    assert refused.value.message


@pytest.mark.parametrize(
    ("unit", "group", "answer", "said"),
    [
        (U.NONE, G.LIMIT, None, "à confirmer"),
        (U.NONE, G.LIMIT, FactAnswer(NO), "non"),
        (U.MINUTES, G.MOBILITY, FactAnswer(YES, 45), "oui, 45\u00a0minutes au plus"),
        (U.LEVEL, G.LANGUAGE, FactAnswer(YES, 3), "B1"),
        (U.VALID_UNTIL, G.RIGHT, FactAnswer(YES, None, date(2026, 5, 1)), "oui, jusqu’au 1er\u00a0mai\u00a02026"),
        (U.WEEKLY_MINUTES, G.AVAILABILITY, FactAnswer(YES, 1710), "28\u00a0h\u00a030 par semaine"),
    ],
)
def test_an_answer_is_said_in_words(unit, group, answer, said):
    assert say_answer(unit, group, answer) == said


@pytest.mark.parametrize(
    ("unit", "group", "amount"),
    [(U.DAY, G.AVAILABILITY, 9000), (U.WEEKLY_MINUTES, G.AVAILABILITY, 1710), (U.CENTS_PER_HOUR, G.PAY, 1250)],
)
def test_what_is_typed_back_reads_the_same(unit, group, amount):
    assert read_answer(unit, group, "", type_amount(unit, amount)) == FactAnswer(YES, amount)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8h-12h, 13h30-17h30", [(0, 480, 720), (0, 810, 1050)]),
        ("8h à 12h et 14 h – 18 h", [(0, 480, 720), (0, 840, 1080)]),
        ("9-17", [(0, 540, 1020)]),
        ("22h-6h", [(0, 1320, 1440), (1, 0, 360)]),
        ("18h-24h", [(0, 1080, 1440)]),
        ("", []),
    ],
)
def test_hours_of_a_day_are_read(text, expected):
    assert [(w.weekday, w.start, w.end) for w in week.read_windows(0, text, YES)] == expected


@pytest.mark.parametrize("text", ["le matin", "8h-8h", "25h-26h", "8h70-9h", "8h"])
def test_hours_that_cannot_be_are_refused(text):
    with pytest.raises(BadValue, match="8h-12h"):
        week.read_windows(0, text, YES)


def test_touching_hours_are_joined_and_contradictions_refused():
    joined = week.tidy([week.Window(0, 480, 720, YES), week.Window(0, 720, 900, YES), week.Window(0, 900, 960, NO)])
    assert joined == [week.Window(0, 480, 900, YES), week.Window(0, 900, 960, NO)]
    with pytest.raises(BadValue, match="Lundi"):
        week.tidy([week.Window(0, 480, 720, YES), week.Window(0, 700, 800, NO)])


def test_filling_moments_replaces_only_them_and_unknown_forgets_them():
    start = [week.Window(2, 480, 1080, YES)]
    no_morning = week.fill(start, [2], ["morning"], NO)
    assert no_morning == [week.Window(2, 480, 720, NO), week.Window(2, 720, 1080, YES)]
    assert week.fill(no_morning, [2], ["morning", "afternoon"], Known.UNKNOWN) == []
    assert week.fill([], [6], ["night"], YES) == [week.Window(0, 0, 360, YES), week.Window(6, 1320, 1440, YES)]


def test_the_grid_never_takes_unknown_for_a_no():
    cells = dict(week.grid([week.Window(0, 480, 720, YES), week.Window(0, 720, 900, NO)]))
    assert [code for code, _ in cells["lundi"]] == ["ask", "yes", "part", "ask"]
    assert cells["mardi"][1] == ("ask", "à confirmer")
