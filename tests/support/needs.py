"""What some tests need of the machine: skipped without it, failed when `MATCHING_REQUIRE` names it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

HOW_TO_GET = {
    "browser": "needs Chromium and Playwright (Debian: apt-get install -y chromium; pip install -e '.[test]')",
    "pg": "needs PostgreSQL and psycopg (Debian: apt-get install -y postgresql; pip install -e '.[test]')",
    "pdf": "needs Pango (Debian: apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)",
    "reference": "needs the official files: set MATCHING_REFERENCE_DATA to the folder that holds rome/ and geo/",
}
NEED_OF_FIXTURE = {"official_dir": "reference", "chromium": "browser", "postgres_url": "pg", "pdf_library": "pdf"}


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian's newest, else the one on the path."""
    versions = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def chromium_path() -> str | None:
    """The browser's program, by the names distributions give it."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def official_folder() -> Path | None:
    """The folder of the official files, when it is named and holds them."""
    named = os.environ.get("MATCHING_REFERENCE_DATA", "")
    folder = Path(named)
    return folder if named and (folder / "rome").is_dir() and (folder / "geo").is_dir() else None


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def present(need: str) -> bool:
    """Whether this machine has what `need` stands for."""
    if need == "browser":
        return chromium_path() is not None and _installed("playwright")
    if need == "pg":
        return postgres_programs() is not None and _installed("psycopg")
    if need == "pdf":
        return _pdf_library_opens()
    return official_folder() is not None


def _pdf_library_opens() -> bool:
    try:
        importlib.import_module("weasyprint")
    except OSError:
        return False
    return True


def required() -> frozenset[str]:
    """The needs that may not be skipped. An unknown word is refused: a typo must not turn tests off."""
    words = frozenset(word.strip() for word in os.environ.get("MATCHING_REQUIRE", "").split(",") if word.strip())
    if unknown := words - HOW_TO_GET.keys():
        raise pytest.UsageError(f"MATCHING_REQUIRE names {sorted(unknown)}; known: {sorted(HOW_TO_GET)}")
    return words


def check(need: str) -> None:
    """Skip the running test when `need` is missing; fail it when it is required."""
    if present(need):
        return
    if need in required():
        pytest.fail(f"required by MATCHING_REQUIRE, missing: {HOW_TO_GET[need]}", pytrace=False)
    pytest.skip(HOW_TO_GET[need])
