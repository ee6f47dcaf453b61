"""People put on commitments: codes, checks, overlaps, edits, ends."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import Outcome, PartyRole, Route
from matching.errors import Conflict, Forbidden, Invalid, NotFound
from matching.services.clauses.participations import (
    ParticipationInput,
    Who,
    add_participation,
    adding_choices,
    edit_participation,
    end_participation,
)
from matching.services.context import Context
from matching.store.tables.contracts import Commitment, CommitmentParty
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.trail import AuditEvent, AuditNote
from matching.terms import ContractKind, OrganisationKind
from tests.support import clauses
from tests.support import factories as make

NEW = Who(given_name="Awa", family_name="Inventée")


def typed(organisation_id: int | None, **columns: Any) -> ParticipationInput:
    values: dict[str, Any] = {
        "route": Route.DIRECT_HIRE,
        "organisation_id": organisation_id,
        "contract_kind": ContractKind.FIXED_TERM,
        "job": "Peintre",
        "started_on": date(2026, 2, 1),
        "weekly_minutes": 35 * 60,
    } | columns
    return ParticipationInput(**values)


def world(ctx: Context) -> tuple[Actor, int, int]:
    """An officer, a commitment and its holder."""
    holder = make.organisation(ctx)
    return clauses.officer(ctx), clauses.commitment(ctx, holder_id=holder), holder


def row_of(ctx: Context, key: int) -> Participation:
    with ctx.read() as session:
        return session.get_one(Participation, key)


def fields(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {item.field for item in error.value.errors}


def test_the_sex_of_a_new_person_is_a_fact_kept_apart(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    for code in ("f", "m", "x", ""):
        add_participation(any_ctx, officer, commitment, replace(NEW, sex=code), typed(holder))
    with pytest.raises(Invalid) as error:
        add_participation(any_ctx, officer, commitment, replace(NEW, sex="femme"), typed(holder))
    assert fields(error) == {"sex"}
    with any_ctx.read() as session:
        facts = session.execute(select(ProtectedFact).order_by(ProtectedFact.person_id)).scalars().all()
        assert [(fact.kind, fact.value) for fact in facts] == [("sex", "f"), ("sex", "m"), ("sex", "x")]
        assert "sex" not in str([one.details for one in session.execute(select(AuditEvent)).scalars()])


def test_a_new_person_gets_the_next_code_and_only_known_facts(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    who = Who(given_name="Awa", family_name="Inventée", birth_date=date(1990, 5, 4))
    first = add_participation(any_ctx, officer, commitment, who, typed(holder))
    second = add_participation(any_ctx, officer, commitment, NEW, typed(holder))
    assert (first.code, second.code) == ("H-0001", "H-0002")
    row = row_of(any_ctx, first.id)
    assert (row.commitment_id, row.job, row.weekly_minutes, row.eligible.value) == (
        commitment,
        "Peintre",
        2100,
        "unknown",
    )
    with any_ctx.read() as session:
        facts = session.execute(select(ProtectedFact)).scalars().all()
        assert [(fact.person_id, fact.kind, fact.value) for fact in facts] == [
            (row.person_id, "birth_date", "1990-05-04")
        ]
        event = session.execute(select(AuditEvent).where(AuditEvent.action == "participation.added")).scalars().first()
        assert event is not None
        assert "H-0001" in str(event.details)
        assert "Awa" not in str([one.details for one in session.execute(select(AuditEvent)).scalars()])
        assert session.execute(select(AuditNote).where(AuditNote.text.contains("Awa"))).first() is None
        assert session.get_one(Commitment, commitment).last_action_at == any_ctx.clock.now()


def test_one_person_on_two_commitments(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    other = clauses.commitment(any_ctx, holder_id=holder)
    first = add_participation(any_ctx, officer, commitment, NEW, typed(holder))
    person = Who(person_id=row_of(any_ctx, first.id).person_id)
    second = add_participation(any_ctx, officer, other, person, typed(holder))
    assert row_of(any_ctx, second.id).person_id == person.person_id


OVERLAPS = [
    (date(2026, 2, 1), date(2026, 3, 31), {}, True),
    (date(2026, 3, 31), None, {}, True),
    (date(2026, 4, 1), None, {}, False),
    (date(2026, 1, 1), date(2026, 1, 31), {}, False),
    (date(2026, 1, 1), date(2026, 2, 1), {}, True),
    (date(2026, 2, 1), None, {"route": Route.ETTI}, False),
    (date(2026, 2, 1), None, {"overlap_confirmed": True}, False),
]


@pytest.mark.parametrize(("start", "end", "more", "warned"), OVERLAPS)
def test_the_same_person_route_and_days_is_asked_about(
    ctx: Context, start: date, end: date | None, more: dict[str, Any], warned: bool
) -> None:
    officer, commitment, holder = world(ctx)
    first = add_participation(ctx, officer, commitment, NEW, typed(holder, ended_on=date(2026, 3, 31)))
    again = typed(holder, started_on=start, ended_on=end, **more)
    who = Who(person_id=row_of(ctx, first.id).person_id)
    if not warned:
        add_participation(ctx, officer, commitment, who, again)
        return
    with pytest.raises(Invalid) as error:
        add_participation(ctx, officer, commitment, who, again)
    assert fields(error) == {"overlap_confirmed"}
    assert "H-0001" in error.value.errors[0].message


BAD = [
    ({"route": None}, {"route"}),
    ({"organisation_id": None}, {"organisation_id"}),
    ({"organisation_id": 9999}, {"organisation_id"}),
    ({"started_on": None}, {"started_on"}),
    ({"ended_on": date(2026, 1, 31)}, {"ended_on"}),
    ({"weekly_minutes": 0}, {"weekly_minutes"}),
    ({"weekly_minutes": 48 * 60 + 1}, {"weekly_minutes"}),
    ({"job": "x" * 121}, {"job"}),
    ({"route": None, "started_on": None}, {"route", "started_on"}),
]


@pytest.mark.parametrize(("change", "wrong"), BAD)
def test_what_is_missing_is_said_beside_its_field(ctx: Context, change: dict[str, Any], wrong: set[str]) -> None:
    officer, commitment, holder = world(ctx)
    with pytest.raises(Invalid) as error:
        add_participation(ctx, officer, commitment, NEW, typed(change.pop("organisation_id", holder), **change))
    assert fields(error) == wrong


def test_a_person_without_a_name_and_one_that_is_not_known(ctx: Context) -> None:
    officer, commitment, holder = world(ctx)
    with pytest.raises(Invalid) as error:
        add_participation(ctx, officer, commitment, Who(), typed(holder))
    assert fields(error) == {"given_name", "family_name"}
    with pytest.raises(NotFound):
        add_participation(ctx, officer, commitment, Who(person_id=9999), typed(holder))


def test_the_employer_of_the_people_becomes_a_party(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    agency = make.organisation(any_ctx, "Intérim Inventé", OrganisationKind.ETTI)
    assert [one.id for one in adding_choices(any_ctx, officer, commitment).others] == [agency]
    for _ in range(2):
        add_participation(any_ctx, officer, commitment, NEW, typed(agency, route=Route.ETTI))
    with any_ctx.read() as session:
        parties = session.execute(select(CommitmentParty.organisation_id, CommitmentParty.role)).all()
    assert sorted(map(tuple, parties)) == sorted([(holder, PartyRole.HOLDER), (agency, PartyRole.EMPLOYER)])
    choices = adding_choices(any_ctx, officer, commitment)
    assert [one.id for one in choices.parties] == [holder, agency]
    assert not choices.others


def test_codes_stay_one_each_when_officers_add_at_once(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    codes: list[str] = []
    together = threading.Barrier(4)

    def add() -> None:
        together.wait()
        codes.extend(add_participation(any_ctx, officer, commitment, NEW, typed(holder)).code for _ in range(5))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [f"H-{number:04d}" for number in range(1, 21)]


def test_codes_of_another_form_do_not_stop_the_count(ctx: Context) -> None:
    officer, commitment, holder = world(ctx)
    for code in ("H-9999", "H-ancien", "REPRISE-7"):
        clauses.participation(ctx, commitment, code=code)
    assert add_participation(ctx, officer, commitment, NEW, typed(holder)).code == "H-10000"
    assert add_participation(ctx, officer, commitment, NEW, typed(holder)).code == "H-10001"


def test_editing_carries_the_version(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    key = add_participation(any_ctx, officer, commitment, NEW, typed(holder)).id
    edit_participation(any_ctx, officer, key, 1, typed(holder, job="Plaquiste", ended_on=date(2026, 6, 30)))
    assert (row_of(any_ctx, key).job, row_of(any_ctx, key).version) == ("Plaquiste", 2)
    with pytest.raises(Conflict) as error:
        edit_participation(any_ctx, officer, key, 1, typed(holder))
    assert officer.name in error.value.message


def test_hours_validated_hold_the_dates_and_the_employer(any_ctx: Context) -> None:
    officer, commitment, holder = world(any_ctx)
    key = add_participation(any_ctx, officer, commitment, NEW, typed(holder)).id
    clauses.validated(any_ctx, commitment, key, 600)
    other = make.organisation(any_ctx)
    with pytest.raises(Invalid) as error:
        edit_participation(
            any_ctx, officer, key, 1, typed(other, started_on=date(2026, 10, 2), ended_on=date(2026, 10, 30))
        )
    assert fields(error) == {"organisation_id", "started_on", "ended_on"}
    with pytest.raises(Invalid):
        end_participation(any_ctx, officer, key, 1, date(2026, 10, 30), Outcome.DURABLE)
    end_participation(any_ctx, officer, key, 1, date(2026, 10, 31), Outcome.DURABLE)
    assert row_of(any_ctx, key).outcome == "durable"


def test_an_end_says_what_became_of_the_person(ctx: Context) -> None:
    officer, commitment, holder = world(ctx)
    key = add_participation(ctx, officer, commitment, NEW, typed(holder)).id
    with pytest.raises(Invalid) as error:
        end_participation(ctx, officer, key, 1, None, None)
    assert fields(error) == {"ended_on", "outcome"}
    with pytest.raises(Invalid) as error:
        end_participation(ctx, officer, key, 1, date(2026, 1, 31), Outcome.NONE)
    assert fields(error) == {"ended_on"}
    end_participation(ctx, officer, key, 1, date(2026, 2, 1), Outcome.UNKNOWN)
    edit_participation(ctx, officer, key, 2, typed(holder))
    assert (row_of(ctx, key).ended_on, row_of(ctx, key).outcome) == (None, None)


@pytest.mark.parametrize("role", ["adviser", "company", "buyer"])
def test_others_are_refused(ctx: Context, role: str) -> None:
    _, commitment, holder = world(ctx)
    actor = {"adviser": make.adviser, "company": clauses.company, "buyer": clauses.buyer}[role](ctx)
    with pytest.raises(Forbidden):
        add_participation(ctx, actor, commitment, NEW, typed(holder))
