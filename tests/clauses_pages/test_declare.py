"""The pages of a company's month, by account and by link: typing, mending, sending, and what they never show."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, LineState, RejectReason, Route
from matching.clock import FixedClock
from matching.exchange.tables import read_table, write_csv
from matching.services.clauses import declaring, links
from matching.services.clauses.evidence import MAX_BYTES
from matching.services.context import Context
from matching.store.tables.declarations import HourDeclaration
from matching.store.tables.participations import Participation
from matching.web.app import FORM_BYTES
from tests.support import clauses
from tests.support.pages import client_of

NOVEMBER = clauses.OCTOBER.replace(month=11)
PDF = b"%PDF-1.7\n%%EOF\n"


@dataclass
class Site:
    app: Flask
    ctx: Context
    actor: Actor
    officer: Actor
    company: int
    commitment: int
    client: FlaskClient

    @property
    def base(self) -> str:
        return f"/heures/{self.commitment}/2026-10"

    def person(self, **columns: Any) -> int:
        return clauses.participation(self.ctx, self.commitment, organisation_id=self.company, **columns)

    def view(self) -> declaring.MonthView:
        return declaring.open_month(self.ctx, declaring.declarant_of(self.ctx, self.actor, self.commitment, "2026-10"))

    def post(self, base: Any = "", action: Any = "keep", client: Any = None, **fields: Any) -> Any:
        version = fields.pop("version", self.view().version)
        known = {f"k{line.key}": "1" for line in self.view().lines}
        values = known | {"version": version, "action": action} | fields
        return (client or self.client).post(base or self.base, data=values, content_type="multipart/form-data")

    def link(self, **changes: Any) -> str:
        values: dict[str, Any] = {"organisation_id": self.company, "month": clauses.OCTOBER, "days": 14} | changes
        return links.create_link(self.ctx, self.officer, self.commitment, **values).token

    def decide(self, decided: DeclarationState, **columns: Any) -> None:
        with self.ctx.write(None) as work:
            row = work.session.execute(select(HourDeclaration)).scalar_one()
            row.state = decided
            for line in row.lines:
                for name, value in columns.items():
                    setattr(line, name, value)
            work.record("test.decided", "hour_declaration", row.id)


@pytest.fixture
def site(app: Flask, ctx: Context) -> Site:
    actor, officer = clauses.company(ctx, name="Claire Essai"), clauses.officer(ctx, "Julien Essai")
    company = clauses.organisation_of(ctx, actor)
    commitment = clauses.commitment(ctx, holder_id=company, facilitator_id=officer.user_id)
    return Site(app, ctx, actor, officer, company, commitment, client_of(app, actor))


def text(answer: Any) -> str:
    """The page's words, with plain spaces."""
    bare = re.sub(r"<[^>]*>", " ", str(answer.get_data(as_text=True)))
    return " ".join(bare.replace("\u00a0", " ").split())


# --- typing ----------------------------------------------------------------------------------------------


def test_the_list_leads_to_the_month_that_waits(site: Site) -> None:
    site.person(started_on=clauses.OCTOBER)
    page = site.client.get("/heures")
    assert "Octobre 2026" in text(page)
    assert f'href="{site.base}"' in page.get_data(as_text=True)
    assert site.client.get(f"/heures/{site.commitment}/suite").location.endswith(site.base)


def test_a_month_prefilled_typed_checked_and_sent(site: Site) -> None:
    one, other = site.person(), site.person(route=Route.APPRENTICESHIP, eligible_until=clauses.OCTOBER.replace(day=18))
    clauses.declaration(site.ctx, site.commitment, site.company, {one: 35 * 60}, month=clauses.OCTOBER.replace(month=9))
    page = text(site.client.get(site.base))
    assert "Septembre : 35 h." in page
    assert "Comptent les heures jusqu’au 18 octobre 2026 inclus." in page
    assert "Heures du 1er au 18 octobre" in page
    assert "Dont formation" in page
    answer = site.post(
        action="check",
        **{f"h{one}": "31h30", f"h{other}": "14", f"t{other}": "2h", "file": (io.BytesIO(PDF), "relevé.pdf")},
    )
    assert (answer.status_code, answer.location) == (303, f"{site.base}/envoi")
    page = text(site.client.get(answer.location))
    assert "2 personnes 45 h 30" in page
    assert "relevé.pdf" in page
    answer = site.client.post(f"{site.base}/envoi", data={"version": site.view().version})
    assert answer.status_code == 303
    page = text(site.client.get(answer.location))
    assert "C’est envoyé : 45 h 30 déclarées." in page
    assert "par Claire Essai" in page
    again = site.client.post(f"{site.base}/envoi", data={"version": site.view().version})
    assert (again.status_code, "déjà été envoyée par Claire Essai" in text(again)) == (409, True)


def test_a_wrong_field_is_shown_again_with_all_that_was_typed(site: Site) -> None:
    one, other = site.person(), site.person()
    answer = site.post(action="check", **{f"h{one}": "12h75", f"h{other}": "58,5", f"d{other}": "2026-10-05"})
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>Erreur" in body
    assert 'value="12h75"' in body
    assert 'value="58,5"' in body
    assert 'value="2026-10-05"' in body
    assert f'href="#h{one}"' in body
    name = site.view().lines[0].name
    assert f"Total, sans {name} 58 h 30" in text(answer)
    assert site.view().version == 0


def test_a_month_that_goes_on_says_so_and_shows_its_dates(site: Site, clock: FixedClock) -> None:
    said = "Novembre 2026 n’est pas fini : déclarez-le à partir du 1er décembre 2026, ou dites jusqu’à quel jour vont"
    november, opened = f"/heures/{site.commitment}/2026-11", '<details class="more" open><summary>Dates'
    assert said in text(site.client.get(november))  # nobody yet: somebody may be added
    site.person()
    for page in (site.client.get(november), site.client.get(f"/declarer/{site.link(month=NOVEMBER)}")):
        body = page.get_data(as_text=True)
        assert (said in text(page), opened in body, 'value="2026-11-30"' in body) == (True, True, True)
    page = site.client.get(site.base)
    assert ("n’est pas fini" in text(page), opened in page.get_data(as_text=True)) == (False, False)
    clock.instant += timedelta(days=7)
    page = site.client.get(november)
    assert ("n’est pas fini" in text(page), opened in page.get_data(as_text=True)) == (False, False)


def test_hours_over_before_today_are_not_asked_when_they_end(site: Site) -> None:
    site.person(ended_on=NOVEMBER.replace(day=12))
    page = site.client.get(f"/heures/{site.commitment}/2026-11")
    assert "Heures du 1er au 12 novembre" in text(page)
    assert "n’est pas fini" not in text(page)


def test_keeping_for_later_sends_nothing(site: Site) -> None:
    key = site.person()
    answer = site.post(**{f"n{key}": "1"})
    assert (answer.status_code, answer.location) == (303, "/heures")
    assert "Rien n’est encore envoyé" in text(site.client.get("/heures"))
    assert (site.view().state, site.view().lines[0].minutes) == (DeclarationState.DRAFT, 0)


def test_every_button_keeps_what_is_typed_before_leaving(site: Site) -> None:
    key = site.person()
    for action, page in (("person", "personne"), ("sheet", "tableur"), (f"days:{key}", f"jours/{key}")):
        assert site.post(action=action, **{f"h{key}": "7h"}).location == f"{site.base}/{page}"
        assert site.client.get(f"{site.base}/{page}").status_code == 200
    assert site.view().lines[0].minutes == 420


def test_two_people_at_once(site: Site) -> None:
    key = site.person()
    site.post(**{f"h{key}": "7h"})
    late = site.post(version=0, **{f"h{key}": "9h"})
    assert (late.status_code, "Quelqu’un de votre entreprise" in text(late)) == (409, True)


def test_a_wrong_document_tells_the_remedy(site: Site) -> None:
    key = site.person()
    answer = site.post(**{f"h{key}": "7h", "file": (io.BytesIO(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "photo.pdf")})
    assert (answer.status_code, "Renommez-le en .png" in text(answer)) == (422, True)


def test_a_document_of_the_size_allowed_comes_with_its_form(site: Site) -> None:
    key = site.person()
    heaviest = PDF.ljust(MAX_BYTES, b"0")
    answers = [
        site.post(**{f"h{key}": hours, "file": (io.BytesIO(content), "releve.pdf")})
        for hours, content in (("10", heaviest), ("11", heaviest + b"0"))
    ]
    assert [answer.status_code for answer in answers] == [303, 422]
    assert [item.size for item in site.view().evidence] == [MAX_BYTES]
    assert 'value="11"' in answers[1].get_data(as_text=True), "what was typed is still there"
    for answer in answers:
        answer.request.environ["wsgi.input"].close()  # the test client keeps what it sends in a file


def test_a_company_of_hundreds_of_people_declares_them_in_one_form(site: Site) -> None:
    keys = [site.person() for _ in range(210)]
    fields: dict[str, Any] = {}
    for key in keys:  # nothing left empty: the test client writes empty fields as no browser does
        fields |= {f"h{key}": "10", f"t{key}": "0", f"d{key}": "01/10/2026", f"a{key}": "31/10/2026"}
    assert site.post(**fields).status_code == 303
    assert site.view().total == 210 * 600


def test_a_document_too_heavy_tells_the_limit(site: Site) -> None:
    assert site.app.config["MAX_CONTENT_LENGTH"] == site.ctx.settings.upload_max_bytes + FORM_BYTES
    site.app.config["MAX_CONTENT_LENGTH"] = 2000
    key = site.person()
    for base in ("", f"/declarer/{site.link()}"):
        answer = site.post(base, **{f"h{key}": "7h", "file": (io.BytesIO(PDF.ljust(2000, b"0")), "lourd.pdf")})
        assert (answer.status_code, "10 Mo au plus" in text(answer)) == (413, True)
    assert site.view().version == 0


def test_days(site: Site) -> None:
    key = site.person()
    path = f"{site.base}/jours/{key}"
    wrong = site.client.post(path, data={"version": 0, "j1": "25h", "j2": "7h"})
    assert (wrong.status_code, 'value="25h"' in wrong.get_data(as_text=True)) == (422, True)
    assert site.client.post(path, data={"version": 0, "j1": "3h30", "j2": "7h"}).status_code == 303
    assert "10 h 30 sur 2 jours" in text(site.client.get(site.base))
    site.client.post(path, data={"version": site.view().version, "action": "clear"})
    assert site.view().lines[0].minutes is None


def test_adding_people(site: Site) -> None:
    path = f"{site.base}/personne"
    data = {"version": 0, "by": "name", "given_name": "Aminata", "family_name": "Essai", "route": "direct_hire"}
    wrong = site.client.post(path, data=data)
    assert (wrong.status_code, 'value="Aminata"' in wrong.get_data(as_text=True)) == (422, True)
    assert site.client.post(path, data={"version": 0, "by": "code", "code": ""}).status_code == 422
    answer = site.client.post(path, data=data | {"started_on": "05/10/2026"})
    page = text(site.client.get(answer.location))
    assert "Aminata E." in page
    assert "On ne sait pas encore si ses heures comptent" in page


def test_a_spreadsheet(site: Site) -> None:
    one, other = site.person(), site.person()
    for kind in ("csv", "xlsx"):
        table = read_table(site.client.get(f"{site.base}/modele.{kind}").data)
    codes = [row.cells[0] for row in table.rows]
    bad = write_csv(("Code", "Heures"), [(codes[0], "7h"), (codes[1], "7 30")])
    path = f"{site.base}/tableur"
    refused = site.client.post(path, data={"version": 0, "file": (io.BytesIO(bad), "mois.csv")})
    assert refused.status_code == 422
    assert "peut se lire de deux façons" in text(refused)
    assert site.view().version == 0
    good = write_csv(("Code", "Heures"), [(codes[0], "7h")])
    answer = site.client.post(path, data={"version": 0, "file": (io.BytesIO(good), "mois.csv")})
    assert f"Sans ligne dans le fichier : {codes[1]}." in text(site.client.get(answer.location))
    assert [line.minutes for line in site.view().lines] == [420, None]
    assert site.client.post(path, data={"version": 0}).status_code == 422
    assert site.client.get(f"{site.base}/modele.exe").status_code == 404
    assert one < other


# --- after -----------------------------------------------------------------------------------------------


def send(site: Site, key: int) -> None:
    site.post(**{f"h{key}": "7h"})
    site.client.post(f"{site.base}/envoi", data={"version": site.view().version})


def test_what_was_returned_shows_why(site: Site) -> None:
    key = site.person()
    send(site, key)
    site.decide(
        DeclarationState.RETURNED, state=LineState.REJECTED, reject_reason=RejectReason.OTHER, reason_note="Quel lot ?"
    )
    with site.ctx.write(None) as work:
        work.session.execute(select(HourDeclaration)).scalar_one().return_reason = "Précisez le lot."
        work.record("test.why", "hour_declaration", 1)
    page = text(site.client.get(site.base))
    assert "Précisez le lot." in page
    assert "Quel lot ?" in page


def test_a_decided_month_is_corrected_on_request_or_completed(site: Site) -> None:
    key = site.person()
    send(site, key)
    assert site.client.get(f"{site.base}/correction").location == site.base
    for page in ("personne", "tableur", f"jours/{key}"):
        assert site.client.get(f"{site.base}/{page}").location == site.base
    site.decide(DeclarationState.VALIDATED, state=LineState.VALIDATED)
    assert "Demander une correction" in text(site.client.get(site.base))
    path = f"{site.base}/correction"
    assert site.client.post(path, data={"hours": "7 30", "message": "Faux"}).status_code == 422
    assert site.client.post(path, data={"hours": "", "message": ""}).status_code == 422
    line = site.view().lines[0].line_id
    answer = site.client.post(path, data={"line_id": line, "hours": "6h", "message": "Un jour de trop."})
    assert "demande de correction est partie" in text(site.client.get(answer.location))
    assert site.client.post(f"{site.base}/complement").status_code == 303
    assert "heures oubliées" in text(site.client.get(site.base))
    first = text(site.client.get(f"{site.base}?n=1"))
    assert "Demander une correction" in first
    assert "Ajouter des heures oubliées" not in first
    assert site.client.get(f"{site.base}?n=3").status_code == 404
    dropped = site.client.post(f"{site.base}/complement", data={"action": "drop", "version": site.view().version})
    assert dropped.status_code == 303
    assert site.view().number == 1


def test_a_document_after_sending(site: Site) -> None:
    send(site, site.person())
    path = f"{site.base}/justificatif"
    assert site.client.post(path).status_code == 422
    assert site.client.post(path, data={"file": (io.BytesIO(PDF), "r.pdf")}).status_code == 303
    assert "r.pdf" in text(site.client.get(site.base))


# --- whose month -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "/envoi", "/personne", "/tableur", "/modele.csv", "/jours/1", "/correction"])
def test_another_company_finds_nothing(site: Site, page: str) -> None:
    site.person()
    stranger = client_of(site.app, clauses.company(site.ctx))
    assert stranger.get(site.base + page).status_code == 404
    assert stranger.post(site.base + (page or "")).status_code in (404, 405)


@pytest.mark.parametrize("month", ["2026-12", "2025-10"])
def test_months_refused_say_why(site: Site, month: str) -> None:
    answer = site.client.get(f"/heures/{site.commitment}/{month}")
    assert answer.status_code == 422
    assert "pas commencé" in text(answer) or "notifié" in text(answer)


def test_nobody_s_family_name_is_on_the_pages(site: Site) -> None:
    key = site.person()
    with site.ctx.read() as session:
        family = session.get_one(Participation, key).person.family_name
    site.post(**{f"h{key}": "7h"})
    for page in ("", "/envoi", f"/jours/{key}", "/tableur", "/modele.csv"):
        assert family not in site.client.get(site.base + page).get_data(as_text=True)


# --- by link ---------------------------------------------------------------------------------------------


def test_by_link_without_account_from_typing_to_sending(site: Site) -> None:
    key, token = site.person(), site.link()
    visitor, base = client_of(site.app), f"/declarer/{token}"
    page = visitor.get(base)
    assert (page.status_code, page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == (
        200,
        "no-referrer",
        "no-store",
    )
    assert "/heures" not in page.get_data(as_text=True)
    answer = site.post(base, "check", visitor, **{f"h{key}": "7h30"})
    assert answer.location == f"{base}/envoi"
    assert "7 h 30" in text(visitor.get(answer.location))
    answer = visitor.post(f"{base}/envoi", data={"version": site.view().version})
    page = visitor.get(answer.location)
    assert "par le lien envoyé par courriel" in text(page)
    assert site.view().state is DeclarationState.SUBMITTED
    site.decide(DeclarationState.VALIDATED)
    assert "/correction" not in visitor.get(base).get_data(as_text=True)


def test_expired_revoked_guessed_show_the_same_page_without_data(site: Site, clock: FixedClock) -> None:
    site.person()
    token, visitor = site.link(), client_of(site.app)
    clock.instant += timedelta(days=14)
    answers = [visitor.get(f"/declarer/{one}") for one in (token, "a" * 43, "x")]
    answers += [visitor.post(f"/declarer/{token}/envoi", data={"version": 1})]
    assert {answer.status_code for answer in answers} == {404}
    assert len({text(answer) for answer in answers}) == 1
    assert "Demandez-en un nouveau" in text(answers[0])
    assert "Société" not in text(answers[0])
    assert {answer.headers["Referrer-Policy"] for answer in answers} == {"no-referrer"}


def test_a_link_opens_no_other_month_nor_page(site: Site) -> None:
    token, visitor = site.link(), client_of(site.app)
    assert visitor.get(f"/declarer/{token}/correction").status_code == 404
    assert visitor.get(f"/heures/{site.commitment}/2026-10").status_code == 302
    assert visitor.get(f"/declarer/{token}/2026-09").status_code == 404


def test_a_form_of_a_link_needs_its_token_of_the_session(site: Site) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    key, visitor = site.person(), client_of(site.app)
    base = f"/declarer/{site.link()}"
    assert site.post(base, "keep", visitor, **{f"h{key}": "7h"}).status_code == 400
    found = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get(base).get_data(as_text=True))
    assert found
    answer = site.post(base, "keep", visitor, csrf_token=found[1], **{f"h{key}": "7h"})
    assert answer.status_code == 303


# --- the officer's links ---------------------------------------------------------------------------------


def test_an_officer_makes_a_link_told_once_and_revokes_it(site: Site) -> None:
    officer, path = client_of(site.app, site.officer), f"/engagements/{site.commitment}/liens"
    assert officer.post(path, data={"organisation_id": site.company, "days": "14"}).status_code == 422
    body = text(officer.get(path))
    assert body.index("octobre 2026") < body.index("novembre 2026 (pas encore fini)")
    made = officer.post(path, data={"organisation_id": site.company, "month": "2026-10", "days": "14"})
    found = re.search(r"http://localhost(/declarer/[\w-]{43})", made.get_data(as_text=True))
    assert found
    assert "octobre 2026" in text(made)
    assert client_of(site.app).get(found[1]).status_code == 200
    assert found[1] not in officer.get(path).get_data(as_text=True)
    assert officer.post(f"{path}/retirer", data={"link_id": "1"}).status_code == 303
    assert client_of(site.app).get(found[1]).status_code == 404
    assert officer.post(f"{path}/retirer", data={"link_id": "99"}).status_code == 404
    assert site.client.get(path).status_code == 403
