"""`matching clauses open-data` from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matching.cli.clauses import open_data
from matching.services.context import Context
from tests.cli.conftest import Command
from tests.support import clauses


@pytest.mark.parametrize(("kind", "start"), [("json", b"{"), ("csv", b"\xef\xbb\xbfmarche;")])
def test_files_are_written(
    ctx: Context, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, start: bytes
) -> None:
    monkeypatch.setattr(open_data, "ready_context", lambda: ctx)
    clauses.commitment(ctx)
    path = tmp_path / f"clauses.{kind}"
    code, _, said = command("clauses", "open-data", path)
    assert (code, said.startswith("1 engagement : ")) == (0, True)
    assert path.read_bytes().startswith(start)
    if kind == "json":
        assert len(json.loads(path.read_bytes())["engagements"]) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [(("clauses.pdf",), ".csv ou .json"), (("clauses.json", "--buyer", "999999999"), "pas connu ici")],
)
def test_what_cannot_be_done_says_why(
    ctx: Context,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.setattr(open_data, "ready_context", lambda: ctx)
    monkeypatch.chdir(tmp_path)
    code, _, said = command("clauses", "open-data", *words)
    assert code != 0
    assert told in said
    assert list(tmp_path.glob("clauses.*")) == []
