"""A company asks to correct a decided month; the officer answers. On both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, LineState
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import corrections, reversing
from matching.services.clauses.checking import check_everything
from matching.services.clauses.declaring import declarant_of
from matching.services.clauses.declaring_writing import begin_complement
from matching.services.context import Context
from matching.store.tables.declarations import CorrectionRequest, HourDeclaration
from tests.clauses_services.test_reversing import TYPO, decided, validated_of
from tests.clauses_services.test_validating import OTHER, H, Month, entries
from tests.support import clauses as make


class Asked:
    """Ten hours validated, and their company's account."""

    def __init__(self, ctx: Context, month: Month | None = None) -> None:
        self.ctx = ctx
        self.month = month or decided(ctx, 10 * H)
        self.company: Actor = make.company(ctx, self.month.company, "Rémi Auger")

    def ask(self, wanted: int | None = None, *, line: bool = True, message: str = "Saisie fausse.") -> int:
        key = self.month.lines[0] if line else None
        return corrections.ask_correction(
            self.ctx, self.company, self.month.id, message, line_id=key, wanted_minutes=wanted
        )

    def answer(self, key: int, *, accept: bool, answer: str = "Vu.") -> str:
        with self.ctx.read() as session:
            version = session.get_one(CorrectionRequest, key).version
        return corrections.answer_correction(
            self.ctx, self.month.officer, self.month.id, key, version, accept=accept, answer=answer
        )


def test_a_request_waits_with_what_is_wanted(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    key = asked.ask(9 * H)
    (row,) = corrections.list_open(any_ctx, asked.month.officer)
    assert (row.id, row.code, row.minutes, row.wanted_minutes) == (key, "H-0001", 10 * H, 9 * H)
    assert (row.asked_by, row.company, row.message) == ("Rémi Auger", "Batibel Construction", "Saisie fausse.")
    with any_ctx.read() as session:
        assert corrections.count_open(session) == 1
        assert len(corrections.requests_of(session, asked.month.id)) == 1


@pytest.mark.parametrize(("wanted", "left", "told"), [(9 * H, 9 * H, "corrigée"), (0, 0, "annulée")])
def test_accepted_the_line_takes_the_hours_asked(any_ctx: Context, wanted: int, left: int, told: str) -> None:
    asked = Asked(any_ctx)
    assert told in asked.answer(asked.ask(wanted), accept=True)
    assert validated_of(any_ctx, asked.month.commitment) == left
    assert entries(any_ctx)[1].reason == "asked"
    assert corrections.list_open(any_ctx, asked.month.officer) == ()
    assert check_everything(any_ctx).breaches == ()


def test_refused_with_a_reason_nothing_changes(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    key = asked.ask(9 * H)
    with pytest.raises(Invalid):
        asked.answer(key, accept=False, answer=" ")
    asked.answer(key, accept=False, answer="Le relevé dit dix heures.")
    assert len(entries(any_ctx)) == 1
    with any_ctx.read() as session:
        row = session.get_one(CorrectionRequest, key)
        assert (row.state, row.answer) == ("refused", "Le relevé dit dix heures.")


def test_two_officers_answer_once(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    key = asked.ask(9 * H)
    asked.answer(key, accept=True)
    with pytest.raises(Conflict, match="Léa Roche a déjà accepté cette demande"):
        asked.answer(key, accept=False)
    assert len(entries(any_ctx)) == 3


def test_a_rejected_month_is_open_again(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(10 * H)
    month.decide({month.lines[0]: OTHER})
    asked = Asked(any_ctx, month)
    assert "rouverte" in asked.answer(asked.ask(line=False), accept=True, answer="Joignez le relevé.")
    declaration = month.declaration()
    assert (declaration.state, declaration.return_reason) == (DeclarationState.RETURNED, "Joignez le relevé.")
    assert month.line(0).state is LineState.PENDING


def test_a_month_rejected_then_completed_is_mended_in_its_complement(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(10 * H)
    month.decide({month.lines[0]: OTHER})
    asked = Asked(any_ctx, month)
    key = asked.ask(line=False)
    begin_complement(any_ctx, declarant_of(any_ctx, asked.company, month.commitment, "2026-10"))
    assert "n°\u00a02" in asked.answer(key, accept=True)
    assert month.declaration().state is DeclarationState.REJECTED


def test_hours_forgotten_open_another_declaration_once(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    assert "complémentaire" in asked.answer(asked.ask(line=False), accept=True)
    asked.answer(asked.ask(line=False, message="Encore."), accept=True)
    with any_ctx.read() as session:
        rows = session.execute(select(HourDeclaration).order_by(HourDeclaration.number)).scalars().all()
    assert [(row.number, row.state) for row in rows] == [
        (1, DeclarationState.VALIDATED),
        (2, DeclarationState.DRAFT),
    ]


def test_what_may_be_asked(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    with pytest.raises(Invalid) as refused:
        asked.ask(-1, message=" ")
    assert {error.field for error in refused.value.errors} == {"message", "wanted_minutes"}
    other = decided(any_ctx, 5 * H)
    with pytest.raises(NotFound):
        corrections.ask_correction(any_ctx, asked.company, other.id, "À corriger.")
    with pytest.raises(NotFound):
        corrections.ask_correction(any_ctx, asked.company, asked.month.id, "À corriger.", line_id=other.lines[0])
    with pytest.raises(Forbidden):
        corrections.ask_correction(any_ctx, asked.month.officer, asked.month.id, "À corriger.")
    with pytest.raises(Forbidden):
        corrections.list_open(any_ctx, asked.company)
    asked.ask(9 * H)
    with pytest.raises(Conflict):
        asked.ask(8 * H)


def test_a_month_not_decided_or_a_line_undone_has_nothing_to_correct(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(10 * H)
    with pytest.raises(RuleRefused, match="pas encore décidé"):
        Asked(any_ctx, month).ask(9 * H)
    asked = Asked(any_ctx)
    reversing.reverse_line(any_ctx, asked.month.officer, asked.month.lines[0], TYPO, "")
    with pytest.raises(RuleRefused, match="déjà été annulée"):
        asked.ask(9 * H)


def test_a_request_is_answered_on_its_own_declaration(any_ctx: Context) -> None:
    asked = Asked(any_ctx)
    key = asked.ask(9 * H)
    other = decided(any_ctx, 5 * H)
    with pytest.raises(NotFound):
        corrections.answer_correction(any_ctx, other.officer, other.id, key, 1, accept=True, answer="")
