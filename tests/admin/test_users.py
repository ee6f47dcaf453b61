"""Accounts kept by an administrator."""

from __future__ import annotations

import re

import pytest

from matching.access.passwords import check_new_password
from matching.access.permissions import Actor
from matching.errors import Conflict, Forbidden, Invalid, RuleRefused
from matching.services import accounts
from matching.services.context import Context
from matching.services.users import (
    UserForm,
    change_user,
    create_user,
    deactivate_user,
    get_user,
    list_users,
    reactivate_user,
    reset_password,
    temporary_password,
)
from matching.terms import Role
from tests.support import factories


def _logged_in(ctx: Context, actor: Actor) -> str:
    return accounts.log_in(ctx, factories.email_of(actor), factories.PASSWORD)


def test_temporary_passwords_pass_the_rule_and_differ() -> None:
    made = {temporary_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert re.fullmatch(r"([a-z]{4}-){4}[a-z]{4}", password)
        check_new_password(password, name="Awa Exemple", email="awa@exemple.test")


def test_created_account_logs_in_with_its_temporary_password(any_ctx: Context) -> None:
    ctx = any_ctx
    admin, unit = factories.administrator(ctx), factories.unit(ctx)
    key, password = create_user(ctx, admin, "Zoe@Exemple.test", UserForm("Zoé Exemple", Role.ADVISER, unit))
    actor = accounts.find_actor(ctx, accounts.log_in(ctx, "zoe@exemple.test", password))
    assert actor is not None
    assert (actor.user_id, actor.role, actor.unit_id) == (key, Role.ADVISER, unit)
    assert [line.id for line in list_users(ctx, admin, words="zoe").lines] == [key]


@pytest.mark.parametrize(
    ("email", "form", "fields"),
    [
        ("sans arobase", UserForm("Awa", Role.ADMINISTRATOR), {"email"}),
        ("a@b", UserForm("Awa", Role.ADMINISTRATOR), {"email"}),
        ("compte1@exemple.test", UserForm("Awa", Role.ADMINISTRATOR), {"email"}),
        ("a@b.test", UserForm(" ", Role.ADVISER), {"name", "unit_id"}),
        ("a@b.test", UserForm("Awa", Role.EMPLOYER), {"establishment_id"}),
        ("a@b.test", UserForm("Awa", Role.UNIT_MANAGER, unit_id=999), {"unit_id"}),
    ],
)
def test_refused_accounts_name_the_field(ctx: Context, email: str, form: UserForm, fields: set[str]) -> None:
    admin = factories.administrator(ctx)
    with pytest.raises(Invalid) as refused:
        create_user(ctx, admin, email, form)
    assert {error.field for error in refused.value.errors} == fields


def _deactivate(ctx: Context, admin: Actor, key: int, version: int) -> None:
    deactivate_user(ctx, admin, key, version)


def _change_role(ctx: Context, admin: Actor, key: int, version: int) -> None:
    user = get_user(ctx, admin, key)
    change_user(ctx, admin, key, version, UserForm(user.name, Role.UNIT_MANAGER, user.unit_id))


def _change_unit(ctx: Context, admin: Actor, key: int, version: int) -> None:
    user = get_user(ctx, admin, key)
    change_user(ctx, admin, key, version, UserForm(user.name, user.role, factories.unit(ctx)))


def _reset(ctx: Context, admin: Actor, key: int, version: int) -> None:
    reset_password(ctx, admin, key, version)


@pytest.mark.parametrize("change", [_deactivate, _change_role, _change_unit, _reset])
def test_sessions_end_at_the_next_request(ctx: Context, change: object) -> None:
    admin, adviser = factories.administrator(ctx), factories.adviser(ctx)
    token = _logged_in(ctx, adviser)
    assert accounts.find_actor(ctx, token) is not None
    change(ctx, admin, adviser.user_id, get_user(ctx, admin, adviser.user_id).version)  # type: ignore[operator]
    assert accounts.find_actor(ctx, token) is None


def test_a_corrected_name_closes_no_session(ctx: Context) -> None:
    admin, adviser = factories.administrator(ctx), factories.adviser(ctx)
    token = _logged_in(ctx, adviser)
    change_user(ctx, admin, adviser.user_id, 1, UserForm("Autre Exemple", Role.ADVISER, adviser.unit_id))
    assert accounts.find_actor(ctx, token) is not None


def test_reactivated_account_must_log_in_again(ctx: Context) -> None:
    admin, adviser = factories.administrator(ctx), factories.adviser(ctx)
    token = _logged_in(ctx, adviser)
    deactivate_user(ctx, admin, adviser.user_id, 1)
    with pytest.raises(Invalid):
        _logged_in(ctx, adviser)
    reactivate_user(ctx, admin, adviser.user_id, 2)
    assert accounts.find_actor(ctx, token) is None
    assert accounts.find_actor(ctx, _logged_in(ctx, adviser)) is not None


def test_an_adviser_with_people_keeps_their_unit(ctx: Context) -> None:
    admin, unit = factories.administrator(ctx), factories.unit(ctx)
    adviser = factories.adviser(ctx, unit)
    factories.candidate(ctx, unit, adviser.user_id)
    with pytest.raises(RuleRefused, match="1 personne"):
        _change_unit(ctx, admin, adviser.user_id, 1)
    deactivate_user(ctx, admin, adviser.user_id, 1)
    assert not get_user(ctx, admin, adviser.user_id).active


def test_the_last_administrator_stays(ctx: Context) -> None:
    admin, other = factories.administrator(ctx), factories.administrator(ctx)
    with pytest.raises(RuleRefused, match="propre compte"):
        deactivate_user(ctx, admin, admin.user_id, 1)
    deactivate_user(ctx, admin, other.user_id, 1)
    unit = factories.unit(ctx)
    with pytest.raises(RuleRefused, match="dernier compte"):
        change_user(ctx, admin, admin.user_id, 1, UserForm(admin.name, Role.ADVISER, unit))


def test_second_of_two_edits_is_a_conflict(any_ctx: Context) -> None:
    admin, adviser = factories.administrator(any_ctx), factories.adviser(any_ctx)
    deactivate_user(any_ctx, admin, adviser.user_id, 1)
    with pytest.raises(Conflict):
        reset_password(any_ctx, admin, adviser.user_id, 1)


def test_only_an_administrator_keeps_accounts(ctx: Context) -> None:
    for actor in (factories.adviser(ctx), factories.manager(ctx), factories.employer(ctx)):
        with pytest.raises(Forbidden):
            list_users(ctx, actor)
        with pytest.raises(Forbidden):
            create_user(ctx, actor, "a@b.test", UserForm("Awa", Role.ADMINISTRATOR))
