"""`matching check`: everything that must hold of the ledger and of the trail, told with the first row that breaks it.

One pass over the entries checks the chain and folds the totals; the rules are one query each, so that a million
entries take seconds and little memory.
"""

from __future__ import annotations

from sqlalchemy import func, select

from matching.services.clauses.checking.doubles import check_doubles
from matching.services.clauses.checking.frozen import check_frozen_years
from matching.services.clauses.checking.ledger_pass import compare_totals, compare_with_trail, read_ledger
from matching.services.clauses.checking.report import Breach, CheckReport
from matching.services.clauses.checking.rules import check_rules
from matching.services.context import Context
from matching.store import trail
from matching.store.tables.trail import AuditEvent

__all__ = ["Breach", "CheckReport", "check_everything"]


def check_everything(ctx: Context) -> CheckReport:
    """Verify the trail and the ledger: reads only, everything at one moment. For the machine's own command line."""
    engine = ctx.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    breaches: list[Breach] = []
    with engine.connect() as connection:
        broken = trail.first_broken_link(connection)
        if broken is not None:
            breaches.append(Breach("chaîne du journal", "audit_event", broken, "le lien ne suit pas le précédent"))
        if missing := trail.missing_guards(connection):
            told = "la protection manque : lancez « matching db upgrade »"
            breaches.append(Breach("tables protégées", missing[0], 0, told))
        fold = read_ledger(connection)
        breaches += fold.breaches
        if not fold.breaches:
            breaches += compare_totals(connection, fold)
            breaches += compare_with_trail(fold)
        breaches += check_rules(connection)
        breaches += check_doubles(connection)
        breaches += check_frozen_years(connection)
        events = connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
    return CheckReport(fold.entries, int(events), tuple(breaches))
