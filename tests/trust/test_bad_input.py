"""Whatever is asked or typed, by anybody: an answer of the product, never a fault of the program."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from matching.services.context import Context
from matching.terms import Role
from tests.trust.world import OWN, TRACES, Form, Forms, World, build, writes

pytestmark = pytest.mark.long

ODD = [
    "",
    "zzz",
    "-1",
    "0",
    "1e9",
    "99999999999999999999",
    "é'\"<script>alert(1)</script>{{7*7}}",
    "%' OR 1=1 --",
    "a\x00b",
    "\ud7ff\U0001f600",
    "2026-13-45",
    "٣",
    "x" * 5000,
]
ALWAYS = ["q", "page", "sort", "sens", "suivi", "commune", "qui", "mots", "jusqu", "toutes", "sans", "avec", "i0", "n0"]


@pytest.fixture
def any_world(any_ctx: Context) -> World:
    from matching.web.app import create_app

    app: Flask = create_app(any_ctx)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return build(app, any_ctx)


def _pages(world: World) -> Iterator[tuple[Role | None, str, str]]:
    """Each page that answers: who opens it, its address, its text."""
    for role in world.actors:
        for rule in world.rules("GET"):
            path = world.address(rule, OWN)
            # The manager opens what the adviser opens: only the pages of a unit are the manager's own.
            if path is None or (role is Role.UNIT_MANAGER and not path.startswith("/unite")):
                continue
            answer = world.client(role).get(path)
            if answer.status_code in (200, 422) and answer.mimetype == "text/html":
                yield role, path, answer.get_data(as_text=True)


def _names(forms: list[Form]) -> list[str]:
    return [name for form in forms if form.method == "get" for name, _ in form.fields]


def _fault(world: World, role: Role | None, method: str, path: str, **sent: Any) -> list[str]:
    """What is wrong with the answer; a change without an event is wrong too."""
    world.client(role)  # logged in before anything is counted
    with writes(world.ctx) as tables:
        answer = world.client(role).open(path, method=method, **sent)
    body = answer.get_data(as_text=True) if answer.mimetype.startswith("text/") else ""
    told = f"{role} {method} {path} {str(sent)[:150]}: {answer.status_code}"
    found = [told] if answer.status_code >= 500 or "Traceback" in body else []
    if "<script>alert(1)" in body:
        found.append(told + " gives back what was typed as it is")
    if tables - TRACES - {"login_throttle"} and "audit_event" not in tables:
        found.append(told + f" changes {sorted(tables - TRACES)} without an event")
    if method == "GET" and tables - TRACES:
        found.append(told + f" writes {sorted(tables - TRACES)}")
    return found


def test_odd_questions_in_addresses(any_world: World) -> None:
    wrong: list[str] = []
    pages = list(_pages(any_world))
    assert len(pages) > 60
    for role, path, body in pages:
        names = list(dict.fromkeys(ALWAYS + _names(Forms(body).found)))
        for odd in _odd(any_world):
            wrong += _fault(any_world, role, "GET", path, query_string=dict.fromkeys(names, odd))
    assert wrong == []


def _odd(world: World) -> list[str]:
    """All of them on SQLite; on PostgreSQL those that it alone dislikes."""
    return ODD if world.ctx.engine.dialect.name == "sqlite" else ["99999999999999999999", "a\x00b", ODD[6], ODD[-1]]


def test_each_name_alone_with_what_databases_dislike(world: World) -> None:
    wrong: list[str] = []
    for role, path, body in list(_pages(world)):
        for name in dict.fromkeys(_names(Forms(body).found)):
            for odd in ("99999999999999999999", "-1"):
                wrong += _fault(world, role, "GET", path, query_string={name: odd})
    assert wrong == []


@pytest.mark.parametrize("number", ["0", "9223372036854775808", "99999999999999999999999"])
def test_ids_no_database_can_hold(any_world: World, number: str) -> None:
    wrong = []
    for method in ("GET", "POST"):
        for rule in any_world.rules(method):
            for role in any_world.actors:
                path = any_world.address(rule, OWN)
                if path is None or not rule.arguments or role is Role.UNIT_MANAGER:
                    continue
                ids = {key: {OWN: number} for key in any_world.ids}
                odd = World(any_world.app, any_world.ctx, any_world.actors, ids, any_world.clients)
                if (path := _build(odd, rule)) is not None:
                    wrong += _fault(any_world, role, method, path)
    assert wrong == []


def _build(world: World, rule: Any) -> str | None:
    from werkzeug.routing import BuildError

    try:
        return world.address(rule, OWN)
    except (BuildError, ValueError):
        return None


def test_forms_sent_empty_or_full_of_odd_things(any_world: World) -> None:
    """Every POST, nothing in it, then each odd value in every field of the page's forms."""
    wrong: list[str] = []
    targets: dict[tuple[Role | None, str], list[str]] = {}
    for role, path, body in list(_pages(any_world)):
        for form in Forms(body).found:
            if form.method == "post" and form.action != "/deconnexion":
                targets[(role, form.action or path)] = [name for name, _ in form.fields]
    for rule in any_world.rules("POST"):
        path = any_world.address(rule, OWN) or ""
        if rule.rule != "/deconnexion":
            for role in any_world.actors:
                targets.setdefault((role, path), ["name", "version", "file"])
    assert len(targets) > 100
    for (role, path), names in targets.items():
        wrong += _fault(any_world, role, "POST", path)
        # One refused for its role is refused before anything is read.
        if any_world.client(role).post(path).status_code in (302, 403):
            continue
        for odd in _odd(any_world):
            wrong += _fault(any_world, role, "POST", path, data=dict.fromkeys(names, odd))
    assert wrong == []


def test_forms_sent_back_as_they_are_and_each_field_odd_alone(world: World) -> None:
    """A form untouched, then with one field changed: what is saved leaves an event, what is not says why."""
    wrong: list[str] = []
    saved = 0
    for role, path, body in list(_pages(world)):
        for form in Forms(body).found:
            if form.method != "post" or form.action == "/deconnexion":
                continue
            target, fields = form.action or path, [f for f in form.fields if f[0] != "csrf_token"]
            with writes(world.ctx) as tables:
                wrong += _fault(world, role, "POST", target, data=_several(fields))
            saved += bool(tables - TRACES)
            for name in dict.fromkeys(name for name, _ in fields):
                changed = [(n, "99999999999999999999" if n == name else v) for n, v in fields]
                wrong += _fault(world, role, "POST", target, data=_several(changed))
    assert wrong == []
    assert saved > 10


def _several(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


HOSTILE = {
    "empty.csv": b"",
    "nul.csv": b"\x00\x00\x00",
    "renamed.csv": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "renamed.xlsx": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "cut.xlsx": b"PK\x03\x04" + b"\x00" * 40,
    "wide.csv": (";".join(f"c{i}" for i in range(3000)) + "\n").encode(),
    "no-name": b"a;b\n1;2\n",
    "image.png": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", ["/personnes/importer", "/offres/importer"])
def test_files_that_are_not_what_they_say(world: World, path: str, name: str) -> None:
    page = world.client(Role.ADVISER).get(path).get_data(as_text=True)
    assert 'type="file"' in page
    for field in ("file", "fichier"):
        sent = {field: (io.BytesIO(HOSTILE[name]), name)}
        with writes(world.ctx) as tables:
            answer = world.client(Role.ADVISER).post(path, data=sent, content_type="multipart/form-data")
        assert answer.status_code in (400, 413, 422)
        assert tables <= {"web_session"}
        assert "Traceback" not in answer.get_data(as_text=True)


def test_a_file_too_heavy_says_so(world: World) -> None:
    world.client(Role.ADVISER)
    world.app.config["MAX_CONTENT_LENGTH"] = 1000
    heavy = {"file": (io.BytesIO(b"x" * 2000), "lourd.csv")}
    answer = world.client(Role.ADVISER).post("/personnes/importer", data=heavy, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert "trop lourd" in answer.get_data(as_text=True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_methods_that_do_not_exist(world: World, method: str) -> None:
    answer = world.client(Role.ADVISER).open("/personnes", method=method)
    assert answer.status_code == 405
    assert "boutons" in answer.get_data(as_text=True)
