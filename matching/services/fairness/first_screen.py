"""The pilot's first screen: figures with their trend, and what stands out of the lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from sqlalchemy.orm import Session

from matching.services.blocks import Block, Figure, Task
from matching.services.context import Context
from matching.services.fairness.reading import Compared, read_groups, units_read, usual_period
from matching.text import NBSP

RECENT_DAYS: Final = 30
_SHOWN: Final = 8


def pilot_screen(ctx: Context, session: Session, day: date) -> tuple[list[Block], tuple[Figure, ...], str]:
    """What stands out, the units to read one by one, the figures of the month and one sentence of it all."""
    first, last = usual_period(day)
    reading = read_groups(ctx, session, first, last)
    out = reading.standing_out
    units = tuple(Task(unit.name, "", "", "Lire", "fairness.unit", unit.id) for unit in units_read(session))
    blocks = [
        Block("Ce qui ressort des listes", tuple(map(_task, out[:_SHOWN])), len(out), "fairness.index"),
        Block("Unités", units, len(units), side=True),
    ]
    summary = "Des chiffres de groupes assez grands, et le dossier de personne."
    # As on its page: people looking today alone would give, by subtraction, the few who left.
    people = Figure("Personnes en recherche", _written(reading.totals["looking"]), "", "fairness.index")
    return blocks, (people, *_trends(ctx, session, day)), summary


def _task(one: Compared) -> Task:
    return Task(one.subject, one.words, "", "Lire", "fairness.index")


def _trends(ctx: Context, session: Session, day: date) -> Iterator[Figure]:
    """The last month beside the one before, counted and hidden as on their pages."""
    month = timedelta(days=RECENT_DAYS)
    now, before = (read_groups(ctx, session, last - month + timedelta(days=1), last) for last in (day, day - month))
    yield _trend("Listes montrées", now.lists, before.lists)
    yield _trend("Personnes proposées", now.totals["proposed"], before.totals["proposed"])
    yield _trend("Embauches", now.totals["hired"], before.totals["hired"])


def _trend(label: str, now: int | None, before: int | None) -> Figure:
    label = f"{label}, {RECENT_DAYS}{NBSP}jours"
    return Figure(label, _written(now), f"{RECENT_DAYS} jours d’avant{NBSP}: {_written(before)}")


def _written(number: int | None) -> str:
    return "masqué" if number is None else str(number)
