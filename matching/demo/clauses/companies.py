"""Who buys, who holds, who employs, and their accounts."""

from __future__ import annotations

from random import Random

from sqlalchemy import select

from matching.access.permissions import Actor
from matching.demo import words
from matching.demo.clauses.stage import actor_of
from matching.demo.numbers import luhn
from matching.store.tables.accounts import UserAccount
from matching.store.tables.organisations import Establishment, Organisation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OrganisationKind, Role
from matching.text import fold

Kind = OrganisationKind
EXISTING = {
    "quais": "Les Quais Logistique",
    "brasserie": "Brasserie du Port d’Attache",
    "bois-toiture": "Atelier Bois et Toiture",
    "proprete": "Propreté Ligérienne",
    "electricite": "Électricité Bocage",
    "peinture": "Peinture et Façades Morvannes",
    "grand-large": "Transports Grand Large",
    "veille": "Sécurité Ouest Veille",
    "blanc-nuage": "Blanchisserie Blanc Nuage",
    "clinique": "Clinique du Bois Joli",
    "sillon": "Aide à Domicile du Sillon",
    "cuisine": "Cuisine Centrale des Rives",
    "ville": "Ville de Clairebourg",
    "nova": "Nova Intérim Insertion",
    "passerelle": "Passerelle Intérim",
    "entraide": "Entraide Services",
    "coup-de-main": "Coup de Main 44",
    "bati-solidaire": "Bâti Solidaire",
    "net-avenir": "Net Avenir",
    "geiq-batiment": "GEIQ Bâtiment Ouest",
    "isac": "Atelier Adapté de l’Isac",
    "adapt": "Adapt Intérim",
    "marais": "Chantier des Marais",
    "jardins": "Jardins de la Gerbe",
}
NEW = {
    "dep": ("Département de la Loire inventée", Kind.DEPARTEMENT),
    "erdrine": ("Bâtisseurs de l’Erdrine", Kind.COMPANY),
    "routes": ("Routes et Réseaux du Bocage", Kind.COMPANY),
    "chenes": ("Menuiserie des Trois Chênes", Kind.COMPANY),
    "grand-ciel": ("Étanchéité Grand Ciel", Kind.COMPANY),
    "chauffage": ("Chauffage et Plomberie des Marais", Kind.COMPANY),
    "habitat": ("Habitat des Deux Rives", Kind.COMPANY),
    "erdrine-cars": ("Cars de l’Erdrine", Kind.COMPANY),
    "mission-ouest": ("Mission Ouest Intérim", Kind.COMPANY),
    "regie": ("Régie du quartier des Tilleuls", Kind.ASSOCIATION),
}
OFFICERS = ("clauses1", "clauses2")


def add_companies(work: UnitOfWork, dice: Random) -> dict[str, int]:
    """Every organisation of the clauses by its key: those already there, and the new ones with an establishment."""
    rows = work.session.execute(select(Organisation.name, Organisation.id))
    known = {row.name: row.id for row in rows}
    found = {key: known[name] for key, name in EXISTING.items()}
    towns = work.session.execute(select(Establishment.commune_insee).order_by(Establishment.id)).scalars().all()
    for position, (key, (name, kind)) in enumerate(NEW.items()):
        siren = luhn(f"8{position:02d}44{position * 13 % 1000:03d}")
        row = Organisation(name=name, name_search=fold(name), siren=siren, kind=kind, created_at=work.at)
        row.establishments = [
            Establishment(
                siret=luhn(f"{siren}0001"), name=name, name_search=fold(name), commune_insee=dice.choice(towns)
            )
        ]
        work.session.add(row)
        work.session.flush()
        found[key] = row.id
    return found


def add_accounts(work: UnitOfWork, dice: Random, companies: dict[str, int], password_hash: str) -> list[UserAccount]:
    """Two clause officers (returned), one buyer, one account of an agency."""
    officers = [_account(work, dice, login, Role.CLAUSE_OFFICER, password_hash) for login in OFFICERS]
    for login, role, key in (("acheteur1", Role.BUYER, "dep"), ("etti1", Role.EMPLOYER, "nova")):
        place = select(Establishment.id).where(Establishment.organisation_id == companies[key]).limit(1)
        _account(work, dice, login, role, password_hash, work.session.execute(place).scalar_one())
    work.session.flush()
    return officers


def company_accounts(work: UnitOfWork, companies: dict[str, int]) -> dict[str, Actor]:
    """The first account of each company that has one."""
    keys = {number: key for key, number in companies.items()}
    query = (
        select(UserAccount, Establishment.organisation_id)
        .join(Establishment, Establishment.id == UserAccount.establishment_id)
        .where(UserAccount.role == Role.EMPLOYER)
        .order_by(UserAccount.id.desc())
    )
    return {keys[number]: actor_of(account) for account, number in work.session.execute(query) if number in keys}


def _account(
    work: UnitOfWork, dice: Random, login: str, role: Role, password_hash: str, establishment_id: int | None = None
) -> UserAccount:
    row = UserAccount(
        email=f"{login}@departement.example",
        name=f"{dice.choice(words.GIVEN_NAMES)} {dice.choice(words.FAMILY_NAMES)}",
        password_hash=password_hash,
        role=role,
        establishment_id=establishment_id,
        created_at=work.at,
    )
    work.session.add(row)
    return row
