"""Where the people of a list and the job are, on a map of the Département."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, radians

from sqlalchemy import select

from matching.services.context import Context
from matching.services.ranking.lists import RankedList
from matching.store.tables.reference import Commune


@dataclass(frozen=True)
class Point:
    """A commune, in hundredths of the map's side from its north-west corner."""

    x: float
    y: float
    label: str
    count: int
    kind: str


def map_points(ctx: Context, ranked: RankedList) -> tuple[Point, ...]:
    """A point a commune with people of the list, and one a place of work; none when nothing is located."""
    people = Counter(person.commune_insee for person in ranked.people if person.commune_insee)
    wanted = {*people, *ranked.place_insee}
    with ctx.read() as session:
        query = select(Commune.insee, Commune.name, Commune.lat, Commune.lon).where(Commune.insee.in_(wanted))
        rows = [row for row in session.execute(query.order_by(Commune.name)) if row.lat is not None]
    if not rows:
        return ()
    project = _projection([(row.lat, row.lon) for row in rows])
    points = [Point(*project(row.lat, row.lon), row.name, people.get(row.insee, 0), "people") for row in rows]
    jobs = [
        Point(*project(row.lat, row.lon), row.name, people.get(row.insee, 0), "job")
        for row in rows
        if row.insee in ranked.place_insee
    ]
    named = {job.label for job in jobs}
    return (*(point for point in points if point.label not in named or point.count), *jobs)


def _projection(places: Sequence[tuple[float, float]]) -> Callable[[float, float], tuple[float, float]]:
    """Degrees to the square of the map, the same scale both ways."""
    south, north = min(lat for lat, _ in places), max(lat for lat, _ in places)
    west, east = min(lon for _, lon in places), max(lon for _, lon in places)
    squeeze = cos(radians((south + north) / 2))
    side = max(north - south, (east - west) * squeeze, 0.05)

    def project(lat: float, lon: float) -> tuple[float, float]:
        return round((lon - west) * squeeze / side * 100, 1), round((north - lat) / side * 100, 1)

    return project
