"""Statements by organisation and period, and the groups of people that may be shown outside."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.access.permissions import Actor
from matching.clauses.ledger import allocation_of, reversal_of
from matching.clauses.terms import SECRET_PUBLICS, EligiblePublic, EventKind, PartyRole, Route
from matching.errors import Invalid, NotFound
from matching.services.clauses import statements
from matching.services.clauses.coded import Breakdown, Facts, HoursRow, people_of
from matching.services.clauses.statements import Period, Side
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.ledger import Allocation, LedgerEntry
from matching.store.tables.participations import Participation
from tests.support import clauses as make
from tests.support import factories

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)


def read(ctx: Context, organisation_id: int, side: Side, period: Period | None = None) -> statements.Statement:
    return statements.read_statement(ctx, make.officer(ctx), organisation_id, side, period or Period())


def share(ctx: Context, entry_id: int, agreement_id: int, to: int, minutes: int) -> None:
    with ctx.write(None) as work:
        row = work.session.get_one(LedgerEntry, entry_id)
        part = Allocation(agreement_id=agreement_id, line_id=row.line_id or 0, to_commitment_id=to, minutes=minutes)
        part.at = work.at
        work.session.add(part)
        work.session.flush()
        ledger.append(work, allocation_of(ledger.as_entry(row), part.id, to, minutes, 0))


def test_a_holder_over_a_period(any_ctx: Context) -> None:
    ctx = any_ctx
    holder, other = factories.organisation(ctx, "Bati Essai"), factories.organisation(ctx, "Autre Essai")
    contract = make.contract(ctx)
    first = make.commitment(ctx, contract, lot="1", minutes=6000, holder_id=holder)
    second = make.commitment(ctx, contract, lot="2", minutes=3000, holder_id=holder)
    make.commitment(ctx, contract, lot="3", holder_id=other)
    person = make.participation(ctx, first, organisation_id=holder)
    with ctx.read() as session:
        same = session.get_one(Participation, person).person_id
    again = make.participation(ctx, second, organisation_id=holder, person_id=same)
    for commitment, who, minutes, month in (
        (first, person, 100, AUGUST),
        (first, person, 200, SEPTEMBER),
        (second, again, 400, SEPTEMBER),
        (second, again, 800, OCTOBER),
    ):
        make.validated(ctx, commitment, who, minutes, month)
    with ctx.write(None) as work:
        wrong = ledger.as_entry(work.session.get_one(LedgerEntry, 4))
        ledger.append(work, [reversal_of(4, wrong, "other")])
    made = read(ctx, holder, Side.HOLDER, Period(SEPTEMBER, OCTOBER))
    assert [(line.due, line.in_period, line.in_total, line.people) for line in made.lines] == [
        (6000, 200, 300, 1),
        (3000, 400, 400, 1),
    ]
    assert (made.due, made.in_period, made.in_total) == (9000, 600, 700)
    assert made.months == ((SEPTEMBER, 600),)
    assert (made.people.count, made.people.average_tenths) == (1, 100), "one person, however many contracts"
    assert made.without_people == 0
    assert made.period.written == "septembre\u00a02026 à octobre\u00a02026"


def test_an_employer_reads_its_own_people_a_buyer_all(any_ctx: Context) -> None:
    ctx = any_ctx
    buyer, holder = make.buyer_organisation(ctx), factories.organisation(ctx, "Titulaire")
    agency = factories.organisation(ctx, "Agence")
    commitment = make.commitment(ctx, make.contract(ctx, buyer), minutes=6000, holder_id=holder)
    make.party(ctx, commitment, agency, PartyRole.EMPLOYER)
    sent = make.participation(ctx, commitment, organisation_id=agency, route=Route.ETTI)
    hired = make.participation(ctx, commitment, organisation_id=holder)
    make.validated(ctx, commitment, sent, 900)
    make.validated(ctx, commitment, hired, 600)
    own = read(ctx, agency, Side.EMPLOYER)
    assert [(line.due, line.in_total) for line in own.lines] == [(None, 900)]
    assert (own.people.count, own.months) == (1, ((OCTOBER, 900),))
    assert own.sides == (Side.EMPLOYER,)
    whole = read(ctx, buyer, Side.BUYER)
    assert (whole.in_total, whole.people.count, whole.due) == (1500, 2, 6000)
    found = statements.find_subjects(ctx, make.officer(ctx), "agence")
    assert [(row.name, row.commitments) for row in found.rows] == [("Agence", {Side.EMPLOYER: 1})]
    assert statements.find_subjects(ctx, make.officer(ctx), "", Side.BUYER).total == 1


def test_shared_hours_count_once_and_where_they_were_put(any_ctx: Context) -> None:
    ctx, holder = any_ctx, factories.organisation(any_ctx)
    first = make.commitment(ctx, minutes=6000, holder_id=holder)
    second = make.commitment(ctx, minutes=6000, holder_id=holder)
    agreement = make.pooling(ctx, holder, (first, second))
    entry = make.validated(ctx, first, make.participation(ctx, first, organisation_id=holder), 600)
    share(ctx, entry, agreement, second, 250)
    for side in (Side.HOLDER, Side.EMPLOYER):
        made = read(ctx, holder, side)
        assert [line.in_total for line in made.lines] == [350, 250]
        assert (made.in_total, made.people.count, made.people.minutes) == (600, 1, 600)


def test_hours_passed_to_another_holder(ctx: Context) -> None:
    before, after = factories.organisation(ctx, "Avant"), factories.organisation(ctx, "Après")
    commitment = make.commitment(ctx, minutes=6000, holder_id=before)
    make.party(ctx, commitment, after, PartyRole.HOLDER)
    make.event(ctx, commitment, EventKind.TRANSFER, minutes=2000, to_organisation_id=after, effective_on=AUGUST)
    assert [read(ctx, one, Side.HOLDER).due for one in (before, after)] == [4000, 2000]
    assert read(ctx, before, Side.HOLDER).lines[0].shared


def test_workbook_figures_are_the_page_s(ctx: Context) -> None:
    holder = factories.organisation(ctx)
    commitment = make.commitment(ctx, minutes=6000, holder_id=holder)
    make.validated(ctx, commitment, make.participation(ctx, commitment), 615)
    made = read(ctx, holder, Side.HOLDER)
    book: Any = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(statements.statement_workbook(made)))
    row = book.get_sheet_by_name("Engagements").to_python()[1]
    shown = [round(value.total_seconds() / 60) for value in row[3:6]]
    assert shown == [made.due, made.in_period, made.in_total] == [6000, 615, 615]
    assert row[6:] == ["10,2\u00a0%", 1]
    summary = dict(book.get_sheet_by_name("Bilan").to_python()[1:])
    assert summary["Heures par personne en moyenne"] == "10,3\u00a0h"


def test_unknown_organisation_and_reversed_period(ctx: Context) -> None:
    with pytest.raises(NotFound):
        read(ctx, 987, Side.BUYER)
    with pytest.raises(Invalid, match="avant le premier"):
        Period(OCTOBER, SEPTEMBER)


def test_issue_is_recorded(ctx: Context) -> None:
    actor: Actor = make.officer(ctx)
    buyer = make.buyer_organisation(ctx)
    made = statements.issue_statement(ctx, actor, buyer, Side.BUYER, Period(), "pdf", coded=True)
    assert made.coded
    assert made.lines == ()


# --- what may be shown outside ---------------------------------------------------------------------------------------


def rows(
    *groups: tuple[int, str, EligiblePublic | None], commitment: int = 1, start: int = 1
) -> tuple[list[HoursRow], dict[int, Facts]]:
    """`groups`: how many people, their sex, their public; 100 h each."""
    made: list[HoursRow] = []
    facts: dict[int, Facts] = {}
    for count, sex, public in groups:
        for _ in range(count):
            key = start + len(made)
            facts[key] = Facts(sex, date(1990, 1, 1))
            code, route = f"H-{key:04d}", Route.DIRECT_HIRE
            made.append(HoursRow(commitment, key, code, key, route, public, OCTOBER, False, None, 6000))
    return made, facts


def shown(breakdowns: Iterable[Breakdown], key: str) -> list[tuple[str, int | None]] | None:
    one = next(one for one in breakdowns if one.key == key)
    return None if one.withheld else [(line.label, line.people) for line in one.lines]


Q, R = EligiblePublic.QPV, EligiblePublic.RSA


@pytest.mark.parametrize(
    ("women", "men", "unknown", "expected"),
    [
        (10, 0, 0, None),  # eleven at least, or nothing: the number of people is public
        (11, 0, 0, [11, 0, 0]),
        (12, 0, 0, [12, 0, 0]),
        (11, 10, 0, [None, None, 0]),
        (11, 11, 0, [11, 11, 0]),
        (12, 10, 11, [12, None, None]),
        (20, 10, 12, [20, None, None]),
        (12, 11, 11, [12, 11, 11]),
        (5, 5, 0, None),
        (6, 5, 0, [None, None, 0]),
        (9, 1, 12, [None, None, None]),
        (0, 0, 0, [0, 0, 0]),
    ],
)
def test_cells_of_eleven_or_more(women: int, men: int, unknown: int, expected: list[int | None] | None) -> None:
    made, facts = rows((women, "f", Q), (men, "m", Q), (unknown, "", Q))
    found = shown(people_of(made, facts, coded=True).breakdowns, "sex")
    assert (None if found is None else [people for _, people in found]) == expected


def test_hours_go_with_their_people_and_are_to_the_hour() -> None:
    made, facts = rows((11, "f", Q), (12, "m", Q))
    made = [replace(row, minutes=6000 + row.participation_id) for row in made]
    people = people_of(made, facts, coded=True)
    sex = next(one for one in people.breakdowns if one.key == "sex")
    exact = sum(row.minutes for row in made[:11])
    assert sex.lines[0].minutes == (exact + 30) // 60 * 60 != exact
    assert sex.total.minutes == people.minutes == sum(row.minutes for row in made)
    internal = people_of(made, facts, coded=False)
    assert next(one for one in internal.breakdowns if one.key == "sex").lines[0].minutes == exact


@pytest.mark.parametrize("secret", sorted(SECRET_PUBLICS))
def test_secret_publics_are_never_told_apart(secret: EligiblePublic) -> None:
    made, facts = rows((15, "f", secret), (15, "m", EligiblePublic.PRESCRIBER), (15, "m", Q), (15, "m", None))
    breakdowns = people_of(made, facts, coded=True).breakdowns
    assert shown(breakdowns, "public") == [(Q.label, 15), ("Autres publics", 45)]
    assert secret.label not in repr(breakdowns)
    assert secret.label in repr(people_of(made, facts, coded=False))


def test_structures_and_routes_do_not_tell_a_disability() -> None:
    made, facts = rows((20, "f", EligiblePublic.ESAT), (20, "m", EligiblePublic.EI))
    routes = (Route.SUBCONTRACT_EA, Route.SUBCONTRACT_SIAE)
    made = [replace(row, route=routes[row.participation_id > 20]) for row in made]
    breakdowns = people_of(made, facts, coded=True).breakdowns
    assert [len(shown(breakdowns, key) or ()) for key in ("public", "route")] == [1, 1]
    assert "ESAT" not in repr(breakdowns)


def test_somebody_by_two_routes_is_counted_once() -> None:
    made, facts = rows((2, "f", Q))
    made.append(replace(made[0], participation_id=9, code="H-0009", route=Route.ETTI))
    people = people_of(made, facts, coded=False)
    assert people.count == 2
    assert shown(people.breakdowns, "route") == [("Embauche directe", 1), ("Plusieurs voies", 1)]
    assert len(people.codes) == 3


# --- an attacker with several lists ----------------------------------------------------------------------------------


def small_differences(commitments: Sequence[tuple[int, int, int]]) -> list[str]:
    """What is read by subtracting the lists of single commitments from the list over all of them: groups of 1 to 10."""
    made: list[HoursRow] = []
    facts: dict[int, Facts] = {}
    alone = []
    for number, (women, men, unknown) in enumerate(commitments, start=1):
        groups = ((women, "f", Q), (men, "m", Q), (unknown, "", Q))
        own, own_facts = rows(*groups, commitment=number, start=len(made) + 1)
        made += own
        facts |= own_facts
        alone.append((shown(people_of(own, own_facts, coded=True).breakdowns, "sex"), (women, men, unknown)))
    whole = shown(people_of(made, facts, coded=True).breakdowns, "sex")
    if whole is None:
        return []
    found = []
    lines = [place for place in range(3) if whole[place][1] is not None]
    for some in itertools.chain.from_iterable(itertools.combinations(lines, size) for size in (1, 2, 3)):
        if len(some) == 3:
            continue
        rest = 0
        for place in some:
            rest += sum(truth[place] for own_shown, truth in alone if own_shown is None or own_shown[place][1] is None)
        if 0 < rest < 11:
            found.append(f"{some}: {rest}")
    return found


@pytest.mark.parametrize(
    ("commitments", "kept"),
    [
        ([(20, 20, 0), (3, 2, 0)], False),
        ([(20, 20, 0), (30, 11, 0)], True),
        ([(20, 20, 0), (8, 7, 0), (9, 8, 0)], True),
        ([(20, 20, 0), (8, 0, 0)], False),
    ],
)
def test_a_total_minus_what_is_shown_elsewhere(commitments: list[tuple[int, int, int]], kept: bool) -> None:
    assert small_differences(commitments) == []
    made: list[HoursRow] = []
    facts: dict[int, Facts] = {}
    start = 1
    for number, (women, men, _) in enumerate(commitments, start=1):
        own, own_facts = rows((women, "f", Q), (men, "m", Q), commitment=number, start=start)
        made += own
        facts |= own_facts
        start += len(own)
    assert (shown(people_of(made, facts, coded=True).breakdowns, "sex") is not None) == kept


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 16)] * 3), min_size=1, max_size=4))
def test_no_difference_gives_a_small_group(commitments: list[tuple[int, int, int]]) -> None:
    assert small_differences(commitments) == []
