"""The ranking written plainly: one person, one offer, one criterion at a time. Slow and easy to read.

Shares with the engine only its inputs (records, offers, policy).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from matching.engine import YES_FACT, OccupationLevel, Offer, PersonRecord, Place, Policy, Remedy, Requirement
from matching.terms import Criterion, Importance, MatchStatus, RequirementKind, TravelMode
from tests.engine import worlds

MET, PARTLY, UNKNOWN = MatchStatus.MET, MatchStatus.PARTLY, MatchStatus.UNKNOWN
LIFTABLE, BLOCKING = MatchStatus.LIFTABLE, MatchStatus.BLOCKING
LIMITS = [
    "night",
    "weekend",
    "split",
    "2x8",
    "3x8",
    "variable",
    "standing",
    "driving_ok",
    "height_ok",
    "outdoor_ok",
    "cold_ok",
]
SEVERITY = [MatchStatus.NOT_ASKED, MET, PARTLY, UNKNOWN, LIFTABLE, BLOCKING]


@dataclass
class Answer:
    criterion: Criterion
    importance: Importance
    status: MatchStatus
    value: float = 0.0
    delay: int = 0


@dataclass
class Plain:
    person: PersonRecord
    offer: Offer
    policy: Policy
    everybody: Sequence[PersonRecord]
    eligible: int = -1
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = worlds.TODAY if self.offer.start_day is None else self.offer.start_day
        self._ask()

    # --- results ---

    @property
    def tier(self) -> int:
        days = 10**6 if self.offer.start_day is None else max(0, self.offer.start_day - worlds.TODAY)
        if any(a.status is BLOCKING for a in self.answers):
            return 3
        lifts = [a for a in self.answers if a.status is LIFTABLE]
        if any(a.delay > days for a in lifts):
            return 2
        return 1 if lifts else 0

    def status(self, criterion: Criterion) -> MatchStatus:
        found = [a.status for a in self.answers if a.criterion is criterion]
        return max(found, key=SEVERITY.index, default=MatchStatus.NOT_ASKED)

    def part(self, criterion: Criterion) -> float:
        found = [a for a in self.answers if a.criterion is criterion]
        factors = {
            Importance.ESSENTIAL: 1.0,
            Importance.TRAINABLE: self.policy.trainable_factor,
            Importance.DESIRABLE: self.policy.desirable_factor,
        }
        total = 0.0
        for answer in found:
            total += answer.value * factors[answer.importance]
            if answer.importance is Importance.ESSENTIAL and answer.status is UNKNOWN:
                total -= self.policy.unknown_cost[criterion]
        return self.policy.weights[criterion] * total / len(found) if found else 0.0

    @property
    def spread(self) -> float:
        return -self.policy.spread_lambda * self.policy.spread_scale * math.log(1 + self.person.open_proposals)

    # --- questions ---

    def fact(self, code: str) -> int | None:
        return self.person.facts.get(code)

    def say(self, criterion: Criterion, importance: Importance, yes: bool | None, remedy: Remedy | None = None) -> None:
        if yes:
            self.answers.append(Answer(criterion, importance, MET, 1.0))
        elif yes is None:
            self.answers.append(Answer(criterion, importance, UNKNOWN))
        elif importance is Importance.DESIRABLE:
            self.answers.append(Answer(criterion, importance, PARTLY))
        elif importance is Importance.TRAINABLE:
            self.answers.append(Answer(criterion, importance, LIFTABLE))
        elif remedy:
            self.answers.append(Answer(criterion, importance, LIFTABLE, 0.0, remedy.delay_days))
        else:
            self.answers.append(Answer(criterion, importance, BLOCKING))

    def remedy(self, *keys: str) -> Remedy | None:
        for key in keys:
            if key in self.policy.remedies:
                return self.policy.remedies[key]
        return None

    def _ask(self) -> None:
        essential, offer = Importance.ESSENTIAL, self.offer
        if offer.rome >= 0:
            self._occupation()
        if offer.words:
            self._words()
        if offer.places:
            self._travel()
        if any(offer.windows):
            self._schedule()
        if offer.start_day is not None:
            self._start()
        if offer.contract:
            code = f"contract_{offer.contract}"
            yes = None if self.fact(code) is None else self.fact(code) != 0
            self.say(Criterion.CONTRACT, essential, yes, self.remedy(code, "contract"))
        if offer.weekly_minutes_min or offer.weekly_minutes_max:
            self._hours()
        if offer.pay_cents is not None:
            self._pay(offer.pay_cents)
        asked_by_flags = [
            code for code in ("night", "weekend", "split", "2x8", "3x8", "variable") if code in offer.flags
        ]
        for code in asked_by_flags:
            yes = None if self.fact(code) is None else self.fact(code) != 0
            self.say(Criterion.LIMITS, essential, yes, self.remedy(code, "limits"))
        if offer.needs_right_to_work:
            self.say(Criterion.RIGHT_TO_WORK, essential, self.valid("right_to_work"), self.remedy("right_to_work"))
        if offer.reserved:
            self.say(Criterion.RESERVED_PUBLIC, essential, {1: True, 0: False, -1: None}[self.eligible])
        for requirement in offer.requirements:
            if requirement.code not in asked_by_flags:
                self._requirement(requirement)

    def valid(self, code: str) -> bool | None:
        fact = self.fact(code)
        return None if fact is None else fact > 0 and fact >= self.start

    def _requirement(self, asked: Requirement) -> None:
        kind, code = asked.kind, asked.code
        if kind is RequirementKind.SKILL:
            values = [value for skill, value in self.person.skills if skill == asked.index]
            yes = None if not values else any(values)
            remedy = self.remedy(f"skill:{asked.index}", "skills")
            self.say(Criterion.SKILLS, asked.importance, yes, remedy)
        elif kind is RequirementKind.EXPERIENCE:
            self._experience(asked)
        elif kind is RequirementKind.LOAD:
            fact = self.fact("max_load")
            yes = None if fact is None else fact >= asked.amount
            self.say(Criterion.LIMITS, asked.importance, yes, self.remedy("max_load", "limits"))
        elif kind is RequirementKind.CAPABILITY and code in LIMITS:
            yes = None if self.fact(code) is None else self.fact(code) != 0
            self.say(Criterion.LIMITS, asked.importance, yes, self.remedy(code, "limits"))
        elif kind is RequirementKind.CAPABILITY:
            criterion = Criterion.VEHICLE if code == "vehicle" else Criterion.CERTIFICATES
            self.say(criterion, asked.importance, self.valid(code), self.remedy(code, criterion))
        else:
            self._level(asked)

    def _level(self, asked: Requirement) -> None:
        fact = self.fact(asked.kind.value)
        yes = None if fact is None or fact == YES_FACT else fact >= asked.amount
        if asked.amount == 0:
            yes = True
        if asked.kind is RequirementKind.DEGREE:
            self.say(Criterion.EXPERIENCE, asked.importance, yes, self.remedy("degree"))
        else:
            self.say(Criterion.LANGUAGE, asked.importance, yes, self.remedy(asked.kind.value, "language"))

    def _experience(self, asked: Requirement) -> None:
        done = self.person.experience[:8]
        near = [m for rome, m in done if level(rome, self.offer.rome) >= OccupationLevel.SAME_FAMILY]
        total = sum(months for months in near if months > 0)
        vague = not done or any(months < 0 for months in near)
        if total < asked.amount and not vague and total >= asked.amount / 2:
            share = total / asked.amount * 0.9
            self.answers.append(Answer(Criterion.EXPERIENCE, asked.importance, PARTLY, share))
            return
        yes = True if total >= asked.amount else None if vague else False
        self.say(Criterion.EXPERIENCE, asked.importance, yes, self.remedy("experience"))

    def _occupation(self) -> None:
        values = [(0.0, 0)]
        known = False
        for position, (rome, title) in enumerate(self.person.goals[:5]):
            known = known or rome >= 0 or title >= 0
            step = level(rome, self.offer.rome)
            if self.offer.title >= 0 and title == self.offer.title:
                step = OccupationLevel.SAME_TITLE
            values.append((self.policy.closeness[step] * self.policy.goal_decay**position, int(step)))
        for rome, _ in self.person.experience[:8]:
            known = True
            step = level(rome, self.offer.rome)
            values.append((self.policy.closeness[step] * self.policy.experience_closeness, int(step)))
        value, step_ = max(values, key=lambda pair: pair[0])
        if step_ >= OccupationLevel.SAME_FAMILY:
            status = MET
        elif step_ > 0:
            status = PARTLY
        else:
            status = BLOCKING if known else UNKNOWN
        self.answers.append(Answer(Criterion.OCCUPATION, Importance.ESSENTIAL, status, value))

    def _words(self) -> None:
        documents = Counter(word for person in self.everybody for word in set(person.words))
        asked = set(self.offer.words)
        square = {w: (math.log((1 + len(self.everybody)) / (1 + documents[w])) + 0.1) ** 2 for w in asked}
        share = sum(square[w] for w in asked & set(self.person.words)) / sum(square.values())
        status = MET if share >= 0.5 else PARTLY if self.person.words else UNKNOWN
        self.answers.append(Answer(Criterion.WORDS, Importance.DESIRABLE, status, share))

    def _schedule(self) -> None:
        needed = missing = unknown = 0
        for need, can, cannot in zip(self.offer.windows, self.person.can, self.person.cannot, strict=True):
            for bit in range(48):
                if need >> bit & 1:
                    needed += 1
                    missing += cannot >> bit & 1
                    unknown += not (cannot >> bit & 1) and not (can >> bit & 1)
        share = missing / needed
        if 0 < share <= 0.1 and not unknown:
            self.answers.append(Answer(Criterion.SCHEDULE, Importance.ESSENTIAL, PARTLY, (1 - share) * 0.9))
            return
        yes = False if share > 0.1 else None if unknown else True
        self.say(Criterion.SCHEDULE, Importance.ESSENTIAL, yes, self.remedy("schedule", "childcare"))

    def _start(self) -> None:
        free = self.fact("available_from")
        essential = Importance.ESSENTIAL
        if free is None or free in (0, YES_FACT) or free <= self.start:
            yes = None if free is None else free > 0
            self.say(Criterion.START, essential, yes, self.remedy("available_from", "start"))
        elif free - self.start <= 14:
            value = 1 - (free - self.start) / 28
            self.answers.append(Answer(Criterion.START, essential, PARTLY, value))
        else:
            self.answers.append(Answer(Criterion.START, essential, LIFTABLE, 0.0, free - worlds.TODAY))

    def _hours(self) -> None:
        low = self.offer.weekly_minutes_min or self.offer.weekly_minutes_max or 0
        high = self.offer.weekly_minutes_max or low
        fewest, most = self.fact("hours_min"), self.fact("hours_max")
        too_long = max(0, low - most) if most is not None else 0
        too_short = max(0, fewest - high) if fewest is not None and fewest != YES_FACT else 0
        gap = max(too_long, too_short)
        essential = Importance.ESSENTIAL
        if too_long > 150:
            self.say(Criterion.CONTRACT, essential, False, self.remedy("hours", "hours_max"))
        elif fewest is None or most is None:
            self.say(Criterion.CONTRACT, essential, None)
        elif gap:
            self.answers.append(Answer(Criterion.CONTRACT, essential, PARTLY, max(0, 1 - gap / low) * 0.9))
        else:
            self.say(Criterion.CONTRACT, essential, True)

    def _pay(self, offered: int) -> None:
        wished = self.fact("pay_wished")
        if wished is None:
            answer = Answer(Criterion.PAY, Importance.DESIRABLE, UNKNOWN)
        elif wished == YES_FACT or wished <= offered:
            answer = Answer(Criterion.PAY, Importance.DESIRABLE, MET, 1.0)
        else:
            close = wished <= offered * 1.05
            answer = Answer(Criterion.PAY, Importance.DESIRABLE, PARTLY, 0.5 if close else 0.0)
        self.answers.append(answer)

    def _travel(self) -> None:
        essential = Importance.ESSENTIAL
        if math.isnan(self.person.lat) or math.isnan(self.person.lon):
            self.answers.append(Answer(Criterion.TRAVEL, essential, UNKNOWN))
            return
        sure: list[float] = []
        doubtful = any(math.isnan(place.lat) or math.isnan(place.lon) for place in self.offer.places)
        delays: list[int] = []
        for place in self.offer.places:
            km = 1.3 * crow_flies_km(self.person, place)
            for mode, parameters in self.policy.modes.items():
                fact = self.fact(f"mode_{mode}")
                most = fact if fact and fact != YES_FACT else 60
                speed = self._speed(mode, place)
                minutes = km / speed * 60
                margin = self.person.radius_km + place.radius_km
                inside = km <= parameters.range_km and minutes <= most
                near = km <= parameters.range_km + margin
                near = near and minutes <= most + margin / speed * 60
                certain = mode is not TravelMode.LIFT
                if mode is TravelMode.PUBLIC_TRANSPORT:
                    certain = bool(self.person.network & place.network)
                if fact and inside and certain:
                    sure.append(minutes)
                elif fact != 0 and near:
                    doubtful = True
                delays += self._lent(mode, inside)
        if sure:
            value = 1 - 0.4 * min(1, min(sure) / 120)
            self.answers.append(Answer(Criterion.TRAVEL, essential, MET, value))
        elif doubtful:
            self.answers.append(Answer(Criterion.TRAVEL, essential, UNKNOWN))
        elif delays:
            self.answers.append(Answer(Criterion.TRAVEL, essential, LIFTABLE, 0.0, min(delays)))
        else:
            self.answers.append(Answer(Criterion.TRAVEL, essential, BLOCKING))

    def _speed(self, mode: TravelMode, place: Place) -> float:
        common = self.person.network & place.network
        own = [speed for bit, speed in enumerate(self.policy.network_speeds) if common & (1 << bit)]
        return max(own) if own and mode is TravelMode.PUBLIC_TRANSPORT else self.policy.modes[mode].speed_kmh

    def _lent(self, mode: TravelMode, inside: bool) -> list[int]:
        codes = {
            TravelMode.BICYCLE: ("mode_bicycle",),
            TravelMode.MOPED: ("mode_moped",),
            TravelMode.CAR: ("mode_car", "licence_b", "travel"),
        }.get(mode, ())
        if mode is TravelMode.CAR and self.fact("licence_b"):
            codes = (*codes, "vehicle")
        found = [self.remedy(code) for code in codes]
        return [remedy.delay_days for remedy in found if remedy and inside]


def level(rome: int, job: int) -> OccupationLevel:
    """Closeness of two occupations of the invented world, by the order of the specification."""
    if rome < 0 or job < 0:
        return OccupationLevel.NONE
    one, other = worlds.ROMES[rome], worlds.ROMES[job]
    skills = [{s for r, s in worlds.SHARED if r == end} for end in (rome, job)]
    shared = len(skills[0] & skills[1])
    pair = {(rome, job), (job, rome)}
    if rome == job:
        return OccupationLevel.SAME_CODE
    if worlds.FAMILIES[rome] == worlds.FAMILIES[job]:
        return OccupationLevel.SAME_FAMILY
    if pair & set(worlds.CLOSE):
        return OccupationLevel.CLOSE
    if pair & set(worlds.EVOLUTION):
        return OccupationLevel.EVOLUTION
    if shared and shared / len(skills[0] | skills[1]) >= 0.2:
        return OccupationLevel.SHARED_SKILLS
    if one[:3] == other[:3]:
        return OccupationLevel.SAME_DOMAIN
    return OccupationLevel.SAME_LETTER if one[0] == other[0] else OccupationLevel.NONE


def crow_flies_km(person: PersonRecord, place: Place) -> float:
    """Spherical law of cosines: another formula than the engine's."""
    a, b = math.radians(person.lat), math.radians(place.lat)
    turn = math.radians(person.lon - place.lon)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return 6371.0088 * math.acos(min(cosine, 1.0))  # NaN stays NaN
