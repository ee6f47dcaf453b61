"""The criteria, one small function each: from what the offer asks to checks on the people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from matching.engine.checks import LONGEST_DELAY, Check, Context, Verdict, graded, settle
from matching.engine.facts import NO_FACT, UNKNOWN_FACT, YES_FACT
from matching.engine.fit_occupation import experience, occupation, words
from matching.engine.offer import NO_WINDOWS, Offer, Requirement
from matching.engine.people import Selection
from matching.engine.schedule import schedule
from matching.engine.statuses import LIFTABLE, MET, PARTLY, UNKNOWN
from matching.engine.travel import travel
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
    order = {criterion: i for i, criterion in enumerate(Criterion)}
    return tuple(sorted(found, key=lambda check: order[check.criterion]))


def _implicit(context: Context) -> Iterator[Check]:
    offer = context.offer
    if offer.rome >= 0:
        yield Check(Criterion.OCCUPATION, "occupation", occupation, relaxable=False, asked=offer.rome)
    if offer.words:
        yield Check(Criterion.WORDS, "words", words, Importance.DESIRABLE, relaxable=False)
    if offer.places:
        yield Check(Criterion.TRAVEL, "travel", travel)
    if tuple(offer.windows) != NO_WINDOWS:
        yield Check(Criterion.SCHEDULE, "schedule", schedule)
    if offer.start_day is not None:
        yield Check(Criterion.START, "available_from", start, asked=offer.start_day)
    yield from _terms_of_contract(offer)
    for code in FLAG_CODES:
        if code in offer.flags and code in context.people.vocabulary.index:
            yield Check(Criterion.LIMITS, code, partial(limit, code=code), asked=1)
    if offer.needs_right_to_work:
        yield Check(Criterion.RIGHT_TO_WORK, "right_to_work", right_to_work, relaxable=False)
    if offer.reserved:
        yield Check(Criterion.RESERVED_PUBLIC, "reserved_public", reserved_public, relaxable=False)


def _terms_of_contract(offer: Offer) -> Iterator[Check]:
    if offer.contract:
        code = f"contract_{offer.contract}"
        yield Check(Criterion.CONTRACT, code, partial(contract, code=code), asked=1)
    if offer.weekly_minutes_min is not None or offer.weekly_minutes_max is not None:
        yield Check(Criterion.CONTRACT, "hours", hours, asked=_hours_asked(offer)[0])
    if offer.pay_cents is not None:
        yield Check(Criterion.PAY, "pay_wished", pay, Importance.DESIRABLE, asked=offer.pay_cents)


def _required(context: Context) -> Iterator[Check]:
    for requirement in context.offer.requirements:
        if requirement.kind is RequirementKind.CAPABILITY and requirement.code in context.offer.flags:
            continue  # already asked by the schedule: never counted twice
        yield _check_of(requirement)


def _check_of(asked: Requirement) -> Check:
    kind, importance = asked.kind, asked.importance
    if kind is RequirementKind.SKILL:
        judge = partial(skill, requirement=asked)
        return Check(Criterion.SKILLS, f"skill:{asked.index}", judge, importance, asked, 1)
    if kind is RequirementKind.EXPERIENCE:
        judge = partial(experience, requirement=asked)
        return Check(Criterion.EXPERIENCE, "experience", judge, importance, asked, asked.amount)
    if kind is RequirementKind.LOAD:
        judge = partial(load, requirement=asked)
        return Check(Criterion.LIMITS, "max_load", judge, importance, asked, asked.amount)
    if kind in _LEVELS:
        code, criterion = _LEVELS[kind]
        judge = partial(level, code=code, requirement=asked, criterion=criterion)
        return Check(criterion, code, judge, importance, asked, asked.amount)
    criterion = Criterion.CERTIFICATES
    if asked.code in VEHICLE_CODES:
        criterion = Criterion.VEHICLE
    elif asked.code in LIMIT_CODES:
        criterion = Criterion.LIMITS
    elif asked.code == "right_to_work":
        criterion = Criterion.RIGHT_TO_WORK
    judge = partial(capability, requirement=asked, criterion=criterion)
    return Check(criterion, asked.code, judge, importance, asked, 1)


def skill(context: Context, who: Selection, *, requirement: Requirement) -> Verdict:
    """A skill declared, observed or certified; not mentioned is unknown, never no."""
    here = who.column("skill_id") == np.int32(requirement.index)
    value = who.column("skill_value")
    yes = (here & (value > 0)).any(axis=0)
    no = (here & (value == 0)).any(axis=0) & ~yes
    remedy = context.policy.remedy(f"skill:{requirement.index}", Criterion.SKILLS)
    verdict = settle(requirement.importance, yes, ~yes & ~no, remedy)
    return verdict.with_fact(np.where(yes, YES_FACT, np.where(no, NO_FACT, UNKNOWN_FACT)))


def capability(context: Context, who: Selection, *, requirement: Requirement, criterion: Criterion) -> Verdict:
    """A yes / no fact, still valid on the first day: a certificate that ends before counts as no.

    Limits, modes and contracts have no end date: their amount, if any, is something else.
    """
    fact = who.fact(requirement.code)
    undated = criterion is Criterion.LIMITS or requirement.code.startswith(_UNDATED)
    yes = fact > 0 if undated else _valid(fact, context)
    remedy = context.policy.remedy(requirement.code, criterion)
    verdict = settle(requirement.importance, yes, fact < 0, remedy)
    return verdict.with_fact(fact)


def level(context: Context, who: Selection, *, code: str, requirement: Requirement, criterion: Criterion) -> Verdict:
    """A level reached. "Yes" without a level does not say which: still a question."""
    fact = who.fact(code)
    unknown = (fact < 0) | (fact == YES_FACT)
    yes = ~unknown & (fact >= requirement.amount)
    if requirement.amount <= 0:
        yes, unknown = np.ones_like(yes), np.zeros_like(yes)
    keys = (code, criterion) if criterion is Criterion.LANGUAGE else (code,)
    return settle(requirement.importance, yes, unknown, context.policy.remedy(*keys)).with_fact(fact)


def load(context: Context, who: Selection, *, requirement: Requirement) -> Verdict:
    """The weight to carry against the limit agreed with the person ("yes" alone = no limit)."""
    fact = who.fact("max_load")
    remedy = context.policy.remedy("max_load", Criterion.LIMITS)
    return settle(requirement.importance, fact >= requirement.amount, fact < 0, remedy).with_fact(fact)


def limit(context: Context, who: Selection, *, code: str) -> Verdict:
    """Night, week-end, split hours, shifts: what the schedule's flags ask against the limits agreed."""
    fact = who.fact(code)
    remedy = context.policy.remedy(code, Criterion.LIMITS)
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, remedy).with_fact(fact)


def right_to_work(context: Context, who: Selection) -> Verdict:
    """Allowed to work on the first day (law); an end date before it counts as no."""
    fact = who.fact("right_to_work")
    remedy = context.policy.remedy("right_to_work")
    return settle(Importance.ESSENTIAL, _valid(fact, context), fact < 0, remedy).with_fact(fact)


def reserved_public(context: Context, who: Selection) -> Verdict:
    """Eligibility decided outside the engine: 1 yes, 0 no, -1 or not given unknown."""
    nobody_said = np.full(len(who), UNKNOWN_FACT, np.int8)
    fact = nobody_said if context.eligible is None else context.eligible[who.rows]
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, None).with_fact(fact)


def start(context: Context, who: Selection) -> Verdict:
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


def contract(context: Context, who: Selection, *, code: str) -> Verdict:
    """This kind of contract is accepted; a kind the person refuses is respected (blocking)."""
    fact = who.fact(code)
    remedy = context.policy.remedy(code, Criterion.CONTRACT)
    return settle(Importance.ESSENTIAL, fact > 0, fact < 0, remedy).with_fact(fact)


def hours(context: Context, who: Selection) -> Verdict:
    """Weekly hours against those wanted. A little outside or too short: partly; far too long: a real limit."""
    low, high = _hours_asked(context.offer)
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
    value = np.where(partly, np.clip(1.0 - gap / max(1, low), 0.0, 1.0) * 0.9, verdict.value)
    delay = np.where(partly, 0, verdict.delay).astype(np.int16)
    which = None if verdict.remedy is None else np.where(partly, -1, verdict.remedy).astype(np.int8)
    detail = {"hours_min": fewest, "hours_max": most}
    return Verdict(status, value, delay, most, which, verdict.remedies, detail)


def pay(context: Context, who: Selection) -> Verdict:
    """Pay wished: never blocks. Within the grace half, further below nothing."""
    asked = context.offer.pay_cents or 0
    fact = who.fact("pay_wished")
    wished = np.where(fact == YES_FACT, 0, fact)
    close = wished <= asked * (1.0 + context.policy.pay_grace)
    status = np.where(fact < 0, UNKNOWN, np.where(wished <= asked, MET, PARTLY)).astype(np.int8)
    value = np.where(fact < 0, 0.0, np.where(wished <= asked, 1.0, np.where(close, 0.5, 0.0)))
    return graded(status, value).with_fact(fact)


def _valid(fact: np.ndarray, context: Context) -> np.ndarray:
    return (fact > 0) & (fact >= context.start)


def _hours_asked(offer: Offer) -> tuple[int, int]:
    low = offer.weekly_minutes_min if offer.weekly_minutes_min is not None else offer.weekly_minutes_max
    high = offer.weekly_minutes_max if offer.weekly_minutes_max is not None else low
    assert low is not None
    assert high is not None
    return min(low, high), max(low, high)
