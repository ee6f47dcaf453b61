"""Deciding lines: what enters the ledger, what is refused and why, what the declaration comes to. On both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from matching.access.permissions import Actor
from matching.clauses.terms import DeclarationState, EligiblePublic, LineState, RejectReason, Route, TrainingHours
from matching.errors import Conflict, Forbidden, Invalid, NotFound, RuleRefused
from matching.services.clauses import duplicates, validating
from matching.services.clauses.checking import check_everything
from matching.services.clauses.reversing import ReversalReason, reverse_line
from matching.services.clauses.rules import load_clause_defaults
from matching.services.clauses.validating import Cut, Decision, HistoryLine, Reject, Validate
from matching.services.context import Context
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import DeclarationLine, HourDeclaration, LineDay
from matching.store.tables.ledger import LedgerEntry
from matching.store.tables.participations import Participation
from tests.support import clauses as make
from tests.support import factories

H = 60
OTHER = Reject(RejectReason.OTHER, "Relevé illisible.")


def day(number: int) -> date:
    return date(2026, 10, number)


class Month:
    """October of one company on one commitment, to decide."""

    def __init__(self, ctx: Context, people: int = 2, **commitment: Any) -> None:
        self.ctx = ctx
        self.officer: Actor = make.officer(ctx, "Léa Roche")
        self.company = factories.organisation(ctx, "Batibel Construction")
        self.commitment = make.commitment(ctx, holder_id=self.company, **commitment)
        self.people = [make.participation(ctx, self.commitment, organisation_id=self.company) for _ in range(people)]

    def declare(self, *minutes: int | None, days: Mapping[int, Mapping[date, int]] | None = None) -> int:
        lines = dict(zip(self.people, minutes, strict=False))
        self.id = make.declaration(self.ctx, self.commitment, self.company, lines, days=days)
        self.lines = make.lines_of(self.ctx, self.id)
        return self.id

    def decide(self, decisions: Mapping[int, Decision], version: int | None = None) -> validating.Saved:
        version = version or self.declaration().version
        return validating.decide_lines(self.ctx, self.officer, self.id, version, decisions)

    def declaration(self) -> HourDeclaration:
        with self.ctx.read() as session:
            return session.get_one(HourDeclaration, self.id)

    def line(self, place: int) -> DeclarationLine:
        with self.ctx.read() as session:
            return session.get_one(DeclarationLine, self.lines[place])

    def change(self, key: int, **columns: Any) -> None:
        with self.ctx.write(None) as work:
            row = work.session.get_one(Participation, key)
            for name, value in columns.items():
                setattr(row, name, value)
            work.record("test.changed", "participation", key)

    def edit_line(self, place: int, **columns: Any) -> None:
        with self.ctx.write(None) as work:
            row = work.session.get_one(DeclarationLine, self.lines[place])
            for name, value in columns.items():
                setattr(row, name, value)
            work.record("test.changed", "declaration_line", row.id)


def entries(ctx: Context) -> list[LedgerEntry]:
    with ctx.read() as session:
        return list(session.execute(select(LedgerEntry).order_by(LedgerEntry.id)).scalars())


def refusal(month: Month, decisions: Mapping[int, Decision]) -> str:
    """What is said beside the line; nothing was written."""
    before = len(entries(month.ctx))
    with pytest.raises(Invalid) as refused:
        month.decide(decisions)
    assert len(entries(month.ctx)) == before
    assert month.declaration().state is DeclarationState.SUBMITTED
    assert {error.field for error in refused.value.errors} <= {f"line-{key}" for key in decisions}
    return " ".join(error.message for error in refused.value.errors)


def test_validated_lines_enter_the_ledger_and_the_declaration_is_closed(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(140 * H, 88 * H + 30)
    saved = month.decide({month.lines[0]: Validate(), month.lines[1]: Reject(RejectReason.MISSING_EVIDENCE)})
    assert (saved.validated, saved.rejected, saved.minutes, saved.left) == (1, 1, 140 * H, 0)
    (entry,) = entries(any_ctx)
    assert (entry.line_id, entry.minutes, entry.month) == (month.lines[0], 140 * H, day(1))
    assert month.line(1).reject_reason is RejectReason.MISSING_EVIDENCE
    declaration = month.declaration()
    assert declaration.state is DeclarationState.PARTLY_VALIDATED
    assert declaration.decided_by_id == month.officer.user_id
    with any_ctx.read() as session:
        assert session.get_one(Commitment, month.commitment).validated_minutes == 140 * H


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        ((Validate(), Validate()), DeclarationState.VALIDATED),
        ((OTHER, OTHER), DeclarationState.REJECTED),
        ((Validate(), OTHER), DeclarationState.PARTLY_VALIDATED),
        ((Validate(), None), DeclarationState.SUBMITTED),
    ],
)
def test_the_state_follows_the_lines(
    any_ctx: Context, decisions: tuple[Decision | None, ...], state: DeclarationState
) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    chosen = {line: made for line, made in zip(month.lines, decisions, strict=True) if made is not None}
    assert month.decide(chosen).state is state
    assert month.declaration().state is state


def test_each_saved_decision_enters_at_once_and_the_rest_can_wait(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    assert month.decide({month.lines[0]: Validate()}).left == 1
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H]
    assert month.decide({month.lines[1]: Validate()}).state is DeclarationState.VALIDATED
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H, 20 * H]


def test_the_second_officer_is_told_what_the_first_decided(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    read = month.declaration().version
    month.decide({month.lines[0]: Validate(), month.lines[1]: OTHER}, read)
    other = make.officer(any_ctx, "Julien Maurel")
    with pytest.raises(Conflict) as told:
        validating.decide_lines(any_ctx, other, month.id, read, {month.lines[0]: OTHER})
    assert "Léa Roche a enregistré ses décisions le 23\u00a0novembre\u00a02026 à 10\u00a0h" in told.value.message
    assert "H-0001 validée" in told.value.message
    assert "H-0002 rejetée" in told.value.message
    assert month.line(0).state is LineState.VALIDATED
    assert len(entries(any_ctx)) == 1


def test_a_line_already_decided_is_not_decided_again(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    month.decide({month.lines[0]: Validate()})
    with pytest.raises(Conflict):
        month.decide({month.lines[0]: Validate()})
    assert len(entries(any_ctx)) == 1


def test_lines_of_another_declaration_are_refused(any_ctx: Context) -> None:
    month, other = Month(any_ctx), Month(any_ctx)
    month.declare(10 * H)
    other.declare(10 * H)
    with pytest.raises(Invalid):
        month.decide({other.lines[0]: Validate()})
    with pytest.raises(Invalid):
        month.decide({})
    assert entries(any_ctx) == []


@pytest.mark.parametrize("state", [DeclarationState.DRAFT, DeclarationState.RETURNED, DeclarationState.VALIDATED])
def test_only_what_is_submitted_is_decided(any_ctx: Context, state: DeclarationState) -> None:
    month = Month(any_ctx)
    month.id = make.declaration(any_ctx, month.commitment, month.company, {month.people[0]: H}, state=state)
    (line,) = make.lines_of(any_ctx, month.id)
    with pytest.raises(Conflict):
        month.decide({line: Validate()})


def test_only_officers_decide(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(H)
    for actor in (make.company(any_ctx, month.company), make.buyer(any_ctx), factories.adviser(any_ctx)):
        with pytest.raises(Forbidden):
            validating.decide_lines(any_ctx, actor, month.id, 1, {month.lines[0]: Validate()})
    with pytest.raises(NotFound):
        validating.decide_lines(any_ctx, month.officer, 9999, 1, {month.lines[0]: Validate()})


# --- the rules, read again -------------------------------------------------------------------------------


def test_what_blocks_cannot_be_validated_even_with_a_reason(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(None)
    assert "Indiquez les heures" in refusal(month, {month.lines[0]: Validate("Je confirme.")})
    assert month.decide({month.lines[0]: OTHER}).state is DeclarationState.REJECTED


def test_a_rejected_line_counts_only_with_a_reason_kept_with_its_rule_and_a_name(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H)
    month.change(month.people[0], eligible_decided_on=day(15))
    assert "écrivez pourquoi" in refusal(month, {month.lines[0]: Validate()})
    month.decide({month.lines[0]: Validate("Relevé de l’entreprise : tout est après le 15.")})
    line = month.line(0)
    assert (line.override_code, line.decided_by_id) == ("not_decided", month.officer.user_id)
    assert line.override_reason.startswith("Relevé")
    assert [entry.minutes for entry in entries(any_ctx)] == [10 * H]


def test_every_line_that_cannot_be_decided_is_told_at_once(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(None, 10 * H)
    month.change(month.people[1], eligible_until=day(2))
    told = refusal(month, {month.lines[0]: Validate(), month.lines[1]: Validate()})
    assert "Indiquez les heures" in told
    assert "éligible jusqu’au 2" in told


def test_a_reason_is_needed_to_reject_for_another_reason(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H)
    assert "Précisez le motif" in refusal(month, {month.lines[0]: Reject(RejectReason.OTHER, "  ")})
    assert "Raccourcissez" in refusal(month, {month.lines[0]: Reject(RejectReason.OTHER, "x" * 2001)})


@pytest.mark.parametrize(
    ("training", "cap", "entered"),
    [(TrainingHours.NONE, None, 80), (TrainingHours.ALL, None, 100), (TrainingHours.CAPPED, 10, 90)],
)
def test_training_that_the_contract_leaves_out_is_not_in_the_entry(
    any_ctx: Context, training: TrainingHours, cap: int | None, entered: int
) -> None:
    month = Month(any_ctx, training=training, training_cap_percent=cap)
    month.change(month.people[0], route=Route.APPRENTICESHIP)
    month.declare(100 * H)
    month.edit_line(0, training_minutes=20 * H)
    assert month.decide({month.lines[0]: Validate()}).minutes == entered * H
    assert [entry.minutes for entry in entries(any_ctx)] == [entered * H]


def test_training_is_left_out_of_an_overridden_line_too(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(100 * H)
    month.edit_line(0, training_minutes=20 * H)
    month.change(month.people[0], eligible_decided_on=day(2))
    assert month.decide({month.lines[0]: Validate("Vu avec l’entreprise.")}).minutes == 80 * H
    assert month.line(0).override_code == "not_decided"


@pytest.mark.parametrize(
    ("training", "told"), [(TrainingHours.NONE, "Rejetez-la"), (TrainingHours.CAPPED, "plafonne la formation")]
)
def test_a_line_of_training_alone(any_ctx: Context, training: TrainingHours, told: str) -> None:
    month = Month(any_ctx, training=training)
    month.declare(20 * H)
    month.edit_line(0, training_minutes=20 * H)
    assert told in refusal(month, {month.lines[0]: Validate()})


def test_a_month_without_work_is_noted_without_an_entry(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(0, 10 * H)
    month.decide({month.lines[0]: Validate(), month.lines[1]: OTHER})
    assert month.declaration().state is DeclarationState.REJECTED, "a line of zero hours weighs nothing"
    assert entries(any_ctx) == []


def test_a_public_that_the_contract_does_not_allow(any_ctx: Context) -> None:
    month = Month(any_ctx, publics=[EligiblePublic.QPV])
    month.declare(10 * H)
    assert "ne prévoit pas le public" in refusal(month, {month.lines[0]: Validate()})


def test_evidence_that_the_contract_asks_for(any_ctx: Context) -> None:
    month = Month(any_ctx, evidence_required=True)
    month.declare(10 * H)
    assert "justificatif" in refusal(month, {month.lines[0]: Validate()})


# --- cutting ---------------------------------------------------------------------------------------------


def _worked(first: int, last: int) -> dict[date, int]:
    return {day(number): 7 * H for number in range(first, last + 1)}


def test_a_line_is_cut_at_the_end_of_eligibility_and_nothing_is_lost(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(70 * H, days={month.people[0]: _worked(14, 23)})
    month.change(month.people[0], eligible_until=day(18))
    assert "Coupez la ligne" in refusal(month, {month.lines[0]: Validate()})
    saved = month.decide({month.lines[0]: Cut()})
    assert (saved.validated, saved.rejected, saved.minutes, saved.left) == (1, 1, 35 * H, 0)
    (entry,) = entries(any_ctx)
    assert (entry.minutes, entry.worked_from, entry.worked_to) == (35 * H, day(14), day(18))
    with any_ctx.read() as session:
        kept, out = session.get_one(HourDeclaration, month.id).lines
        assert (kept.to_on, kept.minutes, sum(one.minutes for one in kept.days)) == (day(18), 35 * H, 35 * H)
        assert (out.from_on, out.minutes, out.state) == (day(19), 35 * H, LineState.REJECTED)
        assert out.reject_reason is RejectReason.OUTSIDE_ELIGIBILITY
        assert sum(one.minutes for one in out.days) == 35 * H


def test_a_line_is_cut_on_both_sides(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(70 * H, days={month.people[0]: _worked(14, 23)})
    month.change(month.people[0], eligible_decided_on=day(16), eligible_until=day(18))
    assert month.decide({month.lines[0]: Cut()}).minutes == 21 * H
    with any_ctx.read() as session:
        lines = session.get_one(HourDeclaration, month.id).lines
        assert sum(line.minutes or 0 for line in lines) == 70 * H
        assert {line.reject_reason for line in lines} == {
            None,
            RejectReason.NOT_DECIDED,
            RejectReason.OUTSIDE_ELIGIBILITY,
        }


def test_a_line_without_days_is_not_cut_but_asked(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(70 * H)
    month.change(month.people[0], eligible_until=day(18))
    assert "ne se coupe pas" in refusal(month, {month.lines[0]: Cut()})


def test_a_line_whose_days_all_count_enters_by_its_days(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    month.declare(35 * H, days={month.people[0]: _worked(14, 18)})
    month.change(month.people[0], eligible_until=day(18))
    month.decide({month.lines[0]: Validate()})
    assert entries(any_ctx)[0].worked_to == day(18)


# --- several lines of a person ---------------------------------------------------------------------------


def _twice(ctx: Context, days: bool = False, same_commitment: bool = True) -> tuple[Month, int, int]:
    """The same person declared in October by two companies: the month, its line, the other line."""
    month = Month(ctx, people=1)
    with ctx.read() as session:
        person = session.get_one(Participation, month.people[0]).person_id
    agency = factories.organisation(ctx, "Serre Intérim")
    where = month.commitment if same_commitment else make.commitment(ctx)
    one = make.participation(ctx, where, organisation_id=agency, person_id=person)
    worked = {day(5): 7 * H}
    other = make.declaration(ctx, where, agency, {one: 7 * H}, days={one: worked} if days else None)
    month.declare(7 * H, days={month.people[0]: worked} if days else None)
    return month, month.lines[0], make.lines_of(ctx, other)[0]


@pytest.mark.parametrize("days", [False, True])
def test_a_possible_double_is_settled_before_it_is_validated(any_ctx: Context, days: bool) -> None:
    month, mine, other = _twice(any_ctx, days)
    assert "ejetez l’une" in refusal(month, {mine: Validate()})
    duplicates.resolve(any_ctx, month.officer, other, mine, "Deux équipes, matin et soir.")
    assert month.decide({mine: Validate()}).minutes == 7 * H


def test_the_double_goes_when_the_other_line_is_rejected(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    with any_ctx.write(None) as work:
        work.session.get_one(DeclarationLine, other).state = LineState.REJECTED
        work.record("test.rejected", "declaration_line", other)
    assert month.decide({mine: Validate()}).validated == 1


def test_of_two_lines_in_one_declaration_one_is_rejected_and_the_other_counts(any_ctx: Context) -> None:
    month = Month(any_ctx, people=1)
    with any_ctx.read() as session:
        person = session.get_one(Participation, month.people[0]).person_id
    month.people.append(make.participation(any_ctx, month.commitment, organisation_id=month.company, person_id=person))
    month.declare(7 * H, 7 * H)
    assert "doublon" in refusal(month, {month.lines[0]: Validate(), month.lines[1]: Validate()})
    month.decide({month.lines[0]: Validate(), month.lines[1]: Reject(RejectReason.ALREADY_DECLARED)})
    assert len(entries(any_ctx)) == 1


def test_two_commitments_need_the_days_or_a_written_agreement(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx, same_commitment=False)
    assert "deux engagements" in refusal(month, {mine: Validate()})
    with pytest.raises(RuleRefused, match="globalisation"):
        duplicates.resolve(any_ctx, month.officer, mine, other, "Je le sais.")
    with any_ctx.read() as session:
        row = session.get_one(DeclarationLine, other).declaration
        both = [month.commitment, row.commitment_id]
    make.pooling(any_ctx, month.company, both)
    assert month.decide({mine: Validate()}).validated == 1


def test_days_over_24_hours_over_several_lines_are_refused(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx, days=True, same_commitment=False)
    for line in (mine, other):
        with any_ctx.write(None) as work:
            row = work.session.get_one(DeclarationLine, line)
            row.minutes = row.days[0].minutes = 13 * H
            work.record("test.changed", "declaration_line", line)
    assert "un jour compte 24" in refusal(month, {mine: Validate()})


def test_a_cut_does_not_forget_the_person_s_other_lines(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx, days=True, same_commitment=False)
    with any_ctx.write(None) as work:
        late = work.session.get_one(DeclarationLine, mine)
        first = late.days[0].day
        late.days.append(LineDay(day=first + timedelta(days=1), minutes=13 * H))
        late.to_on, late.minutes = max(late.to_on, first + timedelta(days=1)), 26 * H
        for line in (mine, other):
            row = work.session.get_one(DeclarationLine, line)
            row.days[0].minutes = 13 * H
        row.minutes = 13 * H
        work.record("test.changed", "declaration_line", mine)
    month.change(month.people[0], eligible_until=first)
    assert "un jour compte 24" in refusal(month, {mine: Cut()})


def test_what_another_company_has_not_sent_doubles_nothing(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    with any_ctx.write(None) as work:
        work.session.get_one(DeclarationLine, other).declaration.state = DeclarationState.DRAFT
        work.record("test.draft", "declaration_line", other)
    assert month.decide({mine: Validate()}).validated == 1


# --- sending back ----------------------------------------------------------------------------------------


def test_a_declaration_is_sent_back_with_its_reason(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    month.decide({month.lines[0]: OTHER})
    version = month.declaration().version
    with pytest.raises(Invalid):
        validating.return_for_correction(any_ctx, month.officer, month.id, version, " ")
    validating.return_for_correction(any_ctx, month.officer, month.id, version, "Heures jusqu’au 18, par jour.")
    declaration = month.declaration()
    assert (declaration.state, declaration.return_reason) == (
        DeclarationState.RETURNED,
        "Heures jusqu’au 18, par jour.",
    )
    assert {month.line(0).state, month.line(1).state} == {LineState.PENDING}
    with pytest.raises(Conflict, match="a renvoyé cette déclaration"):
        month.decide({month.lines[1]: Validate()}, version)


def test_nothing_validated_is_sent_back(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    month.decide({month.lines[0]: Validate()})
    with pytest.raises(RuleRefused):
        validating.return_for_correction(any_ctx, month.officer, month.id, month.declaration().version, "À reprendre.")


def test_a_line_taken_back_is_not_sent_back(any_ctx: Context) -> None:
    month = Month(any_ctx)
    month.declare(10 * H, 20 * H)
    month.decide({month.lines[0]: Validate()})
    reverse_line(any_ctx, month.officer, month.lines[0], ReversalReason.NOT_WORKED, "")
    validating.return_for_correction(any_ctx, month.officer, month.id, month.declaration().version, "À reprendre.")
    assert [month.line(place).state for place in (0, 1)] == [LineState.REVERSED, LineState.PENDING]
    assert check_everything(any_ctx).breaches == ()


def test_a_double_is_settled_anew_once_the_hours_came_back(any_ctx: Context) -> None:
    month, mine, other = _twice(any_ctx)
    duplicates.resolve(any_ctx, month.officer, mine, other, "Matin et soir.")
    validating.return_for_correction(any_ctx, month.officer, month.id, month.declaration().version, "À reprendre.")
    with any_ctx.write(None) as work:
        work.session.get_one(HourDeclaration, month.id).state = DeclarationState.SUBMITTED
        work.record("test.sent", "hour_declaration", month.id)
    assert refusal(month, {mine: Validate()})


# --- the clock, history ----------------------------------------------------------------------------------


def test_the_first_validated_hour_starts_the_clock(any_ctx: Context) -> None:
    load_clause_defaults(any_ctx)
    month = Month(any_ctx, people=1)
    month.declare(10 * H)
    month.decide({month.lines[0]: Validate()})
    with any_ctx.read() as session:
        until = session.get_one(Participation, month.people[0]).eligible_until
    assert until == date(2028, 9, 30), "24 months from 1 October 2026, the last day included"


def test_history_is_taken_over_with_its_declarations(any_ctx: Context) -> None:
    month = Month(any_ctx)
    september = date(2026, 9, 1)

    def history(person: int, first: date, minutes: int) -> HistoryLine:
        last = first + timedelta(days=27)
        return HistoryLine(person, first, last, minutes, month.company, first)

    one, two = month.people
    lines = [history(one, day(1), 10 * H), history(two, day(1), 5 * H), history(one, september, 7 * H)]
    with any_ctx.write(month.officer) as work:
        done = validating.append_validated(work, [*lines, history(two, september, 0)])
    assert (len(done.declaration_ids), len(done.line_ids), done.minutes) == (2, 4, 22 * H)
    assert [(entry.minutes, entry.month) for entry in entries(any_ctx)] == [
        (10 * H, day(1)),
        (5 * H, day(1)),
        (7 * H, september),
    ]
    with any_ctx.read() as session:
        rows = session.execute(select(HourDeclaration).order_by(HourDeclaration.id)).scalars().all()
        assert {(row.source, row.state, row.number) for row in rows} == {("import", DeclarationState.VALIDATED, 1)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"participation_id": 9999}, "participation_id"),
        ({"to_on": date(2026, 11, 2)}, "from_on"),
        ({"minutes": -1}, "minutes"),
    ],
)
def test_history_that_does_not_hold_together_writes_nothing(
    any_ctx: Context, change: dict[str, Any], field: str
) -> None:
    month = Month(any_ctx, people=1)
    values: dict[str, Any] = {"participation_id": month.people[0], "from_on": day(1), "to_on": day(31), "minutes": H}
    values |= {"organisation_id": month.company, "month": day(1)} | change
    with pytest.raises(Invalid) as refused, any_ctx.write(month.officer) as work:
        validating.append_validated(work, [HistoryLine(**values)])
    assert [(error.field, error.line) for error in refused.value.errors] == [(field, 1)]
    assert entries(any_ctx) == []
