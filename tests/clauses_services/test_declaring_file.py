"""A month by spreadsheet: its template read back, errors by row, nothing half-kept."""

from __future__ import annotations

import pytest

from matching.errors import Conflict, Invalid
from matching.exchange.tables import read_table, write_csv, write_xlsx
from matching.services.clauses import declaring, declaring_file, declaring_writing
from matching.services.clauses.declaring import Declarant
from matching.services.clauses.declaring_writing import TypedLine
from matching.services.context import Context
from matching.store.tables.participations import Participation
from tests.support import clauses

HEAD = ("Code", "Personne", "Du", "Au", "Heures", "Dont formation")


def site(ctx: Context, people: int = 2) -> tuple[Declarant, list[str]]:
    actor = clauses.company(ctx)
    company = clauses.organisation_of(ctx, actor)
    commitment = clauses.commitment(ctx, holder_id=company)
    keys = [clauses.participation(ctx, commitment, organisation_id=company) for _ in range(people)]
    with ctx.read() as session:
        codes = [session.get_one(Participation, key).code for key in keys]
    return declaring.declarant_of(ctx, actor, commitment, "2026-10"), codes


def minutes(ctx: Context, declarant: Declarant) -> list[int | None]:
    return [line.minutes for line in declaring.open_month(ctx, declarant).lines]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_has_this_month_s_people_and_reads_back(ctx: Context, kind: str) -> None:
    declarant, codes = site(ctx)
    table = read_table(declaring_file.template_of(ctx, declarant, kind))
    assert table.columns == HEAD
    assert [row.cells[0] for row in table.rows] == codes
    rows = [(*row.cells[:4], hours, "") for row, hours in zip(table.rows, ("7h30", "0"), strict=True)]
    content = write_csv(HEAD, rows) if kind == "csv" else write_xlsx(HEAD, rows)
    read = declaring_file.save_file(ctx, declarant, 0, content)
    assert (read.lines, read.left_out) == (2, ())
    assert minutes(ctx, declarant) == [450, 0]


def test_two_columns_are_enough_and_people_left_out_are_named(ctx: Context) -> None:
    declarant, codes = site(ctx)
    content = f"code;heures\n{codes[0].lower()};35\n".encode()
    assert declaring_file.save_file(ctx, declarant, 0, content).left_out == (codes[1],)
    assert minutes(ctx, declarant) == [2100, None]


def test_three_bad_rows_of_five_hundred_tell_their_row_and_nothing_is_kept(ctx: Context) -> None:
    declarant, codes = site(ctx, 500)
    rows = [[code, "", "", "", "35h", ""] for code in codes]
    rows[9][4], rows[99][0], rows[499][2] = "7 30", "H-9999", "30/09/2026"
    with pytest.raises(Invalid) as refused:
        declaring_file.save_file(ctx, declarant, 0, write_csv(HEAD, rows))
    told = [(error.line, error.column, error.value) for error in refused.value.errors]
    assert told == [(11, "Heures", "7 30"), (101, "Code", "H-9999"), (501, "Du", "2026-09-30")]
    assert set(minutes(ctx, declarant)) == {None}
    assert declaring.open_month(ctx, declarant).version == 0


@pytest.mark.parametrize(
    ("rows", "line", "column", "words"),
    [
        ([["{0}", "7h"], ["{0}", "8h"]], 3, "Code", "déjà à la ligne 2"),
        ([["{0}", ""]], 2, "Heures", "obligatoire"),
        ([["{0}", "800h"]], 2, "Heures", "dépasse"),
        ([["{0}", "744h"], ["{1}", "-3"]], 3, "Heures", "négative"),
        ([["", "7h"]], 2, "Code", "obligatoire"),
    ],
)
def test_each_wrong_row(ctx: Context, rows: list[list[str]], line: int, column: str, words: str) -> None:
    declarant, codes = site(ctx)
    content = write_csv(("Code", "Heures"), [[cell.format(*codes).lstrip("'") for cell in row] for row in rows])
    with pytest.raises(Invalid) as refused:
        declaring_file.save_file(ctx, declarant, 0, content)
    (error,) = refused.value.errors
    assert (error.line, error.column) == (line, column)
    assert words in error.message


def test_a_rule_of_the_month_is_told_by_row(ctx: Context) -> None:
    declarant, codes = site(ctx)
    rows = [(codes[1], "01/10/2026", "02/10/2026", "50h")]
    with pytest.raises(Invalid) as refused:
        declaring_file.save_file(ctx, declarant, 0, write_csv(("Code", "Du", "Au", "Heures"), rows))
    assert [(e.line, e.column) for e in refused.value.errors] == [(2, "Heures")]


def test_a_file_for_a_month_changed_since_is_refused(ctx: Context) -> None:
    declarant, codes = site(ctx)
    key = declaring.open_month(ctx, declarant).lines[0].key
    declaring_writing.save_month(ctx, declarant, 0, {key: TypedLine("7h")})
    with pytest.raises(Conflict):
        declaring_file.save_file(ctx, declarant, 0, f"code;heures\n{codes[0]};35\n".encode())


def test_what_is_no_table_is_refused(ctx: Context) -> None:
    declarant, _ = site(ctx)
    with pytest.raises(Invalid, match="PNG"):
        declaring_file.save_file(ctx, declarant, 0, b"\x89PNG\r\n\x1a\n")
