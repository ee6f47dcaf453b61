"""What an offer asks, as arrays: the form in which the compiled pass reads it.

The rules are those of `criteria.py`; this is where each is given the numbers of one offer. A rule that is not in
`RULES` has no compiled form: the offer is then judged by NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import cos, radians
from typing import Any, Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from matching.engine import criteria, fit_occupation
from matching.engine.checks import Check, Context, Rule, when_missing, word_worth
from matching.engine.evaluation import shares_of
from matching.engine.facts import YES_FACT
from matching.engine.offer import Place
from matching.engine.people import GOALS, WORD_IDS
from matching.engine.policy import OccupationLevel
from matching.engine.schedule import schedule
from matching.engine.statuses import BLOCKING, POSITION, tier_of
from matching.engine.travel import EARTH_KM, LENT, MODES, lent_delay, travel
from matching.terms import Importance, TravelMode

Array = npt.NDArray[Any]

# The cheapest first.
THRESHOLD: Final = 0
PAY: Final = 1
HOURS: Final = 2
OCCUPATION: Final = 3
START: Final = 4
SCHEDULE: Final = 5
EXPERIENCE: Final = 6
SKILL: Final = 7
TRAVEL: Final = 8
WORDS: Final = 9

UNTOLD: Final = -1
"""In place of the row of a fact: unknown for everybody."""
ELIGIBLE: Final = -2
"""In place of the row of a fact: who belongs to the public the offer is reserved to."""
ANYBODY: Final = -3
"""In place of the row of a fact: nothing is needed."""
NOT_VAGUE: Final = -(1 << 15) - 1
LOWEST: Final = -(1 << 15)
PUBLIC_TRANSPORT: Final = MODES.index(TravelMode.PUBLIC_TRANSPORT)
LIFT: Final = MODES.index(TravelMode.LIFT)

STEP = np.dtype(
    [
        ("kind", np.int64),
        ("criterion", np.int64),
        ("fact", np.int64),
        ("other", np.int64),
        ("low", np.int64),
        ("high", np.int64),
        ("vague", np.int64),
        ("tier", np.int64),
        ("worth", np.float64),
        ("cost", np.float64),
    ]
)
"""One check. `kind`: which rule; `criterion`: position in `CRITERIA`; `fact`, `other`: rows of the fact matrix; `low`,
`high`: numbers of the rule; `vague`: a fact that says yes without saying how much; `tier`: of who lacks what is asked;
`worth`: what meeting it adds to the fit; `cost`: what not knowing takes away."""


class Columns(NamedTuple):
    """The people, whole: their columns as they lie in memory (`People.raw`); `eligible` int8, -1 unknown."""

    ids: Array
    facts: Array
    goal_rome: Array
    goal_title: Array
    experience_rome: Array
    experience_months: Array
    skill_id: Array
    skill_value: Array
    words: Array
    lat: Array
    lon: Array
    radius_km: Array
    network: Array
    can: Array
    cannot: Array
    open_proposals: Array
    eligible: Array


PLACE = np.dtype([("lat", np.float64), ("lon", np.float64), ("cos_lat", np.float64), ("radius_km", np.float64)])
"""A place of work, in radians."""


class Modes(NamedTuple):
    """By `TravelMode`: `speed` km/h (0 = not used), `range_km`, row of the `fact`; `farthest` any of them goes.

    `networks` km/h of each network by its bit. `lent` int64[k, 3]: mode, row of the fact needed, days. `longest` way,
    in minutes, at which `cost` is all paid.
    """

    speed: Array
    range_km: Array
    farthest: float
    fact: Array
    networks: Array
    lent: Array
    earth_km: float
    detour: float
    usual_minutes: float
    longest: float
    cost: float


class Decided(NamedTuple):
    """What is the same for every offer: what the Département decides. `closeness` float64[goals + 1, levels]: worth of
    each level for each goal in order, then for an experience; `logs` float64[32 768]: log(1 + k)."""

    modes: Modes
    closeness: Array
    met_level: int
    family_level: int
    partly_share: float
    words_met_share: float
    start_grace: int
    hours_grace: int
    pay_limit: float
    schedule_share: float
    spread: float
    logs: Array


class Plan(NamedTuple):
    """Everything the compiled pass reads besides the people.

    `steps`: every check, in the order of the criteria; `screen`: those that can put somebody in another tier than the
    first: the `thresholds`, then what blocks before what lifts, the cheapest first. `decided`: the same for any offer.
    `levels` int8[65 536]: closeness to the job's code of each code read as an uint16. `words` uint16[65 536]: place of
    each word in `word_worth` float64, 0 for a word the offer does not use. `places` PLACE[p], `networks` uint64[p] that
    serve them; `unplaced`: one of the places is not known.
    """

    decided: Decided
    steps: Array
    screen: Array
    thresholds: int
    title: int
    levels: Array
    words: Array
    word_worth: Array
    places: Array
    networks: Array
    unplaced: bool
    need: Array
    start: int
    today: int
    lift_days: int


Numbers = tuple[int, int, int, int, int]
"""What a step holds of the offer: `fact`, `other`, `low`, `high`, `vague` of `STEP`."""


def _numbers(fact: int = UNTOLD, low: int = 0) -> Numbers:
    return fact, UNTOLD, low, 0, NOT_VAGUE


def _nothing(_: Context, __: Check) -> Numbers:
    return _numbers()


def _said(context: Context, check: Check) -> Numbers:
    """Yes, whatever the day."""
    return _numbers(_row(context, check.code), 1)


def _valid(context: Context, check: Check) -> Numbers:
    """Yes, and still on the first day."""
    return _numbers(_row(context, check.code), max(1, context.start))


def _capability(context: Context, check: Check) -> Numbers:
    return (_said if criteria.undated(check.code, check.criterion) else _valid)(context, check)


def _level(context: Context, check: Check) -> Numbers:
    row, amount = _row(context, check.code), _only(check)
    return (row, UNTOLD, amount, 0, YES_FACT) if amount > 0 else _numbers(row, LOWEST)


def _load(context: Context, check: Check) -> Numbers:
    return _numbers(_row(context, "max_load"), _only(check))


def _eligible(context: Context, _: Check) -> Numbers:
    return _numbers(UNTOLD if context.eligible is None else ELIGIBLE, 1)


def _skill(_: Context, check: Check) -> Numbers:
    return _numbers(low=_only(check))


def _experience(_: Context, check: Check) -> Numbers:
    return _numbers(low=max(1, _only(check)))


def _start(context: Context, _: Check) -> Numbers:
    return _numbers(_row(context, "available_from"))


def _hours(context: Context, check: Check) -> Numbers:
    asked = dict(check.numbers)
    return _row(context, "hours_min"), _row(context, "hours_max"), asked["low"], asked["high"], NOT_VAGUE


def _pay(context: Context, check: Check) -> Numbers:
    return _numbers(_row(context, "pay_wished"), _only(check))


def _only(check: Check) -> int:
    """The number of a check that has but one."""
    ((_, number),) = check.numbers
    return number


def _row(context: Context, code: str) -> int:
    return context.people.vocabulary.index.get(code, UNTOLD)


RULES: Mapping[Rule, tuple[int, Callable[[Context, Check], Numbers]]] = {
    criteria.capability: (THRESHOLD, _capability),
    criteria.limit: (THRESHOLD, _said),
    criteria.contract: (THRESHOLD, _said),
    criteria.right_to_work: (THRESHOLD, _valid),
    criteria.reserved_public: (THRESHOLD, _eligible),
    criteria.level: (THRESHOLD, _level),
    criteria.load: (THRESHOLD, _load),
    criteria.skill: (SKILL, _skill),
    fit_occupation.experience: (EXPERIENCE, _experience),
    fit_occupation.occupation: (OCCUPATION, _nothing),
    fit_occupation.words: (WORDS, _nothing),
    travel: (TRAVEL, _nothing),
    schedule: (SCHEDULE, _nothing),
    criteria.start: (START, _start),
    criteria.hours: (HOURS, _hours),
    criteria.pay: (PAY, _pay),
}
"""The rules that have a compiled form: which one, and the numbers it is given."""


def has_compiled_form(context: Context, checks: Sequence[Check]) -> bool:
    """Whether the compiled pass knows every rule asked; it reads facts, so that there must be some."""
    return len(context.people.vocabulary) > 0 and all(check.rule in RULES for check in checks)


def columns_of(context: Context) -> Columns:
    """The people of a context, as they lie in memory."""
    people = context.people
    told = np.zeros(0, np.int8) if context.eligible is None else np.require(context.eligible, np.int8, ("C", "W"))
    return Columns._make([*people.raw(Columns._fields[:-1]), told])


def plan_of(context: Context, checks: Sequence[Check]) -> Plan:
    """The plan of an offer. KeyError when a rule has no compiled form."""
    offer, places = context.offer, context.places
    words, worth = _words(context)
    lacks = lacks_of(context, checks)
    steps = _steps(context, checks, lacks)
    screened = screening(checks, lacks)
    return Plan(
        decided=_decided(context),
        steps=steps,
        screen=steps[screened],
        thresholds=sum(RULES[checks[position].rule][0] == THRESHOLD for position in screened),
        # Plain integers, whatever kind of number was given: of another type, the pass would be compiled again.
        title=int(offer.title),
        levels=context.occupations.level_table(offer.rome),
        words=words,
        word_worth=worth,
        places=np.array([_place(place) for place in places], PLACE),
        networks=np.array([place.network for place in places], np.uint64),
        unplaced=bool(context.unplaced),
        need=np.array(offer.windows, np.uint64),
        start=int(context.start),
        today=int(context.today),
        lift_days=int(context.lift_days),
    )


_NO_RULE = (WORDS + 1, None)
_LAST = WORDS + 2
Lack = tuple[int, int]
"""Status of who has not what a check asks, and days it takes to lift."""


def lacks_of(context: Context, checks: Sequence[Check]) -> list[Lack]:
    """What lacking each thing asked is."""
    remedy = context.policy.remedy
    return [when_missing(check.importance, remedy(*check.lifts))[:2] for check in checks]


def screening(checks: Sequence[Check], lacks: Sequence[Lack]) -> list[int]:
    """Positions of the checks that can put somebody in another tier than the first, in the order that spares most:
    a single fact before the rest, what blocks before what lifts, the cheapest first, the unknown rules last."""

    def cost(position: int) -> int:
        kind, _ = RULES.get(checks[position].rule, _NO_RULE)
        return kind if kind == THRESHOLD or lacks[position][0] == BLOCKING else kind + _LAST

    return sorted((i for i, check in enumerate(checks) if check.importance is not Importance.DESIRABLE), key=cost)


def _steps(context: Context, checks: Sequence[Check], lacks: Sequence[Lack]) -> Array:
    policy, lift_days = context.policy, context.lift_days
    steps = []
    for check, (missing, delay), share in zip(checks, lacks, shares_of(checks, policy), strict=True):
        kind, numbers = RULES[check.rule]
        worth, cost = share, 0.0
        if check.importance is Importance.ESSENTIAL:
            cost = share * policy.cost(check.criterion)
        else:
            worth = share * check.factor(policy)
        tier = tier_of(missing, delay > lift_days)
        steps.append((kind, POSITION[check.criterion], *numbers(context, check), tier, worth, cost))
    return np.array(steps, STEP)


def _words(context: Context) -> tuple[Array, Array]:
    asked, worth = word_worth(context.people, context.offer.words)
    places = np.zeros(WORD_IDS, np.uint16)
    places[asked] = np.arange(1, len(asked) + 1)
    return places, np.concatenate([np.zeros(1), worth])


def _place(place: Place) -> tuple[float, float, float, float]:
    lat, lon = radians(place.lat), radians(place.lon)
    return lat, lon, cos(lat), place.radius_km


def _decided(context: Context) -> Decided:
    """Worked out once for all the offers to come."""
    kept = context.policy.worked_out
    vocabulary = context.people.vocabulary
    if vocabulary not in kept:
        kept[vocabulary] = _work_out(context)
    return cast(Decided, kept[vocabulary])


def _work_out(context: Context) -> Decided:
    policy = context.policy
    factors = (*(policy.goal_decay**position for position in range(GOALS)), policy.experience_closeness)
    return Decided(
        modes=_modes(context),
        closeness=np.multiply.outer(factors, policy.closeness_of_levels),
        met_level=int(policy.occupation_met_level),
        family_level=int(OccupationLevel.SAME_FAMILY),
        partly_share=float(policy.experience_partly_share),
        words_met_share=fit_occupation.WORDS_MET_SHARE,
        start_grace=int(policy.start_grace_days),
        hours_grace=int(policy.hours_grace_minutes),
        pay_limit=1.0 + policy.pay_grace,
        schedule_share=float(policy.schedule_partly_share),
        spread=-float(policy.spread_lambda) * policy.spread_scale,
        logs=_logs(),
    )


def _modes(context: Context) -> Modes:
    policy = context.policy
    speed, range_km = policy.speed_of_modes, policy.range_of_modes
    return Modes(
        speed=speed,
        range_km=range_km,
        farthest=float(range_km[speed > 0].max(initial=0.0)),
        fact=np.array([_row(context, f"mode_{mode}") for mode in MODES], np.int64),
        networks=np.array(policy.network_speeds, np.float64),
        lent=np.array(list(_lent(context)), np.int64).reshape(-1, 3),
        earth_km=EARTH_KM,
        detour=float(policy.detour),
        usual_minutes=float(policy.default_travel_minutes),
        longest=max(1.0, 2.0 * policy.default_travel_minutes),
        cost=float(policy.travel_time_cost),
    )


def _lent(context: Context) -> Iterator[tuple[int, int, int]]:
    for code, mode, needs in LENT:
        remedy = context.policy.remedy(code)
        if remedy is not None:
            yield MODES.index(mode), _row(context, needs) if needs else ANYBODY, lent_delay(remedy)


@lru_cache(maxsize=1)
def _logs() -> Array:
    """log(1 + k) for every count of open proposals an int16 can hold."""
    return np.log1p(np.arange(1 << 15, dtype=np.float64))
