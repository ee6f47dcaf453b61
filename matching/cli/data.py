"""`matching import`, `matching reference`, `matching db`: what comes in, and the database itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import OperationalError

from matching.cli.opening import ready_context, unreachable
from matching.errors import Invalid


def register(cli: click.Group) -> None:
    cli.add_command(import_group)
    cli.add_command(reference)
    cli.add_command(db)


@click.group("import")
def import_group() -> None:
    """Reprendre des personnes ou des offres depuis un tableur (CSV ou XLSX)."""


def _importer(kind: str) -> Any:
    return importlib.import_module(f"matching.services.import_{kind}")


def _add_import(kind: str, french: str) -> None:
    @import_group.command(kind, help=f"Importer des {french} : tout le fichier, ou rien.")
    @click.argument("path", required=False, type=click.Path(path_type=Path))
    @click.option("--template", is_flag=True, help="Écrire le modèle (CSV) sur la sortie.")
    @click.option("--as", "email", help="Adresse du compte au nom duquel importer (conseiller ou responsable).")
    @click.option("--check", is_flag=True, help="Vérifier sans rien enregistrer.")
    def command(path: Path | None, template: bool, email: str | None, check: bool) -> None:
        importer = _importer(kind)
        if template:
            # Bytes as they are: spreadsheets need the mark at the beginning of the file.
            click.echo(importer.template_csv(), nl=False)
            return
        if path is None:
            raise Invalid("Indiquez le fichier à importer, ou --template pour obtenir le modèle.")
        try:
            content = path.read_bytes()
        except OSError:
            raise Invalid(f"Le fichier « {path} » ne peut pas être lu. Vérifiez son nom et son dossier.") from None
        from matching.services.accounts import actor_of

        ctx = ready_context()
        run = getattr(importer, f"import_{kind}")
        report = run(ctx, actor_of(ctx, email), content, path.name, dry_run=check)
        click.echo(report.message)


_add_import("candidates", "personnes")
_add_import("offers", "offres")


@click.group()
def reference() -> None:
    """Le référentiel : métiers, compétences, communes."""


@reference.command("load")
@click.argument("folder", type=click.Path(path_type=Path))
def load(folder: Path) -> None:
    """Charger les fichiers officiels du dossier FOLDER (ROME 4.0, communes), puis entraîner la recherche."""
    from matching.services.occupations import train
    from matching.services.reference import load_official

    ctx = ready_context()
    with click.progressbar(length=100, label="Chargement") as bar:

        def progress(label: str, done: int, total: int) -> None:
            bar.label = f"{label:<14}"
            bar.update(max(0, round(100 * done / max(1, total)) - bar.pos))

        report = load_official(ctx, None, folder, progress)
    click.echo(
        f"ROME {report.version} : {report.occupations} métiers, {report.titles} intitulés, "
        f"{report.skills} compétences, {report.communes} communes."
    )
    click.echo("Entraînement de la recherche de métiers… (une à deux minutes)")
    train(ctx)
    click.echo("Prêt.")


@click.group()
def db() -> None:
    """La base de données."""


@db.command("upgrade")
def upgrade() -> None:
    """Créer la base ou la mettre à jour, avec son référentiel de départ."""
    from matching.services.context import open_context
    from matching.services.reference import ensure_embedded
    from matching.store import migrations

    ctx = open_context()
    try:
        migrations.upgrade(ctx.engine)
    except OperationalError as error:
        raise unreachable() from error
    ensure_embedded(ctx)
    click.echo("La base de données est à jour.")
