"""`matching clauses due`: the hours due on a commitment, on a day, as known on a day."""

from __future__ import annotations

from typing import Any

import click

from matching.clauses.due import DueStep
from matching.cli.clauses import reading
from matching.cli.opening import ready_context
from matching.text import NBSP, written_day, written_hours


def register(group: click.Group) -> None:
    group.add_command(due)


@click.command()
@click.argument("commitment", metavar="ENGAGEMENT")
@click.option("--on", "on", required=True, metavar="JJ/MM/AAAA", help="Le jour regardé, compris.")
@click.option("--known", metavar="JJ/MM/AAAA", help="Ce qui était enregistré ce jour-là (aujourd’hui par défaut).")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def due(commitment: str, on: str, known: str | None, as_json: bool) -> None:
    """Dire les heures dues d’un engagement : son numéro, ou MARCHE/LOT.

    Avec --known, l’histoire telle qu’elle était connue ce jour-là : rien n’est jamais récrit.
    """
    from matching.services.clauses.due import due_by_name

    as_of = reading.day("--on", on)
    known_on = None if known is None else reading.day("--known", known)
    answer = due_by_name(ready_context(), commitment, as_of, known_on)
    if as_json:
        events = [_event(step) for step in answer.steps]
        reading.write_json({"minutes_due": answer.minutes_due, "events": events})
        return
    click.echo(f"{answer.label}{NBSP}: {written_hours(answer.minutes_due)} dues le {written_day(as_of)}")
    for step in answer.steps:
        dates = f"{step.event.effective_on:%d/%m/%Y}, enregistré le {step.event.recorded_on:%d/%m/%Y}"
        click.echo(f"  {step.event.kind.label} ({dates}){NBSP}: {step.explanation}")


def _event(step: DueStep) -> dict[str, Any]:
    return {
        "kind": step.event.kind.value,
        "effective_on": step.event.effective_on.isoformat(),
        "recorded_on": step.event.recorded_on.isoformat(),
        "minutes_before": step.before,
        "minutes_after": step.after,
        "explanation": step.explanation,
    }
