"""What is wrong, missing or worth a look on one declared line, and how many of its minutes can count.

A line is somebody's hours on one commitment, from one day to another, with or without a breakdown by day. Nothing is
ever shared out pro rata. A line of zero minutes (« n’a pas travaillé ») has nothing to count and nothing to reject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from matching.clauses.line_model import (
    Finding,
    FindingCode,
    LineContext,
    Severity,
    WorkedLine,
    french,
    minutes_within,
)
from matching.clauses.line_rules import blocking, flags, rejecting, training_counted
from matching.clauses.terms import RejectReason, TrainingHours
from matching.errors import RuleRefused
from matching.text import written_day, written_hours

__all__ = [
    "Finding",
    "FindingCode",
    "LineContext",
    "Severity",
    "WorkedLine",
    "blocked",
    "check_line",
    "counted_minutes",
    "counting_window",
    "default_reason",
    "split_at",
    "training_counted",
]

_UNREADABLE = frozenset(
    {
        FindingCode.REVERSED_DATES,
        FindingCode.NEGATIVE_HOURS,
        FindingCode.TOO_MANY_HOURS,
        FindingCode.DAY_OUTSIDE_LINE,
        FindingCode.DAYS_DIFFER,
        FindingCode.TRAINING_ABOVE_LINE,
    }
)
_WHOLE_LINE = frozenset({FindingCode.PUBLIC_NOT_ALLOWED, FindingCode.MISSING_EVIDENCE})


def check_line(line: WorkedLine, context: LineContext) -> tuple[Finding, ...]:
    """Everything to say about this line alone: what blocks first, then what rejects, then what to look at.

    A line whose dates or figures do not hold together gets only what blocks. Doubles with other lines are
    `matching.clauses.overlap`.
    """
    blocks = tuple(blocking(line, context))
    if not line.minutes or any(found.code in _UNREADABLE for found in blocks):
        return blocks
    return (*blocks, *rejecting(line, context), *flags(line, context))


def blocked(findings: Iterable[Finding]) -> bool:
    """True when the line must be mended before it is sent or decided."""
    return any(found.severity is Severity.BLOCKS for found in findings)


def default_reason(findings: Iterable[Finding]) -> RejectReason | None:
    """The reason proposed for rejecting the line, None when nothing rejects it."""
    return next((reason for found in findings if (reason := found.reject_reason)), None)


def counting_window(context: LineContext) -> tuple[date | None, date | None]:
    """First and last day whose hours can count, as far as they are known (None: no known bound)."""
    c = context
    firsts = (c.notified_on, c.start_on, c.participation_start, c.decided_on, c.eligible_from)
    lasts = (c.end_on, c.participation_end, c.eligible_until)
    first = max((day for day in firsts if day is not None), default=None)
    last = min((day for day in lasts if day is not None), default=None)
    return first, last


def counted_minutes(line: WorkedLine, context: LineContext) -> int | None:
    """The minutes of the line that its rejecting rules leave. Flags take nothing away: they are for a person to judge.

    None when it must be asked: the line is blocked, a date cuts a line without days, the date cuts a line whose
    training is not placed by day and does not all count, or the cap on training is not known.
    """
    findings = check_line(line, context)
    if blocked(findings) or line.minutes is None:
        return None
    if line.minutes == 0 or any(found.code in _WHOLE_LINE or _never(found) for found in findings):
        return 0
    kept = minutes_within(line, *counting_window(context))
    if not kept:
        return kept
    if kept < line.minutes and line.training_minutes and context.training is not TrainingHours.ALL:
        return None
    training = training_counted(line.minutes, line.training_minutes, context.training, context.training_cap_percent)
    return None if training is None else kept - line.training_minutes + training


def _never(found: Finding) -> bool:
    """Not eligible, or not decided: no day counts, whatever the dates."""
    return found.code in (FindingCode.NOT_DECIDED, FindingCode.OUTSIDE_ELIGIBILITY) and found.day is None


def split_at(line: WorkedLine, last_day: date) -> tuple[WorkedLine | None, WorkedLine | None]:
    """The line up to `last_day` included, and the rest; None for a side without a day. Both keep the line's id.

    Raises RuleRefused when the line is cut and has no breakdown, or has training that no day places.
    """
    if last_day >= line.to_on:
        return line, None
    if last_day < line.from_on:
        return None, line
    before = tuple((day, minutes) for day, minutes in line.days if day <= last_day)
    after = tuple((day, minutes) for day, minutes in line.days if day > last_day)
    sums = sum(minutes for _, minutes in before), sum(minutes for _, minutes in after)
    if not line.days or sum(sums) != line.minutes:
        text = f"Sans les heures jour par jour, cette ligne ne se coupe pas au {written_day(last_day)}."
        raise RuleRefused(french(f"{text} Demandez la répartition par jour, ou les heures jusqu’à ce jour."))
    if line.training_minutes and all(sums):
        text = f"{written_hours(line.training_minutes)} de formation ne sont placées sur aucun jour."
        raise RuleRefused(french(f"{text} Demandez la formation jusqu’au {written_day(last_day)} inclus."))
    first = replace(line, to_on=last_day, minutes=sums[0], days=before)
    rest = replace(line, from_on=last_day + timedelta(days=1), minutes=sums[1], days=after)
    return _without_idle_training(first), _without_idle_training(rest)


def _without_idle_training(part: WorkedLine) -> WorkedLine:
    """All the training is on the side that has hours."""
    return part if part.minutes else replace(part, training_minutes=0)
