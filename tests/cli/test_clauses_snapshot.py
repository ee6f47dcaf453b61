"""`matching clauses snapshot`: a year read, frozen, written, compared from the shell."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from matching.clauses.terms import EligiblePublic, Route
from matching.cli.clauses import snapshot
from matching.services.context import Context
from tests.cli.conftest import Command
from tests.support import clauses, factories

JANUARY = date(2026, 1, 1)


@pytest.fixture
def year(ctx: Context, command: Command, monkeypatch: pytest.MonkeyPatch) -> str:
    """Sixteen people, four by ETTI; the officer's address."""
    monkeypatch.setattr(snapshot, "ready_context", lambda: ctx)
    commitment = clauses.commitment(ctx)
    for place in range(16):
        route, public = (Route.ETTI, EligiblePublic.ETTI) if place % 4 == 3 else (Route.DIRECT_HIRE, EligiblePublic.RSA)
        one = clauses.participation(ctx, commitment, route=route, public=public)
        clauses.validated(ctx, commitment, one, 60 * (place + 1), month=JANUARY)
    return factories.email_of(clauses.officer(ctx))


def run(command: Command, *words: object) -> str:
    code, out, said = command("clauses", "snapshot", 2026, *words)
    assert code == 0, said
    return out.decode().replace("\u00a0", " ")


def test_a_year_is_printed_without_small_numbers(year: str, command: Command) -> None:
    out = run(command)
    assert "Ensemble : 136 h, 16 personnes, 8,5 h par personne" in out
    assert "Embauche directe : masqué, petit nombre" in out
    assert "Rien n’est figé" in out


def test_json_says_the_same(year: str, command: Command) -> None:
    data = json.loads(run(command, "--json"))
    assert (data["people"], data["minutes"], data["snapshot"]) == (16, 8160, None)
    assert {line["hidden"] for line in data["dimensions"]["route"]} == {True}
    assert data["months"] == [{"month": "2026-01", "minutes": 8160}]


def test_freezing_asks_who(year: str, command: Command) -> None:
    code, _, said = command("clauses", "snapshot", 2026, "--freeze")
    assert code != 0
    assert "--as" in said
    assert "Bilan figé le 23 novembre 2026 sous le numéro 1" in run(command, "--freeze", "--as", year)


def test_what_moved_since_is_told(year: str, command: Command, ctx: Context) -> None:
    run(command, "--freeze", "--as", year)
    clauses.validated(ctx, 1, 1, 90, month=JANUARY)
    out = run(command, "--compare", 1, "--as", year)
    assert "1 écriture de plus" in out
    assert "Ensemble : 136 h → 137 h 30 (+1 h 30), 16 → 16 personnes" in out
    run(command, "--freeze", "--as", year)
    data = json.loads(run(command, "--compare", 1, "--frozen", 2, "--as", year, "--json"))
    assert (data["from"], data["to"], data["entries"]) == (1, 2, 1)
    assert data["changes"][0]["minutes_after"] - data["changes"][0]["minutes_before"] == 90


def test_files_are_written_whole(year: str, command: Command, tmp_path: Path) -> None:
    for kind, start in (("csv", b"\xef\xbb\xbfannee"), ("xlsx", b"PK")):
        path = tmp_path / f"bilan.{kind}"
        run(command, f"--{kind}", path)
        assert path.read_bytes().startswith(start)
    code, _, said = command("clauses", "snapshot", 2026, "--csv", tmp_path / "absent" / "bilan.csv")
    assert code != 0
    assert "ne peut pas être écrit" in said


@pytest.mark.usefixtures("pdf_library")
def test_the_pdf_is_written(year: str, command: Command, tmp_path: Path) -> None:
    run(command, "--freeze", "--as", year, "--pdf", tmp_path / "bilan.pdf")
    assert (tmp_path / "bilan.pdf").read_bytes().startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((2050,), "Écrivez une année"),
        ((2025, "--frozen", 1), "est celui de 2026"),
        ((2026, "--frozen", 9), "n’existe pas"),
        ((2026, "--frozen", 1, "--freeze"), "ne vont pas ensemble"),
    ],
)
def test_what_cannot_be_done_says_why(year: str, command: Command, words: tuple[object, ...], told: str) -> None:
    run(command, "--freeze", "--as", year)
    code, _, said = command("clauses", "snapshot", *words)
    assert code != 0
    assert told in said
