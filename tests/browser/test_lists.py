"""A longer list opens where the shorter one ended, even inside the group that is closed at first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from matching.store.tables.accounts import UserAccount
from matching.store.tables.people import Candidate
from tests.browser.conftest import PATIENCE_SECONDS, Served, follow

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("of", ["offer", "person"])
def test_a_longer_list_opens_where_the_shorter_one_ended(
    demo: Served, enter: Callable[..., Any], of: str, javascript: bool
) -> None:
    page = enter("adviser", javascript=javascript)
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/offres/1/personnes?sans=travel" if of == "offer" else f"/personnes/{_person(demo)}/offres")
    last = page.locator("li.person").last.get_attribute("id")
    before = page.locator("li.person").count()
    follow(page.locator("a[href*=jusqu]"), "Enter")
    assert page.locator("li.person").count() > before
    seen = page.locator(f"#{last}")
    end = time.monotonic() + PATIENCE_SECONDS
    while not seen.is_visible() or not -800 < seen.bounding_box()["y"] < 800:
        assert time.monotonic() < end
        time.sleep(0.05)
    page.keyboard.press("Tab")
    assert page.evaluate(f"!!document.activeElement.closest('#{last}')")
    assert of == "person" or "Essai" in page.locator("main").inner_text()


def _person(demo: Served) -> int:
    with demo.ctx.read() as session:
        unit = session.get_one(UserAccount, 1).unit_id
        return int(session.execute(select(Candidate.id).where(Candidate.unit_id == unit)).scalars().first() or 0)
