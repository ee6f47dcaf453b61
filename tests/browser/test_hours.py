"""The month of a commitment in a real browser: a link without an account, a decision, the certificate."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Served, follow

pytestmark = pytest.mark.browser


def _late_commitment(page: Any) -> str:
    """The address of a commitment whose company owes a month, from the officer's list."""
    page.goto("/engagements")
    for link in page.eval_on_selector_all("tbody th a[href^='/engagements/']", "all => all.map(a => a.href)"):
        page.goto(link)
        if page.get_by_text("pas encore déclaré").count():
            return str(link)
    raise AssertionError("no commitment of the demonstration owes a month")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_from_a_link_to_the_ledger(demo: Served, enter: Callable[..., Any], javascript: bool) -> None:
    officer = enter("clause_officer", javascript=javascript)
    commitment = _late_commitment(officer)
    follow(officer.get_by_role("link", name=re.compile("Donner un lien")).first)
    assert officer.input_value("#month"), "the month owed is chosen already"
    if not officer.input_value("#organisation_id"):
        officer.select_option("#organisation_id", index=1)
    follow(officer.get_by_role("button", name="Créer le lien"))
    shown = officer.content()
    token = re.search(r"/declarer/[\w-]{20,}", shown)
    assert token is not None, "the link is shown to be copied"

    company = enter("", javascript=javascript)
    company.goto(token[0])
    assert "H-" in company.inner_text("main")
    fields = company.locator("main input[name^='h']:not([type=hidden])")
    assert fields.count()
    for place in range(fields.count()):
        fields.nth(place).fill("7,30")
    follow(company.get_by_role("button", name=re.compile("Vérifier")))
    follow(company.get_by_role("button", name=re.compile("Envoyer")).first)
    assert "envoyée" in company.inner_text("main").lower() or "reçu" in company.inner_text("main").lower()

    officer.goto("/declarations")
    officer.goto(commitment)
    follow(officer.locator("table a[href^='/declarations/']").first)
    assert "7 h 18" in officer.inner_text("main").replace("\u00a0", " ")
    officer.locator("input[type=radio][value=validate]").first.check()
    follow(officer.get_by_role("button", name=re.compile("Enregistrer")))
    officer.goto(f"{commitment}/grand-livre")
    assert "7 h 18" in officer.inner_text("main").replace("\u00a0", " ")
    officer.goto(f"{commitment}/attestation")
    assert officer.get_by_role("heading", level=1).count() == 1
