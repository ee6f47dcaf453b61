"""`matching clauses size`: the hours to write into a contract. Needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import click

from matching.clauses import brackets, sizing
from matching.clauses.figures import number, percent
from matching.clauses.meaning import meaning
from matching.clauses.rounding import Rounding
from matching.clauses.sizing import Sizing
from matching.cli.clauses import reading
from matching.errors import Invalid
from matching.reference.embedded import embedded_brackets, embedded_trades, load_embedded
from matching.text import NBSP, written_hours

_NEEDED = {
    "--amount": ("--labour-share", "--rate", "--hourly-cost"),
    "--orders": ("--labour-share", "--rate", "--hourly-cost"),
    "--total-hours": ("--rate",),
    "--bracket": (),
}
_ALLOWED = {"--total-hours": ("--rate", "--transferred-hours")}
_MEANS = {
    "--labour-share": "la part de main-d’œuvre, en pour cent",
    "--rate": "le taux d’insertion, en pour cent",
    "--hourly-cost": "le coût horaire chargé, en euros",
}
_FIELDS = {
    "labour_share": "--labour-share",
    "rate": "--rate",
    "hourly_cost": "--hourly-cost",
    "total_hours": "--total-hours",
    "transferred_hours": "--transferred-hours",
    "orders": "--orders",
}


def register(group: click.Group) -> None:
    group.add_command(size)


@click.command()
@click.option("--amount", metavar="EUROS", help="Montant hors taxes du marché ou du lot.")
@click.option("--orders", metavar="EUROS,EUROS…", help="Bons de commande (« ; » entre eux s’ils ont des centimes).")
@click.option("--total-hours", metavar="HEURES", help="Total des heures de travail de l’opération.")
@click.option("--transferred-hours", metavar="HEURES", help="Heures du personnel repris, à déduire du total.")
@click.option("--bracket", metavar="EUROS", help="Montant à chercher dans le barème d’exemple.")
@click.option("--labour-share", metavar="POURCENT", help="Part de main-d’œuvre : 50 pour 50 %.")
@click.option("--rate", metavar="POURCENT", help="Taux d’insertion : 5 pour 5 %.")
@click.option("--hourly-cost", metavar="EUROS", help="Coût horaire chargé.")
@click.option(
    "--hours-per-person", metavar="HEURES", help="Heures par personne en moyenne, pour dire combien de monde."
)
@click.option(
    "--rounding", default="none", show_default=True, metavar="none|down|nearest|up", help="Arrondi à l’heure."
)
@click.option("--json", "as_json", is_flag=True, help="En JSON.")
def size(rounding: str, as_json: bool, hours_per_person: str | None, **typed: str | None) -> None:
    """Dimensionner une clause : combien d’heures d’insertion écrire au contrat.

    Une façon à la fois : --amount, --orders, --total-hours ou --bracket.
    """
    options = {f"--{name.replace('_', '-')}": text for name, text in typed.items() if text is not None}
    mode = _mode(options)
    per_person = None if hours_per_person is None else reading.minutes("--hours-per-person", hours_per_person)
    with reading.named({**_FIELDS, "amount": mode, "brackets": mode, "hours": mode}):
        sized = _size(mode, options, _rounding(rounding))
    if as_json:
        reading.write_json(
            {
                "method": sized.method.value,
                "hours": _plain(sized.hours),
                "exact": f"{sized.exact:f}",
                "rounding": sized.rounding.value,
                "working": list(sized.working),
            }
        )
        return
    amount = reading.cents(mode, options[mode]) if mode in ("--amount", "--bracket") else None
    _print(sized, per_person, amount)


def _mode(options: Mapping[str, str]) -> str:
    """The one way of sizing that was typed; what lacks or contradicts is refused by name."""
    modes = [mode for mode in _NEEDED if mode in options]
    if not modes:
        raise Invalid(f"Indiquez de quoi partir{NBSP}: --amount, --orders, --total-hours ou --bracket.")
    if len(modes) > 1:
        raise Invalid(f"{' et '.join(modes)} ne vont pas ensemble{NBSP}: gardez une seule façon de calculer.")
    mode = modes[0]
    wrong = {name: f"manque, {_MEANS[name]}.{_hint(name)}" for name in _NEEDED[mode] if name not in options}
    allowed = {mode, *_NEEDED[mode], *_ALLOWED.get(mode, ())}
    wrong |= dict.fromkeys({*options} - allowed, f"ne sert pas avec {mode}. Retirez-la, ou changez de calcul.")
    if wrong:
        raise reading.all_refused(dict(sorted(wrong.items())))
    return mode


def _hint(name: str) -> str:
    if name != "--labour-share":
        return ""
    trades = [f"{trade.name.lower()} {percent(trade.labour_share)}" for trade in embedded_trades()]
    return f" Repères à vérifier{NBSP}: {' ; '.join(trades)}."


def _rounding(text: str) -> Rounding:
    try:
        return Rounding(text.strip().lower())
    except ValueError:
        choice = ", ".join(f"{mode.value} ({mode.label.lower()})" for mode in Rounding)
        raise reading.refused("--rounding", f"Choisissez {choice}.", text) from None


def _size(mode: str, options: Mapping[str, str], rounding: Rounding) -> Sizing:
    if mode == "--bracket":
        table = brackets.table_on(embedded_brackets(), date.max)
        return sizing.from_brackets(reading.cents(mode, options[mode]), table, rounding)
    rate = reading.decimal("--rate", options["--rate"])
    if mode == "--total-hours":
        total = reading.minutes(mode, options[mode])
        if "--transferred-hours" not in options:
            return sizing.from_total_hours(total, rate, rounding)
        transferred = reading.minutes("--transferred-hours", options["--transferred-hours"])
        return sizing.without_transferred(total, transferred, rate, rounding)
    share = reading.decimal("--labour-share", options["--labour-share"])
    cost = reading.decimal("--hourly-cost", options["--hourly-cost"])
    if mode == "--orders":
        return sizing.from_orders(_orders(options[mode]), share, rate, cost, rounding)
    return sizing.from_amount(reading.cents(mode, options[mode]), share, rate, cost, rounding)


def _orders(text: str) -> list[int]:
    """Amounts between commas, or between semicolons so that « 50 000,50 » keeps its cents."""
    parts = text.split(";" if ";" in text else ",")
    return [reading.cents("--orders", part) for part in parts]


def _plain(hours: Decimal) -> int | float:
    return int(hours) if hours == hours.to_integral_value() else float(hours)


def _print(sized: Sizing, minutes_per_person: int | None, amount_cents: int | None) -> None:
    click.echo(f"{sized.method.label}{NBSP}: {number(sized.hours)}{NBSP}h")
    for line in sized.working:
        click.echo(f"  {line}")
    click.echo(f"Proposition{NBSP}: {written_hours(sized.minutes)}. Le chiffre signé fait foi.")
    means = meaning(sized.minutes, _full_time_bases(), minutes_per_person, amount_cents)
    click.echo(f"Ce que cela représente{NBSP}:")
    for line in means.lines:
        click.echo(f"  {line}")
    if sized.method is sizing.SizingMethod.BRACKETS:
        click.echo("Barème d’exemple, à remplacer par celui de votre collectivité.")


def _full_time_bases() -> tuple[int, ...]:
    """The bases of a full-time equivalent, from the dated amounts that come with the product."""
    latest = {row.code: row for row in sorted(load_embedded().legal_parameters, key=lambda row: row.valid_from)}
    return tuple(int(latest[code].amount) for code in ("fte_hours_legal", "fte_hours_paid"))
