"""A profile saved by anybody ranks as saved at the very next request, in every worker."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from matching.access.permissions import Actor
from matching.engine import People
from matching.services.candidates import FactAnswer, Source, set_facts
from matching.services.candidates.editing import editing
from matching.services.context import Context
from matching.services.ranking import rank_candidates
from matching.services.reference import load_embedded
from matching.store.ranking_source import GuardedReader, read_catalogue, read_changed, read_everyone
from matching.store.tables.people import Candidate
from matching.terms import CandidateState, FactSource, Known
from tests.conftest import NOW
from tests.support import factories

Standing = list[list[Any]]


class World:
    """One offer that asks a driving licence, two people of one unit, two workers over one database."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        load_embedded(ctx)
        self.unit = factories.unit(ctx)
        self.adviser: Actor = factories.adviser(ctx, self.unit)
        self.able = self.person(licence_b=True)
        self.unasked = self.person()
        self.offer = factories.offer(ctx, wants=[factories.Want("capability", "licence_b")])
        url = ctx.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.ranking_freshness.worker", url, NOW.isoformat()]
        self.other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def person(self, **facts: factories.Fact) -> int:
        return factories.candidate(self.ctx, self.unit, windows=factories.WEEK, facts=facts)

    def answer(self, person: int, value: Known) -> None:
        source = Source(FactSource.DECLARED, factories.today(self.ctx))
        set_facts(self.ctx, self.adviser, person, None, {"licence_b": FactAnswer(value)}, source)

    def here(self) -> Standing:
        ranked = rank_candidates(self.ctx, None, self.offer)
        return [[person.candidate_id, person.tier.value, person.fit] for person in ranked.people]

    def there(self) -> Standing:
        assert self.other.stdin is not None
        assert self.other.stdout is not None
        self.other.stdin.write(f"{self.offer}\n")
        self.other.stdin.flush()
        found: Standing = json.loads(self.other.stdout.readline())
        return found


@pytest.fixture
def world(any_ctx: Context) -> Iterator[World]:
    made = World(any_ctx)
    yield made
    made.other.communicate()


def _answers_no(world: World) -> None:
    world.answer(world.able, Known.NO)


def _answers_yes(world: World) -> None:
    world.answer(world.unasked, Known.YES)


def _pauses(world: World) -> None:
    with editing(world.ctx, world.adviser, world.able, None) as edit:
        edit.candidate.state = CandidateState.PAUSED
        edit.record("test.paused")


def _moves_away(world: World) -> None:
    factories.commune(world.ctx, factories.SAINT_NAZAIRE)
    with editing(world.ctx, world.adviser, world.able, None) as edit:
        edit.candidate.commune_insee = factories.SAINT_NAZAIRE
        edit.record("test.moved")


def _arrives(world: World) -> None:
    world.person(licence_b=True)


def _is_proposed(world: World) -> None:
    other = factories.offer(world.ctx)
    factories.proposal(world.ctx, other, world.able)


CHANGES = [_answers_no, _answers_yes, _pauses, _moves_away, _arrives, _is_proposed]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_every_worker_ranks_what_was_just_saved(world: World, change: Callable[[World], None]) -> None:
    before = world.here()
    assert world.there() == before
    change(world)
    after = world.here()
    assert after != before
    assert world.there() == after


def test_reading_everybody_or_one_by_one_gives_the_same_people(any_ctx: Context) -> None:
    load_embedded(any_ctx)
    unit = factories.unit(any_ctx)
    facts: list[dict[str, factories.Fact]] = [
        {"licence_b": True, "sst": date(2027, 2, 28), "french_oral": 0, "max_load": (True, None)},
        {"licence_b": False, "hours_max": 2100, "sst": date(1999, 1, 1), "pay_wished": 99_999},
        {},
    ]
    weeks = [[(0, 485, 1020, True), (0, 600, 660, False), (6, 0, 1440, False)], [(3, 0, 15, True)], []]
    for number, (known, week) in enumerate(zip(facts, weeks, strict=True)):
        factories.candidate(
            any_ctx,
            unit,
            facts=known,
            windows=week,
            goals=[factories.COOKING, factories.CLEANING][: number + 1],
            experience={factories.WAREHOUSE: None, factories.COOKING: 8},
            skills={5: True, 3: False} if number else {},
            commune=None if number == 2 else factories.REZE,
            state=CandidateState.PAUSED if number == 1 else CandidateState.ACTIVE,
        )
    with any_ctx.read() as session:
        reader = GuardedReader(session)
        catalogue = read_catalogue(reader)
        together = read_everyone(reader, catalogue)
        one_by_one = People(catalogue.vocabulary)
        one_by_one.upsert(sorted(read_changed(reader, catalogue, 0), key=lambda record: record.id))
    assert len(together) == len(one_by_one) == 3
    for name in together._data:
        np.testing.assert_array_equal(together.column(name), one_by_one.column(name), err_msg=name)
    np.testing.assert_array_equal(together.word_counts, one_by_one.word_counts)


def test_a_read_sees_the_database_at_one_moment(any_ctx: Context) -> None:
    unit = factories.unit(any_ctx)
    with any_ctx.read() as session:
        before = session.execute(select(func.count(Candidate.id))).scalar_one()
        factories.candidate(any_ctx, unit)
        assert session.execute(select(func.count(Candidate.id))).scalar_one() == before


def test_nobody_yet(any_ctx: Context) -> None:
    with any_ctx.read() as session:
        reader = GuardedReader(session)
        assert len(read_everyone(reader, read_catalogue(reader))) == 0
