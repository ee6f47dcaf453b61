"""What each criterion says, case by case."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from matching.engine import (
    YES_FACT,
    OccupationLevel,
    Offer,
    PersonMatch,
    PersonRecord,
    Place,
    Policy,
    Remedy,
    Requirement,
    explain,
)
from matching.engine.criteria import LIMIT_CODES
from matching.reference.embedded import load_embedded
from matching.terms import Criterion, Importance, MatchStatus, RequirementKind, Tier, TravelMode
from tests.engine import worlds

TODAY, START = worlds.TODAY, worlds.TODAY + 30
MET, PARTLY, UNKNOWN = MatchStatus.MET, MatchStatus.PARTLY, MatchStatus.UNKNOWN
LIFTABLE, BLOCKING = MatchStatus.LIFTABLE, MatchStatus.BLOCKING
NANTES = Place(47.218, -1.554, radius_km=4.5, network=1)
KM_NORTH = 1 / (6371.0088 * 3.141592653589793 / 180 * 1.3)
REMEDIES = Policy(remedies={"haccp": Remedy("training", 20), "licence_b": Remedy("aid", 200)})
OFFICE_DAY = 0xFFFF0000  # 8 h to 16 h


def look(
    facts: dict[str, int] | None = None, policy: Policy = REMEDIES, offer: dict[str, Any] | None = None, **person: Any
) -> PersonMatch:
    asked = {"id": 1, "start_day": START, "needs_right_to_work": False, **(offer or {})}
    record = PersonRecord(id=1, facts={"available_from": TODAY, **(facts or {})}, **person)
    people = worlds.people_of([record])
    return explain(people, Offer(**asked), policy, 1, today=TODAY, seed=1, occupations=worlds.occupations())


def asks(code: str, importance: Importance = Importance.ESSENTIAL) -> dict[str, Any]:
    return {"requirements": (Requirement(RequirementKind.CAPABILITY, code, importance=importance),)}


@pytest.mark.parametrize(
    ("code", "importance", "fact", "status", "tier"),
    [
        ("haccp", Importance.ESSENTIAL, YES_FACT, MET, Tier.CLEAR),
        ("haccp", Importance.ESSENTIAL, START, MET, Tier.CLEAR),
        ("haccp", Importance.ESSENTIAL, START - 1, LIFTABLE, Tier.LIFTABLE_IN_TIME),
        ("haccp", Importance.ESSENTIAL, 0, LIFTABLE, Tier.LIFTABLE_IN_TIME),
        ("haccp", Importance.ESSENTIAL, None, UNKNOWN, Tier.CLEAR),
        ("licence_b", Importance.ESSENTIAL, 0, LIFTABLE, Tier.LIFTABLE_LATE),
        ("caces_r489_3", Importance.ESSENTIAL, 0, BLOCKING, Tier.BLOCKED),
        ("caces_r489_3", Importance.TRAINABLE, 0, LIFTABLE, Tier.LIFTABLE_IN_TIME),
        ("caces_r489_3", Importance.DESIRABLE, 0, PARTLY, Tier.CLEAR),
        ("caces_r489_3", Importance.DESIRABLE, None, UNKNOWN, Tier.CLEAR),
    ],
)
def test_certificates(code: str, importance: Importance, fact: int | None, status: MatchStatus, tier: Tier) -> None:
    match = look({} if fact is None else {code: fact}, offer=asks(code, importance))
    assert (match.statuses[Criterion.CERTIFICATES], match.tier) == (status, tier)


def test_a_liftable_requirement_says_its_remedy_and_shows_both_facts() -> None:
    match = look({"haccp": START - 1}, offer=asks("haccp"))
    result = next(r for r in match.requirements if r.code == "haccp")
    assert (result.code, result.fact, result.remedy_id, result.delay_days) == ("haccp", START - 1, "training", 20)
    assert match.delay_days == 20
    assert match.summary[LIFTABLE] == 1


def test_an_essential_unknown_costs_visibly_and_a_desirable_one_nothing() -> None:
    essential = look(offer=asks("haccp"))
    desirable = look(offer=asks("haccp", Importance.DESIRABLE))
    weight = REMEDIES.weights[Criterion.CERTIFICATES]
    assert essential.parts["certificates"] == pytest.approx(-0.25 * weight)
    assert essential.unknown_costs == {"certificates": pytest.approx(0.25 * weight)}
    assert (desirable.parts["certificates"], desirable.unknown_costs) == (0.0, {})


@pytest.mark.parametrize(
    ("facts", "km", "status", "mode"),
    [
        ({"mode_walk": YES_FACT}, 2.9, MET, TravelMode.WALK),
        ({"mode_bicycle": 60, "mode_walk": 60}, 2, MET, TravelMode.BICYCLE),
        ({"mode_car": 30}, 20, MET, TravelMode.CAR),
        ({"mode_car": 20}, 16, UNKNOWN, None),  # 21 minutes: within the size of the communes
        ({"mode_car": 20}, 30, BLOCKING, None),
        ({"mode_walk": 60}, 30, UNKNOWN, None),  # nobody asked about a car
        ({"mode_public_transport": 60}, 10, MET, TravelMode.PUBLIC_TRANSPORT),
        ({"mode_lift": 60}, 20, UNKNOWN, None),
        ({}, 200, BLOCKING, None),
    ],
)
def test_travel(facts: dict[str, int], km: float, status: MatchStatus, mode: TravelMode | None) -> None:
    modes = dict.fromkeys(worlds.MODES, 0)
    if status is UNKNOWN and "mode_walk" in facts:
        del modes["mode_car"]
    home: dict[str, Any] = {"lat": NANTES.lat + km * KM_NORTH, "lon": NANTES.lon, "network": 1}
    match = look({**modes, **facts}, offer={"places": (NANTES,)}, **home)
    assert match.statuses[Criterion.TRAVEL] is status
    assert match.travel is not None
    assert match.travel.mode is mode
    assert match.travel.km == pytest.approx(km, rel=1e-3)


def test_travel_without_a_common_network_or_a_home_is_a_question() -> None:
    modes = dict.fromkeys(worlds.MODES, 0) | {"mode_public_transport": 60}
    home: dict[str, Any] = {"lat": NANTES.lat + 10 * KM_NORTH, "lon": NANTES.lon, "network": 2}
    assert look(modes, offer={"places": (NANTES,)}, **home).statuses[Criterion.TRAVEL] is UNKNOWN
    assert look(modes, offer={"places": (NANTES,)}).statuses[Criterion.TRAVEL] is UNKNOWN


@pytest.mark.parametrize(
    ("speeds", "network", "minutes"),
    [
        ((), 3, 40),
        ((24.0,), 3, 30),
        ((24.0,), 2, 40),
        ((24.0, 36.0), 3, 20),
        ((12.0, 36.0), 1, 60),
        ((36.0, 24.0), 3, 20),
    ],
)
def test_a_bus_goes_at_the_speed_of_the_best_common_network(
    speeds: tuple[float, ...], network: int, minutes: float
) -> None:
    policy = Policy(network_speeds=speeds)
    modes = dict.fromkeys(worlds.MODES, 0) | {"mode_public_transport": 61}
    home: dict[str, Any] = {"lat": NANTES.lat + 12 * KM_NORTH, "lon": NANTES.lon, "network": network}
    match = look(modes, policy, {"places": (replace(NANTES, network=3),)}, **home)
    assert match.travel is not None
    assert match.travel.minutes == pytest.approx(minutes, rel=1e-3)
    # A car knows nothing of it.
    car = look(dict.fromkeys(worlds.MODES, 0) | {"mode_car": 60}, policy, {"places": (NANTES,)}, **home)
    assert car.travel is not None
    assert car.travel.minutes == pytest.approx(16, rel=1e-3)


@pytest.mark.parametrize("code", sorted(worlds.FLAGS))
def test_a_flag_of_the_schedule_asks_its_limit_once(code: str) -> None:
    asked = {"flags": frozenset({code}), **asks(code)}
    limits = [reason for reason in look({code: 0}, offer=asked).requirements if reason.criterion is Criterion.LIMITS]
    assert [(reason.code, reason.status) for reason in limits] == [(code, BLOCKING)]


def test_the_limits_are_those_of_the_registry() -> None:
    registry = {kind.code for kind in load_embedded().fact_kinds if kind.group == "limit"}
    assert registry == LIMIT_CODES
    for code in sorted(registry & set(worlds.CODES) - {"max_load"}):
        statuses = look({code: 0}, offer=asks(code)).statuses
        assert (statuses[Criterion.LIMITS], statuses[Criterion.CERTIFICATES]) == (BLOCKING, MatchStatus.NOT_ASKED), code


def test_the_weights_sum_to_one_and_are_those_of_the_reference() -> None:
    embedded = {row.criterion: row.weight for row in load_embedded().criteria}
    assert embedded == {criterion.value: Policy().weight(criterion) for criterion in Criterion}
    assert math.fsum(embedded.values()) == pytest.approx(1.0, abs=1e-12)


def test_a_vehicle_lent_reaches_only_with_the_licence() -> None:
    policy = Policy(remedies={"vehicle": Remedy("loan", 10)})
    modes = dict.fromkeys(worlds.MODES, 0)
    home: dict[str, Any] = {"lat": NANTES.lat + 20 * KM_NORTH, "lon": NANTES.lon}
    offer = {"places": (NANTES,)}
    with_licence = look({**modes, "licence_b": YES_FACT}, policy, offer, **home)
    assert with_licence.statuses[Criterion.TRAVEL] is LIFTABLE
    assert with_licence.delays == {Criterion.TRAVEL: 10}
    assert look(modes, policy, offer, **home).statuses[Criterion.TRAVEL] is BLOCKING


@pytest.mark.parametrize(
    ("can", "cannot", "status"),
    [
        (OFFICE_DAY, 0, MET),
        (0, 0, UNKNOWN),
        (OFFICE_DAY, 1 << 16, PARTLY),  # half an hour in eight: 6 %
        (OFFICE_DAY, 0xF << 16, BLOCKING),
        (0, 0xF << 16, BLOCKING),
        (0, 1 << 16, UNKNOWN),
    ],
)
def test_schedule(can: int, cannot: int, status: MatchStatus) -> None:
    windows = (OFFICE_DAY, 0, 0, 0, 0, 0, 0)
    week, closed = (can, *[0] * 6), (cannot, *[0] * 6)
    match = look(offer={"windows": windows}, can=week, cannot=closed)
    assert match.statuses[Criterion.SCHEDULE] is status
    assert match.schedule is not None
    assert match.schedule.missing[0] == cannot
    assert match.schedule.unknown[0] == OFFICE_DAY & ~can & ~cannot
    childcare = Policy(remedies={"childcare": Remedy("childcare", 25)})
    lifted = look(policy=childcare, offer={"windows": windows}, can=week, cannot=closed)
    assert lifted.statuses[Criterion.SCHEDULE] is (LIFTABLE if status is BLOCKING else status)


@pytest.mark.parametrize(
    ("free", "status", "tier"),
    [
        (START, MET, Tier.CLEAR),
        (START + 14, PARTLY, Tier.CLEAR),
        (START + 15, LIFTABLE, Tier.LIFTABLE_LATE),
        (YES_FACT, MET, Tier.CLEAR),
    ],
)
def test_start(free: int, status: MatchStatus, tier: Tier) -> None:
    match = look({"available_from": free})
    assert (match.statuses[Criterion.START], match.tier) == (status, tier)


@pytest.mark.parametrize(
    ("facts", "offer", "criterion", "status"),
    [
        ({"hours_min": 1200, "hours_max": 2100}, {"weekly_minutes_min": 2100}, Criterion.CONTRACT, MET),
        ({"hours_min": 1200, "hours_max": 2000}, {"weekly_minutes_min": 2100}, Criterion.CONTRACT, PARTLY),
        ({"hours_min": 600, "hours_max": 1200}, {"weekly_minutes_min": 2100}, Criterion.CONTRACT, BLOCKING),
        ({"hours_min": 2100, "hours_max": 2100}, {"weekly_minutes_min": 600}, Criterion.CONTRACT, PARTLY),
        ({"hours_max": 2100}, {"weekly_minutes_min": 2100}, Criterion.CONTRACT, UNKNOWN),
        ({"contract_permanent": 0}, {"contract": "permanent"}, Criterion.CONTRACT, BLOCKING),
        ({}, {"contract": "permanent"}, Criterion.CONTRACT, UNKNOWN),
        ({"pay_wished": 1200}, {"pay_cents": 1200}, Criterion.PAY, MET),
        ({"pay_wished": 1250}, {"pay_cents": 1200}, Criterion.PAY, PARTLY),
        ({"pay_wished": 3000}, {"pay_cents": 1200}, Criterion.PAY, PARTLY),
        ({"night": 0}, {"flags": frozenset({"night"})}, Criterion.LIMITS, BLOCKING),
        ({"weekend": YES_FACT}, {"flags": frozenset({"weekend"})}, Criterion.LIMITS, MET),
        ({"right_to_work": START - 1}, {"needs_right_to_work": True}, Criterion.RIGHT_TO_WORK, BLOCKING),
        ({"right_to_work": START}, {"needs_right_to_work": True}, Criterion.RIGHT_TO_WORK, MET),
        ({}, {"reserved": True}, Criterion.RESERVED_PUBLIC, UNKNOWN),
    ],
)
def test_terms_of_the_job(
    facts: dict[str, int], offer: dict[str, Any], criterion: Criterion, status: MatchStatus
) -> None:
    assert look(facts, offer=offer).statuses[criterion] is status


@pytest.mark.parametrize(
    ("goal", "title", "level", "status"),
    [
        (7, 3, OccupationLevel.SAME_TITLE, MET),
        (7, -1, OccupationLevel.SAME_CODE, MET),
        (8, -1, OccupationLevel.SAME_FAMILY, MET),
        (2, -1, OccupationLevel.EVOLUTION, PARTLY),
        (9, -1, OccupationLevel.SHARED_SKILLS, PARTLY),
        (6, -1, OccupationLevel.SAME_LETTER, PARTLY),
        (1, -1, OccupationLevel.NONE, BLOCKING),
    ],
)
def test_occupation(goal: int, title: int, level: OccupationLevel, status: MatchStatus) -> None:
    match = look(offer={"rome": 7, "title": 3}, goals=[(goal, title)])
    assert match.occupation is not None
    assert (match.occupation.level, match.statuses[Criterion.OCCUPATION]) == (level, status)
    assert match.tier is (Tier.BLOCKED if status is BLOCKING else Tier.CLEAR)


def test_occupation_prefers_the_first_goal_and_says_where_it_comes_from() -> None:
    first = look(offer={"rome": 7}, goals=[(7, -1), (1, -1)])
    second = look(offer={"rome": 7}, goals=[(1, -1), (7, -1)])
    worked = look(offer={"rome": 7}, experience=[(7, 12)])
    assert first.fit > second.fit > worked.fit
    assert worked.occupation is not None
    assert (worked.occupation.source, worked.occupation.position, worked.occupation.rome) == ("experience", 0, 7)
    assert look(offer={"rome": 7}).statuses[Criterion.OCCUPATION] is UNKNOWN


def test_each_open_proposal_steps_back_a_little() -> None:
    fits = [look(open_proposals=count).fit for count in (0, 1, 5)]
    assert fits == sorted(fits, reverse=True)
    assert len(set(fits)) == 3
    even = replace(REMEDIES, spread_lambda=0.0)
    assert look(policy=even).fit == look(policy=even, open_proposals=5).fit
