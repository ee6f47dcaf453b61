"""Possible doubles: an officer says with a reason that they differ. On both engines; the rest in test_validating."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matching.clauses.terms import Route
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import declaring, declaring_writing, duplicates
from matching.services.clauses.checking import check_everything
from matching.services.clauses.declaring_writing import NewPerson, TypedLine
from matching.services.clauses.reversing import ReversalReason, correct_line
from matching.services.clauses.validating import Validate
from matching.services.context import Context
from matching.store.tables.declarations import DuplicateResolution, HourDeclaration
from matching.store.tables.participations import Participation
from tests.clauses_services.test_validating import H, Month, _twice
from tests.support import clauses as make
from tests.support import factories


def test_the_reason_is_kept_with_a_name(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    done = duplicates.resolve(any_ctx, month.officer, mine, other, " Matin chez l’un, soir chez l’autre. ")
    assert done.declaration_id == month.id
    with any_ctx.read() as session:
        row = session.execute(select(DuplicateResolution)).scalar_one()
    assert (row.first_line_id, row.second_line_id) == tuple(sorted((mine, other)))
    assert (row.by_id, row.reason) == (month.officer.user_id, "Matin chez l’un, soir chez l’autre.")


def test_it_is_settled_once(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    duplicates.resolve(any_ctx, month.officer, mine, other, "Deux équipes.")
    with pytest.raises(Conflict, match="Léa Roche a déjà noté"):
        duplicates.resolve(any_ctx, make.officer(any_ctx), other, mine, "Deux équipes.")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_a_reason_is_needed(any_ctx: Context, reason: str) -> None:
    month, mine, other = _twice(any_ctx)
    with pytest.raises(Invalid):
        duplicates.resolve(any_ctx, month.officer, mine, other, reason)


def test_only_lines_of_one_person_that_overlap(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(H, H)
    first, second = month.lines
    for pair in ((first, second), (first, first), (first, 9999), (9999, first)):
        with pytest.raises(NotFound):
            duplicates.resolve(any_ctx, month.officer, *pair, "Deux équipes.")
    with pytest.raises(Forbidden):
        duplicates.resolve(any_ctx, make.company(any_ctx, month.company), first, second, "Deux équipes.")


def test_lines_that_no_longer_overlap_have_nothing_to_settle(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    month.edit_line(0, minutes=0)
    with pytest.raises(RuleRefused, match="ne se recouvrent pas"):
        duplicates.resolve(any_ctx, month.officer, mine, other, "Deux équipes.")


def test_a_line_corrected_keeps_what_was_settled(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    duplicates.resolve(any_ctx, month.officer, mine, other, "Deux équipes.")
    month.decide({mine: Validate()})
    done = correct_line(any_ctx, month.officer, mine, 9 * H, ReversalReason.TYPING_ERROR)
    with any_ctx.read() as session:
        pairs = {
            (row.first_line_id, row.second_line_id) for row in session.execute(select(DuplicateResolution)).scalars()
        }
    assert tuple(sorted((other, done.new_line_id or 0))) in pairs


# --- more than the days hold ------------------------------------------------------------------------------


def _pooled_twice(ctx: Context, hours: int) -> tuple[Month, Month]:
    """October of one person on two commitments that an agreement links, without the days."""
    first, second = Month(ctx, people=1), Month(ctx, people=0)
    with ctx.read() as session:
        person = session.get_one(Participation, first.people[0]).person_id
    second.company, second.commitment = first.company, make.commitment(ctx, holder_id=first.company)
    second.people = [make.participation(ctx, second.commitment, organisation_id=first.company, person_id=person)]
    make.pooling(ctx, first.company, [first.commitment, second.commitment])
    for month in (first, second):
        month.declare(hours * H)
    return first, second


def test_pooled_lines_hold_no_more_than_24_hours_a_day(any_ctx: Context) -> None:
    first, second = _pooled_twice(any_ctx, 373)
    for month in (first, second):
        with pytest.raises(Invalid) as refused:
            month.decide({month.lines[0]: Validate()})
        assert "24\u00a0h par jour font 744\u00a0h" in refused.value.errors[0].message


def test_pooled_lines_that_fit_are_counted(any_ctx: Context) -> None:
    for month in _pooled_twice(any_ctx, 372):
        assert month.decide({month.lines[0]: Validate()}).minutes == 372 * H
    assert check_everything(any_ctx).breaches == ()


def test_the_verification_names_days_that_hold_too_much(any_ctx: Context) -> None:
    company = factories.organisation(any_ctx)
    pooled = [make.commitment(any_ctx, holder_id=company) for _ in "ab"]
    make.pooling(any_ctx, company, pooled)
    one = make.participation(any_ctx, pooled[0], organisation_id=company)
    with any_ctx.read() as session:
        person = session.get_one(Participation, one).person_id
    other = make.participation(any_ctx, pooled[1], organisation_id=company, person_id=person)
    make.validated(any_ctx, pooled[0], one, 373 * H)
    make.validated(any_ctx, pooled[1], other, 373 * H)
    (breach,) = check_everything(any_ctx).breaches
    assert (breach.rule, breach.table, breach.number) == ("jours", "declaration_line", 2)


# --- one person under two files -----------------------------------------------------------------------------


def _described_by_both(ctx: Context, births: tuple[str, str], names: tuple[str, str] = ("Jean", "Inventé")) -> Month:
    """The holder and the agency each describe somebody and send October; the month is the agency's."""
    month = Month(ctx, people=0)
    agency = factories.organisation(ctx, "Nova Intérim")
    make.party(ctx, month.commitment, agency)
    for company, birth in zip((month.company, agency), births, strict=True):
        actor = make.company(ctx, company)
        mine = declaring.declarant_of(ctx, actor, month.commitment, "2026-10")
        given, family = ("Jean", "Inventé") if company == month.company else names
        who = NewPerson(
            given_name=given, family_name=family, birth_date=birth, route=Route.DIRECT_HIRE, started_on="01/10/2026"
        )
        declaring_writing.add_person(ctx, mine, 0, who)
        view = declaring.open_month(ctx, mine)
        declaring_writing.save_month(ctx, mine, view.version, {view.lines[0].key: TypedLine("140")})
        view = declaring.open_month(ctx, mine)
        declaring_writing.submit_month(ctx, mine, view.version)
        month.id = view.declaration_id or 0
        month.lines = make.lines_of(ctx, month.id)
    return month


FEBRUARY, MARCH = "01/02/1990", "01/03/1990"


@pytest.mark.parametrize(
    ("births", "names"),
    [
        ((FEBRUARY, FEBRUARY), ("Jean", "Inventé")),
        ((FEBRUARY, ""), ("jean", "INVENTE")),
        (("", ""), ("Inventé", "Jean")),
    ],
    ids=["same birth", "one birth", "names swapped"],
)
def test_one_person_under_two_files_is_a_possible_double(
    any_ctx: Context, births: tuple[str, str], names: tuple[str, str]
) -> None:
    month = _described_by_both(any_ctx, births, names)
    why = Validate("Éligibilité en cours.")
    with pytest.raises(Invalid) as refused:
        month.decide({month.lines[0]: why})
    assert refused.value.errors[0].message.startswith("Deux fiches portent ce nom")
    duplicates.resolve(any_ctx, month.officer, month.lines[0], 1, "Deux frères.")
    assert month.decide({month.lines[0]: why}).minutes == 140 * H


def test_another_birth_is_another_person(any_ctx: Context) -> None:
    month = _described_by_both(any_ctx, (FEBRUARY, MARCH))
    assert month.decide({month.lines[0]: Validate("Éligibilité en cours.")}).minutes == 140 * H


def test_the_company_is_not_told_of_the_other_file(any_ctx: Context) -> None:
    month = _described_by_both(any_ctx, (FEBRUARY, FEBRUARY))
    with any_ctx.read() as session:
        company = session.get_one(HourDeclaration, month.id).organisation_id
    mine = declaring.declarant_of(any_ctx, make.company(any_ctx, company), month.commitment, "2026-10")
    assert "Deux fiches" not in repr(declaring.open_month(any_ctx, mine))
