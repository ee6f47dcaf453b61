"""`matching user add`: the first accounts of an installation."""

from __future__ import annotations

import click

from matching.cli.opening import ready_context
from matching.errors import Invalid
from matching.terms import Role


def register(cli: click.Group) -> None:
    cli.add_command(user)


@click.group()
def user() -> None:
    """Les comptes."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="Prénom et nom.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="Rôle du compte.")
@click.option("--unit", help="Code de l’unité emploi (conseiller, responsable).")
@click.option("--siret", help="SIRET de l’établissement (employeur).")
@click.option("--password", help="Sinon, il est demandé sans s’afficher.")
def add(email: str, name: str, role: str, unit: str | None, siret: str | None, password: str | None) -> None:
    """Créer un compte."""
    from matching.services import accounts

    ctx = ready_context()
    new = accounts.NewAccount(
        email=email,
        name=name,
        role=Role(role),
        password=password or click.prompt("Mot de passe", hide_input=True, confirmation_prompt="Encore une fois"),
        unit_id=accounts.unit_number(ctx, unit) if unit else None,
        establishment_id=accounts.establishment_number(ctx, siret) if siret else None,
    )
    if Role(role) in (Role.ADVISER, Role.UNIT_MANAGER) and new.unit_id is None:
        raise Invalid("Indiquez l’unité emploi de ce compte : --unit CODE.")
    accounts.add_account(ctx, None, new)
    click.echo(f"Compte créé : {email}.")
