"""The hours due of stored commitments: in bulk, on a day, as known on a day, and in the shell."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event as sql_event

from matching.access.permissions import Actor
from matching.clauses.terms import EventKind, PartyRole, TerminationRule
from matching.cli import cli
from matching.errors import Forbidden, Invalid, NotFound
from matching.services.clauses.due import due_by_name, due_steps_of, minutes_by_holder_of, minutes_due_of, read_due
from matching.services.context import Context
from matching.terms import Role
from tests.support import clauses as make
from tests.support import factories

JANUARY, JUNE, DECEMBER = date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)
FAR = date(2099, 1, 1)


def framework(ctx: Context) -> int:
    """50 000 + 120 000 + 30 000 € at 40 %, 7 %, 35 €/h: 40 + 96 + 24 h."""
    terms: dict[str, Any] = {
        "order_labour_share": "40",
        "order_rate": "7",
        "order_hourly_cost": "35",
        "order_rounding": "none",
    }
    key = make.commitment(ctx, minutes=0, required_minutes=None, **terms)
    for day, cents in ((2, 5_000_000), (3, 12_000_000), (4, 3_000_000)):
        on = date(2026, day, 1)
        make.event(ctx, key, EventKind.PURCHASE_ORDER, effective_on=on, amount_cents=cents, recorded_on=on)
    return key


def test_orders_make_the_hours_due_of_a_framework(any_ctx: Context) -> None:
    key = framework(any_ctx)
    with any_ctx.read() as session:
        hours = [
            minutes_due_of(session, [key], on, FAR)[key] // 60
            for on in (JANUARY, date(2026, 2, 1), date(2026, 3, 1), DECEMBER)
        ]
    assert hours == [0, 40, 136, 160]


def test_what_was_known_on_a_day_is_not_what_is_known_now(any_ctx: Context) -> None:
    key = make.commitment(any_ctx, minutes=100 * 60)
    late: dict[str, Any] = {"effective_on": date(2026, 3, 1), "recorded_on": date(2027, 1, 10)}
    make.event(any_ctx, key, EventKind.AMENDMENT, minutes=20 * 60, **late)
    with any_ctx.read() as session:
        assert minutes_due_of(session, [key], DECEMBER, DECEMBER) == {key: 100 * 60}
        assert minutes_due_of(session, [key], DECEMBER, date(2027, 1, 10)) == {key: 120 * 60}


def test_the_time_of_a_termination_is_the_contract_s(any_ctx: Context) -> None:
    """181 days of 365, whatever the lot's own window."""
    key = make.commitment(any_ctx, minutes=365 * 60, window_from=date(2026, 5, 1), window_to=date(2026, 8, 1))
    rule: dict[str, Any] = {"termination_rule": TerminationRule.BY_TIME, "effective_on": JUNE}
    make.event(any_ctx, key, EventKind.TERMINATION, **rule)
    with any_ctx.read() as session:
        assert due_steps_of(session, key, DECEMBER, FAR)[-1].after == 181 * 60


def test_a_transfer_moves_minutes_from_the_first_holder(any_ctx: Context) -> None:
    first, second = factories.organisation(any_ctx), factories.organisation(any_ctx)
    key = make.commitment(any_ctx, minutes=600, holder_id=first)
    make.party(any_ctx, key, second, PartyRole.HOLDER)
    make.event(any_ctx, key, EventKind.TRANSFER, effective_on=JUNE, minutes=200, to_organisation_id=second)
    with any_ctx.read() as session:
        assert minutes_by_holder_of(session, key, DECEMBER, FAR) == {first: 400, second: 200}


def test_many_commitments_take_as_many_statements_as_one(any_ctx: Context) -> None:
    contract = make.contract(any_ctx)
    keys = [make.commitment(any_ctx, contract, lot=str(lot), minutes=lot) for lot in range(1, 8)]
    counts = []
    for asked in ([keys[0]], keys):
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731, B023
        sql_event.listen(any_ctx.engine, "before_cursor_execute", listen)
        with any_ctx.read() as session:
            due = minutes_due_of(session, asked, DECEMBER, FAR)
        sql_event.remove(any_ctx.engine, "before_cursor_execute", listen)
        counts.append(len([statement for statement in seen if statement.startswith("SELECT")]))
        assert list(due.values()) == list(range(1, len(asked) + 1))
    assert counts[0] == counts[1]


def test_nothing_recorded_is_nothing_due(ctx: Context) -> None:
    key = make.commitment(ctx, minutes=600)
    with ctx.read() as session:
        assert minutes_due_of(session, [key, 999], date(2025, 1, 1), FAR) == {key: 0, 999: 0}
        assert minutes_due_of(session, [], DECEMBER, FAR) == {}


@pytest.mark.parametrize("role", [Role.ADVISER, Role.EMPLOYER, Role.BUYER, Role.ADMINISTRATOR])
def test_only_officers_read_it_through_the_service(ctx: Context, role: Role) -> None:
    with pytest.raises(Forbidden):
        read_due(ctx, Actor(1, "Quelqu’un", role), 1, DECEMBER)


def test_officer_reads_it(ctx: Context) -> None:
    key = make.commitment(ctx, minutes=600)
    assert read_due(ctx, make.officer(ctx), key, DECEMBER).minutes_due == 600


def test_names_of_a_commitment(ctx: Context) -> None:
    contract = make.contract(ctx, number="2026/TX-1")
    one = make.commitment(ctx, contract, lot="1", minutes=60)
    two = make.commitment(ctx, contract, lot="2", minutes=120)
    whole = make.commitment(ctx, make.contract(ctx, number="MARCHE-9"), minutes=180)
    asked = {str(one): 60, "2026/TX-1/2": 120, " MARCHE-9 ": 180, "MARCHE-9/": 180}
    assert {name: due_by_name(ctx, name, DECEMBER, FAR).minutes_due for name in asked} == asked
    with pytest.raises(Invalid, match=f"{one}.*{two}"):
        due_by_name(ctx, "2026/TX-1", DECEMBER)
    for absent in ("2026/TX-1/3", "0", "999999", "9" * 40, "", "é/é"):
        with pytest.raises(NotFound):
            due_by_name(ctx, absent, DECEMBER)
    assert whole


def test_command(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    key = framework(ctx)
    make.event(ctx, key, EventKind.EXEMPTION, effective_on=JUNE, minutes=30, recorded_on=date(2027, 2, 1))
    monkeypatch.setenv("MATCHING_DATABASE_URL", str(ctx.engine.url))
    said = json.loads(CliRunner().invoke(cli, ["clauses", "due", str(key), "--on", "2026-12-31", "--json"]).output)
    assert said["minutes_due"] == 160 * 60
    assert [event["kind"] for event in said["events"]] == ["initial", *["purchase_order"] * 3]
    assert said["events"][-1]["minutes_before"] == 136 * 60
    later = CliRunner().invoke(cli, ["clauses", "due", str(key), "--on", "31/12/2026", "--known", "2027-02-01"])
    assert "159\u00a0h\u00a030 dues le 31\u00a0décembre\u00a02026" in later.output
    wrong = CliRunner().invoke(cli, ["clauses", "due", str(key), "--on", "31/02/2026"])
    assert isinstance(wrong.exception, Invalid)
