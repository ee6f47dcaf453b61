"""The list of commitments: filters, sort, pages, export. Hours due are folded in bulk, the ledger is never counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import effective_end
from matching.clauses.follow import NextStep
from matching.clauses.progress import Standing, standing
from matching.clauses.terms import AlertLevel, Modality, NextActor, PartyRole, Support
from matching.clock import PARIS
from matching.exchange.tables import write_csv, write_xlsx
from matching.exchange.values import show_minutes
from matching.services.clauses.due import folds_of
from matching.services.clauses.following import next_steps_of
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.services.paging import page_count, page_shown
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty, Contract
from matching.store.tables.organisations import Organisation
from matching.text import fold

PAGE_SIZES = (25, 50, 100)
SORTS = ("label", "buyer", "due", "validated", "window", "action", "index")
RUNNING, ENDED = "running", "ended"
_HELD = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)
_BATCH = 500


@dataclass(frozen=True)
class CommitmentFilter:
    """What is asked of the list. `state`: `running`, `ended` or empty; `sort` with a leading « - » descends."""

    words: str = ""
    buyer_id: int | None = None
    holder_id: int | None = None
    support: Support | None = None
    modality: Modality | None = None
    level: AlertLevel | None = None
    mine: bool = False
    state: str = ""
    who: NextActor | None = None
    sort: str = "window"
    page: int = 1
    per_page: int = 25


@dataclass(frozen=True)
class CommitmentRow:
    """One line. `holder`: the one it is answered with, the lead of a group; minutes are those of today."""

    id: int
    lot: str
    label: str
    number: str
    support: Support
    modality: Modality
    buyer: str
    holder: str
    companies: int
    due_minutes: int
    validated_minutes: int
    window_from: date | None
    window_to: date | None
    ended: bool
    standing: Standing
    facilitator: str
    last_action_at: datetime
    step: NextStep


@dataclass(frozen=True)
class CommitmentPage:
    """A page of the list: `total` with the filters, `everything` without any."""

    rows: tuple[CommitmentRow, ...]
    total: int
    everything: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return page_count(self.total, self.per_page)


@dataclass(frozen=True)
class FilterChoices:
    """Buyers and holders that some commitment has, by name."""

    buyers: tuple[tuple[int, str], ...]
    holders: tuple[tuple[int, str], ...]


def find_commitments(ctx: Context, actor: Actor, wanted: CommitmentFilter) -> CommitmentPage:
    """One page of the commitments in reach that fit the filters."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        everything = session.execute(select(func.count(Commitment.id)).where(scope.commitments(actor))).scalar_one()
        keys = _ordered_keys(session, actor, wanted, today)
        per_page = wanted.per_page if wanted.per_page in PAGE_SIZES else PAGE_SIZES[0]
        page = page_shown(wanted.page, len(keys), per_page)
        rows = _rows(session, keys[(page - 1) * per_page : page * per_page], today)
    return CommitmentPage(rows, len(keys), everything, page, per_page)


def count_commitments(ctx: Context, actor: Actor, wanted: Sequence[CommitmentFilter]) -> tuple[int, ...]:
    """How many commitments each filter shows."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        return tuple(len(_ordered_keys(session, actor, one, ctx.clock.today())) for one in wanted)


def filter_choices(ctx: Context, actor: Actor) -> FilterChoices:
    """What the list can be filtered by."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        buyers = select(Contract.buyer_id)
        holders = select(CommitmentParty.organisation_id).where(CommitmentParty.role.in_(_HELD))
        return FilterChoices(_named(session, buyers), _named(session, holders))


def _named(session: Session, keys: Any) -> tuple[tuple[int, str], ...]:
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(keys))
    return tuple((row.id, row.name) for row in session.execute(query.order_by(Organisation.name_search).limit(1000)))


# --- which ones, in which order


def _conditions(actor: Actor, wanted: CommitmentFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [scope.commitments(actor)]
    found += [_holds_word(word) for word in fold(wanted.words).split()[:12]]
    if wanted.buyer_id is not None:
        found.append(Contract.buyer_id == wanted.buyer_id)
    if wanted.holder_id is not None:
        found.append(Commitment.id.in_(_held_by(CommitmentParty.organisation_id == wanted.holder_id)))
    if wanted.support is not None:
        found.append(Contract.support == wanted.support)
    if wanted.modality is not None:
        found.append(Commitment.modality == wanted.modality)
    if wanted.mine:
        found.append(Commitment.facilitator_id == actor.user_id)
    if wanted.state in (RUNNING, ENDED):
        ended = has_ended(today)
        found.append(ended if wanted.state == ENDED else ~ended)
    return found


def has_ended(today: date) -> ColumnElement[bool]:
    """Closed, or past its own window; without one, past the contract's end. Unknown ends are still running."""
    last = func.coalesce(Commitment.closed_on, Commitment.window_to, Contract.end_on)
    return func.coalesce(last, date(9999, 12, 31)) < today


def _holds_word(word: str) -> ColumnElement[bool]:
    named = Organisation.name_search.contains(word)
    members = select(Organisation.id).where(named)
    companies = select(CommitmentParty.commitment_id).where(CommitmentParty.organisation_id.in_(members))
    return or_(
        Commitment.label_search.contains(word),
        Contract.object_search.contains(word),
        func.lower(Contract.number).contains(word),
        func.lower(Commitment.lot) == word,
        Contract.buyer_id.in_(members),
        Commitment.id.in_(companies),
    )


def _held_by(condition: ColumnElement[bool]) -> Any:
    return select(CommitmentParty.commitment_id).where(condition, CommitmentParty.role.in_(_HELD))


def _ordered_keys(session: Session, actor: Actor, wanted: CommitmentFilter, today: date) -> list[int]:
    """Identifiers only: what is shown is read for one page. Hours are folded here when they filter or sort."""
    sort = wanted.sort.removeprefix("-")
    descending = wanted.sort.startswith("-")
    column = {
        "label": Commitment.label_search,
        "buyer": Organisation.name_search,
        "validated": Commitment.validated_minutes,
        "action": Commitment.last_action_at,
    }.get(sort, func.coalesce(Commitment.window_to, date(9999, 12, 31)))
    query = (
        select(Commitment.id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .join(Organisation, Organisation.id == Contract.buyer_id)
        .where(*_conditions(actor, wanted, today))
        .order_by(column.desc() if descending else column.asc(), Commitment.id)
    )
    keys = list(session.execute(query).scalars())
    if wanted.who is not None:
        steps = _steps(session, keys, today)
        keys = [key for key in keys if steps[key].actor is wanted.who]
    if wanted.level is None and sort not in ("due", "index"):
        return keys
    standings = _standings(session, keys, today)
    if wanted.level is not None:
        keys = [key for key in keys if standings[key][1].level is wanted.level]
    if sort in ("due", "index"):
        keys.sort(key=_measure(standings, sort, descending))
    return keys


def _steps(session: Session, keys: Sequence[int], today: date) -> dict[int, NextStep]:
    found: dict[int, NextStep] = {}
    for start in range(0, len(keys), _BATCH):
        query = select(Commitment).where(Commitment.id.in_(keys[start : start + _BATCH]))
        found |= next_steps_of(session, list(session.execute(query).scalars()), today)
    return found


def _measure(
    standings: dict[int, tuple[int, Standing]], sort: str, descending: bool
) -> Callable[[int], tuple[bool, Decimal]]:
    """What is not measured comes last either way."""

    def key(commitment_id: int) -> tuple[bool, Decimal]:
        due, stands = standings[commitment_id]
        value = Decimal(due) if sort == "due" else stands.index_points
        return value is None, (-value if descending else value) if value is not None else Decimal(0)

    return key


def _standings(session: Session, keys: Sequence[int], today: date) -> dict[int, tuple[int, Standing]]:
    """Minutes due today and where each commitment stands; a termination ends its window."""
    folds = folds_of(session, keys)
    thresholds = thresholds_on(session, today).progress
    columns = (Commitment.id, Commitment.validated_minutes, Commitment.window_from, Commitment.window_to)
    found = {}
    for start in range(0, len(keys), _BATCH):
        query = select(*columns).where(Commitment.id.in_(keys[start : start + _BATCH]))
        for row in session.execute(query):
            known, begin = folds[row.id], row.window_from
            due, end = known.minutes(today, today), effective_end(row.window_to, known.ended(today, today), begin)
            found[row.id] = (due, standing(due, row.validated_minutes, begin, end, today, thresholds))
    return found


# --- what is shown


def _rows(session: Session, keys: Sequence[int], today: date) -> tuple[CommitmentRow, ...]:
    found: dict[int, CommitmentRow] = {}
    for start in range(0, len(keys), _BATCH):
        batch = list(keys[start : start + _BATCH])
        standings, holders, steps = (
            _standings(session, batch, today),
            _holders(session, batch),
            _steps(session, batch, today),
        )
        query = (
            select(Commitment, Contract, Organisation.name, UserAccount.name, has_ended(today))
            .join(Contract, Contract.id == Commitment.contract_id)
            .join(Organisation, Organisation.id == Contract.buyer_id)
            .outerjoin(UserAccount, UserAccount.id == Commitment.facilitator_id)
            .where(Commitment.id.in_(batch))
        )
        for row, contract, buyer, facilitator, ended in session.execute(query):
            holder, companies = holders.get(row.id, ("", 0))
            due, stands = standings[row.id]
            found[row.id] = CommitmentRow(
                id=row.id,
                lot=row.lot,
                label=row.label,
                number=contract.number,
                support=contract.support,
                modality=row.modality,
                buyer=buyer,
                holder=holder,
                companies=companies,
                due_minutes=due,
                validated_minutes=row.validated_minutes,
                window_from=row.window_from,
                window_to=row.window_to,
                ended=bool(ended),
                standing=stands,
                facilitator=facilitator or "",
                last_action_at=row.last_action_at,
                step=steps[row.id],
            )
    return tuple(found[key] for key in keys if key in found)


def _holders(session: Session, keys: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Who answers for each commitment today, the lead of a group, and how many companies work on it."""
    query = (
        select(CommitmentParty.commitment_id, CommitmentParty.role, Organisation.name)
        .join(Organisation, Organisation.id == CommitmentParty.organisation_id)
        .where(CommitmentParty.commitment_id.in_(keys), CommitmentParty.to_on.is_(None))
        .order_by(CommitmentParty.id)
    )
    found: dict[int, tuple[str, int]] = {}
    for key, role, name in session.execute(query):
        holder, companies = found.get(key, ("", 0))
        found[key] = (name if role in _HELD else holder, companies + 1)
    return found


_COLUMNS = (
    "Numéro du contrat",
    "Lot",
    "Engagement",
    "Support",
    "Modalité",
    "Acheteur",
    "Titulaire",
    "Heures dues",
    "Heures validées",
    "Début des travaux",
    "Fin des travaux",
    "Alerte",
    "Écart (points)",
    "À qui d’agir",
    "Facilitateur·rice",
    "Dernière action",
)


def export_commitments(ctx: Context, actor: Actor, wanted: CommitmentFilter, *, kind: str) -> bytes:
    """Every commitment of the filter, whatever the page, as `csv` or `xlsx`."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        rows = _rows(session, _ordered_keys(session, actor, wanted, today), today)
    lines = [
        (
            row.number,
            row.lot,
            row.label,
            row.support.label,
            row.modality.label,
            row.buyer,
            row.holder,
            show_minutes(row.due_minutes),
            show_minutes(row.validated_minutes),
            row.window_from,
            row.window_to,
            row.standing.level.label,
            row.standing.index_points,
            row.step.sentence,
            row.facilitator,
            row.last_action_at.astimezone(PARIS).date(),
        )
        for row in rows
    ]
    return write_xlsx(_COLUMNS, lines, sheet="Engagements") if kind == "xlsx" else write_csv(_COLUMNS, lines)
