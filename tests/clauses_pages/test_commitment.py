"""The page of a commitment: what it says, in every state, and that no request sums the ledger."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from matching.clauses.ledger import Entry
from matching.clauses.terms import AlertLevel, DeclarationState, EntryKind, EventKind, PartyRole, TerminationRule
from matching.services.clauses import progress
from matching.services.clauses.history import read_history
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.participations import Participation
from matching.terms import Known
from tests.support import clauses
from tests.support import factories as make
from tests.support.pages import client_of

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def words(body: str) -> str:
    """The text people read, spaces made plain."""
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").replace("&#39;", "’").split())


def filled(ctx: Context, **columns: Any) -> tuple[int, int]:
    """A commitment of 1 000 h with a holder, one person, 300 h validated in two months, 40 h waiting."""
    holder = make.organisation(ctx)
    key = clauses.commitment(ctx, holder_id=holder, **columns)
    person = clauses.participation(ctx, key, organisation_id=holder, eligible_until=date(2026, 12, 15))
    clauses.validated(ctx, key, person, 100 * 60, month=date(2026, 8, 1))
    clauses.validated(ctx, key, person, 200 * 60, month=SEPTEMBER)
    clauses.declaration(ctx, key, holder, {person: 40 * 60}, month=OCTOBER)
    return key, person


def test_figures_of_a_commitment(any_ctx: Context) -> None:
    key, person = filled(any_ctx)
    clauses.event(any_ctx, key, EventKind.AMENDMENT, minutes=100 * 60, effective_on=OCTOBER)
    view = progress.read_commitment(any_ctx, clauses.officer(any_ctx), key)
    assert (view.due, view.validated, view.percent) == (1100 * 60, 300 * 60, Decimal("27.3"))
    assert (view.forecast.submitted, view.waiting) == (40 * 60, 1)
    assert [(one.month, one.declared, one.validated) for one in view.months] == [
        (OCTOBER, 40 * 60, 0),
        (SEPTEMBER, 200 * 60, 200 * 60),
        (date(2026, 8, 1), 100 * 60, 100 * 60),
    ]
    (one,) = view.people
    # 35 h a week from 1 November, eligible to 15 December: the last sixteen days are at risk.
    assert (one.code, one.validated, one.at_risk) == ("H-0001", 300 * 60, 16 * 5 * 60)
    assert view.by_route == (("Embauche directe", 300 * 60),)
    assert [point.month.month for point in view.points] == list(range(1, 13))
    assert view.points[8].validated == 300 * 60
    assert person == one.participation_id


REFUSED_OR_NOT = [
    ({"eligible": Known.NO}, (0, 0, 0)),
    ({"weekly_minutes": None}, (0, 0, 0)),
    ({"eligible": Known.YES, "eligible_until": None}, (61, 0, 0)),
    ({"eligible": Known.UNKNOWN, "eligible_until": None}, (0, 0, 61)),
    ({"eligible": Known.YES, "eligible_until": date(2026, 11, 30)}, (30, 31, 0)),
]


@pytest.mark.parametrize(("columns", "days"), REFUSED_OR_NOT)
def test_what_is_planned_depends_on_eligibility(
    ctx: Context, columns: dict[str, Any], days: tuple[int, int, int]
) -> None:
    key = clauses.commitment(ctx)
    person = clauses.participation(ctx, key, started_on=date(2026, 11, 1), weekly_minutes=7 * 60)
    with ctx.write(None) as work:
        row = work.session.get_one(Participation, person)
        for name, value in columns.items():
            setattr(row, name, value)
        work.record("test.changed", "participation", person)
    found = progress.read_commitment(ctx, clauses.officer(ctx), key).forecast
    assert (found.sure, found.at_risk, found.to_confirm) == tuple(60 * one for one in days)


def test_the_page_says_it(app: Flask, ctx: Context) -> None:
    key, _ = filled(ctx, label="Lot 9 Peinture")
    client = client_of(app, clauses.officer(ctx))
    body = client.get(f"/engagements/{key}").get_data(as_text=True)
    text = words(body)
    assert "Lot 9 Peinture" in text
    assert "1 000 h" in text
    assert "30,0 % des heures dues" in text
    assert "À vous de valider 1 déclaration" in text
    assert "Octobre 2026" in text
    assert body.count("<svg") >= 2
    assert "Les mêmes chiffres en tableau" in text


def test_a_terminated_commitment_ends_that_day(any_ctx: Context) -> None:
    """Half its year gone, all its window: no hour is planned later, and nobody is asked to catch up."""
    key, _ = filled(any_ctx)
    rule: dict[str, Any] = {"termination_rule": TerminationRule.BY_TIME, "effective_on": date(2026, 10, 31)}
    before = progress.read_commitment(any_ctx, clauses.officer(any_ctx), key)
    clauses.event(any_ctx, key, EventKind.TERMINATION, **rule)
    page = progress.read_follow_up(any_ctx, clauses.officer(any_ctx), key)
    assert before.forecast.sure > 0
    assert page.view.forecast.sure + page.view.forecast.at_risk == 0
    assert (page.view.elapsed_percent, before.elapsed_percent) == (Decimal("100.0"), Decimal("89.6"))
    assert page.view.standing.level is AlertLevel.RED
    assert not any("plan de rattrapage" in step.sentence for step in (page.step, *page.others))
    assert any("l’engagement a fini le 31\u00a0octobre" in step.sentence for step in (page.step, *page.others))


def test_a_group_shows_who_leads_it(app: Flask, ctx: Context) -> None:
    key = clauses.commitment(ctx)
    clauses.party(ctx, key, make.organisation(ctx, "Alpha Inventé"), PartyRole.LEAD_HOLDER)
    clauses.party(ctx, key, make.organisation(ctx, "Béta Inventé"), PartyRole.CO_CONTRACTOR)
    text = words(client_of(app, clauses.officer(ctx)).get(f"/engagements/{key}").get_data(as_text=True))
    assert "Mandataire Alpha Inventé Cotraitant Béta Inventé" in text


def test_an_empty_commitment_says_what_is_not_known(app: Flask, ctx: Context) -> None:
    key = clauses.commitment(ctx, minutes=0, window_from=None, window_to=None)
    text = words(client_of(app, clauses.officer(ctx)).get(f"/engagements/{key}").get_data(as_text=True))
    assert "Aucune heure n’est due à cette date" in text
    assert "Rien à dessiner" in text
    assert "Travaux du lot : à préciser" in text
    assert "Personne n’est encore sur cet engagement" in text


def test_a_month_that_nobody_declared_is_shown(app: Flask, ctx: Context) -> None:
    holder = make.organisation(ctx)
    key = clauses.commitment(ctx, holder_id=holder)
    clauses.participation(ctx, key, organisation_id=holder, started_on=OCTOBER)
    text = words(client_of(app, clauses.officer(ctx)).get(f"/engagements/{key}").get_data(as_text=True))
    assert "Octobre 2026 Attendu le 5 novembre 2026, pas encore déclaré." in text
    assert "18 jours de retard" in text


def test_hours_without_a_declaration_are_told(app: Flask, ctx: Context) -> None:
    key = clauses.commitment(ctx)
    with ctx.write(None) as work:
        ledger.append(work, [Entry(EntryKind.OPENING, key, 90 * 60, SEPTEMBER, SEPTEMBER)])
    text = words(client_of(app, clauses.officer(ctx)).get(f"/engagements/{key}").get_data(as_text=True))
    assert "Sans déclaration ici (solde repris, heures mutualisées) : septembre 2026, 90 h." in text


def test_the_ledger_is_read_page_by_page(app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "ENTRIES_SHOWN", 2)
    key = clauses.commitment(ctx)
    person = clauses.participation(ctx, key)
    for month in (7, 8, 9):
        clauses.validated(ctx, key, person, 60 * month, month=date(2026, month, 1))
    client = client_of(app, clauses.officer(ctx))
    first = client.get(f"/engagements/{key}/grand-livre").get_data(as_text=True)
    assert "depuis=3" in first
    assert "9 h" in words(client.get(f"/engagements/{key}/grand-livre?depuis=3").get_data(as_text=True))
    assert client.get(f"/engagements/{key}/grand-livre?depuis=²").status_code == 200
    table = client.get(f"/engagements/{key}/grand-livre.csv").get_data(as_text=True)
    assert table.count("H-0001") == 3
    assert client.get(f"/engagements/{key}/grand-livre.xlsx").data.startswith(b"PK")


def test_history_of_a_commitment_and_what_it_holds(app: Flask, ctx: Context) -> None:
    key, _ = filled(ctx)
    found = read_history(ctx, clauses.officer(ctx), key)
    actions = [entry.action for entry in found.entries]
    assert {"test.participation", "test.event", "test.declaration"} <= set(actions)
    assert "ledger.appended" not in actions
    page = client_of(app, clauses.officer(ctx)).get(f"/engagements/{key}/historique")
    assert page.status_code == 200


def statements(ctx: Context, path: str, app: Flask) -> list[str]:
    """The statements that one opening of `path` sends."""
    client = client_of(app, clauses.officer(ctx))
    client.get(path)
    found: list[str] = []

    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(ctx.engine, "before_cursor_execute", watch)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(ctx.engine, "before_cursor_execute", watch)
    return found


def test_the_page_neither_counts_nor_sums_the_ledger(app: Flask, ctx: Context) -> None:
    key, person = filled(ctx)
    few = statements(ctx, f"/engagements/{key}", app)
    for month in range(1, 8):
        clauses.validated(ctx, key, person, 600, month=date(2026, month, 1))
        clauses.participation(ctx, key)
    many = statements(ctx, f"/engagements/{key}", app)
    assert len(few) == len(many)
    assert [one for one in many if "ledger_entry" in one] == []


def test_declarations_sent_back_and_drafts_have_their_state(ctx: Context) -> None:
    holder = make.organisation(ctx)
    key = clauses.commitment(ctx, holder_id=holder)
    person = clauses.participation(ctx, key, organisation_id=holder)
    clauses.declaration(ctx, key, holder, {person: 60}, month=SEPTEMBER, state=DeclarationState.RETURNED)
    clauses.declaration(ctx, key, holder, {person: None}, month=OCTOBER, state=DeclarationState.DRAFT)
    found = progress.read_commitment(ctx, clauses.officer(ctx), key).months
    assert [(one.state.value, one.declared) for one in found] == [("draft", 0), ("returned", 60)]
