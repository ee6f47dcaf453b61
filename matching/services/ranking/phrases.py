"""The two facts of a criterion, in French: what the offer asks, what is known of the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from matching import engine
from matching.store.tables.offers import Offer
from matching.terms import (
    DEGREE_LEVELS,
    FRENCH_LEVELS,
    WEEKDAYS,
    ContractKind,
    Criterion,
    FactSource,
    MatchStatus,
    RequirementKind,
    TravelMode,
)
from matching.text import NBSP, written_day, written_delay, written_hours

day, clock, delay = written_day, written_hours, written_delay


_LEVEL_WORDS = {
    engine.OccupationLevel.SAME_TITLE: "même intitulé",
    engine.OccupationLevel.SAME_CODE: "même métier",
    engine.OccupationLevel.SAME_FAMILY: "même famille de métiers",
    engine.OccupationLevel.CLOSE: "métier proche",
    engine.OccupationLevel.EVOLUTION: "métier accessible en évoluant",
    engine.OccupationLevel.SHARED_SKILLS: "compétences communes",
    engine.OccupationLevel.SAME_DOMAIN: "même domaine",
    engine.OccupationLevel.SAME_LETTER: "même secteur",
    engine.OccupationLevel.NONE: "métier éloigné",
}
_BY_MODE = {
    TravelMode.WALK: "à pied",
    TravelMode.BICYCLE: "à vélo",
    TravelMode.MOPED: "en cyclomoteur",
    TravelMode.PUBLIC_TRANSPORT: "en transports en commun",
    TravelMode.CAR: "en voiture",
    TravelMode.LIFT: "en covoiturage",
}
SHORT = {
    Criterion.OCCUPATION: "Métier",
    Criterion.SKILLS: "Compét.",
    Criterion.CERTIFICATES: "Certif.",
    Criterion.VEHICLE: "Véhicule",
    Criterion.TRAVEL: "Trajet",
    Criterion.SCHEDULE: "Horaires",
    Criterion.START: "Début",
    Criterion.CONTRACT: "Contrat",
    Criterion.PAY: "Salaire",
    Criterion.LANGUAGE: "Français",
    Criterion.EXPERIENCE: "Expér.",
    Criterion.LIMITS: "Limites",
    Criterion.RIGHT_TO_WORK: "Droit",
    Criterion.RESERVED_PUBLIC: "Public",
    Criterion.WORDS: "Mots",
}
_NEVER_ASKED = "Jamais demandé"


@dataclass(frozen=True)
class Words:
    """Labels looked up once a page."""

    occupations: Mapping[str, str]
    skills: Mapping[int, str]
    facts: Mapping[str, str]
    questions: Mapping[str, str]
    places: tuple[str, ...]
    towns: Mapping[str, str] = field(default_factory=dict)
    """Names of communes by INSEE code, when several offers are told about."""


@dataclass(frozen=True)
class Provenance:
    """How and when a fact was learnt."""

    source: FactSource
    known_on: date

    def text(self) -> str:
        return f"{self.source.label}, {day(self.known_on)}"


@dataclass(frozen=True)
class KnownPerson:
    """What the page shows of a person besides the engine's numbers; of facts and skills, those compared only."""

    facts: Mapping[str, Provenance] = field(default_factory=dict)
    skills: Mapping[int, Provenance] = field(default_factory=dict)
    goals: tuple[str, ...] = ()
    experiences: tuple[str, ...] = ()
    windows_known_on: date | None = None


def weekly(minutes: int) -> str:
    return f"{clock(minutes)} par semaine"


def euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}{NBSP}€ brut de l’heure"


def asked(result: engine.RequirementResult, offer: Offer, words: Words) -> str:
    """What the offer asks, in words."""
    code, amount = result.code, result.asked
    match result.criterion:
        case Criterion.OCCUPATION:
            label = words.occupations.get(offer.rome_code or "", offer.title)
            return f"{label} ({offer.rome_code})"
        case Criterion.TRAVEL:
            return ", ".join(words.places)
        case Criterion.SCHEDULE:
            return week(offer)
        case Criterion.START:
            return day(offer.starts_on) if offer.starts_on else "Dès que possible"
        case Criterion.CONTRACT if code == "hours":
            return weekly(offer.weekly_minutes or 0)
        case Criterion.CONTRACT:
            return ContractKind(code.removeprefix("contract_")).label
        case Criterion.PAY:
            return euros(offer.pay_hourly_cents or 0)
        case Criterion.SKILLS if result.requirement:
            return words.skills.get(result.requirement.index, "Compétence")
        case Criterion.RIGHT_TO_WORK:
            return "Requis au premier jour"
        case Criterion.RESERVED_PUBLIC:
            return "Offre réservée à un public"
    return asked_amount(result.requirement, code, amount, words)


def levels_of(kind: RequirementKind) -> tuple[tuple[int, str], ...]:
    """The levels to choose from, with their names; none for what is a plain number."""
    if kind in (RequirementKind.FRENCH_ORAL, RequirementKind.FRENCH_READ, RequirementKind.FRENCH_WRITTEN):
        return tuple(enumerate(FRENCH_LEVELS))[1:]
    return tuple(DEGREE_LEVELS.items())[1:] if kind is RequirementKind.DEGREE else ()


def asked_amount(asked_for: engine.Requirement | None, code: str, amount: int | None, words: Words) -> str:
    kind = asked_for.kind if asked_for else RequirementKind.CAPABILITY
    if kind in (RequirementKind.FRENCH_ORAL, RequirementKind.FRENCH_READ, RequirementKind.FRENCH_WRITTEN):
        return f"{kind.label}{NBSP}: {FRENCH_LEVELS[min(amount or 0, 6)]}"
    if kind is RequirementKind.DEGREE:
        return f"Diplôme{NBSP}: {DEGREE_LEVELS.get(amount or 0, amount)}"
    if kind is RequirementKind.EXPERIENCE:
        return f"{amount}{NBSP}mois dans le métier"
    if kind is RequirementKind.LOAD:
        return f"Charges jusqu’à {amount}{NBSP}kg"
    return words.facts.get(code, code)


def known(result: engine.RequirementResult, found: engine.PersonMatch, person: KnownPerson, words: Words) -> str:
    """What is known of the person, in words. Unknown says so."""
    match result.criterion:
        case Criterion.OCCUPATION:
            return _occupation(found.occupation, person, words)
        case Criterion.TRAVEL:
            return _travel(found.travel, result.status)
        case Criterion.SCHEDULE:
            return _schedule(found.schedule)
        case Criterion.RESERVED_PUBLIC:
            return {MatchStatus.MET: "Fait partie du public", MatchStatus.UNKNOWN: _NEVER_ASKED}.get(
                result.status, "N’en fait pas partie, d’après ce qui est noté"
            )
    if result.fact is None:
        return _NEVER_ASKED
    return _amount(result, result.fact)


def _occupation(detail: engine.OccupationDetail | None, person: KnownPerson, words: Words) -> str:
    if detail is None or detail.source is None or detail.position is None:
        return "Aucun souhait ni expérience noté" if not person.goals else f"{person.goals[0]}{NBSP}: métier éloigné"
    closeness = _LEVEL_WORDS[detail.level]
    if detail.source == "goal":
        labels, rank = person.goals, ("premier souhait" if detail.position == 0 else f"souhait n°{detail.position + 1}")
    else:
        labels, rank = person.experiences, "déjà exercé"
    label = labels[detail.position] if detail.position < len(labels) else "Métier"
    return f"{label}{NBSP}: {rank}, {closeness}"


def _travel(detail: engine.TravelDetail | None, status: MatchStatus) -> str:
    if detail is None or detail.km is None:
        return "Commune de la personne inconnue"
    distance = f"{detail.km:.1f}".replace(".", ",") + f"{NBSP}km"
    if status is MatchStatus.UNKNOWN:
        return f"Environ {distance}{NBSP}: trajet à vérifier"
    if detail.mode is None or detail.minutes is None:
        return f"{distance}{NBSP}: aucun moyen connu ne suffit"
    return f"{round(detail.minutes)}{NBSP}minutes {_BY_MODE[detail.mode]} ({distance})"


def _schedule(detail: engine.ScheduleDetail | None) -> str:
    if detail is None:
        return _NEVER_ASKED
    parts = []
    if any(detail.missing):
        parts.append(f"Pas possible{NBSP}: {_slots(detail.missing)}")
    if any(detail.unknown):
        parts.append(f"Jamais demandé{NBSP}: {_slots(detail.unknown)}")
    return ". ".join(parts) or "Possible sur tous les horaires demandés"


def _slots(days: tuple[int, ...]) -> str:
    """Half-hours as days and hours, the days alike together."""
    by_hours: dict[str, list[str]] = {}
    for weekday, bits in enumerate(days):
        for start, end in runs(bits):
            by_hours.setdefault(f"{clock(start)}{NBSP}–{NBSP}{clock(end)}", []).append(WEEKDAYS[weekday])
    return "\u00a0; ".join(f"{_days(names)} {hours}" for hours, names in by_hours.items())


def _days(names: list[str]) -> str:
    positions = [WEEKDAYS.index(name) for name in names]
    if len(names) > 2 and positions == list(range(positions[0], positions[0] + len(names))):
        return f"du {names[0]} au {names[-1]}"
    return ", ".join(names)


def runs(bits: int) -> list[tuple[int, int]]:
    """Windows in minutes of a day's half-hour bits."""
    found, position = [], 0
    while bits >> position:
        if bits >> position & 1:
            start = position
            while bits >> position & 1:
                position += 1
            found.append((start * 30, position * 30))
        position += 1
    return found


def week(offer: Offer) -> str:
    """The usual week of an offer: « du lundi au vendredi 7 h – 14 h »."""
    by_hours: dict[str, list[str]] = {}
    for window in offer.windows:
        hours = f"{clock(window.start_minute)}{NBSP}–{NBSP}{clock(window.end_minute)}"
        by_hours.setdefault(hours, []).append(WEEKDAYS[window.weekday])
    return "\u00a0; ".join(f"{_days(names)} {hours}" for hours, names in by_hours.items())


def _amount(result: engine.RequirementResult, fact: int) -> str:
    code = result.code
    kind = result.requirement.kind if result.requirement else None
    if code == "experience" or kind is RequirementKind.EXPERIENCE:
        return "Aucune expérience notée" if fact == 0 else f"{fact}{NBSP}mois"
    if code.startswith("french_"):
        return FRENCH_LEVELS[min(fact, 6)] if fact != engine.YES_FACT else "Oui, niveau à confirmer"
    if code == "degree":
        return DEGREE_LEVELS.get(fact, "sans diplôme").capitalize()
    if code == "max_load":
        return "Aucune limite signalée" if fact == engine.YES_FACT else f"Pas plus de {fact}{NBSP}kg"
    if code == "available_from":
        return f"Disponible le {day(engine.day_of(fact))}" if fact < engine.YES_FACT else "Disponible"
    if code == "hours":
        return f"Souhaite au plus {weekly(fact)}" if 0 < fact < engine.YES_FACT else "Heures à préciser"
    if code == "pay_wished":
        return f"Souhaite au moins {euros(fact)}" if 0 < fact < engine.YES_FACT else "Pas de minimum"
    return yes_or_no(fact)


def yes_or_no(fact: int) -> str:
    if fact == 0:
        return "Non"
    return "Oui" if fact == engine.YES_FACT else f"Oui, jusqu’au {day(engine.day_of(fact))}"


def provenance(result: engine.RequirementResult, person: KnownPerson) -> str:
    """Source and date of what is known, empty when nothing is."""
    if result.criterion is Criterion.SCHEDULE:
        return f"Noté le {day(person.windows_known_on)}" if person.windows_known_on else ""
    skill = skill_compared(result)
    found = person.facts.get(fact_compared(result)) if skill is None else person.skills.get(skill)
    return found.text() if found and result.fact is not None else ""


def fact_compared(result: engine.RequirementResult) -> str:
    """The fact whose source and date are told beside a result; a code that is no fact's when there is none."""
    return "hours_max" if result.code == "hours" else result.code


def skill_compared(result: engine.RequirementResult) -> int | None:
    """The skill whose source and date are told, when the offer asks for one."""
    asked_for = result.requirement
    return asked_for.index if asked_for and asked_for.kind is RequirementKind.SKILL else None


def question(result: engine.RequirementResult, found: engine.PersonMatch, words: Words) -> str:
    """The question that settles an unknown, in the words to say."""
    if result.criterion is Criterion.SCHEDULE and found.schedule:
        return f"Pouvez-vous travailler {_slots(found.schedule.unknown)}{NBSP}?"
    if result.criterion is Criterion.TRAVEL:
        return f"Comment pourriez-vous aller travailler à {', '.join(words.places)}{NBSP}?"
    if result.criterion is Criterion.SKILLS and result.requirement:
        label = words.skills.get(result.requirement.index, "cette tâche")
        return f"Avez-vous déjà fait{NBSP}: {label[0].lower() + label[1:]}{NBSP}?"
    if result.criterion is Criterion.EXPERIENCE and result.code == "experience":
        return f"Combien de temps avez-vous exercé ce métier{NBSP}?"
    if result.code == "hours":
        return words.questions.get("hours_max", "")
    if result.criterion is Criterion.RESERVED_PUBLIC:
        return "Vérifier avec la personne, justificatif à l’appui."
    return words.questions.get(result.code, "À demander à la personne.")
