"""`matching bench` at a small size: every figure, its verdict, the exit code. Never a speed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from matching.bench import figures
from matching.bench.figures import Figure
from matching.cli import main

pytest.importorskip("wordfreq", reason="the extra `bench` is not installed")

NAMES = {
    "rapidfuzz_extract": [300],
    "scikit_learn": [300, 3000],
    "scipy": [300],
    "growth": [17273],
    "resident": [17273],
    "batch": [300],
    "edited_profile": [300],
    "same_ids": [300],
}
FIGURE = Figure("scipy", "Contre SciPy", 300, 3.0, 2.5, 6.0, "ms", 1.0, 3.0, {})


@pytest.fixture(scope="module")
def measured() -> list[Figure]:
    return list(figures.measure(300))


def test_every_figure_is_measured(measured: list[Figure]) -> None:
    sizes: dict[str, list[int]] = {}
    for figure in measured:
        sizes.setdefault(figure.figure, []).append(figure.size)
    assert sizes == NAMES


def test_each_is_plain_data_with_its_verdict(measured: list[Figure]) -> None:
    for data in json.loads(json.dumps([figure.as_data() for figure in measured])):
        assert {"figure", "size", "ratio", "floor", "aim", "passed"} <= set(data)
        # An exponent says nothing at this size, not even its sign: these times are a machine's hiccups.
        assert math.isfinite(data["ratio"])
        assert data["ratio"] > 0 or data["figure"] == "growth"
        held = data["ratio"] <= data["floor"] if data["lower_is_better"] else data["ratio"] >= data["floor"]
        assert data["passed"] is held


def test_the_same_people_come_out_everywhere(measured: list[Figure]) -> None:
    same = next(figure for figure in measured if figure.figure == "same_ids")
    assert (same.ratio, same.detail["plain"], same.detail["evaluate"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("ratio", "lower_is_better", "passed"),
    [(2.49, False, False), (2.5, False, True), (2.5, True, True), (2.51, True, False)],
)
def test_a_floor_is_a_floor_or_a_ceiling(ratio: float, lower_is_better: bool, passed: bool) -> None:
    assert replace(FIGURE, ratio=ratio, lower_is_better=lower_is_better).passed is passed


def _run(monkeypatch: pytest.MonkeyPatch, found: list[Figure], *words: str) -> int:
    def measure(size: int) -> Iterator[Figure]:
        yield from (replace(figure, size=size) for figure in found)

    monkeypatch.setattr(figures, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["matching", "bench", *words])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command_writes_json_and_tells_a_missed_floor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = replace(FIGURE, ratio=2.0)
    assert _run(monkeypatch, [FIGURE], "--size", "400", "--json") == 0
    assert _run(monkeypatch, [FIGURE, missed], "--json") == 1
    said = capsys.readouterr()
    first, second = said.out.split("]\n")[:2]
    assert [line["size"] for line in json.loads(first + "]")] == [400]
    assert [(line["size"], line["passed"]) for line in json.loads(second + "]")] == [(33_000, True), (33_000, False)]
    assert said.err.count("Contre SciPy") == 3


def test_the_command_draws_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    held = replace(FIGURE, figure="growth", ratio=1.0, floor=1.05, aim=None, theirs=None, lower_is_better=True)
    assert _run(monkeypatch, [FIGURE, replace(FIGURE, ratio=2.0), held]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "SciPy" in line]
    assert [line[-1] for line in lines] == ["tenu", "MANQUÉ", "tenu"]
    assert lines[0][-6:-1] == ["3,000", "≥", "2,5", "≥", "6"]


def test_without_the_extra_the_remedy_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("matching.cli.bench.find_spec", lambda name: None)
    assert _run(monkeypatch, [FIGURE]) == 1
    assert "matching[bench]" in capsys.readouterr().err
