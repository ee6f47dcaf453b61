"""Pages of recovery plans and penalties: suggestions taken up, plans followed, a penalty worked out and decided."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.calendar import DayCount
from matching.clauses.penalty import IndexMoment, PenaltyIndex, PenaltyTerms
from matching.services.clauses.penalties import penalty_today
from matching.services.clauses.recovery import plans_of
from matching.services.context import Context
from matching.services.reference import load_embedded
from matching.store.tables.contracts import Commitment
from matching.store.tables.follow_through import FormalNotice, PenaltyDecision, RecoveryPlan
from tests.support import clauses as make
from tests.support.pages import client_of

H = 60
SIXTY = PenaltyTerms(per_hour_cents=60_00)
PLAN = {"people": "2", "weekly_minutes": "35h", "weeks": "9", "from_on": "01/10/2026"}


@pytest.fixture
def client(app: Flask, ctx: Context) -> FlaskClient:
    return client_of(app, make.officer(ctx, name="Inès Officière"))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def short_of(ctx: Context, missing: int = 630, **columns: Any) -> int:
    """A commitment of 1 000 h with `missing` hours to validate."""
    key = make.commitment(ctx, minutes=1000 * H, **columns)
    make.validated(ctx, key, make.participation(ctx, key, weekly_minutes=None), (1000 - missing) * H)
    return key


def rows(ctx: Context, table: Any) -> list[Any]:
    with ctx.read() as session:
        return list(session.execute(select(table).order_by(table.id)).scalars())


# --- plans


def test_a_suggestion_is_taken_up_approved_and_followed(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, window_to=date(2027, 1, 31))
    page = client.get(f"/engagements/{key}/plan")
    assert "2 personnes × 35 h × 9 semaines = 630 h" in text_of(page)
    link = re.search(r'href="([^"]+people=2[^"]+)#add"', page.get_data(as_text=True))
    assert link is not None
    filled = client.get(link[1].replace("&amp;", "&")).get_data(as_text=True)
    for name, value in (("people", "2"), ("weekly_minutes", "35h"), ("weeks", "9"), ("from_on", "30/11/2026")):
        assert f'name="{name}" value="{value}"' in filled
    assert client.post(f"/engagements/{key}/plan", data=PLAN | {"note": "Avec le GEIQ"}).status_code == 303
    (row,) = rows(ctx, RecoveryPlan)
    assert (row.minutes, row.note) == (630 * H, "Avec le GEIQ")
    approved = client.post(f"/engagements/{key}/plan/{row.id}/valider", data={"version": "1"}, follow_redirects=True)
    assert "370 h validées pour 310 h attendues : le plan est tenu" in text_of(approved)
    assert client.post(f"/engagements/{key}/plan/{row.id}/abandonner", data={"version": "1"}).status_code == 409
    client.post(f"/engagements/{key}/plan/{row.id}/abandonner", data={"version": "2"})
    assert rows(ctx, RecoveryPlan)[0].state == "dropped"


def test_what_was_typed_stays_with_what_is_to_mend(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx)
    answer = client.post(f"/engagements/{key}/plan", data=PLAN | {"weekly_minutes": "7h5", "signed_by": "C. Vasseur"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#weekly_minutes"' in page
    assert 'value="7h5"' in page
    assert 'value="C. Vasseur"' in page
    assert rows(ctx, RecoveryPlan) == []
    plan = make.plan(ctx, key)
    signed = {"version": "1", f"p{plan}-signed_on": "23/11/2026"}
    refused = client.post(f"/engagements/{key}/plan/{plan}/valider", data=signed)
    assert refused.status_code == 422
    assert f'href="#p{plan}-signed_by"' in refused.get_data(as_text=True)
    assert client.get(f"/engagements/{key}/plan?semaine=60").status_code == 422


def test_no_end_of_works_leads_to_where_it_is_filled_in(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, window_to=None)
    assert f'href="/engagements/{key}/modifier"' in client.get(f"/engagements/{key}/plan").get_data(as_text=True)


# --- penalties: the worked examples of the specification


@pytest.mark.parametrize(
    ("terms", "missing", "asked", "said"),
    [
        (SIXTY, 120, "", ["120 h × 60,00 € = 7 200,00 €"]),
        (
            replace(
                SIXTY,
                late_day_cents=100_00,
                late_day_count=DayCount.CALENDAR,
                cap_percent=Decimal(20),
                cap_base_cents=40_000_00,
            ),
            120,
            "late_days=12",
            ["12 jours (tous les jours du calendrier) × 100,00 € = 1 200,00 €", "20 % de 40 000,00 € = 8 000,00 €"],
        ),
        (
            PenaltyTerms(index_code=PenaltyIndex.SMIC, index_multiple=Decimal(2), index_moment=IndexMoment.BREACH),
            87,
            "on=31/03/2026&missing=87",
            ["87 h × 2 × SMIC horaire brut au jour du manquement 12,02 € = 2 091,48 €"],
        ),
    ],
)
def test_the_working_is_shown(
    client: FlaskClient, ctx: Context, terms: PenaltyTerms, missing: int, asked: str, said: list[str]
) -> None:
    load_embedded(ctx)
    key = short_of(ctx, missing)
    make.penalty_terms(ctx, key, terms)
    page = text_of(client.get(f"/engagements/{key}/penalite?{asked}"))
    for words in said:
        assert words in page
    assert "Aucune décision" in page
    assert rows(ctx, PenaltyDecision) == []


def test_at_the_forecast_and_best_efforts(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, 120)
    make.penalty_terms(ctx, key, replace(SIXTY, best_efforts=True))
    page = text_of(client.get(f"/engagements/{key}/penalite"))
    assert "À la prévision" in page
    assert "montrer les moyens" in page


def decision_of(page: Any) -> dict[str, str]:
    """The hidden fields of the form to decide, as the page gives them."""
    body = page.get_data(as_text=True)
    found = {}
    for name in ("on", "missing", "late_days", "seen_cents", "seen_decision"):
        hidden = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', body)
        assert hidden is not None
        found[name] = hidden[1]
    return found


def test_a_person_decides_and_the_working_stays(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, 120)
    make.penalty_terms(ctx, key, SIXTY)
    address = f"/engagements/{key}/penalite"
    form = decision_of(client.get(address))
    assert (form["seen_cents"], form["missing"]) == ("720000", "120h")
    refused = client.post(address, data=form | {"kind": "reduce", "amount_cents": "100"})
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.get_data(as_text=True)
    assert 'value="100"' in refused.get_data(as_text=True)
    assert rows(ctx, PenaltyDecision) == []
    kept = client.post(address, data=form | {"kind": "reduce", "amount_cents": "1 000,50", "reason": "Moyens engagés"})
    assert kept.status_code == 303
    (row,) = rows(ctx, PenaltyDecision)
    assert (row.computed_cents, row.amount_cents) == (720_000, 100_050)
    page = text_of(client.get(address))
    assert "Moyens engagés" in page
    assert "1 000,50 €" in page
    late = client.post(address, data=form | {"kind": "apply"})
    assert late.status_code == 409
    assert "Inès Officière a décidé entre-temps" in text_of(late)


def test_a_notice_is_registered_then_received(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, 120)
    make.penalty_terms(ctx, key, replace(SIXTY, notice_required=True, notice_delay_days=15))
    address = f"/engagements/{key}/penalite"
    page = client.get(address)
    assert "aucune n’est enregistrée" in text_of(page)
    early = client.post(address, data=decision_of(page) | {"kind": "apply"})
    assert early.status_code == 422
    assert client.post(f"{address}/mise-en-demeure", data={"sent_on": "31/12/2026"}).status_code == 422
    client.post(f"{address}/mise-en-demeure", data={"sent_on": "01/11/2026"})
    assert "Réclamable depuis le 17 novembre 2026" in text_of(client.get(address))
    (row,) = rows(ctx, FormalNotice)
    refused = client.post(f"{address}/mise-en-demeure/{row.id}/reception", data={f"n{row.id}-received_on": "hier"})
    assert refused.status_code == 422
    client.post(f"{address}/mise-en-demeure/{row.id}/reception", data={f"n{row.id}-received_on": "04/11/2026"})
    assert rows(ctx, FormalNotice)[0].received_on == date(2026, 11, 4)


def test_terms_not_known_lead_to_where_they_are_filled_in(client: FlaskClient, ctx: Context) -> None:
    key = short_of(ctx, 120)
    page = client.get(f"/engagements/{key}/penalite")
    assert "Pénalités non renseignées" in text_of(page)
    assert f'href="/engagements/{key}/modifier"' in page.get_data(as_text=True)
    make.penalty_terms(ctx, key, PenaltyTerms(index_code=PenaltyIndex.SMIC, index_multiple=Decimal(2)))
    page = client.get(f"/engagements/{key}/penalite")
    assert "quel jour le contrat lit" in text_of(page)
    assert "Enregistrer la décision" not in text_of(page)


@pytest.mark.parametrize("asked", ["on=31/02/2026", "missing=7h5", "late_days=-3", "late_days=99999", "on=01/01/0206"])
def test_an_absurd_simulation_says_why(client: FlaskClient, ctx: Context, asked: str) -> None:
    key = short_of(ctx, 120)
    make.penalty_terms(ctx, key, SIXTY)
    answer = client.get(f"/engagements/{key}/penalite?{asked}")
    assert answer.status_code == 422
    assert "sont à reprendre" in text_of(answer)


def test_only_officers_open_them(app: Flask, ctx: Context) -> None:
    holder: Actor = make.company(ctx)
    key = make.commitment(ctx, holder_id=make.organisation_of(ctx, holder))
    for who in (holder, make.buyer(ctx)):
        for page in ("plan", "penalite"):
            assert client_of(app, who).get(f"/engagements/{key}/{page}").status_code == 403


def test_beside_the_figures_of_a_commitment(app: Flask, ctx: Context) -> None:
    load_embedded(ctx)
    key, bare = short_of(ctx, 120), short_of(ctx, 120)
    make.penalty_terms(ctx, key, SIXTY)
    make.plan(ctx, key, state="approved")

    def panels(commitment_id: int) -> str:
        with ctx.read() as session:
            row, today = session.get_one(Commitment, commitment_id), ctx.clock.today()
            page = SimpleNamespace(
                plans=plans_of(session, commitment_id, today),
                penalty=penalty_today(session, row, 1000 * H, row.validated_minutes, today),
            )
        with app.test_request_context():
            html = render_template("follow_up/_panels.html", page=page, view=SimpleNamespace(id=commitment_id))
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    full, empty = panels(key), panels(bare)
    assert "880 h validées pour 310 h attendues : le plan est tenu" in full
    assert "Pénalité calculée : 7 200,00 €" in full
    assert "Aucun plan suivi" in empty
    assert "non renseignées" in empty
