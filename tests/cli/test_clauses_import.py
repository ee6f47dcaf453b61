"""`matching clauses import`: the templates, the check, the import, and files that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.cli.clauses import importing
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent
from tests.cli.conftest import Command
from tests.support import clauses, factories

KINDS = ("commitments", "participations", "hours")


@pytest.fixture
def me(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(importing, "ready_context", lambda: ctx)
    load_clause_defaults(ctx)
    return clauses.officer(ctx)


def _counts(ctx: Context) -> tuple[int, ...]:
    with ctx.read() as session:
        tables = (Commitment, Participation, LedgerEntry, AuditEvent)
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def test_the_templates_are_checked_then_imported_then_already_there(
    ctx: Context, me: Actor, command: Command, tmp_path: Path
) -> None:
    for kind in KINDS:
        code, content, _ = command("clauses", "import", kind, "--template")
        assert (code, content[:3]) == (0, b"\xef\xbb\xbf")
        file = tmp_path / f"{kind}.csv"
        file.write_bytes(content)
        words = ("clauses", "import", kind, file, "--as", factories.email_of(me))
        before = _counts(ctx)
        code, said, told = command(*words, "--check")
        assert (code, told, _counts(ctx)) == (0, "", before)
        assert said.decode().startswith("À reprendre")
        code, said, _ = command(*words)
        assert (code, said.decode().startswith("Repris")) == (0, True)
        after = _counts(ctx)
        assert after != before
        code, said, _ = command(*words)
        assert (code, _counts(ctx)) == (0, after)
        assert said.decode() == "Tout ce fichier est déjà enregistré\u00a0: rien ne change.\n"
    assert _counts(ctx)[:3] == (1, 1, 2)


def test_what_is_to_mend_names_line_column_value_and_remedy(
    ctx: Context, me: Actor, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "heures.csv"
    file.write_text("Numéro du contrat;Code du participant;Heures\nM-1;H-0001;7h5\n", encoding="latin-1")
    before = _counts(ctx)
    code, said, told = command("clauses", "import", "hours", file, "--as", factories.email_of(me))
    assert (code, said, _counts(ctx)) == (1, b"", before)
    assert "1\u00a0ligne à corriger" in told
    assert "ligne 2, colonne « Heures », «\u00a07h5\u00a0» peut se lire de deux façons" in told
    assert "(lu : « 7h5 »)" in told


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00", b"rien;de;connu\r\n1;2;3\r\n", None])
def test_what_cannot_be_imported_is_said(
    ctx: Context, me: Actor, command: Command, tmp_path: Path, kind: str, content: bytes | None
) -> None:
    file = tmp_path / "x.csv"
    if content is not None:
        file.write_bytes(content)
    code, said, told = command("clauses", "import", kind, file, "--as", factories.email_of(me))
    assert (code, said) == (1, b"")
    assert told
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [(), ("--as", "personne@exemple.fr")])
def test_what_is_missing_in_the_command_is_said(
    ctx: Context, me: Actor, command: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"a;b\n1;2\n")
    code, _, told = command("clauses", "import", "hours", file, *words)
    assert (code, "--as adresse@" in told) == (1, True)
    code, _, told = command("clauses", "import", "hours")
    assert (code, "--template" in told) == (1, True)


def test_columns_are_explained(ctx: Context, me: Actor, command: Command) -> None:
    code, said, _ = command("clauses", "import", "participations", "--columns")
    assert code == 0
    assert "Prénom (obligatoire)" in said.decode()
    assert "Habitant·e d’un quartier prioritaire" in said.decode()


def test_only_officers(ctx: Context, me: Actor, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(b"a;b\n1;2\n")
    other = factories.email_of(factories.adviser(ctx))
    code, _, told = command("clauses", "import", "hours", file, "--as", other)
    assert (code, "Votre rôle ne permet pas" in told) == (1, True)
