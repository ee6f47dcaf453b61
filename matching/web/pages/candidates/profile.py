"""What is known for work, a section at a time: goals, experience, skills, questions, week, barriers."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, request, url_for

from matching.access.permissions import Permission
from matching.errors import FieldError, Invalid, NotFound, Problems
from matching.exchange.values import BadValue
from matching.services import candidates
from matching.services.candidates import BarrierAnswer, CandidateFile, Experience, FactAnswer, week
from matching.services.candidates.answers import AMOUNT_ONLY, levels, read_answer
from matching.services.candidates.file import FactLine
from matching.terms import WEEKDAYS, Barrier, BarrierProgress, BarrierState, FactGroup, FactSource, FactUnit, Known
from matching.text import fold
from matching.web.guard import requires
from matching.web.pages.candidates import forms
from matching.web.pages.candidates.blueprint import blueprint
from matching.web.pages.candidates.forms import Page, Typed
from matching.web.pages.candidates.sections import file_url, section_page
from matching.web.session import actor, context

_LONGEST_SEARCH = 100
_FACTS_SEARCHED = {"permis", "caces", "certificat", "certificats", "habilitation", "habilitations"}
"""Words of what is asked on pages of its own, not among the skills."""

# --- job goals and experience: own words, then the occupation ------------------------------------


def _suggestions(words: str) -> dict[str, object]:
    """The occupations that these words may mean; `sure` when the first can be taken alone."""
    if not words:
        return {"suggestions": (), "sure": False}
    from matching.services.occupations import suggest

    choice = suggest(context(), words)
    return {"suggestions": choice.suggestions, "sure": choice.sure}


def _words() -> str:
    return (request.args.get("mots") or request.form.get("own_words") or "").strip()[:200]


def _occupation() -> tuple[str, int | None]:
    """The radio chosen: a ROME code, with a title's number after a colon."""
    code, _, title = forms.text("occupation").partition(":")
    if not code:
        message = "Choisissez le métier le plus proche, ou écrivez-le autrement."
        raise Invalid("Le métier n’est pas choisi.", [FieldError("occupation", message)])
    return code, int(title) if title.isdecimal() and len(title) < 12 else None


@blueprint.get("/<int:candidate_id>/projets")
@requires(Permission.EDIT_CANDIDATE)
def goals(candidate_id: int) -> Page:
    """The person's job goals, in order; `mots` looks for an occupation."""
    return _goals(candidate_id, Typed())


def _goals(candidate_id: int, form: Typed) -> str:
    words = _words()
    return section_page("goals.html", candidate_id, form, words=words, **_suggestions(words))


@blueprint.post("/<int:candidate_id>/projets")
@requires(Permission.EDIT_CANDIDATE)
def save_goal(candidate_id: int) -> Page:
    """Add a goal, move one up or take one away."""
    here = url_for("candidates.goals", candidate_id=candidate_id)

    def add() -> None:
        code, title_id = _occupation()
        candidates.add_goal(context(), actor(), candidate_id, forms.version(), _words(), code, title_id)

    def change(use_case: Callable[..., None]) -> Callable[[], None]:
        key = forms.number("goal_id") or 0
        return lambda: use_case(context(), actor(), candidate_id, forms.version(), key)

    actions: dict[str, tuple[Callable[[], None], str]] = {
        "add": (add, "Le projet est ajouté."),
        "up": (change(candidates.raise_goal), "L’ordre des projets est changé."),
        "remove": (change(candidates.remove_goal), "Le projet est retiré."),
    }
    action, done = actions.get(forms.text("action"), actions["add"])
    return forms.submit(action, done, here, lambda form: _goals(candidate_id, form))


@blueprint.get("/<int:candidate_id>/experiences")
@requires(Permission.EDIT_CANDIDATE)
def experiences(candidate_id: int) -> Page:
    """What the person has already done."""
    return _experiences(candidate_id, Typed())


def _experiences(candidate_id: int, form: Typed) -> str:
    words = _words()
    return section_page("experiences.html", candidate_id, form, words=words, sources=FactSource, **_suggestions(words))


@blueprint.post("/<int:candidate_id>/experiences")
@requires(Permission.EDIT_CANDIDATE)
def save_experience(candidate_id: int) -> Page:
    """Add an experience or take one away."""

    def add() -> None:
        problems = Problems()
        months, ended_on = forms.whole("months", problems), forms.day("ended_on", problems)
        source = forms.choice("source", FactSource, problems) or FactSource.DECLARED
        problems.raise_if_any()
        code, _ = _occupation()
        experience = Experience(_words(), code, months, ended_on, source)
        candidates.add_experience(context(), actor(), candidate_id, forms.version(), experience)

    def remove() -> None:
        key = forms.number("experience_id") or 0
        candidates.remove_experience(context(), actor(), candidate_id, forms.version(), key)

    removing = forms.text("action") == "remove"
    return forms.submit(
        remove if removing else add,
        "L’expérience est retirée." if removing else "L’expérience est ajoutée.",
        url_for("candidates.experiences", candidate_id=candidate_id),
        lambda form: _experiences(candidate_id, form),
    )


# --- skills --------------------------------------------------------------------------------------


@blueprint.get("/<int:candidate_id>/competences")
@requires(Permission.EDIT_CANDIDATE)
def skills(candidate_id: int) -> Page:
    """Skills noted, and those of the person's goals; `mots` looks for others."""
    return _skills(candidate_id, Typed())


def _skills(candidate_id: int, form: Typed) -> str:
    typed = request.args.get("mots", "").strip()
    words = typed[:_LONGEST_SEARCH].strip()
    found = candidates.search_skills(context(), actor(), candidate_id, words)
    return section_page(
        "skills.html",
        candidate_id,
        form,
        words=words,
        cut=_LONGEST_SEARCH if len(typed) > _LONGEST_SEARCH else 0,
        elsewhere=_FACTS_SEARCHED & set(fold(words).split()),
        found=found,
        sources=FactSource,
    )


@blueprint.post("/<int:candidate_id>/competences")
@requires(Permission.EDIT_CANDIDATE)
def save_skills(candidate_id: int) -> Page:
    """Note skills: yes, no or not asked; then, when more are looked for, show what is found."""
    searching = forms.text("action") == "search"
    answers = _skill_answers(candidate_id)

    def save() -> None:
        problems = Problems()
        source = forms.choice("source", FactSource, problems) or FactSource.DECLARED
        problems.raise_if_any()
        candidates.set_skills(context(), actor(), candidate_id, forms.version(), answers, source)

    following = file_url(candidate_id, "competences")
    if searching:
        words = forms.text("mots")[: _LONGEST_SEARCH + 1]  # one more than is read: the page says that it was cut
        following = url_for("candidates.skills", candidate_id=candidate_id, mots=words or None, _anchor="mots")
        if not answers:
            return redirect(following, 303)
    return forms.submit(save, "Les compétences sont notées.", following, lambda form: _skills(candidate_id, form))


def _skill_answers(candidate_id: int) -> dict[int, Known]:
    """The answers of the form that are not those noted until now."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="")
    noted = {skill.id: skill.value for skill in file.skills}
    answers = {
        int(name[6:]): Known(value)
        for name, value in request.form.items()
        if name.startswith("skill-") and name[6:].isdecimal() and len(name) < 20 and value in set(Known)
    }
    return {key: value for key, value in answers.items() if noted.get(key, Known.UNKNOWN) is not value}


# --- the questions of a group --------------------------------------------------------------------


def _group(name: str) -> FactGroup:
    try:
        return FactGroup(name)
    except ValueError:
        raise NotFound() from None


@blueprint.get("/<int:candidate_id>/reponses/<group>")
@requires(Permission.EDIT_CANDIDATE)
def facts(candidate_id: int, group: str) -> Page:
    """The questions of a group of the registry."""
    return _facts(candidate_id, _group(group), Typed())


def _facts(candidate_id: int, group: FactGroup, form: Typed) -> str:
    file = candidates.read_candidate(context(), actor(), candidate_id, how="")
    return forms.render(
        "facts.html",
        form,
        file=file,
        group=group,
        section=file.section(group),
        amount_only=AMOUNT_ONLY,
        units=FactUnit,
        levels=levels(group),
        sources=FactSource,
        following=_following(file, group),
    )


def _following(file: CandidateFile, group: FactGroup) -> FactGroup | None:
    """The next group of the registry: somebody with time can go on."""
    groups = [section.group for section in file.sections]
    place = groups.index(group) + 1 if group in groups else len(groups)
    return groups[place] if place < len(groups) else None


@blueprint.post("/<int:candidate_id>/reponses/<group>")
@requires(Permission.EDIT_CANDIDATE)
def save_facts(candidate_id: int, group: str) -> Page:
    """Note the answers of a group; what is not answered stays unknown."""
    asked = _group(group)

    def save() -> None:
        file = candidates.read_candidate(context(), actor(), candidate_id, how="")
        problems = Problems()
        source = forms.source(problems, context().clock.today())
        answers = {line.code: _answer(line, problems) for line in file.section(asked).lines}
        problems.raise_if_any()
        confirmed = request.form.getlist("confirmed")
        candidates.set_facts(context(), actor(), candidate_id, forms.version(), answers, source, confirmed)

    following = forms.text("next")
    next_url = file_url(candidate_id, asked.value)
    if following and following in {one.value for one in FactGroup}:
        next_url = url_for("candidates.facts", candidate_id=candidate_id, group=following)
    return forms.submit(save, "Les réponses sont notées.", next_url, lambda form: _facts(candidate_id, asked, form))


def _answer(line: FactLine, problems: Problems) -> FactAnswer | None:
    names = {part: f"{part}-{line.code}" for part in ("fact", "amount", "until")}
    value, amount, until = (forms.text(name) for name in names.values())
    # An amount just typed beside « à confirmer » says yes: it is not thrown away.
    if value in ("", Known.UNKNOWN.value) and (amount not in ("", line.typed) or until not in ("", _until(line))):
        value = Known.YES.value
    try:
        return read_answer(line.unit, line.group, value, amount, until)
    except BadValue as bad:
        field = names["until"] if line.unit is FactUnit.VALID_UNTIL else names["amount"]
        problems.add(field, f"{line.label} : {bad.message[:1].lower()}{bad.message[1:]}", forms.text(field))
        return None


def _until(line: FactLine) -> str:
    until = line.answer.valid_until if line.answer else None
    return until.strftime("%d/%m/%Y") if until else ""


# --- the week ------------------------------------------------------------------------------------


@blueprint.get("/<int:candidate_id>/semaine")
@requires(Permission.EDIT_CANDIDATE)
def windows(candidate_id: int) -> Page:
    """The hours the person can and cannot work."""
    return _windows(candidate_id, Typed())


def _windows(candidate_id: int, form: Typed) -> str:
    file = candidates.read_candidate(context(), actor(), candidate_id, how="")
    days = [
        (number, day, week.type_day(file.week, number, Known.YES), week.type_day(file.week, number, Known.NO))
        for number, day in enumerate(WEEKDAYS)
    ]
    return forms.render("week.html", form, file=file, days=days, moments=week.MOMENTS, sources=FactSource)


@blueprint.post("/<int:candidate_id>/semaine")
@requires(Permission.EDIT_CANDIDATE)
def save_windows(candidate_id: int) -> Page:
    """Answer several days at once, or write exact hours day by day."""
    filling = forms.text("action") == "fill"

    def fill() -> None:
        problems = Problems()
        source = forms.source(problems, context().clock.today())
        value = forms.choice("value", Known, problems)
        if value is None and not problems.errors:
            problems.add("value", "Choisissez oui, non ou à confirmer.")
        problems.raise_if_any("La semaine n’a pas changé.")
        days = [int(day) for day in request.form.getlist("days") if day in "0123456" and len(day) == 1]
        moments = [moment for moment in request.form.getlist("moments") if moment in week.MOMENTS]
        candidates.fill_week(
            context(), actor(), candidate_id, forms.version(), days, moments, value or Known.UNKNOWN, source
        )

    def exact() -> None:
        problems = Problems()
        source = forms.source(problems, context().clock.today())
        found = [
            window for number in range(7) for value in (Known.YES, Known.NO) for window in _day(number, value, problems)
        ]
        problems.raise_if_any("La semaine n’a pas changé.")
        candidates.set_week(context(), actor(), candidate_id, forms.version(), found, source)

    here = url_for("candidates.windows", candidate_id=candidate_id)
    return forms.submit(
        fill if filling else exact,
        "La semaine est notée.",
        here if filling else file_url(candidate_id, "semaine"),
        lambda form: _windows(candidate_id, form),
    )


def _day(number: int, value: Known, problems: Problems) -> list[week.Window]:
    name = f"{value.value}-{number}"
    try:
        return week.read_windows(number, forms.text(name), value)
    except BadValue as bad:
        problems.add(name, f"{WEEKDAYS[number].capitalize()} : {bad.message}", forms.text(name))
        return []


# --- barriers ------------------------------------------------------------------------------------


@blueprint.get("/<int:candidate_id>/freins")
@requires(Permission.EDIT_CANDIDATE)
def barriers(candidate_id: int) -> Page:
    """What was talked about with the person, and what is being done."""
    return _barriers(candidate_id, Typed())


def _barriers(candidate_id: int, form: Typed) -> str:
    return section_page("barriers.html", candidate_id, form, states=BarrierState, progresses=BarrierProgress)


@blueprint.post("/<int:candidate_id>/freins")
@requires(Permission.EDIT_CANDIDATE)
def save_barriers(candidate_id: int) -> Page:
    """Note the barriers."""

    def save() -> None:
        problems = Problems()
        answers = [
            BarrierAnswer(
                barrier,
                forms.choice(f"state-{barrier.value}", BarrierState, problems) or BarrierState.NOT_DISCUSSED,
                forms.choice(f"progress-{barrier.value}", BarrierProgress, problems) or BarrierProgress.NOT_STARTED,
                forms.text(f"note-{barrier.value}"),
            )
            for barrier in Barrier
        ]
        problems.raise_if_any()
        candidates.set_barriers(context(), actor(), candidate_id, forms.version(), answers)

    return forms.submit(
        save,
        "Les freins sont notés.",
        file_url(candidate_id, "freins"),
        lambda form: _barriers(candidate_id, form),
    )


@blueprint.get("/<int:candidate_id>/questions/<fact>")
@requires(Permission.EDIT_CANDIDATE)
def ask(candidate_id: int, fact: str) -> Page:
    """From a question to its place in the form of its group."""
    file = candidates.read_candidate(context(), actor(), candidate_id, how="")
    line = next((line for section in file.sections for line in section.lines if line.code == fact), None)
    if line is None:
        raise NotFound()
    return redirect(
        url_for("candidates.facts", candidate_id=candidate_id, group=line.group.value, _anchor=f"q-{line.code}")
    )
