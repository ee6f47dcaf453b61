"""`matching clauses size` and `penalty` as typed in a shell: no database, pure JSON, errors that name the option."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from matching.cli import main

K = ("--labour-share", "50", "--rate", "5", "--hourly-cost", "30")
TENTH = (*K[:2], "--rate", "10 %", *K[4:])
MILLION = ("--amount", "1000000", *K)


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Exit code, standard output and standard error of `matching clauses …`, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATCHING_DATABASE_URL", "sqlite:///nowhere/at/all.sqlite3")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["matching", "clauses", *words])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        heard = capfd.readouterr()
        assert list(tmp_path.iterdir()) == []
        return code, heard.out, heard.err

    return run


@pytest.mark.parametrize(
    ("words", "hours", "exact", "rounding"),
    [
        (MILLION, 833.33, "833.333", "none"),
        ((*MILLION, "--rounding", "down"), 833, "833.333", "down"),
        (("--amount", "1 000 000 €", *TENTH, "--rounding", "nearest"), 1667, "1666.66", "nearest"),
        (("--amount", "1\u202f000\u202f000,00", *K, "--rounding", "up"), 834, "833.333", "up"),
        (("--total-hours", "20000", "--rate", "5"), 1000, "1000", "none"),
        (("--total-hours", "20 000 h", "--rate", "5", "--transferred-hours", "12000h30"), 399.98, "399.975", "none"),
        (
            ("--orders", "50000,120000,30000", "--labour-share", "40", "--rate", "7", "--hourly-cost", "35"),
            160, "160", "none",
        ),
        (("--orders", "50 000,50 ; 30 000", *K), 66.67, "66.6670833", "none"),
        (("--bracket", "250000"), 450, "450", "none"),
    ],
)  # fmt: skip
def test_size_in_json(said: Any, words: tuple[str, ...], hours: float, exact: str, rounding: str) -> None:
    code, out, err = said("size", *words, "--json")
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert set(data) == {"method", "hours", "exact", "rounding", "working"}
    assert (data["hours"], data["rounding"]) == (hours, rounding)
    assert data["exact"].startswith(exact)
    assert Decimal(data["exact"]).is_finite()
    assert data["working"]


def test_size_for_people_says_what_the_hours_mean(said: Any) -> None:
    code, out, _ = said("size", *MILLION, "--hours-per-person", "180")
    plain = out.replace("\u00a0", " ").replace("\u202f", " ")
    assert code == 0
    for words in ("833,33 h", "833 h 20", "base 1 607 h", "base 1 820 h", "pour 1 000 €", "5 personnes"):
        assert words in plain


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), ("--amount", "--bracket")),
        (("--amount", "1000000"), ("--labour-share", "--rate", "--hourly-cost", "peinture")),
        (("--amount", "1", "--bracket", "1"), ("--amount", "--bracket")),
        (("--bracket", "1", "--rate", "5"), ("--rate", "--bracket")),
        (("--total-hours", "9", "--rate", "5", "--hourly-cost", "3"), ("--hourly-cost",)),
        ((*MILLION, "--transferred-hours", "3"), ("--transferred-hours",)),
        (("--amount", "-5", *K), ("--amount",)),
        (("--amount", "beaucoup", *K), ("--amount", "beaucoup")),
        (("--amount", "1e9", *K), ("--amount",)),
        (("--amount", "99999999999", *K), ("--amount",)),
        (("--amount", "1", *K[:2], "--rate", "NaN", *K[4:]), ("--rate",)),
        (("--amount", "1", *K[:2], "--rate", "150", "--hourly-cost", "0"), ("--rate", "--hourly-cost")),
        (("--total-hours", "7h5", "--rate", "5"), ("--total-hours", "7h05", "7h50")),
        (("--total-hours", "5", "--rate", "5", "--transferred-hours", "6"), ("--transferred-hours",)),
        (("--orders", "", *K), ("--orders",)),
        (("--orders", "5,,5", *K), ("--orders",)),
        ((*MILLION, "--rounding", "half"), ("--rounding", "nearest")),
    ],
)
def test_size_refuses_in_french_and_by_name(said: Any, words: tuple[str, ...], named: tuple[str, ...]) -> None:
    code, out, err = said("size", *words, "--json")
    assert (code, out) == (1, "")
    assert all(name in err for name in named), err


@pytest.mark.parametrize(
    ("words", "amount", "uncapped"),
    [
        (("--missing", "120", "--per-hour", "60"), 720_000, 720_000),
        (("--missing", "120", "--per-hour", "60", "--late-days", "12", "--per-day", "100"), 840_000, 840_000),
        (
            ("--missing", "120", "--per-hour", "60", "--late-days", "12", "--per-day", "100", "--cap-percent", "20",
             "--cap-base", "30 000"),
            600_000, 840_000,
        ),
        (("--missing", "87", "--index", "smic", "--multiple", "2", "--on", "2026-03-31"), 209_148, 209_148),
        (("--missing", "87", "--index", "SMIC", "--multiple", "2", "--on", "01/06/2026"), 214_194, 214_194),
        (("--missing", "87,5", "--index", "phss", "--on", "2026-03-31"), 262_500, 262_500),
        (("--missing", "87h30", "--per-hour", "60,00"), 525_000, 525_000),
        (("--missing", "87:30", "--per-hour", "60 €"), 525_000, 525_000),
        (("--missing", "1", "--per-hour", "60", "--minimum", "100"), 10_000, 10_000),
        (("--missing", "1", "--per-hour", "60", "--waived-below", "100"), 0, 6000),
        (("--lump", "500"), 50_000, 50_000),
        (("--missing", "0", "--lump", "500"), 0, 0),
        (("--missing", "0", "--per-hour", "60"), 0, 0),
    ],
)  # fmt: skip
def test_penalty_in_json(said: Any, words: tuple[str, ...], amount: int, uncapped: int) -> None:
    code, out, err = said("penalty", *words, "--json")
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert set(data) == {"amount_cents", "uncapped_cents", "working"}
    assert (data["amount_cents"], data["uncapped_cents"]) == (amount, uncapped)
    assert data["working"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), ("--missing", "--late-days", "--lump")),
        (("--missing", "7"), ("--per-hour", "--index")),
        (("--per-hour", "7"), ("--missing",)),
        (("--missing", "7", "--per-hour", "60", "--index", "smic"), ("--per-hour", "--index")),
        (("--missing", "7", "--index", "smic", "--multiple", "2"), ("--on",)),
        (("--missing", "7", "--index", "livret", "--on", "2026-01-01"), ("--index", "phss")),
        (("--missing", "7", "--index", "smic", "--on", "2010-01-01"), ("--on",)),
        (("--missing", "7", "--index", "smic", "--on", "demain"), ("--on", "demain")),
        (("--missing", "7", "--index", "smic", "--on", "2026-01-01", "--multiple", "-2"), ("--multiple",)),
        (("--missing", "7", "--per-hour", "60", "--multiple", "2"), ("--index", "--multiple")),
        (("--missing", "7h5", "--per-hour", "60"), ("--missing", "7h05")),
        (("--missing", "-7", "--per-hour", "60"), ("--missing",)),
        (("--late-days", "12"), ("--per-day",)),
        (("--late-days", "1,5", "--per-day", "3"), ("--late-days",)),
        (("--late-days", "-1", "--per-day", "3"), ("--late-days",)),
        (("--lump", "5", "--cap-percent", "20"), ("--cap-base",)),
        (("--lump", "5", "--cap-base", "20"), ("--cap-percent",)),
        (("--lump", "5", "--cap-percent", "120", "--cap-base", "20"), ("--cap-percent",)),
        (("--lump", "-5"), ("--lump",)),
    ],
)
def test_penalty_refuses_in_french_and_by_name(said: Any, words: tuple[str, ...], named: tuple[str, ...]) -> None:
    code, out, err = said("penalty", *words, "--json")
    assert (code, out) == (1, "")
    assert all(name in err for name in named), err


def test_penalty_for_people_shows_the_working(said: Any) -> None:
    code, out, _ = said("penalty", "--missing", "87", "--index", "smic", "--multiple", "2", "--on", "2026-03-31")
    plain = out.replace("\u00a0", " ").replace("\u202f", " ")
    assert code == 0
    assert "Pénalité : 2 091,48 €" in plain
    assert "12,02 € (valeur depuis le 1er janvier 2026)" in plain


def test_size_as_a_process_before_any_database(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MATCHING_")}
    code = "from matching.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "clauses", "size", *MILLION, "--json"],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    assert json.loads(done.stdout)["hours"] == 833.33
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
