"""`matching clauses import`: commitments, participants and hours, from a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matching.cli.opening import ready_context
from matching.errors import Invalid
from matching.text import NBSP

if TYPE_CHECKING:
    from matching.services.clauses.importing import FileKind


def register(group: click.Group) -> None:
    group.add_command(import_group)


@click.group("import")
def import_group() -> None:
    """Reprendre un registre tenu dans un tableur (CSV ou XLSX) : engagements, participants, puis heures."""


def _add(code: str, french: str) -> None:
    @import_group.command(code, help=f"Reprendre des {french} : tout le fichier, ou rien.")
    @click.argument("path", metavar="FICHIER", required=False, type=click.Path(path_type=Path))
    @click.option("--template", is_flag=True, help="Écrire le modèle (CSV) sur la sortie.")
    @click.option("--columns", is_flag=True, help="Dire ce que chaque colonne accepte.")
    @click.option("--check", is_flag=True, help="Vérifier sans rien enregistrer.")
    @click.option("--as", "email", help="Adresse du compte de facilitateur au nom duquel reprendre.")
    def command(path: Path | None, template: bool, columns: bool, check: bool, email: str | None) -> None:
        from matching.services.clauses.importing import KINDS

        kind = KINDS[code]
        if template:
            # Bytes as they are: spreadsheets need the mark at the beginning of the file.
            click.echo(kind.template_csv(), nl=False)
        elif columns:
            _tell_columns(kind)
        else:
            _run(kind, path, email, check)


def _tell_columns(kind: FileKind) -> None:
    for column in kind.described():
        required = " (obligatoire)" if column.required else ""
        takes = f"{NBSP}: {', '.join(column.choices)}" if column.choices else ""
        example = f"{NBSP}: par exemple {column.example}" if column.example and not takes else ""
        note = f" ({column.note})" if column.note else ""
        click.echo(f"{column.header}{required}{takes}{example}{note}")


def _run(kind: FileKind, path: Path | None, email: str | None, check: bool) -> None:
    from matching.services.accounts import actor_of

    if path is None:
        raise Invalid("Indiquez le fichier à reprendre, ou --template pour obtenir le modèle.")
    try:
        content = path.read_bytes()
    except OSError:
        raise Invalid(f"Le fichier « {path} » ne peut pas être lu. Vérifiez son nom et son dossier.") from None
    ctx = ready_context()
    report = kind.run(ctx, actor_of(ctx, email), content, path.name, check)
    click.echo(report.message)
    for row in report.to_check:
        if not row.same:
            # Not the name of the person: the shell's output is kept in logs.
            click.echo(f"  ligne {row.line}{NBSP}: {row.note}")


for code, french in (("commitments", "engagements"), ("participations", "participants"), ("hours", "heures")):
    _add(code, french)
