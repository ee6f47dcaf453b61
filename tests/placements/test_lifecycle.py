"""The table from a proposal to a job, its needs, its delays and its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from matching.errors import RuleRefused
from matching.placements.lifecycle import (
    CLOSED_STATES,
    OPEN_STATES,
    STEPS,
    TRANSITIONS,
    Agreement,
    Move,
    OtherProposal,
    Proposal,
    actions,
    apply,
    check_not_already_open,
    is_expired,
    next_states,
    reminders_due,
    seats_left,
    to_close_after_hire,
    warnings,
)
from matching.placements.reasons import BY_CODE, REASONS, reasons_of
from matching.terms import AgreementChannel, RefusalSide, Role
from matching.terms import ProposalState as S

DAY = date(2026, 9, 1)
AGREEMENT = Agreement(DAY, AgreementChannel.PHONE)


def proposal(state: S = S.PROPOSED, **changes: object) -> Proposal:
    agreed = None if state is S.PROPOSED else AGREEMENT
    base = Proposal(state, DAY, agreed, None if state in (S.PROPOSED, S.AGREED) else DAY)
    return replace(base, **changes)  # type: ignore[arg-type]


def move(target: S, **changes: object) -> Move:
    """A move with everything its step needs."""
    step = STEPS[target]
    side = step.reason_side
    full = Move(
        target,
        DAY,
        None if step.automatic else Role.ADVISER,
        AGREEMENT if step.agreement else None,
        reasons_of(side)[0].code if side else None,
        DAY if step.date_label else None,
    )
    return replace(full, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("target", S)
def test_only_the_moves_of_the_table_are_accepted(state: S, target: S) -> None:
    if target in TRANSITIONS[state]:
        assert apply(proposal(state), move(target), seats_left=1).state is target
    elif target is not S.PROPOSED:
        with pytest.raises(RuleRefused):
            apply(proposal(state), move(target), seats_left=1)


def test_the_usual_way_to_a_job() -> None:
    now = proposal()
    for target in (S.AGREED, S.SENT, S.SEEN, S.INTERVIEW, S.IMMERSION, S.OFFERED, S.HIRED):
        now = apply(now, move(target), seats_left=1)
    assert (now.state, now.agreement, now.sent_on, now.step_date) == (S.HIRED, AGREEMENT, DAY, DAY)


def test_closed_states_lead_nowhere_and_open_ones_somewhere() -> None:
    assert all(next_states(state) == () for state in CLOSED_STATES)
    assert all(next_states(state) for state in OPEN_STATES)


REFUSED: list[tuple[str, Proposal, Move, int | None, str]] = [
    ("no agreement given", proposal(), move(S.AGREED, agreement=None), None, "agreement"),
    (
        "agreement tomorrow",
        proposal(),
        move(S.AGREED, agreement=replace(AGREEMENT, on=DAY + timedelta(1))),
        None,
        "agreement_date",
    ),
    (
        "agreement of last year",
        proposal(),
        move(S.AGREED, agreement=replace(AGREEMENT, on=date(2025, 9, 1))),
        None,
        "agreement_date",
    ),
    ("sent without agreement", proposal(S.AGREED, agreement=None), move(S.SENT), None, "agreement"),
    ("sent too early", proposal(), move(S.SENT), None, "transition"),
    ("no reason", proposal(S.SENT), move(S.REFUSED, reason=None), None, "reason"),
    ("reason of another side", proposal(S.SENT), move(S.REFUSED, reason="person_pay"), None, "reason"),
    ("no interview date", proposal(S.SENT), move(S.INTERVIEW, step_date=None), None, "date"),
    ("interview before", proposal(S.SENT), move(S.INTERVIEW, step_date=date(2026, 8, 1)), None, "date"),
    ("no seat", proposal(S.OFFERED), move(S.HIRED), 0, "seats"),
    ("by an employer", proposal(S.SENT), move(S.SEEN, role=Role.EMPLOYER), None, "role"),
    ("expired by hand", proposal(S.SENT), move(S.EXPIRED, role=Role.ADVISER), None, "role"),
    ("closed", proposal(S.HIRED), move(S.WITHDRAWN), None, "closed"),
]


@pytest.mark.parametrize(("before", "asked", "left", "rule"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refuses_with_the_rule(before: Proposal, asked: Move, left: int | None, rule: str) -> None:
    with pytest.raises(RuleRefused) as caught:
        apply(before, asked, seats_left=left)
    assert caught.value.data["rule"] == rule
    assert caught.value.message.endswith(".")


def test_a_hire_without_counting_the_seats_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="seats_left"):
        apply(proposal(S.OFFERED), move(S.HIRED))


def test_buttons_are_verbs_for_staff_only() -> None:
    labels = [action.label for action in actions(S.AGREED, Role.ADVISER)]
    assert labels == ["Transmettre à l’employeur", "Noter que la personne décline", "Retirer la proposition"]
    assert actions(S.AGREED, Role.EMPLOYER) == ()


@pytest.mark.parametrize(("seats", "hired", "left"), [(2, 0, 2), (2, 2, 0), (1, 3, 0)])
def test_seats_left(seats: int, hired: int, left: int) -> None:
    assert seats_left(seats, hired) == left


@pytest.mark.parametrize(
    ("state", "days", "expired"),
    [
        (S.PROPOSED, 59, False),
        (S.PROPOSED, 60, True),
        (S.AGREED, 90, False),
        (S.SENT, 60, True),
        (S.SEEN, 60, True),
        (S.INTERVIEW, 200, False),
        (S.HIRED, 200, False),
    ],
)
def test_silence_ends_a_proposal_at_sixty_days(state: S, days: int, expired: bool) -> None:
    assert is_expired(proposal(state), DAY + timedelta(days)) is expired


@pytest.mark.parametrize(
    ("state", "days", "already", "due"),
    [
        (S.SENT, 6, (), ()),
        (S.SENT, 7, (), (7,)),
        (S.SEEN, 15, (7,), (15,)),
        (S.SENT, 20, (7, 15), ()),
        (S.SENT, 60, (), ()),
        (S.PROPOSED, 10, (), ()),
    ],
)
def test_reminders_to_the_employer(state: S, days: int, already: tuple[int, ...], due: tuple[int, ...]) -> None:
    assert reminders_due(proposal(state), DAY + timedelta(days), already) == due


def other(state: S, offer: int = 2, organisation: int = 20) -> OtherProposal:
    return OtherProposal(100 + offer, offer, organisation, state, DAY)


@pytest.mark.parametrize(
    ("others", "codes"),
    [
        ([], []),
        ([other(S.SENT, offer=1)], ["same_offer"]),
        ([other(S.INTERVIEW)], ["in_interview"]),
        ([other(S.SENT)], ["open_elsewhere"]),
        ([other(S.REFUSED, organisation=10)], ["same_employer_before"]),
        ([other(S.REFUSED), other(S.DECLINED, organisation=10)], []),
    ],
)
def test_warnings_before_proposing(others: list[OtherProposal], codes: list[str]) -> None:
    assert [w.code for w in warnings(others, offer_id=1, organisation_id=10)] == codes


def test_one_open_proposal_per_person_and_offer() -> None:
    check_not_already_open([other(S.DECLINED, offer=1)], offer_id=1)
    with pytest.raises(RuleRefused):
        check_not_already_open([other(S.PROPOSED, offer=1)], offer_id=1)


def test_a_hire_closes_the_others_unless_part_time_and_asked() -> None:
    others = [other(S.SENT, offer=2), other(S.REFUSED, offer=3), other(S.PROPOSED, offer=4)]
    assert to_close_after_hire(others, part_time=False, keep_asked=False) == (102, 104)
    assert to_close_after_hire(others, part_time=True, keep_asked=False) == (102, 104)
    assert to_close_after_hire(others, part_time=True, keep_asked=True) == ()
    with pytest.raises(RuleRefused):
        to_close_after_hire(others, part_time=False, keep_asked=True)


@pytest.mark.parametrize("side", RefusalSide)
def test_reasons_are_coded_and_free_of_legal_words(side: RefusalSide) -> None:
    for reason in reasons_of(side):
        assert reason.code.startswith(f"{side.value}_")
        for word in ("refus", "raisonnable", "sanction", "radiation", "rsa", "manquement", "obligation"):
            assert word not in reason.label.lower()


def test_reason_codes_are_unique() -> None:
    assert len(BY_CODE) == len(REASONS)


def test_buttons_say_it_neutrally() -> None:
    assert all("refus" not in step.verb.lower() for step in STEPS.values())
