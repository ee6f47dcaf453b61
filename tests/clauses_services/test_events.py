"""Events of a commitment: what each kind asks, what history refuses, documents, contacts and their silence."""

from __future__ import annotations

import contextlib
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from matching.clauses.terms import EventKind, PartyRole, TerminationRule
from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses import contacts, events
from matching.services.clauses.contacts import ContactInput, ExchangeChannel, ExchangeInput
from matching.services.clauses.events import Document, EventInput
from matching.services.clauses.parties import OrganisationInput
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, CommitmentEvent
from matching.store.tables.declarations import Evidence
from tests.support import clauses as make
from tests.support import factories

JUNE = date(2026, 6, 30)
TODAY = date(2026, 11, 23)
PDF = b"%PDF-1.7\n%%EOF\n"
TERMS: dict[str, Any] = {"order_labour_share": "40", "order_rate": "7", "order_hourly_cost": "35"}
OTHER = OrganisationInput("443061841", "Bois et Fils")


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (EventInput(EventKind.AMENDMENT, JUNE, minutes=20 * 60), 385),
        (EventInput(EventKind.AMENDMENT, JUNE, minutes=-20 * 60, label="Avenant 2"), 345),
        (EventInput(EventKind.AMENDMENT, JUNE, label="Prix seul"), 365),
        (EventInput(EventKind.PURCHASE_ORDER, JUNE, amount_cents=5_000_000), 405),
        (EventInput(EventKind.OPTIONAL_STAGE, JUNE, minutes=60), 366),
        (EventInput(EventKind.RENEWAL, JUNE, minutes=60), 366),
        (EventInput(EventKind.TERMINATION, JUNE, rule=TerminationRule.NONE), 365),
        (EventInput(EventKind.TERMINATION, JUNE, rule=TerminationRule.BY_TIME), 181),
        (
            EventInput(
                EventKind.TERMINATION, JUNE, rule=TerminationRule.BY_AMOUNT, executed_cents=200, total_cents=1000
            ),
            73,
        ),
        (EventInput(EventKind.EXEMPTION, JUNE, whole=True, minutes=5), 0),
        (EventInput(EventKind.EXEMPTION, JUNE, minutes=65 * 60), 300),
        (EventInput(EventKind.TRANSFER, JUNE, minutes=100 * 60, to_holder=OTHER), 365),
        (EventInput(EventKind.RENEWAL, JUNE, minutes=60, amount_cents=999, whole=True), 365),
    ],
)
def test_each_kind(any_ctx: Context, wanted: EventInput, after: int) -> None:
    who = make.officer(any_ctx)
    key = make.commitment(any_ctx, minutes=365 * 60, holder_id=factories.organisation(any_ctx), **TERMS)
    if wanted.kind is EventKind.RENEWAL and wanted.whole:
        with pytest.raises(Invalid):
            events.record_event(any_ctx, who, key, wanted)
    else:
        events.record_event(any_ctx, who, key, wanted)
    history = events.list_events(any_ctx, who, key)
    assert (history.total // 60, history.due // 60) == (after, after)
    if after != 365:
        line = history.lines[-1]
        assert (line.before, line.after, line.recorded_on, line.by) == (365 * 60, after * 60, TODAY, who.name)


BAD: list[tuple[EventInput, str]] = [
    (EventInput(EventKind.AMENDMENT, None, minutes=60), "effective_on"),
    (EventInput(EventKind.AMENDMENT, date(2206, 1, 1), minutes=60), "effective_on"),
    (EventInput(EventKind.AMENDMENT, JUNE, minutes=60, label="x" * 201), "label"),
    (EventInput(EventKind.AMENDMENT, JUNE, minutes=10**12), "minutes"),
    (EventInput(EventKind.INITIAL, JUNE, minutes=60), "kind"),
    (EventInput(EventKind.RENEWAL, JUNE), "minutes"),
    (EventInput(EventKind.PURCHASE_ORDER, JUNE), "amount_cents"),
    (EventInput(EventKind.PURCHASE_ORDER, JUNE, amount_cents=10**14), "amount_cents"),
    (EventInput(EventKind.PURCHASE_ORDER, JUNE, amount_cents=100), "amount_cents"),
    (EventInput(EventKind.TERMINATION, JUNE), "rule"),
    (EventInput(EventKind.TERMINATION, JUNE, rule=TerminationRule.BY_AMOUNT), "total_cents"),
    (EventInput(EventKind.EXEMPTION, JUNE), "minutes"),
    (EventInput(EventKind.TRANSFER, JUNE, whole=True), "to_holder"),
    (EventInput(EventKind.TRANSFER, JUNE, whole=True, to_holder=OrganisationInput("12")), "to_holder"),
]


@pytest.mark.parametrize(("wanted", "field"), BAD)
def test_what_an_event_lacks(ctx: Context, wanted: EventInput, field: str) -> None:
    key = make.commitment(ctx)
    with pytest.raises(Invalid) as caught:
        events.record_event(ctx, make.officer(ctx), key, wanted)
    assert field in [item.field for item in caught.value.errors]


def test_never_below_zero_on_any_day(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    key = make.commitment(any_ctx, minutes=100 * 60)
    events.record_event(any_ctx, who, key, EventInput(EventKind.AMENDMENT, date(2026, 9, 1), minutes=-90 * 60))
    for wanted in (
        EventInput(EventKind.AMENDMENT, JUNE, minutes=-101 * 60),
        EventInput(EventKind.AMENDMENT, JUNE, minutes=-11 * 60),
        EventInput(EventKind.EXEMPTION, date(2026, 10, 1), minutes=11 * 60),
    ):
        with pytest.raises(RuleRefused, match="dues"):
            events.record_event(any_ctx, who, key, wanted)
    assert events.list_events(any_ctx, who, key).due == 10 * 60


def test_two_dates_tell_what_was_known(ctx: Context, clock: Any) -> None:
    who = make.officer(ctx)
    key = make.commitment(ctx, minutes=100 * 60)
    clock.instant += timedelta(days=60)
    events.record_event(ctx, who, key, EventInput(EventKind.AMENDMENT, JUNE, minutes=60))
    assert events.list_events(ctx, who, key).due == 101 * 60
    then = events.list_events(ctx, who, key, known_on=TODAY)
    assert (then.due, len(then.lines)) == (100 * 60, 1)
    before = events.list_events(ctx, who, key, as_of=date(2026, 3, 1))
    assert (before.due, before.total) == (100 * 60, 101 * 60)


def test_the_new_holder_reaches_the_commitment(any_ctx: Context) -> None:
    who, first = make.officer(any_ctx), factories.organisation(any_ctx, "Premier Titulaire")
    key = make.commitment(any_ctx, minutes=100 * 60, holder_id=first)
    for _ in range(2):
        wanted = EventInput(EventKind.TRANSFER, JUNE, minutes=30 * 60, to_holder=OTHER)
        events.record_event(any_ctx, who, key, wanted)
    with any_ctx.read() as session:
        parties = session.get_one(Commitment, key).parties
        assert [(party.organisation.name, party.role) for party in parties] == [
            ("Premier Titulaire", PartyRole.HOLDER),
            ("Bois et Fils", PartyRole.HOLDER),
        ]
    assert events.list_events(any_ctx, who, key).holders == (("Premier Titulaire", 40 * 60), ("Bois et Fils", 60 * 60))


def test_a_document_goes_with_it_or_nothing_does(ctx: Context) -> None:
    who, key = make.officer(ctx), make.commitment(ctx)
    wanted = EventInput(EventKind.AMENDMENT, JUNE, minutes=60)
    with pytest.raises(Invalid):
        events.record_event(ctx, who, key, wanted, Document(b"MZ not a document", "avenant.pdf"))
    with ctx.read() as session:
        assert session.execute(select(func.count(CommitmentEvent.id))).scalar_one() == 1
    events.record_event(ctx, who, key, wanted, Document(PDF, "avenant 1.pdf"))
    line = events.list_events(ctx, who, key).lines[-1]
    assert line.filename == "avenant 1.pdf"
    with ctx.read() as session:
        assert session.get_one(Evidence, line.evidence_id).commitment_id == key


# --- contacts


def test_contacts_answer_or_go_silent(any_ctx: Context, clock: Any) -> None:
    who, key = make.officer(any_ctx), make.commitment(any_ctx, holder_id=factories.organisation(any_ctx, "Serre TP"))
    book = contacts.list_contacts(any_ctx, who, key)
    assert (book.contacts, book.last_heard_on, book.silent) == ((), None, False)
    company = next(number for number, name in book.organisations if name == "Serre TP")
    wanted = ContactInput("Marie Lagarde", "Conductrice de travaux", "m.lagarde@serretp.example", "02 40", company)
    one = contacts.add_contact(any_ctx, who, key, wanted)
    answered = ExchangeInput(ExchangeChannel.CALL, date(2026, 9, 24), True, one, "Rappelle lundi")
    contacts.note_exchange(any_ctx, who, key, answered)
    contacts.note_exchange(any_ctx, who, key, ExchangeInput(ExchangeChannel.MAIL, date(2026, 11, 2), False, one))
    book = contacts.list_contacts(any_ctx, who, key)
    line = book.contacts[0]
    assert (line.input, line.organisation) == (wanted, "Serre TP")
    assert (line.last_heard_on, line.silent_days, line.silent) == (date(2026, 9, 24), 60, True)
    assert [(item.channel, item.answered, item.contact, item.note, item.by) for item in book.exchanges] == [
        ("Courriel", False, "Marie Lagarde", "", who.name),
        ("Appel", True, "Marie Lagarde", "Rappelle lundi", who.name),
    ]
    assert book.silent
    clock.instant -= timedelta(days=1)
    assert not contacts.list_contacts(any_ctx, who, key).silent


def test_who_left_is_no_longer_silent(ctx: Context) -> None:
    who, key = make.officer(ctx), make.commitment(ctx)
    one = contacts.add_contact(ctx, who, key, ContactInput("Marie Lagarde"))
    contacts.note_exchange(ctx, who, key, ExchangeInput(ExchangeChannel.CALL, date(2026, 1, 5), True, one))
    gone = ContactInput("Marie Lagarde", active=False)
    version = contacts.list_contacts(ctx, who, key).contacts[0].version
    contacts.change_contact(ctx, who, key, one, version, gone)
    line = contacts.list_contacts(ctx, who, key).contacts[0]
    assert (line.input.active, line.silent_days, line.silent) == (False, None, False)
    with pytest.raises(Conflict):
        contacts.change_contact(ctx, who, key, one, version, gone)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (ContactInput(" "), "name"),
        (ContactInput("x" * 121), "name"),
        (ContactInput("A", job="x" * 121), "job"),
        (ContactInput("A", email="m.lagarde"), "email"),
        (ContactInput("A", email="m @x.fr"), "email"),
        (ContactInput("A", phone="0" * 31), "phone"),
        (ContactInput("A", organisation_id=999), "organisation_id"),
    ],
)
def test_a_contact_that_cannot_be_taken(ctx: Context, wanted: ContactInput, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        contacts.add_contact(ctx, make.officer(ctx), make.commitment(ctx), wanted)
    assert [item.field for item in caught.value.errors] == [field]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (ExchangeInput(None, TODAY), "channel"),
        (ExchangeInput(ExchangeChannel.CALL, None), "happened_on"),
        (ExchangeInput(ExchangeChannel.CALL, TODAY + timedelta(days=1)), "happened_on"),
        (ExchangeInput(ExchangeChannel.CALL, date(202, 1, 1)), "happened_on"),
        (ExchangeInput(ExchangeChannel.CALL, TODAY, note="x" * 2001), "note"),
    ],
)
def test_an_exchange_that_cannot_be_taken(ctx: Context, wanted: ExchangeInput, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        contacts.note_exchange(ctx, make.officer(ctx), make.commitment(ctx), wanted)
    assert [item.field for item in caught.value.errors] == [field]


def test_a_contact_belongs_to_its_commitment(ctx: Context) -> None:
    who, key, other = make.officer(ctx), make.commitment(ctx), make.commitment(ctx)
    one = contacts.add_contact(ctx, who, other, ContactInput("Marie Lagarde"))
    for contact_id in (one, 0, 2**40):
        with pytest.raises(NotFound):
            contacts.change_contact(ctx, who, key, contact_id, 1, ContactInput("X"))
        with pytest.raises(NotFound):
            contacts.note_exchange(ctx, who, key, ExchangeInput(ExchangeChannel.CALL, TODAY, contact_id=contact_id))


def test_two_events_at_once_do_not_both_take_the_same_hours(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would leave 40 h alone; together they would go below zero. Both have read before either writes."""
    who, key = make.officer(any_ctx), make.commitment(any_ctx, minutes=100 * 60)
    both_checked = threading.Barrier(2)
    check = events._allow

    def wait(*args: Any) -> None:
        check(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_checked.wait(timeout=1)  # SQLite lets one writer in at a time: the second never comes

    monkeypatch.setattr(events, "_allow", wait)
    outcomes: list[str] = []

    def record() -> None:
        try:
            events.record_event(any_ctx, who, key, EventInput(EventKind.AMENDMENT, JUNE, minutes=-60 * 60))
        except (Conflict, RuleRefused) as error:
            outcomes.append(error.code)
        else:
            outcomes.append("recorded")

    threads = [threading.Thread(target=record) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("recorded") == 1, outcomes
    assert events.list_events(any_ctx, who, key).due == 40 * 60
