"""How the levers of a unit are told: who has a blocking point everywhere, and whose hours are meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from flask import Flask

from matching.cli import cli
from matching.services.context import Context
from matching.services.ranking import levers_of_unit
from tests.support import factories as make
from tests.support.pages import client_of

EARLY = tuple((day, 360, 720) for day in range(5))
BLOCKED = "Pour une personne, chaque offre a au moins un point bloquant."


def _somebody_who_cannot_start_early(ctx: Context) -> int:
    make.offer(ctx, windows=EARLY)
    unit_id = make.unit(ctx)
    cannot = tuple((day, 360, 480, False) for day in range(5))
    make.candidate(ctx, unit_id, facts={"mode_walk": 60}, windows=(*make.WEEK, *cannot))
    return unit_id


@pytest.mark.parametrize(
    ("people", "without", "told"),
    [
        (0, 0, ""),
        (9, 0, "Chaque personne a au moins une offre sans point bloquant."),
        (9, 1, BLOCKED),
        (9, 4, "Pour 4\u00a0personnes, chaque offre a au moins un point bloquant."),
    ],
)
def test_how_many_have_a_blocking_point_everywhere(ctx: Context, people: int, without: int, told: str) -> None:
    assert replace(levers_of_unit(ctx, None), people=people, without=without).without_told == told


def test_hours_say_whose_they_are_and_what_may_free_them(ctx: Context) -> None:
    _somebody_who_cannot_start_early(ctx)
    hours = {line.label: line.who for line in levers_of_unit(ctx, None).lines}
    assert "garde d’enfants" in hours["Pouvoir travailler dès 6\u00a0h en semaine"]


def test_the_page_and_the_shell_say_the_same(ctx: Context, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chief = make.manager(ctx, _somebody_who_cannot_start_early(ctx))
    monkeypatch.setattr("matching.cli.levers.ready_context", lambda: ctx)
    assert BLOCKED in CliRunner().invoke(cli, ["levers"]).output
    page = client_of(app, chief).post("/unite/leviers", follow_redirects=True).get_data(as_text=True)
    assert BLOCKED in page
    assert "Qui attend une proposition" in page
