"""Possible doubles: an officer says with a reason that they differ. On both engines; the rest in test_validating."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import duplicates
from matching.services.context import Context
from matching.store.tables.declarations import DuplicateResolution
from tests.clauses_services.test_validating import H, Month, _twice
from tests.support import clauses as make


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
