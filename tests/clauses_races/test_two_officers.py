"""Two officers on one declaration, over HTTP, each on a server process of their own: exactly one wins.

The control takes the guard away: both win and an hour counts twice.
"""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState
from matching.services.clauses.checking import check_everything
from matching.services.context import Context
from matching.store.tables.declarations import HourDeclaration
from matching.store.tables.ledger import LedgerEntry
from matching.web.app import create_app
from tests.conftest import NOW
from tests.support import clauses as make
from tests.support import factories
from tests.support.pages import client_of

ROUNDS = 6
Choices = Callable[[int], Mapping[str, str]]


@dataclass
class Answer:
    status: int
    body: str


class Browser:
    """An officer in front of one server: a session, and the forms of the pages it opened."""

    def __init__(self, ctx: Context, actor: Actor, port: int) -> None:
        self.port, self.name = port, actor.name
        cookie = client_of(create_app(ctx), actor).get_cookie("matching")
        assert cookie is not None
        self.cookie = cookie.value
        self.form: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        headers = {"Cookie": f"matching={self.cookie}"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        # Closed even when the server is killed while it is asked.
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)) as connection:
            connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
            answer = connection.getresponse()
            body = answer.read().decode()
        if found := re.match(r"matching=([^;]+)", answer.getheader("Set-Cookie") or ""):
            self.cookie = found[1]
        return Answer(answer.status, body)

    def open(self, declaration_id: int) -> None:
        """Read the declaration: its version and the token of its form."""
        page = self.ask("GET", f"/declarations/{declaration_id}")
        assert page.status == 200, page.status
        names = ("version", "csrf_token")
        self.form = {
            name: found[1] for name in names if (found := re.search(rf'name="{name}" value="([^"]*)"', page.body))
        }
        assert set(self.form) == set(names)


class Race:
    """One commitment of three people, two officers, two servers on one database."""

    def __init__(self, ctx: Context, folder: Path, guard: str) -> None:
        self.ctx = ctx
        self.company = factories.organisation(ctx, "Batibel Construction")
        self.commitment = make.commitment(ctx, holder_id=self.company)
        self.people = [make.participation(ctx, self.commitment, organisation_id=self.company) for _ in "abc"]
        url = ctx.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.clauses_races.server", url, NOW.isoformat(), str(folder), guard]
        self.servers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        officers = [make.officer(ctx, "Léa Roche"), make.officer(ctx, "Julien Maurel")]
        self.browsers = [
            Browser(ctx, actor, self._port(server)) for actor, server in zip(officers, self.servers, strict=True)
        ]
        self.month = 0

    @staticmethod
    def _port(server: subprocess.Popen[str]) -> int:
        assert server.stdout is not None
        return int(server.stdout.readline())

    def close(self) -> None:
        for server in self.servers:
            assert server.stdin is not None
            server.stdin.close()
        for server in self.servers:
            server.wait(timeout=120)
            assert server.stdout is not None
            server.stdout.close()

    def declared(self) -> int:
        """A month to decide, another one each time: nothing doubles."""
        self.month += 1
        month = make.OCTOBER.replace(month=self.month)
        return make.declaration(self.ctx, self.commitment, self.company, dict.fromkeys(self.people, 600), month=month)

    def run(self, declaration_id: int, choices: tuple[Choices, Choices]) -> list[Answer]:
        """Both read the page, then both save at the same moment."""
        for browser in self.browsers:
            browser.open(declaration_id)
        start, answers = threading.Barrier(2), [Answer(0, ""), Answer(0, "")]
        lines = make.lines_of(self.ctx, declaration_id)

        def save(place: int) -> None:
            browser = self.browsers[place]
            fields = dict(browser.form)
            for line in lines:
                fields |= choices[place](line)
            start.wait()
            answers[place] = browser.ask("POST", f"/declarations/{declaration_id}", fields)

        threads = [threading.Thread(target=save, args=(place,)) for place in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def entries(self, declaration_id: int) -> Counter[int]:
        """How many entries each line of the declaration has."""
        with self.ctx.read() as session:
            lines = make.lines_of(self.ctx, declaration_id)
            rows = session.execute(select(LedgerEntry.line_id).where(LedgerEntry.line_id.in_(lines))).scalars()
            return Counter(line for line in rows if line is not None)

    def state(self, declaration_id: int) -> DeclarationState:
        with self.ctx.read() as session:
            return session.get_one(HourDeclaration, declaration_id).state


@pytest.fixture
def race(any_ctx: Context, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Race]:
    made = Race(any_ctx, tmp_path, getattr(request, "param", "guarded"))
    yield made
    made.close()


def validate(line: int) -> Mapping[str, str]:
    return {f"d-{line}": "validate"}


def reject(line: int) -> Mapping[str, str]:
    return {f"d-{line}": "reject", f"reason-{line}": "missing_evidence"}


@pytest.mark.parametrize("second", [validate, reject], ids=["validate-validate", "validate-reject"])
def test_exactly_one_officer_wins_and_the_other_is_told(race: Race, second: Choices) -> None:
    for _ in range(ROUNDS):
        made = race.declared()
        answers = race.run(made, (validate, second))
        assert sorted(answer.status for answer in answers) == [303, 409]
        winner = 0 if answers[0].status == 303 else 1
        told = answers[1 - winner].body
        assert f"{race.browsers[winner].name} a enregistré ses décisions" in told
        validated = winner == 0 or second is validate
        assert race.state(made) is (DeclarationState.VALIDATED if validated else DeclarationState.REJECTED)
        assert set(race.entries(made).values()) == ({1} if validated else set())
        assert len(race.entries(made)) == (3 if validated else 0)
    assert check_everything(race.ctx).breaches == ()


@pytest.mark.parametrize("race", ["unguarded"], indirect=True)
def test_without_the_guard_hours_would_count_twice(race: Race) -> None:
    """Control: the same race, with a plain read-check-write and without the index that would catch it last."""
    elsewhere = make.commitment(race.ctx)
    make.validated(race.ctx, elsewhere, make.participation(race.ctx, elsewhere), 60)  # the ledger has begun
    with race.ctx.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_ledger_entry_line"))
    made = race.declared()
    answers = race.run(made, (validate, validate))
    assert [answer.status for answer in answers] == [303, 303]
    assert race.entries(made) == Counter(dict.fromkeys(make.lines_of(race.ctx, made), 2))
