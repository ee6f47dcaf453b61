"""Creating a file: what is asked, who looks like the same person, what is confirmed."""

from datetime import date

import pytest
from sqlalchemy import func, select

from matching.errors import Conflict, Forbidden, Invalid, NotFound
from matching.services.candidates import Identity, add_candidate, find_likely_same, read_candidate
from matching.services.candidates.identity import looks_same, name_likeness
from matching.services.places import find_communes
from matching.services.reference import load_embedded
from matching.store.tables.people import Person, PortfolioAssignment
from matching.terms import CandidateState
from matching.text import fold
from tests.support import factories as make

BORN = date(1990, 9, 5)


@pytest.mark.parametrize(
    ("one", "other", "birth", "other_birth", "same"),
    [
        ("Émilie Tanguy", "emilie tanguy", None, None, True),
        ("Émilie Tanguy", "Tanguy Emilie", BORN, BORN, True),
        ("Émilie Tanguy", "Emily Tangui", BORN, BORN, True),
        ("Émilie Tanguy", "Emilie Tanguy", BORN, date(1990, 5, 9), True),
        ("Émilie Tanguy", "Emilie Tanguy", BORN, date(1985, 9, 5), False),
        ("Émilie Tanguy", "Claire Aubry", BORN, BORN, False),
        ("Émilie Tanguy", "Emilien Tang", None, None, False),
        ("Émilie Tanguy", "Emilie Tanguy", BORN, None, True),
    ],
)
def test_who_looks_like_the_same_person(one, other, birth, other_birth, same):
    assert bool(looks_same(name_likeness(fold(one), fold(other)), birth, other_birth)) is same


def test_a_file_is_created_with_its_code_and_assignment(any_ctx):
    load_embedded(any_ctx)
    me = make.adviser(any_ctx)
    key = add_candidate(
        any_ctx, me, Identity("Zoé", "Œuvrard", birth_date=BORN, commune="st-nazaire", adviser_id=me.user_id)
    )
    found = read_candidate(any_ctx, me, key)
    assert (found.code, found.commune, found.adviser) == (f"P-{key:04d}", "Saint-Nazaire (44600)", me.name)
    with any_ctx.read() as session:
        assert session.execute(select(Person.name_search)).scalar_one() == "zoe oeuvrard"
        assert session.execute(select(PortfolioAssignment.adviser_id)).scalar_one() == me.user_id


@pytest.mark.parametrize(
    ("identity", "field"),
    [
        (Identity("", "Nom"), "given_name"),
        (Identity("Prénom", " "), "family_name"),
        (Identity("Prénom", "…"), "family_name"),
        (Identity("P" * 81, "Nom"), "given_name"),
        (Identity("Prénom", "Nom", email="sans-arobase"), "email"),
        (Identity("Prénom", "Nom", phone="appeler le soir"), "phone"),
        (Identity("Prénom", "Nom", birth_date=date(2090, 1, 1)), "birth_date"),
        (Identity("Prénom", "Nom", commune="Trifouilly"), "commune"),
        (Identity("Prénom", "Nom", adviser_id=999), "adviser_id"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_written(ctx, identity, field):
    me = make.adviser(ctx)
    with pytest.raises(Invalid) as refused:
        add_candidate(ctx, me, identity)
    assert [error.field for error in refused.value.errors] == [field]
    with ctx.read() as session:
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 0


def test_the_same_person_of_another_unit_is_reused_once_confirmed(ctx):
    me, other = make.adviser(ctx), make.adviser(ctx)
    make.candidate(
        ctx, other.unit_id, given_name="Emilie", family_name="Tanguy", protected={"birth_date": "1990-09-05"}
    )
    typed = Identity("Émilie", "TANGUY", birth_date=BORN)
    (likely,) = find_likely_same(ctx, me, typed)
    # Another unit's person: not a name more than what was typed.
    assert (likely.name, likely.code, likely.candidate_id) == ("", "", None)
    key = add_candidate(ctx, me, typed, same_person=likely.person_id)
    with ctx.read() as session:
        assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 1
    assert read_candidate(ctx, me, key).given_name == "Emilie"


def test_nobody_can_be_taken_for_somebody_they_do_not_look_like(ctx):
    me, other = make.adviser(ctx), make.adviser(ctx)
    make.candidate(ctx, other.unit_id, given_name="Claire", family_name="Aubry")
    with pytest.raises(NotFound):
        add_candidate(ctx, me, Identity("Émilie", "Tanguy"), same_person=1)


def test_a_person_already_followed_here_is_opened_not_doubled(ctx):
    me = make.adviser(ctx)
    known = make.candidate(ctx, me.unit_id, given_name="Emilie", family_name="Tanguy")
    (likely,) = find_likely_same(ctx, me, Identity("Émilie", "Tanguy"))
    assert likely.candidate_id == known
    with pytest.raises(Conflict) as refused:
        add_candidate(ctx, me, Identity("Émilie", "Tanguy"), same_person=likely.person_id)
    assert refused.value.data["candidate_id"] == known


def test_a_follow_up_that_ended_can_begin_again(ctx):
    me = make.adviser(ctx)
    make.candidate(ctx, me.unit_id, given_name="Emilie", family_name="Tanguy", state=CandidateState.ARCHIVED)
    (likely,) = find_likely_same(ctx, me, Identity("Émilie", "Tanguy"))
    assert add_candidate(ctx, me, Identity("Émilie", "Tanguy"), same_person=likely.person_id)


@pytest.mark.parametrize("role", [make.employer, make.administrator])
def test_only_staff_of_a_unit_opens_files(ctx, role):
    with pytest.raises(Forbidden):
        add_candidate(ctx, role(ctx), Identity("Émilie", "Tanguy"))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("nantes", "44109"),
        ("SAINT NAZAIRE", "44184"),
        ("st-naz", "44184"),
        ("44143", "44143"),
        ("44400", "44143"),
        ("Rezé (44400)", "44143"),
        ("", None),
        ("?", None),
        ("trifouilly", None),
    ],
)
def test_communes_are_found_as_people_write_them(ctx, typed, first):
    load_embedded(ctx)
    assert next((found.insee for found in find_communes(ctx, typed)), None) == first
