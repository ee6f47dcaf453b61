"""The officer's pages of declarations: the list, the decision, what another decided, corrections."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matching.clauses.terms import DeclarationState, LineState
from matching.clock import FixedClock
from matching.services.clauses import corrections
from matching.services.clauses.validating import Validate
from matching.services.context import Context
from tests.clauses_services.test_reversing import decided
from tests.clauses_services.test_validating import OTHER, H, Month, _twice, _worked, day, entries
from tests.support import clauses as make
from tests.support.pages import client_of


@pytest.fixture
def month(ctx: Context) -> Month:
    made = Month(ctx)
    made.declare(140 * H, 88 * H + 30)
    return made


@pytest.fixture
def client(app: Flask, month: Month) -> FlaskClient:
    return client_of(app, month.officer)


def plain(body: str) -> str:
    """The text of a page: no tags, one space."""
    text = re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").replace("\u202f", " ")
    return re.sub(r"\s+", " ", text)


def opened(client: FlaskClient, month: Month) -> str:
    return client.get(f"/declarations/{month.id}").text


def post(client: FlaskClient, month: Month, **fields: Any) -> Any:
    fields = {"version": month.declaration().version} | fields
    return client.post(
        f"/declarations/{month.id}", data={key.replace("_", "-"): value for key, value in fields.items()}
    )


def test_lines_without_a_remark_are_ready_to_validate(client: FlaskClient, month: Month) -> None:
    body = opened(client, month)
    for line in month.lines:
        assert re.search(rf'name="d-{line}" id="v-{line}" value="validate" checked', body)
    text = plain(body)
    assert "H-0001" in text
    assert "l’engagement passe de 0 h à 228 h 30 validées sur 1 000 h" in text
    assert "228 h 30 à valider · 0 h rejetées · 0 h sans décision" in text


def test_decisions_are_saved_and_the_page_says_so(client: FlaskClient, month: Month) -> None:
    first, second = month.lines
    fields = {f"d-{first}": "validate", f"d-{second}": "reject", f"reason-{second}": "missing_evidence"}
    answer = post(client, month, **fields, **{f"note-{second}": "Relevé illisible."})
    assert answer.status_code == 303
    text = plain(client.get(answer.location).text)
    assert "une ligne validée, une ligne rejetée, 140 h au grand livre" in text
    assert "Justificatif manquant ou illisible Relevé illisible." in text
    assert "Décisions sur une déclaration par Léa Roche" in text
    assert month.declaration().state is DeclarationState.PARTLY_VALIDATED


def test_a_rejection_without_reason_keeps_what_was_chosen(client: FlaskClient, month: Month) -> None:
    first, second = month.lines
    answer = post(client, month, **{f"d-{first}": "reject", f"note-{first}": "À revoir.", f"d-{second}": ""})
    assert answer.status_code == 422
    assert f'href="#line-{first}"' in answer.text
    assert re.search(rf'id="r-{first}" value="reject" checked', answer.text)
    assert re.search(rf'id="l-{second}" value="" checked', answer.text)
    assert "À revoir." in answer.text
    assert "<title>Erreur : Valider octobre 2026, Batibel Construction" in answer.text


def test_nothing_chosen_is_told(client: FlaskClient, month: Month) -> None:
    assert post(client, month).status_code == 422


def test_the_second_officer_sees_what_the_first_decided_and_keeps_his_choices(
    app: Flask, client: FlaskClient, month: Month
) -> None:
    first, second = month.lines
    read = month.declaration().version
    other = client_of(app, make.officer(month.ctx, "Julien Maurel"))
    assert post(client, month, **{f"d-{first}": "validate"}).status_code == 303
    answer = other.post(
        f"/declarations/{month.id}",
        data={
            "version": read,
            f"d-{first}": "reject",
            f"reason-{first}": "other",
            f"d-{second}": "reject",
            f"reason-{second}": "other",
            f"note-{second}": "Mon choix.",
        },
    )
    assert answer.status_code == 409
    text = plain(answer.text)
    assert "Léa Roche a enregistré ses décisions le 23 novembre 2026 à 10 h : H-0001 validée" in text
    assert re.search(rf'id="r-{second}" value="reject" checked', answer.text)
    assert "Mon choix." in answer.text
    assert f'id="r-{first}"' not in answer.text, "decided already: nothing left to choose"
    again = re.search(r'name="version" value="(\d+)"', answer.text)
    assert again
    retried = other.post(
        f"/declarations/{month.id}",
        data={"version": again[1], f"d-{second}": "reject", f"reason-{second}": "other", f"note-{second}": "Le même."},
    )
    assert retried.status_code == 303
    assert [entry.line_id for entry in entries(month.ctx)] == [first]


def test_a_colleague_on_the_page_is_shown_for_half_an_hour(
    app: Flask, client: FlaskClient, month: Month, clock: FixedClock
) -> None:
    client_of(app, make.officer(month.ctx, "Julien Maurel")).get(f"/declarations/{month.id}")
    assert "Julien Maurel a ouvert cette déclaration" in opened(client, month)
    clock.instant += timedelta(minutes=29)
    assert "Julien Maurel a ouvert" in opened(client, month)
    clock.instant += timedelta(minutes=2)
    assert "Julien Maurel a ouvert" not in client_of(app, month.officer).get(f"/declarations/{month.id}").text


def test_a_rule_is_overridden_with_a_reason(client: FlaskClient, month: Month) -> None:
    line = month.lines[0]
    month.change(month.people[0], eligible_decided_on=day(31) + timedelta(days=1))
    body = opened(client, month)
    assert re.search(rf'id="r-{line}" value="reject" checked', body), "every hour is out: rejected by default"
    assert '<option value="not_decided" selected' in body
    refused = post(client, month, **{f"d-{line}": "validate"})
    assert (refused.status_code, "écrivez pourquoi" in refused.text) == (422, True)
    assert post(client, month, **{f"d-{line}": "validate", f"why-{line}": "Décision retrouvée."}).status_code == 303
    text = plain(opened(client, month))
    assert "Comptée malgré tout : Décision retrouvée." in text
    assert month.line(0).override_code == "not_decided"


def test_a_line_is_cut_from_the_page(app: Flask, ctx: Context) -> None:
    month = Month(ctx, people=1)
    client = client_of(app, month.officer)
    month.declare(70 * H, days={month.people[0]: _worked(14, 23)})
    month.change(month.people[0], eligible_until=day(18))
    body = opened(client, month)
    assert "Couper au 18 octobre 2026 et valider 35 h" in plain(body)
    assert post(client, month, **{f"d-{month.lines[0]}": "cut"}).status_code == 303
    assert [entry.minutes for entry in entries(month.ctx)] == [35 * H]


def test_a_line_without_days_is_asked_back_with_the_words_ready(client: FlaskClient, month: Month) -> None:
    month.change(month.people[0], eligible_until=day(18))
    text = plain(opened(client, month))
    assert "H-0001 : indiquez les heures jusqu’au 18 octobre 2026 inclus, ou la répartition par jour." in text
    version = month.declaration().version
    address = f"/declarations/{month.id}/renvoyer"
    assert client.post(address, data={"version": version, "return_reason": ""}).status_code == 422
    assert client.post(address, data={"version": version, "return_reason": "Par jour."}).status_code == 303
    assert "Renvoyée à l’entreprise" in opened(client, month)


def test_a_double_is_shown_with_the_other_line_and_settled(app: Flask, ctx: Context) -> None:
    month, mine, other = _twice(ctx)
    client = client_of(app, month.officer)
    body = opened(client, month)
    assert "Serre Intérim" in body
    assert f'id="v-{mine}"' not in body, "cannot be validated before it is settled"
    address = f"/declarations/{month.id}/doublons"
    assert client.post(address, data={"line": mine, "other": other, "reason": ""}).status_code == 422
    assert client.post(address, data={"line": mine, "other": other, "reason": "Deux équipes."}).status_code == 303
    body = opened(client, month)
    assert "Doublon levé\u00a0: Deux équipes. (Léa Roche)" in body
    assert f'id="v-{mine}"' in body


def test_the_list_begins_with_the_oldest_and_says_what_to_look_at(
    client: FlaskClient, month: Month, clock: FixedClock
) -> None:
    clock.instant += timedelta(hours=1)
    other = Month(month.ctx, people=1)
    other.declare(250 * H)
    client = client_of(client.application, month.officer)
    text = plain(client.get("/declarations").text)
    assert "2 déclarations à valider" in text
    assert "Longue semaine" in text
    assert "Rien à signaler 2 lignes à décider, dont 2 sans remarque" in text
    assert text.index("228 h 30") < text.index("250 h")
    assert "228 h 30" in client.get("/declarations?q=batibel&mois=2026-10&etat=toutes").text.replace("\u00a0", " ")
    for nothing in ("q=zzz", "mois=2020-01", "qui=moi", "etat=decidees", "etat=entreprise", "engagement=9999"):
        assert "228 h 30" not in client.get(f"/declarations?{nothing}").text.replace("\u00a0", " "), nothing


@pytest.mark.parametrize("query", ["mois=2026-13", "mois=x", "page=99", "page=x", "etat=zzz", "engagement=x"])
def test_odd_addresses_show_a_list(client: FlaskClient, query: str) -> None:
    assert client.get(f"/declarations?{query}").status_code == 200


def test_the_next_declaration_is_one_click_away(client: FlaskClient, month: Month) -> None:
    other = Month(month.ctx, people=1)
    other.declare(10 * H)
    assert f'href="/declarations/{other.id}">Déclaration suivante' in opened(client, month)
    assert "Déclarations à valider (2)" in opened(client, month)
    third = Month(month.ctx, people=1)
    third.declare(10 * H)
    assert f'href="/declarations/{third.id}">Déclaration suivante' in opened(client, other)
    assert f'href="/declarations/{month.id}">Déclaration suivante' in opened(client, third), "round again"


def test_a_validated_line_is_corrected_then_undone(app: Flask, ctx: Context) -> None:
    month = decided(ctx, 10 * H)
    client = client_of(app, month.officer)
    line = month.lines[0]
    assert f'href="/declarations/lignes/{line}"' in opened(client, month)
    address = f"/declarations/lignes/{line}"
    for fields, said in (
        ({}, "Choisissez un motif"),
        ({"reason": "typing_error", "new_minutes": "7h5"}, "peut se lire"),
        ({"reason": "other", "new_minutes": "9h"}, "Précisez pourquoi"),
    ):
        refused = client.post(address, data={"do": "correct", **fields})
        assert (refused.status_code, said in refused.text) == (422, True)
    done = client.post(address, data={"do": "correct", "reason": "typing_error", "new_minutes": "9h30"})
    assert done.status_code == 303
    assert [entry.minutes for entry in entries(ctx)] == [600, -600, 570]
    text = plain(opened(client, month))
    assert "Remplace une ligne annulée" in text
    assert "Annulée" in text
    assert client.post(address, data={"do": "reverse", "reason": "typing_error"}).status_code == 409
    with ctx.read():
        new = make.lines_of(ctx, month.id)[1]
    assert "Avant cette ligne" in client.get(f"/declarations/lignes/{new}").text
    assert client.post(f"/declarations/lignes/{new}", data={"do": "reverse", "reason": "not_worked"}).status_code == 303
    assert sum(entry.minutes for entry in entries(ctx)) == 0


def test_a_correction_asked_is_answered(app: Flask, ctx: Context) -> None:
    month = decided(ctx, 10 * H)
    company = make.company(ctx, month.company, "Rémi Auger")
    key = corrections.ask_correction(
        ctx, company, month.id, "Neuf heures.", line_id=month.lines[0], wanted_minutes=9 * H
    )
    client = client_of(app, month.officer)
    assert "Une correction demandée" in plain(client.get("/declarations").text)
    address = f"/declarations/{month.id}/corrections"
    assert client.post(address, data={"request": key, "version": 1}).status_code == 422
    assert client.post(address, data={"request": key, "version": 1, "choice": "refuse"}).status_code == 422
    assert client.post(address, data={"request": key, "version": 1, "choice": "accept"}).status_code == 303
    assert client.post(address, data={"request": key, "version": 1, "choice": "accept"}).status_code == 409
    assert "Acceptée" in opened(client, month)
    assert month.line(0).state is LineState.REVERSED


@pytest.mark.parametrize("path", ["", "/renvoyer", "/doublons", "/corrections"])
def test_what_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.post(f"/declarations/9999{path}", data={}).status_code == 404


def test_reading_is_logged_and_other_roles_are_refused(app: Flask, month: Month) -> None:
    for actor in (make.company(month.ctx, month.company), make.buyer(month.ctx)):
        other = client_of(app, actor)
        assert other.get("/declarations").status_code == 403
        assert other.get(f"/declarations/{month.id}").status_code == 403


def test_a_declaration_partly_decided_shows_both(client: FlaskClient, month: Month) -> None:
    month.decide({month.lines[0]: Validate()})
    body = opened(client, month)
    assert f'id="v-{month.lines[1]}"' in body
    assert f'id="v-{month.lines[0]}"' not in body
    assert "ne peut plus" not in body
    assert 'id="renvoyer"' not in body
    month.decide({month.lines[1]: OTHER})
    assert "Enregistrer" not in opened(client, month)
