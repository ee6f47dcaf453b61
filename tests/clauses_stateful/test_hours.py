"""Declare, validate, reject, cut, reverse, correct, pool, amend, terminate, transfer, end eligibility: in any order."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.clauses_stateful.conftest import NewContext
from tests.clauses_stateful.machine import Hours

pytestmark = pytest.mark.long

EXAMPLES = int(os.environ.get("MATCHING_STATEFUL_EXAMPLES", "8"))

PLAYED = (
    *("declare", "declared again", "complement", "plain", "cut", "reject", "send back", "tell apart", "eligibility"),
    *("reverse", "correct", "pool", "ask", "answer True", "amendment", "transfer", "second officer refused"),
)
"""Steps that the product must have accepted at least once, or the games say nothing of them."""


def play(new_ctx: NewContext, done: Counter[str], examples: int = EXAMPLES, steps: int = 36) -> None:
    """The same games at every run, more of them with MATCHING_STATEFUL_EXAMPLES; `done`: what the product accepted."""
    run_state_machine_as_test(
        lambda: Hours(new_ctx(), done),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=examples == 8,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_is_done_the_ledger_holds(any_new_ctx: NewContext) -> None:
    done: Counter[str] = Counter()
    play(any_new_ctx, done)
    assert not {name for name in PLAYED if not done[name]}, f"never accepted: {sorted(done.items())}"
