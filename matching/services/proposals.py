"""Proposing people for an offer, with their agreement, and moving each proposal as the adviser learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.errors import Conflict, FieldError, Invalid, RuleRefused
from matching.offers.lifecycle import why_not_proposed
from matching.placements import lifecycle as rules
from matching.placements.reasons import BY_CODE
from matching.services.context import Context
from matching.services.paging import page_count
from matching.services.ranking.lists import FactPair, read_pairs, said
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.exposure import ExposureLog
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment
from matching.store.tables.people import Candidate, Person
from matching.store.tables.proposals import OPEN_STATES, Proposal, ProposalStep
from matching.store.unit_of_work import UnitOfWork
from matching.terms import AgreementChannel, CandidateState, MatchStatus, OfferState, ProposalState, RefusalSide

FULL_TIME_MINUTES = 35 * 60
MOST_AT_ONCE = 50
PAGE_SIZE = 50


@dataclass(frozen=True)
class Chosen:
    """Somebody ticked: can be proposed unless `left_out` says why; `warnings` are to be read first.

    `blocking`, `to_lift`, `to_confirm`: what the offer's list says of them, a sentence a point.
    """

    candidate_id: int
    code: str
    name: str
    left_out: str
    warnings: tuple[str, ...]
    blocking: tuple[str, ...] = ()
    to_lift: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Nothing at all to know first."""
        return not (self.warnings or self.blocking or self.to_lift or self.to_confirm)


@dataclass(frozen=True)
class Preview:
    """What proposing would do, before it is done."""

    offer_id: int
    title: str
    employer: str
    seats_left: int
    chosen: tuple[Chosen, ...]

    @property
    def possible(self) -> tuple[Chosen, ...]:
        return tuple(person for person in self.chosen if not person.left_out)

    @property
    def overruled(self) -> tuple[Chosen, ...]:
        """Those whom a known point prevents: proposing them is the adviser's decision, with its reason."""
        return tuple(person for person in self.possible if person.blocking)


@dataclass(frozen=True)
class ProposalLine:
    """A proposal in a list."""

    id: int
    candidate_id: int
    person: str
    offer_id: int
    title: str
    employer: str
    adviser: str
    state: ProposalState
    since: date
    waiting: str


@dataclass(frozen=True)
class StepLine:
    """One step: what happened, on which day, written by whom (empty: the service itself) and when, why."""

    state: ProposalState
    on: date
    at: datetime
    by: str
    reason: str
    note: str


@dataclass(frozen=True)
class ProposalSheet:
    """A proposal whole, with the steps possible now for this actor."""

    line: ProposalLine
    version: int
    agreed_on: date | None
    channel: AgreementChannel | None
    interview_on: date | None
    hired_on: date | None
    steps: tuple[StepLine, ...]
    actions: tuple[rules.Action, ...]
    part_time: bool
    seats_left: int
    phone: str


@dataclass(frozen=True)
class ProposalPage:
    lines: tuple[ProposalLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Filters:
    """What a list of proposals is narrowed to. `state` is a state, `open`, or empty for all.

    `scope` is `mine` or `unit`; of an offer or of a person, the proposals of colleagues are shown too.
    `waiting` is a key of WAITING_FOR: who must answer. `days`: in the same state for that many days at least.
    """

    scope: str = "mine"
    state: str = "open"
    offer_id: int | None = None
    candidate_id: int | None = None
    page: int = 1
    waiting: str = ""
    days: int | None = None


# --- proposing -----------------------------------------------------------------------------------------------


def preview_proposals(ctx: Context, actor: Actor, offer_id: int, candidate_ids: Sequence[int]) -> Preview:
    """Who can be proposed for the offer among those ticked, who is left out and why, and what to know first."""
    require(actor, Permission.PROPOSE)
    with ctx.read() as session:
        offer = _open_offer(session, actor, offer_id)
        preview = _preview(session, actor, offer, candidate_ids)
    pairs = read_pairs(ctx, actor, offer_id, [person.candidate_id for person in preview.possible])
    return replace(
        preview, chosen=tuple(_told(person, pairs.get(person.candidate_id, ())) for person in preview.chosen)
    )


def _told(person: Chosen, pairs: Sequence[FactPair]) -> Chosen:
    def of(status: MatchStatus) -> tuple[str, ...]:
        return tuple(said(pair) for pair in pairs if pair.status is status)

    return replace(
        person,
        blocking=of(MatchStatus.BLOCKING),
        to_lift=of(MatchStatus.LIFTABLE),
        to_confirm=of(MatchStatus.UNKNOWN),
    )


def propose_candidates(
    ctx: Context,
    actor: Actor,
    offer_id: int,
    candidate_ids: Sequence[int],
    *,
    exposure_id: int | None = None,
    note: str = "",
) -> tuple[int, ...]:
    """Propose those who can be, in one transaction; returns the proposals' ids.

    `note`: the reason, asked as soon as a known point prevents somebody. Raises `Invalid` when it is missing or when
    nobody can be proposed, `Conflict` when a colleague proposed one meanwhile.
    """
    require(actor, Permission.PROPOSE)
    overruled = preview_proposals(ctx, actor, offer_id, candidate_ids).overruled
    if overruled and not note.strip():
        raise Invalid("Rien n’a été enregistré.", [FieldError("note", _reason_asked(overruled))])
    with ctx.write(actor) as work:
        offer = _open_offer(work.session, actor, offer_id)
        preview = _preview(work.session, actor, offer, candidate_ids)
        if not preview.possible:
            reasons = [FieldError("candidate", f"{c.name}\u00a0: {c.left_out}") for c in preview.chosen]
            raise Invalid("Personne n’a été proposé. Choisissez au moins une personne qui peut l’être.", reasons)
        shown = _shown_list(work.session, actor, offer_id, exposure_id)
        return tuple(_propose(work, actor, offer, person, shown, note) for person in preview.possible)


def _reason_asked(overruled: Sequence[Chosen]) -> str:
    names = ", ".join(person.name for person in overruled)
    return f"Un point connu empêche\u00a0: {names}. Écrivez pourquoi vous proposez quand même, ou retirez ce choix."


def _propose(work: UnitOfWork, actor: Actor, offer: Offer, person: Chosen, shown: int | None, note: str) -> int:
    today = work.at.astimezone(PARIS).date()
    proposal = Proposal(
        offer_id=offer.id,
        candidate_id=person.candidate_id,
        adviser_id=actor.user_id,
        state=ProposalState.PROPOSED,
        exposure_id=shown,
        created_at=work.at,
        state_changed_at=work.at,
    )
    proposal.steps.append(
        ProposalStep(state=ProposalState.PROPOSED, at=work.at, happened_on=today, by_id=actor.user_id, note=note)
    )
    work.session.add(proposal)
    try:
        work.session.flush()
    except IntegrityError:
        raise Conflict(
            f"Quelqu’un d’autre vient de faire cette proposition\u00a0: {person.name}. Rien n’a été enregistré. "
            "Revenez à la liste et choisissez de nouveau."
        ) from None
    # Not through the ORM: whoever is editing this profile meanwhile has nothing to read again.
    work.session.execute(
        update(Candidate)
        .where(Candidate.id == person.candidate_id)
        .values(last_proposed_on=today)
        .execution_options(synchronize_session=False)
    )
    work.record(
        "proposal.made",
        "proposal",
        proposal.id,
        offer=offer.id,
        candidate=person.candidate_id,
        exposure=shown,
        note=note,
    )
    return proposal.id


def _shown_list(session: Session, actor: Actor, offer_id: int, exposure_id: int | None) -> int | None:
    """The logged list the choice was made from, when it is this actor's and this offer's."""
    if exposure_id is None:
        return None
    own = select(ExposureLog.id).where(
        ExposureLog.id == exposure_id, ExposureLog.actor_id == actor.user_id, ExposureLog.offer_id == offer_id
    )
    return session.execute(own).scalar_one_or_none()


def _open_offer(session: Session, actor: Actor, offer_id: int) -> Offer:
    offer = scope.fetch(session, actor, Offer, offer_id, selectinload(Offer.establishment))
    if refusal := why_not_proposed(offer.state):
        raise RuleRefused(refusal)
    return offer


def _preview(session: Session, actor: Actor, offer: Offer, candidate_ids: Sequence[int]) -> Preview:
    ids = list(dict.fromkeys(candidate_ids))
    if not ids:
        raise Invalid("Cochez au moins une personne.", [FieldError("candidate", "Cochez au moins une personne.")])
    if len(ids) > MOST_AT_ONCE:
        raise Invalid(f"Proposez {MOST_AT_ONCE} personnes au plus à la fois.")
    rows = session.execute(
        select(Candidate, Person).join(Person).where(Candidate.id.in_(ids), scope.candidates(actor))
    ).all()
    if len(rows) != len(ids):
        # Somebody of another unit, or nobody: told the same way, without a name.
        raise Invalid(
            "Une personne choisie n’est pas suivie par votre unité. Demandez à son conseiller de la proposer."
        )
    others = _others(session, ids)
    by_id = {candidate.id: (candidate, person) for candidate, person in rows}
    organisation = offer.establishment.organisation_id
    chosen = []
    for key in ids:
        candidate, person = by_id[key]
        held = others.get(key, ())
        told = rules.warnings(held, offer_id=offer.id, organisation_id=organisation)
        left_out = _left_out(candidate, held, offer.id)
        chosen.append(
            Chosen(
                key,
                candidate.code,
                f"{person.given_name} {person.family_name}",
                left_out,
                tuple(w.message for w in told if w.code != "same_offer"),
            )
        )
    return Preview(
        offer.id,
        offer.title,
        offer.establishment.name,
        rules.seats_left(offer.seats, offer.filled_seats),
        tuple(chosen),
    )


def _left_out(candidate: Candidate, others: Sequence[rules.OtherProposal], offer_id: int) -> str:
    if candidate.state is not CandidateState.ACTIVE:
        return f"dossier « {candidate.state.label.lower()} »"
    try:
        rules.check_not_already_open(others, offer_id=offer_id)
    except RuleRefused as error:
        return error.message
    return ""


def _others(session: Session, candidate_ids: Sequence[int]) -> dict[int, tuple[rules.OtherProposal, ...]]:
    query = (
        select(Proposal, Establishment.organisation_id)
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .where(Proposal.candidate_id.in_(candidate_ids))
        .order_by(Proposal.id)
    )
    found: dict[int, list[rules.OtherProposal]] = {}
    for row, organisation in session.execute(query):
        found.setdefault(row.candidate_id, []).append(
            rules.OtherProposal(row.id, row.offer_id, organisation, row.state, _day(row.state_changed_at))
        )
    return {person: tuple(rows) for person, rows in found.items()}


# --- moving --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A step asked on the page, as typed: the rules say what is missing."""

    target: ProposalState
    agreed_on: date | None = None
    channel: AgreementChannel | None = None
    step_date: date | None = None
    reason: str | None = None
    note: str = ""
    keep_others: bool = False


def move_proposal(ctx: Context, actor: Actor, proposal_id: int, version: int, wanted: Wanted) -> int:
    """Move a proposal one step; returns how many other proposals of the person a hire has closed.

    Raises `RuleRefused` with what is missing, `Conflict` when a colleague moved it.
    """
    require(actor, Permission.PROPOSE)
    with ctx.write(actor) as work:
        proposal = scope.fetch(
            work.session, actor, Proposal, proposal_id, selectinload(Proposal.offer), selectinload(Proposal.steps)
        )
        _check_version(work.session, proposal, version)
        today = work.at.astimezone(PARIS).date()
        agreement = rules.Agreement(wanted.agreed_on, wanted.channel) if wanted.agreed_on and wanted.channel else None
        move = rules.Move(wanted.target, today, actor.role, agreement, wanted.reason, wanted.step_date)
        # Counted for the rule's message; the seat itself is taken below by a guarded update.
        left = rules.seats_left(proposal.offer.seats, proposal.offer.filled_seats)
        after = rules.apply(facts_of(proposal), move, seats_left=left)
        _write_step(work, actor.user_id, proposal, after, wanted)
        closed = 0
        if after.state is ProposalState.HIRED:
            closed = _hire(work, actor, proposal, keep_others=wanted.keep_others)
        work.record(
            "proposal.moved",
            "proposal",
            proposal.id,
            note=wanted.note,
            state=after.state.value,
            reason=after.reason,
        )
    return closed


def facts_of(proposal: Proposal) -> rules.Proposal:
    """What the rules read of a proposal loaded with its steps."""
    sent = next((s.happened_on for s in proposal.steps if s.state is ProposalState.SENT), None)
    agreement = None
    if proposal.agreed_on and proposal.agreement_channel:
        agreement = rules.Agreement(proposal.agreed_on, proposal.agreement_channel)
    return rules.Proposal(proposal.state, _day(proposal.created_at), agreement, sent)


def _check_version(session: Session, proposal: Proposal, version: int) -> None:
    if proposal.version == version:
        return
    last = proposal.steps[-1] if proposal.steps else None
    who = session.get(UserAccount, last.by_id) if last else None
    raise Conflict(
        f"Cette proposition a avancé pendant ce temps\u00a0: « {proposal.state.label} », noté par "
        f"{who.name if who else 'un collègue'}. Relisez-la avant de continuer."
    )


def _write_step(work: UnitOfWork, by_id: int, proposal: Proposal, after: rules.Proposal, wanted: Wanted) -> None:
    today = work.at.astimezone(PARIS).date()
    reason = BY_CODE.get(after.reason or "")
    proposal.state = after.state
    proposal.state_changed_at = work.at
    if after.agreement:
        proposal.agreed_on, proposal.agreement_channel = after.agreement.on, after.agreement.channel
    if after.state is ProposalState.INTERVIEW:
        proposal.interview_on = after.step_date
    if after.state is ProposalState.HIRED:
        proposal.hired_on = after.step_date
    if reason:
        proposal.refusal_side, proposal.refusal_reason = reason.side, reason.code
    happened = after.agreement.on if after.state is ProposalState.AGREED and after.agreement else today
    proposal.steps.append(
        ProposalStep(
            state=after.state,
            at=work.at,
            happened_on=happened,
            by_id=by_id,
            reason_side=reason.side if reason else None,
            reason_code=reason.code if reason else None,
            note=wanted.note,
        )
    )


def _hire(work: UnitOfWork, actor: Actor, proposal: Proposal, *, keep_others: bool) -> int:
    """Take the seat, close the person's other proposals, and fill the offer with its last seat."""
    _take_seat(work, proposal.offer_id)
    offer = proposal.offer
    candidate = work.session.get_one(Candidate, proposal.candidate_id)
    candidate.state = CandidateState.HIRED
    others = [o for o in _others(work.session, [candidate.id]).get(candidate.id, ()) if o.id != proposal.id]
    closed = rules.to_close_after_hire(others, part_time=_part_time(offer), keep_asked=keep_others)
    for key in closed:
        _close(work, actor.user_id, key, ProposalState.HIRED_ELSEWHERE)
    work.record(
        "hire.recorded",
        "candidate",
        candidate.id,
        offer=offer.id,
        proposal=proposal.id,
        closed=list(closed),
        day=proposal.hired_on.isoformat() if proposal.hired_on else None,
    )
    return len(closed)


def _take_seat(work: UnitOfWork, offer_id: int) -> None:
    """One statement decides: two advisers hiring on the last seat cannot both find it free."""
    taken = work.session.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.filled_seats < Offer.seats)
        .values(filled_seats=Offer.filled_seats + 1)
        .returning(Offer.seats, Offer.filled_seats, Offer.state)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        raise Conflict(
            "Le dernier poste de cette offre vient d’être pourvu. Si l’employeur recrute une personne de plus, "
            "augmentez d’abord le nombre de postes de l’offre."
        )
    # An offer already closed or gone off stays so: it was not online any more.
    if taken.filled_seats >= taken.seats and taken.state in (OfferState.PUBLISHED, OfferState.SUSPENDED):
        # The version rises with the state: whoever is editing the offer is told that it is filled.
        work.session.execute(
            update(Offer)
            .where(Offer.id == offer_id)
            .values(state=OfferState.FILLED, updated_at=work.at, version=Offer.version + 1)
            .execution_options(synchronize_session=False)
        )
        work.record(
            "offer.state_changed",
            "offer",
            offer_id,
            origin=taken.state.value,
            target=OfferState.FILLED.value,
            reason=None,
            seats=taken.seats,
        )
    work.touch_stream("offers")


def _close(work: UnitOfWork, by_id: int, proposal_id: int, state: ProposalState) -> None:
    proposal = work.session.get_one(Proposal, proposal_id)
    today = work.at.astimezone(PARIS).date()
    proposal.state, proposal.state_changed_at = state, work.at
    proposal.steps.append(ProposalStep(state=state, at=work.at, happened_on=today, by_id=by_id))
    work.record("proposal.closed", "proposal", proposal.id, state=state.value)


def expire_silent_proposals(ctx: Context) -> int:
    """Close, without blame, the proposals nobody answered for 60 days; returns how many."""
    today = ctx.clock.today()
    with ctx.write(None) as work:
        query = select(Proposal).where(Proposal.state.in_(tuple(rules.SILENT_STATES)))
        closed = 0
        for proposal in work.session.execute(query.options(selectinload(Proposal.steps))).scalars():
            if rules.is_expired(facts_of(proposal), today):
                _close(work, proposal.adviser_id, proposal.id, ProposalState.EXPIRED)
                closed += 1
    return closed


# --- reading -------------------------------------------------------------------------------------------------


def list_proposals(ctx: Context, actor: Actor, filters: Filters) -> ProposalPage:
    """The proposals of the unit's people, the longest waiting first."""
    require(actor, Permission.PROPOSE)
    with ctx.read() as session:
        query = _filtered(actor, filters, ctx.clock.today())
        total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        pages = page_count(total, PAGE_SIZE)
        page = min(max(1, filters.page), pages)
        rows = session.execute(
            query.order_by(Proposal.state_changed_at, Proposal.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
        ).all()
        return ProposalPage(tuple(_line(*row) for row in rows), total, page, pages)


_Row = tuple[Proposal, Person, Offer, Establishment, UserAccount]


def _lines() -> Select[*_Row]:
    return (
        select(Proposal, Person, Offer, Establishment, UserAccount)
        .join(Candidate, Candidate.id == Proposal.candidate_id)
        .join(Person, Person.id == Candidate.person_id)
        .join(Offer, Offer.id == Proposal.offer_id)
        .join(Establishment, Establishment.id == Offer.establishment_id)
        .join(UserAccount, UserAccount.id == Proposal.adviser_id)
    )


def _filtered(actor: Actor, filters: Filters, today: date) -> Select[*_Row]:
    query = _lines().where(scope.proposals(actor))
    if filters.offer_id is not None:
        query = query.where(Proposal.offer_id == filters.offer_id)
    if filters.candidate_id is not None:
        query = query.where(Proposal.candidate_id == filters.candidate_id)
    if filters.scope == "mine" and filters.offer_id is None and filters.candidate_id is None:
        query = query.where(Proposal.adviser_id == actor.user_id)
    if filters.waiting in WAITING_FOR:
        query = query.where(Proposal.state.in_(WAITING_FOR[filters.waiting]))
    if filters.days is not None:
        # To the end of that day in France: one state is as old as its day, not its hour.
        after = datetime.combine(today - timedelta(days=filters.days - 1), time(0), PARIS).astimezone(UTC)
        query = query.where(Proposal.state_changed_at < after)
    if filters.state == "open":
        return query.where(Proposal.state.in_(OPEN_STATES))
    if filters.state in set(ProposalState):
        return query.where(Proposal.state == ProposalState(filters.state))
    return query


WAITING_FOR: dict[str, tuple[ProposalState, ...]] = {
    "person": (ProposalState.PROPOSED, ProposalState.OFFERED),
    "unit": (ProposalState.AGREED, ProposalState.INTERVIEW, ProposalState.IMMERSION),
    "employer": (ProposalState.SENT, ProposalState.SEEN),
}
"""Who must act next, and in which states; after a meeting it is the adviser who asks for news."""

_WAITING = {
    ProposalState.PROPOSED: "Réponse de la personne",
    ProposalState.AGREED: "Transmission à l’employeur",
    ProposalState.SENT: "Réponse de l’employeur",
    ProposalState.SEEN: "Réponse de l’employeur",
    ProposalState.INTERVIEW: "Suite de l’entretien",
    ProposalState.IMMERSION: "Fin de l’immersion",
    ProposalState.OFFERED: "Réponse de la personne",
}


def _line(
    proposal: Proposal, person: Person, offer: Offer, establishment: Establishment, adviser: UserAccount
) -> ProposalLine:
    return ProposalLine(
        id=proposal.id,
        candidate_id=proposal.candidate_id,
        person=f"{person.given_name} {person.family_name}",
        offer_id=offer.id,
        title=offer.title,
        employer=establishment.name,
        adviser=adviser.name,
        state=proposal.state,
        since=_day(proposal.state_changed_at),
        waiting=_WAITING.get(proposal.state, ""),
    )


def read_proposal(ctx: Context, actor: Actor, proposal_id: int) -> ProposalSheet:
    """A proposal with its history and the steps possible now."""
    require(actor, Permission.PROPOSE)
    with ctx.read() as session:
        proposal = scope.fetch(session, actor, Proposal, proposal_id, selectinload(Proposal.steps))
        row = session.execute(_lines().where(Proposal.id == proposal_id)).one()
        writers = select(UserAccount.id, UserAccount.name).where(
            UserAccount.id.in_([step.by_id for step in proposal.steps])
        )
        names = {row.id: row.name for row in session.execute(writers)}
        steps = tuple(
            StepLine(
                step.state,
                step.happened_on,
                step.at,
                # Closed by the service itself: nobody noted it.
                "" if step.state is ProposalState.EXPIRED else names.get(step.by_id, ""),
                BY_CODE[step.reason_code].label if step.reason_code in BY_CODE else "",
                step.note,
            )
            for step in proposal.steps
        )
        offer = row[2]
        return ProposalSheet(
            line=_line(*row),
            version=proposal.version,
            agreed_on=proposal.agreed_on,
            channel=proposal.agreement_channel,
            interview_on=proposal.interview_on,
            hired_on=proposal.hired_on,
            steps=steps,
            actions=rules.actions(proposal.state, actor.role),
            part_time=_part_time(offer),
            seats_left=rules.seats_left(offer.seats, offer.filled_seats),
            phone=row[1].phone,
        )


def _part_time(offer: Offer) -> bool:
    return offer.weekly_minutes is not None and offer.weekly_minutes < FULL_TIME_MINUTES


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


__all__ = [
    "WAITING_FOR",
    "Chosen",
    "Filters",
    "Preview",
    "ProposalLine",
    "ProposalPage",
    "ProposalSheet",
    "RefusalSide",
    "StepLine",
    "Wanted",
    "expire_silent_proposals",
    "list_proposals",
    "move_proposal",
    "preview_proposals",
    "propose_candidates",
    "read_proposal",
]
