"""Every page of the demonstration in a real browser: accessible, without an error, readable on a telephone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.browser.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.long]

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # What passes is not read: then axe neither describes each of its elements nor sends them.
    "resultTypes": ["violations"],
}
AT_LEAST = {
    "": 5,
    "adviser": 35,
    "unit_manager": 4,
    "employer": 12,
    "clause_officer": 40,
    "buyer": 5,
    "pilot": 7,
    "administrator": 25,
}
# What a role opens like another is looked at once: the manager, an adviser too, goes through the unit's pages only.
STARTS = {"unit_manager": ("/unite", "/equite")}
EVERYBODYS = ("/aide", "/accessibilite", "/donnees-personnelles")
# A page of each kind is enough: two hundred files of people are one page.
OF_EACH_KIND = 1
WIDTHS = (1280, 320)


def _kind(demo: Served, address: str) -> str | None:
    """The page's endpoint; None for what is no page (files, other sites, other methods)."""
    parts = urlsplit(address)
    if parts.netloc not in ("", urlsplit(demo.address).netloc):
        return None
    try:
        endpoint, values = demo.app.url_map.bind("localhost").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    if endpoint in ("static", "colours", "evidence.download") or "kind" in values:
        return None
    if "." in parts.path.rpartition("/")[2]:  # a file to keep, not a page
        return None
    return f"{endpoint} {values.get('group', '')} {bool(parts.query)}"


def _walk(demo: Served, page: Any, role: str) -> Iterator[str]:
    """Open the first page, then every kind of page that a link leads to."""
    seen: Counter[str] = Counter()
    within = STARTS.get(role, ("/",))
    waiting = list(STARTS.get(role, ("/", "/compte/mot-de-passe", "/metiers?mots=plonge")))
    known = {*waiting, *EVERYBODYS}
    if not role:
        waiting += EVERYBODYS
    while waiting:
        path = waiting.pop(0)
        kind = _kind(demo, path)
        if kind is None or seen[kind] >= OF_EACH_KIND:
            continue
        answer = page.goto(path)
        assert answer.status < 400, f"{path}: {answer.status}"
        seen[kind] += 1
        yield path
        links = page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))")
        for link in links:
            target = link.partition("#")[0]
            if target.startswith("?"):
                target = urlsplit(path).path + target
            if target.startswith(within) and target not in known:
                known.add(target)
                waiting.append(target)


def _faults(page: Any) -> Iterator[str]:
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found = axe.run(page, options=RULES).response["violations"]
        for violation in found:
            places = [node["target"] for node in violation["nodes"]][:3]
            yield f"{width} px: {violation['id']} at {places}: {violation['help']}"
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            who = page.evaluate(
                """() => [...document.querySelectorAll('main *, header *, footer *')]
                .filter(e => e.getBoundingClientRect().right > window.innerWidth + 1)
                .slice(0, 4).map(e => e.tagName + '.' + e.className)"""
            )
            yield f"{width} px: {wide} px too wide, {who}"


def _shoot(page: Any, role: str, path: str) -> None:
    """Pictures of each page, for those who want to look: MATCHING_SHOTS=folder."""
    if folder := os.environ.get("MATCHING_SHOTS"):
        name = f"{role or 'nobody'}{path.replace('/', '_').replace('?', '-')[:80]}"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("role", AT_LEAST)
def test_every_page(demo: Served, enter: Callable[..., Any], role: str) -> None:
    page = enter(role)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    # One left unfinished because the page changed is no failure.
    page.on("requestfailed", lambda r: None if "ABORTED" in str(r.failure) else told.append(f"failed {r.url}"))
    wrong: list[str] = []
    opened = 0
    for path in _walk(demo, page, role):
        opened += 1
        _shoot(page, role, path)
        wrong += [f"{path}: {fault}" for fault in _faults(page)]
        wrong += [f"{path}: console: {text}" for text in told]
        told.clear()
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert not wrong, "\n".join(wrong)
    assert opened >= AT_LEAST[role]


def test_control_faults_are_seen(demo: Served, enter: Callable[..., Any]) -> None:
    page = enter()
    page.goto("/aide")
    page.evaluate(
        """() => {
            const image = document.createElement('img');
            image.src = '/static/theme.css'; image.style.cssText = 'min-width: 2000px; display: block';
            document.querySelector('main').append(image);
        }"""
    )
    found = "\n".join(_faults(page))
    assert "image-alt" in found
    assert "too wide" in found
