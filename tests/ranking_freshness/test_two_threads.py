"""Two requests in one worker: the one that began earlier finds a snapshot newer than what it reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest

from matching.services.context import Context
from matching.services.ranking import rank_candidates
from matching.services.ranking.snapshot import snapshot_of
from matching.services.reference import load_embedded
from matching.store.unit_of_work import current_versions
from tests.support import factories


def test_somebody_added_since_a_request_began_waits_for_the_next_one(
    any_ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_embedded(any_ctx)
    unit = factories.unit(any_ctx)
    adviser = factories.adviser(any_ctx, unit)
    first = factories.candidate(any_ctx, unit, windows=factories.WEEK)
    offer = factories.offer(any_ctx)
    plain_read = any_ctx.read
    late: list[int] = []

    @contextmanager
    def read_then_overtaken() -> Any:
        with plain_read() as session:
            current_versions(session)
            if not late:
                late.append(factories.candidate(any_ctx, unit, windows=factories.WEEK))
                with plain_read() as newer, snapshot_of(any_ctx).current(newer) as snap:
                    assert late[0] in snap.people
            yield session

    monkeypatch.setattr(any_ctx, "read", read_then_overtaken)
    overtaken = rank_candidates(any_ctx, adviser, offer)
    assert [person.candidate_id for person in overtaken.people] == [first]
    newest = snapshot_of(any_ctx).data_version
    following = rank_candidates(any_ctx, adviser, offer)
    assert {person.candidate_id for person in following.people} == {first, late[0]}
    assert snapshot_of(any_ctx).data_version == newest
