"""Reading an uploaded CSV or XLSX into rows, safely, and writing templates and exports.

What is read is text only: formulas are never run, dates come out as AAAA-MM-JJ, numbers as written.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import python_calamine
import xlsxwriter

from matching.errors import FieldError, Invalid
from matching.exchange.values import show
from matching.text import fold

MAX_BYTES = 30 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 300
MAX_CELL = 10_000
MAX_UNZIPPED_BYTES = 300 * 2**20
MAX_ZIP_RATIO = 200
MAX_ZIP_ENTRIES = 2_000

_SEPARATORS = ";\t,|"
_SAMPLE_LINES = 20
# What people rename to .csv or .xlsx; told by its first bytes.
_OTHER_KINDS = (
    (b"\x89PNG", "une image PNG"),
    (b"\xff\xd8\xff", "une image JPEG"),
    (b"GIF8", "une image GIF"),
    (b"%PDF", "un PDF"),
    (b"\xd0\xcf\x11\xe0", "un ancien fichier Excel (.xls) ou un fichier protégé par mot de passe"),
    (b"\x7fELF", "un programme"),
    (b"MZ", "un programme"),
    (b"Rar!", "une archive"),
    (b"7z\xbc\xaf", "une archive"),
    (b"\x1f\x8b", "une archive"),
    (b"{\\rtf", "un document texte"),
)
_REMEDY = "Enregistrez le tableau au format CSV ou Excel (.xlsx), puis déposez-le de nouveau."


@dataclass(frozen=True)
class Row:
    """One line of the file: `line` as seen in the file (the header is line 1), cells as text."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The header as written and the rows, each as long as the header; empty lines are left out."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(content: bytes, *, max_rows: int = MAX_ROWS) -> Table:
    """Read the bytes of a CSV or XLSX file; the kind is told by the content, never by the name.

    Raises Invalid (French message with the remedy) for anything that is not a table we can read.
    """
    if not content.strip():
        raise Invalid("Ce fichier est vide. Déposez un tableau avec une ligne d’en-têtes.", reason="empty")
    if len(content) > MAX_BYTES:
        raise Invalid(
            f"Ce fichier dépasse {MAX_BYTES // 2**20} Mo. Découpez-le en plusieurs fichiers.", reason="too_big"
        )
    for start, kind in _OTHER_KINDS:
        if content.startswith(start) and not (start == b"MZ" and b"\x00" not in content[:512]):
            raise Invalid(f"Ce fichier est {kind}, pas un tableau. {_REMEDY}", reason="not_a_table")
    numbered = _read_xlsx(content) if content.startswith(b"PK") else _read_csv(content)
    return _to_table(numbered, max_rows)


# --- CSV ----------------------------------------------------------------------------------------------


def decode(content: bytes) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, else cp1252. Raises Invalid for what is not text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16")
    if b"\x00" in content:
        raise Invalid(f"Ce fichier n’est pas un tableau lisible. {_REMEDY}", reason="not_a_table")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(content, "cp1252")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise Invalid(
            "Les caractères de ce fichier ne sont pas lisibles. Enregistrez-le en « CSV UTF-8 ».",
            reason="encoding",
        ) from None


def sniff_separator(text: str) -> str:
    """The separator that cuts the header, then the first lines, into the most columns."""
    lines = text.splitlines()[:_SAMPLE_LINES]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        return lines[0][4]
    header = next((line for line in lines if line.strip()), "")
    return max(_SEPARATORS, key=lambda mark: (_count_outside_quotes(header, mark), sum(mark in line for line in lines)))


def _count_outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _read_csv(content: bytes) -> list[tuple[int, list[str]]]:
    text = decode(content)
    separator = sniff_separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            # A cell may hold line breaks: the row is named by the line it starts on.
            rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        raise Invalid(
            f"La ligne {line} n’est pas lisible : un guillemet ouvert n’est sans doute pas refermé. Corrigez-la.",
            [FieldError("file", "Vérifiez les guillemets de cette ligne.", line=line)],
            reason="csv",
        ) from None
    if rows and len(rows[0][1]) <= 2 and "".join(rows[0][1]).lower().startswith("sep="):
        rows = rows[1:]
    return rows


# --- XLSX ---------------------------------------------------------------------------------------------


def check_zip(content: bytes) -> None:
    """Refuse an archive that would unfold beyond reason, before anything is unfolded."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        raise Invalid(f"Ce fichier Excel est abîmé. {_REMEDY}", reason="broken") from None
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise Invalid(f"Ce fichier n’est pas un tableau Excel (.xlsx). {_REMEDY}", reason="not_a_table")
    total = sum(entry.file_size for entry in entries)
    ratio = total / max(1, sum(entry.compress_size for entry in entries))
    bomb = total > MAX_UNZIPPED_BYTES or (ratio > MAX_ZIP_RATIO and total > 2**22)
    if bomb or len(entries) > MAX_ZIP_ENTRIES:
        raise Invalid(
            "Ce fichier Excel est anormalement volumineux une fois ouvert. "
            "Copiez les données utiles dans un classeur neuf, puis déposez-le.",
            reason="zip_bomb",
        )


def _read_xlsx(content: bytes) -> list[tuple[int, list[str]]]:
    check_zip(content)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = workbook.get_sheet_by_index(0)
        # calamine skips empty lines at the top: `start` gives back the true line numbers.
        first = sheet.start[0] if sheet.start else 0
        values = sheet.to_python(skip_empty_area=True)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError):
        raise Invalid(f"Ce fichier Excel n’a pas pu être lu. {_REMEDY}", reason="broken") from None
    return [(first + offset + 1, [_cell_text(value) for value in cells]) for offset, cells in enumerate(values)]


def _cell_text(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}h{minutes % 60:02d}"
    return str(value)


# --- rows to a table ----------------------------------------------------------------------------------


def _to_table(numbered: Sequence[tuple[int, list[str]]], max_rows: int) -> Table:
    filled = [(line, cells) for line, cells in numbered if any(cell.strip() for cell in cells)]
    if not filled:
        raise Invalid("Ce fichier est vide. Déposez un tableau avec une ligne d’en-têtes.", reason="empty")
    (header_line, header), body = filled[0], filled[1:]
    columns = _header(header, header_line)
    if not body:
        raise Invalid(
            "Ce fichier n’a que la ligne d’en-têtes. Ajoutez au moins une ligne de données.", reason="no_rows"
        )
    if len(body) > max_rows:
        raise Invalid(
            f"Ce fichier a {len(body)} lignes : {max_rows} au plus à la fois. Découpez-le.", reason="too_many_rows"
        )
    errors = [error for line, cells in body if (error := _row_error(line, cells, len(columns)))]
    if errors:
        raise Invalid("Des lignes ne sont pas lisibles. Rien n’a été enregistré.", errors, reason="rows")
    return Table(columns, tuple(Row(line, _fit(cells, len(columns))) for line, cells in body))


def _header(cells: Sequence[str], line: int) -> tuple[str, ...]:
    columns = [" ".join(cell.split()) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MAX_COLUMNS:
        raise Invalid(f"Ce fichier a plus de {MAX_COLUMNS} colonnes. Gardez les colonnes utiles.", reason="columns")
    seen: dict[str, str] = {}
    errors = []
    for position, name in enumerate(columns, start=1):
        key = fold(name)
        if not name:
            errors.append(FieldError("file", f"La colonne {position} n’a pas d’en-tête. Nommez-la.", line=line))
        elif key in seen:
            errors.append(
                FieldError("file", "Cet en-tête est présent deux fois. Gardez une seule colonne.", name, line, name)
            )
        seen.setdefault(key, name)
    if errors:
        raise Invalid("Les en-têtes du fichier sont à reprendre. Rien n’a été enregistré.", errors, reason="header")
    return tuple(columns)


def _row_error(line: int, cells: Sequence[str], width: int) -> FieldError | None:
    extra = [cell for cell in cells[width:] if cell.strip()]
    if extra:
        return FieldError(
            "file",
            "Cette ligne a plus de cases que d’en-têtes. Mettez entre guillemets les textes qui contiennent "
            "le séparateur.",
            extra[0][:80],
            line,
        )
    if any(len(cell) > MAX_CELL for cell in cells):
        return FieldError("file", f"Une case dépasse {MAX_CELL} caractères. Raccourcissez-la.", line=line)
    return None


def _fit(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *([""] * (width - len(cells))))


def match_columns(table: Table, wanted: Mapping[str, Sequence[str]], required: Iterable[str] = ()) -> dict[str, int]:
    """Where each wanted column is: {name: index}, whatever accents, case and punctuation.

    `wanted` gives the accepted headers of each name. Raises Invalid naming each missing required column
    and the columns found.
    """
    found = {fold(column): index for index, column in enumerate(table.columns)}
    places: dict[str, int] = {}
    for name, headers in wanted.items():
        for header in (name, *headers):
            if fold(header) in found:
                places[name] = found[fold(header)]
                break
    missing = [name for name in required if name not in places]
    if missing:
        seen = ", ".join(f"« {column} »" for column in table.columns)
        raise Invalid(
            f"Il manque {_named(missing, wanted)}. Colonnes trouvées : {seen}.",
            [
                FieldError("file", "Cette colonne manque. Ajoutez-la au fichier.", column=_shown(name, wanted), line=1)
                for name in missing
            ],
            reason="missing_column",
        )
    return places


def _shown(name: str, wanted: Mapping[str, Sequence[str]]) -> str:
    return next(iter(wanted.get(name, ())), name)


def _named(missing: Sequence[str], wanted: Mapping[str, Sequence[str]]) -> str:
    names = ", ".join(f"« {_shown(name, wanted)} »" for name in missing)
    return f"la colonne {names}" if len(missing) == 1 else f"les colonnes {names}"


# --- writing ------------------------------------------------------------------------------------------


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV as French Excel opens it: semicolons, UTF-8 with BOM; every cell guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([show(column) for column in columns])
    for row in rows:
        writer.writerow([show(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[object]], *, sheet: str = "Données") -> bytes:
    """An XLSX of text cells (no formula, no link), header in bold and frozen; every cell guarded."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        page = workbook.add_worksheet(sheet[:31])
        bold = workbook.add_format({"bold": True})
        text = workbook.add_format({"num_format": "@"})
        for place, column in enumerate(columns):
            page.write_string(0, place, show(column), bold)
            page.set_column(place, place, min(40, max(12, len(column) + 2)), text)
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                page.write_string(line, place, show(value)[:32_000], text)
        page.freeze_panes(1, 0)
    return out.getvalue()
