"""`matching demo`: an invented Département, ready to try."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from matching.cli.ranking import print_list
from matching.settings import Settings
from matching.text import written_hours

DATABASE = Path("demo.sqlite3")


def register(cli: click.Group) -> None:
    cli.add_command(demo)


@click.command()
@click.option("--serve/--no-serve", default=True, help="Servir les pages (par défaut) ou s’arrêter avant.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port local.")
def demo(serve: bool, port: int) -> None:
    """Créer demo.sqlite3 avec un Département inventé, montrer une liste, puis servir les pages."""
    from matching.demo import DEMO_PASSWORD, build
    from matching.demo.clauses import count_clauses
    from matching.services.context import open_context
    from matching.services.occupations import train
    from matching.services.ranking import rank_candidates
    from matching.store import migrations

    settings = Settings(
        database_url=f"sqlite:///{DATABASE}",
        departement="Département de la Loire inventée",
        secret_key=secrets.token_hex(32),
        port=port,
    )
    ctx = open_context(settings)
    migrations.upgrade(ctx.engine)
    logins = build(ctx)
    train(ctx)
    print_list(rank_candidates(ctx, None, 1, top=5), details=2)
    clauses = count_clauses(ctx)
    click.echo(
        f"\nClauses d’insertion : {clauses.commitments} engagements, {written_hours(clauses.minutes_due)} dues, "
        f"{written_hours(clauses.minutes_validated)} validées."
    )
    click.echo("\nTout est inventé. Pour essayer, mot de passe pour tous : " + DEMO_PASSWORD)
    for login in logins:
        click.echo(f"  {login.email:34} {login.role.label} ({login.who})")
    if serve:
        from matching.cli.server import run

        run(ctx)
