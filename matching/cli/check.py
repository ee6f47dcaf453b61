"""`matching check`: verify the ledger and the trail."""

from __future__ import annotations

import sys

import click

from matching.cli.opening import ready_context


def register(cli: click.Group) -> None:
    cli.add_command(check)


@click.command("check")
def check() -> None:
    """Vérifier le grand livre des heures et le journal : totaux, chaînes, annulations, répartitions, dates."""
    from matching.services.clauses.checking import check_everything

    report = check_everything(ready_context())
    click.echo(f"{report.entries} écritures et {report.events} évènements lus.")
    if not report.breaches:
        click.echo("Tout est juste.")
        return
    for breach in report.breaches:
        number = f" n° {breach.number}" if breach.number else ""
        click.echo(f"{breach.rule} : {breach.table}{number}, {breach.told}.", err=True)
    click.echo(
        "Rien n’a été modifié. Comparez avec votre dernière sauvegarde, puis corrigez par une annulation et une "
        "nouvelle écriture.",
        err=True,
    )
    sys.exit(1)
