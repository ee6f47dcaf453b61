"""Offers from a file: all or nothing, one error for each cell to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clock import PARIS
from matching.errors import FieldError, Invalid
from matching.exchange.importing import Column, Record, parse_rows, refuse_errors, template_rows, unused_columns
from matching.exchange.tables import read_table, write_csv
from matching.exchange.values import (
    BadValue,
    parse_cents,
    parse_date,
    parse_integer,
    parse_known,
    parse_list,
    parse_minutes,
    parse_text,
    show,
    show_cents,
)
from matching.offers.lifecycle import OfferFacts, old_start, pay_verdict
from matching.offers.pay import Pay, PayPeriod
from matching.offers.wording import find_prohibited
from matching.services import occupations
from matching.services.candidates.week import read_windows
from matching.services.context import Context
from matching.services.offers.model import OfferInput, RequirementInput, Window
from matching.services.offers.rules import PayRules, read_pay_rules, stops_of
from matching.services.offers.states import move
from matching.services.offers.writing import add_offer, askable, check_input
from matching.services.places import resolve_commune
from matching.store.tables.offers import Offer
from matching.store.tables.organisations import Establishment
from matching.store.tables.reference import FactKind, RomeOccupation
from matching.store.unit_of_work import UnitOfWork
from matching.terms import (
    FRENCH_LEVELS,
    WEEKDAYS,
    ContractKind,
    Importance,
    Known,
    Labelled,
    OfferState,
    RequirementKind,
    ScheduleFlag,
)
from matching.text import fold

MAX_OFFERS = 2_000
L = TypeVar("L", bound=Labelled)


@dataclass(frozen=True)
class ImportLine:
    """What one line of the file becomes. `to_complete`: what will still stop its publication."""

    line: int
    title: str
    employer: str
    occupation: str
    to_complete: tuple[str, ...]


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do (`dry_run`). `unused`: columns of the file that nothing reads."""

    filename: str
    dry_run: bool
    lines: tuple[ImportLine, ...]
    unused: tuple[str, ...]
    published: int = 0
    waiting: str = "en brouillon"

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def message(self) -> str:
        """What was done, or would be, in one sentence."""
        if self.dry_run:
            said = "Une offre sera enregistrée" if self.count == 1 else f"{self.count}\u00a0offres seront enregistrées"
            incomplete = sum(1 for line in self.lines if line.to_complete)
            return f"{said}, dont {incomplete} à compléter avant publication. Rien n’est encore enregistré."
        said = "Une offre est enregistrée" if self.count == 1 else f"{self.count}\u00a0offres sont enregistrées"
        return f"{said}\u00a0: {self.published} en ligne, {self.count - self.published} {self.waiting}."


# --- the columns --------------------------------------------------------------------------------------


def _one_of(kind: type[L], help_text: str) -> Callable[[str], L | None]:
    """A parser that takes the code or the French label."""
    names = {fold(word): member for member in kind for word in (member.value, member.label)}

    def parse(text: str) -> L | None:
        word = fold(text)
        if not word:
            return None
        if word not in names:
            raise BadValue(help_text)
        return names[word]

    return parse


def _labels(kind: type[Labelled]) -> str:
    return ", ".join(f"«\u00a0{member.label}\u00a0»" for member in kind)


_contract = _one_of(ContractKind, f"Écrivez l’un de ces contrats\u00a0: {_labels(ContractKind)}.")
_flag = _one_of(ScheduleFlag, f"Écrivez parmi\u00a0: {_labels(ScheduleFlag)}.")
_PERIODS = {
    **dict.fromkeys(("heure", "de l heure", "par heure", "h", "hour"), PayPeriod.HOUR),
    **dict.fromkeys(("mois", "par mois", "mensuel", "month"), PayPeriod.MONTH),
    **dict.fromkeys(("an", "par an", "annee", "annuel", "year"), PayPeriod.YEAR),
}


def _period(text: str) -> PayPeriod | None:
    word = fold(text)
    if word and word not in _PERIODS:
        raise BadValue("Écrivez « heure », « mois » ou « an ».")
    return _PERIODS.get(word)


def _flags(text: str) -> tuple[ScheduleFlag, ...]:
    return tuple(flag for item in parse_list(text) if (flag := _flag(item)) is not None)


def _level(text: str) -> int | None:
    word = fold(text)
    if not word:
        return None
    for level, name in enumerate(FRENCH_LEVELS):
        if fold(name) == word:
            return level
    raise BadValue("Écrivez le niveau de français\u00a0: A1, A2, B1, B2, C1 ou C2.")


def _siret(text: str) -> str | None:
    digits = "".join(text.split())
    if digits and not (digits.isdecimal() and len(digits) == 14):
        raise BadValue("Un SIRET a 14 chiffres. Gardez la colonne au format texte pour ne pas perdre de zéro.")
    return digits or None


def _rome(text: str) -> str | None:
    code = text.strip().upper()
    if code and not (len(code) == 5 and code[0].isalpha() and code[1:].isdecimal()):
        raise BadValue("Un code ROME a une lettre et quatre chiffres, par exemple G1605.")
    return code or None


def _day(weekday: int) -> Callable[[str], tuple[Window, ...]]:
    def parse(text: str) -> tuple[Window, ...]:
        return tuple(Window(w.weekday, w.start, w.end) for w in read_windows(weekday, text, Known.YES))

    return parse


def _whole(low: int, high: int) -> Callable[[str], int | None]:
    return lambda text: parse_integer(text, minimum=low, maximum=high)


COLUMNS: tuple[Column, ...] = (
    Column("siret", "SIRET de l’établissement", _siret, ("siret",), required=True, example="21440109300015"),
    Column(
        "title", "Intitulé du poste", parse_text, ("intitulé", "titre", "poste"), required=True, example="Plongeur·se"
    ),
    Column("rome_code", "Code ROME", _rome, ("rome",), example="G1605"),
    Column("description", "Description", parse_text, ("descriptif",), example="Plonge et entretien de la cuisine."),
    Column("seats", "Nombre de postes", _whole(1, 500), ("postes",), example="1"),
    Column("contract", "Contrat", _contract, ("type de contrat",), example="CDI"),
    Column("weekly_minutes", "Durée hebdomadaire", parse_minutes, ("heures par semaine", "durée"), example="35h"),
    Column("start_on", "Date de début", parse_date, ("début",), example="04/01/2027"),
    Column("end_on", "Date de fin", parse_date, ("fin",), example=""),
    Column("pay", "Salaire brut", parse_cents, ("salaire",), example="12,50"),
    Column("period", "Salaire par", _period, ("période du salaire",), example="heure"),
    Column("places", "Communes", parse_list, ("commune", "lieu", "lieu de travail"), example="Nantes"),
    *(
        Column(f"day{i}", day.capitalize(), _day(i), example="8h-12h, 13h-17h" if i < 4 else "")
        for i, day in enumerate(WEEKDAYS)
    ),
    Column("flags", "Particularités des horaires", _flags, ("horaires",), example="Coupures"),
    Column("essential", "Exigences essentielles", parse_list, ("essentiel",), example="HACCP"),
    Column("trainable", "Exigences qui se forment", parse_list, ("à former",)),
    Column("desirable", "Exigences souhaitées", parse_list, ("souhaité",), example="Permis B"),
    Column("french_oral", "Français parlé", _level, example="A2"),
    Column("french_read", "Français lu", _level),
    Column("experience", "Expérience en mois", _whole(1, 480), ("expérience",)),
    Column("load", "Charges en kg", _whole(1, 55), ("port de charges",)),
    Column("degree", "Niveau de diplôme", _whole(3, 8), ("diplôme",)),
    Column("immersion", "Immersion possible", parse_known, ("immersion",), example="oui"),
    Column("commitment", "Référence de l’engagement", parse_text, ("engagement",)),
)


def offer_template() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Headers and one example line of the file to fill."""
    return template_rows(COLUMNS)


def template_csv() -> bytes:
    """The file to fill, as CSV."""
    headers, lines = offer_template()
    return write_csv(headers, lines)


# --- the import ---------------------------------------------------------------------------------------


def import_offers(
    ctx: Context, actor: Actor | None, content: bytes, filename: str, dry_run: bool = True, *, publish: bool = False
) -> ImportReport:
    """Read a CSV or XLSX of offers, one draft a line; with `publish`, the complete ones go online.

    `actor` None is the command line of the machine itself: its offers arrive "to be checked". Raises
    `Invalid` with line, column, value and remedy of everything to mend; nothing is then kept.
    """
    if actor is not None:
        require(actor, Permission.IMPORT_OFFERS)
        if publish:
            require(actor, Permission.CHECK_OFFER)
    table = read_table(content, max_rows=MAX_OFFERS)
    records, unreadable = parse_rows(table, COLUMNS)
    unused = unused_columns(table, COLUMNS)
    with ctx.read() as session:
        reader = _Reader(ctx, session, unreadable)
        bad = {error.line for error in unreadable}
        ready = [(record, reader.read(record)) for record in records if record.line not in bad]
        reader.raise_if_any()
        lines = tuple(reader.preview(record, data) for record, data in ready)
    if dry_run:
        return ImportReport(filename, True, lines, unused)
    with ctx.write(actor) as work:
        rules = read_pay_rules(work.session)
        published = sum(_store(work, actor, rules, data, publish) for _, data in ready)
        work.record("offer.imported", "offer_list", 0, note=filename, count=len(ready))
    waiting = "en brouillon" if actor is not None else "à vérifier par une unité"
    return ImportReport(filename, False, lines, unused, published, waiting)


def _store(work: UnitOfWork, actor: Actor | None, rules: PayRules, data: OfferInput, publish: bool) -> int:
    offer = add_offer(work, actor, data)
    work.record("offer.imported", "offer", offer.id, establishment_id=offer.establishment_id)
    if actor is None:
        offer.state = OfferState.TO_CHECK
    elif publish and not stops_of(offer, rules, work.at.astimezone(PARIS).date()):
        move(work, actor, offer, OfferState.PUBLISHED, reason=None)
        return 1
    return 0


class _Reader:
    """Turns records into inputs, and gathers what is to mend."""

    def __init__(self, ctx: Context, session: Session, errors: Iterable[FieldError]) -> None:
        self._ctx = ctx
        self._session = session
        self._errors = list(errors)
        self._headers = {column.name: column.header for column in COLUMNS}
        self._rules = read_pay_rules(session)
        rows = session.execute(select(Establishment.siret, Establishment.id, Establishment.name, Establishment.active))
        self._establishments = {siret: (key, name) for siret, key, name, active in rows if active}
        facts = session.execute(select(FactKind.code, FactKind.label).where(askable()))
        self._facts = {fold(word): code for code, label in facts for word in (code, label)}
        self._labels = dict(session.execute(select(RomeOccupation.code, RomeOccupation.label)).all())
        self._seen: dict[tuple[object, ...], int] = {}

    def read(self, record: Record) -> OfferInput:
        """The input of one line; what does not fit is noted with its column."""
        values = record.values
        data = OfferInput(
            title=values["title"],
            establishment_id=self._establishment(record),
            rome_code=self._occupation(record),
            description=values.get("description") or "",
            seats=values.get("seats") or 1,
            contract=values.get("contract"),
            weekly_minutes=values.get("weekly_minutes"),
            start_on=values.get("start_on"),
            end_on=values.get("end_on"),
            pay=self._pay(record),
            communes=self._communes(record),
            windows=tuple(window for i in range(7) for window in values.get(f"day{i}") or ()),
            flags=values.get("flags") or (),
            requirements=self._requirements(record),
            immersion_possible=values.get("immersion") is Known.YES,
            commitment_reference=values.get("commitment") or "",
        )
        self._check(record, data)
        return data

    def preview(self, record: Record, data: OfferInput) -> ImportLine:
        """What the line becomes, and what will still be missing."""
        missing = [
            label
            for label, value in (
                ("métier", data.rome_code),
                ("description", data.description),
                ("contrat", data.contract),
                ("durée hebdomadaire", data.weekly_minutes),
                ("date de début", data.start_on),
                ("salaire", data.pay or data.contract is ContractKind.IMMERSION),
                ("commune", data.communes),
                ("horaires", data.windows or data.flags),
            )
            if not value
        ]
        employer = next((n for k, n in self._establishments.values() if k == data.establishment_id), "")
        return ImportLine(record.line, data.title, employer, self._labels.get(data.rome_code, ""), tuple(missing))

    def raise_if_any(self) -> None:
        """Refuse the whole file when anything is to mend."""
        refuse_errors(self._errors, self._headers)

    def _note(self, record: Record, column: str, message: str, value: object = "") -> None:
        shown = "" if value is None else str(value)[:200]
        self._errors.append(FieldError(column, message, shown, record.line, self._headers.get(column, column)))

    def _establishment(self, record: Record) -> int | None:
        siret = record.values["siret"]
        known = self._establishments.get(siret)
        if known is None:
            message = "Aucun établissement actif à ce SIRET. Vérifiez-le, ou faites créer l’établissement."
            self._note(record, "siret", message, siret)
            return None
        return known[0]

    def _occupation(self, record: Record) -> str:
        code = record.values.get("rome_code")
        if code:
            if code not in self._labels:
                self._note(record, "rome_code", "Ce code n’est pas dans le référentiel. Corrigez-le.", code)
            return str(code)
        choice = occupations.suggest(self._ctx, record.values["title"])
        if choice.sure and choice.suggestions:
            return str(choice.suggestions[0].code)
        options = ", ".join(f"{s.code} ({s.label})" for s in choice.suggestions[:5])
        remedy = f"Écrivez son code ROME, par exemple\u00a0: {options}." if options else "Écrivez son code ROME."
        self._note(record, "rome_code", f"Le métier est à préciser. {remedy}", record.values["title"])
        return ""

    def _pay(self, record: Record) -> Pay | None:
        cents, period = record.values.get("pay"), record.values.get("period")
        if cents is None:
            return None
        if period is None:
            self._note(
                record,
                "period",
                "Écrivez ce que paie le salaire\u00a0: «\u00a0heure\u00a0», «\u00a0mois\u00a0» ou «\u00a0an\u00a0».",
            )
            return None
        return Pay(Decimal(cents) / 100, period)

    def _communes(self, record: Record) -> tuple[str, ...]:
        found: list[str] = []
        for text in record.values.get("places") or ():
            try:
                insee = resolve_commune(self._session, text, "places")
            except Invalid as refused:
                self._note(record, "places", refused.errors[0].message, text)
                continue
            if insee:
                found.append(insee)
        return tuple(found)

    def _requirements(self, record: Record) -> tuple[RequirementInput, ...]:
        asked: list[RequirementInput] = []
        for column in Importance:
            for text in record.values.get(column.value) or ():
                code = self._facts.get(fold(text))
                if code is None:
                    message = "Cette exigence n’est pas connue. Reprenez les mots de la page « Nouvelle offre »."
                    self._note(record, column.value, message, text)
                else:
                    asked.append(RequirementInput(RequirementKind.CAPABILITY, column, code))
        measured = (
            RequirementInput(RequirementKind(name), Importance.ESSENTIAL, "", amount)
            for name in ("french_oral", "french_read", "experience", "load", "degree")
            if (amount := record.values.get(name)) is not None
        )
        return (*asked, *measured)

    def _check(self, record: Record, data: OfferInput) -> None:
        """The rules of the trade, told on the line and column they come from."""
        if data.establishment_id is not None and (not data.rome_code or data.rome_code in self._labels):
            try:
                check_input(self._session, data, establishment_id=data.establishment_id, unit_id=None)
            except Invalid as refused:
                for error in refused.errors:
                    self._note(record, _COLUMN_OF.get(error.field, error.field), error.message, error.value)
        facts = OfferFacts(
            contract=data.contract, weekly_minutes=data.weekly_minutes, start_on=data.start_on, pay=data.pay
        )
        verdict = pay_verdict(facts, smic=self._rules.smic, scale=self._rules.scale)
        if verdict is not None and data.pay is not None:
            for message in verdict.stops:
                self._note(record, "pay", message, show_cents(record.values["pay"]))
        for column, text in (("title", data.title), ("description", data.description)):
            for found in find_prohibited(text):
                self._note(record, column, f"À retirer ou reformuler ({found.article}). {found.advice}", found.words)
        if old := old_start(data.start_on, self._ctx.clock.today()):
            self._note(record, "start_on", old, show(data.start_on))
        if data.start_on and data.end_on and data.end_on < data.start_on:
            self._note(record, "end_on", "La date de fin est avant la date de début. Corrigez l’une des deux.")
        self._check_repeated(record, data)

    def _check_repeated(self, record: Record, data: OfferInput) -> None:
        key = (data.establishment_id, fold(data.title), data.start_on, data.communes)
        if key in self._seen:
            self._note(record, "title", f"La ligne {self._seen[key]} décrit la même offre. Gardez-en une.", data.title)
        self._seen.setdefault(key, record.line)
        if data.establishment_id is None or data.start_on is None:
            return
        same = self._session.execute(
            select(Offer.code).where(
                Offer.establishment_id == data.establishment_id,
                Offer.title_search == fold(data.title)[:200],
                Offer.starts_on == data.start_on,
                Offer.state.not_in((OfferState.CLOSED, OfferState.EXPIRED)),
            )
        ).scalar()
        if same:
            self._note(record, "title", f"Cette offre existe déjà ({same}). Retirez la ligne.", data.title)


_COLUMN_OF: Mapping[str, str] = {
    "establishment_id": "siret",
    "place": "places",
    "requirements": "essential",
    "schedule": "flags",
    "commitment_reference": "commitment",
}


def describe_columns() -> tuple[dict[str, Any], ...]:
    """The columns of the file in order, for the page that explains them."""
    return tuple({"header": c.header, "required": c.required, "example": c.example} for c in COLUMNS)
