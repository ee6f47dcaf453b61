"""The levers of a unit, as the night or the unit counted them: kept for all, told with their day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.services.context import Context
from matching.services.ranking import (
    UnitLevers,
    count_levers,
    count_levers_of_units,
    levers_counted,
    levers_kept,
    levers_of_unit,
)
from matching.store.tables.levers import LeverCount
from matching.store.tables.people import Candidate
from matching.terms import CandidateState
from tests.support import factories as make


def _chief(ctx: Context) -> Actor:
    """Of a unit where somebody lacks a licence."""
    unit_id = make.unit(ctx)
    make.offer(ctx, wants=[make.Want("capability", "licence_b")])
    make.candidate(ctx, unit_id, facts={"mode_walk": 60, "licence_b": False})
    return make.manager(ctx, unit_id)


def test_what_was_counted_is_read_back_whole(any_ctx: Context) -> None:
    chief = _chief(any_ctx)
    assert levers_counted(any_ctx, chief) is None
    counted = [count_levers(any_ctx, chief) for _ in range(2)][-1]
    assert counted.lines
    assert counted.near
    assert levers_counted(any_ctx, chief) == counted == levers_of_unit(any_ctx, chief.unit_id)
    assert levers_counted(any_ctx, make.manager(any_ctx, make.unit(any_ctx))) is None


def test_what_another_version_wrote_is_counted_anew(ctx: Context) -> None:
    chief = _chief(ctx)
    counted = count_levers(ctx, chief)
    with ctx.write(None) as work:
        work.session.execute(update(LeverCount).values(layout=0, counted={"written": "otherwise"}))
        work.record("test.upgraded", "employment_unit", 0)
    assert levers_counted(ctx, chief) is None
    assert count_levers_of_units(ctx) == 1
    assert levers_counted(ctx, chief) == counted


def test_each_night_once_where_somebody_looks_for_a_job(ctx: Context, clock: FixedClock) -> None:
    chief = _chief(ctx)
    make.candidate(ctx, make.unit(ctx), state=CandidateState.PAUSED)
    make.unit(ctx)
    assert [count_levers_of_units(ctx) for _ in range(2)] == [1, 0]
    first = levers_counted(ctx, chief)
    assert first is not None
    clock.instant += timedelta(days=1)
    make.candidate(ctx, chief.unit_id, facts={"mode_walk": 60, "licence_b": False})
    assert levers_counted(ctx, chief) == first, "until the night"
    assert count_levers_of_units(ctx) == 1
    again = levers_counted(ctx, chief)
    assert again is not None
    assert (again.people, again.computed_at - first.computed_at) == (first.people + 1, timedelta(days=1))


def test_a_unit_that_cannot_be_counted_does_not_keep_the_others_waiting(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    chiefs = [_chief(ctx) for _ in range(3)]

    def refuses(ctx: Context, unit_id: int | None) -> UnitLevers:
        if unit_id == chiefs[1].unit_id:
            raise RuntimeError("unreadable")
        return levers_of_unit(ctx, unit_id)

    with monkeypatch.context() as patched:
        patched.setattr(levers_kept, "levers_of_unit", refuses)
        with pytest.raises(RuntimeError, match="unreadable"):
            count_levers_of_units(ctx)
    assert [levers_counted(ctx, chief) is not None for chief in chiefs] == [True, False, True]
    assert count_levers_of_units(ctx) == 1


def test_a_unit_that_emptied_is_counted_once_more(ctx: Context, clock: FixedClock) -> None:
    chief = _chief(ctx)
    assert count_levers(ctx, chief).people == 1
    with ctx.write(None) as work:
        for person in work.session.execute(select(Candidate)).scalars():
            person.state = CandidateState.PAUSED
        work.record("test.paused", "employment_unit", 0)
    clock.instant += timedelta(days=1)
    assert count_levers_of_units(ctx) == 1
    emptied = levers_counted(ctx, chief)
    assert emptied is not None
    assert (emptied.people, emptied.lines) == (0, ())
