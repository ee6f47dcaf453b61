"""The pilot's first screen: figures with their trend, and what stands out of the lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from matching.clauses.follow import written_month
from matching.clauses.progress import month_end, month_start
from matching.services.blocks import Block, Figure, Task
from matching.services.context import Context
from matching.services.fairness.periods import last_finished, usual_period
from matching.services.fairness.reading import Compared, read_groups, units_read
from matching.text import NBSP

_SHOWN: Final = 8


def pilot_screen(ctx: Context, session: Session, day: date) -> tuple[list[Block], tuple[Figure, ...], str]:
    """What stands out, the units to read one by one, the figures of the month and one sentence of it all."""
    first, last = usual_period(day)
    reading = read_groups(ctx, session, first, last)
    out = reading.standing_out
    units = tuple(Task(unit.name, "", "", "Lire", "fairness.unit", unit.id) for unit in units_read(session))
    period = f"entre {written_month(first)} et {written_month(last)}"
    standing = tuple(map(_task, out[:_SHOWN]))
    blocks = [
        Block("Ce qui ressort des listes", standing, len(out), "fairness.index", empty=reading.nothing_told),
        Block("À lire", to_read := _to_read(period), len(to_read)),
        Block("Unités", units, len(units), side=True),
    ]
    summary = (
        "Des chiffres de groupes assez grands, jamais un dossier individuel. "
        f"«{NBSP}masqué{NBSP}»{NBSP}: le nombre est trop petit pour être montré."
    )
    # As on its page: people looking today alone would give, by subtraction, the few who left.
    known = f"connues fin {written_month(last)}"
    people = Figure("Personnes en recherche", _written(reading.totals["looking"]), known, "fairness.index")
    return blocks, (people, *_trends(ctx, session, day)), summary


def _to_read(period: str) -> tuple[Task, ...]:
    """The pages that a pilot opens, and what each answers."""
    shown = f"Qui est montré et qui est choisi, {period}. Une autre période se choisit sur la page."
    kept = "Qui lit un dossier, et ce qui n’entre jamais dans un classement."
    return (
        Task("L’équité des listes, pour tout le Département", shown, "", "Lire", "fairness.index"),
        Task("Les données personnelles", kept, "", "Lire", "help.privacy"),
        Task("Un métier et son code", "À partir de mots de tous les jours.", "", "Chercher", "occupations.search"),
    )


def _task(one: Compared) -> Task:
    return Task(one.subject, one.words, "", "Lire", "fairness.index")


def _trends(ctx: Context, session: Session, day: date) -> Iterator[Figure]:
    """The last finished month beside the one before, counted and hidden as on their pages."""
    last = last_finished(day)
    months = [month_start(last), month_start(last_finished(last))]
    now, before = (read_groups(ctx, session, month, month_end(month)) for month in months)
    names = [written_month(month) for month in months]
    yield _trend("Listes montrées", names, now.lists, before.lists)
    yield _trend("Personnes proposées", names, now.totals["proposed"], before.totals["proposed"])
    yield _trend("Embauches", names, now.totals["hired"], before.totals["hired"])


def _trend(label: str, months: Sequence[str], now: int | None, before: int | None) -> Figure:
    return Figure(f"{label}, {months[0]}", _written(now), f"{months[1]}{NBSP}: {_written(before)}")


def _written(number: int | None) -> str:
    return "masqué" if number is None else str(number)
