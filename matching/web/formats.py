"""French writing of dates, hours, amounts and counts, as filters of the templates."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Flask

from matching.clock import PARIS
from matching.text import NBSP, written_day, written_delay, written_hours

duration = written_delay
DAYS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")


def long_date(value: date | datetime | None) -> str:
    """« 1er septembre 2026 »; « inconnue » for None."""
    if value is None:
        return "inconnue"
    day = value.astimezone(PARIS).date() if isinstance(value, datetime) else value
    return written_day(day)


def full_date(value: date) -> str:
    """« Mardi 9 juin 2026 »."""
    return f"{DAYS[value.weekday()]} {long_date(value)}"


def instant(value: datetime | None) -> str:
    """« 9 juin 2026 à 14 h 30 »."""
    if value is None:
        return "inconnue"
    local = value.astimezone(PARIS)
    return f"{long_date(local)} à {hours(local.hour * 60 + local.minute)}"


def hours(minutes: int | None) -> str:
    """« 14 h 30 », « 35 h »; « à préciser » for None."""
    if minutes is None:
        return "à préciser"
    return written_hours(minutes)


def amount(cents: int | None) -> str:
    """« 1 250,00 € »; « à préciser » for None."""
    if cents is None:
        return "à préciser"
    sign = "−" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros:,}".replace(",", "\u202f") + f",{rest:02d}{NBSP}€"


def count(number: int, one: str, many: str | None = None, *, feminine: bool = False) -> str:
    """« aucune personne », « une personne », « 12 personnes »."""
    none, single = ("aucune", "une") if feminine else ("aucun", "un")
    if number == 0:
        return f"{none} {one}"
    if number == 1:
        return f"{single} {one}"
    return f"{number}{NBSP}{many or one + 's'}"


def size(octets: int) -> str:
    """« 10 Mo », « 512 ko »: the weight of a file."""
    whole = octets // (1024 * 1024)
    return f"{whole} Mo" if whole else f"{octets // 1024} ko"


def ago(value: date | datetime, today: date) -> str:
    """« aujourd’hui », « hier », « il y a 12 jours »."""
    day = value.astimezone(PARIS).date() if isinstance(value, datetime) else value
    days = (today - day) // timedelta(days=1)
    if days <= 0:
        return "aujourd’hui"
    return "hier" if days == 1 else f"il y a {days}{NBSP}jours"


def register(app: Flask) -> None:
    """Make them filters: `{{ offer.starts_on|date }}`, `{{ n|count('personne', feminine=True) }}`."""
    app.jinja_env.filters.update(
        date=long_date,
        full_date=full_date,
        instant=instant,
        hours=hours,
        amount=amount,
        duration=duration,
        count=count,
        ago=ago,
        size=size,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
