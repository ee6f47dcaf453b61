"""The reading is apart: nothing that ranks can name it, the lists logged, or a protected fact."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

from matching.services.context import Context
from matching.store.ranking_source import ForbiddenRead, GuardedReader
from matching.store.tables.exposure import ExposureLog

ROOT = Path(__file__).resolve().parents[2] / "matching"
RANKS = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "services/ranking").rglob("*.py"), ROOT / "store/ranking_source.py"]
_APART = ("fairness", "publishable")


def named(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("matching") and any(word in name for word in _APART)}


def test_nothing_that_ranks_names_the_reading_of_fairness() -> None:
    assert len(RANKS) > 20
    assert {str(file): names for file in RANKS if (names := named(file))} == {}


def test_control_a_name_would_be_seen() -> None:
    assert named(ROOT / "cli/fairness.py")


def test_the_ranking_s_reader_refuses_the_lists_logged(ctx: Context) -> None:
    with ctx.read() as session, pytest.raises(ForbiddenRead):
        GuardedReader(session).rows(select(ExposureLog.shown))
