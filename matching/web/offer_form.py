"""The form of an offer, the same for staff and employers: what was typed, what is wrong, what can be chosen.

Everything typed is kept as text until it is right, so that a refused form comes back whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from matching.access.permissions import Actor
from matching.errors import Invalid, MatchingError, Problems
from matching.exchange.values import (
    BadValue,
    parse_cents,
    parse_date,
    parse_integer,
    parse_minutes,
    show,
    show_cents,
    show_minutes,
)
from matching.offers.pay import Pay, PayPeriod
from matching.offers.publics import ReservedPublic
from matching.offers.wording import Finding, find_prohibited
from matching.services import occupations
from matching.services.candidates.week import Window as WeekWindow
from matching.services.candidates.week import read_windows, type_day
from matching.services.context import Context
from matching.services.offers import (
    CapabilityChoice,
    Choice,
    FormChoices,
    OfferInput,
    RequirementInput,
    Window,
    find_skills,
    form_choices,
)
from matching.services.places import CommuneChoice, find_communes
from matching.terms import (
    DEGREE_LEVELS,
    FRENCH_LEVELS,
    WEEKDAYS,
    ContractKind,
    FactGroup,
    Importance,
    Known,
    Labelled,
    RequirementKind,
    ScheduleFlag,
)

LATER = "later"
_NO_OCCUPATION = "Aucun métier avec ces mots. Écrivez l’intitulé autrement, ou dites que vous choisirez plus tard."
HELP_ACTIONS = frozenset({"find_occupation", "add_place", "add_skill", "search"})
_TEXTS = (
    "title",
    "description",
    "seats",
    "contract",
    "weekly_minutes",
    "start_on",
    "end_on",
    "pay",
    "pay_period",
    "commitment_reference",
    "establishment_id",
    "unit_id",
    "rome",
    "place_words",
    "skill_words",
    "week",
    "wording_reason",
    *(f"day{i}" for i in range(7)),
)
_MEASURED = (
    RequirementKind.FRENCH_ORAL,
    RequirementKind.FRENCH_READ,
    RequirementKind.FRENCH_WRITTEN,
    RequirementKind.DEGREE,
    RequirementKind.EXPERIENCE,
    RequirementKind.LOAD,
)
_FIELD_ID = {"rome": "rome_code", "place_words": "place", "week": "schedule", "skill_words": "skills"}
_T = TypeVar("_T")
_E = TypeVar("_E", bound=Labelled)


@dataclass
class OfferForm:
    """`errors` by the id of the field; `general` for what belongs to none."""

    texts: dict[str, str]
    asked: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)
    skills: dict[str, str] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    reserved: list[str] = field(default_factory=list)
    immersion: bool = False
    keep_wording: bool = False
    version: int | None = None
    action: str = ""
    focused: str = ""
    """Where the page comes back after Enter in a search box, which has no address of its own: `place` or `skills`."""
    errors: dict[str, list[str]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    occupation_choices: tuple[Any, ...] = ()
    place_choices: tuple[CommuneChoice, ...] = ()
    skill_choices: tuple[Choice, ...] = ()
    choices: FormChoices = field(default_factory=FormChoices)

    # --- where it comes from -------------------------------------------------------------------

    @classmethod
    def empty(cls) -> OfferForm:
        return cls({"seats": "1", "pay_period": PayPeriod.HOUR.value})

    @classmethod
    def of_offer(cls, offer: OfferInput, version: int) -> OfferForm:
        """The form of an offer already written."""
        week = [WeekWindow(w.weekday, w.start_minute, w.end_minute, Known.YES) for w in offer.windows]
        texts = {
            "title": offer.title,
            "rome": f"{offer.rome_code}|{offer.title_id}" if offer.title_id else offer.rome_code,
            "description": offer.description,
            "seats": show(offer.seats),
            "contract": offer.contract.value if offer.contract else "",
            "weekly_minutes": show_minutes(offer.weekly_minutes),
            "start_on": show(offer.start_on),
            "end_on": show(offer.end_on),
            "pay": show_cents(int(offer.pay.amount * 100)) if offer.pay else "",
            "pay_period": offer.pay.period.value if offer.pay else PayPeriod.HOUR.value,
            "commitment_reference": offer.commitment_reference,
            "establishment_id": str(offer.establishment_id or ""),
            "unit_id": str(offer.unit_id or ""),
            **{f"day{i}": type_day(week, i, Known.YES) for i in range(7)},
        }
        form = cls(texts, version=version)
        form.places = list(offer.communes)
        form.flags = [flag.value for flag in offer.flags]
        form.reserved = [public.value for public in offer.reserved_publics]
        form.immersion = offer.immersion_possible
        for item in offer.requirements:
            if item.kind is RequirementKind.SKILL:
                form.skills[item.code] = item.importance.value
            elif item.kind is RequirementKind.CAPABILITY:
                form.asked[item.code] = item.importance.value
            else:
                form.asked[item.kind.value] = item.importance.value
                form.amounts[item.kind.value] = show(item.amount)
        return form

    @classmethod
    def of_request(cls, sent: MultiDict[str, str]) -> OfferForm:
        """The form as it was sent."""
        form = cls({name: sent.get(name, "").strip() for name in _TEXTS})
        # A description keeps its lines; the rest is one line.
        form.texts["description"] = sent.get("description", "").replace("\r\n", "\n").strip()
        form.asked = {key[4:]: value for key, value in sent.items() if key.startswith("ask-") and value}
        form.amounts = {kind.value: sent.get(f"amount-{kind.value}", "").strip() for kind in _MEASURED}
        form.skills = {key[6:]: value for key, value in sent.items() if key.startswith("skill-") and value}
        form.places = list(dict.fromkeys(code for code in sent.getlist("place") if code))[:50]
        form.flags = sent.getlist("flag")
        form.reserved = sent.getlist("reserved")
        form.immersion = "immersion" in sent
        form.keep_wording = "keep_wording" in sent
        version = sent.get("version", "")
        # A form that does not say which version it shows is never the latest.
        form.version = int(version) if version.isdecimal() and len(version) < 10 else 0
        form.action = sent.get("action", "save")
        if form.action == "enter":
            form.action = "search" if form.texts["place_words"] or form.texts["skill_words"] else "save"
        return form

    # --- reading -------------------------------------------------------------------------------

    def read(self, ctx: Context, actor: Actor, *, complete: bool) -> OfferInput:
        """The offer typed. Raises `Invalid` with everything that cannot be read, choices ready to show.

        `complete`: it is about to be sent or published, so the occupation cannot wait.
        """
        problems = Problems()
        rome, title_id = self._occupation(ctx, problems, complete)
        self._words_left(ctx, actor, problems)
        data = OfferInput(
            title=self.texts["title"],
            establishment_id=_number(self.texts["establishment_id"]),
            unit_id=_number(self.texts["unit_id"]),
            rome_code=rome,
            title_id=title_id,
            description=self.texts["description"],
            seats=self._parse(problems, "seats", lambda text: parse_integer(text, minimum=1, maximum=500)),
            contract=_member(ContractKind, self.texts["contract"]),
            weekly_minutes=self._parse(problems, "weekly_minutes", parse_minutes),
            start_on=self._parse(problems, "start_on", parse_date),
            end_on=self._parse(problems, "end_on", parse_date),
            pay=self._pay(problems),
            communes=tuple(self.places),
            windows=self._windows(problems),
            flags=tuple(flag for flag in ScheduleFlag if flag.value in self.flags),
            requirements=self._requirements(problems),
            immersion_possible=self.immersion,
            commitment_reference=self.texts["commitment_reference"],
            reserved_publics=tuple(public for public in ReservedPublic if public.value in self.reserved),
        )
        problems.raise_if_any("L’offre n’a pas été enregistrée : quelques points sont à reprendre.")
        return data

    def _parse(self, problems: Problems, name: str, parser: Callable[[str], _T | None]) -> _T | None:
        try:
            return parser(self.texts[name])
        except BadValue as bad:
            problems.add(_FIELD_ID.get(name, name), bad.message, self.texts[name])
            return None

    def _occupation(self, ctx: Context, problems: Problems, complete: bool) -> tuple[str, int | None]:
        code, _, title_id = self.texts["rome"].partition("|")
        if code and code != LATER:
            return code, _number(title_id)
        title = self.texts["title"]
        if not title or (code == LATER and not complete):
            return "", None
        self.suggest_occupations(ctx)
        if complete and not self.texts["rome"]:
            # Told with everything else that stops the offer, rather than alone.
            return "", None
        if self.texts["rome"] not in ("", LATER):
            return self.texts["rome"].partition("|")[0], _number(self.texts["rome"].partition("|")[2])
        message = "Choisissez le métier dans la liste, ou précisez l’intitulé."
        problems.add("rome_code", message if self.occupation_choices else _NO_OCCUPATION, title)
        return "", None

    def suggest_occupations(self, ctx: Context) -> None:
        """Find the occupation of the title: chosen alone when sure, else up to five to choose from."""
        if not self.texts["title"]:
            self.errors.setdefault("title", []).append("Saisissez l’intitulé du poste, avec vos mots.")
            return
        choice = occupations.suggest(ctx, self.texts["title"])
        if choice.sure and choice.suggestions:
            best = choice.suggestions[0]
            self.texts["rome"] = f"{best.code}|{best.title_id}" if best.title_id else best.code
            self.occupation_choices = ()
        else:
            self.texts["rome"] = ""
            self.occupation_choices = choice.suggestions

    def find_occupation(self, ctx: Context) -> None:
        """`suggest_occupations` as somebody asks for it: told when nothing is found."""
        self.suggest_occupations(ctx)
        if self.texts["title"] and not self.texts["rome"] and not self.occupation_choices:
            self.errors.setdefault("rome_code", []).append(_NO_OCCUPATION)

    def _words_left(self, ctx: Context, actor: Actor, problems: Problems) -> None:
        """Words typed in a search and never looked up: looked up now, so that nothing typed is lost."""
        if self.texts["place_words"] and not self.add_place(ctx):
            problems.add("place", self.errors["place"][0])
            self.errors.pop("place")
        if self.texts["skill_words"]:
            self.add_skills(ctx, actor)
            problems.add("skills", self.errors.pop("skills", ["Dites si cette compétence est demandée."])[0])

    def add_place(self, ctx: Context) -> bool:
        """Look for the commune typed: added when only one fits, else shown to choose from."""
        words = self.texts["place_words"]
        found = find_communes(ctx, words, 8) if words else ()
        exact = [c for c in found if c.name.casefold() == words.casefold() or c.insee == words]
        if len(found) == 1 or len(exact) == 1:
            only = (exact or list(found))[0]
            if only.insee not in self.places:
                self.places.append(only.insee)
            self.texts["place_words"] = ""
            return True
        if found:
            self.place_choices = tuple(choice for choice in found if choice.insee not in self.places)
            self.texts["place_words"] = ""
            message = "Plusieurs communes conviennent : cochez la bonne."
        elif words:
            message = "Aucune commune à ce nom. Vérifiez l’orthographe, ou écrivez le code postal."
        else:
            message = "Écrivez le nom ou le code postal de la commune."
        self.errors.setdefault("place", []).append(message)
        return False

    def add_skills(self, ctx: Context, actor: Actor) -> None:
        """Look for skills by the words typed and show them to choose from."""
        words = self.texts["skill_words"]
        self.skill_choices = find_skills(ctx, actor, words)
        if self.skill_choices:
            self.texts["skill_words"] = ""
        else:
            message = "Aucune compétence avec ces mots. Essayez un mot plus simple." if words else "Écrivez un mot."
            self.errors.setdefault("skills", []).append(message)

    def search(self, ctx: Context, actor: Actor) -> None:
        """Look up what the search boxes hold, as Enter in one of them asks, and come back there."""
        self.focused = "skills" if self.texts["skill_words"] else "place"
        if self.texts["place_words"] and not self.add_place(ctx):
            self.focused = "place"
        if self.texts["skill_words"]:
            self.add_skills(ctx, actor)

    def _pay(self, problems: Problems) -> Pay | None:
        cents = self._parse(problems, "pay", parse_cents)
        if cents is None:
            return None
        if cents == 0:
            problems.add("pay", "Écrivez un montant positif, en euros bruts, ou laissez vide.", self.texts["pay"])
            return None
        return Pay(Decimal(cents) / 100, _member(PayPeriod, self.texts["pay_period"]) or PayPeriod.HOUR)

    def _windows(self, problems: Problems) -> tuple[Window, ...]:
        found: list[Window] = []
        week = [("week", day) for day in range(5)] if self.texts["week"] else []
        for name, day in [*week, *((f"day{i}", i) for i in range(7))]:
            try:
                windows = read_windows(day, self.texts[name], Known.YES)
            except BadValue as bad:
                problems.add(
                    "schedule",
                    f"{'Du lundi au vendredi' if name == 'week' else WEEKDAYS[day].capitalize()} : {bad.message}",
                )
                if name == "week":
                    return ()
                continue
            found += [Window(w.weekday, w.start, w.end) for w in windows]
        return tuple(found)

    def _requirements(self, problems: Problems) -> tuple[RequirementInput, ...]:
        measured = {kind.value for kind in _MEASURED}
        asked: list[RequirementInput] = []
        for code, value in self.skills.items():
            if importance := _member(Importance, value):
                asked.append(RequirementInput(RequirementKind.SKILL, importance, code))
        for code, value in self.asked.items():
            importance = _member(Importance, value)
            if importance and code not in measured:
                asked.append(RequirementInput(RequirementKind.CAPABILITY, importance, code))
        for kind in _MEASURED:
            text = self.amounts.get(kind.value, "")
            if not text:
                continue
            try:
                amount = parse_integer(text, minimum=0)
            except BadValue as bad:
                problems.add(kind.value, bad.message, text)
                continue
            importance = _member(Importance, self.asked.get(kind.value, "")) or Importance.ESSENTIAL
            asked.append(RequirementInput(kind, importance, "", amount))
        return tuple(asked)

    # --- showing -------------------------------------------------------------------------------

    def take(self, error: MatchingError) -> None:
        """Put what a service refused beside the fields."""
        if isinstance(error, Invalid) and error.errors:
            for item in error.errors:
                self.errors.setdefault(item.field, []).append(item.message)
            self.findings = dict(error.data.get("findings", {}))
        else:
            self.general.append(error.message)

    def prepare(self, ctx: Context, actor: Actor) -> None:
        """Read what the page lets one choose, for the occupation and places now in the form."""
        code = self.texts.get("rome", "").partition("|")[0]
        self.choices = form_choices(
            ctx,
            actor,
            rome_code="" if code == LATER else code,
            communes=self.places,
            skill_ids=list(self.skills),
            establishment_id=_number(self.texts.get("establishment_id", "")),
        )

    @property
    def establishments(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in self.choices.establishments]

    @property
    def units(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in self.choices.units]

    @property
    def capability_groups(self) -> list[tuple[str, list[CapabilityChoice], int]]:
        """What may be asked by yes or no: (name of the group, its entries, how many are asked)."""
        groups: dict[FactGroup, list[CapabilityChoice]] = {}
        for choice in self.choices.capabilities:
            groups.setdefault(choice.group, []).append(choice)
        return [
            (
                "Conditions de travail" if group is FactGroup.LIMIT else group.label,
                entries,
                sum(bool(self.asked.get(entry.code)) for entry in entries),
            )
            for group, entries in groups.items()
        ]

    def value(self, name: str) -> str:
        return self.texts.get(name, "")

    def errors_of(self, name: str) -> list[str]:
        return self.errors.get(name, [])

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(id of the field, message) in the order they were found, for the summary."""
        return [(name, message) for name, messages in self.errors.items() for message in messages]

    def marked(self, name: str) -> Markup | None:
        """The text of a field with its prohibited words in `<mark>`; None when there is none."""
        found = self.findings.get(name)
        return mark_words(self.value(name), found) if found else None


def mark_words(text: str, findings: tuple[Finding, ...]) -> Markup:
    """The text, escaped, with the words found in `<mark>`."""
    parts: list[Markup] = []
    place = 0
    for found in sorted(findings, key=lambda f: f.start):
        if found.start < place:
            continue
        parts += [escape(text[place : found.start]), Markup("<mark>{}</mark>").format(text[found.start : found.end])]
        place = found.end
    return Markup("").join([*parts, escape(text[place:])])


def marked_texts(title: str, description: str) -> list[tuple[str, Markup, tuple[Finding, ...]]]:
    """The texts of an offer that hold prohibited words: (label, text marked, what was found)."""
    found = []
    for label, text in (("Intitulé", title), ("Description", description)):
        if findings := find_prohibited(text):
            found.append((label, mark_words(text, findings), findings))
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _member(kind: type[_E], text: str) -> _E | None:
    return next((member for member in kind if member.value == text), None)


IMPORTANCES = tuple((member.value, member.label) for member in Importance)
CONTRACTS = tuple((member.value, member.label) for member in ContractKind)
PERIODS = tuple((member.value, member.label) for member in PayPeriod)
FLAGS = tuple((member.value, member.label) for member in ScheduleFlag)
PUBLICS = tuple((member.value, member.label) for member in ReservedPublic)
LEVELS = tuple((str(level), name) for level, name in enumerate(FRENCH_LEVELS))
DEGREES = tuple((str(level), f"Niveau {level} : {name}") for level, name in DEGREE_LEVELS.items() if level)
CHOICES = {
    "importances": IMPORTANCES,
    "contracts": CONTRACTS,
    "periods": PERIODS,
    "schedule_flags": FLAGS,
    "publics": PUBLICS,
    "french_levels": LEVELS,
    "degrees": DEGREES,
    "weekdays": WEEKDAYS,
}
"""Lists of (value, label) that the template of the form shows."""
