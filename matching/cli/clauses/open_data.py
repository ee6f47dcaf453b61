"""`matching clauses open-data`: one's own clauses for everybody, without any person."""

from __future__ import annotations

from pathlib import Path

import click

from matching.cli.clauses import reading
from matching.cli.clauses.files import write_whole
from matching.cli.opening import ready_context

_KINDS = ("csv", "json")


def register(group: click.Group) -> None:
    group.add_command(open_data)


@click.command("open-data")
@click.argument("path", metavar="FICHIER.csv|FICHIER.json", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--buyer", metavar="SIRET", help="Un autre acheteur que le Département : ses contrats par son SIREN.")
def open_data(path: Path, buyer: str | None) -> None:
    """Écrire les données ouvertes des clauses : engagements, heures dues et validées par mois, aucune personne."""
    from matching.exchange.open_data import write_open_csv, write_open_json
    from matching.services.clauses.open_data import buyer_by_number, open_data_from_shell

    kind = path.suffix.lower().removeprefix(".")
    if kind not in _KINDS:
        raise reading.refused("FICHIER", "Donnez un nom qui finit par .csv ou .json.", path.name)
    ctx = ready_context()
    buyer_id = None if buyer is None else buyer_by_number(ctx, buyer)
    document = open_data_from_shell(ctx, kind, buyer_id)
    write_whole(path, write_open_csv(document) if kind == "csv" else write_open_json(document))
    count = len(document["engagements"])
    click.echo(f"{count} engagement{'s' if count > 1 else ''} : {path}", err=True)
    if not count:
        click.echo(
            "Aucun contrat du Département ne porte d’engagement. Donnez un autre acheteur par --buyer.", err=True
        )
