"""Fill a new database with a whole Département: 33 000 invented people, 2 000 open offers, 3 units.

    python benchmarks/population.py [--people 33000] [--offers 2000] [--database FILE]

Writes a SQLite file, or the empty database of MATCHING_DATABASE_URL. The official reference is used when
MATCHING_REFERENCE_DATA names its folder, else the embedded one. A few hundred profiles are made as in the
demonstration; the others borrow the facts of one, the week of another, the goals, work and skills of a third,
with a name and a commune of their own. The same at every run on the same day.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.demo import DEMO_PASSWORD, words
from matching.demo.build import SEED, Town, _account, _add_organisations, _add_units, _read_reference
from matching.demo.offers import add_offers
from matching.demo.people import _home, add_people
from matching.demo.proposals import add_proposals
from matching.services.context import Context, open_context
from matching.services.reference import load_embedded, load_official
from matching.settings import Settings
from matching.store import migrations
from matching.store.tables.accounts import UserAccount
from matching.store.tables.base import Base
from matching.store.tables.offers import Offer
from matching.store.tables.people import (
    Candidate,
    CandidateBarrier,
    CandidateExperience,
    CandidateFact,
    CandidateGoal,
    CandidateSkill,
    CandidateWindow,
    Person,
    PortfolioAssignment,
)
from matching.store.tables.protected import ProtectedFact
from matching.store.unit_of_work import PEOPLE
from matching.terms import OfferState, Role
from matching.text import fold

MODELS = 1000
NOT_OPEN = 11
"""The last offers that the demonstration makes are drafts, suspended, closed…: not counted among the open ones."""
DEPARTEMENT = "44"
_CHUNK = 1000


def populate(ctx: Context, people: int, offers: int, say: Callable[[str], None] = print) -> None:
    """Migrate and fill the empty database of `ctx`: `people` candidates, `offers` published offers."""
    migrations.upgrade(ctx.engine)
    with ctx.read() as session:
        if session.execute(select(UserAccount.id).limit(1)).first():
            raise SystemExit("La base n’est pas vide : indiquez un autre fichier.")
    folder = os.environ.get("MATCHING_REFERENCE_DATA")
    if folder:
        load_official(ctx, None, Path(folder), lambda *_: None)
    else:
        load_embedded(ctx)
    say("référentiel officiel" if folder else "référentiel embarqué")
    with ctx.write(None) as work:
        town = Town(work, ctx.clock.today(), Random(SEED))
        _read_reference(town)
        town.communes = [commune for commune in town.communes if commune.departement == DEPARTEMENT]
        password_hash = ctx.passwords.hash(DEMO_PASSWORD)
        _add_units(town, password_hash)
        _add_organisations(town, password_hash)
        models = add_people(town, min(people, MODELS))
        made = add_offers(town, offers + NOT_OPEN)
        work.session.flush()
        add_proposals(town)
        _account(town, Role.PILOT, password_hash, "pilote1")
        work.session.flush()
        say(f"{len(models)} profils modèles, {len(made)} offres")
        _multiply(town, [candidate.id for candidate in models], people)
        work.touch_stream(PEOPLE)
        work.record("benchmark.populated", "employment_unit", 0, candidates=people, offers=len(made))
    _analyze(ctx)


def _analyze(ctx: Context) -> None:
    """What PostgreSQL does by itself within a minute of so many new rows: pages are not measured before."""
    if ctx.engine.dialect.name == "postgresql":
        with ctx.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


# --- many people from a few ----------------------------------------------------------------------


def _multiply(town: Town, models: list[int], people: int) -> None:
    session, dice = town.work.session, town.dice
    parts = {table: _rows_of(session, table) for table in _ABOUT}
    protected = _rows_of(session, ProtectedFact)
    own = {row["id"]: row for rows in _rows_of(session, Candidate).values() for row in rows}
    first_person = max(row["person_id"] for row in own.values()) + 1
    numbers = iter(range(len(models), people))
    while batch := list(islice(numbers, _CHUNK)):
        pending: dict[type[Base], list[dict[str, Any]]] = {}
        for number in batch:
            candidate_id, person_id = max(models) + 1 + number - len(models), first_person + number - len(models)
            facts, week, wishes, rest = (dice.choice(models) for _ in range(4))
            _add(pending, Person, _person(town, person_id))
            _add(pending, Candidate, _candidate(town, own[wishes], candidate_id, person_id, number))
            _add(pending, PortfolioAssignment, _assignment(pending[Candidate][-1]))
            model_of = dict(zip(_ABOUT, (facts, week, wishes, wishes, wishes, rest), strict=True))
            for table, rows in parts.items():
                for row in rows.get(model_of[table], ()):
                    _add(pending, table, row | {"candidate_id": candidate_id})
            for row in protected.get(own[rest]["person_id"], ()):
                _add(pending, ProtectedFact, row | {"person_id": person_id})
        for table, rows in pending.items():
            # Not `insert(table)`: the ORM leaves empty columns out, and sends a statement each time they change.
            session.execute(insert(table.__table__), rows)
    _number_after(session)


def _number_after(session: Session) -> None:
    """PostgreSQL numbers rows from sequences, which rows with a number of their own leave behind."""
    if session.get_bind().dialect.name == "postgresql":
        for table in ("person", "candidate"):
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))


_ABOUT: tuple[type[Base], ...] = (
    CandidateFact,
    CandidateWindow,
    CandidateGoal,
    CandidateExperience,
    CandidateSkill,
    CandidateBarrier,
)


def _add(pending: dict[type[Base], list[dict[str, Any]]], table: type[Base], row: Mapping[str, Any]) -> None:
    pending.setdefault(table, []).append(dict(row))


def _rows_of(session: Session, table: type[Base]) -> dict[int, list[dict[str, Any]]]:
    """Rows as column values, by candidate (or person), without the number they were given."""
    columns = table.__table__.c
    owner = next((name for name in ("candidate_id", "person_id") if name in columns), "id")
    numbered = owner != "id" and "id" in columns and table is not Candidate
    found: dict[int, list[dict[str, Any]]] = {}
    for row in session.execute(select(*columns)).mappings():
        values = dict(row)
        if numbered:
            del values["id"]
        found.setdefault(values[owner], []).append(values)
    return found


def _person(town: Town, person_id: int) -> dict[str, Any]:
    given, family = town.dice.choice(words.GIVEN_NAMES), town.dice.choice(words.FAMILY_NAMES)
    return {
        "id": person_id,
        "given_name": given,
        "family_name": family,
        "name_search": fold(f"{given} {family}"),
        "phone": f"06 39 98 {town.dice.randrange(100):02d} {town.dice.randrange(100):02d}",
        "email": "",
        "created_at": town.work.at,
        "version": 1,
    }


def _candidate(town: Town, model: dict[str, Any], candidate_id: int, person_id: int, number: int) -> dict[str, Any]:
    position = number % len(town.units)
    advisers = [a.id for a in town.advisers if a.unit_id == town.units[position].id]
    return model | {
        "id": candidate_id,
        "person_id": person_id,
        "code": f"P-{number + 1:05d}",
        "unit_id": town.units[position].id,
        "adviser_id": town.dice.choice(advisers),
        "commune_insee": _home(town, position),
        "last_proposed_on": None,
        "data_version": 0,
    }


def _assignment(candidate: dict[str, Any]) -> dict[str, Any]:
    return {
        "candidate_id": candidate["id"],
        "unit_id": candidate["unit_id"],
        "adviser_id": candidate["adviser_id"],
        "from_on": candidate["first_meeting_on"],
    }


def database_url(path: Path | None) -> str:
    """The database asked: a SQLite file, else the one of MATCHING_DATABASE_URL, else `benchmark.sqlite3`."""
    if path is not None:
        return f"sqlite:///{path}"
    return os.environ.get("MATCHING_DATABASE_URL") or "sqlite:///benchmark.sqlite3"


def arguments(what: str) -> argparse.ArgumentParser:
    """What a command says of the Département it fills or reads."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--people", type=int, default=33_000)
    parser.add_argument("--offers", type=int, default=2_000)
    parser.add_argument("--database", type=Path, help="fichier SQLite (sinon MATCHING_DATABASE_URL)")
    return parser


def filled(options: argparse.Namespace) -> Context:
    """The database of these `arguments`, filled when it was empty."""
    ctx = open_context(Settings(database_url=database_url(options.database)))
    if not inspect(ctx.engine).has_table("candidate"):
        populate(ctx, options.people, options.offers, lambda line: print(line, file=sys.stderr))
    return ctx


# --- what is read back ---------------------------------------------------------------------------


def actors(ctx: Context, role: Role) -> list[Actor]:
    """Those of a role, the first account first."""
    with ctx.read() as session:
        accounts = session.execute(select(UserAccount).where(UserAccount.role == role).order_by(UserAccount.id))
        return [Actor(row.id, row.name, row.role, row.unit_id) for row in accounts.scalars()]


def email_of(ctx: Context, actor: Actor) -> str:
    with ctx.read() as session:
        return session.get_one(UserAccount, actor.user_id).email


def open_offers(ctx: Context) -> list[int]:
    with ctx.read() as session:
        query = select(Offer.id).where(Offer.state == OfferState.PUBLISHED).order_by(Offer.id)
        return list(session.execute(query).scalars())


# --- from the command line -----------------------------------------------------------------------


def main() -> int:
    """Fill a database and say how long it took."""
    options = arguments("Une base remplie de personnes et d’offres inventées.").parse_args()
    began = time.perf_counter()
    populate(open_context(Settings(database_url=database_url(options.database))), options.people, options.offers)
    print(f"{options.people} personnes et {options.offers} offres ouvertes en {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
