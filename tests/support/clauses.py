"""Invented rows of insertion clauses for tests, beside `factories`. Each returns the new row's key, or an Actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.clauses.ledger import Entry
from matching.clauses.penalty import PenaltyTerms
from matching.clauses.terms import (
    DeclarationState,
    EligiblePublic,
    EntryKind,
    EventKind,
    LineState,
    Modality,
    PartyRole,
    Route,
    Support,
)
from matching.services.clauses.penalty_terms import write_terms
from matching.services.context import Context
from matching.store import ledger
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import (
    Commitment,
    CommitmentContact,
    CommitmentEvent,
    CommitmentParty,
    CommitmentPublic,
    Contract,
    ContractAmendment,
    PenaltyTermsRow,
    PoolingAgreement,
    PoolingMember,
)
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.follow_through import FormalNotice, RecoveryPlan
from matching.store.tables.organisations import Establishment
from matching.store.tables.participations import EligibilityDecision, Participation
from matching.terms import Known, OrganisationKind, Role
from matching.text import fold
from tests.support import factories as make

START, END = date(2026, 1, 1), date(2026, 12, 31)
OCTOBER = date(2026, 10, 1)


def officer(ctx: Context, name: str = "") -> Actor:
    return make.account(ctx, Role.CLAUSE_OFFICER, name=name)


def buyer(ctx: Context, organisation_id: int | None = None, name: str = "") -> Actor:
    """A buyer's account; pass the `buyer_id` of a contract to give it something to read."""
    organisation_id = organisation_id or buyer_organisation(ctx)
    return make.account(ctx, Role.BUYER, establishment_id=make.establishment(ctx, organisation_id), name=name)


def buyer_organisation(ctx: Context, name: str = "Département de l’Essai") -> int:
    return make.organisation(ctx, name, OrganisationKind.DEPARTEMENT)


def company(ctx: Context, organisation_id: int | None = None, name: str = "") -> Actor:
    """A partner employer's account of `organisation_id`."""
    return make.employer(ctx, make.establishment(ctx, organisation_id), name=name)


def organisation_of(ctx: Context, actor: Actor) -> int:
    """The organisation behind an employer's or a buyer's account."""
    with ctx.read() as session:
        return session.get_one(Establishment, actor.establishment_id or 0).organisation_id


def contract(ctx: Context, buyer_id: int | None = None, **columns: Any) -> int:
    """A public contract of 2026, notified on 1 December 2025."""
    buyer_id = buyer_id or buyer_organisation(ctx)
    with ctx.write(None) as work:
        number = make._next(work.session, Contract)
        values: dict[str, Any] = {
            "support": Support.PUBLIC_CONTRACT,
            "buyer_id": buyer_id,
            "number": f"2026-TX-{number:04d}",
            "object": f"Réhabilitation du collège Inventé {number}",
            "launched_on": date(2025, 9, 1),
            "notified_on": date(2025, 12, 1),
            "start_on": START,
            "end_on": END,
            "amount_cents": 100_000_000,
            "created_at": work.at,
        } | columns
        values["object_search"] = fold(values["object"])
        return make._added(work, Contract(**values), "test.contract")


def commitment(
    ctx: Context,
    contract_id: int | None = None,
    *,
    lot: str = "",
    minutes: int = 1000 * 60,
    holder_id: int | None = None,
    publics: Iterable[EligiblePublic] = (),
    facilitator_id: int | None = None,
    **columns: Any,
) -> int:
    """A commitment of `minutes` on a contract, with its initial event and, when given, its holder."""
    contract_id = contract_id or contract(ctx)
    with ctx.write(None) as work:
        number = make._next(work.session, Commitment)
        values: dict[str, Any] = {
            "contract_id": contract_id,
            "lot": lot,
            "label": f"Lot {lot or number} Peinture",
            "modality": Modality.EXECUTION_CONDITION,
            "facilitator_id": facilitator_id,
            "window_from": START,
            "window_to": END,
            "required_minutes": minutes,
            "last_action_at": work.at,
            "created_at": work.at,
        } | columns
        values["label_search"] = fold(values["label"])
        key = make._added(work, Commitment(**values), "test.commitment")
        for public in publics:
            work.session.add(CommitmentPublic(commitment_id=key, public=public))
        if holder_id is not None:
            work.session.add(CommitmentParty(commitment_id=key, organisation_id=holder_id, role=PartyRole.HOLDER))
    event(ctx, key, EventKind.INITIAL, minutes=minutes, effective_on=values["window_from"] or START)
    return key


def party(ctx: Context, commitment_id: int, organisation_id: int, role: PartyRole = PartyRole.SUBCONTRACTOR) -> int:
    with ctx.write(None) as work:
        row = CommitmentParty(commitment_id=commitment_id, organisation_id=organisation_id, role=role)
        return make._added(work, row, "test.party")


def event(ctx: Context, commitment_id: int, kind: EventKind, *, effective_on: date = START, **columns: Any) -> int:
    with ctx.write(None) as work:
        values: dict[str, Any] = {"recorded_on": effective_on, "recorded_at": work.at} | columns
        row = CommitmentEvent(commitment_id=commitment_id, kind=kind, effective_on=effective_on, **values)
        return make._added(work, row, "test.event")


def participation(
    ctx: Context,
    commitment_id: int,
    *,
    organisation_id: int | None = None,
    person_id: int | None = None,
    eligible_from: date | None = START,
    eligible_until: date | None = None,
    public: EligiblePublic = EligiblePublic.RSA,
    **columns: Any,
) -> int:
    """A person on the commitment by direct hire, found eligible on `eligible_from` (None: never decided)."""
    with ctx.write(None) as work:
        number = make._next(work.session, Participation)
        person_id = person_id or make._person(work, number, "", "").id
        values: dict[str, Any] = {
            "code": f"H-{number:04d}",
            "person_id": person_id,
            "commitment_id": commitment_id,
            "organisation_id": organisation_id,
            "route": Route.DIRECT_HIRE,
            "started_on": START,
            "weekly_minutes": 35 * 60,
            "created_at": work.at,
        } | columns
        if eligible_from is not None:
            values |= {"eligible": Known.YES, "eligible_public": public}
            values |= {"eligible_decided_on": eligible_from, "eligible_until": eligible_until}
        key = make._added(work, Participation(**values), "test.participation")
        if eligible_from is not None:
            decision = EligibilityDecision(participation_id=key, granted=Known.YES, public=public, at=work.at)
            decision.decided_on, decision.ends_on = eligible_from, eligible_until
            work.session.add(decision)
    return key


def declaration(
    ctx: Context,
    commitment_id: int,
    organisation_id: int,
    lines: Mapping[int, int | None] | None = None,
    *,
    month: date = OCTOBER,
    state: DeclarationState = DeclarationState.SUBMITTED,
    days: Mapping[int, Mapping[date, int]] | None = None,
) -> int:
    """A month declared: `lines` gives minutes by participation, over the whole month; `days` their breakdown."""
    last = date(month.year + month.month // 12, month.month % 12 + 1, 1).toordinal() - 1
    with ctx.write(None) as work:
        row = HourDeclaration(commitment_id=commitment_id, organisation_id=organisation_id, month=month, state=state)
        row.number = _times_declared(work.session, commitment_id, organisation_id, month) + 1
        row.created_at, row.submitted_at = work.at, work.at
        for participation_id, minutes in (lines or {}).items():
            line = DeclarationLine(participation_id=participation_id, from_on=month, minutes=minutes)
            line.to_on = date.fromordinal(last)
            line.days = [LineDay(day=d, minutes=m) for d, m in ((days or {}).get(participation_id) or {}).items()]
            row.lines.append(line)
        return make._added(work, row, "test.declaration")


def _times_declared(session: Session, commitment_id: int, organisation_id: int, month: date) -> int:
    same = (HourDeclaration.commitment_id == commitment_id, HourDeclaration.organisation_id == organisation_id)
    query = select(func.count(HourDeclaration.id)).where(*same, HourDeclaration.month == month)
    return session.execute(query).scalar_one()


def lines_of(ctx: Context, declaration_id: int) -> list[int]:
    """The ids of a declaration's lines, in order."""
    with ctx.read() as session:
        return [line.id for line in session.get_one(HourDeclaration, declaration_id).lines]


def validated(ctx: Context, commitment_id: int, participation_id: int, minutes: int, month: date = OCTOBER) -> int:
    """Hours already in the ledger, with the declaration and the line behind them; the entry's number."""
    with ctx.read() as session:
        organisation_id = session.get_one(Participation, participation_id).organisation_id
    organisation_id = organisation_id or make.organisation(ctx)
    made = declaration(
        ctx, commitment_id, organisation_id, {participation_id: minutes}, month=month, state=DeclarationState.VALIDATED
    )
    with ctx.write(None) as work:
        line = work.session.get_one(HourDeclaration, made).lines[0]
        line.state = LineState.VALIDATED
        entry = Entry(
            EntryKind.ENTRY, commitment_id, minutes, line.from_on, line.to_on, participation_id, line_id=line.id
        )
        return ledger.append(work, [entry])[0]


def pooling(ctx: Context, organisation_id: int, commitment_ids: Iterable[int]) -> int:
    with ctx.write(None) as work:
        row = PoolingAgreement(organisation_id=organisation_id, label="Globalisation 2026", signed_on=START)
        row.from_on, row.created_at = START, work.at
        row.members = [PoolingMember(commitment_id=one) for one in commitment_ids]
        return make._added(work, row, "test.pooling")


def account_row(ctx: Context, actor: Actor) -> UserAccount:
    with ctx.read() as session:
        return session.get_one(UserAccount, actor.user_id)


def contact(ctx: Context, commitment_id: int, name: str = "Marie Inventée") -> int:
    """Somebody to call about a commitment."""
    with ctx.write(None) as work:
        row = CommitmentContact(commitment_id=commitment_id, name=name, created_at=work.at)
        return make._added(work, row, "test.contact")


def amendment(ctx: Context, contract_id: int, **columns: Any) -> int:
    """An amendment published with a contract, waiting for a decision: notified on 1 June 2026, a tenth more."""
    with ctx.write(None) as work:
        number = make._next(work.session, ContractAmendment)
        values: dict[str, Any] = {
            "contract_id": contract_id,
            "key": f"key-{number}",
            "notified_on": date(2026, 6, 1),
            "amount_cents": 110_000_000,
            "published_on": date(2026, 6, 15),
        } | columns
        return make._added(work, ContractAmendment(**values), "test.amendment")


def plan(ctx: Context, commitment_id: int, **columns: Any) -> int:
    """A recovery plan to be approved: two people, 35 h, nine weeks from 1 October 2026."""
    with ctx.write(None) as work:
        values: dict[str, Any] = {
            "commitment_id": commitment_id,
            "people": 2,
            "weekly_minutes": 35 * 60,
            "weeks": 9,
            "from_on": OCTOBER,
            "minutes": 630 * 60,
            "created_at": work.at,
        } | columns
        return make._added(work, RecoveryPlan(**values), "test.plan")


def notice(ctx: Context, commitment_id: int, sent_on: date = OCTOBER) -> int:
    """A formal notice sent, not known to be received."""
    with ctx.write(None) as work:
        row = FormalNotice(commitment_id=commitment_id, sent_on=sent_on, at=work.at)
        return make._added(work, row, "test.notice")


def penalty_terms(ctx: Context, commitment_id: int, terms: PenaltyTerms) -> None:
    """The penalty as the contract words it."""
    with ctx.write(None) as work:
        row = PenaltyTermsRow(commitment_id=commitment_id)
        write_terms(row, terms)
        work.session.add(row)
        work.record("test.terms", "commitment", commitment_id)
