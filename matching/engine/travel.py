"""Travel: the best of the ways the person can move, to the best of the places of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.checks import LONGEST_DELAY, NO_REMEDY, Asked, Verdict
from matching.engine.facts import UNKNOWN_FACT, YES_FACT
from matching.engine.offer import Place, Places
from matching.engine.people import Selection
from matching.engine.policy import Policy, Remedy
from matching.engine.statuses import BLOCKING, LIFTABLE, MET, UNKNOWN
from matching.terms import TravelMode

Speed = float | npt.NDArray[np.float64]
"""In km/h: one for everybody, or one a person."""
EARTH_KM = 6371.0088
MODES = tuple(TravelMode)
TRAVEL_FACTS = frozenset({*(f"mode_{mode}" for mode in MODES), "licence_b"})
# A vehicle can be lent: the fact whose remedy brings it, and the mode it opens.
LENT = (
    ("mode_bicycle", TravelMode.BICYCLE, ""),
    ("mode_moped", TravelMode.MOPED, ""),
    ("vehicle", TravelMode.CAR, "licence_b"),
    ("mode_car", TravelMode.CAR, ""),
    ("licence_b", TravelMode.CAR, ""),
    ("travel", TravelMode.CAR, ""),
)


@dataclass
class _Best:
    """What is found so far for m people, improved in place."""

    minutes: npt.NDArray[np.float64]
    mode: npt.NDArray[np.int8]
    km: npt.NDArray[np.float64]
    open: npt.NDArray[np.bool_]
    delay: npt.NDArray[np.int16]
    remedy: npt.NDArray[np.int8]
    remedies: list[Remedy] = field(default_factory=list)


def travel(context: Asked, who: Selection) -> Verdict:
    """Met by a mode known and fast enough; unknown on the edge, or when only an unasked mode could reach, or when
    a place of work is not known; liftable when a vehicle that can be lent would reach; else blocking.

    Detail: `mode` (index in `TravelMode`, -1 none), `minutes` (of that mode, or the nearest place by car when
    none), `km` of road to the place.
    """
    m = len(who)
    best = _Best(
        np.full(m, np.inf),
        np.full(m, -1, np.int8),
        np.full(m, np.inf),
        np.zeros(m, np.bool_),
        np.full(m, LONGEST_DELAY, np.int16),
        np.full(m, NO_REMEDY, np.int8),
    )
    roads = [_look_at(place, context.policy, who, best) for place in context.places]
    if (best.mode < 0).any():
        for km in roads:
            _lend(km, context.policy, who, best)
    best.open |= context.unplaced
    return _verdict(context.policy, who, best)


def _look_at(place: Place | Places, policy: Policy, who: Selection, best: _Best) -> npt.NDArray[np.float64]:
    """Improve the best with the ways to a place; km of road to it."""
    km = distance_km(who.column("lat"), who.column("lon"), place) * policy.detour
    margin_km = who.column("radius_km").astype(np.float64) + place.radius_km
    shared: npt.NDArray[np.uint64] = np.bitwise_and(who.column("network"), np.asarray(place.network, np.uint64))
    best.km = np.fmin(best.km, km)
    for position, mode in enumerate(MODES):
        parameters = policy.modes.get(mode)
        if parameters is None or parameters.speed_kmh <= 0:
            continue
        fact = who.fact(f"mode_{mode}")
        speed: Speed = parameters.speed_kmh
        if mode is TravelMode.PUBLIC_TRANSPORT and policy.network_speeds:
            speed = _network_speed(shared, policy.network_speeds, parameters.speed_kmh)
        minutes = km * (60.0 / speed)
        reach, edge = _within(fact, km, speed, margin_km, parameters.range_km, policy)
        # A lift has still to be found; a bus outside a common network has still to be checked.
        sure = (fact > 0) & reach
        if mode is TravelMode.LIFT:
            sure = np.zeros_like(sure)
        elif mode is TravelMode.PUBLIC_TRANSPORT:
            sure &= shared != 0
        best.open |= (fact != 0) & edge & ~sure
        better = sure & (minutes < best.minutes)
        best.minutes = np.where(better, minutes, best.minutes)
        best.mode = np.where(better, np.int8(position), best.mode)
    return km


def _network_speed(
    shared: npt.NDArray[np.uint64], speeds: tuple[float, ...], otherwise: float
) -> npt.NDArray[np.float64]:
    """The fastest of the networks that serve both ends (their bits); the speed of the mode where none is known."""
    best = np.zeros(len(shared), np.float64)
    everywhere = int(np.bitwise_or.reduce(shared, initial=np.uint64(0)))
    for bit, speed in enumerate(speeds):
        if everywhere >> bit & 1:
            served = (shared & np.uint64(1 << bit)) != 0
            best = np.where(served, np.maximum(best, speed), best)
    return np.where(best > 0, best, otherwise)


def _within(
    fact: npt.NDArray[np.int16],
    km: npt.NDArray[np.float64],
    speed: Speed,
    margin_km: npt.NDArray[Any],
    range_km: float,
    policy: Policy,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Reached for sure, and reached with the size of the communes as benefit of the doubt."""
    given = (fact > 0) & (fact != YES_FACT)
    limit = np.where(given, fact, np.float64(policy.default_travel_minutes))
    minutes, margin_minutes = km * (60.0 / speed), margin_km * (60.0 / speed)
    reach = (km <= range_km) & (minutes <= limit)
    edge = (km <= range_km + margin_km) & (minutes <= limit + margin_minutes)
    return reach, edge


def _lend(km: npt.NDArray[np.float64], policy: Policy, who: Selection, best: _Best) -> None:
    """The soonest vehicle that could be lent and would reach."""
    for code, mode, needs in LENT:
        remedy, parameters = policy.remedy(code), policy.modes.get(mode)
        if remedy is None or parameters is None or parameters.speed_kmh <= 0:
            continue
        fact, nothing = who.fact(f"mode_{mode}"), np.zeros_like(km)
        reach, _ = _within(fact, km, parameters.speed_kmh, nothing, parameters.range_km, policy)
        if needs:
            reach &= who.fact(needs) > 0
        delay = lent_delay(remedy)
        sooner = reach & (delay < best.delay)
        if remedy not in best.remedies:
            best.remedies.append(remedy)
        best.delay = np.where(sooner, np.int16(delay), best.delay)
        best.remedy = np.where(sooner, np.int8(best.remedies.index(remedy)), best.remedy)


def lent_delay(remedy: Remedy) -> int:
    """Days before the vehicle is there."""
    return min(max(0, remedy.delay_days), LONGEST_DELAY - 1)


def _verdict(policy: Policy, who: Selection, best: _Best) -> Verdict:
    nowhere = np.isnan(who.column("lat")) | np.isnan(who.column("lon"))
    met = (best.mode >= 0) & ~nowhere
    unknown = nowhere | (~met & best.open)
    lent = ~met & ~unknown & (best.remedy >= 0)
    status = np.where(met, MET, np.where(unknown, UNKNOWN, np.where(lent, LIFTABLE, BLOCKING)))
    longest = max(1.0, 2.0 * policy.default_travel_minutes)
    nearness = 1.0 - policy.travel_time_cost * np.clip(np.where(met, best.minutes, 0.0) / longest, 0.0, 1.0)
    delay = np.where(lent, best.delay, 0).astype(np.int16)
    which = np.where(lent, best.remedy, NO_REMEDY).astype(np.int8)
    minutes = np.where(met, best.minutes, np.nan)
    km = np.where(nowhere, np.nan, best.km)
    fact = np.where(met, np.where(met, best.minutes, 0.0).round(), UNKNOWN_FACT).astype(np.int32)
    detail = {"mode": np.where(met, best.mode, np.int8(-1)), "minutes": minutes, "km": km}
    value = np.where(met, nearness, 0.0)
    return Verdict(status.astype(np.int8), value, delay, fact, which, tuple(best.remedies), detail)


def distance_km(lat: npt.NDArray[Any], lon: npt.NDArray[Any], place: Place | Places) -> npt.NDArray[np.float64]:
    """Great-circle distance in km from points in degrees to a place; NaN where a point is not known."""
    phi, theta = np.radians(lat, dtype=np.float64), np.radians(lon, dtype=np.float64)
    phi0, theta0 = np.radians(place.lat), np.radians(place.lon)
    half = np.sin((phi - phi0) / 2) ** 2 + np.cos(phi) * np.cos(phi0) * np.sin((theta - theta0) / 2) ** 2
    distance: npt.NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return distance
