"""`matching fairness`: who is shown in the lists and who is chosen, by group, with intervals."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from matching.cli.opening import ready_context

if TYPE_CHECKING:
    from matching.services.fairness import Compared, FairnessReading


def register(cli: click.Group) -> None:
    cli.add_command(fairness)


@click.command()
@click.option("--unit", help="Une unité : son numéro, son code ou son nom (sinon tout le Département).")
@click.option("--from", "first", default="", help="Premier mois, 2026-05 ou 05/2026 (sinon six mois en tout).")
@click.option("--to", "last", default="", help="Dernier mois, compris (sinon le dernier fini).")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def fairness(unit: str | None, first: str, last: str, as_json: bool) -> None:
    """Lire qui est montré et choisi, par sexe, âge, quartier et RQTH ; les petits groupes sont masqués."""
    from matching.services.fairness import chosen_period, read_fairness
    from matching.services.ranking import unit_number

    ctx = ready_context()
    period = chosen_period(first, last, ctx.clock.today())
    found = read_fairness(ctx, None, *period, None if unit is None else unit_number(ctx, unit))
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, indent=2, default=_written))
    else:
        print_reading(found)


def as_data(found: FairnessReading) -> dict[str, Any]:
    """Figures as plain data, with the decimals of the page; null where nothing may be told."""
    data: dict[str, Any] = _rounded(asdict(found))
    for line in (line for axis in data["axes"] for line in axis["lines"]):
        line["group"] = line["group"]["key"]
    return data


def _rounded(value: Any) -> Any:
    """More decimals than the page's would give back the numbers of people that it hides."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 2) if isinstance(value, float) else value


def _written(value: Any) -> str:
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")


def print_reading(found: FairnessReading) -> None:
    """What stands out, then each comparison on a line."""
    click.echo(f"{found.unit_name or 'Département'}, du {found.first:%d/%m/%Y} au {found.last:%d/%m/%Y}")
    click.echo(f"{found.lists} listes montrées, {found.offers} offres, {found.judged} comparaisons lisibles\n")
    for one in found.standing_out:
        click.echo(f"  {one.words}")
    if not found.standing_out:
        click.echo(f"  {found.nothing_told}")
    for axis in found.axes:
        click.echo(f"\n{axis.axis.label}")
        for line in axis.lines:
            people = "masqué" if line.people is None else f"{line.people} en recherche"
            click.echo(f"  {line.group.label} : {people}")
            for one in line.compared:
                click.echo(f"    {one.measure.label:48} {_ratio(one):22} {one.reading.label}")


def _ratio(one: Compared) -> str:
    from matching.services.fairness import written_ratio

    return written_ratio(one.ratio) if one.ratio else ""
