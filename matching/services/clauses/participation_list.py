"""The list of participants: filters, order, pages, and an export that holds codes only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.terms import Route
from matching.errors import Invalid
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.paging import page_count
from matching.store import scope
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.people import Person
from matching.terms import ContractKind, Known, Labelled
from matching.text import fold, written_hours

PER_PAGE = 25
EXPORT_LIMIT = 20_000
SORTS: dict[str, tuple[Any, ...]] = {
    "code": (func.length(Participation.code), Participation.code),
    "name": (Person.name_search,),
    "commitment": (Commitment.label_search,),
    "until": (Participation.eligible_until.is_(None), Participation.eligible_until),
    "started": (Participation.started_on.is_(None), Participation.started_on),
    "minutes": (Participation.validated_minutes,),
}


class Standing(Labelled):
    """Where a participation stands today."""

    TO_DECIDE = "to_decide", "Éligibilité à décider"
    ELIGIBLE = "eligible", "Éligible"
    ENDING_SOON = "ending_soon", "Éligibilité bientôt finie"
    EXPIRED = "expired", "Éligibilité finie"
    REFUSED = "refused", "Non éligible"
    ENDED = "ended", "Participation terminée"


@dataclass(frozen=True)
class ParticipationFilter:
    """What is asked of the list. `words`: of the name, never in an address. `code`: its beginning."""

    words: str = ""
    code: str = ""
    standing: Standing | None = None
    commitment_id: int | None = None
    route: Route | None = None
    organisation_id: int | None = None

    def active(self) -> tuple[str, ...]:
        """The names of the filters that narrow."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name))


@dataclass(frozen=True)
class ParticipationRow:
    id: int
    code: str
    name: str
    commitment_id: int
    commitment: str
    contract_number: str
    organisation: str
    route: Route
    contract_kind: ContractKind | None
    job: str
    started_on: date | None
    ended_on: date | None
    standing: Standing
    eligible_until: date | None
    validated_minutes: int


@dataclass(frozen=True)
class ParticipationPage:
    """A page of the list: `total` with the filters, `everything` without any."""

    rows: tuple[ParticipationRow, ...]
    total: int
    everything: int
    page: int
    pages: int


@dataclass(frozen=True)
class ListChoices:
    """What the filters offer: (id, label)."""

    commitments: tuple[tuple[int, str], ...]
    employers: tuple[tuple[int, str], ...]


def standing_on(today: date, notice_days: int, eligible: Known, until: date | None, ended_on: date | None) -> Standing:
    """Where a participation stands on a day; the last day of each period still counts."""
    if ended_on is not None and ended_on < today:
        return Standing.ENDED
    if eligible is not Known.YES:
        return Standing.REFUSED if eligible is Known.NO else Standing.TO_DECIDE
    if until is None or until > today + timedelta(days=notice_days):
        return Standing.ELIGIBLE
    return Standing.ENDING_SOON if until >= today else Standing.EXPIRED


def _stands(standing: Standing, today: date, notice_days: int) -> ColumnElement[bool]:
    """The same as `standing_on`, in SQL."""
    row, soon = Participation, today + timedelta(days=notice_days)
    running = or_(row.ended_on.is_(None), row.ended_on >= today)
    granted = and_(running, row.eligible == Known.YES)
    return {
        Standing.ENDED: row.ended_on < today,
        Standing.REFUSED: and_(running, row.eligible == Known.NO),
        Standing.TO_DECIDE: and_(running, row.eligible == Known.UNKNOWN),
        Standing.ELIGIBLE: and_(granted, or_(row.eligible_until.is_(None), row.eligible_until > soon)),
        Standing.ENDING_SOON: and_(granted, row.eligible_until >= today, row.eligible_until <= soon),
        Standing.EXPIRED: and_(granted, row.eligible_until < today),
    }[standing]


def list_participations(
    ctx: Context,
    actor: Actor,
    wanted: ParticipationFilter,
    *,
    sort: str = "code",
    descending: bool = False,
    page: int = 1,
) -> ParticipationPage:
    """One page of the participants that fit the filters."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    today = ctx.clock.today()
    with ctx.read() as session:
        notice = thresholds_on(session, today).proof_notice_days
        conditions = _conditions(actor, wanted, today, notice)
        reach = scope.participations(actor)
        everything = session.execute(select(func.count(Participation.id)).where(reach)).scalar_one()
        counted = select(func.count(Participation.id)).join(Person).where(*conditions)
        total = session.execute(counted).scalar_one()
        pages = page_count(total, PER_PAGE)
        page = min(max(1, page), pages)
        found = _select(conditions, sort, descending).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
        rows = tuple(_row(row, today, notice) for row in session.execute(found))
        return ParticipationPage(rows, total, everything, page, pages)


def _conditions(actor: Actor, wanted: ParticipationFilter, today: date, notice_days: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [scope.participations(actor)]
    found += [Person.name_search.contains(word, autoescape=True) for word in fold(wanted.words).split()]
    if wanted.code:
        found.append(Participation.code.startswith(wanted.code.upper(), autoescape=True))
    if wanted.standing is not None:
        found.append(_stands(wanted.standing, today, notice_days))
    if wanted.commitment_id is not None:
        found.append(Participation.commitment_id == wanted.commitment_id)
    if wanted.route is not None:
        found.append(Participation.route == wanted.route)
    if wanted.organisation_id is not None:
        found.append(Participation.organisation_id == wanted.organisation_id)
    return found


def _select(conditions: Sequence[ColumnElement[bool]], sort: str, descending: bool) -> Select[Any]:
    order = SORTS.get(sort, SORTS["code"])
    if descending:
        # Only what is compared turns round: unknown dates stay last.
        order = (*order[:-1], order[-1].desc()) if sort != "code" else tuple(one.desc() for one in order)
    columns: tuple[Any, ...] = (
        Participation.id,
        Participation.code,
        Person.given_name,
        Person.family_name,
        Commitment.id.label("commitment_id"),
        Commitment.label.label("commitment"),
        Contract.number.label("contract_number"),
        Organisation.name.label("organisation"),
        Participation.route,
        Participation.contract_kind,
        Participation.job,
        Participation.started_on,
        Participation.ended_on,
        Participation.eligible,
        Participation.eligible_until,
        Participation.eligible_decided_on,
        Participation.validated_minutes,
    )
    return (
        select(*columns)
        .join(Person, Person.id == Participation.person_id)
        .join(Commitment, Commitment.id == Participation.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .outerjoin(Organisation, Organisation.id == Participation.organisation_id)
        .where(*conditions)
        .order_by(*order, Participation.id)
    )


def _row(row: Any, today: date, notice_days: int) -> ParticipationRow:
    return ParticipationRow(
        id=row.id,
        code=row.code,
        name=f"{row.given_name} {row.family_name}",
        commitment_id=row.commitment_id,
        commitment=row.commitment,
        contract_number=row.contract_number,
        organisation=row.organisation or "",
        route=row.route,
        contract_kind=row.contract_kind,
        job=row.job,
        started_on=row.started_on,
        ended_on=row.ended_on,
        standing=standing_on(today, notice_days, row.eligible, row.eligible_until, row.ended_on),
        eligible_until=row.eligible_until,
        validated_minutes=row.validated_minutes,
    )


def list_choices(ctx: Context, actor: Actor) -> ListChoices:
    """The commitments and employers that have participants."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    with ctx.read() as session:
        return ListChoices(_commitments(session), _employers(session))


def _commitments(session: Session) -> tuple[tuple[int, str], ...]:
    rows = session.execute(
        select(Commitment.id, Commitment.label, Contract.number)
        .join(Contract, Contract.id == Commitment.contract_id)
        .where(Commitment.id.in_(select(Participation.commitment_id)))
        .order_by(Commitment.label_search, Commitment.id)
    )
    return tuple((row.id, f"{row.label} ({row.number})") for row in rows)


def _employers(session: Session) -> tuple[tuple[int, str], ...]:
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_(select(Participation.organisation_id)))
        .order_by(Organisation.name_search, Organisation.id)
    )
    return tuple((row.id, row.name) for row in rows)


EXPORT_COLUMNS = (
    "Code",
    "Engagement",
    "Marché",
    "Employeur",
    "Voie",
    "Contrat",
    "Poste",
    "Début",
    "Fin",
    "Situation",
    "Décidée le",
    "Éligible jusqu’au",
    "Heures validées",
)


def export_participations(
    ctx: Context, actor: Actor, wanted: ParticipationFilter, *, sort: str = "code", descending: bool = False
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Header and rows of exactly what is filtered, without names or publics: a file travels. It is in the trail."""
    require(actor, Permission.DECIDE_ELIGIBILITY)
    today = ctx.clock.today()
    with ctx.read() as session:
        notice = thresholds_on(session, today).proof_notice_days
        found = session.execute(
            _select(_conditions(actor, wanted, today, notice), sort, descending).limit(EXPORT_LIMIT + 1)
        ).all()
    if len(found) > EXPORT_LIMIT:
        raise Invalid(f"Plus de {EXPORT_LIMIT} participations\u00a0: ajoutez un filtre avant d’exporter.")
    rows = [_exported(_row(row, today, notice), row.eligible_decided_on) for row in found]
    with ctx.write(actor) as work:
        work.record("participations.exported", "participation", 0, count=len(rows), filters=[*wanted.active()])
    return EXPORT_COLUMNS, rows


def _exported(row: ParticipationRow, decided_on: date | None) -> tuple[object, ...]:
    return (
        row.code,
        row.commitment,
        row.contract_number,
        row.organisation,
        row.route.label,
        row.contract_kind.label if row.contract_kind else "",
        row.job,
        row.started_on,
        row.ended_on,
        row.standing.label,
        decided_on,
        row.eligible_until,
        written_hours(row.validated_minutes),
    )
