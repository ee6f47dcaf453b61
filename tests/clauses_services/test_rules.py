"""The rules of clauses in the database: loaded once, dated, the embedded ones never over what was edited."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from matching.clauses.progress import Thresholds
from matching.clauses.terms import EligiblePublic
from matching.services.clauses import rules
from matching.services.context import Context
from matching.services.reference import ensure_embedded
from matching.store.tables.clause_settings import ClauseSetting, HoursBracket, Trade
from matching.store.tables.participations import EligibilityRule, ProofRule

TODAY = date(2026, 11, 23)
TABLES = (Trade, HoursBracket, EligibilityRule, ProofRule, ClauseSetting)


def counts(ctx: Context) -> list[int]:
    with ctx.read() as session:
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


def test_loaded_once(any_ctx: Context) -> None:
    added = rules.load_clause_defaults(any_ctx)
    first = counts(any_ctx)
    assert added == sum(first)
    assert min(first) >= 4
    assert rules.load_clause_defaults(any_ctx) == 0
    assert counts(any_ctx) == first


def test_a_database_older_than_the_clauses_gets_them_too(ctx: Context) -> None:
    ensure_embedded(ctx)
    with ctx.write(None) as work:
        for table in TABLES:
            for row in work.session.execute(select(table)).scalars():
                work.session.delete(row)
        work.record("test.emptied", "clause_setting", 0)
    ensure_embedded(ctx)
    assert min(counts(ctx)) >= 4


def test_what_was_edited_stays(ctx: Context) -> None:
    rules.load_clause_defaults(ctx)
    with ctx.write(None) as work:
        row = work.session.execute(select(ClauseSetting).where(ClauseSetting.name == "alert_red")).scalar_one()
        row.amount = -45
        for trade in work.session.execute(select(Trade).where(Trade.name != "Maçonnerie")).scalars():
            work.session.delete(trade)
        work.record("test.edited", "clause_setting", row.id)
    rules.load_clause_defaults(ctx)
    with ctx.read() as session:
        assert rules.thresholds_on(session, TODAY).alert_red == -45
        assert [trade.name for trade in rules.trades_on(session, TODAY)] == ["Maçonnerie"]


@pytest.mark.parametrize(("day", "expected"), [("2026-05-31", 60), ("2026-06-01", 45), ("1999-12-31", 60)])
def test_thresholds_are_those_of_the_day(ctx: Context, day: str, expected: int) -> None:
    rules.load_clause_defaults(ctx)
    with ctx.write(None) as work:
        row = ClauseSetting(name="silent_days", label="Silence", amount=45, unit="jours")
        row.valid_from = date(2026, 6, 1)
        work.session.add(row)
        work.session.add(ClauseSetting(name="of_a_later_version", label="", amount=1, valid_from=date(2026, 1, 1)))
        work.record("test.added", "clause_setting", 0)
    with ctx.read() as session:
        found = rules.thresholds_on(session, date.fromisoformat(day))
    assert found.silent_days == found.delays.silence == expected
    assert found.progress == Thresholds()


def test_defaults_of_the_code_are_those_of_the_table(ctx: Context) -> None:
    rules.load_clause_defaults(ctx)
    with ctx.read() as session:
        assert rules.thresholds_on(session, TODAY) == rules.ClauseThresholds()
        assert rules.thresholds_on(session, date(1990, 1, 1)) == rules.ClauseThresholds()


def test_rules_as_the_pure_code_reads_them(any_ctx: Context) -> None:
    rules.load_clause_defaults(any_ctx)
    with any_ctx.read() as session:
        proofs = {rule.public: rule for rule in rules.proof_rules(session)}
        durations = rules.duration_rules(session)
        hours = [line.minutes // 60 for line in rules.brackets_on(session, TODAY)]
    assert set(proofs) == set(EligiblePublic)
    assert (proofs[EligiblePublic.RSA].months, proofs[EligiblePublic.RQTH].at_hire) == (3, True)
    assert any(rule.public is None and rule.contract_kind is None and rule.months == 24 for rule in durations)
    assert hours == [150, 300, 450, 900]


def test_a_later_table_replaces_the_whole_of_the_earlier_one(ctx: Context) -> None:
    rules.load_clause_defaults(ctx)
    with ctx.write(None) as work:
        work.session.add(HoursBracket(valid_from=date(2026, 1, 1), from_cents=0, minutes=60))
        work.session.add(Trade(name="Maçonnerie", labour_share="55.5", valid_from=date(2026, 1, 1)))
        work.record("test.added", "hours_bracket", 0)
    with ctx.read() as session:
        assert [line.minutes for line in rules.brackets_on(session, TODAY)] == [60]
        assert len(rules.brackets_on(session, date(2025, 12, 31))) == 4
        assert rules.brackets_on(session, date(2019, 1, 1)) == ()
        shares = {trade.name: str(trade.labour_share) for trade in rules.trades_on(session, TODAY)}
    assert shares["Maçonnerie"] == "55.5"
    assert len(shares) == 4
