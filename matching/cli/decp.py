"""`matching decp`: essential data of public procurement, in and out."""

from __future__ import annotations

from pathlib import Path

import click

from matching.cli.opening import ready_context
from matching.errors import Invalid

_SHOWN = 30


def register(cli: click.Group) -> None:
    cli.add_command(decp)


@click.group()
def decp() -> None:
    """Les données essentielles des marchés (DECP)."""


@decp.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--buyer", required=True, help="SIRET de l’acheteur : ses marchés sont ceux de son SIREN.")
@click.option("--buyer-name", default="", help="Nom de l’acheteur, s’il n’est pas encore connu ici.")
@click.option("--as", "email", help="Adresse du compte au nom duquel importer (facilitateur).")
@click.option("--check", is_flag=True, help="Dire ce qui changerait, sans rien enregistrer.")
@click.option("--all", "everything", is_flag=True, help="Dire toutes les remarques.")
def import_(path: Path, buyer: str, buyer_name: str, email: str | None, check: bool, everything: bool) -> None:
    """Reprendre les marchés d’un acheteur depuis un fichier DECP (JSON)."""
    from matching.services.accounts import actor_of
    from matching.services.clauses.decp_import import import_decp
    from matching.services.clauses.parties import OrganisationInput
    from matching.terms import OrganisationKind

    ctx = ready_context()
    actor = actor_of(ctx, email)
    wanted = OrganisationInput(buyer, buyer_name, OrganisationKind.LOCAL_AUTHORITY, accept_key=True)
    try:
        size = path.stat().st_size
        file = path.open(encoding="utf-8-sig")
    except OSError:
        raise Invalid(f"Le fichier « {path} » ne peut pas être lu. Vérifiez son nom et son dossier.") from None
    with file, click.progressbar(length=size, label="Lecture") as bar:
        report = import_decp(
            ctx, actor, file, wanted, lambda _: bar.update(_read_so_far(file) - bar.pos), dry_run=check
        )
        bar.update(size - bar.pos)
    click.echo(report.message)
    for outcome, count in sorted(report.outcomes.items()):
        click.echo(f"  {outcome.label} : {count}")
    told = [one for one in report.reported if one.warnings or one.reason]
    for one in told if everything else told[:_SHOWN]:
        click.echo(
            f"  fiche {one.number} ({one.id or 'sans identifiant'}) : {one.outcome.label}. {one.reason}".rstrip()
        )
        for warning in one.warnings:
            click.echo(f"    {warning.field}, lu « {warning.read} » : {warning.message}")
    if len(told) > _SHOWN and not everything:
        click.echo(f"  … et {len(told) - _SHOWN} autres fiches : --all les montre toutes.")


@decp.command("export")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--buyer", required=True, help="SIRET ou SIREN de l’acheteur.")
@click.option("--year", type=int, help="Seulement les marchés notifiés cette année-là.")
@click.option("--as", "email", help="Adresse du compte au nom duquel exporter (facilitateur).")
@click.option("--all", "everything", is_flag=True, help="Dire tous les marchés laissés de côté.")
def export(path: Path, buyer: str, year: int | None, email: str | None, everything: bool) -> None:
    """Écrire le fichier officiel (JSON) des marchés d’un acheteur ; ceux à compléter sont laissés de côté et dits."""
    from matching.services.accounts import actor_of
    from matching.services.clauses.decp_export import buyer_of, export_decp

    ctx = ready_context()
    actor = actor_of(ctx, email)
    found = export_decp(ctx, actor, buyer_of(ctx, actor, buyer), year)
    _write(path, found.text)
    click.echo(found.message)
    for one in found.left_out if everything else found.left_out[:_SHOWN]:
        asked = ", ".join(f"{item.label} (lu « {item.read} »)" if item.read else item.label for item in one.lacking)
        click.echo(f"  {one.number}, à compléter : {asked}.")
    if len(found.left_out) > _SHOWN and not everything:
        click.echo(f"  … et {len(found.left_out) - _SHOWN} autres : --all les montre tous.")
    if found.waiting_amendments:
        click.echo(f"  Avenants à décider, absents du fichier : {found.waiting_amendments}.")


def _write(path: Path, text: str) -> None:
    """Beside the file first: a file cut by a full disk must not take the place of a good one."""
    beside = path.with_name(f"{path.name}.partiel")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        message = f"Le fichier « {path} » ne peut pas être écrit. Vérifiez le dossier et la place, puis recommencez."
        raise Invalid(message) from None


def _read_so_far(file: object) -> int:
    """Bytes taken from the disk, ahead of what is parsed by a chunk at most."""
    return int(file.buffer.raw.tell())  # type: ignore[attr-defined]
