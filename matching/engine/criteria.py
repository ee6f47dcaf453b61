"""The criteria, one small function each: from what the offer asks to checks on the people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from matching.engine.checks import LONGEST_DELAY, Asked, Check, Context, Number, Rule, Verdict, graded, settle
from matching.engine.facts import NO_FACT, UNKNOWN_FACT, YES_FACT
from matching.engine.fit_occupation import experience, occupation, words
from matching.engine.offer import NO_WINDOWS, Offer, Requirement
from matching.engine.people import Selection
from matching.engine.policy import Policy
from matching.engine.schedule import schedule
from matching.engine.statuses import LIFTABLE, MET, PARTLY, POSITION, UNKNOWN
from matching.engine.travel import TRAVEL_FACTS, travel
from matching.terms import Criterion, Importance, RequirementKind, ScheduleFlag

VEHICLE_CODES = frozenset({"vehicle"})
FLAG_CODES = tuple(flag.value for flag in ScheduleFlag)
"""A flag of the schedule asks the limit of the same name."""
LIMIT_CODES = frozenset({*FLAG_CODES, "standing", "driving_ok", "height_ok", "outdoor_ok", "cold_ok", "max_load"})
"""The facts of group `limit` in the registry."""
_UNDATED = ("mode_", "contract_")
_LEVELS = {
    RequirementKind.FRENCH_ORAL: ("french_oral", Criterion.LANGUAGE),
    RequirementKind.FRENCH_READ: ("french_read", Criterion.LANGUAGE),
    RequirementKind.FRENCH_WRITTEN: ("french_written", Criterion.LANGUAGE),
    RequirementKind.DEGREE: ("degree", Criterion.EXPERIENCE),
}


def checks_of(context: Context) -> tuple[Check, ...]:
    """Everything the offer asks, in the order of the criteria."""
    found = [*_implicit(context), *_required(context)]
    return tuple(sorted(found, key=_in_order))


def _in_order(check: Check) -> int:
    return POSITION[check.criterion]


def _implicit(context: Context) -> Iterator[Check]:
    offer = context.offer
    if offer.rome >= 0:
        yield Check(Criterion.OCCUPATION, "occupation", occupation, relaxable=False, asked=offer.rome)
    if offer.words:
        yield Check(Criterion.WORDS, "words", words, Importance.DESIRABLE, relaxable=False)
    if offer.places:
        yield Check(Criterion.TRAVEL, "travel", travel, reads=TRAVEL_FACTS)
    if tuple(offer.windows) != NO_WINDOWS:
        yield Check(Criterion.SCHEDULE, "schedule", schedule, lifts=("schedule", "childcare"))
    if offer.start_day is not None:
        code, reads = "available_from", frozenset({"available_from"})
        lifts = (code, Criterion.START)
        yield Check(Criterion.START, code, start, asked=offer.start_day, lifts=lifts, reads=reads)
    yield from _terms_of_contract(offer)
    for code in FLAG_CODES:
        if code in offer.flags and code in context.people.vocabulary.index:
            yield _fact_check(Criterion.LIMITS, code, limit)
    if offer.needs_right_to_work:
        yield Check(
            Criterion.RIGHT_TO_WORK,
            "right_to_work",
            right_to_work,
            relaxable=False,
            lifts=("right_to_work",),
            reads=frozenset({"right_to_work"}),
        )
    if offer.reserved:
        yield Check(Criterion.RESERVED_PUBLIC, "reserved_public", reserved_public, relaxable=False)


def _terms_of_contract(offer: Offer) -> Iterator[Check]:
    if offer.contract:
        yield _fact_check(Criterion.CONTRACT, f"contract_{offer.contract}", contract)
    if offer.weekly_minutes_min is not None or offer.weekly_minutes_max is not None:
        low, high = _hours_asked(offer)
        numbers = (("low", low), ("high", high))
        reads = frozenset({"hours_min", "hours_max"})
        lifts = ("hours", "hours_max")
        yield Check(Criterion.CONTRACT, "hours", hours, asked=low, numbers=numbers, lifts=lifts, reads=reads)
    if offer.pay_cents is not None:
        yield Check(
            Criterion.PAY,
            "pay_wished",
            pay,
            Importance.DESIRABLE,
            asked=offer.pay_cents,
            numbers=(("asked", offer.pay_cents),),
            reads=frozenset({"pay_wished"}),
        )


def _fact_check(criterion: Criterion, code: str, rule: Rule) -> Check:
    """A yes or no fact that the offer implies without a requirement of its own."""
    constants = (("code", code),)
    return Check(criterion, code, rule, asked=1, constants=constants, lifts=(code, criterion), reads=frozenset({code}))


def _required(context: Context) -> Iterator[Check]:
    for requirement in context.offer.requirements:
        if requirement.kind is RequirementKind.CAPABILITY and requirement.code in context.offer.flags:
            continue  # already asked by the schedule: never counted twice
        yield _check_of(requirement, context.policy)


def _check_of(asked: Requirement, policy: Policy) -> Check:
    kind = asked.kind
    if kind is RequirementKind.SKILL:
        return _skill_check(asked, policy)
    if kind is RequirementKind.EXPERIENCE:
        keys = ("experience", Criterion.EXPERIENCE)
        return _amount_check(asked, Criterion.EXPERIENCE, "experience", experience, keys, {})
    if kind is RequirementKind.LOAD:
        return _amount_check(asked, Criterion.LIMITS, "max_load", load, ("max_load", Criterion.LIMITS), {})
    if kind in _LEVELS:
        code, criterion = _LEVELS[kind]
        lifts = _level_keys(code, criterion)
        return _amount_check(asked, criterion, code, level, lifts, {"code": code, "criterion": criterion})
    criterion = Criterion.CERTIFICATES
    if asked.code in VEHICLE_CODES:
        criterion = Criterion.VEHICLE
    elif asked.code in LIMIT_CODES:
        criterion = Criterion.LIMITS
    elif asked.code == "right_to_work":
        criterion = Criterion.RIGHT_TO_WORK
    constants = (("code", asked.code), ("criterion", criterion), ("importance", asked.importance))
    return Check(
        criterion,
        asked.code,
        capability,
        asked.importance,
        asked,
        1,
        constants=constants,
        lifts=(asked.code, criterion),
        reads=frozenset({asked.code}),
    )


def _skill_check(asked: Requirement, policy: Policy) -> Check:
    code = f"skill:{asked.index}"
    key = code if code in policy.remedies else Criterion.SKILLS.value
    return Check(
        Criterion.SKILLS,
        code,
        skill,
        asked.importance,
        asked,
        1,
        constants=(("key", key), ("importance", asked.importance)),
        numbers=(("index", asked.index),),
        lifts=(code, Criterion.SKILLS),
    )


def _amount_check(
    asked: Requirement, criterion: Criterion, code: str, rule: Rule, lifts: tuple[str, ...], more: dict[str, Any]
) -> Check:
    return Check(
        criterion,
        code,
        rule,
        asked.importance,
        asked,
        asked.amount,
        constants=(("importance", asked.importance), *more.items()),
        numbers=(("amount", asked.amount),),
        lifts=lifts,
        reads=frozenset({code}) if code != "experience" else frozenset(),
    )


def skill(context: Asked, who: Selection, *, index: Number, importance: Importance, key: str) -> Verdict:
    """A skill declared, observed or certified; not mentioned is unknown, never no. `key`: of its remedy."""
    here = who.column("skill_id") == np.asarray(index, np.int32)
    value = who.column("skill_value")
    yes = (here & (value > 0)).any(axis=0)
    no = (here & (value == 0)).any(axis=0) & ~yes
    fact = np.where(yes, YES_FACT, np.where(no, NO_FACT, UNKNOWN_FACT))
    return settle(importance, yes, ~yes & ~no, context.policy.remedy(key), fact)


def capability(context: Asked, who: Selection, *, code: str, criterion: Criterion, importance: Importance) -> Verdict:
    """A yes / no fact, still valid on the first day: a certificate that ends before counts as no.

    Limits, modes and contracts have no end date: their amount, if any, is something else.
    """
    fact = who.fact(code)
    yes = fact > 0 if undated(code, criterion) else _valid(fact, context)
    remedy = context.policy.remedy(code, criterion)
    return settle(importance, yes, fact < 0, remedy, fact)


def undated(code: str, criterion: Criterion) -> bool:
    """Whether a fact that is yes holds whatever the day."""
    return criterion is Criterion.LIMITS or code.startswith(_UNDATED)


def level(
    context: Asked, who: Selection, *, code: str, criterion: Criterion, importance: Importance, amount: Number
) -> Verdict:
    """A level reached. "Yes" without a level does not say which: still a question."""
    fact = who.fact(code)
    unknown = (fact < 0) | (fact == YES_FACT)
    nothing = np.asarray(amount) <= 0
    yes = (~unknown & (fact >= amount)) | nothing
    remedy = context.policy.remedy(*_level_keys(code, criterion))
    return settle(importance, yes, unknown & ~nothing, remedy, fact)


def _level_keys(code: str, criterion: Criterion) -> tuple[str, ...]:
    return (code, criterion) if criterion is Criterion.LANGUAGE else (code,)


def load(context: Asked, who: Selection, *, importance: Importance, amount: Number) -> Verdict:
    """The weight to carry against the limit agreed with the person ("yes" alone = no limit)."""
    fact = who.fact("max_load")
    remedy = context.policy.remedy("max_load", Criterion.LIMITS)
    return settle(importance, fact >= amount, fact < 0, remedy, fact)


def limit(context: Asked, who: Selection, *, code: str) -> Verdict:
    """Night, week-end, split hours, shifts: what the schedule's flags ask against the limits agreed."""
    fact = who.fact(code)
    remedy = context.policy.remedy(code, Criterion.LIMITS)
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, remedy, fact)


def right_to_work(context: Asked, who: Selection) -> Verdict:
    """Allowed to work on the first day (law); an end date before it counts as no."""
    fact = who.fact("right_to_work")
    remedy = context.policy.remedy("right_to_work")
    return settle(Importance.ESSENTIAL, _valid(fact, context), fact < 0, remedy, fact)


def reserved_public(context: Asked, who: Selection) -> Verdict:
    """Eligibility decided outside the engine: 1 yes, 0 no, -1 or not given unknown."""
    fact = context.eligible_to(who)
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, None, fact)


def start(context: Asked, who: Selection) -> Verdict:
    """Free on the first day. Up to the grace: partly. Later: liftable on that day, hence late, not blocking."""
    fact = who.fact("available_from").astype(np.int32)
    begins = np.where(fact == YES_FACT, 0, fact)
    grace = context.policy.start_grace_days
    late = begins - context.start
    remedy = context.policy.remedy("available_from", Criterion.START)
    verdict = settle(Importance.ESSENTIAL, (fact > 0) & (late <= 0), fact < 0, remedy)
    soon = (fact > 0) & (late > 0) & (late <= grace)
    later = (fact > 0) & (late > grace)
    status = np.where(soon, PARTLY, np.where(later, LIFTABLE, verdict.status)).astype(np.int8)
    value = np.where(soon, 1.0 - late / (2.0 * max(1, grace)), verdict.value)
    wait = np.clip(begins - context.today, 0, LONGEST_DELAY)
    delay = np.where(later, wait, np.where(soon, 0, verdict.delay)).astype(np.int16)
    which = None if verdict.remedy is None else np.where(soon | later, -1, verdict.remedy).astype(np.int8)
    return Verdict(status, value, delay, fact, which, verdict.remedies)


def contract(context: Asked, who: Selection, *, code: str) -> Verdict:
    """This kind of contract is accepted; a kind the person refuses is respected (blocking)."""
    fact = who.fact(code)
    remedy = context.policy.remedy(code, Criterion.CONTRACT)
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, remedy, fact)


def hours(context: Asked, who: Selection, *, low: Number, high: Number) -> Verdict:
    """Weekly hours against those wanted. A little outside or too short: partly; far too long: a real limit."""
    fewest = who.fact("hours_min").astype(np.int32)
    most = who.fact("hours_max").astype(np.int32)
    fewest_known = np.where(fewest == YES_FACT, 0, fewest)
    too_long = np.where(most < 0, 0, np.maximum(0, low - most))
    too_short = np.where(fewest < 0, 0, np.maximum(0, fewest_known - high))
    gap = np.maximum(too_long, too_short)
    over = too_long > context.policy.hours_grace_minutes
    unknown = ((most < 0) | (fewest < 0)) & ~over
    remedy = context.policy.remedy("hours", "hours_max")
    verdict = settle(Importance.ESSENTIAL, (gap == 0) & ~unknown, unknown, remedy)
    partly = ~unknown & ~over & (gap > 0)
    status = np.where(partly, PARTLY, verdict.status).astype(np.int8)
    value = np.where(partly, np.clip(1.0 - gap / np.maximum(1, low), 0.0, 1.0) * 0.9, verdict.value)
    delay = np.where(partly, 0, verdict.delay).astype(np.int16)
    which = None if verdict.remedy is None else np.where(partly, -1, verdict.remedy).astype(np.int8)
    detail = {"hours_min": fewest, "hours_max": most}
    return Verdict(status, value, delay, most, which, verdict.remedies, detail)


def pay(context: Asked, who: Selection, *, asked: Number) -> Verdict:
    """Pay wished: never blocks. Within the grace half, further below nothing."""
    fact = who.fact("pay_wished")
    wished = np.where(fact == YES_FACT, 0, fact)
    close = wished <= asked * (1.0 + context.policy.pay_grace)
    status = np.where(fact < 0, UNKNOWN, np.where(wished <= asked, MET, PARTLY)).astype(np.int8)
    value = np.where(fact < 0, 0.0, np.where(wished <= asked, 1.0, np.where(close, 0.5, 0.0)))
    return graded(status, value, fact)


def _valid(fact: np.ndarray, context: Asked) -> np.ndarray:
    return (fact > 0) & (fact >= context.start)


def _hours_asked(offer: Offer) -> tuple[int, int]:
    low = offer.weekly_minutes_min if offer.weekly_minutes_min is not None else offer.weekly_minutes_max
    high = offer.weekly_minutes_max if offer.weekly_minutes_max is not None else low
    assert low is not None
    assert high is not None
    return min(low, high), max(low, high)
