"""Anything officers and companies may do to hours, in any order, against a model that only counts.

The model knows nothing of the ledger: it remembers which lines were validated for how many minutes and what was shared
out of them. After every step the commitments' totals must be its sums, and `matching check` must find nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from matching.clauses.terms import (
    DeclarationState,
    EligiblePublic,
    EventKind,
    LineState,
    ProofKind,
    RejectReason,
    Route,
    TerminationRule,
)
from matching.errors import Conflict, Invalid, NotFound, RuleRefused
from matching.services.clauses.checking import check_everything
from matching.services.clauses.declaring import declarant_of, open_month
from matching.services.clauses.declaring_writing import TypedLine, save_days, save_month, submit_month
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.duplicates import resolve
from matching.services.clauses.eligibility import DecisionInput, decide_eligibility
from matching.services.clauses.events import EventInput, record_event
from matching.services.clauses.parties import OrganisationInput
from matching.services.clauses.pooling import allocate, cancel_allocation
from matching.services.clauses.reversing import ReversalReason, correct_line, reverse_line
from matching.services.clauses.rules import load_clause_defaults
from matching.services.clauses.validating import Saved, decide_lines
from matching.services.clauses.verdicts import Cut, Decision, Reject, Validate
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.ledger import Allocation, LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from tests.support import clauses
from tests.support import factories as make

MONTHS = [date(2026, month, 1) for month in (7, 8, 9)]
REFUSED = (Invalid, RuleRefused, Conflict, NotFound)
"""What the product may answer: then nothing at all may have moved."""


@dataclass
class Model:
    """Minutes of each standing line on its commitment, and what of them is shared out."""

    lines: dict[int, tuple[int, int]] = field(default_factory=dict)
    shared: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def total(self, commitment_id: int) -> int:
        """What counts for a commitment: worked there, less what was shared out, plus what was shared in."""
        worked = sum(minutes for where, minutes in self.lines.values() if where == commitment_id)
        out = sum(m for line, _, m in self.shared.values() if self.lines[line][0] == commitment_id)
        into = sum(m for _, target, m in self.shared.values() if target == commitment_id)
        return worked - out + into

    def forget(self, line_id: int) -> None:
        del self.lines[line_id]
        self.shared = {key: value for key, value in self.shared.items() if value[0] != line_id}


class Hours(RuleBasedStateMachine):
    """Two pooled commitments of one company, an agency that sends the same people, three months."""

    def __init__(self, ctx: Context) -> None:
        super().__init__()
        self.ctx = ctx
        self.model = Model()

    @initialize()
    def world(self) -> None:
        ctx = self.ctx
        load_clause_defaults(ctx)
        self.officer = clauses.officer(ctx)
        self.company, self.agency = clauses.company(ctx), clauses.company(ctx)
        holder, agency = (clauses.organisation_of(ctx, one) for one in (self.company, self.agency))
        self.heir = make.organisation(ctx)
        contract = clauses.contract(ctx)
        self.commitments = [
            clauses.commitment(ctx, contract, lot=str(lot), holder_id=holder, minutes=500 * 60) for lot in (1, 2)
        ]
        clauses.party(ctx, self.commitments[0], agency)
        self.agreement = clauses.pooling(ctx, holder, self.commitments)
        first, second = self.commitments
        people = [clauses.participation(ctx, first, organisation_id=holder) for _ in range(2)]
        with ctx.read() as session:
            person = session.get_one(Participation, people[0]).person_id
        self.participations = {
            people[0]: (self.company, first),
            people[1]: (self.company, first),
            clauses.participation(ctx, second, organisation_id=holder, person_id=person): (self.company, second),
            clauses.participation(
                ctx, first, organisation_id=agency, person_id=person, route=Route.ETTI, public=EligiblePublic.ETTI
            ): (self.agency, first),
        }

    # --- what a company does ---------------------------------------------------------------------------------

    @rule(
        place=st.integers(0, 3),
        month=st.sampled_from(MONTHS),
        hours=st.sampled_from([1, 8, 30, 151, 300]),
        days=st.sampled_from([0, 0, 1, 2, 12]),
    )
    def declare_one(self, place: int, month: date, hours: int, days: int) -> None:
        self.declare(place, month, hours, days)

    def declare(self, place: int, month: date, hours: int, days: int) -> None:
        participation_id = list(self.participations)[place]
        company, commitment_id = self.participations[participation_id]
        declarant = declarant_of(self.ctx, company, commitment_id, f"{month:%Y-%m}")

        def send() -> None:
            view = open_month(self.ctx, declarant)
            mine = [line for line in view.lines if line.participation_id == participation_id and not line.locked]
            if not mine or view.state not in (None, DeclarationState.DRAFT, DeclarationState.RETURNED):
                return
            key = mine[0].key
            absent = {line.key: TypedLine(absent=True) for line in view.lines if line.key != key}
            save_month(self.ctx, declarant, view.version, {key: TypedLine(hours=f"{hours}h"), **absent})
            if days:
                view = open_month(self.ctx, declarant)
                key = next(line.key for line in view.lines if line.participation_id == participation_id)
                each = {month + timedelta(days=n): f"{hours // days}h" for n in range(days)}
                save_days(self.ctx, declarant, view.version, key, each)
            submit_month(self.ctx, declarant, open_month(self.ctx, declarant).version)

        self.attempt(send, moves=False)

    @rule(place=st.integers(0, 3), month=st.sampled_from(MONTHS), hours=st.sampled_from([24, 48, 96]))
    def an_ordinary_month(self, place: int, month: date, hours: int) -> None:
        """Declared day by day and validated, as most months are."""
        self.declare(place, month, hours, 12)
        for _ in range(4):
            self.validate(0, "plain")

    # --- what an officer decides -----------------------------------------------------------------------------

    def pending(self) -> list[DeclarationLine]:
        with self.ctx.read() as session:
            mine = DeclarationLine.participation_id.in_(list(self.participations))
            query = (
                select(DeclarationLine)
                .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
                .where(mine, DeclarationLine.state == LineState.PENDING)
                .where(HourDeclaration.state == DeclarationState.SUBMITTED)
                .order_by(DeclarationLine.id)
            )
            return list(session.execute(query).scalars())

    @precondition(lambda self: self.pending())
    @rule(place=st.integers(0, 9), how=st.sampled_from(["plain", "plain", "override", "cut"]))
    def validate_one(self, place: int, how: str) -> None:
        self.validate(place, how)

    def validate(self, place: int, how: str) -> None:
        if not (waiting := self.pending()):
            return
        line = waiting[place % len(waiting)]
        decision: Decision = Validate()
        if how == "override":
            decision = Validate("L’acheteur l’a accepté par écrit.")
        elif how == "cut":
            decision = Cut()
        saved = self.attempt(lambda: self.decide(line, decision))
        if isinstance(saved, Saved) and saved.minutes:
            self.model.lines[line.id] = (self.participations[line.participation_id][1], saved.minutes)

    @precondition(lambda self: self.pending())
    @rule(place=st.integers(0, 9))
    def reject(self, place: int) -> None:
        if waiting := self.pending():
            self.attempt(lambda: self.decide(waiting[place % len(waiting)], Reject(RejectReason.MISSING_EVIDENCE)))

    def decide(self, line: DeclarationLine, decision: Decision) -> Saved:
        with self.ctx.read() as session:
            version = session.get_one(HourDeclaration, line.declaration_id).version
        return decide_lines(self.ctx, self.officer, line.declaration_id, version, {line.id: decision})

    @precondition(lambda self: self.pending())
    @rule(place=st.integers(0, 9))
    def decide_on_an_old_page(self, place: int) -> None:
        """A page opened before a colleague decided: it never counts anything."""
        if waiting := self.pending():
            line = waiting[place % len(waiting)]
            old = 0
            answer = self.attempt(
                lambda: decide_lines(self.ctx, self.officer, line.declaration_id, old, {line.id: Validate()})
            )
            assert answer is None

    @precondition(lambda self: self.model.lines)
    @rule(place=st.integers(0, 9))
    def reverse(self, place: int) -> None:
        if not self.model.lines:
            return
        line_id = sorted(self.model.lines)[place % len(self.model.lines)]
        if self.attempt(lambda: reverse_line(self.ctx, self.officer, line_id, ReversalReason.NOT_WORKED, "")):
            self.model.forget(line_id)

    @precondition(lambda self: self.model.lines)
    @rule(place=st.integers(0, 9), hours=st.sampled_from([2, 20, 160]))
    def correct(self, place: int, hours: int) -> None:
        if not self.model.lines:
            return
        line_id = sorted(self.model.lines)[place % len(self.model.lines)]
        done = self.attempt(
            lambda: correct_line(self.ctx, self.officer, line_id, hours * 60, ReversalReason.TYPING_ERROR)
        )
        if done:
            where = self.model.lines[line_id][0]
            self.model.forget(line_id)
            self.model.lines[done.new_line_id] = (where, hours * 60)

    @precondition(lambda self: self.model.lines)
    @rule(place=st.integers(0, 9), to=st.integers(0, 1), hours=st.sampled_from([1, 5, 40]))
    def pool(self, place: int, to: int, hours: int) -> None:
        if not self.model.lines:
            return
        line_id = sorted(self.model.lines)[place % len(self.model.lines)]
        target = self.commitments[to]
        made = self.attempt(lambda: allocate(self.ctx, self.officer, line_id, self.agreement, target, hours * 60))
        if made:
            self.model.shared[made] = (line_id, target, hours * 60)

    @precondition(lambda self: self.model.shared)
    @rule(place=st.integers(0, 9))
    def give_back(self, place: int) -> None:
        if self.model.shared:
            key = sorted(self.model.shared)[place % len(self.model.shared)]
            if self.attempt(lambda: cancel_allocation(self.ctx, self.officer, key)):
                del self.model.shared[key]

    @rule(first=st.integers(0, 9), second=st.integers(0, 9))
    def tell_apart(self, first: int, second: int) -> None:
        with self.ctx.read() as session:
            mine = DeclarationLine.participation_id.in_(list(self.participations))
            ids = list(session.execute(select(DeclarationLine.id).where(mine).order_by(DeclarationLine.id)).scalars())
        if len(ids) > 1:
            pair = ids[first % len(ids)], ids[second % len(ids)]
            self.attempt(lambda: resolve(self.ctx, self.officer, *pair, "Matin et après-midi."), moves=False)

    # --- what changes around the hours -----------------------------------------------------------------------

    @rule(
        to=st.integers(0, 1),
        kind=st.sampled_from([EventKind.AMENDMENT, EventKind.AMENDMENT, EventKind.TERMINATION, EventKind.EXEMPTION]),
        hours=st.sampled_from([-400, -50, 0, 100]),
        month=st.sampled_from(MONTHS),
        how=st.sampled_from(list(TerminationRule)),
    )
    def amend(self, to: int, kind: EventKind, hours: int, month: date, how: TerminationRule) -> None:
        hours = abs(hours) if kind is EventKind.EXEMPTION else hours
        wanted = EventInput(kind, month, minutes=hours * 60, rule=how, executed_cents=3, total_cents=4)
        self.attempt(lambda: record_event(self.ctx, self.officer, self.commitments[to], wanted), moves=False)

    @rule(to=st.integers(0, 1), hours=st.sampled_from([1, 100, 900]), month=st.sampled_from(MONTHS))
    def transfer(self, to: int, hours: int, month: date) -> None:
        with self.ctx.read() as session:
            siren = session.get_one(Organisation, self.heir).siren
        heir = OrganisationInput(siren)
        wanted = EventInput(EventKind.TRANSFER, month, minutes=hours * 60, to_holder=heir)
        before = self.due()
        self.attempt(lambda: record_event(self.ctx, self.officer, self.commitments[to], wanted), moves=False)
        assert self.due() == before

    @rule(
        place=st.integers(0, 3),
        how=st.sampled_from(
            [{}, {"refused": True}, *({"ends_on": date(2026, month, day)} for month in (7, 8, 9) for day in (10, 20))]
        ),
    )
    def end_eligibility(self, place: int, how: dict[str, Any]) -> None:
        self.eligible(place, **how)

    def eligible(self, place: int, **how: Any) -> None:
        key = list(self.participations)[place]
        with self.ctx.read() as session:
            version = session.get_one(Participation, key).version
        wanted = DecisionInput(
            EligiblePublic.RSA,
            proof_kind=ProofKind.ATTESTATION,
            proof_dated_on=date(2026, 1, 1),
            decided_on=date(2026, 1, 1),
            opinion="Vu avec la personne.",
            **how,
        )
        self.attempt(lambda: decide_eligibility(self.ctx, self.officer, key, version, wanted), moves=False)

    # --- what always holds -----------------------------------------------------------------------------------

    def attempt(self, step: Callable[[], Any], *, moves: bool = True) -> Any:
        """The answer of a step, or None when it was refused; a refusal, or a step that moves no hour, moves none."""
        before = self.state()
        try:
            answer = step()
        except REFUSED:
            assert self.state() == before
            return None
        assert moves or self.state() == before
        return answer

    def state(self) -> tuple[Any, ...]:
        """Everything that counts: entries, shares, totals."""
        with self.ctx.read() as session:
            entries = session.execute(select(func.count(LedgerEntry.id), func.sum(LedgerEntry.minutes))).one()
            shares = session.execute(select(func.count(Allocation.id))).scalar_one()
            totals = session.execute(select(Commitment.id, Commitment.validated_minutes).order_by(Commitment.id)).all()
        return tuple(entries), shares, tuple(map(tuple, totals))

    def due(self) -> dict[int, int]:
        with self.ctx.read() as session:
            return minutes_due_of(session, self.commitments, date(2026, 12, 31), date(2027, 1, 1))

    @invariant()
    def totals_are_the_model_s(self) -> None:
        if not hasattr(self, "commitments"):
            return
        with self.ctx.read() as session:
            for key in self.commitments:
                assert session.get_one(Commitment, key).validated_minutes == self.model.total(key)

    @invariant()
    def nothing_is_owed_below_zero(self) -> None:
        if hasattr(self, "commitments"):
            assert all(minutes >= 0 for minutes in self.due().values())

    @invariant()
    def a_day_has_twenty_four_hours(self) -> None:
        with self.ctx.read() as session:
            query = (
                select(func.sum(LineDay.minutes))
                .join(DeclarationLine, DeclarationLine.id == LineDay.line_id)
                .join(Participation, Participation.id == DeclarationLine.participation_id)
                .where(DeclarationLine.state == LineState.VALIDATED)
                .group_by(Participation.person_id, LineDay.day)
            )
            assert all(minutes <= 1440 for minutes in session.execute(query).scalars())

    @invariant()
    def the_check_finds_nothing(self) -> None:
        assert check_everything(self.ctx).breaches == ()
