"""Open data: valid against its own schema, the hours of the ledger, and nobody in it, on both engines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from matching.clauses.terms import EventKind, Modality, PartyRole, Support
from matching.errors import Invalid
from matching.exchange.open_data import CSV_COLUMNS, schema_text, write_open_csv, write_open_json
from matching.services.clauses import open_data
from matching.services.context import Context
from matching.store.tables.organisations import Organisation
from matching.store.tables.people import Person
from matching.store.tables.trail import AuditEvent
from tests.support import clauses, factories

CANARY = "Canari"
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
def filled(any_ctx: Context) -> Context:
    """A lot with two holders and hours of two months; a subsidy without hours; private works; another buyer's."""
    own = clauses.buyer_organisation(any_ctx, f"Département {CANARY}")
    officer = clauses.officer(any_ctx, f"Léa {CANARY}")
    contract = clauses.contract(
        any_ctx, own, number="2026-TX-1", object=f"Maison {CANARY}", buyer_siret="22222222200022"
    )
    lead = factories.organisation(any_ctx, f"{CANARY} Peinture")
    partner = factories.organisation(any_ctx, f"{CANARY} Plâtre")
    lot = clauses.commitment(
        any_ctx, contract, lot="9", minutes=6000, label=f"Lot {CANARY}", facilitator_id=officer.user_id, holder_id=lead
    )
    clauses.party(any_ctx, lot, partner, PartyRole.CO_CONTRACTOR)
    clauses.event(any_ctx, lot, EventKind.AMENDMENT, minutes=600, effective_on=date(2026, 6, 1), label=f"Acte {CANARY}")
    clauses.contact(any_ctx, lot, f"Rémi {CANARY}")
    one = clauses.participation(any_ctx, lot, organisation_id=lead, code="H-7777")
    with any_ctx.write(None) as work:
        work.session.get_one(Person, 1).family_name = CANARY
        work.record("test.named", "person", 1)
    clauses.validated(any_ctx, lot, one, 90, month=JANUARY)
    clauses.validated(any_ctx, lot, one, 60, month=FEBRUARY)
    subsidy = clauses.contract(any_ctx, own, number="2026-SUB-1", support=Support.SUBSIDY)
    clauses.commitment(any_ctx, subsidy, minutes=60, holder_id=lead, modality=Modality.VOLUNTARY)
    works = clauses.contract(any_ctx, own, number="PRIV-1", support=Support.PRIVATE_WORKS)
    clauses.commitment(any_ctx, works, minutes=60)
    other = factories.organisation(any_ctx, "Ville Inventée")
    clauses.commitment(any_ctx, clauses.contract(any_ctx, other, number="V-1"), minutes=60)
    return any_ctx


def document(ctx: Context, buyer_id: int | None = None) -> dict[str, Any]:
    return open_data.issue_open_data(ctx, clauses.officer(ctx), "json", buyer_id)


def texts(value: Any) -> Iterator[str]:
    """Every key and text of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    else:
        yield str(value)


def test_it_is_valid_against_its_schema(filled: Context) -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    found = json.loads(write_open_json(document(filled)))
    assert list(checker.iter_errors(found)) == []
    found["engagements"][0]["personnes"] = 12
    assert [error.validator for error in checker.iter_errors(found)] == ["additionalProperties"]


def test_it_holds_the_hours_of_one_s_own_contracts(filled: Context) -> None:
    subsidy, lot = document(filled)["engagements"]
    assert (lot["marche"], lot["lot"], lot["minutes_dues"], lot["minutes_validees"]) == ("2026-TX-1", "9", 6600, 150)
    assert lot["mois"] == [
        {"mois": "2026-01", "minutes_validees": 90}, {"mois": "2026-02", "minutes_validees": 60},
    ]  # fmt: skip
    assert len(lot["titulaires"]) == 2
    assert (subsidy["marche"], subsidy["titulaires"], subsidy["mois"]) == ("2026-SUB-1", [], [])


def test_another_buyer_is_asked_by_name(filled: Context) -> None:
    officer = clauses.officer(filled)
    choices = open_data.open_data_choices(filled, officer)
    assert [(one.name, one.commitments, one.own) for one in choices] == [
        (f"Département {CANARY}", 2, True), ("Ville Inventée", 1, False),
    ]  # fmt: skip
    assert [one["marche"] for one in document(filled, choices[1].buyer_id)["engagements"]] == ["V-1"]
    with filled.read() as session:
        siren = session.get_one(Organisation, choices[1].buyer_id).siren
    assert open_data.buyer_by_number(filled, f"{siren} 00011") == choices[1].buyer_id
    for wrong in ("", "999999999", "abc"):
        with pytest.raises(Invalid):
            open_data.buyer_by_number(filled, wrong)


def test_nobody_is_in_it(filled: Context) -> None:
    found = document(filled)
    told = [*texts(found), write_open_csv(found).decode()]
    assert "2026-TX-1" in told  # the walk reads something
    for word in (CANARY, "H-7777", "person", "rsa", "sexe", "code"):
        assert [text for text in told if word.lower() in text.lower()] == [], word


def test_holders_keep_the_establishment_that_was_published(any_ctx: Context) -> None:
    own = clauses.buyer_organisation(any_ctx)
    holder = factories.organisation(any_ctx)
    with any_ctx.read() as session:
        siren = session.get_one(Organisation, holder).siren
    contract = clauses.contract(any_ctx, own, holders=f"{siren}00029 73282932000074")
    clauses.commitment(any_ctx, contract, holder_id=holder)
    clauses.commitment(any_ctx, clauses.contract(any_ctx, own, holders="73282932000074"))
    assert [one["titulaires"] for one in document(any_ctx)["engagements"]] == [[f"{siren}00029"], ["73282932000074"]]


def test_csv_has_a_line_a_month(filled: Context) -> None:
    rows = list(csv.reader(io.StringIO(write_open_csv(document(filled)).decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == list(CSV_COLUMNS)
    assert [row[0] + row[-2] + "=" + row[-1] for row in rows[1:]] == [
        "2026-SUB-1=0", "2026-TX-12026-01=90", "2026-TX-12026-02=60",
    ]  # fmt: skip
    assert rows[1][11] == "2026-11-23"


def test_its_issue_is_recorded_without_a_name(filled: Context) -> None:
    document(filled)
    with filled.read() as session:
        event = session.query(AuditEvent).filter_by(action="open_data.issued").one()
    assert json.loads(event.details) == {"commitments": 2, "kind": "json"}


def test_every_field_is_documented() -> None:
    said = (Path(__file__).parents[2] / "docs" / "open-data.md").read_text(encoding="utf-8")
    described = json.loads(schema_text())
    names = {*CSV_COLUMNS, *described["properties"], *described["$defs"]["engagement"]["properties"]}
    assert [
        name for name in sorted(names - {"engagements"}) if f"`{name}" not in said and f".{name}`" not in said
    ] == []
