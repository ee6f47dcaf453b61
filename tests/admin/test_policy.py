"""Weights, other numbers and remedies: who changes them, and what the engine is then given."""

from __future__ import annotations

import pytest

from matching.access.permissions import Actor
from matching.engine.policy import Policy
from matching.errors import Conflict, Forbidden, Invalid, NotFound
from matching.services.context import Context
from matching.services.policy import (
    SETTINGS,
    RemedyForm,
    Weights,
    add_remedy,
    change_remedy,
    change_settings,
    change_weights,
    get_remedy,
    list_remedies,
    policy_for,
    read_settings,
    read_weights,
    reset_weights,
    settings_for,
    weights_for,
)
from matching.services.reference import load_embedded
from matching.store.unit_of_work import POLICY, current_versions
from matching.terms import Criterion, RemedyKind, TravelMode
from tests.support import factories


@pytest.fixture
def admin(ctx: Context) -> Actor:
    load_embedded(ctx)
    return factories.administrator(ctx)


def _now(ctx: Context, unit_id: int | None) -> Weights:
    with ctx.read() as session:
        return weights_for(session, unit_id)


def _policy_version(ctx: Context) -> int:
    with ctx.read() as session:
        return current_versions(session).get(POLICY, 0)


def test_without_any_choice_the_house_rules(ctx: Context) -> None:
    with ctx.read() as session:
        policy = policy_for(session, None)
    assert policy == Policy(remedies={})


def test_a_unit_overrides_one_criterion_and_follows_the_default_for_others(ctx: Context, admin: Actor) -> None:
    unit, other = factories.unit(ctx), factories.unit(ctx)
    manager = factories.manager(ctx, unit)
    before = _policy_version(ctx)
    table = read_weights(ctx, manager, unit)
    wanted = _now(ctx, unit) | {Criterion.TRAVEL: (0.3, 0.5)}
    assert change_weights(ctx, manager, unit, table.revision, wanted) == 1
    assert _now(ctx, unit)[Criterion.TRAVEL] == (0.3, 0.5)
    assert _now(ctx, other)[Criterion.TRAVEL] == _now(ctx, None)[Criterion.TRAVEL] == (0.12, 0.25)
    assert _policy_version(ctx) > before, "the ranking would keep the old weights"

    default = read_weights(ctx, admin, None)
    change_weights(ctx, admin, None, default.revision, _now(ctx, None) | {Criterion.PAY: (0.04, 0.1)})
    assert _now(ctx, unit)[Criterion.PAY] == (0.04, 0.1)
    assert [line.criterion for line in read_weights(ctx, manager, unit).lines if line.own] == [Criterion.TRAVEL]
    assert reset_weights(ctx, manager, unit) == 1
    assert _now(ctx, unit) == _now(ctx, None)


def test_a_unit_line_equal_to_the_default_is_dropped(ctx: Context, admin: Actor) -> None:
    unit = factories.unit(ctx)
    for wanted in ((0.3, 0.5), _now(ctx, None)[Criterion.TRAVEL]):
        revision = read_weights(ctx, admin, unit).revision
        change_weights(ctx, admin, unit, revision, _now(ctx, unit) | {Criterion.TRAVEL: wanted})
    assert not any(line.own for line in read_weights(ctx, admin, unit).lines)


def test_second_of_two_edits_is_a_conflict(ctx: Context, admin: Actor) -> None:
    unit = factories.unit(ctx)
    for place, first in ((None, (0.2, 0.2)), (unit, (0.3, 0.3))):
        revision = read_weights(ctx, admin, place).revision
        change_weights(ctx, admin, place, revision, _now(ctx, place) | {Criterion.START: first})
        with pytest.raises(Conflict):
            change_weights(ctx, admin, place, revision, _now(ctx, place) | {Criterion.START: (0.1, 0.1)})
        assert _now(ctx, place)[Criterion.START] == first


@pytest.mark.parametrize("pair", [(-0.1, 0.0), (1.1, 0.0), (0.1, -0.01), (0.1, 1.01), (float("nan"), 0.1)])
def test_numbers_out_of_range_are_refused(ctx: Context, admin: Actor, pair: tuple[float, float]) -> None:
    revision = read_weights(ctx, admin, None).revision
    with pytest.raises(Invalid):
        change_weights(ctx, admin, None, revision, _now(ctx, None) | {Criterion.START: pair})


def test_weights_all_at_zero_are_refused(ctx: Context, admin: Actor) -> None:
    revision = read_weights(ctx, admin, None).revision
    with pytest.raises(Invalid):
        change_weights(ctx, admin, None, revision, dict.fromkeys(Criterion, (0.0, 0.0)))


def test_a_manager_changes_their_own_unit_only(ctx: Context, admin: Actor) -> None:
    manager, other = factories.manager(ctx), factories.unit(ctx)
    for place in (None, other):
        with pytest.raises(NotFound):
            read_weights(ctx, manager, place)
        with pytest.raises(NotFound):
            change_weights(ctx, manager, place, "", _now(ctx, None))
    with pytest.raises(Forbidden):
        read_weights(ctx, factories.adviser(ctx), None)


def test_settings_reach_the_engine(ctx: Context, admin: Actor) -> None:
    table = read_settings(ctx, admin)
    assert [line.setting.name for line in table.lines] == [setting.name for setting in SETTINGS]
    wanted = {"walk_speed_kmh": 4.0, "walk_range_km": 2.0, "spread_lambda": 0.5, "start_grace_days": 7.0}
    before = _policy_version(ctx)
    assert change_settings(ctx, admin, table.revision, wanted) == 4
    assert _policy_version(ctx) > before
    with ctx.read() as session:
        policy = policy_for(session, None)
    assert (policy.modes[TravelMode.WALK].speed_kmh, policy.modes[TravelMode.WALK].range_km) == (4.0, 2.0)
    assert (policy.spread_lambda, policy.start_grace_days) == (0.5, 7)
    with pytest.raises(Conflict):
        change_settings(ctx, admin, table.revision, {"detour": 1.4})


@pytest.mark.parametrize(
    "wanted", [{"walk_speed_kmh": 0.0}, {"detour": 9.0}, {"start_grace_days": 1.5}, {"detour": float("nan")}]
)
def test_settings_out_of_range_are_refused(ctx: Context, admin: Actor, wanted: dict[str, float]) -> None:
    revision = read_settings(ctx, admin).revision
    with pytest.raises(Invalid) as refused:
        change_settings(ctx, admin, revision, wanted)
    assert refused.value.errors[0].field in wanted
    with ctx.read() as session:
        assert settings_for(session) == {setting.name: setting.default for setting in SETTINGS}


def test_the_quickest_active_remedy_is_given_to_the_engine(ctx: Context, admin: Actor) -> None:
    slow = add_remedy(ctx, admin, RemedyForm(RemedyKind.SHORT_TRAINING, "sst", "Session lointaine", 45, "Organisme"))
    quick = add_remedy(ctx, admin, RemedyForm(RemedyKind.SHORT_TRAINING, "sst", "Session proche", 5, "Organisme"))
    with ctx.read() as session:
        found = policy_for(session, None).remedy("sst")
    assert found is not None
    assert (found.id, found.delay_days) == (quick, 5)
    line = get_remedy(ctx, admin, quick)
    form = RemedyForm(line.form.kind, "sst", "Session proche", 5, "Organisme", active=False)
    change_remedy(ctx, admin, quick, line.version, form)
    with ctx.read() as session:
        found = policy_for(session, None).remedy("sst")
    assert found is not None
    assert found.delay_days == 30
    assert found.id != slow
    with pytest.raises(Conflict):
        change_remedy(ctx, admin, quick, line.version, form)
    assert {remedy.id for remedy in list_remedies(ctx, admin, lifts="sst", words="session")} == {slow, quick}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (RemedyForm(RemedyKind.OTHER, "sst", " ", 5), "label"),
        (RemedyForm(RemedyKind.OTHER, "rien_de_tel", "Aide", 5), "lifts"),
        (RemedyForm(RemedyKind.OTHER, "travel", "Aide", -1), "delay_days"),
        (RemedyForm(RemedyKind.OTHER, "travel", "Aide", 5000), "delay_days"),
    ],
)
def test_refused_remedies_name_the_field(ctx: Context, admin: Actor, form: RemedyForm, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_remedy(ctx, admin, form)
    assert [error.field for error in refused.value.errors] == [field]
