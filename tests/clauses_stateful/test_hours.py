"""Declare, validate, reject, cut, reverse, correct, pool, amend, terminate, transfer, end eligibility: in any order."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from matching.services.context import Context
from tests.clauses_stateful.machine import Hours

EXAMPLES = int(os.environ.get("MATCHING_STATEFUL_EXAMPLES", "8"))


def play(ctx: Context, examples: int = EXAMPLES, steps: int = 36) -> None:
    """The same games at every run; more of them with MATCHING_STATEFUL_EXAMPLES."""
    run_state_machine_as_test(
        lambda: Hours(ctx),
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


def test_whatever_is_done_the_ledger_holds(any_ctx: Context) -> None:
    play(any_ctx)
