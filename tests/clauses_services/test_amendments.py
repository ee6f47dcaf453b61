"""Published amendments: proposed in proportion, decided by a person, once; a price alone changes no hour."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import EventKind, Support
from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses.amendments import (
    AmendmentDecision,
    DecidedAmendment,
    count_waiting,
    decide_amendment,
    get_amendment,
    list_amendments,
)
from matching.services.clauses.due import minutes_due_of
from matching.services.context import Context
from matching.store.tables.contracts import CommitmentEvent, Contract, ContractAmendment
from tests.support import clauses as make
from tests.support import factories

APPLY, SET_ASIDE = AmendmentDecision.APPLY, AmendmentDecision.SET_ASIDE
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
HOUR = 60


def amendment(ctx: Context, contract_id: int, **columns: Any) -> int:
    return make.amendment(ctx, contract_id, **columns)


def due(ctx: Context, key: int, on: date = date(2026, 12, 31)) -> int:
    with ctx.read() as session:
        return minutes_due_of(session, [key], on, on)[key]


def events(ctx: Context, key: int) -> list[CommitmentEvent]:
    with ctx.read() as session:
        query = select(CommitmentEvent).where(CommitmentEvent.commitment_id == key).order_by(CommitmentEvent.id)
        return list(session.execute(query).scalars())


def test_waiting_with_what_it_might_change(any_ctx: Context) -> None:
    who, contract = make.officer(any_ctx), make.contract(any_ctx, amount_cents=100_000_00)
    first = make.commitment(any_ctx, contract, lot="1", minutes=1000 * HOUR)
    second = make.commitment(any_ctx, contract, lot="2", minutes=200 * HOUR)
    later = amendment(any_ctx, contract, number=2, notified_on=JULY, amount_cents=150_000_00)
    early = amendment(any_ctx, contract, number=1, notified_on=JUNE, amount_cents=120_000_00)
    page = list_amendments(any_ctx, who)
    assert ([row.id for row in page.rows], page.total, count_waiting(any_ctx, who)) == ([early, later], 2, 2)
    row, after = page.rows
    assert (row.old_cents, row.new_cents, row.notified_on, row.earlier) == (100_000_00, 120_000_00, JUNE, False)
    assert [(one.id, one.proposed) for one in row.commitments] == [(first, 200 * HOUR), (second, 40 * HOUR)]
    assert (after.old_cents, after.earlier) == (100_000_00, True)
    decide_amendment(any_ctx, who, early, 1, APPLY, {first: 200 * HOUR}, JUNE)
    after = get_amendment(any_ctx, who, later)
    # 1 200 h are due now on the first: a quarter more of the new total.
    assert (after.old_cents, after.earlier) == (120_000_00, False)
    assert [one.proposed for one in after.commitments] == [300 * HOUR, 50 * HOUR]


@pytest.mark.parametrize(
    ("contract", "commitment", "new"),
    [
        ({"support": Support.FRAMEWORK_AGREEMENT}, {}, 200_000_000),
        ({}, {"order_rate": "7", "order_labour_share": "40", "order_hourly_cost": "35"}, 200_000_000),
        ({}, {"closed_on": date(2026, 9, 1)}, 200_000_000),
        ({"amount_cents": None}, {}, 200_000_000),
        ({}, {}, None),
        ({}, {}, 100_000_000),
    ],
)
def test_nothing_is_proposed(ctx: Context, contract: dict[str, Any], commitment: dict[str, Any], new: Any) -> None:
    key = make.contract(ctx, **contract)
    make.commitment(ctx, key, **commitment)
    row = get_amendment(ctx, make.officer(ctx), amendment(ctx, key, amount_cents=new))
    assert [one.proposed for one in row.commitments] == [None]


def test_applying_writes_events_and_leaves_the_contract(any_ctx: Context) -> None:
    who, contract = make.officer(any_ctx), make.contract(any_ctx, amount_cents=100_000_00)
    one, two = make.commitment(any_ctx, contract, lot="1"), make.commitment(any_ctx, contract, lot="2")
    key = amendment(any_ctx, contract, number=3, notified_on=JUNE, amount_cents=110_000_00)
    done = decide_amendment(any_ctx, who, key, 1, APPLY, {one: 100 * HOUR, two: -30 * HOUR}, JULY)
    assert done == DecidedAmendment(contract, APPLY, 2)
    assert (due(any_ctx, one, JUNE), due(any_ctx, one), due(any_ctx, two)) == (1000 * HOUR, 1100 * HOUR, 970 * HOUR)
    event = events(any_ctx, one)[-1]
    assert (event.kind, event.effective_on, event.label) == (
        EventKind.AMENDMENT, JULY, "Avenant nº 3 publié, notifié le 1er juin 2026",
    )  # fmt: skip
    with any_ctx.read() as session:
        row = session.get_one(ContractAmendment, key)
        assert (row.state, row.event_id, row.decided_by_id, row.version) == ("applied", event.id, who.user_id, 3)
        assert session.get_one(Contract, contract).amount_cents == 100_000_00
    assert get_amendment(any_ctx, who, key).decided_by == who.name


@pytest.mark.parametrize("minutes", [None, 0])
def test_a_price_alone_changes_no_hour(any_ctx: Context, minutes: int | None) -> None:
    who, contract = make.officer(any_ctx), make.contract(any_ctx)
    key = make.commitment(any_ctx, contract)
    waiting = amendment(any_ctx, contract, amount_cents=110_000_00)
    assert decide_amendment(any_ctx, who, waiting, 1, APPLY, {key: minutes}, None).events == 0
    assert (len(events(any_ctx, key)), count_waiting(any_ctx, who)) == (1, 0)
    with any_ctx.read() as session:
        assert session.get_one(ContractAmendment, waiting).event_id is None


def test_set_aside_writes_no_event_whatever_was_typed(ctx: Context) -> None:
    who, contract = make.officer(ctx), make.contract(ctx)
    key, waiting = make.commitment(ctx, contract), amendment(ctx, contract)
    decide_amendment(ctx, who, waiting, 1, SET_ASIDE, {key: 600}, JUNE)
    assert (len(events(ctx, key)), get_amendment(ctx, who, waiting).state) == (1, "set_aside")


def test_refused_leaves_everything_waiting(any_ctx: Context) -> None:
    who, contract = make.officer(any_ctx), make.contract(any_ctx)
    one, two = make.commitment(any_ctx, contract, lot="1"), make.commitment(any_ctx, contract, lot="2")
    foreign, waiting = make.commitment(any_ctx), amendment(any_ctx, contract)
    for minutes, day, told in (
        ({one: 60}, None, Invalid),
        ({one: 10**12}, JUNE, Invalid),
        ({one: 60, foreign: 60}, JUNE, NotFound),
        ({one: 60, two: -1001 * HOUR}, JUNE, RuleRefused),
    ):
        with pytest.raises(told):
            decide_amendment(any_ctx, who, waiting, 1, APPLY, minutes, day)
    assert (due(any_ctx, one), get_amendment(any_ctx, who, waiting).state) == (1000 * HOUR, "proposed")
    with pytest.raises(Invalid) as caught:
        decide_amendment(any_ctx, who, waiting, 1, APPLY, {two: 10**12}, JUNE)
    assert [item.field for item in caught.value.errors] == [f"minutes-{two}"]
    for unknown in (waiting + 99, 2**40, -1):
        with pytest.raises(NotFound):
            get_amendment(any_ctx, who, unknown)


def test_the_second_is_told_what_the_first_did(any_ctx: Context) -> None:
    ana, bo = make.officer(any_ctx, "Ana Officière"), make.officer(any_ctx)
    contract = make.contract(any_ctx)
    key, waiting = make.commitment(any_ctx, contract), amendment(any_ctx, contract)
    decide_amendment(any_ctx, ana, waiting, 1, APPLY, {key: 60}, JUNE)
    with pytest.raises(Conflict, match="Ana Officière a déjà appliqué"):
        decide_amendment(any_ctx, bo, waiting, 1, SET_ASIDE, {}, None)


def test_two_officers_at_once(any_ctx: Context) -> None:
    contract = make.contract(any_ctx)
    key, waiting = make.commitment(any_ctx, contract), amendment(any_ctx, contract)
    together, told = threading.Barrier(2), list[str]()

    def decide(who: Actor) -> None:
        together.wait()
        try:
            decide_amendment(any_ctx, who, waiting, 1, APPLY, {key: 60}, JUNE)
            told.append("done")
        except Conflict as error:
            told.append(error.message)

    threads = [threading.Thread(target=decide, args=(make.officer(any_ctx, f"Léo {n}"),)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(told)[1] == "done"
    assert "a déjà appliqué cet avenant" in sorted(told)[0]
    assert due(any_ctx, key) == 1001 * HOUR


def test_a_buyer_decides_nothing(ctx: Context) -> None:
    from matching.errors import Forbidden

    with pytest.raises(Forbidden):
        list_amendments(ctx, factories.administrator(ctx))
