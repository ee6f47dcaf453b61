"""The register and the indicators, from what the tables hold: typed and published contracts side by side."""

from __future__ import annotations

from datetime import date

import pytest

from matching.clauses.registers import ObligationState
from matching.clauses.terms import BuyerCategory, Modality, NoConditionGround, PurchaseNature
from matching.errors import Conflict, Invalid
from matching.reference.embedded import load_embedded
from matching.services.clauses import registers
from matching.services.clauses.registers import Completion
from matching.services.context import Context
from matching.store.tables.organisations import Organisation
from matching.store.tables.reference import LegalParameter
from matching.terms import Known, OrganisationKind
from tests.support import clauses
from tests.support import factories as make

S = ObligationState
LAUNCH = date(2026, 9, 1)
BIG = {"launched_on": LAUNCH, "nature": PurchaseNature.SERVICES, "estimate_cents": 30_000_000}


@pytest.fixture
def house(any_ctx: Context) -> Context:
    """The dated amounts of the law, and a Département."""
    with any_ctx.write(None) as work:
        for row in load_embedded().legal_parameters:
            columns = {"code": row.code, "valid_from": row.valid_from, "unit": row.unit, "to_check": row.to_check}
            work.session.add(LegalParameter(**columns, amount=str(row.amount), source=row.source))
        work.record("test.law", "legal_parameter", 0)
    clauses.buyer_organisation(any_ctx)
    return any_ctx


def states(ctx: Context) -> list[ObligationState]:
    found = registers.read_register(ctx, clauses.officer(ctx))
    return [line.obligation.state for line in found.lines]


def test_the_register_puts_first_what_calls_for_an_act(house: Context) -> None:
    clauses.commitment(house, clauses.contract(house, 1, **BIG))
    clauses.contract(house, 1, **BIG, social="none")
    clauses.contract(house, 1, **BIG, social="none", no_condition_ground=NoConditionGround.NO_LINK)
    clauses.contract(house, 1, source="decp", social="none", launched_on=None, notified_on=date(2026, 10, 1))
    clauses.contract(house, 1, launched_on=date(2026, 8, 1), estimate_cents=30_000_000)
    clauses.contract(house, 1, **(BIG | {"estimate_cents": 1_000_00}))
    assert states(house) == [S.MISSING, S.TO_COMPLETE, S.WITH_GROUND, S.WITH_CONDITION]


def test_a_criterion_alone_is_no_condition(house: Context) -> None:
    clauses.commitment(house, clauses.contract(house, 1, **BIG), modality=Modality.AWARD_CRITERION)
    assert states(house) == [S.MISSING]


def test_completing_an_imported_contract(house: Context) -> None:
    officer = clauses.officer(house)
    key = clauses.contract(house, 1, source="decp", social="none", launched_on=None, notified_on=None)
    typed = Completion(LAUNCH, 30_000_000, BuyerCategory.STATE, PurchaseNature.SUPPLIES, None)
    registers.complete_contract(house, officer, key, 1, typed)
    (line,) = registers.read_register(house, officer).lines
    assert (line.obligation.state, line.obligation.threshold_cents) == (S.MISSING, 14_000_000)
    ground = Completion(LAUNCH, 30_000_000, None, PurchaseNature.SUPPLIES, NoConditionGround.COMPETITION, "Un seul.")
    registers.complete_contract(house, officer, key, line.version, ground)
    (line,) = registers.read_register(house, officer, 1, S.WITH_GROUND).lines
    assert (line.note, line.obligation.threshold_cents) == ("Un seul.", 21_600_000)
    with pytest.raises(Conflict):
        registers.complete_contract(house, officer, key, 1, ground)


BAD = [
    (Completion(LAUNCH, 0, None, None, None), "estimate_cents"),
    (Completion(date(1999, 1, 1), None, None, None, None), "launched_on"),
    (Completion(date(2031, 1, 1), None, None, None, None), "launched_on"),
    (Completion(None, None, None, None, None, "x" * 2001), "note"),
]


@pytest.mark.parametrize(("typed", "name"), BAD)
def test_what_cannot_be_written_says_why(ctx: Context, typed: Completion, name: str) -> None:
    officer = clauses.officer(ctx)
    key = clauses.contract(ctx)
    with pytest.raises(Invalid) as told:
        registers.complete_contract(ctx, officer, key, 1, typed)
    assert [error.field for error in told.value.errors] == [name]


def test_spaser_over_all_the_contracts_of_the_year(house: Context) -> None:
    officer = clauses.officer(house)
    siae = make.organisation(house, "Atelier Inventé", OrganisationKind.ACI)
    with house.read() as session:
        siren = session.get_one(Organisation, siae).siren
    of_2026 = {"notified_on": date(2026, 2, 1)}
    clauses.commitment(house, clauses.contract(house, 1, **of_2026, amount_cents=300))
    clauses.contract(house, 1, **of_2026, amount_cents=500, social="none", holders="73282932000074")
    clauses.contract(house, 1, **of_2026, amount_cents=200, social=None)
    clauses.contract(house, 1, **of_2026, amount_cents=1000, social="reserved", holders=f"{siren}00011")
    clauses.contract(house, 1, notified_on=date(2025, 12, 1))
    clauses.contract(house, 1, notified_on=None)
    year = registers.read_spaser(house, officer, 1, 2026)
    found = {one.code: one for one in year.indicators}
    assert (found["any"].contracts, found["any"].of_contracts, found["any"].unknown) == (2, 4, 1)
    assert (found["any"].cents, found["any"].of_cents) == (1300, 2000)
    assert (found["siae"].contracts, found["siae"].unknown) == (1, 2)
    assert (year.undated, year.reference, year.compulsory) == (1, 30, Known.UNKNOWN)


def test_who_holds_a_commitment_here_is_known(house: Context) -> None:
    siae = make.organisation(house, "Atelier Inventé", OrganisationKind.EI)
    clauses.commitment(house, clauses.contract(house, 1, notified_on=LAUNCH), holder_id=siae)
    other = clauses.contract(house, 1, notified_on=LAUNCH)
    clauses.commitment(house, other, holder_id=make.organisation(house))
    found = {one.code: one for one in registers.read_spaser(house, clauses.officer(house), 1, 2026).indicators}
    assert (found["siae"].contracts, found["siae"].of_contracts, found["siae"].unknown) == (1, 2, 0)


def test_a_year_to_come_is_refused(ctx: Context) -> None:
    with pytest.raises(Invalid):
        registers.read_spaser(ctx, clauses.officer(ctx), 1, 2027)
