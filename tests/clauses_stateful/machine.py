"""Anything officers and companies may do to hours, in any order, against a model that only counts.

The model knows nothing of the ledger: it remembers which lines were validated for how many minutes and what was shared
out of them. After every step the commitments' totals must be its sums, and `matching check` must find nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from matching.access.permissions import Actor
from matching.clauses.progress import month_end
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
from matching.services.clauses.corrections import RequestRow, answer_correction, ask_correction, list_open
from matching.services.clauses.declaring import Declarant, declarant_of, open_month
from matching.services.clauses.declaring_writing import (
    TypedLine,
    begin_complement,
    save_days,
    save_month,
    submit_month,
)
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.duplicates import resolve
from matching.services.clauses.eligibility import DecisionInput, decide_eligibility
from matching.services.clauses.events import EventInput, record_event
from matching.services.clauses.parties import OrganisationInput
from matching.services.clauses.pooling import allocate, cancel_allocation
from matching.services.clauses.reversing import ReversalReason, correct_line, reverse_line
from matching.services.clauses.rules import load_clause_defaults
from matching.services.clauses.validating import Saved, decide_lines, return_for_correction
from matching.services.clauses.verdicts import Cut, Decision, Reject, Validate
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.ledger import Allocation, LedgerEntry
from matching.store.tables.organisations import Organisation
from matching.store.tables.participations import Participation
from matching.store.tables.trail import AuditEvent
from tests.clauses_stateful.model import Model
from tests.support import clauses
from tests.support import factories as make

MONTHS = [date(2026, month, 1) for month in (7, 8, 9)]
REFUSED = (Invalid, RuleRefused, Conflict, NotFound)
"""What the product may answer: then nothing at all may have moved."""
OVERRIDE = "L’acheteur l’a accepté par écrit."
PLACES, MANY = st.integers(0, 3), st.integers(0, 9)
IN_MONTH = st.sampled_from(MONTHS)


class Hours(RuleBasedStateMachine):
    """Two pooled commitments of one company, an agency that sends the same people, three months.

    `done` counts the steps that the product accepted, by name.
    """

    def __init__(self, ctx: Context, done: Counter[str]) -> None:
        super().__init__()
        self.ctx, self.done = ctx, done
        self.model = Model()
        self.read: dict[str, Any] = {}
        self.checked: tuple[Any, ...] = ()

    @initialize()
    def world(self) -> None:
        ctx = self.ctx
        load_clause_defaults(ctx)
        self.officer, self.colleague = clauses.officer(ctx), clauses.officer(ctx)
        self.company, self.agency = clauses.company(ctx), clauses.company(ctx)
        holder, agency = (clauses.organisation_of(ctx, one) for one in (self.company, self.agency))
        heir = make.organisation(ctx)
        contract = clauses.contract(ctx)
        first, second = self.commitments = [
            clauses.commitment(ctx, contract, lot=str(lot), holder_id=holder, minutes=500 * 60) for lot in (1, 2)
        ]
        clauses.party(ctx, first, agency)
        self.agreement = clauses.pooling(ctx, holder, self.commitments)
        one = clauses.participation(ctx, first, organisation_id=holder)
        with ctx.read() as session:
            person = session.get_one(Participation, one).person_id
            self.heir = session.get_one(Organisation, heir).siren
        late = {"eligible_from": date(2026, 8, 10), "eligible_until": date(2026, 9, 20)}
        sent: dict[str, Any] = {"route": Route.ETTI, "public": EligiblePublic.ETTI}
        self.participations: dict[int, tuple[Actor, int]] = {
            one: (self.company, first),
            clauses.participation(ctx, first, organisation_id=holder, **late): (self.company, first),
            clauses.participation(ctx, second, organisation_id=holder, person_id=person): (self.company, second),
            clauses.participation(ctx, first, organisation_id=agency, person_id=person, **sent): (self.agency, first),
        }

    # --- what a company does ---------------------------------------------------------------------------------

    @rule(
        place=PLACES,
        month=IN_MONTH,
        hours=st.sampled_from([1, 8, 30, 151, 300]),
        days=st.sampled_from([(0, 0), (0, 0), (1, 1), (1, 2), (5, 12), (0, 12)]),
        whole=st.booleans(),
    )
    def declare_one(self, place: int, month: date, hours: int, days: tuple[int, int], whole: bool) -> None:
        self.declare(place, month, hours, days, whole)

    def declare(self, place: int, month: date, hours: int, days: tuple[int, int], whole: bool = False) -> None:
        """One person's hours, sent with the others absent; `days`: from which day and on how many, (0, 0) not told."""
        participation_id = list(self.participations)[place]
        company, commitment_id = self.participations[participation_id]
        declarant = declarant_of(self.ctx, company, commitment_id, f"{month:%Y-%m}")
        between = (f"{month:%d/%m/%Y}", f"{month_end(month):%d/%m/%Y}") if whole else ("", "")
        typed = TypedLine(f"{hours}h", from_on=between[0], to_on=between[1])
        first, many = days
        each = {month + timedelta(days=first + n): f"{hours // many}h" for n in range(many)}
        self.attempt("declare", lambda: self.send(declarant, participation_id, typed, each), moves=False)

    def send(self, declarant: Declarant, participation_id: int, typed: TypedLine, days: dict[date, str]) -> int:
        """Minutes sent; 0 when this month waits for an officer, or the person's hours stand."""
        view = open_month(self.ctx, declarant)
        if view.decided:
            begin_complement(self.ctx, declarant)
            self.done["complement"] += 1
            view = open_month(self.ctx, declarant)
        mine = [line for line in view.lines if line.participation_id == participation_id and not line.locked]
        if not mine or not view.editable:
            return 0
        key = mine[0].key
        if mine[0].days:
            save_days(self.ctx, declarant, view.version, key, {})
        others = {} if view.number > 1 else {one.key: TypedLine(absent=True) for one in view.lines if one.key != key}
        save_month(self.ctx, declarant, open_month(self.ctx, declarant).version, {key: typed, **others})
        if days:
            save_days(self.ctx, declarant, open_month(self.ctx, declarant).version, key, days)
        if view.state is DeclarationState.RETURNED:
            self.done["declared again"] += 1
        return submit_month(self.ctx, declarant, open_month(self.ctx, declarant).version)

    @rule(place=PLACES, month=IN_MONTH, hours=st.sampled_from([24, 48, 96]), first=st.sampled_from([0, 3, 12]))
    def an_ordinary_month(self, place: int, month: date, hours: int, first: int) -> None:
        """Declared day by day and validated, as most months are."""
        self.declare(place, month, hours, (first, 12))
        self.validate_all(month)

    @rule(month=IN_MONTH, hours=st.sampled_from([24, 96, 192]), apart=st.booleans())
    def two_employers(self, month: date, hours: int, apart: bool) -> None:
        """The same person by the company and by the agency, on the same days or one after the other."""
        self.declare(0, month, hours, (0, 12))
        self.declare(3, month, 48, (12, 6) if apart else (6, 6))
        for _ in self.doubles():
            self.settle(0)
        self.validate_all(month)

    @rule(place=PLACES, month=IN_MONTH, hours=st.sampled_from([96, 192]), last=st.sampled_from([10, 20]))
    def a_month_cut(self, place: int, month: date, hours: int, last: int) -> None:
        """Eligibility turns out to end within a month already sent."""
        self.declare(place, month, hours, (5, 12), whole=True)
        self.eligible(place, ends_on=month.replace(day=last))
        for line in self.pending():
            if line.minutes and line.participation_id == list(self.participations)[place]:
                self.judge(line, "cut")

    @precondition(lambda self: self.model.lines)
    @rule(place=MANY, wanted=st.sampled_from([None, 0, 3, 30]))
    def ask(self, place: int, wanted: int | None) -> None:
        """A company asks to correct a line, or (None) to complete its month."""
        with self.ctx.read() as session:
            line = session.get_one(DeclarationLine, self.model.pick(place))
        company, _ = self.participations[line.participation_id]
        which = {} if wanted is None else {"line_id": line.id, "wanted_minutes": wanted * 60}
        step = lambda: ask_correction(self.ctx, company, line.declaration_id, "Saisie fausse.", **which)  # noqa: E731
        self.attempt("ask", step, moves=False)

    # --- what an officer decides -----------------------------------------------------------------------------

    def pending(self) -> list[DeclarationLine]:
        return list(self.once("pending", self._pending))

    def _pending(self) -> list[DeclarationLine]:
        query = (
            select(DeclarationLine)
            .join(HourDeclaration, HourDeclaration.id == DeclarationLine.declaration_id)
            .where(DeclarationLine.participation_id.in_(list(self.participations)))
            .where(DeclarationLine.state == LineState.PENDING, HourDeclaration.state == DeclarationState.SUBMITTED)
            .order_by(DeclarationLine.id)
        )
        with self.ctx.read() as session:
            return list(session.execute(query).scalars())

    @precondition(lambda self: self.pending())
    @rule(place=MANY, how=st.sampled_from(["plain", "override", "cut"]))
    def validate_one(self, place: int, how: str) -> None:
        waiting = self.pending()
        self.judge(waiting[place % len(waiting)], how)

    def validate_all(self, month: date) -> None:
        """What was declared of this month, and counts something."""
        for line in self.pending():
            if line.minutes and line.from_on.month == month.month:
                self.judge(line, "plain")

    def judge(self, line: DeclarationLine, how: str) -> None:
        decision: Decision = Validate(OVERRIDE if how == "override" else "")
        if how == "cut":
            decision = Cut()
        self.note(line, self.attempt(how, lambda: self.decide(line, decision)))

    def note(self, line: DeclarationLine, saved: Saved | None) -> None:
        if saved and saved.minutes:
            self.model.lines[line.id] = (self.participations[line.participation_id][1], saved.minutes)

    @precondition(lambda self: self.pending())
    @rule(place=MANY)
    def reject(self, place: int) -> None:
        waiting = self.pending()
        line = waiting[place % len(waiting)]
        self.attempt("reject", lambda: self.decide(line, Reject(RejectReason.MISSING_EVIDENCE)))

    def version(self, declaration_id: int) -> int:
        with self.ctx.read() as session:
            return session.get_one(HourDeclaration, declaration_id).version

    def decide(self, line: DeclarationLine, decision: Decision) -> Saved:
        version = self.version(line.declaration_id)
        return decide_lines(self.ctx, self.officer, line.declaration_id, version, {line.id: decision})

    @precondition(lambda self: self.pending())
    @rule(place=MANY, first=st.sampled_from([Validate(OVERRIDE), Reject(RejectReason.MISSING_EVIDENCE)]))
    def two_officers(self, place: int, first: Decision) -> None:
        """Both opened the page before either decided: the second counts nothing and is told so."""
        waiting = self.pending()
        line = waiting[place % len(waiting)]
        version = self.version(line.declaration_id)
        saved = self.attempt("first officer", lambda: self.decide(line, first))
        if saved is None:
            return
        self.note(line, saved)
        before, late = self.state(), {line.id: Validate(OVERRIDE)}
        try:
            self.afresh(lambda: decide_lines(self.ctx, self.colleague, line.declaration_id, version, late))
        except Conflict:
            assert self.state() == before
            self.done["second officer refused"] += 1
        else:
            raise AssertionError("two officers decided the same page")

    @precondition(lambda self: self.pending())
    @rule(place=MANY)
    def send_back(self, place: int) -> None:
        waiting = self.pending()
        key = waiting[place % len(waiting)].declaration_id

        def step() -> bool:
            return_for_correction(self.ctx, self.officer, key, self.version(key), "Heures par jour, s’il vous plaît.")
            return True

        if self.attempt("send back", step, moves=False):
            self.came_back(key)

    def came_back(self, declaration_id: int) -> None:
        with self.ctx.read() as session:
            lines = session.get_one(HourDeclaration, declaration_id).lines
            self.model.came_back({line.id for line in lines if line.state is LineState.PENDING})

    @precondition(lambda self: self.requests())
    @rule(accept=st.sampled_from([True, True, False]))
    def answer(self, accept: bool) -> None:
        request = self.requests()[0]
        key, version = request.id, request.version

        def step() -> str:
            return answer_correction(
                self.ctx, self.officer, request.declaration_id, key, version, accept=accept, answer="Relevé vu."
            )

        if not self.attempt(f"answer {accept}", step) or not accept:
            return
        if request.line_id in self.model.lines and request.wanted_minutes == 0:
            self.model.forget(request.line_id)
        elif request.line_id in self.model.lines and request.wanted_minutes is not None:
            with self.ctx.read() as session:
                query = select(DeclarationLine.id).where(DeclarationLine.corrects_id == request.line_id)
                new_id = session.execute(query).scalar_one()
            self.model.replace(request.line_id, new_id, request.wanted_minutes)
        else:
            self.came_back(request.declaration_id)

    @precondition(lambda self: self.model.lines)
    @rule(place=MANY)
    def reverse(self, place: int) -> None:
        line_id = self.model.pick(place)
        if self.attempt(
            "reverse", lambda: reverse_line(self.ctx, self.officer, line_id, ReversalReason.NOT_WORKED, "")
        ):
            self.model.forget(line_id)

    @precondition(lambda self: self.model.lines)
    @rule(place=MANY, hours=st.sampled_from([2, 20, 160]))
    def correct(self, place: int, hours: int) -> None:
        line_id, reason = self.model.pick(place), ReversalReason.TYPING_ERROR
        made = self.attempt("correct", lambda: correct_line(self.ctx, self.officer, line_id, hours * 60, reason))
        if made:
            self.model.replace(line_id, made.new_line_id, hours * 60)

    @precondition(lambda self: self.model.lines)
    @rule(place=MANY, hours=st.sampled_from([1, 5, 40]))
    def pool(self, place: int, hours: int) -> None:
        line_id = self.model.pick(place)
        first, second = self.commitments
        target = second if self.model.lines[line_id][0] == first else first
        step = lambda: allocate(self.ctx, self.officer, line_id, self.agreement, target, hours * 60)  # noqa: E731
        if made := self.attempt("pool", step):
            self.model.shared[made] = (line_id, target, hours * 60)

    @precondition(lambda self: self.model.shared)
    @rule(place=MANY)
    def give_back(self, place: int) -> None:
        key = sorted(self.model.shared)[place % len(self.model.shared)]
        if self.attempt("give back", lambda: cancel_allocation(self.ctx, self.officer, key)):
            del self.model.shared[key]

    @precondition(lambda self: self.doubles())
    @rule(place=MANY)
    def tell_apart(self, place: int) -> None:
        self.settle(place)

    def settle(self, place: int) -> None:
        if not (found := self.doubles()):
            return
        pair = found[place % len(found)]
        if self.attempt("tell apart", lambda: resolve(self.ctx, self.officer, *pair, "Matin et soir."), moves=False):
            self.model.apart.add(frozenset(pair))

    # --- what changes around the hours -----------------------------------------------------------------------

    @rule(
        to=st.integers(0, 1),
        kind=st.sampled_from([EventKind.AMENDMENT, EventKind.TERMINATION, EventKind.EXEMPTION, EventKind.TRANSFER]),
        hours=st.sampled_from([-400, -50, 1, 100, 900]),
        month=IN_MONTH,
        how=st.sampled_from(list(TerminationRule)),
    )
    def change_what_is_due(self, to: int, kind: EventKind, hours: int, month: date, how: TerminationRule) -> None:
        hours = hours if kind is EventKind.AMENDMENT else abs(hours)
        wanted = EventInput(
            kind, month, hours * 60, rule=how, executed_cents=3, total_cents=4, to_holder=OrganisationInput(self.heir)
        )
        before, key = self.due(), self.commitments[to]
        self.attempt(kind.value, lambda: record_event(self.ctx, self.officer, key, wanted), moves=False)
        assert kind is not EventKind.TRANSFER or self.due() == before

    @rule(
        place=PLACES,
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
        step = lambda: decide_eligibility(self.ctx, self.officer, key, version, wanted)  # noqa: E731
        self.attempt("eligibility", step, moves=False)

    # --- reading ---------------------------------------------------------------------------------------------

    def attempt(self, name: str, step: Callable[[], Any], *, moves: bool = True) -> Any:
        """The answer of a step, or None when it was refused; a refusal, or a step that moves no hour, moves none."""
        before = self.state()
        try:
            answer = self.afresh(step)
        except REFUSED:
            assert self.state()[not moves :] == before[not moves :]
            self.done[f"({name})"] += 1
            return None
        assert moves or self.state()[1:] == before[1:]
        self.done[name] += bool(answer)
        return answer

    def afresh(self, step: Callable[[], Any]) -> Any:
        """A step, after which everything is read again."""
        try:
            return step()
        finally:
            self.read.clear()

    def once(self, name: str, query: Callable[[], Any]) -> Any:
        """Read once until the next step."""
        if name not in self.read:
            self.read[name] = query()
        return self.read[name]

    def state(self) -> tuple[Any, ...]:
        """The last event of the trail (nothing is written without one), then what counts: entries, shares, totals."""
        return tuple(self.once("state", self._state))

    def _state(self) -> tuple[Any, ...]:
        counts = select(
            select(func.max(AuditEvent.id)).scalar_subquery(),
            select(func.count(LedgerEntry.id)).scalar_subquery(),
            select(func.sum(LedgerEntry.minutes)).scalar_subquery(),
            select(func.count(Allocation.id)).scalar_subquery(),
        )
        with self.ctx.read() as session:
            totals = session.execute(select(Commitment.id, Commitment.validated_minutes).order_by(Commitment.id)).all()
            return (*session.execute(counts).one(), *map(tuple, totals))

    def due(self) -> dict[int, int]:
        with self.ctx.read() as session:
            return minutes_due_of(session, self.commitments, date(2026, 12, 31), date(2027, 1, 1))

    def requests(self) -> tuple[RequestRow, ...]:
        return tuple(self.once("requests", lambda: list_open(self.ctx, self.officer)))

    def doubles(self, *states: LineState) -> list[tuple[int, int]]:
        """Lines of one person on one commitment that share a day, and that nobody told apart."""
        pairs = self.once(f"doubles {states}", lambda: self._meeting(*states))
        return [pair for pair in pairs if frozenset(pair) not in self.model.apart]

    def _meeting(self, *states: LineState) -> list[tuple[int, int]]:
        query = (
            select(DeclarationLine, Participation.person_id, Participation.commitment_id)
            .join(Participation, Participation.id == DeclarationLine.participation_id)
            .where(Participation.id.in_(list(self.participations)), DeclarationLine.minutes > 0)
            .where(DeclarationLine.state.in_(states or (LineState.PENDING, LineState.VALIDATED)))
            .options(selectinload(DeclarationLine.days))
            .order_by(DeclarationLine.id)
        )
        with self.ctx.read() as session:
            known = [((person, where), line.id, days_of(line)) for line, person, where in session.execute(query)]
        return [(a, b) for (who, a, mine), (other, b, its) in combinations(known, 2) if who == other and mine & its]

    # --- what always holds -----------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        if self.state() == self.checked:
            return  # refused: the step before was looked at
        for holds in (
            self.totals_are_the_model_s,
            self.no_hour_counts_twice,
            self.nothing_is_owed_below_zero,
            self.a_day_has_twenty_four_hours,
            self.the_clock_starts_with_the_first_hour,
            self.what_is_sent_waits_for_somebody,
            self.the_check_finds_nothing,
        ):
            holds()
        self.checked = self.state()

    def totals_are_the_model_s(self) -> None:
        with self.ctx.read() as session:
            for key in self.commitments:
                assert session.get_one(Commitment, key).validated_minutes == self.model.total(key)

    def no_hour_counts_twice(self) -> None:
        found = self.doubles(LineState.VALIDATED)
        assert not found, f"the same hours twice, and nobody told them apart: lines {found}"

    def nothing_is_owed_below_zero(self) -> None:
        assert all(minutes >= 0 for minutes in self.due().values())

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

    def the_clock_starts_with_the_first_hour(self) -> None:
        """The end of eligibility is counted from there: a line taken back, cut or corrected moves it."""
        with self.ctx.read() as session:
            lines = [session.get_one(DeclarationLine, key) for key in self.model.lines]
            for key in self.participations:
                first = min((min(days_of(line)) for line in lines if line.participation_id == key), default=None)
                assert session.get_one(Participation, key).first_worked_on == first

    def what_is_sent_waits_for_somebody(self) -> None:
        """A declaration sent has a line to decide; one decided has none."""
        with self.ctx.read() as session:
            for row in session.execute(select(HourDeclaration)).scalars():
                waits = any(line.state is LineState.PENDING for line in row.lines)
                unsent = row.state in (DeclarationState.DRAFT, DeclarationState.RETURNED)
                assert unsent or waits == (row.state is DeclarationState.SUBMITTED)

    def the_check_finds_nothing(self) -> None:
        assert check_everything(self.ctx).breaches == ()


def days_of(line: DeclarationLine) -> set[date]:
    """The days worked, or all those of the period when nobody told them."""
    told = {day.day for day in line.days if day.minutes}
    return told or {line.from_on + timedelta(days=n) for n in range((line.to_on - line.from_on).days + 1)}
