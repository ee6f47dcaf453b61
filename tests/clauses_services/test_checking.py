"""`matching check` finds what somebody with the keys of the database could alter, and names the first row."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from matching.clauses.ledger import allocation_of, reversal_of
from matching.clauses.terms import LineState
from matching.services.clauses.checking import check_everything
from matching.services.context import Context
from matching.store import ledger, trail
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.ledger import Allocation, LedgerEntry
from tests.support import clauses
from tests.support import factories as make

SEPTEMBER = date(2026, 9, 1)


@pytest.fixture
def filled(any_ctx: Context) -> Context:
    """Three entries, one of them reversed, one shared out, on two pooled commitments of one company."""
    holder = make.organisation(any_ctx)
    first, second = (clauses.commitment(any_ctx, holder_id=holder) for _ in range(2))
    agreement = clauses.pooling(any_ctx, holder, [first, second])
    person = clauses.participation(any_ctx, first, organisation_id=holder)
    other = clauses.participation(any_ctx, first, organisation_id=holder)
    clauses.validated(any_ctx, first, person, 600)
    wrong = clauses.validated(any_ctx, first, person, 300, month=SEPTEMBER)
    shared = clauses.validated(any_ctx, first, other, 900)
    with any_ctx.write(None) as work:
        session = work.session
        entry = session.get_one(LedgerEntry, wrong)
        ledger.append(work, [reversal_of(wrong, ledger.as_entry(entry), "already_declared")])
        session.get_one(DeclarationLine, entry.line_id).state = LineState.REVERSED
        source = session.get_one(LedgerEntry, shared)
        part = Allocation(agreement_id=agreement, line_id=source.line_id, to_commitment_id=second, minutes=400)
        part.at = work.at
        session.add(part)
        session.flush()
        ledger.append(work, allocation_of(ledger.as_entry(source), part.id, second, 400, 0))
    return any_ctx


def test_everything_holds(filled: Context) -> None:
    report = check_everything(filled)
    assert (report.entries, report.breaches) == (6, ())


TAMPERED = [
    ("UPDATE ledger_entry SET minutes = 601 WHERE id = 1", "chaîne du grand livre", 1),
    ("UPDATE ledger_entry SET by_id = NULL, reason = 'x' WHERE id = 3", "chaîne du grand livre", 3),
    ("DELETE FROM ledger_entry WHERE id = 6", "chaîne du grand livre", 6),
    ("UPDATE ledger_head SET hash = 'x'", "chaîne du grand livre", 7),
    ("UPDATE commitment SET validated_minutes = validated_minutes + 1 WHERE id = 2", "total de l’engagement", 2),
    ("UPDATE commitment_month SET validated_minutes = 7 WHERE commitment_id = 2", "total du mois", 2),
    ("UPDATE participation SET validated_minutes = 0 WHERE id = 1", "total de la participation", 1),
    ("UPDATE audit_event SET details = '{}' WHERE action = 'ledger.appended'", "chaîne du journal", None),
    ("UPDATE declaration_line SET state = 'pending' WHERE id = 1", "ligne et écriture", 1),
    ("UPDATE declaration_line SET state = 'validated' WHERE id = 2", "ligne et écriture", 2),
    ("UPDATE declaration_line SET minutes = 599 WHERE id = 1", "ligne et écriture", 1),
    ("UPDATE contract SET notified_on = '2026-10-02'", "dates", 1),
    ("UPDATE contract SET end_on = '2026-10-15'", "dates", 1),
    ("UPDATE eligibility_decision SET decided_on = '2026-10-02' WHERE participation_id = 1", "dates", 1),
    ("UPDATE participation SET eligible_until = '2026-09-30' WHERE id = 1", "dates", 1),
    ("UPDATE declaration_line SET participation_id = 1 WHERE id = 3", "doublons", 3),
    (
        "INSERT INTO line_day (line_id, day, minutes) VALUES (1, '2026-10-05', 599)",
        "jours",
        1,
    ),
]


@pytest.mark.parametrize(("statement", "rule", "number"), TAMPERED)
def test_what_is_altered_is_named(filled: Context, statement: str, rule: str, number: int | None) -> None:
    _alter(filled, statement)
    breaches = check_everything(filled).breaches
    assert rule in [breach.rule for breach in breaches], breaches
    if number is not None:
        assert number in [breach.number for breach in breaches if breach.rule == rule]


def _alter(ctx: Context, statement: str) -> None:
    """Change a row as its owner could, guards taken off and put back."""
    with ctx.engine.begin() as connection:
        trail.remove_guards(connection)
        connection.execute(text(statement))
        trail.install_guards(connection)


def test_an_entry_that_no_event_announced_is_named(filled: Context) -> None:
    """A forger who rewrites the chain and every total still has the trail against him."""
    with filled.engine.connect() as connection:
        kept = connection.execute(text("SELECT hash FROM ledger_entry WHERE id = 6")).scalar_one()
    assert kept
    _alter(filled, "UPDATE audit_event SET action = 'other' WHERE id = (SELECT max(id) FROM audit_event)")
    rules = {breach.rule for breach in check_everything(filled).breaches}
    assert rules == {"chaîne du journal", "journal et grand livre"}


def test_missing_guards_are_told(filled: Context) -> None:
    with filled.engine.begin() as connection:
        trail.remove_guards(connection)
    assert [breach.rule for breach in check_everything(filled).breaches] == ["tables protégées"]


def test_a_day_of_more_than_24_hours_over_two_companies(any_ctx: Context) -> None:
    day = date(2026, 10, 5)
    first, second = clauses.commitment(any_ctx), clauses.commitment(any_ctx)
    one = clauses.participation(any_ctx, first)
    with any_ctx.read() as session:
        person_id = session.get_one(LedgerEntry, clauses.validated(any_ctx, first, one, 900)).participation_id
        assert person_id == one
    from matching.store.tables.participations import Participation

    with any_ctx.read() as session:
        person = session.get_one(Participation, one).person_id
    two = clauses.participation(any_ctx, second, person_id=person)
    clauses.validated(any_ctx, second, two, 600)
    for line, minutes in ((1, 900), (2, 600)):
        _alter(any_ctx, f"INSERT INTO line_day (line_id, day, minutes) VALUES ({line}, '{day}', {minutes})")
    breaches = check_everything(any_ctx).breaches
    assert [(breach.rule, breach.told) for breach in breaches] == [("jours", "plus de 24 heures le 05/10/2026")]
