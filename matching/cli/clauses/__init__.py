"""`matching clauses`: insertion hours in the shell, one module a command, each with its `register(group)`."""

from __future__ import annotations

import click

from matching.cli.clauses import due, importing, open_data, penalty, size, snapshot


def register(cli: click.Group) -> None:
    cli.add_command(clauses)


@click.group()
def clauses() -> None:
    """Clauses d’insertion : dimensionner, dire ce qui est dû, calculer une pénalité, reprendre un tableur."""


for module in (size, penalty, due, importing, snapshot, open_data):
    module.register(clauses)
