"""The commands as typed in a shell: what they write, and what they say when something is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MATCHING_")}
    code = "from matching.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=bare | settings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize(("kind", "column"), [("candidates", "Nom"), ("offers", "SIRET")])
def test_the_template_of_each_import_is_written_as_csv(tmp_path: Path, kind: str, column: str) -> None:
    done = _run(tmp_path, "import", kind, "--template")
    assert done.returncode == 0, done.stderr
    assert column.lower() in done.stdout.splitlines()[0].lower()


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (("rank", "1"), {}, "matching db upgrade"),
        (("rank", "1"), {"MATCHING_PORT": "abc"}, "MATCHING_PORT"),
        (("serve",), {"MATCHING_PORT": "99999"}, "MATCHING_PORT"),
        (("rank", "1"), {"MATCHING_DATABASE_URL": "sqlite:///words.sqlite3"}, "MATCHING_DATABASE_URL"),
        (("db", "upgrade"), {"MATCHING_DATABASE_URL": "sqlite:///words.sqlite3"}, "MATCHING_DATABASE_URL"),
        (("rank", "1"), {"MATCHING_DATABASE_URL": "sqlite:///nowhere/at/all.sqlite3"}, "MATCHING_DATABASE_URL"),
        (("rank", "1"), {"MATCHING_DATABASE_URL": "mysql://a/b"}, "PostgreSQL"),
        (("demo", "--port", "99999"), {}, "--port"),
        (("import", "candidates"), {}, "--template"),
        (("import", "candidates", "absent.csv"), {}, "absent.csv"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    tmp_path: Path, words: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    (tmp_path / "words.sqlite3").write_text("des mots, pas une base de données\n" * 100)
    done = _run(tmp_path, *words, **settings)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
