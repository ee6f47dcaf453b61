"""Figures that Python calls digits and that are no numbers: refused or ignored, never a fault."""

from __future__ import annotations

import pytest
from flask import Flask

from matching.errors import NotFound
from matching.services.context import Context
from matching.services.ranking.lists import offer_number
from matching.services.reference import OWN_SKILL_IDS, skill_number
from tests.support import factories
from tests.support.pages import client_of

FIGURES = ["²", "٣", "12²"]


@pytest.mark.parametrize("text", FIGURES)
def test_no_offer_has_such_a_number(ctx: Context, text: str) -> None:
    with pytest.raises(NotFound):
        offer_number(ctx, text)


@pytest.mark.parametrize("text", FIGURES)
def test_such_a_skill_is_one_of_ours(text: str) -> None:
    assert skill_number("300") == 300
    assert skill_number(text) >= OWN_SKILL_IDS


@pytest.mark.parametrize("text", FIGURES)
def test_such_a_person_is_not_chosen(ctx: Context, app: Flask, text: str) -> None:
    me = factories.adviser(ctx)
    answer = client_of(app, me).post(f"/offres/{factories.offer(ctx)}/proposer", data={"candidate": text})
    assert answer.status_code < 500
