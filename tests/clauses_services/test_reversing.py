"""Validated hours taken back or corrected: exact opposites, shared parts too; history stays. On both engines."""

from __future__ import annotations

from datetime import date

import pytest

from matching.clauses.terms import DeclarationState, EntryKind, LineState
from matching.errors import Conflict, Forbidden, Invalid, NotFound
from matching.services.clauses import pooling
from matching.services.clauses.checking import check_everything
from matching.services.clauses.reversing import ReversalReason, correct_line, reverse_line
from matching.services.clauses.validating import Validate
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration
from matching.store.tables.participations import Participation
from tests.clauses_services.test_validating import H, Month, day, entries
from tests.support import clauses as make
from tests.support import factories

TYPO = ReversalReason.TYPING_ERROR


def decided(ctx: Context, *minutes: int) -> Month:
    month = Month(ctx, people=len(minutes))
    month.declare(*minutes)
    month.decide({line: Validate() for line in month.lines})
    return month


def validated_of(ctx: Context, commitment_id: int) -> int:
    with ctx.read() as session:
        return session.get_one(Commitment, commitment_id).validated_minutes


def test_a_line_is_taken_back_by_its_exact_opposite(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H, 20 * H)
    done = reverse_line(any_ctx, month.officer, month.lines[0], TYPO, "Saisie sur le mauvais lot.")
    assert (done.minutes, done.declaration_id) == (10 * H, month.id)
    reversal = entries(any_ctx)[-1]
    assert (reversal.kind, reversal.minutes, reversal.reverses_id, reversal.reason) == (
        EntryKind.REVERSAL,
        -10 * H,
        1,
        "typing_error",
    )
    assert validated_of(any_ctx, month.commitment) == 20 * H
    line = month.line(0)
    assert (line.state, line.reason_note) == (LineState.REVERSED, "Saisie sur le mauvais lot.")
    assert month.declaration().state is DeclarationState.PARTLY_VALIDATED
    assert check_everything(any_ctx).breaches == ()


def test_a_line_is_taken_back_once(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    reverse_line(any_ctx, month.officer, month.lines[0], TYPO, "")
    assert month.declaration().state is DeclarationState.REJECTED
    with pytest.raises(Conflict, match="Léa Roche a déjà annulé cette ligne le"):
        reverse_line(any_ctx, make.officer(any_ctx), month.lines[0], TYPO, "")
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H, -10 * H]


def test_what_was_shared_comes_back_too(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    other = make.commitment(any_ctx, holder_id=month.company)
    agreement = make.pooling(any_ctx, month.company, [month.commitment, other])
    pooling.allocate(any_ctx, month.officer, month.lines[0], agreement, other, 4 * H)
    assert (validated_of(any_ctx, month.commitment), validated_of(any_ctx, other)) == (6 * H, 4 * H)
    assert reverse_line(any_ctx, month.officer, month.lines[0], TYPO, "").minutes == 10 * H
    assert (validated_of(any_ctx, month.commitment), validated_of(any_ctx, other)) == (0, 0)
    assert check_everything(any_ctx).breaches == ()


def test_the_clock_of_eligibility_starts_again(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    reverse_line(any_ctx, month.officer, month.lines[0], TYPO, "")
    with any_ctx.read() as session:
        one = session.get_one(Participation, month.people[0])
        assert (one.first_worked_on, one.eligible_until, one.validated_minutes) == (None, None, 0)


def test_a_correction_is_a_reversal_and_a_new_line_with_its_entry(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    done = correct_line(any_ctx, month.officer, month.lines[0], 9 * H, TYPO, "Neuf heures, non dix.")
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H, -10 * H, 9 * H]
    with any_ctx.read() as session:
        new = session.get_one(DeclarationLine, done.new_line_id or 0)
        assert (new.corrects_id, new.minutes, new.state) == (month.lines[0], 9 * H, LineState.VALIDATED)
        assert new.decided_by_id == month.officer.user_id
        assert session.get_one(HourDeclaration, month.id).state is DeclarationState.VALIDATED
    assert check_everything(any_ctx).breaches == ()


@pytest.mark.parametrize("minutes", [None, 0, -5, 10 * H])
def test_a_correction_needs_other_hours(any_ctx: Context, minutes: int | None) -> None:
    month = decided(any_ctx, 10 * H)
    with pytest.raises(Invalid) as refused:
        correct_line(any_ctx, month.officer, month.lines[0], minutes, TYPO)
    assert refused.value.errors[0].field == "new_minutes"
    assert len(entries(any_ctx)) == 1


def test_the_rules_are_read_again_on_the_corrected_line(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    month.change(month.people[0], eligible_decided_on=day(20))
    with pytest.raises(Exception, match="écrivez pourquoi"):
        correct_line(any_ctx, month.officer, month.lines[0], 9 * H, TYPO)
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H], "nothing was written"
    assert month.line(0).state is LineState.VALIDATED
    done = correct_line(any_ctx, month.officer, month.lines[0], 9 * H, TYPO, override_reason="Relevé vu.")
    with any_ctx.read() as session:
        assert session.get_one(DeclarationLine, done.new_line_id or 0).override_code == "not_decided"


def test_what_is_not_validated_is_not_taken_back(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H)
    with pytest.raises(Conflict, match="n’est pas validée"):
        reverse_line(any_ctx, month.officer, month.lines[0], TYPO, "")
    with pytest.raises(NotFound):
        reverse_line(any_ctx, month.officer, 9999, TYPO, "")
    with pytest.raises(Invalid):
        reverse_line(any_ctx, month.officer, month.lines[0], ReversalReason.OTHER, " ")
    for actor in (make.company(any_ctx, month.company), make.buyer(any_ctx), factories.adviser(any_ctx)):
        with pytest.raises(Forbidden):
            reverse_line(any_ctx, actor, month.lines[0], TYPO, "")


def test_hours_count_in_the_month_worked_whenever_they_are_corrected(any_ctx: Context) -> None:
    month = decided(any_ctx, 10 * H)
    correct_line(any_ctx, month.officer, month.lines[0], 9 * H, TYPO)
    assert {entry.month for entry in entries(any_ctx)} == {date(2026, 10, 1)}
