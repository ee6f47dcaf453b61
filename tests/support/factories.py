"""Invented rows for tests, through `ctx.write` with their event. Each returns the new row's key, or an Actor.

Whatever is not said is made: a candidate makes its unit and commune, a proposal its offer, candidate and adviser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.clock import PARIS
from matching.reference.embedded import VERSION, load_embedded
from matching.services.context import Context
from matching.services.reference import skill_number
from matching.store.tables.accounts import UserAccount
from matching.store.tables.base import Base
from matching.store.tables.offers import Offer, OfferPlace, OfferRequirement, OfferWindow
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
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
from matching.store.tables.proposals import Proposal, ProposalStep
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.reference import Commune, FactKind, JobTitle, Remedy, RomeOccupation, RomeSkill, Skill
from matching.store.unit_of_work import UnitOfWork
from matching.terms import (
    AgreementChannel,
    Barrier,
    BarrierState,
    CandidateState,
    ContractKind,
    Importance,
    Known,
    OfferState,
    OrganisationKind,
    ProposalState,
    RemedyKind,
    RequirementKind,
    Role,
    ScheduleFlag,
)
from matching.text import fold

PASSWORD = "cheval pile agrafe lampe"
NANTES, REZE, SAINT_NAZAIRE = "44109", "44143", "44184"
CLEANING, COOKING, WAREHOUSE = "K2204", "G1602", "N1105"
WEEK = tuple((day, 8 * 60, 17 * 60, True) for day in range(5))
"""Windows of an ordinary week: Monday to Friday, 8:00 to 17:00, can work."""

_GIVEN = ("Awa", "Bruno", "Chloé", "Driss", "Élise", "Farid", "Gaëlle", "Hugo", "Inès", "Jonas")
_FAMILY = ("Essai", "Modèle", "Inventé", "Exemple", "Fictif", "Témoin", "Maquette")

Fact = bool | int | date | tuple[bool, int] | None


class Want(NamedTuple):
    """What an offer asks: `Want("capability", "licence_b")`, `Want("french_oral", amount=3)`."""

    kind: str
    code: str = ""
    amount: int | None = None
    importance: str = "essential"


# --- numbers -------------------------------------------------------------------------------------


def luhn(digits: str) -> str:
    """`digits` and the check digit that makes the whole valid."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def siren(number: int) -> str:
    """The `number`th invented SIREN, valid."""
    return luhn(f"{70000000 + number:08d}")


def siret(siren_number: str, establishment: int = 1) -> str:
    """A valid SIRET of this SIREN."""
    return luhn(f"{siren_number}{establishment:04d}")


def _next(session: Session, table: type[Base]) -> int:
    """The number of the row about to be added: the same at every run of a test."""
    return int(session.execute(select(func.coalesce(func.max(table.__table__.c.id), 0))).scalar_one()) + 1


def today(ctx: Context) -> date:
    return ctx.clock.now().astimezone(PARIS).date()


# --- reference -----------------------------------------------------------------------------------


def _ensure(session: Session, table: type[Base], key: Any, **columns: Any) -> None:
    if session.get(table, key) is None:
        session.add(table(**columns))
        session.flush()


def _put_commune(session: Session, insee: str, **columns: Any) -> None:
    known = next((c for c in load_embedded().communes if c.insee == insee), None)
    values: dict[str, Any] = {"name": f"Commune {insee}", "postal_codes": insee, "lat": 47.2, "lon": -1.5}
    values |= {"area_km2": 20.0, "population": 5000, "departement": insee[:2]}
    if known is not None:
        values = {name: getattr(known, name) for name in values} | {"postal_codes": " ".join(known.postal_codes)}
    values |= columns
    _ensure(session, Commune, insee, insee=insee, name_search=fold(values["name"]), **values)


def _put_occupation(session: Session, code: str, label: str = "", titles: Mapping[int, str] | None = None) -> None:
    known = load_embedded().occupation_by_code.get(code)
    label = label or (known.label if known else f"Métier {code}")
    family = known.family if known else code
    _ensure(session, RomeOccupation, code, code=code, label=label, family=family, version=VERSION)
    for key, title in (titles or {}).items():
        _ensure(session, JobTitle, key, id=key, rome_code=code, label=title, label_search=fold(title))


def _put_fact_kind(session: Session, code: str) -> None:
    known = {kind.code: kind for kind in load_embedded().fact_kinds}
    if code not in known:
        raise ValueError(f"unknown fact {code!r}; known: {sorted(known)}")
    kind = known[code]
    columns = {"code": code, "group": kind.group, "unit": kind.unit, "label": kind.label, "question": kind.question}
    _ensure(session, FactKind, code, **columns)


def _put_skill(session: Session, skill_id: int) -> None:
    label = next(
        (s.label for s in load_embedded().skills if skill_number(s.id) == skill_id), f"Savoir-faire {skill_id}"
    )
    _ensure(session, Skill, skill_id, id=skill_id, label=label, label_search=fold(label))


def commune(ctx: Context, insee: str = NANTES, **columns: Any) -> str:
    """A commune: the embedded one of this INSEE code, or an invented one near Nantes."""
    with ctx.write(None) as work:
        _put_commune(work.session, insee, **columns)
        work.record("test.commune", "commune", 0)
    return insee


def occupation(
    ctx: Context,
    code: str = CLEANING,
    label: str = "",
    *,
    titles: Mapping[int, str] | None = None,
    skills: Iterable[int] = (),
) -> str:
    """A ROME occupation with job titles {id: label} and skills by id."""
    with ctx.write(None) as work:
        _put_occupation(work.session, code, label, titles)
        for skill_id in skills:
            _put_skill(work.session, skill_id)
            _ensure(work.session, RomeSkill, (code, skill_id), rome_code=code, skill_id=skill_id)
        work.record("test.occupation", "rome_occupation", 0)
    return code


def remedy(ctx: Context, delay_days: int, lifts: str = "licence_b", label: str = "Aide au permis B") -> int:
    """What lifts a lack, in so many days."""
    with ctx.write(None) as work:
        row = Remedy(kind=RemedyKind.LICENCE_AID, lifts=lifts, label=label, delay_days=delay_days)
        return _added(work, row, "test.remedy")


# --- organisations and accounts ------------------------------------------------------------------


def unit(ctx: Context, name: str = "", insee: str = NANTES) -> int:
    """An employment unit."""
    with ctx.write(None) as work:
        _put_commune(work.session, insee)
        number = _next(work.session, EmploymentUnit)
        row = EmploymentUnit(code=f"U{number}", name=name or f"Unité emploi {number}", commune_insee=insee)
        row.opened_on = date(2024, 1, 1)
        return _added(work, row, "test.unit")


def _added(work: UnitOfWork, row: Any, action: str) -> int:
    work.session.add(row)
    work.session.flush()
    work.record(action, row.__tablename__, row.id)
    return int(row.id)


def organisation(ctx: Context, name: str = "", kind: OrganisationKind = OrganisationKind.COMPANY) -> int:
    with ctx.write(None) as work:
        number = _next(work.session, Organisation)
        name = name or f"Société Inventée {number}"
        row = Organisation(name=name, name_search=fold(name), siren=siren(number), kind=kind, created_at=work.at)
        return _added(work, row, "test.organisation")


def establishment(ctx: Context, organisation_id: int | None = None, name: str = "", insee: str = NANTES) -> int:
    """An establishment with a valid SIRET, and its organisation when none is given."""
    organisation_id = organisation_id or organisation(ctx)
    with ctx.write(None) as work:
        _put_commune(work.session, insee)
        owner = work.session.get_one(Organisation, organisation_id)
        number = _next(work.session, Establishment)
        name = name or owner.name
        row = Establishment(organisation_id=organisation_id, siret=siret(owner.siren, number), name=name)
        row.name_search, row.commune_insee, row.address = fold(name), insee, f"{number} rue de l’Essai"
        return _added(work, row, "test.establishment")


def account(
    ctx: Context, role: Role, *, unit_id: int | None = None, establishment_id: int | None = None, name: str = ""
) -> Actor:
    """An account of `role`, whose password is PASSWORD; its address is that of `email_of`."""
    with ctx.write(None) as work:
        number = _next(work.session, UserAccount)
        name = name or f"{_GIVEN[number % len(_GIVEN)]} Exemple"
        row = UserAccount(
            email=f"compte{number}@exemple.test",
            name=name,
            password_hash=ctx.passwords.hash(PASSWORD),
            role=role,
            unit_id=unit_id,
            establishment_id=establishment_id,
            created_at=work.at,
        )
        key = _added(work, row, "test.account")
    return Actor(key, name, role, unit_id, establishment_id)


def email_of(actor: Actor) -> str:
    """The address that an account made here logs in with."""
    return f"compte{actor.user_id}@exemple.test"


def adviser(ctx: Context, unit_id: int | None = None, name: str = "") -> Actor:
    return account(ctx, Role.ADVISER, unit_id=unit_id or unit(ctx), name=name)


def manager(ctx: Context, unit_id: int | None = None, name: str = "") -> Actor:
    return account(ctx, Role.UNIT_MANAGER, unit_id=unit_id or unit(ctx), name=name)


def administrator(ctx: Context, name: str = "") -> Actor:
    return account(ctx, Role.ADMINISTRATOR, name=name)


def pilot(ctx: Context, name: str = "") -> Actor:
    return account(ctx, Role.PILOT, name=name)


def employer(ctx: Context, establishment_id: int | None = None, name: str = "") -> Actor:
    """A partner employer's account, with its organisation and establishment when none is given."""
    return account(ctx, Role.EMPLOYER, establishment_id=establishment_id or establishment(ctx), name=name)


# --- candidates ----------------------------------------------------------------------------------


def candidate(
    ctx: Context,
    unit_id: int | None = None,
    adviser_id: int | None = None,
    *,
    given_name: str = "",
    family_name: str = "",
    commune: str | None = NANTES,
    goals: Iterable[str] = (CLEANING,),
    facts: Mapping[str, Fact] | None = None,
    windows: Iterable[tuple[int, int, int, bool]] = (),
    experience: Mapping[str, int | None] | None = None,
    skills: Mapping[int, bool] | None = None,
    barriers: Mapping[str, str] | None = None,
    protected: Mapping[str, str] | None = None,
    state: CandidateState = CandidateState.ACTIVE,
) -> int:
    """A person and their candidate profile; the candidate's id.

    `facts`: True, False, an amount or an end of validity (both mean yes), (yes or no, amount), or None for
    unknown. `windows`: (weekday, start, end, can). `experience`: ROME code to months. `skills`: id to yes or no.
    """
    unit_id = unit_id or unit(ctx)
    with ctx.write(None) as work:
        session, on = work.session, today(ctx)
        number = _next(session, Candidate)
        person = _person(work, number, given_name, family_name)
        for kind, value in (protected or {}).items():
            session.add(ProtectedFact(person_id=person.id, kind=kind, value=value, known_on=on))
        if commune:
            _put_commune(session, commune)
        row = Candidate(code=f"C-{number:05d}", person_id=person.id, unit_id=unit_id, adviser_id=adviser_id)
        row.state, row.commune_insee, row.created_at, row.updated_at = state, commune, work.at, work.at
        row.rights_opened_on, row.first_meeting_on = on - timedelta(days=60), on - timedelta(days=40)
        _fill_work(session, row, list(goals), experience or {}, on)
        row.facts = [_fact(session, code, value, on) for code, value in (facts or {}).items() if value is not None]
        row.windows = [
            CandidateWindow(weekday=day, start_minute=start, end_minute=end, value=_known(can), known_on=on)
            for day, start, end, can in windows
        ]
        for skill_id in skills or {}:
            _put_skill(session, skill_id)
        row.skills = [CandidateSkill(skill_id=s, value=_known(v), known_on=on) for s, v in (skills or {}).items()]
        row.barriers = [
            CandidateBarrier(barrier=Barrier(b), state=BarrierState(s), known_on=on)
            for b, s in (barriers or {}).items()
        ]
        key = _added(work, row, "test.candidate")
        session.add(PortfolioAssignment(candidate_id=key, unit_id=unit_id, adviser_id=adviser_id, from_on=on))
    return key


def _person(work: UnitOfWork, number: int, given_name: str, family_name: str) -> Person:
    given_name = given_name or _GIVEN[number % len(_GIVEN)]
    family_name = family_name or f"{_FAMILY[number % len(_FAMILY)]}-{number}"
    row = Person(given_name=given_name, family_name=family_name, name_search=fold(f"{given_name} {family_name}"))
    row.phone, row.email, row.created_at = "06 00 00 00 00", f"personne{number}@exemple.test", work.at
    work.session.add(row)
    work.session.flush()
    return row


def _fill_work(
    session: Session, row: Candidate, goals: list[str], experience: Mapping[str, int | None], on: date
) -> None:
    words = []
    for code in [*goals, *experience]:
        _put_occupation(session, code)
        words.append(session.get_one(RomeOccupation, code).label)
    row.goals = [
        CandidateGoal(position=place, rome_code=code, rome_version=VERSION, own_words=words[place])
        for place, code in enumerate(goals)
    ]
    row.experiences = [
        CandidateExperience(rome_code=code, rome_version=VERSION, months=months, known_on=on)
        for code, months in experience.items()
    ]
    row.ranking_words = fold(" ".join(words))


def _known(yes: bool) -> Known:
    return Known.YES if yes else Known.NO


def _fact(session: Session, code: str, value: Fact, on: date) -> CandidateFact:
    _put_fact_kind(session, code)
    row = CandidateFact(fact=code, value=Known.YES, known_on=on)
    if isinstance(value, bool):
        row.value = _known(value)
    elif isinstance(value, date):
        row.valid_until = value
    elif isinstance(value, tuple):
        row.value, row.amount = _known(value[0]), value[1]
    else:
        row.amount = value
    return row


# --- offers and proposals ------------------------------------------------------------------------


def offer(
    ctx: Context,
    establishment_id: int | None = None,
    *,
    rome: str | None = CLEANING,
    title: str = "",
    state: OfferState = OfferState.PUBLISHED,
    seats: int = 1,
    wants: Iterable[Want | tuple[Any, ...]] = (),
    places: Iterable[str] = (NANTES,),
    windows: Iterable[tuple[int, int, int]] = tuple((day, 540, 960) for day in range(5)),
    flags: Iterable[ScheduleFlag] = (),
    contract: ContractKind | None = ContractKind.FIXED_TERM,
    weekly_minutes: int | None = 35 * 60,
    starts_in_days: int | None = 14,
    pay_hourly_cents: int | None = 1250,
    unit_id: int | None = None,
    created_by_id: int | None = None,
) -> int:
    """An offer that asks `wants`; published today unless another state is given."""
    establishment_id = establishment_id or establishment(ctx)
    with ctx.write(None) as work:
        session, on = work.session, today(ctx)
        number = _next(session, Offer)
        if rome:
            _put_occupation(session, rome)
        title = title or (session.get_one(RomeOccupation, rome).label[:160] if rome else f"Poste {number}")
        row = Offer(code=f"O-{number:05d}", establishment_id=establishment_id, unit_id=unit_id, title=title)
        row.title_search, row.rome_code, row.rome_version = fold(title)[:200], rome, VERSION if rome else None
        row.description = "Une équipe accueillante vous apprend le poste."
        row.seats, row.state, row.contract_kind, row.weekly_minutes = seats, state, contract, weekly_minutes
        row.starts_on = None if starts_in_days is None else on + timedelta(days=starts_in_days)
        if contract in (ContractKind.FIXED_TERM, ContractKind.SEASONAL, ContractKind.INSERTION_FIXED_TERM):
            row.ends_on = (row.starts_on or on) + timedelta(days=180)
        row.pay_cents = row.pay_hourly_cents = pay_hourly_cents
        row.pay_period = "hour" if pay_hourly_cents is not None else None
        row.schedule_flags, row.created_by_id = [flag.value for flag in flags], created_by_id
        if state not in (OfferState.DRAFT, OfferState.TO_CHECK):
            row.published_on = row.refreshed_on = on
        row.created_at = row.updated_at = work.at
        _fill_offer(session, row, list(places), list(windows), [Want(*want) for want in wants])
        return _added(work, row, "test.offer")


def _fill_offer(
    session: Session, row: Offer, places: list[str], windows: list[tuple[int, int, int]], wants: list[Want]
) -> None:
    for insee in places:
        _put_commune(session, insee)
    row.places = [OfferPlace(commune_insee=insee, position=place) for place, insee in enumerate(places)]
    row.windows = [OfferWindow(weekday=day, start_minute=start, end_minute=end) for day, start, end in windows]
    for want in wants:
        if want.kind == RequirementKind.CAPABILITY:
            _put_fact_kind(session, want.code)
        if want.kind == RequirementKind.SKILL:
            _put_skill(session, int(want.code))
    row.requirements = [
        OfferRequirement(
            kind=RequirementKind(want.kind),
            code=str(want.code),
            amount=want.amount,
            importance=Importance(want.importance),
        )
        for want in wants
    ]


def proposal(
    ctx: Context,
    offer_id: int | None = None,
    candidate_id: int | None = None,
    adviser_id: int | None = None,
    state: ProposalState = ProposalState.PROPOSED,
) -> int:
    """A proposal in `state`, with its first step and, past it, the step that led there; a hire takes a seat."""
    offer_id = offer_id or offer(ctx)
    if candidate_id is None:
        candidate_id = candidate(ctx)
    if adviser_id is None:
        with ctx.read() as session:
            home = session.get_one(Candidate, candidate_id).unit_id
        adviser_id = adviser(ctx, home).user_id
    with ctx.write(None) as work:
        on = today(ctx)
        row = Proposal(offer_id=offer_id, candidate_id=candidate_id, adviser_id=adviser_id, state=state)
        row.created_at = row.state_changed_at = work.at
        states = [ProposalState.PROPOSED] + ([state] if state is not ProposalState.PROPOSED else [])
        row.steps = [ProposalStep(state=step, at=work.at, happened_on=on, by_id=adviser_id) for step in states]
        if state not in (ProposalState.PROPOSED, ProposalState.DECLINED, ProposalState.WITHDRAWN):
            row.agreed_on, row.agreement_channel = on, AgreementChannel.PHONE
        if state is ProposalState.HIRED:
            row.hired_on = on
            work.session.get_one(Offer, offer_id).filled_seats += 1
        return _added(work, row, "test.proposal")
