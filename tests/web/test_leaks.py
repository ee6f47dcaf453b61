"""Where a login leads afterwards, and what a fault of the program writes in the log."""

from __future__ import annotations

import pytest
from flask import Flask, request

from matching.web import errors
from matching.web.pages.account import safe_next


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "https://evil.example", "", None],
)
def test_after_login_nobody_is_sent_to_another_site(target: str | None) -> None:
    assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/personnes", "/offres?etat=published&page=2", "/offres/1/personnes"])
def test_after_login_one_comes_back_to_the_page_asked(target: str) -> None:
    assert safe_next(target) == target


def test_the_log_of_a_fault_says_where_and_not_what_was_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = Flask(__name__)
    app.register_error_handler(Exception, errors._unknown)
    monkeypatch.setattr(errors, "_page", lambda status, message: (message, status))

    @app.get("/broken")
    def broken() -> str:
        return str(int(request.args["who"]))

    assert app.test_client().get("/broken?who=Dupont").status_code == 500
    written = capsys.readouterr().out
    assert "ValueError" in written
    assert "in broken" in written
    assert "Dupont" not in written
