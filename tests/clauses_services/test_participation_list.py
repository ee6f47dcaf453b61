"""The list of participants, the search of a person, the page of a participation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from matching.clauses.eligibility import DurationRule, StartEvent
from matching.clauses.terms import Route
from matching.errors import NotFound
from matching.services.clauses.eligibility_clock import EligibilityClock
from matching.services.clauses.participation_list import (
    ParticipationFilter,
    Standing,
    export_participations,
    list_choices,
    list_participations,
    standing_on,
)
from matching.services.clauses.participation_sheet import clock_words, get_participation
from matching.services.clauses.participations import Who
from matching.services.clauses.people_search import find_people, find_same_people
from matching.services.context import Context
from matching.store.tables.participations import Participation
from matching.store.tables.people import Candidate
from matching.store.tables.trail import AuditEvent
from matching.terms import Known
from tests.support import clauses
from tests.support import factories as make

TODAY = date(2026, 11, 23)
STANDINGS = [
    (Known.YES, None, None, Standing.ELIGIBLE),
    (Known.YES, date(2026, 12, 24), None, Standing.ELIGIBLE),
    (Known.YES, date(2026, 12, 23), None, Standing.ENDING_SOON),
    (Known.YES, TODAY, None, Standing.ENDING_SOON),
    (Known.YES, date(2026, 11, 22), None, Standing.EXPIRED),
    (Known.YES, None, TODAY, Standing.ELIGIBLE),
    (Known.YES, None, date(2026, 11, 22), Standing.ENDED),
    (Known.NO, None, None, Standing.REFUSED),
    (Known.UNKNOWN, None, None, Standing.TO_DECIDE),
    (Known.UNKNOWN, None, date(2026, 11, 22), Standing.ENDED),
]


@pytest.mark.parametrize(("eligible", "until", "ended_on", "expected"), STANDINGS)
def test_where_a_participation_stands(
    eligible: Known, until: date | None, ended_on: date | None, expected: Standing
) -> None:
    assert standing_on(TODAY, 30, eligible, until, ended_on) is expected


def test_the_list_s_filter_says_the_same_as_the_rule(any_ctx: Context) -> None:
    commitment = clauses.commitment(any_ctx)
    for eligible, until, ended_on, _ in STANDINGS:
        decided: dict[str, Any] = {
            "eligible_from": clauses.START if eligible is Known.YES else None,
            "eligible_until": until,
        }
        more: dict[str, Any] = {"ended_on": ended_on} | ({"eligible": Known.NO} if eligible is Known.NO else {})
        clauses.participation(any_ctx, commitment, **decided, **more)
    officer = clauses.officer(any_ctx)
    for standing in Standing:
        page = list_participations(any_ctx, officer, ParticipationFilter(standing=standing))
        assert {row.standing for row in page.rows} == {standing}
        assert page.total == sum(expected is standing for *_, expected in STANDINGS)
        assert page.everything == len(STANDINGS)


def test_filters_sorts_and_choices(any_ctx: Context) -> None:
    holder, agency = make.organisation(any_ctx), make.organisation(any_ctx)
    first, second = clauses.commitment(any_ctx, label="B Toiture"), clauses.commitment(any_ctx, label="A Sols")
    clauses.participation(any_ctx, first, organisation_id=holder, eligible_until=date(2027, 1, 1))
    clauses.participation(any_ctx, second, organisation_id=agency, route=Route.ETTI)
    clauses.participation(any_ctx, second, organisation_id=agency, code="H-10000", eligible_until=date(2026, 12, 1))
    officer = clauses.officer(any_ctx)

    def codes(**wanted: Any) -> list[str]:
        order = {name: wanted.pop(name) for name in ("sort", "descending") if name in wanted}
        found = list_participations(any_ctx, officer, ParticipationFilter(**wanted), **order)
        return [row.code for row in found.rows]

    assert codes() == ["H-0001", "H-0002", "H-10000"]
    assert codes(descending=True) == ["H-10000", "H-0002", "H-0001"]
    assert codes(commitment_id=second) == ["H-0002", "H-10000"]
    assert codes(organisation_id=holder) == codes(commitment_id=first) == ["H-0001"]
    assert codes(route=Route.ETTI) == ["H-0002"]
    assert codes(code="h-1") == ["H-10000"]
    assert codes(code="%") == []
    assert codes(sort="until") == ["H-10000", "H-0001", "H-0002"]
    assert codes(sort="until", descending=True) == ["H-0001", "H-10000", "H-0002"]
    assert codes(sort="commitment")[2] == "H-0001"
    assert codes(sort="odd") == codes()
    choices = list_choices(any_ctx, officer)
    assert [key for key, _ in choices.commitments] == [second, first]
    assert {key for key, _ in choices.employers} == {holder, agency}


def test_a_name_is_searched_and_an_export_holds_codes_only(any_ctx: Context) -> None:
    candidate = make.candidate(any_ctx, given_name="Élodie", family_name="Inventée-Rare")
    with any_ctx.read() as session:
        person = session.get_one(Candidate, candidate).person_id
    commitment = clauses.commitment(any_ctx)
    clauses.participation(any_ctx, commitment, person_id=person)
    clauses.participation(any_ctx, commitment)
    officer = clauses.officer(any_ctx)
    wanted = ParticipationFilter(words="rare elo")
    assert [row.name for row in list_participations(any_ctx, officer, wanted).rows] == ["Élodie Inventée-Rare"]
    columns, rows = export_participations(any_ctx, officer, wanted)
    assert (len(rows), rows[0][0]) == (1, "H-0001")
    assert "lodie" not in str(rows)
    assert "RSA" not in str(rows) + str(columns)
    with any_ctx.read() as session:
        (event,) = session.execute(select(AuditEvent).where(AuditEvent.action == "participations.exported")).scalars()
        assert "rare" not in str(event.details)


def test_a_person_is_found_by_words_or_code_with_unit_and_codes(any_ctx: Context) -> None:
    unit = make.unit(any_ctx, "Unité du Bocage")
    candidate = make.candidate(any_ctx, unit, given_name="Élodie", family_name="Inventée")
    with any_ctx.read() as session:
        row = session.get_one(Candidate, candidate)
        person, code = row.person_id, row.code
    clauses.participation(any_ctx, clauses.commitment(any_ctx), person_id=person)
    officer = clauses.officer(any_ctx)
    for words in ("elodie", "INVENTÉE Él", code.lower(), "h-0001"):
        (found,) = find_people(any_ctx, officer, words)
        assert (found.person_id, found.unit, found.codes) == (person, "Unité du Bocage", (code, "H-0001"))
    for words in ("", "e", "%", "_", "elodie absente"):
        assert find_people(any_ctx, officer, words) == ()


def test_a_new_person_who_looks_known_is_told(ctx: Context) -> None:
    make.candidate(ctx, given_name="Élodie", family_name="Inventée", protected={"birth_date": "1990-05-04"})
    officer = clauses.officer(ctx)
    (found,) = find_same_people(ctx, officer, Who(None, "Elodie", "Inventee", date(1990, 5, 4)))
    assert found.why == "même nom et même date de naissance"
    assert find_same_people(ctx, officer, Who(None, "Elodie", "Inventee", date(1991, 5, 4))) == ()


def test_the_page_of_a_participation_gathers_the_person_s_other_ones(any_ctx: Context) -> None:
    first, second = clauses.commitment(any_ctx), clauses.commitment(any_ctx)
    key = clauses.participation(any_ctx, first)
    officer = clauses.officer(any_ctx)
    with any_ctx.read() as session:
        person_id = session.get_one(Participation, key).person_id
    other = clauses.participation(any_ctx, second, person_id=person_id)
    clauses.validated(any_ctx, first, key, 600)
    clauses.validated(any_ctx, second, other, 300)
    sheet = get_participation(any_ctx, officer, key)
    assert [one.id for one in sheet.others] == [key, other]
    assert (sheet.validated_minutes, sheet.person_minutes) == (600, 900)
    assert len(sheet.decisions) == 1
    with pytest.raises(NotFound):
        get_participation(any_ctx, officer, 9999)


RULE = DurationRule(None, None, StartEvent.FIRST_VALIDATED_HOUR, 24, 0, None, date(2000, 1, 1))
WHOLE = DurationRule(None, None, StartEvent.HIRE, None, 0, None, date(2000, 1, 1))
START, END = date(2025, 3, 15), date(2027, 3, 14)
WORDS = [
    (EligibilityClock(None, None, None), Known.UNKNOWN, "aucun compte"),
    (EligibilityClock(None, None, None), Known.YES, "commencera"),
    (EligibilityClock(RULE, START, END), Known.YES, "24\u00a0mois. Jusqu’au 14\u00a0mars\u00a02027 inclus."),
    (EligibilityClock(RULE, START, END, 12), Known.YES, "12\u00a0mois de prolongation"),
    (EligibilityClock(RULE, START, END, 0, END), Known.YES, "plus tôt que la règle"),
    (EligibilityClock(WHOLE, START, None), Known.YES, "tout le contrat de travail. Le dernier jour"),
]


@pytest.mark.parametrize(("clock", "eligible", "words"), WORDS)
def test_the_clock_in_words(clock: EligibilityClock, eligible: Known, words: str) -> None:
    assert words in clock_words(clock, eligible)
