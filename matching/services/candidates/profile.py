"""What is known of a person for work: goals, experience, skills, hard facts, week, barriers.

Unknown is no row: answering « à confirmer » to a question takes the row away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor
from matching.errors import FieldError, Invalid, NotFound, Problems, RuleRefused
from matching.exchange.values import BadValue
from matching.reference.skill_search import SkillSuggestion
from matching.services.candidates import week
from matching.services.candidates.answers import FactAnswer, Source
from matching.services.candidates.editing import Edit, editing, refresh_words, resolve_occupation
from matching.services.context import Context
from matching.store.tables.people import (
    Candidate,
    CandidateBarrier,
    CandidateExperience,
    CandidateFact,
    CandidateGoal,
    CandidateSkill,
    CandidateWindow,
)
from matching.store.tables.reference import FactKind, RomeOccupation, RomeSkill, Skill
from matching.terms import Barrier, BarrierProgress, BarrierState, FactSource, Known
from matching.text import fold

R = TypeVar("R", CandidateGoal, CandidateExperience)

MAX_GOALS = 5
MAX_EXPERIENCES = 8
MAX_SKILLS = 32
"""What the ranking reads of each (`matching.engine.people`)."""


# --- job goals -----------------------------------------------------------------------------------


def add_goal(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    version: int | None,
    own_words: str,
    rome_code: str,
    title_id: int | None = None,
) -> None:
    """Add a job goal after the others: the person's own words and the occupation chosen for them."""
    with editing(ctx, actor, candidate_id, version) as edit:
        append_goal(edit, own_words, rome_code, title_id)
        refresh_words(edit.work.session, edit.candidate)
        edit.record("candidate.goal_added", own_words, rome_code=rome_code, title_id=title_id)


def append_goal(edit: Edit, own_words: str, rome_code: str, title_id: int | None) -> None:
    """As `add_goal`, within a transaction; the words are to be refreshed after."""
    goals = edit.candidate.goals
    if len(goals) >= MAX_GOALS:
        raise RuleRefused(f"{MAX_GOALS} projets sont déjà notés. Retirez-en un avant d’en ajouter un autre.")
    chosen = resolve_occupation(edit.work.session, rome_code, title_id)
    if any((goal.rome_code, goal.title_id) == (chosen.rome_code, chosen.title_id) for goal in goals):
        raise RuleRefused("Ce métier est déjà dans les projets de la personne.")
    goals.append(
        CandidateGoal(
            position=1 + max((goal.position for goal in goals), default=-1),
            rome_code=chosen.rome_code,
            rome_version=chosen.version,
            title_id=chosen.title_id,
            own_words=own_words.strip()[:200],
        )
    )


def remove_goal(ctx: Context, actor: Actor, candidate_id: int, version: int | None, goal_id: int) -> None:
    """Take a job goal away."""
    with editing(ctx, actor, candidate_id, version) as edit:
        goal = _own(edit.candidate.goals, goal_id)
        edit.candidate.goals.remove(goal)
        edit.work.session.flush()
        refresh_words(edit.work.session, edit.candidate)
        edit.record("candidate.goal_removed", goal.own_words, rome_code=goal.rome_code)


def raise_goal(ctx: Context, actor: Actor, candidate_id: int, version: int | None, goal_id: int) -> None:
    """Move a job goal one place up; the first stays first."""
    with editing(ctx, actor, candidate_id, version) as edit:
        goals = edit.candidate.goals
        place = goals.index(_own(goals, goal_id))
        ordered = [*goals]
        if place > 0:
            ordered[place - 1], ordered[place] = ordered[place], ordered[place - 1]
        # Positions are unique: they are freed before they are given again.
        for number, goal in enumerate(ordered):
            goal.position = 1000 + number
        edit.work.session.flush()
        for number, goal in enumerate(ordered):
            goal.position = number
        edit.work.session.flush()
        edit.record("candidate.goals_ordered", rome_codes=[goal.rome_code for goal in ordered])


def _own(rows: Sequence[R], key: int) -> R:
    found = next((row for row in rows if row.id == key), None)
    if found is None:
        raise NotFound("Cette ligne n’existe plus. Rouvrez la page.")
    return found


# --- experience ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Experience:
    """`months` and `ended_on` may be unknown; `title_id` only serves to find the occupation."""

    own_words: str
    rome_code: str
    months: int | None = None
    ended_on: date | None = None
    source: FactSource = FactSource.DECLARED


def add_experience(ctx: Context, actor: Actor, candidate_id: int, version: int | None, experience: Experience) -> None:
    """Add an experience."""
    with editing(ctx, actor, candidate_id, version) as edit:
        append_experience(edit, experience, ctx.clock.today())
        refresh_words(edit.work.session, edit.candidate)
        edit.record(
            "candidate.experience_added",
            experience.own_words,
            rome_code=experience.rome_code,
            months=experience.months,
            source=experience.source.value,
        )


def append_experience(edit: Edit, experience: Experience, today: date) -> None:
    """As `add_experience`, within a transaction; the words are to be refreshed after."""
    problems = Problems()
    if experience.months is not None and not 0 < experience.months <= 720:
        problems.add("months", "Écrivez un nombre de mois, de 1 à 720, ou laissez vide.", experience.months)
    if experience.ended_on is not None and experience.ended_on > today:
        problems.add("ended_on", "Écrivez une date passée, ou laissez vide si c’est en cours.", experience.ended_on)
    problems.raise_if_any()
    if len(edit.candidate.experiences) >= MAX_EXPERIENCES:
        raise RuleRefused(f"{MAX_EXPERIENCES} expériences sont déjà notées. Retirez la moins utile d’abord.")
    chosen = resolve_occupation(edit.work.session, experience.rome_code, None)
    edit.candidate.experiences.append(
        CandidateExperience(
            rome_code=chosen.rome_code,
            rome_version=chosen.version,
            own_words=experience.own_words.strip()[:200],
            months=experience.months,
            ended_on=experience.ended_on,
            source=experience.source,
            known_on=today,
        )
    )


def remove_experience(ctx: Context, actor: Actor, candidate_id: int, version: int | None, experience_id: int) -> None:
    """Take an experience away."""
    with editing(ctx, actor, candidate_id, version) as edit:
        experience = _own(edit.candidate.experiences, experience_id)
        edit.candidate.experiences.remove(experience)
        refresh_words(edit.work.session, edit.candidate)
        edit.record("candidate.experience_removed", experience.own_words, rome_code=experience.rome_code)


# --- skills --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SkillChoice:
    """A skill that can be answered; `value` is what is noted now. `told`: by the words searched."""

    id: int
    label: str
    value: Known = Known.UNKNOWN
    source: FactSource | None = None
    known_on: date | None = None
    told: bool = False


def suggest_skills(
    session: Session, candidate: Candidate, told: Sequence[SkillSuggestion] | None
) -> tuple[SkillChoice, ...]:
    """Those `told` by words, then those noted; without words (None) noted first, then 40 of the goals' occupations."""
    noted = {row.skill_id: row for row in candidate.skills}
    labels = dict(session.execute(select(Skill.id, Skill.label).where(Skill.id.in_(noted))).all())
    known = [SkillChoice(key, labels.get(key, ""), row.value, row.source, row.known_on) for key, row in noted.items()]
    known.sort(key=lambda skill: fold(skill.label))
    if told is None:
        others = [SkillChoice(key, label) for key, label in _skills_of_goals(session, candidate) if key not in noted]
        return (*known, *others[:40])
    answers = {skill.id: skill for skill in known}
    found = [replace(answers.get(int(one.id), SkillChoice(int(one.id), one.label)), told=True) for one in told]
    first = {skill.id for skill in found}
    return (*found, *(skill for skill in known if skill.id not in first))


def _skills_of_goals(session: Session, candidate: Candidate) -> list[tuple[int, str]]:
    codes = {goal.rome_code for goal in candidate.goals}
    families = select(RomeOccupation.family).where(RomeOccupation.code.in_(codes))
    query = (
        select(Skill.id, Skill.label)
        .join(RomeSkill, RomeSkill.skill_id == Skill.id)
        .where(or_(RomeSkill.rome_code.in_(codes), RomeSkill.rome_code.in_(families)))
        .distinct()
        .order_by(Skill.label)
        .limit(60)
    )
    return list(session.execute(query).all())


def set_skills(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    version: int | None,
    answers: Mapping[int, Known],
    source: FactSource = FactSource.DECLARED,
) -> int:
    """Note skills by id: yes, no, or unknown (takes the row away). Returns how many changed."""
    with editing(ctx, actor, candidate_id, version) as edit:
        changed = put_skills(edit, answers, Source(source, ctx.clock.today()))
        edit.record("candidate.skills_edited", skills=changed, source=source.value)
    return len(changed)


def put_skills(edit: Edit, answers: Mapping[int, Known], source: Source) -> list[int]:
    """As `set_skills`, within a transaction; the ids that changed."""
    session, candidate = edit.work.session, edit.candidate
    noted = {row.skill_id: row for row in candidate.skills}
    known = set(session.execute(select(Skill.id).where(Skill.id.in_(answers))).scalars())
    changed = []
    for key, value in answers.items():
        row = noted.get(key)
        if key not in known or (row.value if row else Known.UNKNOWN) is value:
            continue
        changed.append(key)
        if row is not None:
            candidate.skills.remove(row)
            session.flush()
        if value is not Known.UNKNOWN:
            candidate.skills.append(
                CandidateSkill(skill_id=key, value=value, source=source.source, known_on=source.known_on)
            )
    if len(candidate.skills) > MAX_SKILLS:
        raise Invalid(f"{MAX_SKILLS} compétences au plus : gardez les plus utiles pour un emploi.")
    return changed


# --- hard facts ----------------------------------------------------------------------------------


def set_facts(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    version: int | None,
    answers: Mapping[str, FactAnswer | None],
    source: Source,
    confirmed: Iterable[str] = (),
) -> int:
    """Note answers by fact code; None is unknown and takes the row away. Returns how many changed.

    A fact answered as before keeps its source and date, unless it is in `confirmed`.
    """
    with editing(ctx, actor, candidate_id, version) as edit:
        changed = put_facts(edit, answers, source, frozenset(confirmed), ctx.clock.today())
        edit.record("candidate.facts_edited", facts=changed, source=source.source.value)
    return len(changed)


def put_facts(
    edit: Edit,
    answers: Mapping[str, FactAnswer | None],
    source: Source,
    confirmed: frozenset[str],
    today: date,
) -> list[str]:
    """As `set_facts`, within a transaction; the codes that changed."""
    if source.known_on > today:
        raise Invalid(
            "Rien n’a été enregistré.", [FieldError("known_on", "Cette date n’est pas encore passée : corrigez-la.")]
        )
    session, candidate = edit.work.session, edit.candidate
    _check_codes(session, answers)
    noted = {row.fact: row for row in candidate.facts}
    _check_hours(noted, answers)
    changed = []
    for code, answer in answers.items():
        row = noted.get(code)
        before = FactAnswer(row.value, row.amount, row.valid_until) if row else None
        if before == answer and not (row and code in confirmed):
            continue
        changed.append(code)
        if answer is None and row is not None:
            candidate.facts.remove(row)
        elif answer is not None:
            if row is None:
                row = CandidateFact(fact=code)
                candidate.facts.append(row)
            row.value, row.amount, row.valid_until = answer.value, answer.amount, answer.valid_until
            row.source, row.known_on = source.source, source.known_on
    return changed


def _check_codes(session: Session, answers: Mapping[str, FactAnswer | None]) -> None:
    known = set(session.execute(select(FactKind.code).where(FactKind.code.in_(answers))).scalars())
    unknown = sorted(set(answers) - known)
    if unknown:
        raise Invalid("Rien n’a été enregistré.", [FieldError(unknown[0], "Cette question n’existe plus.")])


def _check_hours(noted: Mapping[str, CandidateFact], answers: Mapping[str, FactAnswer | None]) -> None:
    def amount(code: str) -> int | None:
        if code in answers:
            answer = answers[code]
            return answer.amount if answer else None
        return noted[code].amount if code in noted else None

    low, high = amount("hours_min"), amount("hours_max")
    if low is not None and high is not None and low > high:
        raise Invalid(
            "Rien n’a été enregistré.",
            [FieldError("amount-hours_max", "Les heures au plus sont moins que les heures au moins : corrigez-les.")],
        )


# --- the week ------------------------------------------------------------------------------------


def read_week(candidate: Candidate) -> list[week.Window]:
    """The windows of a person, in order."""
    return sorted(week.Window(w.weekday, w.start_minute, w.end_minute, w.value) for w in candidate.windows)


def set_week(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    version: int | None,
    windows: Sequence[week.Window],
    source: Source,
) -> None:
    """Replace the windows of the week. A window that stays keeps its source and date."""
    with editing(ctx, actor, candidate_id, version) as edit:
        changed = put_week(edit, windows, source)
        edit.record("candidate.week_edited", windows=len(windows), changed=changed)


def fill_week(
    ctx: Context,
    actor: Actor,
    candidate_id: int,
    version: int | None,
    days: Sequence[int],
    moments: Sequence[str],
    value: Known,
    source: Source,
) -> None:
    """Answer several days and moments at once; the rest of the week stays as it is."""
    problems = Problems()
    if not days:
        problems.add("days", "Cochez au moins un jour.")
    if not moments:
        problems.add("moments", "Cochez au moins un moment.")
    problems.raise_if_any("La semaine n’a pas changé.")
    with editing(ctx, actor, candidate_id, version) as edit:
        windows = week.fill(read_week(edit.candidate), days, moments, value)
        changed = put_week(edit, windows, source)
        edit.record("candidate.week_edited", windows=len(windows), changed=changed)


def put_week(edit: Edit, windows: Iterable[week.Window], source: Source) -> int:
    """As `set_week`, within a transaction; how many windows came or went."""
    try:
        wanted = set(week.tidy(windows))
    except BadValue as bad:
        raise Invalid("La semaine n’a pas changé.", [FieldError("week", bad.message)]) from None
    rows = edit.candidate.windows
    kept = {}
    for row in [*rows]:
        window = week.Window(row.weekday, row.start_minute, row.end_minute, row.value)
        if window in wanted and window not in kept:
            kept[window] = row
        else:
            rows.remove(row)
    added = sorted(wanted - set(kept))
    for window in added:
        rows.append(
            CandidateWindow(
                weekday=window.weekday,
                start_minute=window.start,
                end_minute=window.end,
                value=window.value,
                source=source.source,
                known_on=source.known_on,
            )
        )
    return len(added)


# --- barriers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BarrierAnswer:
    """`NOT_DISCUSSED` is kept as no row: it is not a no."""

    barrier: Barrier
    state: BarrierState = BarrierState.NOT_DISCUSSED
    progress: BarrierProgress = BarrierProgress.NOT_STARTED
    note: str = ""


def set_barriers(
    ctx: Context, actor: Actor, candidate_id: int, version: int | None, answers: Sequence[BarrierAnswer]
) -> int:
    """Note obstacles and what is being done; returns how many changed. Notes stay out of the trail's chain."""
    if any(len(answer.note) > 1000 for answer in answers):
        raise Invalid("Rien n’a été enregistré. Une note dépasse 1 000 caractères : raccourcissez-la.")
    with editing(ctx, actor, candidate_id, version) as edit:
        changed = [answer.barrier for answer in answers if _put_barrier(edit, answer, ctx.clock.today())]
        states = {answer.barrier: answer.state.value for answer in answers}
        edit.record("candidate.barriers_edited", barriers=[f"{b.value}:{states[b]}" for b in changed])
    return len(changed)


def _put_barrier(edit: Edit, answer: BarrierAnswer, today: date) -> bool:
    rows = edit.candidate.barriers
    row = next((row for row in rows if row.barrier is answer.barrier), None)
    tidy = replace(answer, note=answer.note.strip())
    before = BarrierAnswer(row.barrier, row.state, row.progress, row.note) if row else BarrierAnswer(answer.barrier)
    if tidy.state is BarrierState.NOT_DISCUSSED:
        if row is not None:
            rows.remove(row)
        return row is not None
    if before == tidy:
        return False
    if row is None:
        row = CandidateBarrier(barrier=tidy.barrier)
        rows.append(row)
    row.state, row.progress, row.note, row.known_on = tidy.state, tidy.progress, tidy.note, today
    return True
