"""The list of commitments, the calculator and the edits of rules, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event as sql_event

from matching.clauses.eligibility import StartEvent
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import SizingMethod
from matching.clauses.terms import (
    AlertLevel,
    EligiblePublic,
    EventKind,
    Modality,
    NextActor,
    PartyRole,
    Support,
    TerminationRule,
)
from matching.errors import Conflict, Invalid, NotFound
from matching.services.clauses import rule_edits, rules
from matching.services.clauses.commitment_list import (
    ENDED,
    RUNNING,
    SORTS,
    CommitmentFilter,
    count_commitments,
    export_commitments,
    filter_choices,
    find_commitments,
)
from matching.services.clauses.rule_edits import RuleInput, RuleKind
from matching.services.clauses.sizing import SizingInput, size_clause
from matching.services.context import Context
from matching.services.reference import load_embedded
from tests.support import clauses as make
from tests.support import factories

NEW_YEAR = date(2027, 1, 1)


def world(ctx: Context) -> dict[str, int]:
    """A late lot, one ahead without window, one closed."""
    holder = factories.organisation(ctx, "Vasseur Peinture")
    works = make.contract(ctx, object="Collège Jean-Zay", number="2026-TX-1")
    late = make.commitment(ctx, works, lot="9", label="Peinture", holder_id=holder)
    make.party(ctx, late, factories.organisation(ctx, "Ancien Titulaire"), PartyRole.SUBCONTRACTOR)
    unknown: dict[str, Any] = {"window_from": None, "window_to": None, "validated_minutes": 60}
    subsidy = make.contract(ctx, support=Support.SUBSIDY, end_on=None, number="SUB-1")
    ahead = make.commitment(ctx, subsidy, label="Halle", modality=Modality.VOLUNTARY, **unknown)
    closed = make.commitment(ctx, works, lot="1", label="Gros œuvre", closed_on=date(2026, 5, 1))
    make.event(ctx, closed, EventKind.AMENDMENT, minutes=60)
    return {"holder": holder, "late": late, "ahead": ahead, "closed": closed}


def test_one_page(any_ctx: Context) -> None:
    who, keys = make.officer(any_ctx), world(any_ctx)
    page = find_commitments(any_ctx, who, CommitmentFilter())
    assert (page.total, page.everything, page.pages) == (3, 3, 1)
    late = next(row for row in page.rows if row.id == keys["late"])
    assert (late.holder, late.companies, late.due_minutes, late.ended) == ("Vasseur Peinture", 2, 60_000, False)
    assert late.standing.level is AlertLevel.RED
    assert late.step.sentence.startswith("À Vasseur Peinture de proposer un plan")
    ahead = next(row for row in page.rows if row.id == keys["ahead"])
    assert (ahead.standing.level, ahead.ended, ahead.holder) == (AlertLevel.NOT_ASSESSED, False, "")
    assert "demandez" in ahead.standing.reason


def test_a_terminated_commitment_has_used_its_window(any_ctx: Context) -> None:
    """The list and what it asks agree with the page: all the time has gone, no plan is asked for."""
    who, key = make.officer(any_ctx), make.commitment(any_ctx, window_from=date(2026, 9, 1))
    rule: dict[str, Any] = {"termination_rule": TerminationRule.NONE, "effective_on": date(2026, 9, 30)}
    make.event(any_ctx, key, EventKind.TERMINATION, **rule)
    (row,) = find_commitments(any_ctx, who, CommitmentFilter()).rows
    assert row.standing.elapsed == 1
    assert row.standing.level is AlertLevel.RED
    assert "l’engagement a fini le 30\u00a0septembre" in row.step.sentence
    late = make.commitment(any_ctx, window_from=date(2026, 11, 1))
    make.event(any_ctx, late, EventKind.TERMINATION, **rule)  # before its works began
    assert len(find_commitments(any_ctx, who, CommitmentFilter(sort="index")).rows) == 2


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_every_sort_shows_everything(any_ctx: Context, sort: str) -> None:
    world(any_ctx)
    page = find_commitments(any_ctx, make.officer(any_ctx), CommitmentFilter(sort=sort))
    assert len({row.id for row in page.rows}) == 3


def test_filters(any_ctx: Context) -> None:
    who, keys = make.officer(any_ctx), world(any_ctx)
    table = [
        (CommitmentFilter(state=RUNNING), {"late", "ahead"}),
        (CommitmentFilter(who=NextActor.HOLDER), {"late"}),
        (CommitmentFilter(who=NextActor.OFFICER), {"ahead", "closed"}),
        (CommitmentFilter(state=ENDED), {"closed"}),
        (CommitmentFilter(level=AlertLevel.NOT_ASSESSED), {"ahead"}),
        (CommitmentFilter(holder_id=keys["holder"]), {"late"}),
        (CommitmentFilter(words="ancien titulaire"), {"late"}),
        (CommitmentFilter(words="2026-TX-1 oeuvre"), {"closed"}),
        (CommitmentFilter(support=Support.SUBSIDY, modality=Modality.VOLUNTARY), {"ahead"}),
        (CommitmentFilter(mine=True), set()),
    ]
    for wanted, expected in table:
        rows = find_commitments(any_ctx, who, wanted).rows
        assert {row.id for row in rows} == {keys[name] for name in expected}, wanted
    assert count_commitments(any_ctx, who, [wanted for wanted, _ in table]) == tuple(len(e) for _, e in table)
    assert filter_choices(any_ctx, who).holders == ((keys["holder"], "Vasseur Peinture"),)
    csv = export_commitments(any_ctx, who, CommitmentFilter(state=ENDED, page=9), kind="csv").decode("utf-8-sig")
    assert csv.count("Gros œuvre") == 1
    assert "1001h" in csv


def test_a_page_takes_the_same_statements_whatever_it_shows(ctx: Context) -> None:
    who, contract = make.officer(ctx), make.contract(ctx)
    counts = []
    for lots in (range(2), range(2, 12)):
        for lot in lots:
            make.commitment(ctx, contract, lot=str(lot))
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731, B023
        sql_event.listen(ctx.engine, "before_cursor_execute", listen)
        find_commitments(ctx, who, CommitmentFilter())
        sql_event.remove(ctx.engine, "before_cursor_execute", listen)
        assert not [statement for statement in seen if "ledger" in statement]
        counts.append(len([statement for statement in seen if statement.startswith("SELECT")]))
    assert counts[0] == counts[1]


def test_pages_have_bounds(ctx: Context) -> None:
    who = make.officer(ctx)
    assert find_commitments(ctx, who, CommitmentFilter(page=9)).page == 1
    world(ctx)
    page = find_commitments(ctx, who, CommitmentFilter(page=10**6, per_page=7))
    assert (page.page, page.per_page) == (1, 25)


# --- the calculator reads the tables of the day


def test_the_calculator_uses_the_table_of_the_day(any_ctx: Context) -> None:
    load_embedded(any_ctx)
    who = make.officer(any_ctx)
    wanted = SizingInput(SizingMethod.BRACKETS, amount_cents=25_000_000, rounding=Rounding.NONE)
    assert size_clause(any_ctx, who, wanted).sizing.minutes == 450 * 60
    rule_edits.add_brackets(any_ctx, who, date(2026, 11, 1), [(0, 6000), (20_000_000, 12_000)])
    result = size_clause(any_ctx, who, replace(wanted, minutes_per_person=100 * 60, suppliers=40))
    assert result.sizing.minutes == 12_000
    assert (result.meaning.people, [each.base_hours for each in result.meaning.full_time]) == (2, [1607, 1820])
    assert result.hint is not None
    assert result.hint.dependency_percent is None


@pytest.mark.parametrize("method", list(SizingMethod))
def test_every_method_says_what_it_lacks(ctx: Context, method: SizingMethod) -> None:
    with pytest.raises(Invalid) as caught:
        size_clause(ctx, make.officer(ctx), SizingInput(method))
    assert caught.value.errors


# --- the edits of rules


def test_a_new_date_leaves_the_past_as_it_was(any_ctx: Context) -> None:
    rules.load_clause_defaults(any_ctx)
    who = factories.administrator(any_ctx)
    rule_edits.add_rule(any_ctx, who, RuleKind.PROOF, RuleInput(NEW_YEAR, public=EligiblePublic.RSA, months=6))
    share = RuleInput(NEW_YEAR, "Maçonnerie", share=Decimal("47.5"), source="Charte", to_check=True)
    rule_edits.add_rule(any_ctx, who, RuleKind.TRADE, share)
    longer = RuleInput(NEW_YEAR, start_event=StartEvent.HIRE, months=18, extension_months=6, maximum_months=24)
    rule_edits.add_rule(any_ctx, who, RuleKind.DURATION, longer)
    books = {book.kind: book for book in rule_edits.list_rules(any_ctx, who)}
    proofs = [line for line in books[RuleKind.PROOF].lines if line.input.public is EligiblePublic.RSA]
    assert [(line.value, line.in_force) for line in proofs] == [
        ("6\u00a0mois au plus", False),
        ("3\u00a0mois au plus", True),
    ]
    durations = [line.value for line in books[RuleKind.DURATION].lines if line.valid_from == NEW_YEAR]
    assert durations == ["18\u00a0mois depuis l’embauche, prolongation de 6\u00a0mois, 24\u00a0mois au plus"]
    with any_ctx.read() as session:
        trades = {trade.name: trade.labour_share for trade in rules.trades_on(session, date(2026, 12, 31))}
        later = {trade.name: trade.labour_share for trade in rules.trades_on(session, NEW_YEAR)}
    assert (trades["Maçonnerie"], later["Maçonnerie"]) == (Decimal(50), Decimal("47.5"))


def test_every_row_can_be_corrected_as_it_is(any_ctx: Context) -> None:
    rules.load_clause_defaults(any_ctx)
    who = make.officer(any_ctx)
    for book in rule_edits.list_rules(any_ctx, who):
        line = book.lines[0]
        rule_edits.correct_rule(any_ctx, who, book.kind, line.id, line.version, line.input)
        changed = replace(line.input, valid_from=date(2001, 2, 3))
        rule_edits.correct_rule(any_ctx, who, book.kind, line.id, line.version, changed)
        with pytest.raises(Conflict):
            rule_edits.correct_rule(any_ctx, who, book.kind, line.id, line.version, changed)
        assert rule_edits.get_rule(any_ctx, who, book.kind, line.id).valid_from == date(2001, 2, 3)
        for key in (0, 10**6, 2**40):
            with pytest.raises(NotFound):
                rule_edits.correct_rule(any_ctx, who, book.kind, key, 1, changed)


def test_two_rules_do_not_begin_the_same_day(any_ctx: Context) -> None:
    rules.load_clause_defaults(any_ctx)
    who = make.officer(any_ctx)
    for book in rule_edits.list_rules(any_ctx, who):
        with pytest.raises(Invalid) as caught:
            rule_edits.add_rule(any_ctx, who, book.kind, book.lines[0].input)
        assert "déjà" in caught.value.errors[0].message
