"""Who counts, on which proof and until when: both sides of each boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.clauses.eligibility import (
    Decision,
    DurationRule,
    Proof,
    ProofRule,
    StartEvent,
    choose_proof_rule,
    choose_rule,
    decide,
    duration_rules,
    eligible_until,
    extension_left,
    proof_rules,
    rule_of_clock,
    verdict_on,
)
from matching.clauses.terms import BY_STATUS, EligiblePublic, ProofKind, RejectReason
from matching.reference.embedded import embedded_eligibility_rules, embedded_proof_rules
from matching.terms import ContractKind, Known

P = EligiblePublic
RULES = proof_rules(embedded_proof_rules())
DURATIONS = duration_rules(embedded_eligibility_rules())
DECIDED = date(2026, 6, 10)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def decided(
    public: EligiblePublic,
    proof: Proof | None,
    *,
    birth: str | None = None,
    hired: str | None = "2026-06-15",
    allowed: tuple[EligiblePublic, ...] = (),
) -> Decision:
    return decide(public, allowed, proof, day(birth), DECIDED, day(hired), RULES)


def attestation(dated: str | None) -> Proof:
    return Proof(ProofKind.ATTESTATION, day(dated))


# --- proofs by their age


@pytest.mark.parametrize(
    ("public", "last_accepted"),
    [
        (P.RSA, "2026-03-10"),
        (P.ASS, "2026-03-10"),
        (P.AAH, "2026-03-10"),
        (P.LONG_TERM_12, "2026-03-10"),
        (P.LONG_TERM_24, "2026-03-10"),
        (P.LONE_PARENT, "2026-03-10"),
        (P.NO_HOUSING, "2026-03-10"),
        (P.QPV, "2025-12-10"),
        (P.JUSTICE, "2025-12-10"),
        (P.FRENCH_BELOW_A1, "2025-12-10"),
        (P.MOBILITY, "2025-12-10"),
        (P.ASE, "2025-06-10"),
    ],
)
def test_a_proof_is_accepted_up_to_and_including_its_last_day(public: EligiblePublic, last_accepted: str) -> None:
    oldest = date.fromisoformat(last_accepted)
    accepted = decided(public, Proof(ProofKind.ATTESTATION, oldest))
    assert (accepted.granted, accepted.proof_until) == (Known.YES, DECIDED)
    refused = decided(public, Proof(ProofKind.ATTESTATION, oldest - timedelta(days=1)))
    assert (refused.granted, refused.proof_until) == (Known.NO, DECIDED - timedelta(days=1))
    assert "Demandez un justificatif de" in refused.reasons[0]


def test_the_sworn_statement_on_qualification_lasts_three_months() -> None:
    statement = Proof(ProofKind.SWORN_STATEMENT, date(2026, 3, 10))
    assert decided(P.YOUNG_UNQUALIFIED, statement, birth="2004-01-01").granted is Known.YES
    old = replace(statement, dated_on=date(2026, 3, 9))
    assert decided(P.YOUNG_UNQUALIFIED, old, birth="2004-01-01").granted is Known.NO


@pytest.mark.parametrize(
    ("public", "proof", "asked"),
    [
        (P.RSA, None, "un justificatif de 3 mois au plus"),
        (P.RSA, attestation(None), "Date du justificatif inconnue"),
        (P.RSA, attestation("2026-06-11"), "vérifiez cette date"),
        (P.RSA, Proof(ProofKind.IDENTITY, DECIDED), "ne justifie pas"),
        (P.RQTH, None, "valable le jour de l’embauche"),
        (P.ETTI, None, "l’attestation de la structure d’insertion"),
        (P.ETTI, attestation("2026-06-01"), "l’attestation de la structure d’insertion"),
        (P.PRESCRIBER, None, "l’avis motivé d’un prescripteur"),
        (P.SENIOR, Proof(ProofKind.IDENTITY), "Date de naissance inconnue"),
    ],
)
def test_what_is_missing_is_asked_and_is_not_a_no(public: EligiblePublic, proof: Proof | None, asked: str) -> None:
    decision = decided(public, proof)
    assert decision.granted is Known.UNKNOWN
    assert asked in " ".join(decision.reasons)


def test_a_paper_that_expired_before_the_decision_no_longer_proves() -> None:
    paper = Proof(ProofKind.TITLE, date(2026, 5, 1), DECIDED)
    assert decided(P.AAH, paper).granted is Known.YES
    assert decided(P.AAH, replace(paper, valid_until=date(2026, 6, 9))).granted is Known.NO


# --- valid on the day of hire


@pytest.mark.parametrize("public", [P.RQTH, P.REFUGEE])
@pytest.mark.parametrize(
    ("until", "hired", "granted"),
    [
        ("2026-06-15", "2026-06-15", Known.YES),
        ("2026-06-14", "2026-06-15", Known.NO),  # valid on the day of the decision, not at hire
        ("2026-06-01", "2026-05-20", Known.YES),  # valid at hire, no longer on the day of the decision
        (None, "2026-06-15", Known.UNKNOWN),
        ("2026-06-15", None, Known.UNKNOWN),
    ],
)
def test_titles_are_read_on_the_day_of_hire(
    public: EligiblePublic, until: str | None, hired: str | None, granted: Known
) -> None:
    title = Proof(ProofKind.TITLE, date(2020, 1, 1), day(until))
    assert decided(public, title, hired=hired).granted is granted


def test_a_title_without_end_and_a_title_dated_after_the_hire() -> None:
    assert decided(P.RQTH, Proof(ProofKind.TITLE, None, without_end=True)).granted is Known.YES
    late = Proof(ProofKind.TITLE, date(2026, 6, 16), date(2030, 1, 1))
    assert decided(P.RQTH, late).granted is Known.UNKNOWN
    assert decided(P.RQTH, replace(late, dated_on=date(2026, 6, 15))).granted is Known.YES


# --- ages, on the day of the decision


@pytest.mark.parametrize(
    ("public", "birth", "granted"),
    [
        (P.YOUNG_UNQUALIFIED, "2000-06-11", Known.YES),  # 26 tomorrow
        (P.YOUNG_UNQUALIFIED, "2000-06-10", Known.NO),  # 26 today
        (P.YOUNG_OUT_OF_WORK, "2000-06-11", Known.YES),
        (P.YOUNG_OUT_OF_WORK, "2000-06-10", Known.NO),
        (P.SENIOR, "1976-06-10", Known.YES),  # 50 today
        (P.SENIOR, "1976-06-11", Known.NO),  # 50 tomorrow
        (P.SENIOR, None, Known.UNKNOWN),
        (P.YOUNG_UNQUALIFIED, None, Known.UNKNOWN),
        (P.SENIOR, "2026-06-11", Known.UNKNOWN),
        (P.RSA, None, Known.YES),
        (P.RSA, "1950-01-01", Known.YES),
    ],
)
def test_ages(public: EligiblePublic, birth: str | None, granted: Known) -> None:
    kind = ProofKind.IDENTITY if public is P.SENIOR else ProofKind.SWORN_STATEMENT
    assert decided(public, Proof(kind, date(2026, 6, 1)), birth=birth).granted is granted


def test_an_expired_identity_card_still_proves_an_age() -> None:
    card = Proof(ProofKind.IDENTITY, date(2005, 1, 1), date(2020, 1, 1))
    assert decided(P.SENIOR, card, birth="1960-01-01").granted is Known.YES


def test_too_old_a_person_is_asked_for_no_paper() -> None:
    decision = decided(P.YOUNG_UNQUALIFIED, None, birth="1990-01-01")
    assert decision.granted is Known.NO
    assert len(decision.reasons) == 1
    assert "moins de 26 ans" in decision.reasons[0]


def test_everything_missing_is_asked_at_once() -> None:
    assert len(decided(P.SENIOR, None).reasons) == 2


# --- status and the contract's list


@pytest.mark.parametrize("public", sorted(BY_STATUS))
def test_staff_of_an_siae_are_eligible_by_status(public: EligiblePublic) -> None:
    assert decided(public, Proof(ProofKind.STRUCTURE_ATTESTATION)).granted is Known.YES
    assert decided(public, Proof(ProofKind.STRUCTURE_ATTESTATION, date(2024, 1, 1))).granted is Known.YES


@pytest.mark.parametrize(
    ("public", "allowed", "granted"),
    [
        (P.ETTI, (), Known.YES),
        (P.ETTI, (P.RSA, P.ETTI), Known.YES),
        (P.ETTI, (P.RSA,), Known.NO),  # the contract's list prevails for SIAE staff too
        (P.EI, (P.ETTI,), Known.NO),
    ],
)
def test_the_contracts_list_prevails(
    public: EligiblePublic, allowed: tuple[EligiblePublic, ...], granted: Known
) -> None:
    decision = decided(public, Proof(ProofKind.STRUCTURE_ATTESTATION), allowed=allowed)
    assert decision.granted is granted
    assert granted is Known.YES or "ne prévoit pas ce public" in decision.reasons[0]


def test_without_a_rule_nothing_is_granted() -> None:
    proof = attestation("2026-06-01")
    assert decide(P.RSA, (), proof, None, DECIDED, None, ()).granted is Known.UNKNOWN


def test_the_proof_rule_is_the_one_of_the_day_of_the_decision() -> None:
    old = ProofRule(P.RSA, 3, False, date(2020, 1, 1))
    new = ProofRule(P.RSA, 1, False, date(2026, 6, 10))
    other = ProofRule(P.ASS, 1, False, date(2026, 6, 10))
    assert choose_proof_rule([new, old, other], P.RSA, date(2026, 6, 9)) is old
    assert choose_proof_rule([new, old, other], P.RSA, date(2026, 6, 10)) is new
    assert choose_proof_rule([new, old, other], P.RSA, date(2019, 12, 31)) is None


@given(
    st.sampled_from(EligiblePublic),
    st.sets(st.sampled_from(EligiblePublic), max_size=3),
    st.builds(
        Proof,
        st.sampled_from(ProofKind),
        st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)),
    )
    | st.none(),
    st.none() | st.dates(date(1950, 1, 1), date(2010, 1, 1)),
    st.none() | st.dates(date(2024, 1, 1), date(2027, 1, 1)),
)
def test_a_decision_always_says_why(
    public: EligiblePublic,
    allowed: set[EligiblePublic],
    proof: Proof | None,
    birth: date | None,
    hired: date | None,
) -> None:
    decision = decide(public, allowed, proof, birth, DECIDED, hired, RULES)
    assert decision.reasons
    assert all(reason.endswith(".") and reason[0] == reason[0].upper() for reason in decision.reasons)
    if allowed and public not in allowed:
        assert decision.granted is Known.NO
    if proof is None:
        assert decision.granted is not Known.YES


# --- how long


def rule(
    months: int | None,
    *,
    public: EligiblePublic | None = None,
    kind: ContractKind | None = None,
    start: StartEvent = StartEvent.FIRST_VALIDATED_HOUR,
    extension: int = 0,
    maximum: int | None = None,
    since: str = "2020-01-01",
) -> DurationRule:
    return DurationRule(public, kind, start, months, extension, maximum, date.fromisoformat(since))


ANY = rule(24)
BY_PUBLIC = rule(36, public=P.RQTH)
BY_CONTRACT = rule(12, kind=ContractKind.PERMANENT, start=StartEvent.HIRE)
BY_BOTH = rule(18, public=P.RQTH, kind=ContractKind.PERMANENT)
NEWER = rule(30, since="2026-01-01")


@pytest.mark.parametrize(
    ("public", "kind", "on", "expected"),
    [
        (P.RSA, ContractKind.FIXED_TERM, "2025-12-31", ANY),
        (P.RSA, ContractKind.FIXED_TERM, "2026-01-01", NEWER),
        (P.RQTH, ContractKind.FIXED_TERM, "2026-01-01", BY_PUBLIC),  # specific before new
        (P.RSA, ContractKind.PERMANENT, "2026-01-01", BY_CONTRACT),
        (P.RQTH, ContractKind.PERMANENT, "2026-01-01", BY_BOTH),
        (P.RQTH, None, "2026-01-01", BY_PUBLIC),
        (None, None, "2026-01-01", NEWER),
        (P.RSA, None, "2019-12-31", None),
    ],
)
def test_the_most_specific_rule_then_the_latest(
    public: EligiblePublic | None, kind: ContractKind | None, on: str, expected: DurationRule | None
) -> None:
    rules = [NEWER, BY_BOTH, ANY, BY_CONTRACT, BY_PUBLIC]
    assert choose_rule(rules, public, kind, date.fromisoformat(on)) is expected
    assert choose_rule(rules[::-1], public, kind, date.fromisoformat(on)) is expected


def test_contract_before_public() -> None:
    assert choose_rule([BY_PUBLIC, BY_CONTRACT], P.RQTH, ContractKind.PERMANENT, DECIDED) is BY_CONTRACT


@pytest.mark.parametrize(
    ("of", "first", "hired", "contract_end", "extensions", "until"),
    [
        (ANY, "2025-03-15", "2025-02-01", None, 0, "2027-03-14"),
        (rule(6), "2025-08-31", None, None, 0, "2026-02-28"),
        (ANY, None, "2025-02-01", "2026-01-31", 0, None),  # no hour validated yet: the clock has not started
        (BY_CONTRACT, None, "2025-02-01", None, 0, "2026-01-31"),
        (BY_CONTRACT, "2025-01-02", "2025-02-01", None, 0, "2026-01-31"),
        (BY_CONTRACT, "2025-01-02", None, None, 0, None),
        (rule(None, start=StartEvent.HIRE), None, "2025-09-01", "2027-08-31", 0, "2027-08-31"),
        (rule(None, start=StartEvent.HIRE), None, "2025-09-01", None, 0, None),  # end unknown
        (rule(None, start=StartEvent.HIRE), None, None, "2027-08-31", 0, None),
        (rule(24, extension=12, maximum=36), "2025-03-15", None, None, 12, "2028-03-14"),
        (rule(24, extension=12, maximum=30), "2025-03-15", None, None, 12, "2027-09-14"),  # capped
        (rule(12, extension=6, maximum=24), "2025-03-15", None, None, 12, "2027-03-14"),  # two extensions
        (rule(24, extension=12), "2025-03-15", None, None, 24, "2028-03-14"),  # one at most
        (rule(24), "2025-03-15", None, None, 12, "2027-03-14"),
        (rule(24, maximum=18), "2025-03-15", None, None, 12, "2027-03-14"),  # a cap on extensions, not on the months
    ],
)
def test_until_when(
    of: DurationRule, first: str | None, hired: str | None, contract_end: str | None, extensions: int, until: str | None
) -> None:
    assert eligible_until(of, day(first), day(hired), day(contract_end), extensions) == day(until)


def test_what_can_still_be_added() -> None:
    assert [extension_left(rule(24, extension=6, maximum=36), months) for months in (0, 6, 12, 18)] == [12, 6, 0, 0]
    assert extension_left(rule(24, extension=6), 0) == 6
    assert extension_left(rule(None), 0) == 0


def test_the_rule_is_the_one_of_the_day_its_clock_starts() -> None:
    rules = [ANY, NEWER, BY_CONTRACT]
    hired = date(2025, 12, 1)
    fixed, permanent = ContractKind.FIXED_TERM, ContractKind.PERMANENT
    assert rule_of_clock(rules, P.RSA, fixed, date(2025, 12, 31), hired) is ANY
    assert rule_of_clock(rules, P.RSA, fixed, date(2026, 1, 1), hired) is NEWER
    assert rule_of_clock(rules, P.RSA, fixed, None, hired) is ANY
    assert rule_of_clock(rules, P.RSA, permanent, date(2026, 1, 1), hired) is BY_CONTRACT
    assert rule_of_clock(rules, P.RSA, fixed, None, None) is None


@given(st.integers(1, 48), st.integers(0, 24), st.none() | st.integers(1, 60), st.integers(0, 60))
def test_more_extension_never_ends_earlier_nor_passes_the_maximum(
    months: int, extension: int, maximum: int | None, asked: int
) -> None:
    of = rule(months, extension=extension, maximum=maximum)
    start = date(2025, 3, 15)
    until = eligible_until(of, start, None, None, asked)
    more = eligible_until(of, start, None, None, asked + 1)
    assert until is not None
    assert more is not None
    assert until <= more
    if maximum is not None:
        assert more <= (eligible_until(rule(max(months, maximum)), start, None, None) or date.min)


# --- a day of work


@pytest.mark.parametrize(
    ("worked", "reason"),
    [
        ("2025-01-09", RejectReason.OUTSIDE_CONTRACT),  # the eve of the notification
        ("2025-01-10", RejectReason.NOT_DECIDED),
        ("2025-03-14", RejectReason.NOT_DECIDED),
        ("2025-03-15", None),  # the day of the decision counts
        ("2027-03-14", None),
        ("2027-03-15", RejectReason.OUTSIDE_ELIGIBILITY),
        ("2027-12-31", RejectReason.OUTSIDE_ELIGIBILITY),
        ("2028-01-01", RejectReason.OUTSIDE_CONTRACT),
    ],
)
def test_a_day_of_work(worked: str, reason: RejectReason | None) -> None:
    bounds = (date(2025, 3, 15), date(2027, 3, 14), date(2025, 1, 10), date(2027, 12, 31))
    assert verdict_on(date.fromisoformat(worked), *bounds) is reason


def test_unknown_bounds_reject_nothing_but_a_missing_decision_does() -> None:
    assert verdict_on(DECIDED, DECIDED, None, None, None) is None
    assert verdict_on(DECIDED, None, None, None, None) is RejectReason.NOT_DECIDED


# --- the embedded rules


def test_every_public_has_its_rule_of_proof() -> None:
    assert {rule.public for rule in RULES} == set(EligiblePublic)
    assert all(rule.months is None for rule in RULES if rule.at_hire)


@pytest.mark.parametrize(
    ("kind", "months", "start"),
    [
        (ContractKind.FIXED_TERM, 24, StartEvent.FIRST_VALIDATED_HOUR),
        (ContractKind.APPRENTICESHIP, None, StartEvent.HIRE),
        (ContractKind.PROFESSIONAL_TRAINING, None, StartEvent.HIRE),
        (ContractKind.PERMANENT, 12, StartEvent.HIRE),
        (None, 24, StartEvent.FIRST_VALIDATED_HOUR),
    ],
)
def test_the_default_durations(kind: ContractKind | None, months: int | None, start: StartEvent) -> None:
    found = choose_rule(DURATIONS, P.RSA, kind, DECIDED)
    assert found is not None
    assert (found.months, found.start_event, found.to_check) == (months, start, True)
