"""Recovery plans of a commitment: what would close it, what was signed, whether it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from matching.access.permissions import Actor, Permission, require
from matching.clauses import recovery as rules
from matching.clauses.progress import ONE_DAY, missing_minutes, month_end, month_start
from matching.clauses.recovery import PlanProgress, RecoveryPlan
from matching.errors import Conflict, NotFound, Problems, RuleRefused
from matching.services.clauses.documents import months_of
from matching.services.clauses.due import minutes_due_of
from matching.services.context import Context
from matching.store import scope
from matching.store.tables.accounts import UserAccount
from matching.store.tables.contracts import Commitment
from matching.store.tables.follow_through import RecoveryPlan as PlanRow
from matching.store.unit_of_work import CHANGED_MEANWHILE
from matching.terms import Labelled
from matching.text import NBSP, written_day, written_hours

FULL_WEEK = 35 * 60
LONGEST_NOTE = 2000
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)
_NOT_KEPT = "Le plan n’a pas été enregistré."


class PlanState(Labelled):
    PROPOSED = "proposed", "À valider"
    APPROVED = "approved", "Validé, suivi"
    DROPPED = "dropped", "Abandonné"


@dataclass(frozen=True)
class PlanInput:
    """A plan as typed: minutes a week for each person; None is what was left empty."""

    people: int | None
    weekly_minutes: int | None
    weeks: int | None
    from_on: date | None
    signed_on: date | None = None
    signed_by: str = ""
    review_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class PlanView:
    """A plan on a day. Minutes. `words` « 2 personnes × 35 h × 9 semaines = 630 h ».

    `progress` is measured at `counted_to`, the end of the last month gone by: hours are declared the month after. None
    until the plan has a month to measure, or for a plan that nobody follows.
    """

    id: int
    version: int
    state: PlanState
    plan: RecoveryPlan
    minutes: int
    words: str
    dates: str
    ends_on: date
    over: bool
    progress: PlanProgress | None
    counted_to: date
    progress_words: str
    signed_on: date | None
    signed_by: str
    review_on: date | None
    review_due: bool
    note: str
    by: str

    @property
    def held(self) -> bool | None:
        """None while nothing can be measured."""
        return None if self.progress is None else self.progress.ahead >= 0


@dataclass(frozen=True)
class Suggestion:
    """A plan that would close what is missing, to fill the form with."""

    plan: RecoveryPlan
    words: str
    dates: str
    cover: str


@dataclass(frozen=True)
class PlanBook:
    """What is missing at the end of the works and the plans. Minutes; `sure` is planned and sure.

    Without suggestion, `why_none` says why, and `ask_window` that the end of the works is to be filled in.
    """

    commitment_id: int
    label: str
    number: str
    buyer: str
    due: int
    validated: int
    sure: int
    missing: int
    window_to: date | None
    weekly_minutes: int
    from_on: date
    suggestions: tuple[Suggestion, ...]
    why_none: str
    ask_window: bool
    plans: tuple[PlanView, ...]


def read_plans(
    ctx: Context,
    actor: Actor,
    commitment_id: int,
    weekly_minutes: int | None = None,
    from_on: date | None = None,
    *,
    sure: int = 0,
) -> PlanBook:
    """The plans of a commitment, and some that would close it for people working `weekly_minutes` from `from_on`.

    `sure`: minutes that the forecast holds for certain (`progress`), taken off what is missing. Raises `Invalid`.
    """
    require(actor, Permission.READ_CLAUSES)
    today = ctx.clock.today()
    weekly, begin = weekly_minutes or FULL_WEEK, from_on or next_monday(today)
    problems = Problems()
    if weekly > rules.MOST_WEEKLY_MINUTES:
        most = written_hours(rules.MOST_WEEKLY_MINUTES)
        problems.add("weekly_minutes", f"Indiquez jusqu’à {most} par semaine et par personne.")
    if not _EARLIEST <= begin <= _LATEST:
        problems.add("from_on", "L’année de cette date paraît fausse. Écrivez une date comme 09/06/2026.")
    problems.raise_if_any("Ces plans ne peuvent pas être calculés.")
    with ctx.read() as session:
        row = scope.fetch(session, actor, Commitment, commitment_id)
        # All events that are known: what the end of the works asks, not only today's part.
        due = minutes_due_of(session, [row.id], max(today, row.window_to or today), today)[row.id]
        missing = missing_minutes(due, row.validated_minutes + sure)
        suggested, why = _suggest(missing, weekly, begin, row.window_to)
        return PlanBook(
            row.id,
            row.label,
            row.contract.number,
            row.contract.buyer.name,
            due,
            row.validated_minutes,
            sure,
            missing,
            row.window_to,
            weekly,
            begin,
            suggested,
            why,
            missing > 0 and row.window_to is None,
            plans_of(session, row.id, today),
        )


def plans_of(session: Session, commitment_id: int, today: date) -> tuple[PlanView, ...]:
    """The plans of a commitment, the latest first, each with what was validated since it began. Two statements."""
    query = (
        select(PlanRow, UserAccount.name)
        .outerjoin(UserAccount, UserAccount.id == PlanRow.by_id)
        .where(PlanRow.commitment_id == commitment_id)
        .order_by(PlanRow.id.desc())
    )
    rows = [(row, by or "") for row, by in session.execute(query)]
    months = dict(months_of(session, commitment_id)) if rows else {}
    return tuple(_seen(row, by, months, today) for row, by in rows)


def next_monday(today: date) -> date:
    """The first day that a plan could begin, never today."""
    return today + timedelta(days=7 - today.weekday())


def validated_since(months: Mapping[date, int], from_on: date, until: date) -> int:
    """Minutes worked from `from_on` to the end of the month of `until`.

    Only months are known: the one where the plan begins counts in proportion of its days left, rounded down.
    """
    first = month_start(from_on)
    whole = sum(minutes for month, minutes in months.items() if first < month <= until)
    if first > until:
        return 0
    last = month_end(from_on)
    return whole + months.get(first, 0) * ((last - from_on).days + 1) // last.day


def _seen(row: PlanRow, by: str, months: Mapping[date, int], today: date) -> PlanView:
    plan, state = RecoveryPlan(row.people, row.weekly_minutes, row.weeks, row.from_on), PlanState(row.state)
    ends_on, counted_to = rules.ends_on(plan), month_start(today) - ONE_DAY
    followed = state is PlanState.APPROVED
    progress = None
    if followed and row.from_on <= counted_to:
        # Hours worked after the plan's own end still make up for its delay: they count until today.
        progress = rules.follow(plan, validated_since(months, row.from_on, counted_to), counted_to)
    return PlanView(
        row.id,
        row.version,
        state,
        plan,
        row.minutes,
        rules.written_plan(plan),
        rules.written_dates(plan),
        ends_on,
        today > ends_on,
        progress,
        counted_to,
        _progress_words(progress, counted_to, row.from_on) if followed else "",
        row.signed_on,
        row.signed_by,
        row.review_on,
        followed and row.review_on is not None and row.review_on <= today <= ends_on,
        row.note,
        by,
    )


def _progress_words(progress: PlanProgress | None, counted_to: date, from_on: date) -> str:
    if progress is None:
        return f"Première mesure après le {written_day(month_end(max(from_on, counted_to + ONE_DAY)))}"
    return f"Au {written_day(counted_to)}, {rules.written_progress(progress, counted_to)}"


def _suggest(
    missing: int, weekly_minutes: int, from_on: date, window_to: date | None
) -> tuple[tuple[Suggestion, ...], str]:
    """Plans that close `missing`, or why there is none."""
    if missing <= 0:
        return (), "Il ne manque aucune heure\u00a0: aucun plan n’est nécessaire."
    if window_to is None:
        return (), "La fin de la période de travaux n’est pas connue."
    weeks = rules.weeks_left(from_on, window_to)
    if not weeks:
        return (), f"Il ne reste pas une semaine entière avant la fin des travaux, le {written_day(window_to)}."
    plans = rules.suggest(missing, weekly_minutes, weeks, from_on)
    if not plans:
        return (), f"Il faudrait plus de {rules.MOST_PEOPLE} personnes d’ici la fin\u00a0: aucun plan ne tient."
    return tuple(
        Suggestion(plan, rules.written_plan(plan), rules.written_dates(plan), rules.written_cover(plan, missing))
        for plan in plans
    ), ""


# --- writing -----------------------------------------------------------------------------------------------------


def propose_plan(ctx: Context, actor: Actor, commitment_id: int, wanted: PlanInput) -> int:
    """Keep a plan, to be approved; its id. Raises `Invalid`, field by field."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        plan = _checked(wanted, ctx.clock.today())
        added = PlanRow(
            commitment_id=row.id,
            people=plan.people,
            weekly_minutes=plan.weekly_minutes,
            weeks=plan.weeks,
            from_on=plan.from_on,
            minutes=rules.minutes_of(plan),
            signed_on=wanted.signed_on,
            signed_by=wanted.signed_by.strip(),
            review_on=wanted.review_on,
            state=PlanState.PROPOSED.value,
            note=wanted.note.strip(),
            by_id=work.actor_id,
            created_at=work.at,
        )
        work.session.add(added)
        row.last_action_at = work.at
        work.session.flush()
        work.record("recovery_plan.proposed", "recovery_plan", added.id, commitment=row.id, minutes=added.minutes)
        return added.id


def _checked(wanted: PlanInput, today: date) -> RecoveryPlan:
    problems = Problems()
    if wanted.people is None:
        problems.add("people", "Indiquez le nombre de personnes.")
    if wanted.weekly_minutes is None:
        problems.add("weekly_minutes", "Indiquez les heures par semaine de chaque personne, comme 35 ou 17h30.")
    if wanted.weeks is None:
        problems.add("weeks", "Indiquez le nombre de semaines.")
    if wanted.from_on is None or not _EARLIEST <= wanted.from_on <= _LATEST:
        problems.add("from_on", "Indiquez le jour où le plan commence, comme 15/06/2026.")
    elif wanted.review_on is not None and not wanted.from_on <= wanted.review_on <= _LATEST:
        problems.add("review_on", "Le point se fait après le début du plan.")
    _check_signature(wanted.signed_on, wanted.signed_by, today, problems)
    if len(wanted.note) > LONGEST_NOTE:
        problems.add("note", f"Raccourcissez la note{NBSP}: {LONGEST_NOTE} caractères au plus.")
    problems.raise_if_any(_NOT_KEPT)
    assert wanted.people is not None  # checked just above
    assert wanted.weekly_minutes is not None  # checked just above
    assert wanted.weeks is not None  # checked just above
    assert wanted.from_on is not None  # checked just above
    return RecoveryPlan(wanted.people, wanted.weekly_minutes, wanted.weeks, wanted.from_on)


def _check_signature(signed_on: date | None, signed_by: str, today: date, problems: Problems) -> None:
    if signed_on is not None and not _EARLIEST <= signed_on <= today:
        problems.add("signed_on", "La signature ne peut pas être à venir. Laissez vide tant que rien n’est signé.")
    if signed_on is not None and not signed_by.strip():
        problems.add("signed_by", "Indiquez qui a signé, comme «\u00a0C. Vasseur\u00a0».")
    if len(signed_by.strip()) > 120:
        problems.add("signed_by", f"Raccourcissez le nom du signataire{NBSP}: 120 caractères au plus.")


def approve_plan(
    ctx: Context,
    actor: Actor,
    commitment_id: int,
    plan_id: int,
    version: int,
    *,
    signed_on: date | None = None,
    signed_by: str = "",
) -> None:
    """Follow a plan from now on; a signature given here completes one that was not signed yet.

    Another plan still running is dropped by its own decision first (`RuleRefused`).
    """
    require(actor, Permission.EDIT_CLAUSES)
    today = ctx.clock.today()
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        plan = _own(work.session, row, plan_id, version)
        if plan.state != PlanState.PROPOSED.value:
            state = PlanState(plan.state).label.lower()
            raise RuleRefused(f"Ce plan n’attend plus de validation{NBSP}: il est {state}.")
        if any(one.state is PlanState.APPROVED and not one.over for one in plans_of(work.session, row.id, today)):
            raise RuleRefused("Un autre plan est déjà suivi. Abandonnez-le d’abord, puis validez celui-ci.")
        problems = Problems()
        _check_signature(signed_on, signed_by, today, problems)
        problems.raise_if_any("Le plan n’a pas été validé.")
        if signed_on is not None:
            plan.signed_on, plan.signed_by = signed_on, signed_by.strip()
        plan.state = PlanState.APPROVED.value
        # The commitment's version keeps two officers from approving two plans within the same instant.
        flag_modified(row, "last_action_at")
        row.last_action_at = work.at
        work.record("recovery_plan.approved", "recovery_plan", plan.id, commitment=row.id, minutes=plan.minutes)


def drop_plan(ctx: Context, actor: Actor, commitment_id: int, plan_id: int, version: int) -> None:
    """Stop following a plan, or refuse one; it stays on record."""
    require(actor, Permission.EDIT_CLAUSES)
    with ctx.write(actor) as work:
        row = scope.fetch(work.session, actor, Commitment, commitment_id)
        plan = _own(work.session, row, plan_id, version)
        if plan.state == PlanState.DROPPED.value:
            raise RuleRefused("Ce plan est déjà abandonné.")
        plan.state = PlanState.DROPPED.value
        row.last_action_at = work.at
        work.record("recovery_plan.dropped", "recovery_plan", plan.id, commitment=row.id)


def _own(session: Session, row: Commitment, plan_id: int, version: int) -> PlanRow:
    plan = session.get(PlanRow, plan_id) if 0 < plan_id < 2**31 else None
    if plan is None or plan.commitment_id != row.id:
        raise NotFound()
    if plan.version != version:
        raise Conflict(CHANGED_MEANWHILE)
    return plan
