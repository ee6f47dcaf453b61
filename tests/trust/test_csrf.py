"""Every form carries its token: without it nothing is read, and nothing is written."""

from __future__ import annotations

import pytest

from matching.terms import Role
from tests.trust.world import OWN, World, writes


@pytest.fixture
def guarded(world: World) -> World:
    """The world with tokens asked, as in the product."""
    for role in world.actors:
        world.client(role)
    world.app.config["WTF_CSRF_ENABLED"] = True
    return world


@pytest.mark.parametrize("data", [{}, {"csrf_token": "invented"}], ids=["none", "invented"])
def test_every_post_without_its_token_is_refused(guarded: World, data: dict[str, str]) -> None:
    posts = [(rule, path) for rule in guarded.rules("POST") if (path := guarded.address(rule, OWN))]
    assert len(posts) > 40
    wrong = []
    for rule, path in posts:
        for role in guarded.actors:
            with writes(guarded.ctx) as tables:
                answer = guarded.client(role).post(path, data=data)
            if answer.status_code != 400 or tables - {"web_session"}:
                wrong.append((role, rule.rule, answer.status_code, tables))
    assert wrong == []


def test_control_without_the_guard_it_turns_red(guarded: World) -> None:
    guarded.app.config["WTF_CSRF_ENABLED"] = False
    with pytest.raises(AssertionError):
        test_every_post_without_its_token_is_refused(guarded, {})


def test_the_refusal_says_what_to_do(guarded: World) -> None:
    answer = guarded.client(Role.ADVISER).post("/offres/nouvelle")
    assert "Rechargez" in answer.get_data(as_text=True)
