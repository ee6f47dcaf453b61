"""The pages of participants, as an officer uses them."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import EligiblePublic, Route
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.tables.exposure import ReadLog
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate
from matching.store.tables.protected import ProtectedFact
from matching.terms import OrganisationKind, ProposalState
from tests.support import clauses
from tests.support import factories as make
from tests.support.pages import client_of

WORK = {"route": "direct_hire", "contract_kind": "fixed_term", "started_on": "01/02/2026", "weekly_minutes": "17h30"}


@pytest.fixture
def officer(ctx: Context) -> Actor:
    load_clause_defaults(ctx)
    return clauses.officer(ctx)


@pytest.fixture
def client(app: Flask, officer: Actor) -> FlaskClient:
    return client_of(app, officer)


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True).replace("\u00a0", " "))


def rows(ctx: Context) -> list[Participation]:
    with ctx.read() as session:
        return list(session.execute(select(Participation).order_by(Participation.id)).scalars())


def commitment_of(ctx: Context, **columns: Any) -> tuple[int, int]:
    holder = make.organisation(ctx)
    return clauses.commitment(ctx, holder_id=holder, **columns), holder


def test_a_new_person_then_the_decision(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    address = f"/engagements/{commitment}/participants/nouveau"
    assert f'value="{holder}" selected' in client.get(address).get_data(as_text=True)
    sent = WORK | {"action": "add", "person": "new", "given_name": "Awa", "family_name": "Inventée"}
    answer = client.post(address, data=sent | {"organisation_id": holder})
    (row,) = rows(ctx)
    assert (answer.status_code, answer.location) == (303, f"/participants/{row.id}/eligibilite")
    assert (row.weekly_minutes, row.started_on) == (17 * 60 + 30, date(2026, 2, 1))
    decision = {
        "version": row.version,
        "decision": "yes",
        "public": "rsa",
        "proof_kind": "attestation",
        "proof_dated_on": "01/11/2026",
        "file": (io.BytesIO(b"%PDF-1.7 essai"), "attestation.pdf"),
    }
    answer = client.post(f"/participants/{row.id}/eligibilite", data=decision)
    assert (answer.status_code, answer.location) == (303, f"/participants/{row.id}")
    page = text_of(client.get(f"/participants/{row.id}"))
    assert "Bénéficiaire du RSA" in page
    assert "Attestation de l’organisme du 1er novembre 2026" in page
    assert "PASS IAE est un autre compte" in page
    with ctx.read() as session:
        assert session.execute(select(ReadLog.how)).scalars().all() == ["participation"]


def test_the_sex_is_asked_until_it_is_known(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    address, label = f"/engagements/{commitment}/participants/nouveau", "Sexe (pour les statistiques, jamais pour"
    assert label in text_of(client.get(address))
    sent = WORK | {"action": "add", "person": "new", "given_name": "Awa", "organisation_id": str(holder)}
    assert '<option value="x" selected>Autre' in text_of(client.post(address, data=sent | {"sex": "x"}))
    assert 'href="#sex"' in text_of(client.post(address, data=sent | {"family_name": "Inventée", "sex": "z"}))
    for name, sex in (("Inventée", "f"), ("Imaginée", "")):
        client.post(address, data=sent | {"family_name": name, "sex": sex})
    known, other = rows(ctx)
    assert label not in text_of(client.get(f"/participants/{known.id}/eligibilite"))
    assert label in text_of(client.get(f"/participants/{other.id}/eligibilite"))
    decision = {"version": other.version, "decision": "no", "public": "rsa", "opinion": "Essai", "sex": "m"}
    assert client.post(f"/participants/{other.id}/eligibilite", data=decision).status_code == 303
    with ctx.read() as session:
        found = session.execute(select(ProtectedFact.person_id, ProtectedFact.value)).all()
    assert {tuple(one) for one in found} == {(known.person_id, "f"), (other.person_id, "m")}


def test_somebody_known_is_found_by_words_that_stay_out_of_the_address(ctx: Context, client: FlaskClient) -> None:
    unit = make.unit(ctx, "Unité du Bocage")
    candidate = make.candidate(ctx, unit, given_name="Élodie", family_name="Rare", protected={"rsa": "yes"})
    commitment, holder = commitment_of(ctx)
    address = f"/engagements/{commitment}/participants/nouveau"
    answer = client.post(address, data={"action": "find", "mots": "rare", "job": "Peintre", "person": "new"})
    page = text_of(answer)
    assert answer.status_code == 200
    assert "Élodie Rare" in page
    assert "Unité du Bocage" in page
    assert 'value="Peintre"' in page
    assert "du RSA" not in page
    assert re.search(r'id="person-\d+" value="\d+" checked', page)
    with ctx.read() as session:
        person = session.get_one(Candidate, candidate).person_id
    answer = client.post(address, data=WORK | {"action": "add", "person": person, "organisation_id": holder})
    assert answer.status_code == 303
    assert rows(ctx)[0].person_id == person
    page = text_of(client.get(answer.location))
    assert "cette lecture est notée" in page
    with ctx.read() as session:
        assert session.execute(select(ReadLog.how)).scalars().all() == ["eligibility"]


def test_a_new_person_who_looks_known_is_asked_about(ctx: Context, client: FlaskClient) -> None:
    make.candidate(ctx, given_name="Élodie", family_name="Rare")
    commitment, holder = commitment_of(ctx)
    address = f"/engagements/{commitment}/participants/nouveau"
    sent = WORK | {"action": "add", "person": "new", "given_name": "Elodie", "family_name": "Rare"}
    sent |= {"organisation_id": str(holder)}
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert "peut-être déjà connue" in text_of(answer)
    assert rows(ctx) == []
    assert client.post(address, data=sent | {"person": "another"}).status_code == 303
    assert len(rows(ctx)) == 1


def test_what_is_refused_comes_back_as_typed(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    address = f"/engagements/{commitment}/participants/nouveau"
    sent = WORK | {"action": "add", "given_name": "Awa", "started_on": "31/02/2026", "weekly_minutes": "7 30"}
    answer = client.post(address, data=sent | {"organisation_id": holder})
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'value="31/02/2026"' in page
    assert 'href="#started_on"' in page
    assert 'href="#weekly_minutes"' in page
    for person, field in (("", "person"), ("new", "family_name")):
        more = {"action": "add", "organisation_id": str(holder), "person": person}
        assert f'href="#{field}"' in text_of(client.post(address, data=WORK | more))


def test_the_same_work_twice_asks_to_confirm(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    clauses.participation(ctx, commitment, organisation_id=holder)
    address = f"/engagements/{commitment}/participants/nouveau"
    sent = WORK | {"action": "add", "person": str(rows(ctx)[0].person_id), "organisation_id": str(holder)}
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert 'name="overlap_confirmed"' in text_of(answer)
    assert client.post(address, data=sent | {"overlap_confirmed": "1"}).status_code == 303


def test_an_edit_too_late_is_told(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    key = clauses.participation(ctx, commitment, organisation_id=holder)
    address = f"/participants/{key}/modifier"
    assert 'value="35 h"' in text_of(client.get(address))
    sent = WORK | {"organisation_id": str(holder), "job": "Plaquiste", "version": "1"}
    assert client.post(address, data=sent).status_code == 303
    answer = client.post(address, data=sent | {"job": "Couvreuse"})
    assert answer.status_code == 409
    assert 'value="Couvreuse"' in text_of(answer)


def test_the_end_and_its_outcome(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    key = clauses.participation(ctx, commitment, organisation_id=holder)
    address = f"/participants/{key}/fin"
    answer = client.post(address, data={"version": 1, "ended_on": "30/06/2026"})
    assert answer.status_code == 422
    assert 'href="#outcome"' in text_of(answer)
    sent = {"version": 1, "ended_on": "30/06/2026", "outcome": "durable"}
    assert client.post(address, data=sent).status_code == 303
    page = text_of(client.get(f"/participants/{key}"))
    assert "Emploi durable" in page
    assert "Participation terminée" in page


def test_a_proof_too_old_is_refused_with_the_remedy_then_counted_with_a_reason(
    ctx: Context, client: FlaskClient
) -> None:
    commitment, holder = commitment_of(ctx, publics=(EligiblePublic.RSA,))
    key = clauses.participation(ctx, commitment, organisation_id=holder, eligible_from=None)
    address = f"/participants/{key}/eligibilite"
    assert "hors de la liste du contrat" in text_of(client.get(address))
    sent = {"version": "1", "decision": "yes", "public": "rsa", "proof_kind": "attestation"}
    sent |= {"proof_dated_on": "22/08/2026"}
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert "accepté jusqu’au 22 novembre 2026" in text_of(answer)
    assert client.post(address, data=sent | {"override_reason": "Accord de l’acheteur"}).status_code == 303
    assert "Malgré la règle : Accord de l’acheteur" in text_of(client.get(f"/participants/{key}"))


def test_a_document_that_is_not_what_its_name_says(ctx: Context, client: FlaskClient) -> None:
    commitment, _ = commitment_of(ctx)
    key = clauses.participation(ctx, commitment, eligible_from=None)
    sent = {"version": "1", "decision": "yes", "public": "rsa", "proof_kind": "attestation"}
    sent |= {"proof_dated_on": "22/11/2026"}
    for content in (b"MZ rien", b""):
        answer = client.post(
            f"/participants/{key}/eligibilite", data=sent | {"file": (io.BytesIO(content), "preuve.pdf")}
        )
        assert answer.status_code == 422
        assert 'href="#file"' in text_of(answer)
    assert rows(ctx)[0].eligible.value == "unknown"


def test_a_hire_is_attached_from_the_list(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    offer = make.offer(ctx, make.establishment(ctx, holder), title="Peintre")
    proposal = make.proposal(ctx, offer, state=ProposalState.HIRED)
    assert "Embauches à rattacher" in text_of(client.get("/participants"))
    sent = {"proposal_id": proposal, "commitment_id": commitment}
    answer = client.post("/participants/embauches", data=sent)
    assert (answer.status_code, answer.location) == (303, f"/participants/{rows(ctx)[0].id}/eligibilite")
    answer = client.post("/participants/embauches", data=sent)
    assert answer.status_code == 409
    assert "H-0001" in text_of(answer)
    assert "Embauches à rattacher" not in text_of(answer)


def test_the_list_filters_by_address_but_for_names(ctx: Context, client: FlaskClient) -> None:
    commitment, holder = commitment_of(ctx)
    other = make.organisation(ctx, kind=OrganisationKind.ETTI)
    clauses.participation(ctx, commitment, organisation_id=holder, eligible_from=None)
    clauses.participation(ctx, commitment, organisation_id=other, route=Route.ETTI)
    with ctx.write(None) as work:
        person = work.session.get_one(Participation, 1).person
        person.name_search, person.family_name = "awa rare", "Rare"
        work.record("test.name", "person", person.id)
    assert codes(client.get("/participants")) == ["H-0001", "H-0002"]
    assert codes(client.get("/participants?etat=to_decide")) == ["H-0001"]
    assert codes(client.get("/participants?voie=etti")) == ["H-0002"]
    assert codes(client.get(f"/participants?employeur={holder}&engagement={commitment}")) == ["H-0001"]
    assert codes(client.get("/participants?code=h-0002")) == ["H-0002"]
    assert codes(client.get("/participants?sort=code&sens=desc")) == ["H-0002", "H-0001"]
    answer = client.post("/participants/chercher", data={"mots": "rare"})
    assert (answer.status_code, answer.location) == (303, "/participants")
    page = client.get("/participants")
    assert codes(page) == ["H-0001"]
    assert "« rare »" in text_of(page)
    csv = client.get("/participants/export.csv").get_data(as_text=True)
    assert "H-0001" in csv
    assert "Rare" not in csv
    assert client.get("/participants?sans-recherche=1").location == "/participants"
    assert codes(client.get("/participants")) == ["H-0001", "H-0002"]
    assert client.post("/participants/chercher", data={"mots": "h-0002"}).location == "/participants/2"
    assert "Personne avec ces filtres" in text_of(client.get("/participants?etat=ended"))


def codes(answer: Any) -> list[str]:
    return re.findall(r'<a href="/participants/\d+">(H-\d+)</a>', answer.get_data(as_text=True))


def test_nothing_yet(client: FlaskClient) -> None:
    page = text_of(client.get("/participants"))
    assert "Personne n’est encore sur un engagement" in page


def test_unknown_ones_are_not_found(ctx: Context, client: FlaskClient) -> None:
    for address in ("/participants/999", "/participants/999/eligibilite", "/engagements/999/participants/nouveau"):
        assert client.get(address).status_code == 404
        if not address.endswith("999"):
            assert client.post(address, data={"action": "add"}).status_code == 404
    assert client.post("/participants/999/fin", data={}).status_code in (404, 422)


def test_an_offer_says_that_its_employer_has_a_clause(ctx: Context, app: Flask) -> None:
    _, holder = commitment_of(ctx, publics=(EligiblePublic.QPV,), label="Lot 9 Peinture")
    offer = make.offer(ctx, make.establishment(ctx, holder))
    page = text_of(client_of(app, make.adviser(ctx)).get(f"/offres/{offer}"))
    assert "Lot 9 Peinture" in page
    assert "1 000 h" in page
    assert "Habitant·e d’un quartier prioritaire" in page
    plain = make.offer(ctx)
    assert "Clause d’insertion" not in text_of(client_of(app, make.adviser(ctx)).get(f"/offres/{plain}"))
