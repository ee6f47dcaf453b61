"""`matching levers`: what would open most offers, for a unit or for everybody."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from matching.cli.opening import ready_context

if TYPE_CHECKING:
    from matching.services.ranking import UnitLevers

_SHOWN = 15


def register(cli: click.Group) -> None:
    cli.add_command(levers)


@click.command()
@click.option("--unit", help="Une unité : son numéro, son code ou son nom (sinon tout le Département).")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def levers(unit: str | None, as_json: bool) -> None:
    """Dire quelles aides ouvriraient le plus d’offres, et ce qui arrête seul."""
    from matching.services.ranking import levers_of_unit, unit_number

    ctx = ready_context()
    found = levers_of_unit(ctx, None if unit is None else unit_number(ctx, unit))
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, indent=2))
    else:
        print_levers(found)


def as_data(found: UnitLevers) -> dict[str, Any]:
    """Counts as plain data; nobody is named."""
    return asdict(found) | {"computed_at": found.computed_at.isoformat()}


def print_levers(found: UnitLevers) -> None:
    """The first lines as text."""
    where = found.unit_name or "Tout le Département"
    click.echo(f"{where} : {found.people} personnes en recherche, {found.offers} offres ouvertes.")
    click.echo(f"{found.without_told}\n")
    click.echo("Avec…                                              rencontres  à temps  personnes  offres")
    for line in [line for line in found.lines if line.pairs][:_SHOWN]:
        label = f"{line.label[:46]} ?" if line.question and not line.label.endswith("?") else line.label[:48]
        click.echo(f"  {label:48} {line.pairs:>10}  {line.in_time:>7}  {line.people:>9}  {line.offers:>6}")
    click.echo("\nCe qui arrête, seul                                 rencontres  personnes  offres")
    for near in found.near[:_SHOWN]:
        click.echo(f"  {near.label[:48]:48} {near.pairs:>10}  {near.people:>9}  {near.offers:>6}")
