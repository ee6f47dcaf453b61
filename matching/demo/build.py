"""Builds the demonstration in one go: units, accounts, organisations, people, offers, proposals, clauses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from matching.demo import words
from matching.demo.clauses import add_clauses
from matching.demo.lists import add_lists
from matching.demo.numbers import luhn
from matching.demo.offers import add_offers
from matching.demo.people import add_people
from matching.demo.proposals import add_proposals
from matching.services.context import Context
from matching.services.ranking import count_levers_of_units
from matching.services.reference import load_embedded
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
from matching.store.tables.reference import Commune, JobTitle, RomeMobility, RomeOccupation, RomeSkill, Skill
from matching.store.unit_of_work import UnitOfWork
from matching.terms import Role
from matching.text import fold

DEMO_PASSWORD = "quatre-mots-pour-essayer"  # noqa: S105 - the demonstration's own, printed on the screen
SEED = 44


@dataclass(frozen=True)
class Login:
    """What the command prints: who to log in as."""

    email: str
    role: Role
    who: str


@dataclass
class Town:
    """What is built so far, and where the dice come from."""

    work: UnitOfWork
    today: date
    dice: Random
    units: list[EmploymentUnit] = field(default_factory=list)
    advisers: list[UserAccount] = field(default_factory=list)
    establishments: list[Establishment] = field(default_factory=list)
    communes: list[Commune] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    titles: dict[str, list[JobTitle]] = field(default_factory=dict)
    skills: dict[str, list[Skill]] = field(default_factory=dict)
    near: dict[str, list[str]] = field(default_factory=dict)
    version: str = ""

    def days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def add(self, row: Any) -> None:
        self.work.session.add(row)

    def occupation(self) -> str:
        known = [(code, weight) for code, weight in words.OCCUPATIONS if code in self.labels]
        return self.dice.choices([c for c, _ in known], [w for _, w in known])[0]


def build(ctx: Context) -> list[Login]:
    """Fill an empty, migrated database; one already filled is left as it is. Returns the logins."""
    with ctx.read() as session:
        filled = session.execute(select(UserAccount.id).limit(1)).first() is not None
    if not filled:
        load_embedded(ctx)
        password_hash = ctx.passwords.hash(DEMO_PASSWORD)
        with ctx.write(None) as work:
            town = Town(work, ctx.clock.today(), Random(SEED))
            _read_reference(town)
            _add_units(town, password_hash)
            _add_organisations(town, password_hash)
            people = add_people(town, 400)
            offers = add_offers(town, 60)
            work.record("demonstration.built", "employment_unit", 0, candidates=len(people), offers=len(offers))
        # Looked at before anybody is proposed: those hired since were still in them.
        add_lists(ctx, SEED)
        with ctx.write(None) as work:
            town.work = work
            proposals = add_proposals(town)
            _account(town, Role.PILOT, password_hash, "pilote1")
            work.record("demonstration.proposed", "employment_unit", 0, proposals=proposals)
        add_clauses(ctx, password_hash)
        count_levers_of_units(ctx)
    return logins(ctx)


def logins(ctx: Context) -> list[Login]:
    """One account of each kind to try the product with."""
    with ctx.read() as session:
        accounts = session.execute(select(UserAccount).order_by(UserAccount.id)).scalars().all()
    first: dict[Role, UserAccount] = {}
    for account in accounts:
        first.setdefault(account.role, account)
    return [Login(first[role].email, role, first[role].name) for role in Role if role in first]


def _read_reference(town: Town) -> None:
    session = town.work.session
    occupations = session.execute(select(RomeOccupation).order_by(RomeOccupation.code)).scalars().all()
    town.labels = {o.code: o.label for o in occupations}
    town.version = occupations[0].version
    for title in session.execute(select(JobTitle).order_by(JobTitle.id)).scalars():
        town.titles.setdefault(title.rome_code, []).append(title)
    query = select(RomeSkill.rome_code, Skill).join(Skill, Skill.id == RomeSkill.skill_id).order_by(Skill.id)
    for code, skill in session.execute(query):
        town.skills.setdefault(code, []).append(skill)
    for source, target in session.execute(
        select(RomeMobility.source, RomeMobility.target).order_by(RomeMobility.source, RomeMobility.target)
    ):
        town.near.setdefault(source, []).append(target)
    communes = session.execute(select(Commune).order_by(Commune.insee)).scalars()
    town.communes = [c for c in communes if c.lat is not None]


def _add_units(town: Town, password_hash: str) -> None:
    for code, name, insee in words.UNITS:
        unit = EmploymentUnit(code=code, name=name, commune_insee=insee, opened_on=date(2020, 1, 6))
        town.add(unit)
        town.units.append(unit)
    town.work.session.flush()
    for position in range(12):
        unit = town.units[position % 3]
        town.advisers.append(_account(town, Role.ADVISER, password_hash, f"conseil{position + 1}", unit_id=unit.id))
    for position, unit in enumerate(town.units):
        _account(town, Role.UNIT_MANAGER, password_hash, f"unite{position + 1}", unit_id=unit.id)
    _account(town, Role.ADMINISTRATOR, password_hash, "admin")
    town.work.session.flush()


def _account(town: Town, role: Role, password_hash: str, login: str, **belonging: int) -> UserAccount:
    dice = town.dice
    account = UserAccount(
        email=f"{login}@departement.example",
        name=f"{dice.choice(words.GIVEN_NAMES)} {dice.choice(words.FAMILY_NAMES)}",
        password_hash=password_hash,
        role=role,
        created_at=town.work.at,
        **belonging,
    )
    town.add(account)
    return account


def _add_organisations(town: Town, password_hash: str) -> None:
    for position, (name, kind) in enumerate(words.ORGANISATIONS):
        siren = luhn(f"9{position:02d}44{position * 7 % 1000:03d}")
        organisation = Organisation(name=name, name_search=fold(name), siren=siren, kind=kind, created_at=town.work.at)
        town.add(organisation)
        town.work.session.flush()
        for branch in range(2 if position % 8 == 0 else 1):
            commune = town.dice.choices(town.communes, [max(1, c.population or 1) for c in town.communes])[0]
            label = name if branch == 0 else f"{name}, {commune.name}"
            establishment = Establishment(
                organisation_id=organisation.id,
                siret=luhn(f"{siren}{branch + 1:04d}"),
                name=label,
                name_search=fold(label),
                commune_insee=commune.insee,
            )
            town.add(establishment)
            town.establishments.append(establishment)
    town.work.session.flush()
    for position, establishment in enumerate(town.establishments[:3]):
        _account(town, Role.EMPLOYER, password_hash, f"employeur{position + 1}", establishment_id=establishment.id)
