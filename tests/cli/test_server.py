"""`matching serve`: what happens beside the pages."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from matching import engine
from matching.cli import server


def test_a_compiled_pass_that_cannot_be_made_ready_is_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages go on with NumPy: whoever runs them learns it, and why."""

    def no_room() -> bool:
        raise OSError("no space left")

    monkeypatch.setattr(engine, "warm_up", no_room)
    with capture_logs() as said:
        server.warm_up()
    assert [(line["event"], line["kind"], line["said"]) for line in said] == [
        ("compiled_pass_not_ready", "OSError", "no space left")
    ]
    assert "no_room" in said[0]["where"]
