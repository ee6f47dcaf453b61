"""Recovery plans: how many people, how many hours a week, how many weeks close what is missing, and whether it holds.

« 2 personnes × 35 h × 9 semaines = 630 h ». Integer minutes, days given, both ends counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from matching.clauses.progress import missing_minutes
from matching.errors import Problems
from matching.text import NBSP, written_day, written_hours

WEEK_DAYS = 7
# A plan written by hand stays within what a site can hold; more is a slip of the keyboard.
MOST_PEOPLE, MOST_WEEKS, MOST_WEEKLY_MINUTES = 500, 260, 48 * 60
CHOICES = 3


@dataclass(frozen=True)
class RecoveryPlan:
    """`people` working `weekly_minutes` each for `weeks` whole weeks from `from_on`. Invalid, per field, otherwise."""

    people: int
    weekly_minutes: int
    weeks: int
    from_on: date

    def __post_init__(self) -> None:
        problems = Problems()
        if not 1 <= self.people <= MOST_PEOPLE:
            problems.add("people", f"Indiquez de 1 à {MOST_PEOPLE} personnes.", self.people)
        if not 1 <= self.weekly_minutes <= MOST_WEEKLY_MINUTES:
            limit = written_hours(MOST_WEEKLY_MINUTES)
            problems.add(
                "weekly_minutes", f"Indiquez jusqu’à {limit} par semaine et par personne.", self.weekly_minutes
            )
        if not 1 <= self.weeks <= MOST_WEEKS:
            problems.add("weeks", f"Indiquez de 1 à {MOST_WEEKS} semaines.", self.weeks)
        problems.raise_if_any()


def minutes_of(plan: RecoveryPlan) -> int:
    """Minutes the whole plan brings."""
    return plan.people * plan.weekly_minutes * plan.weeks


def closes(plan: RecoveryPlan, missing: int) -> bool:
    """Whether the plan covers the minutes missing."""
    return minutes_of(plan) >= missing


def still_missing(plan: RecoveryPlan, missing: int) -> int:
    """Minutes that the plan leaves uncovered."""
    return missing_minutes(missing, minutes_of(plan))


def ends_on(plan: RecoveryPlan) -> date:
    """Last day included: the eve of the same weekday, `weeks` later."""
    return plan.from_on + timedelta(days=plan.weeks * WEEK_DAYS - 1)


def weeks_left(from_on: date, window_to: date) -> int:
    """Whole weeks from `from_on` to the last day of the window, both included."""
    return max(0, ((window_to - from_on).days + 1) // WEEK_DAYS)


def suggest(missing: int, weekly_minutes: int, weeks: int, from_on: date) -> tuple[RecoveryPlan, ...]:
    """Plans that close `missing` within `weeks`: the fewest people first, then one and two more, who end sooner.

    Each takes the fewest weeks that close it. Empty when nothing is missing or no week is left (or no plan is
    thinkable: more than 500 people).
    """
    if missing <= 0 or weeks <= 0:
        return ()
    weeks = min(weeks, MOST_WEEKS)
    fewest = _ceil(missing, weekly_minutes * weeks)
    people = range(fewest, min(fewest + CHOICES, MOST_PEOPLE + 1))
    plans = [RecoveryPlan(n, weekly_minutes, _ceil(missing, n * weekly_minutes), from_on) for n in people]
    # More people who do not end sooner are no choice.
    return tuple(plan for i, plan in enumerate(plans) if i == 0 or plan.weeks < plans[i - 1].weeks)


@dataclass(frozen=True)
class PlanProgress:
    """Minutes expected by a day and validated since the plan began; `ahead` below zero is a delay."""

    planned: int
    expected: int
    validated: int
    ends_on: date

    @property
    def ahead(self) -> int:
        return self.validated - self.expected


def follow(plan: RecoveryPlan, validated_since: int, on: date) -> PlanProgress:
    """The plan on the evening of `on`: its minutes spread evenly over its calendar days, to the nearest minute.

    `validated_since`: minutes worked from `from_on` on and validated, all people of the commitment together.
    """
    planned, last = minutes_of(plan), ends_on(plan)
    days = (last - plan.from_on).days + 1
    gone = min(max(0, (on - plan.from_on).days + 1), days)
    return PlanProgress(planned, int(Fraction(planned * gone, days) + Fraction(1, 2)), validated_since, last)


# --- what people read --------------------------------------------------------------------------------------------


def written_plan(plan: RecoveryPlan) -> str:
    """« 2 personnes × 35 h × 9 semaines = 630 h »."""
    return (
        f"{_counted(plan.people, 'personne')} × {written_hours(plan.weekly_minutes)}"
        f" × {_counted(plan.weeks, 'semaine')} = {written_hours(minutes_of(plan))}"
    )


def written_dates(plan: RecoveryPlan) -> str:
    """« du 15 juin 2026 au 16 août 2026 »."""
    return f"du {written_day(plan.from_on)} au {written_day(ends_on(plan))}"


def written_cover(plan: RecoveryPlan, missing: int) -> str:
    """« Couvre les 250 h manquantes » or « Laisse 20 h manquantes »."""
    if missing <= 0:
        return "Il ne manque aucune heure"
    if closes(plan, missing):
        return f"Couvre les {written_hours(missing)} manquantes"
    return f"Laisse {written_hours(still_missing(plan, missing))} manquantes"


def written_progress(progress: PlanProgress, on: date) -> str:
    """« 84 h validées pour 112 h attendues : 28 h de retard », or that the plan has ended short."""
    done, expected = written_hours(progress.validated), written_hours(progress.expected)
    begin = f"{done} validées pour {expected} attendues"
    if progress.ahead >= 0:
        return f"{begin}{NBSP}: le plan est tenu"
    late = written_hours(-progress.ahead)
    if on > progress.ends_on:
        return f"{begin}{NBSP}: le plan est fini, il manque {late}"
    return f"{begin}{NBSP}: {late} de retard"


def _counted(number: int, name: str) -> str:
    return f"{number}{NBSP}{name}{'s' if number > 1 else ''}"


def _ceil(value: int, by: int) -> int:
    return -(-value // by)
