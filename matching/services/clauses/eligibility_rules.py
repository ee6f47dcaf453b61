"""The dated rules of eligibility as the pure rules take them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.clauses.eligibility import DurationRule, ProofRule, StartEvent
from matching.clauses.eligibility import duration_rules as embedded_durations
from matching.clauses.eligibility import proof_rules as embedded_proofs
from matching.reference.embedded import embedded_eligibility_rules, embedded_proof_rules
from matching.store.tables import participations as tables


def duration_rules(session: Session) -> tuple[DurationRule, ...]:
    """How long somebody counts, every dated rule; the embedded ones while the table is empty."""
    rows = session.execute(select(tables.EligibilityRule).order_by(tables.EligibilityRule.id)).scalars().all()
    if not rows:
        return embedded_durations(embedded_eligibility_rules())
    return tuple(
        DurationRule(
            row.public,
            row.contract_kind,
            StartEvent(row.start_event),
            row.months,
            row.extension_months,
            row.maximum_months,
            row.valid_from,
            row.to_check,
        )
        for row in rows
    )


def proof_rules(session: Session) -> tuple[ProofRule, ...]:
    """How old a proof may be, every dated rule; the embedded ones while the table is empty."""
    rows = session.execute(select(tables.ProofRule).order_by(tables.ProofRule.id)).scalars().all()
    if not rows:
        return embedded_proofs(embedded_proof_rules())
    return tuple(ProofRule(row.public, row.months, row.at_hire, row.valid_from, row.to_check) for row in rows)
