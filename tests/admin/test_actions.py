"""Every action that a use case records has words in the trail's page."""

from __future__ import annotations

import re
from pathlib import Path

import matching.services
from matching.web.pages.admin.actions import action_label

_RECORDED = re.compile(r"record\(\s*\"([a-z_]+\.[a-z_]+)\"")


def test_every_recorded_action_has_words() -> None:
    folder = Path(matching.services.__file__).parent
    codes = {code for file in folder.rglob("*.py") for code in _RECORDED.findall(file.read_text(encoding="utf-8"))}
    assert "unit.merged" in codes, "the pattern finds nothing any more"
    assert sorted(code for code in codes if action_label(code) == code) == []
