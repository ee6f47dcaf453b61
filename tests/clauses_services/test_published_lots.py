"""Lots guessed from identifiers: a person says which are, together or one by one; the others are left in peace."""

from __future__ import annotations

import pytest

from matching.errors import Conflict, Invalid, NotFound
from matching.services.clauses.published_lots import (
    LotDecision,
    count_possible_lots,
    decide_lots,
    list_possible_lots,
    lot_of_contract,
)
from matching.services.context import Context
from tests.support import clauses as make


def test_guesses_wait_grouped_by_contract(any_ctx: Context) -> None:
    who, buyer = make.officer(any_ctx), make.buyer_organisation(any_ctx)
    for number in ("202401L10", "202401L04", "2024-TRAVAUX", "202402l1", "MAPA-2024", "202401"):
        make.contract(any_ctx, buyer, number=number)
    make.contract(any_ctx, number="202401L05")
    make.contract(any_ctx, buyer, number="202403L01", lot_number="")
    found = list_possible_lots(any_ctx, who)
    assert [(row.number, row.lot_of, row.lot_number) for row in found.rows if row.number != "202401L05"] == [
        ("202401L04", "202401", "4"),
        ("202401L10", "202401", "10"),
        ("202402l1", "202402", "1"),
    ]
    assert (found.total, count_possible_lots(any_ctx, who), found.pages) == (4, 4, 1)
    by_number = {row.number: row.together for row in found.rows}
    assert by_number == {"202401L04": 1, "202401L10": 1, "202402l1": 0, "202401L05": 0}


def test_confirmed_together_they_are_siblings(any_ctx: Context) -> None:
    who, buyer = make.officer(any_ctx), make.buyer_organisation(any_ctx)
    main = make.contract(any_ctx, buyer, number="202401")
    keys = [make.contract(any_ctx, buyer, number=number) for number in ("202401L10", "202401L04", "202401L99")]
    make.contract(any_ctx, number="202401L01", lot_of="202401", lot_number="1")  # of another buyer
    decisions = [LotDecision(keys[0], 1, "202401", "10"), LotDecision(keys[1], 1, "202401", "4")]
    assert decide_lots(any_ctx, who, [*decisions, LotDecision(keys[2], 1)]) == 3
    assert count_possible_lots(any_ctx, who) == 0
    told = lot_of_contract(any_ctx, who, keys[0])
    assert (told.lot_of, told.lot_number, told.guessed) == ("202401", "10", None)
    assert [(one.contract_id, one.lot) for one in told.siblings] == [(main, ""), (keys[1], "4")]
    assert [one.lot for one in lot_of_contract(any_ctx, who, main).siblings] == ["4", "10"]
    refused = lot_of_contract(any_ctx, who, keys[2])
    assert (refused.lot_of, refused.lot_number, refused.siblings) == ("", "", ())


def test_a_contract_not_looked_at_has_its_guess(ctx: Context) -> None:
    told = lot_of_contract(ctx, make.officer(ctx), make.contract(ctx, number="2024-17-LOT-02"))
    assert told.guessed is not None
    assert (told.guessed.lot_of, told.guessed.lot_number, told.lot_number) == ("2024-17", "2", None)


@pytest.mark.parametrize(
    ("lot_of", "lot", "field"),
    [("", "4", "lot_of"), ("2024", "", "lot_number"), ("x" * 41, "4", "lot_of"), ("2024", "x" * 21, "lot_number")],
)
def test_what_is_missing_is_named_and_nothing_is_kept(any_ctx: Context, lot_of: str, lot: str, field: str) -> None:
    who = make.officer(any_ctx)
    good, bad = make.contract(any_ctx, number="202401L04"), make.contract(any_ctx, number="202402L04")
    with pytest.raises(Invalid) as caught:
        decide_lots(any_ctx, who, [LotDecision(good, 1, "202401", "4"), LotDecision(bad, 1, lot_of, lot)])
    assert [item.field for item in caught.value.errors] == [f"{field}-{bad}"]
    assert count_possible_lots(any_ctx, who) == 2


def test_all_or_nothing(any_ctx: Context) -> None:
    who = make.officer(any_ctx)
    good, other = make.contract(any_ctx, number="202401L04"), make.contract(any_ctx, number="202402L04")
    first = LotDecision(good, 1, "202401", "4")
    with pytest.raises(Conflict):
        decide_lots(any_ctx, who, [first, LotDecision(other, 9)])
    with pytest.raises(NotFound):
        decide_lots(any_ctx, who, [first, LotDecision(99_999, 1)])
    with pytest.raises(Invalid):
        decide_lots(any_ctx, who, [])
    assert count_possible_lots(any_ctx, who) == 2
    decide_lots(any_ctx, who, [first])
    with pytest.raises(Conflict):
        decide_lots(any_ctx, who, [first])
