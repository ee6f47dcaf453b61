"""Publishing contracts: valid for the official schema, nothing made up, and it imports back as it was."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import GroupLiability, Modality, PartyRole, Procedure, Support
from matching.errors import Conflict, Invalid, NotFound
from matching.exchange.decp import Outcome, SocialConsideration, format
from matching.exchange.decp.writing import write_file
from matching.services.clauses.amendments import AmendmentDecision, decide_amendment
from matching.services.clauses.decp_export import (
    PublicationChange,
    PublicationInput,
    buyer_of,
    export_decp,
    get_publication,
    list_publication_buyers,
    prepare_export,
    save_publication,
)
from matching.services.clauses.decp_import import DecpReport, import_decp
from matching.services.clauses.parties import OrganisationInput
from matching.services.context import Context
from matching.store.tables.contracts import Contract, ContractAmendment
from matching.store.tables.organisations import Organisation
from matching.terms import OrganisationKind
from tests.exchange.test_decp import CLEAN, SIRET
from tests.support import clauses as make
from tests.support import factories

BUYER = OrganisationInput(SIRET, "Département Inventé", OrganisationKind.DEPARTEMENT)
HOLDER = "73282932000074"
FULL: dict[str, Any] = CLEAN | {
    "techniques": {"technique": ["Sans objet"]},
    "modalitesExecution": {"modaliteExecution": ["Tranches", "Bons de commande"]},
    "marcheInnovant": False,
    "ccag": "Maitrise d'œuvre",
    "offresRecues": 3,
    "attributionAvance": True,
    "tauxAvance": 0.1,
    "typeGroupementOperateurs": "Pas de groupement",
    "typesPrix": {"typePrix": ["Définitif révisable"]},
    "formePrix": "Mixte",
    "sousTraitanceDeclaree": False,
    "considerationsEnvironnementales": {"considerationEnvironnementale": ["Critère environnemental"]},
}
CONCESSION: dict[str, Any] = {
    "id": "C-2026-1",
    "autoriteConcedante": {"id": SIRET},
    "nature": "Délégation de service public",
    "objet": "Restauration du collège Inventé",
    "procedure": "Procédure négociée ouverte",
    "dureeMois": 48,
    "dateSignature": "2026-03-01",
    "datePublicationDonnees": "2026-03-10",
    "dateDebutExecution": "2026-04-01",
    "valeurGlobale": 1200000,
    "montantSubventionPublique": 0,
    "concessionnaires": [{"concessionnaire": {"typeIdentifiant": "SIRET", "id": HOLDER}}],
    "considerationsSociales": {"considerationSociale": ["Concession réservée"]},
    "considerationsEnvironnementales": {
        "considerationEnvironnementale": ["Pas de considération environnementale"]
    },
    "donneesExecution": [
        {
            "donneesAnnuelles": {
                "datePublicationDonneesExecution": "2026-05-02",
                "depensesInvestissement": 15.3,
                "tarifs": [{"tarif": {"intituleTarif": "Repas", "tarif": 4.2}}],
            }
        }
    ],
}  # fmt: skip
MORE = {
    "id": 1,
    "dateNotificationModification": "2026-06-01",
    "datePublicationDonneesModification": "2026-06-09",
    "montant": 150000.5,
    "dureeMois": 18,
}
FIELDS = {
    "nature": "Marché",
    "procedure": "Procédure adaptée",
    "techniques": ["Sans objet"],
    "modalitesExecution": ["Sans objet"],
    "ccag": "Travaux",
    "typesPrix": ["Définitif ferme"],
    "formePrix": "Forfaitaire",
    "offresRecues": 2,
    "typeGroupementOperateurs": "Pas de groupement",
    "marcheInnovant": False,
    "sousTraitanceDeclaree": True,
    "attributionAvance": False,
    "considerationsEnvironnementales": ["Clause environnementale"],
}
TYPED = PublicationInput(
    buyer_siret=SIRET,
    cpv="45214200",
    published_on=date(2026, 1, 20),
    months=12,
    place_code="44109",
    place_kind="Code commune",
    holders=HOLDER,
    fields=FIELDS,
)


def take(ctx: Context, *records: Any, concessions: tuple[Any, ...] = ()) -> DecpReport:
    content = {"marches": {"marche": list(records), "contrat-concession": list(concessions)}}
    return import_text(ctx, json.dumps(content))


def import_text(ctx: Context, text: str) -> DecpReport:
    return import_decp(ctx, make.officer(ctx), io.StringIO(text), BUYER)


def buyer_id(ctx: Context) -> int:
    with ctx.read() as session:
        return session.execute(select(Organisation.id).where(Organisation.siren == SIRET[:9])).scalar_one()


def contract_id(ctx: Context, number: str) -> int:
    with ctx.read() as session:
        return session.execute(select(Contract.id).where(Contract.number == number)).scalar_one()


def exported(ctx: Context) -> str:
    return prepare_export(ctx, make.officer(ctx), buyer_id(ctx)).text


def records(text: str) -> list[dict[str, Any]]:
    marches = json.loads(text)["marches"]
    return [*marches["marche"], *marches["contrat-concession"]]


@pytest.fixture
def buyer(any_ctx: Context) -> int:
    """The buyer of what is typed: its SIREN is that of `SIRET`."""
    key = make.buyer_organisation(any_ctx, "Département Inventé")
    with any_ctx.write(None) as work:
        work.session.get_one(Organisation, key).siren = SIRET[:9]
        work.record("test.siren", "organisation", key)
    return key


def typed(ctx: Context, buyer: int, **columns: Any) -> int:
    return make.contract(ctx, buyer, **({"number": "2026-TX-1", "amount_cents": 12_783_512} | columns))


# --- the official schema


@pytest.fixture
def faults(official_dir: Path) -> Any:
    """What the official schema finds wrong in a text."""
    file = next((official_dir / "decp").glob("schema_decp_*.json"))
    validator = Draft7Validator(json.loads(file.read_text(encoding="utf-8")))
    return lambda text: [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(json.loads(text))]


def test_the_words_are_those_of_the_official_file(official_dir: Path) -> None:
    file = next((official_dir / "decp").glob("schema_decp_*.json"))
    official = json.loads(file.read_text(encoding="utf-8"))["definitions"]
    for concession, kind in ((False, "marche"), (True, "contrat-concession")):
        part = official[kind]
        asked = set(part["required"])
        for field in format.fields_of(concession):
            told = part["properties"][field.name]
            if field.inner:
                inner = told["properties"][field.inner]
                told = part["definitions"][inner["$ref"].rsplit("/", 1)[1]]["items"]
            assert list(field.options) == told.get("enum", []), field.name
            assert field.required == (field.name in asked), field.name
    place = official["marche"]["properties"]["lieuExecution"]["properties"]["typeCode"]["enum"]
    assert list(format.PLACE_KINDS) == place
    holder = official["marche"]["definitions"]["Titulaire"]["properties"]["typeIdentifiant"]["enum"]
    assert list(format.IDENTIFIERS) == holder


def test_valid_for_the_official_schema(ctx: Context, faults: Any) -> None:
    foreign = [{"titulaire": {"typeIdentifiant": "TVA", "id": "BE0123456789"}}]
    take(
        ctx,
        FULL,
        FULL | {"id": "2", "titulaires": [*CLEAN["titulaires"], *foreign], "modifications": [{"modification": MORE}]},
        FULL | {"id": "3", "marcheInnovant": "oui", "techniques": ["Accord-cadre", "Concours"], "offresRecues": "4"},
        FULL | {"id": "4", "considerationsSociales": {"considerationSociale": ["Clause sociale", "Critère social"]}},
        concessions=(CONCESSION,),
    )
    who = make.officer(ctx)
    with ctx.read() as session:
        waiting = session.execute(select(ContractAmendment.id)).scalar_one()
    decide_amendment(ctx, who, waiting, 1, AmendmentDecision.APPLY, {}, None)
    found = export_decp(ctx, who, buyer_id(ctx))
    assert (found.count, found.left_out, faults(found.text)) == (5, (), [])
    assert [one["id"] for one in records(found.text)] == ["2", "2026-0187", "3", "4", "C-2026-1"]


BROKEN: list[tuple[str, Any]] = [
    ("codeCPV", "4521"), ("montant", 0), ("titulaires", []), ("nature", "Marche"), ("offresRecues", 0),
    ("dureeMois", 1.5), ("marcheInnovant", "oui"), ("techniques", {"technique": []}), ("id", "x" * 17), ("ccag", None),
    ("considerationsSociales", {"considerationSociale": ["Clause"]}), ("inconnu", 1),
]  # fmt: skip


def test_the_schema_sees_a_broken_export(ctx: Context, faults: Any) -> None:
    take(ctx, FULL)
    [record] = records(exported(ctx))
    for name, value in BROKEN:
        file = io.StringIO()
        write_file([(False, record | {name: value})], file)
        assert faults(file.getvalue()), name
    file = io.StringIO()
    write_file([(False, {name: value for name, value in record.items() if name != "formePrix"})], file)
    assert "formePrix" in faults(file.getvalue())[0]
    empty = io.StringIO()
    assert (write_file([], empty), faults(empty.getvalue())) == (0, [])


TYPED_CASES: list[tuple[str, dict[str, Any], PublicationInput]] = [
    ("plain", {}, TYPED),
    ("framework", {"support": Support.FRAMEWORK_AGREEMENT}, TYPED),
    ("call-off", {"support": Support.CALL_OFF_CONTRACT}, replace(TYPED, fields=FIELDS | {"idAccordCadre": "AC-12"})),
    ("foreign holder", {}, replace(TYPED, holders=f"{HOLDER}\nTVA BE0123456789")),
    ("one cent", {"amount_cents": 1_234_567}, TYPED),
    ("in stages", {}, replace(TYPED, fields=FIELDS | {"tauxAvance": 0.05, "origineUE": 1, "origineFrance": 0.5})),
    (
        "concession",
        {"support": Support.CONCESSION},
        replace(
            TYPED,
            fields={
                "nature": "Concession de travaux",
                "procedure": "Procédure négociée restreinte",
                "dateDebutExecution": "2026-02-01",
                "montantSubventionPublique": 12.5,
                "considerationsEnvironnementales": ["Clause environnementale"],
            },
        ),
    ),
]


@pytest.mark.parametrize("name", [case[0] for case in TYPED_CASES])
@pytest.mark.parametrize(
    ("modality", "social"),
    [
        (Modality.EXECUTION_CONDITION, {"Clause sociale"}),
        (Modality.AWARD_CRITERION, {"Critère social"}),
        (Modality.CONDITION_AND_CRITERION, {"Clause sociale", "Critère social"}),
        (Modality.RESERVED, {"réserv"}),
    ],
)
def test_every_typed_case(ctx: Context, faults: Any, name: str, modality: Modality, social: set[str]) -> None:
    _, columns, wanted = next(case for case in TYPED_CASES if case[0] == name)
    who, buyer = make.officer(ctx), make.buyer_organisation(ctx)
    with ctx.write(None) as work:
        work.session.get_one(Organisation, buyer).siren = SIRET[:9]
        work.record("test.siren", "organisation", buyer)
    key = typed(ctx, buyer, **columns)
    make.commitment(ctx, key, modality=modality)
    sheet = get_publication(ctx, who, key)
    assert save_publication(ctx, who, key, sheet.version, replace(wanted, social=sheet.input.social)) == ()
    found = prepare_export(ctx, who, buyer)
    assert (found.count, faults(found.text)) == (1, [])
    [record] = records(found.text)
    said = record["considerationsSociales"]["considerationSociale"]
    assert all(any(word in one for one in said) for word in social)
    assert len(said) == len(social)


# --- what is asked, what is known


def test_what_is_missing_is_named_and_left_out(any_ctx: Context, buyer: int) -> None:
    who = make.officer(any_ctx)
    key = typed(any_ctx, buyer)
    found = prepare_export(any_ctx, who, buyer)
    assert (found.count, [one.contract_id for one in found.left_out]) == (0, [key])
    assert "1 à compléter" in found.message.replace("contrats", "")
    assert {one.field for one in found.left_out[0].lacking} == {
        "buyer_siret", "cpv", "place_code", "months", "published_on", "holders", "social", *FIELDS,
    }  # fmt: skip
    assert {"CCAG de référence", "Durée en mois", "SIRET de l’acheteur"} <= {
        one.label for one in found.left_out[0].lacking
    }


def test_a_value_that_cannot_be_published_is_shown(ctx: Context) -> None:
    take(ctx, FULL | {"ccag": "NC", "techniques": ["Accord-cadre", "Inventée"], "offresRecues": 0})
    take(ctx, FULL | {"id": "un-identifiant-beaucoup-trop-long", "titulaires": [{"titulaire": {"id": "214356"}}]})
    found = prepare_export(ctx, make.officer(ctx), buyer_id(ctx))
    told = {one.number: {item.field: item.read for item in one.lacking} for one in found.left_out}
    assert told["2026-0187"] == {"ccag": "NC", "techniques": "Accord-cadre, Inventée", "offresRecues": "0"}
    assert set(told["un-identifiant-beaucoup-trop-long"]) == {"number", "holders"}
    assert told["un-identifiant-beaucoup-trop-long"]["holders"] == "214356"


def test_what_the_registry_knows_is_not_asked(any_ctx: Context, buyer: int) -> None:
    who = make.officer(any_ctx)
    factories.establishment(any_ctx, buyer)
    lead, member = factories.organisation(any_ctx), factories.organisation(any_ctx)
    for one in (lead, member):
        factories.establishment(any_ctx, one)
    key = typed(any_ctx, buyer, support=Support.FRAMEWORK_AGREEMENT, procedure=Procedure.OPEN)
    lot = make.commitment(any_ctx, key, liability=GroupLiability.SEVERAL)
    make.party(any_ctx, lot, lead, PartyRole.LEAD_HOLDER)
    make.party(any_ctx, lot, member, PartyRole.CO_CONTRACTOR)
    make.party(any_ctx, lot, factories.organisation(any_ctx), PartyRole.SUBCONTRACTOR)
    sheet = get_publication(any_ctx, who, key)
    assert sheet.input.fields == {
        "procedure": "Appel d'offres ouvert", "techniques": ["Accord-cadre"], "typeGroupementOperateurs": "Solidaire",
    }  # fmt: skip
    assert len(sheet.input.holders.splitlines()) == 2
    assert sheet.input.social == {SocialConsideration.CLAUSE}
    assert {"holders", "social", "buyer_siret", "techniques"}.isdisjoint(one.field for one in sheet.lacking)
    # A second lot held by somebody else: nobody says who holds "the contract".
    make.commitment(any_ctx, key, lot="2", holder_id=member, modality=Modality.VOLUNTARY)
    lacking = {one.field for one in get_publication(any_ctx, who, key).lacking}
    assert {"holders", "social", "typeGroupementOperateurs"} <= lacking


def test_completing_then_nothing_is_asked(any_ctx: Context, buyer: int) -> None:
    who, key = make.officer(any_ctx), typed(any_ctx, buyer, cpv="45")
    sheet = get_publication(any_ctx, who, key)
    assert sheet.known == {"amount_cents", "notified_on"}
    wanted = replace(TYPED, social=frozenset({SocialConsideration.NONE}), amount_cents=999, months=None)
    assert [one.field for one in save_publication(any_ctx, who, key, sheet.version, wanted)] == ["months"]
    with pytest.raises(Conflict):
        save_publication(any_ctx, who, key, sheet.version, wanted)
    sheet = get_publication(any_ctx, who, key)
    assert sheet.input.fields == FIELDS
    assert save_publication(any_ctx, who, key, sheet.version, replace(sheet.input, months=12)) == ()
    [record] = records(prepare_export(any_ctx, who, buyer).text)
    assert (record["montant"], record["codeCPV"], record["dureeMois"]) == (127835.12, "45214200", 12)
    assert record["considerationsSociales"] == {"considerationSociale": ["Pas de considération sociale"]}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"holders": "73282932000075"}, "holders"),
    ({"holders": "732829320"}, "holders"),
    ({"holders": "TVA "}, "holders"),
    ({"buyer_siret": "21750001630066"}, "buyer_siret"),
    ({"buyer_siret": HOLDER}, "buyer_siret"),
    ({"months": 0}, "months"),
    ({"months": 601}, "months"),
    ({"cpv": "4521"}, "cpv"),
    ({"place_kind": ""}, "place_kind"),
    ({"place_code": "44 109"}, "place_code"),
    ({"published_on": date(5021, 1, 1)}, "published_on"),
    ({"amount_cents": 10}, "amount_cents"),
    ({"social": frozenset({SocialConsideration.NONE, SocialConsideration.CLAUSE})}, "social"),
    ({"fields": {"ccag": "Inventé"}}, "ccag"),
    ({"fields": {"offresRecues": 0}}, "offresRecues"),
    ({"fields": {"tauxAvance": 10}}, "tauxAvance"),
    ({"fields": {"origineUE": 0.1, "origineFrance": 0.2}}, "origineFrance"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_cannot_be_kept(ctx: Context, changes: dict[str, Any], field: str) -> None:
    who, key = make.officer(ctx), make.contract(ctx)
    with pytest.raises(Invalid) as caught:
        save_publication(ctx, who, key, 1, replace(TYPED, **({"buyer_siret": ""} | changes)))
    assert {item.field.removesuffix("_accept") for item in caught.value.errors} == {field}
    assert get_publication(ctx, who, key).version == 1


def test_a_wrong_key_is_kept_when_one_says_so(ctx: Context) -> None:
    who, key = make.officer(ctx), make.contract(ctx)
    save_publication(ctx, who, key, 1, replace(TYPED, buyer_siret="", holders="73282932000075", accept_key=True))
    assert get_publication(ctx, who, key).input.holders == "73282932000075"


def test_who_is_found(ctx: Context) -> None:
    take(ctx, FULL)
    who = make.officer(ctx)
    subsidy = make.contract(ctx, support=Support.SUBSIDY)
    assert buyer_of(ctx, who, SIRET) == buyer_id(ctx)
    assert list_publication_buyers(ctx, who) == ((buyer_id(ctx), "Département Inventé"),)
    with pytest.raises(Invalid, match="Aucun acheteur"):
        buyer_of(ctx, who, HOLDER)
    for unknown in (99_999, 2**40):
        with pytest.raises(NotFound):
            prepare_export(ctx, who, unknown)
    with pytest.raises(NotFound):
        get_publication(ctx, who, subsidy)


def test_a_year_holds_its_contracts_and_those_without_a_day(any_ctx: Context, buyer: int) -> None:
    who = make.officer(any_ctx)
    take(
        any_ctx, FULL, FULL | {"id": "25", "dateNotification": "2025-12-31"}, FULL | {"id": "0", "dateNotification": 0}
    )
    found = prepare_export(any_ctx, who, buyer, 2026)
    assert [one["id"] for one in records(found.text)] == ["2026-0187"]
    assert [one.number for one in found.left_out] == ["0"]
    assert prepare_export(any_ctx, who, buyer, 2024).count == 0
    with pytest.raises(Invalid):
        prepare_export(any_ctx, who, buyer, 20)


# --- amendments


def apply_all(ctx: Context, who: Actor) -> None:
    with ctx.read() as session:
        waiting = list(session.execute(select(ContractAmendment.id).order_by(ContractAmendment.id)).scalars())
    for key in waiting:
        decide_amendment(ctx, who, key, 1, AmendmentDecision.APPLY, {}, None)


def test_only_applied_amendments_are_published_with_the_new_total(any_ctx: Context) -> None:
    take(any_ctx, FULL | {"modifications": [{"modification": MORE}]})
    who, buyer = make.officer(any_ctx), buyer_id(any_ctx)
    before = prepare_export(any_ctx, who, buyer)
    assert "modifications" not in records(before.text)[0]
    assert before.waiting_amendments == 1
    apply_all(any_ctx, who)
    [record] = records(prepare_export(any_ctx, who, buyer).text)
    assert record["modifications"] == [{"modification": MORE}]
    assert record["montant"] == CLEAN["montant"]


def test_amendments_badly_numbered_or_undated(any_ctx: Context, faults: Any) -> None:
    bare = {name: value for name, value in MORE.items() if name not in ("id", "datePublicationDonneesModification")}
    same = MORE | {"dateNotificationModification": "2026-07-01"}
    take(any_ctx, FULL | {"modifications": [{"modification": one} for one in (same, MORE, bare | {"montant": 3})]})
    who = make.officer(any_ctx)
    apply_all(any_ctx, who)
    key = contract_id(any_ctx, CLEAN["id"])
    sheet = get_publication(any_ctx, who, key)
    assert [one.label for one in sheet.lacking] == ["Modification nº 1 : date de publication"]
    [change] = sheet.input.changes
    dated = PublicationChange(change.id, None, None, date(2026, 6, 20))
    assert save_publication(any_ctx, who, key, sheet.version, replace(sheet.input, changes=(dated,))) == ()
    text = exported(any_ctx)
    assert [one["modification"]["id"] for one in records(text)[0]["modifications"]] == [1, 2, 3]
    assert faults(text) == []
    again = import_text(any_ctx, text)
    assert (again.amendments, again.unchanged) == (0, 1)


# --- there and back


def test_what_is_exported_imports_back_unchanged(any_ctx: Context) -> None:
    call_off = FULL | {"id": "MS-1", "idAccordCadre": "AC-12", "modifications": [{"modification": MORE}]}
    foreign = {"titulaire": {"typeIdentifiant": "HORS-UE", "id": "X99"}}
    act = {
        "id": 1, "sousTraitant": {"typeIdentifiant": "SIRET", "id": HOLDER}, "dureeMois": 12,
        "dateNotification": "2026-03-01", "montant": 1234.5, "variationPrix": "Ferme",
        "datePublicationDonnees": "2026-03-12",
    }  # fmt: skip
    take(
        any_ctx, FULL, call_off, FULL | {"id": "H", "titulaires": [*CLEAN["titulaires"], foreign]},
        FULL | {"id": "S", "actesSousTraitance": [{"acteSousTraitance": act}]}, concessions=(CONCESSION,),
    )  # fmt: skip
    apply_all(any_ctx, make.officer(any_ctx))
    text = exported(any_ctx)
    found = {one["id"]: one for one in records(text)}
    assert found["2026-0187"] == FULL
    assert found["C-2026-1"] == CONCESSION
    assert found["MS-1"] == call_off
    assert found["S"]["actesSousTraitance"] == [{"acteSousTraitance": act}]
    assert found["H"]["titulaires"][1] == foreign
    again = import_text(any_ctx, text)
    assert (again.added, again.changed, again.unchanged, again.amendments) == (0, 0, 5, 0)
    assert again.outcomes[Outcome.REFUSED] == 0
    assert exported(any_ctx) == text


def test_what_was_completed_survives_a_new_import(any_ctx: Context) -> None:
    dirty = FULL | {"ccag": "NC", "titulaires": [{"titulaire": {"id": "214356"}}], "offresRecues": None}
    take(any_ctx, dirty)
    who, key = make.officer(any_ctx), contract_id(any_ctx, CLEAN["id"])
    sheet = get_publication(any_ctx, who, key)
    fields = {**(sheet.input.fields or {}), "ccag": "Travaux", "offresRecues": 2}
    assert save_publication(any_ctx, who, key, 1, replace(sheet.input, holders=HOLDER, fields=fields)) == ()
    text = exported(any_ctx)
    again = take(any_ctx, dirty)
    assert (again.changed, exported(any_ctx)) == (0, text)
    # Published again, right this time: the publication wins on a contract taken over from it.
    assert take(any_ctx, FULL | {"ccag": "Maitrise d'œuvre", "offresRecues": 7}).changed == 1
    [record] = records(exported(any_ctx))
    assert (record["ccag"], record["offresRecues"]) == ("Maitrise d'œuvre", 7)


def test_what_was_typed_is_only_completed_by_an_import(any_ctx: Context, buyer: int) -> None:
    who, key = make.officer(any_ctx), typed(any_ctx, buyer)
    fields = {name: value for name, value in FIELDS.items() if name != "formePrix"}
    save_publication(any_ctx, who, key, 1, replace(TYPED, fields=fields))
    take(any_ctx, FULL | {"id": "2026-TX-1", "ccag": "Pas de CCAG", "formePrix": "Unitaire"})
    [record] = records(exported(any_ctx))
    assert (record["ccag"], record["formePrix"], record["offresRecues"]) == ("Travaux", "Unitaire", 2)
