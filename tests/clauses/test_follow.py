"""Who acts next, months expected, silence and reply time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from matching.clauses.follow import (
    NOTHING,
    Delays,
    ExpectedMonth,
    FollowFacts,
    all_steps,
    expected_months,
    late_since,
    next_step,
    reply_days,
    silent_days,
    written_reply,
)
from matching.clauses.terms import AlertLevel, NextActor

TODAY = date(2026, 6, 9)
MAY = ExpectedMonth(date(2026, 5, 1), date(2026, 6, 5))
APRIL = ExpectedMonth(date(2026, 4, 1), date(2026, 5, 5))
OFFICER, HOLDER = NextActor.OFFICER, NextActor.HOLDER


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


CASES = [
    (
        FollowFacts(duplicates=2, duplicates_since=ago(3)),
        (OFFICER, "À vous de trancher 2 doublons possibles avant de valider.", 0),
    ),
    (
        FollowFacts(submitted=1, submitted_since=ago(8)),
        (OFFICER, "À vous de valider 1 déclaration, reçue le 1er juin 2026.", 3),
    ),
    (
        FollowFacts(submitted=3, submitted_since=ago(5)),
        (OFFICER, "À vous de valider 3 déclarations, la plus ancienne reçue le 4 juin 2026.", 0),
    ),
    (
        FollowFacts(plan_to_approve_since=ago(5)),
        (OFFICER, "À vous de valider le plan de rattrapage, reçu le 4 juin 2026.", 0),
    ),
    (
        FollowFacts(corrections_asked_since=ago(10)),
        (OFFICER, "À vous de répondre à une demande de correction du 30 mai 2026.", 5),
    ),
    (
        FollowFacts(returned_since=ago(6)),
        (HOLDER, "Au titulaire de corriger la déclaration renvoyée le 3 juin 2026.", 1),
    ),
    (
        FollowFacts(expected=(MAY,), holder="Vasseur Peinture"),
        (HOLDER, "À Vasseur Peinture de déclarer mai 2026, attendu le 5 juin 2026, en retard de 4 jours.", 4),
    ),
    (
        FollowFacts(expected=(MAY, APRIL), holder="Serre TP", last_heard_on=ago(64)),
        (
            HOLDER,
            "À Serre TP de déclarer avril 2026 et 1 autre mois, le premier attendu le 5 mai 2026,"
            " en retard de 35 jours ; silence depuis 64 jours.",
            35,
        ),
    ),
    (
        FollowFacts(level=AlertLevel.RED),
        (HOLDER, "Au titulaire de proposer un plan de rattrapage (alerte rouge).", 0),
    ),
    (
        FollowFacts(proofs_ending=(date(2026, 6, 19), date(2026, 12, 1))),
        (OFFICER, "À vous de renouveler 1 preuve d’éligibilité, qui expire le 19 juin 2026.", 0),
    ),
    (
        FollowFacts(proofs_ending=(ago(2),)),
        (OFFICER, "À vous de renouveler 1 preuve d’éligibilité, expirée depuis le 7 juin 2026.", 2),
    ),
    (
        FollowFacts(window_missing=True),
        (OFFICER, "À vous de demander quand l’exécution commence et finit.", 0),
    ),
    (
        FollowFacts(ended_on=ago(31)),
        (OFFICER, "À vous d’éditer l’attestation : l’engagement a fini le 9 mai 2026.", 1),
    ),
    (
        FollowFacts(last_heard_on=ago(60), holder="Élec’Serre"),
        (OFFICER, "À vous de prendre des nouvelles : 60 jours sans échange avec Élec’Serre.", 0),
    ),
]


@pytest.mark.parametrize(("facts", "expected"), CASES)
def test_one_fact_one_step(facts: FollowFacts, expected: tuple[NextActor, str, int]) -> None:
    step = next_step(facts, TODAY)
    assert (step.actor, step.sentence.replace("\u00a0", " "), step.days_late) == expected


@pytest.mark.parametrize(
    "facts",
    [
        FollowFacts(),
        FollowFacts(level=AlertLevel.RED, has_plan=True),
        FollowFacts(level=AlertLevel.INFORMATION),
        FollowFacts(last_heard_on=ago(59)),
        FollowFacts(proofs_ending=(TODAY + timedelta(days=31),)),
        FollowFacts(ended_on=TODAY),
    ],
)
def test_nobody_has_to_act(facts: FollowFacts) -> None:
    assert next_step(facts, TODAY) == NOTHING
    assert NOTHING.actor is NextActor.NOBODY


def test_what_blocks_somebody_comes_first() -> None:
    facts = FollowFacts(
        level=AlertLevel.ORANGE,
        duplicates=1,
        submitted=1,
        submitted_since=ago(1),
        corrections_asked_since=ago(90),
        expected=(APRIL,),
        window_missing=True,
        ended_on=ago(400),
    )
    steps = all_steps(facts, TODAY)
    assert [step.sentence.split("\u00a0")[0].split(" de ")[-1].split()[0] for step in steps][:3] == [
        "trancher",
        "valider",
        "correction",
    ]
    assert [step.urgency for step in steps] == sorted({step.urgency for step in steps}, reverse=True)
    # The alert goes before everything between two commitments.
    calm = replace(facts, level=AlertLevel.ON_TRACK)
    assert max(s.urgency for s in all_steps(calm, TODAY)) < min(s.urgency for s in steps)


def test_delays_are_parameters() -> None:
    facts = FollowFacts(last_heard_on=ago(30), submitted=1, submitted_since=ago(8))
    late = Delays(silence=30, reply=2)
    assert [step.days_late for step in all_steps(facts, TODAY, late)] == [6, 0]


@pytest.mark.parametrize(
    ("start", "end", "today", "months"),
    [
        (date(2026, 3, 15), None, TODAY, [3, 4, 5]),
        (date(2026, 3, 15), date(2026, 4, 10), TODAY, [3, 4]),
        (date(2026, 6, 1), None, TODAY, []),
        (date(2026, 6, 1), date(2026, 6, 8), TODAY, [6]),  # over: nothing more to wait for
        (date(2026, 6, 1), TODAY, TODAY, []),
        (date(2026, 7, 1), None, TODAY, []),
        (date(2026, 5, 31), date(2027, 1, 1), date(2026, 5, 31), []),
        (date(2026, 5, 31), date(2027, 1, 1), date(2026, 6, 1), [5]),
        (None, None, TODAY, []),
        (date(2026, 5, 2), date(2026, 5, 1), TODAY, []),
    ],
)
def test_months_expected(start: date | None, end: date | None, today: date, months: list[int]) -> None:
    assert [m.month.month for m in expected_months(start, end, today)] == months


def test_declared_months_are_not_expected_and_the_due_day_is_a_parameter() -> None:
    left = expected_months(date(2025, 12, 3), None, TODAY, [date(2026, 2, 1), date(2026, 4, 1)], due_day=31)
    assert [(m.month.month, m.due_on) for m in left] == [
        (12, date(2026, 1, 31)),
        (1, date(2026, 2, 28)),
        (3, date(2026, 4, 30)),
        (5, date(2026, 6, 30)),
    ]
    assert [m.days_late(TODAY) for m in left][-2:] == [40, 0]
    assert late_since(left, TODAY) == date(2026, 1, 31)
    assert late_since(left[-1:], TODAY) is None
    assert [MAY.days_late(day) for day in (date(2026, 6, 5), date(2026, 6, 6))] == [0, 1]


def test_silence_unknown_is_not_silence() -> None:
    assert [silent_days(None, TODAY), silent_days(ago(64), TODAY)] == [None, 64]


@pytest.mark.parametrize(
    ("days", "expected", "said"),
    [
        ([], None, ""),
        ([0], Fraction(0), "le jour même"),
        ([1], Fraction(1), "1 jour"),
        ([9, 1, 3], Fraction(3), "3 jours"),
        ([2, 3], Fraction(5, 2), "2,5 jours"),
        ([1, 2], Fraction(3, 2), "1,5 jour"),
        ([0, 1], Fraction(1, 2), "0,5 jour"),
    ],
)
def test_median_of_replies(days: list[int], expected: Fraction | None, said: str) -> None:
    pairs: list[tuple[date, date | None]] = [(ago(n), TODAY) for n in days]
    found = reply_days([*pairs, (ago(50), None)])
    assert (found, written_reply(found).replace("\u00a0", " ")) == (expected, said)
