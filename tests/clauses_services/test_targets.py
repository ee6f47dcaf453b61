"""Targets of a contract over validated hours: what is not known is told apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from matching.clauses.terms import EligiblePublic
from matching.services.clauses.targets import TargetLine, targets_of
from matching.services.context import Context
from matching.store.tables.contracts import CommitmentTarget
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact
from matching.terms import Known
from tests.support import clauses


def test_hours_of_women_under_26_and_a_public(any_ctx: Context) -> None:
    key = clauses.commitment(any_ctx)
    people = [
        clauses.participation(any_ctx, key, public=public)
        for public in (EligiblePublic.RSA, EligiblePublic.QPV, EligiblePublic.RSA)
    ]
    for person, hours in zip(people, (10, 20, 70), strict=True):
        clauses.validated(any_ctx, key, person, hours * 60)
    with any_ctx.write(None) as work:
        session = work.session
        first, second = (session.get_one(Participation, one).person_id for one in people[:2])
        for person, kind, value in (
            (first, "sex", "f"),
            (second, "sex", "m"),
            # Eligibility was decided on 1 January 2026: 25 that day, 26 today.
            (first, "birth_date", "2000-03-01"),
            (second, "birth_date", "1980-03-01"),
        ):
            session.add(ProtectedFact(person_id=person, kind=kind, value=value, known_on=date(2026, 1, 1)))
        for target, percent in (("women", 30), ("under_26", 5), ("rsa", 90)):
            session.add(CommitmentTarget(commitment_id=key, target=target, percent=percent))
        work.record("test.targets", "commitment", key)
    with any_ctx.read() as session:
        found = {line.label: line for line in targets_of(session, key)}
    women, young = found["Femmes"], found["Moins de 26 ans"]
    assert (women.minutes, women.unknown, women.reached, women.held) == (600, 4200, Decimal("10.0"), Known.UNKNOWN)
    assert (young.minutes, young.held) == (600, Known.YES)
    rsa = found[EligiblePublic.RSA.label]
    assert (rsa.minutes, rsa.reached, rsa.held) == (4800, Decimal("80.0"), Known.NO)


def test_a_commitment_without_target_or_hours(ctx: Context) -> None:
    key = clauses.commitment(ctx)
    with ctx.read() as session:
        assert targets_of(session, key) == ()
    empty = TargetLine("Femmes", 30, 0, 0, 0)
    assert (empty.reached, empty.held) == (None, Known.UNKNOWN)
