"""Penalties: simulated by the contract's own terms, claimable after a notice, decided by a person. On both engines."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select

from matching.clauses.calendar import DayCount
from matching.clauses.penalty import ClaimState, IndexMoment, NoticeFrom, PenaltyIndex, PenaltyTerms
from matching.clauses.terms import EventKind, PenaltyDecisionKind, TerminationRule
from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses import penalties
from matching.services.clauses.events import Document
from matching.services.clauses.penalties import Asked, DecisionInput, read_penalty
from matching.services.context import Context
from matching.services.reference import load_embedded
from matching.store.tables.contracts import Commitment
from matching.store.tables.trail import AuditEvent
from tests.support import clauses as make

H = 60
TODAY = date(2026, 11, 23)
APPLY, REDUCE, WAIVE = PenaltyDecisionKind.APPLY, PenaltyDecisionKind.REDUCE, PenaltyDecisionKind.WAIVE
SIXTY = PenaltyTerms(per_hour_cents=60_00)
LATE = PenaltyTerms(
    per_hour_cents=60_00,
    late_day_cents=100_00,
    late_day_count=DayCount.CALENDAR,
    cap_percent=Decimal(20),
    cap_base_cents=40_000_00,
)
SMIC = PenaltyTerms(
    index_code=PenaltyIndex.SMIC, index_multiple=Decimal(2), index_moment=IndexMoment.BREACH, best_efforts=True
)


def priced(ctx: Context, terms: PenaltyTerms, missing: int = 120, **columns: Any) -> int:
    """A commitment of 500 h with `missing` hours to validate."""
    key = make.commitment(ctx, minutes=500 * H, **columns)
    if missing < 500:
        make.validated(ctx, key, make.participation(ctx, key), (500 - missing) * H, date(2026, 2, 1))
    make.penalty_terms(ctx, key, terms)
    return key


@pytest.mark.parametrize(
    ("terms", "missing", "asked", "cents"),
    [
        (SIXTY, 120, Asked(), 7_200_00),
        (replace(LATE, cap_percent=Decimal(100)), 120, Asked(late_days=12), 8_400_00),
        (LATE, 120, Asked(late_days=12), 8_000_00),
        (SMIC, 87, Asked(date(2026, 3, 31)), 2_091_48),
        (SIXTY, 120, Asked(missing=90), 90_00),
        (SIXTY, 120, Asked(missing=0), 0),
        (PenaltyTerms(lump_cents=3_000_00, minimum_cents=3_500_00), 1, Asked(), 3_500_00),
        (replace(SIXTY, waived_below_cents=250_00), 4, Asked(), 0),
    ],
)
def test_the_contract_s_terms_are_computed(
    any_ctx: Context, terms: PenaltyTerms, missing: int, asked: Asked, cents: int
) -> None:
    load_embedded(any_ctx)
    who, key = make.officer(any_ctx), priced(any_ctx, terms, missing)
    view = read_penalty(any_ctx, who, key, asked).view
    assert view is not None
    assert view.amount_cents == cents
    assert view.working[0].endswith(f"{missing}\xa0h manquantes")


def test_the_index_is_read_on_the_day_that_the_contract_says(any_ctx: Context) -> None:
    load_embedded(any_ctx)
    who = make.officer(any_ctx)
    days = {
        IndexMoment.BREACH: "SMIC horaire brut au 31\xa0mars\xa02026\xa0: 12,02\xa0€",
        IndexMoment.SIGNATURE: "SMIC horaire brut au 1er\xa0décembre\xa02025\xa0: 11,88\xa0€",
        IndexMoment.CONTRACT_END: "dernière valeur connue à ce jour",
    }
    for moment, said in days.items():
        key = priced(any_ctx, replace(SMIC, index_moment=moment))
        view = read_penalty(any_ctx, who, key, Asked(date(2026, 3, 31))).view
        assert view is not None
        assert said in " ".join(view.working)


def test_a_termination_is_the_end_of_the_contract(any_ctx: Context) -> None:
    """The index is read that day; a termination to come is the day of the forecast."""
    load_embedded(any_ctx)
    who = make.officer(any_ctx)
    key = priced(any_ctx, replace(SMIC, index_moment=IndexMoment.CONTRACT_END))
    rule: dict[str, Any] = {"termination_rule": TerminationRule.NONE, "recorded_on": date(2026, 3, 1)}
    make.event(any_ctx, key, EventKind.TERMINATION, effective_on=date(2026, 3, 31), **rule)
    view = read_penalty(any_ctx, who, key).view
    assert view is not None
    assert "au 31\xa0mars\xa02026\xa0: 12,02\xa0€" in " ".join(view.working)
    assert read_penalty(any_ctx, who, key, sure=0).at_forecast is None
    ahead = priced(any_ctx, SIXTY)
    make.event(any_ctx, ahead, EventKind.TERMINATION, effective_on=date(2026, 12, 10), **rule)
    foreseen = read_penalty(any_ctx, who, ahead, sure=0).at_forecast
    assert foreseen is not None
    assert foreseen.on == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("terms", "contract", "said"),
    [
        (replace(SMIC, index_moment=None), {}, "quel jour"),
        (replace(SMIC, index_moment=IndexMoment.CONTRACT_END), {"end_on": None}, "la date de fin"),
        (replace(SMIC, index_moment=IndexMoment.SIGNATURE), {"notified_on": None}, "la date de notification"),
        (replace(SMIC, index_moment=IndexMoment.SIGNATURE), {"notified_on": date(2001, 1, 1)}, "aucune valeur"),
        (replace(SIXTY, cap_percent=Decimal(10)), {}, "plafond"),
    ],
)
def test_what_is_not_known_is_asked_never_taken_for_zero(
    any_ctx: Context, terms: PenaltyTerms, contract: dict[str, Any], said: str
) -> None:
    load_embedded(any_ctx)
    who, key = make.officer(any_ctx), priced(any_ctx, terms, contract_id=make.contract(any_ctx, **contract))
    view = read_penalty(any_ctx, who, key).view
    assert view is not None
    assert (view.penalty, view.amount_cents) == (None, None)
    assert said in view.lacking
    with pytest.raises(RuleRefused, match="Rien à décider"):
        penalties.decide_penalty(any_ctx, who, key, DecisionInput(WAIVE, Asked(), None, reason="x"))


def test_a_contract_without_penalty_has_none(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    assert read_penalty(any_ctx, who, key).view is None
    with any_ctx.read() as session:
        row = session.get_one(Commitment, key)
        assert penalties.penalty_today(session, row, 600, 0, TODAY) is None


def test_a_day_gone_by_counts_the_hours_worked_until_then(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY, 500)
    make.validated(any_ctx, key, make.participation(any_ctx, key), 100 * H, date(2026, 3, 1))
    views = {day: read_penalty(any_ctx, who, key, Asked(day)).view for day in (date(2026, 2, 28), date(2026, 3, 31))}
    assert [view.missing for view in views.values() if view] == [500 * H, 400 * H]
    with pytest.raises(Invalid):
        read_penalty(any_ctx, who, key, Asked(date(206, 3, 1)))
    with pytest.raises(Invalid):
        read_penalty(any_ctx, who, key, Asked(late_days=40_000))


def test_the_forecast_is_at_the_end_of_the_lot(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY)
    sheet = read_penalty(any_ctx, who, key, sure=100 * H)
    assert sheet.at_forecast is not None
    assert (sheet.at_forecast.on, sheet.at_forecast.amount_cents) == (date(2026, 12, 31), 1_200_00)
    assert read_penalty(any_ctx, who, key).at_forecast is None


def test_today_in_a_bounded_number_of_statements(any_ctx: Context) -> None:
    load_embedded(any_ctx)
    key, asked = priced(any_ctx, SMIC), []
    for _ in range(5):
        penalties.register_notice(any_ctx, make.officer(any_ctx), key, TODAY)
    with any_ctx.read() as session:
        row = session.get_one(Commitment, key)
        event.listen(any_ctx.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        view = penalties.penalty_today(session, row, 500 * H, 380 * H, TODAY)
    assert view is not None
    assert len(asked) <= 5
    assert not any("ledger_entry" in one for one in asked)


# --- notices


@pytest.mark.parametrize(
    ("notice_from", "sent", "received", "state", "from_on"),
    [
        (NoticeFrom.SENT, None, None, ClaimState.NOTICE_NOT_SENT, None),
        (NoticeFrom.SENT, date(2026, 11, 1), None, ClaimState.FROM_DAY, date(2026, 11, 17)),
        (NoticeFrom.RECEIVED, date(2026, 11, 1), None, ClaimState.RECEIPT_UNKNOWN, None),
        (NoticeFrom.RECEIVED, date(2026, 11, 1), date(2026, 11, 4), ClaimState.FROM_DAY, date(2026, 11, 20)),
    ],
)
def test_claimable_after_the_notice_and_its_delay(
    any_ctx: Context, notice_from: NoticeFrom, sent: date | None, received: date | None, state: Any, from_on: Any
) -> None:
    who = make.officer(any_ctx)
    key = priced(any_ctx, replace(SIXTY, notice_required=True, notice_delay_days=15, notice_from=notice_from))
    if sent:
        made = penalties.register_notice(any_ctx, who, key, sent)
        if received:
            penalties.note_receipt(any_ctx, who, key, made, received)
            with pytest.raises(Conflict):
                penalties.note_receipt(any_ctx, who, key, made, received)
    view = read_penalty(any_ctx, who, key).view
    assert view is not None
    assert (view.claim.state, view.claim.from_on) == (state, from_on)
    wanted = DecisionInput(APPLY, Asked(), 7_200_00)
    if from_on is None:
        with pytest.raises(RuleRefused, match="pas encore"):
            penalties.decide_penalty(any_ctx, who, key, wanted)
    else:
        assert penalties.decide_penalty(any_ctx, who, key, wanted)


def test_a_reminder_does_not_push_the_day_back(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    key = priced(any_ctx, replace(SIXTY, notice_required=True, notice_delay_days=15))
    for day in (date(2026, 11, 1), date(2026, 11, 20)):
        penalties.register_notice(any_ctx, who, key, day, document=Document(b"%PDF-1.7\n%%EOF\n", "courrier.pdf"))
    sheet = read_penalty(any_ctx, who, key)
    assert sheet.view is not None
    assert sheet.view.claim.from_on == date(2026, 11, 17)
    assert [one.filename for one in sheet.notices] == ["courrier.pdf", "courrier.pdf"]


@pytest.mark.parametrize(
    ("sent", "received", "field"),
    [
        (None, None, "sent_on"),
        (date(2026, 11, 24), None, "sent_on"),
        (date(2026, 11, 20), date(2026, 11, 19), "received_on"),
        (date(2026, 11, 20), date(2026, 11, 24), "received_on"),
    ],
)
def test_impossible_notices(any_ctx: Context, sent: date | None, received: date | None, field: str) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    with pytest.raises(Invalid) as refused:
        penalties.register_notice(any_ctx, who, key, sent, received)
    assert [item.field for item in refused.value.errors] == [field]


def test_a_receipt_needs_its_day_and_its_own_commitment(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx)
    made = penalties.register_notice(any_ctx, who, key, TODAY)
    with pytest.raises(Invalid):
        penalties.note_receipt(any_ctx, who, key, made, None)
    with pytest.raises(NotFound):
        penalties.note_receipt(any_ctx, who, make.commitment(any_ctx), made, TODAY)


# --- decisions


@pytest.mark.parametrize(
    ("wanted", "cents"),
    [
        (DecisionInput(APPLY, Asked(), 7_200_00), 7_200_00),
        (DecisionInput(REDUCE, Asked(), 7_200_00, amount_cents=100_00, reason="Moyens engagés."), 100_00),
        (DecisionInput(WAIVE, Asked(), 7_200_00, reason="Faillite du sous-traitant."), 0),
    ],
)
def test_a_decision_stays_with_the_working_of_its_day(any_ctx: Context, wanted: DecisionInput, cents: int) -> None:
    who, key = make.officer(any_ctx, "Inès Officière"), priced(any_ctx, SIXTY)
    penalties.decide_penalty(any_ctx, who, key, wanted)
    make.validated(any_ctx, key, make.participation(any_ctx, key), 120 * H)
    sheet = read_penalty(any_ctx, who, key)
    (one,) = sheet.decisions
    assert (one.kind, one.computed_cents, one.amount_cents, one.missing) == (wanted.kind, 7_200_00, cents, 120 * H)
    assert (one.reason, one.by) == (wanted.reason, "Inès Officière")
    assert "7\u202f200,00\xa0€" in " ".join(one.working)
    assert sheet.view is not None
    assert sheet.view.amount_cents == 0, "the hours came since: the decision keeps its own working"


def test_reading_never_decides(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY)
    sheet = read_penalty(any_ctx, who, key)
    assert (sheet.decisions, sheet.last_decision) == ((), 0)
    with any_ctx.read() as session:
        decided = select(AuditEvent.id).where(AuditEvent.action == "penalty.decided")
        assert session.execute(decided).all() == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (DecisionInput(None, Asked(), 7_200_00), "kind"),
        (DecisionInput(REDUCE, Asked(), 7_200_00, amount_cents=100_00), "reason"),
        (DecisionInput(WAIVE, Asked(), 7_200_00, reason="  "), "reason"),
        (DecisionInput(WAIVE, Asked(), 7_200_00, reason="x" * 2001), "reason"),
        (DecisionInput(REDUCE, Asked(), 7_200_00, reason="x"), "amount_cents"),
        (DecisionInput(REDUCE, Asked(), 7_200_00, amount_cents=0, reason="x"), "amount_cents"),
        (DecisionInput(REDUCE, Asked(), 7_200_00, amount_cents=7_200_00, reason="x"), "amount_cents"),
    ],
)
def test_refused_beside_its_field(any_ctx: Context, wanted: DecisionInput, field: str) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY)
    with pytest.raises(Invalid) as refused:
        penalties.decide_penalty(any_ctx, who, key, wanted)
    assert [item.field for item in refused.value.errors] == [field]
    assert read_penalty(any_ctx, who, key).decisions == ()


def test_nothing_is_claimed_when_nothing_is_computed(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY, 0)
    with pytest.raises(RuleRefused, match="zéro"):
        penalties.decide_penalty(any_ctx, who, key, DecisionInput(APPLY, Asked(), 0))


def test_what_changed_meanwhile_is_told(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx, "Inès Officière"), priced(any_ctx, SIXTY)
    with pytest.raises(Conflict, match="Le calcul a changé"):
        penalties.decide_penalty(any_ctx, who, key, DecisionInput(APPLY, Asked(), 7_000_00))
    waived = penalties.decide_penalty(any_ctx, who, key, DecisionInput(WAIVE, Asked(), 7_200_00, reason="x"))
    with pytest.raises(Conflict, match="Inès Officière a décidé"):
        penalties.decide_penalty(any_ctx, who, key, DecisionInput(APPLY, Asked(), 7_200_00))
    assert penalties.decide_penalty(any_ctx, who, key, DecisionInput(APPLY, Asked(), 7_200_00, seen_decision=waived))


def test_two_officers_at_once_decide_once(any_ctx: Context) -> None:
    who, key = make.officer(any_ctx), priced(any_ctx, SIXTY)
    start, told = threading.Barrier(2), []

    def decide(kind: PenaltyDecisionKind) -> None:
        start.wait()
        try:
            penalties.decide_penalty(any_ctx, who, key, DecisionInput(kind, Asked(), 7_200_00, reason="x"))
            told.append("done")
        except Conflict:
            told.append("conflict")

    threads = [threading.Thread(target=decide, args=(kind,)) for kind in (APPLY, WAIVE)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["conflict", "done"]
    assert len(read_penalty(any_ctx, who, key).decisions) == 1
