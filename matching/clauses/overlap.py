"""Hours that may be the same hours: one person's lines across commitments, companies and declarations.

Two lines with a breakdown by day are compared day by day; otherwise their periods are. A line of one single day is its
own breakdown. Lines without hours (unknown or zero) double nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from matching.clauses.line_model import DAY_MINUTES, WorkedLine, french, minutes_by_day, written_period
from matching.terms import Labelled
from matching.text import written_day, written_hours


class DuplicateKind(Labelled):
    """`same_day`: same commitment, same day. `same_period`: same commitment, no days to tell them apart.

    `two_commitments`: no days to tell what was worked for which commitment.
    """

    SAME_DAY = "same_day", "Même jour déclaré deux fois"
    SAME_PERIOD = "same_period", "Même période, sans les jours"
    TWO_COMMITMENTS = "two_commitments", "Deux engagements, sans les jours"


@dataclass(frozen=True)
class Duplicate:
    """Two lines of one person, `line_a` with the smaller id; `from_on`–`to_on` is what they share, ends included."""

    line_a: WorkedLine
    line_b: WorkedLine
    kind: DuplicateKind
    from_on: date
    to_on: date
    message: str

    @property
    def pair(self) -> tuple[int, int]:
        """The ids of the two lines, the smaller first: what a resolution is kept under."""
        return self.line_a.id, self.line_b.id


@dataclass(frozen=True)
class Excess:
    """More minutes than a day, a week or a period holds, over all the lines of one person.

    `day` is the day, the Monday, or the first day of a period, whose last is `last`.
    """

    person_id: int
    day: date
    minutes: int
    line_ids: tuple[int, ...]
    message: str
    last: date | None = None


@dataclass(frozen=True)
class _Span:
    """A line with its days: empty when only the period is known. `first`–`last` is where hours may lie."""

    line: WorkedLine
    days: dict[date, int]
    ordered: tuple[date, ...]
    first: date
    last: date


def possible_duplicates(
    lines: Iterable[WorkedLine],
    resolved: Collection[tuple[int, int]] = (),
    pooled: Collection[frozenset[int]] = (),
) -> tuple[Duplicate, ...]:
    """Every pair of lines of the same person that may be the same hours, by date then ids.

    `resolved`: pairs of line ids (in any order) that an officer looked at, with a reason. `pooled`: the commitments of
    each pooling agreement in force; it answers « two commitments », never a double on one commitment.
    Ids are unique; lines whose dates are reversed are left to `check_line`.
    """
    known = {(min(pair), max(pair)) for pair in resolved}
    found = chain.from_iterable(_among(spans, known, pooled) for spans in _by_person(lines).values())
    return tuple(sorted(found, key=lambda double: (double.from_on, double.to_on, double.pair)))


def _by_person(lines: Iterable[WorkedLine]) -> dict[int, list[_Span]]:
    people: dict[int, list[_Span]] = defaultdict(list)
    for line in lines:
        if line.minutes and line.minutes > 0 and line.from_on <= line.to_on:
            people[line.person_id].append(_span(line))
    return people


def _span(line: WorkedLine) -> _Span:
    """A breakdown that does not make the total is not believed: its period is compared instead."""
    days = {day: minutes for day, minutes in minutes_by_day(line).items() if minutes > 0}
    if sum(days.values()) != line.minutes:
        days = {line.from_on: line.minutes or 0} if line.from_on == line.to_on else {}
    ordered = tuple(days)
    return _Span(line, days, ordered, ordered[0] if days else line.from_on, ordered[-1] if days else line.to_on)


def _among(
    spans: list[_Span], known: Collection[tuple[int, int]], pooled: Collection[frozenset[int]]
) -> Iterator[Duplicate]:
    """A sweep by first day: a span meets only those that have not ended yet."""
    running: list[_Span] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last, one.line.id)):
        running = [other for other in running if other.last >= span.first]
        for other in running:
            a, b = (other, span) if other.line.id < span.line.id else (span, other)
            if a.line.id != b.line.id and (a.line.id, b.line.id) not in known:
                yield from _double(a, b, pooled)
        running.append(span)


def _double(a: _Span, b: _Span, pooled: Collection[frozenset[int]]) -> Iterator[Duplicate]:
    shared = _shared(a, b)
    if shared is None:
        return
    commitments = {a.line.commitment_id, b.line.commitment_id}
    if len(commitments) == 1:
        kind = DuplicateKind.SAME_DAY if a.days and b.days else DuplicateKind.SAME_PERIOD
    elif (a.days and b.days) or any(commitments <= agreement for agreement in pooled):
        return
    else:
        kind = DuplicateKind.TWO_COMMITMENTS
    yield Duplicate(a.line, b.line, kind, *shared, french(_message(a, b, kind, *shared)))


def _shared(a: _Span, b: _Span) -> tuple[date, date] | None:
    """First and last day the two may share; None when they share none."""
    if a.days and b.days:
        both = sorted(a.days.keys() & b.days.keys())
        return (both[0], both[-1]) if both else None
    if not a.days and not b.days:
        return max(a.first, b.first), min(a.last, b.last)
    dated, other = (a, b) if a.days else (b, a)
    within = dated.ordered[bisect_left(dated.ordered, other.first) :]
    inside = [day for day in within if day <= other.last]
    return (inside[0], inside[-1]) if inside else None


def _message(a: _Span, b: _Span, kind: DuplicateKind, first: date, last: date) -> str:
    hours = f"{written_hours(a.line.minutes or 0)} et {written_hours(b.line.minutes or 0)}"
    one = a.line.declarant_id == b.line.declarant_id
    when = written_period(first, last)
    if kind is DuplicateKind.SAME_DAY:
        days = len(a.days.keys() & b.days.keys())
        if days == 1:
            hours = f"{written_hours(a.days[first])} et {written_hours(b.days[first])}"
        much = hours if days == 1 else f"{days} jours en commun"
        remedy = "Rejetez l’une des deux lignes, ou notez pourquoi ce ne sont pas les mêmes heures."
        who = "La même entreprise déclare deux fois" if one else "Deux entreprises déclarent"
        return f"{who} cette personne {when} sur cet engagement ({much}). {remedy}"
    if kind is DuplicateKind.SAME_PERIOD:
        same = " Les heures sont les mêmes : sans doute un doublon." if a.line.minutes == b.line.minutes else ""
        remedy = "Demandez les jours, rejetez l’une des deux, ou notez pourquoi ce ne sont pas les mêmes heures."
        who = "la même entreprise" if one else "deux entreprises"
        return f"Deux lignes de cette personne se recouvrent {when} sur cet engagement ({hours}, {who}).{same} {remedy}"
    remedy = "Demandez les heures jour par jour, ou joignez la convention de globalisation qui relie les deux."
    return f"Cette personne est déclarée {when} sur deux engagements ({hours}), sans les jours. {remedy}"


def day_total_excess(lines: Iterable[WorkedLine]) -> tuple[Excess, ...]:
    """Days on which one person's lines, all commitments together, make more than 24 h: refused, by person then day.

    Only lines whose days are known are added up; the others are possible duplicates.
    """
    return tuple(_excesses(lines, week=False, limit=DAY_MINUTES))


def period_total_excess(lines: Iterable[WorkedLine]) -> tuple[Excess, ...]:
    """Periods that lines without days overfill: more than 24 h a day, all commitments together. Refused.

    An agreement or an officer may let such lines stand side by side; the days they share hold 24 h all the same. The
    shortest periods, by person then day. Periods from one line's first day to one line's last are enough: taking a day
    that is not over 24 h from either end of another leaves it overfilled.
    """
    found: list[Excess] = []
    for person_id, spans in sorted(_by_person(lines).items()):
        loose = [span for span in spans if not span.days]
        if loose and len(spans) > 1:
            found += _overfilled(person_id, spans, loose)
    return tuple(found)


def _overfilled(person_id: int, spans: list[_Span], loose: list[_Span]) -> Iterator[Excess]:
    over: list[tuple[date, date]] = []
    for first in sorted({span.first for span in loose}, reverse=True):
        for last in sorted({span.last for span in loose if span.last >= first}):
            within = {span.line.id: minutes for span in spans if (minutes := _minutes_between(span, first, last))}
            total, holds = sum(within.values()), DAY_MINUTES * ((last - first).days + 1)
            if total <= holds or any(first <= a and b <= last for a, b in over):
                continue
            over.append((first, last))
            message = (
                f"{written_hours(total)} pour cette personne {written_period(first, last)} ({len(within)} lignes "
                f"réunies), où 24 h par jour font {written_hours(holds)}. Rejetez la ligne en trop ou renvoyez-la pour "
                "correction."
            )
            yield Excess(person_id, first, total, tuple(sorted(within)), french(message), last)


def _minutes_between(span: _Span, first: date, last: date) -> int:
    """Minutes of the line that can only be between these days."""
    if span.days:
        return sum(minutes for day, minutes in span.days.items() if first <= day <= last)
    return (span.line.minutes or 0) if first <= span.first and span.last <= last else 0


def week_total_excess(lines: Iterable[WorkedLine], limit: int = 48 * 60) -> tuple[Excess, ...]:
    """Weeks from Monday to Sunday above `limit` minutes (article L3121-20: 48 h), all commitments together: to look at.

    It sees the weeks that two months or two companies share, which `check_line` cannot.
    """
    return tuple(_excesses(lines, week=True, limit=limit))


def _excesses(lines: Iterable[WorkedLine], *, week: bool, limit: int) -> Iterator[Excess]:
    for person_id, spans in sorted(_by_person(lines).items()):
        totals: dict[date, int] = defaultdict(int)
        ids: dict[date, set[int]] = defaultdict(set)
        for span in spans:
            for day, minutes in span.days.items():
                start = day - timedelta(days=day.weekday()) if week else day
                totals[start] += minutes
                ids[start].add(span.line.id)
        for start in sorted(start for start, minutes in totals.items() if minutes > limit):
            message = _excess_message(start, totals[start], len(ids[start]), limit, week=week)
            yield Excess(person_id, start, totals[start], tuple(sorted(ids[start])), french(message))


def _excess_message(start: date, minutes: int, lines: int, limit: int, *, week: bool) -> str:
    over = f"{lines} lignes réunies" if lines > 1 else "une seule ligne"
    if week:
        said = (
            f"{written_hours(minutes)} la semaine du {written_day(start)} ({over}), au-delà de {written_hours(limit)}."
        )
        return f"{said} Vérifiez les relevés avec les entreprises."
    said = f"{written_hours(minutes)} pour cette personne le {written_day(start)} ({over}) : un jour compte 24 h."
    return f"{said} Rejetez la ligne en trop ou renvoyez-la pour correction."
