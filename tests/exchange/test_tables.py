"""Files as people make them, and files that are not tables."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import FieldError, Invalid
from matching.exchange.importing import Column, parse_rows, refuse_errors, template_rows, unused_columns
from matching.exchange.tables import match_columns, read_table, write_csv, write_xlsx
from matching.exchange.values import parse_date, parse_known, parse_minutes, parse_text

TEXT = "Prénom;Métier\nAmélie;Plongeur·se\nÉlie;Œuvrier\n"


def reason_of(content: bytes, **limits: int) -> object:
    with pytest.raises(Invalid) as caught:
        read_table(content, **limits)
    assert caught.value.message.endswith((".", "!"))
    return caught.value.data["reason"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_reads_every_usual_csv(encoding: str, separator: str, newline: str) -> None:
    table = read_table(TEXT.replace(";", separator).replace("\n", newline).encode(encoding))
    assert table.columns == ("Prénom", "Métier")
    assert [(row.line, row.cells[0]) for row in table.rows] == [(2, "Amélie"), (3, "Élie")]


def test_reads_cp1252() -> None:
    table = read_table("Prénom;Note\nÉlie;12 € l’heure\n".encode("cp1252"))
    assert table.rows[0].cells == ("Élie", "12 € l’heure")


def test_decimal_commas_do_not_win_over_the_separator() -> None:
    table = read_table(b"a;b;c\n1,5;2,5;3,5\n")
    assert table.columns == ("a", "b", "c")


def test_lines_are_those_of_the_file() -> None:
    table = read_table(b'nom;texte\n\nA;"deux\nlignes"\n;\nB;x\n')
    assert [(row.line, row.cells[0]) for row in table.rows] == [(3, "A"), (6, "B")]


def test_short_lines_are_completed_and_long_ones_refused() -> None:
    assert read_table(b"a;b;c\n1\n").rows[0].cells == ("1", "", "")
    with pytest.raises(Invalid) as caught:
        read_table(b"a;b\n1;2;3\n")
    assert caught.value.errors[0].line == 2


def workbook(*rows: list[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for line, cells in enumerate(rows):
            for place, value in enumerate(cells):
                if isinstance(value, date):
                    sheet.write_datetime(line, place, value, day)
                else:
                    sheet.write(line, place, value)
    return out.getvalue()


def test_reads_xlsx_with_dates_and_numbers() -> None:
    table = read_table(workbook(["Nom", "Début", "Heures"], ["A", date(2026, 9, 5), 35], [], ["B", None, 17.5]))
    assert table.columns == ("Nom", "Début", "Heures")
    assert [(row.line, *row.cells) for row in table.rows] == [(2, "A", "2026-09-05", "35"), (4, "B", "", "17.5")]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    return out.getvalue()


def plain_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lettre.txt", "bonjour")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b";;;\n;;\n", "empty"),
        ("\ufeff".encode(), "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not_a_table"),
        (b"%PDF-1.7 ...", "not_a_table"),
        (b"a\x00b;c", "not_a_table"),
        (b"PK\x03\x04 not a zip", "broken"),
        (plain_zip(), "not_a_table"),
        (bomb(), "zip_bomb"),
        (workbook(["a"], ["1"])[:-40], "broken"),
        (b"nom;age\n", "no_rows"),
        (b"nom;;age\n1;2;3\n", "header"),
        ("Prénom;prenom\n1;2\n".encode(), "header"),
        (b"\x81\x8d;b\n1;2\n", "encoding"),
    ],
)
def test_refuses_kindly(content: bytes, reason: str) -> None:
    assert reason_of(content) == reason


def test_refuses_too_many_rows() -> None:
    assert reason_of(b"a\n1\n2\n3\n", max_rows=2) == "too_many_rows"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for start in (b"", b"a;b\n", b"PK\x03\x04"):
        with suppress(Invalid):
            read_table(start + content)


def test_headers_match_whatever_accents_and_case() -> None:
    table = read_table(b"PRENOM;Code   postal\nA;44000\n")
    assert match_columns(table, {"first_name": ["Prénom"], "postcode": ["Code postal"]}) == {
        "first_name": 0,
        "postcode": 1,
    }


def test_a_missing_column_is_named_with_those_found() -> None:
    with pytest.raises(Invalid, match=r"«.Nom.».*Colonnes trouvées.*«.Prénom.», «.Métier.»"):
        match_columns(read_table(TEXT.encode()), {"last_name": ["Nom"]}, ["last_name"])


# --- records ------------------------------------------------------------------------------------------

SPEC = (
    Column("name", "Nom", parse_text, required=True, example="Exemple"),
    Column("start", "Date de début", parse_date, aliases=("Début",), example="05/09/2026"),
    Column("hours", "Heures", parse_minutes, example="35h"),
    Column("licence", "Permis B", parse_known, example="oui"),
)


def test_records_hold_typed_values_by_name() -> None:
    records, _ = parse_rows(read_table("nom;début;permis b\nA;05/09/2026;?\n".encode()), SPEC)
    assert records[0].line == 2
    assert records[0].values == {"name": "A", "start": date(2026, 9, 5), "licence": "unknown"}


def test_every_bad_cell_is_told_with_line_column_value() -> None:
    table = read_table("Nom;Début;Heures\n;31/02/2026;35\nB;;trop\n".encode())
    _, errors = parse_rows(table, SPEC)
    assert [(e.line, e.column, e.value) for e in errors] == [
        (2, "Nom", ""),
        (2, "Début", "31/02/2026"),
        (3, "Heures", "trop"),
    ]
    with pytest.raises(Invalid, match=r"^3\s+lignes à corriger") as refused:
        refuse_errors((*reversed(errors), FieldError("hours", "Trop.", line=4)), {"hours": "Heures"})
    assert [(e.line, e.column) for e in refused.value.errors] == [
        (2, "Début"),
        (2, "Nom"),
        (3, "Heures"),
        (4, "Heures"),
    ]
    refuse_errors((), {})


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_the_template_is_read_back(write: object) -> None:
    columns, rows = template_rows(SPEC)
    table = read_table(write(columns, rows))  # type: ignore[operator]
    assert parse_rows(table, SPEC)[0][0].values["hours"] == 2100
    assert unused_columns(table, SPEC) == ()


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_written_formulas_are_only_text(write: object) -> None:
    content = write(["Nom"], [['=HYPERLINK("http://x")'], ["ça va"]])  # type: ignore[operator]
    table = read_table(content)
    assert [row.cells[0][:2] for row in table.rows] == ["'=", "ça"]
