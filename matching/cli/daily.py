"""`matching daily`: what the passing of time asks, once a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from matching.cli.opening import ready_context

if TYPE_CHECKING:
    from matching.services.context import Context


def register(cli: click.Group) -> None:
    cli.add_command(daily)


@click.command()
def daily() -> None:
    """Retirer les offres que personne ne confirme, clore les propositions sans réponse, compter les leviers de chaque
    unité (une fois par jour)."""
    from matching.services.ranking import count_levers_of_units

    ctx = ready_context()
    click.echo(run(ctx))
    if units := count_levers_of_units(ctx):
        click.echo("Leviers comptés pour une unité." if units == 1 else f"Leviers comptés pour {units}\u00a0unités.")


def run(ctx: Context) -> str:
    """What expires, said in French; `serve` begins by it. Running it again the same day does nothing more."""
    from matching.services.offers import expire_stale_offers
    from matching.services.proposals import expire_silent_proposals

    offers, proposals = expire_stale_offers(ctx), expire_silent_proposals(ctx)
    if not offers and not proposals:
        return "Rien n’a expiré."
    return f"{_offers(offers)} {_proposals(proposals)}"


def _offers(count: int) -> str:
    if count == 0:
        return "Aucune offre n’est retirée."
    if count == 1:
        return "Une offre est retirée, faute d’avoir été confirmée."
    return f"{count}\u00a0offres sont retirées, faute d’avoir été confirmées."


def _proposals(count: int) -> str:
    if count == 0:
        return "Aucune proposition n’est close."
    if count == 1:
        return "Une proposition sans réponse est close."
    return f"{count}\u00a0propositions sans réponse sont closes."
