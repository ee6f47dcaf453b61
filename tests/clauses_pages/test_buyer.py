"""What a buyer and a company open: their own commitments, by codes; never a participant's name."""

from __future__ import annotations

import pytest
from flask import Flask

from matching.access.permissions import Actor
from matching.clauses.terms import EligiblePublic, PartyRole
from matching.services.context import Context
from tests.support import clauses as make
from tests.support import factories
from tests.support.pages import client_of

NBSP = "\u00a0"


@pytest.fixture
def bought(ctx: Context) -> tuple[int, Actor, int]:
    """A commitment with two people named Canari, its buyer and its holder's organisation."""
    buyer, holder = make.buyer_organisation(ctx), factories.organisation(ctx, "Bati Essai")
    commitment = make.commitment(ctx, make.contract(ctx, buyer), minutes=6000, holder_id=holder, label="Lot 4 Essai")
    unit = factories.unit(ctx)
    adviser = factories.adviser(ctx, unit)
    for number, employer in enumerate((holder, factories.organisation(ctx, "Agence"))):
        candidate = factories.candidate(
            ctx, unit, adviser.user_id, given_name=f"Prenomcanari{number}", family_name="Nomcanari"
        )
        person = person_of(ctx, candidate)
        added = make.participation(
            ctx, commitment, organisation_id=employer, person_id=person, public=EligiblePublic.RQTH
        )
        make.validated(ctx, commitment, added, 1200 + number)
    return commitment, make.buyer(ctx, buyer), holder


def person_of(ctx: Context, candidate_id: int) -> int:
    from matching.store.tables.people import Candidate

    with ctx.read() as session:
        return session.get_one(Candidate, candidate_id).person_id


PAGES = ("", "/engagements/{0}", "/engagements/{0}/ecritures")


def test_a_buyer_reads_figures_and_codes_never_names(app: Flask, ctx: Context, bought: tuple[int, Actor, int]) -> None:
    client = client_of(app, bought[1])
    for path in PAGES:
        body = client.get("/acheteur" + path.format(bought[0])).text
        assert "Lot 4 Essai" in body
        assert "canari" not in body.lower()
        assert "handicap" not in body.lower()
    whole = client.get(f"/acheteur/engagements/{bought[0]}").text
    for words in (f"40{NBSP}h{NBSP}01", "H-0001", "H-0002", "Détail non montré", f"20,0{NBSP}h"):
        assert words in whole, words
    assert f"20{NBSP}h{NBSP}01" in client.get(f"/acheteur/engagements/{bought[0]}/ecritures").text
    assert "Lot 4 Essai" in client.get("/acheteur?q=lot 4").text
    assert "Aucun engagement avec ces mots" in client.get("/acheteur?q=zzz").text


def test_another_buyer_s_commitment_does_not_exist(app: Flask, ctx: Context, bought: tuple[int, Actor, int]) -> None:
    client = client_of(app, make.buyer(ctx))
    assert "Lot 4 Essai" not in client.get("/acheteur").text
    for path in (*PAGES[1:], "/engagements/{0}/attestation.pdf", "/engagements/{0}/attestation.xlsx"):
        other = client.get("/acheteur" + path.format(bought[0]))
        unknown = client.get("/acheteur" + path.format(987))
        assert (other.status_code, unknown.status_code) == (404, 404), path


@pytest.mark.usefixtures("pdf_library")
def test_the_certificate_in_both_forms(app: Flask, bought: tuple[int, Actor, int]) -> None:
    client = client_of(app, bought[1])
    assert client.get(f"/acheteur/engagements/{bought[0]}/attestation.pdf").data.startswith(b"%PDF")
    assert client.get(f"/acheteur/engagements/{bought[0]}/attestation.xlsx").data.startswith(b"PK")


def test_a_holder_reads_its_own_people_by_first_name_and_the_others_by_code(
    app: Flask, ctx: Context, bought: tuple[int, Actor, int]
) -> None:
    body = client_of(app, make.company(ctx, bought[2])).get(f"/heures/engagements/{bought[0]}").text
    assert "Prenomcanari0 N." in body
    assert "Nomcanari" not in body
    assert "Prenomcanari1" not in body
    assert "H-0002" in body
    assert f"40{NBSP}h{NBSP}01" in body


def test_a_partner_reads_only_its_own(app: Flask, ctx: Context, bought: tuple[int, Actor, int]) -> None:
    agency = factories.organisation(ctx, "Autre agence")
    make.party(ctx, bought[0], agency, PartyRole.EMPLOYER)
    client = client_of(app, make.company(ctx, agency))
    body = client.get(f"/heures/engagements/{bought[0]}").text
    assert "H-0001" not in body
    assert f"40{NBSP}h{NBSP}01" not in body
    assert client_of(app, make.company(ctx)).get(f"/heures/engagements/{bought[0]}").status_code == 404
    assert client_of(app, bought[1]).get(f"/heures/engagements/{bought[0]}").status_code == 403
