"""Taking over what a buyer publishes (DECP): its contracts, their social considerations, their amendments.

All or nothing, in one transaction; run again it changes nothing. What an officer typed is never overwritten: a
published value only fills what was unknown, and differs aloud. Hours are never in DECP: an amendment is only proposed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TextIO

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.published import amendment_key, nature_of_cpv, procedure_of, support_of
from matching.clauses.terms import BuyerCategory
from matching.exchange.decp import Outcome, Record, Reported, SocialConsideration, Warned, read_raw, read_record
from matching.exchange.decp.format import merged, read_holders
from matching.services.clauses.parties import OrganisationInput, resolve_organisation
from matching.services.context import Context
from matching.store.tables.contracts import Contract, ContractAmendment
from matching.store.unit_of_work import UnitOfWork
from matching.terms import OrganisationKind
from matching.text import fold

_LOCAL = frozenset({OrganisationKind.DEPARTEMENT, OrganisationKind.LOCAL_AUTHORITY})
_BATCH = 2000
_PARAMETERS = 500
Progress = Callable[[int], None]

_FILLED = (
    "object", "cpv", "nature", "procedure", "amount_cents", "notified_on", "buyer_category", "social", "months",
    "published_on", "holders", "place_code", "place_kind", "publication",
)  # fmt: skip
"""Columns that a publication says. On a contract that an officer typed, only the empty ones are filled."""
_TOLD = {"object": "objet", "amount_cents": "montant", "notified_on": "dateNotification", "cpv": "codeCPV"}


@dataclass
class DecpReport:
    """What became of each record, and what changed. `reported` leaves out records of other buyers."""

    buyer: str = ""
    buyer_id: int = 0
    records: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reported: list[Reported] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    amendments: int = 0

    @property
    def message(self) -> str:
        if not self.added + self.changed + self.amendments:
            return f"{self.records} fiches lues. Rien de nouveau pour cet acheteur."
        return (
            f"{self.records} fiches lues : {self.added} marchés ajoutés, {self.changed} complétés, "
            f"{self.unchanged} inchangés, {self.amendments} avenants à décider."
        )


def import_decp(
    ctx: Context,
    actor: Actor,
    file: TextIO,
    buyer: OrganisationInput,
    progress: Progress = lambda _: None,
    *,
    dry_run: bool = False,
) -> DecpReport:
    """Read a DECP file and take over the contracts of `buyer` (its SIRET means its SIREN).

    Raises `UnreadableFile` or `Invalid`; then nothing was written. `dry_run` reports what would change.
    """
    require(actor, Permission.IMPORT_CLAUSES)
    report = DecpReport()
    try:
        with ctx.write(actor) as work:
            owner = resolve_organisation(work, buyer, "buyer").row
            report.buyer, report.buyer_id = owner.name, owner.id
            records = _read(file, owner.siren, ctx.clock.today(), report, progress)
            _take_over(work, owner.id, owner.kind, records, report)
            work.record(
                "decp.imported", "organisation", owner.id, records=report.records, added=report.added,
                changed=report.changed, amendments=report.amendments,
            )  # fmt: skip
            if dry_run:
                raise _OnlyLooking
    except _OnlyLooking:
        pass
    return report


class _OnlyLooking(Exception):
    """Rolls the transaction back."""


# --- reading ---------------------------------------------------------------------------------------------------


def _read(file: TextIO, siren: str, today: date, report: DecpReport, progress: Progress) -> list[Record]:
    """The buyer's records, one a contract: the latest publication wins, and both values are told."""
    kept: dict[str, Record] = {}
    places: dict[str, int] = {}
    for raw in read_raw(file):
        record, told = read_record(raw, siren, today)
        report.records += 1
        if report.records % 500 == 0:
            progress(report.records)
        if record is not None:
            known = kept.get(record.id)
            if known is not None and known != record:
                told = _twice(told, known, record, places[record.id])
            if known is None or (record.published_on or date.min) >= (known.published_on or date.min):
                kept[record.id], places[record.id] = record, raw.number
        report.outcomes[told.outcome] += 1
        if told.outcome is not Outcome.NOT_OURS:
            report.reported.append(told)
    progress(report.records)
    return list(kept.values())


def _twice(told: Reported, first: Record, second: Record, place: int) -> Reported:
    differing = [name for name in _COMPARED if getattr(first, name) != getattr(second, name)]
    later = second if (second.published_on or date.min) >= (first.published_on or date.min) else first
    warnings = [
        Warned(
            name, f"{_text(getattr(first, name))} / {_text(getattr(second, name))}",
            f"Le même marché est publié deux fois (fiche {place}) : la dernière publication est gardée, "
            f"« {_text(getattr(later, name))} ».",
        )
        for name in differing
    ]  # fmt: skip
    return Reported(told.number, told.id, Outcome.WARNED, (*told.warnings, *warnings), told.reason)


_COMPARED = ("object", "cpv", "amount_cents", "months", "notified_on", "holders", "social", "procedure", "nature")


def _text(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(item.label for item in value))
    return "inconnu" if value in (None, "", ()) else str(value)


# --- writing ---------------------------------------------------------------------------------------------------


def _take_over(
    work: UnitOfWork, buyer_id: int, kind: OrganisationKind, records: list[Record], report: DecpReport
) -> None:
    session = work.session
    category = BuyerCategory.LOCAL_AUTHORITY if kind in _LOCAL else None
    ids = _ids(session, buyer_id)
    fixed = {"buyer_id": buyer_id, "source": "decp", "created_at": work.at, "version": 1}
    # Rows are made as they are written: fifty thousand of them need not be held at once.
    new = (_columns(one, category) | fixed | {"number": one.id} for one in records if one.id not in ids)
    for batch in _batches(new):
        session.execute(insert(Contract), batch)
        report.added += len(batch)
    known = [record for record in records if record.id in ids]
    for start in range(0, len(known), _BATCH):
        batch_of = known[start : start + _BATCH]
        rows = _rows(session, [ids[record.id] for record in batch_of])
        for record in batch_of:
            _complete(session, rows[ids[record.id]], _columns(record, category), record, report)
    _propose(session, _ids(session, buyer_id), records, report)


def _ids(session: Session, buyer_id: int) -> dict[str, int]:
    query = select(Contract.number, Contract.id).where(Contract.buyer_id == buyer_id)
    return {row.number: row.id for row in session.execute(query)}


def _rows(session: Session, ids: list[int]) -> dict[int, Any]:
    found = {}
    for start in range(0, len(ids), _PARAMETERS):
        query = select(*(getattr(Contract, name) for name in ("id", "source", "version", *_FILLED)))
        for row in session.execute(query.where(Contract.id.in_(ids[start : start + _PARAMETERS]))):
            found[row.id] = row
    return found


def _columns(record: Record, category: BuyerCategory | None) -> dict[str, Any]:
    return {
        "support": support_of(record.concession, record.techniques, record.framework_id),
        "buyer_siret": record.buyer_siret if len(record.buyer_siret) == 14 else "",
        "object": record.object,
        "object_search": fold(record.object)[:560],
        "cpv": record.cpv,
        "nature": nature_of_cpv(record.cpv),
        "procedure": procedure_of(record.procedure),
        "amount_cents": record.amount_cents,
        "notified_on": record.notified_on,
        "buyer_category": category,
        "social": social_text(record.social),
        "months": record.months,
        "published_on": record.published_on,
        "holders": " ".join(record.holders),
        "place_code": record.place_code,
        "place_kind": record.place_kind,
        "publication": record.publication,
    }


def social_text(social: frozenset[SocialConsideration] | None) -> str | None:
    """As the contract's row keeps it: codes in alphabetical order, `none`, or None when nothing is said."""
    return ",".join(sorted(item.value for item in social)) if social else None


def _complete(session: Session, row: Any, wanted: dict[str, Any], record: Record, report: DecpReport) -> None:
    """A contract taken over before follows its publication; one typed here is only completed."""
    typed = row.source != "decp"
    changes = {}
    for name in _FILLED:
        now, published = getattr(row, name), wanted[name]
        if name == "publication":
            published = _publication(now, published, record, typed=typed)
            if published != now:
                changes[name] = published
            continue
        if now == published or published in (None, ""):
            continue
        if typed and now not in (None, ""):
            if name in _TOLD:
                _tell(report, record, _TOLD[name], now, published)
            continue
        changes[name] = published
    if "object" in changes:
        changes["object_search"] = wanted["object_search"]
    if not changes:
        report.unchanged += 1
        return
    session.execute(
        update(Contract).where(Contract.id == row.id).values(**changes, version=row.version + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    report.changed += 1


def _publication(now: str | None, published: str | None, record: Record, *, typed: bool) -> str | None:
    """The fields that only the export uses: what an officer completed is kept where the publication says nothing."""
    if not now or not published or now == published:
        return published or now
    kept, new = json.loads(now), json.loads(published)
    if not typed and record.holders and "titulaires" not in new:
        known = [one["id"] for one in read_holders(kept.get("titulaires")) or ()]
        if known != list(record.holders):
            kept.pop("titulaires", None)
    return json.dumps(merged(kept, new, keep_first=typed), ensure_ascii=False, sort_keys=True)


def _tell(report: DecpReport, record: Record, name: str, now: object, published: object) -> None:
    """The registry's value stays; the published one is told on the record's line."""
    place = next(n for n, told in enumerate(report.reported) if told.id == record.id)
    told = report.reported[place]
    warning = Warned(name, str(published), f"Le registre garde « {now} », saisi ici.")
    report.reported[place] = Reported(told.number, told.id, Outcome.WARNED, (*told.warnings, warning), told.reason)
    if told.outcome is Outcome.ACCEPTED:
        report.outcomes[Outcome.ACCEPTED] -= 1
        report.outcomes[Outcome.WARNED] += 1


def _propose(session: Session, ids: dict[str, int], records: Iterable[Record], report: DecpReport) -> None:
    """Amendments never seen wait for a person. An export numbers again those whose numbers were missing or repeated:
    the same day, total, duration and holders are then the same amendment."""
    known = session.execute(
        select(
            ContractAmendment.contract_id, ContractAmendment.key, ContractAmendment.notified_on,
            ContractAmendment.amount_cents, ContractAmendment.months, ContractAmendment.holders,
        ).join(Contract, Contract.id == ContractAmendment.contract_id)
        .where(Contract.buyer_id == report.buyer_id)
    ).all()  # fmt: skip
    seen = {(row.contract_id, row.key) for row in known}
    stored = Counter((row.contract_id, *row[2:]) for row in known)
    new = []
    for record in records:
        met: Counter[tuple[Any, ...]] = Counter()
        for one in record.amendments:
            holders = " ".join(one.holders)
            content = (ids[record.id], one.notified_on, one.amount_cents, one.months, holders)
            key = amendment_key(one.number, one.notified_on, one.amount_cents, one.months, holders)
            known_key = (ids[record.id], key) in seen
            met[content] += 1
            if known_key or met[content] <= stored[content]:
                continue
            seen.add((ids[record.id], key))
            new.append(
                {
                    "contract_id": ids[record.id], "key": key, "number": one.number, "notified_on": one.notified_on,
                    "amount_cents": one.amount_cents, "months": one.months, "holders": holders,
                    "published_on": one.published_on, "state": "proposed", "version": 1,
                }
            )  # fmt: skip
    for batch in _batches(new):
        session.execute(insert(ContractAmendment), batch)
    report.amendments = len(new)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    pending = iter(rows)
    while batch := list(islice(pending, _BATCH)):
        yield batch
