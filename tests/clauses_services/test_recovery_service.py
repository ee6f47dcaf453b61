"""Recovery plans: suggested from what is missing, registered, approved, followed month by month. On both engines."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matching.access.permissions import Actor
from matching.clauses.terms import EventKind
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import recovery
from matching.services.clauses.recovery import PlanInput, PlanState, validated_since
from matching.services.context import Context
from tests.support import clauses as make
from tests.support import factories

H = 60
TODAY = date(2026, 11, 23)
"""The day of the tests, a Monday."""
PLAN = PlanInput(2, 35 * H, 9, date(2026, 10, 1), review_on=date(2026, 10, 20), note="Embauches par le GEIQ.")


def test_what_is_missing_and_plans_that_close_it(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx, minutes=1000 * H, window_to=date(2027, 1, 31))
    make.validated(any_ctx, key, make.participation(any_ctx, key), 370 * H)
    book = recovery.read_plans(any_ctx, who, key)
    assert (book.due, book.validated, book.missing, book.from_on) == (1000 * H, 370 * H, 630 * H, date(2026, 11, 30))
    assert book.suggestions[0].words == "2\xa0personnes × 35\xa0h × 9\xa0semaines = 630\xa0h"
    assert all(one.cover == "Couvre les 630\xa0h manquantes" for one in book.suggestions)
    with_sure = recovery.read_plans(any_ctx, who, key, 20 * H, date(2026, 12, 7), sure=600 * H)
    assert (with_sure.missing, with_sure.suggestions[0].plan.people) == (30 * H, 1)
    closed = recovery.read_plans(any_ctx, who, key, sure=630 * H)
    assert closed.suggestions == ()
    assert "aucun plan n’est nécessaire" in closed.why_none


def test_an_amendment_to_come_counts_and_no_end_asks_for_one(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx, minutes=100 * H)
    make.event(any_ctx, key, EventKind.AMENDMENT, minutes=20 * H, effective_on=date(2026, 12, 15), recorded_on=TODAY)
    assert recovery.read_plans(any_ctx, who, key).missing == 120 * H
    endless = make.commitment(any_ctx, window_to=None)
    assert recovery.read_plans(any_ctx, who, endless).ask_window
    over = make.commitment(any_ctx, window_to=date(2026, 11, 25))
    assert "semaine entière" in recovery.read_plans(any_ctx, who, over).why_none


def test_absurd_simulations_are_refused(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    for asked in ((49 * H, None), (None, date(206, 1, 1))):
        with pytest.raises(Invalid):
            recovery.read_plans(any_ctx, who, key, *asked)


def test_a_plan_is_proposed_approved_followed_and_dropped(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx, "Inès Officière"), make.commitment(any_ctx)
    person = make.participation(any_ctx, key)
    for month, hours in ((9, 999), (10, 120), (11, 77)):
        make.validated(any_ctx, key, person, hours * H, date(2026, month, 1))
    made = recovery.propose_plan(any_ctx, who, key, PLAN)
    (plan,) = plans(any_ctx, who, key)
    assert (plan.id, plan.state, plan.minutes, plan.by) == (made, PlanState.PROPOSED, 630 * H, "Inès Officière")
    assert plan.progress is None, "nobody follows it yet"
    recovery.approve_plan(any_ctx, who, key, made, plan.version, signed_on=TODAY, signed_by="C. Vasseur")
    (plan,) = plans(any_ctx, who, key)
    assert (plan.signed_on, plan.signed_by, plan.review_due) == (TODAY, "C. Vasseur", True)
    assert plan.progress is not None
    # October only, the last month gone by: 31 of 63 days of 630 h; September came before, November is being worked.
    assert (plan.progress.expected, plan.progress.validated, plan.held) == (310 * H, 120 * H, False)
    assert plan.progress_words == (
        "Au 31\xa0octobre\xa02026, 120\xa0h validées pour 310\xa0h attendues\xa0: 190\xa0h de retard"
    )
    recovery.drop_plan(any_ctx, who, key, made, plan.version)
    (plan,) = plans(any_ctx, who, key)
    assert (plan.state, plan.progress) == (PlanState.DROPPED, None)


@pytest.mark.parametrize(
    ("from_on", "until", "minutes"),
    [
        (date(2026, 9, 1), date(2026, 10, 31), 61 * H),
        (date(2026, 10, 16), date(2026, 10, 31), 16 * H),
        (date(2026, 9, 30), date(2026, 10, 31), 32 * H),
        (date(2026, 11, 2), date(2026, 10, 31), 0),
        (date(2026, 9, 1), date(2026, 9, 30), 30 * H),
    ],
)
def test_the_month_of_the_beginning_counts_by_its_days(from_on: date, until: date, minutes: int) -> None:
    months = {date(2026, 9, 1): 30 * H, date(2026, 10, 1): 31 * H, date(2026, 11, 1): 5 * H}
    assert validated_since(months, from_on, until) == minutes


def test_a_plan_that_just_began_has_no_measure(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    typed = replace(PLAN, from_on=date(2026, 11, 9), review_on=None)
    recovery.approve_plan(any_ctx, who, key, recovery.propose_plan(any_ctx, who, key, typed), 1)
    (plan,) = plans(any_ctx, who, key)
    assert (plan.progress, plan.progress_words) == (None, "Première mesure après le 30\xa0novembre\xa02026")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"people": None}, "people"),
        ({"people": 0}, "people"),
        ({"weekly_minutes": None}, "weekly_minutes"),
        ({"weekly_minutes": 49 * H}, "weekly_minutes"),
        ({"weeks": None}, "weeks"),
        ({"weeks": 261}, "weeks"),
        ({"from_on": None}, "from_on"),
        ({"from_on": date(26, 1, 1)}, "from_on"),
        ({"review_on": date(2026, 9, 30)}, "review_on"),
        ({"signed_on": date(2026, 11, 24), "signed_by": "C. Vasseur"}, "signed_on"),
        ({"signed_on": TODAY}, "signed_by"),
        ({"signed_by": "x" * 121}, "signed_by"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_is_refused_is_said_beside_its_field(any_ctx: Context, changes: dict[str, Any], field: str) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    with pytest.raises(Invalid) as refused:
        recovery.propose_plan(any_ctx, who, key, replace(PLAN, **changes))
    assert [item.field for item in refused.value.errors] == [field]
    assert plans(any_ctx, who, key) == ()


def test_one_plan_at_a_time_and_no_stale_page(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    first, second = (recovery.propose_plan(any_ctx, who, key, PLAN) for _ in range(2))
    recovery.approve_plan(any_ctx, who, key, first, 1)
    with pytest.raises(Conflict):
        recovery.drop_plan(any_ctx, who, key, first, 1)
    with pytest.raises(RuleRefused, match="n’attend plus"):
        recovery.approve_plan(any_ctx, who, key, first, 2)
    with pytest.raises(RuleRefused, match="déjà suivi"):
        recovery.approve_plan(any_ctx, who, key, second, 1)
    recovery.drop_plan(any_ctx, who, key, first, 2)
    recovery.approve_plan(any_ctx, who, key, second, 1)
    with pytest.raises(RuleRefused, match="déjà abandonné"):
        recovery.drop_plan(any_ctx, who, key, first, 3)
    with pytest.raises(NotFound):
        recovery.drop_plan(any_ctx, who, make.commitment(any_ctx), first, 3)


def test_two_officers_at_once_approve_one_plan(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    made = [recovery.propose_plan(any_ctx, who, key, PLAN) for _ in range(2)]
    start, told = threading.Barrier(2), []

    def approve(plan_id: int) -> None:
        start.wait()
        try:
            recovery.approve_plan(any_ctx, who, key, plan_id, 1)
            told.append("done")
        except (Conflict, RuleRefused) as error:
            told.append(error.code)

    threads = [threading.Thread(target=approve, args=(one,)) for one in made]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told.count("done") == 1
    assert [plan.state for plan in plans(any_ctx, who, key)].count(PlanState.APPROVED) == 1


def plans(ctx: Context, who: Actor, key: int) -> tuple[recovery.PlanView, ...]:
    return recovery.read_plans(ctx, who, key).plans


def test_a_company_s_account_reads_no_plan(any_ctx: Context) -> None:
    with pytest.raises(Forbidden):
        recovery.read_plans(any_ctx, factories.employer(any_ctx, factories.establishment(any_ctx)), 1)
