"""The list: who is in it, in what order, what each filter keeps, what leaves in an export."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from matching.errors import Forbidden
from matching.exchange.tables import read_table, write_csv
from matching.services.candidates import CandidateFilter, Order, export_candidates, filter_choices, list_candidates
from matching.services.candidates.directory import MINE, NOBODY
from matching.services.reference import load_embedded
from matching.store.database import WRITE_OPTION
from matching.store.tables.people import Candidate
from matching.store.tables.trail import AuditEvent
from matching.terms import CandidateState
from tests.conftest import NOW
from tests.support import factories as make


@pytest.fixture
def unit(any_ctx):
    """Four people of one unit, and a stranger of another."""
    load_embedded(any_ctx)
    me = make.adviser(any_ctx)
    ids = {
        "emilie": make.candidate(
            any_ctx,
            me.unit_id,
            me.user_id,
            given_name="Émilie",
            family_name="Tanguy",
            goals=("N1103", "K2204"),
            facts={"licence_b": False},
            windows=make.WEEK,
        ),
        "zoe": make.candidate(
            any_ctx, me.unit_id, given_name="Zoé", family_name="Œuvrard", commune=make.REZE, goals=("G1605",)
        ),
        "noe": make.candidate(
            any_ctx, me.unit_id, me.user_id, given_name="Noé", family_name="Aubry", goals=(), commune=None
        ),
        "old": make.candidate(
            any_ctx, me.unit_id, given_name="Ancien", family_name="Suivi", state=CandidateState.ARCHIVED
        ),
    }
    make.candidate(any_ctx, given_name="Émilie", family_name="Ailleurs")
    _proposed(any_ctx, ids["emilie"], 5)
    return me, ids


def _proposed(ctx, key, days_ago):
    day = make.today(ctx) - timedelta(days=days_ago)
    with ctx.engine.execution_options(**{WRITE_OPTION: True}).begin() as connection:
        connection.execute(
            update(Candidate).where(Candidate.id == key).values(last_proposed_on=day, created_at=NOW - timedelta(90))
        )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CandidateFilter(), {"emilie", "zoe", "noe"}),
        (CandidateFilter(state="all"), {"emilie", "zoe", "noe", "old"}),
        (CandidateFilter(state="archived"), {"old"}),
        (CandidateFilter(words="emilie"), {"emilie"}),
        (CandidateFilter(words="TANGUY Émi"), {"emilie"}),
        (CandidateFilter(words="oeuv"), {"zoe"}),
        (CandidateFilter(words="c-00002"), {"zoe"}),
        (CandidateFilter(words="%"), {"emilie", "zoe", "noe"}),
        (CandidateFilter(words="ailleurs"), set()),
        (CandidateFilter(adviser=MINE), {"emilie", "noe"}),
        (CandidateFilter(adviser=NOBODY), {"zoe"}),
        (CandidateFilter(commune=make.REZE), {"zoe"}),
        (CandidateFilter(goal="K2204"), {"emilie"}),
        (CandidateFilter(idle_days=3), {"emilie"}),
        (CandidateFilter(idle_days=30), set()),
        (CandidateFilter(missing="licence_b"), {"zoe", "noe"}),
        (CandidateFilter(missing="goal"), {"noe"}),
        (CandidateFilter(missing="week"), {"zoe", "noe"}),
    ],
)
def test_each_filter_keeps_whom_it_says(any_ctx, unit, wanted, expected):
    me, ids = unit
    page = list_candidates(any_ctx, me, wanted)
    assert {line.id for line in page.lines} == {ids[name] for name in expected}
    assert page.total == len(expected)
    assert page.everybody == 4
    _, rows = export_candidates(any_ctx, me, wanted)
    assert len(rows) == len(expected)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("name"), ["emilie", "noe", "zoe"]),
        (Order("name", descending=True), ["zoe", "noe", "emilie"]),
        (Order("goal"), ["zoe", "emilie", "noe"]),
        (Order("commune"), ["emilie", "zoe", "noe"]),
        (Order("idle"), ["zoe", "noe", "emilie"]),
        (Order("adviser", descending=True), ["emilie", "noe", "zoe"]),
        (Order("nonsense"), ["emilie", "noe", "zoe"]),
    ],
)
def test_order_is_the_same_on_both_engines(any_ctx, unit, order, expected):
    me, ids = unit
    page = list_candidates(any_ctx, me, CandidateFilter(), order)
    assert [line.id for line in page.lines] == [ids[name] for name in expected]


def test_a_line_says_what_is_needed(ctx):
    load_embedded(ctx)
    me = make.adviser(ctx)
    key = make.candidate(ctx, me.unit_id, me.user_id, goals=("N1103", "K2204"))
    make.proposal(ctx, candidate_id=key, adviser_id=me.user_id)
    _proposed(ctx, key, 47)
    (line,) = list_candidates(ctx, me, CandidateFilter()).lines
    assert (line.idle_days, line.open_proposals, line.commune, len(line.goals)) == (47, 1, "Nantes", 2)


def test_empty_lists_say_which_filter_hides_people(ctx):
    load_embedded(ctx)
    me = make.adviser(ctx)
    assert list_candidates(ctx, me, CandidateFilter()).everybody == 0
    make.candidate(ctx, me.unit_id, me.user_id)
    page = list_candidates(ctx, me, CandidateFilter(adviser=MINE, commune=make.REZE))
    assert (page.total, page.everybody, page.freed) == (0, 1, {"adviser": 0, "commune": 1})


def test_pages_hold_everybody_once(ctx):
    me = make.adviser(ctx)
    ids = [make.candidate(ctx, me.unit_id) for _ in range(28)]
    first, second = (list_candidates(ctx, me, CandidateFilter(), page=number) for number in (1, 2))
    assert sorted(line.id for line in (*first.lines, *second.lines)) == ids
    assert list_candidates(ctx, me, CandidateFilter(), page=99).page == 2
    assert list_candidates(ctx, me, CandidateFilter(), size=7).size == 25


def test_an_export_is_guarded_and_in_the_trail(ctx):
    me = make.adviser(ctx)
    make.candidate(ctx, me.unit_id, given_name="=HYPERLINK", family_name="(1)")
    columns, rows = export_candidates(ctx, me, CandidateFilter(words="hyper"))
    assert read_table(write_csv(columns, rows)).rows[0].cells[1].startswith("'=")
    with ctx.read() as session:
        (details,) = session.execute(
            select(AuditEvent.details).where(AuditEvent.action == "candidates.exported")
        ).scalars()
    assert details == '{"count":1,"filters":["words"]}'


@pytest.mark.parametrize("role", [make.employer, make.administrator])
def test_nobody_else_reads_the_list(ctx, role):
    actor = role(ctx)
    for call in (list_candidates, export_candidates):
        with pytest.raises(Forbidden):
            call(ctx, actor, CandidateFilter())
    with pytest.raises(Forbidden):
        filter_choices(ctx, actor)


def test_choices_are_those_of_the_unit(any_ctx, unit):
    me, _ = unit
    choices = filter_choices(any_ctx, me)
    assert {insee for insee, _ in choices.communes} == {make.NANTES, make.REZE}
    assert {code for code, _ in choices.goals} == {"N1103", "K2204", "G1605"}
    assert [name for _, name in choices.advisers] == [me.name]
