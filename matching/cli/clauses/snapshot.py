"""`matching clauses snapshot`: the hours of a year, read, frozen, written as documents, compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matching.cli.clauses import reading
from matching.cli.clauses.files import write_whole
from matching.cli.opening import ready_context
from matching.errors import Invalid
from matching.text import NBSP, written_hours

if TYPE_CHECKING:
    from matching.access.permissions import Actor
    from matching.services.clauses.year_documents import PaperLine, YearPaper
    from matching.services.context import Context

_FILE = click.Path(dir_okay=False, path_type=Path)


def register(group: click.Group) -> None:
    group.add_command(snapshot)


@click.command()
@click.argument("year", metavar="ANNEE", type=int)
@click.option("--as", "email", help="Adresse du compte de facilitateur, pour figer ou comparer.")
@click.option("--freeze", is_flag=True, help="Figer l’année telle qu’elle est connue maintenant.")
@click.option("--note", default="", help="Note gardée avec le bilan figé.")
@click.option("--frozen", "frozen_id", type=int, metavar="NUMERO", help="Lire ce bilan figé au lieu de l’année.")
@click.option("--compare", "compare_id", type=int, metavar="NUMERO", help="Dire ce qui a bougé depuis ce bilan figé.")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
@click.option("--csv", "csv_path", type=_FILE, metavar="FICHIER", help="Écrire un CSV.")
@click.option("--xlsx", "xlsx_path", type=_FILE, metavar="FICHIER", help="Écrire un classeur.")
@click.option("--pdf", "pdf_path", type=_FILE, metavar="FICHIER", help="Écrire un PDF balisé.")
def snapshot(
    year: int,
    email: str | None,
    freeze: bool,
    note: str,
    frozen_id: int | None,
    compare_id: int | None,
    as_json: bool,
    csv_path: Path | None,
    xlsx_path: Path | None,
    pdf_path: Path | None,
) -> None:
    """Consolider une année d’heures d’insertion, par mois travaillé.

    Sans --freeze, rien n’est gardé. Les petits nombres sont masqués, sauf avec --compare, qui demande un compte.
    """
    if freeze and frozen_id is not None:
        raise Invalid("--freeze et --frozen ne vont pas ensemble : figez l’année, ou lisez un bilan déjà figé.")
    ctx = ready_context()
    if freeze:
        from matching.services.clauses.snapshots import freeze_year

        frozen_id = freeze_year(ctx, _actor(ctx, email), year, note).id
    if compare_id is not None:
        _compare(ctx, _actor(ctx, email), compare_id, frozen_id, as_json)
        return
    paper = _read(ctx, year, frozen_id)
    files = {"csv": csv_path, "xlsx": xlsx_path, "pdf": pdf_path}
    for kind, path in files.items():
        if path is not None:
            _write(ctx, paper, kind, path)
    if as_json:
        from matching.services.clauses.year_documents import year_json

        reading.write_json(year_json(paper))
    elif not any(files.values()):
        _print(paper)


def _actor(ctx: Context, email: str | None) -> Actor:
    from matching.services.accounts import actor_of

    return actor_of(ctx, email)


def _read(ctx: Context, year: int, frozen_id: int | None) -> YearPaper:
    from matching.services.clauses.year_documents import preview_from_shell

    paper = preview_from_shell(ctx, year, frozen_id)
    if paper.year != year:
        raise Invalid(f"Le bilan figé n°{NBSP}{frozen_id} est celui de {paper.year}, pas de {year}.")
    return paper


def _write(ctx: Context, paper: YearPaper, kind: str, path: Path) -> None:
    from matching.services.clauses import year_documents

    if kind == "pdf":
        from matching.web.papers import pdf_outside

        content = pdf_outside(ctx, "years/print.html", paper)
    else:
        content = year_documents.year_csv(paper) if kind == "csv" else year_documents.year_workbook(paper)
    write_whole(path, content)
    year_documents.record_from_shell(ctx, paper, kind)
    click.echo(f"{paper.title} : {path}", err=True)


def _print(paper: YearPaper) -> None:
    click.echo(paper.title)
    click.echo(f"{paper.state}. Écritures lues jusqu’au n°{NBSP}{paper.entries_up_to}.")
    click.echo(f"Ensemble{NBSP}: {_words(paper.total)}")
    if paper.opening_minutes:
        click.echo(f"Heures reprises, sans le détail des personnes{NBSP}: {written_hours(paper.opening_minutes)}")
    for section in paper.sections:
        if section.lines:
            click.echo(f"\n{section.dimension.label}")
            for line in section.lines:
                click.echo(f"  {line.label}{NBSP}: {_words(line)}")
    click.echo("\n" + _how_to_read(paper))


def _how_to_read(paper: YearPaper) -> str:
    from matching.services.clauses.year_documents import how_to_read

    return how_to_read(paper.threshold) + ("" if paper.snapshot else " Rien n’est figé : --freeze garde ces chiffres.")


def _words(line: PaperLine) -> str:
    from matching.services.clauses.year_documents import HIDDEN_WORDS, written_tenths

    if line.people is None or line.minutes is None:
        return HIDDEN_WORDS
    people = _count(line.people, "personne")
    average = f", {written_tenths(line.average)}{NBSP}h par personne" if line.average is not None else ""
    return f"{written_hours(line.minutes)}, {people}{average}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}"


def _compare(ctx: Context, actor: Actor, compare_id: int, with_id: int | None, as_json: bool) -> None:
    from matching.clauses.consolidation import label_of
    from matching.services.clauses.snapshots import compare_snapshot

    found = compare_snapshot(ctx, actor, compare_id, with_id)
    if as_json:
        changes = [
            {
                "dimension": one.dimension.value if one.dimension else None,
                "code": one.key,
                "minutes_before": one.before.minutes,
                "minutes_after": one.after.minutes,
                "people_before": one.before.people,
                "people_after": one.after.people,
            }
            for one in found.changes
        ]
        later = found.later.id if found.later else None
        reading.write_json({"from": compare_id, "to": later, "entries": found.entries_since, "changes": changes})
        return
    to = f"le bilan n°{NBSP}{found.later.id}" if found.later else "maintenant"
    click.echo(f"Bilan {found.earlier.year} n°{NBSP}{compare_id}, comparé à {to}{NBSP}:", nl=False)
    click.echo(f" {_count(found.entries_since, 'écriture')} de plus, {_count(len(found.changes), 'écart')}.")
    for one in found.changes:
        label = f"{one.dimension.label}, {label_of(one.dimension, one.key)}" if one.dimension else "Ensemble"
        sign = "+" if one.minutes > 0 else "−" if one.minutes < 0 else ""
        click.echo(
            f"  {label}{NBSP}: {written_hours(one.before.minutes)} → {written_hours(one.after.minutes)} "
            f"({sign}{written_hours(abs(one.minutes))}), {one.before.people} → {_count(one.after.people, 'personne')}"
        )
