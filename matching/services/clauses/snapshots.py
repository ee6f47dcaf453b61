"""The yearly consolidation: read as of now, frozen with the entries behind it, compared with what came later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.consolidation import (
    Change,
    Dimension,
    YearLine,
    age_band,
    breakdown,
    changes,
    digest,
    opening_minutes,
    published,
    total,
)
from matching.clauses.small_cells import Cell, Shown, Total
from matching.errors import Invalid, NotFound, RuleRefused
from matching.services.clauses.rules import thresholds_on
from matching.services.context import Context
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, Contract
from matching.store.tables.ledger import LedgerEntry, LedgerHead
from matching.store.tables.participations import Participation
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.reference import Commune
from matching.store.tables.snapshots import AnnualSnapshot, SnapshotLine

FIRST_YEAR = 2000
_BATCH = 5000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Consolidation:
    """A year by every dimension. `shown` is what may leave the Département: cells under `threshold` people hidden."""

    year: int
    whole: Cell
    opening_minutes: int
    exact: dict[Dimension, dict[str, Cell]]
    shown: dict[Dimension, dict[str | Total, Shown]]
    threshold: int
    entries_up_to: int


@dataclass(frozen=True)
class SnapshotRow:
    """One frozen reading of a year."""

    id: int
    year: int
    made_at: datetime
    by: str
    people: int
    minutes: int
    entries_up_to: int
    entries_hash: str
    note: str


@dataclass(frozen=True)
class Comparison:
    """What moved between a frozen reading and a later one, or now (`later` None)."""

    earlier: SnapshotRow
    later: SnapshotRow | None
    changes: tuple[Change, ...]
    entries_since: int


def read_year(ctx: Context, actor: Actor, year: int) -> Consolidation:
    """The year as the ledger says it now."""
    require(actor, Permission.READ_CLAUSES)
    check_year(ctx, year)
    with ctx.read() as session:
        head = ledger_head(session)
        return consolidate(session, ctx, year, read_lines(session, year, head.entry_id), head.entry_id)


def freeze_year(ctx: Context, actor: Actor, year: int, note: str = "") -> SnapshotRow:
    """Keep the year as it is known now, with what stood behind each figure. Nothing changes it afterwards."""
    require(actor, Permission.EDIT_CLAUSES)
    check_year(ctx, year)
    with ctx.write(actor) as work:
        session = work.session
        head = ledger_head(session)
        lines = read_lines(session, year, head.entry_id)
        if not lines:
            raise RuleRefused(
                f"Aucune heure validée n’a été travaillée en {year}. Validez des déclarations de cette année, "
                "ou choisissez une autre année."
            )
        whole = total(lines)
        row = AnnualSnapshot(
            year=year,
            made_at=work.at,
            by_id=actor.user_id,
            head_entry_id=head.entry_id,
            head_hash=head.hash,
            minutes=whole.minutes + opening_minutes(lines),
            people=whole.people,
            digest=digest(lines),
            note=note.strip(),
        )
        session.add(row)
        session.flush()
        for start in range(0, len(lines), _BATCH):
            batch = [_stored(line) | {"snapshot_id": row.id} for line in lines[start : start + _BATCH]]
            session.execute(insert(SnapshotLine), batch)
        work.record(
            "snapshot.frozen", "annual_snapshot", row.id, year=year, entries=head.entry_id, lines=len(lines),
            digest=row.digest,
        )  # fmt: skip
        return snapshot_row(row, actor.name)


def list_snapshots(ctx: Context, actor: Actor, year: int | None = None) -> tuple[SnapshotRow, ...]:
    """Frozen readings, the latest first."""
    require(actor, Permission.READ_CLAUSES)
    query = select(AnnualSnapshot, UserAccount.name).outerjoin(UserAccount, UserAccount.id == AnnualSnapshot.by_id)
    if year is not None:
        query = query.where(AnnualSnapshot.year == year)
    with ctx.read() as session:
        found = session.execute(query.order_by(AnnualSnapshot.id.desc())).all()
        return tuple(snapshot_row(row, name or "") for row, name in found)


def read_snapshot(ctx: Context, actor: Actor, snapshot_id: int) -> tuple[SnapshotRow, Consolidation]:
    """A frozen year, figure by figure."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row, by = find_snapshot(session, snapshot_id)
        lines = frozen_lines(session, snapshot_id)
        return snapshot_row(row, by), consolidate(session, ctx, row.year, lines, row.head_entry_id)


def compare_snapshot(ctx: Context, actor: Actor, snapshot_id: int, with_id: int | None = None) -> Comparison:
    """What moved since a frozen reading: up to another of the same year, or up to now."""
    require(actor, Permission.READ_CLAUSES)
    with ctx.read() as session:
        row, by = find_snapshot(session, snapshot_id)
        before = frozen_lines(session, snapshot_id)
        if with_id is None:
            head = ledger_head(session).entry_id
            after, later = read_lines(session, row.year, head), None
        else:
            other, other_by = find_snapshot(session, with_id)
            if other.year != row.year:
                raise RuleRefused(
                    f"Ces deux bilans sont de {row.year} et de {other.year}. Comparez deux bilans de la même année."
                )
            head, after, later = other.head_entry_id, frozen_lines(session, with_id), snapshot_row(other, other_by)
        since = session.execute(
            select(func.count()).select_from(LedgerEntry).where(
                LedgerEntry.id > row.head_entry_id, LedgerEntry.id <= head, *in_year(row.year)
            )
        ).scalar_one()  # fmt: skip
        return Comparison(snapshot_row(row, by), later, tuple(changes(before, after)), int(since))


# --- reading the ledger ----------------------------------------------------------------------------------------


def in_year(year: int) -> tuple[Any, Any]:
    return LedgerEntry.month >= date(year, 1, 1), LedgerEntry.month <= date(year, 12, 1)


def ledger_head(session: Session) -> LedgerHead:
    return session.get(LedgerHead, 1) or LedgerHead(id=1, entry_id=0, hash="")


def read_lines(session: Session, year: int, up_to: int) -> list[YearLine]:
    """The participations of the year with hours that stand, as known now: one pass over the entries, in the engine."""
    worked = (
        select(
            LedgerEntry.commitment_id.label("commitment_id"),
            LedgerEntry.participation_id.label("participation_id"),
            func.sum(LedgerEntry.minutes).label("minutes"),
            func.min(LedgerEntry.worked_from).label("worked_from"),
            func.max(LedgerEntry.worked_to).label("worked_to"),
        )
        .where(LedgerEntry.id <= up_to, *in_year(year))
        .group_by(LedgerEntry.commitment_id, LedgerEntry.participation_id)
        .having(func.sum(LedgerEntry.minutes) != 0)
        .subquery()
    )
    query = (
        select(
            worked, Participation.person_id, Participation.route, Participation.eligible_public,
            Participation.contract_kind, Participation.outcome, Commitment.modality, Commitment.sector,
            Contract.support, Commune.name.label("territory"),
        )
        .join(Commitment, Commitment.id == worked.c.commitment_id)
        .join(Contract, Contract.id == Commitment.contract_id)
        .outerjoin(Participation, Participation.id == worked.c.participation_id)
        .outerjoin(Commune, Commune.insee == func.coalesce(Commitment.commune_insee, Contract.commune_insee))
        .order_by(worked.c.commitment_id, worked.c.participation_id)
    )  # fmt: skip
    rows = session.execute(query).all()
    known = _sex_and_birth(session)
    return [_line(row, known.get(row.person_id, {}), year) for row in rows]


def _sex_and_birth(session: Session) -> dict[int, dict[str, str]]:
    """What is known of participants only: nobody else's protected facts are read."""
    query = select(ProtectedFact.person_id, ProtectedFact.kind, ProtectedFact.value).where(
        ProtectedFact.kind.in_(("sex", "birth_date")),
        ProtectedFact.person_id.in_(select(Participation.person_id)),
    )
    found: dict[int, dict[str, str]] = {}
    for row in session.execute(query):
        found.setdefault(row.person_id, {})[row.kind] = row.value
    return found


def _line(row: Any, known: dict[str, str], year: int) -> YearLine:
    birth = known.get("birth_date")
    return YearLine(
        commitment_id=row.commitment_id,
        participation_id=row.participation_id,
        person_id=row.person_id,
        minutes=int(row.minutes),
        worked_from=row.worked_from,
        worked_to=row.worked_to,
        support=row.support,
        modality=row.modality,
        route=row.route,
        public=row.eligible_public,
        sex=known.get("sex", ""),
        age_band=age_band(date.fromisoformat(birth) if birth else None, year) if row.person_id else "",
        sector=row.sector or "",
        territory=row.territory or "",
        contract_kind=row.contract_kind,
        outcome=row.outcome or "",
    )


_KEPT = tuple(item.name for item in fields(YearLine))


def _stored(line: YearLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _KEPT}


def frozen_lines(session: Session, snapshot_id: int) -> list[YearLine]:
    """What was frozen, in the order it was sealed."""
    columns = [getattr(SnapshotLine, name) for name in _KEPT]
    query = select(*columns).where(SnapshotLine.snapshot_id == snapshot_id).order_by(SnapshotLine.id)
    return [YearLine(**dict(zip(_KEPT, row, strict=True))) for row in session.execute(query).all()]


# --- shapes ----------------------------------------------------------------------------------------------------


def consolidate(session: Session, ctx: Context, year: int, lines: list[YearLine], up_to: int) -> Consolidation:
    """These lines by every dimension, exact and as they may leave the Département."""
    threshold = thresholds_on(session, ctx.clock.today()).small_cell
    return Consolidation(
        year,
        total(lines),
        opening_minutes(lines),
        {dimension: breakdown(lines, dimension) for dimension in Dimension},
        published(lines, threshold),
        threshold,
        up_to,
    )


def find_snapshot(session: Session, snapshot_id: int) -> tuple[AnnualSnapshot, str]:
    """A frozen reading and who froze it; raises `NotFound`."""
    row = session.get(AnnualSnapshot, snapshot_id)
    if row is None:
        raise NotFound()
    account = session.get(UserAccount, row.by_id) if row.by_id else None
    return row, account.name if account else ""


def snapshot_row(row: AnnualSnapshot, by: str) -> SnapshotRow:
    return SnapshotRow(
        row.id, row.year, row.made_at, by, row.people, row.minutes, row.head_entry_id, row.head_hash, row.note
    )


def check_year(ctx: Context, year: int) -> None:
    this_year = ctx.clock.today().year
    if not FIRST_YEAR <= year <= this_year:
        raise Invalid(f"Écrivez une année de {FIRST_YEAR} à {this_year}.")
