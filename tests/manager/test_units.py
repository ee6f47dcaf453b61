"""Units merge and close; nothing of who followed whom is lost."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from matching.errors import Conflict, Forbidden, Invalid, MatchingError, NotFound, RuleRefused
from matching.services.context import Context
from matching.services.units import (
    Moved,
    UnitForm,
    change_unit,
    close_unit,
    create_unit,
    get_unit,
    list_units,
    merge_units,
    read_closing,
)
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, PortfolioAssignment
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import OFFERS, PEOPLE, current_versions
from matching.terms import CandidateState, OfferState
from tests.support import factories


def _version(ctx: Context, unit_id: int) -> int:
    with ctx.read() as session:
        return session.get_one(EmploymentUnit, unit_id).version


def _assignments(ctx: Context, candidate_id: int) -> list[tuple[int, int | None, date | None]]:
    query = select(PortfolioAssignment).where(PortfolioAssignment.candidate_id == candidate_id)
    with ctx.read() as session:
        rows = session.execute(query.order_by(PortfolioAssignment.id)).scalars()
        return [(row.unit_id, row.adviser_id, row.to_on) for row in rows]


def test_merge_moves_everything_open_and_keeps_the_history(any_ctx: Context) -> None:
    ctx = any_ctx
    old, new = factories.unit(ctx, "Ancienne"), factories.unit(ctx, "Nouvelle")
    manager, adviser = factories.manager(ctx, old), factories.adviser(ctx, old)
    followed = factories.candidate(ctx, old, adviser.user_id)
    finished = factories.candidate(ctx, old, adviser.user_id, state=CandidateState.ARCHIVED)
    elsewhere = factories.candidate(ctx, new)
    open_offer = factories.offer(ctx, unit_id=old)
    closed_offer = factories.offer(ctx, unit_id=old, state=OfferState.CLOSED)
    with ctx.read() as session:
        before = current_versions(session)
    ctx.clock.instant += timedelta(days=3)  # type: ignore[attr-defined]

    moved = merge_units(ctx, manager, old, new, _version(ctx, old))

    assert moved == Moved(people=1, accounts=2, offers=1)
    today = ctx.clock.today()
    assert _assignments(ctx, followed) == [(old, adviser.user_id, today), (new, adviser.user_id, None)]
    assert _assignments(ctx, finished) == [(old, adviser.user_id, today)]
    assert len(_assignments(ctx, elsewhere)) == 1
    with ctx.read() as session:
        assert {session.get_one(Candidate, key).unit_id for key in (followed, finished, elsewhere)} == {new}
        assert session.get_one(Candidate, followed).adviser_id == adviser.user_id
        assert session.get_one(UserAccount, adviser.user_id).unit_id == new
        assert session.get_one(Offer, open_offer).unit_id == new
        assert session.get_one(Offer, closed_offer).unit_id == old
        unit = session.get_one(EmploymentUnit, old)
        assert (unit.closed_on, unit.merged_into_id) == (today, new)
        after = current_versions(session)
        assert after[PEOPLE] > before[PEOPLE]
        assert after[OFFERS] > before[OFFERS]
        stamped = session.get_one(Candidate, followed).data_version
        assert stamped == after[PEOPLE], "the ranking would not see them move"
        actions = set(
            session.execute(select(AuditEvent.action).where(AuditEvent.actor_id == manager.user_id)).scalars()
        )
    assert {"unit.merged", "candidate.unit_changed", "account.unit_changed", "offer.unit_changed"} <= actions


def test_people_without_an_assignment_get_their_time_in_the_unit_written(ctx: Context) -> None:
    old, new = factories.unit(ctx), factories.unit(ctx)
    manager = factories.manager(ctx, old)
    person = factories.candidate(ctx, old)
    with ctx.write(None) as work:
        for row in work.session.execute(select(PortfolioAssignment)).scalars():
            work.session.delete(row)
        work.record("test.forgotten", "candidate", person)
    merge_units(ctx, manager, old, new, 1)
    assert [(unit, until is None) for unit, _, until in _assignments(ctx, person)] == [(old, False), (new, True)]


def test_a_second_merge_is_told_the_unit_is_closed(any_ctx: Context) -> None:
    ctx = any_ctx
    admin = factories.administrator(ctx)
    first, second, third = (factories.unit(ctx) for _ in range(3))
    merge_units(ctx, admin, first, second, 1)
    with pytest.raises(Conflict, match="déjà fermée"):
        merge_units(ctx, admin, first, third, 1)
    with pytest.raises(Conflict, match="vient d’être fermée"):
        merge_units(ctx, admin, third, first, 1)
    with pytest.raises(Invalid):
        merge_units(ctx, admin, third, third, 1)
    with pytest.raises(NotFound):
        merge_units(ctx, admin, third, 999, 1)


def test_merge_of_a_unit_changed_meanwhile_does_nothing(any_ctx: Context) -> None:
    ctx = any_ctx
    admin = factories.administrator(ctx)
    old, new = factories.unit(ctx), factories.unit(ctx)
    person = factories.candidate(ctx, old)
    change_unit(ctx, admin, old, 1, UnitForm("U-OLD", "Renommée"))
    with pytest.raises(Conflict):
        merge_units(ctx, admin, old, new, 1)
    assert len(_assignments(ctx, person)) == 1


def test_two_units_merged_into_each_other_at_once_leave_one_open(any_ctx: Context) -> None:
    ctx = any_ctx
    admin = factories.administrator(ctx)
    one, two = factories.unit(ctx), factories.unit(ctx)
    people = [factories.candidate(ctx, home) for home in (one, two)]
    told: list[MatchingError] = []
    start = threading.Barrier(2)

    def merge(source: int, target: int) -> None:
        start.wait()
        try:
            merge_units(ctx, admin, source, target, 1)
        except Conflict as error:
            told.append(error)

    threads = [threading.Thread(target=merge, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1
    left = [unit.id for unit in list_units(ctx, admin) if unit.is_open]
    assert len(left) == 1
    with ctx.read() as session:
        assert {session.get_one(Candidate, person).unit_id for person in people} == set(left)


def test_closing_waits_until_nobody_is_left(ctx: Context) -> None:
    admin, unit = factories.administrator(ctx), factories.unit(ctx)
    person = factories.candidate(ctx, unit)
    with pytest.raises(RuleRefused, match="1 personne"):
        close_unit(ctx, admin, unit, 1)
    assert read_closing(ctx, admin, unit).must_be_taken_over
    with ctx.write(None) as work:
        work.session.get_one(Candidate, person).state = CandidateState.ARCHIVED
        work.record("test.archived", "candidate", person)
    adviser = factories.adviser(ctx, unit)
    with pytest.raises(RuleRefused, match="comptes"):
        close_unit(ctx, admin, unit, 1)
    with ctx.write(None) as work:
        work.session.get_one(UserAccount, adviser.user_id).active = False
        work.record("test.closed", "user_account", adviser.user_id)
    close_unit(ctx, admin, unit, 1)
    assert get_unit(ctx, admin, unit).closed_on == ctx.clock.today()
    with pytest.raises(Conflict, match="déjà fermée"):
        close_unit(ctx, admin, unit, 2)


def test_a_manager_reaches_their_own_unit_only(ctx: Context) -> None:
    manager, other = factories.manager(ctx), factories.unit(ctx)
    for act in (
        lambda: get_unit(ctx, manager, other),
        lambda: close_unit(ctx, manager, other, 1),
        lambda: merge_units(ctx, manager, other, manager.unit_id or 0, 1),
    ):
        with pytest.raises(NotFound):
            act()
    adviser = factories.adviser(ctx, other)
    with pytest.raises(Forbidden):
        merge_units(ctx, adviser, other, manager.unit_id or 0, 1)
    with pytest.raises(Forbidden):
        create_unit(ctx, manager, UnitForm("NEUVE", "Neuve"))


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (UnitForm("", ""), {"code", "name"}),
        (UnitForm("a b", "Neuve"), {"code"}),
        (UnitForm("u1", "Unité emploi 1"), {"code", "name"}),
        (UnitForm("NEUVE", "Neuve", "Nulle-Part-sur-Rien"), {"commune"}),
    ],
)
def test_refused_units_name_the_field(ctx: Context, form: UnitForm, fields: set[str]) -> None:
    admin = factories.administrator(ctx)
    factories.unit(ctx)
    with pytest.raises(Invalid) as refused:
        create_unit(ctx, admin, form)
    assert {error.field for error in refused.value.errors} == fields
    create_unit(ctx, admin, UnitForm("ue-neuve", "Unité neuve", "Nantes"))
    assert [unit.code for unit in list_units(ctx, admin)] == ["U1", "UE-NEUVE"]
