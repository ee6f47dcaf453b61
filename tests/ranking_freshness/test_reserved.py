"""Who belongs to the publics an offer is reserved to: yes, no, or not known."""

from __future__ import annotations

from datetime import date

import pytest

from matching.services.context import Context
from matching.services.ranking.loading import eligibility
from matching.services.ranking.snapshot import snapshot_of
from tests.support import factories

TODAY = date(2026, 11, 23)
PEOPLE: tuple[dict[str, str], ...] = (
    {"rsa": "yes", "birth_date": "1990-01-01"},
    {"rsa": "no", "birth_date": "2000-11-24"},
    {"rsa": "no", "birth_date": "2000-11-23"},
    {"rqth": "yes"},
    {},
)
YES, NO, OPEN = 1, 0, -1


@pytest.mark.parametrize(
    ("publics", "expected"),
    [
        (["rsa"], [YES, NO, NO, OPEN, OPEN]),
        (["under_26"], [NO, YES, NO, OPEN, OPEN]),
        (["rsa", "under_26"], [YES, YES, NO, OPEN, OPEN]),
        (["rsa", "rqth"], [YES, OPEN, OPEN, YES, OPEN]),
        (["over_50"], [NO, NO, NO, OPEN, OPEN]),
    ],
)
def test_one_public_is_enough_and_no_needs_them_all(any_ctx: Context, publics: list[str], expected: list[int]) -> None:
    unit = factories.unit(any_ctx)
    ids = [factories.candidate(any_ctx, unit, protected=protected) for protected in PEOPLE]
    with any_ctx.read() as session, snapshot_of(any_ctx).current(session) as snap:
        known = eligibility(session, snap.people, publics, TODAY)
        assert known is not None
        assert [int(known[snap.people.row_of(person)]) for person in ids] == expected


def test_an_offer_open_to_all_asks_nothing(ctx: Context) -> None:
    factories.candidate(ctx)
    with ctx.read() as session, snapshot_of(ctx).current(session) as snap:
        assert eligibility(session, snap.people, [], TODAY) is None
