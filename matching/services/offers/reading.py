"""One offer: its sheet, its history, and what its form lets one choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.offers.lifecycle import Stop, changes_for, freshness, off_on
from matching.offers.publics import ReservedPublic
from matching.services.context import Context
from matching.services.occupations import suggest_skills
from matching.services.offers.common import fetch_offer, may_edit, require_read, require_write
from matching.services.offers.model import (
    CapabilityChoice,
    Choice,
    EmployerRef,
    FormChoices,
    HistoryLine,
    OfferInput,
    OfferSheet,
    PlaceView,
    RequirementInput,
    RequirementView,
    Window,
)
from matching.services.offers.rules import pay_of, read_pay_rules, stops_of, verdict_of
from matching.services.offers.states import CONFIRMABLE, may_confirm
from matching.services.offers.words import event_words, requirement_label
from matching.services.offers.writing import ASKABLE_GROUPS, askable
from matching.store.tables.accounts import UserAccount
from matching.store.tables.offers import Offer, OfferRequirement
from matching.store.tables.organisations import EmploymentUnit, Establishment, Organisation
from matching.store.tables.proposals import OPEN_STATES, Proposal
from matching.store.tables.reference import Commune, FactKind, RomeOccupation, RomeSkill, Skill
from matching.store.tables.trail import AuditEvent, AuditNote
from matching.terms import OfferState, RequirementKind, Role, ScheduleFlag

_SERVICE = "L’unité emploi"
_STOPPABLE = (OfferState.DRAFT, OfferState.TO_CHECK, OfferState.SUSPENDED, OfferState.EXPIRED, OfferState.PUBLISHED)


def get_offer(ctx: Context, actor: Actor, offer_id: int) -> OfferSheet:
    """The sheet of an offer within the actor's reach; raises `NotFound`."""
    require_read(actor)
    with ctx.read() as session:
        offer = fetch_offer(session, actor, offer_id)
        rules = read_pay_rules(session)
        stops = stops_of(offer, rules, ctx.clock.today()) if offer.state in _STOPPABLE else ()
        verdict = verdict_of(offer, rules)
        warnings = verdict.warnings if verdict else ()
        return _sheet(session, actor, ctx, offer, stops, warnings)


def _sheet(
    session: Session, actor: Actor, ctx: Context, offer: Offer, stops: tuple[Stop, ...], warnings: tuple[str, ...]
) -> OfferSheet:
    occupation = session.get(RomeOccupation, offer.rome_code) if offer.rome_code else None
    unit = session.get(EmploymentUnit, offer.unit_id) if offer.unit_id else None
    employer = offer.establishment
    dated = offer.refreshed_on if offer.state in CONFIRMABLE else None
    staff = actor.role is not Role.EMPLOYER
    return OfferSheet(
        id=offer.id,
        code=offer.code,
        version=offer.version,
        state=offer.state,
        employer=EmployerRef(
            employer.id,
            employer.name,
            employer.organisation_id,
            employer.organisation.name,
            employer.organisation.kind.label,
        ),
        unit_id=offer.unit_id,
        unit=unit.name if unit else "",
        title=offer.title,
        rome_code=offer.rome_code or "",
        occupation=occupation.label if occupation else "",
        rome_version=offer.rome_version or "",
        title_id=offer.title_id,
        description=offer.description,
        seats=offer.seats,
        filled_seats=offer.filled_seats,
        contract=offer.contract_kind,
        weekly_minutes=offer.weekly_minutes,
        start_on=offer.starts_on,
        end_on=offer.ends_on,
        pay=pay_of(offer),
        pay_hourly_cents=offer.pay_hourly_cents,
        pay_warnings=warnings,
        places=_places(session, [place.commune_insee for place in offer.places]),
        windows=tuple(Window(w.weekday, w.start_minute, w.end_minute) for w in offer.windows),
        flags=tuple(flag for flag in ScheduleFlag if flag.value in offer.schedule_flags),
        requirements=_requirements(session, offer.requirements),
        immersion_possible=offer.immersion_possible,
        commitment_reference=offer.commitment_reference,
        reserved_publics=tuple(p for p in ReservedPublic if p.value in offer.reserved_publics),
        wording_override=offer.wording_override if staff else "",
        created_by=_name(session, actor, offer.created_by_id),
        checked_by=_name(session, actor, offer.checked_by_id),
        created_at=offer.created_at,
        published_on=offer.published_on,
        refreshed_on=offer.refreshed_on,
        freshness=freshness(dated, ctx.clock.today()) if dated else None,
        off_on=off_on(dated) if dated else None,
        stops=stops,
        changes=changes_for(offer.state, actor.role),
        may_edit=may_edit(actor, offer.state),
        may_confirm=may_confirm(actor, offer.state),
        open_proposals=_open_proposals(session, offer.id) if staff else None,
    )


def _open_proposals(session: Session, offer_id: int) -> int:
    query = select(func.count()).where(Proposal.offer_id == offer_id, Proposal.state.in_(OPEN_STATES))
    return session.execute(query).scalar_one()


def _name(session: Session, actor: Actor, user_id: int | None) -> str:
    account = session.get(UserAccount, user_id) if user_id else None
    if account is None:
        return ""
    if actor.role is Role.EMPLOYER and account.role is not Role.EMPLOYER:
        return _SERVICE
    return account.name


def _places(session: Session, codes: Sequence[str]) -> tuple[PlaceView, ...]:
    rows = session.execute(
        select(Commune.insee, Commune.name, Commune.postal_codes).where(Commune.insee.in_(list(codes)))
    )
    known = {row.insee: PlaceView(row.insee, row.name, _first(row.postal_codes)) for row in rows}
    return tuple(known[code] for code in codes if code in known)


def _first(postal_codes: str) -> str:
    found = postal_codes.replace(",", " ").replace(";", " ").split()
    return found[0] if found else ""


def _requirements(session: Session, asked: Iterable[OfferRequirement]) -> tuple[RequirementView, ...]:
    asked = list(asked)
    facts = dict(session.execute(select(FactKind.code, FactKind.label)).all())
    ids = [int(r.code) for r in asked if r.kind is RequirementKind.SKILL and r.code.isdecimal()]
    skills = {str(k): v for k, v in session.execute(select(Skill.id, Skill.label).where(Skill.id.in_(ids)))}
    views = []
    for item in asked:
        name = skills.get(item.code, "") if item.kind is RequirementKind.SKILL else facts.get(item.code, "")
        label = requirement_label(item.kind, item.amount, name)
        views.append(RequirementView(item.kind, item.importance, item.code, item.amount, label))
    return tuple(views)


def input_of(sheet: OfferSheet) -> OfferInput:
    """The offer as its form takes it."""
    return OfferInput(
        title=sheet.title,
        establishment_id=sheet.employer.establishment_id,
        unit_id=sheet.unit_id,
        rome_code=sheet.rome_code,
        title_id=sheet.title_id,
        description=sheet.description,
        seats=sheet.seats,
        contract=sheet.contract,
        weekly_minutes=sheet.weekly_minutes,
        start_on=sheet.start_on,
        end_on=sheet.end_on,
        pay=sheet.pay,
        communes=tuple(place.insee for place in sheet.places),
        windows=sheet.windows,
        flags=sheet.flags,
        requirements=tuple(RequirementInput(r.kind, r.importance, r.code, r.amount) for r in sheet.requirements),
        immersion_possible=sheet.immersion_possible,
        commitment_reference=sheet.commitment_reference,
        reserved_publics=sheet.reserved_publics,
    )


def list_history(ctx: Context, actor: Actor, offer_id: int) -> tuple[HistoryLine, ...]:
    """What happened to an offer, latest first. An employer reads no colleague's name and no note."""
    require_read(actor)
    with ctx.read() as session:
        fetch_offer(session, actor, offer_id)
        rows = session.execute(
            select(AuditEvent.at, AuditEvent.action, AuditEvent.details, AuditEvent.actor_id, AuditNote.text)
            .outerjoin(AuditNote, AuditNote.event_id == AuditEvent.id)
            .where(
                AuditEvent.subject_type == "offer",
                AuditEvent.subject_id == offer_id,
                AuditEvent.action.startswith("offer."),
            )
            .order_by(AuditEvent.id.desc())
        ).all()
        staff = actor.role is not Role.EMPLOYER
        return tuple(
            HistoryLine(
                row.at,
                _name(session, actor, row.actor_id) or "Automatique",
                event_words(row.action, row.details),
                (row.text or "") if staff else "",
            )
            for row in rows
        )


def form_choices(
    ctx: Context,
    actor: Actor,
    *,
    rome_code: str = "",
    communes: Sequence[str] = (),
    skill_ids: Sequence[str] = (),
    establishment_id: int | None = None,
) -> FormChoices:
    """What the form offers, for an offer of that occupation with those places and skills already chosen."""
    require_write(actor)
    with ctx.read() as session:
        staff = actor.role is not Role.EMPLOYER
        occupation = session.get(RomeOccupation, rome_code) if rome_code else None
        return FormChoices(
            establishments=_establishments(session, establishment_id) if staff else (),
            units=_units(session) if staff else (),
            capabilities=_capabilities(session),
            skills=_skills(session, occupation, skill_ids),
            occupation=Choice(occupation.code, occupation.label) if occupation else None,
            places=_places(session, list(communes)),
        )


def _establishments(session: Session, kept: int | None) -> tuple[Choice, ...]:
    rows = session.execute(
        select(Establishment.id, Establishment.name, Organisation.name.label("organisation"))
        .join(Organisation, Organisation.id == Establishment.organisation_id)
        .where((Establishment.active & Organisation.active) | (Establishment.id == kept))
        .order_by(Organisation.name_search, Establishment.name_search)
    )
    return tuple(
        Choice(str(r.id), r.name if r.name == r.organisation else f"{r.organisation} – {r.name}") for r in rows
    )


def _units(session: Session) -> tuple[Choice, ...]:
    rows = session.execute(
        select(EmploymentUnit.id, EmploymentUnit.name)
        .where(EmploymentUnit.closed_on.is_(None))
        .order_by(EmploymentUnit.name)
    )
    return tuple(Choice(str(row.id), row.name) for row in rows)


def _capabilities(session: Session) -> tuple[CapabilityChoice, ...]:
    rows = session.execute(
        select(FactKind.code, FactKind.group, FactKind.label)
        .where(askable())
        .order_by(FactKind.position, FactKind.label)
    ).all()
    order = {group: place for place, group in enumerate(ASKABLE_GROUPS)}
    return tuple(
        CapabilityChoice(row.code, row.group, row.label) for row in sorted(rows, key=lambda row: order[row.group])
    )


def _skills(session: Session, occupation: RomeOccupation | None, chosen: Sequence[str]) -> tuple[Choice, ...]:
    found: dict[str, Choice] = {}
    if occupation is not None:
        usual = session.execute(
            select(Skill.id, Skill.label)
            .join(RomeSkill, RomeSkill.skill_id == Skill.id)
            .where(RomeSkill.rome_code.in_((occupation.code, occupation.family)))
            .order_by(Skill.label_search)
            .limit(30)
        )
        found = {str(row.id): Choice(str(row.id), row.label) for row in usual}
    ids = [int(code) for code in chosen if code.isdecimal() and code not in found]
    for row in session.execute(select(Skill.id, Skill.label).where(Skill.id.in_(ids)).order_by(Skill.label_search)):
        found[str(row.id)] = Choice(str(row.id), row.label)
    return tuple(found.values())


def find_skills(ctx: Context, actor: Actor, words: str, limit: int = 10) -> tuple[Choice, ...]:
    """Skills that these words tell, or usual in the occupation they mean, the nearest first."""
    require_write(actor)
    return tuple(Choice(found.id, found.label) for found in suggest_skills(ctx, words, limit))
