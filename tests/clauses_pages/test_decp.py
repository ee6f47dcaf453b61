"""Pages of published contracts: a file looked at then taken over, amendments and lots decided, the file completed."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matching.clock import FixedClock
from matching.services.clauses.amendments import AmendmentDecision, decide_amendment
from matching.services.clauses.published_lots import lot_of_contract
from matching.services.context import Context
from matching.store.tables.contracts import CommitmentEvent, Contract, ContractAmendment
from tests.clauses_services.test_decp_export import CONCESSION, FULL, MORE
from tests.exchange.test_decp import SIRET
from tests.support import clauses as make
from tests.support.pages import client_of

HOME = "/marches-publies"
BUYER = {"buyer": SIRET, "buyer_name": "Département Inventé", "buyer_kind": "departement"}
WRONG_KEY = "21750001630066"


@pytest.fixture
def client(app: Flask, ctx: Context) -> FlaskClient:
    return client_of(app, make.officer(ctx, name="Inès Officière"))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def send(client: FlaskClient, content: Any, **fields: str) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps({"marches": content}).encode()
    return client.post(f"{HOME}/verifier", data={**BUYER, **fields, "file": (io.BytesIO(raw), "decp.json")})


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]*)"', page)
    assert found
    return found[1]


def count(ctx: Context, table: Any = Contract) -> int:
    with ctx.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def take(client: FlaskClient, *records: Any, **fields: str) -> Any:
    token = token_of(text_of(send(client, list(records), **fields)))
    return client.post(f"{HOME}/importer", data={**BUYER, **fields, "token": token})


def key_of(ctx: Context, number: str) -> int:
    with ctx.read() as session:
        return session.execute(select(Contract.id).where(Contract.number == number)).scalar_one()


# --- importing


def test_a_file_is_looked_at_then_taken_over(client: FlaskClient, ctx: Context) -> None:
    assert "10 Mo au plus" in text_of(client.get(HOME))
    dirty = FULL | {"id": "sale", "montant": 1e17, "titulaires": [{"titulaire": {"id": "214356"}}]}
    answer = send(client, [FULL, dirty, "du texte", FULL | {"acheteur": {"id": "21750001630040"}}])
    page = text_of(answer)
    assert (answer.status_code, count(ctx)) == (200, 0)
    for said in (
        "4 fiches lues", "Acceptée : 1", "Acceptée avec remarques : 1", "Refusée : 1", "D’un autre acheteur : 1",
        "lu « 1e+17 »", "lu « 214356 »", "Ce n’est pas une fiche de marché.", "sans identifiant",
    ):  # fmt: skip
        assert said in page.replace("\u00a0", " "), said
    token = token_of(page)
    report = client.post(f"{HOME}/rapport", data={**BUYER, "token": token})
    assert report.mimetype == "text/csv"
    assert "sale;Acceptée avec remarques;montant;1e+17" in report.get_data(as_text=True)
    assert count(ctx) == 0
    done = client.post(f"{HOME}/importer", data={**BUYER, "token": token})
    assert (done.status_code, done.headers["Location"], count(ctx)) == (303, HOME, 2)
    again = text_of(send(client, [FULL]))
    assert "Rien de nouveau pour cet acheteur" in again
    assert "Reprendre" not in again


BAD_FILES: list[tuple[bytes, str]] = [
    (b"", "pas lisible"),
    (b"%PDF-1.7", "pas lisible"),
    (b'{"marches": [{"id": "1"', "coup"),
    (b'{"autre": []}', "ne sont pas des données essentielles"),
    ('{"marches": ["é"]}'.encode("latin-1"), "UTF-8"),
    (b"[" * 100_000, "pas lisible"),
]


@pytest.mark.parametrize(("content", "told"), BAD_FILES)
def test_a_bad_file_has_its_remedy_and_writes_nothing(
    client: FlaskClient, ctx: Context, content: bytes, told: str
) -> None:
    answer = send(client, content)
    page = text_of(answer)
    assert (answer.status_code, count(ctx)) == (422, 0)
    assert told in page
    assert f'value="{SIRET}"' in page, "the buyer typed is kept"
    assert token_of(page) == "", "a file that cannot be read is not kept"


def test_a_wrong_key_is_stopped_until_one_says_so(client: FlaskClient, ctx: Context) -> None:
    records = [FULL | {"acheteur": {"id": WRONG_KEY}}]
    refused = send(client, records, buyer=WRONG_KEY)
    page = text_of(refused)
    assert (refused.status_code, count(ctx)) == (422, 0)
    assert 'name="buyer_accept"' in page
    assert "« decp.json » est gardé" in page
    fields = {**BUYER, "buyer": WRONG_KEY, "buyer_accept": "1", "token": token_of(page)}
    seen = client.post(f"{HOME}/verifier", data=fields)
    assert 'name="buyer_accept" value="1"' in text_of(seen), "the override follows to the confirmation"
    assert client.post(f"{HOME}/importer", data=fields).status_code == 303
    assert count(ctx) == 1


@pytest.mark.parametrize("number", ["2175000163006A", "123", "00000000000000", ""])
def test_other_bad_numbers_are_never_taken(client: FlaskClient, ctx: Context, number: str) -> None:
    assert send(client, [FULL], buyer=number, buyer_accept="1").status_code == 422
    assert count(ctx) == 0


def test_a_file_is_kept_for_its_sender_and_not_for_long(app: Flask, ctx: Context, clock: FixedClock) -> None:
    sender = make.officer(ctx)
    client = client_of(app, sender)
    token = token_of(text_of(send(client, [FULL])))
    other = client_of(app, make.officer(ctx))
    for action in ("importer", "rapport", "verifier"):
        assert other.post(f"{HOME}/{action}", data={**BUYER, "token": token}).status_code == 422
    assert client.post(f"{HOME}/verifier", data=BUYER).status_code == 422
    clock.instant += timedelta(minutes=31)
    late = client_of(app, sender).post(f"{HOME}/importer", data={**BUYER, "token": token})
    assert (late.status_code, count(ctx)) == (422, 0)
    assert "Choisissez le fichier JSON" in text_of(late)


# --- amendments


@pytest.fixture
def waiting(client: FlaskClient, ctx: Context) -> tuple[int, int]:
    """A commitment of 1 000 h and a published amendment that makes its contract a half larger."""
    contract = make.contract(ctx, amount_cents=10_000_000)
    return make.commitment(ctx, contract), make.amendment(ctx, contract, number=4, amount_cents=15_000_000)


def test_an_amendment_is_decided(client: FlaskClient, ctx: Context, waiting: tuple[int, int]) -> None:
    commitment, amendment = waiting
    listed = text_of(client.get(f"{HOME}/avenants"))
    assert "Avenants à décider (1)" in listed
    assert "500" in listed
    path = f"{HOME}/avenants/{amendment}"
    page = text_of(client.get(path))
    assert 'value="+500h"' in page
    assert 'value="01/06/2026"' in page
    bad = client.post(path, data={f"minutes-{commitment}": "beaucoup", "decision": "apply", "version": "1"})
    assert (bad.status_code, 'value="beaucoup"' in text_of(bad)) == (422, True)
    assert client.post(path, data={"version": "1"}).status_code == 422
    fields = {f"minutes-{commitment}": "-40", "effective_on": "01/07/2026", "decision": "apply", "version": "1"}
    done = client.post(path, data=fields)
    assert (done.status_code, done.headers["Location"]) == (303, f"{HOME}/avenants")
    with ctx.read() as session:
        event = session.execute(select(CommitmentEvent).order_by(CommitmentEvent.id.desc()).limit(1)).scalar_one()
    assert (event.minutes, event.effective_on.isoformat()) == (-2400, "2026-07-01")
    late = client.post(path, data=fields)
    assert late.status_code == 409
    assert "Inès Officière a déjà appliqué cet avenant" in text_of(late)
    assert "Appliqué" in text_of(client.get(path))
    assert "Aucun avenant n’attend" in text_of(client.get(f"{HOME}/avenants"))


@pytest.mark.parametrize(("decision", "state"), [("price", "applied"), ("set_aside", "set_aside")])
def test_without_hours_whatever_the_fields_hold(
    client: FlaskClient, ctx: Context, waiting: tuple[int, int], decision: str, state: str
) -> None:
    commitment, amendment = waiting
    fields = {f"minutes-{commitment}": "+500h", "decision": decision, "version": "1"}
    assert client.post(f"{HOME}/avenants/{amendment}", data=fields).status_code == 303
    with ctx.read() as session:
        assert session.get_one(ContractAmendment, amendment).state == state
    assert count(ctx, CommitmentEvent) == 1


# --- lots


def test_lots_are_confirmed_together_or_one_by_one(client: FlaskClient, ctx: Context) -> None:
    who, buyer = make.officer(ctx), make.buyer_organisation(ctx)
    keys = [make.contract(ctx, buyer, number=number) for number in ("202401L04", "202401L05", "202402L01", "2024ALL1")]
    page = text_of(client.get(f"{HOME}/lots"))
    assert "lot 4 de 202401" in page
    hidden = dict(re.findall(r'name="((?:version|of|lot)-\d+)" value="([^"]*)"', page))
    assert client.post(f"{HOME}/lots", data={**hidden, "decision": "yes"}).status_code == 422
    chosen = {**hidden, "chosen": [str(keys[0]), str(keys[1])]}
    assert client.post(f"{HOME}/lots", data={**chosen, "decision": "yes"}).status_code == 303
    assert client.post(f"{HOME}/lots", data={**hidden, "chosen": [str(keys[2])], "decision": "no"}).status_code == 303
    late = client.post(f"{HOME}/lots", data={**chosen, "decision": "no"})
    assert late.status_code == 409
    one = f"{HOME}/lots/{keys[3]}"
    assert 'value="2024AL"' in text_of(client.get(one))
    bad = client.post(one, data={"version": "1", f"lot_of-{keys[3]}": "2024", "decision": "yes"})
    assert (bad.status_code, "numéro du lot" in text_of(bad)) == (422, True)
    fields = {"version": "1", f"lot_of-{keys[3]}": "202401", f"lot_number-{keys[3]}": "6", "decision": "yes"}
    assert client.post(one, data=fields).status_code == 303
    assert [one.lot for one in lot_of_contract(ctx, who, keys[0]).siblings] == ["5", "6"]
    assert lot_of_contract(ctx, who, keys[2]).lot_number == ""
    contract = text_of(client.get(f"/engagements/marches/{keys[0]}/modifier"))
    assert "Ce marché est le lot 4 de 202401." in contract
    assert "202401L05" in contract


def test_a_whole_page_at_once(client: FlaskClient, ctx: Context) -> None:
    keys = [make.contract(ctx, number=f"2024{place:02d}L01") for place in range(3)]
    page = text_of(client.get(f"{HOME}/lots"))
    fields = re.findall(r'name="((?:version|of|lot)-\d+)" value="([^"]*)"', page)
    data: dict[str, Any] = {**dict(fields), "listed": [str(key) for key in keys], "decision": "all"}
    client.post(f"{HOME}/lots", data=data)
    assert "Aucun lot à confirmer" in text_of(client.get(f"{HOME}/lots"))


# --- publishing


def test_what_is_left_out_is_completed_then_downloaded(client: FlaskClient, ctx: Context) -> None:
    take(client, FULL, FULL | {"id": "2026-2", "ccag": "NC", "dureeMois": "NC", "techniques": None}, CONCESSION)
    with ctx.read() as session:
        buyer = session.execute(select(Contract.buyer_id).limit(1)).scalar_one()
    page = text_of(client.get(f"{HOME}/publier?annee=toutes"))
    assert "Télécharger le fichier officiel (2 marchés)" in page.replace("\u00a0", " ")
    assert "Durée en mois, Technique d’achat, CCAG de référence (lu « NC »)" in re.sub(r"<[^>]+>", "", page)
    path = f"{HOME}/publier/{key_of(ctx, '2026-2')}"
    page = text_of(client.get(path))
    assert "Il manque pour publier" in page
    fields = _fields(page)
    bad = client.post(path, data=fields | {"ccag": "Travaux", "months": "0", "techniques": "sans-objet"})
    assert (bad.status_code, 'value="0"' in text_of(bad)) == (422, True)
    assert client.post(path, data=fields | {"ccag": "Travaux", "months": "12"}).headers["Location"] == path
    assert "Il manque encore : Technique d’achat." in text_of(client.get(path))
    fields = _fields(text_of(client.get(path)))
    done = client.post(path, data=fields | {"techniques": "sans-objet"})
    assert done.headers["Location"].startswith(f"{HOME}/publier?")
    file = client.get(f"{HOME}/publier/{buyer}/decp.json?annee=toutes")
    assert (file.mimetype, "attachment" in file.headers["Content-Disposition"]) == ("application/json", True)
    marches = json.loads(file.get_data())["marches"]
    assert marches["marche"] == [FULL, FULL | {"id": "2026-2", "ccag": "Travaux", "dureeMois": 12}]
    assert marches["contrat-concession"] == [CONCESSION]
    assert client.post(path, data=fields).status_code == 409


def _fields(page: str) -> dict[str, Any]:
    """The form as a browser would send it untouched."""
    from tests.trust.world import Forms

    found: dict[str, Any] = {}
    for name, value in Forms(page).found[-1].fields:
        found.setdefault(name, []).append(value)
    ticked = re.findall(r'type="checkbox" id="[^"]*" name="([^"]*)" value="([^"]*)" checked', page)
    for name, value in ticked:
        if value not in found.get(name, ()):
            found.setdefault(name, []).append(value)
    return found


def test_an_untouched_form_changes_nothing_of_what_is_published(client: FlaskClient, ctx: Context) -> None:
    take(client, FULL, CONCESSION)
    for number in (FULL["id"], CONCESSION["id"]):
        path = f"{HOME}/publier/{key_of(ctx, number)}"
        page = text_of(client.get(path))
        assert "Ce marché est complet" in page
        assert client.post(path, data=_fields(page)).status_code == 303
    with ctx.read() as session:
        buyer = session.execute(select(Contract.buyer_id).limit(1)).scalar_one()
    marches = json.loads(client.get(f"{HOME}/publier/{buyer}/decp.json?annee=2026").get_data())["marches"]
    assert (marches["marche"], marches["contrat-concession"]) == ([FULL], [CONCESSION])
    assert json.loads(client.get(f"{HOME}/publier/{buyer}/decp.json?annee=2020").get_data())["marches"]["marche"] == []


def test_amendments_without_days_and_those_that_wait(client: FlaskClient, ctx: Context) -> None:
    undated = {name: value for name, value in MORE.items() if name != "datePublicationDonneesModification"}
    done = take(client, FULL | {"modifications": [{"modification": undated}]})
    assert done.headers["Location"] == f"{HOME}/avenants"
    assert "Un avenant attend une décision" in text_of(client.get(f"{HOME}/publier")).replace("\u00a0", " ")
    with ctx.read() as session:
        key = session.execute(select(ContractAmendment.id)).scalar_one()
    decide_amendment(ctx, make.officer(ctx), key, 1, AmendmentDecision.APPLY, {}, None)
    path = f"{HOME}/publier/{key_of(ctx, FULL['id'])}"
    page = text_of(client.get(path))
    assert 'href="#changes"' in page
    assert client.post(path, data=_fields(page) | {f"change-{key}-published_on": "09/06/2026"}).status_code == 303
    assert "Ce marché est complet" in text_of(client.get(path))


@pytest.mark.parametrize("path", ["avenants/987654", "lots/987654", "publier/987654", "publier/987654/decp.json"])
def test_what_does_not_exist(client: FlaskClient, path: str) -> None:
    assert client.get(f"{HOME}/{path}").status_code == 404
