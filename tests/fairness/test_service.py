"""A reading over the database: what is counted, what is hidden, who may read what."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Text, cast, select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.errors import Forbidden, Invalid, NotFound
from matching.placements.fairness import Reading
from matching.services.context import Context
from matching.services.fairness import (
    Axis,
    Compared,
    FairnessReading,
    Measure,
    chosen_period,
    gathering,
    list_units_read,
    read_fairness,
    usual_period,
)
from matching.services.fairness.gathering import people_of
from matching.services.fairness.groups import group_key
from matching.services.ranking import rank_candidates
from matching.services.users import UserForm, create_user, get_user
from matching.store.tables.clause_settings import ClauseSetting
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent
from matching.terms import CandidateState, ProposalState, Role
from tests.fairness.lists import people, proposed, shown
from tests.support import clauses
from tests.support import factories as make


@dataclass
class Office:
    """Two units; in the first 40 women and 40 men, in the second 30 and 30. Nothing shown yet."""

    home: int
    away: int
    adviser: Actor
    stranger: Actor
    manager: Actor
    pilot: Actor
    offers: list[int]
    women: list[int]
    men: list[int]
    far_women: list[int]
    far_men: list[int]


def office(ctx: Context) -> Office:
    home, away = make.unit(ctx, "Unité d’ici"), make.unit(ctx, "Unité d’ailleurs")
    return Office(
        home, away, make.adviser(ctx, home), make.adviser(ctx, away), make.manager(ctx, home), make.pilot(ctx),
        [make.offer(ctx) for _ in range(3)],
        people(ctx, home, 40, {"sex": "f"}), people(ctx, home, 40, {"sex": "m"}),
        people(ctx, away, 30, {"sex": "f"}), people(ctx, away, 30, {"sex": "m"}),
    )  # fmt: skip


def read(ctx: Context, actor: Actor | None, unit_id: int | None = None) -> FairnessReading:
    return read_fairness(ctx, actor, *usual_period(ctx.clock.today()), unit_id)


def compared(found: FairnessReading, axis: Axis, key: str, measure: Measure) -> Compared:
    (line,) = [line for one in found.axes if one.axis is axis for line in one.lines if line.group.key == key]
    return next(one for one in line.compared if one.measure is measure)


def sex(found: FairnessReading, key: str, measure: Measure) -> Compared:
    return compared(found, Axis.SEX, key, measure)


def mixed(*groups: list[int]) -> list[int]:
    """One of each in turn."""
    return [key for together in zip(*groups, strict=True) for key in together]


def test_what_lists_show_is_counted_by_group(any_ctx: Context) -> None:
    here = office(any_ctx)
    for place, offer in enumerate(here.offers):  # 54 women shown for 0 men: all but 16 of the 70, and no man
        ids = here.women + here.far_women
        shown(any_ctx, here.adviser, offer, ids[place * 18 : place * 18 + 18])
    found = read(any_ctx, here.pilot)
    assert (found.lists, found.offers, found.totals["looking"]) == (3, 3, 140)
    women, men = (sex(found, key, Measure.FIFTY) for key in "fm")
    assert women.ratio is not None
    assert women.ratio.value == pytest.approx(2.0)
    assert women.share == pytest.approx(1.0)
    assert women.reading is Reading.FAR_MORE
    assert women.words.startswith("Les femmes sont nettement plus montrées que leur part dans les 50 premières places")
    assert men.reading is Reading.FAR_LESS
    assert men.words.startswith("Les hommes sont nettement moins montrés que leur part")
    assert {one.measure for one in found.standing_out} >= {Measure.FIRST, Measure.FIFTY}


def test_an_even_world_has_nothing_to_tell(ctx: Context) -> None:
    here = office(ctx)
    for place, offer in enumerate(here.offers * 4):
        even = mixed(here.women, here.men) if place % 2 else mixed(here.men, here.women)
        turned = even[place * 6 :] + even[: place * 6]
        shown(ctx, here.adviser, offer, turned, days_ago=place + 1)
    found = read(ctx, here.manager)
    assert sex(found, "f", Measure.FIFTY).reading is Reading.NOTHING
    assert found.standing_out == ()
    assert found.judged > 0


def test_a_list_opened_again_the_same_day_counts_once_and_other_periods_do_not(ctx: Context) -> None:
    here = office(ctx)
    for ids in (here.men, here.women[20:], here.women[:20]):
        shown(ctx, here.adviser, here.offers[0], ids, days_ago=2)
    shown(ctx, here.stranger, here.offers[0], here.far_women[:20], days_ago=2)
    shown(ctx, here.adviser, here.offers[0], here.men, days_ago=200)
    found = read(ctx, here.pilot)
    assert found.lists == 2
    assert sex(found, "m", Measure.FIFTY).share == 0
    old = read_fairness(ctx, here.pilot, date(2026, 4, 1), date(2026, 4, 30))
    assert old.lists == 1


def test_selection_follows_the_first_ranks_step_by_step(any_ctx: Context) -> None:
    """60 people put forward, 36 proposed of whom 24 women; 24 agree; 12 hired. Others proposed do not count."""
    here = office(any_ctx)
    women, men = here.women[:28] + here.far_women[:12], here.men[:28] + here.far_men[:12]
    for place in range(8):
        shown(any_ctx, here.adviser, here.offers[place % 3], mixed(women, men)[place * 10 :][:10], days_ago=place + 1)
    proposed(any_ctx, here.offers[0], here.adviser, women[:12] + men[:12], ProposalState.AGREED)
    proposed(any_ctx, here.offers[0], here.adviser, women[12:28])
    proposed(any_ctx, here.offers[0], here.adviser, here.women[28:40])  # shown nowhere
    found = read(any_ctx, here.pilot)
    assert found.totals == {"looking": 140, "shown": 80, "proposed": 40, "agreed": 24, "hired": 0}
    assert [(sex(found, key, Measure.PROPOSED).people, sex(found, key, Measure.PROPOSED).base) for key in "fm"] == [
        (28, 40),
        (12, 40),
    ]
    agreed = [sex(found, key, Measure.AGREED) for key in "fm"]
    assert [(one.people, one.base) for one in agreed] == [(12, 28), (12, 12)]
    women_proposed = sex(found, "f", Measure.PROPOSED)
    assert women_proposed.ratio is not None
    assert women_proposed.ratio.value == pytest.approx(0.7 / 0.5)
    assert women_proposed.interval is not None
    assert women_proposed.interval.low < 0.7 < women_proposed.interval.high
    assert women_proposed.words.startswith("Les femmes reçoivent nettement plus souvent une proposition")


def test_who_left_counts_when_met_in_the_period(ctx: Context) -> None:
    here = office(ctx)
    hired = people(ctx, here.home, 12, {"sex": "f"}, CandidateState.HIRED)
    people(ctx, here.home, 12, {"sex": "f"}, CandidateState.ARCHIVED)
    shown(ctx, here.adviser, here.offers[0], hired)
    assert read(ctx, here.pilot).totals["looking"] == 152


def test_unknown_is_a_group_apart(ctx: Context) -> None:
    here = office(ctx)
    people(ctx, here.home, 15)
    found = read(ctx, here.pilot)
    lines = {line.group.key: line.people for one in found.axes if one.axis is Axis.SEX for line in one.lines}
    assert lines == {"f": 70, "m": 70, "unknown": 15}
    rqth = {line.group.key: line.people for one in found.axes if one.axis is Axis.RQTH for line in one.lines}
    assert rqth == {"unknown": 155}
    assert compared(found, Axis.RQTH, "unknown", Measure.FIFTY).reading is Reading.NOT_ENOUGH


@pytest.mark.parametrize(
    ("axis", "value", "key"),
    [
        (Axis.SEX, None, "unknown"),
        (Axis.SEX, "f", "f"),
        (Axis.AGE, "2000-11-24", "young"),
        (Axis.AGE, "2000-11-23", "middle"),
        (Axis.AGE, "1976-11-24", "middle"),
        (Axis.AGE, "1976-11-23", "old"),
        (Axis.QPV, "no", "no"),
        (Axis.RQTH, None, "unknown"),
    ],
)
def test_groups(axis: Axis, value: str | None, key: str) -> None:
    assert group_key(axis, value, date(2026, 11, 23)) == key


# --- what is hidden ------------------------------------------------------------------------------------------------


def figures(found: FairnessReading) -> list[int]:
    """Every number of people told, and each difference between a number and the one it is taken from."""
    told = [number for number in found.totals.values() if number is not None]
    for axis in found.axes:
        lines = [line.people for line in axis.lines if line.people is not None]
        told += lines
        if len(lines) < len(axis.lines) and found.totals["looking"] is not None:
            told.append(found.totals["looking"] - sum(lines))
        for one in (one for line in axis.lines for one in line.compared):
            if one.people is not None and one.base is not None:
                told += [one.people, one.base, one.base - one.people]
    return told


def test_small_groups_are_hidden_with_what_gives_them_back(any_ctx: Context) -> None:
    here = office(any_ctx)
    people(any_ctx, here.home, 4, {"sex": "x"})
    people(any_ctx, here.away, 20, {"sex": "f", "rqth": "yes"})
    for place, offer in enumerate(here.offers):
        shown(any_ctx, here.adviser, offer, mixed(here.women, here.men)[place * 10 :][:40], days_ago=place + 1)
    proposed(any_ctx, here.offers[0], here.adviser, here.women[:13] + here.men[:3])
    for found in (read(any_ctx, here.pilot), read(any_ctx, here.pilot, here.home), read(any_ctx, here.manager)):
        assert all(number == 0 or number >= found.threshold for number in figures(found)), found
    found = read(any_ctx, here.pilot)
    other = next(line for line in found.axes[0].lines if line.group.key == "x")
    assert other.people is None
    assert {one.reading for one in other.compared} == {Reading.HIDDEN}
    assert {(one.ratio, one.share, one.people, one.interval) for one in other.compared} == {(None,) * 4}
    hidden = [line.group.key for line in found.axes[0].lines if line.people is None]
    assert len(hidden) > 1  # alone, it would be the total less the others
    assert sex(found, "m", Measure.PROPOSED).reading is Reading.HIDDEN  # 3 men


def test_a_unit_too_small_is_hidden_with_another(ctx: Context) -> None:
    here = office(ctx)
    tiny = make.unit(ctx, "Toute petite unité")
    people(ctx, tiny, 5, {"sex": "f"})
    totals = {unit: read(ctx, here.pilot, unit).totals["looking"] for unit in (here.home, here.away, tiny)}
    assert totals == {here.home: 80, here.away: None, tiny: None}
    assert read(ctx, here.pilot).totals["looking"] == 145


def test_the_threshold_is_the_dated_setting(ctx: Context) -> None:
    here = office(ctx)
    with ctx.write(None) as work:
        work.session.add(ClauseSetting(name="small_cell", label="Essai", amount=80, valid_from=date(2020, 1, 1)))
        work.record("test.setting", "clause_setting", 0)
    found = read(ctx, here.pilot)
    assert found.threshold == 80
    assert [line.people for line in found.axes[0].lines] == [None, None]


# --- kept in memory ------------------------------------------------------------------------------------------------


def test_a_reading_is_kept_ten_minutes(ctx: Context, clock: FixedClock) -> None:
    here = office(ctx)
    assert read(ctx, here.pilot).lists == 0
    shown(ctx, here.adviser, here.offers[0], here.women)
    people(ctx, here.home, 20, {"sex": "m"})
    clock.instant += timedelta(minutes=9)
    assert read(ctx, here.pilot).lists == 0
    clock.instant += timedelta(minutes=1)
    found = read(ctx, here.pilot)
    assert (found.lists, found.totals["looking"], found.read_at) == (1, 160, clock.now())


def test_people_are_found_in_a_list_as_it_is_logged(any_ctx: Context) -> None:
    """By the ranked page itself: its reasons are passed over, and nobody is missed."""
    here = office(any_ctx)
    made = [make.candidate(any_ctx, here.home, facts={"licence_b": True}) for _ in range(3)]
    ranked = rank_candidates(any_ctx, here.adviser, make.offer(any_ctx, wants=[("capability", "licence_b")]))
    with any_ctx.read() as session:
        log = session.get_one(ExposureLog, ranked.exposure_id)
        text = session.execute(select(cast(ExposureLog.shown, Text))).scalar_one()
    ids = [line[0] for line in log.shown]
    assert set(made) <= set(ids)
    assert any(line[3] for line in log.shown)
    assert people_of(text).tolist() == ids[:50]


def test_lists_are_read_once(ctx: Context, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office(ctx)
    shown(ctx, here.adviser, here.offers[0], here.women)
    read(ctx, here.pilot)
    batches: list[Any] = []
    monkeypatch.setattr(gathering, "_batches", lambda keys: batches.append(list(keys)) or iter(()))
    clock.instant += gathering.FRESH
    read(ctx, here.pilot, here.home)
    assert batches == [[]]
    clock.instant += gathering.FRESH
    shown(ctx, here.adviser, here.offers[1], here.men)
    with pytest.raises(KeyError):  # the new list only was asked for
        read(ctx, here.pilot)
    assert [len(keys) for keys in batches] == [0, 1]


def test_threads_gather_one_after_the_other(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    no_session: Any = None
    inside, most = [0], [0]

    def slow(_: Context, session: object, first: date, last: date) -> SimpleNamespace:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        sleep(0.01)
        inside[0] -= 1
        return SimpleNamespace(at=ctx.clock.now(), first=first)

    monkeypatch.setattr(gathering, "_gather", slow)
    days = [date(2026, month, 1) for month in range(1, 11)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda day: gathering.gather(ctx, no_session, day, day), days * 2))
    assert [one.first for one in found] == days * 2
    assert most == [1]


# --- who may -------------------------------------------------------------------------------------------------------


def test_who_may_read(ctx: Context) -> None:
    here = office(ctx)
    others = (make.employer(ctx), clauses.officer(ctx), clauses.buyer(ctx), make.administrator(ctx))
    for refused in (here.adviser, *others):
        with pytest.raises(Forbidden):
            read(ctx, refused)
        with pytest.raises(Forbidden):
            list_units_read(ctx, refused)
    assert read(ctx, here.manager).unit_id == here.home
    assert read(ctx, here.manager, here.home).unit_name == "Unité d’ici"
    with pytest.raises(NotFound):
        read(ctx, here.manager, here.away)
    assert [one.name for one in list_units_read(ctx, here.manager)] == ["Unité d’ici"]
    assert read(ctx, here.pilot).unit_id is None
    assert read(ctx, here.pilot, here.away).unit_name == "Unité d’ailleurs"
    assert len(list_units_read(ctx, here.pilot)) == 2
    with pytest.raises(NotFound):
        read(ctx, here.pilot, 987_654)
    assert read(ctx, None, here.away).totals["looking"] == 60


def test_an_administrator_opens_a_pilot_s_account(ctx: Context) -> None:
    home = make.unit(ctx)
    wanted = UserForm("Pia Essai", Role.PILOT, home)
    key, _ = create_user(ctx, make.administrator(ctx), "pia@departement.example", wanted)
    line = get_user(ctx, make.administrator(ctx), key)
    assert (line.role, line.unit_id, line.belongs_to) == (Role.PILOT, None, "")  # of no unit, whatever was chosen


def test_the_reading_is_noted_with_its_period(ctx: Context) -> None:
    here = office(ctx)
    read(ctx, here.pilot, here.away)
    with ctx.read() as session:
        event = session.execute(select(AuditEvent).where(AuditEvent.action == "fairness.read")).scalar_one()
    assert (event.actor_id, event.subject_id) == (here.pilot.user_id, here.away)
    assert "2026-10-31" in str(event.details)


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        ("2026-10-01", "2026-09-30", ["au"]),
        ("2026-10-01", "2026-11-30", ["au"]),  # the month we are in
        ("2026-11-01", "2026-11-30", ["du", "au"]),
        ("2020-01-01", "2026-01-31", ["du"]),
        ("2026-06-01", "2026-06-29", ["au"]),  # less than a month: the day left out would be told
        ("2026-06-02", "2026-06-30", ["du"]),
    ],
)
def test_periods_that_cannot_be_read(ctx: Context, first: str, last: str, fields: list[str]) -> None:
    with pytest.raises(Invalid) as told:
        read_fairness(ctx, make.pilot(ctx), date.fromisoformat(first), date.fromisoformat(last))
    assert [error.field for error in told.value.errors] == fields


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [("2026-11-23", "2026-05-01", "2026-10-31"), ("2026-03-01", "2025-09-01", "2026-02-28")],
)
def test_the_usual_period_is_the_last_six_finished_months(today: str, first: str, last: str) -> None:
    assert usual_period(date.fromisoformat(today)) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        (("2026-05", "06/2026"), "2026-05-01", "2026-06-30"),
        ((" 5/2026 ", ""), "2026-05-01", "2026-10-31"),
        (("", "2025-02"), "2024-09-01", "2025-02-28"),
    ],
)
def test_months_typed(typed: tuple[str, str], first: str, last: str) -> None:
    found = chosen_period(*typed, date(2026, 11, 23))
    assert found == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2026-05-02", "par mois entiers"),
        ("02/05/2026", "par mois entiers"),
        ("2026-13", "Écrivez-le 2026-05"),
        ("hier", "Écrivez-le 2026-05"),
        ("0001-01", "Écrivez-le 2026-05"),
        ("٢٠26-05", "Écrivez-le 2026-05"),
    ],
)
def test_what_is_no_month(typed: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        chosen_period(typed, typed, date(2026, 11, 23))
    assert [error.field for error in refused.value.errors] == ["du", "au"]
    assert told in refused.value.errors[0].message


def test_no_protected_fact_is_written(ctx: Context) -> None:
    here = office(ctx)
    with ctx.read() as session:
        before = session.execute(select(ProtectedFact.person_id, ProtectedFact.value)).all()
    read(ctx, here.pilot)
    with ctx.read() as session:
        assert session.execute(select(ProtectedFact.person_id, ProtectedFact.value)).all() == before
