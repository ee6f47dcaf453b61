"""Running a command as the shell does, on the test's own database and clock."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from matching.cli import daily, data, main
from matching.services.context import Context

Command = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def command(ctx: Context, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """`command("import", "offers", …)` gives (exit code, standard output, what was said in case of error)."""
    for module in (data, daily):
        monkeypatch.setattr(module, "ready_context", lambda: ctx)

    def run(*words: object) -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "argv", ["matching", *map(str, words)])
        capfdbinary.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capfdbinary.readouterr()
        return code, said.out, said.err.decode()

    return run
