"""`matching bench`: what the engine is worth, measured here and now on invented people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from matching.errors import Invalid


def register(cli: click.Group) -> None:
    cli.add_command(bench)


@click.command()
@click.option("--size", type=click.IntRange(min=200), help="Combien de personnes (33 000 ; avec --quality, 4 000).")
@click.option("--quality", is_flag=True, help="La qualité des listes, sur un simulateur, au lieu de la vitesse.")
@click.option(
    "--reference",
    envvar="MATCHING_REFERENCE_DATA",
    type=click.Path(path_type=Path),
    help="Avec --quality : le dossier des fichiers nationaux (sinon la petite référence embarquée).",
)
@click.option(
    "--occupations",
    metavar="DOSSIER",
    type=click.Path(path_type=Path),
    help="La recherche de métiers, sur les fichiers nationaux de ce dossier, au lieu de la vitesse.",
)
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def bench(size: int | None, quality: bool, reference: Path | None, occupations: Path | None, as_json: bool) -> None:
    """Mesurer la vitesse du moteur contre ce que d’autres utiliseraient, sur des personnes inventées.

    Les planchers valent pour 33 000 personnes, sur une machine au repos qui a 4 Go de mémoire libre. Une ligne dit
    chaque mesure dès qu’elle est faite. Fini avec le code 1 si un plancher est manqué.
    """
    if quality:
        from matching.bench import quality as of_lists

        _tell(partial(of_lists.run, size or of_lists.SIZE, reference=reference), of_lists.table, as_json)
    elif occupations is not None:
        from matching.bench import occupations as of_words

        _tell(partial(of_words.run, occupations), of_words.table, as_json)
    else:
        if find_spec("wordfreq") is None:
            raise Invalid("Cette mesure demande le complément « bench ». Installez-le : pip install 'matching[bench]'.")
        from matching.bench import figures as of_speed

        _tell(partial(of_speed.run, size or of_speed.SIZE), of_speed.table, as_json)


def _tell(run: Callable[..., list[Any]], table: Callable[[list[Any]], str], as_json: bool) -> None:
    """Each figure as it comes, then all of them; exit code 1 when one is missed."""
    found = run(say=partial(click.echo, err=True))
    if as_json:
        click.echo(json.dumps([figure.as_data() for figure in found], ensure_ascii=False, indent=2))
    else:
        click.echo("\n" + table(found))
    if not all(figure.passed for figure in found):
        sys.exit(1)
