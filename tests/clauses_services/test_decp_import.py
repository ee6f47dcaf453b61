"""Taking over a buyer's publications: nothing typed is lost, nothing is done twice, nothing is half-written."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from matching.clauses.terms import BuyerCategory, Procedure, PurchaseNature, Support
from matching.errors import Invalid, MatchingError
from matching.exchange.decp import Outcome
from matching.services.clauses.decp_import import DecpReport, import_decp
from matching.services.clauses.parties import OrganisationInput
from matching.services.context import Context
from matching.store.tables.contracts import Contract, ContractAmendment
from matching.store.tables.organisations import Organisation
from matching.terms import OrganisationKind
from tests.exchange.test_decp import CLEAN, SIRET
from tests.support import clauses
from tests.support import factories as make

BUYER = OrganisationInput(SIRET, "Département Inventé", OrganisationKind.DEPARTEMENT)
CHANGE = {"id": 1, "montant": 150000, "dateNotificationModification": "2026-06-01"}


def take(ctx: Context, *records: Any, dry_run: bool = False, buyer: OrganisationInput = BUYER) -> DecpReport:
    officer = clauses.officer(ctx)
    return import_decp(ctx, officer, io.StringIO(json.dumps({"marches": list(records)})), buyer, dry_run=dry_run)


def only(ctx: Context) -> Contract:
    with ctx.read() as session:
        return session.execute(select(Contract)).scalar_one()


def count(ctx: Context, table: Any) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_contract_is_taken_over(any_ctx: Context) -> None:
    report = take(any_ctx, CLEAN)
    assert (report.added, report.outcomes) == (1, {Outcome.ACCEPTED: 1})
    row = only(any_ctx)
    assert (row.number, row.source, row.support) == ("2026-0187", "decp", Support.PUBLIC_CONTRACT)
    assert (row.nature, row.procedure) == (PurchaseNature.WORKS, Procedure.ADAPTED)
    assert (row.amount_cents, row.months, row.social) == (12_783_512, 12, "clause")
    assert (row.buyer_category, row.holders) == (BuyerCategory.LOCAL_AUTHORITY, "73282932000074")
    # The duration published is no planned window, and the end is not known.
    assert (row.end_on, row.launched_on, row.estimate_cents) == (None, None, None)


def test_run_again_it_changes_nothing(any_ctx: Context) -> None:
    record = {**CLEAN, "modifications": [{"modification": CHANGE}, {"modification": CHANGE}]}
    first, again = take(any_ctx, record), take(any_ctx, record)
    assert (first.added, first.amendments) == (1, 1)
    assert (again.added, again.changed, again.unchanged, again.amendments) == (0, 0, 1, 0)
    assert only(any_ctx).version == 1


def test_a_new_amendment_is_only_proposed(any_ctx: Context) -> None:
    take(any_ctx, CLEAN)
    report = take(any_ctx, {**CLEAN, "modifications": [{"modification": CHANGE}]})
    assert (report.amendments, report.changed) == (1, 0)
    with any_ctx.read() as session:
        row = session.execute(select(ContractAmendment)).scalar_one()
    assert (row.state, row.amount_cents, row.notified_on) == ("proposed", 15_000_000, date(2026, 6, 1))
    assert only(any_ctx).amount_cents == 12_783_512


def test_what_an_officer_typed_is_kept_and_completed(any_ctx: Context) -> None:
    buyer = make.organisation(any_ctx, "Département Inventé", OrganisationKind.DEPARTEMENT)
    with any_ctx.write(None) as work:
        work.session.get_one(Organisation, buyer).siren = SIRET[:9]
        work.record("test.siren", "organisation", buyer)
    clauses.contract(any_ctx, buyer, number="2026-0187", object="Le collège, saisi ici", amount_cents=1, cpv="")
    report = take(any_ctx, CLEAN)
    row = only(any_ctx)
    assert (row.object, row.amount_cents, row.source, row.end_on) == ("Le collège, saisi ici", 1, "typed", clauses.END)
    assert (row.cpv, row.months, row.social) == ("45214200-2", 12, "clause")
    told = {warning.field: warning.read for warning in report.reported[0].warnings}
    assert told == {"objet": CLEAN["objet"], "montant": "12783512", "dateNotification": "2026-02-06"}
    assert (report.changed, report.outcomes[Outcome.WARNED]) == (1, 1)


def test_the_same_contract_twice(any_ctx: Context) -> None:
    later = {**CLEAN, "montant": 200000, "datePublicationDonnees": "2026-03-01"}
    report = take(any_ctx, later, CLEAN, CLEAN)
    assert only(any_ctx).amount_cents == 20_000_000
    warned = [warning for told in report.reported for warning in told.warnings]
    assert {warning.field for warning in warned} == {"amount_cents"}
    assert "20000000 / 12783512" in {warning.read for warning in warned}


def test_contracts_of_another_buyer_are_left_out(any_ctx: Context) -> None:
    report = take(any_ctx, {**CLEAN, "acheteur": {"id": "21750001630040"}}, "du texte", {**CLEAN, "id": ""})
    assert (report.added, len(report.reported)) == (0, 2)
    assert report.outcomes == {Outcome.NOT_OURS: 1, Outcome.REFUSED: 2}
    assert report.message == "3 fiches lues. Rien de nouveau pour cet acheteur."


def test_looking_writes_nothing(any_ctx: Context) -> None:
    report = take(any_ctx, CLEAN, dry_run=True)
    assert report.added == 1
    assert (count(any_ctx, Contract), count(any_ctx, Organisation)) == (0, 0)


def test_a_cut_file_leaves_nothing(any_ctx: Context) -> None:
    officer = clauses.officer(any_ctx)
    text = json.dumps({"marches": [CLEAN, CLEAN]})[:-30]
    with pytest.raises(MatchingError, match="coupé"):
        import_decp(any_ctx, officer, io.StringIO(text), BUYER)
    assert count(any_ctx, Contract) == 0


def test_an_unknown_buyer_needs_a_name(any_ctx: Context) -> None:
    with pytest.raises(Invalid) as told:
        take(any_ctx, CLEAN, buyer=OrganisationInput(SIRET))
    assert told.value.errors[0].field == "buyer_name"
