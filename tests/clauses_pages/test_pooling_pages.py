"""The officer's pages of pooling agreements."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matching.services.clauses import pooling
from matching.services.context import Context
from tests.clauses_pages.test_declarations import plain
from tests.clauses_services.test_pooling import Pool
from tests.clauses_services.test_reversing import validated_of
from tests.clauses_services.test_validating import H
from tests.support import clauses as make
from tests.support.pages import client_of


@pytest.fixture
def pool(ctx: Context) -> Pool:
    return Pool(ctx)


@pytest.fixture
def client(app: Flask, pool: Pool) -> FlaskClient:
    return client_of(app, pool.officer)


def share(client: FlaskClient, pool: Pool, **fields: Any) -> Any:
    typed = {"line_id": pool.line, "to_commitment_id": pool.there, "minutes": "4h"} | fields
    return client.post(f"/mutualisation/{pool.agreement}", data=typed)


def test_hours_are_shared_then_given_back(client: FlaskClient, pool: Pool, ctx: Context) -> None:
    address = f"/mutualisation/{pool.agreement}"
    assert "10 h sur 10 h" in plain(client.get(address).text)
    assert share(client, pool).status_code == 303
    text = plain(client.get(address).text)
    assert "6 h sur 10 h" in text
    assert (validated_of(ctx, pool.here), validated_of(ctx, pool.there)) == (6 * H, 4 * H)
    key = pooling.read_agreement(ctx, pool.officer, pool.agreement).shared[0].allocation_id
    assert client.post(address, data={"cancel": key}).status_code == 303
    assert client.post(address, data={"cancel": key}).status_code == 409
    assert validated_of(ctx, pool.there) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"line_id": ""}, "Choisissez les heures"),
        ({"to_commitment_id": ""}, "Choisissez l’engagement"),
        ({"minutes": "7h5"}, "peut se lire"),
        ({"minutes": ""}, "Écrivez la durée"),
        ({"minutes": "11h"}, "Il reste 10 h"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    client: FlaskClient, pool: Pool, fields: dict[str, str], said: str
) -> None:
    answer = share(client, pool, **fields)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert f'value="{fields.get("minutes", "4h")}"' in answer.text


def test_an_agreement_is_registered_in_two_steps(client: FlaskClient, pool: Pool, ctx: Context) -> None:
    company = pool.month.company
    assert f'<option value="{company}"' in client.get("/mutualisation/nouveau").text
    assert f'id="c-{pool.here}"' in client.get(f"/mutualisation/nouveau?entreprise={company}").text
    typed: dict[str, Any] = {"organisation_id": company, "commitment_ids": [pool.here, pool.there]}
    typed |= {"label": "Globalisation 2027", "signed_on": "demain", "from_on": "01/01/2026", "to_on": ""}
    refused = client.post("/mutualisation/nouveau", data=typed)
    assert refused.status_code == 422
    assert 'value="demain"' in refused.text
    assert f'id="c-{pool.here}" value="{pool.here}" checked' in refused.text
    typed |= {"signed_on": "05/01/2026", "document": (BytesIO(b"%PDF-1.7"), "accord.pdf")}
    made = client.post("/mutualisation/nouveau", data=typed, content_type="multipart/form-data")
    assert made.status_code == 303
    assert "Accord signé" in client.get(made.location).text
    assert "Globalisation 2027" in client.get("/mutualisation").text


def test_an_agreement_ends(client: FlaskClient, pool: Pool) -> None:
    address = f"/mutualisation/{pool.agreement}/fin"
    for fields, status in (
        ({"version": 1, "to_on": "bientôt"}, 422),
        ({"version": 9, "to_on": "31/12/2026"}, 409),
        ({"version": 1, "to_on": "31/12/2026"}, 303),
    ):
        assert client.post(address, data=fields).status_code == status
    assert "au 31 décembre 2026" in plain(client.get(f"/mutualisation/{pool.agreement}").text)


def test_nothing_yet_and_nobody_else(app: Flask, ctx: Context) -> None:
    client = client_of(app, make.officer(ctx))
    assert "Aucun accord" in client.get("/mutualisation").text
    assert "rien à mutualiser" in client.get("/mutualisation/nouveau").text
    assert client.get("/mutualisation/9999").status_code == 404
    assert (
        client.post("/mutualisation/9999", data={"line_id": 1, "to_commitment_id": 1, "minutes": "1h"}).status_code
        == 404
    )
    assert client_of(app, make.company(ctx)).get("/mutualisation").status_code == 403
