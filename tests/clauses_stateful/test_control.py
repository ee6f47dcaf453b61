"""A check that the games can be lost: one guard of the product is taken away, and they are.

The guard: a correction looks at the person's other lines again (`matching.services.clauses.reversing`). The line that
replaces another keeps its period and loses its days, so that it may now cover days of another company, which were no
double of the line before. No test by example sees it go: they try doubles when a line is validated, and corrections on
people who have one line. It takes two companies validated on days of their own, then a correction.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from matching.services.clauses import reversing
from matching.services.clauses.findings import LineFindings
from matching.services.clauses.verdicts import minutes_validated
from tests.clauses_stateful.conftest import NewContext
from tests.clauses_stateful.test_hours import play


def test_without_one_guard_the_games_are_lost(new_ctx: NewContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_doubles(found: LineFindings, override_reason: str) -> tuple[int, str]:
        return minutes_validated(replace(found, doubles=()), override_reason)

    monkeypatch.setattr(reversing, "minutes_validated", without_doubles)
    with pytest.raises(AssertionError, match="the same hours twice"):
        play(new_ctx, Counter())
