"""What a contract's own terms make of missing hours, the formal notices sent, and what a person decided.

Nothing is applied by itself: a simulation is only read, a decision is taken by somebody and keeps its day's working.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor, Permission, require
from matching.clauses import figures
from matching.clauses.due import effective_end
from matching.clauses.penalty import (
    Claimable,
    ClaimState,
    IndexMoment,
    Penalty,
    PenaltyTerms,
    claimable_from,
    compute_penalty,
)
from matching.clauses.progress import missing_minutes
from matching.clauses.terms import PenaltyDecisionKind
from matching.errors import Conflict, FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.reference.legal import amount_on
from matching.services.clauses.documents import months_of
from matching.services.clauses.due import folds_of, minutes_due_of
from matching.services.clauses.events import Document
from matching.services.clauses.evidence import store_evidence
from matching.services.clauses.penalty_terms import terms_of
from matching.services.clauses.registers import legal_amounts
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment
from matching.store.tables.declarations import Evidence
from matching.store.tables.follow_through import FormalNotice, PenaltyDecision
from matching.store.unit_of_work import UnitOfWork
from matching.text import MONTHS, NBSP, written_day, written_hours

NOTICE_KIND = "formal_notice"
LONGEST_REASON = 2000
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)
_NOT_DECIDED = "La décision n’a pas été enregistrée."
_NOT_NOTED = "La mise en demeure n’a pas été enregistrée."


@dataclass(frozen=True)
class Asked:
    """What to compute: a day (None: today), minutes missing (None: due less validated that day), late days."""

    on: date | None = None
    missing: int | None = None
    late_days: int = 0


@dataclass(frozen=True)
class PenaltyView:
    """A simulation. Minutes and cents; `working` in French, a step a line.

    `penalty` is None, and `lacking` says what to fill in, when the terms cannot be computed as they are known.
    """

    on: date
    due: int
    validated: int
    missing: int
    late_days: int
    penalty: Penalty | None
    working: tuple[str, ...]
    lacking: str
    best_efforts: bool
    claim: Claimable
    claim_words: str

    @property
    def amount_cents(self) -> int | None:
        """None when it cannot be computed: unknown is not zero."""
        return None if self.penalty is None else self.penalty.amount_cents


@dataclass(frozen=True)
class NoticeLine:
    id: int
    sent_on: date
    received_on: date | None
    by: str
    evidence_id: int | None
    filename: str


@dataclass(frozen=True)
class DecisionLine:
    """What a person decided, with the working of that day."""

    id: int
    at: datetime
    by: str
    kind: PenaltyDecisionKind
    missing: int
    late_days: int
    computed_cents: int
    amount_cents: int
    working: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class PenaltySheet:
    """The page of a penalty. `view` None: the contract has no penalty term known here.

    `at_forecast`: what the end of the lot would give, sure hours only; None once it has ended or when its end is not
    known. `last_decision`: the id to send back with a decision, 0 for none.
    """

    commitment_id: int
    label: str
    number: str
    buyer: str
    today: date
    terms: PenaltyTerms
    view: PenaltyView | None
    at_forecast: PenaltyView | None
    notices: tuple[NoticeLine, ...]
    decisions: tuple[DecisionLine, ...]

    @property
    def last_decision(self) -> int:
        return self.decisions[0].id if self.decisions else 0


def penalty_today(
    session: Session, commitment: Commitment, due: int, validated: int, today: date
) -> PenaltyView | None:
    """What the terms would give if the lot ended today; None for a contract without penalty. A few statements."""
    return _view(session, commitment, today, Asked(), due, validated, "")


def read_penalty(
    ctx: Context, actor: Actor, commitment_id: int, asked: Asked | None = None, *, sure: int | None = None
) -> PenaltySheet:
    """The penalty of a commitment on a day, and what was decided. Raises `Invalid` for absurd days or hours.

    `sure`: minutes that the forecast holds for certain (`progress`), for the penalty at the end of the lot.
    """
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        view = _simulate(session, row, asked or Asked(), today)
        return PenaltySheet(
            row.id,
            row.label,
            row.contract.number,
            row.contract.buyer.name,
            today,
            terms_of(row.penalty),
            view,
            _at_forecast(session, row, sure, today) if view else None,
            _notices(session, row.id),
            _decisions(session, row.id),
        )


def has_terms(terms: PenaltyTerms) -> bool:
    """Whether the contract, as known here, puts a price on anything."""
    priced = (terms.per_hour_cents, terms.index_code, terms.late_day_cents, terms.lump_cents)
    return any(value is not None for value in priced)


# --- the simulation ----------------------------------------------------------------------------------------------


def _simulate(session: Session, row: Commitment, asked: Asked, today: date) -> PenaltyView | None:
    on = asked.on or today
    if not _EARLIEST <= on <= _LATEST:
        message = "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026."
        raise Invalid(message, [FieldError("on", message)])
    due = minutes_due_of(session, [row.id], on, today)[row.id]
    validated = sum(minutes for month, minutes in months_of(session, row.id) if month <= on)
    until = "" if on >= today else f" jusqu’en {MONTHS[on.month - 1]}{NBSP}{on.year} compris"
    return _view(session, row, today, replace(asked, on=on), due, validated, until)


def _at_forecast(session: Session, row: Commitment, sure: int | None, today: date) -> PenaltyView | None:
    """At the end of the lot, if nothing more comes than the hours that are sure."""
    last_day = effective_end(row.window_to or row.contract.end_on, _terminated_on(session, row, today))
    if sure is None or last_day is None or last_day <= today:
        return None
    due = minutes_due_of(session, [row.id], last_day, today)[row.id]
    return _view(session, row, today, Asked(last_day), due, row.validated_minutes + sure, " ou sûres")


def _terminated_on(session: Session, row: Commitment, today: date) -> date | None:
    """The day of a termination known today, one to come included: nothing is worked after it."""
    return folds_of(session, [row.id])[row.id].ended(date.max, today)


def _view(
    session: Session, row: Commitment, today: date, asked: Asked, due: int, validated: int, which: str
) -> PenaltyView | None:
    terms = terms_of(row.penalty)
    if not has_terms(terms):
        return None
    on, found = asked.on or today, missing_minutes(due, validated)
    missing = found if asked.missing is None else asked.missing
    lines = [
        f"Au {written_day(on)}{NBSP}: {written_hours(due)} dues, {written_hours(validated)} validées{which},"
        f" {written_hours(found)} manquantes"
    ]
    if missing != found:
        lines.append(f"Heures manquantes retenues par une personne{NBSP}: {_said(missing)}")
    penalty, lacking = None, ""
    try:
        index = _index(session, row, terms, on, today, lines) if missing and terms.index_code else None
        penalty = compute_penalty(terms, missing, asked.late_days, index)
        lines.extend(_not_priced(terms, missing, asked.late_days))
        lines.extend(penalty.working)
    except Invalid as error:
        if {item.field for item in error.errors} & {"missing", "late_days"}:
            raise
        lacking = " ".join(item.message for item in error.errors) or error.message
    claim = _claim(terms, _notices(session, row.id))
    words = written_claim(claim, today)
    return PenaltyView(
        on, due, validated, missing, asked.late_days, penalty, tuple(lines), lacking, terms.best_efforts, claim, words
    )


def _said(minutes: int) -> str:
    return written_hours(minutes) if minutes >= 0 else str(minutes)


def _not_priced(terms: PenaltyTerms, missing: int, late_days: int) -> Iterable[str]:
    """What is missing or late and has no price: said, so that a zero is not read as a decision."""
    if missing and terms.per_hour_cents is None and terms.index_code is None:
        yield "Heures manquantes : le contrat ne fixe rien par heure".replace(" :", f"{NBSP}:")
    if late_days and terms.late_day_cents is None:
        yield "Jours de retard : le contrat ne fixe rien par jour".replace(" :", f"{NBSP}:")


def _index(session: Session, row: Commitment, terms: PenaltyTerms, on: date, today: date, lines: list[str]) -> Decimal:
    """The index in euros on the day that the contract says; its line joins the working. `Invalid` says what lacks."""
    assert terms.index_code is not None  # asked only then
    name = terms.index_code.label
    day = _index_day(session, row, terms, on, today, name)
    found = amount_on(legal_amounts(session), terms.index_code.parameter, day)
    if found is None:
        raise Invalid(
            f"{name}{NBSP}: aucune valeur connue au {written_day(day)}. Faites-la ajouter aux montants légaux."
        )
    said = (
        f"{name} au {written_day(day)}{NBSP}: {figures.euros(found.amount)}, depuis le {written_day(found.valid_from)}"
    )
    if day > today:
        said += ", dernière valeur connue à ce jour"
    lines.append(said + (", montant à vérifier" if found.to_check else ""))
    return found.amount


def _index_day(session: Session, row: Commitment, terms: PenaltyTerms, on: date, today: date, name: str) -> date:
    """The day on which the contract reads the index; never today's because it is not known."""
    if terms.index_moment is None:
        raise Invalid(
            f"Indiquez quel jour le contrat lit l’indice «{NBSP}{name}{NBSP}»{NBSP}: fin, manquement ou signature."
        )
    if terms.index_moment is IndexMoment.BREACH:
        return on
    if terms.index_moment is IndexMoment.CONTRACT_END:
        day, asked = (
            effective_end(row.contract.end_on, _terminated_on(session, row, today)),
            "la date de fin du contrat",
        )
    else:
        day, asked = row.contract.notified_on, "la date de notification du contrat"
    if day is None:
        raise Invalid(f"Indiquez {asked}{NBSP}: l’indice «{NBSP}{name}{NBSP}» se lit ce jour-là.")
    return day


# --- formal notices ----------------------------------------------------------------------------------------------


def written_claim(claim: Claimable, today: date) -> str:
    """When it could be claimed, in one sentence."""
    if claim.from_on is not None:
        verb = "Réclamable depuis le" if claim.from_on <= today else "Réclamable à partir du"
        return f"{verb} {written_day(claim.from_on)}, après le délai de la mise en demeure."
    return {
        ClaimState.AT_ONCE: "Le contrat ne demande pas de mise en demeure préalable.",
        ClaimState.NOTICE_NOT_SENT: "Le contrat demande une mise en demeure préalable, et aucune n’est enregistrée.",
        ClaimState.RECEIPT_UNKNOWN: "Le délai court à partir de la réception de la mise en demeure, qui reste à noter.",
    }[claim.state]


def _claim(terms: PenaltyTerms, notices: tuple[NoticeLine, ...]) -> Claimable:
    """By the notice that opens the claim first: a reminder does not push the day back."""
    claims = [claimable_from(terms, one.sent_on, one.received_on) for one in notices]
    dated = [one for one in claims if one.from_on is not None]
    if dated:
        return min(dated, key=lambda one: one.from_on or _LATEST)
    return claims[0] if claims else claimable_from(terms, None, None)


def _notices(session: Session, commitment_id: int) -> tuple[NoticeLine, ...]:
    query = (
        select(FormalNotice, UserAccount.name, Evidence.filename)
        .outerjoin(UserAccount, UserAccount.id == FormalNotice.by_id)
        .outerjoin(Evidence, Evidence.id == FormalNotice.evidence_id)
        .where(FormalNotice.commitment_id == commitment_id)
        .order_by(FormalNotice.sent_on.desc(), FormalNotice.id.desc())
    )
    return tuple(
        NoticeLine(row.id, row.sent_on, row.received_on, by or "", row.evidence_id, filename or "")
        for row, by, filename in session.execute(query)
    )


def register_notice(
    ctx: Context,
    actor: Actor,
    commitment_id: int,
    sent_on: date | None,
    received_on: date | None = None,
    document: Document | None = None,
) -> int:
    """Keep a formal notice that was sent, with its letter when given; its id. Raises `Invalid`."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        _check_notice(sent_on, received_on, ctx.clock.today())
        assert sent_on is not None  # checked just above
        evidence_id = None
        if document is not None:
            evidence_id = store_evidence(
                ctx, work, document.content, document.filename, NOTICE_KIND, commitment_id=row.id
            )
        notice = FormalNotice(
            commitment_id=row.id,
            sent_on=sent_on,
            received_on=received_on,
            evidence_id=evidence_id,
            by_id=work.actor_id,
            at=work.at,
        )
        work.session.add(notice)
        row.last_action_at = work.at
        work.session.flush()
        work.record("formal_notice.sent", "commitment", row.id, sent_on=sent_on.isoformat())
        return notice.id


def note_receipt(ctx: Context, actor: Actor, commitment_id: int, notice_id: int, received_on: date | None) -> None:
    """The day a formal notice was received, once known. `Conflict` when somebody noted it meanwhile."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        notice = work.session.get(FormalNotice, notice_id) if 0 < notice_id < 2**31 else None
        if notice is None or notice.commitment_id != row.id:
            raise NotFound()
        if notice.received_on is not None:
            raise Conflict(f"La réception est déjà notée, au {written_day(notice.received_on)}.")
        if received_on is None:
            message = "Indiquez le jour de la réception, comme 12/06/2026."
            raise Invalid(message, [FieldError("received_on", message)])
        _check_notice(notice.sent_on, received_on, ctx.clock.today())
        notice.received_on = received_on
        flag_modified(row, "last_action_at")  # its version keeps two officers from noting two days
        row.last_action_at = work.at
        work.record("formal_notice.received", "commitment", row.id, received_on=received_on.isoformat())


def _check_notice(sent_on: date | None, received_on: date | None, today: date) -> None:
    problems = Problems()
    if sent_on is None:
        problems.add("sent_on", "Indiquez le jour de l’envoi, comme 09/06/2026.")
    elif not _EARLIEST <= sent_on <= today:
        problems.add("sent_on", "L’envoi ne peut pas être à venir. Notez une mise en demeure déjà envoyée.")
    if received_on is not None and received_on > today:
        problems.add(
            "received_on", "La réception ne peut pas être à venir. Laissez vide tant qu’elle n’est pas connue."
        )
    elif received_on is not None and sent_on is not None and received_on < sent_on:
        problems.add("received_on", "La réception vient après l’envoi. Corrigez l’une des deux dates.")
    problems.raise_if_any(_NOT_NOTED)


# --- the decision ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DecisionInput:
    """A decision on what the page showed: `seen_cents` was computed, `seen_decision` was the last decision (0: none).

    `amount_cents` only to reduce; `reason` to reduce or waive.
    """

    kind: PenaltyDecisionKind | None
    asked: Asked
    seen_cents: int | None
    seen_decision: int = 0
    amount_cents: int | None = None
    reason: str = ""


def decide_penalty(ctx: Context, actor: Actor, commitment_id: int, wanted: DecisionInput) -> int:
    """Apply, reduce or waive what is computed today; the decision's id.

    Raises `Conflict` when the computation or the decisions changed since the page was opened, `RuleRefused` when
    nothing can be claimed, `Invalid` for a reason or an amount to mend.
    """
    require(actor, Permission.DECIDE_PENALTY)
    today = ctx.clock.today()
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        view = _simulate(work.session, row, wanted.asked, today)
        if view is None or view.penalty is None:
            lacking = view.lacking if view else "Les pénalités du contrat ne sont pas renseignées."
            raise RuleRefused(f"Rien à décider pour l’instant. {lacking}")
        _check_unchanged(work.session, row.id, view, wanted)
        amount = _amount(wanted, view, today)
        return _keep(work, row, actor, wanted, view, view.penalty, amount)


def _check_unchanged(session: Session, commitment_id: int, view: PenaltyView, wanted: DecisionInput) -> None:
    last = next(iter(_decisions(session, commitment_id)), None)
    if last is not None and last.id != wanted.seen_decision:
        who = last.by or "Quelqu’un d’autre"
        raise Conflict(
            f"{who} a décidé entre-temps{NBSP}: «{NBSP}{last.kind.label}{NBSP}», {figures.cents(last.amount_cents)}. "
            "Lisez cette décision, puis reprenez la vôtre si elle reste utile."
        )
    if wanted.seen_cents is not None and wanted.seen_cents != view.amount_cents:
        raise Conflict(
            f"Le calcul a changé depuis l’ouverture de la page{NBSP}: {figures.cents(view.amount_cents or 0)}. "
            "Relisez-le, puis décidez."
        )


def _amount(wanted: DecisionInput, view: PenaltyView, today: date) -> int:
    """The cents decided; the reason and the day of the claim are checked with them."""
    kind, computed, reason = wanted.kind, view.amount_cents or 0, wanted.reason.strip()
    problems = Problems()
    if kind is None:
        problems.add("kind", "Choisissez d’appliquer, de réduire ou d’exonérer.")
    if kind in (PenaltyDecisionKind.REDUCE, PenaltyDecisionKind.WAIVE) and not reason:
        problems.add("reason", "Écrivez la raison : elle reste avec la décision.".replace(" :", f"{NBSP}:"))
    if len(reason) > LONGEST_REASON:
        problems.add("reason", f"Raccourcissez la raison{NBSP}: {LONGEST_REASON} caractères au plus.")
    if kind is PenaltyDecisionKind.REDUCE and computed and not 0 < (wanted.amount_cents or 0) < computed:
        problems.add(
            "amount_cents",
            f"Le montant réduit est plus grand que zéro et plus petit que {figures.cents(computed)}. "
            "Pour ne rien réclamer, choisissez d’exonérer.",
        )
    problems.raise_if_any(_NOT_DECIDED)
    if kind is PenaltyDecisionKind.WAIVE:
        return 0
    if not computed:
        raise RuleRefused("Le calcul donne zéro : il n’y a rien à réclamer.".replace(" :", f"{NBSP}:"))
    if not view.claim.open_on(today):
        raise RuleRefused(f"La pénalité ne peut pas encore être réclamée. {view.claim_words}")
    return computed if kind is PenaltyDecisionKind.APPLY else wanted.amount_cents or 0


def _keep(
    work: UnitOfWork,
    row: Commitment,
    actor: Actor,
    wanted: DecisionInput,
    view: PenaltyView,
    penalty: Penalty,
    amount: int,
) -> int:
    assert wanted.kind is not None  # checked with the amount
    decision = PenaltyDecision(
        commitment_id=row.id,
        kind=wanted.kind,
        missing_minutes=view.missing,
        late_days=view.late_days,
        computed_cents=penalty.amount_cents,
        amount_cents=amount,
        working="\n".join(view.working),
        reason=wanted.reason.strip(),
        by_id=actor.user_id,
        at=work.at,
    )
    work.session.add(decision)
    # The version of the row decides between two officers at once, even within the same instant.
    flag_modified(row, "last_action_at")
    row.last_action_at = work.at
    work.session.flush()
    work.record("penalty.decided", "commitment", row.id, note=decision.reason, kind=wanted.kind.value, cents=amount)
    return decision.id


def _decisions(session: Session, commitment_id: int) -> tuple[DecisionLine, ...]:
    """The latest first."""
    query = (
        select(PenaltyDecision, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == PenaltyDecision.by_id)
        .where(PenaltyDecision.commitment_id == commitment_id)
        .order_by(PenaltyDecision.id.desc())
    )
    return tuple(
        DecisionLine(
            row.id,
            row.at,
            by or "",
            row.kind,
            row.missing_minutes,
            row.late_days,
            row.computed_cents,
            row.amount_cents,
            tuple(row.working.splitlines()),
            row.reason,
        )
        for row, by in session.execute(query)
    )
