"""What officers did besides: calls and visits, pooling, corrections, recovery plans, notices, a penalty waived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from matching.access.permissions import Actor
from matching.clauses.ledger import allocation_of, reversal_of
from matching.clauses.penalty import compute_penalty
from matching.clauses.terms import LineState, PenaltyDecisionKind
from matching.clock import FixedClock
from matching.demo.clauses.hours import entry_of
from matching.demo.clauses.stage import Stage
from matching.services.clauses.due import minutes_due_of
from matching.services.clauses.eligibility_clock import refresh_until
from matching.services.clauses.entering import settled_state
from matching.services.clauses.participations import acted_on
from matching.services.clauses.snapshots import freeze_year
from matching.store import ledger
from matching.store.tables.contracts import Commitment, ContactExchange, PoolingAgreement, PoolingMember
from matching.store.tables.declarations import CorrectionRequest, DeclarationLine
from matching.store.tables.follow_through import FormalNotice, PenaltyDecision, RecoveryPlan
from matching.store.tables.ledger import Allocation, CommitmentMonth
from matching.store.unit_of_work import UnitOfWork

_NOTES = {
    "call": ("Point sur les heures du mois.", "Deux besoins annoncés pour le trimestre, offres à rédiger."),
    "mail": ("Rappel de la date de déclaration.", "Liste des structures d’insertion du secteur envoyée."),
    "visit": ("Réunion de chantier, rencontre des personnes en poste.", "Visite sur place, tout se passe bien."),
}
_SILENCE = "Pas de réponse, message laissé."


def note_exchanges(stage: Stage, work: UnitOfWork, officer: Actor, month: int) -> None:
    """The calls, mails and visits of the month before, up to the last answer of each contact."""
    months = stage.months
    for contract, plan in stage.commitments_of(officer):
        begun = contract.notified < month - 1 <= (plan.closed if plan.closed is not None else month)
        if plan.key not in stage.contacts or not begun or (month + len(plan.key)) % 3:
            continue
        day = months.working_day(months.day(month - 1, stage.dice.randrange(5, 22)))
        if day < months.today - timedelta(days=plan.answered + 10):
            _exchange(stage, work, plan.key, day_back=(months.today - day).days)


def note_last_exchanges(stage: Stage, work: UnitOfWork, officer: Actor) -> None:
    """The last answer of each contact; then, to one who fell silent, what stayed without answer."""
    for _, plan in stage.commitments_of(officer):
        if plan.closed is None:
            _exchange(stage, work, plan.key, day_back=plan.answered)
            for days in (41, 15) if plan.answered > 60 else ():
                _exchange(stage, work, plan.key, day_back=days, answered=False)


def _exchange(stage: Stage, work: UnitOfWork, key: str, *, day_back: int, answered: bool = True) -> None:
    day = stage.months.today - timedelta(days=day_back)
    channel = stage.dice.choice(tuple(_NOTES)) if answered else "call"
    row = ContactExchange(
        commitment_id=stage.ids[key],
        contact_id=stage.contacts[key],
        happened_on=day,
        channel=channel,
        answered=answered,
        note=stage.dice.choice(_NOTES[channel]) if answered else _SILENCE,
        by_id=work.actor_id,
        at=stage.months.at(day, 16, 30),
    )
    work.session.add(row)
    work.session.flush()
    work.session.execute(
        update(Commitment)
        .where(Commitment.id == row.commitment_id, Commitment.last_action_at < row.at)
        .values(last_action_at=row.at)
        .execution_options(synchronize_session=False)
    )
    work.record("contact.exchange_noted", "contact_exchange", row.id, commitment=row.commitment_id)


# --- one act each, on its day --------------------------------------------------------------------------


def sign_pooling(stage: Stage, work: UnitOfWork) -> None:
    """One company, two commitments: the hours of the first may count for the second."""
    months = stage.months
    row = PoolingAgreement(
        organisation_id=stage.companies["quais"],
        label="Déménagements et archives",
        signed_on=stage.day_of(work),
        from_on=months.first(-5),
        to_on=months.last(3),
        created_at=work.at,
        members=[PoolingMember(commitment_id=stage.ids[key]) for key in ("demenagements", "archives")],
    )
    work.session.add(row)
    work.session.flush()
    commitments = [member.commitment_id for member in row.members]
    work.record("pooling.registered", "pooling_agreement", row.id, commitments=commitments)


def share_hours(stage: Stage, work: UnitOfWork) -> None:
    """Twenty hours of removals count for the archives: an hour still counts once."""
    agreement = work.session.execute(select(PoolingAgreement.id)).scalars().one()
    line = stage.declared["demenagements", -4, "quais"].lines[0][0]
    row = Allocation(
        agreement_id=agreement,
        line_id=line.id,
        to_commitment_id=stage.ids["archives"],
        minutes=20 * 60,
        by_id=work.actor_id,
        at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    entry = ledger.as_entry(ledger.standing_entries(work.session, line.id)[0])
    ledger.append(work, allocation_of(entry, row.id, row.to_commitment_id, row.minutes, 0))
    work.record("allocation.made", "declaration_line", line.id, to=row.to_commitment_id, minutes=row.minutes)
    acted_on(work, row.to_commitment_id)


def correct_line(stage: Stage, work: UnitOfWork) -> None:
    """The company typed eight hours too many: the line is reversed, and a new one takes its place."""
    declared = stage.declared["nettoyage", -4, "net-avenir"]
    old, _, counted = declared.lines[0]
    work.session.add(declared.row)
    minutes = counted - 8 * 60
    request = CorrectionRequest(
        declaration_id=declared.row.id,
        line_id=old.id,
        wanted_minutes=minutes,
        message="Une journée a été comptée deux fois dans notre relevé.",
        state="accepted",
        answer="Corrigé, merci.",
        asked_at=work.at - timedelta(days=3),
        answered_at=work.at,
        answered_by_id=work.actor_id,
    )
    new = DeclarationLine(
        participation_id=old.participation_id,
        from_on=old.from_on,
        to_on=old.to_on,
        minutes=minutes,
        state=LineState.VALIDATED,
        reason_note=request.message,
        decided_by_id=work.actor_id,
        decided_at=work.at,
        corrects_id=old.id,
    )
    old.state = LineState.REVERSED
    declared.row.lines.append(new)
    work.session.add(request)
    work.session.flush()
    standing = ledger.standing_entries(work.session, old.id)[0]
    undone = reversal_of(standing.id, ledger.as_entry(standing), "asked")
    ledger.append(work, [undone, entry_of(declared.row.commitment_id, new, minutes)])
    work.record("line.corrected", "declaration_line", new.id, corrects=old.id, before=old.minutes, after=minutes)


def ask_correction(stage: Stage, work: UnitOfWork) -> None:
    """A request that still waits for an answer."""
    declared = stage.declared["demenagements", -3, "quais"]
    row = CorrectionRequest(
        declaration_id=declared.row.id,
        line_id=declared.lines[0][0].id,
        wanted_minutes=(declared.lines[0][0].minutes or 0) + 210,
        message="Nous avons oublié la demi-journée du 3e samedi, relevé à votre disposition.",
        asked_by_id=work.actor_id,
        asked_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.record("correction.asked", "correction_request", row.id, declaration=row.declaration_id)


def approve_plan(stage: Stage, work: UnitOfWork) -> None:
    _plan(stage, work, "menuiseries", (1, 28, 10), -1, "approved", "La gérance de la Menuiserie des Trois Chênes")


def propose_plan(stage: Stage, work: UnitOfWork) -> None:
    _plan(stage, work, "clos-couvert", (2, 35, 13), 1, "proposed", "")


def _plan(
    stage: Stage, work: UnitOfWork, key: str, size: tuple[int, int, int], month: int, state: str, signed_by: str
) -> None:
    people, hours, weeks = size
    start = stage.months.working_day(stage.months.first(month))
    row = RecoveryPlan(
        commitment_id=stage.ids[key],
        people=people,
        weekly_minutes=hours * 60,
        weeks=weeks,
        from_on=start,
        minutes=people * hours * 60 * weeks,
        signed_on=stage.day_of(work) if signed_by else None,
        signed_by=signed_by,
        review_on=start + timedelta(weeks=weeks // 2),
        state=state,
        note="Embauches par le GEIQ et par une agence d’insertion.",
        by_id=work.actor_id,
        created_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.record(f"recovery_plan.{state}", "recovery_plan", row.id, minutes=row.minutes)
    acted_on(work, stage.ids[key])


def send_notice(key: str) -> Callable[[Stage, UnitOfWork], None]:
    """A formal notice, received three days later."""

    def send(stage: Stage, work: UnitOfWork) -> None:
        day = stage.day_of(work)
        received = min(day + timedelta(days=3), stage.months.today)
        commitment_id = stage.ids[key]
        row = FormalNotice(
            commitment_id=commitment_id, sent_on=day, received_on=received, by_id=work.actor_id, at=work.at
        )
        work.session.add(row)
        work.session.flush()
        work.record("formal_notice.sent", "commitment", commitment_id, sent_on=day.isoformat())
        acted_on(work, commitment_id)

    return send


def waive_penalty(stage: Stage, work: UnitOfWork) -> None:
    """Hours were missing when the contract ended; a person decided not to claim them, and said why."""
    commitment_id, day = stage.ids["parking"], stage.day_of(work)
    terms = stage.plan("parking").penalty
    assert terms is not None
    assert work.actor_id is not None
    due = minutes_due_of(work.session, [commitment_id], day, day)[commitment_id]
    months = select(CommitmentMonth.validated_minutes).where(CommitmentMonth.commitment_id == commitment_id)
    missing = due - sum(work.session.execute(months).scalars())
    computed = compute_penalty(terms, missing)
    row = PenaltyDecision(
        commitment_id=commitment_id,
        kind=PenaltyDecisionKind.WAIVE,
        missing_minutes=missing,
        computed_cents=computed.amount_cents,
        amount_cents=0,
        working="\n".join(computed.working),
        reason="L’entreprise a repris deux des personnes sur un autre chantier après la résiliation.",
        by_id=work.actor_id,
        at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    work.record("penalty.decided", "commitment", commitment_id, kind=row.kind.value, cents=0)
    acted_on(work, commitment_id)


def freeze_last_year(stage: Stage, month: int) -> None:
    """In January the year before is kept as it was known; hours taken back in April show as a difference."""
    january = 1 - stage.months.today.month or -12
    if month == january:
        at = stage.months.at(stage.months.day(month, 20), 9, 45)
        dated = replace(stage.ctx, clock=FixedClock(at))
        freeze_year(dated, stage.officers[0], stage.months.first(month - 1).year, "Bilan transmis aux élus.")
    if month == min(january + 3, 0):
        _take_back(stage, month, january - 3)


def _take_back(stage: Stage, month: int, worked: int) -> None:
    """Hours counted twice: reversed, nothing takes their place."""
    plan = stage.plan("espaces-verts")
    declared = stage.declared[plan.key, worked, plan.holder]
    line, worker, _ = declared.lines[0]
    officer = _officer(stage, plan.key)
    with stage.acting(stage.months.at(stage.months.working_day(stage.months.day(month, 19)), 14), officer) as work:
        work.session.add(declared.row)
        standing = ledger.standing_entries(work.session, line.id)[0]
        line.state = LineState.REVERSED
        declared.row.state = settled_state(declared.row.lines)
        ledger.append(work, [reversal_of(standing.id, ledger.as_entry(standing), "already_counted")])
        refresh_until(work, [worker.human.person_id])
        note = "Ces journées avaient été relevées deux fois."
        work.record("line.reversed", "declaration_line", line.id, note=note, minutes=line.minutes)
        acted_on(work, declared.row.commitment_id)


def _officer(stage: Stage, key: str) -> Actor:
    return next(o for o in stage.officers if key in {plan.key for _, plan in stage.commitments_of(o)})


ACTS: tuple[tuple[int, str, Callable[[Stage, UnitOfWork], None]], ...] = (
    (-11, "parking", send_notice("parking")),
    (-9, "parking", waive_penalty),
    (-5, "demenagements", sign_pooling),
    (-2, "demenagements", share_hours),
    (-2, "nettoyage", correct_line),
    (-1, "menuiseries", approve_plan),
    (-1, "clos-couvert", send_notice("clos-couvert")),
    (0, "clos-couvert", propose_plan),
)
"""The month in which each act was done, and the commitment whose officer did it."""


def do_acts(stage: Stage, month: int) -> None:
    """The acts of a month, after its decisions."""
    for when, key, act in ACTS:
        if when == month:
            officer = _officer(stage, key)
            day = stage.months.working_day(stage.months.day(month, 18))
            with stage.acting(stage.months.at(day, 10, 5), officer) as work:
                act(stage, work)
