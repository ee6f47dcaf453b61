"""Drawing a commitment's progress: points in minutes become coordinates of an SVG, drawn on the server.

Drawn twice by the same function, wide and narrow: letters must stay readable on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matching.clauses.progress import Point, month_end
from matching.text import MONTHS, NBSP, written_hours

_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500)
_SHORT = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True)
class Frame:
    """The drawing's size and the room left around the axes, in its own units."""

    width: int
    height: int
    left: int
    right: int
    short_months: bool = False
    top: int = 24
    bottom: int = 56

    @property
    def base(self) -> int:
        return self.height - self.bottom


WIDE = Frame(1100, 340, 62, 160)
NARROW = Frame(360, 300, 38, 6, short_months=True)


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    kind: str = ""


@dataclass(frozen=True)
class Drawing:
    """Lines as SVG point lists, empty when there is nothing to draw; labels with their place and their kind."""

    frame: Frame
    grid: tuple[tuple[float, str], ...]
    months: tuple[Label, ...]
    done: str
    area: str
    sure: str
    risk: str
    pace: str
    due: str
    today_x: float | None
    dot: tuple[float, float] | None
    labels: tuple[Label, ...]


def draw_progress(points: Sequence[Point], today: date, frame: Frame) -> Drawing | None:
    """The picture of these points; None when there is nothing to measure."""
    top = max((value for point in points for value in _values(point)), default=0)
    if not points or top <= 0:
        return None
    return _Pen(points, today, frame, _ceiling(top)).drawing()


def _values(point: Point) -> list[int]:
    values = (point.due, point.validated, point.sure, point.with_risk, point.pace)
    return [value for value in values if value is not None]


def _ceiling(minutes: int) -> int:
    """Four equal steps of round hours that hold the highest figure, in minutes."""
    step = minutes / 60 / 4
    scale = 1
    while True:
        for size in _STEPS:
            if size * scale >= step:
                return size * scale * 4 * 60
        scale *= 1000


class _Pen:
    def __init__(self, points: Sequence[Point], today: date, frame: Frame, ceiling: int) -> None:
        self.points, self.today, self.frame, self.ceiling = points, today, frame, ceiling

    def x(self, place: float) -> float:
        """`place` counts months: 0 is the left axis, 1 the end of the first month."""
        frame = self.frame
        return round(frame.left + (frame.width - frame.left - frame.right) * place / len(self.points), 1)

    def y(self, minutes: int) -> float:
        frame = self.frame
        return round(frame.base - (frame.base - frame.top) * minutes / self.ceiling, 1)

    def drawing(self) -> Drawing:
        done = self._line("validated")
        sure, risk = self._after(done, "sure"), self._after(done, "with_risk")
        return Drawing(
            frame=self.frame,
            grid=tuple((self.y(part), written_hours(part).removesuffix(f"{NBSP}h")) for part in self._quarters()),
            months=tuple(self._months()),
            done=_text([(self.x(0), self.y(0)), *done]) if done else "",
            area=_text([(self.x(0), self.y(0)), *done, (done[-1][0], self.y(0))]) if done else "",
            sure=_text(sure),
            risk=_text([*sure, *reversed(risk)]) if risk != sure else "",
            pace=self._pace(),
            due=self._due(),
            today_x=self._today(),
            dot=done[-1] if done else None,
            labels=tuple(self._labels(done, sure, risk)),
        )

    def _quarters(self) -> list[int]:
        return [self.ceiling * part // 4 for part in range(5)]

    def _line(self, name: str) -> list[tuple[float, float]]:
        known = [(place, getattr(point, name)) for place, point in enumerate(self.points, 1)]
        return [(self.x(place), self.y(value)) for place, value in known if value is not None]

    def _after(self, done: list[tuple[float, float]], name: str) -> list[tuple[float, float]]:
        line = self._line(name)
        return [done[-1] if done else (self.x(0), self.y(0)), *line] if line else []

    def _pace(self) -> str:
        known = [(place, point.pace) for place, point in enumerate(self.points, 1) if point.pace is not None]
        if not known:
            return ""
        first = known[0][0] - 1
        return _text([(self.x(first), self.y(0)), *((self.x(place), self.y(value)) for place, value in known)])

    def _due(self) -> str:
        """Steps: what is due at the end of a month holds over that month."""
        path, last = [], None
        for place, point in enumerate(self.points):
            if point.due is None:
                continue
            y = self.y(point.due)
            path.append(f"{'V' if last is not None else f'M{self.x(place)} '}{y}" if y != last else "")
            path.append(f"H{self.x(place + 1)}")
            last = y
        return "".join(path)

    def _today(self) -> float | None:
        for place, point in enumerate(self.points):
            end = month_end(point.month)
            if point.month <= self.today <= end:
                return self.x(place + self.today.day / end.day)
        return None

    def _months(self) -> list[Label]:
        """Every month when there is room, else one in two, three…; the year under its first month shown."""
        most = 9 if self.frame.short_months else 14
        every = -(-len(self.points) // most)
        labels, year = [], None
        for place, point in enumerate(self.points):
            if place % every:
                continue
            name = (
                MONTHS[point.month.month - 1][0].upper() if self.frame.short_months else _SHORT[point.month.month - 1]
            )
            x = self.x(place + 0.5)
            labels.append(Label(x, self.frame.base + 20, name))
            if point.month.year != year:
                year = point.month.year
                labels.append(Label(x, self.frame.base + 40, str(year)))
        return labels

    def _labels(
        self, done: list[tuple[float, float]], sure: list[tuple[float, float]], risk: list[tuple[float, float]]
    ) -> list[Label]:
        """Words at the ends of lines, kept apart from one another."""
        last = self.points[-1]
        ends = []
        if last.due is not None:
            ends.append((self.y(last.due), f"{written_hours(last.due)} dues", "strong"))
        if risk and risk != sure and last.with_risk is not None:
            ends.append((risk[-1][1], f"{written_hours(last.with_risk)} avec le risque", "lift"))
        if sure and last.sure is not None:
            ends.append((sure[-1][1], f"{written_hours(last.sure)} sûres", "brand"))
        elif last.validated is not None:
            ends.append((self.y(last.validated), f"{written_hours(last.validated)} validées", "brand"))
        return self._apart(sorted(ends))

    def _apart(self, ends: list[tuple[float, str, str]]) -> list[Label]:
        if self.frame.short_months:
            return []  # no room beside the lines: the figures above say them
        labels: list[Label] = []
        x = self.x(len(self.points)) + 10
        for y, text, kind in ends:
            placed = max(y + 4, labels[-1].y + 18) if labels else y + 4
            labels.append(Label(x, round(placed, 1), text, kind))
        return labels


def _text(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
