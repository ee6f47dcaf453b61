"""What changes the hours due: recorded with its two dates and its document, never rewritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor, Permission, require
from matching.clauses.due import check_new_event
from matching.clauses.terms import EventKind, PartyRole, TerminationRule
from matching.clock import PARIS
from matching.errors import Invalid, Problems
from matching.services.clauses import evidence
from matching.services.clauses.due import as_event, folds_of, minutes_by_holder_of
from matching.services.clauses.parties import OrganisationInput, resolve_organisation
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment, CommitmentParty
from matching.store.tables.contracts import CommitmentEvent as EventRow
from matching.store.tables.declarations import Evidence
from matching.store.tables.organisations import Organisation
from matching.store.unit_of_work import UnitOfWork
from matching.text import NBSP

RECORDED_HERE = tuple(kind for kind in EventKind if kind is not EventKind.INITIAL)
"""The initial event is written with the commitment itself."""
EVIDENCE_KIND = "commitment_event"

FIELDS: dict[EventKind, tuple[str, ...]] = {
    EventKind.AMENDMENT: ("minutes",),
    EventKind.PURCHASE_ORDER: ("amount_cents", "minutes"),
    EventKind.OPTIONAL_STAGE: ("minutes",),
    EventKind.RENEWAL: ("minutes",),
    EventKind.TERMINATION: ("rule", "executed_cents", "total_cents"),
    EventKind.EXEMPTION: ("whole", "minutes"),
    EventKind.TRANSFER: ("whole", "minutes", "to_holder"),
}
"""What each kind of event asks beside its day, its label and its document."""


@dataclass(frozen=True)
class EventInput:
    """An event as typed. Minutes signed for an amendment; amounts in cents, negative for a cancelled order.

    Fields that its kind does not ask are left out, whatever was typed.
    """

    kind: EventKind
    effective_on: date | None
    minutes: int | None = None
    amount_cents: int | None = None
    rule: TerminationRule | None = None
    executed_cents: int | None = None
    total_cents: int | None = None
    whole: bool = False
    to_holder: OrganisationInput | None = None
    label: str = ""


@dataclass(frozen=True)
class Document:
    """A file sent with the event."""

    content: bytes
    filename: str


@dataclass(frozen=True)
class EventLine:
    """An event of the history: minutes due before and after it, why, who recorded it and when."""

    id: int
    kind: EventKind
    label: str
    effective_on: date
    recorded_on: date
    before: int
    after: int
    explanation: str
    by: str
    holder: str
    evidence_id: int | None
    filename: str


@dataclass(frozen=True)
class EventHistory:
    """The events of a commitment as known on a day, in the order they count. `due` on the day asked, `later` after it.

    `total`: what will be due once all of them have taken effect.
    """

    commitment_id: int
    label: str
    as_of: date
    known_on: date
    due: int
    total: int
    lines: tuple[EventLine, ...]
    has_order_terms: bool
    holders: tuple[tuple[str, int], ...]
    """Name and minutes of each holder, when several have held the commitment."""


def list_events(
    ctx: Context, actor: Actor, commitment_id: int, *, as_of: date | None = None, known_on: date | None = None
) -> EventHistory:
    """The events known on `known_on` (today by default), each before → after, and what is due on `as_of`."""
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    as_of, known_on = as_of or today, known_on or today
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        fold = folds_of(session, [row.id])[row.id]
        steps = fold.steps(date.max, known_on)
        details = _details(session, row.id)
        lines = tuple(
            EventLine(
                id=step.event.sequence,
                kind=step.event.kind,
                effective_on=step.event.effective_on,
                recorded_on=step.event.recorded_on,
                before=step.before,
                after=step.after,
                explanation=step.explanation,
                **details[step.event.sequence],
            )
            for step in steps
        )
        holders = _holders(session, row.id, as_of, known_on)
    total = steps[-1].after if steps else 0
    has_terms = fold.terms.orders is not None
    due = fold.minutes(as_of, known_on)
    return EventHistory(row.id, row.label, as_of, known_on, due, total, lines, has_terms, holders)


def _details(session: Session, commitment_id: int) -> dict[int, dict[str, Any]]:
    query = (
        select(EventRow, UserAccount.name, Organisation.name, Evidence.filename)
        .outerjoin(UserAccount, UserAccount.id == EventRow.by_id)
        .outerjoin(Organisation, Organisation.id == EventRow.to_organisation_id)
        .outerjoin(Evidence, Evidence.id == EventRow.evidence_id)
        .where(EventRow.commitment_id == commitment_id)
    )
    return {
        row.id: {
            "label": row.label,
            "by": by or "",
            "holder": holder or "",
            "evidence_id": row.evidence_id,
            "filename": filename or "",
        }
        for row, by, holder, filename in session.execute(query)
    }


def _holders(session: Session, commitment_id: int, as_of: date, known_on: date) -> tuple[tuple[str, int], ...]:
    shares = minutes_by_holder_of(session, commitment_id, as_of, known_on)
    if len(shares) < 2:
        return ()
    names = {
        row.id: row.name
        for row in session.execute(
            select(Organisation.id, Organisation.name).where(Organisation.id.in_([key for key in shares if key]))
        )
    }
    return tuple((names.get(key or 0, "Titulaire à préciser"), minutes) for key, minutes in shares.items())


def record_event(
    ctx: Context, actor: Actor, commitment_id: int, wanted: EventInput, document: Document | None = None
) -> int:
    """Record an event today; its id. Raises `Invalid` for what it lacks, `RuleRefused` when the history forbids it."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        # Two officers recording at once must not together bring the hours below zero: the row's version decides,
        # even within the same instant.
        flag_modified(row, "last_action_at")

        def store() -> int | None:
            if document is None:
                return None
            content, name = document.content, document.filename
            return evidence.store_evidence(ctx, work, content, name, EVIDENCE_KIND, commitment_id=row.id)

        return write_event(work, row, wanted, store).id


def write_event(
    work: UnitOfWork, row: Commitment, wanted: EventInput, store: Callable[[], int | None] = lambda: None
) -> EventRow:
    """Record an event within a transaction. `store` keeps its document, once the rules have let the event through."""
    problems = Problems()
    _check(wanted, problems)
    problems.raise_if_any("L’évènement n’a pas été enregistré.")
    holder_id = _new_holder(work, wanted)
    event = _row(work, row, wanted, holder_id)
    _allow(work.session, row, event)
    event.evidence_id = store()
    work.session.add(event)
    row.last_action_at = work.at
    if holder_id is not None:
        _make_holder(work, row, holder_id, event.effective_on)
    work.session.flush()
    _record(work, event)
    return event


def _check(wanted: EventInput, problems: Problems) -> None:
    if wanted.kind is EventKind.INITIAL:
        problems.add("kind", "L’engagement initial s’enregistre avec l’engagement. Choisissez un autre évènement.")
    if wanted.effective_on is None:
        problems.add("effective_on", "Indiquez le jour où cet évènement prend effet.")
    elif not 2000 <= wanted.effective_on.year <= 2100:
        problems.add("effective_on", "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.")
    if len(wanted.label.strip()) > 200:
        problems.add("label", "Raccourcissez la précision\u00a0: 200 caractères au plus.")
    for name in ("amount_cents", "executed_cents", "total_cents"):
        cents = getattr(wanted, name)
        if cents is not None and abs(cents) > 1_000_000_000_000:
            problems.add(name, "Ce montant dépasse dix milliards d’euros. Vérifiez les zéros.")
    if wanted.minutes is not None and abs(wanted.minutes) > 9_999_999 * 60:
        problems.add("minutes", f"Ce nombre d’heures est trop grand{NBSP}: 9\u202f999\u202f999{NBSP}h au plus.")
    if wanted.kind is EventKind.TRANSFER and (wanted.to_holder is None or not wanted.to_holder.number.strip()):
        problems.add("to_holder", "Indiquez le nouveau titulaire\u00a0: son SIRET, son SIREN ou son nom.")


def _new_holder(work: UnitOfWork, wanted: EventInput) -> int | None:
    if wanted.kind is not EventKind.TRANSFER or wanted.to_holder is None:
        return None
    return resolve_organisation(work, wanted.to_holder, "to_holder").row.id


def _row(work: UnitOfWork, commitment: Commitment, wanted: EventInput, holder_id: int | None) -> EventRow:
    """Only what the kind asks is kept."""
    assert wanted.effective_on is not None  # checked before
    asked = FIELDS[wanted.kind]
    by_amount = wanted.rule is TerminationRule.BY_AMOUNT
    return EventRow(
        commitment_id=commitment.id,
        kind=wanted.kind,
        effective_on=wanted.effective_on,
        recorded_on=work.at.astimezone(PARIS).date(),
        recorded_at=work.at,
        by_id=work.actor_id,
        minutes=wanted.minutes if "minutes" in asked and not wanted.whole else None,
        amount_cents=wanted.amount_cents if "amount_cents" in asked else None,
        termination_rule=wanted.rule if "rule" in asked else None,
        executed_cents=wanted.executed_cents if by_amount and "rule" in asked else None,
        total_cents=wanted.total_cents if by_amount and "rule" in asked else None,
        whole=wanted.whole if "whole" in asked else False,
        to_organisation_id=holder_id,
        label=" ".join(wanted.label.split()),
    )


def _allow(session: Session, commitment: Commitment, event: EventRow) -> None:
    """Ask the rule, told of the events already there; the new one comes last of its day."""
    fold = folds_of(session, [commitment.id])[commitment.id]
    last = max((known.sequence for known in fold.events), default=0)
    try:
        check_new_event(fold.events, replace(as_event(event), sequence=last + 1), fold.terms)
    except Invalid as error:
        raise Invalid("L’évènement n’a pas été enregistré.", error.errors, **error.data) from None


def _make_holder(work: UnitOfWork, commitment: Commitment, holder_id: int, from_on: date) -> None:
    """The new holder reaches the commitment from now on; those before keep their months."""
    held = (PartyRole.HOLDER, PartyRole.LEAD_HOLDER)
    if any(party.organisation_id == holder_id and party.role in held for party in commitment.parties):
        return
    query = select(CommitmentParty).where(
        CommitmentParty.commitment_id == commitment.id,
        CommitmentParty.organisation_id == holder_id,
        CommitmentParty.role == PartyRole.HOLDER,
    )
    if work.session.execute(query).first() is None:
        row = CommitmentParty(commitment_id=commitment.id, organisation_id=holder_id, role=PartyRole.HOLDER)
        row.from_on = from_on
        work.session.add(row)


def _record(work: UnitOfWork, event: EventRow) -> None:
    details: dict[str, str | int | None] = {"commitment": event.commitment_id, "kind": event.kind.value}
    details["effective_on"] = event.effective_on.isoformat()
    for name in ("minutes", "amount_cents", "executed_cents", "total_cents", "to_organisation_id", "evidence_id"):
        if (value := getattr(event, name)) is not None:
            details[name] = value
    if event.termination_rule:
        details["rule"] = event.termination_rule.value
    if event.whole:
        details["whole"] = 1
    work.record("commitment.event_recorded", "commitment_event", event.id, note=event.label, **details)
