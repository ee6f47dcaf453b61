"""Who must act next on a commitment, and why; months to declare, silence of contacts, one's own reply time.

Small facts in, sentences out. « Vous » is the facilitator. Days are given; nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median

from matching.clauses.progress import ONE_DAY, month_end, month_start, months_between
from matching.clauses.terms import AlertLevel, NextActor
from matching.text import MONTHS, NBSP, written_day


@dataclass(frozen=True)
class Delays:
    """Days after which something is late. Defaults; the dated table of the Département wins.

    `silence`: a contact is silent from that day on. `reply`: the facilitator's own aim for an answer.
    `proof_notice`: a proof of eligibility is announced that long before its end. `certificate`: after the end.
    """

    silence: int = 60
    reply: int = 5
    proof_notice: int = 30
    certificate: int = 30


DEFAULT_DELAYS = Delays()


@dataclass(frozen=True)
class ExpectedMonth:
    """A month worked (its first day) that nobody declared yet, and the day its declaration was due."""

    month: date
    due_on: date

    def days_late(self, on: date) -> int:
        """0 up to the due day included."""
        return max(0, (on - self.due_on).days)


@dataclass(frozen=True)
class FollowFacts:
    """What is known of a commitment. Each `…_since` is the day of the oldest one waiting, None when there is none.

    `last_heard_on`: last exchange with any contact, None when there was none or it is not known (then no silence is
    counted). `has_plan`: a recovery plan is running. `ended_on`: its end has passed and no certificate was given.
    `corrections_asked_since`: the declarant asks to correct a validated month. `declarant`: the company that declares
    or mends, when it is one and not the holder.
    """

    level: AlertLevel = AlertLevel.NOT_ASSESSED
    duplicates: int = 0
    duplicates_since: date | None = None
    submitted: int = 0
    submitted_since: date | None = None
    plan_to_approve_since: date | None = None
    corrections_asked_since: date | None = None
    returned_since: date | None = None
    expected: tuple[ExpectedMonth, ...] = ()
    has_plan: bool = False
    window_missing: bool = False
    proofs_ending: tuple[date, ...] = ()
    ended_on: date | None = None
    last_heard_on: date | None = None
    holder: str = ""
    declarant: str = ""


@dataclass(frozen=True)
class NextStep:
    """`sentence`: French, whole. `since`: the day it began to wait. `days_late`: beyond what is allowed, 0 in time.

    `urgency`: to sort commitments among themselves, greatest first: the alert, then the kind of step, then the delay.
    """

    actor: NextActor
    sentence: str
    since: date | None = None
    days_late: int = 0
    urgency: int = 0


NOTHING = NextStep(NextActor.NOBODY, "Rien à faire pour le moment.")


def next_step(facts: FollowFacts, on: date, delays: Delays = DEFAULT_DELAYS) -> NextStep:
    """The first of `all_steps`, or that nobody has to act."""
    return next(iter(all_steps(facts, on, delays)), NOTHING)


def all_steps(facts: FollowFacts, on: date, delays: Delays = DEFAULT_DELAYS) -> tuple[NextStep, ...]:
    """Everything somebody must do, most urgent first: what blocks other people comes before what only waits."""
    steps = []
    for rank, rule in enumerate(reversed(_RULES)):
        for actor, sentence, since, late in rule(facts, on, delays):
            urgency = 1000 * _ALERT[facts.level] + 20 * rank + min(late, 19)
            steps.append(NextStep(actor, sentence.replace(" :", f"{NBSP}:"), since, late, urgency))
    return tuple(sorted(steps, key=lambda step: -step.urgency))


_ALERT = {
    AlertLevel.NOT_ASSESSED: 0,
    AlertLevel.ON_TRACK: 0,
    AlertLevel.INFORMATION: 1,
    AlertLevel.ORANGE: 2,
    AlertLevel.RED: 3,
}

_Step = tuple[NextActor, str, date | None, int]
OFFICER, HOLDER = NextActor.OFFICER, NextActor.HOLDER


def _duplicates(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.duplicates:
        what = _counted(facts.duplicates, "doublon possible", "doublons possibles")
        yield OFFICER, f"À vous de trancher {what} avant de valider.", *_own(facts.duplicates_since, on, delays)


def _submitted(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.submitted_since is not None:
        what = _counted(max(1, facts.submitted), "déclaration", "déclarations")
        received = written_day(facts.submitted_since)
        yield (
            OFFICER,
            f"À vous de valider {what}, la plus ancienne reçue le {received}."
            if facts.submitted > 1
            else f"À vous de valider {what}, reçue le {received}.",
            *_own(facts.submitted_since, on, delays),
        )


def _plan_to_approve(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.plan_to_approve_since is not None:
        received = written_day(facts.plan_to_approve_since)
        sentence = f"À vous de valider le plan de rattrapage, reçu le {received}."
        yield OFFICER, sentence, *_own(facts.plan_to_approve_since, on, delays)


def _corrections(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.corrections_asked_since is not None:
        asked = written_day(facts.corrections_asked_since)
        sentence = f"À vous de répondre à une demande de correction du {asked}."
        yield OFFICER, sentence, *_own(facts.corrections_asked_since, on, delays)


def _returned(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.returned_since is not None:
        act = f"de corriger la déclaration renvoyée le {written_day(facts.returned_since)}"
        late = max(0, (on - facts.returned_since).days - delays.reply)
        yield HOLDER, f"{_to_declarant(facts)} {act}{_silence(facts, on, delays)}.", facts.returned_since, late


def _expected(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if not facts.expected:
        return
    first = min(facts.expected, key=lambda month: month.month)
    late = first.days_late(on)
    others = len(facts.expected) - 1
    more = f" et {_counted(others, 'autre mois', 'autres mois')}, le premier" if others else ","
    when = f" attendu le {written_day(first.due_on)}" + (f", en retard de {_days(late)}" if late else "")
    act = f"de déclarer {written_month(first.month)}{more}{when}"
    yield HOLDER, f"{_to_declarant(facts)} {act}{_silence(facts, on, delays)}.", first.due_on, late


def _plan_to_ask(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    late = facts.level in (AlertLevel.ORANGE, AlertLevel.RED)
    if late and not facts.has_plan and facts.plan_to_approve_since is None and facts.ended_on is None:
        act = f"de proposer un plan de rattrapage ({facts.level.label.lower()})"
        yield HOLDER, f"{_to_holder(facts)} {act}{_silence(facts, on, delays)}.", None, 0


def _proofs(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    soon = sorted(day for day in facts.proofs_ending if (day - on).days <= delays.proof_notice)
    if soon:
        first = soon[0]
        what = _counted(len(soon), "preuve d’éligibilité", "preuves d’éligibilité")
        verb = "expirée depuis le" if first < on else "qui expire le"
        which = f"{verb} {written_day(first)}" if len(soon) == 1 else f"dont la première expire le {written_day(first)}"
        yield OFFICER, f"À vous de renouveler {what}, {which}.", first, max(0, (on - first).days)


def _window(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.window_missing:
        yield OFFICER, "À vous de demander quand l’exécution commence et finit.", None, 0


def _certificate(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    if facts.ended_on is not None and facts.ended_on < on:
        sentence = f"À vous d’éditer l’attestation : l’engagement a fini le {written_day(facts.ended_on)}."
        yield OFFICER, sentence, facts.ended_on, max(0, (on - facts.ended_on).days - delays.certificate)


def _news(facts: FollowFacts, on: date, delays: Delays) -> Iterator[_Step]:
    days = silent_days(facts.last_heard_on, on)
    if days is not None and days >= delays.silence:
        sentence = (
            f"À vous de prendre des nouvelles : {_days(days)} sans échange avec {facts.holder or 'le titulaire'}."
        )
        yield OFFICER, sentence, facts.last_heard_on, days - delays.silence


# In order: what blocks somebody, what the holder owes, what only waits.
_RULES: tuple[Callable[[FollowFacts, date, Delays], Iterator[_Step]], ...] = (
    _duplicates,
    _submitted,
    _plan_to_approve,
    _corrections,
    _returned,
    _expected,
    _plan_to_ask,
    _proofs,
    _window,
    _certificate,
    _news,
)


def _own(since: date | None, on: date, delays: Delays) -> tuple[date | None, int]:
    """Since when it waits for the facilitator, and the days beyond their own aim."""
    return since, 0 if since is None else max(0, (on - since).days - delays.reply)


def _to_holder(facts: FollowFacts) -> str:
    return f"À {facts.holder}" if facts.holder else "Au titulaire"


def _to_declarant(facts: FollowFacts) -> str:
    return f"À {facts.declarant}" if facts.declarant else _to_holder(facts)


def _silence(facts: FollowFacts, on: date, delays: Delays) -> str:
    days = silent_days(facts.last_heard_on, on)
    return "" if days is None or days < delays.silence else f" ; silence depuis {_days(days)}".replace(" ;", f"{NBSP};")


# --- months, silence, reply --------------------------------------------------------------------------------------


def expected_months(
    start: date | None, end: date | None, today: date, declared: Collection[date] = (), due_day: int = 5
) -> tuple[ExpectedMonth, ...]:
    """Months worked to be declared and not in `declared` (first days of months), oldest first.

    From the month of `start` (the later of the notification and the first day of the window; None: nothing is
    expected) to that of `end` (None: not known). A month is expected once it is over, or once the commitment is, and
    due on day `due_day` of the next one (its last day when that month is shorter).
    """
    if start is None:
        return ()
    over = month_start(today) - ONE_DAY if end is None or end >= today else end
    months = months_between(start, over if end is None else min(end, over)) if start <= over else ()
    done = {month_start(day) for day in declared}
    return tuple(ExpectedMonth(month, _due_on(month, due_day)) for month in months if month not in done)


def late_since(expected: Iterable[ExpectedMonth], on: date) -> date | None:
    """The oldest due day that has passed, None when nothing is late."""
    return min((month.due_on for month in expected if month.due_on < on), default=None)


def silent_days(last_heard_on: date | None, on: date) -> int | None:
    """Days since the last exchange; None when it is not known."""
    return None if last_heard_on is None else max(0, (on - last_heard_on).days)


def reply_days(replies: Iterable[tuple[date, date | None]]) -> Fraction | None:
    """Median of the days from (submitted) to (decided), decided ones only; None when there is none."""
    days = [max(0, (decided - submitted).days) for submitted, decided in replies if decided is not None]
    return Fraction(median(days)) if days else None


def written_reply(days: Fraction | None) -> str:
    """« 3 jours », « 2,5 jours », « le jour même »; empty when there is nothing to measure."""
    if days is None:
        return ""
    if not days:
        return "le jour même"
    whole, half = divmod(days, 1)
    return f"{whole}{',5' if half else ''}{NBSP}jour{'s' if days >= 2 else ''}"


def written_month(month: date) -> str:
    """« mai 2026 »."""
    return f"{MONTHS[month.month - 1]}{NBSP}{month.year}"


def _due_on(month: date, due_day: int) -> date:
    following = month_end(month) + ONE_DAY
    return following.replace(day=min(due_day, month_end(following).day))


def _days(number: int) -> str:
    return f"{number}{NBSP}jour{'s' if number > 1 else ''}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number}{NBSP}{one if number == 1 else several}"
