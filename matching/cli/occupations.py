"""`matching occupation`: from words to ROME codes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from matching.errors import Invalid


def register(cli: click.Group) -> None:
    cli.add_command(occupation)


@click.command()
@click.argument("titles", nargs=-1)
@click.option("--file", "path", type=click.Path(path_type=Path), help="Un intitulé par ligne (UTF-8).")
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 50), help="Combien de propositions.")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def occupation(titles: tuple[str, ...], path: Path | None, top: int, as_json: bool) -> None:
    """Trouver le métier (code ROME) derrière des mots comme « plongeur resto »."""
    queries = [*titles, *(_lines(path) if path else [])]
    if not queries:
        raise Invalid('Écrivez un intitulé, par exemple : matching occupation "plongeur resto".')
    from matching.cli.opening import ready_context
    from matching.services.occupations import suggest

    ctx = ready_context()
    choices = [(query, suggest(ctx, query, top)) for query in queries]
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "query": query,
                        "results": [
                            {"code": s.code, "family": s.family, "label": s.label, "confidence": round(s.confidence, 4)}
                            for s in choice.suggestions[:top]
                        ],
                    }
                    for query, choice in choices
                ],
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for query, choice in choices:
        told = "sûr" if choice.sure else "à choisir" if choice.suggestions else "aucun métier avec ces mots"
        click.echo(f"{query} ({told})")
        for s in choice.suggestions[:top]:
            click.echo(f"  {s.code}  {s.label}  ({s.confidence:.0%})")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError:
        raise Invalid(f"Le fichier « {path} » ne peut pas être lu. Vérifiez son nom et son dossier.") from None
    except UnicodeDecodeError:
        raise Invalid(f"Le fichier « {path} » n’est pas en UTF-8. Enregistrez-le en « CSV UTF-8 ».") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
