"""The pages that take over a register: choose, send, mend in place, see what changes, confirm."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.clock import FixedClock
from matching.services.clauses.importing import KINDS
from matching.services.clauses.rules import load_clause_defaults
from matching.services.context import Context
from matching.store.tables.declarations import DeclarationLine
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.trail import AuditEvent
from tests.support import clauses, factories
from tests.support.pages import client_of

HEADER = "Numéro du contrat;Lot;Code du participant;Mois;Heures\n"
GOOD = "M-1;9;H-0001;05/2026;100\nM-1;9;H-0001;06/2026;7h30\n"
BAD = "M-1;9;H-0001;07/2026;7h5\nM-2;9;H-0001;08/2026;10\n"


@pytest.fixture
def me(ctx: Context) -> Actor:
    load_clause_defaults(ctx)
    company = factories.organisation(ctx)
    commitment = clauses.commitment(ctx, clauses.contract(ctx, number="M-1"), lot="9", holder_id=company)
    clauses.participation(ctx, commitment, organisation_id=company, code="H-0001")
    return clauses.officer(ctx)


@pytest.fixture
def client(app: Flask, me: Actor) -> FlaskClient:
    return client_of(app, me)


def _send(client: FlaskClient, text: str, kind: str = "heures", name: str = "heures.csv") -> tuple[int, str]:
    answer = client.post(
        f"/reprise/{kind}", data={"file": (io.BytesIO(text.encode()), name)}, content_type="multipart/form-data"
    )
    return answer.status_code, unescape(answer.text)


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def _counts(ctx: Context) -> tuple[int, ...]:
    with ctx.read() as session:
        tables = (DeclarationLine, LedgerEntry, AuditEvent)
        return tuple(session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


def test_a_good_file_is_seen_then_taken_over_then_already_there(client: FlaskClient, ctx: Context) -> None:
    before = _counts(ctx)
    status, page = _send(client, HEADER + GOOD)
    assert (status, _counts(ctx)) == (200, before)
    assert "Ce qui va changer" in page
    assert "107\u00a0h\u00a030 au grand livre (2\u00a0lignes)" in page
    token = _token(page)
    done = client.post("/reprise/heures/confirmer", data={"token": token})
    assert (done.status_code, done.headers["Location"]) == (303, "/reprise")
    assert "Repris\u00a0: 107\u00a0h\u00a030" in client.get("/reprise").text
    assert _counts(ctx)[:2] == (2, 2)
    assert client.post("/reprise/heures/confirmer", data={"token": token}).status_code == 422
    _, again = _send(client, HEADER + GOOD)
    assert "Rien à changer" in again
    assert "Enregistrer tout" not in again


def test_errors_are_mended_in_place(client: FlaskClient, ctx: Context) -> None:
    before = _counts(ctx)
    status, page = _send(client, HEADER + GOOD + BAD)
    assert (status, _counts(ctx)) == (422, before)
    assert "2\u00a0lignes à corriger dans le fichier. Rien n’a été enregistré." in page
    assert re.search(r'name="cell-4-4" value="7h5"', page)
    assert "Aucun engagement à ce numéro. Vouliez-vous dire M-1" in page
    token = _token(page)
    told = client.post("/reprise/heures/corriger", data={"token": token, "cell-4-4": "7h05", "cell-5-0": "M-2"})
    assert told.status_code == 422
    assert "7h5" not in told.text
    assert 'name="cell-5-0" value="M-2"' in told.text
    seen = client.post("/reprise/heures/corriger", data={"token": token, "cell-5-0": "M-1"})
    assert (seen.status_code, "124\u00a0h\u00a035 au grand livre" in seen.text) == (200, True)
    client.post("/reprise/heures/confirmer", data={"token": token})
    with ctx.read() as session:
        assert session.execute(select(func.sum(LedgerEntry.minutes))).scalar_one() == 124 * 60 + 35


def test_bad_lines_are_left_aside_or_downloaded(client: FlaskClient, ctx: Context) -> None:
    _, page = _send(client, HEADER + GOOD + BAD)
    token = _token(page)
    file = client.post("/reprise/heures/lignes", data={"token": token})
    assert file.headers["Content-Disposition"] == 'attachment; filename="a-corriger-heures.csv"'
    text = file.data.decode("utf-8-sig")
    assert len(text.splitlines()) == 3
    assert "À corriger" in text.splitlines()[0]
    seen = client.post("/reprise/heures/corriger", data={"token": token, "drop": ["4", "5"]})
    assert seen.status_code == 200
    assert "2\u00a0lignes laissées de côté" in unescape(seen.text).replace("&nbsp;", "\u00a0")
    everything = client.post("/reprise/heures/corriger", data={"token": token, "drop": ["2", "3", "4", "5"]})
    assert (everything.status_code, "il ne reste rien" in everything.text) == (422, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "vide"), ("\x89PNG", "n’est pas"), ("a;b\n1;2\n", "Il manque"), (HEADER, "que la ligne d’en-têtes")],
)
def test_what_is_not_such_a_file(client: FlaskClient, ctx: Context, content: str, said: str) -> None:
    before = _counts(ctx)
    status, page = _send(client, content)
    assert status == 422
    assert "Ce fichier est à reprendre" in page
    assert said in page or content == "\x89PNG"
    assert _counts(ctx) == before


def test_no_file_at_all(client: FlaskClient) -> None:
    answer = client.post("/reprise/heures", data={})
    assert (answer.status_code, "Choisissez un fichier" in answer.text) == (422, True)


def test_a_file_is_its_senders_and_of_its_kind(app: Flask, client: FlaskClient, ctx: Context) -> None:
    _, page = _send(client, HEADER + GOOD)
    token = _token(page)
    other = client_of(app, clauses.officer(ctx))
    for step in ("corriger", "confirmer", "lignes"):
        assert other.post(f"/reprise/heures/{step}", data={"token": token}).status_code == 422
        assert client.post(f"/reprise/participants/{step}", data={"token": token}).status_code == 422
    assert _counts(ctx)[:2] == (0, 0)


def test_a_file_is_kept_half_an_hour(client: FlaskClient, clock: FixedClock) -> None:
    _, page = _send(client, HEADER + GOOD)
    for _ in range(2):
        clock.instant += timedelta(minutes=16)
        client.get("/reprise")
    late = client.post("/reprise/heures/confirmer", data={"token": _token(page)})
    assert (late.status_code, "n’est plus gardé" in late.text) == (422, True)


def test_what_changed_meanwhile_is_told_at_the_confirmation(client: FlaskClient, ctx: Context) -> None:
    _, page = _send(client, HEADER + GOOD)
    with ctx.read() as session:
        from matching.store.tables.contracts import CommitmentParty

        party = session.execute(select(CommitmentParty)).scalars().first()
        assert party is not None
        company, commitment = party.organisation_id, party.commitment_id
    clauses.declaration(ctx, commitment, company)
    from datetime import date

    clauses.declaration(ctx, commitment, company, month=date(2026, 5, 1))
    told = client.post("/reprise/heures/confirmer", data={"token": _token(page)})
    assert (told.status_code, "attend votre décision" in told.text) == (422, True)


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.slug)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_templates(client: FlaskClient, kind: object, ending: str) -> None:
    from matching.services.clauses.importing import FileKind

    assert isinstance(kind, FileKind)
    answer = client.get(f"/reprise/{kind.slug}/modele.{ending}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="modele-{kind.slug}.{ending}"'
    page = client.get(f"/reprise/{kind.slug}").text
    assert all(header in unescape(page) for header in kind.expected())
    sent = client.post(
        f"/reprise/{kind.slug}", data={"file": (io.BytesIO(answer.data), "x")}, content_type="multipart/form-data"
    )
    # The example of the first file can be taken over as it is; the others speak of what it makes.
    assert sent.status_code == (200 if kind.code == "commitments" else 422)
    assert client.get(f"/reprise/{kind.slug}/modele.exe").status_code == 404


def test_only_officers(app: Flask, ctx: Context) -> None:
    for actor in (factories.adviser(ctx), clauses.company(ctx), clauses.buyer(ctx)):
        client = client_of(app, actor)
        assert client.get("/reprise").status_code == 403
        assert client.post("/reprise/heures").status_code == 403
    assert client_of(app).get("/reprise").status_code == 302
