"""`matching serve`: the pages, in the box with waitress."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import click
import structlog

from matching.cli import daily
from matching.cli.opening import ready_context
from matching.errors import Invalid, raised_at

if TYPE_CHECKING:
    from matching.services.context import Context


def register(cli: click.Group) -> None:
    cli.add_command(serve)


@click.command()
def serve() -> None:
    """Servir les pages (adresse : MATCHING_HOST et MATCHING_PORT)."""
    ctx = ready_context()
    click.echo(daily.run(ctx))
    run(ctx)


def run(ctx: Context) -> None:
    """Serve until interrupted."""
    import waitress

    from matching.web.app import create_app

    host, port = ctx.settings.host, ctx.settings.port
    app = create_app(ctx)
    try:
        server = waitress.create_server(app, host=host, port=port, threads=8, ident="")
    except OSError:
        raise Invalid(
            f"Le port {port} est déjà pris sur {host}. Arrêtez l’autre programme, ou choisissez --port (demo) "
            "ou MATCHING_PORT (serve)."
        ) from None
    Thread(target=warm_up, name="warm-up", daemon=True).start()
    click.echo(f"\nLes pages sont servies sur http://{host}:{port} (Ctrl + C pour arrêter).")
    try:
        server.run()
    except KeyboardInterrupt:
        click.echo("Arrêté.")
    finally:
        server.close()


def warm_up() -> None:
    """Pages rank at once, by NumPy, and faster as soon as the compiled pass is ready; the log says why it never is."""
    from matching import engine

    try:
        engine.warm_up()
    except Exception as error:  # whatever it is, the lists are the same without it
        log = structlog.get_logger()
        log.error("compiled_pass_not_ready", kind=type(error).__name__, said=str(error), where=raised_at(error))
