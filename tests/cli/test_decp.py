"""`matching decp`: a file taken over, looked at, refused; the official file written with what was left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.cli import decp
from matching.services.context import Context
from matching.store.tables.contracts import Contract
from tests.clauses_services.test_decp_export import CONCESSION, FULL
from tests.cli.conftest import Command
from tests.exchange.test_decp import SIRET
from tests.support import clauses, factories


@pytest.fixture
def me(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(decp, "ready_context", lambda: ctx)
    return clauses.officer(ctx)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    file = tmp_path / "decp.json"
    dirty: dict[str, Any] = FULL | {"id": "sale", "montant": 1e17, "ccag": None, "considerationsSociales": None}
    content = {"marche": [FULL, dirty, "du texte"], "contrat-concession": [CONCESSION]}
    file.write_text(json.dumps({"marches": content}), encoding="utf-8")
    return file


def count(ctx: Context) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count(Contract.id))).scalar_one()


def imported(command: Command, me: Actor, file: Path, *more: str) -> tuple[int, str, str]:
    words = ("--buyer", SIRET, "--buyer-name", "Département Inventé", "--as", factories.email_of(me))
    code, said, told = command("decp", "import", file, *words, *more)
    return code, said.decode(), told


def test_a_file_looked_at_then_imported_then_known(ctx: Context, me: Actor, command: Command, published: Path) -> None:
    code, said, _ = imported(command, me, published, "--check")
    assert (code, count(ctx)) == (0, 0)
    assert "4 fiches lues : 3 marchés ajoutés" in said
    assert "montant, lu « 1e+17 »" in said
    assert "fiche 3 (sans identifiant) : Refusée" in said
    assert imported(command, me, published)[0] == 0
    assert count(ctx) == 3
    assert "Rien de nouveau" in imported(command, me, published)[1]


def test_a_cut_file_is_refused(ctx: Context, me: Actor, command: Command, published: Path) -> None:
    published.write_text(published.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    code, said, told = imported(command, me, published)
    assert code != 0
    assert "peut-être coupé" in said + told
    assert count(ctx) == 0


def test_the_official_file_and_what_is_left_out(
    ctx: Context, me: Actor, command: Command, published: Path, tmp_path: Path
) -> None:
    imported(command, me, published)
    file = tmp_path / "out.json"
    words = ("--buyer", SIRET, "--as", factories.email_of(me))
    code, out, _ = command("decp", "export", file, *words)
    said = out.decode().replace("\u00a0", " ")
    assert code == 0
    assert "Département Inventé : 2 contrats à publier ; 1 à compléter" in said
    assert "sale, à compléter : Montant, Considérations sociales, CCAG de référence." in said
    marches = json.loads(file.read_text(encoding="utf-8"))["marches"]
    assert (marches["marche"], marches["contrat-concession"]) == ([FULL], [CONCESSION])
    code, out, _ = command("decp", "export", file, *words, "--year", "2019")
    assert "0 contrat à publier" in out.decode()
    assert list(tmp_path.glob("*.partiel")) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--buyer", "73282932000074"), "Aucun acheteur connu"),
        (("--buyer", "12"), "SIRET"),
        (("--buyer", SIRET, "--year", "20"), "année"),
    ],
)
def test_what_cannot_be_exported(
    me: Actor, command: Command, published: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    imported(command, me, published)
    file = tmp_path / "out.json"
    code, _, said = command("decp", "export", file, *words, "--as", factories.email_of(me))
    assert code != 0
    assert told in said
    assert not file.exists()


def test_a_folder_that_does_not_exist(me: Actor, command: Command, published: Path, tmp_path: Path) -> None:
    imported(command, me, published)
    words = ("--buyer", SIRET, "--as", factories.email_of(me))
    code, _, said = command("decp", "export", tmp_path / "nulle" / "part.json", *words)
    assert (code != 0, "ne peut pas être écrit" in said) == (True, True)
