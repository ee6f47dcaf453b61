"""Creating and editing an offer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor
from matching.clock import PARIS
from matching.errors import FieldError, Invalid, Problems, RuleRefused
from matching.offers.lifecycle import MAX_SEATS, find_change
from matching.offers.pay import Pay, PayPeriod, hourly_cents
from matching.services.context import Context
from matching.services.offers.common import expect_version, fetch_offer, may_edit, require_write
from matching.services.offers.model import OfferInput, RequirementInput, Window
from matching.services.offers.rules import read_pay_rules, refuse_stops, stops_of, stops_of_input
from matching.services.offers.states import keep_wording_as_is, move
from matching.store.tables.offers import Offer, OfferPlace, OfferRequirement, OfferWindow
from matching.store.tables.organisations import EmploymentUnit, Establishment
from matching.store.tables.reference import Commune, FactKind, JobTitle, RomeOccupation, Skill
from matching.store.unit_of_work import UnitOfWork
from matching.terms import ContractKind, FactGroup, FactUnit, OfferState, RequirementKind, Role, ScheduleFlag
from matching.text import fold

ASKABLE_GROUPS = (FactGroup.LICENCE, FactGroup.VEHICLE, FactGroup.CERTIFICATE, FactGroup.LIMIT)
"""Groups of facts an offer may ask: what the job needs, never how the person lives."""

_ASKABLE_UNITS = (FactUnit.NONE, FactUnit.VALID_UNTIL)

AMOUNT_RANGES = {
    RequirementKind.FRENCH_ORAL: (0, 6, "Choisissez un niveau de français."),
    RequirementKind.FRENCH_READ: (0, 6, "Choisissez un niveau de français."),
    RequirementKind.FRENCH_WRITTEN: (0, 6, "Choisissez un niveau de français."),
    RequirementKind.DEGREE: (3, 8, "Choisissez un niveau de diplôme, de 3 (CAP) à 8 (doctorat)."),
    RequirementKind.EXPERIENCE: (1, 480, "Écrivez l’expérience en mois, de 1 à 480."),
    RequirementKind.LOAD: (1, 55, "Écrivez la charge à porter en kilogrammes, de 1 à 55."),
}
_MAX_PAY_CENTS = 100_000_000
NOT_SAVED = "L’offre n’a pas été enregistrée : quelques points sont à reprendre."


def create_offer(
    ctx: Context,
    actor: Actor,
    data: OfferInput,
    *,
    then: OfferState | None = None,
    wording_reason: str = "",
    keep_wording: bool = False,
) -> int:
    """Save a new offer as a draft and return its id; with `then`, also send or publish it, or save nothing.

    `wording_reason`: the adviser keeps words that were stopped, and says why. `keep_wording`: the employer
    asks that an adviser looks at them. Raises `Invalid` with one error for each thing to mend.
    """
    require_write(actor)
    with ctx.write(actor) as work, _told_at_once(work, data, then):
        offer = add_offer(work, actor, data)
        work.record("offer.added", "offer", offer.id, establishment_id=offer.establishment_id)
        if then is not None:
            move(work, actor, offer, then, reason=None, wording_reason=wording_reason, keep_wording=keep_wording)
    return offer.id


@contextmanager
def _told_at_once(work: UnitOfWork, data: OfferInput, then: OfferState | None) -> Iterator[None]:
    """When an offer that is to be sent cannot even be stored, say in the same breath what would stop it."""
    try:
        yield
    except Invalid as refused:
        known = {error.field for error in refused.errors}
        if then is None or "findings" in refused.data or "wording_reason" in known:
            raise
        rules = read_pay_rules(work.session)
        stops = [s for s in stops_of_input(data, rules, _day(work)) if s.field not in known]
        raise Invalid(
            refused.message,
            (*refused.errors, *(FieldError(stop.field, stop.message) for stop in stops)),
            findings={stop.field: stop.findings for stop in stops if stop.findings},
        ) from None


def add_offer(work: UnitOfWork, actor: Actor | None, data: OfferInput) -> Offer:
    """A checked draft in the transaction of a use case, which records the event. `actor` None: the machine."""
    establishment_id, unit_id = data.establishment_id, data.unit_id
    if actor is not None and actor.role is Role.EMPLOYER:
        establishment_id, unit_id = actor.establishment_id, None
    elif actor is not None:
        unit_id = data.unit_id or actor.unit_id
    check_input(work.session, data, establishment_id=establishment_id, unit_id=unit_id)
    offer = Offer(
        code=token_hex(8),
        establishment_id=establishment_id,
        unit_id=unit_id,
        filled_seats=0,
        state=OfferState.DRAFT,
        wording_override="",
        created_by_id=actor.user_id if actor else None,
        created_at=work.at,
        places=[],
        windows=[],
        requirements=[],
    )
    apply_input(work.session, offer, data, work.at)
    work.session.add(offer)
    work.session.flush()
    # The code people read follows the id, which is known only now.
    offer.code = f"O-{offer.id:04d}"
    work.session.flush()
    return offer


def edit_offer(
    ctx: Context,
    actor: Actor,
    offer_id: int,
    version: int | None,
    data: OfferInput,
    *,
    then: OfferState | None = None,
    wording_reason: str = "",
    keep_wording: bool = False,
) -> OfferState:
    """Change an offer and return its state. One that is online stays complete; an employer's change is checked again.

    Raises `Conflict` when somebody else changed it meanwhile, `Invalid` with what is to mend, `RuleRefused`
    when its state does not allow it.
    """
    require_write(actor)
    with ctx.write(actor) as work:
        offer = fetch_offer(work.session, actor, offer_id)
        expect_version(work.session, actor, offer, version)
        _check_editable(actor, offer)
        with _told_at_once(work, data, then):
            _edit(work, actor, offer, data)
        _settle(work, actor, offer, then, wording_reason, keep_wording)
    return offer.state


def _check_editable(actor: Actor, offer: Offer) -> None:
    if may_edit(actor, offer.state):
        return
    if offer.state is OfferState.TO_CHECK:
        raise RuleRefused("Votre offre est en cours de vérification. Reprenez-la d’abord pour la modifier.")
    raise RuleRefused(
        f"L’offre est « {offer.state.label} » : elle ne se modifie plus. Créez une nouvelle offre si besoin."
    )


def _edit(work: UnitOfWork, actor: Actor, offer: Offer, data: OfferInput) -> None:
    before = _values(offer)
    if actor.role is not Role.EMPLOYER:
        offer.establishment_id = data.establishment_id or offer.establishment_id
        offer.unit_id = data.unit_id or offer.unit_id
    check_input(
        work.session,
        data,
        establishment_id=offer.establishment_id,
        unit_id=offer.unit_id,
        filled=offer.filled_seats,
        kept_establishment=before["establishment"],
    )
    apply_input(work.session, offer, data, work.at)
    after = _values(offer)
    changed = [name for name in after if before[name] != after[name]]
    if {"title", "description"} & set(changed):
        # What an adviser let pass was that text, not the new one.
        offer.wording_override = ""
    flag_modified(offer, "updated_at")
    work.record("offer.edited", "offer", offer.id, changed=changed)


def _settle(
    work: UnitOfWork, actor: Actor, offer: Offer, then: OfferState | None, wording_reason: str, keep_wording: bool
) -> None:
    if offer.state is OfferState.PUBLISHED:
        if actor.role is Role.EMPLOYER:
            find_change(offer.state, OfferState.TO_CHECK, actor.role)
            move(work, actor, offer, OfferState.TO_CHECK, reason=None, keep_wording=keep_wording)
            return
        keep_wording_as_is(work, actor, offer, wording_reason)
        refuse_stops(
            stops_of(offer, read_pay_rules(work.session), _day(work)),
            "L’offre est en ligne : elle doit rester complète. Rien n’a été enregistré.",
        )
    elif then is not None:
        move(work, actor, offer, then, reason=None, wording_reason=wording_reason, keep_wording=keep_wording)


def _day(work: UnitOfWork) -> date:
    return work.at.astimezone(PARIS).date()


def _values(offer: Offer) -> dict[str, Any]:
    """What is compared to say which parts of an offer changed."""
    return {
        "establishment": offer.establishment_id,
        "unit": offer.unit_id,
        "title": offer.title,
        "occupation": offer.rome_code,
        "description": offer.description,
        "seats": offer.seats,
        "contract": offer.contract_kind,
        "weekly_minutes": offer.weekly_minutes,
        "start_on": offer.starts_on,
        "end_on": offer.ends_on,
        "pay": (offer.pay_cents, offer.pay_period),
        "places": [place.commune_insee for place in offer.places],
        "schedule": ([(w.weekday, w.start_minute, w.end_minute) for w in offer.windows], offer.schedule_flags),
        "requirements": sorted((r.kind, r.code, r.amount or 0, r.importance) for r in offer.requirements),
        "immersion": offer.immersion_possible,
        "commitment": offer.commitment_reference,
        "reserved": offer.reserved_publics,
    }


def apply_input(session: Session, offer: Offer, data: OfferInput, at: datetime) -> None:
    """Write a checked input on a row."""
    offer.title = data.title.strip()
    offer.title_search = fold(data.title)[:200]
    occupation = session.get(RomeOccupation, data.rome_code) if data.rome_code else None
    offer.rome_code = occupation.code if occupation else None
    offer.rome_version = occupation.version if occupation else None
    offer.title_id = _title_of(session, data) if occupation else None
    offer.description = data.description.strip()
    offer.seats = data.seats or 1
    offer.contract_kind = data.contract
    offer.weekly_minutes = data.weekly_minutes
    offer.starts_on = data.start_on
    offer.ends_on = data.end_on
    offer.pay_cents = int((data.pay.amount * 100).to_integral_value()) if data.pay else None
    offer.pay_period = data.pay.period.value if data.pay else None
    offer.pay_hourly_cents = _hourly(data)
    offer.schedule_flags = sorted({flag.value for flag in data.flags})
    offer.immersion_possible = data.immersion_possible
    offer.commitment_reference = data.commitment_reference.strip()
    offer.reserved_publics = sorted({public.value for public in data.reserved_publics})
    offer.updated_at = at
    _apply_parts(offer, data)


def _title_of(session: Session, data: OfferInput) -> int | None:
    if data.title_id is None:
        return None
    title = session.get(JobTitle, data.title_id)
    return title.id if title is not None and title.rome_code == data.rome_code else None


def _hourly(data: OfferInput) -> int | None:
    if data.pay is None or data.contract is ContractKind.IMMERSION:
        return None
    try:
        return hourly_cents(data.pay, data.weekly_minutes)
    except RuleRefused:
        return None


def _apply_parts(offer: Offer, data: OfferInput) -> None:
    existing = {place.commune_insee: place for place in offer.places}
    wanted = list(dict.fromkeys(data.communes))
    offer.places = [existing.get(insee) or OfferPlace(commune_insee=insee) for insee in wanted]
    for position, place in enumerate(offer.places):
        place.position = position
    windows = join_windows(data.windows)
    if [Window(w.weekday, w.start_minute, w.end_minute) for w in offer.windows] != windows:
        offer.windows = [
            OfferWindow(weekday=w.weekday, start_minute=w.start_minute, end_minute=w.end_minute) for w in windows
        ]
    asked = [RequirementInput(r.kind, r.importance, r.code, r.amount) for r in offer.requirements]
    if asked != list(data.requirements):
        offer.requirements = [
            OfferRequirement(kind=r.kind, code=r.code, amount=r.amount, importance=r.importance)
            for r in data.requirements
        ]


def join_windows(windows: Collection[Window]) -> list[Window]:
    """Windows in order, those that touch or overlap made one."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.weekday, w.start_minute)):
        last = joined[-1] if joined else None
        if last and last.weekday == window.weekday and window.start_minute <= last.end_minute:
            joined[-1] = Window(last.weekday, last.start_minute, max(last.end_minute, window.end_minute))
        else:
            joined.append(window)
    return joined


def check_input(
    session: Session,
    data: OfferInput,
    *,
    establishment_id: int | None,
    unit_id: int | None,
    filled: int = 0,
    kept_establishment: int | None = None,
) -> None:
    """Raise `Invalid` for what cannot be stored, even as a draft."""
    problems = Problems()
    _check_owner(session, problems, establishment_id, unit_id, kept_establishment)
    _check_text(problems, data)
    _check_numbers(problems, data, filled)
    if data.rome_code and session.get(RomeOccupation, data.rome_code) is None:
        problems.add(
            "rome_code", "Ce métier n’est pas dans le référentiel. Choisissez-le dans la liste.", data.rome_code
        )
    _check_places(session, problems, data.communes)
    _check_windows(problems, data.windows)
    _check_requirements(session, problems, data.requirements)
    problems.raise_if_any(NOT_SAVED)


def _check_owner(
    session: Session, problems: Problems, establishment_id: int | None, unit_id: int | None, kept: int | None
) -> None:
    establishment = session.get(Establishment, establishment_id) if establishment_id else None
    if establishment is None or (not establishment.active and establishment.id != kept):
        problems.add("establishment_id", "Choisissez l’établissement qui recrute.")
    unit = session.get(EmploymentUnit, unit_id) if unit_id else None
    if unit_id and unit is None:
        problems.add("unit_id", "Choisissez l’unité emploi qui suit cette offre.")


def _check_text(problems: Problems, data: OfferInput) -> None:
    if not data.title.strip():
        problems.add("title", "Saisissez l’intitulé du poste, avec vos mots.")
    for field, text, most in (
        ("title", data.title, 160),
        ("description", data.description, 6000),
        ("commitment_reference", data.commitment_reference, 60),
    ):
        if len(text.strip()) > most:
            problems.add(field, f"Ce texte est trop long : {most} signes au plus, il en a {len(text.strip())}.")


def _check_numbers(problems: Problems, data: OfferInput, filled: int) -> None:
    if data.seats is not None and not 1 <= data.seats <= MAX_SEATS:
        problems.add("seats", f"Écrivez un nombre de postes, de 1 à {MAX_SEATS}.", data.seats)
    elif data.seats is not None and data.seats < filled:
        problems.add(
            "seats", f"Déjà {filled} embauche(s) sur cette offre : gardez au moins {filled} poste(s).", data.seats
        )
    if data.weekly_minutes is not None and not 0 < data.weekly_minutes <= 7 * 1440:
        problems.add("weekly_minutes", "Écrivez la durée hebdomadaire, par exemple 35h ou 24h30.")
    if data.pay is not None and not 0 < data.pay.amount * 100 <= _MAX_PAY_CENTS:
        problems.add("pay", "Écrivez un montant positif, en euros bruts, par exemple 12,50.", data.pay.amount)


def _check_places(session: Session, problems: Problems, communes: tuple[str, ...]) -> None:
    if not communes:
        return
    known = set(session.execute(select(Commune.insee).where(Commune.insee.in_(communes))).scalars())
    for insee in communes:
        if insee not in known:
            problems.add("place", "Cette commune n’est pas connue. Cherchez-la par son nom ou son code postal.", insee)


def _check_windows(problems: Problems, windows: tuple[Window, ...]) -> None:
    for w in windows:
        if not (0 <= w.weekday <= 6 and 0 <= w.start_minute < w.end_minute <= 1440):
            problems.add("schedule", "Chaque plage commence avant de finir, entre 0h et 24h.")


def askable() -> ColumnElement[bool]:
    """The facts an offer may ask as yes or no.

    What has an amount (load, level) is asked by its own kind, and nights or week-ends by the schedule.
    """
    return (
        FactKind.group.in_(ASKABLE_GROUPS)
        & FactKind.unit.in_(_ASKABLE_UNITS)
        & FactKind.code.not_in([flag.value for flag in ScheduleFlag])
    )


def _check_requirements(session: Session, problems: Problems, asked: tuple[RequirementInput, ...]) -> None:
    facts = set(session.execute(select(FactKind.code).where(askable())).scalars())
    skill_ids = [int(r.code) for r in asked if r.kind is RequirementKind.SKILL and r.code.isdecimal()]
    skills = {str(i) for i in session.execute(select(Skill.id).where(Skill.id.in_(skill_ids))).scalars()}
    seen: set[tuple[RequirementKind, str]] = set()
    for item in asked:
        if (item.kind, item.code) in seen:
            problems.add("requirements", "La même exigence est demandée deux fois. Retirez-en une.", item.code)
        seen.add((item.kind, item.code))
        if item.kind is RequirementKind.SKILL and item.code not in skills:
            problems.add("skills", "Cette compétence n’est pas connue. Cherchez-la par ses mots.", item.code)
        elif item.kind is RequirementKind.CAPABILITY and item.code not in facts:
            problems.add(
                "requirements", "Cette exigence n’est pas dans la liste. Choisissez-la dans la liste.", item.code
            )
        elif item.kind in AMOUNT_RANGES:
            low, high, message = AMOUNT_RANGES[item.kind]
            if item.amount is None or not low <= item.amount <= high:
                problems.add(item.kind.value, message, item.amount)


def pay_input(amount: Decimal | None, period: str) -> Pay | None:
    """A pay from its two fields; None when no amount is given."""
    return Pay(amount, PayPeriod(period)) if amount is not None else None
