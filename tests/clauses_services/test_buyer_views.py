"""What buyers and companies are given: figures on both engines, codes, and never a participant's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.ledger import reversal_of
from matching.clauses.terms import DeclarationState, EligiblePublic, PartyRole
from matching.errors import NotFound
from matching.services.clauses import buyer_views
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.exposure import ReadLog
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from tests.support import clauses as make
from tests.support import factories

SEPTEMBER = date(2026, 9, 1)
CANARY = "Canari"


def named(ctx: Context, participation_id: int, given: str = CANARY, family: str = CANARY) -> None:
    """Give the person behind a participation a name to look for."""
    with ctx.write(None) as work:
        person = work.session.get_one(Person, work.session.get_one(Participation, participation_id).person_id)
        person.given_name, person.family_name, person.name_search = given, family, family.lower()
        work.record("test.named", "person", person.id)


@pytest.fixture
def bought(any_ctx: Context) -> tuple[Context, int, Actor, int]:
    """A commitment of 100 h: 20 h by the holder's person, 15 h by another's, 5 h reversed; all named Canari."""
    ctx = any_ctx
    buyer, holder = make.buyer_organisation(ctx), factories.organisation(ctx, "Bati Essai")
    agency = factories.organisation(ctx, "Agence Essai")
    commitment = make.commitment(ctx, make.contract(ctx, buyer), minutes=6000, holder_id=holder, label="Lot Essai")
    own = make.participation(ctx, commitment, organisation_id=holder, public=EligiblePublic.RSA)
    sent = make.participation(ctx, commitment, organisation_id=agency, public=EligiblePublic.JUSTICE)
    gone = make.participation(ctx, commitment, organisation_id=agency)
    for one in (own, sent, gone):
        named(ctx, one)
    make.validated(ctx, commitment, own, 1200, SEPTEMBER)
    make.validated(ctx, commitment, sent, 900)
    wrong = make.validated(ctx, commitment, gone, 300)
    with ctx.write(None) as work:
        ledger.append(work, [reversal_of(wrong, ledger.as_entry(work.session.get_one(LedgerEntry, wrong)), "other")])
    make.declaration(ctx, commitment, holder, {own: 77}, state=DeclarationState.SUBMITTED, month=date(2026, 11, 1))
    return ctx, commitment, make.buyer(ctx, buyer), holder


def texts(value: Any) -> Iterator[str]:
    """Every text and number within dataclasses, tuples and mappings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            yield from texts(getattr(value, item.name))
    elif isinstance(value, dict):
        yield from texts(list(value.items()))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)


def reads(ctx: Context) -> list[tuple[Any, ...]]:
    with ctx.read() as session:
        columns = (ReadLog.actor_id, ReadLog.subject_type, ReadLog.subject_id, ReadLog.how)
        return [tuple(row) for row in session.execute(select(*columns).order_by(ReadLog.id))]


def test_figures_of_a_buyer(bought: tuple[Context, int, Actor, int]) -> None:
    ctx, commitment, buyer, _ = bought
    (row,) = buyer_views.list_commitments(ctx, buyer).rows
    assert (row.progress.due, row.progress.validated, row.people, row.holders) == (6000, 2100, 2, "Bati Essai")
    found = buyer_views.read_commitment(ctx, buyer, commitment)
    content = found.content
    assert (content.progress.due, content.progress.validated, content.progress.waiting) == (6000, 2100, 77)
    assert content.months == ((SEPTEMBER, 1200), (make.OCTOBER, 900))
    assert [(one.code, one.minutes) for one in content.people.codes] == [("H-0001", 1200), ("H-0002", 900)]
    entries = buyer_views.list_entries(ctx, buyer, commitment)
    assert [(one.code, one.minutes, one.reverses) for one in entries.rows] == [
        ("H-0001", 1200, None),
        ("H-0002", 900, None),
        ("H-0003", 300, None),
        ("H-0003", -300, 3),
    ]
    assert sum(one.minutes for one in entries.rows) == entries.minutes == content.progress.validated
    assert reads(ctx) == [(buyer.user_id, "commitment", commitment, "coded")] * 2


def test_no_name_and_no_secret_in_what_a_buyer_is_given(bought: tuple[Context, int, Actor, int]) -> None:
    ctx, commitment, buyer, _ = bought
    for given in (
        buyer_views.list_commitments(ctx, buyer),
        buyer_views.read_commitment(ctx, buyer, commitment),
        buyer_views.list_entries(ctx, buyer, commitment),
        buyer_views.issue_coded_certificate(ctx, buyer, commitment, "pdf"),
    ):
        words = " ".join(texts(given))
        assert "Essai" in words
        for secret in (CANARY, "RSA", "justice"):
            assert secret not in words


def test_control_the_walk_finds_a_name(bought: tuple[Context, int, Actor, int]) -> None:
    ctx, commitment, _, holder = bought
    assert CANARY in " ".join(texts(buyer_views.holder_view(ctx, make.company(ctx, holder), commitment)))


def test_what_another_reads_does_not_exist(bought: tuple[Context, int, Actor, int]) -> None:
    ctx, commitment, _, _ = bought
    stranger = make.buyer(ctx)
    assert buyer_views.list_commitments(ctx, stranger).everything == 0
    for use in (buyer_views.read_commitment, buyer_views.list_entries):
        with pytest.raises(NotFound):
            use(ctx, stranger, commitment)
    with pytest.raises(NotFound):
        buyer_views.issue_coded_certificate(ctx, stranger, commitment, "pdf")
    with pytest.raises(NotFound):
        buyer_views.holder_view(ctx, make.company(ctx), commitment)
    assert reads(ctx) == []


def test_a_holder_reads_the_whole_a_partner_its_own(bought: tuple[Context, int, Actor, int]) -> None:
    ctx, commitment, _, holder = bought
    found = buyer_views.holder_view(ctx, make.company(ctx, holder), commitment)
    assert found.progress is not None
    assert (found.progress.due, found.progress.validated, found.minutes) == (6000, 2100, 2100)
    assert [(one.code, one.name, one.minutes) for one in found.own] == [("H-0001", "Canari C.", 1200)]
    assert [(one.code, one.minutes) for one in found.others] == [("H-0002", 900)]
    partner = factories.organisation(ctx, "Partenaire")
    make.party(ctx, commitment, partner, PartyRole.SUBCONTRACTOR)
    own = make.participation(ctx, commitment, organisation_id=partner)
    make.validated(ctx, commitment, own, 60)
    seen = buyer_views.holder_view(ctx, make.company(ctx, partner), commitment)
    assert (seen.progress, seen.months, seen.others) == (None, ((make.OCTOBER, 60),), ())
    assert [one.minutes for one in seen.own] == [60]


def test_hours_planned_begin_where_declarations_stop(any_ctx: Context) -> None:
    ctx, buyer, company = any_ctx, make.buyer_organisation(any_ctx), factories.organisation(any_ctx)
    commitment = make.commitment(ctx, make.contract(ctx, buyer), minutes=6000, holder_id=company)
    weekly: dict[str, Any] = {"organisation_id": company, "weekly_minutes": 7 * 60, "eligible_until": date(2027, 1, 31)}
    going = make.participation(ctx, commitment, **weekly)
    make.participation(ctx, commitment, started_on=date(2026, 12, 1), ended_on=date(2026, 12, 7), **weekly)
    make.participation(ctx, commitment, started_on=date(2026, 12, 1), weekly_minutes=None)
    make.validated(ctx, commitment, going, 600)
    found = buyer_views.read_commitment(ctx, make.buyer(ctx, buyer), commitment)
    november, december = 30 * 60, 31 * 60 + 7 * 60
    assert [(one.month.month, one.minutes) for one in found.planned] == [(11, november), (12, december)]
    assert found.planned_minutes == november + december


def test_pages_of_entries_and_words(bought: tuple[Context, int, Actor, int], monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, commitment, buyer, _ = bought
    monkeypatch.setattr(buyer_views, "ENTRIES_PER_PAGE", 3)
    second = buyer_views.list_entries(ctx, buyer, commitment, 2)
    assert ([one.number for one in second.rows], second.total, second.pages, second.minutes) == ([4], 4, 2, 2100)
    assert buyer_views.list_entries(ctx, buyer, commitment, 99).page == 2
    assert buyer_views.list_commitments(ctx, buyer, "essai lot").total == 1
    assert buyer_views.list_commitments(ctx, buyer, "2026-tx").total == 1
    nothing = buyer_views.list_commitments(ctx, buyer, "zzz")
    assert (nothing.total, nothing.everything) == (0, 1)
