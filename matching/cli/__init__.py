"""The `matching` command: the same services as the pages, one module a subject."""

from __future__ import annotations

import sys

import click
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError

from matching.cli import (
    bench,
    check,
    clauses,
    daily,
    data,
    decp,
    demonstration,
    fairness,
    levers,
    occupations,
    rank_all,
    ranking,
    server,
    users,
)
from matching.cli.opening import unreachable
from matching.errors import FieldError, Invalid, MatchingError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="matching", message="%(version)s")
def cli() -> None:
    """Rapprocher les personnes suivies par les unités emploi et les employeurs.

    La base de données est choisie par MATCHING_DATABASE_URL (par défaut : matching.sqlite3 dans ce dossier).
    """


for module in (
    demonstration,
    occupations,
    ranking,
    rank_all,
    levers,
    fairness,
    clauses,
    decp,
    data,
    users,
    daily,
    check,
    bench,
    server,
):
    module.register(cli)


def main() -> None:
    """Run the command; what goes wrong is said with its remedy, without a traceback."""
    try:
        cli.main(standalone_mode=False)
    except MatchingError as error:
        _tell(error)
        sys.exit(1)
    except ValidationError as error:
        _tell(_settings(error))
        sys.exit(1)
    except DatabaseError:
        # The statement is not shown: it may carry people's data.
        _tell(unreachable())
        sys.exit(1)
    except click.exceptions.Abort:
        click.echo("Interrompu. Rien de plus n’a été enregistré.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)


def _settings(error: ValidationError) -> Invalid:
    """Which setting cannot be read, by the name of its variable."""
    names = ["MATCHING_" + "_".join(str(part) for part in item["loc"]).upper() for item in error.errors()]
    return Invalid(
        "Un réglage n’est pas lisible. Corrigez la variable ou retirez-la, puis recommencez.",
        [FieldError(name, f"{name} n’a pas la forme attendue.") for name in names],
    )


def _tell(error: MatchingError) -> None:
    click.echo(error.message, err=True)
    for item in getattr(error, "errors", ()):
        place = f"ligne {item.line}, " if item.line else ""
        column = f"colonne « {item.column} », " if item.column else ""
        value = f" (lu : « {item.value} »)" if item.value else ""
        click.echo(f"  {place}{column}{item.message}{value}", err=True)
