"""Decisions of eligibility, the clock behind them, what a person's file already says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from matching.access.permissions import Actor
from matching.clauses.ledger import reversal_of
from matching.clauses.terms import EligiblePublic, ProofKind, Route
from matching.clock import FixedClock
from matching.errors import Conflict, Forbidden, Invalid, RuleRefused
from matching.services.clauses.eligibility import (
    DecisionInput,
    decide_eligibility,
    proofs_expiring,
    read_eligibility,
    refresh_until,
)
from matching.services.clauses.eligibility_clock import refresh_everybody
from matching.services.clauses.participations import ParticipationInput, edit_participation
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.declarations import Evidence
from matching.store.tables.exposure import ReadLog
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import EligibilityDecision, EligibilityRule, Participation
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent
from matching.terms import ContractKind, FactSource, Known, OrganisationKind
from tests.support import clauses
from tests.support import factories as make

TODAY = date(2026, 11, 23)


def world(ctx: Context, publics: tuple[EligiblePublic, ...] = (), **columns: Any) -> tuple[Actor, int, int]:
    """An officer, a commitment and somebody on it whose eligibility is not decided."""
    load_clause_defaults(ctx)
    commitment = clauses.commitment(ctx, publics=publics)
    return clauses.officer(ctx), commitment, clauses.participation(ctx, commitment, eligible_from=None, **columns)


def rsa(dated_on: date = date(2026, 11, 1), **more: Any) -> DecisionInput:
    return DecisionInput(EligiblePublic.RSA, proof_kind=ProofKind.ATTESTATION, proof_dated_on=dated_on, **more)


def row_of(ctx: Context, key: int) -> Participation:
    with ctx.read() as session:
        return session.get_one(Participation, key)


def version_of(ctx: Context, key: int) -> int:
    return row_of(ctx, key).version


def until(ctx: Context, key: int) -> date | None:
    return row_of(ctx, key).eligible_until


def refreshed(ctx: Context, key: int) -> date | None:
    with ctx.write(None) as work:
        refresh_until(work, [work.session.get_one(Participation, key).person_id])
        work.record("test.refreshed", "participation", key)
    return until(ctx, key)


# --- the decision --------------------------------------------------------------------------------------


def test_a_decision_is_added_and_repeated_on_the_participation(any_ctx: Context) -> None:
    officer, _, key = world(any_ctx)
    made = decide_eligibility(any_ctx, officer, key, 1, rsa(), (b"%PDF-1.7 essai", "attestation.pdf"))
    assert (made.granted, made.until, made.overridden) == (Known.YES, None, False)
    row = row_of(any_ctx, key)
    assert (row.eligible, row.eligible_public, row.eligible_decided_on) == (Known.YES, EligiblePublic.RSA, TODAY)
    with any_ctx.read() as session:
        decision = session.execute(select(EligibilityDecision)).scalar_one()
        assert session.get_one(Evidence, decision.evidence_id).participation_id == key
        assert decision.by_id == officer.user_id
        event = session.execute(
            select(AuditEvent).where(AuditEvent.action == "participation.eligibility_decided")
        ).scalar_one()
        assert "rsa" not in str(event.details)
    with pytest.raises(Conflict):
        decide_eligibility(any_ctx, officer, key, 1, rsa())


# The proof of RSA is accepted up to the same day three months later, that day included.
AGES = [
    (date(2026, 8, 23), TODAY, True),
    (date(2026, 8, 22), TODAY, False),
    (date(2026, 11, 23), TODAY, True),
    (date(2026, 11, 23), date(2026, 11, 22), False),
    (date(2026, 8, 31), date(2026, 11, 22), True),
    (date(2026, 2, 28), date(2026, 5, 28), True),
    (date(2026, 2, 28), date(2026, 5, 29), False),
]


@pytest.mark.parametrize(("dated_on", "decided_on", "granted"), AGES)
def test_a_proof_has_an_age(ctx: Context, dated_on: date, decided_on: date, granted: bool) -> None:
    officer, _, key = world(ctx)
    typed = rsa(dated_on, decided_on=decided_on)
    if granted:
        assert decide_eligibility(ctx, officer, key, 1, typed).granted is Known.YES
        return
    with pytest.raises(Invalid) as error:
        decide_eligibility(ctx, officer, key, 1, typed)
    assert error.value.errors[0].field == "proof_dated_on"
    assert row_of(ctx, key).eligible is Known.UNKNOWN


REFUSED = [
    (DecisionInput(None), "public"),
    (DecisionInput(EligiblePublic.RSA), "proof_kind"),
    (rsa(decided_on=date(2026, 11, 24)), "decided_on"),
    (rsa(refused=True), "opinion"),
    (DecisionInput(EligiblePublic.PRESCRIBER, proof_kind=ProofKind.PRESCRIBER_OPINION), "opinion"),
    (rsa(ends_on=date(2026, 11, 22)), "ends_on"),
    (rsa(extension_months=1), "extension_months"),
    (rsa(extension_months=-1), "extension_months"),
    (rsa(opinion="x" * 2001), "opinion"),
]


@pytest.mark.parametrize(("typed", "field"), REFUSED)
def test_what_cannot_be_written_is_said_beside_its_field(ctx: Context, typed: DecisionInput, field: str) -> None:
    officer, _, key = world(ctx)
    with pytest.raises(Invalid) as error:
        decide_eligibility(ctx, officer, key, 1, typed)
    assert field in {item.field for item in error.value.errors}


def test_the_contract_s_list_prevails_and_an_override_keeps_its_reason(any_ctx: Context) -> None:
    officer, _, key = world(any_ctx, publics=(EligiblePublic.QPV,))
    with pytest.raises(Invalid) as error:
        decide_eligibility(any_ctx, officer, key, 1, rsa())
    assert error.value.errors[0].field == "public"
    made = decide_eligibility(any_ctx, officer, key, 1, rsa(override_reason="Accord écrit de l’acheteur"))
    assert made.overridden
    with any_ctx.read() as session:
        assert session.execute(select(EligibilityDecision.override_reason)).scalar_one() == "Accord écrit de l’acheteur"


def test_a_reason_to_override_is_not_kept_when_the_rules_say_yes(ctx: Context) -> None:
    officer, _, key = world(ctx)
    assert not decide_eligibility(ctx, officer, key, 1, rsa(override_reason="Au cas où")).overridden
    with ctx.read() as session:
        assert session.execute(select(EligibilityDecision.override_reason)).scalar_one() == ""


def test_staff_of_an_siae_by_its_attestation(ctx: Context) -> None:
    officer, _, key = world(ctx, route=Route.ETTI)
    typed = DecisionInput(EligiblePublic.ETTI, proof_kind=ProofKind.STRUCTURE_ATTESTATION)
    assert decide_eligibility(ctx, officer, key, 1, typed).granted is Known.YES


def test_a_refusal_is_a_decision_too(any_ctx: Context) -> None:
    officer, _, key = world(any_ctx)
    made = decide_eligibility(any_ctx, officer, key, 1, rsa(refused=True, opinion="En emploi stable"))
    assert made.granted is Known.NO
    assert (row_of(any_ctx, key).eligible, until(any_ctx, key)) == (Known.NO, None)


def test_eligibility_renewed_goes_on_from_its_first_day(ctx: Context) -> None:
    officer, _, key = world(ctx)
    decide_eligibility(ctx, officer, key, 1, rsa(date(2026, 9, 1), decided_on=date(2026, 9, 2)))
    decide_eligibility(ctx, officer, key, 2, rsa())
    assert row_of(ctx, key).eligible_decided_on == date(2026, 9, 2)
    with ctx.read() as session:
        assert session.execute(select(func.count(EligibilityDecision.id))).scalar_one() == 2


def test_hours_validated_are_not_left_without_eligibility(any_ctx: Context) -> None:
    officer, commitment, key = world(any_ctx)
    decide_eligibility(any_ctx, officer, key, 1, rsa(date(2026, 9, 1), decided_on=date(2026, 9, 2)))
    clauses.validated(any_ctx, commitment, key, 600)
    for typed, field in (
        (rsa(refused=True, opinion="Erreur"), "decision"),
        (rsa(decided_on=date(2026, 9, 1), dated_on=date(2026, 9, 1), ends_on=date(2026, 10, 30)), "ends_on"),
    ):
        with pytest.raises(Invalid) as error:
            decide_eligibility(any_ctx, officer, key, 2, typed)
        assert [item.field for item in error.value.errors] == [field]
    decide_eligibility(any_ctx, officer, key, 2, rsa(ends_on=date(2026, 11, 30)))
    assert until(any_ctx, key) == date(2026, 11, 30)


def test_an_age_is_learnt_with_the_decision(any_ctx: Context) -> None:
    officer, _, key = world(any_ctx)
    typed = DecisionInput(EligiblePublic.SENIOR, proof_kind=ProofKind.IDENTITY)
    with pytest.raises(Invalid):
        decide_eligibility(any_ctx, officer, key, 1, typed)
    for birth, field in ((date(1976, 11, 24), "public"), (date(2026, 11, 23), "birth_date")):
        with pytest.raises(Invalid) as error:
            decide_eligibility(any_ctx, officer, key, 1, replace(typed, birth_date=birth))
        assert error.value.errors[0].field == field
    decide_eligibility(any_ctx, officer, key, 1, replace(typed, birth_date=date(1976, 11, 23)))
    decide_eligibility(any_ctx, officer, key, 2, replace(typed, birth_date=date(1950, 1, 1)))
    with any_ctx.read() as session:
        fact = session.execute(select(ProtectedFact)).scalar_one()
    assert (fact.value, fact.source) == ("1976-11-23", FactSource.CERTIFIED)
    assert read_eligibility(any_ctx, officer, key).birth_known


def test_the_sex_is_learnt_once_and_stays_out_of_the_trail(any_ctx: Context) -> None:
    officer, _, key = world(any_ctx)
    assert not read_eligibility(any_ctx, officer, key).sex_known
    with pytest.raises(Invalid) as error:
        decide_eligibility(any_ctx, officer, key, 1, rsa(sex="y"))
    assert [item.field for item in error.value.errors] == ["sex"]
    for sex in ("f", "m", ""):
        decide_eligibility(any_ctx, officer, key, row_of(any_ctx, key).version, rsa(sex=sex))
    with any_ctx.read() as session:
        fact = session.execute(select(ProtectedFact)).scalar_one()
        trail = str([one.details for one in session.execute(select(AuditEvent)).scalars()])
    assert (fact.kind, fact.value, fact.source) == ("sex", "f", FactSource.DECLARED)
    assert "sex" not in trail
    assert read_eligibility(any_ctx, officer, key).sex_known


# --- the clock -----------------------------------------------------------------------------------------

HIRE = date(2025, 8, 31)
# Factories validate the whole month: the first day worked is the first of October 2026.
CLOCKS = [
    (Route.DIRECT_HIRE, ContractKind.FIXED_TERM, None, date(2028, 9, 30)),
    (Route.DIRECT_HIRE, None, None, date(2028, 9, 30)),
    (Route.DIRECT_HIRE, ContractKind.PERMANENT, None, date(2026, 8, 30)),
    # A CDI with an employer that sends people is not a direct CDI.
    (Route.GEIQ, ContractKind.PERMANENT, None, date(2028, 9, 30)),
    (Route.APPRENTICESHIP, ContractKind.APPRENTICESHIP, date(2027, 8, 31), date(2027, 8, 31)),
    (Route.APPRENTICESHIP, None, date(2027, 8, 31), date(2027, 8, 31)),
    (Route.PROFESSIONAL_TRAINING, ContractKind.PROFESSIONAL_TRAINING, date(2027, 2, 28), date(2027, 2, 28)),
    (Route.APPRENTICESHIP, ContractKind.APPRENTICESHIP, None, None),
]


@pytest.mark.parametrize(("route", "kind", "ended_on", "expected"), CLOCKS)
def test_each_contract_has_its_clock(
    ctx: Context, route: Route, kind: ContractKind | None, ended_on: date | None, expected: date | None
) -> None:
    load_clause_defaults(ctx)
    commitment = clauses.commitment(ctx)
    key = clauses.participation(ctx, commitment, route=route, contract_kind=kind, started_on=HIRE, ended_on=ended_on)
    clauses.validated(ctx, commitment, key, 600)
    assert refreshed(ctx, key) == expected


def test_the_clock_starts_with_the_first_hour_of_all_employers_and_a_reversal_moves_it(any_ctx: Context) -> None:
    officer, commitment, key = world(any_ctx)
    decide_eligibility(any_ctx, officer, key, 1, rsa())
    assert until(any_ctx, key) is None
    person = row_of(any_ctx, key).person_id
    elsewhere = clauses.commitment(any_ctx)
    other = clauses.participation(any_ctx, elsewhere, person_id=person, code="H-0500")
    clauses.validated(any_ctx, commitment, key, 600)
    assert refreshed(any_ctx, key) == date(2028, 9, 30)
    earlier = clauses.validated(any_ctx, elsewhere, other, 600, month=date(2026, 3, 1))
    assert refreshed(any_ctx, key) == date(2028, 2, 29)
    assert until(any_ctx, other) == date(2028, 2, 29)
    with any_ctx.write(None) as work:
        entry = ledger.as_entry(work.session.get_one(LedgerEntry, earlier))
        ledger.append(work, [reversal_of(earlier, entry, "test")])
        refresh_until(work, [person])
    assert until(any_ctx, key) == date(2028, 9, 30)


def test_the_rule_in_force_the_day_the_clock_started(ctx: Context) -> None:
    _, commitment, _ = world(ctx)
    with ctx.write(None) as work:
        rule = EligibilityRule(start_event="first_validated_hour", months=12, valid_from=date(2026, 9, 1))
        work.session.add(rule)
        work.record("test.rule", "eligibility_rule", 0)
    before = clauses.participation(ctx, commitment)
    clauses.validated(ctx, commitment, before, 600, month=date(2026, 8, 1))
    after = clauses.participation(ctx, commitment)
    clauses.validated(ctx, commitment, after, 600, month=date(2026, 9, 1))
    assert refreshed(ctx, before) == date(2028, 7, 31)
    assert refreshed(ctx, after) == date(2027, 8, 31)
    with ctx.write(None) as work:
        work.session.execute(delete(EligibilityRule).where(EligibilityRule.months == 12))
        refresh_everybody(work)
        work.record("test.rule", "eligibility_rule", 0)
    assert until(ctx, after) == date(2028, 8, 31)


def test_extensions_are_capped_by_the_maximum(any_ctx: Context) -> None:
    officer, commitment, key = world(any_ctx)
    with any_ctx.write(None) as work:
        work.session.execute(
            update(EligibilityRule)
            .where(EligibilityRule.contract_kind.is_(None))
            .values(extension_months=24, maximum_months=36)
        )
        work.record("test.rule", "eligibility_rule", 0)
    decide_eligibility(any_ctx, officer, key, 1, rsa(date(2026, 9, 1), decided_on=date(2026, 9, 2)))
    clauses.validated(any_ctx, commitment, key, 600)
    with pytest.raises(Invalid) as error:
        decide_eligibility(any_ctx, officer, key, 2, rsa(extension_months=13))
    assert "12 mois" in error.value.errors[0].message
    made = decide_eligibility(any_ctx, officer, key, 2, rsa(extension_months=12))
    assert made.until == date(2029, 9, 30)


def test_an_edit_of_the_contract_moves_the_end(ctx: Context) -> None:
    officer, _, key = world(ctx, contract_kind=ContractKind.PERMANENT)
    decide_eligibility(ctx, officer, key, 1, rsa())
    assert until(ctx, key) == date(2026, 12, 31)
    holder = make.organisation(ctx)
    typed = ParticipationInput(Route.DIRECT_HIRE, holder, ContractKind.FIXED_TERM, started_on=date(2026, 1, 1))
    edit_participation(ctx, officer, key, 2, typed)
    assert until(ctx, key) is None


def test_a_change_does_not_leave_validated_hours_past_the_end(any_ctx: Context) -> None:
    officer, commitment, key = world(any_ctx)
    holder = make.organisation(any_ctx)
    decide_eligibility(any_ctx, officer, key, 1, rsa(date(2026, 9, 1), decided_on=date(2026, 9, 2)))
    with any_ctx.write(None) as work:
        work.session.get_one(Participation, key).organisation_id = holder
        work.session.get_one(Participation, key).started_on = date(2025, 1, 1)
        work.record("test.moved", "participation", key)
    clauses.validated(any_ctx, commitment, key, 600)
    assert refreshed(any_ctx, key) == date(2028, 9, 30)
    typed = ParticipationInput(Route.DIRECT_HIRE, holder, ContractKind.PERMANENT, started_on=date(2025, 1, 1))
    with pytest.raises(RuleRefused) as error:
        edit_participation(any_ctx, officer, key, 3, typed)
    assert "31\u00a0décembre\u00a02025" in error.value.message
    assert (row_of(any_ctx, key).contract_kind, until(any_ctx, key)) == (None, date(2028, 9, 30))


def test_eligibilities_that_end_soon_while_the_work_goes_on(ctx: Context) -> None:
    commitment, closed = clauses.commitment(ctx), clauses.commitment(ctx, closed_on=date(2026, 10, 1))
    ends: dict[str, dict[str, Any]] = {
        "H-0001": {"eligible_until": date(2026, 12, 23)},
        "H-0002": {"eligible_until": date(2026, 12, 24)},
        "H-0003": {"eligible_until": TODAY},
        "H-0004": {"eligible_until": date(2026, 11, 22)},
        "H-0005": {"eligible_until": date(2026, 12, 1), "ended_on": date(2026, 12, 1)},
        "H-0006": {"eligible_until": date(2026, 12, 1), "ended_on": date(2026, 12, 2)},
    }
    for code, columns in ends.items():
        clauses.participation(ctx, commitment, code=code, **columns)
    clauses.participation(ctx, closed, code="H-0007", eligible_until=date(2026, 12, 1))
    with ctx.read() as session:
        assert [one.code for one in proofs_expiring(session, TODAY, 30)] == ["H-0003", "H-0006", "H-0001"]


# --- what the file says --------------------------------------------------------------------------------


def lines_of(ctx: Context, officer: Actor, key: int) -> dict[EligiblePublic, Any]:
    return {line.public: line for line in read_eligibility(ctx, officer, key).lines}


def test_the_candidate_s_file_answers_with_three_values_and_the_reading_is_logged(any_ctx: Context) -> None:
    load_clause_defaults(any_ctx)
    facts = {"rsa": "yes", "rqth": "no", "long_term_unemployed": "yes", "birth_date": "1976-11-23"}
    candidate = make.candidate(any_ctx, protected=facts | {"housing_situation": "hosted"})
    with any_ctx.read() as session:
        person = session.get_one(Candidate, candidate).person_id
    key = clauses.participation(any_ctx, clauses.commitment(any_ctx), person_id=person, eligible_from=None)
    officer = clauses.officer(any_ctx)
    lines = lines_of(any_ctx, officer, key)
    assert len(lines) == len(EligiblePublic)
    expected = {
        EligiblePublic.RSA: Known.YES,
        EligiblePublic.RQTH: Known.NO,
        EligiblePublic.LONG_TERM_24: Known.UNKNOWN,
        EligiblePublic.SENIOR: Known.YES,
        EligiblePublic.YOUNG_UNQUALIFIED: Known.NO,
        EligiblePublic.QPV: Known.UNKNOWN,
        EligiblePublic.NO_HOUSING: Known.UNKNOWN,
    }
    assert {public: lines[public].known for public in expected} == expected
    assert lines[EligiblePublic.QPV].ask
    assert not lines[EligiblePublic.RSA].ask
    assert lines[EligiblePublic.RSA].fresh is Known.UNKNOWN
    with any_ctx.read() as session:
        logged = session.execute(select(ReadLog)).scalar_one()
    assert (logged.subject_type, logged.subject_id, logged.how) == ("candidate", candidate, "eligibility")


FRESH = [(date(2026, 8, 23), Known.YES), (date(2026, 8, 22), Known.NO)]


@pytest.mark.parametrize(("seen_on", "fresh"), FRESH)
def test_a_proof_on_file_is_fresh_until_a_day(ctx: Context, clock: FixedClock, seen_on: date, fresh: Known) -> None:
    load_clause_defaults(ctx)
    now = clock.instant
    clock.instant = now.replace(year=seen_on.year, month=seen_on.month, day=seen_on.day)
    candidate = make.candidate(ctx, protected={"rsa": "yes"})
    clock.instant = now
    with ctx.write(None) as work:
        fact = work.session.execute(select(ProtectedFact)).scalar_one()
        fact.source, fact.proof = FactSource.CERTIFIED, "Attestation CAF"
        person = work.session.get_one(Candidate, candidate).person_id
        work.record("test.fact", "person", person)
    key = clauses.participation(ctx, clauses.commitment(ctx), person_id=person, eligible_from=None)
    line = lines_of(ctx, clauses.officer(ctx), key)[EligiblePublic.RSA]
    assert (line.fresh, line.proof) == (fresh, "Attestation CAF")
    assert line.fresh_until == date(2026, 11, seen_on.day)


def test_the_staff_of_a_structure_are_known_by_it_and_the_list_of_the_contract_narrows(ctx: Context) -> None:
    agency = make.organisation(ctx, kind=OrganisationKind.ETTI)
    officer, _, key = world(ctx, (EligiblePublic.ETTI, EligiblePublic.EI, EligiblePublic.QPV), organisation_id=agency)
    lines = lines_of(ctx, officer, key)
    assert {public: line.known for public, line in lines.items()} == {
        EligiblePublic.ETTI: Known.YES,
        EligiblePublic.QPV: Known.UNKNOWN,
        EligiblePublic.EI: Known.NO,
    }
    with ctx.read() as session:
        assert session.execute(select(ReadLog.subject_type)).scalar_one() == "participation"


@pytest.mark.parametrize("role", ["adviser", "company", "buyer"])
def test_nobody_else_reads_or_decides(ctx: Context, role: str) -> None:
    _, _, key = world(ctx)
    actor = {"adviser": make.adviser, "company": clauses.company, "buyer": clauses.buyer}[role](ctx)
    with pytest.raises(Forbidden):
        read_eligibility(ctx, actor, key)
    with pytest.raises(Forbidden):
        decide_eligibility(ctx, actor, key, 1, rsa())
