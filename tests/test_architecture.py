"""The plan of the house holds: imports run one way, the ranking cannot name protected facts, tests are found."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import column, func, literal_column, select, table, text

from matching.services.context import Context
from matching.store.ranking_source import ForbiddenRead, GuardedReader
from matching.store.tables import Base
from matching.store.tables.people import Candidate, CandidateBarrier, Person
from matching.store.tables.protected import ProtectedFact

ROOT = Path(__file__).resolve().parent.parent
PROTECTED = {"person", "protected_fact", "candidate_barrier", "user_account", "audit_event", "audit_note", "read_log"}
# Of the machines the project was written on, and of what never belongs in it.
_PIECES = ("/wo|rk/", r"\bfarm|-\w", "BEGIN [A-Z ]*PRIV|ATE KEY", r"\bclau|de\b", "chat|gpt")
FORBIDDEN_WORDS = re.compile("|".join(piece.replace("|", "") for piece in _PIECES), re.IGNORECASE)


def _lint_imports(config: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    command = [program, "--config", config, "--no-cache"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_imports_run_one_way() -> None:
    ran = _lint_imports(ROOT / "pyproject.toml")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_climbing_import_would_be_noticed(tmp_path: Path) -> None:
    """Control: the same tool, told that the store may not import the tables it does import."""
    config = tmp_path / "wrong.toml"
    config.write_text(
        '[tool.importlinter]\nroot_package = "matching"\n'
        '[[tool.importlinter.contracts]]\nname = "wrong"\ntype = "layers"\n'
        'layers = ["matching.access", "matching.store"]\n'
    )
    ran = _lint_imports(config)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "BROKEN" in ran.stdout


def _imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_the_ranking_imports_no_table_that_is_not_its_input() -> None:
    imported = _imported(ROOT / "matching" / "store" / "ranking_source.py")
    named = {mapper.class_ for mapper in Base.registry.mappers if _full(mapper.class_) in imported}
    assert Candidate in named
    assert [known.__tablename__ for known in named if not known.__table__.info.get("ranking_input")] == []
    assert not any("protected" in name or name.endswith("accounts") for name in imported)


def _full(known: type[Base]) -> str:
    return f"{known.__module__}.{known.__name__}"


def test_no_protected_table_is_marked_as_an_input() -> None:
    marked = {known.name for known in Base.metadata.sorted_tables if known.info.get("ranking_input")}
    assert {"candidate", "candidate_fact", "offer"} <= marked
    assert not marked & PROTECTED
    assert set(Base.metadata.tables) >= PROTECTED


@pytest.mark.parametrize(
    "statement",
    [
        select(Person.id),
        select(ProtectedFact.value),
        select(CandidateBarrier.state),
        select(Candidate.id).join(Person, Person.id == Candidate.person_id),
        select(Candidate.id).where(Candidate.person_id.in_(select(ProtectedFact.person_id))),
        select(Candidate.id).where(select(Person.id).where(Person.id == Candidate.person_id).exists()),
        select(func.count()).select_from(select(ProtectedFact.kind).subquery()),
        select(text("family_name FROM person")),
        select(literal_column("(SELECT family_name FROM person)")),
        select(column("family_name")).select_from(table("person")),
        select(Candidate.id).order_by(select(Person.family_name).limit(1).scalar_subquery()),
    ],
    ids=str,
)
def test_the_guarded_reader_refuses_every_way_to_a_protected_table(ctx: Context, statement: object) -> None:
    with ctx.read() as session:
        reader = GuardedReader(session)
        assert reader.rows(select(Candidate.id)) == []
        with pytest.raises(ForbiddenRead):
            reader.rows(statement)  # type: ignore[arg-type]


def _project_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split("\n")  # fmt: skip
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_no_file_names_the_machine_it_was_written_on() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: its files cannot be told from what lies beside them")
    found = []
    for file in _project_files():
        try:
            content = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if "vendor" not in file.parts:
            found += [f"{file.relative_to(ROOT)}: {match.group()}" for match in FORBIDDEN_WORDS.finditer(content)]
    assert found == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Without it, two test files of the same name in two folders cannot both be collected."""
    folders = {file.parent for file in (ROOT / "tests").rglob("test_*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
