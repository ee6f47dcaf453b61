"""Pages of contracts and commitments: entered on one page, listed, changed by events, errors keep what was typed."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matching.clauses.terms import EventKind, Modality, Support
from matching.services.clauses import rules
from matching.services.clauses.due import minutes_due_of
from matching.services.context import Context
from matching.services.reference import load_embedded
from matching.store.tables.contracts import Commitment, CommitmentEvent, Contract
from tests.support import clauses as make
from tests.support import factories
from tests.support.pages import client_of

DECEMBER = date(2026, 12, 31)
CONTRACT = {
    "support": "public_contract",
    "number": "2026-TX-0214",
    "object": "Réhabilitation du collège Inventé",
    "buyer": "732 829 320",
    "buyer_name": "Ville de l’Essai",
    "buyer_kind": "local_authority",
    "notified_on": "15/01/2026",
    "start_on": "01/02/2026",
    "end_on": "31/01/2027",
}


def lot(position: int = 0, **changes: str) -> dict[str, str]:
    fields = {
        "lot": str(position + 1),
        "label": f"Peinture {position + 1}",
        "modality": "execution_condition",
        "required_minutes": "600",
        "training": "none",
    }
    return {f"c{position}-{name}": value for name, value in (fields | changes).items()}


@pytest.fixture
def client(app: Flask, ctx: Context) -> FlaskClient:
    return client_of(app, make.officer(ctx, name="Inès Officière"))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def commitments(ctx: Context) -> list[Commitment]:
    with ctx.read() as session:
        return list(session.execute(select(Commitment).order_by(Commitment.id)).scalars())


# --- registering


def test_a_contract_and_two_lots_are_entered_on_one_page(client: FlaskClient, ctx: Context) -> None:
    assert "Enregistrer" in text_of(client.get("/engagements/nouveau"))
    more = client.post(
        "/engagements/nouveau",
        data=CONTRACT | lot(publics="rsa", per_hour_cents="60") | {"c0-p0-number": "552100554", "add_lot": "1"},
    )
    page = text_of(more)
    assert 'name="blocks" value="2"' in page
    assert 'value="2026-TX-0214"' in page, "what was typed is kept"
    assert 'id="c1-per_hour_cents" name="c1-per_hour_cents" value="60"' in page, "terms follow from lot to lot"
    assert 'name="c1-p0-number" value=""' in page, "companies do not"
    holder = {"c0-p0-number": "552100554", "c0-p0-number_name": "Vasseur Peinture", "c0-p0-role": "holder"}
    data = CONTRACT | lot() | lot(1, promised_minutes="900,5", label="Gros œuvre") | holder | {"blocks": "2"}
    saved = client.post("/engagements/nouveau", data=data)
    assert (saved.status_code, saved.headers["Location"]) == (303, "/engagements?q=2026-TX-0214")
    listed = text_of(client.get(saved.headers["Location"]))
    assert "2 engagements sont enregistrés" in listed
    assert "Vasseur Peinture" in listed
    keys = [row.id for row in commitments(ctx)]
    with ctx.read() as session:
        assert list(minutes_due_of(session, keys, DECEMBER, DECEMBER).values()) == [600 * 60, 900 * 60 + 30]


@pytest.mark.parametrize(
    ("changes", "said", "anchor"),
    [
        ({"number": ""}, "Écrivez le numéro du contrat", "number"),
        ({"notified_on": "32/01/2026"}, "JJ/MM/AAAA", "notified_on"),
        ({"c0-required_minutes": "7h5"}, "", "c0-required_minutes"),
        ({"c0-required_minutes": "600", "c0-promised_minutes": "500"}, "promet moins", "c0-promised_minutes"),
        ({"c0-order_rate": "sept"}, "Écrivez un nombre", "c0-order_rate"),
        ({"c0-p0-number": "12"}, "14 chiffres", "c0-p0-number"),
        ({"buyer": "21750001630066"}, "cochez la case", "buyer"),
        ({"c0-target_women": "140"}, "de 1 à 100", "c0-target_women"),
        ({"amount_cents": "beaucoup"}, "Écrivez un montant", "amount_cents"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    client: FlaskClient, ctx: Context, changes: dict[str, str], said: str, anchor: str
) -> None:
    typed = CONTRACT | lot() | {"blocks": "1", "object": "Objet très reconnaissable"} | changes
    answer = client.post("/engagements/nouveau", data=typed)
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'href="#{anchor}"' in page
    assert f'id="{anchor}-error"' in page
    assert said in page
    assert "Objet très reconnaissable" in page
    assert "<title>Erreur : " in page
    for value in changes.values():
        assert value in page
    assert commitments(ctx) == []


def test_all_that_is_to_mend_is_said_at_once(client: FlaskClient) -> None:
    """What cannot be read does not hide what is missing, and is not called missing too."""
    typed = {"blocks": "1", "buyer": "12", "c0-required_minutes": "7h5", "c0-lot": "1", "notified_on": "hier"}
    page = text_of(client.post("/engagements/nouveau", data=typed))
    for field in ("number", "object", "support", "buyer", "notified_on", "c0-label", "c0-modality"):
        assert page.count(f'href="#{field}"') == 1, field
    assert page.count('href="#c0-required_minutes"') == 1
    assert "peut se lire de deux façons" in page


def test_a_wrong_key_is_kept_on_purpose(client: FlaskClient, ctx: Context) -> None:
    typed = CONTRACT | lot() | {"blocks": "1", "buyer": "21750001630066"}
    refused = text_of(client.post("/engagements/nouveau", data=typed))
    assert 'name="buyer_accept"' in refused
    assert client.post("/engagements/nouveau", data=typed | {"buyer_accept": "1"}).status_code == 303
    with ctx.read() as session:
        assert session.execute(select(Contract.buyer_siret)).scalar_one() == "21750001630066"


def test_the_same_number_names_the_contract_that_bears_it(client: FlaskClient) -> None:
    data = CONTRACT | lot() | {"blocks": "1"}
    client.post("/engagements/nouveau", data=data)
    again = client.post("/engagements/nouveau", data=data | {"object": "Autre objet"})
    assert again.status_code == 422
    assert "a déjà un contrat 2026-TX-0214" in text_of(again)


def test_a_lot_is_added_to_a_known_contract(client: FlaskClient, ctx: Context) -> None:
    client.post("/engagements/nouveau", data=CONTRACT | lot() | {"blocks": "1"})
    with ctx.read() as session:
        key = session.execute(select(Contract.id)).scalar_one()
    address = f"/engagements/nouveau?marche={key}"
    assert "Ajouter un lot au contrat 2026-TX-0214" in text_of(client.get(address))
    refused = client.post(address, data=lot(lot="") | {"blocks": "1"})
    assert "compteraient deux fois" in text_of(refused)
    assert client.post(address, data=lot(lot="7") | {"blocks": "1"}).status_code == 303
    assert [row.lot for row in commitments(ctx)] == ["1", "7"]
    assert client.get("/engagements/nouveau?marche=999999").status_code == 404


# --- editing


def test_a_commitment_is_edited_and_its_hours_are_not(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx, minutes=600, label="Avant")
    page = text_of(client.get(f"/engagements/{key}/modifier"))
    assert "Heures signées" in page
    assert 'name="required_minutes"' not in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    data = {"label": "Après", "modality": "award_criterion", "training": "none", "version": version[1]}
    assert client.post(f"/engagements/{key}/modifier", data=data).status_code == 303
    assert (commitments(ctx)[0].label, commitments(ctx)[0].required_minutes) == ("Après", 600)
    late = client.post(f"/engagements/{key}/modifier", data=data | {"label": "Trop tard"})
    assert (late.status_code, commitments(ctx)[0].label) == (409, "Après")
    assert "Trop tard" in text_of(late), "what was typed is not lost"


def test_a_contract_is_edited(client: FlaskClient, ctx: Context) -> None:
    contract_id = make.contract(ctx)
    make.commitment(ctx, contract_id)
    page = text_of(client.get(f"/engagements/marches/{contract_id}/modifier"))
    fields = dict(re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', page))
    data = fields | {"support": "public_contract", "object": "Nouvel objet"}
    assert client.post(f"/engagements/marches/{contract_id}/modifier", data=data).status_code == 303
    with ctx.read() as session:
        assert session.get_one(Contract, contract_id).object == "Nouvel objet"


# --- events, companies, contacts


def test_an_event_with_its_document(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx, minutes=100 * 60)
    address = f"/engagements/{key}/evenements"
    assert "Avenant" in text_of(client.get(address))
    form = text_of(client.get(f"{address}?ajouter=amendment"))
    assert "executed_cents" not in form, "only the fields of this kind"
    data = {"kind": "amendment", "effective_on": "30/06/2026", "minutes": "-7h30", "label": "Avenant nº 1"}
    file = (io.BytesIO(b"%PDF-1.7\n%%EOF\n"), "avenant.pdf")
    saved = client.post(address, data=data | {"file": file}, content_type="multipart/form-data")
    assert saved.status_code == 303
    page = text_of(client.get(address))
    assert "92 h 30" in page.replace("\u00a0", " ")
    assert "avenant.pdf" in page
    assert "Inès Officière" in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "amendment", "effective_on": "30/06/2026", "minutes": "-101"}, "de trop"),
        ({"kind": "amendment", "effective_on": "", "minutes": "-1"}, "prend effet"),
        ({"kind": "purchase_order", "effective_on": "30/06/2026", "amount_cents": "1000"}, "coût horaire"),
        ({"kind": "termination", "effective_on": "30/06/2026"}, "deviennent les heures dues"),
        ({"kind": "transfer", "effective_on": "30/06/2026", "whole": "1"}, "nouveau titulaire"),
        ({"kind": "exemption", "effective_on": "hier", "minutes": "1"}, "JJ/MM/AAAA"),
    ],
)
def test_an_event_that_is_refused_says_why(client: FlaskClient, ctx: Context, data: dict[str, str], said: str) -> None:
    key = make.commitment(ctx, minutes=100 * 60)
    answer = client.post(f"/engagements/{key}/evenements", data=data)
    assert answer.status_code == 422
    assert said in text_of(answer)
    with ctx.read() as session:
        assert len(session.execute(select(CommitmentEvent.id)).all()) == 1


def test_an_unknown_kind_or_the_first_event_is_not_recorded_here(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx)
    for kind in ("initial", "zzz", ""):
        assert client.post(f"/engagements/{key}/evenements", data={"kind": kind}).status_code == 303
        assert client.get(f"/engagements/{key}/evenements?ajouter={kind}").status_code == 200


def test_history_as_known_on_a_day(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx, minutes=100 * 60)
    make.event(ctx, key, EventKind.AMENDMENT, minutes=60, recorded_on=date(2026, 10, 1))
    page = text_of(client.get(f"/engagements/{key}/evenements?connu=30/09/2026&au=31/12/2026"))
    assert "Avenant</th>" not in page
    assert "100 h" in page.replace("\u00a0", " ")
    assert client.get(f"/engagements/{key}/evenements?connu=n'importe&au=quoi").status_code == 200


def test_companies(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx)
    address = f"/engagements/{key}/titulaires"
    assert "Aucune entreprise" in text_of(client.get(address))
    data = {"number": "552100554", "number_name": "Vasseur Peinture", "role": "lead_holder", "liability": "several"}
    assert client.post(address, data=data).status_code == 303
    assert client.post(address, data=data | {"role": ""}).status_code == 422
    page = text_of(client.get(address))
    party = re.search(r'name="party_id" value="(\d+)"', page)
    assert party
    wrong = client.post(address, data={"party_id": party[1], f"to_on_{party[1]}": ""})
    assert (wrong.status_code, "dernier jour" in text_of(wrong)) == (422, True)
    assert client.post(address, data={"party_id": party[1], f"to_on_{party[1]}": "31/10/2026"}).status_code == 303
    assert "31\u00a0octobre\u00a02026" in client.get(address).get_data(as_text=True)


def test_contacts(client: FlaskClient, ctx: Context) -> None:
    key = make.commitment(ctx)
    address = f"/engagements/{key}/contacts"
    assert client.post(address, data={"form": "contact", "name": "Marie Lagarde"}).status_code == 303
    wrong = client.post(address, data={"form": "contact", "name": "", "email": "m.l"})
    assert (wrong.status_code, "Écrivez le nom" in text_of(wrong)) == (422, True)
    with ctx.read() as session:
        from matching.store.tables.contracts import CommitmentContact

        one = session.execute(select(CommitmentContact.id)).scalar_one()
    noted = {"form": "exchange", "contact_id": str(one), "channel": "call", "answered": "no", "note": "Messagerie"}
    assert client.post(address, data=noted).status_code == 303
    future = client.post(address, data=noted | {"happened_on": "01/01/2027"})
    assert (future.status_code, "Messagerie" in text_of(future)) == (422, True)
    page = text_of(client.get(address))
    assert "sans réponse" in page
    edit = f"{address}/{one}"
    version = re.search(r'name="version" value="(\d+)"', text_of(client.get(edit)))
    assert version
    assert client.post(edit, data={"name": "Marie Lagarde", "left": "1", "version": version[1]}).status_code == 303
    assert "N’est plus là" in text_of(client.get(address))
    assert client.get(f"{address}/999").status_code == 404


# --- the list


@pytest.fixture
def world(ctx: Context, client: FlaskClient) -> dict[str, int]:
    city = make.buyer_organisation(ctx, "Ville de l’Essai")
    holder, other = factories.organisation(ctx, "Vasseur Peinture"), factories.organisation(ctx, "Serre TP")
    me = make.officer(ctx)
    works = make.contract(ctx, city, number="2026-TX-1", object="Collège Jean-Zay")
    framework = make.contract(ctx, number="AC-9", object="Voirie", support=Support.FRAMEWORK_AGREEMENT)
    past: dict[str, Any] = {"window_from": date(2025, 1, 1), "window_to": date(2025, 12, 31)}
    columns: dict[str, Any] = {"validated_minutes": 500 * 60}
    roads: dict[str, Any] = {"modality": Modality.RESERVED, "minutes": 60}
    return {
        "paint": make.commitment(ctx, works, lot="9", label="Peinture", holder_id=holder, **columns),
        "roads": make.commitment(ctx, framework, label="Voirie", holder_id=other, **roads),
        "past": make.commitment(ctx, works, lot="1", label="Gros œuvre", facilitator_id=me.user_id, **past),
        "buyer": city,
        "holder": holder,
    }


def shown(client: FlaskClient, query: str) -> list[str]:
    page = client.get(f"/engagements?{query}").get_data(as_text=True)
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'scope="row"><a[^>]*>([^<]+)</a>', body)


def test_filters(client: FlaskClient, world: dict[str, int]) -> None:
    table = {
        "q=jean zay": {"Peinture", "Gros œuvre"},
        "q=ac-9": {"Voirie"},
        "q=vasseur": {"Peinture"},
        "q=2026-tx-1 peinture": {"Peinture"},
        f"acheteur={world['buyer']}": {"Peinture", "Gros œuvre"},
        f"titulaire={world['holder']}": {"Peinture"},
        "support=framework_agreement": {"Voirie"},
        "modalite=reserved": {"Voirie"},
        "alerte=red": {"Voirie", "Gros œuvre", "Peinture"},
        "etat=en_cours": {"Peinture", "Voirie"},
        "etat=termines": {"Gros œuvre"},
        "etat=n'importe&page=-1&par_page=7&tri=zzz": {"Peinture", "Voirie", "Gros œuvre"},
        "q=introuvable": set(),
    }
    for query, expected in table.items():
        assert set(shown(client, query)) == expected, query


def test_sorts(client: FlaskClient, world: dict[str, int]) -> None:
    assert shown(client, "tri=label") == ["Gros œuvre", "Peinture", "Voirie"]
    assert shown(client, "tri=-label") == ["Voirie", "Peinture", "Gros œuvre"]
    assert shown(client, "tri=due")[0] == "Voirie"
    assert shown(client, "tri=-validated")[0] == "Peinture"
    assert shown(client, "tri=-index")[0] == "Peinture"
    assert shown(client, "")[0] == "Gros œuvre", "the first to end comes first"


def test_chips_and_the_two_empty_states(app: Flask, client: FlaskClient, ctx: Context) -> None:
    assert "Aucun engagement pour l’instant" in text_of(client.get("/engagements"))
    make.commitment(ctx, label="Peinture")
    page = text_of(client.get("/engagements?q=zzz&support=subsidy"))
    assert "Aucun engagement avec ces filtres" in page
    assert "Sans « Subvention »" in page
    assert 'href="/engagements?q=zzz"' in page


def test_export_is_what_is_filtered(client: FlaskClient, world: dict[str, int]) -> None:
    csv = client.get("/engagements/export.csv?q=jean zay&page=9").get_data().decode("utf-8-sig")
    assert len(csv.strip().splitlines()) == 3
    assert "Vasseur Peinture" in csv
    assert "500h" in csv
    xlsx = client.get("/engagements/export.xlsx?alerte=red")
    assert xlsx.data.startswith(b"PK")
    assert "attachment" in xlsx.headers["Content-Disposition"]


def test_mine(app: Flask, ctx: Context) -> None:
    me = make.officer(ctx)
    make.commitment(ctx, label="À moi", facilitator_id=me.user_id)
    make.commitment(ctx, label="À un autre")
    assert shown(client_of(app, me), "a_moi=1") == ["À moi"]


# --- the calculator


def size(client: FlaskClient, query: str) -> str:
    return text_of(client.get(f"/engagements/calcul?calculer=1&{query}")).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_five_methods(client: FlaskClient, ctx: Context) -> None:
    load_embedded(ctx)
    amount = "labour_share=50&rate=5&hourly_cost=30"
    table = {
        f"methode=amount&amount=1 000 000&{amount}&rounding=down": "Proposition : 833 h",
        "methode=amount&amount=1000000&labour_share=50&rate=10&hourly_cost=30&rounding=nearest": "1 667 h",
        f"methode=amount&amount=1000000&{amount}&rounding=none": "833 h 20",
        "methode=total_hours&total_hours=12 000&rate=5": "600 h",
        "methode=transferred_staff&total_hours=12000&transferred_hours=2000&rate=5": "500 h",
        "methode=purchase_orders&orders=50000%0A120000%0A30000&labour_share=40&rate=7&hourly_cost=35": "160 h",
        "methode=brackets&amount=250000": "450 h",
    }
    for query, expected in table.items():
        assert expected in size(client, query), query
    page = size(client, "methode=brackets&amount=250000&hours_per_person=150&suppliers=12")
    assert "0,28 ETP, base 1 607 h par an" in page
    assert "3 personnes" in page
    assert "1,8 h pour 1 000 €" in page
    assert "Réserver un lot" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("methode=amount", "Indiquez le montant"),
        ("methode=amount&amount=x", "Écrivez un montant"),
        ("methode=total_hours&total_hours=7h5&rate=5", 'href="#total_hours"'),
        ("methode=total_hours&total_hours=100&rate=140", "de 0 à 100"),
        ("methode=purchase_orders&orders=50000%0Abeaucoup&labour_share=40&rate=7&hourly_cost=35", "beaucoup"),
        ("methode=brackets&amount=100", "barème"),
    ],
)
def test_what_cannot_be_computed_says_why(client: FlaskClient, query: str, said: str) -> None:
    assert said in size(client, query)
    assert "Proposition :" not in size(client, query)


def test_the_proposal_goes_into_the_form(client: FlaskClient, ctx: Context) -> None:
    load_embedded(ctx)
    page = size(client, "methode=amount&amount=1000000&labour_share=50&rate=5&hourly_cost=30&rounding=down")
    link = re.search(r'href="(/engagements/nouveau\?[^"]+)"', page)
    assert link
    form = text_of(client.get(link[1].replace("&amp;", "&")))
    assert 'name="c0-required_minutes" value="833h"' in form
    assert "Arrondi" in form
    assert client.get("/engagements/nouveau?calcul=1&methode=amount&amount=x").status_code == 200
    orders = "calcul=1&methode=purchase_orders&orders=1000&labour_share=40&rate=7&hourly_cost=35"
    assert 'name="c0-order_rate" value="7"' in text_of(client.get(f"/engagements/nouveau?{orders}"))


# --- dated rules


def test_rules_are_added_and_corrected(client: FlaskClient, ctx: Context) -> None:
    load_embedded(ctx)
    page = text_of(client.get("/reglages-clauses"))
    assert "À vérifier" in page
    for family in ("seuils", "durees", "preuves", "metiers", "bareme"):
        assert client.get(f"/reglages-clauses/{family}/nouveau").status_code == 200
        assert client.get(f"/reglages-clauses/{family}/1").status_code == 200
        assert client.get(f"/reglages-clauses/{family}/9999").status_code == 404
    assert client.get("/reglages-clauses/zzz/nouveau").status_code == 404
    setting = {"valid_from": "01/10/2026", "name": "silent_days", "amount": "45"}
    assert client.post("/reglages-clauses/seuils/nouveau", data=setting).status_code == 303
    table = {"valid_from": "01/10/2026", "lines": "0 : 100 h\n50 000 : 200h\n"}
    assert client.post("/reglages-clauses/bareme/nouveau", data=table).status_code == 303
    with ctx.read() as session:
        today = rules.thresholds_on(session, date(2026, 10, 1))
        assert (today.silent_days, rules.thresholds_on(session, date(2026, 9, 30)).silent_days) == (45, 60)
        assert [line.minutes for line in rules.brackets_on(session, date(2026, 10, 1))] == [6000, 12000]


BAD_RULES = [
    ("seuils", {"valid_from": "", "name": "silent_days", "amount": "45"}, "Indiquez le jour"),
    ("seuils", {"valid_from": "01/01/2000", "name": "silent_days", "amount": "45"}, "déjà ce jour-là"),
    ("seuils", {"valid_from": "01/01/2026", "name": "silent_days", "amount": "-45"}, "de 1 à 366"),
    ("seuils", {"valid_from": "01/01/2026", "name": "zzz", "amount": "45"}, "dans la liste"),
    ("metiers", {"valid_from": "01/01/2026", "name": "Sols", "share": "0"}, "plus grande que 0"),
    ("metiers", {"valid_from": "01/01/2026", "name": "", "share": "40"}, "Écrivez le métier"),
    ("preuves", {"valid_from": "01/01/2026", "public": "rsa", "months": "3", "at_hire": "1"}, "gardez l’un des deux"),
    ("preuves", {"valid_from": "01/01/2026", "months": "3"}, "Choisissez le public"),
    ("durees", {"valid_from": "01/01/2026", "months": "24", "maximum_months": "12"}, "plus court"),
    ("durees", {"valid_from": "01/01/2026", "extension_months": "12"}, "ne servent pas"),
    ("bareme", {"valid_from": "01/01/2026", "lines": ""}, "au moins une tranche"),
    ("bareme", {"valid_from": "01/01/2026", "lines": "100 : 5h"}, "commence à 0"),
    ("bareme", {"valid_from": "01/01/2026", "lines": "0 : 5h\n0 : 6h"}, "même montant"),
    ("bareme", {"valid_from": "01/01/2026", "lines": "beaucoup"}, "deux-points"),
    ("bareme", {"valid_from": "01/01/2020", "lines": "0 : 5h"}, "déjà ce jour-là"),
]


@pytest.mark.parametrize(("family", "data", "said"), BAD_RULES)
def test_a_rule_that_cannot_be_taken(
    client: FlaskClient, ctx: Context, family: str, data: dict[str, str], said: str
) -> None:
    rules.load_clause_defaults(ctx)
    answer = client.post(f"/reglages-clauses/{family}/nouveau", data=data)
    assert answer.status_code == 422
    assert said in text_of(answer).replace("\u00a0", " ")


def test_a_correction_keeps_its_subject_and_its_version(client: FlaskClient, ctx: Context) -> None:
    rules.load_clause_defaults(ctx)
    data = {"valid_from": "01/01/2000", "name": "silent_days", "amount": "-12", "version": "1"}
    assert client.post("/reglages-clauses/seuils/1", data=data).status_code == 303
    assert client.post("/reglages-clauses/seuils/1", data=data).status_code == 409
    with ctx.read() as session:
        found = rules.thresholds_on(session, DECEMBER)
    assert (found.alert_information, found.silent_days) == (-12, 60)
