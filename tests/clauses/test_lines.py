"""One declared line: what blocks it, what rejects it by default, what to look at, and what of it counts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.line_model import french, written_period
from matching.clauses.lines import (
    Finding,
    FindingCode,
    LineContext,
    Severity,
    WorkedLine,
    blocked,
    check_line,
    counted_minutes,
    counting_window,
    default_reason,
    split_at,
    training_counted,
)
from matching.clauses.terms import RejectReason, Route, TrainingHours
from matching.errors import RuleRefused
from matching.terms import Known

LINE = WorkedLine(1, 10, 100, 1000, 5, Route.DIRECT_HIRE, date(2026, 5, 1), date(2026, 5, 31), 140 * 60)
CONTEXT = LineContext(
    today=date(2026, 6, 3),
    month=date(2026, 5, 1),
    notified_on=date(2025, 9, 1),
    start_on=date(2025, 9, 15),
    end_on=date(2027, 9, 14),
    eligible=Known.YES,
    decided_on=date(2025, 10, 1),
    public_allowed=Known.YES,
)
H = 60


def may(day: int) -> date:
    return date(2026, 5, day)


def by_days(minutes_by_day: dict[int, int], **changes: Any) -> WorkedLine:
    days = tuple((may(day), minutes) for day, minutes in minutes_by_day.items())
    return replace(LINE, minutes=sum(minutes_by_day.values()), days=days, **changes)


def codes(line: WorkedLine, context: LineContext = CONTEXT) -> list[FindingCode]:
    return [found.code for found in check_line(line, context)]


def only(line: WorkedLine, context: LineContext = CONTEXT) -> Finding:
    (found,) = check_line(line, context)
    return found


def test_an_ordinary_line_says_nothing_and_counts_whole() -> None:
    assert check_line(LINE, CONTEXT) == ()
    assert counted_minutes(LINE, CONTEXT) == 140 * H


BLOCKED: list[tuple[dict[str, Any], dict[str, Any], FindingCode]] = [
    ({"to_on": date(2026, 4, 30)}, {}, FindingCode.REVERSED_DATES),
    ({"from_on": date(2026, 4, 30)}, {}, FindingCode.OUTSIDE_MONTH),
    ({"to_on": date(2026, 6, 1)}, {}, FindingCode.OUTSIDE_MONTH),
    ({}, {"month": date(2025, 5, 1)}, FindingCode.OUTSIDE_MONTH),
    ({}, {"month_closed_on": date(2026, 6, 2)}, FindingCode.MONTH_CLOSED),
    ({}, {"today": date(2026, 5, 30)}, FindingCode.FUTURE),
    ({"minutes": None}, {}, FindingCode.HOURS_UNKNOWN),
    ({"minutes": -1}, {}, FindingCode.NEGATIVE_HOURS),
    ({"minutes": 31 * 1440 + 1}, {}, FindingCode.TOO_MANY_HOURS),
    ({"training_minutes": 140 * H + 1}, {}, FindingCode.TRAINING_ABOVE_LINE),
    ({"minutes": 1441, "days": ((may(4), 1441),)}, {}, FindingCode.TOO_MANY_HOURS),
    ({"minutes": 1441, "days": ((may(4), 1440), (may(4), 1))}, {}, FindingCode.TOO_MANY_HOURS),
    ({"minutes": 420, "days": ((date(2026, 6, 1), 420),)}, {}, FindingCode.DAY_OUTSIDE_LINE),
    ({"minutes": 420, "days": ((may(4), 419),)}, {}, FindingCode.DAYS_DIFFER),
    ({"minutes": 420, "days": ((may(4), 480), (may(5), -60))}, {}, FindingCode.NEGATIVE_HOURS),
]


@pytest.mark.parametrize(("line", "context", "code"), BLOCKED)
def test_what_must_be_mended_first(line: dict[str, Any], context: dict[str, Any], code: FindingCode) -> None:
    declared, known = replace(LINE, **line), replace(CONTEXT, **context)
    findings = check_line(declared, known)
    assert code in [found.code for found in findings if found.severity is Severity.BLOCKS]
    assert blocked(findings)
    assert default_reason(findings) is None, "what blocks is mended, not rejected"
    assert counted_minutes(declared, known) is None


@pytest.mark.parametrize(
    ("line", "context"),
    [
        ({"from_on": may(4), "to_on": may(4), "minutes": 1440}, {}),  # as long as a day, not longer
        ({"minutes": 0}, {"public_allowed": Known.NO, "eligible": Known.NO}),  # did not work here: nothing to reject
        ({"minutes": 420, "days": ((may(4), 420),)}, {"today": may(4)}),  # only the days worked must be past
    ],
)
def test_what_does_not_block(line: dict[str, Any], context: dict[str, Any]) -> None:
    assert not blocked(check_line(replace(LINE, **line), replace(CONTEXT, **context)))


def test_a_line_of_zero_hours_counts_zero() -> None:
    line = replace(LINE, minutes=0)
    assert check_line(line, replace(CONTEXT, eligible=Known.UNKNOWN)) == ()
    assert counted_minutes(line, CONTEXT) == 0


# dates that cut: (context, code, reason, day of the rule)
CUTS: list[tuple[dict[str, Any], FindingCode, RejectReason, date]] = [
    ({"notified_on": may(19)}, FindingCode.BEFORE_NOTIFICATION, RejectReason.OUTSIDE_CONTRACT, may(19)),
    ({"start_on": may(19)}, FindingCode.OUTSIDE_CONTRACT, RejectReason.OUTSIDE_CONTRACT, may(19)),
    ({"end_on": may(18)}, FindingCode.OUTSIDE_CONTRACT, RejectReason.OUTSIDE_CONTRACT, may(18)),
    ({"participation_start": may(19)}, FindingCode.OUTSIDE_PARTICIPATION, RejectReason.OUTSIDE_CONTRACT, may(19)),
    ({"participation_end": may(18)}, FindingCode.OUTSIDE_PARTICIPATION, RejectReason.OUTSIDE_CONTRACT, may(18)),
    ({"decided_on": may(19)}, FindingCode.NOT_DECIDED, RejectReason.NOT_DECIDED, may(19)),
    ({"eligible_from": may(19)}, FindingCode.OUTSIDE_ELIGIBILITY, RejectReason.OUTSIDE_ELIGIBILITY, may(19)),
    ({"eligible_until": may(18)}, FindingCode.OUTSIDE_ELIGIBILITY, RejectReason.OUTSIDE_ELIGIBILITY, may(18)),
]


@pytest.mark.parametrize(("context", "code", "reason", "day"), CUTS)
def test_a_date_that_cuts_the_month_asks_and_never_shares_out(
    context: dict[str, Any], code: FindingCode, reason: RejectReason, day: date
) -> None:
    known = replace(CONTEXT, **context)
    found = only(LINE, known)
    assert (found.code, found.severity, found.reject_reason) == (code, Severity.REJECTS, reason)
    assert (found.day, found.minutes) == (day, None)
    assert "Demandez les heures" in found.message
    assert counted_minutes(LINE, known) is None


@pytest.mark.parametrize(("context", "code", "reason", "day"), CUTS)
def test_with_days_the_line_is_cut_by_day(
    context: dict[str, Any], code: FindingCode, reason: RejectReason, day: date
) -> None:
    line, known = by_days({18: 7 * H, 19: 5 * H}), replace(CONTEXT, **context)
    found = only(line, known)
    ends = day == may(18)
    assert (found.code, found.day, found.minutes) == (code, day, 5 * H if ends else 7 * H)
    assert counted_minutes(line, known) == (7 * H if ends else 5 * H)


@pytest.mark.parametrize(("context", "code", "reason", "day"), CUTS)
def test_the_day_of_the_rule_counts(
    context: dict[str, Any], code: FindingCode, reason: RejectReason, day: date
) -> None:
    on_the_day = replace(LINE, from_on=day, to_on=day, minutes=420)
    assert check_line(on_the_day, replace(CONTEXT, **context)) == ()
    beside = day + timedelta(days=1 if day == may(18) else -1)
    out = replace(on_the_day, from_on=beside, to_on=beside)
    found = only(out, replace(CONTEXT, **context))
    assert (found.code, found.minutes) == (code, 420)
    assert "Aucune heure de cette ligne ne compte" in found.message
    assert counted_minutes(out, replace(CONTEXT, **context)) == 0


def test_the_message_of_an_eligibility_that_ends_mid_month() -> None:
    found = only(LINE, replace(CONTEXT, eligible_until=may(18)))
    assert found.message == french(
        "Cette personne était éligible jusqu’au 18\u00a0mai\u00a02026 inclus. Demandez les heures jusqu’au "
        "18\u00a0mai\u00a02026 inclus, ou la répartition par jour : rien n’est calculé au prorata."
    )


WHOLE: list[tuple[dict[str, Any], FindingCode, RejectReason]] = [
    ({"eligible": Known.UNKNOWN, "decided_on": None}, FindingCode.NOT_DECIDED, RejectReason.NOT_DECIDED),
    ({"decided_on": None}, FindingCode.NOT_DECIDED, RejectReason.NOT_DECIDED),
    ({"eligible": Known.NO}, FindingCode.OUTSIDE_ELIGIBILITY, RejectReason.OUTSIDE_ELIGIBILITY),
    ({"public_allowed": Known.NO}, FindingCode.PUBLIC_NOT_ALLOWED, RejectReason.PUBLIC_NOT_ALLOWED),
    ({"evidence_required": True}, FindingCode.MISSING_EVIDENCE, RejectReason.MISSING_EVIDENCE),
]


@pytest.mark.parametrize(("context", "code", "reason"), WHOLE)
def test_what_rejects_the_whole_line(context: dict[str, Any], code: FindingCode, reason: RejectReason) -> None:
    known = replace(CONTEXT, **context)
    found = only(LINE, known)
    assert (found.code, found.severity, found.reject_reason) == (code, Severity.REJECTS, reason)
    assert found.minutes == LINE.minutes
    assert counted_minutes(LINE, known) == 0
    assert default_reason(check_line(LINE, known)) is reason


def test_evidence_that_is_there_or_not_asked_for() -> None:
    assert check_line(LINE, replace(CONTEXT, evidence_required=True, has_evidence=True)) == ()


FLAGGED: list[tuple[dict[str, Any], dict[str, Any], FindingCode]] = [
    ({}, {"public_allowed": Known.UNKNOWN}, FindingCode.PUBLIC_UNKNOWN),
    ({}, {"notified_on": None}, FindingCode.DATES_UNKNOWN),
    ({}, {"end_on": None}, FindingCode.DATES_UNKNOWN),
    ({"minutes": 12_755}, {}, FindingCode.LONG_WEEK),  # 48 h × 31 ÷ 7 = 12 754,3 minutes
    ({"from_on": may(4), "to_on": may(6), "minutes": 2881}, {}, FindingCode.LONG_WEEK),  # three days are one week
    ({}, {"last_month_minutes": 93 * H}, FindingCode.MORE_THAN_LAST_MONTH),
    ({"training_minutes": H}, {"training": TrainingHours.ALL}, FindingCode.TRAINING_ROUTE),
    (
        {"training_minutes": H, "route": Route.APPRENTICESHIP},
        {"training": TrainingHours.CAPPED},
        FindingCode.TRAINING_CAP_UNKNOWN,
    ),
]


@pytest.mark.parametrize(("line", "context", "code"), FLAGGED)
def test_what_to_look_at(line: dict[str, Any], context: dict[str, Any], code: FindingCode) -> None:
    found = only(replace(LINE, **line), replace(CONTEXT, **context))
    assert (found.code, found.severity, found.reject_reason) == (code, Severity.FLAG, None)


@pytest.mark.parametrize(
    ("line", "context"),
    [
        ({"minutes": 12_754}, {}),
        ({"from_on": may(4), "to_on": may(6), "minutes": 2880}, {}),
        ({}, {"last_month_minutes": 94 * H}),  # + 49 %
        ({"minutes": 20 * H}, {"last_month_minutes": 10 * H}),  # twice as much, and ten hours only
        ({}, {"last_month_minutes": 0}),
    ],
)
def test_what_is_not_worth_a_look(line: dict[str, Any], context: dict[str, Any]) -> None:
    assert check_line(replace(LINE, **line), replace(CONTEXT, **context)) == ()


def test_a_week_is_read_from_monday_to_sunday() -> None:
    # 2026-05-11 is a Monday: 52 h in its week; 48 h exactly in the next one
    long = by_days({11: 720, 12: 720, 13: 720, 17: 960, 18: 1440, 19: 1440})
    found = only(long)
    assert (found.code, found.severity, found.day) == (FindingCode.LONG_WEEK, Severity.FLAG, may(11))
    assert found.message.startswith("52\u00a0h la semaine du 11\u00a0mai\u00a02026")
    assert codes(long, replace(CONTEXT, weekly_limit_minutes=60 * H)) == []
    assert codes(by_days({10: 1440, 11: 1440, 12: 1440})) == [], "Sunday belongs to the week before"


# minutes, training, rule, cap → training that counts
TRAINING = [
    (100 * H, 30 * H, TrainingHours.ALL, None, 30 * H),
    (100 * H, 30 * H, TrainingHours.NONE, 50, 0),
    (100 * H, 30 * H, TrainingHours.CAPPED, 25, 25 * H),
    (100 * H, 20 * H, TrainingHours.CAPPED, 25, 20 * H),
    (110, 110, TrainingHours.CAPPED, 5, 6),  # 5,5 minutes: the half goes up
    (110, 110, TrainingHours.CAPPED, 0, 0),
    (100, 10, TrainingHours.CAPPED, None, None),
    (100, 0, TrainingHours.CAPPED, None, 0),
]


@pytest.mark.parametrize(("minutes", "training", "rule", "cap", "counted"), TRAINING)
def test_training_counts_as_the_contract_says(
    minutes: int, training: int, rule: TrainingHours, cap: int | None, counted: int | None
) -> None:
    assert training_counted(minutes, training, rule, cap) == counted
    line = replace(LINE, route=Route.APPRENTICESHIP, minutes=minutes, training_minutes=training)
    expected = None if counted is None else minutes - training + counted
    assert counted_minutes(line, replace(CONTEXT, training=rule, training_cap_percent=cap)) == expected


def test_training_left_out_says_how_much() -> None:
    line = replace(LINE, route=Route.APPRENTICESHIP, minutes=100 * H, training_minutes=30 * H)
    none, capped = only(line), only(line, replace(CONTEXT, training=TrainingHours.CAPPED, training_cap_percent=25))
    assert (none.code, none.minutes) == (FindingCode.TRAINING_NOT_COUNTED, 30 * H)
    assert (capped.code, capped.minutes) == (FindingCode.TRAINING_ABOVE_CAP, 5 * H)
    assert none.reject_reason is capped.reject_reason is RejectReason.TRAINING_NOT_COUNTED


def test_training_that_no_day_places_is_asked_when_a_date_cuts() -> None:
    line = by_days({18: 7 * H, 19: 5 * H}, route=Route.APPRENTICESHIP, training_minutes=2 * H)
    cut = replace(CONTEXT, eligible_until=may(18))
    assert counted_minutes(line, cut) is None
    assert counted_minutes(line, replace(cut, training=TrainingHours.ALL)) == 7 * H, "all count: their day is enough"
    assert counted_minutes(line, replace(cut, eligible_until=may(17))) == 0


def test_what_blocks_comes_first_and_every_rule_speaks() -> None:
    context = replace(CONTEXT, month_closed_on=may(31), eligible=Known.NO, public_allowed=Known.UNKNOWN, end_on=may(3))
    severities = [found.severity for found in check_line(LINE, context)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert set(severities) == set(Severity)


def test_every_reject_reason_reused_has_the_same_code_and_label() -> None:
    reasons = {code.value: code.label for code in RejectReason}
    shared = [code for code in FindingCode if code.value in reasons]
    assert len(shared) >= 7
    assert all(code.label == reasons[code.value] for code in shared)


# --- cutting a line -------------------------------------------------------------------------------------


def test_a_line_is_cut_between_two_days() -> None:
    counting, rest = split_at(by_days({4: 420, 18: 300, 19: 240, 31: 60}), may(18))
    assert counting is not None
    assert rest is not None
    assert (counting.from_on, counting.to_on, counting.minutes) == (may(1), may(18), 720)
    assert (rest.from_on, rest.to_on, rest.minutes) == (may(19), may(31), 300)
    assert check_line(counting, CONTEXT) == check_line(rest, CONTEXT) == ()


def test_a_cut_outside_the_line_leaves_it_whole() -> None:
    assert split_at(LINE, may(31)) == (LINE, None)
    assert split_at(LINE, date(2026, 4, 30)) == (None, LINE)


def test_a_line_without_days_or_with_unplaced_training_is_not_cut() -> None:
    with pytest.raises(RuleRefused, match="répartition par jour"):
        split_at(LINE, may(18))
    line = by_days({18: 420, 19: 300}, training_minutes=60)
    with pytest.raises(RuleRefused, match="formation"):
        split_at(line, may(18))
    before, after = split_at(line, may(10))
    assert before is not None
    assert after is not None
    assert (before.minutes, before.training_minutes, after.training_minutes) == (0, 0, 60)


DAYS = st.dictionaries(st.integers(1, 31), st.integers(0, 1440), min_size=1)


@given(DAYS, st.integers(1, 31), st.integers(1, 31))
def test_cutting_never_makes_or_loses_a_minute(days: dict[int, int], cut: int, last: int) -> None:
    line = by_days(days)
    parts = [part for part in split_at(line, may(cut)) if part is not None]
    assert sum(part.minutes or 0 for part in parts) == line.minutes
    assert sorted(day for part in parts for day in part.days) == sorted(line.days)
    assert all(part.from_on <= day <= part.to_on for part in parts for day, _ in part.days)
    context = replace(CONTEXT, eligible_until=may(last))
    assert sum(counted_minutes(part, context) or 0 for part in parts) == counted_minutes(line, context)


@given(DAYS, st.integers(1, 31), st.integers(1, 31), st.integers(1, 31))
def test_what_counts_with_days_is_what_lies_in_the_window(days: dict[int, int], a: int, b: int, c: int) -> None:
    context = replace(CONTEXT, decided_on=may(a), notified_on=may(b), eligible_until=may(c))
    first, last = counting_window(context)
    assert (first, last) == (may(max(a, b)), may(c))
    expected = sum(minutes for day, minutes in days.items() if max(a, b) <= day <= c)
    assert counted_minutes(by_days(days), context) == expected


# --- words ----------------------------------------------------------------------------------------------


def every_message() -> list[str]:
    cases = [*BLOCKED, *FLAGGED, *(({}, cut[0], None) for cut in CUTS), *(({}, whole[0], None) for whole in WHOLE)]
    said = [found for line, ctx, _ in cases for found in check_line(replace(LINE, **line), replace(CONTEXT, **ctx))]
    return [found.message for found in said]


def test_messages_are_whole_french_sentences() -> None:
    for message in every_message():
        assert message.endswith("."), message
        assert message.count(". ") >= 1 or "Indiquez" in message or ":" in message, f"no remedy: {message}"
        assert not re.search(r"(?<!\u00a0)[:;?!%]", message), f"breakable space: {message}"
        assert "'" not in message, message


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        (may(4), may(4), "le 4\u00a0mai\u00a02026"),
        (may(1), may(6), "du 1er au 6\u00a0mai\u00a02026"),
        (date(2026, 4, 28), may(1), "du 28\u00a0avril\u00a02026 au 1er\u00a0mai\u00a02026"),
    ],
)
def test_a_period_is_written_once(first: date, last: date, written: str) -> None:
    assert written_period(first, last) == written
