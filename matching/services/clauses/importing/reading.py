"""What the three imports share: a file read within limits, French cells, one report, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from rapidfuzz import process
from sqlalchemy.orm import Session

from matching.access.permissions import Actor, Permission, require
from matching.clauses.ledger import GENESIS
from matching.errors import FieldError, Invalid
from matching.exchange.importing import Column, Record, parse_rows, refuse_errors, unused_columns
from matching.exchange.tables import Table, match_columns, read_table
from matching.exchange.values import BadValue, clean, parse_decimal, parse_known, parse_minutes, parse_text
from matching.services.clauses.eligibility_clock import wait_for_ledger
from matching.services.clauses.importing.mending import NOTHING, Mending, mended
from matching.services.context import Context
from matching.services.organisations import check_siren, check_siret
from matching.store.bulk import insert_of
from matching.store.tables.ledger import LedgerHead
from matching.store.unit_of_work import UnitOfWork
from matching.terms import Known, Labelled
from matching.text import NBSP, fold

MAX_BYTES = 10 * 2**20
MAX_ROWS = 20_000
MAX_HOURS = 9_999_999
"""A commitment's hours: far above the largest one, so that only a slip is refused."""
TO_MEND = "to_mend"
"""The reason of a refusal whose errors are each a cell of the file: they can be mended one by one."""
_LONGEST_SHOWN = 200
_SEPARATORS = str.maketrans("", "", " .-\u00a0\u202f\t")
L = TypeVar("L", bound=Labelled)
V = TypeVar("V")


@dataclass(frozen=True)
class PlannedRow:
    """One line of the file: what it becomes. `same`: already there, nothing changes. `note`: worth a look."""

    line: int
    subject: str
    detail: str
    note: str = ""
    same: bool = False


@dataclass(frozen=True)
class ImportReport:
    """What an import will do (`done` false) or did. `facts` are its totals in words; `unused` columns nobody reads."""

    rows: tuple[PlannedRow, ...]
    facts: tuple[str, ...]
    unused: tuple[str, ...]
    done: bool

    @property
    def new(self) -> int:
        """Lines that change something."""
        return sum(not row.same for row in self.rows)

    @property
    def already(self) -> int:
        """Lines that were there before."""
        return len(self.rows) - self.new

    @property
    def to_check(self) -> tuple[PlannedRow, ...]:
        """Lines with a remark, first in the preview."""
        return tuple(row for row in self.rows if row.note)

    @property
    def message(self) -> str:
        """What was done, or would be, in a sentence or two."""
        if not self.new:
            return f"Tout ce fichier est déjà enregistré{NBSP}: rien ne change."
        said = ", ".join(self.facts)
        if self.already:
            said += f" ({_lines(self.already)} déjà là, sans changement)"
        return f"Repris{NBSP}: {said}." if self.done else f"À reprendre{NBSP}: {said}. Rien n’est encore enregistré."


def _lines(count: int) -> str:
    return f"{count}{NBSP}ligne{'s' if count > 1 else ''}"


def counted(count: int, word: str) -> str:
    """« 1 engagement », « 12 engagements »."""
    return f"{count}{NBSP}{word}{'s' if count > 1 else ''}"


# --- all or nothing --------------------------------------------------------------------------------------

P = TypeVar("P")


@dataclass(frozen=True)
class Planned(Generic[P]):
    """What the file asks for, read against the database; `errors` is empty when it can be written."""

    items: tuple[P, ...]
    rows: tuple[PlannedRow, ...]
    facts: tuple[str, ...]
    errors: tuple[FieldError, ...]


class _RolledBack(Exception):
    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


@dataclass(frozen=True)
class Import(Generic[P]):
    """One kind of file: its columns, how it is read against the database, how it is written.

    `write` returns what the rules of writing refuse. `rehearsed`: checking writes too, and takes everything back, so
    that a check can never say yes to what the writing refuses.
    """

    columns: Callable[[], Sequence[Column]]
    plan: Callable[[Session, Sequence[Record], date], Planned[P]]
    write: Callable[[UnitOfWork, Planned[P], str], Sequence[FieldError]]
    rehearsed: bool = False


def run_import(
    ctx: Context,
    actor: Actor,
    content: bytes,
    filename: str,
    kind: Import[P],
    dry_run: bool,
    mending: Mending = NOTHING,
) -> ImportReport:
    """Read, plan against the database, then write in the same transaction: two imports at once come one after the
    other, and the second reads what the first left. Raises `Invalid` with one error per thing to mend.
    """
    require(actor, Permission.IMPORT_CLAUSES)
    spec, today = kind.columns(), ctx.clock.today()
    table = mended(read_within_limits(content), mending)
    records, cells = parse_rows(table, spec)
    unreadable = {error.line for error in cells}
    readable = [record for record in records if record.line not in unreadable]
    written = {name: table.columns[place] for name, place in places_of(table, spec).items()}
    headers = {column.name: column.header for column in spec} | written
    unused = unused_columns(table, spec)

    def refuse(errors: Iterable[FieldError]) -> None:
        refuse_errors([*cells, *errors], headers, TO_MEND)

    def planned_in(session: Session) -> tuple[Planned[P], ImportReport]:
        planned = kind.plan(session, readable, today)
        if not kind.rehearsed or planned.errors:
            refuse(planned.errors)
        return planned, ImportReport(planned.rows, planned.facts, unused, done=not dry_run)

    if dry_run and not kind.rehearsed:
        with ctx.read() as session:
            return planned_in(session)[1]
    try:
        with ctx.write(actor) as work:
            _one_at_a_time(work.session)
            planned, report = planned_in(work.session)
            refuse(kind.write(work, planned, filename) if report.new else ())
            if dry_run or not report.new:
                raise _RolledBack(report)
            return report
    except _RolledBack as rolled_back:
        return rolled_back.report


def _one_at_a_time(session: Session) -> None:
    """Take the ledger's head, made now if nothing was ever written: imports, and whoever writes hours, take turns.

    A file that changes nothing is rolled back, the head with it.
    """
    first = insert_of(session)(LedgerHead).values(id=1, entry_id=0, hash=GENESIS)
    session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    wait_for_ledger(session)


def read_within_limits(content: bytes) -> Table:
    """The table of a file of at most 10 MB and 20 000 lines."""
    if len(content) > MAX_BYTES:
        raise Invalid(
            f"Ce fichier dépasse {MAX_BYTES // 2**20}{NBSP}Mo. Découpez-le en plusieurs fichiers.", reason="too_big"
        )
    return read_table(content, max_rows=MAX_ROWS)


def places_of(table: Table, spec: Sequence[Column]) -> dict[str, int]:
    """Where each column is in the file."""
    return match_columns(table, {column.name: (column.header, *column.aliases) for column in spec})


class Reader:
    """One line being read: values by column, and its errors, gathered rather than raised."""

    def __init__(self, record: Record) -> None:
        self.line = record.line
        self.values = record.values
        self.errors: list[FieldError] = []

    def get(self, name: str) -> Any:
        """The value of a column; None when it is empty or absent."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """The text of a column; empty when there is none."""
        return self.values.get(name) or ""

    def error(self, name: str, message: str, value: object = "") -> None:
        """Note what is to mend in a column."""
        shown = "" if value is None else str(value)
        self.errors.append(FieldError(name, message, shown[:_LONGEST_SHOWN], self.line))

    def take(self, error: Invalid, fields: Mapping[str, str], other: str) -> None:
        """Note the errors of a rule, under the column that each of its fields is read from."""
        for item in error.errors or (FieldError(other, error.message),):
            self.error(fields.get(item.field, other), item.message, item.value)


# --- cells -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Choosing(Generic[V]):
    """A parser that knows the words it takes, to show them."""

    parse: Callable[[str], V]
    choices: tuple[str, ...]

    def __call__(self, text: str) -> V:
        return self.parse(text)


def choices_of(column: Column) -> tuple[str, ...]:
    """The words that a column takes; empty when it is free."""
    return column.parser.choices if isinstance(column.parser, _Choosing) else ()


def one_of(kind: type[L], aliases: Mapping[str, L] | None = None) -> Callable[[str], L | None]:
    """A parser that takes the code or the French label, and proposes the nearest ones."""
    names = {fold(word): member for member in kind for word in (member.value, member.label)}
    names |= {fold(word): member for word, member in (aliases or {}).items()}

    def parse(text: str) -> L | None:
        word = fold(clean(text))
        if not word:
            if clean(text):
                raise BadValue(_choices(kind, ""))
            return None
        if word not in names:
            raise BadValue(_choices(kind, word))
        return names[word]

    return _Choosing(parse, tuple(member.label for member in kind))


def _choices(kind: type[Labelled], word: str) -> str:
    members: list[Labelled] = list(kind)
    if len(members) > 8:
        near = process.extract(word, {one: fold(one.label) for one in members}, limit=3)
        members = [key for _, _, key in near]
        shown = ", ".join(f"«{NBSP}{one.label}{NBSP}»" for one in members)
        said = f"Ce mot n’est pas dans la liste. Les plus proches{NBSP}: {shown}."
        return f"{said} La liste entière est sur la page Importer."
    return f"Écrivez l’un de ces mots{NBSP}: {', '.join(f'«{NBSP}{one.label}{NBSP}»' for one in members)}."


def items(text: str) -> tuple[str, ...]:
    """The parts of a list written with « | » (or « ; »), tidy; labels themselves may hold commas."""
    parts = clean(text.replace("\n", "|")).replace(";", "|").split("|")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def many_of(kind: type[L]) -> Callable[[str], tuple[L, ...]]:
    """A parser of a list of codes or labels, separated by « | »."""
    parse = one_of(kind)

    def parse_all(text: str) -> tuple[L, ...]:
        return tuple(dict.fromkeys(found for item in items(text) if (found := parse(item)) is not None))

    return _Choosing(parse_all, choices_of(Column("", "", parse)))


def parse_many_hours(text: str) -> int | None:
    """Hours of a commitment or of a month into minutes: "510", "510h", "7h30", "1 607 h"."""
    return parse_minutes(text, maximum_hours=MAX_HOURS)


def parse_yes_no(text: str) -> bool | None:
    """ "oui", "non"; None when not known."""
    known = parse_known(text)
    return None if known is Known.UNKNOWN else known is Known.YES


def parse_percent(text: str) -> int | None:
    """ "20", "20 %": a whole percentage from 0 to 100."""
    tidy = clean(text).removesuffix("%").rstrip()
    number = parse_decimal(tidy)
    if number is None:
        return None
    if number != number.to_integral_value() or not 0 <= number <= 100:
        raise BadValue(f"Écrivez un pourcentage entier de 0 à 100, par exemple 20{NBSP}%.")
    return int(number)


def parse_short(longest: int) -> Callable[[str], str | None]:
    """A parser of text that fits its place."""

    def parse(text: str) -> str | None:
        value = parse_text(text)
        if value is not None and len(value) > longest:
            raise BadValue(f"Raccourcissez ce texte{NBSP}: {longest} caractères au plus.")
        return value

    return parse


def parse_number(text: str) -> str | None:
    """The digits of a SIREN or of a SIRET. A SIRET whose own key is odd is taken when its SIREN holds: some are.

    Wrong length, letters, zeros, or a SIREN that cannot be: refused.
    """
    tidy = clean(text)
    digits = tidy.translate(_SEPARATORS)
    if not digits:
        return None
    try:
        return (check_siren if len(digits) == 9 else check_siret)(tidy)
    except Invalid as error:
        if len(digits) == 14 and digits.isascii() and digits.isdigit() and _siren_holds(digits[:9]):
            return digits
        raise BadValue(" ".join(item.message for item in error.errors)) from None


def _siren_holds(siren: str) -> bool:
    try:
        check_siren(siren)
    except Invalid:
        return False
    return True


def odd_key(number: str) -> bool:
    """Whether a number taken by `parse_number` deserves a second look."""
    try:
        (check_siren if len(number) == 9 else check_siret)(number)
    except Invalid:
        return True
    return False


ODD_KEY = "La clé de ce SIRET ne tombe pas juste : comparez-le avec le document."


def near(word: str, known: Iterable[str]) -> str:
    """« Vouliez-vous dire 2026-TX-0187 ? », or nothing."""
    found = process.extractOne(word, list(known), score_cutoff=65)
    return f" Vouliez-vous dire {found[0]}{NBSP}?" if found else ""
