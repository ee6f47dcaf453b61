"""The week of a person: hours they can work, hours they cannot, the rest unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matching.exchange.values import BadValue
from matching.terms import WEEKDAYS, Known

MOMENTS = {
    "early": ("Tôt, 6 h – 8 h", 360, 480),
    "morning": ("Matin, 8 h – 12 h", 480, 720),
    "afternoon": ("Après-midi, 12 h – 18 h", 720, 1080),
    "evening": ("Soir, 18 h – 22 h", 1080, 1320),
    "night": ("Nuit, 22 h – 6 h", 1320, 360),
}
"""Moments to tick: label, first minute, end. The night runs over midnight."""

_DAY = 1440
_WINDOW = re.compile(
    r"(\d{1,2})\s*(?:h|:|heures?)?\s*(\d{2})?\s*(?:-|–|—|à|a|>)\s*(\d{1,2})\s*(?:h|:|heures?)?\s*(\d{2})?"
)


@dataclass(frozen=True, order=True)
class Window:
    """`weekday` 0 is Monday; minutes from midnight, end excluded, at most 1 440."""

    weekday: int
    start: int
    end: int
    value: Known


def read_windows(weekday: int, text: str, value: Known) -> list[Window]:
    """Windows from « 8h-12h, 13h30-17h30 »; one over midnight is cut at midnight. Raises `BadValue`."""
    found: list[Window] = []
    for part in re.split(r"[,;+]|\bet\b", text.lower().replace("\u00a0", " ")):
        if part.strip():
            start, end = _read_one(part.strip())
            found += cut_at_midnight(weekday, start, end, value)
    return found


def _read_one(text: str) -> tuple[int, int]:
    match = _WINDOW.fullmatch(text)
    if match:
        start = int(match[1]) * 60 + int(match[2] or 0)
        end = int(match[3]) * 60 + int(match[4] or 0)
        minutes_fit = int(match[2] or 0) < 60 and int(match[4] or 0) < 60
        if minutes_fit and start < _DAY and end <= _DAY and start != end:
            return start, end
    raise BadValue(f"« {text} » n’est pas lisible : écrivez des heures comme 8h-12h, 13h30-17h30.")


def cut_at_midnight(weekday: int, start: int, end: int, value: Known) -> list[Window]:
    """One window, or two when it runs over midnight: Sunday night ends on Monday."""
    if start < end:
        return [Window(weekday, start, end, value)]
    late = [Window(weekday, start, _DAY, value)]
    return [*late, Window((weekday + 1) % 7, 0, end, value)] if end else late


def tidy(windows: Iterable[Window]) -> list[Window]:
    """The same week with touching windows joined, in order. Raises `BadValue` where yes and no overlap."""
    ordered = sorted(windows)
    joined: list[Window] = []
    for value in (Known.YES, Known.NO):
        for window in (w for w in ordered if w.value is value):
            last = joined[-1] if joined else None
            if last and last.value is value and last.weekday == window.weekday and window.start <= last.end:
                joined[-1] = Window(last.weekday, last.start, max(last.end, window.end), value)
            else:
                joined.append(window)
    joined.sort()
    for first, second in pairwise(joined):
        if first.weekday == second.weekday and second.start < first.end:
            raise BadValue(
                f"{WEEKDAYS[first.weekday].capitalize()} : les heures {say_window(second)} sont à la fois "
                "possibles et impossibles. Gardez-les d’un seul côté."
            )
    return joined


def fill(week: Sequence[Window], days: Iterable[int], moments: Iterable[str], value: Known) -> list[Window]:
    """The week with some moments of some days answered `value`; `UNKNOWN` forgets what was noted there."""
    changed = list(week)
    for day in days:
        for moment in moments:
            _, start, end = MOMENTS[moment]
            for window in cut_at_midnight(day, start, end, value):
                changed = _without(changed, window)
                if value is not Known.UNKNOWN:
                    changed.append(window)
    return tidy(changed)


def _without(week: list[Window], hole: Window) -> list[Window]:
    """The week with these hours of this day emptied."""
    kept: list[Window] = []
    for window in week:
        if window.weekday != hole.weekday or window.end <= hole.start or window.start >= hole.end:
            kept.append(window)
            continue
        if window.start < hole.start:
            kept.append(Window(window.weekday, window.start, hole.start, window.value))
        if window.end > hole.end:
            kept.append(Window(window.weekday, hole.end, window.end, window.value))
    return kept


def _clock(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours}h{rest:02d}" if rest else f"{hours}h"


def say_window(window: Window) -> str:
    """« 8h-12h », as `read_windows` reads it."""
    return f"{_clock(window.start)}-{_clock(window.end)}"


def type_day(week: Sequence[Window], weekday: int, value: Known) -> str:
    """The windows of a day as they are written back in a form."""
    return ", ".join(say_window(w) for w in week if w.weekday == weekday and w.value is value)


def grid(week: Sequence[Window]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What is shown: for each day and moment, a code (`yes`, `no`, `part`, `ask`) and its words.

    `part` gives the hours, when only some of the moment is known.
    """
    columns = ("early", "morning", "afternoon", "evening")
    return [(day, [_cell(week, number, moment) for moment in columns]) for number, day in enumerate(WEEKDAYS)]


def _cell(week: Sequence[Window], weekday: int, moment: str) -> tuple[str, str]:
    _, start, end = MOMENTS[moment]
    inside = [w for w in week if w.weekday == weekday and w.start < end and w.end > start]
    if not inside:
        return "ask", Known.UNKNOWN.label
    if len(inside) == 1 and inside[0].start <= start and inside[0].end >= end:
        return inside[0].value.value, inside[0].value.label
    said = [
        f"{w.value.label} {say_window(Window(weekday, max(w.start, start), min(w.end, end), w.value))}" for w in inside
    ]
    return "part", ", ".join(said)
