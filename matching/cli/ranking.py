"""`matching rank`: the people for an offer, with their reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from matching.cli.opening import ready_context
from matching.terms import MatchStatus

if TYPE_CHECKING:
    from matching.services.ranking import RankedList, RankedPerson


def register(cli: click.Group) -> None:
    cli.add_command(rank)


@click.command()
@click.argument("offer")
@click.option("--top", default=50, show_default=True, type=click.IntRange(1, 1000), help="Combien de personnes.")
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def rank(offer: str, top: int, as_json: bool) -> None:
    """Classer les personnes pour OFFER (son numéro, ou son code comme O-0042)."""
    from matching.services.ranking import rank_candidates
    from matching.services.ranking.lists import offer_number

    ctx = ready_context()
    ranked = rank_candidates(ctx, None, offer_number(ctx, offer), top=top)
    if as_json:
        click.echo(json.dumps(as_data(ranked), ensure_ascii=False, indent=2))
    else:
        print_list(ranked, details=3)


def as_data(ranked: RankedList) -> dict[str, Any]:
    """The list as plain data: codes, never names."""
    return {
        "offer": ranked.offer_code,
        "title": ranked.title,
        "considered": ranked.considered,
        "tiers": {tier.value: count for tier, count in ranked.tier_counts.items()},
        "people": [
            {
                "rank": person.rank,
                "code": person.code,
                "tier": person.tier.value,
                "fit": person.fit,
                "parts": dict(person.parts),
                "counts": {status.value: count for status, count in person.counts.items() if count},
                "criteria": [
                    {
                        "criterion": pair.criterion.value,
                        "status": pair.status.value,
                        "asked": pair.asked,
                        "known": pair.known,
                        "remedy": pair.advice.label if pair.advice else None,
                        "delay": pair.advice.delay if pair.advice else None,
                        "question": pair.question or None,
                    }
                    for pair in person.pairs
                ],
            }
            for person in ranked.people
        ],
    }


def print_list(ranked: RankedList, details: int) -> None:
    """The list as text; the first `details` people with every criterion."""
    click.echo(f"{ranked.title}, {ranked.employer} ({ranked.offer_code})")
    click.echo(" · ".join(ranked.facts))
    tiers = [f"{tier.label} : {count}" for tier, count in ranked.tier_counts.items()]
    click.echo(f"{ranked.considered} personnes. " + " · ".join(tiers) + "\n")
    for position, person in enumerate(ranked.people):
        click.echo(f"{person.rank:3}. {person.code}  {person.goal}  [{person.tier.label}]")
        click.echo(f"     {summary(person)}")
        click.echo(f"     {person.sentence}")
        if position < details:
            for pair in person.pairs:
                click.echo(f"       {pair.criterion.label:24} {pair.status.label:12} {pair.asked} | {pair.known}")


def summary(person: RankedPerson) -> str:
    """« 9 remplis · 1 à lever (3 semaines) · 2 à confirmer »."""
    words = {
        MatchStatus.MET: "rempli(s)",
        MatchStatus.PARTLY: "en partie",
        MatchStatus.LIFTABLE: "à lever" + (f" ({person.delay})" if person.delay else ""),
        MatchStatus.UNKNOWN: "à confirmer",
        MatchStatus.BLOCKING: "bloquant(s)",
    }
    return " · ".join(f"{person.counts[status]} {word}" for status, word in words.items() if person.counts[status])
