"""The pages of proposals, opened and posted as people do."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matching.clock import FixedClock
from matching.services.context import Context
from matching.terms import CandidateState, OfferState
from matching.terms import ProposalState as S
from tests.proposals.office import COMPLETE, Office, build_office, proposal_of, proposals_count, step
from tests.support import factories as make
from tests.support.pages import client_of


@pytest.fixture
def office(ctx: Context) -> Office:
    return build_office(ctx)


@pytest.fixture
def client(app: Flask, office: Office) -> FlaskClient:
    return client_of(app, office.adviser)


def words(response: Any) -> str:
    return unescape(response.get_data(as_text=True))


def a_proposal(ctx: Context, office: Office, state: S = S.PROPOSED) -> int:
    return make.proposal(ctx, office.offer_id, office.candidate_id, office.adviser.user_id, state)


def test_preview_then_confirm(ctx: Context, client: FlaskClient, office: Office) -> None:
    paused = make.candidate(ctx, office.unit_id, state=CandidateState.PAUSED)
    address = f"/offres/{office.offer_id}/proposer"
    chosen = {"candidate": [office.candidate_id, paused]}
    seen = words(client.post(address, data=chosen))
    assert "Chloé Fictif" in seen
    assert "Ne sera pas proposée" in seen
    assert proposals_count(ctx) == 0
    done = client.post(address, data={**chosen, "confirm": "yes", "note": "Vue ce matin"})
    assert done.status_code == 303
    after = words(client.get(done.location))
    assert "Demandez maintenant l’accord" in after
    assert "Chloé Fictif" in after
    assert "Vue ce matin" in words(client.get("/propositions/1"))


def test_the_preview_repeats_what_prevents_and_asks_why(ctx: Context, client: FlaskClient, office: Office) -> None:
    offer = make.offer(ctx, wants=[make.Want("capability", "licence_b")])
    person = make.candidate(ctx, office.unit_id, facts={"licence_b": False})
    address = f"/offres/{offer}/proposer"
    seen = words(client.post(address, data={"candidate": person}))
    assert "Empêche" in seen
    assert "l’offre demande « Permis B »" in seen
    assert "Rien à signaler" not in seen
    assert "Pourquoi proposer quand même" in seen
    refused = client.post(address, data={"candidate": person, "confirm": "yes"})
    assert (refused.status_code, proposals_count(ctx)) == (422, 0)
    assert 'href="#note"' in words(refused)
    done = client.post(address, data={"candidate": person, "confirm": "yes", "note": "Permis obtenu vendredi"})
    assert (done.status_code, proposals_count(ctx)) == (303, 1)


def test_nobody_ticked_comes_back_to_the_list(client: FlaskClient, office: Office) -> None:
    answer = client.post(f"/offres/{office.offer_id}/proposer", data={})
    assert (answer.status_code, answer.location) == (303, f"/offres/{office.offer_id}/personnes")
    assert "Cochez au moins une personne" in words(client.get(answer.location))


def test_a_confirmation_that_nobody_passes_keeps_the_note(ctx: Context, client: FlaskClient, office: Office) -> None:
    a_proposal(ctx, office)
    form = {"candidate": office.candidate_id, "confirm": "yes", "note": "À rappeler"}
    answer = client.post(f"/offres/{office.offer_id}/proposer", data=form)
    assert answer.status_code == 422
    assert "déjà proposée" in words(answer)
    assert "À rappeler" not in words(answer) or proposals_count(ctx) == 1
    assert proposals_count(ctx) == 1


@pytest.mark.parametrize("confirm", ["", "yes"])
def test_an_offer_taken_off_meanwhile(ctx: Context, client: FlaskClient, office: Office, confirm: str) -> None:
    offer = make.offer(ctx, state=OfferState.SUSPENDED)
    answer = client.post(f"/offres/{offer}/proposer", data={"candidate": office.candidate_id, "confirm": confirm})
    assert answer.status_code == 422
    assert "Remettre en ligne" in words(answer)


ERRORS = [
    (S.PROPOSED, {"target": "agreed", "agreed_on": "20/11/2026", "note": "Au téléphone"}, "comment il a été donné"),
    (S.PROPOSED, {"target": "agreed", "agreed_on": "le 32", "channel": "paper"}, "Date de l’accord"),
    (S.PROPOSED, {"target": "declined", "note": "Trop loin"}, "Choisissez un motif"),
    (S.SENT, {"target": "interview", "step_date": "hier", "note": "À 9 h"}, "Date"),
    (S.SENT, {"target": "interview", "note": "À 9 h"}, "Date de l’entretien"),
    (S.SENT, {"target": "refused", "reason": "person_pay"}, "Choisissez un motif"),
    (S.SENT, {"target": "flown"}, "Choisissez une étape"),
    (S.SENT, {}, "Choisissez une étape"),
]


@pytest.mark.parametrize(("state", "typed", "told"), ERRORS)
def test_an_error_keeps_what_was_typed(
    ctx: Context, client: FlaskClient, office: Office, state: S, typed: dict[str, str], told: str
) -> None:
    key = a_proposal(ctx, office, state)
    version = str(proposal_of(ctx, key).version)
    answer = client.post(f"/propositions/{key}", data={"version": version, **typed})
    page = words(answer)
    assert answer.status_code == 422
    assert told in page
    for name in ("note", "agreed_on", "step_date"):
        assert typed.get(name, "") in page
    assert proposal_of(ctx, key).state is state


def test_the_error_leads_to_its_field(ctx: Context, client: FlaskClient, office: Office) -> None:
    key = a_proposal(ctx, office)
    version = proposal_of(ctx, key).version
    page = words(client.post(f"/propositions/{key}", data={"version": version, "target": "declined"}))
    assert 'href="#reason-declined"' in page
    assert 'id="reason-declined"' in page


def test_a_step_is_noted(ctx: Context, client: FlaskClient, office: Office) -> None:
    key = a_proposal(ctx, office)
    version = proposal_of(ctx, key).version
    form = {"version": version, "target": "agreed", "agreed_on": "23/11/2026", "channel": "phone"}
    answer = client.post(f"/propositions/{key}", data=form)
    assert answer.status_code == 303
    page = words(client.get(answer.location))
    assert "Noté : accord de la personne" in page
    assert "Transmettre à l’employeur" in page


def test_a_colleague_was_faster(ctx: Context, client: FlaskClient, office: Office) -> None:
    key = a_proposal(ctx, office)
    version = proposal_of(ctx, key).version
    step(ctx, office.colleague, key, COMPLETE[S.AGREED])
    form = {"version": version, "target": "declined", "reason": "person_pay", "note": "Dit au téléphone"}
    answer = client.post(f"/propositions/{key}", data=form)
    assert answer.status_code == 409
    assert "Bo Témoin" in words(answer)
    assert "Dit au téléphone" in words(answer)  # nothing to type again


def test_a_hire_says_what_it_closed(ctx: Context, client: FlaskClient, office: Office) -> None:
    other = make.proposal(ctx, None, office.candidate_id, office.adviser.user_id)
    key = a_proposal(ctx, office, S.OFFERED)
    assert "clôt les autres propositions" in words(client.get(f"/propositions/{key}"))
    form = {"version": proposal_of(ctx, key).version, "target": "hired", "step_date": "01/12/2026"}
    page = words(client.get(client.post(f"/propositions/{key}", data=form).location))
    assert "Une autre proposition de cette personne est close" in page
    assert proposal_of(ctx, other).state is S.HIRED_ELSEWHERE


def test_the_list_and_its_filters(ctx: Context, client: FlaskClient, office: Office) -> None:
    a_proposal(ctx, office)
    sent = make.candidate(ctx, office.unit_id, given_name="Hugo", family_name="Modèle")
    make.proposal(ctx, None, sent, office.adviser.user_id, S.SENT)
    closed = make.candidate(ctx, office.unit_id, given_name="Inès", family_name="Maquette")
    make.proposal(ctx, None, closed, office.adviser.user_id, S.WITHDRAWN)
    theirs = make.candidate(ctx, office.unit_id, given_name="Jonas", family_name="Témoin")
    make.proposal(ctx, office.offer_id, theirs, office.colleague.user_id)
    stranger = make.candidate(ctx, given_name="Awa", family_name="Ailleurs")
    make.proposal(ctx, office.offer_id, stranger)
    everybody = {"Chloé", "Hugo", "Inès", "Jonas", "Awa"}
    for query, expected in {
        "": {"Chloé", "Hugo"},
        "?etat=": {"Chloé", "Hugo", "Inès"},
        "?etat=sent": {"Hugo"},
        "?etat=nothing": {"Chloé", "Hugo"},
        "?qui=unite": {"Chloé", "Hugo", "Jonas"},
        f"?offre={office.offer_id}": {"Chloé", "Jonas"},
        f"?personne={closed}": {"Inès"},
        f"?offre={office.offer_id}&personne={sent}": set(),
        "?page=9&offre=zzz": {"Chloé", "Hugo"},
    }.items():
        page = words(client.get(f"/propositions{query}"))
        found = {name for name in everybody if f">{name} " in page}
        assert found == expected, query


def test_who_must_answer_and_since_when(ctx: Context, client: FlaskClient, office: Office, clock: FixedClock) -> None:
    long_ago, now = timedelta(days=15), clock.instant
    for name, state, back in (
        ("Hugo", S.PROPOSED, 0),
        ("Inès", S.AGREED, 15),
        ("Jonas", S.SENT, 14),
        ("Awa", S.SENT, 15),
    ):
        clock.instant = now - timedelta(days=back)
        person = make.candidate(ctx, office.unit_id, given_name=name, family_name="Modèle")
        make.proposal(ctx, None, person, office.adviser.user_id, state)
    clock.instant = now - long_ago + timedelta(hours=12)
    late = make.candidate(ctx, office.unit_id, given_name="Driss", family_name="Modèle")
    make.proposal(ctx, None, late, office.adviser.user_id, S.REFUSED)
    clock.instant = now
    for query, expected in {
        "?attend=personne": {"Hugo"},
        "?attend=unite": {"Inès"},
        "?attend=employeur": {"Jonas", "Awa"},
        "?attend=employeur&depuis=15": {"Awa"},
        "?depuis=15&etat=": {"Inès", "Awa", "Driss"},
        "?attend=zzz&depuis=16": {"Hugo", "Inès", "Jonas", "Awa"},
    }.items():
        page = words(client.get(f"/propositions{query}"))
        assert {name for name in ("Hugo", "Inès", "Jonas", "Awa", "Driss") if f">{name} " in page} == expected, query
    page = words(client.get("/propositions?attend=unite&depuis=7"))
    assert "Réponse attendue\u00a0: l’unité emploi" in page
    assert 'href="/propositions?attend=unite"' in page


def test_all_states_stay_chosen_on_the_next_page(ctx: Context, client: FlaskClient, office: Office) -> None:
    for _ in range(51):
        person = make.candidate(ctx, office.unit_id, commune=None, goals=())
        make.proposal(ctx, office.offer_id, person, office.adviser.user_id, S.WITHDRAWN)
    page = words(client.get("/propositions?etat="))
    assert "Page 1 sur 2" in page
    assert "etat=&page=2" in page or "page=2&etat=" in page


@pytest.mark.parametrize(
    ("query", "told"),
    [("", "Aucune proposition en cours"), ("?etat=", "Aucune proposition"), ("?etat=sent", "avec ces filtres")],
)
def test_empty_states(client: FlaskClient, query: str, told: str) -> None:
    assert told in words(client.get(f"/propositions{query}"))


def test_not_found(ctx: Context, app: Flask, client: FlaskClient, office: Office) -> None:
    key = a_proposal(ctx, office)
    stranger = client_of(app, make.adviser(ctx))
    assert stranger.get(f"/propositions/{key}").status_code == 404
    assert stranger.post(f"/propositions/{key}", data={"target": "sent"}).status_code == 404
    for address in ("/propositions/999999", "/propositions/99999999999999999999"):
        assert client.get(address).status_code == 404
    form = {"candidate": office.candidate_id}
    assert client.post("/offres/999999/proposer", data=form).status_code == 404


def test_an_employer_sees_none_of_it(ctx: Context, app: Flask, office: Office) -> None:
    client = client_of(app, make.employer(ctx))
    assert client.get("/propositions").status_code == 403
    assert client.get(f"/propositions/{a_proposal(ctx, office)}").status_code == 403
