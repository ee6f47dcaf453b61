"""Enter in a search box: the words are looked up, the page comes back where they were, nothing typed is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PATIENCE_SECONDS, Served, follow

pytestmark = pytest.mark.browser


def _focused(page: Any) -> str:
    """The id of what has the focus, on the page just loaded."""
    _until(page, "document.activeElement !== document.body")
    return str(page.evaluate("document.activeElement.id"))


def _until(page: Any, true: str) -> None:
    """Waits as `wait_for_function` does, which needs the page's own scripts."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(true):
        assert time.monotonic() < end, true
        time.sleep(0.05)


def _enter(page: Any, box: str, words: str) -> Any:
    page.locator(box).fill(words)
    follow(page.locator(box), "Enter")
    return page


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(
    ("box", "words", "focused", "kept"),
    [
        ("#skills", "cariste", "skill-", ""),
        ("#skills", "xyzabc", "skills", "xyzabc"),
        ("#place", "reze", "place", ""),
        ("#place", "nulleville", "place", "nulleville"),
    ],
    ids=["skills found", "no skill", "place added", "no place"],
)
def test_in_the_form_of_an_offer(
    demo: Served, enter: Callable[..., Any], javascript: bool, box: str, words: str, focused: str, kept: str
) -> None:
    page = enter("employer", javascript=javascript)
    page.goto("/employeur/offres/nouvelle")
    page.get_by_label("Intitulé du poste").fill("Préparateur de commandes")
    page.get_by_label("Description").fill("Préparer.\nRanger.")
    page.locator("[name=ask-sst]").evaluate("e => { e.closest('details').open = true }")
    page.locator("[name=ask-sst]").select_option("trainable")
    _enter(page, box, words)
    assert _focused(page).startswith(focused)
    # The page glides there: seen in the end, the top left behind.
    _until(
        page,
        "(r => scrollY > 300 && r.top >= 0 && r.bottom <= innerHeight)(document.activeElement.getBoundingClientRect())",
    )
    assert page.locator(box).input_value() == kept
    assert page.get_by_label("Intitulé du poste").input_value() == "Préparateur de commandes"
    assert page.get_by_label("Description").input_value() == "Préparer.\nRanger."
    assert page.locator("[name=ask-sst]").input_value() == "trainable"
    assert page.url.endswith("/employeur/offres/nouvelle")


def test_elsewhere_in_the_form_of_an_offer_it_saves(demo: Served, enter: Callable[..., Any]) -> None:
    page = enter("employer")
    page.goto("/employeur/offres/nouvelle")
    page.get_by_label("Intitulé du poste").fill("Préparateur de commandes")
    _enter(page, "#seats", "2")
    assert page.locator("h1").inner_text().startswith("Préparateur de commandes")
    assert "L’offre est enregistrée." in page.get_by_role("status").first.inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize(
    ("part", "words"), [("competences", "souder"), ("projets", "plongeur"), ("experiences", "plongeur")]
)
def test_in_a_person_s_file(demo: Served, enter: Callable[..., Any], javascript: bool, part: str, words: str) -> None:
    page = enter("adviser", javascript=javascript)
    page.goto("/personnes")
    follow(page.locator("main table a[href^='/personnes/']").first)
    page.goto(f"{page.url.partition('?')[0].partition('#')[0]}/{part}")
    _enter(page, "#mots", words)
    assert _focused(page) == "mots"
    assert page.locator("#mots").input_value() == words
    assert page.locator("main input[type=radio]").count()
