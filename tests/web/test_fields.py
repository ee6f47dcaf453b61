"""Fields and tables as a reader or a narrow screen takes them; figures typed that are no numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from wtforms import Form as PlainForm

from matching.web.forms import VersionField

STYLE = Path(__file__).parents[2] / "matching/web/static"
FIELD = "{% import 'macros/fields.html' as f with context %}{{ f.plain('x', 'X', ARGUMENTS) }}"


@pytest.mark.parametrize("kind", ["type='text'", "type='textarea'", "options=[('', 'Rien')]"])
@pytest.mark.parametrize(
    ("said", "linked"),
    [
        ("", ""),
        ("hint='Aide'", "x-hint"),
        ("error='Refus'", "x-error"),
        ("hint='Aide', error='Refus'", "x-hint x-error"),
    ],
)
def test_a_field_is_linked_to_its_hint_and_its_error(app: Flask, kind: str, said: str, linked: str) -> None:
    with app.test_request_context():
        html = render_template_string(FIELD.replace("ARGUMENTS", ", ".join(filter(None, (kind, said)))))
    assert ("aria-describedby" in html) == bool(linked)
    assert not linked or f'aria-describedby="{linked}"' in html
    for key in linked.split():
        assert f'id="{key}"' in html


class _Versioned(PlainForm):
    version = VersionField()


@pytest.mark.parametrize(("typed", "read"), [("7", 7), ("²", 0), ("٣", 0), ("-1", 0), ("", 0), ("9" * 40, 0)])
def test_a_version_is_a_number_or_nothing(typed: str, read: int) -> None:
    form = _Versioned()
    form.version.process_formdata([typed])
    assert form.version.data == read


TABLE = """<table class="tbl flow"><caption>Des personnes et encore des personnes</caption>
<thead><tr><th scope="col">Qui</th><th scope="col" class="num">Combien</th></tr></thead>
<tbody><tr><th scope="row">Une</th><td class="num" data-l="Combien">12</td></tr></tbody></table>"""


@pytest.mark.parametrize(("width", "display", "align"), [(400, "block", "left"), (1200, "table-caption", "right")])
def test_on_a_narrow_screen_a_table_flows(page: Any, width: int, display: str, align: str) -> None:
    styles = [(STYLE / name).read_text("utf-8") for name in ("vendor/bootstrap.min.css", "theme.css")]
    page.set_viewport_size({"width": width, "height": 600})
    page.set_content(f"<style>{' '.join(styles)}</style>{TABLE}")
    computed = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    assert page.evaluate(computed, ["caption", "display"]) == display
    assert page.evaluate(computed, ["tbody td.num", "textAlign"]) == align
