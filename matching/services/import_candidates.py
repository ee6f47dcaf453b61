"""People brought in from a spreadsheet: all the lines or none, an error for each cell to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.errors import FieldError, Invalid, MatchingError, Problems
from matching.exchange.importing import Column, Record, parse_rows, refuse_errors, template_rows, unused_columns
from matching.exchange.tables import read_table, write_csv
from matching.exchange.values import BadValue, clean, parse_date, parse_known, parse_list, parse_text
from matching.reference.embedded import load_embedded
from matching.services.candidates import week
from matching.services.candidates.answers import AMOUNT_ONLY, FactAnswer, Source, read_amount
from matching.services.candidates.editing import Edit, refresh_words
from matching.services.candidates.identity import (
    Identity,
    check_identity,
    name_likeness,
    new_candidate,
    new_person,
    search_name,
)
from matching.services.candidates.profile import append_goal, put_facts, put_week
from matching.services.context import Context
from matching.services.places import resolve_commune
from matching.store.tables.accounts import UserAccount
from matching.store.tables.people import Candidate, Person
from matching.store.tables.protected import ProtectedFact
from matching.store.tables.reference import FactKind, RomeOccupation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import WEEKDAYS, CandidateState, FactGroup, FactSource, FactUnit, Known, Orientation, Role
from matching.text import fold

_NEAR_NAME = 90.0

TEMPLATE_FACTS: dict[str, str] = {
    "licence_b": "oui",
    "vehicle": "non",
    "mode_walk": "20",
    "mode_public_transport": "45",
    "available_from": "01/12/2026",
    "hours_min": "20",
    "hours_max": "35",
    "contract_permanent": "oui",
    "contract_fixed_term": "oui",
    "french_oral": "B1",
    "night": "non",
    "weekend": "",
    "caces_r489_1": "31/12/2028",
    "right_to_work": "oui",
}
"""The questions of the template with an example; every other question is read too, by its label or code."""


@dataclass(frozen=True)
class PlannedPerson:
    """One line ready to be added. `note` says what deserves a look before confirming."""

    line: int
    identity: Identity
    commune_insee: str | None
    goals: tuple[tuple[str, str], ...]
    facts: Mapping[str, FactAnswer | None]
    windows: tuple[week.Window, ...]
    same_person: int | None = None
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.identity.given_name} {self.identity.family_name}"


@dataclass(frozen=True)
class ImportReport:
    """What an import will do (`done` false) or did. `unused` columns of the file are read by nothing."""

    people: tuple[PlannedPerson, ...]
    unused: tuple[str, ...]
    done: bool
    candidate_ids: tuple[int, ...] = ()

    @property
    def to_check(self) -> tuple[PlannedPerson, ...]:
        """The lines that look like somebody already known."""
        return tuple(person for person in self.people if person.note)

    @property
    def message(self) -> str:
        """What was done, or would be, in a sentence or two."""
        count, doubtful = len(self.people), len(self.to_check)
        if self.done:
            said = "Une personne est ajoutée" if count == 1 else f"{count}\u00a0personnes sont ajoutées"
        else:
            said = "Une personne sera ajoutée" if count == 1 else f"{count}\u00a0personnes seront ajoutées"
        if doubtful:
            said += f", dont {doubtful} à vérifier (personne peut-être déjà connue)"
        return f"{said}." if self.done else f"{said}. Rien n’est encore enregistré."


def template_csv() -> bytes:
    """The file to fill, as CSV (UTF-8 with its mark, as spreadsheets expect)."""
    headers, lines = candidate_template()
    return write_csv(headers, lines)


def candidate_template() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headers and example lines of the file to fill."""
    kinds = {kind.code: kind for kind in load_embedded().fact_kinds}
    facts = [
        Column(code, kinds[code].label, parse_text, example=example)
        for code, example in TEMPLATE_FACTS.items()
        if code in kinds
    ]
    return template_rows([*_IDENTITY, *facts, *_week_columns()])


def import_candidates(ctx: Context, actor: Actor, content: bytes, filename: str, dry_run: bool) -> ImportReport:
    """Add every person of a CSV or XLSX file to the actor's unit, or nobody.

    Raises `Invalid` with one `FieldError` (line, column, value, remedy) per thing to mend. `dry_run` only reads.
    """
    require(actor, Permission.IMPORT_CANDIDATES)
    if actor.unit_id is None:
        raise Invalid("Votre compte n’est rattaché à aucune unité : demandez-le à l’administration.")
    table = read_table(content)
    with ctx.read() as session:
        spec = _spec(session)
        records, errors = parse_rows(table, spec)
        occupation = _Occupations(ctx, session)
        plan, more = _plan(session, actor.unit_id, records, occupation, ctx.clock.today())
    columns = {column.name: column.header for column in spec}
    refuse_errors([*errors, *more], columns)
    unused = unused_columns(table, spec)
    if dry_run:
        return ImportReport(tuple(plan), unused, done=False)
    with ctx.write(actor) as work:
        ids = [_add(work, actor.unit_id, person, ctx.clock.today()) for person in plan]
        work.record("candidates.imported", "employment_unit", actor.unit_id, filename[:200], count=len(ids))
    return ImportReport(tuple(plan), unused, done=True, candidate_ids=tuple(ids))


# --- columns -------------------------------------------------------------------------------------


def _parse_orientation(text: str) -> Orientation | None:
    word = fold(clean(text))
    if not word:
        return None
    for orientation in Orientation:
        if word in (fold(orientation.label), fold(orientation.value)):
            return orientation
    raise BadValue(f"Écrivez une de ces orientations : {', '.join(o.label.lower() for o in Orientation)}.")


_IDENTITY = (
    Column("given_name", "Prénom", parse_text, ("prenom usuel",), required=True, example="Camille"),
    Column("family_name", "Nom", parse_text, ("nom de famille", "nom usage"), required=True, example="Exemple"),
    Column("birth_date", "Date de naissance", parse_date, ("naissance", "né le"), example="05/09/1990"),
    Column("phone", "Téléphone", parse_text, ("tel", "portable", "mobile"), example="06 00 00 00 00"),
    Column("email", "Courriel", parse_text, ("email", "mail", "e-mail"), example="camille@exemple.test"),
    Column("commune", "Commune", parse_text, ("ville", "code postal", "code insee"), example="Nantes"),
    Column("orientation", "Orientation", _parse_orientation, example="professionnelle"),
    Column("adviser", "Suivi par", parse_text, ("conseiller", "conseillère", "référent"), example=""),
    Column("goals", "Projets", parse_list, ("projet", "métier", "metier recherche"), example="K2204|plongeur"),
)


def _week_columns() -> list[Column]:
    return [
        Column(
            f"day_{number}",
            f"{day.capitalize()} possible",
            _day_parser(number),
            (day,),
            example="8h-12h, 13h30-17h" if number < 5 else "",
        )
        for number, day in enumerate(WEEKDAYS)
    ]


def _day_parser(weekday: int) -> Callable[[str], list[week.Window]]:
    return lambda text: week.read_windows(weekday, clean(text), Known.YES)


def _spec(session: Session) -> list[Column]:
    kinds = session.execute(select(FactKind).order_by(FactKind.position, FactKind.code)).scalars()
    facts = [Column(kind.code, kind.label, _fact_parser(kind.unit, kind.group)) for kind in kinds]
    return [*_IDENTITY, *facts, *_week_columns()]


def _fact_parser(unit: FactUnit, group: FactGroup) -> Callable[[str], FactAnswer | None]:
    return lambda text: _read_fact(unit, group, text)


def _read_fact(unit: FactUnit, group: FactGroup, text: str) -> FactAnswer | None:
    """One cell: yes, no, empty, or yes said by its amount or end of validity."""
    bare = clean(text)
    if unit in AMOUNT_ONLY:
        amount = read_amount(unit, group, bare)
        return None if amount is None else FactAnswer(Known.YES, amount)
    try:
        known = parse_known(bare)
    except BadValue:
        return _read_measure(unit, group, bare)
    if unit in (FactUnit.MINUTES, FactUnit.KILOGRAMS) and bare in ("0", "1"):
        return FactAnswer(Known.NO) if bare == "0" else FactAnswer(Known.YES, 1)
    return None if known is Known.UNKNOWN else FactAnswer(known)


def _read_measure(unit: FactUnit, group: FactGroup, text: str) -> FactAnswer:
    if unit is FactUnit.VALID_UNTIL:
        try:
            return FactAnswer(Known.YES, None, parse_date(text))
        except BadValue:
            raise BadValue("Écrivez « oui », « non », une fin de validité comme 31/12/2027, ou laissez vide.") from None
    if unit in (FactUnit.MINUTES, FactUnit.KILOGRAMS):
        try:
            return FactAnswer(Known.YES, read_amount(unit, group, text))
        except BadValue as bad:
            raise BadValue(f"Écrivez « oui », « non » ou un nombre. {bad.message}") from None
    raise BadValue("Écrivez « oui », « non », ou laissez vide si ce n’est pas connu.")


# --- from lines to people ------------------------------------------------------------------------


class _Occupations:
    """Occupations from the words of a cell, each text asked once."""

    def __init__(self, ctx: Context, session: Session) -> None:
        self._ctx = ctx
        self._codes = set(session.execute(select(RomeOccupation.code)).scalars())
        self._known: dict[str, str] = {}

    def code_of(self, text: str) -> str:
        """The ROME code meant by `text`; raises BadValue with what to write when it is not sure."""
        bare = text.strip()
        if bare.upper() in self._codes:
            return bare.upper()
        key = fold(bare)
        if key not in self._known:
            self._known[key] = self._ask(bare)
        return self._known[key]

    def _ask(self, text: str) -> str:
        from matching.services.occupations import suggest  # loads the search model

        choice = suggest(self._ctx, text)
        if choice.sure and choice.suggestions:
            return choice.suggestions[0].code
        if not choice.suggestions:
            raise BadValue("Métier non reconnu. Écrivez-le autrement, ou donnez son code ROME.")
        shown = ", ".join(f"{one.code} {one.label}" for one in choice.suggestions[:3])
        raise BadValue(f"Métier à préciser : remplacez-le par un de ces codes ROME : {shown}.")


@dataclass
class _Known:
    """People already known, by folded name and by birth date, and those the unit follows."""

    by_name: dict[str, list[int]] = field(default_factory=dict)
    by_birth: dict[date, list[int]] = field(default_factory=dict)
    births: dict[int, date] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session, unit_id: int) -> _Known:
        known = cls()
        for key, name in session.execute(select(Person.id, Person.name_search)):
            known.names[key] = name
            known.by_name.setdefault(_name_key(name), []).append(key)
        births = select(ProtectedFact.person_id, ProtectedFact.value).where(ProtectedFact.kind == "birth_date")
        for key, value in session.execute(births):
            day = date.fromisoformat(value)
            known.births[key] = day
            known.by_birth.setdefault(day, []).append(key)
        own = select(Candidate.person_id, Candidate.code).where(
            Candidate.unit_id == unit_id, Candidate.state != CandidateState.ARCHIVED
        )
        known.codes.update(session.execute(own).all())
        return known

    def same(self, name: str, birth: date | None) -> list[int]:
        """People of the same name and birth date."""
        named = self.by_name.get(_name_key(name), [])
        return [key for key in named if birth is not None and self.births.get(key) == birth]

    def near(self, name: str, birth: date | None) -> list[int]:
        """People who may be the same, without the certainty of `same`."""
        named = [key for key in self.by_name.get(_name_key(name), []) if birth is None or self.births.get(key) is None]
        born = self.by_birth.get(birth, []) if birth else []
        return [*named, *(key for key in born if name_likeness(name, self.names[key]) >= _NEAR_NAME)]


def _name_key(name_search: str) -> str:
    return " ".join(sorted(name_search.split()))


def _plan(
    session: Session, unit_id: int, records: Iterable[Record], occupations: _Occupations, today: date
) -> tuple[list[PlannedPerson], list[FieldError]]:
    known = _Known.load(session, unit_id)
    advisers = _advisers_by_word(session, unit_id)
    communes: dict[str, str | None] = {}
    seen: dict[tuple[str, date | None], int] = {}
    plan: list[PlannedPerson] = []
    errors: list[FieldError] = []
    for record in records:
        reader = _Line(session, record, today)
        person = reader.person(occupations, advisers, communes)
        if person is not None:
            person = reader.check_known(person, known, seen)
            plan.append(person)
        errors += reader.errors
    return plan, errors


def _advisers_by_word(session: Session, unit_id: int) -> dict[str, int]:
    rows = session.execute(
        select(UserAccount.id, UserAccount.name, UserAccount.email).where(
            UserAccount.unit_id == unit_id, UserAccount.active, UserAccount.role.in_((Role.ADVISER, Role.UNIT_MANAGER))
        )
    )
    return {word: key for key, name, email in rows for word in (fold(name), fold(email))}


class _Line:
    """One line being read: its errors are gathered rather than raised."""

    def __init__(self, session: Session, record: Record, today: date) -> None:
        self.session = session
        self.record = record
        self.today = today
        self.errors: list[FieldError] = []

    def _error(self, name: str, message: str, value: object = "") -> None:
        self.errors.append(FieldError(name, message, str(value or "")[:200], self.record.line))

    def _get(self, name: str) -> Any:
        return self.record.values.get(name)

    def person(
        self, occupations: _Occupations, advisers: Mapping[str, int], communes: dict[str, str | None]
    ) -> PlannedPerson | None:
        """What the line says; None when even the name could not be read."""
        identity = Identity(
            given_name=self._get("given_name") or "",
            family_name=self._get("family_name") or "",
            phone=self._get("phone") or "",
            email=self._get("email") or "",
            birth_date=self._get("birth_date"),
            orientation=self._get("orientation"),
            adviser_id=self._adviser(advisers),
        )
        if not identity.given_name or not identity.family_name:
            return None  # the cell's own error says it
        problems = Problems()
        check_identity(identity, problems, self.today)
        for error in problems.errors:
            self._error(error.field, error.message, error.value)
        return PlannedPerson(
            line=self.record.line,
            identity=identity,
            commune_insee=self._commune(communes),
            goals=tuple(self._goals(occupations)),
            facts=self._facts(),
            windows=tuple(self._week()),
        )

    def _adviser(self, advisers: Mapping[str, int]) -> int | None:
        text = self._get("adviser")
        if not text:
            return None
        found = advisers.get(fold(text))
        if found is None:
            self._error("adviser", "Personne de ce nom dans votre unité : écrivez son nom complet, ou rien.", text)
        return found

    def _commune(self, communes: dict[str, str | None]) -> str | None:
        text = self._get("commune")
        if not text:
            return None
        if text not in communes:
            try:
                communes[text] = resolve_commune(self.session, text)
            except Invalid as error:
                self._error("commune", error.errors[0].message, text)
                return None
        return communes[text]

    def _goals(self, occupations: _Occupations) -> Iterable[tuple[str, str]]:
        codes = set()
        words: Sequence[str] = self._get("goals") or ()
        if len(words) > 5:
            self._error("goals", "Cinq projets au plus : gardez les premiers.", "|".join(words))
        for text in words[:5]:
            try:
                code = occupations.code_of(text)
            except BadValue as bad:
                self._error("goals", bad.message, text)
                continue
            if code not in codes:
                codes.add(code)
                yield text, code

    def _facts(self) -> Mapping[str, FactAnswer]:
        facts = {name: value for name, value in self.record.values.items() if isinstance(value, FactAnswer)}
        low, high = facts.get("hours_min"), facts.get("hours_max")
        if low and high and (low.amount or 0) > (high.amount or 0):
            self._error("hours_max", "Les heures au plus sont moins que les heures au moins : corrigez-les.")
        return facts

    def _week(self) -> list[week.Window]:
        windows: list[week.Window] = []
        for number in range(7):
            windows += self._get(f"day_{number}") or []
        return week.tidy(windows)

    def check_known(
        self, person: PlannedPerson, known: _Known, seen: dict[tuple[str, date | None], int]
    ) -> PlannedPerson:
        """Refuse the same person twice; note who looks like somebody already known."""
        name = search_name(person.identity.given_name, person.identity.family_name)
        birth = person.identity.birth_date
        first = seen.setdefault((_name_key(name), birth), person.line)
        if first != person.line:
            self._error(
                "family_name", f"Même personne que la ligne {first}. Gardez une seule des deux lignes.", person.name
            )
        same = known.same(name, birth)
        followed = next((known.codes[key] for key in same if key in known.codes), "")
        if followed:
            message = f"Votre unité suit déjà cette personne, fiche {followed}. Retirez la ligne du fichier."
            self._error("family_name", message, person.name)
        if same:
            note = "Déjà connue d’une autre unité ou d’un suivi passé : la même personne sera reprise."
            return _replaced(person, same[0], note)
        near = known.near(name, birth)
        if near:
            code = next((known.codes[key] for key in near if key in known.codes), "")
            where = f", fiche {code}" if code else ""
            return _replaced(person, None, f"Ressemble à une personne déjà connue{where} : à vérifier.")
        return person


def _replaced(person: PlannedPerson, same_person: int | None, note: str) -> PlannedPerson:
    return replace(person, same_person=same_person, note=note)


# --- writing -------------------------------------------------------------------------------------


def _add(work: UnitOfWork, unit_id: int, planned: PlannedPerson, today: date) -> int:
    session, identity = work.session, planned.identity
    person = session.get_one(Person, planned.same_person) if planned.same_person else new_person(work, identity)
    candidate = new_candidate(work, person, unit_id, identity.adviser_id, today)
    candidate.commune_insee = planned.commune_insee
    candidate.orientation = identity.orientation
    if identity.birth_date is not None and planned.same_person is None:
        session.add(
            ProtectedFact(
                person_id=person.id,
                kind="birth_date",
                value=identity.birth_date.isoformat(),
                source=FactSource.IMPORTED,
                known_on=today,
                proof="",
            )
        )
    edit, source = Edit(work, candidate), Source(FactSource.IMPORTED, today)
    try:
        for words, code in planned.goals:
            append_goal(edit, "" if words.upper() == code else words, code, None)
        put_facts(edit, planned.facts, source, frozenset(), today)
        put_week(edit, planned.windows, source)
    except MatchingError as error:
        raise Invalid(
            "Rien n’a été enregistré.", [FieldError("file", error.message, planned.name, planned.line)]
        ) from error
    refresh_words(session, candidate)
    work.record("candidate.imported", "candidate", candidate.id, unit_id=unit_id, line=planned.line)
    return candidate.id
