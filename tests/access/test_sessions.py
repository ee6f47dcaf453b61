"""Logging in and out, and everything after which a token is worth nothing at the next request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.errors import Invalid
from matching.services import accounts
from matching.services.accounts import NewAccount
from matching.services.context import Context
from matching.store.tables.accounts import UserAccount, WebSession
from matching.store.tables.trail import AuditEvent
from matching.terms import Role
from tests.support import factories as make

WRONG = "cheval pile agrafe lumière"


def _log_in(ctx: Context, actor: Actor) -> str:
    return accounts.log_in(ctx, make.email_of(actor), make.PASSWORD)


def _last_action(ctx: Context) -> tuple[str, int | None, int]:
    with ctx.read() as session:
        row = session.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).scalar_one()
        return row.action, row.actor_id, row.subject_id


def test_a_token_opens_the_session_of_its_account(any_ctx: Context) -> None:
    actor = make.adviser(any_ctx)
    token = _log_in(any_ctx, actor)
    assert accounts.find_actor(any_ctx, token) == actor
    assert _last_action(any_ctx)[0] == "login.succeeded"
    assert accounts.find_actor(any_ctx, "another") is None
    with any_ctx.read() as session:
        assert token not in session.execute(select(WebSession.token_hash)).scalars().all()


def test_case_and_blanks_of_the_address_do_not_matter(ctx: Context) -> None:
    actor = make.adviser(ctx)
    assert accounts.log_in(ctx, f"  {make.email_of(actor).upper()} ", make.PASSWORD)


# --- ends of a session ---------------------------------------------------------------------------


def _log_out(ctx: Context, _actor: Actor, token: str) -> None:
    accounts.log_out(ctx, token)


def _change_password(ctx: Context, actor: Actor, _token: str) -> None:
    accounts.change_password(ctx, actor, make.PASSWORD, "ruisseau clavier tempête 9")


def _deactivate(ctx: Context, actor: Actor, _token: str) -> None:
    with ctx.write(None) as work:
        work.session.get_one(UserAccount, actor.user_id).active = False
        work.record("account.deactivated", "user_account", actor.user_id)


End = Callable[[Context, Actor, str], None]


@pytest.mark.parametrize("end", [_log_out, _change_password, _deactivate])
def test_the_token_is_worth_nothing_at_the_next_request(any_ctx: Context, end: End) -> None:
    actor, other = make.adviser(any_ctx), make.adviser(any_ctx)
    token, others = _log_in(any_ctx, actor), _log_in(any_ctx, other)
    end(any_ctx, actor, token)
    assert accounts.find_actor(any_ctx, token) is None
    assert accounts.find_actor(any_ctx, others) == other


def test_changing_the_password_closes_the_sessions_elsewhere_too(any_ctx: Context) -> None:
    actor = make.adviser(any_ctx)
    elsewhere, here = _log_in(any_ctx, actor), _log_in(any_ctx, actor)
    _change_password(any_ctx, actor, here)
    assert [accounts.find_actor(any_ctx, token) for token in (elsewhere, here)] == [None, None]
    with pytest.raises(Invalid):
        _log_in(any_ctx, actor)


def test_logging_out_leaves_the_other_session(ctx: Context) -> None:
    actor = make.adviser(ctx)
    elsewhere, here = _log_in(ctx, actor), _log_in(ctx, actor)
    accounts.log_out(ctx, here)
    accounts.log_out(ctx, here)
    assert accounts.find_actor(ctx, elsewhere) == actor


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [(WRONG, "ruisseau clavier tempête 9", "current"), (make.PASSWORD, "court", "password")],
)
def test_a_refused_change_of_password_changes_nothing(ctx: Context, current: str, new: str, field: str) -> None:
    actor = make.adviser(ctx)
    token = _log_in(ctx, actor)
    with pytest.raises(Invalid) as told:
        accounts.change_password(ctx, actor, current, new)
    assert [error.field for error in told.value.errors] == [field]
    assert accounts.find_actor(ctx, token) == actor
    assert _log_in(ctx, actor)


def test_a_session_left_alone_ends_and_one_in_use_goes_on(any_ctx: Context, clock: FixedClock) -> None:
    actor = make.adviser(any_ctx)
    used, left = _log_in(any_ctx, actor), _log_in(any_ctx, actor)
    for _ in range(3):
        clock.instant += timedelta(minutes=29)
        assert accounts.find_actor(any_ctx, used) == actor
    assert accounts.find_actor(any_ctx, left) is None
    clock.instant += timedelta(minutes=30, seconds=1)
    assert accounts.find_actor(any_ctx, used) is None


def test_no_session_outlives_the_day_however_busy(any_ctx: Context, clock: FixedClock) -> None:
    actor = make.adviser(any_ctx)
    token = _log_in(any_ctx, actor)
    for _ in range(30):
        clock.instant += timedelta(minutes=20)
        assert accounts.find_actor(any_ctx, token) == actor
    clock.instant += timedelta(minutes=1)
    assert accounts.find_actor(any_ctx, token) is None


# --- failed attempts -----------------------------------------------------------------------------


def _attempts(ctx: Context, email: str, count: int) -> list[tuple[str, object]]:
    answers = []
    for _ in range(count):
        with pytest.raises(Invalid) as told:
            accounts.log_in(ctx, email, WRONG)
        answers.append((told.value.message, told.value.data))
    return answers


def test_an_unknown_address_is_answered_like_a_known_one(any_ctx: Context) -> None:
    actor = make.adviser(any_ctx)
    gone = make.adviser(any_ctx)
    _deactivate(any_ctx, gone, "")
    known, unknown, closed = (
        _attempts(any_ctx, email, 7) for email in (make.email_of(actor), "personne@exemple.test", make.email_of(gone))
    )
    assert known == unknown == closed
    assert known[4] == known[0]
    assert known[5] == known[6] != known[0]
    assert known[5][1] == {"wait_seconds": 2}


def test_the_right_password_waits_too_and_nobody_is_locked_out(any_ctx: Context, clock: FixedClock) -> None:
    actor = make.adviser(any_ctx)
    _attempts(any_ctx, make.email_of(actor), 5)
    with pytest.raises(Invalid, match="Attendez 2 secondes"):
        _log_in(any_ctx, actor)
    clock.instant += timedelta(seconds=2)
    assert _log_in(any_ctx, actor)
    assert _attempts(any_ctx, make.email_of(actor), 1)[0][1] == {}


def test_each_further_failure_doubles_the_wait(any_ctx: Context, clock: FixedClock) -> None:
    _attempts(any_ctx, "personne@exemple.test", 5)
    for seconds in (2, 4, 8, 16):
        (told,) = _attempts(any_ctx, "personne@exemple.test", 1)
        assert told[1] == {"wait_seconds": seconds}
        clock.instant += timedelta(seconds=seconds)
        (heard,) = _attempts(any_ctx, "personne@exemple.test", 1)
        assert heard[1] == {}


def test_failures_are_events_without_the_address(any_ctx: Context) -> None:
    actor = make.adviser(any_ctx)
    _attempts(any_ctx, make.email_of(actor), 1)
    assert _last_action(any_ctx) == ("login.failed", None, actor.user_id)
    _attempts(any_ctx, "personne@exemple.test", 1)
    assert _last_action(any_ctx) == ("login.failed", None, 0)
    with any_ctx.read() as session:
        assert not [d for d in session.execute(select(AuditEvent.details)).scalars() if "@" in d]


# --- accounts ------------------------------------------------------------------------------------


def _new(**changes: object) -> NewAccount:
    values: dict[str, object] = {"email": "Neuf@Exemple.test", "name": "Neuf", "role": Role.ADMINISTRATOR}
    return NewAccount(**(values | {"password": "ruisseau clavier tempête 9"} | changes))  # type: ignore[arg-type]


def test_an_account_is_added_and_can_log_in(any_ctx: Context) -> None:
    key = accounts.add_account(any_ctx, None, _new())
    token = accounts.log_in(any_ctx, "neuf@exemple.test", "ruisseau clavier tempête 9")
    assert accounts.find_actor(any_ctx, token) == Actor(key, "Neuf", Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "sans arobase"}, "email"),
        ({"email": "compte1@exemple.test"}, "email"),
        ({"name": " "}, "name"),
        ({"role": Role.ADVISER}, "unit_id"),
        ({"role": Role.EMPLOYER}, "establishment_id"),
        ({"password": "court"}, "password"),
    ],
)
def test_a_refused_account_names_the_field_and_adds_nobody(
    ctx: Context, changes: dict[str, object], field: str
) -> None:
    make.adviser(ctx)
    with pytest.raises(Invalid) as told:
        accounts.add_account(ctx, None, _new(**changes))
    assert [error.field for error in told.value.errors] == [field]
    with ctx.read() as session:
        assert session.execute(select(func.count(UserAccount.id))).scalar_one() == 1
