"""Two people of a company at the same instant: exactly one wins, the other is told; on both engines."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from matching.clauses.terms import DeclarationState
from matching.errors import Conflict
from matching.services.clauses import declaring_writing, validating
from matching.services.clauses.declaring_writing import TypedLine
from matching.services.context import Context
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.trail import AuditEvent
from tests.clauses_services.test_declaring import Site, build
from tests.support import clauses


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run the acts together; for each, `won` or the name of what it raised."""
    start, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
            told[place] = "won"
        except Conflict:
            told[place] = "conflict"
        except Exception as error:  # what must not be: its name is in the failure
            told[place] = type(error).__name__

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


@pytest.fixture
def site(any_ctx: Context) -> Site:
    return build(any_ctx)


def count(site: Site, action: str) -> int:
    with site.ctx.read() as session:
        return session.execute(select(func.count()).where(AuditEvent.action == action)).scalar_one()


def test_sent_twice_at_once_is_sent_once(site: Site) -> None:
    site.save({str(site.person()): TypedLine("7h")})
    version, declarant = site.view().version, site.declarant()
    send = lambda: declaring_writing.submit_month(site.ctx, declarant, version)  # noqa: E731
    assert at_once(send, send) == ["conflict", "won"]
    assert count(site, "declaration.submitted") == 1


def test_a_month_begun_twice_at_once_is_one_month(site: Site) -> None:
    key, declarant = str(site.person()), site.declarant()
    keep = lambda: declaring_writing.save_month(site.ctx, declarant, 0, {key: TypedLine("7h")})  # noqa: E731
    assert at_once(keep, keep) == ["conflict", "won"]
    with site.ctx.read() as session:
        assert session.execute(select(func.count(HourDeclaration.id))).scalar_one() == 1
        assert session.execute(select(DeclarationLine.minutes)).scalars().all() == [420]


def test_changed_while_it_is_sent(site: Site) -> None:
    key = str(site.person())
    site.save({key: TypedLine("7h")})
    version, declarant = site.view().version, site.declarant()
    told = at_once(
        lambda: declaring_writing.submit_month(site.ctx, declarant, version),
        lambda: declaring_writing.save_month(site.ctx, declarant, version, {key: TypedLine("9h")}),
    )
    assert told == ["conflict", "won"]
    view = site.view()
    sent = view.state is DeclarationState.SUBMITTED
    assert view.lines[0].minutes == (420 if sent else 540)


def test_two_complements_at_once_are_one(site: Site) -> None:
    site.save({str(site.person()): TypedLine("7h")})
    site.send()
    site.decide(DeclarationState.VALIDATED)
    declarant = site.declarant()
    begin = lambda: declaring_writing.begin_complement(site.ctx, declarant)  # noqa: E731
    assert at_once(begin, begin) == ["conflict", "won"]
    assert site.view().number == 2


def test_returned_by_an_officer_mended_and_sent_again(site: Site) -> None:
    """The two sides together: what the officer writes is what the company reads, and the other way round."""
    key = str(site.person())
    site.save({key: TypedLine("7h")})
    site.send()
    view, officer = site.view(), clauses.officer(site.ctx)
    assert view.declaration_id is not None
    validating.return_for_correction(site.ctx, officer, view.declaration_id, view.version, "Le relevé dit 6 h.")
    view = site.view()
    assert (view.state, view.return_reason, view.editable) == (DeclarationState.RETURNED, "Le relevé dit 6 h.", True)
    site.save({key: TypedLine("6h")})
    assert site.send() == 360
    assert site.view().state is DeclarationState.SUBMITTED
