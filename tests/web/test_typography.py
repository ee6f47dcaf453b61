"""No line of a page begins with « : » or « ? »: the space before is unbreakable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "matching/web/templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
_CODE = re.compile(r"<[^>]*>|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_BREAKABLE = re.compile(r"\S{0,12} [:;?!»](?=\s|$|[.,)])|« \S{0,12}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_high_punctuation_holds_to_its_word(path: Path) -> None:
    pieces = _CODE.split(path.read_text(encoding="utf-8"))
    assert [found for piece in pieces for found in _BREAKABLE.findall(piece)] == []


def test_the_check_sees_a_space_that_breaks() -> None:
    assert PAGES
    assert _BREAKABLE.findall("Essai : deux personnes, « Entre » ?") == ["Essai :", "« Entre", " »", " ?"]
