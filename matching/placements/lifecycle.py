"""From a proposal to a job: states, what each step needs, seats, delays and warnings.

Pure rules over small values; the days come from the caller. A proposal is never refused or sent by the
machine: the only automatic steps are the kind closing of an unanswered one and "hired elsewhere".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from matching.errors import RuleRefused
from matching.placements.reasons import BY_CODE
from matching.terms import AgreementChannel, ProposalState, RefusalSide, Role

S = ProposalState

REMINDER_DAYS = (7, 15)
EXPIRY_DAYS = 60
AGREEMENT_EARLIEST_DAYS = 30

STAFF = frozenset({Role.ADVISER, Role.UNIT_MANAGER})
NOBODY: frozenset[Role] = frozenset()

OPEN_STATES = frozenset({S.PROPOSED, S.AGREED, S.SENT, S.SEEN, S.INTERVIEW, S.IMMERSION, S.OFFERED})
CLOSED_STATES = frozenset(S) - OPEN_STATES
# The states in which somebody's silence ends the proposal; from the interview on, people are talking.
SILENT_STATES = frozenset({S.PROPOSED, S.SENT, S.SEEN})
EMPLOYER_SILENT_STATES = frozenset({S.SENT, S.SEEN})


@dataclass(frozen=True)
class Step:
    """What moving to a state needs.

    `verb` is the label of the button. `agreement`: the dated agreement is given with this step.
    `agreed_before`: an agreement must already be known. `date_label`: a date is asked, under that name
    (None: the day of the step is enough). `reason_side`: a coded reason of that side is required.
    `roles`: who may; empty for a step the service does by itself (`automatic`).
    """

    verb: str
    roles: frozenset[Role] = STAFF
    agreement: bool = False
    agreed_before: bool = False
    date_label: str | None = None
    reason_side: RefusalSide | None = None
    automatic: bool = False
    takes_seat: bool = False


STEPS: Mapping[ProposalState, Step] = {
    S.AGREED: Step("Noter l’accord de la personne", agreement=True),
    S.DECLINED: Step("Noter que la personne décline", reason_side=RefusalSide.PERSON),
    S.SENT: Step("Transmettre à l’employeur", agreed_before=True),
    S.SEEN: Step("Noter que l’employeur l’a vue", agreed_before=True),
    S.INTERVIEW: Step("Noter l’entretien", agreed_before=True, date_label="Date de l’entretien"),
    S.IMMERSION: Step("Noter l’immersion", agreed_before=True, date_label="Premier jour de l’immersion"),
    S.OFFERED: Step("Noter la proposition de poste", agreed_before=True),
    S.HIRED: Step("Noter l’embauche", agreed_before=True, date_label="Premier jour de travail", takes_seat=True),
    S.REFUSED: Step("Noter la réponse négative de l’employeur", agreed_before=True, reason_side=RefusalSide.EMPLOYER),
    S.WITHDRAWN: Step("Retirer la proposition", reason_side=RefusalSide.SERVICE),
    S.EXPIRED: Step("Clore, sans réponse", roles=NOBODY, automatic=True),
    S.HIRED_ELSEWHERE: Step("Clore, embauche ailleurs", roles=NOBODY, automatic=True),
}

# An adviser learns the steps late and by phone: steps after the sending can be skipped, never gone back.
_AFTER_SENDING = (S.SEEN, S.INTERVIEW, S.IMMERSION, S.OFFERED, S.HIRED)
_WAYS_OUT = (S.DECLINED, S.WITHDRAWN, S.HIRED_ELSEWHERE)


def _after(state: ProposalState) -> tuple[ProposalState, ...]:
    return _AFTER_SENDING[_AFTER_SENDING.index(state) + 1 :]


TRANSITIONS: Mapping[ProposalState, tuple[ProposalState, ...]] = {
    S.PROPOSED: (S.AGREED, *_WAYS_OUT, S.EXPIRED),
    S.AGREED: (S.SENT, *_WAYS_OUT),
    S.SENT: (*_AFTER_SENDING, S.REFUSED, *_WAYS_OUT, S.EXPIRED),
    S.SEEN: (*_after(S.SEEN), S.REFUSED, *_WAYS_OUT, S.EXPIRED),
    S.INTERVIEW: (*_after(S.INTERVIEW), S.REFUSED, *_WAYS_OUT),
    S.IMMERSION: (*_after(S.IMMERSION), S.REFUSED, *_WAYS_OUT),
    S.OFFERED: (S.HIRED, S.REFUSED, *_WAYS_OUT),
    **dict.fromkeys(CLOSED_STATES, ()),
}


@dataclass(frozen=True)
class Agreement:
    """The person's agreement for this offer: when and how it was given."""

    on: date
    channel: AgreementChannel


@dataclass(frozen=True)
class Proposal:
    """The facts of a proposal that the rules read."""

    state: ProposalState
    proposed_on: date
    agreement: Agreement | None = None
    sent_on: date | None = None
    step_date: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Move:
    """What somebody asks: `role` None is the service itself (expiry, hired elsewhere)."""

    target: ProposalState
    on: date
    role: Role | None
    agreement: Agreement | None = None
    reason: str | None = None
    step_date: date | None = None


@dataclass(frozen=True)
class Action:
    """A step a person can take now: what the button says and what the form must ask."""

    target: ProposalState
    step: Step

    @property
    def label(self) -> str:
        return self.step.verb


def next_states(state: ProposalState) -> tuple[ProposalState, ...]:
    """Every state this one leads to, automatic ones included; empty when it is closed."""
    return TRANSITIONS[state]


def actions(state: ProposalState, role: Role) -> tuple[Action, ...]:
    """The steps this role can take from this state, in the order the buttons are shown."""
    return tuple(Action(to, STEPS[to]) for to in TRANSITIONS[state] if role in STEPS[to].roles)


def apply(proposal: Proposal, move: Move, *, seats_left: int | None = None) -> Proposal:
    """The proposal after the move.

    `seats_left` is required for a hire: read it in the same transaction, with the offer locked.
    Raises RuleRefused (code `rule_refused`, data `rule`) with the rule and what to do.
    """
    _check_way(proposal, move)
    step = STEPS[move.target]
    _check_agreement(proposal, move, step)
    _check_reason(move, step)
    _check_date(proposal, move, step)
    if step.takes_seat:
        check_seat(seats_left)
    return replace(
        proposal,
        state=move.target,
        agreement=move.agreement if step.agreement else proposal.agreement,
        sent_on=move.on if move.target is S.SENT else proposal.sent_on,
        step_date=move.step_date,
        reason=move.reason if step.reason_side else None,
    )


def _check_way(proposal: Proposal, move: Move) -> None:
    if proposal.state in CLOSED_STATES:
        raise RuleRefused(
            f"Cette proposition est close ({proposal.state.label.lower()}). "
            "Pour reprendre, proposez de nouveau la personne sur cette offre.",
            rule="closed",
        )
    if move.target not in TRANSITIONS[proposal.state]:
        raise RuleRefused(_wrong_way(proposal.state, move.target), rule="transition")
    step = STEPS[move.target]
    allowed = move.role is None if step.automatic else move.role in step.roles
    if not allowed:
        raise RuleRefused(
            "Cette étape est notée par l’unité emploi. Demandez-la au conseiller ou à la conseillère de la personne.",
            rule="role",
        )


def _wrong_way(state: ProposalState, target: ProposalState) -> str:
    if target in _AFTER_SENDING or target in (S.SENT, S.REFUSED):
        if state is S.PROPOSED:
            return "Notez d’abord l’accord de la personne pour cette offre, puis transmettez la proposition."
        if state is S.AGREED:
            return "Transmettez d’abord la proposition à l’employeur."
    possible = ", ".join(STEPS[to].verb for to in TRANSITIONS[state] if not STEPS[to].automatic)
    return (
        f"Depuis « {state.label} », cette étape n’est pas possible. Rechargez la page : "
        f"la proposition a pu avancer. Étapes possibles : {possible}."
    )


def _check_agreement(proposal: Proposal, move: Move, step: Step) -> None:
    if step.agreed_before and proposal.agreement is None:
        raise RuleRefused(
            "L’employeur ne reçoit rien sans l’accord de la personne pour cette offre. Notez d’abord cet accord.",
            rule="agreement",
        )
    if not step.agreement:
        return
    if move.agreement is None:
        raise RuleRefused("Indiquez la date de l’accord et comment il a été donné.", rule="agreement")
    if move.agreement.on > move.on:
        raise RuleRefused("La date de l’accord est dans le futur. Corrigez la date.", rule="agreement_date")
    if move.agreement.on < proposal.proposed_on - timedelta(days=AGREEMENT_EARLIEST_DAYS):
        raise RuleRefused(
            "La date de l’accord est bien antérieure à la proposition. L’accord vaut pour cette offre : "
            "vérifiez la date ou redemandez-le.",
            rule="agreement_date",
        )


def _check_reason(move: Move, step: Step) -> None:
    if step.reason_side is None:
        return
    reason = BY_CODE.get(move.reason or "")
    if reason is None or reason.side is not step.reason_side:
        raise RuleRefused("Choisissez un motif dans la liste.", rule="reason", side=step.reason_side.value)


def _check_date(proposal: Proposal, move: Move, step: Step) -> None:
    if step.date_label is None:
        return
    if move.step_date is None:
        raise RuleRefused(f"{step.date_label} : indiquez la date.", rule="date")
    if move.step_date < proposal.proposed_on:
        raise RuleRefused(
            f"{step.date_label} : cette date est antérieure à la proposition. Corrigez la date.", rule="date"
        )


# --- seats -----------------------------------------------------------------------------------------


def seats_left(seats: int, hired: int) -> int:
    """Seats of the offer not yet taken by a hire; never negative."""
    return max(0, seats - hired)


def check_seat(left: int | None) -> None:
    """Refuse a hire when no seat is left. Raises ValueError if the caller did not count them."""
    if left is None:
        raise ValueError("seats_left is required to hire")
    if left <= 0:
        raise RuleRefused(
            "Tous les postes de cette offre sont déjà pourvus. Si l’employeur recrute une personne de plus, "
            "augmentez d’abord le nombre de postes de l’offre.",
            rule="seats",
        )


# --- delays ----------------------------------------------------------------------------------------


def waiting_since(proposal: Proposal) -> date | None:
    """The day from which somebody's answer is awaited; None when nobody is silent."""
    if proposal.state in EMPLOYER_SILENT_STATES:
        return proposal.sent_on or proposal.proposed_on
    return proposal.proposed_on if proposal.state in SILENT_STATES else None


def is_expired(proposal: Proposal, today: date, *, days: int = EXPIRY_DAYS) -> bool:
    """Whether the silence has lasted `days` (60 unless the unit says otherwise)."""
    since = waiting_since(proposal)
    return since is not None and today >= since + timedelta(days=days)


def reminders_due(
    proposal: Proposal, today: date, already: Iterable[int] = (), *, days: Sequence[int] = REMINDER_DAYS
) -> tuple[int, ...]:
    """The reminders to the employer (in days after the sending) reached and not yet made."""
    if proposal.state not in EMPLOYER_SILENT_STATES or is_expired(proposal, today):
        return ()
    since = proposal.sent_on or proposal.proposed_on
    done = frozenset(already)
    return tuple(mark for mark in days if mark not in done and today >= since + timedelta(days=mark))


# --- the person's other proposals ------------------------------------------------------------------


@dataclass(frozen=True)
class OtherProposal:
    """Another proposal of the same person, as the warnings and the hire read it."""

    id: int
    offer_id: int
    organisation_id: int
    state: ProposalState
    changed_on: date


@dataclass(frozen=True)
class ProposalWarning:
    """Something to know before proposing; it never stops the adviser."""

    code: str
    message: str
    proposal_ids: tuple[int, ...]


def warnings(others: Sequence[OtherProposal], *, offer_id: int, organisation_id: int) -> tuple[ProposalWarning, ...]:
    """What the adviser should know before proposing this person on this offer."""
    found = [
        _warn(
            "same_offer",
            "Déjà proposée sur cette offre : la proposition est ouverte.",
            [o for o in others if o.offer_id == offer_id and o.state in OPEN_STATES],
        ),
        _warn(
            "in_interview",
            "En entretien, en immersion ou avec un poste proposé sur une autre offre : "
            "parlez-en d’abord avec la personne.",
            [o for o in others if o.offer_id != offer_id and o.state in _TALKING],
        ),
        _warn(
            "open_elsewhere",
            "Déjà proposée sur une autre offre, réponse en attente.",
            [o for o in others if o.offer_id != offer_id and o.state in OPEN_STATES and o.state not in _TALKING],
        ),
        _warn(
            "same_employer_before",
            "Cet employeur n’a pas donné suite à une proposition précédente : "
            "regardez le motif noté et ce qui a changé.",
            [o for o in others if o.organisation_id == organisation_id and o.state is S.REFUSED],
        ),
    ]
    return tuple(w for w in found if w is not None)


_TALKING = frozenset({S.INTERVIEW, S.IMMERSION, S.OFFERED})


def _warn(code: str, message: str, about: Sequence[OtherProposal]) -> ProposalWarning | None:
    return ProposalWarning(code, message, tuple(o.id for o in about)) if about else None


def check_not_already_open(others: Sequence[OtherProposal], *, offer_id: int) -> None:
    """One open proposal per person and offer. Raises RuleRefused."""
    if any(o.offer_id == offer_id and o.state in OPEN_STATES for o in others):
        raise RuleRefused(
            "Cette personne est déjà proposée sur cette offre. Ouvrez la proposition en cours pour la faire avancer.",
            rule="already_open",
        )


def to_close_after_hire(others: Sequence[OtherProposal], *, part_time: bool, keep_asked: bool) -> tuple[int, ...]:
    """The person's open proposals that a hire closes as "hired elsewhere".

    They stay open only when the job is part-time and the person asked to keep them.
    Raises RuleRefused when keeping is asked for a full-time job.
    """
    if keep_asked and not part_time:
        raise RuleRefused(
            "Les autres propositions ne peuvent rester ouvertes que si l’emploi est à temps partiel. "
            "Décochez cette case ou corrigez la durée hebdomadaire.",
            rule="keep_open",
        )
    if keep_asked:
        return ()
    return tuple(o.id for o in others if o.state in OPEN_STATES)
