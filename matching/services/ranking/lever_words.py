"""The levers that can be tried, and their names: remedies of the catalogue, then what no remedy brings yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import engine
from matching.engine import YES_FACT, Lever
from matching.store.ranking_source import slots
from matching.store.tables.reference import FactKind, Remedy
from matching.terms import FRENCH_LEVELS, Criterion, FactGroup
from matching.text import NBSP, written_delay

_WHOLE_WEEK = ((1 << 48) - 1,) * 7
_LEVELS = ("french_oral", "french_read", "french_written")
_TOP_LEVEL = len(FRENCH_LEVELS) - 1
_CAPABILITIES = (FactGroup.LICENCE, FactGroup.VEHICLE, FactGroup.CERTIFICATE)


@dataclass(frozen=True)
class NamedLever:
    """A lever and how it is told. `question`: nobody has said; it is only a question to ask."""

    lever: Lever
    label: str
    who: str = ""
    delay: str = ""
    question: bool = False


def named_levers(session: Session, book: engine.OfferBook) -> tuple[NamedLever, ...]:
    """Every lever worth trying with these offers."""
    kinds = {row.code: row for row in session.execute(select(FactKind)).scalars()}
    rows = session.execute(select(Remedy).where(Remedy.active).order_by(Remedy.delay_days, Remedy.id)).scalars()
    quickest: dict[str, Remedy] = {}
    for row in rows:
        quickest.setdefault(row.lifts, row)
    remedies = [_of_remedy(row, kinds) for row in quickest.values()]
    asked = {code for checks in book.checks for check in checks for code in check.reads}
    plain = [
        NamedLever(Lever(code, {code: YES_FACT}), kinds[code].label)
        for code in sorted(asked)
        if code in kinds and kinds[code].group in _CAPABILITIES and code not in quickest
    ]
    found = [*remedies, *plain, *_vehicles(), *_hours(), *_levels(book), *_questions(asked, kinds.values())]
    return tuple({one.lever.key: one for one in found}.values())


def _of_remedy(row: Remedy, kinds: dict[str, FactKind]) -> NamedLever:
    key, lifts, delay = f"remedy:{row.id}", row.lifts, row.delay_days
    if lifts == "vehicle":
        lever = Lever(key, {"vehicle": YES_FACT, "mode_car": YES_FACT}, needs="licence_b", delay_days=delay)
    elif lifts == "travel":
        lever = Lever(key, {"mode_car": YES_FACT}, delay_days=delay)
    elif lifts in _LEVELS:
        lever = Lever(key, {lifts: _TOP_LEVEL}, delay_days=delay)
    elif lifts in ("schedule", "childcare"):
        lever = Lever(key, week=_WHOLE_WEEK, delay_days=delay)
    elif lifts in kinds:
        lever = Lever(key, {lifts: YES_FACT}, delay_days=delay)
    else:  # skills, experience, or a whole criterion
        lever = Lever(key, grants=frozenset({lifts}), delay_days=delay)
    return NamedLever(lever, row.label, row.who, written_delay(delay))


def _vehicles() -> list[NamedLever]:
    car = {"licence_b": YES_FACT, "vehicle": YES_FACT, "mode_car": YES_FACT}
    return [
        NamedLever(Lever("lend:bicycle", {"mode_bicycle": YES_FACT}), "Un vélo"),
        NamedLever(Lever("lend:moped", {"mode_moped": YES_FACT}), "Un scooter ou un cyclomoteur"),
        NamedLever(Lever("licence_and_car", car), "Le permis B et une voiture"),
    ]


def _hours() -> list[NamedLever]:
    """Half-hours that childcare, or another arrangement, would free."""
    early, evening = slots(360, 540, inside=True), slots(1020, 1260, inside=True)
    whole = slots(360, 1260, inside=True)
    weeks = (
        ("early", (early,) * 5 + (0, 0), f"Pouvoir travailler dès 6{NBSP}h en semaine"),
        ("evening", (evening,) * 5 + (0, 0), f"Pouvoir travailler jusqu’à 21{NBSP}h en semaine"),
        ("wednesday", (0, 0, whole, 0, 0, 0, 0), "Pouvoir travailler le mercredi entier"),
        ("weekend", (0,) * 5 + (whole, whole), "Pouvoir travailler le samedi et le dimanche"),
    )
    who = "À voir avec la personne\u00a0: garde d’enfants, transport"
    return [NamedLever(Lever(f"hours:{name}", week=week), label, who) for name, week, label in weeks]


def _levels(book: engine.OfferBook) -> list[NamedLever]:
    """A level of French that some offer asks, oral, read or written."""
    asked = {
        (check.code, check.asked or 0)
        for checks in book.checks
        for check in checks
        if check.criterion is Criterion.LANGUAGE
    }
    names = {"french_oral": "Français parlé", "french_read": "Français lu", "french_written": "Français écrit"}
    return [
        NamedLever(Lever(f"{code}:{level}", {code: level}), f"{names[code]}{NBSP}: {FRENCH_LEVELS[level]}")
        for code, level in sorted(asked)
        if code in names and 0 < level <= _TOP_LEVEL
    ]


def _questions(asked: set[str], kinds: Iterable[FactKind]) -> list[NamedLever]:
    """What nobody asked yet, should the answer be yes. A no that was said is never tried."""
    groups = (FactGroup.LIMIT, FactGroup.CONTRACT, FactGroup.RIGHT)
    return [
        NamedLever(Lever(f"ask:{kind.code}", {kind.code: YES_FACT}, unknown_only=True), kind.question, question=True)
        for kind in sorted(kinds, key=lambda kind: kind.code)
        if kind.group in groups and kind.code in asked
    ]
