"""The levers of a unit as last counted: each night by `matching daily`, or when the unit asks again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, union

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.errors import NotFound
from matching.services.context import Context
from matching.services.ranking.levers import LeverLine, NearLine, UnitLevers, levers_of_unit
from matching.store.bulk import upsert
from matching.store.tables.levers import LeverCount
from matching.store.tables.people import Candidate
from matching.terms import CandidateState, Criterion

_LAYOUT = 1
"""Of what is written: to be raised with the fields of `UnitLevers` and of its lines."""


def levers_counted(ctx: Context, actor: Actor) -> UnitLevers | None:
    """The last count of the actor's unit; None before the first."""
    unit_id = _own_unit(actor)
    with ctx.read() as session:
        row = session.get(LeverCount, unit_id)
        return None if row is None or row.layout != _LAYOUT else _read(unit_id, row.counted_at, row.counted)


def count_levers(ctx: Context, actor: Actor) -> UnitLevers:
    """Count those of the actor's unit again, and keep them: seconds, for thousands of people."""
    return _count(ctx, actor, _own_unit(actor))


def count_levers_of_units(ctx: Context) -> int:
    """Count those of every unit with people in search of a job, or with a count to mend, not counted today; how many.

    A unit that cannot be counted does not keep the others waiting: the first error is raised after the last unit.
    """
    with ctx.read() as session:
        searching = select(Candidate.unit_id).where(Candidate.state == CandidateState.ACTIVE)
        units = session.execute(union(searching, select(LeverCount.unit_id))).scalars().all()
        kept = session.execute(select(LeverCount).where(LeverCount.layout == _LAYOUT)).scalars()
        days = {row.unit_id: row.counted_at.astimezone(PARIS).date() for row in kept}
    late = [unit_id for unit_id in sorted(units) if days.get(unit_id) != ctx.clock.today()]
    failed: list[Exception] = []
    for unit_id in late:
        try:
            _count(ctx, None, unit_id)
        except Exception as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return len(late)


def _own_unit(actor: Actor) -> int:
    require(actor, Permission.MANAGE_UNIT)
    if actor.unit_id is None:
        raise NotFound()
    return actor.unit_id


def _count(ctx: Context, actor: Actor | None, unit_id: int) -> UnitLevers:
    found = levers_of_unit(ctx, unit_id)
    row = {"unit_id": unit_id, "counted_at": found.computed_at, "layout": _LAYOUT, "counted": _written(found)}
    with ctx.write(actor) as work:
        upsert(work.session, LeverCount, [row], ["unit_id"])
        work.record("levers.counted", "employment_unit", unit_id, people=found.people, offers=found.offers)
    return found


def _written(found: UnitLevers) -> dict[str, Any]:
    fields = asdict(found)
    return {name: value for name, value in fields.items() if name not in ("unit_id", "computed_at")}


def _read(unit_id: int, at: datetime, counted: dict[str, Any]) -> UnitLevers:
    lines = tuple(LeverLine(**line) for line in counted["lines"])
    near = tuple(NearLine(**line | {"criterion": Criterion(line["criterion"])}) for line in counted["near"])
    return UnitLevers(**counted | {"unit_id": unit_id, "lines": lines, "near": near, "computed_at": at})
