"""Invented offers, in every state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from matching.demo import words
from matching.store.tables.offers import Offer, OfferPlace, OfferRequirement, OfferWindow
from matching.store.tables.organisations import Establishment, Organisation
from matching.terms import ContractKind, Importance, OfferState, RequirementKind
from matching.text import fold

if TYPE_CHECKING:
    from matching.demo.build import Town

_STATES = (
    [OfferState.TO_CHECK] * 4
    + [OfferState.DRAFT] * 3
    + [OfferState.SUSPENDED] * 2
    + [OfferState.CLOSED, OfferState.EXPIRED]
)
_LIMITED = (
    ContractKind.FIXED_TERM,
    ContractKind.SEASONAL,
    ContractKind.INSERTION_FIXED_TERM,
    ContractKind.TEMPORARY_AGENCY,
)


def add_offers(town: Town, count: int) -> list[Offer]:
    """`count` offers; the last ones are drafts, to be checked, suspended, closed or expired."""
    offers = []
    for number in range(1, count + 1):
        left = count - number
        state = _STATES[left] if left < len(_STATES) else OfferState.PUBLISHED
        offers.append(_add_offer(town, number, state))
    return offers


def _add_offer(town: Town, number: int, state: OfferState) -> Offer:
    dice, session = town.dice, town.work.session
    code = town.occupation()
    establishment = dice.choice(town.establishments)
    organisation = session.get_one(Organisation, establishment.organisation_id)
    contract = dice.choice(words.CONTRACT_OF_KIND.get(organisation.kind, words.USUAL_CONTRACTS))
    days, windows, flags = words.PATTERNS[words.PATTERN_OF_OCCUPATION.get(code, words.PATTERN_OF.get(code[0], "day"))]
    weekly = min(2100, sum(end - start for start, end in windows) * len(days))
    starts_on = town.today + timedelta(days=dice.choice([7, 10, 14, 21, 30, 45, 60]))
    pay = dice.choice([1231, 1231, 1245, 1260, 1290, 1350, 1420])
    title = town.labels[code]
    published = state not in (OfferState.DRAFT, OfferState.TO_CHECK)
    refreshed = town.days_ago(dice.choice([1, 3, 8, 20, 40, 70, 84])) if published else None
    offer = Offer(
        code=f"O-{number:04d}",
        establishment_id=establishment.id,
        unit_id=dice.choice(town.units).id,
        title=title,
        title_search=fold(title),
        rome_code=code,
        rome_version=town.version,
        title_id=next((t.id for t in town.titles.get(code, []) if t.label == title), None),
        description=_description(town, code, organisation.name),
        seats=dice.choice([1, 1, 1, 2, 2, 3]),
        contract_kind=contract,
        weekly_minutes=weekly,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=dice.choice([90, 180, 300])) if contract in _LIMITED else None,
        pay_cents=pay,
        pay_period="hour",
        pay_hourly_cents=pay,
        schedule_flags=list(flags),
        immersion_possible=dice.random() < 0.3,
        reserved_publics=["rsa"] if number in (7, 23) else [],
        commitment_reference="Clause d’insertion, lot 3" if number in (7, 23) else "",
        state=state,
        published_on=refreshed,
        refreshed_on=refreshed,
        created_at=town.work.at,
        updated_at=town.work.at,
    )
    if state is OfferState.DRAFT:
        offer.description, offer.pay_cents, offer.pay_hourly_cents = "", None, None
    offer.places = [OfferPlace(commune_insee=_place(establishment, town), position=0)]
    offer.windows = [
        OfferWindow(weekday=day, start_minute=start, end_minute=end) for day in days for start, end in windows
    ]
    offer.requirements = _requirements(town, code)
    session.add(offer)
    session.flush()
    return offer


def _place(establishment: Establishment, town: Town) -> str:
    return establishment.commune_insee or town.communes[0].insee


def _description(town: Town, code: str, organisation: str) -> str:
    tasks = [skill.label for skill in town.skills.get(code, [])][:4]
    listed = ", ".join(task[0].lower() + task[1:] for task in tasks)
    return (
        f"{organisation} recrute pour renforcer son équipe. Au quotidien : {listed}. "
        "Accueil et accompagnement la première semaine ; les tenues de travail sont fournies."
    )


def _requirements(town: Town, code: str) -> list[OfferRequirement]:
    dice = town.dice
    asked: list[tuple[RequirementKind, str, int | None, Importance]] = []
    skills = town.skills.get(code, [])
    for skill in dice.sample(skills, min(len(skills), dice.choice([2, 3, 3]))):
        importance = dice.choices(list(Importance), [20, 50, 30])[0]
        asked.append((RequirementKind.SKILL, str(skill.id), None, importance))
    for fact, essential in words.CERTIFICATES.get(code, ()):
        importance = Importance.ESSENTIAL if essential else dice.choice([Importance.TRAINABLE, Importance.DESIRABLE])
        asked.append((RequirementKind.CAPABILITY, fact, None, importance))
    asked.append((RequirementKind.FRENCH_ORAL, "", dice.choice([1, 2, 2, 3, 3]), Importance.ESSENTIAL))
    if code[0] in "MKJ" or dice.random() < 0.3:
        asked.append((RequirementKind.FRENCH_READ, "", dice.choice([2, 3]), Importance.ESSENTIAL))
    if code[0] in "NFA":
        asked.append((RequirementKind.LOAD, "", dice.choice([10, 15, 25]), Importance.ESSENTIAL))
    if dice.random() < 0.4:
        asked.append((RequirementKind.EXPERIENCE, "", dice.choice([3, 6, 12]), Importance.DESIRABLE))
    if code[0] in "GND" and dice.random() < 0.5:
        asked.append((RequirementKind.CAPABILITY, "standing", None, Importance.ESSENTIAL))
    return [
        OfferRequirement(kind=kind, code=fact, amount=amount, importance=importance)
        for kind, fact, amount, importance in asked
    ]
