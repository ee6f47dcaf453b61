"""Invented candidates: what is known of them, and what was never asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from matching.demo import words
from matching.engine import day_number
from matching.store.tables.people import (
    Candidate,
    CandidateBarrier,
    CandidateExperience,
    CandidateFact,
    CandidateGoal,
    CandidateSkill,
    CandidateWindow,
    Person,
    PortfolioAssignment,
)
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.reference import JobTitle
from matching.terms import (
    Barrier,
    BarrierProgress,
    BarrierState,
    CandidateState,
    ContractKind,
    FactSource,
    Known,
    Orientation,
)
from matching.text import fold

if TYPE_CHECKING:
    from matching.demo.build import Town

HARD_FACTS = (
    "licence_b", "vehicle", "mode_walk", "mode_public_transport", "mode_bicycle", "available_from", "hours_min",
    "hours_max", "french_oral", "french_read", "night", "weekend", "max_load", "right_to_work", "degree",
    "pay_wished", "standing", "split",
)  # fmt: skip
_USUAL_CONTRACTS = (
    ContractKind.PERMANENT,
    ContractKind.FIXED_TERM,
    ContractKind.SEASONAL,
    ContractKind.INSERTION_FIXED_TERM,
)


def add_people(town: Town, count: int) -> list[Candidate]:
    """`count` candidates spread over the units; a third or more with at least two hard facts unknown."""
    return [_add_person(town, number) for number in range(1, count + 1)]


def _add_person(town: Town, number: int) -> Candidate:
    dice, session = town.dice, town.work.session
    given, family = dice.choice(words.GIVEN_NAMES), dice.choice(words.FAMILY_NAMES)
    person = Person(
        given_name=given,
        family_name=family,
        name_search=fold(f"{given} {family}"),
        # Numbers that the French numbering plan keeps for fiction.
        phone=f"06 39 98 {dice.randrange(100):02d} {dice.randrange(100):02d}" if dice.random() < 0.9 else "",
        created_at=town.work.at,
    )
    session.add(person)
    unit_position = number % len(town.units)
    advisers = [a for a in town.advisers if a.unit_id == town.units[unit_position].id]
    known_on = town.days_ago(dice.randrange(5, 240))
    candidate = Candidate(
        code=f"P-{number:04d}",
        person=person,
        unit_id=town.units[unit_position].id,
        adviser_id=dice.choice(advisers).id if dice.random() < 0.97 else None,
        state=dice.choices(list(CandidateState), [92, 4, 2, 2])[0],
        commune_insee=_home(town, unit_position),
        orientation=dice.choice([*Orientation, None]),
        weekly_activity_minutes=dice.choice([None, 900, 900, 420]),
        approved_sentence=dice.choice(words.SENTENCES) if dice.random() < 0.4 else "",
        rights_opened_on=known_on - timedelta(days=dice.randrange(30, 900)),
        first_meeting_on=known_on,
        created_at=datetime.combine(known_on, time(9, 0), UTC),
        updated_at=datetime.combine(known_on, time(9, 0), UTC),
    )
    _add_goals(town, candidate, known_on)
    candidate.facts = _facts(dice, town.today, known_on)
    candidate.windows = _windows(dice, known_on)
    candidate.barriers = _barriers(dice, known_on)
    session.add(candidate)
    session.flush()
    session.add(
        PortfolioAssignment(
            candidate_id=candidate.id,
            unit_id=candidate.unit_id,
            adviser_id=candidate.adviser_id,
            from_on=known_on,
        )
    )
    _protect(town, person, known_on)
    return candidate


def _home(town: Town, unit_position: int) -> str | None:
    if town.dice.random() < 0.03:
        return None
    # Each unit covers a third of the map, from west to east, so that people live near their unit.
    ordered = sorted(town.communes, key=lambda c: c.lon or 0.0)
    third = len(ordered) // 3
    part = {1: ordered[:third], 0: ordered[third : 2 * third], 2: ordered[2 * third :]}[unit_position]
    return town.dice.choices(part, [max(1, c.population or 1) for c in part])[0].insee


def _add_goals(town: Town, candidate: Candidate, known_on: date) -> None:
    dice = town.dice
    codes = [town.occupation()]
    near = [code for code in town.near.get(codes[0], []) if code in town.labels]
    codes.extend(
        dice.choice(near) if near and dice.random() < 0.6 else town.occupation()
        for _ in range(dice.choices([0, 1, 2], [35, 45, 20])[0])
    )
    texts = []
    for position, code in enumerate(dict.fromkeys(codes)):
        title = _title(dice, town.titles.get(code, []))
        text = title.label if title else town.labels[code]
        texts.append(text)
        candidate.goals.append(
            CandidateGoal(
                position=position,
                rome_code=code,
                rome_version=town.version,
                title_id=title.id if title else None,
                own_words=text[:200],
            )
        )
    for code in dict.fromkeys(codes[: dice.randrange(3)] + ([town.occupation()] if dice.random() < 0.5 else [])):
        texts.append(town.labels[code])
        candidate.experiences.append(
            CandidateExperience(
                rome_code=code,
                rome_version=town.version,
                own_words=town.labels[code][:200],
                months=dice.choice([None, 2, 4, 6, 8, 12, 18, 24, 36, 60]),
                ended_on=town.days_ago(dice.randrange(60, 2500)),
                source=dice.choice([FactSource.DECLARED, FactSource.DECLARED, FactSource.CERTIFIED]),
                known_on=known_on,
            )
        )
    _add_skills(town, candidate, codes, known_on)
    candidate.ranking_words = fold(" ".join(texts))


def _title(dice: Random, titles: list[JobTitle]) -> JobTitle | None:
    return dice.choice(titles) if titles else None


def _add_skills(town: Town, candidate: Candidate, codes: list[str], known_on: date) -> None:
    dice = town.dice
    for skill in {s.id: s for code in codes for s in town.skills.get(code, [])}.values():
        draw = dice.random()
        if draw < 0.55:
            value = Known.YES
        elif draw < 0.65:
            value = Known.NO
        else:
            continue
        source = dice.choices([FactSource.DECLARED, FactSource.OBSERVED, FactSource.CERTIFIED], [70, 20, 10])[0]
        candidate.skills.append(CandidateSkill(skill_id=skill.id, value=value, source=source, known_on=known_on))


def _facts(dice: Random, today: date, known_on: date) -> list[CandidateFact]:
    licence = dice.random() < 0.45
    vehicle = licence and dice.random() < 0.6
    values: dict[str, tuple[Known, int | None, date | None]] = {
        "licence_b": (_known(licence), None, None),
        "vehicle": (_known(vehicle), None, None),
        "mode_walk": (Known.YES, dice.choice([20, 30, 40]), None),
        "mode_public_transport": (_known(dice.random() < 0.8), dice.choice([30, 45, 60, 75]), None),
        "mode_bicycle": (_known(dice.random() < 0.4), dice.choice([20, 30, 45]), None),
        "mode_car": (_known(vehicle), dice.choice([30, 40, 45, 60]), None),
        "available_from": (Known.YES, day_number(today + timedelta(days=dice.choice([-30, -10, 0, 0, 15, 45]))), None),
        "hours_min": (Known.YES, dice.choice([0, 600, 1200, 1200, 1440, 1680]), None),
        "hours_max": (Known.YES, dice.choices([1200, 1680, 2100, 2340], [10, 15, 50, 25])[0], None),
        "french_oral": (Known.YES, dice.choices([1, 2, 3, 4, 5, 6], [6, 12, 16, 16, 20, 30])[0], None),
        "french_read": (Known.YES, dice.choices([1, 2, 3, 4, 5, 6], [12, 14, 16, 14, 18, 26])[0], None),
        "night": (_known(dice.random() < 0.35), None, None),
        "weekend": (_known(dice.random() < 0.6), None, None),
        "split": (_known(dice.random() < 0.5), None, None),
        "standing": (_known(dice.random() < 0.85), None, None),
        "max_load": (Known.YES, dice.choice([None, None, None, 5, 10, 15, 25]), None),
        "degree": (_known(dice.random() < 0.7), dice.choices([3, 4, 5, 6], [60, 25, 10, 5])[0], None),
        "pay_wished": (Known.YES, dice.choice([1231, 1231, 1250, 1300, 1400]), None),
        "right_to_work": (
            Known.YES,
            None,
            today + timedelta(days=dice.randrange(-20, 900)) if dice.random() < 0.2 else None,
        ),
        "haccp": (_known(dice.random() < 0.3), None, None),
        "sst": (_known(dice.random() < 0.2), None, today + timedelta(days=dice.randrange(-200, 600))),
        "caces_r489_1": (_known(dice.random() < 0.25), None, today + timedelta(days=dice.randrange(-100, 1500))),
        "caces_r489_3": (_known(dice.random() < 0.2), None, today + timedelta(days=dice.randrange(-100, 1500))),
    }
    for kind in ContractKind:
        liked = 0.85 if kind in _USUAL_CONTRACTS else 0.6
        values[f"contract_{kind.value}"] = (_known(dice.random() < liked), None, None)
    unknown = set(dice.sample(HARD_FACTS, dice.choice([3, 4, 6]) if dice.random() < 0.4 else dice.choice([0, 0, 1])))
    facts = []
    for fact, (value, amount, until) in values.items():
        if fact in unknown or (fact.startswith(("caces", "haccp", "sst", "contract")) and dice.random() < 0.25):
            continue
        yes = value is Known.YES
        facts.append(
            CandidateFact(
                fact=fact,
                value=value,
                amount=amount if yes else None,
                valid_until=until if yes else None,
                source=dice.choices([FactSource.DECLARED, FactSource.CERTIFIED], [80, 20])[0],
                known_on=known_on,
            )
        )
    return facts


def _known(yes: bool) -> Known:
    return Known.YES if yes else Known.NO


def _windows(dice: Random, known_on: date) -> list[CandidateWindow]:
    if dice.random() < 0.12:
        return []
    start, end = dice.choice([(0, 1440), (360, 1260), (480, 1080), (510, 990), (540, 960), (300, 900)])
    windows = []
    for weekday in range(7):
        if weekday >= 5 and dice.random() < 0.6:
            # Saturday and Sunday: often nobody asked.
            if dice.random() < 0.5:
                windows.append(_window(weekday, 0, 1440, Known.NO, known_on))
            continue
        if weekday == 2 and dice.random() < 0.15:
            continue
        windows.append(_window(weekday, start, end, Known.YES, known_on))
        if start > 0:
            windows.append(_window(weekday, 0, start, Known.NO, known_on))
        if end < 1440:
            windows.append(_window(weekday, end, 1440, Known.NO, known_on))
    return windows


def _window(weekday: int, start: int, end: int, value: Known, known_on: date) -> CandidateWindow:
    return CandidateWindow(weekday=weekday, start_minute=start, end_minute=end, value=value, known_on=known_on)


def _barriers(dice: Random, known_on: date) -> list[CandidateBarrier]:
    rows = []
    for barrier in Barrier:
        draw = dice.random()
        if draw < 0.45:
            continue
        state = BarrierState.YES if draw < 0.85 else BarrierState.CLOSED
        progress = BarrierProgress.DONE if state is BarrierState.CLOSED else dice.choice(list(BarrierProgress)[:2])
        rows.append(CandidateBarrier(barrier=barrier, state=state, progress=progress, known_on=known_on))
    return rows


def _protect(town: Town, person: Person, known_on: date) -> None:
    dice = town.dice
    values = {
        "birth_date": (town.today - timedelta(days=dice.randrange(19 * 365, 62 * 365))).isoformat(),
        "sex": dice.choice(["f", "m"]),
        "rsa": "yes",
    }
    for kind, chance in (("qpv", 0.3), ("rqth", 0.12), ("long_term_unemployed", 0.4)):
        if dice.random() < 0.8:
            values[kind] = "yes" if dice.random() < chance else "no"
    for kind, value in values.items():
        town.add(ProtectedFact(person_id=person.id, kind=kind, value=value, known_on=known_on))
