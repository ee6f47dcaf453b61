"""A use case is kept whole or not at all, says what it did, and numbers what it changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, select, text, update

from matching.errors import Conflict
from matching.services.context import Context
from matching.store import trail, unit_of_work
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import EmploymentUnit
from matching.store.tables.people import Candidate, CandidateFact, CandidateWindow, Person
from matching.store.tables.trail import AuditEvent
from matching.store.unit_of_work import MissingEvent, UnitOfWork
from matching.terms import Known
from tests.support import factories as make

# Several lines in a `raises` here: what is refused is the end of the `write` block.
# ruff: noqa: PT012

Change = Callable[[UnitOfWork], None]
Edit = Callable[[UnitOfWork, int], None]


def _events(ctx: Context) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count(AuditEvent.id))).scalar_one()


def _unit_name(ctx: Context, key: int) -> str:
    with ctx.read() as session:
        return session.get_one(EmploymentUnit, key).name


def _rename(work: UnitOfWork) -> None:
    work.session.execute(select(EmploymentUnit)).scalars().one().name = "Sud"


def _rename_by_statement(work: UnitOfWork) -> None:
    work.session.execute(update(EmploymentUnit).values(name="Sud"))


def _add(work: UnitOfWork) -> None:
    work.session.add(EmploymentUnit(code="X", name="Est"))


def _remove(work: UnitOfWork) -> None:
    work.session.delete(work.session.execute(select(EmploymentUnit)).scalars().one())


@pytest.mark.parametrize("change", [_rename, _rename_by_statement, _add, _remove])
def test_a_change_without_an_event_is_refused(any_ctx: Context, change: Change) -> None:
    key = make.unit(any_ctx, "Nord")
    before = _events(any_ctx)
    with pytest.raises(MissingEvent), any_ctx.write(None) as work:
        change(work)
    assert (_unit_name(any_ctx, key), _events(any_ctx)) == ("Nord", before)


def test_reading_in_a_use_case_needs_no_event(any_ctx: Context) -> None:
    key = make.unit(any_ctx)
    before = _events(any_ctx)
    with any_ctx.write(None) as work:
        work.session.get_one(EmploymentUnit, key)
    assert _events(any_ctx) == before


def test_a_failure_keeps_neither_the_change_nor_its_event(any_ctx: Context) -> None:
    key = make.unit(any_ctx, "Nord")
    before = _events(any_ctx)
    with pytest.raises(ZeroDivisionError), any_ctx.write(None) as work:
        work.session.get_one(EmploymentUnit, key).name = "Sud"
        work.record("unit.renamed", "employment_unit", key)
        work.session.flush()
        _ = 1 // 0
    assert (_unit_name(any_ctx, key), _events(any_ctx)) == ("Nord", before)


def test_an_event_that_cannot_be_written_takes_the_change_with_it(any_ctx: Context) -> None:
    key = make.unit(any_ctx, "Nord")
    with pytest.raises(Conflict, match="Rien n’a été enregistré"), any_ctx.write(None) as work:
        work.session.get_one(EmploymentUnit, key).name = "Sud"
        work.record("unit.renamed", None, key)  # type: ignore[arg-type]
    assert _unit_name(any_ctx, key) == "Nord"


def test_two_people_on_one_row_the_second_is_told(any_ctx: Context) -> None:
    key = make.unit(any_ctx, "Nord")
    with any_ctx.read() as session:
        stale = session.get_one(EmploymentUnit, key)
    with any_ctx.write(None) as work:
        work.session.get_one(EmploymentUnit, key).name = "Sud"
        work.record("unit.renamed", "employment_unit", key)
    with pytest.raises(Conflict) as told, any_ctx.write(None) as work:
        work.session.add(stale)
        stale.name = "Est"
        work.record("unit.renamed", "employment_unit", key)
    assert "Une autre personne a modifié" in told.value.message
    assert _unit_name(any_ctx, key) == "Sud"


def test_a_row_that_exists_already_is_a_conflict_that_quotes_nobody(any_ctx: Context) -> None:
    make.adviser(any_ctx)
    with pytest.raises(Conflict) as told, any_ctx.write(None) as work:
        first = work.session.execute(select(UserAccount)).scalars().one()
        work.session.add(
            UserAccount(email=first.email, name="X", password_hash="x", role=first.role, created_at=work.at)
        )
        work.record("account.added", "user_account", 0)
    assert "email" in told.value.data["constraint"]
    assert "exemple.test" not in str(told.value.data)


# --- data versions -------------------------------------------------------------------------------


def _version(ctx: Context, candidate_id: int) -> int:
    with ctx.read() as session:
        return session.get_one(Candidate, candidate_id).data_version


def _change_profile(work: UnitOfWork, candidate_id: int) -> None:
    work.session.get_one(Candidate, candidate_id).approved_sentence += "!"


def _change_fact(work: UnitOfWork, candidate_id: int) -> None:
    work.session.get_one(CandidateFact, (candidate_id, "sst")).value = Known.NO


def _remove_fact(work: UnitOfWork, candidate_id: int) -> None:
    candidate = work.session.get_one(Candidate, candidate_id)
    candidate.facts.clear()


def _add_window(work: UnitOfWork, candidate_id: int) -> None:
    candidate = work.session.get_one(Candidate, candidate_id)
    on = work.at.date()
    candidate.windows.append(CandidateWindow(weekday=1, start_minute=0, end_minute=60, value=Known.YES, known_on=on))


def _write_around_the_orm(work: UnitOfWork, candidate_id: int) -> None:
    work.session.execute(text("DELETE FROM candidate_fact"))
    work.touch_candidates([candidate_id])


@pytest.mark.parametrize(
    "change",
    [_change_profile, _change_fact, _remove_fact, _add_window, _write_around_the_orm],
    ids=lambda f: f.__name__,
)
def test_an_edited_profile_and_only_it_takes_the_next_version(any_ctx: Context, change: object) -> None:
    edited = make.candidate(any_ctx, facts={"sst": True})
    other = make.candidate(any_ctx)
    before = _version(any_ctx, other)
    assert before > _version(any_ctx, edited) > 0
    with any_ctx.write(None) as work:
        change(work, edited)
        work.record("candidate.edited", "candidate", edited)
    assert (_version(any_ctx, edited), _version(any_ctx, other)) == (before + 1, before)
    with any_ctx.read() as session:
        assert unit_of_work.current_versions(session)["people"] == before + 1


def test_a_proposal_changes_what_the_ranking_knows_of_the_person(any_ctx: Context) -> None:
    key = make.candidate(any_ctx)
    before = _version(any_ctx, key)
    make.proposal(any_ctx, candidate_id=key)
    assert _version(any_ctx, key) > before


def test_what_the_ranking_does_not_read_leaves_the_version(any_ctx: Context) -> None:
    key = make.candidate(any_ctx)
    before = _version(any_ctx, key)
    with any_ctx.write(None) as work:
        work.session.execute(select(Person)).scalars().one().phone = "07 00 00 00 00"
        work.record("person.edited", "person", 1)
    assert _version(any_ctx, key) == before


def test_versions_are_seen_in_the_order_they_are_committed(any_ctx: Context) -> None:
    """The first writer has its number and waits before committing: the second may not be seen before it."""
    first, second = make.candidate(any_ctx), make.candidate(any_ctx)
    numbered, second_seen = threading.Event(), threading.Event()
    overtaken = []

    def hold(_session: object) -> None:
        numbered.set()
        overtaken.append(second_seen.wait(0.4))

    def write_first() -> None:
        with any_ctx.write(None) as work:
            event.listen(work.session, "before_commit", hold)
            _change_profile(work, first)
            work.record("candidate.edited", "candidate", first)

    def write_second() -> None:
        assert numbered.wait(60)
        with any_ctx.write(None) as work:
            _change_profile(work, second)
            work.record("candidate.edited", "candidate", second)
        second_seen.set()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write_first), pool.submit(write_second)]:
            done.result(timeout=90)
    assert overtaken == [False]
    assert second_seen.is_set()
    assert _version(any_ctx, first) + 1 == _version(any_ctx, second)


def test_eight_writers_at_once_all_succeed(any_ctx: Context) -> None:
    """With deferred transactions on SQLite, most of these fail with « database is locked »."""
    offer_id = make.offer(any_ctx, seats=500)
    before = _events(any_ctx)

    def write(_: int) -> None:
        for _again in range(20):
            with any_ctx.write(None) as work:
                offer = work.session.get_one(Offer, offer_id, with_for_update=True)
                offer.filled_seats += 1
                work.record("offer.seat_taken", "offer", offer_id, filled=offer.filled_seats)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [None] * 8
    with any_ctx.read() as session:
        assert session.get_one(Offer, offer_id).filled_seats == 160
    assert _events(any_ctx) == before + 160
    with any_ctx.engine.connect() as connection:
        assert trail.first_broken_link(connection) is None


def test_the_very_first_writers_do_not_collide(any_ctx: Context) -> None:
    """Neither the head of the chain nor the counter exists yet."""
    together = threading.Barrier(4)

    def write(number: int) -> None:
        with any_ctx.write(None) as work:
            if any_ctx.engine.dialect.name == "postgresql":
                together.wait(60)
            work.session.add(EmploymentUnit(code=f"U{number}", name="Unité"))
            work.record("unit.added", "employment_unit", number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(4))) == [None] * 4
    assert _events(any_ctx) == 4
