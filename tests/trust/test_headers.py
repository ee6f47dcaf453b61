"""What the browser is told: no script nor style but ours, nothing kept, no frame; and templates that live with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from matching.terms import Role
from tests.trust.world import OWN, World

TEMPLATES = Path(__file__).resolve().parents[2] / "matching" / "web" / "templates"
PRINTED = {"_print.html"}
INLINE = re.compile(r"""<[a-z][^>]*?\s(style|on[a-z]+)\s*=\s*["'{]""", re.IGNORECASE | re.DOTALL)
BARE = re.compile(r"<(script|style)\b(?![^>]*\bnonce=)(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE)
ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//(?!www\.w3\.org)""", re.IGNORECASE)


def _policy(header: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in header.split(";") if part.strip())


def test_each_page_of_each_role(world: World) -> None:
    seen = set()
    for role in world.actors:
        for rule in world.rules("GET"):
            path = world.address(rule, OWN)
            if path is None:
                continue
            answer = world.client(role).get(path)
            body = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
            policy = _policy(answer.headers["Content-Security-Policy"])
            assert "unsafe" not in str(policy), path
            assert policy["default-src"] == "'none'"
            assert policy["frame-ancestors"] == "'none'"
            nonce = re.findall(r"'nonce-([^']+)'", policy["script-src"] + policy["style-src"])
            assert len(nonce) == 2
            assert nonce[0] == nonce[1]
            assert nonce[0] not in seen, path
            seen.add(nonce[0])
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "no-store" in answer.headers["Cache-Control"], path
            if answer.mimetype == "text/html":
                assert not INLINE.search(body), f"{path}: {INLINE.search(body)}"
                assert all(used == nonce[0] for used in re.findall(r'nonce="([^"]*)"', body)), path
                assert not BARE.search(body), f"{path}: {BARE.search(body)}"
    assert len(seen) > 200


@pytest.mark.parametrize("path", ["/nulle-part", "/personnes/987654", "/administration"])
def test_pages_of_error_too(world: World, path: str) -> None:
    answer = world.client(Role.ADVISER).get(path)
    assert answer.status_code in (403, 404)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "'nonce-" in answer.headers["Content-Security-Policy"]


def test_templates_hold_no_inline_style_script_or_foreign_address() -> None:
    templates = sorted(TEMPLATES.rglob("*.html"))
    assert len(templates) > 40
    for template in templates:
        text = template.read_text(encoding="utf-8")
        # What becomes a PDF is drawn on the server, never sent to a browser: it carries its own style.
        rules = (INLINE, ELSEWHERE) if template.name in PRINTED else (INLINE, ELSEWHERE, BARE)
        for rule in rules:
            assert not rule.search(text), f"{template.name}: {rule.search(text)}"
        # Only a literal may be told safe: a variable could hold what somebody typed.
        assert not re.search(r"""[^'"\s]\s*\|\s*safe\b""", text), template.name


@pytest.mark.parametrize(
    "line",
    ['<p class="a" style="color:red">', "<a href='#' onclick='x()'>", '<b\n style="{{ x }}">'],
)
def test_control_of_the_search(line: str) -> None:
    assert INLINE.search(line)
    assert BARE.search("<script>x()</script>")
    assert ELSEWHERE.search('<script src="https://cdn.example/x.js">')


@pytest.mark.parametrize("target", ["//ailleurs.example", "https://ailleurs.example", "/\\ailleurs.example", "x"])
def test_login_leads_nowhere_else(world: World, target: str) -> None:
    from tests.support import factories as make

    actor = world.actors[Role.ADVISER]
    assert actor
    typed = {"email": make.email_of(actor), "password": make.PASSWORD, "next": target}
    answer = world.app.test_client().post("/connexion", data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
