"""The demonstration served for real, and people who log in by its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from matching.demo import DEMO_PASSWORD
from matching.services.context import Context
from tests.support.served import served

LOGINS = {
    "adviser": "conseil1@departement.example",
    "unit_manager": "unite1@departement.example",
    "employer": "employeur1@departement.example",
    "clause_officer": "clauses1@departement.example",
    "buyer": "acheteur1@departement.example",
    "pilot": "pilote1@departement.example",
    "administrator": "admin@departement.example",
}


PATIENCE_SECONDS = 60
"""After which what a page was waited for will not come; a busy machine takes ten times what a quiet one does."""


def follow(control: Any, key: str = "") -> None:
    """Clicks (or presses `key`) and waits for the page it leads to: a click alone returns on the page being left."""
    with control.page.expect_navigation():
        control.press(key) if key else control.click()


@dataclass
class Served:
    """The address of the demonstration, and what serves it."""

    address: str
    app: Flask
    ctx: Context


@pytest.fixture
def demo(demo_ctx: Context) -> Iterator[Served]:
    from matching.services.occupations import train
    from matching.web.app import create_app

    train(demo_ctx)
    app = create_app(demo_ctx)
    with served(app) as port:
        yield Served(f"http://127.0.0.1:{port}", app, demo_ctx)


@pytest.fixture
def enter(browser: Any, demo: Served) -> Iterator[Callable[..., Any]]:
    """Gives a page logged in as a role (nobody when empty); `javascript=False` turns scripts off."""
    opened = []

    def log_in(role: str = "", *, javascript: bool = True) -> Any:
        context = browser.new_context(
            locale="fr-FR",
            viewport={"width": 1280, "height": 900},
            java_script_enabled=javascript,
            base_url=demo.address,
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        if role:
            page.goto("/connexion")
            page.get_by_label("Adresse électronique").fill(LOGINS[role])
            page.get_by_label("Mot de passe").fill(DEMO_PASSWORD)
            follow(page.get_by_role("button", name="Se connecter"))
            assert "/connexion" not in page.url
        return page

    yield log_in
    for context in opened:
        context.close()
