"""The main job, from the first page to the hire, as people do it: with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from matching.store.tables.accounts import UserAccount
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.offers import Offer
from matching.store.tables.people import Candidate
from matching.store.tables.proposals import Proposal
from matching.store.tables.trail import AuditEvent
from matching.terms import OfferState, ProposalState
from tests.browser.conftest import Served, follow

pytestmark = pytest.mark.browser

OFFER = 1


def _step(page: Any, target: str, **typed: str) -> None:
    """Note the next state of the proposal shown."""
    panel = page.locator(f"details:has(input[name=target][value={target}])")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    for name, value in typed.items():
        control = panel.locator(f"[name={name}]")
        if control.first.get_attribute("type") == "radio":
            panel.locator(f"[name={name}][value={value}]").check()
        elif control.evaluate("e => e.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    follow(panel.locator("button"))


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_from_the_offer_to_the_hire(demo: Served, enter: Callable[..., Any], javascript: bool) -> None:
    page = enter("adviser", javascript=javascript)
    page.goto("/offres")
    with demo.ctx.read() as session:
        title, seats = session.execute(select(Offer.title, Offer.filled_seats).where(Offer.id == OFFER)).one()
    page.goto(f"/offres/{OFFER}")
    follow(page.get_by_role("link", name="Personnes", exact=True).last)
    page.wait_for_url("**/personnes")
    assert title in page.locator("h1").inner_text()
    # Relax something, see who comes in, come back.
    relax = page.locator("form:has-text('Voir qui entre')")
    relax.get_by_role("checkbox").first.check()
    follow(relax.get_by_role("button", name="Voir qui entre"))
    page.wait_for_url(re.compile("sans=|avec="))
    assert "Essai" in page.locator(".note.good").inner_text()
    follow(page.get_by_role("link", name="Revenir à l’offre publiée"))
    # Two people ticked, looked at once more, proposed.
    boxes = page.locator("input[name=candidate]")
    names = [boxes.nth(i).get_attribute("aria-label").removeprefix("Choisir ") for i in (0, 1)]
    boxes.nth(0).check()
    boxes.nth(1).check()
    follow(page.get_by_role("button", name="Proposer…"))
    assert all(name in page.locator("main").inner_text() for name in names)
    follow(page.get_by_role("button", name=re.compile("^Proposer ")))
    page.wait_for_url("**/propositions?offre=*")
    assert "accord" in page.get_by_role("status").first.inner_text()
    # The person agrees by phone; the employer is told; they meet; hired.
    follow(page.get_by_role("link", name=names[0]).first)
    _step(page, "agreed", channel="phone")
    assert "Accord de la personne" in page.locator("h1").inner_text()
    _step(page, "sent")
    _step(page, "interview", step_date="25/11/2026")
    _step(page, "hired", step_date="30/11/2026")
    assert "Embauche" in page.locator("h1").inner_text()
    with demo.ctx.read() as session:
        made = session.execute(select(Proposal).where(Proposal.offer_id == OFFER).order_by(Proposal.id.desc()).limit(2))
        assert {row.state for row in made.scalars()} == {ProposalState.HIRED, ProposalState.PROPOSED}
        assert session.get_one(Offer, OFFER).filled_seats == seats + 1
        assert session.execute(select(ExposureLog.id)).first()
        actions = set(session.execute(select(AuditEvent.action)).scalars())
    assert {"list.shown"} <= actions
    assert any("proposal" in action for action in actions)


def test_an_agreement_without_how_it_was_given_keeps_what_was_typed(demo: Served, enter: Callable[..., Any]) -> None:
    page = enter("adviser")
    with demo.ctx.read() as session:
        unit = session.get_one(UserAccount, 1).unit_id
        query = select(Proposal.id).join(Candidate, Candidate.id == Proposal.candidate_id)
        ours = query.where(Proposal.state == ProposalState.PROPOSED, Candidate.unit_id == unit)
        key = session.execute(ours).scalars().first()
    page.goto(f"/propositions/{key}")
    _step(page, "agreed", note="Rappeler jeudi.")
    assert page.get_by_role("alert").is_visible()
    assert page.locator("textarea[name=note]").first.input_value() == "Rappeler jeudi."


def _save(page: Any) -> None:
    """The button people see; another, out of sight, answers the Enter key."""
    follow(page.locator("button[name=action][value=save]").last)


def _fill_offer(page: Any, title: str, description: str) -> None:
    page.get_by_label("Intitulé du poste").fill(title)
    follow(page.get_by_role("button", name=re.compile("Trouver le métier")))
    page.locator("input[name=rome]").first.check()
    page.get_by_label("Description").fill(description)
    page.get_by_label("Nombre de postes").fill("2")
    page.get_by_label("Type de contrat").select_option("permanent")
    page.get_by_label("Durée hebdomadaire").fill("35h")
    page.get_by_label("Date de début").fill("04/01/2027")
    page.get_by_label("Salaire brut, en euros").fill("12,60")
    page.get_by_label("Du lundi au vendredi").fill("8h-15h")
    page.locator("input[name=place_words]").fill("Rezé")
    follow(page.get_by_role("button", name="Ajouter la commune"))
    place = page.locator("input[name=place]").first
    if not place.is_checked():
        place.check()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_an_employer_posts_is_stopped_mends_and_an_adviser_publishes(
    demo: Served, enter: Callable[..., Any], javascript: bool
) -> None:
    page = enter("employer", javascript=javascript)
    page.goto("/employeur/offres/nouvelle")
    _fill_offer(page, "Plongeur en restauration", "Laver la vaisselle. Femme de moins de 30 ans souhaitée.")
    _save(page)
    page.wait_for_url(re.compile(r"/employeur/offres/\d+$"))
    address = page.url
    send = page.locator("form:has(input[name=target][value=to_check])").get_by_role("button")
    follow(send)
    told = page.locator("main").inner_text()
    assert "moins de 30 ans" in told
    assert re.search(r"art\.|article|L\. ?1132|1142", told)
    # Mended, then sent.
    page.goto(address + "/modifier")
    page.get_by_label("Description").fill("Laver la vaisselle, ranger, nettoyer les sols.")
    _save(page)
    page.wait_for_url(address)
    follow(page.locator("form:has(input[name=target][value=to_check])").get_by_role("button"))
    key = int(address.rsplit("/", 1)[1])
    assert _state(demo, key) is OfferState.TO_CHECK
    adviser = enter("adviser", javascript=javascript)
    adviser.goto(f"/offres/{key}")
    follow(adviser.locator("form:has(input[name=target][value=published])").get_by_role("button"))
    assert _state(demo, key) is OfferState.PUBLISHED
    page.goto(address)
    assert "en ligne" in page.locator("main").inner_text()


def _state(demo: Served, key: int) -> OfferState:
    with demo.ctx.read() as session:
        return session.get_one(Offer, key).state


def test_a_word_finds_an_occupation(demo: Served, enter: Callable[..., Any]) -> None:
    page = enter("adviser")
    page.goto("/metiers")
    page.get_by_label("Le métier, en vos mots").fill("plongeur resto")
    follow(page.get_by_role("button", name="Chercher"))
    page.wait_for_url(re.compile("mots="))
    assert "G1605" in page.locator("main").inner_text()


def test_logged_out_the_page_asks_to_log_in_and_comes_back(demo: Served, enter: Callable[..., Any]) -> None:
    page = enter()
    page.goto(f"/offres/{OFFER}/personnes")
    assert "/connexion" in page.url
    page.get_by_label("Adresse électronique").fill("conseil1@departement.example")
    page.get_by_label("Mot de passe").fill("quatre-mots-pour-essayer")
    follow(page.get_by_role("button", name="Se connecter"))
    page.wait_for_url(f"**/offres/{OFFER}/personnes")
    follow(page.get_by_role("button", name="Se déconnecter").first)
    page.go_back()
    page.reload()
    assert "/connexion" in page.url
