"""No protected fact moves anybody: each is permuted alone among the people, and the ranks stay bit-identical."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from matching.engine import ranking as engine_ranking
from matching.services.context import Context
from matching.services.ranking import lists
from matching.services.ranking.simulation import Simulation
from matching.services.ranking.snapshot import snapshot_of
from matching.store.tables.offers import Offer, OfferPlace, OfferRequirement, OfferWindow
from matching.store.tables.people import Candidate, CandidateBarrier, CandidateFact, Person
from matching.store.tables.protected import PROTECTED_KINDS, ProtectedFact
from matching.terms import BarrierState, Importance
from matching.text import fold

pytestmark = pytest.mark.long

AT_LEAST = 200
COPIES = 3
_INVENTED = {
    "birth_date": ("1968-02-03", "1985-07-19", "2003-11-30"),
    "sex": ("f", "m"),
    "nationality": ("FR", "UE", "hors UE"),
    "family_situation": ("seul", "couple", "monoparentale"),
    "housing_situation": ("stable", "heberge", "sans"),
}


@pytest.fixture
def town(demo_ctx: Context) -> Context:
    """The demonstration with every protected kind answered for most, and at least 200 unreserved offers."""
    with demo_ctx.write(None) as work:
        session, dice = work.session, Random(7)
        offers = session.execute(select(Offer).where(Offer.code.like("O-%"))).scalars().all()
        communes = sorted({place.commune_insee for offer in offers for place in offer.places})
        for number in range(COPIES):
            for offer in offers:
                if not offer.reserved_publics:
                    session.add(_vary(offer, number, communes, dice))
        known = set()
        for row in session.execute(select(ProtectedFact)).scalars():
            known.add((row.person_id, row.kind))
            if row.kind == "rsa" and dice.random() < 0.4:
                row.value = "no"  # everybody has it in the demonstration: a permutation would move nothing
        for person in session.execute(select(Person).order_by(Person.id)).scalars():
            person.email = f"p{person.id}@exemple.test"
            for kind in PROTECTED_KINDS:
                if (person.id, kind) not in known and dice.random() < 0.7:  # the others stay unknown
                    value = dice.choice(_INVENTED.get(kind, ("yes", "no")))
                    session.add(ProtectedFact(person_id=person.id, kind=kind, value=value, known_on=work.at.date()))
        work.record("test.filled", "offer", 0)
    return demo_ctx


def _vary(offer: Offer, number: int, communes: list[str], dice: Random) -> Offer:
    """Another offer like this one: elsewhere, later, other hours, other importances."""
    kept = {
        column.key: getattr(offer, column.key)
        for column in Offer.__table__.columns
        if column.key not in ("id", "code", "version")
    }
    copy = Offer(**kept, code=f"V{number}-{offer.id:04d}")
    if copy.starts_on:
        copy.starts_on += timedelta(days=dice.choice([-5, 10, 40]))
        copy.ends_on = None if copy.ends_on is None else copy.ends_on + timedelta(days=60)
    if copy.weekly_minutes:
        copy.weekly_minutes -= dice.choice([0, 300, 600])
    copy.places = [OfferPlace(commune_insee=dice.choice(communes), position=0)]
    copy.windows = [
        OfferWindow(weekday=w.weekday, start_minute=max(0, w.start_minute - 60 * number), end_minute=w.end_minute)
        for w in offer.windows
    ]
    copy.requirements = [
        OfferRequirement(kind=r.kind, code=r.code, amount=r.amount, importance=dice.choice(list(Importance)))
        for r in offer.requirements
    ]
    return copy


@pytest.fixture(autouse=True)
def _no_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reasons are words put on the very arrays compared here: left out, thousands of whole lists are ranked fast."""
    monkeypatch.setattr(engine_ranking, "matches_of", lambda *_: ())


def _ranks(ctx: Context) -> dict[str, str]:
    """For each unreserved offer, a digest of the bits of everything the ranking said, of everybody."""
    fresh = replace(ctx, memory={})  # another worker, that has read nothing yet
    found = {}
    with fresh.read() as session, snapshot_of(fresh).current(session) as snap:
        for key in session.execute(select(Offer.id).order_by(Offer.id)).scalars().all():
            offer = lists._offer(session, None, key)
            if offer.reserved_publics:
                continue
            question = lists._question(fresh, session, snap, None, offer, Simulation(), True)
            ranked = question.rank(question.asked, len(snap.people))
            arrays = (ranked.ids, ranked.tiers, ranked.fit, ranked.parts, ranked.statuses, ranked.delays)
            digest = hashlib.sha256()
            for array in arrays:
                digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
            found[offer.code] = digest.hexdigest()
            assert len(ranked.ids) > 300
    return found


def _shifted(values: list[Any]) -> list[Any]:
    """The same values, most of them on somebody else."""
    order = list(range(len(values)))
    Random(11).shuffle(order)
    return [values[position] for position in order]


def _permute_protected(ctx: Context, kind: str) -> int:
    with ctx.write(None) as work:
        session = work.session
        people = list(session.execute(select(Person.id).order_by(Person.id)).scalars())
        rows = {
            row.person_id: row
            for row in session.execute(select(ProtectedFact).where(ProtectedFact.kind == kind)).scalars()
        }
        before = [rows[p].value if p in rows else None for p in people]
        after = _shifted(before)
        for person, value in zip(people, after, strict=True):
            if person in rows and value is None:
                session.delete(rows[person])
            elif person in rows:
                rows[person].value = value
            elif value is not None:
                session.add(ProtectedFact(person_id=person, kind=kind, value=value, known_on=work.at.date()))
        work.record("test.permuted", "person", 0)
    return sum(a != b for a, b in zip(before, after, strict=True))


def _permute_column(ctx: Context, table: Any, names: tuple[str, ...]) -> int:
    with ctx.write(None) as work:
        rows = work.session.execute(select(table).order_by(table.id)).scalars().all()
        before = [tuple(getattr(row, name) for name in names) for row in rows]
        after = _shifted(before)
        for row, values in zip(rows, after, strict=True):
            for name, value in zip(names, values, strict=True):
                setattr(row, name, value)
            if table is Person:
                row.name_search = fold(f"{row.given_name} {row.family_name}")
        work.record("test.permuted", "person", 0)
    return sum(a != b for a, b in zip(before, after, strict=True))


def _turn_barriers(ctx: Context) -> int:
    """Whoever had one open has it closed, and the other way round."""
    turned = {BarrierState.YES: BarrierState.CLOSED, BarrierState.CLOSED: BarrierState.YES}
    with ctx.write(None) as work:
        rows = work.session.execute(select(CandidateBarrier)).scalars().all()
        for row in rows:
            row.state = turned.get(row.state, BarrierState.YES)
        work.record("test.permuted", "candidate", 0)
    return len(rows)


_OTHERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "name": (Person, ("given_name", "family_name")),
    "phone": (Person, ("phone",)),
    "email": (Person, ("email",)),
    "orientation": (Candidate, ("orientation", "rights_opened_on", "approved_sentence")),
}


def test_each_protected_fact_alone_leaves_every_rank_bit_identical(town: Context) -> None:
    reference = _ranks(town)
    assert len(reference) >= AT_LEAST
    assert len(set(reference.values())) >= AT_LEAST  # and they are not all the same list
    for what, moved in _permutations(town):
        assert moved >= 20, f"{what}: nothing to speak of was permuted"
        again = _ranks(town)
        assert [code for code in reference if again[code] != reference[code]] == [], what


def _permutations(ctx: Context) -> Iterator[tuple[str, int]]:
    for kind in PROTECTED_KINDS:
        yield kind, _permute_protected(ctx, kind)
    for what, (table, names) in _OTHERS.items():
        yield what, _permute_column(ctx, table, names)
    yield "barriers", _turn_barriers(ctx)


def test_control_a_real_input_permuted_moves_people(town: Context) -> None:
    """The check can fail: driving licences, communes and words given to others change most lists."""
    reference = _ranks(town)
    with town.write(None) as work:
        rows = work.session.execute(
            select(CandidateFact).where(CandidateFact.fact == "licence_b").order_by(CandidateFact.candidate_id)
        ).scalars()
        held = list(rows)
        for row, value in zip(held, _shifted([row.value for row in held]), strict=True):
            row.value = value
        work.record("test.permuted", "candidate", 0)
    licence = _ranks(town)
    assert sum(licence[code] != reference[code] for code in reference) >= 5
    _permute_column(town, Candidate, ("commune_insee",))
    commune = _ranks(town)
    assert sum(commune[code] != licence[code] for code in reference) >= AT_LEAST
